/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a segment is dropped stands in the trace, by a reason (docs/DROPS.md) that is a sentence about its numbers and
 * flags. What the sentence says must be so, or something was refused that RFC 9293 §3.10.7, 5961 and 7323 would have
 * had taken, or refused on another account. */
#include "core/seq.h"
#include "scenario/lawful.h"
#include "trace/dissect.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

#define SURELY (1u << 30) /* nearer than that: before and after are not a matter of how one counts */

void sc_lawful_comes(struct sc_run *run, const struct sc_lawful *s, const struct sv_dissected *d, uint32_t id)
{
    struct sc_lawful_host *h = &run->lawful->host[s->host];
    const struct sv_tcp_options *o = &d->tcp.options;
    const uint32_t scale = s->own.scales && s->peer.scales ? s->peer.scale : 0;
    /* Its SYN,ACK may not have left: then nobody knows its numbers. */
    const bool asks = h->asked && sc_lawful_now(run, s->host) < h->asked + 200u * SV_S;
    const bool mute = s->phase == SC_PHASE_HALF_OPEN && (asks || !s->agreed || s->irs != s->half_irs);
    h->seen[h->seens++ % SC_LAWFUL_SEEN] = (struct sc_lawful_seen){
        .packet = id,
        .phase = mute ? SC_PHASE_NOWHERE : s->phase,
        .seq = d->tcp.seq,
        .ack = d->tcp.ack,
        .flags = d->tcp.flags & (FIN | SYN | RST | ACK),
        .length = d->payload_bytes + (d->tcp.flags & FIN ? 1u : 0) + (d->tcp.flags & SYN ? 1u : 0),
        .stamped = o->has_timestamp,
        .stamp = o->ts_value,
        .stamps = s->own.stamps && s->peer.stamps,
        .stamp_known = s->stamp_known,
        .stamp_came = s->stamp_came,
        .ranges_full = s->ranges_full,
        .active = s->timing.active,
        .fin_came = s->fin_came,
        .told = s->told,
        .came = s->came,
        .iss = s->iss,
        .sent = s->sent,
        .acked = s->acked,
        .wide = (uint32_t)s->peer.window << scale,
    };
}

/* What is acknowledged lies within what RFC 5961 §5.2 takes: as far back as the largest window that the peer has told
 * (its SYN's is surely among them), but not before the connection itself. Whoever was called has not sent its SYN as
 * one (docs/PROFILES.md: acks_by_sent). */
static bool acceptable_ack(const struct sc_lawful_seen *c)
{
    const uint32_t first = c->iss + (c->active ? 0 : 1u);
    if (c->phase == SC_PHASE_HALF_OPEN)
        return c->ack == c->iss + 1u;
    return !sv_seq_before(c->ack, first) && !sv_seq_before(c->ack, c->acked - c->wide) &&
           !sv_seq_after(c->ack, c->sent);
}

/* Of a connection there is, or that waits: what is not so; NULL. RCV.NXT lies between what was told and what came. */
static const char *of_connection(const struct sc_lawful_seen *c, uint32_t reason)
{
    const bool waits = c->phase == SC_PHASE_WAITING;
    switch (reason) {
    case SV_DROP_TCP_OLD: /* who waits says it of everything that acknowledges */
        return !(waits && c->flags & ACK) && !c->ranges_full && c->seq - c->came < SURELY
                   ? "what does not begin before the window (RFC 9293 §3.10.7.4, first)"
                   : NULL;
    case SV_DROP_TCP_BEYOND_WINDOW:
        if (!c->length && c->seq == c->told && c->told == c->came && !c->ranges_full)
            return "what has the very next number and no length (RFC 9293 §3.10.7.4, first)";
        return c->told - c->seq - 1u < SURELY ? "what begins before the window (RFC 9293 §3.10.7.4, first)" : NULL;
    case SV_DROP_TCP_PAWS:
        return !waits && (c->flags & RST || !c->stamped || (c->stamp_known && !sv_seq_before(c->stamp, c->stamp_came)))
                   ? "what has no old timestamp (RFC 7323 §5.3)"
                   : NULL;
    case SV_DROP_TCP_MISSING_TIMESTAMP:
        return c->stamped || !c->stamps || c->flags & RST ? "what lacks no timestamp (RFC 7323 §3.2)" : NULL;
    case SV_DROP_TCP_AFTER_FIN: /* no state that refuses text so is entered without one: sc_lawful_moves() */
        return c->phase == SC_PHASE_SYNCHRONIZED && !c->fin_came
                   ? "what has no FIN before it (RFC 9293 §3.10.7.4, seventh)"
                   : NULL;
    case SV_DROP_TCP_NO_ACK:
        return c->flags & ACK ? "what has an ACK (RFC 9293 §3.10.7.4, fifth)" : NULL;
    case SV_DROP_TCP_ACK_NOT_ACCEPTABLE:
        return !waits && acceptable_ack(c) ? "an ACK within the largest window (RFC 5961 §5.2)" : NULL;
    case SV_DROP_TCP_RST_INEXACT:
        return !(c->flags & RST) || (!waits && c->told == c->came && !c->ranges_full && c->seq == c->told)
                   ? "no reset, or one with the very next number (RFC 5961 §3.2)"
                   : NULL;
    case SV_DROP_TCP_SYN_IN_WINDOW:
        return c->flags & SYN ? NULL : "what is no SYN (RFC 9293 §3.10.7.4, fourth)";
    default:
        return NULL;
    }
}

/* Of one that is no more, or not yet. */
static const char *of_nobody(const struct sc_lawful_seen *c, uint32_t reason)
{
    switch (reason) {
    case SV_DROP_TCP_RST_TO_NOBODY:
        return c->flags & RST ? NULL : "what is no reset (RFC 9293 §3.10.7.1)";
    case SV_DROP_TCP_LISTEN_ACK:
        return c->flags & ACK && !(c->flags & RST) ? NULL : "what acknowledges nothing (RFC 9293 §3.10.7.2)";
    case SV_DROP_TCP_NO_SOCKET:
        return c->flags & RST ? "a reset (RFC 9293 §3.10.7.1)" : NULL;
    default:
        return NULL;
    }
}

void sc_lawful_dropped(struct sc_run *run, uint32_t host, uint32_t reason, uint32_t packet)
{
    const struct sc_lawful_host *h = run->lawful ? &run->lawful->host[host] : NULL;
    if (h && reason == SV_DROP_NONE)
        sc_lawful_breach(run, host, "drops a packet, and says not why");
    for (uint32_t i = 0; h && packet && i < SC_LAWFUL_SEEN && i < h->seens; i++) {
        const struct sc_lawful_seen *c = &h->seen[(h->seens - 1u - i) % SC_LAWFUL_SEEN];
        if (c->packet != packet)
            continue;
        const char *what = c->phase == SC_PHASE_CLOSED      ? of_nobody(c, reason)
                           : c->phase >= SC_PHASE_HALF_OPEN ? of_connection(c, reason)
                                                            : NULL;
        if (what)
            sc_lawful_breach(run, host, "drops as %s %s", sv_drop_name((enum sv_drop)reason), what);
        return;
    }
}
