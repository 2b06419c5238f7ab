/* SPDX-License-Identifier: BSD-2-Clause */
/* AES by its table of 256 bytes: small, and read at places that depend on the key, so who shares a cache with us might
 * learn of it. A signature of a routing session is not asked for often enough for that to be practical; where it
 * matters, HMAC-SHA-1 reads no table. */
#include "core/cmac.h"

#include "core/mem.h"

static const uint8_t sv_aes_sbox[256] = {
    0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76, 0xca, 0x82, 0xc9,
    0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0, 0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f,
    0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15, 0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07,
    0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75, 0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3,
    0x29, 0xe3, 0x2f, 0x84, 0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58,
    0xcf, 0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8, 0x51, 0xa3,
    0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2, 0xcd, 0x0c, 0x13, 0xec, 0x5f,
    0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73, 0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88,
    0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb, 0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac,
    0x62, 0x91, 0x95, 0xe4, 0x79, 0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a,
    0xae, 0x08, 0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a, 0x70,
    0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e, 0xe1, 0xf8, 0x98, 0x11,
    0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf, 0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42,
    0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16,
};

/* Times x in GF(2^8), modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197 §4.2.1). */
static uint8_t sv_aes_twice(uint8_t x)
{
    return (uint8_t)((uint32_t)x << 1 ^ (x >> 7) * 0x1bu);
}

/* FIPS 197 §5.2. */
void sv_aes_key(struct sv_aes *a, const uint8_t key[SV_AES_BYTES])
{
    uint8_t constant = 1;
    sv_memcpy(a->round[0], key, SV_AES_BYTES);
    for (uint32_t r = 1; r <= 10; r++) {
        const uint8_t *before = a->round[r - 1u];
        uint8_t *to = a->round[r];
        for (uint32_t i = 0; i < 4; i++)
            to[i] = before[i] ^ sv_aes_sbox[before[12u + (i + 1u) % 4u]];
        to[0] ^= constant;
        constant = sv_aes_twice(constant);
        for (uint32_t i = 4; i < SV_AES_BYTES; i++)
            to[i] = before[i] ^ to[i - 4u];
    }
}

/* One column of MixColumns, §5.1.3. */
static void sv_aes_mix(uint8_t *c)
{
    const uint8_t first = c[0], all = c[0] ^ c[1] ^ c[2] ^ c[3];
    for (uint32_t i = 0; i < 4; i++) {
        const uint8_t next = i < 3 ? c[i + 1u] : first;
        c[i] ^= all ^ sv_aes_twice(c[i] ^ next);
    }
}

void sv_aes_encrypt(const struct sv_aes *a, uint8_t block[SV_AES_BYTES])
{
    uint8_t next[SV_AES_BYTES];
    for (uint32_t i = 0; i < SV_AES_BYTES; i++)
        block[i] ^= a->round[0][i];
    for (uint32_t r = 1; r <= 10; r++) {
        for (uint32_t i = 0; i < SV_AES_BYTES; i++) /* SubBytes, ShiftRows: row i % 4 moves by that many columns */
            next[i] = sv_aes_sbox[block[(i + 4u * (i % 4u)) % SV_AES_BYTES]];
        for (uint32_t column = 0; r < 10 && column < 4; column++)
            sv_aes_mix(next + 4u * column);
        for (uint32_t i = 0; i < SV_AES_BYTES; i++)
            block[i] = next[i] ^ a->round[r][i];
    }
}

/* RFC 4493 §2.3: the subkeys are the cipher of zero, doubled once and twice in GF(2^128). */
static void sv_cmac_double(uint8_t block[SV_AES_BYTES])
{
    const uint8_t carry = (uint8_t)((block[0] >> 7) * 0x87u);
    for (uint32_t i = 0; i < SV_AES_BYTES; i++)
        block[i] = (uint8_t)((uint32_t)block[i] << 1 | (i < 15 ? block[i + 1u] >> 7 : 0u));
    block[15] ^= carry;
}

void sv_cmac_begin(struct sv_cmac *c, const uint8_t key[SV_AES_BYTES])
{
    sv_memset(c, 0, sizeof *c);
    sv_aes_key(&c->aes, key);
}

static void sv_cmac_chain(struct sv_cmac *c)
{
    for (uint32_t i = 0; i < SV_AES_BYTES; i++)
        c->chain[i] ^= c->block[i];
    sv_aes_encrypt(&c->aes, c->chain);
    c->n = 0;
}

void sv_cmac_add(struct sv_cmac *c, const void *bytes, uint32_t n)
{
    const uint8_t *from = bytes;
    while (n) {
        if (c->n == SV_AES_BYTES)
            sv_cmac_chain(c); /* more comes: it was not the last */
        const uint32_t part = sv_min_u32(n, SV_AES_BYTES - c->n);
        sv_memcpy(c->block + c->n, from, part);
        c->n += part;
        from += part;
        n -= part;
    }
}

void sv_cmac_end(struct sv_cmac *c, uint8_t mac[SV_AES_BYTES])
{
    uint8_t sub[SV_AES_BYTES] = {0};
    sv_aes_encrypt(&c->aes, sub);
    sv_cmac_double(sub);
    if (c->n < SV_AES_BYTES) { /* filled up with a one and zeros */
        sv_memset(c->block + c->n, 0, SV_AES_BYTES - c->n);
        c->block[c->n] = 0x80;
        sv_cmac_double(sub);
    }
    for (uint32_t i = 0; i < SV_AES_BYTES; i++)
        c->block[i] ^= sub[i];
    sv_cmac_chain(c);
    sv_memcpy(mac, c->chain, SV_AES_BYTES);
}
