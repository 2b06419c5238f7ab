/* SPDX-License-Identifier: BSD-2-Clause */
#include "l7_application/echo_app.h"

#include "core/mem.h"

#define COOKIE_MASK 0x00ffffffffffffffull
#define LISTENER_COOKIE COOKIE_MASK
#define UDP_COOKIE (COOKIE_MASK - 1)
#define DATAGRAM_BYTES 65536u
#define DATAGRAMS_A_TURN 64u

struct slot {
    sv_sock socket;
    sv_time answer_at; /* when the delay of what arrived is over; SV_NEVER: it is, or nothing arrived */
    sv_time fin_at;    /* SV_NEVER: the peer has not finished */
    uint32_t next_free;
    bool used;
    bool due; /* the delay is over: the rest goes as soon as there is room */
};

struct sv_echo_app {
    struct sv_echo_config config;
    uint32_t app, used, first_free;
    sv_sock listener, udp;
    bool waiting, udp_again;
    uint64_t echoed;
    uint8_t datagram[DATAGRAM_BYTES];
    struct slot slot[];
};

static uint32_t slots_of(const struct sv_echo_config *config)
{
    return config->connections > 0 ? config->connections : 64;
}

size_t sv_echo_app_bytes(const struct sv_echo_config *config)
{
    return sizeof(struct sv_echo_app) + slots_of(config) * sizeof(struct slot);
}

struct sv_echo_app *sv_echo_app_init(void *memory, size_t bytes, const struct sv_echo_config *config)
{
    struct sv_echo_app *a = memory;
    if (!memory || config->size != sizeof *config || bytes < sv_echo_app_bytes(config) || ((uintptr_t)memory & 15u))
        return NULL;
    sv_memset(a, 0, sizeof *a);
    a->config = *config;
    a->config.connections = slots_of(config);
    a->listener = a->udp = SV_NO_SOCK;
    for (uint32_t i = 0; i < a->config.connections; i++)
        a->slot[i] = (struct slot){.next_free = i + 1 < a->config.connections ? i + 1 : SV_NONE};
    return a;
}

enum sv_err sv_echo_app_listen(struct sv_echo_app *a, struct sv_stack *stack, uint32_t app,
                               const struct sv_endpoint *local, sv_time now)
{
    const struct sv_listen_options options = {
        .size = sizeof options, .cookie = SV_COOKIE(app, LISTENER_COOKIE), .v6_only = a->config.v6_only != 0};
    a->app = app;
    return sv_listen(stack, local, &options, &a->listener, now);
}

enum sv_err sv_echo_app_udp(struct sv_echo_app *a, struct sv_stack *stack, uint32_t app,
                            const struct sv_endpoint *local, sv_time now)
{
    a->app = app;
    const enum sv_err error = sv_udp_open(stack, local, SV_COOKIE(app, UDP_COOKIE), &a->udp, now);
    if (error != SV_OK || !a->config.v6_only)
        return error;
    return sv_sock_set(stack, a->udp, SV_OPT_V6_ONLY, 1, now);
}

static void give_back(struct sv_echo_app *a, struct sv_stack *stack, struct slot *s, sv_time now)
{
    sv_close(stack, s->socket, now);
    s->used = false;
    s->next_free = a->first_free;
    a->first_free = (uint32_t)(s - a->slot);
    a->used--;
}

/* Answers what is due; ends after the peer did. */
static void drive(struct sv_echo_app *a, struct sv_stack *stack, struct slot *s, sv_time now)
{
    const uint8_t *data;
    size_t n;
    enum sv_err e;
    while ((e = sv_peek(stack, s->socket, &data, &n, now)) == SV_OK && n > 0) {
        if (!s->due && s->answer_at == SV_NEVER)
            s->answer_at = now + a->config.delay_ms * SV_MS;
        if (!s->due && now < s->answer_at)
            return;
        s->due = true;
        s->answer_at = SV_NEVER;
        size_t taken = 0;
        const enum sv_err sent = sv_send(stack, s->socket, data, n, &taken, now);
        if (sent != SV_OK && sent != SV_ERR_AGAIN && sent != SV_ERR_NO_MEMORY) {
            give_back(a, stack, s, now);
            return;
        }
        if (taken > 0)
            sv_consume(stack, s->socket, taken, now);
        a->echoed += taken;
        if (taken < n)
            return;
    }
    s->due = false;
    if (e == SV_OK || e == SV_ERR_AGAIN)
        return;
    if (e != SV_ERR_EOF) {
        give_back(a, stack, s, now);
        return;
    }
    if (s->fin_at == SV_NEVER)
        s->fin_at = now + a->config.fin_delay_ms * SV_MS;
    if (now < s->fin_at)
        return;
    /* Everything was read, so close() is an orderly end: FIN after the answers that are still queued. */
    give_back(a, stack, s, now);
}

static void accept_all(struct sv_echo_app *a, struct sv_stack *stack, sv_time now)
{
    sv_sock socket;
    a->waiting = false;
    while (a->first_free != SV_NONE && sv_accept(stack, a->listener, &socket, now) == SV_OK) {
        const uint32_t k = a->first_free;
        if (sv_sock_set_cookie(stack, socket, SV_COOKIE(a->app, k)) != SV_OK) {
            sv_close(stack, socket, now);
            continue;
        }
        a->first_free = a->slot[k].next_free;
        a->slot[k] = (struct slot){.socket = socket, .answer_at = SV_NEVER, .fin_at = SV_NEVER, .used = true};
        a->used++;
        drive(a, stack, &a->slot[k], now);
    }
    a->waiting = a->first_free == SV_NONE;
}

/* A datagram that cannot go back now is lost: that is UDP. */
static void drive_udp(struct sv_echo_app *a, struct sv_stack *stack, sv_time now)
{
    struct sv_endpoint from;
    size_t n;
    uint32_t count = 0;
    a->udp_again = false;
    while (sv_udp_recv(stack, a->udp, &from, a->datagram, sizeof a->datagram, &n, now) == SV_OK) {
        if (n <= sizeof a->datagram && sv_udp_send(stack, a->udp, &from, a->datagram, n, now) == SV_OK)
            a->echoed += n;
        if (++count == DATAGRAMS_A_TURN) {
            a->udp_again = true;
            return;
        }
    }
}

static void app_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct sv_echo_app *a = self;
    const uint64_t k = event->cookie & COOKIE_MASK;
    if (event->what & SV_EVENT_ACCEPT) {
        accept_all(a, stack, now);
        return;
    }
    if (k == UDP_COOKIE) {
        drive_udp(a, stack, now);
        return;
    }
    for (uint32_t i = k < a->config.connections ? (uint32_t)k : 0; i < a->config.connections; i++) {
        struct slot *s = &a->slot[i];
        if (s->used && s->socket.index == event->socket.index && s->socket.generation == event->socket.generation) {
            drive(a, stack, s, now);
            break;
        }
        if (i == k)
            break; /* the cookie names the slot; only older ones have to be looked for */
    }
    if (a->waiting && a->first_free != SV_NONE)
        accept_all(a, stack, now);
}

static sv_time app_deadline(void *self)
{
    const struct sv_echo_app *a = self;
    sv_time at = a->udp_again ? 0 : SV_NEVER;
    for (uint32_t i = 0; i < a->config.connections; i++) {
        const struct slot *s = &a->slot[i];
        if (!s->used)
            continue;
        if (s->fin_at != SV_NEVER)
            at = sv_min_u64(at, s->fin_at);
        if (s->answer_at != SV_NEVER)
            at = sv_min_u64(at, s->answer_at);
    }
    return at;
}

static void app_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct sv_echo_app *a = self;
    if (a->udp_again)
        drive_udp(a, stack, now);
    for (uint32_t i = 0; i < a->config.connections; i++) {
        struct slot *s = &a->slot[i];
        if (s->used && sv_min_u64(s->answer_at, s->fin_at) <= now)
            drive(a, stack, s, now);
    }
    if (a->waiting && a->first_free != SV_NONE)
        accept_all(a, stack, now);
}

const struct sv_app sv_echo_app_ops = {app_event, app_deadline, app_tick};

uint64_t sv_echo_app_bytes_echoed(const struct sv_echo_app *a)
{
    return a->echoed;
}

uint32_t sv_echo_app_connections(const struct sv_echo_app *a)
{
    return a->used;
}
