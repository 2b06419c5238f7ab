/* SPDX-License-Identifier: BSD-2-Clause */
/* Ladders, as the commands set them up. */
#ifndef SV_CLI_SINKS_H
#define SV_CLI_SINKS_H

#include "cli/network.h"
#include "trace/ladder_from_trace.h"

/* A live run of ours against a stranger. Memory from the process. */
void cli_ladder_source(struct sv_ladder_source *source);

/* Draws what was built; `columns` 0: the terminal's. False: there is nothing. */
bool cli_ladder_draw(struct sv_ladder_build *build, FILE *stream, uint32_t columns, bool utf8, bool colored);

/* Frames that -w has taken so far. */
uint64_t cli_network_captured(const struct cli_network *n);

#endif
