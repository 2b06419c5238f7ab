/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of spans against the plainest model there is: an array of bytes' owners. */
#include "tests/unit/core/support.h"

#include "core/spans.h"

static uint32_t slabs_free(const struct sv_pool *pool)
{
    struct sv_pool_counts c;
    sv_pool_count(pool, &c);
    return c.slabs_free;
}

/* Every span refers to one slab again and again: only the references are counted. */
static bool push(struct sv_spans *q, struct sv_pool *pool, uint32_t slab, uint32_t seq, uint16_t length)
{
    const struct sv_span s = {.seq = seq, .slab = slab, .offset = 5, .length = length, .flags = SV_SPAN_SUMMED};
    sv_slab_ref(pool, slab);
    if (sv_spans_push(q, pool, 0, s))
        return true;
    sv_slab_unref(pool, slab);
    return false;
}

struct world {
    struct sv_pool *pool;
    void *memory;
    uint32_t slab, free_before;
    struct sv_spans q;
};

static void world_new(struct world *w, uint32_t slabs)
{
    const size_t bytes = (size_t)sv_pool_bytes(8, slabs) + 64;
    w->memory = zeroed_pages(bytes);
    w->pool = sv_pool_create(sv_arena_create(w->memory, bytes), 8, slabs);
    assert_non_null(w->pool);
    w->slab = sv_slab_alloc(w->pool, SV_WANT_CONTROL, 0);
    w->free_before = slabs_free(w->pool);
    sv_spans_init(&w->q);
}

static void world_end(struct world *w)
{
    sv_spans_clear(&w->q, w->pool);
    assert_true(sv_spans_empty(&w->q));
    assert_int_equal(slabs_free(w->pool), w->free_before); /* blocks and directory are back */
    assert_int_equal(sv_slab_refs(w->pool, w->slab), 1);
    free(w->memory);
}

static void two_spans_need_no_memory(void **state)
{
    struct world w;
    (void)state;
    world_new(&w, 8);
    assert_true(push(&w.q, w.pool, w.slab, 100, 10));
    assert_true(push(&w.q, w.pool, w.slab, 110, 20));
    assert_int_equal(slabs_free(w.pool), w.free_before);
    assert_int_equal(sv_spans_find(&w.q, w.pool, 109), 0);
    assert_int_equal(sv_spans_find(&w.q, w.pool, 110), 1);
    assert_true(push(&w.q, w.pool, w.slab, 130, 1));
    assert_int_equal(slabs_free(w.pool), w.free_before - 1u);
    sv_spans_drop_before(&w.q, w.pool, 131);
    assert_int_equal(slabs_free(w.pool), w.free_before);
    world_end(&w);
}

static void dropping_inside_a_span_shortens_it(void **state)
{
    struct world w;
    (void)state;
    world_new(&w, 8);
    assert_true(push(&w.q, w.pool, w.slab, 0xfffffff0u, 32)); /* over zero */
    sv_spans_drop_before(&w.q, w.pool, 0xffffffe0u);          /* below: nothing */
    assert_int_equal(sv_spans_at(&w.q, w.pool, 0)->length, 32);
    sv_spans_drop_before(&w.q, w.pool, 4);
    const struct sv_span *s = sv_spans_at(&w.q, w.pool, 0);
    assert_int_equal(s->seq, 4);
    assert_int_equal(s->offset, 25);
    assert_int_equal(s->length, 12);
    assert_int_equal(s->flags & SV_SPAN_SUMMED, 0); /* the sum was of the whole */
    world_end(&w);
}

static void a_full_pool_is_a_refusal_that_changes_nothing(void **state)
{
    struct world w;
    (void)state;
    world_new(&w, 6);
    uint32_t n = 0;
    while (push(&w.q, w.pool, w.slab, n * 10u, 10))
        n++;
    assert_in_range(n, 2u + SV_SPANS_PER_BLOCK / 2u, 6u * SV_SPANS_PER_BLOCK);
    assert_int_equal(w.q.count, n);
    assert_int_equal(sv_slab_refs(w.pool, w.slab), n + 1u);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(sv_spans_at(&w.q, w.pool, i)->seq, i * 10u);
    sv_spans_drop_before(&w.q, w.pool, SV_SPANS_PER_BLOCK * 10u); /* a block comes free */
    assert_true(push(&w.q, w.pool, w.slab, n * 10u, 10));
    world_end(&w);
}

static void the_largest_queue(void **state)
{
    struct world w;
    (void)state;
    world_new(&w, 600);
    uint32_t n = 0;
    while (push(&w.q, w.pool, w.slab, n * 3u + 0xfffff000u, 3))
        n++;
    assert_int_equal(n, 65536); /* 512 blocks */
    for (uint32_t i = 0; i < n; i += 7)
        assert_int_equal(sv_spans_find(&w.q, w.pool, i * 3u + 0xfffff000u + 2u), i);
    sv_spans_drop_before(&w.q, w.pool, 0xfffff000u + 3u * 60000u);
    assert_int_equal(w.q.count, 5536);
    assert_int_equal(sv_spans_find(&w.q, w.pool, 0xfffff000u + 3u * 65535u), 5535);
    world_end(&w);
}

/* Random pushes and drops; the model is the list of span ends. */
static void agrees_with_a_plain_list(void **state)
{
    enum { MOST = 4000 };
    static uint32_t begins[MOST];
    static uint16_t lengths[MOST];
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct world w;
        struct dice d = {.state = seed};
        uint32_t first = 0, n = 0, end = 0u - 20000u;
        world_new(&w, 64);
        for (uint32_t step = 0; step < 6000 && n < MOST; step++) {
            const bool grow = roll(&d, 100) < (step / 1500u % 2u ? 40u : 62u);
            if (grow) {
                const uint16_t length = (uint16_t)(1u + roll(&d, 1400));
                assert_true(push(&w.q, w.pool, w.slab, end, length));
                begins[n] = end;
                lengths[n++] = length;
                end += length;
            } else if (first < n) {
                const uint32_t k = first + roll(&d, n - first < 5u ? n - first : 5u);
                const uint32_t cut = roll(&d, lengths[k] + 1u);
                sv_spans_drop_before(&w.q, w.pool, begins[k] + cut);
                first = cut == lengths[k] ? k + 1u : k;
                if (first == k) {
                    begins[k] += cut;
                    lengths[k] = (uint16_t)(lengths[k] - cut);
                }
            }
            assert_int_equal(w.q.count, n - first);
            if (first == n)
                continue;
            const uint32_t k = first + roll(&d, n - first);
            const struct sv_span *s = sv_spans_at(&w.q, w.pool, k - first);
            assert_int_equal(s->seq, begins[k]);
            assert_int_equal(s->length, lengths[k]);
            assert_int_equal(sv_spans_find(&w.q, w.pool, begins[k] + roll(&d, lengths[k])), k - first);
        }
        world_end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_spans_need_no_memory),
        cmocka_unit_test(dropping_inside_a_span_shortens_it),
        cmocka_unit_test(a_full_pool_is_a_refusal_that_changes_nothing),
        cmocka_unit_test(the_largest_queue),
        cmocka_unit_test(agrees_with_a_plain_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
