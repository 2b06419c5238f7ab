/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/redirect.h"

#include "l3_network/icmp6.h"
#include "l3_network/net.h"
#include "seven/stack.h"

#define SV_REDIRECT_QUOTE_MAX (SV_ND_MESSAGE_MAX - 40u - 8u - 8u) /* fixed part, link-layer address, option head */

/* Is it a neighbour there? IPv6: link-local, or under an on-link prefix; IPv4: in a subnet of ours. */
static bool sv_redirect_is_neighbour(const struct sv_net *net, sv_port port, const struct sv_addr *addr)
{
    struct sv_route_result route;
    if (!sv_addr_is_v4(addr) && sv_addr_is_link_local_v6(addr))
        return true;
    return sv_route_lookup(&net->routes, addr, &route) && route.on_link && route.port == port;
}

bool sv_redirect_follow(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *from,
                        const struct sv_addr *dst, const struct sv_addr *gateway)
{
    struct sv_route_result route;
    if (net->forward) /* routers know better: RFC 4861 §8.3, RFC 1812 §5.2.7.2 */
        return false;
    if (!sv_route_lookup(&net->routes, dst, &route) || route.port != port || route.on_link ||
        !sv_addr_equal(&route.next_hop, from))
        return false; /* only the present first hop for it may say so: §8.1 */
    if (sv_address_local(c, &net->addresses, dst) != SV_NONE ||
        (gateway &&
         (!sv_redirect_is_neighbour(net, port, gateway) || sv_address_local(c, &net->addresses, gateway) != SV_NONE)))
        return false;
    struct sv_nd_learned e = {.prefix = *dst,
                              .until = c->now + SV_ND_REDIRECT_S * SV_S,
                              .port = port,
                              .kind = SV_ND_REDIRECTED,
                              .bits = SV_ADDR_BITS};
    if (gateway)
        e.gateway = *gateway;
    return sv_nd_learn(c, net, &e);
}

enum sv_drop sv_redirect_receive_v4(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_buf *b,
                                    const struct sv_ip_hdr *h, uint32_t gateway)
{
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, port);
    uint8_t quoted[20];
    if (!(i->flags & SV_IF_REDIRECTS4))
        return SV_DROP_ICMP_IGNORED;
    if (!sv_buf_read(b, (uint32_t)(b->payload - b->head), quoted, sizeof quoted) || quoted[0] >> 4 != 4)
        return SV_DROP_ICMP_MALFORMED;
    const struct sv_addr src = sv_addr_of_v4_bytes(quoted + 12), dst = sv_addr_of_v4_bytes(quoted + 16);
    const struct sv_addr to = sv_addr_of_v4(gateway);
    if (!sv_addr_is_unicast(&dst) || !sv_addr_is_unicast(&to) || sv_address_local(c, &net->addresses, &src) == SV_NONE)
        return SV_DROP_ND_REDIRECT;
    return sv_redirect_follow(c, net, port, &h->src, &dst, sv_addr_equal(&to, &dst) ? NULL : &to) ? SV_DROP_NONE
                                                                                                  : SV_DROP_ND_REDIRECT;
}

/* §8.2: the target is the neighbour itself or the better router by its link-local address; as much of the packet as
 * 1280 bytes hold. */
static void sv_redirect_send_v6(struct sv_core *c, struct sv_net *net, sv_port in, const struct sv_buf *about,
                                const struct sv_ip_hdr *h, const struct sv_addr *target)
{
    uint8_t bytes[SV_ND_MESSAGE_MAX], quote[SV_REDIRECT_QUOTE_MAX];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    const struct sv_nd_msg m = {.type = SV_ND_REDIRECT, .target = *target, .destination = h->dst};
    const uint32_t ours = sv_nd_link_local(net, in);
    const uint32_t n = sv_min_u32(about->length, sizeof quote);
    if (ours == SV_NONE || !sv_buf_read(about, 0, quote, n))
        return; /* §8.2: a router without a link-local address cannot be known as the first hop */
    const uint32_t known = sv_neighbour_find(c, &net->link, in, target);
    sv_nd_emit_header(&w, &m);
    if (known != SV_NONE && sv_neighbour_has_mac(&net->link.neighbours, known))
        sv_nd_emit_lla(&w, SV_ND_OPT_TARGET_LLA, sv_neighbour_mac(&net->link.neighbours, known));
    sv_nd_emit_redirected(&w, quote, n);
    SV_ASSERT(!w.overrun);
    const struct sv_addr src = sv_address_of(&net->addresses, ours)->addr;
    sv_nd_send(c, net, in, &src, &h->src, bytes, (uint32_t)(w.at - bytes), NULL);
}

void sv_redirect_consider(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *about,
                          const struct sv_ip_hdr *h, const struct sv_ip_path *path)
{
    const bool v6 = h->version == 6;
    if (path->port != in || path->kind != SV_PATH_UNICAST ||
        sv_interface_of(&net->link.interfaces, in)->flags & SV_IF_NO_REDIRECTS)
        return;
    if (sv_addr_equal(&path->next_hop, &h->src) || !sv_redirect_is_neighbour(net, in, &h->src) ||
        !sv_redirect_is_neighbour(net, in, &path->next_hop))
        return;
    if (v6 && !sv_addr_equal(&path->next_hop, &h->dst) && !sv_addr_is_link_local_v6(&path->next_hop))
        return;
    if (!sv_nd_limit_take(&net->nd.redirect_full_at, c->now, SV_ND_REDIRECTS_PER_SECOND, SV_ND_REDIRECTS_BURST)) {
        sv_drop(c, SV_DROP_ND_RATE, NULL, in, 0);
        return;
    }
    if (v6)
        sv_redirect_send_v6(c, net, in, about, h, &path->next_hop);
    else
        sv_icmp_send_error(c, net, about, h, SV_ICMP_REDIRECT, 1, sv_addr_v4_number(&path->next_hop));
}
