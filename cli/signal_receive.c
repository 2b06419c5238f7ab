/* SPDX-License-Identifier: BSD-2-Clause */
/* Samples -> symbols -> frames. Layer 1 finds code and sample rate (l1_physical/capture.h); here every symbol is
 * kept, for the pictures. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/signal.h"
#include "l1_physical/capture.h"
#include "port/cpu.h"

#define WHY 1024u
#define CLIPPED 100u /* per 1000 samples at an extreme */

/* Twice the room. What cannot grow stays as it is. */
static bool grow(struct signal_symbols *s)
{
    const uint32_t room = s->room ? 2 * s->room : 65536;
    int8_t *level = realloc(s->level, room * sizeof *level);
    if (!level)
        return false;
    s->level = level;
    int16_t *value = realloc(s->value, room * sizeof *value);
    if (!value)
        return false;
    s->value = value;
    uint64_t *at = realloc(s->at_q8, room * sizeof *at);
    if (!at)
        return false;
    s->at_q8 = at;
    s->room = room;
    return true;
}

static bool keep(struct signal_symbols *s, const struct sv_receiver *r)
{
    if (s->n + r->count > s->room && !grow(s))
        return false;
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

static void tell_trials(char *why, const struct sv_capture *found)
{
    bool any = false;
    for (uint32_t k = 0; k < SV_PHY_CODES; k++) {
        const struct sv_capture_trial *t = &found->trial[k];
        const size_t at = strlen(why);
        if (!t->tried)
            continue;
        any = true;
        (void)snprintf(why + at, WHY - at,
                       "\n  as %s, %.4g samples a symbol: %s, %llu bad FCS, %llu symbol errors, %llu false carriers",
                       sv_phy_code_info(k)->name, (double)t->spacing_q32 / 4294967296.0,
                       t->locked  ? "lock"
                       : t->locks ? "a signal, but no lock"
                                  : "no signal",
                       (unsigned long long)t->count.bad_fcs, (unsigned long long)t->count.symbol_error,
                       (unsigned long long)t->count.false_carrier);
    }
    if (!any) {
        const size_t at = strlen(why);
        (void)snprintf(why + at, WHY - at, "; no code can have such symbols%s",
                       found->config.sample_hz ? " at this sample rate" : "");
    }
}

static void tell_findings(char *why, const struct signal_capture *c, const struct sv_capture *found)
{
    const struct sv_estimate *e = &found->estimate;
    uint32_t at = (uint32_t)snprintf(why, WHY, "%s: no frame found. %u samples from %.4g to %.4g V", c->name, c->n,
                                     c->offset + e->low * c->volts, c->offset + e->high * c->volts);
    if (e->extreme > CLIPPED)
        at += (uint32_t)snprintf(why + at, WHY - at, ", %u.%u %% of them at the extremes: perhaps clipped",
                                 e->extreme / 10, e->extreme % 10);
    if (found->cut_short)
        at += (uint32_t)snprintf(why + at, WHY - at, ", cut short within a frame");
    if (e->verdict != SV_ESTIMATE_FOUND)
        (void)snprintf(why + at, WHY - at, "; %s (%u rising edges)", sv_estimate_name(e->verdict), e->edges);
    else
        (void)snprintf(why + at, WHY - at, "; edges at multiples of %.4g samples",
                       (double)e->spacing_q32 / 4294967296.0);
    tell_trials(why, found);
}

bool signal_find(struct signal_result *r, struct signal_capture *c, uint32_t code, bool equaliser, char *why)
{
    struct sv_capture *found = calloc(1, sizeof *found);
    *r = (struct signal_result){.code = SV_PHY_CODES};
    if (!found) {
        (void)snprintf(why, WHY, "out of memory");
        return false;
    }
    found->config = (struct sv_capture_config){.sample = c->sample,
                                               .n = c->n,
                                               .sample_hz = (uint64_t)c->rate_hz,
                                               .code = code,
                                               .no_equaliser = !equaliser,
                                               .cpu = sv_cpu_detect()};
    bool good = sv_capture_decode(found, NULL, NULL);
    if (good) {
        const double spacing = (double)found->trial[found->code].spacing_q32 / 4294967296.0;
        good = signal_receive(r, c, found->code, spacing, equaliser);
        r->rate_hz = c->rate_hz > 0 ? c->rate_hz : r->rate_hz;
        (void)snprintf(why, WHY, "%s", good ? "" : "out of memory");
    } else {
        tell_findings(why, c, found);
    }
    free(found);
    return good;
}
