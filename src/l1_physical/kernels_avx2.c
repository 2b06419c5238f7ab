/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled with -mavx2, and run only where sv_cpu says so. Products of 16-bit numbers are added in pairs by one
 * instruction (vpmaddwd), so filters keep two taps in each 32-bit lane. Integer sums do not mind their order: results
 * are those of kernels.c. */
#include <immintrin.h>

#include "core/mem.h"
#include "l1_physical/kernels.h"
#include "l1_physical/noise_tables.h"

/* A loop of so few rounds that its vectors stay in registers once it is none. clang reads this too. */
#define UNROLLED _Pragma("GCC unroll 8")

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

/* The taps of a phase, each in a whole register. */
static inline void blend(const int16_t (*pulse)[SV_TAPS], uint32_t part, __m256i tap[SV_TAPS])
{
    const int16_t *row = pulse[part >> 27];
    const __m256i low = _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(const void *)row));
    const __m256i high = _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(const void *)(row + SV_TAPS)));
    const __m256i more = _mm256_set1_epi32((int32_t)(part >> 17 & 1023u));
    const __m256i step = _mm256_mullo_epi32(_mm256_sub_epi32(high, low), more);
    const __m256i v = _mm256_add_epi32(low, _mm256_srai_epi32(step, 10));
    const __m256i all = _mm256_permute4x64_epi64(_mm256_packs_epi32(v, v), 0x88); /* eight in either half */
    UNROLLED
    for (uint32_t j = 0; j < SV_TAPS; j++)
        tap[j] = _mm256_shuffle_epi8(all, _mm256_set1_epi16((int16_t)(0x0100 + 0x0202 * j)));
}

/* Thirty-two numbers in their order. */
struct block {
    __m256i first, second;
};

static inline struct block interleaved(__m256i even, __m256i odd)
{
    const __m256i low = _mm256_unpacklo_epi16(even, odd), high = _mm256_unpackhi_epi16(even, odd);
    return (struct block){_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31)};
}

/* A cell whose samples sum up to `sum`. */
static inline __m256i couple16(__m256i x, int32_t sum, int64_t *wander_q16, uint32_t pole_q32)
{
    const int16_t wander = sv_wander(*wander_q16);
    *wander_q16 += sv_wander_move(sum - (int32_t)SV_CELL * wander, pole_q32);
    return _mm256_subs_epi16(x, _mm256_set1_epi16(wander));
}

/* Four cells. Their sums do not wait for the wander, only what is taken off their samples does. */
static inline void couple64(int16_t *to, struct block a, struct block b, int64_t *wander_q16, uint32_t pole_q32)
{
    const __m256i one = _mm256_set1_epi16(1);
    const __m256i first = _mm256_hadd_epi32(_mm256_madd_epi16(a.first, one), _mm256_madd_epi16(a.second, one));
    const __m256i second = _mm256_hadd_epi32(_mm256_madd_epi16(b.first, one), _mm256_madd_epi16(b.second, one));
    const __m256i halves = _mm256_hadd_epi32(first, second);
    const __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    store(to, couple16(a.first, _mm_cvtsi128_si32(sums), wander_q16, pole_q32));
    store(to + 16, couple16(a.second, _mm_extract_epi32(sums, 1), wander_q16, pole_q32));
    store(to + 32, couple16(b.first, _mm_extract_epi32(sums, 2), wander_q16, pole_q32));
    store(to + 48, couple16(b.second, _mm_extract_epi32(sums, 3), wander_q16, pole_q32));
}

/* The wander of a block waits for that of the block before; shaping the next one fills that time. */
void sv_shape_blocks_avx2(struct sv_shape *s, int16_t *out, uint32_t blocks)
{
    const int16_t(*pulse)[SV_TAPS] = s->pulse;
    const int16_t *x = s->x;
    uint32_t part = s->part;
    int64_t wander_q16 = s->wander_q16;
    for (; blocks != 0; blocks--, out += 2 * SV_BLOCK) {
        __m256i tap[SV_TAPS];
        const uint32_t half = part + 0x80000000u;
        const int16_t *later = x + (half < part);
        blend(pulse, part, tap);
        const __m256i even0 = shape16(x, tap), even1 = shape16(x + 16, tap);
        blend(pulse, half, tap);
        const struct block a = interleaved(even0, shape16(later, tap)),
                           b = interleaved(even1, shape16(later + 16, tap));
        couple64(out, a, b, &wander_q16, s->pole_q32);
        const uint64_t next = part + s->pace;
        part = (uint32_t)next;
        x += next >> 32;
    }
    s->x = x;
    s->part = part;
    s->wander_q16 = wander_q16;
}

void sv_couple_block_avx2(int16_t *sample, uint32_t n, int64_t *wander_q16, uint32_t pole_q32)
{
    for (; n != 0; n -= SV_CELL, sample += SV_CELL) {
        const __m256i x = load(sample), pairs = _mm256_madd_epi16(x, _mm256_set1_epi16(1));
        __m128i s = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
        s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
        s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
        store(sample, couple16(x, _mm_cvtsi128_si32(s), wander_q16, pole_q32));
    }
}

/* Eight totals at once. */
static inline __m256i totals(const __m256i v[SV_TAPS])
{
    const __m256i a = _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
    const __m256i b = _mm256_hadd_epi32(_mm256_hadd_epi32(v[4], v[5]), _mm256_hadd_epi32(v[6], v[7]));
    return _mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
}

/* Sixteen at the instants (of == 0) or between them (1); `by` a count to shift by. */
static inline __m256i take16(const int16_t *s, uint32_t of, const __m256i weight[2], __m256i bias, __m128i by)
{
    __m256i low = _mm256_madd_epi16(load(s + of), weight[0]), high = _mm256_madd_epi16(load(s + of + 16), weight[0]);
    low = _mm256_add_epi32(low, _mm256_madd_epi16(load(s + of + 2), weight[1]));
    high = _mm256_add_epi32(high, _mm256_madd_epi16(load(s + of + 18), weight[1]));
    low = _mm256_sra_epi32(_mm256_add_epi32(low, bias), by);
    high = _mm256_sra_epi32(_mm256_add_epi32(high, bias), by);
    return _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
}

/* Two weights were stored one by one: they are put together in a register, as reading both at once would wait. */
static inline __m256i weights(const int16_t *c)
{
    return _mm256_set1_epi32((int32_t)((uint32_t)(uint16_t)c[0] | (uint32_t)(uint16_t)c[1] << 16));
}

static inline void take(const struct sv_take *t, struct block *on, struct block *between)
{
    const __m256i weight[2] = {weights(t->weight), weights(t->weight + 2)}, bias = _mm256_set1_epi32(t->bias);
    const __m128i by = _mm_cvtsi32_si128((int32_t)t->shift);
    on->first = take16(t->sample, 0, weight, bias, by);
    between->first = take16(t->sample, 1, weight, bias, by);
    on->second = take16(t->sample + 32, 0, weight, bias, by);
    between->second = take16(t->sample + 32, 1, weight, bias, by);
}

/* Sixteen numbers that begin k after those of `lower`, of whom `upper` begins eight after. Reading them back from
 * where they were just stored, at another place, would wait for the store. */
#define AFTER(lower, upper, k) _mm256_alignr_epi8(upper, lower, 2 * (k))

/* Eight taps over what begins one after `lower`. */
static inline __m256i filter16(__m256i lower, __m256i upper, const __m256i tap[SV_TAPS / 2], __m256i bias)
{
    const __m256i x0 = AFTER(lower, upper, 1), x1 = AFTER(lower, upper, 2), x2 = AFTER(lower, upper, 3);
    const __m256i x3 = AFTER(lower, upper, 4), x4 = AFTER(lower, upper, 5), x5 = AFTER(lower, upper, 6);
    const __m256i x6 = AFTER(lower, upper, 7);
    __m256i low = _mm256_add_epi32(bias, _mm256_madd_epi16(_mm256_unpacklo_epi16(x0, x1), tap[0]));
    __m256i high = _mm256_add_epi32(bias, _mm256_madd_epi16(_mm256_unpackhi_epi16(x0, x1), tap[0]));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(x2, x3), tap[1]));
    high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(x2, x3), tap[1]));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(x4, x5), tap[2]));
    high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(x4, x5), tap[2]));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(x6, upper), tap[3]));
    high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(x6, upper), tap[3]));
    return _mm256_packs_epi32(_mm256_srai_epi32(low, 12), _mm256_srai_epi32(high, 12));
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

/* Sixteen decisions, whose predecessors begin with the last of `before`; returns the errors / 8. */
static inline __m256i decide16(__m256i y, __m256i l, __m256i before, __m256i between, int32_t unit, struct sums *s)
{
    const __m256i most = _mm256_set1_epi16(1023), least = _mm256_set1_epi16(-1023);
    const __m256i e = _mm256_sub_epi16(y, _mm256_mullo_epi16(l, _mm256_set1_epi16((int16_t)unit)));
    const __m256i small = _mm256_max_epi16(_mm256_min_epi16(_mm256_srai_epi16(e, 3), most), least);
    const __m256i step = _mm256_sub_epi16(l, AFTER(_mm256_permute2x128_si256(before, l, 0x21), l, 7));
    s->late = _mm256_add_epi32(s->late, _mm256_madd_epi16(between, step));
    s->steps = _mm256_add_epi32(s->steps, _mm256_madd_epi16(step, step));
    s->error = _mm256_add_epi32(s->error, _mm256_madd_epi16(e, _mm256_set1_epi16(1)));
    s->error_level = _mm256_add_epi32(s->error_level, _mm256_madd_epi16(e, l));
    s->level_square = _mm256_add_epi32(s->level_square, _mm256_madd_epi16(l, l));
    s->error_square = _mm256_add_epi32(s->error_square, _mm256_madd_epi16(small, small));
    return small;
}

static inline void tell(const struct sums *s, struct sv_decision_sums *to)
{
    const __m256i zero = _mm256_setzero_si256();
    const __m256i all[SV_TAPS] = {s->error, s->error_level, s->level_square, s->error_square, s->late, s->steps, zero,
                                  zero};
    _mm256_storeu_si256((__m256i *)(void *)&to->error, totals(all));
}

/* The products of the errors with what each tap saw. */
static inline void descend(const int16_t *x, __m256i first, __m256i second, int32_t *gradient)
{
    __m256i g[SV_TAPS];
    UNROLLED
    for (uint32_t k = 0; k < SV_TAPS; k++)
        g[k] = _mm256_add_epi32(_mm256_madd_epi16(first, load(x + k)), _mm256_madd_epi16(second, load(x + 16 + k)));
    _mm256_storeu_si256((__m256i *)(void *)gradient, totals(g));
}

/* Of x and between, the eight older and the block's own are in registers. */
static inline __attribute__((always_inline)) void judge(const struct sv_judge *j, const int16_t *memory, __m256i older,
                                                        struct block x, __m256i older_between, struct block between,
                                                        int16_t *y, int8_t *level, struct sv_decision_sums *sums)
{
    const __m256i zero = _mm256_setzero_si256(), bias = _mm256_set1_epi32(j->bias);
    const __m256i middle = _mm256_permute2x128_si256(x.first, x.second, 0x21);
    const __m256i middle_between = _mm256_permute2x128_si256(between.first, between.second, 0x21);
    struct sums s = {zero, zero, zero, zero, zero, zero};
    const __m256i tap[SV_TAPS / 2] = {pair(j->tap), pair(j->tap + 2), pair(j->tap + 4), pair(j->tap + 6)};
    const __m256i y0 = filter16(older, x.first, tap, bias), y1 = filter16(middle, x.second, tap, bias);
    const __m256i l0 = levels_of(y0, j->levels, j->unit), l1 = levels_of(y1, j->levels, j->unit);
    const __m256i before = _mm256_set1_epi16((int16_t)j->before);
    store(y, y0);
    store(y + 16, y1);
    _mm256_storeu_si256((__m256i *)(void *)level, _mm256_permute4x64_epi64(_mm256_packs_epi16(l0, l1), 0xd8));
    const __m256i e0 = decide16(y0, l0, before, AFTER(older_between, between.first, SV_MAIN), j->unit, &s);
    const __m256i e1 = decide16(y1, l1, l0, AFTER(middle_between, between.second, SV_MAIN), j->unit, &s);
    tell(&s, sums);
    if (j->gradient)
        descend(memory + 1, e0, e1, sums->gradient);
}

void sv_judge_block_avx2(const struct sv_judge *j, const int16_t *x, const int16_t *between, int16_t *y, int8_t *level,
                         struct sv_decision_sums *sums)
{
    const struct block taken = {load(x + SV_TAPS), load(x + SV_TAPS + 16)};
    const struct block halfway = {load(between + SV_TAPS), load(between + SV_TAPS + 16)};
    judge(j, x, load(x), taken, load(between), halfway, y, level, sums);
}

/* Eight older, and the first eight. */
static inline __m256i with_older(const int16_t *older, __m256i first)
{
    const __m128i eight = _mm_loadu_si128((const __m128i *)(const void *)older);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(eight), _mm256_castsi256_si128(first), 1);
}

void sv_track_block_avx2(const struct sv_take *t, const struct sv_judge *j, int16_t *x, int16_t *between, int16_t *y,
                         int8_t *level, struct sv_decision_sums *sums)
{
    struct block on, halfway;
    take(t, &on, &halfway);
    store(x + SV_TAPS, on.first);
    store(x + SV_TAPS + 16, on.second);
    store(between + SV_TAPS, halfway.first);
    store(between + SV_TAPS + 16, halfway.second);
    judge(j, x, with_older(x, on.first), on, with_older(between, halfway.first), halfway, y, level, sums);
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

/* --- noise ------------------------------------------------------------------------------------------------------ */

#define AT_ONCE 128u /* samples through each of two loops: what one stores the other finds in memory */

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
    uint64_t c;
    sv_memcpy(&c, cell, 8);
    __m128i v = _mm_cvtsi32_si128(entry((uint32_t)(c & 0xffff)));
    v = _mm_insert_epi32(v, entry((uint32_t)(c >> 16 & 0xffff)), 1);
    v = _mm_insert_epi32(v, entry((uint32_t)(c >> 32 & 0xffff)), 2);
    return _mm_insert_epi32(v, entry((uint32_t)(c >> 48)), 3);
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
