/* SPDX-License-Identifier: BSD-2-Clause */
#include "l2_link/interface.h"

#include "core/segment.h"
#include "seven/stack.h"

bool sv_interfaces_init(struct sv_interfaces *t, struct sv_arena *arena, uint32_t ceiling)
{
    void *array = sv_arena_take(arena, (uint64_t)ceiling * sizeof(struct sv_interface), 64);
    if (!array)
        return false;
    t->at = (int64_t)((uintptr_t)array - (uintptr_t)t);
    t->count = 0;
    t->ceiling = ceiling;
    return true;
}

sv_port sv_interface_make(struct sv_interfaces *t, const uint8_t mac[SV_MAC_BYTES], uint32_t mtu, uint32_t queue_max,
                          uint32_t flags)
{
    if (t->count == t->ceiling)
        return SV_NO_PORT;
    const sv_port port = t->count++;
    struct sv_interface *i = sv_interface_of(t, port);
    sv_memset(i, 0, sizeof *i);
    sv_memcpy(i->mac, mac, SV_MAC_BYTES);
    i->mtu = mtu;
    i->queue_max = queue_max;
    i->flags = flags;
    i->parent = SV_NO_PORT;
    sv_packet_queue_init(&i->queue);
    return port;
}

sv_port sv_interface_tagged(const struct sv_interfaces *t, sv_port parent, uint16_t tpid, uint16_t vid)
{
    for (sv_port p = 0; p < t->count; p++) {
        const struct sv_interface *i = sv_interface_of(t, p);
        if (i->parent == parent && i->tpid == tpid && i->vid == vid)
            return p;
    }
    return SV_NO_PORT;
}

bool sv_interface_enqueue(struct sv_core *c, struct sv_interfaces *t, sv_port port, struct sv_buf *take)
{
    SV_ASSERT(port < t->count);
    struct sv_interface *i = sv_interface_of(t, port);
    if (!i->up) {
        sv_drop(c, SV_DROP_INTERFACE_DOWN, take, port, 0);
        return false;
    }
    if (i->queue.packets >= i->queue_max) {
        sv_drop(c, SV_DROP_QUEUE_FULL, take, port, 0);
        return false;
    }
    sv_packet_queue_put(&i->queue, sv_core_pool(c), take);
    return true;
}

/* What the device may not be able to take as it lies. */
static struct sv_buf *sv_interface_finish(struct sv_core *c, struct sv_interface *i, sv_port port, struct sv_room room)
{
    struct sv_pool *pool = sv_core_pool(c);
    struct sv_segment_out out = {
        .room = room, .csum = (i->flags & SV_IF_CSUM) != 0, .owner = c->account, .cpu = c->cpu};
    const struct sv_buf *front;
    while ((front = sv_packet_queue_peek(&i->queue, pool)) != NULL) {
        const uint32_t family = front->flags & SV_BUF_GSO_TCP4 ? SV_IF_TSO4 : SV_IF_TSO6;
        struct sv_buf *refused;
        enum sv_drop why;
        out.room.super = i->flags & family && front->length <= room.super ? room.super : 0;
        struct sv_buf *b = sv_segment_dequeue(&i->queue, pool, &i->part, &out, &refused, &why);
        if (!refused)
            return b;
        sv_drop(c, why, refused, port, 0);
    }
    return NULL;
}

struct sv_buf *sv_interface_dequeue(struct sv_core *c, struct sv_interfaces *t, sv_port port, struct sv_room room)
{
    const uint32_t unfinished = (uint32_t)SV_BUF_GSO_TCP4 | (uint32_t)SV_BUF_GSO_TCP6 | (uint32_t)SV_BUF_CSUM_PARTIAL;
    SV_ASSERT(port < t->count);
    struct sv_interface *i = sv_interface_of(t, port);
    const struct sv_buf *b = sv_packet_queue_peek(&i->queue, sv_core_pool(c));
    if (!b || !room.packets)
        return NULL;
    if (SV_UNLIKELY(b->flags & unfinished))
        return sv_interface_finish(c, i, port, room);
    return b->length <= room.bytes ? sv_packet_queue_take(&i->queue, sv_core_pool(c)) : NULL;
}

void sv_interface_set(struct sv_core *c, struct sv_interfaces *t, sv_port port, bool up)
{
    SV_ASSERT(port < t->count);
    struct sv_interface *i = sv_interface_of(t, port);
    i->up = up;
    if (up)
        return;
    i->part = 0;
    struct sv_buf *b;
    while ((b = sv_packet_queue_take(&i->queue, sv_core_pool(c))) != NULL)
        sv_drop(c, SV_DROP_INTERFACE_DOWN, b, port, 0);
}
