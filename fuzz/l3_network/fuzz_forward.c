/* SPDX-License-Identifier: BSD-2-Clause */
/* Any packet through a router with a list, source checks and MSS clamping. The first byte chooses the list, the second
 * where the linear part ends; the header's checksum is repaired. Whatever comes: nothing is kept, nothing is written
 * into the sender's bytes. */
#include "l3_network/forward.h"
#include "tests/support/net_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void configure(struct world *w, struct world_host *h, uint8_t how)
{
    const struct sv_addr all = sv_addr_v4(0, 0, 0, 0), gateway = sv_addr_v4(10, 0, 0, 9);
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
    struct sv_acl_info l = {.size = sizeof l, .action = how % 3, .in = SV_NO_PORT, .out = SV_NO_PORT};
    const enum sv_err put = sv_route_insert(&h->net.routes, &all, 96, &gateway, 0, 0);
    const bool known = sv_neighbour_set(&h->core, &h->net.link, 0, &gateway, mac);
    const bool room = sv_acl_init(&h->net.acl, w->arena, 4);
    SV_ASSERT(put == SV_OK && known && room);
    h->net.forward = 1;
    sv_interface_of(&h->net.link.interfaces, 0)->flags |=
        SV_IF_CLAMP_MSS | (how & 4 ? SV_IF_RPF_STRICT : SV_IF_RPF_LOOSE);
    sv_interface_of(&h->net.link.interfaces, 0)->mtu = how & 8 ? 576 : 1500;
    l.protocol = how & 16 ? 6 : 0;
    l.dst_port_first = how & 32 ? 1 : 0;
    l.dst_port_last = how & 32 ? 1024 : 0;
    l.established = how & 64 ? 1 : 0;
    SV_ASSERT(sv_acl_append(&h->net.acl, &l) == SV_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static struct world_frame out;
    if (size < 22 || size > 1500)
        return 0;
    world_again(&w);
    struct world_host *h = world_add(&w, 1500, false);
    configure(&w, h, data[0]);
    uint8_t bytes[1500], before[1500], after[1500];
    const uint32_t n = (uint32_t)size - 2, linear = sv_min_u32(data[1], n);
    memcpy(bytes, data + 2, n);
    world_repair(bytes, n);
    struct sv_buf *b = sv_buf_alloc_slab(w.pool, SV_WANT_DATA, 0, (uint16_t)(SV_SLAB_BYTES - linear));
    const bool room = sv_buf_append(b, bytes, n, SV_WANT_DATA);
    SV_ASSERT(room && sv_buf_read(b, 0, before, n));
    struct sv_buf *copy = sv_buf_clone(b, SV_WANT_DATA);
    struct sv_ip_hdr ip;
    enum sv_drop why = sv_ip4_parse(copy, &ip, 0);
    if (why == SV_DROP_NONE)
        why = sv_ip_accept(&h->core, &h->net, 0, copy, &ip, false);
    if (why == SV_DROP_NOT_FOR_US)
        sv_ip_forward(&h->core, &h->net, 0, copy, &ip);
    else
        sv_buf_free(copy);
    SV_ASSERT(sv_buf_read(b, 0, after, n) && memcmp(before, after, n) == 0);
    sv_buf_free(b);
    world_advance(&w, 30 * SV_S); /* a sender told of a refusal may be nobody: it is asked for in vain */
    while (world_out(&w, h, &out))
        SV_ASSERT(out.n < 34 || sv_get_u16(out.bytes + 12) != SV_ETHERTYPE_IP4 ||
                  sv_sum(out.bytes + 14, (out.bytes[14] & 15u) * 4u, 0) == 0xffff);
    while ((b = sv_ip_next_looped(&h->core, &h->net)) != NULL) /* the sender claimed to be us */
        sv_buf_free(b);
    SV_ASSERT(world_held(&w) == 0);
    return 0;
}
