/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of unix sockets. */
#ifndef SV_PORT_UNIX_PATH_H
#define SV_PORT_UNIX_PATH_H

#include <sys/un.h>

#include "port/device.h"

/* The first n letters of `path` as an address. False: too many or none, `error` (SV_DEVICE_TEXT bytes) says so. */
SV_MUST_CHECK bool sv_unix_address(struct sockaddr_un *to, const char *path, size_t n, char *error);

/* Removes a socket that was left there, and nothing else: not a file that somebody named by mistake. False: something
 * else is there (errno EEXIST), or it cannot be removed. */
SV_MUST_CHECK bool sv_unix_clear(const char *path);

#endif
