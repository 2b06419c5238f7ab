/* SPDX-License-Identifier: BSD-2-Clause */
/* Super-frames and unfinished checksums, for devices that can take neither. TCP hands one packet of up to 64 KiB down
 * where the device cuts it (segmentation offload); a switch or a router may have to send such a packet out of another
 * device. Then it is cut here: the headers are written anew for each segment, the payload stays in its slabs, which
 * the segments share with whoever holds them. */
#ifndef SV_CORE_SEGMENT_H
#define SV_CORE_SEGMENT_H

#include "core/packet_queue.h"
#include "seven/drop.h"
#include "seven/trace.h"

#define SV_SEGMENT_HEADERS 160u /* Ethernet 14, tags 8, IP and its options or extensions, TCP 60 */
#define SV_TAGS_MAX 4u          /* VLAN tags that are looked behind */

/* Where the headers of a TCP super-frame lie, from its head (an Ethernet header). */
struct sv_segment_plan {
    uint16_t l3, l4, payload;
    uint8_t version; /* 4, 6 */
    uint32_t parts, payload_bytes;
    uint32_t seq;
    uint16_t id; /* IPv4 identification */
    uint8_t dont_fragment, flags;
};

/* Where the header behind Ethernet and its VLAN tags begins, and its EtherType; 0: the frame ends before. `frame` holds
 * the first n bytes. */
uint32_t sv_frame_l3(const uint8_t *frame, uint32_t n, uint16_t *type);

/* SHORT_HEADER, BAD_VERSION, BAD_LENGTH: not TCP over IP as the packet's flags say. */
enum sv_drop sv_segment_plan(const struct sv_buf *b, struct sv_segment_plan *p);

/* Writes the headers of segment `part` (from 0) to `to` (p->payload bytes), from those of the super-frame; *at and *n
 * are the payload bytes it carries. All but the TCP checksum, whose field holds the pseudo-header's sum. */
void sv_segment_headers(const struct sv_segment_plan *p, const struct sv_buf *b, uint32_t part, uint8_t *to,
                        uint32_t *at, uint32_t *n);

/* Segment `part` as a packet of its own, payload by reference, checksums complete. NULL: no memory. */
struct sv_buf *sv_segment_make(const struct sv_segment_plan *p, const struct sv_buf *b, uint32_t part, uint16_t owner,
                               uint32_t cpu);

/* Completes a checksum that was left to the device. NONE, BAD_LENGTH (the packet contradicts itself), NO_MEMORY. */
enum sv_drop sv_checksum_complete(struct sv_buf *b, uint32_t cpu);

/* What goes out of a queue through a device. */
struct sv_segment_out {
    struct sv_room room;
    bool csum; /* the device completes checksums */
    uint16_t owner;
    uint32_t cpu;
};

/* The next packet that the device can take: as it lies, completed, or the next segment of the super-frame in front,
 * which stays queued until its last one went (*part counts, and is the queue's owner's to keep; 0 at first). NULL:
 * nothing fits. What cannot be sent at all goes to *refused with its reason, for the caller to drop; call again then.
 * */
struct sv_buf *sv_segment_dequeue(struct sv_packet_queue *q, struct sv_pool *pool, uint32_t *part,
                                  const struct sv_segment_out *out, struct sv_buf **refused, enum sv_drop *why);

struct sv_core;

/* Shows a frame to the trace as it is on the wire: a super-frame as its segments, an unfinished checksum completed, in
 * the copy that the trace gets. b's head is the Ethernet header. (frame_trace.c) */
void sv_frame_trace(struct sv_core *c, enum sv_trace_kind kind, const struct sv_buf *b, sv_port port);

#endif
