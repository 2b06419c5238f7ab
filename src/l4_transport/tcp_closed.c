/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments for CLOSED (RFC 9293 §3.10.7.1) and SYN-SENT (§3.10.7.3), and the reset that answers what has no
 * connection. */
#include "l4_transport/tcp_internal.h"
#include "l4_transport/tcp_rto.h"
#include "l4_transport/tcp_trouble.h"

/* §3.10.7.1: the reset is made so that the sender of the offending segment will believe it. */
void sv_tcp_make_reset(const struct sv_seg *s, struct sv_tcp_reply *reply)
{
    *reply = (struct sv_tcp_reply){.remote = s->remote, .local = s->local, .port = s->port};
    reply->header.source = s->local_port;
    reply->header.destination = s->remote_port;
    if (s->flags & SV_ACK) {
        reply->header.seq = s->ack;
        reply->header.flags = SV_RST;
    } else {
        reply->header.ack = s->seq + sv_seg_length(s);
        reply->header.flags = SV_RST | SV_ACK;
    }
}

bool sv_tcp_closed_arrives(struct sv_tcp *tcp, struct sv_seg *s, struct sv_tcp_reply *reply)
{
    struct sv_core *core = sv_tcp_core(tcp);
    const bool answer = !(s->flags & SV_RST) && !(tcp->teach.opening & SV_OPENING_SILENT);
    if (answer) {
        sv_tcp_make_reset(s, reply);
        tcp->count.resets_out++;
    }
    sv_drop(core, answer ? SV_DROP_TCP_NO_SOCKET : SV_DROP_TCP_RST_TO_NOBODY, s->packet, s->port, 0);
    s->packet = NULL;
    return answer;
}

void sv_tcp_agree(struct sv_tcb *t, uint8_t ours, const struct sv_tcp_offer *peers)
{
    uint8_t agreed = t->h->agreed & SV_TCP_SIGNED;
    uint8_t send_scale = 0;
    if ((ours & SV_TCP_TIMESTAMPS) && (peers->options & SV_OPTION_TIMESTAMPS)) {
        agreed |= SV_TCP_TIMESTAMPS;
        t->h->ts_recent = peers->ts_val;
        t->h->ts_recent_at = sv_tick(t->now);
    }
    if ((ours & SV_TCP_SACK) && (peers->options & SV_OPTION_SACK_PERMITTED))
        agreed |= SV_TCP_SACK;
    if ((ours & SV_TCP_SCALING) && (peers->options & SV_OPTION_SCALE)) {
        agreed |= SV_TCP_SCALING;
        send_scale = (uint8_t)peers->scale;
    }
    t->h->agreed = agreed;
    t->h->scales = (uint8_t)(agreed & SV_TCP_SCALING ? sv_tcb_scale_wanted(t) << 4 | send_scale : 0);
    /* MUST-15: 536 when the peer says nothing (1220 over IPv6). A ridiculous value is not believed. */
    uint16_t mss = sv_addr_is_v4(&t->h->remote) ? 536 : 1220;
    if (peers->options & SV_OPTION_MSS)
        mss = peers->mss < 64 ? 64 : peers->mss;
    if (t->c->peer_mss && t->c->peer_mss < mss) /* SV_OPT_MAX_SEGMENT kept its place until now */
        mss = t->c->peer_mss;
    t->c->peer_mss = mss;
    t->h->mss = sv_tcp_path_mss(t);
}

/* RFC 7323 §3.2: TSecr is a TSval that we have sent, so none from before the SYN and none to come. Anything else is of
 * another connection's SYN,ACK, as an ACK of what was never sent would be (Linux: PAWSActiveRejected). */
static bool sv_tcp_syn_sent_echoes_ours(const struct sv_tcb *t, const struct sv_seg *s)
{
    if (!(s->options & SV_OPTION_TIMESTAMPS) || !s->ts_ecr || !(sv_tcb_offers(t) & SV_TCP_TIMESTAMPS))
        return true;
    const uint32_t first = (uint32_t)(t->b->rtt_began / SV_MS) + t->c->ts_offset;
    return s->ts_ecr - first <= sv_tcp_ts_now(t) - first;
}

/* First and second checks of §3.10.7.3. False: the segment goes no further. */
static bool sv_tcp_syn_sent_ack_and_reset(struct sv_tcb *t, struct sv_seg *s, struct sv_tcp_reply *reply, bool *answer)
{
    if (SV_UNLIKELY(t->tcp->teach.handshake == SV_HANDSHAKE_TWO_WAY_BLIND) && s->flags & SV_ACK && !(s->flags & SV_RST))
        s->ack = t->h->snd_max;
    const bool acceptable = (s->flags & SV_ACK) && sv_seq_after(s->ack, t->c->iss) &&
                            sv_seq_before_or_at(s->ack, t->h->snd_max) && sv_tcp_syn_sent_echoes_ours(t, s);
    if ((s->flags & SV_ACK) && !acceptable) {
        if (!(s->flags & SV_RST) && !(t->tcp->teach.opening & SV_OPENING_SILENT)) {
            sv_tcp_make_reset(s, reply);
            reply->flow = t->c->flow;
            t->tcp->count.resets_out++;
            *answer = true;
        }
        sv_tcp_discard(t, s, SV_DROP_TCP_ACK_NOT_ACCEPTABLE);
        return false;
    }
    if (s->flags & SV_RST) {
        if (!acceptable) {
            sv_tcp_discard(t, s, SV_DROP_TCP_RST_NOT_ACCEPTABLE);
            return false;
        }
        sv_buf_free(s->packet);
        s->packet = NULL;
        t->tcp->count.resets_in++;
        sv_tcb_end(t, SV_ON_RESET, SV_ERR_REFUSED, SV_CAUSE_REFUSED);
        return false;
    }
    if (!(s->flags & SV_SYN)) {
        sv_tcp_discard(t, s, SV_DROP_TCP_BAD_FLAGS);
        return false;
    }
    if (SV_UNLIKELY(t->tcp->teach.opening & SV_OPENING_ONE_SIDED) && !(s->flags & SV_ACK)) {
        sv_tcp_make_reset(s, reply);
        *answer = true;
        sv_tcp_discard(t, s, SV_DROP_TCP_BAD_FLAGS);
        return false;
    }
    return true;
}

static void sv_tcp_syn_sent_to_established(struct sv_tcb *t, struct sv_seg *s)
{
    if (t->b->fast)
        sv_tcp_fastopen_answered(t, s);
    t->h->snd_una = t->b->snd_small = s->ack;
    t->h->snd_wnd = s->window; /* never scaled in a SYN, RFC 7323 §2.2 */
    t->h->snd_wl1 = s->seq;
    t->c->max_window_field = (uint16_t)s->window;
    sv_tcp_cc_open(t);
    if (t->b->timing && sv_seq_before_or_at(t->b->rtt_seq, s->ack)) {
        t->b->timing = 0;
        sv_tcp_rtt_sample(t, (uint32_t)sv_min_u64((t->now - t->b->rtt_began) / SV_US, 60000000u));
    } else if (t->b->backoff) {
        t->c->rto_us = sv_tcb_profile(t)->rto_after_syn_us; /* RFC 6298 §5.7 */
    }
    t->b->backoff = 0;
    sv_tcb_trouble_over(t);
    t->b->rexmit = 0;
    sv_tcp_move(t, SV_ON_SYN_ACK);
    t->b->give_up_at = SV_NEVER;
    t->c->heard_tick = sv_tick(t->now); /* or a keepalive, long due, would go out in place of the third message */
    if (SV_UNLIKELY(t->h->snd_queued))
        sv_tcp_fastopen_refused(t);
    sv_tcb_arm_retransmit(t);
    sv_tcb_tell(t, SV_EVENT_CONNECTED | SV_EVENT_WRITABLE);
    sv_tcp_path_works(t);
    if (SV_LIKELY(t->tcp->teach.handshake == SV_HANDSHAKE_THREE_WAY))
        sv_tcb_ready(t, SV_TCP_ACK_NOW);
    sv_tcb_consider_sending(t);
}

/* §3.10.7.3: "If there are other controls or text in the segment, queue them for processing after the ESTABLISHED state
 * has been reached." They stand with what came out of order, first in turn (sv_tcp_handshake_done). */
static void sv_tcp_syn_sent_keeps(struct sv_tcb *t, struct sv_seg *s)
{
    s->seq++;
    if (s->flags & SV_FIN) {
        t->b->fin_early = 1;
        t->b->fin_seq = s->seq + s->length;
    }
    if (s->length)
        sv_tcp_reass_store(t, s);
}

void sv_tcp_syn_sent_arrives(struct sv_tcb *t, struct sv_seg *s, struct sv_tcp_reply *reply, bool *answer)
{
    if (!sv_tcp_syn_sent_ack_and_reset(t, s, reply, answer))
        return;
    t->c->irs = s->seq;
    t->h->rcv_nxt = s->seq + 1u;
    t->h->rcv_acked = t->h->rcv_nxt;
    t->h->rcv_right = t->h->rcv_nxt + sv_min_u32(t->c->recv_buffer, 65535u);
    const uint16_t said = t->c->syn_offers;
    const struct sv_tcp_offer peers = {s->options, s->mss, s->ts_val, s->scale};
    sv_tcp_agree(t, sv_tcb_offers(t), &peers);
    sv_tcp_ecn_agree(t, sv_tcp_ecn_of_syn_ack(t, s), s);
    if (said && t->h->agreed & SV_TCP_SCALING)
        t->h->scales = (uint8_t)((uint32_t)SV_SYN_OFFERS_SCALE(said) << 4 | sv_tcb_send_scale(t));
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_OPENED, t->h->agreed, t->c->flow, s->packet->id, t->c->iss, t->c->irs,
                   t->h->mss, sv_tcb_send_scale(t), sv_tcb_recv_scale(t));
    if (s->flags & SV_ACK) {
        sv_tcp_syn_sent_to_established(t, s);
        /* Data or a FIN that rides on the SYN,ACK goes on at the sixth step. */
        s->seq++;
        if (sv_tcp_step6_urgent(t, s) == SV_WALK_ON && sv_tcp_step7_text(t, s) == SV_WALK_ON)
            (void)sv_tcp_step8_fin(t, s);
    } else {
        /* Simultaneous open, §3.5 figure 7. */
        t->h->snd_wnd = s->window;
        t->h->snd_wl1 = s->seq;
        t->c->max_window_field = (uint16_t)s->window;
        sv_tcp_move(t, SV_ON_SYN);
        t->b->rexmit = 1; /* the SYN goes out again, now with an ACK */
        t->b->reason = SV_SENT_SYN;
        t->b->timing = 0;
        sv_tcb_ready(t, SV_TCP_SEND_NOW);
        if (!sv_tcb_profile(t)->syn_text_dropped)
            sv_tcp_syn_sent_keeps(t, s);
    }
    if (s->packet)
        sv_buf_free(s->packet);
    s->packet = NULL;
}
