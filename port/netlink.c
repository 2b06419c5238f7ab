/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One request, grown attribute by attribute. The union keeps netlink's alignment. */
struct request {
    union {
        struct nlmsghdr head;
        uint8_t bytes[1024];
    } u;
};

static void *extend(struct request *q, size_t n)
{
    const size_t at = NLMSG_ALIGN(q->u.head.nlmsg_len);
    SV_ASSERT(at + NLMSG_ALIGN(n) <= sizeof q->u.bytes);
    q->u.head.nlmsg_len = (uint32_t)(at + n);
    return q->u.bytes + at;
}

static void begin(struct request *q, uint16_t type, uint32_t flags, const void *body, size_t n)
{
    memset(q, 0, sizeof *q);
    q->u.head.nlmsg_len = NLMSG_LENGTH(0);
    q->u.head.nlmsg_type = type;
    q->u.head.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    q->u.head.nlmsg_seq = 1;
    memcpy(extend(q, n), body, n);
}

static void attribute(struct request *q, uint32_t type, const void *value, size_t n)
{
    const struct rtattr head = {(unsigned short)RTA_LENGTH(n), (unsigned short)type};
    uint8_t *at = extend(q, RTA_LENGTH(n));
    memcpy(at, &head, sizeof head);
    memcpy(at + RTA_LENGTH(0), value, n);
}

static uint32_t open_nest(struct request *q, uint32_t type)
{
    const struct rtattr head = {0, (unsigned short)(type | NLA_F_NESTED)};
    uint8_t *at = extend(q, RTA_LENGTH(0));
    memcpy(at, &head, sizeof head);
    return (uint32_t)(at - q->u.bytes);
}

static void close_nest(struct request *q, uint32_t at)
{
    const unsigned short n = (unsigned short)(q->u.head.nlmsg_len - at);
    memcpy(q->u.bytes + at, &n, sizeof n);
}

static int ask(const struct request *q)
{
    union {
        struct nlmsghdr head;
        uint8_t bytes[4096];
    } answer;
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int error;

    if (fd < 0)
        return errno;
    if (send(fd, q->u.bytes, q->u.head.nlmsg_len, 0) < 0) {
        error = errno;
    } else {
        ssize_t got;
        do
            got = recv(fd, answer.bytes, sizeof answer.bytes, 0);
        while (got < 0 && errno == EINTR);
        struct nlmsgerr e;
        if (got < 0) {
            error = errno;
        } else if ((size_t)got < NLMSG_LENGTH(sizeof e) || answer.head.nlmsg_type != NLMSG_ERROR) {
            error = EPROTO;
        } else {
            memcpy(&e, answer.bytes + NLMSG_LENGTH(0), sizeof e);
            error = -e.error;
        }
    }
    close(fd);
    return error;
}

int sv_link_set(const char *name, bool up, uint32_t mtu)
{
    const struct ifinfomsg body = {.ifi_family = AF_UNSPEC,
                                   .ifi_index = (int)if_nametoindex(name),
                                   .ifi_flags = up ? IFF_UP : 0,
                                   .ifi_change = IFF_UP};
    struct request q;

    if (body.ifi_index == 0)
        return ENODEV;
    begin(&q, RTM_NEWLINK, 0, &body, sizeof body);
    if (mtu)
        attribute(&q, IFLA_MTU, &mtu, sizeof mtu);
    return ask(&q);
}

int sv_link_address(const char *name, const struct sv_addr *addr, uint32_t length)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const bool v4 = memcmp(addr->byte, mapped, 12) == 0;
    const size_t n = v4 ? 4 : 16;
    const struct ifaddrmsg body = {.ifa_family = v4 ? AF_INET : AF_INET6,
                                   .ifa_prefixlen = (uint8_t)length,
                                   .ifa_flags = v4 ? 0 : IFA_F_NODAD,
                                   .ifa_index = if_nametoindex(name)};
    struct request q;

    if (body.ifa_index == 0)
        return ENODEV;
    if (length > n * 8)
        return EINVAL;
    begin(&q, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
    attribute(&q, IFA_LOCAL, addr->byte + 16 - n, n);
    attribute(&q, IFA_ADDRESS, addr->byte + 16 - n, n);
    const int error = ask(&q);
    return error == EEXIST ? 0 : error;
}

/* No IPv6 address, no router solicitation: nobody is to speak on that end but us. */
static void silence(const char *name)
{
    const struct ifinfomsg body = {.ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(name)};
    const uint8_t no_address = IN6_ADDR_GEN_MODE_NONE;
    struct request q;

    begin(&q, RTM_NEWLINK, 0, &body, sizeof body);
    const uint32_t families = open_nest(&q, IFLA_AF_SPEC);
    const uint32_t inet6 = open_nest(&q, AF_INET6);
    attribute(&q, IFLA_INET6_ADDR_GEN_MODE, &no_address, sizeof no_address);
    close_nest(&q, inet6);
    close_nest(&q, families);
    (void)ask(&q); /* a kernel without IPv6 is silent already */
}

int sv_link_veth(const char *name, const char *quiet)
{
    const struct ifinfomsg body = {.ifi_family = AF_UNSPEC};
    struct request q;

    begin(&q, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
    attribute(&q, IFLA_IFNAME, name, strlen(name) + 1);
    const uint32_t info = open_nest(&q, IFLA_LINKINFO);
    attribute(&q, IFLA_INFO_KIND, "veth", 4);
    const uint32_t data = open_nest(&q, IFLA_INFO_DATA);
    const uint32_t peer = open_nest(&q, VETH_INFO_PEER);
    memcpy(extend(&q, sizeof body), &body, sizeof body);
    attribute(&q, IFLA_IFNAME, quiet, strlen(quiet) + 1);
    close_nest(&q, peer);
    close_nest(&q, data);
    close_nest(&q, info);
    const int error = ask(&q);
    if (error == 0)
        silence(quiet);
    return error;
}

int sv_link_delete(const char *name)
{
    const struct ifinfomsg body = {.ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(name)};
    struct request q;

    if (body.ifi_index == 0)
        return ENODEV;
    begin(&q, RTM_DELLINK, 0, &body, sizeof body);
    return ask(&q);
}
