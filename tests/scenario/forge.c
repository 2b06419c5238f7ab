/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scenario/forge.h"

#include <string.h>

#include "core/packet_sum.h"
#include "core/cursor.h"

uint32_t forge_ethernet(uint8_t *frame, uint8_t to, uint8_t from, uint16_t type, const uint8_t *bytes, uint32_t n)
{
    memset(frame, 0, 14);
    frame[0] = 2;
    frame[5] = to;
    if (to == 255)
        memset(frame, 255, 6);
    frame[6] = 2;
    frame[11] = from;
    sv_put_u16(frame + 12, type);
    memcpy(frame + 14, bytes, n);
    return 14 + n;
}

static bool family_six;

void forge_family(bool six)
{
    family_six = six;
}

static struct sv_addr six_of(uint32_t number)
{
    struct sv_addr a = {{0}};
    if (number == 0x0a0000ffu || number == 0xe0000001u)
        a = (struct sv_addr){{0xff, 2, [15] = 1}};
    else if (number)
        a = (struct sv_addr){{0xfd, [15] = (uint8_t)number}};
    return a;
}

static uint32_t forge_ip6(uint8_t *frame, uint8_t to, uint8_t from, uint32_t src, uint32_t dst, uint8_t protocol,
                          const uint8_t *bytes, uint32_t n)
{
    uint8_t ip[40 + FORGE_BYTES] = {0x60};
    const struct sv_addr a = six_of(src), b = six_of(dst);
    if (n)
        memcpy(ip + 40, bytes, n);
    sv_put_u16(ip + 4, (uint16_t)n);
    ip[6] = protocol == 1 ? 58 : protocol;
    ip[7] = 64;
    memcpy(ip + 8, a.byte, 16);
    memcpy(ip + 24, b.byte, 16);
    const uint32_t length = forge_ethernet(frame, to, from, 0x86dd, ip, 40 + n);
    forge_fix(frame, length);
    return length;
}

uint32_t forge_ip(uint8_t *frame, uint8_t to, uint8_t from, uint32_t src, uint32_t dst, uint8_t protocol,
                  const uint8_t *bytes, uint32_t n)
{
    if (family_six)
        return forge_ip6(frame, to, from, src, dst, protocol, bytes, n);
    uint8_t ip[20 + FORGE_BYTES] = {0x45};
    if (n)
        memcpy(ip + 20, bytes, n);
    sv_put_u16(ip + 2, (uint16_t)(20 + n));
    ip[8] = 64;
    ip[9] = protocol;
    sv_put_u32(ip + 12, src);
    sv_put_u32(ip + 16, dst);
    const uint32_t length = forge_ethernet(frame, to, from, 0x0800, ip, 20 + n);
    forge_fix(frame, length);
    return length;
}

uint32_t forge_segment(uint8_t *frame, uint8_t to, uint8_t from, const struct forge_tcp *t)
{
    uint8_t tcp[FORGE_BYTES] = {0};
    uint32_t n = 20;
    sv_put_u16(tcp, t->src_port);
    sv_put_u16(tcp + 2, t->dst_port);
    sv_put_u32(tcp + 4, t->seq);
    sv_put_u32(tcp + 8, t->ack);
    sv_put_u16(tcp + 14, t->window);
    sv_put_u16(tcp + 18, t->urgent);
    if (t->mss) {
        sv_put_u32(tcp + n, 0x02040000u | t->mss);
        n += 4;
    }
    if (t->timestamps) {
        sv_put_u32(tcp + n, 0x0101080au);
        sv_put_u32(tcp + n + 4, t->ts_val);
        sv_put_u32(tcp + n + 8, t->ts_ecr);
        n += 12;
    }
    sv_put_u16(tcp + 12, (uint16_t)((n / 4) << 12 | t->flags));
    memset(tcp + n, 'F', t->payload);
    return forge_ip(frame, to, from, t->src, t->dst, 6, tcp, n + t->payload);
}

static void fix_transport(uint8_t *ip, uint32_t header, uint32_t length)
{
    static const struct {
        uint8_t protocol, at, pseudo;
    } fields[] = {{1, 2, 0}, {6, 16, 1}, {17, 6, 1}};
    uint8_t *l4 = ip + header;
    const uint32_t n = length - header;
    for (uint32_t i = 0; i < 3; i++) {
        if (fields[i].protocol != ip[9] || n < fields[i].at + 2u)
            continue;
        uint16_t sum = 0;
        sv_put_u16(l4 + fields[i].at, 0);
        if (fields[i].pseudo)
            sum = sv_sum_add(sv_sum(ip + 12, 8, 0), sv_sum_add(sv_sum_u16(ip[9]), sv_sum_u16((uint16_t)n)));
        sv_sum_store(l4 + fields[i].at, sv_sum_add(sum, sv_sum(l4, n, 0)));
    }
}

static void fix_ip6(uint8_t *ip, uint32_t n)
{
    static const struct {
        uint8_t protocol, at;
    } fields[] = {{58, 2}, {6, 16}, {17, 6}};
    const uint32_t length = n < 40 ? 0 : sv_get_u16(ip + 4);
    if (n < 40 || length + 40 > n)
        return;
    struct sv_addr src, dst;
    memcpy(src.byte, ip + 8, 16);
    memcpy(dst.byte, ip + 24, 16);
    for (uint32_t i = 0; i < 3; i++) {
        if (fields[i].protocol != ip[6] || length < fields[i].at + 2u)
            continue;
        sv_put_u16(ip + 40 + fields[i].at, 0);
        const uint16_t pseudo = sv_pseudo_sum(&src, &dst, ip[6], length);
        sv_sum_store(ip + 40 + fields[i].at, sv_sum_add(pseudo, sv_sum(ip + 40, length, 0)));
    }
}

void forge_fix(uint8_t *frame, uint32_t n)
{
    uint8_t *ip = frame + 14;
    if (n >= 14 && sv_get_u16(frame + 12) == 0x86dd)
        fix_ip6(ip, n - 14);
    if (n < 34 || sv_get_u16(frame + 12) != 0x0800)
        return;
    const uint32_t header = (ip[0] & 15u) * 4u;
    if (header < 20 || header + 14 > n)
        return;
    sv_put_u16(ip + 10, 0);
    sv_sum_store(ip + 10, sv_sum(ip, header, 0));
    const uint32_t length = sv_get_u16(ip + 2);
    if (length >= header && length + 14 <= n && !(sv_get_u16(ip + 6) & 0x3fffu))
        fix_transport(ip, header, length);
}

bool forge_put(struct sv_pool *pool, struct sv_stack *stack, const uint8_t *frame, uint32_t n, sv_time now)
{
    struct sv_burst burst = {.n = 1};
    struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 32);
    if (!b)
        return false;
    if (!sv_buf_append(b, frame, n, SV_WANT_DATA)) {
        sv_buf_free(b);
        return false;
    }
    burst.packet[0] = b;
    sv_node_receive(sv_stack_node(stack), 0, &burst, now);
    return true;
}
