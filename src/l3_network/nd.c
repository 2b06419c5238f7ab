/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/nd.h"

#include "l2_link/link.h"

void sv_nd_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take, const struct sv_ip_hdr *h)
{
    (void)net;
    (void)h;
    sv_drop(c, SV_DROP_ICMP_IGNORED, take, port, 0);
}

void sv_nd_solicit(struct sv_core *c, struct sv_link *l, sv_port port, const struct sv_addr *source,
                   const struct sv_addr *target, const uint8_t *to)
{
    (void)c;
    (void)l;
    (void)port;
    (void)source;
    (void)target;
    (void)to;
}
