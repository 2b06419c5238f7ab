/* SPDX-License-Identifier: BSD-2-Clause */
/* Sums, references and comparisons over packets in pieces, against the same bytes in one row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/packet_refer.h"
#include "core/packet_sum.h"
#include "tests/support/net_world.h"

static struct world w;
static uint8_t flat[70000], got[70000];

static int open_world(void **state)
{
    (void)state;
    world_open(&w);
    for (uint32_t i = 0; i < sizeof flat; i++)
        flat[i] = (uint8_t)(i * 167 + i / 253);
    return 0;
}
static int close_world(void **state)
{
    (void)state;
    assert_int_equal(world_held(&w), 0);
    world_close(&w);
    return 0;
}

/* flat[0..], `linear` bytes in the inline room or a slab, then slices of the lengths drawn. */
static struct sv_buf *pieces(struct sv_rng *rng, uint32_t slices, bool inline_room)
{
    struct sv_buf *b = inline_room ? sv_buf_alloc(w.pool, SV_WANT_DATA, 0)
                                   : sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, (uint16_t)sv_rng_below(rng, 100));
    const uint16_t linear = (uint16_t)sv_rng_below(rng, inline_room ? 120 : 1900);
    if (inline_room)
        memcpy(sv_buf_push(b, linear), flat, linear);
    else
        assert_true(sv_buf_append(b, flat, linear, SV_WANT_DATA));
    for (uint32_t i = 0; i < slices; i++) {
        const uint16_t offset = (uint16_t)sv_rng_below(rng, 50), length = (uint16_t)(1 + sv_rng_below(rng, 1300));
        const struct sv_slice s = {sv_slab_alloc(w.pool, SV_WANT_DATA, 0), offset, length};
        memcpy(sv_slab_bytes(w.pool, s.slab) + offset, flat + b->length, length);
        assert_true(sv_buf_append_slice(b, s));
    }
    return b;
}

static void a_sum_over_pieces_is_the_sum_over_the_row(void **state)
{
    (void)state;
    struct sv_rng rng;
    sv_rng_seed(&rng, 1, 2, 3);
    for (uint32_t i = 0; i < 2000; i++) {
        const uint32_t slices = sv_rng_below(&rng, 6), from = sv_rng_below(&rng, 40);
        struct sv_buf *b = pieces(&rng, slices, i % 2 != 0);
        if (from <= b->linear_length) {
            const uint16_t is = sv_l4_sum(b, (uint16_t)(b->head + from), 0);
            assert_int_equal(is, sv_sum(flat + from, b->length - from, 0));
        }
        sv_buf_free(b);
    }
}

static void what_is_referred_to_reads_the_same_and_costs_no_slab(void **state)
{
    (void)state;
    struct sv_rng rng;
    sv_rng_seed(&rng, 4, 5, 6);
    for (uint32_t i = 0; i < 1000; i++) {
        const uint32_t slices = i % 10 == 0 ? SV_SLICES_MAX : sv_rng_below(&rng, 8);
        struct sv_buf *b = pieces(&rng, slices, i % 2 != 0), *to = sv_buf_alloc(w.pool, SV_WANT_DATA, 0);
        const uint32_t offset = sv_rng_below(&rng, b->length + 1), n = sv_rng_below(&rng, b->length - offset + 1);
        const uint32_t held = world_held(&w), in_inline = i % 2 != 0 && offset < b->linear_length && n > 0;
        const bool fits = sv_buf_refer_slices(b, offset, n) <= SV_SLICES_MAX;
        assert_true(sv_buf_refer(to, b, offset, n, SV_WANT_DATA));
        if (fits)
            assert_int_equal(world_held(&w), held + in_inline);
        assert_int_equal(to->length, n);
        assert_true(sv_buf_read(to, 0, got, n));
        assert_memory_equal(got, flat + offset, n);
        assert_true(sv_buf_same(to, 0, b, offset, n));
        assert_false(sv_buf_same(to, 0, b, offset, n + 1));
        sv_buf_free(b);
        assert_true(sv_buf_read(to, 0, got, n)); /* it stands on its own */
        assert_memory_equal(got, flat + offset, n);
        sv_buf_free(to);
    }
}

static void too_many_pieces_are_copied_together(void **state)
{
    (void)state;
    struct sv_rng rng;
    sv_rng_seed(&rng, 7, 8, 9);
    struct sv_buf *b = pieces(&rng, SV_SLICES_MAX, false), *to = sv_buf_alloc(w.pool, SV_WANT_DATA, 0);
    assert_int_equal(sv_buf_refer_slices(b, 0, b->length), SV_SLICES_MAX + 1);
    assert_true(sv_buf_refer(to, b, 0, b->length, SV_WANT_DATA));
    assert_int_equal(to->slices, (b->length + SV_SLAB_BYTES - 1) / SV_SLAB_BYTES);
    assert_true(sv_buf_same(to, 0, b, 0, b->length));
    sv_buf_free(to);
    to = sv_buf_alloc(w.pool, SV_WANT_DATA, 0);
    assert_false(sv_buf_refer(to, b, 0, b->length + 1, SV_WANT_DATA)); /* more than there is */
    sv_buf_free(to);
    sv_buf_free(b);
}

static void one_byte_changed_is_not_the_same(void **state)
{
    (void)state;
    struct sv_buf *a = sv_buf_alloc(w.pool, SV_WANT_DATA, 0), *b = sv_buf_alloc(w.pool, SV_WANT_DATA, 0);
    assert_true(sv_buf_append(a, flat, 5000, SV_WANT_DATA));
    flat[4999] ^= 1;
    assert_true(sv_buf_append(b, flat, 5000, SV_WANT_DATA));
    assert_true(sv_buf_same(a, 0, b, 0, 4999));
    assert_false(sv_buf_same(a, 0, b, 0, 5000));
    sv_buf_free(a);
    sv_buf_free(b);
}

static void the_pseudo_header_of_a_mapped_address_is_ipv4s(void **state)
{
    (void)state;
    uint8_t row[12] = {10, 0, 0, 1, 192, 168, 255, 254, 0, 17, 0x12, 0x34};
    const struct sv_addr src = sv_addr_v4(10, 0, 0, 1), dst = sv_addr_v4(192, 168, 255, 254);
    assert_int_equal(sv_pseudo_sum(&src, &dst, 17, 0x1234), sv_sum(row, sizeof row, 0));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sum_over_pieces_is_the_sum_over_the_row),
        TEST(what_is_referred_to_reads_the_same_and_costs_no_slab),
        TEST(too_many_pieces_are_copied_together),
        TEST(one_byte_changed_is_not_the_same),
        TEST(the_pseudo_header_of_a_mapped_address_is_ipv4s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
