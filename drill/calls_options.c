/* SPDX-License-Identifier: BSD-2-Clause */
/* getsockopt(), setsockopt(), ioctl(), fcntl(). */
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "drill/calls.h"

#define VALUE_BYTES 512u

/* The bytes that a value stands for: [1], [1, 2], {onoff=1, linger=0}, {tv_sec=1, tv_usec=0}, "cubic". The length; -1:
 * trouble. */
static int value_bytes(struct sv_drill_run *r, const struct sv_drill_expr *e, uint8_t *to)
{
    int64_t a = 0, b = 0;
    if (e->kind == SV_DRILL_STRING && e->n < VALUE_BYTES) {
        memcpy(to, e->text, e->n);
        return (int)e->n;
    }
    if (e->kind == SV_DRILL_LIST) {
        int n = 0;
        for (const struct sv_drill_expr *i = e->items; i && n + 4 <= (int)VALUE_BYTES; i = i->next, n += 4) {
            if (i->kind == SV_DRILL_RECORD || i->kind == SV_DRILL_STRING)
                return value_bytes(r, i, to);
            if (!sv_drill_number(r, i, &a))
                return -1;
            const int32_t number = (int32_t)a;
            memcpy(to + n, &number, 4);
        }
        return n;
    }
    if (e->kind == SV_DRILL_RECORD && sv_drill_field(e, "onoff")) {
        if (!sv_drill_number(r, sv_drill_field(e, "onoff"), &a) || !sv_drill_number(r, sv_drill_field(e, "linger"), &b))
            return -1;
        const struct linger l = {.l_onoff = (int)a, .l_linger = (int)b};
        memcpy(to, &l, sizeof l);
        return sizeof l;
    }
    if (e->kind == SV_DRILL_RECORD && sv_drill_field(e, "tv_sec")) {
        if (!sv_drill_number(r, sv_drill_field(e, "tv_sec"), &a) ||
            !sv_drill_number(r, sv_drill_field(e, "tv_usec"), &b))
            return -1;
        const struct timeval t = {.tv_sec = a, .tv_usec = b};
        memcpy(to, &t, sizeof t);
        return sizeof t;
    }
    sv_drill_trouble(r, "the option's value in column %u is of no known form", e->column);
    return -1;
}

enum sv_drill_outcome sv_drill_call_setsockopt(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    uint8_t value[VALUE_BYTES] = {0};
    const struct sv_drill_expr *e = sv_drill_argument(call, 3);
    const int fd = sv_drill_fd(r, call, 0);
    const int64_t level = sv_drill_integer(r, call, 1), option = sv_drill_integer(r, call, 2);
    const int64_t length = sv_drill_integer(r, call, 4);
    if (r->failed || (e->kind != SV_DRILL_ELLIPSIS && value_bytes(r, e, value) < 0))
        return SV_DRILL_WRONG;
    if (length < 0 || length > (int64_t)sizeof value) {
        sv_drill_trouble(r, "an option of %" PRId64 " bytes", length);
        return SV_DRILL_WRONG;
    }
    const int n = sv_posix_setsockopt(r->posix, fd, (int)level, (int)option, value, (socklen_t)length);
    return sv_drill_settle(r, call, n);
}

static void differs(struct sv_drill_run *r, const uint8_t *wanted, const uint8_t *seen, int n)
{
    int32_t a = 0, b = 0;
    memcpy(&a, wanted, n < 4 ? (size_t)n : 4);
    memcpy(&b, seen, n < 4 ? (size_t)n : 4);
    if (n <= 4)
        sv_drill_trouble(r, "getsockopt() gives the value %" PRId32 ", and %" PRId32 " is wanted", b, a);
    else
        sv_drill_trouble(r, "getsockopt() gives another value: \"%.60s\", and \"%.60s\" is wanted", (const char *)seen,
                         (const char *)wanted);
}

enum sv_drill_outcome sv_drill_call_getsockopt(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    uint8_t wanted[VALUE_BYTES] = {0}, seen[VALUE_BYTES] = {0};
    const struct sv_drill_expr *e = sv_drill_argument(call, 3), *size = sv_drill_argument(call, 4);
    const int fd = sv_drill_fd(r, call, 0);
    const int64_t level = sv_drill_integer(r, call, 1), option = sv_drill_integer(r, call, 2);
    int64_t length = sizeof seen;
    const int bytes = r->failed ? -1 : e->kind == SV_DRILL_ELLIPSIS ? 0 : value_bytes(r, e, wanted);
    if (bytes < 0 || (size->kind == SV_DRILL_LIST && size->items && size->items->kind != SV_DRILL_ELLIPSIS &&
                      !sv_drill_number(r, size->items, &length)))
        return SV_DRILL_WRONG;
    if (length < 0 || length > (int64_t)sizeof seen)
        length = sizeof seen;
    socklen_t n = (socklen_t)length;
    const int result = sv_posix_getsockopt(r->posix, fd, (int)level, (int)option, seen, &n);
    const enum sv_drill_outcome o = sv_drill_settle(r, call, result);
    if (o != SV_DRILL_RIGHT || result < 0)
        return o;
    if (size->kind == SV_DRILL_LIST && size->items && size->items->kind != SV_DRILL_ELLIPSIS && (int64_t)n != length)
        sv_drill_trouble(r, "getsockopt() gives %u bytes, and %" PRId64 " are wanted", (unsigned)n, length);
    else if (memcmp(wanted, seen, (size_t)bytes < n ? (size_t)bytes : n) != 0 && !r->calls_may_differ)
        differs(r, wanted, seen, bytes);
    return r->failed ? SV_DRILL_WRONG : SV_DRILL_RIGHT;
}

enum sv_drill_outcome sv_drill_call_ioctl(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const struct sv_drill_expr *e = call->count == 3 ? sv_drill_argument(call, 2) : NULL;
    const struct sv_drill_expr *item = e && e->kind == SV_DRILL_LIST ? e->items : e;
    int64_t wanted = 0;
    int value = 0;
    if (item && item->kind != SV_DRILL_ELLIPSIS && !sv_drill_number(r, item, &wanted))
        return SV_DRILL_WRONG;
    value = (int)wanted;
    const int n = sv_posix_ioctl(r->posix, sv_drill_fd(r, call, 0), (unsigned)sv_drill_integer(r, call, 1), &value);
    const enum sv_drill_outcome o = sv_drill_settle(r, call, n);
    if (o == SV_DRILL_RIGHT && n >= 0 && item && item->kind != SV_DRILL_ELLIPSIS && value != wanted) {
        sv_drill_trouble(r, "ioctl() gives the value %d, and %" PRId64 " is wanted", value, wanted);
        return SV_DRILL_WRONG;
    }
    return o;
}

enum sv_drill_outcome sv_drill_call_fcntl(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const int argument = call->count == 3 ? (int)sv_drill_integer(r, call, 2) : 0;
    const int command = (int)sv_drill_integer(r, call, 1);
    if (r->failed)
        return SV_DRILL_WRONG;
    return sv_drill_settle(r, call, sv_posix_fcntl(r->posix, sv_drill_fd(r, call, 0), command, argument));
}
