/* SPDX-License-Identifier: BSD-2-Clause */
/* Longest-prefix match against the naive way: the input is a list of operations on prefixes close to each other. */
#include <stdlib.h>
#include <string.h>

#include "l3_network/lpm.h"

#define LIST 256u

struct entry {
    struct sv_lpm_key key;
    uint32_t length, value;
};

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

static uint32_t naive(const struct entry *list, uint32_t n, struct sv_lpm_key key)
{
    uint32_t best = 0, value = 0;
    for (uint32_t i = 0; i < n; i++)
        if (list[i].length + 1 > best && same(masked(key, list[i].length), list[i].key)) {
            best = list[i].length + 1;
            value = list[i].value;
        }
    return value;
}

/* Four bytes an operation: what, length, two bytes that choose the address. */
static void operate(struct sv_lpm *t, uint32_t tree, struct entry *list, uint32_t *n, const uint8_t *d)
{
    const bool v6 = t->tree[tree].bits == 128;
    struct sv_lpm_key key = {0, 0};
    key.high = (uint64_t)d[2] << 56 | (uint64_t)d[3] << 40 | (uint64_t)d[2] << 33;
    key.low = v6 ? (uint64_t)d[3] << 62 | d[2] : 0;
    key.high = v6 ? key.high : key.high & UINT64_MAX << 32;
    const uint32_t length = d[1] % (t->tree[tree].bits + 1u);
    uint32_t at = 0;
    while (at < *n && !(list[at].length == length && same(list[at].key, masked(key, length))))
        at++;
    if (d[0] & 1u) {
        const bool gone = sv_lpm_remove(t, tree, key, length);
        SV_ASSERT(gone == (at < *n));
        if (gone)
            list[at] = list[--*n];
    } else if (at < *n || *n < LIST) {
        const uint32_t value = 1u + (d[0] >> 1 & 7u);
        if (sv_lpm_set_value(t, tree, key, length, value)) {
            list[at] = (struct entry){masked(key, length), length, value};
            *n += at == *n;
        }
    }
    key.high ^= (uint64_t)(d[0] >> 4) << 34;
    SV_ASSERT(sv_lpm_lookup(t, tree, key) == naive(list, *n, key));
    uint32_t value, four = (uint32_t)(key.high >> 32);
    if (v6)
        sv_lpm_lookup_burst6(t, tree, &key, &value, 1, 0);
    else
        sv_lpm_lookup_burst4(t, tree, &four, &value, 1, 0);
    SV_ASSERT(value == naive(list, *n, key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sv_lpm_config c = {64, 1, 1};
    const size_t bytes = (size_t)(sv_lpm_bytes(&c) + sizeof(struct sv_lpm) + 65536u) / 64 * 64;
    static struct entry list[2][LIST];
    uint32_t n[2] = {0, 0};
    void *memory = aligned_alloc(64, bytes);
    if (!memory)
        return 0;
    memset(memory, 0, bytes);
    struct sv_arena *arena = sv_arena_create(memory, bytes);
    struct sv_lpm *t = sv_arena_take(arena, sizeof *t, 64);
    const bool made = sv_lpm_init(t, arena, &c);
    SV_ASSERT(made);
    const uint32_t tree[2] = {sv_lpm_tree_make(t, &c, 32), sv_lpm_tree_make(t, &c, 128)};
    for (size_t i = 0; i + 4 <= size && i < 4096; i += 4)
        operate(t, tree[data[i] >> 7], list[data[i] >> 7], &n[data[i] >> 7], data + i);
    sv_lpm_check(t);
    free(memory);
    return 0;
}
