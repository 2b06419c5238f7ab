/* SPDX-License-Identifier: BSD-2-Clause */
#include "l2_link/bpdu_wire.h"

static uint16_t sv_bpdu_seconds(struct sv_rd *r)
{
    const uint32_t v = sv_rd_u16(r);
    return (uint16_t)((v + 255u) >> 8);
}

static uint64_t sv_bpdu_id(struct sv_rd *r)
{
    const uint64_t high = sv_rd_u32(r);
    return high << 32 | sv_rd_u32(r);
}

enum sv_drop sv_bpdu_parse(const uint8_t *bytes, uint32_t n, struct sv_bpdu *p)
{
    struct sv_rd r = sv_rd_of(bytes, n);
    *p = (struct sv_bpdu){0};
    const uint16_t protocol = sv_rd_u16(&r);
    p->version = sv_rd_u8(&r);
    p->type = sv_rd_u8(&r);
    if (r.short_read || protocol != 0)
        return SV_DROP_BPDU_MALFORMED;
    if (p->type == SV_BPDU_TCN)
        return SV_DROP_NONE;
    if (p->type != SV_BPDU_CONFIG && (p->type != SV_BPDU_RST || p->version < 2))
        return SV_DROP_BPDU_MALFORMED;
    p->flags = sv_rd_u8(&r);
    p->root = sv_bpdu_id(&r);
    p->cost = sv_rd_u32(&r);
    p->bridge = sv_bpdu_id(&r);
    p->port = sv_rd_u16(&r);
    p->message_age = sv_bpdu_seconds(&r);
    p->max_age = sv_bpdu_seconds(&r);
    p->hello = sv_bpdu_seconds(&r);
    p->forward_delay = sv_bpdu_seconds(&r);
    if (p->type == SV_BPDU_RST) {
        p->role = p->flags >> 2 & 3u;
        (void)sv_rd_u8(&r); /* version 1 length */
    }
    if (r.short_read)
        return SV_DROP_BPDU_MALFORMED;
    /* 9.3.4: information that has aged out already is no information. */
    if (p->type == SV_BPDU_CONFIG && p->message_age >= p->max_age)
        return SV_DROP_BPDU_MALFORMED;
    return SV_DROP_NONE;
}

static void sv_bpdu_put_id(struct sv_wr *w, uint64_t id)
{
    sv_wr_u32(w, (uint32_t)(id >> 32));
    sv_wr_u32(w, (uint32_t)id);
}

uint32_t sv_bpdu_emit(const struct sv_bpdu *p, uint8_t to[SV_BPDU_MAX_BYTES])
{
    struct sv_wr w = sv_wr_of(to, SV_BPDU_MAX_BYTES);
    sv_wr_u16(&w, 0);
    sv_wr_u8(&w, p->version);
    sv_wr_u8(&w, p->type);
    if (p->type == SV_BPDU_TCN)
        return SV_BPDU_TCN_BYTES;
    const uint32_t role = p->type == SV_BPDU_RST ? (uint32_t)p->role << 2 : 0;
    sv_wr_u8(&w, (uint8_t)((p->flags & ~0x0cu) | role));
    sv_bpdu_put_id(&w, p->root);
    sv_wr_u32(&w, p->cost);
    sv_bpdu_put_id(&w, p->bridge);
    sv_wr_u16(&w, p->port);
    sv_wr_u16(&w, (uint16_t)(p->message_age << 8));
    sv_wr_u16(&w, (uint16_t)(p->max_age << 8));
    sv_wr_u16(&w, (uint16_t)(p->hello << 8));
    sv_wr_u16(&w, (uint16_t)(p->forward_delay << 8));
    if (p->type == SV_BPDU_CONFIG)
        return SV_BPDU_CONFIG_BYTES;
    sv_wr_u8(&w, 0); /* version 1 length */
    SV_ASSERT(!w.overrun);
    return SV_BPDU_RST_BYTES;
}
