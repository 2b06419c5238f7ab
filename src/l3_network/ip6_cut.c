/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/ip6_cut.h"

#include "core/packet_refer.h"
#include "l3_network/fragment.h"
#include "l3_network/ip6_chain.h"

#define SV_IP6_FRONT_MAX (SV_HEADROOM - 14u - SV_IP6_FRAGMENT_LEN) /* fits a descriptor's own room behind Ethernet */

/* RFC 8200 §4.5: what every router on the way must see goes into each fragment: the fixed header, hop-by-hop
 * options, and all up to a routing header. */
static bool sv_ip6_find_front(struct sv_ip6_cut *cut, const struct sv_buf *b)
{
    uint32_t at = SV_IP6_HDR_LEN, next_at = SV_IP6_NEXT_AT;
    const uint8_t *p = sv_buf_head(b);
    cut->front = SV_IP6_HDR_LEN;
    cut->next_at = SV_IP6_NEXT_AT;
    while (at + 8u <= b->linear_length) {
        const uint8_t type = p[next_at];
        if (type != SV_IP6_HOP_BY_HOP && type != SV_IP6_DESTINATION && type != SV_IP6_ROUTING)
            break;
        next_at = at;
        at += sv_ip6_extension_length(type, p + at);
        if (at > SV_IP6_FRONT_MAX)
            return false;
        if (type != SV_IP6_DESTINATION) {
            cut->front = (uint16_t)at;
            cut->next_at = (uint16_t)next_at;
        }
    }
    return cut->front <= b->linear_length;
}

static uint32_t sv_ip6_cut_room(const struct sv_ip6_cut *cut)
{
    return (cut->mtu - cut->front - SV_IP6_FRAGMENT_LEN) / 8u * 8u;
}

bool sv_ip6_cut_begin(struct sv_ip6_cut *cut, const struct sv_buf *b, uint32_t mtu, uint32_t id)
{
    sv_memset(cut, 0, sizeof *cut);
    if (mtu < SV_IP6_MTU_MIN || !sv_ip6_find_front(cut, b))
        return false;
    cut->mtu = sv_min_u32(mtu, 65535);
    cut->id = id;
    cut->payload_length = b->length - cut->front;
    const uint32_t room = sv_ip6_cut_room(cut);
    cut->fragments = (cut->payload_length + room - 1) / room;
    return true;
}

struct sv_buf *sv_ip6_cut_next(struct sv_core *c, struct sv_ip6_cut *cut, const struct sv_buf *b)
{
    const uint32_t left = cut->payload_length - cut->offset;
    const uint32_t length = sv_min_u32(left, sv_ip6_cut_room(cut));
    const uint8_t *from = sv_buf_head(b);
    struct sv_buf *f = sv_buf_alloc(sv_core_pool(c), SV_WANT_DATA, c->account);
    if (!f)
        return NULL;
    if (!sv_buf_refer(f, b, cut->front + cut->offset, length, SV_WANT_DATA)) {
        sv_buf_free(f);
        return NULL;
    }
    f->l4 = f->head;
    uint8_t *p = sv_buf_push(f, (uint16_t)(cut->front + SV_IP6_FRAGMENT_LEN));
    f->l3 = f->head;
    sv_memcpy(p, from, cut->front);
    sv_put_u16(p + 4, (uint16_t)(f->length - SV_IP6_HDR_LEN));
    p[cut->next_at] = SV_IP6_FRAGMENT;
    uint8_t *fragment = p + cut->front;
    fragment[0] = from[cut->next_at];
    fragment[1] = 0;
    sv_put_u16(fragment + 2, (uint16_t)(cut->offset | (length < left ? 1u : 0u)));
    sv_put_u32(fragment + 4, cut->id);
    SV_TRACE_EVENT(c, SV_TRACE_FRAGMENT, SV_FRAGMENT_SENT, 0, b->id, cut->id, cut->offset, length);
    cut->offset += length;
    return f;
}
