/* SPDX-License-Identifier: BSD-2-Clause */
#include "l2_link/snoop_wire.h"

#include "core/packet_sum.h"

enum { SV_PROTOCOL_ICMP6 = 58, SV_NEXT_HOP_BY_HOP = 0, SV_ETHERTYPE_OF_IP4 = 0x0800 };

#define SV_IP4_BYTES 20u
#define SV_IP6_BYTES 40u
#define SV_ALERT_BYTES 8u /* hop-by-hop options with a router alert */

enum sv_drop sv_snoop_head(const uint8_t *b, uint32_t n, uint16_t type, struct sv_snoop_msg *m)
{
    sv_memset(m, 0, sizeof *m);
    m->version = type == SV_ETHERTYPE_OF_IP4 ? 4 : 6;
    if (n < (m->version == 4 ? SV_IP4_BYTES : SV_IP6_BYTES))
        return SV_DROP_SHORT_HEADER;
    if (b[0] >> 4 != m->version)
        return SV_DROP_BAD_VERSION;
    if (m->version == 4) {
        m->src = sv_addr_of_v4_bytes(b + 12);
        m->dst = sv_addr_of_v4_bytes(b + 16);
        m->tells = b[9] == SV_PROTO_IGMP && !(sv_get_u16(b + 6) & 0x3fffu); /* nobody sends messages in fragments */
    } else {
        sv_memcpy(m->src.byte, b + 8, 16);
        sv_memcpy(m->dst.byte, b + 24, 16);
        m->tells = b[6] == SV_NEXT_HOP_BY_HOP; /* RFC 2710 §3: MLD comes behind a router alert */
    }
    return SV_DROP_NONE;
}

/* Another protocol of routers under the same number is no message, and none that is malformed. */
static bool sv_snoop_is_igmp(uint8_t type)
{
    return type == SV_IGMP_QUERY || type == SV_IGMP_REPORT_V1 || type == SV_IGMP_REPORT_V2 || type == SV_IGMP_LEAVE ||
           type == SV_IGMP_REPORT_V3;
}

static enum sv_drop sv_snoop_ip4(const uint8_t *b, uint32_t n, struct sv_snoop_msg *m)
{
    const uint32_t header = (b[0] & 15u) * 4u, total = sv_get_u16(b + 2);
    if (header < SV_IP4_BYTES || total < header || total > n)
        return SV_DROP_BAD_LENGTH;
    if (total > header && !sv_snoop_is_igmp(b[header])) {
        m->tells = false;
        return SV_DROP_NONE;
    }
    return sv_igmp_parse(b + header, total - header, &m->told) == SV_DROP_NONE ? SV_DROP_NONE : SV_DROP_SNOOP_MALFORMED;
}

static enum sv_drop sv_snoop_ip6(const uint8_t *b, uint32_t n, struct sv_snoop_msg *m)
{
    const uint32_t end = SV_IP6_BYTES + sv_get_u16(b + 4);
    if (end > n || end < SV_IP6_BYTES + SV_ALERT_BYTES)
        return SV_DROP_BAD_LENGTH;
    const uint32_t at = SV_IP6_BYTES + (b[SV_IP6_BYTES + 1] + 1u) * 8u;
    m->tells = b[SV_IP6_BYTES] == SV_PROTOCOL_ICMP6 && b[7] == 1;
    if (!m->tells)
        return SV_DROP_NONE;
    if (at >= end)
        return SV_DROP_BAD_LENGTH;
    m->tells = b[at] == SV_MLD_REPORT_V2 || (b[at] >= SV_MLD_QUERY && b[at] <= SV_MLD_DONE);
    if (!m->tells)
        return SV_DROP_NONE;
    const uint16_t pseudo = sv_pseudo_sum(&m->src, &m->dst, SV_PROTOCOL_ICMP6, end - at);
    if (sv_sum_add(sv_sum(b + at, end - at, SV_CPU_PORTABLE), pseudo) != 0xffffu ||
        sv_mld_parse(b + at, end - at, &m->told) != SV_DROP_NONE)
        return SV_DROP_SNOOP_MALFORMED;
    return SV_DROP_NONE;
}

enum sv_drop sv_snoop_parse(const uint8_t *bytes, uint32_t n, uint16_t type, struct sv_snoop_msg *m)
{
    enum sv_drop why = sv_snoop_head(bytes, n, type, m);
    if (why == SV_DROP_NONE && m->tells)
        why = m->version == 4 ? sv_snoop_ip4(bytes, n, m) : sv_snoop_ip6(bytes, n, m);
    m->tells &= why == SV_DROP_NONE;
    return why;
}

bool sv_snoop_record(struct sv_rd *r, const struct sv_snoop_msg *m, struct sv_addr *group, bool *wants)
{
    struct sv_group_record record;
    while (sv_rd_left(r) && sv_group_next_record(r, m->version == 6, &record)) {
        if (record.type == SV_GROUP_BLOCK)
            continue;
        *group = record.group;
        /* To want nothing but the sources of an empty list is to leave. */
        *wants = record.sources || (record.type != SV_GROUP_TO_INCLUDE && record.type != SV_GROUP_IS_INCLUDE);
        return true;
    }
    return false;
}

/* --- questions --- */

static void sv_snoop_ip4_emit(const struct sv_addr *src, const struct sv_addr *dst, uint8_t *to, uint32_t message)
{
    static const uint8_t alert[4] = {0x94, 0x04, 0, 0}; /* RFC 2113 */
    uint8_t *ip = to;
    sv_memset(ip, 0, SV_IP4_BYTES);
    ip[0] = 0x46;
    ip[1] = 0xc0; /* RFC 3376 §4: internetwork control */
    sv_put_u16(ip + 2, (uint16_t)(SV_IP4_BYTES + sizeof alert + message));
    ip[8] = 1;
    ip[9] = SV_PROTO_IGMP;
    sv_memcpy(ip + 12, src->byte + 12, 4);
    sv_memcpy(ip + 16, dst->byte + 12, 4);
    sv_memcpy(ip + SV_IP4_BYTES, alert, sizeof alert);
    sv_sum_store(ip + 10, sv_sum(ip, SV_IP4_BYTES + sizeof alert, SV_CPU_PORTABLE));
}

static void sv_snoop_ip6_emit(const struct sv_addr *src, const struct sv_addr *dst, uint8_t *to, uint32_t message)
{
    static const uint8_t alert[SV_ALERT_BYTES] = {SV_PROTOCOL_ICMP6, 0, 5, 2, 0, 0, 1, 0}; /* RFC 2711, and padding */
    sv_memset(to, 0, SV_IP6_BYTES);
    to[0] = 0x60;
    sv_put_u16(to + 4, (uint16_t)(sizeof alert + message));
    to[7] = 1;
    sv_memcpy(to + 8, src->byte, 16);
    sv_memcpy(to + 24, dst->byte, 16);
    sv_memcpy(to + SV_IP6_BYTES, alert, sizeof alert);
    uint8_t *mld = to + SV_IP6_BYTES + sizeof alert;
    const uint16_t pseudo = sv_pseudo_sum(src, dst, SV_PROTOCOL_ICMP6, message);
    sv_sum_store(mld + 2, sv_sum_add(sv_sum(mld, message, SV_CPU_PORTABLE), pseudo));
}

uint32_t sv_snoop_query_emit(const struct sv_addr *src, const struct sv_addr *group, uint32_t interval_s, uint8_t *to)
{
    static const struct sv_addr all_nodes = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    const bool six = !sv_addr_is_v4(src), general = sv_addr_is_any(group);
    const struct sv_group_msg m = {.kind = SV_GROUP_QUERY,
                                   .version = 3,
                                   .six = six,
                                   .robustness = 2,
                                   .group = *group,
                                   .query_interval_s = interval_s};
    const struct sv_addr dst = !general ? *group : six ? all_nodes : sv_addr_of_v4(0xe0000001u);
    const uint32_t head = six ? SV_IP6_BYTES + SV_ALERT_BYTES : SV_IP4_BYTES + 4u;
    struct sv_wr w = sv_wr_of(to + head, SV_SNOOP_QUERY_BYTES - head);
    /* RFC 3376 §8.3, §8.8: ten seconds to answer a general one, one for a last member; MLD says them in ms. */
    sv_group_emit(&w, &m, (general ? 100u : 10u) * (six ? 100u : 1u));
    SV_ASSERT(!w.overrun);
    const uint32_t message = (uint32_t)(w.at - (to + head));
    if (six) {
        sv_snoop_ip6_emit(src, &dst, to, message);
    } else {
        sv_igmp_finish(to + head, message);
        sv_snoop_ip4_emit(src, &dst, to, message);
    }
    return head + message;
}

void sv_snoop_mac(const struct sv_addr *group, uint8_t mac[6])
{
    static const uint8_t four[3] = {0x01, 0x00, 0x5e}, six[2] = {0x33, 0x33};
    if (sv_addr_is_v4(group)) {
        sv_memcpy(mac, four, sizeof four);
        sv_memcpy(mac + 3, group->byte + 13, 3);
        mac[3] &= 0x7f;
    } else {
        sv_memcpy(mac, six, sizeof six);
        sv_memcpy(mac + 2, group->byte + 12, 4);
    }
}
