/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/index.h"

#include <stdlib.h>
#include <string.h>

#include "scenario/run.h"

static uint32_t mixed(uint64_t key)
{
    key = (key ^ key >> 32) * 0x9e3779b97f4a7c15ull; /* the upper half depends on all that was mixed below it */
    return (uint32_t)(key >> 32);
}

static uint32_t power_of_two(uint64_t least)
{
    uint32_t n = 64;
    while (n < least && n < 1u << 30)
        n *= 2u;
    return n;
}

static void *many(uint64_t n, size_t each, bool *good)
{
    void *p = calloc(n + 1u, each);
    *good = *good && p;
    return p;
}

/* --- facts --- */

static uint64_t fact_key(uint32_t kind, uint32_t a, uint32_t b)
{
    return (uint64_t)kind << 56 | (uint64_t)(a & 0xfffffffu) << 28 | (b & 0xfffffffu);
}

static uint64_t key_of_fact(const struct sc_fact *f)
{
    switch (f->kind) {
    case SC_FACT_SENDS:
    case SC_FACT_RECEIVES:
        return fact_key(f->kind, f->host, f->what.attempt);
    case SC_FACT_DROPS:
    case SC_FACT_MISREADS:
        return f->link != SV_NONE ? fact_key(f->kind + 16u, f->link, SV_NONE)
                                  : fact_key(f->kind, f->host, f->what.attempt);
    case SC_FACT_SENT_ALL:
    case SC_FACT_READ_ALL:
    case SC_FACT_HEARS:
        return f->socket != SV_NONE ? fact_key(f->kind + 16u, f->socket, SV_NONE)
                                    : fact_key(f->kind, f->host, f->attempt);
    default:
        return fact_key(f->kind, f->host, f->attempt);
    }
}

static uint32_t first_from(const struct sc_run *run, uint32_t fact, uint64_t key)
{
    while (fact && key_of_fact(&run->model->fact[fact - 1u]) != key)
        fact = run->index.fact_next[fact - 1u];
    return fact;
}

void sc_facts_of(const struct sc_run *run, struct sc_facts *of, uint32_t kind, uint32_t a, uint32_t b, uint32_t c)
{
    const uint32_t which[2] = {b, c};
    for (uint32_t i = 0; i < 2; i++) {
        of->key[i] = fact_key(kind, a, which[i]);
        of->at[i] = i && b == c ? 0 : run->index.fact_bucket[mixed(of->key[i]) & (run->index.fact_buckets - 1u)];
        of->at[i] = first_from(run, of->at[i], of->key[i]);
    }
}

uint32_t sc_facts_next(const struct sc_run *run, struct sc_facts *of)
{
    const uint32_t i = !of->at[0] || (of->at[1] && of->at[1] < of->at[0]) ? 1 : 0;
    const uint32_t fact = of->at[i];
    if (!fact)
        return SV_NONE;
    of->at[i] = first_from(run, run->index.fact_next[fact - 1u], of->key[i]);
    return fact - 1u;
}

static void list_facts(struct sc_run *run)
{
    const struct sc_model *m = run->model;
    struct sc_index *x = &run->index;
    for (uint32_t i = m->facts; i-- > 0;) { /* each list in the file's order */
        uint32_t *bucket = &x->fact_bucket[mixed(key_of_fact(&m->fact[i])) & (x->fact_buckets - 1u)];
        x->fact_next[i] = *bucket;
        *bucket = i + 1u;
    }
    for (uint32_t i = m->steps; i-- > 0;) {
        if (m->step[i].fact == SV_NONE)
            continue;
        x->step_next[i] = x->step_first[m->step[i].fact];
        x->step_first[m->step[i].fact] = i + 1u;
    }
    for (uint32_t i = 0; i < m->expects; i++) {
        const struct sc_expect *e = &m->expect[i];
        x->has_order = x->has_order || e->kind == SC_ORDER;
        if (e->fact < m->facts)
            x->fact_awaited[e->fact] = true;
        for (uint32_t k = 0; k < e->linked && e->kind == SC_LINKED; k++)
            x->fact_awaited[e->chain[k]] = true;
    }
}

/* --- hosts: addresses, links, sockets, what they will need --- */

static uint32_t addr_slot(const struct sc_run *run, const struct sv_addr *addr)
{
    uint64_t word[2];
    memcpy(word, addr->byte, sizeof word);
    return mixed(word[0] * 31u ^ word[1] ^ word[1] >> 17) & (run->index.addr_slots - 1u);
}

uint32_t sc_host_of(const struct sc_run *run, const struct sv_addr *addr)
{
    const struct sc_index *x = &run->index;
    for (uint32_t at = addr_slot(run, addr); x->addr_of[at]; at = (at + 1u) & (x->addr_slots - 1u)) {
        const uint32_t host = (x->addr_of[at] - 1u) / SC_ADDRS, which = (x->addr_of[at] - 1u) % SC_ADDRS;
        if (memcmp(&run->model->host[host].addr[which], addr, sizeof *addr) == 0)
            return run->model->host[host].impersonated ? run->model->host[host].impersonated - 1u : host;
    }
    return SV_NONE;
}

static void list_hosts(struct sc_run *run)
{
    const struct sc_model *m = run->model;
    struct sc_index *x = &run->index;
    for (uint32_t i = 0; i < m->hosts; i++) {
        for (uint32_t a = 0; a < m->host[i].addrs; a++) {
            uint32_t at = addr_slot(run, &m->host[i].addr[a]);
            while (x->addr_of[at])
                at = (at + 1u) & (x->addr_slots - 1u);
            x->addr_of[at] = i * SC_ADDRS + a + 1u;
        }
    }
    for (uint32_t i = 2u * m->links; i-- > 0;) {
        const uint32_t host = m->link[i / 2u].end[i % 2u];
        x->link_next[i] = x->link_first[host];
        x->link_first[host] = i + 1u;
    }
    for (uint32_t i = m->sockets; i-- > 0;) {
        x->socket_next[i] = x->socket_first[m->socket[i].host];
        x->socket_first[m->socket[i].host] = i + 1u;
    }
    for (uint32_t i = 0; i < m->steps; i++) {
        const struct sc_step *s = &m->step[i];
        if (s->verb != SC_CONNECT || s->socket != SV_NONE)
            continue;
        const uint32_t to = sc_host_of(run, &s->remote.addr);
        const uint32_t n = s->crowd == SV_NONE ? 1u : s->count;
        x->wanted[s->host] += n;
        if (to != SV_NONE)
            x->wanted[to] += n;
    }
}

static int sooner(const void *a, const void *b)
{
    const struct sc_opening *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->host != y->host ? (x->host < y->host ? -1 : 1) : x->serve < y->serve ? -1 : 1;
}

static void list_openings(struct sc_run *run)
{
    const struct sc_model *m = run->model;
    struct sc_index *x = &run->index;
    for (uint32_t i = 0; i < m->hosts; i++) {
        for (uint32_t s = 0; s < m->host[i].serves; s++) {
            if (m->host[i].serve[s].from)
                x->opening[x->openings++] = (struct sc_opening){m->host[i].serve[s].from, i, s};
        }
    }
    if (x->openings)
        qsort(x->opening, x->openings, sizeof *x->opening, sooner);
}

/* --- endpoints --- */

static uint32_t *numbers_of(const struct sc_run *run, uint32_t isn)
{
    return &run->index.numbers[mixed(isn) & (run->index.slots - 1u)];
}

/* Who stands behind a translator is known by its numbers alone: its port may be another there. */
static bool is_port_of(const struct sc_run *run, const struct sv_endpoint *seen, uint16_t own)
{
    const uint32_t host = seen->port == own ? SV_NONE : sc_host_of(run, &seen->addr);
    return seen->port == own || (host != SV_NONE && run->model->host[host].nat_port);
}

static uint32_t *halves_of(const struct sc_run *run, uint32_t irs)
{
    return &run->index.half[mixed(irs) & (run->index.slots - 1u)];
}

static struct sc_endpoint *endpoint(const struct sc_run *run, uint32_t number)
{
    return number ? &run->endpoint[number - 1u] : NULL;
}

static uint32_t number_of(const struct sc_run *run, const struct sc_endpoint *e)
{
    return (uint32_t)(e - run->endpoint) + 1u;
}

void sc_index_numbers(struct sc_run *run, struct sc_endpoint *e)
{
    if (e->listed && e->listed_isn == e->iss && e->listed_port == e->local.port)
        return;
    if (e->listed) {
        uint32_t *at = numbers_of(run, e->listed_isn);
        while (*at != number_of(run, e))
            at = &run->endpoint[*at - 1u].next_number;
        *at = e->next_number;
    }
    e->listed = e->has_iss && e->local.port;
    if (!e->listed)
        return;
    uint32_t *first = numbers_of(run, e->iss);
    e->listed_isn = e->iss;
    e->listed_port = e->local.port;
    e->next_number = *first;
    *first = number_of(run, e);
}

struct sc_endpoint *sc_endpoint_peer(const struct sc_run *run, const struct sc_endpoint *e)
{
    struct sc_endpoint *best = NULL;
    if (!e->has_irs)
        return NULL;
    for (uint32_t i = *numbers_of(run, e->irs); i; i = run->endpoint[i - 1u].next_number) {
        struct sc_endpoint *o = endpoint(run, i);
        if (o != e && o->iss == e->irs && is_port_of(run, &e->remote, o->local.port) && !o->half_open &&
            (!best || o > best))
            best = o;
    }
    return best;
}

uint32_t sc_attempt_with(const struct sc_run *run, uint32_t isn, const struct sv_endpoint *opener)
{
    const struct sc_endpoint *best = NULL;
    for (uint32_t i = *numbers_of(run, isn); i; i = run->endpoint[i - 1u].next_number) {
        const struct sc_endpoint *e = endpoint(run, i);
        if (e->attempt != SV_NONE && e->iss == isn && is_port_of(run, opener, e->local.port) && (!best || e > best))
            best = e;
    }
    return best ? best->attempt : SV_NONE;
}

void sc_index_half(struct sc_run *run, struct sc_endpoint *e)
{
    uint32_t *first = halves_of(run, e->irs);
    e->next_half = *first;
    *first = number_of(run, e);
}

static struct sc_endpoint *half_from(const struct sc_run *run, uint32_t number, uint32_t irs)
{
    while (number && run->endpoint[number - 1u].irs != irs)
        number = run->endpoint[number - 1u].next_half;
    return endpoint(run, number);
}

struct sc_endpoint *sc_index_halves(const struct sc_run *run, uint32_t irs)
{
    return half_from(run, *halves_of(run, irs), irs);
}

struct sc_endpoint *sc_index_next_half(const struct sc_run *run, const struct sc_endpoint *e, uint32_t irs)
{
    return half_from(run, e->next_half, irs);
}

void sc_index_attempt(struct sc_run *run, struct sc_endpoint *e, uint32_t attempt)
{
    if (attempt == SV_NONE || e->attempt != SV_NONE)
        return;
    e->attempt = attempt;
    e->next_own = run->index.own[attempt];
    run->index.own[attempt] = number_of(run, e);
}

void sc_index_peer(struct sc_run *run, struct sc_endpoint *e, uint32_t attempt)
{
    if (e->peer_attempt == attempt)
        return;
    if (e->peer_attempt != SV_NONE) {
        uint32_t *at = &run->index.peer[e->peer_attempt];
        while (*at != number_of(run, e))
            at = &run->endpoint[*at - 1u].next_peer;
        *at = e->next_peer;
    }
    e->peer_attempt = attempt;
    if (attempt == SV_NONE)
        return;
    e->next_peer = run->index.peer[attempt];
    run->index.peer[attempt] = number_of(run, e);
}

struct sc_endpoint *sc_endpoint_find(const struct sc_run *run, uint32_t host, uint32_t attempt)
{
    uint32_t best = 0;
    if (attempt == SV_NONE)
        return NULL;
    for (uint32_t i = run->index.own[attempt]; i; i = run->endpoint[i - 1u].next_own)
        best = run->endpoint[i - 1u].host == host && i > best ? i : best;
    for (uint32_t i = run->index.peer[attempt]; i; i = run->endpoint[i - 1u].next_peer)
        best = run->endpoint[i - 1u].host == host && i > best ? i : best;
    return endpoint(run, best);
}

struct sc_conn *sc_index_held(const struct sc_run *run, uint32_t host, uint32_t attempt)
{
    for (uint32_t i = run->index.peer[attempt]; i; i = run->endpoint[i - 1u].next_peer) {
        const struct sc_endpoint *e = &run->endpoint[i - 1u];
        if (e->host == host && e->conn != SV_NONE && run->conn[e->conn].open)
            return &run->conn[e->conn];
    }
    return NULL;
}

void sc_index_waits(struct sc_run *run, struct sc_endpoint *e)
{
    struct sc_index *x = &run->index;
    const uint32_t number = number_of(run, e);
    if (e->next_wait || x->wait_last[e->host] == number)
        return;
    if (x->wait_last[e->host])
        run->endpoint[x->wait_last[e->host] - 1u].next_wait = number;
    else
        x->wait_first[e->host] = number;
    x->wait_last[e->host] = number;
}

struct sc_endpoint *sc_index_waited(struct sc_run *run, uint32_t host)
{
    struct sc_index *x = &run->index;
    while (x->wait_first[host]) {
        struct sc_endpoint *e = endpoint(run, x->wait_first[host]);
        x->wait_first[host] = e->next_wait;
        if (!e->next_wait)
            x->wait_last[host] = 0;
        e->next_wait = 0;
        if (e->state == SV_TIME_WAIT && e->epoch == run->epoch[host])
            return e;
    }
    return NULL;
}

/* --- the timeline: a heap by (time, place in the file) --- */

static bool before(const struct sc_run *run, uint32_t a, uint32_t b)
{
    return run->step_at[a] != run->step_at[b] ? run->step_at[a] < run->step_at[b] : a < b;
}

void sc_script_add(struct sc_run *run, uint32_t step)
{
    uint32_t *heap = run->index.script, i = run->index.steps++;
    for (; i && before(run, step, heap[(i - 1u) / 2u]); i = (i - 1u) / 2u)
        heap[i] = heap[(i - 1u) / 2u];
    heap[i] = step;
}

uint32_t sc_script_first(const struct sc_run *run)
{
    return run->index.steps ? run->index.script[0] : SV_NONE;
}

void sc_script_drop(struct sc_run *run)
{
    uint32_t *heap = run->index.script, i = 0;
    const uint32_t n = --run->index.steps, moved = heap[n];
    for (uint32_t child = 1; child < n; child = 2u * i + 1u) {
        if (child + 1u < n && before(run, heap[child + 1u], heap[child]))
            child++;
        if (!before(run, heap[child], moved))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moved;
}

/* --- the whole --- */

static bool take_all(struct sc_run *run)
{
    const struct sc_model *m = run->model;
    struct sc_index *x = &run->index;
    uint64_t addresses = 0, services = 0;
    bool good = true;
    for (uint32_t i = 0; i < m->hosts; i++) {
        addresses += m->host[i].addrs;
        services += m->host[i].serves;
    }
    x->fact_buckets = power_of_two(2u * m->facts);
    x->slots = power_of_two(run->endpoints_max);
    x->addr_slots = power_of_two(4u * addresses);
    x->fact_bucket = many(x->fact_buckets, sizeof *x->fact_bucket, &good);
    x->fact_next = many(m->facts, sizeof *x->fact_next, &good);
    x->fact_awaited = many(m->facts, sizeof *x->fact_awaited, &good);
    x->step_first = many(m->facts, sizeof *x->step_first, &good);
    x->step_next = many(m->steps, sizeof *x->step_next, &good);
    x->numbers = many(x->slots, sizeof *x->numbers, &good);
    x->half = many(x->slots, sizeof *x->half, &good);
    x->own = many(m->attempts, sizeof *x->own, &good);
    x->peer = many(m->attempts, sizeof *x->peer, &good);
    x->wait_first = many(m->hosts, sizeof *x->wait_first, &good);
    x->wait_last = many(m->hosts, sizeof *x->wait_last, &good);
    x->socket_first = many(m->hosts, sizeof *x->socket_first, &good);
    x->socket_next = many(m->sockets, sizeof *x->socket_next, &good);
    x->link_first = many(m->hosts, sizeof *x->link_first, &good);
    x->link_next = many(2ull * m->links, sizeof *x->link_next, &good);
    x->addr_of = many(x->addr_slots, sizeof *x->addr_of, &good);
    x->wanted = many(m->hosts, sizeof *x->wanted, &good);
    x->script = many(m->steps, sizeof *x->script, &good);
    x->opening = many(services, sizeof *x->opening, &good);
    run->due = many((uint64_t)SC_DUE_APPS * m->hosts, sizeof *run->due, &good);
    return good;
}

bool sc_index_open(struct sc_run *run)
{
    if (!take_all(run))
        return false;
    list_facts(run);
    list_hosts(run);
    list_openings(run);
    return true;
}

void sc_index_close(struct sc_run *run)
{
    struct sc_index *x = &run->index;
    void *const all[] = {x->fact_bucket, x->fact_next,    x->fact_awaited, x->step_first, x->step_next,
                         x->numbers,     x->half,         x->own,          x->peer,       x->wait_first,
                         x->wait_last,   x->socket_first, x->socket_next,  x->link_first, x->link_next,
                         x->addr_of,     x->wanted,       x->script,       x->opening};
    for (uint32_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    for (uint32_t i = 0; run->due && i < SC_DUE_APPS * run->model->hosts; i++)
        free(run->due[i].entry);
    free(run->due);
}
