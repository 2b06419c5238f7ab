/* SPDX-License-Identifier: BSD-2-Clause */
/* FreeBSD's sysctls, as scripts written for it have them, as what Linux calls otherwise. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/shell_private.h"

/* Their name; ours; which word of ours it is (the others stay), or all of it; how many of theirs are one of ours. */
static const struct {
    const char *theirs, *ours;
    int word;
    uint32_t unit;
} names[] = {
    {"net.inet.tcp.rfc1323", "net.ipv4.tcp_timestamps", 0, 1},
    {"net.inet.tcp.rfc1323", "net.ipv4.tcp_window_scaling", 0, 1},
    {"net.inet.tcp.sack.enable", "net.ipv4.tcp_sack", 0, 1},
    {"net.inet.tcp.ecn.enable", "net.ipv4.tcp_ecn", 0, 1},
    {"net.inet.tcp.recvspace", "net.ipv4.tcp_rmem", 1, 1},
    {"net.inet.tcp.sendspace", "net.ipv4.tcp_wmem", 1, 1},
    {"kern.ipc.maxsockbuf", "net.ipv4.tcp_rmem", 2, 1},
    {"kern.ipc.maxsockbuf", "net.ipv4.tcp_wmem", 2, 1},
    {"net.inet.tcp.syncookies", "net.ipv4.tcp_syncookies", 0, 1},
    {"net.inet.tcp.fastopen.client_enable", "net.ipv4.tcp_fastopen", 0, 1},
    {"net.inet.tcp.keepidle", "net.ipv4.tcp_keepalive_time", 0, 1000},
    {"net.inet.tcp.keepintvl", "net.ipv4.tcp_keepalive_intvl", 0, 1000},
    {"net.inet.tcp.keepcnt", "net.ipv4.tcp_keepalive_probes", 0, 1},
};

/* The words of `had`, one of them another. */
static void replace(const char *had, int at, unsigned long long value, char *to, size_t size)
{
    struct sv_line_text text = sv_text_of(to, size);
    for (int i = 0; *had; i++) {
        const int n = (int)strcspn(had, " ");
        if (i == at)
            sv_text_format(&text, "%s%llu", i ? " " : "", value);
        else
            sv_text_format(&text, "%s%.*s", i ? " " : "", n, had);
        had += n;
        had += strspn(had, " ");
    }
}

int sv_drill_shell_freebsd(struct sv_drill_shell_run *r, const char *name, const char *value)
{
    int status = SV_DRILL_SHELL_PASSED;
    r->shell->freebsd(r->shell->ctx);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char had[128], text[160];
        if (strcmp(names[i].theirs, name) != 0 ||
            r->shell->sysctl_get(r->shell->ctx, names[i].ours, had, sizeof had) != 0)
            continue;
        replace(had, names[i].word, strtoull(value, NULL, 10) / names[i].unit, text, sizeof text);
        const int set = sv_drill_shell_set(r, names[i].ours, text);
        status = set > 0 || status == SV_DRILL_SHELL_PASSED ? set : status;
    }
    if (strcmp(name, "net.inet.tcp.fastopen.client_enable") == 0)
        r->shell->flush_metrics(r->shell->ctx); /* which forgets the cookies */
    if (status == SV_DRILL_SHELL_PASSED)
        sv_drill_shell_note(r, "sysctl %s: means nothing here, passed over", name);
    return status;
}
