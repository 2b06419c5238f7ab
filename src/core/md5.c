/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/md5.h"

#include "core/mem.h"

/* RFC 1321 §3.4: T[i] is the integer part of 2^32 times |sin(i + 1)|. */
static const uint32_t sv_md5_t[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
static const uint8_t sv_md5_shift[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
/* Which word of the block step i of a round takes: (first + i * stride) % 16. */
static const uint8_t sv_md5_first[4] = {0, 1, 5, 0}, sv_md5_stride[4] = {1, 5, 3, 7};

static uint32_t sv_md5_word(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void sv_md5_put(uint8_t *p, uint32_t word)
{
    for (uint32_t i = 0; i < 4; i++)
        p[i] = (uint8_t)(word >> 8u * i);
}

static uint32_t sv_md5_function(uint32_t round, uint32_t x, uint32_t y, uint32_t z)
{
    switch (round) {
    case 0:
        return (x & y) | (~x & z);
    case 1:
        return (x & z) | (y & ~z);
    case 2:
        return x ^ y ^ z;
    default:
        return y ^ (x | ~z);
    }
}

static void sv_md5_block(struct sv_md5 *m, const uint8_t *block)
{
    uint32_t word[16];
    uint32_t a = m->state[0], b = m->state[1], c = m->state[2], d = m->state[3];
    for (uint32_t i = 0; i < 16; i++)
        word[i] = sv_md5_word(block + 4u * i);
    for (uint32_t i = 0; i < 64; i++) {
        const uint32_t round = i / 16u;
        const uint32_t s = sv_md5_shift[round][i % 4u];
        const uint32_t k = (sv_md5_first[round] + (i % 16u) * sv_md5_stride[round]) % 16u;
        const uint32_t sum = a + sv_md5_function(round, b, c, d) + word[k] + sv_md5_t[i];
        a = d;
        d = c;
        c = b;
        b += sum << s | sum >> (32u - s);
    }
    m->state[0] += a;
    m->state[1] += b;
    m->state[2] += c;
    m->state[3] += d;
}

void sv_md5_begin(struct sv_md5 *m)
{
    *m = (struct sv_md5){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
}

void sv_md5_add(struct sv_md5 *m, const void *bytes, uint32_t n)
{
    const uint8_t *from = bytes;
    while (n) {
        const uint32_t at = (uint32_t)(m->bytes % SV_MD5_BLOCK);
        const uint32_t part = sv_min_u32(n, SV_MD5_BLOCK - at);
        if (part == SV_MD5_BLOCK) {
            sv_md5_block(m, from);
        } else {
            sv_memcpy(m->block + at, from, part);
            if (at + part == SV_MD5_BLOCK)
                sv_md5_block(m, m->block);
        }
        m->bytes += part;
        from += part;
        n -= part;
    }
}

void sv_md5_end(struct sv_md5 *m, uint8_t digest[SV_MD5_BYTES])
{
    static const uint8_t padding[SV_MD5_BLOCK] = {0x80};
    const uint64_t length = m->bytes * 8u;
    uint8_t bits[8];
    sv_md5_put(bits, (uint32_t)length);
    sv_md5_put(bits + 4, (uint32_t)(length >> 32));
    sv_md5_add(m, padding, 1u + (uint32_t)((119u - m->bytes % SV_MD5_BLOCK) % SV_MD5_BLOCK));
    sv_md5_add(m, bits, sizeof bits);
    for (uint32_t i = 0; i < 4; i++)
        sv_md5_put(digest + 4u * i, m->state[i]);
}
