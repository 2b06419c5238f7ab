/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SV_PORT_MEMORY_H
#define SV_PORT_MEMORY_H

#include "seven/base.h"

/* Memory for an arena: zero, page-aligned, and backed only where it is touched (a ceiling of millions costs
 * nothing until it is used). `huge` asks for huge pages where the kernel gives them: for worlds that are
 * used whole. NULL: the address space or the limit is used up. */
void *sv_memory_map(uint64_t bytes, bool huge);

/* Gives it back; `bytes` as it was asked for. NULL is allowed. */
void sv_memory_unmap(void *memory, uint64_t bytes);

#endif
