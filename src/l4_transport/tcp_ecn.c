/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/tcp_ecn.h"

#include "l4_transport/tcp_internal.h"

uint16_t sv_tcp_ecn_syn(const struct sv_tcb *t)
{
    /* §6.1.1.1: a path that drops such SYNs shall not keep us from connecting; only the first asks. */
    if (t->b->syn_count || !(t->c->ecn >= SV_ECN_ASK - 1u || t->c->cc == SV_CC_DCTCP))
        return 0;
    return SV_ECE | SV_CWR;
}

uint32_t sv_tcp_ecn_of_syn(const struct sv_tcp *tcp, const struct sv_seg *s)
{
    const uint32_t bits = s->flags & (SV_AE | SV_CWR | SV_ECE);
    return bits == (SV_CWR | SV_ECE) && tcp->ecn >= SV_ECN_ACCEPT - 1u ? SV_TCP_ECN : 0;
}

/* A server that only reflects what it does not know sends both bits back: that is no agreement (§6.1.1.1). */
uint32_t sv_tcp_ecn_of_syn_ack(const struct sv_tcb *t, const struct sv_seg *s)
{
    const bool asked = t->b->syn_count == 1 && (t->c->ecn >= SV_ECN_ASK - 1u || t->c->cc == SV_CC_DCTCP);
    return asked && (s->flags & (SV_ACK | SV_CWR | SV_ECE)) == (SV_ACK | SV_ECE) ? SV_TCP_ECN : 0;
}

/* Who does not answer marks does not ask for them. */
uint8_t sv_tcp_ecn_codepoint(const struct sv_tcb *t)
{
    return t->c->cc == SV_CC_BBR ? SV_IP_NOT_ECT : SV_IP_ECT0;
}

static uint32_t sv_tcp_ecn_field(const struct sv_seg *s)
{
    const uint8_t *ip = sv_buf_at(s->packet, s->packet->l3);
    return (sv_addr_is_v4(&s->remote) ? ip[1] : (uint32_t)ip[1] >> 4) & 3u;
}

/* §6.1.3: from a mark until the sender says CWR every acknowledgement echoes it. RFC 8257 §3.2: an echo says what the
 * segments that it acknowledges carried, so a change is told at once. */
static void sv_tcp_ecn_marked(struct sv_tcb *t, const struct sv_seg *s)
{
    const bool ce = sv_tcp_ecn_field(s) == SV_IP_CE;
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
        cc->echoed(t, acked);
    else if (!t->b->ecn_reduced && t->b->recovery == SV_RECOVERY_NONE && t->h->snd_una != t->h->snd_max)
        sv_tcp_cc_marked(t);
}

void sv_tcp_ecn_arrives(struct sv_tcb *t, const struct sv_seg *s)
{
    if (t->b && t->b->ecn_reduced && sv_seq_after(s->ack, t->b->ecn_recover) &&
        sv_seq_before_or_at(s->ack, t->h->snd_max))
        t->b->ecn_reduced = 0;
    if ((s->flags & (SV_ECE | SV_ACK | SV_SYN)) == (SV_ECE | SV_ACK))
        sv_tcp_ecn_echoed(t, s);
    if (s->length)
        sv_tcp_ecn_marked(t, s);
}
