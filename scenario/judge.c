/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts happen; expectations are decided, each as soon as it can be, and with a sentence that says by what. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scenario/outside.h"
#include "stack/stack_internal.h"

void sc_decide(struct sc_run *run, uint32_t expectation, bool passed, sv_time when, const char *why)
{
    struct sc_judged *j = &run->judged[expectation];
    if (j->verdict != SC_OPEN)
        return;
    j->verdict = passed ? SC_PASSED : SC_FAILED;
    j->when = when;
    snprintf(j->why, sizeof j->why, "%s", why);
}

/* When an expectation about a fact looks. False: not now. */
static bool looks(const struct sc_run *run, const struct sc_expect *x, sv_time now)
{
    if (x->has_between && (now < x->between[0] || now > x->between[1]))
        return false;
    if (x->after != SV_NONE) {
        const struct sc_fact_now *f = &run->fact[x->after];
        if (!f->happened || now < f->first || (x->within && now > f->first + x->within))
            return false;
    }
    return now <= (x->by != SV_NEVER ? x->by : run->model->until + (x->kind == SC_EVENTUALLY ? run->model->settle : 0));
}

static void begin_steps(struct sc_run *run, uint32_t fact)
{
    const struct sc_model *m = run->model;
    for (uint32_t i = run->index.step_first[fact]; i && !run->settling; i = run->index.step_next[i - 1u]) {
        if (run->step_at[i - 1u] == SV_NEVER && !run->step_done[i - 1u]) {
            run->step_at[i - 1u] = run->now + m->step[i - 1u].plus;
            sc_script_add(run, i - 1u);
            run->script_stale = true;
        }
    }
}

void sc_fact_event(struct sc_run *run, const struct sc_fact *f, struct sc_fact_now *now)
{
    const struct sc_model *m = run->model;
    const uint32_t number = (uint32_t)(f - m->fact);
    char why[128];
    if (!now->happened) {
        now->happened = true;
        now->first = run->now;
        if (run->rows)
            now->row = sc_rows_now(run->rows, &now->row_arrival);
        begin_steps(run, number);
    }
    now->last = run->now;
    now->times++;
    if (!run->index.fact_awaited[number])
        return;
    snprintf(why, sizeof why, "at %.6f s", (double)run->now / 1e9);
    for (uint32_t i = 0; i < m->expects; i++) {
        const struct sc_expect *x = &m->expect[i];
        if (x->kind == SC_LINKED)
            sc_chain_event(run, i, number);
        if (x->fact != number || !looks(run, x, run->now))
            continue;
        if (x->kind == SC_NEVER)
            sc_decide(run, i, false, run->now, why);
        else if (x->kind == SC_EVENTUALLY && f->what.which != SC_LAST)
            sc_decide(run, i, true, run->now, why);
    }
}

void sc_state_event(struct sc_run *run, const struct sc_endpoint *e, uint32_t state)
{
    const struct sc_model *m = run->model;
    struct sc_facts of;
    sc_facts_of(run, &of, SC_FACT_STATE, e->host, e->attempt, e->peer_attempt);
    for (uint32_t i; (i = sc_facts_next(run, &of)) != SV_NONE;) {
        const struct sc_fact *f = &m->fact[i];
        run->fact[i].holds = f->state == state;
        if (f->state == state)
            sc_fact_event(run, f, &run->fact[i]);
        for (uint32_t k = 0; k < m->expects && f->state != state && run->index.fact_awaited[i]; k++) {
            char why[128];
            snprintf(why, sizeof why, "in %s at %.6f s", sv_tcp_state_name((enum sv_tcp_state)state),
                     (double)run->now / 1e9);
            if (m->expect[k].kind == SC_ALWAYS && m->expect[k].fact == i && looks(run, &m->expect[k], run->now))
                sc_decide(run, k, false, run->now, why);
        }
    }
}

/* A segment that the list has not, or not here. */
static void another(struct sc_run *run, uint32_t i, const struct sc_packet *p)
{
    const struct sc_expect *x = &run->model->expect[i];
    const uint32_t next = run->judged[i].ordered;
    char why[256];
    snprintf(why, sizeof why, "%s sent seq %u ack %u length %u flags 0x%02x at %.6f s; expected: %.100s",
             p->from != SV_NONE ? run->model->host[p->from].name : "?", p->seq, p->ack, p->length, p->flags,
             (double)run->now / 1e9, next < x->orders ? x->order[next].words : "nothing more");
    sc_decide(run, i, false, run->now, why);
}

static void order_event(struct sc_run *run, const struct sc_packet *p)
{
    const struct sc_model *m = run->model;
    for (uint32_t i = 0; i < m->expects; i++) {
        const struct sc_expect *x = &m->expect[i];
        struct sc_judged *j = &run->judged[i];
        bool moved = false;
        for (uint32_t k = 0; x->kind == SC_ORDER && k < x->orders; k++) {
            const bool hit = sc_count_selected(&j->order_count[k], &x->order[k], p);
            if (hit && k == j->ordered && !moved) {
                j->ordered++;
                moved = true;
                if (run->rows)
                    j->row = sc_rows_now(run->rows, &j->row_arrival);
            }
        }
        if (x->kind == SC_ORDER && x->exactly && !moved && p->tcp && p->link == SV_NONE && looks(run, x, run->now))
            another(run, i, p);
        if (moved && j->ordered == x->orders && !x->exactly)
            sc_decide(run, i, true, run->now, "all in this order");
    }
}

void sc_packet_event(struct sc_run *run, const struct sc_packet *p, uint32_t host, bool sends)
{
    struct sc_facts of;
    sc_about(run, p, p->id);
    sc_facts_of(run, &of, sends ? SC_FACT_SENDS : SC_FACT_RECEIVES, host, p->attempt, SV_NONE);
    for (uint32_t i; (i = sc_facts_next(run, &of)) != SV_NONE;) {
        const struct sc_fact *f = &run->model->fact[i];
        if (sc_count_selected(&run->fact[i].count, &f->what, p))
            sc_fact_event(run, f, &run->fact[i]);
    }
    if (sends && run->index.has_order)
        order_event(run, p);
}

void sc_drop_event(struct sc_run *run, uint32_t host, uint32_t reason, const struct sc_packet *p)
{
    struct sc_facts of;
    sc_about(run, p, p->id);
    sc_facts_of(run, &of, SC_FACT_DROPS, host, p->attempt, SV_NONE);
    for (uint32_t i; (i = sc_facts_next(run, &of)) != SV_NONE;) {
        const struct sc_fact *f = &run->model->fact[i];
        if (reason != SV_DROP_SCENARIO_FAULT && (f->reason == SV_NONE || f->reason == reason) &&
            sc_count_selected(&run->fact[i].count, &f->what, p))
            sc_fact_event(run, f, &run->fact[i]);
    }
}

/* --- values --- */

static void compare(struct sc_run *run, uint32_t i, uint64_t value)
{
    const struct sc_expect *x = &run->model->expect[i];
    struct sc_judged *j = &run->judged[i];
    char why[128];
    const bool good = (!x->has_equals || value == x->equals) && (!x->has_least || value >= x->at_least) &&
                      (!x->has_most || value <= x->at_most);
    j->value = value;
    j->has_value = true;
    snprintf(why, sizeof why, "%s is %" PRIu64, x->counter, value);
    sc_decide(run, i, good, run->now, why);
}

static void sample(struct sc_run *run, uint32_t i)
{
    const struct sc_expect *x = &run->model->expect[i];
    struct sc_judged *j = &run->judged[i];
    uint64_t value = 0;
    if (!sc_value(run, x, &value)) {
        sc_decide(run, i, false, run->now, "nothing there could be counted: it never came to be");
        return;
    }
    compare(run, i, x->has_between ? value - (j->has_baseline ? j->baseline : 0) : value);
}

void sc_judge_at(struct sc_run *run, sv_time now)
{
    const struct sc_model *m = run->model;
    for (uint32_t i = 0; i < m->expects; i++) {
        const struct sc_expect *x = &m->expect[i];
        struct sc_judged *j = &run->judged[i];
        uint64_t value = 0;
        if (j->verdict != SC_OPEN)
            continue;
        if (x->kind == SC_VALUE && x->has_between && !j->has_baseline && now >= x->between[0]) {
            (void)sc_value(run, x, &value);
            j->baseline = value;
            j->has_baseline = true;
        }
        if (x->kind == SC_VALUE && ((x->has_between && now >= x->between[1]) || now >= x->at))
            sample(run, i);
        else if (x->kind == SC_VALUE && x->has_between && j->has_baseline && x->has_most && sc_value(run, x, &value) &&
                 value - j->baseline > x->at_most)
            compare(run, i, value - j->baseline); /* it can only grow */
        if (x->kind == SC_EVENTUALLY && now > x->by)
            sc_decide(run, i, false, x->by, "not by then");
        if (x->kind == SC_ALWAYS && x->has_between && now >= x->between[0] && now < x->between[1] &&
            !run->fact[x->fact].holds)
            sc_decide(run, i, false, now, "not so when it began to count");
    }
}

sv_time sc_judge_next(const struct sc_run *run, sv_time after)
{
    const struct sc_model *m = run->model;
    sv_time at = SV_NEVER;
    for (uint32_t i = 0; i < m->expects; i++) {
        const struct sc_expect *x = &m->expect[i];
        const sv_time all[] = {x->at, x->by == SV_NEVER ? SV_NEVER : x->by + 1u,
                               x->has_between ? x->between[0] : SV_NEVER, x->has_between ? x->between[1] : SV_NEVER};
        for (uint32_t k = 0; k < 4; k++) {
            if (all[k] > after && all[k] < at)
                at = all[k];
        }
    }
    return at;
}

/* --- at the end --- */

static bool attempt_began(const struct sc_run *run, uint32_t attempt)
{
    return attempt == SV_NONE || run->conn_of_attempt[attempt] != SV_NONE;
}

static void end_fact(struct sc_run *run, uint32_t i)
{
    const struct sc_expect *x = &run->model->expect[i];
    const struct sc_fact *f = &run->model->fact[x->fact];
    const struct sc_fact_now *now = &run->fact[x->fact];
    const uint32_t attempt = f->attempt != SV_NONE ? f->attempt : f->what.attempt;
    if (x->kind == SC_EVENTUALLY && f->what.which == SC_LAST && now->happened)
        sc_decide(run, i, looks(run, x, now->last), now->last, "when it happened last");
    if (x->kind == SC_EVENTUALLY)
        sc_decide(run, i, false, run->now, now->happened ? "not then" : "it never happened");
    if ((f->kind == SC_FACT_STATE || f->kind == SC_FACT_ACCEPTS || x->kind == SC_NEVER) && !attempt_began(run, attempt))
        sc_decide(run, i, false, run->now, "its connection was never begun: there was no occasion");
    if (f->kind == SC_FACT_TWICE && !now->occasions)
        sc_decide(run, i, false, run->now, "no frame was received: there was no occasion");
    if (x->kind == SC_ALWAYS && !now->happened)
        sc_decide(run, i, false, run->now, "it never was so");
    sc_decide(run, i, true, run->now, x->kind == SC_NEVER ? "never" : "always");
}

static bool known_end(const struct sc_conn *c, const struct sc_endpoint *e)
{
    return (c && c->error) || (e->ended && (e->cause != SV_CAUSE_ORDERLY || e->error)) || e->epoch == UINT32_MAX;
}

/* Every byte of both directions was read, and both ends are over: one may have been reset when its FIN came again to a
 * side that waited no longer. */
static bool all_read(const struct sc_conn *c, const struct sc_endpoint *e, const struct sc_conn *pc,
                     const struct sc_endpoint *p)
{
    return p && pc && e->ended && p->ended && c->read == pc->written && pc->read == c->written;
}

/* A cookie that came twice has opened twice (RFC 4987 §3.6): the other is this one's peer, and judged with it. */
static bool has_another(const struct sc_run *run, uint32_t i, const struct sc_endpoint *e, const struct sc_endpoint *p)
{
    const uint64_t given = run->set[e->host].given;
    return run->model->expect[i].accounted && (given >> SC_HALF_OPEN & 1u || given >> SC_SYN_COOKIES & 1u) &&
           sc_endpoint_peer(run, p) != e;
}

/* Why there was none, as the first attempt was told. */
static const char *never_opened(struct sc_run *run)
{
    for (uint32_t k = 0; k < run->model->attempts; k++) {
        const uint32_t c = run->conn_of_attempt[k];
        if (c == SV_NONE || !run->conn[c].error)
            continue;
        snprintf(run->why, sizeof run->why, "no connection was ever opened (%s: %s)", run->model->attempt[k].name,
                 sv_err_text((enum sv_err)run->conn[c].error));
        return run->why;
    }
    return "no connection was ever opened";
}

/* docs/SCENARIOS.md, "streams: whole". Who aborts in TIME-WAIT, where nobody is reset any more (RFC 9293 §3.10.5),
 * throws away what he has not read. */
static void end_streams(struct sc_run *run, uint32_t i)
{
    uint32_t pairs = 0;
    char why[256];
    for (uint32_t k = 0; k < run->conns; k++) {
        const struct sc_conn *c = &run->conn[k];
        const struct sc_endpoint *e = c->endpoint != SV_NONE ? &run->endpoint[c->endpoint] : NULL;
        if (!c->used || !e || !e->opened || sc_is_outside(run, sc_host_of(run, &e->remote.addr)))
            continue;
        const char *host = run->model->host[c->host].name;
        const struct sc_endpoint *p = sc_endpoint_peer(run, e);
        const struct sc_conn *pc = p && p->conn != SV_NONE ? &run->conn[p->conn] : NULL;
        const uint64_t theirs = pc ? pc->written : 0;
        pairs++;
        if (c->wrong) {
            snprintf(why, sizeof why, "%s read a wrong byte at offset %" PRIu64, host, c->wrong_at);
            sc_decide(run, i, false, run->now, why);
        } else if (c->read > theirs) {
            snprintf(why, sizeof why, "%s read %" PRIu64 " bytes, and only %" PRIu64 " were written", host, c->read,
                     theirs);
            sc_decide(run, i, false, run->now, why);
        }
        const bool orderly = e->ended && e->cause == SV_CAUSE_ORDERLY && p && p->ended && p->cause == SV_CAUSE_ORDERLY;
        if (orderly && c->read != theirs && c->error != SV_ERR_ABORTED) {
            snprintf(why, sizeof why, "closed in order, and %s read %" PRIu64 " of %" PRIu64 " bytes", host, c->read,
                     theirs);
            sc_decide(run, i, false, run->now, why);
        } else if (!orderly && !(run->model->expect[i].accounted && all_read(c, e, pc, p)) &&
                   !(known_end(c, e) && (!p || known_end(pc, p) || has_another(run, i, e, p)))) {
            snprintf(why, sizeof why, "%s is %s: neither closed in order nor reset with both sides knowing", host,
                     sv_tcp_state_name((enum sv_tcp_state)e->state));
            sc_decide(run, i, false, run->now, why);
        }
    }
    bool named = run->model->expect[i].accounted; /* then an attempt may have come to nothing, if it was told why */
    for (uint32_t k = 0; k < run->model->attempts; k++) {
        const uint32_t c = run->conn_of_attempt[k];
        const uint32_t host = run->model->attempt[k].host;
        const bool crashed = host != SV_NONE && (run->down[host] || run->epoch[host]);
        const bool tried = run->step_done[run->model->attempt[k].step];
        named = named && (c == SV_NONE ? crashed || !tried : run->conn[c].error || !run->conn[c].open);
    }
    if (!pairs && named)
        sc_decide(run, i, true, run->now, "no connection was opened, and each attempt was told why");
    sc_decide(run, i, pairs != 0, run->now, pairs ? "every byte in its place" : never_opened(run));
}

static void end_pools(struct sc_run *run, uint32_t i)
{
    struct sv_pool_counts now;
    char why[256];
    sv_pool_count(run->pool, &now);
    for (uint32_t h = 0; h < run->model->hosts; h++) {
        if (!run->stack[h] || run->down[h] || sv_stack_settled(run->stack[h]))
            continue;
        snprintf(why, sizeof why, "%s still holds connections or packets", run->model->host[h].name);
        sc_decide(run, i, false, run->now, why);
    }
    if (now.bufs_free != run->before.bufs_free || now.slabs_free != run->before.slabs_free) {
        snprintf(why, sizeof why, "%d packets and %d slabs have not come back",
                 (int)(run->before.bufs_free - now.bufs_free), (int)(run->before.slabs_free - now.slabs_free));
        sc_decide(run, i, false, run->now, why);
    }
    sc_decide(run, i, true, run->now, "all came back");
}

/* Whatever began is to have come to its end, and something must have begun. */
static void end_chains(struct sc_run *run, uint32_t i)
{
    const struct sc_judged *j = &run->judged[i];
    const struct sc_fact *first = &run->model->fact[run->model->expect[i].chain[0]];
    char why[256];
    if (!j->chains)
        snprintf(why, sizeof why, "\"%.150s\" never happened", first->words);
    else
        snprintf(why, sizeof why, "%u of %u followed to the end", j->chains_whole, j->chains);
    sc_decide(run, i, j->chains && j->chains_whole == j->chains, run->now, why);
}

void sc_judge_end(struct sc_run *run, bool until)
{
    const struct sc_model *m = run->model;
    for (uint32_t i = 0; i < m->expects; i++) {
        const struct sc_expect *x = &m->expect[i];
        struct sc_judged *j = &run->judged[i];
        if (j->verdict != SC_OPEN)
            continue;
        if (x->kind == SC_VALUE && until)
            sample(run, i);
        else if (x->kind == SC_STREAMS && until)
            end_streams(run, i);
        else if (until)
            continue;
        else if (x->kind <= SC_EVENTUALLY)
            end_fact(run, i);
        else if (x->kind == SC_POOLS)
            end_pools(run, i);
        else if (x->kind == SC_LINKED)
            end_chains(run, i);
        else if (x->kind == SC_LAWFUL)
            sc_decide(run, i, true, run->now, "no rule was broken");
        else if (x->kind == SC_ORDER && j->ordered == x->orders) {
            sc_decide(run, i, true, run->now, "these and no others, in this order");
        } else if (x->kind == SC_ORDER) {
            char why[256];
            snprintf(why, sizeof why, "%u of %u; missing: %.180s", j->ordered, x->orders, x->order[j->ordered].words);
            sc_decide(run, i, false, run->now, why);
        }
    }
}

static bool listed(const uint32_t *list, uint32_t n, uint32_t expectation)
{
    for (uint32_t i = 0; i < n; i++) {
        if (list[i] == expectation)
            return true;
    }
    return false;
}

bool sc_mutant_names(const struct sc_mutant *m, uint32_t expectation)
{
    return listed(m->fail, m->fails, expectation);
}

bool sc_mutant_allows(const struct sc_mutant *m, uint32_t expectation)
{
    return sc_mutant_names(m, expectation) || listed(m->may, m->mays, expectation);
}

bool sc_mutant_caught(const struct sc_run *run, const struct sc_mutant *m, bool exact)
{
    bool good = true;
    for (uint32_t i = 0; i < run->model->expects; i++) {
        const bool failed = run->judged[i].verdict == SC_FAILED;
        good = good && (failed ? !exact || sc_mutant_allows(m, i) : !sc_mutant_names(m, i));
    }
    return good && (!run->problem[0] || run->stopped);
}
