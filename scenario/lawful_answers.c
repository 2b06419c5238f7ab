/* SPDX-License-Identifier: BSD-2-Clause */
/* What a segment that comes asks of whoever gets it: RFC 9293 §3.10.7 with RFC 5961, 7323 and 6191, worked out a
 * second time and plainly, from nothing but what went over the wire and the state the stack says it is in. An answer
 * that is due must leave at once; what nothing asked for must not; a state that must follow must be there. Where the
 * standards leave a choice, or the onlooker cannot know, nothing is asked. */
#include "core/seq.h"
#include "scenario/lawful_asks.h"
#include "stack/stack_internal.h"
#include "trace/dissect.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16, URG = 32 };
enum { FOUR = SYN | ACK | RST | FIN };

static uint32_t unit_of(const struct sc_lawful *s)
{
    return s->own.scales && s->peer.scales ? (1u << s->own.scale) - 1u : 0;
}

/* Somebody reads there: text that comes after CLOSE is answered with a reset. */
static bool is_read(const struct sc_run *run, const struct sc_lawful *s)
{
    const struct sc_endpoint *e = sc_ask_endpoint(run, s);
    const struct sc_conn *k = e && e->conn != SV_NONE ? &run->conn[e->conn] : NULL;
    return k && k->open && !k->want_close && k->host == s->host;
}

/* --- §3.10.7.4 --- */

/* The states that must follow: of `state`, when its FIN is acknowledged, or the peer's comes in order. */
static uint32_t follows(uint32_t state, bool acked, bool fin)
{
    switch (state) {
    case SV_ESTABLISHED:
        return fin ? SC_IN(SV_CLOSE_WAIT) | SC_IN(SV_LAST_ACK) : 0;
    case SV_FIN_WAIT_1:
        return acked && fin ? SC_IN(SV_TIME_WAIT) : acked ? SC_IN(SV_FIN_WAIT_2) : fin ? SC_IN(SV_CLOSING) : 0;
    case SV_FIN_WAIT_2:
        return fin ? SC_IN(SV_TIME_WAIT) : 0;
    case SV_CLOSING:
        return acked ? SC_IN(SV_TIME_WAIT) : 0;
    case SV_LAST_ACK:
        return acked ? SC_IN(SV_CLOSED) : 0;
    default:
        return 0;
    }
}

/* Text that is next, perhaps behind some that came before: what its acknowledgement must be of, and tell of. */
static void taken_next(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c)
{
    const uint32_t nxt = s->told, end = c->seq + c->n;
    if (!sv_seq_after(end, nxt))
        return;
    s->takes = true;
    s->takes_to = sv_seq_after(end, s->edge) ? s->edge : end;
    if (c->seq == nxt || !s->own.sacks || !s->peer.sacks || sc_ask_given(run, s->host, SC_ECN))
        return;
    sc_ask(run, s, SC_ASKED_ACK, "no ACK at once to what came twice in part (RFC 2883 §4)");
    s->due.twice = true;
    s->due.from = c->seq;
    s->due.to = nxt;
}

static void taken(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c, uint32_t state, uint32_t window)
{
    const struct sv_tcp_options *o = &c->d->tcp.options;
    const uint32_t nxt = s->told, fin_at = c->seq + c->n;
    const bool next = sv_seq_before_or_at(c->seq, nxt) && fin_at - nxt < window && !s->finished;
    const bool in_order = next && (c->flags & FIN || (s->fin_early && c->n && fin_at == s->fin_early_at));
    const bool acked = s->fin_sent && c->ack == s->fin_at + 1u;
    s->may_answer = s->may_answer || c->length;
    s->due.states = follows(state, acked, in_order);
    if (s->due.states && !in_order && s->fin_came) /* perhaps this fills the hole before it */
        s->due.states |= follows(state, acked, true);
    s->due.states |= s->due.states ? SC_IN(SV_CLOSED) : 0;
    s->due.states_at = run->now;
    if (s->own.stamps && s->peer.stamps && o->has_timestamp && sv_seq_before_or_at(c->seq, nxt)) {
        s->echoes = true;
        s->echoes_least = o->ts_value;
    }
    if (c->flags & FIN && !c->n && sv_seq_after(c->seq, nxt) && state <= SV_FIN_WAIT_2) {
        s->fin_early = true;
        s->fin_early_at = c->seq;
    }
    if (!c->n || state > SV_FIN_WAIT_2)
        return;
    if (!is_read(run, s))
        sc_ask_forget(s);
    else if (sv_seq_after(c->seq, nxt))
        sc_ask(run, s, SC_ASKED_ACK, "no ACK at once to a segment beyond a hole (RFC 5681 §4.2)");
    else
        taken_next(run, s, c);
}

/* Old timestamps: RFC 7323 §5. False: it cannot be known, or *old. */
static bool is_timely(const struct sc_lawful *s, const struct sc_came *c, bool *old)
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

static enum sc_lawful_fate refused(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c, const char *why)
{
    if (c->flags & RST)
        return SC_LAWFUL_REFUSED;
    if (c->length && !(c->flags & SYN))
        sc_ask(run, s, SC_ASKED_ACK, why);
    else
        sc_ask_limited(run, s, why);
    return SC_LAWFUL_REFUSED;
}

/* Second to fifth step, of what the first let pass. */
static enum sc_lawful_fate steps(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c)
{
    if (c->flags & RST && c->seq != s->told) {
        sc_ask_limited(run, s, "no challenge to a RST in the window (RFC 5961 §3.2)");
        return SC_LAWFUL_REFUSED;
    }
    if (c->flags & RST) {
        s->due.states = SC_IN(SV_CLOSED);
        s->due.states_at = run->now;
        return SC_LAWFUL_TAKEN;
    }
    if (c->flags & SYN) {
        sc_ask_limited(run, s, "no challenge to a SYN (RFC 5961 §4.2)");
        return SC_LAWFUL_REFUSED;
    }
    if (!(c->flags & ACK))
        return SC_LAWFUL_REFUSED;
    const bool early = sv_seq_before(c->ack, s->acked - s->widest);
    if (early && !sv_seq_before(c->ack, s->surely - s->widest))
        return sc_ask_unknown(run, s, c); /* who knows whether it has taken the higher one, which came among others */
    if (sv_seq_after(c->ack, s->sent) || early) {
        sc_ask_limited(run, s, "no challenge to an ACK out of range (RFC 5961 §5.2)");
        return SC_LAWFUL_REFUSED;
    }
    return SC_LAWFUL_TAKEN;
}

/* All of it was there: the acknowledgement that it asks for says so (RFC 2883 §4). */
static void asks_to_be_told(const struct sc_run *run, struct sc_lawful *s, const struct sc_came *c)
{
    if (s->due.kind != SC_ASKED_ACK || !c->length || c->flags & SYN || !s->own.sacks || !s->peer.sacks ||
        sv_seq_after(c->seq + c->length, s->told) || sc_ask_given(run, s->host, SC_ECN))
        return;
    s->due.twice = true;
    s->due.from = c->seq;
    s->due.to = c->seq + c->length;
}

static enum sc_lawful_fate synchronized(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c,
                                        uint32_t state)
{
    const uint32_t nxt = s->told, unit = unit_of(s), window = sv_seq_after(s->edge, nxt) ? s->edge - nxt : 0;
    bool old;
    if (!c->exact || s->told != s->came || s->ranges_full) {
        (void)sc_ask_unknown(run, s, c);
        /* Nobody knows the answer, but all before what it has acknowledged is dropped, with its acknowledgement. */
        return sv_seq_before(c->seq, s->told) && sv_seq_before_or_at(c->seq + c->length, s->told) ? SC_LAWFUL_REFUSED
                                                                                                  : SC_LAWFUL_MAY_BE;
    }
    if (!is_timely(s, c, &old)) {
        if (!old)
            return sc_ask_unknown(run, s, c);
        const enum sc_lawful_fate fate = refused(run, s, c, "no ACK to an old timestamp (RFC 7323 §5.3)");
        asks_to_be_told(run, s, c);
        return fate;
    }
    if (unit && (c->seq - s->edge < unit || (c->length && c->seq + c->length - 1u - s->edge < unit)))
        return sc_ask_unknown(run, s, c); /* the scale hides where the window ends */
    const bool resets_now =
        c->flags & RST && c->seq == nxt; /* also with text into a closed window (RFC 9293 §3.10.7.4) */
    if (!resets_now && !sc_ask_acceptable(c, nxt, window)) {
        const enum sc_lawful_fate fate =
            refused(run, s, c, "no ACK to an unacceptable segment (RFC 9293 §3.10.7.4, first)");
        asks_to_be_told(run, s, c);
        return !window && c->seq == nxt && !(c->flags & (SYN | RST)) ? SC_LAWFUL_TEXT_REFUSED : fate;
    }
    const enum sc_lawful_fate fate = steps(run, s, c);
    if (fate != SC_LAWFUL_TAKEN || c->flags & RST)
        return fate;
    if (sv_seq_before(c->ack, s->acked)) /* some take it for too old, others for a repetition */
        return sc_ask_unknown(run, s, c);
    if (c->n && state > SV_FIN_WAIT_2) {
        sc_ask(run, s, SC_ASKED_ACK, "no ACK to text behind the FIN");
        return SC_LAWFUL_TEXT_REFUSED;
    }
    taken(run, s, c, state, window);
    return fate;
}

/* TIME-WAIT: RFC 9293 §3.10.7.4, RFC 1337, RFC 6191. */
static enum sc_lawful_fate time_wait(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c)
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
        return sc_ask_unknown(run, s, c);
    if (c->flags & RST)
        return SC_LAWFUL_REFUSED;
    if ((c->flags & FOUR) == SYN) {
        const bool newer = timed ? sv_seq_after(o->ts_value, s->stamp_came) : sv_seq_after(c->seq, s->told);
        const bool older = timed ? sv_seq_before(o->ts_value, s->echoed) : !sv_seq_after(c->seq, s->told);
        if (newer && sc_ask_listens(run, s->host, s->local.port) && sc_ask_is_plain(run, s->host) && !run->forgers)
            sc_ask_syn_ack(run, s, c, "no SYN,ACK to a new SYN in TIME-WAIT (RFC 6191 §2)");
        else if (older)
            sc_ask_limited(run, s, "no ACK to an old SYN in TIME-WAIT (RFC 9293 §3.10.7.4, fourth)");
        else
            return sc_ask_unknown(run, s, c);
        return older ? SC_LAWFUL_REFUSED : SC_LAWFUL_MAY_BE;
    }
    const bool old = timed && s->stamped && sv_seq_before(o->ts_value, s->echoed);
    const bool perhaps_old = timed && !old && sv_seq_before(o->ts_value, s->stamp_came);
    const bool bare = (c->flags & FOUR) == ACK && !c->n && c->seq == s->told && !sv_seq_after(c->ack, s->sent);
    const bool hidden = !(c->flags & (SYN | ACK)) && unit && s->edge - c->seq <= unit; /* by the scale: its end */
    if (hidden || (bare && perhaps_old))
        return sc_ask_unknown(run, s, c);
    if (c->flags & SYN) {
        sc_ask_limited(run, s, "no challenge to a SYN in TIME-WAIT (RFC 5961 §4.2)");
    } else if (!(c->flags & ACK) && sc_ask_acceptable(c, s->told, window)) {
        return SC_LAWFUL_REFUSED; /* fifth: dropped in silence */
    } else if (c->flags & FIN) {
        sc_ask(run, s, SC_ASKED_ACK, "no ACK to a FIN in TIME-WAIT (RFC 9293 §3.10.7.4, eighth)");
    } else if (c->n) {
        sc_ask(run, s, SC_ASKED_ACK, "no ACK to text in TIME-WAIT (RFC 9293 §3.10.7.4, first)");
    } else if (c->seq != s->told || (c->flags & ACK && sv_seq_after(c->ack, s->sent))) {
        sc_ask_limited(run, s, "no ACK to an unacceptable segment in TIME-WAIT (RFC 9293 §3.10.7.4, first)");
    } else if (old) {
        sc_ask_limited(run, s, "no ACK to an old timestamp in TIME-WAIT (RFC 7323 §5.3)");
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

static enum sc_lawful_fate asks(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c)
{
    const struct sc_endpoint *e = sc_ask_endpoint(run, s);
    const struct sc_lawful_syn *half = sc_ask_half_open_of(run, s);
    if (s->unseen || sc_ask_half_opens_alike(run, s))
        return sc_ask_unknown(run, s, c);
    if (half) {
        s->phase = SC_PHASE_HALF_OPEN;
        s->half_irs = half->seq;
        return sc_asks_half_open(run, s, half, c);
    }
    if (s->wait_from && s->state == SV_TIME_WAIT && s->spoke) {
        const sv_time gone = sc_lawful_now(run, s->host) - (s->wait_last > s->wait_from ? s->wait_last : s->wait_from);
        if (gone < run->stack[s->host]->tcp.time_wait + 30u * SV_S) {
            s->phase = gone + SV_S < run->stack[s->host]->tcp.time_wait ? SC_PHASE_WAITING : SC_PHASE_NOWHERE;
            return time_wait(run, s, c);
        }
    }
    if (!s->spoke || (e && e->state == SV_CLOSED && e->ended)) {
        const bool begun = is_begun(run, s);
        s->phase = begun ? SC_PHASE_NOWHERE : SC_PHASE_CLOSED;
        return begun ? sc_ask_unknown(run, s, c) : sc_asks_closed(run, s, c);
    }
    if (!e || s->over)
        return sc_ask_unknown(run, s, c);
    if (e->state == SV_SYN_SENT) {
        s->phase = SC_PHASE_OPENING;
        return sc_asks_syn_sent(run, s, c);
    }
    if (e->state == SV_SYN_RECEIVED && !e->half_open)
        return sc_asks_crossed(run, s, c);
    if (!s->agreed || e->state < SV_ESTABLISHED || e->state > SV_LAST_ACK)
        return sc_ask_unknown(run, s, c);
    s->phase = SC_PHASE_SYNCHRONIZED;
    return synchronized(run, s, c, e->state);
}

enum sc_lawful_fate sc_lawful_asks(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const uint32_t flags = d->tcp.flags & (FOUR | URG);
    const struct sc_came c = {.d = d,
                              .flags = flags,
                              .seq = d->tcp.seq,
                              .ack = d->tcp.ack,
                              .n = d->payload_bytes,
                              .length = d->payload_bytes + (flags & SYN ? 1u : 0) + (flags & FIN ? 1u : 0),
                              .exact = !s->came_at || s->came_at != run->now};
    s->phase = SC_PHASE_NOWHERE;
    s->came_at = run->now;
    s->third_at = 0; /* what leaves from now on may be of this one */
    if (!c.exact) {  /* more than one, and nobody knows which is answered how */
        sc_ask_forget(s);
        s->free_at = run->now + SC_AT_ONCE;
    }
    const enum sc_lawful_fate fate = asks(run, s, &c);
    s->phase = c.exact ? s->phase : SC_PHASE_NOWHERE;
    return fate;
}

/* --- what leaves --- */

/* True: it was asked for, by what has no connection, or is none's; nothing ends with it. */
static bool resets(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const struct sc_endpoint *e = sc_ask_endpoint(run, s);
    const bool lives = e && !e->ended && e->state != SV_CLOSED && !s->over;
    if (!e && s->third_at && run->now <= s->third_at + SC_AT_ONCE && run->now > s->free_at &&
        s->due.kind != SC_ASKED_RESET)
        sc_lawful_breach(run, s->host, "resets a good third message (RFC 9293 §3.5.2)");
    if (s->due.kind == SC_ASKED_RESET) {
        const bool with_ack = d->tcp.flags & ACK;
        const bool right =
            d->tcp.seq == s->due.seq && with_ack == s->due.with_ack && (!with_ack || d->tcp.ack == s->due.ack);
        if (!right && !sc_ask_waits(run, s->host, s->due.local)) /* else it is an earlier one's, that has waited */
            sc_lawful_breach(run, s->host, "resets with other numbers than it was asked with (RFC 9293 §3.10.7.1)");
        s->due.kind = SC_ASKED_NOTHING;
        return true;
    } else if (s->may_reset || run->now <= s->free_at || sc_ask_waits(run, s->host, sc_lawful_now(run, s->host))) {
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
        sc_ask_waits(run, s->host, sc_lawful_now(run, s->host)) || sc_ask_given(run, s->host, SC_SYN_COOKIES) ||
        d->tcp.ack + ((uint32_t)d->tcp.window << scale) != s->edge)
        return;
    sc_lawful_breach(run, s->host, "acknowledges %u again, and nothing asked for it (RFC 9293 §3.10.7.4)",
                     d->tcp.ack - s->irs);
}

/* The peer's end has come with it: of what came twice nothing is of use to him any more. */
static bool has_ended(struct sc_run *run, const struct sc_lawful *s)
{
    sc_observe(run);
    const struct sc_endpoint *e = sc_ask_endpoint(run, s);
    return e && e->state == SV_TIME_WAIT;
}

bool sc_lawful_answers(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const uint32_t flags = d->tcp.flags;
    sc_lawful_asked(run, s);
    if (flags & RST) {
        s->owed = SV_NEVER;
        if (s->due.kind == SC_ASKED_SYN_ACK && s->phase == SC_PHASE_HALF_OPEN && run->now > s->free_at &&
            !sc_ask_waits(run, s->host, s->due.local))
            sc_lawful_breach(run, s->host, "resets the same SYN that came again (RFC 9293 §3.10.7.4)");
        s->due.kind = s->due.kind == SC_ASKED_RESET ? SC_ASKED_RESET : SC_ASKED_NOTHING; /* it is over instead */
        return resets(run, s, d);
    }
    if (!(flags & ACK))
        return false;
    const struct sv_tcp_options *o = &d->tcp.options;
    if (s->due.kind == SC_ASKED_ACK && s->due.twice &&
        (!o->sacks || o->sack[0][0] != s->due.from || o->sack[0][1] != s->due.to) &&
        !sc_ask_waits(run, s->host, s->due.local) && !has_ended(run, s))
        sc_lawful_breach(run, s->host, "does not tell by SACK what has come twice (RFC 2883 §4)");
    s->due.twice = false;
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
    const struct sc_endpoint *e = sc_ask_endpoint(run, s);
    sc_lawful_urgent_due(run, s);
    sc_lawful_timing_due(run, s);
    if (s->due.kind != SC_ASKED_NOTHING && run->now > s->due.at + SC_AT_ONCE) {
        const bool aborted = e && e->ended && e->cause == SV_CAUSE_USER_ABORT; /* before it could answer */
        if (!run->down[s->host] && !aborted && !sc_ask_waits(run, s->host, s->due.local))
            sc_lawful_breach(run, s->host, "gave %s, at %.6f s", s->due.why, (double)s->due.at / 1e9);
        s->due.kind = SC_ASKED_NOTHING;
    }
    if (s->due.states && run->now > s->due.states_at + SC_AT_ONCE) {
        /* Waits have no number: which of them a SYN has ended, and so is in SYN-RECEIVED, is not told. */
        const bool guessed = e && e->state == SV_SYN_RECEIVED && s->due.states & SC_IN(SV_TIME_WAIT);
        const bool unheard = e && e->state == SV_SYN_SENT && !e->has_iss; /* called anew, and no SYN has left */
        if (e && !guessed && !unheard && !run->down[s->host] && !(s->due.states >> e->state & 1u))
            sc_lawful_breach(run, s->host, "is in %s after what came (RFC 9293 §3.10.7)",
                             sv_tcp_state_name((enum sv_tcp_state)e->state));
        s->due.states = 0;
    }
}
