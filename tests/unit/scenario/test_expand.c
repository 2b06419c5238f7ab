/* SPDX-License-Identifier: BSD-2-Clause */
/* `for:` means what the same items written out would mean; and what a world of many hosts may not cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario/run.h"

#define HEAD "schema: 1\nseed: 1\nuntil: 20s\nsettle: 5min\n"

static const char many[] = HEAD
    "hosts:\n"
    "  c$i: {for: {i: 0..4}, addr: 10.0.$i.1/24, gateway: 10.0.$i.254}\n"
    "  s: {addr: 10.1.0.1/24, gateway: 10.1.0.254, serve: [{for: {p: 80..81}, port: $p, app: sink}]}\n"
    "routers:\n"
    "  r: {addr: [{for: {i: 0..4}, each: 10.0.$i.254/24}, 10.1.0.254/24]}\n"
    "links:\n"
    "  - {for: {i: 0..4}, name: c$i, ends: [c$i, r.$(i+1)], delay: 1ms}\n"
    "  - {name: s, ends: [s, r.6], delay: 1ms}\n"
    "timeline:\n"
    "  - {for: {i: 0..4, k: 0..1}, at: $(i*2+k)ms, host: c$i, connect: \"s:$(80+k)\", as: x$i-$k}\n"
    "  - {for: {i: 0..4, k: 0..1}, after: c$i.x$i-$k in ESTABLISHED, host: c$i, send: $((i+1)*1000)B, of: x$i-$k}\n"
    "  - {for: {i: 0..4, k: 0..1}, after: c$i.x$i-$k sent all, host: c$i, close: x$i-$k}\n"
    "expect:\n"
    "  - {id: whole, streams: whole}\n"
    "  - {for: {i: 0..4}, id: got$i, value: s.x$i-1.bytes_delivered, equals: $(i*1000+1000)B}\n"
    "  - {id: served, value: s.accepts, equals: 10}\n"
    "  - {id: clean, pools: settled}\n";

struct text {
    char bytes[16384];
    size_t n;
};

static void append(void *ctx, const char *text, size_t n)
{
    struct text *t = ctx;
    assert_true(t->n + n < sizeof t->bytes);
    memcpy(t->bytes + t->n, text, n);
    t->n += n;
    t->bytes[t->n] = 0;
}

static uint64_t run_hash(const struct sc_model *model)
{
    char why[256] = "";
    struct sc_run *run = sc_run_open(model, model->seed, why, sizeof why);
    if (!run)
        fail_msg("%s", why);
    sc_run_all(run, NULL);
    for (uint32_t i = 0; i < model->expects; i++) {
        if (!sc_run_passed(run, i))
            fail_msg("%s: %s", model->expect[i].id, run->judged[i].why);
    }
    const uint64_t hash = sc_run_hash(run);
    sc_run_close(run);
    return hash;
}

/* What is written out reads as the same world, and runs the same. */
static void a_range_is_what_it_would_be_written_out(void **state)
{
    static struct text text;
    struct sc_memory m = {.ceiling = 64u << 20};
    struct sc_errors e = {.file = "t"};
    (void)state;
    struct sc_node *root = sc_yaml_read(&m, many, sizeof many - 1u, &e);
    const struct sc_model *model = root ? sc_model_read(&m, root, &e) : NULL;
    if (!model)
        fail_msg("%u:%u: %s", e.error[0].line, e.error[0].column, e.error[0].text);
    assert_int_equal(model->hosts, 7);
    assert_int_equal(model->links, 6);
    assert_int_equal(model->steps, 30);
    assert_int_equal(model->expects, 8);
    assert_string_equal(model->host[4].name, "c4");
    assert_int_equal(model->host[6].addrs, 6);
    assert_int_equal(model->host[5].serves, 2);
    assert_int_equal(model->step[9].at, 9 * SV_MS); /* the last variable runs fastest */
    assert_int_equal(model->step[18].bytes, 5000);
    text.n = 0;
    sc_yaml_write(root, append, &text);
    assert_null(strstr(text.bytes, "for"));
    struct sc_node *again = sc_yaml_read(&m, text.bytes, text.n, &e);
    const struct sc_model *second = again ? sc_model_read(&m, again, &e) : NULL;
    assert_non_null(second);
    const uint64_t hash = run_hash(model);
    assert_true(hash != 0 && hash == run_hash(second));
    sc_memory_free(&m);
}

/* The error stands where `at` does. */
static void refused(const char *hosts, const char *at, const char *words)
{
    char text[1024];
    struct sc_memory m = {.ceiling = 64u << 20};
    struct sc_errors e = {.file = "t"};
    const char *place = strstr(hosts, at);
    assert_non_null(place);
    const uint32_t column = (uint32_t)(place - hosts) + 3u;
    snprintf(text, sizeof text, HEAD "hosts:\n  %s\n", hosts);
    const struct sc_node *root = sc_yaml_read(&m, text, strlen(text), &e);
    if (root || e.n == 0)
        fail_msg("\"%s\" was taken", hosts);
    if (e.error[0].line != 6 || e.error[0].column != column || !strstr(e.error[0].text, words))
        fail_msg("\"%s\": %u:%u: %s", hosts, e.error[0].line, e.error[0].column, e.error[0].text);
    sc_memory_free(&m);
}

static void what_is_no_range_is_refused_where_it_stands(void **state)
{
    (void)state;
    refused("h$i: {for: {i: 1..1000000}, addr: 10.0.0.1/24}", "1..1000000", "more than 8192");
    refused("h$i: {for: {i: 1..3000, k: 1..3000}, addr: 10.0.0.1/24}", "1..3000}", "more than 8192");
    refused("h$i: {for: {i: 3..1}, addr: 10.0.0.1/24}", "3..1", "for: {i: 1..1000}");
    refused("h$i: {for: {i: many}, addr: 10.0.0.1/24}", "many", "for: {i: 1..1000}");
    refused("h$i: {for: {ix: 1..2}, addr: 10.0.0.1/24}", "ix", "one letter");
    refused("h$i: {for: i, addr: 10.0.0.1/24}", "i, addr", "for names");
    refused("h: {for: {i: 1..2}, addr: 10.0.0.$i/24}", "h", "would be the name of each");
    refused("h$i: {for: {i: 1..2}, addr: 10.0.0.$j/24}", "10.0", "no variable");
    refused("h$i: {for: {i: 1..2}, addr: 10.0.0.$(1/(i-1))/24}", "10.0", "division");
    refused("h$i: {for: {i: 1..2}, addr: 10.0.0.$(i/24}", "10.0", "not closed");
    refused("h$i: {for: {i: 1..2}, addr: 10.0.0.$/24}", "10.0", "expected");
    refused("h$i: {for: {i: 1..2}, addr: 10.0.0.$(999999999*i*i*9)/24}", "10.0", "beyond");
    refused("h$i: {for: {i: 1..2}, serve: [{for: {k: 1..2}, port: 80}]}", "for: {k", "within for");
}

/* A `$` elsewhere is a dollar. */
static void without_a_range_nothing_is_filled(void **state)
{
    struct sc_memory m = {.ceiling = 1u << 20};
    struct sc_errors e = {.file = "t"};
    static const char text[] = "title: costs $i\nhosts: {a: {addr: $i}}\n";
    (void)state;
    const struct sc_node *root = sc_yaml_read(&m, text, sizeof text - 1u, &e);
    assert_non_null(root);
    assert_string_equal(sc_member(root, "title")->text, "costs $i");
    assert_string_equal(sc_member(sc_member(sc_member(root, "hosts"), "a"), "addr")->text, "$i");
    sc_memory_free(&m);
}

/* Waiting applications come in the order of their times, then of their numbers, whatever was changed between. */
static void who_waits_comes_in_order(void **state)
{
    static struct sc_run run;
    static struct sc_conn conn[200];
    struct sc_due due[SC_DUE_APPS] = {{0}};
    uint32_t what, seen = 0, x = 7;
    sv_time last = 0;
    (void)state;
    run.conn = conn;
    run.due = due;
    for (uint32_t round = 0; round < 5; round++) {
        for (uint32_t i = 0; i < 200; i++) {
            x = x * 1664525u + 1013904223u;
            sc_due_set(&run, 0, 0, i, x >> 30 == 3 ? SV_NEVER : x >> 24);
        }
    }
    for (uint32_t before = 0; sc_due_next(&run, 0, 0, &what) != SV_NEVER; seen++, before = what) {
        const sv_time at = sc_due_next(&run, 0, 0, &what);
        assert_true(at > last || (at == last && (seen == 0 || what > before)));
        last = at;
        sc_due_set(&run, 0, 0, what, SV_NEVER);
        assert_int_equal(conn[what].place, 0);
    }
    assert_in_range(seen, 100, 199);
    free(due[0].entry);
}

/* A request ends with an empty line, wherever it is cut; a head is written, then the pattern, as often as asked. */
static void http_answers_each_request(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct sc_conn c = {.server = true, .serve = {.app = SC_HTTP, .bytes = 10}};
    char head[256];
    (void)state;
    for (size_t i = 0; i < sizeof request - 1u; i++)
        sc_http_read(&c, (const uint8_t *)request + i, 1);
    const uint64_t one = c.to_write;
    sc_http_read(&c, (const uint8_t *)"A\r\r\n\r\nB\r\n", 10);
    assert_int_equal(c.to_write, 2u * one);
    memset(head, '.', sizeof head);
    sc_words(&c, 0, (uint8_t *)head, (size_t)one + 3u);
    assert_memory_equal(head, "HTTP/1.1 200 OK\r\n", 17);
    assert_memory_equal(head + one - 14u, "\r\n\r\n..........HTT.", 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_is_what_it_would_be_written_out),
        cmocka_unit_test(what_is_no_range_is_refused_where_it_stands),
        cmocka_unit_test(without_a_range_nothing_is_filled),
        cmocka_unit_test(who_waits_comes_in_order),
        cmocka_unit_test(http_answers_each_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
