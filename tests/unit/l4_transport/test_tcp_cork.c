/* SPDX-License-Identifier: BSD-2-Clause */
/* What a cork holds back, and each thing that lets it go. */
#include "l4_transport/tcp_internal.h"
#include "stack/stack_internal.h"
#include "tests/unit/l4_transport/tcp_world.h"

struct corked {
    struct sv_talk w;
    sv_sock s;
    uint32_t sent; /* stream bytes that went out */
};

static void begin(struct corked *c, uint32_t profile)
{
    struct sv_seen seen;
    sv_sock listener;
    const struct sv_endpoint e = {.addr = sv_addr_v4(0, 0, 0, 0), .port = 80};
    memset(c, 0, sizeof *c);
    tcp_world_new(&c->w, 1, 1u << 20, profile);
    assert_int_equal(sv_listen(c->w.stack, &e, NULL, &listener, c->w.now), SV_OK);
    tcp_world_give(&c->w, &(struct sv_line){.flags = SYN, .options = O_MSS, .mss = 1000});
    assert_int_equal(tcp_world_take(&c->w, &seen), 1);
    c->w.our_isn = c->w.our_base = seen.seq;
    c->w.now += 10 * SV_MS;
    tcp_world_give(&c->w, &(struct sv_line){.flags = ACK, .seq = 1, .ack = 1});
    assert_int_equal(sv_accept(c->w.stack, listener, &c->s, c->w.now), SV_OK);
    assert_int_equal(tcp_world_take(&c->w, &seen), 0);
}

/* Bytes of payload that go out now. */
static uint32_t goes(struct corked *c)
{
    struct sv_seen last;
    if (!tcp_world_take(&c->w, &last))
        return 0;
    const uint32_t before = c->sent;
    c->sent = last.seq + last.length - c->w.our_isn - 1u;
    return c->sent - before;
}

static uint32_t writes(struct corked *c, uint32_t n)
{
    static const uint8_t bytes[4000];
    size_t taken;
    assert_int_equal(sv_send(c->w.stack, c->s, bytes, n, &taken, c->w.now), SV_OK);
    assert_int_equal(taken, n);
    return goes(c);
}

static uint32_t sets(struct corked *c, enum sv_option option, uint64_t value)
{
    assert_int_equal(sv_sock_set(c->w.stack, c->s, option, value, c->w.now), SV_OK);
    return goes(c);
}

static uint32_t acknowledged(struct corked *c)
{
    c->w.now += 10 * SV_MS;
    tcp_world_give(&c->w, &(struct sv_line){.flags = ACK, .seq = 1, .ack = 1u + c->sent});
    return goes(c);
}

/* Time passes, deadline by deadline; how long until something goes, in ms. */
static uint32_t waits(struct corked *c, uint32_t ms, uint32_t *bytes)
{
    struct sv_node *node = sv_stack_node(c->w.stack);
    const sv_time from = c->w.now, to = from + ms * SV_MS;
    *bytes = 0;
    while (!*bytes && sv_node_next_deadline(node) <= to) {
        c->w.now = sv_node_next_deadline(node) > c->w.now ? sv_node_next_deadline(node) : c->w.now;
        sv_node_expire(node, c->w.now);
        *bytes = goes(c);
    }
    if (!*bytes)
        c->w.now = to;
    return (uint32_t)((c->w.now - from) / SV_MS);
}

static void only_full_segments(void **state)
{
    struct corked c;
    uint32_t bytes;
    (void)state;
    begin(&c, SV_PROFILE_MODERN);
    assert_int_equal(sets(&c, SV_OPT_CORK, 1), 0);
    assert_int_equal(writes(&c, 40), 0);
    assert_int_equal(writes(&c, 2000), 2000);
    assert_int_equal(acknowledged(&c), 0);
    (void)waits(&c, 60000, &bytes); /* without the habit of a ceiling it holds as long as it is there */
    assert_int_equal(bytes, 0);
    assert_int_equal(sets(&c, SV_OPT_CORK, 0), 40);
    free(c.w.memory);
}

/* A cork for one write: what follows at once goes with it; else the next acknowledgement, or an RTO, lets it go. */
static void more_follows(void **state)
{
    struct corked c;
    uint32_t bytes;
    (void)state;
    begin(&c, SV_PROFILE_MODERN);
    assert_int_equal(sets(&c, SV_OPT_CORK, 2), 0);
    assert_int_equal(writes(&c, 40), 0);
    assert_int_equal(sv_sock_set(c.w.stack, c.s, SV_OPT_CORK, 0, c.w.now), SV_OK);
    assert_int_equal(writes(&c, 60), 100);
    assert_int_equal(sets(&c, SV_OPT_CORK, 2), 0); /* 100 bytes are in flight */
    assert_int_equal(writes(&c, 40), 0);
    assert_int_equal(acknowledged(&c), 40);
    assert_int_equal(acknowledged(&c), 0);
    assert_int_equal(sets(&c, SV_OPT_CORK, 2), 0); /* nothing is */
    assert_int_equal(writes(&c, 40), 0);
    const uint32_t ms = waits(&c, 60000, &bytes);
    assert_int_equal(bytes, 40);
    assert_in_range(ms, 190, 260); /* the RTO is at its smallest, 200 ms and what rounding adds */
    free(c.w.memory);
}

/* A cork is not undone by a write with more to come within it. */
static void more_within_a_cork(void **state)
{
    struct corked c;
    uint32_t bytes;
    (void)state;
    begin(&c, SV_PROFILE_MODERN);
    assert_int_equal(sets(&c, SV_OPT_CORK, 1), 0);
    assert_int_equal(writes(&c, 40), 0);
    assert_int_equal(sets(&c, SV_OPT_CORK, 2), 0);
    (void)waits(&c, 5000, &bytes);
    assert_int_equal(bytes, 0);
    assert_int_equal(sets(&c, SV_OPT_CORK, 0), 40);
    assert_int_equal(sv_sock_set(c.w.stack, c.s, SV_OPT_CORK, 3, c.w.now), SV_ERR_INVALID);
    free(c.w.memory);
}

/* The profile `linux`: an RTO, and no longer; TCP_NODELAY pushes what is there and leaves the cork. */
static void a_ceiling(void **state)
{
    struct corked c;
    uint32_t bytes;
    (void)state;
    begin(&c, SV_PROFILE_LINUX);
    assert_int_equal(sets(&c, SV_OPT_CORK, 1), 0);
    assert_int_equal(writes(&c, 40), 0);
    const uint32_t ms = waits(&c, 60000, &bytes);
    assert_int_equal(bytes, 40);
    assert_in_range(ms, 190, 260);
    assert_int_equal(acknowledged(&c), 0);
    assert_int_equal(writes(&c, 30), 0);
    assert_int_equal(sets(&c, SV_OPT_NODELAY, 1), 30);
    assert_int_equal(acknowledged(&c), 0);
    assert_int_equal(writes(&c, 20), 0);
    assert_int_equal(sets(&c, SV_OPT_CORK, 0), 20);
    free(c.w.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_full_segments),
        cmocka_unit_test(more_follows),
        cmocka_unit_test(more_within_a_cork),
        cmocka_unit_test(a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
