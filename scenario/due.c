/* SPDX-License-Identifier: BSD-2-Clause */
/* What the applications of a host wait for: a heap for each, by (time, number). A host is asked at each of its turns
 * when its next application wants one; with ten thousand connections none may be looked at for that. */
#include <stdio.h>
#include <stdlib.h>

#include "scenario/run.h"

struct sc_due_entry {
    sv_time at;
    uint32_t what;
};

/* Where it stands, from 1; 0: nowhere. */
static uint32_t *place_of(struct sc_run *run, uint32_t app, uint32_t what)
{
    if (app == 1)
        return &run->job[what].place;
    return what & SC_DUE_PING ? &run->ping[what & ~SC_DUE_PING].place : &run->conn[what].place;
}

static bool sooner(const struct sc_due_entry *a, const struct sc_due_entry *b)
{
    return a->at != b->at ? a->at < b->at : a->what < b->what;
}

static void put(struct sc_run *run, uint32_t app, struct sc_due *d, uint32_t i, struct sc_due_entry e)
{
    d->entry[i] = e;
    *place_of(run, app, e.what) = i + 1u;
}

static void sift(struct sc_run *run, uint32_t app, struct sc_due *d, uint32_t i, struct sc_due_entry e)
{
    for (; i && sooner(&e, &d->entry[(i - 1u) / 2u]); i = (i - 1u) / 2u)
        put(run, app, d, i, d->entry[(i - 1u) / 2u]);
    for (uint32_t child = 2u * i + 1u; child < d->n; child = 2u * i + 1u) {
        if (child + 1u < d->n && sooner(&d->entry[child + 1u], &d->entry[child]))
            child++;
        if (!sooner(&d->entry[child], &e))
            break;
        put(run, app, d, i, d->entry[child]);
        i = child;
    }
    put(run, app, d, i, e);
}

static bool grow(struct sc_run *run, struct sc_due *d)
{
    const uint32_t room = d->room ? 2u * d->room : 8u;
    struct sc_due_entry *more = realloc(d->entry, room * sizeof *more);
    if (!more) {
        snprintf(run->problem, sizeof run->problem, "no memory for what the applications wait for");
        return false;
    }
    d->entry = more;
    d->room = room;
    return true;
}

void sc_due_set(struct sc_run *run, uint32_t host, uint32_t app, uint32_t what, sv_time at)
{
    struct sc_due *d = &run->due[SC_DUE_APPS * host + app];
    uint32_t *place = place_of(run, app, what);
    const uint32_t i = *place;
    if (at != SV_NEVER) {
        if (!i && d->n == d->room && !grow(run, d))
            return;
        if (!i || d->entry[i - 1u].at != at)
            sift(run, app, d, i ? i - 1u : d->n++, (struct sc_due_entry){at, what});
        return;
    }
    if (!i)
        return;
    *place = 0;
    const struct sc_due_entry last = d->entry[--d->n];
    if (i - 1u < d->n)
        sift(run, app, d, i - 1u, last);
}

sv_time sc_due_next(const struct sc_run *run, uint32_t host, uint32_t app, uint32_t *what)
{
    const struct sc_due *d = &run->due[SC_DUE_APPS * host + app];
    if (!d->n)
        return SV_NEVER;
    *what = d->entry[0].what;
    return d->entry[0].at;
}
