/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/capture.h"

#include "core/math.h"
#include "core/mem.h"

#define TOLERANCE 100u /* 1/100: by so much a spacing may miss a code's to be still taken for it */

struct reading {
    struct sv_capture *c;
    sv_capture_told *told;
    void *user;
    uint64_t symbols; /* given to the decoder before the present block */
};

/* Where a symbol of some time ago lay: its distance is taken at the present spacing, which over a frame is exact to a
 * fraction of a symbol. */
static uint64_t place_of(const struct reading *g, uint64_t symbol)
{
    const struct sv_receiver *r = &g->c->receiver;
    /* The first symbols told may lie before the first sample. */
    const int64_t away = (int64_t)(symbol - g->symbols) * (int64_t)r->each_q8, at = (int64_t)r->first_q8 + away;
    return at > 0 ? (uint64_t)at : 0;
}

static void tell(const struct reading *g, const struct sv_phy_event *event)
{
    if (g->told == NULL || event->kind == SV_PHY_NOTHING)
        return;
    const uint8_t *frame = event->kind == SV_PHY_FRAME ? g->c->decoder.frame.byte : NULL;
    g->told(g->user, event, frame, place_of(g, event->first_symbol), place_of(g, event->last_symbol));
}

static void decode_block(struct reading *g)
{
    const struct sv_receiver *r = &g->c->receiver;
    struct sv_phy_event event;
    uint32_t at = 0;
    do {
        at += sv_phy_decode(&g->c->decoder, r->level + at, r->count - at, &event);
        tell(g, &event);
    } while (at < r->count || event.kind != SV_PHY_NOTHING);
    g->symbols += r->count;
}

/* All samples once through receiver and decoder, both as they are. */
static void read_all(struct sv_capture *c, sv_capture_told *told, void *user)
{
    struct reading g = {c, told, user, c->decoder.symbols};
    uint32_t at = 0;
    while (at < c->config.n) {
        at += sv_receiver_put(&c->receiver, c->config.sample + at, c->config.n - at);
        while (sv_receiver_step(&c->receiver))
            decode_block(&g);
    }
    while (sv_receiver_end(&c->receiver))
        decode_block(&g);
}

static bool start_receiver(struct sv_capture *c, uint32_t code, uint64_t spacing_q32)
{
    const bool fast = code == SV_PHY_100BASE_TX;
    const struct sv_receiver_config config = {.code = code,
                                              .spacing_q32 = spacing_q32,
                                              .equaliser = fast && !c->config.no_equaliser,
                                              .wander = fast && !c->config.no_wander,
                                              .cpu = c->config.cpu};
    return sv_receiver_init(&c->receiver, &config) == SV_OK;
}

/* Both passes over one code; the second is the one told and counted. */
static void try_code(struct sv_capture *c, uint32_t code, uint64_t spacing_q32, sv_capture_told *told, void *user)
{
    struct sv_capture_trial *t = &c->trial[code];
    *t = (struct sv_capture_trial){.spacing_q32 = spacing_q32};
    if (!start_receiver(c, code, spacing_q32))
        return;
    t->tried = true;
    sv_phy_decoder_init(&c->decoder, code);
    c->decoder.cpu = c->config.cpu;
    read_all(c, NULL, NULL);
    t->locked = c->decoder.count.locks != 0;
    sv_phy_decoder_rewind(&c->decoder);
    if (!start_receiver(c, code, spacing_q32))
        return;
    read_all(c, told, user);
    t->count = c->decoder.count;
    t->locks = c->receiver.locks;
    t->locked = t->locked || (code == SV_PHY_10BASE_T && t->locks != 0);
    c->cut_short = c->decoder.frame.open != 0;
}

/* The spacing to assume for a code; 0: it cannot be this one. What was found counts if it is near what a known sample
 * rate says; on its own it may be any code's. */
static uint64_t spacing_for(const struct sv_capture *c, uint32_t code)
{
    const uint64_t found = c->estimate.verdict == SV_ESTIMATE_FOUND ? c->estimate.spacing_q32 : 0;
    if (c->config.sample_hz == 0)
        return found;
    const uint64_t wanted = sv_muldiv64(c->config.sample_hz, UINT64_C(1) << 32, sv_phy_code_info(code)->symbol_hz);
    const uint64_t off = found > wanted ? found - wanted : wanted - found;
    if (found != 0 && off > wanted / TOLERANCE && c->config.code == SV_PHY_CODES)
        return 0;
    /* Clocks are within 200 ppm of each other: what differs more was found wrongly. */
    return found != 0 && off < wanted / 2000 ? found : wanted;
}

/* Good frames count first, then that anything was understood. */
static uint64_t merit(const struct sv_capture_trial *t)
{
    return t->count.good * 16 + (t->locked ? 2u : 0u) + (t->locks != 0 ? 1u : 0u);
}

/* The candidate whose frames are good, or that was understood at all, in c->code (SV_PHY_CODES: none); its spacing. */
static uint64_t best_code(struct sv_capture *c)
{
    uint64_t best = 0;
    if (c->config.code != SV_PHY_CODES)
        return spacing_for(c, c->config.code);
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        const uint64_t spacing_q32 = spacing_for(c, code);
        if (spacing_q32 == 0)
            continue;
        try_code(c, code, spacing_q32, NULL, NULL);
        if (merit(&c->trial[code]) > best) {
            best = merit(&c->trial[code]);
            c->code = code;
        }
    }
    return c->code < SV_PHY_CODES ? c->trial[c->code].spacing_q32 : 0;
}

/* Where the sample rate is not known and no frame was found: the same with the other way to find the spacing. 0: it
 * gives none either; trials and code are then as before. */
static uint64_t alternating(struct sv_capture *c)
{
    const uint64_t spacing_q32 = c->config.sample_hz == 0 ? sv_estimate_alternating(&c->estimate, &c->work) : 0;
    for (uint32_t code = 0; spacing_q32 != 0 && code < SV_PHY_CODES; code++) {
        if (c->config.code != SV_PHY_CODES && code != c->config.code)
            continue;
        const struct sv_capture_trial before = c->trial[code];
        try_code(c, code, spacing_q32, NULL, NULL);
        if (c->trial[code].count.good != 0) {
            c->code = code;
            return spacing_q32;
        }
        c->trial[code] = before;
    }
    return 0;
}

bool sv_capture_decode(struct sv_capture *c, sv_capture_told *told, void *user)
{
    c->code = c->config.code;
    c->sample_hz = c->config.sample_hz;
    c->cut_short = false;
    sv_memset(c->trial, 0, sizeof c->trial);
    sv_estimate(&c->estimate, &c->work, c->config.sample, c->config.n);
    if (c->estimate.verdict == SV_ESTIMATE_EMPTY || c->estimate.verdict == SV_ESTIMATE_CONSTANT)
        return false;
    uint64_t spacing_q32 = best_code(c);
    if (spacing_q32 != 0 && c->config.code != SV_PHY_CODES && c->config.sample_hz == 0)
        try_code(c, c->code, spacing_q32, NULL, NULL);
    if (c->code >= SV_PHY_CODES || c->trial[c->code].count.good == 0) {
        const uint64_t other_q32 = alternating(c);
        spacing_q32 = other_q32 != 0 ? other_q32 : spacing_q32;
    }
    if (spacing_q32 == 0)
        return false;
    if (c->sample_hz == 0)
        c->sample_hz = sv_muldiv64(sv_phy_code_info(c->code)->symbol_hz, spacing_q32, UINT64_C(1) << 32);
    try_code(c, c->code, spacing_q32, told, user);
    return c->trial[c->code].count.good != 0;
}
