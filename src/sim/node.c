/* SPDX-License-Identifier: BSD-2-Clause */
/* The five verbs, by the kind of node: the only place that knows every kind. */
#include "sim/node.h"

#include "l2_link/bridge.h"
#include "sim/cable.h"
#include "sim/link.h"
#include "stack/node.h"

const struct sv_node_ops *const sv_node_kinds[SV_NODE_KINDS] = {
    [SV_NODE_STACK] = &sv_stack_ops,
    [SV_NODE_LINK] = &sv_link_ops,
    [SV_NODE_BRIDGE] = &sv_bridge_ops,
    [SV_NODE_CABLE] = &sv_cable_ops,
};

SV_HOT void sv_node_receive(struct sv_node *x, sv_port in, struct sv_burst *take, sv_time now)
{
    sv_node_ops_of(x)->receive(x, in, take, now);
}

SV_HOT uint32_t sv_node_transmit(struct sv_node *x, sv_port out, struct sv_room room, struct sv_burst *give,
                                 sv_time now)
{
    return sv_node_ops_of(x)->transmit(x, out, room, give, now);
}

SV_HOT sv_port sv_node_next_output(const struct sv_node *x, sv_port after)
{
    return sv_node_ops_of(x)->next_output(x, after);
}

SV_HOT sv_time sv_node_next_deadline(const struct sv_node *x)
{
    return sv_node_ops_of(x)->next_deadline(x);
}

void sv_node_expire(struct sv_node *x, sv_time now)
{
    sv_node_ops_of(x)->expire(x, now);
}
