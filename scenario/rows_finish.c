/* SPDX-License-Identifier: BSD-2-Clause */
/* The finished list of rows: notes put beside them, what is out of the window left out; other protocols in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/rows_private.h"
#include "scenario/run.h"

/* --- words for packets that are not TCP --- */

static void icmp_words(const struct sv_dissected *d, char *to, size_t room)
{
    static const struct {
        uint8_t type;
        int16_t code;
        const char *words;
    } names[] = {{8, -1, "echo-request"},    {0, -1, "echo-reply"},      {3, 0, "net-unreachable"},
                 {3, 1, "host-unreachable"}, {3, 3, "port-unreachable"}, {3, 4, "fragmentation-needed"},
                 {11, -1, "time-exceeded"},  {5, -1, "redirect"}};
    snprintf(to, room, "ICMP type=%u code=%u", d->icmp.type, d->icmp.code);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].type == d->icmp.type && (names[i].code < 0 || names[i].code == d->icmp.code))
            snprintf(to, room, "ICMP %s %u/%u", names[i].words, d->icmp.type, d->icmp.code);
    }
    if (d->icmp.type == 3 && d->icmp.code == 4)
        snprintf(to + strlen(to), room - strlen(to), " mtu=%u", d->icmp.word & 0xffffu);
}

const char *sc_rows_label(struct sc_rows *w, const struct sc_packet *p, const struct sv_dissected *d)
{
    char text[160], address[48];
    if (p->kinds >> SC_ARP & 1u && d->arp.ip4) {
        const bool asks = d->arp.operation == 1;
        snprintf(text, sizeof text, asks ? "ARP who-has %s" : "ARP %s is-at",
                 sv_dissect_address(4, asks ? d->arp.target : d->arp.sender, address));
        if (!asks)
            snprintf(text + strlen(text), sizeof text - strlen(text), " %02x:%02x:%02x:%02x:%02x:%02x",
                     d->arp.sender_mac[0], d->arp.sender_mac[1], d->arp.sender_mac[2], d->arp.sender_mac[3],
                     d->arp.sender_mac[4], d->arp.sender_mac[5]);
    } else if (p->kinds >> SC_ICMP & 1u) {
        icmp_words(d, text, sizeof text);
    } else if (p->kinds >> SC_DATAGRAM & 1u) {
        snprintf(text, sizeof text, "UDP %u>%u len=%u", d->port_from, d->port_to, d->payload_bytes);
    } else if (p->kinds >> SC_FRAGMENT & 1u) {
        snprintf(text, sizeof text, "IP fragment id=%u offset=%u", d->ip.id, d->ip.fragment_offset);
    } else if (p->kinds == 1u << SC_FRAME && p->from != SV_NONE) {
        snprintf(text, sizeof text, "frame type=0x%04x", d->ethertype);
    } else {
        return NULL;
    }
    return sc_take_text(&w->texts, text, strlen(text));
}

/* --- notes and marks --- */

static struct sc_row *numbered(const struct sc_rows *w, uint32_t id)
{
    for (uint32_t i = 0; id && i < w->n; i++) {
        if ((w->row[i].id == id && !w->row[i].gone) || w->row[i].also == id)
            return &w->row[i];
    }
    return NULL;
}

bool sc_rows_note(struct sc_rows *w, uint32_t row, bool arrival, const char *note)
{
    struct sc_row *r = numbered(w, row);
    if (!r)
        return false;
    const char **to = arrival ? &r->note_in : &r->note_out;
    if (*to) { /* two notes at one place */
        char text[1024];
        snprintf(text, sizeof text, "%s; %s", *to, note);
        note = text;
        *to = sc_take_text(&w->texts, note, strlen(note));
    } else {
        *to = sc_take_text(&w->texts, note, strlen(note));
    }
    return *to != NULL;
}

bool sc_rows_note_ends(struct sc_rows *w, bool end, const char *note)
{
    for (uint32_t i = w->n; end && i-- > 0;) {
        const sv_time at = w->row[i].row.departure;
        if (!w->row[i].gone && at <= w->window[1])
            return sc_rows_note(w, w->row[i].id, w->row[i].row.kind == SV_LADDER_SEGMENT, note);
    }
    if (!end)
        w->first_note = sc_take_text(&w->texts, note, strlen(note));
    return !end && w->first_note;
}

void sc_rows_forget_notes(struct sc_rows *w)
{
    for (uint32_t i = 0; i < w->n; i++)
        w->row[i].note_out = w->row[i].note_in = NULL;
    w->first_note = NULL;
}

bool sc_rows_mark(struct sc_rows *w, uint32_t row, bool arrival)
{
    struct sc_row *r = numbered(w, row);
    if (r)
        *(arrival ? &r->mark_in : &r->mark_out) = true;
    return r != NULL;
}

uint32_t sc_rows_nth(const struct sc_rows *w, uint32_t host, bool timer, uint32_t n)
{
    const uint32_t side = sc_rows_side(w, host);
    for (uint32_t i = 0; i < w->n; i++) {
        const struct sv_ladder_row *row = &w->row[i].row;
        if (row->side == side && row->kind == (timer ? SV_LADDER_TIMER : SV_LADDER_CALL) && --n == 0)
            return w->row[i].id;
    }
    return 0;
}

sv_time sc_rows_time(const struct sc_rows *w, uint32_t row, bool arrival)
{
    const struct sc_row *r = numbered(w, row);
    if (!r)
        return SV_NEVER;
    return arrival && r->row.arrival != SV_NEVER ? r->row.arrival : r->row.departure;
}

bool sc_rows_alike(const struct sc_rows *w, uint32_t row, bool arrival, uint32_t left,
                   const struct sv_ladder_row *other)
{
    const struct sc_row *r = numbered(w, row);
    if (!r)
        return false;
    const uint32_t side = left == w->host[0] ? other->side & 1u : 1u - (other->side & 1u);
    const bool packet = r->row.kind <= SV_LADDER_ARRIVED, alone = other->kind == SV_LADDER_ARRIVED;
    if (side != r->row.side || packet != (other->kind <= SV_LADDER_ARRIVED))
        return false;
    if (!packet)
        return other->kind == r->row.kind && other->departure == r->row.departure;
    if (r->row.seq != other->seq || r->row.ack != other->ack || r->row.flags != other->flags ||
        r->row.len != other->len)
        return false;
    if (other->kind == SV_LADDER_DEPARTED)
        return !arrival && other->departure == r->row.departure;
    if (alone || (other->kind == SV_LADDER_DROPPED && other->departure == other->arrival))
        return arrival && other->arrival == r->row.arrival;
    return other->departure == r->row.departure;
}

void sc_rows_window(struct sc_rows *w, sv_time from, sv_time to)
{
    w->window[0] = from;
    w->window[1] = to;
}

/* --- the list --- */

static void ends(struct sc_rows *w, struct sv_ladder_options *o)
{
    for (uint32_t i = 0; i < 2; i++) {
        const struct sc_host *h = &w->model->host[w->host[i]];
        const struct sc_host *as = h->impostor ? &w->model->host[h->impostor - 1u] : h; /* as which it answers */
        const bool v4 = as->addrs && as->addr[0].byte[10] == 0xff && as->addr[0].byte[11] == 0xff;
        char text[48] = "";
        if (as->addrs)
            sv_dissect_address(v4 ? 4 : 6, v4 ? as->addr[0].byte + 12 : as->addr[0].byte, text);
        if (w->port[i])
            snprintf(w->address[i], sizeof w->address[i], v4 ? "%s:%u" : "[%s]:%u", text, w->port[i]);
        else
            snprintf(w->address[i], sizeof w->address[i], "%s", text);
        o->end[i] = (struct sv_ladder_end){h->name, h->addrs ? w->address[i] : NULL, w->isn[i], w->has_isn[i]};
    }
    o->origin = 0;
    o->relative = 0;
}

static sv_time when(const struct sv_ladder_row *row)
{
    return row->kind == SV_LADDER_ARRIVED ? row->arrival : row->departure;
}

static const char *joined(struct sc_rows *w, const char *a, const char *b, bool zh)
{
    char text[2048];
    if (!a || !b)
        return a ? a : b;
    snprintf(text, sizeof text, "%s%s%s", a, zh ? "；" : "; ", b);
    const char *both = sc_take_text(&w->texts, text, strlen(text));
    return both ? both : a;
}

/* A departure that stands alone has its own words; what stands in one row has both. */
static void dress(struct sc_rows *w, struct sv_ladder_row *rows, size_t n, bool zh)
{
    /* By number: where the row stands, 1 and up, and in how many drawn ones it became. */
    uint32_t *place = calloc(2u * ((size_t)w->ids + 1u), sizeof *place), *drawn = place ? place + w->ids + 1u : NULL;
    for (uint32_t i = 0; place && i < w->n; i++)
        place[w->row[i].id] = i + 1u;
    for (size_t i = 0; place && i < n; i++)
        drawn[rows[i].tag <= w->ids ? rows[i].tag : 0]++;
    for (size_t i = 0; place && i < n; i++) {
        const uint32_t tag = rows[i].tag <= w->ids ? rows[i].tag : 0;
        const struct sc_row *r = tag && place[tag] ? &w->row[place[tag] - 1u] : NULL;
        if (!r)
            continue;
        const bool split = drawn[tag] > 1;
        const bool out = split && rows[i].kind == SV_LADDER_DEPARTED;
        rows[i].note = !split ? joined(w, r->note_out, r->note_in, zh) : out ? r->note_out : r->note_in;
        rows[i].decisive = !split ? r->mark_out || r->mark_in : out ? r->mark_out : r->mark_in;
    }
    free(place);
}

/* TIME-WAIT left early is said in words, which the calls of the moment may follow; those are names and stay. */
static const char *in_chinese(struct sc_rows *w, const char *text)
{
    char words[256];
    const size_t n = strlen(sc_rows_cut_short);
    if (strncmp(text, sc_rows_cut_short, n) != 0)
        return text;
    snprintf(words, sizeof words, "提前结束 2 MSL%s", text + n);
    const char *taken = sc_take_text(&w->texts, words, strlen(words));
    return taken ? taken : text;
}

static size_t plain_rows(struct sc_rows *w, const struct sc_run *run, struct sv_ladder_row *to, bool zh)
{
    size_t n = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        const struct sc_row *r = &w->row[i];
        const sv_time needs = w->delay[r->row.side & 1u];
        if (r->gone)
            continue;
        to[n] = r->row;
        if (zh && to[n].text)
            to[n].text = in_chinese(w, to[n].text);
        if (to[n].kind == SV_LADDER_LOST && !to[n].text) {
            if (needs == SV_NEVER || run->now - to[n].departure <= needs + needs / 4)
                to[n].kind = SV_LADDER_DEPARTED;
            else
                to[n].text = zh ? "丢失" : "lost";
        }
        n++;
    }
    return n;
}

const struct sv_ladder_row *sc_rows_finish(struct sc_rows *w, const struct sc_run *run, size_t *n,
                                           struct sv_ladder_options *options)
{
    const size_t room = 3u * (size_t)w->n + 2u;
    const bool zh = options->lang == SV_LADDER_ZH;
    free(w->done);
    w->done = calloc(room, sizeof *w->done);
    *n = 0;
    if (!w->done)
        return NULL;
    struct sv_ladder_row *plain = w->done + 2u * w->n + 1u;
    const size_t count = plain_rows(w, run, plain, zh);
    uint64_t delay[2];
    for (uint32_t i = 0; i < 2; i++)
        delay[i] = w->delay[i] == SV_NEVER ? 0 : w->delay[i];
    w->done[0] = sv_ladder_row_of(SV_LADDER_STATE, SV_LADDER_LEFT, w->window[0]);
    w->done[0].left_state = w->initial[0];
    w->done[0].right_state = w->initial[1];
    w->done[0].note = w->first_note;
    size_t used = 1u + sv_ladder_order(plain, count, delay, w->done + 1);
    dress(w, w->done + 1, used - 1u, zh);
    size_t kept = 1;
    for (size_t i = 1; i < used; i++) {
        const struct sv_ladder_row *row = &w->done[i];
        if (when(row) < w->window[0]) { /* its states are what the window begins with */
            if (row->left_state != SV_LADDER_UNKNOWN)
                w->done[0].left_state = row->left_state;
            if (row->right_state != SV_LADDER_UNKNOWN)
                w->done[0].right_state = row->right_state;
        } else if (when(row) <= w->window[1]) {
            w->done[kept++] = *row;
        }
    }
    ends(w, options);
    *n = kept;
    return w->done;
}
