/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SV_WASM_STDIO_H
#define SV_WASM_STDIO_H

#include <stdarg.h>
#include <stddef.h>

typedef struct sv_wasm_file FILE;
extern FILE *const stdout, *const stderr;

/* Of the conversions: c d s u x, with 0, -, width, l and ll, and %.3f of what is not negative. */
int vsnprintf(char *to, size_t room, const char *format, va_list args) __attribute__((format(printf, 3, 0)));
int snprintf(char *to, size_t room, const char *format, ...) __attribute__((format(printf, 3, 4)));
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fprintf(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
