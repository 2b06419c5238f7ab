/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/netlink.h"
#include "seven/stack.h"

#define NODE "/dev/net/tun"

static struct sv_tap *tap_of(const struct sv_device *d)
{
    return d->self;
}

static uint32_t tap_fill(struct sv_device *d, struct sv_pool *pool, uint16_t account, struct sv_burst *b)
{
    return sv_frames_fill(&tap_of(d)->frames, d, pool, account, b);
}

static void tap_send(struct sv_device *d, struct sv_burst *b)
{
    sv_frames_send(&tap_of(d)->frames, d, b);
}

static struct sv_room tap_room(const struct sv_device *d)
{
    return sv_frames_room(&tap_of(d)->frames);
}

static bool tap_flush(struct sv_device *d)
{
    return sv_frames_flush(&tap_of(d)->frames, d);
}

static void tap_close(struct sv_device *d)
{
    struct sv_tap *t = tap_of(d);
    if (t->frames.fd < 0)
        return;
    sv_frames_release(&t->frames);
    close(t->frames.fd);
    t->frames.fd = -1;
    d->fd = -1;
}

static enum sv_tap_error open_node(int *fd, char *error)
{
    struct stat s;

    *fd = open(NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (*fd >= 0)
        return SV_TAP_OK;
    const int why = errno;
    if (why == ENOENT || why == ENODEV || why == ENXIO)
        snprintf(error, SV_DEVICE_TEXT,
                 "%s: %s: the kernel has no TUN driver here (`modprobe tun`, or give the "
                 "container the device)",
                 NODE, strerror(why));
    else if (stat(NODE, &s) == 0 && (why == EACCES || why == EPERM))
        snprintf(error, SV_DEVICE_TEXT,
                 "%s: %s: its mode is %04o; `chmod 0666 %s` as root opens it to every user (who "
                 "can still do nothing with it outside a namespace of his own)",
                 NODE, strerror(why), (unsigned)(s.st_mode & 07777u), NODE);
    else
        snprintf(error, SV_DEVICE_TEXT, "%s: %s", NODE, strerror(why));
    return SV_TAP_NO_NODE;
}

/* The header's size and byte order, and what the kernel may leave to us. */
static bool offer_offloads(int fd)
{
    int header_bytes = 12, little_endian = 1;
    return ioctl(fd, TUNSETVNETHDRSZ, &header_bytes) == 0 && ioctl(fd, TUNSETVNETLE, &little_endian) == 0 &&
           ioctl(fd, TUNSETOFFLOAD, (unsigned long)(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)) == 0;
}

static enum sv_tap_error attach(int fd, const char *name, const struct sv_device_options *options, struct ifreq *q,
                                char *error)
{
    memset(q, 0, sizeof *q);
    snprintf(q->ifr_name, sizeof q->ifr_name, "%s", name);
    q->ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (options->plain ? 0 : IFF_VNET_HDR));
    if (ioctl(fd, TUNSETIFF, q) == 0) {
        if (!options->plain && !offer_offloads(fd)) {
            snprintf(error, SV_DEVICE_TEXT, "tap:%s: the kernel's offloads: %s", name, strerror(errno));
            return SV_TAP_FAILED;
        }
        /* One that stayed may still leave to us what its last user took: checksums would be left undone. */
        if (options->plain)
            (void)ioctl(fd, TUNSETOFFLOAD, 0ul);
        if (options->persist && ioctl(fd, TUNSETPERSIST, 1ul) != 0) {
            snprintf(error, SV_DEVICE_TEXT, "tap:%s: cannot be made to stay: %s", name, strerror(errno));
            return SV_TAP_FAILED;
        }
        return SV_TAP_OK;
    }
    switch (errno) {
    case EPERM:
        snprintf(error, SV_DEVICE_TEXT,
                 "tap:%s: no right to make an interface here (CAP_NET_ADMIN); `seven private "
                 "COMMAND...` runs any command in a network of its own",
                 name);
        return SV_TAP_FORBIDDEN;
    case EBUSY:
        snprintf(error, SV_DEVICE_TEXT, "tap:%s: another program is attached to it; take another name (-i tap:NAME)",
                 name);
        return SV_TAP_FAILED;
    case EINVAL:
        snprintf(error, SV_DEVICE_TEXT,
                 "tap:%s: an interface of that name is there and is of another kind; take "
                 "another name (-i tap:NAME)",
                 name);
        return SV_TAP_FAILED;
    default:
        snprintf(error, SV_DEVICE_TEXT, "tap:%s: %s", name, strerror(errno));
        return SV_TAP_FAILED;
    }
}

static enum sv_tap_error configure(const char *name, const struct sv_device_options *options, bool was_there,
                                   char *error)
{
    int why = sv_link_set(name, true, options->mtu);
    for (uint32_t i = 0; why == 0 && i < options->kernel_addresses; i++)
        why = sv_link_address(name, &options->kernel[i].addr, options->kernel[i].length);
    if (why == 0 || (why == EPERM && was_there))
        return SV_TAP_OK; /* the administrator made it for us, and addressed it */
    snprintf(error, SV_DEVICE_TEXT, "tap:%s: the kernel's end cannot be configured: %s", name, strerror(why));
    return why == EPERM ? SV_TAP_FORBIDDEN : SV_TAP_FAILED;
}

static uint32_t mtu_of(struct ifreq *q)
{
    /* The descriptor itself is a socket only to the kernel: any socket can ask by name. */
    const int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    uint32_t mtu = 1500;
    if (s >= 0) {
        if (ioctl(s, SIOCGIFMTU, q) == 0)
            mtu = (uint32_t)q->ifr_mtu;
        close(s);
    }
    return mtu;
}

enum sv_tap_error sv_tap_open(struct sv_tap *t, const char *name, const struct sv_device_options *options, char *error)
{
    static const uint8_t none[6] = {0};
    struct sv_device *d = &t->device;
    struct ifreq q;
    int fd;

    memset(t, 0, sizeof *t);
    t->frames.fd = d->fd = -1;
    error[0] = '\0';
    if (name[0] == '\0' || strlen(name) >= IFNAMSIZ) {
        snprintf(error, SV_DEVICE_TEXT, "tap:%s: an interface's name has 1 to %d letters", name, IFNAMSIZ - 1);
        return SV_TAP_FAILED;
    }
    const bool was_there = if_nametoindex(name) != 0;
    enum sv_tap_error e = open_node(&fd, error);
    if (e != SV_TAP_OK)
        return e;
    e = attach(fd, name, options, &q, error);
    if (e == SV_TAP_OK)
        e = configure(q.ifr_name, options, was_there, error);
    if (e != SV_TAP_OK) {
        close(fd);
        return e;
    }
    snprintf(d->name, sizeof d->name, "%s", q.ifr_name);
    d->mtu = mtu_of(&q);
    sv_frames_init(&t->frames, fd, false, options->plain ? 0 : 12, d->mtu);
    d->self = t;
    d->fd = fd;
    d->flags = options->plain ? 0 : SV_IF_CSUM | SV_IF_TSO4 | SV_IF_TSO6 | SV_IF_TRUST_CSUM;
    if (memcmp(options->mac, none, 6) != 0)
        memcpy(d->mac, options->mac, 6);
    else
        sv_device_random_mac(d->mac);
    d->fill = tap_fill;
    d->send = tap_send;
    d->room = tap_room;
    d->flush = tap_flush;
    d->close = tap_close;
    return SV_TAP_OK;
}

void sv_tap_close(struct sv_tap *t)
{
    if (t->device.close)
        tap_close(&t->device);
}

int sv_tap_fd(const struct sv_tap *t)
{
    return t->frames.fd;
}

bool sv_tap_is_up(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT);
}

uint32_t sv_tap_fill(struct sv_tap *t, struct sv_pool *pool, uint16_t account, struct sv_burst *b)
{
    return tap_fill(&t->device, pool, account, b);
}

void sv_tap_send(struct sv_tap *t, struct sv_burst *b)
{
    tap_send(&t->device, b);
}

struct sv_room sv_tap_room(const struct sv_tap *t)
{
    return tap_room(&t->device);
}
