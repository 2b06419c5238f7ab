/* SPDX-License-Identifier: BSD-2-Clause */
/* A super-frame cut into segments: over many random ones, what comes out is checked byte for byte against the bytes
 * that went in, with sums of its own. Then the frame check sequence of packets. */
#include "core/cursor.h"
#include "core/fcs.h"
#include "core/packet_sum.h"
#include "core/segment.h"
#include "tests/unit/core/support.h"

#define POOL_BUFS 256u
#define POOL_SLABS 512u

static struct sv_pool *pool;
static void *memory;
static uint8_t bytes[70000], before[70000];

static int fresh(void **state)
{
    (void)state;
    const uint64_t n = sv_pool_bytes(POOL_BUFS, POOL_SLABS) + 8192;
    memory = zeroed_pages(n);
    struct sv_arena *arena = sv_arena_create(memory, n);
    pool = sv_pool_create(arena, POOL_BUFS, POOL_SLABS);
    assert_non_null(pool);
    return 0;
}
static int done(void **state)
{
    (void)state;
    struct sv_pool_counts c;
    sv_pool_count(pool, &c);
    assert_int_equal(c.bufs, c.bufs_free);
    assert_int_equal(c.slabs, c.slabs_free);
    free(memory);
    return 0;
}

/* A sum of its own, plain as RFC 1071 tells it. */
static uint16_t plain_sum(const uint8_t *p, uint32_t n, uint32_t sum)
{
    for (uint32_t i = 0; i < n; i++)
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

struct shape {
    uint32_t tags, options, tcp_options, payload, gso, six, flags;
};

/* The frame that TCP would have made; where its headers lie. */
static uint32_t build(const struct shape *s, struct dice *d, uint32_t *l3, uint32_t *l4, uint32_t *payload)
{
    for (uint32_t i = 0; i < 200; i++)
        bytes[i] = (uint8_t)roll(d, 256);
    *l3 = 14 + 4 * s->tags;
    for (uint32_t t = 0; t < s->tags; t++)
        sv_put_u16(bytes + 12 + 4 * t, t + 1 < s->tags ? 0x88a8 : 0x8100);
    sv_put_u16(bytes + *l3 - 2, s->six ? 0x86dd : 0x0800);
    *l4 = *l3 + (s->six ? 40 : 20 + 4 * s->options);
    *payload = *l4 + 20 + 4 * s->tcp_options;
    uint8_t *ip = bytes + *l3;
    const uint32_t total = *payload - *l3 + s->payload;
    ip[0] = (uint8_t)(s->six ? 0x60 : 0x45 + s->options);
    if (s->six) {
        sv_put_u16(ip + 4, (uint16_t)(total - 40));
        ip[6] = 6;
    } else {
        sv_put_u16(ip + 2, (uint16_t)total);
        ip[6] = ip[7] = 0;
        ip[9] = 6;
        sv_put_u16(ip + 10, 0);
        sv_put_u16(ip + 10, (uint16_t)~plain_sum(ip, *l4 - *l3, 0));
    }
    bytes[*l4 + 12] = (uint8_t)((5 + s->tcp_options) << 4);
    bytes[*l4 + 13] = (uint8_t)s->flags;
    for (uint32_t i = 0; i < s->payload; i++)
        bytes[*payload + i] = (uint8_t)roll(d, 256);
    return *payload + s->payload;
}

static uint32_t pseudo(const uint8_t *ip, bool six, uint32_t n)
{
    return six ? plain_sum(ip + 8, 32, n + 6) : plain_sum(ip + 12, 8, n + 6);
}

/* One segment against what went in. */
static void compare(const struct shape *s, struct sv_buf *b, uint32_t part, uint32_t l3, uint32_t l4, uint32_t payload)
{
    static uint8_t got[70000];
    const uint32_t at = part * s->gso, n = s->payload - at < s->gso ? s->payload - at : s->gso;
    const bool last = at + n == s->payload;
    assert_int_equal(b->length, payload + n);
    assert_true(sv_buf_read(b, 0, got, b->length));
    assert_memory_equal(got + payload, bytes + payload + at, n);
    assert_memory_equal(got, bytes, l3);
    const uint8_t *ip = got + l3, *was = bytes + l3;
    if (s->six) {
        assert_int_equal(sv_get_u16(ip + 4), payload - l3 - 40 + n);
        assert_memory_equal(ip + 6, was + 6, 34);
    } else {
        assert_int_equal(sv_get_u16(ip + 2), payload - l3 + n);
        assert_int_equal(sv_get_u16(ip + 4), (uint16_t)(sv_get_u16(was + 4) + part));
        assert_int_equal(plain_sum(ip, l4 - l3, 0), 0xffff);
        assert_memory_equal(ip + 12, was + 12, l4 - l3 - 12);
    }
    const uint8_t *tcp = got + l4, *tcp_was = bytes + l4;
    assert_int_equal(sv_get_u32(tcp + 4), sv_get_u32(tcp_was + 4) + at);
    assert_memory_equal(tcp, tcp_was, 4);
    assert_memory_equal(tcp + 8, tcp_was + 8, 5);
    assert_memory_equal(tcp + 18, tcp_was + 18, payload - l4 - 18);
    uint32_t flags = s->flags;
    if (!last)
        flags &= ~0x09u;
    if (part)
        flags &= ~0x80u;
    assert_int_equal(tcp[13], flags);
    const uint32_t length = payload - l4 + n;
    assert_int_equal(plain_sum(tcp, length, pseudo(ip, s->six, length)), 0xffff);
    assert_true(!b->gso_size && !(b->flags & SV_BUF_CSUM_PARTIAL));
}

static struct sv_buf *packet(const struct shape *s, uint32_t n, uint32_t l4, struct dice *d)
{
    struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, (uint16_t)roll(d, 64));
    assert_true(sv_buf_append(b, bytes, n, SV_WANT_DATA));
    b->gso_size = (uint16_t)s->gso;
    b->flags = (uint16_t)(SV_BUF_CSUM_PARTIAL | (s->six ? SV_BUF_GSO_TCP6 : SV_BUF_GSO_TCP4));
    b->csum_start = (uint16_t)l4;
    b->csum_offset = 16;
    b->segments = (uint16_t)((s->payload + s->gso - 1) / s->gso);
    return b;
}

static void any_super_frame_comes_out_as_the_segments_it_stands_for(void **state)
{
    (void)state;
    struct dice d = {7};
    for (uint32_t turn = 0; turn < 300; turn++) {
        struct shape s = {.tags = roll(&d, 3),
                          .options = roll(&d, 4) ? 0 : roll(&d, 11),
                          .tcp_options = roll(&d, 11),
                          .gso = 500 + roll(&d, 1000),
                          .six = roll(&d, 2),
                          .flags = roll(&d, 256)};
        s.payload = 1 + roll(&d, turn % 3 ? 9000 : 40000);
        uint32_t l3, l4, payload, part = 0, seen = 0;
        const uint32_t n = build(&s, &d, &l3, &l4, &payload);
        struct sv_buf *b = packet(&s, n, l4, &d), *held = sv_buf_clone(b, SV_WANT_DATA);
        struct sv_packet_queue q;
        const struct sv_segment_out out = {.room = {64, UINT32_MAX, 0}};
        sv_packet_queue_init(&q);
        sv_packet_queue_put(&q, pool, b);
        struct sv_buf *refused;
        enum sv_drop why;
        struct sv_buf *one;
        while ((one = sv_segment_dequeue(&q, pool, &part, &out, &refused, &why)) != NULL) {
            compare(&s, one, seen++, l3, l4, payload);
            sv_buf_free(one);
        }
        assert_null(refused);
        assert_int_equal(seen, (s.payload + s.gso - 1) / s.gso);
        assert_int_equal(q.packets, 0);
        assert_true(sv_buf_read(held, 0, before, n)); /* whoever held it has it as it was */
        assert_memory_equal(before, bytes, n);
        sv_buf_free(held);
    }
}

static void a_device_that_cuts_gets_it_whole_and_one_with_little_room_a_part(void **state)
{
    (void)state;
    struct dice d = {8};
    const struct shape s = {.payload = 5000, .gso = 1000, .flags = 0x10};
    uint32_t l3, l4, payload, part = 0;
    const uint32_t n = build(&s, &d, &l3, &l4, &payload);
    struct sv_packet_queue q;
    struct sv_buf *refused;
    enum sv_drop why;
    sv_packet_queue_init(&q);
    sv_packet_queue_put(&q, pool, packet(&s, n, l4, &d));
    struct sv_segment_out out = {.room = {1, UINT32_MAX, 60000}, .csum = true};
    struct sv_buf *b = sv_segment_dequeue(&q, pool, &part, &out, &refused, &why);
    assert_int_equal(b->length, n);
    sv_packet_queue_put(&q, pool, b);
    out.room.super = 0;
    out.room.bytes = payload + 999;
    assert_null(sv_segment_dequeue(&q, pool, &part, &out, &refused, &why));
    out.room.bytes++;
    b = sv_segment_dequeue(&q, pool, &part, &out, &refused, &why);
    assert_int_equal(b->length, payload + 1000);
    assert_int_equal(q.packets, 1); /* four more are in it */
    assert_int_equal(part, 1);
    sv_buf_free(b);
    sv_buf_free(sv_packet_queue_take(&q, pool));
}

static void what_contradicts_itself_is_refused(void **state)
{
    (void)state;
    struct dice d = {9};
    const struct shape s = {.payload = 3000, .gso = 1000, .flags = 0x10};
    uint32_t l3, l4, payload;
    struct sv_segment_plan plan;
    const uint32_t n = build(&s, &d, &l3, &l4, &payload);
    struct sv_buf *b = packet(&s, n, l4, &d);
    uint8_t *h = sv_buf_head(b);
    assert_int_equal(sv_segment_plan(b, &plan), SV_DROP_NONE);
    h[l4 + 12] = 0x40;
    assert_int_equal(sv_segment_plan(b, &plan), SV_DROP_BAD_LENGTH);
    h[l4 + 12] = 0x50;
    h[l3 + 9] = 17;
    assert_int_equal(sv_segment_plan(b, &plan), SV_DROP_BAD_LENGTH);
    h[l3 + 9] = 6;
    h[l3] = 0x65;
    assert_int_equal(sv_segment_plan(b, &plan), SV_DROP_BAD_VERSION);
    h[l3] = 0x45;
    sv_put_u16(h + 12, 0x0806);
    assert_int_equal(sv_segment_plan(b, &plan), SV_DROP_BAD_VERSION);
    sv_put_u16(h + 12, 0x0800);
    b->gso_size = 0;
    assert_int_equal(sv_segment_plan(b, &plan), SV_DROP_BAD_LENGTH);
    b->csum_start = (uint16_t)(b->length - 1);
    assert_int_equal(sv_checksum_complete(b, 0), SV_DROP_BAD_LENGTH);
    sv_buf_truncate(b, 30);
    assert_int_equal(sv_segment_plan(b, &plan), SV_DROP_SHORT_HEADER);
    sv_buf_free(b);
}

static void the_frame_check_sequence_covers_slices_and_finds_every_flipped_bit(void **state)
{
    (void)state;
    struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 2000);
    assert_true(sv_buf_append(b, "123456789", 9, SV_WANT_DATA));
    assert_int_equal(sv_fcs_of(b), 0xcbf43926u);
    for (uint32_t i = 0; i < 300; i++)
        bytes[i] = (uint8_t)(i * 11);
    assert_true(sv_buf_append(b, bytes, 300, SV_WANT_DATA)); /* runs over the slab's end */
    assert_true(b->slices > 0);
    assert_true(sv_fcs_append(b));
    assert_int_equal(b->length, 313);
    for (uint32_t bit = 0; bit < 39 * 8; bit += 3) {
        sv_buf_head(b)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(sv_fcs_remove(b));
        sv_buf_head(b)[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(sv_fcs_remove(b));
    assert_int_equal(b->length, 309);
    sv_buf_truncate(b, 3);
    assert_false(sv_fcs_remove(b));
    sv_buf_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_super_frame_comes_out_as_the_segments_it_stands_for, fresh, done),
        cmocka_unit_test_setup_teardown(a_device_that_cuts_gets_it_whole_and_one_with_little_room_a_part, fresh, done),
        cmocka_unit_test_setup_teardown(what_contradicts_itself_is_refused, fresh, done),
        cmocka_unit_test_setup_teardown(the_frame_check_sequence_covers_slices_and_finds_every_flipped_bit, fresh,
                                        done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
