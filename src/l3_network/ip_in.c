/* SPDX-License-Identifier: BSD-2-Clause */
/* For whom is a packet? RFC 1122 §3.2.1.3, §3.3.6. */
#include "l2_link/ethernet.h"
#include "l3_network/icmp.h"
#include "l3_network/net.h"

/* Does somebody else speak under an address of ours? A service that answers it would answer itself, for ever if two do.
 * A segment of TCP's meets no connection; and by ICMPv6 two hosts with one address find out about each other. */
static bool sv_ip_is_forged(const struct sv_core *c, const struct sv_net *net, const struct sv_ip_hdr *h)
{
    if (h->protocol == SV_PROTO_TCP || h->protocol == SV_PROTO_ICMP6)
        return false;
    const uint32_t i = sv_address_find_slowly(c, &net->addresses, &h->src);
    return i != SV_NONE && sv_address_of(&net->addresses, i)->state == SV_ADDRESS_PREFERRED;
}

/* Routers and hosts manage a group by messages to it, whoever speaks in it: IGMP, ICMPv6, and MLD behind its router
 * alert. */
static enum sv_drop sv_ip_group_wanted(const struct sv_net *net, sv_port port, const struct sv_ip_hdr *h)
{
    if (sv_interface_of(&net->link.interfaces, port)->all_multicast)
        return SV_DROP_NONE;
    if (!sv_multicast_is_member(net, port, &h->dst))
        return SV_DROP_NOT_JOINED;
    const bool management = h->version == 4 ? h->protocol == SV_PROTO_IGMP
                                            : h->protocol == SV_PROTO_ICMP6 || h->protocol == SV_IP6_HOP_BY_HOP;
    if (management || sv_multicast_source_wanted(net, port, &h->dst, &h->src))
        return SV_DROP_NONE;
    return SV_DROP_GROUP_SOURCE;
}

enum sv_drop sv_ip_accept(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_buf *b,
                          struct sv_ip_hdr *h, bool looped)
{
    h->port = port;
    const bool link_broadcast = (b->flags & SV_BUF_BROADCAST) != 0;
    if (SV_UNLIKELY(!looped && sv_addr_equal(&h->src, &h->dst)))
        return SV_DROP_LOOP;
    if (sv_address_is_broadcast(&net->addresses, port, &h->src) && !sv_addr_is_any(&h->src))
        return SV_DROP_BAD_SOURCE;
    h->local = sv_address_local(c, &net->addresses, &h->dst);
    if (SV_LIKELY(h->local != SV_NONE)) {
        if (SV_UNLIKELY(!looped && sv_ip_is_forged(c, net, h)))
            return SV_DROP_BAD_SOURCE;
        /* A unicast address in a broadcast frame: nobody means us (RFC 1122 §3.3.6). */
        return link_broadcast ? SV_DROP_BAD_DESTINATION : SV_DROP_NONE;
    }
    if (sv_addr_is_multicast(&h->dst)) {
        h->is_broadcast = 1;
        return sv_ip_is_forged(c, net, h) ? SV_DROP_BAD_SOURCE : sv_ip_group_wanted(net, port, h);
    }
    if (sv_address_is_broadcast(&net->addresses, port, &h->dst)) {
        h->is_broadcast = 1;
        return sv_ip_is_forged(c, net, h) ? SV_DROP_BAD_SOURCE : SV_DROP_NONE;
    }
    if (link_broadcast)
        return SV_DROP_BAD_DESTINATION; /* never forwarded: RFC 1812 §5.3.4 */
    if (sv_addr_is_v4(&h->dst) && h->dst.byte[12] >= 240)
        return SV_DROP_BAD_DESTINATION;
    return SV_DROP_NOT_FOR_US;
}

enum sv_drop sv_ip_parse(struct sv_buf *b, struct sv_ip_hdr *h, uint32_t cpu)
{
    h->port = SV_NO_PORT;
    return b->length > 0 && sv_buf_head(b)[0] >> 4 == 6 ? sv_ip6_parse(b, h) : sv_ip4_parse(b, h, cpu);
}

void sv_ip_drain_refused(struct sv_core *c, struct sv_net *net)
{
    struct sv_buf *b;
    while ((b = sv_neighbour_next_refused(c, &net->link.neighbours)) != NULL) {
        struct sv_ip_hdr h;
        if (sv_ip_parse(b, &h, c->cpu) == SV_DROP_NONE &&
            (sv_nat_undo(c, net, b, &h) || sv_address_local(c, &net->addresses, &h.src) == SV_NONE))
            sv_icmp_tell(c, net, b, &h, SV_ICMP_TELL_HOST, 0);
        sv_drop(c, SV_DROP_NEIGHBOUR_UNREACHABLE, b, SV_NO_PORT, 0);
    }
}
