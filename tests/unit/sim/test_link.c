/* SPDX-License-Identifier: BSD-2-Clause */
/* One link by itself: frames in at port 0, out at port 1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seven/node.h"
#include "sim/link.h"
#include "trace/dissect.h"

#define BYTES (8u << 20)
#define FRAME 1000u

struct bench {
    uint8_t *memory;
    struct sv_pool *pool;
    struct sv_link *link;
};

static void begin(struct bench *b, const struct sv_link_way *way, uint32_t stream)
{
    b->memory = aligned_alloc(64, BYTES);
    memset(b->memory, 0, BYTES);
    struct sv_arena *arena = sv_arena_create(b->memory, BYTES);
    b->pool = sv_pool_create(arena, 1500, 1500);
    const struct sv_link_config c = {
        .size = sizeof c, .number = 1, .stream = stream, .seed = 7, .ceiling = 1024, .way = {*way, *way}};
    b->link = sv_link_create(arena, b->pool, &c, 0);
    assert_non_null(b->link);
}

static void send(struct bench *b, uint32_t bytes, sv_time now)
{
    static uint8_t frame[2000];
    struct sv_buf *p = sv_buf_alloc_slab(b->pool, SV_WANT_DATA, 0, 0);
    assert_non_null(p);
    assert_true(sv_buf_append(p, frame, bytes, SV_WANT_DATA));
    struct sv_burst burst = {.n = 1, .packet = {p}};
    sv_node_receive(sv_link_node(b->link), 0, &burst, now);
}

/* How many frames come out by then. */
static uint32_t arrived(struct bench *b, sv_time now)
{
    const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX};
    struct sv_burst burst = {.n = 0};
    uint32_t n = 0;
    sv_node_expire(sv_link_node(b->link), now);
    while (sv_node_transmit(sv_link_node(b->link), 1, room, &burst, now)) {
        n += burst.n;
        for (uint32_t i = 0; i < burst.n; i++)
            sv_buf_free(burst.packet[i]);
        burst.n = 0;
    }
    return n;
}

static void end(struct bench *b)
{
    struct sv_pool_counts c;
    sv_link_set_up(b->link, false, SV_S * 1000u);
    sv_pool_count(b->pool, &c);
    assert_int_equal(c.bufs_free, c.bufs);
    assert_int_equal(c.slabs_free, c.slabs);
    free(b->memory);
}

static void rate_and_delay(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, &(struct sv_link_way){.rate_bit_s = 8000000, .delay_ns = 5 * SV_MS}, 0);
    send(&b, FRAME, 0); /* 1 ms to send */
    send(&b, FRAME, 0);
    assert_int_equal(arrived(&b, 6 * SV_MS - 1u), 0);
    assert_int_equal(arrived(&b, 6 * SV_MS), 1);
    assert_int_equal(sv_node_next_deadline(sv_link_node(b.link)), 7 * SV_MS);
    assert_int_equal(arrived(&b, 7 * SV_MS), 1);
    end(&b);
}

/* The queue is what waits, not what is on the cable. */
static void queue_holds_those_that_wait(void **state)
{
    struct bench b;
    (void)state;
    begin(&b, &(struct sv_link_way){.rate_bit_s = 8000000, .delay_ns = SV_S, .queue_packets = 3}, 0);
    for (uint32_t i = 0; i < 6; i++)
        send(&b, FRAME, 0);
    assert_int_equal(sv_link_drops(b.link, SV_DROP_QUEUE_FULL), 2); /* one being sent, three wait */
    send(&b, FRAME, 10 * SV_MS);                                    /* all are on the cable: there is room */
    assert_int_equal(sv_link_drops(b.link, SV_DROP_QUEUE_FULL), 2);
    assert_int_equal(arrived(&b, 2 * SV_S), 5);
    end(&b);
}

static void black_hole_partition_flap(void **state)
{
    struct bench b;
    (void)state;
    begin(&b,
          &(struct sv_link_way){
              .mtu = 986, .flap_from = SV_S, .flap_ns = SV_S, .flap_down_ns = 100 * SV_MS, .delay_ns = SV_MS},
          0);
    send(&b, FRAME, 0);
    send(&b, FRAME + 1u, 0);
    assert_int_equal(arrived(&b, SV_MS), 1);
    assert_int_equal(sv_link_drops(b.link, SV_DROP_LINK_MTU), 1);
    send(&b, 100, 999 * SV_MS + 500 * SV_US); /* under way when it goes down */
    send(&b, 100, 1050 * SV_MS);
    send(&b, 100, 1100 * SV_MS);
    assert_int_equal(arrived(&b, 1200 * SV_MS), 1);
    assert_int_equal(sv_link_drops(b.link, SV_DROP_LINK_DOWN), 2);
    sv_link_set_down(b.link, 0, true, 1300 * SV_MS);
    send(&b, 100, 1400 * SV_MS);
    assert_int_equal(sv_link_drops(b.link, SV_DROP_LINK_DOWN), 3);
    sv_link_set_down(b.link, 0, false, 1500 * SV_MS);
    send(&b, 100, 1600 * SV_MS);
    assert_int_equal(arrived(&b, 1700 * SV_MS), 1);
    end(&b);
}

/* Losses in runs: as many as the chances say, and in longer runs than by single chances. */
static void gilbert_and_elliott(void **state)
{
    struct bench b;
    uint32_t lost = 0, runs = 0;
    bool before = false;
    (void)state;
    begin(&b, &(struct sv_link_way){.to_bad = 10000, .to_good = 200000, .bad_loss = 1000000}, 0);
    for (uint32_t i = 0; i < 20000; i++) {
        send(&b, 100, i * SV_MS);
        const bool gone = arrived(&b, i * SV_MS) == 0;
        lost += gone;
        runs += gone && !before;
        before = gone;
    }
    assert_in_range(lost, 700, 1250);           /* 1 / (1 + 20) of 20,000 is 952 */
    assert_in_range(lost * 10u / runs, 40, 62); /* five at a time */
    end(&b);
}

/* Another kind of fault moves no frame's fate of the first kind; another name does. */
static void streams_are_apart(void **state)
{
    struct bench b;
    uint8_t fate[3][500];
    (void)state;
    const struct sv_link_way way[3] = {
        {.loss = 200000}, {.loss = 200000, .corrupt = 500000, .duplicate = 300000}, {.loss = 200000}};
    for (uint32_t k = 0; k < 3; k++) {
        begin(&b, &way[k], k == 2 ? 99 : 5);
        for (uint32_t i = 0; i < 500; i++) {
            send(&b, 100, i * SV_MS);
            fate[k][i] = arrived(&b, i * SV_MS) != 0;
        }
        end(&b);
    }
    assert_memory_equal(fate[0], fate[1], 500);
    assert_memory_not_equal(fate[0], fate[2], 500);
}

static void a_mark_keeps_the_header_right(void **state)
{
    struct bench b;
    uint8_t frame[34] = {
        [12] = 8, [14] = 0x45, [15] = 2, [17] = 20, [22] = 64, [23] = 6, [26] = 10, [29] = 1, [30] = 10, [33] = 2};
    struct sv_dissected d;
    (void)state;
    const uint16_t sum = (uint16_t)~sv_plain_fold(sv_plain_sum(frame + 14, 20, 0));
    frame[24] = (uint8_t)(sum >> 8);
    frame[25] = (uint8_t)sum;
    begin(&b, &(struct sv_link_way){.delay_ns = 0}, 0);
    struct sv_buf *p = sv_buf_alloc_slab(b.pool, SV_WANT_DATA, 0, 0);
    assert_true(sv_buf_append(p, frame, sizeof frame, SV_WANT_DATA));
    assert_true(sv_link_mark(p));
    sv_dissect(&d, SV_LINK_ETHERNET, sv_buf_head(p), sizeof frame, sizeof frame);
    assert_int_equal(d.ip.traffic_class & 3, 3);
    assert_int_equal(d.problems & SV_PROBLEM_IP_CHECKSUM, 0);
    sv_buf_head(p)[15] = 0; /* a sender that does not understand */
    assert_false(sv_link_mark(p));
    sv_buf_free(p);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_and_delay),
        cmocka_unit_test(queue_holds_those_that_wait),
        cmocka_unit_test(black_hole_partition_flap),
        cmocka_unit_test(gilbert_and_elliott),
        cmocka_unit_test(streams_are_apart),
        cmocka_unit_test(a_mark_keeps_the_header_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
