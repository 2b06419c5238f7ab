/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/socket_listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/unix_path.h"

#define WAITING 16

/* Whether anybody answers there. */
static bool alive(const struct sockaddr_un *at)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool there = fd >= 0 && (connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 || errno == EAGAIN);
    if (fd >= 0)
        close(fd);
    return there;
}

int sv_socket_listen(const char *path, bool *taken, char *error)
{
    struct sockaddr_un at;

    *taken = false;
    if (!sv_unix_address(&at, path, strlen(path), error))
        return -1;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int bound = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&at, sizeof at);
    if (fd >= 0 && bound != 0 && errno == EADDRINUSE) {
        *taken = alive(&at);
        errno = EADDRINUSE;
        if (!*taken && sv_unix_clear(path))
            bound = bind(fd, (const struct sockaddr *)&at, sizeof at);
    }
    if (bound == 0 && listen(fd, WAITING) == 0)
        return fd;
    snprintf(error, SV_DEVICE_TEXT, "unix:%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int sv_socket_accept(int fd)
{
    return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

void sv_socket_unlisten(int fd, const char *path)
{
    close(fd);
    (void)unlink(path);
}
