/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32 of IEEE 802.3 §3.2.9: x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 + x^10 + x^8 + x^7 + x^5 + x^4 + x^2 +
 * x + 1, reflected, begun and ended with all ones. zlib's crc32() is the same function. */
#ifndef SV_CORE_CRC32_H
#define SV_CORE_CRC32_H

#include <stdint.h>

/* What the CRC-32 of any frame together with its own FCS is. */
#define SV_CRC32_RESIDUE 0x2144df1cu

/* Continues `crc` (0 to begin) over n octets. The frame check sequence is the result, lowest octet first. */
uint32_t sv_crc32(uint32_t crc, const uint8_t *octet, uint32_t n);

#endif
