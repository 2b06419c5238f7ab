/* SPDX-License-Identifier: BSD-2-Clause */
/* What TAP and packet sockets share: frames by scatter and gather between a descriptor and packets, each
 * with the virtio-net header (virtio 1.2 §5.1.6) in front that lets super-frames and unfinished checksums
 * cross. A frame is read into one slab and, if it is longer, into spare slabs that wait between reads; so a
 * small frame costs one slab, a super-frame its own length, and neither a copy. */
#ifndef SV_PORT_FRAMES_H
#define SV_PORT_FRAMES_H

#include <sys/uio.h>

#include "port/device.h"

#define SV_FRAMES_SPARES 32u                 /* with the first slab 66 KiB: the longest super-frame and its header */
#define SV_FRAMES_SUPER (65535u - 40u - 60u) /* TCP payload that either IP's length field can say */

struct sv_frames {
    int fd;
    bool socket;         /* recvmsg and sendmsg: VLAN tags come beside the frame and are put back */
    uint16_t header;     /* bytes of the virtio-net header: 0, 10 or 12 */
    uint16_t headroom;   /* before the frame in its first slab */
    uint32_t spares_max; /* how many a longest frame needs */

    struct sv_pool *pool; /* of the spares and of `fresh` */
    uint16_t account;
    uint32_t spares;
    uint32_t spare[SV_FRAMES_SPARES]; /* used from the end */
    struct sv_buf *fresh;             /* the next frame's, kept when there was none */
    struct iovec iov[2 + SV_FRAMES_SPARES];
    uint32_t iovs;    /* 0: to be built anew */
    size_t iov_bytes; /* without the virtio-net header */
    uint8_t head_in[12];

    uint32_t kept_first, kept; /* packets that the descriptor would not take yet, a ring */
    struct sv_buf *keep[SV_BURST];
};

void sv_frames_init(struct sv_frames *f, int fd, bool socket, uint16_t header, uint32_t frame_max);
uint32_t sv_frames_fill(struct sv_frames *f, struct sv_device *d, struct sv_pool *pool, uint16_t account,
                        struct sv_burst *b);
void sv_frames_send(struct sv_frames *f, struct sv_device *d, struct sv_burst *b);
bool sv_frames_flush(struct sv_frames *f, struct sv_device *d);
struct sv_room sv_frames_room(const struct sv_frames *f);

/* Gives spare slabs and kept packets back to their pool, which must still be there. */
void sv_frames_release(struct sv_frames *f);

/* Finishes a checksum left to the device, for a device that does none. False: the packet contradicts
 * itself, or the pool is empty. */
SV_MUST_CHECK bool sv_frames_finish_checksum(struct sv_buf *b);

/* How many wire segments a super-frame stands for, from its TCP header at csum_start; 0: it contradicts
 * itself. */
uint32_t sv_frames_segments(const struct sv_buf *b, uint16_t *headers);

/* The virtio-net header of a packet, and a packet's fields from it; false: it contradicts its frame. */
void sv_virtio_emit(uint8_t head[12], const struct sv_buf *b);
SV_MUST_CHECK bool sv_virtio_parse(const uint8_t head[12], struct sv_buf *b);

#endif
