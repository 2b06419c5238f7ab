/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/ber.h"

#include "core/mem.h"
#include "core/rng.h"

#define PIECE 128u
#define LAG (SV_TAPS - 1 - SV_MAIN) /* the receiver tells so many before the first */
#define SENT ((uint32_t)SV_COUNT_OF(((struct sv_ber_work *)NULL)->sent))

/* Symbols as random as the code lets them be. */
static int8_t draw(uint32_t code, struct sv_rng *rng, uint32_t *state)
{
    static const int8_t mlt3[4] = {0, 1, 0, -1};
    static const int8_t pam4[4] = {-3, -1, 1, 3};
    const uint32_t bits = sv_rng_u32(rng) >> 30;
    switch (code) {
    case SV_PHY_10BASE_T: /* the second half of a bit is the opposite of the first */
        *state = *state == 0 ? 1 + (bits & 1) : 0;
        return *state != 0 ? (int8_t)(2 * (int32_t)*state - 3) : 0;
    case SV_PHY_100BASE_TX:
        *state += bits & 1;
        return mlt3[*state & 3];
    case SV_PHY_PAM4:
        return pam4[bits];
    default:
        return (int8_t)((bits & 1) != 0 ? 1 : -1);
    }
}

static void fill(uint32_t code, struct sv_rng *rng, uint32_t *state, int8_t *symbol)
{
    for (uint32_t i = 0; i < PIECE; i++) {
        symbol[i] = draw(code, rng, state);
        if (symbol[i] == 0 && code == SV_PHY_10BASE_T)
            symbol[i] = (int8_t)(i != 0 ? -symbol[i - 1] : 1);
    }
}

enum sv_err sv_ber_measure(struct sv_ber_work *w, const struct sv_ber_config *config, struct sv_ber_point *point)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(config->code);
    if (info == NULL)
        return SV_ERR_INVALID;
    const struct sv_channel_config channel = {.code = config->code,
                                              .sample_hz = 2 * info->symbol_hz,
                                              .phase_q32 = 1u << 31,
                                              .snr_centi_db = config->snr_centi_db,
                                              .seed = config->seed,
                                              .cpu = config->cpu};
    const struct sv_receiver_config receiver = {.code = config->code,
                                                .spacing_q32 = UINT64_C(2) << 32,
                                                .loop_held = true,
                                                .amplitude = SV_CHANNEL_PEAK,
                                                .cpu = config->cpu};
    enum sv_err err = sv_channel_init(&w->channel, &channel);
    if (err == SV_OK)
        err = sv_receiver_init(&w->receiver, &receiver);
    if (err != SV_OK)
        return err;
    *point = (struct sv_ber_point){.amplitude = w->channel.peak, .sigma_q3 = w->channel.noise.sigma_q3};
    struct sv_rng rng;
    sv_rng_seed(&rng, config->seed, 0x626572u, config->code);
    uint64_t sent = 0, told = 0;
    uint32_t state = 0;
    while (point->symbols < config->symbols) {
        int8_t symbol[PIECE];
        int16_t sample[SV_CHANNEL_SAMPLES];
        fill(config->code, &rng, &state, symbol);
        for (uint32_t i = 0; i < PIECE; i++)
            w->sent[sent++ % SENT] = symbol[i];
        const int8_t *from = symbol;
        uint32_t n = PIECE, made = 0;
        while ((made = sv_channel_run(&w->channel, &from, &n, sample, SV_CHANNEL_SAMPLES)) != 0) {
            for (uint32_t at = 0; at < made;) {
                at += sv_receiver_put(&w->receiver, sample + at, made - at);
                while (sv_receiver_step(&w->receiver))
                    for (uint32_t i = 0; i < w->receiver.count; i++, told++) {
                        if (told < LAG || point->symbols == config->symbols)
                            continue;
                        point->symbols++;
                        point->errors += w->receiver.level[i] != w->sent[(told - LAG) % SENT];
                    }
            }
        }
    }
    return SV_OK;
}
