/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets against a model that is a plain array of bytes. */
#include "tests/unit/core/support.h"

#include "core/pool_inline.h"

#define BUFS 40u
#define SLABS 120u
#define OUTSIDE 200000u

static struct sv_pool *pool;
static uint8_t outside[OUTSIDE];
static uint32_t outside_window;

static int setup(void **state)
{
    (void)state;
    const size_t bytes = (size_t)sv_pool_bytes(BUFS, SLABS) + 64;
    pool = sv_pool_create(sv_arena_create(zeroed_pages(bytes), bytes), BUFS, SLABS);
    for (uint32_t i = 0; i < OUTSIDE; i++)
        outside[i] = (uint8_t)(i * 7 + i / 256);
    outside_window = sv_pool_lend(pool, outside, OUTSIDE);
    return 0;
}

/* Nothing may be left over, whatever a test did. */
static int teardown(void **state)
{
    (void)state;
    struct sv_pool_counts c;
    sv_pool_count(pool, &c);
    assert_int_equal(c.bufs_free, BUFS);
    assert_int_equal(c.slabs_free, SLABS);
    assert_int_equal(sv_pool_take_back(pool, outside_window), SV_OK);
    free((void *)((uintptr_t)pool - (uintptr_t)pool->arena_at));
    return 0;
}

static void assert_bytes(const struct sv_buf *b, const uint8_t *model, uint32_t n)
{
    static uint8_t got[200000];
    uint32_t sum = b->linear_length;
    assert_int_equal(b->length, n);
    for (uint32_t i = 0; i < b->slices; i++)
        sum += b->slice[i].length;
    assert_int_equal(sum, n);
    assert_true(b->head + b->linear_length <= b->capacity);
    assert_true(sv_buf_read(b, 0, got, n));
    assert_memory_equal(got, model, n);
}

static void starts_empty(void **state)
{
    (void)state;
    struct sv_buf *b = sv_buf_alloc(pool, SV_WANT_DATA, 0);
    memset((uint8_t *)b + 8, 0x77, 8); /* what an earlier packet left */
    b->length = b->id = 99;
    b->flags = 9;
    sv_buf_free(b);
    b = sv_buf_alloc(pool, SV_WANT_DATA, 0);
    assert_int_equal(b->next, SV_NONE);
    assert_int_equal(b->length | b->linear_length | b->slices | b->flags | b->gso_size, 0);
    assert_int_equal(b->l2 | b->l3 | b->l4 | b->payload | b->id | b->csum_start | b->csum_offset, 0);
    assert_int_equal(b->segments, 1);
    assert_int_equal(b->head, SV_HEADROOM);
    assert_ptr_equal(sv_buf_at(b, 0), b->inline_room);
    assert_ptr_equal(sv_buf_pool(b), pool);
    uint8_t *p = sv_buf_push(b, 20);
    assert_ptr_equal(p, b->inline_room + SV_HEADROOM - 20);
    memset(p, 5, 20);
    sv_buf_pull(b, 8);
    assert_int_equal(b->length, 12);
    expect_assert_failure(sv_buf_pull(b, 13));
    expect_assert_failure(sv_buf_push(b, 117));
    sv_buf_free(b);
    b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 200);
    assert_int_equal(b->head, 200);
    assert_int_equal(b->capacity, SV_SLAB_BYTES);
    assert_ptr_equal(sv_buf_at(b, 0), sv_slab_bytes(pool, b->slab));
    sv_buf_free(b);
    expect_assert_failure(sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 2049));
}

static void refuses_all_or_nothing(void **state)
{
    (void)state;
    struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 0);
    uint8_t *bytes = malloc(SLABS * SV_SLAB_BYTES);
    memset(bytes, 3, SLABS * SV_SLAB_BYTES);
    assert_false(sv_buf_append(b, bytes, 50 * SV_SLAB_BYTES, SV_WANT_DATA)); /* 49 slices */
    assert_int_equal(b->length | b->slices, 0);
    assert_true(sv_buf_append(b, bytes, 49 * SV_SLAB_BYTES, SV_WANT_DATA));
    assert_int_equal(b->slices, 48);
    assert_false(sv_buf_append(b, bytes, 1, SV_WANT_DATA));
    assert_false(sv_buf_append_slice(b, (struct sv_slice){outside_window, 0, 1}));
    struct sv_buf *c = sv_buf_clone(b, SV_WANT_DATA);
    struct sv_buf *e = sv_buf_alloc(pool, SV_WANT_DATA, 0);
    assert_true(sv_buf_append(e, bytes, 30 * SV_SLAB_BYTES, SV_WANT_DATA));
    struct sv_pool_counts before, after;
    sv_pool_count(pool, &before);
    assert_false(sv_buf_own(c)); /* 41 slabs are left of the 49 */
    sv_pool_count(pool, &after);
    assert_int_equal(after.slabs_free, before.slabs_free);
    assert_int_equal(sv_slab_refs(pool, b->slab), 2);
    assert_ptr_equal(sv_buf_head(c), sv_buf_head(b));
    sv_buf_truncate(e, 0);
    sv_pool_count(pool, &before);
    assert_false(sv_buf_append(e, bytes, (before.slabs_free + 1) * SV_SLAB_BYTES, SV_WANT_DATA));
    sv_pool_count(pool, &after);
    assert_int_equal(after.slabs_free, before.slabs_free);
    assert_int_equal(e->length, 0);
    sv_buf_free(e);
    sv_buf_free(c);
    sv_buf_free(b);
    free(bytes);
}

/* The law of docs: editing one holder's copy never shows in another's. */
static void owning_ends_sharing(void **state)
{
    (void)state;
    uint8_t model[5000];
    memset(model, 0x11, sizeof model);
    struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 100);
    assert_true(sv_buf_append(b, model, sizeof model, SV_WANT_DATA));
    b->l3 = 100;
    b->l4 = 120;
    struct sv_buf *c = sv_buf_clone(b, SV_WANT_CONTROL);
    assert_int_equal(c->l4, 120);
    assert_bytes(c, model, sizeof model);
    assert_ptr_equal(sv_buf_head(b), sv_buf_head(c));
    assert_true(sv_buf_own_linear(c));
    assert_ptr_not_equal(sv_buf_head(b), sv_buf_head(c));
    assert_int_equal(sv_slab_refs(pool, b->slab), 1);
    assert_int_equal(sv_slab_refs(pool, b->slice[0].slab), 2);
    assert_true(sv_buf_own(c));
    assert_int_equal(sv_slab_refs(pool, b->slice[0].slab), 1);
    memset(sv_buf_head(c), 0x22, c->linear_length);
    for (uint32_t i = 0; i < c->slices; i++)
        memset(sv_slab_bytes(pool, c->slice[i].slab) + c->slice[i].offset, 0x22, c->slice[i].length);
    assert_bytes(b, model, sizeof model);
    memset(model, 0x22, sizeof model);
    assert_bytes(c, model, sizeof model);
    const uint8_t *at = sv_buf_head(c);
    assert_true(sv_buf_own(c)); /* already */
    assert_ptr_equal(sv_buf_head(c), at);
    sv_buf_free(b);
    sv_buf_free(c);
}

/* Two slices and the linear part in one slab of the packet's own. */
static void owning_survives_self_sharing(void **state)
{
    (void)state;
    struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 0);
    uint8_t *slab = sv_slab_bytes(pool, b->slab);
    for (uint32_t i = 0; i < SV_SLAB_BYTES; i++)
        slab[i] = (uint8_t)(i % 251);
    b->linear_length = 100;
    b->length = 100;
    for (uint16_t i = 1; i <= 3; i++) {
        sv_slab_ref(pool, b->slab);
        assert_true(sv_buf_append_slice(b, (struct sv_slice){b->slab, (uint16_t)(i * 100), 100}));
    }
    uint8_t model[400];
    for (uint32_t i = 0; i < 400; i++)
        model[i] = (uint8_t)(i % 251);
    assert_true(sv_buf_own(b));
    assert_bytes(b, model, 400);
    assert_int_equal(sv_slab_refs(pool, b->slab), 1);
    for (uint32_t i = 0; i < b->slices; i++)
        assert_int_equal(sv_slab_refs(pool, b->slice[i].slab), 1);
    sv_buf_free(b);
}

static void owns_lent_memory_by_copy(void **state)
{
    (void)state;
    struct sv_buf *b = sv_buf_alloc(pool, SV_WANT_DATA, 0);
    sv_slab_ref(pool, outside_window + 2);
    assert_true(sv_buf_append_slice(b, (struct sv_slice){outside_window + 2, 17, 65535})); /* over windows */
    assert_bytes(b, outside + 2 * 2048 + 17, 65535);
    assert_true(sv_buf_own(b));
    assert_int_equal(b->slices, 32);
    assert_bytes(b, outside + 2 * 2048 + 17, 65535);
    assert_true(sv_slab_refs(pool, outside_window) == 1);
    sv_buf_free(b);
    /* 49 slabs' worth does not fit the slices: refused, unchanged. */
    b = sv_buf_alloc(pool, SV_WANT_DATA, 0);
    for (uint32_t i = 0; i < 2; i++) {
        sv_slab_ref(pool, outside_window);
        assert_true(sv_buf_append_slice(b, (struct sv_slice){outside_window, (uint16_t)i, 50000}));
    }
    assert_false(sv_buf_own(b));
    assert_int_equal(b->slices, 2);
    assert_int_equal(b->length, 100000);
    sv_buf_free(b);
}

static void gathers_headers(void **state)
{
    (void)state;
    uint8_t model[6000];
    for (uint32_t i = 0; i < sizeof model; i++)
        model[i] = (uint8_t)(i * 13 + i / 256);
    struct sv_buf *b = sv_buf_alloc(pool, SV_WANT_DATA, 0);
    memcpy(sv_buf_push(b, 14), model, 14);
    b->l2 = b->head;
    assert_true(sv_buf_append(b, model + 14, sizeof model - 14, SV_WANT_DATA));
    const uint16_t head = b->head;
    assert_true(sv_buf_gather(b, 14));
    assert_int_equal(b->slab, SV_NONE);
    assert_true(sv_buf_gather(b, 54));
    assert_int_equal(b->head, head); /* offsets from base still hold */
    assert_int_equal(b->l2, head);
    assert_int_equal(b->linear_length, 54);
    assert_memory_equal(sv_buf_head(b), model, 54);
    assert_bytes(b, model, sizeof model);
    assert_true(sv_buf_gather(b, 2048)); /* the headroom has to go */
    assert_int_equal(b->head, 0);
    assert_int_equal(b->l2, 0);
    assert_bytes(b, model, sizeof model);
    assert_false(sv_buf_gather(b, 2049));
    sv_buf_truncate(b, 2047);
    assert_false(sv_buf_gather(b, 2048));
    assert_bytes(b, model, 2047);
    sv_buf_free(b);
}

static void reads_within_bounds(void **state)
{
    (void)state;
    struct sv_buf *b = sv_buf_alloc(pool, SV_WANT_DATA, 0);
    uint8_t byte = 1, bytes[20];
    assert_true(sv_buf_read(b, 0, NULL, 0));
    assert_false(sv_buf_read(b, 0, &byte, 1));
    assert_false(sv_buf_read(b, 1, &byte, 0));
    assert_true(sv_buf_append(b, "0123456789", 10, SV_WANT_DATA));
    assert_false(sv_buf_read(b, 3, bytes, UINT32_MAX - 1));
    assert_false(sv_buf_read(b, UINT32_MAX, bytes, 3));
    assert_true(sv_buf_read(b, 7, bytes, 3));
    assert_memory_equal(bytes, "789", 3);
    sv_buf_free(b);
}

/* Random operations on many packets, some of them clones of others, beside plain arrays. */
#define PACKETS 12u
#define MODEL_MAX 150000u

struct packet {
    struct sv_buf *b;
    uint32_t n;
    uint8_t bytes[MODEL_MAX];
};

static void grow(struct packet *p, struct dice *d)
{
    static uint8_t fresh[9000];
    const uint32_t n = roll(d, roll(d, 4) ? 3000 : sizeof fresh);
    for (uint32_t i = 0; i < n; i++)
        fresh[i] = (uint8_t)roll(d, 256);
    if (sv_buf_append(p->b, fresh, n, SV_WANT_DATA)) {
        memcpy(p->bytes + p->n, fresh, n);
        p->n += n;
    }
}

static void grow_by_reference(struct packet *p, struct dice *d)
{
    const uint32_t window = roll(d, 60), length = roll(d, roll(d, 3) ? 2000 : 20000);
    const uint16_t offset = (uint16_t)roll(d, 2048);
    const struct sv_slice s = {outside_window + window, offset, (uint16_t)length};
    sv_slab_ref(pool, s.slab);
    if (p->n + length > MODEL_MAX || !sv_buf_append_slice(p->b, s)) {
        sv_slab_unref(pool, s.slab);
        return;
    }
    memcpy(p->bytes + p->n, outside + window * 2048 + offset, length);
    p->n += length;
}

static void edit(struct packet *p, struct dice *d)
{
    if (p->n == 0 || !sv_buf_own(p->b))
        return;
    uint32_t at = roll(d, p->n);
    const uint8_t byte = (uint8_t)roll(d, 256);
    p->bytes[at] = byte;
    if (at < p->b->linear_length) {
        sv_buf_head(p->b)[at] = byte;
        return;
    }
    at -= p->b->linear_length;
    uint32_t i = 0;
    for (; at >= p->b->slice[i].length; i++)
        at -= p->b->slice[i].length;
    sv_slab_bytes(pool, p->b->slice[i].slab)[p->b->slice[i].offset + at] = byte;
}

static void edit_linear(struct packet *p, struct dice *d)
{
    if (p->b->linear_length == 0 || !sv_buf_own_linear(p->b))
        return;
    const uint32_t at = roll(d, p->b->linear_length);
    p->bytes[at] = (uint8_t)roll(d, 256);
    sv_buf_head(p->b)[at] = p->bytes[at];
}

static void shift(struct packet *p, struct dice *d)
{
    if (roll(d, 2) && p->b->linear_length != 0) {
        const uint16_t n = (uint16_t)roll(d, p->b->linear_length + 1u);
        sv_buf_pull(p->b, n);
        p->n -= n;
        memmove(p->bytes, p->bytes + n, p->n);
    } else if (p->b->head >= 20 && sv_buf_own_linear(p->b) && p->b->head >= 20) {
        memset(sv_buf_push(p->b, 20), 0x42, 20);
        memmove(p->bytes + 20, p->bytes, p->n);
        memset(p->bytes, 0x42, 20);
        p->n += 20;
    }
}

static void create(struct packet *p, struct packet *other, struct dice *d)
{
    if (other->b != NULL && roll(d, 2)) {
        p->b = sv_buf_clone(other->b, SV_WANT_DATA);
        p->n = other->n;
        memcpy(p->bytes, other->bytes, other->n);
        return;
    }
    p->n = 0;
    p->b = roll(d, 2) ? sv_buf_alloc(pool, SV_WANT_DATA, 0)
                      : sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, (uint16_t)roll(d, 2049));
}

static void act(struct packet *p, struct dice *d)
{
    switch (roll(d, 9)) {
    case 0:
    case 1:
        if (p->n < MODEL_MAX - 9000)
            grow(p, d);
        break;
    case 2:
        grow_by_reference(p, d);
        break;
    case 3:
        edit(p, d);
        break;
    case 4:
        edit_linear(p, d);
        break;
    case 5: {
        const uint16_t n = (uint16_t)roll(d, 2100);
        const bool done = sv_buf_gather(p->b, n);
        if (n > p->n)
            assert_false(done);
        if (done)
            assert_true(p->b->linear_length >= n);
        break;
    }
    case 6: {
        const uint32_t n = roll(d, p->n + 100);
        sv_buf_truncate(p->b, n);
        p->n = sv_min_u32(p->n, n);
        break;
    }
    case 7:
        if (p->n < MODEL_MAX - 20)
            shift(p, d);
        break;
    default:
        sv_buf_free(p->b);
        p->b = NULL;
        break;
    }
}

static void agrees_with_plain_arrays(void **state)
{
    (void)state;
    struct packet *packets = calloc(PACKETS, sizeof *packets);
    assert_non_null(packets);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct dice d = {seed};
        for (int step = 0; step < 1500; step++) {
            struct packet *p = &packets[roll(&d, PACKETS)];
            struct packet *other = &packets[roll(&d, PACKETS)];
            if (p->b == NULL)
                create(p, other, &d);
            else
                act(p, &d);
            if (p->b != NULL)
                assert_bytes(p->b, p->bytes, p->n);
            if (other->b != NULL) /* what was done to one shows in no other */
                assert_bytes(other->b, other->bytes, other->n);
        }
        for (uint32_t i = 0; i < PACKETS; i++) {
            if (packets[i].b != NULL)
                assert_bytes(packets[i].b, packets[i].bytes, packets[i].n);
            sv_buf_free(packets[i].b);
            packets[i].b = NULL;
        }
    }
    free(packets);
    for (uint32_t i = 0; i < OUTSIDE; i++) /* lent memory was never written */
        assert_int_equal(outside[i], (uint8_t)(i * 7 + i / 256));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(starts_empty),
        TEST(refuses_all_or_nothing),
        TEST(owning_ends_sharing),
        TEST(owning_survives_self_sharing),
        TEST(owns_lent_memory_by_copy),
        TEST(gathers_headers),
        TEST(reads_within_bounds),
        TEST(agrees_with_plain_arrays),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
