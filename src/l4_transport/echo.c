/* SPDX-License-Identifier: BSD-2-Clause */
/* Echo sockets: requests out, replies in, and the errors that requests met on their way. */
#include "l3_network/icmp6_wire.h"
#include "l3_network/ip6_chain.h"
#include "l4_transport/udp_table.h"

#define SV_ECHO_PREFIX 5u /* sequence number 2, TTL 1, type 1, code 1: seven/socket.h */

enum sv_err sv_echo_write(struct sv_core *c, struct sv_net *net, struct sv_udp *u, uint32_t index,
                          const struct sv_addr *to, uint16_t sequence, uint8_t ttl, const void *bytes, size_t n)
{
    struct sv_udp_socket *s = sv_udp_of(u, index);
    struct sv_ip_path path;
    SV_ASSERT(s->kind == SV_UDP_ECHO);
    if (sv_addr_is_any(to))
        return SV_ERR_INVALID;
    if (n > SV_UDP_PAYLOAD_MAX)
        return SV_ERR_TOO_BIG;
    const enum sv_err err = sv_ip_find_path(c, net, to, &s->local, s->interface, &path);
    if (err != SV_OK)
        return err;
    struct sv_buf *b = sv_buf_alloc(sv_core_pool(c), SV_WANT_DATA, c->account);
    if (!b || (n > 0 && !sv_buf_append(b, bytes, (uint32_t)n, SV_WANT_DATA))) {
        sv_drop(c, SV_DROP_NO_MEMORY, b, path.port, s->flow);
        return SV_ERR_NO_MEMORY;
    }
    b->id = ++c->packet_id;
    struct sv_icmp_hdr h = {.type = SV_ICMP_ECHO, .rest = (uint32_t)s->local_port << 16 | sequence};
    struct sv_ip_out o = {.src = path.src, .dst = *to, .protocol = SV_PROTO_ICMP, .tos = s->tos};
    o.dont_fragment = s->dont_fragment;
    if (sv_addr_is_v4(to)) {
        sv_icmp_emit(b, &h, c->cpu);
        SV_TRACE_EVENT(c, SV_TRACE_ICMP, SV_ICMP_OUT, s->flow, b->id, h.type, 0);
    } else {
        h.type = SV_ICMP6_ECHO;
        o.protocol = SV_PROTO_ICMP6;
        o.flow_label = sv_ip6_flow_label(c, &o, s->local_port);
        sv_icmp6_emit(b, &h, &path.src, to, c->cpu);
        SV_TRACE_EVENT(c, SV_TRACE_ICMP, SV_ICMP6_OUT, s->flow, b->id, h.type, 0);
    }
    o.ttl = ttl != 0 ? ttl : sv_ip_default_ttl(net, path.port, to);
    return sv_ip_output(c, net, b, &o, &path);
}

bool sv_echo_receive(struct sv_core *c, struct sv_udp *u, sv_port port, struct sv_buf *take,
                     const struct sv_icmp_error *about)
{
    const struct sv_udp_key k = {.local = about->src,
                                 .remote = about->dst,
                                 .local_port = about->src_port,
                                 .kind = SV_UDP_ECHO,
                                 .interface = port};
    const uint32_t index = sv_udp_find(u, &k);
    if (index == SV_NONE)
        return false;
    sv_udp_queue(c, u, index, port, take);
    return true;
}

/* The sequence number of a reply, or of the request that an error quotes. */
static uint16_t sv_echo_sequence(const struct sv_buf *b, const uint8_t *icmp)
{
    uint8_t quoted[SV_IP6_CHAIN_BYTES], sequence[2];
    const uint32_t quote = (uint32_t)(b->payload - b->head);
    const uint32_t n = sv_min_u32(b->length - quote, sizeof quoted);
    const bool v6 = sv_buf_at(b, b->l3)[0] >> 4 == 6;
    if (icmp[0] == (v6 ? SV_ICMP6_ECHO_REPLY : SV_ICMP_ECHO_REPLY))
        return sv_get_u16(icmp + 6);
    if (n == 0 || !sv_buf_read(b, quote, quoted, n))
        return 0;
    uint32_t l4 = (quoted[0] & 15u) * 4u;
    if (v6) {
        struct sv_ip6_chain chain;
        sv_ip6_chain_read(quoted, n, &chain);
        l4 = chain.at;
    }
    return sv_buf_read(b, quote + l4 + 6u, sequence, 2) ? sv_get_u16(sequence) : 0;
}

enum sv_err sv_echo_read(struct sv_core *c, struct sv_udp *u, uint32_t index, struct sv_addr *from, void *to, size_t n,
                         size_t *got)
{
    struct sv_buf *b = sv_udp_unqueue(c, u, index);
    if (!b)
        return SV_ERR_AGAIN;
    const uint8_t *ip = sv_buf_at(b, b->l3), *icmp = sv_buf_at(b, b->l4);
    const uint16_t sequence = sv_echo_sequence(b, icmp);
    const bool v6 = ip[0] >> 4 == 6;
    const uint8_t ttl = ip[v6 ? SV_IP6_HOPS_AT : 8u];
    const uint8_t prefix[SV_ECHO_PREFIX] = {(uint8_t)(sequence >> 8), (uint8_t)sequence, ttl, icmp[0], icmp[1]};
    const uint32_t at = (uint32_t)(b->payload - b->head), length = b->length - at;
    *from = v6 ? sv_addr_of_v6_bytes(ip + 8) : sv_addr_of_v4_bytes(ip + 12);
    *got = (size_t)length + SV_ECHO_PREFIX;
    const size_t head = n < SV_ECHO_PREFIX ? n : SV_ECHO_PREFIX, rest = n - head;
    sv_memcpy(to, prefix, head);
    if (rest > 0) {
        const bool read = sv_buf_read(b, at, (uint8_t *)to + head, rest < length ? (uint32_t)rest : length);
        SV_ASSERT(read);
    }
    sv_buf_free(b);
    return SV_OK;
}
