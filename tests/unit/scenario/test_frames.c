/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames with nothing above them, and stop-and-wait over UDP: what the reader says, and what comes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scenario/run.h"

static const char head[] = "schema: 1\n"
                           "name: t\n"
                           "seed: 1\n"
                           "until: 20s\n"
                           "settle: 1s\n"
                           "hosts:\n"
                           "  h1: {addr: 10.0.0.1/24, mac: \"02:00:00:00:00:01\"}\n"
                           "  h2: {addr: 10.0.0.2/24, mac: \"02:00:00:00:00:02\", serve: [%s]}\n"
                           "  h3: {addr: 10.0.0.3/24, mac: \"02:00:00:00:00:03\"}\n"
                           "switches:\n"
                           "  s1: {ports: 3, edge: [1, 2, 3], learn: %s}\n"
                           "links:\n"
                           "  - {name: l1, ends: [h1, s1.1], rate: 10Mbit/s, delay: 1ms, arp: true}\n"
                           "  - {name: l2, ends: [h2, s1.2], rate: 10Mbit/s, delay: 1ms, arp: true}\n"
                           "  - {name: l3, ends: [h3, s1.3], rate: 10Mbit/s, delay: 1ms, arp: true}\n"
                           "timeline:\n"
                           "%s"
                           "faults:\n"
                           "  - {id: lost, drop: every 3rd datagram from h2}\n"
                           "expect:\n"
                           "%s";

struct world {
    struct sc_memory memory;
    struct sc_errors errors;
    struct sc_run *run;
    char text[4096];
};

static bool world_open(struct world *w, const char *serve, const char *learn, const char *timeline, const char *expect)
{
    char why[256];
    memset(w, 0, sizeof *w);
    w->errors.file = "t";
    snprintf(w->text, sizeof w->text, head, serve, learn, timeline, expect);
    const struct sc_node *root = sc_yaml_read(&w->memory, w->text, strlen(w->text), &w->errors);
    const struct sc_model *model = root ? sc_model_read(&w->memory, root, &w->errors) : NULL;
    w->run = model ? sc_run_open(model, 1, why, sizeof why) : NULL;
    if (w->run)
        sc_run_all(w->run, NULL);
    return w->run != NULL;
}

static void world_close(struct world *w)
{
    if (w->run)
        sc_run_close(w->run);
    sc_memory_free(&w->memory);
}

static const char dialogue[] = "  - {at: 5s, host: h1, send: 60B, frame: 0x88b5, to: h2}\n"
                               "  - {at: 6s, host: h2, send: 1500B, frame: 0x88b5, to: h1}\n"
                               "  - {at: 7s, host: h3, send: 1B, frame: 0x88b5, to: everybody}\n";
static const char overheard[] = "  - {id: flooded, eventually: h3 receives frame from h1 to h2}\n"
                                "  - {id: answer, eventually: h1 receives frame from h2 to h1, by: 6.5s}\n"
                                "  - {id: private, never: h3 receives frame from h2}\n"
                                "  - {id: everybody, eventually: h2 receives frame from h3}\n"
                                "  - {id: read, value: h1.drops.UNKNOWN_ETHERTYPE, equals: 2}\n";

static void test_a_switch_forwards_frames_of_no_protocol(void **state)
{
    struct world w;
    (void)state;
    assert_true(world_open(&w, "", "true", dialogue, overheard));
    for (uint32_t i = 0; i < 5; i++)
        assert_true(sc_run_passed(w.run, i));
    world_close(&w);
}

static void test_one_that_does_not_learn_floods_the_answer(void **state)
{
    struct world w;
    (void)state;
    assert_true(world_open(&w, "", "false", dialogue, overheard));
    for (uint32_t i = 0; i < 5; i++)
        assert_true(sc_run_passed(w.run, i) == (i != 2));
    world_close(&w);
}

#define ASKS                                                                         \
    "  - {at: 1s, host: h1, connect: \"h2:7\", udp: true, from_port: 4000, as: u}\n" \
    "  - {at: 2s, host: h1, send: 100B, of: u, count: 10, resend: 250ms}\n"

/* Each third answer is lost: of ten messages that need 14 answers, four come twice. */
static void test_each_message_once(void **state)
{
    static const char counts[] = "  - {id: messages, value: h2.r.messages, equals: 10}\n"
                                 "  - {id: twice, value: h2.r.handed_twice, equals: 0}\n"
                                 "  - {id: discarded, value: h2.r.discarded, equals: 4}\n"
                                 "  - {id: resent, value: h1.u.resent, equals: 4}\n"
                                 "  - {id: sent, value: h1.u.datagrams_sent, equals: 14}\n"
                                 "  - {id: over, eventually: h1.u sent all, by: 4s}\n";
    struct world w;
    (void)state;
    assert_true(world_open(&w, "{port: 7, udp: true, as: r, app: arq}", "true", ASKS, counts));
    for (uint32_t i = 0; i < 6; i++)
        assert_true(sc_run_passed(w.run, i));
    world_close(&w);
}

static void test_without_the_bit_some_twice(void **state)
{
    static const char counts[] = "  - {id: messages, value: h2.r.messages, equals: 10}\n"
                                 "  - {id: twice, value: h2.r.handed_twice, equals: 4}\n"
                                 "  - {id: discarded, value: h2.r.discarded, equals: 0}\n";
    struct world w;
    (void)state;
    assert_true(world_open(&w, "{port: 7, udp: true, as: r, app: arq-no-bit}", "true", ASKS, counts));
    for (uint32_t i = 0; i < 3; i++)
        assert_true(sc_run_passed(w.run, i));
    world_close(&w);
}

static void test_a_message_that_nobody_answers(void **state)
{
    static const char counts[] =
        "  - {id: sent, value: h1.u.datagrams_sent, at_least: 71, at_most: 73}\n" /* four a second */
        "  - {id: never, never: h1.u sent all}\n";
    struct world w;
    (void)state;
    assert_true(world_open(&w, "{port: 7, udp: true, as: r, app: sink}", "true", ASKS, counts));
    for (uint32_t i = 0; i < 2; i++)
        assert_true(sc_run_passed(w.run, i));
    world_close(&w);
}

static void test_what_the_reader_refuses(void **state)
{
    static const struct {
        const char *serve, *step, *word;
    } bad[] = {
        {"", "  - {at: 1s, host: h1, send: 60B, frame: 60, to: h2}\n", "EtherType"},
        {"", "  - {at: 1s, host: h1, send: 60B, frame: arp, to: h2}\n", "EtherType"},
        {"", "  - {at: 1s, host: h1, send: 60B, frame: 0x10000, to: h2}\n", "EtherType"},
        {"", "  - {at: 1s, host: h1, send: 1501B, frame: 0x88b5, to: h2}\n", "1500"},
        {"", "  - {at: 1s, host: h1, send: 60B, frame: 0x88b5}\n", "to whom"},
        {"", "  - {at: 1s, host: h1, send: 60B, frame: 0x88b5, to: h4}\n", "h4"},
        {"", "  - {at: 1s, host: h1, send: 60B, frame: 0x88b5, to: h2, of: c}\n", "no connection"},
        {"{port: 7, app: arq}", "  - {at: 1s, host: h1, ping: h2, as: p}\n", "udp: true"},
        {"",
         "  - {at: 1s, host: h1, bind: 5, as: u}\n"
         "  - {at: 2s, host: h1, send: 1B, of: u, to: \"h2:7\", resend: 0s}\n",
         "never wait"},
    };
    (void)state;
    for (uint32_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct world w;
        assert_false(world_open(&w, bad[i].serve, "true", bad[i].step, "  - {id: clean, pools: settled}\n"));
        assert_true(w.errors.n >= 1);
        assert_non_null(strstr(w.errors.error[0].text, bad[i].word));
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_switch_forwards_frames_of_no_protocol),
        cmocka_unit_test(test_one_that_does_not_learn_floods_the_answer),
        cmocka_unit_test(test_each_message_once),
        cmocka_unit_test(test_without_the_bit_some_twice),
        cmocka_unit_test(test_a_message_that_nobody_answers),
        cmocka_unit_test(test_what_the_reader_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
