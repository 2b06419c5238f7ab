/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that move bytes. */
#include <stdlib.h>
#include <string.h>

#include "drill/calls.h"

enum sv_drill_outcome sv_drill_call_read(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const struct sv_drill_expr *what = sv_drill_argument(call, 1);
    const struct sv_drill_expr room = {.kind = SV_DRILL_ELLIPSIS};
    const int fd = sv_drill_fd(r, call, 0);
    const int64_t count = sv_drill_integer(r, call, 2);
    const int flags = call->count == 4 ? (int)sv_drill_integer(r, call, 3) : 0;
    void *to;
    if (!sv_drill_buffer(r, what->kind == SV_DRILL_STRING ? &room : what, count, &to))
        return SV_DRILL_WRONG;
    const ssize_t n = call->count == 4 ? sv_posix_recv(r->posix, fd, to, (size_t)count, flags)
                                       : sv_posix_read(r->posix, fd, to, (size_t)count);
    enum sv_drill_outcome o = sv_drill_settle(r, call, n);
    if (o == SV_DRILL_RIGHT && !sv_drill_same_bytes(r, what, to, n))
        o = SV_DRILL_WRONG;
    free(to);
    return o;
}

enum sv_drill_outcome sv_drill_call_write(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const int fd = sv_drill_fd(r, call, 0);
    const int64_t count = sv_drill_integer(r, call, 2);
    const int flags = call->count == 4 ? (int)sv_drill_integer(r, call, 3) : 0;
    void *from;
    if (r->failed || !sv_drill_buffer(r, sv_drill_argument(call, 1), count, &from))
        return SV_DRILL_WRONG;
    const ssize_t n = call->count == 4 ? sv_posix_send(r->posix, fd, from, (size_t)count, flags)
                                       : sv_posix_write(r->posix, fd, from, (size_t)count);
    free(from);
    return sv_drill_settle(r, call, n);
}

enum sv_drill_outcome sv_drill_call_sendto(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const struct sv_drill_expr *where = sv_drill_argument(call, 4);
    const int64_t script = sv_drill_integer(r, call, 0), count = sv_drill_integer(r, call, 2);
    const int64_t flags = sv_drill_integer(r, call, 3);
    struct sockaddr_storage a;
    socklen_t size;
    int64_t family = 0;
    void *from;
    if (r->failed || !sv_drill_buffer(r, sv_drill_argument(call, 1), count, &from))
        return SV_DRILL_WRONG;
    if (where->kind == SV_DRILL_WORD && sv_drill_number(r, where, &family)) {
        memset(&a, 0, sizeof a);
        a.ss_family = (sa_family_t)family;
        size = sizeof a;
    } else {
        sv_drill_connecting(r, script, &a, &size);
    }
    const ssize_t n = sv_posix_sendto(r->posix, sv_drill_live_fd(r, script), from, (size_t)count, (int)flags,
                                      (struct sockaddr *)&a, size);
    free(from);
    return sv_drill_settle(r, call, n);
}

enum sv_drill_outcome sv_drill_call_recvfrom(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const int64_t count = sv_drill_integer(r, call, 2), flags = sv_drill_integer(r, call, 3);
    const struct sv_drill_expr *what = sv_drill_argument(call, 1);
    const struct sv_drill_expr room = {.kind = SV_DRILL_ELLIPSIS};
    struct sockaddr_storage a;
    socklen_t size = sizeof a;
    void *to;
    if (!sv_drill_buffer(r, what->kind == SV_DRILL_STRING ? &room : what, count, &to))
        return SV_DRILL_WRONG;
    const ssize_t n = sv_posix_recvfrom(r->posix, sv_drill_fd(r, call, 0), to, (size_t)count, (int)flags,
                                        (struct sockaddr *)&a, &size);
    enum sv_drill_outcome o = sv_drill_settle(r, call, n);
    if (o == SV_DRILL_RIGHT && !sv_drill_same_bytes(r, what, to, n))
        o = SV_DRILL_WRONG;
    free(to);
    return o;
}

/* --- vectors --- */

void sv_drill_iov_free(struct iovec *io, int n)
{
    for (int i = 0; i < n; i++)
        free(io[i].iov_base);
}

int sv_drill_iov(struct sv_drill_run *r, const struct sv_drill_expr *list, struct iovec *io)
{
    int n = 0;
    if (!list || list->kind != SV_DRILL_LIST) {
        sv_drill_trouble(r, "[{..., LENGTH}, ...] is wanted");
        return -1;
    }
    for (const struct sv_drill_expr *e = list->items; e; e = e->next) {
        const struct sv_drill_expr *base = e->kind == SV_DRILL_RECORD ? e->items : NULL;
        int64_t length = 0;
        if (n == SV_DRILL_IOV || !base || !base->next || !sv_drill_number(r, base->next, &length) ||
            !sv_drill_buffer(r, base, length, &io[n].iov_base)) {
            sv_drill_trouble(r, "at most %d of {..., LENGTH} are understood", SV_DRILL_IOV);
            sv_drill_iov_free(io, n);
            return -1;
        }
        io[n++].iov_len = (size_t)length;
    }
    return n;
}

enum sv_drill_outcome sv_drill_call_vector(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    struct iovec io[SV_DRILL_IOV];
    const int fd = sv_drill_fd(r, call, 0);
    const int count = sv_drill_iov(r, sv_drill_argument(call, 1), io);
    if (count < 0)
        return SV_DRILL_WRONG;
    const ssize_t n = call->name[0] == 'w' ? sv_posix_writev(r->posix, fd, io, (int)sv_drill_integer(r, call, 2))
                                           : sv_posix_readv(r->posix, fd, io, (int)sv_drill_integer(r, call, 2));
    sv_drill_iov_free(io, count);
    return sv_drill_settle(r, call, n);
}

enum sv_drill_outcome sv_drill_call_splice(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const ssize_t n = sv_posix_splice(r->posix, sv_drill_fd(r, call, 0), NULL, sv_drill_fd(r, call, 2), NULL,
                                      (size_t)sv_drill_integer(r, call, 4), (unsigned)sv_drill_integer(r, call, 5));
    return sv_drill_settle(r, call, n);
}

enum sv_drill_outcome sv_drill_call_pipe(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const struct sv_drill_expr *list = sv_drill_argument(call, 0), *e = list->items;
    int fds[2] = {-1, -1};
    const int n = sv_posix_pipe(r->posix, fds);
    const enum sv_drill_outcome o = sv_drill_settle(r, call, n);
    if (o != SV_DRILL_RIGHT || n < 0)
        return o;
    for (int i = 0; i < 2 && e; i++, e = e->next) {
        if (e->kind == SV_DRILL_NUMBER)
            sv_drill_map_fd(r, (int)e->number, fds[i]);
    }
    return o;
}
