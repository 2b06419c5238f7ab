/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum by AVX2; built with -mavx2.
 *
 * `all` adds the 64-bit lanes modulo 2^64, `upper` their upper halves. The sum of the lower halves is then
 * all - (upper << 32), exactly, as long as fewer than 2^32 words were added: two additions and one
 * shift for 32 bytes. Bytes after the last whole vector are taken by a load that ends where they end, with
 * what was added already masked away; it ends at an even distance from the start, or the bytes of every word
 * would trade places, and an odd last byte is added by itself. */
#include <immintrin.h>

#include "core/checksum_fast.h"

struct sv_sum256 {
    __m256i all, upper;
};

static inline struct sv_sum256 add(struct sv_sum256 s, __m256i v)
{
    s.all = _mm256_add_epi64(s.all, v);
    s.upper = _mm256_add_epi64(s.upper, _mm256_srli_epi64(v, 32));
    return s;
}

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

static inline uint64_t across(__m256i v)
{
    const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    return (uint64_t)_mm_cvtsi128_si64(half) + (uint64_t)_mm_extract_epi64(half, 1);
}

static inline uint16_t finish(struct sv_sum256 s, struct sv_sum256 t)
{
    const uint64_t all = across(_mm256_add_epi64(s.all, t.all));
    const uint64_t upper = across(_mm256_add_epi64(s.upper, t.upper));
    const uint64_t lower = all - (upper << 32);
    /* Each is below 2^62: both fold to 16 bits by halves. */
    uint64_t sum = (upper & 0xffffffffu) + (upper >> 32) + (lower & 0xffffffffu) + (lower >> 32);
    sum = (sum & 0xffffu) + (sum >> 16 & 0xffffu) + (sum >> 32);
    return sv_sum_fold((uint32_t)sum);
}

/* 32 zero bytes, then 32 set ones: read from byte n, it keeps the last n bytes of a vector. */
static const uint8_t keep_last[64] = {
    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
    0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
};

static inline struct sv_sum256 add_last(struct sv_sum256 s, const uint8_t *p, size_t n, __m256i last)
{
    s = add(s, _mm256_and_si256(last, load(keep_last + (n % 32 & ~(size_t)1))));
    if (n % 2 != 0)
        s.all = _mm256_add_epi64(s.all, _mm256_castsi128_si256(_mm_cvtsi32_si128(p[n - 1])));
    return s;
}

uint16_t sv_sum_avx2(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    const uint8_t *last = p + (n & ~(size_t)1) - 32;
    struct sv_sum256 s = {_mm256_setzero_si256(), _mm256_setzero_si256()}, t = s;
    s = add_last(s, p, n, load(last));
    const uint8_t *end = p + (n & ~(size_t)31);
    for (; end - p >= 128; p += 128) {
        s = add(s, load(p));
        t = add(t, load(p + 32));
        s = add(s, load(p + 64));
        t = add(t, load(p + 96));
    }
    for (; p != end; p += 32)
        s = add(s, load(p));
    return finish(s, t);
}

uint16_t sv_sum_copy_avx2(void *to, const void *from, size_t n)
{
    const uint8_t *p = from;
    uint8_t *q = to;
    const size_t even = n & ~(size_t)1;
    struct sv_sum256 s = {_mm256_setzero_si256(), _mm256_setzero_si256()}, t = s;
    s = add_last(s, p, n, move(q + even - 32, p + even - 32));
    if (n % 2 != 0)
        q[n - 1] = p[n - 1];
    const uint8_t *end = p + (n & ~(size_t)31);
    for (; end - p >= 128; p += 128, q += 128) {
        s = add(s, move(q, p));
        t = add(t, move(q + 32, p + 32));
        s = add(s, move(q + 64, p + 64));
        t = add(t, move(q + 96, p + 96));
    }
    for (; p != end; p += 32, q += 32)
        s = add(s, move(q, p));
    return finish(s, t);
}
