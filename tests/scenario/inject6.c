/* SPDX-License-Identifier: BSD-2-Clause */
/* What inject.c forges below TCP, for hosts that speak IPv6: chains, options, fragments, ICMPv6. */
#include "tests/scenario/forge.h"
#include "tests/scenario/pair.h"

#include <string.h>

#include "core/cursor.h"

static uint32_t number(uint32_t host)
{
    return 0x0a000001u + host;
}

/* An error that quotes nobody, an answer that nobody asked for, or one too short. */
static uint32_t icmp6(uint32_t h, uint32_t draw, uint8_t *frame)
{
    uint8_t bytes[56] = {0};
    bytes[0] = (uint8_t)(draw & 1u ? 1 : draw & 2u ? 200 : 129);
    bytes[1] = 3;
    bytes[8] = 0x60;
    bytes[14] = 6;
    bytes[16] = bytes[32] = 0xfd;
    bytes[31] = (uint8_t)(h + 1u);
    bytes[47] = (uint8_t)(2u - h);
    const uint32_t n = draw & 4u ? 56 : draw & 1u ? 10 : 4;
    return forge_ip(frame, (uint8_t)(h + 1u), (uint8_t)(2u - h), number(1u - h), number(h), 1, bytes, n);
}

/* A chain in front of eight bytes of nothing. */
static uint32_t chain6(uint32_t h, uint32_t draw, uint8_t *frame)
{
    static const struct {
        uint8_t first, bytes[16];
    } chain[] = {
        {43, {17, 0, 0, 1}},                        /* wants to be sent on: RFC 5095 */
        {60, {17, 0, 0x9e, 2}},                     /* an unknown option that asks for an answer */
        {60, {17, 0, 0x5e, 2}},                     /* one that does not */
        {60, {17, 1, 0, 0}},                        /* padding that could hide something */
        {59, {0}},                                  /* nothing follows */
        {60, {60, 9, 1, 4}},                        /* past the end */
        {60, {17, 0, 1, 4, 0, 0, 0, 0}},            /* what is behind it is no datagram */
        {0, {0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4}}, /* hop-by-hop twice */
    };
    const uint32_t k = draw % SV_COUNT_OF(chain);
    return forge_ip(frame, (uint8_t)(h + 1u), (uint8_t)(2u - h), number(1u - h), number(h), chain[k].first,
                    chain[k].bytes, 16);
}

/* A piece of a datagram: with two bits of identification and three of place they overlap soon. */
static uint32_t piece6(uint32_t h, uint32_t draw, bool impossible, uint8_t *frame)
{
    uint8_t bytes[8 + 64] = {17};
    const uint32_t offset = impossible && !(draw & 1u) ? 0xfff8u : (draw >> 4 & 7u) * 8u;
    sv_put_u16(bytes + 2, (uint16_t)(offset | 1u));
    bytes[7] = (uint8_t)(draw & 3u);
    const uint32_t n = impossible && draw & 1u ? 71 : 72;
    return forge_ip(frame, (uint8_t)(h + 1u), (uint8_t)(2u - h), number(1u - h), number(h), 44, bytes, n);
}

uint32_t pair_below6(uint32_t h, uint32_t kind, uint32_t draw, uint8_t *frame)
{
    uint8_t bytes[64] = {0};
    const uint8_t to = (uint8_t)(h + 1u), from = (uint8_t)(2u - h);
    uint32_t n = 0;
    switch (kind) {
    case 0:
        return forge_ip(frame, to, from, number(1u - h), number(h), 99, bytes, 20);
    case 1:
    case 8:
        return chain6(h, draw, frame);
    case 2:
        return forge_ip(frame, to, from, 0xe0000001u, number(h), 17, bytes, 20);
    case 3:
        return forge_ip(frame, to, from, number(1u - h), 0x0a000063u, 17, bytes, 20);
    case 4:
        return forge_ip(frame, to, from, number(1u - h), 0, 17, bytes, 20);
    case 5:
    case 6:
        return piece6(h, draw, false, frame);
    case 7:
        return piece6(h, draw, true, frame);
    case 9:
        return icmp6(h, draw, frame);
    case 10: /* an IPv4 address where there is none */
        n = forge_ip(frame, to, from, number(1u - h), number(h), 17, bytes, 20);
        memset(frame + 22, 0, 15);
        frame[22 + 10] = frame[22 + 11] = 0xff;
        frame[22 + 12] = 10;
        return n;
    case 11:
        n = forge_ip(frame, to, from, number(1u - h), number(h), 17, bytes, 20);
        frame[14] = 0x45;
        return n;
    case 12: /* for another station */
        return forge_ip(frame, 77, from, number(1u - h), number(h), 17, bytes, 20);
    default: /* a group that nobody joined, by a MAC that all nodes take */
        n = forge_ip(frame, to, from, number(1u - h), 0xe0000001u, 17, bytes, 20);
        memcpy(frame, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1}, 6);
        frame[14 + 24 + 1] = 5;
        return n;
    }
}

uint32_t pair_quoting6(uint32_t h, uint32_t draw, uint16_t local_port, uint16_t remote_port, uint32_t seq,
                       uint8_t *frame)
{
    uint8_t bytes[56] = {(uint8_t)(1u + draw % 4u), (uint8_t)(draw >> 8 & 3u)};
    sv_put_u32(bytes + 4, draw & 64u ? 1000 : 1280 + (draw >> 16 & 127u)); /* of too big: the MTU */
    bytes[8] = 0x60;
    sv_put_u16(bytes + 12, 1460);
    bytes[14] = 6;
    bytes[16] = bytes[32] = 0xfd;
    bytes[31] = (uint8_t)(h + 1u);
    bytes[47] = (uint8_t)(2u - h);
    sv_put_u16(bytes + 48, local_port);
    sv_put_u16(bytes + 50, remote_port);
    sv_put_u32(bytes + 52, seq);
    return forge_ip(frame, (uint8_t)(h + 1u), (uint8_t)(2u - h), number(1u - h), number(h), 1, bytes, sizeof bytes);
}
