/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/math.h"

#include "seven/base.h"

/* A de Bruijn sequence of order 6, chosen so that the top six bits of its product with 2^(n+1) - 1 differ for
 * each n in 0..63. */
#define DEBRUIJN 0x03f79d71b4cb0a89u

static const uint8_t bit_number[64] = {
    0,  47, 1,  56, 48, 27, 2,  60, 57, 49, 41, 37, 28, 16, 3,  61, 54, 58, 35, 52, 50, 42,
    21, 44, 38, 32, 29, 23, 17, 11, 4,  62, 46, 55, 26, 59, 40, 36, 15, 53, 34, 51, 20, 43,
    31, 22, 10, 45, 25, 39, 14, 33, 19, 30, 9,  24, 13, 18, 8,  12, 7,  6,  5,  63,
};

/* The number of a mask's highest bit, all bits below being set too. */
static uint32_t number_of_mask(uint64_t mask)
{
    return bit_number[(mask * DEBRUIJN) >> 58];
}

uint32_t sv_ctz64_portable(uint64_t v)
{
    return number_of_mask(v ^ (v - 1));
}

uint32_t sv_log2_64_portable(uint64_t v)
{
    v |= v >> 1;
    v |= v >> 2;
    v |= v >> 4;
    v |= v >> 8;
    v |= v >> 16;
    v |= v >> 32;
    return number_of_mask(v);
}

/* Shift and subtract, from the first bit that can be in the quotient. */
uint64_t sv_div64_portable(uint64_t a, uint64_t b)
{
    SV_ASSERT(b != 0);
    if (a < b)
        return 0;
    uint32_t shift = sv_log2_64_portable(a) - sv_log2_64_portable(b);
    uint64_t quotient = 0;
    b <<= shift;
    for (;;) {
        quotient <<= 1;
        if (a >= b) {
            a -= b;
            quotient |= 1;
        }
        if (shift-- == 0)
            return quotient;
        b >>= 1;
    }
}

/* The product's two halves from four products of 32 bits. */
static uint64_t multiply(uint64_t a, uint64_t b, uint64_t *low)
{
    const uint64_t a1 = a >> 32, a0 = a & 0xffffffffu;
    const uint64_t b1 = b >> 32, b0 = b & 0xffffffffu;
    const uint64_t p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0;
    const uint64_t middle = (p00 >> 32) + (p01 & 0xffffffffu) + (p10 & 0xffffffffu);
    *low = middle << 32 | (p00 & 0xffffffffu);
    return a1 * b1 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
}

/* One digit of Knuth's algorithm D in base 2^32: the next 32 bits of (remainder << 32 | digit) / c, where c
 * is normalised (its top bit set) and remainder < c. */
static uint32_t divide_digit(uint64_t *remainder, uint32_t digit, uint64_t c)
{
    const uint64_t c1 = c >> 32, c0 = c & 0xffffffffu;
    uint64_t q = sv_div64(*remainder, c1);
    uint64_t r = *remainder - q * c1;
    while (q >> 32 != 0 || q * c0 > (r << 32 | digit)) {
        q--;
        r += c1;
        if (r >> 32 != 0)
            break;
    }
    *remainder = (*remainder << 32 | digit) - q * c; /* the high parts cancel modulo 2^64 */
    return (uint32_t)q;
}

uint64_t sv_muldiv64(uint64_t a, uint64_t b, uint64_t c)
{
    SV_ASSERT(c != 0);
    uint64_t low;
    uint64_t high = multiply(a, b, &low);
    if (high == 0)
        return sv_div64(low, c);
    if (high >= c)
        return UINT64_MAX;
    const uint32_t shift = 63u - sv_log2_64(c);
    if (shift != 0) {
        c <<= shift;
        high = high << shift | low >> (64 - shift);
        low <<= shift;
    }
    const uint64_t upper = divide_digit(&high, (uint32_t)(low >> 32), c);
    return upper << 32 | divide_digit(&high, (uint32_t)low, c);
}

/* Digit by digit in base 2, from the top: r grows to 2r or 2r + 1, whichever cube still fits. */
uint32_t sv_cbrt64(uint64_t v)
{
    uint64_t r = 0;
    for (uint32_t shift = 66; shift != 0;) {
        shift -= 3;
        r *= 2;
        const uint64_t step = 3 * r * (r + 1) + 1;
        if (v >> shift >= step) {
            v -= step << shift;
            r++;
        }
    }
    return (uint32_t)r;
}
