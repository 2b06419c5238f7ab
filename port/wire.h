/* SPDX-License-Identifier: BSD-2-Clause */
/* A wire between two nodes of one world in one process: bursts go both ways by reference, without delay or
 * loss (src/sim has links with faults). */
#ifndef SV_PORT_WIRE_H
#define SV_PORT_WIRE_H

#include "seven/node.h"

struct sv_wire_end {
    struct sv_node *node;
    sv_port port;
    uint64_t packets, bytes, wire; /* that left this end; wire counts segments */
};

/* Of the caller's; zero it and set the ends. Both nodes live off one pool. */
struct sv_wire {
    struct sv_wire_end end[2];
    uint32_t super; /* longest TCP payload of a super-frame; 0: one MSS a packet */
    /* Sees each burst as it crosses, before the receiver owns it; may be NULL. */
    void (*tap)(void *self, uint32_t from, const struct sv_burst *b, sv_time now);
    void *self;
};

/* Moves what either end has to send, in turns, a burst at a time, until both are silent or `bursts` went.
 * The packets moved. Neither node is expired: that is its host's turn. */
uint32_t sv_wire_move(struct sv_wire *w, uint32_t bursts, sv_time now);

#endif
