/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario drawn from a seed: a small world, bad links, faults, and what must hold all the same. As text, so that
 * one that fails is a file like any other, and can be shrunk. */
#ifndef SC_RANDOM_H
#define SC_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes it, terminated; the length. `room` of 16 KiB is enough. */
size_t sc_random(uint64_t seed, char *to, size_t room);

#endif
