/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/switch_world.h"

static struct sworld w;
static uint8_t f[2048], got[70000];

static int fresh(void **state)
{
    (void)state;
    sworld_open(&w);
    return 0;
}

static void put(struct sv_bridge *br, sv_port port, uint8_t dst, uint8_t src)
{
    sworld_in(&w, br, port, f, sworld_frame(f, dst, src, 0x0800, 50));
}

static uint32_t waiting(struct sv_bridge *br, sv_port port)
{
    return sworld_info(br, port).queued;
}

static void empty(struct sv_bridge *br)
{
    struct sv_bridge_info info = {.size = sizeof info};
    assert_int_equal(sv_bridge_info(br, &info), SV_OK);
    for (sv_port p = 0; p < info.ports; p++)
        (void)sworld_drain(&w, br, p);
}

static bool find(struct sv_bridge *br, uint8_t last, uint16_t vid, struct sv_station_info *s)
{
    uint32_t at = 0;
    s->size = sizeof *s;
    while (sv_bridge_station_each(br, &at, s))
        if (s->mac[5] == last && s->vid == vid)
            return true;
    return false;
}

static void unknown_is_flooded_known_is_forwarded_and_own_side_is_filtered(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, NULL, 4);
    put(br, 0, 2, 1);
    assert_int_equal(waiting(br, 0), 0);
    for (sv_port p = 1; p < 4; p++)
        assert_int_equal(sworld_drain(&w, br, p), 1);
    put(br, 2, 1, 2);
    assert_int_equal(waiting(br, 0), 1);
    assert_int_equal(waiting(br, 1) + waiting(br, 3), 0);
    put(br, 0, 2, 1);
    assert_int_equal(waiting(br, 2), 1);
    put(br, 2, 2, 3); /* both behind port 2 */
    assert_int_equal(sv_bridge_drops(br, SV_DROP_SAME_PORT), 1);
    empty(br);
    assert_int_equal(sworld_held(&w), 0);
}

static void a_station_is_forgotten_after_its_age_and_not_before(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, NULL, 2);
    struct sv_station_info s;
    put(br, 0, 2, 1);
    (void)sworld_advance(&w, 200 * SV_S);
    put(br, 0, 2, 1); /* heard again */
    (void)sworld_advance(&w, 299 * SV_S);
    assert_true(find(br, 1, 1, &s));
    assert_int_equal(s.age_s, 299);
    (void)sworld_advance(&w, 2 * SV_S);
    assert_false(find(br, 1, 1, &s));
}

static void a_station_that_moves_is_followed_at_once(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, NULL, 3);
    struct sv_station_info s;
    put(br, 0, 2, 1);
    put(br, 1, 9, 1);
    assert_true(find(br, 1, 1, &s));
    assert_int_equal(s.port, 1);
    empty(br);
    put(br, 2, 1, 7);
    assert_int_equal(waiting(br, 1), 1);
    assert_int_equal(waiting(br, 0), 0);
}

static void a_cable_that_is_pulled_forgets_who_was_behind_it(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, NULL, 3);
    struct sv_station_info s;
    put(br, 0, 2, 1);
    put(br, 1, 1, 3); /* lies in port 0's queue */
    sv_bridge_port_set_up(br, 0, false, w.now);
    assert_false(find(br, 1, 1, &s));
    assert_true(find(br, 3, 1, &s));
    assert_int_equal(sv_bridge_drops(br, SV_DROP_INTERFACE_DOWN), 1);
    put(br, 1, 1, 3);
    assert_int_equal(waiting(br, 0), 0);
}

static void a_full_table_does_as_its_policy_says(void **state)
{
    (void)state;
    static const struct {
        uint32_t policy;
        bool first_known, last_known;
        uint32_t refused;
    } line[] = {
        {SV_OVERFLOW_FLOOD, true, false, 0},
        {SV_OVERFLOW_EVICT, false, true, 0},
        {SV_OVERFLOW_REFUSE, true, false, 1},
    };
    for (size_t i = 0; i < 3; i++) {
        const struct sv_bridge_config c = {.stations = 8, .overflow = line[i].policy};
        struct sv_station_info s;
        sworld_open(&w);
        struct sv_bridge *br = sworld_switch(&w, &c, 2);
        for (uint8_t k = 1; k <= 9; k++) {
            put(br, 0, 200, k);
            w.now += SV_MS;
        }
        assert_int_equal(find(br, 1, 1, &s), line[i].first_known);
        assert_int_equal(find(br, 9, 1, &s), line[i].last_known);
        assert_int_equal(sv_bridge_drops(br, SV_DROP_STATION_REFUSED), line[i].refused);
        assert_int_equal(sv_bridge_drops(br, SV_DROP_STATION_NOT_LEARNED), 1);
        assert_int_equal(sworld_drain(&w, br, 1), 9 - line[i].refused);
    }
}

static void a_port_has_its_own_share_and_an_attack_on_it_hurts_nobody_else(void **state)
{
    (void)state;
    const struct sv_bridge_config c = {.stations = 64, .overflow = SV_OVERFLOW_EVICT};
    struct sv_bridge *br = sworld_switch(&w, &c, 1);
    const sv_port bad = sworld_port(&w, br, (struct sv_bridge_port_config){.stations = 4});
    struct sv_station_info s;
    put(br, 0, 200, 1);
    for (uint32_t k = 10; k < 200; k++) {
        put(br, bad, 201, (uint8_t)k);
        w.now += SV_MS;
        empty(br);
    }
    assert_true(find(br, 1, 1, &s));
    assert_true(find(br, 199, 1, &s));
    assert_int_equal(sworld_info(br, bad).stations, 4);
    put(br, bad, 201, 1); /* it pretends to be the other's station: a move, within its share */
    assert_int_equal(sworld_info(br, bad).stations, 4);
}

static void vlans_are_worlds_of_their_own_and_trunks_say_which(void **state)
{
    (void)state;
    const struct sv_bridge_config c = {.flags = SV_BRIDGE_VLAN_AWARE};
    struct sv_bridge *br = sworld_switch(&w, &c, 0);
    const struct sv_bridge_port_config a10 = {.pvid = 10, .flags = SV_BPORT_ONLY_UNTAGGED},
                                       a20 = {.pvid = 20, .flags = SV_BPORT_ONLY_UNTAGGED}, t = {.pvid = 1};
    const sv_port p10 = sworld_port(&w, br, a10), p20 = sworld_port(&w, br, a20), trunk = sworld_port(&w, br, t),
                  q10 = sworld_port(&w, br, a10);
    assert_int_equal(sv_bridge_vlan_add(br, p10, 10, false), SV_OK);
    assert_int_equal(sv_bridge_vlan_add(br, q10, 10, false), SV_OK);
    assert_int_equal(sv_bridge_vlan_add(br, p20, 20, false), SV_OK);
    assert_int_equal(sv_bridge_vlan_add(br, trunk, 10, true), SV_OK);
    assert_int_equal(sv_bridge_vlan_add(br, trunk, 20, true), SV_OK);
    const uint32_t n = sworld_frame(f, 255, 1, 0x0800, 50);
    sworld_in(&w, br, p10, f, n);
    assert_int_equal(waiting(br, p20), 0);
    assert_int_equal(sworld_out(&w, br, q10, got, sizeof got), n);
    assert_memory_equal(got, f, n);
    assert_int_equal(sworld_out(&w, br, trunk, got, sizeof got), n + 4);
    assert_memory_equal(got, f, 12);
    assert_int_equal(sv_get_u16(got + 12), 0x8100);
    assert_int_equal(sv_get_u16(got + 14), 10);
    assert_memory_equal(got + 16, f + 12, n - 12);
    /* Back in by the trunk, with a priority: the tag goes. */
    got[14] |= 0xa0;
    got[11] = 77;
    sworld_in(&w, br, trunk, got, n + 4);
    memcpy(f, got, 12);
    assert_int_equal(sworld_out(&w, br, p10, got, sizeof got), n);
    assert_memory_equal(got, f, n);
    assert_int_equal(waiting(br, p20), 0);
    empty(br);
    /* The same station in the other VLAN is another entry. */
    sworld_in(&w, br, p20, f, sworld_frame(f, 255, 77, 0x0800, 50));
    struct sv_station_info s;
    assert_true(find(br, 77, 10, &s));
    assert_int_equal(s.port, trunk);
    assert_true(find(br, 77, 20, &s));
    assert_int_equal(s.port, p20);
    empty(br);
    assert_int_equal(sworld_held(&w), 0);
}

static void ports_refuse_what_is_not_theirs(void **state)
{
    (void)state;
    const struct sv_bridge_config c = {.flags = SV_BRIDGE_VLAN_AWARE};
    struct sv_bridge *br = sworld_switch(&w, &c, 0);
    const struct sv_bridge_port_config access = {.pvid = 10, .flags = SV_BPORT_ONLY_UNTAGGED}, tagged = {.pvid = 4095};
    const sv_port a = sworld_port(&w, br, access), t = sworld_port(&w, br, tagged);
    assert_int_equal(sv_bridge_vlan_add(br, a, 10, false), SV_OK);
    assert_int_equal(sv_bridge_vlan_add(br, t, 10, true), SV_OK);
    uint32_t n = sworld_frame(f, 255, 1, 0x8100, 60);
    sv_put_u16(f + 14, 10);
    sworld_in(&w, br, a, f, n); /* tagged at an access port: how one hops into another VLAN */
    assert_int_equal(sv_bridge_drops(br, SV_DROP_VLAN_FRAME_TYPE), 1);
    sv_put_u16(f + 14, 0xe000);
    sworld_in(&w, br, a, f, n); /* a priority tag is no VLAN */
    assert_int_equal(waiting(br, t), 1);
    assert_int_equal(sworld_out(&w, br, t, got, sizeof got), n);
    assert_int_equal(sv_get_u16(got + 14), 0xe00a); /* its VLAN put in, its priority kept */
    sv_put_u16(f + 14, 11);
    sworld_in(&w, br, t, f, n);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_VLAN_INGRESS), 1);
    n = sworld_frame(f, 255, 1, 0x0800, 60);
    sworld_in(&w, br, t, f, n); /* untagged where there is no native VLAN */
    assert_int_equal(sv_bridge_drops(br, SV_DROP_VLAN_INGRESS), 2);
}

static void a_tunnel_carries_tags_under_a_tag(void **state)
{
    (void)state;
    const struct sv_bridge_config c = {.flags = SV_BRIDGE_VLAN_AWARE};
    struct sv_bridge *br = sworld_switch(&w, &c, 0);
    const sv_port in = sworld_port(&w, br, (struct sv_bridge_port_config){.pvid = 100, .flags = SV_BPORT_TUNNEL});
    const sv_port out = sworld_port(&w, br, (struct sv_bridge_port_config){.pvid = 4095, .tpid = SV_TPID_SERVICE});
    assert_int_equal(sv_bridge_vlan_add(br, in, 100, false), SV_OK);
    assert_int_equal(sv_bridge_vlan_add(br, out, 100, true), SV_OK);
    const uint32_t n = sworld_frame(f, 255, 1, 0x8100, 60);
    sv_put_u16(f + 14, 10);
    sworld_in(&w, br, in, f, n);
    assert_int_equal(sworld_out(&w, br, out, got, sizeof got), n + 4);
    assert_int_equal(sv_get_u16(got + 12), SV_TPID_SERVICE);
    assert_int_equal(sv_get_u16(got + 14), 100);
    assert_int_equal(sv_get_u16(got + 16), 0x8100);
    assert_int_equal(sv_get_u16(got + 18), 10);
    got[11] = 5;
    sworld_in(&w, br, out, got, n + 4);
    f[11] = 5;
    assert_int_equal(sworld_out(&w, br, in, got, sizeof got), n);
    assert_memory_equal(got, f, n);
}

static void reserved_groups_are_never_forwarded(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, NULL, 2);
    for (uint8_t last = 0; last < 16; last++) {
        const uint32_t n = sworld_frame(f, 0, 1, 0x88cc, 60);
        memcpy(f, "\x01\x80\xc2\0\0", 5);
        f[5] = last;
        sworld_in(&w, br, 0, f, n);
    }
    assert_int_equal(sv_bridge_drops(br, SV_DROP_RESERVED_GROUP), 16);
    f[5] = 16;
    sworld_in(&w, br, 0, f, 74);
    assert_int_equal(waiting(br, 1), 1);
}

static void isolated_ports_meet_nobody_but_the_others(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, NULL, 1);
    const struct sv_bridge_port_config c = {.flags = SV_BPORT_ISOLATED};
    const sv_port a = sworld_port(&w, br, c), b = sworld_port(&w, br, c);
    put(br, a, 255, 1);
    assert_int_equal(sworld_drain(&w, br, 0), 1);
    assert_int_equal(sworld_drain(&w, br, b), 0);
    put(br, b, 1, 2);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_ISOLATED), 1);
    put(br, 0, 1, 3);
    assert_int_equal(sworld_drain(&w, br, a), 1);
}

static void a_mirror_sees_and_does_not_take_part(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, NULL, 2);
    const sv_port m = sworld_port(&w, br, (struct sv_bridge_port_config){.mirror_in = 1, .mirror_out = 1});
    put(br, 0, 255, 1); /* in at 0; not flooded to the mirror as well */
    assert_int_equal(sworld_drain(&w, br, m), 1);
    put(br, 1, 1, 2); /* out at 0 */
    assert_int_equal(sworld_drain(&w, br, m), 1);
    put(br, 1, 9, 2); /* unknown: floods to 0 */
    assert_int_equal(sworld_drain(&w, br, m), 1);
    put(br, m, 255, 3);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_MIRROR_PORT), 1);
    empty(br);
    assert_int_equal(sworld_held(&w), 0);
}

static void storms_are_cut_to_their_rate(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, NULL, 1);
    const sv_port p = sworld_port(&w, br, (struct sv_bridge_port_config){.storm = {100, 0, 50}});
    uint32_t through = 0;
    for (uint32_t i = 0; i < 2000; i++) { /* 1,000 a second for two seconds */
        put(br, p, 255, 1);
        through += sworld_drain(&w, br, 0);
        w.now += SV_MS;
    }
    assert_in_range(through, 200, 215);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_STORM), 2000 - through);
    through = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        put(br, p, 77, 1); /* unknown unicast has a limit of its own */
        through += sworld_drain(&w, br, 0);
        w.now += SV_MS;
    }
    assert_in_range(through, 100, 110);
    put(br, 0, 1, 77); /* now it is known: no limit */
    (void)sworld_drain(&w, br, p);
    for (uint32_t i = 0; i < 100; i++) {
        put(br, p, 77, 1);
        assert_int_equal(sworld_drain(&w, br, 0), 1);
    }
}

static void arp_is_limited_and_answered_for_others(void **state)
{
    (void)state;
    const struct sv_bridge_config c = {.flags = SV_BRIDGE_PROXY_ARP};
    struct sv_bridge *br = sworld_switch(&w, &c, 2);
    uint8_t ask[60] = {255, 255, 255, 255, 255, 255, 2, 0,  0, 0, 0, 1, 8, 6, 0, 1, 8, 0,  6, 4, 0,
                       1,   2,   0,   0,   0,   0,   1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};
    sworld_in(&w, br, 0, ask, 60);
    assert_int_equal(sworld_drain(&w, br, 1), 1); /* nobody heard of yet */
    uint8_t other[60];
    memcpy(other, ask, 60);
    other[11] = other[27] = 2;
    other[31] = 2;
    other[41] = 1;
    sworld_in(&w, br, 1, other, 60); /* asks in its turn for the first, which was heard of: answered */
    assert_int_equal(sv_bridge_drops(br, SV_DROP_ARP_PROXIED), 1);
    assert_int_equal(waiting(br, 0), 0);
    assert_int_equal(sworld_out(&w, br, 1, got, sizeof got), 42);
    assert_int_equal(got[21], 2);                                /* a reply */
    assert_memory_equal(got + 22, "\2\0\0\0\0\1\x0a\0\0\1", 10); /* the first's addresses */
    assert_memory_equal(got + 32, "\2\0\0\0\0\2\x0a\0\0\2", 10);
    assert_memory_equal(got, "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
    memset(other + 28, 0, 4); /* a probe must reach whoever has the address */
    sworld_in(&w, br, 1, other, 60);
    assert_int_equal(sworld_drain(&w, br, 0), 1);
    const sv_port slow = sworld_port(&w, br, (struct sv_bridge_port_config){.arp = 10});
    other[11] = other[27] = 9;
    for (uint32_t i = 0; i < 20; i++)
        sworld_in(&w, br, slow, other, 60);
    assert_in_range(sv_bridge_drops(br, SV_DROP_ARP_FLOOD_LIMIT), 18, 19);
}

/* The MTU is without Ethernet's header and tags: tags make a frame longer, nothing else does. */
static void what_a_port_may_send_is_its_mtu_and_tags(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, NULL, 2);
    sworld_in(&w, br, 0, f, sworld_frame(f, 255, 1, 0x0800, 1500));
    assert_int_equal(sworld_drain(&w, br, 1), 1);
    sworld_in(&w, br, 0, f, sworld_frame(f, 255, 1, 0x0800, 1501));
    assert_int_equal(sworld_drain(&w, br, 1), 0);
    for (uint32_t tags = 1; tags <= 2; tags++) {
        const uint32_t n = sworld_frame(f, 255, 1, 0x8100, 4 * tags + 1500);
        sv_put_u16(f + 14, 5);
        sv_put_u16(f + 16, tags == 1 ? 0x0800 : 0x8100);
        sv_put_u16(f + 20, 0x0800);
        sworld_in(&w, br, 0, f, n);
        assert_int_equal(sworld_drain(&w, br, 1), 1);
        sworld_in(&w, br, 0, f, n + 1);
        assert_int_equal(sworld_drain(&w, br, 1), 0);
    }
    assert_int_equal(sv_bridge_drops(br, SV_DROP_TOO_LONG), 3);
}

/* Of a super-frame each segment must fit, its headers too. */
static void a_super_frame_is_as_long_as_its_segments(void **state)
{
    (void)state;
    static uint8_t super[4096];
    struct sv_bridge *br = sworld_switch(&w, NULL, 2);
    for (uint32_t gso = 1460; gso <= 1461; gso++) {
        const uint32_t n = sworld_frame(super, 255, 1, 0x0800, 40 + 3000);
        super[14] = 0x45;
        super[14 + 9] = 6;
        super[34 + 12] = 5u << 4;
        struct sv_buf *b = sworld_packet(&w, super, n);
        b->flags |= SV_BUF_GSO_TCP4 | SV_BUF_CSUM_PARTIAL;
        b->csum_start = 34;
        b->csum_offset = 16;
        b->gso_size = (uint16_t)gso;
        b->segments = 3;
        sworld_give(&w, br, 0, b);
        assert_int_equal(sworld_drain(&w, br, 1), gso == 1460 ? 3 : 0);
    }
    assert_int_equal(sv_bridge_drops(br, SV_DROP_TOO_LONG), 1);
}

/* A flooded packet is the sender's own slab: tagged, cut and completed on its way out, it must stay whole. */
static void what_the_sender_still_holds_stays_whole(void **state)
{
    (void)state;
    const struct sv_bridge_config c = {.flags = SV_BRIDGE_VLAN_AWARE};
    struct sv_bridge *br = sworld_switch(&w, &c, 3);
    assert_int_equal(sv_bridge_vlan_add(br, 1, 1, true), SV_OK);
    const uint32_t n = sworld_frame(f, 255, 1, 0x0800, 1400);
    struct sv_buf *b = sworld_packet(&w, f, n);
    struct sv_buf *held = sv_buf_clone(b, SV_WANT_DATA);
    b->flags |= SV_BUF_CSUM_PARTIAL;
    b->csum_start = 34;
    b->csum_offset = 16;
    sworld_give(&w, br, 0, b);
    assert_int_equal(sworld_out(&w, br, 1, got, sizeof got), n + 4);
    assert_int_equal(sv_get_u16(got + 12), 0x8100);
    assert_true(memcmp(got + 16 + 38, f + 12 + 38, 2) != 0); /* the checksum was completed in the copy */
    assert_int_equal(sworld_out(&w, br, 2, got, sizeof got), n);
    assert_true(sv_buf_read(held, 0, got, n));
    assert_memory_equal(got, f, n);
    sv_buf_free(held);
    assert_int_equal(sworld_held(&w), 0);
}

static void nothing_leaks_and_drops_are_counted_when_memory_is_out(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, NULL, 4);
    struct sv_buf *all[4096];
    uint32_t n = 0;
    struct sv_buf *b = sworld_packet(&w, f, sworld_frame(f, 255, 1, 0x0800, 50));
    while (n < 4096 && (all[n] = sv_buf_alloc(w.pool, SV_WANT_CONTROL, 0)) != NULL)
        n++;
    sworld_give(&w, br, 0, b);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_NO_MEMORY), 2); /* two clones; the last port has the packet itself */
    assert_int_equal(sworld_drain(&w, br, 3), 1);
    while (n)
        sv_buf_free(all[--n]);
    assert_int_equal(sworld_held(&w), 0);
}

static void configurations_out_of_range_are_refused(void **state)
{
    (void)state;
    struct sv_bridge_config c = {.size = sizeof c, .ports = 65, .mac = {2}};
    assert_null(sv_bridge_create(w.arena, w.pool, &c, w.now));
    c.ports = 2;
    c.max_age_s = 40; /* 2 (15 - 1) < 40 */
    assert_null(sv_bridge_create(w.arena, w.pool, &c, w.now));
    c.max_age_s = 0;
    c.size = 1;
    assert_null(sv_bridge_create(w.arena, w.pool, &c, w.now));
    struct sv_bridge *br = sworld_switch(&w, NULL, 16);
    struct sv_bridge_port_config p = {.size = sizeof p};
    sv_port port;
    assert_int_equal(sv_bridge_port_add(br, &p, &port, w.now), SV_ERR_NO_MEMORY);
    p.pvid = 5000;
    assert_int_equal(sv_bridge_port_add(br, &p, &port, w.now), SV_ERR_INVALID);
    assert_int_equal(sv_bridge_vlan_add(br, 16, 1, false), SV_ERR_INVALID);
    assert_int_equal(sv_bridge_vlan_add(br, 0, 4095, false), SV_ERR_INVALID);
    assert_int_equal(sv_bridge_vlan_remove(br, 0, 0), SV_ERR_INVALID);
}

static void frames_too_long_for_a_port_and_frames_too_short_for_any_are_dropped(void **state)
{
    (void)state;
    struct sv_bridge *br = sworld_switch(&w, NULL, 2);
    const sv_port jumbo = sworld_port(&w, br, (struct sv_bridge_port_config){.mtu = 9216});
    static uint8_t big[9230];
    sworld_in(&w, br, jumbo, big, sworld_frame(big, 255, 1, 0x0800, 9216));
    assert_int_equal(sv_bridge_drops(br, SV_DROP_TOO_LONG), 2);
    sworld_in(&w, br, 0, f, 13);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_SHORT_HEADER), 1);
    sworld_in(&w, br, 1, big, sworld_frame(big, 255, 2, 0x0800, 1500));
    assert_int_equal(sworld_drain(&w, br, jumbo), 1);
    const uint32_t n = sworld_frame(f, 2, 1, 0x0800, 46);
    f[6] |= 1; /* a group cannot send */
    sworld_in(&w, br, 0, f, n);
    assert_int_equal(sv_bridge_drops(br, SV_DROP_BAD_SOURCE), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(unknown_is_flooded_known_is_forwarded_and_own_side_is_filtered, fresh),
        cmocka_unit_test_setup(a_station_is_forgotten_after_its_age_and_not_before, fresh),
        cmocka_unit_test_setup(a_station_that_moves_is_followed_at_once, fresh),
        cmocka_unit_test_setup(a_cable_that_is_pulled_forgets_who_was_behind_it, fresh),
        cmocka_unit_test_setup(a_full_table_does_as_its_policy_says, fresh),
        cmocka_unit_test_setup(a_port_has_its_own_share_and_an_attack_on_it_hurts_nobody_else, fresh),
        cmocka_unit_test_setup(vlans_are_worlds_of_their_own_and_trunks_say_which, fresh),
        cmocka_unit_test_setup(ports_refuse_what_is_not_theirs, fresh),
        cmocka_unit_test_setup(a_tunnel_carries_tags_under_a_tag, fresh),
        cmocka_unit_test_setup(reserved_groups_are_never_forwarded, fresh),
        cmocka_unit_test_setup(isolated_ports_meet_nobody_but_the_others, fresh),
        cmocka_unit_test_setup(a_mirror_sees_and_does_not_take_part, fresh),
        cmocka_unit_test_setup(storms_are_cut_to_their_rate, fresh),
        cmocka_unit_test_setup(arp_is_limited_and_answered_for_others, fresh),
        cmocka_unit_test_setup(what_a_port_may_send_is_its_mtu_and_tags, fresh),
        cmocka_unit_test_setup(a_super_frame_is_as_long_as_its_segments, fresh),
        cmocka_unit_test_setup(what_the_sender_still_holds_stays_whole, fresh),
        cmocka_unit_test_setup(nothing_leaks_and_drops_are_counted_when_memory_is_out, fresh),
        cmocka_unit_test_setup(configurations_out_of_range_are_refused, fresh),
        cmocka_unit_test_setup(frames_too_long_for_a_port_and_frames_too_short_for_any_are_dropped, fresh),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sworld_close(&w);
    return failed;
}
