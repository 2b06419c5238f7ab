/* SPDX-License-Identifier: BSD-2-Clause */
/* A script's commands run in a shell, as packetdrill has it, and ask the kernel. Three kinds of them mean the stack
 * that is under test: those that empty the kernel's memory of its peers, those that choose the device's queue or the
 * way out, and those that read its counters. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drill/packetdrill_so.h"

/* What /proc/net/snmp and /proc/net/netstat say of one protocol: names, then numbers. */
static void sv_pd_counters_of(const struct sv_posix *p, const char *protocol, FILE *to)
{
    const size_t n = strlen(protocol);
    const char *name;
    uint64_t value;
    for (int numbers = 0; numbers < 2; numbers++) {
        (void)fprintf(to, "%s:", protocol);
        for (uint32_t i = 0; (name = sv_posix_counter(p, i, &value)) != NULL; i++) {
            const bool extended = strncmp(name, "TcpExt", 6) == 0;
            if (extended != (n == 6))
                continue;
            if (numbers)
                (void)fprintf(to, " %llu", (unsigned long long)value);
            else
                (void)fprintf(to, " %s", name + n);
        }
        (void)fputc('\n', to);
    }
}

/* nstat reads what these variables name. The file is nowhere but in memory; its name is that of our descriptor. (Not
 * closed by close(), which may be this library's and ask for the lock that is held.) */
static void sv_pd_show(const struct sv_posix *p, const char *protocol, const char *variable)
{
    char path[64];
    const int fd = memfd_create(protocol, MFD_CLOEXEC);
    const int copy = fd < 0 ? -1 : dup(fd);
    FILE *to = copy < 0 ? NULL : fdopen(copy, "w");
    if (!to) { /* nstat will tell of the kernel */
        if (fd >= 0)
            (void)syscall(SYS_close, fd);
        return;
    }
    sv_pd_counters_of(p, protocol, to);
    (void)fclose(to);
    const char *before = getenv(variable);
    const char *slash = before ? strrchr(before, '/') : NULL;
    if (slash) /* that of the command before */
        (void)syscall(SYS_close, (int)strtol(slash + 1, NULL, 10));
    (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
    (void)setenv(variable, path, 1);
}

/* The number behind a word of the command that ends at `end`, "mtu lock 640" too; 0: it is not there. */
static uint32_t sv_pd_number(const char *command, size_t n, const char *word)
{
    for (const char *at = command; (at = strstr(at, word)) != NULL && at < command + n; at++) {
        const char *number = at + strlen(word);
        if (strncmp(number, "lock ", 5) == 0)
            number += 5;
        if (*number >= '0' && *number <= '9')
            return (uint32_t)strtoul(number, NULL, 10);
    }
    return 0;
}

/* ip route change, replace or add: there is one way out, so it is the one that is meant. */
static void sv_pd_route(struct sv_posix *p, const char *text)
{
    for (const char *at = text; (at = strstr(at, "route ")) != NULL; at++) {
        const size_t n = strcspn(at, ";&|\n");
        const uint32_t mtu = sv_pd_number(at, n, " mtu ");
        if (strncmp(at + 6, "change ", 7) != 0 && strncmp(at + 6, "replace ", 8) != 0 &&
            strncmp(at + 6, "add ", 4) != 0)
            continue;
        if (mtu == 0 || (mtu >= 68 && mtu <= 65535))
            sv_posix_route(p, mtu, sv_pd_number(at, n, " advmss ") & 0xffffu, sv_pd_number(at, n, " initcwnd "));
    }
}

void sv_pd_command(struct sv_posix *p, const char *text)
{
    sv_pd_route(p, text);
    if (strstr(text, "tcp_metrics flush"))
        sv_posix_flush_metrics(p);
    for (const char *tc = text; (tc = strstr(tc, "tc qdisc ")) != NULL; tc++)
        sv_posix_tc(p, tc + strlen("tc "));
    if (strstr(text, "ethtool") && (strstr(text, "tso off") || strstr(text, "tso on")))
        sv_posix_cuts(p, strstr(text, "tso on") != NULL);
    if (strstr(text, "nstat")) {
        sv_pd_show(p, "Tcp", "PROC_NET_SNMP");
        sv_pd_show(p, "TcpExt", "PROC_NET_NETSTAT");
    }
}
