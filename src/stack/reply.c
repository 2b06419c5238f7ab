/* SPDX-License-Identifier: BSD-2-Clause */
/* The way out of what belongs to no full connection: resets, and what half-open records and TIME-WAIT say. Complete
 * frames, that wait in the interface's queue. */
#include "l2_link/ethernet.h"
#include "stack/stack_internal.h"
#include "stack/way_out_plain.h"

/* Over IPv4 to a station that is known to be there, unsigned, and with the options that most segments have: as one
 * frame (way_out_plain.h). False: it is not as described, nothing was done. */
static bool sv_reply_plain(struct sv_stack *s, const struct sv_tcp_reply *reply, const struct sv_addr *local)
{
    const struct sv_tcp_header *h = &reply->header;
    struct sv_ip_path path;
    const bool syn = h->options == SV_TCP_USUAL_SYN;
    if (!SV_SHORT_WAYS || s->tcp.keys_used || !(syn || h->options == SV_OPTION_TIMESTAMPS) ||
        !sv_addr_is_v4(&reply->remote) ||
        sv_ip_find_path(&s->core, &s->net, &reply->remote, local, SV_NO_PORT, &path) != SV_OK)
        return false;
    struct sv_neighbours *n = &s->net.link.neighbours;
    const uint32_t known =
        path.kind == SV_PATH_UNICAST ? sv_neighbour_find(&s->core, &s->net.link, path.port, &path.next_hop) : SV_NONE;
    if (known == SV_NONE || !sv_neighbour_is_there(n, known))
        return false;
    struct sv_buf *b = sv_buf_alloc_fast(sv_core_pool(&s->core), SV_WANT_CONTROL, s->core.account);
    if (!b)
        return false; /* the long way asks again, and counts */
    const struct sv_out_ends ends = {sv_neighbour_mac(n, known),
                                     sv_interface_of(&s->net.link.interfaces, path.port)->mac, local, &reply->remote};
    const uint32_t ttl = sv_ip_default_ttl(&s->net, path.port, &reply->remote);
    sv_tcp_replied(&s->tcp, reply, b);
    if (syn)
        sv_out_plain_write(b, SV_TCP_USUAL_SYN_LENGTH, h, &ends, ttl, 0);
    else
        sv_out_plain_write(b, SV_TCP_PLAIN_MAX, h, &ends, ttl, 0);
    sv_neighbour_wanted(n, known, &path.src);
    (void)sv_interface_enqueue(&s->core, &s->net.link.interfaces, path.port, b); /* a full queue was counted */
    sv_ip_drain_refused(&s->core, &s->net);
    return true;
}

void sv_stack_reply(struct sv_stack *s, const struct sv_tcp_reply *reply)
{
    const struct sv_addr *local = sv_tcp_address(&s->tcp, reply->local);
    if (sv_reply_plain(s, reply, local))
        return;
    uint16_t sum;
    struct sv_buf *b = sv_tcp_reply_packet(&s->tcp, reply, &sum);
    struct sv_ip_path path;
    if (!b)
        return;
    sv_stack_tcp_checksum(local, &reply->remote, b, sum);
    const enum sv_err error = sv_ip_find_path(&s->core, &s->net, &reply->remote, local, SV_NO_PORT, &path);
    if (error != SV_OK) {
        sv_drop(&s->core, SV_DROP_NO_ROUTE, b, reply->port, 0);
        return;
    }
    struct sv_ip_out out = {
        .src = *local,
        .dst = reply->remote,
        .protocol = SV_PROTO_TCP,
        .ttl = sv_ip_default_ttl(&s->net, path.port, &reply->remote),
        .dont_fragment = 1,
    };
    const enum sv_err sent = sv_ip_output(&s->core, &s->net, b, &out, &path);
    (void)sent; /* what could not be sent was counted, and the peer will ask again */
}
