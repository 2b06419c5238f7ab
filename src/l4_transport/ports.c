/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/ports.h"

void sv_ports_init(struct sv_ports *p, struct sv_core *c, uint16_t first, uint16_t last)
{
    sv_memset(p, 0, sizeof *p);
    for (uint32_t i = 0; i < SV_COUNT_OF(p->key); i++) {
        p->key[i].k0 = sv_rng_u64(&c->rng[SV_RNG_PORTS]);
        p->key[i].k1 = sv_rng_u64(&c->rng[SV_RNG_PORTS]);
    }
    p->first = first != 0 ? first : SV_PORT_FIRST_DEFAULT;
    p->last = first != 0 ? last : SV_PORT_LAST_DEFAULT;
    SV_ASSERT(p->first <= p->last);
}

uint16_t sv_port_choose(struct sv_ports *p, const struct sv_addr *local, const struct sv_addr *remote,
                        uint16_t remote_port, uint8_t protocol, sv_port_is_free *is_free, void *context)
{
    uint8_t tuple[35];
    sv_memcpy(tuple, local->byte, 16);
    sv_memcpy(tuple + 16, remote->byte, 16);
    sv_put_u16(tuple + 32, remote_port);
    tuple[34] = protocol;
    const uint32_t ports = (uint32_t)p->last - p->first + 1u;
    const uint64_t offset = sv_siphash24(&p->key[0], tuple, sizeof tuple);
    uint32_t *counter = &p->counter[sv_siphash24(&p->key[1], tuple, sizeof tuple) % SV_PORT_COUNTERS];
    for (uint32_t tries = 0; tries < ports; tries++) {
        const uint16_t port = (uint16_t)(p->first + (uint32_t)((offset % ports + *counter % ports) % ports));
        *counter += 1;
        if (is_free(context, port))
            return port;
    }
    return 0;
}
