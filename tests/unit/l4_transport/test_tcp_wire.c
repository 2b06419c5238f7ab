/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP's header and options: RFC 9293 §3.1, §3.2; RFC 7323 §2, §3; RFC 2018 §3. */
#include "tests/unit/core/support.h"

#include "l4_transport/tcp_wire.h"

static struct sv_pool *pool;

static struct sv_buf *packet(const uint8_t *bytes, uint32_t n)
{
    struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_CONTROL, 0, 100);
    assert_non_null(b);
    assert_true(sv_buf_append(b, bytes, n, SV_WANT_CONTROL));
    b->segments = 1;
    return b;
}

static enum sv_drop parse(const uint8_t *bytes, uint32_t n, struct sv_seg *s)
{
    struct sv_buf *b = packet(bytes, n);
    memset(s, 0, sizeof *s);
    const enum sv_drop why = sv_tcp_parse(b, s);
    if (why == SV_DROP_NONE)
        assert_int_equal(b->length, s->length); /* what is left is the payload */
    sv_buf_free(b);
    return why;
}

/* Written down by hand: a SYN of Linux, with its options in Linux's order, and two bytes of payload. */
static const uint8_t syn[] = {
    0x9c, 0x40, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02, 0xfa, 0xf0, 0, 0, 0, 0,   2,
    4,    0x05, 0xb4, 4,    2,    8,    10,   0x11, 0x22, 0x33, 0x44, 0,    0,    0,    0,    1,    3, 3, 7, 'h', 'i',
};

static void reads_a_syn(void **state)
{
    struct sv_seg s;
    (void)state;
    assert_int_equal(parse(syn, sizeof syn, &s), SV_DROP_NONE);
    assert_int_equal(s.remote_port, 40000);
    assert_int_equal(s.local_port, 80);
    assert_int_equal(s.seq, 0x01020304);
    assert_int_equal(s.flags, SV_SYN);
    assert_int_equal(s.window, 64240);
    assert_int_equal(s.mss, 1460);
    assert_int_equal(s.scale, 7);
    assert_int_equal(s.ts_val, 0x11223344);
    assert_int_equal(s.options, SV_OPTION_MSS | SV_OPTION_SCALE | SV_OPTION_SACK_PERMITTED | SV_OPTION_TIMESTAMPS);
    assert_int_equal(s.length, 2);
    assert_int_equal(sv_seg_length(&s), 3);
}

static void writes_the_same_syn(void **state)
{
    const struct sv_tcp_header h = {
        .source = 40000,
        .destination = 80,
        .seq = 0x01020304,
        .flags = SV_SYN,
        .window = 64240,
        .mss = 1460,
        .scale = 7,
        .ts_val = 0x11223344,
        .options = SV_OPTION_MSS | SV_OPTION_SCALE | SV_OPTION_SACK_PERMITTED | SV_OPTION_TIMESTAMPS,
    };
    (void)state;
    struct sv_buf *b = packet((const uint8_t *)"hi", 2);
    const uint8_t *p = sv_tcp_emit(b, &h);
    assert_int_equal(b->length, sizeof syn);
    assert_memory_equal(p, syn, sizeof syn);
    sv_buf_free(b);
}

/* The form for the usual SYN writes what the general one writes, and sums it. */
static void the_usual_syn_is_no_other(void **state)
{
    struct sv_tcp_header h = {.options = SV_TCP_USUAL_SYN};
    uint32_t r = 1;
    (void)state;
    for (uint32_t k = 0; k < 1000; k++) {
        uint32_t *const field[] = {&h.seq, &h.ack, &h.ts_val, &h.ts_ecr};
        for (uint32_t i = 0; i < SV_COUNT_OF(field); i++)
            *field[i] = r = r * 1664525u + 1013904223u;
        h.source = (uint16_t)(r >> 7);
        h.destination = (uint16_t)(r >> 11);
        h.window = (uint16_t)(r >> 3);
        h.mss = (uint16_t)(r >> 5);
        h.flags = (uint16_t)(r >> 9 & 0x1ffu);
        h.urgent = (uint16_t)(k % 3 ? 0 : r >> 13);
        h.scale = (uint8_t)(k % 15u);
        struct sv_buf *a = packet((const uint8_t *)"hi", 2), *b = packet((const uint8_t *)"hi", 2);
        const uint8_t *p = sv_tcp_emit(a, &h);
        assert_int_equal(sv_tcp_usual_syn_push(b, &h), sv_sum(p, 40, 0));
        assert_int_equal(b->length, a->length);
        assert_int_equal(b->l4, b->head);
        assert_memory_equal(sv_buf_head(b), p, 42);
        sv_buf_free(a);
        sv_buf_free(b);
    }
}

/* Its options are read by their shape. Four NOPs behind them, and the general form reads them: whatever byte is
 * another, both say the same. */
static void the_usual_syn_is_read_as_any(void **state)
{
    uint8_t both[24];
    (void)state;
    for (uint32_t at = 0; at < 20; at++) {
        for (uint32_t value = 0; value < 256; value++) {
            struct sv_seg s, t;
            memset(&s, 0, sizeof s);
            memset(&t, 0, sizeof t);
            memcpy(both, syn + 20, 20);
            memset(both + 20, 1, 4);
            both[at] = (uint8_t)value;
            const enum sv_drop one = sv_tcp_parse_options(both, 20, &s);
            if (one != SV_DROP_NONE)
                continue; /* an option that runs over the end has room there */
            assert_int_equal(sv_tcp_parse_options(both, 24, &t), one);
            assert_memory_equal(&s, &t, sizeof s);
        }
    }
}

static void short_or_contradictory(void **state)
{
    struct sv_seg s;
    uint8_t bytes[sizeof syn];
    (void)state;
    for (uint32_t n = 0; n < 20; n++)
        assert_int_equal(parse(syn, n, &s), SV_DROP_SHORT_HEADER);
    for (uint32_t n = 20; n < 40; n++)
        assert_int_equal(parse(syn, n, &s), SV_DROP_BAD_LENGTH);
    memcpy(bytes, syn, sizeof syn);
    for (uint32_t offset = 0; offset < 5; offset++) { /* a header of less than 20 bytes */
        bytes[12] = (uint8_t)(offset << 4);
        assert_int_equal(parse(bytes, sizeof bytes, &s), SV_DROP_BAD_LENGTH);
    }
}

/* 20 bytes of header and these options, padded with END. */
static enum sv_drop with_options(const char *options, uint32_t n, struct sv_seg *s)
{
    uint8_t bytes[60] = {0};
    const uint32_t padded = (n + 3u) & ~3u;
    memcpy(bytes, syn, 20);
    memcpy(bytes + 20, options, n);
    bytes[12] = (uint8_t)((20u + padded) / 4u << 4);
    return parse(bytes, 20u + padded, s);
}
#define OPTIONS(text, s) with_options(text, sizeof(text) - 1u, s)

static void odd_options(void **state)
{
    struct sv_seg s;
    (void)state;
    assert_int_equal(OPTIONS("\x01\x01\x01\x00\x02\x04", &s), SV_DROP_NONE); /* nothing counts after END */
    assert_int_equal(s.options, 0);
    assert_int_equal(OPTIONS("\xfd\x06\x01\x02\x03\x04\x02\x04\x02\x18", &s), SV_DROP_NONE); /* MUST-6 */
    assert_int_equal(s.mss, 536);
    assert_int_equal(OPTIONS("\xfd\x02\x03\x03\x0f\x00", &s), SV_DROP_NONE);
    assert_int_equal(s.scale, 14);                                         /* RFC 7323 §2.3 */
    assert_int_equal(OPTIONS("\xfd\x00\x01\x01", &s), SV_DROP_BAD_OPTION); /* MUST-7: zero would never end */
    assert_int_equal(OPTIONS("\xfd\x01\x01\x01", &s), SV_DROP_BAD_OPTION);
    assert_int_equal(OPTIONS("\x02\x05\x05\xb4", &s), SV_DROP_BAD_OPTION); /* over the header's end */
    assert_int_equal(OPTIONS("\x01\x01\x01\x02", &s), SV_DROP_BAD_OPTION); /* a kind without its length */
    assert_int_equal(OPTIONS("\x02\x03\x05\x01", &s), SV_DROP_BAD_OPTION);
    assert_int_equal(OPTIONS("\x03\x04\x05\x01", &s), SV_DROP_BAD_OPTION);
    assert_int_equal(OPTIONS("\x04\x03\x05\x01", &s), SV_DROP_BAD_OPTION);
    assert_int_equal(OPTIONS("\x08\x09\x05\x01\x01\x01\x01\x01\x01\x01\x01\x01", &s), SV_DROP_BAD_OPTION);
    assert_int_equal(OPTIONS("\x05\x02\x01\x01", &s), SV_DROP_BAD_OPTION); /* SACK of no blocks */
    assert_int_equal(OPTIONS("\x05\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", &s), SV_DROP_BAD_OPTION);
}

/* What is emitted is read back the same, for every set of options that fits, and random values. */
/* RFC 9768 §3.2.3, table 5: whole counters as far as they go, whatever the length; and written so that words end. */
static void accecn_options(void **state)
{
    static const uint8_t all[] = {172, 11, 0, 0, 1, 0x12, 0x34, 0x56, 0xff, 0xff, 0xff, 1};
    static const uint8_t odd[] = {174, 7, 0, 0, 5, 9, 9, 1};
    static const uint8_t empty[] = {174, 2, 1, 1};
    struct sv_seg s;
    (void)state;
    memset(&s, 0, sizeof s);
    assert_int_equal(sv_tcp_parse_options(all, sizeof all, &s), SV_DROP_NONE);
    assert_int_equal(s.options, SV_OPTION_ACCECN);
    assert_int_equal(s.accecn.order, 0);
    assert_int_equal(s.accecn.fields, 3);
    assert_int_equal(s.accecn.count[0], 1);
    assert_int_equal(s.accecn.count[1], 0x123456);
    assert_int_equal(s.accecn.count[2], 0xffffff);
    assert_int_equal(sv_tcp_parse_options(odd, sizeof odd, &s), SV_DROP_NONE);
    assert_int_equal(s.accecn.order, 1);
    assert_int_equal(s.accecn.fields, 1);
    assert_int_equal(s.accecn.count[0], 5);
    assert_int_equal(sv_tcp_parse_options(empty, sizeof empty, &s), SV_DROP_NONE);
    assert_int_equal(s.accecn.fields, 0);
    for (uint8_t fields = 0; fields <= 3; fields++) {
        const struct sv_tcp_header h = {.flags = SV_ACK | SV_AE,
                                        .options = SV_OPTION_TIMESTAMPS | SV_OPTION_ACCECN,
                                        .accecn = {.order = 1, .fields = fields, .count = {1, 2, 0xabcdef}}};
        struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_CONTROL, 0, 100);
        assert_non_null(b);
        b->segments = 1;
        (void)sv_tcp_emit(b, &h);
        assert_int_equal(sv_tcp_header_length(&h), fields == 0 ? 36 : fields == 3 ? 44 : 40);
        assert_int_equal(sv_tcp_parse(b, &s), SV_DROP_NONE);
        assert_int_equal(s.flags, SV_ACK | SV_AE);
        assert_int_equal(s.options, SV_OPTION_TIMESTAMPS | SV_OPTION_ACCECN);
        assert_memory_equal(s.accecn.count, h.accecn.count, 4u * fields);
        sv_buf_free(b);
    }
}

static void round_trip(void **state)
{
    struct dice d = {.state = 9};
    (void)state;
    for (uint32_t i = 0; i < 4000; i++) {
        struct sv_tcp_header h = {
            .source = (uint16_t)roll(&d, 65536),
            .destination = (uint16_t)roll(&d, 65536),
            .seq = roll(&d, UINT32_MAX),
            .ack = roll(&d, UINT32_MAX),
            .flags = (uint16_t)roll(&d, 512),
            .window = (uint16_t)roll(&d, 65536),
            .urgent = (uint16_t)roll(&d, 65536),
            .mss = (uint16_t)roll(&d, 65536),
            .scale = (uint8_t)roll(&d, 15),
            .options = (uint8_t)(i & 31u),
            .ts_val = roll(&d, UINT32_MAX),
            .ts_ecr = roll(&d, UINT32_MAX),
        };
        if (h.options & SV_OPTION_SACK)
            h.sacks = (uint8_t)(1u + roll(&d, 2));
        for (uint32_t k = 0; k < h.sacks; k++)
            h.sack[k] = (struct sv_sack_block){roll(&d, UINT32_MAX), roll(&d, UINT32_MAX)};
        if (sv_tcp_header_length(&h) > 60)
            continue;
        uint8_t bytes[60];
        struct sv_seg s;
        struct sv_buf *b = sv_buf_alloc(pool, SV_WANT_CONTROL, 0);
        memcpy(bytes, sv_tcp_emit(b, &h), sv_tcp_header_length(&h));
        assert_int_equal(b->length, sv_tcp_header_length(&h));
        assert_int_equal(b->length % 4u, 0);
        sv_buf_free(b);
        assert_int_equal(parse(bytes, sv_tcp_header_length(&h), &s), SV_DROP_NONE);
        assert_int_equal(s.remote_port, h.source);
        assert_int_equal(s.local_port, h.destination);
        assert_int_equal(s.seq, h.seq);
        assert_int_equal(s.ack, h.ack);
        assert_int_equal(s.flags, h.flags);
        assert_int_equal(s.window, h.window);
        assert_int_equal(s.urgent, h.urgent);
        assert_int_equal(s.options, h.options);
        assert_true(!(h.options & SV_OPTION_MSS) || s.mss == h.mss);
        assert_true(!(h.options & SV_OPTION_SCALE) || s.scale == h.scale);
        assert_true(!(h.options & SV_OPTION_TIMESTAMPS) || (s.ts_val == h.ts_val && s.ts_ecr == h.ts_ecr));
        assert_int_equal(s.sacks, h.sacks);
        assert_memory_equal(s.sack, h.sack, h.sacks * sizeof s.sack[0]);
    }
}

int main(void)
{
    const size_t bytes = (size_t)sv_pool_bytes(16, 16) + 64;
    void *memory = zeroed_pages(bytes);
    pool = sv_pool_create(sv_arena_create(memory, bytes), 16, 16);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_syn),
        cmocka_unit_test(writes_the_same_syn),
        cmocka_unit_test(short_or_contradictory),
        cmocka_unit_test(the_usual_syn_is_no_other),
        cmocka_unit_test(the_usual_syn_is_read_as_any),
        cmocka_unit_test(odd_options),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(accecn_options),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(memory);
    return failed;
}
