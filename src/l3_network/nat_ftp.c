/* SPDX-License-Identifier: BSD-2-Clause */
/* FTP tells addresses and ports in its commands (RFC 959 §4.1.2, RFC 2428), where the other side's connection would go
 * astray. On port 21, and nowhere else, a segment that is exactly one such line is rewritten, and a session is expected
 * for what it announces:
 *
 *     inside client   PORT h1,h2,h3,h4,p1,p2     EPRT |1|h|p|
 *     inside server   227 text (h1,h2,h3,h4,p1,p2)text     229 text (|||p|)text
 *
 * Only the sender's own address and a port from 1024 on: nobody opens a way to another's machine. The new text may
 * have another length: from then on sequence numbers move on the way out and acknowledgements on the way back. A line
 * that is split over segments, or anything not exactly so, passes as it is. */
#include "core/cursor.h"
#include "core/packet_sum.h"
#include "l3_network/nat_table.h"

#define SV_FTP_PORT 21u
#define SV_FTP_LINE_MAX 256u
#define SV_FTP_PORT_MIN 1024u
#define SV_FTP_TCP_MIN 20u

/* --- sequence numbers --- */

static bool sv_nat_before(uint32_t a, uint32_t b) /* RFC 9293 §3.4 */
{
    return a != b && b - a < 0x80000000u;
}

static uint32_t sv_nat_moved(const struct sv_nat_adjust *a, uint32_t seq)
{
    return sv_nat_before(a->position, seq) ? a->after : a->before;
}
/* By how much a number of the outside's view is ahead of the inside's. */
static uint32_t sv_nat_moved_back(const struct sv_nat_adjust *a, uint32_t ack)
{
    return sv_nat_before(a->position, ack - a->before) ? a->after : a->before;
}

/* A length changed behind `seq` (the inside's number of the line's first byte). */
static bool sv_nat_adjust_note(struct sv_nat *n, struct sv_nat_session *s, uint32_t seq, uint32_t by)
{
    if (s->adjust == SV_NONE) {
        if (n->adjust_free == SV_NONE)
            return false;
        s->adjust = n->adjust_free;
        struct sv_nat_adjust *a = sv_nat_adjust_of(n, s->adjust);
        n->adjust_free = a->next;
        *a = (struct sv_nat_adjust){.position = seq, .after = by, .next = SV_NONE};
        return true;
    }
    struct sv_nat_adjust *a = sv_nat_adjust_of(n, s->adjust);
    if (!sv_nat_before(a->position, seq))
        return true; /* sent again: counted already */
    a->before = a->after;
    a->after += by;
    a->position = seq;
    return true;
}

/* The SACK blocks' edges (RFC 2018 §3) go the same way as the acknowledgement. */
static void sv_nat_adjust_sack(uint8_t *tcp, uint32_t length, const struct sv_nat_adjust *a, bool partial)
{
    uint32_t at = SV_FTP_TCP_MIN;
    while (at + 1u < length && tcp[at] != 0) {
        if (tcp[at] == 1) { /* no operation */
            at++;
            continue;
        }
        const uint32_t size = tcp[at + 1u];
        if (size < 2 || at + size > length)
            return;
        for (uint32_t k = at + 2u; tcp[at] == 5 && k + 4u <= at + size; k += 4u) {
            const uint32_t edge = sv_get_u32(tcp + k), inside = edge - sv_nat_moved_back(a, edge);
            if (!partial) { /* an option may begin at an odd place */
                sv_sum_replace_u16_at(tcp + 16, k, (uint16_t)(edge >> 16), (uint16_t)(inside >> 16));
                sv_sum_replace_u16_at(tcp + 16, k, (uint16_t)edge, (uint16_t)inside);
            }
            sv_put_u32(tcp + k, inside);
        }
        at += size;
    }
}

/* --- the text --- */

struct sv_ftp_text {
    char byte[SV_FTP_LINE_MAX + 64u];
    uint32_t n, at;
};

/* Decimal without sign or superfluous zeros, at most `high`. */
static bool sv_ftp_number(struct sv_ftp_text *t, uint32_t high, uint32_t *value)
{
    const uint32_t begin = t->at;
    uint32_t v = 0;
    while (t->at < t->n && t->byte[t->at] >= '0' && t->byte[t->at] <= '9' && t->at - begin < 5u)
        v = v * 10u + (uint32_t)(t->byte[t->at++] - '0');
    *value = v;
    return t->at > begin && v <= high && (t->byte[begin] != '0' || t->at == begin + 1u);
}
static bool sv_ftp_char(struct sv_ftp_text *t, char wanted)
{
    return t->at < t->n && t->byte[t->at++] == wanted;
}
/* Letters in either case. */
static bool sv_ftp_word(struct sv_ftp_text *t, const char *word)
{
    for (; *word; word++) {
        if (t->at == t->n || (t->byte[t->at] & ~0x20) != (*word & ~0x20))
            return false;
        t->at++;
    }
    return true;
}
static bool sv_ftp_digits(struct sv_ftp_text *t, const char *digits)
{
    for (; *digits; digits++) {
        if (!sv_ftp_char(t, *digits))
            return false;
    }
    return true;
}

/* Four numbers and `mark` between them. */
static bool sv_ftp_address(struct sv_ftp_text *t, char mark, uint32_t *addr)
{
    *addr = 0;
    for (uint32_t k = 0; k < 4; k++) {
        uint32_t v;
        if ((k > 0 && !sv_ftp_char(t, mark)) || !sv_ftp_number(t, 255, &v))
            return false;
        *addr = *addr << 8 | v;
    }
    return true;
}

static bool sv_ftp_commas(struct sv_ftp_text *t, uint32_t *addr, uint32_t *port)
{
    uint32_t high, low;
    if (!sv_ftp_address(t, ',', addr) || !sv_ftp_char(t, ',') || !sv_ftp_number(t, 255, &high) ||
        !sv_ftp_char(t, ',') || !sv_ftp_number(t, 255, &low))
        return false;
    *port = high << 8 | low;
    return true;
}

enum sv_ftp_form { SV_FTP_COMMAS, SV_FTP_BARS, SV_FTP_PORT_ALONE };

struct sv_ftp_found {
    enum sv_ftp_form form;
    uint32_t from, to; /* the bytes to be replaced */
    uint32_t addr, port;
};

/* "PORT " or "EPRT " and exactly its argument and the line's end. */
static bool sv_ftp_command(struct sv_ftp_text *t, struct sv_ftp_found *f)
{
    uint32_t four;
    f->from = 5;
    if (sv_ftp_word(t, "PORT") && sv_ftp_char(t, ' ') && sv_ftp_commas(t, &f->addr, &f->port)) {
        f->form = SV_FTP_COMMAS;
    } else {
        t->at = 0;
        f->form = SV_FTP_BARS;
        if (!sv_ftp_word(t, "EPRT") || !sv_ftp_char(t, ' ') || !sv_ftp_char(t, '|') || !sv_ftp_number(t, 1, &four) ||
            four != 1 || !sv_ftp_char(t, '|') || !sv_ftp_address(t, '.', &f->addr) || !sv_ftp_char(t, '|') ||
            !sv_ftp_number(t, 65535, &f->port) || !sv_ftp_char(t, '|'))
            return false;
    }
    f->to = t->at;
    return sv_ftp_char(t, '\r') && sv_ftp_char(t, '\n') && t->at == t->n;
}

/* "227 " or "229 ", the first bracket, exactly the argument, the closing one; one line. */
static bool sv_ftp_reply(struct sv_ftp_text *t, struct sv_ftp_found *f, uint32_t server)
{
    bool good = sv_ftp_digits(t, "227 ");
    f->form = SV_FTP_COMMAS;
    if (!good) {
        t->at = 0;
        f->form = SV_FTP_PORT_ALONE;
        good = sv_ftp_digits(t, "229 ");
    }
    if (!good)
        return false;
    while (t->at < t->n && t->byte[t->at] != '(' && t->byte[t->at] != '\r')
        t->at++;
    if (!sv_ftp_char(t, '('))
        return false;
    if (f->form == SV_FTP_COMMAS) {
        f->from = t->at;
        good = sv_ftp_commas(t, &f->addr, &f->port);
        f->to = t->at;
    } else {
        good = sv_ftp_digits(t, "|||");
        f->from = t->at;
        good = good && sv_ftp_number(t, 65535, &f->port);
        f->to = t->at;
        good = good && sv_ftp_char(t, '|');
        f->addr = server;
    }
    if (!good || !sv_ftp_char(t, ')'))
        return false;
    while (t->at < t->n && t->byte[t->at] != '\r' && t->byte[t->at] != '\n')
        t->at++;
    return sv_ftp_char(t, '\r') && sv_ftp_char(t, '\n') && t->at == t->n;
}

static void sv_ftp_put_number(struct sv_ftp_text *t, uint32_t v)
{
    char digits[10];
    uint32_t n = 0;
    do {
        digits[n++] = (char)('0' + v % 10u);
        v /= 10u;
    } while (v);
    while (n)
        t->byte[t->n++] = digits[--n];
}

static void sv_ftp_put_address(struct sv_ftp_text *t, uint32_t addr, char mark)
{
    for (uint32_t k = 0; k < 4; k++) {
        if (k > 0)
            t->byte[t->n++] = mark;
        sv_ftp_put_number(t, addr >> (24u - 8u * k) & 255u);
    }
}

/* The line with another address and port in it. */
static void sv_ftp_rewrite(const struct sv_ftp_text *old, const struct sv_ftp_found *f, uint32_t addr, uint32_t port,
                           struct sv_ftp_text *out)
{
    sv_memcpy(out->byte, old->byte, f->from);
    out->n = f->from;
    if (f->form == SV_FTP_COMMAS) {
        sv_ftp_put_address(out, addr, ',');
        out->byte[out->n++] = ',';
        sv_ftp_put_number(out, port >> 8);
        out->byte[out->n++] = ',';
        sv_ftp_put_number(out, port & 255u);
    } else if (f->form == SV_FTP_BARS) {
        sv_memcpy(out->byte + out->n, "|1|", 3);
        out->n += 3;
        sv_ftp_put_address(out, addr, '.');
        out->byte[out->n++] = '|';
        sv_ftp_put_number(out, port);
        out->byte[out->n++] = '|';
    } else {
        sv_ftp_put_number(out, port);
    }
    sv_memcpy(out->byte + out->n, old->byte + f->to, old->n - f->to);
    out->n += old->n - f->to;
}

/* --- the segment --- */

/* Lengths and checksums after the payload was exchanged. The transport's is made anew from the header's old one: the
 * difference of the payloads, and of the length in the pseudo-header. */
static bool sv_ftp_replace(struct sv_core *c, struct sv_buf *b, struct sv_ip_hdr *h, uint32_t headers,
                           const struct sv_ftp_text *old, const struct sv_ftp_text *text)
{
    const uint16_t length = (uint16_t)(headers + text->n), tcp = (uint16_t)(length - h->header_length);
    const bool partial = (b->flags & SV_BUF_CSUM_PARTIAL) != 0;
    sv_buf_truncate(b, headers);
    if (!sv_buf_append(b, text->byte, text->n, SV_WANT_CONTROL))
        return false;
    uint8_t *p = sv_buf_head(b);
    uint8_t *sum = p + h->header_length + 16;
    sv_nat_sum16(sum, (uint16_t)(h->total_length - h->header_length), tcp, partial);
    if (!partial) { /* headers are even, so both texts begin at a word */
        uint16_t field;
        const uint16_t before = sv_sum(old->byte, old->n, c->cpu), after = sv_sum(text->byte, text->n, c->cpu);
        sv_memcpy(&field, sum, 2);
        sv_sum_store(sum, sv_sum_fold((uint32_t)(uint16_t)~field + (uint16_t)~before + after));
    }
    sv_nat_sum16(p + 10, (uint16_t)h->total_length, length, false);
    sv_put_u16(p + 2, length);
    h->total_length = length;
    return true;
}

/* The outside port for the announced one, and a session that lets the other side come. 0: not to be had. */
static uint16_t sv_ftp_expect(struct sv_core *c, struct sv_nat *n, uint32_t inside, uint16_t port, uint32_t remote)
{
    enum sv_drop why;
    uint32_t m = sv_nat_find_inside(n, SV_PROTO_TCP, inside, port, remote, 0);
    if (m == SV_NONE)
        m = sv_nat_map(c, n, SV_PROTO_TCP, inside, port, &why);
    if (m == SV_NONE)
        return 0;
    uint32_t s = sv_nat_find_session(n, m, remote, 0);
    if (s == SV_NONE)
        s = sv_nat_open(c, n, m, remote, 0, SV_NAT_EXPECT, &why);
    else
        sv_nat_refresh(c, n, s);
    if (s == SV_NONE) {
        sv_nat_unmap_idle(c, n, m);
        return 0;
    }
    return sv_nat_mapping_of(n, m)->outside_port;
}

static bool sv_ftp_find(const struct sv_nat_mapping *m, const struct sv_nat_session *s, struct sv_ftp_text *t,
                        struct sv_ftp_found *f)
{
    t->at = 0;
    if (s->remote_port == SV_FTP_PORT)
        return sv_ftp_command(t, f) && f->addr == m->inside && f->port >= SV_FTP_PORT_MIN;
    return sv_ftp_reply(t, f, m->inside) && f->addr == m->inside && f->port >= SV_FTP_PORT_MIN;
}

static bool sv_ftp_is_control(const struct sv_nat_mapping *m, const struct sv_nat_session *s)
{
    return s->remote_port == SV_FTP_PORT || m->inside_port == SV_FTP_PORT;
}

bool sv_nat_ftp_out(struct sv_core *c, struct sv_nat *n, uint32_t session, struct sv_buf *b, struct sv_ip_hdr *h)
{
    struct sv_nat_session *s = sv_nat_session_of(n, session);
    const struct sv_nat_peer *peer = sv_nat_peer_of(n, s->peer);
    const struct sv_nat_mapping *m = sv_nat_mapping_of(n, peer->mapping);
    if (SV_LIKELY(!sv_ftp_is_control(m, s)) || n->config.flags & SV_NAT_NO_FTP)
        return true;
    uint8_t *tcp = sv_buf_head(b) + h->header_length;
    const uint32_t headers = h->header_length + (uint32_t)(tcp[12] >> 4) * 4u;
    const uint32_t seq = sv_get_u32(tcp + 4);
    struct sv_ftp_text old, text;
    struct sv_ftp_found f;
    if (headers < h->header_length + SV_FTP_TCP_MIN || headers > b->length)
        return true;
    if (b->linear_length < headers && !sv_buf_gather(b, (uint16_t)headers))
        return false;
    tcp = sv_buf_head(b) + h->header_length;
    old.n = b->length - headers;
    if (s->adjust != SV_NONE) {
        const uint32_t now = seq + sv_nat_moved(sv_nat_adjust_of(n, s->adjust), seq);
        if (!(b->flags & SV_BUF_CSUM_PARTIAL))
            sv_nat_sum32(tcp + 16, seq, now, false);
        sv_put_u32(tcp + 4, now);
    }
    if (old.n == 0 || old.n > SV_FTP_LINE_MAX || b->gso_size != 0 || h->more_fragments ||
        !sv_buf_read(b, headers, old.byte, old.n) || !sv_ftp_find(m, s, &old, &f))
        return true;
    const uint16_t port = sv_ftp_expect(c, n, m->inside, (uint16_t)f.port, peer->remote);
    if (port == 0)
        return true; /* counted; the other side's connection will fail, and the user hear of it */
    sv_ftp_rewrite(&old, &f, n->address, port, &text);
    if (text.n != old.n && !sv_nat_adjust_note(n, s, seq, text.n - old.n))
        return true;
    n->counts.ftp_rewritten++;
    return sv_ftp_replace(c, b, h, headers, &old, &text);
}

bool sv_nat_ftp_in(struct sv_core *c, struct sv_nat *n, uint32_t session, struct sv_buf *b, struct sv_ip_hdr *h)
{
    const struct sv_nat_session *s = sv_nat_session_of(n, session);
    const bool partial = (b->flags & SV_BUF_CSUM_PARTIAL) != 0;
    (void)c;
    if (SV_LIKELY(s->adjust == SV_NONE))
        return true;
    const struct sv_nat_adjust *a = sv_nat_adjust_of(n, s->adjust);
    uint8_t *tcp = sv_buf_head(b) + h->header_length;
    const uint32_t length = (uint32_t)(tcp[12] >> 4) * 4u, headers = h->header_length + length;
    if (length < SV_FTP_TCP_MIN || headers > b->length || !(tcp[13] & 16u))
        return true;
    if (b->linear_length < headers && !sv_buf_gather(b, (uint16_t)headers))
        return false;
    tcp = sv_buf_head(b) + h->header_length;
    const uint32_t ack = sv_get_u32(tcp + 8), inside = ack - sv_nat_moved_back(a, ack);
    if (!partial)
        sv_nat_sum32(tcp + 16, ack, inside, false);
    sv_put_u32(tcp + 8, inside);
    sv_nat_adjust_sack(tcp, length, a, partial);
    return true;
}
