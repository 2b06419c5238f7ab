/* SPDX-License-Identifier: BSD-2-Clause */
/* How many columns text takes on a terminal, and where a line of it may be broken: East Asian wide and
 * full-width characters take two (Unicode annex 11), combining marks none. Own table, so that a drawing is the same
 * on every machine, whatever its locale or C library. */
#ifndef SV_TRACE_WIDTH_H
#define SV_TRACE_WIDTH_H

#include <stddef.h>
#include <stdint.h>

#define SV_UTF8_BAD 0xffffffffu

/* The character at `text` (n bytes, at least one) and how many bytes it takes. What is not UTF-8 (RFC 3629) is
 * SV_UTF8_BAD and one byte. */
size_t sv_utf8_next(const char *text, size_t n, uint32_t *character);

/* 0, 1 or 2. */
uint32_t sv_width_char(uint32_t character);

/* Columns of n bytes of text. Bytes that are not UTF-8, and control characters, count one: they are shown as '?'. */
uint32_t sv_width_text(const char *text, size_t n);

/* How many bytes of the text fit into `columns`. */
size_t sv_width_cut(const char *text, size_t n, uint32_t columns);

/* True for what must not reach a terminal: control characters (also of 0x80 to 0x9f), marks that reverse the
 * direction of writing, and bytes that are not UTF-8. */
int sv_width_unsafe(uint32_t character);

/* The first line of a paragraph broken to `columns`: gives its length in bytes (without the spaces that end it), and
 * in *next where the rest begins (spaces skipped; n when nothing is left). Breaks at spaces, and beside any wide
 * character, but no closing mark comes to a line's start and no opening one to its end. A word too long for a line is
 * cut. At least one character is taken, so that a loop ends. */
size_t sv_width_break(const char *text, size_t n, uint32_t columns, size_t *next);

#endif
