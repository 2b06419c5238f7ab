/* SPDX-License-Identifier: BSD-2-Clause */
/* What the core's test programs share: a world's memory, and a plain generator that the code under test
 * does not know. */
#ifndef SV_TESTS_UNIT_CORE_SUPPORT_H
#define SV_TESTS_UNIT_CORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seven/arena.h"

/* cmocka's own failure, so that a test can expect a broken promise (expect_assert_failure). */
_Noreturn void sv_assert_failed(const char *what, const char *file, int line)
{
    mock_assert(0, what, file, line);
    abort();
}

static inline void *zeroed_pages(size_t bytes)
{
    void *memory = aligned_alloc(4096, (bytes + 4095) & ~(size_t)4095);
    assert_non_null(memory);
    memset(memory, 0, (bytes + 4095) & ~(size_t)4095);
    return memory;
}

struct dice {
    uint64_t state;
};

static inline uint32_t roll(struct dice *d, uint32_t below)
{
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    const uint64_t v = d->state ^ d->state >> 29;
    return (uint32_t)((v >> 16) % below);
}

#endif
