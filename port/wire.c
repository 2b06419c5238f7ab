/* SPDX-License-Identifier: BSD-2-Clause */
#include "port/wire.h"

static uint32_t move_one(struct sv_wire *w, uint32_t from, sv_time now)
{
    struct sv_wire_end *out = &w->end[from];
    const struct sv_wire_end *in = &w->end[1u - from];
    const struct sv_room room = {SV_BURST, UINT32_MAX, w->super};
    struct sv_burst b;

    b.n = 0;
    const uint32_t n = sv_node_transmit(out->node, out->port, room, &b, now);
    if (n == 0)
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct sv_buf *p = b.packet[i];
        out->bytes += p->length;
        out->wire += p->segments ? p->segments : 1u;
    }
    out->packets += n;
    if (w->tap)
        w->tap(w->self, from, &b, now);
    sv_node_receive(in->node, in->port, &b, now);
    return n;
}

uint32_t sv_wire_move(struct sv_wire *w, uint32_t bursts, sv_time now)
{
    uint32_t moved = 0, silent = 0, from = 0;

    while (silent < 2 && bursts > 0) {
        const uint32_t n = move_one(w, from, now);
        if (n) {
            silent = 0;
            bursts--;
            moved += n;
        } else {
            silent++;
        }
        from = 1u - from;
    }
    return moved;
}
