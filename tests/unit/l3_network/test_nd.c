/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbours and addresses as conversations: duplicate address detection (RFC 4862 §5.4, RFC 7527), solicitations and
 * advertisements with the states of RFC 4861 §7.3, and what forgeries come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/stack_world.h"

static struct cable k;
static struct seen out;

static int open_speaking(void **state)
{
    (void)state;
    cable_open(&k, SV_IF_IP6, false);
    return 0;
}
static int open_plain(void **state)
{
    (void)state;
    cable_open(&k, SV_IF_NO_ARP_PROBE, false);
    const struct sv_addr a = addr_of("2001:db8::1"), ll = addr_of("fe80::1");
    assert_int_equal(sv_address_add(k.stack, k.port, &a, 64, k.now), SV_OK);
    assert_int_equal(sv_address_add(k.stack, k.port, &ll, 64, k.now), SV_OK);
    cable_pass(&k, 3000);
    return 0;
}
static int close_all(void **state)
{
    (void)state;
    cable_close(&k);
    return 0;
}

static void nd_in(uint8_t from, const char *src, const char *dst, const struct sv_nd_msg *m, const uint8_t *slla,
                  const uint8_t *tlla, const uint8_t *nonce)
{
    uint8_t bytes[256];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    const struct sv_addr s = addr_of(src), d = addr_of(dst);
    sv_nd_emit_header(&w, m);
    if (slla)
        sv_nd_emit_lla(&w, SV_ND_OPT_SOURCE_LLA, slla);
    if (tlla)
        sv_nd_emit_lla(&w, SV_ND_OPT_TARGET_LLA, tlla);
    if (nonce)
        sv_nd_emit_nonce(&w, nonce);
    cable_in6(&k, from, &s, &d, 255, false, bytes, (uint32_t)(w.at - bytes));
}

static struct sv_nd_msg parsed(void)
{
    struct sv_nd_msg m;
    assert_int_equal(sv_nd_parse(out.bytes, out.length, &m), SV_DROP_NONE);
    assert_int_equal(sv_nd_validate(&m, 0, out.hops, &out.src, &out.dst), SV_DROP_NONE);
    return m;
}

/* The question of detection, and how many milliseconds it took. */
static struct sv_nd_msg expect_detection(uint32_t within_ms)
{
    assert_true(cable_wait_for(&k, &out, SV_ND_NEIGHBOUR_SOLICIT, within_ms));
    const struct sv_nd_msg m = parsed();
    const struct sv_addr group = sv_nd_solicited_node(&m.target);
    assert_true(sv_addr_is_zero(&out.src));
    assert_true(sv_addr_equal(&out.dst, &group));
    assert_int_equal(m.flags, SV_ND_HAS_NONCE);
    return m;
}

static uint32_t state_of(const struct sv_addr *a)
{
    struct sv_address_info info;
    uint32_t at = 0;
    while (sv_address_each(k.stack, &at, &info))
        if (sv_addr_equal(&info.addr, a))
            return info.state;
    return 99;
}

static void a_link_local_address_is_asked_about_and_then_used(void **state)
{
    (void)state;
    const struct sv_nd_msg m = expect_detection(1001);
    const struct sv_address_info *a = cable_address(&k, SV_ADDRESS_IS_LINK_LOCAL | SV_ADDRESS_IS_STABLE, 0);
    assert_non_null(a);
    assert_true(sv_addr_equal(&a->addr, &m.target));
    assert_int_equal(a->state, 0);
    cable_pass(&k, 999);
    assert_int_equal(state_of(&m.target), 0);
    cable_pass(&k, 1);
    assert_int_equal(state_of(&m.target), 1);
    assert_false(cable_wait_for(&k, &out, SV_ND_NEIGHBOUR_SOLICIT, 20000));
}

static void the_same_key_gives_the_same_address_and_another_another(void **state)
{
    (void)state;
    const struct sv_addr first = cable_address(&k, SV_ADDRESS_IS_LINK_LOCAL, 0)->addr;
    cable_close(&k);
    cable_open(&k, SV_IF_IP6, false);
    assert_true(sv_addr_equal(&first, &cable_address(&k, SV_ADDRESS_IS_LINK_LOCAL, 0)->addr));
    assert_memory_equal(first.byte, "\xfe\x80\0\0\0\0\0\0", 8);
}

static void who_answers_has_it_and_another_is_tried_three_times(void **state)
{
    (void)state;
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    struct sv_addr tried[4];
    for (uint32_t i = 0; i < 4; i++) {
        const struct sv_nd_msg m = expect_detection(1001);
        char text[SV_ADDR_TEXT];
        tried[i] = m.target;
        for (uint32_t j = 0; j < i; j++)
            assert_false(sv_addr_equal(&tried[i], &tried[j]));
        const struct sv_nd_msg answer = {.type = SV_ND_NEIGHBOUR_ADVERT, .target = m.target, .flags = SV_ND_OVERRIDE};
        nd_in(9, sv_addr_text(&m.target, text), "ff02::1", &answer, NULL, mac, NULL);
        assert_int_equal(cable_drops(&k, SV_DROP_ND_CONFLICT), i + 1);
    }
    assert_int_equal(state_of(&tried[3]), 2); /* stays, marked */
    assert_int_equal(state_of(&tried[0]), 99);
    assert_false(cable_wait_for(&k, &out, SV_ND_NEIGHBOUR_SOLICIT, 100000));
}

static void who_asks_the_same_has_it_too(void **state)
{
    (void)state;
    const struct sv_nd_msg m = expect_detection(1001);
    const struct sv_addr group = sv_nd_solicited_node(&m.target);
    const struct sv_nd_msg question = {.type = SV_ND_NEIGHBOUR_SOLICIT, .target = m.target};
    char text[SV_ADDR_TEXT];
    nd_in(9, "::", sv_addr_text(&group, text), &question, NULL, NULL, (const uint8_t *)"others");
    assert_int_equal(cable_drops(&k, SV_DROP_ND_CONFLICT), 1);
    const struct sv_nd_msg second = expect_detection(1001);
    assert_false(sv_addr_equal(&second.target, &m.target));
    /* Asked by somebody who has an address: that is resolution, and a tentative address keeps silent. */
    const struct sv_nd_msg third = {.type = SV_ND_NEIGHBOUR_SOLICIT, .target = second.target};
    const struct sv_addr group2 = sv_nd_solicited_node(&second.target);
    nd_in(9, "fe80::9", sv_addr_text(&group2, text), &third, NULL, NULL, NULL);
    assert_false(cable_wait_for(&k, &out, SV_ND_NEIGHBOUR_ADVERT, 0));
    assert_int_equal(state_of(&second.target), 0);
}

static void our_own_question_come_back_is_no_conflict(void **state)
{
    (void)state;
    char text[SV_ADDR_TEXT];
    struct sv_nd_msg m = expect_detection(1001);
    for (uint32_t i = 0; i < 4; i++) {
        const struct sv_addr group = sv_nd_solicited_node(&m.target);
        const struct sv_nd_msg same = {.type = SV_ND_NEIGHBOUR_SOLICIT, .target = m.target};
        nd_in(1, "::", sv_addr_text(&group, text), &same, NULL, NULL, m.nonce);
        assert_int_equal(cable_drops(&k, SV_DROP_ND_LOOPED), i + 1);
        if (i < 3) /* three more, each a second later, before it is believed (RFC 7527 §4.1) */
            m = expect_detection(1001);
    }
    assert_int_equal(state_of(&m.target), 0);
    cable_pass(&k, 1000);
    assert_int_equal(state_of(&m.target), 1);
}

static void questions_are_answered(void **state)
{
    (void)state;
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    const struct sv_nd_msg m = {.type = SV_ND_NEIGHBOUR_SOLICIT, .target = addr_of("2001:db8::1")};
    nd_in(9, "fe80::9", "ff02::1:ff00:1", &m, mac, NULL, NULL);
    assert_true(cable_out(&k, &out));
    struct sv_nd_msg a = parsed();
    assert_int_equal(a.type, SV_ND_NEIGHBOUR_ADVERT);
    assert_int_equal(a.flags, SV_ND_SOLICITED | SV_ND_OVERRIDE | SV_ND_HAS_TLLA);
    assert_memory_equal(a.tlla, cable_mac, 6);
    assert_memory_equal(out.frame, mac, 6);
    assert_true(sv_addr_equal(&out.src, &m.target));
    /* Somebody looks whether it is free: all are told that it is not. */
    nd_in(9, "::", "ff02::1:ff00:1", &m, NULL, NULL, (const uint8_t *)"others");
    assert_true(cable_out(&k, &out));
    a = parsed();
    assert_int_equal(a.flags, SV_ND_OVERRIDE | SV_ND_HAS_TLLA);
    assert_memory_equal(out.frame, "\x33\x33\0\0\0\1", 6);
    /* What is not ours is not answered. */
    const struct sv_nd_msg other = {.type = SV_ND_NEIGHBOUR_SOLICIT, .target = addr_of("2001:db8::5:0:1")};
    nd_in(9, "fe80::9", "ff02::1:ff00:1", &other, mac, NULL, NULL);
    assert_false(cable_out(&k, &out));
    assert_int_equal(cable_drops(&k, SV_DROP_ND_IGNORED), 1);
}

static void an_address_in_use_is_defended_once_in_ten_seconds(void **state)
{
    (void)state;
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    const struct sv_nd_msg m = {
        .type = SV_ND_NEIGHBOUR_ADVERT, .target = addr_of("2001:db8::1"), .flags = SV_ND_OVERRIDE};
    for (int i = 0; i < 3; i++)
        nd_in(9, "2001:db8::1", "ff02::1", &m, NULL, mac, NULL);
    assert_true(cable_out(&k, &out));
    assert_int_equal(parsed().flags, SV_ND_OVERRIDE | SV_ND_HAS_TLLA);
    assert_false(cable_out(&k, &out));
    assert_int_equal(state_of(&m.target), 1);
}

/* --- states --- */

static void send_to(const char *to)
{
    sv_sock e;
    const struct sv_addr a = addr_of(to);
    assert_int_equal(sv_echo_open(k.stack, 0, &e, k.now), SV_OK);
    (void)!sv_echo_send(k.stack, e, &a, 1, 0, "x", 1, k.now);
    sv_close(k.stack, e, k.now);
}

static const struct sv_neighbour_info *neighbour(const char *text)
{
    static struct sv_neighbour_info info;
    const struct sv_addr a = addr_of(text);
    uint32_t at = 0;
    while (sv_neighbour_each(k.stack, &at, &info))
        if (sv_addr_equal(&info.addr, &a))
            return &info;
    return NULL;
}

static void a_neighbour_is_asked_for_three_times_and_given_up(void **state)
{
    (void)state;
    send_to("2001:db8::7");
    for (uint32_t i = 0; i < 3; i++) {
        const sv_time before = k.now;
        assert_true(cable_wait_for(&k, &out, SV_ND_NEIGHBOUR_SOLICIT, 1000));
        const struct sv_nd_msg m = parsed();
        assert_int_equal(m.flags, SV_ND_HAS_SLLA);
        assert_memory_equal(out.frame, "\x33\x33\xff\0\0\7", 6);
        assert_int_equal(out.src.byte[15], 1);
        assert_int_equal((k.now - before) / SV_MS, i ? 1000 : 0);
    }
    assert_int_equal(neighbour("2001:db8::7")->state, SV_NEIGHBOUR_INCOMPLETE);
    cable_pass(&k, 1000);
    assert_int_equal(cable_drops(&k, SV_DROP_NEIGHBOUR_UNREACHABLE), 1);
    cable_pass(&k, 2000);
    assert_null(neighbour("2001:db8::7"));
}

static void told(const char *target, uint16_t flags, uint8_t mac_end)
{
    const uint8_t mac[6] = {2, 0, 0, 0, 0, mac_end};
    const struct sv_nd_msg m = {.type = SV_ND_NEIGHBOUR_ADVERT, .target = addr_of(target), .flags = flags};
    nd_in(7, target, flags & SV_ND_SOLICITED ? "2001:db8::1" : "ff02::1", &m, NULL, mac_end ? mac : NULL, NULL);
}

/* RFC 4861 §7.2.5 and Appendix C, line by line. */
static void advertisements_by_flags(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint16_t flags;
        uint8_t mac;      /* 0: none in it */
        uint8_t from, to; /* states */
        uint8_t mac_after;
    } cases[] = {
        {"solicited, same", SV_ND_SOLICITED, 7, SV_NEIGHBOUR_STALE, SV_NEIGHBOUR_REACHABLE, 7},
        {"solicited, no mac", SV_ND_SOLICITED, 0, SV_NEIGHBOUR_STALE, SV_NEIGHBOUR_REACHABLE, 7},
        {"solicited, override, other", SV_ND_SOLICITED | SV_ND_OVERRIDE, 8, SV_NEIGHBOUR_STALE, SV_NEIGHBOUR_REACHABLE,
         8},
        {"override, other", SV_ND_OVERRIDE, 8, SV_NEIGHBOUR_REACHABLE, SV_NEIGHBOUR_STALE, 8},
        {"override, same", SV_ND_OVERRIDE, 7, SV_NEIGHBOUR_REACHABLE, SV_NEIGHBOUR_REACHABLE, 7},
        {"unsolicited, same", 0, 7, SV_NEIGHBOUR_STALE, SV_NEIGHBOUR_STALE, 7},
        {"no override, other, reachable", 0, 8, SV_NEIGHBOUR_REACHABLE, SV_NEIGHBOUR_STALE, 7},
        {"no override, other, stale", 0, 8, SV_NEIGHBOUR_STALE, SV_NEIGHBOUR_STALE, 7},
        {"solicited, no override, other", SV_ND_SOLICITED, 8, SV_NEIGHBOUR_STALE, SV_NEIGHBOUR_STALE, 7},
        {"solicited, no override, other, reachable", SV_ND_SOLICITED, 8, SV_NEIGHBOUR_REACHABLE, SV_NEIGHBOUR_STALE, 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        send_to("2001:db8::7");
        told("2001:db8::7", SV_ND_SOLICITED, 7);
        assert_int_equal(neighbour("2001:db8::7")->state, SV_NEIGHBOUR_REACHABLE);
        if (cases[i].from == SV_NEIGHBOUR_STALE)
            cable_pass(&k, 46000);
        assert_int_equal(neighbour("2001:db8::7")->state, cases[i].from);
        told("2001:db8::7", cases[i].flags, cases[i].mac);
        const struct sv_neighbour_info *n = neighbour("2001:db8::7");
        if (n->state != cases[i].to || n->mac[5] != cases[i].mac_after)
            fail_msg("%s: state %u, mac %u", cases[i].what, n->state, n->mac[5]);
        sv_interface_set_up(k.stack, k.port, false, k.now);
        sv_interface_set_up(k.stack, k.port, true, k.now);
        cable_pass(&k, 3000);
    }
}

static void incomplete_ones_take_what_names_a_station(void **state)
{
    (void)state;
    send_to("2001:db8::7");
    told("2001:db8::7", SV_ND_SOLICITED, 0);
    assert_int_equal(neighbour("2001:db8::7")->state, SV_NEIGHBOUR_INCOMPLETE);
    told("2001:db8::7", SV_ND_ROUTER, 7); /* not solicited: usable, and verified after five seconds of use */
    assert_int_equal(neighbour("2001:db8::7")->state, SV_NEIGHBOUR_DELAY);
    assert_int_equal(neighbour("2001:db8::7")->router, 1);
    assert_true(cable_wait_for(&k, &out, 128, 0)); /* what waited went */
    assert_true(cable_wait_for(&k, &out, SV_ND_NEIGHBOUR_SOLICIT, 5000));
    assert_memory_equal(out.frame, "\2\0\0\0\0\7", 6); /* to the one station */
    assert_int_equal(out.dst.byte[15], 7);
    told("2001:db8::7", SV_ND_SOLICITED, 0);
    assert_int_equal(neighbour("2001:db8::7")->state, SV_NEIGHBOUR_REACHABLE);
    told("2001:db8::99", SV_ND_SOLICITED, 9); /* nobody asked: no entry is made */
    assert_null(neighbour("2001:db8::99"));
}

static void forgeries_change_nothing(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct sv_wr w = sv_wr_of(bytes, sizeof bytes);
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    const struct sv_nd_msg m = {.type = SV_ND_NEIGHBOUR_SOLICIT, .target = addr_of("2001:db8::1")};
    const struct sv_addr src = addr_of("fe80::9"), dst = addr_of("ff02::1:ff00:1");
    sv_nd_emit_header(&w, &m);
    sv_nd_emit_lla(&w, SV_ND_OPT_SOURCE_LLA, mac);
    cable_in6(&k, 9, &src, &dst, 254, false, bytes, 32); /* came through a router */
    assert_int_equal(cable_drops(&k, SV_DROP_ND_HOP_LIMIT), 1);
    bytes[25] = 0; /* an option of no length */
    cable_in6(&k, 9, &src, &dst, 255, false, bytes, 32);
    assert_int_equal(cable_drops(&k, SV_DROP_ND_OPTION), 1);
    bytes[25] = 1;
    bytes[1] = 7; /* code */
    cable_in6(&k, 9, &src, &dst, 255, false, bytes, 32);
    assert_int_equal(cable_drops(&k, SV_DROP_ND_INVALID), 1);
    bytes[1] = 0;
    cable_in6(&k, 9, &src, &dst, 255, false, bytes, 20);
    assert_int_equal(cable_drops(&k, SV_DROP_SHORT_HEADER), 1);
    assert_false(cable_out(&k, &out));
    assert_null(neighbour("fe80::9"));
    /* Whole, but in a fragment header: RFC 6980. */
    uint8_t f[128];
    memcpy(f, "\x33\x33\xff\0\0\1\2\0\0\0\0\x9\x86\xdd\x60\0\0\0\0\x28\x2c\xff", 22);
    memcpy(f + 22, src.byte, 16);
    memcpy(f + 38, dst.byte, 16);
    memcpy(f + 54, "\x3a\0\0\0\0\0\0\1", 8);
    sv_put_u16(bytes + 2, 0);
    sv_sum_store(bytes + 2, sv_sum_add(sv_pseudo_sum(&src, &dst, 58, 32), sv_sum(bytes, 32, 0)));
    memcpy(f + 62, bytes, 32);
    cable_in(&k, f, 94);
    assert_int_equal(cable_drops(&k, SV_DROP_ND_FRAGMENTED), 1);
    assert_false(cable_out(&k, &out));
}

static void a_scan_makes_no_flood_of_questions(void **state)
{
    (void)state;
    uint32_t asked = 0;
    for (uint32_t i = 0; i < 300; i++) {
        char to[64];
        (void)snprintf(to, sizeof to, "2001:db8::5:%x", i + 1);
        send_to(to);
        while (cable_out(&k, &out))
            asked++;
    }
    assert_in_range(asked, SV_ND_SOLICITS_BURST, SV_ND_SOLICITS_BURST + 1);
    assert_true(cable_drops(&k, SV_DROP_ND_RATE) > 200);
}

#define SPEAKING(f) cmocka_unit_test_setup_teardown(f, open_speaking, close_all)
#define PLAIN(f) cmocka_unit_test_setup_teardown(f, open_plain, close_all)
int main(void)
{
    const struct CMUnitTest tests[] = {
        SPEAKING(a_link_local_address_is_asked_about_and_then_used),
        SPEAKING(the_same_key_gives_the_same_address_and_another_another),
        SPEAKING(who_answers_has_it_and_another_is_tried_three_times),
        SPEAKING(who_asks_the_same_has_it_too),
        SPEAKING(our_own_question_come_back_is_no_conflict),
        PLAIN(questions_are_answered),
        PLAIN(an_address_in_use_is_defended_once_in_ten_seconds),
        PLAIN(a_neighbour_is_asked_for_three_times_and_given_up),
        PLAIN(advertisements_by_flags),
        PLAIN(incomplete_ones_take_what_names_a_station),
        PLAIN(forgeries_change_nothing),
        PLAIN(a_scan_makes_no_flood_of_questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
