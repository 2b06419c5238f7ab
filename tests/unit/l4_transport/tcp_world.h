/* SPDX-License-Identifier: BSD-2-Clause */
/* One stack at 10.0.0.1 and a scripted peer at 10.0.0.2, as tests/support/exchange.c has them, for tests that
 * are loops and not conversations. */
#ifndef SV_TESTS_TCP_WORLD_H
#define SV_TESTS_TCP_WORLD_H

#include "tests/support/exchange_private.h"
#include "tests/unit/core/support.h"

/* With so many descriptors, and as many slabs. */
static inline void tcp_world_of(struct sv_talk *t, uint64_t seed, uint32_t recv_buffer, uint32_t profile,
                                uint32_t packets)
{
    const size_t bytes = (12u << 20) + 4096u * (size_t)packets;
    memset(t, 0, sizeof *t);
    t->memory = zeroed_pages(bytes);
    t->arena = sv_arena_create(t->memory, bytes);
    t->pool = sv_pool_create(t->arena, packets, packets);
    t->now = t->zero = (sv_time)1 << 42;
    const struct sv_stack_config c = {
        .size = sizeof c, .host = 1, .seed = seed, .profile = profile, .connections = 64, .recv_buffer = recv_buffer};
    const struct sv_interface_config i = {.size = sizeof i, .flags = SV_IF_NO_ARP_PROBE, .mac = {2, 0, 0, 0, 0, 1}};
    const struct sv_addr ours = sv_addr_v4(10, 0, 0, 1);
    const struct sv_addr peer = sv_addr_v4(10, 0, 0, 2);
    t->stack = sv_stack_create(t->arena, t->pool, &c, t->now);
    assert_non_null(t->stack);
    assert_int_equal(sv_interface_add(t->stack, &i, &t->port, t->now), SV_OK);
    assert_int_equal(sv_address_add(t->stack, t->port, &ours, 24, t->now), SV_OK);
    assert_int_equal(sv_neighbour_add(t->stack, t->port, &peer, sv_talk_peer_mac, t->now), SV_OK);
    t->our_port = 80;
    t->peer_port = 4000;
}

static inline void tcp_world_new(struct sv_talk *t, uint64_t seed, uint32_t recv_buffer, uint32_t profile)
{
    tcp_world_of(t, seed, recv_buffer, profile, 1024);
}

/* Everything the stack has to send; the last TCP segment of it is in *last, zero when there is none. The count. */
static inline uint32_t tcp_world_take(struct sv_talk *t, struct sv_seen *last)
{
    const struct sv_room room = {SV_BURST, 1u << 20, 0};
    struct sv_burst b = {.n = 0};
    uint32_t taken = 0;
    *last = (struct sv_seen){0};
    while (sv_node_transmit(sv_stack_node(t->stack), t->port, room, &b, t->now)) {
        for (uint32_t i = 0; i < b.n; i++) {
            uint8_t frame[SV_FRAME_MAX];
            struct sv_seen seen = {.at = t->now};
            assert_true(sv_buf_read(b.packet[i], 0, frame, b.packet[i]->length));
            sv_talk_parse(frame, b.packet[i]->length, &seen);
            if (!seen.strange) {
                *last = seen;
                taken++;
            }
            sv_buf_free(b.packet[i]);
        }
        b.n = 0;
    }
    return taken;
}

static inline void tcp_world_give(struct sv_talk *t, const struct sv_line *l)
{
    uint8_t frame[SV_FRAME_MAX];
    const uint32_t n = sv_talk_segment(t, l, frame);
    struct sv_buf *b = sv_buf_alloc_slab(t->pool, SV_WANT_CONTROL, 0, 64);
    assert_non_null(b);
    assert_true(sv_buf_append(b, frame, n, SV_WANT_CONTROL));
    struct sv_burst burst = {.n = 1, .packet = {b}};
    sv_node_receive(sv_stack_node(t->stack), t->port, &burst, t->now);
}

#endif
