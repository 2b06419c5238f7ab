/* SPDX-License-Identifier: BSD-2-Clause */
/* The little of a C library that the programs named hash_* need to run as WebAssembly, so that the very source files
 * that x86-64 runs can be compared. Text leaves through the one import, put(). */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seven/base.h"

#define PAGE 65536u
#define LINE 1024u

struct sv_wasm_file {
    int number;
};
static const struct sv_wasm_file out = {1}, err = {2};
FILE *const stdout = (FILE *)&out, *const stderr = (FILE *)&err;

__attribute__((import_module("env"), import_name("put"))) void put(int file, const char *text, size_t n);

/* --- memory --- */

/* With -mbulk-memory each is one instruction. */
void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    return __builtin_memcpy(to, from, n);
}

void *memmove(void *to, const void *from, size_t n)
{
    return __builtin_memmove(to, from, n);
}

void *memset(void *to, int byte, size_t n)
{
    return __builtin_memset(to, byte, n);
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < n; i++) {
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

void *aligned_alloc(size_t alignment, size_t n)
{
    static uintptr_t next, end;
    if (!next)
        next = end = __builtin_wasm_memory_size(0) * PAGE;
    const uintptr_t at = (next + alignment - 1u) & ~(uintptr_t)(alignment - 1u);
    const size_t missing = at + n > end ? (at + n - end + PAGE - 1u) / PAGE : 0;
    if (missing && __builtin_wasm_memory_grow(0, missing) == SIZE_MAX)
        return NULL;
    end += missing * PAGE;
    next = at + n;
    return (void *)at;
}

void *malloc(size_t n)
{
    return aligned_alloc(16, n);
}

void *calloc(size_t n, size_t each)
{
    return aligned_alloc(16, n * each); /* it is fresh, so it is zero */
}

void free(void *p)
{
    (void)p;
}

_Noreturn void abort(void)
{
    __builtin_trap();
}

_Noreturn void exit(int status)
{
    fprintf(stderr, "exit %d\n", status);
    abort();
}

/* For a program that brings none of its own. */
_Noreturn __attribute__((weak)) void sv_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: promise broken: %s\n", file, line, what);
    abort();
}

/* --- text --- */

struct text {
    char *to;
    size_t room, n;
};

static void character(struct text *t, char c)
{
    if (t->n + 1u < t->room)
        t->to[t->n] = c;
    t->n++;
}

struct how {
    bool left, zero;
    uint32_t width, decimals;
};

static void padded(struct text *t, const char *text, size_t n, struct how how)
{
    for (size_t i = n; !how.left && i < how.width; i++)
        character(t, how.zero ? '0' : ' ');
    for (size_t i = 0; i < n; i++)
        character(t, text[i]);
    for (size_t i = n; how.left && i < how.width; i++)
        character(t, ' ');
}

static void number(struct text *t, unsigned long long value, bool negative, unsigned base, struct how how)
{
    char digit[24];
    size_t at = sizeof digit;
    do {
        digit[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative)
        digit[--at] = '-';
    padded(t, digit + at, sizeof digit - at, how);
}

static void decimal(struct text *t, double value, struct how how)
{
    unsigned long long scale = 1;
    for (uint32_t i = 0; i < how.decimals; i++)
        scale *= 10u;
    const unsigned long long all = (unsigned long long)(value * (double)scale + 0.5);
    number(t, all / scale, false, 10, (struct how){.width = 1});
    character(t, '.');
    number(t, all % scale, false, 10, (struct how){.zero = true, .width = how.decimals});
}

static uint32_t count(const char **at)
{
    uint32_t n = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        n = n * 10u + (uint32_t)(**at - '0');
    return n;
}

/* One conversion, from behind its '%'. */
static const char *convert(struct text *t, const char *at, va_list *args)
{
    struct how how = {.decimals = 6};
    uint32_t longs = 0;
    for (; *at == '-' || *at == '0'; at++) {
        how.left = how.left || *at == '-';
        how.zero = how.zero || *at == '0';
    }
    how.width = count(&at);
    if (*at == '.') {
        at++;
        how.decimals = count(&at);
    }
    for (; *at == 'l'; at++)
        longs++;
    if (*at == 'd') {
        const long long value = longs > 1 ? va_arg(*args, long long) : va_arg(*args, int);
        number(t, value < 0 ? 0ull - (unsigned long long)value : (unsigned long long)value, value < 0, 10, how);
    } else if (*at == 'u' || *at == 'x') {
        const unsigned long long value = longs > 1 ? va_arg(*args, unsigned long long) : va_arg(*args, unsigned);
        number(t, value, false, *at == 'x' ? 16 : 10, how);
    } else if (*at == 's') {
        const char *text = va_arg(*args, const char *);
        padded(t, text, strlen(text), how);
    } else if (*at == 'f') {
        decimal(t, va_arg(*args, double), how);
    } else {
        character(t, *at == 'c' ? (char)va_arg(*args, int) : *at);
    }
    return at + 1;
}

int vsnprintf(char *to, size_t room, const char *format, va_list args)
{
    struct text t = {to, room, 0};
    va_list mine;
    va_copy(mine, args);
    while (*format) {
        if (*format == '%')
            format = convert(&t, format + 1, &mine);
        else
            character(&t, *format++);
    }
    va_end(mine);
    if (room)
        to[t.n < room ? t.n : room - 1u] = 0;
    return (int)t.n;
}

int snprintf(char *to, size_t room, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(to, room, format, args);
    va_end(args);
    return n;
}

static int say(int file, const char *format, va_list args)
{
    char line[LINE];
    const int n = vsnprintf(line, sizeof line, format, args);
    put(file, line, n < (int)LINE ? (size_t)n : LINE - 1u);
    return n;
}

int printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = say(1, format, args);
    va_end(args);
    return n;
}

int fprintf(FILE *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = say(to->number, format, args);
    va_end(args);
    return n;
}
