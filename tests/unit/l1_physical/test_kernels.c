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

#define BLOCKS 5u

/* Rows like a pulse's: eight taps whose magnitudes sum to no more than 16384. */
static void rows(uint32_t *x, int16_t pulse[33][SV_TAPS])
{
    for (uint32_t i = 0; i < 33; i++)
        for (uint32_t j = 0; j < SV_TAPS; j++)
            pulse[i][j] = (int16_t)((int32_t)(draw(x) % 4096) - 2048);
}

static void filters_agree(void **state)
{
    (void)state;
    uint32_t x = 1;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int16_t pulse[33][SV_TAPS], in[(BLOCKS + 2) * SV_BLOCK], one[BLOCKS * 2 * SV_BLOCK], two[BLOCKS * 2 * SV_BLOCK];
        rows(&x, pulse);
        for (uint32_t i = 0; i < sizeof in / sizeof in[0]; i++)
            in[i] = (int16_t)((int32_t)(draw(&x) % 3) - 1);
        /* A pace at most a thousandth off. */
        const struct sv_shape begin = {.pulse = (const int16_t(*)[SV_TAPS])pulse,
                                       .x = in,
                                       .part = draw(&x) * 65537u,
                                       .pace = (UINT64_C(32) << 32) + draw(&x) * 4000u - 130000000u};
        struct sv_shape a = begin, b = begin;
        sv_shape_blocks(&a, one, BLOCKS, SV_CPU_PORTABLE);
        uint64_t at = begin.part;
        for (uint32_t i = 0; i < BLOCKS * 2 * SV_BLOCK; i++) {
            /* By the words of kernels.h. */
            if (i != 0 && i % (2 * SV_BLOCK) == 0)
                at += begin.pace;
            const uint64_t place = at + (uint64_t)(i % 2) * 0x80000000u;
            const uint32_t phase = (uint32_t)place >> 27, part = (uint32_t)place >> 17 & 1023;
            const int16_t *from = in + (place >> 32) + i % (2 * SV_BLOCK) / 2;
            int32_t sum = 1;
            for (uint32_t j = 0; j < SV_TAPS; j++)
                sum += (pulse[phase][j] + ((pulse[phase + 1][j] - pulse[phase][j]) * (int32_t)part >> 10)) * from[j];
            assert_int_equal(one[i], sum >> 1);
        }
        if (!vectors())
            skip();
        sv_shape_blocks(&b, two, BLOCKS, SV_CPU_AVX2);
        assert_memory_equal(one, two, sizeof one);
        assert_true(a.x == b.x && a.part == b.part && a.pace == b.pace && a.wander_q16 == b.wander_q16);
        /* And through the transformers, all in one. */
        a = begin;
        a.wander_q16 = (int64_t)(draw(&x) % 8000) * 65536 - 250000000;
        a.pole_q32 = draw(&x) % 60000000 + 1;
        b = a;
        int64_t apart = a.wander_q16;
        sv_couple_block(two, BLOCKS * 2 * SV_BLOCK, &apart, a.pole_q32, SV_CPU_PORTABLE);
        sv_shape_blocks(&a, one, BLOCKS, SV_CPU_PORTABLE);
        assert_memory_equal(one, two, sizeof one);
        sv_shape_blocks(&b, two, BLOCKS, SV_CPU_AVX2);
        assert_memory_equal(one, two, sizeof one);
        assert_true(a.wander_q16 == apart && b.wander_q16 == apart);
    }
}

/* What one block leaves behind, in one form. */
struct judged {
    int16_t x[SV_BLOCK + SV_TAPS], between[SV_BLOCK + SV_TAPS], y[SV_BLOCK];
    int8_t level[SV_BLOCK];
    struct sv_decision_sums sums;
};

static void blocks_agree(void **state)
{
    (void)state;
    uint32_t x = 3;
    if (!vectors())
        skip();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int16_t in[2 * SV_BLOCK + 8], c[SV_TAPS], tap[SV_TAPS];
        struct judged a = {0}, b;
        fill(&x, in, 2 * SV_BLOCK + 8, round);
        fill(&x, a.x, SV_BLOCK + SV_TAPS, round / 5);
        fill(&x, a.between, SV_BLOCK + SV_TAPS, round / 2);
        weights(&x, c);
        weights(&x, tap);
        const struct sv_take take = {.sample = in,
                                     .weight = {c[0], c[1], c[2], c[3]},
                                     .bias = (int32_t)(draw(&x) % 200000000) - 100000000,
                                     .shift = 4 + round % 13};
        const uint32_t levels = 2 + round % 3;
        const struct sv_judge judge = {.tap = tap,
                                       .bias = (int32_t)(draw(&x) % 100000000) - 50000000,
                                       .levels = levels,
                                       .unit = levels == 4 ? 2730 : 8190,
                                       .before = (int32_t)(round % 7) - 3,
                                       .gradient = round % 4 != 0};
        b = a;
        sv_judge_block(&judge, a.x, a.between, a.y, a.level, &a.sums, SV_CPU_PORTABLE);
        sv_judge_block(&judge, b.x, b.between, b.y, b.level, &b.sums, SV_CPU_AVX2);
        assert_memory_equal(&a, &b, sizeof a);
        sv_track_block(&take, &judge, a.x, a.between, a.y, a.level, &a.sums, SV_CPU_PORTABLE);
        sv_track_block(&take, &judge, b.x, b.between, b.y, b.level, &b.sums, SV_CPU_AVX2);
        assert_memory_equal(&a, &b, sizeof a);
        for (uint32_t i = 0; i < SV_BLOCK; i++)
            assert_true(a.level[i] >= (levels == 4 ? -3 : -1) && a.level[i] <= (levels == 4 ? 3 : 1));
    }
}

/* By the formulas of kernels.h, a number at a time. */
static void a_block_is_what_it_says(void **state)
{
    (void)state;
    uint32_t x = 7;
    for (uint32_t round = 0; round < 300; round++) {
        int16_t in[2 * SV_BLOCK + 8], c[SV_TAPS], tap[SV_TAPS];
        struct judged a = {0};
        fill(&x, in, 2 * SV_BLOCK + 8, round);
        fill(&x, a.x, SV_TAPS, round);
        weights(&x, c);
        weights(&x, tap);
        const struct sv_take take = {
            .sample = in, .weight = {c[0], c[1], c[2], c[3]}, .bias = 77, .shift = 6 + round % 8};
        const struct sv_judge judge = {.tap = tap, .bias = 2048, .levels = 3, .unit = 8190, .gradient = true};
        sv_track_block(&take, &judge, a.x, a.between, a.y, a.level, &a.sums, SV_CPU_PORTABLE);
        int32_t error = 0, gradient = 0;
        for (uint32_t i = 0; i < SV_BLOCK; i++) {
            int32_t v[2] = {77, 77}, y = 2048;
            for (uint32_t k = 0; k < 8; k++)
                v[k / 4] += c[k % 4] * in[2 * i + k / 4 + k % 4];
            assert_int_equal(a.x[SV_TAPS + i], sv_saturate(v[0] >> take.shift));
            assert_int_equal(a.between[SV_TAPS + i], sv_saturate(v[1] >> take.shift));
            for (uint32_t k = 0; k < SV_TAPS; k++)
                y += tap[k] * a.x[1 + i + k];
            y = sv_saturate(y >> 12);
            assert_int_equal(a.y[i], y);
            assert_int_equal(a.level[i], (y > 4095) - (y < -4095));
            const int32_t e = y - a.level[i] * 8190, small = e >> 3;
            error += e;
            gradient += (small > 1023 ? 1023 : small < -1023 ? -1023 : small) * a.x[1 + i];
        }
        assert_int_equal(a.sums.error, error);
        assert_int_equal(a.sums.gradient[0], gradient);
    }
}

static void levels_change_their_form(void **state)
{
    (void)state;
    uint32_t x = 6;
    if (!vectors())
        skip();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        int8_t mixed[64];
        int16_t one[SV_BLOCK], two[SV_BLOCK];
        for (uint32_t i = 0; i < 64; i++)
            mixed[i] = (int8_t)(draw(&x) % (round % 2 ? 3 : 256) - 1);
        sv_widen_block(mixed, one, SV_CPU_PORTABLE);
        sv_widen_block(mixed, two, SV_CPU_AVX2);
        assert_memory_equal(one, two, sizeof one);
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
        cmocka_unit_test(filters_agree),           cmocka_unit_test(blocks_agree),
        cmocka_unit_test(a_block_is_what_it_says), cmocka_unit_test(levels_change_their_form),
        cmocka_unit_test(the_high_pass_agrees),    cmocka_unit_test(noise_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
