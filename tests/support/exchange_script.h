/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations written as packet scripts, while they are played. Without a folder nothing happens. */
#ifndef SV_TESTS_EXCHANGE_SCRIPT_H
#define SV_TESTS_EXCHANGE_SCRIPT_H

#include "tests/support/exchange_private.h"

#define SV_SCRIPT_REASONS 32u
#define SV_SCRIPT_STAMPS 256u

struct sv_script {
    const char *folder; /* with a folder in it for each profile; NULL: nothing is written */
    const char *group;  /* of the conversations */
    const char *why;    /* this conversation cannot be said; NULL: so far it can */
    sv_time zero;
    size_t length;
    int fd, next_fd;
    uint32_t written;
    sv_time burst_at;
    uint32_t burst_start, burst_end, burst_segments;
    uint32_t stamps, stamp[SV_SCRIPT_STAMPS]; /* TSvals of ours */
    struct {
        const char *why;
        uint32_t count;
    } reason[SV_SCRIPT_REASONS];
};

extern struct sv_script sv_script;

void sv_script_begin(const struct sv_exchange *x, sv_time zero);
/* A segment, with the numbers that it had on the wire; of ours, or the peer's. */
void sv_script_packet(const struct sv_talk *t, const struct sv_line *l, const struct sv_seen *s, bool ours);
void sv_script_call(const struct sv_line *l, sv_time now, enum sv_err error, size_t done, enum sv_tcp_state state);
void sv_script_cannot(const char *why);
void sv_script_end(const struct sv_exchange *x, enum sv_tcp_state start);
void sv_script_summary(FILE *to);

#endif
