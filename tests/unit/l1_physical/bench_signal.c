/* SPDX-License-Identifier: BSD-2-Clause */
/* Layer 1 on one core, as multiples of the wire's own rate: a second of line in how many seconds of processor. Frames
 * of 1518 octets back to back through encoder, cable (shape, transformers, noise) and receiver (clock, equaliser,
 * slicer, decoder); each row says how many arrived. `build/tests/unit/l1_physical/bench_signal [PART OF A NAME]`; the
 * portable form first, then the vector forms. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "l1_physical/channel.h"
#include "l1_physical/receiver.h"
#include "port/cpu.h"

#define FRAME 1514u
#define SYMBOLS 65536u /* a turn */
#define SAMPLES (2u * SYMBOLS + SV_CHANNEL_SAMPLES)
#define ROUNDS 21u
#define TURNS 4u /* of a round */

struct row {
    const char *name;
    uint32_t code, cable, length_m, cpu;
    int32_t snr_centi_db;
};

struct stages {
    double encode, channel, receive, decode; /* seconds of processor */
    uint64_t symbols, sent, arrived;
};

struct chain {
    struct sv_phy_encoder encoder;
    struct sv_channel channel;
    struct sv_receiver receiver;
    struct sv_phy_decoder decoder;
    int8_t symbol[SYMBOLS], level[SYMBOLS + 4096];
    int16_t sample[SAMPLES];
};

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool start(struct chain *c, const struct row *r)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(r->code);
    const struct sv_channel_config channel = {.code = r->code,
                                              .cable = r->cable,
                                              .length_m = r->length_m,
                                              .sample_hz = 2 * info->symbol_hz,
                                              .phase_q32 = 1u << 31,
                                              .clock_ppb = 20000,
                                              .snr_centi_db = r->snr_centi_db,
                                              .coupling_hz = r->cable != SV_CABLE_NONE ? 22700 : 0,
                                              .seed = 1,
                                              .cpu = r->cpu};
    const struct sv_receiver_config receiver = {.code = r->code,
                                                .spacing_q32 = UINT64_C(2) << 32,
                                                .equaliser = r->code == SV_PHY_100BASE_TX,
                                                .wander = r->code == SV_PHY_100BASE_TX,
                                                .cpu = r->cpu};
    sv_phy_encoder_init(&c->encoder, r->code);
    sv_phy_decoder_init(&c->decoder, r->code);
    c->decoder.cpu = r->cpu;
    return sv_channel_init(&c->channel, &channel) == SV_OK && sv_receiver_init(&c->receiver, &receiver) == SV_OK;
}

static void encode(struct chain *c, const uint8_t *frame, uint64_t *sent)
{
    for (uint32_t at = 0; at < SYMBOLS; at += 256) {
        if (!sv_phy_encode_busy(&c->encoder))
            *sent += sv_phy_encode_frame(&c->encoder, frame, FRAME, SV_PHY_FCS_APPEND) == SV_OK;
        sv_phy_encode(&c->encoder, c->symbol + at, 256);
    }
}

static uint32_t receive(struct chain *c, uint32_t samples)
{
    uint32_t levels = 0;
    for (uint32_t at = 0; at < samples;) {
        at += sv_receiver_put(&c->receiver, c->sample + at, samples - at);
        while (sv_receiver_step(&c->receiver)) {
            memcpy(c->level + levels, c->receiver.level, c->receiver.count);
            levels += c->receiver.count;
        }
    }
    return levels;
}

static uint64_t decode(struct chain *c, uint32_t levels)
{
    uint64_t good = 0;
    struct sv_phy_event event;
    uint32_t at = 0;
    do {
        at += sv_phy_decode(&c->decoder, c->level + at, levels - at, &event);
        good += event.kind == SV_PHY_FRAME;
    } while (at < levels || event.kind != SV_PHY_NOTHING);
    return good;
}

static void turn(struct chain *c, const uint8_t *frame, struct stages *s)
{
    const double t0 = cpu_seconds();
    encode(c, frame, &s->sent);
    const double t1 = cpu_seconds();
    const int8_t *from = c->symbol;
    uint32_t n = SYMBOLS, samples = 0, made = 0;
    do {
        made = sv_channel_run(&c->channel, &from, &n, c->sample + samples, SAMPLES - samples);
        samples += made;
    } while (made != 0);
    const double t2 = cpu_seconds();
    const uint32_t levels = receive(c, samples);
    const double t3 = cpu_seconds();
    s->arrived += decode(c, levels);
    const double t4 = cpu_seconds();
    s->encode += t1 - t0;
    s->channel += t2 - t1;
    s->receive += t3 - t2;
    s->decode += t4 - t3;
    s->symbols += SYMBOLS;
}

static double all_of(const struct stages *s)
{
    return s->encode + s->channel + s->receive + s->decode;
}

static int by_time(const void *a, const void *b)
{
    const double x = all_of(a), y = all_of(b);
    return (x > y) - (x < y);
}

/* The median of many short rounds, and the fastest: what else the machine does only slows. */
static bool measure(struct chain *c, const struct row *r)
{
    const double rate = (double)sv_phy_code_info(r->code)->symbol_hz;
    struct stages round[ROUNDS] = {0};
    uint64_t sent = 0, arrived = 0;
    uint8_t frame[FRAME];
    uint32_t x = 1;
    for (uint32_t i = 0; i < FRAME; i++)
        frame[i] = (uint8_t)((x = x * 1664525u + 1013904223u) >> 24);
    if (!start(c, r))
        return false;
    struct stages warm = {0};
    turn(c, frame, &warm);
    for (uint32_t k = 0; k < ROUNDS; k++) {
        for (uint32_t i = 0; i < TURNS; i++)
            turn(c, frame, &round[k]);
        sent += round[k].sent;
        arrived += round[k].arrived;
    }
    qsort(round, ROUNDS, sizeof round[0], by_time);
    const struct stages *m = &round[ROUNDS / 2];
    const double line = (double)m->symbols / rate;
    printf("%-30s %7.2f %8.2f %8.2f %8.2f %8.2f %8.2f   %" PRIu64 "/%" PRIu64 "\n", r->name, line / all_of(m),
           line / all_of(&round[0]), line / m->encode, line / m->channel, line / m->receive, line / m->decode, arrived,
           sent);
    return arrived + 2 >= sent;
}

int main(int argc, char **argv)
{
    static const struct row rows[] = {
        {"10base-t, 100 m cat 3", SV_PHY_10BASE_T, SV_CABLE_CAT3, 100, SV_CPU_PORTABLE, 3000},
        {"10base-t, 100 m cat 3, avx2", SV_PHY_10BASE_T, SV_CABLE_CAT3, 100, SV_CPU_AVX2, 3000},
        {"100base-tx, 100 m cat 5e", SV_PHY_100BASE_TX, SV_CABLE_CAT5E, 100, SV_CPU_PORTABLE, 3500},
        {"100base-tx, 100 m cat 5e, avx2", SV_PHY_100BASE_TX, SV_CABLE_CAT5E, 100, SV_CPU_AVX2, 3500},
        {"1000base-x, avx2", SV_PHY_1000BASE_X, SV_CABLE_NONE, 0, SV_CPU_AVX2, 3000},
        {"10gbase-r, avx2", SV_PHY_10GBASE_R, SV_CABLE_NONE, 0, SV_CPU_AVX2, 3000},
        {"pam4, avx2", SV_PHY_PAM4, SV_CABLE_NONE, 0, SV_CPU_AVX2, 3000},
    };
    struct chain *c = malloc(sizeof *c);
    bool sound = c != NULL;
    puts("layer 1, multiples of the wire's rate at two samples a symbol, one core");
    printf("%-30s %7s %8s %8s %8s %8s %8s   %s\n", "", "all", "fastest", "encode", "cable", "receive", "decode",
           "arrived/sent");
    for (uint32_t i = 0; sound && i < sizeof rows / sizeof rows[0]; i++) {
        if (argc > 1 && strstr(rows[i].name, argv[1]) == NULL)
            continue;
        if ((rows[i].cpu & sv_cpu_detect()) != rows[i].cpu)
            continue;
        if (!measure(c, &rows[i])) {
            printf("%s: frames were lost\n", rows[i].name);
            sound = false;
        }
    }
    free(c);
    return sound ? 0 : 1;
}
