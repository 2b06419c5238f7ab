/* SPDX-License-Identifier: BSD-2-Clause */
/* ARP through a switch: a limit on how much of it a port may send, and answers in the place of stations that were heard
 * of, so that the question need not go to everybody (RFC 1027's idea, for one LAN). */
#include "l2_link/arp_wire.h"
#include "l2_link/bridge.h"

uint64_t sv_bindings_bytes(uint32_t ceiling)
{
    return ((uint64_t)ceiling + SV_BINDING_WAYS) * sizeof(struct sv_binding) + 64u;
}

bool sv_bindings_init(struct sv_bridge *br, struct sv_arena *arena, uint32_t ceiling)
{
    br->bindings_sets = (ceiling + SV_BINDING_WAYS - 1u) / SV_BINDING_WAYS;
    void *array = sv_arena_take(arena, (uint64_t)br->bindings_sets * SV_BINDING_WAYS * sizeof(struct sv_binding), 64);
    br->bindings_at = array ? (int64_t)((intptr_t)array - (intptr_t)br) : 0;
    return array != NULL;
}

static struct sv_binding *sv_binding_set(const struct sv_bridge *br, const struct sv_addr *addr, uint32_t vid)
{
    uint8_t key[8];
    sv_memcpy(key, addr->byte + 12, 4);
    sv_put_u32(key + 4, vid);
    const uint32_t hash = (uint32_t)(sv_siphash13(&br->core.secret, key, sizeof key) >> 32);
    const uint32_t set = (uint32_t)((uint64_t)hash * br->bindings_sets >> 32);
    return (struct sv_binding *)((uintptr_t)br + (uintptr_t)br->bindings_at) + (size_t)set * SV_BINDING_WAYS;
}

static struct sv_binding *sv_binding_find(const struct sv_bridge *br, const struct sv_addr *addr, uint32_t vid)
{
    struct sv_binding *set = sv_binding_set(br, addr, vid);
    for (uint32_t i = 0; i < SV_BINDING_WAYS; i++)
        if (set[i].vid == vid && sv_addr_equal(&set[i].addr, addr))
            return &set[i];
    return NULL;
}

static void sv_binding_learn(struct sv_bridge *br, const struct sv_addr *addr, uint32_t vid,
                             const uint8_t mac[SV_MAC_BYTES])
{
    struct sv_binding *e = sv_binding_find(br, addr, vid);
    if (!e) {
        struct sv_binding *set = sv_binding_set(br, addr, vid);
        e = set;
        for (uint32_t i = 1; i < SV_BINDING_WAYS && e->vid; i++)
            if (!set[i].vid || set[i].seen < e->seen)
                e = &set[i];
    }
    e->addr = *addr;
    e->vid = (uint16_t)vid;
    e->seen = br->core.now;
    sv_memcpy(e->mac, mac, SV_MAC_BYTES);
}

/* Answers for `e` to the port that the question came from. */
static void sv_bridge_arp_answer(struct sv_bridge *br, const struct sv_bframe *f, const struct sv_arp_hdr *question,
                                 const struct sv_binding *e)
{
    struct sv_arp_hdr h = {.opcode = SV_ARP_REPLY, .sender = question->target, .target = question->sender};
    struct sv_bframe reply = {
        .type = SV_ETHERTYPE_ARP, .header_bytes = SV_ETH_HDR_LEN, .tag = f->tag, .in = SV_NO_PORT};
    reply.b = sv_buf_alloc(sv_core_pool(&br->core), SV_WANT_CONTROL, br->core.account);
    if (!reply.b) {
        sv_bridge_drop(br, SV_DROP_NO_MEMORY, NULL, f->in);
        return;
    }
    sv_memcpy(h.sender_mac, e->mac, SV_MAC_BYTES);
    sv_memcpy(h.target_mac, question->sender_mac, SV_MAC_BYTES);
    sv_memcpy(reply.dst, question->sender_mac, SV_MAC_BYTES);
    sv_memcpy(reply.src, e->mac, SV_MAC_BYTES);
    sv_arp_emit(reply.b, &h);
    sv_eth_emit(reply.b, reply.dst, reply.src, SV_ETHERTYPE_ARP);
    reply.b->segments = 1;
    reply.b->id = ++br->core.packet_id;
    sv_bridge_out(br, &reply, sv_port_bit(f->in));
}

/* Something may answer for the target: it was heard of lately, and is behind another port. */
static const struct sv_binding *sv_bridge_arp_known(const struct sv_bridge *br, const struct sv_bframe *f,
                                                    const struct sv_arp_hdr *h)
{
    /* A probe must reach whoever has the address (RFC 5227 §2.1.1); an announcement is for all. */
    if (h->opcode != SV_ARP_REQUEST || sv_addr_is_any(&h->sender) || sv_addr_equal(&h->sender, &h->target))
        return NULL;
    const struct sv_binding *e = sv_binding_find(br, &h->target, f->tag.vid);
    if (!e || br->core.now - e->seen > br->age_s * SV_S)
        return NULL;
    const uint32_t i = sv_station_find(br, e->mac, f->tag.vid);
    return i != SV_NONE && sv_station_of(br, i)->port != f->in ? e : NULL;
}

bool sv_bridge_arp(struct sv_bridge *br, struct sv_bframe *f)
{
    struct sv_bport *p = sv_bport_of(br, f->in);
    uint8_t bytes[SV_ARP_LEN];
    struct sv_arp_hdr h;
    if (!sv_meter_pass(&p->arp, p->config.arp, 1, br->core.now)) {
        sv_bridge_drop(br, SV_DROP_ARP_FLOOD_LIMIT, f->b, f->in);
        return false;
    }
    if (!(br->flags & SV_BRIDGE_PROXY_ARP) || !sv_buf_read(f->b, f->header_bytes, bytes, sizeof bytes) ||
        sv_arp_parse_bytes(bytes, sizeof bytes, &h) != SV_DROP_NONE)
        return true; /* who cannot be read is switched like any other frame */
    const struct sv_binding *e = sv_bridge_arp_known(br, f, &h);
    if (!sv_addr_is_any(&h.sender) && sv_mac_equal(h.sender_mac, f->src))
        sv_binding_learn(br, &h.sender, f->tag.vid, f->src);
    if (!e)
        return true;
    const struct sv_binding answer = *e;
    sv_bridge_arp_answer(br, f, &h, &answer);
    sv_bridge_drop(br, SV_DROP_ARP_PROXIED, f->b, f->in);
    return false;
}
