/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of any bytes, with pauses between them, into a host that answers ARP, ICMP, UDP: input is records of
 * {length 1, wait in 128 ms units and whether to repair checksums 1, frame}.
 * Checks every invariant and that nothing leaks. */
#define WORLD_BUFS 64u
#define WORLD_SLABS 128u
#include "tests/support/net_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static struct world_frame out;
    world_again(&w);
    struct world_host *h = world_add(&w, 1500, size % 2 != 0);
    const struct sv_udp_binding b = {
        .local = sv_addr_v4(0, 0, 0, 0), .port = 9, .kind = SV_UDP_DATAGRAM, .interface = SV_NO_PORT};
    uint32_t s;
    const enum sv_err err = sv_udp_bind(&h->core, &h->net, &h->udp, &b, &s);
    SV_ASSERT(err == SV_OK);
    h->net.forward = size % 3 == 0;
    while (size >= 2) {
        const uint32_t n = sv_min_u32(data[0], (uint32_t)size - 2);
        uint8_t f[256];
        memcpy(f, data + 2, n);
        if (data[1] % 2 != 0 && n > 34)
            world_repair(f + 14, n - 14);
        world_advance(&w, data[1] / 2 * (128 * SV_MS));
        world_in(&w, h, f, n);
        while (world_out(&w, h, &out)) {}
        data += 2 + n;
        size -= 2 + n;
    }
    world_check(&w);
    sv_udp_unbind(&h->core, &h->udp, s);
    world_advance(&w, 200 * SV_S);
    while (world_out(&w, h, &out)) {}
    world_check(&w);
    SV_ASSERT(world_held(&w) == 0);
    return 0;
}
