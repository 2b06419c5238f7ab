/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP in tcpdump's words, its numbers relative to the first acknowledged segment seen of a conversation. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/text_private.h"

#define SV_TCP_FIN 0x01u
#define SV_TCP_SYN 0x02u
#define SV_TCP_RST 0x04u
#define SV_TCP_ACK 0x10u
#define SV_TCP_URG 0x20u

/* Both directions of a conversation in one record: mirrored when the sender has the larger port (or address). */
static bool sv_flow_mirrored(const struct sv_dissected *d)
{
    if (d->port_from != d->port_to)
        return d->port_from > d->port_to;
    return memcmp(d->ip.from, d->ip.to, d->ip.version == 4 ? 4 : 16) > 0;
}

static struct sv_text_flow *sv_flow_find(struct sv_line *l, bool mirrored, bool *fresh)
{
    const struct sv_dissected *d = l->d;
    struct sv_text_flow key;
    memset(&key, 0, sizeof key);
    memcpy(key.addr[mirrored], d->ip.from, 16);
    memcpy(key.addr[!mirrored], d->ip.to, 16);
    key.port[mirrored] = d->port_from;
    key.port[!mirrored] = d->port_to;
    key.version = d->ip.version;
    key.used = 1;
    *fresh = false;
    for (uint32_t i = 0; i < l->flows->size; i++) {
        struct sv_text_flow *f = &l->flows->at[i];
        if (f->used && f->version == key.version && memcmp(f->port, key.port, sizeof key.port) == 0 &&
            memcmp(f->addr, key.addr, sizeof key.addr) == 0)
            return f;
    }
    struct sv_text_flow *f = &l->flows->at[l->flows->next++ % l->flows->size];
    *f = key;
    *fresh = true;
    return f;
}

struct sv_relative {
    uint32_t seq, ack; /* as printed */
    uint32_t sack_base;
};

static struct sv_relative sv_line_relative(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    struct sv_relative r = {d->tcp.seq, d->tcp.ack, 0};
    if (!l->flows || l->flows->size == 0 || l->o->absolute || !(d->tcp.flags & SV_TCP_ACK))
        return r;
    const bool mirrored = sv_flow_mirrored(d);
    bool fresh;
    struct sv_text_flow *f = sv_flow_find(l, mirrored, &fresh);
    if (fresh || d->tcp.flags & SV_TCP_SYN) {
        f->seq = mirrored ? d->tcp.ack - 1 : d->tcp.seq;
        f->ack = mirrored ? d->tcp.seq : d->tcp.ack - 1;
    } else {
        r.seq -= mirrored ? f->ack : f->seq;
        r.ack -= mirrored ? f->seq : f->ack;
    }
    r.sack_base = mirrored ? f->seq : f->ack;
    return r;
}

static void sv_line_tcp_flags(struct sv_line *l, uint16_t flags)
{
    static const struct {
        uint16_t bit;
        char letter;
    } order[] = {{0x01, 'F'}, {0x02, 'S'}, {0x04, 'R'}, {0x08, 'P'}, {0x10, '.'},
                 {0x20, 'U'}, {0x40, 'E'}, {0x80, 'W'}, {0x100, 'e'}};
    char text[12];
    size_t n = 0;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (flags & order[i].bit)
            text[n++] = order[i].letter;
    text[n] = 0;
    sv_sink_format(l->sink, "Flags [%s]", n ? text : "none");
}

static const char *sv_option_name(uint8_t kind, char *room, size_t size)
{
    static const char *const names[] = {"eol", "nop", "mss", "wscale", "sackOK", "sack", "echo", "echoreply", "TS"};
    if (kind < sizeof names / sizeof names[0])
        return names[kind];
    switch (kind) {
    case 19:
        return "md5";
    case 28:
        return "uto";
    case 29:
        return "TCP-AO";
    case 30:
        return "mptcp";
    case 34:
        return "tfo";
    case 172:
        return "AccECN0";
    case 174:
        return "AccECN1";
    default:
        snprintf(room, size, "unknown-%u", kind);
        return room;
    }
}

static void sv_line_hex(struct sv_line *l, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sv_sink_format(l->sink, "%02x", bytes[i]);
}

/* RFC 9768 §3.2.3: counters of 24 bits, of bytes by codepoint; as many as there are, perhaps none. */
static void sv_line_accecn(struct sv_line *l, uint8_t kind, const uint8_t *p, size_t n)
{
    static const char *const names[2][3] = {{"e0b", "ceb", "e1b"}, {"e1b", "ceb", "e0b"}};
    for (size_t i = 0; i < 3 && 3 * i + 3 <= n; i++)
        sv_sink_format(l->sink, " %s %" PRIu32, names[kind == 174][i],
                       (uint32_t)p[3 * i] << 16 | sv_get_u16(p + 3 * i + 1));
    l->whole = false; /* tcpdump has other words, or none */
}

/* The body of an option of n bytes; how many of them it takes, or SIZE_MAX when it is malformed. */
static size_t sv_line_option(struct sv_line *l, uint8_t kind, const uint8_t *p, size_t n, uint32_t sack_base)
{
    switch (kind) {
    case 2:
        if (n < 2)
            return SIZE_MAX;
        sv_sink_format(l->sink, " %u", sv_get_u16(p));
        return 2;
    case 3:
        if (n < 1)
            return SIZE_MAX;
        sv_sink_format(l->sink, " %u", p[0]);
        return 1;
    case 5:
        if (n % 8 != 0) {
            sv_sink_format(l->sink, " malformed [len %zu] ", n);
            return n;
        }
        sv_sink_format(l->sink, " %zu ", n / 8);
        for (size_t i = 0; i < n; i += 8)
            sv_sink_format(l->sink, "{%" PRIu32 ":%" PRIu32 "}", sv_get_u32(p + i) - sack_base,
                           sv_get_u32(p + i + 4) - sack_base);
        return n;
    case 6:
    case 7:
        if (n < 4)
            return SIZE_MAX;
        sv_sink_format(l->sink, " %" PRIu32, sv_get_u32(p));
        return 4;
    case 8:
        if (n < 8)
            return SIZE_MAX;
        sv_sink_format(l->sink, " val %" PRIu32 " ecr %" PRIu32, sv_get_u32(p), sv_get_u32(p + 4));
        return 8;
    case 0:
    case 1:
    case 4:
        return 0;
    case 34:
        sv_sink_text(l->sink, n == 0 ? "  cookiereq" : "  cookie ");
        sv_line_hex(l, p, n);
        return n;
    case 172:
    case 174:
        sv_line_accecn(l, kind, p, n);
        return n;
    default:
        if (kind == 19 || kind == 20 || (kind >= 28 && kind <= 30) || kind >= 172)
            l->whole = false; /* tcpdump says more of these */
        if (n)
            sv_sink_text(l->sink, " 0x");
        sv_line_hex(l, p, n);
        return n;
    }
}

static void sv_line_options(struct sv_line *l, const uint8_t *p, size_t n, uint32_t sack_base)
{
    const char *between = "";
    char room[24];
    sv_sink_text(l->sink, ", options [");
    while (n > 0) {
        const uint8_t kind = p[0];
        size_t length = 1;
        sv_sink_text(l->sink, between);
        if (kind > 1) {
            length = n > 1 ? p[1] : 0;
            if (length < 2 || length > n) {
                sv_sink_text(l->sink, "[bad opt]");
                l->whole = false;
                break;
            }
        }
        sv_sink_text(l->sink, sv_option_name(kind, room, sizeof room));
        const size_t body = kind > 1 ? length - 2 : 0;
        const size_t took = sv_line_option(l, kind, p + (kind > 1 ? 2 : 0), body, sack_base);
        if (took == SIZE_MAX) {
            sv_sink_text(l->sink, "[bad opt]");
            l->whole = false;
            break;
        }
        if (took != body)
            sv_sink_format(l->sink, "[len %zu]", length);
        p += length;
        n -= length;
        between = ",";
        if (kind == 0)
            break;
    }
    sv_sink_text(l->sink, "]");
}

/* Does the payload begin as HTTP does: a method, or a status line? */
static bool sv_line_is_http(const char *p, size_t n)
{
    static const char verbs[] =
        "GET PUT COPY HEAD LOCK MOVE POLL POST BCOPY BMOVE MKCOL TRACE LABEL MERGE DELETE SEARCH UNLOCK REPORT UPDATE "
        "NOTIFY BDELETE CONNECT OPTIONS CHECKIN PROPFIND CHECKOUT CCM_POST SUBSCRIBE PROPPATCH BPROPFIND BPROPPATCH "
        "UNCHECKOUT MKACTIVITY MKWORKSPACE UNSUBSCRIBE RPC_CONNECT VERSION-CONTROL BASELINE-CONTROL ";
    if (n > 5 && memcmp(p, "HTTP/", 5) == 0)
        return true;
    for (const char *verb = verbs; *verb;) {
        const size_t length = (size_t)(strchr(verb, ' ') - verb);
        if (n > length && memcmp(p, verb, length) == 0 && (p[length] == ' ' || p[length] == '\t'))
            return true;
        verb += length + 1;
    }
    return false;
}

/* The first line of a protocol of text lines, as far as it is printable. */
static void sv_line_words(struct sv_line *l, const char *name, bool http)
{
    const struct sv_dissected *d = l->d;
    const char *p = (const char *)l->frame + d->payload_at;
    const size_t n = d->payload_captured;
    sv_sink_format(l->sink, ": %s", name);
    if (l->o->verbose) {
        l->whole = false;
        return;
    }
    if (http && !sv_line_is_http(p, n))
        return;
    size_t end = 0;
    while (end < n && p[end] != '\r' && p[end] != '\n' && ((p[end] >= 0x20 && p[end] < 0x7f) || p[end] == '\t'))
        end++;
    if (end == n || (p[end] != '\r' && p[end] != '\n')) {
        l->whole = false; /* a line without its end: tcpdump hesitates by rules of its own */
        return;
    }
    sv_sink_text(l->sink, ": ");
    l->sink->put(l->sink->ctx, p, end);
}

static void sv_line_payload(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    static const uint16_t decoded[] = {23,   43,   53,   110,  119,  139,   143,  179,  323,  445,  554,
                                       639,  646,  1109, 1723, 1935, 2049,  5060, 5061, 5555, 6379, 6633,
                                       6653, 6667, 7000, 8333, 8554, 10288, 5269, 502,  15222};
    const uint16_t ports[2] = {d->port_from, d->port_to};
    for (size_t i = 0; i < 2; i++) {
        if (ports[i] == 80 || ports[i] == 8080 || ports[i] == 3128) {
            sv_line_words(l, "HTTP", true);
            return;
        }
        if (ports[i] == 25 || ports[i] == 587) {
            sv_line_words(l, "SMTP", false);
            return;
        }
        if (ports[i] == 22) {
            if (d->payload_captured > 4 && memcmp(l->frame + d->payload_at, "SSH-", 4) == 0)
                sv_line_words(l, "SSH", false);
            return;
        }
        if (ports[i] == 21) {
            sv_line_words(l, "FTP", false);
            return;
        }
        for (size_t k = 0; k < sizeof decoded / sizeof decoded[0]; k++)
            if (ports[i] == decoded[k])
                l->whole = false;
    }
}

void sv_line_tcp(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    if (!(d->seen & SV_SEEN_TCP)) {
        sv_line_address(l, d->ip.from);
        sv_sink_text(l->sink, " > ");
        sv_line_address(l, d->ip.to);
        sv_sink_format(l->sink, ": truncated-tcp %" PRIu32, d->transport_bytes);
        l->whole = false;
        return;
    }
    sv_line_ports(l);
    if (d->problems & SV_PROBLEM_TRANSPORT) {
        sv_sink_format(l->sink, "tcp %" PRIu32 " [bad hdr length %" PRIu32 ", %s]",
                       d->transport_bytes - d->tcp.header_bytes, d->tcp.header_bytes,
                       d->tcp.header_bytes < 20 ? "too short, < 20" : "too long");
        l->whole = false;
        return;
    }
    const struct sv_relative r = sv_line_relative(l);
    sv_line_tcp_flags(l, d->tcp.flags);
    if (l->o->verbose && d->checksum_state == SV_CHECKSUM_GOOD)
        sv_sink_format(l->sink, ", cksum 0x%04x (correct)", d->checksum);
    else if (l->o->verbose && d->checksum_state == SV_CHECKSUM_BAD)
        sv_sink_format(l->sink, ", cksum 0x%04x (incorrect -> 0x%04x)", d->checksum, d->checksum_right);
    const uint32_t length = d->payload_bytes;
    if (l->o->verbose > 1 || length || d->tcp.flags & (SV_TCP_SYN | SV_TCP_FIN | SV_TCP_RST)) {
        sv_sink_format(l->sink, ", seq %" PRIu32, r.seq);
        if (length)
            sv_sink_format(l->sink, ":%" PRIu32, r.seq + length);
    }
    if (d->tcp.flags & SV_TCP_ACK)
        sv_sink_format(l->sink, ", ack %" PRIu32, r.ack);
    sv_sink_format(l->sink, ", win %u", d->tcp.window);
    if (d->tcp.flags & SV_TCP_URG)
        sv_sink_format(l->sink, ", urg %u", d->tcp.urgent);
    if (d->tcp.flags & 0x100u)
        l->whole = false; /* tcpdump 4.99.3 does not know AE yet */
    const uint32_t room = d->captured_bytes - d->transport_at;
    if (d->tcp.header_bytes > 20)
        sv_line_options(l, l->frame + d->transport_at + 20,
                        (room < d->tcp.header_bytes ? room : d->tcp.header_bytes) - 20, r.sack_base);
    sv_sink_format(l->sink, ", length %" PRIu32, length);
    if (length && d->tcp.flags & SV_TCP_RST && l->o->verbose)
        l->whole = false; /* tcpdump -v shows the bytes as a message */
    else if (length)
        sv_line_payload(l);
}
