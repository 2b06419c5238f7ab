/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SV_PORT_ENTROPY_H
#define SV_PORT_ENTROPY_H

#include "seven/base.h"

/* Fills n bytes from the kernel's generator (getrandom, else /dev/urandom). False: neither is to be had;
 * then nothing must start that needs a secret. */
SV_MUST_CHECK bool sv_entropy(void *to, size_t n);

#endif
