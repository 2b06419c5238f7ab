/* SPDX-License-Identifier: BSD-2-Clause */
/* VLAN tags (IEEE 802.1Q §9): four bytes between the source address and the EtherType: a tag protocol identifier, then
 * priority (3 bits), drop eligible (1), VLAN identifier (12). VID 0 is a priority tag: no VLAN is named. */
#ifndef SV_L2_VLAN_WIRE_H
#define SV_L2_VLAN_WIRE_H

#include "l2_link/ethernet_wire.h"

#define SV_TAG_BYTES 4u
#define SV_ETHERTYPE_SERVICE_VLAN 0x88a8u
#define SV_VID_MASK 0x0fffu

struct sv_vlan_tag {
    uint16_t tpid, vid;
    uint8_t priority, drop_eligible;
};

static inline bool sv_ethertype_is_tag(uint16_t type)
{
    return type == SV_ETHERTYPE_VLAN || type == SV_ETHERTYPE_SERVICE_VLAN;
}

static inline struct sv_vlan_tag sv_vlan_tag_of(uint16_t tpid, uint16_t tci)
{
    return (struct sv_vlan_tag){.tpid = tpid,
                                .vid = (uint16_t)(tci & SV_VID_MASK),
                                .priority = (uint8_t)(tci >> 13),
                                .drop_eligible = tci >> 12 & 1u};
}

static inline uint16_t sv_vlan_tci(const struct sv_vlan_tag *t)
{
    return (uint16_t)((uint32_t)t->priority << 13 | (t->drop_eligible ? 0x1000u : 0u) | (t->vid & SV_VID_MASK));
}

/* Behind sv_eth_parse(): h->type is a tag's TPID, the packet's head its TCI. Reads it, pulls it off, puts the inner
 * EtherType into h->type. SHORT_HEADER. */
static inline enum sv_drop sv_vlan_parse(struct sv_buf *b, struct sv_eth_hdr *h, struct sv_vlan_tag *t)
{
    if (b->linear_length < SV_TAG_BYTES && !sv_buf_gather(b, SV_TAG_BYTES))
        return SV_DROP_SHORT_HEADER;
    const uint8_t *p = sv_buf_head(b);
    *t = sv_vlan_tag_of(h->type, sv_get_u16(p));
    h->type = sv_get_u16(p + 2);
    sv_buf_pull(b, SV_TAG_BYTES);
    b->l3 = b->head;
    if (b->flags & SV_BUF_CSUM_PARTIAL)
        b->csum_start = (uint16_t)(b->csum_start - sv_min_u32(b->csum_start, SV_TAG_BYTES));
    return SV_DROP_NONE;
}

/* Puts a tag into a complete frame whose head is its Ethernet header: the addresses move to the front. The header must
 * be the caller's own to edit, and four bytes of headroom there. */
static inline void sv_vlan_push(struct sv_buf *b, const struct sv_vlan_tag *t)
{
    uint8_t *p = sv_buf_push(b, SV_TAG_BYTES);
    sv_memmove(p, p + SV_TAG_BYTES, 2u * SV_MAC_BYTES);
    sv_put_u16(p + 2u * SV_MAC_BYTES, t->tpid);
    sv_put_u16(p + 2u * SV_MAC_BYTES + 2u, sv_vlan_tci(t));
    b->l2 = b->head;
    if (b->flags & SV_BUF_CSUM_PARTIAL)
        b->csum_start = (uint16_t)(b->csum_start + SV_TAG_BYTES);
}

#endif
