/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/nd_wire.h"

#define SV_ND_UNIT 8u /* lengths of options count these */

struct sv_addr sv_nd_solicited_node(const struct sv_addr *addr)
{
    struct sv_addr group = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0}};
    sv_memcpy(group.byte + 13, addr->byte + 13, 3);
    return group;
}

static struct sv_addr sv_nd_read_addr(struct sv_rd *r)
{
    struct sv_addr a = {{0}};
    sv_rd_copy(r, a.byte, 16);
    return a;
}

/* Only the first `bits` bits stay. */
static void sv_nd_mask(struct sv_addr *a, uint32_t bits)
{
    for (uint32_t i = 0; i < 16; i++) {
        if (bits >= 8u * (i + 1u))
            continue;
        const uint32_t keep = bits > 8u * i ? bits - 8u * i : 0;
        a->byte[i] = (uint8_t)(a->byte[i] & (0xff00u >> keep));
    }
}

/* --- options --- */

/* RFC 4191 §2.1: two bits, signed. False: reserved. */
static bool sv_nd_preference_of(uint8_t bits, int8_t *preference)
{
    static const int8_t value[4] = {SV_ND_PREFERENCE_MEDIUM, SV_ND_PREFERENCE_HIGH, SV_ND_PREFERENCE_MEDIUM,
                                    SV_ND_PREFERENCE_LOW};
    *preference = value[bits & 3u];
    return (bits & 3u) != 2u;
}

static bool sv_nd_read_prefix(struct sv_rd r, uint32_t units, struct sv_nd_prefix *p)
{
    p->bits = sv_rd_u8(&r);
    const uint8_t flags = sv_rd_u8(&r);
    p->valid_s = sv_rd_u32(&r);
    p->preferred_s = sv_rd_u32(&r);
    (void)sv_rd_u32(&r);
    p->prefix = sv_nd_read_addr(&r);
    p->on_link = (flags & 0x80u) != 0;
    p->autonomous = (flags & 0x40u) != 0;
    if (units != 4 || p->bits > 128)
        return false;
    sv_nd_mask(&p->prefix, p->bits);
    return true;
}

/* RFC 4191 §2.3: as many bytes of the prefix as its length needs. */
static bool sv_nd_read_route(struct sv_rd r, uint32_t units, struct sv_nd_route *route)
{
    route->bits = sv_rd_u8(&r);
    const uint8_t flags = sv_rd_u8(&r);
    route->ignore = !sv_nd_preference_of(flags >> 3, &route->preference);
    route->lifetime_s = sv_rd_u32(&r);
    const uint32_t needs = route->bits == 0 ? 1u : route->bits <= 64 ? 2u : 3u;
    if (units > 3 || units < needs || route->bits > 128)
        return false;
    sv_memset(route->prefix.byte, 0, 16);
    sv_rd_copy(&r, route->prefix.byte, (size_t)(units - 1u) * SV_ND_UNIT);
    sv_nd_mask(&route->prefix, route->bits);
    return !r.short_read;
}

/* RFC 8106 §5.2: names of labels, each ended by a zero, the rest zeros. No compression: a label is at most 63 bytes. */
static bool sv_nd_names_ok(const uint8_t *p, uint32_t n)
{
    uint32_t at = 0;
    bool any = false;
    while (at < n && p[at] != 0) {
        uint32_t length = 0;
        while (at < n && p[at] != 0) {
            length += p[at] + 1u;
            if (p[at] > 63 || length > 254)
                return false;
            at += p[at] + 1u;
        }
        if (at >= n)
            return false;
        at++;
        any = true;
    }
    while (at < n)
        if (p[at++] != 0)
            return false;
    return any;
}

/* The option's body lies in r, behind type and length; units: of 8 bytes with these two. */
static bool sv_nd_read_body(struct sv_rd r, uint32_t units, struct sv_nd_option *o)
{
    switch (o->type) {
    case SV_ND_OPT_SOURCE_LLA:
    case SV_ND_OPT_TARGET_LLA:
        o->bytes = r.at;
        o->bytes_length = SV_MAC_BYTES;
        return units == 1 && !sv_mac_is_group(r.at);
    case SV_ND_OPT_MTU:
        (void)sv_rd_u16(&r);
        o->lifetime_s = sv_rd_u32(&r);
        return units == 1;
    case SV_ND_OPT_NONCE:
        o->bytes = r.at;
        o->bytes_length = (uint32_t)sv_rd_left(&r);
        return true;
    case SV_ND_OPT_REDIRECTED:
        (void)sv_rd_bytes(&r, 6);
        o->bytes = r.at;
        o->bytes_length = (uint32_t)sv_rd_left(&r);
        return true;
    case SV_ND_OPT_PREFIX:
        return sv_nd_read_prefix(r, units, &o->prefix);
    case SV_ND_OPT_ROUTE:
        return sv_nd_read_route(r, units, &o->route);
    case SV_ND_OPT_RDNSS:
    case SV_ND_OPT_DNSSL:
        (void)sv_rd_u16(&r);
        o->lifetime_s = sv_rd_u32(&r);
        o->bytes = r.at;
        o->bytes_length = (uint32_t)sv_rd_left(&r);
        if (o->type == SV_ND_OPT_RDNSS)
            return units >= 3 && units % 2 == 1; /* whole addresses: RFC 8106 §5.1 */
        return units >= 2 && sv_nd_names_ok(o->bytes, o->bytes_length);
    default:
        return true;
    }
}

/* False: malformed. The whole option is consumed. */
static bool sv_nd_read_option(struct sv_rd *r, struct sv_nd_option *o)
{
    o->type = sv_rd_u8(r);
    const uint32_t units = sv_rd_u8(r);
    if (r->short_read || units == 0)
        return false;
    const uint32_t length = units * SV_ND_UNIT - 2u;
    const uint8_t *body = sv_rd_bytes(r, length);
    return body != NULL && sv_nd_read_body(sv_rd_of(body, length), units, o);
}

bool sv_nd_next(struct sv_rd *r, struct sv_nd_option *o)
{
    return sv_rd_left(r) != 0 && sv_nd_read_option(r, o);
}

/* Those that count once: the first of a kind is taken. */
static void sv_nd_note_option(struct sv_nd_msg *m, const struct sv_nd_option *o)
{
    switch (o->type) {
    case SV_ND_OPT_SOURCE_LLA:
        if (!(m->flags & SV_ND_HAS_SLLA))
            sv_memcpy(m->slla, o->bytes, SV_MAC_BYTES);
        m->flags |= SV_ND_HAS_SLLA;
        break;
    case SV_ND_OPT_TARGET_LLA:
        if (!(m->flags & SV_ND_HAS_TLLA))
            sv_memcpy(m->tlla, o->bytes, SV_MAC_BYTES);
        m->flags |= SV_ND_HAS_TLLA;
        break;
    case SV_ND_OPT_MTU:
        if (!(m->flags & SV_ND_HAS_MTU))
            m->mtu = o->lifetime_s;
        m->flags |= SV_ND_HAS_MTU;
        break;
    case SV_ND_OPT_NONCE:
        if (!(m->flags & SV_ND_HAS_NONCE)) {
            m->nonce_length = (uint8_t)sv_min_u32(o->bytes_length, sizeof m->nonce);
            sv_memcpy(m->nonce, o->bytes, m->nonce_length);
        }
        m->flags |= SV_ND_HAS_NONCE;
        break;
    case SV_ND_OPT_REDIRECTED:
        m->redirected = o->bytes;
        m->redirected_length = o->bytes_length;
        m->flags |= SV_ND_HAS_REDIRECTED;
        break;
    default:
        break;
    }
}

/* --- messages --- */

static void sv_nd_read_advert(struct sv_rd *r, struct sv_nd_msg *m)
{
    m->hop_limit = sv_rd_u8(r);
    const uint8_t flags = sv_rd_u8(r);
    m->router_lifetime_s = sv_rd_u16(r);
    m->reachable_ms = sv_rd_u32(r);
    m->retrans_ms = sv_rd_u32(r);
    m->flags = (uint16_t)((flags & 0x80u ? SV_ND_MANAGED : 0u) | (flags & 0x40u ? SV_ND_OTHER : 0u));
    (void)sv_nd_preference_of(flags >> 3, &m->preference);
    if (m->router_lifetime_s == 0)
        m->preference = SV_ND_PREFERENCE_MEDIUM; /* RFC 4191 §2.2 */
}

enum sv_drop sv_nd_parse(const uint8_t *bytes, uint32_t n, struct sv_nd_msg *m)
{
    struct sv_rd r = sv_rd_of(bytes, n);
    struct sv_nd_option o;
    sv_memset(m, 0, sizeof *m);
    sv_memset(&o, 0, sizeof o);
    m->type = sv_rd_u8(&r);
    (void)sv_rd_bytes(&r, 3); /* code, checksum */
    if (m->type == SV_ND_ROUTER_ADVERT) {
        sv_nd_read_advert(&r, m);
    } else {
        const uint32_t word = sv_rd_u32(&r);
        if (m->type == SV_ND_NEIGHBOUR_ADVERT)
            m->flags = (uint16_t)((word >> 31 ? SV_ND_ROUTER : 0u) | (word >> 30 & 1u ? SV_ND_SOLICITED : 0u) |
                                  (word >> 29 & 1u ? SV_ND_OVERRIDE : 0u));
        if (m->type == SV_ND_NEIGHBOUR_SOLICIT || m->type == SV_ND_NEIGHBOUR_ADVERT || m->type == SV_ND_REDIRECT)
            m->target = sv_nd_read_addr(&r);
        else if (m->type != SV_ND_ROUTER_SOLICIT && !r.short_read)
            return SV_DROP_ICMP_MALFORMED;
        if (m->type == SV_ND_REDIRECT)
            m->destination = sv_nd_read_addr(&r);
    }
    if (r.short_read)
        return SV_DROP_SHORT_HEADER;
    m->options = r.at;
    m->options_length = (uint32_t)sv_rd_left(&r);
    while (sv_rd_left(&r) != 0) {
        if (!sv_nd_read_option(&r, &o))
            return SV_DROP_ND_OPTION;
        sv_nd_note_option(m, &o);
    }
    return SV_DROP_NONE;
}

static bool sv_nd_valid_solicit(const struct sv_nd_msg *m, const struct sv_addr *src, const struct sv_addr *dst)
{
    const bool nobody = sv_addr_is_zero(src);
    if (nobody && m->flags & SV_ND_HAS_SLLA)
        return false;
    if (m->type == SV_ND_ROUTER_SOLICIT)
        return true;
    if (!sv_addr_is_unicast(&m->target) || sv_addr_is_v4(&m->target))
        return false;
    const struct sv_addr group = sv_nd_solicited_node(&m->target);
    return !nobody || sv_addr_equal(dst, &group);
}

static bool sv_nd_valid_told(const struct sv_nd_msg *m, const struct sv_addr *src, const struct sv_addr *dst)
{
    if (m->type == SV_ND_ROUTER_ADVERT)
        return sv_addr_is_link_local(src);
    if (m->type == SV_ND_NEIGHBOUR_ADVERT)
        return sv_addr_is_unicast(&m->target) && !sv_addr_is_v4(&m->target) &&
               !(sv_addr_is_multicast(dst) && m->flags & SV_ND_SOLICITED);
    /* A redirect: from the router's link-local address; not about a group; to a router or to the neighbour itself. */
    return sv_addr_is_link_local(src) && sv_addr_is_unicast(&m->destination) && !sv_addr_is_v4(&m->destination) &&
           (sv_addr_is_link_local(&m->target) || sv_addr_equal(&m->target, &m->destination));
}

enum sv_drop sv_nd_validate(const struct sv_nd_msg *m, uint8_t code, uint8_t hop_limit, const struct sv_addr *src,
                            const struct sv_addr *dst)
{
    if (hop_limit != SV_ND_HOP_LIMIT)
        return SV_DROP_ND_HOP_LIMIT;
    if (code != 0)
        return SV_DROP_ND_INVALID;
    const bool asks = m->type == SV_ND_ROUTER_SOLICIT || m->type == SV_ND_NEIGHBOUR_SOLICIT;
    if (asks ? !sv_nd_valid_solicit(m, src, dst) : !sv_nd_valid_told(m, src, dst))
        return SV_DROP_ND_INVALID;
    return SV_DROP_NONE;
}

/* --- emitting --- */

static uint8_t sv_nd_preference_bits(int8_t preference)
{
    return (uint8_t)(preference > 0 ? 0x08u : preference < 0 ? 0x18u : 0u);
}

void sv_nd_emit_header(struct sv_wr *w, const struct sv_nd_msg *m)
{
    sv_wr_u8(w, m->type);
    sv_wr_u8(w, 0);
    sv_wr_u16(w, 0);
    if (m->type == SV_ND_ROUTER_ADVERT) {
        sv_wr_u8(w, m->hop_limit);
        sv_wr_u8(w, (uint8_t)((m->flags & SV_ND_MANAGED ? 0x80u : 0u) | (m->flags & SV_ND_OTHER ? 0x40u : 0u) |
                              sv_nd_preference_bits(m->preference)));
        sv_wr_u16(w, m->router_lifetime_s);
        sv_wr_u32(w, m->reachable_ms);
        sv_wr_u32(w, m->retrans_ms);
        return;
    }
    uint32_t word = 0;
    if (m->type == SV_ND_NEIGHBOUR_ADVERT)
        word = (m->flags & SV_ND_ROUTER ? 1u << 31 : 0u) | (m->flags & SV_ND_SOLICITED ? 1u << 30 : 0u) |
               (m->flags & SV_ND_OVERRIDE ? 1u << 29 : 0u);
    sv_wr_u32(w, word);
    if (m->type != SV_ND_ROUTER_SOLICIT)
        sv_wr_copy(w, m->target.byte, 16);
    if (m->type == SV_ND_REDIRECT)
        sv_wr_copy(w, m->destination.byte, 16);
}

static void sv_nd_emit_type(struct sv_wr *w, enum sv_nd_option_type type, uint32_t units)
{
    sv_wr_u8(w, (uint8_t)type);
    sv_wr_u8(w, (uint8_t)units);
}

void sv_nd_emit_lla(struct sv_wr *w, enum sv_nd_option_type type, const uint8_t mac[SV_MAC_BYTES])
{
    sv_nd_emit_type(w, type, 1);
    sv_wr_copy(w, mac, SV_MAC_BYTES);
}

void sv_nd_emit_prefix(struct sv_wr *w, const struct sv_nd_prefix *p)
{
    sv_nd_emit_type(w, SV_ND_OPT_PREFIX, 4);
    sv_wr_u8(w, p->bits);
    sv_wr_u8(w, (uint8_t)((p->on_link ? 0x80u : 0u) | (p->autonomous ? 0x40u : 0u)));
    sv_wr_u32(w, p->valid_s);
    sv_wr_u32(w, p->preferred_s);
    sv_wr_u32(w, 0);
    struct sv_addr prefix = p->prefix;
    sv_nd_mask(&prefix, p->bits);
    sv_wr_copy(w, prefix.byte, 16);
}

void sv_nd_emit_mtu(struct sv_wr *w, uint32_t mtu)
{
    sv_nd_emit_type(w, SV_ND_OPT_MTU, 1);
    sv_wr_u16(w, 0);
    sv_wr_u32(w, mtu);
}

void sv_nd_emit_nonce(struct sv_wr *w, const uint8_t nonce[SV_ND_NONCE_BYTES])
{
    sv_nd_emit_type(w, SV_ND_OPT_NONCE, 1);
    sv_wr_copy(w, nonce, SV_ND_NONCE_BYTES);
}

void sv_nd_emit_route(struct sv_wr *w, const struct sv_nd_route *route)
{
    const uint32_t units = route->bits == 0 ? 1u : route->bits <= 64 ? 2u : 3u;
    struct sv_addr prefix = route->prefix;
    sv_nd_mask(&prefix, route->bits);
    sv_nd_emit_type(w, SV_ND_OPT_ROUTE, units);
    sv_wr_u8(w, route->bits);
    sv_wr_u8(w, sv_nd_preference_bits(route->preference));
    sv_wr_u32(w, route->lifetime_s);
    sv_wr_copy(w, prefix.byte, (size_t)(units - 1u) * SV_ND_UNIT);
}

void sv_nd_emit_rdnss(struct sv_wr *w, uint32_t lifetime_s, const struct sv_addr *servers, uint32_t n)
{
    SV_ASSERT(n > 0 && n <= 127);
    sv_nd_emit_type(w, SV_ND_OPT_RDNSS, 1u + 2u * n);
    sv_wr_u16(w, 0);
    sv_wr_u32(w, lifetime_s);
    for (uint32_t i = 0; i < n; i++)
        sv_wr_copy(w, servers[i].byte, 16);
}

void sv_nd_emit_dnssl(struct sv_wr *w, uint32_t lifetime_s, const uint8_t *names, uint32_t n)
{
    static const uint8_t zeros[SV_ND_UNIT] = {0};
    const uint32_t units = 1u + (n + SV_ND_UNIT - 1u) / SV_ND_UNIT;
    SV_ASSERT(n > 0 && units < 256);
    sv_nd_emit_type(w, SV_ND_OPT_DNSSL, units);
    sv_wr_u16(w, 0);
    sv_wr_u32(w, lifetime_s);
    sv_wr_copy(w, names, n);
    sv_wr_copy(w, zeros, (size_t)(units - 1u) * SV_ND_UNIT - n);
}

void sv_nd_emit_redirected(struct sv_wr *w, const uint8_t *packet, uint32_t n)
{
    n = sv_min_u32(n - n % SV_ND_UNIT, 254u * SV_ND_UNIT);
    sv_nd_emit_type(w, SV_ND_OPT_REDIRECTED, 1u + n / SV_ND_UNIT);
    sv_wr_u16(w, 0);
    sv_wr_u32(w, 0);
    sv_wr_copy(w, packet, n);
}
