/* SPDX-License-Identifier: BSD-2-Clause */
/* Tags and LLC of any bytes: the lengths found lie within the frame; a tag pushed back is the tag that was read. */
#include "l2_link/ethernet.h"
#include "l2_link/llc_wire.h"
#include "l2_link/vlan_wire.h"
#include "tests/support/switch_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sworld w;
    struct sv_llc_hdr llc;
    struct sv_eth_hdr h;
    struct sv_vlan_tag t;
    if (size < 2 || size > 1500)
        return 0;
    if (!w.memory)
        sworld_open(&w);
    if (sv_llc_parse(data + 2, (uint32_t)size - 2, sv_get_u16(data), &llc) == SV_DROP_NONE)
        SV_ASSERT((uint32_t)llc.header_bytes + llc.payload_bytes == sv_get_u16(data));
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 0);
    const bool room = sv_buf_append(b, data, (uint32_t)size, SV_WANT_DATA);
    SV_ASSERT(room);
    enum sv_drop why = sv_eth_parse(b, &h);
    while (why == SV_DROP_NONE && sv_ethertype_is_tag(h.type)) {
        const uint16_t tci = b->length >= 2 && b->linear_length >= 2 ? sv_get_u16(sv_buf_head(b)) : 0;
        why = sv_vlan_parse(b, &h, &t);
        if (why == SV_DROP_NONE)
            SV_ASSERT(sv_vlan_tci(&t) == tci);
    }
    SV_ASSERT(b->length <= size);
    sv_buf_free(b);
    SV_ASSERT(sworld_held(&w) == 0);
    return 0;
}
