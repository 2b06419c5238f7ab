/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/device.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/datagram_cable.h"
#include "port/entropy.h"
#include "port/netlink.h"
#include "port/packet.h"
#include "port/socket_cable.h"
#include "port/tap.h"
#include "port/voltage_cable.h"
#include "seven/stack.h"

void sv_device_random_mac(uint8_t mac[6])
{
    const bool drawn = sv_entropy(mac, 6);
    SV_ASSERT(drawn);
    mac[0] = (uint8_t)((mac[0] & 0xfcu) | 0x02u); /* an individual address, locally administered */
}

void sv_device_begin(struct sv_device *d, void *self, int fd, const char *name, const struct sv_device_options *options)
{
    static const uint8_t none[6] = {0};
    memset(d, 0, sizeof *d);
    d->self = self;
    d->fd = fd;
    d->mtu = options->mtu ? options->mtu : 1500;
    snprintf(d->name, sizeof d->name, "%s", name);
    if (memcmp(options->mac, none, 6) != 0)
        memcpy(d->mac, options->mac, 6);
    else
        sv_device_random_mac(d->mac);
}

void sv_device_defaults(struct sv_device_options *options)
{
    memset(options, 0, sizeof *options);
    options->kernel[0].addr = sv_addr_v4(10, 7, 0, 1);
    options->kernel[0].length = 24;
    options->kernel[1].addr = (struct sv_addr){{0xfd, 0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    options->kernel[1].length = 64;
    options->kernel_addresses = 2;
}

/* A driver and its memory in one allocation, whose close() frees it. */
struct opened {
    void (*close)(struct sv_device *d); /* the driver's own */
    union {
        struct sv_tap tap;
        struct sv_packet packet;
        struct sv_socket_cable cable;
        struct sv_datagram_cable datagrams;
        struct sv_voltage_cable voltage;
    } u;
};

static struct opened *opened_of(struct sv_device *d)
{
    return (struct opened *)(void *)((char *)d->self - offsetof(struct opened, u));
}

static void close_opened(struct sv_device *d)
{
    struct opened *o = opened_of(d);
    o->close(d);
    free(o);
    d->self = NULL;
    d->close = NULL;
    d->fd = -1;
}

static bool hand_over(struct sv_device *d, struct opened *o, const struct sv_device *from)
{
    *d = *from; /* self still points into `o`; counts are kept in *d */
    o->close = from->close;
    d->close = close_opened;
    return true;
}

/* No TUN device to be had: a veth pair does as well, where we may make one or `seven private` did. */
static bool open_pair(struct sv_device *d, struct opened *o, const char *name, const struct sv_device_options *options,
                      char *error)
{
    char quiet[IFNAMSIZ + 1], why_not[SV_DEVICE_TEXT];

    if (strlen(name) + 2 > IFNAMSIZ)
        return false;
    snprintf(quiet, sizeof quiet, "%sp", name);
    if (if_nametoindex(quiet) == 0) {
        if (if_nametoindex(name) != 0 || sv_link_veth(name, quiet) != 0)
            return false; /* the TAP's error says it all */
        int e = sv_link_set(name, true, options->mtu);
        for (uint32_t i = 0; e == 0 && i < options->kernel_addresses; i++)
            e = sv_link_address(name, &options->kernel[i].addr, options->kernel[i].length);
        if (e != 0) {
            snprintf(error, SV_DEVICE_TEXT, "tap:%s (as a veth pair): %s", name, strerror(e));
            return false;
        }
    }
    if (!sv_packet_open(&o->u.packet, quiet, options, why_not)) {
        snprintf(error, SV_DEVICE_TEXT, "%s", why_not);
        return false;
    }
    snprintf(o->u.packet.device.name, sizeof o->u.packet.device.name, "%s", name);
    return hand_over(d, o, &o->u.packet.device);
}

static bool open_into(struct sv_device *d, struct opened *o, const char *what, const struct sv_device_options *options,
                      char *error)
{
    if (strncmp(what, "tap:", 4) == 0) {
        const enum sv_tap_error e = sv_tap_open(&o->u.tap, what + 4, options, error);
        if (e == SV_TAP_OK)
            return hand_over(d, o, &o->u.tap.device);
        return e == SV_TAP_NO_NODE && open_pair(d, o, what + 4, options, error);
    }
    if (strncmp(what, "packet:", 7) == 0)
        return sv_packet_open(&o->u.packet, what + 7, options, error) && hand_over(d, o, &o->u.packet.device);
    if (strncmp(what, "unix:", 5) == 0 && strstr(what, ",dgram"))
        return sv_datagram_cable_open(&o->u.datagrams, what + 5, options, error) &&
               hand_over(d, o, &o->u.datagrams.device);
    if (strncmp(what, "unix:", 5) == 0)
        return sv_socket_cable_open(&o->u.cable, what + 5, options, error) && hand_over(d, o, &o->u.cable.device);
    if (strncmp(what, "cable:", 6) == 0)
        return sv_voltage_cable_open(&o->u.voltage, what + 6, options, error) &&
               hand_over(d, o, &o->u.voltage.socket.device);
    if (strcmp(what, "lab") == 0 || strncmp(what, "xdp:", 4) == 0)
        snprintf(error, SV_DEVICE_TEXT,
                 "%.60s: not a device of the operating system's; this command knows "
                 "tap:NAME, packet:IFNAME, unix:PATH and cable:NAME,CODE",
                 what);
    else
        snprintf(error, SV_DEVICE_TEXT,
                 "%.60s: not a device; tap:NAME, packet:IFNAME, unix:PATH or cable:NAME,CODE (for example "
                 "tap:seven0)",
                 what);
    return false;
}

bool sv_device_adopt_socket(struct sv_device *d, int fd, const struct sv_device_options *options)
{
    struct opened *o = calloc(1, sizeof *o);
    if (o == NULL)
        return false;
    sv_socket_cable_adopt(&o->u.cable, fd, options);
    return hand_over(d, o, &o->u.cable.device);
}

bool sv_device_open(struct sv_device *d, const char *what, const struct sv_device_options *options, char *error)
{
    memset(d, 0, sizeof *d);
    d->fd = -1;
    error[0] = '\0';
    struct opened *o = calloc(1, sizeof *o);
    if (o == NULL) {
        snprintf(error, SV_DEVICE_TEXT, "%.60s: %s", what, strerror(ENOMEM));
        return false;
    }
    if (!open_into(d, o, what, options, error)) {
        free(o);
        return false;
    }
    return true;
}

void sv_device_close(struct sv_device *d)
{
    if (d->close)
        d->close(d);
}
