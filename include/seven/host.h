/* SPDX-License-Identifier: BSD-2-Clause */
/* A host: a stack and its applications, turned by one function on devices, in the simulator, in the
 * fuzzer and in packet scripts alike; they differ only in where `now` and frames come from. */
#ifndef SEVEN_HOST_H
#define SEVEN_HOST_H

#include "seven/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An application: told of events, never from inside receive. `event` must take what it is told: accept
 * until AGAIN, read until AGAIN. */
struct sv_app {
    void (*event)(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now);
    /* When it wants tick() next; may be NULL with tick. */
    sv_time (*deadline)(void *self);
    void (*tick)(void *self, struct sv_stack *stack, sv_time now);
};

#define SV_HOST_APPS 16u

/* Small, of the caller's, outside the arena; zero it and set stack. */
struct sv_host {
    struct sv_stack *stack;
    struct {
        const struct sv_app *ops;
        void *self;
    } app[SV_HOST_APPS]; /* an event goes to app[cookie >> 56] */
    uint32_t apps;
};

/* The app's number: put it in the top byte of the cookies of its sockets (SV_COOKIE). `ops` and `self` stay the
 * caller's, and must stay. SV_NONE: full. */
SV_API uint32_t sv_host_add(struct sv_host *h, const struct sv_app *ops, void *self);
#define SV_COOKIE(app, rest) ((uint64_t)(app) << 56 | (uint64_t)(rest))

/* Expires what is due, hands events to applications (at most 4,096 a turn), ticks them. When to call
 * again at the latest: now when events are left. */
SV_API sv_time sv_host_turn(struct sv_host *h, sv_time now);

#ifdef __cplusplus
}
#endif
#endif
