/* SPDX-License-Identifier: BSD-2-Clause */
/* Where cables made of unix sockets (socket_cable.h) are plugged in: a path that is listened on. Each that connects is
 * a cable of its own. */
#ifndef SV_PORT_SOCKET_LISTEN_H
#define SV_PORT_SOCKET_LISTEN_H

#include "port/device.h"

/* Listens at `path`. -1: `error` (SV_DEVICE_TEXT bytes) says why; *taken: because somebody listens there already, and
 * could be connected to. A socket that its owner left behind is replaced. */
SV_MUST_CHECK int sv_socket_listen(const char *path, bool *taken, char *error);

/* One that waits; -1: none does (now). */
int sv_socket_accept(int fd);

void sv_socket_unlisten(int fd, const char *path); /* removes the path too */

#endif
