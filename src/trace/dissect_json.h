/* SPDX-License-Identifier: BSD-2-Clause */
/* A dissected frame as JSON: an object a layer, numbers as numbers, the names of the headers' own diagrams. */
#ifndef SV_TRACE_DISSECT_JSON_H
#define SV_TRACE_DISSECT_JSON_H

#include "trace/dissect.h"
#include "trace/sink.h"

/* Writes the members `"eth":{...},"ip":{...},...` of what was found, each with a comma in front, for the caller's own
 * object. Of a header cut short by the capture only what could be read is told. */
void sv_dissect_json(const struct sv_sink *sink, const struct sv_dissected *d);

#endif
