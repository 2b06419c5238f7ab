/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 packets one after another into a host: chains, fragments, ICMPv6, UDP. Each is a length byte, a byte of flags
 * (bit 0: lengths and checksum are repaired; bit 1: to our address; bit 2: from the peer; bit 3: 10 s go by first;
 * bits 4 to 7: where the linear part ends, in 8 bytes) and so many bytes of the packet. Nothing may be lost, nothing
 * kept but what waits for more. */
#define WORLD_BUFS 256u
#define WORLD_SLABS 256u
#include "tests/support/net_world_ip6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The IP packet of n bytes comes in, linear up to `linear`. */
static void one(struct world *w, struct world_host *h, const uint8_t *bytes, uint32_t n, uint32_t linear)
{
    struct sv_buf *b = sv_buf_alloc_slab(w->pool, SV_WANT_DATA, 0, (uint16_t)(SV_SLAB_BYTES - linear));
    if (!b)
        return;
    sv_core_clock(&h->core, w->now);
    if (sv_buf_append(b, bytes, n, SV_WANT_DATA))
        world_ip_in(h, b, false);
    else
        sv_buf_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static struct world_frame out;
    world_again(&w);
    struct world_host *h = world_add(&w, 1500, false);
    world_add_ip6(&w, h);
    const struct sv_addr us = world_addr6(1), peer = world_addr6(PEER6);
    const struct sv_udp_binding echo = {.kind = SV_UDP_ECHO, .port = 1, .interface = SV_NO_PORT};
    const struct sv_udp_binding udp = {.kind = SV_UDP_DATAGRAM, .port = 7, .interface = SV_NO_PORT};
    uint32_t index;
    const bool bound = sv_udp_bind(&h->core, &h->net, &h->udp, &echo, &index) == SV_OK &&
                       sv_udp_bind(&h->core, &h->net, &h->udp, &udp, &index) == SV_OK;
    SV_ASSERT(bound);
    for (size_t at = 0; at + 2 < size;) {
        uint8_t bytes[256];
        const uint32_t n = sv_min_u32(data[at], (uint32_t)(size - at - 2));
        const uint8_t flags = data[at + 1];
        memcpy(bytes, data + at + 2, n);
        at += n + 2;
        if (flags & 2u && n >= 40)
            memcpy(bytes + 24, us.byte, 16);
        if (flags & 4u && n >= 40)
            memcpy(bytes + 8, peer.byte, 16);
        if (flags & 1u)
            world_repair6(bytes, n);
        if (flags & 8u)
            world_advance(&w, 10 * SV_S);
        if (n == 0 || bytes[0] >> 4 != 6)
            continue;
        one(&w, h, bytes, n, sv_min_u32(n, (flags >> 4) * 8u + (flags >> 4 == 15 ? 256u : 1u)));
        while (world_out(&w, h, &out))
            SV_ASSERT(out.n <= 14 + 1500 && (out.n < 54 || out.bytes[20] != 58 || world_icmp6_good(&out)));
    }
    world_advance(&w, 120 * SV_S);
    while (world_out(&w, h, &out)) {}
    world_check(&w);
    SV_ASSERT(h->net.fragments.datagrams == 0);
    return 0;
}
