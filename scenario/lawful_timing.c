/* SPDX-License-Identifier: BSD-2-Clause */
/* The retransmission timer, RFC 6298: what is measured and what is not (Karn), and what is kept until something is. */
#include "core/seq.h"
#include "scenario/lawful.h"
#include "trace/dissect.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

#define AFTER_SYN (3u * SV_S) /* §5.7 */
#define ENOUGH 1460u          /* bytes: a full segment, whatever the MSS */
#define SLACK (10u * SV_MS)   /* of clocks that tick */

static bool is_asked(const struct sc_run *run, uint32_t host)
{
    return run->lawful->host[host].asked != 0; /* for an address: what left then had been made before */
}

/* What is sent again: the earliest, when the timer has run out (§5.4) or three duplicates came (RFC 5681 §3.2). */
static void resends(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    struct sc_lawful_timing *t = &s->timing;
    const uint32_t length = d->payload_bytes + (d->tcp.flags & FIN ? 1u : 0), end = d->tcp.seq + length;
    if (!length)
        return;
    if (sv_seq_before_or_at(end, s->sent)) {
        sc_observe(run); /* whether its timer has run out */
        const bool alone = !t->again || sv_seq_after(s->acked, t->recover);
        if (alone && !t->fired && !s->strayed && s->repeated < 3u && run->now > s->free_at &&
            !(s->own.sacks && s->peer.sacks) && !t->unmeasurable && !is_asked(run, s->host))
            sc_lawful_breach(run, s->host,
                             "sends again after %u duplicates, and its timer has not run out (RFC 5681 §3.2)",
                             s->repeated);
        t->again = true;
        t->recover = s->sent;
        if (sv_seq_before_or_at(d->tcp.seq, s->acked))
            t->resend_due = false;
    }
    if (t->fired && sv_seq_after(d->tcp.seq, s->acked) && s->acked != s->sent && !t->unmeasurable)
        sc_lawful_breach(run, s->host, "sends %u when its timer has run out, and %u is the earliest (RFC 6298 §5.4)",
                         d->tcp.seq - s->iss, s->acked - s->iss);
    t->fired = false;
}

/* Before what it acknowledges is noted. */
void sc_lawful_timing_heard(struct sc_lawful *s, const struct sv_dissected *d, enum sc_lawful_fate fate)
{
    struct sc_lawful_timing *t = &s->timing;
    const uint32_t ack = d->tcp.ack, scale = s->own.scales && s->peer.scales ? s->peer.scale : 0;
    const bool sacks = s->own.sacks && s->peer.sacks;
    if (fate == SC_LAWFUL_TAKEN && ack == s->acked && !d->tcp.window)
        t->shut_told_at = s->came_at;
    if (sv_seq_after(ack, s->acked)) {
        t->fired = t->resend_due = false;
        t->dups = 0;
        t->again = t->again || s->phase != SC_PHASE_SYNCHRONIZED;
        t->recover = s->phase != SC_PHASE_SYNCHRONIZED ? s->sent : t->recover;
        return;
    }
    const bool same = ack == s->acked && s->acked != s->sent && (uint32_t)d->tcp.window << scale == s->window;
    const bool bare = (d->tcp.flags & (SYN | FIN | RST | ACK)) == ACK && !d->payload_bytes;
    if (!same || !bare || fate != SC_LAWFUL_TAKEN || s->phase != SC_PHASE_SYNCHRONIZED || s->strayed || sacks) {
        t->dups = 0;
        if (s->phase != SC_PHASE_SYNCHRONIZED) { /* several at once: they may have had their effect */
            t->again = true;
            t->recover = s->sent;
        }
        return;
    }
    t->resend_due = t->resend_due || (++t->dups == 3 && (!t->again || sv_seq_after(s->acked, t->recover)));
}

void sc_lawful_timing_sent(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    struct sc_lawful_timing *t = &s->timing;
    const uint32_t flags = d->tcp.flags;
    const sv_time now = sc_lawful_now(run, s->host);
    if (flags & RST)
        return;
    t->probed = true;
    if (d->payload_bytes || flags & FIN || sv_seq_before(d->tcp.seq, s->acked))
        t->pressed_at = run->now;
    if (!(flags & SYN))
        resends(run, s, d);
    if (flags & SYN) {
        t->unmeasurable = t->unmeasurable || d->payload_bytes || d->tcp.options.has_fast_open;
        t->opened_at = t->syns + t->answers ? t->opened_at : now;
        t->active = t->active || !(flags & ACK);
        t->syns += !(flags & ACK);
        t->answers += flags & ACK ? 1u : 0;
        s->said_at = flags & ACK ? run->now : s->said_at;
    } else if ((d->payload_bytes || flags & FIN) && !t->data_at) {
        t->data_at = now;
    }
}

/* Its SYN is acknowledged: if that was sent once, the time since then is the first sample (§2.2); else nobody knows
 * which of them it was for (§3). */
void sc_lawful_timing_came(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d,
                           enum sc_lawful_fate fate)
{
    struct sc_lawful_timing *t = &s->timing;
    if (s->phase != SC_PHASE_OPENING || fate != SC_LAWFUL_TAKEN || (d->tcp.flags & (SYN | ACK | RST)) != (SYN | ACK) ||
        t->unmeasurable || is_asked(run, s->host))
        return;
    t->due = true;
    t->due_at = run->now;
    t->sample = sc_lawful_now(run, s->host) - t->opened_at;
}

void sc_lawful_timing_due(struct sc_run *run, struct sc_lawful *s)
{
    struct sc_lawful_timing *t = &s->timing;
    if (!t->due || run->now <= t->due_at + SV_MS)
        return;
    if (t->syns == 1 && !t->measured && !run->down[s->host])
        sc_lawful_breach(run, s->host, "has not measured the round trip of its SYN (RFC 6298 §2.2)");
    t->due = false;
}

/* All is acknowledged, and so much more was written. */
static uint64_t waiting(const struct sc_run *run, const struct sc_lawful *s)
{
    const struct sc_endpoint *e = s->endpoint ? &run->endpoint[s->endpoint - 1u] : NULL;
    const struct sc_conn *c = e && e->conn != SV_NONE ? &run->conn[e->conn] : NULL;
    const uint32_t sent = s->sent - s->iss - 1u;
    const bool may_send = s->state == SV_ESTABLISHED || s->state == SV_CLOSE_WAIT;
    if (s->over || !c || c->host != s->host || e->iss != s->iss || !may_send || s->fin_sent || s->strayed ||
        s->acked != s->sent || c->written <= sent)
        return 0;
    return c->written - sent;
}

/* RFC 9293 §3.8.6.1, SHLD-29: the first probe leaves when the window has been closed for a timeout. */
void sc_lawful_timing_shut(struct sc_run *run, struct sc_lawful *s)
{
    struct sc_lawful_timing *t = &s->timing;
    const sv_time now = sc_lawful_now(run, s->host);
    const sv_time wait = (sv_time)(t->held_us > t->rto_us ? t->held_us : t->rto_us) * SV_US;
    const uint64_t waits = waiting(run, s);
    const bool shut = waits && !s->window, able = waits >= ENOUGH && s->window >= ENOUGH;
    if (shut && t->shut_at && !t->probed && t->rto_us && now > t->shut_at + wait + SV_S && !is_asked(run, s->host))
        sc_lawful_breach(run, s->host, "has not probed for %.3f s a window that is closed (RFC 9293 §3.8.6.1)",
                         (double)(now - t->shut_at) / 1e9);
    if (able && t->able_at && now > t->able_at + SV_S && !is_asked(run, s->host))
        sc_lawful_breach(run, s->host, "has had room for %.3f s, and sends nothing of %u bytes (RFC 9293 §3.8.6.2.1)",
                         (double)(now - t->able_at) / 1e9, (uint32_t)waits);
    t->able_at = able ? t->able_at ? t->able_at : now : 0;
    t->shut_at = shut ? t->shut_at ? t->shut_at : now : 0;
    t->probed = shut && t->probed;
}

static void measures(struct sc_run *run, struct sc_lawful *s, sv_time sample, uint32_t rto_us)
{
    struct sc_lawful_timing *t = &s->timing;
    const bool of_syn = t->due && run->now == t->due_at;
    const sv_time off = sample > t->sample ? sample - t->sample : t->sample - sample;
    if (of_syn && t->syns > 1)
        sc_lawful_breach(run, s->host, "measures the round trip of a SYN that it has sent again (RFC 6298 §3)");
    else if (of_syn && off > SV_MS && t->sample < 60u * SV_S)
        sc_lawful_breach(run, s->host, "measures %.3f s, and its SYN took %.3f s (RFC 6298 §2.2)", (double)sample / 1e9,
                         (double)t->sample / 1e9);
    t->measured = true;
    t->held_us = 0;
    t->rto_us = rto_us;
}

/* Its SYN's timer, or its SYN,ACK's, has run out: so often it was sent, and so often somebody asked for it. */
static bool syn_ran_out(const struct sc_lawful *s)
{
    const struct sc_lawful_timing *t = &s->timing;
    return t->active ? t->syns > 1 : t->answers > s->syns;
}

static void sets(struct sc_run *run, struct sc_lawful *s, sv_time at)
{
    const struct sc_lawful_timing *t = &s->timing;
    const sv_time began = t->data_at ? t->data_at : sc_lawful_now(run, s->host);
    if (syn_ran_out(s) && !t->measured && !t->unmeasurable && !is_asked(run, s->host) && at + SLACK < began + AFTER_SYN)
        sc_lawful_breach(run, s->host,
                         "waits %.3f s for its first data, and its SYN had to be sent again (RFC 6298 §5.7)",
                         at > began ? (double)(at - began) / 1e9 : 0.0);
}

/* Doubled, it stays so until something is measured. */
static void fires(struct sc_run *run, struct sc_lawful *s, uint32_t next_us)
{
    struct sc_lawful_timing *t = &s->timing;
    if (t->resend_due)
        sc_lawful_breach(run, s->host, "waits for its timer, though three duplicates came (RFC 5681 §3.2)");
    t->fired = t->again = true;
    t->recover = s->sent;
    t->resend_due = false;
    if (t->held_us > next_us && !t->unmeasurable)
        sc_lawful_breach(run, s->host,
                         "waits %.3f s after it had waited %.3f s, and has measured nothing (RFC 6298 §5.5)",
                         (double)next_us / 1e6, (double)t->held_us / 1e6);
    t->held_us = next_us;
}

/* A closed window is probed: with the same byte each time. */
static void probes(struct sc_lawful *s)
{
    s->timing.held_us = 0;
    s->timing.again = true;
    s->timing.recover = s->sent + 1u;
}

void sc_lawful_clock(struct sc_run *run, const struct sc_endpoint *e, const struct sv_trace_record *r)
{
    struct sc_lawful *s = run->lawful ? sc_lawful_side(run, e) : NULL;
    if (!s)
        return;
    const bool synchronized = e->state >= SV_ESTABLISHED && e->state <= SV_LAST_ACK;
    if (r->kind == SV_TRACE_TCP_RTT)
        measures(run, s, (sv_time)r->arg[0] * SV_US, r->arg[3]);
    else if (r->kind == SV_TRACE_TCP_TIMER_SET && r->detail == SV_TIMER_RTO && synchronized)
        sets(run, s, (sv_time)r->arg[1] << 32 | r->arg[0]);
    else if (r->kind == SV_TRACE_TCP_TIMER_FIRED && r->detail == SV_TIMER_RTO && synchronized)
        fires(run, s, r->arg[1]);
    else if (r->kind == SV_TRACE_TCP_TIMER_FIRED && r->detail == SV_TIMER_PERSIST)
        probes(s);
}
