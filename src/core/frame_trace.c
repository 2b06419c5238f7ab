/* SPDX-License-Identifier: BSD-2-Clause */
/* What the trace sees: frames as they are on the wire. A super-frame never is on a wire, so its segments are
 * written out here, each with its own lengths, sequence number and checksums; that is also what the device
 * at the other end of a TAP would have made of it. */
#include "core/checksum.h"
#include "core/core.h"
#include "core/segment.h"

#define SV_CAPTURE_BYTES 9248u /* a jumbo frame with its tags; more is cut */

static void sv_frame_emit(struct sv_core *c, enum sv_trace_kind kind, const struct sv_buf *b, sv_port port,
                          const uint8_t *frame, uint32_t n, uint32_t wire, uint32_t part, uint32_t parts)
{
    const uint32_t arg[] = {wire, part, parts};
    sv_trace_event(c, kind, (uint16_t)port, 0, b->id, arg, SV_COUNT_OF(arg), frame, n);
}

/* The sum from `start` to the end, put at start + offset: what the device would do. The field holds the
 * pseudo-header's sum already. */
static void sv_frame_finish_sum(uint8_t *frame, uint32_t n, uint32_t start, uint32_t offset)
{
    if (start + offset + 2u <= n)
        sv_sum_store(frame + start + offset, sv_sum(frame + start, n - start, SV_CPU_PORTABLE));
}

static void sv_frame_trace_super(struct sv_core *c, enum sv_trace_kind kind, const struct sv_buf *b, sv_port port)
{
    uint8_t frame[SV_CAPTURE_BYTES];
    struct sv_segment_plan p;
    if (sv_segment_plan(b, &p) != SV_DROP_NONE || p.payload + b->gso_size > sizeof frame)
        return;
    for (uint32_t part = 0; part < p.parts; part++) {
        uint32_t at, n;
        sv_segment_headers(&p, b, part, frame, &at, &n);
        if (!sv_buf_read(b, p.payload + at, frame + p.payload, n))
            return;
        sv_frame_finish_sum(frame, p.payload + n, p.l4, 16);
        sv_frame_emit(c, kind, b, port, frame, p.payload + n, p.payload + n, part, p.parts);
    }
}

void sv_frame_trace(struct sv_core *c, enum sv_trace_kind kind, const struct sv_buf *b, sv_port port)
{
    uint8_t frame[SV_CAPTURE_BYTES];
    const struct sv_trace *trace = sv_core_trace(c);
    if (!trace || !sv_trace_selects(trace, kind))
        return;
    if (b->gso_size) {
        sv_frame_trace_super(c, kind, b, port);
        return;
    }
    const uint32_t n = sv_min_u32(b->length, sizeof frame);
    if (!sv_buf_read(b, 0, frame, n))
        return;
    if (b->flags & SV_BUF_CSUM_PARTIAL && n == b->length)
        sv_frame_finish_sum(frame, n, b->csum_start, b->csum_offset);
    sv_frame_emit(c, kind, b, port, frame, n, b->length, 0, 1);
}
