/* SPDX-License-Identifier: BSD-2-Clause */
/* MD5 (RFC 1321), for TCP's signatures of RFC 2385 alone: its collisions are old news, and RFC 6151 says what it is
 * still good for. */
#ifndef SV_CORE_MD5_H
#define SV_CORE_MD5_H

#include <stdint.h>

#define SV_MD5_BYTES 16u
#define SV_MD5_BLOCK 64u

struct sv_md5 {
    uint64_t bytes; /* taken in so far */
    uint32_t state[4];
    uint8_t block[SV_MD5_BLOCK]; /* the last bytes % 64 of them */
};

void sv_md5_begin(struct sv_md5 *m);
void sv_md5_add(struct sv_md5 *m, const void *bytes, uint32_t n);
void sv_md5_end(struct sv_md5 *m, uint8_t digest[SV_MD5_BYTES]);

#endif
