/* SPDX-License-Identifier: BSD-2-Clause */
/* Test only: the HTTP engines over the kernel's sockets on loopback, so that programs nobody here wrote
 * can talk to them without Seven's own TCP in between.
 *
 *     http_posix serve ROOT [map] [walk] [timeout=MS]     prints "port N", serves until its input ends
 *     http_posix get [-o FILE] [-T FILE] [-C FROM] URL...   one connection for all URLs of one authority
 *
 * get prints "status received result reused" per URL. Exit 1 when one was not DONE. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "l6_presentation/url.h"
#include "port/files.h"
#include "seven/http.h"

static sv_time clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (sv_time)t.tv_sec * SV_S + (sv_time)t.tv_nsec;
}

static int64_t wall_s(void *self, sv_time now)
{
    (void)self;
    (void)now;
    return time(NULL);
}

struct kernel_stream {
    int fd;
    uint8_t in[65536];
    size_t at, n;
    bool eof, dead, finished, blocked;
};

static size_t kernel_peek(void *self, const uint8_t **data)
{
    struct kernel_stream *k = self;
    if (k->at == k->n && !k->eof && !k->dead) {
        const ssize_t r = recv(k->fd, k->in, sizeof k->in, MSG_DONTWAIT);
        k->at = k->n = 0;
        if (r > 0)
            k->n = (size_t)r;
        else if (r == 0)
            k->eof = true;
        else if (errno != EAGAIN && errno != EINTR)
            k->dead = true;
    }
    *data = k->in + k->at;
    return k->n - k->at;
}
static void kernel_consume(void *self, size_t n, sv_time now)
{
    struct kernel_stream *k = self;
    (void)now;
    k->at += n;
}
static size_t kernel_write(void *self, const void *data, size_t n, sv_time now)
{
    struct kernel_stream *k = self;
    (void)now;
    if (k->finished || k->dead || n == 0)
        return 0;
    const ssize_t r = send(k->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (r < 0 && errno != EAGAIN && errno != EINTR)
        k->dead = true;
    const size_t taken = r > 0 ? (size_t)r : 0;
    k->blocked = taken < n;
    return taken;
}
static size_t kernel_room(void *self)
{
    const struct kernel_stream *k = self;
    return k->finished || k->dead ? 0 : 65536;
}
static void kernel_finish(void *self, sv_time now)
{
    struct kernel_stream *k = self;
    (void)now;
    if (!k->finished)
        shutdown(k->fd, SHUT_WR);
    k->finished = true;
}
static void kernel_abort(void *self, sv_time now)
{
    struct kernel_stream *k = self;
    const struct linger l = {1, 0};
    (void)now;
    setsockopt(k->fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
    k->dead = true;
}
static enum sv_stream_status kernel_status(void *self)
{
    const struct kernel_stream *k = self;
    if (k->dead)
        return SV_STREAM_DEAD;
    return k->eof && k->at == k->n ? SV_STREAM_EOF : SV_STREAM_OPEN;
}
static enum sv_err kernel_error(void *self)
{
    const struct kernel_stream *k = self;
    return k->dead ? SV_ERR_RESET : SV_OK;
}
static const struct sv_stream_ops kernel_ops = {kernel_peek,   kernel_consume, kernel_write,  kernel_room,
                                                kernel_finish, kernel_abort,   kernel_status, kernel_error};

static int timeout_of(sv_time at, sv_time now)
{
    if (at == SV_NEVER)
        return 1000;
    if (at <= now)
        return 0;
    const sv_time ms = (at - now) / SV_MS + 1;
    return ms > 1000 ? 1000 : (int)ms;
}

static short events_of(const struct kernel_stream *k)
{
    return (short)((k->eof ? 0 : POLLIN) | (k->blocked ? POLLOUT : 0));
}

/* ---- serve ---- */

#define CONNS 64
static struct conn {
    struct kernel_stream k;
    struct sv_http_conn *c;
} conns[CONNS];

static void log_entry(void *self, const struct sv_http_entry *e, sv_time now)
{
    (void)self;
    (void)now;
    fprintf(stderr, "%llu %.*s %.*s %u %llu%s\n", (unsigned long long)e->tag, (int)e->method.n, e->method.at,
            (int)e->target.n, e->target.at, e->status, (unsigned long long)e->body_bytes,
            e->complete ? "" : " (broken off)");
}

static void take_new(int listener, struct sv_http_server *server)
{
    for (uint64_t i = 0; i < CONNS; i++) {
        if (conns[i].c)
            continue;
        const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        const int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        memset(&conns[i].k, 0, sizeof conns[i].k);
        conns[i].k.fd = fd;
        void *memory = aligned_alloc(16, (sv_http_conn_bytes() + 15) & ~(size_t)15);
        const struct sv_stream s = {&kernel_ops, &conns[i].k};
        conns[i].c = sv_http_conn_init(memory, sv_http_conn_bytes(), server, s, i, clock_now());
    }
}

/* Waits, drives what may have moved. False: whoever started us is gone. */
static bool serve_turn(int listener, struct sv_http_server *server)
{
    struct pollfd p[CONNS + 2] = {{.fd = listener, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    sv_time next = SV_NEVER;
    for (int i = 0; i < CONNS; i++) {
        p[i + 2].fd = conns[i].c ? conns[i].k.fd : -1;
        p[i + 2].events = events_of(&conns[i].k);
        if (conns[i].c && sv_http_conn_deadline(conns[i].c) < next)
            next = sv_http_conn_deadline(conns[i].c);
    }
    poll(p, CONNS + 2, timeout_of(next, clock_now()));
    if (p[1].revents)
        return false;
    if (p[0].revents)
        take_new(listener, server);
    for (int i = 0; i < CONNS; i++) {
        const sv_time now = clock_now();
        if (!conns[i].c || (!p[i + 2].revents && sv_http_conn_deadline(conns[i].c) > now))
            continue;
        sv_http_conn_drive(conns[i].c, now);
        if (sv_http_conn_done(conns[i].c)) {
            close(conns[i].k.fd);
            free(conns[i].c);
            conns[i].c = NULL;
        }
    }
    return true;
}

static int serve(int argc, char **argv)
{
    uint32_t flags = 0;
    struct sv_http_server_config config = {.size = sizeof config, .wall_s = wall_s, .log = log_entry, .seed = 7};
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "map") == 0)
            flags |= SV_PORT_FILES_MAP;
        else if (strcmp(argv[i], "walk") == 0)
            flags |= SV_PORT_FILES_NO_OPENAT2;
        else if (strncmp(argv[i], "timeout=", 8) == 0)
            config.header_timeout_ms = config.idle_timeout_ms = (uint32_t)strtoul(argv[i] + 8, NULL, 10);
    }
    struct sv_port_files *files = sv_port_files_open(argv[2], 0, flags);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    if (!files || bind(listener, (struct sockaddr *)&at, n) || listen(listener, 64) ||
        getsockname(listener, (struct sockaddr *)&at, &n)) {
        perror("http_posix");
        return 1;
    }
    config.files = sv_port_files(files);
    void *memory = aligned_alloc(16, (sv_http_server_bytes() + 15) & ~(size_t)15);
    struct sv_http_server *server = sv_http_server_init(memory, sv_http_server_bytes(), &config);
    printf("port %u\n", ntohs(at.sin_port));
    fflush(stdout);
    while (serve_turn(listener, server))
        ;
    for (int i = 0; i < CONNS; i++)
        if (conns[i].c) {
            sv_http_conn_release(conns[i].c, clock_now());
            close(conns[i].k.fd);
            free(conns[i].c);
        }
    close(listener);
    sv_port_files_close(files);
    free(memory);
    return 0;
}

/* ---- get ---- */

struct job {
    FILE *out, *in;
    bool chunked;
};

static size_t save(void *self, const uint8_t *bytes, size_t n, sv_time now)
{
    const struct job *j = self;
    (void)now;
    return j->out ? fwrite(bytes, 1, n, j->out) : n;
}

static size_t load(void *self, void *to, size_t n, bool *end)
{
    const struct job *j = self;
    const size_t got = fread(to, 1, n, j->in);
    *end = got < n;
    return got;
}

static int connect_to(const struct sv_url *url)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    char host[64];
    snprintf(host, sizeof host, "%.*s", (int)url->host.n, url->host.at);
    at.sin_port = htons(url->port ? url->port : 80);
    if (inet_pton(AF_INET, host, &at.sin_addr) != 1)
        return -1;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

struct get {
    struct job job;
    struct kernel_stream k;
    struct sv_http_client *client;
    void *memory;
    struct sv_text method, from;
    char range[64];
};

static const struct sv_http_client_config *client_config(struct get *g)
{
    static struct sv_http_client_config config;
    config = (struct sv_http_client_config){.size = sizeof config, .self = &g->job, .data = save};
    return &config;
}

/* An option and its argument; false: it is none. */
static bool get_option(struct get *g, char **argv, int *i)
{
    const char *a = argv[*i];
    if (strcmp(a, "-I") == 0) {
        g->method = SV_TEXT("HEAD");
    } else if (strcmp(a, "-o") == 0) {
        g->job.out = fopen(argv[++*i], "wb");
    } else if (strcmp(a, "-T") == 0 || strcmp(a, "-Tchunked") == 0) {
        g->job.chunked = strcmp(a, "-Tchunked") == 0;
        g->job.in = fopen(argv[++*i], "rb");
        g->method = SV_TEXT("PUT");
    } else if (strcmp(a, "-C") == 0) {
        snprintf(g->range, sizeof g->range, "bytes=%s-", argv[++*i]);
        g->from = (struct sv_text){g->range, strlen(g->range)};
    } else {
        return false;
    }
    return true;
}

static enum sv_err get_begin(struct get *g, const struct sv_url *url)
{
    const struct sv_http_field field[] = {{SV_TEXT("User-Agent"), SV_TEXT("seven-test")}, {SV_TEXT("Range"), g->from}};
    struct sv_http_request r = {.size = sizeof r,
                                .method = g->method,
                                .authority = url->authority,
                                .field = field,
                                .fields = g->from.n ? 2 : 1,
                                .target = SV_TEXT("/")};
    if (url->path.n > 0)
        r.target = (struct sv_text){url->path.at, url->path.n + (url->has_query ? url->query.n + 1 : 0)};
    if (g->job.in) {
        fseek(g->job.in, 0, SEEK_END);
        r.body_bytes = g->job.chunked ? SV_HTTP_CHUNKED : (uint64_t)ftell(g->job.in);
        rewind(g->job.in);
        r.body = load;
        r.body_self = &g->job;
        r.flags = SV_HTTP_EXPECT_CONTINUE;
    }
    return sv_http_client_request(g->client, &r, clock_now());
}

/* One URL; 0 when it was DONE. */
static int get_one(struct get *g, const char *text)
{
    struct sv_url url;
    if (!sv_url_parse((struct sv_text){text, strlen(text)}, &url)) {
        fprintf(stderr, "not a URL: %s\n", text);
        return 2;
    }
    const bool reused = g->client && sv_http_client_reusable(g->client);
    if (!reused) {
        if (g->client)
            close(g->k.fd);
        memset(&g->k, 0, sizeof g->k);
        g->k.fd = connect_to(&url);
        if (g->k.fd < 0)
            return 1;
        g->client = sv_http_client_init(g->memory, sv_http_client_bytes(), client_config(g),
                                        (struct sv_stream){&kernel_ops, &g->k}, clock_now());
    }
    const enum sv_err e = get_begin(g, &url);
    if (e != SV_OK) {
        fprintf(stderr, "request: error %d\n", (int)e);
        return 2;
    }
    enum sv_http_result result;
    while ((result = sv_http_client_drive(g->client, clock_now())) == SV_HTTP_RUNNING) {
        struct pollfd p = {.fd = g->k.fd, .events = events_of(&g->k)};
        poll(&p, 1, timeout_of(sv_http_client_deadline(g->client), clock_now()));
    }
    printf("%u %llu %s %s\n", sv_http_client_status(g->client), (unsigned long long)sv_http_client_received(g->client),
           sv_http_result_name(result), reused ? "reused" : "new");
    return result != SV_HTTP_DONE;
}

static int get(int argc, char **argv)
{
    static struct get g;
    int failed = 0;
    g.method = SV_TEXT("GET");
    g.from = SV_TEXT_NONE;
    g.memory = aligned_alloc(16, (sv_http_client_bytes() + 15) & ~(size_t)15);
    for (int i = 2; i < argc; i++)
        if (!get_option(&g, argv, &i))
            failed |= get_one(&g, argv[i]);
    if (g.job.out)
        fclose(g.job.out);
    if (g.job.in)
        fclose(g.job.in);
    if (g.client)
        close(g.k.fd);
    free(g.memory);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "serve") == 0)
        return serve(argc, argv);
    if (argc >= 3 && strcmp(argv[1], "get") == 0)
        return get(argc, argv);
    fprintf(stderr, "usage: http_posix serve ROOT [map] [walk] [timeout=MS] | get [-o F] [-I] [-T F] [-C N] URL...\n");
    return 2;
}
