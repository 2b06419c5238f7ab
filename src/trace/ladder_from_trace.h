/* SPDX-License-Identifier: BSD-2-Clause */
/* From trace records, or from a capture's frames, to the rows of one connection's ladder.
 *
 * One host (the other end is a kernel, or any stranger): rows stand at the moment at our interface, the other side's
 * states stay unknown. Two hosts of one world: departures and arrivals are matched, what never arrives is lost.
 * A capture: frames only, no states. Memory comes from the caller's `grow` and has a ceiling in rows. */
#ifndef SV_TRACE_LADDER_FROM_TRACE_H
#define SV_TRACE_LADDER_FROM_TRACE_H

#include "seven/trace.h"
#include "trace/dissect.h"
#include "trace/ladder.h"
#include "trace/ladder_words.h"

#define SV_NO_HOST 0xffffu

/* Notes to make. */
enum sv_ladder_note {
    SV_NOTE_HTTP = 1u << 0,       /* the request and the answer in short */
    SV_NOTE_THREE = 1u << 1,      /* why a close took three segments */
    SV_NOTE_HALF_CLOSE = 1u << 2, /* what each step of a half-close means */
};

struct sv_ladder_source {
    /* As realloc: `old` NULL allocates, `bytes` 0 frees (and gives NULL). NULL otherwise: refused. */
    void *(*grow)(void *ctx, void *old, size_t bytes);
    void *ctx;
    uint32_t rows_max;                   /* 0: 65,536; later rows are counted in `lost` */
    uint32_t link;                       /* enum sv_link_type of the frames in the records */
    uint16_t host, other;                /* host numbers in the trace; SV_NO_HOST: a stranger */
    uint32_t flow;                       /* the connection's number in `host`; 0: choose by port */
    uint16_t port;                       /* 0: any. The connection has it at either end */
    uint8_t midstream;                   /* 1: take a connection whose SYN was not seen, too */
    uint8_t calls;                       /* 1: rows for the application's calls */
    uint8_t timers;                      /* 1: rows for timers (TIME-WAIT's end and RTO) */
    uint8_t from_close;                  /* 1: what comes before the first FIN becomes one line */
    uint8_t notes;                       /* enum sv_ladder_note */
    uint8_t lang;                        /* enum sv_ladder_lang */
    uint32_t skip;                       /* connections to pass over first */
    const char *name, *other_name;       /* of the two ends: "Seven", "kernel". Borrowed */
    const char *program, *other_program; /* who speaks there, in notes: "nc"; NULL: the name */
};

struct sv_tuple {
    uint8_t version;
    uint8_t addr[2][16]; /* 0: the sender of the first segment */
    uint16_t port[2];
};

/* A row and what is needed until it is finished. */
struct sv_ladder_raw {
    struct sv_ladder_row row;
    uint32_t packet_out, packet_in;
    uint32_t text_at, note_at; /* in the store of texts; SV_NONE */
    uint16_t window;           /* as in the header */
};

struct sv_ladder_sent {
    uint32_t seq, length, count;
    uint16_t flags;
    uint8_t reason, used;
};

#define SV_LADDER_RECENT 128u
#define SV_LADDER_FLOWS 32u
#define SV_LADDER_SENT 32u

/* Private, but the caller's memory. */
struct sv_ladder_build {
    struct sv_ladder_source s;
    struct sv_ladder_raw *raw;
    struct sv_ladder_row *rows;
    char *texts;
    size_t count, room, texts_used, texts_room, finished;
    uint64_t lost; /* rows that found no room */
    bool found;
    struct sv_tuple tuple;   /* [0] is the left side */
    uint32_t host_side;      /* which side `host` is */
    uint32_t flow[2];        /* by side; 0: not known */
    uint32_t isn[2], end[2]; /* end: one past the highest number sent */
    uint32_t acked[2];       /* highest acknowledgement sent */
    uint8_t has_isn[2], has_end[2], has_ack[2], scale[2], has_scale[2], fin[2], fin_acked[2];
    uint32_t cursor[2];                 /* the row that a state change of this side belongs to */
    uint8_t initial[2];                 /* states before the first row */
    uint8_t state[2];                   /* as last heard */
    uint8_t waiting[2], waiting_for[2]; /* a state that belongs to a segment yet to come; its flag */
    sv_time waiting_at[2];
    struct sv_ladder_clock clock[2];
    sv_time last, first;
    uint64_t min_delay_ns[2];
    uint32_t unmatched[2];
    struct sv_ladder_sent sent[2][SV_LADDER_SENT];
    uint32_t sent_at[2];
    struct sv_trace_record recent[SV_LADDER_RECENT];
    uint32_t recent_n;
    struct {
        uint16_t host;
        uint32_t flow;
        struct sv_tuple tuple; /* [0] is the host's own end */
    } flows[SV_LADDER_FLOWS];
    uint32_t flows_n;
    struct sv_tuple passed[SV_LADDER_FLOWS]; /* connections passed over */
    uint32_t passed_n;
    struct {
        struct sv_tuple tuple;
        struct sv_ladder_raw raw;
        uint8_t incoming;
    } syn[8]; /* SYNs seen before their flow was known */
    uint32_t syn_n;
    char address[2][64];
};

void sv_ladder_build_open(struct sv_ladder_build *b, const struct sv_ladder_source *source);

/* Takes one record with its bytes (record->bytes of them; NULL: none). Records come in the order of emission. */
void sv_ladder_build_record(struct sv_ladder_build *b, const struct sv_trace_record *record, const uint8_t *bytes);

/* Takes a captured frame instead. */
void sv_ladder_build_frame(struct sv_ladder_build *b, sv_time when, const uint8_t *frame, size_t captured, size_t wire);

/* The rows so far, in drawing order, and the options that belong to them (ends, ISNs, origin; the rest is untouched).
 * NULL and 0: nothing found yet, or no memory. Valid until the next call on `b`. */
const struct sv_ladder_row *sv_ladder_build_rows(struct sv_ladder_build *b, size_t *n,
                                                 struct sv_ladder_options *options);

/* True once both sides have closed (or one has reset): the ladder may be drawn. */
bool sv_ladder_build_over(const struct sv_ladder_build *b);

void sv_ladder_build_free(struct sv_ladder_build *b);

#endif
