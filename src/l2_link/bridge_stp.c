/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the spanning tree and the ports: BPDUs in and out, and what the tree decides. */
#include "l2_link/bridge.h"
#include "l2_link/llc_wire.h"

#define SV_FRAME_MIN 60u /* IEEE 802.3 §4A.2.3: shorter ones are padded */

static const uint8_t sv_mac_bridge_group[SV_MAC_BYTES] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x00};

struct sv_stp *sv_bridge_stp(struct sv_bridge *br)
{
    return &br->stp;
}

void sv_bridge_stp_send(struct sv_bridge *br, sv_port port, const struct sv_bpdu *bpdu)
{
    uint8_t frame[SV_FRAME_MIN] = {0};
    struct sv_buf *b = sv_buf_alloc(sv_core_pool(&br->core), SV_WANT_CONTROL, br->core.account);
    if (!b) {
        sv_bridge_drop(br, SV_DROP_NO_MEMORY, NULL, port);
        return;
    }
    struct sv_wr w = sv_wr_of(frame, sizeof frame);
    const uint32_t n = sv_bpdu_emit(bpdu, frame + SV_ETH_HDR_LEN + SV_LLC_BYTES);
    sv_wr_copy(&w, sv_mac_bridge_group, SV_MAC_BYTES);
    sv_wr_copy(&w, br->mac, SV_MAC_BYTES);
    sv_wr_u16(&w, (uint16_t)(SV_LLC_BYTES + n));
    sv_wr_u8(&w, SV_LLC_SAP_STP);
    sv_wr_u8(&w, SV_LLC_SAP_STP);
    sv_wr_u8(&w, SV_LLC_UI);
    sv_memcpy(sv_buf_push(b, sizeof frame), frame, sizeof frame);
    b->l2 = b->head;
    b->segments = 1;
    b->id = ++br->core.packet_id;
    sv_bridge_enqueue(br, port, b);
}

void sv_bridge_states(struct sv_bridge *br, sv_port port)
{
    struct sv_bport *p = sv_bport_of(br, port);
    const uint64_t bit = sv_port_bit(port);
    const bool tree = br->stp.on && br->stp.port[port].takes_part;
    const bool learning = p->up && (tree ? br->stp.port[port].learning : true);
    const bool forwarding = p->up && (tree ? br->stp.port[port].forwarding : true);
    p->learning = learning;
    p->forwarding = forwarding;
    if (forwarding && !(br->forwarding & bit))
        br->querier_since_s = sv_bridge_second(br); /* whoever is there need not wait two minutes to be asked */
    br->up = p->up ? br->up | bit : br->up & ~bit;
    br->learning = learning ? br->learning | bit : br->learning & ~bit;
    br->forwarding = forwarding ? br->forwarding | bit : br->forwarding & ~bit;
}

void sv_bridge_stp_apply(struct sv_bridge *br, sv_port port, bool learning, bool forwarding)
{
    const struct sv_bport *p = sv_bport_of(br, port);
    const uint32_t before = p->forwarding ? SV_STP_FORWARDING : p->learning ? SV_STP_LEARNING : SV_STP_DISCARDING;
    const uint32_t now = forwarding ? SV_STP_FORWARDING : learning ? SV_STP_LEARNING : SV_STP_DISCARDING;
    sv_bridge_states(br, port);
    if (before != now)
        sv_bridge_stp_event(br, SV_STP_STATE, port, before, now);
}

void sv_bridge_stp_flush(struct sv_bridge *br, sv_port port)
{
    sv_stations_flush(br, port, 0);
}

void sv_bridge_stp_event(struct sv_bridge *br, enum sv_stp_event event, sv_port port, uint32_t from, uint32_t to)
{
    SV_TRACE_EVENT(&br->core, SV_TRACE_STP, event, 0, 0, port, from, to);
}

/* A switch where there must be none (somebody's own, plugged in): the port is shut down until it is set up again. */
static void sv_bridge_guard(struct sv_bridge *br, sv_port port)
{
    sv_bridge_stp_event(br, SV_STP_GUARD, port, 0, 0);
    sv_bridge_port_set_up(br, port, false, br->core.now);
    sv_bport_of(br, port)->guarded = 1;
}

/* The first bytes are enough: what a multiple spanning tree says behind them (IEEE 802.1Q §13.8) is not for us. */
void sv_bridge_bpdu(struct sv_bridge *br, struct sv_bframe *f)
{
    uint8_t bytes[SV_FRAME_MIN];
    struct sv_llc_hdr llc = {0};
    struct sv_bpdu bpdu;
    const struct sv_bport *p = sv_bport_of(br, f->in);
    const uint32_t there = f->b->length - f->header_bytes, n = sv_min_u32(there, sizeof bytes);
    enum sv_drop why = SV_DROP_NONE;
    if (p->config.flags & SV_BPORT_BPDU_GUARD) {
        sv_bridge_drop(br, SV_DROP_BPDU_GUARD, f->b, f->in);
        sv_bridge_guard(br, f->in);
        return;
    }
    if (!br->stp.on || !br->stp.port[f->in].takes_part)
        why = SV_DROP_RESERVED_GROUP;
    else if (f->type >= SV_ETHERTYPE_MIN)
        why = SV_DROP_BPDU_MALFORMED;
    else if (!sv_buf_read(f->b, f->header_bytes, bytes, n))
        why = SV_DROP_SHORT_HEADER;
    else
        why = f->type > there ? SV_DROP_LLC_MALFORMED : sv_llc_parse(bytes, n, (uint16_t)sv_min_u32(f->type, n), &llc);
    if (why == SV_DROP_NONE && (llc.dsap != SV_LLC_SAP_STP || llc.ssap != SV_LLC_SAP_STP || llc.control != SV_LLC_UI))
        why = SV_DROP_BPDU_MALFORMED;
    if (why == SV_DROP_NONE)
        why = sv_bpdu_parse(bytes + llc.header_bytes, llc.payload_bytes, &bpdu);
    if (why != SV_DROP_NONE) {
        sv_bridge_drop(br, why, f->b, f->in);
        return;
    }
    sv_buf_free(f->b);
    sv_stp_receive(br, f->in, &bpdu);
}
