/* SPDX-License-Identifier: BSD-2-Clause */
/* A script being played. */
#ifndef SV_DRILL_RUN_H
#define SV_DRILL_RUN_H

#include "drill/match.h"
#include "drill/play.h"
#include "drill/posix_sockets.h"
#include "drill/python.h"
#include "drill/shell.h"

/* What a connection has seen; the sequence numbers of its script count from here. */
enum sv_drill_stage {
    SV_DRILL_NEW,
    SV_DRILL_LISTENING,
    SV_DRILL_CONNECTING, /* connect() was called */
    SV_DRILL_SYN_SENT,   /* the script has its SYN */
    SV_DRILL_SYN_ACKED,
    SV_DRILL_ARRIVED,     /* a first packet was sent to a listener, or to nobody */
    SV_DRILL_SYNACK_SENT, /* and answered */
    SV_DRILL_OPENED,
};

#define SV_DRILL_CONNECTIONS 64u
#define SV_DRILL_FDS 64u
#define SV_DRILL_STAMPS 512u

struct sv_drill_connection {
    uint8_t stage; /* enum sv_drill_stage */
    bool renewed;  /* connect() with AF_UNSPEC: another may follow */
    bool over;     /* a reset went either way, or a SYN came with another number: the next SYN,ACK may begin anew */
    bool udp;
    int script_fd; /* -1: none yet */
    struct sv_drill_ends ends;
    uint32_t script_local_isn, script_remote_isn;
    uint32_t live_local_isn, live_remote_isn;
    /* TSvals of ours: as the script has them, and as they were. */
    uint32_t stamps, first_script_ts, first_live_ts;
    bool has_stamp;
    uint32_t stamp[SV_DRILL_STAMPS][2];
    uint32_t flow_label[2];
};

struct sv_drill_pending {
    const struct sv_drill_event *event; /* NULL: no call is blocked */
    sv_time began, ended;
    int64_t at_ns, until_ns; /* script time: when it began, when it should return */
    bool done;
};

struct sv_drill_run {
    const struct sv_drill_settings *settings;
    const struct sv_drill_script *script;
    struct sv_drill_report *report;
    struct sv_posix *posix;
    sv_time zero; /* the clock at the script's 0 */
    /* settings, the script's taken in */
    bool six, mapped;
    bool freebsd; /* written for it: its sockets, and options in any order */
    struct sv_addr local, remote;
    uint32_t mtu, tolerance_permille;
    uint64_t tolerance_ns, ts_tick_ns;
    bool ecr_scaled, strict_segments, calls_may_differ, packets_may_differ;
    uint16_t bind_port, connect_port, next_port;
    /* state */
    struct sv_drill_connection *connection[SV_DRILL_CONNECTIONS];
    uint32_t connections;
    struct sv_drill_connection *under; /* the one that packets of the script belong to */
    struct {
        int script, live;
    } fd[SV_DRILL_FDS];
    uint32_t fds;
    const struct sv_drill_event *event, *last;
    int64_t at_ns, until_ns, last_at_ns; /* script time of this event, and of the one before */
    int64_t offset_ns;
    struct sv_drill_pending pending;
    struct sv_drill_python python;
    struct sv_drill_shell shell;
    uint8_t *packet; /* one, while it is built or read */
    uint8_t *info;   /* TCP_INFO, while code runs */
    uint32_t info_n;
    bool failed;
};

/* Ends the run with what was wrong. The first says it. */
void sv_drill_trouble(struct sv_drill_run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Script time now. */
int64_t sv_drill_script_now(const struct sv_drill_run *r);
/* Lets time pass until `script_ns`; with `packets`, only until one waits. A blocked call is tried again on the way. */
void sv_drill_pass(struct sv_drill_run *r, int64_t script_ns, bool packets);
/* False, and trouble: `seen` lies outside [at, until] by more than the tolerance. `what` happened. */
bool sv_drill_on_time(struct sv_drill_run *r, const char *what, int64_t at_ns, int64_t until_ns, int64_t since_ns,
                      int64_t seen_ns);
uint64_t sv_drill_tolerance(const struct sv_drill_run *r, int64_t at_ns, int64_t since_ns);

/* settings.c. False: report->what says what is wrong. */
bool sv_drill_run_settings(struct sv_drill_run *r);

/* run_packet.c */
void sv_drill_run_packet(struct sv_drill_run *r);
struct sv_drill_connection *sv_drill_connection_new(struct sv_drill_run *r);
/* The next packet that waits is read, and told to who captures. False: none. */
bool sv_drill_take_packet(struct sv_drill_run *r, struct sv_drill_seen *seen);

/* run_call.c */
void sv_drill_run_call(struct sv_drill_run *r);
void sv_drill_retry_call(struct sv_drill_run *r);  /* the blocked one */
void sv_drill_finish_call(struct sv_drill_run *r); /* waits for it */

/* run_code.c */
void sv_drill_run_code(struct sv_drill_run *r, const char *text, uint32_t line);
void sv_drill_run_command(struct sv_drill_run *r, const char *text);
void sv_drill_shell_open(struct sv_drill_run *r);

/* run_ladder.c */
void sv_drill_draw(struct sv_drill_run *r);

#endif
