/* SPDX-License-Identifier: BSD-2-Clause */
/* Expectations, counters, mutants. */
#include <stdio.h>
#include <string.h>

#include "scenario/model.h"

const char *const sc_counters_host[] = {"accepts", "packets_sent", "packets_received", "resets_sent", "connections",
                                        "forged",  "cookies_sent", "cookies_good",     "tcp_memory",  NULL};
const char *const sc_counters_connection[] = {"bytes_delivered",
                                              "bytes_written",
                                              "goodput",
                                              "timeouts",
                                              "retransmits",
                                              "longest_segment_sent",
                                              "most_in_flight",
                                              "segments_sent",
                                              "established_at",
                                              "most_cwnd",
                                              "fast_retransmits",
                                              "longest_silence",
                                              "first_read_at",
                                              "last_read_at",
                                              "reads",
                                              "first_read",
                                              "longest_read",
                                              "urgent_events",
                                              "probes",
                                              "cwnd",
                                              "ssthresh",
                                              "send_window",
                                              "rtt_samples",
                                              "rtt_max",
                                              "isn_grown",
                                              "isn_apart",
                                              NULL};
const char *const sc_counters_link[] = {"frames",
                                        "bytes",
                                        "delivered",
                                        "broadcast_frames",
                                        "marked",
                                        "duplicated",
                                        "reordered",
                                        "corrupted",
                                        "truncated",
                                        "waiting_most",
                                        "bad_fcs",
                                        "symbol_errors",
                                        "false_carriers",
                                        "never_seen",
                                        "wrong_symbols",
                                        "samples",
                                        "first_wrong_sample",
                                        "probed_bits",
                                        NULL};
static const char *const sc_counters_crowd[] = {"begun", "opened", "refused", "no_port", "failed", NULL};
const char *const sc_counters_ping[] = {"sent", "replies", "longest_silence", "rtt_min", "rtt_max", NULL};
const char *const sc_counters_socket[] = {"datagrams_sent",
                                          "datagrams_received",
                                          "bytes_sent",
                                          "bytes_received",
                                          "answers",
                                          "missing",
                                          "late",
                                          "repeated",
                                          "wrong",
                                          "errors_heard",
                                          "calls_failed",
                                          "first_at",
                                          "last_at",
                                          "longest_silence",
                                          "rtt_min",
                                          "rtt_max",
                                          "messages",
                                          "handed_twice",
                                          "discarded",
                                          "resent",
                                          NULL};
const char *const sc_counters_service[] = {"accepts", "bytes_delivered", "bytes_written", NULL};
const char *const sc_counters_switch[] = {"discarding_ports", "stations", "topology_changes", NULL};
const char *const sc_counters_fault[] = {"hits", "seen", NULL};

static uint32_t place(const char *word, const char *const *list)
{
    for (uint32_t i = 0; list[i]; i++) {
        if (strcmp(list[i], word) == 0)
            return i;
    }
    return SV_NONE;
}

static bool last_word(struct sc_reader *r, const struct sc_node *at, const char *word, const char *const *list,
                      const char *what, uint32_t *to)
{
    char hint[64];
    *to = place(word, list);
    if (*to == SV_NONE)
        sc_error(r->e, at, "%s is not counted by \"%s\"%s", what, word, sc_hint(word, list, hint, sizeof hint));
    return *to != SV_NONE;
}

static bool drop_word(struct sc_reader *r, const struct sc_node *at, const char *word, uint32_t *to)
{
    for (uint32_t i = 0; i < SV_DROP_COUNT; i++) {
        if (strcmp(sv_drop_name((enum sv_drop)i), word) == 0) {
            *to = i;
            return true;
        }
    }
    const char *names[SV_DROP_COUNT + 1u];
    char hint[64];
    for (uint32_t i = 0; i < SV_DROP_COUNT; i++)
        names[i] = sv_drop_name((enum sv_drop)i);
    names[SV_DROP_COUNT] = NULL;
    sc_error(r->e, at, "no drop has the reason \"%s\"%s (docs/DROPS.md lists them)", word,
             sc_hint(word, names, hint, sizeof hint));
    return false;
}

static bool of_host(struct sc_reader *r, const struct sc_node *at, char part[4][64], uint32_t n, uint32_t host,
                    uint32_t of[4])
{
    of[1] = host;
    if (n == 3 && strcmp(part[1], "drops") == 0) {
        of[0] = SC_OF_DROPS;
        return drop_word(r, at, part[2], &of[2]);
    }
    if (n == 3) {
        of[2] = sc_socket_named(r->model, part[1]);
        if (of[2] != SV_NONE && r->model->socket[of[2]].host == host) {
            const bool tcp = r->model->socket[of[2]].tcp;
            if (r->model->socket[of[2]].crowd) {
                of[0] = SC_OF_CROWD;
                return last_word(r, at, part[2], sc_counters_crowd, "a crowd", &of[3]);
            }
            of[0] = tcp ? SC_OF_SERVICE : SC_OF_SOCKET;
            return last_word(r, at, part[2], tcp ? sc_counters_service : sc_counters_socket,
                             tcp ? "a service" : "a UDP socket", &of[3]);
        }
        of[0] = SC_OF_CONNECTION;
        of[2] = sc_need_attempt(r, at, part[1]);
        return of[2] != SV_NONE && last_word(r, at, part[2], sc_counters_connection, "a connection", &of[3]);
    }
    const bool bridge = r->model->host[host].kind == SC_SWITCH;
    of[0] = bridge ? SC_OF_SWITCH : SC_OF_HOST;
    return n == 2 && last_word(r, at, part[1], bridge ? sc_counters_switch : sc_counters_host,
                               bridge ? "a switch" : "a host", &of[2]);
}

bool sc_counter_check(struct sc_reader *r, const struct sc_node *at, const char *counter, uint32_t of[4])
{
    char part[4][64] = {"", "", "", ""};
    const uint32_t before = r->e->n;
    const int n = sscanf(counter, "%63[^.].%63[^.].%63[^.].%63s", part[0], part[1], part[2], part[3]);
    const uint32_t host = n > 0 ? sc_host_named(r->model, part[0]) : SV_NONE;
    uint32_t ping = 0, fault = 0;
    while (ping < r->model->pings && strcmp(r->model->ping[ping], part[0]) != 0)
        ping++;
    while (fault < r->model->faults && strcmp(r->model->fault[fault].id, part[1]) != 0)
        fault++;
    if (n >= 2 && host != SV_NONE && of_host(r, at, part, (uint32_t)n, host, of))
        return true;
    if (n == 2 && ping < r->model->pings) {
        of[0] = SC_OF_PING;
        of[1] = ping;
        return last_word(r, at, part[1], sc_counters_ping, "a ping", &of[2]);
    }
    if (n >= 3 && strcmp(part[0], "links") == 0) {
        of[1] = sc_need_link(r, at, part[1]);
        of[0] = n == 4 ? SC_OF_LINK_DROPS : SC_OF_LINK;
        if (of[1] == SV_NONE)
            return false;
        if (n == 4 && strcmp(part[2], "drops") == 0)
            return drop_word(r, at, part[3], &of[2]);
        return n == 3 && last_word(r, at, part[2], sc_counters_link, "a link", &of[2]);
    }
    if (n == 2 && (strcmp(part[0], "ring") == 0 || strcmp(part[0], "switches") == 0)) {
        of[0] = SC_OF_SWITCHES;
        return last_word(r, at, part[1], sc_counters_switch, "the switches together", &of[2]);
    }
    if (n == 3 && strcmp(part[0], "faults") == 0 && fault < r->model->faults) {
        of[0] = SC_OF_FAULT;
        of[1] = fault;
        return last_word(r, at, part[2], sc_counters_fault, "a fault", &of[2]);
    }
    if (r->e->n == before)
        sc_error(r->e, at,
                 "\"%s\" counts nothing: HOST.CONNECTION.bytes_delivered, HOST.accepts, HOST.drops.REASON, "
                 "links.LINK.frames, PING.replies, faults.ID.hits",
                 counter);
    return false;
}

/* --- one expectation --- */

static bool bound(struct sc_reader *r, const struct sc_node *n, uint64_t *value)
{
    char unit[8];
    if (n->kind == SC_SCALAR && sc_quantity(n->text, value, unit))
        return true;
    sc_error(r->e, n, "\"%s\" is no quantity: 18, 4MiB, 2Mbit/s, 3s",
             n->kind == SC_SCALAR ? n->text : "(a list or map)");
    return false;
}

/* Is a counter a time, a rate, or a count of bytes or of something else? "ns", "bit/s" or NULL. */
static const char *unit_of(const char *counter)
{
    static const char *const times[] = {"established_at", "longest_silence", "first_read_at",
                                        "last_read_at",   "rtt_max",         "rtt_min",
                                        "first_at",       "last_at",         NULL};
    const char *word = strrchr(counter, '.') ? strrchr(counter, '.') + 1 : counter;
    if (strcmp(word, "goodput") == 0)
        return "bit/s";
    return place(word, times) != SV_NONE ? "ns" : NULL;
}

/* A bare number is a count of anything; with a unit it must be the counter's. */
static bool bound_of(struct sc_reader *r, const struct sc_node *n, const char *counter, uint64_t *value)
{
    char unit[8];
    const char *own = unit_of(counter);
    if (!bound(r, n, value))
        return false;
    (void)sc_quantity(n->text, value, unit);
    if (!unit[0] || (own ? strcmp(unit, own) == 0 : strcmp(unit, "B") == 0))
        return true;
    sc_error(r->e, n, "\"%s\" cannot be compared with %s: that is %s", n->text, counter,
             !own            ? "a number, 18, or of bytes, 4MiB"
             : own[0] == 'b' ? "a rate, 2Mbit/s"
                             : "a time, 3s");
    return false;
}

static void read_value(struct sc_reader *r, const struct sc_node *c, const struct sc_node *v, struct sc_expect *x)
{
    const struct sc_node *n;
    if (v->kind != SC_SCALAR) {
        sc_error(r->e, v, "value names a counter: b.c.bytes_delivered");
        return;
    }
    x->counter = v->text;
    (void)sc_counter_check(r, v, v->text, x->counter_of);
    if ((n = sc_member(c, "equals")))
        x->has_equals = bound_of(r, n, v->text, &x->equals);
    if ((n = sc_member(c, "at_least")))
        x->has_least = bound_of(r, n, v->text, &x->at_least);
    if ((n = sc_member(c, "at_most")))
        x->has_most = bound_of(r, n, v->text, &x->at_most);
    if (!x->has_equals && !x->has_least && !x->has_most)
        sc_error(r->e, c, "value is compared with something: equals, at_least or at_most");
    if (x->has_equals && (x->has_least || x->has_most))
        sc_error_key(r->e, sc_member(c, "equals"), "equals says it all: at_least and at_most go without it");
    if (x->has_least && x->has_most && x->at_least > x->at_most)
        sc_error(r->e, sc_member(c, "at_most"), "nothing is at least %s and at most %s", sc_member(c, "at_least")->text,
                 sc_member(c, "at_most")->text);
    if ((n = sc_member(c, "at")) && sc_time(r, n, &x->at) && x->at > r->model->until)
        sc_error(r->e, n, "%s is after until", n->text);
}

static void read_order(struct sc_reader *r, const struct sc_node *v, struct sc_expect *x)
{
    if (v->kind != SC_LIST || !v->child) {
        sc_error(r->e, v, "order is a list of selectors: [SYN from a, \"SYN,ACK\" from b]");
        return;
    }
    for (const struct sc_node *s = v->child; s; s = s->next) {
        if (x->orders == SC_ORDERED)
            sc_error(r->e, s, "%u selectors at most", SC_ORDERED);
        else if (sc_selector_read(r, s, &x->order[x->orders]))
            x->orders++;
    }
}

/* Facts in the order in which they happen to one packet, or to the bytes that it carries. */
static void read_chain(struct sc_reader *r, const struct sc_node *v, struct sc_expect *x)
{
    if (v->kind != SC_LIST || sc_children(v) < 2 || sc_children(v) > SC_LINKS_OF_CHAIN) {
        sc_error(r->e, v, "linked is a list of two to %u facts: [ab drops data from b, b sends retransmitted data]",
                 SC_LINKS_OF_CHAIN);
        return;
    }
    for (const struct sc_node *f = v->child; f; f = f->next) {
        const uint32_t fact = sc_fact_read(r, f);
        if (fact == SV_NONE)
            return;
        x->chain[x->linked++] = fact;
        const uint32_t kind = r->model->fact[fact].kind;
        if (kind != SC_FACT_SENDS && kind != SC_FACT_RECEIVES && kind != SC_FACT_DROPS && kind != SC_FACT_MISREADS)
            sc_error(r->e, f, "a linked fact is about a packet: sends, receives, drops, misreads");
    }
}

static void read_when(struct sc_reader *r, const struct sc_node *c, struct sc_expect *x)
{
    const struct sc_node *n;
    if ((n = sc_member(c, "by")))
        (void)sc_time(r, n, &x->by);
    if ((n = sc_member(c, "within"))) {
        (void)sc_time(r, n, &x->within);
        if (!sc_member(c, "after"))
            sc_error(r->e, n, "within counts from a fact: after: a.c in ESTABLISHED");
    }
    if ((n = sc_member(c, "after")))
        x->after = sc_fact_read(r, n);
    if ((n = sc_member(c, "between")))
        x->has_between = sc_between(r, n, x->between);
    if ((n = sc_member(c, "decisive")))
        (void)sc_bool(r, n, &x->decisive);
    if ((n = sc_member(c, "in")))
        (void)sc_chance(r, n, &x->in_millionths);
    if ((n = sc_member(c, "exactly")))
        (void)sc_bool(r, n, &x->exactly);
    if ((n = sc_member(c, "say")))
        (void)sc_words_read(r, n, &x->say);
}

static void read_one(struct sc_reader *r, const struct sc_node *c)
{
    static const char *const kinds[] = {"never",   "always", "eventually", "value", "order",
                                        "streams", "pools",  "linked",     "tcp",   NULL};
    struct sc_model *m = r->model;
    struct sc_expect *x = &m->expect[m->expects];
    const struct sc_node *n = sc_member(c, "id"), *v = NULL;
    *x = (struct sc_expect){.at_node = c, .fact = SV_NONE, .after = SV_NONE, .by = SV_NEVER, .at = SV_NEVER};
    if (!n || n->kind != SC_SCALAR || !sc_name_ok(n->text)) {
        sc_error(r->e, n ? n : c,
                 "an expectation has a name: id: whole (a-z, then a-z 0-9 - _; no word that YAML takes for a value)");
        return;
    }
    x->id = n->text;
    for (uint32_t i = 0; i < m->expects; i++) {
        if (strcmp(m->expect[i].id, x->id) == 0)
            sc_error(r->e, n, "\"%s\" is the name of another expectation already", x->id);
    }
    for (uint32_t i = 0; kinds[i]; i++) {
        const struct sc_node *k = sc_member(c, kinds[i]);
        if (k && v)
            sc_error_key(r->e, k, "one claim an expectation: \"%s\" is here already", v->key);
        if (k) {
            v = k;
            x->kind = i;
        }
    }
    if (!v) {
        sc_error(r->e, c, "an expectation says never, always, eventually, value, order, linked, streams, pools or tcp");
        return;
    }
    m->expects++;
    read_when(r, c, x);
    if (x->kind <= SC_EVENTUALLY)
        x->fact = sc_fact_read(r, v);
    else if (x->kind == SC_VALUE)
        read_value(r, c, v, x);
    else if (x->kind == SC_ORDER)
        read_order(r, v, x);
    else if (x->kind == SC_LINKED)
        read_chain(r, v, x);
    else if (x->kind == SC_LAWFUL && v->kind == SC_SCALAR && strcmp(v->text, "lawful") == 0)
        return;
    else if (x->kind == SC_STREAMS && v->kind == SC_SCALAR && strcmp(v->text, "accounted") == 0)
        x->accounted = true;
    else if (v->kind != SC_SCALAR || strcmp(v->text, x->kind == SC_STREAMS ? "whole" : "settled") != 0)
        sc_error(r->e, v, "%s is %s, not \"%s\"", v->key,
                 x->kind == SC_STREAMS  ? "whole or accounted"
                 : x->kind == SC_LAWFUL ? "lawful"
                                        : "settled",
                 v->kind == SC_SCALAR ? v->text : "(a list or map)");
    if (x->kind == SC_ALWAYS && x->fact != SV_NONE && m->fact[x->fact].kind != SC_FACT_STATE)
        sc_error(r->e, v, "always is said of a state, \"a.c in ESTABLISHED\": what happens has no duration");
    if (x->exactly && x->kind != SC_ORDER)
        sc_error(r->e, c, "exactly belongs to an order");
    if (x->kind == SC_POOLS && !m->settle)
        sc_error(r->e, c, "pools come to rest after a time: settle: 5min at the top of the file");
}

void sc_read_expect(struct sc_reader *r, const struct sc_node *list)
{
    static const char *const keys[] = {"id",      "never",   "always",   "eventually", "value",    "order",
                                       "streams", "pools",   "linked",   "tcp",        "by",       "within",
                                       "after",   "between", "decisive", "equals",     "at_least", "at_most",
                                       "at",      "in",      "exactly",  "say",        NULL};
    if (list && (list->kind != SC_LIST || !list->child))
        sc_error(r->e, list, "expect is a list: - {id: whole, streams: whole}");
    for (const struct sc_node *c = list && list->kind == SC_LIST ? list->child : NULL; c; c = c->next) {
        if (sc_keys(r, c, keys, "an expectation"))
            read_one(r, c);
    }
}

/* --- mutants --- */

/* The numbers of those that a list names, 32 at most; how many. */
static uint32_t expectations(struct sc_reader *r, const struct sc_node *list, const char *const *ids, uint32_t *to)
{
    uint32_t n = 0;
    char hint[64];
    if (list && list->kind != SC_LIST)
        sc_error(r->e, list, "%s is a list of expectations", list->key);
    for (const struct sc_node *f = list && list->kind == SC_LIST ? list->child : NULL; f; f = f->next) {
        const char *word = f->kind == SC_SCALAR ? f->text : "";
        const uint32_t x = place(word, ids);
        if (x == SV_NONE)
            sc_error(r->e, f, "no expectation is called \"%s\"%s", word, sc_hint(word, ids, hint, sizeof hint));
        else if (n < 32)
            to[n++] = x;
    }
    return n;
}

static void read_mutant(struct sc_reader *r, const struct sc_node *c)
{
    struct sc_model *m = r->model;
    struct sc_mutant *u = &m->mutant[m->mutants];
    const struct sc_node *name = sc_member(c, "name"), *fails = sc_member(c, "fails");
    static const char *ids[1001];
    for (uint32_t i = 0; i < m->expects; i++)
        ids[i] = m->expect[i].id;
    ids[m->expects] = NULL;
    *u = (struct sc_mutant){.at_node = c, .set = sc_member(c, "set")};
    if (!name || name->kind != SC_SCALAR || !sc_name_ok(name->text) || !u->set || u->set->kind != SC_MAP || !fails ||
        fails->kind != SC_LIST || !fails->child) {
        sc_error(r->e, c, "a mutant is written {name: no-checksum, set: {b.verify_checksum: false}, fails: [whole]}");
        return;
    }
    u->name = name->text;
    m->mutants++;
    u->fails = expectations(r, fails, ids, u->fail);
    u->mays = expectations(r, sc_member(c, "may"), ids, u->may);
}

void sc_read_mutants(struct sc_reader *r, const struct sc_node *list)
{
    static const char *const keys[] = {"name", "set", "fails", "may", NULL};
    if (list && list->kind != SC_LIST)
        sc_error(r->e, list, "mutants are a list: - {name: …, set: {…}, fails: […]}");
    for (const struct sc_node *c = list && list->kind == SC_LIST ? list->child : NULL; c; c = c->next) {
        if (sc_keys(r, c, keys, "a mutant"))
            read_mutant(r, c);
    }
}
