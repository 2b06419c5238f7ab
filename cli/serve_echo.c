/* SPDX-License-Identifier: BSD-2-Clause */
/* Echo (RFC 862) over TCP and UDP, with a delay when asked. What waits, waits in the connection's own
 * receive buffer: each mark says up to which byte of the stream may go back, and when. So a client that
 * does not read is slowed down by its own window, and no memory is spent here. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "cli/serve.h"

#define MARKS 64u
#define DATAGRAMS 256u
#define UDP_COOKIE 0xfffffffffffffeull
#define LISTENER_COOKIE 0xffffffffffffffull

struct echo_mark {
    sv_time due;
    uint64_t offset; /* of the stream: what comes before it may go */
};

struct echo_connection {
    sv_sock socket;
    uint32_t place;
    uint32_t first, marks; /* a ring */
    uint64_t arrived, answered; /* stream offsets */
    sv_time fin_due;       /* SV_NEVER: the peer has not finished, or all is answered and closed */
    bool peer_ended, full;
    struct echo_mark mark[MARKS];
};

struct echo_datagram {
    struct echo_datagram *next;
    sv_time due;
    struct sv_endpoint from;
    size_t n;
    uint8_t bytes[];
};

struct serve_echo {
    struct cli_network *network;
    struct serve_options options;
    uint32_t app;
    sv_sock listener, udp;
    struct serve_table table;
    struct echo_datagram *first, *last;
    uint32_t datagrams;
    sv_time next; /* not later than the earliest deadline */
    uint8_t bytes[65536];
};

static struct sv_stack *stack_of(const struct serve_echo *s)
{
    return cli_network_stack(s->network);
}

static void drop(struct serve_echo *s, struct echo_connection *c, bool reset, sv_time now)
{
    if (reset)
        sv_abort(stack_of(s), c->socket, now);
    else
        sv_close(stack_of(s), c->socket, now);
    serve_table_remove(&s->table, c->place);
    free(c);
}

static void note_deadline(struct serve_echo *s, sv_time at)
{
    if (at < s->next)
        s->next = at;
}

/* Marks what has arrived since the last look. When the ring is full the newest mark grows: its bytes wait
 * a little longer than asked, none goes early. */
static void mark_arrivals(struct serve_echo *s, struct echo_connection *c, sv_time now)
{
    struct sv_sock_info info = {.size = sizeof info};
    if (sv_sock_info(stack_of(s), c->socket, &info) != SV_OK)
        return;
    const uint64_t arrived = c->answered + info.recv_queued;
    if (arrived <= c->arrived)
        return;
    c->arrived = arrived;
    struct echo_mark *m;
    if (c->marks == MARKS)
        m = &c->mark[(c->first + MARKS - 1) % MARKS];
    else
        m = &c->mark[(c->first + c->marks++) % MARKS];
    *m = (struct echo_mark){now + s->options.delay_ns, arrived};
}

/* Sends back what is due. False: the connection is gone. */
static bool answer_due(struct serve_echo *s, struct echo_connection *c, sv_time now)
{
    struct sv_stack *stack = stack_of(s);
    while (c->marks && c->mark[c->first].due <= now && !c->full) {
        const uint8_t *data;
        size_t n, taken = 0;
        const uint64_t left = c->mark[c->first].offset - c->answered;
        if (left == 0) {
            c->first = (c->first + 1) % MARKS;
            c->marks--;
            continue;
        }
        if (sv_peek(stack, c->socket, &data, &n, now) != SV_OK)
            break;
        if (n > left)
            n = (size_t)left;
        const enum sv_err error = sv_send(stack, c->socket, data, n, &taken, now);
        if (error != SV_OK && error != SV_ERR_AGAIN) {
            drop(s, c, true, now);
            return false;
        }
        c->full = taken < n;
        if (taken)
            sv_consume(stack, c->socket, taken, now);
        c->answered += taken;
    }
    return true;
}

static void turn(struct serve_echo *s, struct echo_connection *c, sv_time now)
{
    const uint8_t *data;
    size_t n;
    mark_arrivals(s, c, now);
    if (!answer_due(s, c, now))
        return;
    mark_arrivals(s, c, now);
    if (c->marks) {
        if (!c->full)
            note_deadline(s, c->mark[c->first].due);
        return;
    }
    const enum sv_err error = sv_peek(stack_of(s), c->socket, &data, &n, now);
    if (error == SV_ERR_EOF) {
        if (!c->peer_ended)
            c->fin_due = now + (s->options.fin_delay_ns ? s->options.fin_delay_ns : 0);
        c->peer_ended = true;
        if (now >= c->fin_due)
            drop(s, c, false, now);
        else
            note_deadline(s, c->fin_due);
    } else if (error != SV_OK && error != SV_ERR_AGAIN) {
        drop(s, c, true, now);
    } else if (error == SV_OK) {
        note_deadline(s, now);
    }
}

static void accept_all(struct serve_echo *s, sv_time now)
{
    sv_sock socket;
    while (sv_accept(stack_of(s), s->listener, &socket, now) == SV_OK) {
        struct echo_connection *c = calloc(1, sizeof *c);
        const uint32_t place = c ? serve_table_add(&s->table, c) : SV_NONE;
        if (place == SV_NONE) {
            free(c);
            sv_abort(stack_of(s), socket, now);
            continue;
        }
        c->socket = socket;
        c->place = place;
        c->fin_due = SV_NEVER;
        if (sv_sock_set_cookie(stack_of(s), socket, SV_COOKIE(s->app, place)) != SV_OK) {
            drop(s, c, true, now);
            continue;
        }
        turn(s, c, now);
    }
}

static void answer_datagram(struct serve_echo *s, const struct sv_endpoint *to, const void *bytes, size_t n,
                            sv_time now)
{
    /* A datagram that cannot go (queue full, no route) is lost, as datagrams are. */
    const enum sv_err error = sv_udp_send(stack_of(s), s->udp, to, bytes, n, now);
    (void)error;
}

static void take_datagrams(struct serve_echo *s, sv_time now)
{
    struct sv_endpoint from;
    size_t n;
    for (;;) {
        const enum sv_err error = sv_udp_recv(stack_of(s), s->udp, &from, s->bytes, sizeof s->bytes, &n, now);
        if (error == SV_ERR_AGAIN || error == SV_ERR_STALE)
            return;
        if (error != SV_OK)
            continue; /* an ICMP error of an earlier answer: read, and so cleared */
        if (!s->options.delay_ns) {
            answer_datagram(s, &from, s->bytes, n, now);
            continue;
        }
        if (s->datagrams == DATAGRAMS)
            continue;
        struct echo_datagram *d = malloc(sizeof *d + n);
        if (!d)
            continue;
        *d = (struct echo_datagram){.due = now + s->options.delay_ns, .from = from, .n = n};
        memcpy(d->bytes, s->bytes, n);
        if (s->last)
            s->last->next = d;
        else
            s->first = d;
        s->last = d;
        s->datagrams++;
        note_deadline(s, d->due);
    }
}

static void on_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct serve_echo *s = self;
    const uint64_t rest = event->cookie & LISTENER_COOKIE;
    (void)stack;
    if (rest == LISTENER_COOKIE && event->socket.index == s->listener.index) {
        accept_all(s, now);
    } else if (rest == UDP_COOKIE) {
        take_datagrams(s, now);
    } else if (rest < s->table.places && s->table.place[rest]) {
        struct echo_connection *c = s->table.place[rest];
        if (event->socket.index != c->socket.index || event->socket.generation != c->socket.generation)
            return; /* of a connection that had this place before */
        if (event->what & SV_EVENT_WRITABLE)
            c->full = false;
        turn(s, c, now);
    }
}

static sv_time on_deadline(void *self)
{
    const struct serve_echo *s = self;
    return s->next;
}

static void on_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct serve_echo *s = self;
    (void)stack;
    if (now < s->next)
        return;
    s->next = SV_NEVER;
    while (s->first && s->first->due <= now) {
        struct echo_datagram *d = s->first;
        answer_datagram(s, &d->from, d->bytes, d->n, now);
        s->first = d->next;
        if (!s->first)
            s->last = NULL;
        s->datagrams--;
        free(d);
    }
    if (s->first)
        note_deadline(s, s->first->due);
    for (uint32_t i = 0; i < s->table.places; i++)
        if (s->table.place[i])
            turn(s, s->table.place[i], now);
}

struct serve_echo *serve_echo_start(struct cli_network *n, const struct serve_options *options)
{
    static const struct sv_app app = {on_event, on_deadline, on_tick};
    struct serve_echo *s = calloc(1, sizeof *s);
    if (!s) {
        (void)cli_fail("serve", "out of memory");
        return NULL;
    }
    s->network = n;
    s->options = *options;
    s->next = SV_NEVER;
    s->listener = s->udp = SV_NO_SOCK;
    s->app = cli_network_add(n, &app, s);
    if (!serve_listen(n, "echo", options->port, SV_COOKIE(s->app, LISTENER_COOKIE), &s->listener)) {
        cli_network_remove(n, s->app);
        free(s);
        return NULL;
    }
    const struct sv_endpoint local = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}}, options->port};
    const enum sv_err error =
        sv_udp_open(stack_of(s), &local, SV_COOKIE(s->app, UDP_COOKIE), &s->udp, cli_network_now(n));
    if (error != SV_OK) {
        (void)cli_fail("serve", "echo: UDP port %u: %s", (unsigned)options->port, cli_network_error(error));
        serve_echo_end(s, cli_network_now(n));
        return NULL;
    }
    return s;
}

void serve_echo_end(struct serve_echo *s, sv_time now)
{
    if (!s)
        return;
    sv_close(stack_of(s), s->listener, now);
    sv_close(stack_of(s), s->udp, now);
    for (uint32_t i = 0; i < s->table.places; i++)
        if (s->table.place[i])
            drop(s, s->table.place[i], true, now);
    while (s->first) {
        struct echo_datagram *d = s->first;
        s->first = d->next;
        free(d);
    }
    cli_network_remove(s->network, s->app);
    serve_table_free(&s->table);
    free(s);
}
