/* SPDX-License-Identifier: BSD-2-Clause */
/* Plays a packet script against one stack, in this process, on virtual time. A run is a pure function of the script,
 * the settings and the seed: it takes milliseconds, however long the script's clock runs, and always ends alike.
 *
 * Time: an event waits for its moment; a packet of the stack's is compared with the moment at which it left, early as
 * bad as late, within the script's tolerance (4 ms, or an eighth of the distance from the event before if that is more,
 * as packetdrill has it). */
#ifndef SV_DRILL_PLAY_H
#define SV_DRILL_PLAY_H

#include "drill/script.h"
#include "seven/stack.h"

enum sv_drill_version {
    SV_DRILL_VERSION_SCRIPT, /* what the script says; IPv4 if it is silent */
    SV_DRILL_VERSION_4,
    SV_DRILL_VERSION_6,
    SV_DRILL_VERSION_MAPPED, /* IPv6 sockets, IPv4 packets */
};

/* Zeros take the script's setting, and where it has none the default in brackets. */
struct sv_drill_settings {
    uint32_t version;         /* enum sv_drill_version */
    const char *path;         /* of the script: for messages, and commands are looked for beside it */
    struct sv_addr local[2];  /* of IPv4 and of IPv6; all zero: [192.168.0.1, fd3d:a0b:17d6::1] */
    struct sv_addr remote[2]; /* [192.0.2.1, fd3d:fa7b:d17d::1] */
    uint32_t mtu;             /* [1500; 1520 where `version` makes IPv6 of a script that does not say so] */
    bool has_tolerance;       /* tolerance_us is given, though it may be 0 */
    uint64_t tolerance_us;    /* [4000] */
    uint32_t profile;         /* enum sv_profile */
    uint64_t seed;            /* [1] */
    bool strict;              /* nothing may be sent that has no line, at the end of the script neither, and TSecr
                                   must be as written */
    bool any_order;           /* TCP options may stand in any order, and padding does not count: for scripts that were
                                   written for another stack */
    uint32_t ladder_columns;  /* of the ladder that a mismatch comes with; 0: none is drawn */
    bool utf8, colour;        /* of the ladder */
    /* Told of each packet, of each event as it is reached, and of what print() and the commands say; may be NULL. */
    void (*packet)(void *ctx, sv_time when, bool outbound, const void *bytes, size_t n, uint32_t line);
    void (*event)(void *ctx, sv_time when, const struct sv_drill_event *event);
    void (*say)(void *ctx, const char *text);
    void *ctx;
};

struct sv_drill_report {
    bool passed;
    uint32_t line, column; /* of the event that failed; 0: none */
    uint32_t events;       /* played */
    uint64_t virtual_ns;   /* how far the clock ran */
    char what[512];        /* in one line, what was wrong */
    char wanted[1024];     /* the script's line, and */
    char seen[4096];       /* what came instead, one line each; both empty where there is nothing to compare */
    char *ladder;          /* the conversation up to there; NULL: none; free() it */
};

/* False: the script's own settings are wrong (`report` says where); nothing was played. */
bool sv_drill_play(const struct sv_drill_script *script, const struct sv_drill_settings *settings,
                   struct sv_drill_report *report);

/* The address family that the script asks for; SV_DRILL_VERSION_SCRIPT: none. */
enum sv_drill_version sv_drill_version_of(const struct sv_drill_script *script);
/* False: the addresses that the script itself names are all of the other family. */
bool sv_drill_is_for(const struct sv_drill_script *script, enum sv_drill_version v);

#endif
