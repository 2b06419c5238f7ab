/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/l4_peek.h"

#include "l3_network/ip6_chain.h"

#define SV_PEEK_TCP_FLAGS 13u

void sv_l4_peek(const struct sv_buf *b, const struct sv_ip_hdr *h, struct sv_l4_peek *out)
{
    uint8_t bytes[SV_IP6_CHAIN_BYTES];
    *out = (struct sv_l4_peek){.at = h->header_length,
                               .protocol = h->protocol,
                               .later = h->fragment_offset != 0,
                               .piece = sv_ip_is_fragment(h)};
    if (h->version == 6) {
        struct sv_ip6_chain chain;
        const uint32_t n = sv_min_u32(b->length, sv_ip6_is_transport(h->protocol) ? SV_IP6_HDR_LEN : sizeof bytes);
        if (!sv_buf_read(b, 0, bytes, n))
            return;
        sv_ip6_chain_read(bytes, n, &chain);
        out->at = chain.at;
        out->protocol = chain.protocol;
        out->later = chain.later;
        out->piece = chain.fragment != 0;
        /* Of a first fragment it is so until more of it is seen: RFC 7112 §5. */
        out->hidden = !chain.later && (!chain.complete || (out->piece && sv_ip6_is_transport(chain.protocol)));
        if (!chain.complete)
            return;
    }
    const uint32_t left = b->length > out->at ? b->length - out->at : 0;
    if (out->later || left < 4u || !sv_buf_read(b, out->at, bytes, sv_min_u32(left, SV_PEEK_TCP_FLAGS + 1u)))
        return;
    switch (out->protocol) {
    case SV_PROTO_TCP:
        out->known = left > SV_PEEK_TCP_FLAGS;
        out->tcp_flags = out->known ? bytes[SV_PEEK_TCP_FLAGS] : 0;
        out->hidden &= !out->known;
        break;
    case SV_PROTO_UDP:
        out->known = 1;
        out->hidden = 0;
        break;
    case SV_PROTO_ICMP:
    case SV_PROTO_ICMP6:
        out->known = 1;
        out->hidden = 0;
        out->type = bytes[0];
        return;
    default:
        return;
    }
    out->src_port = sv_get_u16(bytes);
    out->dst_port = sv_get_u16(bytes + 2);
}

uint32_t sv_l4_flow_hash(const struct sv_siphash_key *key, const struct sv_buf *b, const struct sv_ip_hdr *h)
{
    struct sv_l4_peek l4;
    uint8_t bytes[40] = {0};
    sv_memcpy(bytes, h->src.byte, 16);
    sv_memcpy(bytes + 16, h->dst.byte, 16);
    sv_l4_peek(b, h, &l4);
    bytes[32] = l4.protocol;
    if (l4.known && !l4.piece) {
        sv_put_u16(bytes + 34, l4.src_port);
        sv_put_u16(bytes + 36, l4.dst_port);
    }
    return (uint32_t)sv_siphash13(key, bytes, sizeof bytes);
}
