/* SPDX-License-Identifier: BSD-2-Clause */
/* A host that is no stack of ours: `tap: NAME`. Frames to it leave the run through a callback, frames of it are put in,
 * and whoever drives the run paces it to a clock (cli/sim_outside.c). Faults, facts and counters see them like any
 * other. Nothing here knows what is at the other end; such a world is foreign: it does not repeat. */
#ifndef SC_OUTSIDE_H
#define SC_OUTSIDE_H

#include "scenario/run.h"

bool sc_is_outside(const struct sc_run *run, uint32_t host); /* of SV_NONE: no */
uint32_t sc_outsides(const struct sc_model *model);          /* how many there are */

/* When the next turn of the run would be; SV_NEVER: it is over. */
sv_time sc_run_next(struct sc_run *run);

/* Frames of that host, at the run's time `at` (not before its last turn, at most its next). Takes them all. */
void sc_outside_put(struct sc_run *run, uint32_t host, struct sv_burst *take, sv_time at);

/* From the tap: it is for that host. Takes it. */
void sc_outside_give(struct sc_run *run, uint32_t host, struct sv_buf *take);

#endif
