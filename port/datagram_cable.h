/* SPDX-License-Identifier: BSD-2-Clause */
/* A cable made of a unix datagram socket: a frame a datagram, as QEMU has it with `-netdev dgram`. Each end has a path
 * of its own and knows the other's; who knows none answers whoever writes first. */
#ifndef SV_PORT_DATAGRAM_CABLE_H
#define SV_PORT_DATAGRAM_CABLE_H

#include <sys/un.h>

#include "port/device.h"

#define SV_DATAGRAM_FRAME 69632u

struct sv_datagram_cable {
    struct sv_device device;
    struct sockaddr_un own, peer;
    bool known; /* the peer */
    uint8_t bytes[SV_DATAGRAM_FRAME];
};

/* `what` is "PATH,dgram[,peer=PATH]". */
SV_MUST_CHECK bool sv_datagram_cable_open(struct sv_datagram_cable *c, const char *what,
                                          const struct sv_device_options *options, char *error);

#endif
