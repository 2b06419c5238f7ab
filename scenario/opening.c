/* SPDX-License-Identifier: BSD-2-Clause */
/* Openings that go wrong on purpose: what `set` says of a host, and what it makes the stack do. */
#include <stdio.h>
#include <string.h>

#include "l4_transport/tcp_teach.h"
#include "scenario/model.h"

/* The first word is right. */
static const struct {
    uint32_t knob;
    const char *right, *wrong;
    uint32_t opening; /* enum sv_teach_opening */
} words[] = {
    {SC_ACK_SYN, "next", "off_by_one", SV_OPENING_ACK_OF_ISN},
    {SC_SYN_ACK_FORM, "joined", "only_ack", SV_OPENING_ONLY_ACK},
    {SC_SYN_OPTIONS, "own", "echo", SV_OPENING_ECHO},
    {SC_SYN_REXMIT, "same", "new_isn", SV_OPENING_NEW_ISN},
    {SC_SIMULTANEOUS_OPEN, "true", "false", SV_OPENING_ONE_SIDED},
    {SC_RST_WHEN_CLOSED, "true", "false", SV_OPENING_SILENT},
    {SC_LISTEN_IGNORES_ACK, "false", "true", SV_OPENING_LISTEN_SILENT},
    {SC_OVERFLOW, "wait", "accept_all", SV_OPENING_BOUNDLESS_QUEUE},
};
#define WORDS (sizeof words / sizeof *words)

bool sc_opening_read(struct sc_reader *r, const struct sc_node *n, uint32_t knob, uint64_t *value)
{
    for (size_t i = 0; i < WORDS; i++) {
        if (words[i].knob != knob)
            continue;
        const bool right = n->kind == SC_SCALAR && strcmp(n->text, words[i].right) == 0;
        *value = !right;
        if (right || (n->kind == SC_SCALAR && strcmp(n->text, words[i].wrong) == 0))
            return true;
        sc_error(r->e, n, "%s is %s, or wrong on purpose %s", n->key, words[i].right, words[i].wrong);
    }
    return false;
}

uint32_t sc_opening_of(const struct sc_knobs *k)
{
    uint32_t opening = 0;
    for (size_t i = 0; i < WORDS; i++) {
        if (k->given >> words[i].knob & 1u && k->value[words[i].knob])
            opening |= words[i].opening;
    }
    return opening;
}
