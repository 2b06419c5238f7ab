/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of packet scripts, without a shell: sysctl lines and the usual preludes reach the stack under test, and
 * nothing of the machine is touched. A command that is not known here is named, and fails.
 *
 * Understood: words and quotes, comments, $((2*3)), ; & && || | and redirections (which are passed over); scripts
 * (*.sh) are read from beside the packet script. Known: sysctl, set_sysctls.py, echo (into /proc/sys too), grep, cat,
 * sleep, sockstat and /proc/net/tcp (the stack's own sockets), nstat (its counters), ip tcp_metrics flush, ip route
 * change (mtu, advmss, initcwnd), tc qdisc (fq paces, a limit of 0 stops), ethtool -K (tso), true, false, exit; and
 * those that would set up the kernel's device, of which there is none: ifconfig, tcpdrop, rm.
 *
 * What is passed over ends well, but for `||`: it goes on to what is to be done instead. */
#ifndef SV_DRILL_SHELL_H
#define SV_DRILL_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/sink.h"

#define SV_DRILL_SHELL_COUNTERS 64u

struct sv_drill_shell {
    /* 0; -ENOENT: no such name here; -EINVAL: not a value of it. */
    int (*sysctl)(void *ctx, const char *name, const char *value);
    int (*sysctl_get)(void *ctx, const char *name, char *value, size_t size);
    void (*sleep)(void *ctx, uint64_t ns);
    void (*freebsd)(void *ctx);       /* a sysctl of FreeBSD's is set: the script is written for its sockets */
    void (*flush_metrics)(void *ctx); /* ip tcp_metrics flush */
    /* ip route change: of the way to the peers; 0: as it was. */
    void (*route)(void *ctx, uint32_t mtu, uint32_t advmss, uint32_t initcwnd);
    void (*tso)(void *ctx, bool on);          /* ethtool -K DEVICE tso on, off */
    void (*tc)(void *ctx, const char *words); /* tc qdisc add, replace, change, delete: of the device's queue */
    const char *(*counter)(void *ctx, uint32_t index, uint64_t *value); /* sv_posix_counter(); NULL: no more */
    /* A line for each TCP socket: as sockstat prints it, or as /proc/net/tcp has it. */
    void (*sockets)(void *ctx, bool proc, struct sv_line_text *to);
    void (*note)(void *ctx, const char *text); /* what was passed over; may be NULL */
    void *ctx;
    const char *folder;                     /* of the packet script, with its slash, or "" */
    uint64_t told[SV_DRILL_SHELL_COUNTERS]; /* what nstat said last of each counter */
};

/* The exit status. Other than 0: `why` says more. */
int sv_drill_shell_run(struct sv_drill_shell *shell, const char *text, char *why, size_t why_size);

#endif
