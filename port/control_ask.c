/* SPDX-License-Identifier: BSD-2-Clause */
/* The asking side of the control sockets. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "port/control.h"

#define PATIENCE_S 2

/* Connects; removes a socket that nobody listens on. -1: nobody. */
static int reach(const char *path)
{
    const struct timeval patience = {PATIENCE_S, 0};
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    memcpy(to.sun_path, path, strlen(path) + 1);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    if (errno == ECONNREFUSED)
        (void)unlink(path);
    close(fd);
    return -1;
}

/* Hands on each line as it comes. *answered: at least one came. False: the caller wants no more. */
static bool hear(int fd, int pid, sv_control_line *line, void *self, bool *answered)
{
    struct sv_control_answer held = {0};
    char part[4096];
    bool more = true;

    for (;;) {
        const ssize_t n = recv(fd, part, sizeof part, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        const char *at = part, *stop = part + n;
        while (more && at < stop) {
            const char *end = memchr(at, '\n', (size_t)(stop - at));
            sv_control_bytes(&held, at, (size_t)((end ? end : stop) - at));
            if (end == NULL)
                break;
            sv_control_bytes(&held, "", 1);
            if (held.failed)
                break;
            *answered = true;
            more = line(self, pid, held.text);
            held.n = 0;
            at = end + 1;
        }
        if (!more || held.failed)
            break;
    }
    free(held.text);
    return more;
}

uint32_t sv_control_ask(const char *request, sv_control_line *line, void *self)
{
    char directory[SV_CONTROL_PATH], text[SV_CONTROL_LINE], path[SV_CONTROL_PATH];
    struct dirent **entry;
    uint32_t heard = 0;
    bool more = true;

    if (!sv_control_directory(directory, false))
        return 0;
    const int n = snprintf(text, sizeof text, "%s\n", request);
    const int entries = n > 0 && n < (int)sizeof text ? scandir(directory, &entry, NULL, versionsort) : -1;
    for (int i = 0; i < entries; i++) {
        char *tail;
        const long pid = strtol(entry[i]->d_name, &tail, 10);
        const int whole = snprintf(path, sizeof path, "%.80s/%.20s", directory, entry[i]->d_name);
        bool answered = false;
        if (more && pid > 0 && strcmp(tail, ".sock") == 0 && whole < (int)sizeof path) {
            const int fd = reach(path);
            if (fd >= 0 && send(fd, text, (size_t)n, MSG_NOSIGNAL) == (ssize_t)n)
                more = hear(fd, (int)pid, line, self, &answered);
            if (fd >= 0)
                close(fd);
        }
        heard += answered;
        free(entry[i]);
    }
    if (entries >= 0)
        free(entry);
    return heard;
}
