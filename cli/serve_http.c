/* SPDX-License-Identifier: BSD-2-Clause */
/* The web server: l7_application's, over a directory of the operating system, with an access log. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/serve.h"
#include "l7_application/http_app.h"
#include "port/clock.h"
#include "port/entropy.h"
#include "port/files.h"
#include "port/memory.h"

#define CONNECTIONS 4096u

struct serve_http {
    struct cli_network *network;
    struct sv_port_files *files;
    struct sv_http_server *engine;
    struct sv_http_app *app;
    void *memory; /* of the app; touched only as far as it is used */
    uint64_t memory_bytes;
    uint32_t number;
    bool added;
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

/* The entry's tag is the connection's number in the trace. */
static const char *remote_of(struct cli_network *n, uint64_t flow, char *text)
{
    struct sv_sock_info info = {.size = sizeof info};
    uint32_t at = 0;
    while (sv_stack_each(cli_network_stack(n), &at, &info))
        if (info.protocol == 6 && info.flow == flow && info.state != SV_LISTEN)
            return cli_addr_text(&info.remote.addr, text);
    return "-";
}

/* The combined log format. */
static void on_log(void *self, const struct sv_http_entry *e, sv_time now)
{
    struct serve_http *s = self;
    char when[40] = "", from[CLI_ENDPOINT_TEXT];
    const time_t second = (time_t)wall_s(self, now);
    struct tm utc;
    if (gmtime_r(&second, &utc))
        (void)strftime(when, sizeof when, "%d/%b/%Y:%H:%M:%S +0000", &utc);
    (void)fprintf(stderr, "%s - - [%s] \"", remote_of(s->network, e->tag, from), when);
    escaped(e->method);
    if (e->method.n)
        (void)fputc(' ', stderr);
    escaped(e->target);
    (void)fprintf(stderr, "\" %u %" PRIu64 " \"", e->status, e->body_bytes);
    escaped(e->referer.n ? e->referer : SV_TEXT("-"));
    (void)fputs("\" \"", stderr);
    escaped(e->user_agent.n ? e->user_agent : SV_TEXT("-"));
    (void)fprintf(stderr, "\"%s\n", e->complete ? "" : " broken off");
}

static bool open_engine(struct serve_http *s, const struct serve_options *options)
{
    struct sv_http_server_config config = {.size = sizeof config, .self = s, .wall_s = wall_s};
    const size_t bytes = (sv_http_server_bytes() + 15) / 16 * 16;
    s->files = sv_port_files_open(options->root, CONNECTIONS, 0);
    if (!s->files)
        return cli_fail("serve", "--root: \"%s\" cannot be opened: %s", options->root, strerror(errno)) < 0;
    config.files = sv_port_files(s->files);
    config.flags = options->no_listing ? SV_HTTP_NO_LISTING : 0;
    config.log = options->silent ? NULL : on_log;
    if (!sv_entropy(&config.seed, sizeof config.seed))
        config.seed = sv_clock(); /* only the boundaries of multipart bodies hang on it */
    void *memory = aligned_alloc(16, bytes);
    s->engine = memory ? sv_http_server_init(memory, bytes, &config) : NULL;
    if (!s->engine) {
        free(memory);
        return cli_fail("serve", "out of memory") < 0;
    }
    s->memory_bytes = sv_http_app_bytes(CONNECTIONS);
    s->memory = sv_memory_map(s->memory_bytes, false);
    s->app = s->memory ? sv_http_app_init(s->memory, s->memory_bytes, CONNECTIONS, s->engine) : NULL;
    return s->app || cli_fail("serve", "out of memory") < 0;
}

struct serve_http *serve_http_start(struct cli_network *n, const struct serve_options *options)
{
    const struct sv_endpoint local = serve_anywhere(options);
    struct serve_http *s = calloc(1, sizeof *s);
    if (!s) {
        (void)cli_fail("serve", "out of memory");
        return NULL;
    }
    s->network = n;
    if (open_engine(s, options)) {
        s->number = cli_network_add(n, &sv_http_app_ops, s->app);
        s->added = true;
        if (options->only6)
            sv_http_app_only_ip6(s->app);
        const enum sv_err error =
            sv_http_app_listen(s->app, cli_network_stack(n), s->number, &local, 1024, cli_network_now(n));
        if (error == SV_OK)
            return s;
        (void)cli_fail("serve", "http: TCP port %u: %s", (unsigned)options->port, cli_network_error(error));
    }
    serve_http_end(s, cli_network_now(n));
    return NULL;
}

void serve_http_end(struct serve_http *s, sv_time now)
{
    if (!s)
        return;
    if (s->added) {
        sv_http_app_close(s->app, cli_network_stack(s->network), now);
        cli_network_remove(s->network, s->number);
    }
    if (s->memory)
        sv_memory_unmap(s->memory, s->memory_bytes);
    free(s->engine);
    if (s->files)
        sv_port_files_close(s->files);
    free(s);
}
