/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/tcp_ecn.h"

#include "l4_transport/tcp_accecn.h"

/* A stack without the table does not know of it. */
static bool sv_tcp_accepts_accurate(const struct sv_tcp *tcp)
{
    return tcp->ecn >= SV_ECN_ACCURATE - 1u && tcp->accecn_at;
}

/* What this connection's SYN asks for. */
static uint32_t sv_tcp_ecn_asks(const struct sv_tcb *t)
{
    const uint32_t asks = t->c->ecn == SV_ECN_KIND_ACCURATE && !t->tcp->accecn_at ? SV_ECN_KIND_CLASSIC : t->c->ecn;
    return t->c->cc == SV_CC_DCTCP ? sv_max_u32(asks, SV_ECN_KIND_CLASSIC) : asks;
}

uint16_t sv_tcp_ecn_syn(const struct sv_tcb *t)
{
    const bool asks_on = !sv_tcb_profile(t)->ecn_fallback;
    /* RFC 9768 §3.1.4.1: asked for once more; most SYNs are lost for other reasons. */
    if (sv_tcp_ecn_asks(t) == SV_ECN_KIND_ACCURATE)
        return t->b->syn_count < 2 || asks_on ? SV_AE | SV_CWR | SV_ECE : 0;
    /* RFC 3168 §6.1.1.1: a path that drops such SYNs shall not keep us from connecting; only the first asks. */
    return sv_tcp_ecn_asks(t) == SV_ECN_KIND_CLASSIC && (!t->b->syn_count || asks_on) ? SV_ECE | SV_CWR : 0;
}

uint16_t sv_tcp_ecn_answer(struct sv_tcb *t)
{
    if (!(t->h->agreed & SV_TCP_ECN))
        return 0;
    if (!sv_tcb_accurate(t))
        return SV_ECE;
    if (t->b->syn_count < 2) /* §3.2.3.2.2: the third does without */
        return sv_accecn_handshake(sv_tcb_accecn(t)->codepoint);
    sv_tcb_accecn(t)->flags |= SV_ACCECN_NOT_ECT;
    return 0;
}

/* RFC 9768 table 2 and §3.1.3: what is neither of the classic combinations asks for AccECN. Who does not know of AE has
 * always taken the third for the second. */
uint32_t sv_tcp_ecn_of_syn(const struct sv_tcp *tcp, const struct sv_seg *s)
{
    const uint32_t field = sv_accecn_field(s->flags);
    if (field && field != 3 && sv_tcp_accepts_accurate(tcp))
        return SV_ECN_KIND_ACCURATE;
    return (field & 3u) == 3 && tcp->ecn >= SV_ECN_ACCEPT - 1u ? SV_ECN_KIND_CLASSIC : SV_ECN_KIND_NONE;
}

/* A server that only reflects what it does not know sends the bits back: that is no agreement (RFC 3168 §6.1.1.1, RFC
 * 9768 table 2). */
uint32_t sv_tcp_ecn_of_syn_ack(const struct sv_tcb *t, const struct sv_seg *s)
{
    const uint32_t field = sv_accecn_field(s->flags);
    if (sv_tcp_ecn_asks(t) == SV_ECN_KIND_ACCURATE) {
        if (!(s->flags & SV_ACK)) /* simultaneous open: as if we had been listening (§3.1.2) */
            return sv_tcp_ecn_of_syn(t->tcp, s);
        if (field == 1)
            return SV_ECN_KIND_CLASSIC;
        return field && field != 7 ? SV_ECN_KIND_ACCURATE : SV_ECN_KIND_NONE;
    }
    const bool asked =
        (t->b->syn_count == 1 || !sv_tcb_profile(t)->ecn_fallback) && sv_tcp_ecn_asks(t) == SV_ECN_KIND_CLASSIC;
    return asked && (s->flags & SV_ACK) && (field & 3u) == 1 ? SV_ECN_KIND_CLASSIC : SV_ECN_KIND_NONE;
}

void sv_tcp_ecn_agree(struct sv_tcb *t, uint32_t kind, const struct sv_seg *s)
{
    t->c->ecn = kind & 3u;
    if (kind == SV_ECN_KIND_CLASSIC)
        t->h->agreed |= SV_TCP_ECN;
    if (kind != SV_ECN_KIND_ACCURATE)
        return;
    sv_accecn_begin(t, sv_tcp_ecn_codepoint_of(s));
    if (s->flags & SV_ACK)
        sv_accecn_answered(t, s);
}

bool sv_tcp_ecn_syn_marked(const struct sv_tcb *t)
{
    return sv_tcb_accurate(t) && (sv_tcb_accecn(t)->flags & SV_ACCECN_SYN_MARKED);
}

/* Who does not answer marks does not ask for them. */
uint8_t sv_tcp_ecn_codepoint(const struct sv_tcb *t)
{
    if (sv_tcb_accurate(t) && (sv_tcb_accecn(t)->flags & SV_ACCECN_NOT_ECT))
        return SV_IP_NOT_ECT;
    return t->c->cc == SV_CC_BBR ? SV_IP_NOT_ECT : SV_IP_ECT0;
}

/* RFC 3168 §6.1.4, §6.1.5: acknowledgements and what is sent again are not ECT; with AccECN's feedback they may be
 * (draft-ietf-tcpm-generalized-ecn), and Linux does so. */
uint8_t sv_tcp_ecn_codepoint_else(const struct sv_tcb *t)
{
    return sv_tcb_accurate(t) && sv_tcb_profile(t)->ect_always && sv_tcb_synchronized(t) ? sv_tcp_ecn_codepoint(t) : 0;
}

uint32_t sv_tcp_ecn_codepoint_of(const struct sv_seg *s)
{
    const uint8_t *ip = sv_buf_at(s->packet, s->packet->l3);
    return (sv_addr_is_v4(&s->remote) ? ip[1] : (uint32_t)ip[1] >> 4) & 3u;
}

/* §6.1.3: from a mark until the sender says CWR every acknowledgement echoes it. RFC 8257 §3.2: an echo says what the
 * segments that it acknowledges carried, so a change is told at once. */
static void sv_tcp_ecn_marked(struct sv_tcb *t, const struct sv_seg *s)
{
    const bool ce = sv_tcp_ecn_codepoint_of(s) == SV_IP_CE;
    const uint32_t window = t->h->rcv_right - t->h->rcv_nxt;
    if (!sv_seq_within(s->seq, t->h->rcv_nxt, window)) /* §6.1.5: what is sent again, or not of this window */
        return;
    if (ce)
        t->tcp->count.ce_in += s->segments;
    const uint8_t before = t->h->agreed;
    if (t->c->cc == SV_CC_DCTCP || (s->flags & SV_CWR))
        t->h->agreed &= (uint8_t)~SV_TCP_ECN_ECHO;
    if (ce)
        t->h->agreed |= SV_TCP_ECN_ECHO;
    if ((before ^ t->h->agreed) & SV_TCP_ECN_ECHO)
        sv_tcb_ready(t, SV_TCP_ACK_NOW);
}

/* §6.1.2: as if one segment of the window were lost, and at most once a window. */
static void sv_tcp_ecn_echoed(struct sv_tcb *t, const struct sv_seg *s)
{
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    const uint32_t acked = s->ack - t->h->snd_una;
    if (acked > t->h->snd_max - t->h->snd_una || !t->b)
        return;
    t->tcp->count.ece_in++;
    if (cc->echoed)
        cc->echoed(t, acked, acked);
    else if (!t->b->ecn_reduced && t->b->recovery == SV_RECOVERY_NONE && t->h->snd_una != t->h->snd_max)
        sv_tcp_cc_marked(t);
}

/* RFC 3168 §6.1.2: once a window. It is over when something beyond it is acknowledged, for only that tells that CWR has
 * arrived, and that what was marked before has been told of: the last acknowledgement of the window is still of it. */
static bool sv_tcp_ecn_window_over(const struct sv_tcb *t, const struct sv_seg *s)
{
    return t->b && t->b->ecn_reduced && sv_seq_after(s->ack, t->b->ecn_recover + 1u) &&
           sv_seq_before_or_at(s->ack, t->h->snd_max) && (s->flags & SV_ACK);
}

void sv_tcp_ecn_arrives(struct sv_tcb *t, struct sv_seg *s)
{
    const bool over = sv_tcp_ecn_window_over(t, s);
    if (t->c->ecn == SV_ECN_KIND_ACCURATE) {
        sv_accecn_arrives(t, s);
    } else {
        if ((s->flags & (SV_ECE | SV_ACK | SV_SYN)) == (SV_ECE | SV_ACK))
            sv_tcp_ecn_echoed(t, s);
        if (s->length)
            sv_tcp_ecn_marked(t, s);
    }
    if (over)
        sv_tcp_cc_marked_over(t);
}
