/* SPDX-License-Identifier: BSD-2-Clause */
/* What neighbour discovery's messages do to an entry (RFC 4861 §7.2.5, §6.2.6, §6.3.4). */
#include "l2_link/neighbour_table.h"

bool sv_neighbour_has_mac(const struct sv_neighbours *n, uint32_t index)
{
    const uint8_t state = sv_neighbour_of(n, index)->state;
    return state != SV_NEIGHBOUR_FREE && state != SV_NEIGHBOUR_INCOMPLETE && state != SV_NEIGHBOUR_FAILED;
}

void sv_neighbour_set_router(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *addr)
{
    const uint32_t i = sv_neighbour_find(c, l, port, addr);
    if (i != SV_NONE)
        sv_neighbour_of(&l->neighbours, i)->router = 1;
}

void sv_neighbour_set_host(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *addr)
{
    const uint32_t i = sv_neighbour_find(c, l, port, addr);
    if (i != SV_NONE)
        sv_neighbour_of(&l->neighbours, i)->router = 0;
}

/* Nothing was known of it but that we asked. */
static void sv_neighbour_complete(struct sv_core *c, struct sv_link *l, uint32_t index,
                                  const struct sv_neighbour_told *told)
{
    struct sv_neighbours *n = &l->neighbours;
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    sv_memcpy(e->mac, told->mac, SV_MAC_BYTES);
    if (told->solicited) {
        sv_neighbour_prove(c, l, index, SV_NEIGHBOUR_ON_ANSWERED);
    } else {
        sv_neighbour_stale(c, n, index, SV_NEIGHBOUR_ON_LEARNED);
        if (e->held.packets != 0)
            sv_neighbour_use_slowly(c, l, index);
    }
    e->router = told->router;
    sv_neighbour_note(n, index);
    sv_neighbour_send_held(c, l, index);
}

enum sv_neighbour_heard sv_neighbour_advertised(struct sv_core *c, struct sv_link *l, sv_port port,
                                                const struct sv_addr *addr, const struct sv_neighbour_told *told)
{
    struct sv_neighbours *n = &l->neighbours;
    const uint32_t index = sv_neighbour_find(c, l, port, addr);
    if (index == SV_NONE || sv_neighbour_of(n, index)->state == SV_NEIGHBOUR_PERMANENT)
        return SV_NEIGHBOUR_UNHEARD;
    struct sv_neighbour *e = sv_neighbour_of(n, index);
    if (!sv_neighbour_has_mac(n, index)) {
        if (!told->mac)
            return SV_NEIGHBOUR_UNHEARD;
        sv_neighbour_complete(c, l, index, told);
        return SV_NEIGHBOUR_HEARD;
    }
    const bool differs = told->mac && !sv_mac_equal(told->mac, e->mac);
    if (differs && !told->override) {
        /* A proxy, or an anycast address's other holder: what we have is kept, but no longer believed. */
        if (e->state != SV_NEIGHBOUR_REACHABLE)
            return SV_NEIGHBOUR_UNHEARD;
        sv_neighbour_stale(c, n, index, SV_NEIGHBOUR_ON_LEARNED);
        return SV_NEIGHBOUR_HEARD;
    }
    if (differs)
        sv_memcpy(e->mac, told->mac, SV_MAC_BYTES);
    if (told->solicited)
        sv_neighbour_prove(c, l, index, SV_NEIGHBOUR_ON_ANSWERED);
    else if (differs)
        sv_neighbour_stale(c, n, index, SV_NEIGHBOUR_ON_LEARNED);
    if (differs)
        sv_neighbour_note(n, index);
    const bool was_router = e->router != 0;
    e->router = told->router;
    return was_router && !told->router ? SV_NEIGHBOUR_NO_ROUTER : SV_NEIGHBOUR_HEARD;
}
