/* SPDX-License-Identifier: BSD-2-Clause */
/* What every node begins with. Operations are named by kind, not by pointer: a node lies in the arena. */
#ifndef SV_CORE_NODE_H
#define SV_CORE_NODE_H

#include "seven/node.h"

enum sv_node_kind {
    SV_NODE_NONE,
    SV_NODE_STACK,
    SV_NODE_LINK,   /* sim/link.h */
    SV_NODE_CABLE,  /* sim/cable.h */
    SV_NODE_BRIDGE, /* l2_link/bridge.h */
    SV_NODE_KINDS
};

struct sv_node {
    uint32_t kind; /* enum sv_node_kind */
    uint32_t ports;
};

struct sv_node_ops {
    void (*receive)(struct sv_node *x, sv_port in, struct sv_burst *take, sv_time now);
    uint32_t (*transmit)(struct sv_node *x, sv_port out, struct sv_room room, struct sv_burst *give, sv_time now);
    sv_port (*next_output)(const struct sv_node *x, sv_port after);
    sv_time (*next_deadline)(const struct sv_node *x);
    void (*expire)(struct sv_node *x, sv_time now);
};

#endif
