/* SPDX-License-Identifier: BSD-2-Clause */
/* Super-frames and unfinished checksums on their way through a router: what leaves is, byte for byte, what leaves when
 * the sender sends the single segments itself, and what the sender holds stays as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/packet_sum.h"
#include "l3_network/forward.h"
#include "tests/support/net_world_ip6.h"

#define PAYLOAD 20000u
#define FRAMES 64u

static struct world w;
static struct world_host *h;
static uint8_t payload[PAYLOAD], f[PAYLOAD + 200], kept[PAYLOAD + 200];
static struct world_frame got[FRAMES], wanted[FRAMES];

struct shape {
    uint32_t six, dont_fragment, id, mss, options, flags, mtu, device;
};

static struct sv_addr six(uint32_t net, uint32_t host)
{
    struct sv_addr a = {{0x20, 0x01, 0x0d, 0xb8}};
    sv_put_u16(a.byte + 6, (uint16_t)net);
    a.byte[15] = (uint8_t)host;
    return a;
}

/* A router on 10.0.0.0/24 with 192.0.2.0/24 and 2001:db8:0:9::/64 behind neighbours whose MAC is known. */
static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    h = world_add(&w, 1500, false);
    const struct sv_addr far = sv_addr_v4(192, 0, 2, 0), gateway = sv_addr_v4(10, 0, 0, 9);
    const struct sv_addr far6 = six(9, 0), gateway6 = six(1, 9);
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    assert_int_equal(sv_route_insert(&h->net.routes, &far, 96 + 24, &gateway, 0, 0), SV_OK);
    assert_int_equal(sv_route_insert(&h->net.routes, &far6, 64, &gateway6, 0, 0), SV_OK);
    assert_true(sv_neighbour_set(&h->core, &h->net.link, 0, &gateway, mac));
    assert_true(sv_neighbour_set(&h->core, &h->net.link, 0, &gateway6, mac));
    h->net.forward = 1;
    sv_interface_of(&h->net.link.interfaces, 0)->flags |= SV_IF_NO_REDIRECTS;
    for (uint32_t i = 0; i < PAYLOAD; i++)
        payload[i] = (uint8_t)(i * 2654435761u >> 24);
    return 0;
}
static int close_world(void **state)
{
    (void)state;
    assert_int_equal(world_held(&w), 0);
    world_close(&w);
    return 0;
}

/* A frame with payload[at, at + n), its checksum complete or left to the device. */
static uint32_t build(const struct shape *s, uint32_t at, uint32_t n, uint32_t flags, bool partial)
{
    const uint32_t l4 = 14 + (s->six ? 40 : 20), data = l4 + 20 + s->options;
    const struct sv_addr src = s->six ? six(1, 7) : sv_addr_v4(10, 0, 0, 7);
    const struct sv_addr dst = s->six ? six(9, 1) : sv_addr_v4(192, 0, 2, 1);
    uint8_t *ip = f + 14, *tcp = f + l4;
    memset(f, 0, data);
    memcpy(f, (uint8_t[]){2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 7}, 12);
    sv_put_u16(f + 12, s->six ? 0x86dd : 0x0800);
    if (s->six) {
        sv_put_u32(ip, 0x60012345);
        sv_put_u16(ip + 4, (uint16_t)(data - l4 + n));
        ip[6] = 6;
        ip[7] = 61;
        memcpy(ip + 8, src.byte, 16);
        memcpy(ip + 24, dst.byte, 16);
    } else {
        ip[0] = 0x45;
        ip[1] = 2; /* ECT(0) */
        sv_put_u16(ip + 2, (uint16_t)(data - 14 + n));
        sv_put_u16(ip + 4, (uint16_t)(s->id ? s->id + at / s->mss : 0));
        ip[6] = s->dont_fragment ? 0x40 : 0;
        ip[8] = 61;
        ip[9] = 6;
        memcpy(ip + 12, src.byte + 12, 4);
        memcpy(ip + 16, dst.byte + 12, 4);
        sv_sum_store(ip + 10, sv_sum(ip, 20, 0));
    }
    sv_put_u16(tcp, 1234);
    sv_put_u16(tcp + 2, 80);
    sv_put_u32(tcp + 4, 0xfffff000u + at); /* the numbers wrap */
    sv_put_u32(tcp + 8, 99);
    tcp[12] = (uint8_t)((20 + s->options) << 2);
    tcp[13] = (uint8_t)flags;
    sv_put_u16(tcp + 14, 512);
    memset(tcp + 20, 1, s->options);
    memcpy(f + data, payload + at, n);
    const uint16_t pseudo = sv_pseudo_sum(&src, &dst, 6, data - l4 + n);
    if (partial)
        memcpy(tcp + 16, &pseudo, 2);
    else
        sv_sum_store(tcp + 16, sv_sum_add(pseudo, sv_sum(tcp, data - l4 + n, 0)));
    return data + n;
}

static uint32_t drain(struct world_frame *to)
{
    uint32_t n = 0;
    while (n < FRAMES && world_out(&w, h, &to[n]))
        n++;
    return n;
}

static struct sv_buf *packet(const struct shape *s, uint32_t n, bool super)
{
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
    assert_true(sv_buf_append(b, f, n, SV_WANT_DATA));
    b->flags |= SV_BUF_CSUM_PARTIAL;
    b->csum_start = (uint16_t)(14 + (s->six ? 40 : 20));
    b->csum_offset = 16;
    if (super) {
        b->flags |= s->six ? SV_BUF_GSO_TCP6 : SV_BUF_GSO_TCP4;
        b->gso_size = (uint16_t)s->mss;
        b->segments = (uint16_t)((PAYLOAD + s->mss - 1) / s->mss);
    }
    return b;
}

static void compare(uint32_t n, uint32_t m)
{
    assert_int_equal(n, m);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(got[i].n, wanted[i].n);
        assert_memory_equal(got[i].bytes, wanted[i].bytes, got[i].n);
    }
}

static void way(const struct shape *s, uint32_t device)
{
    struct sv_interface *i = sv_interface_of(&h->net.link.interfaces, 0);
    i->mtu = s->mtu;
    i->flags = (i->flags & ~(uint32_t)(SV_IF_CSUM | SV_IF_TSO4 | SV_IF_TSO6)) | device;
}

static void what_leaves_is_what_the_single_segments_would_be(void **state)
{
    (void)state;
    static const struct shape line[] = {
        {.dont_fragment = 1, .mss = 1448, .options = 12, .flags = 0x18, .mtu = 1500},
        {.dont_fragment = 1, .id = 0xfffe, .mss = 1460, .flags = 0x99, .mtu = 1500}, /* CWR, PSH, FIN; IDs wrap */
        {.id = 7, .mss = 1400, .flags = 0x10, .mtu = 1500},
        {.id = 7, .mss = 1448, .options = 12, .flags = 0x10, .mtu = 700}, /* each of them in fragments */
        {.id = 7, .mss = 1448, .options = 12, .flags = 0x10, .mtu = 700, .device = SV_IF_CSUM | SV_IF_TSO4},
        {.six = 1, .mss = 1428, .options = 12, .flags = 0x18, .mtu = 1500},
        {.six = 1, .mss = 1208, .options = 12, .flags = 0x11, .mtu = 1280, .device = SV_IF_CSUM},
        {.six = 1, .mss = 1428, .options = 12, .flags = 0x18, .mtu = 1500, .device = SV_IF_CSUM | SV_IF_TSO4},
    };
    for (size_t k = 0; k < SV_COUNT_OF(line); k++) {
        const struct shape *s = &line[k];
        uint32_t m = 0;
        way(s, 0);
        for (uint32_t at = 0; at < PAYLOAD; at += s->mss) {
            const uint32_t n = sv_min_u32(s->mss, PAYLOAD - at);
            const uint32_t flags = s->flags & (at + n < PAYLOAD ? ~0x09u : ~0u) & (at ? ~0x80u : ~0u);
            world_in(&w, h, f, build(s, at, n, flags, false));
            m += drain(wanted + m);
        }
        const uint64_t before = h->net.forwarding.packets;
        way(s, s->device);
        const uint32_t n = build(s, 0, PAYLOAD, s->flags, true);
        struct sv_buf *b = packet(s, n, true), *held = sv_buf_clone(b, SV_WANT_DATA);
        world_buf_in(&w, h, b);
        compare(drain(got), m);
        assert_int_equal(h->net.forwarding.packets - before, (PAYLOAD + s->mss - 1) / s->mss);
        assert_true(sv_buf_read(held, 0, kept, n)); /* whoever held it has it as it was */
        assert_memory_equal(kept, f, n);
        sv_buf_free(held);
    }
}

static void a_checksum_left_to_a_device_that_does_none_is_completed(void **state)
{
    (void)state;
    for (uint32_t v6 = 0; v6 < 2; v6++) {
        const struct shape s = {.six = v6, .dont_fragment = 1, .mss = 1000, .mtu = 1500};
        way(&s, 0);
        world_in(&w, h, f, build(&s, 0, 1000, 0x18, false));
        const uint32_t m = drain(wanted), n = build(&s, 0, 1000, 0x18, true);
        struct sv_buf *b = packet(&s, n, false), *held = sv_buf_clone(b, SV_WANT_DATA);
        world_buf_in(&w, h, b);
        compare(drain(got), m);
        assert_true(sv_buf_read(held, 0, kept, n));
        assert_memory_equal(kept, f, n);
        sv_buf_free(held);
    }
}

static void a_device_that_cuts_gets_it_whole(void **state)
{
    (void)state;
    const struct shape s = {.dont_fragment = 1, .mss = 1448, .options = 12, .flags = 0x10, .mtu = 1500};
    way(&s, SV_IF_CSUM | SV_IF_TSO4);
    const uint32_t n = build(&s, 0, PAYLOAD, s.flags, true);
    world_buf_in(&w, h, packet(&s, n, true));
    struct sv_buf *b = sv_interface_dequeue(&h->core, &h->net.link.interfaces, 0, WORLD_ROOM);
    assert_int_equal(b->length, n);
    assert_int_equal(b->gso_size, s.mss);
    assert_true(b->flags & SV_BUF_CSUM_PARTIAL);
    sv_buf_free(b);
    /* A little of it while the device has room for no more, and nothing is left when it goes down. */
    world_buf_in(&w, h, packet(&s, n, true));
    b = sv_interface_dequeue(&h->core, &h->net.link.interfaces, 0, (struct sv_room){1, 65536, 0});
    assert_int_equal(b->length, 14 + 20 + 32 + 1448);
    sv_buf_free(b);
    sv_interface_set(&h->core, &h->net.link.interfaces, 0, false);
    sv_interface_set(&h->core, &h->net.link.interfaces, 0, true);
    world_buf_in(&w, h, packet(&s, n, true));
    b = sv_interface_dequeue(&h->core, &h->net.link.interfaces, 0, (struct sv_room){1, 65536, 0});
    assert_int_equal(sv_get_u32(sv_buf_head(b) + 38), 0xfffff000u); /* the first again */
    sv_buf_free(b);
    while ((b = sv_interface_dequeue(&h->core, &h->net.link.interfaces, 0, WORLD_ROOM)) != NULL)
        sv_buf_free(b);
}

static void one_that_contradicts_itself_is_dropped_and_counted(void **state)
{
    (void)state;
    const struct shape s = {.dont_fragment = 1, .mss = 1448, .flags = 0x10, .mtu = 1500};
    way(&s, 0);
    const uint32_t n = build(&s, 0, PAYLOAD, s.flags, true);
    f[14 + 20 + 12] = 0x40; /* a header of 16 bytes */
    world_buf_in(&w, h, packet(&s, n, true));
    assert_int_equal(drain(got), 0);
    assert_int_equal(world_drops(h, SV_DROP_BAD_LENGTH), 1);
}

/* A destination options header of eight bytes before TCP: the sum begins behind it, wherever the walk stopped. */
static void an_error_quotes_a_finished_sum_behind_an_extension_header(void **state)
{
    (void)state;
    static const uint8_t extension[8] = {6, 0, 1, 4};
    const struct shape s = {.six = 1, .mss = 1000, .mtu = 1500};
    const struct sv_addr near = six(1, 0), none = {{0}}, sender = six(1, 7);
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 7};
    world_add_ip6(&w, h);
    assert_int_equal(sv_route_insert(&h->net.routes, &near, 64, &none, 0, 0), SV_OK);
    assert_true(sv_neighbour_set(&h->core, &h->net.link, 0, &sender, mac));
    way(&s, 0);
    const uint32_t whole = build(&s, 0, 1000, 0x18, false);
    uint8_t sum[2];
    memcpy(sum, f + 54 + 16, 2);
    assert_int_equal(build(&s, 0, 1000, 0x18, true), whole);
    memmove(f + 54 + 8, f + 54, whole - 54);
    memcpy(f + 54, extension, 8);
    f[14 + 6] = 60;
    f[14 + 7] = 1; /* ends here */
    sv_put_u16(f + 14 + 4, (uint16_t)(whole - 54 + 8));
    struct sv_buf *b = packet(&s, whole + 8, false), *held = sv_buf_clone(b, SV_WANT_DATA);
    b->csum_start += 8;
    world_buf_in(&w, h, b);
    assert_int_equal(drain(got), 1);
    memcpy(f + 62 + 16, sum, 2);
    assert_int_equal(got[0].bytes[54], 3); /* time exceeded */
    assert_memory_equal(got[0].bytes + 62, f + 14, got[0].n - 62);
    assert_true(sv_buf_read(held, 62 + 16, kept, 2)); /* whoever held it has it as it was */
    assert_memory_not_equal(kept, sum, 2);
    sv_buf_free(held);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_leaves_is_what_the_single_segments_would_be),
        TEST(a_checksum_left_to_a_device_that_does_none_is_completed),
        TEST(a_device_that_cuts_gets_it_whole),
        TEST(one_that_contradicts_itself_is_dropped_and_counted),
        TEST(an_error_quotes_a_finished_sum_behind_an_extension_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
