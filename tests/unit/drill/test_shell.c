/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of scripts: what reaches the stack, and what is named as not known. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "drill/shell.h"

static char log_text[2048];

static int set(void *ctx, const char *name, const char *value)
{
    (void)ctx;
    const size_t n = strlen(log_text);
    (void)snprintf(log_text + n, sizeof log_text - n, "%s=%s;", name, value);
    return strstr(name, "unknown") ? -ENOENT : strstr(value, "bad") ? -EINVAL : 0;
}

static int get(void *ctx, const char *name, char *value, size_t size)
{
    (void)ctx;
    (void)snprintf(value, size, strstr(name, "mem") ? "4096 5 6" : "5");
    return strstr(name, "unknown") ? -ENOENT : 0;
}

static void nap(void *ctx, uint64_t ns)
{
    (void)ctx;
    const size_t n = strlen(log_text);
    (void)snprintf(log_text + n, sizeof log_text - n, "sleep %u ms;", (unsigned)(ns / 1000000));
}

static void freebsd(void *ctx)
{
    (void)ctx;
}

static void sockets(void *ctx, bool proc, struct sv_line_text *to)
{
    (void)ctx;
    sv_text_format(to, proc ? "0: 00000000:1F90 00000000:0000 0A 0\n" : "a 1 TIME_WAIT\nb 2 TIME_WAIT\nc 3 LISTEN\n");
}

static void flush(void *ctx)
{
    (void)ctx;
    (void)strcat(log_text, "flush;");
}

static void route(void *ctx, uint32_t mtu, uint32_t advmss, uint32_t initcwnd)
{
    (void)ctx;
    const size_t n = strlen(log_text);
    (void)snprintf(log_text + n, sizeof log_text - n, "route %u %u %u;", mtu, advmss, initcwnd);
}

static void tc(void *ctx, const char *words)
{
    (void)ctx;
    const size_t n = strlen(log_text);
    (void)snprintf(log_text + n, sizeof log_text - n, "tc %s;", words);
}

static void tso(void *ctx, bool on)
{
    (void)ctx;
    (void)strcat(log_text, on ? "tso;" : "no tso;");
}

static const char *counter(void *ctx, uint32_t index, uint64_t *value)
{
    static const char *const names[] = {"TcpA", "TcpExtB", "TcpExtC"};
    (void)ctx;
    *value = index == 1 ? 0 : 7 + index;
    return index < 3 ? names[index] : NULL;
}

static int run(const char *text, const char *wanted_log, const char *wanted_why)
{
    struct sv_drill_shell shell = {
        .sysctl = set,
        .sysctl_get = get,
        .freebsd = freebsd,
        .sleep = nap,
        .flush_metrics = flush,
        .route = route,
        .tc = tc,
        .tso = tso,
        .counter = counter,
        .sockets = sockets,
        .folder = getenv("FOLDER"),
    };
    char why[256];
    log_text[0] = 0;
    const int status = sv_drill_shell_run(&shell, text, why, sizeof why);
    assert_string_equal(log_text, wanted_log);
    if (!wanted_why[0] || !strstr(why, wanted_why))
        assert_string_equal(why, wanted_why);
    return status;
}

static void test_sysctl(void **state)
{
    (void)state;
    assert_int_equal(
        run("sysctl -q net.ipv4.tcp_sack=0 net.ipv4.tcp_ecn=1", "net.ipv4.tcp_sack=0;net.ipv4.tcp_ecn=1;", ""), 0);
    assert_int_equal(run("sysctl -q net.ipv4.tcp_rmem=\"4096 540000 $((15*1024*1024))\" # why\n",
                         "net.ipv4.tcp_rmem=4096 540000 15728640;", ""),
                     0);
    assert_int_equal(run("../common/set_sysctls.py /proc/sys/net/ipv4/tcp_wmem='1 2 3' \\\n  /proc/sys/a=1",
                         "/proc/sys/net/ipv4/tcp_wmem=1 2 3;/proc/sys/a=1;", ""),
                     0);
    assert_int_equal(
        run("sysctl a=$((9223372036854775807+2*3)) b=$((5000000000*2/4)) c=$(((0-9223372036854775807-1)/(0-1)))",
            "a=-9223372036854775803;b=2500000000;c=-9223372036854775808;", ""),
        0);
    assert_int_equal(run("sysctl net.unknown=1", "net.unknown=1;", ""), 0);
    assert_int_equal(run("sysctl a=bad", "a=bad;", "sysctl a: \"bad\" is no value of it"), 1);
    assert_int_equal(run("echo 3 > /proc/sys/net/x", "/proc/sys/net/x=3;", ""), 0);
    assert_int_equal(run("sysctl -w net.inet.tcp.sack.enable=0; sysctl -w net.inet.tcp.keepidle=5000",
                         "net.ipv4.tcp_sack=0;net.ipv4.tcp_keepalive_time=5;", ""),
                     0);
    assert_int_equal(
        run("sysctl -w net.inet.tcp.recvspace=65536 || true; sysctl -w kern.ipc.maxsockbuf=73728 || true",
            "net.ipv4.tcp_rmem=4096 65536 6;net.ipv4.tcp_rmem=4096 5 73728;net.ipv4.tcp_wmem=4096 5 73728;", ""),
        0);
    assert_int_equal(run("sysctl -w net.inet.tcp.fastopen.client_enable=0", "net.ipv4.tcp_fastopen=0;flush;", ""), 0);
    assert_int_equal(run("sysctl -w net.inet.tcp.hostcache.purgenow=1", "", ""), 0);
}

static void test_lists(void **state)
{
    (void)state;
    assert_int_equal(run("false || sysctl a=1 && sysctl b=2; true || sysctl c=3", "a=1;b=2;", ""), 0);
    assert_int_equal(run("true && false", "", ""), 1);
    assert_int_equal(run("sleep 0.25; exit 3; sysctl a=1", "sleep 250 ms;", ""), 3);
    assert_int_equal(run("tc qdisc add dev tun0 root pfifo; ip tcp_metrics flush all > /dev/null 2>&1",
                         "tc qdisc add dev tun0 root pfifo;flush;", ""),
                     0);
    assert_int_equal(run("ethtool -K tun0 gso off tso off; ethtool -K tun0 tso on", "no tso;tso;", ""), 0);
    /* What means nothing here is passed over, but for where something else is to be done then. */
    assert_int_equal(
        run("ip -6 route change ::1 dev tun0 advmss 600 mtu lock 660 initcwnd 11", "route 660 600 11;", ""), 0);
    assert_int_equal(run("sysctl unknown=1 b=2 &> /dev/null || ip tcp_metrics flush", "unknown=1;b=2;flush;", ""), 0);
    assert_int_equal(run("sysctl unknown=1 && sysctl b=2", "unknown=1;b=2;", ""), 0);
    assert_int_equal(run("sysctl unknown=1 a=bad || sysctl b=2", "unknown=1;a=bad;b=2;", "no value"), 0);
    assert_int_equal(run("sysctl x | grep -q 'x = 5'", "", ""), 0);
    assert_int_equal(run("sockstat -4 | grep -c TIME_WAIT | grep 2", "", ""), 0);
    assert_int_equal(run("sockstat -4 | grep -c TIME_WAIT | grep 3", "", "grep 3: not found in \"2\n\""), 1);
    assert_int_equal(run("grep \" 0A \" /proc/net/tcp /proc/net/tcp6 | grep :1F90", "", ""), 0);
}

static void test_counters(void **state)
{
    (void)state;
    assert_int_equal(run("nstat | grep -c Tcp | grep 2", "", ""), 0); /* one of the three has nothing to tell */
    assert_int_equal(run("nstat -z | grep -c Tcp | grep 3", "", ""), 0);
    assert_int_equal(run("nstat > /dev/null; nstat | grep TcpA", "", "grep TcpA: not found"), 1); /* told before */
    assert_int_equal(run("nstat -s > /dev/null; nstat | grep TcpA", "", ""), 0);
    assert_int_equal(run("nstat > /dev/null; nstat -a TcpExtC | grep 9", "", ""), 0);
    assert_int_equal(run("nstat TcpA | grep TcpExtC", "", "not found"), 1);
}

static void test_unknown(void **state)
{
    (void)state;
    assert_int_equal(run("reboot now", "", "the command \"reboot\" is not known here"), 127);
    assert_int_equal(run("ip rule add", "", "ip rule: not known here"), 127);
    assert_int_equal(run("ip route change 1.2.3.4 dev tun0 mtu 40", "", "out of range"), 2);
    assert_int_equal(run("cat /etc/passwd", "", "cat /etc/passwd: no file of the machine is read"), 1);
    assert_int_equal(run("./nowhere.sh", "", "./nowhere.sh: No such file or directory"), 127);
}

static void test_script(void **state)
{
    (void)state;
    char folder[] = "/tmp/seven-shell-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/a.sh", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs("#!/bin/bash\nsysctl -q a=1\n\n# more\nsysctl b=2\n./a.sh\n", f); /* it runs itself, too */
    (void)fclose(f);
    const size_t n = strlen(folder);
    char slash[64];
    (void)snprintf(slash, sizeof slash, "%s/", folder);
    (void)setenv("FOLDER", slash, 1);
    const int status = run("./a.sh", "a=1;b=2;a=1;b=2;a=1;b=2;a=1;b=2;", "it runs itself");
    (void)setenv("FOLDER", "", 1);
    (void)unlink(path);
    (void)rmdir(folder);
    assert_int_equal(n, strlen(folder));
    assert_int_equal(status, 127);
}

int main(void)
{
    (void)setenv("FOLDER", "", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sysctl),  cmocka_unit_test(test_lists),  cmocka_unit_test(test_counters),
        cmocka_unit_test(test_unknown), cmocka_unit_test(test_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
