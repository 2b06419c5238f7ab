/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled with -mavx2, and run only where sv_cpu says so. Products of 16-bit numbers are added in pairs by one
 * instruction (vpmaddwd), so filters keep two taps in each 32-bit lane. Integer sums do not mind their order: results
 * are those of kernels.c. */
#include <immintrin.h>

#include "core/mem.h"
#include "l1_physical/kernels.h"
#include "l1_physical/noise_tables.h"

/* A loop of so few rounds that its vectors stay in registers once it is none. */
#if defined(__clang__)
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 8")
#endif

static inline __m256i load(const int16_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static inline void store(int16_t *p, __m256i v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, v);
}

/* Two taps in every 32-bit lane. */
static inline __m256i pair(const int16_t *c)
{
    int32_t both;
    sv_memcpy(&both, c, 4);
    return _mm256_set1_epi32(both);
}

struct sums16 {
    __m256i low, high; /* of outputs 0..3 and 8..11, of 4..7 and 12..15: as unpacking leaves them */
};

/* Sixteen outputs of eight taps. */
static inline struct sums16 filter16(const int16_t *x, const __m256i tap[SV_TAPS / 2], __m256i bias)
{
    struct sums16 s = {bias, bias};
    UNROLLED
    for (uint32_t j = 0; j < SV_TAPS / 2; j++) {
        const __m256i a = load(x + 2 * j), b = load(x + 2 * j + 1);
        s.low = _mm256_add_epi32(s.low, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), tap[j]));
        s.high = _mm256_add_epi32(s.high, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), tap[j]));
    }
    return s;
}

static inline void taps_of(__m256i tap[SV_TAPS / 2], const int16_t *c)
{
    UNROLLED
    for (uint32_t j = 0; j < SV_TAPS / 2; j++)
        tap[j] = pair(c + 2 * j);
}

/* Sixteen outputs of eight taps whose sums stay within 16 bits, rounded to their half. */
static inline __m256i shape16(const int16_t *x, const __m256i tap[SV_TAPS])
{
    __m256i a = _mm256_mullo_epi16(load(x), tap[0]), b = _mm256_mullo_epi16(load(x + 1), tap[1]);
    a = _mm256_add_epi16(a, _mm256_mullo_epi16(load(x + 2), tap[2]));
    b = _mm256_add_epi16(b, _mm256_mullo_epi16(load(x + 3), tap[3]));
    a = _mm256_add_epi16(a, _mm256_mullo_epi16(load(x + 4), tap[4]));
    b = _mm256_add_epi16(b, _mm256_mullo_epi16(load(x + 5), tap[5]));
    a = _mm256_add_epi16(a, _mm256_mullo_epi16(load(x + 6), tap[6]));
    b = _mm256_add_epi16(b, _mm256_mullo_epi16(load(x + 7), tap[7]));
    a = _mm256_sub_epi16(_mm256_add_epi16(a, b), _mm256_set1_epi16(-1));
    return _mm256_srai_epi16(a, 1);
}

static inline void each_tap(__m256i tap[SV_TAPS], const int16_t *c)
{
    UNROLLED
    for (uint32_t j = 0; j < SV_TAPS; j++)
        tap[j] = _mm256_set1_epi16(c[j]);
}

void sv_shape_block_avx2(const int16_t *x, uint32_t skip, const int16_t *a, const int16_t *b, int16_t *out)
{
    __m256i tap[SV_TAPS], even[2];
    each_tap(tap, a);
    even[0] = shape16(x, tap);
    even[1] = shape16(x + 16, tap);
    each_tap(tap, b);
    UNROLLED
    for (uint32_t i = 0; i < 2; i++, out += 32) {
        const __m256i odd = shape16(x + 16 * i + skip, tap);
        const __m256i low = _mm256_unpacklo_epi16(even[i], odd), high = _mm256_unpackhi_epi16(even[i], odd);
        store(out, _mm256_permute2x128_si256(low, high, 0x20));
        store(out + 16, _mm256_permute2x128_si256(low, high, 0x31));
    }
}

/* The sum of a cell does not wait for the wander, only what is taken off its samples does. */
void sv_couple_block_avx2(int16_t *sample, uint32_t n, int64_t *wander_q16, uint32_t pole_q32)
{
    const __m256i one = _mm256_set1_epi16(1);
    int64_t w_q16 = *wander_q16;
    for (uint32_t i = 0; i < n; i += SV_CELL, sample += SV_CELL) {
        const __m256i x = load(sample), pairs = _mm256_madd_epi16(x, one);
        const int16_t wander = sv_wander(w_q16);
        __m128i s = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
        s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
        s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
        store(sample, _mm256_subs_epi16(x, _mm256_set1_epi16(wander)));
        w_q16 += sv_wander_move(_mm_cvtsi128_si32(s) - (int32_t)SV_CELL * wander, pole_q32);
    }
    *wander_q16 = w_q16;
}

void sv_take_block_avx2(const int16_t *s, const int16_t *c, int32_t bias, uint32_t shift, int16_t *on, int16_t *between)
{
    const __m256i first = pair(c), second = pair(c + 2), add = _mm256_set1_epi32(bias);
    const __m128i by = _mm_cvtsi32_si128((int32_t)shift);
    UNROLLED
    for (uint32_t i = 0; i < SV_BLOCK; i += 16, s += 32) {
        __m256i v[4];
        UNROLLED
        for (uint32_t k = 0; k < 4; k++) {
            const int16_t *from = s + 16 * (k & 1) + (k >> 1);
            v[k] = _mm256_add_epi32(_mm256_madd_epi16(load(from), first), _mm256_madd_epi16(load(from + 2), second));
            v[k] = _mm256_sra_epi32(_mm256_add_epi32(v[k], add), by);
        }
        store(on + i, _mm256_permute4x64_epi64(_mm256_packs_epi32(v[0], v[1]), 0xd8));
        store(between + i, _mm256_permute4x64_epi64(_mm256_packs_epi32(v[2], v[3]), 0xd8));
    }
}

void sv_equalise_block_avx2(const int16_t *x, const int16_t *c, int32_t bias, int16_t *y)
{
    __m256i tap[SV_TAPS / 2];
    taps_of(tap, c);
    UNROLLED
    for (uint32_t i = 0; i < SV_BLOCK; i += 16) {
        const struct sums16 s = filter16(x + i, tap, _mm256_set1_epi32(bias));
        store(y + i, _mm256_packs_epi32(_mm256_srai_epi32(s.low, 12), _mm256_srai_epi32(s.high, 12)));
    }
}

/* Eight totals at once. */
static inline __m256i totals(const __m256i v[SV_TAPS])
{
    const __m256i a = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
    const __m256i b = _mm256_hadd_epi32(_mm256_hadd_epi32(v[4], v[5]), _mm256_hadd_epi32(v[6], v[7]));
    return _mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
}

/* Compares give -1: levels are their differences. */
static inline __m256i levels_of(__m256i y, uint32_t levels, int32_t unit)
{
    const __m256i negative = _mm256_srai_epi16(y, 15);
    const __m256i sign = _mm256_or_si256(negative, _mm256_set1_epi16(1));
    const int16_t bound = (int16_t)(levels == 3 ? unit / 2 : 2 * unit);
    if (levels == 2)
        return sign;
    const __m256i above = _mm256_cmpgt_epi16(y, _mm256_set1_epi16(bound));
    const __m256i below = _mm256_cmpgt_epi16(_mm256_set1_epi16((int16_t)-bound), y);
    const __m256i outer = _mm256_sub_epi16(below, above);
    if (levels == 3)
        return outer;
    return _mm256_add_epi16(sign, _mm256_add_epi16(outer, outer));
}

struct sums {
    __m256i error, error_level, level_square, error_square, late, steps;
};

/* Each level's predecessor; the last of `before` comes first. Reading them back from where they were just stored, one
 * place further on, would wait for the store. */
static inline __m256i after(__m256i before, __m256i l)
{
    return _mm256_alignr_epi8(l, _mm256_permute2x128_si256(before, l, 0x21), 14);
}

/* Sixteen decisions; returns the errors / 8. *last: the sixteen levels before, and then these. */
static inline __m256i decide16(const int16_t *y, const int16_t *between, uint32_t levels, int32_t unit, int16_t *level,
                               int8_t *narrow, struct sums *s, __m256i *last)
{
    const __m256i most = _mm256_set1_epi16(1023), least = _mm256_set1_epi16(-1023);
    const __m256i v = load(y), l = levels_of(v, levels, unit);
    const __m256i e = _mm256_subs_epi16(v, _mm256_mullo_epi16(l, _mm256_set1_epi16((int16_t)unit)));
    const __m256i small = _mm256_max_epi16(_mm256_min_epi16(_mm256_srai_epi16(e, 3), most), least);
    store(level + 1, l);
    const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(l, l), 0xd8);
    _mm_storeu_si128((__m128i *)(void *)narrow, _mm256_castsi256_si128(bytes));
    const __m256i step = _mm256_sub_epi16(l, after(*last, l));
    *last = l;
    s->late = _mm256_add_epi32(s->late, _mm256_madd_epi16(load(between), step));
    s->steps = _mm256_add_epi32(s->steps, _mm256_madd_epi16(step, step));
    s->error = _mm256_add_epi32(s->error, _mm256_madd_epi16(e, _mm256_set1_epi16(1)));
    s->error_level = _mm256_add_epi32(s->error_level, _mm256_madd_epi16(e, l));
    s->level_square = _mm256_add_epi32(s->level_square, _mm256_madd_epi16(l, l));
    s->error_square = _mm256_add_epi32(s->error_square, _mm256_madd_epi16(small, small));
    return small;
}

void sv_decide_block_avx2(const int16_t *y, const int16_t *x, const int16_t *between, uint32_t levels, int32_t unit,
                          bool gradient, int16_t *level, int8_t *narrow, struct sv_decision_sums *sums)
{
    const __m256i zero = _mm256_setzero_si256();
    struct sums s = {zero, zero, zero, zero, zero, zero};
    __m256i last = _mm256_set1_epi16(level[0]);
    const __m256i first = decide16(y, between, levels, unit, level, narrow, &s, &last);
    const __m256i second = decide16(y + 16, between + 16, levels, unit, level + 16, narrow + 16, &s, &last);
    if (gradient) {
        __m256i g[SV_TAPS];
        UNROLLED
        for (uint32_t j = 0; j < SV_TAPS; j++)
            g[j] = _mm256_add_epi32(_mm256_madd_epi16(first, load(x + j)), _mm256_madd_epi16(second, load(x + 16 + j)));
        _mm256_storeu_si256((__m256i *)(void *)sums->gradient, totals(g));
    }
    const __m256i rest[SV_TAPS] = {s.error, s.error_level, s.level_square, s.error_square, s.late, s.steps, zero, zero};
    int32_t sum[SV_TAPS];
    _mm256_storeu_si256((__m256i *)(void *)sum, totals(rest));
    sums->error = sum[0];
    sums->error_level = sum[1];
    sums->level_square = sum[2];
    sums->error_square = (uint32_t)sum[3];
    sums->late = sum[4];
    sums->step_square = sum[5];
}

void sv_widen_block_avx2(const int8_t *in, int16_t *out)
{
    UNROLLED
    for (uint32_t i = 0; i < SV_BLOCK; i += 16)
        store(out + i, _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(in + i))));
}

void sv_level_masks_avx2(const int8_t *level, uint64_t *moved, uint64_t *below)
{
    const __m256i zero = _mm256_setzero_si256();
    uint64_t rest = 0, less = 0;
    for (uint32_t i = 0; i < 64; i += 32) {
        const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(level + i));
        rest |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, zero)) << i;
        less |= (uint64_t)(uint32_t)_mm256_movemask_epi8(v) << i;
    }
    *moved = ~rest;
    *below = less;
}

void sv_blend_taps_avx2(const int16_t *row, int32_t part, int16_t *to)
{
    const __m256i low = _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(const void *)row));
    const __m256i high = _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(const void *)(row + SV_TAPS)));
    const __m256i more = _mm256_mullo_epi32(_mm256_sub_epi32(high, low), _mm256_set1_epi32(part));
    const __m256i v = _mm256_add_epi32(low, _mm256_srai_epi32(more, 10));
    const __m128i packed = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm_storeu_si128((__m128i *)(void *)to, packed);
}

/* --- noise ------------------------------------------------------------------------------------------------------ */

#define AT_ONCE 64u /* samples through each of two loops: what one stores the other finds in memory */

/* 16 bits a sample, in the order of the samples, and the cells of the table that they choose. */
static inline void draws(const struct sv_noise_key *k, uint32_t pair, uint32_t n, int16_t *draw, uint16_t *cell)
{
    const __m256i seven = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), mix = _mm256_set1_epi32((int32_t)k->mix);
    const __m256i pace = _mm256_set1_epi32((int32_t)SV_NOISE_PACE), eight = _mm256_slli_epi32(pace, 3);
    const __m256i first = _mm256_set1_epi32(0x7feb352d), second = _mm256_set1_epi32((int32_t)0x846ca68bu);
    __m256i place = _mm256_set1_epi32((int32_t)sv_noise_place(k, pair));
    place = _mm256_add_epi32(place, _mm256_mullo_epi32(seven, pace));
    for (uint32_t i = 0; i < n; i += 16) {
        __m256i x = _mm256_mullo_epi32(_mm256_xor_si256(place, _mm256_srli_epi32(place, 16)), first);
        x = _mm256_mullo_epi32(_mm256_xor_si256(x, _mm256_xor_si256(_mm256_srli_epi32(x, 15), mix)), second);
        x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
        store(draw + i, x);
        x = _mm256_and_si256(_mm256_srli_epi16(x, 3), _mm256_set1_epi16(SV_NOISE_CELLS - 1));
        _mm256_storeu_si256((__m256i *)(void *)(cell + i), x);
        place = _mm256_add_epi32(place, eight);
    }
}

/* Two neighbours of the table at once. */
static inline int32_t entry(uint32_t cell)
{
    int32_t both;
    sv_memcpy(&both, sv_noise_body + cell, 4);
    return both;
}

/* Four look-ups: a gather is slower than this on the machines it was measured on. */
static inline __m128i four(const uint16_t *cell)
{
    __m128i v = _mm_cvtsi32_si128(entry(cell[0]));
    v = _mm_insert_epi32(v, entry(cell[1]), 1);
    v = _mm_insert_epi32(v, entry(cell[2]), 2);
    return _mm_insert_epi32(v, entry(cell[3]), 3);
}

/* Of samples first .. first + 3 and first + 8 .. first + 11: as unpacking pairs their weights. */
static inline __m256i look_up(const uint16_t cell[16], uint32_t first)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(four(cell + first)), four(cell + first + 8), 1);
}

/* Sixteen magnitudes; in the outer cells it is no matter what they are. */
static inline __m256i magnitudes(__m256i draw, const uint16_t cell[16])
{
    const __m256i eighth = _mm256_and_si256(_mm256_add_epi16(draw, draw), _mm256_set1_epi16(14));
    const __m256i far = _mm256_or_si256(eighth, _mm256_set1_epi16(1)); /* sixteenths of the way to the next entry */
    const __m256i near = _mm256_sub_epi16(_mm256_set1_epi16(16), far);
    const __m256i low = _mm256_madd_epi16(look_up(cell, 0), _mm256_unpacklo_epi16(near, far));
    const __m256i high = _mm256_madd_epi16(look_up(cell, 4), _mm256_unpackhi_epi16(near, far));
    return _mm256_packs_epi32(_mm256_srli_epi32(low, 4), _mm256_srli_epi32(high, 4));
}

/* The few that come from the second level, one by one. Apart, so that the usual case keeps its registers. */
static __attribute__((noinline)) __m256i with_far(__m256i z, uint32_t mask, uint64_t seed, uint64_t first)
{
    int16_t lane[16];
    store(lane, z);
    for (; mask != 0; mask &= mask - 1) {
        const uint32_t i = (uint32_t)__builtin_ctz(mask) / 2;
        lane[i] = (int16_t)sv_noise_far(seed, first + i);
    }
    return load(lane);
}

/* Sixteen normal numbers. */
static inline __m256i normals(__m256i draw, const uint16_t cell[16], uint64_t seed, uint64_t first)
{
    __m256i z = magnitudes(draw, cell);
    const __m256i place = _mm256_and_si256(draw, _mm256_set1_epi16(INT16_MAX));
    const __m256i outer = _mm256_sub_epi16(place, _mm256_set1_epi16(8 * SV_NOISE_ESCAPE)); /* below 0 */
    const uint32_t mask = (uint32_t)_mm256_movemask_epi8(outer) & 0xaaaaaaaau;
    if (!SV_LIKELY(mask == 0))
        z = with_far(z, mask, seed, first);
    return _mm256_sign_epi16(z, _mm256_or_si256(draw, _mm256_set1_epi16(1)));
}

/* The same as the other for sigmas that fit: (2 sigma z + 2^14) >> 15. */
static inline __m256i scaled_small(__m256i z, int32_t sigma_q3)
{
    return _mm256_mulhrs_epi16(z, _mm256_set1_epi16((int16_t)(2 * sigma_q3)));
}

static inline __m256i scaled(__m128i z, int32_t sigma_q3)
{
    const __m256i v = _mm256_mullo_epi32(_mm256_cvtepi16_epi32(z), _mm256_set1_epi32(sigma_q3));
    return _mm256_srai_epi32(_mm256_add_epi32(v, _mm256_set1_epi32(8192)), 14);
}

/* For any. */
static inline __m256i sum_wide(__m256i s, __m256i z, int32_t sigma_q3)
{
    const __m256i v0 = scaled(_mm256_castsi256_si128(z), sigma_q3);
    const __m256i v1 = scaled(_mm256_extracti128_si256(z, 1), sigma_q3);
    const __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(s));
    const __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(s, 1));
    const __m256i sum = _mm256_packs_epi32(_mm256_add_epi32(low, v0), _mm256_add_epi32(high, v1));
    return _mm256_permute4x64_epi64(sum, 0xd8);
}

void sv_noise_block_avx2(const struct sv_noise_key *k, uint64_t seed, uint64_t first, int32_t sigma_q3, int16_t *sample,
                         uint32_t n)
{
    int16_t draw[AT_ONCE];
    uint16_t cell[AT_ONCE];
    while (n != 0) {
        const uint32_t some = n < AT_ONCE ? n : AT_ONCE;
        draws(k, (uint32_t)first >> 1, some, draw, cell);
        for (uint32_t i = 0; i < some; i += 16) {
            const __m256i z = normals(load(draw + i), cell + i, seed, first + i), s = load(sample + i);
            store(sample + i, sigma_q3 <= INT16_MAX / 2 ? _mm256_adds_epi16(s, scaled_small(z, sigma_q3))
                                                        : sum_wide(s, z, sigma_q3));
        }
        first += some;
        sample += some;
        n -= some;
    }
}
