/* SPDX-License-Identifier: BSD-2-Clause */
/* What the trace sees: frames as they are on the wire. A super-frame never is on a wire, so its segments are
 * written out here, each with its own lengths, sequence number and checksums; that is also what the device
 * at the other end of a TAP would have made of it. */
#include "core/packet_sum.h"
#include "l2_link/ethernet.h"
#include "stack/stack_internal.h"

#define SV_CAPTURE_BYTES 9216u /* a jumbo frame; more is cut */

/* Where the headers of a TCP frame lie; false for anything else. Ours have no extension headers. */
static bool sv_capture_tcp(const uint8_t *frame, uint32_t n, uint32_t *l3, uint32_t *l4, uint32_t *payload)
{
    *l3 = SV_ETH_HDR_LEN;
    if (n < *l3 + SV_IP4_HDR_LEN)
        return false;
    const bool v4 = sv_get_u16(frame + 12) == SV_ETHERTYPE_IP4, v6 = sv_get_u16(frame + 12) == SV_ETHERTYPE_IP6;
    if ((!v4 && !v6) || frame[*l3 + (v4 ? 9u : SV_IP6_NEXT_AT)] != SV_PROTO_TCP)
        return false;
    *l4 = *l3 + (v4 ? (frame[*l3] & 15u) * 4u : SV_IP6_HDR_LEN);
    if (n < *l4 + SV_TCP_HEADER_LENGTH)
        return false;
    *payload = *l4 + (uint32_t)(frame[*l4 + 12] >> 4) * 4u;
    return *payload <= n;
}

/* Its own length, identification and checksum. */
static void sv_capture_ip4_part(uint8_t *ip, uint32_t total_length, uint32_t part)
{
    const uint32_t length = (ip[0] & 15u) * 4u;
    sv_put_u16(ip + 2, (uint16_t)total_length);
    if (!(ip[6] & 0x40u)) /* with DF the identification is 0 throughout (RFC 6864) */
        sv_put_u16(ip + 4, (uint16_t)(sv_get_u16(ip + 4) + part));
    sv_put_u16(ip + 10, 0);
    sv_sum_store(ip + 10, sv_sum(ip, length, 0));
}

/* The sum from `start` to the end, put at start + offset: what the device would do. The field holds the
 * pseudo-header's sum already. */
static void sv_capture_finish_sum(uint8_t *frame, uint32_t n, uint32_t start, uint32_t offset)
{
    if (start + offset + 2u <= n)
        sv_sum_store(frame + start + offset, sv_sum(frame + start, n - start, 0));
}

static void sv_capture_emit(struct sv_stack *s, enum sv_trace_kind kind, const struct sv_buf *b, sv_port port,
                            const uint8_t *frame, uint32_t n, uint32_t wire, uint32_t part, uint32_t parts)
{
    const uint32_t arg[] = {wire, part, parts};
    sv_trace_event(&s->core, kind, (uint16_t)port, 0, b->id, arg, SV_COUNT_OF(arg), frame, n);
}

static void sv_capture_super(struct sv_stack *s, enum sv_trace_kind kind, const struct sv_buf *b, sv_port port)
{
    uint8_t frame[SV_CAPTURE_BYTES];
    uint8_t header[SV_HEADROOM];
    uint32_t l3, l4, payload;
    const uint32_t read = sv_min_u32(b->length, sizeof header);
    if (!sv_buf_read(b, 0, header, read) || !sv_capture_tcp(header, read, &l3, &l4, &payload) ||
        payload + b->gso_size > sizeof frame)
        return;
    const uint32_t total = b->length - payload;
    const uint32_t parts = (total + b->gso_size - 1u) / b->gso_size;
    const bool v4 = header[l3] >> 4 == 4;
    const struct sv_addr src = v4 ? sv_addr_of_v4_bytes(header + l3 + 12) : sv_addr_of_v6_bytes(header + l3 + 8);
    const struct sv_addr dst = v4 ? sv_addr_of_v4_bytes(header + l3 + 16) : sv_addr_of_v6_bytes(header + l3 + 24);
    for (uint32_t part = 0; part < parts; part++) {
        const uint32_t at = part * b->gso_size;
        const uint32_t n = sv_min_u32(b->gso_size, total - at);
        sv_memcpy(frame, header, payload);
        if (!sv_buf_read(b, payload + at, frame + payload, n))
            return;
        if (v4)
            sv_capture_ip4_part(frame + l3, payload - l3 + n, part);
        else
            sv_put_u16(frame + l3 + 4, (uint16_t)(payload - l3 - SV_IP6_HDR_LEN + n));
        sv_put_u32(frame + l4 + 4, sv_get_u32(header + l4 + 4) + at);
        if (part + 1u < parts)
            frame[l4 + 13] &= (uint8_t) ~(SV_FIN | SV_PSH);
        const uint32_t l4_length = payload - l4 + n;
        const uint16_t pseudo = sv_pseudo_sum(&src, &dst, SV_PROTO_TCP, l4_length);
        sv_memcpy(frame + l4 + 16, &pseudo, 2);
        sv_capture_finish_sum(frame, payload + n, l4, 16);
        sv_capture_emit(s, kind, b, port, frame, payload + n, payload + n, part, parts);
    }
}

void sv_stack_capture(struct sv_stack *s, enum sv_trace_kind kind, const struct sv_buf *b, sv_port port)
{
    uint8_t frame[SV_CAPTURE_BYTES];
    if (b->gso_size) {
        sv_capture_super(s, kind, b, port);
        return;
    }
    const uint32_t n = sv_min_u32(b->length, sizeof frame);
    if (!sv_buf_read(b, 0, frame, n))
        return;
    if (b->flags & SV_BUF_CSUM_PARTIAL && n == b->length)
        sv_capture_finish_sum(frame, n, b->csum_start, b->csum_offset);
    sv_capture_emit(s, kind, b, port, frame, n, b->length, 0, 1);
}
