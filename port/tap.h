/* SPDX-License-Identifier: BSD-2-Clause */
/* A TAP: an Ethernet cable between the kernel of this network namespace and Seven. With the virtio-net
 * header (unless options->plain) super-frames of 64 KiB and unfinished checksums cross it whole. */
#ifndef SV_PORT_TAP_H
#define SV_PORT_TAP_H

#include "port/frames.h"

/* Of the caller's, in process memory. */
struct sv_tap {
    struct sv_frames frames;
    struct sv_device device; /* what the loop takes; its counts are the TAP's */
};

/* Why sv_tap_open() failed: what to try instead depends on it. */
enum sv_tap_error {
    SV_TAP_OK,
    SV_TAP_NO_NODE,   /* /dev/net/tun is missing or may not be opened */
    SV_TAP_FORBIDDEN, /* no right to make or configure an interface in this namespace */
    SV_TAP_FAILED,
};

/* Makes the interface or attaches to a persistent one of that name, addresses the kernel's end, sets it up.
 * One that was there and is not ours to configure is taken as it is. `error`: SV_DEVICE_TEXT bytes. */
SV_MUST_CHECK enum sv_tap_error sv_tap_open(struct sv_tap *t, const char *name, const struct sv_device_options *options,
                                            char *error);

/* Gives back what it holds of the pool (which must still be there), then the interface. */
void sv_tap_close(struct sv_tap *t);

int sv_tap_fd(const struct sv_tap *t);
/* Whether the kernel's end is set up, in whichever namespace it is now: a descriptor whose interface is down takes no
 * frames. For any device's descriptor that is a TAP's. */
bool sv_tap_is_up(int fd);
uint32_t sv_tap_fill(struct sv_tap *t, struct sv_pool *pool, uint16_t account, struct sv_burst *b);
void sv_tap_send(struct sv_tap *t, struct sv_burst *b);
struct sv_room sv_tap_room(const struct sv_tap *t);

#endif
