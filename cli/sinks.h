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

/* True when the frame is TCP of the connection this ladder has found already. */
bool cli_ladder_owns(const struct sv_ladder_build *build, uint32_t link, const uint8_t *frame, size_t captured);

/* Where the number of frames that -w took is put when the file is complete; NULL: nowhere. */
void cli_network_count_captured(struct cli_network *n, uint64_t *to);

#endif
