/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/icmp6.h"

#include "core/packet_refer.h"
#include "core/packet_sum.h"
#include "l3_network/ip6_chain.h"
#include "l3_network/mld.h"
#include "l3_network/nd.h"
#include "l3_network/net.h"

/* RFC 4443 §2.4 (e.1), (e.2): is it an error, or a redirect? Its chain may not have been walked to the end yet. */
static bool sv_icmp6_is_about_error(const struct sv_buf *about)
{
    uint8_t packet[SV_IP6_CHAIN_BYTES];
    struct sv_ip6_chain chain;
    const uint32_t n = sv_min_u32(about->length, sizeof packet);
    if (!sv_buf_read(about, 0, packet, n))
        return true;
    sv_ip6_chain_read(packet, n, &chain);
    if (!chain.complete || chain.protocol != SV_PROTO_ICMP6)
        return false;
    uint8_t type;
    return !sv_buf_read(about, chain.at, &type, 1) || sv_icmp6_is_error(type) || type == SV_ICMP6_REDIRECT;
}

static bool sv_icmp6_may_answer(const struct sv_buf *about, const struct sv_ip_hdr *h, uint8_t type, uint8_t code)
{
    const bool group = h->dst.byte[0] == 0xffu || (about->flags & SV_BUF_BROADCAST) != 0;
    const bool even_then =
        type == SV_ICMP6_TOO_BIG || (type == SV_ICMP6_PARAMETER_PROBLEM && code == SV_ICMP6_UNKNOWN_OPTION);
    if (group && !even_then) /* (e.3), (e.4), (e.5) */
        return false;
    if (!sv_addr_is_unicast(&h->src) || sv_addr_is_loopback(&h->src)) /* (e.6) */
        return false;
    return h->fragment_offset == 0 && !sv_icmp6_is_about_error(about);
}

/* RFC 4443 §2.2: from the address that the packet was sent to if it is ours, else from one that routing chooses. */
static bool sv_icmp6_path_back(struct sv_core *c, struct sv_net *net, const struct sv_ip_hdr *h,
                               struct sv_ip_path *path)
{
    const struct sv_addr any = {{0}};
    const bool ours = sv_address_local(c, &net->addresses, &h->dst) != SV_NONE;
    return sv_ip_find_path(c, net, &h->src, ours ? &h->dst : &any, h->port, path) == SV_OK &&
           !sv_addr_is_any(&path->src);
}

bool sv_icmp6_output(struct sv_core *c, struct sv_net *net, struct sv_buf *take, const struct sv_icmp_hdr *icmp,
                     const struct sv_addr *to, const struct sv_ip_path *path, uint8_t hop_limit, uint8_t tos)
{
    struct sv_ip_out o = {.src = path->src, .dst = *to, .protocol = SV_PROTO_ICMP6, .ttl = hop_limit, .tos = tos};
    sv_icmp6_emit(take, icmp, &path->src, to, c->cpu);
    SV_TRACE_EVENT(c, SV_TRACE_ICMP, SV_ICMP6_OUT, 0, take->id, icmp->type, icmp->code);
    return sv_ip_output(c, net, take, &o, path) == SV_OK;
}

bool sv_icmp6_send_error(struct sv_core *c, struct sv_net *net, struct sv_buf *about, const struct sv_ip_hdr *h,
                         uint8_t type, uint8_t code, uint32_t rest)
{
    struct sv_ip_path path;
    if (h->version != 6 || !sv_icmp6_may_answer(about, h, type, code) || !sv_icmp6_path_back(c, net, h, &path))
        return false;
    if (!sv_icmp_limit_take(&net->icmp, c->now)) {
        sv_drop(c, SV_DROP_ICMP_RATE, NULL, path.port, 0);
        return false;
    }
    sv_icmp_finish_sum(about, h, c->cpu);
    const uint32_t quote = sv_min_u32(about->length, SV_ICMP6_ERROR_MAX - SV_IP6_HDR_LEN - SV_ICMP_HDR_LEN);
    struct sv_buf *b = sv_buf_alloc(sv_core_pool(c), SV_WANT_CONTROL, c->account);
    if (!b || !sv_buf_refer(b, about, 0, quote, SV_WANT_CONTROL)) {
        sv_drop(c, SV_DROP_NO_MEMORY, b, path.port, 0);
        return false;
    }
    const struct sv_icmp_hdr icmp = {.type = type, .code = code, .rest = rest};
    return sv_icmp6_output(c, net, b, &icmp, &h->src, &path, sv_ip_default_ttl(net, path.port, &h->src), 0);
}

/* RFC 4443 §4.2: the same identifier, number and data, by reference. To a multicast question too, from an address of
 * ours. */
static enum sv_drop sv_icmp6_answer_echo(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *b,
                                         const struct sv_ip_hdr *h, const struct sv_icmp_hdr *question)
{
    struct sv_ip_path path;
    const struct sv_addr any = {{0}};
    if (!sv_addr_is_unicast(&h->src))
        return SV_DROP_ICMP_IGNORED;
    if (sv_ip_find_path(c, net, &h->src, h->is_broadcast ? &any : &h->dst, port, &path) != SV_OK)
        return SV_DROP_NO_ROUTE;
    struct sv_buf *answer = sv_buf_alloc(sv_core_pool(c), SV_WANT_DATA, c->account);
    const uint32_t at = (uint32_t)(b->payload - b->head);
    if (!answer || !sv_buf_refer(answer, b, at, b->length - at, SV_WANT_DATA)) {
        sv_buf_free(answer);
        return SV_DROP_NO_MEMORY;
    }
    const struct sv_icmp_hdr icmp = {.type = SV_ICMP6_ECHO_REPLY, .rest = question->rest};
    sv_icmp6_output(c, net, answer, &icmp, &h->src, &path, sv_ip_default_ttl(net, path.port, &h->src), h->tos & 0xfcu);
    return SV_DROP_NONE;
}

static void sv_icmp6_reply_of(const struct sv_ip_hdr *h, const struct sv_icmp_hdr *icmp, struct sv_icmp_error *error)
{
    sv_memset(error, 0, sizeof *error);
    error->from = h->src;
    error->src = h->dst;
    error->dst = h->src;
    error->src_port = (uint16_t)(icmp->rest >> 16);
    error->dst_port = (uint16_t)icmp->rest;
    error->version = 6;
    error->protocol = SV_PROTO_ICMP6;
}

/* Not of neighbour or listener discovery. *verdict is for NONE. */
static enum sv_drop sv_icmp6_plain(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *b,
                                   const struct sv_ip_hdr *h, const struct sv_icmp_hdr *icmp,
                                   struct sv_icmp_error *error, enum sv_icmp_verdict *verdict)
{
    enum sv_drop why = SV_DROP_ICMP_IGNORED; /* what is unknown asks nothing of us: RFC 4443 §2.4 (b) */
    *verdict = SV_ICMP_DONE;
    switch (icmp->type) {
    case SV_ICMP6_ECHO:
        why = sv_icmp6_answer_echo(c, net, port, b, h, icmp);
        break;
    case SV_ICMP6_ECHO_REPLY:
        if (h->is_broadcast)
            break;
        sv_icmp6_reply_of(h, icmp, error);
        *verdict = SV_ICMP_REPLY;
        return SV_DROP_NONE;
    case SV_ICMP6_UNREACHABLE:
    case SV_ICMP6_TOO_BIG:
    case SV_ICMP6_TIME_EXCEEDED:
    case SV_ICMP6_PARAMETER_PROBLEM:
        if (h->is_broadcast)
            break;
        why = sv_icmp6_error_parse(b, h, icmp, error);
        if (why == SV_DROP_NONE)
            *verdict = SV_ICMP_ERROR;
        break;
    default:
        break;
    }
    return why;
}

enum sv_icmp_verdict sv_icmp6_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *b,
                                      const struct sv_ip_hdr *h, struct sv_icmp_error *error)
{
    struct sv_icmp_hdr icmp;
    enum sv_icmp_verdict verdict = SV_ICMP_DONE;
    enum sv_drop why = sv_icmp6_parse(b, h, &icmp, c->cpu);
    if (why == SV_DROP_NONE) {
        SV_TRACE_EVENT(c, SV_TRACE_ICMP, SV_ICMP6_IN, 0, b->id, icmp.type, icmp.code);
        if (icmp.type >= SV_ICMP6_ROUTER_SOLICITATION && icmp.type <= SV_ICMP6_REDIRECT) {
            sv_nd_receive(c, net, port, b, h);
            return SV_ICMP_DONE;
        }
        if ((icmp.type >= SV_ICMP6_MLD_QUERY && icmp.type <= SV_ICMP6_MLD_DONE) ||
            icmp.type == SV_ICMP6_MLD_REPORT_V2) {
            sv_mld_receive(c, net, port, b, h);
            return SV_ICMP_DONE;
        }
        why = sv_icmp6_plain(c, net, port, b, h, &icmp, error, &verdict);
    }
    if (verdict != SV_ICMP_DONE)
        return verdict;
    if (why != SV_DROP_NONE)
        sv_drop(c, why, b, port, 0);
    else
        sv_buf_free(b);
    return SV_ICMP_DONE;
}
