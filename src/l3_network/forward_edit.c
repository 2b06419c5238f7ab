/* SPDX-License-Identifier: BSD-2-Clause */
/* What a router changes in the packets that it forwards (RFC 1812 §5.3.1, RFC 8200 §3): hop count, options, the largest
 * segment size of SYNs. */
#include "l2_link/ethernet_wire.h"
#include "l3_network/forward.h"
#include "l3_network/ip4_options.h"
#include "l3_network/ip6_wire.h"
#include "l3_network/l4_peek.h"

#define SV_TCP_SYN_BIT 0x02u
#define SV_TCP_OPTION_MSS 2u

/* --- the largest segment size --- */

/* A SYN that offers more than fits the way through here (RFC 4459 §3.2): what the other side's sender must not exceed
 * is lowered. `tcp`: linear, `length` bytes of header. */
static void sv_forward_lower_mss(uint8_t *tcp, uint32_t length, uint16_t mss, bool summed)
{
    for (uint32_t i = 20; i + 1u < length && tcp[i] != 0;) {
        const uint32_t n = tcp[i] == 1 ? 1u : tcp[i + 1];
        if (n == 0 || (tcp[i] != 1 && n < 2) || i + n > length)
            return;
        if (tcp[i] == SV_TCP_OPTION_MSS && n == 4) {
            const uint16_t old = sv_get_u16(tcp + i + 2);
            if (old <= mss)
                return;
            sv_put_u16(tcp + i + 2, mss);
            if (summed)
                sv_sum_replace_u16_at(tcp + 16, i, old, mss);
            return;
        }
        i += n;
    }
}

static void sv_forward_clamp(struct sv_net *net, sv_port in, sv_port out, struct sv_buf *b, const struct sv_ip_hdr *h)
{
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, in);
    const struct sv_interface *o = sv_interface_of(&net->link.interfaces, out);
    struct sv_l4_peek l4;
    if (!((i->flags | o->flags) & SV_IF_CLAMP_MSS))
        return;
    sv_l4_peek(b, h, &l4);
    if (l4.protocol != SV_PROTO_TCP || !l4.known || !(l4.tcp_flags & SV_TCP_SYN_BIT))
        return;
    uint8_t offset;
    if (!sv_buf_read(b, l4.at + 12u, &offset, 1))
        return;
    const uint32_t length = (uint32_t)(offset >> 4) * 4u;
    if (length < 20 || l4.at + length > b->length || !sv_buf_gather(b, (uint16_t)(l4.at + length)))
        return;
    const uint32_t room = sv_min_u32(i->mtu, o->mtu), headers = h->version == 6 ? 60 : 40;
    if (room > headers)
        sv_forward_lower_mss(sv_buf_head(b) + l4.at, length, (uint16_t)(room - headers),
                             !(b->flags & SV_BUF_CSUM_PARTIAL));
}

enum sv_drop sv_forward_edit(struct sv_core *c, struct sv_net *net, sv_port in, const struct sv_ip_path *path,
                             struct sv_buf *b, const struct sv_ip_hdr *h, uint32_t *at)
{
    if (!sv_buf_own_linear(b) || b->head < SV_ETH_HDR_LEN)
        return SV_DROP_NO_MEMORY;
    if (b->flags & SV_BUF_CSUM_PARTIAL && !sv_forward_is_behind_extensions(h))
        b->csum_start = (uint16_t)(SV_ETH_HDR_LEN + h->header_length);
    sv_forward_clamp(net, in, path->port, b, h);
    uint8_t *p = sv_buf_head(b);
    if (h->version == 6) {
        p[SV_IP6_HOPS_AT]--;
        return SV_DROP_NONE;
    }
    const uint16_t before = sv_get_u16(p + 8);
    p[8]--;
    sv_sum_replace_u16(p + 10, before, sv_get_u16(p + 8));
    if (SV_LIKELY(h->header_length == SV_IP4_HDR_LEN))
        return SV_DROP_NONE;
    return sv_ip4_options_fill(c, net, p, h->header_length, &path->src, at) ? SV_DROP_NONE : SV_DROP_BAD_OPTION;
}
