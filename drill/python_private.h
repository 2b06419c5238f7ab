/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SV_DRILL_PYTHON_PRIVATE_H
#define SV_DRILL_PYTHON_PRIVATE_H

#include "drill/parser.h"
#include "drill/python.h"

/* Expressions are evaluated while they are read; what is skipped (the right side of a decided `or`, everything when
 * only checking) is read all the same, and gives none. */
struct sv_drill_py {
    struct sv_drill_python *py;
    const char *at;
    uint32_t line, column;
    uint32_t depth; /* of parentheses: newlines are blanks within */
    uint32_t nested;
    uint32_t skip;
    enum sv_drill_py_result result;
    struct sv_drill_error *error;
};

void sv_drill_py_fail(struct sv_drill_py *x, enum sv_drill_py_result why, const char *format, ...)
    SV_DRILL_PRINTF(3, 4);
void sv_drill_py_blanks(struct sv_drill_py *x);
bool sv_drill_py_take(struct sv_drill_py *x, const char *mark); /* an operator */
bool sv_drill_py_take_word(struct sv_drill_py *x, const char *word);
bool sv_drill_py_name(struct sv_drill_py *x, char *to, size_t size); /* an identifier */
bool sv_drill_py_end_of_statement(struct sv_drill_py *x);

struct sv_drill_py_value sv_drill_py_expression(struct sv_drill_py *x);
struct sv_drill_py_value sv_drill_py_int(int64_t i);
bool sv_drill_py_true(const struct sv_drill_py_value *v);
/* As str() gives it; `quote`: as repr(). */
void sv_drill_py_text(const struct sv_drill_py_value *v, bool quote, char *to, size_t size);
/* Values with commas up to `close`; the count, at most `max`. */
uint32_t sv_drill_py_values(struct sv_drill_py *x, const char *close, struct sv_drill_py_value *to, uint32_t max);

/* python_value.c */
struct sv_drill_py_value sv_drill_py_binary(struct sv_drill_py *x, const char *op, const struct sv_drill_py_value *a,
                                            const struct sv_drill_py_value *b);
bool sv_drill_py_compare(struct sv_drill_py *x, const char *op, const struct sv_drill_py_value *a,
                         const struct sv_drill_py_value *b);
struct sv_drill_py_value sv_drill_py_format(struct sv_drill_py *x, const char *format,
                                            const struct sv_drill_py_value *values, uint32_t n);
bool sv_drill_py_constant(const char *name, int64_t *value);

#endif
