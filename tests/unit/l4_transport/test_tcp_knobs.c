/* SPDX-License-Identifier: BSD-2-Clause */
/* Knobs by Linux's names, and what the `linux` profile says on the wire. */
#include "tests/unit/l4_transport/peer.h"

static void open_linux(struct peer *p)
{
    const struct sv_stack_config c = {.profile = SV_PROFILE_LINUX, .connections = 16};
    peer_open(p, &c, 64u << 20, 1024);
}

static enum sv_err knob(struct peer *p, const char *name, const char *value)
{
    return sv_stack_knob_set(p->stack, name, value, p->now);
}

static void names_and_values(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    (void)state;
    open_linux(p);
    assert_int_equal(knob(p, "tcp_sack", "0"), SV_OK);
    assert_int_equal(knob(p, "net.ipv4.tcp_sack", "1"), SV_OK);
    assert_int_equal(knob(p, "tcp_sack", "2"), SV_ERR_INVALID);
    assert_int_equal(knob(p, "tcp_sack", ""), SV_ERR_INVALID);
    assert_int_equal(knob(p, "tcp_sack", "x"), SV_ERR_INVALID);
    assert_int_equal(knob(p, "tcp_sac", "1"), SV_ERR_INVALID);
    assert_int_equal(knob(p, "tcp_sacks", "1"), SV_ERR_INVALID);
    assert_int_equal(knob(p, "tcp_fastopen", "0x70403"), SV_OK);
    assert_int_equal(knob(p, "tcp_fastopen", "99999999999"), SV_ERR_INVALID);
    assert_int_equal(knob(p, "tcp_rmem", "4096 540000 15728640"), SV_OK);
    assert_int_equal(knob(p, "tcp_rmem", "4096\t540000\t15728640\n"), SV_OK);
    assert_int_equal(knob(p, "tcp_rmem", "4096 540000"), SV_ERR_INVALID);
    assert_int_equal(knob(p, "tcp_rmem", "9 8 7"), SV_ERR_INVALID);
    assert_int_equal(knob(p, "tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4"), SV_OK);
    assert_int_equal(knob(p, "tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3"), SV_ERR_INVALID);
    assert_int_equal(knob(p, "tcp_fastopen_key", "1-2-3-4,5-6-7-8"), SV_OK);
    assert_int_equal(knob(p, "tcp_fastopen_key", "1-2-3-4,5-6-7"), SV_ERR_INVALID);
    struct sv_knob_info info;
    uint32_t at = 0, seen = 0;
    while (sv_stack_knob_each(p->stack, &at, &info)) {
        if (strcmp(info.name, "tcp_fastopen") == 0)
            assert_int_equal(info.value[0], 0x70403);
        if (strcmp(info.name, "tcp_rmem") == 0)
            assert_int_equal(info.value[2], 15728640);
        if (strcmp(info.name, "tcp_fastopen_key") == 0)
            assert_int_equal(info.values, 0);
        seen++;
    }
    assert_true(seen >= 20);
    peer_close(p);
    test_free(p);
}

/* Linux's SYN: MSS, SACK permitted, timestamps, NOP, scale 8; without timestamps MSS, NOP, NOP, SACK permitted. */
static void syn_options(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_endpoint to = {.addr = sv_addr_v4(10, 0, 0, 2), .port = 80};
    sv_sock c;
    (void)state;
    open_linux(p);
    assert_int_equal(sv_connect(p->stack, &to, NULL, &c, p->now), SV_OK);
    peer_take(p);
    const struct peer_seen *s = peer_last(p);
    assert_true(s->has_mss && s->has_sack && s->has_ts && s->has_scale);
    assert_int_equal(s->mss, 1460);
    assert_int_equal(s->scale, 8);
    assert_int_equal(s->win, 65535);
    assert_int_equal(s->total, 60);
    sv_abort(p->stack, c, p->now);
    assert_int_equal(knob(p, "tcp_timestamps", "0"), SV_OK);
    assert_int_equal(sv_connect(p->stack, &to, NULL, &c, p->now), SV_OK);
    peer_take(p);
    s = peer_last(p);
    assert_true(s->has_sack && !s->has_ts && s->scale == 8);
    assert_int_equal(s->total, 52);
    peer_close(p);
    test_free(p);
}

/* tcp_syn_retries: so many SYNs follow the first, 1, 2, 4, ... s apart, and then the user is told. */
static void syn_retries(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_endpoint to = {.addr = sv_addr_v4(10, 0, 0, 2), .port = 80};
    sv_sock c;
    (void)state;
    open_linux(p);
    assert_int_equal(knob(p, "tcp_syn_linear_timeouts", "0"), SV_OK);
    assert_int_equal(knob(p, "tcp_syn_retries", "3"), SV_OK);
    assert_int_equal(sv_connect(p->stack, &to, NULL, &c, p->now), SV_OK);
    peer_take(p);
    const sv_time began = p->now;
    peer_wait(p, 14 * SV_S);
    assert_int_equal(p->n, 4);
    assert_int_equal((p->seen[3].at - began) / SV_S, 7);
    peer_wait(p, 2 * SV_S);
    assert_int_equal(p->n, 4);
    assert_int_equal(p->error, SV_ERR_TIMED_OUT);
    peer_close(p);
    test_free(p);
}

/* Linux since 6.5: the first timeouts of a SYN are alike, and do not count as retries. */
static void syn_linear_timeouts(void **state)
{
    static const uint32_t seconds[] = {0, 1, 2, 3, 4, 5, 7, 11};
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_endpoint to = {.addr = sv_addr_v4(10, 0, 0, 2), .port = 80};
    sv_sock c;
    (void)state;
    open_linux(p);
    assert_int_equal(knob(p, "tcp_syn_retries", "3"), SV_OK);
    assert_int_equal(sv_connect(p->stack, &to, NULL, &c, p->now), SV_OK);
    peer_take(p);
    const sv_time began = p->now;
    peer_wait(p, 18 * SV_S);
    assert_int_equal(p->n, 8);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal((p->seen[i].at - began) / SV_S, seconds[i]);
    assert_int_equal(p->error, 0);
    peer_wait(p, 2 * SV_S);
    assert_int_equal(p->n, 8);
    assert_int_equal(p->error, SV_ERR_TIMED_OUT);
    peer_close(p);
    test_free(p);
}

/* tcp_synack_retries: a half-open record is forgotten after as many. */
static void syn_ack_retries(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    (void)state;
    open_linux(p);
    assert_int_equal(knob(p, "tcp_synack_retries", "2"), SV_OK);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    peer_give(p, (struct peer_seg){.flags = SYN, .seq = 1, .options = OPT_MSS, .options_length = 4});
    assert_int_equal(peer_info(p, listener).half_open, 1);
    peer_wait(p, 6 * SV_S);
    assert_int_equal(p->n, 3);
    assert_int_equal(peer_info(p, listener).half_open, 1);
    peer_wait(p, 2 * SV_S);
    assert_int_equal(p->n, 3);
    assert_int_equal(peer_info(p, listener).half_open, 0);
    peer_close(p);
    test_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_values),    cmocka_unit_test(syn_options),     cmocka_unit_test(syn_retries),
        cmocka_unit_test(syn_linear_timeouts), cmocka_unit_test(syn_ack_retries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
