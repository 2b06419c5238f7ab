/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of the small Python: operators, comparisons, %-formatting, and the constants of <linux/tcp.h>. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "drill/python_private.h"

struct sv_drill_py_value sv_drill_py_int(int64_t i)
{
    return (struct sv_drill_py_value){.kind = SV_DRILL_PY_INT, .i = i};
}

static struct sv_drill_py_value of_float(double f)
{
    return (struct sv_drill_py_value){.kind = SV_DRILL_PY_FLOAT, .f = f};
}

bool sv_drill_py_true(const struct sv_drill_py_value *v)
{
    switch (v->kind) {
    case SV_DRILL_PY_INT:
        return v->i != 0;
    case SV_DRILL_PY_FLOAT:
        return v->f < 0 || v->f > 0;
    case SV_DRILL_PY_STRING:
        return v->text[0] != 0;
    default:
        return false;
    }
}

void sv_drill_py_text(const struct sv_drill_py_value *v, bool quote, char *to, size_t size)
{
    if (v->kind == SV_DRILL_PY_INT)
        (void)snprintf(to, size, "%" PRId64, v->i);
    else if (v->kind == SV_DRILL_PY_FLOAT)
        (void)snprintf(to, size, "%.12g", v->f);
    else if (v->kind == SV_DRILL_PY_STRING)
        (void)snprintf(to, size, quote ? "'%s'" : "%s", v->text);
    else
        (void)snprintf(to, size, "None");
}

static double as_float(const struct sv_drill_py_value *v)
{
    return v->kind == SV_DRILL_PY_FLOAT ? v->f : (double)v->i;
}

/* Python rounds quotients down, and remainders have the divisor's sign. */
static int64_t floor_divide(int64_t a, int64_t b)
{
    const int64_t q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

static struct sv_drill_py_value of_ints(struct sv_drill_py *x, char op, bool twice, int64_t a, int64_t b)
{
    const uint64_t ua = (uint64_t)a, ub = (uint64_t)b;
    if ((op == '/' || op == '%') && (b == 0 || (a == INT64_MIN && b == -1))) {
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "a division that has no result");
        return sv_drill_py_int(0);
    }
    if ((op == '<' || op == '>') && (b < 0 || b > 62)) {
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "a shift by %" PRId64, b);
        return sv_drill_py_int(0);
    }
    switch (op) {
    case '+':
        return sv_drill_py_int((int64_t)(ua + ub));
    case '-':
        return sv_drill_py_int((int64_t)(ua - ub));
    case '*':
        return sv_drill_py_int((int64_t)(ua * ub));
    case '/':
        return twice ? sv_drill_py_int(floor_divide(a, b)) : of_float((double)a / (double)b);
    case '%':
        return sv_drill_py_int((int64_t)(ua - (uint64_t)floor_divide(a, b) * ub));
    case '|':
        return sv_drill_py_int(a | b);
    case '^':
        return sv_drill_py_int(a ^ b);
    case '&':
        return sv_drill_py_int(a & b);
    case '<':
        return sv_drill_py_int((int64_t)(ua << b));
    default:
        return sv_drill_py_int(a >> b);
    }
}

static struct sv_drill_py_value of_floats(struct sv_drill_py *x, const char *op, double a, double b)
{
    const bool divides = op[0] == '/' && !op[1];
    if (divides && !(b < 0 || b > 0))
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "a division by zero");
    else if (divides)
        return of_float(a / b);
    else if (op[0] == '+')
        return of_float(a + b);
    else if (op[0] == '-')
        return of_float(a - b);
    else if (op[0] == '*')
        return of_float(a * b);
    else
        sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "%s of floating-point numbers", op);
    return of_float(0);
}

struct sv_drill_py_value sv_drill_py_binary(struct sv_drill_py *x, const char *op, const struct sv_drill_py_value *a,
                                            const struct sv_drill_py_value *b)
{
    struct sv_drill_py_value r = {.kind = SV_DRILL_PY_NONE};
    if (x->skip)
        return r;
    if (a->kind == SV_DRILL_PY_STRING && b->kind == SV_DRILL_PY_STRING && op[0] == '+') {
        const size_t n = strlen(a->text), room = sizeof r.text - 1 - n;
        const size_t m = strlen(b->text) < room ? strlen(b->text) : room;
        r.kind = SV_DRILL_PY_STRING;
        memcpy(r.text, a->text, n);
        memcpy(r.text + n, b->text, m);
        return r;
    }
    if (a->kind == SV_DRILL_PY_INT && b->kind == SV_DRILL_PY_INT)
        return of_ints(x, op[0], op[1] != 0, a->i, b->i);
    if ((a->kind == SV_DRILL_PY_INT || a->kind == SV_DRILL_PY_FLOAT) &&
        (b->kind == SV_DRILL_PY_INT || b->kind == SV_DRILL_PY_FLOAT))
        return of_floats(x, op, as_float(a), as_float(b));
    sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "%s of values that are no numbers", op);
    return r;
}

bool sv_drill_py_compare(struct sv_drill_py *x, const char *op, const struct sv_drill_py_value *a,
                         const struct sv_drill_py_value *b)
{
    const bool numbers = (a->kind == SV_DRILL_PY_INT || a->kind == SV_DRILL_PY_FLOAT) &&
                         (b->kind == SV_DRILL_PY_INT || b->kind == SV_DRILL_PY_FLOAT);
    int order = 0;
    bool equal;
    if (x->skip)
        return false;
    if (a->kind == SV_DRILL_PY_INT && b->kind == SV_DRILL_PY_INT) {
        order = a->i < b->i ? -1 : a->i > b->i;
        equal = order == 0;
    } else if (numbers) {
        order = as_float(a) < as_float(b) ? -1 : as_float(a) > as_float(b);
        equal = order == 0;
    } else {
        equal = a->kind == b->kind && strcmp(a->text, b->text) == 0;
        if (op[0] != '=' && op[0] != '!' && (a->kind != SV_DRILL_PY_STRING || b->kind != a->kind))
            sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "%s of values of unlike kinds", op);
        order = strcmp(a->text, b->text);
    }
    if (op[0] == '=')
        return equal;
    if (op[0] == '!')
        return !equal;
    return op[0] == '<' ? (op[1] ? order <= 0 : order < 0) : (op[1] ? order >= 0 : order > 0);
}

/* %d %i %u %s %r %f %x %g, with flags, width and precision; %%. */
struct sv_drill_py_value sv_drill_py_format(struct sv_drill_py *x, const char *format,
                                            const struct sv_drill_py_value *values, uint32_t n)
{
    struct sv_drill_py_value r = {.kind = SV_DRILL_PY_STRING};
    size_t used = 0;
    uint32_t next = 0;
    for (const char *p = format; *p && used + 1 < sizeof r.text; p++) {
        char spec[24] = "%", text[SV_DRILL_PY_TEXT];
        if (*p != '%' || p[1] == '%') {
            r.text[used++] = *p;
            p += *p == '%';
            continue;
        }
        const size_t flags = strspn(p + 1, "-+ #0123456789.");
        const char kind = p[1 + flags];
        if (flags > 12 || !kind || !strchr("diusrfgex", kind) || next == n) {
            sv_drill_py_fail(x, SV_DRILL_PY_UNKNOWN, "a format whose %% is not known, or that has too few values");
            return r;
        }
        const struct sv_drill_py_value *v = &values[next++];
        memcpy(spec + 1, p + 1, flags);
        p += 1 + flags;
        const double f = as_float(v);
        const int64_t i = v->kind == SV_DRILL_PY_FLOAT ? (int64_t)v->f : v->i;
        sv_drill_py_text(v, kind == 'r', text, sizeof text);
        (void)snprintf(spec + 1 + flags, sizeof spec - 1 - flags, "%s",
                       strchr("diu", kind)  ? PRId64
                       : kind == 'x'        ? PRIx64
                       : strchr("sr", kind) ? "s"
                                            : "f");
        const size_t room = sizeof r.text - used;
        if (strchr("diux", kind))
            (void)snprintf(r.text + used, room, spec, i);
        else if (strchr("sr", kind))
            (void)snprintf(r.text + used, room, spec, text);
        else
            (void)snprintf(r.text + used, room, spec, f);
        used = strlen(r.text);
    }
    return r;
}

bool sv_drill_py_constant(const char *name, int64_t *value)
{
    static const struct {
        const char *name;
        int64_t value;
    } constants[] = {
        {"True", 1},
        {"False", 0},
        {"TCP_ESTABLISHED", 1},
        {"TCP_SYN_SENT", 2},
        {"TCP_SYN_RECV", 3},
        {"TCP_FIN_WAIT1", 4},
        {"TCP_FIN_WAIT2", 5},
        {"TCP_TIME_WAIT", 6},
        {"TCP_CLOSE", 7},
        {"TCP_CLOSE_WAIT", 8},
        {"TCP_LAST_ACK", 9},
        {"TCP_LISTEN", 10},
        {"TCP_CLOSING", 11},
        {"TCP_CA_Open", 0},
        {"TCP_CA_Disorder", 1},
        {"TCP_CA_CWR", 2},
        {"TCP_CA_Recovery", 3},
        {"TCP_CA_Loss", 4},
        {"TCPI_ESTABLISHED", 1}, /* FreeBSD's names of Linux's numbers */
        {"TCPI_SYN_SENT", 2},
        {"TCPI_SYN_RECEIVED", 3},
        {"TCPI_FIN_WAIT_1", 4},
        {"TCPI_FIN_WAIT_2", 5},
        {"TCPI_TIME_WAIT", 6},
        {"TCPI_CLOSED", 7},
        {"TCPI_CLOSE_WAIT", 8},
        {"TCPI_LAST_ACK", 9},
        {"TCPI_LISTEN", 10},
        {"TCPI_CLOSING", 11},
        {"TCPI_OPT_TIMESTAMPS", 1},
        {"TCPI_OPT_SACK", 2},
        {"TCPI_OPT_WSCALE", 4},
        {"TCPI_OPT_ECN", 8},
        {"TCPI_OPT_ECN_SEEN", 16},
        {"TCPI_OPT_SYN_DATA", 32},
    };
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        if (strcmp(constants[i].name, name) == 0) {
            *value = constants[i].value;
            return true;
        }
    }
    return false;
}
