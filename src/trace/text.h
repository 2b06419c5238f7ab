/* SPDX-License-Identifier: BSD-2-Clause */
/* One packet as a line, in tcpdump's words (its -n form: numbers, no names). */
#ifndef SV_TRACE_TEXT_H
#define SV_TRACE_TEXT_H

#include "seven/base.h"
#include "trace/dissect.h"
#include "trace/sink.h"

struct sv_text_options {
    uint8_t link;     /* -e: the link-level header */
    uint8_t verbose;  /* -v: TTL, id, checksums */
    uint8_t hex;      /* -X: 1 from the network header on, 2 (-XX) the whole frame */
    uint8_t absolute; /* -S: sequence numbers as in the header */
    uint8_t no_time;  /* -t */
    int32_t zone_s;   /* seconds east of Greenwich, added to the time of day */
};

/* What the first segment of a conversation said, for relative numbers. The caller keeps an array of them, zeroed;
 * when it is full the oldest goes. */
struct sv_text_flow {
    uint8_t addr[2][16];
    uint16_t port[2];
    uint32_t seq, ack;
    uint8_t version, used;
};

struct sv_text_flows {
    struct sv_text_flow *at;
    uint32_t size, next;
};

/* Writes the line of a frame with its newline (more lines with `verbose` or `hex`). `when` is nanoseconds since 1970,
 * or since a world's start. True: every protocol in it is one this part knows fully; false: something was only named.
 * `flows` may be NULL: then numbers are absolute. */
bool sv_text_packet(const struct sv_text_options *options, struct sv_text_flows *flows, sv_time when,
                    enum sv_link_type link, const uint8_t *frame, size_t captured, size_t wire,
                    const struct sv_sink *sink);

/* tcpdump's -X of n bytes: lines that begin with a newline each. */
void sv_text_hex(const struct sv_sink *sink, const uint8_t *bytes, size_t n);

#endif
