/* SPDX-License-Identifier: BSD-2-Clause */
/* Out-of-order data against a map of bytes: pieces of a stream come in any order, overlapping, repeated and
 * cut; at each moment what may be read is exactly the beginning without a gap, and SACK tells no lies. */
#include "tests/unit/l4_transport/tcp_world.h"

#define STREAM 60000u

struct model {
    struct sv_talk t;
    struct dice d;
    sv_sock connection;
    uint8_t have[STREAM + 1u];
    uint32_t whole; /* bytes from the start without a gap */
    uint32_t read;
};

static void open_connection_in(struct model *m, uint64_t seed, uint32_t recv_buffer, uint32_t packets)
{
    struct sv_seen seen;
    struct sv_talk *t = &m->t;
    memset(m, 0, sizeof *m);
    tcp_world_of(t, 1, recv_buffer, SV_PROFILE_MODERN, packets);
    m->d.state = seed;
    t->peer_isn = t->peer_base = 0u - roll(&m->d, STREAM); /* the numbers wrap on the way */
    sv_sock listener;
    const struct sv_endpoint e = {.addr = sv_addr_v4(0, 0, 0, 0), .port = 80};
    assert_int_equal(sv_listen(t->stack, &e, NULL, &listener, t->now), SV_OK);
    tcp_world_give(t, &(struct sv_line){.flags = SYN, .options = O_MSS | O_SACK_OK, .mss = 1460});
    assert_int_equal(tcp_world_take(t, &seen), 1);
    t->our_isn = t->our_base = seen.seq;
    tcp_world_give(t, &(struct sv_line){.flags = ACK, .seq = 1, .ack = 1});
    assert_int_equal(sv_accept(t->stack, listener, &m->connection, t->now), SV_OK);
}

static void open_connection(struct model *m, uint64_t seed, uint32_t recv_buffer)
{
    open_connection_in(m, seed, recv_buffer, 1024);
}

static void send_piece(struct model *m, uint32_t from, uint32_t n)
{
    const uint64_t full = sv_stack_drops(m->t.stack, SV_DROP_TCP_REASSEMBLY_FULL);
    tcp_world_give(&m->t, &(struct sv_line){.flags = ACK, .seq = 1u + from, .ack = 1, .len = n});
    assert_int_equal(sv_stack_drops(m->t.stack, SV_DROP_NO_MEMORY), 0);
    if (sv_stack_drops(m->t.stack, SV_DROP_TCP_REASSEMBLY_FULL) != full)
        return; /* a hundred and twenty-eight holes already: told, and not kept */
    memset(m->have + from, 1, n);
    while (m->have[m->whole])
        m->whole++;
}

/* The first block lies below the acknowledgement, or in the second. */
static bool is_duplicate(const struct model *m, const struct sv_seen *s)
{
    const uint32_t from = s->sack[0] - m->t.peer_base - 1u, to = s->sack[1] - m->t.peer_base - 1u;
    return to <= m->whole || (s->sacks > 1 && s->sack[0] - s->sack[2] <= s->sack[3] - s->sack[2] &&
                              from >= s->sack[2] - m->t.peer_base - 1u && to <= s->sack[3] - m->t.peer_base - 1u);
}

static void check_answer(struct model *m)
{
    struct sv_seen seen;
    if (!tcp_world_take(&m->t, &seen))
        return;
    assert_int_equal(seen.flags & (ACK | RST), ACK);
    assert_int_equal(seen.ack - m->t.peer_base, 1u + m->whole);
    for (uint32_t i = 0; i < seen.sacks; i++) {
        const uint32_t from = seen.sack[2 * i] - m->t.peer_base - 1u;
        const uint32_t to = seen.sack[2 * i + 1] - m->t.peer_base - 1u;
        assert_true(from < to && to <= STREAM);
        for (uint32_t k = from; k < to; k++)
            assert_int_equal(m->have[k], 1);
        if (i == 0 && is_duplicate(m, &seen))
            continue; /* RFC 2883: the piece that came twice */
        assert_true(from > m->whole);
        assert_int_equal(m->have[from - 1u], 0); /* as large as it is */
        assert_int_equal(m->have[to], 0);
    }
}

static void read_some(struct model *m, uint32_t most)
{
    uint8_t bytes[STREAM];
    size_t got = 0;
    const enum sv_err error = sv_recv(m->t.stack, m->connection, bytes, most, &got, m->t.now);
    assert_int_equal(error, m->whole > m->read ? SV_OK : SV_ERR_AGAIN);
    assert_int_equal(got, m->whole - m->read < most ? m->whole - m->read : most);
    for (uint32_t i = 0; i < got; i++)
        assert_int_equal(bytes[i], sv_talk_pattern(m->read + i));
    m->read += (uint32_t)got;
}

static void any_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct model m;
        struct sv_pool_counts c;
        open_connection(&m, seed, 65536);
        const uint32_t longest = 60u + roll(&m.d, 1340);
        for (uint32_t steps = 0; m.whole < STREAM && steps < 100000; steps++) {
            /* Mostly near the first gap, so that it ends; sometimes anywhere. */
            const uint32_t near = m.whole + roll(&m.d, 4u * longest);
            uint32_t from = roll(&m.d, 4) ? near : roll(&m.d, STREAM);
            from = from > 700u && roll(&m.d, 3) == 0 ? from - roll(&m.d, 700) : from;
            if (roll(&m.d, 6) == 0)
                from = m.whole;
            from = from < STREAM ? from : STREAM - 1u;
            uint32_t n = 1u + roll(&m.d, longest);
            n = n < STREAM - from ? n : STREAM - from;
            m.t.now += SV_US;
            send_piece(&m, from, n);
            sv_stack_check(m.t.stack);
            check_answer(&m);
            if (roll(&m.d, 5) == 0)
                read_some(&m, 1u + roll(&m.d, 3000));
        }
        assert_int_equal(m.whole, STREAM);
        read_some(&m, STREAM);
        assert_int_equal(m.read, STREAM);
        sv_abort(m.t.stack, m.connection, m.t.now);
        struct sv_seen seen;
        assert_int_equal(tcp_world_take(&m.t, &seen), 1);
        sv_pool_count(m.t.pool, &c);
        assert_int_equal(c.bufs_free, c.bufs);
        assert_int_equal(c.slabs_free, c.slabs);
        free(m.t.memory);
    }
}

static uint32_t slabs_used(const struct model *m)
{
    struct sv_pool_counts c;
    sv_pool_count(m->t.pool, &c);
    return c.slabs - c.slabs_free;
}

/* More holes than there is memory for: what does not fit is dropped, counted, and nothing is lost for good. A packet
 * of its own costs 2,688 bytes; so much three windows may cost and 127 packets, the table's slabs but one among it. */
static void too_many_holes(void **state)
{
    const uint32_t kept = (3 * 32768 + 127 * (2048 + 640) - 2048) / (2048 + 640);
    struct model m;
    (void)state;
    open_connection(&m, 3, 32768);
    for (uint32_t i = 0; i < 200; i++)
        tcp_world_give(&m.t, &(struct sv_line){.flags = ACK, .seq = 11u + 20u * i, .ack = 1, .len = 10});
    assert_int_equal(sv_stack_drops(m.t.stack, SV_DROP_TCP_REASSEMBLY_FULL), 200 - kept);
    sv_stack_check(m.t.stack);
    for (uint32_t from = 0; from < 4100; from += 1000)
        send_piece(&m, from, 1000);
    read_some(&m, STREAM);
    assert_int_equal(m.read, 5000);
    sv_stack_check(m.t.stack);
    free(m.t.memory);
}

/* More than a thousand holes, put in and filled in any order: it grows, splits, joins and ends empty. */
static void thousands_of_holes(void **state)
{
    enum { HOLES = 1300, EACH = 10 };
    static uint32_t order[HOLES];
    (void)state;
    for (uint32_t way = 0; way < 4; way++) {
        struct model m;
        struct sv_pool_counts c;
        open_connection_in(&m, 7 + way, 4u << 20, 4096);
        assert_int_equal(sv_sock_set(m.t.stack, m.connection, SV_OPT_RECV_BUFFER, 4u << 20, m.t.now), SV_OK);
        for (uint32_t i = 0; i < HOLES; i++)
            order[i] = way == 1 ? HOLES - 1u - i : i;
        for (uint32_t i = 0; way >= 2 && i < HOLES; i++) { /* way 3: what fills is in order again */
            const uint32_t other = roll(&m.d, HOLES), was = order[i];
            order[i] = order[other];
            order[other] = was;
        }
        for (uint32_t i = 0; i < HOLES; i++) {
            send_piece(&m, (2u * order[i] + 1u) * EACH, EACH);
            check_answer(&m);
        }
        sv_stack_check(m.t.stack);
        assert_int_equal(sv_stack_drops(m.t.stack, SV_DROP_TCP_REASSEMBLY_FULL), 0);
        assert_true(slabs_used(&m) > HOLES && m.whole == 0);
        for (uint32_t i = 0; i < HOLES; i++) {
            send_piece(&m, 2u * (way == 3 ? i : order[i]) * EACH, EACH);
            check_answer(&m);
        }
        assert_int_equal(m.whole, 2u * HOLES * EACH);
        sv_stack_check(m.t.stack);
        read_some(&m, STREAM);
        while (m.read < m.whole)
            read_some(&m, STREAM);
        sv_abort(m.t.stack, m.connection, m.t.now);
        struct sv_seen seen;
        assert_int_equal(tcp_world_take(&m.t, &seen), 1);
        sv_pool_count(m.t.pool, &c);
        assert_int_equal(c.bufs_free, c.bufs);
        assert_int_equal(c.slabs_free, c.slabs);
        free(m.t.memory);
    }
}

/* A window of single bytes, forwards or backwards: they stand together, not each in a slab of its own; and they come
 * out as they went in. */
static void single_bytes_stand_together(void **state)
{
    (void)state;
    for (uint32_t backwards = 0; backwards < 2; backwards++) {
        struct model m;
        open_connection(&m, 5, 65536);
        for (uint32_t i = 0; i < 20000; i++)
            send_piece(&m, backwards ? 20000 - i : 1 + i, 1);
        assert_int_equal(sv_stack_drops(m.t.stack, SV_DROP_TCP_REASSEMBLY_FULL), 0);
        assert_true(slabs_used(&m) < 20000 / 900);
        sv_stack_check(m.t.stack);
        send_piece(&m, 0, 1);
        assert_int_equal(m.whole, 20001);
        read_some(&m, STREAM);
        assert_int_equal(m.read, 20001);
        free(m.t.memory);
    }
}

/* A whole window of ordinary segments out of order is kept. */
static void a_window_is_kept(void **state)
{
    struct model m;
    (void)state;
    open_connection(&m, 6, 16384);
    for (uint32_t from = 1000; from + 1000 <= 16384; from += 1000)
        send_piece(&m, from, 1000);
    assert_int_equal(sv_stack_drops(m.t.stack, SV_DROP_TCP_REASSEMBLY_FULL), 0);
    send_piece(&m, 0, 1000);
    assert_int_equal(m.whole, 16000);
    read_some(&m, STREAM);
    assert_int_equal(m.read, 16000);
    free(m.t.memory);
}

/* Bytes whose slabs somebody else holds, too, cannot be put together: they are kept up to three times the receive
 * buffer of memory and a packet for each range, then refused and counted; what was kept is not taken back. */
static void memory_has_a_ceiling(void **state)
{
    enum { PIECES = 400 };
    const uint32_t window = 16384, most = (3 * window + 127 * (2048 + 640)) / (2048 + 640);
    struct sv_buf *others[PIECES];
    struct model m;
    (void)state;
    open_connection(&m, 6, window);
    for (uint32_t i = 0; i < PIECES; i++) {
        uint8_t frame[SV_FRAME_MAX];
        const struct sv_line l = {.flags = ACK, .seq = 2u + i, .ack = 1, .len = 1};
        const uint32_t n = sv_talk_segment(&m.t, &l, frame);
        struct sv_buf *b = sv_buf_alloc_slab(m.t.pool, SV_WANT_CONTROL, 0, 64);
        assert_true(sv_buf_append(b, frame, n, SV_WANT_CONTROL));
        others[i] = sv_buf_clone(b, SV_WANT_CONTROL);
        struct sv_burst burst = {.n = 1, .packet = {b}};
        sv_node_receive(sv_stack_node(m.t.stack), m.t.port, &burst, m.t.now);
    }
    assert_int_equal(sv_stack_drops(m.t.stack, SV_DROP_TCP_REASSEMBLY_FULL), PIECES - most);
    sv_stack_check(m.t.stack);
    for (uint32_t i = 0; i < PIECES; i++)
        sv_buf_free(others[i]);
    memset(m.have + 1, 1, most);
    send_piece(&m, 0, 1);
    assert_int_equal(m.whole, 1 + most);
    read_some(&m, STREAM);
    assert_int_equal(m.read, 1 + most);
    sv_stack_check(m.t.stack);
    free(m.t.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order),          cmocka_unit_test(too_many_holes),
        cmocka_unit_test(thousands_of_holes), cmocka_unit_test(single_bytes_stand_together),
        cmocka_unit_test(a_window_is_kept),   cmocka_unit_test(memory_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
