/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/ports.h"

void sv_ports_init(struct sv_ports *p, struct sv_core *c, uint16_t first, uint16_t last)
{
    sv_memset(p, 0, sizeof *p);
    p->key.k0 = sv_rng_u64(&c->rng[SV_RNG_PORTS]);
    p->key.k1 = sv_rng_u64(&c->rng[SV_RNG_PORTS]);
    p->first = first != 0 ? first : SV_PORT_FIRST_DEFAULT;
    p->last = first != 0 ? last : SV_PORT_LAST_DEFAULT;
    SV_ASSERT(p->first <= p->last);
}

/* F and G of the RFC are the halves of one keyed hash: of a pseudo-random 64 bits, either half tells nothing of
 * the other. */
static uint64_t sv_port_hash(const struct sv_ports *p, const struct sv_addr *local, const struct sv_addr *remote,
                             uint16_t remote_port, uint8_t protocol)
{
    const uint32_t rest = (uint32_t)protocol << 16 | remote_port;
    if (SV_LIKELY(sv_addr_is_v4(local) && sv_addr_is_v4(remote))) {
        const uint64_t pair = sv_addr_v4_number(local) | (uint64_t)sv_addr_v4_number(remote) << 32;
        return sv_siphash24_2(&p->key, pair, sv_sip_last(rest, 11));
    }
    uint8_t tuple[36];
    sv_memcpy(tuple, local->byte, 16);
    sv_memcpy(tuple + 16, remote->byte, 16);
    sv_put_u32(tuple + 32, rest);
    return sv_siphash24(&p->key, tuple, sizeof tuple);
}

uint16_t sv_port_choose(struct sv_ports *p, const struct sv_addr *local, const struct sv_addr *remote,
                        uint16_t remote_port, uint8_t protocol, sv_port_is_free *is_free, void *context)
{
    const uint32_t ports = (uint32_t)p->last - p->first + 1u;
    const uint64_t hash = sv_port_hash(p, local, remote, remote_port, protocol);
    uint32_t *counter = &p->counter[(hash >> 32) % SV_PORT_COUNTERS];
    for (uint32_t tries = 0; tries < ports; tries++) {
        const uint16_t port = (uint16_t)(p->first + (uint32_t)(((hash & 0xffffffffu) + *counter) % ports));
        *counter += 1;
        if (is_free(context, port))
            return port;
    }
    return 0;
}
