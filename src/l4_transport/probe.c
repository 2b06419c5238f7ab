/* SPDX-License-Identifier: BSD-2-Clause */
/* Probe sockets: a SYN that opens nothing, for finding the routers on a path (and whether a port answers). The
 * sequence number is the caller's: it comes back in what an ICMP error quotes and, plus one, in what the target
 * acknowledges, so that each answer finds its question. */
#include "core/packet_sum.h"
#include "l4_transport/tcp_wire.h"
#include "l4_transport/udp_table.h"
#include "seven/socket.h"

#define SV_PROBE_WINDOW 5840u
#define SV_PROBE_MSS 1460u
#define SV_PROBE_DATA_MAX 1400u

static bool sv_probe_fill(struct sv_buf *b, size_t n)
{
    static const uint8_t zeros[64] = {0};
    while (n > 0) {
        const uint32_t part = n < sizeof zeros ? (uint32_t)n : (uint32_t)sizeof zeros;
        if (!sv_buf_append(b, zeros, part, SV_WANT_DATA))
            return false;
        n -= part;
    }
    return true;
}

enum sv_err sv_probe_write(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index,
                           const struct sv_endpoint *to, uint32_t seq, uint8_t ttl, size_t n)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    struct sv_ip_path path;
    SV_ASSERT(s->kind == SV_UDP_PROBE);
    if (to->port == 0 || !sv_addr_is_unicast(&to->addr))
        return SV_ERR_INVALID;
    if (n > SV_PROBE_DATA_MAX)
        return SV_ERR_TOO_BIG;
    const struct sv_addr any = sv_addr_is_v4(&to->addr) ? sv_addr_of_v4(0) : s->local;
    const enum sv_err err = sv_ip_find_path(c, net, &to->addr, &any, s->interface, &path);
    if (err != SV_OK)
        return err;
    struct sv_buf *b = sv_buf_alloc(sv_core_pool(c), SV_WANT_DATA, c->account);
    if (!b || !sv_probe_fill(b, n)) {
        sv_drop(c, SV_DROP_NO_MEMORY, b, path.port, s->flow);
        return SV_ERR_NO_MEMORY;
    }
    b->id = ++c->packet_id;
    const struct sv_tcp_header h = {.source = s->local_port,
                                    .destination = to->port,
                                    .seq = seq,
                                    .flags = SV_SYN,
                                    .window = SV_PROBE_WINDOW,
                                    .mss = SV_PROBE_MSS,
                                    .options = SV_OPTION_MSS};
    uint8_t *field = sv_tcp_emit(b, &h) + 16;
    const uint16_t pseudo = sv_pseudo_sum(&path.src, &to->addr, SV_TCP_PROTOCOL, b->length);
    sv_sum_store(field, sv_sum_add(pseudo, sv_l4_sum(b, b->l4, c->cpu)));
    struct sv_ip_out o = {.src = path.src, .dst = to->addr, .protocol = SV_TCP_PROTOCOL, .dont_fragment = 1};
    o.ttl = ttl != 0 ? ttl : sv_ip_default_ttl(net, path.port, &to->addr);
    return sv_ip_output(c, net, b, &o, &path);
}

void sv_probe_receive(struct sv_core *c, struct sv_udp *u, const struct sv_seg *seg, const struct sv_ip_hdr *ip)
{
    const struct sv_udp_key k = {.local = ip->dst,
                                 .remote = ip->src,
                                 .local_port = seg->local_port,
                                 .remote_port = seg->remote_port,
                                 .kind = SV_UDP_PROBE,
                                 .interface = seg->port};
    const uint32_t index = sv_udp_find(u, &k);
    if (index == SV_NONE || !(seg->flags & SV_ACK)) /* without it nothing says what is answered */
        return;
    struct sv_udp_report report = {.kind = SV_REPORT_TCP, .tcp_flags = (uint8_t)(seg->flags & 0x3fu)};
    report.error = (struct sv_icmp_error){.from = ip->src,
                                          .src = ip->dst,
                                          .dst = ip->src,
                                          .src_port = seg->local_port,
                                          .dst_port = seg->remote_port,
                                          .tcp_seq = seg->ack - 1u,
                                          .protocol = SV_TCP_PROTOCOL};
    sv_udp_report_put(c, u, index, &report);
}
