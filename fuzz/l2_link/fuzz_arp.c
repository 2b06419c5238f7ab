/* SPDX-License-Identifier: BSD-2-Clause */
/* What is parsed is emitted as the same bytes. */
#include "l2_link/arp_wire.h"
#include "tests/support/net_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    if (!w.memory)
        world_open(&w);
    if (size > 200)
        return 0;
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64), *again = sv_buf_alloc(w.pool, SV_WANT_DATA, 0);
    const bool room = sv_buf_append(b, data, (uint32_t)size, SV_WANT_DATA);
    struct sv_arp_hdr h;
    SV_ASSERT(room && again);
    if (sv_arp_parse(b, &h) == SV_DROP_NONE) {
        sv_arp_emit(again, &h);
        SV_ASSERT(memcmp(sv_buf_head(again), data, SV_ARP_LEN) == 0);
    }
    sv_buf_free(b);
    sv_buf_free(again);
    SV_ASSERT(world_held(&w) == 0);
    return 0;
}
