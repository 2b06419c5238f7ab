/* SPDX-License-Identifier: BSD-2-Clause */
/* How a self-synchronising scrambler is moved over a trillion bits at once.
 *
 * With the same block again and again for input there is exactly one output that repeats with the block (1 + x^39 +
 * x^58 has no factor in common with x^64 + 1 nor with x^257 + 1). The difference between it and any other output
 * obeys h[n] = h[n-39] + h[n-58], with no input. So h[N+k] is a sum of some h[k], h[k+1], ..., h[k+57], and which
 * ones is told by x^N modulo x^58 + x^19 + 1, which takes log N multiplications. */
#include "l1_physical/scrambler58.h"

#include "l1_physical/scrambler58_table.h"

#define MASK58 (((uint64_t)1 << 58) - 1)

static uint64_t times_x(uint64_t a)
{
    a <<= 1;
    return a >> 58 ? (a ^ 1 ^ (uint64_t)1 << 19) & MASK58 : a;
}

static uint64_t times(uint64_t a, uint64_t b)
{
    uint64_t sum = 0;
    for (; b != 0; b >>= 1, a = times_x(a))
        sum ^= b & 1 ? a : 0;
    return sum;
}

static uint64_t power_of_x(uint64_t n)
{
    uint64_t result = 1;
    for (uint64_t square = 2; n != 0; n >>= 1, square = times(square, square))
        result = n & 1 ? times(result, square) : result;
    return result;
}

static uint64_t power(uint64_t base, uint64_t n)
{
    uint64_t result = 1;
    for (; n != 0; n >>= 1, base = times(base, base))
        result = n & 1 ? times(result, base) : result;
    return result;
}

static uint64_t parity(uint64_t v)
{
    for (uint32_t by = 32; by > 0; by >>= 1)
        v ^= v >> by;
    return v & 1;
}

static uint64_t jump(uint64_t state, uint64_t steady, uint32_t block_bits, uint64_t blocks)
{
    if (blocks == 0)
        return state;
    /* h[0..127]; only the state's newest 58 bits, from h[6] on, are bound to the recurrence: hence the 6. */
    const uint64_t h0 = state ^ steady;
    uint64_t next = h0;
    const uint64_t h1 = sv_scramble58(&next, 0, 64);
    const uint64_t sum = times(power(power_of_x(block_bits), blocks - 1), power_of_x(block_bits - 6));
    uint64_t result = 0;
    for (uint32_t k = 0; k < 64; k++) {
        const uint32_t from = k + 6;
        const uint64_t window = from < 64 ? h0 >> from | h1 << (64 - from) : h1 >> (from - 64);
        result |= parity(window & sum) << k;
    }
    return result ^ steady;
}

uint64_t sv_scrambler58_idle64(uint64_t state, uint64_t blocks)
{
    return jump(state, SCRAMBLER58_IDLE64, 64, blocks);
}

uint64_t sv_scrambler58_idle257(uint64_t state, uint64_t blocks)
{
    return jump(state, SCRAMBLER58_IDLE257, 257, blocks);
}
