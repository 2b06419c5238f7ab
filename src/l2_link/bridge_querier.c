/* SPDX-License-Identifier: BSD-2-Clause */
/* The switch as a querier (RFC 3376 §6.6, RFC 3810 §7.6, RFC 4541 §2.1.1): who joined a group says so only when asked,
 * and where no router is nobody asks. Then the switch does, in every VLAN, until somebody else is heard who comes
 * before it. A VLAN's turn comes by its number, so that 4,000 of them are not asked in one second. */
#include "core/addr.h"
#include "l2_link/bridge.h"
#include "l2_link/snoop_wire.h"

#define SV_ASK_EVERY_S 125u /* RFC 3376 §8.2 */
#define SV_ASK_AGAIN_S 31u  /* §8.6: at the beginning, a quarter of that */
#define SV_ASK_SPREAD 8u    /* seconds over which the VLANs are asked */

void sv_querier_init(struct sv_bridge *br, const struct sv_addr *four)
{
    const uint8_t *mac = br->mac;
    br->querier4 = sv_addr_is_v4(four) ? *four : sv_addr_of_v4(0);
    br->querier6 = (struct sv_addr){{0xfe, 0x80, 0, 0, 0, 0, 0, 0, (uint8_t)(mac[0] ^ 2u), mac[1], mac[2], 0xff, 0xfe,
                                     mac[3], mac[4], mac[5]}}; /* RFC 4291 appendix A */
    br->querier_since_s = sv_bridge_second(br);
}

void sv_querier_ask(struct sv_bridge *br, uint32_t vid, const struct sv_addr *group, uint64_t ports)
{
    const bool six = !sv_addr_is_v4(group);
    const struct sv_addr *src = six ? &br->querier6 : &br->querier4;
    struct sv_bframe f = {.type = six ? SV_ETHERTYPE_IP6 : SV_ETHERTYPE_IP4,
                          .header_bytes = SV_ETH_HDR_LEN,
                          .tag = {.tpid = SV_TPID_CUSTOMER, .vid = (uint16_t)vid},
                          .in = SV_NO_PORT};
    uint8_t packet[SV_SNOOP_QUERY_BYTES];
    struct sv_snoop_msg m;
    ports &= br->up & br->forwarding & ~br->mirrors;
    if (!ports)
        return;
    const uint32_t n = sv_snoop_query_emit(src, group, SV_ASK_EVERY_S, packet);
    const enum sv_drop why = sv_snoop_head(packet, n, f.type, &m);
    SV_ASSERT(why == SV_DROP_NONE);
    sv_snoop_mac(&m.dst, f.dst);
    sv_memcpy(f.src, br->mac, SV_MAC_BYTES);
    f.b = sv_buf_alloc(sv_core_pool(&br->core), SV_WANT_CONTROL, br->core.account);
    if (!f.b) {
        sv_bridge_drop(br, SV_DROP_NO_MEMORY, NULL, sv_port_first(ports));
        return;
    }
    sv_memcpy(sv_buf_push(f.b, (uint16_t)n), packet, n);
    sv_eth_emit(f.b, f.dst, f.src, f.type);
    f.b->segments = 1;
    f.b->id = ++br->core.packet_id;
    sv_bridge_out(br, &f, ports);
}

static void sv_querier_ask_all(struct sv_bridge *br, uint32_t vid)
{
    static const struct sv_addr any6 = {{0}};
    const struct sv_addr any4 = sv_addr_of_v4(0);
    const bool aware = (br->flags & SV_BRIDGE_VLAN_AWARE) != 0;
    const uint64_t ports = aware ? sv_bvlan_of(br, vid)->members : vid == SV_VLAN_DEFAULT ? br->up : 0;
    if (ports && sv_querier_is_ours(br, vid, 4))
        sv_querier_ask(br, vid, &any4, ports);
    if (ports && sv_querier_is_ours(br, vid, 6))
        sv_querier_ask(br, vid, &any6, ports);
}

/* At the first, the thirty-second, and then each 125th second. */
static bool sv_querier_due(uint32_t age_s)
{
    return age_s == 1 || (age_s > SV_ASK_AGAIN_S && (age_s - SV_ASK_AGAIN_S - 1u) % SV_ASK_EVERY_S == 0);
}

void sv_querier_tick(struct sv_bridge *br)
{
    const uint32_t age_s = sv_bridge_second(br) - br->querier_since_s;
    for (uint32_t slot = 0; slot < SV_ASK_SPREAD; slot++)
        if (age_s >= slot && sv_querier_due(age_s - slot))
            for (uint32_t vid = (slot + 1u) % SV_ASK_SPREAD; vid < SV_BRIDGE_VLANS; vid += SV_ASK_SPREAD)
                sv_querier_ask_all(br, vid);
}
