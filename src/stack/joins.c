/* SPDX-License-Identifier: BSD-2-Clause */
/* seven/socket.h: the groups that a UDP socket joins, and their sources. */
#include "stack/stack_internal.h"

/* The socket's record, and what it wants of the group now. */
static enum sv_err sv_join_begin(struct sv_stack *s, sv_sock u, sv_port port, const struct sv_addr *group, sv_time now,
                                 uint32_t *index, const struct sv_source_filter **have)
{
    (void)sv_core_clock(&s->core, now);
    if (!sv_session_udp(&s->session, u, index) || sv_udp_of(&s->udp, *index)->kind != SV_UDP_DATAGRAM)
        return SV_ERR_STALE;
    *have = sv_udp_group(&s->udp, *index, port, group);
    return SV_OK;
}

static enum sv_err sv_join_set(struct sv_stack *s, uint32_t index, sv_port port, const struct sv_addr *group,
                               const struct sv_source_filter *wanted)
{
    return sv_udp_group_set(&s->core, &s->net, &s->udp, index, port, group, wanted);
}

static bool sv_join_source_ok(const struct sv_addr *group, const struct sv_addr *source)
{
    return sv_addr_is_unicast(source) && sv_addr_is_v4(group) == sv_addr_is_v4(source);
}

enum sv_err sv_udp_join(struct sv_stack *s, sv_sock u, sv_port port, const struct sv_addr *group, sv_time now)
{
    static const struct sv_source_filter any = {.exclude = 1};
    const struct sv_source_filter *have;
    uint32_t index;
    const enum sv_err err = sv_join_begin(s, u, port, group, now, &index, &have);
    if (err != SV_OK)
        return err;
    return have ? SV_ERR_IN_USE : sv_join_set(s, index, port, group, &any);
}

enum sv_err sv_udp_leave(struct sv_stack *s, sv_sock u, sv_port port, const struct sv_addr *group, sv_time now)
{
    static const struct sv_source_filter none = {.n = 0};
    const struct sv_source_filter *have;
    uint32_t index;
    const enum sv_err err = sv_join_begin(s, u, port, group, now, &index, &have);
    if (err != SV_OK)
        return err;
    return have ? sv_join_set(s, index, port, group, &none) : SV_ERR_INVALID;
}

enum sv_err sv_udp_filter(struct sv_stack *s, sv_sock u, sv_port port, const struct sv_addr *group, bool exclude,
                          const struct sv_addr *sources, uint32_t n, sv_time now)
{
    struct sv_source_filter wanted = {.exclude = exclude};
    const struct sv_source_filter *have;
    uint32_t index;
    const enum sv_err err = sv_join_begin(s, u, port, group, now, &index, &have);
    if (err != SV_OK)
        return err;
    for (uint32_t i = 0; i < n; i++) {
        if (!sv_join_source_ok(group, &sources[i]))
            return SV_ERR_INVALID;
        if (!sv_source_filter_add(&wanted, &sources[i]))
            return SV_ERR_NO_MEMORY;
    }
    return sv_join_set(s, index, port, group, &wanted);
}

enum sv_err sv_udp_join_source(struct sv_stack *s, sv_sock u, sv_port port, const struct sv_addr *group,
                               const struct sv_addr *source, sv_time now)
{
    struct sv_source_filter wanted = {.n = 0};
    const struct sv_source_filter *have;
    uint32_t index;
    const enum sv_err err = sv_join_begin(s, u, port, group, now, &index, &have);
    if (err != SV_OK)
        return err;
    if (have)
        wanted = *have;
    if (wanted.exclude || !sv_join_source_ok(group, source))
        return SV_ERR_INVALID;
    if (sv_source_filter_has(&wanted, source))
        return SV_ERR_IN_USE;
    return sv_source_filter_add(&wanted, source) ? sv_join_set(s, index, port, group, &wanted) : SV_ERR_NO_MEMORY;
}

enum sv_err sv_udp_leave_source(struct sv_stack *s, sv_sock u, sv_port port, const struct sv_addr *group,
                                const struct sv_addr *source, sv_time now)
{
    struct sv_source_filter wanted = {.n = 0};
    const struct sv_source_filter *have;
    uint32_t index;
    const enum sv_err err = sv_join_begin(s, u, port, group, now, &index, &have);
    if (err != SV_OK)
        return err;
    if (!have || have->exclude || !sv_source_filter_has(have, source))
        return SV_ERR_INVALID;
    for (uint32_t i = 0; i < have->n; i++) {
        if (!sv_addr_equal(&have->source[i], source))
            (void)sv_source_filter_add(&wanted, &have->source[i]);
    }
    return sv_join_set(s, index, port, group, &wanted);
}

void sv_stack_leave_all(struct sv_stack *s, sv_sock u)
{
    uint32_t index;
    if (sv_session_udp(&s->session, u, &index)) /* a connection joins nothing, and most of what closes is one */
        sv_udp_groups_leave(&s->core, &s->net, &s->udp, index);
}
