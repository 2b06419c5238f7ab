/* SPDX-License-Identifier: BSD-2-Clause */
/* Reassembly against a simple model. Records of four bytes {id and flags, offset / 8, length, wait}: pieces of four
 * datagrams whose true bytes are known, now and then with a byte changed. What comes out must be the true bytes. */
#define WORLD_BUFS 1024u
#define WORLD_SLABS 256u
#include "tests/support/net_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t truth(uint32_t id, uint32_t at)
{
    return (uint8_t)(at * 7 + id * 13 + at / 251);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static struct world_frame out;
    world_again(&w);
    struct world_host *h = world_add(&w, 1500, false);
    for (; size >= 4; data += 4, size -= 4) {
        static uint8_t p[3000], f[3100];
        const uint32_t id = data[0] & 3u, offset = data[1] * 8u;
        const bool more = (data[0] & 4u) != 0, lie = (data[0] & 0xf8u) == 0xf8u;
        const uint32_t n = more && (data[0] & 8u) == 0 ? data[2] / 8u * 8u : data[2];
        for (uint32_t i = 0; i < n; i++)
            p[i] = truth(id, offset + i);
        if (lie && n > 0)
            p[n / 2] ^= 0x55;
        const uint32_t length = world_ip(f, HOST1, IP(10, 0, 0, 9), IP(10, 0, 0, 1), 99, (uint16_t)id,
                                         (uint16_t)(data[1] | (more ? 0x2000u : 0)), p, n);
        struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, 64);
        if (!b)
            break; /* as many as it may hold are held */
        const bool room = sv_buf_append(b, f + 14, length - 14, SV_WANT_DATA);
        struct sv_ip_hdr ip;
        const enum sv_drop good = sv_ip4_parse(b, &ip, 0);
        SV_ASSERT(room && good == SV_DROP_NONE);
        world_advance(&w, data[3] * (100 * SV_MS));
        if (sv_ip_is_fragment(&ip) && (b = sv_fragment_receive(&h->core, &h->net, 0, b, &ip)) != NULL && !lie) {
            uint32_t wrong = 0;
            for (uint32_t i = 20; i < b->length; i++) {
                uint8_t byte;
                const bool read = sv_buf_read(b, i, &byte, 1);
                SV_ASSERT(read);
                wrong += byte != truth(id, i - 20);
            }
            SV_ASSERT(wrong <= 128); /* only bytes that a lie brought first */
            SV_ASSERT(b->length == ip.total_length);
        }
        sv_buf_free(b);
        sv_fragments_check(&h->core, &h->net.fragments);
        while (world_out(&w, h, &out)) {}
    }
    world_advance(&w, 100 * SV_S);
    while (world_out(&w, h, &out)) {}
    SV_ASSERT(h->net.fragments.datagrams == 0);
    SV_ASSERT(world_held(&w) == h->net.link.neighbours.held);
    return 0;
}
