/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/group_wire.h"

#include "core/checksum.h"

#define SV_IGMP_HDR_LEN 8u
#define SV_MLD_HDR_LEN 24u

uint32_t sv_group_code8(uint32_t code)
{
    return code < 128 ? code : ((code & 15u) | 16u) << ((code >> 4 & 7u) + 3u);
}

uint32_t sv_group_code16(uint32_t code)
{
    return code < 32768 ? code : ((code & 0xfffu) | 0x1000u) << ((code >> 12 & 7u) + 3u);
}

static uint32_t sv_group_addr_bytes(bool six)
{
    return six ? 16u : 4u;
}

static struct sv_addr sv_group_read_addr(struct sv_rd *r, bool six)
{
    struct sv_addr a = {{0}};
    uint8_t four[4];
    if (six) {
        sv_rd_copy(r, a.byte, 16);
        return a;
    }
    sv_rd_copy(r, four, 4);
    return sv_addr_of_v4_bytes(four);
}

static void sv_group_write_addr(struct sv_wr *w, bool six, const struct sv_addr *a)
{
    if (six)
        sv_wr_copy(w, a->byte, 16);
    else
        sv_wr_copy(w, a->byte + 12, 4);
}

bool sv_group_next_record(struct sv_rd *r, bool six, struct sv_group_record *record)
{
    if (sv_rd_left(r) == 0)
        return false;
    record->type = sv_rd_u8(r);
    const uint32_t aux = sv_rd_u8(r) * 4u;
    record->sources = sv_rd_u16(r);
    record->group = sv_group_read_addr(r, six);
    record->list = sv_rd_bytes(r, (size_t)record->sources * sv_group_addr_bytes(six));
    (void)sv_rd_bytes(r, aux);
    return !r->short_read;
}

struct sv_addr sv_group_source(const struct sv_group_msg *m, uint32_t i)
{
    SV_ASSERT(i < m->sources);
    struct sv_rd r = sv_rd_of(m->list + (size_t)i * sv_group_addr_bytes(m->six), sv_group_addr_bytes(m->six));
    return sv_group_read_addr(&r, m->six);
}

/* What version 3 adds to a query: S and QRV, QQIC, sources. */
static enum sv_drop sv_group_read_sources(struct sv_rd *r, struct sv_group_msg *m)
{
    const uint8_t flags = sv_rd_u8(r);
    m->suppress = (flags & 8u) != 0;
    m->robustness = flags & 7u;
    m->query_interval_s = sv_group_code8(sv_rd_u8(r));
    m->sources = sv_rd_u16(r);
    m->list_length = m->sources * sv_group_addr_bytes(m->six);
    m->list = sv_rd_bytes(r, m->list_length);
    /* Sources without a group mean nothing (RFC 3376 §4.1.9). */
    if (r->short_read || (m->sources != 0 && sv_addr_is_any(&m->group)))
        return SV_DROP_GROUP_MALFORMED;
    return SV_DROP_NONE;
}

static enum sv_drop sv_group_read_records(struct sv_rd *r, struct sv_group_msg *m)
{
    m->kind = SV_GROUP_RECORDS;
    m->version = 3;
    (void)sv_rd_u16(r);
    m->sources = sv_rd_u16(r);
    m->list = r->at;
    struct sv_group_record record;
    for (uint32_t i = 0; i < m->sources; i++) {
        if (!sv_group_next_record(r, m->six, &record) || !sv_addr_is_multicast(&record.group))
            return SV_DROP_GROUP_MALFORMED;
    }
    m->list_length = (uint32_t)(r->at - m->list);
    return SV_DROP_NONE;
}

/* A query may ask for all groups, reports and leaves name one. */
static enum sv_drop sv_group_check(const struct sv_group_msg *m)
{
    const bool all = m->kind == SV_GROUP_QUERY && sv_addr_is_any(&m->group);
    return all || sv_addr_is_multicast(&m->group) ? SV_DROP_NONE : SV_DROP_GROUP_MALFORMED;
}

enum sv_drop sv_igmp_parse(const uint8_t *bytes, uint32_t n, struct sv_group_msg *m)
{
    struct sv_rd r = sv_rd_of(bytes, n);
    sv_memset(m, 0, sizeof *m);
    if (n < SV_IGMP_HDR_LEN)
        return SV_DROP_SHORT_HEADER;
    if (sv_sum(bytes, n, 0) != 0xffffu)
        return SV_DROP_BAD_CHECKSUM;
    const uint8_t type = sv_rd_u8(&r);
    const uint8_t code = sv_rd_u8(&r);
    (void)sv_rd_u16(&r);
    if (type == SV_IGMP_REPORT_V3)
        return sv_group_read_records(&r, m);
    m->group = sv_group_read_addr(&r, false);
    switch (type) {
    case SV_IGMP_QUERY: /* RFC 3376 §7.1: the length tells the version */
        m->kind = SV_GROUP_QUERY;
        m->version = n >= 12 ? 3 : code == 0 ? 1 : 2;
        if (n > SV_IGMP_HDR_LEN && n < 12)
            return SV_DROP_GROUP_MALFORMED;
        m->max_response_ms = 100u * (m->version == 3 ? sv_group_code8(code) : m->version == 2 ? code : 100u);
        if (m->version == 3) {
            const enum sv_drop why = sv_group_read_sources(&r, m);
            if (why != SV_DROP_NONE)
                return why;
        }
        return sv_group_check(m);
    case SV_IGMP_REPORT_V1:
    case SV_IGMP_REPORT_V2:
        m->kind = SV_GROUP_REPORT;
        m->version = type == SV_IGMP_REPORT_V1 ? 1 : 2;
        return sv_group_check(m);
    case SV_IGMP_LEAVE:
        m->kind = SV_GROUP_LEAVE;
        m->version = 2;
        return sv_group_check(m);
    default:
        return SV_DROP_GROUP_MALFORMED;
    }
}

enum sv_drop sv_mld_parse(const uint8_t *bytes, uint32_t n, struct sv_group_msg *m)
{
    struct sv_rd r = sv_rd_of(bytes, n);
    sv_memset(m, 0, sizeof *m);
    m->six = true;
    const uint8_t type = sv_rd_u8(&r);
    (void)sv_rd_bytes(&r, 3); /* code, checksum */
    if (n < 8)
        return SV_DROP_SHORT_HEADER;
    if (type == SV_MLD_REPORT_V2)
        return sv_group_read_records(&r, m);
    const uint32_t code = sv_rd_u16(&r);
    (void)sv_rd_u16(&r);
    m->group = sv_group_read_addr(&r, true);
    if (r.short_read)
        return SV_DROP_SHORT_HEADER;
    m->version = 2;
    m->max_response_ms = code;
    switch (type) {
    case SV_MLD_QUERY: /* RFC 3810 §8.1 */
        m->kind = SV_GROUP_QUERY;
        if (n > SV_MLD_HDR_LEN) {
            m->version = 3;
            m->max_response_ms = sv_group_code16(code);
            const enum sv_drop why = n < 28 ? SV_DROP_GROUP_MALFORMED : sv_group_read_sources(&r, m);
            if (why != SV_DROP_NONE)
                return why;
        }
        return sv_group_check(m);
    case SV_MLD_REPORT:
        m->kind = SV_GROUP_REPORT;
        return sv_group_check(m);
    case SV_MLD_DONE:
        m->kind = SV_GROUP_LEAVE;
        return sv_group_check(m);
    default:
        return SV_DROP_GROUP_MALFORMED;
    }
}

void sv_group_emit(struct sv_wr *w, const struct sv_group_msg *m, uint32_t code)
{
    static const uint8_t mld[] = {SV_MLD_QUERY, SV_MLD_REPORT, SV_MLD_DONE};
    static const uint8_t igmp[] = {SV_IGMP_QUERY, SV_IGMP_REPORT_V2, SV_IGMP_LEAVE};
    SV_ASSERT(m->kind <= SV_GROUP_LEAVE);
    uint8_t type = m->six ? mld[m->kind] : igmp[m->kind];
    if (!m->six && m->kind == SV_GROUP_REPORT && m->version == 1)
        type = SV_IGMP_REPORT_V1;
    sv_wr_u8(w, type);
    sv_wr_u8(w, (uint8_t)(m->six ? 0 : code));
    sv_wr_u16(w, 0);
    if (m->six)
        sv_wr_u32(w, code << 16);
    sv_group_write_addr(w, m->six, &m->group);
    if (m->kind == SV_GROUP_QUERY && m->version == 3) {
        sv_wr_u8(w, (uint8_t)((m->suppress ? 8u : 0u) | (m->robustness & 7u)));
        sv_wr_u8(w, (uint8_t)sv_min_u32(m->query_interval_s, 127));
        sv_wr_u16(w, 0);
    }
}

void sv_group_emit_report(struct sv_wr *w, bool six, uint32_t records)
{
    sv_wr_u8(w, six ? (uint8_t)SV_MLD_REPORT_V2 : (uint8_t)SV_IGMP_REPORT_V3);
    sv_wr_u8(w, 0);
    sv_wr_u16(w, 0);
    sv_wr_u16(w, 0);
    sv_wr_u16(w, (uint16_t)records);
}

void sv_group_emit_record(struct sv_wr *w, bool six, enum sv_group_record_type type, const struct sv_addr *group,
                          const struct sv_addr *sources, uint32_t n)
{
    sv_wr_u8(w, (uint8_t)type);
    sv_wr_u8(w, 0);
    sv_wr_u16(w, (uint16_t)n);
    sv_group_write_addr(w, six, group);
    for (uint32_t i = 0; i < n; i++)
        sv_group_write_addr(w, six, &sources[i]);
}

void sv_igmp_finish(uint8_t *bytes, uint32_t n)
{
    sv_put_u16(bytes + 2, 0);
    sv_sum_store(bytes + 2, sv_sum(bytes, n, 0));
}
