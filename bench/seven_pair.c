/* SPDX-License-Identifier: BSD-2-Clause */
/* The world of two stacks and the link between them: see seven_pair.h. */
#include "bench/seven_pair.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "port/cpu.h"

#define HEADERS 66u /* Ethernet 14, IPv4 20, TCP 20, timestamps 12: the smallest frame with payload is longer */

sv_time (*pair_clock)(void) = bench_wall_ns;
bool pair_portable;

struct sv_addr pair_address(uint32_t which)
{
    return sv_addr_v4(10, 7, 0, (uint8_t)(1 + which));
}

struct sv_stack_config pair_stack_config(const struct pair_options *o, uint32_t which)
{
    struct sv_stack_config c;
    memset(&c, 0, sizeof c);
    c.size = (uint32_t)sizeof c;
    c.host = which;
    c.seed = 20260 + which;
    c.profile = SV_PROFILE_MODERN;
    c.cpu = pair_portable ? 0 : sv_cpu_detect();
    c.connections = o->connections;
    c.half_open = 1024;
    c.time_waits = o->time_waits;
    c.busy = o->busy;
    c.send_buffer = o->buffer;
    c.recv_buffer = o->buffer;
    return c;
}

static enum sv_err attach(struct pair *p, uint32_t which, uint32_t flags)
{
    static const uint8_t mac[2][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};
    const struct sv_addr own = pair_address(which), other = pair_address(1 - which);
    struct sv_interface_config i;
    sv_port port = SV_NO_PORT;
    memset(&i, 0, sizeof i);
    i.size = (uint32_t)sizeof i;
    i.flags = flags | SV_IF_NO_ARP_PROBE;
    memcpy(i.mac, mac[which], 6);
    i.mtu = 1500;
    enum sv_err e = sv_interface_add(p->stack[which], &i, &port, p->now);
    if (e != SV_OK || port != 0)
        return e != SV_OK ? e : SV_ERR_INVALID;
    sv_interface_set_up(p->stack[which], port, true, p->now);
    e = sv_address_add(p->stack[which], port, &own, 24, p->now);
    if (e == SV_OK)
        e = sv_neighbour_add(p->stack[which], port, &other, mac[1 - which], p->now);
    return e;
}

static bool build(struct pair *p, const struct pair_options *o, struct bench_note *note)
{
    p->arena = sv_arena_create(p->memory, p->bytes);
    p->pool = p->arena ? sv_pool_create(p->arena, o->bufs, o->slabs) : NULL;
    if (!p->pool) {
        bench_say(note, true, "the arena is too small for the pool");
        return false;
    }
    for (uint32_t k = 0; k < 2; k++) {
        const struct sv_stack_config c = pair_stack_config(o, k);
        p->stack[k] = sv_stack_create(p->arena, p->pool, &c, p->now);
        if (!p->stack[k]) {
            bench_say(note, true, "sv_stack_create refused");
            return false;
        }
        p->node[k] = sv_stack_node(p->stack[k]);
        const enum sv_err e = attach(p, k, o->flags);
        if (e != SV_OK) {
            bench_say(note, true, "the interface: %s", sv_err_text(e));
            return false;
        }
    }
    return true;
}

struct pair *pair_create(const struct pair_options *o, struct bench_note *note)
{
    struct pair *p = calloc(1, sizeof *p);
    const struct sv_stack_config a = pair_stack_config(o, 0), b = pair_stack_config(o, 1);
    if (!p)
        return NULL;
    p->bytes = sv_stack_bytes(&a) + sv_stack_bytes(&b) + sv_pool_bytes(o->bufs, o->slabs) + (1u << 20);
    p->memory = mmap(NULL, p->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    p->room = (struct sv_room){SV_BURST, UINT32_MAX, o->super};
    p->clock = pair_clock;
    p->now = p->clock();
    if (p->memory == MAP_FAILED) {
        bench_say(note, true, "no memory for the world");
        free(p);
        return NULL;
    }
    /* As port/memory.c does for every arena. */
    (void)madvise(p->memory, p->bytes, o->small_pages ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
    if (!build(p, o, note)) {
        pair_destroy(p);
        return NULL;
    }
    return p;
}

void pair_destroy(struct pair *p)
{
    if (!p)
        return;
    munmap(p->memory, p->bytes);
    free(p);
}

void pair_tick(struct pair *p)
{
    p->now = p->clock() - p->away;
    for (uint32_t k = 0; k < 2; k++)
        if (sv_node_next_deadline(p->node[k]) <= p->now)
            sv_node_expire(p->node[k], p->now);
}

void pair_resume(struct pair *p)
{
    p->away = p->clock() - p->now;
}

uint32_t pair_move(struct pair *p, uint32_t from)
{
    uint32_t moved = 0;
    struct sv_burst burst;
    do {
        burst.n = 0;
        sv_node_transmit(p->node[from], 0, p->room, &burst, p->now);
        moved += burst.n;
        if (burst.n)
            sv_node_receive(p->node[1 - from], 0, &burst, p->now);
    } while (sv_node_next_output(p->node[from], SV_NO_PORT) != SV_NO_PORT && moved < (1u << 20));
    p->frames += moved;
    return moved;
}

void pair_settle(struct pair *p)
{
    while (pair_move(p, PAIR_CLIENT) + pair_move(p, PAIR_SERVER))
        continue;
}

static uint32_t payload_of(const struct sv_buf *b)
{
    return b->length > HEADERS ? b->length - HEADERS : 0;
}

/* Takes from the client what keeps the link at W; a burst may pass it by its last packet only. */
static void fill(struct pair *p)
{
    struct pair_link *l = &p->link;
    struct sv_burst burst;
    while (l->held < l->w_bytes && l->tail - l->head <= PAIR_LINK - SV_BURST) {
        const uint64_t space = l->w_bytes - l->held;
        struct sv_room room = p->room;
        room.packets = (uint32_t)((space + FLOOR_SEGMENT - 1) / FLOOR_SEGMENT);
        room.packets = room.packets > SV_BURST ? SV_BURST : room.packets;
        if (room.super)
            room.packets = (uint32_t)((space + room.super - 1) / room.super);
        burst.n = 0;
        if (sv_node_transmit(p->node[PAIR_CLIENT], 0, room, &burst, p->now) == 0)
            break;
        for (uint32_t i = 0; i < burst.n; i++) {
            l->packet[l->tail++ & (PAIR_LINK - 1)] = burst.packet[i];
            l->held += payload_of(burst.packet[i]);
        }
    }
}

bool pair_link_turn(struct pair *p)
{
    struct pair_link *l = &p->link;
    struct sv_burst burst = {.n = 0};
    uint32_t segments = 0;
    fill(p);
    if (l->head == l->tail)
        return false;
    l->share += (double)l->held / (double)l->w_bytes;
    l->samples++;
    while (l->head != l->tail && burst.n < SV_BURST && segments < l->burst) {
        struct sv_buf *b = l->packet[l->head++ & (PAIR_LINK - 1)];
        const uint32_t bytes = payload_of(b);
        l->held -= bytes;
        segments += bytes > FLOOR_SEGMENT ? (bytes + FLOOR_SEGMENT - 1) / FLOOR_SEGMENT : 1;
        burst.packet[burst.n++] = b;
    }
    p->frames += burst.n;
    sv_node_receive(p->node[PAIR_SERVER], 0, &burst, p->now);
    return true;
}

void pair_link_reset(struct pair *p, uint64_t w_bytes)
{
    p->link.w_bytes = w_bytes;
    p->link.burst = floor_burst(w_bytes);
    p->link.samples = 0;
    p->link.share = 0;
}

double pair_link_share(const struct pair *p)
{
    return p->link.samples ? p->link.share / (double)p->link.samples : 0;
}

bool pair_listen(struct pair *p, sv_sock *listener)
{
    struct sv_endpoint at;
    struct sv_listen_options o;
    memset(&at, 0, sizeof at);
    memset(&o, 0, sizeof o);
    at.addr = pair_address(PAIR_SERVER);
    o.size = (uint32_t)sizeof o;
    o.backlog = 1024;
    o.half_open = 1024;
    return sv_listen(p->stack[PAIR_SERVER], &at, &o, listener, p->now) == SV_OK;
}
