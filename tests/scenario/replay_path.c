/* SPDX-License-Identifier: BSD-2-Clause */
/* The way back along a path through a model's states: see replay.h. An edge touches one side, as a rule, so the other's
 * bytes need not be kept again; and a state from which nothing leads on is never kept. */
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/replay.h"

static void path_keep(struct replay_path *p, const struct replay_world *w, uint32_t at)
{
    struct replay_place *place = &p->place[at];
    for (uint32_t k = 0; k < 2; k++) {
        place->holder[k] = p->held[k];
        if (p->held[k] != SV_NONE)
            continue;
        place->memory[k] = replay_keep(w, k, place->memory[k]);
        place->holder[k] = p->held[k] = at;
    }
    place->world = *w;
    place->kept = true;
}

bool replay_path_to(struct replay_path *p, struct replay_world *w, const char *state, bool loop)
{
    const uint32_t end = p->depth;
    uint32_t at = end;
    while (at && strcmp(p->place[at - 1u].state, state) != 0)
        at--;
    if (!at)
        return false;
    p->depth = at;
    if (at == end && !p->place[at - 1u].kept)
        path_keep(p, w, at - 1u);
    if (at == end && p->looped && loop)
        return true; /* as good as any other way to this state */
    for (uint32_t k = 0; k < 2; k++) {
        const uint32_t holder = p->place[at - 1u].holder[k];
        if (p->held[k] != holder)
            replay_back(w, k, p->place[holder].memory[k]);
        p->held[k] = holder;
    }
    *w = p->place[at - 1u].world;
    p->looped = false;
    return true;
}

static void path_moved(struct replay_path *p, const struct replay_world *w)
{
    for (uint32_t k = 0; k < 2; k++) {
        if (w->touched & 1u << k)
            p->held[k] = SV_NONE;
    }
}

bool replay_path_on(struct replay_path *p, const struct replay_world *w, const char *state)
{
    if (p->depth == REPLAY_DEPTH)
        return false;
    if (!p->depth)
        p->held[0] = p->held[1] = SV_NONE;
    path_moved(p, w);
    snprintf(p->place[p->depth].state, sizeof p->place[p->depth].state, "%s", state);
    p->place[p->depth++].kept = false;
    if (p->depth == 1)
        path_keep(p, w, 0);
    p->looped = false;
    p->deepest = p->depth > p->deepest ? p->depth : p->deepest;
    return true;
}

void replay_path_looped(struct replay_path *p, const struct replay_world *w)
{
    path_moved(p, w);
    p->looped = true;
}

void replay_path_free(struct replay_path *p)
{
    for (uint32_t i = 0; i < REPLAY_DEPTH; i++) {
        free(p->place[i].memory[0]);
        free(p->place[i].memory[1]);
    }
}
