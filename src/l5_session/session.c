/* SPDX-License-Identifier: BSD-2-Clause */
#include "l5_session/session.h"

bool sv_session_init(struct sv_session *s, struct sv_core *core, struct sv_net *net, struct sv_udp *udp,
                     struct sv_tcp *tcp, struct sv_arena *arena, uint32_t timers)
{
    struct sv_session_timer *t = sv_arena_take(arena, (uint64_t)timers * sizeof *t, 64);
    if (!t)
        return false;
    s->core_at = (int64_t)((intptr_t)core - (intptr_t)s);
    s->net_at = (int64_t)((intptr_t)net - (intptr_t)s);
    s->udp_at = (int64_t)((intptr_t)udp - (intptr_t)s);
    s->tcp_at = (int64_t)((intptr_t)tcp - (intptr_t)s);
    s->timers_at = (int64_t)((intptr_t)t - (intptr_t)s);
    s->timers = timers;
    s->fired_first = s->fired_last = SV_NONE;
    for (uint32_t i = 0; i < timers; i++)
        sv_wheel_node_init(&t[i].wake);
    sv_wheel_kind(&core->wheel, SV_WHEEL_TIMER, &t->wake, sizeof *t);
    return true;
}

uint64_t sv_session_bytes(uint32_t timers)
{
    return (uint64_t)timers * sizeof(struct sv_session_timer) + 64u;
}

bool sv_session_udp(const struct sv_session *s, sv_sock c, uint32_t *index)
{
    const struct sv_udp *udp = sv_session_udps(s);
    const uint32_t i = SV_SOCK_INDEX(c.index);
    const uint32_t kind = SV_SOCK_KIND(c.index);
    if ((kind != SV_SOCK_UDP && kind != SV_SOCK_ECHO) || i >= udp->ceiling)
        return false;
    const struct sv_udp_socket *u = sv_udp_of(udp, i);
    if (u->generation != c.generation || u->kind == SV_UDP_FREE ||
        (kind == SV_SOCK_UDP) != (u->kind == SV_UDP_DATAGRAM))
        return false;
    *index = i;
    return true;
}

static struct sv_tcp_listener *sv_session_listener(const struct sv_session *s, sv_sock c)
{
    struct sv_tcp *tcp = sv_session_tcps(s);
    const uint32_t i = SV_SOCK_INDEX(c.index);
    if (SV_SOCK_KIND(c.index) != SV_SOCK_LISTENER || i >= tcp->listeners)
        return NULL;
    struct sv_tcp_listener *l = sv_tcp_listener(tcp, i);
    return l->used && l->generation == c.generation ? l : NULL;
}

/* --- timers --- */

void sv_session_expire(struct sv_session *s, uint32_t index)
{
    struct sv_session_timer *t = sv_session_timers(s);
    if (t[index].when > sv_session_core(s)->now) { /* woken early: it was moved to later */
        sv_wheel_arm(&sv_session_core(s)->wheel, SV_WHEEL_TIMER, index, t[index].when);
        return;
    }
    t[index].when = SV_NEVER;
    t[index].next = SV_NONE;
    if (s->fired_first == SV_NONE)
        s->fired_first = index;
    else
        t[s->fired_last].next = index;
    s->fired_last = index;
}

enum sv_err sv_session_timer_at(struct sv_session *s, uint64_t cookie, sv_time when)
{
    struct sv_session_timer *t = sv_session_timers(s);
    struct sv_wheel *wheel = &sv_session_core(s)->wheel;
    uint32_t free_slot = SV_NONE;
    for (uint32_t i = 0; i < s->timers; i++) {
        if (!t[i].used) {
            free_slot = free_slot == SV_NONE ? i : free_slot;
        } else if (t[i].cookie == cookie && t[i].when != SV_NEVER) {
            sv_wheel_disarm(wheel, SV_WHEEL_TIMER, i);
            t[i].used = when != SV_NEVER;
            t[i].when = when;
            if (when != SV_NEVER)
                sv_wheel_arm(wheel, SV_WHEEL_TIMER, i, when);
            return SV_OK;
        }
    }
    if (when == SV_NEVER)
        return SV_OK;
    if (free_slot == SV_NONE)
        return SV_ERR_NO_MEMORY;
    t[free_slot].used = 1;
    t[free_slot].cookie = cookie;
    t[free_slot].when = when;
    sv_wheel_arm(wheel, SV_WHEEL_TIMER, free_slot, when);
    return SV_OK;
}

/* --- events of every kind --- */

__attribute__((noinline)) static uint32_t sv_session_timer_events(struct sv_session *s, struct sv_event *out,
                                                                  uint32_t max)
{
    struct sv_session_timer *t = sv_session_timers(s);
    uint32_t n = 0;
    while (n < max && s->fired_first != SV_NONE) {
        struct sv_session_timer *fired = &t[s->fired_first];
        out[n++] = (struct sv_event){.cookie = fired->cookie, .socket = SV_NO_SOCK, .what = SV_EVENT_TIMER};
        fired->used = 0;
        s->fired_first = fired->next;
        if (s->fired_first == SV_NONE)
            s->fired_last = SV_NONE;
    }
    return n;
}

__attribute__((noinline)) static uint32_t sv_session_udp_events(struct sv_session *s, struct sv_event *out,
                                                                uint32_t max)
{
    struct sv_udp *udp = sv_session_udps(s);
    uint32_t n = 0;
    while (n < max) {
        const uint32_t i = sv_udp_next_ready(udp);
        if (i == SV_NONE)
            break;
        struct sv_udp_socket *u = sv_udp_of(udp, i);
        const uint32_t kind = u->kind == SV_UDP_DATAGRAM ? SV_SOCK_UDP : SV_SOCK_ECHO;
        out[n++] = (struct sv_event){
            .cookie = u->cookie,
            .socket = {kind | i, u->generation},
            .what = u->what,
            .error = u->what & SV_EVENT_ERROR ? SV_ERR_UNREACHABLE : 0,
        };
        u->what = 0;
    }
    return n;
}

SV_HOT uint32_t sv_session_events(struct sv_session *s, struct sv_event *out, uint32_t max)
{
    uint32_t n = 0;
    if (SV_UNLIKELY(s->fired_first != SV_NONE))
        n = sv_session_timer_events(s, out, max);
    if (SV_UNLIKELY(sv_session_udps(s)->ready_first != SV_NONE))
        n += sv_session_udp_events(s, out + n, max - n);
    return n + sv_tcp_events(sv_session_tcps(s), out + n, max - n);
}

/* --- opening and closing --- */

enum sv_err sv_session_listen(struct sv_session *s, const struct sv_endpoint *local,
                              const struct sv_listen_options *options, sv_sock *listener)
{
    struct sv_listen_options wanted = {.size = sizeof wanted};
    uint32_t index;
    if (options) {
        if (options->size != sizeof wanted)
            return SV_ERR_VERSION;
        wanted = *options;
    }
    if (wanted.interface > sv_session_net(s)->link.interfaces.count)
        return SV_ERR_INVALID;
    if (!sv_addr_is_any(&local->addr) &&
        sv_address_find(sv_session_core(s), &sv_session_net(s)->addresses, &local->addr) == SV_NONE)
        return SV_ERR_NOT_LOCAL;
    const enum sv_err error = sv_tcp_listen(sv_session_tcps(s), local, &wanted, &index);
    if (error == SV_OK)
        *listener = (sv_sock){SV_SOCK_LISTENER | index, sv_tcp_listener(sv_session_tcps(s), index)->generation};
    return error;
}

enum sv_err sv_session_accept(struct sv_session *s, sv_sock listener, sv_sock *connection)
{
    struct sv_tcp *tcp = sv_session_tcps(s);
    uint32_t index;
    if (!sv_session_listener(s, listener))
        return SV_ERR_STALE;
    const enum sv_err error = sv_tcp_accept(tcp, SV_SOCK_INDEX(listener.index), &index);
    if (error == SV_OK)
        *connection = (sv_sock){SV_SOCK_TCP | index, sv_tcp_cold(tcp, index)->generation};
    return error;
}

struct sv_port_question {
    struct sv_session *s;
    struct sv_tcp_tuple *u; /* gets each port that is asked for */
};

static bool sv_session_port_is_free(void *context, uint16_t port)
{
    const struct sv_port_question *q = context;
    struct sv_tcp *tcp = sv_session_tcps(q->s);
    q->u->local_port = port;
    return sv_tcp_find_tuple(tcp, q->u) == SV_NONE && sv_tcp_port_free(tcp, port);
}

/* The address record that the route, or the caller, chose to send from. */
static enum sv_err sv_session_local(struct sv_session *s, const struct sv_endpoint *remote,
                                    const struct sv_endpoint *wanted, struct sv_ip_path *way, uint32_t *local)
{
    struct sv_core *core = sv_session_core(s);
    struct sv_net *net = sv_session_net(s);
    const enum sv_err error = sv_ip_find_path(core, net, &remote->addr, &wanted->addr, SV_NO_PORT, way);
    if (error != SV_OK)
        return error;
    *local = sv_address_local(core, &net->addresses, &way->src);
    return *local == SV_NONE ? SV_ERR_NO_ROUTE : SV_OK;
}

/* A four-tuple that is still there: free only if it is TIME-WAIT and its time may be cut short, our ISN and
 * timestamps being larger than any it saw (RFC 6191, RFC 9293 MAY-2). */
static enum sv_err sv_session_tuple(struct sv_session *s, struct sv_tcp_tuple *u)
{
    struct sv_tcp *tcp = sv_session_tcps(s);
    const uint32_t there = sv_tcp_find_tuple(tcp, u);
    if (there == SV_NONE)
        return SV_OK;
    if (SV_TCP_VALUE_KIND(there) != SV_TCP_TIME_WAIT || !sv_tcp_time_wait_yields(tcp, SV_TCP_VALUE_INDEX(there)))
        return SV_ERR_IN_USE;
    return SV_OK;
}

/* The same, and a wait that may be cut short is. */
static bool sv_session_port_yields(void *context, uint16_t port)
{
    const struct sv_port_question *q = context;
    q->u->local_port = port;
    return sv_tcp_port_free(sv_session_tcps(q->s), port) && sv_session_tuple(q->s, q->u) == SV_OK;
}

/* A port that nobody has; when there is none left, one of those that only wait (RFC 6191). False: neither. */
static bool sv_session_choose(struct sv_session *s, struct sv_tcp_tuple *u)
{
    struct sv_port_question question = {s, u};
    struct sv_ports *ports = &sv_session_udps(s)->ports;
    const struct sv_addr *own = sv_tcp_address(sv_session_tcps(s), u->local), *to = &u->remote->addr;
    return sv_port_choose(ports, own, to, u->remote->port, SV_TCP_PROTOCOL, sv_session_port_is_free, &question) ||
           sv_port_choose(ports, own, to, u->remote->port, SV_TCP_PROTOCOL, sv_session_port_yields, &question);
}

static bool sv_session_port_is_likely(void *context, uint16_t port)
{
    const struct sv_port_question *q = context;
    q->u->local_port = port;
    return sv_tcp_port_free(sv_session_tcps(q->s), port);
}

/* The first port that would be asked for: nearly always nobody has it with that peer, and the table, where that is
 * found out, is far from the processor. */
static bool sv_session_guess(struct sv_session *s, struct sv_tcp_tuple *u)
{
    struct sv_tcp *tcp = sv_session_tcps(s);
    struct sv_port_question question = {s, u};
    if (!sv_port_choose(&sv_session_udps(s)->ports, sv_tcp_address(tcp, u->local), &u->remote->addr, u->remote->port,
                        SV_TCP_PROTOCOL, sv_session_port_is_likely, &question))
        return false;
    sv_tcp_guess_tuple(tcp, u);
    return true;
}

static enum sv_err sv_session_open(struct sv_session *s, const struct sv_tcp_tuple *u, const struct sv_ip_path *way,
                                   uint64_t cookie, uint32_t *index)
{
    struct sv_tcp *tcp = sv_session_tcps(s);
    struct sv_tcp_path path;
    if (!sv_tcp_pin_path(tcp, way, u->local, &path))
        return SV_ERR_NO_ROUTE;
    const enum sv_err error = sv_tcp_open(tcp, u, &path, cookie, index);
    if (error != SV_OK)
        sv_tcp_forget_path(tcp, &path);
    return error;
}

/* From a port that is wanted, or from any. */
static enum sv_err sv_session_open_from(struct sv_session *s, struct sv_tcp_tuple *u, const struct sv_ip_path *way,
                                        uint64_t cookie, uint32_t *index)
{
    if (u->local_port) {
        const enum sv_err error = sv_session_tuple(s, u);
        return error == SV_OK ? sv_session_open(s, u, way, cookie, index) : error;
    }
    if (SV_SHORT_WAYS && SV_LIKELY(sv_session_guess(s, u))) {
        const enum sv_err error = sv_session_open(s, u, way, cookie, index);
        if (SV_LIKELY(error != SV_ERR_IN_USE))
            return error;
    }
    return sv_session_choose(s, u) ? sv_session_open(s, u, way, cookie, index) : SV_ERR_NO_PORTS;
}

enum sv_err sv_session_connect(struct sv_session *s, const struct sv_endpoint *remote,
                               const struct sv_connect_options *options, sv_sock *connection)
{
    struct sv_tcp *tcp = sv_session_tcps(s);
    struct sv_connect_options wanted = {.size = sizeof wanted};
    struct sv_ip_path way;
    uint32_t index;
    if (options) {
        if (options->size != sizeof wanted)
            return SV_ERR_VERSION;
        wanted = *options;
    }
    const uint32_t most = wanted.max_segment;
    if (remote->port == 0 || !sv_addr_is_unicast(&remote->addr))
        return SV_ERR_INVALID;
    if (most && (most < SV_SEGMENT_MIN || most > SV_SEGMENT_MAX))
        return SV_ERR_INVALID;
    struct sv_tcp_tuple u = {.remote = remote, .local_port = wanted.local.port};
    enum sv_err error = sv_session_local(s, remote, &wanted.local, &way, &u.local);
    if (error == SV_OK)
        error = sv_session_open_from(s, &u, &way, wanted.cookie, &index);
    if (error != SV_OK)
        return error;
    sv_tcp_cold(tcp, index)->peer_mss = (uint16_t)most; /* as SV_OPT_MAX_SEGMENT keeps it */
    *connection = (sv_sock){SV_SOCK_TCP | index, sv_tcp_cold(tcp, index)->generation};
    return SV_OK;
}

enum sv_err sv_session_connect_fast(struct sv_session *s, const struct sv_endpoint *remote,
                                    const struct sv_connect_options *options, const void *bytes, size_t n,
                                    size_t *taken, sv_sock *connection)
{
    *taken = 0;
    const enum sv_err error = sv_session_connect(s, remote, options, connection);
    if (error == SV_OK)
        sv_tcp_fastopen_begin(sv_session_tcps(s), SV_SOCK_INDEX(connection->index),
                              options && options->flags & SV_CONNECT_NO_COOKIE, bytes, n, taken);
    return error;
}

enum sv_err sv_session_fastopen_key(struct sv_session *s, sv_sock listener, const uint64_t key[2])
{
    const struct sv_siphash_key wanted = {key[0], key[1]};
    if (listener.index == SV_NO_SOCK.index && listener.generation == SV_NO_SOCK.generation) {
        sv_session_tcps(s)->fastopen_key[0] = wanted;
        sv_session_tcps(s)->fastopen_keys = 1;
        return SV_OK;
    }
    struct sv_tcp_listener *l = sv_session_listener(s, listener);
    if (!l)
        return SV_ERR_STALE;
    l->fast_key[0] = wanted;
    l->fast_keys = 1;
    return SV_OK;
}

enum sv_err sv_session_fastopen_old_key(struct sv_session *s, sv_sock listener, const uint64_t key[2])
{
    struct sv_tcp_listener *l = sv_session_listener(s, listener);
    if (!l)
        return SV_ERR_STALE;
    if (!l->fast_keys)
        return SV_ERR_STATE;
    l->fast_key[1] = (struct sv_siphash_key){key[0], key[1]};
    l->fast_keys = 2;
    return SV_OK;
}

enum sv_err sv_session_admission(struct sv_session *s, sv_sock listener, struct sv_admission *asked)
{
    if (asked->size != sizeof *asked)
        return SV_ERR_VERSION;
    if (!sv_session_listener(s, listener))
        return SV_ERR_STALE;
    return sv_tcp_admission(sv_session_tcps(s), SV_SOCK_INDEX(listener.index), asked);
}

void sv_session_close(struct sv_session *s, sv_sock c, bool abort)
{
    uint32_t index;
    if (sv_session_tcp(s, c, &index)) {
        if (abort)
            sv_tcp_abort(sv_session_tcps(s), index);
        else
            sv_tcp_close(sv_session_tcps(s), index);
    } else if (sv_session_udp(s, c, &index)) {
        sv_udp_unbind(sv_session_core(s), sv_session_udps(s), index);
    } else if (sv_session_listener(s, c)) {
        sv_tcp_close_listener(sv_session_tcps(s), SV_SOCK_INDEX(c.index));
    }
}

static enum sv_err sv_session_bind(struct sv_session *s, const struct sv_udp_binding *binding, uint32_t kind,
                                   sv_sock *socket)
{
    struct sv_udp *udp = sv_session_udps(s);
    uint32_t index;
    const enum sv_err error = sv_udp_bind(sv_session_core(s), sv_session_net(s), udp, binding, &index);
    if (error == SV_OK)
        *socket = (sv_sock){kind | index, sv_udp_of(udp, index)->generation};
    return error;
}

enum sv_err sv_session_udp_open(struct sv_session *s, const struct sv_endpoint *local, uint64_t cookie, sv_sock *socket)
{
    const struct sv_udp_binding binding = {
        .local = local->addr,
        .port = local->port,
        .kind = SV_UDP_DATAGRAM,
        .interface = SV_NO_PORT,
        .cookie = cookie,
    };
    return sv_session_bind(s, &binding, SV_SOCK_UDP, socket);
}

enum sv_err sv_session_echo_open(struct sv_session *s, uint64_t cookie, sv_sock *socket)
{
    const struct sv_udp_binding binding = {
        .local = {{0}}, /* any, of both families */
        .kind = SV_UDP_ECHO,
        .interface = SV_NO_PORT,
        .cookie = cookie,
    };
    return sv_session_bind(s, &binding, SV_SOCK_ECHO, socket);
}

enum sv_err sv_session_probe_open(struct sv_session *s, uint64_t cookie, sv_sock *socket)
{
    const struct sv_udp_binding binding = {
        .local = {{0}}, /* of either family */
        .kind = SV_UDP_PROBE,
        .interface = SV_NO_PORT,
        .cookie = cookie,
    };
    return sv_session_bind(s, &binding, SV_SOCK_ECHO, socket);
}

enum sv_err sv_session_report(struct sv_session *s, sv_sock u, struct sv_report *report)
{
    struct sv_udp_report r;
    uint32_t index;
    if (report->size != sizeof *report)
        return SV_ERR_VERSION;
    if (!sv_session_udp(s, u, &index))
        return SV_ERR_STALE;
    const enum sv_err error = sv_udp_report_take(sv_session_udps(s), index, &r);
    if (error != SV_OK)
        return error;
    *report = (struct sv_report){
        .size = sizeof *report,
        .kind = r.kind,
        .from = r.error.from,
        .src = {r.error.src, r.error.src_port},
        .dst = {r.error.dst, r.error.dst_port},
        .sequence = r.error.tcp_seq,
        .mtu = r.error.mtu,
        .quoted_length = r.error.quoted_length,
        .type = r.error.type,
        .code = r.error.code,
        .tcp_flags = r.tcp_flags,
    };
    return SV_OK;
}

/* --- settings and inspection --- */

enum sv_err sv_session_set(struct sv_session *s, sv_sock c, enum sv_option option, uint64_t value)
{
    uint32_t index;
    if (sv_session_tcp(s, c, &index))
        return sv_tcp_set(sv_session_tcps(s), index, option, value);
    struct sv_tcp_listener *l = sv_session_listener(s, c);
    if (l) {
        if (option != SV_OPT_FASTOPEN || value > 65535u)
            return SV_ERR_INVALID;
        l->fast_max = (uint16_t)value;
        return SV_OK;
    }
    if (!sv_session_udp(s, c, &index))
        return SV_ERR_STALE;
    struct sv_udp_socket *u = sv_udp_of(sv_session_udps(s), index);
    if (option == SV_OPT_TTL && value > 0 && value < 256)
        u->ttl = (uint8_t)value;
    else if (option == SV_OPT_TOS && value < 256)
        u->tos = (uint8_t)value;
    else if (option == SV_OPT_DONT_FRAGMENT && value < 2)
        u->dont_fragment = (uint8_t)value;
    else if (option == SV_OPT_V6_ONLY && value < 2)
        u->v6_only = (uint8_t)value;
    else
        return SV_ERR_INVALID;
    return SV_OK;
}

enum sv_err sv_session_set_cookie(struct sv_session *s, sv_sock c, uint64_t cookie)
{
    struct sv_tcp_listener *l = sv_session_listener(s, c);
    uint32_t index;
    if (sv_session_tcp(s, c, &index))
        sv_tcp_cold(sv_session_tcps(s), index)->cookie = cookie;
    else if (sv_session_udp(s, c, &index))
        sv_udp_of(sv_session_udps(s), index)->cookie = cookie;
    else if (l)
        l->cookie = cookie;
    else
        return SV_ERR_STALE;
    return SV_OK;
}

static void sv_session_udp_info(const struct sv_udp_socket *u, struct sv_sock_info *info)
{
    sv_memset(info, 0, sizeof *info);
    info->size = sizeof *info;
    info->protocol = u->kind;
    info->local = (struct sv_endpoint){u->local, u->local_port};
    info->remote = (struct sv_endpoint){u->remote, u->remote_port};
    info->state = u->connected ? SV_ESTABLISHED : SV_CLOSED;
    info->flow = u->flow;
    info->recv_queued = u->queue.bytes;
    info->cookie = u->cookie;
}

enum sv_err sv_session_info(const struct sv_session *s, sv_sock c, struct sv_sock_info *info)
{
    uint32_t index;
    if (info->size != sizeof *info)
        return SV_ERR_VERSION;
    if (sv_session_tcp(s, c, &index))
        sv_tcp_info(sv_session_tcps(s), index, info);
    else if (sv_session_udp(s, c, &index))
        sv_session_udp_info(sv_udp_of(sv_session_udps(s), index), info);
    else if (sv_session_listener(s, c))
        sv_tcp_info_listener(sv_session_tcps(s), SV_SOCK_INDEX(c.index), info);
    else
        return SV_ERR_STALE;
    return SV_OK;
}

bool sv_session_each(const struct sv_session *s, uint32_t *at, struct sv_sock_info *info)
{
    const struct sv_udp *udp = sv_session_udps(s);
    for (; *at < udp->ceiling; (*at)++) {
        const struct sv_udp_socket *u = sv_udp_of(udp, *at);
        if (u->kind == SV_UDP_FREE)
            continue;
        (*at)++;
        sv_session_udp_info(u, info);
        return true;
    }
    uint32_t rest = *at - udp->ceiling;
    const bool more = sv_tcp_each(sv_session_tcps(s), &rest, info);
    *at = udp->ceiling + rest;
    return more;
}
