/* SPDX-License-Identifier: BSD-2-Clause */
/* What the programs named hash_* use of the C library, where there is none: wasm32 (libc.c). */
#ifndef SV_WASM_STRING_H
#define SV_WASM_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *text);

#endif
