/* SPDX-License-Identifier: BSD-2-Clause */
/* Planted bugs: mistakes in TCP's steps, its state table, its timers, that a sweep of random worlds must find. They are
 * in the program seven-planted alone, whose sources tools/plant makes; any other has none. */
#ifndef SC_PLANTED_H
#define SC_PLANTED_H

#include <stdint.h>

extern uint32_t sc_planted; /* the bug that is in force; 0: none */

uint32_t sc_plants(void);                   /* how many there are; 0: this program has none */
const char *sc_plant_name(uint32_t number); /* from 1 */
void sc_plant(uint32_t number);             /* 0: none */

#endif
