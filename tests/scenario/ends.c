/* SPDX-License-Identifier: BSD-2-Clause */
/* The applications at both ends: they send what their plan says, and compare every byte they read. */
#include "tests/scenario/pair.h"

#include <string.h>

#define ENDS_DATAGRAM_MAX 4000u
#define ENDS_UDP_PORT 7000u

/* The byte at an offset of the stream that host `from` sends on a connection: a function of all four. */
uint8_t pair_byte(const struct pair *p, uint32_t connection, uint32_t from, uint32_t offset)
{
    const uint64_t key = p->seed * 0x9e3779b97f4a7c15u + connection * 0x632be59bd9b4e019u + from * 0xd6e8feb86659fd93u;
    uint64_t x = (key ^ offset) * 0xff51afd7ed558ccdu;
    x ^= x >> 32;
    return (uint8_t)(x * 0xc4ceb9fe1a85ec53u >> 56);
}

struct sv_addr pair_address(const struct pair *p, uint32_t host)
{
    if (p->conditions.six)
        return (struct sv_addr){{0xfd, [15] = (uint8_t)(host + 1u)}};
    return sv_addr_v4(10, 0, 0, (uint8_t)(host + 1u));
}

struct sv_addr pair_any(const struct pair *p)
{
    const struct sv_addr any_six = {{0}};
    return p->conditions.six ? any_six : sv_addr_v4(0, 0, 0, 0);
}

static uint32_t number_of(const struct pair *p, const struct pair_connection *x)
{
    return (uint32_t)(x - p->connection);
}

/* --- one end of a connection --- */

static void side_over(struct pair_side *s)
{
    s->open = false;
    s->ended = true;
    s->tick_at = SV_NEVER;
}

static void side_options(struct pair *p, struct pair_side *s, uint32_t h)
{
    struct sv_stack *stack = p->stack[h];
    const struct pair_plan *plan = &s->plan;
    const struct {
        enum sv_option option;
        uint64_t value;
    } wanted[] = {
        {SV_OPT_NODELAY, plan->nodelay},
        {SV_OPT_CORK, plan->cork},
        {SV_OPT_QUICKACK, plan->quickack},
        {SV_OPT_USER_TIMEOUT_MS, plan->user_timeout_ms},
        {SV_OPT_KEEPALIVE_IDLE_S, plan->keep_idle_s},
        {SV_OPT_SEND_BUFFER, plan->send_buffer},
        {SV_OPT_RECV_BUFFER, plan->recv_buffer},
        {SV_OPT_TTL, plan->ttl},
        {SV_OPT_KEEPALIVE_INTERVAL_S, plan->keep_idle_s},
        {SV_OPT_KEEPALIVE_COUNT, plan->keep_idle_s ? 4 : 0},
    };
    for (uint32_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (!wanted[i].value)
            continue;
        const enum sv_err error = sv_sock_set(stack, s->sock, wanted[i].option, wanted[i].value, p->now);
        /* QUICKACK needs a busy record, and a connection may have died before it was accepted. */
        if (error != SV_OK && error != SV_ERR_STATE && wanted[i].option != SV_OPT_QUICKACK)
            pair_fail(p, "option %d refused: %s", (int)wanted[i].option, sv_err_name(error));
    }
}

static void side_attach(struct pair *p, struct pair_connection *x, uint32_t h, sv_sock sock, bool passive)
{
    struct pair_side *s = &x->side[h];
    const struct sv_tcp_cold *cold = sv_tcp_cold(&p->stack[h]->tcp, SV_SOCK_INDEX(sock.index));
    s->sock = sock;
    s->attached = s->open = true;
    s->connected = passive;
    s->flow = cold->flow;
    s->iss = cold->iss;
    s->irs = cold->irs;
    s->cause = cold->cause;
    s->stay_until = p->now + 150 * SV_S;
    s->hasty_at = p->now + s->plan.hasty_ns;
    s->tick_at = s->plan.hasty_ns ? s->hasty_at : SV_NEVER;
    side_options(p, s, h);
    if (sv_sock_set_cookie(p->stack[h], sock, SV_COOKIE(0, number_of(p, x))) != SV_OK)
        pair_fail(p, "a fresh socket is stale");
}

static void side_check(struct pair *p, struct pair_connection *x, uint32_t h, const uint8_t *bytes, size_t n)
{
    struct pair_side *s = &x->side[h];
    const uint32_t k = number_of(p, x);
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == pair_byte(p, k, 1u - h, s->received + (uint32_t)i))
            continue;
        pair_fail(p, "connection %u: byte %u that host %u read is not what was sent", k, s->received + (uint32_t)i,
                  h + 1u);
        return;
    }
    s->received += (uint32_t)n;
    if (s->received > x->side[1u - h].sent)
        pair_fail(p, "connection %u: host %u read %u bytes, but only %u were sent", k, h + 1u, s->received,
                  x->side[1u - h].sent);
}

static void side_failed(struct pair_side *s, enum sv_err error)
{
    if (!s->error)
        s->error = (int32_t)error;
}

static enum sv_err side_read_once(struct pair *p, struct pair_connection *x, uint32_t h)
{
    static uint8_t buffer[65536];
    struct pair_side *s = &x->side[h];
    size_t n = 0;
    if (!s->plan.peek) {
        const enum sv_err error = sv_recv(p->stack[h], s->sock, buffer, s->plan.read_chunk, &n, p->now);
        if (error == SV_OK)
            side_check(p, x, h, buffer, n);
        return error;
    }
    const uint8_t *at;
    const enum sv_err error = sv_peek(p->stack[h], s->sock, &at, &n, p->now);
    if (error != SV_OK)
        return error;
    n = n < s->plan.read_chunk ? n : s->plan.read_chunk;
    side_check(p, x, h, at, n);
    sv_consume(p->stack[h], s->sock, n, p->now);
    return SV_OK;
}

static void side_read(struct pair *p, struct pair_connection *x, uint32_t h)
{
    struct pair_side *s = &x->side[h];
    if (s->eof || s->error)
        return;
    if (p->now < s->plan.read_from || p->now < s->read_at) {
        s->tick_at = sv_min_u64(s->tick_at, sv_max_u64(s->plan.read_from, s->read_at));
        return;
    }
    enum sv_err error;
    while ((error = side_read_once(p, x, h)) == SV_OK) {
        if (!s->plan.read_gap)
            continue;
        s->read_at = p->now + s->plan.read_gap;
        s->tick_at = sv_min_u64(s->tick_at, s->read_at);
        return;
    }
    if (error == SV_ERR_EOF)
        s->eof = true;
    else if (error != SV_ERR_AGAIN)
        side_failed(s, error);
}

static void side_write(struct pair *p, struct pair_connection *x, uint32_t h)
{
    static uint8_t buffer[65536];
    struct pair_side *s = &x->side[h];
    const struct pair_plan *plan = &s->plan;
    while (s->connected && !s->finished && !s->error && s->sent < plan->total) {
        if (p->now < s->write_at) {
            s->tick_at = sv_min_u64(s->tick_at, s->write_at);
            return;
        }
        uint32_t n = sv_min_u32(plan->chunk, plan->total - s->sent);
        if (plan->urgent_at && s->sent < plan->urgent_at)
            n = sv_min_u32(n, plan->urgent_at - s->sent);
        if (plan->urgent_at && s->sent == plan->urgent_at && !s->urgent_set)
            s->urgent_set = sv_sock_set(p->stack[h], s->sock, SV_OPT_URGENT, 1, p->now) == SV_OK;
        for (uint32_t i = 0; i < n; i++)
            buffer[i] = pair_byte(p, number_of(p, x), h, s->sent + i);
        size_t taken;
        const enum sv_err error = sv_send(p->stack[h], s->sock, buffer, n, &taken, p->now);
        s->sent += (uint32_t)taken;
        if (error == SV_ERR_AGAIN)
            return;
        if (error != SV_OK)
            side_failed(s, error);
        s->write_at = plan->write_gap ? p->now + plan->write_gap : 0;
    }
}

static void side_finish(struct pair *p, struct pair_side *s, uint32_t h)
{
    struct sv_stack *stack = p->stack[h];
    const struct pair_plan *plan = &s->plan;
    const bool all = s->connected && s->sent == plan->total;
    if (plan->finish == PAIR_STAY && p->now < s->stay_until) {
        s->tick_at = sv_min_u64(s->tick_at, s->stay_until);
        return;
    }
    if (plan->finish == PAIR_ABORT && s->connected && s->sent + s->received >= plan->abort_at) {
        sv_abort(stack, s->sock, p->now);
        side_over(s);
        return;
    }
    if (!all)
        return;
    if (plan->cork && !s->finished && sv_sock_set(stack, s->sock, SV_OPT_CORK, 0, p->now) == SV_ERR_STALE)
        pair_fail(p, "the handle of an open side is stale");
    if (plan->finish == PAIR_CLOSE || plan->finish == PAIR_LINGER || plan->finish == PAIR_STAY ||
        (s->finished && s->eof && !plan->hasty_ns)) {
        if (plan->finish == PAIR_LINGER)
            (void)!sv_sock_set(stack, s->sock, SV_OPT_LINGER_RESET, 1, p->now);
        sv_close(stack, s->sock, p->now);
        side_over(s);
    } else if (!s->finished && (plan->finish != PAIR_FINISH_LAST || s->eof)) {
        s->finished = true;
        const enum sv_err error = sv_shutdown(stack, s->sock, p->now);
        if (error != SV_OK)
            side_failed(s, error);
        else if (s->eof && !plan->hasty_ns) {
            sv_close(stack, s->sock, p->now);
            side_over(s);
        }
    }
}

static void side_work(struct pair *p, struct pair_connection *x, uint32_t h)
{
    struct pair_side *s = &x->side[h];
    if (!s->open)
        return;
    s->tick_at = SV_NEVER;
    if (s->plan.hasty_ns && p->now >= s->hasty_at) { /* whatever it is doing */
        if (s->plan.abort_at & 1u)
            sv_abort(p->stack[h], s->sock, p->now);
        else
            sv_close(p->stack[h], s->sock, p->now);
        side_over(s);
        return;
    }
    s->tick_at = s->plan.hasty_ns ? s->hasty_at : SV_NEVER;
    side_read(p, x, h);
    side_write(p, x, h);
    if (!s->error)
        side_finish(p, s, h);
}

/* --- opening --- */

static void side_open(struct pair *p, struct pair_connection *x, uint32_t h)
{
    struct pair_side *s = &x->side[h];
    struct sv_connect_options options = {.size = sizeof options, .cookie = SV_COOKIE(0, number_of(p, x))};
    struct sv_endpoint remote = {pair_address(p, 1u - h), PAIR_PORT};
    sv_sock sock;
    options.local.port = x->port;
    if (x->both) {
        options.local.port = (uint16_t)(x->port + h * 100u);
        remote.port = (uint16_t)(x->port + (1u - h) * 100u);
    }
    const enum sv_err error = sv_connect(p->stack[h], &remote, &options, &sock, p->now);
    if (error == SV_OK) {
        side_attach(p, x, h, sock, false);
        return;
    }
    side_failed(s, error);
    s->ended = true;
    const bool excused = (error == SV_ERR_IN_USE && x->same_port_as != SV_NONE) ||
                         (error == SV_ERR_NO_MEMORY && p->conditions.stack[h].busy) ||
                         /* The address is being probed for, or was disputed. */
                         (error == SV_ERR_NO_ROUTE && (p->conditions.arp_probe || p->conditions.injections));
    if (!excused)
        pair_fail(p, "connect on host %u: %s", h + 1u, sv_err_name(error));
}

static bool connection_ended(const struct pair_connection *x)
{
    for (uint32_t h = 0; h < 2; h++) {
        const struct pair_side *s = &x->side[h];
        if (!s->ended && (s->attached || h == x->opener || x->both))
            return false;
    }
    return true;
}

/* When does this host open it? SV_NEVER: it does not, or has, or cannot yet. */
static sv_time opens_at(const struct pair_connection *x, uint32_t h)
{
    const struct pair_side *s = &x->side[h];
    if (s->attached || s->ended || (h != x->opener && !x->both))
        return SV_NEVER;
    return x->same_port_as == SV_NONE || x->released ? x->opens_at : SV_NEVER;
}

void pair_release(struct pair *p)
{
    for (uint32_t k = 0; k < p->conditions.connections; k++) {
        struct pair_connection *x = &p->connection[k];
        if (x->same_port_as == SV_NONE || x->released || !connection_ended(&p->connection[x->same_port_as]))
            continue;
        x->released = true;
        x->opens_at = sv_max_u64(x->opens_at, p->now + x->reopen_after);
        sv_world_touch(p->sim.world, x->opener);
    }
}

static void accept_all(struct pair *p, uint32_t h)
{
    sv_sock sock;
    if (!p->app[h].listens || p->now < p->conditions.accept_from)
        return;
    p->app[h].accepts = true;
    while (sv_accept(p->stack[h], p->app[h].listener, &sock, p->now) == SV_OK) {
        const uint32_t irs = sv_tcp_cold(&p->stack[h]->tcp, SV_SOCK_INDEX(sock.index))->irs;
        struct pair_connection *found = NULL;
        for (uint32_t k = 0; k < p->conditions.connections; k++) {
            struct pair_connection *x = &p->connection[k];
            if (!x->both && x->opener == 1u - h && x->side[1u - h].attached && x->side[1u - h].iss == irs &&
                !x->side[h].attached)
                found = x;
        }
        if (!found) {
            pair_fail(p, "host %u accepted a connection that nobody opened", h + 1u);
            return;
        }
        side_attach(p, found, h, sock, true);
        side_work(p, found, h);
    }
}

/* --- datagrams and echoes --- */

static void datagram_send(struct pair *p, uint32_t h)
{
    struct pair_app *a = &p->app[h];
    uint8_t bytes[ENDS_DATAGRAM_MAX];
    const uint32_t draw = sv_rng_u32(&p->rng);
    const uint32_t n = 4u + draw % (ENDS_DATAGRAM_MAX - 4u);
    const struct sv_endpoint to = {pair_address(p, 1u - h),
                                   (uint16_t)(draw >> 30 ? ENDS_UDP_PORT : ENDS_UDP_PORT + 1u)};
    sv_put_u32(bytes, a->datagrams_sent);
    for (uint32_t i = 4; i < n; i++)
        bytes[i] = pair_byte(p, 1000u + a->datagrams_sent, h, i);
    a->datagrams_sent++;
    enum sv_err error = sv_udp_send(p->stack[h], a->udp, &to, bytes, n, p->now);
    if (error == SV_OK && draw & 1u)
        error = sv_echo_send(p->stack[h], a->echo, &to.addr, (uint16_t)a->datagrams_sent, 0, bytes, n / 2u, p->now);
    if (error != SV_OK && error != SV_ERR_UNREACHABLE && error != SV_ERR_AGAIN && error != SV_ERR_NO_MEMORY &&
        error != SV_ERR_NO_ROUTE)
        pair_fail(p, "a datagram could not be sent: %s", sv_err_name(error));
    a->datagram_at = p->now + (50 + draw % 400u) * SV_MS;
}

static void datagram_check(struct pair *p, uint32_t h, const uint8_t *bytes, size_t n)
{
    const uint32_t number = n >= 4 ? sv_get_u32(bytes) : UINT32_MAX;
    bool good = n >= 4 && number < p->app[1u - h].datagrams_sent;
    for (uint32_t i = 4; good && i < n; i++)
        good = bytes[i] == pair_byte(p, 1000u + number, 1u - h, i);
    if (!good && !p->conditions.injections)
        pair_fail(p, "host %u got a datagram that nobody sent", h + 1u);
}

static void datagrams_read(struct pair *p, uint32_t h)
{
    struct sv_endpoint from;
    uint8_t bytes[ENDS_DATAGRAM_MAX];
    size_t n;
    while (sv_udp_recv(p->stack[h], p->app[h].udp, &from, bytes, sizeof bytes, &n, p->now) == SV_OK)
        datagram_check(p, h, bytes, n);
    while (sv_udp_recv(p->stack[h], p->app[h].echo, &from, bytes, sizeof bytes, &n, p->now) == SV_OK)
        ;
}

/* --- services --- */

static void services_open(struct pair *p, uint32_t h)
{
    struct pair_app *a = &p->app[h];
    const struct sv_endpoint any = {pair_any(p), PAIR_PORT};
    const struct sv_endpoint udp = {pair_any(p), ENDS_UDP_PORT};
    const struct sv_listen_options options = {
        .size = sizeof options,
        .backlog = p->conditions.backlog,
        .half_open = p->conditions.half_open,
        .cookie = SV_COOKIE(0, UINT32_MAX),
    };
    a->listens = true;
    if (sv_listen(p->stack[h], &any, &options, &a->listener, p->now) != SV_OK ||
        sv_udp_open(p->stack[h], &udp, SV_COOKIE(0, UINT32_MAX), &a->udp, p->now) != SV_OK ||
        sv_echo_open(p->stack[h], SV_COOKIE(0, UINT32_MAX), &a->echo, p->now) != SV_OK)
        pair_fail(p, "the services of host %u could not be opened", h + 1u);
}

static void listener_close(struct pair *p, uint32_t h)
{
    struct pair_app *a = &p->app[h];
    if (a->listens && !a->listener_done)
        sv_close(p->stack[h], a->listener, p->now);
    a->listener_done = true;
}

void pair_close_services(struct pair *p)
{
    for (uint32_t h = 0; h < 2; h++) {
        listener_close(p, h);
        if (p->app[h].listens) {
            sv_close(p->stack[h], p->app[h].udp, p->now);
            sv_close(p->stack[h], p->app[h].echo, p->now);
        }
        p->app[h].closing = true;
        sv_world_touch(p->sim.world, h);
    }
}

/* --- as an application of a host --- */

static void app_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct pair_app *a = self;
    struct pair *p = a->pair;
    const uint32_t k = (uint32_t)event->cookie;
    (void)stack;
    p->now = now;
    if (k == UINT32_MAX) {
        if (event->what & SV_EVENT_ACCEPT && !a->listener_done)
            accept_all(p, a->host);
        else if (!a->closing)
            datagrams_read(p, a->host);
        return;
    }
    struct pair_side *s = &p->connection[k].side[a->host];
    if (!s->open || s->sock.index != event->socket.index || s->sock.generation != event->socket.generation) {
        pair_fail(p, "an event for a handle that is not open");
        return;
    }
    if (event->what & SV_EVENT_CONNECTED)
        s->connected = true;
    if (event->what & SV_EVENT_PEER_FIN)
        s->peer_fin = true;
    if (event->what & SV_EVENT_ERROR)
        side_failed(s, (enum sv_err)event->error);
    if (event->what & SV_EVENT_CLOSED) { /* the last event: all was read, and the handle is stale from now on */
        s->eof |= s->peer_fin && !s->error;
        side_over(s);
    } else if (event->what & SV_EVENT_ERROR) /* what came before is still there to be read */
        while (side_read_once(p, &p->connection[k], a->host) == SV_OK)
            ;
    side_work(p, &p->connection[k], a->host);
}

static sv_time app_deadline(void *self)
{
    struct pair_app *a = self;
    struct pair *p = a->pair;
    const struct pair_conditions *c = &p->conditions;
    sv_time at = SV_NEVER;
    for (uint32_t k = 0; k < c->connections; k++) {
        at = sv_min_u64(at, p->connection[k].side[a->host].tick_at);
        at = sv_min_u64(at, opens_at(&p->connection[k], a->host));
    }
    if (a->closing)
        return at;
    if (!a->listens)
        return sv_min_u64(at, sv_max_u64(c->listen_from, PAIR_BEGIN));
    if (!a->accepts && !a->listener_done)
        at = sv_min_u64(at, c->accept_from);
    if (!a->listener_done)
        at = sv_min_u64(at, c->listener_closes_at);
    return a->datagrams_sent < c->datagrams ? sv_min_u64(at, a->datagram_at) : at;
}

static void app_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct pair_app *a = self;
    struct pair *p = a->pair;
    const struct pair_conditions *c = &p->conditions;
    (void)stack;
    p->now = now;
    if (!a->listens && !a->closing && now >= c->listen_from)
        services_open(p, a->host);
    if (a->listens && !a->listener_done && now >= c->listener_closes_at)
        listener_close(p, a->host);
    if (!a->listener_done)
        accept_all(p, a->host);
    if (a->listens && !a->closing && a->datagrams_sent < c->datagrams && now >= a->datagram_at)
        datagram_send(p, a->host);
    for (uint32_t k = 0; k < c->connections; k++) {
        struct pair_connection *x = &p->connection[k];
        if (opens_at(x, a->host) <= now)
            side_open(p, x, a->host);
        if (x->side[a->host].tick_at <= now)
            side_work(p, x, a->host);
    }
}

const struct sv_app pair_app_ops = {app_event, app_deadline, app_tick};

bool pair_all_ended(const struct pair *p)
{
    for (uint32_t k = 0; k < p->conditions.connections; k++) {
        if (!connection_ended(&p->connection[k]))
            return false;
    }
    return true;
}

void pair_give_up(struct pair *p)
{
    for (uint32_t k = 0; k < p->conditions.connections; k++) {
        for (uint32_t h = 0; h < 2; h++) {
            struct pair_side *s = &p->connection[k].side[h];
            if (s->open) {
                s->impatient = true;
                sv_abort(p->stack[h], s->sock, p->now);
                sv_world_touch(p->sim.world, h);
            }
            side_over(s);
        }
    }
}
