/* SPDX-License-Identifier: BSD-2-Clause */
/* What a router does not forward: addresses that mean something on one link only, our own from outside, sources from
 * the wrong side (RFC 1812 §5.3, RFC 3704). */
#include "l3_network/forward.h"
#include "l3_network/icmp6.h"
#include "l3_network/route_group.h"

/* 169.254/16 (RFC 3927 §7) and fe80::/10 (RFC 4291 §2.5.6) mean something on one link only. */
static bool sv_forward_is_local(const struct sv_addr *a)
{
    if (sv_addr_is_v4(a))
        return a->byte[12] == 169 && a->byte[13] == 254;
    return sv_addr_is_link_local_v6(a);
}

/* Does it come from outside under an address of our own? Only the translator's hairpin makes such packets: they came
 * from inside, under another. */
static bool sv_forward_is_forged(const struct sv_core *c, const struct sv_net *net, const struct sv_ip_hdr *h)
{
    const uint32_t i = sv_address_find_slowly(c, &net->addresses, &h->src);
    if (SV_LIKELY(i == SV_NONE) || sv_address_of(&net->addresses, i)->state != SV_ADDRESS_PREFERRED)
        return false;
    return !h->translated || h->port == net->nat.outside;
}

enum sv_drop sv_forward_admit(struct sv_core *c, struct sv_net *net, struct sv_buf *b, const struct sv_ip_hdr *h)
{
    if (sv_addr_is_any(&h->src) || !sv_addr_is_unicast(&h->src) || sv_addr_is_loopback(&h->src))
        return SV_DROP_BAD_SOURCE; /* RFC 1812 §5.3.7 */
    if (SV_UNLIKELY(sv_forward_is_forged(c, net, h)))
        return SV_DROP_BAD_SOURCE; /* RFC 1812 §5.3.8 */
    if (!sv_addr_is_unicast(&h->dst) || sv_addr_is_loopback(&h->dst))
        return SV_DROP_BAD_DESTINATION;
    if (sv_forward_is_local(&h->dst))
        return SV_DROP_SCOPE;
    if (sv_forward_is_local(&h->src)) {
        if (h->version == 6) /* RFC 4443 §3.1 */
            net->forwarding.told += sv_icmp6_send_error(c, net, b, h, SV_ICMP6_UNREACHABLE, SV_ICMP6_BEYOND_SCOPE, 0);
        return SV_DROP_SCOPE;
    }
    if (h->ttl <= 1) {
        net->forwarding.told += sv_icmp_tell(c, net, b, h, SV_ICMP_TELL_TTL, 0);
        return SV_DROP_TTL_EXCEEDED;
    }
    return SV_DROP_NONE;
}

/* Strict: one of the ways back is the interface itself (RFC 3704 §2.2; of several equal ones any, RFC 8704 §1.1). */
static bool sv_forward_leads_to(const struct sv_net *net, uint32_t group, sv_port in)
{
    struct sv_route_spec way;
    sv_route_group_tell(&net->routes, group, &way);
    for (uint32_t i = 0; i < way.hops; i++)
        if (way.hop[i].port == in)
            return true;
    return false;
}

bool sv_forward_source_ok(const struct sv_net *net, sv_port in, const struct sv_ip_hdr *h)
{
    const uint32_t flags = sv_interface_of(&net->link.interfaces, in)->flags;
    if (!(flags & (SV_IF_RPF_STRICT | SV_IF_RPF_LOOSE)))
        return true;
    /* As an answer would be routed: by the table that the destination chooses as its source. */
    const uint32_t group = sv_route_find_group(&net->routes, &h->dst, &h->src);
    if (group == SV_NONE || sv_route_group_of(&net->routes, group)->type != SV_ROUTE_UNICAST)
        return false;
    return !(flags & SV_IF_RPF_STRICT) || sv_forward_leads_to(net, group, in);
}
