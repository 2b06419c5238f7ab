/* SPDX-License-Identifier: BSD-2-Clause */
/* Hosts that speak through tagged interfaces: every frame on the wire carries the tags, and only frames with them are
 * theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/cursor.h"
#include "seven/seven.h"

#define BYTES (16u << 20)

static struct {
    void *memory;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_stack *stack[2];
    sv_port port[2], tagged[2];
    sv_time now;
    uint32_t frames, with_tags;
    uint8_t tags[8];
    uint32_t tag_bytes;
} w;

static int fresh(void **state)
{
    (void)state;
    void *memory = w.memory ? w.memory : aligned_alloc(4096, BYTES);
    memset(&w, 0, sizeof w);
    memset(memory, 0, BYTES);
    w.memory = memory;
    w.now = SV_S;
    w.arena = sv_arena_create(memory, BYTES);
    w.pool = sv_pool_create(w.arena, 512, 512);
    for (uint8_t h = 0; h < 2; h++) {
        const struct sv_stack_config c = {
            .size = sizeof c, .host = h + 1u, .seed = 5, .connections = 8, .half_open = 8, .time_waits = 8};
        const struct sv_interface_config i = {.size = sizeof i, .flags = SV_IF_NO_ARP_PROBE, .mac = {2, 0, 0, 0, 0, h}};
        w.stack[h] = sv_stack_create(w.arena, w.pool, &c, w.now);
        assert_non_null(w.stack[h]);
        assert_int_equal(sv_interface_add(w.stack[h], &i, &w.port[h], w.now), SV_OK);
        w.tagged[h] = w.port[h];
    }
    return 0;
}

static void tag(uint32_t h, uint16_t tpid, uint16_t vid)
{
    assert_int_equal(sv_interface_add_tagged(w.stack[h], w.tagged[h], tpid, vid, &w.tagged[h], w.now), SV_OK);
    if (h == 0) {
        sv_put_u16(w.tags + w.tag_bytes, tpid);
        sv_put_u16(w.tags + w.tag_bytes + 2, vid);
        w.tag_bytes += 4;
    }
}

static void address(uint32_t h, sv_port port)
{
    const struct sv_addr a = sv_addr_v4(10, 0, 0, (uint8_t)(h + 1u));
    assert_int_equal(sv_address_add(w.stack[h], port, &a, 24, w.now), SV_OK);
}

/* Frames go both ways until both are silent. */
static void exchange(void)
{
    for (uint32_t turn = 0, silent = 0; silent < 2; turn ^= 1) {
        const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX};
        struct sv_burst b = {.n = 0};
        struct sv_node *from = sv_stack_node(w.stack[turn]);
        w.now += SV_MS;
        sv_node_expire(from, w.now);
        const sv_port next = sv_node_next_output(from, SV_NO_PORT);
        assert_true(next == SV_NO_PORT || next == w.port[turn]); /* never a tagged one: no device is joined to it */
        const uint32_t n = sv_node_transmit(from, w.port[turn], room, &b, w.now);
        silent = n ? 0 : silent + 1;
        for (uint32_t i = 0; i < n; i++) {
            uint8_t head[26];
            assert_true(sv_buf_read(b.packet[i], 0, head, sizeof head));
            w.frames++;
            w.with_tags += memcmp(head + 12, w.tags, w.tag_bytes) == 0;
        }
        sv_node_receive(sv_stack_node(w.stack[turn ^ 1]), w.port[turn ^ 1], &b, w.now);
    }
}

static enum sv_err talk(void)
{
    const struct sv_endpoint any = {.addr = sv_addr_v4(0, 0, 0, 0), .port = 80},
                             there = {.addr = sv_addr_v4(10, 0, 0, 2), .port = 80};
    static uint8_t data[20000], got[20000];
    sv_sock listener, from, to;
    size_t taken = 0, n = 0, part = 0;
    assert_int_equal(sv_listen(w.stack[1], &any, NULL, &listener, w.now), SV_OK);
    assert_int_equal(sv_connect(w.stack[0], &there, NULL, &from, w.now), SV_OK);
    exchange();
    const enum sv_err e = sv_accept(w.stack[1], listener, &to, w.now);
    if (e != SV_OK)
        return e;
    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 13u);
    assert_int_equal(sv_send(w.stack[0], from, data, sizeof data, &taken, w.now), SV_OK);
    assert_int_equal(taken, sizeof data);
    exchange();
    while (n < sizeof data && sv_recv(w.stack[1], to, got + n, sizeof got - n, &part, w.now) == SV_OK)
        n += part;
    assert_int_equal(n, sizeof data);
    assert_memory_equal(data, got, sizeof data);
    return SV_OK;
}

static void tcp_speaks_through_a_tag(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 2; h++) {
        tag(h, 0x8100, 10);
        address(h, w.tagged[h]);
    }
    assert_int_equal(talk(), SV_OK);
    assert_true(w.frames > 15);
    assert_int_equal(w.frames, w.with_tags);
}

static void and_through_two(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 2; h++) {
        tag(h, 0x88a8, 100);
        tag(h, 0x8100, 10);
        address(h, w.tagged[h]);
    }
    assert_int_equal(talk(), SV_OK);
    assert_int_equal(w.frames, w.with_tags);
}

static void another_vlan_is_another_world(void **state)
{
    (void)state;
    tag(0, 0x8100, 10);
    tag(1, 0x8100, 11);
    address(0, w.tagged[0]);
    address(1, w.tagged[1]);
    assert_int_equal(talk(), SV_ERR_AGAIN);
    assert_true(sv_stack_drops(w.stack[1], SV_DROP_VLAN_UNKNOWN) > 0);
}

static void a_priority_tag_is_no_vlan_and_snap_is_ethernet(void **state)
{
    (void)state;
    static const uint8_t all[6] = {255, 255, 255, 255, 255, 255},
                         arp[28] = {0,  1, 8, 0, 6, 4, 0, 1, 2, 0, 0,  0, 0, 9,
                                    10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};
    static const struct {
        uint8_t head[10];
        uint32_t n;
    } form[] = {
        {{8, 6}, 2}, {{0x81, 0, 0xe0, 0, 8, 6}, 6}, {{0, 36, 0xaa, 0xaa, 3, 0, 0, 0, 8, 6}, 10}, /* length, LLC, SNAP */
    };
    address(1, w.port[1]);
    for (size_t i = 0; i < 3; i++) {
        struct sv_burst b = {.n = 1};
        const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX};
        uint8_t f[64] = {0};
        memcpy(f, all, 6);
        f[6] = 2;
        f[11] = 9;
        memcpy(f + 12, form[i].head, form[i].n);
        memcpy(f + 12 + form[i].n, arp, 28);
        b.packet[0] = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 0);
        assert_true(sv_buf_append(b.packet[0], f, sizeof f, SV_WANT_DATA));
        sv_node_receive(sv_stack_node(w.stack[1]), w.port[1], &b, w.now);
        b.n = 0;
        assert_int_equal(sv_node_transmit(sv_stack_node(w.stack[1]), w.port[1], room, &b, w.now), 1);
        sv_buf_free(b.packet[0]);
    }
}

static void a_filter_lets_all_in(void **state)
{
    (void)state;
    uint8_t f[60] = {2, 0, 0, 0, 0, 77, 2, 0, 0, 0, 0, 9, 8, 0};
    for (uint32_t open = 0; open < 2; open++) {
        struct sv_burst b = {.n = 1};
        const uint64_t before = sv_stack_drops(w.stack[1], SV_DROP_NOT_FOR_US);
        sv_interface_set_filter(w.stack[1], w.port[1], false, open != 0);
        b.packet[0] = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 0);
        assert_true(sv_buf_append(b.packet[0], f, sizeof f, SV_WANT_DATA));
        sv_node_receive(sv_stack_node(w.stack[1]), w.port[1], &b, w.now);
        assert_int_equal(sv_stack_drops(w.stack[1], SV_DROP_NOT_FOR_US) - before, open ? 0 : 1);
    }
}

static void what_is_no_tag_is_refused(void **state)
{
    (void)state;
    sv_port p;
    assert_int_equal(sv_interface_add_tagged(w.stack[0], 9, 0x8100, 1, &p, w.now), SV_ERR_INVALID);
    assert_int_equal(sv_interface_add_tagged(w.stack[0], 0, 0x8100, 0, &p, w.now), SV_ERR_INVALID);
    assert_int_equal(sv_interface_add_tagged(w.stack[0], 0, 0x8100, 4095, &p, w.now), SV_ERR_INVALID);
    assert_int_equal(sv_interface_add_tagged(w.stack[0], 0, 0x0800, 5, &p, w.now), SV_ERR_INVALID);
    assert_int_equal(sv_interface_add_tagged(w.stack[0], 0, 0x8100, 5, &p, w.now), SV_OK);
    assert_int_equal(sv_interface_add_tagged(w.stack[0], 0, 0x8100, 5, &p, w.now), SV_ERR_IN_USE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tcp_speaks_through_a_tag, fresh),
        cmocka_unit_test_setup(and_through_two, fresh),
        cmocka_unit_test_setup(another_vlan_is_another_world, fresh),
        cmocka_unit_test_setup(a_priority_tag_is_no_vlan_and_snap_is_ethernet, fresh),
        cmocka_unit_test_setup(a_filter_lets_all_in, fresh),
        cmocka_unit_test_setup(what_is_no_tag_is_refused, fresh),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(w.memory);
    return failed;
}
