/* SPDX-License-Identifier: BSD-2-Clause */
/* What the network said about what was sent: a store of reports that all sockets share, a list a socket. */
#include "l4_transport/udp_table.h"
#include "seven/socket.h"

static struct sv_udp_report *sv_udp_report_of(const struct sv_udp *u, uint32_t index)
{
    return (struct sv_udp_report *)((uintptr_t)u + (uintptr_t)u->reports_at) + index;
}

/* Some sockets may have all they may keep, the others are not left without. */
static uint32_t sv_udp_reports_count(uint32_t ceiling)
{
    return 4u * SV_REPORTS_EACH + ceiling;
}

uint64_t sv_udp_reports_bytes(uint32_t ceiling)
{
    return (uint64_t)sv_udp_reports_count(ceiling) * sizeof(struct sv_udp_report) + 64u;
}

bool sv_udp_reports_init(struct sv_udp *u, struct sv_arena *arena)
{
    u->reports_ceiling = sv_udp_reports_count(u->ceiling);
    struct sv_udp_report *r = sv_arena_take(arena, (uint64_t)u->reports_ceiling * sizeof *r, 64);
    if (!r)
        return false;
    u->reports_at = (int64_t)((uintptr_t)r - (uintptr_t)u);
    u->report_free = 0;
    for (uint32_t i = 0; i < u->reports_ceiling; i++)
        r[i].next = i + 1 < u->reports_ceiling ? i + 1 : SV_NONE;
    return true;
}

/* The socket's oldest goes back to the store. */
static void sv_udp_report_free(struct sv_udp *u, struct sv_udp_socket *s)
{
    const uint32_t i = s->report_first;
    s->report_first = sv_udp_report_of(u, i)->next;
    if (s->report_first == SV_NONE)
        s->report_last = SV_NONE;
    s->reports--;
    sv_udp_report_of(u, i)->next = u->report_free;
    u->report_free = i;
}

void sv_udp_report_put(struct sv_core *c, struct sv_udp *u, uint32_t index, const struct sv_udp_report *report)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    if (s->reports == SV_REPORTS_EACH || u->report_free == SV_NONE) {
        sv_drop(c, SV_DROP_SOCKET_FULL, NULL, SV_NO_PORT, s->flow);
        if (s->reports == 0)
            return;
        sv_udp_report_free(u, s);
    }
    const uint32_t i = u->report_free;
    struct sv_udp_report *r = sv_udp_report_of(u, i);
    u->report_free = r->next;
    *r = *report;
    r->next = SV_NONE;
    if (s->report_last == SV_NONE)
        s->report_first = i;
    else
        sv_udp_report_of(u, s->report_last)->next = i;
    s->report_last = i;
    s->reports++;
    sv_udp_tell(u, index, SV_EVENT_ERROR);
}

enum sv_err sv_udp_report_take(struct sv_udp *u, uint32_t index, struct sv_udp_report *out)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    s->has_error = 0; /* who reads reports needs no refusal of the next datagram */
    if (s->report_first == SV_NONE)
        return SV_ERR_AGAIN;
    *out = *sv_udp_report_of(u, s->report_first);
    sv_udp_report_free(u, s);
    return SV_OK;
}

void sv_udp_reports_flush(struct sv_udp *u, uint32_t index)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    while (s->report_first != SV_NONE)
        sv_udp_report_free(u, s);
}

void sv_udp_reports_check(const struct sv_udp *u)
{
    uint32_t held = 0;
    for (uint32_t i = u->report_free; i != SV_NONE; i = sv_udp_report_of(u, i)->next)
        held++;
    for (uint32_t k = 0; k < u->ceiling; k++) {
        const struct sv_udp_socket *s = sv_udp_of(u, k);
        if (s->kind == SV_UDP_FREE)
            continue;
        uint32_t n = 0;
        for (uint32_t i = s->report_first; i != SV_NONE; i = sv_udp_report_of(u, i)->next)
            n++;
        SV_ASSERT(n == s->reports);
        SV_ASSERT(n <= SV_REPORTS_EACH);
        held += n;
    }
    SV_ASSERT(held == u->reports_ceiling);
}
