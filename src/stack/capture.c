/* SPDX-License-Identifier: BSD-2-Clause */
/* What a stack shows of itself to whoever captures: frames, as they are on the wire. */
#include "core/segment.h"
#include "stack/stack_internal.h"

void sv_stack_capture(struct sv_stack *s, enum sv_trace_kind kind, const struct sv_buf *b, sv_port port)
{
    sv_frame_trace(&s->core, kind, b, port);
}
