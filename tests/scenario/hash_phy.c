/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints, for each line code, the hash of the symbols of many frames, of what a decoder says of them with some
 * symbols spoilt, and of frames that passed a noisy pair: tools/test compares that between compilers. */
#include <stdio.h>
#include <stdlib.h>

#include "core/xxh64.h"
#include "l1_physical/link.h"

#define SYMBOLS 8192u
#define ROUNDS 24u

_Noreturn void sv_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: promise broken: %s\n", file, line, what);
    abort();
}

static uint32_t draw(uint32_t *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x >> 8;
}

static uint64_t mixed(uint64_t hash, const uint64_t word[6])
{
    return sv_xxh64_words6(word, hash);
}

static void make_frame(uint8_t *frame, uint32_t n, uint32_t *x)
{
    for (uint32_t i = 0; i < n; i++)
        frame[i] = (uint8_t)draw(x);
}

static uint64_t symbols_and_events(uint32_t code)
{
    static struct sv_phy_encoder e;
    static struct sv_phy_decoder d;
    static int8_t symbol[SYMBOLS];
    uint8_t frame[400];
    uint64_t hash = code;
    uint32_t x = 17;
    sv_phy_encoder_init(&e, code);
    sv_phy_decoder_init(&d, code);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct sv_phy_event event;
        const uint32_t n = 60 + draw(&x) % 300;
        make_frame(frame, n, &x);
        if (sv_phy_encode_frame(&e, frame, n, SV_PHY_FCS_APPEND) != SV_OK)
            hash++;
        sv_phy_encode(&e, symbol, SYMBOLS);
        hash = sv_xxh64(symbol, SYMBOLS, hash);
        if (round % 3 == 2)
            symbol[draw(&x) % SYMBOLS] = 0;
        for (uint32_t at = 0; at < SYMBOLS;) {
            at += sv_phy_decode(&d, symbol + at, SYMBOLS - at, &event);
            const uint64_t word[6] = {event.kind,        event.bytes,  event.first_symbol,
                                      event.last_symbol, event.errors, event.detail};
            if (event.kind != SV_PHY_NOTHING)
                hash = mixed(hash, word);
            if (event.kind == SV_PHY_FRAME)
                hash = sv_xxh64(d.frame.byte, event.bytes, hash);
        }
    }
    return hash;
}

static uint64_t passages(uint32_t code)
{
    static struct sv_phy_link l;
    const bool cable = code <= SV_PHY_100BASE_TX;
    const struct sv_phy_link_config config = {.channel = {.code = code,
                                                          .cable = cable ? SV_CABLE_CAT5E : SV_CABLE_NONE,
                                                          .length_m = cable ? 80 : 0,
                                                          .snr_centi_db = code == SV_PHY_10BASE_T     ? 1300
                                                                          : code == SV_PHY_100BASE_TX ? 3000
                                                                          : code == SV_PHY_PAM4       ? 1950
                                                                                                      : 1350,
                                                          .seed = 5}};
    uint8_t frame[400];
    uint64_t hash = code;
    uint32_t x = 3;
    if (sv_phy_link_init(&l, &config) != SV_OK)
        return 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct sv_phy_passage p;
        const uint32_t n = 60 + draw(&x) % 300;
        make_frame(frame, n, &x);
        if (sv_phy_link_send(&l, frame, n, SV_PHY_FCS_APPEND, (uint64_t)round * 1000000, &p) != SV_OK)
            return 0;
        const uint64_t word[6] = {p.outcome, p.start_ns, p.first_sample, p.wrong, p.wrong_sample, p.end_ns};
        hash = mixed(hash, word);
    }
    return hash;
}

int main(void)
{
    int failed = 0;
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        const uint64_t digital = symbols_and_events(code), analogue = passages(code);
        printf("%-11s %016llx %016llx\n", sv_phy_code_info(code)->name, (unsigned long long)digital,
               (unsigned long long)analogue);
        failed |= digital != symbols_and_events(code) || analogue == 0 || analogue != passages(code);
    }
    return failed;
}
