/* SPDX-License-Identifier: BSD-2-Clause */
/* Experiments: what the reader says of words that are wrong, runs, other seeds' worlds, numbers in words, rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario/experiment.h"
#include "scenario/run.h"

static const char good[] =
    "schema: 1\n"
    "name: good\n"
    "title: {en: Title, zh: 标题}\n"
    "claim: {en: \"{a.isn} then {b.isn+1}\", zh: 句子}\n"
    "watch: {en: W, zh: 看}\n"
    "see: [\"RFC 9293 3.5\"]\n"
    "seed: 2\n"
    "until: 10s\n"
    "settle: 5min\n"
    "hosts:\n"
    "  a: {addr: 10.0.0.1/24, profile: rfc, isn: [300, 400], serve: [{port: 80, app: sink}]}\n"
    "  b: {addr: 10.0.0.2/24, profile: rfc, isn: [100]}\n"
    "links:\n"
    "  - {name: ab, ends: [a, b], rate: 10Mbit/s, delay: 50ms}\n"
    "timeline:\n"
    "  - {at: 0s, host: b, connect: \"a:80\", from_port: 40000, as: c}\n"
    "  - {at: 1s, host: b, send: 20B, of: c, run: talks}\n"
    "runs:\n"
    "  - {name: silent, title: {en: Silent, zh: 静}}\n"
    "  - {name: talks, title: {en: Talks, zh: 说}, set: {links.ab.delay: 20ms}}\n"
    "faults:\n"
    "  - {id: lost, drop: first SYN from b, run: silent}\n"
    "expect:\n"
    "  - {id: syn, eventually: b sends SYN with seq b.isn, decisive: true, say: {en: \"{b.isn}\", zh: \"{b.isn}\"}}\n"
    "  - {id: third, run: talks, order: [SYN from b, \"SYN,ACK from a with ack b.isn+1\", ACK from b,\n"
    "     data from b, ACK from a], exactly: true}\n"
    "  - {id: bytes, run: talks, value: a.c.bytes_delivered, equals: 20, say: {en: \"{value} B\", zh: \"{value} B\"}}\n"
    "  - {id: again, run: silent, eventually: b sends second SYN}\n"
    "mutants:\n"
    "  - {name: deaf, set: {b.retransmit: false}, fails: [again]}\n"
    "  - {name: two, set: {all.handshake: two-way}, fails: [third]}\n"
    "try:\n"
    "  en: \"Longer: seven explain good --set links.ab.delay=1s\"\n"
    "  zh: \"更长：seven explain good --set links.ab.delay=1s\"\n"
    "tell:\n"
    "  order: 10\n"
    "  group: opening\n"
    "  covers: [N1]\n"
    "  verdict: {en: V, zh: 论}\n"
    "  notes:\n"
    "    - {on: first SYN from b, en: \"at {t}\", zh: \"在 {t}\"}\n"
    "    - {on: first timer of b, run: silent, en: timer, zh: 定时器}\n"
    "    - {on: a.c in ESTABLISHED, run: talks, en: open, zh: 开}\n"
    "    - {on: end, en: end, zh: 完}\n";

static char text[16384];
static struct sc_errors errors;

static bool open_text(struct sc_experiment *x, const char *bytes, const struct sc_experiment_want *want)
{
    errors = (struct sc_errors){.file = "t"};
    return sc_experiment_open(x, bytes, strlen(bytes), want, &errors);
}

static const char *with(const char *from, const char *to)
{
    const char *at = strstr(good, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    return text;
}

static void refused(const char *from, const char *to, const char *because)
{
    struct sc_experiment x;
    assert_false(open_text(&x, with(from, to), &(struct sc_experiment_want){.run = 1}));
    assert_true(errors.n > 0);
    if (!strstr(errors.error[0].text, because))
        fail_msg("\"%s\" does not say \"%s\"", errors.error[0].text, because);
    sc_experiment_close(&x);
}

static void wrong_words(void **state)
{
    (void)state;
    refused("title: {en: Title, zh: 标题}", "title: {en: Title}", "\"zh\" are missing");
    refused("title: {en: Title, zh: 标题}", "title: Title", "in both languages");
    refused("group: opening", "group: openings", "did you mean \"opening\"");
    refused("  order: 10\n", "", "a place in the list");
    refused("see: [\"RFC 9293 3.5\"]\n", "", "standard's section");
    refused("on: a.c in ESTABLISHED, run", "on: ACK, run", "whose?");
    refused("on: a.c in ESTABLISHED, run", "on: a.d in ESTABLISHED, run", "\"as: d\"");
    refused("order: 10", "order: 10\n  fixed: {isn: no}", "says why");
    refused("with seq b.isn,", "with seq b.isn2,", "wants a number");
    refused("run: talks, order", "run: talk, order", "no run is called \"talk\"");
    refused("equals: 20, say", "equals: 20, exactly: true, say", "belongs to an order");
    refused("{en: Talks, zh: 说}", "Talks", "in both languages");
    refused("tell:\n", "tell:\n  needs: {en: TLS, zh: TLS}\n", "listed, not run");
}

/* What has a tag belongs to its runs; a mutant to the run of what it names. */
static void runs(void **state)
{
    struct sc_experiment x;
    (void)state;
    assert_true(open_text(&x, good, &(struct sc_experiment_want){.run = 0}));
    assert_int_equal(x.runs, 2);
    assert_string_equal(x.run, "silent");
    assert_string_equal(x.run_title.text[SC_ZH], "静");
    assert_int_equal(x.model->steps, 1);
    assert_int_equal(x.model->faults, 1);
    assert_int_equal(x.model->expects, 2);
    assert_int_equal(x.model->mutants, 1);
    assert_int_equal(x.mutants, 2);
    assert_int_equal(x.tell->notes, 3);
    assert_int_equal(x.model->link[0].way[0].delay_ns, 50 * SV_MS);
    sc_experiment_close(&x);
    assert_true(open_text(&x, good, &(struct sc_experiment_want){.run = 1}));
    assert_int_equal(x.model->steps, 2);
    assert_int_equal(x.model->faults, 0);
    assert_int_equal(x.model->expects, 3);
    assert_string_equal(x.model->mutant[0].name, "two");
    assert_int_equal(x.model->link[0].way[0].delay_ns, 20 * SV_MS);
    sc_experiment_close(&x);
    assert_false(open_text(&x, good, &(struct sc_experiment_want){.run = 2}));
    sc_experiment_close(&x);
}

/* Another seed: delays within a fifth; numbers of odd ones moved together; what is fixed stays. */
static void seeds(void **state)
{
    struct sc_experiment x;
    bool moved = false, delayed = false;
    (void)state;
    for (uint64_t seed = 1; seed < 40; seed++) {
        assert_true(open_text(&x, good, &(struct sc_experiment_want){.run = 0, .seeded = true, .seed = seed}));
        const uint64_t delay = x.model->link[0].way[0].delay_ns;
        const struct sc_host *a = &x.model->host[0];
        assert_in_range(delay, 40 * SV_MS, 60 * SV_MS);
        delayed = delayed || delay != 50 * SV_MS;
        assert_int_equal(a->isn[1] - a->isn[0], 100);
        moved = moved || a->isn[0] != 300;
        assert_true(seed % 2 || a->isn[0] == 300);
        sc_experiment_close(&x);
    }
    assert_true(moved && delayed);
    const char *fixed = with("order: 10", "order: 10\n  fixed: {isn: because of this, delay: because of that}");
    assert_true(open_text(&x, fixed, &(struct sc_experiment_want){.run = 0, .seeded = true, .seed = 7}));
    assert_int_equal(x.model->link[0].way[0].delay_ns, 50 * SV_MS);
    assert_int_equal(x.model->host[0].isn[0], 300);
    sc_experiment_close(&x);
}

static void numbers_in_words(void **state)
{
    struct sc_experiment x;
    char to[64], before[64], command[128];
    (void)state;
    assert_true(open_text(&x, good, &(struct sc_experiment_want){.run = 1}));
    assert_true(sc_fill(x.model, x.tell->claim.text[SC_EN], UINT64_MAX, NULL, to, sizeof to));
    assert_string_equal(to, "300 then 101");
    assert_true(sc_fill(x.model, "{a.isn2-1} {t} {value}", 1234567890u, "9 B", to, sizeof to));
    assert_string_equal(to, "399 1.234 9 B");
    assert_false(sc_fill(x.model, "{c.isn}", UINT64_MAX, NULL, to, sizeof to));
    assert_false(sc_fill(x.model, "{a.isn3}", UINT64_MAX, NULL, to, sizeof to));
    assert_false(sc_fill(x.model, "{a.isn+}", UINT64_MAX, NULL, to, sizeof to));
    assert_false(sc_fill(x.model, "{t}", UINT64_MAX, NULL, to, sizeof to));
    assert_false(sc_fill(x.model, "too long for the room", UINT64_MAX, NULL, to, 8));
    for (uint32_t lang = 0; lang < SC_LANGS; lang++) {
        sc_experiment_try(x.tell, lang, before, sizeof before, command, sizeof command);
        assert_string_equal(before, lang == SC_ZH ? "更长" : "Longer");
        assert_string_equal(command, "seven explain good --set links.ab.delay=1s");
    }
    sc_experiment_close(&x);
}

/* Rows of a run: states where they change, notes at their rows, the decisive one marked. */
static void rows(void **state)
{
    static struct sc_result result;
    struct sc_experiment x;
    char why[256], say[64];
    size_t n = 0, noted = 0, marked = 0, established = 0;
    struct sv_ladder_options o = {.columns = 80};
    (void)state;
    assert_true(open_text(&x, good, &(struct sc_experiment_want){.run = 1}));
    struct sc_rows *w = sc_rows_open(x.model, SV_NONE, SV_NONE);
    struct sc_run *run = sc_experiment_run(&x, w, &result, why, sizeof why);
    assert_non_null(run);
    assert_true(result.expected);
    assert_true(sc_experiment_notes(&x, run, w, SC_EN, why, sizeof why));
    const struct sv_ladder_row *row = sc_rows_finish(w, run, &n, &o);
    for (size_t i = 0; i < n; i++) {
        noted += row[i].note != NULL;
        marked += row[i].decisive;
        established += row[i].left_state == SV_ESTABLISHED || row[i].right_state == SV_ESTABLISHED;
    }
    assert_string_equal(o.end[0].name, "b");
    assert_string_equal(o.end[0].address, "10.0.0.2:40000");
    assert_int_equal(o.end[1].isn, 300);
    assert_int_equal(noted, 3);
    assert_int_equal(marked, 1);
    assert_int_equal(established, 2);
    sc_experiment_say(&x, run, 2, SC_EN, say, sizeof say);
    assert_string_equal(say, "20 B");
    sc_run_close(run);
    sc_rows_close(w);
    sc_experiment_close(&x);
}

/* A segment beside those listed, and a note without its row. */
static void what_fails(void **state)
{
    static struct sc_result result;
    struct sc_experiment x;
    char why[256];
    (void)state;
    assert_true(open_text(&x, with("     data from b, ACK from a]", "     data from b]"),
                          &(struct sc_experiment_want){.run = 1}));
    struct sc_run *run = sc_experiment_run(&x, NULL, &result, why, sizeof why);
    assert_non_null(run);
    assert_false(result.expected);
    assert_non_null(strstr(result.outcome[1].why, "expected: nothing more"));
    sc_run_close(run);
    sc_experiment_close(&x);
    assert_true(
        open_text(&x, with("on: a.c in ESTABLISHED", "on: RST from b"), &(struct sc_experiment_want){.run = 1}));
    struct sc_rows *w = sc_rows_open(x.model, SV_NONE, SV_NONE);
    run = sc_experiment_run(&x, w, &result, why, sizeof why);
    assert_non_null(run);
    assert_false(sc_experiment_notes(&x, run, w, SC_ZH, why, sizeof why));
    assert_non_null(strstr(why, "\"RST from b\" has no row"));
    sc_run_close(run);
    sc_rows_close(w);
    sc_experiment_close(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_words),      cmocka_unit_test(runs), cmocka_unit_test(seeds),
        cmocka_unit_test(numbers_in_words), cmocka_unit_test(rows), cmocka_unit_test(what_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
