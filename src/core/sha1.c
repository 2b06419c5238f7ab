/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/sha1.h"

#include "core/cursor.h"
#include "core/mem.h"

static uint32_t sv_rotl32(uint32_t x, uint32_t by)
{
    return x << by | x >> (32u - by);
}

/* RFC 3174 §5: f and K of step t. */
static uint32_t sv_sha1_step(uint32_t t, uint32_t b, uint32_t c, uint32_t d)
{
    if (t < 20)
        return ((b & c) | (~b & d)) + 0x5a827999u;
    if (t < 40)
        return (b ^ c ^ d) + 0x6ed9eba1u;
    if (t < 60)
        return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
    return (b ^ c ^ d) + 0xca62c1d6u;
}

static void sv_sha1_block(struct sv_sha1 *s, const uint8_t *block)
{
    uint32_t w[80];
    uint32_t a = s->state[0], b = s->state[1], c = s->state[2], d = s->state[3], e = s->state[4];
    for (uint32_t t = 0; t < 16; t++)
        w[t] = sv_get_u32(block + 4u * t);
    for (uint32_t t = 16; t < 80; t++)
        w[t] = sv_rotl32(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    for (uint32_t t = 0; t < 80; t++) {
        const uint32_t next = sv_rotl32(a, 5) + sv_sha1_step(t, b, c, d) + e + w[t];
        e = d;
        d = c;
        c = sv_rotl32(b, 30);
        b = a;
        a = next;
    }
    s->state[0] += a;
    s->state[1] += b;
    s->state[2] += c;
    s->state[3] += d;
    s->state[4] += e;
}

void sv_sha1_begin(struct sv_sha1 *s)
{
    *s = (struct sv_sha1){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
}

void sv_sha1_add(struct sv_sha1 *s, const void *bytes, uint32_t n)
{
    const uint8_t *from = bytes;
    while (n) {
        const uint32_t at = (uint32_t)(s->bytes % SV_SHA1_BLOCK);
        const uint32_t part = sv_min_u32(n, SV_SHA1_BLOCK - at);
        if (part == SV_SHA1_BLOCK) {
            sv_sha1_block(s, from);
        } else {
            sv_memcpy(s->block + at, from, part);
            if (at + part == SV_SHA1_BLOCK)
                sv_sha1_block(s, s->block);
        }
        s->bytes += part;
        from += part;
        n -= part;
    }
}

void sv_sha1_end(struct sv_sha1 *s, uint8_t digest[SV_SHA1_BYTES])
{
    static const uint8_t padding[SV_SHA1_BLOCK] = {0x80};
    const uint64_t length = s->bytes * 8u;
    uint8_t bits[8];
    sv_put_u32(bits, (uint32_t)(length >> 32));
    sv_put_u32(bits + 4, (uint32_t)length);
    sv_sha1_add(s, padding, 1u + (uint32_t)((119u - s->bytes % SV_SHA1_BLOCK) % SV_SHA1_BLOCK));
    sv_sha1_add(s, bits, sizeof bits);
    for (uint32_t i = 0; i < 5; i++)
        sv_put_u32(digest + 4u * i, s->state[i]);
}

void sv_hmac_sha1_begin(struct sv_hmac_sha1 *h, const void *key, uint32_t n)
{
    uint8_t pad[SV_SHA1_BLOCK] = {0};
    if (n > SV_SHA1_BLOCK) {
        sv_sha1_begin(&h->inner);
        sv_sha1_add(&h->inner, key, n);
        sv_sha1_end(&h->inner, pad);
    } else {
        sv_memcpy(pad, key, n);
    }
    for (uint32_t i = 0; i < SV_SHA1_BLOCK; i++)
        pad[i] ^= 0x36u;
    sv_sha1_begin(&h->inner);
    sv_sha1_add(&h->inner, pad, sizeof pad);
    for (uint32_t i = 0; i < SV_SHA1_BLOCK; i++)
        pad[i] ^= 0x36u ^ 0x5cu;
    sv_sha1_begin(&h->outer);
    sv_sha1_add(&h->outer, pad, sizeof pad);
}

void sv_hmac_sha1_add(struct sv_hmac_sha1 *h, const void *bytes, uint32_t n)
{
    sv_sha1_add(&h->inner, bytes, n);
}

void sv_hmac_sha1_end(struct sv_hmac_sha1 *h, uint8_t digest[SV_SHA1_BYTES])
{
    sv_sha1_end(&h->inner, digest);
    sv_sha1_add(&h->outer, digest, SV_SHA1_BYTES);
    sv_sha1_end(&h->outer, digest);
}
