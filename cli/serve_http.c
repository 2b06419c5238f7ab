/* SPDX-License-Identifier: BSD-2-Clause */
/* The web server: connections of Seven's TCP, each driven through the HTTP engine over a directory. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/serve.h"
#include "cli/socket_stream.h"
#include "port/clock.h"
#include "port/entropy.h"
#include "port/files.h"
#include "seven/http.h"

#define LISTENER_COOKIE 0xffffffffffffffull

struct http_connection {
    struct cli_socket_stream socket;
    struct sv_http_conn *engine;
    uint32_t place;
    struct sv_endpoint remote;
    _Alignas(16) uint8_t memory[];
};

struct serve_http {
    struct cli_network *network;
    struct serve_options options;
    struct sv_port_files *files;
    struct sv_http_server *engine;
    uint32_t app;
    sv_sock listener;
    struct serve_table table;
    sv_time next; /* not later than the earliest deadline */
};

static int64_t wall_s(void *self, sv_time now)
{
    (void)self;
    (void)now;
    return (int64_t)(sv_wall_clock() / SV_S);
}

/* What the peer wrote, safe for a terminal and a log reader: as Apache escapes it. */
static void escaped(struct sv_text text)
{
    for (size_t i = 0; i < text.n; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c == '"' || c == '\\')
            (void)fprintf(stderr, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            (void)fprintf(stderr, "\\x%02x", c);
        else
            (void)fputc(c, stderr);
    }
}

/* The common log format. */
static void on_log(void *self, const struct sv_http_entry *e, sv_time now)
{
    struct serve_http *s = self;
    const struct http_connection *c = e->tag < s->table.places ? s->table.place[e->tag] : NULL;
    char when[40] = "", from[CLI_ENDPOINT_TEXT] = "-";
    const time_t second = (time_t)wall_s(self, now);
    struct tm utc;
    if (gmtime_r(&second, &utc))
        (void)strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", &utc);
    (void)fprintf(stderr, "%s - - [%s] \"", c ? cli_addr_text(&c->remote.addr, from) : from, when);
    escaped(e->method);
    if (e->method.n)
        (void)fputc(' ', stderr);
    escaped(e->target);
    (void)fprintf(stderr, "\" %u %" PRIu64 "%s\n", e->status, e->body_bytes, e->complete ? "" : " (broken off)");
}

static void drop(struct serve_http *s, struct http_connection *c, sv_time now)
{
    sv_http_conn_release(c->engine, now);
    cli_socket_stream_close(&c->socket, now);
    serve_table_remove(&s->table, c->place);
    free(c);
}

static void drive(struct serve_http *s, struct http_connection *c, sv_time now)
{
    c->socket.now = now;
    sv_http_conn_drive(c->engine, now);
    if (sv_http_conn_done(c->engine)) {
        drop(s, c, now);
        return;
    }
    const sv_time at = sv_http_conn_deadline(c->engine);
    if (at < s->next)
        s->next = at;
}

static void accept_one(struct serve_http *s, sv_sock socket, sv_time now)
{
    struct sv_stack *stack = cli_network_stack(s->network);
    struct sv_sock_info info = {.size = sizeof info};
    const size_t bytes = sv_http_conn_bytes();
    /* aligned_alloc's size is a multiple of its alignment. */
    struct http_connection *c = aligned_alloc(16, (sizeof *c + bytes + 15) / 16 * 16);
    const uint32_t place = c ? serve_table_add(&s->table, c) : SV_NONE;
    if (place == SV_NONE) {
        free(c);
        sv_abort(stack, socket, now);
        return;
    }
    memset(c, 0, sizeof *c);
    c->place = place;
    const struct sv_stream stream = cli_socket_stream_init(&c->socket, stack, socket, false, now);
    if (sv_sock_info(stack, socket, &info) == SV_OK)
        c->remote = info.remote;
    c->engine = sv_http_conn_init(c->memory, bytes, s->engine, stream, place, now);
    if (!c->engine || sv_sock_set_cookie(stack, socket, SV_COOKIE(s->app, place)) != SV_OK) {
        sv_abort(stack, socket, now);
        serve_table_remove(&s->table, place);
        free(c);
        return;
    }
    drive(s, c, now);
}

static void on_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct serve_http *s = self;
    const uint64_t rest = event->cookie & LISTENER_COOKIE;
    sv_sock socket;
    if (rest == LISTENER_COOKIE) {
        if (event->socket.index == s->listener.index && event->socket.generation == s->listener.generation)
            while (sv_accept(stack, s->listener, &socket, now) == SV_OK)
                accept_one(s, socket, now);
        return;
    }
    struct http_connection *c = rest < s->table.places ? s->table.place[rest] : NULL;
    if (!c || c->socket.socket.index != event->socket.index || c->socket.socket.generation != event->socket.generation)
        return; /* of a connection that had this place before */
    cli_socket_stream_event(&c->socket, event, now);
    drive(s, c, now);
}

static sv_time on_deadline(void *self)
{
    const struct serve_http *s = self;
    return s->next;
}

/* The engine's deadlines are seconds long: a look at all when the earliest may have come is cheap enough. */
static void on_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct serve_http *s = self;
    (void)stack;
    if (now < s->next)
        return;
    s->next = SV_NEVER;
    for (uint32_t i = 0; i < s->table.places; i++) {
        struct http_connection *c = s->table.place[i];
        if (!c)
            continue;
        const sv_time at = sv_http_conn_deadline(c->engine);
        if (at <= now)
            drive(s, c, now);
        else if (at < s->next)
            s->next = at;
    }
}

static bool open_engine(struct serve_http *s)
{
    struct sv_http_server_config config = {.size = sizeof config, .self = s, .wall_s = wall_s};
    const size_t bytes = (sv_http_server_bytes() + 15) / 16 * 16;
    s->files = sv_port_files_open(s->options.root, 4096, 0);
    if (!s->files) {
        (void)cli_fail("serve", "--root: \"%s\" cannot be opened: %s", s->options.root, strerror(errno));
        return false;
    }
    config.files = sv_port_files(s->files);
    config.flags = s->options.no_listing ? SV_HTTP_NO_LISTING : 0;
    config.log = s->options.silent ? NULL : on_log;
    if (!sv_entropy(&config.seed, sizeof config.seed))
        config.seed = sv_clock(); /* only parts of a multipart body hang on it */
    void *memory = aligned_alloc(16, bytes);
    s->engine = memory ? sv_http_server_init(memory, bytes, &config) : NULL;
    if (!s->engine) {
        free(memory);
        (void)cli_fail("serve", "out of memory");
    }
    return s->engine != NULL;
}

struct serve_http *serve_http_start(struct cli_network *n, const struct serve_options *options)
{
    static const struct sv_app app = {on_event, on_deadline, on_tick};
    struct serve_http *s = calloc(1, sizeof *s);
    if (!s) {
        (void)cli_fail("serve", "out of memory");
        return NULL;
    }
    s->network = n;
    s->options = *options;
    s->next = SV_NEVER;
    s->listener = SV_NO_SOCK;
    s->app = cli_network_add(n, &app, s);
    if (open_engine(s) && serve_listen(n, "http", options->port, SV_COOKIE(s->app, LISTENER_COOKIE), &s->listener))
        return s;
    serve_http_end(s, cli_network_now(n));
    return NULL;
}

void serve_http_end(struct serve_http *s, sv_time now)
{
    if (!s)
        return;
    if (s->listener.index != SV_NONE)
        sv_close(cli_network_stack(s->network), s->listener, now);
    for (uint32_t i = 0; i < s->table.places; i++) {
        struct http_connection *c = s->table.place[i];
        if (!c)
            continue;
        /* An idle connection is told that it is over; one in the middle of an answer is cut. */
        sv_http_conn_close(c->engine, now);
        drive(s, c, now);
        if (s->table.place[i])
            drop(s, c, now);
    }
    cli_network_remove(s->network, s->app);
    serve_table_free(&s->table);
    free(s->engine);
    if (s->files)
        sv_port_files_close(s->files);
    free(s);
}
