/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments that belong to no full connection: resets, and what small records say. */
#include "core/pool_inline.h"
#include "l4_transport/tcp_ao.h"
#include "l4_transport/tcp_internal.h"

/* What must be signed, and is. Unless it cannot be: TCP-AO's numbers are known only of a connection (RFC 5925 §7.7), so
 * of what has none its peer learns by time. *sum: of the header. */
static bool sv_tcp_reply_push(struct sv_tcp *tcp, const struct sv_tcp_reply *reply, struct sv_buf *b, uint16_t *sum)
{
    const uint32_t cpu = sv_tcp_core(tcp)->cpu;
    const struct sv_tcp_header *h = &reply->header;
    const struct sv_tcp_ends ends = {sv_tcp_address(tcp, reply->local), &reply->remote, h->source, h->destination};
    const struct sv_tcp_key *key = sv_tcp_auth_find(tcp, &ends);
    const uint32_t value = sv_tcp_find(tcp, &reply->remote, h->destination, reply->local, h->source);
    struct sv_tcp_ao *ao = sv_ao_of(tcp, value);
    if (ao)
        *sum = sv_ao_push(ao, tcp, &ends, b, *h);
    else if (!key)
        *sum = sv_tcp_emit_summed(b, h, cpu);
    else if (key->how == SV_AUTH_MD5)
        *sum = sv_tcp_auth_push(key, &ends, b, *h, cpu);
    else
        return false;
    return true;
}

void sv_tcp_replied(struct sv_tcp *tcp, const struct sv_tcp_reply *reply, struct sv_buf *b)
{
    struct sv_core *core = sv_tcp_core(tcp);
    const struct sv_tcp_header *h = &reply->header;
    b->id = ++core->packet_id;
    tcp->count.segments_out++;
    const uint16_t reason = h->flags & SV_RST ? SV_SENT_RESET : h->flags & SV_SYN ? SV_SENT_SYN : SV_SENT_ACK;
    SV_TRACE_EVENT(core, SV_TRACE_TCP_SENT, reason, reply->flow, b->id, h->seq, h->ack, 0, h->flags, h->window, 0);
}

struct sv_buf *sv_tcp_reply_packet(struct sv_tcp *tcp, const struct sv_tcp_reply *reply, uint16_t *sum)
{
    struct sv_core *core = sv_tcp_core(tcp);
    struct sv_buf *b = sv_buf_alloc_fast(sv_core_pool(core), SV_WANT_CONTROL, core->account);
    if (!b) {
        sv_drop(core, SV_DROP_NO_MEMORY, NULL, reply->port, reply->flow);
        return NULL;
    }
    const struct sv_tcp_header *h = &reply->header;
    if (SV_LIKELY(!tcp->keys_used)) {
        *sum = sv_tcp_emit_summed(b, h, core->cpu);
    } else if (!sv_tcp_reply_push(tcp, reply, b, sum)) {
        sv_drop(core, SV_DROP_TCP_AO_NO_KEY, b, reply->port, reply->flow);
        return NULL;
    }
    sv_tcp_replied(tcp, reply, b);
    return b;
}
