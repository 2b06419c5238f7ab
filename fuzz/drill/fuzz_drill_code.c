/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a snippet's code, and as a command's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drill/python.h"
#include "drill/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lookup(void *ctx, const char *name, int64_t *value)
{
    (void)ctx;
    *value = (int64_t)strlen(name) * 1000;
    return name[0] == 't';
}

static int sysctl(void *ctx, const char *name, const char *value)
{
    (void)ctx;
    return strlen(name) < 3 ? -ENOENT : value[0] == '-' ? -EINVAL : 0;
}

static int sysctl_get(void *ctx, const char *name, char *value, size_t size)
{
    (void)ctx;
    if (size)
        value[0] = 0;
    return strlen(name) < 3 ? -ENOENT : 0;
}

static void freebsd(void *ctx)
{
    (void)ctx;
}

static void route(void *ctx, uint32_t mtu, uint32_t advmss, uint32_t initcwnd)
{
    (void)ctx;
    (void)mtu;
    (void)advmss;
    (void)initcwnd;
}

static void tso(void *ctx, bool on)
{
    (void)ctx;
    (void)on;
}

static void tc(void *ctx, const char *words)
{
    (void)ctx;
    if (strlen(words) > 100000) /* reads all of it */
        abort();
}

static void nap(void *ctx, uint64_t ns)
{
    (void)ctx;
    (void)ns;
}

static void sockets(void *ctx, bool proc, struct sv_line_text *to)
{
    (void)ctx;
    sv_text_format(to, proc ? "0: 0 0A 0\n" : "a LISTEN\n");
}

static void flush_metrics(void *ctx)
{
    (void)ctx;
}

static const char *counter(void *ctx, uint32_t index, uint64_t *value)
{
    static const char *const names[] = {"TcpActiveOpens", "TcpExtTCPFastOpenActive", NULL};
    (void)ctx;
    *value = index;
    return index < 2 ? names[index] : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv_drill_error error;
    char *text = malloc(size + 1), why[64];
    struct sv_drill_python *py = calloc(1, sizeof *py);
    struct sv_drill_shell shell = {.sysctl = sysctl,
                                   .sysctl_get = sysctl_get,
                                   .freebsd = freebsd,
                                   .sleep = nap,
                                   .flush_metrics = flush_metrics,
                                   .route = route,
                                   .tso = tso,
                                   .tc = tc,
                                   .counter = counter,
                                   .sockets = sockets,
                                   .folder = "/nowhere/"};
    if (text && py && size) {
        memcpy(text, data + 1, size - 1);
        text[size - 1] = 0;
        py->lookup = lookup;
        if (data[0] & 1)
            (void)sv_drill_shell_run(&shell, text, why, sizeof why);
        else if (sv_drill_python_check(text, 1, &error) == SV_DRILL_PY_OK)
            (void)sv_drill_python_run(py, text, 1, &error);
    }
    free(text);
    free(py);
    return 0;
}
