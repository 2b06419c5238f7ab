/* SPDX-License-Identifier: BSD-2-Clause */
/* One stack at 10.0.0.1 on virtual time, and peers on 10.0.0.0/8 that are the test: segments with any options, made and
 * read here byte by byte. For what the tables of tests/exchange cannot say: cookies, floods, loops. */
#ifndef SV_TESTS_L4_PEER_H
#define SV_TESTS_L4_PEER_H

#include <stdlib.h>
#include <string.h>

#include "seven/seven.h"
#include "stack/stack_internal.h"
#include "tests/unit/core/support.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };
#define OPT_MSS "\x02\x04\x05\xb4"
#define OPT_SACK "\x04\x02"
#define OPT_SCALE "\x01\x03\x03\x07"

struct peer_seg {
    uint32_t from; /* the peer's address: 10.0.0.2 when 0 */
    uint32_t to;   /* ours: 10.0.0.1 when 0 */
    const void *ip_options;
    uint32_t ip_options_length; /* a multiple of 4 */
    uint16_t sport, dport;
    uint16_t flags, urgent, win;
    uint32_t seq, ack, len;
    const void *options; /* as on the wire; filled up with NOPs */
    uint32_t options_length;
    bool timed; /* timestamps too */
    uint32_t ts, ecr;
};

struct peer_seen {
    sv_time at;
    uint32_t from, to;
    uint16_t sport, dport, flags, win, mss, total;
    uint32_t seq, ack, len, ts, ecr;
    uint8_t tos, ttl, sacks, scale, has_mss, has_scale, has_sack, has_ts, has_cookie, experimental, cookie_length;
    uint8_t cookie[16];
    uint8_t payload[1500];
};

#define PEER_SEEN 256u
struct peer {
    void *memory;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_stack *stack;
    sv_port port;
    sv_time now;
    uint32_t events, error, mtu;
    sv_sock told;                                     /* the socket of the event that came last */
    uint32_t n;                                       /* what was sent since peer_clear() */
    void (*check)(struct peer *p, const uint8_t *ip); /* NULL, or looks at each packet that was sent */
    void (*sign)(struct peer *p, uint8_t *ip);        /* NULL, or changes each that is given, before its checksum */
    struct peer_seen seen[PEER_SEEN];
};

static inline void peer_put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void peer_put32(uint8_t *p, uint32_t v)
{
    peer_put16(p, v >> 16);
    peer_put16(p + 2, v & 0xffffu);
}
static inline uint32_t peer_get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}
static inline uint32_t peer_get32(const uint8_t *p)
{
    return peer_get16(p) << 16 | peer_get16(p + 2);
}
static inline uint32_t peer_sum(const uint8_t *p, uint32_t n, uint32_t sum)
{
    for (uint32_t i = 0; i < n; i += 2)
        sum += i + 1u < n ? peer_get16(p + i) : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffffu) + (sum >> 16);
    return sum;
}

static inline void peer_open(struct peer *p, const struct sv_stack_config *given, size_t bytes, uint32_t bufs)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 2};
    memset(p, 0, sizeof *p);
    p->memory = zeroed_pages(bytes);
    p->arena = sv_arena_create(p->memory, bytes);
    p->pool = sv_pool_create(p->arena, bufs, bufs);
    p->now = (sv_time)1 << 42;
    struct sv_stack_config c = *given;
    c.size = sizeof c;
    c.seed = c.seed ? c.seed : 7;
    p->stack = sv_stack_create(p->arena, p->pool, &c, p->now);
    assert_non_null(p->stack);
    const struct sv_interface_config i = {
        .size = sizeof i, .flags = SV_IF_NO_ARP_PROBE | SV_IF_NO_REPORTS, .mac = {2, 0, 0, 0, 0, 1}};
    const struct sv_addr ours = sv_addr_v4(10, 0, 0, 1), gate = sv_addr_v4(10, 0, 0, 2), any = sv_addr_v4(0, 0, 0, 0);
    assert_int_equal(sv_interface_add(p->stack, &i, &p->port, p->now), SV_OK);
    assert_int_equal(sv_address_add(p->stack, p->port, &ours, 24, p->now), SV_OK);
    assert_int_equal(sv_neighbour_add(p->stack, p->port, &gate, mac, p->now), SV_OK);
    assert_int_equal(sv_route_add(p->stack, &any, 0, &gate, p->port, p->now), SV_OK);
}

static inline void peer_close(struct peer *p)
{
    sv_stack_check(p->stack);
    free(p->memory);
}

static inline void peer_read_options(const uint8_t *at, uint32_t n, struct peer_seen *s)
{
    for (uint32_t i = 0; i < n && at[i] != 0;) {
        const uint32_t kind = at[i];
        if (kind == 1) {
            i++;
            continue;
        }
        const uint32_t length = at[i + 1u];
        const uint8_t *v = at + i + 2u;
        assert_true(length >= 2 && i + length <= n);
        if (kind == 2) {
            s->has_mss = 1;
            s->mss = (uint16_t)peer_get16(v);
        } else if (kind == 3) {
            s->has_scale = 1;
            s->scale = *v;
        } else if (kind == 4) {
            s->has_sack = 1;
        } else if (kind == 5) {
            s->sacks = (uint8_t)((length - 2u) / 8u);
        } else if (kind == 8) {
            s->has_ts = 1;
            s->ts = peer_get32(v);
            s->ecr = peer_get32(v + 4);
        } else if (kind == 34 || (kind == 254 && peer_get16(v) == 0xf989)) {
            const uint32_t head = kind == 34 ? 2 : 4;
            s->has_cookie = 1;
            s->experimental = kind == 254;
            s->cookie_length = (uint8_t)(length - head);
            assert_true(s->cookie_length <= 16);
            memcpy(s->cookie, at + i + head, s->cookie_length);
        }
        i += length;
    }
}

static inline void peer_saw(struct peer *p, const uint8_t *frame, uint32_t n)
{
    const uint8_t *ip = frame + 14, *tcp = ip + 20;
    if (n < 54 || peer_get16(frame + 12) != 0x0800 || ip[9] != 6)
        return;
    const uint32_t length = peer_get16(ip + 2) - 20u;
    assert_int_equal(peer_sum(tcp, length, peer_sum(ip + 12, 8, 6 + length)), 0xffff);
    if (p->check)
        p->check(p, ip);
    struct peer_seen *s = &p->seen[p->n % PEER_SEEN];
    p->n++;
    memset(s, 0, sizeof *s);
    s->at = p->now;
    s->from = peer_get32(ip + 12);
    s->to = peer_get32(ip + 16);
    s->tos = ip[1];
    s->ttl = ip[8];
    s->total = (uint16_t)peer_get16(ip + 2);
    s->sport = (uint16_t)peer_get16(tcp);
    s->dport = (uint16_t)peer_get16(tcp + 2);
    s->seq = peer_get32(tcp + 4);
    s->ack = peer_get32(tcp + 8);
    s->flags = tcp[13];
    s->win = (uint16_t)peer_get16(tcp + 14);
    const uint32_t header = (uint32_t)(tcp[12] >> 4) * 4u;
    peer_read_options(tcp + 20, header - 20u, s);
    s->len = length - header;
    if (s->len <= sizeof s->payload)
        memcpy(s->payload, tcp + header, s->len);
}

/* Everything that the stack has to say now, and what it tells its application. */
static inline void peer_take(struct peer *p)
{
    const struct sv_room room = {SV_BURST, 1u << 20, 0};
    struct sv_event e[16];
    struct sv_burst b = {.n = 0};
    uint8_t frame[1600];
    uint32_t n;
    while (sv_node_transmit(sv_stack_node(p->stack), p->port, room, &b, p->now)) {
        for (uint32_t i = 0; i < b.n; i++) {
            n = b.packet[i]->length;
            assert_true(n <= sizeof frame && sv_buf_read(b.packet[i], 0, frame, n));
            if (!p->mtu || n - 14u <= p->mtu) /* a path that swallows what is longer, without a word */
                peer_saw(p, frame, n);
            sv_buf_free(b.packet[i]);
        }
        b.n = 0;
    }
    while ((n = sv_stack_events(p->stack, e, 16)) != 0) {
        for (uint32_t i = 0; i < n; i++) {
            p->events |= e[i].what;
            p->told = e[i].socket;
            if (e[i].what & SV_EVENT_ERROR)
                p->error = (uint32_t)e[i].error;
        }
    }
}

static inline struct sv_buf *peer_packet(struct peer *p, const struct peer_seg *s)
{
    static const uint8_t macs[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
    uint8_t frame[1600] = {0};
    const uint32_t ip_header = 20u + s->ip_options_length;
    uint8_t *ip = frame + 14, *tcp = ip + ip_header, *at = tcp + 20;
    memcpy(frame, macs, 14);
    if (s->options_length)
        memcpy(at, s->options, s->options_length);
    at += s->options_length;
    if (s->timed) {
        memcpy(at, "\x08\x0a", 2);
        peer_put32(at + 2, s->ts);
        peer_put32(at + 6, s->ecr);
        at += 10;
    }
    while ((at - tcp) % 4)
        *at++ = 1;
    const uint32_t header = (uint32_t)(at - tcp);
    for (uint32_t i = 0; i < s->len; i++)
        *at++ = (uint8_t)(s->seq + (s->flags & SYN ? 1u : 0u) + i);
    const uint32_t length = (uint32_t)(at - tcp);
    peer_put16(tcp, s->sport ? s->sport : 4000);
    peer_put16(tcp + 2, s->dport ? s->dport : 80);
    peer_put32(tcp + 4, s->seq);
    peer_put32(tcp + 8, s->flags & ACK ? s->ack : 0);
    tcp[12] = (uint8_t)(header / 4u << 4);
    tcp[13] = (uint8_t)s->flags;
    peer_put16(tcp + 14, s->win ? s->win : 60000);
    peer_put16(tcp + 18, s->urgent);
    ip[0] = (uint8_t)(0x40u + ip_header / 4u);
    if (s->ip_options_length)
        memcpy(ip + 20, s->ip_options, s->ip_options_length);
    peer_put16(ip + 2, length + ip_header);
    ip[6] = 0x40;
    ip[8] = 64;
    ip[9] = 6;
    peer_put32(ip + 12, s->from ? s->from : 0x0a000002u);
    peer_put32(ip + 16, s->to ? s->to : 0x0a000001u);
    if (p->sign)
        p->sign(p, ip);
    peer_put16(ip + 10, 0xffffu ^ peer_sum(ip, ip_header, 0));
    peer_put16(tcp + 16, 0xffffu ^ peer_sum(tcp, length, peer_sum(ip + 12, 8, 6 + length)));
    struct sv_buf *b = sv_buf_alloc_slab(p->pool, SV_WANT_CONTROL, 0, 64);
    assert_non_null(b);
    assert_true(sv_buf_append(b, frame, 14u + ip_header + length, SV_WANT_CONTROL));
    return b;
}

/* A segment arrives; what is answered at once is in seen[]. */
static inline void peer_give(struct peer *p, struct peer_seg s)
{
    struct sv_burst burst = {.n = 1, .packet = {peer_packet(p, &s)}};
    sv_node_receive(sv_stack_node(p->stack), p->port, &burst, p->now);
    sv_stack_check(p->stack);
    peer_take(p);
}

static inline void peer_clear(struct peer *p)
{
    p->n = 0;
    p->events = 0;
    p->error = 0;
}

/* Time passes; timers fire when they are due. */
static inline void peer_wait(struct peer *p, sv_time more)
{
    struct sv_node *node = sv_stack_node(p->stack);
    const sv_time until = p->now + more;
    for (sv_time at = sv_node_next_deadline(node); at <= until; at = sv_node_next_deadline(node)) {
        p->now = at > p->now ? at : p->now;
        sv_node_expire(node, p->now);
        peer_take(p);
    }
    p->now = until;
    sv_node_expire(node, p->now);
    peer_take(p);
}

static inline const struct peer_seen *peer_last(const struct peer *p)
{
    static const struct peer_seen nothing;
    return p->n ? &p->seen[(p->n - 1u) % PEER_SEEN] : &nothing;
}

static inline sv_sock peer_listen(struct peer *p, uint16_t port, struct sv_listen_options options)
{
    const struct sv_endpoint local = {.addr = sv_addr_v4(0, 0, 0, 0), .port = port};
    sv_sock listener = SV_NO_SOCK;
    options.size = sizeof options;
    assert_int_equal(sv_listen(p->stack, &local, &options, &listener, p->now), SV_OK);
    return listener;
}

static inline struct sv_sock_info peer_info(const struct peer *p, sv_sock c)
{
    struct sv_sock_info info = {.size = sizeof info};
    assert_int_equal(sv_sock_info(p->stack, c, &info), SV_OK);
    return info;
}

/* A connection of the peer's from `port`, irs 1000, options as given; accepted. Its own next number is 1001. */
static inline sv_sock peer_connected(struct peer *p, sv_sock listener, struct peer_seg syn, uint32_t *iss)
{
    sv_sock c = SV_NO_SOCK;
    syn.flags = SYN;
    syn.seq = 1000;
    peer_clear(p);
    peer_give(p, syn);
    assert_int_equal(peer_last(p)->flags, SYN | ACK);
    *iss = peer_last(p)->seq;
    syn.flags = ACK;
    syn.seq = 1001;
    syn.ack = *iss + 1u;
    syn.ecr = peer_last(p)->ts;
    syn.options_length = 0;
    peer_give(p, syn);
    assert_int_equal(sv_accept(p->stack, listener, &c, p->now), SV_OK);
    return c;
}

#endif
