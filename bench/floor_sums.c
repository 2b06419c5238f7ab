/* SPDX-License-Identifier: BSD-2-Clause */
/* The floor's copies and checksums, and the choice of the fastest of them. FROZEN, as floor.c. */
#include "bench/floor_sums.h"

#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* ---- sums: one's complement sums of 16-bit words as they lie in memory, folded, not complemented ---- */

/* Fewer than 64 bytes, or the tail of more. */
static uint64_t sum_tail(const uint8_t *p, size_t n)
{
    uint64_t s = 0;
    for (; n >= 4; n -= 4, p += 4) {
        uint32_t v;
        memcpy(&v, p, 4);
        s += v;
    }
    if (n >= 2) {
        uint16_t v;
        memcpy(&v, p, 2);
        s += v;
        p += 2;
        n -= 2;
    }
    if (n) {
        uint16_t v = 0;
        memcpy(&v, p, 1);
        s += v;
    }
    return s;
}

static uint32_t sum_portable(const uint8_t *p, size_t n)
{
    uint64_t a = 0, b = 0;
    for (; n >= 16; n -= 16, p += 16) {
        uint64_t v, w;
        memcpy(&v, p, 8);
        memcpy(&w, p + 8, 8);
        a += (v & 0xffffffffu) + (w & 0xffffffffu);
        b += (v >> 32) + (w >> 32);
    }
    return floor_fold(a + b + sum_tail(p, n));
}

static uint32_t sum_copy_portable(uint8_t *to, const uint8_t *p, size_t n)
{
    memcpy(to, p, n);
    return sum_portable(to, n);
}

static void copy_libc(uint8_t *to, const uint8_t *from, size_t n)
{
    memcpy(to, from, n);
}

#if defined(__x86_64__)
/* A word with its top bit flipped is the word less 32768 as a signed number, so one multiply-add with ones
 * sums pairs; 32768 times the count of words is put back here. Plain code, called after an explicit
 * zeroupper: gcc 12 forgets its own when a vector lives across a call, and each mixing of dirty upper halves
 * with SSE costs 115 ns on some machines, twice the whole path. */
__attribute__((noinline)) static uint32_t lanes_sum(const int32_t *lane, int lanes, uint64_t words, const uint8_t *tail,
                                                    size_t n)
{
    int64_t s = 0;
    for (int i = 0; i < lanes; i++)
        s += lane[i];
    return floor_fold((uint64_t)(s + (int64_t)(words * 32768u)) + sum_tail(tail, n));
}

__attribute__((target("avx2"))) static uint32_t sum_avx2(const uint8_t *p, size_t n)
{
    const __m256i top = _mm256_set1_epi16(INT16_MIN), one = _mm256_set1_epi16(1);
    __m256i a = _mm256_setzero_si256(), b = a;
    const uint64_t words = n / 32 * 16;
    for (; n >= 64; n -= 64, p += 64) {
        const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
        const __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
        a = _mm256_add_epi32(a, _mm256_madd_epi16(_mm256_xor_si256(v, top), one));
        b = _mm256_add_epi32(b, _mm256_madd_epi16(_mm256_xor_si256(w, top), one));
    }
    if (n >= 32) {
        const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
        a = _mm256_add_epi32(a, _mm256_madd_epi16(_mm256_xor_si256(v, top), one));
        n -= 32;
        p += 32;
    }
    int32_t lane[8];
    _mm256_storeu_si256((__m256i *)(void *)lane, _mm256_add_epi32(a, b));
    _mm256_zeroupper();
    return lanes_sum(lane, 8, words, p, n);
}

__attribute__((target("avx2"))) static uint32_t sum_copy_avx2(uint8_t *to, const uint8_t *p, size_t n)
{
    const __m256i top = _mm256_set1_epi16(INT16_MIN), one = _mm256_set1_epi16(1);
    __m256i a = _mm256_setzero_si256(), b = a;
    const uint64_t words = n / 32 * 16;
    for (; n >= 64; n -= 64, p += 64, to += 64) {
        const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
        const __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
        _mm256_storeu_si256((__m256i *)(void *)to, v);
        _mm256_storeu_si256((__m256i *)(void *)(to + 32), w);
        a = _mm256_add_epi32(a, _mm256_madd_epi16(_mm256_xor_si256(v, top), one));
        b = _mm256_add_epi32(b, _mm256_madd_epi16(_mm256_xor_si256(w, top), one));
    }
    if (n >= 32) {
        const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
        _mm256_storeu_si256((__m256i *)(void *)to, v);
        a = _mm256_add_epi32(a, _mm256_madd_epi16(_mm256_xor_si256(v, top), one));
        n -= 32;
        p += 32;
        to += 32;
    }
    int32_t lane[8];
    _mm256_storeu_si256((__m256i *)(void *)lane, _mm256_add_epi32(a, b));
    _mm256_zeroupper();
    memcpy(to, p, n);
    return lanes_sum(lane, 8, words, p, n);
}

__attribute__((target("avx2"))) static void copy_avx2(uint8_t *to, const uint8_t *p, size_t n)
{
    for (; n >= 64; n -= 64, p += 64, to += 64) {
        const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
        const __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
        _mm256_storeu_si256((__m256i *)(void *)to, v);
        _mm256_storeu_si256((__m256i *)(void *)(to + 32), w);
    }
    _mm256_zeroupper();
    memcpy(to, p, n);
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

AVX512 static __mmask64 mask_of(size_t n)
{
    return n >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << n) - 1;
}

/* The last, partial vector reads as zeros beyond n: words that add nothing, but count among the flipped. */
AVX512 static uint32_t sum_avx512(const uint8_t *p, size_t n)
{
    const __m512i top = _mm512_set1_epi16(INT16_MIN), one = _mm512_set1_epi16(1);
    __m512i a = _mm512_setzero_si512(), b = a;
    uint64_t words = 0;
    for (; n >= 128; n -= 128, p += 128, words += 64) {
        const __m512i v = _mm512_loadu_si512((const void *)p), w = _mm512_loadu_si512((const void *)(p + 64));
        a = _mm512_add_epi32(a, _mm512_madd_epi16(_mm512_xor_si512(v, top), one));
        b = _mm512_add_epi32(b, _mm512_madd_epi16(_mm512_xor_si512(w, top), one));
    }
    while (n) {
        const size_t k = n < 64 ? n : 64;
        const __m512i v = _mm512_maskz_loadu_epi8(mask_of(k), (const void *)p);
        a = _mm512_add_epi32(a, _mm512_madd_epi16(_mm512_xor_si512(v, top), one));
        words += 32;
        p += k;
        n -= k;
    }
    int32_t lane[16];
    _mm512_storeu_si512((void *)lane, _mm512_add_epi32(a, b));
    _mm256_zeroupper();
    return lanes_sum(lane, 16, words, p, 0);
}

AVX512 static uint32_t sum_copy_avx512(uint8_t *to, const uint8_t *p, size_t n)
{
    const __m512i top = _mm512_set1_epi16(INT16_MIN), one = _mm512_set1_epi16(1);
    __m512i a = _mm512_setzero_si512(), b = a;
    uint64_t words = 0;
    for (; n >= 128; n -= 128, p += 128, to += 128, words += 64) {
        const __m512i v = _mm512_loadu_si512((const void *)p), w = _mm512_loadu_si512((const void *)(p + 64));
        _mm512_storeu_si512((void *)to, v);
        _mm512_storeu_si512((void *)(to + 64), w);
        a = _mm512_add_epi32(a, _mm512_madd_epi16(_mm512_xor_si512(v, top), one));
        b = _mm512_add_epi32(b, _mm512_madd_epi16(_mm512_xor_si512(w, top), one));
    }
    while (n) {
        const size_t k = n < 64 ? n : 64;
        const __m512i v = _mm512_maskz_loadu_epi8(mask_of(k), (const void *)p);
        _mm512_mask_storeu_epi8((void *)to, mask_of(k), v);
        a = _mm512_add_epi32(a, _mm512_madd_epi16(_mm512_xor_si512(v, top), one));
        words += 32;
        p += k;
        to += k;
        n -= k;
    }
    int32_t lane[16];
    _mm512_storeu_si512((void *)lane, _mm512_add_epi32(a, b));
    _mm256_zeroupper();
    return lanes_sum(lane, 16, words, p, 0);
}

AVX512 static void copy_avx512(uint8_t *to, const uint8_t *p, size_t n)
{
    while (n) {
        const size_t k = n < 64 ? n : 64;
        _mm512_mask_storeu_epi8((void *)to, mask_of(k), _mm512_maskz_loadu_epi8(mask_of(k), (const void *)p));
        p += k;
        to += k;
        n -= k;
    }
    _mm256_zeroupper();
}
#endif

/* ---- which routines are the fastest here ---- */

static const struct routine {
    const char *name, *copy_name;
    floor_copy_fn *copy;
    floor_sum_fn *sum;
    floor_sum_copy_fn *sum_copy;
} routines[] = {
    {"portable", "libc", copy_libc, sum_portable, sum_copy_portable},
#if defined(__x86_64__)
    {"avx2", "avx2", copy_avx2, sum_avx2, sum_copy_avx2},
    {"avx512", "avx512", copy_avx512, sum_avx512, sum_copy_avx512},
#endif
};
#define SLAB 2048u
#define PAYLOAD_AT 128u
#define ROUTINES (sizeof routines / sizeof routines[0])

struct floor_best floor_best;
static struct floor_machine machine;

uint64_t floor_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int usable(size_t i)
{
#if defined(__x86_64__)
    if (i == 1)
        return __builtin_cpu_supports("avx2");
    if (i == 2)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl");
#endif
    return i == 0;
}

/* Equal to the portable routine at every length and some alignments, or not used. */
static int agrees(const struct routine *r, const uint8_t *from, uint8_t *to)
{
    for (size_t n = 0; n <= 1600; n++) {
        const uint8_t *p = from + n % 67;
        const uint32_t want = sum_portable(p, n) % 65535u;
        memset(to, 0xa5, n + 1);
        if (r->sum(p, n) % 65535u != want || r->sum_copy(to, p, n) % 65535u != want)
            return 0;
        if (memcmp(to, p, n) != 0 || to[n] != 0xa5)
            return 0;
        memset(to, 0xa5, n + 1);
        r->copy(to, p, n);
        if (memcmp(to, p, n) != 0 || to[n] != 0xa5)
            return 0;
    }
    return 1;
}

enum { PROBE = 10000 };

/* Segment after segment of a source of 64 KiB into slabs: the offsets of the path, not those of one lucky
 * pair of addresses (libc's copy loses two thirds at some). */
static double probe(const struct routine *r, int what, const uint8_t *source, uint8_t *slabs)
{
    double best = 0;
    for (int round = 0; round < 5; round++) {
        uint32_t keep = 0;
        const uint64_t t0 = floor_cpu_ns();
        for (uint32_t i = 0; i < PROBE; i++) {
            const uint8_t *from = source + i % 45 * FLOOR_SEGMENT;
            uint8_t *to = slabs + i % 16 * SLAB + PAYLOAD_AT;
            if (what == 0)
                r->copy(to, from, FLOOR_SEGMENT);
            else
                keep += what == 1 ? r->sum(from, FLOOR_SEGMENT) : r->sum_copy(to, from, FLOOR_SEGMENT);
            __asm__ volatile("" : : "r"(to), "r"(keep) : "memory");
        }
        const uint64_t took = floor_cpu_ns() - t0;
        const double gbs = (double)FLOOR_SEGMENT * PROBE / (double)(took ? took : 1);
        best = gbs > best ? gbs : best;
    }
    return best;
}

static void consider(const struct routine *r, const uint8_t *from, uint8_t *to)
{
    const double copy = probe(r, 0, from, to), sum = probe(r, 1, from, to), both = probe(r, 2, from, to);
    if (copy > machine.copy_gbs) {
        machine.copy_gbs = copy;
        machine.copy = r->copy_name;
        floor_best.copy = r->copy;
    }
    if (sum > machine.sum_gbs) {
        machine.sum_gbs = sum;
        machine.sum = r->name;
        floor_best.sum = r->sum;
    }
    if (both > machine.sum_copy_gbs) {
        machine.sum_copy_gbs = both;
        machine.sum_copy = r->name;
        floor_best.sum_copy = r->sum_copy;
    }
}

const struct floor_machine *floor_machine(void)
{
    static _Alignas(4096) uint8_t from[65536], to[16 * SLAB];
    if (floor_best.copy)
        return &machine;
    uint32_t x = 12345;
    for (uint32_t i = 0; i < sizeof from; i++) {
        x = x * 1664525u + 1013904223u;
        from[i] = i < 64 ? 0xff : (uint8_t)(x >> 24);
    }
    for (size_t i = 0; i < ROUTINES; i++)
        if (usable(i) && agrees(&routines[i], from, to))
            consider(&routines[i], from, to);
    return &machine;
}
