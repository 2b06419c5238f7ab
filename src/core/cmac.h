/* SPDX-License-Identifier: BSD-2-Clause */
/* AES-128 (FIPS 197), one way, and CMAC of it (RFC 4493), for the TCP authentication option (RFC 5926) alone. */
#ifndef SV_CORE_CMAC_H
#define SV_CORE_CMAC_H

#include <stdint.h>

#define SV_AES_BYTES 16u

struct sv_aes {
    uint8_t round[11][SV_AES_BYTES];
};

void sv_aes_key(struct sv_aes *a, const uint8_t key[SV_AES_BYTES]);
void sv_aes_encrypt(const struct sv_aes *a, uint8_t block[SV_AES_BYTES]);

struct sv_cmac {
    struct sv_aes aes;
    uint8_t chain[SV_AES_BYTES]; /* of the blocks before the last */
    uint8_t block[SV_AES_BYTES]; /* the last, which is kept until it is known to be */
    uint32_t n;                  /* its bytes */
};

void sv_cmac_begin(struct sv_cmac *c, const uint8_t key[SV_AES_BYTES]);
void sv_cmac_add(struct sv_cmac *c, const void *bytes, uint32_t n);
void sv_cmac_end(struct sv_cmac *c, uint8_t mac[SV_AES_BYTES]);

#endif
