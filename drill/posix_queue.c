/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue before the device, as `tc qdisc` chooses it. */
#include <stdio.h>

#include "drill/posix_private.h"
#include "stack/stack_internal.h"

#define SV_POSIX_TC_WORDS 16u

void sv_posix_queue(struct sv_posix *p, enum sv_posix_queue queue)
{
    const char *name = queue == SV_POSIX_QUEUE_PACED ? "fq" : "pfifo";
    const enum sv_err error = sv_stack_knob_set(p->stack, "default_qdisc", name, p->now);
    SV_ASSERT(error == SV_OK);
    p->queue_full = queue == SV_POSIX_QUEUE_FULL;
    sv_posix_pump(p);
}

void sv_posix_cuts(struct sv_posix *p, bool device_cuts)
{
    /* Linux's TCP makes super-frames in any case: what the device does not cut, its layer above does. */
    p->no_super = !device_cuts && p->config.profile != SV_PROFILE_LINUX;
}

/* qdisc add|replace|change|del dev NAME root KIND [limit N] ... */
void sv_posix_tc(struct sv_posix *p, const char *words)
{
    char line[256], *rest = NULL, *word[SV_POSIX_TC_WORDS];
    uint32_t n = 0, kind = 0;
    bool limit_0 = false;
    (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(words, ";&|>\n"), words);
    for (char *w = strtok_r(line, " \t", &rest); w && n < SV_POSIX_TC_WORDS; w = strtok_r(NULL, " \t", &rest))
        word[n++] = w;
    if (n < 2 || strcmp(word[0], "qdisc") != 0)
        return;
    for (uint32_t i = 2; i + 1u < n; i++) {
        if (strcmp(word[i], "root") == 0)
            kind = i + 1u;
        limit_0 = limit_0 || (strcmp(word[i], "limit") == 0 && strcmp(word[i + 1u], "0") == 0);
    }
    if (strncmp(word[1], "del", 3) == 0)
        sv_posix_queue(p, SV_POSIX_QUEUE_PLAIN);
    else if (kind)
        sv_posix_queue(p, limit_0                         ? SV_POSIX_QUEUE_FULL
                          : strcmp(word[kind], "fq") == 0 ? SV_POSIX_QUEUE_PACED
                                                          : SV_POSIX_QUEUE_PLAIN);
}
