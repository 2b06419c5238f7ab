/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the control sockets lie. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/control.h"

/* Ours alone: a real directory (no link that somebody laid into /tmp), our own, closed to others. */
static bool is_ours(const char *path, bool make)
{
    struct stat s;

    if (make && mkdir(path, 0700) != 0 && errno != EEXIST)
        return false;
    return lstat(path, &s) == 0 && S_ISDIR(s.st_mode) && s.st_uid == geteuid() && (s.st_mode & 077u) == 0;
}

static bool try_path(char path[SV_CONTROL_PATH], bool make, const char *base, const char *tail)
{
    const int n = snprintf(path, SV_CONTROL_PATH, "%s%s", base, tail);
    return n > 0 && n < (int)SV_CONTROL_PATH - 20 && is_ours(path, make); /* room for /PID.sock */
}

bool sv_control_directory(char path[SV_CONTROL_PATH], bool make)
{
    const char *fixed = getenv("SEVEN_RUNTIME_DIR"), *runtime = getenv("XDG_RUNTIME_DIR");
    char tail[32];

    if (fixed && fixed[0])
        return try_path(path, make, fixed, "");
    if (runtime && runtime[0] == '/' && try_path(path, make, runtime, "/seven"))
        return true;
    if (geteuid() == 0 && try_path(path, make, "/run", "/seven"))
        return true;
    snprintf(tail, sizeof tail, "/seven-%u", (unsigned)geteuid());
    return try_path(path, make, "/tmp", tail);
}

void sv_control_keep_directory(void)
{
    char path[SV_CONTROL_PATH];
    if (sv_control_directory(path, true))
        (void)setenv("SEVEN_RUNTIME_DIR", path, 0);
}
