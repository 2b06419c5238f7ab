/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/ip4_wire.h"

enum sv_ip4_option {
    SV_IP4_OPT_END = 0,
    SV_IP4_OPT_NOP = 1,
    SV_IP4_OPT_LSRR = 131,
    SV_IP4_OPT_SSRR = 137,
};

enum sv_drop sv_ip4_walk_options(const uint8_t *header, uint32_t header_length, uint32_t *at)
{
    for (uint32_t i = SV_IP4_HDR_LEN; i < header_length;) {
        *at = i;
        if (header[i] == SV_IP4_OPT_END)
            break;
        if (header[i] == SV_IP4_OPT_NOP) {
            i++;
            continue;
        }
        if (i + 1 == header_length || header[i + 1] < 2 || header[i + 1] > header_length - i)
            return SV_DROP_BAD_OPTION;
        if (header[i] == SV_IP4_OPT_LSRR || header[i] == SV_IP4_OPT_SSRR)
            return SV_DROP_SOURCE_ROUTE;
        i += header[i + 1];
    }
    return SV_DROP_NONE;
}
