/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/icmp.h"

#include "core/packet_refer.h"
#include "core/packet_sum.h"
#include "l3_network/forward.h"
#include "l3_network/icmp6.h"
#include "l3_network/ip4_options.h"
#include "l3_network/net.h"
#include "l3_network/redirect.h"

void sv_icmp_limit_init(struct sv_icmp_limit *l, sv_time now, uint32_t per_second, uint32_t burst)
{
    l->full_at = now;
    l->per_second = per_second;
    l->burst = burst;
}

bool sv_icmp_limit_take(struct sv_icmp_limit *l, sv_time now)
{
    const sv_time cost = SV_S / l->per_second;
    const sv_time full_at = sv_max_u64(l->full_at, now) + cost;
    if (full_at - now > cost * l->burst)
        return false;
    l->full_at = full_at;
    return true;
}

static void sv_icmp_note(struct sv_core *c, enum sv_icmp_direction direction, uint8_t type, uint8_t code,
                         uint32_t packet)
{
    SV_TRACE_EVENT(c, SV_TRACE_ICMP, direction, 0, packet, type, code);
}

/* RFC 1122 §3.2.2: about what an error may be sent. */
static bool sv_icmp_may_answer(struct sv_net *net, const struct sv_buf *about, const struct sv_ip_hdr *h)
{
    if (h->fragment_offset != 0 || h->is_broadcast || (about->flags & SV_BUF_BROADCAST) != 0)
        return false;
    if (!sv_addr_is_unicast(&h->src) || sv_addr_is_loopback(&h->src) || !sv_addr_is_unicast(&h->dst))
        return false;
    for (sv_port p = 0; p < net->link.interfaces.count; p++) {
        if (sv_address_is_broadcast(&net->addresses, p, &h->src) ||
            sv_address_is_broadcast(&net->addresses, p, &h->dst))
            return false;
    }
    if (h->protocol != SV_PROTO_ICMP)
        return true;
    uint8_t type;
    return sv_buf_read(about, h->header_length, &type, 1) && (type == SV_ICMP_ECHO || type == SV_ICMP_ECHO_REPLY);
}

/* From whom: the address that the packet was sent to if it is ours, else that of the interface towards its
 * sender (RFC 1812 §4.3.2.4). */
static bool sv_icmp_path_back(struct sv_core *c, struct sv_net *net, const struct sv_ip_hdr *h, struct sv_ip_path *path)
{
    const struct sv_addr any = sv_addr_of_v4(0);
    const bool ours = sv_address_local(c, &net->addresses, &h->dst) != SV_NONE;
    return sv_ip_find_path(c, net, &h->src, ours ? &h->dst : &any, SV_NO_PORT, path) == SV_OK &&
           !sv_addr_is_any(&path->src);
}

static bool sv_icmp_output(struct sv_core *c, struct sv_net *net, struct sv_buf *take, const struct sv_addr *to,
                           const struct sv_ip_path *path, uint8_t tos)
{
    struct sv_ip_out o = {.src = path->src, .dst = *to, .protocol = SV_PROTO_ICMP, .tos = tos};
    o.ttl = (uint8_t)net->default_ttl;
    const uint8_t *p = sv_buf_head(take);
    sv_icmp_note(c, SV_ICMP_OUT, p[0], p[1], take->id);
    return sv_ip_output(c, net, take, &o, path) == SV_OK;
}

void sv_icmp_finish_sum(struct sv_buf *about, const struct sv_ip_hdr *h, uint32_t cpu)
{
    uint32_t l4 = h->header_length;
    if (sv_forward_is_behind_extensions(h)) /* as it came, with the frame's header */
        l4 = sv_max_u32(about->csum_start, SV_ETH_HDR_LEN + l4) - SV_ETH_HDR_LEN;
    const uint32_t field = l4 + about->csum_offset;
    if (!(about->flags & SV_BUF_CSUM_PARTIAL) || field + 2u > about->linear_length || !sv_buf_own_linear(about))
        return;
    uint8_t *at = sv_buf_head(about) + field;
    sv_sum_store(at, sv_l4_sum(about, (uint16_t)(about->head + l4), cpu));
    if (about->csum_offset == 6u && sv_get_u16(at) == 0)
        sv_put_u16(at, 0xffffu); /* RFC 768: zero means none, in UDP */
    about->flags = (uint16_t)((about->flags & ~(uint32_t)SV_BUF_CSUM_PARTIAL) | (uint32_t)SV_BUF_CSUM_VALID);
}

bool sv_icmp_send_error(struct sv_core *c, struct sv_net *net, struct sv_buf *about, const struct sv_ip_hdr *h,
                        uint8_t type, uint8_t code, uint32_t rest)
{
    struct sv_ip_path path;
    if (h->version != 4 || !sv_icmp_may_answer(net, about, h) || !sv_icmp_path_back(c, net, h, &path))
        return false;
    if (!sv_icmp_limit_take(&net->icmp, c->now)) {
        sv_drop(c, SV_DROP_ICMP_RATE, NULL, path.port, 0);
        return false;
    }
    sv_icmp_finish_sum(about, h, c->cpu);
    const uint32_t quote = sv_min_u32(about->length, SV_ICMP_ERROR_MAX - SV_IP4_HDR_LEN - SV_ICMP_HDR_LEN);
    struct sv_buf *b = sv_buf_alloc(sv_core_pool(c), SV_WANT_CONTROL, c->account);
    if (!b || !sv_buf_refer(b, about, 0, quote, SV_WANT_CONTROL)) {
        sv_drop(c, SV_DROP_NO_MEMORY, b, path.port, 0);
        return false;
    }
    struct sv_icmp_hdr icmp = {.type = type, .code = code, .rest = rest};
    if (type == SV_ICMP_UNREACHABLE)
        icmp.rest = rest & 0xffffu;
    if (type == SV_ICMP_PARAMETER_PROBLEM)
        icmp.rest = rest << 24;
    sv_icmp_emit(b, &icmp, c->cpu);
    sv_nat_own_error(c, net, path.port, b);
    /* RFC 1812 §4.3.2.5: precedence 6 for errors. */
    return sv_icmp_output(c, net, b, &h->src, &path, 0xc0);
}

bool sv_icmp_tell(struct sv_core *c, struct sv_net *net, struct sv_buf *about, const struct sv_ip_hdr *h,
                  enum sv_icmp_reason reason, uint32_t rest)
{
    static const struct {
        uint8_t type, code, type6, code6;
    } word[] = {
        [SV_ICMP_TELL_NO_ROUTE] = {SV_ICMP_UNREACHABLE, SV_ICMP_NET_UNREACHABLE, SV_ICMP6_UNREACHABLE,
                                   SV_ICMP6_NO_ROUTE},
        [SV_ICMP_TELL_HOST] = {SV_ICMP_UNREACHABLE, SV_ICMP_HOST_UNREACHABLE, SV_ICMP6_UNREACHABLE,
                               SV_ICMP6_ADDRESS_UNREACHABLE},
        [SV_ICMP_TELL_PROHIBITED] = {SV_ICMP_UNREACHABLE, SV_ICMP_PROHIBITED, SV_ICMP6_UNREACHABLE,
                                     SV_ICMP6_PROHIBITED},
        [SV_ICMP_TELL_PORT] = {SV_ICMP_UNREACHABLE, SV_ICMP_PORT_UNREACHABLE, SV_ICMP6_UNREACHABLE,
                               SV_ICMP6_PORT_UNREACHABLE},
        [SV_ICMP_TELL_PROTOCOL] = {SV_ICMP_UNREACHABLE, SV_ICMP_PROTOCOL_UNREACHABLE, SV_ICMP6_PARAMETER_PROBLEM,
                                   SV_ICMP6_UNKNOWN_NEXT_HEADER},
        [SV_ICMP_TELL_TTL] = {SV_ICMP_TIME_EXCEEDED, SV_ICMP_IN_TRANSIT, SV_ICMP6_TIME_EXCEEDED, SV_ICMP6_IN_TRANSIT},
        [SV_ICMP_TELL_REASSEMBLY] = {SV_ICMP_TIME_EXCEEDED, SV_ICMP_REASSEMBLY, SV_ICMP6_TIME_EXCEEDED,
                                     SV_ICMP6_REASSEMBLY},
        [SV_ICMP_TELL_TOO_BIG] = {SV_ICMP_UNREACHABLE, SV_ICMP_FRAGMENTATION_NEEDED, SV_ICMP6_TOO_BIG, 0},
        [SV_ICMP_TELL_PARAMETER] = {SV_ICMP_PARAMETER_PROBLEM, 0, SV_ICMP6_PARAMETER_PROBLEM, SV_ICMP6_ERRONEOUS_FIELD},
    };
    if (h->version == 6)
        return sv_icmp6_send_error(c, net, about, h, word[reason].type6, word[reason].code6, rest);
    return sv_icmp_send_error(c, net, about, h, word[reason].type, word[reason].code, rest);
}

/* The answer's header with the options that the question had, filled in here as by anybody on the way; then out. NONE;
 * BAD_OPTION: its sender is told. */
static enum sv_drop sv_icmp_output_with_options(struct sv_core *c, struct sv_net *net, struct sv_buf *take,
                                                struct sv_buf *question, const struct sv_ip_hdr *h,
                                                const struct sv_ip_path *path)
{
    uint8_t header[SV_IP4_HDR_MAX], options[SV_IP4_HDR_MAX - SV_IP4_HDR_LEN];
    uint32_t at = 0;
    sv_memcpy(header, sv_buf_head(question), h->header_length);
    if (!sv_ip4_options_fill(c, net, header, h->header_length, &path->src, &at)) {
        sv_buf_free(take);
        (void)sv_icmp_send_error(c, net, question, h, SV_ICMP_PARAMETER_PROBLEM, 0, at);
        return SV_DROP_BAD_OPTION;
    }
    const uint32_t n = sv_ip4_options_returned(header, h->header_length, options), length = SV_IP4_HDR_LEN + n;
    struct sv_ip_out o = {.src = path->src, .dst = h->src, .protocol = SV_PROTO_ICMP, .tos = h->tos & 0xfcu};
    o.ttl = (uint8_t)net->default_ttl;
    o.id = sv_ip4_next_id(c, net, &o);
    sv_ip4_prepare(&o);
    sv_icmp_note(c, SV_ICMP_OUT, SV_ICMP_ECHO_REPLY, 0, take->id);
    sv_memcpy(sv_buf_push(take, (uint16_t)n), options, n);
    const uint16_t l4 = (uint16_t)(take->head + n);
    sv_ip4_emit(take, &o);
    uint8_t *p = sv_buf_head(take);
    take->l4 = l4;
    p[0] = (uint8_t)(0x40u | length / 4u);
    sv_put_u16(p + 10, 0);
    sv_sum_store(p + 10, sv_sum(p, length, c->cpu));
    (void)!sv_ip_hand_over(c, net, take, path); /* what fails is counted there */
    return SV_DROP_NONE;
}

/* RFC 1122 §3.2.2.6: the answer carries the question's data; here the very same bytes, by reference. Only the type
 * differs, so the checksum is the question's, corrected (RFC 1624). */
static enum sv_drop sv_icmp_answer_echo(struct sv_core *c, struct sv_net *net, struct sv_buf *b,
                                        const struct sv_ip_hdr *h)
{
    struct sv_ip_path path;
    if (h->is_broadcast || !sv_addr_is_unicast(&h->src))
        return SV_DROP_ICMP_IGNORED;
    if (sv_ip_find_path(c, net, &h->src, &h->dst, SV_NO_PORT, &path) != SV_OK)
        return SV_DROP_NO_ROUTE;
    struct sv_buf *answer = sv_buf_alloc(sv_core_pool(c), SV_WANT_DATA, c->account);
    const uint32_t at = (uint32_t)(b->payload - b->head);
    if (!answer || !sv_buf_refer(answer, b, at, b->length - at, SV_WANT_DATA)) {
        sv_buf_free(answer);
        return SV_DROP_NO_MEMORY;
    }
    answer->payload = answer->head;
    uint8_t *p = sv_buf_push(answer, SV_ICMP_HDR_LEN);
    sv_memcpy(p, sv_buf_at(b, b->l4), SV_ICMP_HDR_LEN);
    p[0] = SV_ICMP_ECHO_REPLY;
    sv_sum_replace_u16(p + 2, (uint16_t)(SV_ICMP_ECHO << 8 | p[1]), (uint16_t)(SV_ICMP_ECHO_REPLY << 8 | p[1]));
    if (SV_UNLIKELY(h->header_length > SV_IP4_HDR_LEN))
        return sv_icmp_output_with_options(c, net, answer, b, h, &path);
    sv_icmp_output(c, net, answer, &h->src, &path, h->tos & 0xfcu);
    return SV_DROP_NONE;
}

enum sv_icmp_verdict sv_icmp_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *b,
                                     const struct sv_ip_hdr *h, struct sv_icmp_error *error)
{
    struct sv_icmp_hdr icmp;
    enum sv_drop why = sv_icmp_parse(b, &icmp, c->cpu);
    if (why == SV_DROP_NONE) {
        sv_icmp_note(c, SV_ICMP_IN, icmp.type, icmp.code, b->id);
        switch (icmp.type) {
        case SV_ICMP_ECHO:
            why = sv_icmp_answer_echo(c, net, b, h);
            break;
        case SV_ICMP_ECHO_REPLY:
            sv_memset(error, 0, sizeof *error);
            error->from = h->src;
            error->src = h->dst;
            error->dst = h->src;
            error->src_port = (uint16_t)(icmp.rest >> 16);
            error->dst_port = (uint16_t)icmp.rest;
            error->version = 4;
            error->protocol = SV_PROTO_ICMP;
            return SV_ICMP_REPLY;
        case SV_ICMP_UNREACHABLE:
        case SV_ICMP_TIME_EXCEEDED:
        case SV_ICMP_PARAMETER_PROBLEM:
            why = sv_icmp_error_parse(b, h, &icmp, error);
            if (why == SV_DROP_NONE)
                return SV_ICMP_ERROR;
            break;
        case SV_ICMP_REDIRECT:
            why = sv_redirect_receive_v4(c, net, port, b, h, icmp.rest);
            break;
        default: /* source quench (RFC 6633), timestamps, masks, the unknown */
            why = SV_DROP_ICMP_IGNORED;
            break;
        }
    }
    if (why != SV_DROP_NONE)
        sv_drop(c, why, b, port, 0);
    else
        sv_buf_free(b);
    return SV_ICMP_DONE;
}
