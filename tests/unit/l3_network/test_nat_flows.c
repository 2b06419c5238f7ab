/* SPDX-License-Identifier: BSD-2-Clause */
/* Many flows of every kind at random through the translator and back: payloads stay, checksums stay right, nobody gets
 * another's. And what the translator edits, its sender's memory does not see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/nat_world.h"

#define FLOWS 60u
#define ROUNDS 3000u

static struct nat_world w;
static struct nat_packet p;

struct flow {
    uint32_t host, peer;
    uint16_t port, peer_port, outside;
    uint8_t protocol;
};

static uint32_t fill(uint8_t *to, struct sv_rng *rng)
{
    const uint32_t n = sv_rng_below(rng, 1200);
    for (uint32_t i = 0; i < n; i++)
        to[i] = (uint8_t)sv_rng_u32(rng);
    return n;
}

static void send_out(struct flow *f, const uint8_t *bytes, uint32_t n)
{
    const struct nat_packet t = {.protocol = f->protocol,
                                 .src = f->host,
                                 .dst = f->peer,
                                 .sport = f->port,
                                 .dport = f->peer_port,
                                 .flags = f->protocol == 1 ? 8
                                          : f->outside     ? T_ACK
                                                           : T_SYN,
                                 .payload = bytes,
                                 .n = n};
    nat_say(&w, INSIDE, &t);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    assert_int_equal(p.src, NAT_ADDR);
    assert_int_equal(p.dst, f->peer);
    assert_int_equal(p.n, n);
    assert_memory_equal(p.payload, bytes, n);
    if (f->outside)
        assert_int_equal(p.sport, f->outside);
    f->outside = p.sport;
}

static void send_back(const struct flow *f, const uint8_t *bytes, uint32_t n)
{
    const struct nat_packet t = {.protocol = f->protocol,
                                 .src = f->peer,
                                 .dst = NAT_ADDR,
                                 .sport = f->protocol == 1 ? f->outside : f->peer_port,
                                 .dport = f->outside,
                                 .flags = f->protocol == 1 ? 0 : T_ACK,
                                 .payload = bytes,
                                 .n = n};
    nat_say(&w, OUTSIDE, &t);
    assert_true(nat_hear(&w, INSIDE, &p));
    assert_int_equal(p.dst, f->host);
    assert_int_equal(f->protocol == 1 ? p.sport : p.dport, f->port);
    assert_int_equal(p.n, n);
    assert_memory_equal(p.payload, bytes, n);
}

static void random_flows_keep_their_payloads(void **state)
{
    (void)state;
    static const uint8_t protocols[] = {6, 17, 1};
    static struct flow flow[FLOWS];
    static uint8_t bytes[1200];
    struct sv_rng rng;
    nat_open(&w, SV_NAT_FILTER_ADDRESS);
    sv_rng_seed(&rng, 11, 0, 0);
    for (uint32_t k = 0; k < FLOWS; k++) { /* few hosts and ports, so that they want the same outside ports */
        flow[k].protocol = protocols[k % 3];
        flow[k].host = HOST_A + k / 3 % 5;
        flow[k].port = (uint16_t)(4000 + k / 15);
        flow[k].peer = sv_rng_below(&rng, 2) ? PEER_Y : PEER_Z;
        flow[k].peer_port = flow[k].protocol == 1 ? 0 : (uint16_t)(80 + sv_rng_below(&rng, 3));
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct flow *f = &flow[sv_rng_below(&rng, FLOWS)];
        const uint32_t n = fill(bytes, &rng);
        if (!f->outside || sv_rng_below(&rng, 2))
            send_out(f, bytes, n);
        else
            send_back(f, bytes, n);
        nat_pass_time(&w, 10 * SV_MS);
    }
    for (uint32_t k = 0; k < FLOWS; k++) {
        for (uint32_t i = 0; i < k; i++) {
            const bool same = flow[k].host == flow[i].host && flow[k].port == flow[i].port;
            if (flow[k].protocol == flow[i].protocol && !same && flow[k].outside && flow[i].outside)
                assert_int_not_equal(flow[k].outside, flow[i].outside);
        }
    }
    assert_int_equal(nat_held(&w), 0);
    nat_pass_time(&w, 8000 * SV_S);
    assert_int_equal(nat_counts(&w).sessions, 0);
    nat_shut(&w);
}

/* A frame in slabs that another holds too, as a retransmission queue does. */
static void the_senders_memory_stays_whole(void **state)
{
    (void)state;
    static uint8_t ip[1500], kept[1500], bytes[1000];
    nat_open(&w, SV_NAT_FILTER_ADDRESS);
    const struct nat_packet ftp = {.protocol = 6,
                                   .src = HOST_A,
                                   .dst = PEER_Y,
                                   .sport = 5000,
                                   .dport = 21,
                                   .flags = T_ACK,
                                   .seq = 1,
                                   .payload = "PORT 10,0,0,2,200,10\r\n",
                                   .n = 22};
    struct nat_packet plain = ftp;
    plain.dport = 80;
    plain.payload = bytes;
    plain.n = sizeof bytes;
    for (uint32_t k = 0; k < 2; k++) {
        const uint32_t n = nat_emit(ip, k ? &plain : &ftp);
        const uint8_t eth[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 16, 2, 8, 0};
        struct sv_buf *mine = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
        assert_true(mine && sv_buf_append(mine, eth, 14, SV_WANT_DATA) && sv_buf_append(mine, ip, n, SV_WANT_DATA));
        struct sv_buf *theirs = sv_buf_clone(mine, SV_WANT_DATA);
        assert_non_null(theirs);
        struct sv_burst take = {1, {theirs}};
        sv_node_receive(w.node, INSIDE, &take, w.now);
        assert_true(nat_hear(&w, OUTSIDE, &p));
        assert_int_equal(p.src, NAT_ADDR);
        assert_true(k || p.n == 23);
        assert_true(sv_buf_read(mine, 14, kept, n));
        assert_memory_equal(kept, ip, n);
        sv_buf_free(mine);
    }
    assert_int_equal(nat_held(&w), 0);
    nat_shut(&w);
}

/* A super-frame's checksum is not finished: the field holds the pseudo-header's sum, which must follow the addresses
 * and not the ports. */
static void unfinished_checksums_of_super_frames(void **state)
{
    (void)state;
    static uint8_t ip[9000], bytes[8000];
    const struct sv_nat_config c = {.filter = SV_NAT_FILTER_ADDRESS};
    nat_open_devices(&w, &c, 256, SV_IF_CSUM | SV_IF_TSO4);
    nat_flush(&w);
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 256);
    struct nat_packet t = {.protocol = 6, .src = HOST_B, .dst = PEER_Y, .sport = 5000, .dport = 80, .flags = T_SYN};
    nat_say(&w, INSIDE, &t);
    assert_true(nat_hear(&w, OUTSIDE, &p)); /* HOST_B has 5000, HOST_A gets another */
    t.src = HOST_A;
    t.flags = T_ACK;
    t.payload = bytes;
    t.n = sizeof bytes;
    const uint32_t n = nat_emit(ip, &t);
    const uint16_t pseudo =
        sv_sum_fold((uint32_t)sv_sum(ip + 12, 8, 0) + sv_sum_u16(6) + sv_sum_u16((uint16_t)(n - 20)));
    memcpy(ip + 36, &pseudo, 2);
    const uint8_t eth[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 16, 2, 8, 0};
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
    assert_true(b && sv_buf_append(b, eth, 14, SV_WANT_DATA) && sv_buf_append(b, ip, n, SV_WANT_DATA));
    b->flags |= SV_BUF_CSUM_PARTIAL | SV_BUF_GSO_TCP4;
    b->gso_size = 1460;
    b->csum_start = 34;
    b->csum_offset = 16;
    struct sv_burst take = {1, {b}};
    sv_node_receive(w.node, INSIDE, &take, w.now);
    struct sv_burst give = {.n = 0};
    const struct sv_room room = {1, 1u << 20, 65535};
    assert_int_equal(sv_node_transmit(w.node, OUTSIDE, room, &give, w.now), 1);
    b = give.packet[0];
    assert_true(b->flags & SV_BUF_CSUM_PARTIAL);
    assert_int_equal(b->gso_size, 1460);
    assert_true(sv_buf_read(b, 14, ip, n));
    sv_buf_free(b);
    assert_int_equal(sv_get_u32(ip + 12), NAT_ADDR);
    assert_int_not_equal(sv_get_u16(ip + 20), 5000);
    /* The device sums from the header on, over what the field holds. */
    const uint16_t whole = sv_sum(ip + 20, n - 20, 0);
    sv_sum_store(ip + 36, whole);
    assert_true(nat_sums_good(ip, n));
    assert_memory_equal(ip + 40, bytes, sizeof bytes);
    nat_shut(&w);
}

/* The same packets, the same bytes out, whatever the world's memory looks like: nothing here knows an address. */
static void a_snapshot_goes_on_alike(void **state)
{
    (void)state;
    nat_open(&w, SV_NAT_FILTER_ADDRESS);
    const struct nat_packet t = {.protocol = 17, .src = HOST_A, .dst = PEER_Y, .sport = 700, .dport = 7};
    struct nat_packet u = t;
    u.src = HOST_B;
    nat_say(&w, INSIDE, &t);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    uint8_t *copy = aligned_alloc(4096, w.bytes);
    assert_non_null(copy);
    memcpy(copy, w.memory, w.bytes);
    nat_say(&w, INSIDE, &u);
    assert_true(nat_hear(&w, OUTSIDE, &p));
    const uint16_t first = p.sport;
    struct nat_world other = w;
    other.memory = other.raw = copy;
    other.pool = (struct sv_pool *)(copy + ((uint8_t *)w.pool - (uint8_t *)w.memory));
    other.stack = (struct sv_stack *)(copy + ((uint8_t *)w.stack - (uint8_t *)w.memory));
    other.node = sv_stack_node(other.stack);
    nat_say(&other, INSIDE, &u);
    assert_true(nat_hear(&other, OUTSIDE, &p));
    assert_int_equal(p.sport, first);
    nat_shut(&other);
    nat_shut(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_flows_keep_their_payloads),
        cmocka_unit_test(the_senders_memory_stays_whole),
        cmocka_unit_test(unfinished_checksums_of_super_frames),
        cmocka_unit_test(a_snapshot_goes_on_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
