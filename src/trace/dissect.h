/* SPDX-License-Identifier: BSD-2-Clause */
/* A second opinion on a frame: its fields by layer, read without any of the stack's own parsers. Any bytes whatever
 * are accepted; what does not fit is said in `problems`, and what stands beyond it is left unread. */
#ifndef SV_TRACE_DISSECT_H
#define SV_TRACE_DISSECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Link types as pcap files number them. */
enum sv_link_type {
    SV_LINK_NULL = 0, /* 4 bytes of address family in the writer's byte order */
    SV_LINK_ETHERNET = 1,
    SV_LINK_PPP = 9,
    SV_LINK_RAW_BSD = 12, /* raw IP under its older numbers */
    SV_LINK_RAW_OPEN = 14,
    SV_LINK_PPP_SERIAL = 50,
    SV_LINK_RAW = 101, /* IPv4 or IPv6, by the version field */
    SV_LINK_CHDLC = 104,
    SV_LINK_WLAN = 105, /* IEEE 802.11 */
    SV_LINK_FRAME_RELAY = 107,
    SV_LINK_LOOP = 108,  /* as SV_LINK_NULL, in network order */
    SV_LINK_SLL = 113,   /* Linux cooked */
    SV_LINK_PRISM = 119, /* IEEE 802.11 behind the Prism driver's header; RADIOTAP, AVS: others' */
    SV_LINK_RADIOTAP = 127,
    SV_LINK_ARCNET_LINUX = 129,
    SV_LINK_AVS = 163,
    SV_LINK_IPNET = 226,
    SV_LINK_IPV4 = 228,
    SV_LINK_IPV6 = 229,
    SV_LINK_NFLOG = 239,
    SV_LINK_IPOIB = 242,
    SV_LINK_SLL2 = 276,
};

/* Which layers were found; their fields are valid. */
enum sv_seen {
    SV_SEEN_ETHERNET = 1u << 0,
    SV_SEEN_COOKED = 1u << 1,
    SV_SEEN_VLAN = 1u << 2,
    SV_SEEN_LLC = 1u << 3, /* 802.3: a length, not an EtherType */
    SV_SEEN_ARP = 1u << 4,
    SV_SEEN_IP4 = 1u << 5,
    SV_SEEN_IP6 = 1u << 6,
    SV_SEEN_ICMP = 1u << 7,
    SV_SEEN_ICMP6 = 1u << 8,
    SV_SEEN_UDP = 1u << 9,
    SV_SEEN_TCP = 1u << 10,
    SV_SEEN_SHIM = 1u << 12,     /* MPLS or PPPoE stood before the network layer */
    SV_SEEN_FRAGMENT = 1u << 11, /* part of a fragmented datagram; a later one has no transport header */
};

enum sv_problem {
    SV_PROBLEM_TRUNCATED = 1u << 0, /* the capture holds less than the packet says it has */
    SV_PROBLEM_LINK = 1u << 1,      /* malformed at that layer: fields contradict each other or the length */
    SV_PROBLEM_ARP = 1u << 2,
    SV_PROBLEM_IP = 1u << 3,
    SV_PROBLEM_TRANSPORT = 1u << 4, /* ICMP, UDP or TCP */
    SV_PROBLEM_OPTIONS = 1u << 5,   /* of TCP */
    SV_PROBLEM_IP_CHECKSUM = 1u << 6,
    SV_PROBLEM_CHECKSUM = 1u << 7, /* of ICMP, UDP or TCP */
};

/* What is known of the transport checksum. */
enum sv_checksum_state {
    SV_CHECKSUM_UNKNOWN, /* fragment, truncated, or no such layer */
    SV_CHECKSUM_GOOD,
    SV_CHECKSUM_BAD,
    SV_CHECKSUM_NONE, /* UDP over IPv4 without one (RFC 768) */
};

#define SV_VLANS_MAX 4u
#define SV_EXTENSIONS_MAX 8u

struct sv_tcp_options {
    uint16_t mss;
    uint8_t has_mss, has_scale, scale, sack_permitted, has_timestamp, sacks, has_fast_open, has_uto;
    uint8_t cookie_bytes; /* of a fast-open option (RFC 7413 §4.1.1) */
    uint8_t others;       /* options of kinds that are none of these, NOP and EOL apart */
    uint32_t ts_value, ts_echo;
    uint32_t sack[4][2];
};

struct sv_dissected {
    uint32_t seen, problems;
    uint32_t captured_bytes, wire_bytes;

    uint8_t mac_to[6], mac_from[6];
    uint16_t link_type;    /* what stands behind the addresses: EtherType, a tag's, or a length */
    uint16_t ethertype;    /* of the link header, VLAN tags passed; up to 1500: a length */
    uint16_t network_type; /* of the network layer, shims passed; 0: none was named */
    uint16_t vlan_type[SV_VLANS_MAX], vlan_tci[SV_VLANS_MAX];
    uint32_t vlans;
    uint16_t cooked_type, cooked_hardware; /* Linux cooked: direction, ARPHRD_ number */
    uint32_t network_at;                   /* offset of the network header; captured_bytes if there is none */

    struct {
        uint16_t hardware, protocol, operation;
        uint8_t hardware_bytes, protocol_bytes;
        uint8_t macs, ip4;                    /* the addresses are Ethernet's, IPv4's: else those below are zero */
        uint8_t addresses;                    /* of the four, that are there: sender MAC, sender, target MAC, target */
        uint8_t sender_mac[6], target_mac[6]; /* when `macs` */
        uint8_t sender[4], target[4];         /* when `ip4` */
    } arp;

    struct {
        uint8_t version, ttl, protocol, traffic_class;
        uint8_t from[16], to[16]; /* IPv4: in the first four */
        uint16_t id, flags;       /* IPv4: 4 reserved, 2 DF, 1 MF */
        uint32_t id6;             /* of a fragment header */
        uint32_t flow_label;
        uint32_t header_bytes;              /* IPv4 with options; IPv6 with extension headers */
        uint32_t total_bytes;               /* header and payload, as the header says */
        uint32_t fragment_offset;           /* bytes */
        uint16_t payload_field;             /* IPv6: the length as the header has it */
        uint8_t first_next;                 /* IPv6: the header's own next-header number */
        uint8_t has_final, routing_unknown; /* IPv6: a routing header names `final`; names it in an unknown way */
        uint8_t final[16];                  /* the destination at last, which the transport's checksum counts */
        uint8_t has_fragment;               /* IPv6: a fragment header was passed */
        uint16_t checksum, checksum_right;  /* IPv4 */
        uint8_t checked;                    /* IPv4: the header is whole, its checksum was judged */
        uint8_t has_home;                   /* IPv6: a home address option names the source (RFC 6275 §6.3) */
        uint8_t home[16];
        uint8_t extension[SV_EXTENSIONS_MAX]; /* next-header numbers passed, in order */
        uint32_t extensions;
    } ip;

    uint32_t transport_at, transport_bytes; /* header and payload, as the network layer says */
    uint8_t checksum_state;                 /* enum sv_checksum_state */
    uint16_t checksum, checksum_right;      /* in the packet; what it should be (when known) */
    uint16_t port_from, port_to;

    struct {
        uint32_t seq, ack;
        uint16_t window, urgent;
        uint16_t reserved; /* the three bits before the flags */
        uint16_t flags;    /* FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128, AE 256 */
        uint32_t header_bytes;
        struct sv_tcp_options options;
    } tcp;

    uint16_t udp_bytes; /* the length field */

    struct {
        uint8_t type, code;
        uint16_t id, sequence; /* echo */
        uint32_t word;         /* the second 32 bits: gateway, MTU, pointer */
        uint8_t has_word;      /* it is there, and with it id and sequence */
    } icmp;

    uint32_t payload_at;       /* of the transport */
    uint32_t payload_bytes;    /* as the headers say */
    uint32_t payload_captured; /* of them, those that are there */
};

/* Dissects one frame of `captured` bytes; `wire` is its length on the wire (more when the capture was cut). */
void sv_dissect(struct sv_dissected *d, enum sv_link_type link, const uint8_t *frame, size_t captured, size_t wire);

/* TCP's options alone, n bytes of them; false: they are malformed (what could be read is there). */
bool sv_dissect_tcp_options(struct sv_tcp_options *o, const uint8_t *options, size_t n);

/* The Internet checksum (RFC 1071) written plainly, in network order: sums may be chained through `start`. */
uint32_t sv_plain_sum(const uint8_t *bytes, size_t n, uint32_t start);
uint16_t sv_plain_fold(uint32_t sum);

/* An address as text: dotted quad for version 4, else RFC 5952. `to` needs 48 bytes. */
const char *sv_dissect_address(uint32_t version, const uint8_t *address, char *to);

#endif
