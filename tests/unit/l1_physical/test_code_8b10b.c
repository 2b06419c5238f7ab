/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/l1_physical/phy_support.h"

#include "l1_physical/code_8b10b.h"

static const uint8_t specials[12] = {0x1c, 0x3c, 0x5c, 0x7c, 0x9c, 0xbc, 0xdc, 0xfc, 0xf7, 0xfb, 0xfd, 0xfe};

static uint32_t ones(uint32_t v)
{
    uint32_t n = 0;
    for (; v != 0; v &= v - 1)
        n++;
    return n;
}

/* Code number i of 268. */
static uint32_t code_at(uint32_t i)
{
    return i < 256 ? i : SV_8B10B_SPECIAL | specials[i - 256];
}

static void every_row_of_the_published_table(void **state)
{
    (void)state;
    char *text = vector_file("8b10b.tsv");
    if (!text)
        skip();
    uint32_t rows = 0;
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
        char name[16], minus[16], plus[16];
        unsigned octet, special, flips;
        /* NOLINTNEXTLINE(cert-err34-c): a table of this repository, whose numbers are small */
        if (sscanf(at, "%15s 0x%x %u %15s %15s %u", name, &octet, &special, minus, plus, &flips) != 6)
            continue;
        const uint32_t code = octet | (special ? SV_8B10B_SPECIAL : 0);
        for (int rd = 0; rd < 2; rd++) {
            bool rd_plus = rd != 0;
            const uint32_t group = sv_8b10b_encode(code, &rd_plus);
            assert_int_equal(group, strtoul(rd ? plus : minus, NULL, 2));
            assert_int_equal(rd_plus, (rd ^ (int)flips) != 0);
            rd_plus = rd != 0;
            assert_int_equal(sv_8b10b_decode(group, &rd_plus), code);
            assert_int_equal(rd_plus, (rd ^ (int)flips) != 0);
        }
        rows++;
    }
    assert_int_equal(rows, 268);
    free(text);
}

/* Of 1024 groups 464 mean something at one disparity or both: 560 never do, 756 not at a given one. */
static void invalid_groups_are_refused(void **state)
{
    (void)state;
    uint32_t never = 0, invalid[2] = {0, 0};
    for (uint32_t group = 0; group < 1024; group++) {
        uint32_t meanings = 0;
        for (int rd = 0; rd < 2; rd++) {
            bool rd_plus = rd != 0;
            const bool good = sv_8b10b_decode(group, &rd_plus) != SV_8B10B_INVALID;
            meanings += good;
            invalid[rd] += !good;
        }
        never += meanings == 0;
    }
    assert_int_equal(never, 560);
    assert_int_equal(invalid[0], 756);
    assert_int_equal(invalid[1], 756);
}

static void groups_are_distinct_balanced_and_short_in_runs(void **state)
{
    (void)state;
    bool seen[2][1024] = {{false}};
    for (uint32_t i = 0; i < 268; i++)
        for (int rd = 0; rd < 2; rd++) {
            bool rd_plus = rd != 0;
            const uint32_t group = sv_8b10b_encode(code_at(i), &rd_plus), n = ones(group);
            assert_false(seen[rd][group]);
            seen[rd][group] = true;
            assert_true(n >= 4 && n <= 6);
            /* The disparity alternates: what has more ones follows only a negative one. */
            assert_int_equal(rd_plus, n > 5 ? true : n < 5 ? false : rd != 0);
            assert_true(n == 5 || (n > 5) == (rd == 0));
        }
    bool rd_plus = false;
    assert_int_equal(sv_8b10b_encode(SV_8B10B_SPECIAL | 0x00, &rd_plus), SV_8B10B_INVALID);
}

/* Why polarity cannot be told from validity: the complement of a valid stream is a valid stream. */
static void a_stream_turned_over_has_no_invalid_group(void **state)
{
    (void)state;
    bool rd_plus = false, other = true;
    uint32_t x = 3;
    for (uint32_t i = 0; i < 10000; i++) {
        const uint32_t group = sv_8b10b_encode(draw(&x) & 255, &rd_plus);
        assert_int_not_equal(sv_8b10b_decode(~group & 0x3ff, &other), SV_8B10B_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_published_table),
        cmocka_unit_test(invalid_groups_are_refused),
        cmocka_unit_test(groups_are_distinct_balanced_and_short_in_runs),
        cmocka_unit_test(a_stream_turned_over_has_no_invalid_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
