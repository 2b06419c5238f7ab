/* SPDX-License-Identifier: BSD-2-Clause */
/* When each burst was sent, and what an acknowledgement says of the round-trip time. */
#include "l4_transport/tcp_internal.h"
#include "stack/stack_internal.h"
#include "tests/unit/l4_transport/tcp_world.h"

struct logged {
    struct sv_talk w;
    struct sv_tcb t;
    uint32_t base, slabs;
};

static uint32_t slabs_free(const struct logged *l)
{
    struct sv_pool_counts c;
    sv_pool_count(l->w.pool, &c);
    return c.slabs_free;
}

/* A connection of which the records alone are asked. */
static void begin(struct logged *l)
{
    sv_sock s;
    const struct sv_endpoint e = {.addr = sv_addr_v4(10, 0, 0, 2), .port = 80};
    memset(l, 0, sizeof *l);
    tcp_world_new(&l->w, 1, 1u << 20, SV_PROFILE_LINUX);
    assert_int_equal(sv_connect(l->w.stack, &e, NULL, &s, l->w.now), SV_OK);
    l->t = sv_tcb_of(&l->w.stack->tcp, SV_SOCK_INDEX(s.index));
    assert_int_equal(l->t.b->log, SV_NONE);
    l->base = 0u - 1000u; /* it wraps on the way */
    l->t.h->snd_una = l->t.h->snd_nxt = l->t.h->snd_max = l->base;
    l->t.c->min_rtt_us = UINT32_MAX;
    l->t.h->srtt_us = 0;
    l->slabs = slabs_free(l);
}

static void sends(struct logged *l, uint32_t n)
{
    const uint32_t from = l->t.h->snd_max;
    l->t.h->snd_nxt = l->t.h->snd_max = from + n;
    sv_sent_log_note(&l->t, from);
}

/* True: it was a sample. */
static bool acknowledges(struct logged *l, uint32_t to, uint32_t *last_us)
{
    const bool sampled = sv_sent_log_sample(&l->t, l->base + to, last_us);
    l->t.h->snd_una = l->base + to;
    return sampled;
}

/* A tick is 1024 ns: 10 ms are told as 10 ms less what the tick hides. */
static void assert_about(uint32_t us, uint32_t wanted)
{
    assert_in_range(us, wanted - 3u, wanted + 3u);
}

/* Three bursts 10 ms apart. What is acknowledged counts from when it was sent: the first byte's for SRTT, the last
 * byte's for what else wants to know. */
static void each_burst_has_its_time(void **state)
{
    struct logged l;
    uint32_t last;
    (void)state;
    begin(&l);
    for (uint32_t i = 0; i < 3; i++) {
        sends(&l, 2000);
        l.t.now += 10 * SV_MS;
    }
    l.t.now += 70 * SV_MS; /* 100 ms after the first */
    assert_int_equal(slabs_free(&l), l.slabs - 1u);
    assert_true(acknowledges(&l, 2000, &last));
    assert_about(last, 100000);
    assert_about(l.t.h->srtt_us / 8u, 100000);
    assert_about(l.t.c->min_rtt_us, 100000);
    assert_true(acknowledges(&l, 5000, &last)); /* the rest of it, and half of the third burst */
    assert_about(last, 80000);
    assert_about(l.t.c->min_rtt_us, 80000);
    assert_int_not_equal(l.t.b->log, SV_NONE);
    assert_true(acknowledges(&l, 6000, &last));
    assert_about(last, 80000);
    assert_int_equal(l.t.b->log, SV_NONE); /* nothing is left to know: the slab goes back */
    assert_int_equal(slabs_free(&l), l.slabs);
    free(l.w.memory);
}

/* What is sent in one instant is one entry; what went before the log began is no sample. */
static void what_it_does_not_know(void **state)
{
    struct logged l;
    uint32_t last;
    (void)state;
    begin(&l);
    l.t.h->snd_nxt = l.t.h->snd_max = l.base + 1000u; /* sent again, or before: it has no time */
    sends(&l, 1000);
    sends(&l, 1000);
    l.t.now += 50 * SV_MS;
    assert_false(acknowledges(&l, 500, &last));
    assert_false(acknowledges(&l, 1500, &last)); /* from before on */
    assert_int_equal(l.t.h->srtt_us, 0);
    assert_true(acknowledges(&l, 3000, &last));
    assert_about(last, 50000);
    assert_int_equal(l.t.b->log, SV_NONE);
    free(l.w.memory);
}

/* Karn's rule: something was sent again. And a log that is full ends, too, and gives its slab back. */
static void it_ends(void **state)
{
    struct logged l;
    (void)state;
    begin(&l);
    sends(&l, 1000);
    sv_sent_log_forget(&l.t);
    assert_int_equal(l.t.b->log, SV_NONE);
    assert_int_equal(slabs_free(&l), l.slabs);
    sv_sent_log_forget(&l.t);
    uint32_t bursts = 0;
    do {
        sends(&l, 10);
        l.t.now += SV_MS;
        bursts++;
    } while (l.t.b->log != SV_NONE && bursts < 1000);
    assert_int_equal(bursts, 255); /* 254 of 8 bytes behind 16 fill 2 KiB */
    assert_int_equal(slabs_free(&l), l.slabs);
    free(l.w.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_burst_has_its_time),
        cmocka_unit_test(what_it_does_not_know),
        cmocka_unit_test(it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
