/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 6528 §3: ISN = M + F(four-tuple, secret); RFC 9293 §3.4.1, MUST-8, MUST-9. Seen from the wire. */
#include "tests/unit/l4_transport/tcp_world.h"

/* The ISN of a connection to 10.0.0.2:remote from `local`, `after` into the stack's life. */
static uint32_t isn(uint64_t seed, uint16_t local, uint16_t remote, sv_time after)
{
    struct sv_talk t;
    struct sv_seen seen;
    sv_sock c;
    tcp_world_new(&t, seed, 0, SV_PROFILE_RFC);
    t.now += after;
    const struct sv_endpoint to = {.addr = sv_addr_v4(10, 0, 0, 2), .port = remote};
    const struct sv_connect_options o = {.size = sizeof o, .local = {.port = local}};
    assert_int_equal(sv_connect(t.stack, &to, &o, &c, t.now), SV_OK);
    assert_int_equal(tcp_world_take(&t, &seen), 1);
    assert_int_equal(seen.flags, SYN);
    free(t.memory);
    return seen.seq;
}

static void the_clock_runs(void **state)
{
    (void)state;
    const uint32_t at = isn(1, 4000, 80, 0);
    assert_int_equal(isn(1, 4000, 80, 0), at); /* same seed, same time: same number */
    const uint32_t second = isn(1, 4000, 80, SV_S) - at;
    assert_in_range(second, 240000, 260000); /* about one in 4 microseconds */
    uint32_t last = at;
    for (sv_time ms = 1; ms < 20; ms++) { /* and never back */
        const uint32_t next = isn(1, 4000, 80, ms * SV_MS);
        assert_in_range(next - last, 1, 1000);
        last = next;
    }
}

/* Of 24 neighbours in every way no two lie close together, nor at a constant distance. */
static void four_tuples_and_secrets_are_far_apart(void **state)
{
    uint32_t seen[24];
    uint32_t same_step = 0;
    (void)state;
    for (uint32_t kind = 0; kind < 3; kind++) {
        for (uint32_t i = 0; i < 24; i++) {
            seen[i] =
                isn(kind == 0 ? i : 5, (uint16_t)(kind == 1 ? 4000 + i : 4000), (uint16_t)(kind == 2 ? 80 + i : 80), 0);
            for (uint32_t k = 0; k < i; k++) {
                const uint32_t apart = seen[i] - seen[k];
                assert_in_range(apart < 0u - apart ? apart : 0u - apart, 1000, UINT32_MAX);
            }
            same_step += i > 1 && seen[i] - seen[i - 1] == seen[i - 1] - seen[i - 2];
        }
    }
    assert_int_equal(same_step, 0);
}

static sv_sock connect_from(struct sv_talk *t, uint16_t local, struct sv_seen *syn)
{
    const struct sv_endpoint to = {.addr = sv_addr_v4(10, 0, 0, 2), .port = 80};
    const struct sv_connect_options o = {.size = sizeof o, .local = {.port = local}};
    sv_sock c;
    assert_int_equal(sv_connect(t->stack, &to, &o, &c, t->now), SV_OK);
    assert_int_equal(tcp_world_take(t, syn), 1);
    assert_int_equal(syn->flags, SYN);
    return c;
}

/* RFC 6056 §3.3: who has the port that comes first in the row is found out, and the next is taken; nothing else shows
 * that it was asked for. */
static void a_port_that_is_taken_is_passed_over(void **state)
{
    struct sv_talk t;
    struct sv_seen first, second, own, passed;
    struct sv_sock_info a = {.size = sizeof a}, b = a;
    (void)state;
    tcp_world_new(&t, 7, 0, SV_PROFILE_MODERN);
    connect_from(&t, 0, &first);
    const sv_sock c = connect_from(&t, 0, &second);
    assert_int_equal(sv_sock_info(t.stack, c, &a), SV_OK);
    free(t.memory);
    assert_int_not_equal(first.source, second.source);

    tcp_world_new(&t, 7, 0, SV_PROFILE_MODERN);
    connect_from(&t, first.source, &own);
    const sv_sock d = connect_from(&t, 0, &passed);
    assert_int_equal(sv_sock_info(t.stack, d, &b), SV_OK);
    free(t.memory);
    assert_int_equal(own.seq, first.seq);
    assert_int_equal(passed.source, second.source);
    assert_int_equal(passed.seq, second.seq);
    assert_int_equal(d.index, c.index);
    assert_int_equal(d.generation, c.generation);
    assert_memory_equal(&a, &b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_runs),
        cmocka_unit_test(four_tuples_and_secrets_are_far_apart),
        cmocka_unit_test(a_port_that_is_taken_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
