/* SPDX-License-Identifier: BSD-2-Clause */
/* Forwarding as a router does it: what goes on, what is refused and told, what is edited, and whose bytes are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/packet_sum.h"
#include "l3_network/forward.h"
#include "tests/support/net_world_ip6.h"

static struct world w;
static struct world_host *h;
static struct world_frame out;
static uint8_t f[2000], p[1600];

/* A router on 10.0.0.0/24 (port 0), with 192.0.2.0/24 behind 10.0.0.9, whose MAC is known. */
static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    h = world_add(&w, 1500, false);
    const struct sv_addr far = sv_addr_v4(192, 0, 2, 0), gateway = sv_addr_v4(10, 0, 0, 9);
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    assert_int_equal(sv_route_insert(&h->net.routes, &far, 96 + 24, &gateway, 0, 0), SV_OK);
    const struct sv_addr sender = sv_addr_v4(10, 0, 0, 7);
    assert_true(sv_neighbour_set(&h->core, &h->net.link, 0, &gateway, mac));
    assert_true(sv_neighbour_set(&h->core, &h->net.link, 0, &sender, mac));
    h->net.forward = 1;
    h->net.acl = (struct sv_acl){0};
    /* Here packets leave where they came in, of which their senders would hear. */
    sv_interface_of(&h->net.link.interfaces, 0)->flags |= SV_IF_NO_REDIRECTS;
    return 0;
}
static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static void acl_room(uint32_t lines)
{
    assert_true(sv_acl_init(&h->net.acl, w.arena, lines));
}

static uint32_t udp_to(uint32_t from, uint32_t to, uint16_t port, uint32_t payload)
{
    static uint8_t data[1500];
    const uint32_t n = world_udp(p, 1234, port, data, payload);
    return world_ip(f, HOST1, from, to, 17, 1, 0, p, n);
}

static bool passes(uint32_t n)
{
    world_in(&w, h, f, n);
    return world_out(&w, h, &out) && sv_get_u32(out.bytes + 30) == sv_get_u32(f + 30);
}

static struct sv_interface *port0(void)
{
    return sv_interface_of(&h->net.link.interfaces, 0);
}

static void addresses_of_one_link_are_never_forwarded(void **state)
{
    (void)state;
    assert_true(passes(udp_to(IP(10, 0, 0, 7), IP(192, 0, 2, 1), 9, 10)));
    assert_false(passes(udp_to(IP(169, 254, 3, 4), IP(192, 0, 2, 1), 9, 10)));
    assert_false(passes(udp_to(IP(10, 0, 0, 7), IP(169, 254, 1, 1), 9, 10)));
    assert_int_equal(world_drops(h, SV_DROP_SCOPE), 2);
    assert_int_equal(h->net.forwarding.packets, 1);
    assert_int_equal(world_held(&w), 0);
}

/* RFC 1812 §5.3.8: nobody else speaks under an address of ours; silently, for an error would go to ourselves. */
static void our_own_address_as_a_source_is_forged(void **state)
{
    (void)state;
    assert_false(passes(udp_to(IP(10, 0, 0, 1), IP(192, 0, 2, 1), 9, 10)));
    assert_int_equal(world_drops(h, SV_DROP_BAD_SOURCE), 1);
    assert_false(world_out(&w, h, &out));
    assert_true(passes(udp_to(IP(10, 0, 0, 7), IP(192, 0, 2, 1), 9, 10)));
    assert_int_equal(h->net.forwarding.packets, 1);
    assert_int_equal(world_held(&w), 0);
}

static void the_source_must_be_reached_that_way(void **state)
{
    (void)state;
    port0()->flags |= SV_IF_RPF_LOOSE;
    assert_true(passes(udp_to(IP(10, 0, 0, 7), IP(192, 0, 2, 1), 9, 10)));
    assert_false(passes(udp_to(IP(198, 51, 100, 7), IP(192, 0, 2, 1), 9, 10))); /* no route at all */
    port0()->flags = (port0()->flags & ~(uint32_t)SV_IF_RPF_LOOSE) | SV_IF_RPF_STRICT;
    assert_true(passes(udp_to(IP(10, 0, 0, 7), IP(192, 0, 2, 1), 9, 10)));
    const struct sv_addr there = sv_addr_v4(198, 51, 100, 0), none = {{0}};
    assert_int_equal(sv_route_insert(&h->net.routes, &there, 96 + 24, &none, 1, 0), SV_OK); /* by another port */
    assert_false(passes(udp_to(IP(198, 51, 100, 7), IP(192, 0, 2, 1), 9, 10)));
    assert_int_equal(world_drops(h, SV_DROP_SOURCE_CHECK), 2);
}

static void the_first_line_that_agrees_decides(void **state)
{
    (void)state;
    acl_room(4);
    struct sv_acl_info l = {.size = sizeof l, .in = SV_NO_PORT, .out = SV_NO_PORT};
    l.action = SV_ACL_ACCEPT;
    l.protocol = 17;
    l.dst_port_first = l.dst_port_last = 53;
    assert_int_equal(sv_acl_append(&h->net.acl, &l), SV_OK);
    l.action = SV_ACL_REJECT;
    l.dst_port_first = 1;
    l.dst_port_last = 1023;
    l.src = sv_addr_v4(10, 0, 0, 0);
    l.src_length = 8;
    assert_int_equal(sv_acl_append(&h->net.acl, &l), SV_OK);
    l.action = SV_ACL_DROP;
    l.dst_port_first = l.dst_port_last = 2000;
    l.src_length = 0;
    assert_int_equal(sv_acl_append(&h->net.acl, &l), SV_OK);
    assert_true(passes(udp_to(IP(10, 0, 0, 7), IP(192, 0, 2, 1), 53, 10)));
    world_in(&w, h, f, udp_to(IP(10, 0, 0, 7), IP(192, 0, 2, 1), 80, 10));
    assert_true(world_out(&w, h, &out)); /* told: administratively prohibited */
    assert_int_equal(out.bytes[34] << 8 | out.bytes[35], 0x030d);
    assert_false(passes(udp_to(IP(10, 0, 0, 7), IP(192, 0, 2, 1), 2000, 10)));
    assert_true(passes(udp_to(IP(10, 0, 0, 7), IP(192, 0, 2, 1), 3000, 10)));
    assert_int_equal(world_drops(h, SV_DROP_ACL), 2);
    assert_int_equal(sv_acl_line(&h->net.acl, 0)->packets, 1);
    /* A later fragment has no ports: it is neither dropped nor rejected for them. */
    assert_true(passes(world_ip(f, HOST1, IP(10, 0, 0, 7), IP(192, 0, 2, 1), 17, 5, 0x0010, p, 40)));
    l.dst_port_first = 9;
    l.dst_port_last = 8;
    assert_int_equal(sv_acl_append(&h->net.acl, &l), SV_ERR_INVALID);
    l.dst_port_last = 9;
    assert_int_equal(sv_acl_append(&h->net.acl, &l), SV_OK);
    assert_int_equal(sv_acl_append(&h->net.acl, &l), SV_ERR_NO_MEMORY);
}

static void tiny_fragments_of_tcp_do_not_get_around_the_list(void **state)
{
    (void)state;
    acl_room(1);
    const struct sv_acl_info l = {
        .size = sizeof l, .action = SV_ACL_ACCEPT, .protocol = 6, .in = SV_NO_PORT, .out = SV_NO_PORT};
    assert_int_equal(sv_acl_append(&h->net.acl, &l), SV_OK);
    memset(p, 0, sizeof p);
    assert_false(passes(world_ip(f, HOST1, IP(10, 0, 0, 7), IP(192, 0, 2, 1), 6, 5, 0x2000, p, 8))); /* 8 bytes, more */
    assert_false(passes(world_ip(f, HOST1, IP(10, 0, 0, 7), IP(192, 0, 2, 1), 6, 5, 0x0001, p, 40))); /* at offset 8 */
    assert_int_equal(world_drops(h, SV_DROP_ACL), 2);
}

/* The list about an IPv6 packet whose headers begin with `next`. */
static enum sv_acl_action judged6(uint8_t next, const uint8_t *bytes, uint32_t n)
{
    const struct sv_addr src = world_addr6(7), dst = world_addr6(8);
    struct sv_ip_hdr ip;
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
    assert_non_null(b);
    assert_true(sv_buf_append(b, f + 14, world_ip6(f, &src, &dst, next, bytes, n) - 14, SV_WANT_DATA));
    assert_int_equal(sv_ip6_parse(b, &ip), SV_DROP_NONE);
    const enum sv_acl_action action = sv_acl_judge(&h->net.acl, b, &ip, 0, 0);
    sv_buf_free(b);
    return action;
}

/* What refuses a port is not got around by hiding it: not behind extension headers without end, not in a second
 * fragment (RFC 7112 §5). Who asks for nothing of the transport does not mind. */
static void hidden_ports_do_not_get_around_the_list(void **state)
{
    (void)state;
    static uint8_t chain[16 * 8 + 20], fragment[8 + 8];
    const struct sv_acl_info drop = {.size = sizeof drop,
                                     .action = SV_ACL_DROP,
                                     .protocol = 6,
                                     .dst_port_first = 22,
                                     .dst_port_last = 22,
                                     .in = SV_NO_PORT,
                                     .out = SV_NO_PORT};
    acl_room(2);
    memset(chain, 0, sizeof chain);
    for (uint32_t i = 0; i < 16; i++)
        chain[8 * i] = i < 15 ? 60 : 6;
    sv_put_u16(chain + 128, 1000);
    sv_put_u16(chain + 130, 22);
    chain[128 + 12] = 0x50;
    assert_int_equal(judged6(60, chain, sizeof chain), SV_ACL_ACCEPT); /* no list, no question */
    assert_int_equal(sv_acl_append(&h->net.acl, &drop), SV_OK);
    assert_int_equal(judged6(6, chain + 128, 20), SV_ACL_DROP);
    sv_put_u16(chain + 130, 23);
    assert_int_equal(judged6(6, chain + 128, 20), SV_ACL_ACCEPT);
    assert_int_equal(judged6(60, chain + 8 * 10, 6 * 8 + 20), SV_ACL_ACCEPT); /* six headers can be read */
    assert_int_equal(judged6(60, chain, sizeof chain), SV_ACL_DROP);
    memset(fragment, 0, sizeof fragment);
    fragment[0] = 6;
    sv_put_u16(fragment + 2, 1); /* the first, and more */
    sv_put_u16(fragment + 10, 22);
    assert_int_equal(judged6(44, fragment, sizeof fragment), SV_ACL_DROP);
    fragment[0] = 60; /* and the whole of TCP's header in the second */
    fragment[8] = 6;
    fragment[9] = 0;
    assert_int_equal(judged6(44, fragment, sizeof fragment), SV_ACL_DROP);
    fragment[0] = 6;
    sv_put_u16(fragment + 2, 8 | 1); /* a later one goes where the first went */
    assert_int_equal(judged6(44, fragment, sizeof fragment), SV_ACL_ACCEPT);
}

static void a_syn_that_offers_too_much_is_lowered(void **state)
{
    (void)state;
    port0()->flags |= SV_IF_CLAMP_MSS;
    port0()->mtu = 1280;
    for (uint32_t pad = 0; pad < 2; pad++) { /* the option at an even and at an odd offset */
        static uint8_t tcp[28];
        memset(tcp, 0, sizeof tcp);
        sv_put_u16(tcp, 1000);
        sv_put_u16(tcp + 2, 80);
        tcp[12] = 0x70;
        tcp[13] = 2;
        tcp[20] = pad ? 1 : 2;
        memcpy(tcp + 20 + pad, (uint8_t[]){2, 4, 0x05, 0xb4}, 4);
        const uint16_t sum =
            sv_pseudo_sum_v4(&(struct sv_addr){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7}},
                             &(struct sv_addr){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}}, 6, 28);
        sv_sum_store(tcp + 16, sv_sum_add(sum, sv_sum(tcp, 28, 0)));
        assert_true(passes(world_ip(f, HOST1, IP(10, 0, 0, 7), IP(192, 0, 2, 1), 6, 1, 0x4000, tcp, 28)));
        assert_int_equal(sv_get_u16(out.bytes + 34 + 22 + pad), 1240);
        assert_int_equal(sv_sum_add(sum, sv_sum(out.bytes + 34, 28, 0)), 0xffff); /* corrected, not recomputed */
    }
}

static void options_are_filled_in_or_said_to_be_wrong(void **state)
{
    (void)state;
    static const struct {
        uint8_t option[12];
        uint8_t after[12];
        bool good;
    } line[] = {
        {{7, 11, 4}, {7, 11, 8, 10, 0, 0, 1}, true},                                      /* record route */
        {{7, 11, 8, 9, 9, 9, 9}, {7, 11, 12, 9, 9, 9, 9, 10, 0, 0, 1}, true},             /* the second place */
        {{7, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8}, {7, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8}, true}, /* full */
        {{7, 11, 10}, {0}, false},                                                        /* not four bytes of room */
        {{68, 12, 5, 1}, {68, 12, 13, 1, 10, 0, 0, 1}, true},                             /* address and time */
        {{68, 12, 13, 0x01}, {68, 12, 13, 0x11}, true},                                   /* full: one more missed */
        {{68, 12, 13, 0xf1}, {0}, false},                                                 /* the count is full too */
        {{68, 12, 5, 2}, {0}, false},                                                     /* no such kind */
    };
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        const uint32_t n = udp_to(IP(10, 0, 0, 7), IP(192, 0, 2, 1), 9, 20);
        memmove(f + 46, f + 34, n - 34);
        memcpy(f + 34, line[i].option, 12);
        f[14] = 0x48;
        sv_put_u16(f + 16, (uint16_t)(n - 14 + 12));
        sv_put_u16(f + 24, 0);
        sv_sum_store(f + 24, sv_sum(f + 14, 32, 0));
        world_in(&w, h, f, n + 12);
        assert_true(world_out(&w, h, &out));
        if (!line[i].good) {
            assert_int_equal(out.bytes[34], SV_ICMP_PARAMETER_PROBLEM);
            assert_int_equal(out.bytes[38], 20);
            continue;
        }
        assert_int_equal(sv_sum(out.bytes + 14, 32, 0), 0xffff);
        assert_memory_equal(out.bytes + 34, line[i].after, line[i].option[0] == 68 && line[i].option[2] < 12 ? 8 : 11);
        if (line[i].option[0] == 68 && line[i].option[2] < 12)
            assert_true(out.bytes[42] & 0x80); /* not since midnight UT */
    }
    assert_int_equal(world_held(&w), 0);
}

static void directed_broadcasts_go_only_where_they_may(void **state)
{
    (void)state;
    const struct sv_addr none = {{0}}, net = sv_addr_v4(10, 5, 0, 0), ours = sv_addr_v4(10, 5, 0, 1);
    const uint8_t mac[6] = {2, 0, 0, 0, 5, 1};
    const sv_port second = sv_interface_make(&h->net.link.interfaces, mac, 1500, 64, SV_IF_NO_ARP_PROBE);
    (void)none;
    (void)net;
    assert_int_equal(second, 1);
    sv_net_interface_set(&h->core, &h->net, second, true);
    assert_int_equal(sv_net_address_add(&h->core, &h->net, second, &ours, 96 + 24, NULL), SV_OK);
    struct sv_buf *b;
    while ((b = sv_interface_dequeue(&h->core, &h->net.link.interfaces, second, WORLD_ROOM)) != NULL)
        sv_buf_free(b);
    world_in(&w, h, f, udp_to(IP(10, 0, 0, 7), IP(10, 5, 0, 255), 9, 10));
    assert_null(sv_interface_dequeue(&h->core, &h->net.link.interfaces, second, WORLD_ROOM));
    sv_interface_of(&h->net.link.interfaces, second)->flags |= SV_IF_DIRECTED_BROADCAST;
    world_in(&w, h, f, udp_to(IP(10, 0, 0, 7), IP(10, 5, 0, 255), 9, 10));
    b = sv_interface_dequeue(&h->core, &h->net.link.interfaces, second, WORLD_ROOM);
    assert_non_null(b);
    assert_int_equal(sv_buf_head(b)[0], 0xff);
    sv_buf_free(b);
}

/* A burst to several next hops and lengths leaves in order, each once; the sender's copy stays what it was. */
static void a_burst_goes_on_in_order_and_leaves_the_senders_bytes_alone(void **state)
{
    (void)state;
    struct sv_forward_burst burst;
    struct sv_buf *kept[40];
    uint8_t before[200], after[200];
    port0()->queue_max = 64;
    burst.n = 0;
    for (uint32_t i = 0; i < 40; i++) {
        const uint32_t n = udp_to(IP(10, 0, 0, 7), IP(192, 0, 2, (i % 3 ? 1 : 2)), (uint16_t)(100 + i), 100);
        struct sv_ip_hdr ip;
        kept[i] = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
        assert_true(sv_buf_append(kept[i], f, n, SV_WANT_DATA));
        struct sv_buf *copy = sv_buf_clone(kept[i], SV_WANT_DATA);
        sv_buf_pull(copy, 14);
        assert_int_equal(sv_ip4_parse(copy, &ip, 0), SV_DROP_NONE);
        assert_int_equal(sv_ip_accept(&h->core, &h->net, 0, copy, &ip, false), SV_DROP_NOT_FOR_US);
        sv_forward_add(&h->core, &h->net, &burst, 0, copy, &ip);
    }
    sv_forward_go(&h->core, &h->net, &burst);
    for (uint32_t i = 0; i < 40; i++) {
        assert_true(world_out(&w, h, &out));
        assert_int_equal(sv_get_u16(out.bytes + 36), 100 + i);
        assert_int_equal(out.bytes[22], 63);
        assert_int_equal(sv_sum(out.bytes + 14, 20, 0), 0xffff);
        const uint32_t n = udp_to(IP(10, 0, 0, 7), IP(192, 0, 2, (i % 3 ? 1 : 2)), (uint16_t)(100 + i), 100);
        memcpy(before, f, n);
        assert_true(sv_buf_read(kept[i], 0, after, n));
        assert_memory_equal(before, after, n);
        sv_buf_free(kept[i]);
    }
    while (world_out(&w, h, &out)) {}
    assert_int_equal(world_held(&w), 0);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(addresses_of_one_link_are_never_forwarded),
        TEST(our_own_address_as_a_source_is_forged),
        TEST(the_source_must_be_reached_that_way),
        TEST(the_first_line_that_agrees_decides),
        TEST(tiny_fragments_of_tcp_do_not_get_around_the_list),
        TEST(hidden_ports_do_not_get_around_the_list),
        TEST(a_syn_that_offers_too_much_is_lowered),
        TEST(options_are_filled_in_or_said_to_be_wrong),
        TEST(directed_broadcasts_go_only_where_they_may),
        TEST(a_burst_goes_on_in_order_and_leaves_the_senders_bytes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
