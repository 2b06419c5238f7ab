/* SPDX-License-Identifier: BSD-2-Clause */
/* Who stands in a stack's timer wheel. The number is part of the replay format. */
#ifndef SV_CORE_WHEEL_KINDS_H
#define SV_CORE_WHEEL_KINDS_H

enum sv_wheel_kind {
    SV_WHEEL_TCP = 1, /* a full connection */
    SV_WHEEL_NEIGHBOUR = 2,
    SV_WHEEL_ADDRESS = 3,  /* probing and announcing */
    SV_WHEEL_FRAGMENT = 4, /* a datagram in reassembly */
    SV_WHEEL_PATH = 5,     /* what a router told of a path's MTU */
    SV_WHEEL_TIMER = 6,    /* sv_timer_at() */
    SV_WHEEL_GROUP = 7,    /* IGMP and MLD, all of a host's */
    SV_WHEEL_ND = 8,       /* an interface's router discovery and advertisements */
    SV_WHEEL_NAT = 10,     /* a session of the address translator */
};

#endif
