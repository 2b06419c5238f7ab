/* SPDX-License-Identifier: BSD-2-Clause */
/* The path's MTU as TCP obeys it: RFC 1191 §6, RFC 8201 §5.4, RFC 9293 §3.7.1. */
#include "l3_network/net.h"
#include "l4_transport/tcp_accecn.h"
#include "l4_transport/tcp_ao.h"
#include "l4_transport/tcp_scoreboard.h"

#define SV_TCP_MSS_FLOOR 64u /* below it headers would be most of what is sent */

uint16_t sv_tcp_path_mss(const struct sv_tcb *t)
{
    const struct sv_net *net = (const struct sv_net *)(uintptr_t)((intptr_t)t->tcp + (intptr_t)t->tcp->net_at);
    const uint32_t link_mtu = sv_tcp_interface(t->tcp, t->h->interface)->mtu;
    uint32_t mtu = sv_pmtu_of(t->core, &net->pmtu, &t->h->remote, link_mtu);
    if (SV_UNLIKELY(sv_search_on(t->tcp)))
        mtu = sv_search_mtu(t, mtu);
    const uint32_t headers = sv_addr_is_v4(&t->h->remote) ? 40 : 60;
    const uint32_t room = mtu > headers + SV_TCP_MSS_FLOOR ? mtu - headers : SV_TCP_MSS_FLOOR;
    const uint32_t options = (t->h->agreed & SV_TCP_TIMESTAMPS ? SV_TCP_TIMESTAMPS_LENGTH : 0u) + sv_tcb_auth_room(t);
    return (uint16_t)(sv_min_u32(sv_min_u32(room, t->c->peer_mss), 65535u) - options - sv_accecn_reserve(t));
}

bool sv_tcp_quotes(const struct sv_tcp *tcp, uint32_t flow_value, uint32_t seq)
{
    if (SV_TCP_VALUE_KIND(flow_value) != SV_TCP_FULL || sv_tcp_teach_flawed(tcp, SV_FLAW_DEAF_TO_ICMP))
        return false;
    const struct sv_tcp_hot *h = sv_tcp_hot(tcp, SV_TCP_VALUE_INDEX(flow_value));
    if (SV_UNLIKELY(tcp->aos_used) && h->state >= SV_ESTABLISHED && sv_ao_of(tcp, flow_value))
        return false; /* RFC 5925 §7.8: who cannot sign does not shorten its segments; a black hole is found anyway */
    return sv_seq_within(seq, h->snd_una, h->snd_max - h->snd_una);
}

void sv_tcp_path_narrowed(struct sv_tcp *tcp, uint32_t flow_value)
{
    struct sv_tcb t = sv_tcb_of(tcp, SV_TCP_VALUE_INDEX(flow_value));
    if (t.h->state == SV_SYN_SENT && t.h->snd_queued && t.b &&
        t.b->syn_count == 1) { /* Fast Open: a SYN alone gets there */
        t.b->rexmit = 1;
        t.b->reason = SV_SENT_SYN;
        sv_tcb_ready(&t, SV_TCP_SEND_NOW);
        return;
    }
    if (!sv_tcb_synchronized(&t) || !t.b)
        return; /* before there is data nothing is too big */
    if (sv_search_on(tcp))
        sv_search_told(&t);
    const uint16_t mss = sv_tcp_path_mss(&t);
    if (mss >= t.h->mss)
        return;
    t.h->cwnd -= t.h->cwnd / t.h->mss * (t.h->mss - mss); /* RFC 5681 §3.1: as many segments as before, no burst */
    t.h->mss = mss;
    t.b->timing = 0; /* Karn: what was timed is sent twice */
    sv_sent_log_forget(&t);
    t.h->dupacks = 0;
    t.b->sent_rough = 0xff; /* full segments were longer */
    if (t.b->board != SV_NONE)
        sv_board_narrowed(&t);
    else
        t.h->snd_nxt = t.h->snd_una;
    sv_tcb_consider_sending(&t);
}

/* RFC 4821 §7.7, RFC 8899 §4.3: full segments time out again and again, and no router says why. What is believed to fit
 * everywhere is tried, and less if that vanishes, too; from there the search goes up again (tcp_search.h). As with a
 * router's report it is for this destination, and whoever sends datagrams knows it for ten minutes. */
void sv_tcp_black_hole(struct sv_tcb *t)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    struct sv_net *net = (struct sv_net *)(uintptr_t)((intptr_t)t->tcp + (intptr_t)t->tcp->net_at);
    const uint32_t often = p->black_hole_timeouts, backoff = t->b->backoff;
    if (!p->mtu_probing || !often || backoff < often || (backoff % often && !p->search_halves) ||
        t->h->snd_max - t->h->snd_una < sv_min_u32(t->h->mss, p->base_mss) || t->h->neighbour == SV_NONE)
        return;
    const uint32_t mtu = sv_search_fall(t);
    if (!mtu)
        return;
    const uint32_t least = sv_addr_is_v4(&t->h->remote) ? SV_PMTU_MIN_IP4 : SV_PMTU_MIN_IP6;
    (void)sv_pmtu_learn(t->core, &net->pmtu, &t->h->remote, sv_max_u32(mtu, least));
    t->h->mss = sv_tcp_path_mss(t);
    t->b->sent_rough = 0xff; /* full segments were longer */
    if (t->b->board != SV_NONE)
        sv_board_narrowed(t);
    t->tcp->count.black_holes++;
}

/* One full segment is the least that a window can be (RFC 5681 §3.1, LW): in one that losses left of shorter segments
 * a full one would never fit, and with nothing in flight no acknowledgement comes to open it. */
void sv_tcb_lengthen(struct sv_tcb *t, uint16_t mss)
{
    t->h->mss = mss;
    t->h->cwnd = sv_max_u32(t->h->cwnd, mss);
}

void sv_tcp_path_widened(struct sv_tcp *tcp, const struct sv_addr *remote)
{
    for (uint32_t i = 0; i < tcp->hot_fresh; i++) {
        const struct sv_tcp_hot *h = sv_tcp_hot(tcp, i);
        if (h->kind != SV_TCP_FULL || h->state < SV_ESTABLISHED || h->interface == SV_TCP_NO_PATH ||
            !sv_addr_equal(&h->remote, remote))
            continue;
        struct sv_tcb t = sv_tcb_of(tcp, i);
        sv_tcb_lengthen(&t, sv_tcp_path_mss(&t));
    }
}
