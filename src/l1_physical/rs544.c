/* SPDX-License-Identifier: BSD-2-Clause */
/* Fast where it is always needed: the remainder of the message, two symbols at a step through four small tables. It
 * is the encoder, and for a decoder it tells whether anything is wrong at all. Only then come the syndromes (of the
 * 30 symbols by which remainder and parity differ, not of 544), Berlekamp and Massey's shortest recurrence, Chien's
 * search for its roots and Forney's values. */
#include "l1_physical/rs544.h"

#include "core/mem.h"
#include "l1_physical/rs544_table.h"

#define ORDER 1023u
#define TERMS (SV_RS_CORRECTABLE + 1)

/* 300 bits, the highest power's symbol on top of word 0. */
struct remainder {
    uint64_t word[5];
};

static struct remainder remainder_of(const uint64_t message[SV_RS_WORDS])
{
    struct remainder r = {{0}};
    uint32_t bit = 0;
    for (uint32_t at = 0; at < SV_RS_MESSAGE; at += 2, bit += 20) {
        const uint32_t i = bit / 64, shift = bit % 64;
        const uint64_t high = shift > 44 ? message[i + 1] << (64 - shift) : 0;
        const uint32_t both = (uint32_t)(message[i] >> shift | high);
        const uint32_t first = (uint32_t)(r.word[0] >> 54) ^ (both & 1023);
        const uint32_t second = (uint32_t)(r.word[0] >> 44 & 1023) ^ (both >> 10 & 1023);
        const uint64_t *a = rs_step[0][first >> 5], *b = rs_step[1][first & 31];
        const uint64_t *c = rs_step[2][second >> 5], *d = rs_step[3][second & 31];
        r.word[0] = (r.word[0] << 20 | r.word[1] >> 44) ^ a[0] ^ b[0] ^ c[0] ^ d[0];
        r.word[1] = (r.word[1] << 20 | r.word[2] >> 44) ^ a[1] ^ b[1] ^ c[1] ^ d[1];
        r.word[2] = (r.word[2] << 20 | r.word[3] >> 44) ^ a[2] ^ b[2] ^ c[2] ^ d[2];
        r.word[3] = (r.word[3] << 20 | r.word[4] >> 44) ^ a[3] ^ b[3] ^ c[3] ^ d[3];
        r.word[4] = r.word[4] << 20 ^ a[4] ^ b[4] ^ c[4] ^ d[4];
    }
    return r;
}

/* Its symbol number i, from the highest power on. */
static uint32_t remainder_symbol(const struct remainder *r, uint32_t i)
{
    const uint32_t from = 10 * i, w = from / 64, shift = from % 64; /* from the top */
    const uint64_t top = r->word[w] << shift | (shift > 54 ? r->word[w + 1] >> (64 - shift) : 0);
    return (uint32_t)(top >> 54);
}

static void flip_symbol(uint64_t word[SV_RS_WORDS], uint32_t at, uint64_t with)
{
    const uint32_t bit = 10 * at, i = bit / 64, shift = bit % 64;
    word[i] ^= with << shift;
    if (shift > 54)
        word[i + 1] ^= with >> (64 - shift);
}

void sv_rs544_encode(uint64_t word[SV_RS_WORDS])
{
    const struct remainder r = remainder_of(word);
    for (uint32_t i = 0; i < SV_RS_PARITY; i++) {
        const uint32_t at = SV_RS_MESSAGE + i;
        flip_symbol(word, at, sv_rs544_symbol(word, at) ^ remainder_symbol(&r, i));
    }
}

/* --- the field --- */

static uint32_t mul(uint32_t a, uint32_t b)
{
    return a == 0 || b == 0 ? 0 : gf_exp[gf_log[a] + gf_log[b]];
}

static uint32_t divide(uint32_t a, uint32_t b)
{
    return a == 0 ? 0 : gf_exp[gf_log[a] + ORDER - gf_log[b]];
}

/* --- when something is wrong --- */

/* What the codeword is at alpha^0 .. alpha^29; all zero for a good one. False: it is good. */
static bool syndromes(const uint64_t word[SV_RS_WORDS], uint32_t s[SV_RS_PARITY])
{
    const struct remainder r = remainder_of(word);
    uint32_t difference[SV_RS_PARITY], any = 0;
    for (uint32_t i = 0; i < SV_RS_PARITY; i++) {
        difference[i] = remainder_symbol(&r, i) ^ sv_rs544_symbol(word, SV_RS_MESSAGE + i);
        any |= difference[i];
    }
    for (uint32_t k = 0; any != 0 && k < SV_RS_PARITY; k++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < SV_RS_PARITY; i++)
            sum = (sum != 0 ? gf_exp[gf_log[sum] + k] : 0) ^ difference[i];
        s[k] = sum;
    }
    return any != 0;
}

/* The error locator, lowest power first; its degree, or more than 15 when there are too many errors. */
static uint32_t berlekamp_massey(const uint32_t s[SV_RS_PARITY], uint32_t locator[SV_RS_PARITY + 1])
{
    uint32_t old[SV_RS_PARITY + 1] = {1}, degree = 0, since = 1, last = 1;
    sv_memset(locator, 0, (SV_RS_PARITY + 1) * sizeof locator[0]);
    locator[0] = 1;
    for (uint32_t n = 0; n < SV_RS_PARITY; n++, since++) {
        uint32_t gap = s[n];
        for (uint32_t i = 1; i <= degree; i++)
            gap ^= mul(locator[i], s[n - i]);
        if (gap == 0)
            continue;
        uint32_t before[SV_RS_PARITY + 1];
        sv_memcpy(before, locator, sizeof before);
        const uint32_t factor = divide(gap, last);
        for (uint32_t i = since; i <= SV_RS_PARITY; i++)
            locator[i] ^= mul(factor, old[i - since]);
        if (2 * degree > n)
            continue;
        degree = n + 1 - degree;
        sv_memcpy(old, before, sizeof old);
        last = gap;
        since = 0;
    }
    return degree;
}

/* Where the locator is zero at alpha^-power, that power's symbol is wrong. */
static uint32_t chien(const uint32_t *locator, uint32_t degree, uint32_t power[SV_RS_CORRECTABLE])
{
    uint32_t log[TERMS] = {0}, step[TERMS] = {0}, terms = 0, found = 0;
    for (uint32_t i = 0; i <= degree; i++)
        if (locator[i] != 0) {
            log[terms] = gf_log[locator[i]];
            step[terms++] = i;
        }
    for (uint32_t p = 0; p < SV_RS_CODEWORD; p++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < terms; i++) {
            sum ^= gf_exp[log[i]];
            log[i] += log[i] < step[i] ? ORDER - step[i] : 0u - step[i];
        }
        if (sum == 0 && found < SV_RS_CORRECTABLE)
            power[found++] = p;
    }
    return found;
}

/* The error at X = alpha^power: X omega(1/X) / locator'(1/X), for a code whose first root is alpha^0. */
static uint32_t forney(const uint32_t *locator, const uint32_t *omega, uint32_t degree, uint32_t power)
{
    const uint32_t inverse = power == 0 ? 0 : ORDER - power; /* log of 1/X */
    uint32_t above = 0, below = 0, at = 0;                   /* at: log of (1/X)^i */
    for (uint32_t i = 0; i <= degree; i++) {
        if (i < degree && omega[i] != 0)
            above ^= gf_exp[gf_log[omega[i]] + at];
        if (i + 1 <= degree && i % 2 == 0 && locator[i + 1] != 0)
            below ^= gf_exp[gf_log[locator[i + 1]] + at];
        at += inverse;
        at -= at >= ORDER ? ORDER : 0;
    }
    return below == 0 || above == 0 ? 0 : mul(gf_exp[power], divide(above, below));
}

bool sv_rs544_decode(uint64_t word[SV_RS_WORDS], uint32_t *repaired)
{
    uint32_t s[SV_RS_PARITY], locator[SV_RS_PARITY + 1], power[SV_RS_CORRECTABLE], value[SV_RS_CORRECTABLE];
    *repaired = 0;
    if (!syndromes(word, s))
        return true;
    const uint32_t degree = berlekamp_massey(s, locator);
    if (degree > SV_RS_CORRECTABLE || chien(locator, degree, power) != degree)
        return false;
    uint32_t omega[SV_RS_CORRECTABLE] = {0}; /* syndromes times locator, modulo x^degree */
    for (uint32_t i = 0; i < degree; i++)
        for (uint32_t k = 0; k <= i; k++)
            omega[i] ^= mul(s[i - k], locator[k]);
    for (uint32_t i = 0; i < degree; i++) {
        value[i] = forney(locator, omega, degree, power[i]);
        if (value[i] == 0)
            return false;
    }
    for (uint32_t i = 0; i < degree; i++)
        flip_symbol(word, SV_RS_CODEWORD - 1 - power[i], value[i]);
    *repaired = degree;
    return true;
}
