/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace/ladder_words.h"

#include <stdio.h>
#include <string.h>

uint8_t sv_ladder_again(uint32_t reason)
{
    static const uint8_t re[] = {
        [SV_SENT_RTO] = SV_LADDER_RE_RTO,     [SV_SENT_FAST] = SV_LADDER_RE_FAST,
        [SV_SENT_PROBE] = SV_LADDER_RE_PROBE, [SV_SENT_KEEPALIVE] = SV_LADDER_RE_KEEPALIVE,
        [SV_SENT_TLP] = SV_LADDER_RE_TLP,     [SV_SENT_SACK] = SV_LADDER_RE_SACK,
        [SV_SENT_WINDOW] = SV_LADDER_RE_NONE,
    };
    return reason < sizeof re ? re[reason] : SV_LADDER_RE_NONE;
}

/* The record has the timeout that runs now, doubled already (RFC 6298 §5.5): half of it ran out, or all of it when the
 * ceiling was reached, which the time since the timer was set tells. */
static void sv_ladder_rto(struct sv_ladder_row *row, const struct sv_trace_record *r, sv_time set_at)
{
    const uint64_t next = (uint64_t)r->arg[1] * SV_US;
    const uint64_t elapsed = set_at == SV_NEVER ? 0 : r->time - set_at;
    const bool capped = elapsed > next - next / 8 && elapsed < next + next / 8;
    row->duration_ns = capped ? next : next / 2;
    row->next_ns = next;
}

bool sv_ladder_timer_shows(const struct sv_trace_record *r)
{
    return r->detail < SV_TIMER_COUNT && r->detail != SV_TIMER_PACING;
}

void sv_ladder_timer(struct sv_ladder_row *row, const struct sv_trace_record *r, struct sv_ladder_clock *clock)
{
    static const uint8_t says[SV_TIMER_COUNT] = {
        [SV_TIMER_RTO] = SV_LADDER_SAY_RTO,
        [SV_TIMER_PERSIST] = SV_LADDER_SAY_PERSIST,
        [SV_TIMER_KEEPALIVE] = SV_LADDER_SAY_KEEPALIVE,
        [SV_TIMER_DELACK] = SV_LADDER_SAY_DELACK,
        [SV_TIMER_TIME_WAIT] = SV_LADDER_SAY_2MSL,
        [SV_TIMER_USER] = SV_LADDER_SAY_USER_TIMEOUT,
        [SV_TIMER_PROBE] = SV_LADDER_SAY_TLP,
        [SV_TIMER_REORDER] = SV_LADDER_SAY_REORDER,
    };
    row->bracket = says[r->detail];
    row->foldable = r->detail == SV_TIMER_DELACK;
    if (r->detail == SV_TIMER_RTO) {
        sv_ladder_rto(row, r, clock->rto_set_at);
        clock->rto_set_at = r->time;
    }
    if (r->detail == SV_TIMER_TIME_WAIT && clock->time_wait_at != SV_NEVER)
        row->duration_ns = r->time - clock->time_wait_at;
}

void sv_ladder_timer_again(struct sv_ladder_row *row, const struct sv_trace_record *r)
{
    const uint64_t at = (uint64_t)r->arg[1] << 32 | r->arg[0];
    const bool same = (r->detail == SV_TIMER_RTO && row->bracket == SV_LADDER_SAY_RTO) ||
                      (r->detail == SV_TIMER_PERSIST && row->bracket == SV_LADDER_SAY_PERSIST);
    if (row->kind == SV_LADDER_TIMER && same && at > r->time && at != SV_NEVER)
        row->next_ns = at - r->time;
}

bool sv_ladder_call_folds(const struct sv_trace_record *r)
{
    return r->detail == SV_CALL_SEND || r->detail == SV_CALL_RECV;
}

bool sv_ladder_call(const struct sv_trace_record *r, char *text, size_t room)
{
    static const char *const names[] = {"listen", "connect", "accept", "send", "reads", "shutdown", "close", "abort"};
    if (r->detail >= sizeof names / sizeof *names || r->detail == SV_CALL_LISTEN)
        return false;
    if (!sv_ladder_call_folds(r))
        snprintf(text, room, "%s", names[r->detail]);
    else if (r->arg[0] == 0 || r->arg[1] != SV_OK)
        return false;
    else
        snprintf(text, room, "%s %u", names[r->detail], (unsigned)r->arg[0]);
    return true;
}

const char *sv_ladder_drop(uint32_t reason)
{
    const char *name = sv_drop_name((enum sv_drop)reason);
    return strncmp(name, "TCP_", 4) == 0 ? name + 4 : name;
}
