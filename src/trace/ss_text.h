/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of a stack in iproute2's words: ss's table and its -i line, `ip neigh`, `ip addr`, `ip link`; and JSON,
 * which ss itself has not. */
#ifndef SV_TRACE_SS_TEXT_H
#define SV_TRACE_SS_TEXT_H

#include "seven/socket.h"
#include "seven/stack.h"
#include "trace/sink.h"

struct sv_ss_options {
    uint8_t info;      /* -i: a second line with the connection's figures */
    uint8_t netid;     /* a first column: tcp, udp, icmp (as ss does for more than one protocol) */
    uint8_t no_header; /* -H */
    uint8_t rfc_names; /* ESTABLISHED for ESTAB, and so on */
};

/* The whole table: columns are as wide as their widest cell. */
void sv_ss_table(const struct sv_sock_info *infos, size_t n, const struct sv_ss_options *options,
                 const struct sv_sink *sink);

/* One socket as a JSON object and a newline; states by their RFC 9293 names. */
void sv_ss_json(const struct sv_sock_info *info, const struct sv_sink *sink);

/* ss's word of a state ("ESTAB"), or RFC 9293's. */
const char *sv_ss_state(const struct sv_sock_info *info, bool rfc_names);

/* `10.7.0.1 dev seven0 lladdr 02:00:00:00:00:01 REACHABLE` */
void sv_ip_neigh(const struct sv_neighbour_info *info, const char *device, const struct sv_sink *sink);
void sv_ip_neigh_json(const struct sv_neighbour_info *info, const char *device, const struct sv_sink *sink);

/* `1: seven0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP` and the line of its MAC. */
void sv_ip_link(const struct sv_interface_info *info, sv_port port, const char *device, const struct sv_sink *sink);

/* `    inet 10.7.0.2/24 scope global seven0`, after its interface's sv_ip_link() lines. */
void sv_ip_addr(const struct sv_address_info *info, const char *device, const struct sv_sink *sink);

#endif
