/* SPDX-License-Identifier: BSD-2-Clause */
/* For whom is a packet? RFC 1122 §3.2.1.3, §3.3.6. */
#include "l2_link/ethernet.h"
#include "l3_network/icmp.h"
#include "l3_network/net.h"
#include "l3_network/redirect.h"

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
        /* A unicast address in a broadcast frame: nobody means us (RFC 1122 §3.3.6). */
        return link_broadcast ? SV_DROP_BAD_DESTINATION : SV_DROP_NONE;
    }
    if (sv_addr_is_multicast(&h->dst)) {
        h->is_broadcast = 1;
        const bool wanted =
            sv_interface_of(&net->link.interfaces, port)->all_multicast || sv_multicast_is_member(net, port, &h->dst);
        return wanted ? SV_DROP_NONE : SV_DROP_NOT_JOINED;
    }
    if (sv_address_is_broadcast(&net->addresses, port, &h->dst)) {
        h->is_broadcast = 1;
        return SV_DROP_NONE;
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

/* A refusal: the sender is told, the packet goes. */
static void sv_ip_refuse(struct sv_core *c, struct sv_net *net, struct sv_buf *take, const struct sv_ip_hdr *h,
                         enum sv_drop why, enum sv_icmp_reason reason, uint32_t mtu)
{
    sv_icmp_tell(c, net, take, h, reason, mtu);
    sv_drop(c, why, take, SV_NO_PORT, 0);
}

void sv_ip_forward(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *take, const struct sv_ip_hdr *h)
{
    struct sv_ip_path path;
    struct sv_ip_hdr translated;
    const struct sv_addr any = {{0}};
    if (sv_addr_is_any(&h->src)) {
        sv_drop(c, SV_DROP_BAD_SOURCE, take, in, 0); /* RFC 1812 §5.3.7 */
        return;
    }
    if (h->ttl <= 1) {
        sv_ip_refuse(c, net, take, h, SV_DROP_TTL_EXCEEDED, SV_ICMP_TELL_TTL, 0);
        return;
    }
    if (sv_ip_find_path(c, net, &h->dst, &any, SV_NO_PORT, &path) != SV_OK) {
        sv_ip_refuse(c, net, take, h, SV_DROP_NO_ROUTE, SV_ICMP_TELL_NO_ROUTE, 0);
        return;
    }
    if (take->length > path.mtu && h->dont_fragment && take->gso_size == 0) {
        sv_ip_refuse(c, net, take, h, SV_DROP_TOO_BIG, SV_ICMP_TELL_TOO_BIG, path.mtu);
        return;
    }
    sv_redirect_consider(c, net, in, take, h, &path);
    if (SV_UNLIKELY(sv_translates(&net->nat, &net->npt6))) {
        translated = *h;
        h = &translated;
        if (sv_translate_out(c, net, in, path.port, take, &translated) == SV_NAT_TAKEN)
            return;
    }
    if (!sv_buf_own_linear(take) || (take->head < SV_ETH_HDR_LEN)) {
        sv_drop(c, SV_DROP_NO_MEMORY, take, in, 0);
        return;
    }
    uint8_t *p = sv_buf_head(take);
    if (h->version == 6) {
        p[SV_IP6_HOPS_AT]--;
    } else {
        const uint16_t before = sv_get_u16(p + 8);
        p[8]--;
        sv_sum_replace_u16(p + 10, before, sv_get_u16(p + 8));
    }
    (void)!sv_ip_hand_over(c, net, take, &path); /* what fails is counted there */
}
