/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing wire bytes. A cursor remembers that it ran short, so a parser reads like the RFC's
 * diagram and checks once. Network order on the wire, host order in the program. */
#ifndef SV_CORE_CURSOR_H
#define SV_CORE_CURSOR_H

#include <stdbool.h>

#include "core/mem.h"

/* Accessors for places whose length was checked already. The copies and the exchange of bytes are said outright: of
 * bytes that are shifted together gcc 12 makes one load or store only sometimes, and what is read by other widths than
 * it was just written by stalls the processor. */
static inline uint16_t sv_turned16(uint16_t v)
{
    return (uint16_t)((uint32_t)v >> 8 | (uint32_t)v << 8);
}
static inline uint32_t sv_turned32(uint32_t v)
{
    return v >> 24 | (v >> 8 & 0xff00u) | (v << 8 & 0xff0000u) | v << 24;
}
static inline uint64_t sv_turned64(uint64_t v)
{
    return (uint64_t)sv_turned32((uint32_t)v) << 32 | sv_turned32((uint32_t)(v >> 32));
}
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define SV_NETWORK(bits, v) (v)
#define SV_LITTLE64(v) sv_turned64(v)
#else
#define SV_NETWORK(bits, v) sv_turned##bits(v)
#define SV_LITTLE64(v) (v)
#endif
static inline uint16_t sv_get_u16(const uint8_t *p)
{
    uint16_t v;
    sv_memcpy(&v, p, 2);
    return SV_NETWORK(16, v);
}
static inline uint32_t sv_get_u32(const uint8_t *p)
{
    uint32_t v;
    sv_memcpy(&v, p, 4);
    return SV_NETWORK(32, v);
}
static inline void sv_put_u16(uint8_t *p, uint16_t v)
{
    const uint16_t wire = SV_NETWORK(16, v);
    sv_memcpy(p, &wire, 2);
}
static inline void sv_put_u32(uint8_t *p, uint32_t v)
{
    const uint32_t wire = SV_NETWORK(32, v);
    sv_memcpy(p, &wire, 4);
}
static inline void sv_put_u64(uint8_t *p, uint64_t v)
{
    const uint64_t wire = SV_NETWORK(64, v);
    sv_memcpy(p, &wire, 8);
}

/* Eight bytes as a little-endian number. */
static inline uint64_t sv_get_le64(const uint8_t *p)
{
    uint64_t v;
    sv_memcpy(&v, p, 8);
    return SV_LITTLE64(v);
}
static inline void sv_put_le64(uint8_t *p, uint64_t v)
{
    v = SV_LITTLE64(v);
    sv_memcpy(p, &v, 8);
}

/* A reader: after a read past the end it gives zeros and short_read stays true. */
struct sv_rd {
    const uint8_t *at;
    const uint8_t *end;
    bool short_read;
};

static inline struct sv_rd sv_rd_of(const void *bytes, size_t n)
{
    return (struct sv_rd){(const uint8_t *)bytes, (const uint8_t *)bytes + n, false};
}
static inline size_t sv_rd_left(const struct sv_rd *r)
{
    return (size_t)(r->end - r->at);
}
/* n bytes as a borrowed pointer, NULL when there are fewer. */
static inline const uint8_t *sv_rd_bytes(struct sv_rd *r, size_t n)
{
    if (SV_UNLIKELY(sv_rd_left(r) < n)) {
        r->short_read = true;
        r->at = r->end;
        return NULL;
    }
    const uint8_t *p = r->at;
    r->at += n;
    return p;
}
static inline uint8_t sv_rd_u8(struct sv_rd *r)
{
    const uint8_t *p = sv_rd_bytes(r, 1);
    return p ? p[0] : 0;
}
static inline uint16_t sv_rd_u16(struct sv_rd *r)
{
    const uint8_t *p = sv_rd_bytes(r, 2);
    return p ? sv_get_u16(p) : 0;
}
static inline uint32_t sv_rd_u32(struct sv_rd *r)
{
    const uint8_t *p = sv_rd_bytes(r, 4);
    return p ? sv_get_u32(p) : 0;
}
static inline void sv_rd_copy(struct sv_rd *r, void *to, size_t n)
{
    const uint8_t *p = sv_rd_bytes(r, n);
    if (p)
        sv_memcpy(to, p, n);
    else
        sv_memset(to, 0, n);
}

/* A writer over room that the caller made sure of; overrun is our own mistake, remembered. */
struct sv_wr {
    uint8_t *at;
    uint8_t *end;
    bool overrun;
};

static inline struct sv_wr sv_wr_of(void *room, size_t n)
{
    return (struct sv_wr){(uint8_t *)room, (uint8_t *)room + n, false};
}
static inline uint8_t *sv_wr_bytes(struct sv_wr *w, size_t n)
{
    if (SV_UNLIKELY((size_t)(w->end - w->at) < n)) {
        w->overrun = true;
        return NULL;
    }
    uint8_t *p = w->at;
    w->at += n;
    return p;
}
static inline void sv_wr_u8(struct sv_wr *w, uint8_t v)
{
    uint8_t *p = sv_wr_bytes(w, 1);
    if (p)
        p[0] = v;
}
static inline void sv_wr_u16(struct sv_wr *w, uint16_t v)
{
    uint8_t *p = sv_wr_bytes(w, 2);
    if (p)
        sv_put_u16(p, v);
}
static inline void sv_wr_u32(struct sv_wr *w, uint32_t v)
{
    uint8_t *p = sv_wr_bytes(w, 4);
    if (p)
        sv_put_u32(p, v);
}
static inline void sv_wr_copy(struct sv_wr *w, const void *from, size_t n)
{
    uint8_t *p = sv_wr_bytes(w, n);
    if (p)
        sv_memcpy(p, from, n);
}

#endif
