/* SPDX-License-Identifier: BSD-2-Clause */
/* What the translator understands of TCP: RFC 5382, with the states of RFC 6146 §3.5.2; and SYNs that nobody asked
 * for. */
#include "l3_network/icmp.h"
#include "l3_network/nat_table.h"
#include "l3_network/net.h"

#define SV_NAT_FIN 1u
#define SV_NAT_SYN 2u
#define SV_NAT_RST 4u
#define SV_NAT_ACK 16u

/* The edges; the state itself where nothing changes. */
static uint8_t sv_nat_tcp_next(uint8_t state, uint32_t flags, bool out)
{
    const bool syn = (flags & (SV_NAT_SYN | SV_NAT_RST)) == SV_NAT_SYN;
    if (syn && !(flags & SV_NAT_ACK) && (state == SV_NAT_FIN_BOTH || state == SV_NAT_TRANS || state == SV_NAT_EXPECT))
        return out ? SV_NAT_INIT_OUT : SV_NAT_INIT_IN; /* the tuple is used anew */
    switch ((enum sv_nat_state)state) {
    case SV_NAT_INIT_OUT: /* the other side's SYN, with or without ACK, makes it one connection */
        return !out && syn ? SV_NAT_ESTABLISHED : state;
    case SV_NAT_INIT_IN:
        return out && syn ? SV_NAT_ESTABLISHED : state;
    case SV_NAT_ESTABLISHED:
    case SV_NAT_FIN_OUT:
    case SV_NAT_FIN_IN:
        if (flags & SV_NAT_RST)
            return SV_NAT_TRANS;
        if (!(flags & SV_NAT_FIN))
            return state;
        if (state == SV_NAT_ESTABLISHED)
            return out ? SV_NAT_FIN_OUT : SV_NAT_FIN_IN;
        return (state == SV_NAT_FIN_OUT) == out ? state : SV_NAT_FIN_BOTH;
    case SV_NAT_TRANS: /* the reset was not believed, or we came in the middle: they speak on */
        return flags & SV_NAT_RST ? state : SV_NAT_ESTABLISHED;
    default:
        return state;
    }
}

void sv_nat_tcp_track(struct sv_core *c, struct sv_nat *n, uint32_t session, uint32_t flags, bool out)
{
    struct sv_nat_session *s = sv_nat_session_of(n, session);
    const uint8_t before = s->state;
    s->state = sv_nat_tcp_next(before, flags, out);
    /* A connection that is over, or that one side alone wants, lives on by nothing it says: RFC 5382 REQ-5's transitory
     * time runs from the change. A SYN of the inside's may repeat itself. */
    const bool lasting = s->state == SV_NAT_ESTABLISHED || s->state == SV_NAT_FIN_OUT || s->state == SV_NAT_FIN_IN;
    if (s->state != before || lasting || (s->state == SV_NAT_INIT_OUT && out))
        sv_nat_refresh(c, n, session);
}

/* --- SYNs to a port that is not mapped, or not for their sender --- */

void sv_nat_hold_syn(struct sv_core *c, struct sv_net *net, struct sv_buf *take)
{
    struct sv_nat *n = &net->nat;
    if (n->syns == SV_NAT_SYNS) { /* a flood: nothing is owed to it */
        sv_drop(c, SV_DROP_NAT_SYN, take, n->outside, 0);
        return;
    }
    const uint32_t at = (n->syn_oldest + n->syns) % SV_NAT_SYNS;
    n->syns++;
    n->counts.syns_held++;
    n->syn_packet[at] = take->self;
    n->syn_deadline[at] = c->now + SV_NAT_SYN_MS * SV_MS;
    sv_wheel_arm(&c->wheel, SV_WHEEL_NAT, n->ceiling, n->syn_deadline[at]);
}

sv_time sv_nat_syns_deadline(const struct sv_nat *n)
{
    return n->syns ? n->syn_deadline[n->syn_oldest] : SV_NEVER;
}

/* RFC 5382 REQ-4: the inside opened the same connection meanwhile: nothing is said. Else port unreachable. */
static void sv_nat_syn_expire(struct sv_core *c, struct sv_net *net, struct sv_buf *b)
{
    struct sv_nat *n = &net->nat;
    struct sv_ip_hdr h;
    struct sv_nat_tuple t;
    if (sv_ip4_parse(b, &h, c->cpu) == SV_DROP_NONE && sv_nat_read(b, &h, &t)) {
        const uint32_t mapping = sv_nat_find_outside(n, SV_PROTO_TCP, t.dst_port);
        if (mapping == SV_NONE || sv_nat_find_session(n, mapping, t.src, t.src_port) == SV_NONE)
            (void)sv_icmp_send_error(c, net, b, &h, SV_ICMP_UNREACHABLE, SV_ICMP_PORT_UNREACHABLE, 0);
    }
    sv_drop(c, SV_DROP_NAT_SYN, b, n->outside, 0);
}

void sv_nat_syns_expire(struct sv_core *c, struct sv_net *net)
{
    struct sv_nat *n = &net->nat;
    while (n->syns && n->syn_deadline[n->syn_oldest] <= c->now) {
        struct sv_buf *b = sv_pool_buf(sv_core_pool(c), n->syn_packet[n->syn_oldest]);
        n->syn_oldest = (n->syn_oldest + 1u) % SV_NAT_SYNS;
        n->syns--;
        n->counts.syns_held--;
        sv_nat_syn_expire(c, net, b);
    }
}
