/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of lpm_dpdk.c where libdpdk-dev was not installed. */
#include "bench/lpm.h"

static const char why[] = "not run: libdpdk-dev was not there when this was built";

bool lpm_dpdk_init(void)
{
    return false;
}

const struct lpm_holder lpm_rte_lpm = {.name = "rte_lpm", .absent = why};
const struct lpm_holder lpm_rte_fib = {.name = "rte_fib", .absent = why};
const struct lpm_holder lpm_rte_lpm6 = {.name = "rte_lpm6", .v6 = true, .absent = why};
const struct lpm_holder lpm_rte_fib6 = {.name = "rte_fib6", .v6 = true, .absent = why};
