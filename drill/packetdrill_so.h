/* SPDX-License-Identifier: BSD-2-Clause */
/* libseven_packetdrill.so: what google's packetdrill loads with --so_filename. One script at a time, as there: init,
 * a script's calls from two threads, free.
 *
 * packetdrill has a main thread, which moves the clock, and one that makes the calls that may block. A blocked call
 * sleeps on a condition variable (packetdrill looks for the state 'S' in /proc); whatever main does next tries it
 * again on its behalf, so that when it returns depends on virtual time alone. Main then waits until the woken thread
 * has asked what time it is: that is the time the call is held to. */
#ifndef SV_DRILL_PACKETDRILL_SO_H
#define SV_DRILL_PACKETDRILL_SO_H

#include <pthread.h>
#include <sys/time.h>

#include "drill/posix_sockets.h"

struct sv_pd;

/* A call as the world can repeat it: gives the value, -errno or SV_POSIX_BLOCKED. */
typedef ssize_t (*sv_pd_call)(struct sv_posix *p, void *arguments);

/* flags: NAME=VALUE, separated by commas (docs/PACKETDRILL.md). NULL: no memory, or a flag that is not one. */
struct sv_pd *sv_pd_open(const char *flags);
void sv_pd_close(struct sv_pd *w);

/* Makes the call, sleeping as long as it is blocked; errno is set and -1 given for an error. */
ssize_t sv_pd_do(struct sv_pd *w, sv_pd_call call, void *arguments);

int sv_pd_send(struct sv_pd *w, const void *packet, size_t n);
int sv_pd_receive(struct sv_pd *w, void *packet, size_t *n, long long *usec);
int sv_pd_usleep(struct sv_pd *w, useconds_t usec);
int sv_pd_gettimeofday(struct sv_pd *w, struct timeval *tv);

/* A command of the script's is about to run in a shell: what it means of the stack is done, or prepared. */
void sv_pd_run(struct sv_pd *w, const char *command);
void sv_pd_command(struct sv_posix *p, const char *text); /* packetdrill_commands.c */

/* Is that one of ours? For libc's own calls, which a preloaded copy of this library sees. */
bool sv_pd_owns(struct sv_pd *w, int fd);

#endif
