/* SPDX-License-Identifier: BSD-2-Clause */
/* The dissector's entrance and the link layers. */
#include "trace/dissect.h"

#include <stdio.h>
#include <string.h>

#include "trace/dissect_private.h"

uint32_t sv_plain_sum(const uint8_t *bytes, size_t n, uint32_t start)
{
    uint64_t sum = start;
    for (size_t i = 0; i + 1 < n; i += 2)
        sum += sv_get_u16(bytes + i);
    if (n & 1u)
        sum += (uint32_t)bytes[n - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffffu) + (sum >> 16);
    return (uint32_t)sum;
}

uint16_t sv_plain_fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffffu) + (sum >> 16);
    return (uint16_t)sum;
}

/* Fixed fields first; a capture that ends among the addresses still tells those. */
static void sv_dissect_arp(struct sv_dissection *x)
{
    struct sv_dissected *d = x->d;
    const uint32_t cut = d->captured_bytes < d->wire_bytes ? SV_PROBLEM_TRUNCATED : SV_PROBLEM_ARP;
    if (sv_rd_left(&x->r) < 8) {
        d->problems |= cut;
        return;
    }
    d->seen |= SV_SEEN_ARP;
    d->arp.hardware = sv_rd_u16(&x->r);
    d->arp.protocol = sv_rd_u16(&x->r);
    d->arp.hardware_bytes = sv_rd_u8(&x->r);
    d->arp.protocol_bytes = sv_rd_u8(&x->r);
    d->arp.operation = sv_rd_u16(&x->r);
    const uint8_t *const sender_mac = sv_rd_bytes(&x->r, d->arp.hardware_bytes);
    const uint8_t *const sender = sv_rd_bytes(&x->r, d->arp.protocol_bytes);
    const uint8_t *const target_mac = sv_rd_bytes(&x->r, d->arp.hardware_bytes);
    const uint8_t *const target = sv_rd_bytes(&x->r, d->arp.protocol_bytes);
    d->arp.macs = d->arp.hardware_bytes == 6 && (d->arp.hardware == 1 || d->arp.hardware == 6); /* 6: IEEE 802 */
    d->arp.ip4 = d->arp.protocol_bytes == 4 && d->arp.protocol == 0x0800;
    if (d->arp.macs && sender_mac)
        memcpy(d->arp.sender_mac, sender_mac, 6);
    if (d->arp.ip4 && sender)
        memcpy(d->arp.sender, sender, 4);
    if (d->arp.macs && target_mac)
        memcpy(d->arp.target_mac, target_mac, 6);
    if (d->arp.ip4 && target)
        memcpy(d->arp.target, target, 4);
    d->arp.addresses = (uint8_t)((sender_mac ? 1 : 0) + (sender ? 1 : 0) + (target_mac ? 1 : 0) + (target ? 1 : 0));
    if (x->r.short_read)
        d->problems |= cut;
}

void sv_dissect_network(struct sv_dissection *x, uint16_t type)
{
    x->d->network_at = sv_dissect_offset(x);
    x->d->network_type = type;
    if (sv_dissect_shim(x, type))
        return;
    switch (type) {
    case 0x0800:
    case 0x86dd:
        sv_dissect_ip(x);
        break;
    case 0x0806:
    case 0x8035: /* reverse ARP has the same form (RFC 903) */
        sv_dissect_arp(x);
        break;
    default:
        break;
    }
}

/* EtherType, or up to four tags before it (802.1Q, 802.1ad and the older numbers of the latter). */
void sv_dissect_tagged(struct sv_dissection *x)
{
    struct sv_dissected *d = x->d;
    uint16_t type = sv_rd_u16(&x->r);
    if (!d->ethertype)
        d->link_type = type;
    while ((type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200) && d->vlans < SV_VLANS_MAX) {
        d->vlan_type[d->vlans] = type;
        d->vlan_tci[d->vlans] = sv_rd_u16(&x->r);
        type = sv_rd_u16(&x->r);
        if (x->r.short_read) {
            d->problems |= SV_PROBLEM_LINK;
            return;
        }
        d->vlans++;
        d->seen |= SV_SEEN_VLAN;
    }
    d->ethertype = type;
    if (type <= 1500) {
        if (sv_rd_left(&x->r) > type)
            x->r.end = x->r.at + type;
        sv_dissect_llc(x); /* IEEE 802.3 §3.2.6: a length up to 1500, a type from 1536 */
        return;
    }
    sv_dissect_network(x, type);
}

static void sv_dissect_ethernet(struct sv_dissection *x)
{
    struct sv_dissected *d = x->d;
    sv_dissect_isl(x);
    sv_rd_copy(&x->r, d->mac_to, 6);
    sv_rd_copy(&x->r, d->mac_from, 6);
    if (sv_rd_left(&x->r) < 2) {
        d->problems |= d->captured_bytes < d->wire_bytes ? SV_PROBLEM_TRUNCATED : SV_PROBLEM_LINK;
        return;
    }
    d->seen |= SV_SEEN_ETHERNET;
    sv_dissect_tagged(x);
}

static void sv_dissect_cooked(struct sv_dissection *x, enum sv_link_type link)
{
    struct sv_dissected *d = x->d;
    uint16_t protocol;
    if (link == SV_LINK_SLL) {
        d->cooked_type = sv_rd_u16(&x->r);
        d->cooked_hardware = sv_rd_u16(&x->r);
        sv_rd_u16(&x->r);
        sv_rd_copy(&x->r, d->mac_from, 6);
        sv_rd_u16(&x->r);
        protocol = sv_rd_u16(&x->r);
    } else {
        protocol = sv_rd_u16(&x->r);
        sv_rd_u16(&x->r);
        sv_rd_u32(&x->r); /* interface index */
        d->cooked_hardware = sv_rd_u16(&x->r);
        d->cooked_type = sv_rd_u8(&x->r);
        sv_rd_u8(&x->r);
        sv_rd_copy(&x->r, d->mac_from, 6);
        sv_rd_u16(&x->r);
    }
    if (x->r.short_read) {
        d->problems |= SV_PROBLEM_LINK;
        return;
    }
    d->seen |= SV_SEEN_COOKED;
    d->ethertype = protocol;
    sv_dissect_network(x, protocol);
}

/* The address family in front is in the byte order of whoever wrote it, and its number for IPv6 is each system's own:
 * the version field decides, the family only has to be small. */
static void sv_dissect_null(struct sv_dissection *x)
{
    struct sv_dissected *d = x->d;
    const uint32_t family = sv_rd_u32(&x->r);
    if (x->r.short_read || (family > 0xffff && (family & 0xffff) != 0)) {
        d->problems |= SV_PROBLEM_LINK;
        return;
    }
    d->network_at = sv_dissect_offset(x);
    sv_dissect_ip(x);
}

void sv_dissect(struct sv_dissected *d, enum sv_link_type link, const uint8_t *frame, size_t captured, size_t wire)
{
    memset(d, 0, sizeof *d);
    if (captured > UINT32_MAX / 2)
        captured = UINT32_MAX / 2;
    d->captured_bytes = (uint32_t)captured;
    d->wire_bytes = wire < captured ? (uint32_t)captured : wire > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)wire;
    d->network_at = d->captured_bytes;
    d->transport_at = d->captured_bytes;
    d->payload_at = d->captured_bytes;
    struct sv_dissection x = {d, frame, sv_rd_of(frame, captured), 0};
    switch (link) {
    case SV_LINK_ETHERNET:
        sv_dissect_ethernet(&x);
        break;
    case SV_LINK_SLL:
    case SV_LINK_SLL2:
        sv_dissect_cooked(&x, link);
        break;
    case SV_LINK_NULL:
    case SV_LINK_LOOP:
        sv_dissect_null(&x);
        break;
    case SV_LINK_RAW:
    case SV_LINK_RAW_BSD:
    case SV_LINK_RAW_OPEN:
        d->network_at = 0;
        sv_dissect_ip(&x);
        break;
    case SV_LINK_IPV4:
    case SV_LINK_IPV6:
        d->network_at = 0;
        if (captured && frame[0] >> 4 == (link == SV_LINK_IPV4 ? 4 : 6))
            sv_dissect_ip(&x);
        else
            d->problems |= SV_PROBLEM_IP;
        break;
    default:
        if (!sv_dissect_other_link(&x, link))
            d->problems |= SV_PROBLEM_LINK;
        break;
    }
}

/* RFC 5952 §4: the longest run of two or more zero groups shortened (the first of equals), lower case. */
static void sv_address6(const uint8_t *a, char *to)
{
    uint32_t best = 8, best_n = 1;
    for (uint32_t i = 0; i < 8;) {
        uint32_t n = 0;
        while (i + n < 8 && sv_get_u16(a + 2 * (i + n)) == 0)
            n++;
        if (n > best_n) {
            best = i;
            best_n = n;
        }
        i += n ? n : 1;
    }
    size_t used = 0;
    for (uint32_t i = 0; i < 8;) {
        if (i == best) {
            used += (size_t)snprintf(to + used, 48 - used, "::");
            i += best_n;
            continue;
        }
        const bool first = i == 0 || i == best + best_n;
        used += (size_t)snprintf(to + used, 48 - used, first ? "%x" : ":%x", (unsigned)sv_get_u16(a + 2 * i));
        i++;
    }
}

const char *sv_dissect_address(uint32_t version, const uint8_t *a, char *to)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (version == 4)
        snprintf(to, 48, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
    else if (memcmp(a, mapped, 12) == 0) /* RFC 5952 §5 */
        snprintf(to, 48, "::ffff:%u.%u.%u.%u", a[12], a[13], a[14], a[15]);
    else
        sv_address6(a, to);
    return to;
}
