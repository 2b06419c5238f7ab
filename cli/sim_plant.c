/* SPDX-License-Identifier: BSD-2-Clause */
/* --plant: one of the bugs of seven-planted, by its name or drawn by a seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/sim.h"
#include "core/rng.h"
#include "scenario/planted.h"

static uint32_t drawn(uint64_t seed)
{
    struct sv_rng rng;
    sv_rng_seed(&rng, seed, 0, 301);
    return 1u + sv_rng_below(&rng, sc_plants());
}

static uint32_t named(const char *name)
{
    for (uint32_t i = 1; i <= sc_plants(); i++) {
        if (strcmp(sc_plant_name(i), name) == 0)
            return i;
    }
    return 0;
}

int sim_plant(const char *what)
{
    char *end;
    if (!what)
        return CLI_PARSED;
    if (!sc_plants())
        return cli_usage("sim", "this program has no planted bugs; the one that has: ninja -C build seven-planted");
    if (strcmp(what, "list") == 0) {
        for (uint32_t i = 1; i <= sc_plants(); i++)
            puts(sc_plant_name(i));
        return 0;
    }
    const uint64_t seed = strtoull(what, &end, 10);
    const uint32_t bug = end != what && !*end ? drawn(seed) : named(what);
    if (!bug)
        return cli_usage("sim", "no planted bug is called \"%s\" (--plant list)", what);
    fprintf(stderr, "planted: %s\n", sc_plant_name(bug));
    sc_plant(bug);
    return CLI_PARSED;
}
