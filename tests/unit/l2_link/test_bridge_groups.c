/* SPDX-License-Identifier: BSD-2-Clause */
/* Snooping of IGMP and MLD, and LLDP between two switches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/addr.h"
#include "core/packet_sum.h"
#include "l2_link/snoop_wire.h"
#include "tests/support/switch_world.h"

static struct sworld w;
static struct sv_bridge *br;
static uint8_t f[256];

static const struct sv_bridge_config snooping = {.flags = SV_BRIDGE_SNOOPING};

static int fresh(void **state)
{
    (void)state;
    sworld_open(&w);
    br = sworld_switch(&w, &snooping, 4);
    return 0;
}

/* An IPv4 packet to group 239.1.1.<g>, or to all hosts or routers; `body` bytes follow. */
static uint32_t ip4(uint8_t src, const uint8_t dst[4], uint8_t protocol, const uint8_t *body, uint32_t n)
{
    static const uint8_t head[12] = {0x45, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0};
    memset(f, 0, sizeof f);
    memcpy(f, "\x01\0\x5e", 3);
    memcpy(f + 3, dst + 1, 3);
    f[3] &= 0x7f;
    f[6] = 2;
    f[11] = src;
    sv_put_u16(f + 12, 0x0800);
    memcpy(f + 14, head, 12);
    sv_put_u16(f + 16, (uint16_t)(20 + n));
    f[23] = protocol;
    const uint8_t from[4] = {10, 0, 0, src};
    memcpy(f + 26, from, 4);
    memcpy(f + 30, dst, 4);
    sv_sum_store(f + 24, sv_sum(f + 14, 20, SV_CPU_PORTABLE));
    memcpy(f + 34, body, n);
    return 34 + n;
}

static uint32_t igmp(uint8_t src, const uint8_t dst[4], uint8_t type, uint8_t code, const uint8_t group[4])
{
    uint8_t m[8] = {type, code};
    memcpy(m + 4, group, 4);
    sv_sum_store(m + 2, sv_sum(m, sizeof m, SV_CPU_PORTABLE));
    return ip4(src, dst, 2, m, sizeof m);
}

static const uint8_t all_hosts[4] = {224, 0, 0, 1}, all_routers[4] = {224, 0, 0, 2}, any[4], g1[4] = {239, 1, 1, 1},
                     g2[4] = {239, 1, 1, 2}, mdns[4] = {224, 0, 0, 251};

static void in(sv_port port, uint32_t n)
{
    sworld_in(&w, br, port, f, n);
}

/* The set of ports that a frame left by. */
static uint32_t left(void)
{
    uint32_t set = 0;
    for (sv_port p = 0; p < 4; p++)
        set |= sworld_drain(&w, br, p) ? 1u << p : 0;
    return set;
}

static uint32_t data_to(const uint8_t group[4], sv_port from)
{
    in(from, ip4(9, group, 17, (const uint8_t *)"12345678", 8));
    return left();
}

static void query(void)
{
    in(0, igmp(100, all_hosts, 0x11, 100, any));
    (void)left();
}
static void join(sv_port port, const uint8_t group[4])
{
    in(port, igmp((uint8_t)(port + 1), group, 0x16, 0, group));
    (void)left();
}

static void without_a_querier_all_is_flooded(void **state)
{
    (void)state;
    join(1, g1);
    assert_int_equal(data_to(g1, 3), 7);
}

static void a_group_goes_to_members_and_routers(void **state)
{
    (void)state;
    query();
    assert_true(sv_bridge_router_ports(br) == 1);
    in(1, igmp(2, g1, 0x16, 0, g1));
    assert_int_equal(left(), 1); /* the report: to the router alone */
    assert_int_equal(data_to(g1, 3), 3);
    assert_int_equal(data_to(g1, 1), 1);
    assert_int_equal(data_to(g2, 3), 7);   /* unregistered */
    assert_int_equal(data_to(mdns, 3), 7); /* the local block, whatever is known */
    join(2, mdns);
    assert_int_equal(data_to(mdns, 3), 7);
}

static void strict_keeps_unregistered_groups_from_all_but_routers(void **state)
{
    (void)state;
    const struct sv_bridge_config c = {.flags = SV_BRIDGE_SNOOPING | SV_BRIDGE_STRICT_GROUPS, .groups = 1};
    sworld_open(&w);
    br = sworld_switch(&w, &c, 4);
    query();
    assert_int_equal(data_to(g1, 3), 1);
    join(1, g1);
    join(2, g2); /* no room: nothing unknown may be withheld then */
    assert_int_equal(sv_bridge_drops(br, SV_DROP_GROUP_TABLE_FULL), 1);
    assert_int_equal(data_to(g1, 3), 3);
    assert_int_equal(data_to(g2, 3), 7);
}

static void members_go_by_leaving_and_by_silence(void **state)
{
    (void)state;
    query();
    join(1, g1);
    join(2, g1);
    in(1, igmp(2, all_routers, 0x17, 0, g1));
    assert_int_equal(left(), 1);
    assert_int_equal(data_to(g1, 3), 7); /* not yet: another host may be there */
    (void)sworld_advance(&w, 4 * SV_S);
    assert_int_equal(data_to(g1, 3), 5);
    (void)sworld_advance(&w, 200 * SV_S);
    query();
    join(2, g1);
    (void)sworld_advance(&w, 200 * SV_S);
    assert_int_equal(data_to(g1, 3), 5);
    query();
    (void)sworld_advance(&w, 70 * SV_S);
    struct sv_group_info g = {.size = sizeof g};
    uint32_t at = 0;
    assert_false(sv_bridge_group_each(br, &at, &g)); /* 260 s */
}

static void the_querier_is_forgotten_too(void **state)
{
    (void)state;
    query();
    join(1, g1);
    (void)sworld_advance(&w, 254 * SV_S);
    join(1, g1);
    assert_int_equal(data_to(g1, 3), 3);
    (void)sworld_advance(&w, 3 * SV_S);
    assert_int_equal(data_to(g1, 3), 7);
    assert_true(sv_bridge_router_ports(br) == 0);
}

static void fast_leave_believes_at_once(void **state)
{
    (void)state;
    const sv_port p = sworld_port(&w, br, (struct sv_bridge_port_config){.flags = SV_BPORT_FAST_LEAVE});
    query();
    (void)sworld_drain(&w, br, p);
    in(p, igmp(5, g1, 0x16, 0, g1));
    join(1, g1);
    (void)data_to(g1, 3);
    assert_int_equal(sworld_drain(&w, br, p), 1);
    in(p, igmp(5, all_routers, 0x17, 0, g1));
    (void)data_to(g1, 3);
    assert_int_equal(sworld_drain(&w, br, p), 0);
}

static void version_3_reports_name_several_groups(void **state)
{
    (void)state;
    uint8_t m[8 + 8 + 12] = {0x22,
                             0,
                             0,
                             0,
                             0,
                             0,
                             0,
                             2,
                             4 /* to exclude nothing: a join */,
                             0,
                             0,
                             0,
                             239,
                             1,
                             1,
                             1,
                             5 /* allow a source */,
                             0,
                             0,
                             1,
                             239,
                             1,
                             1,
                             2,
                             10,
                             0,
                             0,
                             9};
    static const uint8_t to[4] = {224, 0, 0, 22};
    query();
    sv_sum_store(m + 2, sv_sum(m, sizeof m, SV_CPU_PORTABLE));
    in(2, ip4(3, to, 2, m, sizeof m));
    assert_int_equal(left(), 1);
    assert_int_equal(data_to(g1, 3), 5);
    assert_int_equal(data_to(g2, 3), 5);
    m[8] = 3; /* to include nothing: a leave */
    m[2] = m[3] = 0;
    sv_sum_store(m + 2, sv_sum(m, sizeof m, SV_CPU_PORTABLE));
    in(2, ip4(3, to, 2, m, sizeof m));
    (void)left();
    (void)sworld_advance(&w, 4 * SV_S);
    assert_int_equal(data_to(g2, 3), 5);
    m[4] ^= 1; /* the checksum is wrong now */
    in(1, ip4(3, to, 2, m, sizeof m));
    assert_int_equal(sv_bridge_drops(br, SV_DROP_SNOOP_MALFORMED), 1);
    assert_int_equal(left(), 13); /* others may judge it: it is forwarded */
}

/* ICMPv6 behind a router alert. */
static uint32_t mld(uint8_t src, const uint8_t dst[16], const uint8_t *body, uint32_t n)
{
    static const uint8_t alert[8] = {58, 0, 5, 2, 0, 0, 1, 0};
    memset(f, 0, sizeof f);
    f[0] = f[1] = 0x33;
    memcpy(f + 2, dst + 12, 4);
    f[6] = 2;
    f[11] = src;
    sv_put_u16(f + 12, 0x86dd);
    f[14] = 0x60;
    sv_put_u16(f + 18, (uint16_t)(8 + n));
    f[21] = 1;
    f[22] = 0xfe;
    f[23] = 0x80;
    f[37] = src;
    memcpy(f + 38, dst, 16);
    memcpy(f + 54, alert, 8);
    memcpy(f + 62, body, n);
    struct sv_addr a, b;
    memcpy(a.byte, f + 22, 16);
    memcpy(b.byte, f + 38, 16);
    sv_sum_store(f + 64, sv_sum_add(sv_sum(f + 62, n, SV_CPU_PORTABLE), sv_pseudo_sum(&a, &b, 58, n)));
    return 62 + n;
}

static void mld_is_understood_and_solicited_nodes_are_always_reached(void **state)
{
    (void)state;
    static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1}, group[16] = {0xff, 5, [15] = 0x42},
                         v2[16] = {0xff, 2, [15] = 0x16}, solicited[16] = {0xff, 2, [11] = 1, 0xff, 1, 2, 3};
    uint8_t m[28] = {130, 0, 0, 0, 0x27, 0x10};
    in(0, mld(100, all_nodes, m, 24));
    assert_int_equal(left(), 14);
    assert_true(sv_bridge_router_ports(br) == 1);
    uint8_t report[28] = {143, 0, 0, 0, 0, 0, 0, 1, 4};
    memcpy(report + 12, group, 16);
    in(2, mld(3, v2, report, sizeof report));
    assert_int_equal(left(), 1);
    uint8_t udp[8] = {0};
    uint32_t n = mld(9, group, udp, 8);
    f[54] = 17; /* data to the group */
    in(3, n);
    assert_int_equal(left(), 5);
    memcpy(report + 12, solicited, 16);
    in(2, mld(3, v2, report, sizeof report));
    (void)left();
    n = mld(9, solicited, udp, 8);
    f[54] = 17;
    in(3, n);
    assert_int_equal(left(), 7);
    assert_int_equal(sworld_held(&w), 0);
}

/* Reports that fill a jumbo frame: 1,000 records, the last of which is the one that matters. */
static void a_report_as_long_as_a_jumbo_frame_is_read_to_its_end(void **state)
{
    (void)state;
    static uint8_t jumbo[34 + 8 + 8 * 1000];
    static const uint8_t to[4] = {224, 0, 0, 22};
    uint8_t *m = jumbo + 34;
    query();
    join(1, g1);
    m[0] = 0x22;
    sv_put_u16(m + 6, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        m[8 + 8 * i] = 4;
        m[12 + 8 * i] = 239;
        sv_put_u16(m + 14 + 8 * i, (uint16_t)(i == 999 ? 0x0101 : 0x2000 + i));
        m[13 + 8 * i] = 1;
    }
    sv_sum_store(m + 2, sv_sum(m, 8008, SV_CPU_PORTABLE));
    (void)ip4(3, to, 2, m, 8);
    memcpy(jumbo, f, 34);
    sv_put_u16(jumbo + 16, 20 + 8008);
    sworld_in(&w, br, 2, jumbo, sizeof jumbo);
    (void)left();
    assert_int_equal(data_to(g1, 3), 7); /* 1 and 2 joined, 0 is the router's */
}

/* What left by a port, as the message of a question about a group (any: about all); false: none did. */
static bool asked(sv_port port, bool six, struct sv_snoop_msg *m)
{
    static uint8_t got[256];
    bool found = false;
    uint32_t n;
    while ((n = sworld_out(&w, br, port, got, sizeof got)) != 0) {
        struct sv_snoop_msg one;
        const uint16_t type = sv_get_u16(got + 12);
        if (type != (six ? 0x86dd : 0x0800) || sv_snoop_parse(got + 14, n - 14, type, &one) != SV_DROP_NONE ||
            !one.tells)
            continue;
        uint8_t mac[6];
        sv_snoop_mac(&one.dst, mac);
        assert_memory_equal(got, mac, 6);
        assert_int_equal(one.told.kind, SV_GROUP_QUERY);
        assert_int_equal(one.told.version, 3);
        *m = one;
        found = true;
    }
    return found;
}

static const struct sv_bridge_config querier = {.flags = SV_BRIDGE_SNOOPING | SV_BRIDGE_QUERIER};

static void where_nobody_asks_the_switch_does(void **state)
{
    (void)state;
    struct sv_snoop_msg m;
    sworld_open(&w);
    br = sworld_switch(&w, &querier, 4);
    (void)sworld_advance(&w, 2 * SV_S);
    for (sv_port p = 0; p < 4; p++) {
        assert_true(asked(p, false, &m));
        assert_true(sv_addr_is_any(&m.src) && sv_addr_is_any(&m.told.group));
        assert_int_equal(m.told.max_response_ms, 10000);
        assert_int_equal(m.told.query_interval_s, 125);
    }
    join(1, g1);
    assert_int_equal(data_to(g1, 3), 2); /* there is no router */
    (void)left();
    /* Without being asked again they would be forgotten after 260 s; with it they tell again. */
    uint32_t questions = 0;
    for (uint32_t s = 0; s < 400; s++) {
        (void)sworld_advance(&w, SV_S);
        if (!asked(1, false, &m))
            continue;
        questions++;
        join(1, g1);
    }
    assert_true(questions >= 3 && questions <= 5);
    assert_int_equal(data_to(g1, 3), 2);
}

static void a_leave_is_answered_by_asking_who_else_stays(void **state)
{
    (void)state;
    struct sv_snoop_msg m;
    sworld_open(&w);
    br = sworld_switch(&w, &querier, 4);
    (void)sworld_advance(&w, 2 * SV_S);
    join(1, g1);
    join(2, g1);
    in(1, igmp(2, all_routers, 0x17, 0, g1));
    assert_true(asked(1, false, &m));
    const struct sv_addr group = sv_addr_of_v4_bytes(g1);
    assert_true(sv_addr_equal(&m.told.group, &group) && sv_addr_equal(&m.dst, &group));
    assert_int_equal(m.told.max_response_ms, 1000);
    assert_false(asked(2, false, &m)); /* only where somebody left */
    (void)sworld_advance(&w, SV_S + 100 * SV_MS);
    assert_true(asked(1, false, &m)); /* the first may have been lost */
    (void)sworld_advance(&w, 3 * SV_S);
    assert_int_equal(data_to(g1, 3), 4);
}

static void who_asks_under_an_address_goes_before_one_without(void **state)
{
    (void)state;
    struct sv_snoop_msg m;
    struct sv_bridge_config c = querier;
    sworld_open(&w);
    br = sworld_switch(&w, &c, 4);
    query();
    (void)sworld_advance(&w, 200 * SV_S);
    assert_false(asked(1, false, &m));
    assert_true(asked(2, true, &m)); /* MLD has no querier but us */
    assert_true(sv_addr_is_link_local_v6(&m.src));
    (void)sworld_advance(&w, 200 * SV_S); /* it fell silent 255 s after its last question */
    assert_true(asked(1, false, &m));
    c.querier = sv_addr_of_v4(0x0a000001); /* 10.0.0.1 is before 10.0.0.100 */
    sworld_open(&w);
    br = sworld_switch(&w, &c, 4);
    query();
    (void)sworld_advance(&w, 130 * SV_S);
    assert_true(asked(1, false, &m));
    assert_int_equal(sv_addr_v4_number(&m.src), 0x0a000001);
}

static void vlans_are_asked_each_in_their_own(void **state)
{
    (void)state;
    static uint8_t got[256];
    struct sv_bridge_config c = querier;
    c.flags |= SV_BRIDGE_VLAN_AWARE;
    sworld_open(&w);
    br = sworld_switch(&w, &c, 2);
    for (uint32_t vid = 10; vid < 14; vid++)
        assert_int_equal(sv_bridge_vlan_add(br, 1, vid, true), SV_OK);
    (void)sworld_advance(&w, 10 * SV_S);
    uint32_t seen = 0, n;
    while ((n = sworld_out(&w, br, 1, got, sizeof got)) != 0)
        if (sv_get_u16(got + 12) == 0x8100 && sv_get_u16(got + 16) == 0x0800)
            seen |= 1u << (sv_get_u16(got + 14) & 31u);
    assert_int_equal(seen, 15u << 10);
    assert_int_equal(sworld_drain(&w, br, 0), 2); /* VLAN 1 only: both families */
}

/* One with many TLVs of organizations, as telephones and data centres send them. */
static void a_long_lldp_frame_is_a_neighbour_too(void **state)
{
    (void)state;
    static uint8_t l[1500] = {0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0,   9, 0x88, 0xcc, 2,  7,
                              4,    2,    0,    0, 0, 0,    9, 4, 2, 7, 'x', 6, 2,    0,    120};
    const struct sv_bridge_config c = {.flags = SV_BRIDGE_LLDP};
    struct sv_lldp_info i = {.size = sizeof i};
    uint32_t at = 0, n = 31;
    sworld_open(&w);
    br = sworld_switch(&w, &c, 1);
    for (uint32_t k = 0; k < 3; k++, n += 2 + 400)
        sv_put_u16(l + n, 127u << 9 | 400);
    sworld_in(&w, br, 0, l, n + 2);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_LLDP_MALFORMED), 0);
    assert_true(sv_bridge_lldp_each(br, &at, &i));
}

/* IEEE 802.1AB §9.2.5.10: who ends says so, and need not be waited for. */
static void a_switch_that_ends_says_good_bye(void **state)
{
    (void)state;
    const struct sv_bridge_config c = {.flags = SV_BRIDGE_LLDP, .name = "left"};
    struct sv_lldp_info i = {.size = sizeof i};
    uint32_t at = 0;
    sworld_open(&w);
    struct sv_bridge *a = sworld_switch(&w, &c, 1), *b = sworld_switch(&w, &c, 1);
    (void)sworld_join(&w, 0, 0, 1, 0);
    (void)sworld_advance(&w, 2 * SV_S);
    assert_true(sv_bridge_lldp_each(b, &at, &i));
    sv_bridge_end(a, w.now);
    (void)sworld_settle(&w, 100);
    at = 0;
    assert_false(sv_bridge_lldp_each(b, &at, &i));
    (void)sworld_advance(&w, 40 * SV_S); /* and does not begin again */
    at = 0;
    assert_false(sv_bridge_lldp_each(b, &at, &i));
}

static void lldp_neighbours_know_each_other_and_forget(void **state)
{
    (void)state;
    const struct sv_bridge_config c = {.flags = SV_BRIDGE_LLDP, .name = "left", .lldp_neighbours = 1};
    const struct sv_bridge_config d = {.flags = SV_BRIDGE_LLDP, .name = "right"};
    struct sv_lldp_info i = {.size = sizeof i};
    uint32_t at = 0;
    sworld_open(&w);
    struct sv_bridge *a = sworld_switch(&w, &c, 0), *b = sworld_switch(&w, &d, 0);
    for (uint32_t k = 0; k < 2; k++) {
        (void)sworld_port(&w, a, (struct sv_bridge_port_config){.name = "to-b"});
        (void)sworld_port(&w, b, (struct sv_bridge_port_config){.name = "to-a"});
    }
    struct sworld_wire *x = sworld_join(&w, 0, 0, 1, 0);
    (void)sworld_join(&w, 0, 1, 1, 1);
    (void)sworld_advance(&w, 2 * SV_S);
    assert_true(sv_bridge_lldp_each(b, &at, &i));
    assert_string_equal(i.system, "left");
    assert_int_equal(i.port, 0);
    assert_int_equal(i.capabilities, 4);
    assert_memory_equal(i.port_id + 1, "to-b", 4);
    assert_true(sv_bridge_drops(a, SV_DROP_LLDP_TABLE_FULL) > 0); /* two neighbours, room for one */
    x->cut = true;
    (void)sworld_advance(&w, 125 * SV_S);
    at = 0;
    assert_true(sv_bridge_lldp_each(b, &at, &i)); /* the other cable still speaks */
    assert_int_equal(i.port, 1);
    assert_false(sv_bridge_lldp_each(b, &at, &i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_a_querier_all_is_flooded, fresh),
        cmocka_unit_test_setup(a_group_goes_to_members_and_routers, fresh),
        cmocka_unit_test_setup(strict_keeps_unregistered_groups_from_all_but_routers, fresh),
        cmocka_unit_test_setup(members_go_by_leaving_and_by_silence, fresh),
        cmocka_unit_test_setup(the_querier_is_forgotten_too, fresh),
        cmocka_unit_test_setup(fast_leave_believes_at_once, fresh),
        cmocka_unit_test_setup(version_3_reports_name_several_groups, fresh),
        cmocka_unit_test_setup(mld_is_understood_and_solicited_nodes_are_always_reached, fresh),
        cmocka_unit_test_setup(a_report_as_long_as_a_jumbo_frame_is_read_to_its_end, fresh),
        cmocka_unit_test_setup(where_nobody_asks_the_switch_does, fresh),
        cmocka_unit_test_setup(a_leave_is_answered_by_asking_who_else_stays, fresh),
        cmocka_unit_test_setup(who_asks_under_an_address_goes_before_one_without, fresh),
        cmocka_unit_test_setup(vlans_are_asked_each_in_their_own, fresh),
        cmocka_unit_test_setup(lldp_neighbours_know_each_other_and_forget, fresh),
        cmocka_unit_test_setup(a_long_lldp_frame_is_a_neighbour_too, fresh),
        cmocka_unit_test_setup(a_switch_that_ends_says_good_bye, fresh),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sworld_close(&w);
    return failed;
}
