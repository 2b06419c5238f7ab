/* SPDX-License-Identifier: BSD-2-Clause */
/* The few things we ask of the kernel's network configuration, over rtnetlink: links up, addresses, a veth
 * pair, in the present network namespace. Each gives 0 or an errno. */
#ifndef SV_PORT_NETLINK_H
#define SV_PORT_NETLINK_H

#include "seven/base.h"

/* Up or down, and the MTU (0: as it is). */
SV_MUST_CHECK int sv_link_set(const char *name, bool up, uint32_t mtu);

/* Adds an address; one that is there already is fine. IPv6 addresses are usable at once (no DAD). */
SV_MUST_CHECK int sv_link_address(const char *name, const struct sv_addr *addr, uint32_t length);

/* Two interfaces joined by a wire. `quiet` gets no IPv6 address of its own: only a packet socket uses it. */
SV_MUST_CHECK int sv_link_veth(const char *name, const char *quiet);

SV_MUST_CHECK int sv_link_delete(const char *name);

#endif
