/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands before an IP or ARP packet on links that are not plain Ethernet, and the shims between a link and its
 * network layer: LLC with SNAP, PPPoE, MPLS, VN-Tag, MACsec in clear. */
#include "trace/dissect_private.h"

static bool sv_link_short(struct sv_dissection *x)
{
    struct sv_dissected *d = x->d;
    if (!x->r.short_read)
        return false;
    d->problems |= d->captured_bytes < d->wire_bytes ? SV_PROBLEM_TRUNCATED : SV_PROBLEM_LINK;
    return true;
}

/* The network layer by the version in its first bits: behind MPLS and on raw links nothing else names it. */
static void sv_dissect_by_version(struct sv_dissection *x)
{
    if (!sv_rd_left(&x->r))
        return;
    const uint8_t version = x->r.at[0] >> 4;
    if (version == 4 || version == 6) {
        sv_dissect_network(x, version == 4 ? 0x0800 : 0x86dd);
    }
}

/* A stack of labels (RFC 3032 §2.1), the last marked. What a label stands for only its router knows; the first bits
 * tell IP from a pseudowire's control word (RFC 4928 §3). */
static void sv_dissect_mpls(struct sv_dissection *x)
{
    uint32_t entry = 0;
    while (!(entry & 0x100u)) {
        entry = sv_rd_u32(&x->r);
        if (sv_link_short(x))
            return;
    }
    x->d->seen |= SV_SEEN_SHIM;
    sv_dissect_by_version(x);
}

/* PPP's protocol field (RFC 1661 §2; one byte when compressed). */
static void sv_dissect_ppp_protocol(struct sv_dissection *x)
{
    uint16_t protocol = sv_rd_u8(&x->r);
    if (!(protocol & 1u))
        protocol = (uint16_t)(protocol << 8 | sv_rd_u8(&x->r));
    if (sv_link_short(x))
        return;
    switch (protocol) {
    case 0x0021:
        sv_dissect_network(x, 0x0800);
        break;
    case 0x0057:
        sv_dissect_network(x, 0x86dd);
        break;
    case 0x0281:
        sv_dissect_mpls(x);
        break;
    default:
        x->d->network_at = sv_dissect_offset(x);
        break;
    }
}

/* RFC 2516 §4: version and type, code, session, length; code 0 carries PPP. */
static void sv_dissect_pppoe(struct sv_dissection *x)
{
    sv_rd_u8(&x->r);
    const uint8_t code = sv_rd_u8(&x->r);
    sv_rd_u16(&x->r);
    const uint16_t length = sv_rd_u16(&x->r);
    if (sv_link_short(x))
        return;
    x->d->seen |= SV_SEEN_SHIM;
    if (sv_rd_left(&x->r) > length)
        x->r.end = x->r.at + length;
    if (code == 0)
        sv_dissect_ppp_protocol(x);
}

/* Cisco's Inter-Switch Link: 26 bytes before a whole frame, known by the multicast address they begin with. */
void sv_dissect_isl(struct sv_dissection *x)
{
    const uint8_t *const p = x->r.at;
    if (sv_rd_left(&x->r) < 26 + 14 || (p[0] & 0xfdu) != 1 || p[1] || p[2] != 0x0c || p[3] || p[4])
        return;
    if (p[14] == 0xaa && p[15] == 0xaa && p[16] == 0x03) { /* it is a frame of 802.3 with SNAP, and ISL's own */
        x->d->seen |= SV_SEEN_SHIM;
        sv_rd_bytes(&x->r, 26);
    }
}

void sv_dissect_llc(struct sv_dissection *x)
{
    struct sv_dissected *d = x->d;
    d->seen |= SV_SEEN_LLC;
    d->network_at = sv_dissect_offset(x);
    if (sv_rd_left(&x->r) < 3)
        return;
    const uint8_t *const p = x->r.at;
    if (p[0] == 0x06 && p[1] == 0x06 && p[2] == 0x03) {
        sv_rd_bytes(&x->r, 3); /* IP has a service access point of its own (RFC 1042) */
        sv_dissect_network(x, 0x0800);
        return;
    }
    if (p[0] != 0xaa || p[1] != 0xaa || p[2] != 0x03 || sv_rd_left(&x->r) < 8)
        return;
    const uint32_t organisation = sv_get_u32(p + 2) & 0xffffffu;
    if (organisation != 0 && organisation != 0x0000f8)
        return; /* another's protocol number; 00-00-f8 is 802.1H's for the same EtherTypes */
    sv_rd_bytes(&x->r, 6);
    sv_dissect_network(x, sv_rd_u16(&x->r));
}

bool sv_dissect_shim(struct sv_dissection *x, uint16_t type)
{
    switch (type) {
    case 0x8847: /* MPLS, and with an upstream-assigned label */
    case 0x8848:
        sv_dissect_mpls(x);
        return true;
    case 0x8864:
        sv_dissect_pppoe(x);
        return true;
    case 0x8926: /* VN-Tag: four bytes, then another EtherType */
        if (x->vn_tags++ == SV_VLANS_MAX) {
            x->d->problems |= SV_PROBLEM_LINK;
            return true;
        }
        sv_rd_u32(&x->r);
        if (!sv_link_short(x) && sv_rd_left(&x->r) >= 2) {
            x->d->seen |= SV_SEEN_SHIM;
            sv_dissect_tagged(x);
        }
        return true;
    default:
        return false;
    }
}

/* PPP in HDLC-like framing (RFC 1662 §3.1): address and control may have been left out. */
static void sv_dissect_ppp(struct sv_dissection *x)
{
    if (sv_rd_left(&x->r) >= 2 && x->r.at[0] == 0xff && x->r.at[1] == 0x03)
        sv_rd_bytes(&x->r, 2);
    sv_dissect_ppp_protocol(x);
}

/* Cisco's HDLC: address, control, EtherType; 0x8035 is its own keepalive there, not reverse ARP. */
static void sv_dissect_chdlc(struct sv_dissection *x)
{
    sv_rd_u16(&x->r);
    const uint16_t type = sv_rd_u16(&x->r);
    if (!sv_link_short(x) && type != 0x8035)
        sv_dissect_network(x, type);
}

/* Frame relay (RFC 2427 §3): an address of two to four bytes, then a control byte and a network layer identifier, or,
 * as Cisco has it, an EtherType. */
static void sv_dissect_frame_relay(struct sv_dissection *x)
{
    uint8_t address = sv_rd_u8(&x->r);
    for (uint32_t i = 0; i < 3 && !(address & 1u); i++)
        address = sv_rd_u8(&x->r);
    if (sv_link_short(x) || sv_rd_left(&x->r) < 2)
        return;
    if (x->r.at[0] != 0x03) {
        sv_dissect_network(x, sv_rd_u16(&x->r));
        return;
    }
    sv_rd_u8(&x->r);
    uint8_t id = sv_rd_u8(&x->r);
    if (id == 0)
        id = sv_rd_u8(&x->r); /* a padding byte may stand in between */
    if (id == 0xcc || id == 0x8e) {
        sv_dissect_network(x, id == 0xcc ? 0x0800 : 0x86dd);
    } else if (id == 0x80) {
        const uint8_t *const organisation = sv_rd_bytes(&x->r, 3);
        const uint16_t type = sv_rd_u16(&x->r);
        if (!sv_link_short(x) && organisation[0] == 0 && organisation[1] == 0 && organisation[2] == 0)
            sv_dissect_network(x, type);
    }
}

/* ARCNET as Linux captures it: source, destination, an offset, then the protocol; RFC 1201's have a split flag and
 * a sequence number, and four bytes more when the flag says so (§3). */
static void sv_dissect_arcnet(struct sv_dissection *x)
{
    sv_rd_u32(&x->r);
    const uint8_t protocol = sv_rd_u8(&x->r);
    if (protocol == 212 || protocol == 213 || protocol == 196) {
        if (sv_rd_u8(&x->r) == 0xff)
            sv_rd_u32(&x->r);
        sv_rd_u16(&x->r);
    }
    if (sv_link_short(x))
        return;
    const uint16_t type = protocol == 212 || protocol == 240   ? 0x0800
                          : protocol == 213 || protocol == 241 ? 0x0806
                          : protocol == 196                    ? 0x86dd
                                                               : 0;
    if (type)
        sv_dissect_network(x, type);
}

/* InfiniBand (RFC 4391 §6): the global routing header of 40 bytes, EtherType, two bytes reserved. */
static void sv_dissect_ipoib(struct sv_dissection *x)
{
    sv_rd_bytes(&x->r, 40);
    const uint16_t type = sv_rd_u16(&x->r);
    sv_rd_u16(&x->r);
    if (!sv_link_short(x))
        sv_dissect_network(x, type);
}

/* Solaris' observability header: 24 bytes, the second the address family. */
static void sv_dissect_ipnet(struct sv_dissection *x)
{
    const uint8_t *const header = sv_rd_bytes(&x->r, 24);
    if (sv_link_short(x))
        return;
    if (header[1] == 2 || header[1] == 26)
        sv_dissect_network(x, header[1] == 2 ? 0x0800 : 0x86dd);
}

/* Netfilter's log: family, version, resource, then attributes in the writer's byte order; number 9 is the packet. */
static void sv_dissect_nflog(struct sv_dissection *x)
{
    const uint8_t family = sv_rd_u8(&x->r);
    sv_rd_u8(&x->r);
    sv_rd_u16(&x->r);
    while (!x->r.short_read && sv_rd_left(&x->r) >= 4) {
        const uint8_t *const p = x->r.at;
        const bool little = p[1] == 0 || (p[3] == 0 && p[2] != 0);
        const uint32_t length = little ? (uint32_t)(p[0] | p[1] << 8) : sv_get_u16(p);
        const uint32_t kind = little ? (uint32_t)(p[2] | p[3] << 8) : sv_get_u16(p + 2);
        if (length < 4)
            break;
        if ((kind & 0x7fffu) == 9) {
            sv_rd_bytes(&x->r, 4);
            if (sv_rd_left(&x->r) > length - 4u)
                x->r.end = x->r.at + (length - 4u);
            if (family == 2 || family == 10)
                sv_dissect_network(x, family == 2 ? 0x0800 : 0x86dd);
            return;
        }
        sv_rd_bytes(&x->r, (length + 3u) & ~3u);
    }
    (void)sv_link_short(x);
}

/* A data frame of IEEE 802.11 (§9.3.2): the header's length depends on its flags; encrypted ones end here. `padded`:
 * the body was moved to a multiple of four. */
static void sv_dissect_wlan(struct sv_dissection *x, bool padded)
{
    const uint8_t *const p = x->r.at;
    if (sv_rd_left(&x->r) < 24)
        return;
    const uint8_t kind = p[0] >> 2 & 3u, subtype = p[0] >> 4, flags = p[1];
    if (kind != 2 || subtype & 4u || flags & 0x40u)
        return;
    uint32_t bytes = (flags & 3u) == 3 ? 30 : 24;
    if (subtype & 8u)
        bytes += flags & 0x80u ? 6 : 2;
    if (padded)
        bytes = (bytes + 3u) & ~3u;
    sv_rd_bytes(&x->r, bytes);
    if (!sv_link_short(x))
        sv_dissect_llc(x);
}

/* Radiotap: a length, and flags of which 0x20 tells of padding; they come after the timestamp if that is there. */
static void sv_dissect_radiotap(struct sv_dissection *x)
{
    const uint8_t *const p = x->r.at;
    if (sv_rd_left(&x->r) < 8)
        return;
    const uint32_t bytes = (uint32_t)(p[2] | p[3] << 8);
    uint32_t at = 4, present = p[4];
    while (at + 4 <= bytes && at + 4 <= sv_rd_left(&x->r) && p[at + 3] & 0x80u)
        at += 4;
    at += 4;
    if (present & 1u)
        at = ((at + 7u) & ~7u) + 8u;
    const bool padded = present & 2u && at < bytes && at < sv_rd_left(&x->r) && p[at] & 0x20u;
    if (bytes < 8 || !sv_rd_bytes(&x->r, bytes)) {
        x->d->problems |= SV_PROBLEM_LINK;
        return;
    }
    sv_dissect_wlan(x, padded);
}

/* Prism's header is 144 bytes, AVS' says its own length. */
static void sv_dissect_prism(struct sv_dissection *x)
{
    const uint8_t *const p = x->r.at;
    if (sv_rd_left(&x->r) < 8)
        return;
    const uint32_t bytes = sv_get_u32(p) >> 8 == 0x802110 ? sv_get_u32(p + 4) : 144;
    sv_rd_bytes(&x->r, bytes);
    if (!sv_link_short(x))
        sv_dissect_wlan(x, false);
}

bool sv_dissect_other_link(struct sv_dissection *x, enum sv_link_type link)
{
    switch (link) {
    case SV_LINK_PPP:
    case SV_LINK_PPP_SERIAL:
        sv_dissect_ppp(x);
        return true;
    case SV_LINK_CHDLC:
        sv_dissect_chdlc(x);
        return true;
    case SV_LINK_FRAME_RELAY:
        sv_dissect_frame_relay(x);
        return true;
    case SV_LINK_ARCNET_LINUX:
        sv_dissect_arcnet(x);
        return true;
    case SV_LINK_IPOIB:
        sv_dissect_ipoib(x);
        return true;
    case SV_LINK_IPNET:
        sv_dissect_ipnet(x);
        return true;
    case SV_LINK_NFLOG:
        sv_dissect_nflog(x);
        return true;
    case SV_LINK_WLAN:
        sv_dissect_wlan(x, false);
        return true;
    case SV_LINK_RADIOTAP:
        sv_dissect_radiotap(x);
        return true;
    case SV_LINK_PRISM:
    case SV_LINK_AVS:
        sv_dissect_prism(x);
        return true;
    default:
        return false;
    }
}
