/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum by AVX-512 (F and BW); built with -mavx512f -mavx512bw. As checksum_avx2.c, with 64
 * bytes at a time and the last ones by a masked load. */
#include <immintrin.h>

#include "core/checksum_fast.h"

struct sv_sum512 {
    __m512i all, upper;
};

static inline struct sv_sum512 add(struct sv_sum512 s, __m512i v)
{
    s.all = _mm512_add_epi64(s.all, v);
    s.upper = _mm512_add_epi64(s.upper, _mm512_srli_epi64(v, 32));
    return s;
}

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

/* n below 64 */
static inline __mmask64 first_bytes(size_t n)
{
    return ((__mmask64)1 << n) - 1;
}

static inline uint16_t finish(struct sv_sum512 s, struct sv_sum512 t)
{
    const uint64_t all = (uint64_t)_mm512_reduce_add_epi64(_mm512_add_epi64(s.all, t.all));
    const uint64_t upper = (uint64_t)_mm512_reduce_add_epi64(_mm512_add_epi64(s.upper, t.upper));
    const uint64_t lower = all - (upper << 32);
    uint64_t sum = (upper & 0xffffffffu) + (upper >> 32) + (lower & 0xffffffffu) + (lower >> 32);
    sum = (sum & 0xffffu) + (sum >> 16 & 0xffffu) + (sum >> 32);
    return sv_sum_fold((uint32_t)sum);
}

uint16_t sv_sum_avx512(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    struct sv_sum512 s = {_mm512_setzero_si512(), _mm512_setzero_si512()}, t = s;
    for (; n >= 256; n -= 256, p += 256) {
        s = add(s, load(p));
        t = add(t, load(p + 64));
        s = add(s, load(p + 128));
        t = add(t, load(p + 192));
    }
    for (; n >= 64; n -= 64, p += 64)
        s = add(s, load(p));
    if (n != 0)
        t = add(t, _mm512_maskz_loadu_epi8(first_bytes(n), p));
    return finish(s, t);
}

uint16_t sv_sum_copy_avx512(void *to, const void *from, size_t n)
{
    const uint8_t *p = from;
    uint8_t *q = to;
    struct sv_sum512 s = {_mm512_setzero_si512(), _mm512_setzero_si512()}, t = s;
    for (; n >= 256; n -= 256, p += 256, q += 256) {
        s = add(s, move(q, p));
        t = add(t, move(q + 64, p + 64));
        s = add(s, move(q + 128, p + 128));
        t = add(t, move(q + 192, p + 192));
    }
    for (; n >= 64; n -= 64, p += 64, q += 64)
        s = add(s, move(q, p));
    if (n != 0) {
        const __m512i last = _mm512_maskz_loadu_epi8(first_bytes(n), p);
        _mm512_mask_storeu_epi8(q, first_bytes(n), last);
        t = add(t, last);
    }
    return finish(s, t);
}
