/* SPDX-License-Identifier: BSD-2-Clause */
/* What a segment asks of whoever is not synchronized yet: CLOSED, LISTEN, SYN-SENT, and SYN-RECEIVED of a listener and
 * of two who called each other (RFC 9293 §3.10.7.1 to 4). */
#include "core/seq.h"
#include "scenario/lawful_asks.h"
#include "stack/stack_internal.h"
#include "trace/dissect.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* A connection answers what it does not accept twice a second at least (RFC 5961 §7 lets it be limited), a host ten
 * times. */
#define ODD_APART (1300u * SV_MS)
#define ODD_MOST 6u

/* --- what is due --- */

/* It asks, or has just asked, for a neighbour's address: what it says waits meanwhile, then goes out together. */
bool sc_ask_waits(const struct sc_run *run, uint32_t host, sv_time since)
{
    const sv_time asked = run->lawful->host[host].asked;
    return asked && since < asked + 5u * SV_S;
}

void sc_ask_forget(struct sc_lawful *s)
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
enum sc_lawful_fate sc_ask_unknown(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c)
{
    const struct sv_tcp_options *o = &c->d->tcp.options;
    const bool old = o->has_timestamp && s->stamp_known && sv_seq_before(o->ts_value, s->stamp_came);
    if (c->flags & (SYN | RST) || sv_seq_after(c->ack, s->sent) || sv_seq_before(c->ack, s->acked) ||
        (!c->length && (old || c->seq != s->came)))
        note_odd(run, s);
    sc_ask_forget(s);
    return SC_LAWFUL_MAY_BE;
}

void sc_ask(const struct sc_run *run, struct sc_lawful *s, uint32_t kind, const char *why)
{
    s->due.kind = kind;
    s->due.twice = false;
    s->due.why = why;
    s->due.local = sc_lawful_now(run, s->host);
    s->due.at = run->now;
    s->may_answer = s->may_answer || kind != SC_ASKED_RESET;
    s->may_reset = s->may_reset || kind == SC_ASKED_RESET;
}

/* The reset of §3.10.7.1. */
void sc_ask_reset(const struct sc_run *run, struct sc_lawful *s, const struct sc_came *c, const char *why)
{
    s->due.seq = c->flags & ACK ? c->ack : 0;
    s->due.ack = c->flags & ACK ? 0 : c->seq + c->length;
    s->due.with_ack = !(c->flags & ACK);
    sc_ask(run, s, SC_ASKED_RESET, why);
}

void sc_ask_syn_ack(const struct sc_run *run, struct sc_lawful *s, const struct sc_came *c, const char *why)
{
    s->due.ack = c->seq + 1u;
    sc_ask(run, s, SC_ASKED_SYN_ACK, why);
}

/* An acknowledgement that may be limited: it is due if there were few of them. */
void sc_ask_limited(struct sc_run *run, struct sc_lawful *s, const char *why)
{
    const struct sc_lawful_host *h = &run->lawful->host[s->host];
    const bool often = (s->odd_at && run->now - s->odd_at < ODD_APART) ||
                       (h->odds >= ODD_MOST && run->now - h->odd_at[h->odds % ODD_MOST] < ODD_APART);
    note_odd(run, s);
    if (often)
        sc_ask_forget(s);
    else
        sc_ask(run, s, SC_ASKED_ACK, why);
}

/* --- what is there --- */

const struct sc_endpoint *sc_ask_endpoint(const struct sc_run *run, const struct sc_lawful *s)
{
    const struct sc_endpoint *e = s->endpoint ? &run->endpoint[s->endpoint - 1u] : NULL;
    return e && e->epoch == run->epoch[s->host] && (!e->has_iss || e->iss == s->iss) ? e : NULL;
}

/* The half-open record of one of the SYNs that came; its number in *irs. */
const struct sc_lawful_syn *sc_ask_half_open_of(const struct sc_run *run, const struct sc_lawful *s)
{
    for (uint32_t i = 0; i < SC_LAWFUL_SYNS && i < s->syns; i++) {
        const struct sc_endpoint *e = sc_half_open_with(run, s->host, s->syn[i].seq);
        if (e && e->remote.port == s->remote.port && e->local.port == s->local.port)
            return &s->syn[i];
    }
    return NULL;
}

bool sc_ask_half_opens_alike(const struct sc_run *run, const struct sc_lawful *s)
{
    for (uint32_t i = 0; i < SC_LAWFUL_SYNS && i < s->syns; i++) {
        if (sc_half_opens_alike(run, s->host, s->syn[i].seq))
            return true;
    }
    return false;
}

bool sc_ask_given(const struct sc_run *run, uint32_t host, uint32_t knob)
{
    return run->set[host].given >> knob & 1u;
}

/* Its queues, cookies, and who may open are as they usually are. */
bool sc_ask_is_plain(const struct sc_run *run, uint32_t host)
{
    return !sc_ask_given(run, host, SC_BACKLOG) && !sc_ask_given(run, host, SC_HALF_OPEN) &&
           !sc_ask_given(run, host, SC_SYN_COOKIES) && !sc_ask_given(run, host, SC_HANDSHAKE);
}

bool sc_ask_listens(const struct sc_run *run, uint32_t host, uint16_t port)
{
    const struct sc_host *h = &run->model->host[host];
    for (uint32_t i = 0; i < h->serves; i++) {
        if (h->serve[i].port == port && !h->serve[i].udp && h->serve[i].from <= run->now)
            return true;
    }
    return false;
}

/* --- §3.10.7.1 and 2: no connection --- */

enum sc_lawful_fate sc_asks_closed(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c)
{
    const bool open = sc_ask_listens(run, s->host, s->local.port);
    if (!c->exact || run->model->host[s->host].kind != SC_HOST || sc_host_of(run, &s->remote.addr) == SV_NONE)
        return sc_ask_unknown(run, s, c);
    if (c->flags & RST)
        return SC_LAWFUL_REFUSED;
    if (!open) {
        sc_ask_reset(run, s, c, "no reset to a segment for CLOSED (RFC 9293 §3.10.7.1)");
        return SC_LAWFUL_REFUSED;
    }
    if (c->flags & ACK) { /* perhaps one of its cookies comes back */
        if (c->flags == ACK && !c->n && s->spoke && s->agreed && !s->state && c->seq == s->irs + 1u &&
            c->ack == s->iss + 1u && s->syns == 1 && s->timing.answers == 1 && s->said_at + 900u * SV_MS > run->now &&
            !s->reset_came && sc_ask_given(run, s->host, SC_HALF_OPEN) && !sc_ask_given(run, s->host, SC_BACKLOG))
            s->third_at = run->now; /* to a SYN,ACK that may have been a cookie: RFC 4987 §3.6 */
        if ((!(c->flags & SYN) && !sc_ask_is_plain(run, s->host)) || run->forgers)
            return sc_ask_unknown(run, s, c);
        sc_ask_reset(run, s, c, "no reset to an acknowledgement in LISTEN (RFC 9293 §3.10.7.2)");
        return SC_LAWFUL_REFUSED;
    }
    if ((c->flags & SYN) && !(c->flags & FIN) && sc_ask_is_plain(run, s->host) && !run->forgers)
        sc_ask_syn_ack(run, s, c, "no SYN,ACK to a SYN in LISTEN (RFC 9293 §3.10.7.2)");
    else if (c->flags & SYN)
        return sc_ask_unknown(run, s, c);
    return c->flags & SYN ? SC_LAWFUL_MAY_BE : SC_LAWFUL_REFUSED;
}

/* --- §3.10.7.3 --- */

enum sc_lawful_fate sc_asks_syn_sent(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c)
{
    const struct sv_tcp_options *o = &c->d->tcp.options;
    const bool good = c->flags & ACK && sv_seq_after(c->ack, s->iss) && sv_seq_before_or_at(c->ack, s->sent);
    if (!c->exact)
        return sc_ask_unknown(run, s, c);
    if (c->flags & ACK && !good) {
        if (!(c->flags & RST))
            sc_ask_reset(run, s, c, "no reset to an unacceptable ACK in SYN-SENT (RFC 9293 §3.10.7.3)");
        return SC_LAWFUL_REFUSED;
    }
    if (good && o->has_timestamp && s->own.stamps && o->ts_echo != s->own.stamp)
        return sc_ask_unknown(run, s, c); /* RFC 7323 §3.2: it may be of another connection */
    if (c->flags & RST) {
        s->due.states = good ? SC_IN(SV_CLOSED) : SC_IN(SV_SYN_SENT) | SC_IN(SV_CLOSED);
        s->due.states_at = run->now;
        return good ? SC_LAWFUL_TAKEN : SC_LAWFUL_REFUSED;
    }
    if (!(c->flags & SYN))
        return SC_LAWFUL_REFUSED;
    if (sc_ask_given(run, s->host, SC_HANDSHAKE))
        return sc_ask_unknown(run, s, c);
    if (c->flags & ACK) {
        sc_ask(run, s, SC_ASKED_ACK, "no ACK to the SYN,ACK (RFC 9293 §3.10.7.3, fourth)");
        if (c->length == 1)
            s->due.states = SC_IN(SV_ESTABLISHED) | SC_IN(SV_FIN_WAIT_1) | SC_IN(SV_CLOSED);
    } else {
        sc_ask_syn_ack(run, s, c, "no SYN,ACK to a SYN in SYN-SENT (RFC 9293 §3.10.7.3, fourth)");
        s->due.states = SC_IN(SV_SYN_RECEIVED) | SC_IN(SV_CLOSED);
    }
    s->due.states_at = run->now;
    return SC_LAWFUL_TAKEN;
}

/* --- §3.10.7.4 --- */

/* Within [nxt, nxt + window), as §3.10.7.4's table has it. */
bool sc_ask_acceptable(const struct sc_came *c, uint32_t nxt, uint32_t window)
{
    const bool begins = window ? c->seq - nxt < window : c->seq == nxt;
    const bool ends = c->length && c->seq + c->length - 1u - nxt < window;
    return c->length == 0 ? begins : window && (begins || ends);
}

/* SYN-RECEIVED of a listener. */
enum sc_lawful_fate sc_asks_half_open(struct sc_run *run, struct sc_lawful *s, const struct sc_lawful_syn *syn,
                                      const struct sc_came *c)
{
    const struct sv_tcp_options *o = &c->d->tcp.options;
    const uint32_t nxt = syn->seq + 1u;
    const bool timed = s->own.stamps && syn->stamps;
    for (uint32_t i = 0; i < SC_LAWFUL_SYNS && i < s->syns; i++) { /* it came with several, and one of them counts */
        if (s->syn[i].seq == syn->seq && (s->syn[i].stamps != syn->stamps || s->syn[i].stamp != syn->stamp))
            return sc_ask_unknown(run, s, c);
    }
    if (!c->exact || !s->spoke || run->forgers)
        return sc_ask_unknown(run, s, c);
    if (c->flags == ACK && !c->n && c->seq == nxt && c->ack == s->iss + 1u && s->syns == 1 && s->timing.answers == 1 &&
        s->said_at + 900u * SV_MS > run->now && (!timed || (o->has_timestamp && o->ts_value == syn->stamp)))
        s->third_at = run->now;
    if (!sc_ask_is_plain(run, s->host) || sc_ask_given(run, s->host, SC_ECN))
        return sc_ask_unknown(run, s, c);
    if ((c->flags & (SYN | ACK | RST)) == SYN && c->seq == syn->seq) {
        sc_ask_syn_ack(run, s, c, "no SYN,ACK to the same SYN again (RFC 9293 §3.10.7.4)");
        return SC_LAWFUL_MAY_BE;
    }
    if (timed && !(c->flags & RST) && o->has_timestamp && s->syns == 1 && sv_seq_before(o->ts_value, syn->stamp)) {
        if (c->n)
            sc_ask(run, s, SC_ASKED_ACK, "no ACK to an old timestamp in SYN-RECEIVED (RFC 7323 §5.3)");
        else
            sc_ask_limited(run, s, "no ACK to an old timestamp in SYN-RECEIVED (RFC 7323 §5.3)");
        return SC_LAWFUL_REFUSED;
    }
    if (timed && !(c->flags & RST) && (!o->has_timestamp || o->ts_value != syn->stamp))
        return sc_ask_unknown(run, s, c);
    if (!sc_ask_acceptable(c, nxt, s->own.window)) {
        if (!(c->flags & RST) && c->n)
            sc_ask(run, s, SC_ASKED_ACK,
                   "no ACK to an unacceptable segment in SYN-RECEIVED (RFC 9293 §3.10.7.4, first)");
        else if (!(c->flags & RST))
            sc_ask_limited(run, s, "no ACK to an unacceptable segment in SYN-RECEIVED (RFC 9293 §3.10.7.4, first)");
        return SC_LAWFUL_REFUSED;
    }
    if (c->flags & RST && c->seq != nxt) {
        sc_ask_limited(run, s, "no challenge to a RST in the window (RFC 5961 §3.2)");
        return SC_LAWFUL_REFUSED;
    }
    if (c->flags & (RST | SYN))
        return sc_ask_unknown(run, s, c);
    if (!(c->flags & ACK))
        return SC_LAWFUL_REFUSED;
    if (c->ack != s->iss + 1u) {
        sc_ask_reset(run, s, c, "no reset to an unacceptable ACK in SYN-RECEIVED (RFC 9293 §3.10.7.4, fifth)");
        return SC_LAWFUL_REFUSED;
    }
    s->may_answer = s->may_reset = true;
    return SC_LAWFUL_TAKEN;
}

/* Of two who called each other: RFC 9293 §3.5, figure 7. Its peer's SYN,ACK has the SYN once more, and is the
 * acknowledgement of its own. */
enum sc_lawful_fate sc_asks_crossed(struct sc_run *run, struct sc_lawful *s, const struct sc_came *c)
{
    const struct sv_tcp_options *o = &c->d->tcp.options;
    const uint32_t nxt = s->irs + 1u;
    struct sc_came m = *c;
    if (!c->exact || !s->agreed || !s->timing.active || s->timing.unmeasurable || !sc_ask_is_plain(run, s->host) ||
        run->forgers || sc_ask_given(run, s->host, SC_ECN))
        return sc_ask_unknown(run, s, c);
    s->due.states = 0;
    if ((c->flags & (SYN | ACK | RST)) == (SYN | ACK) && c->seq == s->irs) {
        m.flags &= ~(uint32_t)SYN;
        m.seq++;
        m.length--;
    }
    if (s->own.stamps && s->peer.stamps && !(m.flags & RST) &&
        (!o->has_timestamp || sv_seq_before(o->ts_value, s->stamp_came)))
        return sc_ask_unknown(run, s, c);
    if (!sc_ask_acceptable(&m, nxt, s->own.window)) {
        if (m.seq - nxt < s->edge - nxt + 65536u)
            return sc_ask_unknown(run, s, c); /* an answer has offered more; what it acknowledges is looked at first */
        if (m.flags & RST)
            return SC_LAWFUL_REFUSED;
        if (m.n && !(m.flags & SYN))
            sc_ask(run, s, SC_ASKED_ACK,
                   "no ACK to an unacceptable segment in SYN-RECEIVED (RFC 9293 §3.10.7.4, first)");
        else
            sc_ask_limited(run, s, "no ACK to an unacceptable segment in SYN-RECEIVED (RFC 9293 §3.10.7.4, first)");
        return SC_LAWFUL_REFUSED;
    }
    if (m.flags & RST && m.seq != nxt) {
        sc_ask_limited(run, s, "no challenge to a RST in the window (RFC 5961 §3.2)");
        return SC_LAWFUL_REFUSED;
    }
    s->due.states_at = run->now;
    if (m.flags & RST) {
        s->due.states = SC_IN(SV_CLOSED);
        return SC_LAWFUL_TAKEN;
    }
    if (m.flags & SYN)
        return sc_ask_unknown(run, s, c);
    if (!(m.flags & ACK))
        return SC_LAWFUL_REFUSED;
    if (!sv_seq_after(m.ack, s->iss) || sv_seq_after(m.ack, s->sent)) {
        sc_ask_reset(run, s, &m, "no reset to an unacceptable ACK in SYN-RECEIVED (RFC 9293 §3.10.7.4, fifth)");
        return SC_LAWFUL_REFUSED;
    }
    s->may_answer = s->may_reset = true;
    if (!m.length)
        s->due.states = SC_IN(SV_ESTABLISHED) | SC_IN(SV_FIN_WAIT_1) | SC_IN(SV_FIN_WAIT_2) | SC_IN(SV_CLOSED);
    return SC_LAWFUL_TAKEN;
}
