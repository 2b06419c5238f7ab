/* SPDX-License-Identifier: BSD-2-Clause */
/* A frame that goes on where the one before it ended is compared with that one instead of being read
 * (src/stack/way_in_next.h). Whatever bit of its headers is another, with its checksums put right or not, a burst of
 * the two must come to what the same two come to one after the other: bytes, drops by reason, acknowledgement. */
#include "tests/unit/l4_transport/tcp_world.h"

#define HEADERS 66u /* Ethernet 14, IPv4 20, TCP 20, timestamps 12 */
#define PAYLOAD 100u

enum checksums { AS_FLIPPED, PUT_RIGHT, BY_DEVICE };

/* What came of it. */
struct outcome {
    uint64_t drops[SV_DROP_COUNT];
    size_t got;
    enum sv_err error; /* of reading */
    uint8_t bytes[4u * PAYLOAD];
    uint32_t ack;
    uint64_t packets, wire_bytes;
};

struct pair {
    uint32_t bit; /* of the second frame's headers; beyond them: none */
    enum checksums checksums;
    uint32_t linear; /* of the second frame's payload: bytes that lie behind the headers, the rest in a slice */
};

static uint32_t sum_of(const uint8_t *p, uint32_t n, uint32_t sum)
{
    for (uint32_t i = 0; i < n; i++)
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffffu) + (sum >> 16);
    return sum;
}

static void put_checksum(uint8_t *at, uint32_t sum)
{
    at[0] = (uint8_t)(~sum >> 8);
    at[1] = (uint8_t)~sum;
}

static void put_right(uint8_t *frame, uint32_t n)
{
    uint8_t *ip = frame + 14, *tcp = frame + 34;
    ip[10] = ip[11] = tcp[16] = tcp[17] = 0;
    put_checksum(ip + 10, sum_of(ip, 20, 0));
    put_checksum(tcp + 16, sum_of(tcp, n - 34u, sum_of(ip + 12, 8, 6u + n - 34u)));
}

/* As tcp_world_new(), with as little memory as will do: there are thousands of them. */
static void small_world(struct sv_talk *t)
{
    const struct sv_stack_config c = {.size = sizeof c,
                                      .host = 1,
                                      .seed = 1,
                                      .connections = 4,
                                      .half_open = 4,
                                      .time_waits = 4,
                                      .neighbours = 4,
                                      .fragments = 4,
                                      .listeners = 4,
                                      .recv_buffer = 65536};
    const struct sv_interface_config i = {.size = sizeof i, .flags = SV_IF_NO_ARP_PROBE, .mac = {2, 0, 0, 0, 0, 1}};
    const struct sv_addr ours = sv_addr_v4(10, 0, 0, 1), peer = sv_addr_v4(10, 0, 0, 2);
    const size_t bytes = (size_t)(sv_stack_bytes(&c) + sv_pool_bytes(32, 32)) + 65536u;
    memset(t, 0, sizeof *t);
    t->memory = zeroed_pages(bytes);
    t->arena = sv_arena_create(t->memory, bytes);
    t->pool = sv_pool_create(t->arena, 32, 32);
    t->now = t->zero = (sv_time)1 << 42;
    t->stack = sv_stack_create(t->arena, t->pool, &c, t->now);
    assert_non_null(t->stack);
    assert_int_equal(sv_interface_add(t->stack, &i, &t->port, t->now), SV_OK);
    assert_int_equal(sv_address_add(t->stack, t->port, &ours, 24, t->now), SV_OK);
    assert_int_equal(sv_neighbour_add(t->stack, t->port, &peer, sv_talk_peer_mac, t->now), SV_OK);
    t->our_port = 80;
    t->peer_port = 4000;
    t->timestamps = true;
    t->peer_isn = t->peer_base = 0xffffff80u; /* the numbers wrap on the way */
}

static void open_connection(struct sv_talk *t, sv_sock *connection)
{
    struct sv_seen seen;
    sv_sock listener;
    const struct sv_endpoint e = {.addr = sv_addr_v4(0, 0, 0, 0), .port = 80};
    small_world(t);
    assert_int_equal(sv_listen(t->stack, &e, NULL, &listener, t->now), SV_OK);
    tcp_world_give(t, &(struct sv_line){.flags = SYN, .options = O_MSS, .mss = 1460});
    assert_int_equal(tcp_world_take(t, &seen), 1);
    t->our_isn = t->our_base = seen.seq;
    tcp_world_give(t, &(struct sv_line){.flags = ACK, .seq = 1, .ack = 1});
    assert_int_equal(sv_accept(t->stack, listener, connection, t->now), SV_OK);
}

/* The frame as a packet: so many bytes in its linear part, the rest in a slice. */
static struct sv_buf *packet_of(struct sv_talk *t, const uint8_t *frame, uint32_t n, uint32_t linear, bool checked)
{
    struct sv_buf *b = sv_buf_alloc_slab(t->pool, SV_WANT_CONTROL, 0, 64);
    assert_non_null(b);
    assert_true(sv_buf_append(b, frame, linear, SV_WANT_CONTROL));
    if (linear < n) {
        const struct sv_slice s = {sv_slab_alloc(t->pool, SV_WANT_CONTROL, 0), 7, (uint16_t)(n - linear)};
        assert_int_not_equal(s.slab, SV_NONE);
        memcpy(sv_slab_bytes(t->pool, s.slab) + s.offset, frame + linear, n - linear);
        assert_true(sv_buf_append_slice(b, s));
    }
    b->flags |= checked ? SV_BUF_CSUM_VALID : 0;
    return b;
}

static void come_to(const struct pair *p, bool one_burst, struct outcome *o)
{
    struct sv_talk t;
    struct sv_seen seen;
    struct sv_burst burst = {.n = 0};
    struct sv_interface_info info = {.size = sizeof info};
    sv_sock connection;
    open_connection(&t, &connection);
    for (uint32_t k = 0; k < 2; k++) {
        uint8_t frame[SV_FRAME_MAX];
        const struct sv_line l = {.flags = ACK, .seq = 1u + k * PAYLOAD, .ack = 1, .len = PAYLOAD};
        const uint32_t n = sv_talk_segment(&t, &l, frame);
        assert_int_equal(n, HEADERS + PAYLOAD);
        if (k == 1 && p->bit < 8u * HEADERS)
            frame[p->bit / 8u] ^= (uint8_t)(1u << p->bit % 8u);
        if (k == 1 && p->checksums == PUT_RIGHT)
            put_right(frame, n);
        burst.packet[burst.n++] =
            packet_of(&t, frame, n, k ? HEADERS + p->linear : n, k == 1 && p->checksums == BY_DEVICE);
        if (!one_burst || k == 1)
            sv_node_receive(sv_stack_node(t.stack), t.port, &burst, t.now);
    }
    memset(o, 0, sizeof *o);
    for (uint32_t d = 0; d < SV_DROP_COUNT; d++)
        o->drops[d] = sv_stack_drops(t.stack, (enum sv_drop)d);
    o->error = sv_recv(t.stack, connection, o->bytes, sizeof o->bytes, &o->got, t.now);
    t.now += 200 * SV_MS; /* what was delayed goes, too */
    sv_node_expire(sv_stack_node(t.stack), t.now);
    (void)tcp_world_take(&t, &seen);
    o->ack = seen.ack - t.peer_base;
    assert_int_equal(sv_interface_info(t.stack, t.port, &info), SV_OK);
    o->packets = info.packets_in;
    o->wire_bytes = info.bytes_in;
    free(t.memory);
}

static void same(const struct pair *p, struct outcome *burst)
{
    struct outcome apart;
    come_to(p, true, burst);
    come_to(p, false, &apart);
    if (memcmp(burst, &apart, sizeof apart) != 0)
        fail_msg("bit %u of byte %u, checksums %d, %u bytes linear: %zu bytes in a burst, %zu one after the other",
                 p->bit % 8u, p->bit / 8u, (int)p->checksums, p->linear, burst->got, apart.got);
}

static void every_bit(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit <= 8u * HEADERS; bit++) {
        struct outcome o;
        same(&(struct pair){bit, AS_FLIPPED, 0}, &o);
        same(&(struct pair){bit, PUT_RIGHT, 0}, &o);
        same(&(struct pair){bit, PUT_RIGHT, PAYLOAD}, &o);
        same(&(struct pair){bit, BY_DEVICE, PAYLOAD}, &o);
    }
}

/* In either place, and in two. */
static void wherever_it_lies(void **state)
{
    (void)state;
    for (uint32_t linear = 0; linear <= PAYLOAD; linear += 10) {
        struct outcome o;
        same(&(struct pair){8u * HEADERS, AS_FLIPPED, linear}, &o);
        assert_int_equal(o.got, 2u * PAYLOAD);
        assert_int_equal(o.ack, 1u + 2u * PAYLOAD);
        for (uint32_t i = 0; i < 2u * PAYLOAD; i++)
            assert_int_equal(o.bytes[i], sv_talk_pattern(i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wherever_it_lies),
        cmocka_unit_test(every_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
