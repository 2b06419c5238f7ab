/* SPDX-License-Identifier: BSD-2-Clause */
/* seven/router.h: the list and the counters. */
#include "seven/router.h"

#include "stack/stack_internal.h"

enum sv_err sv_acl_add(struct sv_stack *s, const struct sv_acl_info *line, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return line->size == sizeof *line ? sv_acl_append(&s->net.acl, line) : SV_ERR_VERSION;
}

void sv_acl_clear(struct sv_stack *s, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    s->net.acl.count = 0;
}

bool sv_acl_each(const struct sv_stack *s, uint32_t *at, struct sv_acl_info *line)
{
    if (*at >= s->net.acl.count)
        return false;
    *line = *sv_acl_line(&s->net.acl, (*at)++);
    return true;
}

enum sv_err sv_forward_count(const struct sv_stack *s, struct sv_forward_counts *counts)
{
    const struct sv_forwarding *f = &s->net.forwarding;
    if (counts->size != sizeof *counts)
        return SV_ERR_VERSION;
    counts->packets = f->packets;
    counts->packets6 = f->packets6;
    counts->bytes = f->bytes;
    counts->told = f->told;
    return SV_OK;
}
