/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/unix_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

bool sv_unix_address(struct sockaddr_un *to, const char *path, size_t n, char *error)
{
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (n == 0 || n >= sizeof to->sun_path) {
        snprintf(error, SV_DEVICE_TEXT, "unix:%.100s: a socket's path has 1 to %zu letters", path,
                 sizeof to->sun_path - 1);
        return false;
    }
    memcpy(to->sun_path, path, n);
    return true;
}

bool sv_unix_clear(const char *path)
{
    struct stat s;
    if (lstat(path, &s) != 0)
        return errno == ENOENT;
    if (!S_ISSOCK(s.st_mode)) {
        errno = EEXIST;
        return false;
    }
    return unlink(path) == 0 || errno == ENOENT;
}
