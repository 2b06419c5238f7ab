/* SPDX-License-Identifier: BSD-2-Clause */
/* The way out of a packet, from the transport to the cable's end.
 *
 * Segments of TCP are made here, when the device has room: the connection whose turn it is writes its
 * header in front of payload that stays where it is, then come the checksum, the IP header and the Ethernet
 * header, pushed into the same room. What other protocols have to send lies complete in the interface's
 * queue and goes first. */
#include "core/packet_sum.h"
#include "l2_link/ethernet.h"
#include "l2_link/vlan_wire.h"
#include "l4_transport/tcp_internal.h"
#include "stack/stack_internal.h"
#include "stack/way_out_plain.h"

#define SV_TURN_BYTES 65536u                    /* deficit round robin: a turn's worth */
#define SV_SUPER_MAX (65535u - 14u - 60u - 60u) /* an IP packet cannot be longer */

#define SV_TCP_SUM_AT 16u /* the checksum's place in TCP's header */
#define SV_OUT_LOWER4 (SV_ETH_HDR_LEN + SV_IP4_HDR_LEN)
#define SV_OUT_LOWER6 (SV_ETH_HDR_LEN + SV_IP6_HDR_LEN)

void sv_stack_tcp_checksum(const struct sv_addr *src, const struct sv_addr *dst, struct sv_buf *b, uint16_t sum)
{
    const uint16_t pseudo = sv_pseudo_sum(src, dst, SV_PROTO_TCP, b->length);
    sv_sum_store(sv_buf_at(b, (uint16_t)(b->l4 + SV_TCP_SUM_AT)), sv_sum_add(pseudo, sum));
}

/* What the packets of one connection's turn have in common: what is written below TCP's header, and the sums of its
 * constant words, not folded. IPv4's is written into each packet from here, number by number: to copy bytes that were
 * just written by other widths stalls the processor. */
struct sv_out_flow {
    const uint8_t *to, *from; /* hardware addresses; to ourselves there is none, and the header goes again */
    uint32_t type_tos;        /* EtherType, version and length of the header, type of service */
    uint32_t df_ttl;          /* DF, time to live, protocol */
    uint32_t src4, dst4;      /* as they lie in the packet */
    uint32_t ip_sum;          /* of the IPv4 header without its length */
    uint32_t pseudo;          /* of the pseudo-header without the length */
    bool v6;
    bool offload; /* the device sums what TCP sends */
    uint8_t lower6[SV_IP6_HDR_LEN];
};

static inline void sv_out_flow_ip4(const struct sv_addr *src, const struct sv_tcp_way *way, struct sv_out_flow *f)
{
    const uint16_t tos = (uint16_t)(0x4500u | way->tos);
    const uint16_t ttl_protocol = (uint16_t)((uint32_t)way->ttl << 8 | SV_PROTO_TCP);
    sv_memcpy(&f->src4, src->byte + 12, 4);
    sv_memcpy(&f->dst4, way->remote.byte + 12, 4);
    const uint32_t pair = (f->src4 & 0xffffu) + (f->src4 >> 16) + (f->dst4 & 0xffffu) + (f->dst4 >> 16);
    f->type_tos = (uint32_t)SV_ETHERTYPE_IP4 << 16 | tos;
    f->df_ttl = (uint32_t)SV_IP4_DF << 16 | ttl_protocol; /* no identification: RFC 6864 §4.1 */
    f->ip_sum = pair + sv_sum_u16(tos) + sv_sum_u16(SV_IP4_DF) + sv_sum_u16(ttl_protocol);
    f->pseudo = pair + sv_sum_u16(SV_PROTO_TCP);
}

/* The flow label's ports are those at the head of the turn's first segment. */
static void sv_out_flow_ip6(const struct sv_stack *s, const struct sv_addr *src, const struct sv_tcp_way *way,
                            const struct sv_buf *first, struct sv_out_flow *f)
{
    const struct sv_ip_out o = {.src = *src, .dst = way->remote, .protocol = SV_PROTO_TCP};
    const uint32_t label = sv_ip6_flow_label(&s->core, &o, sv_get_u32(sv_buf_at(first, first->l4)));
    sv_put_u32(f->lower6, 6u << 28 | (uint32_t)way->tos << 20 | (label & SV_IP6_FLOW_MASK));
    sv_put_u32(f->lower6 + 4, (uint32_t)SV_PROTO_TCP << 8 | way->ttl);
    sv_memcpy(f->lower6 + 8, src->byte, 16);
    sv_memcpy(f->lower6 + 24, way->remote.byte, 16);
    f->type_tos = f->df_ttl = f->src4 = f->dst4 = f->ip_sum = 0; /* of IPv4 alone */
    f->pseudo = sv_pseudo_sum(src, &way->remote, SV_PROTO_TCP, 0);
}

static inline void sv_out_flow_of(const struct sv_stack *s, const struct sv_tcp_way *way, const struct sv_interface *i,
                                  const struct sv_buf *first, struct sv_out_flow *f)
{
    const struct sv_addr *src = &sv_address_of(&s->net.addresses, way->local)->addr;
    f->from = i->mac;
    f->to = way->neighbour == SV_NONE ? i->mac : sv_neighbour_mac(&s->net.link.neighbours, way->neighbour);
    f->v6 = !sv_addr_is_v4(&way->remote);
    f->offload = (i->flags & SV_IF_CSUM) != 0;
    if (SV_UNLIKELY(f->v6))
        sv_out_flow_ip6(s, src, way, first, f);
    else
        sv_out_flow_ip4(src, way, f);
}

/* IP and Ethernet in front of a TCP segment. */
static inline void sv_out_lower(struct sv_buf *b, const struct sv_out_flow *f)
{
    const uint16_t l4 = b->head, length = (uint16_t)b->length;
    SV_ASSERT(b->length <= 65535u - SV_IP4_HDR_LEN);
    uint8_t *p;
    if (SV_UNLIKELY(f->v6)) {
        p = sv_buf_push(b, SV_OUT_LOWER6);
        sv_memcpy(p + SV_ETH_HDR_LEN, f->lower6, SV_IP6_HDR_LEN);
        sv_put_u16(p + 12, SV_ETHERTYPE_IP6);
        sv_put_u16(p + SV_ETH_HDR_LEN + 4, length);
    } else {
        const uint16_t total = (uint16_t)(length + SV_IP4_HDR_LEN);
        p = sv_buf_push(b, SV_OUT_LOWER4);
        sv_put_u32(p + 12, f->type_tos);
        sv_put_u32(p + 16, (uint32_t)total << 16);
        sv_put_u32(p + 20, f->df_ttl);
        sv_sum_store(p + 24, sv_sum_fold(f->ip_sum + sv_sum_u16(total)));
        sv_memcpy(p + 26, &f->src4, 4);
        sv_memcpy(p + 30, &f->dst4, 4);
    }
    sv_memcpy(p, f->to, SV_MAC_BYTES);
    sv_memcpy(p + SV_MAC_BYTES, f->from, SV_MAC_BYTES);
    b->l2 = b->head;
    b->l3 = (uint16_t)(b->head + SV_ETH_HDR_LEN);
    b->l4 = l4;
}

/* The checksum of a segment of `length` bytes at b->l4; `sum`: of all that TCP wrote. */
static inline void sv_out_checksum(struct sv_buf *b, uint16_t length, uint16_t sum, const struct sv_out_flow *f)
{
    uint8_t *field = sv_buf_at(b, (uint16_t)(b->l4 + SV_TCP_SUM_AT));
    const uint32_t pseudo = f->pseudo + sv_sum_u16(length);
    if (f->offload || b->gso_size) { /* the device sums from the header on; the field holds what it cannot see */
        const uint16_t folded = sv_sum_fold(pseudo);
        sv_memcpy(field, &folded, 2);
        b->flags |= SV_BUF_CSUM_PARTIAL;
        b->csum_start = (uint16_t)(b->l4 - b->head);
        b->csum_offset = SV_TCP_SUM_AT;
    } else {
        sv_sum_store(field, sv_sum_fold(pseudo + sum));
    }
}

/* Of a tagged interface a frame gets the tag, and is the interface's below from there on. False: dropped. */
SV_COLD static bool sv_out_tag(struct sv_stack *s, struct sv_interface **i, sv_port *out, struct sv_buf *b)
{
    while ((*i)->parent != SV_NO_PORT) {
        const struct sv_vlan_tag tag = {.tpid = (*i)->tpid, .vid = (*i)->vid};
        sv_interface_count_out(*i, b->segments, b->length);
        if (!sv_buf_make_headroom(b, SV_TAG_BYTES)) {
            sv_drop(&s->core, SV_DROP_NO_MEMORY, b, *out, 0);
            return false;
        }
        sv_vlan_push(b, &tag);
        *out = (*i)->parent;
        *i = sv_interface_of(&s->net.link.interfaces, *out);
    }
    return true;
}

/* The frame is complete. */
static inline void sv_out_give(struct sv_stack *s, struct sv_interface *i, sv_port out, struct sv_buf *b,
                               struct sv_burst *give)
{
    if (SV_UNLIKELY(i->parent != SV_NO_PORT) && !sv_out_tag(s, &i, &out, b))
        return;
    sv_interface_count_out(i, b->segments, b->length);
    if (sv_core_traced(&s->core))
        sv_stack_capture(s, SV_TRACE_FRAME_OUT, b, out);
    give->packet[give->n++] = b;
}

/* Does the device segment for the family of that next hop? */
static bool sv_out_may_be_super(const struct sv_stack *s, const struct sv_interface *i, uint32_t neighbour)
{
    const uint32_t both = (uint32_t)SV_IF_TSO4 | (uint32_t)SV_IF_TSO6;
    if (neighbour == SV_NONE || (i->flags & both) == 0)
        return false;
    if ((i->flags & both) == both)
        return true;
    const bool v4 = sv_addr_is_v4(&sv_neighbour_of(&s->net.link.neighbours, neighbour)->addr);
    return (i->flags & (v4 ? SV_IF_TSO4 : SV_IF_TSO6)) != 0;
}

/* A turn of several packets, or of one that is not as most are. */
SV_HOT __attribute__((noinline)) static void sv_out_long_turn(struct sv_stack *s, sv_port out, struct sv_interface *i,
                                                              struct sv_tcb *t, struct sv_room *room,
                                                              struct sv_burst *give)
{
    struct sv_tcp_out made[SV_BURST];
    const uint32_t neighbour = t->h->neighbour;
    const bool tso = sv_out_may_be_super(s, i, neighbour);
    const struct sv_tcp_grant grant = {
        .packets = sv_min_u32(room->packets, SV_BURST - give->n),
        .bytes = sv_min_u32(room->bytes, SV_TURN_BYTES),
        .super = tso ? sv_min_u32(room->super, SV_SUPER_MAX) : 0,
        .offload = (i->flags & SV_IF_CSUM) != 0,
    };
    struct sv_tcp_way way;
    const uint32_t n = sv_tcp_transmit(t, &grant, made, &way);
    if (SV_UNLIKELY(n == 0))
        return;
    struct sv_out_flow flow;
    sv_out_flow_of(s, &way, i, made[0].packet, &flow);
    for (uint32_t k = 0; k < n; k++) {
        struct sv_buf *b = made[k].packet;
        const uint16_t length = (uint16_t)b->length;
        sv_out_lower(b, &flow);
        sv_out_checksum(b, length, made[k].sum, &flow);
        if (SV_UNLIKELY(neighbour == SV_NONE)) { /* to ourselves: no Ethernet there */
            sv_buf_pull(b, SV_ETH_HDR_LEN);
            b->csum_start = 0;
            sv_packet_queue_put(&s->net.loop, sv_core_pool(&s->core), b);
            continue;
        }
        room->packets--;
        room->bytes -= sv_min_u32(room->bytes, b->length);
        sv_out_give(s, i, out, b, give);
    }
}

/* A turn of the connection whose turn it is. False: nothing can be sent to it now. */
static inline bool sv_out_turn(struct sv_stack *s, sv_port out, struct sv_interface *i, struct sv_tcp_ring *ring,
                               struct sv_room *room, struct sv_burst *give)
{
    struct sv_link *link = &s->net.link;
    const uint32_t neighbour = sv_tcp_hot(&s->tcp, ring->first)->neighbour;
    if (neighbour != SV_NONE) {
        const enum sv_neighbour_answer may = sv_neighbour_use(&s->core, link, &link->neighbours, neighbour);
        if (SV_UNLIKELY(may != SV_NEIGHBOUR_READY)) {
            sv_tcp_park(&s->tcp, out);
            if (may == SV_NEIGHBOUR_NONE)
                sv_tcp_neighbour_failed(&s->tcp, neighbour);
            return false;
        }
    }
    struct sv_tcb t = sv_tcb_of(&s->tcp, sv_tcp_ring_pop(&s->tcp, ring));
    t.h->flags &= (uint16_t)~SV_TCP_READY;
    struct sv_buf *b = sv_out_plain(s, i, &t);
    if (SV_LIKELY(b != NULL)) {
        room->packets--;
        room->bytes -= sv_min_u32(room->bytes, b->length);
        sv_out_give(s, i, out, b, give);
    } else {
        sv_out_long_turn(s, out, i, &t, room, give);
    }
    return true;
}

/* What lies complete in the interface's queue. */
__attribute__((noinline)) static void sv_out_queued(struct sv_stack *s, sv_port out, struct sv_room *room,
                                                    struct sv_burst *give)
{
    struct sv_interface *i = sv_interface_of(&s->net.link.interfaces, out);
    while (room->packets && give->n < SV_BURST) {
        struct sv_buf *b = sv_interface_dequeue(&s->core, &s->net.link.interfaces, out, *room);
        if (!b)
            return;
        room->packets--;
        room->bytes -= sv_min_u32(room->bytes, b->length);
        if (!b->id)
            b->id = ++s->core.packet_id;
        sv_out_give(s, i, out, b, give);
    }
}

/* What one interface has to send, its device's or a tagged one. */
static void sv_out_interface(struct sv_stack *s, sv_port out, struct sv_room *room, struct sv_burst *give)
{
    struct sv_interface *i = sv_interface_of(&s->net.link.interfaces, out);
    if (!i->up)
        return;
    if (i->queue.packets)
        sv_out_queued(s, out, room, give);
    struct sv_tcp_interface *ready = sv_tcp_interface(&s->tcp, out);
    while (room->packets && room->bytes >= i->mtu && give->n < SV_BURST) {
        struct sv_tcp_ring *ring = sv_tcp_ring_next(ready);
        if (ring->first == SV_NONE)
            break;
        const uint64_t refused = s->core.drops[SV_DROP_NO_MEMORY];
        if (!sv_out_turn(s, out, i, ring, room, give))
            sv_out_queued(s, out, room, give); /* a question for the neighbour may have been added */
        ready->moved_at = s->core.now;
        if (s->core.drops[SV_DROP_NO_MEMORY] != refused) { /* it is ready still: not again at once */
            s->starved_until = s->core.now + SV_MS;
            break;
        }
    }
}

SV_HOT uint32_t sv_stack_transmit(struct sv_stack *s, sv_port out, struct sv_room room, struct sv_burst *give,
                                  sv_time now)
{
    const uint32_t before = give->n;
    const struct sv_interfaces *t = &s->net.link.interfaces;
    SV_ASSERT(out < t->count);
    (void)sv_core_clock(&s->core, now);
    if (!sv_interface_of(t, out)->up)
        return 0;
    sv_port next = 0;
    for (sv_port p = out;; p = next++) { /* the device's own, then the tagged ones upon it */
        if (p == out ? next == 0 : sv_interface_root(t, p) == out)
            sv_out_interface(s, p, &room, give);
        if (SV_LIKELY(!sv_interface_of(t, out)->children) || next == t->count)
            break;
    }
    return give->n - before;
}

static bool sv_out_pending(const struct sv_stack *s, sv_port p)
{
    const struct sv_interface *i = sv_interface_of(&s->net.link.interfaces, p);
    return i->up && (i->queue.packets || sv_tcp_next(&s->tcp, p) != SV_NONE);
}

/* Has the device of that interface anything to be given: its own, or of the tagged ones upon it? */
SV_COLD static bool sv_out_tagged_pending(const struct sv_stack *s, sv_port p)
{
    const struct sv_interfaces *t = &s->net.link.interfaces;
    for (sv_port q = 0; q < t->count; q++) {
        if (sv_interface_root(t, q) == p && sv_out_pending(s, q))
            return true;
    }
    return false;
}

/* The next device of all that has anything to be given, where some carry tagged interfaces. */
SV_COLD static sv_port sv_out_next_of_tagged(const struct sv_stack *s, sv_port from)
{
    const struct sv_interfaces *t = &s->net.link.interfaces;
    for (sv_port p = from; p < t->count; p++) {
        const struct sv_interface *i = sv_interface_of(t, p);
        if (i->up && i->parent == SV_NO_PORT && (sv_out_pending(s, p) || (i->children && sv_out_tagged_pending(s, p))))
            return p;
    }
    return SV_NO_PORT;
}

SV_HOT sv_port sv_stack_next_output(const struct sv_stack *s, sv_port after)
{
    const struct sv_interfaces *t = &s->net.link.interfaces;
    for (sv_port p = after == SV_NO_PORT ? 0 : after + 1u; p < t->count; p++) {
        const struct sv_interface *i = sv_interface_of(t, p);
        if (!i->up || i->parent != SV_NO_PORT)
            continue;
        if (i->queue.packets || sv_tcp_next(&s->tcp, p) != SV_NONE)
            return p;
        if (SV_UNLIKELY(i->children))
            return sv_out_next_of_tagged(s, p);
    }
    return SV_NO_PORT;
}
