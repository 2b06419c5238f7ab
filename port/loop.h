/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop that gives a host its time and its frames: turn, transmit, fill, receive, and when there is
 * nothing to do a short spin, then sleep until the next deadline or the next readable descriptor. One
 * thread; several hosts may share it, joined by wires, each with its devices. */
#ifndef SV_PORT_LOOP_H
#define SV_PORT_LOOP_H

#include "port/device.h"
#include "port/wire.h"
#include "seven/host.h"

#define SV_LOOP_PARTIES 8u
#define SV_LOOP_DEVICES 72u /* a switch's 64 ports, and some */
#define SV_LOOP_WIRES 8u
#define SV_LOOP_WATCHES 64u
#define SV_LOOP_HOOKS 8u
#define SV_LOOP_SPIN (50u * SV_US)

struct sv_loop;

/* A descriptor is ready: `events` as epoll has them (EPOLLIN, EPOLLOUT, EPOLLHUP, ...). */
typedef void sv_loop_ready(void *self, struct sv_loop *loop, int fd, uint32_t events, sv_time now);

/* Called once each time round, with the traffic of the turn behind it: to drain the trace, to write files.
 * Gives when it wants to be called next at the latest (SV_NEVER: it does not care). */
typedef sv_time sv_loop_hook(void *self, struct sv_loop *loop, sv_time now);

/* Of the caller's, in process memory. Read `counts` freely; the rest through the functions. */
struct sv_loop {
    int epoll;
    int signals;
    bool stopped;
    int code;         /* given to sv_loop_stop() */
    int signal;       /* that ended it; 0: none did */
    sv_time spin_max; /* longest spin before sleeping; 0: none */
    sv_time spin;     /* now, between 0 and spin_max */
    sv_time active;   /* when traffic last passed */
    sv_time polled;   /* when descriptors were last looked at */

    struct {
        struct sv_host *host; /* or NULL, */
        struct sv_node *node; /* a node without applications: a switch, a router */
        struct sv_pool *pool;
        uint16_t account;
    } party[SV_LOOP_PARTIES];
    uint32_t parties;
    struct {
        struct sv_device *device; /* NULL: the place is free */
        uint32_t party;
        sv_port port;
        bool out;  /* waits for room: epoll asks for EPOLLOUT too */
        bool gone; /* was found dead and taken out */
    } device[SV_LOOP_DEVICES];
    uint32_t devices;
    struct sv_wire *wire[SV_LOOP_WIRES];
    uint32_t wires;
    struct {
        int fd; /* -1: free */
        sv_loop_ready *ready;
        void *self;
    } watch[SV_LOOP_WATCHES];
    struct {
        sv_loop_hook *hook;
        void *self;
    } hook[SV_LOOP_HOOKS];
    uint32_t hooks;

    struct {
        uint64_t rounds, sleeps, spins; /* spins: sleeps that spinning saved */
    } counts;
};

/* False: no epoll to be had (errno). */
SV_MUST_CHECK bool sv_loop_open(struct sv_loop *l);
void sv_loop_close(struct sv_loop *l); /* devices and wires stay the caller's */

/* A host, or a bare node; `pool` and `account` are where frames that come in are put. Its number. SV_NONE:
 * no more than eight. */
uint32_t sv_loop_add_host(struct sv_loop *l, struct sv_host *host, struct sv_pool *pool, uint16_t account);
uint32_t sv_loop_add_node(struct sv_loop *l, struct sv_node *node, struct sv_pool *pool, uint16_t account);

/* Joins a device to a port of a party. False: too many, or epoll refuses its descriptor. */
SV_MUST_CHECK bool sv_loop_add_device(struct sv_loop *l, struct sv_device *device, uint32_t party, sv_port port);
/* Takes it out, dead or alive; it stays the caller's to close. */
void sv_loop_remove_device(struct sv_loop *l, const struct sv_device *device);
SV_MUST_CHECK bool sv_loop_add_wire(struct sv_loop *l, struct sv_wire *wire);

/* Other descriptors: terminals, control sockets, children's pipes. Watching one again changes its events
 * (EPOLLIN, EPOLLOUT). A plain file, which epoll does not take, gives false with errno EPERM: read it at
 * will. */
SV_MUST_CHECK bool sv_loop_watch(struct sv_loop *l, int fd, uint32_t events, sv_loop_ready *ready, void *self);
void sv_loop_unwatch(struct sv_loop *l, int fd);

SV_MUST_CHECK bool sv_loop_add_hook(struct sv_loop *l, sv_loop_hook *hook, void *self);

/* SIGINT, SIGTERM and SIGHUP end the loop cleanly; SIGPIPE becomes an error of write(). A second SIGINT
 * kills as always. */
SV_MUST_CHECK bool sv_loop_take_signals(struct sv_loop *l);

/* Ends the loop after this round; sv_loop_run() then gives `code`. May be called from everywhere. */
void sv_loop_stop(struct sv_loop *l, int code);

/* Turns until stopped, until `until` (SV_NEVER: no end), or until no device, descriptor or deadline is left
 * that could make anything happen. The code of sv_loop_stop(), else 0; 128 + signal when one ended it. */
int sv_loop_run(struct sv_loop *l, sv_time until);

/* One round without sleeping: for tests, and for a loop of someone else's. When to come back at the latest
 * (now: at once). */
sv_time sv_loop_round(struct sv_loop *l);

#endif
