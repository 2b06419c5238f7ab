/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbour discovery's five messages and their options (RFC 4861 §4; RFC 4191 routes and preferences; RFC 8106 name
 * servers and search lists; RFC 3971 §5.3.2 nonce), parsed and emitted. Bytes are those from the ICMPv6 type on; the
 * checksum is the ICMPv6 layer's.
 *
 * sv_nd_parse() looks at every option once: one that is malformed makes the whole message malformed. What may come many
 * times (prefixes, routes, name servers, search lists) is then read with sv_nd_next(), which cannot fail any more. */
#ifndef SV_L3_ND_WIRE_H
#define SV_L3_ND_WIRE_H

#include "core/addr.h"
#include "l2_link/ethernet_wire.h"

enum sv_nd_type {
    SV_ND_ROUTER_SOLICIT = 133,
    SV_ND_ROUTER_ADVERT = 134,
    SV_ND_NEIGHBOUR_SOLICIT = 135,
    SV_ND_NEIGHBOUR_ADVERT = 136,
    SV_ND_REDIRECT = 137,
};

enum sv_nd_option_type {
    SV_ND_OPT_SOURCE_LLA = 1,
    SV_ND_OPT_TARGET_LLA = 2,
    SV_ND_OPT_PREFIX = 3,
    SV_ND_OPT_REDIRECTED = 4,
    SV_ND_OPT_MTU = 5,
    SV_ND_OPT_NONCE = 14,
    SV_ND_OPT_ROUTE = 24,
    SV_ND_OPT_RDNSS = 25,
    SV_ND_OPT_DNSSL = 31,
};

#define SV_ND_HOP_LIMIT 255u
#define SV_ND_INFINITE UINT32_MAX /* of lifetimes in seconds */
#define SV_ND_NONCE_BYTES 6u      /* what we send: the option is then 8 bytes long (RFC 7527 §4.1) */
#define SV_ND_MTU_MIN 1280u       /* RFC 8200 §5 */

/* RFC 4191 §2.1; RESERVED is the value 10. */
enum sv_nd_preference { SV_ND_PREFERENCE_LOW = -1, SV_ND_PREFERENCE_MEDIUM = 0, SV_ND_PREFERENCE_HIGH = 1 };

enum sv_nd_flag {
    SV_ND_ROUTER = 1u << 0,    /* of a neighbour advertisement */
    SV_ND_SOLICITED = 1u << 1, /* ... */
    SV_ND_OVERRIDE = 1u << 2,  /* ... */
    SV_ND_MANAGED = 1u << 3,   /* of a router advertisement */
    SV_ND_OTHER = 1u << 4,     /* ... */
    SV_ND_HAS_SLLA = 1u << 8,  /* that option was there */
    SV_ND_HAS_TLLA = 1u << 9,
    SV_ND_HAS_MTU = 1u << 10,
    SV_ND_HAS_NONCE = 1u << 11,
    SV_ND_HAS_REDIRECTED = 1u << 12,
};

struct sv_nd_msg {
    uint8_t type;      /* enum sv_nd_type */
    int8_t preference; /* of a router advertisement; the reserved value reads as medium (RFC 4191 §2.2) */
    uint8_t hop_limit; /* 0: unspecified */
    uint8_t nonce_length;
    uint16_t flags;             /* enum sv_nd_flag */
    uint16_t router_lifetime_s; /* 0: no default router */
    uint32_t reachable_ms;      /* 0: unspecified */
    uint32_t retrans_ms;        /* 0: unspecified */
    uint32_t mtu;
    struct sv_addr target;      /* of NS, NA and Redirect */
    struct sv_addr destination; /* of Redirect */
    uint8_t slla[SV_MAC_BYTES], tlla[SV_MAC_BYTES];
    uint8_t nonce[16];      /* its first bytes; those compared and sent are SV_ND_NONCE_BYTES */
    const uint8_t *options; /* borrowed from the packet, checked */
    uint32_t options_length;
    const uint8_t *redirected; /* the packet that a redirect is about, as much as it quotes */
    uint32_t redirected_length;
};

/* Prefix information (RFC 4861 §4.6.2). Bits behind the length are zero once parsed. */
struct sv_nd_prefix {
    struct sv_addr prefix;
    uint32_t valid_s, preferred_s;
    uint8_t bits;
    bool on_link, autonomous;
};

/* Route information (RFC 4191 §2.3). ignore: the reserved preference. */
struct sv_nd_route {
    struct sv_addr prefix;
    uint32_t lifetime_s;
    uint8_t bits;
    int8_t preference;
    bool ignore;
};

/* One option out of a checked list. */
struct sv_nd_option {
    uint8_t type;
    struct sv_nd_prefix prefix;
    struct sv_nd_route route;
    uint32_t lifetime_s;   /* of RDNSS and DNSSL */
    const uint8_t *bytes;  /* RDNSS: addresses of 16 bytes; DNSSL: names as labels (RFC 1035 §3.1), then zeros */
    uint32_t bytes_length; /* ... of both */
};

/* SHORT_HEADER; ND_OPTION: an option of no length, longer than the message, or of a length or content that its type
 * cannot have. ICMP_MALFORMED: another type. Options of unknown types are passed over (RFC 4861 §4.6). */
enum sv_drop sv_nd_parse(const uint8_t *bytes, uint32_t n, struct sv_nd_msg *m);

/* The next option of a message that was parsed; false: no more. `r` begins as sv_nd_options(m). */
bool sv_nd_next(struct sv_rd *r, struct sv_nd_option *o);
static inline struct sv_rd sv_nd_options(const struct sv_nd_msg *m)
{
    return sv_rd_of(m->options, m->options_length);
}

/* Is it what a host or router may take (RFC 4861 §6.1, §7.1, §8.1)? ND_HOP_LIMIT: it was forwarded. ND_INVALID: code,
 * source, destination, target or options contradict its type. */
enum sv_drop sv_nd_validate(const struct sv_nd_msg *m, uint8_t code, uint8_t hop_limit, const struct sv_addr *src,
                            const struct sv_addr *dst);

/* --- emitting: into room that the caller made; w->overrun says it was too little. The checksum field is zero. --- */
void sv_nd_emit_header(struct sv_wr *w, const struct sv_nd_msg *m); /* without options */
void sv_nd_emit_lla(struct sv_wr *w, enum sv_nd_option_type type, const uint8_t mac[SV_MAC_BYTES]);
void sv_nd_emit_prefix(struct sv_wr *w, const struct sv_nd_prefix *p);
void sv_nd_emit_mtu(struct sv_wr *w, uint32_t mtu);
void sv_nd_emit_nonce(struct sv_wr *w, const uint8_t nonce[SV_ND_NONCE_BYTES]);
void sv_nd_emit_route(struct sv_wr *w, const struct sv_nd_route *route);
void sv_nd_emit_rdnss(struct sv_wr *w, uint32_t lifetime_s, const struct sv_addr *servers, uint32_t n);
/* names: labels ready made, each name with its ending zero. */
void sv_nd_emit_dnssl(struct sv_wr *w, uint32_t lifetime_s, const uint8_t *names, uint32_t n);
/* The first n bytes (cut to a multiple of 8) of the packet that a redirect is about. */
void sv_nd_emit_redirected(struct sv_wr *w, const uint8_t *packet, uint32_t n);

/* ff02::1:ffXX:XXXX of an address (RFC 4291 §2.7.1). */
struct sv_addr sv_nd_solicited_node(const struct sv_addr *addr);
static inline bool sv_addr_is_link_local(const struct sv_addr *a) /* RFC 4291 §2.5.6, RFC 3927 */
{
    if (sv_addr_is_v4(a))
        return a->byte[12] == 169 && a->byte[13] == 254;
    return a->byte[0] == 0xfe && (a->byte[1] & 0xc0u) == 0x80u;
}

#endif
