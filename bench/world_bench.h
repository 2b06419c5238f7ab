/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of build/bench_world: each prints its lines and writes its member into the JSON; false: a check failed. */
#ifndef BENCH_WORLD_BENCH_H
#define BENCH_WORLD_BENCH_H

#include <stdbool.h>
#include <stdio.h>

bool world_transfer(bool quick, FILE *json);
bool world_idle(FILE *json);
bool world_thousand(FILE *json);
bool world_back(FILE *json);

#endif
