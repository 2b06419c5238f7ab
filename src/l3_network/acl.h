/* SPDX-License-Identifier: BSD-2-Clause */
/* The ordered list of what a router lets through; stateless. */
#ifndef SV_L3_ACL_H
#define SV_L3_ACL_H

#include "l3_network/l4_peek.h"
#include "seven/router.h"

struct sv_acl {
    int64_t at; /* from this struct: struct sv_acl_info[ceiling] */
    uint32_t ceiling, count;
};

SV_MUST_CHECK bool sv_acl_init(struct sv_acl *a, struct sv_arena *arena, uint32_t ceiling);

static inline struct sv_acl_info *sv_acl_line(const struct sv_acl *a, uint32_t index)
{
    return (struct sv_acl_info *)((uintptr_t)a + (uintptr_t)a->at) + index;
}

/* A line more; its counters begin at zero. SV_ERR_INVALID, SV_ERR_NO_MEMORY. */
SV_MUST_CHECK enum sv_err sv_acl_append(struct sv_acl *a, const struct sv_acl_info *line);

/* What the list says about a packet that came in by `in` and would leave by `out`; counted. */
enum sv_acl_action sv_acl_judge(const struct sv_acl *a, const struct sv_buf *b, const struct sv_ip_hdr *h, sv_port in,
                                sv_port out);

#endif
