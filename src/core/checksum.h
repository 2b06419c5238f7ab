/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum (RFC 1071). Sums are kept *unfolded in spirit*: a 16-bit one's complement sum in
 * host byte order of the bytes taken as they lie in memory (so that on any machine the folded result may
 * be stored to the wire as it lies, without a swap), in 32 bits, never complemented until the end. */
#ifndef SV_CORE_CHECKSUM_H
#define SV_CORE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which routines run: found by port/, passed in the configuration; results are equal whatever is set. */
enum sv_cpu {
    SV_CPU_PORTABLE = 0,
    SV_CPU_AVX2 = 1u << 0,
    SV_CPU_AVX512 = 1u << 1, /* F, BW and VL */
};

/* The sum of n bytes at any alignment, folded to 16 bits, not complemented. An odd last byte counts as
 * if a zero followed it. */
uint16_t sv_sum(const void *bytes, size_t n, uint32_t cpu);

/* Copies n bytes and gives the sum of them, in one pass. The regions must not overlap. */
uint16_t sv_sum_copy(void *to, const void *from, size_t n, uint32_t cpu);

static inline uint16_t sv_sum_fold(uint32_t sum)
{
    sum = (sum & 0xffffu) + (sum >> 16);
    return (uint16_t)((sum & 0xffffu) + (sum >> 16));
}
static inline uint16_t sv_sum_add(uint16_t a, uint16_t b)
{
    return sv_sum_fold((uint32_t)a + b);
}
/* A 16-bit number that stands for a sum is 0xffff, the sum of what carries a right checksum, if it is a multiple of
 * that and not 0. Folding changes nothing of it, nor does byte order: so it can be asked of words of 16 or 32 bits
 * added up in 64, all in the same order, not all of them 0. */
static inline bool sv_sum_is_right(uint64_t words)
{
    return words % 0xffffu == 0;
}
/* Of a sum as such a number two bytes that trade places are a factor of 256: so what was added up of host-order numbers
 * joins what was added up of memory as it lies. Below 2^36; gives less than 2^44. */
static inline uint64_t sv_sum_of_numbers(uint64_t numbers)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return numbers;
#else
    return numbers << 8;
#endif
}
/* The finished checksum, as it lies, of words as they lie, below 2^47 and not all of them 0: what folding and
 * complementing give. */
static inline uint16_t sv_sum_complement(uint64_t words)
{
    return (uint16_t)((((uint64_t)0xffffu << 32) - words) % 0xffffu);
}
/* The sum of a piece that begins at an odd offset of the whole: its bytes trade places. */
static inline uint16_t sv_sum_odd(uint16_t sum)
{
    return (uint16_t)(sum << 8 | sum >> 8);
}
/* A host-order 16-bit number as the sum sees it in memory. */
static inline uint16_t sv_sum_u16(uint16_t v)
{
    const uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    uint16_t r;
    __builtin_memcpy(&r, b, 2);
    return r;
}
static inline uint16_t sv_sum_u32(uint32_t v)
{
    return sv_sum_fold((uint32_t)sv_sum_u16((uint16_t)(v >> 16)) + sv_sum_u16((uint16_t)v));
}
/* Stores the finished (complemented) checksum at a wire position. */
static inline void sv_sum_store(uint8_t *at, uint16_t sum)
{
    const uint16_t c = (uint16_t)~sum;
    __builtin_memcpy(at, &c, 2);
}
/* RFC 1624: the new checksum *field as it lies on the wire* when `from` becomes `to` in what it covers. */
static inline void sv_sum_replace_u16(uint8_t *field, uint16_t from, uint16_t to)
{
    uint16_t c;
    __builtin_memcpy(&c, field, 2);
    const uint32_t sum = (uint32_t)(uint16_t)~c + (uint16_t)~sv_sum_u16(from) + sv_sum_u16(to);
    c = (uint16_t)~sv_sum_fold(sum);
    __builtin_memcpy(field, &c, 2);
}
/* The same for a number that may lie at an odd offset of what is summed: then its bytes count swapped. */
static inline void sv_sum_replace_u16_at(uint8_t *field, uint32_t offset, uint16_t from, uint16_t to)
{
    if (offset % 2)
        sv_sum_replace_u16(field, (uint16_t)(from << 8 | from >> 8), (uint16_t)(to << 8 | to >> 8));
    else
        sv_sum_replace_u16(field, from, to);
}

#endif
