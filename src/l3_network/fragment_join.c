/* SPDX-License-Identifier: BSD-2-Clause */
/* From pieces to one packet. */
#include "l3_network/fragment_store.h"
#include "l3_network/ip6_chain.h"
#include "l3_network/net.h"

#define SV_ECN_NOT_ECT 0u
#define SV_ECN_CE 3u

/* RFC 3168 §5.3: congestion seen by one fragment is seen by all; but together with a fragment that could not say so
 * the datagram is dropped. False: dropped. */
static bool sv_datagram_ecn(const struct sv_datagram *d, uint8_t *tos)
{
    const uint32_t ce = d->ecn >> SV_ECN_CE & 1u, not_ect = d->ecn >> SV_ECN_NOT_ECT & 1u;
    if (ce && not_ect)
        return false;
    if (ce)
        *tos |= SV_ECN_CE;
    else if (not_ect && d->ecn != 1u << SV_ECN_NOT_ECT)
        *tos &= (uint8_t)~3u; /* some could not: none could */
    return true;
}

/* Appends every piece but the first to it: by reference if the slices suffice, else packed into fresh slabs. */
static bool sv_datagram_gather(struct sv_core *c, struct sv_fragments *t, const struct sv_datagram *d,
                               struct sv_buf *whole)
{
    struct sv_pool *pool = sv_core_pool(c);
    const uint32_t second = sv_fragment_of(t, d->first)->next;
    uint32_t slices = whole->slices, room = 0;
    for (uint32_t i = second; i != SV_NONE; i = sv_fragment_of(t, i)->next) {
        const struct sv_buf *b = sv_pool_buf(pool, sv_fragment_of(t, i)->packet);
        slices += sv_buf_refer_slices(b, 0, b->length);
    }
    for (uint32_t i = second; i != SV_NONE; i = sv_fragment_of(t, i)->next) {
        const struct sv_buf *b = sv_pool_buf(pool, sv_fragment_of(t, i)->packet);
        const bool done = slices <= SV_SLICES_MAX ? sv_buf_refer(whole, b, 0, b->length, SV_WANT_DATA)
                                                  : sv_buf_pack(whole, b, 0, b->length, SV_WANT_DATA, &room);
        if (!done)
            return false;
    }
    return true;
}

static uint8_t sv_datagram_tos(const uint8_t *p)
{
    return p[0] >> 4 == 6 ? (uint8_t)(sv_get_u16(p) >> 4) : p[1];
}

/* The same of IPv6: the fragment header goes, and what is before it moves up (RFC 8200 §4.5). */
static void sv_datagram_header_ip6(struct sv_buf *whole, uint16_t header_length, uint8_t tos)
{
    struct sv_ip6_chain chain;
    uint8_t *p = sv_buf_head(whole);
    sv_ip6_chain_read(p, header_length, &chain);
    const uint32_t fragment = header_length - SV_IP6_FRAGMENT_LEN;
    SV_ASSERT(chain.fragment == fragment);
    p[chain.fragment_named] = p[fragment];
    sv_memmove(p + SV_IP6_FRAGMENT_LEN, p, fragment);
    sv_buf_pull(whole, SV_IP6_FRAGMENT_LEN);
    p += SV_IP6_FRAGMENT_LEN;
    sv_put_u16(p, (uint16_t)(0x6000u | (uint32_t)tos << 4 | (p[1] & 15u)));
    sv_put_u16(p + 4, (uint16_t)(whole->length - SV_IP6_HDR_LEN));
}

/* The header as if the datagram had never been cut. */
static void sv_datagram_header(struct sv_core *c, struct sv_buf *whole, uint16_t header_length, uint8_t tos)
{
    uint8_t *p = sv_buf_head(whole);
    if (p[0] >> 4 == 6) {
        sv_datagram_header_ip6(whole, header_length, tos);
        return;
    }
    p[1] = tos;
    sv_put_u16(p + 2, (uint16_t)whole->length);
    sv_put_u16(p + 6, 0);
    sv_put_u16(p + 10, 0);
    sv_sum_store(p + 10, sv_sum(p, header_length, c->cpu));
}

struct sv_buf *sv_datagram_join(struct sv_core *c, struct sv_fragments *t, uint32_t index, struct sv_ip_hdr *h)
{
    struct sv_datagram *d = sv_datagram_of(t, index);
    const uint16_t header_length = d->header_length;
    struct sv_buf *first = sv_pool_buf(sv_core_pool(c), sv_fragment_of(t, d->first)->packet);
    struct sv_buf *whole = NULL;
    enum sv_drop why = SV_DROP_NONE;
    sv_buf_push(first, header_length); /* its bytes are still in front of it */
    uint8_t tos = sv_datagram_tos(sv_buf_head(first));
    if (!sv_datagram_ecn(d, &tos))
        why = SV_DROP_FRAGMENT_BAD;
    else if ((whole = sv_buf_clone(first, SV_WANT_DATA)) == NULL)
        why = SV_DROP_NO_MEMORY;
    const uint32_t id = d->id, total = d->total, packet_id = first->id;
    sv_buf_pull(first, header_length);
    if (whole && !sv_datagram_gather(c, t, d, whole))
        why = SV_DROP_NO_MEMORY;
    sv_datagram_empty(c, t, d, why);
    sv_datagram_remove(c, t, index);
    if (why == SV_DROP_NONE && !sv_buf_own_linear(whole)) {
        why = SV_DROP_NO_MEMORY;
        sv_drop(c, why, NULL, SV_NO_PORT, 0);
    }
    if (why != SV_DROP_NONE) {
        sv_buf_free(whole);
        return NULL;
    }
    whole->flags &= (uint16_t) ~(SV_BUF_CSUM_VALID | SV_BUF_CSUM_PARTIAL); /* said of one piece */
    sv_datagram_header(c, whole, header_length, tos);
    SV_TRACE_EVENT(c, SV_TRACE_FRAGMENT, SV_FRAGMENT_COMPLETE, 0, packet_id, id, 0, total);
    const enum sv_drop good = sv_ip_parse(whole, h, c->cpu);
    SV_ASSERT(good == SV_DROP_NONE);
    return whole;
}
