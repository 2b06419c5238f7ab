/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum by AVX-512 (F and BW); built with -mavx512f -mavx512bw. As checksum_avx2.c, with 64
 * bytes at a time and the last ones by a masked load, whose other bytes are zero. */
#include <immintrin.h>

#include "core/checksum_fast.h"

#define WORDS 32u /* of one vector */

static inline __m512i load(const uint8_t *p)
{
    return _mm512_loadu_si512(p);
}

static inline __m512i move(uint8_t *to, const uint8_t *from)
{
    const __m512i v = load(from);
    _mm512_storeu_si512(to, v);
    return v;
}

/* Lanes stay within 2^31: each vector brings at most 2^16, and there are at most SV_SUM_WIDE_MAX / 64. */
static inline __m512i add(__m512i sum, __m512i v)
{
    const __m512i as_signed = _mm512_xor_si512(v, _mm512_set1_epi16(INT16_MIN));
    return _mm512_add_epi32(sum, _mm512_madd_epi16(as_signed, _mm512_set1_epi16(1)));
}

static inline uint16_t finish(__m512i s, __m512i t, size_t vectors)
{
    const __m512i sum = _mm512_add_epi32(s, t);
    const __m512i wide = _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(sum)),
                                          _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sum, 1)));
    const int64_t biased = _mm512_reduce_add_epi64(wide);
    const uint64_t total = (uint64_t)(biased + (int64_t)(vectors * WORDS * 32768u));
    return sv_sum_fold((uint32_t)(total & 0xffffu) + (uint32_t)(total >> 16));
}

static inline __mmask64 last_bytes(size_t n)
{
    return ((__mmask64)1 << n % 64) - 1;
}

uint16_t sv_sum_avx512(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    __m512i s = _mm512_setzero_si512(), t = s;
    size_t left = n / 64;
    for (; left >= 4; left -= 4, p += 256) {
        s = add(s, load(p));
        t = add(t, load(p + 64));
        s = add(s, load(p + 128));
        t = add(t, load(p + 192));
    }
    for (; left != 0; left--, p += 64)
        s = add(s, load(p));
    t = add(t, _mm512_maskz_loadu_epi8(last_bytes(n), p));
    return finish(s, t, n / 64 + 1);
}

uint16_t sv_sum_copy_avx512(void *to, const void *from, size_t n)
{
    const uint8_t *p = from;
    uint8_t *q = to;
    __m512i s = _mm512_setzero_si512(), t = s;
    size_t left = n / 64;
    for (; left >= 4; left -= 4, p += 256, q += 256) {
        s = add(s, move(q, p));
        t = add(t, move(q + 64, p + 64));
        s = add(s, move(q + 128, p + 128));
        t = add(t, move(q + 192, p + 192));
    }
    for (; left != 0; left--, p += 64, q += 64)
        s = add(s, move(q, p));
    const __m512i last = _mm512_maskz_loadu_epi8(last_bytes(n), p);
    _mm512_mask_storeu_epi8(q, last_bytes(n), last);
    t = add(t, last);
    return finish(s, t, n / 64 + 1);
}
