/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/segment.h"
#include "l2_link/ethernet.h"
#include "l3_network/forward.h"
#include "l3_network/icmp.h"
#include "l3_network/l4_peek.h"
#include "l3_network/redirect.h"

/* What packets in a row to one next hop share. */
struct sv_forward_run {
    uint32_t group; /* of the routes, if that alone decides; else SV_NONE */
    uint32_t valid;
    uint32_t neighbour;
    struct sv_ip_path path;
};

/* A refusal: the sender is told, the packet goes. */
static void sv_forward_refuse(struct sv_core *c, struct sv_net *net, struct sv_buf *take, const struct sv_ip_hdr *h,
                              enum sv_drop why, enum sv_icmp_reason reason, uint32_t rest)
{
    net->forwarding.told += sv_icmp_tell(c, net, take, h, reason, rest);
    sv_drop(c, why, take, h->port, 0);
}

/* What the table says instead of a way. */
static void sv_forward_no_way(struct sv_core *c, struct sv_net *net, struct sv_buf *take, const struct sv_ip_hdr *h,
                              uint32_t type)
{
    switch (type) {
    case SV_ROUTE_BLACKHOLE:
        sv_drop(c, SV_DROP_ROUTE_REFUSES, take, h->port, 0);
        break;
    case SV_ROUTE_UNREACHABLE:
        sv_forward_refuse(c, net, take, h, SV_DROP_ROUTE_REFUSES, SV_ICMP_TELL_HOST, 0);
        break;
    case SV_ROUTE_PROHIBIT:
        sv_forward_refuse(c, net, take, h, SV_DROP_ROUTE_REFUSES, SV_ICMP_TELL_PROHIBITED, 0);
        break;
    default:
        sv_forward_refuse(c, net, take, h, SV_DROP_NO_ROUTE, SV_ICMP_TELL_NO_ROUTE, 0);
        break;
    }
}

/* The path of one packet, in *run, which may be that of the packet before. False: it went. */
static bool sv_forward_route(struct sv_core *c, struct sv_net *net, struct sv_forward_run *run, uint32_t group,
                             struct sv_buf *take, const struct sv_ip_hdr *h)
{
    const struct sv_routes *routes = &net->routes;
    struct sv_route_result way;
    if (SV_LIKELY(run->valid && group != SV_NONE && group == run->group))
        return true;
    if (SV_UNLIKELY(routes->rules != 0))
        group = sv_route_find_group(routes, &h->src, &h->dst);
    const bool several = group != SV_NONE && sv_route_group_of(routes, group)->spread != SV_NONE;
    const uint32_t hash = several ? sv_l4_flow_hash(&c->secret, take, h) : 0;
    way.type = SV_ROUTE_NONE;
    if (group == SV_NONE || !sv_route_of_group(routes, group, &h->dst, hash, &way)) {
        sv_forward_no_way(c, net, take, h, way.type);
        return false;
    }
    run->group = several || way.on_link || routes->rules ? SV_NONE : group;
    if (run->valid && run->path.port == way.port && sv_addr_equal(&run->path.next_hop, &way.next_hop))
        return true;
    run->valid = 1;
    run->neighbour = SV_NONE;
    run->path = (struct sv_ip_path){.next_hop = way.next_hop, .port = way.port, .generation = way.generation};
    run->path.mtu = sv_interface_of(&net->link.interfaces, way.port)->mtu;
    run->path.kind = SV_PATH_UNICAST;
    if (way.on_link && sv_address_is_broadcast(&net->addresses, way.port, &h->dst))
        run->path.kind = SV_PATH_BROADCAST;
    const uint32_t ours =
        sv_address_select(&net->addresses, way.port, sv_addr_is_v4(&h->dst) ? &way.next_hop : &h->dst);
    run->path.src = ours != SV_NONE ? sv_address_of(&net->addresses, ours)->addr : sv_addr_any_like(&h->dst);
    return true;
}

/* How long the longest packet on the wire will be: a super-frame goes in its segments. */
static uint32_t sv_forward_wire_length(const struct sv_buf *b, const struct sv_ip_hdr *h)
{
    uint8_t offset;
    uint32_t l4 = h->header_length;
    if (SV_LIKELY(!b->gso_size))
        return b->length;
    if (b->flags & SV_BUF_CSUM_PARTIAL && sv_forward_is_behind_extensions(h))
        l4 = b->csum_start - SV_ETH_HDR_LEN;
    if (!sv_buf_read(b, l4 + 12u, &offset, 1))
        return b->length;
    return l4 + (uint32_t)(offset >> 4) * 4u + b->gso_size;
}

/* Source check, list, size. False: it went. */
static bool sv_forward_may_pass(struct sv_core *c, struct sv_net *net, sv_port in, const struct sv_ip_path *path,
                                struct sv_buf *take, const struct sv_ip_hdr *h)
{
    if (SV_UNLIKELY(!sv_forward_source_ok(net, in, h))) {
        sv_drop(c, SV_DROP_SOURCE_CHECK, take, in, 0);
        return false;
    }
    if (SV_UNLIKELY(net->acl.count != 0)) {
        const enum sv_acl_action action = sv_acl_judge(&net->acl, take, h, in, path->port);
        if (action == SV_ACL_REJECT)
            sv_forward_refuse(c, net, take, h, SV_DROP_ACL, SV_ICMP_TELL_PROHIBITED, 0);
        else if (action == SV_ACL_DROP)
            sv_drop(c, SV_DROP_ACL, take, in, 0);
        if (action != SV_ACL_ACCEPT)
            return false;
    }
    const struct sv_interface *out = sv_interface_of(&net->link.interfaces, path->port);
    if (SV_UNLIKELY(path->kind == SV_PATH_BROADCAST) && !(out->flags & SV_IF_DIRECTED_BROADCAST)) {
        sv_drop(c, SV_DROP_BAD_DESTINATION, take, in, 0); /* RFC 2644 */
        return false;
    }
    if (SV_UNLIKELY(sv_forward_wire_length(take, h) > path->mtu) && h->dont_fragment) {
        sv_forward_refuse(c, net, take, h, SV_DROP_TOO_BIG, SV_ICMP_TELL_TOO_BIG, path->mtu);
        return false;
    }
    return true;
}

/* A super-frame whose segments are too long for the way, and may be fragmented: first the one, then the other. */
static void sv_forward_cut(struct sv_core *c, struct sv_net *net, const struct sv_ip_path *path, struct sv_buf *take)
{
    struct sv_segment_plan plan;
    sv_eth_emit(take, sv_mac_broadcast, sv_mac_broadcast, SV_ETHERTYPE_IP4); /* the plan begins there */
    enum sv_drop why = sv_segment_plan(take, &plan);
    for (uint32_t part = 0; why == SV_DROP_NONE && part < plan.parts; part++) {
        struct sv_buf *s = sv_segment_make(&plan, take, part, c->account, c->cpu);
        if (s) {
            sv_buf_pull(s, SV_ETH_HDR_LEN);
            (void)!sv_ip_hand_over(c, net, s, path); /* what fails is counted there */
        } else {
            why = SV_DROP_NO_MEMORY;
        }
    }
    if (why == SV_DROP_NONE)
        sv_buf_free(take);
    else
        sv_drop(c, why, take, path->port, 0);
}

/* To the next hop: at once if its neighbour is known and the packet fits, else the long way. */
static void sv_forward_send(struct sv_core *c, struct sv_net *net, struct sv_forward_run *run, struct sv_buf *take,
                            const struct sv_ip_hdr *h)
{
    struct sv_neighbours *n = &net->link.neighbours;
    const struct sv_interface *out = sv_interface_of(&net->link.interfaces, run->path.port);
    const bool fragments = sv_forward_wire_length(take, h) > run->path.mtu;
    if (SV_UNLIKELY(fragments) && !take->gso_size)
        sv_icmp_finish_sum(take, h, c->cpu); /* no device sums over fragments; others at the interface's queue */
    if (run->path.kind == SV_PATH_UNICAST && !fragments) {
        if (run->neighbour == SV_NONE)
            run->neighbour = sv_neighbour_get(c, &net->link, run->path.port, &run->path.next_hop, &run->path.src);
        const struct sv_neighbour *e = run->neighbour == SV_NONE ? NULL : sv_neighbour_of(n, run->neighbour);
        if (SV_LIKELY(e && e->port == run->path.port && sv_addr_equal(&e->addr, &run->path.next_hop)) &&
            SV_LIKELY(sv_neighbour_use(c, &net->link, n, run->neighbour) == SV_NEIGHBOUR_READY)) {
            sv_eth_emit(take, e->mac, out->mac, h->version == 6 ? SV_ETHERTYPE_IP6 : SV_ETHERTYPE_IP4);
            (void)!sv_interface_enqueue(c, &net->link.interfaces, run->path.port, take);
            return;
        }
    }
    run->valid = 0; /* what the long way does may change the table of neighbours */
    if (SV_UNLIKELY(take->gso_size && fragments))
        sv_forward_cut(c, net, &run->path, take);
    else
        (void)!sv_ip_hand_over(c, net, take, &run->path); /* what fails is counted there */
}

static void sv_forward_one(struct sv_core *c, struct sv_net *net, struct sv_forward_run *run, uint32_t group,
                           sv_port in, struct sv_buf *take, const struct sv_ip_hdr *h)
{
    uint32_t at = 0;
    if (!sv_forward_route(c, net, run, group, take, h) || !sv_forward_may_pass(c, net, in, &run->path, take, h))
        return;
    sv_redirect_consider(c, net, in, take, h, &run->path);
    struct sv_ip_hdr translated;
    if (SV_UNLIKELY(sv_translates(&net->nat, &net->npt6))) {
        translated = *h;
        h = &translated;
        if (sv_translate_out(c, net, in, run->path.port, take, &translated) == SV_NAT_TAKEN)
            return;
    }
    const enum sv_drop why = sv_forward_edit(c, net, in, &run->path, take, h, &at);
    if (why == SV_DROP_BAD_OPTION) {
        sv_forward_refuse(c, net, take, h, why, SV_ICMP_TELL_PARAMETER, at);
        return;
    }
    if (why != SV_DROP_NONE) {
        sv_drop(c, why, take, in, 0);
        return;
    }
    net->forwarding.packets += take->segments;
    net->forwarding.packets6 += h->version == 6 ? take->segments : 0;
    net->forwarding.bytes += take->length;
    sv_forward_send(c, net, run, take, h);
}

/* Those of each version in a row, each with its own lookup. */
static void sv_forward_lookup(const struct sv_core *c, const struct sv_net *net, const struct sv_forward_burst *f,
                              uint32_t *group)
{
    uint32_t four[SV_BURST], place4[SV_BURST], found[SV_BURST], place6[SV_BURST], n4 = 0, n6 = 0;
    struct sv_lpm_key six[SV_BURST];
    four[0] = place4[0] = place6[0] = 0;
    six[0] = (struct sv_lpm_key){0, 0};
    for (uint32_t i = 0; i < f->n; i++) {
        if (f->h[i].version == 4) {
            four[n4] = sv_addr_v4_number(&f->h[i].dst);
            place4[n4++] = i;
        } else {
            six[n6] = sv_lpm_key_of(&f->h[i].dst);
            place6[n6++] = i;
        }
    }
    sv_routes_burst4(&net->routes, four, found, n4, c->cpu);
    for (uint32_t i = 0; i < n4; i++)
        group[place4[i]] = found[i];
    sv_routes_burst6(&net->routes, six, found, n6, c->cpu);
    for (uint32_t i = 0; i < n6; i++)
        group[place6[i]] = found[i];
}

void sv_forward_go(struct sv_core *c, struct sv_net *net, struct sv_forward_burst *f)
{
    uint32_t group[SV_BURST];
    struct sv_forward_run run = {.valid = 0};
    sv_forward_lookup(c, net, f, group);
    for (uint32_t i = 0; i < f->n; i++) {
        const enum sv_drop why = sv_forward_admit(c, net, f->packet[i], &f->h[i]);
        if (SV_LIKELY(why == SV_DROP_NONE))
            sv_forward_one(c, net, &run, group[i], f->in[i], f->packet[i], &f->h[i]);
        else
            sv_drop(c, why, f->packet[i], f->in[i], 0);
    }
    f->n = 0;
}

void sv_forward_add(struct sv_core *c, struct sv_net *net, struct sv_forward_burst *f, sv_port in, struct sv_buf *take,
                    const struct sv_ip_hdr *h)
{
    if (f->n == SV_BURST)
        sv_forward_go(c, net, f);
    f->packet[f->n] = take;
    f->in[f->n] = in;
    f->h[f->n++] = *h;
}

void sv_ip_forward(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *take, const struct sv_ip_hdr *h)
{
    struct sv_forward_burst one;
    one.n = 0;
    sv_forward_add(c, net, &one, in, take, h);
    sv_forward_go(c, net, &one);
}
