/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations of BPDUs: switches joined in loops. What must hold: one tree, no frame that goes round, a loop that
 * settles by handshakes and not by timers, a cut that heals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/switch_world.h"

static struct sworld w;

static const struct sv_bridge_config stp = {.flags = SV_BRIDGE_STP};

static int fresh(void **state)
{
    (void)state;
    sworld_open(&w);
    return 0;
}

/* Three switches, port 0 of each for a host, 1 and 2 in the ring: 0-1, 1-2, 2-0. */
static void ring(const struct sv_bridge_config *config)
{
    for (uint32_t i = 0; i < 3; i++) {
        (void)sworld_switch(&w, config, 0);
        (void)sworld_port(&w, w.bridge[i], (struct sv_bridge_port_config){.flags = SV_BPORT_EDGE});
        (void)sworld_port(&w, w.bridge[i], (struct sv_bridge_port_config){0});
        (void)sworld_port(&w, w.bridge[i], (struct sv_bridge_port_config){0});
    }
    for (uint32_t i = 0; i < 3; i++)
        (void)sworld_join(&w, i, 2, (i + 1) % 3, 1);
}

static uint32_t count_state(uint32_t state, uint32_t role)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w.bridges; i++)
        for (sv_port p = 1; p <= 2; p++)
            n += sworld_info(w.bridge[i], p).state == state && sworld_info(w.bridge[i], p).role == role;
    return n;
}

/* A broadcast from the host of switch 0: it must reach each of the others once. Frames on the ring's wires. */
static uint32_t broadcast_reaches_each_once(void)
{
    uint8_t f[128], got[128];
    const uint32_t n = sworld_frame(f, 255, 1, 0x0800, 60);
    sworld_in(&w, w.bridge[0], 0, f, n);
    const uint32_t crossed = sworld_settle(&w, 1000);
    for (uint32_t i = 1; i < 3; i++) {
        assert_int_equal(sworld_out(&w, w.bridge[i], 0, got, sizeof got), n);
        assert_memory_equal(f, got, n);
        assert_int_equal(sworld_drain(&w, w.bridge[i], 0), 0);
    }
    return crossed;
}

static void drain_hosts(void)
{
    for (uint32_t i = 0; i < 3; i++)
        (void)sworld_drain(&w, w.bridge[i], 0);
}

static void without_a_tree_a_loop_of_three_is_a_storm(void **state)
{
    (void)state;
    const struct sv_bridge_config none = {0};
    uint8_t f[128];
    ring(&none);
    const uint32_t n = sworld_frame(f, 255, 1, 0x0800, 60);
    sworld_in(&w, w.bridge[0], 0, f, n);
    assert_true(sworld_settle(&w, 5000) >= 5000); /* the test's own eyes: it would see one */
}

static void a_loop_of_three_settles_well_under_a_second(void **state)
{
    (void)state;
    ring(&stp);
    const uint32_t crossed = sworld_advance(&w, 500 * SV_MS);
    assert_true(crossed < 60);
    assert_int_equal(count_state(SV_STP_FORWARDING, SV_STP_ROOT_PORT), 2);
    assert_int_equal(count_state(SV_STP_FORWARDING, SV_STP_DESIGNATED), 3);
    assert_int_equal(count_state(SV_STP_DISCARDING, SV_STP_ALTERNATE), 1);
    drain_hosts();
    assert_int_equal(broadcast_reaches_each_once(), 3); /* the alternate port drops the third */
}

static void all_agree_on_the_best_root(void **state)
{
    (void)state;
    struct sv_bridge_config best = stp;
    struct sv_bridge_info info = {.size = sizeof info}, other = {.size = sizeof other};
    (void)sworld_switch(&w, &stp, 3);
    best.priority = 4096;
    (void)sworld_switch(&w, &best, 3);
    (void)sworld_join(&w, 0, 2, 1, 1);
    (void)sworld_advance(&w, 100 * SV_MS);
    assert_int_equal(sv_bridge_info(w.bridge[1], &info), SV_OK);
    assert_int_equal(sv_bridge_info(w.bridge[0], &other), SV_OK);
    assert_true(info.root_id == info.bridge_id);
    assert_int_equal(info.root_port, SV_NO_PORT);
    assert_true(other.root_id == info.bridge_id);
    assert_int_equal(other.root_port, 2);
    assert_int_equal(other.root_cost, 20000);
}

static void a_pulled_cable_heals_at_once(void **state)
{
    (void)state;
    ring(&stp);
    (void)sworld_advance(&w, 5 * SV_S);
    /* The root is switch 0; its wire to switch 1 is pulled, and both ends see that. */
    w.wire[0].cut = true;
    sv_bridge_port_set_up(w.bridge[0], 2, false, w.now);
    sv_bridge_port_set_up(w.bridge[1], 1, false, w.now);
    drain_hosts();
    const uint32_t crossed = sworld_advance(&w, 100 * SV_MS);
    assert_true(crossed < 100);
    assert_int_equal(count_state(SV_STP_DISCARDING, SV_STP_ALTERNATE), 0);
    drain_hosts();
    assert_int_equal(broadcast_reaches_each_once(), 2);
}

static void a_cut_that_nobody_sees_heals_when_three_hellos_are_missing(void **state)
{
    (void)state;
    struct sv_bridge_config quick = stp;
    quick.hello_s = 1;
    quick.max_age_s = 6;
    quick.forward_delay_s = 4;
    ring(&quick);
    (void)sworld_advance(&w, 5 * SV_S);
    w.wire[0].cut = true;
    uint32_t crossed = sworld_advance(&w, 2 * SV_S);
    /* Three hellos of a second, and the second's fraction that had begun. */
    crossed += sworld_advance(&w, 2 * SV_S);
    assert_true(crossed < 200);
    drain_hosts();
    (void)broadcast_reaches_each_once();
}

static void what_was_learned_is_forgotten_when_the_topology_changes(void **state)
{
    (void)state;
    uint8_t f[128];
    struct sv_station_info s = {.size = sizeof s};
    uint32_t at = 0, n = 0;
    ring(&stp);
    (void)sworld_advance(&w, 5 * SV_S);
    sworld_in(&w, w.bridge[1], 0, f, sworld_frame(f, 255, 9, 0x0800, 60)); /* heard everywhere */
    (void)sworld_settle(&w, 1000);
    while (sv_bridge_station_each(w.bridge[0], &at, &s))
        n++;
    assert_int_equal(n, 1);
    assert_int_equal(s.port, 2);
    w.wire[0].cut = true;
    sv_bridge_port_set_up(w.bridge[0], 2, false, w.now);
    sv_bridge_port_set_up(w.bridge[1], 1, false, w.now);
    drain_hosts();
    (void)sworld_advance(&w, 100 * SV_MS);
    drain_hosts();
    /* Switch 2 had learned it at its port to switch 1 or 0: a frame to it must reach it on the new way. */
    sworld_in(&w, w.bridge[0], 0, f, sworld_frame(f, 9, 1, 0x0800, 60));
    (void)sworld_settle(&w, 1000);
    uint8_t got[128];
    assert_int_equal(sworld_out(&w, w.bridge[1], 0, got, sizeof got), 74);
}

static void an_edge_port_forwards_at_once_and_another_finds_out_in_three_seconds(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, &stp, 1);
    const sv_port edge = sworld_port(&w, br, (struct sv_bridge_port_config){.flags = SV_BPORT_EDGE});
    (void)sworld_drain(&w, br, 0);
    assert_int_equal(sworld_info(br, edge).state, SV_STP_FORWARDING);
    assert_int_equal(sworld_info(br, 0).state, SV_STP_DISCARDING);
    (void)sworld_advance(&w, 4 * SV_S);
    assert_int_equal(sworld_info(br, 0).state, SV_STP_FORWARDING);
    assert_int_equal(sworld_info(br, 0).edge, 1);
}

static void a_guarded_port_is_shut_by_the_first_bpdu(void **state)
{
    (void)state;
    (void)sworld_switch(&w, &stp, 1);
    struct sv_bridge *br = sworld_switch(&w, &stp, 0);
    const sv_port port =
        sworld_port(&w, br, (struct sv_bridge_port_config){.flags = SV_BPORT_EDGE | SV_BPORT_BPDU_GUARD});
    (void)sworld_join(&w, 0, 0, 1, port);
    (void)sworld_advance(&w, 100 * SV_MS);
    assert_int_equal(sworld_info(br, port).guarded, 1);
    assert_int_equal(sworld_info(br, port).up, 0);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_BPDU_GUARD), 1);
    sv_bridge_port_set_up(br, port, true, w.now);
    assert_int_equal(sworld_info(br, port).guarded, 0);
}

static void with_a_peer_of_the_old_protocol_the_old_protocol_is_spoken(void **state)
{
    (void)state;
    struct sv_bridge_config old = stp;
    old.flags |= SV_BRIDGE_STP_LEGACY;
    old.priority = 4096; /* the root, so that we must follow */
    (void)sworld_switch(&w, &stp, 2);
    (void)sworld_switch(&w, &old, 2);
    (void)sworld_join(&w, 0, 0, 1, 0);
    (void)sworld_join(&w, 0, 1, 1, 1);
    (void)sworld_advance(&w, 5 * SV_S);
    assert_int_equal(sworld_info(w.bridge[0], 0).stp_rapid, 0);
    assert_int_equal(sworld_info(w.bridge[0], 0).role, SV_STP_ROOT_PORT);
    assert_int_equal(sworld_info(w.bridge[0], 1).role, SV_STP_ALTERNATE);
    assert_int_equal(sworld_info(w.bridge[1], 0).state, SV_STP_DISCARDING); /* no handshake: it waits */
    (void)sworld_advance(&w, 31 * SV_S); /* max age, then the forward delay (17.29.1) */
    assert_int_equal(sworld_info(w.bridge[0], 0).state, SV_STP_FORWARDING);
    assert_int_equal(sworld_info(w.bridge[1], 0).state, SV_STP_FORWARDING);
    assert_int_equal(sworld_info(w.bridge[0], 1).state, SV_STP_DISCARDING);
}

static void a_cable_from_a_switch_to_itself_is_a_backup(void **state)
{
    (void)state;
    (void)sworld_switch(&w, &stp, 2);
    (void)sworld_join(&w, 0, 0, 0, 1);
    (void)sworld_advance(&w, 40 * SV_S);
    assert_int_equal(sworld_info(w.bridge[0], 0).role, SV_STP_DESIGNATED);
    assert_int_equal(sworld_info(w.bridge[0], 1).role, SV_STP_BACKUP);
    assert_int_equal(sworld_info(w.bridge[0], 1).state, SV_STP_DISCARDING);
}

static void garbage_for_a_bpdu_is_counted_and_harmless(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, &stp, 2);
    uint8_t f[60] = {0x01, 0x80, 0xc2, 0, 0, 0, 2, 0, 0, 0, 0, 9};
    sv_put_u16(f + 12, 38);
    f[14] = f[15] = 0x42;
    f[16] = 3;
    f[20] = 7; /* no such type */
    sworld_in(&w, br, 0, f, 60);
    sv_put_u16(f + 12, 0x88b5); /* an EtherType */
    sworld_in(&w, br, 0, f, 60);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_BPDU_MALFORMED), 2);
    sv_put_u16(f + 12, 1000); /* a length beyond the frame */
    sworld_in(&w, br, 0, f, 60);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_LLC_MALFORMED), 1);
    (void)sworld_drain(&w, br, 0);
    (void)sworld_drain(&w, br, 1);
    assert_int_equal(sworld_held(&w), 0);
}

/* A BPDU of another switch: role and flags as given, better than any of ours, the root itself. */
static void bpdu_in(struct sv_bridge *br, uint8_t version, uint8_t flags, uint32_t cost, uint32_t bpdu_bytes)
{
    uint8_t f[300] = {0x01, 0x80, 0xc2, 0, 0, 0, 2, 0, 0, 0, 0, 9};
    sv_put_u16(f + 12, (uint16_t)(3 + bpdu_bytes));
    f[14] = f[15] = 0x42;
    f[16] = 3;
    uint8_t *b = f + 17;
    b[2] = version;
    b[3] = 2;
    b[4] = flags;
    b[5] = b[17] = 0x10;
    b[12] = 9;
    b[24] = cost ? 10 : 9; /* at a cost it is not the root itself */
    sv_put_u32(b + 13, cost);
    sv_put_u16(b + 25, 0x8001);
    b[29] = 20;
    b[31] = 2;
    b[33] = 15;
    const uint32_t n = 17 + bpdu_bytes;
    sworld_in(&w, br, 0, f, n < 60 ? 60 : n);
}

/* IEEE 802.1Q §13.8: a BPDU of version 3 has version 2's first, then a list of its instances. */
static void the_longer_bpdus_of_a_multiple_tree_are_heard(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, &stp, 2);
    bpdu_in(br, 3, 0x0e, 0, 118);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_LLC_MALFORMED), 0);
    assert_int_equal(sworld_info(br, 0).role, SV_STP_ROOT_PORT);
}

/* §9.2.9: who names no role is taken for what sends configuration BPDUs, a designated port. */
static void a_bpdu_without_a_role_is_a_designated_ports(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, &stp, 2);
    bpdu_in(br, 2, 0x02, 0, 36);
    assert_int_equal(sworld_info(br, 0).role, SV_STP_ROOT_PORT);
}

static void a_way_that_costs_too_much_is_not_cheap(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, &stp, 2);
    struct sv_bridge_info info = {.size = sizeof info};
    bpdu_in(br, 2, 0x0e, UINT32_MAX - 10, 36);
    assert_int_equal(sv_bridge_info(br, &info), SV_OK);
    assert_int_equal(info.root_port, 0);
    assert_int_equal(info.root_cost, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_a_tree_a_loop_of_three_is_a_storm, fresh),
        cmocka_unit_test_setup(a_loop_of_three_settles_well_under_a_second, fresh),
        cmocka_unit_test_setup(all_agree_on_the_best_root, fresh),
        cmocka_unit_test_setup(a_pulled_cable_heals_at_once, fresh),
        cmocka_unit_test_setup(a_cut_that_nobody_sees_heals_when_three_hellos_are_missing, fresh),
        cmocka_unit_test_setup(what_was_learned_is_forgotten_when_the_topology_changes, fresh),
        cmocka_unit_test_setup(an_edge_port_forwards_at_once_and_another_finds_out_in_three_seconds, fresh),
        cmocka_unit_test_setup(a_guarded_port_is_shut_by_the_first_bpdu, fresh),
        cmocka_unit_test_setup(with_a_peer_of_the_old_protocol_the_old_protocol_is_spoken, fresh),
        cmocka_unit_test_setup(a_cable_from_a_switch_to_itself_is_a_backup, fresh),
        cmocka_unit_test_setup(garbage_for_a_bpdu_is_counted_and_harmless, fresh),
        cmocka_unit_test_setup(the_longer_bpdus_of_a_multiple_tree_are_heard, fresh),
        cmocka_unit_test_setup(a_bpdu_without_a_role_is_a_designated_ports, fresh),
        cmocka_unit_test_setup(a_way_that_costs_too_much_is_not_cheap, fresh),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sworld_close(&w);
    return failed;
}
