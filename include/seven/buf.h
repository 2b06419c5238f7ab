/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets: descriptors (sv_buf) over shared slabs of 2 KiB, in pools that a world owns and lends. */
#ifndef SEVEN_BUF_H
#define SEVEN_BUF_H

#include "seven/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SV_BURST 64u /* packets that travel together */
#define SV_SLAB_BYTES 2048u
#define SV_SLICES_MAX 48u /* a 64 KiB super-frame in slabs of one MSS each fits */
#define SV_HEADROOM 128u  /* inline room: Ethernet 14, two VLAN tags 8, IP 40, TCP 60 */

/* Bytes of one slab: `length` bytes from `offset`. Owns one reference to the slab. */
struct sv_slice {
    uint32_t slab;
    uint16_t offset;
    uint16_t length;
};

enum sv_buf_flag {
    SV_BUF_CSUM_PARTIAL = 1u << 0, /* out: the device (or the next reader) must still sum from csum_start */
    SV_BUF_CSUM_VALID = 1u << 1,   /* in: the transport checksum is known to be good */
    SV_BUF_GSO_TCP4 = 1u << 2,     /* a super-frame: gso_size payload bytes a wire segment */
    SV_BUF_GSO_TCP6 = 1u << 3,
    SV_BUF_BROADCAST = 1u << 4, /* came as a link-layer broadcast or multicast */
    SV_BUF_ECN = 1u << 5,       /* super-frame whose CWR belongs to its first segment only */
};

/* One packet. The first `linear_length` bytes stand together at sv_buf_head(), and hold at least the
 * headers; the rest are slices, in order.
 *
 *     inline_room or a slab                                      slabs
 *     base            head         head+linear_length  capacity   slice[0]  slice[1] ...
 *      |   headroom    |  headers (and payload)  |  tailroom |    | payload | payload |
 *
 * A descriptor has exactly one owner. Slabs are counted: one with more than one reference is
 * read-only, and whoever edits calls sv_buf_own() first. No pointer is stored: `base` is the distance
 * from the descriptor to its linear area, so a copied arena is a working arena. */
struct sv_buf {
    uint32_t self;                    /* index of this descriptor in its pool */
    uint32_t next;                    /* link of whatever queue its owner keeps; SV_NONE at the end */
    int64_t base;                     /* bytes from this struct to the linear area */
    uint32_t length;                  /* of the whole packet from head: linear_length plus the slices */
    uint16_t head;                    /* offset of the first byte, from base */
    uint16_t linear_length;           /* bytes that stand together at head */
    uint16_t capacity;                /* bytes of the linear area, from base */
    uint16_t slices;                  /* in use in slice[] */
    uint16_t l2, l3, l4, payload;     /* offsets from base of each layer's header, once parsed or pushed */
    uint16_t gso_size;                /* payload bytes of each wire segment of a super-frame, else 0 */
    uint16_t segments;                /* wire segments this packet stands for: 1, or more after merging */
    uint16_t csum_start, csum_offset; /* from head, with SV_BUF_CSUM_PARTIAL; as virtio-net has them */
    uint16_t flags;                   /* enum sv_buf_flag */
    uint16_t owner;                   /* account that is charged */
    uint32_t slab;                    /* slab of the linear area, or SV_NONE: inline_room */
    uint32_t id;                      /* names the packet in the trace; 0: none */
    uint8_t inline_room[SV_HEADROOM];
    struct sv_slice slice[SV_SLICES_MAX];
};

struct sv_burst {
    uint32_t n;
    struct sv_buf *packet[SV_BURST];
};

/* What a device can take now: the only backpressure there is. `packets` counts descriptors;
 * `super` is the longest TCP payload of one super-frame (0: no GSO, one MSS a packet). */
struct sv_room {
    uint32_t packets;
    uint32_t bytes;
    uint32_t super;
};

struct sv_pool;

/* Why memory is wanted: a sixteenth of each pool is kept for what lets other memory go. */
enum sv_want {
    SV_WANT_DATA,    /* fresh data: fails while only the reserve is left */
    SV_WANT_CONTROL, /* headers, acknowledgements, retransmissions: may use the reserve */
};

/* A new empty packet whose headers will be pushed into the inline room (head at its end). NULL when
 * the pool or the account's quota is used up: a counted drop for the caller. */
SV_API struct sv_buf *sv_buf_alloc(struct sv_pool *pool, enum sv_want want, uint16_t owner);

/* The same with one slab as linear area, head at `headroom`, tailroom to fill: for what comes in. */
SV_API struct sv_buf *sv_buf_alloc_slab(struct sv_pool *pool, enum sv_want want, uint16_t owner, uint16_t headroom);

/* Both: `owner` is the account that is charged (sv_pool_account() in seven/arena.h; 0: the world's own). The caller
 * owns the descriptor until it hands it to a node, or frees it. */

/* Gives the descriptor and its references back. NULL is allowed. */
SV_API void sv_buf_free(struct sv_buf *b);

/* A second descriptor of the same bytes: slabs shared, inline room copied. NULL: pool empty. */
SV_API struct sv_buf *sv_buf_clone(const struct sv_buf *b, enum sv_want want);

/* Makes every byte of the packet private to `b` (copies slabs that others hold too), so that it may be
 * edited. False when the pool is empty: `b` is unchanged and still shared. */
SV_API SV_MUST_CHECK bool sv_buf_own(struct sv_buf *b);

/* The same for the linear part alone: enough for whoever edits headers only (TTL, addresses). */
SV_API SV_MUST_CHECK bool sv_buf_own_linear(struct sv_buf *b);

/* Room for n bytes (at most half a slab) in front of the head, in memory that is private. False: the pool is empty, or
 * slice[] is full: b is unchanged. */
SV_API SV_MUST_CHECK bool sv_buf_make_headroom(struct sv_buf *b, uint16_t n);

/* Makes the first n bytes linear, copying from the slices. False: the packet is shorter, n exceeds a
 * slab, or the pool is empty. */
SV_API SV_MUST_CHECK bool sv_buf_gather(struct sv_buf *b, uint16_t n);

/* Copies n bytes from `offset` (from head) out of the packet; false if it is shorter. */
SV_API SV_MUST_CHECK bool sv_buf_read(const struct sv_buf *b, uint32_t offset, void *to, uint32_t n);

/* Appends a copy of n bytes: into the linear tailroom, then into new slabs. False: pool empty or too
 * many slices; nothing is appended then. */
SV_API SV_MUST_CHECK bool sv_buf_append(struct sv_buf *b, const void *from, uint32_t n, enum sv_want want);

/* Appends a slice, taking over the caller's reference to its slab. False when slice[] is full (the
 * reference stays the caller's). */
SV_API SV_MUST_CHECK bool sv_buf_append_slice(struct sv_buf *b, struct sv_slice s);

/* Cuts the packet to its first n bytes, releasing slices that fall away. */
SV_API void sv_buf_truncate(struct sv_buf *b, uint32_t n);

/* The pool a descriptor came from. */
SV_API struct sv_pool *sv_buf_pool(const struct sv_buf *b);

/* Slabs by index, below the pool's count, or lent windows. sv_slab_alloc() gives one with one reference, which is the
 * caller's and charged to `owner`; SV_NONE: the pool or the quota is used up. Each sv_slab_ref() wants an
 * sv_slab_unref(); the last one gives the slab back. sv_slab_bytes(): SV_SLAB_BYTES bytes, valid while a reference is
 * held, and read-only when sv_slab_refs() is above 1. */
SV_API uint32_t sv_slab_alloc(struct sv_pool *pool, enum sv_want want, uint16_t owner);
SV_API void sv_slab_ref(struct sv_pool *pool, uint32_t slab);
SV_API void sv_slab_unref(struct sv_pool *pool, uint32_t slab);
SV_API uint8_t *sv_slab_bytes(struct sv_pool *pool, uint32_t slab);
SV_API uint32_t sv_slab_refs(const struct sv_pool *pool, uint32_t slab);

/* Memory of the application's lent to the stack by reference: registered once, then any part of it may
 * be sent; `slab` numbers at or above SV_SLAB_EXTERNAL name 2 KiB-aligned windows of it. See
 * sv_pool_lend() in seven/arena.h. */
#define SV_SLAB_EXTERNAL 0x80000000u

static inline uint8_t *sv_buf_head(const struct sv_buf *b)
{
    return (uint8_t *)(uintptr_t)((intptr_t)b + (intptr_t)b->base) + b->head;
}

static inline uint8_t *sv_buf_at(const struct sv_buf *b, uint16_t from_base)
{
    return (uint8_t *)(uintptr_t)((intptr_t)b + (intptr_t)b->base) + from_base;
}

/* Grows the packet n bytes to the front; the allocator kept the room. */
static inline uint8_t *sv_buf_push(struct sv_buf *b, uint16_t n)
{
    SV_ASSERT(n <= b->head);
    b->head = (uint16_t)(b->head - n);
    b->linear_length = (uint16_t)(b->linear_length + n);
    b->length += n;
    return sv_buf_head(b);
}

/* Takes n bytes off the front. */
static inline void sv_buf_pull(struct sv_buf *b, uint16_t n)
{
    SV_ASSERT(n <= b->linear_length);
    b->head = (uint16_t)(b->head + n);
    b->linear_length = (uint16_t)(b->linear_length - n);
    b->length -= n;
}

#ifdef __cplusplus
}
#endif
#endif
