/* SPDX-License-Identifier: BSD-2-Clause */
/* IGMP and MLD of any bytes; the first byte chooses the family and whether sums are repaired. */
#include "core/packet_sum.h"
#include "l2_link/snoop_wire.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t ip[1600];
    struct sv_snoop_msg m;
    struct sv_addr group;
    bool wants;
    if (size < 2 || size > sizeof ip)
        return 0;
    const uint32_t n = (uint32_t)size - 1;
    const bool six = data[0] & 1;
    memcpy(ip, data + 1, n);
    if (data[0] & 2 && !six && n > 24 && (ip[0] & 15u) * 4u + 4u <= n) {
        const uint32_t at = (ip[0] & 15u) * 4u;
        const uint32_t total = sv_get_u16(ip + 2);
        if (total > at + 4u && total <= n) {
            sv_put_u16(ip + at + 2, 0);
            sv_sum_store(ip + at + 2, sv_sum(ip + at, total - at, SV_CPU_PORTABLE));
        }
    }
    if (sv_snoop_parse(ip, n, six ? 0x86dd : 0x0800, &m) != SV_DROP_NONE)
        return 0;
    if (!m.tells || m.told.kind != SV_GROUP_RECORDS)
        return 0;
    uint32_t records = 0;
    struct sv_rd r = sv_rd_of(m.told.list, m.told.list_length);
    while (sv_snoop_record(&r, &m, &group, &wants))
        records++;
    SV_ASSERT(records <= size / 8);
    return 0;
}
