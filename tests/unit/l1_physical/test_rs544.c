/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/l1_physical/phy_support.h"

#include "l1_physical/rs544.h"

static void set_symbol(uint64_t *word, uint32_t at, uint32_t v)
{
    for (uint32_t k = 0; k < 10; k++) {
        const uint32_t bit = 10 * at + k;
        word[bit / 64] &= ~((uint64_t)1 << bit % 64);
        word[bit / 64] |= (uint64_t)(v >> k & 1) << bit % 64;
    }
}

static void message(uint64_t *word, uint32_t *x)
{
    memset(word, 0, SV_RS_WORDS * sizeof *word);
    for (uint32_t i = 0; i < SV_RS_MESSAGE; i++)
        set_symbol(word, i, draw(x) & 1023);
    sv_rs544_encode(word);
}

/* Symbols 1, 2, ..., 514. The parity was computed with other code, from the generator that clause 91 lists. */
static void parity_vector(void **state)
{
    (void)state;
    static const uint16_t parity[30] = {541, 790, 581, 708, 63,  744, 522, 775, 884, 568, 100, 804, 688,  776, 872,
                                        0,   823, 462, 474, 482, 54,  679, 947, 777, 39,  242, 24,  1007, 965, 130};
    uint64_t word[SV_RS_WORDS] = {0};
    for (uint32_t i = 0; i < SV_RS_MESSAGE; i++)
        set_symbol(word, i, (i + 1) & 1023);
    sv_rs544_encode(word);
    for (uint32_t i = 0; i < SV_RS_PARITY; i++)
        assert_int_equal(sv_rs544_symbol(word, SV_RS_MESSAGE + i), parity[i]);
}

/* The definition: a codeword is zero at alpha^0 .. alpha^29. */
static void codewords_have_the_roots(void **state)
{
    (void)state;
    uint64_t word[SV_RS_WORDS];
    uint32_t x = 4, root = 1;
    message(word, &x);
    for (uint32_t k = 0; k < SV_RS_PARITY; k++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < SV_RS_CODEWORD; i++) {
            uint32_t product = 0;
            for (uint32_t bit = 0, a = sum; bit < 10; bit++, a = a << 1 ^ (a & 0x200 ? 0x409 : 0))
                product ^= root >> bit & 1 ? a : 0;
            sum = product ^ sv_rs544_symbol(word, i);
        }
        assert_int_equal(sum, 0);
        root = root << 1 ^ (root & 0x200 ? 0x409 : 0);
    }
}

/* So many wrong symbols, in places all different. */
static void harm(uint64_t *word, uint32_t errors, uint32_t *x)
{
    bool taken[SV_RS_CODEWORD] = {false};
    while (errors > 0) {
        const uint32_t at = draw(x) % SV_RS_CODEWORD, v = draw(x) % 1023 + 1;
        if (taken[at])
            continue;
        taken[at] = true;
        set_symbol(word, at, sv_rs544_symbol(word, at) ^ v);
        errors--;
    }
}

static void up_to_fifteen_wrong_symbols_are_put_right(void **state)
{
    (void)state;
    uint32_t x = 77;
    for (uint32_t round = 0; round < 640; round++) {
        uint64_t word[SV_RS_WORDS], as_sent[SV_RS_WORDS];
        uint32_t repaired;
        message(word, &x);
        memcpy(as_sent, word, sizeof word);
        harm(word, round % 16, &x);
        assert_true(sv_rs544_decode(word, &repaired));
        assert_int_equal(repaired, round % 16);
        assert_memory_equal(word, as_sent, sizeof word);
    }
}

/* Sixteen and more: refused and left as they came. (A wrong codeword is reached with a chance of about 1 / 15!.) */
static void more_are_refused(void **state)
{
    (void)state;
    uint32_t x = 78;
    for (uint32_t round = 0; round < 300; round++) {
        uint64_t word[SV_RS_WORDS], as_received[SV_RS_WORDS];
        uint32_t repaired;
        message(word, &x);
        harm(word, 16 + round % 40, &x);
        memcpy(as_received, word, sizeof word);
        assert_false(sv_rs544_decode(word, &repaired));
        assert_memory_equal(word, as_received, sizeof word);
    }
}

static void ends_of_the_codeword(void **state)
{
    (void)state;
    uint64_t word[SV_RS_WORDS] = {0};
    uint32_t repaired;
    set_symbol(word, 0, 1);
    set_symbol(word, SV_RS_CODEWORD - 1, 1023);
    assert_true(sv_rs544_decode(word, &repaired));
    assert_int_equal(repaired, 2);
    for (uint32_t i = 0; i < SV_RS_WORDS; i++)
        assert_true(word[i] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parity_vector),
        cmocka_unit_test(codewords_have_the_roots),
        cmocka_unit_test(up_to_fifteen_wrong_symbols_are_put_right),
        cmocka_unit_test(more_are_refused),
        cmocka_unit_test(ends_of_the_codeword),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
