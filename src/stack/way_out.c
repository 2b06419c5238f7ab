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
#include "stack/stack_internal.h"

#define SV_TURN_BYTES 65536u                    /* deficit round robin: a turn's worth */
#define SV_SUPER_MAX (65535u - 14u - 60u - 60u) /* an IP packet cannot be longer */

/* The transport checksum; `pseudo` is the pseudo-header's sum. */
static void sv_out_checksum(const struct sv_stack *s, struct sv_buf *b, const struct sv_tcp_out *o, bool offload,
                            uint16_t pseudo)
{
    uint8_t *field = sv_buf_at(b, (uint16_t)(b->l4 + 16u));
    if (offload) { /* the device sums from the header on; the field holds what it cannot see */
        sv_memcpy(field, &pseudo, 2);
        b->flags |= SV_BUF_CSUM_PARTIAL;
        b->csum_offset = 16;
        return;
    }
    uint16_t sum = pseudo;
    if (o->summed)
        sum = sv_sum_add(sv_sum_add(sum, o->sum), sv_sum(sv_buf_head(b), b->linear_length, s->core.cpu));
    else
        sum = sv_sum_add(sum, sv_l4_sum(b, b->l4, s->core.cpu));
    sv_sum_store(field, sum);
}

void sv_stack_tcp_checksum(struct sv_stack *s, struct sv_buf *b, const struct sv_tcp_out *o)
{
    sv_out_checksum(s, b, o, false,
                    sv_pseudo_sum(sv_tcp_address(&s->tcp, o->local), o->remote, SV_PROTO_TCP, b->length));
}

/* What the packets of one connection's turn have in common. */
struct sv_out_flow {
    struct sv_ip_out ip;
    uint16_t pseudo; /* sum of the pseudo-header without the length */
    uint16_t ethertype;
};

static void sv_out_flow_of(const struct sv_stack *s, const struct sv_tcp_out *o, struct sv_out_flow *f)
{
    f->ip = (struct sv_ip_out){
        .src = *sv_tcp_address(&s->tcp, o->local),
        .dst = *o->remote,
        .protocol = SV_PROTO_TCP,
        .ttl = o->ttl,
        .tos = o->tos,
        .dont_fragment = 1,
    };
    f->ethertype = SV_LIKELY(sv_addr_is_v4(o->remote)) ? SV_ETHERTYPE_IP4 : SV_ETHERTYPE_IP6;
    if (SV_LIKELY(f->ethertype == SV_ETHERTYPE_IP4))
        sv_ip4_prepare(&f->ip);
    else
        f->ip.flow_label = sv_ip6_flow_label(&s->core, &f->ip, sv_get_u32(sv_buf_at(o->packet, o->packet->l4)));
    f->pseudo = sv_pseudo_sum(&f->ip.src, &f->ip.dst, SV_PROTO_TCP, 0);
}

/* IP and Ethernet in front of a TCP segment. */
static void sv_out_lower(struct sv_stack *s, struct sv_tcp_out *o, const struct sv_interface *i,
                         const struct sv_out_flow *f)
{
    struct sv_buf *b = o->packet;
    const bool offload = b->gso_size || i->flags & SV_IF_CSUM;
    sv_out_checksum(s, b, o, offload, sv_sum_add(f->pseudo, sv_sum_u32(b->length)));
    if (SV_LIKELY(f->ethertype == SV_ETHERTYPE_IP4))
        sv_ip4_emit(b, &f->ip);
    else
        sv_ip6_emit(b, &f->ip);
    if (o->neighbour == SV_NONE)
        return;
    sv_eth_emit(b, sv_neighbour_mac(&s->net.link.neighbours, o->neighbour), i->mac, f->ethertype);
    b->csum_start = (uint16_t)(b->l4 - b->head);
}

/* The frame is complete. Of a tagged interface it gets the tag, and is the interface's below from there on. */
static void sv_out_give(struct sv_stack *s, struct sv_interface *i, sv_port out, struct sv_buf *b,
                        struct sv_burst *give)
{
    while (SV_UNLIKELY(i->parent != SV_NO_PORT)) {
        const struct sv_vlan_tag tag = {.tpid = i->tpid, .vid = i->vid};
        sv_interface_count_out(i, b->segments, b->length);
        if (!sv_buf_make_headroom(b, SV_TAG_BYTES)) {
            sv_drop(&s->core, SV_DROP_NO_MEMORY, b, out, 0);
            return;
        }
        sv_vlan_push(b, &tag);
        out = i->parent;
        i = sv_interface_of(&s->net.link.interfaces, out);
    }
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

/* A turn of one connection. False: nothing can be sent to it now. */
static bool sv_out_turn(struct sv_stack *s, sv_port out, uint32_t neighbour, struct sv_room *room,
                        struct sv_burst *give)
{
    struct sv_link *link = &s->net.link;
    struct sv_interface *i = sv_interface_of(&link->interfaces, out);
    struct sv_tcp_out made[SV_BURST];
    if (neighbour != SV_NONE) {
        const enum sv_neighbour_answer may = sv_neighbour_use(&s->core, link, &link->neighbours, neighbour);
        if (may != SV_NEIGHBOUR_READY) {
            sv_tcp_park(&s->tcp, out);
            if (may == SV_NEIGHBOUR_NONE)
                sv_tcp_neighbour_failed(&s->tcp, neighbour);
            return false;
        }
    }
    const bool tso = sv_out_may_be_super(s, i, neighbour);
    const struct sv_tcp_grant grant = {
        .packets = sv_min_u32(room->packets, SV_BURST - give->n),
        .bytes = sv_min_u32(room->bytes, SV_TURN_BYTES),
        .super = tso ? sv_min_u32(room->super, SV_SUPER_MAX) : 0,
        .offload = (i->flags & SV_IF_CSUM) != 0,
    };
    const uint32_t n = sv_tcp_transmit(&s->tcp, out, grant, made);
    struct sv_out_flow flow;
    if (n)
        sv_out_flow_of(s, &made[0], &flow);
    for (uint32_t k = 0; k < n; k++) {
        sv_out_lower(s, &made[k], i, &flow);
        struct sv_buf *b = made[k].packet;
        if (made[k].neighbour == SV_NONE) {
            sv_packet_queue_put(&s->net.loop, sv_core_pool(&s->core), b);
            continue;
        }
        room->packets--;
        room->bytes -= sv_min_u32(room->bytes, b->length);
        sv_out_give(s, i, out, b, give);
    }
    return true;
}

/* What lies complete in the interface's queue. */
static void sv_out_queued(struct sv_stack *s, sv_port out, struct sv_room *room, struct sv_burst *give)
{
    struct sv_interface *i = sv_interface_of(&s->net.link.interfaces, out);
    while (room->packets && give->n < SV_BURST) {
        struct sv_buf *b = sv_interface_dequeue(&s->core, &s->net.link.interfaces, out, room->bytes);
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
    const struct sv_interface *i = sv_interface_of(&s->net.link.interfaces, out);
    if (!i->up)
        return;
    sv_out_queued(s, out, room, give);
    while (room->packets && room->bytes >= i->mtu && give->n < SV_BURST) {
        uint32_t neighbour;
        if (sv_tcp_next(&s->tcp, out, &neighbour) == SV_NONE)
            break;
        const uint64_t refused = s->core.drops[SV_DROP_NO_MEMORY];
        if (!sv_out_turn(s, out, neighbour, room, give))
            sv_out_queued(s, out, room, give);             /* a question for the neighbour may have been added */
        if (s->core.drops[SV_DROP_NO_MEMORY] != refused) { /* it is ready still: not again at once */
            s->starved_until = s->core.now + SV_MS;
            break;
        }
    }
}

uint32_t sv_stack_transmit(struct sv_stack *s, sv_port out, struct sv_room room, struct sv_burst *give, sv_time now)
{
    const uint32_t before = give->n;
    const struct sv_interfaces *t = &s->net.link.interfaces;
    SV_ASSERT(out < t->count);
    (void)sv_core_clock(&s->core, now);
    if (!sv_interface_of(t, out)->up)
        return 0;
    sv_out_interface(s, out, &room, give);
    for (sv_port p = 0; SV_UNLIKELY(sv_interface_of(t, out)->children) && p < t->count; p++)
        if (p != out && sv_interface_root(t, p) == out)
            sv_out_interface(s, p, &room, give);
    return give->n - before;
}

static bool sv_out_pending(const struct sv_stack *s, sv_port p)
{
    const struct sv_interface *i = sv_interface_of(&s->net.link.interfaces, p);
    return i->up && (i->queue.packets || sv_tcp_ready(&s->tcp, p));
}

sv_port sv_stack_next_output(const struct sv_stack *s, sv_port after)
{
    const struct sv_interfaces *t = &s->net.link.interfaces;
    for (sv_port p = after == SV_NO_PORT ? 0 : after + 1u; p < t->count; p++) {
        const struct sv_interface *i = sv_interface_of(t, p);
        if (!i->up || i->parent != SV_NO_PORT)
            continue;
        bool pending = sv_out_pending(s, p);
        for (sv_port q = 0; SV_UNLIKELY(i->children) && !pending && q < t->count; q++)
            pending = q != p && sv_interface_root(t, q) == p && sv_out_pending(s, q);
        if (pending)
            return p;
    }
    return SV_NO_PORT;
}
