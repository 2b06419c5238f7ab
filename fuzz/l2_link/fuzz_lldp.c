/* SPDX-License-Identifier: BSD-2-Clause */
/* What is parsed and short enough is emitted as something that parses as the same. */
#include "l2_link/lldp_wire.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_lldp_told a, b;
    uint8_t bytes[1024];
    if (size > 1500 || sv_lldp_parse(data, (uint32_t)size, &a) != SV_DROP_NONE)
        return 0;
    const uint32_t n = sv_lldp_emit(&a, bytes, sizeof bytes);
    SV_ASSERT(n != 0);
    const enum sv_drop why = sv_lldp_parse(bytes, n, &b);
    SV_ASSERT(why == SV_DROP_NONE);
    SV_ASSERT(a.ttl_s == b.ttl_s && a.chassis_bytes == b.chassis_bytes);
    SV_ASSERT(memcmp(a.chassis, b.chassis, a.chassis_bytes) == 0);
    SV_ASSERT(strcmp(a.system, b.system) == 0);
    return 0;
}
