/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SV_TESTS_EXCHANGE_GROUPS_H
#define SV_TESTS_EXCHANGE_GROUPS_H

#include "tests/support/exchange.h"

extern const struct sv_exchange_group *const sv_exchange_groups[];
extern const uint32_t sv_exchange_group_count;

#endif
