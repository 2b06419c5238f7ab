/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens beside the segments: steps of the timeline, faults that act, and the other layers' words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/page_private.h"
#include "sim/link.h"
#include "trace/dissect.h"
#include "trace/events.h"

#define OF_ONE_KIND 300u

static void add(struct sc_page *p, enum page_event_kind kind, uint32_t host, sv_time t, const char *text)
{
    if (p->events == SC_PAGE_EVENTS) {
        p->events_left_out++;
        return;
    }
    char *own = sc_take_text(&p->memory, text, strlen(text));
    if (!own || !page_more(p, (void **)&p->event, p->events, &p->events_room, sizeof *p->event)) {
        p->failed = true;
        return;
    }
    p->event[p->events++] = (struct page_event){t, kind, host, own, -1, 0, -1, 0};
}

static void say(struct sv_line_text *line, const struct sc_node *n, bool top, const char *const *but)
{
    const char *between = "";
    if (n->kind == SC_SCALAR) {
        sv_text_format(line, "%s", n->text);
        return;
    }
    if (!top)
        sv_text_format(line, n->kind == SC_LIST ? "[" : "{");
    for (const struct sc_node *c = n->child; c; c = c->next) {
        bool left_out = false;
        for (uint32_t i = 0; top && c->key && but[i]; i++)
            left_out = left_out || strcmp(but[i], c->key) == 0;
        if (left_out)
            continue;
        sv_text_format(line, "%s", between);
        if (c->key)
            sv_text_format(line, "%s: ", c->key);
        say(line, c, false, but);
        between = ", ";
    }
    if (!top)
        sv_text_format(line, n->kind == SC_LIST ? "]" : "}");
}

char *page_sentence(struct sc_page *p, const struct sc_node *map, const char *const *but)
{
    char room[512];
    struct sv_line_text line = sv_text_of(room, sizeof room);
    if (map)
        say(&line, map, true, but);
    return sc_take_text(&p->memory, room, strlen(room));
}

/* Steps that were done since the last look. One at a fixed time was done then; the others when the script spoke. */
static void steps(struct sc_page *p)
{
    static const char *const but[] = {"at", "after", "plus", "host", NULL};
    const struct sc_run *run = p->run;
    if (p->said == run->script_said && run->now != p->said)
        return; /* it has not spoken since */
    p->said = run->script_said;
    for (uint32_t i = 0; i < run->model->steps; i++) {
        const struct sc_step *s = &run->model->step[i];
        if (!run->step_done[i] || p->step_told[i])
            continue;
        p->step_told[i] = true;
        const char *text = page_sentence(p, s->at_node, but);
        add(p, PAGE_STEP, s->host, s->at != SV_NEVER ? s->at : run->script_said, text ? text : "");
    }
}

/* A drop by the scenario's own hand: which fault was it? One that has hit once more than was told. */
static void faults(struct sc_page *p, const struct sv_trace_record *r)
{
    static const char *const but[] = {"id", NULL};
    const struct sc_run *run = p->run;
    bool named = r->kind != SV_TRACE_DROP || r->detail != SV_DROP_SCENARIO_FAULT;
    for (uint32_t i = 0; i < run->model->faults; i++) {
        const struct sc_fault *f = &run->model->fault[i];
        const uint64_t hits = run->fault_count[i].hits;
        if (hits > p->fault_told[i]) {
            char text[600];
            const char *what = page_sentence(p, f->at_node, but);
            snprintf(text, sizeof text, "%s: %s", f->id, what ? what : "");
            if (p->fault_told[i] < OF_ONE_KIND)
                add(p, PAGE_FAULT, SV_NONE, run->now, text);
            else
                p->events_left_out++;
            p->fault_told[i] = hits;
        }
        if (named || (f->deed != SC_DROP && f->deed != SC_PARTITION) || p->fault_named[i] >= hits)
            continue;
        named = true;
        p->fault_named[i]++;
        if (page_more(p, (void **)&p->lost, p->losts, &p->losts_room, sizeof *p->lost))
            p->lost[p->losts++] = (struct page_lost){run->now, r->host - 1u, i};
    }
}

/* Segments, states, timers and calls stand in the ladders; of frames, and what each does to a switch, there are too
 * many. */
static bool is_told(const struct sc_page *p, const struct sv_trace_record *r)
{
    switch (r->kind) {
    case SV_TRACE_NEIGHBOUR:
    case SV_TRACE_FRAGMENT:
    case SV_TRACE_ICMP:
    case SV_TRACE_LINK:
    case SV_TRACE_PMTU:
    case SV_TRACE_STP:
    case SV_TRACE_NAT:
    case SV_TRACE_UDP_SENT:
    case SV_TRACE_UDP_RECEIVED:
        return true;
    case SV_TRACE_DROP:
        return p->conversations == 0;
    default:
        return false;
    }
}

static const char *state_of(uint32_t state)
{
    static const char *const names[] = {"-",     "INCOMPLETE", "REACHABLE", "STALE",
                                        "DELAY", "PROBE",      "FAILED",    "PERMANENT"};
    return state < sizeof names / sizeof *names ? names[state] : "?";
}

/* The commonest in fewer words, which are the same in every language. False: it is none of those. */
static bool brief(const struct sv_trace_record *r, const uint8_t *bytes, char *to, size_t room)
{
    char address[48];
    const bool out = r->kind == SV_TRACE_UDP_SENT;
    if (r->kind == SV_TRACE_NEIGHBOUR && r->bytes >= 16) {
        const bool v4 = bytes[10] == 0xff && bytes[11] == 0xff;
        sv_dissect_address(v4 ? 4 : 6, v4 ? bytes + 12 : bytes, address);
        snprintf(to, room, "%s %s: %s → %s", v4 ? "ARP" : "ND", address, state_of(r->arg[1]), state_of(r->arg[2]));
        return true;
    }
    if (out || r->kind == SV_TRACE_UDP_RECEIVED) {
        snprintf(to, room, "UDP %u %s %u len=%u", r->arg[0], out ? "→" : "←", r->arg[1], r->arg[2]);
        return true;
    }
    return false;
}

static void other(struct sc_page *p, const struct sv_trace_record *r, const uint8_t *bytes)
{
    const struct sv_events_options options = {0};
    const uint32_t host = r->host - 1u;
    const struct sc_model *m = p->run->model;
    char room[300], text[360];
    struct sv_line_text line = sv_text_of(room, sizeof room);
    if (!is_told(p, r) || (r->kind == SV_TRACE_NEIGHBOUR && r->arg[1] == r->arg[2]))
        return;
    if (r->kind < 64 && p->of_kind[r->kind]++ >= OF_ONE_KIND) {
        p->events_left_out++;
        return;
    }
    const struct sv_sink sink = {sv_text_put, &line};
    sv_events_text(r, bytes, &options, &sink);
    const char *rest = room; /* behind the time and the numbers of host and flow: the page has names */
    for (uint32_t word = 0; word < 2; word++) {
        rest += strcspn(rest, " ");
        rest += strspn(rest, " ");
    }
    if (brief(r, bytes, room, sizeof room))
        rest = room;
    const bool link = host >= m->hosts && host - m->hosts < m->links;
    snprintf(text, sizeof text, "%s%s%.*s", link ? m->link[host - m->hosts].name : "", link ? " " : "",
             (int)strcspn(rest, "\n"), rest);
    const uint32_t before = p->events;
    add(p, PAGE_OTHER, host < m->hosts ? host : SV_NONE, r->time, text);
    if (p->events == before)
        return;
    struct page_event *e = &p->event[before]; /* what the picture of the net shows of it */
    if (r->kind == SV_TRACE_STP && r->detail == SV_STP_STATE) {
        e->port = (int32_t)r->arg[0];
        e->state = (int32_t)r->arg[2];
    }
    if (r->kind == SV_TRACE_LINK && link && r->detail <= SV_LINK_CUT) {
        e->link = (int32_t)(host - m->hosts);
        e->down = r->detail == SV_LINK_CUT;
    }
}

void page_events(struct sc_page *p, const struct sv_trace_record *r, const uint8_t *bytes)
{
    steps(p);
    faults(p, r);
    other(p, r, bytes);
}
