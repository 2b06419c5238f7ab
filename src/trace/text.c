/* SPDX-License-Identifier: BSD-2-Clause */
/* tcpdump's lines: time, link header, ARP, hex. What stands here was compared with tcpdump 4.99 on real captures. */
#include "trace/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trace/text_private.h"

const char *sv_line_mac(const uint8_t *m, char *to)
{
    snprintf(to, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
    return to;
}

static void sv_line_time(struct sv_line *l, sv_time when)
{
    const int64_t second = (int64_t)(when / SV_S % 86400u) + l->o->zone_s % 86400 + 86400;
    const uint32_t day = (uint32_t)(second % 86400);
    sv_sink_format(l->sink, "%02u:%02u:%02u.%06u ", (unsigned)(day / 3600), (unsigned)(day / 60 % 60),
                   (unsigned)(day % 60), (unsigned)(when % SV_S / 1000u));
}

static const char *sv_ethertype_name(uint16_t type)
{
    switch (type) {
    case 0x0800:
        return "IPv4";
    case 0x0806:
        return "ARP";
    case 0x8035:
        return "Reverse ARP";
    case 0x86dd:
        return "IPv6";
    case 0x8100:
        return "802.1Q";
    case 0x88a8:
        return "802.1Q-QinQ";
    case 0x9100:
        return "802.1Q-9100";
    case 0x9200:
        return "802.1Q-9200";
    case 0x8847:
        return "MPLS unicast";
    case 0x8864:
        return "PPPoE S";
    case 0x88cc:
        return "LLDP";
    default:
        return NULL;
    }
}

static void sv_line_ethertype(struct sv_line *l, uint16_t type)
{
    const char *name = sv_ethertype_name(type);
    if (name)
        sv_sink_format(l->sink, "ethertype %s (0x%04x)", name, type);
    else
        sv_sink_format(l->sink, "ethertype Unknown (0x%04x)", type);
}

static void sv_line_link(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    char from[18], to[18];
    if (!(d->seen & SV_SEEN_ETHERNET)) {
        l->whole = false;
        return;
    }
    sv_sink_format(l->sink, "%s > %s, ", sv_line_mac(d->mac_from, from), sv_line_mac(d->mac_to, to));
    const uint16_t first = d->vlans ? d->vlan_type[0] : d->ethertype;
    if (first <= 1500)
        sv_sink_format(l->sink, "802.3");
    else
        sv_line_ethertype(l, first);
    sv_sink_format(l->sink, ", length %" PRIu32 ": ", d->wire_bytes);
    for (uint32_t i = 0; i < d->vlans; i++) {
        const uint16_t tci = d->vlan_tci[i];
        sv_sink_format(l->sink, "vlan %u, p %u%s, ", tci & 0xfffu, tci >> 13, tci & 0x1000u ? ", DEI" : "");
        const uint16_t next = i + 1 < d->vlans ? d->vlan_type[i + 1] : d->ethertype;
        if (next > 1500) {
            sv_line_ethertype(l, next);
            sv_sink_text(l->sink, i + 1 < d->vlans                                                             ? ", "
                                  : d->ethertype == 0x0800 || d->ethertype == 0x86dd || d->ethertype == 0x0806 ? ", "
                                                                                                               : ": ");
        }
    }
}

static void sv_line_arp_says(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    static const uint8_t zero[6];
    char sender[48], target[48], mac[18];
    sv_dissect_address(4, d->arp.sender, sender);
    sv_dissect_address(4, d->arp.target, target);
    if (d->arp.operation == 1) {
        sv_sink_format(l->sink, "Request who-has %s", target);
        if (memcmp(d->arp.target_mac, zero, 6) != 0)
            sv_sink_format(l->sink, " (%s)", sv_line_mac(d->arp.target_mac, mac));
        sv_sink_format(l->sink, " tell %s", sender);
    } else if (d->arp.operation == 2) {
        sv_sink_format(l->sink, "Reply %s is-at %s", sender, sv_line_mac(d->arp.sender_mac, mac));
    } else {
        sv_sink_format(l->sink, "Unknown (%u) ", d->arp.operation);
        l->whole = false;
    }
}

static void sv_line_arp(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    if (d->arp.addresses < 4) {
        sv_sink_text(l->sink, "ARP, [|arp]");
        l->whole = false;
        return;
    }
    const bool usual =
        d->arp.hardware == 1 && d->arp.protocol == 0x0800 && d->arp.hardware_bytes == 6 && d->arp.protocol_bytes == 4;
    if (!l->o->link)
        sv_sink_text(l->sink, "ARP, ");
    if (!usual)
        l->whole = false;
    if (l->o->verbose)
        sv_sink_format(l->sink, "Ethernet (len %u), IPv4 (len %u), ", d->arp.hardware_bytes, d->arp.protocol_bytes);
    if (usual)
        sv_line_arp_says(l);
    else
        sv_sink_format(l->sink, "hardware %u (len %u), protocol 0x%04x (len %u)", d->arp.hardware,
                       d->arp.hardware_bytes, d->arp.protocol, d->arp.protocol_bytes);
    sv_sink_format(l->sink, ", length %" PRIu32, d->wire_bytes - d->network_at);
}

static void sv_line_network(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    if (d->seen & SV_SEEN_SHIM) {
        sv_sink_text(l->sink, d->ethertype == 0x8864 ? "PPPoE, " : "MPLS, ");
        l->whole = false;
    }
    if (d->seen & (SV_SEEN_IP4 | SV_SEEN_IP6)) {
        sv_line_ip(l);
    } else if (d->network_type == 0x0806) {
        sv_line_arp(l);
    } else if (d->seen & SV_SEEN_LLC) {
        sv_sink_format(l->sink, "LLC, length %" PRIu32, d->wire_bytes - d->network_at);
        l->whole = false;
    } else if (d->ethertype && !(d->problems & SV_PROBLEM_IP)) {
        if (!l->o->link)
            sv_line_ethertype(l, d->ethertype);
        sv_sink_format(l->sink, l->o->link ? "length %" PRIu32 : ", length %" PRIu32, d->wire_bytes - d->network_at);
        l->whole = false;
    } else {
        sv_sink_format(l->sink, "malformed, length %" PRIu32, d->wire_bytes);
        l->whole = false;
    }
}

void sv_text_hex(const struct sv_sink *sink, const uint8_t *bytes, size_t n)
{
    for (size_t at = 0; at < n; at += 16) {
        char line[120], ascii[17];
        struct sv_line_text t = sv_text_of(line, sizeof line);
        const size_t some = n - at < 16 ? n - at : 16;
        for (size_t i = 0; i < some; i++) {
            const uint8_t c = bytes[at + i];
            ascii[i] = (char)(c > 0x20 && c < 0x7f ? c : '.');
            sv_text_format(&t, i % 2 ? "%02x" : " %02x", c);
        }
        ascii[some] = 0;
        sv_sink_format(sink, "\n\t0x%04x: %-40s  %s", (unsigned)at, line, ascii);
    }
}

bool sv_text_packet(const struct sv_text_options *options, struct sv_text_flows *flows, sv_time when,
                    enum sv_link_type link, const uint8_t *frame, size_t captured, size_t wire,
                    const struct sv_sink *sink)
{
    struct sv_dissected d;
    sv_dissect(&d, link, frame, captured, wire);
    struct sv_line l = {options, flows, sink, &d, frame, true, !options->link};
    if (!options->no_time)
        sv_line_time(&l, when);
    if (options->link)
        sv_line_link(&l);
    sv_line_network(&l);
    if (options->hex) {
        const uint32_t from = options->hex > 1 ? 0 : d.network_at;
        sv_text_hex(sink, frame + from, d.captured_bytes - from);
    }
    sv_sink_text(sink, "\n");
    return l.whole;
}
