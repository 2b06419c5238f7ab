/* SPDX-License-Identifier: BSD-2-Clause */
/* From symbols to the samples that a receiver sees at the far end of a pair.
 *
 * Transmitter and pair are linear, so one table holds both: what a single symbol looks like where the receiver is. A
 * sample is the sum of the eight symbols around it, each weighted by that table at its distance; that is how a sample
 * rate that is no multiple of the symbol rate, and a sender's clock that is off, cost nothing extra. Then come what
 * the cable adds (echo, crosstalk), the transformers (a high-pass of one pole), and white noise.
 *
 * A level of the code's peak is SV_CHANNEL_PEAK units of a sample. Everything is a function of the configuration and
 * of the symbols, whatever the pieces they come in, and the same on every machine. */
#ifndef SV_L1_PHYSICAL_CHANNEL_H
#define SV_L1_PHYSICAL_CHANNEL_H

#include "l1_physical/kernels.h"
#include "l1_physical/noise.h"
#include "l1_physical/phy.h"
#include "l1_physical/pulse.h"

#define SV_CHANNEL_PEAK 8192
#define SV_CHANNEL_QUIET INT32_MAX /* snr_centi_db: no noise */
#define SV_CHANNEL_HISTORY 512u    /* symbols kept: an echo of 150 m is 200 symbols of 100BASE-TX late */
#define SV_CHANNEL_SAMPLES 1024u   /* room that a call of sv_channel_run() needs at least */

enum sv_cable {
    SV_CABLE_NONE,  /* an ideal medium: the pulse as it was sent */
    SV_CABLE_CAT3,  /* 10BASE-T */
    SV_CABLE_CAT5E, /* 10BASE-T, 100BASE-TX */
    SV_CABLE_KINDS,
};

struct sv_channel_config {
    uint32_t code;      /* enum sv_phy_code */
    uint32_t cable;     /* enum sv_cable */
    uint32_t length_m;  /* 0 .. SV_PULSE_METRES_MAX; not of SV_CABLE_NONE */
    uint64_t sample_hz; /* at least twice, at most 64 times the symbol rate */
    int32_t clock_ppb;  /* by how much the sender's clock is fast, in 1e-9: within 1,000,000 */
    uint32_t phase_q32; /* of the first sample: fraction of the first symbol that is over by then */
    /* 20 log10(A / sigma) in hundredths of a decibel, A being the peak as it arrives (the sent one times the largest
     * value of the pair's pulse), sigma that of a sample; SV_CHANNEL_QUIET. */
    int32_t snr_centi_db;
    uint32_t jitter_ppm;   /* of each edge, sigma in 1e-6 symbols: at most 200,000 */
    uint32_t echo_centi;   /* one reflection from both ends, per 10,000 of the signal; 0: none; at most 5,000 */
    uint32_t near_percent; /* near-end crosstalk of category 5e in per cent of its limit; 0: none; at most 1,000 */
    uint32_t coupling_hz;  /* corner of the transformers, 22,700 for 350 uH in 50 ohms; 0: coupled to the last volt */
    bool inverted;         /* the pair's wires are exchanged */
    bool unplugged;        /* noise only */
    uint64_t seed;
    uint32_t cpu; /* enum sv_cpu */
};

struct sv_channel {
    struct sv_channel_config config;
    uint64_t symbols;  /* taken */
    uint64_t samples;  /* made: the number of the next */
    uint64_t at_whole; /* time of the next sample in symbols */
    uint32_t at_part;  /* and its fraction, in 2^-32 */
    uint32_t step;     /* symbols from one sample to the next, in 2^-32; at most 2^31 */
    uint32_t peak;     /* units of a sample at the receiver when a symbol of the peak level stands alone */
    uint32_t echo_late;
    uint32_t cell_at; /* samples of the present cell of the high-pass */
    int32_t cell_sum;
    int64_t wander_q16; /* what the transformers take off */
    uint32_t pole_q32;
    bool twice; /* two samples a symbol and nothing that needs a sample's own time: blocks of 32 symbols */
    struct sv_noise noise;
    uint32_t held; /* symbols in `history`; the newest is the last */
    int16_t history[SV_CHANNEL_HISTORY + SV_TAPS];
    int16_t pulse[SV_PULSE_GRID + 1][SV_TAPS]; /* by phase; tap 0 is the oldest symbol; 16384 = one */
    int16_t near[SV_PULSE_GRID + 1][SV_TAPS];
};

/* SV_ERR_INVALID: a value outside its range; a cable that is not modelled for the code. */
SV_MUST_CHECK enum sv_err sv_channel_init(struct sv_channel *c, const struct sv_channel_config *config);

/* Takes symbols from *symbol (advanced, *n reduced) and makes up to `max` samples of them; returns how many. A sample
 * needs the symbol after its own, and blocks of 32: what still lies in the channel comes out with later symbols. Call
 * until it returns 0. max is at least SV_CHANNEL_SAMPLES. */
uint32_t sv_channel_run(struct sv_channel *c, const int8_t **symbol, uint32_t *n, int16_t *out, uint32_t max);

/* `n` symbols pass without being made into samples: the next sample is the first after them, with its own number and
 * noise. What lies in the channel is forgotten and counts as `level` from then on. Returns how many samples passed. */
uint64_t sv_channel_skip(struct sv_channel *c, uint64_t n, int8_t level);

/* Nanoseconds that a signal takes through the pair: 534 + 36 / sqrt(f / MHz) ns on 100 m. */
uint32_t sv_channel_delay_ns(const struct sv_channel_config *config);

#endif
