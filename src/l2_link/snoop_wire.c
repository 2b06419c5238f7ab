/* SPDX-License-Identifier: BSD-2-Clause */
#include "l2_link/snoop_wire.h"

#include "core/packet_sum.h"

enum { SV_PROTOCOL_IGMP = 2, SV_PROTOCOL_ICMP6 = 58, SV_NEXT_HOP_BY_HOP = 0 };
enum { SV_IGMP_QUERY = 0x11, SV_IGMP_V1_REPORT = 0x12, SV_IGMP_V2_REPORT = 0x16, SV_IGMP_LEAVE = 0x17 };
enum { SV_IGMP_V3_REPORT = 0x22 };
enum { SV_MLD_QUERY = 130, SV_MLD_REPORT = 131, SV_MLD_DONE = 132, SV_MLD_V2_REPORT = 143 };
/* RFC 3376 §4.2.12: what a record says. */
enum { SV_MODE_IS_INCLUDE = 1, SV_CHANGE_TO_INCLUDE = 3, SV_BLOCK_OLD_SOURCES = 6 };

#define SV_IGMP_BYTES 8u
#define SV_IGMP_V3_QUERY_BYTES 12u
#define SV_MLD_BYTES 24u

static struct sv_addr sv_snoop_group4(struct sv_rd *r)
{
    uint8_t four[4];
    sv_rd_copy(r, four, sizeof four);
    return sv_addr_of_v4_bytes(four);
}

/* In tenths of a second; from 128 on version 3 takes it for a short float (RFC 3376 §4.1.1). Version 1 says nothing:
 * 10 s (RFC 2236 §4). */
static uint32_t sv_igmp_response_ms(uint8_t code, uint32_t n)
{
    uint32_t tenths = code ? code : 100u;
    if (n >= SV_IGMP_V3_QUERY_BYTES && code >= 128)
        tenths = ((code & 15u) | 16u) << ((code >> 4 & 7u) + 3u);
    return tenths * 100u;
}

static enum sv_drop sv_snoop_igmp(const uint8_t *bytes, uint32_t n, struct sv_snoop_msg *m)
{
    struct sv_rd r = sv_rd_of(bytes, n);
    if (n < SV_IGMP_BYTES || sv_sum(bytes, n, SV_CPU_PORTABLE) != 0xffffu)
        return SV_DROP_SNOOP_MALFORMED;
    const uint8_t type = sv_rd_u8(&r);
    const uint8_t code = sv_rd_u8(&r);
    (void)sv_rd_u16(&r);
    if (type == SV_IGMP_V3_REPORT) {
        (void)sv_rd_u16(&r);
        m->left = sv_rd_u16(&r);
        m->records = r;
        m->kind = SV_SNOOP_RECORDS;
        return SV_DROP_NONE;
    }
    m->group = sv_snoop_group4(&r);
    switch (type) {
    case SV_IGMP_QUERY:
        m->kind = SV_SNOOP_QUERY;
        m->max_response_ms = sv_igmp_response_ms(code, n);
        return SV_DROP_NONE;
    case SV_IGMP_V1_REPORT:
    case SV_IGMP_V2_REPORT:
        m->kind = SV_SNOOP_REPORT;
        break;
    case SV_IGMP_LEAVE:
        m->kind = SV_SNOOP_LEAVE;
        break;
    default:
        return SV_DROP_NONE; /* another protocol of routers under the same number */
    }
    return sv_addr_v4_number(&m->group) >> 28 == 14 ? SV_DROP_NONE : SV_DROP_SNOOP_MALFORMED;
}

static bool sv_snoop_is_group(const struct sv_snoop_msg *m, const struct sv_addr *a)
{
    return m->version == 4 ? sv_addr_v4_number(a) >> 28 == 14 : a->byte[0] == 0xff;
}

static enum sv_drop sv_snoop_ip4(const uint8_t *b, uint32_t n, struct sv_snoop_msg *m)
{
    if (n < 20)
        return SV_DROP_SHORT_HEADER;
    const uint32_t header = (b[0] & 15u) * 4u, total = sv_get_u16(b + 2);
    if (b[0] >> 4 != 4)
        return SV_DROP_BAD_VERSION;
    m->src = sv_addr_of_v4_bytes(b + 12);
    m->dst = sv_addr_of_v4_bytes(b + 16);
    if (b[9] != SV_PROTOCOL_IGMP || sv_get_u16(b + 6) & 0x3fffu) /* or a fragment: nobody sends messages so */
        return SV_DROP_NONE;
    if (header < 20 || total < header || total > n)
        return SV_DROP_BAD_LENGTH;
    return sv_snoop_igmp(b + header, total - header, m);
}

static enum sv_drop sv_snoop_mld(const uint8_t *bytes, uint32_t n, struct sv_snoop_msg *m)
{
    struct sv_rd r = sv_rd_of(bytes, n);
    const uint8_t type = sv_rd_u8(&r);
    if (type != SV_MLD_V2_REPORT && (type < SV_MLD_QUERY || type > SV_MLD_DONE))
        return SV_DROP_NONE;
    const uint16_t pseudo = sv_pseudo_sum(&m->src, &m->dst, SV_PROTOCOL_ICMP6, n);
    if (sv_sum_add(sv_sum(bytes, n, SV_CPU_PORTABLE), pseudo) != 0xffffu)
        return SV_DROP_SNOOP_MALFORMED;
    (void)sv_rd_bytes(&r, 3); /* code, checksum */
    if (type == SV_MLD_V2_REPORT) {
        (void)sv_rd_u16(&r);
        m->left = sv_rd_u16(&r);
        m->records = r;
        m->kind = SV_SNOOP_RECORDS;
        return r.short_read ? SV_DROP_SNOOP_MALFORMED : SV_DROP_NONE;
    }
    if (n < SV_MLD_BYTES)
        return SV_DROP_SNOOP_MALFORMED;
    const uint32_t code = sv_rd_u16(&r);
    m->max_response_ms = code < 32768u ? code : ((code & 0xfffu) | 0x1000u) << ((code >> 12 & 7u) + 3u);
    (void)sv_rd_u16(&r);
    sv_rd_copy(&r, m->group.byte, sizeof m->group.byte);
    m->kind = type == SV_MLD_QUERY ? SV_SNOOP_QUERY : type == SV_MLD_REPORT ? SV_SNOOP_REPORT : SV_SNOOP_LEAVE;
    return type == SV_MLD_QUERY || m->group.byte[0] == 0xff ? SV_DROP_NONE : SV_DROP_SNOOP_MALFORMED;
}

static enum sv_drop sv_snoop_ip6(const uint8_t *b, uint32_t n, struct sv_snoop_msg *m)
{
    if (n < 40)
        return SV_DROP_SHORT_HEADER;
    const uint32_t payload = sv_get_u16(b + 4);
    uint32_t at = 40;
    if (b[0] >> 4 != 6)
        return SV_DROP_BAD_VERSION;
    sv_memcpy(m->src.byte, b + 8, 16);
    sv_memcpy(m->dst.byte, b + 24, 16);
    if (b[6] != SV_NEXT_HOP_BY_HOP) /* RFC 2710 §3: MLD comes behind a router alert */
        return SV_DROP_NONE;
    if (40u + payload > n || payload < 8u)
        return SV_DROP_BAD_LENGTH;
    const uint8_t next = b[at];
    at += (b[at + 1] + 1u) * 8u;
    if (next != SV_PROTOCOL_ICMP6 || b[7] != 1)
        return SV_DROP_NONE;
    if (at >= 40u + payload)
        return SV_DROP_BAD_LENGTH;
    return sv_snoop_mld(b + at, 40u + payload - at, m);
}

enum sv_drop sv_snoop_parse(const uint8_t *bytes, uint32_t n, uint16_t type, struct sv_snoop_msg *m)
{
    sv_memset(m, 0, sizeof *m);
    m->kind = SV_SNOOP_DATA;
    m->version = type == 0x0800u ? 4 : 6;
    return m->version == 4 ? sv_snoop_ip4(bytes, n, m) : sv_snoop_ip6(bytes, n, m);
}

bool sv_snoop_record(struct sv_snoop_msg *m, struct sv_addr *group, bool *wants)
{
    struct sv_rd *r = &m->records;
    while (m->kind == SV_SNOOP_RECORDS && m->left) {
        m->left--;
        const uint8_t type = sv_rd_u8(r);
        const uint8_t auxiliary = sv_rd_u8(r);
        const uint32_t sources = sv_rd_u16(r);
        const uint32_t each = m->version == 4 ? 4 : 16;
        if (m->version == 4)
            *group = sv_snoop_group4(r);
        else
            sv_rd_copy(r, group->byte, sizeof group->byte);
        (void)sv_rd_bytes(r, (size_t)sources * each + auxiliary * 4u);
        if (r->short_read)
            m->left = 0;
        else if (type != SV_BLOCK_OLD_SOURCES && sv_snoop_is_group(m, group)) {
            /* To want nothing but the sources of an empty list is to leave. */
            *wants = sources || (type != SV_CHANGE_TO_INCLUDE && type != SV_MODE_IS_INCLUDE);
            return true;
        }
    }
    return false;
}
