/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/ip6_in.h"

#include "l3_network/icmp6.h"
#include "l3_network/ip6_chain.h"

/* A packet on its way through its headers. */
struct sv_ip6_walker {
    struct sv_core *c;
    struct sv_net *net;
    struct sv_buf *b;
    struct sv_ip_hdr *h;
    sv_port port;
    uint32_t at, next_at; /* of the header to come, and of the byte that names it */
    uint32_t headers;
    bool joined;     /* it was put together from fragments */
    bool fragmented; /* it had a fragment header, if only for the whole of it */
};

/* What a step found. */
enum sv_ip6_step { SV_IP6_ON, SV_IP6_ARRIVED, SV_IP6_OVER };

static enum sv_ip6_step sv_ip6_stop(struct sv_ip6_walker *w, enum sv_drop why)
{
    sv_drop(w->c, why, w->b, w->port, 0);
    return SV_IP6_OVER;
}

/* The same, and its sender hears which byte was wrong. */
static enum sv_ip6_step sv_ip6_problem(struct sv_ip6_walker *w, enum sv_drop why, uint8_t code, uint32_t pointer)
{
    sv_icmp6_send_error(w->c, w->net, w->b, w->h, SV_ICMP6_PARAMETER_PROBLEM, code, pointer);
    return sv_ip6_stop(w, why);
}

/* The first n bytes of the packet in one piece. */
static bool sv_ip6_reach(struct sv_ip6_walker *w, uint32_t n)
{
    if (n > w->b->length || n > SV_IP6_CHAIN_BYTES)
        return false;
    return w->b->linear_length >= n || sv_buf_gather(w->b, (uint16_t)n);
}

/* RFC 8200 §4.2: the upper two bits of an option's number say what to do when it is unknown. */
static enum sv_ip6_step sv_ip6_unknown_option(struct sv_ip6_walker *w, uint8_t type, uint32_t at)
{
    switch (type >> 6) {
    case 0:
        return SV_IP6_ON;
    case 1:
        return sv_ip6_stop(w, SV_DROP_IP6_OPTION);
    case 2:
        return sv_ip6_problem(w, SV_DROP_IP6_OPTION, SV_ICMP6_UNKNOWN_OPTION, at);
    default:
        if (w->h->is_broadcast)
            return sv_ip6_stop(w, SV_DROP_IP6_OPTION);
        return sv_ip6_problem(w, SV_DROP_IP6_OPTION, SV_ICMP6_UNKNOWN_OPTION, at);
    }
}

/* The options of a hop-by-hop or destination options header: from `at` to `end`. */
static enum sv_ip6_step sv_ip6_options(struct sv_ip6_walker *w, uint8_t header, uint32_t at, uint32_t end)
{
    uint32_t options = 0, padding = 0;
    while (at < end) {
        const uint8_t *p = sv_buf_head(w->b) + at;
        const uint8_t type = p[0];
        if (type != SV_IP6_PAD1 && (at + 2u > end || at + 2u + p[1] > end))
            return sv_ip6_problem(w, SV_DROP_BAD_OPTION, SV_ICMP6_ERRONEOUS_FIELD, at);
        const uint32_t length = type == SV_IP6_PAD1 ? 1u : 2u + p[1];
        padding = type <= SV_IP6_PADN ? padding + length : 0;
        options += type > SV_IP6_PADN;
        if (padding > SV_IP6_PADDING_MAX || options > SV_IP6_OPTIONS_EACH)
            return sv_ip6_stop(w, SV_DROP_IP6_CHAIN);
        if (type == SV_IP6_ROUTER_ALERT && header == SV_IP6_HOP_BY_HOP) {
            w->h->router_alert = 1;
        } else if (type > SV_IP6_PADN) {
            const enum sv_ip6_step step = sv_ip6_unknown_option(w, type, at);
            if (step != SV_IP6_ON)
                return step;
        }
        at += length;
    }
    return SV_IP6_ON;
}

/* RFC 8200 §4.4, RFC 5095: no type is known here, type 0 least of all. One that wants nothing more is passed over. */
static enum sv_ip6_step sv_ip6_routing(struct sv_ip6_walker *w)
{
    const uint8_t segments_left = sv_buf_head(w->b)[w->at + 3u];
    if (segments_left == 0)
        return SV_IP6_ON;
    return sv_ip6_problem(w, SV_DROP_IP6_ROUTING, SV_ICMP6_ERRONEOUS_FIELD, w->at + 2u);
}

/* RFC 7112 §5: a first fragment carries the whole chain, down to the transport's header. */
static bool sv_ip6_chain_is_cut(const struct sv_buf *b)
{
    uint8_t packet[SV_IP6_CHAIN_BYTES];
    struct sv_ip6_chain chain;
    const uint32_t n = sv_min_u32(b->length, sizeof packet);
    if (!sv_buf_read(b, 0, packet, n))
        return true;
    sv_ip6_chain_read(packet, n, &chain);
    const uint32_t need = chain.protocol == SV_PROTO_TCP ? 20u : sv_ip6_is_transport(chain.protocol) ? 8u : 0;
    return !chain.complete || chain.at + need > b->length;
}

/* RFC 8200 §4.5. Those that cannot be are told to their sender; the others are the store's. */
static enum sv_ip6_step sv_ip6_fragment(struct sv_ip6_walker *w)
{
    struct sv_ip_hdr *h = w->h;
    const uint8_t *p = sv_buf_head(w->b) + w->at;
    const uint16_t field = sv_get_u16(p + 2);
    const uint32_t offset = field & 0xfff8u, front = w->at + SV_IP6_FRAGMENT_LEN;
    const bool more = (field & 1u) != 0;
    const uint32_t length = w->b->length - front;
    w->fragmented = true;
    if (offset == 0 && !more)
        return SV_IP6_ON; /* whole as it is: kept apart from all fragments (RFC 6946 §4) */
    if (w->joined)
        return sv_ip6_stop(w, SV_DROP_IP6_CHAIN); /* fragments of fragments are nobody's honest work */
    if (more && length % 8 != 0)
        return sv_ip6_problem(w, SV_DROP_FRAGMENT_BAD, SV_ICMP6_ERRONEOUS_FIELD, 4);
    if (front - SV_IP6_FRAGMENT_LEN - SV_IP6_HDR_LEN + offset + length > SV_IP6_PAYLOAD_MAX)
        return sv_ip6_problem(w, SV_DROP_FRAGMENT_BAD, SV_ICMP6_ERRONEOUS_FIELD, w->at + 2u);
    if (offset == 0 && sv_ip6_chain_is_cut(w->b))
        return sv_ip6_problem(w, SV_DROP_IP6_CHAIN, SV_ICMP6_INCOMPLETE_CHAIN, 0);
    h->header_length = (uint16_t)front;
    h->fragment_offset = (uint16_t)offset;
    h->more_fragments = more;
    h->protocol = SV_IP6_FRAGMENT;
    h->id = sv_get_u32(p + 4);
    w->b->l4 = (uint16_t)(w->b->head + front);
    const struct sv_ip_hdr before = *h;
    w->b = sv_fragment_receive(w->c, w->net, w->port, w->b, h);
    if (!w->b)
        return SV_IP6_OVER;
    h->local = before.local; /* and once more from the front, without the fragment header */
    h->is_broadcast = before.is_broadcast;
    h->port = before.port;
    w->joined = true;
    w->headers = 0;
    w->at = SV_IP6_HDR_LEN;
    w->next_at = SV_IP6_NEXT_AT;
    return SV_IP6_ON;
}

static enum sv_ip6_step sv_ip6_next(struct sv_ip6_walker *w)
{
    const uint8_t type = sv_buf_head(w->b)[w->next_at];
    if (sv_ip6_is_transport(type)) {
        w->h->protocol = type;
        w->h->header_length = (uint16_t)w->at;
        w->b->l4 = (uint16_t)(w->b->head + w->at);
        return SV_IP6_ARRIVED;
    }
    if (type == SV_IP6_NO_NEXT) /* RFC 8200 §4.7 */
        return sv_ip6_stop(w, SV_DROP_NO_NEXT_HEADER);
    const bool options = type == SV_IP6_DESTINATION || (type == SV_IP6_HOP_BY_HOP && w->at == SV_IP6_HDR_LEN);
    if (!options && type != SV_IP6_ROUTING && type != SV_IP6_FRAGMENT) /* §4: hop-by-hop elsewhere is unknown too */
        return sv_ip6_problem(w, SV_DROP_PROTOCOL_UNREACHABLE, SV_ICMP6_UNKNOWN_NEXT_HEADER, w->next_at);
    if (++w->headers > SV_IP6_CHAIN_HEADERS || !sv_ip6_reach(w, w->at + 8u))
        return sv_ip6_stop(w, SV_DROP_IP6_CHAIN);
    const uint32_t end = w->at + sv_ip6_extension_length(type, sv_buf_head(w->b) + w->at);
    if (!sv_ip6_reach(w, end))
        return sv_ip6_stop(w, SV_DROP_IP6_CHAIN);
    const uint32_t here = w->at;
    const bool was_joined = w->joined;
    const enum sv_ip6_step step = options                  ? sv_ip6_options(w, type, w->at + 2u, end)
                                  : type == SV_IP6_ROUTING ? sv_ip6_routing(w)
                                                           : sv_ip6_fragment(w);
    if (step == SV_IP6_ON && was_joined == w->joined) {
        w->next_at = here;
        w->at = end;
    }
    return step;
}

struct sv_buf *sv_ip6_walk(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take,
                           struct sv_ip_hdr *h)
{
    struct sv_ip6_walker w = {.c = c, .net = net, .b = take, .h = h, .port = port};
    w.at = SV_IP6_HDR_LEN;
    w.next_at = SV_IP6_NEXT_AT;
    h->router_alert = 0;
    enum sv_ip6_step step = SV_IP6_ON;
    while (step == SV_IP6_ON)
        step = sv_ip6_next(&w);
    h->reassembled = w.fragmented;
    return step == SV_IP6_ARRIVED ? w.b : NULL;
}
