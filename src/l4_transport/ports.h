/* SPDX-License-Identifier: BSD-2-Clause */
/* The choice of ephemeral ports: RFC 6056 §3.3.4, the double-hash algorithm. An observer who does not know the key
 * cannot guess the next port; one destination's ports come in sequence, so a tuple is reused as late as can be. */
#ifndef SV_L4_PORTS_H
#define SV_L4_PORTS_H

#include "core/addr.h"
#include "core/core.h"

#define SV_PORT_COUNTERS 256u
#define SV_PORT_FIRST_DEFAULT 32768u
#define SV_PORT_LAST_DEFAULT 60999u

struct sv_ports {
    struct sv_siphash_key key;
    uint16_t first, last; /* the range, both included */
    uint32_t counter[SV_PORT_COUNTERS];
};

/* first 0: the default range. */
void sv_ports_init(struct sv_ports *p, struct sv_core *c, uint16_t first, uint16_t last);

/* Is the port free for this tuple? Called during sv_port_choose() only. */
typedef bool sv_port_is_free(void *context, uint16_t port);

/* A free port towards (remote, remote_port), 0 if there is none. At most one look at each of the range. */
uint16_t sv_port_choose(struct sv_ports *p, const struct sv_addr *local, const struct sv_addr *remote,
                        uint16_t remote_port, uint8_t protocol, sv_port_is_free *is_free, void *context);

#endif
