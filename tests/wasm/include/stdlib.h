/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SV_WASM_STDLIB_H
#define SV_WASM_STDLIB_H

#include <stddef.h>

/* Memory comes from the end and does not go back. */
void *malloc(size_t n);
void *calloc(size_t n, size_t each);
void *aligned_alloc(size_t alignment, size_t n);
void free(void *p);
_Noreturn void abort(void);
_Noreturn void exit(int status); /* as abort() */

#endif
