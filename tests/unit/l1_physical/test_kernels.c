/* SPDX-License-Identifier: BSD-2-Clause */
/* The vector forms of the inner loops give what the portable ones give, for any numbers. */
#include "tests/unit/l1_physical/phy_support.h"

#include "core/checksum.h"
#include "l1_physical/kernels.h"

#define ROUNDS 3000u

static bool vectors(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return true;
#endif
    print_message("skip: no AVX2 here\n");
    return false;
}

/* Numbers of a size that changes from round to round, extremes among them. */
static void fill(uint32_t *x, int16_t *to, uint32_t n, uint32_t round)
{
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t v = draw(x);
        to[i] = (int16_t)((int16_t)(v & 0xffff) >> (round % 12));
        if (round % 7 == 0)
            to[i] = v & 1 ? INT16_MAX : INT16_MIN;
    }
}

/* Eight weights whose magnitudes sum to less than 32768, as the callers keep them. */
static void weights(uint32_t *x, int16_t *c)
{
    for (uint32_t j = 0; j < SV_TAPS; j++)
        c[j] = (int16_t)((int32_t)(draw(x) % 8190) - 4095);
}

static void filters_agree(void **state)
{
    (void)state;
    uint32_t x = 1;
    if (!vectors())
        skip();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int16_t in[SV_BLOCK + SV_TAPS], a[SV_TAPS], b[SV_TAPS], one[2 * SV_BLOCK], two[2 * SV_BLOCK];
        fill(&x, in, SV_BLOCK + SV_TAPS, round);
        weights(&x, a);
        weights(&x, b);
        sv_shape_block(in, round & 1, a, b, one, SV_CPU_PORTABLE);
        sv_shape_block(in, round & 1, a, b, two, SV_CPU_AVX2);
        assert_memory_equal(one, two, sizeof one);
        int16_t blend[2][SV_TAPS];
        sv_blend_taps(in, (int32_t)(round % 1024), blend[0], SV_CPU_PORTABLE);
        sv_blend_taps(in, (int32_t)(round % 1024), blend[1], SV_CPU_AVX2);
        assert_memory_equal(blend[0], blend[1], sizeof blend[0]);
        const int32_t bias = (int32_t)(draw(&x) % 100000000) - 50000000;
        sv_equalise_block(in, a, bias, one, SV_CPU_PORTABLE);
        sv_equalise_block(in, a, bias, two, SV_CPU_AVX2);
        assert_memory_equal(one, two, SV_BLOCK * sizeof one[0]);
    }
}

static void interpolation_agrees(void **state)
{
    (void)state;
    uint32_t x = 2;
    if (!vectors())
        skip();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int16_t in[2 * SV_BLOCK + 8], c[SV_TAPS], one[2][SV_BLOCK], two[2][SV_BLOCK];
        fill(&x, in, 2 * SV_BLOCK + 8, round);
        weights(&x, c);
        const int32_t bias = (int32_t)(draw(&x) % 200000000) - 100000000;
        sv_take_block(in, c, bias, 4 + round % 13, one[0], one[1], SV_CPU_PORTABLE);
        sv_take_block(in, c, bias, 4 + round % 13, two[0], two[1], SV_CPU_AVX2);
        assert_memory_equal(one, two, sizeof one);
    }
}

static void decisions_agree(void **state)
{
    (void)state;
    uint32_t x = 3;
    if (!vectors())
        skip();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int16_t y[SV_BLOCK], in[SV_BLOCK + SV_TAPS], between[SV_BLOCK], one[SV_BLOCK + 1], two[SV_BLOCK + 1];
        int8_t narrow[SV_BLOCK], narrow2[SV_BLOCK];
        struct sv_decision_sums a = {0}, b = {0};
        const bool gradient = round % 4 != 0;
        const uint32_t levels = 2 + round % 3;
        fill(&x, y, SV_BLOCK, round / 3);
        fill(&x, in, SV_BLOCK + SV_TAPS, round / 5);
        fill(&x, between, SV_BLOCK, round / 2);
        one[0] = two[0] = (int16_t)((int32_t)(round % 7) - 3);
        sv_decide_block(y, in, between, levels, levels == 4 ? 2730 : 8190, gradient, one, narrow, &a, SV_CPU_PORTABLE);
        sv_decide_block(y, in, between, levels, levels == 4 ? 2730 : 8190, gradient, two, narrow2, &b, SV_CPU_AVX2);
        assert_memory_equal(one, two, sizeof one);
        assert_memory_equal(narrow, narrow2, sizeof narrow);
        assert_memory_equal(&a, &b, sizeof a);
        sv_widen_block(narrow, one, SV_CPU_PORTABLE);
        sv_widen_block(narrow, two, SV_CPU_AVX2);
        assert_memory_equal(one, two, sizeof narrow * 2);
        int8_t mixed[64];
        for (uint32_t i = 0; i < 64; i++)
            mixed[i] = (int8_t)(draw(&x) % (round % 2 ? 3 : 256) - 1);
        uint64_t moved[2], below[2];
        sv_level_masks(mixed, &moved[0], &below[0], SV_CPU_PORTABLE);
        sv_level_masks(mixed, &moved[1], &below[1], SV_CPU_AVX2);
        for (uint32_t i = 0; i < 64; i++) {
            assert_int_equal(moved[0] >> i & 1, mixed[i] != 0);
            assert_int_equal(below[0] >> i & 1, mixed[i] < 0);
        }
        assert_true(moved[0] == moved[1] && below[0] == below[1]);
    }
}

static void the_high_pass_agrees(void **state)
{
    (void)state;
    uint32_t x = 5;
    if (!vectors())
        skip();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int16_t one[64], two[64];
        fill(&x, one, 64, round);
        memcpy(two, one, sizeof two);
        int64_t a = (int64_t)(draw(&x) % 8000) * 65536 - 250000000, b = a;
        const uint32_t pole = draw(&x) % 60000000;
        sv_couple_block(one, 64, &a, pole, SV_CPU_PORTABLE);
        sv_couple_block(two, 64, &b, pole, SV_CPU_AVX2);
        assert_memory_equal(one, two, sizeof one);
        assert_true(a == b);
    }
}

static void noise_agrees(void **state)
{
    (void)state;
    uint32_t x = 4;
    if (!vectors())
        skip();
    for (uint32_t round = 0; round < 2000; round++) {
        int16_t one[256], two[256];
        const struct sv_noise_key k = {draw(&x) * 65537u, draw(&x) * 65537u};
        const uint64_t first = (uint64_t)draw(&x) << 8;
        fill(&x, one, 256, round);
        memcpy(two, one, sizeof two);
        const int32_t sigma_q3 = (int32_t)(draw(&x) & 0xffff);
        sv_noise_block(&k, round, first, sigma_q3, one, 256, SV_CPU_PORTABLE);
        sv_noise_block(&k, round, first, sigma_q3, two, 256, SV_CPU_AVX2);
        assert_memory_equal(one, two, sizeof one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_agree),   cmocka_unit_test(interpolation_agrees),
        cmocka_unit_test(decisions_agree), cmocka_unit_test(the_high_pass_agrees),
        cmocka_unit_test(noise_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
