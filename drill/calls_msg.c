/* SPDX-License-Identifier: BSD-2-Clause */
/* sendmsg() and recvmsg(): {msg_name(...)=..., msg_iov(1)=[{...,100}], msg_flags=0, msg_control=[...]}. */
#include <inttypes.h>
#include <time.h>
#include <linux/errqueue.h>
#include <stdlib.h>
#include <string.h>

#include "drill/calls.h"

#define CONTROL_BYTES 1024u

/* --- control messages --- */

static bool optional(struct sv_drill_run *r, const struct sv_drill_expr *record, const char *name, int64_t *to)
{
    const struct sv_drill_expr *e = sv_drill_field(record, name);
    *to = 0;
    return !e || sv_drill_number(r, e, to);
}

/* The bytes that cmsg_data=... stands for: an int, an extended error, or a time stamp. The length; 0: trouble. */
static size_t control_data(struct sv_drill_run *r, const struct sv_drill_expr *e, uint8_t *to)
{
    int64_t v[6] = {0};
    if (e && e->kind == SV_DRILL_RECORD && sv_drill_field(e, "ee_errno")) {
        struct sock_extended_err err;
        memset(&err, 0, sizeof err);
        if (!optional(r, e, "ee_errno", &v[0]) || !optional(r, e, "ee_origin", &v[1]) ||
            !optional(r, e, "ee_type", &v[2]) || !optional(r, e, "ee_code", &v[3]) ||
            !optional(r, e, "ee_info", &v[4]) || !optional(r, e, "ee_data", &v[5]))
            return 0;
        err.ee_errno = (uint32_t)v[0];
        err.ee_origin = (uint8_t)v[1];
        err.ee_type = (uint8_t)v[2];
        err.ee_code = (uint8_t)v[3];
        err.ee_info = (uint32_t)v[4];
        err.ee_data = (uint32_t)v[5];
        memcpy(to, &err, sizeof err);
        return sizeof err;
    }
    if (e && e->kind == SV_DRILL_RECORD && sv_drill_field(e, "scm_sec")) {
        struct timespec stamp = {0};
        if (!optional(r, e, "scm_sec", &v[0]) || !optional(r, e, "scm_nsec", &v[1]))
            return 0;
        stamp.tv_sec = v[0];
        stamp.tv_nsec = v[1];
        memcpy(to, &stamp, sizeof stamp);
        return sizeof stamp;
    }
    if (!sv_drill_number(r, e, &v[0]))
        return 0;
    const int number = (int)v[0];
    memcpy(to, &number, sizeof number);
    return sizeof number;
}

/* A time stamp of the script counts from its beginning, and has the tolerance of all times. */
static bool same_stamp(const struct sv_drill_run *r, const uint8_t *wanted, const uint8_t *seen)
{
    struct timespec a, b;
    memcpy(&a, wanted, sizeof a);
    memcpy(&b, seen, sizeof b);
    const int64_t want_ns = a.tv_sec * (int64_t)SV_S + a.tv_nsec;
    const int64_t seen_ns = b.tv_sec * (int64_t)SV_S + b.tv_nsec - (int64_t)r->zero;
    const int64_t off = seen_ns - want_ns, slack = (int64_t)sv_drill_tolerance(r, r->at_ns, 0);
    return off <= slack && -off <= slack;
}

static bool one_control(struct sv_drill_run *r, const struct sv_drill_expr *e, const struct cmsghdr *c)
{
    int64_t level, type;
    uint8_t data[64];
    const struct sv_drill_expr *what = sv_drill_field(e, "cmsg_data");
    const size_t n = control_data(r, what, data);
    if (n == 0 || !optional(r, e, "cmsg_level", &level) || !optional(r, e, "cmsg_type", &type))
        return false;
    const size_t seen = c->cmsg_len - CMSG_LEN(0);
    const bool stamp = what->kind == SV_DRILL_RECORD && sv_drill_field(what, "scm_sec");
    if (c->cmsg_level == level && c->cmsg_type == type && seen >= n &&
        (stamp ? same_stamp(r, data, CMSG_DATA(c)) : memcmp(data, CMSG_DATA(c), n) == 0))
        return true;
    sv_drill_trouble(r, "another control message: level %d type %d, and level %" PRId64 " type %" PRId64 " is wanted",
                     c->cmsg_level, c->cmsg_type, level, type);
    return false;
}

static bool same_control(struct sv_drill_run *r, const struct sv_drill_expr *wanted, struct msghdr *m)
{
    const struct cmsghdr *c = CMSG_FIRSTHDR(m);
    uint32_t n = 0;
    for (const struct sv_drill_expr *e = wanted ? wanted->items : NULL; e; e = e->next, n++) {
        if (!c) {
            sv_drill_trouble(r, "only %u control messages came", n);
            return false;
        }
        if (!one_control(r, e, c))
            return false;
        c = CMSG_NXTHDR(m, (struct cmsghdr *)(uintptr_t)c);
    }
    return true;
}

static bool write_control(struct sv_drill_run *r, const struct sv_drill_expr *wanted, struct msghdr *m)
{
    size_t used = 0;
    uint8_t *control = m->msg_control;
    for (const struct sv_drill_expr *e = wanted ? wanted->items : NULL; e; e = e->next) {
        int64_t level, type;
        uint8_t data[64];
        struct cmsghdr head;
        const size_t n = control_data(r, sv_drill_field(e, "cmsg_data"), data);
        if (n == 0 || !optional(r, e, "cmsg_level", &level) || !optional(r, e, "cmsg_type", &type) ||
            used + CMSG_SPACE(n) > CONTROL_BYTES)
            return false;
        memset(&head, 0, sizeof head);
        head.cmsg_len = CMSG_LEN(n);
        head.cmsg_level = (int)level;
        head.cmsg_type = (int)type;
        memcpy(control + used, &head, sizeof head);
        memcpy(control + used + CMSG_LEN(0), data, n);
        used += CMSG_SPACE(n);
    }
    m->msg_controllen = used;
    return true;
}

/* --- the calls --- */

struct message {
    struct msghdr head;
    struct iovec io[SV_DRILL_IOV];
    struct sockaddr_storage address;
    max_align_t control[CONTROL_BYTES / sizeof(max_align_t)];
    int count;
};

static bool open_message(struct sv_drill_run *r, const struct sv_drill_expr *record, struct message *m)
{
    const struct sv_drill_expr *io = sv_drill_field(record, "msg_iov");
    memset(m, 0, sizeof *m);
    m->count = io && io->kind == SV_DRILL_LIST && !io->items ? 0 : sv_drill_iov(r, io, m->io);
    if (m->count < 0)
        return false;
    m->head.msg_iov = m->io;
    m->head.msg_iovlen = (size_t)m->count;
    m->head.msg_control = m->control;
    m->head.msg_controllen = CONTROL_BYTES;
    return true;
}

enum sv_drill_outcome sv_drill_call_sendmsg(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const struct sv_drill_expr *record = sv_drill_argument(call, 1);
    const int64_t script = sv_drill_integer(r, call, 0), flags = sv_drill_integer(r, call, 2);
    struct message m;
    socklen_t size = 0;
    if (!open_message(r, record, &m))
        return SV_DRILL_WRONG;
    struct sv_drill_connection *c = sv_drill_connection_of(r, script);
    const bool opens = (flags & MSG_FASTOPEN) || (c && c->udp);
    if (opens && sv_drill_field(record, "msg_name")) {
        sv_drill_connecting(r, script, &m.address, &size);
        m.head.msg_name = &m.address;
        m.head.msg_namelen = size;
    }
    enum sv_drill_outcome o = SV_DRILL_WRONG;
    if (write_control(r, sv_drill_field(record, "msg_control"), &m.head)) {
        const ssize_t n = sv_posix_sendmsg(r->posix, sv_drill_live_fd(r, script), &m.head, (int)flags);
        o = sv_drill_settle(r, call, n);
    }
    sv_drill_iov_free(m.io, m.count);
    return o;
}

enum sv_drill_outcome sv_drill_call_recvmsg(struct sv_drill_run *r, const struct sv_drill_call *call)
{
    const struct sv_drill_expr *record = sv_drill_argument(call, 1);
    const struct sv_drill_expr *flags = sv_drill_field(record, "msg_flags");
    struct message m;
    int64_t wanted = 0;
    if (!open_message(r, record, &m))
        return SV_DRILL_WRONG;
    m.head.msg_name = &m.address;
    m.head.msg_namelen = sizeof m.address;
    const ssize_t n = sv_posix_recvmsg(r->posix, sv_drill_fd(r, call, 0), &m.head, (int)sv_drill_integer(r, call, 2));
    enum sv_drill_outcome o = sv_drill_settle(r, call, n);
    if (o == SV_DRILL_RIGHT && n >= 0) {
        if (flags && flags->kind != SV_DRILL_ELLIPSIS && sv_drill_number(r, flags, &wanted) &&
            wanted != m.head.msg_flags)
            sv_drill_trouble(r, "msg_flags is 0x%x, and 0x%" PRIx64 " is wanted", (unsigned)m.head.msg_flags,
                             (uint64_t)wanted);
        if (r->failed || !same_control(r, sv_drill_field(record, "msg_control"), &m.head))
            o = SV_DRILL_WRONG;
    }
    sv_drill_iov_free(m.io, m.count);
    return o;
}
