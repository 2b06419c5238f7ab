/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that build rows of a run; nobody else includes this. */
#ifndef SC_ROWS_PRIVATE_H
#define SC_ROWS_PRIVATE_H

#include "scenario/rows.h"
#include "trace/dissect.h"
#include "trace/ladder_words.h"

#define ROWS_MOST 262144u
#define ROWS_SCALES 64u
#define ROWS_SENT 16u

struct sc_row {
    struct sv_ladder_row row;
    uint32_t id, also; /* its number; of the state it took in, 0: none */
    uint32_t packet, packet_in;
    uint32_t window;
    bool gone; /* its state went to another row */
    bool mark_out, mark_in;
    const char *note_out, *note_in; /* at its departure, at its arrival */
};
struct sc_scale {
    bool used;
    uint16_t port[2];
    bool has[2];
    uint8_t scale[2];
};
struct sc_sent {
    bool used;
    uint8_t re;
    uint16_t flags;
    uint32_t seq, length, count;
};

struct sc_rows {
    const struct sc_model *model;
    uint32_t host[2]; /* left, right */
    struct sc_row *row;
    uint32_t n, room, ids;
    uint32_t under_way; /* no row before this one stands for a packet that may still arrive */
    struct sv_ladder_row *done;
    struct sc_memory texts;
    uint32_t current;
    bool current_arrival;
    const char *first_note;
    uint32_t cursor[2]; /* what arrived last at this side */
    uint32_t pending[2];
    sv_time pending_at[2];
    uint16_t pending_flag[2];
    uint8_t initial[2];
    bool has_isn[2], ports_seen;
    uint32_t isn[2];
    uint16_t port[2];
    char address[2][64];
    struct sv_ladder_clock clock[2];
    sv_time delay[2], window[2];
    struct sc_scale scale[ROWS_SCALES];
    struct sc_sent sent[2][ROWS_SENT];
    uint32_t sent_at[2];
};

uint32_t sc_rows_side(const struct sc_rows *w, uint32_t host); /* SV_NONE: neither */
/* rows_record.c: TIME-WAIT left before its time, in English. */
extern const char sc_rows_cut_short[];
struct sc_row *sc_rows_insert(struct sc_rows *w, uint32_t at, const struct sv_ladder_row *row);
/* rows_label.c: a packet that is not TCP in words; NULL: not drawn. */
const char *sc_rows_label(struct sc_rows *w, const struct sc_packet *p, const struct sv_dissected *d);

#endif
