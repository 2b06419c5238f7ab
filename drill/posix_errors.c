/* SPDX-License-Identifier: BSD-2-Clause */
/* The error queue: what recvmsg(MSG_ERRQUEUE) tells of bytes that were sent. Of a write with MSG_ZEROCOPY its number,
 * when its bytes are acknowledged, for then its pages are the application's again; with SO_TIMESTAMPING when its last
 * byte left, and when it was acknowledged. Nothing is told twice. */
#include <time.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "drill/posix_private.h"

#define OPT_ID_TCP (1u << 16) /* SOF_TIMESTAMPING_OPT_ID_TCP of newer headers */
#define TX_ANY (SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK)

/* One write waits for its last byte. A full ring tells the rest nothing, as a kernel without memory for it. */
static void sv_posix_await(struct sv_posix_fd *f, uint8_t origin, uint32_t kind, uint32_t number)
{
    struct sv_posix_errors *e = &f->errors;
    if (e->awaits < SV_POSIX_ERRORS)
        e->await[e->awaits++] =
            (struct sv_posix_await){.end = f->written, .origin = origin, .kind = kind, .number = number};
}

static void sv_posix_tell_error(struct sv_posix_errors *e, const struct sv_posix_error *what)
{
    struct sv_posix_error *last = e->told ? &e->tell[e->told - 1u] : NULL;
    if (what->origin == SO_EE_ORIGIN_ZEROCOPY && last && last->origin == what->origin &&
        last->data + 1u == what->info) {
        last->data = what->data; /* neighbours are one range */
        return;
    }
    if (e->told < SV_POSIX_ERRORS)
        e->tell[e->told++] = *what;
}

void sv_posix_errors_update(struct sv_posix *p, struct sv_posix_fd *f)
{
    struct sv_posix_errors *e = &f->errors;
    const bool over = f->phase != SV_POSIX_CONNECTED && f->phase != SV_POSIX_CONNECTING;
    const uint64_t acked = over ? f->written : f->written - f->memory.queued;
    const uint64_t sent = over ? f->written : f->written - f->memory.unsent;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < e->awaits; i++) {
        const struct sv_posix_await *a = &e->await[i];
        const bool zerocopy = a->origin == SO_EE_ORIGIN_ZEROCOPY;
        if ((zerocopy || a->kind == SCM_TSTAMP_ACK ? acked : sent) < a->end) {
            e->await[kept++] = *a;
            continue;
        }
        if (over && !zerocopy)
            continue; /* it never was */
        const struct sv_posix_error what = {.when = p->now,
                                            .origin = a->origin,
                                            .code = zerocopy ? SO_EE_CODE_ZEROCOPY_COPIED : 0,
                                            .info = zerocopy ? a->number : a->kind,
                                            .data = a->number};
        sv_posix_tell_error(e, &what);
        sv_posix_notice(p, f, EPOLLERR);
    }
    e->awaits = kept;
}

void sv_posix_errors_wrote(struct sv_posix *p, struct sv_posix_fd *f, int flags)
{
    static const uint32_t bits[] = {SOF_TIMESTAMPING_TX_SCHED, SOF_TIMESTAMPING_TX_SOFTWARE, SOF_TIMESTAMPING_TX_ACK};
    static const uint8_t kinds[] = {SCM_TSTAMP_SCHED, SCM_TSTAMP_SND, SCM_TSTAMP_ACK};
    const uint32_t stamps = (uint32_t)f->opt.timestamping;
    if (flags & MSG_ZEROCOPY && f->opt.zerocopy)
        sv_posix_await(f, SO_EE_ORIGIN_ZEROCOPY, 0, f->errors.next_copy++);
    for (uint32_t i = 0; stamps & TX_ANY && stamps & SOF_TIMESTAMPING_SOFTWARE && i < 3; i++) {
        const bool counted = stamps & SOF_TIMESTAMPING_OPT_ID;
        if (stamps & bits[i])
            sv_posix_await(f, SO_EE_ORIGIN_TIMESTAMPING, kinds[i],
                           counted ? (uint32_t)(f->written - 1u - f->errors.first_stamped) : 0);
    }
    if (f->errors.awaits) {
        sv_posix_memory_update(p, f);
        sv_posix_errors_update(p, f);
    }
}

/* The bytes after which OPT_ID counts: those that were acknowledged when it was set, or with OPT_ID_TCP those that were
 * written. */
void sv_posix_errors_stamp(struct sv_posix_fd *f, uint32_t before)
{
    const uint32_t now = (uint32_t)f->opt.timestamping;
    if (now & ~before & SOF_TIMESTAMPING_OPT_ID)
        f->errors.first_stamped = f->written - (now & OPT_ID_TCP ? 0 : f->memory.queued);
}

/* One control message behind what is there. False: no room. */
static bool sv_posix_control(struct msghdr *msg, size_t *used, int level, int type, const void *data, size_t n)
{
    struct cmsghdr head;
    if (*used + CMSG_SPACE(n) > msg->msg_controllen) {
        msg->msg_flags |= MSG_CTRUNC;
        return false;
    }
    memset(&head, 0, sizeof head);
    head.cmsg_level = level;
    head.cmsg_type = type;
    head.cmsg_len = CMSG_LEN(n);
    uint8_t *at = (uint8_t *)msg->msg_control + *used;
    memset(at, 0, CMSG_SPACE(n));
    memcpy(at, &head, sizeof head);
    memcpy(at + CMSG_LEN(0), data, n);
    *used += CMSG_SPACE(n);
    return true;
}

int sv_posix_errors_take(struct sv_posix_fd *f, struct msghdr *msg)
{
    struct sv_posix_errors *e = &f->errors;
    const bool six = f->family == AF_INET6;
    struct {
        struct sock_extended_err error;
        uint8_t offender[sizeof(struct sockaddr_in6)]; /* nobody */
    } told;
    if (!e->told)
        return -EAGAIN;
    const struct sv_posix_error what = e->tell[0];
    memmove(e->tell, e->tell + 1, --e->told * sizeof e->tell[0]);
    const bool stamp = what.origin == SO_EE_ORIGIN_TIMESTAMPING;
    /* A stamp's packet stands before it; none of it is given. */
    msg->msg_flags =
        MSG_ERRQUEUE | (stamp && !((uint32_t)f->opt.timestamping & SOF_TIMESTAMPING_OPT_TSONLY) ? MSG_TRUNC : 0);
    size_t used = 0;
    if (stamp) {
        struct scm_timestamping when;
        memset(&when, 0, sizeof when);
        when.ts[0].tv_sec = (time_t)(what.when / SV_S);
        when.ts[0].tv_nsec = (long)(what.when % SV_S);
        (void)sv_posix_control(msg, &used, SOL_SOCKET, SCM_TIMESTAMPING, &when, sizeof when);
    }
    memset(&told, 0, sizeof told);
    told.error.ee_errno = stamp ? ENOMSG : 0;
    told.error.ee_origin = what.origin;
    told.error.ee_code = what.code;
    told.error.ee_info = what.info;
    told.error.ee_data = what.data;
    (void)sv_posix_control(msg, &used, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVERR : IP_RECVERR, &told,
                           sizeof told.error + (six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)));
    msg->msg_controllen = used;
    msg->msg_namelen = 0;
    return 0;
}
