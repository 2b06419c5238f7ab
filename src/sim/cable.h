/* SPDX-License-Identifier: BSD-2-Clause */
/* A cable between two ports on which frames are voltage: what comes in at one end is encoded, passes a modelled pair,
 * is received from its samples, and leaves at the other end if its FCS is good; else it is dropped, with what was
 * wrong for the reason. Each direction is a pair of its own (10BASE-T and 100BASE-TX use two), full duplex.
 *
 * Idle between frames is skipped exactly (l1_physical/link.h), so that a quiet cable costs nothing. */
#ifndef SV_SIM_CABLE_H
#define SV_SIM_CABLE_H

#include "core/core.h"
#include "l1_physical/autoneg.h"
#include "l1_physical/link.h"
#include "seven/arena.h"
#include "stack/node.h"

struct sv_cable_config {
    uint32_t size;   /* sizeof(struct sv_cable_config) */
    uint32_t number; /* this cable in the trace (as a host) and in the noise */
    uint64_t seed;
    struct sv_trace *trace; /* NULL: none */
    uint32_t ceiling;       /* frames each way at most [64] */
    /* The ends negotiate first, which takes about two seconds, and what is sent before is dropped (LINK_DOWN);
     * 0: the link is up from the beginning. */
    uint32_t autoneg;
    uint32_t keep_bad_fcs;            /* 1: the receiving adapter does not look at the FCS, and hands such frames on */
    uint32_t msb_first;               /* 1: wrong on purpose: the highest bit of each byte goes first */
    uint32_t ability[2];              /* enum sv_autoneg_bit of either end; 0: the code's, full and half duplex */
    struct sv_phy_link_config way[2]; /* way[p]: what comes in at port p; their seeds are made from `seed` */
};

struct sv_cable_link;

/* NULL: the arena is full, a value is out of range, or the pair does not carry the code at all (never locked: say so
 * before frames are lost on it). The pool must be that of the packets. */
struct sv_cable_link *sv_cable_create(struct sv_arena *arena, struct sv_pool *pool,
                                      const struct sv_cable_config *config, sv_time now);
struct sv_node *sv_cable_node(struct sv_cable_link *c);

/* What became of the frames that came in at `port`; the outcomes add up to `sent`. */
const struct sv_phy_link_counts *sv_cable_counts(const struct sv_cable_link *c, sv_port port);
/* Whether frames pass, and if not, why (an end's enum sv_autoneg_why). */
bool sv_cable_up(const struct sv_cable_link *c);
uint32_t sv_cable_why(const struct sv_cable_link *c);
uint32_t sv_cable_packets(const struct sv_cable_link *c); /* on the cable now, both ways */
uint64_t sv_cable_drops(const struct sv_cable_link *c, enum sv_drop reason);

uint64_t sv_cable_bytes(uint32_t ceiling); /* arena bytes it takes, at most */

/* Unplugged: what is on the cable is lost, and what is sent into it (LINK_DOWN). */
void sv_cable_set_up(struct sv_cable_link *c, bool up, sv_time now);

#define SV_CABLE_TURNS 32u
/* The frame with this number (sv_buf.id) that comes in at `port` next has one bit's signal turned over
 * (sv_phy_link_turn(), the bit modulo its length). False: 32 are waiting for theirs. */
bool sv_cable_turn(struct sv_cable_link *c, sv_port port, uint32_t packet, uint32_t bit);

/* A probe on the pair of `port`: of the frame with this number (sv_buf.id) one byte's signal is kept. One frame is
 * waited for at a time. */
void sv_cable_probe(struct sv_cable_link *c, sv_port port, uint32_t packet, uint32_t byte);
/* What it saw (sv_phy_link_sent_byte()). False: nothing yet. */
bool sv_cable_probed(const struct sv_cable_link *c, int8_t level[SV_PHY_BYTE_LEVELS]);

extern const struct sv_node_ops sv_cable_ops;

#endif
