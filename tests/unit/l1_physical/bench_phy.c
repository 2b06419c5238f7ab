/* SPDX-License-Identifier: BSD-2-Clause */
/* `build/tests/unit/l1_physical/bench_phy`: layer 1's speed on one core, in multiples of each wire's own rate: 1 is
 * real time. Frames of 1518 octets back to back; what is decoded is compared with what was sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "l1_physical/link.h"
#include "l1_physical/rs544.h"
#include "port/cpu.h"

#define PIECE 4096u
#define LINE 2000000u /* symbols made once and decoded again and again */

static int failed;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(uint8_t *frame, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        frame[i] = (uint8_t)(i * 37u + (i >> 5) + 1);
}

static void row(const char *name, const char *what, double symbols, double seconds, uint64_t symbol_hz)
{
    const double rate = symbols / seconds;
    printf("%-11s %-34s %10.1f MBd %9.2f x real time\n", name, what, rate / 1e6, rate / (double)symbol_hz);
}

/* Keeps the line full: the next frame is there as soon as the one before has gone. */
static void make(struct sv_phy_encoder *e, const uint8_t *frame, int8_t *symbol, uint32_t n)
{
    while (n > 0) {
        const uint32_t k = n < PIECE ? n : PIECE;
        (void)!sv_phy_encode_frame(e, frame, 1514, SV_PHY_FCS_APPEND); /* busy: it takes the next one later */
        sv_phy_encode(e, symbol, k);
        symbol += k;
        n -= k;
    }
}

static void code_rows(uint32_t code, double budget)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(code);
    struct sv_phy_encoder *e = malloc(sizeof *e);
    struct sv_phy_decoder *d = malloc(sizeof *d);
    int8_t *symbol = malloc(LINE);
    uint8_t frame[1514];
    if (!e || !d || !symbol)
        exit(1);
    fill(frame, sizeof frame);
    sv_phy_encoder_init(e, code);
    double made = 0, start = now(), spent;
    do {
        make(e, frame, symbol, LINE);
        made += LINE;
        spent = now() - start;
    } while (spent < budget);
    row(info->name, "frames to symbols", made, spent, info->symbol_hz);
    sv_phy_encoder_init(e, code);
    sv_phy_decoder_init(d, code);
    sv_phy_decoder_follow(d, e);
    make(e, frame, symbol, LINE);
    double taken = 0;
    uint64_t good = 0;
    start = now();
    do {
        struct sv_phy_event event;
        for (uint32_t at = 0; at < LINE;) {
            at += sv_phy_decode(d, symbol + at, LINE - at, &event);
            good += event.kind == SV_PHY_FRAME;
        }
        taken += LINE;
        spent = now() - start;
    } while (spent < budget);
    row(info->name, "symbols to frames, FCS checked", taken, spent, info->symbol_hz);
    failed |= good == 0 || memcmp(d->frame.byte, frame, 64) != 0;
    free(e);
    free(d);
    free(symbol);
}

static void link_row(const char *what, const struct sv_phy_link_config *config, double budget)
{
    struct sv_phy_link *l = malloc(sizeof *l);
    struct sv_phy_passage p;
    uint8_t frame[1514];
    if (!l || sv_phy_link_init(l, config) != SV_OK)
        exit(1);
    fill(frame, sizeof frame);
    uint64_t from = sv_phy_link_free_ns(l), sent = 0, arrived = 0;
    const double start = now();
    double spent;
    do {
        for (uint32_t i = 0; i < 4; i++, sent++) {
            if (sv_phy_link_send(l, frame, sizeof frame, SV_PHY_FCS_APPEND, 0, &p) != SV_OK)
                exit(1);
            arrived += p.outcome == SV_PHY_ARRIVED;
        }
        spent = now() - start;
    } while (spent < budget);
    const double wire = (double)(sv_phy_link_free_ns(l) - from) / 1e9;
    printf("%-11s %-34s %10.1f Mb/s %8.2f x real time, %llu of %llu frames arrived\n",
           sv_phy_code_info(config->channel.code)->name, what, (double)sent * sizeof frame * 8 / spent / 1e6,
           wire / spent, (unsigned long long)arrived, (unsigned long long)sent);
    failed |= arrived != sent;
    free(l);
}

static void rs_row(uint32_t errors, double budget)
{
    uint64_t word[SV_RS_WORDS] = {0}, work[SV_RS_WORDS];
    uint32_t repaired = 0, rounds = 0;
    for (uint32_t i = 0; i < 80; i++)
        word[i] = (i + 1) * 0x9e3779b97f4a7c15u;
    word[80] &= (1u << 20) - 1; /* of 5140 bits of message the last 20 */
    for (uint32_t i = 81; i < SV_RS_WORDS; i++)
        word[i] = 0;
    sv_rs544_encode(word);
    const double start = now();
    double spent;
    do {
        for (uint32_t i = 0; i < 100; i++, rounds++) {
            memcpy(work, word, sizeof work);
            for (uint32_t k = 0; k < errors; k++)
                work[(5 * k + rounds) % 80] ^= (uint64_t)1 << (rounds + 7 * k) % 64;
            failed |= !sv_rs544_decode(work, &repaired);
        }
        spent = now() - start;
    } while (spent < budget);
    failed |= memcmp(work, word, sizeof work) != 0;
    printf("%-11s %u wrong symbols of 544 %29.3f Gbit/s of message\n", "RS(544,514)", errors,
           (double)rounds * 5140 / spent / 1e9);
}

int main(int argc, char **argv)
{
    const double budget = argc > 1 && strcmp(argv[1], "--quick") == 0 ? 0.05 : 0.4;
    const struct sv_phy_link_config ten = {.channel = {.code = SV_PHY_10BASE_T,
                                                       .cable = SV_CABLE_CAT5E,
                                                       .length_m = 90,
                                                       .snr_centi_db = 2500,
                                                       .cpu = sv_cpu_detect()}};
    struct sv_phy_link_config fast = ten;
    fast.channel.code = SV_PHY_100BASE_TX;
    fast.channel.length_m = 100;
    fast.channel.snr_centi_db = 3500;
    puts("layer 1 in parts: symbols without samples; links with idle around each frame; RS(544,514)");
    for (uint32_t code = 0; code < SV_PHY_CODES; code++)
        code_rows(code, budget);
    link_row("link, one frame after another", &ten, budget);
    link_row("link, one frame after another", &fast, budget);
    fast.channel.cpu = 0;
    link_row("link, the same, plain C", &fast, budget);
    for (uint32_t errors = 0; errors <= 15; errors += 5)
        rs_row(errors, budget);
    if (failed)
        printf("FAILED: what came out is not what went in\n");
    return failed;
}
