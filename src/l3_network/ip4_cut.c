/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/ip4_cut.h"

#include "core/packet_refer.h"
#include "l3_network/fragment.h"

#define SV_IP4_MTU_MIN 68u /* RFC 791 §3.2: every link forwards that whole */
#define SV_IP4_OPT_COPIED 0x80u

/* The header of the later fragments: options without the copied flag become nothing. */
static void sv_ip4_copy_header(struct sv_ip4_cut *cut, const uint8_t *from)
{
    uint32_t n = SV_IP4_HDR_LEN;
    sv_memcpy(cut->copied, from, SV_IP4_HDR_LEN);
    for (uint32_t i = SV_IP4_HDR_LEN; i < cut->header_length;) {
        if (from[i] == 0)
            break;
        const uint32_t length = from[i] == 1 ? 1u : from[i + 1];
        if ((from[i] & SV_IP4_OPT_COPIED) != 0) {
            sv_memcpy(cut->copied + n, from + i, length);
            n += length;
        }
        i += length;
    }
    while (n % 4 != 0)
        cut->copied[n++] = 0;
    cut->copied_length = (uint8_t)n;
    cut->copied[0] = (uint8_t)(0x40u | n / 4);
}

static uint32_t sv_ip4_cut_room(const struct sv_ip4_cut *cut, uint32_t header)
{
    return (cut->mtu - header) / 8u * 8u;
}

bool sv_ip4_cut_begin(struct sv_ip4_cut *cut, const struct sv_buf *b, uint32_t mtu)
{
    const uint8_t *p = sv_buf_head(b);
    const uint16_t fragment = sv_get_u16(p + 6);
    uint32_t at;
    sv_memset(cut, 0, sizeof *cut);
    if ((fragment & SV_IP4_DF) != 0 || mtu < SV_IP4_MTU_MIN)
        return false;
    cut->header_length = (uint16_t)((p[0] & 15u) * 4u);
    if (sv_ip4_walk_options(p, cut->header_length, &at) != SV_DROP_NONE)
        return false;
    cut->mtu = (uint16_t)sv_min_u32(mtu, 65535);
    cut->payload_length = b->length - cut->header_length;
    cut->first_offset = (uint16_t)((fragment & SV_IP4_OFFSET_MASK) * 8u);
    cut->more = (fragment & SV_IP4_MF) != 0;
    sv_ip4_copy_header(cut, p);
    const uint32_t first = sv_ip4_cut_room(cut, cut->header_length);
    const uint32_t other = sv_ip4_cut_room(cut, cut->copied_length);
    const uint32_t rest = cut->payload_length > first ? cut->payload_length - first : 0;
    cut->fragments = 1 + (rest + other - 1) / other;
    return true;
}

struct sv_buf *sv_ip4_cut_next(struct sv_core *c, struct sv_ip4_cut *cut, const struct sv_buf *b)
{
    const bool first = cut->offset == 0;
    const uint16_t header = first ? cut->header_length : cut->copied_length;
    const uint32_t left = cut->payload_length - cut->offset;
    /* The last may fill the MTU to the byte; the others carry multiples of 8. */
    const uint32_t length = left + header <= cut->mtu ? left : sv_ip4_cut_room(cut, header);
    struct sv_buf *f = sv_buf_alloc(sv_core_pool(c), SV_WANT_DATA, c->account);
    if (!f)
        return NULL;
    if (!sv_buf_refer(f, b, cut->header_length + cut->offset, length, SV_WANT_DATA)) {
        sv_buf_free(f);
        return NULL;
    }
    f->l4 = f->head;
    uint8_t *p = sv_buf_push(f, header);
    f->l3 = f->head;
    sv_memcpy(p, first ? sv_buf_head(b) : cut->copied, header);
    const uint32_t at = cut->first_offset + cut->offset;
    cut->offset += length;
    const bool more = cut->more || cut->offset < cut->payload_length;
    sv_put_u16(p + 2, (uint16_t)f->length);
    sv_put_u16(p + 6, (uint16_t)(at / 8u | (more ? SV_IP4_MF : 0u)));
    sv_put_u16(p + 10, 0);
    sv_sum_store(p + 10, sv_sum(p, header, c->cpu));
    SV_TRACE_EVENT(c, SV_TRACE_FRAGMENT, SV_FRAGMENT_SENT, 0, b->id, sv_get_u16(p + 4), at, length);
    return f;
}
