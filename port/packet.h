/* SPDX-License-Identifier: BSD-2-Clause */
/* Seven on an interface that exists already: a packet socket with the virtio-net header. The kernel's own
 * stack keeps using the interface too; our end has a MAC address of its own and listens promiscuously,
 * unless options->not_promiscuous lends it the interface's. */
#ifndef SV_PORT_PACKET_H
#define SV_PORT_PACKET_H

#include "port/frames.h"

struct sv_packet {
    struct sv_frames frames;
    struct sv_device device;
};

/* False: `error` (SV_DEVICE_TEXT bytes) says why. The interface is set up if it is down and we may. */
SV_MUST_CHECK bool sv_packet_open(struct sv_packet *p, const char *name, const struct sv_device_options *options,
                                  char *error);
void sv_packet_close(struct sv_packet *p);

#endif
