/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 6296: the mapping itself, and packets through it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/nat_world.h"

static struct sv_addr addr(const char *text)
{
    struct sv_addr a;
    assert_true(sv_addr_parse(text, &a, NULL));
    return a;
}
static uint16_t sum_of(const struct sv_addr *a)
{
    return sv_sum(a->byte, 16, 0);
}
static bool same_sum(uint16_t a, uint16_t b)
{
    return a == b || (uint32_t)a + b == 0xffffu; /* both zeros of one's complement are one */
}

static void the_standards_example(void **state)
{
    (void)state;
    /* RFC 6296 §3.1, §3.4: fd01:203:405:1::1234 is 2001:db8:1:d550::1234 outside. */
    const struct sv_addr in = addr("fd01:203:405::"), out = addr("2001:db8:1::");
    struct sv_addr a = addr("fd01:203:405:1::1234"), want = addr("2001:db8:1:d550::1234");
    assert_true(sv_npt6_map(&a, &in, &out, 48));
    assert_memory_equal(&a, &want, 16);
    want = addr("fd01:203:405:1::1234");
    assert_true(sv_npt6_map(&a, &out, &in, 48));
    assert_memory_equal(&a, &want, 16);
}

static void every_address_comes_back_and_keeps_its_sum(void **state)
{
    (void)state;
    struct sv_rng rng;
    sv_rng_seed(&rng, 5, 0, 0);
    for (uint32_t k = 0; k < 20000; k++) {
        const uint32_t bits = 8 + sv_rng_below(&rng, 57);
        struct sv_addr in, out, a;
        for (uint32_t i = 0; i < 16; i++) {
            in.byte[i] = (uint8_t)sv_rng_u32(&rng);
            out.byte[i] = (uint8_t)sv_rng_u32(&rng);
            a.byte[i] = sv_rng_below(&rng, 4) ? (uint8_t)sv_rng_u32(&rng) : 0xff;
        }
        for (uint32_t i = 0; i < bits; i++) /* a lies below `in` */
            a.byte[i / 8] = (uint8_t)((a.byte[i / 8] & ~(0x80u >> i % 8)) | (in.byte[i / 8] & (0x80u >> i % 8)));
        const struct sv_addr before = a;
        if (!sv_npt6_map(&a, &in, &out, bits)) {
            assert_memory_equal(&a, &before, 16);
            continue;
        }
        assert_true(sv_addr_in_prefix(&a, &out, bits));
        assert_true(same_sum(sum_of(&a), sum_of(&before)));
        assert_true(sv_npt6_map(&a, &out, &in, bits));
        assert_true(sv_addr_in_prefix(&a, &in, bits));
        assert_memory_equal(&a, &before, 16);
    }
}

static void what_has_no_image(void **state)
{
    (void)state;
    const struct sv_addr in = addr("fd01::"), out = addr("2001:db8::");
    struct sv_addr a = addr("fd01:0:0:ffff::1");
    assert_false(sv_npt6_map(&a, &in, &out, 48)); /* RFC 6296 §3.4 */
    a = addr("fd01:0:0:1::");
    assert_false(sv_npt6_map(&a, &in, &out, 64)); /* §3.5: an identifier of zeros */
    struct sv_npt6 t = {0};
    assert_int_equal(sv_npt6_pair_add(&t, 1, &in, &out, 65), SV_ERR_INVALID);
    assert_int_equal(sv_npt6_pair_add(&t, 1, &in, &in, 48), SV_ERR_INVALID);
    for (uint32_t k = 0; k < SV_NPT6_PAIRS; k++)
        assert_int_equal(sv_npt6_pair_add(&t, 1, &in, &out, 48), SV_OK);
    assert_int_equal(sv_npt6_pair_add(&t, 1, &in, &out, 48), SV_ERR_NO_MEMORY);
}

/* --- packets: fd01::/48 at port 0, 2001:db8::/48 outside, beyond port 1 2001:db8:f::/48 --- */

static struct nat_world w;
static struct sv_addr host, peer, router_out;
static uint8_t ip[2000];

static void neighbour(sv_port port, const struct sv_addr *a)
{
    const uint8_t mac[6] = {2, 0, 0, 0, 9, 9};
    assert_int_equal(sv_neighbour_add(w.stack, port, a, mac, w.now), SV_OK);
}

static int open_world(void **state)
{
    (void)state;
    nat_open(&w, SV_NAT_FILTER_ADDRESS);
    host = addr("fd01:0:0:1::77");
    peer = addr("2001:db8:f::5");
    router_out = addr("2001:db8:f::1");
    const struct sv_addr router_in = addr("fd01:0:0:1::1"), in = addr("fd01::"), out = addr("2001:db8::");
    assert_int_equal(sv_address_add(w.stack, INSIDE, &router_in, 64, w.now), SV_OK);
    assert_int_equal(sv_address_add(w.stack, OUTSIDE, &router_out, 64, w.now), SV_OK);
    nat_pass_time(&w, 5 * SV_S); /* duplicate address detection */
    neighbour(INSIDE, &host);
    neighbour(OUTSIDE, &peer);
    assert_int_equal(sv_npt6_add(w.stack, OUTSIDE, &in, &out, 48, w.now), SV_OK);
    nat_flush(&w);
    return 0;
}
static int shut(void **state)
{
    (void)state;
    nat_shut(&w);
    return 0;
}

static uint16_t sum6(const uint8_t *p)
{
    const uint32_t n = sv_get_u16(p + 4);
    return sv_sum_fold((uint32_t)sv_sum(p + 8, 32, 0) + sv_sum_u16((uint16_t)n) + sv_sum_u16(p[6]) +
                       sv_sum(p + 40, n, 0));
}
static uint32_t udp6(uint8_t *p, const struct sv_addr *src, const struct sv_addr *dst, uint8_t hops)
{
    static const uint8_t head[8] = {0x60, 0, 0, 0, 0, 13, 17, 0};
    static const uint8_t udp[13] = {0, 80, 0, 81, 0, 13, 0, 0, 'h', 'e', 'l', 'l', 'o'};
    memcpy(p, head, 8);
    p[7] = hops;
    memcpy(p + 8, src->byte, 16);
    memcpy(p + 24, dst->byte, 16);
    memcpy(p + 40, udp, 13);
    sv_sum_store(p + 46, sum6(p));
    return 53;
}
static void say6(sv_port port, const uint8_t *p, uint32_t n)
{
    const uint8_t eth[14] = {2, 0, 0, 0, (uint8_t)port, 1, 2, 0, 0, 0, 9, 9, 0x86, 0xdd};
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
    assert_true(b && sv_buf_append(b, eth, 14, SV_WANT_DATA) && sv_buf_append(b, p, n, SV_WANT_DATA));
    struct sv_burst take = {1, {b}};
    sv_node_receive(w.node, port, &take, w.now);
}
static bool hear6(sv_port port)
{
    uint8_t frame[2000];
    struct sv_burst give = {.n = 0};
    const struct sv_room room = {1, 1u << 20, 0};
    if (sv_node_transmit(w.node, port, room, &give, w.now) == 0)
        return false;
    struct sv_buf *b = give.packet[0];
    const uint32_t n = b->length;
    assert_true(n < sizeof frame && sv_buf_read(b, 0, frame, n));
    sv_buf_free(b);
    memcpy(ip, frame + 14, n - 14);
    return true;
}

static void packets_go_out_and_come_back(void **state)
{
    (void)state;
    struct sv_addr image = host, in = addr("fd01::"), out = addr("2001:db8::");
    assert_true(sv_npt6_map(&image, &in, &out, 48));
    uint32_t n = udp6(ip, &host, &peer, 64);
    say6(INSIDE, ip, n);
    assert_true(hear6(OUTSIDE));
    assert_memory_equal(ip + 8, image.byte, 16);
    assert_memory_equal(ip + 24, peer.byte, 16);
    assert_int_equal(ip[7], 63);
    assert_int_equal(sum6(ip), 0xffff); /* nobody touched it */
    n = udp6(ip, &peer, &image, 64);
    say6(OUTSIDE, ip, n);
    assert_true(hear6(INSIDE));
    assert_memory_equal(ip + 24, host.byte, 16);
    assert_int_equal(sum6(ip), 0xffff);
}

static void errors_quote_what_their_reader_knows(void **state)
{
    (void)state;
    struct sv_addr image = host, in = addr("fd01::"), out = addr("2001:db8::");
    assert_true(sv_npt6_map(&image, &in, &out, 48));
    uint8_t error[200];
    static const uint8_t head[8] = {0x60, 0, 0, 0, 0, 61, 58, 64};
    memcpy(error, head, 8);
    memcpy(error + 8, peer.byte, 16);
    memcpy(error + 24, image.byte, 16);
    memset(error + 40, 0, 8);
    error[40] = 1;
    error[41] = 4;
    (void)udp6(error + 48, &image, &peer, 63);
    sv_sum_store(error + 42, sum6(error));
    say6(OUTSIDE, error, 101);
    assert_true(hear6(INSIDE));
    assert_memory_equal(ip + 24, host.byte, 16);
    assert_memory_equal(ip + 48 + 8, host.byte, 16);
    assert_int_equal(sum6(ip), 0xffff);
    assert_int_equal(sum6(ip + 48), 0xffff);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_world, shut)
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_example), cmocka_unit_test(every_address_comes_back_and_keeps_its_sum),
        cmocka_unit_test(what_has_no_image),     T(packets_go_out_and_come_back),
        T(errors_quote_what_their_reader_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
