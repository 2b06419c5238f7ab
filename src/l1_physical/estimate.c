/* SPDX-License-Identifier: BSD-2-Clause */
/* The length of a symbol from edges alone. Only rising ones are looked at: whatever the threshold, two of them are
 * equally late. The threshold is the middle, which suits codes of two levels, and then three quarters of the range,
 * which suits three and four; the one whose edges agree better counts. Their distances are multiples of a symbol; a
 * length for which they are is found by trying all, the longest that fits is taken (half of it fits as well), and
 * refined over the longest stretch in which one edge can be counted from the one before. */
#include "l1_physical/estimate.h"

#include "core/math.h"
#include "core/mem.h"

#define EDGES_MIN 24u
#define FAR 40u          /* distances of more symbols than that say nothing while the length is not known well */
#define SHORTEST_Q8 448u /* 1.75 samples */
#define LONGEST_Q8 (1024u << 8)
#define CHAIN 300u   /* symbols between two edges of one stretch: 64b/66b has 66 */
#define SCORED 1024u /* edges that all lengths are tried on */
#define GOOD 750u    /* of 1000; 500 is chance */

static const char *const names[] = {"found", "empty", "constant", "no edges", "no clock"};

const char *sv_estimate_name(uint32_t verdict)
{
    return verdict < SV_COUNT_OF(names) ? names[verdict] : "unknown";
}

static void extremes(struct sv_estimate *e, struct sv_estimate_work *w, const int16_t *sample, uint32_t n)
{
    int32_t least = INT16_MAX, most = INT16_MIN;
    uint32_t at_ends = 0;
    sv_memset(w->bin, 0, sizeof w->bin);
    for (uint32_t i = 0; i < n; i++) {
        w->bin[(uint32_t)(sample[i] + 32768) >> 4]++;
        least = sample[i] < least ? sample[i] : least;
        most = sample[i] > most ? sample[i] : most;
    }
    for (uint32_t i = 0; i < n; i++)
        at_ends += sample[i] == least || sample[i] == most;
    e->extreme = (uint32_t)((uint64_t)at_ends * 1000 / n);
    const uint32_t trim = n / 1000;
    uint32_t low = 0, high = SV_COUNT_OF(w->bin) - 1;
    for (uint32_t sum = w->bin[low]; sum <= trim && low < high; sum += w->bin[low])
        low++;
    for (uint32_t sum = w->bin[high]; sum <= trim && high > low; sum += w->bin[high])
        high--;
    e->low = (int32_t)(low << 4) - 32768;
    e->high = (int32_t)(high << 4) + 15 - 32768;
    e->low = e->low < least ? least : e->low;
    e->high = e->high > most ? most : e->high;
}

/* From below `again` to above `threshold`. */
static void find_edges(struct sv_estimate *e, struct sv_estimate_work *w, const int16_t *sample, uint32_t n,
                       int32_t again, int32_t threshold)
{
    bool armed = false;
    for (uint32_t i = 0; i < n && e->edges < SV_ESTIMATE_EDGES; i++) {
        if (sample[i] < again)
            armed = true;
        if (!armed || sample[i] < threshold)
            continue;
        armed = false;
        if (i == 0)
            continue;
        const int32_t rise = sample[i] - sample[i - 1], short_of = sample[i] - threshold;
        const uint32_t back = rise > 0 && short_of < rise ? (uint32_t)(short_of * 256 / rise) : 255u;
        w->edge_q8[e->edges++] = ((uint64_t)i << 8) - back;
    }
}

/* Distances as multiples of a length: 1000 for all exact, 500 by chance. */
static uint32_t score(const struct sv_estimate *e, const struct sv_estimate_work *w, uint64_t length_q16)
{
    const uint32_t length = (uint32_t)(length_q16 >> 4); /* 2^-12 samples: all of this is 32 bits wide */
    const uint32_t edges = e->edges < SCORED ? e->edges : SCORED;
    uint32_t sum = 0, count = 0;
    for (uint32_t i = 1; i < edges; i++) {
        const uint64_t far_q12 = (w->edge_q8[i] - w->edge_q8[i - 1]) << 4;
        if (far_q12 > (uint64_t)FAR * length)
            continue;
        const uint32_t part = (uint32_t)far_q12 % length * 500 / length; /* 0 .. 499 */
        if (2 * far_q12 > length)                                        /* less than half a symbol fits nothing */
            sum += part < 250 ? 250 - part : part - 250;
        count++;
    }
    return count < EDGES_MIN / 2 || count < edges / 4 ? 0 : sum * 4 / count;
}

/* The slope of edge times over their numbers, in the longest stretch without a gap. */
static uint64_t refine(const struct sv_estimate *e, const struct sv_estimate_work *w, uint64_t length_q16)
{
    uint64_t best_symbols = 0, best_q8 = 0, symbols = 0;
    uint32_t from = 0, best_from = 0, best_to = 0;
    for (uint32_t i = 1; i <= e->edges; i++) {
        const uint64_t far_q16 = i < e->edges ? (w->edge_q8[i] - w->edge_q8[i - 1]) << 8 : UINT64_MAX;
        if (far_q16 < CHAIN * length_q16) {
            symbols += (far_q16 + length_q16 / 2) / length_q16;
            continue;
        }
        if (symbols > best_symbols) {
            best_symbols = symbols;
            best_from = from;
            best_to = i - 1;
        }
        from = i;
        symbols = 0;
    }
    if (best_symbols < 32)
        return length_q16;
    /* Means of the first and the last third of the stretch, both in time and in number. */
    const uint32_t third = (best_to - best_from + 1) / 3 != 0 ? (best_to - best_from + 1) / 3 : 1;
    uint64_t number = 0, first_number = 0, last_number = 0, first_q8 = 0, last_q8 = 0;
    for (uint32_t i = best_from; i <= best_to; i++) {
        if (i > best_from)
            number += (((w->edge_q8[i] - w->edge_q8[i - 1]) << 8) + length_q16 / 2) / length_q16;
        if (i < best_from + third) {
            first_number += number;
            first_q8 += w->edge_q8[i];
        }
        if (i + third > best_to) {
            last_number += number;
            last_q8 += w->edge_q8[i];
        }
    }
    best_q8 = last_q8 - first_q8;
    return last_number > first_number ? sv_muldiv64(best_q8, 256, last_number - first_number) : length_q16;
}

static void find_spacing(struct sv_estimate *e, const struct sv_estimate_work *w)
{
    uint32_t best = 0, top = 0;
    uint64_t chosen = 0;
    e->verdict = SV_ESTIMATE_NO_EDGES;
    if (e->edges < EDGES_MIN)
        return;
    e->verdict = SV_ESTIMATE_NO_CLOCK;
    const uint64_t end_q16 = (uint64_t)LONGEST_Q8 << 8;
    for (uint64_t q16 = SHORTEST_Q8 << 8; q16 < end_q16; q16 += q16 / 256) {
        const uint32_t s = score(e, w, q16);
        top = s > top ? s : top;
    }
    if (top < GOOD) {
        e->score = top;
        return;
    }
    /* The longest whose excess over chance is nearly the best one's. */
    for (uint64_t q16 = SHORTEST_Q8 << 8; q16 < end_q16; q16 += q16 / 256) {
        const uint32_t s = score(e, w, q16);
        if (s < 500 + (top - 500) * 3 / 4)
            continue;
        /* The best of its own hill. */
        if (chosen == 0 || q16 > chosen + chosen / 32 || s > best) {
            best = s;
            chosen = q16;
        }
    }
    uint64_t q16 = chosen;
    for (uint32_t round = 0; round < 3; round++)
        q16 = refine(e, w, q16);
    e->score = score(e, w, q16);
    e->spacing_q32 = q16 << 16;
    if (q16 >= SHORTEST_Q8 << 8)
        e->verdict = SV_ESTIMATE_FOUND;
}

void sv_estimate(struct sv_estimate *e, struct sv_estimate_work *w, const int16_t *sample, uint32_t n)
{
    *e = (struct sv_estimate){.verdict = SV_ESTIMATE_EMPTY};
    if (n == 0)
        return;
    extremes(e, w, sample, n);
    e->verdict = SV_ESTIMATE_CONSTANT;
    if (e->high - e->low < 16)
        return;
    const int32_t range = e->high - e->low, middle = e->low + range / 2;
    struct sv_estimate upper = *e;
    find_edges(e, w, sample, n, middle - range / 10, middle);
    find_spacing(e, w);
    find_edges(&upper, w, sample, n, middle + range / 10, middle + range / 4);
    find_spacing(&upper, w);
    if (upper.score > e->score)
        *e = upper;
}

/* How many distances are at most `far`. */
static uint32_t nearer(const struct sv_estimate *e, const struct sv_estimate_work *w, uint64_t far)
{
    uint32_t n = 0;
    for (uint32_t i = 1; i < e->edges; i++)
        n += w->edge_q8[i] - w->edge_q8[i - 1] <= far;
    return n;
}

uint64_t sv_estimate_alternating(const struct sv_estimate *e, const struct sv_estimate_work *w)
{
    uint64_t low = 0, high = (uint64_t)LONGEST_Q8 * CHAIN, sum = 0;
    uint32_t like = 0;
    if (e->edges < EDGES_MIN + 1 || nearer(e, w, high) <= e->edges / 20)
        return 0;
    while (low < high) { /* the twentieth of them: what is shorter is noise */
        const uint64_t middle = (low + high) / 2;
        if (nearer(e, w, middle) > e->edges / 20)
            high = middle;
        else
            low = middle + 1;
    }
    for (uint32_t i = 1; i < e->edges; i++) {
        const uint64_t far = w->edge_q8[i] - w->edge_q8[i - 1];
        if (far < low || far > low + low / 5)
            continue;
        sum += far;
        like++;
    }
    return sv_div64(sum << 23, like);
}
