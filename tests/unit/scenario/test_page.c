/* SPDX-License-Identifier: BSD-2-Clause */
/* The page's data: rows with their states, samples, words in two languages, ceilings. What a browser makes of it is
 * tests/page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario/page.h"

static const char head[] = "schema: 1\n"
                           "name: small\n"
                           "title: {en: \"Small </script> & <b>\", zh: \"小\"}\n"
                           "claim: {zh: \"只有中文\"}\n"
                           "see: [\"RFC 9293 3.5\", \"RFC 9293 3.6\"]\n"
                           "seed: 1\n"
                           "until: 10s\n"
                           "settle: 5min\n"
                           "hosts:\n"
                           "  a: {addr: 10.0.0.1/24, profile: rfc, isn: [100]}\n"
                           "  b: {addr: 10.0.0.2/24, profile: rfc, isn: [300], serve: [{port: 80, app: sink}]}\n"
                           "links:\n"
                           "  - {name: ab, ends: [a, b], rate: 100Mbit/s, delay: 20ms}\n"
                           "timeline:\n"
                           "  - {at: 0s, host: a, connect: \"b:80\", from_port: 4000, as: c}\n";
static const char few[] = "  - {after: a.c in ESTABLISHED, plus: 1s, host: a, send: 20B, of: c}\n"
                          "  - {at: 5s, host: a, close: c}\n"
                          "faults:\n"
                          "  - {id: gone, drop: first data from a}\n";
static const char many[] = "  - {after: a.c in ESTABLISHED, host: a, send: 40MiB, of: c}\n";
static const char tail[] = "expect:\n"
                           "  - {id: open, eventually: b.c in ESTABLISHED, by: 1s, decisive: true}\n";

struct page_text {
    char *bytes;
    size_t n, room;
};

static void put(void *ctx, const char *text, size_t n)
{
    struct page_text *t = ctx;
    if (t->n + n + 1u > t->room) {
        t->room = 2u * (t->n + n) + 65536u;
        t->bytes = realloc(t->bytes, t->room);
        assert_non_null(t->bytes);
    }
    memcpy(t->bytes + t->n, text, n);
    t->n += n;
    t->bytes[t->n] = 0;
}

static struct sc_page *recording;

static void record(void *ctx, const struct sc_run *run, const struct sv_trace_record *r, const uint8_t *bytes)
{
    (void)ctx;
    (void)run;
    sc_page_record(recording, r, bytes);
}

/* The page of a scenario with this middle part; `words` NULL: its own. */
static void write_page(const char *middle, const struct sc_page_words *words, struct page_text *out)
{
    char text[4096], why[256] = "";
    struct sc_memory memory = {0};
    struct sc_errors errors = {.file = "t"};
    snprintf(text, sizeof text, "%s%s%s", head, middle, tail);
    struct sc_node *root = sc_yaml_read(&memory, text, strlen(text), &errors);
    struct sc_model *model = root ? sc_model_read(&memory, root, &errors) : NULL;
    if (!model)
        fail_msg("%s", errors.error[0].text);
    struct sc_run *run = sc_run_open(model, 1, why, sizeof why);
    assert_non_null(run);
    recording = sc_page_open(run);
    assert_non_null(recording);
    run->record = record;
    sc_run_all(run, NULL);
    memset(out, 0, sizeof *out);
    const struct sv_sink to = {put, out};
    assert_true(sc_page_write(recording, NULL, words, &to));
    sc_page_close(recording);
    sc_run_close(run);
    sc_memory_free(&memory);
}

static uint32_t times(const char *text, const char *what)
{
    uint32_t n = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static const char *data_of(const struct page_text *t)
{
    const char *at = strstr(t->bytes, "id=\"data\">");
    assert_non_null(at);
    return at;
}

static void test_what_a_run_says(void **state)
{
    struct page_text t;
    (void)state;
    write_page(few, NULL, &t);
    const char *data = data_of(&t);
    /* Markup in the file's words neither ends the block nor reaches the title. */
    assert_non_null(strstr(t.bytes, "<title>Small &lt;/script&gt; &amp; &lt;b&gt;</title>"));
    assert_non_null(strstr(data, "\"title\":[\"Small \\u003c/script> & \\u003cb>\",\"小\"]"));
    assert_int_equal(times(data, "</script>"), 2);                          /* the data's own, the program's */
    assert_non_null(strstr(data, "\"claim\":[\"只有中文\",\"只有中文\"]")); /* one language stands in for the other */
    assert_non_null(strstr(data, "\"see\":[\"RFC 9293 3.5\",\"RFC 9293 3.6\"]"));
    /* The handshake: SYN with both states it leads to, the decisive row, the fault by name. */
    assert_non_null(strstr(data, "\"f\":2,\"q\":100,\"w\":65535,\"m\":1460,"));
    assert_non_null(strstr(data, "\"fault\":\"gone\""));
    assert_int_equal(times(data, ",\"x\":1"), 1);
    /* Edges as they were taken: b listened, took a SYN, was acknowledged, heard a FIN, closed. */
    assert_non_null(strstr(data, "\"initial\":1,\"host\":1,\"name\":\"b\",\"at\":\"10.0.0.2:80\",\"isn\":300"));
    assert_int_equal(times(data, "\"verdict\":\"passed\""), 1);
    assert_int_equal(times(t.bytes, "{{"), 0);
    free(t.bytes);
}

static void test_same_run_same_page(void **state)
{
    struct page_text one, two;
    (void)state;
    write_page(few, NULL, &one);
    write_page(few, NULL, &two);
    assert_int_equal(one.n, two.n);
    assert_memory_equal(one.bytes, two.bytes, one.n);
    free(one.bytes);
    free(two.bytes);
}

static uint32_t asked;
static void note(void *ctx, const struct sc_run *run, uint32_t left, uint32_t right, const struct sv_ladder_row *row,
                 struct sc_page_note *to)
{
    (void)ctx;
    (void)run;
    asked++;
    assert_int_equal(left, 0);
    assert_int_equal(right, 1);
    if (row->kind == SV_LADDER_SEGMENT && row->flags == (SV_LADDER_SYN | SV_LADDER_ACK)) {
        to->decisive = true;
        to->text = (struct sc_page_text){{"K \"300\"", "第二次"}};
    }
}

static void test_words_of_a_teller(void **state)
{
    static const char *const see[] = {"RFC 1", NULL};
    const struct sc_page_words words = {.lang = SC_PAGE_ZH,
                                        .title = {{"Title", "标题"}},
                                        .verdict = {{NULL, "是的"}},
                                        .try_command = {{"seven explain 'x'", NULL}},
                                        .see = see,
                                        .home = "index.html",
                                        .note = note};
    struct page_text t;
    (void)state;
    asked = 0;
    write_page(few, &words, &t);
    const char *data = data_of(&t);
    assert_true(asked > 10);
    assert_non_null(strstr(t.bytes, "<html lang=\"zh-CN\">"));
    assert_non_null(strstr(t.bytes, "<title>标题</title>"));
    assert_non_null(strstr(data, ",\"x\":1,\"n\":[\"K \\\"300\\\"\",\"第二次\"]"));
    assert_int_equal(times(data, ",\"x\":1"), 1); /* the teller decides, not the expectation */
    assert_non_null(strstr(data, "\"said\":[\"是的\",\"是的\"]"));
    assert_non_null(strstr(
        data,
        "\"try_command\":[\"seven explain 'x'\",\"seven explain 'x'\"],\"home\":\"index.html\",\"see\":[\"RFC 1\"]"));
    free(t.bytes);
}

/* 40 MiB in ten seconds are some 30,000 segments each way: the page stays a page. */
static void test_ceilings(void **state)
{
    struct page_text t;
    (void)state;
    write_page(many, NULL, &t);
    const char *data = data_of(&t);
    assert_true(times(data, "\n{\"k\":") <= SC_PAGE_ROWS);
    assert_true(times(data, ",\"fs\":") > 0);
    assert_non_null(strstr(data, ",\"stride\":"));
    assert_true(t.n < 3u << 20);
    free(t.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_run_says),
        cmocka_unit_test(test_same_run_same_page),
        cmocka_unit_test(test_words_of_a_teller),
        cmocka_unit_test(test_ceilings),
    };
    if (!sc_yaml_present()) {
        printf("skip: built without libyaml\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
