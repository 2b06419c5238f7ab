/* SPDX-License-Identifier: BSD-2-Clause */
/* A peer made by hand, for tests of devices: resolves the kernel's address, opens a TCP connection to a
 * kernel's listener and moves bytes both ways, without any of Seven's protocol code. */
#ifndef SV_TESTS_HAND_H
#define SV_TESTS_HAND_H

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/checksum.h"
#include "core/cursor.h"
#include "port/clock.h"
#include "port/device.h"

#define HAND_FRAME 70000u
#define HAND_PORT 40007u

struct hand {
    struct sv_device *device;
    struct sv_pool *pool;
    bool v6;
    uint8_t kernel_mac[6];
    uint16_t kernel_port;
    uint32_t snd_nxt, rcv_nxt;
    /* The last frame taken, flat, and what its packet said. */
    uint32_t n;
    uint32_t flags, gso_size, segments, slices, csum_start, csum_offset;
    uint32_t supers; /* packets of more than one segment so far */
    uint8_t frame[HAND_FRAME];
    struct sv_burst burst; /* filled, not looked at yet: from `next` on */
    uint32_t next;
};

/* Lets go of what nobody looked at. */
static inline void hand_drop(struct hand *h)
{
    while (h->next < h->burst.n)
        sv_buf_free(h->burst.packet[h->next++]);
    h->next = h->burst.n = 0;
}

static const uint8_t hand_us4[4] = {10, 7, 0, 2}, hand_kernel4[4] = {10, 7, 0, 1};
static const uint8_t hand_us6[16] = {0xfd, 7, [15] = 2}, hand_kernel6[16] = {0xfd, 7, [15] = 1};

/* Takes the next frame that `want` likes, for at most `ms`; false: none came. */
static inline bool hand_take(struct hand *h, bool (*want)(const struct hand *h), uint32_t ms)
{
    const sv_time end = sv_clock() + ms * SV_MS;

    for (;;) {
        while (h->next < h->burst.n) {
            struct sv_buf *p = h->burst.packet[h->next++];
            h->n = p->length;
            h->flags = p->flags;
            h->gso_size = p->gso_size;
            h->segments = p->segments;
            h->slices = p->slices;
            h->csum_start = p->csum_start;
            h->csum_offset = p->csum_offset;
            const bool read = h->n <= HAND_FRAME && sv_buf_read(p, 0, h->frame, h->n);
            SV_ASSERT(read);
            sv_buf_free(p);
            if (want(h))
                return true;
        }
        h->next = h->burst.n = 0;
        if (h->device->fill(h->device, h->pool, 0, &h->burst) > 0)
            continue;
        if (sv_clock() >= end)
            return false;
        struct pollfd f = {h->device->fd, POLLIN, 0};
        (void)poll(&f, 1, 5);
    }
}

static inline void hand_send(struct hand *h, struct sv_buf *p)
{
    struct sv_burst b = {1, {p}};
    h->device->send(h->device, &b);
}

/* A packet with these first bytes, in one slab, with room before it for nothing. */
static inline struct sv_buf *hand_packet(struct hand *h, const void *bytes, uint32_t n)
{
    struct sv_buf *p = sv_buf_alloc_slab(h->pool, SV_WANT_DATA, 0, 0);
    const bool done = p && sv_buf_append(p, bytes, n, SV_WANT_DATA);
    SV_ASSERT(done);
    p->segments = 1;
    return p;
}

static inline uint16_t hand_pseudo(const struct hand *h, bool ours, uint32_t protocol, uint32_t length)
{
    const uint8_t *us = h->v6 ? hand_us6 : hand_us4, *kernel = h->v6 ? hand_kernel6 : hand_kernel4;
    const size_t n = h->v6 ? 16 : 4;
    uint16_t sum = sv_sum_add(sv_sum(ours ? us : kernel, n, 0), sv_sum(ours ? kernel : us, n, 0));
    sum = sv_sum_add(sum, sv_sum_u16((uint16_t)protocol));
    return sv_sum_add(sum, sv_sum_u32(length));
}

/* Ethernet and IP before `length` bytes of `protocol`; the bytes written. */
static inline uint32_t hand_ip(const struct hand *h, uint8_t *p, uint32_t protocol, uint32_t length)
{
    memcpy(p, h->kernel_mac, 6);
    memcpy(p + 6, h->device->mac, 6);
    sv_put_u16(p + 12, h->v6 ? 0x86dd : 0x0800);
    if (h->v6) {
        memset(p + 14, 0, 8);
        p[14] = 0x60;
        sv_put_u16(p + 18, (uint16_t)length);
        p[20] = (uint8_t)protocol;
        p[21] = protocol == 58 ? 255 : 64;
        memcpy(p + 22, hand_us6, 16);
        memcpy(p + 38, hand_kernel6, 16);
        return 54;
    }
    const uint8_t ip[20] = {0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, (uint8_t)protocol};
    memcpy(p + 14, ip, 20);
    sv_put_u16(p + 16, (uint16_t)(20 + length));
    memcpy(p + 26, hand_us4, 4);
    memcpy(p + 30, hand_kernel4, 4);
    sv_sum_store(p + 24, sv_sum(p + 14, 20, 0));
    return 34;
}

static inline bool hand_wants_arp_reply(const struct hand *h)
{
    return h->n >= 42 && sv_get_u16(h->frame + 12) == 0x0806 && sv_get_u16(h->frame + 20) == 2 &&
           memcmp(h->frame + 28, hand_kernel4, 4) == 0 && memcmp(h->frame + 38, hand_us4, 4) == 0;
}

static inline bool hand_wants_advertisement(const struct hand *h)
{
    return h->n >= 86 && sv_get_u16(h->frame + 12) == 0x86dd && h->frame[20] == 58 && h->frame[54] == 136 &&
           memcmp(h->frame + 62, hand_kernel6, 16) == 0;
}

/* Asks for the kernel's address by ARP (RFC 826) or a neighbour solicitation (RFC 4861 §4.3), which also
 * tells the kernel ours. The answer stays in h->frame. */
static inline bool hand_resolve_once(struct hand *h)
{
    uint8_t f[86] = {0};

    memset(h->kernel_mac, 0xff, 6);
    if (!h->v6) {
        static const uint8_t arp[8] = {0, 1, 8, 0, 6, 4, 0, 1};
        memset(f, 0xff, 6);
        memcpy(f + 6, h->device->mac, 6);
        sv_put_u16(f + 12, 0x0806);
        memcpy(f + 14, arp, 8);
        memcpy(f + 22, h->device->mac, 6);
        memcpy(f + 28, hand_us4, 4);
        memcpy(f + 38, hand_kernel4, 4);
        hand_send(h, hand_packet(h, f, 42));
        if (!hand_take(h, hand_wants_arp_reply, 300))
            return false;
        memcpy(h->kernel_mac, h->frame + 22, 6);
        return true;
    }
    static const uint8_t group[6] = {0x33, 0x33, 0xff, 0, 0, 1};
    static const uint8_t solicited[16] = {0xff, 2, [11] = 1, 0xff, 0, 0, 1};
    memcpy(h->kernel_mac, group, 6);
    (void)hand_ip(h, f, 58, 32);
    memcpy(f + 38, solicited, 16);
    f[54] = 135;
    memcpy(f + 62, hand_kernel6, 16);
    f[78] = 1;
    f[79] = 1;
    memcpy(f + 80, h->device->mac, 6);
    uint16_t sum = sv_sum_add(sv_sum(f + 22, 32, 0), sv_sum_u16(58));
    sum = sv_sum_add(sum, sv_sum_u16(32));
    sv_sum_store(f + 56, sv_sum_add(sum, sv_sum(f + 54, 32, 0)));
    hand_send(h, hand_packet(h, f, 86));
    if (!hand_take(h, hand_wants_advertisement, 300))
        return false;
    memcpy(h->kernel_mac, h->frame + 6, 6);
    return true;
}

/* The kernel joins an IPv6 group a little after its interface is up: ask as often as a host does. */
static inline bool hand_resolve(struct hand *h)
{
    for (uint32_t i = 0; i < 10; i++)
        if (hand_resolve_once(h))
            return true;
    return false;
}

/* ---- TCP ---- */

static inline uint32_t hand_tcp_at(const struct hand *h)
{
    return h->v6 ? 54 : 34;
}

static inline bool hand_wants_tcp(const struct hand *h)
{
    const uint32_t at = hand_tcp_at(h);
    return h->n >= at + 20 && sv_get_u16(h->frame + 12) == (h->v6 ? 0x86dd : 0x0800) &&
           h->frame[h->v6 ? 20 : 23] == 6 && sv_get_u16(h->frame + at + 2) == HAND_PORT &&
           sv_get_u16(h->frame + at) == h->kernel_port;
}

/* One segment; payload beyond the headers in slabs of their own. Longer than one MSS: a super-frame. The
 * checksum is left to the device. */
static inline void hand_segment(struct hand *h, uint8_t flags, const uint8_t *payload, uint32_t n, uint16_t mss)
{
    uint8_t f[14 + 40 + 24] = {0};
    const uint32_t options = flags & 0x02 ? 4 : 0, tcp = 20 + options;
    const uint32_t at = hand_ip(h, f, 6, tcp + n);

    sv_put_u16(f + at, HAND_PORT);
    sv_put_u16(f + at + 2, h->kernel_port);
    sv_put_u32(f + at + 4, h->snd_nxt);
    sv_put_u32(f + at + 8, h->rcv_nxt);
    f[at + 12] = (uint8_t)(tcp / 4 << 4);
    f[at + 13] = flags;
    sv_put_u16(f + at + 14, 65535);
    if (options) {
        f[at + 20] = 2;
        f[at + 21] = 4;
        sv_put_u16(f + at + 22, mss);
    }
    /* RFC 9293 §3.1: the field holds the pseudo-header's sum, not complemented, until somebody finishes it. */
    const uint16_t pseudo = hand_pseudo(h, true, 6, tcp + n);
    memcpy(f + at + 16, &pseudo, 2);
    struct sv_buf *p = hand_packet(h, f, at + tcp);
    for (uint32_t done = 0; done < n;) {
        const uint32_t part = n - done < SV_SLAB_BYTES - 1 ? n - done : SV_SLAB_BYTES - 1; /* odd: sums must swap */
        const struct sv_slice s = {sv_slab_alloc(h->pool, SV_WANT_DATA, 0), 1, (uint16_t)part};
        SV_ASSERT(s.slab != SV_NONE);
        memcpy(sv_slab_bytes(h->pool, s.slab) + 1, payload + done, part);
        const bool appended = sv_buf_append_slice(p, s);
        SV_ASSERT(appended);
        done += part;
    }
    p->flags |= SV_BUF_CSUM_PARTIAL;
    p->csum_start = (uint16_t)at;
    p->csum_offset = 16;
    if (n > mss) {
        p->flags |= h->v6 ? SV_BUF_GSO_TCP6 : SV_BUF_GSO_TCP4;
        p->gso_size = mss;
        p->segments = (uint16_t)((n + mss - 1) / mss);
    }
    hand_send(h, p);
    h->snd_nxt += n + (flags & 0x03 ? 1 : 0);
}

/* Opens a connection to the kernel's listener. */
static inline bool hand_connect(struct hand *h, uint16_t port, uint16_t mss)
{
    const uint32_t at = hand_tcp_at(h);
    h->kernel_port = port;
    h->snd_nxt = 0xfffffff0u; /* the numbers wrap at once */
    h->rcv_nxt = 0;
    hand_segment(h, 0x02, NULL, 0, mss);
    if (!hand_take(h, hand_wants_tcp, 2000) || h->frame[at + 13] != 0x12)
        return false;
    h->rcv_nxt = sv_get_u32(h->frame + at + 4) + 1;
    hand_segment(h, 0x10, NULL, 0, mss);
    return true;
}

/* Takes one TCP packet; its payload in order is copied to `to` and acknowledged. Bytes, 0: none came. */
static inline uint32_t hand_receive(struct hand *h, uint8_t *to, uint32_t room, uint16_t mss)
{
    const uint32_t at = hand_tcp_at(h);
    if (!hand_take(h, hand_wants_tcp, 2000))
        return 0;
    const uint32_t headers = at + (uint32_t)(h->frame[at + 12] >> 4) * 4;
    const uint32_t whole = h->v6 ? 54u + sv_get_u16(h->frame + 18) : 14u + sv_get_u16(h->frame + 16);
    const uint32_t n = whole - headers;
    h->supers += h->segments > 1;
    if (n == 0 || sv_get_u32(h->frame + at + 4) != h->rcv_nxt || n > room)
        return n ? 0 : UINT32_MAX; /* a bare acknowledgement */
    memcpy(to, h->frame + headers, n);
    h->rcv_nxt += n;
    hand_segment(h, 0x10, NULL, 0, mss);
    return n;
}

#endif
