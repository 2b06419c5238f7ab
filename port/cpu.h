/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SV_PORT_CPU_H
#define SV_PORT_CPU_H

#include <stdint.h>

/* What this processor and its operating system let us use, as enum sv_cpu bits (core/checksum.h) for
 * sv_stack_config.cpu. */
uint32_t sv_cpu_detect(void);

#endif
