/* SPDX-License-Identifier: BSD-2-Clause */
/* A script's commands run in a shell, as packetdrill has it, and ask the kernel. Two kinds of them mean the stack that
 * is under test: those that empty the kernel's memory of its peers, and those that read its counters. */
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
        (void)syscall(SYS_close, atoi(slash + 1));
    (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), fd);
    (void)setenv(variable, path, 1);
}

void sv_pd_command(struct sv_posix *p, const char *text)
{
    if (strstr(text, "tcp_metrics flush"))
        sv_posix_flush_metrics(p);
    if (strstr(text, "nstat")) {
        sv_pd_show(p, "Tcp", "PROC_NET_SNMP");
        sv_pd_show(p, "TcpExt", "PROC_NET_NETSTAT");
    }
}
