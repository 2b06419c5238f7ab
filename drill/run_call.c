/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls at their time, and those that sleep for a while: written +0...0.2, they begin at the one time and return at the
 * other, and the script goes on meanwhile. */
#include "drill/calls.h"

#define SLEEP_MAX_NS (3600 * (int64_t)SV_S)

static void returned(struct sv_drill_run *r)
{
    const struct sv_drill_event *before = r->event;
    struct sv_drill_pending *p = &r->pending;
    p->done = true;
    r->event = p->event;
    if (!r->failed)
        (void)sv_drill_on_time(r, "the call returned", p->until_ns, p->until_ns, p->at_ns, sv_drill_script_now(r));
    r->event = r->failed ? r->event : before;
}

void sv_drill_retry_call(struct sv_drill_run *r)
{
    const struct sv_drill_event *before = r->event;
    struct sv_drill_pending *p = &r->pending;
    if (!p->event || p->done || r->failed)
        return;
    r->event = p->event;
    const struct sv_drill_call *call = p->event->of.call;
    sv_drill_handler *handler = sv_drill_handler_of(r, call);
    const enum sv_drill_outcome o = handler ? handler(r, call) : SV_DRILL_WRONG;
    r->event = r->failed ? r->event : before;
    if (o != SV_DRILL_BLOCKED)
        returned(r);
}

void sv_drill_finish_call(struct sv_drill_run *r)
{
    struct sv_drill_pending *p = &r->pending;
    if (!p->event || r->failed)
        return;
    if (!p->done)
        sv_drill_pass(r, p->until_ns + (int64_t)sv_drill_tolerance(r, p->until_ns, p->at_ns), false);
    if (!p->done && !r->failed) {
        r->event = p->event;
        sv_drill_trouble(r, "%s() has not returned by %.6f s, and %.6f s is wanted", p->event->of.call->name,
                         (double)sv_drill_script_now(r) / 1e9, (double)p->until_ns / 1e9);
    }
    p->event = NULL;
}

/* A call without a range that sleeps all the same: nothing comes in meanwhile, timers and its own timeout wake it. */
static void sleep_through(struct sv_drill_run *r, sv_drill_handler *handler)
{
    const int64_t end = sv_drill_script_now(r) + SLEEP_MAX_NS;
    enum sv_drill_outcome o = SV_DRILL_BLOCKED;
    while (o == SV_DRILL_BLOCKED && sv_drill_script_now(r) < end) {
        const sv_time next = sv_posix_next_event(r->posix);
        if (next == SV_NEVER)
            break;
        sv_posix_run_until(r->posix, next > sv_posix_now(r->posix) ? next : sv_posix_now(r->posix) + 1);
        o = handler(r, r->event->of.call);
    }
    if (o == SV_DRILL_BLOCKED)
        sv_drill_trouble(r,
                         "%s() sleeps, and nothing wakes it: one that may sleep is written with two times, "
                         "+0...0.2",
                         r->event->of.call->name);
}

void sv_drill_run_call(struct sv_drill_run *r)
{
    const struct sv_drill_event *e = r->event;
    const struct sv_drill_call *call = e->of.call;
    sv_drill_finish_call(r);
    if (r->failed)
        return;
    r->event = e;
    sv_drill_handler *handler = sv_drill_handler_of(r, call);
    if (!handler)
        return;
    const enum sv_drill_outcome o = handler(r, call);
    if (!call->blocks) {
        if (o == SV_DRILL_BLOCKED)
            sleep_through(r, handler);
        return;
    }
    r->pending = (struct sv_drill_pending){
        .event = e, .at_ns = r->at_ns, .until_ns = call->end_ns + (e->time == SV_DRILL_AFTER ? r->offset_ns : 0)};
    if (o != SV_DRILL_BLOCKED)
        returned(r);
}
