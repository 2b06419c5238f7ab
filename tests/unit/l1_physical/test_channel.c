/* SPDX-License-Identifier: BSD-2-Clause */
/* From symbols to samples: levels, delays, loss by length, and the same in pieces of any size. */
#include "tests/unit/l1_physical/phy_support.h"

#include <math.h>

#include "l1_physical/channel.h"

#define SYMBOLS 4096u
#define ROOM (64u * SYMBOLS)

static struct sv_channel_config plain(uint32_t code, uint32_t samples)
{
    return (struct sv_channel_config){.code = code,
                                      .sample_hz = samples * sv_phy_code_info(code)->symbol_hz,
                                      .phase_q32 = samples == 2 ? 1u << 31 : 0,
                                      .snr_centi_db = SV_CHANNEL_QUIET};
}

/* All samples of n symbols, given in pieces. */
static uint32_t run(const struct sv_channel_config *config, const int8_t *symbol, uint32_t n, uint32_t piece,
                    int16_t *sample)
{
    struct sv_channel *c = malloc(sizeof *c);
    assert_non_null(c);
    assert_int_equal(sv_channel_init(c, config), SV_OK);
    uint32_t made = 0;
    for (uint32_t at = 0; at < n; at += piece) {
        const int8_t *from = symbol + at;
        uint32_t left = piece < n - at ? piece : n - at;
        for (uint32_t some = 1; some != 0; made += some)
            some = sv_channel_run(c, &from, &left, sample + made, ROOM - made);
        assert_int_equal(left, 0);
    }
    assert_int_equal(made, c->samples);
    free(c);
    return made;
}

static void draw_levels(uint32_t code, int8_t *symbol)
{
    uint32_t x = 3;
    const struct sv_phy_code_info *info = sv_phy_code_info(code);
    for (uint32_t i = 0; i < SYMBOLS; i++)
        symbol[i] = (int8_t)info->level[draw(&x) % info->levels];
}

static void the_middle_of_a_symbol_is_its_level(void **state)
{
    (void)state;
    static int8_t symbol[SYMBOLS];
    static int16_t sample[ROOM];
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        const int32_t unit = SV_CHANNEL_PEAK / sv_phy_code_info(code)->peak;
        for (uint32_t samples = 2; samples <= 16; samples += 7) {
            struct sv_channel_config c = plain(code, samples);
            c.phase_q32 = 1u << 31;
            draw_levels(code, symbol);
            const uint32_t n = run(&c, symbol, SYMBOLS, SYMBOLS, sample);
            assert_true(n + 70 * samples >= SYMBOLS * samples);
            for (uint32_t i = 0; i < n; i += samples)
                assert_true(abs(sample[i] - symbol[i / samples] * unit) <= 3);
        }
    }
}

static void pieces_do_not_matter(void **state)
{
    (void)state;
    static int8_t symbol[SYMBOLS];
    static int16_t whole[ROOM], parts[ROOM];
    draw_levels(SV_PHY_100BASE_TX, symbol);
    for (uint32_t way = 0; way < 4; way++) {
        struct sv_channel_config c = plain(SV_PHY_100BASE_TX, way < 2 ? 2 : 3);
        c.cable = SV_CABLE_CAT5E;
        c.length_m = 73;
        c.clock_ppb = 70000;
        c.coupling_hz = 22700;
        c.snr_centi_db = 2000;
        c.jitter_ppm = way == 3 ? 50000 : 0;
        c.echo_centi = way == 3 ? 500 : 0;
        c.near_percent = way == 3 ? 100 : 0;
        const uint32_t n = run(&c, symbol, SYMBOLS, SYMBOLS, whole);
        assert_int_equal(run(&c, symbol, SYMBOLS, 1, parts), n);
        assert_memory_equal(whole, parts, n * sizeof whole[0]);
        assert_int_equal(run(&c, symbol, SYMBOLS, 77, parts), n);
        assert_memory_equal(whole, parts, n * sizeof whole[0]);
    }
}

/* A tone of 15.6 MHz (two symbols up, two down of MLT-3's levels) loses what the formula says: 1.967 sqrt(f) + 0.023
 * f + 0.05 / sqrt(f) dB on 100 m of category 5e. */
static void loss_is_the_formulas(void **state)
{
    (void)state;
    static int8_t symbol[SYMBOLS];
    static int16_t sample[ROOM];
    static const int8_t period[8] = {1, 1, 1, 1, -1, -1, -1, -1};
    for (uint32_t i = 0; i < SYMBOLS; i++)
        symbol[i] = period[i % 8];
    double before = 0;
    for (uint32_t m = 0; m <= 100; m += 25) {
        struct sv_channel_config c = plain(SV_PHY_100BASE_TX, 16);
        c.cable = SV_CABLE_CAT5E;
        c.length_m = m;
        run(&c, symbol, SYMBOLS, SYMBOLS, sample);
        double re = 0, im = 0; /* the fundamental over whole periods of 128 samples */
        for (uint32_t i = 1280; i < 1280 + 128 * 64; i++) {
            re += sample[i] * cos(i * 3.14159265358979 / 64);
            im += sample[i] * sin(i * 3.14159265358979 / 64);
        }
        const double amplitude = sqrt(re * re + im * im), f = 15.625;
        if (m == 0)
            before = amplitude;
        const double loss = 20 * log10(before / amplitude);
        const double wanted = m / 100.0 * (1.967 * sqrt(f) + 0.023 * f + 0.05 / sqrt(f));
        print_message("%3u m: %.2f dB at 15.625 MHz, formula %.2f\n", m, loss, wanted);
        assert_true(loss >= wanted && loss - wanted < 0.5); /* the tail is cut after seven symbols */
    }
}

/* The high-pass takes a step down by 1/e in 1 / (2 pi 22.7 kHz). */
static void transformers_let_a_level_sag(void **state)
{
    (void)state;
    static int8_t symbol[SYMBOLS];
    static int16_t sample[ROOM];
    memset(symbol, 1, sizeof symbol);
    for (uint32_t samples = 2; samples <= 4; samples++) {
        struct sv_channel_config c = plain(SV_PHY_100BASE_TX, samples);
        c.coupling_hz = 22700;
        run(&c, symbol, SYMBOLS, SYMBOLS, sample);
        const double tau = 125e6 / (2 * 3.14159265358979 * 22700); /* symbols */
        for (uint32_t at = 100; at < 3000; at += 100)
            assert_true(fabs(sample[at * samples] - SV_CHANNEL_PEAK * exp(-(double)at / tau)) < 60);
    }
}

static void skipped_symbols_pass_as_if_made(void **state)
{
    (void)state;
    static int8_t symbol[SYMBOLS];
    static int16_t all[ROOM], later[ROOM];
    /* Silence, then the same symbols: after a skip the samples with the same numbers are the same, noise included. */
    draw_levels(SV_PHY_10BASE_T, symbol);
    memset(symbol, 0, 2048);
    for (uint32_t samples = 2; samples <= 3; samples++) {
        struct sv_channel_config c = plain(SV_PHY_10BASE_T, samples);
        c.snr_centi_db = 1000;
        c.seed = 9;
        const uint32_t n = run(&c, symbol, SYMBOLS, SYMBOLS, all);
        struct sv_channel *s = malloc(sizeof *s);
        assert_non_null(s);
        assert_int_equal(sv_channel_init(s, &c), SV_OK);
        const uint64_t gone = sv_channel_skip(s, 1900, 0);
        assert_true(gone > 1890 * samples && gone == s->samples);
        const int8_t *from = symbol + 1900;
        uint32_t left = SYMBOLS - 1900, made = 0;
        for (uint32_t some = 1; some != 0; made += some)
            some = sv_channel_run(s, &from, &left, later + made, ROOM - made);
        assert_true(made > 2000 && gone + made <= n + 64);
        const uint32_t both = gone + made < n ? made : n - (uint32_t)gone;
        assert_memory_equal(all + gone, later, both * sizeof all[0]);
        free(s);
    }
}

static void what_is_not_modelled_is_refused(void **state)
{
    (void)state;
    struct sv_channel *c = malloc(sizeof *c);
    assert_non_null(c);
    struct sv_channel_config x = plain(SV_PHY_100BASE_TX, 2);
    x.cable = SV_CABLE_CAT3;
    assert_int_equal(sv_channel_init(c, &x), SV_ERR_INVALID);
    x = plain(SV_PHY_100BASE_TX, 2);
    x.length_m = 10;
    assert_int_equal(sv_channel_init(c, &x), SV_ERR_INVALID);
    x = plain(SV_PHY_100BASE_TX, 65);
    assert_int_equal(sv_channel_init(c, &x), SV_ERR_INVALID);
    x = plain(SV_PHY_PAM4, 2);
    x.near_percent = 1;
    assert_int_equal(sv_channel_init(c, &x), SV_ERR_INVALID);
    x = plain(SV_PHY_PAM4, 2);
    x.clock_ppb = 1000001;
    assert_int_equal(sv_channel_init(c, &x), SV_ERR_INVALID);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_middle_of_a_symbol_is_its_level),
        cmocka_unit_test(pieces_do_not_matter),
        cmocka_unit_test(loss_is_the_formulas),
        cmocka_unit_test(transformers_let_a_level_sag),
        cmocka_unit_test(skipped_symbols_pass_as_if_made),
        cmocka_unit_test(what_is_not_modelled_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
