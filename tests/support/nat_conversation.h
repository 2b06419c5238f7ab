/* SPDX-License-Identifier: BSD-2-Clause */
/* A translator that filters by address, and the packet heard last: what conversations through it begin with. */
#ifndef SV_TESTS_NAT_CONVERSATION_H
#define SV_TESTS_NAT_CONVERSATION_H

#include "tests/support/nat_world.h"

static struct nat_world w;
static struct nat_packet p;

static inline int open_strict(void **state)
{
    (void)state;
    nat_open(&w, SV_NAT_FILTER_ADDRESS);
    return 0;
}
static inline int shut(void **state)
{
    (void)state;
    nat_shut(&w);
    return 0;
}

#endif
