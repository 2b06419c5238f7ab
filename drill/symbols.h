/* SPDX-License-Identifier: BSD-2-Clause */
/* The names that scripts use for numbers: Linux's constants, on whatever machine. */
#ifndef SV_DRILL_SYMBOLS_H
#define SV_DRILL_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

bool sv_drill_symbol(const char *name, int64_t *value);

/* "EINPROGRESS" of 115; NULL: no such error. */
const char *sv_drill_errno_name(int number);

#endif
