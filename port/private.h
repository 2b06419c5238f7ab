/* SPDX-License-Identifier: BSD-2-Clause */
/* A network of one's own: what `seven private COMMAND...` and `seven demo` stand in. An ordinary user gets
 * a user namespace in which he is root, root only a network namespace; it ends with its last process. */
#ifndef SV_PORT_PRIVATE_H
#define SV_PORT_PRIVATE_H

#include "port/device.h"

enum sv_private_result {
    SV_PRIVATE_OK,
    SV_PRIVATE_FORBIDDEN, /* no namespace for this user: the text names the setting that forbids it */
    SV_PRIVATE_FAILED,
};

/* Moves this process (single-threaded; its later children with it) into new namespaces, sets `lo` up. There
 * is no way back: fork first if the caller's network is needed after. Afterwards getuid() is 0, files are
 * still read and written as the user. `error`: SV_DEVICE_TEXT bytes. */
SV_MUST_CHECK enum sv_private_result sv_private_enter(char *error);

/* Leaves an interface there that commands find as `tap:NAME`: a persistent TAP with the kernel's end
 * addressed, or, where /dev/net/tun may not be opened, a veth pair (see sv_device_open). *pair says which
 * it was. Call after sv_private_enter(). */
SV_MUST_CHECK bool sv_private_interface(const char *name, const struct sv_device_options *options, bool *pair,
                                        char *error);

/* Becomes `command` in the present namespaces: does not return when it can be run. Else errno. */
int sv_private_exec(char *const command[]);

#endif
