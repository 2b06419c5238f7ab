/* SPDX-License-Identifier: BSD-2-Clause */
/* Forged frames while connections live: what an attacker off the path, or a broken neighbour, would send. None
 * of them carries bytes that the window would take, so the streams must stay whole. */
#include "tests/scenario/forge.h"
#include "tests/scenario/pair.h"

#include <string.h>

static uint32_t v4(uint32_t host)
{
    return 0x0a000001u + host;
}

/* A live full connection of the host, drawn; NULL: there is none. */
static struct sv_tcp_hot *live(struct pair *p, uint32_t h, uint32_t draw)
{
    struct sv_tcp *tcp = &p->stack[h]->tcp;
    struct sv_tcp_hot *found = NULL;
    uint32_t seen = 0;
    for (uint32_t i = 0; i < tcp->hot_fresh; i++) {
        struct sv_tcp_hot *x = sv_tcp_hot(tcp, i);
        if (x->kind != SV_TCP_FULL || x->flags & SV_TCP_DEAD || x->state < SV_ESTABLISHED)
            continue;
        seen++;
        if (draw % seen == 0)
            found = x;
    }
    return found;
}

/* What a connection's next segment may not be: `kind` says in which way. */
static void spoil(const struct pair *p, const struct sv_tcp_hot *x, uint32_t kind, uint32_t draw, struct forge_tcp *t)
{
    const uint32_t window = x->rcv_right - x->rcv_nxt;
    switch (kind) {
    case 0:
        t->flags = SV_RST;
        t->seq += p->conditions.injects_reset ? 0 : window + 1000u;
        break;
    case 1:
        t->flags = SV_RST;
        t->seq += window > 1u ? 1u : 100000u;
        break;
    case 2:
        t->flags = SV_SYN;
        break;
    case 3:
        t->ack = x->snd_max + 100000u;
        break;
    case 4:
        t->flags = 0;
        break;
    case 5:
        t->seq -= 1000u;
        t->payload = 100;
        break;
    case 6:
        t->seq += window + 2000u;
        t->payload = 100;
        break;
    case 7:
        t->timestamps = !t->timestamps;
        break;
    case 8:
        t->ts_val -= 100000u;
        break;
    case 9:
        t->flags = SV_ACK | SV_URG;
        t->urgent = 5;
        break;
    case 10: /* an exact duplicate acknowledgement: harmless, but for a needless retransmission */
        t->window = (uint16_t)(x->snd_wnd >> (x->scales & 15u));
        break;
    default:
        t->flags = (uint16_t)(draw >> 8 & 0x3fu & ~(uint32_t)(SV_RST | SV_FIN));
        t->seq -= 5000u;
        break;
    }
}

static uint32_t of_connection(struct pair *p, uint32_t h, uint32_t kind, uint32_t draw, uint8_t *frame)
{
    struct sv_tcp_hot *x = live(p, h, draw);
    if (!x)
        return 0;
    struct forge_tcp t = {
        .src = v4(1u - h),
        .dst = v4(h),
        .src_port = x->remote_port,
        .dst_port = x->local_port,
        .seq = x->rcv_nxt,
        .ack = x->snd_una,
        .flags = SV_ACK,
        .window = 1000,
        .timestamps = x->agreed & SV_TCP_TIMESTAMPS,
        .ts_val = x->ts_recent,
    };
    spoil(p, x, kind, draw, &t);
    return forge_segment(frame, (uint8_t)(h + 1u), (uint8_t)(2u - h), &t);
}

static uint32_t of_nobody(uint32_t h, uint32_t kind, uint32_t draw, uint8_t *frame)
{
    struct forge_tcp t = {
        .src = v4(1u - h),
        .dst = v4(h),
        .src_port = (uint16_t)(1000u + draw % 1000u),
        .dst_port = PAIR_PORT,
        .seq = draw,
        .ack = draw,
        .flags = SV_SYN,
        .window = 1000,
    };
    switch (kind) {
    case 0:
        t.flags = SV_ACK;
        break;
    case 1:
        t.flags = SV_RST;
        t.dst_port = 9;
        break;
    case 2:
        t.flags = SV_SYN | SV_FIN;
        break;
    case 3:
        t.dst_port = 9;
        break;
    case 4:
        t.dst = 0x0a0000ffu;
        break;
    case 5:
        t.src = t.dst;
        t.src_port = t.dst_port;
        break;
    case 6:
        t.flags = SV_RST;
        break;
    default:
        t.flags = 0;
        break;
    }
    return forge_segment(frame, (uint8_t)(h + 1u), (uint8_t)(2u - h), &t);
}

/* Nonsense, or of the host's own address. */
static uint32_t arp(uint32_t h, uint32_t draw, uint8_t *frame)
{
    uint8_t bytes[28] = {0};
    sv_put_u32(bytes, draw & 1u ? 0x00010800u : 0x00070800u);
    sv_put_u32(bytes + 4, 0x06040001u);
    bytes[8] = 2;
    bytes[13] = 99;
    sv_put_u32(bytes + 14, draw & 2u ? v4(h) : 0x0a000063u);
    sv_put_u32(bytes + 24, draw & 2u ? v4(h) : 0x0a000064u);
    return forge_ethernet(frame, 255, 99, 0x0806, bytes, 28);
}

/* An error that quotes nobody, an answer that nobody asked for, or one too short. */
static uint32_t icmp(uint32_t h, uint32_t draw, uint8_t *frame)
{
    const uint8_t to = (uint8_t)(h + 1u);
    const uint8_t from = (uint8_t)(2u - h);
    uint8_t bytes[36] = {0};
    bytes[0] = (uint8_t)(draw & 1u ? 3 : draw & 2u ? 13 : 0);
    bytes[1] = 3;
    bytes[8] = 0x45;
    sv_put_u16(bytes + 10, 28);
    bytes[17] = 6;
    sv_put_u32(bytes + 20, v4(h));
    sv_put_u32(bytes + 24, v4(1u - h));
    return forge_ip(frame, to, from, v4(1u - h), v4(h), 1, bytes, draw & 4u ? 36 : draw & 1u ? 10 : 4);
}

/* Below TCP. */
static uint32_t below(uint32_t h, uint32_t kind, uint32_t draw, uint8_t *frame)
{
    uint8_t bytes[64] = {0};
    const uint8_t to = (uint8_t)(h + 1u);
    const uint8_t from = (uint8_t)(2u - h);
    uint32_t n = 0;
    switch (kind) {
    case 0:
        return forge_ip(frame, to, from, v4(1u - h), v4(h), 99, bytes, 20);
    case 1: /* a source route */
        n = forge_ip(frame, to, from, v4(1u - h), v4(h), 17, bytes, 32);
        frame[14] = 0x47;
        frame[34] = 131;
        frame[35] = 7;
        frame[36] = 4;
        break;
    case 2:
        n = forge_ip(frame, to, from, 0xe0000001u, v4(h), 17, bytes, 20);
        break;
    case 3:
        n = forge_ip(frame, to, from, v4(1u - h), 0x0a000063u, 17, bytes, 20);
        break;
    case 4:
        n = forge_ip(frame, to, from, v4(1u - h), 0, 17, bytes, 20);
        break;
    case 5: /* a fragment that overlaps the one before it */
    case 6:
        n = forge_ip(frame, to, from, v4(1u - h), v4(h), 17, bytes, 64);
        sv_put_u16(frame + 14 + 4, (uint16_t)(draw & 3u));
        sv_put_u16(frame + 14 + 6, (uint16_t)(0x2000u | ((draw >> 4) & 7u)));
        break;
    case 7: /* an impossible one */
        n = forge_ip(frame, to, from, v4(1u - h), v4(h), 17, bytes, draw & 1u ? 63 : 64);
        sv_put_u16(frame + 14 + 6, (uint16_t)(0x2000u | (draw & 1u ? 1u : 0x1fffu)));
        break;
    case 8:
        return arp(h, draw, frame);
    case 9:
        return icmp(h, draw, frame);
    case 10:
        return forge_ethernet(frame, to, from, 0x88cc, bytes, 40);
    case 11:
        n = forge_ip(frame, to, from, v4(1u - h), v4(h), 17, bytes, 20);
        frame[14] = 0x65;
        return n;
    case 12: /* for another station */
        return forge_ip(frame, 77, from, v4(1u - h), v4(h), 17, bytes, 20);
    default: /* a TCP option that runs over its header */
        n = forge_ip(frame, to, from, v4(1u - h), v4(h), 6, bytes, 24);
        sv_put_u16(frame + 34 + 12, 0x6002);
        sv_put_u32(frame + 34 + 20, 0x02090000u);
        break;
    }
    forge_fix(frame, n);
    return n;
}

/* An ICMP error about a connection: of a byte in flight, or of one that is not. */
static uint32_t quoting(struct pair *p, uint32_t h, uint32_t draw, uint8_t *frame)
{
    uint8_t bytes[36] = {3, (uint8_t)(draw % 16u)};
    const struct sv_tcp_hot *x = live(p, h, draw);
    if (!x)
        return 0;
    bytes[8] = 0x45;
    sv_put_u16(bytes + 10, 28);
    bytes[16] = 64;
    bytes[17] = 6;
    sv_put_u32(bytes + 20, v4(h));
    sv_put_u32(bytes + 24, v4(1u - h));
    sv_put_u16(bytes + 28, x->local_port);
    sv_put_u16(bytes + 30, x->remote_port);
    sv_put_u32(bytes + 32, x->snd_una + (draw & 16u ? 0 : 10000000u));
    return forge_ip(frame, (uint8_t)(h + 1u), (uint8_t)(2u - h), v4(1u - h), v4(h), 1, bytes, sizeof bytes);
}

/* The same in ICMPv6's words; or that the path became narrower, which is believed of a number in flight. */
static uint32_t quoting6(struct pair *p, uint32_t h, uint32_t draw, uint8_t *frame)
{
    const struct sv_tcp_hot *x = live(p, h, draw);
    if (!x)
        return 0;
    const uint32_t seq = x->snd_una + (draw & 16u ? 0 : 10000000u);
    return pair_quoting6(h, draw, x->local_port, x->remote_port, seq, frame);
}

void pair_inject(struct pair *p)
{
    uint8_t frame[FORGE_BYTES + 64];
    const uint32_t h = sv_rng_below(&p->rng, 2);
    const uint32_t kind = sv_rng_below(&p->rng, 40);
    const uint32_t draw = sv_rng_u32(&p->rng);
    uint32_t n;
    forge_family(p->conditions.six);
    if (kind < 14)
        n = of_connection(p, h, kind, draw, frame);
    else if (kind < 22)
        n = of_nobody(h, kind - 14u, draw, frame);
    else if (kind < 36)
        n = p->conditions.six ? pair_below6(h, kind - 22u, draw, frame) : below(h, kind - 22u, draw, frame);
    else
        n = p->conditions.six ? quoting6(p, h, draw, frame) : quoting(p, h, draw, frame);
    if (n && forge_put(p->pool, p->stack[h], frame, n, p->now))
        sv_world_touch(p->sim.world, h);
}
