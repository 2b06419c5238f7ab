/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP's header and options on the wire. RFC 9293 §3.1, §3.2; RFC 7323; RFC 2018. */
#ifndef SV_L4_TCP_WIRE_H
#define SV_L4_TCP_WIRE_H

#include "core/checksum.h"
#include "core/cursor.h"
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
    SV_AE = 1u << 8,    /* RFC 9768 */
    SV_LATE = 1u << 15, /* not of the wire: data for a connection that was closed */
};

#define SV_TCP_HEADER_LENGTH 20u
#define SV_TCP_TIMESTAMPS_LENGTH 12u /* with its two NOPs */
#define SV_TCP_MD5_LENGTH 20u        /* the same */
#define SV_TCP_AO_LENGTH 16u         /* with a code of 96 bits */
#define SV_TCP_AO_KIND 29u
#define SV_TCP_PROTOCOL 6u
#define SV_TCP_SCALE_MAX 14u /* RFC 7323 §2.3: who says more is taken to say this */

enum sv_tcp_option_seen {
    SV_OPTION_MSS = 1u << 0,
    SV_OPTION_SCALE = 1u << 1,
    SV_OPTION_SACK_PERMITTED = 1u << 2,
    SV_OPTION_TIMESTAMPS = 1u << 3,
    SV_OPTION_SACK = 1u << 4,
    SV_OPTION_FASTOPEN = 1u << 5, /* RFC 7413: a cookie, or with no bytes the request for one */
    SV_OPTION_ACCECN = 1u << 6,   /* RFC 9768 §3.2.3: counters of bytes that came with each codepoint, perhaps none */
    SV_OPTION_MD5 = 1u << 7,      /* RFC 2385 */
    SV_OPTION_AO = 1u << 8,       /* RFC 5925 */
};

#define SV_SACK_BLOCKS 4u
#define SV_FASTOPEN_MAX 16u /* bytes of a cookie; at least 4, and even (RFC 7413 §4.1.1) */

struct sv_sack_block {
    uint32_t start, end;
};

/* RFC 9768 §3.2.3. Counters of 24 bits, in the order of the option: order 0 is ECT(0), CE, ECT(1), order 1 is ECT(1),
 * CE, ECT(0); those at the end may be missing. */
#define SV_ACCECN_FIELDS 3u
struct sv_accecn_option {
    uint8_t order, fields;
    uint32_t count[SV_ACCECN_FIELDS];
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
    uint16_t options; /* enum sv_tcp_option_seen */
    uint8_t sacks;
    uint8_t header_length;
    uint8_t fastopen_at;     /* with SV_OPTION_FASTOPEN: where the cookie begins, from the header's first byte */
    uint8_t fastopen_length; /* its bytes; 0: one is asked for */
    uint8_t fastopen_old;    /* it came in the experimental option (kind 254) */
    uint8_t signed_at;       /* with SV_OPTION_MD5 or _AO: where what follows its length begins, as above */
    uint16_t segments;       /* wire segments this stands for, after merging */
    uint32_t flow_value;     /* what the flow table said: kind and index */
    uint64_t hash;
    struct sv_sack_block sack[SV_SACK_BLOCKS];
    struct sv_accecn_option accecn; /* with SV_OPTION_ACCECN */
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

/* The options alone: n bytes. s->options and s->sacks begin as 0. NONE or BAD_OPTION. */
enum sv_drop sv_tcp_parse_options(const uint8_t *at, uint32_t n, struct sv_seg *s);

/* The cookie of a segment whose header was just pulled off. */
static inline const uint8_t *sv_seg_cookie(const struct sv_seg *s)
{
    return sv_buf_head(s->packet) - s->header_length + s->fastopen_at;
}

/* A header to be written. */
struct sv_tcp_header {
    uint16_t source, destination;
    uint32_t seq, ack;
    uint16_t flags;
    uint16_t window;
    uint16_t urgent;
    uint16_t mss;     /* with SV_OPTION_MSS */
    uint16_t options; /* enum sv_tcp_option_seen */
    uint8_t scale;
    uint8_t sacks;
    uint32_t ts_val, ts_ecr;
    struct sv_sack_block sack[SV_SACK_BLOCKS];
    uint8_t ao_key_id, ao_next_id;         /* with SV_OPTION_AO */
    uint8_t fastopen_length, fastopen_old; /* with SV_OPTION_FASTOPEN */
    uint8_t fastopen[SV_FASTOPEN_MAX];
    struct sv_accecn_option accecn; /* with SV_OPTION_ACCECN */
};

/* Bytes the header will take, options and padding included: 20 to 60. */
uint16_t sv_tcp_header_length(const struct sv_tcp_header *h);

/* Pushes the header in front of b, checksum field zero. The order of options is Linux's: MD5 or TCP-AO, with zeros for
 * the signature, MSS, SACK permitted, timestamps, NOP, window scale, Fast Open's cookie; then SACK blocks; AccECN's
 * counters behind the MSS, or where there is none behind the timestamps. Gives the header's first byte. */
uint8_t *sv_tcp_emit(struct sv_buf *b, const struct sv_tcp_header *h);

#define SV_TCP_TIMESTAMPS_HEAD 0x0101080au /* NOP NOP, kind 8, length 10 */
#define SV_TCP_PLAIN_MAX (SV_TCP_HEADER_LENGTH + SV_TCP_TIMESTAMPS_LENGTH)

/* The sum of 16-bit words held as host-order numbers, as core/checksum.h has sums. */
static inline uint16_t sv_tcp_sum_of(uint64_t words)
{
    words = (words & 0xffffffffu) + (words >> 32);
    return sv_sum_u16(sv_sum_fold((uint32_t)((words & 0xffffu) + (words >> 16 & 0xffffu) + (words >> 32))));
}

/* A header that several segments share, made once: no option, or timestamps alone. Each gets a copy with its own
 * sequence number and flags. The sum is made of the numbers on their way out: to read back what was just
 * written by other widths stalls the processor. */
struct sv_tcp_plain {
    uint64_t sum; /* of all but sequence number and flags, as host-order words */
    uint8_t byte[SV_TCP_PLAIN_MAX];
    uint16_t length;
};

static inline void sv_tcp_plain_of(struct sv_tcp_plain *p, const struct sv_tcp_header *h)
{
    p->length = h->options ? SV_TCP_PLAIN_MAX : SV_TCP_HEADER_LENGTH;
    const uint32_t ports = (uint32_t)h->source << 16 | h->destination;
    const uint32_t offset_window = (uint32_t)p->length << 26 | h->window;
    p->sum = (uint64_t)ports + h->ack + offset_window + h->urgent;
    sv_put_u32(p->byte, ports);
    sv_put_u32(p->byte + 8, h->ack);
    sv_put_u32(p->byte + 12, offset_window);
    sv_put_u32(p->byte + 16, h->urgent); /* and the checksum, which whoever knows the addresses fills in */
    if (SV_LIKELY(h->options)) {
        sv_put_u32(p->byte + 20, SV_TCP_TIMESTAMPS_HEAD);
        sv_put_u32(p->byte + 24, h->ts_val);
        sv_put_u32(p->byte + 28, h->ts_ecr);
        p->sum += (uint64_t)SV_TCP_TIMESTAMPS_HEAD + h->ts_val + h->ts_ecr;
    }
}

/* Pushes a copy; gives its sum. Flags: without AE; connections that carry it are not sent this way. */
static inline uint16_t sv_tcp_plain_emit(struct sv_buf *b, const struct sv_tcp_plain *plain, uint32_t seq,
                                         uint16_t flags)
{
    uint8_t *p = sv_buf_push(b, plain->length);
    b->l4 = b->head;
    sv_memcpy(p, plain->byte, SV_TCP_HEADER_LENGTH);
    if (SV_LIKELY(plain->length == SV_TCP_PLAIN_MAX))
        sv_memcpy(p + SV_TCP_HEADER_LENGTH, plain->byte + SV_TCP_HEADER_LENGTH, SV_TCP_TIMESTAMPS_LENGTH);
    sv_put_u32(p + 4, seq);
    p[13] = (uint8_t)flags;
    return sv_tcp_sum_of(plain->sum + seq + (uint32_t)(flags & 0xffu) * 0x10000u);
}

/* One alone: pushed as it is made. Gives its sum. */
__attribute__((always_inline)) static inline uint16_t sv_tcp_plain_push(struct sv_buf *b, const struct sv_tcp_header *h)
{
    const uint16_t length = h->options ? SV_TCP_PLAIN_MAX : SV_TCP_HEADER_LENGTH;
    uint8_t *p = sv_buf_push(b, length);
    const uint32_t ports = (uint32_t)h->source << 16 | h->destination;
    const uint32_t offset_flags_window = (uint32_t)length << 26 | (uint32_t)(h->flags & 0x1ffu) << 16 | h->window;
    uint64_t sum = (uint64_t)ports + h->seq + h->ack + offset_flags_window + h->urgent;
    b->l4 = b->head;
    sv_put_u32(p, ports);
    sv_put_u32(p + 4, h->seq);
    sv_put_u32(p + 8, h->ack);
    sv_put_u32(p + 12, offset_flags_window);
    sv_put_u32(p + 16, h->urgent);
    if (SV_LIKELY(h->options)) {
        sv_put_u32(p + 20, SV_TCP_TIMESTAMPS_HEAD);
        sv_put_u32(p + 24, h->ts_val);
        sv_put_u32(p + 28, h->ts_ecr);
        sum += (uint64_t)SV_TCP_TIMESTAMPS_HEAD + h->ts_val + h->ts_ecr;
    }
    return sv_tcp_sum_of(sum);
}

/* What nearly every SYN carries, in the order that nearly every stack has: MSS, SACK permitted, timestamps, NOP, window
 * scale. Read by one look at its shape, and written as five words. */
#define SV_TCP_USUAL_SYN                                                                             \
    ((uint32_t)SV_OPTION_MSS | (uint32_t)SV_OPTION_SACK_PERMITTED | (uint32_t)SV_OPTION_TIMESTAMPS | \
     (uint32_t)SV_OPTION_SCALE)
#define SV_TCP_USUAL_SYN_LENGTH (SV_TCP_HEADER_LENGTH + 20u)
/* Those 20 bytes, whose words it gives added up. */
uint64_t sv_tcp_usual_syn_options(uint8_t *to, const struct sv_tcp_header *h);
/* The same bytes, and the same sum, as sv_tcp_emit() and sv_sum() have of it. */
uint16_t sv_tcp_usual_syn_push(struct sv_buf *b, const struct sv_tcp_header *h);

/* Any: the sum of the header that was pushed. */
static inline uint16_t sv_tcp_emit_summed(struct sv_buf *b, const struct sv_tcp_header *h, uint32_t cpu)
{
    if (SV_LIKELY((h->options & ~(uint32_t)SV_OPTION_TIMESTAMPS) == 0))
        return sv_tcp_plain_push(b, h);
    if (SV_LIKELY(h->options == SV_TCP_USUAL_SYN))
        return sv_tcp_usual_syn_push(b, h);
    const uint8_t *p = sv_tcp_emit(b, h);
    return sv_sum(p, sv_tcp_header_length(h), cpu);
}

#endif
