/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP (RFC 9293 §3.1), UDP (RFC 768), ICMP (RFC 792), ICMPv6 (RFC 4443). */
#include <string.h>

#include "trace/dissect_private.h"

/* The checksum over the transport, with the pseudo-header where there is one (RFC 9293 §3.1, RFC 8200 §8.1). */
static void sv_check_sum(struct sv_dissection *x, bool pseudo, uint32_t bytes)
{
    struct sv_dissected *d = x->d;
    const uint8_t *const start = x->frame + d->transport_at;
    if (d->seen & SV_SEEN_FRAGMENT || (size_t)(x->r.end - start) < bytes)
        return;
    uint32_t sum = 0;
    if (pseudo) {
        const size_t n = d->ip.version == 4 ? 4 : 16;
        uint8_t to[16];
        memcpy(to, d->ip.has_final ? d->ip.final : d->ip.to, 16);
        sum = sv_plain_sum(d->ip.has_home ? d->ip.home : d->ip.from, n, sum);
        sum = sv_plain_sum(to, n, sum);
        sum += d->ip.protocol + (bytes >> 16) + (bytes & 0xffffu);
    }
    sum = sv_plain_sum(start, bytes, sum);
    const uint32_t without = sum + (uint16_t)~d->checksum;
    d->checksum_right = (uint16_t)~sv_plain_fold(without);
    if (d->seen & SV_SEEN_UDP && d->checksum_right == 0)
        d->checksum_right = 0xffff; /* RFC 768: 0 would mean none */
    const bool good = sv_plain_fold(sum) == 0xffff;
    d->checksum_state = good ? SV_CHECKSUM_GOOD : SV_CHECKSUM_BAD;
    if (!good)
        d->problems |= SV_PROBLEM_CHECKSUM;
}

static void sv_payload(struct sv_dissection *x, uint32_t header_bytes, uint32_t whole)
{
    struct sv_dissected *d = x->d;
    d->payload_at = d->transport_at + header_bytes;
    d->payload_bytes = whole > header_bytes ? whole - header_bytes : 0;
    const uint32_t end = (uint32_t)(x->r.end - x->frame);
    const uint32_t there = end > d->payload_at ? end - d->payload_at : 0;
    d->payload_captured = there < d->payload_bytes ? there : d->payload_bytes;
    if (d->payload_at > d->captured_bytes)
        d->payload_at = d->captured_bytes;
}

static bool sv_option(struct sv_tcp_options *o, uint8_t kind, const uint8_t *body, size_t n)
{
    switch (kind) {
    case 2:
        o->has_mss = n == 2;
        o->mss = n == 2 ? sv_get_u16(body) : 0;
        return n == 2;
    case 3:
        o->has_scale = n == 1;
        o->scale = n == 1 ? body[0] : 0;
        return n == 1;
    case 4:
        o->sack_permitted = n == 0;
        return n == 0;
    case 5:
        if (n == 0 || n % 8 || n / 8 > 4)
            return false;
        o->sacks = (uint8_t)(n / 8);
        for (size_t i = 0; i < n / 8; i++) {
            o->sack[i][0] = sv_get_u32(body + 8 * i);
            o->sack[i][1] = sv_get_u32(body + 8 * i + 4);
        }
        return true;
    case 8:
        o->has_timestamp = n == 8;
        if (n != 8)
            return false;
        o->ts_value = sv_get_u32(body);
        o->ts_echo = sv_get_u32(body + 4);
        return true;
    case 28:
        o->has_uto = n == 2;
        return n == 2;
    case 34:
        o->has_fast_open = 1;
        o->cookie_bytes = (uint8_t)n;
        return n == 0 || (n >= 4 && n <= 16 && n % 2 == 0);
    default:
        o->others++;
        return true;
    }
}

bool sv_dissect_tcp_options(struct sv_tcp_options *o, const uint8_t *options, size_t n)
{
    struct sv_rd r = sv_rd_of(options, n);
    bool well = true;
    memset(o, 0, sizeof *o);
    while (sv_rd_left(&r)) {
        const uint8_t kind = sv_rd_u8(&r);
        if (kind == 0)
            break;
        if (kind == 1)
            continue;
        const uint8_t length = sv_rd_u8(&r);
        if (length < 2)
            return false;
        const uint8_t *const body = sv_rd_bytes(&r, length - 2u);
        if (r.short_read)
            return false;
        if (!sv_option(o, kind, body, length - 2u))
            well = false;
    }
    return well;
}

static void sv_dissect_tcp(struct sv_dissection *x)
{
    struct sv_dissected *d = x->d;
    const uint8_t *const p = x->r.at;
    if (sv_rd_left(&x->r) < 20 || d->transport_bytes < 20) {
        d->problems |= d->transport_bytes < 20 ? SV_PROBLEM_TRANSPORT : SV_PROBLEM_TRUNCATED;
        return;
    }
    d->port_from = sv_get_u16(p);
    d->port_to = sv_get_u16(p + 2);
    d->tcp.seq = sv_get_u32(p + 4);
    d->tcp.ack = sv_get_u32(p + 8);
    d->tcp.header_bytes = (p[12] >> 4) * 4u;
    d->tcp.flags = sv_get_u16(p + 12) & 0x1ffu;
    d->tcp.reserved = p[12] >> 1 & 7u;
    d->tcp.window = sv_get_u16(p + 14);
    d->checksum = sv_get_u16(p + 16);
    d->tcp.urgent = sv_get_u16(p + 18);
    d->seen |= SV_SEEN_TCP;
    if (d->tcp.header_bytes < 20 || d->tcp.header_bytes > d->transport_bytes) {
        d->problems |= SV_PROBLEM_TRANSPORT;
        return;
    }
    if (!d->ip.routing_unknown)
        sv_check_sum(x, true, d->transport_bytes);
    size_t options = d->tcp.header_bytes - 20;
    if (sv_rd_left(&x->r) < d->tcp.header_bytes)
        options = sv_rd_left(&x->r) - 20;
    if (!sv_dissect_tcp_options(&d->tcp.options, p + 20, options))
        d->problems |= SV_PROBLEM_OPTIONS;
    sv_payload(x, d->tcp.header_bytes, d->transport_bytes);
}

static void sv_dissect_udp(struct sv_dissection *x)
{
    struct sv_dissected *d = x->d;
    const uint8_t *const p = x->r.at;
    if (sv_rd_left(&x->r) < 8 || d->transport_bytes < 8) {
        d->problems |= d->transport_bytes < 8 ? SV_PROBLEM_TRANSPORT : SV_PROBLEM_TRUNCATED;
        return;
    }
    d->port_from = sv_get_u16(p);
    d->port_to = sv_get_u16(p + 2);
    d->udp_bytes = sv_get_u16(p + 4);
    d->checksum = sv_get_u16(p + 6);
    d->seen |= SV_SEEN_UDP;
    if (d->checksum == 0 && d->ip.version == 4)
        d->checksum_state = SV_CHECKSUM_NONE;
    uint32_t bytes = d->udp_bytes;
    if (bytes == 0 && d->transport_bytes > 65535)
        bytes = d->transport_bytes; /* RFC 2675 §4 */
    if (bytes < 8 || (bytes > d->transport_bytes && !(d->seen & SV_SEEN_FRAGMENT))) {
        d->problems |= SV_PROBLEM_TRANSPORT;
        return;
    }
    if (d->checksum_state != SV_CHECKSUM_NONE && !d->ip.routing_unknown)
        sv_check_sum(x, true, bytes);
    sv_payload(x, 8, bytes);
}

static void sv_dissect_icmp(struct sv_dissection *x, bool version6)
{
    struct sv_dissected *d = x->d;
    const uint8_t *const p = x->r.at;
    const size_t left = sv_rd_left(&x->r);
    if (left < 4 || d->transport_bytes < 4) {
        d->problems |= d->transport_bytes < 4 ? SV_PROBLEM_TRANSPORT : SV_PROBLEM_TRUNCATED;
        return;
    }
    d->icmp.type = p[0];
    d->icmp.code = p[1];
    d->checksum = sv_get_u16(p + 2);
    d->seen |= version6 ? SV_SEEN_ICMP6 : SV_SEEN_ICMP;
    if (left >= 8) {
        d->icmp.has_word = 1;
        d->icmp.word = sv_get_u32(p + 4);
        d->icmp.id = sv_get_u16(p + 4);
        d->icmp.sequence = sv_get_u16(p + 6);
    } else if (d->transport_bytes < 8) {
        d->problems |= SV_PROBLEM_TRANSPORT;
    }
    if (!version6 || !d->ip.routing_unknown)
        sv_check_sum(x, version6, d->transport_bytes);
    sv_payload(x, 8, d->transport_bytes);
}

void sv_dissect_transport(struct sv_dissection *x)
{
    switch (x->d->ip.protocol) {
    case 1:
        if (x->d->ip.version == 4)
            sv_dissect_icmp(x, false);
        break;
    case 6:
        sv_dissect_tcp(x);
        break;
    case 17:
        sv_dissect_udp(x);
        break;
    case 58:
        if (x->d->ip.version == 6)
            sv_dissect_icmp(x, true);
        break;
    default:
        break;
    }
}
