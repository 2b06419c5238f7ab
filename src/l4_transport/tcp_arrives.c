/* SPDX-License-Identifier: BSD-2-Clause */
/* A segment arrives (RFC 9293 §3.10.7). The synchronized states' eight steps stand in a table, in the RFC's
 * order: the first four are here, the fifth in tcp_ack.c, the last three in tcp_text.c. */
#include "l4_transport/tcp_recent.h"

typedef enum sv_walk sv_tcp_step(struct sv_tcb *t, struct sv_seg *s);

void sv_tcp_discard(struct sv_tcb *t, struct sv_seg *s, enum sv_drop why)
{
    sv_drop(t->core, why, s->packet, s->port, t->c->flow);
    s->packet = NULL;
}

/* RFC 5961 §7: at most so many challenge ACKs a second over the whole stack. */
bool sv_tcp_challenge_allowed(struct sv_tcp *tcp)
{
    const sv_time now = sv_tcp_core(tcp)->now;
    if (now - tcp->challenge_window >= SV_S) {
        tcp->challenge_window = now;
        tcp->challenges = 0;
    }
    if (tcp->challenges >= tcp->habits.challenge_per_s)
        return false;
    tcp->challenges++;
    tcp->count.challenges++;
    return true;
}

/* Two ends that each hold what the other says for unacceptable would answer each other as fast as the path lets them,
 * for ever: so, as Linux's tcp_oow_rate_limited() does, a connection answers such segments only so often. Text is
 * answered always: it is its sender's, who waits for that. */
static bool sv_tcp_may_answer(struct sv_tcb *t)
{
    const uint32_t limit_ticks = (uint32_t)(sv_tcb_profile(t)->invalid_ms * SV_MS >> 24);
    const uint16_t now = (uint16_t)(t->now >> 24);
    if (limit_ticks && t->c->answered_tick && (uint16_t)(now - t->c->answered_tick) < limit_ticks) {
        sv_drop(t->core, SV_DROP_TCP_ACK_RATE, NULL, t->h->interface, t->c->flow);
        return false;
    }
    t->c->answered_tick = now ? now : UINT16_MAX; /* a tick ago, not one to come */
    sv_tcb_forget_answer(t);
    return true;
}

void sv_tcp_challenge_ack(struct sv_tcb *t)
{
    if (!sv_tcp_may_answer(t))
        return;
    if (sv_tcp_challenge_allowed(t->tcp))
        sv_tcb_ready(t, SV_TCP_ACK_NOW);
    else
        sv_drop(t->core, SV_DROP_TCP_CHALLENGE_RATE, NULL, t->h->interface, t->c->flow);
}

/* RFC 7323 §5.5: what we hold is older than 24 days and means nothing any more. */
static bool sv_tcp_ts_outdated(const struct sv_tcb *t)
{
    const uint32_t days24_ticks = (uint32_t)(24ull * 86400u * SV_S >> 20);
    return sv_tick(t->now) - t->h->ts_recent_at >= days24_ticks;
}

/* RFC 7323 §4.3: a segment that spans Last.ACK.sent brings the timestamp to echo. Only one whose acknowledgement was
 * believed: RFC 5961 §5.2 discards others, and who forges one could else shut out the peer's own by PAWS. */
void sv_tcp_note_timestamp(struct sv_tcb *t, const struct sv_seg *s)
{
    if ((t->h->agreed & SV_TCP_TIMESTAMPS) && sv_seq_before_or_at(s->seq, t->h->rcv_acked) &&
        (sv_seq_after_or_at(s->ts_val, t->h->ts_recent) || sv_tcp_ts_outdated(t))) {
        t->h->ts_recent = s->ts_val;
        t->h->ts_recent_at = sv_tick(t->now);
    }
}

/* RFC 7323 §5.3 R1. */
static bool sv_tcp_paws_rejects(const struct sv_tcb *t, const struct sv_seg *s)
{
    return sv_seq_before(s->ts_val, t->h->ts_recent) && !sv_tcp_ts_outdated(t);
}

static enum sv_walk sv_tcp_not_acceptable(struct sv_tcb *t, struct sv_seg *s, enum sv_drop why)
{
    if (!(s->flags & SV_RST)) {
        const uint32_t end = s->seq + sv_seg_length(s);
        if ((why == SV_DROP_TCP_OLD || why == SV_DROP_TCP_PAWS) && !(s->flags & SV_SYN) &&
            sv_seq_before_or_at(end, t->h->rcv_nxt))
            sv_dsack_note(t, s->seq, end);
        if ((end != s->seq && !(s->flags & SV_SYN)) || sv_tcp_may_answer(t))
            sv_tcb_ready(t, SV_TCP_ACK_NOW);
    }
    sv_tcp_discard(t, s, why);
    return SV_WALK_STOP;
}

/* First: the sequence number. What lies outside the window is cut off, so that later steps see only what
 * may be taken. */
static enum sv_walk sv_tcp_step1_sequence(struct sv_tcb *t, struct sv_seg *s)
{
    const uint32_t nxt = t->h->rcv_nxt;
    const uint32_t window = t->h->rcv_right - nxt;
    const uint32_t length = sv_seg_length(s);
    if (t->h->agreed & SV_TCP_TIMESTAMPS) {
        if (!(s->options & SV_OPTION_TIMESTAMPS) && !(s->flags & SV_RST) && !sv_tcb_profile(t)->timestamps_may_lack) {
            sv_tcp_discard(t, s, SV_DROP_TCP_MISSING_TIMESTAMP); /* RFC 7323 §3.2 */
            return SV_WALK_STOP;
        }
        if ((s->options & SV_OPTION_TIMESTAMPS) && !(s->flags & SV_RST) && sv_tcp_paws_rejects(t, s))
            return sv_tcp_not_acceptable(t, s, SV_DROP_TCP_PAWS);
    }
    /* The four cases of §3.10.7.4. A segment of no length on the right edge of a closed window is good. */
    const bool begins = window ? sv_seq_within(s->seq, nxt, window) : s->seq == nxt;
    const bool ends = length && window && sv_seq_within(s->seq + length - 1u, nxt, window);
    if (length == 0 || window == 0) {
        if (!begins || length) {
            /* A full window still takes ACK, URG and RST (§3.10.7.4): the probe's byte alone is refused. */
            if (begins && !(s->flags & SV_SYN)) {
                sv_tcb_ready(t, SV_TCP_ACK_NOW);
                sv_buf_truncate(s->packet, 0);
                s->length = 0;
                s->flags &= (uint16_t)~SV_FIN;
                return SV_WALK_ON;
            }
            return sv_tcp_not_acceptable(t, s,
                                         sv_seq_before(s->seq, nxt) ? SV_DROP_TCP_OLD : SV_DROP_TCP_BEYOND_WINDOW);
        }
    } else if (!begins && !ends) {
        return sv_tcp_not_acceptable(t, s, sv_seq_before(s->seq, nxt) ? SV_DROP_TCP_OLD : SV_DROP_TCP_BEYOND_WINDOW);
    }
    return SV_WALK_ON;
}

/* Second: RST. RFC 5961 §3.2: only the very next number resets; elsewhere in the window it is challenged. */
static enum sv_walk sv_tcp_step2_reset(struct sv_tcb *t, struct sv_seg *s)
{
    if (!(s->flags & SV_RST))
        return SV_WALK_ON;
    if (s->seq != t->h->rcv_nxt && !sv_tcp_teach_flawed(t->tcp, SV_FLAW_RST_IN_WINDOW)) {
        sv_tcp_challenge_ack(t);
        sv_tcp_discard(t, s, SV_DROP_TCP_RST_INEXACT);
        return SV_WALK_STOP;
    }
    t->tcp->count.resets_in++;
    sv_buf_free_fast(s->packet);
    s->packet = NULL;
    const bool opening = t->h->state == SV_SYN_RECEIVED && !sv_tcb_serves_fast(t);
    sv_tcb_end(t, SV_ON_RESET, opening ? SV_ERR_REFUSED : SV_ERR_RESET,
               opening ? SV_CAUSE_REFUSED : SV_CAUSE_PEER_RESET);
    return SV_WALK_STOP;
}

/* Third: security and compartments are not implemented (RFC 9293 §3.10.7.4 asks only that they match). */
static enum sv_walk sv_tcp_step3_security(struct sv_tcb *t, struct sv_seg *s)
{
    (void)t;
    (void)s;
    return SV_WALK_ON;
}

/* Fourth: SYN. RFC 5961 §4.2: challenged, whatever its number. In SYN-RECEIVED after a simultaneous open the
 * peer's SYN,ACK is the ordinary case, and its SYN lies before RCV.NXT: step 1 has answered a bare one. */
static enum sv_walk sv_tcp_step4_syn(struct sv_tcb *t, struct sv_seg *s)
{
    if (!(s->flags & SV_SYN))
        return SV_WALK_ON;
    sv_tcp_challenge_ack(t);
    sv_tcp_discard(t, s, SV_DROP_TCP_SYN_IN_WINDOW);
    return SV_WALK_STOP;
}

static sv_tcp_step *const sv_tcp_steps[] = {
    sv_tcp_step1_sequence, sv_tcp_step2_reset,  sv_tcp_step3_security, sv_tcp_step4_syn,
    sv_tcp_step5_ack,      sv_tcp_step6_urgent, sv_tcp_step7_text,     sv_tcp_step8_fin,
};

/* SYN-RECEIVED of a full record. A SYN,ACK acknowledges our SYN of a simultaneous open (§3.5 figure 7, line
 * 6): its SYN was seen, its ACK counts. An ACK that is not for our SYN is answered with a reset (fifth step);
 * true: that is in *reply, and the segment is gone. */
static bool sv_tcp_syn_received_resets(struct sv_tcb *t, struct sv_seg *s, struct sv_tcp_reply *reply)
{
    const bool crossed = (s->flags & (SV_SYN | SV_ACK | SV_RST)) == (SV_SYN | SV_ACK) && s->seq == t->c->irs;
    if (crossed) {
        s->flags &= (uint16_t)~SV_SYN;
        s->seq++;
    }
    const uint32_t nxt = t->h->rcv_nxt, length = sv_seg_length(s);
    const bool ends = length && sv_seq_within(s->seq + length - 1u, nxt, 65536u);
    if ((s->flags & (SV_SYN | SV_ACK | SV_RST)) != SV_ACK || (!sv_seq_within(s->seq, nxt, 65536u) && !ends))
        return false;
    if (sv_seq_after(s->ack, t->c->iss) && sv_seq_before_or_at(s->ack, t->h->snd_max)) {
        /* Its SYN has come twice: the first step's acknowledgement, with RFC 2883's block. */
        if (crossed && sv_tcb_profile(t)->acks_crossed_syn) {
            sv_dsack_note(t, t->c->irs, t->h->rcv_nxt);
            sv_tcb_ready(t, SV_TCP_ACK_NOW);
        }
        return false;
    }
    sv_tcp_make_reset(s, reply);
    reply->flow = t->c->flow;
    t->tcp->count.resets_out++;
    sv_tcp_discard(t, s, SV_DROP_TCP_ACK_NOT_ACCEPTABLE);
    return true;
}

/* Fast Open: the client's SYN again, so our SYN,ACK was lost (RFC 7413 §4.2.2). True: it goes out again. */
static bool sv_tcp_fast_syn_again(struct sv_tcb *t, struct sv_seg *s)
{
    if (!sv_tcb_serves_fast(t) || (s->flags & (SV_SYN | SV_ACK | SV_RST)) != SV_SYN || s->seq != t->c->irs)
        return false;
    t->b->fast = SV_FAST_REPEATS;
    t->b->reason = SV_SENT_RTO;
    sv_tcb_ready(t, SV_TCP_SEND_NOW);
    sv_tcp_discard(t, s, SV_DROP_TCP_DUPLICATE);
    return true;
}

static void sv_tcp_eight_steps(struct sv_tcb *t, struct sv_seg *s, struct sv_tcp_reply *reply, bool *answer)
{
    if (t->h->state == SV_SYN_RECEIVED && sv_tcp_fast_syn_again(t, s))
        return;
    if (t->h->state == SV_SYN_RECEIVED && sv_tcp_syn_received_resets(t, s, reply)) {
        *answer = true;
        return;
    }
    for (uint32_t k = 0; k < SV_COUNT_OF(sv_tcp_steps); k++) {
        if (sv_tcp_steps[k](t, s) == SV_WALK_STOP)
            break;
    }
}

static void sv_tcp_walk(struct sv_tcb *t, struct sv_seg *s, struct sv_tcp_reply *reply, bool *answer)
{
    sv_tcp_eight_steps(t, s, reply, answer);
    if (SV_UNLIKELY(s->flags & SV_LATE)) {
        sv_tcp_make_reset(s, reply);
        reply->flow = t->c->flow;
        t->tcp->count.resets_out++;
        *answer = true;
    }
    if (s->packet) {
        sv_buf_free_fast(s->packet);
        s->packet = NULL;
    }
}

void sv_tcp_synchronized_arrives(struct sv_tcb *t, struct sv_seg *s, struct sv_tcp_reply *reply, bool *answer)
{
    sv_tcp_heard(t, s);
    sv_tcp_walk(t, s, reply, answer);
}

bool sv_tcp_walks(struct sv_tcb *t, struct sv_seg *s, struct sv_tcp_reply *reply)
{
    bool answer = false;
    sv_tcp_walk(t, s, reply, &answer);
    sv_tcp_arrived(t);
    return answer;
}

bool sv_tcp_arrives_else(struct sv_tcp *tcp, struct sv_seg *s, struct sv_tcp_reply *reply)
{
    bool answer = false;
    if (s->flow_value == SV_NONE)
        return sv_tcp_listen_arrives(tcp, s, NULL, reply);
    switch (SV_TCP_VALUE_KIND(s->flow_value)) {
    case SV_TCP_HALF_OPEN:
        (void)sv_seg_hash(tcp, s);
        return sv_tcp_half_open_arrives(tcp, s, reply);
    case SV_TCP_TIME_WAIT:
        return sv_tcp_time_wait_arrives(tcp, s, reply);
    default:
        break;
    }
    struct sv_tcb t = sv_tcb_of(tcp, SV_TCP_VALUE_INDEX(s->flow_value));
    if (t.h->state == SV_SYN_SENT)
        sv_tcp_syn_sent_arrives(&t, s, reply, &answer);
    else
        sv_tcp_synchronized_arrives(&t, s, reply, &answer);
    sv_tcp_arrived(&t);
    return answer;
}
