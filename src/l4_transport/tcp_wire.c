/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/tcp_wire.h"

#include "core/cursor.h"

enum {
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_SCALE = 3,
    OPTION_SACK_PERMITTED = 4,
    OPTION_SACK = 5,
    OPTION_TIMESTAMPS = 8,
    OPTION_MD5 = 19,
    OPTION_FASTOPEN = 34,
    OPTION_ACCECN0 = 172,
    OPTION_ACCECN1 = 174,
    OPTION_EXPERIMENT = 254, /* RFC 6994: a 16-bit number says whose */
};

static bool sv_tcp_parse_sack(struct sv_rd *r, uint8_t length, struct sv_seg *s)
{
    const uint32_t blocks = (length - 2u) / 8u;
    if ((length - 2u) % 8u || blocks == 0 || blocks > SV_SACK_BLOCKS)
        return false;
    for (uint32_t k = 0; k < blocks; k++) {
        s->sack[k].start = sv_rd_u32(r);
        s->sack[k].end = sv_rd_u32(r);
    }
    s->sacks = (uint8_t)blocks;
    s->options |= SV_OPTION_SACK;
    return true;
}

#define SV_TCP_MD5_HEAD 0x01011312u /* NOP NOP, kind 19, length 18 */
#define FASTOPEN_NUMBER 0xf989u     /* RFC 7413 §4.1.1 */

/* A cookie of n bytes at `at`; one of no possible length is as if it were not there. The last one counts. */
static void sv_tcp_parse_cookie(struct sv_rd *r, uint32_t n, uint32_t at, bool old, struct sv_seg *s)
{
    (void)sv_rd_bytes(r, n);
    if (n & 1u || (n && n < 4u) || n > SV_FASTOPEN_MAX)
        return;
    s->options |= SV_OPTION_FASTOPEN;
    s->fastopen_at = (uint8_t)at;
    s->fastopen_length = (uint8_t)n;
    s->fastopen_old = old;
}

static void sv_tcp_parse_experiment(struct sv_rd *r, uint8_t length, uint32_t at, struct sv_seg *s)
{
    const bool ours = length >= 4u && sv_rd_u16(r) == FASTOPEN_NUMBER;
    if (ours)
        sv_tcp_parse_cookie(r, length - 4u, at + 2u, true, s);
    else
        (void)sv_rd_bytes(r, length >= 4u ? length - 4u : length - 2u);
}

/* RFC 9768 §3.2.3: whole counters as far as they go; what is beyond them is padding. */
static void sv_tcp_parse_accecn(struct sv_rd *r, uint8_t kind, uint32_t n, struct sv_seg *s)
{
    const uint32_t fields = n / 3u < SV_ACCECN_FIELDS ? n / 3u : SV_ACCECN_FIELDS;
    s->options |= SV_OPTION_ACCECN;
    s->accecn.order = kind == OPTION_ACCECN1;
    s->accecn.fields = (uint8_t)fields;
    for (uint32_t k = 0; k < fields; k++) {
        const uint32_t high = sv_rd_u8(r);
        s->accecn.count[k] = high << 16 | sv_rd_u16(r);
    }
    (void)sv_rd_bytes(r, n - 3u * fields);
}

/* RFC 2385, 5925. Of another length it is no signature, and who wants one does not find it. */
static void sv_tcp_parse_signature(struct sv_rd *r, uint8_t kind, uint8_t length, uint32_t at, struct sv_seg *s)
{
    if (kind == OPTION_MD5 ? length == 18 : length >= 4) {
        s->options |= kind == OPTION_MD5 ? SV_OPTION_MD5 : SV_OPTION_AO;
        s->signed_at = (uint8_t)at;
    }
    (void)sv_rd_bytes(r, length - 2u);
}

/* One option whose kind and length were read, `at` bytes into the header; false: its length is not the one its
 * kind must have. */
static bool sv_tcp_parse_option(struct sv_rd *r, uint8_t kind, uint8_t length, uint32_t at, struct sv_seg *s)
{
    switch (kind) {
    case OPTION_MSS:
        if (length != 4)
            return false;
        s->mss = sv_rd_u16(r);
        s->options |= SV_OPTION_MSS;
        return true;
    case OPTION_SCALE:
        if (length != 3)
            return false;
        s->scale = sv_rd_u8(r);
        if (s->scale > SV_TCP_SCALE_MAX)
            s->scale = SV_TCP_SCALE_MAX;
        s->options |= SV_OPTION_SCALE;
        return true;
    case OPTION_SACK_PERMITTED:
        if (length != 2)
            return false;
        s->options |= SV_OPTION_SACK_PERMITTED;
        return true;
    case OPTION_SACK:
        return sv_tcp_parse_sack(r, length, s);
    case OPTION_TIMESTAMPS:
        if (length != 10)
            return false;
        s->ts_val = sv_rd_u32(r);
        s->ts_ecr = sv_rd_u32(r);
        s->options |= SV_OPTION_TIMESTAMPS;
        return true;
    case OPTION_MD5:
    case SV_TCP_AO_KIND:
        sv_tcp_parse_signature(r, kind, length, at, s);
        return true;
    case OPTION_FASTOPEN:
        sv_tcp_parse_cookie(r, length - 2u, at, false, s);
        return true;
    case OPTION_EXPERIMENT:
        sv_tcp_parse_experiment(r, length, at, s);
        return true;
    case OPTION_ACCECN0:
    case OPTION_ACCECN1:
        sv_tcp_parse_accecn(r, kind, length - 2u, s);
        return true;
    default:
        (void)sv_rd_bytes(r, length - 2u);
        return true;
    }
}

/* The usual SYN's options: four words beside the timestamps' two, of which these bits never differ. */
#define USUAL_SYN_LENGTH 20u
#define USUAL_MSS ((uint32_t)OPTION_MSS << 24 | 4u << 16)
#define USUAL_SACK_TIMESTAMPS \
    ((uint32_t)OPTION_SACK_PERMITTED << 24 | 2u << 16 | (uint32_t)OPTION_TIMESTAMPS << 8 | 10u)
#define USUAL_SCALE ((uint32_t)OPTION_NOP << 24 | (uint32_t)OPTION_SCALE << 16 | 3u << 8)

/* False: it has another shape, and nothing was done. */
static bool sv_tcp_parse_usual_syn(const uint8_t *at, struct sv_seg *s)
{
    const uint32_t mss = sv_get_u32(at), scale = sv_get_u32(at + 16);
    if (((mss ^ USUAL_MSS) >> 16 | (sv_get_u32(at + 4) ^ USUAL_SACK_TIMESTAMPS) | (scale ^ USUAL_SCALE) >> 8) != 0)
        return false;
    s->options |= SV_TCP_USUAL_SYN;
    s->mss = (uint16_t)mss;
    s->ts_val = sv_get_u32(at + 8);
    s->ts_ecr = sv_get_u32(at + 12);
    s->scale = (uint8_t)scale > SV_TCP_SCALE_MAX ? SV_TCP_SCALE_MAX : (uint8_t)scale;
    return true;
}

/* Writes a word, and gives it to be summed. */
static inline uint64_t sv_tcp_put_word(uint8_t *to, uint32_t index, uint32_t word)
{
    sv_put_u32(to + 4u * index, word);
    return word;
}

uint64_t sv_tcp_usual_syn_options(uint8_t *to, const struct sv_tcp_header *h)
{
    uint64_t sum = sv_tcp_put_word(to, 0, USUAL_MSS | h->mss);
    sum += sv_tcp_put_word(to, 1, USUAL_SACK_TIMESTAMPS);
    sum += sv_tcp_put_word(to, 2, h->ts_val);
    sum += sv_tcp_put_word(to, 3, h->ts_ecr);
    sum += sv_tcp_put_word(to, 4, USUAL_SCALE | h->scale);
    return sum;
}

uint16_t sv_tcp_usual_syn_push(struct sv_buf *b, const struct sv_tcp_header *h)
{
    const uint16_t length = SV_TCP_USUAL_SYN_LENGTH;
    const uint32_t offset_flags_window = (uint32_t)length << 26 | (uint32_t)(h->flags & 0x1ffu) << 16 | h->window;
    uint8_t *p = sv_buf_push(b, length);
    b->l4 = b->head;
    uint64_t sum = sv_tcp_put_word(p, 0, (uint32_t)h->source << 16 | h->destination);
    sum += sv_tcp_put_word(p, 1, h->seq);
    sum += sv_tcp_put_word(p, 2, h->ack);
    sum += sv_tcp_put_word(p, 3, offset_flags_window);
    sum += sv_tcp_put_word(p, 4, h->urgent);
    return sv_tcp_sum_of(sum + sv_tcp_usual_syn_options(p + SV_TCP_HEADER_LENGTH, h));
}

enum sv_drop sv_tcp_parse_options(const uint8_t *at, uint32_t n, struct sv_seg *s)
{
    struct sv_rd r = sv_rd_of(at, n);
    if (n == USUAL_SYN_LENGTH && sv_tcp_parse_usual_syn(at, s))
        return SV_DROP_NONE;
    while (sv_rd_left(&r)) {
        const uint8_t kind = sv_rd_u8(&r);
        if (kind == OPTION_END)
            break;
        if (kind == OPTION_NOP)
            continue;
        const uint8_t length = sv_rd_u8(&r);
        if (r.short_read || length < 2 || sv_rd_left(&r) < length - 2u)
            return SV_DROP_BAD_OPTION;
        if (!sv_tcp_parse_option(&r, kind, length, SV_TCP_HEADER_LENGTH + n - (uint32_t)sv_rd_left(&r), s))
            return SV_DROP_BAD_OPTION;
    }
    return SV_DROP_NONE;
}

enum sv_drop sv_tcp_parse(struct sv_buf *b, struct sv_seg *s)
{
    const uint8_t *p = sv_buf_head(b);
    if (b->linear_length < SV_TCP_HEADER_LENGTH)
        return SV_DROP_SHORT_HEADER;
    const uint32_t header = (uint32_t)(p[12] >> 4) * 4u;
    if (header < SV_TCP_HEADER_LENGTH || header > b->linear_length)
        return SV_DROP_BAD_LENGTH;
    s->remote_port = sv_get_u16(p);
    s->local_port = sv_get_u16(p + 2);
    s->seq = sv_get_u32(p + 4);
    s->ack = sv_get_u32(p + 8);
    s->flags = (uint16_t)((p[12] & 1u) << 8 | p[13]);
    s->window = sv_get_u16(p + 14);
    s->urgent = sv_get_u16(p + 18);
    s->options = 0;
    s->sacks = 0;
    s->header_length = (uint8_t)header;
    s->segments = b->segments;
    if (SV_LIKELY(header == 32 && sv_get_u32(p + 20) == SV_TCP_TIMESTAMPS_HEAD)) {
        s->options = SV_OPTION_TIMESTAMPS;
        s->ts_val = sv_get_u32(p + 24);
        s->ts_ecr = sv_get_u32(p + 28);
    } else if (header > SV_TCP_HEADER_LENGTH) {
        const enum sv_drop why = sv_tcp_parse_options(p + 20, header - 20u, s);
        if (why != SV_DROP_NONE)
            return why;
    }
    sv_buf_pull(b, (uint16_t)header);
    b->payload = b->head;
    s->length = b->length;
    return SV_DROP_NONE;
}

uint16_t sv_tcp_header_length(const struct sv_tcp_header *h)
{
    uint32_t n = SV_TCP_HEADER_LENGTH;
    if (h->options & SV_OPTION_MD5)
        n += SV_TCP_MD5_LENGTH;
    else if (h->options & SV_OPTION_AO)
        n += SV_TCP_AO_LENGTH;
    if (h->options & SV_OPTION_MSS)
        n += 4;
    if (h->options & SV_OPTION_TIMESTAMPS)
        n += 12; /* with two NOPs, or with SACK permitted in their place */
    else if (h->options & SV_OPTION_SACK_PERMITTED)
        n += 4;
    if (h->options & SV_OPTION_SCALE)
        n += 4;
    if (h->options & SV_OPTION_FASTOPEN)
        n += ((h->fastopen_old ? 4u : 2u) + h->fastopen_length + 3u) & ~3u;
    if (h->options & SV_OPTION_SACK)
        n += 4u + 8u * h->sacks;
    if (h->options & SV_OPTION_ACCECN)
        n += (2u + 3u * h->accecn.fields + 3u) & ~3u;
    return (uint16_t)n;
}

static void sv_tcp_emit_cookie(struct sv_wr *w, const struct sv_tcp_header *h)
{
    const uint32_t length = (h->fastopen_old ? 4u : 2u) + h->fastopen_length;
    sv_wr_u8(w, h->fastopen_old ? OPTION_EXPERIMENT : OPTION_FASTOPEN);
    sv_wr_u8(w, (uint8_t)length);
    if (h->fastopen_old)
        sv_wr_u16(w, FASTOPEN_NUMBER);
    for (uint32_t k = 0; k < h->fastopen_length; k++)
        sv_wr_u8(w, h->fastopen[k]);
    for (uint32_t k = length; k % 4u; k++)
        sv_wr_u8(w, OPTION_NOP);
}

static void sv_tcp_emit_accecn(struct sv_wr *w, const struct sv_accecn_option *o)
{
    const uint32_t length = 2u + 3u * o->fields;
    sv_wr_u8(w, o->order ? OPTION_ACCECN1 : OPTION_ACCECN0);
    sv_wr_u8(w, (uint8_t)length);
    for (uint32_t k = 0; k < o->fields; k++) {
        sv_wr_u8(w, (uint8_t)(o->count[k] >> 16));
        sv_wr_u16(w, (uint16_t)o->count[k]);
    }
    for (uint32_t k = length; k % 4u; k++)
        sv_wr_u8(w, OPTION_NOP);
}

/* The room of a signature, which is made when all the rest is there. */
static void sv_tcp_emit_signature(struct sv_wr *w, const struct sv_tcp_header *h)
{
    const bool md5 = h->options & SV_OPTION_MD5;
    const uint32_t ids = (uint32_t)h->ao_key_id << 8 | h->ao_next_id;
    sv_wr_u32(w, md5 ? SV_TCP_MD5_HEAD : SV_TCP_AO_KIND << 24 | SV_TCP_AO_LENGTH << 16 | ids);
    for (uint32_t k = md5 ? 4 : 3; k; k--)
        sv_wr_u32(w, 0);
}

/* By itself, for it is rare beside timestamps alone. */
static void sv_tcp_emit_options(struct sv_wr *w, const struct sv_tcp_header *h) __attribute__((noinline));
static void sv_tcp_emit_options(struct sv_wr *w, const struct sv_tcp_header *h)
{
    if (h->options & (SV_OPTION_MD5 | SV_OPTION_AO))
        sv_tcp_emit_signature(w, h);
    if (h->options & SV_OPTION_MSS) {
        sv_wr_u16(w, OPTION_MSS << 8 | 4);
        sv_wr_u16(w, h->mss);
    }
    const bool counted = h->options & SV_OPTION_ACCECN;
    const bool counted_first = (h->options & (SV_OPTION_MSS | SV_OPTION_TIMESTAMPS)) == SV_OPTION_MSS;
    if (counted && counted_first)
        sv_tcp_emit_accecn(w, &h->accecn);
    /* In front of timestamps stand two octets that fill the word, and alone SACK's two are filled from the front: the
     * order that every common stack has, so that ours tells nothing about us. */
    const bool permitted = h->options & SV_OPTION_SACK_PERMITTED, timed = h->options & SV_OPTION_TIMESTAMPS;
    if (timed != permitted)
        sv_wr_u16(w, OPTION_NOP << 8 | OPTION_NOP);
    if (permitted)
        sv_wr_u16(w, OPTION_SACK_PERMITTED << 8 | 2);
    if (timed) {
        sv_wr_u16(w, OPTION_TIMESTAMPS << 8 | 10);
        sv_wr_u32(w, h->ts_val);
        sv_wr_u32(w, h->ts_ecr);
    }
    if (counted && !counted_first)
        sv_tcp_emit_accecn(w, &h->accecn);
    if (h->options & SV_OPTION_SCALE) {
        sv_wr_u8(w, OPTION_NOP);
        sv_wr_u8(w, OPTION_SCALE);
        sv_wr_u8(w, 3);
        sv_wr_u8(w, h->scale);
    }
    if (h->options & SV_OPTION_FASTOPEN)
        sv_tcp_emit_cookie(w, h);
    if (h->options & SV_OPTION_SACK) {
        sv_wr_u16(w, OPTION_NOP << 8 | OPTION_NOP);
        sv_wr_u8(w, OPTION_SACK);
        sv_wr_u8(w, (uint8_t)(2u + 8u * h->sacks));
        for (uint32_t k = 0; k < h->sacks; k++) {
            sv_wr_u32(w, h->sack[k].start);
            sv_wr_u32(w, h->sack[k].end);
        }
    }
}

uint8_t *sv_tcp_emit(struct sv_buf *b, const struct sv_tcp_header *h)
{
    const uint16_t length = sv_tcp_header_length(h);
    uint8_t *p = sv_buf_push(b, length);
    b->l4 = b->head;
    sv_put_u16(p, h->source);
    sv_put_u16(p + 2, h->destination);
    sv_put_u32(p + 4, h->seq);
    sv_put_u32(p + 8, h->ack);
    p[12] = (uint8_t)(length / 4u << 4 | (h->flags >> 8 & 1u));
    p[13] = (uint8_t)h->flags;
    sv_put_u16(p + 14, h->window);
    sv_put_u16(p + 16, 0);
    sv_put_u16(p + 18, h->urgent);
    if (SV_LIKELY(h->options == SV_OPTION_TIMESTAMPS)) {
        sv_put_u32(p + 20, SV_TCP_TIMESTAMPS_HEAD);
        sv_put_u32(p + 24, h->ts_val);
        sv_put_u32(p + 28, h->ts_ecr);
    } else if (h->options) {
        struct sv_wr w = sv_wr_of(p + 20, length - 20u);
        sv_tcp_emit_options(&w, h);
        SV_ASSERT(!w.overrun && w.at == w.end);
    }
    return p;
}
