/* SPDX-License-Identifier: BSD-2-Clause */
/* A device that takes nothing, and a clock that is looked at seldom: RFC 9293 §3.8.3, the user timeout. */
#include "stack/stack_internal.h"
#include "tests/unit/l4_transport/tcp_world.h"

struct stalled {
    struct sv_talk w;
    sv_sock s;
};

/* An open connection; 100 bytes were written, and nobody asks the stack for packets. */
static void begin(struct stalled *c)
{
    static const uint8_t bytes[100];
    struct sv_seen seen;
    sv_sock listener;
    size_t taken;
    const struct sv_endpoint e = {.addr = sv_addr_v4(0, 0, 0, 0), .port = 80};
    memset(c, 0, sizeof *c);
    tcp_world_new(&c->w, 1, 1u << 20, SV_PROFILE_LINUX);
    assert_int_equal(sv_listen(c->w.stack, &e, NULL, &listener, c->w.now), SV_OK);
    tcp_world_give(&c->w, &(struct sv_line){.flags = SYN, .options = O_MSS, .mss = 1000});
    assert_int_equal(tcp_world_take(&c->w, &seen), 1);
    c->w.our_isn = c->w.our_base = seen.seq;
    tcp_world_give(&c->w, &(struct sv_line){.flags = ACK, .seq = 1, .ack = 1});
    assert_int_equal(sv_accept(c->w.stack, listener, &c->s, c->w.now), SV_OK);
    assert_int_equal(sv_sock_set(c->w.stack, c->s, SV_OPT_USER_TIMEOUT_MS, 3000, c->w.now), SV_OK);
    assert_int_equal(sv_send(c->w.stack, c->s, bytes, sizeof bytes, &taken, c->w.now), SV_OK);
}

static struct sv_sock_info now_at(struct stalled *c, uint32_t ms)
{
    struct sv_node *node = sv_stack_node(c->w.stack);
    struct sv_sock_info info = {.size = sizeof info};
    c->w.now += ms * SV_MS;
    sv_node_expire(node, c->w.now);
    assert_true(sv_node_next_deadline(node) > c->w.now);
    if (sv_sock_info(c->w.stack, c->s, &info) != SV_OK)
        info.state = SV_CLOSED;
    return info;
}

/* Whatever is due then is done at once, and what is left lies ahead. */
static void one_long_step(void **state)
{
    struct stalled c;
    (void)state;
    begin(&c);
    assert_int_equal(now_at(&c, 13422).state,
                     SV_ESTABLISHED); /* its timeout runs from the first time that it was asked */
    assert_int_equal(now_at(&c, 2999).state, SV_ESTABLISHED);
    assert_int_equal(now_at(&c, 1).state, SV_CLOSED);
    free(c.w.memory);
}

/* Asked each half second from the RTO on, and told how often. */
static void in_small_steps(void **state)
{
    struct stalled c;
    uint32_t asked = 0, ms = 0;
    (void)state;
    begin(&c);
    for (struct sv_sock_info info = now_at(&c, 1); info.state == SV_ESTABLISHED; info = now_at(&c, 1), ms++)
        asked = info.probes;
    assert_int_equal(asked, 6);
    assert_in_range(ms, 3000 + 200, 3000 + 1200);
    free(c.w.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_long_step),
        cmocka_unit_test(in_small_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
