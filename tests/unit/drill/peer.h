/* SPDX-License-Identifier: BSD-2-Clause */
/* The other end of a conversation, as raw IP packets: put together and taken apart with nothing of the stack's own
 * code, so that an error in its wire formats cannot hide itself. */
#ifndef SV_TESTS_UNIT_DRILL_PEER_H
#define SV_TESTS_UNIT_DRILL_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

struct peer {
    bool six;
    uint16_t our_port, port; /* the stack's, the peer's */
    uint32_t seq, ack;       /* the peer's next number; what it has of the stack's */
};

/* What came out of the stack. */
struct heard {
    uint32_t seq, ack, length;
    uint16_t flags, window, source, destination, mss;
    const uint8_t *payload;
};

static inline uint8_t *peer_put(uint8_t *p, uint32_t value, uint32_t bytes)
{
    while (bytes--)
        *p++ = (uint8_t)(value >> (8 * bytes));
    return p;
}

static inline uint32_t peer_get(const uint8_t *p, uint32_t bytes)
{
    uint32_t value = 0;
    while (bytes--)
        value = value << 8 | *p++;
    return value;
}

static inline uint32_t peer_sum(const uint8_t *p, uint32_t n, uint32_t start)
{
    for (uint32_t i = 0; i < n; i++)
        start += i & 1u ? p[i] : (uint32_t)p[i] << 8;
    while (start >> 16)
        start = (start & 0xffffu) + (start >> 16);
    return start;
}

/* 192.0.2.1 and fd00::2 are the peer's, 192.168.0.1 and fd00::1 the stack's. */
static inline uint32_t peer_ip(const struct peer *k, uint8_t *to, uint32_t tcp_length)
{
    static const uint8_t v4[8] = {192, 0, 2, 1, 192, 168, 0, 1};
    static const uint8_t v6[32] = {0xfd, [15] = 2, [16] = 0xfd, [31] = 1};
    memset(to, 0, 40);
    if (k->six) {
        to[0] = 0x60;
        (void)peer_put(to + 4, tcp_length, 2);
        to[6] = 6;
        to[7] = 64;
        memcpy(to + 8, v6, 32);
        return 40;
    }
    to[0] = 0x45;
    (void)peer_put(to + 2, 20 + tcp_length, 2);
    to[8] = 64;
    to[9] = 6;
    memcpy(to + 12, v4, 8);
    (void)peer_put(to + 10, 0xffffu ^ peer_sum(to, 20, 0), 2);
    return 20;
}

static inline uint32_t peer_pseudo(const struct peer *k, const uint8_t *ip, uint32_t tcp_length)
{
    return k->six ? peer_sum(ip + 8, 32, 6 + tcp_length) : peer_sum(ip + 12, 8, 6 + tcp_length);
}

/* A segment of n zeros; a SYN says MSS 1000. Its length; seq goes on by what it takes. */
static inline uint32_t peer_segment(struct peer *k, uint8_t *to, uint16_t flags, uint32_t n)
{
    const uint32_t options = flags & SYN ? 4 : 0, length = 20 + options + n;
    uint8_t *tcp = to + peer_ip(k, to, length);
    memset(tcp, 0, length);
    (void)peer_put(tcp, k->port, 2);
    (void)peer_put(tcp + 2, k->our_port, 2);
    (void)peer_put(tcp + 4, k->seq, 4);
    (void)peer_put(tcp + 8, flags & ACK ? k->ack : 0, 4);
    tcp[12] = (uint8_t)((20 + options) / 4 << 4);
    tcp[13] = (uint8_t)flags;
    (void)peer_put(tcp + 14, 30000, 2);
    if (options)
        (void)peer_put(tcp + 20, 0x020403e8, 4);
    (void)peer_put(tcp + 16, 0xffffu ^ peer_sum(tcp, length, peer_pseudo(k, to, length)), 2);
    k->seq += n + (flags & (SYN | FIN) ? 1u : 0u);
    return (uint32_t)(tcp - to) + length;
}

/* False: not a sound TCP packet. Remembers what is to be acknowledged, and the stack's port. */
static inline bool peer_hear(struct peer *k, const uint8_t *packet, size_t n, struct heard *h)
{
    const uint32_t at = k->six ? 40 : 20;
    const uint8_t *tcp = packet + at;
    if (n < at + 20 || packet[0] >> 4 != (k->six ? 6 : 4) || packet[k->six ? 6 : 9] != 6)
        return false;
    const uint32_t length = (uint32_t)n - at, header = (uint32_t)(tcp[12] >> 4) * 4;
    if (!k->six && (peer_sum(packet, 20, 0) != 0xffffu || peer_get(packet + 2, 2) != n))
        return false;
    if (header > length || peer_sum(tcp, length, peer_pseudo(k, packet, length)) != 0xffffu)
        return false;
    *h = (struct heard){
        .source = (uint16_t)peer_get(tcp, 2),
        .destination = (uint16_t)peer_get(tcp + 2, 2),
        .seq = peer_get(tcp + 4, 4),
        .ack = peer_get(tcp + 8, 4),
        .flags = tcp[13],
        .window = (uint16_t)peer_get(tcp + 14, 2),
        .length = length - header,
        .payload = tcp + header,
    };
    for (uint32_t i = 20; i + 4 <= header && tcp[i] != 0; i += tcp[i] == 1 ? 1u : tcp[i + 1])
        if (tcp[i] == 2)
            h->mss = (uint16_t)peer_get(tcp + i + 2, 2);
    k->our_port = h->source;
    k->ack = h->seq + h->length + (h->flags & (SYN | FIN) ? 1u : 0u);
    return true;
}

/* Family 4, 6, or 46: IPv4 in an IPv6 socket. */
static inline socklen_t peer_address(int family, bool ours, uint16_t port, struct sockaddr_storage *to)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    memset(to, 0, sizeof *to);
    (void)inet_pton(AF_INET, ours ? "192.168.0.1" : "192.0.2.1", &in.sin_addr);
    (void)inet_pton(AF_INET6,
                    family == 46 ? (ours ? "::ffff:192.168.0.1" : "::ffff:192.0.2.1") : (ours ? "fd00::1" : "fd00::2"),
                    &in6.sin6_addr);
    memcpy(to, family == 4 ? (void *)&in : (void *)&in6, family == 4 ? sizeof in : sizeof in6);
    return family == 4 ? (socklen_t)sizeof in : (socklen_t)sizeof in6;
}

#endif
