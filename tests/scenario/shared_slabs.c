/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet's bytes are shared with whoever may have to send them again. What a switch, a router or a bad cable
 * does to the packet on its way must not reach those bytes: it is flooded, rewritten or corrupted while it is
 * unacknowledged, and what is sent again is compared with what was sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/cursor.h"
#include "seven/seven.h"
#include "sim/link.h"
#include "sim/world.h"

#define SLABS_BYTES (16u << 20)
#define SLABS_PAYLOAD 3000u

struct slabs {
    void *memory;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_stack *stack[2];
    sv_sock listener, from, to;
    sv_time now;
    uint8_t payload[SLABS_PAYLOAD];
    uint32_t carried; /* payload bytes that were seen again, and compared */
    bool written;
};

static void open_stack(struct slabs *w, uint8_t h)
{
    const struct sv_stack_config c = {
        .size = sizeof c,
        .host = h + 1u,
        .seed = 5,
        .connections = 4,
        .half_open = 4,
        .time_waits = 4,
        .neighbours = 4,
        .send_buffer = 65536,
        .recv_buffer = 65536,
    };
    const struct sv_interface_config i = {.size = sizeof i, .flags = SV_IF_NO_ARP_PROBE, .mac = {2, 0, 0, 0, 0, h}};
    const struct sv_addr addr = sv_addr_v4(10, 0, 0, (uint8_t)(h + 1u));
    sv_port port;
    w->stack[h] = sv_stack_create(w->arena, w->pool, &c, w->now);
    assert_non_null(w->stack[h]);
    assert_int_equal(sv_interface_add(w->stack[h], &i, &port, w->now), SV_OK);
    assert_int_equal(sv_address_add(w->stack[h], port, &addr, 24, w->now), SV_OK);
    sv_stack_set_checked(w->stack[h], true);
}

static uint32_t take(struct slabs *w, uint32_t h, struct sv_burst *burst)
{
    const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX};
    burst->n = 0;
    sv_node_expire(sv_stack_node(w->stack[h]), w->now);
    return sv_node_transmit(sv_stack_node(w->stack[h]), 0, room, burst, w->now);
}

/* TCP's payload of a frame. */
static uint32_t payload_of(const struct sv_buf *b, uint8_t *to)
{
    uint8_t header[74];
    assert_true(sv_buf_read(b, 0, header, 54));
    const uint32_t at = 34u + (uint32_t)(header[46] >> 4) * 4u;
    assert_true(sv_buf_read(b, at, to, b->length - at));
    return b->length - at;
}

/* A frame from the sender: what it carries must stand in the stream as it was written. */
static void compare(struct slabs *w, const struct sv_buf *b)
{
    uint8_t frame[SLABS_PAYLOAD];
    const uint32_t length = payload_of(b, frame);
    const uint8_t *place = w->payload;
    while (place + length <= w->payload + SLABS_PAYLOAD && memcmp(place, frame, length) != 0)
        place++;
    assert_true(place + length <= w->payload + SLABS_PAYLOAD);
    w->carried += length;
}

static void exchange(struct slabs *w)
{
    struct sv_burst burst;
    for (uint32_t quiet = 0, h = 0; quiet < 2; h = 1u - h, quiet++) {
        while (take(w, h, &burst)) {
            for (uint32_t i = 0; i < burst.n && h == 0 && w->written; i++)
                compare(w, burst.packet[i]);
            sv_node_receive(sv_stack_node(w->stack[1u - h]), 0, &burst, w->now);
            quiet = 0;
        }
    }
}

static int setup(void **state)
{
    struct slabs *w = calloc(1, sizeof *w);
    const struct sv_endpoint any = {sv_addr_v4(0, 0, 0, 0), 80};
    const struct sv_endpoint there = {sv_addr_v4(10, 0, 0, 2), 80};
    size_t taken;
    w->memory = aligned_alloc(4096, SLABS_BYTES);
    memset(w->memory, 0, SLABS_BYTES);
    w->now = SV_S;
    w->arena = sv_arena_create(w->memory, SLABS_BYTES);
    w->pool = sv_pool_create(w->arena, 256, 256);
    open_stack(w, 0);
    open_stack(w, 1);
    assert_int_equal(sv_listen(w->stack[1], &any, NULL, &w->listener, w->now), SV_OK);
    assert_int_equal(sv_connect(w->stack[0], &there, NULL, &w->from, w->now), SV_OK);
    exchange(w);
    assert_int_equal(sv_accept(w->stack[1], w->listener, &w->to, w->now), SV_OK);
    for (uint32_t i = 0; i < SLABS_PAYLOAD; i++)
        w->payload[i] = (uint8_t)(i * 7u + (i >> 8));
    assert_int_equal(sv_send(w->stack[0], w->from, w->payload, SLABS_PAYLOAD, &taken, w->now), SV_OK);
    assert_int_equal(taken, SLABS_PAYLOAD);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct slabs *w = *state;
    struct sv_pool_counts pool;
    sv_abort(w->stack[0], w->from, w->now);
    exchange(w);
    sv_abort(w->stack[1], w->to, w->now);
    sv_close(w->stack[1], w->listener, w->now);
    exchange(w);
    sv_pool_count(w->pool, &pool);
    assert_int_equal(pool.bufs_free, pool.bufs);
    assert_int_equal(pool.slabs_free, pool.slabs);
    free(w->memory);
    free(w);
    return 0;
}

/* Time passes until everything was sent again and received; it must be what was sent. */
static void again_unharmed(struct slabs *w)
{
    uint8_t got[SLABS_PAYLOAD + 1u];
    size_t n = 0;
    w->written = true;
    uint32_t received = 0;
    for (uint32_t round = 0; round < 200 && received < SLABS_PAYLOAD; round++) {
        w->now += 100 * SV_MS;
        exchange(w);
        while (sv_recv(w->stack[1], w->to, got + received, sizeof got - received, &n, w->now) == SV_OK)
            received += (uint32_t)n;
    }
    assert_int_equal(received, SLABS_PAYLOAD);
    assert_memory_equal(got, w->payload, SLABS_PAYLOAD);
    assert_true(w->carried >= SLABS_PAYLOAD);
}

/* The frames of the first flight; none of them is delivered as it is. */
static uint32_t first_flight(struct slabs *w, struct sv_burst *burst)
{
    uint32_t bytes = 0;
    uint8_t frame[SLABS_PAYLOAD];
    assert_true(take(w, 0, burst) >= 2);
    for (uint32_t i = 0; i < burst->n; i++)
        bytes += payload_of(burst->packet[i], frame);
    assert_int_equal(bytes, SLABS_PAYLOAD);
    return burst->n;
}

/* A switch floods: one descriptor a port, the same slabs. One port's copy is then written over by its owner, who
 * makes it its own first. */
static void test_flooded(void **state)
{
    struct slabs *w = *state;
    struct sv_burst burst;
    first_flight(w, &burst);
    for (uint32_t i = 0; i < burst.n; i++) {
        struct sv_buf *copy[3];
        for (uint32_t k = 0; k < 3; k++) {
            copy[k] = sv_buf_clone(burst.packet[i], SV_WANT_DATA);
            assert_non_null(copy[k]);
        }
        assert_true(sv_buf_own(copy[1]));
        assert_true(sv_buf_gather(copy[1], (uint16_t)copy[1]->length));
        memset(sv_buf_head(copy[1]), 0xee, copy[1]->length);
        sv_buf_free(burst.packet[i]);
        for (uint32_t k = 0; k < 3; k++)
            sv_buf_free(copy[k]);
    }
    again_unharmed(w);
}

/* A router rewrites addresses, ports and TTL (NAT) in the headers alone, and loses the packet then. */
static void test_rewritten(void **state)
{
    struct slabs *w = *state;
    struct sv_burst burst;
    first_flight(w, &burst);
    for (uint32_t i = 0; i < burst.n; i++) {
        struct sv_buf *b = burst.packet[i];
        assert_true(sv_buf_own_linear(b));
        assert_true(b->linear_length >= 54);
        uint8_t *p = sv_buf_head(b);
        p[22]--;
        sv_put_u32(p + 26, 0xc0a80101u);
        sv_put_u16(p + 34, 4242);
        sv_buf_free(b);
    }
    again_unharmed(w);
}

/* A cable flips a bit of every frame, in headers and payload alike, cuts some short, and hands them on. */
static void corrupted(struct slabs *w, const struct sv_link_way *way)
{
    const struct sv_link_config c = {.size = sizeof c, .number = 9, .seed = 77, .way = {*way, {0}}};
    struct sv_link *link = sv_link_create(w->arena, w->pool, &c, w->now);
    const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX};
    struct sv_burst burst;
    assert_non_null(link);
    first_flight(w, &burst);
    for (uint32_t i = 0; i < burst.n; i++) { /* at least one flip lies in the payload */
        sv_link_flip(link, 0, 0, 8u * (burst.packet[i]->length - 3u) + i);
        struct sv_burst one = {.n = 1, .packet = {burst.packet[i]}};
        sv_node_receive(sv_link_node(link), 0, &one, w->now);
    }
    burst.n = 0;
    assert_true(sv_node_transmit(sv_link_node(link), 1, room, &burst, w->now) >= 2);
    sv_node_receive(sv_stack_node(w->stack[1]), 0, &burst, w->now);
    assert_true(sv_stack_drops(w->stack[1], SV_DROP_BAD_CHECKSUM) + sv_stack_drops(w->stack[1], SV_DROP_BAD_LENGTH) +
                    sv_stack_drops(w->stack[1], SV_DROP_SHORT_HEADER) >=
                2);
    again_unharmed(w);
}

static void test_corrupted(void **state)
{
    const struct sv_link_way way = {.duplicate = SV_LINK_MILLION};
    corrupted(*state, &way);
}

static void test_truncated(void **state)
{
    const struct sv_link_way way = {.truncate = SV_LINK_MILLION};
    corrupted(*state, &way);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_flooded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rewritten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_corrupted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
