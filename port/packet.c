/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/netlink.h"
#include "seven/stack.h"

#define QUEUE_BYTES (4 << 20) /* frames that wait in the kernel while we are busy */

static struct sv_packet *packet_of(const struct sv_device *d)
{
    return d->self;
}

static uint32_t packet_fill(struct sv_device *d, struct sv_pool *pool, uint16_t account, struct sv_burst *b)
{
    return sv_frames_fill(&packet_of(d)->frames, d, pool, account, b);
}

static void packet_send(struct sv_device *d, struct sv_burst *b)
{
    sv_frames_send(&packet_of(d)->frames, d, b);
}

static struct sv_room packet_room(const struct sv_device *d)
{
    return sv_frames_room(&packet_of(d)->frames);
}

static bool packet_flush(struct sv_device *d)
{
    return sv_frames_flush(&packet_of(d)->frames, d);
}

static void packet_close(struct sv_device *d)
{
    struct sv_packet *p = packet_of(d);
    if (p->frames.fd < 0)
        return;
    sv_frames_release(&p->frames);
    close(p->frames.fd);
    p->frames.fd = -1;
    d->fd = -1;
}

static bool refuse(char *error, const char *name, const char *what, int why)
{
    snprintf(error, SV_DEVICE_TEXT, "packet:%s: %s: %s", name, what, strerror(why));
    return false;
}

/* The interface's kind, address, MTU; sets it up when it is down. */
static bool look_at(int fd, const char *name, struct sv_device *d, const struct sv_device_options *options, char *error)
{
    struct ifreq q;

    memset(&q, 0, sizeof q);
    snprintf(q.ifr_name, sizeof q.ifr_name, "%s", name);
    if (ioctl(fd, SIOCGIFHWADDR, &q) != 0)
        return refuse(error, name, "its address", errno);
    if (q.ifr_hwaddr.sa_family != ARPHRD_ETHER && q.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)
        return refuse(error, name, "not an Ethernet interface", EINVAL);
    memcpy(d->mac, q.ifr_hwaddr.sa_data, 6);
    if (ioctl(fd, SIOCGIFFLAGS, &q) != 0)
        return refuse(error, name, "its state", errno);
    if (!(q.ifr_flags & IFF_UP) || options->mtu) {
        const int why = sv_link_set(name, true, options->mtu);
        if (why)
            return refuse(error, name, "cannot be set up", why);
    }
    if (ioctl(fd, SIOCGIFMTU, &q) != 0)
        return refuse(error, name, "its MTU", errno);
    d->mtu = (uint32_t)q.ifr_mtu;
    return true;
}

/* Everything before bind(): until then the socket, made with protocol 0, receives nothing. */
static bool prepare(int fd, const char *name, int index, const struct sv_device_options *options, uint16_t *header,
                    char *error)
{
    const int on = 1, queue = QUEUE_BYTES;
    int header_bytes = 10;

    *header = 0;
    if (!options->plain) {
        if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0)
            return refuse(error, name, "the virtio-net header", errno);
        *header = (uint16_t)header_bytes;
    }
    if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) != 0)
        return refuse(error, name, "VLAN tags", errno);
    (void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on); /* else fill() tells them */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &queue, sizeof queue) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &queue, sizeof queue);
    if (!options->not_promiscuous) {
        struct packet_mreq m = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
        if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof m) != 0)
            return refuse(error, name, "promiscuous reception", errno);
    }
    const struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
    if (bind(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        return refuse(error, name, "bind", errno);
    return true;
}

bool sv_packet_open(struct sv_packet *p, const char *name, const struct sv_device_options *options, char *error)
{
    static const uint8_t none[6] = {0};
    struct sv_device *d = &p->device;
    uint16_t header;

    memset(p, 0, sizeof *p);
    p->frames.fd = d->fd = -1;
    error[0] = '\0';
    if (name[0] == '\0' || strlen(name) >= IFNAMSIZ)
        return refuse(error, name, "not an interface's name", EINVAL);
    const int index = (int)if_nametoindex(name);
    if (index == 0)
        return refuse(error, name, "no such interface in this network namespace", errno);
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return refuse(error, name,
                      errno == EPERM ? "no right to packet sockets here (CAP_NET_RAW); `seven private "
                                       "COMMAND...` has it"
                                     : "a packet socket",
                      errno);
    if (!look_at(fd, name, d, options, error) || !prepare(fd, name, index, options, &header, error)) {
        close(fd);
        return false;
    }
    sv_frames_init(&p->frames, fd, true, header, d->mtu);
    snprintf(d->name, sizeof d->name, "%s", name);
    d->self = p;
    d->fd = fd;
    d->flags = options->plain ? 0 : SV_IF_CSUM | SV_IF_TSO4 | SV_IF_TSO6 | SV_IF_TRUST_CSUM;
    if (memcmp(options->mac, none, 6) != 0)
        memcpy(d->mac, options->mac, 6);
    else if (!options->not_promiscuous)
        sv_device_random_mac(d->mac);
    d->fill = packet_fill;
    d->send = packet_send;
    d->room = packet_room;
    d->flush = packet_flush;
    d->close = packet_close;
    return true;
}

void sv_packet_close(struct sv_packet *p)
{
    if (p->device.close)
        packet_close(&p->device);
}
