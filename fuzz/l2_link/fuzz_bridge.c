/* SPDX-License-Identifier: BSD-2-Clause */
/* A switch with everything on and little room, fed frames of any bytes: input is the configuration's flags, then
 * records of {length 1, port and wait 1, frame}; the checksums of messages about groups are put right when the second
 * byte's top bit is set. Checks every invariant and that nothing leaks. */
#define SWORLD_BUFS 512u
#include "core/packet_sum.h"
#include "l3_network/ip6_wire.h"
#include "tests/support/switch_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_ports(struct sworld *w, struct sv_bridge *br)
{
    enum sv_err e = SV_OK;
    (void)sworld_port(w, br, (struct sv_bridge_port_config){.pvid = 10, .flags = SV_BPORT_ONLY_UNTAGGED, .arp = 5});
    (void)sworld_port(w, br, (struct sv_bridge_port_config){.pvid = 1, .storm = {20, 20, 20}, .stations = 2});
    (void)sworld_port(w, br, (struct sv_bridge_port_config){.pvid = 100, .flags = SV_BPORT_TUNNEL | SV_BPORT_ISOLATED});
    (void)sworld_port(w, br,
                      (struct sv_bridge_port_config){.pvid = 10, .flags = SV_BPORT_FAST_LEAVE | SV_BPORT_ISOLATED});
    (void)sworld_port(w, br, (struct sv_bridge_port_config){.mirror_in = 3, .mirror_out = 12});
    for (sv_port p = 0; p < 4 && e == SV_OK; p++)
        for (uint32_t vid = 10; vid < 13 && e == SV_OK; vid++)
            e = sv_bridge_vlan_add(br, p, vid, p == 1);
    if (e == SV_OK)
        e = sv_bridge_vlan_add(br, 2, 100, false);
    SV_ASSERT(e == SV_OK);
}

/* IGMP, and MLD behind a router alert. */
static void repair(uint8_t *f, uint32_t n)
{
    const uint32_t at = n > 18 && sv_get_u16(f + 12) == 0x8100 ? 18 : 14;
    if (n < at + 28u)
        return;
    uint8_t *ip = f + at;
    const uint32_t header = (ip[0] & 15u) * 4u, total = sv_get_u16(ip + 2), payload = sv_get_u16(ip + 4);
    if (ip[0] >> 4 == 4 && ip[9] == 2 && total >= header + 8u && total <= n - at) {
        sv_put_u16(ip + header + 2, 0);
        sv_sum_store(ip + header + 2, sv_sum(ip + header, total - header, 0));
    } else if (n >= at + 56u && ip[0] >> 4 == 6 && ip[6] == 0 && ip[41] == 0 && payload >= 16 &&
               payload <= n - at - 40u) {
        const struct sv_addr src = sv_addr_of_v6_bytes(ip + 8), dst = sv_addr_of_v6_bytes(ip + 24);
        sv_put_u16(ip + 50, 0);
        sv_sum_store(ip + 50,
                     sv_sum_add(sv_pseudo_sum(&src, &dst, 58, payload - 8u), sv_sum(ip + 48, payload - 8u, 0)));
    }
}

static void drain(struct sworld *w, struct sv_bridge *br)
{
    for (sv_port p = 0; p < 5; p++)
        (void)sworld_drain(w, br, p);
}

/* A short time second by second, a long one at once: whoever owns the switch may have slept. */
static void pass(struct sworld *w, struct sv_bridge *br, sv_time by)
{
    const sv_time until = w->now + by, step = by <= 5 * SV_S ? SV_S : by;
    while (w->now < until) {
        w->now = sv_min_u64(until, w->now + step);
        sv_node_expire(sv_bridge_node(br), w->now);
        drain(w, br);
    }
    sv_bridge_check(br);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sworld w;
    if (size < 1)
        return 0;
    /* Who asks must listen. */
    const uint32_t flags = data[0] & SV_BRIDGE_QUERIER ? data[0] | (uint32_t)SV_BRIDGE_SNOOPING : data[0];
    const struct sv_bridge_config c = {
        .flags = flags, .overflow = size % 3, .stations = 4, .groups = 3, .bindings = 4, .lldp_neighbours = 2};
    sworld_open(&w);
    struct sv_bridge *br = sworld_switch(&w, &c, 0);
    add_ports(&w, br);
    data++;
    size--;
    for (uint32_t turns = 0; size >= 2 && turns < 200; turns++) {
        const uint32_t n = data[0] < size - 2 ? data[0] : (uint32_t)size - 2;
        uint8_t f[256];
        memcpy(f, data + 2, n);
        if (data[1] & 0x80)
            repair(f, n);
        sworld_in(&w, br, data[1] % 5, f, n);
        if (data[1] >= 0xf0)
            pass(&w, br, (300 * SV_MS) << sv_min_u32(data[1] & 15u, 10));
        if (data[1] == 0xef)
            sv_bridge_port_set_up(br, 1, sworld_info(br, 1).up == 0, w.now);
        if (turns % 8 == 7)
            drain(&w, br);
        data += 2 + n;
        size -= 2 + n;
    }
    sv_bridge_check(br);
    drain(&w, br);
    SV_ASSERT(sworld_held(&w) == 0);
    return 0;
}
