/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP's header and options on the wire. RFC 9293 §3.1, §3.2; RFC 7323; RFC 2018. */
#ifndef SV_L4_TCP_WIRE_H
#define SV_L4_TCP_WIRE_H

#include "seven/buf.h"
#include "seven/drop.h"

enum sv_tcp_bit {
    SV_FIN = 1u << 0,
    SV_SYN = 1u << 1,
    SV_RST = 1u << 2,
    SV_PSH = 1u << 3,
    SV_ACK = 1u << 4,
    SV_URG = 1u << 5,
    SV_ECE = 1u << 6,
    SV_CWR = 1u << 7,
    SV_AE = 1u << 8, /* RFC 9768 */
};

#define SV_TCP_HEADER_LENGTH 20u
#define SV_TCP_TIMESTAMPS_LENGTH 12u /* with its two NOPs */
#define SV_TCP_PROTOCOL 6u

enum sv_tcp_option_seen {
    SV_OPTION_MSS = 1u << 0,
    SV_OPTION_SCALE = 1u << 1,
    SV_OPTION_SACK_PERMITTED = 1u << 2,
    SV_OPTION_TIMESTAMPS = 1u << 3,
    SV_OPTION_SACK = 1u << 4,
};

#define SV_SACK_BLOCKS 4u

struct sv_sack_block {
    uint32_t start, end;
};

/* A segment that arrived: valid, in host order. After sv_tcp_parse() the packet's remaining bytes are the
 * payload. The caller fills in the addresses. */
struct sv_seg {
    struct sv_buf *packet; /* owned by whoever holds the segment; NULL once handed on */
    struct sv_addr remote;
    uint32_t local; /* index of the local address record */
    sv_port port;
    uint16_t remote_port, local_port;
    uint32_t seq, ack;
    uint32_t length; /* payload bytes; SYN and FIN not counted */
    uint32_t window; /* as on the wire, unscaled */
    uint32_t ts_val, ts_ecr;
    uint16_t flags; /* enum sv_tcp_bit */
    uint16_t urgent;
    uint16_t mss;
    uint8_t scale;
    uint8_t options; /* enum sv_tcp_option_seen */
    uint8_t sacks;
    uint8_t header_length;
    uint16_t segments;   /* wire segments this stands for, after merging */
    uint32_t flow_value; /* what the flow table said: kind and index */
    uint64_t hash;
    struct sv_sack_block sack[SV_SACK_BLOCKS];
};

/* RFC 9293 §3.4: SYN and FIN take one number each. */
static inline uint32_t sv_seg_length(const struct sv_seg *s)
{
    return s->length + ((s->flags & SV_SYN) ? 1u : 0u) + ((s->flags & SV_FIN) ? 1u : 0u);
}

/* Reads the header and options at the head of b and pulls them off. Options of unknown kind are skipped
 * (RFC 9293 MUST-6); one whose length runs over the header is SV_DROP_BAD_OPTION. b must hold at least the
 * header linear (the caller gathered 60 bytes or all there are). The checksum is checked elsewhere. */
enum sv_drop sv_tcp_parse(struct sv_buf *b, struct sv_seg *s);

/* A header to be written. */
struct sv_tcp_header {
    uint16_t source, destination;
    uint32_t seq, ack;
    uint16_t flags;
    uint16_t window;
    uint16_t urgent;
    uint16_t mss;    /* with SV_OPTION_MSS */
    uint8_t options; /* enum sv_tcp_option_seen */
    uint8_t scale;
    uint8_t sacks;
    uint32_t ts_val, ts_ecr;
    struct sv_sack_block sack[SV_SACK_BLOCKS];
};

/* Bytes the header will take, options and padding included: 20 to 60. */
uint16_t sv_tcp_header_length(const struct sv_tcp_header *h);

/* Pushes the header in front of b, checksum field zero. The order of options is Linux's: MSS, SACK
 * permitted, timestamps, NOP, window scale; then SACK blocks. Gives the header's first byte. */
uint8_t *sv_tcp_emit(struct sv_buf *b, const struct sv_tcp_header *h);

#endif
