/* SPDX-License-Identifier: BSD-2-Clause */
/* The assertion hook that libseven brings: it says what was broken and aborts, so that a debugger or a
 * core file shows the place. An embedder of libseven-core alone supplies its own (seven/base.h). */
#include "seven/base.h"

#include <stdio.h>
#include <stdlib.h>

SV_API _Noreturn void sv_assert_failed(const char *what, const char *file, int line)
{
    /* Nothing can be done about a failure to print. */
    (void)fprintf(stderr, "seven: a promise of ours is broken: %s (%s:%d)\n", what, file, line);
    (void)fflush(stderr);
    abort();
}
