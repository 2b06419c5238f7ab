/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/acl.h"

#define SV_ACL_TCP_RST_ACK 0x14u

bool sv_acl_init(struct sv_acl *a, struct sv_arena *arena, uint32_t ceiling)
{
    void *lines = sv_arena_take(arena, (uint64_t)ceiling * sizeof(struct sv_acl_info), 64);
    *a = (struct sv_acl){.ceiling = ceiling};
    if (ceiling)
        a->at = (int64_t)((uintptr_t)lines - (uintptr_t)a);
    return ceiling == 0 || lines != NULL;
}

static bool sv_acl_prefix_ok(const struct sv_addr *prefix, uint32_t length, uint32_t family)
{
    const bool v4 = sv_addr_is_v4(prefix);
    return length == 0 || (length <= (v4 ? 32u : 128u) && (family == 0 || family == (v4 ? 4u : 6u)));
}

enum sv_err sv_acl_append(struct sv_acl *a, const struct sv_acl_info *line)
{
    const bool mixed = line->src_length && line->dst_length && sv_addr_is_v4(&line->src) != sv_addr_is_v4(&line->dst);
    if (line->action > SV_ACL_REJECT || (line->family != 0 && line->family != 4 && line->family != 6) || mixed)
        return SV_ERR_INVALID;
    if (!sv_acl_prefix_ok(&line->src, line->src_length, line->family) ||
        !sv_acl_prefix_ok(&line->dst, line->dst_length, line->family) || line->protocol > 255)
        return SV_ERR_INVALID;
    if (line->src_port_last < line->src_port_first || line->dst_port_last < line->dst_port_first)
        return SV_ERR_INVALID;
    if (a->count == a->ceiling)
        return SV_ERR_NO_MEMORY;
    struct sv_acl_info *to = sv_acl_line(a, a->count++);
    *to = *line;
    to->packets = to->bytes = 0;
    return SV_OK;
}

static bool sv_acl_addresses_agree(const struct sv_acl_info *l, const struct sv_ip_hdr *h, uint32_t add)
{
    if (l->family && l->family != h->version)
        return false;
    if (l->src_length && !sv_addr_in_prefix(&h->src, &l->src, l->src_length + (sv_addr_is_v4(&l->src) ? add : 0)))
        return false;
    return !l->dst_length || sv_addr_in_prefix(&h->dst, &l->dst, l->dst_length + (sv_addr_is_v4(&l->dst) ? add : 0));
}

static bool sv_acl_asks_transport(const struct sv_acl_info *l)
{
    return l->src_port_first || l->dst_port_first || l->tcp_mask || l->established;
}

static bool sv_acl_transport_agrees(const struct sv_acl_info *l, const struct sv_l4_peek *p)
{
    const bool icmp = p->protocol == SV_PROTO_ICMP || p->protocol == SV_PROTO_ICMP6;
    const uint32_t src = p->src_port, dst = icmp ? p->type + 1u : p->dst_port;
    if (!p->known)
        return false;
    if (l->src_port_first && (icmp || src < l->src_port_first || src > l->src_port_last))
        return false;
    if (l->dst_port_first && (dst < l->dst_port_first || dst > l->dst_port_last))
        return false;
    if ((l->tcp_mask || l->established) && p->protocol != SV_PROTO_TCP)
        return false;
    return (p->tcp_flags & l->tcp_mask) == l->tcp_flags && (!l->established || p->tcp_flags & SV_ACL_TCP_RST_ACK);
}

static bool sv_acl_agrees(const struct sv_acl_info *l, const struct sv_ip_hdr *h, const struct sv_l4_peek *p,
                          sv_port in, sv_port out)
{
    if ((l->in != SV_NO_PORT && l->in != in) || (l->out != SV_NO_PORT && l->out != out))
        return false;
    if (!sv_acl_addresses_agree(l, h, SV_ADDR_V4_BITS))
        return false;
    if (p->hidden && (l->protocol || sv_acl_asks_transport(l)))
        return l->action != SV_ACL_ACCEPT; /* it may be what the line refuses: RFC 7112 §5 */
    if (l->protocol && l->protocol != p->protocol)
        return false;
    if (!sv_acl_asks_transport(l))
        return true;
    return p->later ? l->action == SV_ACL_ACCEPT : sv_acl_transport_agrees(l, p);
}

enum sv_acl_action sv_acl_judge(const struct sv_acl *a, const struct sv_buf *b, const struct sv_ip_hdr *h, sv_port in,
                                sv_port out)
{
    struct sv_l4_peek peek;
    sv_l4_peek(b, h, &peek);
    /* A TCP header split over fragments hides its flags from the list, and the second piece could overwrite them: RFC
     * 1858 §2.1, §3.1. */
    if (h->version == 4 && h->protocol == SV_PROTO_TCP && a->count &&
        (h->fragment_offset == 8 || (h->more_fragments && h->fragment_offset == 0 && !peek.known)))
        return SV_ACL_DROP;
    for (uint32_t i = 0; i < a->count; i++) {
        struct sv_acl_info *l = sv_acl_line(a, i);
        if (sv_acl_agrees(l, h, &peek, in, out)) {
            l->packets += b->segments;
            l->bytes += b->length;
            return (enum sv_acl_action)l->action;
        }
    }
    return SV_ACL_ACCEPT;
}
