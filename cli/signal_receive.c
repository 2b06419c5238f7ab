/* SPDX-License-Identifier: BSD-2-Clause */
/* Samples -> symbols -> frames, with code and sample rate found from the samples where they are not given. Codes are not
 * guessed from the look of the wave: each that is possible at its spacing is tried, and the one whose frames have
 * a good FCS is it. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/signal.h"
#include "l1_physical/estimate.h"
#include "l1_physical/receiver.h"

#define WHY 1024u
#define SPACING_LOW 2.0
#define SPACING_HIGH 1024.0

static bool keep(struct signal_symbols *s, const struct sv_receiver *r)
{
    if (s->n + r->count > s->room) {
        const uint32_t room = s->room ? 2 * s->room : 65536;
        int8_t *level = realloc(s->level, room * sizeof *level);
        s->level = level ? level : s->level;
        int16_t *value = realloc(s->value, room * sizeof *value);
        s->value = value ? value : s->value;
        uint64_t *at = realloc(s->at_q8, room * sizeof *at);
        s->at_q8 = at ? at : s->at_q8;
        if (!level || !value || !at)
            return false;
        s->room = room;
    }
    for (uint32_t i = 0; i < r->count; i++) {
        s->level[s->n] = r->level[i];
        s->value[s->n] = r->value[i];
        s->at_q8[s->n++] = r->first_q8 + i * r->each_q8;
    }
    return true;
}

static bool symbols_of(struct signal_symbols *s, const struct signal_capture *c, struct sv_receiver *r)
{
    uint32_t at = 0;
    bool good = true;
    while (good && at < c->n) {
        const uint32_t took = sv_receiver_put(r, c->sample + at, c->n - at);
        at += took;
        uint32_t steps = 0;
        while (good && sv_receiver_step(r)) {
            good = keep(s, r);
            steps++;
        }
        if (took == 0 && steps == 0)
            break;
    }
    while (good && sv_receiver_end(r))
        good = keep(s, r);
    s->spacing = (double)r->spacing / 4294967296.0 * r->group;
    s->locks = r->locks;
    s->losses = r->losses;
    s->error_q8 = r->error_q8;
    return good;
}

static bool note_frame(struct signal_result *r, const struct sv_phy_event *event, const uint8_t *octet)
{
    if (r->frames == r->room) {
        const uint32_t room = r->room ? 2 * r->room : 64;
        struct signal_frame *more = realloc(r->frame, room * sizeof *more);
        if (!more)
            return false;
        r->frame = more;
        r->room = room;
    }
    struct signal_frame *f = &r->frame[r->frames];
    *f = (struct signal_frame){*event, malloc(event->bytes + 1)};
    if (!f->octet)
        return false;
    memcpy(f->octet, octet, event->bytes);
    r->frames++;
    return true;
}

static bool frames_of(struct signal_result *r, struct sv_phy_decoder *d, bool note)
{
    struct sv_phy_event event;
    uint32_t at = 0;
    do {
        at += sv_phy_decode(d, r->symbols.level + at, r->symbols.n - at, &event);
        if (event.kind == SV_PHY_INVERTED)
            r->inverted = event.detail != 0;
        r->locked |= event.kind == SV_PHY_LOCKED;
        const bool frame = event.kind == SV_PHY_FRAME || event.kind == SV_PHY_BAD_FCS ||
                           event.kind == SV_PHY_SYMBOL_ERROR || event.kind == SV_PHY_FALSE_CARRIER;
        if (note && frame && !note_frame(r, &event, d->frame.byte))
            return false;
    } while (at < r->symbols.n || event.kind != SV_PHY_NOTHING);
    return true;
}

bool signal_receive(struct signal_result *r, const struct signal_capture *c, uint32_t code, double spacing,
                    bool equaliser)
{
    struct sv_receiver *receiver = calloc(1, sizeof *receiver);
    struct sv_phy_decoder *d = calloc(1, sizeof *d);
    const struct sv_receiver_config config = {.code = code,
                                              .spacing_q32 = (uint64_t)llround(spacing * 4294967296.0),
                                              .equaliser = equaliser && code == SV_PHY_100BASE_TX,
                                              .wander = code == SV_PHY_100BASE_TX};
    *r = (struct signal_result){.code = code};
    bool good = receiver && d && sv_receiver_init(receiver, &config) == SV_OK;
    if (good) {
        sv_phy_decoder_init(d, code);
        /* Twice: what alignment and polarity turn out to be also holds for the symbols before. */
        good = symbols_of(&r->symbols, c, receiver) && frames_of(r, d, false);
        sv_phy_decoder_rewind(d);
        good = good && frames_of(r, d, true);
        r->count = d->count;
        r->cut = d->frame.open == 2 ? d->frame.bytes : 0;
        r->rate_hz = r->symbols.spacing * (double)sv_phy_code_info(code)->symbol_hz;
    }
    free(receiver);
    free(d);
    return good;
}

void signal_result_free(struct signal_result *r)
{
    for (uint32_t i = 0; i < r->frames; i++)
        free(r->frame[i].octet);
    free(r->frame);
    free(r->symbols.level);
    free(r->symbols.value);
    free(r->symbols.at_q8);
    *r = (struct signal_result){.code = SV_PHY_CODES};
}

/* --- finding out --- */

/* How much this looks like the code that it was read as: frames first; else locks that were kept. */
static double merit(const struct signal_result *r)
{
    return 1000.0 * (double)r->count.good - (double)r->count.bad_fcs - (double)r->count.symbol_error -
           (double)r->count.false_carrier + (r->locked ? 10.0 : 0.0) + fmin((double)r->count.link_pulses, 5.0);
}

static void tell_findings(char *why, const struct signal_capture *c, const struct sv_estimate *e, const char *tried)
{
    uint32_t at = (uint32_t)snprintf(why, WHY, "%s: no frame found. %u samples from %.4g to %.4g V", c->name, c->n,
                                     c->offset + e->low * c->volts, c->offset + e->high * c->volts);
    if (e->extreme > 100 && at < WHY)
        at += (uint32_t)snprintf(why + at, WHY - at, ", %u.%u %% of them at the extremes: perhaps clipped",
                                 e->extreme / 10, e->extreme % 10);
    if (e->verdict != SV_ESTIMATE_FOUND && at < WHY)
        at += (uint32_t)snprintf(why + at, WHY - at, "; %s (%u rising edges)", sv_estimate_name(e->verdict), e->edges);
    else if (at < WHY)
        at += (uint32_t)snprintf(why + at, WHY - at, "; edges %.4g samples apart or multiples of that",
                                 (double)e->spacing_q32 / 4294967296.0);
    if (at < WHY)
        (void)snprintf(why + at, WHY - at, "%s", tried);
}

static void tell_code(char *tried, size_t room, const struct signal_result *r, double spacing)
{
    const size_t at = strlen(tried);
    (void)snprintf(tried + at, room - at, "\n  as %s, %.4g samples a symbol: %s%s, %llu bad FCS, %llu symbol errors, %llu false carriers%s",
                   sv_phy_code_info(r->code)->name, spacing,
                   r->code == SV_PHY_10BASE_T ? "" : r->locked ? "lock" : "no lock",
                   r->inverted ? ", inverted" : "", (unsigned long long)r->count.bad_fcs,
                   (unsigned long long)r->count.symbol_error, (unsigned long long)r->count.false_carrier,
                   r->cut ? ", a frame that the end cuts off" : "");
}

bool signal_find(struct signal_result *r, struct signal_capture *c, uint32_t code, bool equaliser, char *why)
{
    static struct sv_estimate_work work;
    struct sv_estimate e;
    char tried[WHY] = "";
    sv_estimate(&e, &work, c->sample, c->n);
    const double found = (double)e.spacing_q32 / 4294967296.0;
    *r = (struct signal_result){.code = SV_PHY_CODES};
    double best = 0;
    for (uint32_t k = 0; k < SV_PHY_CODES; k++) {
        const double spacing = c->rate_hz > 0 ? c->rate_hz / (double)sv_phy_code_info(k)->symbol_hz : found;
        if ((code != SV_PHY_CODES && k != code) || spacing < SPACING_LOW || spacing > SPACING_HIGH)
            continue;
        struct signal_result one;
        if (!signal_receive(&one, c, k, spacing, equaliser)) {
            signal_result_free(&one);
            continue;
        }
        tell_code(tried, sizeof tried, &one, spacing);
        if (r->code == SV_PHY_CODES || merit(&one) > best) {
            signal_result_free(r);
            *r = one;
            best = merit(&one);
        } else {
            signal_result_free(&one);
        }
    }
    if (r->code != SV_PHY_CODES && r->count.good > 0)
        return true;
    tell_findings(why, c, &e, tried[0] ? tried : "; no code has symbols that far apart at this sample rate");
    return false;
}
