/* SPDX-License-Identifier: BSD-2-Clause */
/* A switch with everything on and little room, fed frames of any bytes: input is the configuration's flags, then
 * records of {length 1, port and wait 1, frame}. Checks every invariant and that nothing leaks. */
#define SWORLD_BUFS 512u
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sworld w;
    if (size < 1)
        return 0;
    const struct sv_bridge_config c = {.flags = data[0] & 0x7fu,
                                       .overflow = size % 3,
                                       .stations = 4,
                                       .groups = 3,
                                       .bindings = 4,
                                       .lldp_neighbours = 2};
    sworld_open(&w);
    struct sv_bridge *br = sworld_switch(&w, &c, 0);
    add_ports(&w, br);
    data++;
    size--;
    for (uint32_t turns = 0; size >= 2 && turns < 200; turns++) {
        const uint32_t n = data[0] < size - 2 ? data[0] : (uint32_t)size - 2;
        uint8_t f[256];
        memcpy(f, data + 2, n);
        sworld_in(&w, br, data[1] % 5, f, n);
        if (data[1] >= 0xf0)
            (void)sworld_advance(&w, (data[1] & 15) * (300 * SV_MS));
        if (data[1] == 0xef)
            sv_bridge_port_set_up(br, 1, sworld_info(br, 1).up == 0, w.now);
        for (sv_port p = 0; p < 5 && turns % 8 == 7; p++)
            (void)sworld_drain(&w, br, p);
        data += 2 + n;
        size -= 2 + n;
    }
    sv_bridge_check(br);
    for (sv_port p = 0; p < 5; p++)
        (void)sworld_drain(&w, br, p);
    SV_ASSERT(sworld_held(&w) == 0);
    return 0;
}
