/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a capture: never out of bounds, never without end, and what is read can be written and read
 * again with the same result. The first byte chooses the room, so that cut packets are met too. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "trace/pcapng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
    const uint8_t *at;
    size_t n;
};

static size_t get(void *self, void *to, size_t n)
{
    struct bytes *b = self;
    const size_t take = b->n < n ? b->n : n;
    memcpy(to, b->at, take);
    b->at += take;
    b->n -= take;
    return take;
}

static uint8_t written[1 << 16];
static size_t written_n;

static bool put(void *self, const void *bytes, size_t n)
{
    (void)self;
    if (n > sizeof written - written_n)
        return false;
    memcpy(written + written_n, bytes, n);
    written_n += n;
    return true;
}

/* The packet alone in a file of its own, back again, equal. */
static void again(const struct sv_capture_packet *p)
{
    static struct sv_capture_reader r;
    static uint8_t room[1 << 16];
    struct sv_pcapng_writer w;
    struct sv_capture_packet q;
    const struct sv_pcapng_piece piece = {p->bytes, p->captured};
    const struct sv_pcapng_packet out = {
        .time_ns = p->time_ns, .wire_length = p->length, .direction = p->direction, .piece = &piece, .pieces = 1};

    written_n = 0;
    if (!sv_pcapng_begin(&w, put, NULL, NULL) || sv_pcapng_interface(&w, NULL, p->link_type, 0) != 0 ||
        !sv_pcapng_packet(&w, &out))
        return; /* does not fit */
    struct bytes back = {written, written_n};
    const bool begun = sv_capture_begin(&r, get, &back, room, sizeof room);
    SV_ASSERT(begun);
    const enum sv_capture_verdict v = sv_capture_next(&r, &q);
    SV_ASSERT(v == SV_CAPTURE_PACKET);
    SV_ASSERT(q.time_ns == p->time_ns);
    SV_ASSERT(q.captured == p->captured);
    SV_ASSERT(q.link_type == p->link_type);
    SV_ASSERT(q.direction == p->direction);
    SV_ASSERT(q.length == (p->length ? p->length : p->captured));
    SV_ASSERT(memcmp(q.bytes, p->bytes, p->captured) == 0);
    SV_ASSERT(sv_capture_next(&r, &q) == SV_CAPTURE_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sv_capture_reader r;
    static uint8_t room[65536];
    struct sv_capture_packet p;
    volatile uint8_t touched = 0;

    if (size < 1)
        return 0;
    struct bytes in = {data + 1, size - 1};
    if (!sv_capture_begin(&r, get, &in, room, 256u + data[0] * 255u)) {
        SV_ASSERT(r.error != NULL);
        return 0;
    }
    for (uint64_t calls = 0;; calls++) {
        SV_ASSERT(calls <= size); /* each call takes bytes, or ends */
        const enum sv_capture_verdict v = sv_capture_next(&r, &p);
        if (v != SV_CAPTURE_PACKET && v != SV_CAPTURE_SECRETS) {
            SV_ASSERT((v == SV_CAPTURE_END) == (r.error == NULL));
            break;
        }
        SV_ASSERT(p.captured <= p.file_captured);
        for (uint32_t i = 0; i < p.captured; i++)
            touched = (uint8_t)(touched ^ p.bytes[i]);
        for (uint32_t i = 0; i < p.comment_bytes; i++)
            touched = (uint8_t)(touched ^ (uint8_t)p.comment[i]);
        if (v == SV_CAPTURE_PACKET)
            again(&p);
    }
    return 0;
}
