/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of a node, for whoever calls several of them in a turn. */
#ifndef SV_SIM_NODE_H
#define SV_SIM_NODE_H

#include "core/mem.h"
#include "core/node.h"

extern const struct sv_node_ops *const sv_node_kinds[SV_NODE_KINDS];

static inline const struct sv_node_ops *sv_node_ops_of(const struct sv_node *x)
{
    SV_ASSERT(x->kind < SV_NODE_KINDS && sv_node_kinds[x->kind]);
    return sv_node_kinds[x->kind];
}

#endif
