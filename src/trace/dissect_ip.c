/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200 §4). */
#include <string.h>

#include "trace/dissect_private.h"

/* Limits the cursor to the datagram: link padding is not payload. */
static void sv_limit(struct sv_dissection *x, uint32_t bytes_left)
{
    if (sv_rd_left(&x->r) > bytes_left)
        x->r.end = x->r.at + bytes_left;
    else if (sv_rd_left(&x->r) < bytes_left)
        x->d->problems |= SV_PROBLEM_TRUNCATED;
}

static void sv_dissect_ip4(struct sv_dissection *x)
{
    struct sv_dissected *d = x->d;
    const uint8_t *const header = x->r.at;
    const uint32_t room = (uint32_t)sv_rd_left(&x->r);
    if (room < 20) {
        d->problems |= SV_PROBLEM_IP;
        return;
    }
    d->ip.version = 4;
    d->ip.header_bytes = (header[0] & 15u) * 4u;
    d->ip.traffic_class = header[1];
    d->ip.total_bytes = sv_get_u16(header + 2);
    d->ip.id = sv_get_u16(header + 4);
    d->ip.flags = header[6] >> 5;
    d->ip.fragment_offset = (sv_get_u16(header + 6) & 0x1fffu) * 8u;
    d->ip.ttl = header[8];
    d->ip.protocol = header[9];
    d->ip.checksum = sv_get_u16(header + 10);
    memcpy(d->ip.from, header + 12, 4);
    memcpy(d->ip.to, header + 16, 4);
    d->seen |= SV_SEEN_IP4;
    /* A length of 0 comes from a capture before segmentation offload: all that is there belongs to it. */
    if (d->ip.total_bytes == 0)
        d->ip.total_bytes = room;
    if (d->ip.header_bytes < 20 || d->ip.header_bytes > d->ip.total_bytes) {
        d->problems |= SV_PROBLEM_IP;
        return;
    }
    if (d->ip.header_bytes > room) {
        d->problems |= SV_PROBLEM_TRUNCATED;
        return;
    }
    d->ip.checked = 1;
    const uint32_t sum = sv_plain_sum(header, d->ip.header_bytes, 0);
    const uint32_t without = sum + (uint16_t)~d->ip.checksum;
    d->ip.checksum_right = (uint16_t)~sv_plain_fold(without);
    if (sv_plain_fold(sum) != 0xffff)
        d->problems |= SV_PROBLEM_IP_CHECKSUM;
    x->r.at += d->ip.header_bytes;
    sv_limit(x, d->ip.total_bytes - d->ip.header_bytes);
    d->transport_at = sv_dissect_offset(x);
    d->transport_bytes = d->ip.total_bytes - d->ip.header_bytes;
    if (d->ip.fragment_offset || d->ip.flags & 1u)
        d->seen |= SV_SEEN_FRAGMENT;
    if (d->ip.fragment_offset == 0)
        sv_dissect_transport(x);
}

/* The sum's destination is the last address of a routing header that is not used up (RFC 8200 §8.1): of types 0 and 2
 * (RFC 2460 §4.4, 6275 §6.4) that at its end, of type 4 the first of its list (RFC 8754 §2). */
static void sv_routing(struct sv_dissection *x, const uint8_t *start, uint32_t bytes)
{
    struct sv_dissected *d = x->d;
    const uint8_t type = start[2], left = start[3];
    if (left == 0)
        return;
    if (bytes < 24 || (type != 0 && type != 2 && type != 4)) {
        d->ip.routing_unknown = 1;
        return;
    }
    memcpy(d->ip.final, type == 4 ? start + 8 : start + bytes - 16, 16);
    d->ip.has_final = 1;
}

/* A home address option (RFC 6275 §6.3) among the destination options: the source that the sum counts. False: an option
 * runs past their end. */
static bool sv_home_address(struct sv_dissection *x, const uint8_t *start, uint32_t bytes)
{
    struct sv_rd r = sv_rd_of(start + 2, bytes - 2);
    while (sv_rd_left(&r) >= 1) {
        const uint8_t kind = sv_rd_u8(&r);
        if (kind == 0)
            continue;
        const uint8_t length = sv_rd_u8(&r);
        const uint8_t *const body = sv_rd_bytes(&r, length);
        if (!body || r.short_read)
            return false;
        if (kind != 201)
            continue;
        if (length != 16) {
            x->d->problems |= SV_PROBLEM_IP; /* where the next option begins is anybody's guess */
            return true;
        }
        memcpy(x->d->ip.home, body, 16);
        x->d->ip.has_home = 1;
    }
    return true;
}

/* One extension header at the cursor; the next header's number, or -1 when it cannot be passed. */
static int sv_extension(struct sv_dissection *x, uint8_t kind)
{
    struct sv_dissected *d = x->d;
    const uint8_t *const start = x->r.at;
    if (sv_rd_left(&x->r) < 8) {
        d->problems |= d->problems & SV_PROBLEM_TRUNCATED ? 0 : SV_PROBLEM_IP;
        return -1;
    }
    uint32_t bytes = 8;
    if (kind == 44) {
        d->ip.fragment_offset = sv_get_u16(start + 2) & 0xfff8u;
        d->ip.flags = start[3] & 1u;
        d->ip.id6 = sv_get_u32(start + 4);
        d->ip.has_fragment = 1;
        if (d->ip.fragment_offset || d->ip.flags)
            d->seen |= SV_SEEN_FRAGMENT;
    } else if (kind == 51) {
        bytes = (start[1] + 2u) * 4u; /* RFC 4302 §2.2 counts in 4 bytes */
    } else {
        bytes = (start[1] + 1u) * 8u;
    }
    if (!sv_rd_bytes(&x->r, bytes)) {
        d->problems |= d->problems & SV_PROBLEM_TRUNCATED ? 0 : SV_PROBLEM_IP;
        return -1;
    }
    if (kind == 43)
        sv_routing(x, start, bytes);
    if (kind == 60 && !sv_home_address(x, start, bytes)) {
        d->problems |= SV_PROBLEM_IP;
        return -1;
    }
    d->ip.header_bytes += bytes;
    return start[0];
}

static bool sv_is_extension(uint8_t kind)
{
    return kind == 0 || kind == 43 || kind == 44 || kind == 51 || kind == 60 || kind == 135;
}

static void sv_dissect_ip6(struct sv_dissection *x)
{
    struct sv_dissected *d = x->d;
    const uint8_t *const header = x->r.at;
    const uint32_t room = (uint32_t)sv_rd_left(&x->r);
    if (room < 40) {
        d->problems |= SV_PROBLEM_IP;
        return;
    }
    const uint32_t first = sv_get_u32(header);
    d->ip.version = 6;
    d->ip.traffic_class = (uint8_t)(first >> 20);
    d->ip.flow_label = first & 0xfffffu;
    const uint32_t payload = sv_get_u16(header + 4);
    d->ip.payload_field = (uint16_t)payload;
    d->ip.protocol = header[6];
    d->ip.first_next = header[6];
    d->ip.ttl = header[7];
    memcpy(d->ip.from, header + 8, 16);
    memcpy(d->ip.to, header + 24, 16);
    d->seen |= SV_SEEN_IP6;
    d->ip.header_bytes = 40;
    x->r.at += 40;
    /* Payload length 0: a jumbogram (RFC 2675) or a super-frame; all that is there. */
    d->ip.total_bytes = 40 + (payload ? payload : room - 40);
    sv_limit(x, d->ip.total_bytes - 40);
    while (sv_is_extension(d->ip.protocol) && d->ip.extensions < SV_EXTENSIONS_MAX) {
        const uint8_t kind = d->ip.protocol;
        const int next = sv_extension(x, kind);
        if (next < 0)
            return;
        d->ip.extension[d->ip.extensions++] = kind;
        d->ip.protocol = (uint8_t)next;
        if (d->ip.fragment_offset)
            break;
    }
    d->transport_at = sv_dissect_offset(x);
    d->transport_bytes = d->ip.total_bytes - d->ip.header_bytes;
    if (d->ip.fragment_offset == 0)
        sv_dissect_transport(x);
}

void sv_dissect_ip(struct sv_dissection *x)
{
    if (sv_rd_left(&x->r) == 0) {
        x->d->problems |= SV_PROBLEM_IP;
        return;
    }
    switch (x->r.at[0] >> 4) {
    case 4:
        sv_dissect_ip4(x);
        break;
    case 6:
        sv_dissect_ip6(x);
        break;
    default:
        x->d->problems |= SV_PROBLEM_IP;
        break;
    }
}
