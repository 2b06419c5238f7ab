/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/link_local4.h"

#include "l3_network/net.h"
#include "seven/stack.h"

struct sv_addr sv_link_local4_choice(const struct sv_siphash_key *key, const uint8_t mac[6], uint32_t n)
{
    uint8_t bytes[12];
    sv_memcpy(bytes, mac, 6);
    sv_put_u16(bytes + 6, 3927);
    sv_put_u32(bytes + 8, n);
    /* 254 * 256 addresses: the first and last 256 of the prefix are reserved. A hash spreads them evenly enough. */
    const uint32_t pick = (uint32_t)(((sv_siphash24(key, bytes, sizeof bytes) >> 32) * 65024u) >> 32);
    return sv_addr_of_v4(0xa9fe0100u + pick);
}

static void sv_link_local4_choose(struct sv_core *c, struct sv_net *net, sv_port port, uint32_t conflicts)
{
    const struct sv_interface *i = sv_interface_of(&net->link.interfaces, port);
    /* Another host's that we know of is passed over: a few tries find a free one among 65,024. */
    for (uint32_t n = conflicts; n < conflicts + 4u; n++) {
        const struct sv_addr addr = sv_link_local4_choice(&net->nd.stable_key, i->mac, n);
        const struct sv_net_address want = {
            .port = port, .addr = addr, .prefix_bits = SV_ADDR_V4_BITS + 16u, .flags = SV_ADDRESS_LINK_LOCAL};
        uint32_t index;
        if (sv_net_address_make(c, net, &want, &index) != SV_OK)
            continue;
        sv_address_of(&net->addresses, index)->dad_counter = (uint8_t)sv_min_u32(n, 255);
        return;
    }
}

void sv_link_local4_begin(struct sv_core *c, struct sv_net *net, sv_port port)
{
    for (uint32_t i = 0; i < net->addresses.ceiling; i++) {
        const struct sv_address *a = sv_address_of(&net->addresses, i);
        if (a->state != SV_ADDRESS_FREE && a->state <= SV_ADDRESS_CONFLICT && a->port == port &&
            sv_addr_is_v4(&a->addr))
            return;
    }
    sv_link_local4_choose(c, net, port, 0);
}

bool sv_link_local4_conflict(struct sv_core *c, struct sv_net *net, uint32_t index)
{
    const struct sv_address *a = sv_address_of(&net->addresses, index);
    const sv_port port = a->port;
    const uint32_t conflicts = a->dad_counter + 1u;
    if (conflicts >= SV_LINK_LOCAL4_CONFLICTS)
        return false; /* tried too often: slowly */
    sv_net_address_remove(c, net, index);
    sv_link_local4_choose(c, net, port, conflicts);
    return true;
}
