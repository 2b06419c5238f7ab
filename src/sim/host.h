/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of a host's turn that is the applications'. */
#ifndef SV_SIM_HOST_H
#define SV_SIM_HOST_H

#include "seven/host.h"

/* Hands out events and ticks. When to call again; the stack's own deadlines are not in it. */
sv_time sv_host_serve(struct sv_host *h, sv_time now);

#endif
