/* SPDX-License-Identifier: BSD-2-Clause */
/* The session layer: one program speaks with another through a handle. Handles of every transport have one
 * shape (kind and index, generation), one set of events, and timers beside them. */
#ifndef SV_L5_SESSION_H
#define SV_L5_SESSION_H

#include "l4_transport/tcp.h"
#include "l4_transport/udp.h"

struct sv_session_timer {
    struct sv_wheel_node wake;
    uint64_t cookie;
    sv_time when;        /* SV_NEVER: free, or fired and to be collected */
    uint32_t used, next; /* next: in the list of the fired */
};

struct sv_session {
    int64_t core_at, net_at, udp_at, tcp_at, timers_at; /* from this struct */
    uint32_t timers;
    uint32_t fired_first, fired_last;
    uint32_t spare;
};

bool sv_session_init(struct sv_session *s, struct sv_core *core, struct sv_net *net, struct sv_udp *udp,
                     struct sv_tcp *tcp, struct sv_arena *arena, uint32_t timers);
uint64_t sv_session_bytes(uint32_t timers);

/* The wheel woke timer `index` (SV_WHEEL_TIMER). */
void sv_session_expire(struct sv_session *s, uint32_t index);

/* seven/socket.h, with the session in place of the stack. */
uint32_t sv_session_events(struct sv_session *s, struct sv_event *out, uint32_t max);
enum sv_err sv_session_timer_at(struct sv_session *s, uint64_t cookie, sv_time when);
enum sv_err sv_session_listen(struct sv_session *s, const struct sv_endpoint *local,
                              const struct sv_listen_options *options, sv_sock *listener);
enum sv_err sv_session_accept(struct sv_session *s, sv_sock listener, sv_sock *connection);
enum sv_err sv_session_connect(struct sv_session *s, const struct sv_endpoint *remote,
                               const struct sv_connect_options *options, sv_sock *connection);
enum sv_err sv_session_connect_fast(struct sv_session *s, const struct sv_endpoint *remote,
                                    const struct sv_connect_options *options, const void *bytes, size_t n,
                                    size_t *taken, sv_sock *connection);
enum sv_err sv_session_fastopen_key(struct sv_session *s, sv_sock listener, const uint64_t key[2]);
enum sv_err sv_session_fastopen_old_key(struct sv_session *s, sv_sock listener, const uint64_t key[2]);
enum sv_err sv_session_admission(struct sv_session *s, sv_sock listener, struct sv_admission *asked);
void sv_session_close(struct sv_session *s, sv_sock c, bool abort);
enum sv_err sv_session_udp_open(struct sv_session *s, const struct sv_endpoint *local, uint64_t cookie,
                                sv_sock *socket);
enum sv_err sv_session_echo_open(struct sv_session *s, uint64_t cookie, sv_sock *socket);
enum sv_err sv_session_probe_open(struct sv_session *s, uint64_t cookie, sv_sock *socket);
enum sv_err sv_session_report(struct sv_session *s, sv_sock u, struct sv_report *report);
enum sv_err sv_session_set(struct sv_session *s, sv_sock c, enum sv_option option, uint64_t value);
enum sv_err sv_session_set_cookie(struct sv_session *s, sv_sock c, uint64_t cookie);
enum sv_err sv_session_info(const struct sv_session *s, sv_sock c, struct sv_sock_info *info);
bool sv_session_each(const struct sv_session *s, uint32_t *at, struct sv_sock_info *info);

/* The record a handle names: true and *index, or false when it is stale or of another kind. */
bool sv_session_udp(const struct sv_session *s, sv_sock c, uint32_t *index);

#define SV_SESSION_PART(type, name, member)                                   \
    static inline struct type *name(const struct sv_session *s)               \
    {                                                                         \
        return (struct type *)(uintptr_t)((intptr_t)s + (intptr_t)s->member); \
    }
SV_SESSION_PART(sv_core, sv_session_core, core_at)
SV_SESSION_PART(sv_net, sv_session_net, net_at)
SV_SESSION_PART(sv_udp, sv_session_udps, udp_at)
SV_SESSION_PART(sv_tcp, sv_session_tcps, tcp_at)
SV_SESSION_PART(sv_session_timer, sv_session_timers, timers_at)

/* Every call on a connection begins here. */
static inline bool sv_session_tcp(const struct sv_session *s, sv_sock c, uint32_t *index)
{
    const struct sv_tcp *tcp = sv_session_tcps(s);
    const uint32_t i = c.index; /* SV_SOCK_TCP is 0: another kind lies beyond every record */
    if (i >= tcp->hot_fresh)
        return false;
    if (sv_tcp_cold(tcp, i)->generation != c.generation || sv_tcp_hot(tcp, i)->kind != SV_TCP_FULL)
        return false;
    *index = i;
    return true;
}

#endif
