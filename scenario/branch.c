/* SPDX-License-Identifier: BSD-2-Clause */
/* A branch: the run goes on from here in a file that says something else. Who is there stays; conditions of links, what
 * hosts are set to, steps that are still to come, faults and expectations are as the new file has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/run.h"

void sc_fault_stream(struct sc_run *run, const struct sc_model *m, uint32_t fault)
{
    const uint64_t h = sc_name_hash(m->fault[fault].id);
    sv_rng_seed(&run->fault_rng[fault], run->seed, (uint32_t)(h ^ h >> 32) | 0x10000u, 200);
}

static bool same_shape(const struct sc_model *a, const struct sc_model *b)
{
    if (a->hosts != b->hosts || a->links != b->links || a->steps != b->steps || a->expects != b->expects ||
        a->facts != b->facts || a->attempts != b->attempts || a->pings != b->pings || a->sockets != b->sockets ||
        b->faults < a->faults)
        return false;
    for (uint32_t i = 0; i < a->hosts; i++) {
        if (strcmp(a->host[i].name, b->host[i].name) != 0)
            return false;
    }
    for (uint32_t i = 0; i < a->links; i++) {
        if (strcmp(a->link[i].name, b->link[i].name) != 0 || a->link[i].cable != b->link[i].cable)
            return false;
    }
    for (uint32_t i = 0; i < a->faults; i++) {
        if (strcmp(a->fault[i].id, b->fault[i].id) != 0)
            return false;
    }
    return true;
}

/* A fault more begins to count now. */
static bool more_faults(struct sc_run *run, const struct sc_model *to)
{
    const uint32_t had = run->model->faults;
    if (to->faults == had)
        return true;
    struct sc_counted *count = realloc(run->fault_count, to->faults * sizeof *count);
    run->fault_count = count ? count : run->fault_count;
    struct sv_rng *rng = realloc(run->fault_rng, to->faults * sizeof *rng);
    run->fault_rng = rng ? rng : run->fault_rng;
    if (!count || !rng)
        return false;
    memset(count + had, 0, (to->faults - had) * sizeof *count);
    for (uint32_t i = had; i < to->faults; i++)
        sc_fault_stream(run, to, i);
    return true;
}

static void links(struct sc_run *run, const struct sc_model *from)
{
    const struct sc_model *to = run->model;
    for (uint32_t i = 0; i < to->links; i++) {
        for (sv_port p = 0; run->link[i] && p < 2; p++) {
            if (memcmp(&from->link[i].way[p], &to->link[i].way[p], sizeof to->link[i].way[p]) == 0)
                continue;
            struct sv_link_way way = to->link[i].way[p];
            way.down = sv_link_way_of(run->link[i], p)->down;
            sv_link_set_way(run->link[i], p, &way, sv_world_now(run->sim->world));
            sv_world_touch(run->sim->world, to->hosts + i);
        }
    }
}

static void hosts(struct sc_run *run, const struct sc_model *from)
{
    const struct sc_model *to = run->model;
    for (uint32_t i = 0; i < to->hosts; i++) {
        if (!run->stack[i] || memcmp(&from->host[i].set, &to->host[i].set, sizeof to->host[i].set) == 0)
            continue;
        sc_set_host(run, i, &to->host[i].set);
        sv_world_touch(run->sim->world, i);
    }
}

/* Steps to come are at their new times; one whose time has passed is due now. */
static void steps(struct sc_run *run, const struct sc_model *from)
{
    const struct sc_model *to = run->model;
    run->index.steps = 0;
    for (uint32_t i = 0; i < to->steps; i++) {
        if (run->step_done[i])
            continue;
        if (from->step[i].at != to->step[i].at)
            run->step_at[i] = to->step[i].at;
        if (run->step_at[i] != SV_NEVER && run->step_at[i] < run->now)
            run->step_at[i] = run->now;
        if (run->step_at[i] != SV_NEVER)
            sc_script_add(run, i);
    }
    run->script_stale = true;
}

bool sc_run_branch(struct sc_run *run, const struct sc_model *to, char *why, size_t room)
{
    const struct sc_model *from = run->model;
    if (run->over) {
        snprintf(why, room, "the run is over: go back first");
        return false;
    }
    if (!same_shape(from, to)) {
        snprintf(why, room,
                 "hosts, links, steps and expectations can be changed while it runs, not added or taken away");
        return false;
    }
    if (!more_faults(run, to)) {
        snprintf(why, room, "no memory");
        return false;
    }
    run->model = to;
    links(run, from);
    hosts(run, from);
    steps(run, from);
    return true;
}
