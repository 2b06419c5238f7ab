/* SPDX-License-Identifier: BSD-2-Clause */
/* DPDK's tables, from Debian's libdpdk, without huge pages; each with its fastest lookup. */
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_lpm.h>
#include <rte_lpm6.h>
#include <rte_malloc.h>
#include <rte_vect.h>

#include <string.h>

#include "bench/lpm.h"

#define STEP 64u

static struct rte_lpm *lpm;
static struct rte_fib *fib;
static struct rte_lpm6 *lpm6;
static struct rte_fib6 *fib6;

bool lpm_dpdk_init(void)
{
    static char *args[] = {(char *)"bench",
                           (char *)"--no-huge",
                           (char *)"--no-shconf",
                           (char *)"-l",
                           (char *)"0",
                           (char *)"-m",
                           (char *)"4096",
                           (char *)"--no-pci",
                           (char *)"--no-telemetry",
                           (char *)"--force-max-simd-bitwidth=512"};
    return rte_eal_init(sizeof args / sizeof args[0], args) >= 0;
}

static uint64_t allocated(void)
{
    struct rte_malloc_socket_stats s;
    memset(&s, 0, sizeof s);
    rte_malloc_get_socket_stats((int)rte_socket_id(), &s);
    return s.heap_allocsz_bytes;
}

static uint32_t number(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* --- rte_lpm --- */

static bool lpm_add(const struct lpm_prefix *p)
{
    return rte_lpm_add(lpm, number(p->bytes), (uint8_t)p->length, p->hop) == 0;
}

static bool lpm_remove(const struct lpm_prefix *p)
{
    return rte_lpm_delete(lpm, number(p->bytes), (uint8_t)p->length) == 0;
}

static bool lpm_open(const struct lpm_table *t, uint64_t *bytes)
{
    const struct rte_lpm_config c = {.max_rules = t->n4 + 1024, .number_tbl8s = 1u << 16};
    const uint64_t before = allocated();
    lpm = rte_lpm_create("lpm", SOCKET_ID_ANY, &c);
    for (uint32_t i = 0; lpm && i < t->n4; i++)
        if (!lpm_add(&t->four[i]))
            return false;
    *bytes = allocated() - before;
    return lpm != NULL;
}

static void lpm_lookup(const struct lpm_keys *k, uint32_t from, uint32_t n, uint32_t *hops)
{
    for (uint32_t i = 0; i < n; i += 4) {
        xmm_t four;
        memcpy(&four, k->four + from + i, sizeof four);
        rte_lpm_lookupx4(lpm, four, hops + i, 0);
    }
}

static void lpm_close(void)
{
    rte_lpm_free(lpm);
}

const struct lpm_holder lpm_rte_lpm = {"rte_lpm",  false,   NULL,      lpm_open, lpm_lookup,
                                       lpm_remove, lpm_add, lpm_close, true};

/* --- rte_fib --- */

static bool fib_add(const struct lpm_prefix *p)
{
    return rte_fib_add(fib, number(p->bytes), (uint8_t)p->length, p->hop) == 0;
}

static bool fib_remove(const struct lpm_prefix *p)
{
    return rte_fib_delete(fib, number(p->bytes), (uint8_t)p->length) == 0;
}

static bool fib_open(const struct lpm_table *t, uint64_t *bytes)
{
    struct rte_fib_conf c = {.type = RTE_FIB_DIR24_8, .default_nh = 0, .max_routes = (int)t->n4 + 1024};
    c.dir24_8.nh_sz = RTE_FIB_DIR24_8_4B;
    c.dir24_8.num_tbl8 = 1u << 16;
    const uint64_t before = allocated();
    fib = rte_fib_create("fib", SOCKET_ID_ANY, &c);
    for (uint32_t i = 0; fib && i < t->n4; i++)
        if (!fib_add(&t->four[i]))
            return false;
    *bytes = allocated() - before;
    return fib != NULL;
}

static void fib_lookup(const struct lpm_keys *k, uint32_t from, uint32_t n, uint32_t *hops)
{
    uint64_t wide[STEP];
    for (uint32_t i = 0; i < n; i += STEP) {
        const uint32_t some = n - i < STEP ? n - i : STEP;
        rte_fib_lookup_bulk(fib, k->four + from + i, wide, (int)some);
        for (uint32_t j = 0; j < some; j++)
            hops[i + j] = (uint32_t)wide[j];
    }
}

static void fib_close(void)
{
    rte_fib_free(fib);
}

const struct lpm_holder lpm_rte_fib = {"rte_fib",  false,   NULL,      fib_open, fib_lookup,
                                       fib_remove, fib_add, fib_close, false};

/* --- rte_lpm6 --- */

static bool lpm6_add(const struct lpm_prefix *p)
{
    return rte_lpm6_add(lpm6, p->bytes, (uint8_t)p->length, p->hop) == 0;
}

static bool lpm6_remove(const struct lpm_prefix *p)
{
    return rte_lpm6_delete(lpm6, p->bytes, (uint8_t)p->length) == 0;
}

static bool lpm6_open(const struct lpm_table *t, uint64_t *bytes)
{
    const struct rte_lpm6_config c = {.max_rules = t->n6 + 1024, .number_tbl8s = (1u << 20) - 1};
    const uint64_t before = allocated();
    lpm6 = rte_lpm6_create("lpm6", SOCKET_ID_ANY, &c);
    for (uint32_t i = 0; lpm6 && i < t->n6; i++)
        if (!lpm6_add(&t->six[i]))
            return false;
    *bytes = allocated() - before;
    return lpm6 != NULL;
}

static void lpm6_lookup(const struct lpm_keys *k, uint32_t from, uint32_t n, uint32_t *hops)
{
    int32_t got[STEP];
    for (uint32_t i = 0; i < n; i += STEP) {
        const uint32_t some = n - i < STEP ? n - i : STEP;
        rte_lpm6_lookup_bulk_func(lpm6, k->six + from + i, got, some);
        for (uint32_t j = 0; j < some; j++)
            hops[i + j] = got[j] < 0 ? 0 : (uint32_t)got[j];
    }
}

static void lpm6_close(void)
{
    rte_lpm6_free(lpm6);
}

const struct lpm_holder lpm_rte_lpm6 = {"rte_lpm6",  true,     NULL,       lpm6_open, lpm6_lookup,
                                        lpm6_remove, lpm6_add, lpm6_close, true};

/* --- rte_fib6 --- */

static bool fib6_add(const struct lpm_prefix *p)
{
    return rte_fib6_add(fib6, p->bytes, (uint8_t)p->length, p->hop) == 0;
}

static bool fib6_remove(const struct lpm_prefix *p)
{
    return rte_fib6_delete(fib6, p->bytes, (uint8_t)p->length) == 0;
}

static bool fib6_open(const struct lpm_table *t, uint64_t *bytes)
{
    struct rte_fib6_conf c = {.type = RTE_FIB6_TRIE, .default_nh = 0, .max_routes = (int)t->n6 + 1024};
    c.trie.nh_sz = RTE_FIB6_TRIE_4B;
    c.trie.num_tbl8 = (1u << 20) - 1;
    const uint64_t before = allocated();
    fib6 = rte_fib6_create("fib6", SOCKET_ID_ANY, &c);
    for (uint32_t i = 0; fib6 && i < t->n6; i++)
        if (!fib6_add(&t->six[i]))
            return false;
    *bytes = allocated() - before;
    return fib6 != NULL;
}

static void fib6_lookup(const struct lpm_keys *k, uint32_t from, uint32_t n, uint32_t *hops)
{
    uint64_t wide[STEP];
    for (uint32_t i = 0; i < n; i += STEP) {
        const uint32_t some = n - i < STEP ? n - i : STEP;
        rte_fib6_lookup_bulk(fib6, k->six + from + i, wide, (int)some);
        for (uint32_t j = 0; j < some; j++)
            hops[i + j] = (uint32_t)wide[j];
    }
}

static void fib6_close(void)
{
    rte_fib6_free(fib6);
}

const struct lpm_holder lpm_rte_fib6 = {"rte_fib6",  true,     NULL,       fib6_open, fib6_lookup,
                                        fib6_remove, fib6_add, fib6_close, false};
