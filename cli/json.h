/* SPDX-License-Identifier: BSD-2-Clause */
/* The little JSON that seven ss and seven ip need: fields of one object a line, as our own processes write
 * them, and a pretty form. */
#ifndef SV_CLI_JSON_H
#define SV_CLI_JSON_H

#include <stdio.h>

#include "seven/base.h"

/* The raw value of a member of the outermost object of `line`: *n bytes from the result; NULL: none. */
const char *cli_json_member(const char *line, const char *key, size_t *n);

/* A number; `otherwise` when there is none. */
uint64_t cli_json_number(const char *line, const char *key, uint64_t otherwise);

/* A string, without its quotes and with \" \\ and \/ undone; "" when there is none. Gives `to`. */
const char *cli_json_text(const char *line, const char *key, char *to, size_t room);

bool cli_json_true(const char *line, const char *key);

/* The elements of an array, one after the other: *at begins as the raw value of the array. NULL: no more. */
const char *cli_json_element(const char **at, const char *end, size_t *n);

/* Writes a value, with line breaks and indents if `pretty`. */
void cli_json_write(FILE *to, const char *value, size_t n, bool pretty);

/* From now on what is a whole object or array on a line of its own leaves stdout in the pretty form, the rest as it
 * is: who prints JSON prints lines, and need not know of -p. stdout is another stream then (glibc's fopencookie()). */
void cli_json_pretty_stdout(void);

#endif
