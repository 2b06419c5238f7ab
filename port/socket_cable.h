/* SPDX-License-Identifier: BSD-2-Clause */
/* A cable made of a unix socket: each frame after its length in four bytes, big-endian, as QEMU frames its
 * `-netdev stream`; the other end is QEMU or a `seven switch`. We connect; whoever is to be found by others listens
 * (socket_listen.h). */
#ifndef SV_PORT_SOCKET_CABLE_H
#define SV_PORT_SOCKET_CABLE_H

#include "port/device.h"

#define SV_SOCKET_CABLE_FRAME 69632u /* the longest frame QEMU takes */
#define SV_SOCKET_CABLE_ROOM (4u * SV_SOCKET_CABLE_FRAME)

struct sv_socket_cable {
    int fd;
    struct sv_device device;
    uint32_t in_first, in_end;   /* bytes that were read and not taken yet */
    uint32_t out_first, out_end; /* bytes to be written */
    uint8_t in[SV_SOCKET_CABLE_ROOM];
    uint8_t out[SV_SOCKET_CABLE_ROOM];
};

SV_MUST_CHECK bool sv_socket_cable_open(struct sv_socket_cable *c, const char *path,
                                        const struct sv_device_options *options, char *error);

/* The same over a stream socket that is connected already, which becomes the cable's. */
void sv_socket_cable_adopt(struct sv_socket_cable *c, int fd, const struct sv_device_options *options);

/* Another connection in the place of the one before, which its owner closed; -1: none now. */
void sv_socket_cable_connect(struct sv_socket_cable *c, int fd);

void sv_socket_cable_close(struct sv_socket_cable *c);

#endif
