/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 1071: one's complement addition minds neither the width of the words nor, at the end, their byte order.
 * Short pieces are added eight bytes at a time, the carries counted and brought back in at the bottom.
 *
 * Long ones go through two vectors of two 64-bit lanes, which every compiler we support turns into what its machine
 * has: `all` adds the lanes modulo 2^64, `upper` their upper halves. The sum of the lower halves is then
 * all - (upper << 32), exactly, as long as fewer than 2^32 words were added to a lane. */
#include "core/checksum.h"

#include "core/checksum_fast.h"
#include "core/mem.h"

typedef uint64_t sv_lanes __attribute__((vector_size(16)));

#define BLOCK 64u                  /* bytes a turn of the long loops */
#define LONG_MAX ((size_t)1 << 30) /* bytes before `upper` is taken down */

/* Memory as it lies: byte order plays no part in a sum that is stored as it lies. */
static inline uint64_t load_u64(const uint8_t *p)
{
    uint64_t v;
    sv_memcpy(&v, p, 8);
    return v;
}

static inline uint32_t load_u32(const uint8_t *p)
{
    uint32_t v;
    sv_memcpy(&v, p, 4);
    return v;
}

static inline uint16_t load_u16(const uint8_t *p)
{
    uint16_t v;
    sv_memcpy(&v, p, 2);
    return v;
}

static inline uint64_t add_carry(uint64_t a, uint64_t b)
{
    const uint64_t sum = a + b;
    return sum + (sum < b);
}

/* Each step keeps the value modulo 65535, and makes 0 only of 0. */
static inline uint16_t fold64(uint64_t sum)
{
    const uint64_t folded = (sum & 0xffffffffu) + (sum >> 32);
    return sv_sum_fold((uint32_t)((folded & 0xffffu) + (folded >> 16 & 0xffffu) + (folded >> 32)));
}

/* The last bytes of a piece, fewer than eight, the odd one as if a zero followed. */
static inline uint64_t sum_tail(const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    if (n & 4) {
        sum += load_u32(p);
        p += 4;
    }
    if (n & 2) {
        sum += load_u16(p);
        p += 2;
    }
    if (n & 1)
        sum += sv_sum_u16((uint16_t)(*p << 8));
    return sum;
}

static inline void copy_tail(uint8_t *to, const uint8_t *p, size_t n)
{
    if (n & 4) {
        sv_memcpy(to, p, 4);
        to += 4;
        p += 4;
    }
    if (n & 2) {
        sv_memcpy(to, p, 2);
        to += 2;
        p += 2;
    }
    if (n & 1)
        *to = *p;
}

struct sv_sum128 {
    sv_lanes all, upper;
};

static inline struct sv_sum128 add(struct sv_sum128 s, sv_lanes v)
{
    s.all += v;
    s.upper += v >> 32;
    return s;
}

static inline sv_lanes load(const uint8_t *p)
{
    sv_lanes v;
    sv_memcpy(&v, p, 16);
    return v;
}

static inline sv_lanes move(uint8_t *to, const uint8_t *p)
{
    const sv_lanes v = load(p);
    sv_memcpy(to, &v, 16);
    return v;
}

static inline uint64_t total(struct sv_sum128 s, struct sv_sum128 t)
{
    const uint64_t upper0 = s.upper[0] + t.upper[0], upper1 = s.upper[1] + t.upper[1];
    const uint64_t lower0 = s.all[0] + t.all[0] - (upper0 << 32), lower1 = s.all[1] + t.all[1] - (upper1 << 32);
    return add_carry(add_carry(lower0, upper0), add_carry(lower1, upper1));
}

/* n is a multiple of BLOCK, at most LONG_MAX. */
static uint64_t sum_blocks(const uint8_t *p, size_t n)
{
    struct sv_sum128 s = {{0, 0}, {0, 0}}, t = s;
    for (const uint8_t *end = p + n; p != end; p += BLOCK) {
        s = add(s, load(p));
        t = add(t, load(p + 16));
        s = add(s, load(p + 32));
        t = add(t, load(p + 48));
    }
    return total(s, t);
}

static uint64_t sum_copy_blocks(uint8_t *q, const uint8_t *p, size_t n)
{
    struct sv_sum128 s = {{0, 0}, {0, 0}}, t = s;
    for (const uint8_t *end = p + n; p != end; p += BLOCK, q += BLOCK) {
        s = add(s, move(q, p));
        t = add(t, move(q + 16, p + 16));
        s = add(s, move(q + 32, p + 32));
        t = add(t, move(q + 48, p + 48));
    }
    return total(s, t);
}

static inline size_t blocks_of(size_t n)
{
    return (n < LONG_MAX ? n : LONG_MAX) & ~(size_t)(BLOCK - 1);
}

uint16_t sv_sum_portable(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    uint64_t sum = 0;
    while (n >= BLOCK) {
        const size_t part = blocks_of(n);
        sum = add_carry(sum, sum_blocks(p, part));
        p += part;
        n -= part;
    }
    for (; n >= 8; n -= 8, p += 8)
        sum = add_carry(sum, load_u64(p));
    return fold64(add_carry(sum, sum_tail(p, n)));
}

uint16_t sv_sum_copy_portable(void *to, const void *from, size_t n)
{
    const uint8_t *p = from;
    uint8_t *q = to;
    uint64_t sum = 0;
    while (n >= BLOCK) {
        const size_t part = blocks_of(n);
        sum = add_carry(sum, sum_copy_blocks(q, p, part));
        p += part;
        q += part;
        n -= part;
    }
    for (; n >= 8; n -= 8, p += 8, q += 8) {
        const uint64_t v = load_u64(p);
        sv_memcpy(q, &v, 8);
        sum = add_carry(sum, v);
    }
    copy_tail(q, p, n);
    return fold64(add_carry(sum, sum_tail(p, n)));
}

/* Adds a word, and counts its carry for later. */
static inline void add_word(uint64_t *sum, uint64_t *carries, uint64_t v)
{
    *sum += v;
    *carries += *sum < v;
}

/* Eight words of eight bytes at most and a tail: what the long loops need to get going is more than this. */
static uint16_t sum_short(const uint8_t *p, size_t n)
{
    uint64_t sum = 0, carries = 0;
    for (; n >= 32; n -= 32, p += 32) {
        const uint64_t v0 = load_u64(p), v1 = load_u64(p + 8), v2 = load_u64(p + 16), v3 = load_u64(p + 24);
        add_word(&sum, &carries, v0);
        add_word(&sum, &carries, v1);
        add_word(&sum, &carries, v2);
        add_word(&sum, &carries, v3);
    }
    for (; n >= 8; n -= 8, p += 8) {
        const uint64_t v = load_u64(p);
        add_word(&sum, &carries, v);
    }
    return fold64(add_carry(add_carry(sum, carries), n ? sum_tail(p, n) : 0));
}

static uint16_t sum_copy_short(uint8_t *q, const uint8_t *p, size_t n)
{
    uint64_t sum = 0, carries = 0;
    for (; n >= 32; n -= 32, p += 32, q += 32) {
        const uint64_t v0 = load_u64(p), v1 = load_u64(p + 8), v2 = load_u64(p + 16), v3 = load_u64(p + 24);
        add_word(&sum, &carries, v0);
        add_word(&sum, &carries, v1);
        add_word(&sum, &carries, v2);
        add_word(&sum, &carries, v3);
        sv_memcpy(q, &v0, 8);
        sv_memcpy(q + 8, &v1, 8);
        sv_memcpy(q + 16, &v2, 8);
        sv_memcpy(q + 24, &v3, 8);
    }
    for (; n >= 8; n -= 8, p += 8, q += 8) {
        const uint64_t v = load_u64(p);
        sv_memcpy(q, &v, 8);
        add_word(&sum, &carries, v);
    }
    if (n) {
        copy_tail(q, p, n);
        sum = add_carry(sum, sum_tail(p, n));
    }
    return fold64(add_carry(sum, carries));
}

SV_HOT uint16_t sv_sum(const void *bytes, size_t n, uint32_t cpu)
{
    return n < SV_SUM_WIDE_MIN ? sum_short(bytes, n) : sv_sum_wide(bytes, n, cpu);
}

SV_HOT uint16_t sv_sum_copy(void *to, const void *from, size_t n, uint32_t cpu)
{
    return n < SV_SUM_WIDE_MIN ? sum_copy_short(to, from, n) : sv_sum_copy_wide(to, from, n, cpu);
}
