/* SPDX-License-Identifier: BSD-2-Clause */
/* The ladder: the two-column diagram of one conversation, states at the margins, time running down.
 *
 *       0.000     SYN-SENT |-- SYN seq=100 win=65535 mss=1460 ------->| SYN-RECEIVED
 *
 * Live runs, scenarios and captures all give the same neutral rows (struct sv_ladder_row); this part only draws.
 * Its rules: a row's time is its departure; a state is the state *after* the row and is printed only when it changes,
 * and a side that cannot be known stays blank, never a guess; the label stands on the sender's side of the arrow;
 * losses, timers, calls and notes are said in words, colour only adds. Widths are counted in columns of a terminal, so
 * Chinese notes stay within the rails' right edge. Nothing is allocated, nothing is read but the arguments. */
#ifndef SV_TRACE_LADDER_H
#define SV_TRACE_LADDER_H

#include "seven/socket.h"
#include "trace/sink.h"

enum sv_ladder_kind {
    SV_LADDER_SEGMENT,  /* sent and arrived */
    SV_LADDER_LOST,     /* sent, never arrived: `text` says why ("fault 1") */
    SV_LADDER_DROPPED,  /* arrived, and the receiver dropped it: `text` names the reason */
    SV_LADDER_DEPARTED, /* sent; its arrival is a later row */
    SV_LADDER_ARRIVED,  /* the arrival of an earlier SV_LADDER_DEPARTED row */
    SV_LADDER_TIMER,    /* a timer of `side` fired: `bracket` and its durations, or `text` */
    SV_LADDER_CALL,     /* the application of `side` did something: `text` */
    SV_LADDER_NOTE,     /* only a note */
    SV_LADDER_FOLD,     /* a line of text between the rails: `text`, or the totals of rows left out */
    SV_LADDER_STATE,    /* only states */
};

enum sv_ladder_side {
    SV_LADDER_LEFT,
    SV_LADDER_RIGHT,
};

/* Flags of a segment, as the TCP header has them (RFC 9293 §3.1; AE: RFC 9768 §3.1.1). */
enum sv_ladder_flag {
    SV_LADDER_FIN = 1u << 0,
    SV_LADDER_SYN = 1u << 1,
    SV_LADDER_RST = 1u << 2,
    SV_LADDER_PSH = 1u << 3,
    SV_LADDER_ACK = 1u << 4,
    SV_LADDER_URG = 1u << 5,
    SV_LADDER_ECE = 1u << 6,
    SV_LADDER_CWR = 1u << 7,
    SV_LADDER_AE = 1u << 8,
};

enum sv_ladder_re {
    SV_LADDER_RE_NONE,
    SV_LADDER_RE_RTO,       /* re=RTO#n, n in `re_count` */
    SV_LADDER_RE_FAST,      /* re=fast */
    SV_LADDER_RE_TLP,       /* re=TLP */
    SV_LADDER_RE_SACK,      /* re=SACK */
    SV_LADDER_RE_PROBE,     /* probe */
    SV_LADDER_RE_KEEPALIVE, /* keepalive */
    SV_LADDER_RE_AGAIN,     /* re=seen: sent again, the reason is not known (a capture) */
};

enum sv_ladder_bracket {
    SV_LADDER_SAY_TEXT,    /* `text` as it is */
    SV_LADDER_SAY_RTO,     /* duration_ns ran out; next_ns comes next (0: not said) */
    SV_LADDER_SAY_PERSIST, /* the same */
    SV_LADDER_SAY_2MSL,    /* duration_ns is over */
    SV_LADDER_SAY_DELACK,
    SV_LADDER_SAY_KEEPALIVE,
    SV_LADDER_SAY_USER_TIMEOUT,
    SV_LADDER_SAY_TLP,
    SV_LADDER_SAY_REORDER,
};

#define SV_LADDER_UNKNOWN 0xffu /* in left_state and right_state */
#define SV_LADDER_SACKS 4u

struct sv_ladder_row {
    sv_time departure, arrival;      /* SV_NEVER: not known. On a live device both are the moment at our interface */
    uint8_t kind;                    /* enum sv_ladder_kind */
    uint8_t side;                    /* enum sv_ladder_side: the sender, or whose timer or call it is */
    uint8_t re;                      /* enum sv_ladder_re */
    uint8_t bracket;                 /* enum sv_ladder_bracket */
    uint8_t left_state, right_state; /* enum sv_tcp_state after the row, or SV_LADDER_UNKNOWN */
    uint8_t decisive;                /* 1: the row on which the claim turns */
    uint8_t foldable; /* 1: a call or timer that may vanish in a long run, or a segment that is one of many though it
                                        has SYN or RST; others need no mark */
    uint8_t foreign;  /* 1: the segment belongs to no known ISN (an old duplicate) */
    uint8_t has_win;  /* `win` is known */
    uint8_t sack_permitted, timestamps, fast_open; /* options of a SYN */
    uint8_t has_scale, scale;                      /* window scale, with its value */
    uint8_t sacks;                                 /* blocks in sack[] */
    uint8_t win_scale;                             /* `win` is exact to 2^win_scale bytes */
    uint16_t flags;                                /* enum sv_ladder_flag */
    uint16_t mss;                                  /* bytes; 0: no such option */
    uint32_t seq, ack;                             /* as in the header */
    uint32_t len;                                  /* payload bytes */
    uint32_t win;                                  /* bytes, the scale applied */
    uint32_t re_count;
    uint32_t sack[SV_LADDER_SACKS][2];
    uint64_t duration_ns, next_ns;
    uint64_t fold_segments, fold_bytes, fold_again, fold_lost; /* totals of a FOLD row without text */
    uint64_t fold_others;                                      /* of its segments, packets that are not TCP's */
    uint32_t tag;                                              /* the giver's own number, as it was given */
    const char *label; /* words instead of TCP's fields: "UDP len=100"; NULL: it is TCP. Borrowed */
    const char *text;  /* as the kind says; NULL: none. Borrowed until the ladder is closed */
    const char
        *by; /* who wrote the segment and put it on a link under the sender's address; NULL: the sender. Borrowed */
    const char *note; /* explanation under (or beside) the row; NULL: none. Borrowed */
};

/* A row of which nothing is known yet. */
struct sv_ladder_row sv_ladder_row_of(enum sv_ladder_kind kind, enum sv_ladder_side side, sv_time when);

struct sv_ladder_end {
    const char *name;    /* "a", "kernel" */
    const char *address; /* "10.0.0.1:40000"; NULL: none */
    uint32_t isn;
    uint8_t has_isn; /* the header says it, and relative numbers count from it */
};

enum sv_ladder_unit {
    SV_LADDER_AUTO, /* microseconds if the whole takes less than a second (sv_ladder_draw only) */
    SV_LADDER_SECONDS,
    SV_LADDER_MICROSECONDS,
};

enum sv_ladder_lang {
    SV_LADDER_EN,
    SV_LADDER_ZH,
};

struct sv_ladder_options {
    uint32_t columns;      /* 0: 80 */
    uint32_t unit;         /* enum sv_ladder_unit */
    uint32_t lang;         /* enum sv_ladder_lang: of what this part itself says */
    uint32_t screen_lines; /* states are said again after so many lines; 0: never */
    uint8_t utf8;          /* lines as U+2500 and U+2502; else '-' and '|' */
    uint8_t colour;
    uint8_t relative; /* numbers count from the ISNs; sv_ladder_draw takes absolute ones when it must */
    uint8_t fold;     /* 1: long runs of like segments are folded */
    uint8_t no_header;
    uint8_t hide_isn; /* the header does not say the ISNs */
    uint8_t notes;    /* 1: the header of a wide ladder names the notes' column (sv_ladder_draw finds out itself) */
    sv_time origin;   /* what the time column counts from */
    struct sv_ladder_end end[2];
};

/* A ladder being drawn. The caller's memory; fields are private. */
struct sv_ladder {
    struct sv_ladder_options o;
    struct sv_sink sink;
    uint32_t time_width, field, right_edge; /* columns; right_edge: one past the last before the notes */
    uint32_t lines;                         /* since the top of the screen */
    uint32_t shown_win[2];
    uint8_t win_shown[2];
    uint8_t state[2]; /* said last, or SV_LADDER_UNKNOWN */
    uint8_t top;      /* the next row says the states again */
    uint8_t held;     /* rows in hold[] */
    uint32_t run;     /* rows of the present run */
    struct sv_ladder_row hold[6];
    struct sv_ladder_row folded; /* its totals */
    /* the line being painted */
    uint32_t column, blanks;
    const char *note; /* what is left of the row's note, on a wide ladder */
    uint8_t bold;
};

/* Begins a ladder and writes its header. */
void sv_ladder_open(struct sv_ladder *ladder, const struct sv_ladder_options *options, const struct sv_sink *sink);
void sv_ladder_add(struct sv_ladder *ladder, const struct sv_ladder_row *row);
void sv_ladder_close(struct sv_ladder *ladder); /* writes what folding held back */

/* The whole at once: looks at all rows first to settle unit, numbers and the notes' column. */
void sv_ladder_draw(const struct sv_ladder_row *rows, size_t n, const struct sv_ladder_options *options,
                    const struct sv_sink *sink);

/* One JSON object and a newline for each row, with both times and all fields, never folded. */
void sv_ladder_json(const struct sv_ladder_row *row, const struct sv_ladder_options *options,
                    const struct sv_sink *sink);

/* Sorts rows by time and settles which segments need two rows: those that were `late` (held back on the way: arrival
 * more than path_delay_ns + path_delay_ns / 4 after departure; 0: nothing is late), and those whose receiver did or saw
 * something while they were under way. Rows come in the order of departure; `out` has room for 2n. The count. */
size_t sv_ladder_order(const struct sv_ladder_row *rows, size_t n, const uint64_t path_delay_ns[2],
                       struct sv_ladder_row *out);

#endif
