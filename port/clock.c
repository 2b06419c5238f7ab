/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/clock.h"

#include <time.h>

static uint64_t read_clock(clockid_t which)
{
    struct timespec t = {0, 0};
    SV_ASSERT(clock_gettime(which, &t) == 0);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

sv_time sv_clock(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t sv_wall_clock(void)
{
    return read_clock(CLOCK_REALTIME);
}
