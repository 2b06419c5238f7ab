/* SPDX-License-Identifier: BSD-2-Clause */
/* The arithmetic of addresses that routers give and take (RFC 4862 §5.5.3, RFC 8981 §3.4): pure, in absolute time. */
#ifndef SV_L3_SLAAC_TIMES_H
#define SV_L3_SLAAC_TIMES_H

#include "core/mem.h"
#include "seven/base.h"

#define SV_SLAAC_TWO_HOURS_S 7200u
#define SV_TEMP_VALID_LIFETIME_S 172800u    /* RFC 8981 §3.8: 2 days */
#define SV_TEMP_PREFERRED_LIFETIME_S 86400u /* 1 day */
#define SV_TEMP_IDGEN_RETRIES 3u

struct sv_lifetimes {
    sv_time preferred_until, valid_until; /* SV_NEVER: for ever */
};

/* An advertised lifetime as a moment; all ones means for ever (RFC 4861 §4.6.2). */
sv_time sv_lifetime_until(sv_time now, uint32_t seconds);
/* What is left, rounded up to whole seconds; all ones for ever. */
uint32_t sv_lifetime_left_s(sv_time now, sv_time until);

/* A new advertisement for an address we have: the preferred lifetime as told, the valid one unless it would cut what is
 * left to less than two hours, which one forged message could do (§5.5.3 (e)). */
struct sv_lifetimes sv_slaac_renew(const struct sv_lifetimes *old, sv_time now, uint32_t preferred_s, uint32_t valid_s);

/* RFC 8981 §3.8: DESYNC_FACTOR is drawn from [0, 0.4 of the preferred lifetime). */
static inline uint32_t sv_temp_desync_max_s(void)
{
    return SV_TEMP_PREFERRED_LIFETIME_S * 2u / 5u;
}
/* How long before its end of preference the next one is made (§3.8 REGEN_ADVANCE). */
uint32_t sv_temp_regen_advance_s(uint32_t dad_transmits, uint32_t retrans_ms);

/* Lifetimes of a temporary address made at `created` (§3.4 steps 1 and 4): never longer than its prefix's, nor than
 * what policy allows. Used for a new one, and again whenever the prefix is renewed. */
struct sv_lifetimes sv_temp_lifetimes(sv_time created, uint32_t desync_s, const struct sv_lifetimes *prefix);

#endif
