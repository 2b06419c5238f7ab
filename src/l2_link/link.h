/* SPDX-License-Identifier: BSD-2-Clause */
/* All that layer 2 of one host keeps. Lies in the arena, inside the network layer's state. */
#ifndef SV_L2_LINK_H
#define SV_L2_LINK_H

#include "l2_link/interface.h"
#include "l2_link/neighbour.h"

struct sv_link {
    struct sv_interfaces interfaces;
    struct sv_neighbours neighbours;
};

#endif
