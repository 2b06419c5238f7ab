/* SPDX-License-Identifier: BSD-2-Clause */
/* The router's options for address translation: what is taken, what is refused and in which words. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/router_nat.h"
#include "tests/support/nat_world.h"

/* Refused, with these words in the message. */
static void refused(const struct router_nat_options *o, const char *words)
{
    char text[512] = "";
    FILE *file = tmpfile();
    assert_non_null(file);
    (void)fflush(stderr);
    const int keep = dup(STDERR_FILENO);
    (void)dup2(fileno(file), STDERR_FILENO);
    const int status = router_nat_check("router", o);
    (void)fflush(stderr);
    (void)dup2(keep, STDERR_FILENO);
    (void)close(keep);
    rewind(file);
    const size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    (void)fclose(file);
    assert_int_equal(status, CLI_USAGE);
    assert_non_null(strstr(text, words));
}

static void what_is_taken(void **state)
{
    (void)state;
    const struct router_nat_options o = {.outside = "2",
                                         .forward = {2, {"tcp:8080=10.0.0.2:80", "udp:53=10.0.0.3:5353"}},
                                         .npt6 = {1, {"fd01::/48=2001:db8::/48"}},
                                         .timeout = "udp=5m,tcp=3h,transitory=240,icmp=90s"};
    assert_int_equal(router_nat_check("router", &o), CLI_PARSED);
    const struct router_nat_options none = {0};
    assert_int_equal(router_nat_check("router", &none), CLI_PARSED);
}

static void what_is_refused(void **state)
{
    (void)state;
    static const char *const forwards[] = {
        "8080=10.0.0.2:80", "tcp:8080",   "tcp:0=10.0.0.2:80",     "icmp:80=10.0.0.2:80", "tcp:80=[fd00::1]:80",
        "tcp:80=10.0.0.2",  "tcp:80=:80", "tcp:99999=10.0.0.2:80", "tcp:80=10.0.0.2:0"};
    for (size_t i = 0; i < sizeof forwards / sizeof forwards[0]; i++) {
        const struct router_nat_options o = {.outside = "2", .forward = {1, {forwards[i]}}};
        refused(&o, "--forward");
    }
    static const char *const prefixes[] = {"fd01::/48", "fd01::/48=2001:db8::/56", "10.0.0.0/8=11.0.0.0/8",
                                           "fd01::/65=2001:db8::/65", "fd01::=2001:db8::/48"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        const struct router_nat_options o = {.outside = "2", .npt6 = {1, {prefixes[i]}}};
        refused(&o, "--npt6");
    }
    struct router_nat_options o = {.outside = "2", .timeout = "udp=119s"};
    refused(&o, "at least 120 s");
    o.timeout = "tcp=2h";
    refused(&o, "at least 7440 s");
    o.timeout = "sctp=2h";
    refused(&o, "sctp=2h: it takes a list");
    o = (struct router_nat_options){.random_ports = true};
    refused(&o, "--nat-random-ports: without --nat=INTERFACE");
}

static char shown[4096];
static void put(void *self, const char *text, size_t n)
{
    (void)self;
    const size_t have = strlen(shown);
    assert_true(have + n < sizeof shown);
    memcpy(shown + have, text, n);
    shown[have + n] = '\0';
}

static void started_and_shown(void **state)
{
    (void)state;
    struct nat_world w;
    nat_open(&w, SV_NAT_FILTER_ADDRESS);
    const struct router_nat_options o = {.outside = "2",
                                         .forward = {1, {"tcp:8080=10.0.0.2:80"}},
                                         .timeout = "udp=2m",
                                         .filter = SV_NAT_FILTER_ENDPOINT,
                                         .random_ports = true};
    assert_true(router_nat_start("router", w.stack, &o, OUTSIDE, w.now));
    assert_int_equal(w.stack->net.nat.config.udp_s, 120);
    assert_int_equal(w.stack->net.nat.config.filter, SV_NAT_FILTER_ENDPOINT);
    assert_int_equal(w.stack->net.nat.config.flags, SV_NAT_RANDOM_PORTS);
    const struct nat_packet u = {.protocol = 17, .src = HOST_A, .dst = PEER_Y, .sport = 5000, .dport = 53};
    nat_say(&w, INSIDE, &u);
    nat_flush(&w);
    shown[0] = '\0';
    router_nat_show(w.stack, false, w.now, put, NULL);
    assert_non_null(strstr(shown, "tcp  FORWARD      10.0.0.2:80"));
    assert_non_null(strstr(shown, "udp  OPEN         10.0.0.2:5000"));
    assert_non_null(strstr(shown, "192.0.2.50:53"));
    assert_non_null(strstr(shown, "2 mappings, 1 sessions, 1 hosts; packets 1 out, 0 in"));
    shown[0] = '\0';
    router_nat_show(w.stack, true, w.now, put, NULL);
    assert_non_null(strstr(shown, "\"state\":\"FORWARD\",\"inside\":\"10.0.0.2:80\",\"outside\":\"192.0.2.1:8080\""));
    assert_non_null(strstr(shown, "\"expires_s\":120}"));
    nat_shut(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(started_and_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
