/* SPDX-License-Identifier: BSD-2-Clause */
/* A host's turn: time passes, applications hear what happened. */
#include "sim/host.h"

#include "core/mem.h"

#define SV_TURN_EVENTS 64u
#define SV_TURN_BATCHES 64u /* 4,096 events a turn at most: devices must get their share */

uint32_t sv_host_add(struct sv_host *h, const struct sv_app *ops, void *self)
{
    if (h->apps == SV_HOST_APPS)
        return SV_NONE;
    h->app[h->apps].ops = ops;
    h->app[h->apps].self = self;
    return h->apps++;
}

static void sv_host_hand_out(struct sv_host *h, const struct sv_event *event, sv_time now)
{
    const uint32_t app = (uint32_t)(event->cookie >> 56);
    if (app < h->apps)
        h->app[app].ops->event(h->app[app].self, h->stack, event, now);
}

/* True: there may be more events. */
static bool sv_host_events(struct sv_host *h, sv_time now)
{
    struct sv_event events[SV_TURN_EVENTS];
    for (uint32_t batch = 0; batch < SV_TURN_BATCHES; batch++) {
        const uint32_t n = sv_stack_events(h->stack, events, SV_TURN_EVENTS);
        for (uint32_t i = 0; i < n; i++)
            sv_host_hand_out(h, &events[i], now);
        if (n < SV_TURN_EVENTS)
            return false;
    }
    return true;
}

sv_time sv_host_serve(struct sv_host *h, sv_time now)
{
    bool more = sv_host_events(h, now);
    sv_time at = SV_NEVER;
    for (uint32_t i = 0; i < h->apps; i++) {
        const struct sv_app *ops = h->app[i].ops;
        if (!ops->deadline)
            continue;
        if (ops->deadline(h->app[i].self) <= now) {
            ops->tick(h->app[i].self, h->stack, now);
            more = true; /* what it did may have made events */
        }
        at = sv_min_u64(at, ops->deadline(h->app[i].self));
    }
    return more ? now : at;
}

sv_time sv_host_turn(struct sv_host *h, sv_time now)
{
    struct sv_node *node = sv_stack_node(h->stack);
    sv_node_expire(node, now);
    const sv_time at = sv_host_serve(h, now);
    return at <= now ? now : sv_min_u64(at, sv_node_next_deadline(node));
}
