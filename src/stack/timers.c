/* SPDX-License-Identifier: BSD-2-Clause */
/* Time in a stack: one wheel for what has deadlines of its own, a few queues of equal waits beside it. */
#include "stack/stack_internal.h"

SV_HOT sv_time sv_stack_next_deadline(const struct sv_stack *s)
{
    if (s->net.loop.packets || s->net.nat.released_first != SV_NONE)
        return s->core.now;
    const sv_time starved = s->starved_until ? s->starved_until : SV_NEVER;
    return sv_min_u64(starved, sv_min_u64(sv_wheel_next(&s->core.wheel), sv_tcp_next_deadline(&s->tcp)));
}

void sv_stack_after_slowly(struct sv_stack *s)
{
    struct sv_neighbours *n = &s->net.link.neighbours;
    bool changed = false;
    uint32_t index;
    while ((index = sv_neighbour_next_changed(n)) != SV_NONE) {
        changed = true;
        sv_nd_neighbour_changed(&s->core, &s->net, index);
        if (sv_neighbour_of(n, index)->state == SV_NEIGHBOUR_FAILED)
            sv_tcp_neighbour_failed(&s->tcp, index);
    }
    if (changed)
        sv_tcp_unpark(&s->tcp);
    sv_ip_drain_refused(&s->core, &s->net);
    if (s->net.loop.packets || s->net.nat.released_first != SV_NONE)
        sv_stack_drain_loop(s);
}

static void sv_stack_woken(struct sv_stack *s, uint32_t kind, uint32_t index)
{
    switch (kind) {
    case SV_WHEEL_TCP:
        sv_tcp_expire_connection(&s->tcp, index);
        break;
    case SV_WHEEL_PATH: {
        struct sv_addr dst;
        if (sv_pmtu_expire(&s->core, &s->net.pmtu, index, &dst))
            sv_tcp_path_widened(&s->tcp, &dst);
        break;
    }
    case SV_WHEEL_TIMER:
        sv_session_expire(&s->session, index);
        break;
    default: {
        const bool known = sv_net_expire(&s->core, &s->net, kind, index);
        SV_ASSERT(known);
        break;
    }
    }
}

void sv_stack_expire(struct sv_stack *s, sv_time now)
{
    struct sv_tcp_reply reply;
    uint32_t kind = 0;
    uint32_t index;
    now = sv_core_clock(&s->core, now);
    if (sv_tcp_any_ready(&s->tcp))
        sv_tcp_expire_stalled(&s->tcp); /* before the wheel, for what has long been due with them */
    while ((index = sv_wheel_due(&s->core.wheel, now, &kind)) != SV_NONE) {
        /* Where many are woken each is a miss of the cache: its records, and in the end the busy one. */
        uint32_t next_kind, later_kind;
        const uint32_t next = sv_wheel_peek(&s->core.wheel, 0, &next_kind);
        const uint32_t later = next == SV_NONE ? SV_NONE : sv_wheel_peek(&s->core.wheel, 3, &later_kind);
        if (next != SV_NONE && next_kind == SV_WHEEL_TCP)
            SV_TCP_PREFETCH_BUSY(&s->tcp, next);
        if (later != SV_NONE && later_kind == SV_WHEEL_TCP)
            SV_TCP_PREFETCH(&s->tcp, later);
        sv_stack_woken(s, kind, index);
    }
    if (s->starved_until <= now)
        s->starved_until = 0;
    sv_tcp_expire_queues(&s->tcp);
    while (sv_tcp_half_open_due(&s->tcp, &reply))
        sv_stack_reply(s, &reply);
    sv_stack_after(s);
}
