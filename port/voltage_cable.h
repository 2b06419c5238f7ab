/* SPDX-License-Identifier: BSD-2-Clause */
/* "cable:NAME,10base-t,length=90m,snr=14dB": a cable between two processes on which every frame is voltage. What this
 * end sends is encoded, passes its modelled pair and is received from the samples here; what arrived goes through a
 * unix socket to the process that opened the same name, and only that. So each end decides on the pair it sends into,
 * and a cable of two bad pairs is opened with the same words at both ends. */
#ifndef SV_PORT_VOLTAGE_CABLE_H
#define SV_PORT_VOLTAGE_CABLE_H

#include "l1_physical/link.h"
#include "port/device.h"
#include "port/socket_cable.h"

struct sv_voltage_cable {
    struct sv_socket_cable socket; /* first: the device's `self` is both */
    struct sv_phy_link link;
    sv_time begin;
    void (*send)(struct sv_device *d, struct sv_burst *b); /* of the socket */
    void (*close)(struct sv_device *d);
    char name[64];
    uint8_t octets[SV_PHY_FRAME_MAX];
};

/* The first to open a name waits for the second. `what` follows "cable:". */
SV_MUST_CHECK bool sv_voltage_cable_open(struct sv_voltage_cable *c, const char *what,
                                         const struct sv_device_options *options, char *error);

#endif
