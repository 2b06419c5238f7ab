/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/l1_physical/phy_support.h"

#include "l1_physical/scrambler58.h"
#include "l1_physical/transcode.h"

/* The definition, a bit at a time. */
static uint64_t slow(uint64_t *state, uint64_t word, uint32_t n)
{
    uint64_t out = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t s = (word >> i ^ *state >> (64 - 39) ^ *state >> (64 - 58)) & 1;
        *state = *state >> 1 | s << 63;
        out |= s << i;
    }
    return out;
}

static void words_are_bits(void **state)
{
    (void)state;
    uint64_t a = UINT64_MAX, b = UINT64_MAX, back = UINT64_MAX;
    uint32_t x = 9;
    for (uint32_t i = 0; i < 2000; i++) {
        const uint32_t n = draw(&x) % 64 + 1;
        const uint64_t high = (uint64_t)draw(&x) << 40, word = high ^ (uint64_t)draw(&x) << 20 ^ draw(&x);
        const uint64_t s = sv_scramble58(&a, word, n);
        assert_true(s == slow(&b, word, n));
        assert_true(a == b);
        assert_true(sv_descramble58(&back, s, n) == (n < 64 ? word & (((uint64_t)1 << n) - 1) : word));
    }
}

static uint64_t idle257(uint64_t state, uint32_t blocks)
{
    const struct sv_r64_block idle[4] = {
        {SV_R64_IDLE, true}, {SV_R64_IDLE, true}, {SV_R64_IDLE, true}, {SV_R64_IDLE, true}};
    const struct sv_transcoded t = sv_transcode(idle);
    for (; blocks > 0; blocks--)
        for (uint32_t k = 0; k < 5; k++)
            (void)sv_scramble58(&state, t.word[k], k < 4 ? 64 : 1);
    return state;
}

/* The 58 bits that count. */
static uint64_t live(uint64_t state)
{
    return state >> 6;
}

static void jumps_are_steps(void **state)
{
    (void)state;
    const uint64_t begin[3] = {UINT64_MAX, 0, 0x123456789abcdef0u};
    for (uint32_t k = 0; k < 3; k++) {
        uint64_t walk = begin[k];
        for (uint32_t n = 0; n < 300; n++) {
            assert_true(live(sv_scrambler58_idle64(begin[k], n)) == live(walk));
            (void)sv_scramble58(&walk, SV_R64_IDLE, 64);
            assert_true(live(sv_scrambler58_idle257(begin[k], n)) == live(idle257(begin[k], n)));
        }
        /* Far away: two jumps are one. */
        const uint64_t far = 3000000000000u, here = sv_scrambler58_idle64(begin[k], far);
        assert_true(live(sv_scrambler58_idle64(here, 12345)) == live(sv_scrambler58_idle64(begin[k], far + 12345)));
        assert_true(live(here) != live(begin[k]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_are_bits), cmocka_unit_test(jumps_are_steps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
