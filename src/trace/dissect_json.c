/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace/dissect_json.h"

#include <inttypes.h>

static void sv_json_mac(const struct sv_sink *sink, const char *name, const uint8_t *m)
{
    sv_sink_format(sink, "\"%s\":\"%02x:%02x:%02x:%02x:%02x:%02x\"", name, m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void sv_json_address(const struct sv_sink *sink, const char *name, uint32_t version, const uint8_t *a)
{
    char text[48];
    sv_sink_format(sink, "\"%s\":\"%s\"", name, sv_dissect_address(version, a, text));
}

static void sv_json_link(const struct sv_sink *sink, const struct sv_dissected *d)
{
    if (d->seen & SV_SEEN_ETHERNET) {
        const uint16_t first = d->link_type;
        sv_sink_text(sink, ",\"eth\":{");
        sv_json_mac(sink, "dst", d->mac_to);
        sv_sink_text(sink, ",");
        sv_json_mac(sink, "src", d->mac_from);
        sv_sink_format(sink, ",\"%s\":%u}", first <= 1500 ? "length" : "type", first);
    }
    if (d->seen & SV_SEEN_COOKED)
        sv_sink_format(sink, ",\"sll\":{\"direction\":%u,\"hardware\":%u,\"protocol\":%u}", d->cooked_type,
                       d->cooked_hardware, d->ethertype);
    if (!d->vlans)
        return;
    sv_sink_text(sink, ",\"vlan\":[");
    for (uint32_t i = 0; i < d->vlans; i++) {
        const uint16_t tci = d->vlan_tci[i];
        sv_sink_format(sink, "%s{\"tpid\":%u,\"priority\":%u,\"dei\":%u,\"id\":%u,\"type\":%u}", i ? "," : "",
                       d->vlan_type[i], tci >> 13, tci >> 12 & 1u, tci & 0xfffu,
                       i + 1 < d->vlans ? d->vlan_type[i + 1] : d->ethertype);
    }
    sv_sink_text(sink, "]");
}

static void sv_json_arp(const struct sv_sink *sink, const struct sv_dissected *d)
{
    sv_sink_format(sink,
                   ",\"arp\":{\"hardware\":%u,\"protocol\":%u,\"hardware_bytes\":%u,\"protocol_bytes\":%u,"
                   "\"operation\":%u",
                   d->arp.hardware, d->arp.protocol, d->arp.hardware_bytes, d->arp.protocol_bytes, d->arp.operation);
    for (uint32_t i = 0; i < d->arp.addresses; i++) {
        static const char *const names[] = {"sender_mac", "sender", "target_mac", "target"};
        if (!(i & 1u ? d->arp.ip4 : d->arp.macs))
            continue;
        sv_sink_text(sink, ",");
        if (i & 1u)
            sv_json_address(sink, names[i], 4, i == 1 ? d->arp.sender : d->arp.target);
        else
            sv_json_mac(sink, names[i], i == 0 ? d->arp.sender_mac : d->arp.target_mac);
    }
    sv_sink_text(sink, "}");
}

static void sv_json_ip4(const struct sv_sink *sink, const struct sv_dissected *d)
{
    sv_sink_format(sink,
                   ",\"ip\":{\"header_bytes\":%" PRIu32 ",\"tos\":%u,\"length\":%" PRIu32
                   ",\"id\":%u,\"df\":%u,\"mf\":%u,\"fragment_offset\":%" PRIu32
                   ",\"ttl\":%u,\"protocol\":%u,\"checksum\":%u,\"checksum_state\":\"%s\",",
                   d->ip.header_bytes, d->ip.traffic_class, d->ip.total_bytes, d->ip.id, d->ip.flags >> 1 & 1u,
                   d->ip.flags & 1u, d->ip.fragment_offset, d->ip.ttl, d->ip.protocol, d->ip.checksum,
                   d->problems & SV_PROBLEM_IP_CHECKSUM ? "bad"
                   : d->ip.checked                      ? "good"
                                                        : "unknown");
    sv_json_address(sink, "src", 4, d->ip.from);
    sv_sink_text(sink, ",");
    sv_json_address(sink, "dst", 4, d->ip.to);
    sv_sink_text(sink, "}");
}

static void sv_json_ip6(const struct sv_sink *sink, const struct sv_dissected *d)
{
    sv_sink_format(sink,
                   ",\"ipv6\":{\"traffic_class\":%u,\"flow_label\":%" PRIu32
                   ",\"payload_bytes\":%u,\"next_header\":%u,\"hop_limit\":%u,\"extensions\":[",
                   d->ip.traffic_class, d->ip.flow_label, d->ip.payload_field, d->ip.first_next, d->ip.ttl);
    for (uint32_t i = 0; i < d->ip.extensions; i++)
        sv_sink_format(sink, "%s%u", i ? "," : "", d->ip.extension[i]);
    sv_sink_text(sink, "],");
    sv_json_address(sink, "src", 6, d->ip.from);
    sv_sink_text(sink, ",");
    sv_json_address(sink, "dst", 6, d->ip.to);
    if (d->ip.has_fragment)
        sv_sink_format(sink, ",\"fragment\":{\"offset\":%" PRIu32 ",\"more\":%u,\"id\":%" PRIu32 "}",
                       d->ip.fragment_offset, d->ip.flags & 1u, d->ip.id6);
    sv_sink_text(sink, "}");
}

static void sv_json_checksum(const struct sv_sink *sink, const struct sv_dissected *d)
{
    static const char *const words[] = {"unknown", "good", "bad", "none"};
    sv_sink_format(sink, ",\"checksum\":%u,\"checksum_state\":\"%s\"", d->checksum, words[d->checksum_state]);
}

static void sv_json_tcp_options(const struct sv_sink *sink, const struct sv_tcp_options *o)
{
    if (o->has_mss)
        sv_sink_format(sink, ",\"mss\":%u", o->mss);
    if (o->has_scale)
        sv_sink_format(sink, ",\"window_scale\":%u", o->scale);
    if (o->sack_permitted)
        sv_sink_text(sink, ",\"sack_permitted\":true");
    if (o->has_timestamp)
        sv_sink_format(sink, ",\"ts_value\":%" PRIu32 ",\"ts_echo\":%" PRIu32, o->ts_value, o->ts_echo);
    for (uint32_t i = 0; i < o->sacks; i++)
        sv_sink_format(sink, "%s[%" PRIu32 ",%" PRIu32 "]%s", i ? "," : ",\"sack\":[", o->sack[i][0], o->sack[i][1],
                       i + 1u == o->sacks ? "]" : "");
}

static void sv_json_tcp(const struct sv_sink *sink, const struct sv_dissected *d)
{
    sv_sink_format(sink,
                   ",\"tcp\":{\"src_port\":%u,\"dst_port\":%u,\"seq\":%" PRIu32 ",\"ack\":%" PRIu32
                   ",\"header_bytes\":%" PRIu32 ",\"flags\":%u,\"window\":%u,\"urgent\":%u",
                   d->port_from, d->port_to, d->tcp.seq, d->tcp.ack, d->tcp.header_bytes,
                   d->tcp.reserved << 9 | d->tcp.flags, d->tcp.window, d->tcp.urgent);
    sv_json_checksum(sink, d);
    sv_json_tcp_options(sink, &d->tcp.options);
    sv_sink_format(sink, ",\"payload_bytes\":%" PRIu32 "}", d->payload_bytes);
}

static void sv_json_icmp(const struct sv_sink *sink, const struct sv_dissected *d)
{
    const bool v6 = (d->seen & SV_SEEN_ICMP6) != 0;
    const uint8_t type = d->icmp.type;
    /* Echo, timestamp, information, address mask (RFC 792, 950); RFC 8335's have a sequence number of one byte. */
    const bool echo = v6 ? type == 128 || type == 129 : type == 0 || type == 8 || (type >= 13 && type <= 18);
    const bool extended = v6 ? type == 160 || type == 161 : type == 42 || type == 43;
    sv_sink_format(sink, ",\"%s\":{\"type\":%u,\"code\":%u", v6 ? "icmpv6" : "icmp", d->icmp.type, d->icmp.code);
    sv_json_checksum(sink, d);
    if (extended && d->icmp.has_word)
        sv_sink_format(sink, ",\"id\":%u,\"probe_sequence\":%u", d->icmp.id, d->icmp.sequence >> 8);
    if (echo && d->icmp.has_word)
        sv_sink_format(sink, ",\"id\":%u,\"sequence\":%u", d->icmp.id, d->icmp.sequence);
    sv_sink_text(sink, "}");
}

void sv_dissect_json(const struct sv_sink *sink, const struct sv_dissected *d)
{
    sv_json_link(sink, d);
    if (d->seen & SV_SEEN_ARP)
        sv_json_arp(sink, d);
    if (d->seen & SV_SEEN_IP4)
        sv_json_ip4(sink, d);
    if (d->seen & SV_SEEN_IP6)
        sv_json_ip6(sink, d);
    if (d->seen & (SV_SEEN_ICMP | SV_SEEN_ICMP6))
        sv_json_icmp(sink, d);
    if (d->seen & SV_SEEN_UDP) {
        sv_sink_format(sink, ",\"udp\":{\"src_port\":%u,\"dst_port\":%u,\"length\":%u", d->port_from, d->port_to,
                       d->udp_bytes);
        sv_json_checksum(sink, d);
        sv_sink_text(sink, "}");
    }
    if (d->seen & SV_SEEN_TCP)
        sv_json_tcp(sink, d);
}
