/* SPDX-License-Identifier: BSD-2-Clause */
/* What packet scripts write between %{ and }%: a small part of Python. Statements: assert, print(), assignments, pass,
 * a one-line if. Expressions: or and not, chained comparisons, in, the bit and arithmetic operators, "..." % values,
 * a if b else c, min() max() abs() len() int() str(). Anything else is named, with its line, and fails. */
#ifndef SV_DRILL_PYTHON_H
#define SV_DRILL_PYTHON_H

#include "drill/script.h"

#define SV_DRILL_PY_NAMES 64u
#define SV_DRILL_PY_TEXT 256u

enum sv_drill_py_kind {
    SV_DRILL_PY_NONE,
    SV_DRILL_PY_INT, /* and bool */
    SV_DRILL_PY_FLOAT,
    SV_DRILL_PY_STRING,
};

struct sv_drill_py_value {
    uint8_t kind; /* enum sv_drill_py_kind */
    int64_t i;
    double f;
    char text[SV_DRILL_PY_TEXT];
};

struct sv_drill_python {
    /* The value of a name that no assignment made: tcpi_snd_cwnd. False: not known. May be NULL. */
    bool (*lookup)(void *ctx, const char *name, int64_t *value);
    void (*print)(void *ctx, const char *line); /* may be NULL */
    void *ctx;
    uint32_t names;
    struct {
        char name[48];
        struct sv_drill_py_value value;
    } name[SV_DRILL_PY_NAMES];
};

enum sv_drill_py_result {
    SV_DRILL_PY_OK,
    SV_DRILL_PY_ASSERTION, /* an assertion does not hold */
    SV_DRILL_PY_UNKNOWN,   /* not this part of Python, or a name or an operation that does not exist */
};

/* Runs the statements; names stay for the next time. Lines of errors count from `line`, the text's first. */
enum sv_drill_py_result sv_drill_python_run(struct sv_drill_python *py, const char *text, uint32_t line,
                                            struct sv_drill_error *error);
/* Only reads them: what would be unknown at every run. */
enum sv_drill_py_result sv_drill_python_check(const char *text, uint32_t line, struct sv_drill_error *error);

#endif
