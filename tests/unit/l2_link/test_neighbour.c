/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP and the neighbour cache, as exchanges: 10.0.0.1 is the host under test, 02:..:01 its MAC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/net_world.h"

static struct world w;
static struct world_host *h;
static struct world_frame out;
static const struct sv_addr us = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}};

static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    h = world_add(&w, 1500, false);
    return 0;
}
static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static void arp_in(const char *dst, uint16_t opcode, uint8_t from, uint32_t sender, uint32_t target)
{
    uint8_t f[42];
    world_in(&w, h, f, world_arp(f, dst, opcode, from, sender, ZERO, target));
}
static void expect_arp(uint16_t opcode, const char *dst, uint32_t sender, uint32_t target)
{
    assert_true(world_out(&w, h, &out));
    assert_int_equal(out.n, 42);
    assert_memory_equal(out.bytes, dst, 6);
    assert_int_equal(sv_get_u16(out.bytes + 12), 0x0806);
    assert_int_equal(sv_get_u16(out.bytes + 20), opcode);
    assert_memory_equal(out.bytes + 22, HOST1, 6);
    assert_int_equal(sv_get_u32(out.bytes + 28), sender);
    assert_int_equal(sv_get_u32(out.bytes + 38), target);
}
static void expect_silence(void)
{
    assert_false(world_out(&w, h, &out));
}
static uint32_t entry(uint8_t last)
{
    const struct sv_addr a = sv_addr_v4(10, 0, 0, last);
    return sv_neighbour_find(&h->core, &h->net.link, 0, &a);
}
static void expect_state(uint8_t last, enum sv_neighbour_state want)
{
    const uint32_t i = entry(last);
    const uint32_t is = i == SV_NONE ? SV_NEIGHBOUR_FREE : sv_neighbour_of(&h->net.link.neighbours, i)->state;
    assert_int_equal(is, want);
}
/* One packet to 10.0.0.last, marked with `mark`. */
static bool send_to(uint8_t last, uint8_t mark)
{
    const struct sv_addr a = sv_addr_v4(10, 0, 0, last);
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
    const uint8_t bytes[20] = {0x45, mark};
    assert_true(sv_buf_append(b, bytes, sizeof bytes, SV_WANT_DATA));
    const uint32_t i = sv_neighbour_get(&h->core, &h->net.link, 0, &a, &us);
    assert_int_not_equal(i, SV_NONE);
    return sv_neighbour_send(&h->core, &h->net.link, i, b);
}
static void expect_packet(const char *dst, uint8_t mark)
{
    assert_true(world_out(&w, h, &out));
    assert_memory_equal(out.bytes, dst, 6);
    assert_int_equal(sv_get_u16(out.bytes + 12), 0x0800);
    assert_int_equal(out.bytes[15], mark);
}

static void a_question_is_answered_and_teaches(void **state)
{
    (void)state;
    arp_in(ALL, 1, 2, IP(10, 0, 0, 2), IP(10, 0, 0, 1));
    expect_arp(2, "\2\0\0\0\0\2", IP(10, 0, 0, 1), IP(10, 0, 0, 2));
    expect_silence();
    expect_state(2, SV_NEIGHBOUR_STALE);
    arp_in(ALL, 1, 3, IP(10, 0, 0, 3), IP(10, 0, 0, 77)); /* for another: no answer, nothing learned */
    expect_silence();
    expect_state(3, SV_NEIGHBOUR_FREE);
    assert_int_equal(world_drops(h, SV_DROP_ARP_NOT_OURS), 1);
    arp_in(ALL, 1, 4, 0, IP(10, 0, 0, 1)); /* a probe for our address is answered, and teaches nothing */
    expect_arp(2, "\2\0\0\0\0\4", IP(10, 0, 0, 1), 0);
    assert_int_equal(h->net.link.neighbours.used, 1);
}

static void what_waits_goes_when_the_answer_comes(void **state)
{
    (void)state;
    assert_true(send_to(2, 1));
    expect_arp(1, ALL, IP(10, 0, 0, 1), IP(10, 0, 0, 2));
    assert_true(send_to(2, 2));
    expect_silence(); /* one question a second, however many packets */
    expect_state(2, SV_NEIGHBOUR_INCOMPLETE);
    arp_in(HOST1, 2, 2, IP(10, 0, 0, 2), IP(10, 0, 0, 1));
    expect_packet("\2\0\0\0\0\2", 1);
    expect_packet("\2\0\0\0\0\2", 2);
    expect_silence();
    expect_state(2, SV_NEIGHBOUR_REACHABLE);
    assert_int_equal(sv_neighbour_next_changed(&h->net.link.neighbours), entry(2));
    assert_int_equal(sv_neighbour_next_changed(&h->net.link.neighbours), SV_NONE);
    assert_true(send_to(2, 3));
    expect_packet("\2\0\0\0\0\2", 3);
}

static void three_questions_then_failure_and_a_second_of_silence(void **state)
{
    (void)state;
    send_to(2, 1);
    for (int i = 0; i < 3; i++) {
        expect_arp(1, ALL, IP(10, 0, 0, 1), IP(10, 0, 0, 2));
        expect_silence();
        world_advance(&w, 1010 * SV_MS);
    }
    expect_silence();
    expect_state(2, SV_NEIGHBOUR_FAILED);
    assert_int_equal(world_drops(h, SV_DROP_NEIGHBOUR_UNREACHABLE), 1);
    assert_false(send_to(2, 2)); /* believed for a second */
    expect_silence();
    world_advance(&w, 1100 * SV_MS);
    expect_state(2, SV_NEIGHBOUR_FREE);
    assert_true(send_to(2, 3));
    expect_arp(1, ALL, IP(10, 0, 0, 1), IP(10, 0, 0, 2));
}

static void reachable_stale_delay_probe_failed(void **state)
{
    (void)state;
    send_to(2, 1);
    arp_in(HOST1, 2, 2, IP(10, 0, 0, 2), IP(10, 0, 0, 1));
    while (world_out(&w, h, &out)) {}
    world_advance(&w, 14900 * SV_MS); /* 30 s times 0.5 at the least */
    expect_state(2, SV_NEIGHBOUR_REACHABLE);
    world_advance(&w, 31 * SV_S); /* times 1.5 at the most */
    expect_state(2, SV_NEIGHBOUR_STALE);
    world_advance(&w, 600 * SV_S);
    expect_silence(); /* unused, it asks nothing */
    send_to(2, 2);
    expect_packet("\2\0\0\0\0\2", 2); /* stale is usable */
    expect_state(2, SV_NEIGHBOUR_DELAY);
    world_advance(&w, 5010 * SV_MS);
    for (int i = 0; i < 3; i++) {
        expect_state(2, SV_NEIGHBOUR_PROBE);
        expect_arp(1, "\2\0\0\0\0\2", IP(10, 0, 0, 1), IP(10, 0, 0, 2)); /* to the one station */
        world_advance(&w, 1010 * SV_MS);
    }
    expect_state(2, SV_NEIGHBOUR_FAILED);
}

static void a_probe_answered_or_progress_above_is_proof(void **state)
{
    (void)state;
    for (int answered = 0; answered < 2; answered++) {
        arp_in(ALL, 1, 2, IP(10, 0, 0, 2), IP(10, 0, 0, 1));
        send_to(2, 1);
        expect_state(2, answered ? SV_NEIGHBOUR_REACHABLE : SV_NEIGHBOUR_DELAY);
        if (answered) {
            world_advance(&w, 46 * SV_S);
            send_to(2, 1);
            world_advance(&w, 5010 * SV_MS);
            expect_state(2, SV_NEIGHBOUR_PROBE);
            arp_in(HOST1, 2, 2, IP(10, 0, 0, 2), IP(10, 0, 0, 1));
        } else {
            sv_neighbour_confirm(&h->core, &h->net.link, &h->net.link.neighbours, entry(2));
        }
        expect_state(2, SV_NEIGHBOUR_REACHABLE);
    }
}

static void progress_keeps_it_reachable_without_a_question(void **state)
{
    (void)state;
    send_to(2, 1);
    arp_in(HOST1, 2, 2, IP(10, 0, 0, 2), IP(10, 0, 0, 1));
    while (world_out(&w, h, &out)) {}
    for (int i = 0; i < 300; i++) {
        sv_neighbour_confirm(&h->core, &h->net.link, &h->net.link.neighbours, entry(2));
        world_advance(&w, SV_S);
    }
    expect_state(2, SV_NEIGHBOUR_REACHABLE);
    expect_silence();
}

/* RFC 1122 §3.3.1.4: the transport says that nobody answers through it. The next packet goes; then it is asked. */
static void what_is_doubted_is_asked(void **state)
{
    (void)state;
    send_to(2, 1);
    arp_in(HOST1, 2, 2, IP(10, 0, 0, 2), IP(10, 0, 0, 1));
    while (world_out(&w, h, &out)) {}
    sv_neighbour_doubt(&h->core, &h->net.link, entry(2));
    expect_state(2, SV_NEIGHBOUR_STALE);
    expect_silence();
    send_to(2, 2);
    expect_packet("\2\0\0\0\0\2", 2);
    expect_state(2, SV_NEIGHBOUR_DELAY);
    sv_neighbour_doubt(&h->core, &h->net.link, entry(2)); /* nothing new */
    expect_state(2, SV_NEIGHBOUR_DELAY);
    world_advance(&w, 5010 * SV_MS);
    expect_state(2, SV_NEIGHBOUR_PROBE);
    expect_arp(1, "\2\0\0\0\0\2", IP(10, 0, 0, 1), IP(10, 0, 0, 2));
}

static void a_neighbour_that_moves_is_followed_and_verified(void **state)
{
    (void)state;
    send_to(2, 1);
    arp_in(HOST1, 2, 2, IP(10, 0, 0, 2), IP(10, 0, 0, 1));
    while (world_out(&w, h, &out)) {}
    while (sv_neighbour_next_changed(&h->net.link.neighbours) != SV_NONE) {}
    arp_in(ALL, 1, 7, IP(10, 0, 0, 2), IP(10, 0, 0, 2)); /* an announcement by another station */
    expect_state(2, SV_NEIGHBOUR_STALE);
    assert_int_equal(sv_neighbour_next_changed(&h->net.link.neighbours), entry(2));
    send_to(2, 9);
    expect_packet("\2\0\0\0\0\7", 9);
    expect_state(2, SV_NEIGHBOUR_DELAY);
    arp_in(HOST1, 2, 8, IP(10, 0, 0, 55), IP(10, 0, 0, 1)); /* an answer nobody asked for makes an entry to verify */
    expect_state(55, SV_NEIGHBOUR_STALE);
}

static void the_newest_sixty_four_wait(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 68; i++)
        assert_true(send_to(2, i));
    assert_int_equal(world_drops(h, SV_DROP_NEIGHBOUR_QUEUE_FULL), 4);
    expect_arp(1, ALL, IP(10, 0, 0, 1), IP(10, 0, 0, 2));
    arp_in(HOST1, 2, 2, IP(10, 0, 0, 2), IP(10, 0, 0, 1));
    for (uint8_t i = 4; i < 68; i++)
        expect_packet("\2\0\0\0\0\2", i);
    expect_silence();
}

static void a_full_table_recycles_the_oldest_that_nobody_pins(void **state)
{
    (void)state;
    for (uint8_t i = 2; i < 10; i++)
        send_to(i, i);
    const uint32_t pinned = entry(2);
    sv_neighbour_hold(&h->net.link.neighbours, pinned);
    send_to(3, 1); /* used lately */
    send_to(50, 1);
    assert_int_equal(entry(2), pinned);
    expect_state(3, SV_NEIGHBOUR_INCOMPLETE);
    expect_state(4, SV_NEIGHBOUR_FREE);
    expect_state(50, SV_NEIGHBOUR_INCOMPLETE);
    world_check(&w);
    for (uint8_t i = 100; i < 107; i++) {
        send_to(i, 1);
        sv_neighbour_hold(&h->net.link.neighbours, entry(i));
    }
    const struct sv_addr a = sv_addr_v4(10, 0, 0, 200);
    assert_int_equal(sv_neighbour_get(&h->core, &h->net.link, 0, &a, &us), SV_NONE); /* all are pinned */
    sv_neighbour_release(&h->net.link.neighbours, pinned);
    assert_int_equal(sv_neighbour_get(&h->core, &h->net.link, 0, &a, &us), pinned);
    struct sv_buf *b;
    while ((b = sv_neighbour_next_refused(&h->core, &h->net.link.neighbours)) != NULL)
        sv_buf_free(b);
}

static void a_fixed_entry_is_neither_asked_for_nor_changed(void **state)
{
    (void)state;
    const struct sv_addr a = sv_addr_v4(10, 0, 0, 2);
    const uint8_t mac[6] = {2, 5, 5, 5, 5, 5};
    assert_true(sv_neighbour_set(&h->core, &h->net.link, 0, &a, mac));
    arp_in(ALL, 1, 2, IP(10, 0, 0, 2), IP(10, 0, 0, 1));
    assert_true(world_out(&w, h, &out));
    send_to(2, 1);
    expect_packet("\2\5\5\5\5\5", 1);
    world_advance(&w, 1000 * SV_S);
    expect_state(2, SV_NEIGHBOUR_PERMANENT);
    expect_silence();
}

static void malformed_arp_is_dropped_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        uint32_t at;
        uint8_t value;
    } bad[] = {{15, 6}, {16, 0x86}, {18, 8}, {19, 16}, {21, 3}, {21, 0}, {22, 0x03}, {28, 0xe0}, {28, 127}, {28, 255}};
    for (size_t i = 0; i < SV_COUNT_OF(bad); i++) {
        uint8_t f[42];
        const uint32_t n = world_arp(f, ALL, 1, 2, IP(10, 0, 0, 2), ZERO, IP(10, 0, 0, 1));
        f[bad[i].at] = bad[i].value;
        world_in(&w, h, f, n);
        if (world_drops(h, SV_DROP_ARP_MALFORMED) != i + 1)
            fail_msg("byte %u as %u was taken", bad[i].at, bad[i].value);
    }
    uint8_t f[42];
    world_in(&w, h, f, world_arp(f, ALL, 1, 2, IP(10, 0, 0, 2), ZERO, IP(10, 0, 0, 1)) - 1);
    assert_int_equal(world_drops(h, SV_DROP_SHORT_HEADER), 1);
    expect_silence();
    assert_int_equal(world_held(&w), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_question_is_answered_and_teaches),
        TEST(what_waits_goes_when_the_answer_comes),
        TEST(three_questions_then_failure_and_a_second_of_silence),
        TEST(reachable_stale_delay_probe_failed),
        TEST(a_probe_answered_or_progress_above_is_proof),
        TEST(progress_keeps_it_reachable_without_a_question),
        TEST(what_is_doubted_is_asked),
        TEST(a_neighbour_that_moves_is_followed_and_verified),
        TEST(the_newest_sixty_four_wait),
        TEST(a_full_table_recycles_the_oldest_that_nobody_pins),
        TEST(a_fixed_entry_is_neither_asked_for_nor_changed),
        TEST(malformed_arp_is_dropped_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
