/* SPDX-License-Identifier: BSD-2-Clause */
/* Built where no bugs are planted: there are none. */
#include "scenario/planted.h"

uint32_t sc_planted;

uint32_t sc_plants(void)
{
    return 0;
}

const char *sc_plant_name(uint32_t number)
{
    (void)number;
    return "none";
}

void sc_plant(uint32_t number)
{
    sc_planted = number;
}
