/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/entropy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/types.h>
#include <unistd.h>

static bool from_device(uint8_t *to, size_t n)
{
    const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while (n > 0) {
        const ssize_t got = read(fd, to, n);
        if (got <= 0) {
            if (got < 0 && errno == EINTR)
                continue;
            break;
        }
        to += got;
        n -= (size_t)got;
    }
    close(fd);
    return n == 0;
}

bool sv_entropy(void *to, size_t n)
{
    uint8_t *at = to;
    while (n > 0) {
        const ssize_t got = getrandom(at, n, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return from_device(at, n); /* a kernel or a filter without the call */
        }
        at += got;
        n -= (size_t)got;
    }
    return true;
}
