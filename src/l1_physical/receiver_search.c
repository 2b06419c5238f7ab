/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a signal begins to be understood. For a continuous code every one of 16 phases, with each of a few equalisers,
 * is tried on one window: amplitude and offset are fitted to what was sliced, and the least error wins. For 10BASE-T
 * a carrier is waited for, and the phase taken from where it crosses zero. */
#include "core/math.h"
#include "core/mem.h"
#include "l1_physical/receiver_private.h"

#define PHASES 16u
#define PRESETS 9u
#define LEAST 8         /* units of a sample: less is no signal */
#define CARRIER 16u     /* half-bits that tell a carrier from a pulse */
#define CARRIER_MIN 12u /* of which so many are strong */
#define CHANGES_MIN 6u  /* and of their 15 boundaries so many change sign: eight are in the middle of a bit */
#define QUIET_PIECE 8u  /* half-bits of silence at a time */

/* What is taken off for the symbol before and the symbol after, per 4096. A cable's pulse rises fast and falls slowly:
 * the first is most of it. */
static const int16_t preset[PRESETS][2] = {{0, 0},     {-820, 0},     {-820, -400},  {-1434, 0},    {-1434, -600},
                                           {-2048, 0}, {-2048, -800}, {-2662, -400}, {-2662, -1000}};

struct fit {
    int32_t peak;   /* amplitude of the outermost level, in sample units */
    int32_t offset; /* in sample units */
    int32_t error;  /* mean square error, in 1/4096 of the levels' distance squared */
};

static int32_t slice(int32_t v, uint32_t levels, int32_t peak)
{
    if (levels == 2)
        return v >= 0 ? 1 : -1;
    if (levels == 3)
        return (2 * v > peak) - (2 * v < -peak);
    return (v >= 0 ? 1 : -1) + 2 * ((3 * v > 2 * peak) - (3 * v < -2 * peak));
}

/* Amplitude and offset of n values by least squares, in two rounds from a guess by mean and mean magnitude. */
static struct fit fit_levels(const int32_t *v, uint32_t n, uint32_t levels)
{
    const int32_t outer = levels == 4 ? 3 : 1;
    struct fit f = {0, 0, INT32_MAX};
    int64_t magnitude = 0, total = 0;
    for (uint32_t i = 0; i < n; i++)
        total += v[i];
    f.offset = (int32_t)(total / (int64_t)n);
    for (uint32_t i = 0; i < n; i++)
        magnitude += v[i] < f.offset ? f.offset - v[i] : v[i] - f.offset;
    /* Levels of random data: half of MLT-3's are 0, the mean of PAM4's is 2/3 of the peak. */
    f.peak = (int32_t)(magnitude * (levels == 3 ? 4 : levels == 4 ? 3 : 2) / (2 * (int64_t)n));
    int64_t square = 0;
    for (uint32_t round = 0; round < 3; round++) {
        int64_t count = n, level = 0, power = 0, sum = 0, product = 0;
        square = 0;
        for (uint32_t i = 0; i < n; i++) {
            const int32_t l = slice(v[i] - f.offset, levels, f.peak);
            const int64_t off = v[i] - f.offset - (int64_t)l * f.peak / outer;
            level += l;
            power += l * l;
            sum += v[i];
            product += (int64_t)l * v[i];
            square += off * off;
        }
        const int64_t spread = count * power - level * level;
        if (round == 2 || spread <= 0)
            break;
        f.peak = (int32_t)(outer * (count * product - level * sum) / spread);
        f.offset = (int32_t)((sum - level * (int64_t)f.peak / outer) / count);
        if (f.peak < LEAST)
            return f;
    }
    if (f.peak < LEAST)
        return f;
    const int64_t distance = levels == 3 ? f.peak : levels == 4 ? 2 * f.peak / 3 : 2 * f.peak;
    f.error = (int32_t)(square * 4096 / (distance * distance) / n);
    return f;
}

/* Data makes every level appear: an error that is small because all was sliced as one level is no lock. */
static bool varied(const int32_t *v, uint32_t n, uint32_t levels, const struct fit *f)
{
    uint32_t low = 0, high = 0;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t l = slice(v[i] - f->offset, levels, f->peak);
        high += l > 0;
        low += l < 0;
    }
    return low > n / 16 && high > n / 16;
}

static void begin(struct sv_receiver *r, const struct fit *f, uint32_t chosen)
{
    for (uint32_t j = 0; j < SV_TAPS; j++)
        r->tap_q28[j] = 0;
    r->tap_q28[SV_MAIN] = 4096 << 16;
    r->tap_q28[SV_MAIN - 1] = preset[chosen][0] * 65536;
    r->tap_q28[SV_MAIN + 1] = preset[chosen][1] * 65536;
    for (uint32_t j = 0; j < SV_TAPS; j++)
        r->tap[j] = (int16_t)(r->tap_q28[j] / 65536);
    const int64_t through = 4096 + preset[chosen][0] + preset[chosen][1];
    r->offset = sv_saturate((int32_t)((int64_t)f->offset * 4096 / through));
    r->base_q8 = 0;
    r->last_level = 0;
    sv_receiver_track(r, (uint32_t)((int64_t)SV_RECEIVER_PEAK * 65536 / f->peak));
}

bool sv_receiver_search(struct sv_receiver *r, uint32_t symbols)
{
    int32_t taken[SV_RECEIVER_WINDOW + 2], v[SV_RECEIVER_WINDOW];
    struct fit best = {0, 0, INT32_MAX};
    uint32_t best_preset = 0;
    if (symbols == 0 || symbols > SV_RECEIVER_WINDOW)
        return false;
    const int64_t start = r->at;
    int64_t best_at = start;
    r->offset = 0;
    for (uint32_t phase = 0; phase < PHASES; phase++) {
        const int64_t at = start + r->spacing * phase / PHASES;
        for (uint32_t i = 0; i < symbols + 2; i++)
            taken[i] = sv_receiver_at(r, at + r->spacing * i);
        for (uint32_t p = 0; p < (r->config.equaliser ? PRESETS : 1u); p++) {
            for (uint32_t i = 0; i < symbols; i++)
                v[i] = taken[i + 1] + (preset[p][0] * taken[i] + preset[p][1] * taken[i + 2]) / 4096;
            const struct fit f = fit_levels(v, symbols, r->levels);
            if (f.error < best.error && varied(v, symbols, r->levels, &f)) {
                best = f;
                best_preset = p;
                best_at = at;
            }
        }
    }
    /* 1/12 of the square would be chance; 1/16 is a signal, if a poor one. */
    if (best.error > 4096 / 16)
        return false;
    r->at = best_at;
    begin(r, &best, best_preset);
    return true;
}

/* --- 10BASE-T between carriers ---------------------------------------------------------------------------------- */

static int32_t magnitude_at(const struct sv_receiver *r, int64_t at)
{
    const int32_t v = sv_receiver_at(r, at);
    return v < 0 ? -v : v;
}

/* Five times the mean magnitude of the silence is four sigma of its noise. */
static int32_t noise_bound(const struct sv_receiver *r)
{
    const int32_t bound = (r->floor_q8 * 5) >> 8;
    return bound < LEAST ? LEAST : bound;
}

/* But never so high that what was the largest lately would not pass: a capture may begin within a frame. */
static int32_t squelch(const struct sv_receiver *r)
{
    const int32_t bound = noise_bound(r);
    return bound < r->top / 2 ? bound : r->top / 2;
}

/* The instant of the first half-bit of a carrier that begins about `from`; false: it is none. */
static bool find_carrier(struct sv_receiver *r, int64_t from, int64_t *first, int32_t *amplitude)
{
    int64_t sum[PHASES];
    uint32_t least = 0;
    for (uint32_t phase = 0; phase < PHASES; phase++) {
        sum[phase] = 0;
        for (uint32_t k = 0; k < CARRIER; k++)
            sum[phase] += magnitude_at(r, from + r->spacing * k + r->spacing * phase / PHASES);
    }
    for (uint32_t phase = 1; phase < PHASES; phase++)
        if (sum[phase] < sum[least])
            least = phase;
    *first = from + r->spacing * ((least + PHASES / 2) % PHASES) / PHASES;
    int64_t total = 0;
    for (uint32_t k = 0; k < CARRIER; k++)
        total += magnitude_at(r, *first + r->spacing * k);
    *amplitude = (int32_t)(total / CARRIER);
    const int32_t floor = squelch(r), enough = *amplitude / 2 > floor ? *amplitude / 2 : floor;
    uint32_t strong = 0, changes = 0;
    int32_t before = 0;
    for (uint32_t k = 0; k < CARRIER; k++) {
        const int32_t v = sv_receiver_at(r, *first + r->spacing * k);
        strong += v > enough || v < -enough;
        changes += (v > enough && before < 0) || (v < -enough && before > 0);
        before = v;
    }
    return strong >= CARRIER_MIN && changes >= CHANGES_MIN && *amplitude >= LEAST;
}

/* A pulse, or noise: each half-bit is told by itself. */
static void tell_pulse(struct sv_receiver *r, int64_t first)
{
    r->at = first;
    sv_receiver_nothing(r, QUIET_PIECE);
    const int32_t bound = noise_bound(r) > r->carrier / 2 ? noise_bound(r) : r->carrier / 2;
    for (uint32_t k = 0; k < QUIET_PIECE; k++) {
        const int32_t v = sv_receiver_at(r, first + r->spacing * k);
        r->level[k] = (int8_t)((v > bound) - (v < -bound));
        r->value[k] = sv_receiver_gained(r, v);
    }
}

/* What silence is like: its mean and its mean magnitude, from n samples. */
static void learn_silence(struct sv_receiver *r, const int16_t *s, uint32_t n)
{
    int32_t sum = 0, magnitude = 0;
    if (n == 0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        sum += s[i] - r->offset;
        magnitude += s[i] < r->offset ? r->offset - s[i] : s[i] - r->offset;
    }
    const int32_t floor_q8 = magnitude * 16 / (int32_t)n * 16;
    r->offset += sum / (int32_t)n / 4;
    r->floor_q8 += (floor_q8 - r->floor_q8) / (floor_q8 < r->floor_q8 / 2 ? 2 : 16);
}

/* The offset of the first samples, before anything is known. */
static void first_look(struct sv_receiver *r, const int16_t *s, uint32_t n)
{
    int32_t sum = 0, magnitude = 0;
    if (n == 0)
        return;
    for (uint32_t i = 0; i < n; i++)
        sum += s[i];
    r->offset = sum / (int32_t)n;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t off = s[i] < r->offset ? r->offset - s[i] : s[i] - r->offset;
        magnitude += off;
        r->top = off > r->top ? off : r->top;
    }
    r->floor_q8 = magnitude / (int32_t)n * 256;
    r->blocks = 1;
    r->gain_q16 = 65536;
}

bool sv_receiver_quiet(struct sv_receiver *r, bool last)
{
    const int64_t piece = r->spacing * QUIET_PIECE, more = r->spacing * (CARRIER + 2);
    if (!sv_receiver_reaches(r, r->at + piece + (last ? 0 : more)))
        return false;
    const uint32_t from = (uint32_t)(r->at >> 32), n = (uint32_t)((r->at + piece) >> 32) - from;
    if (r->blocks == 0)
        first_look(r, r->hold + from,
                   (uint32_t)((r->at + more) >> 32) - from < r->held - from ? (uint32_t)((r->at + more) >> 32) - from
                                                                            : r->held - from);
    const int32_t bound = squelch(r);
    r->top -= r->top / 256;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t off = r->hold[from + i] - r->offset, magnitude = off < 0 ? -off : off;
        if (magnitude > r->top)
            r->top = magnitude;
        if (magnitude <= bound)
            continue;
        int64_t first = 0;
        int32_t amplitude = 0;
        const int64_t at = (int64_t)(from + i) * SV_RECEIVER_ONE;
        if (sv_receiver_reaches(r, at + more) && find_carrier(r, at, &first, &amplitude)) {
            r->at = first;
            r->last_level = 0;
            sv_receiver_track(r, (uint32_t)((int64_t)SV_RECEIVER_PEAK * 65536 / amplitude));
            r->count = 0;
            return true;
        }
        if (!sv_receiver_reaches(r, at + r->spacing / 2 + piece))
            break;
        tell_pulse(r, at + r->spacing / 2);
        return true;
    }
    sv_receiver_nothing(r, QUIET_PIECE);
    learn_silence(r, r->hold + from, n);
    return true;
}
