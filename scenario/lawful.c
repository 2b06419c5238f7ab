/* SPDX-License-Identifier: BSD-2-Clause */
/* The onlooker's notes: which end a frame belongs to, what has come to it, what states it goes through. */
#include "scenario/lawful.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pool_inline.h"
#include "core/seq.h"
#include "stack/stack_internal.h"
#include "trace/dissect.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* By its own clock, which may be fast or slow. */
sv_time sc_lawful_now(const struct sc_run *run, uint32_t host)
{
    return sv_world_local(run->sim->world, host);
}

/* --- ends --- */

static bool same(const struct sv_endpoint *a, const struct sv_endpoint *b)
{
    return a->port == b->port && memcmp(&a->addr, &b->addr, sizeof a->addr) == 0;
}

static struct sc_lawful *side_of(struct sc_run *run, uint32_t host, const struct sv_endpoint *local,
                                 const struct sv_endpoint *remote, bool make)
{
    struct sc_lawful_table *t = run->lawful;
    uint32_t at = (local->port * 31u + remote->port) * 2654435761u ^ host * 977u ^ remote->addr.byte[15] * 17u;
    for (uint32_t tries = 0; tries < t->n; tries++, at++) {
        struct sc_lawful *s = &t->side[at & (t->n - 1u)];
        if (s->used && s->host == host && same(&s->local, local) && same(&s->remote, remote))
            return s;
        if (s->used)
            continue;
        if (make)
            *s = (struct sc_lawful){.local = *local, .remote = *remote, .host = host, .used = true};
        return make ? s : NULL;
    }
    run->out_of_room = run->out_of_room || make;
    return NULL;
}

static struct sv_endpoint endpoint(const struct sv_dissected *d, const uint8_t bytes[16], uint16_t port)
{
    struct sv_endpoint e = {.port = port};
    if (d->ip.version == 4)
        e.addr = sv_addr_v4(bytes[0], bytes[1], bytes[2], bytes[3]);
    else
        memcpy(e.addr.byte, bytes, 16);
    return e;
}

/* A whole frame of TCP, not a fragment of one. */
static bool read_whole(const struct sv_buf *b, struct sv_dissected *d)
{
    static uint8_t frame[65536];
    d->seen = 0;
    if (b->length > sizeof frame || !sv_buf_read(b, 0, frame, b->length))
        return false;
    sv_dissect(d, SV_LINK_ETHERNET, frame, b->length, b->length);
    return d->seen & SV_SEEN_TCP && !(d->seen & SV_SEEN_FRAGMENT);
}

static struct sc_lawful_syn syn_of(const struct sv_dissected *d)
{
    const struct sv_tcp_options *o = &d->tcp.options;
    return (struct sc_lawful_syn){.seq = d->tcp.seq,
                                  .mss = o->has_mss           ? o->mss
                                         : d->ip.version == 4 ? 536u
                                                              : 1220u,
                                  .window = d->tcp.window,
                                  .scales = o->has_scale,
                                  .stamps = o->has_timestamp,
                                  .sacks = o->sack_permitted,
                                  .scale = o->scale > 14 ? 14 : o->scale,
                                  .stamp = o->has_timestamp ? o->ts_value : 0};
}

/* --- what leaves --- */

/* What is left when nothing is known of its connection: the SYNs that came. */
static struct sc_lawful anew(const struct sc_lawful *s)
{
    struct sc_lawful fresh = {.local = s->local, .remote = s->remote, .host = s->host, .used = true, .syns = s->syns};
    memcpy(fresh.syn, s->syn, sizeof s->syn);
    fresh.unseen = s->unseen;
    return fresh;
}

/* A SYN with another number is another connection. */
static void begins(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    sc_lawful_asked(run, s);
    const struct sc_lawful_due due = {
        .kind = s->due.kind, .ack = s->due.ack, .at = s->due.at, .local = s->due.local, .why = s->due.why};
    const sv_time came_at = s->came_at, free_at = s->free_at;
    *s = anew(s);
    s->unseen = false;
    s->spoke = true;
    s->own = syn_of(d);
    s->iss = d->tcp.seq;
    s->sent = s->acked = s->surely = s->iss;
    s->again_at = s->iss;
    s->owed = s->flight = s->waits = s->reset_due = SV_NEVER;
    s->may_answer = s->may_reset = true;
    s->due = due;
    s->came_at = came_at;
    s->free_at = free_at;
    for (uint32_t i = run->endpoints; i-- > 0 && !s->endpoint;) {
        const struct sc_endpoint *e = &run->endpoint[i];
        if (e->host == s->host && e->has_iss && e->iss == s->iss && e->local.port == s->local.port)
            s->endpoint = i + 1u;
    }
}

/* Its SYN,ACK waited for the neighbour's address and was lost, or was the earlier of two cookies: it speaks for a SYN
 * that came, and with numbers of which nobody knows where they begin. */
static bool is_unseen(const struct sc_run *run, const struct sc_lawful *s, const struct sv_dissected *d)
{
    const sv_time asked = run->lawful->host[s->host].asked;
    const uint64_t given = run->set[s->host].given;
    const bool waited = asked && sc_lawful_now(run, s->host) < asked + 200u * SV_S;
    const bool cookies = given >> SC_HALF_OPEN & 1u || given >> SC_SYN_COOKIES & 1u;
    if (!s->agreed || (d->tcp.flags & (SYN | RST | ACK)) != ACK || !(waited || cookies))
        return false;
    if (cookies && s->own.stamps && s->peer.stamps && !d->tcp.options.has_timestamp)
        return true; /* what was agreed upon came back in a timestamp (RFC 4987 §3.6), and one without any opened it */
    if (d->tcp.ack == s->irs + 1u) /* the same SYN, and another number of its own; or the same cookie later on */
        return s->told == d->tcp.ack ? d->tcp.seq - s->iss > s->sent - s->iss : cookies && d->tcp.seq == s->iss + 1u;
    for (uint32_t i = 0; i < SC_LAWFUL_SYNS && i < s->syns; i++) {
        const uint32_t first = s->syn[i].seq + 1u; /* an earlier SYN's cookie may have come back with text */
        if (d->tcp.ack == first || (cookies && sv_seq_before(d->tcp.ack, s->irs) && d->tcp.ack - first < 65536u))
            return true;
    }
    return false;
}

/* A SYN of its peer's that is not the one that was agreed upon: the numbers of two answers are the same within 4 us
 * (RFC 6528 §3). */
static bool answers_another(const struct sc_lawful *s, const struct sv_dissected *d)
{
    if (!(d->tcp.flags & ACK) || !s->agreed || s->timing.active || d->tcp.ack == s->irs + 1u)
        return false;
    for (uint32_t i = 0; i < SC_LAWFUL_SYNS && i < s->syns; i++) {
        if (s->syn[i].seq + 1u == d->tcp.ack)
            return true;
    }
    return false;
}

void sc_lawful_departs(struct sc_run *run, uint32_t host, const struct sv_buf *b)
{
    struct sv_dissected d;
    if (!run->lawful)
        return;
    const bool whole = read_whole(b, &d);
    memcpy(run->lawful->host[host].mac, d.mac_from, 6);
    run->lawful->host[host].has_mac = true;
    if (d.seen & SV_SEEN_ARP)
        run->lawful->host[host].asked = sc_lawful_now(run, host);
    if (!whole)
        return;
    const struct sv_endpoint local = endpoint(&d, d.ip.from, d.port_from), remote = endpoint(&d, d.ip.to, d.port_to);
    if (sc_host_of(run, &local.addr) != host)
        return;
    struct sc_lawful *s = side_of(run, host, &local, &remote, (d.tcp.flags & (SYN | RST)) == SYN);
    if (s && (d.tcp.flags & (SYN | RST)) == SYN && (!s->spoke || s->iss != d.tcp.seq || answers_another(s, &d)))
        begins(run, s, &d);
    if (s && is_unseen(run, s, &d))
        s->unseen = true;
    if (!s || s->unseen) {
        if (s)
            *s = anew(s);
        return;
    }
    run->lawful->host[host].recent = s;
    if (d.tcp.flags & RST)
        sc_observe(run); /* what has ended, and why */
    if (!sc_lawful_answers(run, s, &d) && s->spoke)
        sc_lawful_rules_sent(run, s, &d);
}

/* --- what comes --- */

void sc_lawful_agree(struct sc_lawful *s, const struct sc_lawful_syn *syn)
{
    s->agreed = true;
    s->peer = *syn;
    s->irs = syn->seq;
    s->came = s->told = syn->seq + 1u;
    s->edge = s->came + s->own.window;
    s->stamp_known = syn->stamps;
    s->stamp_came = syn->stamp;
    for (uint32_t i = 0; i < SC_LAWFUL_SYNS && i < s->syns; i++) { /* several may have come, and who knows which */
        const struct sc_lawful_syn *k = &s->syn[i];
        if (k->seq != syn->seq)
            continue;
        if (k->stamps && (!s->stamp_known || sv_seq_after(k->stamp, s->stamp_came)))
            s->stamp_came = k->stamp;
        s->stamp_known = s->stamp_known || k->stamps;
        s->peer.mss = k->mss > s->peer.mss ? k->mss : s->peer.mss;
        s->peer.scale = s->peer.scales ? s->peer.scale : k->scale;
        s->peer.scales = s->peer.scales || k->scales;
        s->peer.stamps = s->peer.stamps || k->stamps;
        s->peer.sacks = s->peer.sacks || k->sacks;
    }
    s->window = syn->window;
    s->widest = (uint32_t)syn->window << (s->own.scales && syn->scales ? syn->scale : 0);
    s->window_told = syn->seq;
    s->window_by = s->iss;
    s->window_end = s->acked + syn->window;
}

/* [begin, end) has come: joins what it touches; then what is in order. */
static void came(struct sc_lawful *s, uint32_t begin, uint32_t end)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->ranges; i++) {
        const uint32_t a = s->range[i][0], b = s->range[i][1];
        if (sv_seq_before(end, a) || sv_seq_before(b, begin)) {
            s->range[kept][0] = a;
            s->range[kept++][1] = b;
            continue;
        }
        begin = sv_seq_before(a, begin) ? a : begin;
        end = sv_seq_after(b, end) ? b : end;
    }
    s->ranges = kept;
    if (sv_seq_before_or_at(begin, s->came)) {
        s->came = sv_seq_after(end, s->came) ? end : s->came;
    } else if (kept < SC_LAWFUL_RANGES) {
        s->range[kept][0] = begin;
        s->range[s->ranges++][1] = end;
    } else {
        s->ranges_full = true; /* from here on nobody knows what has come */
    }
}

static void stamped(struct sc_lawful *s, const struct sv_dissected *d)
{
    const struct sv_tcp_options *o = &d->tcp.options;
    if (!o->has_timestamp || (s->stamp_known && !sv_seq_after(o->ts_value, s->stamp_came)))
        return;
    s->stamp_came = o->ts_value;
    s->stamp_known = true;
}

/* What the acknowledgement of a segment that came tells the sender. */
static void heard(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const uint32_t scale = d->tcp.flags & SYN || !s->own.scales || !s->peer.scales ? 0 : s->peer.scale;
    if (!sv_seq_after(d->tcp.ack, s->iss) || sv_seq_after(d->tcp.ack, s->sent))
        return;
    s->repeated++;
    if (sv_seq_after(d->tcp.ack, s->acked)) {
        s->acked = d->tcp.ack;
        s->again_sent = s->repeated = 0;
        s->flight = s->acked == s->sent ? SV_NEVER : sc_lawful_now(run, s->host);
    }
    /* SND.WND counts from SND.UNA, and a segment that came late moves that alone (§3.10.7.4, fifth): the edge may seem
     * to go further than the peer ever told. Late news of a window is no more than an older one. */
    const uint32_t window = (uint32_t)d->tcp.window << scale;
    const uint32_t wide = (uint32_t)d->tcp.window << (s->own.scales && s->peer.scales ? s->peer.scale : 0);
    s->widest = wide > s->widest ? wide : s->widest;
    if (sv_seq_before(s->window_told, d->tcp.seq) ||
        (s->window_told == d->tcp.seq && sv_seq_before_or_at(s->window_by, d->tcp.ack))) {
        s->window_told = d->tcp.seq;
        s->window_by = d->tcp.ack;
        s->window = window;
    }
    if (sv_seq_after(s->acked + s->window, s->window_end))
        s->window_end = s->acked + s->window;
    if (sv_seq_after(d->tcp.ack + window, s->window_end))
        s->window_end = d->tcp.ack + window;
}

/* A bit of an address may have been turned over on the way: it is another's, or comes from a group, which none does. */
static bool is_for(const struct sc_run *run, uint32_t host, const struct sv_dissected *d)
{
    if (d->mac_from[0] & 1u)
        return false;
    uint8_t mac[6];
    sc_mac_of(&run->model->host[host], 0, mac); /* until it has spoken */
    return memcmp(run->lawful->host[host].has_mac ? run->lawful->host[host].mac : mac, d->mac_to, 6) == 0;
}

/* Its bytes, and its end. */
static void bytes_came(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d, enum sc_lawful_fate fate,
                       bool stray)
{
    const uint32_t flags = d->tcp.flags, length = d->payload_bytes + (flags & FIN ? 1u : 0);
    const bool stamps = s->own.stamps && s->peer.stamps;
    /* One without the timestamp that was agreed upon may be taken or dropped in silence (RFC 7323 §3.2). */
    const bool may_wait = fate == SC_LAWFUL_MAY_BE && !s->endpoint; /* perhaps nobody is there to take it */
    const bool past = stray || may_wait || (fate == SC_LAWFUL_MAY_BE && sv_seq_before(d->tcp.ack, s->acked));
    if (length && stamps == (bool)d->tcp.options.has_timestamp && s->owed == SV_NEVER && !past &&
        sv_seq_after(s->acked, s->iss) && !s->over)
        s->owed = sc_lawful_now(run, s->host);
    const uint32_t unit = s->own.scales && s->peer.scales ? 1u << s->own.scale : 1u;
    if (fate == SC_LAWFUL_TEXT_REFUSED || sv_seq_after(d->tcp.ack, s->sent) ||
        sv_seq_before(d->tcp.ack, s->surely - s->widest) || sv_seq_after_or_at(d->tcp.seq, s->edge + unit - 1u))
        return;
    if (flags & FIN)
        s->fin_came = true;
    if (length && !s->finished) /* behind the end nothing comes */
        came(s, d->tcp.seq, d->tcp.seq + length);
}

/* Of what it brings, something was there; or it reaches so far that nobody knows what of it is. */
static bool is_twice(const struct sc_lawful *s, const struct sv_dissected *d)
{
    const uint32_t begin = d->tcp.seq + (d->tcp.flags & SYN ? 1u : 0);
    const uint32_t end = begin + d->payload_bytes + (d->tcp.flags & FIN ? 1u : 0);
    if (d->tcp.flags & SYN && s->syns > 1)
        return true;
    if (end == begin || !s->agreed)
        return end != begin;
    bool twice = s->ranges_full || sv_seq_before(begin, s->came) || sv_seq_after(end, s->edge);
    for (uint32_t i = 0; i < s->ranges; i++)
        twice = twice || (sv_seq_before(begin, s->range[i][1]) && sv_seq_before(s->range[i][0], end));
    return twice;
}

/* The answer to a SYN that crossed its own is not sent when that is acknowledged in the same burst. */
static void crossed(struct sc_lawful *s, const struct sv_dissected *d)
{
    const struct sc_lawful_syn *syn = &s->syn[(s->syns - 1u) % SC_LAWFUL_SYNS];
    if (s->spoke && !s->agreed && s->syns && s->timing.active && (d->tcp.flags & (SYN | ACK)) == ACK &&
        d->tcp.ack == s->iss + 1u && d->tcp.seq == syn->seq + 1u)
        sc_lawful_agree(s, syn);
}

void sc_lawful_arrives(struct sc_run *run, uint32_t host, const struct sv_buf *b, uint32_t nth, bool stray)
{
    struct sv_dissected d;
    if (!run->lawful || !read_whole(b, &d) || !is_for(run, host, &d) || d.checksum_state != SV_CHECKSUM_GOOD ||
        d.problems)
        return;
    const struct sv_endpoint local = endpoint(&d, d.ip.to, d.port_to), remote = endpoint(&d, d.ip.from, d.port_from);
    if (sc_host_of(run, &local.addr) != host)
        return;
    const uint32_t flags = d.tcp.flags;
    const bool make = (flags & (SYN | RST)) == SYN || (run->strays && sc_host_of(run, &remote.addr) != SV_NONE);
    struct sc_lawful *s = side_of(run, host, &local, &remote, make);
    if (!s)
        return;
    run->lawful->host[host].recent = s;
    sc_lawful_rules_time(run, s);
    sc_lawful_asked(run, s);
    const enum sc_lawful_fate fate = sc_lawful_asks(run, s, &d);
    sc_lawful_comes(run, s, &d, run->stack[host]->core.packet_id + 1u + nth); /* as the stack will number it */
    if ((flags & (SYN | RST)) == SYN)
        s->syn[s->syns++ % SC_LAWFUL_SYNS] = syn_of(&d);
    if (s->unseen)
        return;
    s->twice = s->twice || is_twice(s, &d);
    if (s->agreed || flags & SYN)
        stamped(s, &d);
    if (fate == SC_LAWFUL_REFUSED)
        return;
    s->again_n = 0;
    sc_lawful_urgent_came(run, s, &d, fate);
    sc_lawful_timing_came(run, s, &d, fate);
    if (flags & RST) {
        s->reset_came = s->reset_came || sv_seq_within(d.tcp.seq, s->told, s->came - s->told + 1u) || !s->agreed;
        return;
    }
    if (flags & SYN && s->spoke && !s->agreed && flags & ACK && d.tcp.ack == s->iss + 1u)
        sc_lawful_agree(s, &s->syn[(s->syns - 1u) % SC_LAWFUL_SYNS]);
    crossed(s, &d);
    if (!s->agreed)
        return;
    s->doubtful = s->doubtful || (fate == SC_LAWFUL_MAY_BE && s->fin_sent && sv_seq_after(d.tcp.ack, s->fin_at));
    s->strayed = s->strayed || stray || (fate == SC_LAWFUL_MAY_BE && sv_seq_after(d.tcp.seq, s->edge));
    if (flags & ACK) {
        sc_lawful_timing_heard(s, &d, fate);
        heard(run, s, &d);
        sc_lawful_timing_shut(run, s);
    }
    if (fate == SC_LAWFUL_TAKEN && flags & ACK && sv_seq_after(d.tcp.ack, s->surely) &&
        sv_seq_before_or_at(d.tcp.ack, s->acked))
        s->surely = d.tcp.ack;
    if (flags & ACK && !(flags & SYN))
        bytes_came(run, s, &d, fate, stray);
}

/* --- what the stack says of itself --- */

/* The figure of RFC 9293 §3.3.2, the exits by reset, abort and time-out apart, which lead to CLOSED from everywhere. */
static bool leads(uint32_t from, uint32_t to)
{
    static const uint8_t edges[][2] = {
        {SV_CLOSED, SV_LISTEN},           {SV_CLOSED, SV_SYN_SENT},          {SV_CLOSED, SV_SYN_RECEIVED},
        {SV_LISTEN, SV_SYN_RECEIVED},     {SV_LISTEN, SV_SYN_SENT},          {SV_SYN_SENT, SV_SYN_RECEIVED},
        {SV_SYN_SENT, SV_ESTABLISHED},    {SV_SYN_RECEIVED, SV_ESTABLISHED}, {SV_SYN_RECEIVED, SV_FIN_WAIT_1},
        {SV_SYN_RECEIVED, SV_CLOSE_WAIT}, {SV_ESTABLISHED, SV_FIN_WAIT_1},   {SV_ESTABLISHED, SV_CLOSE_WAIT},
        {SV_FIN_WAIT_1, SV_FIN_WAIT_2},   {SV_FIN_WAIT_1, SV_CLOSING},       {SV_FIN_WAIT_1, SV_TIME_WAIT},
        {SV_FIN_WAIT_2, SV_TIME_WAIT},    {SV_CLOSING, SV_TIME_WAIT},        {SV_CLOSE_WAIT, SV_LAST_ACK},
        {SV_TIME_WAIT, SV_SYN_RECEIVED}};
    for (uint32_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        if (edges[i][0] == from && edges[i][1] == to)
            return true;
    }
    return to == SV_CLOSED;
}

struct sc_lawful *sc_lawful_side(struct sc_run *run, const struct sc_endpoint *e)
{
    struct sc_lawful *s = e->remote.port ? side_of(run, e->host, &e->local, &e->remote, false) : NULL;
    return s && s->spoke && (!e->has_iss || e->iss == s->iss) ? s : NULL;
}

/* Small records have no number: a listener's half-open ones go back to LISTEN, and a wait ends, or is taken over. */
void sc_lawful_moves_small(struct sc_run *run, uint32_t host, uint32_t from, uint32_t to)
{
    const bool right = from == SV_LISTEN         ? to == SV_SYN_RECEIVED
                       : from == SV_SYN_RECEIVED ? to == SV_LISTEN || to == SV_CLOSED
                                                 : from == SV_TIME_WAIT && (to == SV_CLOSED || to == SV_SYN_RECEIVED);
    if (run->lawful && !right)
        sc_lawful_breach(run, host, "goes from %s to %s, which no edge of RFC 9293's figure does",
                         sv_tcp_state_name((enum sv_tcp_state)from), sv_tcp_state_name((enum sv_tcp_state)to));
    /* A SYN ends a wait, and its answer may never leave: it is one of those to which something has just come. */
    for (uint32_t i = 0; run->lawful && from == SV_TIME_WAIT && to == SV_SYN_RECEIVED && i < run->lawful->n; i++) {
        struct sc_lawful *s = &run->lawful->side[i];
        if (!s->used || s->host != host || !s->wait_from || s->came_at != run->now)
            continue;
        s->unseen = true;
        *s = anew(s);
    }
}

/* What must have happened on the wire for a state. */
static const char *lacks(const struct sc_lawful *s, uint32_t from, uint32_t to)
{
    const bool acked = s->fin_sent && sv_seq_after(s->acked, s->fin_at);
    const bool finished = s->fin_came && !s->ranges;
    if (to == SV_ESTABLISHED && !sv_seq_after(s->acked, s->iss))
        return "its SYN was not acknowledged";
    if (to == SV_FIN_WAIT_2 && !acked)
        return "its FIN was not acknowledged";
    if (to == SV_TIME_WAIT && !acked)
        return "its FIN was not acknowledged";
    if ((to == SV_CLOSE_WAIT || to == SV_CLOSING || to == SV_TIME_WAIT) && !s->fin_came)
        return "no FIN came";
    if ((to == SV_CLOSE_WAIT || to == SV_CLOSING) && !finished && !s->ranges_full)
        return "there are holes before the FIN";
    if (from == SV_FIN_WAIT_1 && to == SV_CLOSING && acked && !s->doubtful)
        return "its FIN was acknowledged already";
    return NULL;
}

void sc_lawful_moves(struct sc_run *run, const struct sc_endpoint *e, uint32_t from, uint32_t to)
{
    if (!run->lawful)
        return;
    if (!leads(from, to)) {
        sc_lawful_breach(run, e->host, "goes from %s to %s, which no edge of RFC 9293's figure does",
                         sv_tcp_state_name((enum sv_tcp_state)from), sv_tcp_state_name((enum sv_tcp_state)to));
        return;
    }
    struct sc_lawful *s = sc_lawful_side(run, e);
    if (s)
        s->endpoint = (uint32_t)(e - run->endpoint) + 1u;
    const char *what = s ? lacks(s, from, to) : NULL;
    if (what)
        sc_lawful_breach(run, e->host, "is in %s, and %s", sv_tcp_state_name((enum sv_tcp_state)to), what);
    if (s && (to == SV_CLOSE_WAIT || to == SV_CLOSING || to == SV_TIME_WAIT))
        s->finished = true;
    if (s && to != SV_CLOSED && from != SV_TIME_WAIT) /* waits have no number: another's may be over */
        s->state = to;
    if (s && from != SV_TIME_WAIT)
        s->wait_from = to == SV_TIME_WAIT ? sc_lawful_now(run, e->host) : 0;
    if (to == SV_TIME_WAIT)
        run->lawful->host[e->host].at[run->lawful->host[e->host].began++ % 64u] = sc_lawful_now(run, e->host);
}

/* All wait equally long: the k-th that is over began k-th, or earlier ones were made to wait anew. */
void sc_lawful_waited(struct sc_run *run, uint32_t host)
{
    if (!run->lawful || run->down[host])
        return;
    const sv_time least = run->stack[host]->tcp.time_wait, now = sc_lawful_now(run, host);
    if (run->script_begun && run->script_said == run->now)
        return; /* its program connects anew, which may end a wait (RFC 6191); nobody knows which */
    const uint32_t k = run->lawful->host[host].over++;
    const uint32_t began = run->lawful->host[host].began;
    if (k < began && began - k <= 64u && now - run->lawful->host[host].at[k % 64u] < least)
        sc_lawful_breach(run, host, "stayed %.3f s in TIME-WAIT, and 2 MSL is %.3f s",
                         (double)(now - run->lawful->host[host].at[k % 64u]) / 1e9,
                         (double)run->stack[host]->tcp.time_wait / 1e9);
}

void sc_lawful_ends(struct sc_run *run, const struct sc_endpoint *e)
{
    struct sc_lawful *s = run->lawful ? sc_lawful_side(run, e) : NULL;
    if (!s)
        return;
    sc_lawful_rules_time(run, s);
    if (e->cause == SV_CAUSE_PEER_RESET && !s->reset_came)
        sc_lawful_breach(run, e->host, "was reset, and no RST with the number it expects had come (RFC 5961 §3.2)");
    const sv_time now = sc_lawful_now(run, e->host), at = run->lawful->host[e->host].asked;
    const bool asked = at && at + 200u * SV_S > now; /* for an address: then nothing could be sent */
    if (e->cause == SV_CAUSE_USER_TIMEOUT && s->agreed && sv_seq_after(s->acked, s->iss) && s->acked != s->sent &&
        !s->again_sent && !asked && !(run->set[e->host].given >> SC_USER_TIMEOUT & 1u))
        sc_lawful_breach(run, e->host, "gave up what it had never sent again (RFC 9293 §3.8.3)");
    if (e->cause == SV_CAUSE_USER_TIMEOUT && s->agreed && !s->window && !asked && s->timing.shut_told_at &&
        s->timing.shut_told_at >= s->timing.pressed_at)
        sc_lawful_breach(run, e->host, "gave up a peer that answers with a closed window (RFC 9293 §3.8.6.1)");
    if (e->cause == SV_CAUSE_REFUSED && s->state >= SV_ESTABLISHED)
        sc_lawful_breach(run, e->host, "says refused of a connection that there was (RFC 9293 §3.10.7.4, second)");
    if (e->cause == SV_CAUSE_USER_ABORT && s->state >= SV_ESTABLISHED && s->state <= SV_CLOSE_WAIT && !s->reset_left &&
        !run->down[e->host] && !asked)
        s->reset_due = now; /* it leaves later in this step, or soon */
    s->over = true;
    s->owed = s->flight = s->waits = SV_NEVER;
}

void sc_lawful_crashed(struct sc_run *run, uint32_t host)
{
    for (uint32_t i = 0; run->lawful && i < run->lawful->n; i++) {
        struct sc_lawful *s = &run->lawful->side[i];
        if (s->used && s->host == host)
            *s = (struct sc_lawful){.local = s->local, .remote = s->remote, .host = host, .used = true};
    }
    if (run->lawful)
        run->lawful->host[host].began = run->lawful->host[host].over = run->lawful->host[host].seens = 0;
}

void sc_lawful_over(struct sc_run *run)
{
    for (uint32_t i = 0; run->lawful && i < run->lawful->n; i++) {
        if (!run->lawful->side[i].used)
            continue;
        sc_lawful_rules_time(run, &run->lawful->side[i]);
        sc_lawful_asked(run, &run->lawful->side[i]);
    }
}

/* --- the table --- */

bool sc_lawful_open(struct sc_run *run)
{
    bool asked = false;
    for (uint32_t i = 0; i < run->model->faults; i++)
        run->strays += run->model->fault[i].deed == SC_STRAY;
    asked = run->strays != 0;
    for (uint32_t i = 0; i < run->model->expects; i++)
        asked = asked || run->model->expect[i].kind == SC_LAWFUL;
    if (!asked)
        return true;
    run->lawful = calloc(1, sizeof *run->lawful);
    if (!run->lawful)
        return false;
    run->lawful->n = run->sent.n;
    run->lawful->side = calloc(run->lawful->n, sizeof *run->lawful->side);
    run->lawful->host = calloc(run->model->hosts, sizeof *run->lawful->host);
    return run->lawful->side && run->lawful->host;
}

void sc_lawful_close(struct sc_run *run)
{
    if (!run->lawful)
        return;
    free(run->lawful->side);
    free(run->lawful->host);
    free(run->lawful);
}

void sc_lawful_breach(struct sc_run *run, uint32_t host, const char *format, ...)
{
    char why[200];
    va_list args;
    const int n = snprintf(why, sizeof why, "%s ", run->model->host[host].name);
    va_start(args, format);
    vsnprintf(why + n, sizeof why - (size_t)n, format, args);
    va_end(args);
    for (uint32_t i = 0; i < run->model->expects; i++) {
        if (run->model->expect[i].kind == SC_LAWFUL)
            sc_decide(run, i, false, run->now, why);
    }
}
