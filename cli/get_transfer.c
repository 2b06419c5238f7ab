/* SPDX-License-Identifier: BSD-2-Clause */
/* One transfer after another: connect, ask, write what comes, follow, and say in curl's codes how it went. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/get_transfer.h"
#include "cli/resolve.h"

static void begin_url(struct get *g, const char *text, bool first, sv_time now);

static void say(const struct get *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct get *g, const char *format, ...)
{
    va_list args;
    if (!g->config.verbose)
        return;
    va_start(args, format);
    (void)fputs("* ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
}

static void next(struct get *g, sv_time now)
{
    if (++g->at < g->count)
        begin_url(g, g->urls[g->at], true, now);
    else
        g->done(g->done_self, g->status);
}

static void drop_connection(struct get *g, sv_time now)
{
    struct sv_stack *stack = cli_network_stack(g->network);
    if ((g->connected || g->connecting) && g->socket.error != SV_ERR_ABORTED) {
        if (g->socket.error == SV_OK && g->connected)
            sv_close(stack, g->socket.socket, now);
        else
            sv_abort(stack, g->socket.socket, now);
    }
    g->connected = g->connecting = false;
}

void get_finish(struct get *g, int status, sv_time now, const char *format, ...)
{
    char why[400];
    va_list args;
    if (!g->running)
        return;
    g->running = false;
    get_bar_end(&g->bar);
    cli_network_unwatch(g->network, STDOUT_FILENO);
    if (g->upload >= 0 && !g->upload_regular)
        cli_network_unwatch(g->network, g->upload);
    /* A file is there even when the body was empty. */
    if (status == GET_OK && !g->discard && g->output.path)
        get_output_flush(&g->output);
    const bool written = get_output_close(&g->output);
    if (status == GET_OK && !written) {
        status = GET_WRITE;
        (void)snprintf(why, sizeof why, "%s: %s", g->output.path ? g->output.path : "standard output", strerror(errno));
    } else {
        va_start(args, format);
        (void)vsnprintf(why, sizeof why, format, args);
        va_end(args);
    }
    if (status != GET_OK && (!g->config.silent || g->config.show_error))
        (void)fprintf(stderr, "seven get: (%d) %s\n", status, why);
    if (status != GET_OK)
        g->status = status;
    if (status != GET_OK || !g->client || !sv_http_client_reusable(g->client))
        drop_connection(g, now);
    next(g, now);
}

static struct sv_text field(const struct get *g, const char *name)
{
    struct sv_text value = SV_TEXT_NONE;
    if (!sv_http_client_field(g->client, (struct sv_text){name, strlen(name)}, &value))
        value = SV_TEXT_NONE;
    return value;
}

static void look_for_redirect(struct get *g, uint32_t status)
{
    const struct sv_text location = field(g, "Location");
    if (!g->config.follow || !location.n)
        return;
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
        return;
    g->redirect = get_url_join(&g->url, location, g->next_url, sizeof g->next_url);
    if (status <= 303 && !g->config.head)
        g->get_instead = g->get_instead || g->body || g->upload >= 0;
    g->discard = true;
}

static void on_head(void *self, const struct sv_http_client *client, sv_time now)
{
    struct get *g = self;
    const uint32_t status = sv_http_client_status(client);
    (void)now;
    g->head_seen = true;
    look_for_redirect(g, status);
    if (g->config.fail && status >= 400)
        g->discard = true;
    if (g->resume_at && status != 206)
        g->discard = true; /* judged at the end: 416 may be fine */
    if ((g->config.include || g->config.head) && !(g->discard && g->config.fail && status >= 400))
        (void)get_output_put(&g->output, "\r\n", 2);
}

static size_t on_data(void *self, const uint8_t *bytes, size_t n, sv_time now)
{
    struct get *g = self;
    size_t taken = n;
    if (!g->discard)
        taken = get_output_put(&g->output, bytes, n);
    g->refused = taken < n;
    g->received += taken;
    get_bar_draw(&g->bar, g->received + g->resume_at,
                 sv_http_client_length(g->client) == UINT64_MAX ? UINT64_MAX
                                                                : sv_http_client_length(g->client) + g->resume_at,
                 now);
    return taken;
}

/* A header line, in or out: -v shows both, -i and -I put those of the response before the body. */
static void on_line(void *self, bool out, struct sv_text line, sv_time now)
{
    struct get *g = self;
    (void)now;
    if (g->config.verbose) {
        (void)fputs(out ? "> " : "< ", stderr);
        for (size_t i = 0; i < line.n; i++) {
            const unsigned char c = (unsigned char)line.at[i];
            (void)fputc(c < 0x20 || c == 0x7f ? '?' : c, stderr);
        }
        (void)fputc('\n', stderr);
    }
    if (!out && line.n && (g->config.include || g->config.head)) {
        (void)get_output_put(&g->output, line.at, line.n);
        (void)get_output_put(&g->output, "\r\n", 2);
    }
}

static void request_now(struct get *g, sv_time now)
{
    struct sv_http_request request;
    const char *why = "";
    const struct sv_http_client_config config = {.size = sizeof config,
                                                 .stall_timeout_ms = 300000,
                                                 .self = g,
                                                 .head = on_head,
                                                 .data = on_data,
                                                 .line = on_line};
    g->connecting = false;
    if (!g->connected) {
        g->client = sv_http_client_init(g->client_memory, sv_http_client_bytes(), &config, g->stream, now);
    }
    g->connected = true;
    const int r = get_request_prepare(g, &request, &why);
    if (r != GET_OK || !g->client) {
        get_finish(g, g->client ? r : GET_MEMORY, now, "%s", g->client ? why : "out of memory");
        return;
    }
    const enum sv_err error = sv_http_client_request(g->client, &request, now);
    if (error != SV_OK)
        get_finish(g, error == SV_ERR_INVALID ? GET_BAD_URL : GET_SEND, now, "%s",
                   error == SV_ERR_INVALID   ? "a header or the URL has a byte that may not stand there"
                   : error == SV_ERR_TOO_BIG ? "the headers are longer than 16 KiB"
                                             : cli_network_error(error));
}

#define NEXT_ADDRESS (3 * SV_S) /* an address that says nothing gives way to the next one, if there is one */

static void connect_now(struct get *g, sv_time now);

/* That address cannot be reached. The next one is tried; with none left the transfer ends. */
static void connect_failed(struct get *g, int status, const char *why, sv_time now)
{
    char text[CLI_ENDPOINT_TEXT];
    (void)cli_endpoint_text(&g->remote, text);
    if (g->candidate_at + 1u >= g->candidates) {
        get_finish(g, status, now, "connect to %s: %s", text, why);
        return;
    }
    say(g, "connect to %s: %s", text, why);
    drop_connection(g, now);
    g->remote.addr = g->candidate[++g->candidate_at];
    connect_now(g, now);
}

static void connect_now(struct get *g, sv_time now)
{
    struct sv_stack *stack = cli_network_stack(g->network);
    struct sv_connect_options options = {.size = sizeof options, .cookie = SV_COOKIE(g->app, 0)};
    char text[CLI_ENDPOINT_TEXT];
    sv_sock socket;
    say(g, "Trying %s...", cli_endpoint_text(&g->remote, text));
    const enum sv_err error = sv_connect(stack, &g->remote, &options, &socket, now);
    if (error != SV_OK) {
        connect_failed(g, GET_NO_CONNECTION, cli_network_error(error), now);
        return;
    }
    g->stream = sv_socket_stream_init(&g->socket, stack, socket, now);
    g->connecting = true;
    g->error = SV_OK;
    g->connect_by = g->config.connect_ns ? now + g->config.connect_ns : SV_NEVER;
    if (g->candidate_at + 1u < g->candidates && g->connect_by > now + NEXT_ADDRESS)
        g->connect_by = now + NEXT_ADDRESS;
}

/* The output's path for this URL, and from where to go on. */
static int open_output(struct get *g, const char **why)
{
    const char *path = g->at < g->config.output.n ? g->config.output.text[g->at] : NULL;
    struct stat st;
    if (path && strcmp(path, "-") == 0) {
        path = NULL;
    } else if (!path && g->config.remote_name) {
        path = get_url_name(&g->url, g->name, sizeof g->name);
        *why = "-O: the URL names no file; use -o FILE";
        if (!*path)
            return GET_WRITE;
    }
    g->resume_at = 0;
    if (g->config.resume && strcmp(g->config.resume, "-") != 0) {
        *why = "-C: it takes a byte offset, or - for the size of the file that is there";
        if (!cli_parse_number(g->config.resume, UINT64_MAX, &g->resume_at))
            return GET_USAGE;
    } else if (g->config.resume && path && stat(path, &st) == 0) {
        g->resume_at = (uint64_t)st.st_size;
    }
    get_output_init(&g->output, path, g->resume_at > 0);
    return GET_OK;
}

static int prepare(struct get *g, const char *text, bool first, const char **why)
{
    char host[300];
    const struct sv_endpoint before = g->remote;
    int r = get_url_parse(&g->url, text, why);
    if (r != GET_OK)
        return r;
    if (first) {
        g->redirects = 0;
        g->get_instead = false;
        (void)snprintf(g->first_host, sizeof g->first_host, "%s", g->url.authority);
        r = get_body_prepare(g, why);
        if (r == GET_OK)
            r = open_output(g, why);
    } else if (g->upload >= 0 && !g->get_instead && !g->upload_regular) {
        *why = "the server sent us elsewhere, and what -T - read is gone";
        r = GET_SEND;
    }
    if (r != GET_OK)
        return r;
    (void)snprintf(host, sizeof host, "%s", g->url.host);
    g->candidate_at = 0;
    g->candidates = cli_resolve_all(host, g->url.port, &g->config.resolve, NULL, g->candidate, GET_CANDIDATES);
    if (g->candidates == 0) {
        *why = CLI_RESOLVE_HINT;
        return GET_NO_HOST;
    }
    sv_destination_sort(cli_network_stack(g->network), g->candidate, g->candidates, cli_network_now(g->network));
    g->remote = (struct sv_endpoint){g->candidate[0], g->url.port};
    for (uint32_t i = 0; g->connected && i < g->candidates; i++) { /* the connection there is serves the same host */
        if (memcmp(&before.addr, &g->candidate[i], sizeof before.addr) == 0)
            g->remote.addr = before.addr;
    }
    if (g->connected &&
        (before.port != g->remote.port || memcmp(&before.addr, &g->remote.addr, sizeof before.addr) != 0))
        drop_connection(g, cli_network_now(g->network));
    return GET_OK;
}

static void begin_url(struct get *g, const char *text, bool first, sv_time now)
{
    const char *why = "";
    g->running = true;
    g->redirect = g->discard = g->head_seen = false;
    g->received = 0;
    if (first) {
        g->started = now;
        g->end_by = g->config.longest_ns ? now + g->config.longest_ns : SV_NEVER;
        g->bar.started = now;
        g->bar.next = now + 500 * SV_MS;
        get_output_init(&g->output, NULL, false);
    }
    const int r = prepare(g, text, first, &why);
    if (r != GET_OK) {
        get_finish(g, r, now, "%s: %s", text, why);
        return;
    }
    g->bar.on = !g->config.silent && !g->config.no_bar && isatty(STDERR_FILENO) == 1 &&
                (g->output.path || isatty(STDOUT_FILENO) != 1);
    if (g->connected)
        request_now(g, now);
    else
        connect_now(g, now);
}

/* The response is whole: what does it come to? */
static void judge(struct get *g, sv_time now)
{
    const uint32_t status = sv_http_client_status(g->client);
    if (g->redirect) {
        if (g->redirects++ >= g->config.redirects_max) {
            get_finish(g, GET_REDIRECTS, now, "more than %" PRIu64 " redirects", g->config.redirects_max);
            return;
        }
        say(g, "Following to %s", g->next_url);
        if (!sv_http_client_reusable(g->client))
            drop_connection(g, now);
        begin_url(g, g->next_url, false, now);
        return;
    }
    if (g->upload_failed)
        get_finish(g, GET_READ, now, "-T: reading stopped: %s", strerror(errno));
    else if (g->config.fail && status >= 400)
        get_finish(g, GET_HTTP_ERROR, now, "the requested URL returned error: %u", status);
    else if (g->resume_at && status != 206 && status < 400)
        get_finish(g, GET_RANGE, now, "the server does not go on from byte %" PRIu64 "; leave -C away", g->resume_at);
    else
        get_finish(g, GET_OK, now, "%s", "");
}

static int exit_of(const struct get *g, enum sv_http_result result)
{
    switch (result) {
    case SV_HTTP_BAD_RESPONSE:
        return GET_WEIRD_REPLY;
    case SV_HTTP_TOO_LARGE:
        return GET_RECEIVE;
    case SV_HTTP_UNSUPPORTED:
        return GET_CODING;
    case SV_HTTP_EMPTY:
        return GET_EMPTY;
    case SV_HTTP_TRUNCATED:
        return GET_PARTIAL;
    case SV_HTTP_TIMED_OUT:
        return GET_TIMEOUT;
    default:
        return g->error == SV_ERR_TIMED_OUT ? GET_TIMEOUT : GET_RECEIVE;
    }
}

static void stdout_ready(void *self, int fd, uint32_t events, sv_time now);

static void drive(struct get *g, sv_time now)
{
    if (!g->running || !g->connected)
        return;
    enum sv_http_result result;
    g->socket.now = now;
    do {
        g->refused = false;
        result = sv_http_client_drive(g->client, now);
        if (g->output.n && (!g->output.path || result != SV_HTTP_RUNNING))
            get_output_flush(&g->output);
        /* What was refused a moment ago fits now: no event will say so, the socket has told of its bytes. */
    } while (result == SV_HTTP_RUNNING && g->refused && !g->output.blocked && !g->output.failed);
    if (g->output.failed) {
        get_finish(g, GET_WRITE, now, "%s: %s", g->output.path ? g->output.path : "standard output", strerror(errno));
    } else if (result == SV_HTTP_DONE) {
        judge(g, now);
    } else if (result != SV_HTTP_RUNNING) {
        const char *text = result == SV_HTTP_FAILED ? cli_network_error(g->error ? g->error : g->socket.error)
                                                    : sv_http_result_text(result);
        get_finish(g, exit_of(g, result), now, "%s, after %" PRIu64 " bytes", text, g->received);
    } else {
        (void)cli_network_watch(g->network, STDOUT_FILENO, g->output.blocked ? CLI_WRITE : 0, stdout_ready, g);
        if (g->upload >= 0 && !g->upload_regular)
            (void)cli_network_watch(g->network, g->upload, CLI_READ, stdout_ready, g);
    }
}

static void stdout_ready(void *self, int fd, uint32_t events, sv_time now)
{
    struct get *g = self;
    (void)events;
    if (fd == g->upload)
        (void)cli_network_watch(g->network, fd, 0, stdout_ready, g);
    drive(g, now);
}

static void on_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct get *g = self;
    char text[CLI_ENDPOINT_TEXT];
    (void)stack;
    if (event->socket.index != g->socket.socket.index || event->socket.generation != g->socket.socket.generation)
        return;
    if (event->what & SV_EVENT_ERROR)
        g->error = (enum sv_err)event->error;
    sv_socket_stream_event(&g->socket, event, now);
    if (g->connecting && event->what & SV_EVENT_ERROR) {
        connect_failed(g, event->error == SV_ERR_TIMED_OUT ? GET_TIMEOUT : GET_NO_CONNECTION,
                       cli_network_error((enum sv_err)event->error), now);
    } else if (g->connecting && event->what & SV_EVENT_CONNECTED) {
        say(g, "Connected to %s", cli_endpoint_text(&g->remote, text));
        request_now(g, now);
        drive(g, now);
    } else {
        drive(g, now);
    }
}

static sv_time on_deadline(void *self)
{
    const struct get *g = self;
    sv_time at = g->running ? g->end_by : SV_NEVER;
    if (!g->running)
        return at;
    if (g->connecting && g->connect_by < at)
        at = g->connect_by;
    if (g->connected) {
        const sv_time its = sv_http_client_deadline(g->client);
        at = its < at ? its : at;
    }
    return at;
}

static void on_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct get *g = self;
    (void)stack;
    if (!g->running)
        return;
    if (now >= g->end_by)
        get_finish(g, GET_TIMEOUT, now, "not done in the time of --max-time, after %" PRIu64 " bytes", g->received);
    else if (g->connecting && now >= g->connect_by)
        connect_failed(g, GET_TIMEOUT, "no answer in time", now);
    else
        drive(g, now);
}

struct get *get_start(struct cli_network *n, const struct get_config *config, char *const *urls, uint32_t count,
                      void (*done)(void *self, int status), void *self)
{
    static const struct sv_app app = {on_event, on_deadline, on_tick};
    struct get *g = calloc(1, sizeof *g);
    void *memory = g ? aligned_alloc(16, (sv_http_client_bytes() + 15) / 16 * 16) : NULL;
    if (!memory) {
        free(g);
        return NULL;
    }
    g->network = n;
    g->config = *config;
    g->urls = urls;
    g->count = count;
    g->done = done;
    g->done_self = self;
    g->client_memory = memory;
    g->upload = -1;
    g->socket.socket = SV_NO_SOCK;
    g->app = cli_network_add(n, &app, g);
    begin_url(g, urls[0], true, cli_network_now(n));
    return g;
}

uint64_t get_received(const struct get *g)
{
    return g->received;
}

void get_end(struct get *g, sv_time now)
{
    if (!g)
        return;
    drop_connection(g, now);
    get_bar_end(&g->bar);
    (void)get_output_close(&g->output);
    get_body_free(g);
    cli_network_remove(g->network, g->app);
    free(g->client_memory);
    free(g);
}
