/* SPDX-License-Identifier: BSD-2-Clause */
/* The hash of everything layer 1 makes of a few frames, a line a code: one answer under every compiler, optimised or
 * not. Samples and symbols by themselves, then a link with all that a pair can do to it. */
#include <stdio.h>
#include <stdlib.h>

#include "core/xxh64.h"
#include "l1_physical/link.h"

#define FRAME 600u

/* Samples of a frame at an odd rate, with jitter and noise. */
static uint64_t hash_samples(uint32_t code)
{
    struct sv_phy_encoder *e = malloc(sizeof *e);
    struct sv_channel *c = malloc(sizeof *c);
    uint8_t frame[FRAME] = {0};
    uint64_t hash = code;
    const struct sv_channel_config config = {.code = code,
                                             .sample_hz = sv_phy_code_info(code)->symbol_hz * 37 / 10,
                                             .clock_ppb = -70000,
                                             .snr_centi_db = 1500,
                                             .jitter_ppm = 30000,
                                             .coupling_hz = 22700,
                                             .echo_centi = 200,
                                             .near_percent = code <= SV_PHY_100BASE_TX ? 100 : 0,
                                             .seed = 4};
    if (e == NULL || c == NULL || sv_channel_init(c, &config) != SV_OK)
        exit(1);
    sv_phy_encoder_init(e, code);
    if (sv_phy_encode_frame(e, frame, FRAME, SV_PHY_FCS_APPEND) != SV_OK)
        exit(1);
    for (uint32_t i = 0; i < 200; i++) {
        int8_t symbol[64];
        int16_t sample[SV_CHANNEL_SAMPLES];
        const int8_t *from = symbol;
        uint32_t n = 64, made = 0;
        sv_phy_encode(e, symbol, 64);
        while ((made = sv_channel_run(c, &from, &n, sample, SV_CHANNEL_SAMPLES)) != 0)
            for (uint32_t k = 0; k < made; k++) {
                const uint8_t octets[2] = {(uint8_t)((uint16_t)sample[k] & 255), (uint8_t)((uint16_t)sample[k] >> 8)};
                hash = sv_xxh64(octets, 2, hash);
            }
    }
    free(e);
    free(c);
    return hash;
}

/* What became of frames on a link at a margin, and what the receiver learned. */
static uint64_t hash_link(uint32_t code, uint64_t hash)
{
    static const int32_t margin[SV_PHY_CODES] = {1300, 1950, 1270, 1270, 1860};
    struct sv_phy_link *l = malloc(sizeof *l);
    uint8_t frame[FRAME];
    const bool cable = code <= SV_PHY_100BASE_TX;
    const struct sv_phy_link_config config = {.channel = {.code = code,
                                                          .cable = cable ? SV_CABLE_CAT5E : SV_CABLE_NONE,
                                                          .length_m = cable ? 23 : 0,
                                                          .clock_ppb = 30000,
                                                          .snr_centi_db = margin[code] + (cable ? 500 : 0),
                                                          .seed = 6}};
    if (l == NULL || sv_phy_link_init(l, &config) != SV_OK)
        exit(1);
    for (uint32_t i = 0; i < 20; i++) {
        struct sv_phy_passage p;
        for (uint32_t k = 0; k < FRAME; k++)
            frame[k] = (uint8_t)(i * 31 + k * 7);
        if (sv_phy_link_send(l, frame, FRAME, SV_PHY_FCS_APPEND, sv_phy_link_free_ns(l) + 777 * i, &p) != SV_OK)
            exit(1);
        const uint64_t word[6] = {p.outcome, p.start_ns,     p.first_sample,
                                  p.wrong,   p.wrong_sample, (uint64_t)l->receiver.at};
        hash = sv_xxh64_words6(word, hash);
    }
    for (uint32_t j = 0; j < SV_TAPS; j += 4) {
        const int32_t *tap = l->receiver.tap_q28 + j;
        const uint64_t word[6] = {(uint32_t)tap[0], (uint32_t)tap[1], (uint32_t)tap[2], (uint32_t)tap[3], 0, 0};
        hash = sv_xxh64_words6(word, hash);
    }
    free(l);
    return hash;
}

int main(void)
{
    for (uint32_t code = 0; code < SV_PHY_CODES; code++)
        printf("%-12s %016llx\n", sv_phy_code_info(code)->name,
               (unsigned long long)hash_link(code, hash_samples(code)));
    return 0;
}
