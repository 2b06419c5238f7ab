/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/math.h"
#include "l2_link/ethernet_wire.h"
#include "l3_network/forward.h"
#include "l3_network/ip6_wire.h"
#include "l3_network/l4_peek.h"

#define SV_MS_PER_DAY 86400000u
#define SV_TCP_SYN_BIT 0x02u
#define SV_TCP_OPTION_MSS 2u

enum sv_ip4_option_type { SV_IP4_OPTION_RECORD_ROUTE = 7, SV_IP4_OPTION_TIMESTAMP = 68 };

/* --- IPv4 options --- */

/* o: the option, of o[1] bytes; the pointer counts from 1. False: it contradicts itself. */
static bool sv_option_record(uint8_t *o, const struct sv_addr *here)
{
    if (o[1] < 3 || o[2] < 4)
        return false;
    if (o[2] > o[1])
        return true; /* full: RFC 791, forwarded as it is */
    if (o[2] + 3u > o[1])
        return false;
    sv_memcpy(o + o[2] - 1, here->byte + 12, 4);
    o[2] = (uint8_t)(o[2] + 4u);
    return true;
}

/* Milliseconds since midnight UT are not known here: the high bit says that it is another clock (RFC 791 §3.1). */
static void sv_option_put_time(const struct sv_core *c, uint8_t *to)
{
    const uint32_t ms = (uint32_t)(sv_div64(c->now, SV_MS) % SV_MS_PER_DAY);
    sv_put_u32(to, 0x80000000u | ms);
}

static bool sv_option_timestamp(const struct sv_core *c, struct sv_net *net, uint8_t *o, const struct sv_addr *here)
{
    if (o[1] < 4 || o[2] < 5)
        return false;
    const uint32_t flag = o[3] & 15u, need = flag == 0 ? 4u : 8u;
    if (o[2] > o[1]) { /* full: those who found no room are counted, up to 15 */
        if (o[3] >> 4 == 15)
            return false;
        o[3] = (uint8_t)(o[3] + 0x10u);
        return true;
    }
    if ((flag != 0 && flag != 1 && flag != 3) || o[2] - 1u + need > o[1])
        return false;
    uint8_t *at = o + o[2] - 1;
    if (flag == 3) {
        const struct sv_addr named = sv_addr_of_v4_bytes(at);
        if (sv_address_local(c, &net->addresses, &named) == SV_NONE)
            return true; /* another's turn */
    } else if (flag == 1) {
        sv_memcpy(at, here->byte + 12, 4);
    }
    sv_option_put_time(c, at + need - 4u);
    o[2] = (uint8_t)(o[2] + need);
    return true;
}

/* The header was walked when it was parsed: each option lies within it. */
static bool sv_forward_options(const struct sv_core *c, struct sv_net *net, uint8_t *p, uint32_t header_length,
                               const struct sv_addr *here, uint32_t *at)
{
    for (uint32_t i = SV_IP4_HDR_LEN; i < header_length && p[i] != 0;) {
        bool good = true;
        *at = i;
        if (p[i] == SV_IP4_OPTION_RECORD_ROUTE)
            good = sv_option_record(p + i, here);
        else if (p[i] == SV_IP4_OPTION_TIMESTAMP)
            good = sv_option_timestamp(c, net, p + i, here);
        if (!good)
            return false;
        i += p[i] == 1 ? 1u : p[i + 1];
    }
    sv_put_u16(p + 10, 0);
    sv_sum_store(p + 10, sv_sum(p, header_length, c->cpu));
    return true;
}

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
    return sv_forward_options(c, net, p, h->header_length, &path->src, at) ? SV_DROP_NONE : SV_DROP_BAD_OPTION;
}
