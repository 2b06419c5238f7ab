/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a packet, or a part of one, went no further. One list makes the enum, the counter, its name in
 * `seven ss -s` and the trace, and its sentence in docs/DROPS.md. Numbers are never reused. */
#ifndef SEVEN_DROP_H
#define SEVEN_DROP_H

#include "seven/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SV_DROP_LIST(X)                                                                           \
    X(NONE, 0, "not dropped")                                                                     \
    X(SHORT_HEADER, 1, "fewer bytes than the fixed header")                                       \
    X(BAD_LENGTH, 2, "a length field contradicts the packet")                                     \
    X(BAD_CHECKSUM, 3, "a checksum does not add up")                                              \
    X(BAD_VERSION, 4, "the IP version field is not the EtherType's")                              \
    X(BAD_OPTION, 5, "an option runs over its header or contradicts itself")                      \
    X(NO_MEMORY, 6, "a pool or a quota is used up")                                               \
    X(NOT_FOR_US, 7, "unicast to another station or address, and we do not forward")              \
    X(UNKNOWN_ETHERTYPE, 8, "no protocol of ours has this EtherType")                             \
    X(BAD_SOURCE, 9, "a source address that no sender may use")                                   \
    X(BAD_DESTINATION, 10, "a destination address that no packet on the wire may have")           \
    X(MAPPED_ON_WIRE, 11, "a v4-mapped address in an IPv6 header")                                \
    X(ARP_MALFORMED, 12, "ARP fields that are not Ethernet over IPv4")                            \
    X(ARP_NOT_OURS, 13, "ARP that neither asks for us nor updates what we hold")                  \
    X(ARP_CONFLICT, 14, "another station uses our address (RFC 5227)")                            \
    X(NEIGHBOUR_QUEUE_FULL, 15, "too many packets wait for this neighbour")                       \
    X(NEIGHBOUR_UNREACHABLE, 16, "the neighbour does not answer")                                 \
    X(NO_ROUTE, 17, "no route to the destination")                                                \
    X(QUEUE_FULL, 18, "the interface's queue of packets is full")                                 \
    X(TTL_EXCEEDED, 19, "the time to live ran out here")                                          \
    X(TOO_BIG, 20, "longer than the path allows, and must not be fragmented")                     \
    X(FRAGMENT_OVERLAP, 21, "a fragment overlaps another of its datagram")                        \
    X(FRAGMENT_TOO_MANY, 22, "the ceiling on fragments or datagrams held is reached")             \
    X(FRAGMENT_TIMEOUT, 23, "the datagram's other fragments did not come in time")                \
    X(FRAGMENT_BAD, 24, "an impossible fragment: past 65535, or a middle one not of 8n bytes")    \
    X(SOURCE_ROUTE, 25, "a source-route option, refused (RFC 7126)")                              \
    X(PROTOCOL_UNREACHABLE, 26, "no transport of ours has this protocol number")                  \
    X(ICMP_MALFORMED, 27, "ICMP whose fields contradict its type")                                \
    X(ICMP_RATE, 28, "an ICMP message of ours held back by its rate limit")                       \
    X(ICMP_UNMATCHED, 29, "an ICMP error that quotes no flow of ours")                            \
    X(ICMP_OUT_OF_WINDOW, 30, "an ICMP error that quotes a sequence number not in flight")        \
    X(ICMP_IGNORED, 31, "an ICMP type that asks nothing of a host")                               \
    X(PORT_UNREACHABLE, 32, "nobody listens on that UDP port")                                    \
    X(SOCKET_FULL, 33, "the UDP socket's queue is full")                                          \
    X(INTERFACE_DOWN, 34, "the interface is not up")                                              \
    X(TCP_NO_SOCKET, 35, "no connection and no listener: answered with RST")                      \
    X(TCP_RST_TO_NOBODY, 36, "RST for a connection we do not have")                               \
    X(TCP_OLD, 37, "entirely below the receive window: answered with an ACK")                     \
    X(TCP_BEYOND_WINDOW, 38, "entirely beyond the receive window: answered with an ACK")          \
    X(TCP_PAWS, 39, "timestamp older than the last one (RFC 7323 §5)")                            \
    X(TCP_NO_ACK, 40, "no ACK flag on a synchronized connection")                                 \
    X(TCP_ACK_NOT_ACCEPTABLE, 41, "acknowledges what was never sent, or far too old (RFC 5961)")  \
    X(TCP_RST_INEXACT, 42, "RST in the window but not at RCV.NXT: challenged (RFC 5961)")         \
    X(TCP_SYN_IN_WINDOW, 43, "SYN on a synchronized connection: challenged (RFC 5961)")           \
    X(TCP_CHALLENGE_RATE, 44, "a challenge ACK held back by its rate limit")                      \
    X(TCP_MISSING_TIMESTAMP, 45, "timestamps were agreed, and this segment has none")             \
    X(TCP_BAD_FLAGS, 46, "a combination of flags that no state accepts")                          \
    X(TCP_LISTEN_FULL, 47, "the listener's queue of half-open connections is full")               \
    X(TCP_ACCEPT_FULL, 48, "the listener's queue of unaccepted connections is full")              \
    X(TCP_REASSEMBLY_FULL, 49, "the out-of-order store's ranges or bytes are used up")            \
    X(TCP_DUPLICATE, 50, "bytes we have already")                                                 \
    X(TCP_AFTER_CLOSE, 51, "data for a side that the application has closed")                     \
    X(TCP_AFTER_FIN, 52, "data beyond the peer's own FIN")                                        \
    X(TCP_BROADCAST, 53, "TCP to or from a broadcast or multicast address")                       \
    X(TIMEWAIT_CEILING, 54, "the oldest TIME-WAIT ended early: their ceiling is reached")         \
    X(LINK_LOSS, 55, "lost by the simulated link")                                                \
    X(LINK_DOWN, 56, "sent into a link that is cut")                                              \
    X(BAD_FCS, 57, "the frame check sequence does not match")                                     \
    X(FLUSHED, 58, "still queued when its owner was closed")                                      \
    X(TCP_RST_NOT_ACCEPTABLE, 59, "RST outside the window")                                       \
    X(TCP_LISTEN_ACK, 60, "an ACK to a listener: answered with RST")                              \
    X(TCP_URGENT_IGNORED, 61, "an urgent pointer to nothing that is still to be read")            \
    X(LOOP, 63, "source and destination are the same socket on the wire (land)")                  \
    X(NOT_JOINED, 64, "to a multicast group that nobody here wants")                              \
    X(IP6_CHAIN, 65, "extension headers out of order, too many, or cut off")                      \
    X(IP6_OPTION, 66, "an unknown IPv6 option that forbids to go on (RFC 8200)")                  \
    X(IP6_ROUTING, 67, "a routing header that wants us to send it on (RFC 5095)")                 \
    X(NO_NEXT_HEADER, 68, "an IPv6 packet that says nothing follows")                             \
    X(ICMP_FORGED, 69, "an ICMP error that cannot be about what we sent")                         \
    X(TCP_NOT_ADMITTED, 70, "to a connection that a deferred listener has not admitted yet")      \
    X(TCP_MD5_MISSING, 78, "unsigned, and a key says that this peer's segments are (RFC 2385)")   \
    X(TCP_MD5_WRONG, 79, "its MD5 signature is not the key's")                                    \
    X(TCP_MD5_UNEXPECTED, 80, "signed with MD5, and no key is for this peer")                     \
    X(TCP_AO_MISSING, 81, "unsigned, and TCP-AO is what this connection is signed by (RFC 5925)") \
    X(TCP_AO_WRONG, 82, "its TCP-AO code is not the key's, or is of no length that there is")     \
    X(TCP_AO_NO_KEY, 83, "its KeyID names no key of ours, or no connection has its numbers")      \
    X(TCP_ACK_RATE, 85, "an answer to an unacceptable segment, held back by its rate limit")      \
    X(TCP_SACK_INVALID, 86, "SACK of what was never sent, or whose end is before its start")      \
    X(TCP_SACK_RENEGED, 87, "the peer threw away what it had SACKed")                             \
    X(NAT_FULL, 90, "the ceiling on NAT sessions, of all or of one inside host, is reached")      \
    X(NAT_NO_PORT, 91, "no outside port is free for a new mapping")                               \
    X(NAT_FILTERED, 92, "from outside, and no mapping lets it in")                                \
    X(NAT_UNTRANSLATABLE, 93, "a protocol without ports, or what NAT cannot make sense of")       \
    X(NAT_FRAGMENT, 94, "a fragment whose first did not come in time, or one too many")           \
    X(NAT_SYN, 95, "an unsolicited SYN, kept for 6 s (RFC 5382 REQ-4)")                           \
    X(NPT_UNTRANSLATABLE, 96, "an address that prefix translation cannot map (RFC 6296)")         \
    X(ND_OPTION, 100, "an option of neighbour discovery that is malformed: the message goes")     \
    X(ND_HOP_LIMIT, 101, "neighbour discovery that came through a router (RFC 4861 §6.1, §7.1)")  \
    X(ND_INVALID, 102, "neighbour discovery whose fields contradict its type or its addresses")   \
    X(ND_IGNORED, 103, "neighbour discovery that asks nothing of us and tells nothing we hold")   \
    X(ND_CONFLICT, 104, "another station has or wants our IPv6 address (RFC 4862 §5.4)")          \
    X(ND_FULL, 105, "the ceiling on routers, prefixes or addresses learned is reached")           \
    X(ND_REDIRECT, 106, "a redirect that is not our first hop's, or names no neighbour")          \
    X(ND_RATE, 107, "neighbour discovery of ours held back by its rate limit")                    \
    X(ND_LOOPED, 108, "our own duplicate address detection, come back (RFC 7527)")                \
    X(ND_FRAGMENTED, 109, "neighbour discovery in fragments (RFC 6980)")                          \
    X(GROUP_MALFORMED, 110, "IGMP or MLD whose fields contradict its type or its addresses")      \
    X(GROUP_IGNORED, 111, "IGMP or MLD that asks nothing of a host")                              \
    X(GROUP_SOURCE, 112, "from a source that nobody here wants to hear in that group")            \
    X(SCOPE, 120, "an address that means something on its link only: never forwarded")            \
    X(ROUTE_REFUSES, 121, "the route is a blackhole, unreachable or prohibited")                  \
    X(SOURCE_CHECK, 122, "its source is not reached that way (RFC 3704)")                         \
    X(ACL, 123, "the router's list says no")                                                      \
    X(PORT_BLOCKED, 140, "the switch's port is discarding or learning (spanning tree)")           \
    X(RESERVED_GROUP, 141, "01-80-C2-00-00-0x: a switch never forwards it (IEEE 802.1Q §8.6.3)")  \
    X(VLAN_INGRESS, 142, "a VLAN that the port is no member of")                                  \
    X(VLAN_FRAME_TYPE, 143, "tagged or untagged where the port admits only the other")            \
    X(STORM, 144, "above the port's limit for broadcast, multicast or unknown unicast")           \
    X(ARP_FLOOD_LIMIT, 145, "above the port's limit for ARP")                                     \
    X(ARP_PROXIED, 146, "a question that the switch answered itself")                             \
    X(STATION_REFUSED, 147, "its sender could not be learned, and the policy is to refuse")       \
    X(SAME_PORT, 148, "its destination is where it came from")                                    \
    X(NO_EGRESS, 149, "no other port of its VLAN may have it")                                    \
    X(ISOLATED, 150, "from one isolated port to another")                                         \
    X(MIRROR_PORT, 151, "came in at a mirror port, which only listens")                           \
    X(TOO_LONG, 152, "longer than the port it is to leave by takes")                              \
    X(BPDU_MALFORMED, 153, "not a BPDU of 802.1D, or one that contradicts itself")                \
    X(BPDU_GUARD, 154, "a BPDU at a guarded port, which was shut down")                           \
    X(LLDP_MALFORMED, 155, "TLVs of an LLDP frame that contradict themselves")                    \
    X(LLDP_TABLE_FULL, 156, "a neighbour more than the table of LLDP holds")                      \
    X(GROUP_TABLE_FULL, 157, "a group more than the table of snooping holds")                     \
    X(SNOOP_MALFORMED, 158, "IGMP or MLD that contradicts itself: not learned from")              \
    X(STATION_NOT_LEARNED, 159, "a sender not learned: the table or its port's share is full")    \
    X(LLC_MALFORMED, 160, "an 802.3 length that contradicts the frame, or half an LLC header")    \
    X(VLAN_UNKNOWN, 161, "a VLAN tag that no interface here is for")                              \
    X(PHY_SYMBOL, 170, "an illegal symbol or code group within the frame")                        \
    X(PHY_CARRIER, 171, "its beginning was damaged: seen as a false carrier")                     \
    X(PHY_NEVER_SEEN, 172, "the receiver at the far end saw nothing of it")                       \
    X(QUEUE_MANAGED, 180, "dropped early by the link's queue discipline (CoDel, RED)")            \
    X(LINK_MTU, 181, "longer than the simulated link takes, which says nothing (a black hole)")   \
    X(SCENARIO_FAULT, 182, "dropped by a fault of the scenario")

enum sv_drop {
#define SV_X(name, number, text) SV_DROP_##name = number,
    SV_DROP_LIST(SV_X) SV_DROP_COUNT /* one more than the largest number */
#undef SV_X
};

SV_API const char *sv_drop_name(enum sv_drop reason); /* "TCP_PAWS"; "?" for a number not in the list */
SV_API const char *sv_drop_text(enum sv_drop reason);

#ifdef __cplusplus
}
#endif
#endif
