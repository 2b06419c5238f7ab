/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet script after parsing: packetdrill's language as data. Everything is owned by one sv_drill_script and lives
 * until sv_drill_script_free(); texts are zero-terminated copies. Numbers are as the script writes them: what they mean
 * on the wire (whose initial sequence number they count from) is the player's to know. */
#ifndef SV_DRILL_SCRIPT_H
#define SV_DRILL_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where and why a script is no script. */
struct sv_drill_error {
    uint32_t line, column; /* counted from 1; column in bytes */
    char text[232];
};

/* A number of an expected packet: exact (low == high), a range `low~high`, or `*`. */
struct sv_drill_number {
    bool given, any;
    uint32_t low, high;
};

/* --- packets --- */

enum sv_drill_flag {
    SV_DRILL_FIN = 1u << 0,
    SV_DRILL_SYN = 1u << 1,
    SV_DRILL_RST = 1u << 2,
    SV_DRILL_PSH = 1u << 3,
    SV_DRILL_ACK = 1u << 4,
    SV_DRILL_URG = 1u << 5,
    SV_DRILL_ECE = 1u << 6,
    SV_DRILL_CWR = 1u << 7,
    SV_DRILL_AE = 1u << 8,
};

enum sv_drill_option_kind {
    SV_DRILL_EOL = 0,
    SV_DRILL_NOP = 1,
    SV_DRILL_MSS = 2,
    SV_DRILL_WSCALE = 3,
    SV_DRILL_SACK_OK = 4,
    SV_DRILL_SACK = 5,
    SV_DRILL_TS = 8,
    SV_DRILL_MD5 = 19,
    SV_DRILL_AO = 29,
    SV_DRILL_FAST_OPEN = 34,
    SV_DRILL_ACCECN0 = 172,    /* order e0b, ceb, e1b */
    SV_DRILL_ACCECN1 = 174,    /* order e1b, ceb, e0b */
    SV_DRILL_EXPERIMENT = 254, /* with Fast Open's magic 0xf989 */
    SV_DRILL_RAW = 256,        /* a kind and bytes as the script writes them */
};

#define SV_DRILL_OPTIONS 40u
#define SV_DRILL_SACKS 4u
struct sv_drill_option {
    uint16_t kind;                   /* enum sv_drill_option_kind */
    uint8_t raw_kind;                /* with SV_DRILL_RAW */
    uint8_t count;                   /* SACK blocks, or counters of AccECN */
    uint8_t bytes;                   /* in data[] */
    bool absolute;                   /* TSecr! is the number on the wire, whatever our TSvals were */
    bool valid;                      /* md5 valid: the signature must be right, whatever it is */
    struct sv_drill_number value[8]; /* MSS; scale; TSval, TSecr; edges of blocks; counters */
    uint8_t data[40];                /* a cookie, a signature, raw bytes */
    const char *undefined;           /* a name in place of the bytes that no definition explains */
};

enum sv_drill_tos {
    SV_DRILL_TOS_ANY,   /* not said: 0 coming in, anything going out */
    SV_DRILL_TOS_ECN,   /* the lower two bits */
    SV_DRILL_TOS_ECT01, /* either of ECT(0) and ECT(1) */
    SV_DRILL_TOS_ALL,
};

enum sv_drill_protocol {
    SV_DRILL_TCP = 6,
    SV_DRILL_UDP = 17,
    SV_DRILL_ICMP = 1,
};

struct sv_drill_packet {
    bool outbound;
    uint8_t protocol; /* enum sv_drill_protocol */
    uint8_t tos_check, tos;
    bool bad_sum; /* the transport's checksum is wrong */
    uint8_t ttl;  /* 0: not said */
    bool has_flow_label;
    uint32_t flow_label;
    uint16_t source_port, destination_port; /* 0: the connection's own */
    uint16_t udp_source, udp_destination;   /* TCP in UDP: the outer ports; 0: plain */
    /* TCP */
    uint16_t flags; /* enum sv_drill_flag */
    bool ace;       /* the three ECN flags were written as a number */
    struct sv_drill_number seq, ack, window, urgent;
    uint32_t length; /* of TCP's and UDP's payload */
    bool absolute;   /* seq! is the number on the wire, no distance from the initial one */
    bool any_options;
    uint32_t options;
    struct sv_drill_option *option;
    /* ICMP */
    const char *icmp_type, *icmp_code; /* icmp_code NULL: none */
    struct sv_drill_number mtu, id;
    uint8_t quoted; /* enum sv_drill_protocol of the packet in the error; 0: none */
    uint32_t quoted_seq, quoted_length;
};

/* --- calls --- */

enum sv_drill_expr_kind {
    SV_DRILL_ELLIPSIS,
    SV_DRILL_NUMBER,
    SV_DRILL_WORD,   /* a constant's name */
    SV_DRILL_STRING, /* bytes; `more`: "..." follows it */
    SV_DRILL_OR,     /* first | second */
    SV_DRILL_LIST,   /* [a, b] */
    SV_DRILL_RECORD, /* {a, b=c, d(e)=f} */
    SV_DRILL_FIELD,  /* text = first, or text(second) = first */
    SV_DRILL_CALL,   /* text(items): htons(80) */
    SV_DRILL_ANY,    /* * */
};

struct sv_drill_expr {
    uint8_t kind; /* enum sv_drill_expr_kind */
    bool more;
    uint32_t line, column;
    int64_t number;
    const char *text;
    size_t n; /* bytes of text */
    struct sv_drill_expr *first, *second;
    struct sv_drill_expr *items, *next; /* a list's elements */
};

struct sv_drill_call {
    const char *name;
    struct sv_drill_expr *arguments; /* linked by next */
    uint32_t count;
    struct sv_drill_expr *result;
    const char *error; /* "EINPROGRESS"; NULL: not said */
    bool blocks;       /* written as a range: it returns at `end` */
    int64_t end_ns;
};

/* --- events --- */

enum sv_drill_event_kind {
    SV_DRILL_PACKET,
    SV_DRILL_SYSCALL,
    SV_DRILL_COMMAND, /* `...` */
    SV_DRILL_CODE,    /* %{ ... }% */
};

enum sv_drill_time {
    SV_DRILL_AT,       /* from the script's start */
    SV_DRILL_AFTER,    /* from the event before */
    SV_DRILL_WHENEVER, /* * */
    SV_DRILL_BETWEEN,  /* at~at */
    SV_DRILL_BETWEEN_AFTER,
};

struct sv_drill_event {
    uint8_t kind; /* enum sv_drill_event_kind */
    uint8_t time; /* enum sv_drill_time */
    uint32_t line, column;
    int64_t at_ns, until_ns;
    const char *source; /* the event as the script writes it, its blanks run together */
    union {
        struct sv_drill_packet *packet;
        struct sv_drill_call *call;
        const char *text; /* of a command or of code */
    } of;
    struct sv_drill_event *next;
};

/* --name=value */
struct sv_drill_setting {
    const char *name, *value; /* value NULL: none */
    uint32_t line, column;
    struct sv_drill_setting *next;
};

struct sv_drill_block;
struct sv_drill_script {
    struct sv_drill_setting *settings;
    const char *before, *after; /* the commands without a time at either end; NULL */
    uint32_t before_line, after_line;
    struct sv_drill_event *events;
    uint32_t count;
    struct sv_drill_block *blocks; /* of memory */
};

/* name=value, for words of scripts and #ifdef; ends with a name of NULL. */
struct sv_drill_define {
    const char *name, *value;
};

/* Parses n bytes. False: `error` says what and where, and `script` is empty. `defines` may be NULL. */
bool sv_drill_parse(struct sv_drill_script *script, const char *text, size_t n, const struct sv_drill_define *defines,
                    struct sv_drill_error *error);
void sv_drill_script_free(struct sv_drill_script *script);

#endif
