/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/udp_table.h"
#include "seven/socket.h"

/* One to each of the others that match a broadcast (RFC 1122 §3.3.6), the packet itself to the last. */
static bool sv_udp_receive_broadcast(struct sv_core *c, struct sv_udp *u, sv_port port, struct sv_buf *take,
                                     const struct sv_udp_key *k)
{
    uint32_t last = SV_NONE;
    bool filtered = false;
    for (uint32_t i = 0; i < u->ceiling; i++) {
        if (sv_udp_score(sv_udp_of(u, i), k) == 0)
            continue;
        if (!sv_udp_group_passes(u, i, k)) {
            filtered = true;
            continue;
        }
        if (last != SV_NONE) {
            struct sv_buf *copy = sv_buf_clone(take, SV_WANT_DATA);
            if (copy)
                sv_udp_queue(c, u, last, port, copy);
            else
                sv_drop(c, SV_DROP_NO_MEMORY, NULL, port, sv_udp_of(u, last)->flow);
        }
        last = i;
    }
    if (last != SV_NONE)
        sv_udp_queue(c, u, last, port, take);
    else if (filtered)
        sv_drop(c, SV_DROP_GROUP_SOURCE, take, port, 0);
    return last != SV_NONE || filtered;
}

bool sv_udp_receive(struct sv_core *c, struct sv_udp *u, sv_port port, struct sv_buf *take, const struct sv_ip_hdr *ip)
{
    struct sv_udp_hdr h;
    const enum sv_drop why = sv_udp_parse(take, ip, &h, c->cpu);
    if (why != SV_DROP_NONE) {
        sv_drop(c, why, take, port, 0);
        return true;
    }
    const struct sv_udp_key k = {ip->dst, ip->src, h.dst_port, h.src_port, SV_UDP_DATAGRAM, ip->is_broadcast, port};
    if (k.broadcast)
        return sv_udp_receive_broadcast(c, u, port, take, &k);
    const uint32_t index = sv_udp_find(u, &k);
    if (index == SV_NONE)
        return false;
    SV_TRACE_EVENT(c, SV_TRACE_UDP_RECEIVED, 0, sv_udp_of(u, index)->flow, take->id, h.dst_port, h.src_port,
                   h.length - SV_UDP_HDR_LEN);
    sv_udp_queue(c, u, index, port, take);
    return true;
}

bool sv_udp_error(struct sv_core *c, struct sv_udp *u, sv_port port, const struct sv_icmp_error *error)
{
    const struct sv_udp_key k = {.local = error->src,
                                 .remote = error->dst,
                                 .local_port = error->src_port,
                                 .remote_port = error->dst_port,
                                 .kind = error->protocol == SV_PROTO_TCP ? SV_UDP_PROBE : SV_UDP_DATAGRAM,
                                 .interface = port};
    const uint32_t index = sv_udp_find(u, &k);
    if (index == SV_NONE)
        return false;
    struct sv_udp_socket *s = sv_udp_of(u, index);
    /* Over IPv6 routers say so of any datagram, and the next is cut to fit: nobody who did not ask is told. */
    const bool quiet = error->meaning == SV_ICMP_MEANS_TOO_BIG && error->version == 6 && !s->dont_fragment;
    const struct sv_udp_report report = {.error = *error, .kind = SV_REPORT_ICMP};
    sv_udp_report_put(c, u, index, &report);
    if (quiet)
        return true;
    s->error = *error;
    s->has_error = 1;
    sv_udp_tell(u, index, SV_EVENT_ERROR);
    return true;
}

enum sv_err sv_udp_take_error(struct sv_udp_socket *s)
{
    if (!s->has_error)
        return SV_OK;
    s->has_error = 0;
    return s->error.meaning == SV_ICMP_MEANS_TOO_BIG ? SV_ERR_TOO_BIG : SV_ERR_UNREACHABLE;
}

enum sv_err sv_udp_write(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index,
                         const struct sv_endpoint *to, const void *bytes, size_t n)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    struct sv_ip_path path;
    const struct sv_endpoint peer = {s->remote, s->remote_port};
    enum sv_err err = sv_udp_take_error(s);
    if (err != SV_OK)
        return err;
    if (!to && !s->connected)
        return SV_ERR_INVALID;
    if (!to)
        to = &peer;
    if (to->port == 0 || sv_addr_is_any(&to->addr))
        return SV_ERR_INVALID;
    if (n > (sv_addr_is_v4(&to->addr) ? SV_UDP_PAYLOAD_MAX : SV_UDP_PAYLOAD_MAX_IP6))
        return SV_ERR_TOO_BIG;
    err = sv_ip_find_path(c, net, &to->addr, &s->local, s->interface, &path);
    if (err != SV_OK)
        return err;
    struct sv_buf *b = sv_buf_alloc(sv_core_pool(c), SV_WANT_DATA, c->account);
    if (!b || (n > 0 && !sv_buf_append(b, bytes, (uint32_t)n, SV_WANT_DATA))) {
        sv_drop(c, SV_DROP_NO_MEMORY, b, path.port, s->flow);
        return SV_ERR_NO_MEMORY;
    }
    b->id = ++c->packet_id;
    sv_udp_emit(b, &path.src, &to->addr, s->local_port, to->port, c->cpu);
    SV_TRACE_EVENT(c, SV_TRACE_UDP_SENT, 0, s->flow, b->id, s->local_port, to->port, (uint32_t)n);
    struct sv_ip_out o = {.src = path.src, .dst = to->addr, .protocol = SV_PROTO_UDP, .tos = s->tos};
    o.dont_fragment = s->dont_fragment;
    if (!sv_addr_is_v4(&o.dst))
        o.flow_label = sv_ip6_flow_label(c, &o, (uint32_t)s->local_port << 16 | to->port);
    o.ttl = s->ttl != 0 ? s->ttl : sv_ip_default_ttl(net, path.port, &to->addr);
    if (path.kind == SV_PATH_MULTICAST)
        o.ttl = s->ttl != 0 ? s->ttl : 1; /* RFC 1112 §6.1 */
    return sv_ip_output(c, net, b, &o, &path);
}

enum sv_err sv_udp_read(struct sv_core *c, struct sv_udp *u, uint32_t index, struct sv_endpoint *from, void *to,
                        size_t n, size_t *got)
{
    SV_ASSERT(sv_udp_of(u, index)->kind == SV_UDP_DATAGRAM);
    struct sv_buf *b = sv_udp_unqueue(c, u, index);
    if (!b)
        return SV_ERR_AGAIN;
    const uint8_t *ip = sv_buf_at(b, b->l3);
    if (ip[0] >> 4 == 4)
        from->addr = sv_addr_of_v4_bytes(ip + 12);
    else
        sv_memcpy(from->addr.byte, ip + 8, 16);
    from->port = sv_get_u16(sv_buf_at(b, b->l4));
    const uint32_t at = (uint32_t)(b->payload - b->head), length = b->length - at;
    *got = length;
    const bool read = sv_buf_read(b, at, to, n < length ? (uint32_t)n : length);
    SV_ASSERT(read);
    sv_buf_free(b);
    return SV_OK;
}
