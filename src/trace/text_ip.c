/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4, IPv6 and UDP in tcpdump's words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trace/text_private.h"

void sv_line_address(struct sv_line *l, const uint8_t *address)
{
    char text[48];
    sv_sink_text(l->sink, sv_dissect_address(l->d->ip.version, address, text));
}

const char *sv_line_protocol(uint8_t protocol)
{
    static const struct {
        uint8_t number;
        const char *name;
    } names[] = {
        {0, "Options"}, {1, "ICMP"},   {2, "IGMP"},     {4, "IPIP"},        {6, "TCP"},    {8, "EGP"},
        {17, "UDP"},    {41, "IPv6"},  {43, "Routing"}, {44, "Fragment"},   {46, "RSVP"},  {47, "GRE"},
        {50, "ESP"},    {51, "AH"},    {58, "ICMPv6"},  {60, "Options"},    {88, "EIGRP"}, {89, "OSPF"},
        {103, "PIM"},   {112, "VRRP"}, {132, "SCTP"},   {135, "Mobile IP"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == protocol)
            return names[i].name;
    return "unknown";
}

static void sv_line_pair(struct sv_line *l)
{
    sv_line_address(l, l->d->ip.from);
    sv_sink_text(l->sink, " > ");
    sv_line_address(l, l->d->ip.to);
    sv_sink_text(l->sink, ": ");
}

/* Ports whose payload tcpdump decodes and this part only names. */
static bool sv_line_decoded(uint16_t port)
{
    static const uint16_t ports[] = {
        49152, 49153, 6697, 8231, 525,  701,  5359, 88,   750,  6635, 67,   68,    69,    123,   137,   138,  161,
        162,   319,   320,  434,  496,  500,  514,  520,  521,  546,  547,  623,   646,   654,   664,   698,  921,
        1645,  1646,  1700, 1701, 1812, 1813, 1985, 2029, 2049, 2055, 3503, 3544,  3784,  3785,  3799,  4341, 4342,
        4500,  4567,  4784, 4789, 4790, 5060, 5061, 5246, 5247, 5353, 6081, 6343,  6633,  6653,  6696,  6784, 7000,
        7001,  7002,  7003, 7004, 7005, 7007, 7009, 8472, 8503, 9995, 9996, 12222, 12223, 17754, 17755, 30490};
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        if (ports[i] == port)
            return true;
    return false;
}

/* Behind extension headers the addresses were said already. */
void sv_line_ports(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    if (d->ip.extensions) {
        sv_sink_format(l->sink, "%u > %u: ", d->port_from, d->port_to);
        return;
    }
    sv_line_address(l, d->ip.from);
    sv_sink_format(l->sink, ".%u > ", d->port_from);
    sv_line_address(l, d->ip.to);
    sv_sink_format(l->sink, ".%u: ", d->port_to);
}

/* tcpdump says nothing of the checksum when it only names an IPv4 datagram; here a wrong one is always told. */
static void sv_line_udp_checksum(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    if (!l->o->verbose || d->seen & SV_SEEN_FRAGMENT)
        return;
    const bool named = d->ip.version == 4 && d->port_from != 53 && d->port_to != 53;
    if (d->checksum_state == SV_CHECKSUM_BAD)
        sv_sink_format(l->sink, "[bad udp cksum 0x%04x -> 0x%04x!] ", d->checksum, d->checksum_right);
    else if (d->checksum_state == SV_CHECKSUM_NONE && !named)
        sv_sink_text(l->sink, "[no cksum] ");
    else if (d->checksum_state == SV_CHECKSUM_GOOD && !named)
        sv_sink_text(l->sink, "[udp sum ok] ");
    if (named && d->checksum_state == SV_CHECKSUM_BAD)
        l->whole = false;
}

static void sv_line_udp(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    if (!(d->seen & SV_SEEN_UDP)) {
        sv_line_address(l, d->ip.from);
        sv_sink_text(l->sink, " > ");
        sv_line_address(l, d->ip.to);
        if (d->problems & SV_PROBLEM_TRANSPORT)
            sv_sink_format(l->sink, ": truncated-udp %" PRIu32, d->transport_bytes);
        else
            sv_sink_text(l->sink, ":  [|udp]");
        return;
    }
    sv_line_ports(l);
    if (d->udp_bytes < 8) {
        sv_sink_format(l->sink, "truncated-udplength %u", d->udp_bytes);
        return;
    }
    sv_line_udp_checksum(l);
    const uint32_t length = d->udp_bytes - 8u, there = d->transport_bytes - 8;
    if ((d->port_from == 53 || d->port_to == 53) && length)
        sv_line_domain(l);
    else if (length > there && !(d->seen & SV_SEEN_FRAGMENT))
        sv_sink_format(l->sink, "UDP, bad length %" PRIu32 " > %" PRIu32, length, there);
    else
        sv_sink_format(l->sink, "UDP, length %" PRIu32, length);
    if (sv_line_decoded(d->port_from) || sv_line_decoded(d->port_to))
        l->whole = false;
}

void sv_line_transport(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    switch (d->ip.protocol) {
    case 1:
        if (d->ip.version == 4)
            sv_line_icmp(l);
        break;
    case 6:
        sv_line_tcp(l);
        return;
    case 17:
        sv_line_udp(l);
        return;
    case 58:
        if (d->ip.version == 6)
            sv_line_icmp6(l);
        break;
    case 59:
        sv_sink_text(l->sink, "no next header");
        break;
    default:
        sv_sink_format(l->sink, " ip-proto-%u %" PRIu32, d->ip.protocol, d->transport_bytes);
        l->whole = false;
        break;
    }
}

static void sv_line_ip4_details(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    static const char *const ecn[] = {"", ",ECT(1)", ",ECT(0)", ",CE"};
    sv_sink_format(l->sink, "(tos 0x%x%s", d->ip.traffic_class, ecn[d->ip.traffic_class & 3u]);
    if (d->ip.ttl)
        sv_sink_format(l->sink, ", ttl %u", d->ip.ttl);
    char flags[24];
    struct sv_line_text f = sv_text_of(flags, sizeof flags);
    sv_text_format(&f, "%s", d->ip.flags & 1u ? "+" : "");
    sv_text_format(&f, "%s%s", d->ip.flags & 2u ? f.used ? ", " : "" : "", d->ip.flags & 2u ? "DF" : "");
    sv_text_format(&f, "%s%s", d->ip.flags & 4u ? f.used ? ", " : "" : "", d->ip.flags & 4u ? "rsvd" : "");
    sv_sink_format(l->sink, ", id %u, offset %" PRIu32 ", flags [%s], proto %s (%u), length %" PRIu32, d->ip.id,
                   d->ip.fragment_offset, f.used ? flags : "none", sv_line_protocol(d->ip.protocol), d->ip.protocol,
                   d->ip.total_bytes);
    if (d->ip.header_bytes > 20) {
        sv_sink_format(l->sink, ", options (%" PRIu32 " bytes)", d->ip.header_bytes - 20);
        l->whole = false;
    }
    if (d->problems & SV_PROBLEM_IP_CHECKSUM)
        sv_sink_format(l->sink, ", bad cksum %x (->%x)!", d->ip.checksum, d->ip.checksum_right);
    sv_sink_text(l->sink, ")\n    ");
}

static void sv_line_ip4(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    const uint32_t length = d->wire_bytes - d->network_at;
    if (d->ip.header_bytes < 20) {
        sv_sink_format(l->sink, "bad-hlen %" PRIu32, d->ip.header_bytes);
        return;
    }
    if (length < d->ip.total_bytes)
        sv_sink_format(l->sink, "truncated-ip - %" PRIu32 " bytes missing! ", d->ip.total_bytes - length);
    if (d->ip.total_bytes < d->ip.header_bytes) {
        sv_sink_format(l->sink, "bad-len %" PRIu32, d->ip.total_bytes);
        return;
    }
    if (l->o->verbose)
        sv_line_ip4_details(l);
    if (d->problems & SV_PROBLEM_TRUNCATED)
        l->whole = false; /* the words for what is cut off differ by protocol */
    if (d->ip.fragment_offset) {
        sv_line_address(l, d->ip.from);
        sv_sink_text(l->sink, " > ");
        sv_line_address(l, d->ip.to);
        sv_sink_format(l->sink, ": ip-proto-%u", d->ip.protocol);
        return;
    }
    if (d->ip.protocol != 6 && d->ip.protocol != 17)
        sv_line_pair(l);
    sv_line_transport(l);
}

static void sv_line_extensions(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    for (uint32_t i = 0; i < d->ip.extensions; i++) {
        switch (d->ip.extension[i]) {
        case 0:
            sv_sink_text(l->sink, "HBH ");
            break;
        case 60:
            sv_sink_text(l->sink, "DSTOPT ");
            break;
        case 44:
            sv_sink_text(l->sink, "frag (");
            if (l->o->verbose)
                sv_sink_format(l->sink, "0x%08" PRIx32 ":", d->ip.id6);
            sv_sink_format(l->sink, "%" PRIu32 "|%" PRIu32 ")", d->ip.fragment_offset, d->transport_bytes);
            if (d->ip.fragment_offset == 0)
                sv_sink_text(l->sink, " ");
            break;
        default:
            l->whole = false;
            break;
        }
        if (l->o->verbose)
            l->whole = false;
    }
}

static void sv_line_ip6(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    const uint32_t length = d->wire_bytes - d->network_at;
    if (length < d->ip.total_bytes)
        sv_sink_format(l->sink, "truncated-ip6 - %" PRIu32 " bytes missing!", d->ip.total_bytes - length);
    const uint8_t first = d->ip.extensions ? d->ip.extension[0] : d->ip.protocol;
    if (l->o->verbose) {
        sv_sink_text(l->sink, "(");
        if (d->ip.traffic_class)
            sv_sink_format(l->sink, "class 0x%02x, ", d->ip.traffic_class);
        if (d->ip.flow_label)
            sv_sink_format(l->sink, "flowlabel 0x%05" PRIx32 ", ", d->ip.flow_label);
        sv_sink_format(l->sink, "hlim %u, next-header %s (%u) payload length: %" PRIu32 ") ", d->ip.ttl,
                       sv_line_protocol(first), first, d->ip.total_bytes - 40);
    }
    if (d->problems & SV_PROBLEM_TRUNCATED)
        l->whole = false;
    if (first != 6 && first != 17)
        sv_line_pair(l);
    if (d->problems & SV_PROBLEM_IP) {
        sv_sink_text(l->sink, "[|ip6]");
        l->whole = false;
        return;
    }
    sv_line_extensions(l);
    if (d->ip.fragment_offset == 0)
        sv_line_transport(l);
}

void sv_line_ip(struct sv_line *l)
{
    if (l->prefix)
        sv_sink_text(l->sink, l->d->ip.version == 4 ? "IP " : "IP6 ");
    if (l->d->ip.version == 4)
        sv_line_ip4(l);
    else
        sv_line_ip6(l);
}
