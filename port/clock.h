/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SV_PORT_CLOCK_H
#define SV_PORT_CLOCK_H

#include "seven/base.h"

/* Nanoseconds of a clock that never runs backwards (CLOCK_MONOTONIC): what every verb of the core is told. */
sv_time sv_clock(void);

/* Nanoseconds since 1970, UTC: for captures and HTTP dates, never for the core. */
uint64_t sv_wall_clock(void);

#endif
