/* SPDX-License-Identifier: BSD-2-Clause */
/* Captures: a writer of pcapng (draft-ietf-opsawg-pcapng) and a reader of pcapng and of the older pcap, in
 * either byte order. Neither opens anything: bytes go and come through callbacks, memory is the caller's.
 * port/capture_file.h puts files (and gzip) under them. */
#ifndef SV_TRACE_PCAPNG_H
#define SV_TRACE_PCAPNG_H

#include "seven/base.h"

#define SV_LINKTYPE_ETHERNET 1u
#define SV_LINKTYPE_RAW_IP 101u

/* ---- writing ---- */

/* Takes n bytes; false ends the capture: every later call fails at once. */
typedef bool sv_pcapng_write(void *self, const void *bytes, size_t n);

/* The state of one file. `bytes` counts what was handed on so far. */
struct sv_pcapng_writer {
    sv_pcapng_write *write;
    void *self;
    uint64_t bytes;
    uint32_t interfaces;
    bool failed;
};

/* Said of the whole file; NULL leaves one out. Texts are UTF-8, at most 65,535 bytes (cut there). */
struct sv_pcapng_about {
    const char *application; /* "seven 0.1.0" */
    const char *hardware;    /* "x86_64" */
    const char *os;          /* "Linux 6.1", or "none: simulated, seed 42" */
    const char *comment;
};

enum sv_pcapng_direction {
    SV_PCAPNG_UNKNOWN = 0,
    SV_PCAPNG_IN = 1,
    SV_PCAPNG_OUT = 2,
};

/* A part of a packet's bytes: packets lie in slabs. */
struct sv_pcapng_piece {
    const void *bytes;
    size_t n;
};

struct sv_pcapng_packet {
    uint32_t interface;   /* what sv_pcapng_interface() gave */
    uint64_t time_ns;     /* since 1970, UTC, or of a simulated world since its start */
    uint32_t wire_length; /* bytes the frame had on the wire; 0: those of the pieces */
    enum sv_pcapng_direction direction;
    const struct sv_pcapng_piece *piece;
    uint32_t pieces;
    const char *const *comment; /* the truth, one option each */
    uint32_t comments;
};

/* Section Header Block. False: `write` refused. */
SV_MUST_CHECK bool sv_pcapng_begin(struct sv_pcapng_writer *w, sv_pcapng_write *write, void *self,
                                   const struct sv_pcapng_about *about);

/* Interface Description Block with time stamps in nanoseconds: the interface's number, SV_NONE when
 * `write` refused. `snaplen` 0: frames are whole. */
SV_MUST_CHECK uint32_t sv_pcapng_interface(struct sv_pcapng_writer *w, const char *name, uint16_t link_type,
                                           uint32_t snaplen);

/* Enhanced Packet Block. */
SV_MUST_CHECK bool sv_pcapng_packet(struct sv_pcapng_writer *w, const struct sv_pcapng_packet *p);

/* Decryption Secrets Block with TLS key-log lines (NSS format), before the packets that need them. */
SV_MUST_CHECK bool sv_pcapng_tls_secrets(struct sv_pcapng_writer *w, const char *key_log, size_t n);

/* Interface Statistics Block, at the end: how many frames came and how many of them the file lacks. */
SV_MUST_CHECK bool sv_pcapng_statistics(struct sv_pcapng_writer *w, uint32_t interface, uint64_t time_ns,
                                        uint64_t received, uint64_t lost);

/* ---- reading ---- */

/* Up to n bytes; fewer only at the end of the file (or when reading failed, which is the same to us). */
typedef size_t sv_capture_read(void *self, void *to, size_t n);

enum sv_capture_verdict {
    SV_CAPTURE_PACKET,
    SV_CAPTURE_SECRETS, /* TLS key-log lines: bytes and captured */
    SV_CAPTURE_END,
    SV_CAPTURE_CUT, /* the file ends inside a packet or block; everything before it was given */
    SV_CAPTURE_BAD, /* not a capture, or damaged: sv_capture_reader.error says how */
};

#define SV_CAPTURE_INTERFACES 256u
#define SV_CAPTURE_NAME 24u

struct sv_capture_interface {
    uint16_t link_type;
    uint8_t resolution; /* if_tsresol: 10^-n s, or with the top bit 2^-n s */
    uint32_t snaplen;   /* 0: none */
    int64_t offset_s;
    char name[SV_CAPTURE_NAME]; /* cut to fit; empty: none */
};

struct sv_capture_packet {
    uint64_t time_ns; /* saturates */
    bool timed;       /* false: a Simple Packet Block, which has no time */
    uint32_t interface;
    uint16_t link_type;
    uint32_t captured;      /* bytes at `bytes` */
    uint32_t file_captured; /* bytes in the file; more than `captured` when the room was too small */
    uint32_t length;        /* on the wire */
    enum sv_pcapng_direction direction;
    const uint8_t *bytes; /* in the reader's room, until the next call */
    const char *comment;  /* the first, not terminated; NULL: none */
    uint32_t comment_bytes;
};

/* The state of one file: of the caller's, like the room (at least 256 bytes; a packet beyond it is cut). */
struct sv_capture_reader {
    sv_capture_read *read;
    void *self;
    uint8_t *room;
    size_t room_bytes;
    bool pcapng, nanoseconds, modified;
    bool swapped; /* the file's numbers are big-endian */
    uint16_t minor;
    uint32_t interfaces;
    uint64_t offset; /* bytes read so far: where an error lies */
    uint64_t packets;
    const char *error; /* static text after SV_CAPTURE_BAD or _CUT, else NULL */
    struct sv_capture_interface interface[SV_CAPTURE_INTERFACES];
};

/* Reads the file's first bytes. False: not a capture (`error`). */
SV_MUST_CHECK bool sv_capture_begin(struct sv_capture_reader *r, sv_capture_read *read, void *self, void *room,
                                    size_t room_bytes);

/* The next packet. After END, CUT or BAD every call gives END. */
SV_MUST_CHECK enum sv_capture_verdict sv_capture_next(struct sv_capture_reader *r, struct sv_capture_packet *p);

#endif
