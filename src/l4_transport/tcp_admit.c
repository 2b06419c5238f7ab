/* SPDX-License-Identifier: BSD-2-Clause */
/* Deferred listeners: before a SYN is answered the application says whether it is to be (what a tunnel needs,
 * which first opens the other half). The half-open record waits in a queue of its own. */
#include "l4_transport/tcp_internal.h"

/* A record is named by its index and its ISN, which nobody outside has seen. */
static uint64_t sv_admission_ticket(uint32_t index, const struct sv_tcp_small *m)
{
    return (uint64_t)m->u.half.iss << 32 | index;
}

static uint32_t sv_admission_of(const struct sv_tcp *tcp, uint64_t ticket)
{
    const uint32_t index = (uint32_t)ticket;
    if (index >= tcp->small_fresh)
        return SV_NONE;
    const struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    const bool waits = m->kind == SV_TCP_HALF_OPEN && (m->bits & SV_SMALL_ASKED);
    return waits && sv_admission_ticket(index, m) == ticket ? index : SV_NONE;
}

enum sv_err sv_tcp_admission(struct sv_tcp *tcp, uint32_t listener, struct sv_admission *asked)
{
    for (uint32_t i = tcp->half[SV_TCP_ASKED].first; i != SV_NONE; i = sv_tcp_small(tcp, i)->next) {
        struct sv_tcp_small *m = sv_tcp_small(tcp, i);
        if (m->u.half.listener != listener || (m->bits & SV_SMALL_TOLD))
            continue;
        m->bits |= SV_SMALL_TOLD;
        asked->ticket = sv_admission_ticket(i, m);
        asked->local = (struct sv_endpoint){*sv_tcp_address(tcp, m->local), m->local_port};
        asked->remote = (struct sv_endpoint){m->remote, m->remote_port};
        return SV_OK;
    }
    return SV_ERR_AGAIN;
}

enum sv_err sv_tcp_admit(struct sv_tcp *tcp, uint64_t ticket, struct sv_tcp_reply *reply)
{
    const uint32_t index = sv_admission_of(tcp, ticket);
    if (index == SV_NONE)
        return SV_ERR_STALE;
    sv_tcp_half_open_admitted(tcp, index, reply);
    return SV_OK;
}

enum sv_err sv_tcp_refuse(struct sv_tcp *tcp, uint64_t ticket, struct sv_tcp_reply *syn, struct sv_tcp_reply *reset)
{
    const uint32_t index = sv_admission_of(tcp, ticket);
    if (index == SV_NONE)
        return SV_ERR_STALE;
    const struct sv_tcp_small *m = sv_tcp_small(tcp, index);
    *syn = (struct sv_tcp_reply){.remote = m->remote, .local = m->local};
    syn->header.source = m->remote_port;
    syn->header.destination = m->local_port;
    syn->header.seq = m->u.half.irs;
    syn->header.flags = SV_SYN;
    syn->header.window = m->u.half.window;
    *reset = (struct sv_tcp_reply){.remote = m->remote, .local = m->local};
    reset->header.source = m->local_port;
    reset->header.destination = m->remote_port;
    reset->header.ack = m->u.half.irs + 1u;
    reset->header.flags = SV_RST | SV_ACK;
    sv_tcp_half_open_forgotten(tcp, index);
    return SV_OK;
}
