/* SPDX-License-Identifier: BSD-2-Clause */
/* The way out of a switch. A frame goes to each port as that port wants it: with its VLAN's tag or without. Where the
 * form is as it came, the port gets another descriptor of the same slabs; where it is not, one with headers of its own
 * in front of the same slabs. What came in is never edited, whoever else holds it. */
#include "core/packet_refer.h"
#include "core/segment.h"
#include "l2_link/bridge.h"

#define SV_OUT_HEADROOM 8u /* before a rewritten header: for what a device may push */

/* Whether a port may send it: what is behind Ethernet's header and tags fits its MTU; of a super-frame, in each of its
 * segments. Ordinary frames need no look at their tags. */
static bool sv_bridge_fits(const struct sv_buf *b, uint32_t mtu)
{
    uint8_t head[SV_ETH_HDR_LEN + SV_TAGS_MAX * SV_TAG_BYTES];
    uint32_t wire = b->length;
    uint16_t type;
    if (b->gso_size) {
        struct sv_segment_plan plan;
        if (sv_segment_plan(b, &plan) != SV_DROP_NONE)
            return b->gso_size <= mtu; /* whoever must cut it says what is wrong */
        wire = sv_min_u32(wire, (uint32_t)plan.payload + b->gso_size);
    }
    if (wire <= mtu + SV_ETH_HDR_LEN)
        return true;
    const uint32_t n = sv_min_u32(b->length, (uint32_t)sizeof head);
    const bool read = sv_buf_read(b, 0, head, n);
    SV_ASSERT(read);
    const uint32_t l3 = sv_frame_l3(head, n, &type);
    return l3 != 0 && wire - l3 <= mtu;
}

void sv_bridge_enqueue(struct sv_bridge *br, sv_port port, struct sv_buf *take)
{
    struct sv_bport *p = sv_bport_of(br, port);
    if (!p->up) {
        sv_bridge_drop(br, SV_DROP_INTERFACE_DOWN, take, port);
        return;
    }
    if (!sv_bridge_fits(take, p->config.mtu)) {
        sv_bridge_drop(br, SV_DROP_TOO_LONG, take, port);
        return;
    }
    if (p->queue.packets >= p->config.queue) {
        sv_bridge_drop(br, SV_DROP_QUEUE_FULL, take, port);
        return;
    }
    sv_packet_queue_put(&p->queue, sv_core_pool(&br->core), take);
}

void sv_bridge_mirror(struct sv_bridge *br, sv_port port, const struct sv_buf *b, bool out)
{
    for (uint64_t set = br->mirrors; set; set &= set - 1u) {
        const sv_port m = sv_port_first(set);
        const struct sv_bridge_port_config *c = &sv_bport_of(br, m)->config;
        if (!((out ? c->mirror_out : c->mirror_in) & sv_port_bit(port)))
            continue;
        struct sv_buf *copy = sv_buf_clone(b, SV_WANT_DATA);
        if (copy)
            sv_bridge_enqueue(br, m, copy);
        else
            sv_bridge_drop(br, SV_DROP_NO_MEMORY, NULL, m);
    }
}

/* Writes the Ethernet header that a port wants; its bytes. */
static uint32_t sv_bridge_header(const struct sv_bframe *f, const struct sv_bport *p, bool tagged, uint8_t *to)
{
    struct sv_vlan_tag tag = f->tag;
    uint32_t n = 2u * SV_MAC_BYTES;
    sv_memcpy(to, f->dst, SV_MAC_BYTES);
    sv_memcpy(to + SV_MAC_BYTES, f->src, SV_MAC_BYTES);
    if (tagged) {
        tag.tpid = p->config.tpid;
        sv_put_u16(to + n, tag.tpid);
        sv_put_u16(to + n + 2u, sv_vlan_tci(&tag));
        n += SV_TAG_BYTES;
    }
    sv_put_u16(to + n, f->type);
    return n + 2u;
}

/* The frame with another header: the first bytes of what follows it are copied along (small packets become private
 * wholly, and whoever reads headers next finds them in one piece), the rest is referred to. NULL: no memory. */
static struct sv_buf *sv_bridge_reheaded(struct sv_bridge *br, const struct sv_bframe *f, const struct sv_bport *p,
                                         bool tagged)
{
    uint8_t front[SV_HEADROOM - SV_OUT_HEADROOM];
    const struct sv_buf *b = f->b;
    struct sv_buf *n = sv_buf_alloc(sv_core_pool(&br->core), SV_WANT_CONTROL, br->core.account);
    if (!n)
        return NULL;
    const uint32_t header = sv_bridge_header(f, p, tagged, front);
    const uint32_t copied = sv_min_u32(b->length - f->header_bytes, (uint32_t)sizeof front - header);
    const bool read = sv_buf_read(b, f->header_bytes, front + header, copied);
    SV_ASSERT(read);
    n->head = SV_OUT_HEADROOM;
    const bool room = sv_buf_append(n, front, header + copied, SV_WANT_CONTROL);
    SV_ASSERT(room); /* it fits the inline room */
    const uint32_t rest = f->header_bytes + copied;
    if (!sv_buf_refer(n, b, rest, b->length - rest, SV_WANT_DATA)) {
        sv_buf_free(n);
        return NULL;
    }
    n->l2 = n->head;
    n->l3 = (uint16_t)(n->head + header);
    n->flags = b->flags;
    n->gso_size = b->gso_size;
    n->segments = b->segments;
    n->id = b->id;
    if (b->flags & SV_BUF_CSUM_PARTIAL) {
        n->csum_start = (uint16_t)(b->csum_start + header - f->header_bytes);
        n->csum_offset = b->csum_offset;
        const uint32_t needed = sv_min_u32((uint32_t)n->csum_start + 60u, n->length); /* TCP's header in one piece */
        if (needed > n->linear_length && !sv_buf_gather(n, (uint16_t)needed)) {
            sv_buf_free(n);
            return NULL;
        }
    }
    return n;
}

/* Whether the frame, as it lies, is what port p wants. */
static bool sv_bridge_as_it_is(const struct sv_bframe *f, const struct sv_bport *p, bool tagged)
{
    if (!tagged || !f->tagged)
        return tagged == (f->tagged != 0);
    return f->tag.tpid == p->config.tpid && f->wire_vid == f->tag.vid;
}

void sv_bridge_out(struct sv_bridge *br, struct sv_bframe *f, uint64_t ports)
{
    const bool aware = (br->flags & SV_BRIDGE_VLAN_AWARE) != 0;
    const uint64_t tagged = aware ? sv_bvlan_of(br, f->tag.vid)->tagged : 0;
    struct sv_buf *whole = f->b;
    for (uint64_t set = ports; set; set &= set - 1u) {
        const sv_port port = sv_port_first(set);
        const struct sv_bport *p = sv_bport_of(br, port);
        const bool last = (set & (set - 1u)) == 0;
        const bool wants = (tagged & sv_port_bit(port)) != 0;
        struct sv_buf *b;
        if (!aware || sv_bridge_as_it_is(f, p, wants)) {
            b = last ? whole : sv_buf_clone(whole, SV_WANT_CONTROL);
            if (last)
                whole = NULL;
        } else {
            b = sv_bridge_reheaded(br, f, p, wants);
        }
        if (!b) {
            sv_bridge_drop(br, SV_DROP_NO_MEMORY, NULL, port);
            continue;
        }
        if (SV_UNLIKELY(br->mirrors))
            sv_bridge_mirror(br, port, b, true);
        sv_bridge_enqueue(br, port, b);
    }
    sv_buf_free(whole);
    f->b = NULL;
}

uint32_t sv_bridge_transmit(struct sv_bridge *br, sv_port out, struct sv_room room, struct sv_burst *give, sv_time now)
{
    SV_ASSERT(out < br->ports);
    (void)sv_core_clock(&br->core, now);
    struct sv_bport *p = sv_bport_of(br, out);
    const uint32_t before = give->n;
    struct sv_segment_out o = {
        .room = room,
        .csum = (p->config.device & 1u) != 0, /* SV_IF_CSUM of seven/stack.h */
        .owner = br->core.account,
        .cpu = br->core.cpu,
    };
    while (give->n < SV_BURST && p->queue.packets) {
        struct sv_buf *refused;
        enum sv_drop why;
        struct sv_buf *b = sv_segment_dequeue(&p->queue, sv_core_pool(&br->core), &p->part, &o, &refused, &why);
        if (refused) {
            sv_bridge_drop(br, why, refused, out);
            continue;
        }
        if (!b)
            break;
        o.room.packets--;
        o.room.bytes -= sv_min_u32(o.room.bytes, b->length);
        p->packets_out += b->segments ? b->segments : 1u;
        p->bytes_out += b->length;
        if (sv_core_traced(&br->core))
            sv_frame_trace(&br->core, SV_TRACE_FRAME_OUT, b, out);
        give->packet[give->n++] = b;
    }
    return give->n - before;
}
