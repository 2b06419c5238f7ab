/* SPDX-License-Identifier: BSD-2-Clause */
/* The way in of ICMP, of either version: what a router or a host says about a packet of ours goes to the transport that
 * sent it. Nothing is believed that does not quote a flow of ours (RFC 5927, RFC 4443 §5.1). */
#include "l3_network/icmp6.h"
#include "stack/stack_internal.h"

/* The record of the connection that an error quotes, SV_NONE. */
static uint32_t sv_in_quoted_flow(struct sv_stack *s, const struct sv_icmp_error *error)
{
    const uint32_t local = sv_address_local(&s->core, &s->net.addresses, &error->src);
    if (local == SV_NONE)
        return SV_NONE;
    return sv_tcp_find(&s->tcp, &error->dst, error->dst_port, local, error->src_port);
}

/* Could a router have said so? Not that less than every link carries is too much, nor that a packet is which is no
 * longer than what it lets through (RFC 1191 §3, RFC 8201 §4). */
static bool sv_in_mtu_is_sane(const struct sv_stack *s, const struct sv_icmp_error *error)
{
    const uint32_t least = error->version == 4 ? SV_PMTU_MIN_IP4 : SV_PMTU_MIN_IP6;
    return error->mtu >= least && (error->mtu < error->quoted_length || s->tcp.habits.quote_unmeasured);
}

/* The flow exists: the path to its other end is as narrow as it was told. */
static bool sv_in_narrow(struct sv_stack *s, sv_port in, const struct sv_icmp_error *error)
{
    if (sv_in_mtu_is_sane(s, error))
        return sv_pmtu_learn(&s->core, &s->net.pmtu, &error->dst, error->mtu);
    sv_drop(&s->core, SV_DROP_ICMP_FORGED, NULL, in, 0);
    return false;
}

static bool sv_in_tcp_error(struct sv_stack *s, sv_port in, const struct sv_icmp_error *error)
{
    const uint32_t flow = sv_in_quoted_flow(s, error);
    if (flow == SV_NONE)
        return s->udp.probes && sv_udp_error(&s->core, &s->udp, in, error);
    if (error->meaning == SV_ICMP_MEANS_TOO_BIG && sv_tcp_quotes(&s->tcp, flow, error->tcp_seq)) {
        if (sv_in_narrow(s, in, error))
            sv_tcp_path_narrowed(&s->tcp, flow);
        return true;
    }
    const bool hard = error->meaning == SV_ICMP_MEANS_UNREACHABLE || error->meaning == SV_ICMP_MEANS_PORT;
    sv_tcp_icmp_error(&s->tcp, flow, error->tcp_seq, hard);
    return true;
}

static void sv_in_icmp_error(struct sv_stack *s, sv_port in, struct sv_buf *b, const struct sv_icmp_error *error)
{
    const bool narrow = error->meaning == SV_ICMP_MEANS_TOO_BIG;
    bool found = false;
    if (error->protocol == SV_PROTO_TCP) {
        found = sv_in_tcp_error(s, in, error);
    } else if (error->protocol == SV_PROTO_UDP) {
        found = sv_udp_error(&s->core, &s->udp, in, error);
        if (found && narrow)
            sv_in_narrow(s, in, error);
    } else if (error->protocol == (error->version == 4 ? SV_PROTO_ICMP : SV_PROTO_ICMP6)) {
        if (sv_echo_receive(&s->core, &s->udp, in, b, error)) {
            if (narrow)
                sv_in_narrow(s, in, error);
            return;
        }
    }
    if (found)
        sv_buf_free(b);
    else
        sv_drop(&s->core, SV_DROP_ICMP_UNMATCHED, b, in, 0);
}

void sv_stack_icmp(struct sv_stack *s, sv_port in, struct sv_buf *b, const struct sv_ip_hdr *ip)
{
    struct sv_icmp_error error;
    switch (ip->version == 4 ? sv_icmp_receive(&s->core, &s->net, in, b, ip, &error)
                             : sv_icmp6_receive(&s->core, &s->net, in, b, ip, &error)) {
    case SV_ICMP_DONE:
        break;
    case SV_ICMP_ERROR:
        sv_in_icmp_error(s, in, b, &error);
        break;
    case SV_ICMP_REPLY:
        if (!sv_echo_receive(&s->core, &s->udp, in, b, &error))
            sv_drop(&s->core, SV_DROP_ICMP_UNMATCHED, b, in, 0);
        break;
    }
}
