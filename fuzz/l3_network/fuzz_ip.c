/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4, ICMP, ICMP errors and UDP over any bytes in any two pieces; first byte: where the linear part ends. The
 * header's checksum is repaired when the second byte is odd, so that what is behind it is reached. */
#include "tests/support/net_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    if (!w.memory)
        world_open(&w);
    if (size < 4 || size > 1500)
        return 0;
    uint8_t bytes[1500];
    const uint32_t n = (uint32_t)size - 2, linear = sv_min_u32(data[0], n);
    memcpy(bytes, data + 2, n);
    if (data[1] % 2 != 0)
        world_repair(bytes, n);
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, (uint16_t)(SV_SLAB_BYTES - linear));
    const bool room = sv_buf_append(b, bytes, n, SV_WANT_DATA);
    SV_ASSERT(room);
    struct sv_ip_hdr ip;
    if (sv_ip4_parse(b, &ip, 0) == SV_DROP_NONE) {
        SV_ASSERT(b->length == ip.total_length);
        SV_ASSERT(b->linear_length >= ip.header_length);
        struct sv_icmp_hdr icmp;
        struct sv_icmp_error about;
        struct sv_udp_hdr udp;
        if (ip.protocol == SV_PROTO_UDP && sv_udp_parse(b, &ip, &udp, 0) == SV_DROP_NONE)
            SV_ASSERT((uint32_t)(b->payload - b->head) + udp.length - 8u == b->length);
        if (ip.protocol == SV_PROTO_ICMP && sv_icmp_parse(b, &icmp, 0) == SV_DROP_NONE &&
            sv_icmp_error_parse(b, &ip, &icmp, &about) == SV_DROP_NONE)
            SV_ASSERT(about.code != SV_ICMP_FRAGMENTATION_NEEDED || about.type != 3 || about.mtu >= 1);
    }
    sv_buf_free(b);
    SV_ASSERT(world_held(&w) == 0);
    return 0;
}
