/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions about addresses of either family. IPv4 is v4-mapped (RFC 4291 §2.5.5.2); prefix lengths here
 * count bits of all 16 bytes, so 10.0.0.0/8 is 104 bits (the public face counts IPv4 from 0 to 32). */
#ifndef SV_CORE_ADDR_H
#define SV_CORE_ADDR_H

#include "core/cursor.h"
#include "seven/base.h"

#define SV_ADDR_BITS 128u
#define SV_ADDR_V4_BITS 96u /* the mapped prefix */

static inline uint64_t sv_addr_word(const struct sv_addr *a, uint32_t which)
{
    uint64_t w;
    sv_memcpy(&w, a->byte + 8u * which, 8);
    return w; /* as it lies in memory: for comparing only */
}
static inline bool sv_addr_equal(const struct sv_addr *a, const struct sv_addr *b)
{
    return ((sv_addr_word(a, 0) ^ sv_addr_word(b, 0)) | (sv_addr_word(a, 1) ^ sv_addr_word(b, 1))) == 0;
}
static inline bool sv_addr_is_v4(const struct sv_addr *a)
{
    return sv_addr_word(a, 0) == 0 && sv_get_u32(a->byte + 8) == 0xffffu;
}
/* The IPv4 address as a host-order number. */
static inline uint32_t sv_addr_v4_number(const struct sv_addr *a)
{
    return sv_get_u32(a->byte + 12);
}
/* Written as two words: what is read by words must be written by words to be read at once. */
static inline void sv_addr_set_v4(struct sv_addr *a, uint64_t as_it_lies)
{
    sv_put_le64(a->byte, 0);
    sv_put_le64(a->byte + 8, 0xffff0000u | as_it_lies << 32);
}
static inline struct sv_addr sv_addr_of_v4(uint32_t number)
{
    const uint32_t as_it_lies = sv_turned32(number);
    struct sv_addr a;
    sv_addr_set_v4(&a, as_it_lies);
    return a;
}
/* The 4 bytes of a wire field. */
static inline struct sv_addr sv_addr_of_v4_bytes(const uint8_t *four)
{
    return sv_addr_of_v4(sv_get_u32(four));
}
/* "Any": :: or ::ffff:0.0.0.0. */
static inline bool sv_addr_is_any(const struct sv_addr *a)
{
    const uint32_t third = sv_get_u32(a->byte + 8);
    return sv_addr_word(a, 0) == 0 && (third == 0 || third == 0xffffu) && sv_get_u32(a->byte + 12) == 0;
}
/* All 16 bytes zero: the "any" of IPv6, and "no gateway" in a route. */
static inline bool sv_addr_is_zero(const struct sv_addr *a)
{
    return (sv_addr_word(a, 0) | sv_addr_word(a, 1)) == 0;
}
static inline bool sv_addr_is_multicast(const struct sv_addr *a)
{
    return sv_addr_is_v4(a) ? (a->byte[12] & 0xf0u) == 0xe0u : a->byte[0] == 0xffu;
}
/* "Any" of the same family. */
static inline struct sv_addr sv_addr_any_like(const struct sv_addr *a)
{
    const struct sv_addr zero = {{0}};
    return sv_addr_is_v4(a) ? sv_addr_of_v4(0) : zero;
}
/* fe80::/10: names a station on one link only (RFC 4291 §2.5.6). */
static inline bool sv_addr_is_link_local_v6(const struct sv_addr *a)
{
    return a->byte[0] == 0xfe && (a->byte[1] & 0xc0u) == 0x80u;
}
static inline bool sv_addr_is_limited_broadcast(const struct sv_addr *a)
{
    return sv_addr_is_v4(a) && sv_addr_v4_number(a) == 0xffffffffu;
}
static inline bool sv_addr_is_loopback(const struct sv_addr *a)
{
    if (sv_addr_is_v4(a))
        return a->byte[12] == 127;
    return sv_addr_word(a, 0) == 0 && sv_get_u32(a->byte + 8) == 0 && sv_get_u32(a->byte + 12) == 1;
}
/* An address that one station may have: RFC 1122 §3.2.1.3, RFC 4291 §2.7. */
static inline bool sv_addr_is_unicast(const struct sv_addr *a)
{
    if (sv_addr_is_v4(a))
        return a->byte[12] != 0 && a->byte[12] < 224;
    return !sv_addr_is_any(a) && a->byte[0] != 0xffu;
}
/* Do the first `bits` (0 to 128) bits agree? */
static inline bool sv_addr_in_prefix(const struct sv_addr *a, const struct sv_addr *prefix, uint32_t bits)
{
    const uint32_t whole = bits / 8;
    if (sv_memcmp(a->byte, prefix->byte, whole) != 0)
        return false;
    if (bits % 8 == 0)
        return true;
    return ((uint32_t)(a->byte[whole] ^ prefix->byte[whole]) >> (8 - bits % 8)) == 0;
}

#endif
