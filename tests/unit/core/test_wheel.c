/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/core/support.h"

#include "core/wheel.h"

#define RECORDS 200u

/* Two kinds of record, of different strides, beside the wheel. */
struct large {
    uint64_t before[5];
    struct sv_wheel_node node;
    uint64_t behind;
};

struct bench {
    struct sv_wheel wheel;
    struct sv_wheel_node small[RECORDS];
    struct large large[RECORDS];
};

static struct bench *bench_new(sv_time now)
{
    struct bench *b = malloc(sizeof *b);
    assert_non_null(b);
    sv_wheel_init(&b->wheel, now);
    sv_wheel_kind(&b->wheel, 0, b->small, sizeof b->small[0]);
    sv_wheel_kind(&b->wheel, 7, &b->large[0].node, sizeof b->large[0]);
    for (uint32_t i = 0; i < RECORDS; i++) {
        sv_wheel_node_init(&b->small[i]);
        sv_wheel_node_init(&b->large[i].node);
    }
    return b;
}

static void wakes_at_the_exact_time(void **state)
{
    (void)state;
    struct bench *b = bench_new(123456);
    uint32_t kind = 99;
    assert_int_equal(sv_wheel_next(&b->wheel), SV_NEVER);
    assert_int_equal(sv_wheel_due(&b->wheel, 200000, &kind), SV_NONE);
    sv_wheel_arm(&b->wheel, 7, 5, 250000);
    sv_wheel_arm(&b->wheel, 7, 5, SV_NEVER); /* nothing to do */
    assert_int_equal(sv_wheel_next(&b->wheel), 250000);
    assert_int_equal(sv_wheel_due(&b->wheel, 249999, &kind), SV_NONE);
    assert_int_equal(sv_wheel_due(&b->wheel, 250000, &kind), 5);
    assert_int_equal(kind, 7);
    assert_int_equal(b->large[5].node.at, SV_NEVER);
    assert_int_equal(sv_wheel_due(&b->wheel, 250000, &kind), SV_NONE);
    assert_int_equal(sv_wheel_next(&b->wheel), SV_NEVER);
    free(b);
}

static void keeps_the_earlier_time(void **state)
{
    (void)state;
    struct bench *b = bench_new(0);
    uint32_t kind;
    sv_wheel_arm(&b->wheel, 0, 1, 5000);
    sv_wheel_arm(&b->wheel, 0, 1, 9000);
    assert_int_equal(b->small[1].at, 5000);
    sv_wheel_arm(&b->wheel, 0, 1, 3000);
    assert_int_equal(b->small[1].at, 3000);
    assert_int_equal(b->wheel.entries, 1);
    assert_int_equal(sv_wheel_due(&b->wheel, 3000, &kind), 1);
    assert_int_equal(sv_wheel_due(&b->wheel, SV_S, &kind), SV_NONE);
    sv_wheel_arm(&b->wheel, 0, 1, SV_S + 7);
    sv_wheel_disarm(&b->wheel, 0, 1);
    sv_wheel_disarm(&b->wheel, 0, 1);
    assert_int_equal(b->wheel.entries, 0);
    assert_int_equal(sv_wheel_next(&b->wheel), SV_NEVER);
    free(b);
}

static void orders_by_slot_then_insertion(void **state)
{
    (void)state;
    struct bench *b = bench_new(0);
    uint32_t kind;
    const sv_time base = (sv_time)77 << 20;
    sv_wheel_arm(&b->wheel, 0, 3, base + 1000); /* slot 0, cascades from above */
    sv_wheel_arm(&b->wheel, 0, 4, base + 2000); /* slot 1 */
    sv_wheel_arm(&b->wheel, 0, 1, base + 10);   /* slot 0, later inserted, earlier due */
    sv_wheel_arm(&b->wheel, 7, 2, base + 10);
    assert_int_equal(sv_wheel_due(&b->wheel, base + 5000, &kind), 3);
    assert_int_equal(sv_wheel_due(&b->wheel, base + 5000, &kind), 1);
    /* Armed for the past while the rest is being collected: it comes too, last. */
    sv_wheel_arm(&b->wheel, 0, 9, 5);
    assert_int_equal(sv_wheel_next(&b->wheel), base + 5000);
    assert_int_equal(sv_wheel_due(&b->wheel, base + 5000, &kind), 2);
    assert_int_equal(kind, 7);
    assert_int_equal(sv_wheel_due(&b->wheel, base + 5000, &kind), 4);
    assert_int_equal(sv_wheel_due(&b->wheel, base + 5000, &kind), 9);
    assert_int_equal(sv_wheel_due(&b->wheel, base + 5000, &kind), SV_NONE);
    free(b);
}

/* Every distance of a power of two and its neighbours, from awkward times, up to the end of time. */
static void reaches_any_time(void **state)
{
    (void)state;
    static const sv_time start[] = {
        0, 1, 1023, 1024, 0xffff, 0xfffffffffffff, 0x10000000000000, 1700000000ull * 1000000000, UINT64_MAX / 2,
    };
    for (size_t s = 0; s < sizeof start / sizeof start[0]; s++)
        for (uint32_t bit = 0; bit < 64; bit++)
            for (int off = -1; off <= 1; off++) {
                struct bench *b = bench_new(start[s]);
                const sv_time at = start[s] + ((sv_time)1 << bit) + (sv_time)off;
                if (at <= start[s] || at == SV_NEVER) {
                    free(b);
                    continue;
                }
                uint32_t kind;
                sv_wheel_arm(&b->wheel, 0, 0, at);
                uint32_t wakes = 0;
                for (sv_time now = start[s]; now != at; wakes++) {
                    const sv_time next = sv_wheel_next(&b->wheel);
                    assert_true(next > now);
                    assert_true(next <= at);
                    now = next;
                    if (now != at)
                        assert_int_equal(sv_wheel_due(&b->wheel, now, &kind), SV_NONE);
                }
                assert_true(wakes <= 9 + (at >> 52) - (start[s] >> 52)); /* a level a wake, a window each 52 days */
                assert_int_equal(sv_wheel_due(&b->wheel, at, &kind), 0);
                free(b);
            }
}

/* The model: an array, searched whole. `order` numbers insertions. */
struct model {
    sv_time at[2][RECORDS];
    uint64_t order[2][RECORDS];
    uint64_t inserted;
    sv_time now;
};

static const uint32_t kinds[2] = {0, 7};

static sv_time some_time(struct dice *d, sv_time now)
{
    static const uint8_t shift[] = {3, 8, 10, 12, 16, 20, 24, 30, 36, 41, 47, 53};
    const uint64_t wide = (uint64_t)roll(d, 1u << 31) << 31;
    const uint64_t distance = (wide | roll(d, 1u << 31)) & (((uint64_t)1 << shift[roll(d, sizeof shift)]) - 1);
    return roll(d, 10) == 0 ? now - sv_min_u64(now, distance & 4095) : now + distance;
}

static void model_arm(struct model *m, uint32_t k, uint32_t i, sv_time at)
{
    if (at < m->at[k][i]) {
        m->at[k][i] = at;
        m->order[k][i] = m->inserted++;
    }
}

static sv_time model_next(const struct model *m)
{
    sv_time next = SV_NEVER;
    for (uint32_t k = 0; k < 2; k++)
        for (uint32_t i = 0; i < RECORDS; i++)
            next = sv_min_u64(next, m->at[k][i]);
    return next;
}

struct due {
    uint32_t k, i;
    sv_time slot;
    uint64_t order;
};

static int by_slot_and_order(const void *a, const void *b)
{
    const struct due *x = a, *y = b;
    if (x->slot != y->slot)
        return x->slot < y->slot ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static uint32_t model_due(struct model *m, sv_time now, struct due *due)
{
    uint32_t n = 0;
    for (uint32_t k = 0; k < 2; k++)
        for (uint32_t i = 0; i < RECORDS; i++)
            if (m->at[k][i] <= now) {
                due[n++] = (struct due){k, i, m->at[k][i] >> SV_WHEEL_SHIFT, m->order[k][i]};
                m->at[k][i] = SV_NEVER;
            }
    qsort(due, n, sizeof due[0], by_slot_and_order);
    return n;
}

static void collect_and_compare(struct bench *b, struct model *m, sv_time now)
{
    struct due due[2 * RECORDS];
    uint32_t kind = 0;
    const uint32_t n = model_due(m, now, due);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(sv_wheel_due(&b->wheel, now, &kind), due[i].i);
        assert_int_equal(kind, kinds[due[i].k]);
    }
    assert_int_equal(sv_wheel_due(&b->wheel, now, &kind), SV_NONE);
}

static void run_model(uint64_t seed)
{
    struct dice d = {seed};
    struct bench *b = bench_new(some_time(&d, (sv_time)roll(&d, 1u << 31) << roll(&d, 30)));
    struct model *m = malloc(sizeof *m);
    assert_non_null(m);
    memset(m->at, 0xff, sizeof m->at);
    m->inserted = 0;
    m->now = b->wheel.now;
    for (int step = 0; step < 3000; step++) {
        const uint32_t k = roll(&d, 2), i = roll(&d, RECORDS);
        const uint32_t what = roll(&d, 8);
        if (what < 5) {
            const sv_time at = some_time(&d, m->now);
            if (at > m->now) { /* the past has its own test: its order is another */
                sv_wheel_arm(&b->wheel, kinds[k], i, at);
                model_arm(m, k, i, at);
            }
        } else if (what == 5) {
            sv_wheel_disarm(&b->wheel, kinds[k], i);
            m->at[k][i] = SV_NEVER;
        } else {
            const sv_time wanted = model_next(m), told = sv_wheel_next(&b->wheel);
            assert_true(told <= wanted);
            assert_true(told > m->now);
            assert_true((told == SV_NEVER) == (wanted == SV_NEVER));
            sv_time now = some_time(&d, m->now);
            if (what == 6 && told != SV_NEVER)
                now = told; /* as a driver does */
            m->now = sv_max_u64(m->now, now);
            collect_and_compare(b, m, m->now);
        }
    }
    m->now = UINT64_MAX - 1;
    collect_and_compare(b, m, m->now);
    assert_int_equal(b->wheel.entries, 0);
    assert_int_equal(b->wheel.levels, 0);
    free(m);
    free(b);
}

static void agrees_with_a_sorted_list(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++)
        run_model(seed);
}

/* A driver that sleeps until sv_wheel_next() and no longer finds every record at its exact nanosecond. */
static void a_driver_is_never_late(void **state)
{
    (void)state;
    struct dice d = {99};
    struct bench *b = bench_new(0);
    sv_time now = 0;
    uint32_t fired = 0;
    for (uint32_t i = 0; i < RECORDS; i++)
        sv_wheel_arm(&b->wheel, 0, i, 1 + roll(&d, 1u << 30));
    while (fired < 20000) {
        now = sv_wheel_next(&b->wheel);
        uint32_t kind;
        for (;;) {
            sv_time wanted[RECORDS];
            for (uint32_t i = 0; i < RECORDS; i++)
                wanted[i] = b->small[i].at;
            const uint32_t i = sv_wheel_due(&b->wheel, now, &kind);
            if (i == SV_NONE)
                break;
            assert_int_equal(wanted[i], now);
            fired++;
            sv_wheel_arm(&b->wheel, 0, i, now + 1 + roll(&d, roll(&d, 2) ? 2000 : 1u << 30));
        }
    }
    free(b);
}

/* Ten hours at a time over 228 years: 35 thousand million slots a step, were they walked. */
static void jumps_far_cheaply(void **state)
{
    (void)state;
    struct bench *b = bench_new(0);
    uint32_t kind;
    sv_time now = 0;
    for (int i = 0; i < 200000; i++) {
        sv_wheel_arm(&b->wheel, 0, 1, now + 3600 * SV_S);
        now += 10 * 3600 * SV_S;
        assert_int_equal(sv_wheel_due(&b->wheel, now, &kind), 1);
        assert_int_equal(sv_wheel_due(&b->wheel, now, &kind), SV_NONE);
    }
    free(b);
}

static void refuses_unknown_kinds(void **state)
{
    (void)state;
    struct bench *b = bench_new(0);
    expect_assert_failure(sv_wheel_kind(&b->wheel, SV_WHEEL_KINDS, b->small, 16));
    expect_assert_failure(sv_wheel_move(&b->wheel, 0, 1u << 28, 5));
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wakes_at_the_exact_time),
        cmocka_unit_test(keeps_the_earlier_time),
        cmocka_unit_test(orders_by_slot_then_insertion),
        cmocka_unit_test(reaches_any_time),
        cmocka_unit_test(agrees_with_a_sorted_list),
        cmocka_unit_test(a_driver_is_never_late),
        cmocka_unit_test(jumps_far_cheaply),
        cmocka_unit_test(refuses_unknown_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
