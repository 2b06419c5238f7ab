/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/fcs.h"

#include "core/crc32.h"

uint32_t sv_fcs_of(const struct sv_buf *b)
{
    struct sv_pool *pool = sv_buf_pool(b);
    uint32_t crc = sv_crc32(0, sv_buf_head(b), b->linear_length);
    for (uint32_t i = 0; i < b->slices; i++)
        crc = sv_crc32(crc, sv_slab_bytes(pool, b->slice[i].slab) + b->slice[i].offset, b->slice[i].length);
    return crc;
}

bool sv_fcs_append(struct sv_buf *b)
{
    const uint32_t crc = sv_fcs_of(b);
    const uint8_t bytes[SV_FCS_BYTES] = {(uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16), (uint8_t)(crc >> 24)};
    return sv_buf_append(b, bytes, sizeof bytes, SV_WANT_DATA);
}

bool sv_fcs_remove(struct sv_buf *b)
{
    if (b->length < SV_FCS_BYTES || sv_fcs_of(b) != SV_CRC32_RESIDUE)
        return false;
    sv_buf_truncate(b, b->length - SV_FCS_BYTES);
    return true;
}
