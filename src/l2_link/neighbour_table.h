/* SPDX-License-Identifier: BSD-2-Clause */
/* Between neighbour.c, neighbour_state.c and neighbour_told.c only. */
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

/* The moment at which its state is looked at again; SV_NEVER. */
void sv_neighbour_wake_at(struct sv_core *c, struct sv_neighbours *n, uint32_t index, sv_time when);
/* Into the changed list. */
void sv_neighbour_note(struct sv_neighbours *n, uint32_t index);
/* REACHABLE, from now on for its time. */
void sv_neighbour_prove(struct sv_core *c, struct sv_link *l, uint32_t index, enum sv_neighbour_cause cause);
/* STALE: usable, and to be verified at the next use. */
void sv_neighbour_stale(struct sv_core *c, struct sv_neighbours *n, uint32_t index, enum sv_neighbour_cause cause);
/* What waited for its MAC goes. */
void sv_neighbour_send_held(struct sv_core *c, struct sv_link *l, uint32_t index);

/* Back to the free list; nobody pins it. */
void sv_neighbour_forget(struct sv_core *c, struct sv_link *l, uint32_t index, enum sv_neighbour_cause cause);

#endif
