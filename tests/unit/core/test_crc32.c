/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/core/support.h"

#include "core/crc32.h"

/* The definition, a bit at a time. */
static uint32_t slow(const uint8_t *octet, uint32_t n)
{
    uint32_t crc = 0xffffffffu;
    for (uint32_t i = 0; i < n; i++) {
        crc ^= octet[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void test_check_value(void **state)
{
    (void)state;
    assert_int_equal(sv_crc32(0, (const uint8_t *)"123456789", 9), 0xcbf43926u);
    assert_int_equal(sv_crc32(0, (const uint8_t *)"", 0), 0);
}

static void test_any_length_and_cut(void **state)
{
    (void)state;
    uint8_t octet[300];
    uint32_t x = 1;
    for (uint32_t i = 0; i < sizeof octet; i++) {
        x = x * 1664525u + 1013904223u;
        octet[i] = (uint8_t)(x >> 24);
    }
    for (uint32_t n = 0; n <= sizeof octet - 4; n++) {
        const uint32_t whole = slow(octet, n), cut = x++ % (n + 1);
        assert_int_equal(sv_crc32(0, octet, n), whole);
        assert_int_equal(sv_crc32(sv_crc32(0, octet, cut), octet + cut, n - cut), whole);
    }
}

static void test_residue(void **state)
{
    (void)state;
    uint8_t octet[64] = {0xff, 1, 2, 3, 99};
    const uint32_t fcs = sv_crc32(0, octet, 60);
    for (uint32_t i = 0; i < 4; i++)
        octet[60 + i] = (uint8_t)(fcs >> (8 * i));
    assert_int_equal(sv_crc32(0, octet, 64), SV_CRC32_RESIDUE);
    octet[17] ^= 4;
    assert_int_not_equal(sv_crc32(0, octet, 64), SV_CRC32_RESIDUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_value),
        cmocka_unit_test(test_any_length_and_cut),
        cmocka_unit_test(test_residue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
