/* SPDX-License-Identifier: BSD-2-Clause */
/* The receive window follows what its reader takes in a round trip, also of a path that has become longer since we
 * opened: a peer that sends evenly, limited by our window or by its own rate. */
#include "tests/unit/l4_transport/tcp_world.h"

#define MSS 1400u
#define OPENED_MS 10u      /* the handshake's round trip */
#define FIRST (256u << 10) /* the window a connection begins with, once its scale is known */
#define STEPS 4096u

/* The peer hears of our acknowledgements a round trip later, as seen from here: data that answers them comes then. */
struct path {
    struct sv_talk t;
    sv_sock connection;
    bool timed, asks;                  /* with timestamps; the application asks what happened */
    uint32_t round_ms, per_ms, credit; /* bytes a millisecond that it may send, and has not */
    uint32_t sent, right, heard_ts;    /* relative: sent so far, the edge and the timestamp the peer knows of */
    uint32_t step;
    struct {
        uint32_t right, ts;
    } told[STEPS]; /* by the millisecond: what we said then */
};

static void open_path(struct path *p, bool timed, uint32_t round_ms)
{
    struct sv_seen seen;
    struct sv_talk *t = &p->t;
    memset(p, 0, sizeof *p);
    tcp_world_new(t, 1, 0, SV_PROFILE_MODERN);
    p->timed = timed;
    p->asks = true;
    p->round_ms = round_ms;
    t->peer_isn = t->peer_base = 0xfffffff0u;
    sv_sock listener;
    const struct sv_endpoint e = {.addr = sv_addr_v4(0, 0, 0, 0), .port = 80};
    assert_int_equal(sv_listen(t->stack, &e, NULL, &listener, t->now), SV_OK);
    const uint16_t also = timed ? O_TS : 0;
    tcp_world_give(
        t, &(struct sv_line){.flags = SYN, .options = (uint16_t)(O_MSS | O_SCALE | also), .mss = MSS + 12, .scale = 7});
    assert_int_equal(tcp_world_take(t, &seen), 1);
    assert_int_equal((seen.options & O_TS) != 0, timed);
    t->our_isn = t->our_base = seen.seq;
    t->know_our_isn = true;
    t->timestamps = timed;
    t->last_ts = p->heard_ts = seen.ts;
    t->now += OPENED_MS * SV_MS;
    tcp_world_give(t, &(struct sv_line){.flags = ACK, .seq = 1, .ack = 1});
    assert_int_equal(sv_accept(t->stack, listener, &p->connection, t->now), SV_OK);
    struct sv_sock_info info = {.size = sizeof info};
    assert_int_equal(sv_sock_info(t->stack, p->connection, &info), SV_OK);
    p->right = info.recv_window;
}

static void read_all(struct path *p)
{
    static uint8_t bytes[65536];
    struct sv_event events[16];
    size_t got = 0;
    if (p->asks)
        (void)sv_stack_events(p->t.stack, events, 16);
    while (sv_recv(p->t.stack, p->connection, bytes, sizeof bytes, &got, p->t.now) == SV_OK) {}
}

/* Of the current millisecond: what the peer's rate and our window let it send comes, and is read at once. */
static void one_ms(struct path *p)
{
    struct sv_talk *t = &p->t;
    struct sv_seen seen;
    if (p->step >= p->round_ms && p->told[p->step - p->round_ms].right) {
        p->right = p->told[p->step - p->round_ms].right;
        p->heard_ts = p->told[p->step - p->round_ms].ts;
    }
    struct sv_sock_info info = {.size = sizeof info};
    p->credit += p->per_ms;
    for (; p->credit >= MSS && p->sent + MSS <= p->right; p->credit -= MSS) {
        tcp_world_give(t,
                       &(struct sv_line){.flags = ACK, .seq = 1u + p->sent, .ack = 1, .len = MSS, .ecr = p->heard_ts});
        p->sent += MSS;
        read_all(p);
        if (tcp_world_take(t, &seen)) {
            assert_int_equal(sv_sock_info(t->stack, p->connection, &info), SV_OK);
            p->told[p->step].right = seen.ack - t->peer_base - 1u + info.recv_window;
            p->told[p->step].ts = seen.ts;
        }
    }
    p->credit = p->credit < MSS ? p->credit : MSS; /* what the window did not allow is not made up for */
    p->step++;
    assert_true(p->step < STEPS);
    t->now += SV_MS;
    sv_node_expire(sv_stack_node(t->stack), t->now);
}

static uint32_t window_after(struct path *p, uint32_t ms)
{
    struct sv_sock_info info = {.size = sizeof info};
    while (ms--)
        one_ms(p);
    assert_int_equal(sv_sock_info(p->t.stack, p->connection, &info), SV_OK);
    return info.recv_window;
}

static void end_path(struct path *p)
{
    assert_int_equal(sv_stack_drops(p->t.stack, SV_DROP_NO_MEMORY), 0);
    sv_stack_check(p->t.stack);
    free(p->t.memory);
}

/* Twelve times as long as when we opened: a quarter of a window would never be read in the handshake's round trip. */
static void longer_than_the_handshake(bool timed)
{
    static struct path p;
    open_path(&p, timed, 120);
    p.per_ms = 2 * FIRST / p.round_ms; /* the window is all that limits it */
    const uint32_t window = window_after(&p, 1500);
    assert_true(window >= 2 * FIRST);
    end_path(&p);
}

static void grows_with_timestamps(void **state)
{
    (void)state;
    longer_than_the_handshake(true);
}

static void grows_without_timestamps(void **state)
{
    (void)state;
    longer_than_the_handshake(false);
}

/* What the peer sends by itself is a fifth of the window a round trip: no reason to grow. */
static void follows_what_is_taken(bool timed, uint32_t at_most)
{
    static struct path p;
    open_path(&p, timed, 120);
    p.per_ms = FIRST / 5u / p.round_ms;
    const uint32_t window = window_after(&p, 4000);
    assert_true(window <= at_most * FIRST);
    end_path(&p);
}

static void stays_with_timestamps(void **state)
{
    (void)state;
    follows_what_is_taken(true, 1);
}

/* A window takes five round trips then, and is taken for one: once, for the next would take longer, and the shortest
 * counts. */
static void stays_without_timestamps(void **state)
{
    (void)state;
    follows_what_is_taken(false, 5);
}

/* An application that reads without asking for events: the handshake's round trip is all that is known. */
static void without_events(void **state)
{
    static struct path p;
    (void)state;
    open_path(&p, true, OPENED_MS);
    p.asks = false;
    p.per_ms = 2 * FIRST / p.round_ms;
    assert_true(window_after(&p, 300) >= 2 * FIRST);
    end_path(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_with_timestamps), cmocka_unit_test(grows_without_timestamps),
        cmocka_unit_test(stays_with_timestamps), cmocka_unit_test(stays_without_timestamps),
        cmocka_unit_test(without_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
