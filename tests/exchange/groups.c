/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/exchange/groups.h"

#define GROUPS(X) X(opening) X(closing) X(arrivals) X(data) X(time_wait) X(retransmit)                                \
    X(window) X(options) X(around) X(corners) X(ecn) X(sack) X(demands) X(setup) X(defence)

#define SV_X(name) extern const struct sv_exchange_group sv_exchange_##name;
GROUPS(SV_X)
#undef SV_X

#define SV_X(name) &sv_exchange_##name,
const struct sv_exchange_group *const sv_exchange_groups[] = {GROUPS(SV_X)};
#undef SV_X

const uint32_t sv_exchange_group_count = sizeof sv_exchange_groups / sizeof sv_exchange_groups[0];
