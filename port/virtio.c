/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtio-net header (virtio 1.2 §5.1.6): flags, gso_type, then four little-endian 16-bit fields: hdr_len,
 * gso_size, csum_start, csum_offset; num_buffers follows in the 12-byte form and says nothing here. */
#include "core/checksum.h"
#include "core/cursor.h"
#include "core/segment.h"
#include "port/frames.h"

#define NEEDS_CSUM 1u
#define DATA_VALID 2u
#define GSO_NONE 0u
#define GSO_TCPV4 1u
#define GSO_TCPV6 4u
#define GSO_ECN 0x80u

#define GSO_FLAGS ((uint32_t)SV_BUF_GSO_TCP4 | (uint32_t)SV_BUF_GSO_TCP6)

static void put_le16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static uint16_t get_le16(const uint8_t *p)
{
    return (uint16_t)((uint32_t)p[1] << 8 | p[0]);
}

uint32_t sv_frames_segments(const struct sv_buf *b, uint16_t *headers)
{
    const uint32_t start = b->csum_start;

    if (b->gso_size == 0 || start + 20u > b->linear_length)
        return 0;
    const uint32_t tcp_bytes = (uint32_t)(sv_buf_head(b)[start + 12] >> 4) * 4u; /* RFC 9293 §3.1: data offset */
    if (tcp_bytes < 20 || start + tcp_bytes > b->linear_length)
        return 0;
    *headers = (uint16_t)(start + tcp_bytes);
    const uint32_t payload = b->length - (start + tcp_bytes);
    const uint32_t n = (payload + b->gso_size - 1u) / b->gso_size;
    return n > UINT16_MAX ? 0 : n ? n : 1;
}

void sv_virtio_emit(uint8_t head[12], const struct sv_buf *b)
{
    sv_memset(head, 0, 12);
    if (b->flags & SV_BUF_CSUM_PARTIAL) {
        head[0] = NEEDS_CSUM;
        put_le16(head + 6, b->csum_start);
        put_le16(head + 8, b->csum_offset);
    } else if (b->flags & SV_BUF_CSUM_VALID) {
        head[0] = DATA_VALID;
    }
    uint16_t headers = 0;
    if ((b->flags & GSO_FLAGS) && sv_frames_segments(b, &headers) > 1) {
        head[1] =
            (uint8_t)((b->flags & SV_BUF_GSO_TCP4 ? GSO_TCPV4 : GSO_TCPV6) | (b->flags & SV_BUF_ECN ? GSO_ECN : 0u));
        put_le16(head + 2, headers);
        put_le16(head + 4, b->gso_size);
    }
}

bool sv_virtio_parse(const uint8_t head[12], struct sv_buf *b)
{
    const uint32_t gso = head[1] & ~GSO_ECN;

    b->segments = 1;
    if (head[0] & NEEDS_CSUM) {
        b->csum_start = get_le16(head + 6);
        b->csum_offset = get_le16(head + 8);
        if ((uint32_t)b->csum_start + b->csum_offset + 2u > b->linear_length)
            return false;
        b->flags |= SV_BUF_CSUM_PARTIAL;
    } else if (head[0] & DATA_VALID) {
        b->flags |= SV_BUF_CSUM_VALID;
    }
    if (gso == GSO_NONE)
        return true;
    if ((gso != GSO_TCPV4 && gso != GSO_TCPV6) || !(head[0] & NEEDS_CSUM))
        return false; /* we asked for no other kind, and TCP's always leaves its checksum open */
    b->gso_size = get_le16(head + 4);
    b->flags |= gso == GSO_TCPV4 ? SV_BUF_GSO_TCP4 : SV_BUF_GSO_TCP6;
    if (head[1] & GSO_ECN)
        b->flags |= SV_BUF_ECN;
    uint16_t headers;
    b->segments = (uint16_t)sv_frames_segments(b, &headers);
    return b->segments != 0;
}

bool sv_frames_finish_checksum(struct sv_buf *b)
{
    return sv_checksum_complete(b, SV_CPU_PORTABLE) == SV_DROP_NONE;
}
