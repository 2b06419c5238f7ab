/* SPDX-License-Identifier: BSD-2-Clause */
/* Between udp.c, udp_table.c and echo.c only. */
#ifndef SV_L4_UDP_TABLE_H
#define SV_L4_UDP_TABLE_H

#include "l4_transport/udp.h"

/* What an arriving packet offers to the table, as the receiver sees it. */
struct sv_udp_key {
    struct sv_addr local, remote;
    uint16_t local_port, remote_port;
    uint8_t kind;
    uint8_t broadcast;
    sv_port interface;
};

/* 0: the socket does not want it; else the larger the more specific. */
uint32_t sv_udp_score(const struct sv_udp_socket *s, const struct sv_udp_key *k);
/* Does the socket want the group from that source? One that did not join it there takes what comes (others did). */
bool sv_udp_group_passes(struct sv_udp *u, uint32_t index, const struct sv_udp_key *k);
/* The best, SV_NONE. */
uint32_t sv_udp_find(const struct sv_udp *u, const struct sv_udp_key *k);

/* Puts a packet on the socket's queue, or drops it (SOCKET_FULL). */
void sv_udp_queue(struct sv_core *c, struct sv_udp *u, uint32_t index, sv_port port, struct sv_buf *take);
/* The oldest, off the queue. NULL: none. */
struct sv_buf *sv_udp_unqueue(struct sv_core *c, struct sv_udp *u, uint32_t index);
void sv_udp_tell(struct sv_udp *u, uint32_t index, uint32_t what);

/* Keeps a report for the socket; at a ceiling its oldest goes (SOCKET_FULL). */
void sv_udp_report_put(struct sv_core *c, struct sv_udp *u, uint32_t index, const struct sv_udp_report *report);
void sv_udp_reports_flush(struct sv_udp *u, uint32_t index);
SV_MUST_CHECK bool sv_udp_reports_init(struct sv_udp *u, struct sv_arena *arena);
uint64_t sv_udp_reports_bytes(uint32_t ceiling);
void sv_udp_reports_check(const struct sv_udp *u);

/* The kept error as the caller's error, taken away; SV_OK: none. */
enum sv_err sv_udp_take_error(struct sv_udp_socket *s);

#endif
