/* SPDX-License-Identifier: BSD-2-Clause */
/* Two stacks for replay_spin.c: see replay.h. */
#include "tests/scenario/replay.h"

#include <stdlib.h>
#include <string.h>

#include "core/cursor.h"

#define ARENA REPLAY_ARENA
#define BEGIN (1000u * SV_S)
#define SERVER_PORT 80u
#define CLIENT_PORT 40000u
#define TIMERS_AT_MOST 2000u

static struct sv_addr address(uint32_t side)
{
    return sv_addr_v4(10, 0, 0, (uint8_t)(2u - side)); /* the client is 10.0.0.2, the server 10.0.0.1 */
}

static bool side_open(const struct replay_model *m, struct replay_side *s, uint32_t k)
{
    void *memory = aligned_alloc(4096, ARENA);
    if (!memory)
        return false;
    memset(memory, 0, ARENA);
    s->now = BEGIN;
    s->arena = sv_arena_create(memory, ARENA);
    s->pool = sv_pool_create(s->arena, 8, 8);
    const struct sv_stack_config config = {.size = sizeof config,
                                           .host = k,
                                           .seed = 7,
                                           .profile = SV_PROFILE_RFC,
                                           .interfaces = 1,
                                           .addresses = 2,
                                           .routes = 2,
                                           .neighbours = 2,
                                           .fragments = 1,
                                           .connections = 2,
                                           .half_open = 2,
                                           .time_waits = 2,
                                           .listeners = 1,
                                           .udp_sockets = 1,
                                           .timers = 1};
    struct sv_interface_config interface = {
        .size = sizeof interface, .flags = SV_IF_NO_ARP_PROBE | SV_IF_NO_REPORTS, .mac = {2, 0, 0, 0, 0, (uint8_t)k}};
    const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, (uint8_t)(1u - k)};
    const struct sv_addr ours = address(k), peer = address(1u - k);
    s->stack = sv_stack_create(s->arena, s->pool, &config, s->now);
    if (!s->stack || sv_interface_add(s->stack, &interface, &s->port, s->now) != SV_OK ||
        sv_address_add(s->stack, s->port, &ours, 24, s->now) != SV_OK ||
        sv_neighbour_add(s->stack, s->port, &peer, peer_mac, s->now) != SV_OK)
        return false;
    struct sv_tcp_teach *teach = sv_stack_teach(s->stack);
    teach->handshake = m->handshake;
    teach->flaws = m->flaws;
    teach->isns = 3;
    memcpy(teach->isn, m->isn[k], sizeof m->isn[k]);
    return true;
}

static bool first_keep(struct replay_side *s)
{
    const uint64_t bytes = sv_arena_used(s->arena);
    s->first = calloc(1, sizeof *s->first + bytes);
    if (!s->first || bytes > ARENA)
        return false;
    s->first->bytes = bytes;
    return sv_arena_snapshot(s->arena, s->first->memory, bytes) == SV_OK;
}

bool replay_open(const struct replay_model *m, struct replay_world *w)
{
    const struct sv_endpoint any = {.port = SERVER_PORT};
    const struct sv_listen_options options = {.size = sizeof options};
    memset(w, 0, sizeof *w);
    for (uint32_t k = 0; k < 2; k++) {
        if (!side_open(m, &w->side[k], k))
            return false;
    }
    if (sv_listen(w->side[1].stack, &any, &options, &w->side[1].listener, BEGIN) != SV_OK)
        return false;
    replay_settle(w);
    w->sent = 0; /* the announcements of their addresses */
    return m->begin(m, w) && first_keep(&w->side[0]) && first_keep(&w->side[1]);
}

void replay_close(struct replay_world *w)
{
    for (uint32_t k = 0; k < 2; k++) {
        free(w->side[k].first);
        free(w->side[k].arena);
    }
}

enum sv_tcp_state replay_state(const struct replay_world *w, uint32_t side)
{
    struct sv_sock_info info = {.size = sizeof info};
    enum sv_tcp_state state = SV_CLOSED;
    uint32_t at = 0;
    while (sv_stack_each(w->side[side].stack, &at, &info)) {
        if (info.protocol == 6 && info.state != SV_CLOSED && (info.state != SV_LISTEN || state == SV_CLOSED))
            state = (enum sv_tcp_state)info.state;
        info.size = sizeof info;
    }
    return state;
}

bool replay_connect(struct replay_world *w, uint32_t side)
{
    struct replay_side *s = &w->side[side];
    const struct sv_endpoint server = {.addr = address(1u - side), .port = SERVER_PORT};
    const struct sv_connect_options options = {.size = sizeof options, .local = {.port = CLIENT_PORT}};
    w->touched |= 1u << side;
    s->open = sv_connect(s->stack, &server, &options, &s->socket, s->now) == SV_OK;
    return s->open;
}

void replay_deliver(struct replay_world *w, uint32_t to, const uint8_t *frame, uint32_t n)
{
    struct replay_side *s = &w->side[to];
    w->touched |= 1u << to;
    struct sv_buf *b = sv_buf_alloc_slab(s->pool, SV_WANT_CONTROL, 0, 64);
    const bool there = b && sv_buf_append(b, frame, n, SV_WANT_CONTROL);
    SV_ASSERT(there);
    struct sv_burst burst = {.n = 1, .packet = {b}};
    sv_node_receive(sv_stack_node(s->stack), s->port, &burst, s->now);
}

/* What a segment says; frames here have no tags and IP headers no options. */
static void read_segment(struct replay_segment *g)
{
    const uint8_t *ip = g->frame + 14, *tcp = ip + 20;
    g->seq = sv_get_u32(tcp + 4);
    g->ack = sv_get_u32(tcp + 8);
    g->flags = tcp[13] & (REPLAY_FIN | REPLAY_SYN | REPLAY_RST | REPLAY_ACK);
    g->length = sv_get_u16(ip + 2) - 20u - (uint32_t)(tcp[12] >> 4) * 4u;
}

static void take_segments(struct replay_world *w, uint32_t k)
{
    struct replay_side *s = &w->side[k];
    const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX};
    struct sv_burst b = {.n = 0};
    while (sv_node_transmit(sv_stack_node(s->stack), s->port, room, &b, s->now)) {
        for (uint32_t i = 0; i < b.n; i++) {
            struct replay_segment *g = &w->segment[w->sent];
            g->from = k;
            g->n = b.packet[i]->length;
            const bool whole =
                w->sent + 1u < REPLAY_SENT && g->n <= REPLAY_FRAME && sv_buf_read(b.packet[i], 0, g->frame, g->n);
            SV_ASSERT(whole);
            read_segment(g);
            w->sent++;
            sv_buf_free(b.packet[i]);
        }
        b.n = 0;
    }
}

/* The program: it accepts, reads, and lets go of what has ended. */
static void take_events(struct replay_side *s)
{
    struct sv_event e[8];
    uint8_t bytes[64];
    size_t got = 0;
    sv_sock fresh;
    if (!s->open && sv_accept(s->stack, s->listener, &fresh, s->now) == SV_OK) {
        s->socket = fresh;
        s->open = true;
    }
    if (s->open) {
        enum sv_err err;
        while ((err = sv_recv(s->stack, s->socket, bytes, sizeof bytes, &got, s->now)) == SV_OK)
            s->received += (uint32_t)got;
        s->finished = s->finished || err == SV_ERR_EOF;
    }
    for (uint32_t n; (n = sv_stack_events(s->stack, e, 8)) != 0;) {
        for (uint32_t i = 0; i < n; i++) {
            if (!s->open || memcmp(&e[i].socket, &s->socket, sizeof s->socket) != 0)
                continue;
            if (e[i].what & SV_EVENT_ERROR)
                sv_close(s->stack, s->socket, s->now);
            if (e[i].what & (SV_EVENT_ERROR | SV_EVENT_CLOSED))
                s->open = false;
        }
    }
}

void replay_settle(struct replay_world *w)
{
    for (uint32_t k = 0; k < 2; k++) {
        take_events(&w->side[k]);
        take_segments(w, k);
    }
}

bool replay_timer(struct replay_world *w, uint32_t side)
{
    struct replay_side *s = &w->side[side];
    const sv_time at = sv_node_next_deadline(sv_stack_node(s->stack));
    if (at == SV_NEVER)
        return false;
    w->touched |= 1u << side;
    s->now = sv_max_u64(s->now, at);
    sv_node_expire(sv_stack_node(s->stack), s->now);
    replay_settle(w);
    return true;
}

bool replay_until(struct replay_world *w, uint32_t side, enum sv_tcp_state state)
{
    for (uint32_t i = 0; i < TIMERS_AT_MOST && replay_state(w, side) != state; i++) {
        w->sent = 0; /* repetitions, of which there may be many */
        if (!replay_timer(w, side))
            break;
    }
    return replay_state(w, side) == state;
}

void replay_pass(struct replay_world *w, uint32_t side, sv_time by)
{
    struct replay_side *s = &w->side[side];
    const sv_time until = s->now + by;
    while (sv_node_next_deadline(sv_stack_node(s->stack)) <= until)
        (void)replay_timer(w, side);
    s->now = until;
}

/* Most of a stack never changes: of what is as it was at first nothing is copied, once it has been looked at. */
static void pieces(struct replay_first *f, uint8_t *live, uint8_t *memory, bool keep)
{
    for (uint64_t at = 0, i = 0; at < f->bytes; at += REPLAY_PIECE, i++) {
        const uint64_t n = sv_min_u64(REPLAY_PIECE, f->bytes - at);
        if (!f->changed[i] && memcmp(live + at, f->memory + at, n) == 0)
            continue;
        f->changed[i] = true;
        memcpy(keep ? memory + at : live + at, keep ? live + at : memory + at, n);
    }
}

void *replay_keep(const struct replay_world *w, uint32_t side, void *memory)
{
    const struct replay_side *s = &w->side[side];
    if (!memory) {
        memory = malloc(s->first->bytes);
        SV_ASSERT(memory != NULL);
        memcpy(memory, s->first->memory, s->first->bytes);
    }
    pieces(s->first, (uint8_t *)s->arena, memory, true);
    return memory;
}

void replay_back(struct replay_world *w, uint32_t side, void *memory)
{
    pieces(w->side[side].first, (uint8_t *)w->side[side].arena, memory, false);
}
