/* SPDX-License-Identifier: BSD-2-Clause */
/* What a segment that comes asks of whoever gets it: RFC 9293 §3.10.7 with RFC 5961, 7323 and 6191, worked out a
 * second time and plainly, from nothing but what went over the wire and the state the stack says it is in. An answer
 * that is due must leave at once; what nothing asked for must not; a state that must follow must be there. Where the
 * standards leave a choice, or the onlooker cannot know, nothing is asked. */
#include "core/seq.h"
#include "scenario/lawful.h"
#include "stack/stack_internal.h"
#include "trace/dissect.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16, URG = 32 };
enum { FOUR = SYN | ACK | RST | FIN };

#define AT_ONCE SV_MS
/* A connection answers what it does not accept twice a second at least (RFC 5961 §7 lets it be limited), a host ten
 * times. */
#define ODD_APART (1300u * SV_MS)
#define ODD_MOST 6u

#define IN(state) (1u << (state))

/* A segment as it is judged. */
struct came {
    const struct sv_dissected *d;
    uint32_t flags, seq, ack, n, length; /* n: of text; length: with SYN and FIN */
    bool exact;                          /* nothing else came in the same moment */
};

/* --- what is due --- */

/* It asks, or has just asked, for a neighbour's address: what it says waits meanwhile, then goes out together. */
static bool is_asking(const struct sc_run *run, uint32_t host, sv_time since)
{
    const sv_time asked = run->lawful->host[host].asked;
    return asked && since < asked + 5u * SV_S;
}

static void forget(struct sc_lawful *s)
{
    s->due.kind = SC_ASKED_NOTHING;
    s->due.states = 0;
    s->may_answer = s->may_reset = true;
}

/* Its answer might be one that is limited. */
static void note_odd(struct sc_run *run, struct sc_lawful *s)
{
    struct sc_lawful_host *h = &run->lawful->host[s->host];
    h->odd_at[h->odds++ % ODD_MOST] = run->now;
    s->odd_at = run->now;
}

/* Nobody knows what it asks for. */
static enum sc_lawful_fate unknown(struct sc_run *run, struct sc_lawful *s, const struct came *c)
{
    const struct sv_tcp_options *o = &c->d->tcp.options;
    const bool old = o->has_timestamp && s->stamp_known && sv_seq_before(o->ts_value, s->stamp_came);
    if (c->flags & (SYN | RST) || sv_seq_after(c->ack, s->sent) || sv_seq_before(c->ack, s->acked) ||
        (!c->length && (old || c->seq != s->came)))
        note_odd(run, s);
    forget(s);
    return SC_LAWFUL_MAY_BE;
}

static void ask(const struct sc_run *run, struct sc_lawful *s, uint32_t kind, const char *why)
{
    s->due.kind = kind;
    s->due.why = why;
    s->due.local = sc_lawful_now(run, s->host);
    s->due.at = run->now;
    s->may_answer = s->may_answer || kind != SC_ASKED_RESET;
    s->may_reset = s->may_reset || kind == SC_ASKED_RESET;
}

/* The reset of §3.10.7.1. */
static void ask_reset(const struct sc_run *run, struct sc_lawful *s, const struct came *c, const char *why)
{
    s->due.seq = c->flags & ACK ? c->ack : 0;
    s->due.ack = c->flags & ACK ? 0 : c->seq + c->length;
    s->due.with_ack = !(c->flags & ACK);
    ask(run, s, SC_ASKED_RESET, why);
}

static void ask_syn_ack(const struct sc_run *run, struct sc_lawful *s, const struct came *c, const char *why)
{
    s->due.ack = c->seq + 1u;
    ask(run, s, SC_ASKED_SYN_ACK, why);
}

/* An acknowledgement that may be limited: it is due if there were few of them. */
static void ask_limited(struct sc_run *run, struct sc_lawful *s, const char *why)
{
    const struct sc_lawful_host *h = &run->lawful->host[s->host];
    const bool often = (s->odd_at && run->now - s->odd_at < ODD_APART) ||
                       (h->odds >= ODD_MOST && run->now - h->odd_at[h->odds % ODD_MOST] < ODD_APART);
    note_odd(run, s);
    if (often)
        forget(s);
    else
        ask(run, s, SC_ASKED_ACK, why);
}

/* --- what is there --- */

static const struct sc_endpoint *endpoint_of(const struct sc_run *run, const struct sc_lawful *s)
{
    const struct sc_endpoint *e = s->endpoint ? &run->endpoint[s->endpoint - 1u] : NULL;
    return e && e->epoch == run->epoch[s->host] && (!e->has_iss || e->iss == s->iss) ? e : NULL;
}

/* The half-open record of one of the SYNs that came; its number in *irs. */
static const struct sc_lawful_syn *half_of(const struct sc_run *run, const struct sc_lawful *s)
{
    for (uint32_t i = 0; i < SC_LAWFUL_SYNS && i < s->syns; i++) {
        const struct sc_endpoint *e = sc_half_open_with(run, s->host, s->syn[i].seq);
        if (e && e->remote.port == s->remote.port && e->local.port == s->local.port)
            return &s->syn[i];
    }
    return NULL;
}

static bool given(const struct sc_run *run, uint32_t host, uint32_t knob)
{
    return run->set[host].given >> knob & 1u;
}

/* Its queues, cookies, and who may open are as they usually are. */
static bool is_plain(const struct sc_run *run, uint32_t host)
{
    return !given(run, host, SC_BACKLOG) && !given(run, host, SC_HALF_OPEN) && !given(run, host, SC_SYN_COOKIES) &&
           !given(run, host, SC_HANDSHAKE);
}

static bool listens(const struct sc_run *run, uint32_t host, uint16_t port)
{
    const struct sc_host *h = &run->model->host[host];
    for (uint32_t i = 0; i < h->serves; i++) {
        if (h->serve[i].port == port && !h->serve[i].udp && h->serve[i].from <= run->now)
            return true;
    }
    return false;
}

static uint32_t unit_of(const struct sc_lawful *s)
{
    return s->own.scales && s->peer.scales ? (1u << s->own.scale) - 1u : 0;
}

/* Somebody reads there: text that comes after CLOSE is answered with a reset. */
static bool is_read(const struct sc_run *run, const struct sc_lawful *s)
{
    const struct sc_endpoint *e = endpoint_of(run, s);
    const struct sc_conn *k = e && e->conn != SV_NONE ? &run->conn[e->conn] : NULL;
    return k && k->open && !k->want_close && k->host == s->host;
}

/* --- §3.10.7.1 and 2: no connection --- */

static enum sc_lawful_fate closed(struct sc_run *run, struct sc_lawful *s, const struct came *c)
{
    const bool open = listens(run, s->host, s->local.port);
    if (!c->exact || run->model->host[s->host].kind != SC_HOST)
        return unknown(run, s, c);
    if (c->flags & RST)
        return SC_LAWFUL_REFUSED;
    if (!open) {
        ask_reset(run, s, c, "no reset to a segment for CLOSED (RFC 9293 §3.10.7.1)");
        return SC_LAWFUL_REFUSED;
    }
    if (c->flags & ACK) { /* perhaps one of its cookies comes back */
        if ((!(c->flags & SYN) && !is_plain(run, s->host)) || run->forgers)
            return unknown(run, s, c);
        ask_reset(run, s, c, "no reset to an acknowledgement in LISTEN (RFC 9293 §3.10.7.2)");
        return SC_LAWFUL_REFUSED;
    }
    if ((c->flags & SYN) && !(c->flags & FIN) && is_plain(run, s->host) && !run->forgers)
        ask_syn_ack(run, s, c, "no SYN,ACK to a SYN in LISTEN (RFC 9293 §3.10.7.2)");
    else if (c->flags & SYN)
        return unknown(run, s, c);
    return c->flags & SYN ? SC_LAWFUL_MAY_BE : SC_LAWFUL_REFUSED;
}

/* --- §3.10.7.3 --- */

static enum sc_lawful_fate syn_sent(struct sc_run *run, struct sc_lawful *s, const struct came *c)
{
    const struct sv_tcp_options *o = &c->d->tcp.options;
    const bool good = c->flags & ACK && sv_seq_after(c->ack, s->iss) && sv_seq_before_or_at(c->ack, s->sent);
    if (!c->exact)
        return unknown(run, s, c);
    if (c->flags & ACK && !good) {
        if (!(c->flags & RST))
            ask_reset(run, s, c, "no reset to an unacceptable ACK in SYN-SENT (RFC 9293 §3.10.7.3)");
        return SC_LAWFUL_REFUSED;
    }
    if (good && o->has_timestamp && s->own.stamps && o->ts_echo != s->own.stamp)
        return unknown(run, s, c); /* RFC 7323 §3.2: it may be of another connection */
    if (c->flags & RST) {
        s->due.states = good ? IN(SV_CLOSED) : IN(SV_SYN_SENT) | IN(SV_CLOSED);
        s->due.states_at = run->now;
        return good ? SC_LAWFUL_TAKEN : SC_LAWFUL_REFUSED;
    }
    if (!(c->flags & SYN))
        return SC_LAWFUL_REFUSED;
    if (given(run, s->host, SC_HANDSHAKE))
        return unknown(run, s, c);
    if (c->flags & ACK) {
        ask(run, s, SC_ASKED_ACK, "no ACK to the SYN,ACK (RFC 9293 §3.10.7.3, fourth)");
        if (c->length == 1)
            s->due.states = IN(SV_ESTABLISHED) | IN(SV_FIN_WAIT_1) | IN(SV_CLOSED);
    } else {
        ask_syn_ack(run, s, c, "no SYN,ACK to a SYN in SYN-SENT (RFC 9293 §3.10.7.3, fourth)");
        s->due.states = IN(SV_SYN_RECEIVED) | IN(SV_CLOSED);
    }
    s->due.states_at = run->now;
    return SC_LAWFUL_TAKEN;
}

/* --- §3.10.7.4 --- */

/* Within [nxt, nxt + window), as §3.10.7.4's table has it. */
static bool acceptable(const struct came *c, uint32_t nxt, uint32_t window)
{
    const bool begins = window ? c->seq - nxt < window : c->seq == nxt;
    const bool ends = c->length && c->seq + c->length - 1u - nxt < window;
    return c->length == 0 ? begins : window && (begins || ends);
}

/* SYN-RECEIVED of a listener. */
static enum sc_lawful_fate half_open(struct sc_run *run, struct sc_lawful *s, const struct sc_lawful_syn *syn,
                                     const struct came *c)
{
    const struct sv_tcp_options *o = &c->d->tcp.options;
    const uint32_t nxt = syn->seq + 1u;
    const bool timed = s->own.stamps && syn->stamps;
    if (!c->exact || !s->spoke || !is_plain(run, s->host) || run->forgers || given(run, s->host, SC_ECN))
        return unknown(run, s, c);
    if ((c->flags & (SYN | ACK | RST)) == SYN && c->seq == syn->seq) {
        ask_syn_ack(run, s, c, "no SYN,ACK to the same SYN again (RFC 9293 §3.10.7.4)");
        return SC_LAWFUL_MAY_BE;
    }
    if (timed && !(c->flags & RST) && (!o->has_timestamp || o->ts_value != syn->stamp))
        return unknown(run, s, c);
    if (!acceptable(c, nxt, s->own.window)) {
        if (!(c->flags & RST) && c->n)
            ask(run, s, SC_ASKED_ACK, "no ACK to an unacceptable segment in SYN-RECEIVED (RFC 9293 §3.10.7.4, first)");
        else if (!(c->flags & RST))
            ask_limited(run, s, "no ACK to an unacceptable segment in SYN-RECEIVED (RFC 9293 §3.10.7.4, first)");
        return SC_LAWFUL_REFUSED;
    }
    if (c->flags & RST && c->seq != nxt) {
        ask_limited(run, s, "no challenge to a RST in the window (RFC 5961 §3.2)");
        return SC_LAWFUL_REFUSED;
    }
    if (c->flags & (RST | SYN))
        return unknown(run, s, c);
    if (!(c->flags & ACK))
        return SC_LAWFUL_REFUSED;
    if (c->ack != s->iss + 1u) {
        ask_reset(run, s, c, "no reset to an unacceptable ACK in SYN-RECEIVED (RFC 9293 §3.10.7.4, fifth)");
        return SC_LAWFUL_REFUSED;
    }
    s->may_answer = s->may_reset = true;
    return SC_LAWFUL_TAKEN;
}

/* The states that must follow: of `state`, when its FIN is acknowledged, or the peer's comes in order. */
static uint32_t follows(uint32_t state, bool acked, bool fin)
{
    switch (state) {
    case SV_ESTABLISHED:
        return fin ? IN(SV_CLOSE_WAIT) | IN(SV_LAST_ACK) : 0;
    case SV_FIN_WAIT_1:
        return acked && fin ? IN(SV_TIME_WAIT) : acked ? IN(SV_FIN_WAIT_2) : fin ? IN(SV_CLOSING) : 0;
    case SV_FIN_WAIT_2:
        return fin ? IN(SV_TIME_WAIT) : 0;
    case SV_CLOSING:
        return acked ? IN(SV_TIME_WAIT) : 0;
    case SV_LAST_ACK:
        return acked ? IN(SV_CLOSED) : 0;
    default:
        return 0;
    }
}

static void taken(struct sc_run *run, struct sc_lawful *s, const struct came *c, uint32_t state, uint32_t window)
{
    const uint32_t nxt = s->told, fin_at = c->seq + c->n;
    const bool in_order = c->flags & FIN && sv_seq_before_or_at(c->seq, nxt) && fin_at - nxt < window && !s->finished;
    const bool acked = s->fin_sent && c->ack == s->fin_at + 1u;
    s->may_answer = s->may_answer || c->length;
    s->due.states = follows(state, acked, in_order);
    s->due.states |= s->due.states ? IN(SV_CLOSED) : 0;
    s->due.states_at = run->now;
    if (!c->n || state > SV_FIN_WAIT_2)
        return;
    if (!is_read(run, s))
        forget(s);
    else if (sv_seq_after(c->seq, nxt))
        ask(run, s, SC_ASKED_ACK, "no ACK at once to a segment beyond a hole (RFC 5681 §4.2)");
}

/* Old timestamps: RFC 7323 §5. False: it cannot be known, or *old. */
static bool is_timely(const struct sc_lawful *s, const struct came *c, bool *old)
{
    const struct sv_tcp_options *o = &c->d->tcp.options;
    *old = false;
    if (!s->own.stamps || !s->peer.stamps || c->flags & RST)
        return true;
    if (!o->has_timestamp)
        return false;
    if (s->stamp_known && !sv_seq_before(o->ts_value, s->stamp_came))
        return true;
    *old = s->stamped && sv_seq_before(o->ts_value, s->echoed);
    return false;
}

static enum sc_lawful_fate refused(struct sc_run *run, struct sc_lawful *s, const struct came *c, const char *why)
{
    if (c->flags & RST)
        return SC_LAWFUL_REFUSED;
    if (c->length && !(c->flags & SYN))
        ask(run, s, SC_ASKED_ACK, why);
    else
        ask_limited(run, s, why);
    return SC_LAWFUL_REFUSED;
}

/* Second to fifth step, of what the first let pass. */
static enum sc_lawful_fate steps(struct sc_run *run, struct sc_lawful *s, const struct came *c)
{
    if (c->flags & RST && c->seq != s->told) {
        ask_limited(run, s, "no challenge to a RST in the window (RFC 5961 §3.2)");
        return SC_LAWFUL_REFUSED;
    }
    if (c->flags & RST) {
        s->due.states = IN(SV_CLOSED);
        s->due.states_at = run->now;
        return SC_LAWFUL_TAKEN;
    }
    if (c->flags & SYN) {
        ask_limited(run, s, "no challenge to a SYN (RFC 5961 §4.2)");
        return SC_LAWFUL_REFUSED;
    }
    if (!(c->flags & ACK))
        return SC_LAWFUL_REFUSED;
    const bool early = sv_seq_before(c->ack, s->acked - s->widest);
    if (early && !sv_seq_before(c->ack, s->surely - s->widest))
        return unknown(run, s, c); /* who knows whether it has taken the higher one, which came among others */
    if (sv_seq_after(c->ack, s->sent) || early) {
        ask_limited(run, s, "no challenge to an ACK out of range (RFC 5961 §5.2)");
        return SC_LAWFUL_REFUSED;
    }
    return SC_LAWFUL_TAKEN;
}

static enum sc_lawful_fate synchronized(struct sc_run *run, struct sc_lawful *s, const struct came *c, uint32_t state)
{
    const uint32_t nxt = s->told, unit = unit_of(s), window = sv_seq_after(s->edge, nxt) ? s->edge - nxt : 0;
    bool old;
    if (!c->exact || s->told != s->came || s->ranges_full) {
        (void)unknown(run, s, c);
        /* Nobody knows the answer, but all before what it has acknowledged is dropped, with its acknowledgement. */
        return sv_seq_before(c->seq, s->told) && sv_seq_before_or_at(c->seq + c->length, s->told) ? SC_LAWFUL_REFUSED
                                                                                                  : SC_LAWFUL_MAY_BE;
    }
    if (!is_timely(s, c, &old))
        return old ? refused(run, s, c, "no ACK to an old timestamp (RFC 7323 §5.3)") : unknown(run, s, c);
    if (unit && (c->seq - s->edge < unit || (c->length && c->seq + c->length - 1u - s->edge < unit)))
        return unknown(run, s, c); /* the scale hides where the window ends */
    if (!acceptable(c, nxt, window)) {
        const enum sc_lawful_fate fate =
            refused(run, s, c, "no ACK to an unacceptable segment (RFC 9293 §3.10.7.4, first)");
        return !window && c->seq == nxt && !(c->flags & (SYN | RST)) ? SC_LAWFUL_TEXT_REFUSED : fate;
    }
    const enum sc_lawful_fate fate = steps(run, s, c);
    if (fate != SC_LAWFUL_TAKEN || c->flags & RST)
        return fate;
    if (sv_seq_before(c->ack, s->acked)) /* some take it for too old, others for a repetition */
        return unknown(run, s, c);
    if (c->n && state > SV_FIN_WAIT_2) {
        ask(run, s, SC_ASKED_ACK, "no ACK to text behind the FIN");
        return SC_LAWFUL_TEXT_REFUSED;
    }
    taken(run, s, c, state, window);
    return fate;
}

/* TIME-WAIT: RFC 9293 §3.10.7.4, RFC 1337, RFC 6191. */
static enum sc_lawful_fate time_wait(struct sc_run *run, struct sc_lawful *s, const struct came *c)
{
    const struct sv_tcp_options *o = &c->d->tcp.options;
    const bool timed = s->own.stamps && s->peer.stamps && o->has_timestamp;
    const sv_time wait = run->stack[s->host]->tcp.time_wait, gone = sc_lawful_now(run, s->host) - s->wait_from;
    const uint32_t unit = unit_of(s), window = sv_seq_after(s->edge, s->told) ? s->edge - s->told : 0;
    if ((c->flags & FOUR) == (FIN | ACK)) {
        s->wait_last = sc_lawful_now(run, s->host);
        if (gone <= wait - SV_S)
            s->wait_from = s->wait_last; /* else it may have been over */
    }
    if (!c->exact || s->told != s->came || gone > wait - SV_S)
        return unknown(run, s, c);
    if (c->flags & RST)
        return SC_LAWFUL_REFUSED;
    if ((c->flags & FOUR) == SYN) {
        const bool newer = timed ? sv_seq_after(o->ts_value, s->stamp_came) : sv_seq_after(c->seq, s->told);
        const bool older = timed ? sv_seq_before(o->ts_value, s->echoed) : !sv_seq_after(c->seq, s->told);
        if (newer && listens(run, s->host, s->local.port) && is_plain(run, s->host) && !run->forgers)
            ask_syn_ack(run, s, c, "no SYN,ACK to a new SYN in TIME-WAIT (RFC 6191 §2)");
        else if (older)
            ask_limited(run, s, "no ACK to an old SYN in TIME-WAIT (RFC 9293 §3.10.7.4, fourth)");
        else
            return unknown(run, s, c);
        return older ? SC_LAWFUL_REFUSED : SC_LAWFUL_MAY_BE;
    }
    if (c->flags & SYN) {
        ask_limited(run, s, "no challenge to a SYN in TIME-WAIT (RFC 5961 §4.2)");
    } else if (!(c->flags & ACK) && unit && s->edge - c->seq <= unit) {
        return unknown(run, s, c); /* the scale hides where the window ends */
    } else if (!(c->flags & ACK) && acceptable(c, s->told, window)) {
        return SC_LAWFUL_REFUSED; /* fifth: dropped in silence */
    } else if (c->flags & FIN) {
        ask(run, s, SC_ASKED_ACK, "no ACK to a FIN in TIME-WAIT (RFC 9293 §3.10.7.4, eighth)");
    } else if (c->n) {
        ask(run, s, SC_ASKED_ACK, "no ACK to text in TIME-WAIT (RFC 9293 §3.10.7.4, first)");
    } else if (c->seq != s->told || (c->flags & ACK && sv_seq_after(c->ack, s->sent))) {
        ask_limited(run, s, "no ACK to an unacceptable segment in TIME-WAIT (RFC 9293 §3.10.7.4, first)");
    }
    return SC_LAWFUL_REFUSED;
}

/* It is opening, and has not spoken yet. */
static bool is_begun(const struct sc_run *run, const struct sc_lawful *s)
{
    for (uint32_t i = run->endpoints; i-- > 0;) {
        const struct sc_endpoint *e = &run->endpoint[i];
        if (e->host == s->host && e->epoch == run->epoch[s->host] && e->local.port == s->local.port &&
            e->remote.port == s->remote.port && !e->half_open && !e->ended)
            return true;
    }
    return false;
}

enum sc_lawful_fate sc_lawful_asks(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const uint32_t flags = d->tcp.flags & (FOUR | URG);
    const struct came c = {.d = d,
                           .flags = flags,
                           .seq = d->tcp.seq,
                           .ack = d->tcp.ack,
                           .n = d->payload_bytes,
                           .length = d->payload_bytes + (flags & SYN ? 1u : 0) + (flags & FIN ? 1u : 0),
                           .exact = !s->came_at || s->came_at != run->now};
    const struct sc_endpoint *e = endpoint_of(run, s);
    const struct sc_lawful_syn *half = half_of(run, s);
    s->came_at = run->now;
    if (!c.exact) { /* more than one, and nobody knows which is answered how */
        forget(s);
        s->free_at = run->now + AT_ONCE;
    }
    if (half)
        return half_open(run, s, half, &c);
    if (s->wait_from && s->state == SV_TIME_WAIT && s->spoke) {
        const sv_time gone = sc_lawful_now(run, s->host) - (s->wait_last > s->wait_from ? s->wait_last : s->wait_from);
        if (gone < run->stack[s->host]->tcp.time_wait + 30u * SV_S)
            return time_wait(run, s, &c);
    }
    if (!s->spoke || (e && e->state == SV_CLOSED && e->ended))
        return is_begun(run, s) ? unknown(run, s, &c) : closed(run, s, &c);
    if (!e || s->over)
        return unknown(run, s, &c);
    if (e->state == SV_SYN_SENT)
        return syn_sent(run, s, &c);
    if (!s->agreed || e->state < SV_ESTABLISHED || e->state > SV_LAST_ACK)
        return unknown(run, s, &c);
    return synchronized(run, s, &c, e->state);
}

/* --- what leaves --- */

/* True: it was asked for, by what has no connection, or is none's; nothing ends with it. */
static bool resets(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const struct sc_endpoint *e = endpoint_of(run, s);
    const bool lives = e && !e->ended && e->state != SV_CLOSED && !s->over;
    if (s->due.kind == SC_ASKED_RESET) {
        const bool with_ack = d->tcp.flags & ACK;
        const bool right =
            d->tcp.seq == s->due.seq && with_ack == s->due.with_ack && (!with_ack || d->tcp.ack == s->due.ack);
        if (!right && !is_asking(run, s->host, s->due.local)) /* else it is an earlier one's, that has waited */
            sc_lawful_breach(run, s->host, "resets with other numbers than it was asked with (RFC 9293 §3.10.7.1)");
        s->due.kind = SC_ASKED_NOTHING;
        return true;
    } else if (s->may_reset || run->now <= s->free_at || is_asking(run, s->host, sc_lawful_now(run, s->host))) {
        s->may_reset = false;
        return lives || !e;
    } else if (lives && s->agreed) {
        sc_lawful_breach(run, s->host, "resets a connection that lives on, and nothing asked for it (RFC 9293 §3.5.2)");
    } else if (!s->spoke) {
        sc_lawful_breach(run, s->host, "resets what there is not, and nothing asked for it (RFC 9293 §3.5.2)");
    }
    s->may_reset = false;
    return false;
}

/* An acknowledgement alone that says what was said: somebody must have asked. Probes have an older number (§3.8.4). */
static void repeats_itself(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const uint32_t scale = s->own.scales && s->peer.scales ? s->own.scale : 0;
    const bool bare = (d->tcp.flags & FOUR) == ACK && !d->payload_bytes;
    if (!bare || s->may_answer || !s->agreed || !s->windowed || s->over || d->tcp.ack != s->told ||
        sv_seq_before(d->tcp.seq, s->acked) || run->now <= s->free_at ||
        is_asking(run, s->host, sc_lawful_now(run, s->host)) || given(run, s->host, SC_SYN_COOKIES) ||
        d->tcp.ack + ((uint32_t)d->tcp.window << scale) != s->edge)
        return;
    sc_lawful_breach(run, s->host, "acknowledges %u again, and nothing asked for it (RFC 9293 §3.10.7.4)",
                     d->tcp.ack - s->irs);
}

bool sc_lawful_answers(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const uint32_t flags = d->tcp.flags;
    sc_lawful_asked(run, s);
    if (flags & RST) {
        s->owed = SV_NEVER;
        return resets(run, s, d);
    }
    if (!(flags & ACK))
        return false;
    if (s->due.kind == SC_ASKED_ACK || (s->due.kind == SC_ASKED_SYN_ACK && flags & SYN && d->tcp.ack == s->due.ack))
        s->due.kind = SC_ASKED_NOTHING;
    repeats_itself(run, s, d);
    s->may_answer = false;
    s->echoed = d->tcp.options.has_timestamp ? d->tcp.options.ts_echo : s->echoed;
    return false;
}

/* What is overdue. */
void sc_lawful_asked(struct sc_run *run, struct sc_lawful *s)
{
    const struct sc_endpoint *e = endpoint_of(run, s);
    if (s->due.kind != SC_ASKED_NOTHING && run->now > s->due.at + AT_ONCE) {
        if (!run->down[s->host] && !is_asking(run, s->host, s->due.local))
            sc_lawful_breach(run, s->host, "gave %s, at %.6f s", s->due.why, (double)s->due.at / 1e9);
        s->due.kind = SC_ASKED_NOTHING;
    }
    if (s->due.states && run->now > s->due.states_at + AT_ONCE) {
        /* Waits have no number: which of them a SYN has ended, and so is in SYN-RECEIVED, is not told. */
        const bool guessed = e && e->state == SV_SYN_RECEIVED && s->due.states & IN(SV_TIME_WAIT);
        if (e && !guessed && !run->down[s->host] && !(s->due.states >> e->state & 1u))
            sc_lawful_breach(run, s->host, "is in %s after what came (RFC 9293 §3.10.7)",
                             sv_tcp_state_name((enum sv_tcp_state)e->state));
        s->due.states = 0;
    }
}
