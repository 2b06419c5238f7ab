/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/core/support.h"

#include "core/math.h"

static const uint64_t corner[] = {
    0,
    1,
    2,
    3,
    7,
    8,
    10,
    255,
    65535,
    65536,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    0x100000000,
    0x100000001,
    999999999,
    1000000000,
    0x7fffffffffffffff,
    0x8000000000000000,
    0x8000000000000001,
    0xfffffffffffffffe,
    UINT64_MAX,
};
#define CORNERS (sizeof corner / sizeof corner[0])

static uint64_t any_u64(struct dice *d)
{
    uint64_t v = 0;
    for (int i = 0; i < 4; i++)
        v = v << 16 | roll(d, 65536);
    return v >> roll(d, 64);
}

static void check_pair(uint64_t a, uint64_t b)
{
    if (b == 0)
        return;
    assert_int_equal(sv_div64_portable(a, b), a / b);
    assert_int_equal(sv_div64(a, b), a / b);
}

static void divides(void **state)
{
    (void)state;
    struct dice d = {1};
    for (size_t i = 0; i < CORNERS; i++)
        for (size_t j = 0; j < CORNERS; j++)
            check_pair(corner[i], corner[j]);
    for (int i = 0; i < 200000; i++) {
        const uint64_t a = any_u64(&d);
        const uint64_t b = any_u64(&d);
        check_pair(a, b);
    }
    expect_assert_failure(sv_div64_portable(1, 0));
}

static void scans_bits(void **state)
{
    (void)state;
    struct dice d = {2};
    for (uint32_t n = 0; n < 64; n++) {
        const uint64_t bit = (uint64_t)1 << n;
        const uint64_t noise = any_u64(&d);
        assert_int_equal(sv_ctz64_portable(bit | (n < 63 ? noise << n << 1 : 0)), n);
        assert_int_equal(sv_ctz64(bit | (n < 63 ? noise << n << 1 : 0)), n);
        assert_int_equal(sv_log2_64_portable(bit | (noise & (bit - 1))), n);
        assert_int_equal(sv_log2_64(bit | (noise & (bit - 1))), n);
    }
}

/* The model keeps a product digit by digit in base 2^16, and divides bit by bit. */
static uint64_t muldiv_model(uint64_t a, uint64_t b, uint64_t c)
{
    uint32_t product[8] = {0};
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 4; j++) {
            carry += product[i + j] + (uint64_t)(a >> 16 * i & 0xffff) * (b >> 16 * j & 0xffff);
            product[i + j] = carry & 0xffff;
            carry >>= 16;
        }
        product[i + 4] = (uint32_t)carry;
    }
    uint64_t rest = 0, quotient = 0;
    for (int bit = 127; bit >= 0; bit--) {
        const int top = (int)(rest >> 63);
        rest = rest << 1 | (product[bit / 16] >> bit % 16 & 1);
        const int one = top || rest >= c;
        if (one)
            rest -= c;
        if (one && bit >= 64)
            return UINT64_MAX;
        quotient = quotient << 1 | (uint64_t)one;
    }
    return quotient;
}

static void multiplies_and_divides(void **state)
{
    (void)state;
    struct dice d = {3};
    for (size_t i = 0; i < CORNERS; i++)
        for (size_t j = 0; j < CORNERS; j++)
            for (size_t k = 1; k < CORNERS; k++)
                assert_int_equal(sv_muldiv64(corner[i], corner[j], corner[k]),
                                 muldiv_model(corner[i], corner[j], corner[k]));
    for (int i = 0; i < 100000; i++) {
        const uint64_t a = any_u64(&d);
        const uint64_t b = any_u64(&d);
        const uint64_t c = any_u64(&d) | 1;
        assert_int_equal(sv_muldiv64(a, b, c), muldiv_model(a, b, c));
    }
    expect_assert_failure(sv_muldiv64(1, 1, 0));
}

static void takes_cube_roots(void **state)
{
    (void)state;
    assert_int_equal(sv_cbrt64(0), 0);
    assert_int_equal(sv_cbrt64(UINT64_MAX), 2642245);
    for (uint64_t r = 1; r <= 2642245; r += 1 + r / 1000) {
        assert_int_equal(sv_cbrt64(r * r * r), r);
        assert_int_equal(sv_cbrt64(r * r * r - 1), r - 1);
        assert_int_equal(sv_cbrt64(r * r * r + 1), r == 1 ? 1 : r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(divides),
        cmocka_unit_test(scans_bits),
        cmocka_unit_test(multiplies_and_divides),
        cmocka_unit_test(takes_cube_roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
