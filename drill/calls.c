/* SPDX-License-Identifier: BSD-2-Clause */
/* What all calls share, and those that make sockets and end them. */
#include "drill/calls.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/symbols.h"

#define BUFFER_MAX (64 << 20)

/* --- arguments --- */

const struct sv_drill_expr *sv_drill_argument(const struct sv_drill_call *call, uint32_t i)
{
    const struct sv_drill_expr *e = call->arguments;
    while (e && i--)
        e = e->next;
    return e;
}

bool sv_drill_number(struct sv_drill_run *r, const struct sv_drill_expr *e, int64_t *to)
{
    int64_t a, b;
    if (e && e->kind == SV_DRILL_NUMBER) {
        *to = e->number;
        return true;
    }
    if (e && e->kind == SV_DRILL_OR) {
        const bool both = sv_drill_number(r, e->first, &a) && sv_drill_number(r, e->second, &b);
        *to = both ? a | b : 0;
        return both;
    }
    if (e && e->kind == SV_DRILL_WORD) {
        if (sv_drill_symbol(e->text, to))
            return true;
        sv_drill_trouble(r, "the name %s (column %u) is not known", e->text, e->column);
        return false;
    }
    sv_drill_trouble(r, "a number is wanted in column %u", e ? e->column : r->event->column);
    return false;
}

int64_t sv_drill_integer(struct sv_drill_run *r, const struct sv_drill_call *call, uint32_t i)
{
    int64_t value = 0;
    return sv_drill_number(r, sv_drill_argument(call, i), &value) ? value : 0;
}

const struct sv_drill_expr *sv_drill_field(const struct sv_drill_expr *record, const char *name)
{
    for (const struct sv_drill_expr *e = record ? record->items : NULL; e; e = e->next) {
        if (e->kind == SV_DRILL_FIELD && strcmp(e->text, name) == 0)
            return e->first;
    }
    return NULL;
}

/* --- descriptors --- */

int sv_drill_live_fd(struct sv_drill_run *r, int64_t script)
{
    for (uint32_t i = r->fds; i-- > 0;) {
        if (r->fd[i].script == script)
            return r->fd[i].live;
    }
    return (int)script;
}

int sv_drill_fd(struct sv_drill_run *r, const struct sv_drill_call *call, uint32_t i)
{
    return sv_drill_live_fd(r, sv_drill_integer(r, call, i));
}

void sv_drill_map_fd(struct sv_drill_run *r, int script, int live)
{
    uint32_t i = 0;
    while (i < r->fds && r->fd[i].script != script)
        i++;
    if (i == SV_DRILL_FDS) {
        sv_drill_trouble(r, "more than %u descriptors open", SV_DRILL_FDS);
        return;
    }
    r->fds += i == r->fds;
    r->fd[i].script = script;
    r->fd[i].live = live;
}

static void unmap_fd(struct sv_drill_run *r, int64_t script)
{
    for (uint32_t i = 0; i < r->fds; i++) {
        if (r->fd[i].script == script)
            r->fd[i] = r->fd[--r->fds];
    }
}

struct sv_drill_connection *sv_drill_connection_of(struct sv_drill_run *r, int64_t script_fd)
{
    for (uint32_t i = r->connections; i-- > 0;) {
        if (r->connection[i]->script_fd == script_fd)
            return r->connection[i];
    }
    return NULL;
}

/* --- results --- */

static void say_result(int64_t n, char *to, size_t size)
{
    const char *name = n < 0 ? sv_drill_errno_name((int)-n) : NULL;
    if (n < 0)
        (void)snprintf(to, size, "-1 %s (%s)", name ? name : "?", strerror((int)-n));
    else
        (void)snprintf(to, size, "%" PRId64, n);
}

static enum sv_drill_outcome settle(struct sv_drill_run *r, const struct sv_drill_call *call, int64_t n, bool fd)
{
    int64_t wanted = 0, number = 0;
    char text[128], name[128];
    if (n == SV_POSIX_BLOCKED)
        return SV_DRILL_BLOCKED;
    if (r->failed)
        return SV_DRILL_WRONG;
    const bool any = call->result->kind == SV_DRILL_ANY || call->result->kind == SV_DRILL_ELLIPSIS;
    if (any)
        return SV_DRILL_RIGHT;
    if (!sv_drill_number(r, call->result, &wanted))
        return SV_DRILL_WRONG;
    if (call->error && !sv_drill_symbol(call->error, &number)) {
        sv_drill_trouble(r, "the error %s is not known", call->error);
        return SV_DRILL_WRONG;
    }
    const bool same = wanted < 0 ? n < 0 && (!call->error || -n == number) : fd ? n >= 0 : n == wanted;
    if (same || r->calls_may_differ)
        return SV_DRILL_RIGHT;
    say_result(n, text, sizeof text);
    say_result(wanted < 0 && number ? -number : wanted, name, sizeof name);
    sv_drill_trouble(r, "%s() gives %s, and %s is wanted", call->name, text, wanted < 0 && !number ? "an error" : name);
    return SV_DRILL_WRONG;
}

enum sv_drill_outcome sv_drill_settle(struct sv_drill_run *r, const struct sv_drill_call *call, int64_t n)
{
    return settle(r, call, n, false);
}

enum sv_drill_outcome sv_drill_settle_fd(struct sv_drill_run *r, const struct sv_drill_call *call, int64_t n)
{
    const enum sv_drill_outcome o = settle(r, call, n, true);
    int64_t script = 0;
    if (o == SV_DRILL_RIGHT && n >= 0 && call->result->kind == SV_DRILL_NUMBER) {
        script = call->result->number;
        sv_drill_map_fd(r, (int)script, (int)n);
    }
    return o;
}

/* --- addresses --- */

void sv_drill_sockaddr(const struct sv_drill_run *r, const struct sv_addr *addr, uint16_t port,
                       struct sockaddr_storage *to, socklen_t *n)
{
    memset(to, 0, sizeof *to);
    if (r->six || r->mapped) {
        struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        memcpy(&six.sin6_addr, addr->byte, 16);
        memcpy(to, &six, sizeof six);
        *n = sizeof six;
    } else {
        struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&four.sin_addr, addr->byte + 12, 4);
        memcpy(to, &four, sizeof four);
        *n = sizeof four;
    }
}

void sv_drill_connecting(struct sv_drill_run *r, int64_t script_fd, struct sockaddr_storage *to, socklen_t *n)
{
    struct sv_drill_connection *c = sv_drill_connection_of(r, script_fd);
    sv_drill_sockaddr(r, &r->remote, r->connect_port, to, n);
    if (!c || c->stage != SV_DRILL_NEW)
        return;
    c->stage = SV_DRILL_CONNECTING;
    if (c->renewed) /* its SYN tells the port once more */
        c->ends.local_port = 0;
    c->renewed = false;
    c->ends.remote_port = r->connect_port;
    r->under = c;
}

/* --- buffers --- */

bool sv_drill_buffer(struct sv_drill_run *r, const struct sv_drill_expr *e, int64_t count, void **to)
{
    *to = NULL;
    if (!e || count < 0 || count > BUFFER_MAX) {
        sv_drill_trouble(r, "a buffer of %" PRId64 " bytes", count);
        return false;
    }
    if ((e->kind == SV_DRILL_NUMBER && e->number == 0) || (e->kind == SV_DRILL_WORD && strcmp(e->text, "NULL") == 0))
        return true;
    if (e->kind != SV_DRILL_ELLIPSIS && e->kind != SV_DRILL_STRING) {
        sv_drill_trouble(r, "bytes (... or a string) are wanted in column %u", e->column);
        return false;
    }
    *to = calloc(1, (size_t)count + 1);
    if (!*to)
        sv_drill_trouble(r, "no memory for %" PRId64 " bytes", count);
    else if (e->kind == SV_DRILL_STRING)
        memcpy(*to, e->text, e->n < (size_t)count ? e->n : (size_t)count);
    return *to != NULL;
}

bool sv_drill_same_bytes(struct sv_drill_run *r, const struct sv_drill_expr *e, const void *got, int64_t n)
{
    if (!e || e->kind != SV_DRILL_STRING || n < 0)
        return true;
    const size_t most = e->n < (size_t)n ? e->n : (size_t)n;
    if ((e->n == (size_t)n || (e->more && e->n <= (size_t)n)) && memcmp(e->text, got, most) == 0)
        return true;
    sv_drill_trouble(r, "other bytes were read than \"%.60s\"", e->text);
    return false;
}

/* --- sockets --- */

static enum sv_drill_outcome call_socket(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const struct sv_drill_expr *family = sv_drill_argument(call, 0);
    int64_t domain = r->six || r->mapped ? AF_INET6 : AF_INET;
    if (family->kind != SV_DRILL_ELLIPSIS && !sv_drill_number(r, family, &domain))
        return SV_DRILL_WRONG;
    const int64_t type = sv_drill_integer(r, call, 1), protocol = sv_drill_integer(r, call, 2);
    if (r->failed)
        return SV_DRILL_WRONG;
    const int n = sv_posix_socket(r->posix, (int)domain, (int)type, (int)protocol);
    const enum sv_drill_outcome o = sv_drill_settle_fd(r, call, n);
    if (o != SV_DRILL_RIGHT || n < 0)
        return o;
    struct sv_drill_connection *c = sv_drill_connection_new(r);
    if (!c)
        return SV_DRILL_WRONG;
    c->script_fd = (int)call->result->number;
    c->udp = (type & 0xf) == SOCK_DGRAM;
    return o;
}

static enum sv_drill_outcome call_bind(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    struct sv_drill_connection *c = sv_drill_connection_of(r, sv_drill_integer(r, call, 0));
    struct sockaddr_storage a;
    socklen_t n;
    sv_drill_sockaddr(r, &r->local, r->bind_port, &a, &n);
    const int result = sv_posix_bind(r->posix, sv_drill_fd(r, call, 0), (struct sockaddr *)&a, n);
    if (result == 0 && c && c->udp)
        c->ends.local_port = r->bind_port;
    return sv_drill_settle(r, call, result);
}

static enum sv_drill_outcome call_listen(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    struct sv_drill_connection *c = sv_drill_connection_of(r, sv_drill_integer(r, call, 0));
    const int n = sv_posix_listen(r->posix, sv_drill_fd(r, call, 0), (int)sv_drill_integer(r, call, 1));
    if (n == 0 && c)
        c->stage = SV_DRILL_LISTENING;
    return sv_drill_settle(r, call, n);
}

static enum sv_drill_outcome call_accept(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    struct sockaddr_storage a;
    socklen_t size = sizeof a;
    memset(&a, 0, sizeof a);
    const int flags = call->count == 4 ? (int)sv_drill_integer(r, call, 3) : 0;
    const int n = sv_posix_accept4(r->posix, sv_drill_fd(r, call, 0), (struct sockaddr *)&a, &size, flags);
    const enum sv_drill_outcome o = sv_drill_settle_fd(r, call, n);
    if (o != SV_DRILL_RIGHT || n < 0)
        return o;
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    memcpy(&six, &a, sizeof six);
    memcpy(&four, &a, sizeof four);
    const uint16_t port = ntohs(a.ss_family == AF_INET6 ? six.sin6_port : four.sin_port);
    for (uint32_t i = r->connections; i-- > 0;) {
        struct sv_drill_connection *c = r->connection[i];
        if (c->stage >= SV_DRILL_ARRIVED && c->script_fd < 0 && c->ends.remote_port == port) {
            c->script_fd = (int)call->result->number;
            return o;
        }
    }
    return o;
}

static enum sv_drill_outcome call_connect(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const struct sv_drill_expr *where = sv_drill_argument(call, 1);
    const int64_t script = sv_drill_integer(r, call, 0);
    struct sv_drill_connection *c = sv_drill_connection_of(r, script);
    struct sockaddr_storage a;
    socklen_t n;
    int64_t family = 0;
    if (where->kind == SV_DRILL_WORD && sv_drill_number(r, where, &family)) {
        memset(&a, 0, sizeof a);
        a.ss_family = (sa_family_t)family;
        n = sizeof(struct sockaddr_in);
        if (c && family == AF_UNSPEC) {
            c->stage = SV_DRILL_NEW;
            c->renewed = true;
        }
    } else {
        sv_drill_connecting(r, script, &a, &n);
    }
    return sv_drill_settle(r, call, sv_posix_connect(r->posix, sv_drill_live_fd(r, script), (struct sockaddr *)&a, n));
}

static enum sv_drill_outcome call_close(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const int64_t script = sv_drill_integer(r, call, 0);
    struct sv_drill_connection *c = sv_drill_connection_of(r, script);
    const enum sv_drill_outcome o = sv_drill_settle(r, call, sv_posix_close(r->posix, sv_drill_live_fd(r, script)));
    if (o == SV_DRILL_RIGHT) {
        unmap_fd(r, script);
        if (c)
            c->script_fd = -1 - (int)script; /* its packets go on, its number may be given again */
    }
    return o;
}

static enum sv_drill_outcome call_shutdown(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    return sv_drill_settle(r, call,
                           sv_posix_shutdown(r->posix, sv_drill_fd(r, call, 0), (int)sv_drill_integer(r, call, 1)));
}

sv_drill_handler *sv_drill_handler_of(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    static const struct {
        const char *name;
        uint32_t least, most;
        sv_drill_handler *handler;
    } calls[] = {{"socket", 3, 3, call_socket},
                 {"bind", 3, 3, call_bind},
                 {"listen", 2, 2, call_listen},
                 {"accept", 3, 3, call_accept},
                 {"accept4", 4, 4, call_accept},
                 {"connect", 3, 3, call_connect},
                 {"close", 1, 1, call_close},
                 {"shutdown", 2, 2, call_shutdown},
                 {"read", 3, 3, sv_drill_call_read},
                 {"recv", 4, 4, sv_drill_call_read},
                 {"write", 3, 3, sv_drill_call_write},
                 {"send", 4, 4, sv_drill_call_write},
                 {"readv", 3, 3, sv_drill_call_vector},
                 {"writev", 3, 3, sv_drill_call_vector},
                 {"sendto", 6, 6, sv_drill_call_sendto},
                 {"recvfrom", 6, 6, sv_drill_call_recvfrom},
                 {"sendmsg", 3, 3, sv_drill_call_sendmsg},
                 {"recvmsg", 3, 3, sv_drill_call_recvmsg},
                 {"getsockopt", 5, 5, sv_drill_call_getsockopt},
                 {"setsockopt", 5, 5, sv_drill_call_setsockopt},
                 {"ioctl", 2, 3, sv_drill_call_ioctl},
                 {"fcntl", 2, 3, sv_drill_call_fcntl},
                 {"poll", 3, 3, sv_drill_call_poll},
                 {"epoll_create", 1, 1, sv_drill_call_epoll_create},
                 {"epoll_ctl", 4, 4, sv_drill_call_epoll_ctl},
                 {"epoll_wait", 4, 4, sv_drill_call_epoll_wait},
                 {"pipe", 1, 1, sv_drill_call_pipe},
                 {"splice", 6, 6, sv_drill_call_splice}};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (strcmp(calls[i].name, call->name) != 0)
            continue;
        if (call->count >= calls[i].least && call->count <= calls[i].most)
            return calls[i].handler;
        sv_drill_trouble(r, "%s() takes %u arguments, not %u", call->name, calls[i].least, call->count);
        return NULL;
    }
    sv_drill_trouble(r, "the call %s() is not known here", call->name);
    return NULL;
}
