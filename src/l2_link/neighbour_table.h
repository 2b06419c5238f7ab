/* SPDX-License-Identifier: BSD-2-Clause */
/* Between neighbour.c and neighbour_state.c only. */
#ifndef SV_L2_NEIGHBOUR_TABLE_H
#define SV_L2_NEIGHBOUR_TABLE_H

#include "l2_link/link.h"

/* The one place that sets a state: traces it. */
void sv_neighbour_move(struct sv_core *c, struct sv_neighbours *n, uint32_t index, enum sv_neighbour_cause cause,
                       enum sv_neighbour_state to);

/* What waits there goes to `refused`. */
void sv_neighbour_refuse_held(struct sv_core *c, struct sv_neighbours *n, uint32_t index);

/* The recycling list. */
void sv_neighbour_list(struct sv_neighbours *n, uint32_t index);
void sv_neighbour_unlist(struct sv_neighbours *n, uint32_t index);
void sv_neighbour_touch(struct sv_neighbours *n, uint32_t index);

/* Back to the free list; nobody pins it. */
void sv_neighbour_forget(struct sv_core *c, struct sv_link *l, uint32_t index, enum sv_neighbour_cause cause);

#endif
