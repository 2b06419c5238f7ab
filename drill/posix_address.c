/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and errors, as Linux has them. */
#include "drill/posix_private.h"

static const uint8_t sv_posix_mapped[12] = {[10] = 0xff, 0xff};

int sv_posix_errno(enum sv_err error)
{
    switch (error) {
    case SV_ERR_OK:
        return 0;
    case SV_ERR_INVALID:
    case SV_ERR_VERSION:
        return EINVAL;
    case SV_ERR_STALE:
    case SV_ERR_STATE:
        return ENOTCONN;
    case SV_ERR_AGAIN:
        return EAGAIN;
    case SV_ERR_NO_MEMORY:
        return ENOBUFS;
    case SV_ERR_NO_ROUTE:
        return ENETUNREACH;
    case SV_ERR_IN_USE:
        return EADDRINUSE;
    case SV_ERR_NO_PORTS:
    case SV_ERR_NOT_LOCAL:
        return EADDRNOTAVAIL;
    case SV_ERR_REFUSED:
        return ECONNREFUSED;
    case SV_ERR_RESET:
        return ECONNRESET;
    case SV_ERR_TIMED_OUT:
        return ETIMEDOUT;
    case SV_ERR_UNREACHABLE:
        return EHOSTUNREACH;
    case SV_ERR_TOO_BIG:
        return EMSGSIZE;
    case SV_ERR_CLOSED:
        return EPIPE;
    default:
        return ECONNABORTED;
    }
}

int sv_posix_take_address(const struct sv_posix_fd *f, const struct sockaddr *addr, socklen_t n, struct sv_endpoint *to)
{
    memset(to, 0, sizeof *to);
    if (!addr || n < sizeof(sa_family_t))
        return -EINVAL;
    if (f->family == AF_INET) {
        struct sockaddr_in in;
        if (n < sizeof in)
            return -EINVAL;
        memcpy(&in, addr, sizeof in);
        if (in.sin_family != AF_INET && !(in.sin_family == AF_UNSPEC && in.sin_addr.s_addr == 0))
            return -EAFNOSUPPORT;
        memcpy(to->addr.byte, sv_posix_mapped, 12);
        memcpy(to->addr.byte + 12, &in.sin_addr, 4);
        to->port = ntohs(in.sin_port);
        return 0;
    }
    struct sockaddr_in6 in6 = {0};
    if (n < 24) /* SIN6_LEN_RFC2133 */
        return -EINVAL;
    memcpy(&in6, addr, n < sizeof in6 ? n : sizeof in6);
    if (in6.sin6_family != AF_INET6)
        return -EAFNOSUPPORT;
    memcpy(to->addr.byte, &in6.sin6_addr, 16);
    to->port = ntohs(in6.sin6_port);
    return 0;
}

void sv_posix_give_address(const struct sv_posix_fd *f, const struct sv_endpoint *from, struct sockaddr *addr,
                           socklen_t *n)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(from->port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(from->port)};
    if (!addr || !n)
        return;
    const bool v4 = f->family == AF_INET;
    const socklen_t whole = v4 ? (socklen_t)sizeof in : (socklen_t)sizeof in6;
    memcpy(&in.sin_addr, from->addr.byte + 12, 4);
    memcpy(&in6.sin6_addr, from->addr.byte, 16);
    memcpy(addr, v4 ? (const void *)&in : (const void *)&in6, *n < whole ? *n : whole);
    *n = whole;
}
