/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the dissector. Each reads its layer at the cursor and hands on. */
#ifndef SV_TRACE_DISSECT_PRIVATE_H
#define SV_TRACE_DISSECT_PRIVATE_H

#include "core/cursor.h"
#include "trace/dissect.h"

struct sv_dissection {
    struct sv_dissected *d;
    const uint8_t *frame;
    struct sv_rd r;   /* what is left of the frame */
    uint32_t vn_tags; /* passed: behind each the dissector calls itself */
};

static inline uint32_t sv_dissect_offset(const struct sv_dissection *x)
{
    return (uint32_t)(x->r.at - x->frame);
}

void sv_dissect_network(struct sv_dissection *x, uint16_t type); /* by EtherType */
void sv_dissect_isl(struct sv_dissection *x);                    /* passes it, if one is there */
void sv_dissect_llc(struct sv_dissection *x);
void sv_dissect_tagged(struct sv_dissection *x);              /* an EtherType, tags before it */
bool sv_dissect_shim(struct sv_dissection *x, uint16_t type); /* false: it is none */
bool sv_dissect_other_link(struct sv_dissection *x, enum sv_link_type link);
void sv_dissect_ip(struct sv_dissection *x);        /* by the version field */
void sv_dissect_transport(struct sv_dissection *x); /* by ip.protocol; the cursor is limited to the datagram */

#endif
