/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of peer_lwip.c where liblwip-dev was not installed. */
#include "bench/bench.h"

static void *absent(const struct bench_case *c, struct bench_note *note)
{
    (void)c;
    bench_say(note, false, "not run: liblwip-dev was not there when this was built");
    return NULL;
}

const struct bench_contestant bench_lwip = {"lwip", absent, NULL, NULL};
