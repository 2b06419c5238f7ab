/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of the scripted peer, made and read byte by byte with nothing of the stack's own code, so that an
 * error in its wire formats cannot hide itself. */
#include <string.h>

#include "tests/support/exchange_private.h"

const uint8_t sv_talk_our_mac[6] = {2, 0, 0, 0, 0, 1};
const uint8_t sv_talk_peer_mac[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t our_ip[4] = {10, 0, 0, 1};
static const uint8_t peer_ip[4] = {10, 0, 0, 2};
static const uint8_t our_ip6[16] = {0xfd, [15] = 1};
static const uint8_t peer_ip6[16] = {0xfd, [15] = 2};

bool sv_exchange_six;

struct sv_addr sv_talk_address(uint8_t k)
{
    return sv_exchange_six ? (struct sv_addr){{0xfd, [15] = k}} : sv_addr_v4(10, 0, 0, k);
}

/* IPv6's header is 20 bytes longer: with so much more of a link the segments are the same. */
struct sv_interface_config sv_talk_interface(void)
{
    return (struct sv_interface_config){.size = sizeof(struct sv_interface_config),
                                        .flags = SV_IF_NO_ARP_PROBE | SV_IF_NO_REPORTS,
                                        .mac = {2, 0, 0, 0, 0, 1},
                                        .mtu = sv_exchange_six ? 1520 : 1500};
}

uint8_t sv_talk_pattern(uint32_t offset)
{
    return (uint8_t)(offset * 7u + (offset >> 8) * 13u + 1u);
}

static uint8_t *put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
    return p + 2;
}
static uint8_t *put32(uint8_t *p, uint32_t v)
{
    return put16(put16(p, v >> 16), v & 0xffffu);
}
static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}
static uint32_t get32(const uint8_t *p)
{
    return get16(p) << 16 | get16(p + 2);
}

static uint32_t sum(const uint8_t *p, uint32_t n, uint32_t start)
{
    uint64_t s = start;
    for (uint32_t i = 0; i + 1u < n; i += 2u)
        s += get16(p + i);
    if (n & 1u)
        s += (uint32_t)p[n - 1u] << 8;
    while (s >> 16)
        s = (s & 0xffffu) + (s >> 16);
    return (uint32_t)s;
}
static uint32_t pseudo(const uint8_t *ip, uint32_t protocol, uint32_t length)
{
    return ip[0] >> 4 == 6 ? sum(ip + 8, 32, protocol + length) : sum(ip + 12, 8, protocol + length);
}

static void put_ip6(uint8_t *ip, uint8_t protocol, uint32_t n, const uint8_t *from, const uint8_t *to)
{
    memset(ip, 0, 40);
    ip[0] = 0x60;
    put16(ip + 4, n);
    ip[6] = protocol;
    ip[7] = 64;
    memcpy(ip + 8, from, 16);
    memcpy(ip + 24, to, 16);
}

/* Where the transport begins in a frame. */
static uint32_t l4_at(void)
{
    return sv_exchange_six ? 54 : 34;
}

/* Ethernet and IP in front; n: bytes of the transport. */
static void put_below(uint8_t *frame, uint8_t protocol, uint32_t n, uint8_t ecn)
{
    memcpy(frame, sv_talk_our_mac, 6);
    memcpy(frame + 6, sv_talk_peer_mac, 6);
    put16(frame + 12, sv_exchange_six ? 0x86dd : 0x0800);
    uint8_t *ip = frame + 14;
    if (sv_exchange_six) {
        put_ip6(ip, protocol, n, peer_ip6, our_ip6);
        ip[1] = (uint8_t)(ecn << 4);
        return;
    }
    memset(ip, 0, 20);
    ip[0] = 0x45;
    ip[1] = ecn;
    put16(ip + 2, 20u + n);
    ip[6] = 0x40; /* DF */
    ip[8] = 64;
    ip[9] = protocol;
    memcpy(ip + 12, peer_ip, 4);
    memcpy(ip + 16, our_ip, 4);
    put16(ip + 10, 0xffffu ^ sum(ip, 20, 0));
}

static uint8_t *put_options(const struct sv_talk *t, const struct sv_line *l, uint8_t *p, bool timed)
{
    if (l->options & O_MSS) {
        *p++ = 2;
        *p++ = 4;
        p = put16(p, l->mss);
    }
    if (l->options & O_SCALE) {
        *p++ = 1;
        *p++ = 3;
        *p++ = 3;
        *p++ = l->scale;
    }
    if (l->options & O_SACK_OK) {
        *p++ = 4;
        *p++ = 2;
    }
    if (l->options & O_UNKNOWN) {
        static const uint8_t unknown[] = {0xfd, 6, 1, 2, 3, 4};
        memcpy(p, unknown, sizeof unknown);
        p += sizeof unknown;
    }
    if (timed) {
        *p++ = 1;
        *p++ = 1;
        *p++ = 8;
        *p++ = 10;
        const uint32_t ms = (uint32_t)((t->now - t->zero) / SV_MS);
        p = put32(p, l->options & O_TS ? l->ts : t->peer_ts + ms);
        if (l->options & O_ECR_AT)
            p = put32(p, t->last_ts - (uint32_t)((t->last_ts_at - t->zero) / SV_MS) + l->ecr);
        else
            p = put32(p, l->ecr ? l->ecr : l->flags & ACK ? t->last_ts : 0u);
    }
    if (l->options & O_FAST) {
        *p++ = 34;
        *p++ = (uint8_t)(2u + l->cookie);
        memcpy(p, t->cookie, l->cookie);
        p += l->cookie;
    }
    if (l->options & O_SACK) {
        *p++ = 5;
        *p++ = (uint8_t)(2u + 8u * l->sacks);
        for (uint32_t i = 0; i < 2u * l->sacks; i++)
            p = put32(p, t->our_base + l->sack[i]);
    }
    return p;
}

uint32_t sv_talk_segment(const struct sv_talk *t, const struct sv_line *l, uint8_t *frame)
{
    uint8_t *tcp = frame + l4_at();
    const bool timed = (l->options & O_TS) || (t->timestamps && !(l->options & O_NONE));
    const uint32_t seq = t->peer_base + l->seq;
    put16(tcp, t->peer_port + (l->to == 1 ? 1u : 0u));
    put16(tcp + 2, t->our_port + (l->to == 2 ? 1u : 0u));
    put32(tcp + 4, seq);
    put32(tcp + 8, l->flags & ACK ? t->our_base + l->ack : 0);
    put16(tcp + 14, l->win ? l->win - 1u : 60000u);
    put16(tcp + 16, 0);
    put16(tcp + 18, l->urgent);
    uint8_t *p = put_options(t, l, tcp + 20, timed);
    while ((p - tcp) % 4)
        *p++ = 1;
    if (l->options & O_BROKEN) {
        static const uint8_t broken[] = {2, 40, 5, 0xb4};
        memcpy(p, broken, sizeof broken);
        p += sizeof broken;
    }
    put16(tcp + 12, (uint32_t)(p - tcp) / 4u << 12 | l->flags);
    const uint32_t first = seq - t->peer_isn - (l->flags & SYN ? 0u : 1u);
    for (uint32_t i = 0; i < l->len; i++)
        *p++ = sv_talk_pattern(first + i);
    const uint32_t n = (uint32_t)(p - tcp);
    put_below(frame, 6, n, (uint8_t)(l->ecn ? l->ecn - 1 : 0));
    put16(tcp + 16, 0xffffu ^ sum(tcp, n, pseudo(frame + 14, 6, n)));
    if (l->bad)
        tcp[17] ^= 1;
    return l4_at() + n;
}

/* The same in ICMPv6's words (RFC 4443): unreachable, too big, time exceeded. */
static uint32_t talk_icmp6(const struct sv_talk *t, const struct sv_line *l, uint8_t *frame)
{
    uint8_t *icmp = frame + 54;
    const uint32_t type = l->flags >> 8, code = l->flags & 255u;
    memset(icmp, 0, 56);
    if (type == 3)
        put16(icmp, code == 4 ? 0x0200 : code == 3 ? 0x0104 : 0x0100 | (code == 1 ? 3u : 0u));
    else
        put16(icmp, 0x0300 | code);
    put16(icmp + 6, l->ack); /* MTU, for too big */
    put_ip6(icmp + 8, 6, (l->len ? l->len : 1480) - 40u, our_ip6, peer_ip6);
    put16(icmp + 48, t->our_port);
    put16(icmp + 50, t->peer_port);
    put32(icmp + 52, t->our_base + l->seq);
    put_below(frame, 58, 56, 0);
    put16(icmp + 2, 0xffffu ^ sum(icmp, 56, pseudo(frame + 14, 58, 56)));
    return 54u + 56u;
}

/* Quotes the IP header and first 8 bytes of a segment of ours (RFC 792). */
uint32_t sv_talk_icmp(const struct sv_talk *t, const struct sv_line *l, uint8_t *frame)
{
    uint8_t *icmp = frame + 34;
    if (sv_exchange_six)
        return talk_icmp6(t, l, frame);
    memset(icmp, 0, 36);
    put16(icmp, l->flags);
    put16(icmp + 6, l->ack); /* next-hop MTU, for 3/4 */
    uint8_t *ip = icmp + 8;
    ip[0] = 0x45;
    put16(ip + 2, l->len ? l->len : 1460);
    ip[6] = 0x40;
    ip[8] = 63;
    ip[9] = 6;
    memcpy(ip + 12, our_ip, 4);
    memcpy(ip + 16, peer_ip, 4);
    put16(ip + 10, 0xffffu ^ sum(ip, 20, 0));
    put16(ip + 20, t->our_port);
    put16(ip + 22, t->peer_port);
    put32(ip + 24, t->our_base + l->seq);
    put_below(frame, 1, 36, 0);
    put16(icmp + 2, 0xffffu ^ sum(icmp, 36, 0));
    return 34u + 36u;
}

static void parse_options(const uint8_t *p, uint32_t n, struct sv_seen *s)
{
    for (uint32_t i = 0; i < n && p[i] != 0;) {
        if (p[i] == 1) {
            i++;
            continue;
        }
        const uint32_t length = i + 1u < n ? p[i + 1u] : 0;
        if (length < 2 || i + length > n) {
            s->strange = "an option of bad length";
            return;
        }
        const uint8_t *v = p + i + 2;
        if (p[i] == 2 && length == 4) {
            s->options |= O_MSS;
            s->mss = (uint16_t)get16(v);
        } else if (p[i] == 3 && length == 3) {
            s->options |= O_SCALE;
            s->scale = v[0];
        } else if (p[i] == 4 && length == 2) {
            s->options |= O_SACK_OK;
        } else if (p[i] == 8 && length == 10) {
            s->options |= O_TS;
            s->ts = get32(v);
            s->ecr = get32(v + 4);
        } else if (p[i] == 5 && length % 8u == 2 && length <= 34) {
            s->options |= O_SACK;
            s->sacks = (uint8_t)(length / 8u);
            for (uint32_t k = 0; k < length / 4u && k < 8; k++)
                s->sack[k] = get32(v + 4u * k);
        } else if (p[i] == 34 && length <= 2u + sizeof s->cookie) {
            s->options |= O_FAST;
            s->cookie_length = (uint8_t)(length - 2u);
            memcpy(s->cookie, v, length - 2u);
        } else {
            s->strange = "an option that nobody asked for";
        }
        i += length;
    }
}

/* Bytes of the TCP segment in an IPv4 packet between us; 0: it is strange, and how. */
static uint32_t parse_ip4(const uint8_t *ip, uint32_t n, struct sv_seen *s)
{
    if (n < 20 || ip[0] != 0x45 || sum(ip, 20, 0) != 0xffffu || get16(ip + 2) > n) {
        s->strange = "a bad IPv4 header";
        return 0;
    }
    const uint32_t length = get16(ip + 2) - 20u;
    if (ip[9] != 6 || length < 20 || memcmp(ip + 12, our_ip, 4) != 0 || memcmp(ip + 16, peer_ip, 4) != 0) {
        s->strange = ip[9] == 1 ? "ICMP" : "not TCP between us";
        return 0;
    }
    return length;
}

static uint32_t parse_ip6(const uint8_t *ip, uint32_t n, struct sv_seen *s)
{
    if (n < 40 || ip[0] >> 4 != 6 || get16(ip + 4) + 40u > n) {
        s->strange = "a bad IPv6 header";
        return 0;
    }
    const uint32_t length = get16(ip + 4);
    if (ip[6] != 6 || length < 20 || memcmp(ip + 8, our_ip6, 16) != 0 || memcmp(ip + 24, peer_ip6, 16) != 0) {
        s->strange = ip[6] == 58 ? "ICMPv6" : "not TCP between us";
        return 0;
    }
    return length;
}

void sv_talk_parse_tcp(const uint8_t *tcp, uint32_t length, struct sv_seen *s)
{
    const uint32_t header = (uint32_t)(tcp[12] >> 4) * 4u;
    s->source = (uint16_t)get16(tcp);
    s->destination = (uint16_t)get16(tcp + 2);
    s->seq = get32(tcp + 4);
    s->ack = get32(tcp + 8);
    s->flags = get16(tcp + 12) & 0x1ffu;
    s->window = (uint16_t)get16(tcp + 14);
    s->urgent = (uint16_t)get16(tcp + 18);
    s->length = length - header;
    memcpy(s->payload, tcp + header, s->length);
    s->raw_length = (uint8_t)(header - 20u);
    memcpy(s->raw, tcp + 20, s->raw_length);
    parse_options(tcp + 20, header - 20u, s);
}

uint32_t sv_talk_tcp_at(void)
{
    return l4_at();
}

void sv_talk_parse(const uint8_t *frame, uint32_t n, struct sv_seen *s)
{
    const uint8_t *ip = frame + 14;
    const uint8_t *tcp = frame + l4_at();
    if (n < 14 || get16(frame + 12) != (sv_exchange_six ? 0x86ddu : 0x0800u)) {
        s->strange = n >= 14 && get16(frame + 12) == 0x0806 ? "ARP" : "another EtherType";
        return;
    }
    const uint32_t length = sv_exchange_six ? parse_ip6(ip, n - 14u, s) : parse_ip4(ip, n - 14u, s);
    if (length == 0)
        return;
    const uint32_t header = (uint32_t)(tcp[12] >> 4) * 4u;
    if (sum(tcp, length, pseudo(ip, 6, length)) != 0xffffu || header < 20 || header > length) {
        s->strange = "a TCP checksum or header that does not add up";
        return;
    }
    s->ecn = (sv_exchange_six ? ip[1] >> 4 : ip[1]) & 3u;
    sv_talk_parse_tcp(tcp, length, s);
}
