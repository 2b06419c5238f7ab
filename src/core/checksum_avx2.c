/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum by AVX2; built with -mavx2.
 *
 * The 16-bit words are made signed by flipping their top bits, that is by taking 32,768 from each; one
 * instruction then adds neighbours into 32-bit lanes. What was taken is given back at the end, from the number of
 * vectors. Three operations for 32 bytes, each byte loaded once.
 *
 * Bytes after the last whole vector are taken by a load that ends where they end, with what was added already
 * masked away; it ends at an even distance from the start, or the bytes of every word would trade places, and
 * an odd last byte is added by itself. */
#include <immintrin.h>

#include "core/checksum_fast.h"

#define WORDS 16u /* of one vector */

static inline __m256i load(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static inline __m256i move(uint8_t *to, const uint8_t *from)
{
    const __m256i v = load(from);
    _mm256_storeu_si256((__m256i *)(void *)to, v);
    return v;
}

/* Lanes stay within 2^31: each vector brings at most 2^16, and there are at most SV_SUM_WIDE_MAX / 32. */
static inline __m256i add(__m256i sum, __m256i v)
{
    const __m256i as_signed = _mm256_xor_si256(v, _mm256_set1_epi16(INT16_MIN));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(as_signed, _mm256_set1_epi16(1)));
}

static inline uint16_t finish(__m256i s, __m256i t, size_t vectors, uint32_t odd)
{
    const __m256i sum = _mm256_add_epi32(s, t);
    const __m256i wide = _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(sum)),
                                          _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sum, 1)));
    const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
    const int64_t biased = _mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1);
    const uint64_t total = (uint64_t)(biased + (int64_t)(vectors * WORDS * 32768u)) + odd;
    return sv_sum_fold((uint32_t)(total & 0xffffu) + (uint32_t)(total >> 16));
}

/* 32 zero bytes, then 32 set ones: read from byte n, it keeps the last n bytes of a vector. */
static const uint8_t keep_last[64] = {
    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
};

/* The last bytes after the whole vectors, without the odd one. */
static inline __m256i keep(__m256i last, size_t n)
{
    return _mm256_and_si256(last, load(keep_last + (n % 32 & ~(size_t)1)));
}

static inline uint32_t odd_byte(const uint8_t *p, size_t n)
{
    return n % 2 != 0 ? p[n - 1] : 0;
}

uint16_t sv_sum_avx2(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    const uint32_t odd = odd_byte(p, n);
    __m256i s = add(_mm256_setzero_si256(), keep(load(p + (n & ~(size_t)1) - 32), n));
    __m256i t = _mm256_setzero_si256();
    size_t left = n / 32;
    for (; left >= 4; left -= 4, p += 128) {
        s = add(s, load(p));
        t = add(t, load(p + 32));
        s = add(s, load(p + 64));
        t = add(t, load(p + 96));
    }
    for (; left != 0; left--, p += 32)
        s = add(s, load(p));
    return finish(s, t, n / 32 + 1, odd);
}

uint16_t sv_sum_copy_avx2(void *to, const void *from, size_t n)
{
    const uint8_t *p = from;
    uint8_t *q = to;
    const uint32_t odd = odd_byte(p, n);
    const size_t last = (n & ~(size_t)1) - 32;
    __m256i s = add(_mm256_setzero_si256(), keep(move(q + last, p + last), n));
    __m256i t = _mm256_setzero_si256();
    if (n % 2 != 0)
        q[n - 1] = (uint8_t)odd;
    size_t left = n / 32;
    for (; left >= 4; left -= 4, p += 128, q += 128) {
        s = add(s, move(q, p));
        t = add(t, move(q + 32, p + 32));
        s = add(s, move(q + 64, p + 64));
        t = add(t, move(q + 96, p + 96));
    }
    for (; left != 0; left--, p += 32, q += 32)
        s = add(s, move(q, p));
    return finish(s, t, n / 32 + 1, odd);
}
