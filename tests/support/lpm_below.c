/* SPDX-License-Identifier: BSD-2-Clause */
/* Seven's longest-prefix match, in the memory that its commands give their worlds (huge pages where the kernel has
 * some), and in ordinary pages, as the peers are. */
#include "bench/lpm.h"
#include "core/cursor.h"
#include "l3_network/lpm.h"
#include "port/cpu.h"
#include "port/memory.h"

#define LPM_STEP 256u

struct held {
    void *memory;
    uint64_t bytes;
    struct sv_lpm *t;
    uint32_t tree, cpu;
    bool huge;
};

static struct sv_lpm_key key_of(const uint8_t *b)
{
    return (struct sv_lpm_key){(uint64_t)sv_get_u32(b) << 32 | sv_get_u32(b + 4),
                               (uint64_t)sv_get_u32(b + 8) << 32 | sv_get_u32(b + 12)};
}

static bool open_one(struct held *h, const struct lpm_prefix *list, uint32_t n, uint32_t bits, uint64_t *bytes)
{
    const struct sv_lpm_config c = {n + n / 8 + 1024, bits == 32, bits != 32};
    h->bytes = sv_lpm_bytes(&c) + sizeof *h->t + (1u << 16);
    h->memory = sv_memory_map(h->bytes, h->huge);
    if (!h->memory)
        return false;
    struct sv_arena *arena = sv_arena_create(h->memory, h->bytes);
    h->t = arena ? sv_arena_take(arena, sizeof *h->t, 64) : NULL;
    if (!h->t || !sv_lpm_init(h->t, arena, &c))
        return false;
    h->tree = sv_lpm_tree_make(h->t, &c, bits);
    h->cpu = sv_cpu_detect();
    for (uint32_t i = 0; i < n; i++)
        if (!sv_lpm_set_value(h->t, h->tree, key_of(list[i].bytes), list[i].length, list[i].hop))
            return false;
    *bytes = bench_resident_bytes(h->memory, h->bytes);
    return true;
}

static void lookup4(const struct held *h, const struct lpm_keys *k, uint32_t from, uint32_t n, uint32_t *hops)
{
    sv_lpm_lookup_burst4(h->t, h->tree, k->four + from, hops, n, h->cpu);
}

/* The keys are read as they lie in a packet. */
static void lookup6(const struct held *h, const struct lpm_keys *k, uint32_t from, uint32_t n, uint32_t *hops)
{
    struct sv_lpm_key key[LPM_STEP];
    for (uint32_t i = 0; i < n; i += LPM_STEP) {
        const uint32_t some = n - i < LPM_STEP ? n - i : LPM_STEP;
        for (uint32_t j = 0; j < some; j++)
            key[j] = key_of(k->six[from + i + j]);
        sv_lpm_lookup_burst6(h->t, h->tree, key, hops + i, some, h->cpu);
    }
}

static bool add(struct held *h, const struct lpm_prefix *p)
{
    return sv_lpm_set_value(h->t, h->tree, key_of(p->bytes), p->length, p->hop);
}

static bool take(struct held *h, const struct lpm_prefix *p)
{
    return sv_lpm_remove(h->t, h->tree, key_of(p->bytes), p->length);
}

/* One who holds a table: its name, its family, whether it asks for huge pages. */
#define HOLDER(symbol, says, family, pages)                                                              \
    static struct held symbol##_held = {.huge = (pages)};                                                \
    static bool symbol##_open(const struct lpm_table *t, uint64_t *bytes)                                \
    {                                                                                                    \
        return open_one(&symbol##_held, (family) == 4 ? t->four : t->six, (family) == 4 ? t->n4 : t->n6, \
                        (family) == 4 ? 32 : 128, bytes);                                                \
    }                                                                                                    \
    static void symbol##_lookup(const struct lpm_keys *k, uint32_t from, uint32_t n, uint32_t *hops)     \
    {                                                                                                    \
        lookup##family(&symbol##_held, k, from, n, hops);                                                \
    }                                                                                                    \
    static bool symbol##_add(const struct lpm_prefix *p)                                                 \
    {                                                                                                    \
        return add(&symbol##_held, p);                                                                   \
    }                                                                                                    \
    static bool symbol##_remove(const struct lpm_prefix *p)                                              \
    {                                                                                                    \
        return take(&symbol##_held, p);                                                                  \
    }                                                                                                    \
    static void symbol##_close(void)                                                                     \
    {                                                                                                    \
        sv_memory_unmap(symbol##_held.memory, symbol##_held.bytes);                                      \
    }                                                                                                    \
    const struct lpm_holder lpm_##symbol = {says,          (family) == 6,   NULL,                        \
                                            symbol##_open, symbol##_lookup, symbol##_remove,             \
                                            symbol##_add,  symbol##_close,  false};

HOLDER(seven4, "seven", 4, true)
HOLDER(seven4_small, "seven-4k", 4, false)
HOLDER(seven6, "seven", 6, true)
HOLDER(seven6_small, "seven-4k", 6, false)
