/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that build rows; nobody else includes this. */
#ifndef SV_TRACE_LADDER_BUILD_H
#define SV_TRACE_LADDER_BUILD_H

#include "trace/ladder_from_trace.h"

/* ladder_rows.c */
uint32_t sv_build_text(struct sv_ladder_build *b, const char *text); /* its place in the store; SV_NONE: no memory */
struct sv_ladder_raw *sv_build_add(struct sv_ladder_build *b, const struct sv_ladder_raw *raw); /* NULL: no room */
void sv_build_state(struct sv_ladder_raw *raw, uint32_t side, uint8_t state);
sv_time sv_build_when(const struct sv_ladder_raw *raw, bool arrival);

/* ladder_notes.c: what is worth saying of a segment, before the connection's numbers take it in. */
void sv_build_note(struct sv_ladder_build *b, struct sv_ladder_raw *raw, const uint8_t *payload, size_t n);

/* ladder_segments.c */
enum sv_direction {
    SV_DIRECTION_NONE, /* a capture */
    SV_DIRECTION_IN,
    SV_DIRECTION_OUT,
};
void sv_build_segment(struct sv_ladder_build *b, const struct sv_trace_record *record, enum sv_direction direction,
                      const struct sv_dissected *d, const uint8_t *frame);
int sv_tuple_match(const struct sv_tuple *tuple, const struct sv_tuple *other); /* 0 same, 1 mirrored, -1 no */
void sv_build_learn_flow(struct sv_ladder_build *b); /* looks the connection's flows up, replays what was kept */
void sv_build_waiting(struct sv_ladder_build *b, sv_time now); /* states whose segment did not come */

/* ladder_from_trace.c */
void sv_build_event(struct sv_ladder_build *b, uint32_t side, const struct sv_trace_record *record);
void sv_build_learn_packet(struct sv_ladder_build *b, uint32_t side, uint16_t host, uint32_t packet, bool sent);
uint32_t sv_build_side(const struct sv_ladder_build *b, uint16_t host); /* SV_NONE: neither */

#endif
