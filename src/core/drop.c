/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way a packet ends early, and the one way an event is written down. */
#include "core/core.h"

void sv_drop(struct sv_core *c, enum sv_drop why, struct sv_buf *take, sv_port port, uint32_t flow)
{
    SV_ASSERT((uint32_t)why < SV_DROP_COUNT);
    c->drops[why]++;
    SV_TRACE_EVENT(c, SV_TRACE_DROP, why, flow, take ? take->id : 0, port);
    sv_buf_free(take);
}

void sv_trace_event(struct sv_core *c, enum sv_trace_kind kind, uint16_t detail, uint32_t flow, uint32_t packet,
                    const uint32_t *arg, uint32_t args, const void *bytes, uint32_t n)
{
    struct sv_trace *trace = sv_core_trace(c);
    if (trace == NULL)
        return;
    SV_ASSERT(args <= SV_TRACE_ARGS);
    struct sv_trace_record record = {
        .time = c->now,
        .kind = (uint16_t)kind,
        .host = c->host,
        .bytes = (uint16_t)sv_min_u32(n, UINT16_MAX),
        .detail = detail,
        .flow = flow,
        .packet = packet,
    };
    for (uint32_t i = 0; i < args; i++)
        record.arg[i] = arg[i];
    sv_trace_emit(trace, &record, bytes);
}
