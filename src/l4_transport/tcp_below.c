/* SPDX-License-Identifier: BSD-2-Clause */
/* What TCP asks of the network layer: routes, the next hop's entry, our addresses. */
#include "l3_network/net.h"
#include "l4_transport/tcp_internal.h"

static struct sv_net *sv_tcp_net(const struct sv_tcp *tcp)
{
    return (struct sv_net *)(uintptr_t)((intptr_t)tcp + (intptr_t)tcp->net_at);
}

const struct sv_addr *sv_tcp_address(const struct sv_tcp *tcp, uint32_t local)
{
    return &sv_address_of(&sv_tcp_net(tcp)->addresses, local)->addr;
}

void sv_tcp_local_pin(struct sv_tcp *tcp, uint32_t local)
{
    sv_address_hold(&sv_tcp_net(tcp)->addresses, local);
}

void sv_tcp_local_unpin(struct sv_tcp *tcp, uint32_t local)
{
    sv_address_release(sv_tcp_core(tcp), &sv_tcp_net(tcp)->addresses, local);
}

bool sv_tcp_find_path(struct sv_tcp *tcp, const struct sv_addr *remote, uint32_t local, struct sv_tcp_path *path)
{
    struct sv_core *core = sv_tcp_core(tcp);
    struct sv_net *net = sv_tcp_net(tcp);
    struct sv_ip_path way;
    const struct sv_addr src = *sv_tcp_address(tcp, local);
    return sv_ip_find_path(core, net, remote, &src, SV_NO_PORT, &way) == SV_OK &&
           sv_tcp_pin_path(tcp, &way, local, path);
}

bool sv_tcp_pin_path(struct sv_tcp *tcp, const struct sv_ip_path *way, uint32_t local, struct sv_tcp_path *path)
{
    struct sv_core *core = sv_tcp_core(tcp);
    struct sv_net *net = sv_tcp_net(tcp);
    if (way->kind != SV_PATH_UNICAST && way->kind != SV_PATH_LOOP)
        return false;
    path->neighbour = SV_NONE; /* ourselves */
    if (way->kind == SV_PATH_UNICAST) {
        path->neighbour = sv_neighbour_get(core, &net->link, way->port, &way->next_hop, &way->src);
        if (path->neighbour == SV_NONE)
            return false;
        sv_neighbour_hold(&net->link.neighbours, path->neighbour);
    }
    path->local = local;
    path->interface = (uint16_t)way->port;
    path->mtu = (uint16_t)sv_min_u32(way->mtu, 65535u);
    path->ttl = sv_ip_default_ttl(net, way->port, &way->next_hop);
    sv_tcp_local_pin(tcp, local);
    return true;
}

void sv_tcp_forget_path(struct sv_tcp *tcp, const struct sv_tcp_path *path)
{
    if (path->neighbour != SV_NONE)
        sv_neighbour_release(&sv_tcp_net(tcp)->link.neighbours, path->neighbour);
    sv_tcp_local_unpin(tcp, path->local);
}

void sv_tcp_path_drop(struct sv_tcb *t)
{
    const struct sv_tcp_path path = {.local = t->h->local, .neighbour = t->h->neighbour};
    if (t->h->interface != SV_TCP_NO_PATH)
        sv_tcp_forget_path(t->tcp, &path);
}

SV_HOT void sv_tcp_path_works(struct sv_tcb *t)
{
    struct sv_net *net = sv_tcp_net(t->tcp);
    if (t->h->neighbour != SV_NONE)
        sv_neighbour_confirm(t->core, &net->link, &net->link.neighbours, t->h->neighbour);
}

void sv_tcp_path_fails(struct sv_tcb *t)
{
    if (t->h->neighbour != SV_NONE)
        sv_neighbour_doubt(t->core, &sv_tcp_net(t->tcp)->link, t->h->neighbour);
}

uint16_t sv_tcp_mss_for(const struct sv_tcp *tcp, sv_port port, const struct sv_addr *remote)
{
    const uint32_t headers = sv_addr_is_v4(remote) ? 40 : 60;
    uint32_t mtu = sv_tcp_interface(tcp, port)->mtu;
    if (SV_UNLIKELY(tcp->habits.mss_of_path))
        mtu = sv_pmtu_of(sv_tcp_core(tcp), &sv_tcp_net(tcp)->pmtu, remote, mtu);
    const uint32_t most = tcp->teach.mss ? tcp->teach.mss : 65535u;
    return (uint16_t)sv_min_u32(mtu > headers + 64u ? mtu - headers : 64u, most);
}

void sv_tcp_set_mtu(struct sv_tcp *tcp, sv_port port, uint32_t mtu)
{
    sv_tcp_interface(tcp, port)->mtu = mtu;
}
