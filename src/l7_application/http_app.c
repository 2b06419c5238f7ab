/* SPDX-License-Identifier: BSD-2-Clause */
#include "l7_application/http_app.h"

#include <string.h>

#include "l7_application/socket_stream.h"

#define LISTENERS 8u
#define LISTENER_COOKIE 0x00ffffffffffffffull
/* Timeouts are of seconds: looking at every connection more often than this would buy nothing. */
#define LOOK_AGAIN (50 * SV_MS)

struct slot {
    struct sv_socket_stream stream;
    struct sv_http_conn *conn;
    uint32_t next_free;
    bool used;
};

struct sv_http_app {
    struct sv_http_server *server;
    struct slot *slot;
    uint8_t *conns;
    size_t conn_bytes;
    uint32_t slots, used, first_free;
    uint32_t app, listeners;
    sv_sock listener[LISTENERS];
    sv_time look_at; /* not after any connection's deadline (but see LOOK_AGAIN) */
    uint64_t accepted;
    bool v6_only;
    bool waiting; /* a connection may wait at a listener for a free slot */
};

static size_t round_up(size_t n)
{
    return (n + 15u) & ~(size_t)15u;
}

size_t sv_http_app_bytes(uint32_t connections)
{
    return round_up(sizeof(struct sv_http_app)) + round_up(connections * sizeof(struct slot)) +
           connections * round_up(sv_http_conn_bytes());
}

struct sv_http_app *sv_http_app_init(void *memory, size_t bytes, uint32_t connections, struct sv_http_server *server)
{
    struct sv_http_app *a = memory;
    if (!memory || connections == 0 || bytes < sv_http_app_bytes(connections) || ((uintptr_t)memory & 15u) != 0)
        return NULL;
    memset(a, 0, sizeof *a);
    a->server = server;
    a->slot = (struct slot *)(void *)((uint8_t *)memory + round_up(sizeof *a));
    a->conns = (uint8_t *)a->slot + round_up(connections * sizeof(struct slot));
    a->conn_bytes = round_up(sv_http_conn_bytes());
    a->slots = connections;
    a->look_at = SV_NEVER;
    for (uint32_t i = 0; i < connections; i++)
        a->slot[i] = (struct slot){.next_free = i + 1 < connections ? i + 1 : SV_NONE};
    return a;
}

void sv_http_app_only_ip6(struct sv_http_app *a)
{
    a->v6_only = true;
}

enum sv_err sv_http_app_listen(struct sv_http_app *a, struct sv_stack *stack, uint32_t app,
                               const struct sv_endpoint *local, uint32_t backlog, sv_time now)
{
    const struct sv_listen_options options = {
        .size = sizeof options, .backlog = backlog, .cookie = SV_COOKIE(app, LISTENER_COOKIE), .v6_only = a->v6_only};
    if (a->listeners == LISTENERS)
        return SV_ERR_NO_MEMORY;
    a->app = app;
    const enum sv_err e = sv_listen(stack, local, &options, &a->listener[a->listeners], now);
    if (e == SV_OK)
        a->listeners++;
    return e;
}

/* Drives one connection; gives its slot back when it is over. */
static void drive(struct sv_http_app *a, struct sv_stack *stack, struct slot *s, sv_time now)
{
    if (now > s->stream.now)
        s->stream.now = now;
    sv_http_conn_drive(s->conn, now);
    if (!sv_http_conn_done(s->conn)) {
        const sv_time at = sv_http_conn_deadline(s->conn);
        if (at < a->look_at)
            a->look_at = at;
        return;
    }
    sv_close(stack, s->stream.socket, now); /* stale already, if it was aborted: harmless */
    s->used = false;
    s->next_free = a->first_free;
    a->first_free = (uint32_t)(s - a->slot);
    a->used--;
}

static void accept_all(struct sv_http_app *a, struct sv_stack *stack, sv_time now)
{
    a->waiting = false;
    for (uint32_t i = 0; i < a->listeners; i++) {
        sv_sock socket;
        while (a->first_free != SV_NONE && sv_accept(stack, a->listener[i], &socket, now) == SV_OK) {
            const uint32_t k = a->first_free;
            struct slot *s = &a->slot[k];
            struct sv_sock_info info = {.size = sizeof info};
            const uint64_t tag = sv_sock_info(stack, socket, &info) == SV_OK ? info.flow : 0;
            a->accepted++;
            if (sv_sock_set_cookie(stack, socket, SV_COOKIE(a->app, k)) != SV_OK) {
                sv_close(stack, socket, now); /* gone already */
                continue;
            }
            a->first_free = s->next_free;
            a->used++;
            s->used = true;
            const struct sv_stream stream = sv_socket_stream_init(&s->stream, stack, socket, now);
            s->conn = sv_http_conn_init(a->conns + k * a->conn_bytes, a->conn_bytes, a->server, stream, tag, now);
            SV_ASSERT(s->conn != NULL);
            drive(a, stack, s, now);
        }
        if (a->first_free == SV_NONE)
            a->waiting = true;
    }
}

static bool is_same(sv_sock a, sv_sock b)
{
    return a.index == b.index && a.generation == b.generation;
}

/* The slot an event is for. One raised before the socket got its own cookie is found by looking. */
static struct slot *slot_of(struct sv_http_app *a, const struct sv_event *event)
{
    const uint64_t k = event->cookie & LISTENER_COOKIE;
    if (k < a->slots)
        return a->slot[k].used && is_same(a->slot[k].stream.socket, event->socket) ? &a->slot[k] : NULL;
    for (uint32_t i = 0; i < a->slots; i++)
        if (a->slot[i].used && is_same(a->slot[i].stream.socket, event->socket))
            return &a->slot[i];
    return NULL;
}

static void app_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct sv_http_app *a = self;
    if (event->what & SV_EVENT_ACCEPT) {
        accept_all(a, stack, now);
        return;
    }
    struct slot *s = slot_of(a, event);
    if (!s)
        return;
    sv_socket_stream_event(&s->stream, event, now);
    drive(a, stack, s, now);
    if (a->waiting && a->first_free != SV_NONE)
        accept_all(a, stack, now);
}

static sv_time app_deadline(void *self)
{
    const struct sv_http_app *a = self;
    return a->look_at;
}

static void app_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct sv_http_app *a = self;
    bool urgent = false;
    if (now < a->look_at)
        return;
    a->look_at = SV_NEVER;
    for (uint32_t i = 0; i < a->slots; i++) {
        struct slot *s = &a->slot[i];
        if (!s->used)
            continue;
        const sv_time at = sv_http_conn_deadline(s->conn);
        if (at <= now)
            drive(a, stack, s, now);
        else if (at < a->look_at)
            a->look_at = at;
        urgent = urgent || (s->used && sv_http_conn_deadline(s->conn) <= now);
    }
    if (!urgent && a->look_at < now + LOOK_AGAIN)
        a->look_at = now + LOOK_AGAIN;
    if (a->waiting && a->first_free != SV_NONE)
        accept_all(a, stack, now);
}

const struct sv_app sv_http_app_ops = {app_event, app_deadline, app_tick};

void sv_http_app_close(struct sv_http_app *a, struct sv_stack *stack, sv_time now)
{
    for (uint32_t i = 0; i < a->listeners; i++)
        sv_close(stack, a->listener[i], now);
    a->listeners = 0;
    for (uint32_t i = 0; i < a->slots; i++)
        if (a->slot[i].used) {
            sv_http_conn_close(a->slot[i].conn, now);
            drive(a, stack, &a->slot[i], now);
        }
}

uint32_t sv_http_app_connections(const struct sv_http_app *a)
{
    return a->used;
}

uint64_t sv_http_app_accepted(const struct sv_http_app *a)
{
    return a->accepted;
}
