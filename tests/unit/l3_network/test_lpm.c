/* SPDX-License-Identifier: BSD-2-Clause */
/* Longest-prefix match against the naive way: a list of prefixes, all of them asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "l3_network/lpm.h"
#include "port/cpu.h"

#define LIST 3000u

struct entry {
    struct sv_lpm_key key;
    uint32_t length, value;
};

/* --- the reference --- */

static struct entry list[LIST];
static uint32_t listed;

static struct sv_lpm_key masked(struct sv_lpm_key k, uint32_t length)
{
    k.high &= length == 0 ? 0 : length >= 64 ? UINT64_MAX : UINT64_MAX << (64 - length);
    k.low &= length <= 64 ? 0 : length == 128 ? UINT64_MAX : UINT64_MAX << (128 - length);
    return k;
}
static bool same(struct sv_lpm_key a, struct sv_lpm_key b)
{
    return a.high == b.high && a.low == b.low;
}
static uint32_t naive_find(struct sv_lpm_key key, uint32_t length)
{
    key = masked(key, length);
    for (uint32_t i = 0; i < listed; i++)
        if (list[i].length == length && same(list[i].key, key))
            return i;
    return SV_NONE;
}
static uint32_t naive(struct sv_lpm_key key)
{
    uint32_t best = 0, value = 0;
    for (uint32_t i = 0; i < listed; i++)
        if (list[i].length + 1 > best && same(masked(key, list[i].length), list[i].key)) {
            best = list[i].length + 1;
            value = list[i].value;
        }
    return value;
}

/* --- the world --- */

static struct sv_arena *arena;
static void *memory;
static struct sv_lpm *t;
static uint32_t tree4, tree6;
static uint64_t state;

static uint64_t draw(void)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void make(uint32_t prefixes)
{
    const struct sv_lpm_config c = {prefixes, 1, 1};
    const uint64_t bytes = sv_lpm_bytes(&c) + sizeof *t + (1u << 16);
    memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    assert_non_null(memory);
    memset(memory, 0, bytes);
    arena = sv_arena_create(memory, bytes);
    assert_non_null(arena);
    t = sv_arena_take(arena, sizeof *t, 64);
    assert_true(sv_lpm_init(t, arena, &c));
    tree4 = sv_lpm_tree_make(t, &c, 32);
    tree6 = sv_lpm_tree_make(t, &c, 128);
    assert_int_not_equal(tree6, SV_NONE);
    listed = 0;
}

/* Addresses close together, so that prefixes nest and collide. */
static struct sv_lpm_key some_key(bool v6, uint32_t spread)
{
    struct sv_lpm_key k = {0, 0};
    const uint64_t high = draw(), low = draw();
    if (!v6) {
        k.high = (high >> (spread / 4 + 1) & 0xffffffffu) << 32;
        return k;
    }
    k.high = UINT64_C(0x2001) << 48 | (high & (UINT64_MAX >> 16) & ~(UINT64_MAX << (64 - spread)));
    k.low = low & ((uint64_t)1 << (draw() % 64)) ? low : low & 0xff;
    return k;
}

static void ask(bool v6, uint32_t spread)
{
    uint32_t four[77], got[77];
    struct sv_lpm_key key[77];
    for (uint32_t i = 0; i < 77; i++) {
        key[i] = some_key(v6, spread);
        if (listed && i % 2)
            key[i] = list[draw() % listed].key; /* the first address of a prefix */
        if (listed && i % 7 == 0)
            key[i].low--, key[i].high -= v6 ? 0 : UINT64_C(1) << 32;
        key[i].high &= v6 ? UINT64_MAX : UINT64_MAX << 32;
        key[i].low = v6 ? key[i].low : 0;
        four[i] = (uint32_t)(key[i].high >> 32);
    }
    const uint32_t cpus[2] = {SV_CPU_PORTABLE, sv_cpu_detect()};
    for (uint32_t c = 0; c < 2; c++) {
        if (v6)
            sv_lpm_lookup_burst6(t, tree6, key, got, 77, cpus[c]);
        else
            sv_lpm_lookup_burst4(t, tree4, four, got, 77, cpus[c]);
        for (uint32_t i = 0; i < 77; i++) {
            assert_int_equal(got[i], naive(key[i]));
            assert_int_equal(sv_lpm_lookup(t, v6 ? tree6 : tree4, key[i]), got[i]);
        }
    }
}

static void one_change(bool v6, uint32_t spread)
{
    const uint32_t tree = v6 ? tree6 : tree4, bits = v6 ? 128 : 32;
    struct sv_lpm_key key = some_key(v6, spread);
    uint32_t length = (uint32_t)(draw() % (bits + 1));
    const bool away = draw() % 100 < (listed > LIST / 8 ? 70 : 30);
    if (listed && (away || draw() % 8 == 0)) {
        const struct entry *e = &list[draw() % listed];
        key = e->key;
        length = e->length;
    }
    const uint32_t at = naive_find(key, length);
    if (away) {
        assert_int_equal(sv_lpm_remove(t, tree, key, length), at != SV_NONE);
        if (at != SV_NONE)
            list[at] = list[--listed];
        return;
    }
    const uint32_t value = 1 + (uint32_t)(draw() % 5);
    assert_true(sv_lpm_set_value(t, tree, key, length, value));
    assert_int_equal(sv_lpm_value(t, tree, key, length), value);
    if (at != SV_NONE)
        list[at].value = value;
    else
        list[listed++] = (struct entry){masked(key, length), length, value};
}

static void agrees(uint32_t prefixes, bool v6, uint32_t changes)
{
    make(prefixes);
    for (uint32_t i = 0; i < changes; i++) {
        const uint32_t spread = 30 + (i / 64) % 32;
        one_change(v6, spread);
        if (i % 16 == 0)
            ask(v6, spread);
        if (i % (prefixes > 60000 ? 4096 : 256) == 0)
            sv_lpm_check(t);
    }
    while (listed) { /* all of it goes again */
        assert_true(sv_lpm_remove(t, v6 ? tree6 : tree4, list[listed - 1].key, list[listed - 1].length));
        listed--;
    }
    sv_lpm_check(t);
    ask(v6, 40);
    assert_int_equal(t->nodes_used, 0);
    assert_int_equal(t->runs.used + t->values.used, 0);
    free(memory);
}

static void small_tables_agree_with_the_naive_way(void **s)
{
    (void)s;
    state = 1;
    agrees(2000, false, 6000);
    agrees(2000, true, 6000);
}
static void middle_tables_agree_with_the_naive_way(void **s)
{
    (void)s;
    state = 2;
    agrees(5000, false, 6000);
    agrees(5000, true, 6000);
}
static void large_tables_agree_with_the_naive_way(void **s)
{
    (void)s;
    state = 3;
    agrees(70000, false, 4000);
    agrees(70000, true, 4000);
}

static void every_length_of_one_address_nests(void **s)
{
    (void)s;
    for (uint32_t size = 300; size <= 70000; size += 69700) {
        make(size);
        const struct sv_lpm_key four = sv_lpm_key_of_v4(0xc0a8fedcu);
        const struct sv_lpm_key six = {UINT64_C(0x20010db8fedcba98), UINT64_C(0x7654321001234567)};
        for (uint32_t length = 0; length <= 32; length++) {
            assert_true(sv_lpm_set_value(t, tree4, four, length, length + 1));
            assert_int_equal(sv_lpm_lookup(t, tree4, four), length + 1);
        }
        for (uint32_t length = 129; length-- > 0;)
            assert_true(sv_lpm_set_value(t, tree6, six, length, length + 1));
        for (uint32_t length = 129; length-- > 0;) {
            assert_int_equal(sv_lpm_lookup(t, tree6, six), length + 1);
            assert_true(sv_lpm_remove(t, tree6, six, length));
        }
        assert_int_equal(sv_lpm_lookup(t, tree6, six), 0);
        for (uint32_t length = 33; length-- > 0;) {
            struct sv_lpm_key other = four; /* differs in the last bit of a prefix: the next shorter one answers */
            assert_int_equal(sv_lpm_lookup(t, tree4, four), length + 1);
            other.high ^= length ? UINT64_C(1) << (64 - length) : 0;
            assert_int_equal(sv_lpm_lookup(t, tree4, other), length ? length : 1);
            assert_true(sv_lpm_remove(t, tree4, four, length));
        }
        sv_lpm_check(t);
        free(memory);
    }
}

static void a_full_table_refuses_and_stays_whole(void **s)
{
    (void)s;
    state = 4;
    make(64);
    uint32_t refused = 0;
    for (uint32_t i = 0; i < 2000 && listed < LIST; i++) {
        const struct sv_lpm_key key = {draw(), draw()};
        if (sv_lpm_set_value(t, tree6, key, 128, 1 + i % 3))
            list[listed++] = (struct entry){key, 128, 1 + i % 3};
        else
            refused++;
    }
    assert_true(refused > 0);
    sv_lpm_check(t);
    for (uint32_t i = 0; i < listed; i++)
        assert_int_equal(sv_lpm_lookup(t, tree6, list[i].key), list[i].value);
    while (listed--)
        assert_true(sv_lpm_remove(t, tree6, list[listed].key, 128));
    assert_int_equal(t->nodes_used, 0);
    sv_lpm_check(t);
    free(memory);
}

static void a_copy_of_the_arena_is_a_working_table(void **s)
{
    (void)s;
    state = 5;
    make(2000);
    for (uint32_t i = 0; i < 500; i++)
        one_change(false, 40);
    const uint64_t bytes = sv_arena_used(arena);
    void *copy = malloc(bytes);
    assert_non_null(copy);
    assert_int_equal(sv_arena_snapshot(arena, copy, bytes), SV_OK);
    struct entry kept[LIST];
    const uint32_t count = listed;
    memcpy(kept, list, sizeof kept);
    for (uint32_t i = 0; i < 500; i++)
        one_change(false, 40);
    assert_int_equal(sv_arena_restore(arena, copy, bytes), SV_OK);
    memcpy(list, kept, sizeof kept);
    listed = count;
    sv_lpm_check(t);
    ask(false, 40);
    free(copy);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_tables_agree_with_the_naive_way),
        cmocka_unit_test(middle_tables_agree_with_the_naive_way),
        cmocka_unit_test(large_tables_agree_with_the_naive_way),
        cmocka_unit_test(every_length_of_one_address_nests),
        cmocka_unit_test(a_full_table_refuses_and_stays_whole),
        cmocka_unit_test(a_copy_of_the_arena_is_a_working_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
