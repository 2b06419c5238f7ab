/* SPDX-License-Identifier: BSD-2-Clause */
/* poll() and epoll. */
#include <inttypes.h>
#include <string.h>

#include "drill/calls.h"

#define POLLED 32u

static bool field(struct sv_drill_run *r, const struct sv_drill_expr *record, const char *name, int64_t *to)
{
    const struct sv_drill_expr *e = sv_drill_field(record, name);
    *to = 0;
    return !e || e->kind == SV_DRILL_ELLIPSIS || sv_drill_number(r, e, to);
}

enum sv_drill_outcome sv_drill_call_poll(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const struct sv_drill_expr *list = sv_drill_argument(call, 0);
    struct pollfd fds[POLLED];
    int64_t wanted[POLLED], fd, events;
    uint32_t n = 0;
    for (const struct sv_drill_expr *e = list->items; e && n < POLLED; e = e->next, n++) {
        if (!field(r, e, "fd", &fd) || !field(r, e, "events", &events) || !field(r, e, "revents", &wanted[n]))
            return SV_DRILL_WRONG;
        fds[n] = (struct pollfd){.fd = sv_drill_live_fd(r, fd), .events = (short)events};
    }
    const int result = sv_posix_poll(r->posix, fds, n, (int)sv_drill_integer(r, call, 2));
    const enum sv_drill_outcome o = sv_drill_settle(r, call, result);
    for (uint32_t i = 0; o == SV_DRILL_RIGHT && result >= 0 && i < n; i++) {
        if (fds[i].revents != wanted[i]) {
            sv_drill_trouble(r, "poll() gives revents 0x%x, and 0x%" PRIx64 " is wanted", (unsigned)fds[i].revents,
                             (uint64_t)wanted[i]);
            return SV_DRILL_WRONG;
        }
    }
    return o;
}

enum sv_drill_outcome sv_drill_call_epoll_create(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    return sv_drill_settle_fd(r, call, sv_posix_epoll_create(r->posix, (int)sv_drill_integer(r, call, 0)));
}

/* What the script gives to come back with the event: a descriptor (of its own numbers), or any number. */
static bool event_data(struct sv_drill_run *r, const struct sv_drill_expr *record, uint64_t *to)
{
    static const char *const names[] = {"fd", "ptr", "u32", "u64"};
    int64_t value = 0;
    for (uint32_t i = 0; i < 4; i++) {
        if (sv_drill_field(record, names[i]) && !field(r, record, names[i], &value))
            return false;
        if (sv_drill_field(record, names[i]))
            break;
    }
    *to = (uint64_t)value;
    return true;
}

enum sv_drill_outcome sv_drill_call_epoll_ctl(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const struct sv_drill_expr *record = sv_drill_argument(call, 3);
    struct epoll_event event;
    int64_t events = 0;
    uint64_t data = 0;
    memset(&event, 0, sizeof event);
    if (record->kind == SV_DRILL_RECORD && (!field(r, record, "events", &events) || !event_data(r, record, &data)))
        return SV_DRILL_WRONG;
    event.events = (uint32_t)events;
    event.data.u64 = data;
    const int op = (int)sv_drill_integer(r, call, 1);
    const int n = sv_posix_epoll_ctl(r->posix, sv_drill_fd(r, call, 0), op, sv_drill_fd(r, call, 2), &event);
    return sv_drill_settle(r, call, n);
}

enum sv_drill_outcome sv_drill_call_epoll_wait(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const struct sv_drill_expr *e = sv_drill_argument(call, 1);
    struct epoll_event events[POLLED];
    const int64_t max = sv_drill_integer(r, call, 2);
    memset(events, 0, sizeof events);
    const int n =
        sv_posix_epoll_wait(r->posix, sv_drill_fd(r, call, 0), events, max > (int64_t)POLLED ? (int)POLLED : (int)max,
                            (int)sv_drill_integer(r, call, 3));
    const enum sv_drill_outcome o = sv_drill_settle(r, call, n);
    e = e->kind == SV_DRILL_LIST ? e->items : e;
    for (int i = 0; o == SV_DRILL_RIGHT && i < n && e && e->kind == SV_DRILL_RECORD; i++, e = e->next) {
        int64_t wanted = 0;
        uint64_t data = 0;
        if (!field(r, e, "events", &wanted) || !event_data(r, e, &data))
            return SV_DRILL_WRONG;
        if (events[i].events != (uint32_t)wanted)
            sv_drill_trouble(r, "epoll_wait() gives events 0x%x, and 0x%x is wanted", events[i].events,
                             (uint32_t)wanted);
        else if (events[i].data.u64 != data)
            sv_drill_trouble(r, "epoll_wait() gives an event of %" PRIu64 ", and one of %" PRIu64 " is wanted",
                             (uint64_t)events[i].data.u64, data);
        if (r->failed)
            return SV_DRILL_WRONG;
    }
    return o;
}
