/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 1071: one's complement addition does not mind the width of the words nor, at the end, their byte order;
 * so eight bytes are added at a time, each carry brought back in at the bottom. */
#include "core/checksum.h"

#include "core/checksum_fast.h"
#include "core/mem.h"

/* Memory as it lies: byte order plays no part in a sum that is stored as it lies. */
static inline uint64_t load_u64(const uint8_t *p)
{
    uint64_t v;
    sv_memcpy(&v, p, 8);
    return v;
}

static inline uint64_t add_carry(uint64_t a, uint64_t b)
{
    const uint64_t sum = a + b;
    return sum + (sum < b);
}

static inline uint16_t fold64(uint64_t sum)
{
    const uint64_t folded = (sum & 0xffffffffu) + (sum >> 32);
    return sv_sum_fold((uint32_t)((folded & 0xffffu) + (folded >> 16 & 0xffffu) + (folded >> 32)));
}

/* The last bytes as if zeros followed. */
static inline uint64_t load_tail(const uint8_t *p, size_t n)
{
    uint8_t tail[8] = {0};
    for (size_t i = 0; i < n; i++)
        tail[i] = p[i];
    return load_u64(tail);
}

uint16_t sv_sum_portable(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; n >= 32; n -= 32, p += 32) {
        a = add_carry(a, load_u64(p));
        b = add_carry(b, load_u64(p + 8));
        c = add_carry(c, load_u64(p + 16));
        d = add_carry(d, load_u64(p + 24));
    }
    for (; n >= 8; n -= 8, p += 8)
        a = add_carry(a, load_u64(p));
    if (n != 0)
        b = add_carry(b, load_tail(p, n));
    return fold64(add_carry(add_carry(a, b), add_carry(c, d)));
}

static inline uint64_t move_u64(uint8_t *to, const uint8_t *from)
{
    const uint64_t v = load_u64(from);
    sv_memcpy(to, &v, 8);
    return v;
}

uint16_t sv_sum_copy_portable(void *to, const void *from, size_t n)
{
    const uint8_t *p = from;
    uint8_t *q = to;
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; n >= 32; n -= 32, p += 32, q += 32) {
        a = add_carry(a, move_u64(q, p));
        b = add_carry(b, move_u64(q + 8, p + 8));
        c = add_carry(c, move_u64(q + 16, p + 16));
        d = add_carry(d, move_u64(q + 24, p + 24));
    }
    for (; n >= 8; n -= 8, p += 8, q += 8)
        a = add_carry(a, move_u64(q, p));
    if (n != 0) {
        for (size_t i = 0; i < n; i++)
            q[i] = p[i];
        b = add_carry(b, load_tail(p, n));
    }
    return fold64(add_carry(add_carry(a, b), add_carry(c, d)));
}

uint16_t sv_sum(const void *bytes, size_t n, uint32_t cpu)
{
    return n < SV_SUM_WIDE_MIN ? sv_sum_portable(bytes, n) : sv_sum_wide(bytes, n, cpu);
}

uint16_t sv_sum_copy(void *to, const void *from, size_t n, uint32_t cpu)
{
    return n < SV_SUM_WIDE_MIN ? sv_sum_copy_portable(to, from, n) : sv_sum_copy_wide(to, from, n, cpu);
}
