/* SPDX-License-Identifier: BSD-2-Clause */
/* The way in of a packet, from the cable's end to the transport.
 *
 * A burst passes in stages, so that the cache misses of one packet overlap the work on the others:
 *   1. parse      Ethernet, IP, and for TCP the header; everything but TCP is finished here. What nearly all
 *                 frames are takes the short cut of way_in_plain.h
 *   2. merge      a segment that continues the one before it in the burst joins it (GRO); most of bulk data is seen to
 *                 do so before it is parsed (way_in_next.h)
 *   3. look up    hash all, fetch all
 *   4. act        one after the other, in order of arrival
 * Applications hear of it later, from sv_stack_events(). */
#include "core/packet_sum.h"
#include "l2_link/ethernet.h"
#include "l2_link/vlan_wire.h"
#include "l3_network/forward.h"
#include "l3_network/acd.h"
#include "l3_network/icmp6.h"
#include "l4_transport/tcp_auth.h"
#include "l4_transport/tcp_recent.h"
#include "l3_network/ip6_in.h"
#include "stack/stack_internal.h"
#include "stack/way_in_next.h"

/* TCP segments of one burst, parsed. */
struct sv_arrivals {
    uint32_t n;
    const uint8_t *before; /* where the frame of the last of them begins, if it was a plain one; else NULL */
    struct sv_seg seg[SV_BURST];
    uint16_t ttl_tos[SV_BURST];
    struct sv_forward_burst onward; /* not for us */
};

static void sv_in_drop(struct sv_stack *s, enum sv_drop why, struct sv_buf *b, sv_port in)
{
    sv_drop(&s->core, why, b, in, 0);
}

static bool sv_in_checksum_good(struct sv_stack *s, const struct sv_buf *b, const struct sv_ip_hdr *ip)
{
    if (b->flags & (SV_BUF_CSUM_VALID | SV_BUF_CSUM_PARTIAL))
        return true; /* the device checked it, or it never was on a wire */
    const uint32_t length = b->length - ip->header_length;
    const uint16_t pseudo = SV_LIKELY(ip->version == 4) ? sv_pseudo_sum_v4(&ip->src, &ip->dst, SV_PROTO_TCP, length)
                                                        : sv_pseudo_sum(&ip->src, &ip->dst, SV_PROTO_TCP, length);
    const uint16_t sum = sv_sum_add(sv_l4_sum(b, b->l4, s->core.cpu), pseudo);
    return sum == 0xffffu;
}

static bool sv_in_gather(struct sv_buf *b, uint32_t n)
{
    n = sv_min_u32(n, b->length);
    return SV_LIKELY(b->linear_length >= n) || sv_buf_gather(b, (uint16_t)n);
}

/* TCP's header in one piece, and no more: payload that lies in slices stays where it is. */
static bool sv_in_tcp_header(struct sv_buf *b, uint32_t ip_length)
{
    if (!sv_in_gather(b, ip_length + SV_TCP_HEADER_LENGTH))
        return false;
    if (b->linear_length < ip_length + SV_TCP_HEADER_LENGTH)
        return true; /* the parser will say that it is short */
    return sv_in_gather(b, ip_length + (uint32_t)(sv_buf_head(b)[ip_length + 12u] >> 4) * 4u);
}

/* Does b continue a so that both can be handled as one? Everything must agree, but that FIN and PSH may come
 * with the last. */
SV_HOT static bool sv_in_continues(const struct sv_arrivals *in, uint32_t a, uint32_t b)
{
    const struct sv_seg *x = &in->seg[a];
    const struct sv_seg *y = &in->seg[b];
    if (x->flags != SV_ACK || (y->flags & ~(uint32_t)(SV_PSH | SV_FIN)) != SV_ACK || !x->length || !y->length)
        return false;
    if (y->seq != x->seq + x->length || y->ack != x->ack || y->window != x->window || in->ttl_tos[a] != in->ttl_tos[b])
        return false;
    if (y->local_port != x->local_port || y->remote_port != x->remote_port || y->local != x->local)
        return false;
    if (x->options != y->options || (x->options & ~(uint32_t)SV_OPTION_TIMESTAMPS))
        return false;
    if (x->options && (x->ts_val != y->ts_val || x->ts_ecr != y->ts_ecr))
        return false;
    return sv_in_has_room(x, y->packet, y->packet->linear_length, y->length) && sv_addr_equal(&x->remote, &y->remote);
}

/* A segment was parsed into the next free place: it joins the one before it, or takes the place. `frame`: where its
 * frame begins if it is a plain one, else NULL. */
static inline void sv_in_arrived(struct sv_arrivals *in, struct sv_seg *seg, const uint8_t *frame)
{
    if (in->n && seg->seq == seg[-1].seq + seg[-1].length && sv_in_continues(in, in->n - 1u, in->n)) {
        sv_in_join(seg - 1, seg->packet, seg->flags);
    } else {
        in->before = frame;
        in->n++;
    }
}

/* A SYN that nobody here waits for: behind a translator it may be the half of a simultaneous open. */
static bool sv_in_unsolicited(struct sv_stack *s, const struct sv_seg *seg)
{
    const uint32_t opening = SV_SYN | SV_ACK | SV_RST | SV_FIN;
    return (seg->flags & opening) == SV_SYN && !sv_tcp_is_listened_for(&s->tcp, seg) &&
           sv_tcp_find(&s->tcp, &seg->remote, seg->remote_port, seg->local, seg->local_port) == SV_NONE;
}

static void sv_in_tcp(struct sv_stack *s, sv_port in, struct sv_buf *b, const struct sv_ip_hdr *ip,
                      struct sv_arrivals *to)
{
    struct sv_seg *seg = &to->seg[to->n];
    if (ip->is_broadcast || !sv_addr_is_unicast(&ip->src)) {
        sv_in_drop(s, SV_DROP_TCP_BROADCAST, b, in); /* RFC 9293 MUST-57 */
        return;
    }
    if (!sv_in_checksum_good(s, b, ip)) {
        sv_in_drop(s, SV_DROP_BAD_CHECKSUM, b, in);
        return;
    }
    if (!sv_in_tcp_header(b, ip->header_length)) {
        sv_in_drop(s, SV_DROP_NO_MEMORY, b, in);
        return;
    }
    sv_buf_pull(b, ip->header_length);
    const enum sv_drop why = sv_tcp_parse(b, seg);
    if (why != SV_DROP_NONE) {
        sv_in_drop(s, why, b, in);
        return;
    }
    seg->packet = b;
    seg->remote = ip->src;
    seg->local = ip->local;
    seg->port = in;
    if (SV_UNLIKELY(s->net.nat.enabled) && ip->version == 4 && in == s->net.nat.outside && sv_in_unsolicited(s, seg)) {
        (void)sv_buf_push(b, (uint16_t)(b->head - b->l3)); /* whole again, for the ICMP error that may come of it */
        sv_nat_hold_syn(&s->core, &s->net, b);
        return;
    }
    if (SV_UNLIKELY(s->udp.probes))
        sv_probe_receive(&s->core, &s->udp, seg, ip);
    to->ttl_tos[to->n] = (uint16_t)(ip->ttl << 8 | ip->tos);
    sv_in_arrived(to, seg, NULL);
}

static void sv_in_unreachable(struct sv_stack *s, sv_port in, struct sv_buf *b, const struct sv_ip_hdr *ip,
                              enum sv_drop why, enum sv_icmp_reason reason)
{
    (void)sv_icmp_tell(&s->core, &s->net, b, ip, reason, 0);
    sv_in_drop(s, why, b, in);
}

/* A whole IP packet for us, by its protocol. */
static void sv_in_transport(struct sv_stack *s, sv_port in, struct sv_buf *b, const struct sv_ip_hdr *ip,
                            struct sv_arrivals *to)
{
    switch (ip->protocol) {
    case SV_PROTO_TCP:
        sv_in_tcp(s, in, b, ip, to);
        break;
    case SV_PROTO_UDP:
        if (!sv_udp_receive(&s->core, &s->udp, in, b, ip))
            sv_in_unreachable(s, in, b, ip, SV_DROP_PORT_UNREACHABLE, SV_ICMP_TELL_PORT);
        break;
    case SV_PROTO_ICMP:
        sv_stack_icmp(s, in, b, ip);
        break;
    case SV_PROTO_IGMP:
        sv_igmp_receive(&s->core, &s->net, in, b, ip);
        break;
    default:
        sv_in_unreachable(s, in, b, ip, SV_DROP_PROTOCOL_UNREACHABLE, SV_ICMP_TELL_PROTOCOL);
        break;
    }
}

static void sv_in_ip4(struct sv_stack *s, sv_port in, struct sv_buf *b, struct sv_arrivals *to, bool looped)
{
    struct sv_ip_hdr ip;
    enum sv_drop why = sv_ip4_parse(b, &ip, s->core.cpu);
    if (why == SV_DROP_NONE && SV_UNLIKELY(s->net.nat.enabled) &&
        sv_nat_in(&s->core, &s->net, in, b, &ip) == SV_NAT_TAKEN)
        return;
    if (why == SV_DROP_NONE)
        why = sv_ip_accept(&s->core, &s->net, in, b, &ip, looped);
    if (why == SV_DROP_NOT_FOR_US && s->net.forward) {
        sv_forward_add(&s->core, &s->net, &to->onward, in, b, &ip);
        return;
    }
    if (why != SV_DROP_NONE) {
        sv_in_drop(s, why, b, in);
        return;
    }
    if (SV_UNLIKELY(sv_ip_is_fragment(&ip))) {
        const uint32_t local = ip.local;
        const uint8_t is_broadcast = ip.is_broadcast;
        b = sv_fragment_receive(&s->core, &s->net, in, b, &ip);
        if (!b)
            return;
        ip.local = local;
        ip.is_broadcast = is_broadcast;
    }
    sv_in_transport(s, in, b, &ip, to);
}

/* The same of IPv6, whose headers are a chain. */
static void sv_in_ip6(struct sv_stack *s, sv_port in, struct sv_buf *b, struct sv_arrivals *to, bool looped)
{
    struct sv_ip_hdr ip;
    enum sv_drop why = sv_ip6_parse(b, &ip);
    if (why == SV_DROP_NONE && SV_UNLIKELY(s->net.npt6.pairs) &&
        sv_npt6_in(&s->core, &s->net, in, b, &ip) == SV_NAT_TAKEN)
        return;
    if (why == SV_DROP_NONE)
        why = sv_ip_accept(&s->core, &s->net, in, b, &ip, looped);
    if (why == SV_DROP_NOT_FOR_US && s->net.forward) {
        sv_forward_add(&s->core, &s->net, &to->onward, in, b, &ip);
        return;
    }
    if (why != SV_DROP_NONE) {
        sv_in_drop(s, why, b, in);
        return;
    }
    if (SV_UNLIKELY(!sv_ip6_is_transport(ip.protocol)) && (b = sv_ip6_walk(&s->core, &s->net, in, b, &ip)) == NULL)
        return;
    if (ip.protocol == SV_PROTO_ICMP6)
        sv_stack_icmp(s, in, b, &ip);
    else if (sv_addr_is_zero(&ip.src))
        sv_in_drop(s, SV_DROP_BAD_SOURCE, b, in); /* only who looks for an address speaks from none: RFC 4291 §2.5.2 */
    else
        sv_in_transport(s, in, b, &ip, to);
}

/* VLAN tags: each names an interface upon the one before; a priority tag (VID 0) names none. */
static enum sv_drop sv_in_tags(struct sv_stack *s, sv_port *in, struct sv_buf *b, struct sv_eth_hdr *eth)
{
    struct sv_interfaces *t = &s->net.link.interfaces;
    struct sv_vlan_tag tag;
    while (sv_ethertype_is_tag(eth->type)) {
        const enum sv_drop why = sv_vlan_parse(b, eth, &tag);
        if (why != SV_DROP_NONE)
            return why;
        if (!tag.vid)
            continue;
        const sv_port child = sv_interface_tagged(t, *in, tag.tpid, tag.vid);
        if (child == SV_NO_PORT)
            return SV_DROP_VLAN_UNKNOWN;
        *in = child;
        sv_interface_count_in(sv_interface_of(t, child), b->segments, b->length);
        if (!sv_interface_of(t, child)->up)
            return SV_DROP_INTERFACE_DOWN;
    }
    return SV_DROP_NONE;
}

/* A frame of any kind, by its type. */
__attribute__((noinline)) static void sv_in_any(struct sv_stack *s, sv_port in, struct sv_buf *b,
                                                struct sv_arrivals *to)
{
    struct sv_eth_hdr eth;
    enum sv_drop why = sv_eth_parse(b, &eth);
    if (why == SV_DROP_NONE && SV_UNLIKELY(sv_ethertype_is_tag(eth.type)))
        why = sv_in_tags(s, &in, b, &eth);
    if (why == SV_DROP_NONE)
        why = sv_eth_accept(sv_interface_of(&s->net.link.interfaces, in), b, &eth);
    if (why != SV_DROP_NONE)
        sv_in_drop(s, why, b, in);
    else if (SV_LIKELY(eth.type == SV_ETHERTYPE_IP4))
        sv_in_ip4(s, in, b, to, false);
    else if (eth.type == SV_ETHERTYPE_IP6)
        sv_in_ip6(s, in, b, to, false);
    else if (eth.type == SV_ETHERTYPE_ARP)
        sv_acd_receive_arp(&s->core, &s->net, in, b, &eth);
    else
        sv_in_drop(s, SV_DROP_UNKNOWN_ETHERTYPE, b, in);
}

static inline void sv_in_frame(struct sv_stack *s, sv_port in, const struct sv_interface *i, struct sv_buf *b,
                               struct sv_arrivals *to)
{
    struct sv_seg *seg = &to->seg[to->n];
    const uint8_t *frame = sv_buf_head(b);
    b->id = ++s->core.packet_id;
    if (sv_core_traced(&s->core))
        sv_stack_capture(s, SV_TRACE_FRAME_IN, b, in);
    if (to->before && sv_in_next(seg - 1, to->before, b, frame, s->core.cpu))
        return;
    if (SV_LIKELY(SV_SHORT_WAYS && (s->udp.probes | s->net.nat.enabled) == 0 &&
                  sv_in_plain(s, in, i, b, seg, &to->ttl_tos[to->n])))
        sv_in_arrived(to, seg, frame);
    else
        sv_in_any(s, in, b, to);
}

/* --- stages 3 and 4 --- */

/* Some peers' segments must be signed: each is looked at before it may change anything. */
SV_COLD static void sv_in_act_signed(struct sv_stack *s, struct sv_arrivals *in)
{
    struct sv_tcp_reply reply;
    for (uint32_t i = 0; i < in->n; i++) {
        if (sv_tcp_auth_admits(&s->tcp, &in->seg[i]) && sv_tcp_arrives(&s->tcp, &in->seg[i], &reply))
            sv_stack_reply(s, &reply);
    }
}

SV_HOT __attribute__((noinline)) static void sv_in_act(struct sv_stack *s, struct sv_arrivals *in)
{
    struct sv_tcp_reply reply;
    if (in->onward.n)
        sv_forward_go(&s->core, &s->net, &in->onward);
    if (!in->n)
        return;
    sv_tcp_lookup(&s->tcp, in->seg, in->n);
    if (SV_UNLIKELY(s->tcp.keys_used)) {
        sv_in_act_signed(s, in);
        return;
    }
    for (uint32_t i = 0; i < in->n; i++) {
        if (sv_tcp_arrives(&s->tcp, &in->seg[i], &reply))
            sv_stack_reply(s, &reply);
    }
}

/* A segment that came alone, as a request does: there are no others for its misses to overlap with. */
static inline void sv_in_act_alone(struct sv_stack *s, struct sv_seg *seg)
{
    struct sv_tcp_reply reply;
    sv_tcp_guess(&s->tcp, seg);
    if (sv_tcp_arrives(&s->tcp, seg, &reply))
        sv_stack_reply(s, &reply);
}

SV_HOT void sv_stack_receive(struct sv_stack *s, sv_port in, struct sv_burst *take, sv_time now)
{
    struct sv_arrivals arrivals;
    struct sv_interface *i = sv_interface_of(&s->net.link.interfaces, in);
    arrivals.n = arrivals.onward.n = 0;
    arrivals.before = NULL;
    (void)sv_core_clock(&s->core, now);
    SV_ASSERT(in < s->net.link.interfaces.count);
    for (uint32_t k = 0; k < take->n; k++) {
        struct sv_buf *b = take->packet[k];
        if (k + 1u < take->n)
            SV_PREFETCH(sv_buf_head(take->packet[k + 1u]));
        sv_interface_count_in(i, b->segments, b->length);
        if (SV_UNLIKELY(!i->up))
            sv_in_drop(s, SV_DROP_INTERFACE_DOWN, b, in);
        else
            sv_in_frame(s, in, i, b, &arrivals);
    }
    take->n = 0;
    if (arrivals.n == 1 && (arrivals.onward.n | s->tcp.keys_used) == 0)
        sv_in_act_alone(s, &arrivals.seg[0]);
    else
        sv_in_act(s, &arrivals);
    sv_stack_after(s);
}

void sv_stack_drain_loop(struct sv_stack *s)
{
    struct sv_arrivals arrivals;
    for (uint32_t rounds = 0; rounds < SV_BURST; rounds++) {
        sv_port in = 0;
        struct sv_buf *b = sv_ip_next_looped(&s->core, &s->net);
        const bool looped = b != NULL;
        if (!b)
            b = sv_nat_next_released(&s->core, &s->net, &in); /* fragments whose first has come */
        if (!b)
            return;
        arrivals.n = arrivals.onward.n = 0;
        arrivals.before = NULL;
        if (looped)
            b->id = ++s->core.packet_id;
        if (sv_buf_head(b)[0] >> 4 == 6)
            sv_in_ip6(s, in, b, &arrivals, looped);
        else
            sv_in_ip4(s, in, b, &arrivals, looped);
        sv_in_act(s, &arrivals);
    }
}
