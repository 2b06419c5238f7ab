/* SPDX-License-Identifier: BSD-2-Clause */
/* "cable:NAME,10base-t,length=90m,snr=14dB": a cable between two processes on which every frame is voltage. What this
 * end sends is encoded, passes its modelled pair and is received from the samples here; what arrived goes through a
 * unix socket to the process that opened the same name, and only that. So each end decides on the pair it sends into,
 * and a cable of two bad pairs is opened with the same words at both ends. "auto" in the place of the code negotiates.
 *
 * The line takes the time it takes: 10BASE-T carries 10 Mbit/s here too. An end that goes may come back, or another in
 * its place; until then the cable is unplugged. */
#ifndef SV_PORT_VOLTAGE_CABLE_H
#define SV_PORT_VOLTAGE_CABLE_H

#include <sys/un.h>

#include "l1_physical/link.h"
#include "port/device.h"
#include "port/socket_cable.h"

enum sv_voltage_state {
    SV_VOLTAGE_APART,     /* nobody is there, and we could not listen yet */
    SV_VOLTAGE_LISTENING, /* first to open the name */
    SV_VOLTAGE_GREETING,  /* the other end is there; what it is set to is not known yet */
    SV_VOLTAGE_JOINED,
};

#define SV_VOLTAGE_GREETING_BYTES 16u

struct sv_voltage_cable {
    struct sv_socket_cable socket; /* first: the device's `self` is both */
    struct sv_phy_link link;
    struct sv_phy_link_config config; /* as typed */
    uint32_t state;                   /* enum sv_voltage_state */
    uint32_t set_to, end;             /* a code, SV_PHY_CODES: negotiate; 1: we came second */
    int wake, listener, timer;        /* wake: an epoll of all that may wake us, the device's descriptor */
    bool writable;                    /* wake asks for room in the socket too */
    bool down;                        /* negotiation found nothing to speak */
    bool told;                        /* that we wait */
    sv_time begin, met;
    uint32_t greeted; /* octets of theirs that came */
    char theirs[SV_VOLTAGE_GREETING_BYTES + 1];
    struct sockaddr_un at;
    struct sv_phy_link_counts before;   /* of links that were there before this one */
    bool (*flush)(struct sv_device *d); /* of the socket */
    uint32_t (*fill)(struct sv_device *d, struct sv_pool *pool, uint16_t account, struct sv_burst *b);
    void (*send)(struct sv_device *d, struct sv_burst *b);
    struct sv_room (*room)(const struct sv_device *d);
    char name[64], words[192];
    uint8_t octets[SV_PHY_FRAME_MAX];
};

/* `what` follows "cable:". Waits for the other end unless options->unattended. */
SV_MUST_CHECK bool sv_voltage_cable_open(struct sv_voltage_cable *c, const char *what,
                                         const struct sv_device_options *options, char *error);

#endif
