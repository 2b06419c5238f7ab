/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has which name: a table, for a file may name tens of thousands of connections. */
#include <string.h>

#include "scenario/model.h"

bool sc_names_open(struct sc_model *model, uint32_t names)
{
    uint32_t n = 64;
    while (n < 2u * names)
        n *= 2u;
    model->name_slot = sc_take(model->memory, n * sizeof *model->name_slot);
    model->name_slots = model->name_slot ? n : 0;
    return model->name_slot != NULL;
}

static struct sc_named *slot_of(const struct sc_model *model, uint32_t kind, const char *name)
{
    uint32_t at = 2166136261u + kind;
    for (const char *c = name; *c; c++)
        at = (at ^ (uint8_t)*c) * 16777619u;
    for (at ^= at >> 15;; at++) {
        struct sc_named *s = &model->name_slot[at & (model->name_slots - 1u)];
        if (!s->name || (s->kind == kind && strcmp(s->name, name) == 0))
            return s;
    }
}

void sc_names_add(struct sc_model *model, uint32_t kind, const char *name, uint32_t number)
{
    struct sc_named *s = slot_of(model, kind, name);
    if (!s->name && model->names + 1u < model->name_slots) { /* the first keeps it: a second is an error elsewhere */
        *s = (struct sc_named){name, kind, number};
        model->names++;
    }
}

static uint32_t named(const struct sc_model *model, uint32_t kind, const char *name)
{
    const struct sc_named *s = slot_of(model, kind, name);
    return s->name ? s->number : SV_NONE;
}

uint32_t sc_host_named(const struct sc_model *model, const char *name)
{
    return named(model, SC_NAME_HOST, name);
}

uint32_t sc_link_named(const struct sc_model *model, const char *name)
{
    return named(model, SC_NAME_LINK, name);
}

uint32_t sc_attempt_named(const struct sc_model *model, const char *name)
{
    return named(model, SC_NAME_ATTEMPT, name);
}

uint32_t sc_socket_named(const struct sc_model *model, const char *name)
{
    return named(model, SC_NAME_SOCKET, name);
}

uint32_t sc_ping_named(const struct sc_model *model, const char *name)
{
    return named(model, SC_NAME_PING, name);
}
