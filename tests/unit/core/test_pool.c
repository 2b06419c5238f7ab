/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool's promises: ceilings, the reserve, quotas, charges, references, lent memory. */
#include "tests/unit/core/support.h"

#include "core/pool_inline.h"

static struct sv_arena *arena_for(uint32_t bufs, uint32_t slabs)
{
    const size_t bytes = (size_t)sv_pool_bytes(bufs, slabs) + 64;
    struct sv_arena *arena = sv_arena_create(zeroed_pages(bytes), bytes);
    assert_non_null(arena);
    return arena;
}

static struct sv_pool *pool_new(uint32_t bufs, uint32_t slabs)
{
    struct sv_pool *pool = sv_pool_create(arena_for(bufs, slabs), bufs, slabs);
    assert_non_null(pool);
    return pool;
}

static void pool_end(struct sv_pool *pool)
{
    free((void *)((uintptr_t)pool - (uintptr_t)pool->arena_at));
}

static struct sv_pool_counts counts(const struct sv_pool *pool)
{
    struct sv_pool_counts c;
    sv_pool_count(pool, &c);
    return c;
}

static void fits_its_stated_size(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 50; n += 7) {
        struct sv_arena *arena = arena_for(n, n * 3);
        assert_non_null(sv_pool_create(arena, n, n * 3));
        free(arena);
    }
    struct sv_arena *arena = arena_for(10, 10);
    assert_null(sv_pool_create(arena, 10, 100));
    assert_null(sv_pool_create(arena, UINT32_MAX, 1));
    assert_null(sv_pool_create(arena, 1, UINT32_MAX));
    assert_non_null(sv_pool_create(arena, 10, 10)); /* the refusals took nothing */
    free(arena);
}

static void keeps_a_sixteenth_for_control(void **state)
{
    (void)state;
    struct sv_pool *pool = pool_new(64, 160);
    for (int i = 0; i < 60; i++)
        assert_non_null(sv_buf_alloc(pool, SV_WANT_DATA, 0));
    assert_null(sv_buf_alloc(pool, SV_WANT_DATA, 0));
    for (int i = 0; i < 4; i++)
        assert_non_null(sv_buf_alloc(pool, SV_WANT_CONTROL, 0));
    assert_null(sv_buf_alloc(pool, SV_WANT_CONTROL, 0));
    for (int i = 0; i < 150; i++)
        assert_true(sv_slab_alloc(pool, SV_WANT_DATA, 0) != SV_NONE);
    assert_int_equal(sv_slab_alloc(pool, SV_WANT_DATA, 0), SV_NONE);
    for (int i = 0; i < 10; i++)
        assert_true(sv_slab_alloc(pool, SV_WANT_CONTROL, 0) != SV_NONE);
    assert_int_equal(sv_slab_alloc(pool, SV_WANT_CONTROL, 0), SV_NONE);
    const struct sv_pool_counts c = counts(pool);
    assert_int_equal(c.refused, 4);
    assert_int_equal(c.bufs, 64);
    assert_int_equal(c.bufs_free, 0);
    assert_int_equal(c.bufs_low, 0);
    assert_int_equal(c.slabs, 160);
    assert_int_equal(c.slabs_free, 0);
    pool_end(pool);
}

static void remembers_the_fewest_free(void **state)
{
    (void)state;
    struct sv_pool *pool = pool_new(100, 100);
    struct sv_buf *b[10];
    for (int i = 0; i < 10; i++)
        b[i] = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 0);
    for (int i = 0; i < 10; i++)
        sv_buf_free(b[i]);
    sv_buf_free(sv_buf_alloc(pool, SV_WANT_DATA, 0));
    struct sv_pool_counts c = counts(pool);
    assert_int_equal(c.bufs_free, 100);
    assert_int_equal(c.bufs_low, 90);
    assert_int_equal(c.slabs_free, 100);
    assert_int_equal(c.slabs_low, 90);
    pool_end(pool);
}

static void holds_accounts_to_their_quota(void **state)
{
    (void)state;
    struct sv_pool *pool = pool_new(200, 200);
    const uint16_t a = (uint16_t)sv_pool_account(pool, 32, 64), b = (uint16_t)sv_pool_account(pool, 5, 5);
    const uint16_t unlimited = (uint16_t)sv_pool_account(pool, 0, 0);
    assert_int_equal(a, 1);
    assert_int_equal(b, 2);
    uint32_t n = 0;
    while (sv_buf_alloc(pool, SV_WANT_DATA, a))
        n++;
    assert_int_equal(n, 30); /* the account's own reserve */
    while (sv_buf_alloc(pool, SV_WANT_CONTROL, a))
        n++;
    assert_int_equal(n, 32);
    for (n = 0; sv_slab_alloc(pool, SV_WANT_DATA, a) != SV_NONE; n++)
        ;
    assert_int_equal(n, 60);
    for (n = 0; sv_buf_alloc(pool, SV_WANT_DATA, b); n++)
        ;
    assert_int_equal(n, 5);
    for (n = 0; sv_buf_alloc(pool, SV_WANT_DATA, unlimited); n++)
        ;
    assert_int_equal(n, 188 - 37); /* the pool's own limit remains */
    for (uint32_t i = 4; i < 64; i++)
        assert_int_equal(sv_pool_account(pool, 1, 1), i);
    assert_int_equal(sv_pool_account(pool, 1, 1), SV_NONE);
    expect_assert_failure(sv_buf_alloc(pool, SV_WANT_DATA, 64));
    pool_end(pool);
}

/* A slab stays charged to who allocated it, whoever holds the last reference. */
static void charges_the_allocator(void **state)
{
    (void)state;
    struct sv_pool *pool = pool_new(20, 20);
    const uint16_t a = (uint16_t)sv_pool_account(pool, 0, 1);
    const uint32_t slab = sv_slab_alloc(pool, SV_WANT_DATA, a);
    assert_int_equal(sv_slab_alloc(pool, SV_WANT_DATA, a), SV_NONE);
    struct sv_buf *b = sv_buf_alloc(pool, SV_WANT_DATA, 0);
    sv_slab_ref(pool, slab);
    assert_int_equal(sv_slab_refs(pool, slab), 2);
    assert_true(sv_buf_append_slice(b, (struct sv_slice){slab, 0, 10}));
    sv_slab_unref(pool, slab);
    assert_int_equal(sv_slab_refs(pool, slab), 1);
    assert_int_equal(sv_slab_alloc(pool, SV_WANT_DATA, a), SV_NONE);
    sv_buf_free(b);
    assert_int_equal(sv_slab_alloc(pool, SV_WANT_DATA, a), slab); /* last in, first out */
    pool_end(pool);
}

static void gives_both_back_when_one_lacks(void **state)
{
    (void)state;
    struct sv_pool *pool = pool_new(4, 1);
    struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 100);
    assert_non_null(b);
    assert_null(sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 100));
    assert_int_equal(counts(pool).bufs_free, 3);
    sv_buf_free(b);
    sv_buf_free(NULL);
    assert_int_equal(counts(pool).bufs_free, 4);
    assert_int_equal(counts(pool).slabs_free, 1);
    pool_end(pool);
}

static void notices_what_is_freed_twice(void **state)
{
    (void)state;
    struct sv_pool *pool = pool_new(4, 4);
    struct sv_buf *b = sv_buf_alloc(pool, SV_WANT_DATA, 0);
    sv_buf_free(b);
    expect_assert_failure(sv_buf_free(b));
    const uint32_t slab = sv_slab_alloc(pool, SV_WANT_DATA, 0);
    sv_slab_unref(pool, slab);
    expect_assert_failure(sv_slab_unref(pool, slab));
    expect_assert_failure(sv_slab_ref(pool, slab));
    pool_end(pool);
}

static void lends_outside_memory(void **state)
{
    (void)state;
    struct sv_pool *pool = pool_new(4, 4);
    struct sv_arena *arena = (struct sv_arena *)((uintptr_t)pool - (uintptr_t)pool->arena_at);
    static uint8_t memory[100000];
    assert_false(sv_arena_is_foreign(arena));
    assert_int_equal(sv_pool_lend(pool, NULL, 10), SV_NONE);
    assert_int_equal(sv_pool_lend(pool, memory, 0), SV_NONE);
    assert_int_equal(sv_pool_lend(pool, memory, ((uint64_t)1 << 38) + 1), SV_NONE);
    assert_false(sv_arena_is_foreign(arena));
    uint32_t window[16];
    for (uint32_t i = 0; i < 16; i++) {
        window[i] = sv_pool_lend(pool, memory + i, 90000);
        assert_true(window[i] >= SV_SLAB_EXTERNAL);
        assert_true(window[i] + 43 != SV_NONE);
    }
    assert_true(sv_arena_is_foreign(arena));
    assert_int_equal(sv_pool_lend(pool, memory, 10), SV_NONE);
    assert_ptr_equal(sv_slab_bytes(pool, window[3]), memory + 3);
    assert_ptr_equal(sv_slab_bytes(pool, window[15] + 43), memory + 15 + 43 * 2048);
    sv_slab_ref(pool, window[3] + 7);
    assert_true(sv_slab_refs(pool, window[3]) >= 2); /* never private */
    assert_int_equal(sv_pool_take_back(pool, window[3]), SV_ERR_IN_USE);
    assert_int_equal(sv_pool_take_back(pool, window[3] + 1), SV_ERR_INVALID);
    assert_int_equal(sv_pool_take_back(pool, 3), SV_ERR_INVALID);
    assert_int_equal(sv_pool_take_back(pool, window[4]), SV_OK);
    assert_int_equal(sv_pool_take_back(pool, window[4]), SV_ERR_INVALID);
    expect_assert_failure(sv_slab_ref(pool, window[4]));
    sv_slab_unref(pool, window[3]);
    assert_int_equal(sv_pool_take_back(pool, window[3]), SV_OK);
    expect_assert_failure(sv_slab_unref(pool, window[3]));
    assert_int_equal(sv_pool_lend(pool, memory, 10), window[3]);
    pool_end(pool);
}

/* A ceiling of a million must not touch the memory behind it. */
static void costs_nothing_until_used(void **state)
{
    (void)state;
    const uint32_t n = 1u << 12;
    struct sv_pool *pool = pool_new(n, n);
    sv_buf_free(sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 0));
    for (uint32_t i = 1; i < n; i++) {
        const struct sv_buf *b = sv_pool_buf(pool, i);
        assert_int_equal(b->self | b->next | b->owner, 0);
        const struct sv_slab_meta *meta = sv_pool_meta(pool, i);
        assert_int_equal(meta->link | meta->owner, 0);
    }
    pool_end(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_its_stated_size),        cmocka_unit_test(keeps_a_sixteenth_for_control),
        cmocka_unit_test(remembers_the_fewest_free),   cmocka_unit_test(holds_accounts_to_their_quota),
        cmocka_unit_test(charges_the_allocator),       cmocka_unit_test(gives_both_back_when_one_lacks),
        cmocka_unit_test(notices_what_is_freed_twice), cmocka_unit_test(lends_outside_memory),
        cmocka_unit_test(costs_nothing_until_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
