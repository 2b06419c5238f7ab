/* SPDX-License-Identifier: BSD-2-Clause */
#include "drill/wire.h"

#include <stdio.h>
#include <string.h>

#include "core/checksum.h"
#include "core/cursor.h"
#include "core/packet_sum.h"

#define MINIMUM_QUOTE 8u /* RFC 792: the header and 64 bits of the datagram's data */

/* --- writing --- */

static size_t write_options(const struct sv_drill_packet *k, uint8_t *to)
{
    uint8_t *at = to;
    for (uint32_t i = 0; i < k->options; i++) {
        const struct sv_drill_option *o = &k->option[i];
        uint8_t *length = at + 1;
        if (o->kind == SV_DRILL_RAW) {
            memcpy(at, o->data, o->bytes);
            at += o->bytes;
            continue;
        }
        *at++ = (uint8_t)o->kind;
        if (o->kind == SV_DRILL_EOL || o->kind == SV_DRILL_NOP)
            continue;
        at++;
        if (o->kind == SV_DRILL_MSS) {
            sv_put_u16(at, (uint16_t)o->value[0].low);
            at += 2;
        } else if (o->kind == SV_DRILL_WSCALE) {
            *at++ = (uint8_t)o->value[0].low;
        } else if (o->kind == SV_DRILL_TS || o->kind == SV_DRILL_SACK) {
            const uint32_t n = o->kind == SV_DRILL_TS ? 2u : 2u * o->count;
            for (uint32_t v = 0; v < n; v++, at += 4)
                sv_put_u32(at, o->value[v].low);
        } else if (o->kind == SV_DRILL_ACCECN0 || o->kind == SV_DRILL_ACCECN1) {
            for (uint32_t v = 0; v < o->count; v++) {
                *at++ = (uint8_t)(o->value[v].low >> 16);
                sv_put_u16(at, (uint16_t)o->value[v].low);
                at += 2;
            }
        } else {
            if (o->kind == SV_DRILL_EXPERIMENT) {
                sv_put_u16(at, 0xf989); /* RFC 7413 §4.1.1 with RFC 6994 */
                at += 2;
            }
            memcpy(at, o->data, o->bytes);
            at += o->bytes;
        }
        *length = (uint8_t)(at - length + 1);
    }
    return (size_t)(at - to);
}

static size_t write_tcp(const struct sv_drill_packet *k, const struct sv_drill_ends *ends, uint8_t *to)
{
    const size_t header = 20 + write_options(k, to + 20);
    sv_put_u16(to, k->source_port ? k->source_port : ends->remote_port);
    sv_put_u16(to + 2, k->destination_port ? k->destination_port : ends->local_port);
    sv_put_u32(to + 4, k->seq.low);
    sv_put_u32(to + 8, k->ack.low);
    to[12] = (uint8_t)(header / 4 << 4 | (k->flags & SV_DRILL_AE ? 1 : 0));
    to[13] = (uint8_t)k->flags;
    sv_put_u16(to + 14, (uint16_t)k->window.low);
    sv_put_u16(to + 16, 0);
    sv_put_u16(to + 18, (uint16_t)k->urgent.low);
    memset(to + header, 0, k->length);
    return header + k->length;
}

static size_t write_udp(const struct sv_drill_packet *k, const struct sv_drill_ends *ends, uint8_t *to)
{
    sv_put_u16(to, k->source_port ? k->source_port : ends->remote_port);
    sv_put_u16(to + 2, k->destination_port ? k->destination_port : ends->local_port);
    sv_put_u16(to + 4, (uint16_t)(8 + k->length));
    sv_put_u16(to + 6, 0);
    memset(to + 8, 0, k->length);
    return 8 + k->length;
}

static size_t write_ip(bool six, const struct sv_addr *from, const struct sv_addr *dest, uint8_t protocol, uint8_t tos,
                       uint8_t ttl, uint32_t flow_label, size_t payload, uint8_t *to)
{
    if (six) {
        sv_put_u32(to, 6u << 28 | (uint32_t)tos << 20 | flow_label);
        sv_put_u16(to + 4, (uint16_t)payload);
        to[6] = protocol;
        to[7] = ttl;
        memcpy(to + 8, from->byte, 16);
        memcpy(to + 24, dest->byte, 16);
        return 40;
    }
    memset(to, 0, 20);
    to[0] = 0x45;
    to[1] = tos;
    sv_put_u16(to + 2, (uint16_t)(20 + payload));
    to[6] = 0x40; /* don't fragment, as hosts that discover the path's MTU send */
    to[8] = ttl;
    to[9] = protocol;
    memcpy(to + 12, from->byte + 12, 4);
    memcpy(to + 16, dest->byte + 12, 4);
    sv_sum_store(to + 10, sv_sum(to, 20, 0));
    return 20;
}

/* The head of a packet that the stack sent. */
static size_t write_quote(const struct sv_drill_packet *k, const struct sv_drill_ends *ends, uint8_t *to)
{
    const size_t l4 = k->quoted == SV_DRILL_UDP ? 8 : 20;
    const uint8_t protocol = k->quoted;
    size_t n = write_ip(ends->six, &ends->local, &ends->remote, protocol, 0, 60, 0, l4 + k->quoted_length, to);
    sv_put_u16(to + n, ends->local_port);
    sv_put_u16(to + n + 2, ends->remote_port);
    sv_put_u32(to + n + 4, k->quoted == SV_DRILL_UDP ? (uint32_t)(8 + k->quoted_length) << 16 : k->quoted_seq);
    return n + MINIMUM_QUOTE;
}

static size_t write_icmp(const struct sv_drill_packet *k, const struct sv_drill_ends *ends, uint8_t *to, char *why,
                         size_t why_size)
{
    const int type = sv_drill_icmp_type(k->icmp_type, ends->six);
    const int code = type < 0 ? -1 : sv_drill_icmp_code(k->icmp_type, k->icmp_code, ends->six);
    if (code < 0) {
        (void)snprintf(why, why_size, "%s has no ICMP \"%s%s%s\"", ends->six ? "IPv6" : "IPv4", k->icmp_type,
                       k->icmp_code ? " " : "", k->icmp_code ? k->icmp_code : "");
        return 0;
    }
    memset(to, 0, 8);
    to[0] = (uint8_t)type;
    to[1] = (uint8_t)code;
    if (k->mtu.given)
        sv_put_u32(to + 4, k->mtu.low);
    else if (k->id.given)
        sv_put_u16(to + 4, (uint16_t)k->id.low);
    else if (!ends->six && type == 5)
        memcpy(to + 4, ends->remote.byte + 12, 4);
    return 8 + (k->quoted ? write_quote(k, ends, to + 8) : 0);
}

size_t sv_drill_write(const struct sv_drill_packet *k, const struct sv_drill_ends *ends, uint8_t *to, char *why,
                      size_t why_size)
{
    const size_t ip = ends->six ? 40 : 20;
    uint8_t protocol = k->protocol, *l4 = to + ip;
    size_t n, sum_at = 16;
    if (k->udp_source) {
        (void)snprintf(why, why_size, "TCP in UDP is read, but cannot be sent: Seven does not speak it");
        return 0;
    }
    if (protocol == SV_DRILL_TCP) {
        n = write_tcp(k, ends, l4);
    } else if (protocol == SV_DRILL_UDP) {
        n = write_udp(k, ends, l4);
        sum_at = 6;
    } else {
        n = write_icmp(k, ends, l4, why, why_size);
        protocol = ends->six ? 58 : 1;
        sum_at = 2;
    }
    if (n == 0)
        return 0;
    if (ip + n > (ends->six ? SV_DRILL_PACKET_BYTES : 65535u)) {
        (void)snprintf(why, why_size, "%u bytes are more than a packet holds", (unsigned)(ip + n));
        return 0;
    }
    const uint16_t pseudo = protocol == 1 ? 0 : sv_pseudo_sum(&ends->remote, &ends->local, protocol, (uint32_t)n);
    sv_sum_store(l4 + sum_at, sv_sum_add(pseudo, sv_sum(l4, n, 0)));
    l4[sum_at + 1u] ^= k->bad_sum ? 1u : 0u;
    (void)write_ip(ends->six, &ends->remote, &ends->local, protocol, k->tos_check ? k->tos : 0, k->ttl ? k->ttl : 64,
                   k->has_flow_label ? k->flow_label : 0, n, to);
    return ip + n;
}

/* --- reading --- */

static bool read_ip(const uint8_t *p, size_t *n, size_t *header, struct sv_drill_seen *s)
{
    const size_t had = *n;
    s->six = had && p[0] >> 4 == 6;
    if (s->six) {
        *header = 40;
        if (had < 40 || had < 40u + sv_get_u16(p + 4))
            return false;
        *n = 40u + sv_get_u16(p + 4);
        s->tos = (uint8_t)(sv_get_u32(p) >> 20);
        s->flow_label = sv_get_u32(p) & 0xfffff;
        s->protocol = p[6];
        s->ttl = p[7];
        memcpy(s->source.byte, p + 8, 16);
        memcpy(s->destination.byte, p + 24, 16);
        return true;
    }
    *header = had ? (p[0] & 15u) * 4u : 0;
    if (had < 20 || *header < 20 || had < *header || had < sv_get_u16(p + 2) || sv_get_u16(p + 2) < *header)
        return false;
    *n = sv_get_u16(p + 2);
    s->tos = p[1];
    s->ttl = p[8];
    s->protocol = p[9];
    s->source = sv_addr_of_v4_bytes(p + 12);
    s->destination = sv_addr_of_v4_bytes(p + 16);
    if (sv_sum(p, *header, 0) != 0xffffu)
        s->wrong = "the IPv4 header's checksum is wrong";
    return true;
}

static void read_tcp(const uint8_t *p, size_t n, struct sv_drill_seen *s)
{
    const size_t header = n < 20 ? 0 : (p[12] >> 4) * 4u;
    if (header < 20 || header > n) {
        s->wrong = "the TCP header is cut";
        return;
    }
    s->source_port = sv_get_u16(p);
    s->destination_port = sv_get_u16(p + 2);
    s->seq = sv_get_u32(p + 4);
    s->ack = sv_get_u32(p + 8);
    s->flags = (uint16_t)(p[13] | (p[12] & 1 ? SV_DRILL_AE : 0));
    s->reserved = (uint8_t)(p[12] >> 1 & 7);
    s->window = sv_get_u16(p + 14);
    s->urgent = sv_get_u16(p + 18);
    s->options = (uint32_t)header - 20;
    memcpy(s->option, p + 20, s->options);
    s->length = (uint32_t)(n - header);
    s->zeros = true;
    for (size_t i = header; i < n; i++)
        s->zeros = s->zeros && p[i] == 0;
}

void sv_drill_read(const uint8_t *packet, size_t n, struct sv_drill_seen *seen)
{
    size_t header;
    if (!read_ip(packet, &n, &header, seen)) {
        seen->wrong = "the IP header is cut";
        return;
    }
    const uint8_t *p = packet + header;
    const uint32_t rest = (uint32_t)(n - header);
    const bool pseudo = seen->protocol != 1;
    const uint16_t head = pseudo ? sv_pseudo_sum(&seen->source, &seen->destination, seen->protocol, rest) : 0;
    const bool plain = seen->protocol == SV_DRILL_UDP && !seen->six && rest >= 8 && sv_get_u16(p + 6) == 0;
    if (seen->protocol == SV_DRILL_TCP) {
        read_tcp(p, rest, seen);
    } else if (seen->protocol == SV_DRILL_UDP && rest >= 8) {
        seen->source_port = sv_get_u16(p);
        seen->destination_port = sv_get_u16(p + 2);
        seen->length = rest - 8;
        seen->zeros = true;
        for (uint32_t i = 8; i < rest; i++)
            seen->zeros = seen->zeros && p[i] == 0;
    } else if ((seen->protocol == 1 || seen->protocol == 58) && rest >= 8) {
        seen->icmp_type = p[0];
        seen->icmp_code = p[1];
        seen->icmp_rest = sv_get_u32(p + 4);
    } else {
        return;
    }
    if (!seen->wrong && !plain && sv_sum_add(head, sv_sum(p, rest, 0)) != 0xffffu)
        seen->wrong = "the checksum is wrong";
}
