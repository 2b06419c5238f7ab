/* SPDX-License-Identifier: BSD-2-Clause */
/* The TAP, the veth pair in its place and the packet socket against the kernel itself, in a network
 * namespace that the test makes and that ends with it. Skips, saying why, where none may be made. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "core/checksum.h"
#include "core/cursor.h"
#include "port/clock.h"
#include "port/memory.h"
#include "port/netlink.h"
#include "port/private.h"
#include "port/packet.h"
#include "port/tap.h"
#include "seven/stack.h"
#include "tests/unit/port/hand.h"

#define ARENA_BYTES ((uint64_t)64 << 20)

static struct sv_arena *arena;
static struct sv_pool *pool;
static void *memory;
static char reason[SV_DEVICE_TEXT];
static bool have_network;

static int make_world(void **state)
{
    (void)state;
    memory = sv_memory_map(ARENA_BYTES, false);
    assert_non_null(memory);
    arena = sv_arena_create(memory, ARENA_BYTES);
    pool = sv_pool_create(arena, 2048, 8192);
    return arena == NULL || pool == NULL;
}

/* Nothing of the pool is lost by any test. */
static int end_world(void **state)
{
    struct sv_pool_counts c;
    (void)state;
    sv_pool_count(pool, &c);
    assert_int_equal(c.bufs_free, c.bufs);
    assert_int_equal(c.slabs_free, c.slabs);
    sv_memory_unmap(memory, ARENA_BYTES);
    return 0;
}

static void need_network(void)
{
    if (!have_network) {
        print_message("skip: no private network here (%s)\n", reason);
        skip();
    }
}

/* ---- what every kind of device must do with the kernel ---- */

static struct hand hand;
static uint8_t sent[400000], got[400000];

static void fill_pattern(uint8_t *to, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        to[i] = (uint8_t)(seed >> 24);
    }
}

static int listener(bool v6, uint16_t port)
{
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    memcpy(&a6.sin6_addr, hand_kernel6, 16);
    memcpy(&a4.sin_addr, hand_kernel4, 4);
    const struct sockaddr *at = v6 ? (const struct sockaddr *)&a6 : (const struct sockaddr *)&a4;
    assert_int_equal(bind(fd, at, v6 ? sizeof a6 : sizeof a4), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

/* The checksum that the kernel left open adds up once it is finished as for a device without offload. */
static void check_open_checksum(void)
{
    const uint32_t at = hand_tcp_at(&hand);
    if (!(hand.flags & SV_BUF_CSUM_PARTIAL))
        return;
    assert_int_equal(hand.csum_start, at);
    assert_int_equal(hand.csum_offset, 16);
    struct sv_buf *p = hand_packet(&hand, hand.frame, hand.n);
    p->csum_start = (uint16_t)hand.csum_start;
    p->csum_offset = (uint16_t)hand.csum_offset;
    p->flags |= SV_BUF_CSUM_PARTIAL;
    static uint8_t whole[HAND_FRAME];
    assert_true(sv_frames_finish_checksum(p));
    assert_int_equal(p->flags & (SV_BUF_CSUM_PARTIAL | SV_BUF_CSUM_VALID), SV_BUF_CSUM_VALID);
    assert_true(sv_buf_read(p, 0, whole, p->length));
    const uint32_t length = p->length - at;
    const uint16_t sum = sv_sum_add(hand_pseudo(&hand, false, 6, length), sv_sum(whole + at, length, 0));
    assert_int_equal(sum, 0xffff);
    sv_buf_free(p);
}

/* Super-frames of our own making: what the kernel's socket reads is what went in. */
static void we_send(int fd, uint16_t mss, bool super)
{
    const uint32_t total = 60000, step = super ? total : mss;
    size_t n = 0;

    for (uint32_t at = 0; at < total;) {
        const uint32_t part = total - at < step ? total - at : step;
        hand_segment(&hand, 0x18, sent + at, part, mss);
        at += part;
    }
    while (n < total) {
        const ssize_t r = recv(fd, got + n, total - n, 0);
        assert_true(r > 0);
        n += (size_t)r;
    }
    assert_memory_equal(sent, got, total);
}

static void kernel_sends(int fd, uint16_t mss, bool super)
{
    const uint32_t total = sizeof got;
    uint32_t in = 0, out = 0, longest = 0;

    hand.supers = 0;
    while (out < total) {
        const ssize_t w = in < total ? send(fd, sent + in, total - in, MSG_DONTWAIT) : 0;
        in += w > 0 ? (uint32_t)w : 0;
        const uint32_t n = hand_receive(&hand, got + out, total - out, mss);
        assert_true(n > 0);
        if (n == UINT32_MAX)
            continue;
        check_open_checksum();
        if (hand.segments > 1) {
            assert_int_equal(hand.flags & (SV_BUF_GSO_TCP4 | SV_BUF_GSO_TCP6),
                             hand.v6 ? SV_BUF_GSO_TCP6 : SV_BUF_GSO_TCP4);
            assert_true(hand.flags & SV_BUF_CSUM_PARTIAL);
            assert_int_equal(hand.gso_size, mss);
            assert_int_equal(hand.segments, (n + mss - 1) / mss);
            assert_true(hand.slices >= (hand.n - 1) / SV_SLAB_BYTES);
        } else {
            assert_true(n <= mss);
        }
        longest = n > longest ? n : longest;
        out += n;
    }
    assert_memory_equal(sent, got, total);
    if (super)
        assert_true(longest > 20000);
    assert_int_equal(hand.supers > 0, super);
}

static void exchange(struct sv_device *d, bool v6, bool super)
{
    static uint16_t port = 7000;
    const uint16_t mss = v6 ? 1440 : 1460;
    const struct timeval patience = {3, 0};

    memset(&hand, 0, sizeof hand);
    hand.device = d;
    hand.pool = pool;
    hand.v6 = v6;
    assert_true(hand_resolve(&hand));
    assert_int_equal(hand.segments, 1);
    assert_int_equal(hand.slices, 0); /* a small frame costs one slab */
    const int l = listener(v6, ++port);
    assert_true(hand_connect(&hand, port, mss));
    const int fd = accept4(l, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    fill_pattern(sent, sizeof sent, port);
    we_send(fd, mss, super);
    kernel_sends(fd, mss, super);
    hand_segment(&hand, 0x14, NULL, 0, mss); /* RST: leave nothing behind */
    close(fd);
    close(l);
    hand_drop(&hand);
    assert_int_equal(d->counts.malformed, 0);
    assert_int_equal(d->counts.truncated, 0);
    assert_int_equal(d->counts.no_memory, 0);
    assert_int_equal(d->counts.refused, 0);
}

static void open_tap(struct sv_tap *t, bool plain)
{
    struct sv_device_options o;
    need_network();
    sv_device_defaults(&o);
    o.plain = plain;
    const enum sv_tap_error e = sv_tap_open(t, "seven0", &o, reason);
    if (e == SV_TAP_NO_NODE) {
        print_message("skip: %s\n", reason);
        skip();
    }
    if (e != SV_TAP_OK)
        fail_msg("%s", reason);
}

static void tap_with_offloads(void **state)
{
    struct sv_tap t;
    (void)state;
    open_tap(&t, false);
    assert_int_equal(t.device.flags, SV_IF_CSUM | SV_IF_TSO4 | SV_IF_TSO6 | SV_IF_TRUST_CSUM);
    assert_int_equal(t.device.mtu, 1500);
    assert_string_equal(t.device.name, "seven0");
    assert_int_equal(t.device.mac[0] & 3, 2);
    assert_int_equal(sv_tap_room(&t).super, SV_FRAMES_SUPER);
    exchange(&t.device, false, true);
    exchange(&t.device, true, true);
    sv_tap_close(&t);
    sv_tap_close(&t);
    assert_int_equal(sv_tap_fd(&t), -1);
    assert_int_equal(if_nametoindex("seven0"), 0);
}

static void tap_plain(void **state)
{
    struct sv_tap t;
    (void)state;
    open_tap(&t, true);
    assert_int_equal(t.device.flags, 0);
    assert_int_equal(sv_tap_room(&t).super, 0);
    exchange(&t.device, false, false);
    exchange(&t.device, true, false);
    sv_tap_close(&t);
}

/* The cable is pulled while we send: counted, not fatal, and well again when it is back. */
static void cable_pulled(void **state)
{
    struct sv_tap t;
    (void)state;
    open_tap(&t, false);
    memset(&hand, 0, sizeof hand);
    hand.device = &t.device;
    hand.pool = pool;
    assert_true(hand_resolve(&hand));
    hand_drop(&hand);
    assert_int_equal(sv_link_set("seven0", false, 0), 0);
    hand_send(&hand, hand_packet(&hand, hand.frame, 60));
    hand_send(&hand, hand_packet(&hand, hand.frame, 60));
    assert_int_equal(t.device.counts.cut, 2);
    assert_false(t.device.dead);
    struct sv_burst b = {0};
    while (sv_tap_fill(&t, pool, 0, &b) > 0)
        while (b.n > 0)
            sv_buf_free(b.packet[--b.n]);
    assert_false(t.device.dead);
    assert_int_equal(sv_link_set("seven0", true, 0), 0);
    assert_true(hand_resolve(&hand));
    hand_drop(&hand);
    assert_int_equal(sv_link_delete("seven0"), 0);
    (void)sv_tap_fill(&t, pool, 0, &b);
    assert_true(t.device.dead);
    sv_tap_close(&t);
}

/* With the pool used up frames are dropped and counted; the descriptor does not stay readable. */
static void pool_used_up(void **state)
{
    static struct sv_buf *held[4096];
    uint32_t n = 0;
    struct sv_tap t;
    struct sv_burst b = {0};
    (void)state;
    open_tap(&t, false);
    memset(&hand, 0, sizeof hand);
    hand.device = &t.device;
    hand.pool = pool;
    assert_true(hand_resolve(&hand));
    hand_drop(&hand);
    while (n < 4096 && (held[n] = sv_buf_alloc_slab(pool, SV_WANT_CONTROL, 0, 0)) != NULL)
        n++;
    assert_true(n < 4096);
    const int u = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    memcpy(&to.sin_addr, hand_us4, 4);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(sendto(u, "x", 1, 0, (struct sockaddr *)&to, sizeof to), 1);
    const uint64_t before = t.device.counts.no_memory;
    uint32_t came = 0;
    for (uint32_t i = 0; i < 200 && t.device.counts.no_memory < before + 4; i++) {
        came += sv_tap_fill(&t, pool, 0, &b);
        usleep(1000);
    }
    assert_true(came <= 1); /* the one buffer that was kept ready */
    assert_true(t.device.counts.no_memory >= before + 4);
    struct pollfd f = {sv_tap_fd(&t), POLLIN, 0};
    assert_true(poll(&f, 1, 0) == 0 || sv_tap_fill(&t, pool, 0, &b) <= 64);
    close(u);
    while (n > 0)
        sv_buf_free(held[--n]);
    while (b.n > 0)
        sv_buf_free(b.packet[--b.n]);
    assert_true(hand_resolve(&hand));
    hand_drop(&hand);
    sv_tap_close(&t);
}

/* What an ordinary user without /dev/net/tun gets: a veth pair, found again by the TAP's name. */
static void pair_in_its_place(void **state)
{
    struct sv_device_options o;
    struct sv_packet p;
    (void)state;
    need_network();
    sv_device_defaults(&o);
    assert_int_equal(sv_link_veth("pair0", "pair0p"), 0);
    assert_int_equal(sv_link_set("pair0", true, 0), 0);
    for (uint32_t i = 0; i < o.kernel_addresses; i++)
        assert_int_equal(sv_link_address("pair0", &o.kernel[i].addr, o.kernel[i].length), 0);
    assert_int_equal(sv_link_address("pair0", &o.kernel[0].addr, 24), 0); /* twice is fine */
    if (!sv_packet_open(&p, "pair0p", &o, reason))
        fail_msg("%s", reason);
    exchange(&p.device, false, true);
    exchange(&p.device, true, true);
    sv_packet_close(&p);
    assert_int_equal(sv_link_delete("pair0"), 0);
    assert_int_equal(if_nametoindex("pair0p"), 0);
}

static void refusals(void **state)
{
    struct sv_device_options o;
    struct sv_device d;
    (void)state;
    need_network();
    sv_device_defaults(&o);
    static const struct {
        const char *what, *says;
    } no[] = {
        {"eth0", "not a device"},
        {"tap:a-name-of-too-many-letters", "1 to 15 letters"},
        {"packet:nothere", "no such interface"},
        {"unix:/nonexistent/seven", "nobody listens"},
        {"lab", "not a device of the operating system"},
    };
    for (size_t i = 0; i < SV_COUNT_OF(no); i++) {
        assert_false(sv_device_open(&d, no[i].what, &o, reason));
        if (strstr(reason, no[i].says) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", no[i].what, reason, no[i].says);
        sv_device_close(&d);
    }
}

/* A persistent interface, left by one opener and found by the next. */
static void left_and_found(void **state)
{
    struct sv_device_options o;
    struct sv_device d;
    bool pair;
    (void)state;
    need_network();
    sv_device_defaults(&o);
    if (!sv_private_interface("stay0", &o, &pair, reason))
        fail_msg("%s", reason);
    assert_int_not_equal(if_nametoindex("stay0"), 0);
    o.kernel_addresses = 0;
    if (!sv_device_open(&d, "tap:stay0", &o, reason))
        fail_msg("%s", reason);
    memset(&hand, 0, sizeof hand);
    hand.device = &d;
    hand.pool = pool;
    assert_true(hand_resolve(&hand));
    hand_drop(&hand);
    sv_device_close(&d);
    assert_int_equal(sv_link_delete("stay0"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tap_with_offloads, make_world, end_world),
        cmocka_unit_test_setup_teardown(tap_plain, make_world, end_world),
        cmocka_unit_test_setup_teardown(cable_pulled, make_world, end_world),
        cmocka_unit_test_setup_teardown(pool_used_up, make_world, end_world),
        cmocka_unit_test_setup_teardown(pair_in_its_place, make_world, end_world),
        cmocka_unit_test_setup_teardown(refusals, make_world, end_world),
        cmocka_unit_test_setup_teardown(left_and_found, make_world, end_world),
    };
    char directory[] = "/tmp/seven-tap-XXXXXX"; /* else the user's own directory of sockets would be made */
    if (mkdtemp(directory) == NULL || setenv("SEVEN_RUNTIME_DIR", directory, 1) != 0)
        return 1;
    have_network = sv_private_enter(reason) == SV_PRIVATE_OK;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return rmdir(directory) == 0 ? failed : 1;
}
