/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations written as packet scripts, while they are played. Without a folder nothing happens. */
#ifndef SV_TESTS_EXCHANGE_SCRIPT_H
#define SV_TESTS_EXCHANGE_SCRIPT_H

#include "tests/support/exchange_private.h"

#define SV_SCRIPT_UNSAID 64u
#define SV_SCRIPT_STAMPS 256u

/* How far a connection of the script is, and where its peer's numbers begin. */
enum sv_script_stage { SV_SCRIPT_NOTHING, SV_SCRIPT_CALLING, SV_SCRIPT_PLACED };
struct sv_script_ends {
    enum sv_script_stage stage;
    uint32_t base;  /* number on the wire that is 0 in the script */
    uint32_t first; /* what the script calls its first packet */
};

struct sv_script_unsaid {
    const char *group, *name;
    enum sv_tcp_state start;
    const char *why;
};

struct sv_script {
    const struct sv_exchange *x;
    const char *folder; /* with a folder in it for each profile; "": nothing is written, NULL: nor thought of */
    const char *group;  /* of the conversations */
    const char *why;    /* this conversation cannot be said; NULL: so far it can */
    sv_time zero;
    size_t length;
    int fd, next_fd;
    uint32_t written;
    bool more, urgent; /* the next write is so */
    bool scaled;       /* an echo is of a time at which nothing was sent */
    struct sv_script_ends ends[2];
    uint32_t stamps, stamp[SV_SCRIPT_STAMPS]; /* TSvals of ours */
    uint32_t unsaid;                          /* conversations that cannot be written */
    struct sv_script_unsaid not_said[SV_SCRIPT_UNSAID];
};

extern struct sv_script sv_script;

void sv_script_begin(const struct sv_exchange *x, sv_time zero);
/* A segment, with the numbers that it had on the wire; of ours, or the peer's. */
void sv_script_packet(const struct sv_talk *t, const struct sv_line *l, const struct sv_seen *s, bool ours);
void sv_script_icmp(const struct sv_talk *t, const struct sv_line *l, sv_time now);
void sv_script_call(const struct sv_line *l, sv_time now, enum sv_err error, size_t done, enum sv_tcp_state state);
void sv_script_cannot(const char *why);
void sv_script_end(const struct sv_exchange *x, enum sv_tcp_state start);
void sv_script_summary(FILE *to);
void sv_script_table(FILE *to); /* what cannot be written, for docs/TCP_GRID.md */

/* For the writer's own files. */
void sv_script_put(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sv_script_put_time(sv_time at);

#endif
