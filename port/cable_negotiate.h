/* SPDX-License-Identifier: BSD-2-Clause */
/* Auto-negotiation between the two ends of a voltage cable. Its pulses are microseconds apart, which two processes on a
 * shared machine cannot keep; so each process runs both ends (l1_physical/autoneg.h) on a clock of their own, pulse by
 * pulse, from what the ends said of themselves when they met, and both come to the same result. */
#ifndef SV_PORT_CABLE_NEGOTIATE_H
#define SV_PORT_CABLE_NEGOTIATE_H

#include "l1_physical/autoneg.h"
#include "l1_physical/phy.h"

/* What an end is set to: a code, or SV_PHY_CODES: it negotiates between 10BASE-T and 100BASE-TX, full duplex. */
struct sv_cable_agreed {
    uint32_t code;   /* enum sv_phy_code; SV_PHY_CODES: none, the link stays down */
    uint32_t why;    /* enum sv_autoneg_why, then */
    sv_time taken;   /* until it was decided */
    uint64_t bursts; /* of link pulses that went, both ways */
};

/* Of two that are set alike nothing is asked. */
struct sv_cable_agreed sv_cable_negotiate(uint32_t ours, uint32_t theirs);

#endif
