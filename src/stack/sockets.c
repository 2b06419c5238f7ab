/* SPDX-License-Identifier: BSD-2-Clause */
/* seven/socket.h: each call takes the time, finds the record, and leaves the rest to its layer. */
#include "l4_transport/tcp_auth.h"
#include "stack/stack_internal.h"

SV_HOT uint32_t sv_stack_events(struct sv_stack *s, struct sv_event *out, uint32_t max)
{
    return sv_session_events(&s->session, out, max);
}

enum sv_err sv_timer_at(struct sv_stack *s, uint64_t cookie, sv_time when)
{
    return sv_session_timer_at(&s->session, cookie, when);
}

enum sv_err sv_listen(struct sv_stack *s, const struct sv_endpoint *local, const struct sv_listen_options *options,
                      sv_sock *listener, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_session_listen(&s->session, local, options, listener);
}

enum sv_err sv_accept(struct sv_stack *s, sv_sock listener, sv_sock *connection, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_session_accept(&s->session, listener, connection);
}

enum sv_err sv_connect(struct sv_stack *s, const struct sv_endpoint *remote, const struct sv_connect_options *options,
                       sv_sock *connection, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_session_connect(&s->session, remote, options, connection);
}

enum sv_err sv_connect_fast(struct sv_stack *s, const struct sv_endpoint *remote,
                            const struct sv_connect_options *options, const void *bytes, size_t n, size_t *taken,
                            sv_sock *connection, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_session_connect_fast(&s->session, remote, options, bytes, n, taken, connection);
}

bool sv_fastopen_known(struct sv_stack *s, const struct sv_addr *remote, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_tcp_fastopen_known(&s->tcp, remote);
}

enum sv_err sv_fastopen_key(struct sv_stack *s, sv_sock listener, const uint64_t key[2])
{
    return sv_session_fastopen_key(&s->session, listener, key);
}

enum sv_err sv_fastopen_old_key(struct sv_stack *s, sv_sock listener, const uint64_t key[2])
{
    return sv_session_fastopen_old_key(&s->session, listener, key);
}

enum sv_err sv_admission(struct sv_stack *s, sv_sock listener, struct sv_admission *asked, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_session_admission(&s->session, listener, asked);
}

enum sv_err sv_admit(struct sv_stack *s, uint64_t ticket, sv_time now)
{
    struct sv_tcp_reply reply;
    (void)sv_core_clock(&s->core, now);
    const enum sv_err error = sv_tcp_admit(&s->tcp, ticket, &reply);
    if (error == SV_OK)
        sv_stack_reply(s, &reply);
    return error;
}

enum sv_err sv_refuse(struct sv_stack *s, uint64_t ticket, enum sv_refusal how, sv_time now)
{
    struct sv_tcp_reply syn, reset;
    (void)sv_core_clock(&s->core, now);
    const enum sv_err error = sv_tcp_refuse(&s->tcp, ticket, &syn, &reset);
    if (error != SV_OK || how == SV_REFUSE_SILENTLY)
        return error;
    if (how == SV_REFUSE_RESET)
        sv_stack_reply(s, &reset);
    else
        sv_stack_refuse_by_icmp(s, &syn, how);
    return SV_OK;
}

SV_HOT enum sv_err sv_send(struct sv_stack *s, sv_sock c, const void *bytes, size_t n, size_t *taken, sv_time now)
{
    uint32_t index;
    *taken = 0;
    (void)sv_core_clock(&s->core, now);
    return sv_session_tcp(&s->session, c, &index) ? sv_tcp_send(&s->tcp, index, bytes, n, taken) : SV_ERR_STALE;
}

SV_HOT enum sv_err sv_send_ref(struct sv_stack *s, sv_sock c, uint32_t first_window, uint64_t offset, size_t n,
                               size_t *taken, sv_time now)
{
    uint32_t index;
    *taken = 0;
    (void)sv_core_clock(&s->core, now);
    if (!sv_session_tcp(&s->session, c, &index))
        return SV_ERR_STALE;
    return sv_tcp_send_ref(&s->tcp, index, first_window, offset, n, taken);
}

SV_HOT enum sv_err sv_recv(struct sv_stack *s, sv_sock c, void *to, size_t n, size_t *got, sv_time now)
{
    uint32_t index;
    *got = 0;
    (void)sv_core_clock(&s->core, now);
    return sv_session_tcp(&s->session, c, &index) ? sv_tcp_recv(&s->tcp, index, to, n, got) : SV_ERR_STALE;
}

SV_HOT enum sv_err sv_peek(struct sv_stack *s, sv_sock c, const uint8_t **data, size_t *n, sv_time now)
{
    uint32_t index;
    *n = 0;
    (void)sv_core_clock(&s->core, now);
    return sv_session_tcp(&s->session, c, &index) ? sv_tcp_peek(&s->tcp, index, data, n) : SV_ERR_STALE;
}

SV_HOT void sv_consume(struct sv_stack *s, sv_sock c, size_t n, sv_time now)
{
    uint32_t index;
    (void)sv_core_clock(&s->core, now);
    if (sv_session_tcp(&s->session, c, &index))
        sv_tcp_consume(&s->tcp, index, n);
}

enum sv_err sv_shutdown(struct sv_stack *s, sv_sock c, sv_time now)
{
    uint32_t index;
    (void)sv_core_clock(&s->core, now);
    return sv_session_tcp(&s->session, c, &index) ? sv_tcp_shutdown(&s->tcp, index) : SV_ERR_STALE;
}

void sv_close(struct sv_stack *s, sv_sock c, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    sv_stack_leave_all(s, c);
    sv_session_close(&s->session, c, false);
}

void sv_abort(struct sv_stack *s, sv_sock c, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    sv_stack_leave_all(s, c);
    sv_session_close(&s->session, c, true);
}

enum sv_err sv_udp_open(struct sv_stack *s, const struct sv_endpoint *local, uint64_t cookie, sv_sock *socket,
                        sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_session_udp_open(&s->session, local, cookie, socket);
}

enum sv_err sv_udp_send(struct sv_stack *s, sv_sock u, const struct sv_endpoint *to, const void *bytes, size_t n,
                        sv_time now)
{
    uint32_t index;
    (void)sv_core_clock(&s->core, now);
    if (!sv_session_udp(&s->session, u, &index) || sv_udp_of(&s->udp, index)->kind != SV_UDP_DATAGRAM)
        return SV_ERR_STALE;
    return sv_udp_write(&s->core, &s->net, &s->udp, index, to, bytes, n);
}

enum sv_err sv_udp_recv(struct sv_stack *s, sv_sock u, struct sv_endpoint *from, void *to, size_t n, size_t *got,
                        sv_time now)
{
    uint32_t index;
    *got = 0;
    (void)sv_core_clock(&s->core, now);
    if (!sv_session_udp(&s->session, u, &index))
        return SV_ERR_STALE;
    if (sv_udp_of(&s->udp, index)->kind == SV_UDP_PROBE)
        return SV_ERR_AGAIN; /* what comes back are reports */
    if (sv_udp_of(&s->udp, index)->kind == SV_UDP_ECHO) {
        from->port = 0;
        return sv_echo_read(&s->core, &s->udp, index, &from->addr, to, n, got);
    }
    return sv_udp_read(&s->core, &s->udp, index, from, to, n, got);
}

enum sv_err sv_echo_open(struct sv_stack *s, uint64_t cookie, sv_sock *socket, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_session_echo_open(&s->session, cookie, socket);
}

enum sv_err sv_echo_send(struct sv_stack *s, sv_sock e, const struct sv_addr *to, uint16_t sequence, uint8_t ttl,
                         const void *bytes, size_t n, sv_time now)
{
    uint32_t index;
    (void)sv_core_clock(&s->core, now);
    if (!sv_session_udp(&s->session, e, &index) || sv_udp_of(&s->udp, index)->kind != SV_UDP_ECHO)
        return SV_ERR_STALE;
    return sv_echo_write(&s->core, &s->net, &s->udp, index, to, sequence, ttl, bytes, n);
}

enum sv_err sv_probe_open(struct sv_stack *s, uint64_t cookie, sv_sock *socket, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_session_probe_open(&s->session, cookie, socket);
}

enum sv_err sv_probe_send(struct sv_stack *s, sv_sock p, const struct sv_endpoint *to, uint32_t seq, uint8_t ttl,
                          size_t n, sv_time now)
{
    uint32_t index;
    (void)sv_core_clock(&s->core, now);
    if (!sv_session_udp(&s->session, p, &index) || sv_udp_of(&s->udp, index)->kind != SV_UDP_PROBE)
        return SV_ERR_STALE;
    return sv_probe_write(&s->core, &s->net, &s->udp, index, to, seq, ttl, n);
}

enum sv_err sv_sock_report(struct sv_stack *s, sv_sock u, struct sv_report *report, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_session_report(&s->session, u, report);
}

enum sv_err sv_sock_set(struct sv_stack *s, sv_sock c, enum sv_option option, uint64_t value, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_session_set(&s->session, c, option, value);
}

enum sv_err sv_sock_set_cookie(struct sv_stack *s, sv_sock c, uint64_t cookie)
{
    return sv_session_set_cookie(&s->session, c, cookie);
}

enum sv_err sv_sock_info(const struct sv_stack *s, sv_sock c, struct sv_sock_info *info)
{
    return sv_session_info(&s->session, c, info);
}

bool sv_stack_each(const struct sv_stack *s, uint32_t *at, struct sv_sock_info *info)
{
    return sv_session_each(&s->session, at, info);
}

enum sv_err sv_auth_add(struct sv_stack *s, const struct sv_auth_key *key, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_tcp_auth_add(&s->tcp, key);
}

enum sv_err sv_auth_remove(struct sv_stack *s, const struct sv_auth_key *key, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_tcp_auth_remove(&s->tcp, key);
}

bool sv_auth_each(const struct sv_stack *s, uint32_t *at, struct sv_auth_key *key)
{
    return sv_tcp_auth_each(&s->tcp, at, key);
}

enum sv_err sv_auth_next(struct sv_stack *s, sv_sock c, uint8_t recv_id, sv_time now)
{
    uint32_t index;
    (void)sv_core_clock(&s->core, now);
    return sv_session_tcp(&s->session, c, &index) ? sv_tcp_auth_next(&s->tcp, index, recv_id) : SV_ERR_STALE;
}

enum sv_err sv_auth_info(const struct sv_stack *s, sv_sock c, struct sv_auth_info *info)
{
    uint32_t index;
    if (info->size != sizeof *info)
        return SV_ERR_VERSION;
    return sv_session_tcp(&s->session, c, &index) ? sv_tcp_auth_info(&s->tcp, index, info) : SV_ERR_STALE;
}
