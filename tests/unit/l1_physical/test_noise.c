/* SPDX-License-Identifier: BSD-2-Clause */
/* The noise is Gaussian out to where errors are made, the same by any way to a number, and the same in every form. */
#include "tests/unit/l1_physical/phy_support.h"

#include <math.h>

#include "l1_physical/kernels.h"
#include "l1_physical/noise.h"
#include "l1_physical/noise_tables.h"

/* P(|z| > x). */
static double two_tails(double x)
{
    return erfc(x / sqrt(2));
}

/* The tables are quantiles: what the normal distribution has beyond each entry is what the entry stands for, as near as
 * rounding to 1/2048 sigma allows, out to 8.2 sigma. */
static void tables_are_quantiles(void **state)
{
    (void)state;
    for (uint32_t i = SV_NOISE_ESCAPE; i <= SV_NOISE_CELLS; i++) {
        const double z = sv_noise_body[i] / 2048.0, p = (double)i / SV_NOISE_CELLS;
        assert_true(two_tails(z + 0.51 / 2048) <= p && two_tails(z - 0.51 / 2048) >= p);
    }
    const double outer = (double)SV_NOISE_ESCAPE / SV_NOISE_CELLS;
    double furthest = 0;
    for (uint32_t i = 0; i <= SV_NOISE_OCTAVES * SV_NOISE_STEPS; i++) {
        const uint32_t octave = i / SV_NOISE_STEPS, step = i % SV_NOISE_STEPS;
        const double v = ldexp(1 - (double)step / (2 * SV_NOISE_STEPS), -(int)octave);
        furthest = sv_noise_tail[i] / 2048.0;
        assert_true(fabs(two_tails(furthest) / (v * outer) - 1) < 0.003);
    }
    assert_true(furthest > 8.1 && furthest < 8.3);
    assert_int_equal(sv_noise_body[SV_NOISE_ESCAPE], sv_noise_tail[0]);
}

/* Draws fall into bins as the distribution says, the second level's too. 2^23 draws reach 5 sigma. */
static void draws_are_normal(void **state)
{
    (void)state;
    enum { BINS = 45, DRAWS = 1 << 23 };
    static const double edge = 0.25; /* of a bin, from -5.5 to 5.5 sigma, the outermost open */
    static uint64_t count[BINS];
    double chi = 0;
    uint32_t used = 0;
    for (uint32_t i = 0; i < DRAWS; i++) {
        const double z = sv_noise_z(11, i) / 2048.0;
        const int bin = (int)floor((z + BINS * edge / 2) / edge);
        count[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]++;
    }
    for (uint32_t i = 0; i < BINS; i++) {
        const double low = i * edge - BINS * edge / 2, high = low + edge;
        /* Tails of the far side from zero, so that nothing cancels. */
        const double near = fabs(low) < fabs(high) ? low : high, far = fabs(low) < fabs(high) ? high : low;
        const bool open = i == 0 || i + 1 == BINS;
        const double share =
            low * high < 0 ? 1 - two_tails(high) : 0.5 * (two_tails(fabs(near)) - (open ? 0 : two_tails(fabs(far))));
        const double wanted = share * DRAWS;
        if (wanted < 5)
            continue;
        chi += ((double)count[i] - wanted) * ((double)count[i] - wanted) / wanted;
        used++;
    }
    print_message("chi-square of 2^23 draws: %.1f in %u bins\n", chi, used);
    assert_true(used > 36 && chi < 85); /* 0.1 % for 44 degrees: 78.7 */
}

/* The octaves of the second level halve, one after the other. */
static void the_tail_halves(void **state)
{
    (void)state;
    enum { DRAWS = 1 << 22 };
    uint64_t beyond[20] = {0};
    for (uint32_t i = 0; i < DRAWS; i++) {
        const int32_t z = sv_noise_far(5, i);
        assert_true(z >= sv_noise_tail[0]);
        for (uint32_t octave = 0; octave < 20 && z >= sv_noise_tail[octave * SV_NOISE_STEPS]; octave++)
            beyond[octave]++;
    }
    for (uint32_t octave = 0; octave < 18; octave++) {
        const double wanted = ldexp(DRAWS, -(int)octave);
        assert_true(fabs((double)beyond[octave] - wanted) <= 4 * sqrt(wanted));
    }
    /* A first level with 16 bits ends at 4.32 sigma; here draws went beyond 5.6. */
    assert_true(sv_noise_tail[18 * SV_NOISE_STEPS] > 11469 && beyond[18] > 0);
}

static void any_way_to_a_number_is_the_same(void **state)
{
    (void)state;
    enum { N = 1000 };
    int16_t whole[N] = {0}, parts[N] = {0};
    const struct sv_noise z = {.seed = 3, .sigma_q3 = 8 * 1000};
    const uint64_t first = (UINT64_C(7) << 32) - 300; /* across a boundary of 2^32 numbers */
    sv_noise_add(&z, first, whole, N, SV_CPU_PORTABLE);
    for (uint32_t at = 0, n = 1; at < N; at += n, n = n * 3 % 47 + 1)
        sv_noise_add(&z, first + at, parts + at, n < N - at ? n : N - at, SV_CPU_PORTABLE);
    assert_memory_equal(whole, parts, sizeof whole);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(whole[i], (sv_noise_z(3, first + i) * 8000 + 8192) >> 14);
    const struct sv_noise other = {.seed = 4, .sigma_q3 = 8 * 1000};
    memset(parts, 0, sizeof parts);
    sv_noise_add(&other, first, parts, N, SV_CPU_PORTABLE);
    assert_memory_not_equal(whole, parts, sizeof whole);
}

static void sigma_follows_the_decibels(void **state)
{
    (void)state;
    for (int32_t centi = -2000; centi <= 6000; centi += 37) {
        const double wanted = 8 * 8192 * pow(10, -centi / 2000.0);
        const double got = sv_noise_sigma(8192, centi);
        assert_true(wanted > SV_NOISE_SIGMA_MAX ? got == SV_NOISE_SIGMA_MAX : fabs(got - wanted) <= 0.6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_quantiles),
        cmocka_unit_test(draws_are_normal),
        cmocka_unit_test(the_tail_halves),
        cmocka_unit_test(any_way_to_a_number_is_the_same),
        cmocka_unit_test(sigma_follows_the_decibels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
