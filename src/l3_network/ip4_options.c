/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/ip4_options.h"

#include "core/math.h"
#include "l3_network/net.h"

#define SV_MS_PER_DAY 86400000u

enum sv_ip4_option_type { SV_IP4_OPTION_RECORD_ROUTE = 7, SV_IP4_OPTION_TIMESTAMP = 68 };

/* o: the option, of o[1] bytes; the pointer counts from 1. False: it contradicts itself. */
static bool sv_option_record(uint8_t *o, const struct sv_addr *here)
{
    if (o[1] < 3 || o[2] < 4)
        return false;
    if (o[2] > o[1])
        return true; /* full: RFC 791, forwarded as it is */
    if (o[2] + 3u > o[1])
        return false;
    sv_memcpy(o + o[2] - 1, here->byte + 12, 4);
    o[2] = (uint8_t)(o[2] + 4u);
    return true;
}

/* Milliseconds since midnight UT are not known here: the high bit says that it is another clock (RFC 791 §3.1). */
static void sv_option_put_time(const struct sv_core *c, uint8_t *to)
{
    const uint32_t ms = (uint32_t)(sv_div64(c->now, SV_MS) % SV_MS_PER_DAY);
    sv_put_u32(to, 0x80000000u | ms);
}

static bool sv_option_timestamp(const struct sv_core *c, struct sv_net *net, uint8_t *o, const struct sv_addr *here)
{
    if (o[1] < 4 || o[2] < 5)
        return false;
    const uint32_t flag = o[3] & 15u, need = flag == 0 ? 4u : 8u;
    if (o[2] > o[1]) { /* full: those who found no room are counted, up to 15 */
        if (o[3] >> 4 == 15)
            return false;
        o[3] = (uint8_t)(o[3] + 0x10u);
        return true;
    }
    if ((flag != 0 && flag != 1 && flag != 3) || o[2] - 1u + need > o[1])
        return false;
    uint8_t *at = o + o[2] - 1;
    if (flag == 3) {
        const struct sv_addr named = sv_addr_of_v4_bytes(at);
        if (sv_address_local(c, &net->addresses, &named) == SV_NONE)
            return true; /* another's turn */
    } else if (flag == 1) {
        sv_memcpy(at, here->byte + 12, 4);
    }
    sv_option_put_time(c, at + need - 4u);
    o[2] = (uint8_t)(o[2] + need);
    return true;
}

bool sv_ip4_options_fill(const struct sv_core *c, struct sv_net *net, uint8_t *p, uint32_t header_length,
                         const struct sv_addr *here, uint32_t *at)
{
    for (uint32_t i = SV_IP4_HDR_LEN; i < header_length && p[i] != 0;) {
        bool good = true;
        *at = i;
        if (p[i] == SV_IP4_OPTION_RECORD_ROUTE)
            good = sv_option_record(p + i, here);
        else if (p[i] == SV_IP4_OPTION_TIMESTAMP)
            good = sv_option_timestamp(c, net, p + i, here);
        if (!good)
            return false;
        i += p[i] == 1 ? 1u : p[i + 1];
    }
    sv_put_u16(p + 10, 0);
    sv_sum_store(p + 10, sv_sum(p, header_length, c->cpu));
    return true;
}

uint32_t sv_ip4_options_returned(const uint8_t *header, uint32_t header_length, uint8_t *to)
{
    uint32_t n = 0;
    for (uint32_t i = SV_IP4_HDR_LEN; i < header_length && header[i] != 0;) {
        const uint32_t length = header[i] == 1 ? 1u : header[i + 1];
        if (header[i] == SV_IP4_OPTION_RECORD_ROUTE || header[i] == SV_IP4_OPTION_TIMESTAMP) {
            sv_memcpy(to + n, header + i, length);
            n += length;
        }
        i += length;
    }
    for (; n % 4 != 0; n++)
        to[n] = 0;
    return n;
}
