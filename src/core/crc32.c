/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/crc32.h"

#include "core/crc32_table.h"

uint32_t sv_crc32(uint32_t crc, const uint8_t *octet, uint32_t n)
{
    crc = ~crc;
    for (; n >= 8; octet += 8, n -= 8) {
        const uint32_t low =
            crc ^ ((uint32_t)octet[0] | (uint32_t)octet[1] << 8 | (uint32_t)octet[2] << 16 | (uint32_t)octet[3] << 24);
        crc = crc32_table[7][low & 255] ^ crc32_table[6][low >> 8 & 255] ^ crc32_table[5][low >> 16 & 255] ^
              crc32_table[4][low >> 24] ^ crc32_table[3][octet[4]] ^ crc32_table[2][octet[5]] ^
              crc32_table[1][octet[6]] ^ crc32_table[0][octet[7]];
    }
    for (; n > 0; octet++, n--)
        crc = crc >> 8 ^ crc32_table[0][(crc ^ *octet) & 255];
    return ~crc;
}
