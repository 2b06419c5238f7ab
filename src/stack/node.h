/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of a stack. */
#ifndef SV_STACK_NODE_H
#define SV_STACK_NODE_H

#include "core/node.h"

extern const struct sv_node_ops sv_stack_ops;

#endif
