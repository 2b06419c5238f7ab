/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/slaac_times.h"

#include "core/math.h"

sv_time sv_lifetime_until(sv_time now, uint32_t seconds)
{
    return seconds == UINT32_MAX ? SV_NEVER : now + seconds * SV_S;
}

uint32_t sv_lifetime_left_s(sv_time now, sv_time until)
{
    if (until == SV_NEVER)
        return UINT32_MAX;
    if (until <= now)
        return 0;
    const sv_time seconds = sv_div64(until - now + SV_S - 1u, SV_S);
    return (uint32_t)sv_min_u64(seconds, UINT32_MAX - 1u);
}

struct sv_lifetimes sv_slaac_renew(const struct sv_lifetimes *old, sv_time now, uint32_t preferred_s, uint32_t valid_s)
{
    const sv_time told = sv_lifetime_until(now, valid_s);
    const sv_time two_hours = now + SV_SLAAC_TWO_HOURS_S * SV_S;
    struct sv_lifetimes l = {sv_lifetime_until(now, preferred_s), old->valid_until};
    if (told > two_hours || told > old->valid_until)
        l.valid_until = told;
    else if (old->valid_until > two_hours)
        l.valid_until = two_hours;
    return l;
}

uint32_t sv_temp_regen_advance_s(uint32_t dad_transmits, uint32_t retrans_ms)
{
    return 2u + SV_TEMP_IDGEN_RETRIES * dad_transmits * retrans_ms / 1000u;
}

struct sv_lifetimes sv_temp_lifetimes(sv_time created, uint32_t desync_s, const struct sv_lifetimes *prefix)
{
    SV_ASSERT(desync_s < SV_TEMP_PREFERRED_LIFETIME_S);
    return (struct sv_lifetimes){
        sv_min_u64(prefix->preferred_until, created + (SV_TEMP_PREFERRED_LIFETIME_S - desync_s) * SV_S),
        sv_min_u64(prefix->valid_until, created + SV_TEMP_VALID_LIFETIME_S * SV_S),
    };
}
