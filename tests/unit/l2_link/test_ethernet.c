/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/net_world.h"

static struct world w;

static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    world_add(&w, 1500, false);
    return 0;
}
static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static void frames_are_taken_or_refused_by_destination_type_and_length(void **state)
{
    (void)state;
    static const struct {
        const char *dst;
        uint8_t src0;
        uint16_t type;
        uint32_t n;
        enum sv_drop why;
    } line[] = {
        {HOST1, 2, 0x1234, 60, SV_DROP_UNKNOWN_ETHERTYPE},
        {HOST1, 2, 0x0026, 60, SV_DROP_UNKNOWN_ETHERTYPE}, /* 802.3 length */
        {HOST1, 2, 0x05ff, 60, SV_DROP_LLC_MALFORMED},     /* longer than the frame */
        {"\2\0\0\0\0\2", 2, 0x0800, 60, SV_DROP_NOT_FOR_US},
        {"\1\0\x5e\0\0\5", 2, 0x0800, 60, SV_DROP_NOT_FOR_US},  /* a group nobody joined */
        {"\1\0\x5e\0\0\1", 2, 0x0800, 60, SV_DROP_BAD_VERSION}, /* all hosts: taken, then not IP */
        {ALL, 2, 0x0800, 60, SV_DROP_BAD_VERSION},
        {HOST1, 3, 0x0800, 60, SV_DROP_BAD_SOURCE}, /* a group address as source */
        {HOST1, 2, 0x0800, 13, SV_DROP_SHORT_HEADER},
        {HOST1, 2, 0x0800, 14, SV_DROP_SHORT_HEADER}, /* no IP header behind it */
    };
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        uint8_t f[60] = {0};
        const uint64_t before = world_drops(w.host[0], line[i].why);
        memcpy(f, line[i].dst, 6);
        f[6] = line[i].src0;
        sv_put_u16(f + 12, line[i].type);
        world_in(&w, w.host[0], f, line[i].n);
        if (world_drops(w.host[0], line[i].why) != before + 1)
            fail_msg("line %zu: not dropped %s", i, sv_drop_name(line[i].why));
    }
    assert_int_equal(world_held(&w), 0);
}

static void a_header_emitted_is_the_header_parsed(void **state)
{
    (void)state;
    const uint8_t dst[6] = {2, 1, 2, 3, 4, 5}, src[6] = {2, 9, 8, 7, 6, 5};
    struct sv_eth_hdr h;
    struct sv_buf *b = sv_buf_alloc(w.pool, SV_WANT_DATA, 0);
    sv_eth_emit(b, dst, src, SV_ETHERTYPE_IP4);
    assert_int_equal(b->length, 14);
    assert_int_equal(sv_eth_parse(b, &h), SV_DROP_NONE);
    assert_memory_equal(h.dst, dst, 6);
    assert_memory_equal(h.src, src, 6);
    assert_int_equal(h.type, SV_ETHERTYPE_IP4);
    assert_int_equal(b->length, 0);
    sv_buf_free(b);
}

static void a_full_queue_and_a_down_interface_drop_and_count(void **state)
{
    (void)state;
    struct world_host *h = w.host[0];
    struct sv_interfaces *t = &h->net.link.interfaces;
    for (uint32_t i = 0; i < 70; i++)
        sv_interface_enqueue(&h->core, t, 0, sv_buf_alloc(w.pool, SV_WANT_DATA, 0));
    assert_int_equal(sv_interface_of(t, 0)->queue.packets, 64);
    assert_int_equal(world_drops(h, SV_DROP_QUEUE_FULL), 6);
    sv_net_interface_set(&h->core, &h->net, 0, false);
    assert_int_equal(world_drops(h, SV_DROP_INTERFACE_DOWN), 64);
    assert_false(sv_interface_enqueue(&h->core, t, 0, sv_buf_alloc(w.pool, SV_WANT_DATA, 0)));
    assert_int_equal(world_drops(h, SV_DROP_INTERFACE_DOWN), 65);
    assert_int_equal(world_held(&w), 0);
}

static void a_frame_leaves_only_if_it_fits_the_room(void **state)
{
    (void)state;
    struct world_host *h = w.host[0];
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 0);
    const uint8_t bytes[100] = {0};
    assert_true(sv_buf_append(b, bytes, 100, SV_WANT_DATA));
    sv_interface_enqueue(&h->core, &h->net.link.interfaces, 0, b);
    assert_null(sv_interface_dequeue(&h->core, &h->net.link.interfaces, 0, (struct sv_room){1, 99, 0}));
    b = sv_interface_dequeue(&h->core, &h->net.link.interfaces, 0, (struct sv_room){1, 100, 0});
    assert_non_null(b);
    sv_buf_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_are_taken_or_refused_by_destination_type_and_length, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(a_header_emitted_is_the_header_parsed, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_full_queue_and_a_down_interface_drop_and_count, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_frame_leaves_only_if_it_fits_the_room, open_world, close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
