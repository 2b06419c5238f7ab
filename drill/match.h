/* SPDX-License-Identifier: BSD-2-Clause */
/* The packet that a script wants beside the one that was seen, both in the script's numbers. */
#ifndef SV_DRILL_MATCH_H
#define SV_DRILL_MATCH_H

#include "drill/wire.h"

/* One option off the wire: kind, its length with the first two bytes (1 of nop and eol), its data. False: no more, or
 * *broken: a length that leads beyond the header. *at begins as 0. */
struct sv_drill_tlv {
    uint8_t kind, length;
    const uint8_t *data;
};
bool sv_drill_next_option(const struct sv_drill_seen *s, uint32_t *at, struct sv_drill_tlv *option, bool *broken);

/* Where the timestamps option has its two numbers; NULL: it has none. */
const uint8_t *sv_drill_timestamps(const struct sv_drill_seen *s);

struct sv_drill_rules {
    bool check_ecr;         /* TSecr must be as written */
    uint64_t ts_tick_ns;    /* a step of TSval; 0: TSval is not looked at */
    uint64_t ts_slack_ns;   /* how far it may be off */
    bool any_order;         /* options may stand in any order, and padding does not count */
    bool any_window;        /* windows may be off by a thirty-second: a receiver may hold its edge back by a segment
                               (RFC 9293 §3.8.6.2.2), and each stack does that at other times */
    uint32_t flow_label[2]; /* a label's number in the script, and what it is on the wire; 0: none seen yet */
};

/* True: they agree. Else `why` names the first field that does not. */
bool sv_drill_match(const struct sv_drill_packet *want, const struct sv_drill_seen *seen, struct sv_drill_rules *rules,
                    char *why, size_t why_size);

/* Whether `next` can be glued to `last`, as one longer segment: the same but for PSH, FIN and CWR, right behind it. */
bool sv_drill_continues(const struct sv_drill_seen *last, const struct sv_drill_seen *next, char *why, size_t why_size);

/* "> P. 1:1001(1000) ack 1 win 256 <nop,nop,TS val 1 ecr 2>". */
void sv_drill_describe(const struct sv_drill_seen *seen, char *to, size_t size);

#endif
