/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/channel.h"

#include "core/math.h"
#include "core/mem.h"

#define AHEAD 1u   /* a pulse begins one symbol before its own */
#define AT_ONCE 8u /* blocks of 32 symbols */
#define MHZ(n) ((n)*UINT64_C(1000000))

typedef const int16_t sv_pulse_row[SV_PULSE_POINTS];

static const sv_pulse_row *tables_of(const struct sv_channel_config *config)
{
    if (config->code == SV_PHY_10BASE_T && config->cable == SV_CABLE_CAT3)
        return sv_pulse_10_cat3;
    if (config->code == SV_PHY_10BASE_T && config->cable == SV_CABLE_CAT5E)
        return sv_pulse_10_cat5e;
    if (config->code == SV_PHY_100BASE_TX && config->cable == SV_CABLE_CAT5E)
        return sv_pulse_100_cat5e;
    return NULL;
}

static bool in_range(const struct sv_channel_config *c)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(c->code);
    if (info == NULL || c->cable >= SV_CABLE_KINDS || c->length_m > SV_PULSE_METRES_MAX)
        return false;
    if (c->cable == SV_CABLE_NONE ? c->length_m != 0 : tables_of(c) == NULL)
        return false;
    if (c->near_percent != 0 && (c->near_percent > 1000 || c->code > SV_PHY_100BASE_TX))
        return false;
    return c->sample_hz >= 2 * info->symbol_hz && c->sample_hz <= 64 * info->symbol_hz && c->clock_ppb <= 1000000 &&
           c->clock_ppb >= -1000000 && c->jitter_ppm <= 200000 && c->echo_centi <= 5000 &&
           (c->snr_centi_db == SV_CHANNEL_QUIET || (c->snr_centi_db >= -2000 && c->snr_centi_db <= 12000)) &&
           c->coupling_hz <= info->symbol_hz / 64;
}

/* The pulse of this length at one point of the grid, between the tables of the next shorter and longer. */
static int32_t pulse_at(const struct sv_channel_config *config, uint32_t point)
{
    if (point >= SV_PULSE_POINTS)
        return 0;
    if (config->unplugged)
        return 0;
    const sv_pulse_row *tables = tables_of(config);
    if (tables == NULL)
        return sv_pulse_ideal[point];
    const uint32_t i = config->length_m / SV_PULSE_STEP_M, more = config->length_m % SV_PULSE_STEP_M;
    const uint32_t next = more != 0 ? i + 1 : i;
    return (tables[i][point] * (int32_t)(SV_PULSE_STEP_M - more) + tables[next][point] * (int32_t)more) /
           (int32_t)SV_PULSE_STEP_M;
}

static void make_tables(struct sv_channel *c)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(c->config.code);
    const int16_t *near = c->config.code == SV_PHY_10BASE_T ? sv_pulse_near_10 : sv_pulse_near_100;
    int32_t peak = 0;
    for (uint32_t phase = 0; phase <= SV_PULSE_GRID; phase++)
        for (uint32_t tap = 0; tap < SV_TAPS; tap++) {
            const uint32_t point = (SV_TAPS - 1 - tap) * SV_PULSE_GRID + phase;
            const int32_t v = pulse_at(&c->config, point);
            if (v > peak)
                peak = v;
            c->pulse[phase][tap] = (int16_t)((c->config.inverted ? -v : v) / info->peak);
            c->near[phase][tap] = 0;
            if (c->config.near_percent != 0 && point < SV_PULSE_POINTS)
                c->near[phase][tap] = sv_saturate(near[point] * (int32_t)c->config.near_percent / 100);
        }
    c->peak = (uint32_t)(peak * (SV_CHANNEL_PEAK / 2) / (SV_PULSE_ONE / 2));
}

enum sv_err sv_channel_init(struct sv_channel *c, const struct sv_channel_config *config)
{
    if (!in_range(config))
        return SV_ERR_INVALID;
    const struct sv_phy_code_info *info = sv_phy_code_info(config->code);
    sv_memset(c, 0, sizeof *c);
    c->config = *config;
    make_tables(c);
    const uint64_t clock = (uint64_t)(1000000000 + (int64_t)config->clock_ppb);
    const uint64_t symbol_uhz = sv_muldiv64(info->symbol_hz, clock, 1000); /* in 1e-6 Hz */
    c->step = (uint32_t)sv_muldiv64(symbol_uhz, UINT64_C(1) << 32, config->sample_hz * 1000000u);
    c->at_part = config->phase_q32;
    c->held = SV_TAPS;
    /* exp(-x) is 1 - x for corners so far below the sample rate; the cell's sum carries the rest. */
    c->pole_q32 = (uint32_t)sv_muldiv64(config->coupling_hz, UINT64_C(26986075409), config->sample_hz);
    c->noise.seed = config->seed;
    if (config->snr_centi_db != SV_CHANNEL_QUIET) {
        uint32_t peak = c->peak;
        c->noise.sigma_q3 = sv_noise_sigma(peak != 0 ? peak : SV_CHANNEL_PEAK, config->snr_centi_db);
    }
    c->echo_late = 2 * sv_channel_delay_ns(config);
    c->echo_late = (uint32_t)sv_muldiv64(c->echo_late, info->symbol_hz, MHZ(1000));
    if (c->echo_late > SV_CHANNEL_HISTORY - 2 * SV_BLOCK)
        c->echo_late = SV_CHANNEL_HISTORY - 2 * SV_BLOCK;
    c->twice = config->sample_hz == 2 * info->symbol_hz && config->jitter_ppm == 0 && config->echo_centi == 0 &&
               config->near_percent == 0;
    return SV_OK;
}

uint32_t sv_channel_delay_ns(const struct sv_channel_config *config)
{
    /* 36 / sqrt(f): 10 MHz and 31.25 MHz are the fundamentals that matter. */
    const uint32_t ns_100m = 534u + (config->code == SV_PHY_10BASE_T ? 11u : 6u);
    return ns_100m * config->length_m / 100;
}

/* --- a sample at its own time -------------------------------------------------------------------------------- */

static int32_t weigh(const int16_t table[][SV_TAPS], const int16_t *x, uint32_t part)
{
    const uint32_t phase = part >> 27;
    const int32_t more = (int32_t)(part >> 17 & 1023u);
    int32_t low = 0, high = 0;
    for (uint32_t j = 0; j < SV_TAPS; j++) {
        low += table[phase][j] * x[j];
        high += table[phase + 1][j] * x[j];
    }
    return low + (int32_t)(((int64_t)(high - low) * more) >> 10);
}

/* What another pair carries: levels of the same code, drawn by number. */
static int32_t crosstalk(const struct sv_channel *c, uint64_t newest, uint32_t part)
{
    int16_t x[SV_TAPS];
    for (uint32_t j = 0; j < SV_TAPS; j++) {
        const uint64_t number = newest - (SV_TAPS - 1) + j;
        const int32_t z = sv_noise_z(c->config.seed ^ 0x4e455854u, number);
        const int32_t low = c->config.code == SV_PHY_10BASE_T ? 0 : 1381; /* half of all lie beyond 0.6745 sigma */
        x[j] = (int16_t)((z > low) - (z < -low));
        /* Manchester: the second half of a bit is the first's opposite. */
        if (c->config.code == SV_PHY_10BASE_T && number % 2 != 0)
            x[j] = (int16_t)(sv_noise_z(c->config.seed ^ 0x4e455854u, number - 1) > 0 ? -1 : 1);
    }
    return weigh(c->near, x, part) / (SV_PULSE_NEAR / SV_PULSE_ONE);
}

/* The edge nearest to a time moves it; half-way between two edges the signal is flat, and a jump shows least. */
static void jittered(const struct sv_channel *c, uint64_t *whole, uint32_t *part)
{
    const uint64_t edge = *whole + (*part >> 31);
    const int64_t z = sv_noise_z(c->config.seed ^ 0x4a49u, edge);
    const int64_t by = z * (int64_t)c->config.jitter_ppm * 4295 / SV_NOISE_ONE; /* in 2^-32 symbols */
    const int64_t moved = (int64_t)*part + by;
    *whole += (uint64_t)(moved >> 32); /* a carry of -1, 0 or 1 */
    *part = (uint32_t)moved;
}

static int32_t sample_at(const struct sv_channel *c, uint64_t whole, uint32_t part)
{
    if (c->config.jitter_ppm != 0)
        jittered(c, &whole, &part);
    /* The newest symbol that counts is the one after the present. */
    uint64_t back = c->symbols - (whole + AHEAD + 1);
    if (back + SV_TAPS > c->held)
        back = c->held - SV_TAPS;
    const int16_t *x = c->history + c->held - SV_TAPS - back;
    int32_t v = weigh(c->pulse, x, part);
    if (c->config.echo_centi != 0) {
        const uint64_t late = back + c->echo_late + SV_TAPS > c->held ? c->held - SV_TAPS : back + c->echo_late;
        const int64_t echo = weigh(c->pulse, c->history + c->held - SV_TAPS - late, part);
        v += (int32_t)(echo * (int64_t)c->config.echo_centi / 10000);
    }
    if (c->config.near_percent != 0)
        v += crosstalk(c, whole + AHEAD, part);
    return (v + 1) >> 1;
}

/* --- what follows the pair ------------------------------------------------------------------------------------ */

/* A high-pass of one pole, y = x - w, dw = y dt / tau: w stands still for a cell and moves at its end. Cells count
 * from the first sample, or the first after a skip, not from the call's. */
static void couple(struct sv_channel *c, int16_t *out, uint32_t n)
{
    if (c->cell_at == 0 && n % SV_CELL == 0) {
        sv_couple_block(out, n, &c->wander_q16, c->pole_q32, c->config.cpu);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        c->cell_sum += out[i] - sv_wander(c->wander_q16);
        out[i] = sv_saturate(out[i] - sv_wander(c->wander_q16));
        if (++c->cell_at == SV_CELL) {
            c->wander_q16 += sv_wander_move(c->cell_sum, c->pole_q32);
            c->cell_sum = 0;
            c->cell_at = 0;
        }
    }
}

static void advance(struct sv_channel *c, uint64_t samples)
{
    const uint64_t part = c->at_part + (samples & 0xffffffffu) * c->step;
    c->at_whole += (part >> 32) + (samples >> 32) * c->step;
    c->at_part = (uint32_t)part;
    c->samples += samples;
}

/* Up to `some` symbols. All of the history is needed only for an echo. */
static void take(struct sv_channel *c, const int8_t **symbol, uint32_t *n, uint32_t some)
{
    if (some > *n)
        some = *n;
    if (c->held + some > SV_CHANNEL_HISTORY) {
        const uint32_t keep = c->config.echo_centi != 0 ? SV_CHANNEL_HISTORY - 2 * SV_BLOCK : 4 * SV_BLOCK;
        sv_memmove(c->history, c->history + c->held - keep, keep * sizeof c->history[0]);
        c->held = keep;
    }
    int16_t *to = c->history + c->held;
    uint32_t i = 0;
    for (; i + SV_BLOCK <= some; i += SV_BLOCK)
        sv_widen_block(*symbol + i, to + i, c->config.cpu);
    for (; i < some; i++)
        to[i] = (*symbol)[i];
    c->held += some;
    c->symbols += some;
    *symbol += some;
    *n -= some;
}

/* The number of the symbol after the newest that `blocks` of 32 symbols need. */
static uint64_t wanted_for(const struct sv_channel *c, uint32_t blocks)
{
    const uint64_t last = c->at_part + (uint64_t)(blocks - 1) * 2 * SV_BLOCK * c->step; /* begins then */
    const uint32_t later = (uint32_t)last >> 31;                                        /* its second samples' newest */
    return c->at_whole + (last >> 32) + AHEAD + 1 + later + SV_BLOCK - 1;
}

/* As many blocks as there is room for, and symbols. */
static uint32_t run_twice(struct sv_channel *c, const int8_t **symbol, uint32_t *n, int16_t *out, uint32_t max)
{
    uint32_t blocks = sv_min_u32(max / (2 * SV_BLOCK), AT_ONCE);
    uint64_t wanted = wanted_for(c, blocks);
    if (c->symbols < wanted)
        take(c, symbol, n, (uint32_t)(wanted - c->symbols));
    while (c->symbols < wanted && --blocks != 0)
        wanted = wanted_for(c, blocks);
    if (blocks == 0)
        return 0;
    struct sv_shape shape = {.pulse = (const int16_t(*)[SV_TAPS])c->pulse,
                             .x = c->history + c->held - (c->symbols + SV_TAPS - AHEAD - 1 - c->at_whole),
                             .part = c->at_part,
                             .pace = (uint64_t)2 * SV_BLOCK * c->step,
                             .wander_q16 = c->wander_q16,
                             .pole_q32 = c->pole_q32};
    sv_shape_blocks(&shape, out, blocks, c->config.cpu);
    c->wander_q16 = shape.wander_q16;
    return blocks * 2 * SV_BLOCK;
}

static uint32_t run_single(struct sv_channel *c, const int8_t **symbol, uint32_t *n, int16_t *out, uint32_t max)
{
    uint32_t made = 0;
    uint64_t whole = c->at_whole;
    uint32_t part = c->at_part;
    /* One symbol more than a sample needs, as jitter may move it into the next. */
    while (made < max) {
        while (c->symbols < whole + AHEAD + 2 && *n != 0)
            take(c, symbol, n, 1);
        if (c->symbols < whole + AHEAD + 2)
            break;
        out[made++] = sv_saturate(sample_at(c, whole, part));
        const uint32_t next = part + c->step;
        whole += next < part;
        part = next;
    }
    return made;
}

uint32_t sv_channel_run(struct sv_channel *c, const int8_t **symbol, uint32_t *n, int16_t *out, uint32_t max)
{
    uint32_t made = 0, noisy = 0; /* so far; of them with their noise, which is cheaper by many */
    while (made + 2 * SV_BLOCK <= max) {
        const uint32_t some = c->twice ? run_twice(c, symbol, n, out + made, max - made)
                                       : run_single(c, symbol, n, out + made, 2 * SV_BLOCK);
        if (some == 0)
            break;
        if (c->pole_q32 != 0 && !c->twice)
            couple(c, out + made, some);
        advance(c, some);
        made += some;
        if (made - noisy >= SV_CHANNEL_SAMPLES) {
            sv_noise_add(&c->noise, c->samples - (made - noisy), out + noisy, made - noisy, c->config.cpu);
            noisy = made;
        }
    }
    sv_noise_add(&c->noise, c->samples - (made - noisy), out + noisy, made - noisy, c->config.cpu);
    return made;
}

/* w (1 - pole)^n: idle is without direct current. */
static int64_t decayed(int64_t w, uint32_t pole_q32, uint64_t n)
{
    uint64_t power = (UINT64_C(1) << 32) - pole_q32;
    for (; n != 0 && w != 0; n >>= 1) {
        if (n & 1)
            w = w < 0 ? -(int64_t)sv_muldiv64((uint64_t)-w, power, UINT64_C(1) << 32)
                      : (int64_t)sv_muldiv64((uint64_t)w, power, UINT64_C(1) << 32);
        power = sv_muldiv64(power, power, UINT64_C(1) << 32);
    }
    return w;
}

uint64_t sv_channel_skip(struct sv_channel *c, uint64_t n, int8_t level)
{
    c->symbols += n;
    for (uint32_t i = 0; i < SV_CHANNEL_HISTORY; i++)
        c->history[i] = level;
    c->held = SV_CHANNEL_HISTORY - SV_BLOCK;
    /* Up to the first sample whose symbol is not yet among those passed; a step is no longer than what 64 bits hold as
     * parts of a symbol (2^32 of 10BASE-T's are 214 s). */
    uint64_t samples = 0;
    while (c->symbols > c->at_whole + AHEAD) {
        const uint64_t gap = c->symbols - AHEAD - c->at_whole;
        const uint64_t away = (sv_min_u64(gap, UINT64_C(1) << 30) << 32) - c->at_part;
        const uint64_t some = sv_div64(away + c->step - 1, c->step);
        advance(c, some);
        samples += some;
    }
    if (samples == 0)
        return 0;
    c->wander_q16 = decayed(c->wander_q16, c->pole_q32, samples);
    c->cell_at = 0;
    c->cell_sum = 0;
    return samples;
}
