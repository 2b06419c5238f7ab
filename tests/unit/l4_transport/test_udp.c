/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP and echo sockets between hosts on one wire: a is 10.0.0.1, b is 10.0.0.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seven/socket.h"
#include "tests/support/net_world.h"

static struct world w;
static struct world_host *a, *b;

static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    a = world_add(&w, 1500, false);
    b = world_add(&w, 1500, false);
    return 0;
}
static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}
static const struct sv_addr any4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}};
static const struct sv_addr any6 = {{0}};

static enum sv_err try_bind(struct world_host *h, struct sv_addr local, uint16_t port, uint8_t kind, uint32_t *s)
{
    const struct sv_udp_binding binding = {.local = local, .port = port, .kind = kind, .interface = SV_NO_PORT};
    return sv_udp_bind(&h->core, &h->net, &h->udp, &binding, s);
}
static uint32_t bind_to(struct world_host *h, struct sv_addr local, uint16_t port)
{
    uint32_t s;
    assert_int_equal(try_bind(h, local, port, SV_UDP_DATAGRAM, &s), SV_OK);
    return s;
}
static enum sv_err say(struct world_host *h, uint32_t s, struct sv_addr to, uint16_t port, const char *text)
{
    const struct sv_endpoint e = {to, port};
    const enum sv_err err = sv_udp_write(&h->core, &h->net, &h->udp, s, &e, text, strlen(text));
    world_carry(&w);
    return err;
}
static void hears(struct world_host *h, uint32_t s, const char *text)
{
    char got[2000];
    size_t n;
    struct sv_endpoint from;
    const enum sv_err err = sv_udp_read(&h->core, &h->udp, s, &from, got, sizeof got, &n);
    if (!text) {
        assert_int_equal(err, SV_ERR_AGAIN);
        return;
    }
    assert_int_equal(err, SV_OK);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(got, text, n);
}

static void a_datagram_goes_over_arp_and_back(void **state)
{
    (void)state;
    const uint32_t s = bind_to(a, any4, 0), t = bind_to(b, any4, 53);
    assert_true(sv_udp_of(&a->udp, s)->local_port >= SV_PORT_FIRST_DEFAULT);
    assert_int_equal(say(a, s, sv_addr_v4(10, 0, 0, 2), 53, "who is there?"), SV_OK);
    assert_int_equal(sv_udp_next_ready(&b->udp), t);
    assert_int_equal(sv_udp_of(&b->udp, t)->what, SV_EVENT_READABLE);
    assert_int_equal(sv_udp_next_ready(&b->udp), SV_NONE);
    char got[8];
    size_t n;
    struct sv_endpoint from;
    assert_int_equal(sv_udp_read(&b->core, &b->udp, t, &from, got, sizeof got, &n), SV_OK);
    assert_int_equal(n, 13); /* its length, though it was cut */
    assert_memory_equal(got, "who is t", 8);
    assert_int_equal(from.port, sv_udp_of(&a->udp, s)->local_port);
    assert_int_equal(sv_addr_v4_number(&from.addr), IP(10, 0, 0, 1));
    assert_int_equal(say(b, t, from.addr, from.port, "me"), SV_OK);
    hears(a, s, "me");
    hears(a, s, NULL);
    assert_int_equal(say(a, s, sv_addr_v4(10, 0, 0, 2), 53, ""), SV_OK);
    hears(b, t, ""); /* an empty datagram is one */
    assert_int_equal(world_held(&w), 0);
}

static void the_most_specific_socket_hears(void **state)
{
    (void)state;
    const uint32_t s = bind_to(a, any4, 1000);
    const struct sv_addr to = sv_addr_v4(10, 0, 0, 2);
    uint32_t all;
    const struct sv_udp_binding every = {
        .local = any4, .kind = SV_UDP_DATAGRAM, .any_port = 1, .interface = SV_NO_PORT};
    assert_int_equal(sv_udp_bind(&b->core, &b->net, &b->udp, &every, &all), SV_OK);
    say(a, s, to, 7, "1");
    hears(b, all, "1");
    const uint32_t six = bind_to(b, any6, 7);
    say(a, s, to, 7, "2");
    hears(b, six, "2");
    const uint32_t four = bind_to(b, any4, 7);
    say(a, s, to, 7, "3");
    hears(b, four, "3");
    uint32_t here;
    const struct sv_udp_binding on_link = {.local = any4, .port = 7, .kind = SV_UDP_DATAGRAM, .interface = 0};
    assert_int_equal(sv_udp_bind(&b->core, &b->net, &b->udp, &on_link, &here), SV_OK);
    say(a, s, to, 7, "4");
    hears(b, here, "4");
    const uint32_t exact = bind_to(b, to, 7);
    say(a, s, to, 7, "5");
    hears(b, exact, "5");
    const struct sv_endpoint peer = {sv_addr_v4(10, 0, 0, 1), 1000};
    assert_int_equal(sv_udp_connect(&b->core, &b->net, &b->udp, six, &peer), SV_OK);
    say(a, s, to, 7, "6");
    hears(b, six, "6");
    const uint32_t other = bind_to(a, any4, 1001);
    say(a, other, to, 7, "7"); /* not from its peer */
    hears(b, exact, "7");
    uint32_t again;
    assert_int_equal(try_bind(b, to, 7, SV_UDP_DATAGRAM, &again), SV_ERR_IN_USE);
    assert_int_equal(try_bind(b, sv_addr_v4(10, 0, 0, 3), 7, SV_UDP_DATAGRAM, &again), SV_ERR_NOT_LOCAL);
    sv_udp_unbind(&b->core, &b->udp, exact);
    say(a, other, to, 7, "8");
    hears(b, here, "8");
}

static void a_closed_port_is_told_once_to_its_sender(void **state)
{
    (void)state;
    const uint32_t s = bind_to(a, any4, 0);
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 2), 99};
    assert_int_equal(sv_udp_connect(&a->core, &a->net, &a->udp, s, &to), SV_OK);
    assert_int_equal(say(a, s, to.addr, 99, "?"), SV_OK);
    assert_int_equal(world_drops(b, SV_DROP_PORT_UNREACHABLE), 1);
    assert_int_equal(sv_udp_next_ready(&a->udp), s);
    assert_int_equal(sv_udp_of(&a->udp, s)->what, SV_EVENT_ERROR);
    assert_int_equal(sv_udp_of(&a->udp, s)->error.code, SV_ICMP_PORT_UNREACHABLE);
    assert_int_equal(sv_udp_write(&a->core, &a->net, &a->udp, s, NULL, "?", 1), SV_ERR_UNREACHABLE);
    assert_int_equal(sv_udp_write(&a->core, &a->net, &a->udp, s, NULL, "?", 1), SV_OK);
    world_carry(&w);
    assert_int_equal(world_drops(b, SV_DROP_PORT_UNREACHABLE), 2);
    assert_int_equal(world_held(&w), 0);
}

static void each_rule_of_the_header_drops_with_its_reason(void **state)
{
    (void)state;
    const uint32_t t = bind_to(a, any4, 9);
    uint8_t f[64], p[24];
    static const struct {
        uint16_t length, checksum;
        enum sv_drop why;
    } line[] = {{7, 0, SV_DROP_BAD_LENGTH},
                {0, 0, SV_DROP_BAD_LENGTH},
                {13, 0, SV_DROP_BAD_LENGTH},
                {12, 0x1234, SV_DROP_BAD_CHECKSUM}};
    for (size_t i = 0; i < SV_COUNT_OF(line); i++) {
        world_udp(p, 7, 9, "data", 4);
        sv_put_u16(p + 4, line[i].length);
        sv_put_u16(p + 6, line[i].checksum);
        const uint64_t before = world_drops(a, line[i].why);
        world_in(&w, a, f, world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 1, 0, p, 12));
        assert_int_equal(world_drops(a, line[i].why), before + 1);
    }
    world_in(&w, a, f, world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 1, 0, p, 7));
    assert_int_equal(world_drops(a, SV_DROP_SHORT_HEADER), 1);
    world_udp(p, 7, 9, "data", 4);
    sv_put_u16(p + 4, 10); /* IP carries two bytes more than UDP says */
    world_in(&w, a, f, world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 17, 1, 0, p, 12));
    hears(a, t, "da");
}

static void checksums_of_every_length_and_a_sum_of_zero_are_right(void **state)
{
    (void)state;
    const uint32_t s = bind_to(a, any4, 5), t = bind_to(b, any4, 6);
    char text[600];
    for (uint32_t n = 0; n < sizeof text; n += 7) {
        memset(text, 'x', n);
        text[n] = 0;
        say(a, s, sv_addr_v4(10, 0, 0, 2), 6, text);
        hears(b, t, text);
    }
    assert_int_equal(world_drops(b, SV_DROP_BAD_CHECKSUM), 0);
    uint32_t never_zero = 0;
    for (uint32_t v = 0; v < 65536; v++) { /* every sum there is: never the "no checksum" form on the wire */
        struct sv_buf *d = sv_buf_alloc(w.pool, SV_WANT_DATA, 0);
        sv_put_u16(sv_buf_push(d, 2), (uint16_t)v);
        sv_udp_emit(d, &any4, &any4, 5, 6, 0);
        never_zero += sv_get_u16(sv_buf_head(d) + 6) != 0;
        sv_buf_free(d);
    }
    assert_int_equal(never_zero, 65536);
}

static void a_full_queue_drops_and_counts_at_true_size(void **state)
{
    (void)state;
    const uint32_t s = bind_to(a, any4, 5), t = bind_to(b, any4, 6);
    for (uint32_t i = 0; i < 300; i++)
        say(a, s, sv_addr_v4(10, 0, 0, 2), 6, "x");
    const struct sv_udp_socket *u = sv_udp_of(&b->udp, t);
    assert_true(u->queue_charge <= SV_UDP_QUEUE_BYTES);
    assert_int_equal(u->queue.packets + world_drops(b, SV_DROP_SOCKET_FULL), 300);
    world_check(&w);
    const uint64_t waiting = u->queue.packets;
    sv_udp_unbind(&b->core, &b->udp, t);
    assert_int_equal(world_drops(b, SV_DROP_FLUSHED), waiting);
    assert_int_equal(sv_udp_next_ready(&b->udp), SV_NONE);
    assert_int_equal(world_held(&w), 0);
}

static void a_broadcast_is_heard_by_all_and_answered_by_nobody(void **state)
{
    (void)state;
    struct world_host *c = world_add(&w, 1500, false);
    const uint32_t s = bind_to(a, any4, 68), t = bind_to(b, any4, 67), u = bind_to(b, any6, 67);
    (void)c; /* has no such port: says nothing */
    say(a, s, sv_addr_v4(255, 255, 255, 255), 67, "discover");
    hears(b, t, "discover");
    hears(b, u, "discover");
    say(a, s, sv_addr_v4(10, 0, 0, 255), 67, "subnet");
    hears(b, t, "subnet");
    assert_int_equal(sv_udp_next_ready(&a->udp), SV_NONE);
    assert_int_equal(world_drops(c, SV_DROP_PORT_UNREACHABLE), 2);
}

static void to_oneself_it_goes_round_inside(void **state)
{
    (void)state;
    struct world_frame out;
    const uint32_t s = bind_to(a, any4, 5), t = bind_to(a, sv_addr_v4(10, 0, 0, 1), 6);
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 1), 6};
    static uint8_t big[5000];
    assert_int_equal(sv_udp_write(&a->core, &a->net, &a->udp, s, &to, big, sizeof big), SV_OK);
    assert_false(world_out(&w, a, &out));
    struct sv_buf *p;
    while ((p = sv_ip_next_looped(&a->core, &a->net)) != NULL)
        world_ip_in(a, p, true);
    size_t n;
    struct sv_endpoint from;
    assert_int_equal(sv_udp_read(&a->core, &a->udp, t, &from, big, sizeof big, &n), SV_OK);
    assert_int_equal(n, 5000);
    assert_int_equal(sv_addr_v4_number(&from.addr), IP(10, 0, 0, 1));
}

static void ping_and_a_traced_route(void **state)
{
    (void)state;
    uint32_t e;
    uint8_t got[100];
    size_t n;
    struct sv_addr from;
    const struct sv_addr to = sv_addr_v4(10, 0, 0, 2), far = sv_addr_v4(192, 0, 2, 1), net = sv_addr_v4(192, 0, 2, 0);
    assert_int_equal(try_bind(a, any4, 0, SV_UDP_ECHO, &e), SV_OK);
    assert_int_equal(sv_echo_write(&a->core, &a->net, &a->udp, e, &to, 0x0102, 0, "hello", 5), SV_OK);
    world_carry(&w);
    assert_int_equal(sv_echo_read(&a->core, &a->udp, e, &from, got, sizeof got, &n), SV_OK);
    assert_int_equal(n, 10);
    assert_memory_equal(got, "\1\2\x40\0\0hello", 10);
    assert_int_equal(sv_addr_v4_number(&from), IP(10, 0, 0, 2));
    b->net.forward = 1;
    assert_int_equal(sv_route_insert(&a->net.routes, &net, 96 + 24, &to, 0, 0), SV_OK);
    assert_int_equal(sv_echo_write(&a->core, &a->net, &a->udp, e, &far, 0x0304, 1, "hello", 5), SV_OK);
    world_carry(&w);
    assert_int_equal(sv_echo_read(&a->core, &a->udp, e, &from, got, sizeof got, &n), SV_OK);
    assert_memory_equal(got, "\3\4\x40\x0b\0", 5); /* time exceeded, about number 0x0304 */
    assert_int_equal(sv_addr_v4_number(&from), IP(10, 0, 0, 2));
    assert_int_equal(sv_echo_read(&a->core, &a->udp, e, &from, got, sizeof got, &n), SV_ERR_AGAIN);
    assert_int_equal(world_held(&w), 0);
}

static bool free_but_odd(void *context, uint16_t port)
{
    uint32_t *asked = context;
    *asked += 1;
    return port % 2 == 1;
}
static bool never_free(void *context, uint16_t port)
{
    (void)port;
    *(uint32_t *)context += 1;
    return false;
}

static void ports_are_in_range_differ_and_run_out(void **state)
{
    (void)state;
    struct sv_ports p;
    uint32_t asked = 0;
    const struct sv_addr x = sv_addr_v4(10, 0, 0, 1), y = sv_addr_v4(10, 0, 0, 2);
    sv_ports_init(&p, &a->core, 40000, 40099);
    static uint8_t seen[65536];
    for (uint32_t i = 0; i < 50; i++) {
        const uint16_t port = sv_port_choose(&p, &x, &y, 80, 6, free_but_odd, &asked);
        assert_true(port >= 40000 && port <= 40099 && port % 2 == 1);
        assert_int_equal(seen[port]++, 0); /* none comes again before all had their turn */
    }
    asked = 0;
    assert_int_equal(sv_port_choose(&p, &x, &y, 80, 6, never_free, &asked), 0);
    assert_int_equal(asked, 100);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_datagram_goes_over_arp_and_back),
        TEST(the_most_specific_socket_hears),
        TEST(a_closed_port_is_told_once_to_its_sender),
        TEST(each_rule_of_the_header_drops_with_its_reason),
        TEST(checksums_of_every_length_and_a_sum_of_zero_are_right),
        TEST(a_full_queue_drops_and_counts_at_true_size),
        TEST(a_broadcast_is_heard_by_all_and_answered_by_nobody),
        TEST(to_oneself_it_goes_round_inside),
        TEST(ping_and_a_traced_route),
        TEST(ports_are_in_range_differ_and_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
