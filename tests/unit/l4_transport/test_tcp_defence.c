/* SPDX-License-Identifier: BSD-2-Clause */
/* Against floods and forgers (RFC 4987, RFC 5961, RFC 5927), a path that swallows, and buffers that grow. */
#include "tests/unit/l4_transport/peer.h"

/* One million SYNs a virtual second from random addresses; honest clients come all the while. Nearly all of them are
 * served, and no more memory is in use than before it began. */
static void syn_flood(void **state)
{
    enum { SYNS = 200000, EACH = 1000, HONEST = SYNS / EACH };
    static const uint8_t options[] = OPT_MSS OPT_SACK OPT_SCALE;
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_stack_config c = {.connections = 2 * HONEST, .half_open = 256};
    struct dice d = {11};
    uint32_t served = 0;
    struct sv_pool_counts before, after;
    (void)state;
    peer_open(p, &c, 64u << 20, 2048);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){.backlog = 2 * HONEST});
    sv_pool_count(p->pool, &before);
    for (uint32_t i = 0; i < SYNS; i++) {
        const struct peer_seg syn = {.flags = SYN,
                                     .from = 0x0b000000u + roll(&d, 1u << 24),
                                     .sport = (uint16_t)(1024u + roll(&d, 60000)),
                                     .seq = roll(&d, 1u << 31),
                                     .options = options,
                                     .options_length = sizeof options - 1};
        struct sv_burst burst = {.n = 1, .packet = {peer_packet(p, &syn)}};
        p->now += SV_US;
        sv_node_receive(sv_stack_node(p->stack), p->port, &burst, p->now);
        peer_take(p);
        if (i % EACH)
            continue;
        struct peer_seg honest = {.flags = SYN,
                                  .sport = (uint16_t)(2000u + i / EACH),
                                  .seq = 1000,
                                  .options = options,
                                  .options_length = sizeof options - 1,
                                  .timed = true,
                                  .ts = 9};
        peer_give(p, honest);
        const struct peer_seen s = *peer_last(p);
        if (s.dport != honest.sport || s.flags != (SYN | ACK))
            continue;
        honest = (struct peer_seg){
            .flags = ACK, .sport = honest.sport, .seq = 1001, .ack = s.seq + 1u, .timed = true, .ts = 10, .ecr = s.ts};
        peer_give(p, honest);
        sv_sock connection;
        if (sv_accept(p->stack, listener, &connection, p->now) == SV_OK) {
            served++;
            assert_int_equal(peer_info(p, connection).options & 7u, 7); /* nothing was lost by the cookie */
            sv_abort(p->stack, connection, p->now);
            peer_take(p);
        }
    }
    sv_pool_count(p->pool, &after);
    assert_true(served * 100u >= HONEST * 99u);
    assert_int_equal(before.bufs - before.bufs_free, after.bufs - after.bufs_free);
    assert_int_equal(before.slabs - before.slabs_free, after.slabs - after.slabs_free);
    assert_true(peer_info(p, listener).half_open <= 256);
    peer_close(p);
    test_free(p);
}

/* An hour of forged RST, SYN, data and FIN from someone who knows addresses and ports, not the numbers. RFC 5961: none
 * resets the connection or puts a byte into it, and what is answered is limited. */
static void off_path(void **state)
{
    static const uint8_t options[] = OPT_MSS OPT_SCALE;
    static const uint16_t kinds[] = {RST, RST | ACK, SYN, SYN | ACK, ACK | PSH, ACK | FIN, ACK};
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_stack_config c = {.connections = 4};
    struct dice d = {5};
    uint32_t iss;
    size_t n;
    uint8_t bytes[256];
    (void)state;
    peer_open(p, &c, 64u << 20, 1024);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock s = peer_connected(
        p, listener,
        (struct peer_seg){.options = options, .options_length = sizeof options - 1, .timed = true, .ts = 1000}, &iss);
    peer_clear(p);
    for (uint32_t i = 0; i < 36000; i++) { /* ten a second: the window is met by one in 65,536 of them */
        const uint16_t kind = kinds[i % 7u];
        uint32_t seq = roll(&d, 65536) << 16 | roll(&d, 65536);
        if (i % 11u == 0 && kind & (RST | SYN))
            seq = 1001u + 1u + roll(&d, 60000); /* a lucky one: in the window, but not the very next number */
        peer_give(p, (struct peer_seg){.flags = kind,
                                       .seq = seq,
                                       .ack = roll(&d, 65536) << 16 | roll(&d, 65536),
                                       .len = kind & PSH ? 100 : 0});
        peer_wait(p, 100 * SV_MS);
    }
    assert_int_equal(peer_info(p, s).state, SV_ESTABLISHED);
    assert_int_equal(peer_info(p, s).bytes_received, 0);
    assert_false(p->events & (SV_EVENT_ERROR | SV_EVENT_CLOSED | SV_EVENT_PEER_FIN));
    peer_give(p, (struct peer_seg){
                     .flags = ACK | PSH, .seq = 1001, .ack = iss + 1u, .len = 50, .timed = true, .ts = 4000000});
    assert_int_equal(sv_recv(p->stack, s, bytes, sizeof bytes, &n, p->now), SV_OK);
    assert_int_equal(n, 50);
    peer_close(p);
    test_free(p);
}

/* RFC 5961 §7: in one second no more challenges than allowed, however many are asked for. */
static void challenges_are_limited(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_stack_config c = {.connections = 4};
    uint32_t iss;
    (void)state;
    peer_open(p, &c, 64u << 20, 1024);
    assert_int_equal(sv_stack_knob_set(p->stack, "tcp_challenge_ack_limit", "7", p->now), SV_OK);
    assert_int_equal(sv_stack_knob_set(p->stack, "tcp_invalid_ratelimit", "0", p->now), SV_OK);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    (void)peer_connected(p, listener, (struct peer_seg){0}, &iss);
    peer_clear(p);
    for (uint32_t i = 0; i < 100; i++)
        peer_give(p, (struct peer_seg){.flags = RST, .seq = 1010u + i});
    assert_int_equal(p->n, 7);
    assert_int_equal(sv_stack_drops(p->stack, SV_DROP_TCP_CHALLENGE_RATE), 93);
    peer_close(p);
    test_free(p);
}

/* The same of a half-open connection: bare segments with old timestamps (RFC 7323 §5.3) are answered so often, what
 * carries data always. */
static void half_open_paws_limited(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_stack_config c = {.connections = 4};
    (void)state;
    peer_open(p, &c, 64u << 20, 1024);
    assert_int_equal(sv_stack_knob_set(p->stack, "tcp_challenge_ack_limit", "7", p->now), SV_OK);
    (void)peer_listen(p, 80, (struct sv_listen_options){0});
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1000, .timed = true, .ts = 5000});
    const uint32_t iss = peer_last(p)->seq, ecr = peer_last(p)->ts;
    struct peer_seg old = {.flags = ACK, .seq = 1001, .ack = iss + 1u, .timed = true, .ts = 4000, .ecr = ecr};
    peer_clear(p);
    for (uint32_t i = 0; i < 50; i++)
        peer_give(p, old);
    assert_int_equal(p->n, 7);
    assert_int_equal(sv_stack_drops(p->stack, SV_DROP_TCP_PAWS), 50);
    old.len = 10;
    peer_give(p, old);
    assert_int_equal(p->n, 8);
    peer_close(p);
    test_free(p);
}

/* A path that swallows packets of more than 1,100 bytes and says nothing: after three timeouts shorter segments go, and
 * the data arrives. */
static void black_hole(void **state)
{
    static uint8_t bytes[8000];
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_stack_config c = {.connections = 4};
    uint32_t iss;
    size_t n;
    (void)state;
    peer_open(p, &c, 64u << 20, 1024);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock s = peer_connected(p, listener, (struct peer_seg){.options = OPT_MSS, .options_length = 4}, &iss);
    p->mtu = 1100;
    peer_clear(p);
    assert_int_equal(sv_send(p->stack, s, bytes, sizeof bytes, &n, p->now), SV_OK);
    peer_take(p);
    assert_int_equal(peer_info(p, s).mss_bytes, 1460);
    uint32_t next = iss + 1u, seen = p->n;
    for (uint32_t i = 0; i < 400 && next != iss + 1u + sizeof bytes; i++) {
        peer_wait(p, 100 * SV_MS);
        bool any = false;
        for (; seen < p->n; seen++) {
            const struct peer_seen *got = &p->seen[seen % PEER_SEEN];
            if (got->seq == next && got->len) {
                next += got->len;
                any = true;
            }
        }
        if (any)
            peer_give(p, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = next});
    }
    assert_int_equal(next, iss + 1u + sizeof bytes);
    assert_int_equal(peer_info(p, s).mss_bytes, 1024);
    peer_close(p);
    test_free(p);
}

/* The window begins at 64 KiB and grows with what is read, as far as the ceiling; its right edge never moves left. */
static void receive_window_grows(void **state)
{
    static const uint8_t options[] = OPT_MSS OPT_SCALE;
    static uint8_t bytes[1u << 20];
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_stack_config c = {.profile = SV_PROFILE_LINUX, .connections = 4, .recv_buffer = 1u << 20};
    uint32_t iss, next = 1001, edge = 0, widest = 0;
    size_t n;
    (void)state;
    peer_open(p, &c, 64u << 20, 4096);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock s =
        peer_connected(p, listener, (struct peer_seg){.options = options, .options_length = sizeof options - 1}, &iss);
    const uint32_t scale = peer_info(p, s).recv_scale;
    edge = next + 65535u;
    for (uint32_t round = 0; round < 12; round++) { /* a round trip of 50 ms: all that the window allows, then read */
        while (edge - next >= 1460) {
            peer_give(p, (struct peer_seg){.flags = ACK, .seq = next, .ack = iss + 1u, .len = 1460});
            next += 1460;
        }
        while (sv_recv(p->stack, s, bytes, sizeof bytes, &n, p->now) == SV_OK) {}
        peer_take(p);
        peer_wait(p, 50 * SV_MS);
        const struct peer_seen *last = peer_last(p);
        const uint32_t now = last->ack + ((uint32_t)last->win << scale);
        assert_true((int32_t)(now - edge) >= 0);
        edge = now;
        widest = edge - last->ack > widest ? edge - last->ack : widest;
    }
    assert_true(widest > 1000000u && widest <= (1u << 20) + (1u << scale));
    peer_close(p);
    test_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syn_flood),
        cmocka_unit_test(off_path),
        cmocka_unit_test(challenges_are_limited),
        cmocka_unit_test(half_open_paws_limited),
        cmocka_unit_test(black_hole),
        cmocka_unit_test(receive_window_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
