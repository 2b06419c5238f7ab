/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames for the tests, written by hand and summed with the plain checksum. */
#ifndef TESTS_TRACE_FRAMES_H
#define TESTS_TRACE_FRAMES_H

#include <string.h>

#include "core/cursor.h"
#include "trace/dissect.h"

struct frame {
    uint8_t at[2000];
    size_t n;
};

struct segment {
    const uint8_t *from, *to; /* IPv4 addresses */
    uint16_t port_from, port_to, flags, window;
    uint32_t seq, ack;
    const uint8_t *options;
    size_t options_n;
    const char *data;
    size_t n;
};

static inline void frame_ip4(struct frame *f, const uint8_t *from, const uint8_t *to, uint8_t protocol, size_t n)
{
    static const uint8_t macs[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    struct sv_wr w = sv_wr_of(f->at, sizeof f->at);
    sv_wr_copy(&w, macs, 12);
    sv_wr_u16(&w, 0x0800);
    uint8_t *ip = w.at;
    sv_wr_u16(&w, 0x4500);
    sv_wr_u16(&w, (uint16_t)(20 + n));
    sv_wr_u16(&w, 0x1234);
    sv_wr_u16(&w, 0x4000);
    sv_wr_u8(&w, 64);
    sv_wr_u8(&w, protocol);
    sv_wr_u16(&w, 0);
    sv_wr_copy(&w, from, 4);
    sv_wr_copy(&w, to, 4);
    sv_put_u16(ip + 10, (uint16_t)~sv_plain_fold(sv_plain_sum(ip, 20, 0)));
    f->n = 34 + n;
}

static inline void frame_tcp(struct frame *f, const struct segment *s)
{
    frame_ip4(f, s->from, s->to, 6, 20 + s->options_n + s->n);
    struct sv_wr w = sv_wr_of(f->at + 34, sizeof f->at - 34);
    sv_wr_u16(&w, s->port_from);
    sv_wr_u16(&w, s->port_to);
    sv_wr_u32(&w, s->seq);
    sv_wr_u32(&w, s->ack);
    sv_wr_u16(&w, (uint16_t)((20 + s->options_n) / 4 << 12 | s->flags));
    sv_wr_u16(&w, s->window);
    sv_wr_u32(&w, 0);
    if (s->options_n)
        sv_wr_copy(&w, s->options, s->options_n);
    if (s->n)
        sv_wr_copy(&w, s->data, s->n);
    uint32_t sum = sv_plain_sum(s->from, 4, 6 + (uint32_t)(20 + s->options_n + s->n));
    sum = sv_plain_sum(s->to, 4, sum);
    sum = sv_plain_sum(f->at + 34, 20 + s->options_n + s->n, sum);
    sv_put_u16(f->at + 50, (uint16_t)~sv_plain_fold(sum));
}

#endif
