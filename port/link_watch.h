/* SPDX-License-Identifier: BSD-2-Clause */
/* Cables that are pulled: what the kernel tells of the interfaces of this network namespace, over rtnetlink. */
#ifndef SV_PORT_LINK_WATCH_H
#define SV_PORT_LINK_WATCH_H

#include "seven/base.h"

/* A descriptor that is readable when some interface changed; -1: none is to be had (errno). */
SV_MUST_CHECK int sv_link_watch_open(void);

/* Reads what came: for each interface that changed, its name, and whether it is up and has a carrier. One that was
 * deleted or moved elsewhere is not told of: its device finds out by itself. */
typedef void sv_link_changed(void *self, const char *name, bool up);
void sv_link_watch_read(int fd, sv_link_changed *changed, void *self);

/* How one is now; true where that cannot be known. */
bool sv_link_is_up(const char *name);

#endif
