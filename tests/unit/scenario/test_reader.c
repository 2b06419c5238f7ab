/* SPDX-License-Identifier: BSD-2-Clause */
/* What the reader of scenario files says, and where. Each file here is a good one with one thing changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "l4_transport/tcp_teach.h"
#include "scenario/model.h"
#include "scenario/run.h"

static const char good[] = "schema: 1\n"                                                            /* 1 */
                           "name: good\n"                                                           /* 2 */
                           "seed: 1\n"                                                              /* 3 */
                           "until: 10s\n"                                                           /* 4 */
                           "settle: 5min\n"                                                         /* 5 */
                           "hosts:\n"                                                               /* 6 */
                           "  a: {addr: 10.0.0.1/24, profile: rfc}\n"                               /* 7 */
                           "  b: {addr: 10.0.0.2/24, serve: [{port: 80, app: sink}]}\n"             /* 8 */
                           "links:\n"                                                               /* 9 */
                           "  - {name: ab, ends: [a, b], rate: 10Mbit/s, delay: 20ms}\n"            /* 10 */
                           "timeline:\n"                                                            /* 11 */
                           "  - {at: 0s, host: a, connect: \"b:80\", as: c}\n"                      /* 12 */
                           "  - {after: a.c in ESTABLISHED, plus: 1s, host: a, send: 20B, of: c}\n" /* 13 */
                           "  - {at: 5s, host: a, close: c}\n"                                      /* 14 */
                           "faults:\n"                                                              /* 15 */
                           "  - {id: lost, drop: second data from a}\n"                             /* 16 */
                           "expect:\n"                                                              /* 17 */
                           "  - {id: whole, streams: whole}\n"                                      /* 18 */
                           "  - {id: open, eventually: b.c in ESTABLISHED, by: 1s}\n"               /* 19 */
                           "  - {id: bytes, value: b.c.bytes_delivered, equals: 20}\n"              /* 20 */
                           "  - {id: clean, pools: settled}\n";                                     /* 21 */

struct read {
    struct sc_memory memory;
    struct sc_errors errors;
    struct sc_node *root;
    struct sc_model *model;
};

static void read_text(struct read *r, const char *text)
{
    memset(r, 0, sizeof *r);
    r->errors.file = "t";
    r->root = sc_yaml_read(&r->memory, text, strlen(text), &r->errors);
    r->model = r->root ? sc_model_read(&r->memory, r->root, &r->errors) : NULL;
}

/* `good` with `from` replaced by `to`. */
static void read_with(struct read *r, const char *from, const char *to)
{
    static char text[8192];
    const char *at = strstr(good, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    read_text(r, text);
}

static void refused(const char *from, const char *to, uint32_t line, uint32_t column, const char *words)
{
    struct read r;
    read_with(&r, from, to);
    if (r.model || r.errors.n == 0)
        fail_msg("\"%s\" was taken", to);
    if (r.errors.error[0].line != line || r.errors.error[0].column != column || !strstr(r.errors.error[0].text, words))
        fail_msg("\"%s\": %u:%u: %s", to, r.errors.error[0].line, r.errors.error[0].column, r.errors.error[0].text);
    sc_memory_free(&r.memory);
}

static void a_good_file_is_taken(void **state)
{
    struct read r;
    (void)state;
    read_text(&r, good);
    assert_non_null(r.model);
    assert_int_equal(r.model->hosts, 2);
    assert_int_equal(r.model->link[0].way[0].rate_bit_s, 10000000);
    assert_int_equal(r.model->link[0].way[1].delay_ns, 20 * SV_MS);
    assert_int_equal(r.model->fault[0].what.which, SC_NTH);
    assert_int_equal(r.model->fault[0].what.n, 2);
    sc_memory_free(&r.memory);
}

static void yaml_that_scenarios_do_without(void **state)
{
    (void)state;
    refused("name: good", "name: &x good", 2, 7, "anchors");
    refused("seed: 1\n", "seed: *x\n", 3, 7, "aliases");
    refused("seed: 1\n", "seed: !!int 1\n", 3, 7, "tags");
    refused("seed: 1\n", "seed: 1\nseed: 2\n", 4, 1, "stands here already");
    refused("  - {id: clean, pools: settled}\n", "  - {id: clean, pools: settled}\n---\na: 1\n", 22, 1, "one document");
    refused("hosts:\n", "hosts: [\n", 8, 3, "not YAML");
}

static void words_that_are_not_known(void **state)
{
    (void)state;
    refused("seed: 1\n", "sead: 1\n", 3, 1, "did you mean \"seed\"");
    refused("rate: 10Mbit/s", "rates: 10Mbit/s", 10, 30, "did you mean \"rate\"");
    refused("profile: rfc", "profile: rcf", 7, 35, "did you mean \"rfc\"");
    refused("app: sink", "app: sinc", 8, 50, "did you mean \"sink\"");
    refused("in ESTABLISHED, plus", "in ESTABLISHD, plus", 13, 13, "did you mean \"ESTABLISHED\"");
    refused("second data from a", "second dta from a", 16, 22, "did you mean \"data\"");
    refused("second data from a", "second data frm a", 16, 22, "did you mean \"from\"");
    refused("bytes_delivered", "bytes_deliverd", 20, 24, "did you mean \"bytes_delivered\"");
    refused("streams: whole", "streams: hole", 18, 26, "whole");
}

static void names_that_are_not_there(void **state)
{
    (void)state;
    refused("ends: [a, b]", "ends: [a, bb]", 10, 26, "no host \"bb\"");
    refused("close: c}", "close: d}", 14, 30, "no connect is called \"d\"");
    refused("close: c}", "set: {recv_buffer: 4KiB}}", 14, 29, "decided when a host begins");
    refused("host: a, connect", "host: x, connect", 12, 20, "no host \"x\"");
    refused("second data from a", "second data on ba", 16, 22, "no link \"ba\"");
    refused("  a: {addr", "  y: {addr", 7, 3, "no name");
    refused("as: c}", "as: no}", 12, 44, "no name");
    refused("{id: clean,", "{id: whole,", 21, 10, "another expectation");
}

static void sockets(void **state)
{
    (void)state;
    refused("app: sink", "udp: true, app: greet", 8, 61, "a UDP service is a sink, an echo or mute");
    refused("app: sink", "as: a", 8, 49, "or is a host's");
    refused("app: sink", "app: sink, as: c", 12, 44, "another step already");
    refused("close: c}", "bind: 70000, as: u}", 14, 29, "0 to 65535");
    refused("close: c}", "bind: 700}", 14, 5, "wants a name");
    refused("connect: \"b:80\", as: c}", "connect: \"b:80\", udp: true, as: c}", 13, 13, "no state of TCP's");
    refused("close: c}", "bind: 700, as: u}\n  - {at: 6s, host: a, send: 10B, of: u}", 15, 5, "connected to nobody");
    refused("close: c}", "bind: 700, as: u}\n  - {at: 6s, host: a, send: 1MB, to: \"b:9\", of: u}", 15, 29,
            "65507 bytes at most");
    refused("close: c}", "bind: 700, as: u}\n  - {at: 6s, host: b, send: 1B, to: \"b:9\", of: u}", 15, 5,
            "a socket of a");
    refused("b.c in ESTABLISHED, by", "b.c hears ICMP, by", 19, 28, "a UDP socket hears");
}

static void words_and_probes(void **state)
{
    (void)state;
    refused("close: c}", "write: \"\", of: c}", 14, 30, "write is a text");
    refused("send: 20B, of: c}", "write: \"GET /\"}", 13, 5, "of which connection?");
    refused("close: c}", "write: hello, of: c}\n  - {at: 6s, host: a, write: again, of: c}", 15, 23, "one text");
    refused("drop: second data from a", "probe: second data from a", 16, 5, "probe wants byte");
    refused("drop: second data from a", "probe: second data from a, byte: 2000", 16, 49, "from 0 to 1517");
    refused("rate: 10Mbit/s, delay: 20ms", "kind: cable, bit_order: up", 10, 54, "lsb_first");
}

/* Segments that nobody sent come to a host, and so often. */
static void strays(void **state)
{
    (void)state;
    refused("drop: second data from a", "stray: a", 16, 5, "how often? chance: 5%");
    refused("drop: second data from a", "stray: c, chance: 5%", 16, 23, "\"c\"");
    refused("drop: second data from a", "stray: [a], chance: 5%", 16, 23, "strays come to a host");
    refused("drop: second data from a", "stray: a, chance: 5%, times: 0", 16, 45, "1 to 100000");
    refused("drop: second data from a", "stray: a, chance: 5%, every: 1s", 16, 5, "or every: 100ms");
    refused("drop: second data from a", "stray: a, every: 10us", 16, 33, "not more often");
}

/* Who forges says what, between whom, and knows only what its own connections were told. */
static void forgers_and_crowds(void **state)
{
    (void)state;
    refused("close: c}", "forge: PING, from: \"a:1\", to: \"b:80\"}", 14, 30, "what is forged is SYN");
    refused("close: c}", "forge: RST, to: \"b:80\"}", 14, 5, "a forged segment has from:");
    refused("close: c}", "forge: data, from: \"a:1\", to: \"b:80\"}", 14, 5, "how much data?");
    refused("close: c}", "forge: data, bytes: 2KB, from: \"a:1\", to: \"b:80\"}", 14, 43, "1400 bytes at most");
    refused("close: c}", "forge: RST, from: any, to: \"b:80\", seq: c}", 14, 63, "\"c\" is no whole number");
    refused("close: c}", "forge: RST, from: any, to: \"b:80\", seq: d.peer+1}", 14, 63, "no connect is called \"d\"");
    refused("host: a, close: c}", "host: b, forge: RST, from: any, to: \"a:80\", seq: c.peer}", 14, 63,
            "a forger knows only what it was told itself");
    refused("as: c}", "as: c, count: 5}", 12, 5, "how often? every: 2ms");
    refused("close: c}", "connect: \"b:80\", as: many, count: 5, every: 1s, from_port: 7}", 14, 71,
            "a crowd has no from_port");
}

/* What is wrong on purpose is spelled right all the same; flags are fields, and not their namesakes. */
static void flaws_and_flags(void **state)
{
    struct read r;
    (void)state;
    refused("profile: rfc", "set: {time_wait: 3msl}", 7, 43, "2msl, 0 or client_only");
    refused("profile: rfc", "set: {urgent: points_at_last_bite}", 7, 40, "did you mean \"points_at_last_byte\"");
    refused("profile: rfc", "set: {closing_stat: false}", 7, 32, "did you mean \"closing_state\"");
    refused("app: sink", "app: answer, bytes: 10B", 8, 34, "how long a request is");
    refused("connect: \"b:80\"", "connect: \"b:80\", set: {pmtud: false}", 12, 46, "for a whole host");
    refused("second data from a", "second data with SYM 0", 16, 22, "not \"SYM\"");
    refused("drop: second data from a", "edit: data from a, fields: {ip_destination: b}", 16, 60, "an IPv4 address");
    refused("drop: second data from a", "edit: data from a, checksums: none, fields: {ACK: 0}", 16, 46, "keep, or ip");
    read_with(&r, "profile: rfc",
              "set: {fin_takes_number: false, rst_exact: true, ack: seq_plus_one, time_wait: client_only}");
    assert_non_null(r.model);
    const struct sc_knobs *k = &r.model->host[0].set;
    assert_int_equal(sc_flaws_of(k), SV_FLAW_FIN_WITHOUT_NUMBER | SV_FLAW_CLIENTS_WAIT);
    sc_memory_free(&r.memory);
    read_with(&r, "second data from a", "data from a with ack 7 with ACK 1 with urgent 6");
    assert_non_null(r.model);
    const struct sc_selector *s = &r.model->fault[0].what;
    assert_int_equal(s->fields, 3);
    assert_int_equal(s->field[0].field, SC_FIELD_ACK);
    assert_int_equal(s->field[1].field, SC_FIELD_ACK_FLAG);
    assert_int_equal(s->field[2].field, SC_FIELD_URGENT);
    sc_memory_free(&r.memory);
}

static void quantities(void **state)
{
    (void)state;
    refused("delay: 20ms", "delay: 20", 10, 53, "needs its unit");
    refused("rate: 10Mbit/s", "rate: 1bit/s", 10, 36, "no possible rate");
    refused("rate: 10Mbit/s", "rate: 10ms", 10, 36, "10Mbit/s");
    refused("delay: 20ms", "delay: 20ms, loss: 120%", 10, 65, "100% at most");
    refused("delay: 20ms", "delay: 20ms, loss: 1", 10, 65, "needs its unit");
    refused("at: 5s", "at: 15s", 14, 10, "not before until");
    refused("by: 1s", "between: [3s, 2s]", 19, 62, "runs forwards");
    refused("seed: 1\n", "seed: one\n", 3, 7, "whole number");
    refused("profile: rfc", "set: {port_range: +1-60999}", 7, 44, "32768-60999");
    refused("profile: rfc", "set: {port_range: 1024- 2048}", 7, 44, "32768-60999");
    refused("profile: rfc", "set: {port_range: 1024-}", 7, 44, "32768-60999");
    refused("profile: rfc", "mac: \"-2:00:00:00:00:01\"", 7, 31, "mac is written");
    refused("profile: rfc", "mac: \"02: 0:00:00:00:01\"", 7, 31, "mac is written");
    refused("profile: rfc", "mac: \"02:00:00:00:00:01:\"", 7, 31, "mac is written");
    uint64_t value;
    char unit[8];
    assert_true(sc_quantity("1.5ms", &value, unit));
    assert_int_equal(value, 1500 * SV_US);
    assert_true(sc_quantity("0.1%", &value, unit));
    assert_int_equal(value, 1000);
    assert_true(sc_quantity("4MiB", &value, unit));
    assert_int_equal(value, 4u << 20);
    assert_false(sc_quantity("1.0001ns", &value, unit));
    assert_false(sc_quantity("99999999999h", &value, unit));
    assert_false(sc_quantity("5 parsec", &value, unit));
}

/* Each part well said, and yet it cannot be meant so. */
static void sense(void **state)
{
    (void)state;
    refused("10.0.0.2/24", "10.0.0.1/24", 8, 13, "\"b\" has an address of \"a\"");
    refused("profile: rfc", "gateway: 10.5.0.1", 7, 35, "on none of the networks of \"a\"");
    refused("links:\n", "routers:\n  r: {addr: [10.1.0.1/24], nat: {outside: 2}}\nlinks:\n", 10, 33,
            "the ports 1 to 1");
    refused("delay: 20ms", "queue: {kind: red, min: 10, max: 5}", 10, 79, "above min (10)");
    refused("equals: 20", "equals: 20, at_least: 3", 20, 45, "says it all");
    refused("equals: 20", "at_least: 20, at_most: 3", 20, 68, "nothing is at least 20 and at most 3");
    refused("equals: 20", "equals: 1s", 20, 53, "cannot be compared with b.c.bytes_delivered: that is a number");
    refused("bytes_delivered, equals: 20", "goodput, equals: 20MB", 20, 45, "that is a rate");
    refused("bytes_delivered, equals: 20", "rtt_max, at_most: 20B", 20, 46, "that is a time");
    refused("eventually: b.c in ESTABLISHED, by: 1s", "always: a sends data", 19, 24, "said of a state");
    refused("a.c in ESTABLISHED", "a.c is ESTABLISHED", 13, 13, "did you mean \"in\"?");
    refused("streams: whole", "streams: hole", 18, 26, "whole or accounted, not \"hole\"");
    refused("{at: 5s,", "{at: 5s, after: a.c sent all,", 14, 5, "one time");
    refused("rate: 10Mbit/s", "rate: 99999999999999999999Gbit/s", 10, 36, "no possible rate");
    refused("delay: 20ms", "delay: 99999999999h", 10, 53, "9600h at most");
    refused("hosts:\n", "hosts:\n\t", 7, 1, "a tab");
    refused("name: good\n", "name: \xff\n", 2, 7, "no text in UTF-8");
    refused("delay: 20ms}", "delay: 20ms", 11, 9, "which begins at 10:5");
    /* A name of one letter is near to every other: none is proposed. */
    struct read r;
    read_with(&r, "host: a, close: c", "host: z, close: c");
    assert_string_equal(r.errors.error[0].text, "there is no host \"z\"");
    sc_memory_free(&r.memory);
    /* What follows from an error is not told as one. */
    read_with(&r, "a: {addr:", "a: {adr:");
    assert_int_equal(r.errors.n, 1);
    sc_memory_free(&r.memory);
}

static void shapes(void **state)
{
    (void)state;
    refused("schema: 1\nname: good\n", "name: good\nschema: 1\n", 1, 1, "begins with");
    refused("until: 10s\n", "", 1, 1, "\"until\" is missing");
    refused("send: 20B, of: c}", "send: 20B, close: c, of: c}", 13, 63, "one verb");
    refused("{at: 5s, host: a, close: c}", "{host: a, close: c}", 14, 5, "has a time");
    refused("drop: second data from a", "drop: last data from a", 16, 22, "over");
    refused("settle: 5min\n", "", 20, 5, "settle");
    refused("eventually: b.c in ESTABLISHED, by: 1s", "eventually: b.c in ESTABLISHED, never: b accepts c", 19, 16,
            "one claim");
}

static bool take_override(const char *assignment, const char *words)
{
    struct read r;
    read_text(&r, good);
    const bool taken = sc_override_text(&r.memory, r.root, assignment, &r.errors);
    r.model = taken ? sc_model_read(&r.memory, r.root, &r.errors) : NULL;
    const bool good_model = r.model != NULL;
    if (!good_model && (!words || !r.errors.n || !strstr(r.errors.error[0].text, words)))
        fail_msg("%s: %s", assignment, r.errors.n ? r.errors.error[0].text : "nothing said");
    sc_memory_free(&r.memory);
    return good_model;
}

static void overrides(void **state)
{
    (void)state;
    assert_true(take_override("links.ab.delay=80ms", NULL));
    assert_true(take_override("all.sack=false", NULL));
    assert_true(take_override("a.retransmit=false", NULL));
    assert_true(take_override("b.profile=tiny", NULL));
    assert_true(take_override("faults.lost.drop=first SYN from a", NULL));
    assert_false(take_override("links.ba.delay=80ms", "there is no \"ba\""));
    assert_false(take_override("a.retransmitt=false", "did you mean \"retransmit\""));
    assert_false(take_override("linkz.ab.delay=80ms", "did you mean \"links\""));
    assert_false(take_override("links.ab.delay", "PATH=VALUE"));
    assert_false(take_override("links.ab.delay=[", "not YAML"));
}

static void append(void *ctx, const char *text, size_t n)
{
    strncat(ctx, text, n);
}

/* What --shrink writes means the same. */
static void a_written_file_reads_back(void **state)
{
    static char text[8192], again[8192];
    struct read r, s;
    (void)state;
    text[0] = again[0] = 0;
    read_text(&r, good);
    sc_yaml_write(r.root, append, text);
    read_text(&s, text);
    assert_non_null(s.model);
    sc_yaml_write(s.root, append, again);
    assert_string_equal(text, again);
    sc_memory_free(&r.memory);
    sc_memory_free(&s.memory);
}

/* Whatever was in the text: what YAML takes for the end of a line, quotes, what may not stand in a file as it is. */
static void any_words_are_written_so_that_they_read_back(void **state)
{
    static const char *const values[] = {"\"a: b # c\"",
                                         "\"\\\"quoted\\\" \\\\ \\t\\r\\n\\x07\\x7f\"",
                                         "\"\\N\\L\\P\\u00a0\"",
                                         "\"- x\"",
                                         "\"%\"",
                                         "\"\"",
                                         "' '"};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        static char file[256], text[512];
        struct sc_memory m = {.ceiling = 1u << 20};
        struct sc_errors e = {.file = "test"};
        snprintf(file, sizeof file, "title: {en: %s, %s: x}\n", values[i], *values[i] == '"' ? values[i] : "zh");
        text[0] = 0;
        const struct sc_node *a = sc_yaml_read(&m, file, strlen(file), &e);
        assert_non_null(a);
        sc_yaml_write(a, append, text);
        const struct sc_node *b = sc_yaml_read(&m, text, strlen(text), &e);
        assert_non_null(b);
        for (uint32_t c = 0; c < 2; c++) {
            assert_string_equal(sc_child(a->child, c)->key, sc_child(b->child, c)->key);
            assert_string_equal(sc_child(a->child, c)->text, sc_child(b->child, c)->text);
        }
        sc_memory_free(&m);
    }
}

static void a_mapping_is_a_selector(void **state)
{
    struct read r;
    (void)state;
    read_with(&r, "drop: second data from a", "drop: {which: 2, again: original, kind: FIN, from: b, with: {seq: 7}}");
    assert_non_null(r.model);
    assert_int_equal(r.model->fault[0].what.n, 2);
    assert_int_equal(r.model->fault[0].what.again, 0);
    assert_int_equal(r.model->fault[0].what.kind, SC_FIN);
    assert_int_equal(r.model->fault[0].what.from, 1);
    assert_int_equal(r.model->fault[0].what.field[0].value, 7);
    sc_memory_free(&r.memory);
}

/* A host more, and a fault more that hits nothing, change nothing else: each has streams of its own. */
static uint64_t packets_of(const char *from, const char *to, uint64_t *delivered)
{
    struct read r;
    char why[256] = "";
    read_with(&r, from, to);
    assert_non_null(r.model);
    struct sc_run *run = sc_run_open(r.model, 3, why, sizeof why);
    assert_non_null(run);
    sc_run_all(run, NULL);
    const uint64_t n = sv_world_passed(run->sim->world);
    *delivered = run->judged[1].when;
    assert_string_equal(run->problem, "");
    sc_run_close(run);
    sc_memory_free(&r.memory);
    return n;
}

static void what_is_added_moves_nothing_else(void **state)
{
    uint64_t a, b, c, other;
    (void)state;
    const char *lossy = "delay: 20ms, jitter: 3ms, loss: 20%";
    const uint64_t n = packets_of("delay: 20ms", lossy, &a);
    assert_int_equal(packets_of("delay: 20ms", "jitter: 3ms, loss: 20%, delay: 20ms", &b), n);
    assert_int_equal(a, b);
    assert_int_equal(packets_of("  - {name: ab, ends: [a, b], rate: 10Mbit/s, delay: 20ms}\n",
                                "  - {name: ab, ends: [a, b], rate: 10Mbit/s, delay: 20ms, jitter: 3ms, loss: 20%}\n"
                                "  - {name: other, ends: [z.1, zz.1], loss: 50%}\n"
                                "routers: {z: {addr: [10.9.0.1/24]}, zz: {addr: [10.9.0.2/24]}}\n",
                                &c),
                     n);
    (void)other;
}

/* Whoever is behind a TAP is nobody whose program we write. */
static void a_host_outside_does_what_it_likes(void **state)
{
    struct read r;
    (void)state;
    refused("profile: rfc", "tap: seven0, profile: rfc", 7, 39, "a host behind a TAP has no key");
    refused("profile: rfc", "tap: Seven 0", 7, 31, "tap names an interface");
    read_with(&r, "profile: rfc", "tap: seven0");
    assert_null(r.model);
    assert_non_null(strstr(r.errors.error[0].text, "is outside"));
    assert_int_equal(r.errors.error[0].line, 12);
    sc_memory_free(&r.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_is_taken),
        cmocka_unit_test(yaml_that_scenarios_do_without),
        cmocka_unit_test(words_that_are_not_known),
        cmocka_unit_test(names_that_are_not_there),
        cmocka_unit_test(sockets),
        cmocka_unit_test(words_and_probes),
        cmocka_unit_test(strays),
        cmocka_unit_test(forgers_and_crowds),
        cmocka_unit_test(flaws_and_flags),
        cmocka_unit_test(quantities),
        cmocka_unit_test(sense),
        cmocka_unit_test(shapes),
        cmocka_unit_test(overrides),
        cmocka_unit_test(a_written_file_reads_back),
        cmocka_unit_test(any_words_are_written_so_that_they_read_back),
        cmocka_unit_test(a_mapping_is_a_selector),
        cmocka_unit_test(a_host_outside_does_what_it_likes),
        cmocka_unit_test(what_is_added_moves_nothing_else),
    };
    if (!sc_yaml_present()) {
        printf("skip: built without libyaml\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
