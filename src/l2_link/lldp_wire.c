/* SPDX-License-Identifier: BSD-2-Clause */
#include "l2_link/lldp_wire.h"

static void sv_lldp_text(char *to, const uint8_t *from, uint32_t n)
{
    n = sv_min_u32(n, SV_LLDP_TEXT - 1u);
    sv_memcpy(to, from, n);
    sv_memset(to + n, 0, SV_LLDP_TEXT - n);
}

static bool sv_lldp_id(uint8_t *to, uint8_t *bytes, const uint8_t *from, uint32_t n)
{
    if (n < 2 || n > 256) /* 8.5.2.1: a subtype and 1 to 255 bytes */
        return false;
    *bytes = (uint8_t)sv_min_u32(n, SV_LLDP_ID_BYTES);
    sv_memcpy(to, from, *bytes);
    return true;
}

/* One value; false: it contradicts its type. */
static bool sv_lldp_value(struct sv_lldp_told *t, uint32_t type, const uint8_t *v, uint32_t n)
{
    switch (type) {
    case SV_LLDP_CHASSIS:
        return sv_lldp_id(t->chassis, &t->chassis_bytes, v, n);
    case SV_LLDP_PORT:
        return sv_lldp_id(t->port_id, &t->port_id_bytes, v, n);
    case SV_LLDP_TTL:
        if (n < 2)
            return false;
        t->ttl_s = sv_get_u16(v);
        return true;
    case SV_LLDP_PORT_TEXT:
        sv_lldp_text(t->port_text, v, n);
        return true;
    case SV_LLDP_SYSTEM:
        sv_lldp_text(t->system, v, n);
        return true;
    case SV_LLDP_DESCRIPTION:
        sv_lldp_text(t->description, v, n);
        return true;
    case SV_LLDP_CAPABILITIES:
        if (n != 4)
            return false;
        t->capabilities = sv_get_u16(v + 2);
        return true;
    default:
        return true; /* management addresses, what organizations add, what is yet to come */
    }
}

enum sv_drop sv_lldp_parse(const uint8_t *bytes, uint32_t n, struct sv_lldp_told *t)
{
    struct sv_rd r = sv_rd_of(bytes, n);
    uint32_t seen = 0;
    sv_memset(t, 0, sizeof *t);
    for (uint32_t place = 1;; place++) {
        const uint32_t head = sv_rd_u16(&r);
        const uint32_t type = head >> 9, length = head & 0x1ffu;
        const uint8_t *value = sv_rd_bytes(&r, length);
        if (r.short_read)
            return SV_DROP_LLDP_MALFORMED;
        if (type == SV_LLDP_END && place > 3)
            return SV_DROP_NONE;
        /* 9.2.7.7.1: the first three have their places, and appear there only. */
        if (place <= 3 ? type != place : type <= 3)
            return SV_DROP_LLDP_MALFORMED;
        if (type >= SV_LLDP_PORT_TEXT && type <= SV_LLDP_CAPABILITIES && seen & 1u << type)
            return SV_DROP_LLDP_MALFORMED;
        if (type <= SV_LLDP_CAPABILITIES)
            seen |= 1u << type;
        if (!sv_lldp_value(t, type, value, length))
            return SV_DROP_LLDP_MALFORMED;
    }
}

static void sv_lldp_put(struct sv_wr *w, uint32_t type, const void *value, uint32_t n)
{
    sv_wr_u16(w, (uint16_t)(type << 9 | n));
    sv_wr_copy(w, value, n);
}

static void sv_lldp_put_text(struct sv_wr *w, uint32_t type, const char *text)
{
    uint32_t n = 0;
    while (n < SV_LLDP_TEXT && text[n])
        n++;
    if (n)
        sv_lldp_put(w, type, text, n);
}

uint32_t sv_lldp_emit(const struct sv_lldp_told *t, uint8_t *to, uint32_t room)
{
    struct sv_wr w = sv_wr_of(to, room);
    uint8_t two[2], four[4];
    sv_lldp_put(&w, SV_LLDP_CHASSIS, t->chassis, t->chassis_bytes);
    sv_lldp_put(&w, SV_LLDP_PORT, t->port_id, t->port_id_bytes);
    sv_put_u16(two, t->ttl_s);
    sv_lldp_put(&w, SV_LLDP_TTL, two, sizeof two);
    sv_lldp_put_text(&w, SV_LLDP_PORT_TEXT, t->port_text);
    sv_lldp_put_text(&w, SV_LLDP_SYSTEM, t->system);
    sv_lldp_put_text(&w, SV_LLDP_DESCRIPTION, t->description);
    if (t->capabilities) {
        sv_put_u16(four, t->capabilities);
        sv_put_u16(four + 2, t->capabilities);
        sv_lldp_put(&w, SV_LLDP_CAPABILITIES, four, sizeof four);
    }
    sv_wr_u16(&w, 0);
    return w.overrun ? 0 : (uint32_t)(w.at - to);
}
