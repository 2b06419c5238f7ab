/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace, and sv_drop() and sv_trace_event(), which write to it. */
#include "tests/unit/core/support.h"

#include "core/core.h"
#include "core/xxh64.h"

#define WORLD ((size_t)1 << 20)

static struct sv_arena *arena_new(void)
{
    return sv_arena_create(zeroed_pages(WORLD), WORLD);
}

static void put_little(uint8_t **to, uint64_t v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        *(*to)++ = (uint8_t)(v >> 8 * i);
}

/* As the header describes the log: each field little-endian, in order. */
static uint64_t hash_model(uint64_t hash, const struct sv_trace_record *r, const uint8_t *bytes)
{
    uint8_t packed[48], *to = packed;
    put_little(&to, r->time, 8);
    put_little(&to, r->kind, 2);
    put_little(&to, r->host, 2);
    put_little(&to, r->bytes, 2);
    put_little(&to, r->detail, 2);
    put_little(&to, r->flow, 4);
    put_little(&to, r->packet, 4);
    for (int i = 0; i < 6; i++)
        put_little(&to, r->arg[i], 4);
    hash = sv_xxh64(packed, sizeof packed, hash);
    return r->bytes != 0 ? sv_xxh64(bytes, r->bytes, hash) : hash;
}

static struct sv_trace_record some_record(struct dice *d)
{
    struct sv_trace_record r = {.time = roll(d, UINT32_MAX),
                                .kind = (uint16_t)(1 + roll(d, 22)),
                                .host = (uint16_t)roll(d, 9),
                                .detail = (uint16_t)roll(d, 65536),
                                .flow = roll(d, 100),
                                .packet = roll(d, 100)};
    for (int i = 0; i < 6; i++)
        r.arg[i] = roll(d, UINT32_MAX);
    r.bytes = (uint16_t)(roll(d, 3) ? 0 : roll(d, 2) ? roll(d, 200) : 47 + roll(d, 3));
    return r;
}

/* Rings of several sizes, one of them none, see the same; what is read is what was written, less the lost. */
#define RINGS 5u
#define QUEUE 512u

struct kept {
    struct sv_trace_record record;
    uint8_t bytes[256];
};

static void rings_keep_what_fits(void **state)
{
    (void)state;
    static const uint32_t size[RINGS] = {0, 1, 3, 10, 64};
    struct sv_arena *arena = arena_new();
    for (uint32_t ring = 0; ring < RINGS; ring++) {
        struct dice d = {5};
        struct sv_trace *t = sv_trace_create(arena, size[ring]);
        struct kept *queue = malloc(QUEUE * sizeof *queue);
        assert_non_null(queue);
        uint32_t first = 0, last = 0, used = 0;
        uint64_t hash = 0, lost = 0, count = 0;
        for (int step = 0; step < 20000; step++) {
            struct kept k = {.record = some_record(&d)};
            for (uint32_t i = 0; i < sizeof k.bytes; i++)
                k.bytes[i] = (uint8_t)roll(&d, 256);
            if (roll(&d, 2)) {
                const uint32_t units = 1 + (k.record.bytes + 47u) / 48u;
                sv_trace_emit(t, &k.record, k.bytes);
                hash = hash_model(hash, &k.record, k.bytes);
                count++;
                if (used + units <= size[ring]) {
                    queue[last++ % QUEUE] = k;
                    used += units;
                } else {
                    lost++;
                }
            } else {
                struct sv_trace_record r;
                uint8_t bytes[256];
                memset(bytes, 0xcc, sizeof bytes);
                const size_t room = roll(&d, 2) ? sizeof bytes : roll(&d, 50);
                const bool got = sv_trace_read(t, &r, bytes, room);
                assert_int_equal(got, first != last);
                if (got) {
                    const struct kept *k2 = &queue[first++ % QUEUE];
                    used -= 1 + (r.bytes + 47u) / 48u;
                    assert_memory_equal(&r, &k2->record, sizeof r);
                    const size_t n = r.bytes < room ? r.bytes : room;
                    assert_memory_equal(bytes, k2->bytes, n);
                    if (n < sizeof bytes) /* and no byte beyond */
                        assert_int_equal(bytes[n], 0xcc);
                }
            }
            assert_int_equal(sv_trace_hash(t), hash);
        }
        assert_int_equal(sv_trace_count(t), count);
        assert_int_equal(sv_trace_lost(t), lost);
        if (size[ring] == 0)
            assert_int_equal(lost, count);
        free(queue);
    }
    free(arena);
}

static void fits_its_stated_size(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 100; n += 9) {
        const size_t bytes = (size_t)sv_trace_bytes(n) + 64;
        struct sv_arena *arena = sv_arena_create(zeroed_pages(bytes), bytes);
        struct sv_trace *t = sv_trace_create(arena, n);
        assert_non_null(t);
        const struct sv_trace_record r = {.kind = 1};
        for (uint32_t i = 0; i < n; i++)
            sv_trace_emit(t, &r, NULL);
        assert_int_equal(sv_trace_lost(t), 0);
        sv_trace_emit(t, &r, NULL);
        assert_int_equal(sv_trace_lost(t), 1);
        assert_null(sv_trace_create(arena, 4000000000u));
        free(arena);
    }
}

static void selects_kinds(void **state)
{
    (void)state;
    struct sv_arena *arena = arena_new();
    struct sv_trace *t = sv_trace_create(arena, 10);
    const struct sv_trace_record in = {.kind = SV_TRACE_FRAME_IN, .bytes = 60}, drop = {.kind = SV_TRACE_DROP};
    sv_trace_select(t, (uint64_t)1 << SV_TRACE_DROP);
    sv_trace_emit(t, &in, NULL);
    assert_int_equal(sv_trace_count(t), 0);
    assert_int_equal(sv_trace_hash(t), 0);
    sv_trace_emit(t, &drop, NULL);
    assert_int_equal(sv_trace_count(t), 1);
    sv_trace_select(t, UINT64_MAX);
    sv_trace_emit(t, &in, NULL); /* no bytes, whatever the record says */
    struct sv_trace_record r;
    assert_true(sv_trace_read(t, &r, NULL, 0));
    assert_int_equal(r.kind, SV_TRACE_DROP);
    assert_true(sv_trace_read(t, &r, NULL, 0));
    assert_int_equal(r.bytes, 0);
    assert_false(sv_trace_read(t, &r, NULL, 0));
    free(arena);
}

static void drops_are_counted_traced_and_freed(void **state)
{
    (void)state;
    struct sv_arena *arena = arena_new();
    struct sv_pool *pool = sv_pool_create(arena, 4, 4);
    struct sv_core *c = sv_arena_take(arena, sizeof *c, 64);
    struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 0);
    sv_drop(c, SV_DROP_TCP_PAWS, b, 2, 9); /* tracing off */
    assert_int_equal(c->drops[SV_DROP_TCP_PAWS], 1);
    struct sv_trace *t = sv_trace_create(arena, 10);
    c->trace_at = (int64_t)((intptr_t)t - (intptr_t)c);
    c->now = 1234;
    c->host = 3;
    b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 0);
    b->id = 55;
    sv_drop(c, SV_DROP_TCP_PAWS, b, 2, 9);
    sv_drop(c, SV_DROP_NO_ROUTE, NULL, SV_NO_PORT, 0);
    assert_int_equal(c->drops[SV_DROP_TCP_PAWS], 2);
    struct sv_pool_counts counts;
    sv_pool_count(pool, &counts);
    assert_int_equal(counts.bufs_free, 4);
    assert_int_equal(counts.slabs_free, 4);
    struct sv_trace_record r;
    assert_true(sv_trace_read(t, &r, NULL, 0));
    const struct sv_trace_record wanted = {.time = 1234,
                                           .kind = SV_TRACE_DROP,
                                           .host = 3,
                                           .detail = SV_DROP_TCP_PAWS,
                                           .flow = 9,
                                           .packet = 55,
                                           .arg = {2}};
    assert_memory_equal(&r, &wanted, sizeof r);
    assert_true(sv_trace_read(t, &r, NULL, 0));
    assert_int_equal(r.packet, 0);
    assert_int_equal(r.arg[0], SV_NO_PORT);
    expect_assert_failure(sv_drop(c, SV_DROP_COUNT, NULL, 0, 0));
    free(arena);
}

static void events_carry_arguments_and_bytes(void **state)
{
    (void)state;
    struct sv_arena *arena = arena_new();
    struct sv_core *c = sv_arena_take(arena, sizeof *c, 64);
    sv_trace_event(c, SV_TRACE_LINE, 1, 2, 3, NULL, 0, "hello", 5); /* tracing off: nothing */
    struct sv_trace *t = sv_trace_create(arena, 2000);
    c->trace_at = (int64_t)((intptr_t)t - (intptr_t)c);
    SV_TRACE_EVENT(c, SV_TRACE_TCP_SENT, 1, 2, 3, 10, 20, 30, 40, 50, 60);
    sv_trace_event(c, SV_TRACE_LINE, 1, 2, 3, NULL, 0, "hello", 5);
    static uint8_t large[70000];
    sv_trace_event(c, SV_TRACE_FRAME_OUT, 0, 0, 0, NULL, 0, large, sizeof large);
    struct sv_trace_record r;
    uint8_t bytes[8] = {0};
    assert_true(sv_trace_read(t, &r, NULL, 0));
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(r.arg[i], (i + 1) * 10);
    assert_true(sv_trace_read(t, &r, bytes, sizeof bytes));
    assert_int_equal(r.bytes, 5);
    assert_string_equal((const char *)bytes, "hello");
    assert_true(sv_trace_read(t, &r, NULL, 0));
    assert_int_equal(r.bytes, 65535);
    assert_false(sv_trace_read(t, &r, NULL, 0));
    expect_assert_failure(sv_trace_event(c, SV_TRACE_LINE, 0, 0, 0, NULL, 7, NULL, 0));
    free(arena);
}

/* One bit anywhere changes the hash. */
static void every_bit_counts(void **state)
{
    (void)state;
    struct sv_arena *arena = arena_new();
    struct dice d = {11};
    struct sv_trace_record r = some_record(&d);
    uint8_t bytes[37] = {1, 2, 3};
    r.bytes = sizeof bytes;
    struct sv_trace *base = sv_trace_create(arena, 0);
    sv_trace_emit(base, &r, bytes);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        struct sv_trace *t = sv_trace_create(arena, 0);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        sv_trace_emit(t, &r, bytes);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(sv_trace_hash(t) != sv_trace_hash(base));
    }
    for (uint32_t i = 0; i < 6; i++) {
        struct sv_trace *t = sv_trace_create(arena, 0);
        r.arg[i] ^= 1;
        sv_trace_emit(t, &r, bytes);
        r.arg[i] ^= 1;
        assert_true(sv_trace_hash(t) != sv_trace_hash(base));
    }
    free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rings_keep_what_fits),
        cmocka_unit_test(fits_its_stated_size),
        cmocka_unit_test(selects_kinds),
        cmocka_unit_test(drops_are_counted_traced_and_freed),
        cmocka_unit_test(events_carry_arguments_and_bytes),
        cmocka_unit_test(every_bit_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
