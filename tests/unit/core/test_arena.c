/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/core/support.h"

#include "core/flow.h"
#include "core/wheel.h"
#include "seven/trace.h"

#define WORLD ((size_t)1 << 20)

static void refuses_bad_memory(void **state)
{
    (void)state;
    uint8_t *memory = zeroed_pages(4096);
    assert_null(sv_arena_create(NULL, 4096));
    assert_null(sv_arena_create(memory + 8, 4000));
    assert_null(sv_arena_create(memory, 63));
    struct sv_arena *arena = sv_arena_create(memory, 64);
    assert_non_null(arena);
    assert_int_equal(sv_arena_used(arena), 64);
    assert_int_equal(sv_arena_bytes(arena), 64);
    assert_null(sv_arena_take(arena, 1, 1));
    assert_non_null(sv_arena_take(arena, 0, 1));
    free(memory);
}

static void gives_aligned_zeroed_pieces(void **state)
{
    (void)state;
    struct sv_arena *arena = sv_arena_create(zeroed_pages(WORLD), WORLD);
    uintptr_t end = (uintptr_t)arena + 64;
    for (uint32_t align = 1; align <= 4096; align *= 2) {
        uint8_t *p = sv_arena_take(arena, align + 3, align);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % align, 0);
        assert_true((uintptr_t)p >= end);
        end = (uintptr_t)p + align + 3;
        assert_int_equal(sv_arena_used(arena), end - (uintptr_t)arena);
        assert_ptr_equal(sv_arena_at(arena, sv_arena_offset(arena, p)), p);
        for (uint32_t i = 0; i < align + 3; i++)
            assert_int_equal(p[i], 0);
    }
    const uint64_t used = sv_arena_used(arena);
    assert_null(sv_arena_take(arena, UINT64_MAX, 1)); /* no overflow */
    assert_null(sv_arena_take(arena, UINT64_MAX - 8, 4096));
    assert_null(sv_arena_take(arena, WORLD - used + 1, 1));
    assert_int_equal(sv_arena_used(arena), used);
    assert_non_null(sv_arena_take(arena, WORLD - used, 1));
    assert_null(sv_arena_take(arena, 1, 1));
    expect_assert_failure(sv_arena_take(arena, 0, 3));
    expect_assert_failure(sv_arena_take(arena, 0, 8192));
    free(arena);
}

static void restores_what_it_copied(void **state)
{
    (void)state;
    struct sv_arena *arena = sv_arena_create(zeroed_pages(WORLD), WORLD);
    uint8_t *p = sv_arena_take(arena, 100, 8);
    memset(p, 1, 100);
    const uint64_t bytes = sv_arena_used(arena);
    uint8_t *copy = malloc(bytes);
    assert_int_equal(sv_arena_snapshot(arena, copy, bytes - 1), SV_ERR_INVALID);
    assert_int_equal(sv_arena_snapshot(arena, copy, bytes), SV_OK);
    memset(p, 2, 100);
    uint8_t *q = sv_arena_take(arena, 1000, 8);
    memset(q, 3, 1000);
    assert_int_equal(sv_arena_restore(arena, copy, bytes), SV_OK);
    assert_int_equal(sv_arena_used(arena), bytes);
    for (int i = 0; i < 100; i++)
        assert_int_equal(p[i], 1);
    /* What the undone future wrote is not seen by the next piece. */
    uint8_t *again = sv_arena_take(arena, 5000, 8);
    assert_ptr_equal(again, q);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(again[i], 0);
    free(copy);
    free(arena);
}

static void refuses_strange_snapshots(void **state)
{
    (void)state;
    struct sv_arena *arena = sv_arena_create(zeroed_pages(8192), 8192);
    struct sv_arena *other = sv_arena_create(zeroed_pages(8192), 4096);
    const uint64_t bytes = sv_arena_used(arena);
    uint8_t copy[64];
    assert_int_equal(sv_arena_snapshot(arena, copy, bytes), SV_OK);
    assert_int_equal(sv_arena_restore(other, copy, bytes), SV_ERR_INVALID);
    assert_int_equal(sv_arena_restore(arena, copy, 63), SV_ERR_INVALID);
    copy[0] ^= 1;
    copy[3] ^= 1;
    assert_int_equal(sv_arena_restore(arena, copy, bytes), SV_ERR_INVALID);
    copy[0] ^= 1;
    copy[3] ^= 1;
    assert_int_equal(sv_arena_restore(arena, copy, bytes), SV_OK);
    assert_false(sv_arena_is_foreign(arena));
    sv_arena_set_foreign(arena);
    assert_true(sv_arena_is_foreign(arena));
    assert_int_equal(sv_arena_snapshot(arena, copy, bytes), SV_ERR_FOREIGN);
    assert_int_equal(sv_arena_restore(arena, copy, bytes), SV_ERR_FOREIGN);
    free(arena);
    free(other);
}

/* A small world of everything that lies in an arena, driven by dice; the digest is all that can be seen. */
#define TIMERS 64u
#define HELD 24u

struct world {
    struct sv_pool *pool;
    struct sv_trace *trace;
    struct sv_wheel *wheel;
    struct sv_wheel_node *nodes;
    struct sv_flow_table *flows;
    uint32_t *held; /* descriptors by number, SV_NONE: none */
};

static struct world world_build(struct sv_arena *arena)
{
    struct world w;
    w.pool = sv_pool_create(arena, 32, 64);
    w.trace = sv_trace_create(arena, 100);
    w.wheel = sv_arena_take(arena, sizeof *w.wheel, 64);
    w.nodes = sv_arena_take(arena, TIMERS * sizeof *w.nodes, 64);
    w.flows = sv_arena_take(arena, sizeof *w.flows, 64);
    w.held = sv_arena_take(arena, HELD * sizeof *w.held, 64);
    assert_non_null(w.held);
    sv_wheel_init(w.wheel, 1000);
    sv_wheel_kind(w.wheel, 3, w.nodes, sizeof *w.nodes);
    assert_true(sv_flow_init(w.flows, arena, 40, (struct sv_siphash_key){1, 2}));
    for (uint32_t i = 0; i < TIMERS; i++)
        sv_wheel_node_init(&w.nodes[i]);
    for (uint32_t i = 0; i < HELD; i++)
        w.held[i] = SV_NONE;
    return w;
}

/* The same world in another arena. */
static struct world world_at(const struct world *w, const struct sv_arena *from, struct sv_arena *to)
{
#define MOVED(field) .field = sv_arena_at(to, sv_arena_offset(from, w->field))
    return (struct world){MOVED(pool), MOVED(trace), MOVED(wheel), MOVED(nodes), MOVED(flows), MOVED(held)};
#undef MOVED
}

static struct sv_buf *buf_of(const struct world *w, uint32_t number)
{
    /* Descriptor 0 is found from any packet: they lie a fixed distance apart. */
    struct sv_buf *b = sv_buf_alloc(w->pool, SV_WANT_CONTROL, 0);
    assert_non_null(b);
    struct sv_buf *found = (struct sv_buf *)((uintptr_t)b + ((uintptr_t)number - b->self) * 576u);
    sv_buf_free(b);
    assert_int_equal(found->self, number);
    return found;
}

static void packet_step(const struct world *w, struct dice *d)
{
    const uint32_t i = roll(d, HELD);
    uint8_t bytes[3000];
    const uint32_t n = roll(d, sizeof bytes);
    memset(bytes, (int)roll(d, 256), sizeof bytes);
    if (w->held[i] == SV_NONE) {
        struct sv_buf *b =
            roll(d, 2) ? sv_buf_alloc(w->pool, SV_WANT_DATA, 0) : sv_buf_alloc_slab(w->pool, SV_WANT_DATA, 0, 128);
        if (b == NULL)
            return;
        (void)!sv_buf_append(b, bytes, n, SV_WANT_DATA);
        w->held[i] = b->self;
        return;
    }
    struct sv_buf *b = buf_of(w, w->held[i]);
    struct sv_trace_record r = {.time = roll(d, 1000), .kind = SV_TRACE_FRAME_OUT, .bytes = (uint16_t)b->length};
    static uint8_t whole[65536];
    assert_true(sv_buf_read(b, 0, whole, b->length));
    sv_trace_emit(w->trace, &r, whole);
    if (roll(d, 2)) {
        struct sv_buf *c = sv_buf_clone(b, SV_WANT_DATA);
        sv_buf_free(b);
        w->held[i] = c ? c->self : SV_NONE;
    } else {
        sv_buf_free(b);
        w->held[i] = SV_NONE;
    }
}

static uint64_t world_run(const struct world *w, uint64_t seed, sv_time now)
{
    struct dice d = {seed};
    for (int step = 0; step < 4000; step++) {
        packet_step(w, &d);
        now += roll(&d, 5000);
        const uint32_t timer = roll(&d, TIMERS);
        const sv_time at = now + roll(&d, 10000000);
        sv_wheel_arm(w->wheel, 3, timer, at);
        uint32_t kind;
        for (uint32_t due; (due = sv_wheel_due(w->wheel, now, &kind)) != SV_NONE;) {
            const struct sv_trace_record r = {.time = now, .kind = SV_TRACE_TCP_TIMER_FIRED, .flow = due};
            sv_trace_emit(w->trace, &r, NULL);
        }
        const uint64_t hash = (uint64_t)roll(&d, 50) << 33;
        uint32_t at_slot = SV_NONE;
        const uint32_t value = sv_flow_find(w->flows, hash, &at_slot);
        const struct sv_trace_record r = {.time = now, .kind = SV_TRACE_FLOW, .flow = value};
        sv_trace_emit(w->trace, &r, NULL);
        if (value == SV_NONE)
            (void)sv_flow_insert(w->flows, hash, (uint32_t)step);
        else
            (void)sv_flow_remove(w->flows, hash, value);
    }
    return sv_trace_hash(w->trace);
}

/* Snapshot, go on, go back, go on: the same; and the same in an arena that lies elsewhere. */
static void worlds_can_be_copied(void **state)
{
    (void)state;
    struct sv_arena *arena = sv_arena_create(zeroed_pages(WORLD), WORLD);
    struct sv_arena *other = sv_arena_create(zeroed_pages(WORLD), WORLD);
    const struct world w = world_build(arena);
    (void)world_run(&w, 1, 0);
    const uint64_t bytes = sv_arena_used(arena);
    uint8_t *copy = malloc(bytes);
    assert_int_equal(sv_arena_snapshot(arena, copy, bytes), SV_OK);
    const sv_time now = w.wheel->now;
    const uint64_t first = world_run(&w, 2, now);
    const uint64_t unlike = world_run(&w, 3, w.wheel->now);
    assert_true(first != unlike);
    assert_int_equal(sv_arena_restore(arena, copy, bytes), SV_OK);
    assert_int_equal(world_run(&w, 2, now), first);
    assert_int_equal(sv_arena_restore(other, copy, bytes), SV_OK);
    const struct world v = world_at(&w, arena, other);
    memset((void *)((uintptr_t)arena + 64), 0xee, WORLD - 64); /* nothing there is needed any more */
    assert_int_equal(world_run(&v, 2, now), first);
    free(copy);
    free(arena);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bad_memory),      cmocka_unit_test(gives_aligned_zeroed_pieces),
        cmocka_unit_test(restores_what_it_copied), cmocka_unit_test(refuses_strange_snapshots),
        cmocka_unit_test(worlds_can_be_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
