/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-1 (RFC 3174) and HMAC of it (RFC 2104), for the TCP authentication option (RFC 5926) alone: as a keyed hash it is
 * not broken. */
#ifndef SV_CORE_SHA1_H
#define SV_CORE_SHA1_H

#include <stdint.h>

#define SV_SHA1_BYTES 20u
#define SV_SHA1_BLOCK 64u

struct sv_sha1 {
    uint64_t bytes; /* taken in so far */
    uint32_t state[5];
    uint8_t block[SV_SHA1_BLOCK]; /* the last bytes % 64 of them */
};

void sv_sha1_begin(struct sv_sha1 *s);
void sv_sha1_add(struct sv_sha1 *s, const void *bytes, uint32_t n);
void sv_sha1_end(struct sv_sha1 *s, uint8_t digest[SV_SHA1_BYTES]);

struct sv_hmac_sha1 {
    struct sv_sha1 inner, outer;
};

/* A key longer than a block is hashed first. */
void sv_hmac_sha1_begin(struct sv_hmac_sha1 *h, const void *key, uint32_t n);
void sv_hmac_sha1_add(struct sv_hmac_sha1 *h, const void *bytes, uint32_t n);
void sv_hmac_sha1_end(struct sv_hmac_sha1 *h, uint8_t digest[SV_SHA1_BYTES]);

#endif
