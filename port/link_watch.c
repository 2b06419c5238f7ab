/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/link_watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int sv_link_watch_open(void)
{
    const struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

    if (fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool works(unsigned flags)
{
    return (flags & (unsigned)IFF_UP) && (flags & (unsigned)IFF_RUNNING);
}

static void read_link(const struct nlmsghdr *h, sv_link_changed *changed, void *self)
{
    const struct ifinfomsg *info = NLMSG_DATA(h);
    size_t left = IFLA_PAYLOAD(h);
    for (const struct rtattr *a = IFLA_RTA(info); left >= sizeof *a && a->rta_len >= sizeof *a && a->rta_len <= left;) {
        const size_t step = RTA_ALIGN((size_t)a->rta_len);
        if (a->rta_type == IFLA_IFNAME) {
            char name[IFNAMSIZ] = {0};
            memcpy(name, RTA_DATA(a), RTA_PAYLOAD(a) < sizeof name ? RTA_PAYLOAD(a) : sizeof name - 1);
            changed(self, name, works(info->ifi_flags));
        }
        left -= step < left ? step : left;
        a = (const struct rtattr *)(const void *)((const char *)a + step);
    }
}

void sv_link_watch_read(int fd, sv_link_changed *changed, void *self)
{
    union {
        struct nlmsghdr align;
        char bytes[16384];
    } room;
    ssize_t got;

    while ((got = recv(fd, &room, sizeof room, MSG_DONTWAIT)) > 0) {
        size_t left = (size_t)got;
        for (const struct nlmsghdr *h = &room.align; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left))
            if (h->nlmsg_type == RTM_NEWLINK)
                read_link(h, changed, self);
    }
}

bool sv_link_is_up(const char *name)
{
    struct ifreq q;
    const int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = true;

    if (s < 0)
        return true;
    memset(&q, 0, sizeof q);
    snprintf(q.ifr_name, sizeof q.ifr_name, "%s", name);
    if (ioctl(s, SIOCGIFFLAGS, &q) == 0)
        up = works((unsigned)(unsigned short)q.ifr_flags);
    close(s);
    return up;
}
