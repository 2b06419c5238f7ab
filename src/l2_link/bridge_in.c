/* SPDX-License-Identifier: BSD-2-Clause */
/* The way into a switch (IEEE 802.1Q §8.6): which frames are taken, to which VLAN they belong, who sent them; then the
 * set of ports that they go to. */
#include "core/segment.h"
#include "l2_link/bridge.h"

bool sv_meter_pass(struct sv_meter *m, uint32_t rate, uint32_t frames, sv_time now)
{
    if (!rate)
        return true;
    const uint32_t second = (uint32_t)SV_S, each = second / rate;
    const uint32_t burst = sv_max_u32(second / 10u, each);
    const sv_time due = m->due > now ? m->due : now;
    if (due - now >= burst)
        return false;
    m->due = due + (sv_time)each * frames;
    return true;
}

/* 01-80-C2-00-00-0x (IEEE 802.1Q table 8-1): between neighbours only. */
static bool sv_mac_is_reserved(const uint8_t mac[SV_MAC_BYTES])
{
    static const uint8_t group[5] = {0x01, 0x80, 0xc2, 0x00, 0x00};
    return sv_memcmp(mac, group, sizeof group) == 0 && mac[5] < 0x10;
}

/* Reads Ethernet and, where VLANs are told apart, the tag that this port reads. */
static enum sv_drop sv_bridge_parse(const struct sv_bridge *br, const struct sv_bport *p, struct sv_bframe *f)
{
    struct sv_buf *b = f->b;
    const uint32_t least = sv_min_u32(b->length, SV_ETH_HDR_LEN + SV_TAG_BYTES);
    if (b->length < SV_ETH_HDR_LEN || (b->linear_length < least && !sv_buf_gather(b, (uint16_t)least)))
        return SV_DROP_SHORT_HEADER;
    const uint8_t *h = sv_buf_head(b);
    static const uint8_t nobody[SV_MAC_BYTES] = {0};
    sv_memcpy(f->dst, h, SV_MAC_BYTES);
    sv_memcpy(f->src, h + SV_MAC_BYTES, SV_MAC_BYTES);
    f->type = sv_get_u16(h + 12);
    f->header_bytes = SV_ETH_HDR_LEN;
    f->tagged = 0;
    f->tag = (struct sv_vlan_tag){.tpid = p->config.tpid, .vid = SV_VLAN_DEFAULT};
    b->l2 = b->head;
    if (sv_mac_is_group(f->src) || sv_mac_equal(f->src, nobody))
        return SV_DROP_BAD_SOURCE;
    if (!(br->flags & SV_BRIDGE_VLAN_AWARE))
        return SV_DROP_NONE;
    f->tag.vid = p->config.pvid;
    if (f->type != p->config.tpid || p->config.flags & SV_BPORT_TUNNEL)
        return SV_DROP_NONE;
    if (b->length < SV_ETH_HDR_LEN + SV_TAG_BYTES)
        return SV_DROP_SHORT_HEADER;
    f->tag = sv_vlan_tag_of(f->type, sv_get_u16(h + 14));
    f->wire_vid = f->tag.vid;
    f->type = sv_get_u16(h + 16);
    f->tagged = 1;
    f->header_bytes = SV_ETH_HDR_LEN + SV_TAG_BYTES;
    if (!f->tag.vid)
        f->tag.vid = p->config.pvid;
    return SV_DROP_NONE;
}

/* 8.6.2: may this frame come in here? */
static enum sv_drop sv_bridge_admit(const struct sv_bridge *br, const struct sv_bport *p, const struct sv_bframe *f)
{
    if (!(br->flags & SV_BRIDGE_VLAN_AWARE))
        return SV_DROP_NONE;
    const bool named = f->tagged && f->wire_vid;
    if (named ? p->config.flags & SV_BPORT_ONLY_UNTAGGED : p->config.flags & SV_BPORT_ONLY_TAGGED)
        return SV_DROP_VLAN_FRAME_TYPE;
    if (f->tag.vid > SV_VLAN_MAX || !(sv_bvlan_of(br, f->tag.vid)->members & sv_port_bit(f->in)))
        return SV_DROP_VLAN_INGRESS;
    return SV_DROP_NONE;
}

static bool sv_bridge_storm(struct sv_bridge *br, const struct sv_bframe *f, enum sv_storm kind)
{
    struct sv_bport *p = sv_bport_of(br, f->in);
    const uint32_t frames = f->b->segments ? f->b->segments : 1u;
    return sv_meter_pass(&p->storm[kind], p->config.storm[kind], frames, br->core.now);
}

/* Ports that frames of this VLAN from this port may leave by. */
static uint64_t sv_bridge_reach(const struct sv_bridge *br, const struct sv_bframe *f)
{
    uint64_t ports = br->up & br->forwarding & ~br->mirrors & ~sv_port_bit(f->in);
    if (br->flags & SV_BRIDGE_VLAN_AWARE)
        ports &= sv_bvlan_of(br, f->tag.vid)->members;
    return ports;
}

static void sv_bridge_flood(struct sv_bridge *br, struct sv_bframe *f, uint64_t ports)
{
    if (sv_bport_of(br, f->in)->config.flags & SV_BPORT_ISOLATED)
        ports &= ~br->isolated;
    if (!ports) {
        sv_bridge_drop(br, SV_DROP_NO_EGRESS, f->b, f->in);
        return;
    }
    br->flooded++;
    sv_bridge_event(br, SV_BRIDGE_FLOODED, f->in, f->tag.vid, sv_port_count(ports), f->dst, f->b->id);
    sv_bridge_out(br, f, ports);
}

static void sv_bridge_unicast(struct sv_bridge *br, struct sv_bframe *f)
{
    const uint64_t reach = sv_bridge_reach(br, f);
    const uint32_t i = sv_station_find(br, f->dst, f->tag.vid);
    if (i == SV_NONE) {
        if (sv_bridge_storm(br, f, SV_STORM_UNKNOWN))
            sv_bridge_flood(br, f, reach);
        else
            sv_bridge_drop(br, SV_DROP_STORM, f->b, f->in);
        return;
    }
    const sv_port to = sv_station_of(br, i)->port;
    enum sv_drop why = SV_DROP_NONE;
    if (to == f->in)
        why = SV_DROP_SAME_PORT;
    else if (!(reach & sv_port_bit(to)))
        why = SV_DROP_NO_EGRESS;
    else if (br->isolated & sv_port_bit(to) && br->isolated & sv_port_bit(f->in))
        why = SV_DROP_ISOLATED;
    if (why != SV_DROP_NONE) {
        sv_bridge_drop(br, why, f->b, f->in);
        return;
    }
    br->forwarded++;
    sv_bridge_event(br, SV_BRIDGE_FORWARDED, f->in, f->tag.vid, to, f->dst, f->b->id);
    sv_bridge_out(br, f, sv_port_bit(to));
}

static void sv_bridge_group(struct sv_bridge *br, struct sv_bframe *f)
{
    uint64_t ports = sv_bridge_reach(br, f);
    f->b->flags |= SV_BUF_BROADCAST;
    if (br->flags & SV_BRIDGE_SNOOPING && !sv_mac_equal(f->dst, sv_mac_broadcast))
        ports = sv_bridge_snoop(br, f, ports);
    sv_bridge_flood(br, f, ports);
}

/* What is meant for the switch itself, and goes no further. */
static void sv_bridge_reserved(struct sv_bridge *br, struct sv_bframe *f)
{
    if (f->dst[5] == 0x00)
        sv_bridge_bpdu(br, f);
    else if (f->type == SV_ETHERTYPE_LLDP && br->flags & SV_BRIDGE_LLDP)
        sv_bridge_lldp(br, f);
    else
        sv_bridge_drop(br, SV_DROP_RESERVED_GROUP, f->b, f->in);
}

/* True: it may be forwarded. Else it was dropped. */
static bool sv_bridge_judge(struct sv_bridge *br, struct sv_bframe *f)
{
    struct sv_bport *p = sv_bport_of(br, f->in);
    enum sv_drop why = sv_bridge_admit(br, p, f);
    if (why == SV_DROP_NONE && !p->learning)
        why = SV_DROP_PORT_BLOCKED;
    if (why == SV_DROP_NONE && sv_mac_is_group(f->dst) &&
        !sv_bridge_storm(br, f, sv_mac_equal(f->dst, sv_mac_broadcast) ? SV_STORM_BROADCAST : SV_STORM_MULTICAST))
        why = SV_DROP_STORM;
    if (why == SV_DROP_NONE && !(p->config.flags & SV_BPORT_NO_LEARNING) && !sv_station_learn(br, f))
        why = SV_DROP_STATION_REFUSED;
    if (why == SV_DROP_NONE && !p->forwarding)
        why = SV_DROP_PORT_BLOCKED;
    if (why == SV_DROP_NONE && sv_mac_equal(f->dst, br->mac))
        why = SV_DROP_NOT_FOR_US; /* the switch has an address, but speaks to nobody */
    if (why != SV_DROP_NONE)
        sv_bridge_drop(br, why, f->b, f->in);
    return why == SV_DROP_NONE;
}

static void sv_bridge_frame(struct sv_bridge *br, sv_port in, struct sv_buf *b)
{
    struct sv_bport *p = sv_bport_of(br, in);
    struct sv_bframe f = {.b = b, .in = in};
    b->id = ++br->core.packet_id;
    p->packets_in += b->segments ? b->segments : 1u;
    p->bytes_in += b->length;
    if (sv_core_traced(&br->core))
        sv_frame_trace(&br->core, SV_TRACE_FRAME_IN, b, in);
    enum sv_drop why = SV_DROP_NONE;
    if (!p->up)
        why = SV_DROP_INTERFACE_DOWN;
    else if (br->mirrors & sv_port_bit(in))
        why = SV_DROP_MIRROR_PORT;
    else
        why = sv_bridge_parse(br, p, &f);
    if (why != SV_DROP_NONE) {
        sv_bridge_drop(br, why, b, in);
        return;
    }
    if (SV_UNLIKELY(br->mirrors))
        sv_bridge_mirror(br, in, b, false);
    if (sv_mac_is_reserved(f.dst)) {
        sv_bridge_reserved(br, &f);
        return;
    }
    if (!sv_bridge_judge(br, &f))
        return;
    if (f.type == SV_ETHERTYPE_ARP && !sv_bridge_arp(br, &f))
        return;
    if (sv_mac_is_group(f.dst))
        sv_bridge_group(br, &f);
    else
        sv_bridge_unicast(br, &f);
}

void sv_bridge_receive(struct sv_bridge *br, sv_port in, struct sv_burst *take, sv_time now)
{
    SV_ASSERT(in < br->ports);
    (void)sv_core_clock(&br->core, now);
    for (uint32_t k = 0; k < take->n; k++) {
        if (k + 1u < take->n)
            SV_PREFETCH(sv_buf_head(take->packet[k + 1u]));
        sv_bridge_frame(br, in, take->packet[k]);
    }
    take->n = 0;
}
