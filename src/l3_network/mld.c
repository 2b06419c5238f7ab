/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/mld.h"

#include "l3_network/multicast.h"

void sv_mld_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take, const struct sv_ip_hdr *h)
{
    (void)net;
    (void)h;
    sv_drop(c, SV_DROP_ICMP_IGNORED, take, port, 0);
}

void sv_multicast_changed(struct sv_core *c, struct sv_net *net, uint32_t index, bool joined)
{
    (void)c;
    (void)net;
    (void)index;
    (void)joined;
}
