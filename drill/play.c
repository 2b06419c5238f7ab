/* SPDX-License-Identifier: BSD-2-Clause */
/* The events of a script, one after the other. */
#include "drill/play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/run.h"

#define TRACE_EVENTS 131072u

void sv_drill_trouble(struct sv_drill_run *r, const char *format, ...)
{
    va_list args;
    if (r->failed)
        return;
    r->failed = true;
    if (r->event) {
        r->report->line = r->event->line;
        r->report->column = r->event->column;
    }
    va_start(args, format);
    (void)vsnprintf(r->report->what, sizeof r->report->what, format, args);
    va_end(args);
}

/* --- time --- */

int64_t sv_drill_script_now(const struct sv_drill_run *r)
{
    return (int64_t)(sv_posix_now(r->posix) - r->zero);
}

void sv_drill_pass(struct sv_drill_run *r, int64_t script_ns, bool packets)
{
    const sv_time until = r->zero + (sv_time)script_ns;
    for (;;) {
        if (packets && sv_posix_packets(r->posix))
            return;
        const sv_time now = sv_posix_now(r->posix);
        const sv_time next = sv_posix_next_event(r->posix);
        /* A deadline may be early: the clock goes on by a nanosecond then, so that it does go on. */
        const sv_time to = next > now ? next : now + 1;
        if (now >= until || r->failed)
            return;
        sv_posix_run_until(r->posix, to < until ? to : until);
        sv_drill_retry_call(r);
    }
}

uint64_t sv_drill_tolerance(const struct sv_drill_run *r, int64_t at_ns, int64_t since_ns)
{
    const uint64_t distance = at_ns > since_ns ? (uint64_t)(at_ns - since_ns) : 0;
    const uint64_t part = distance / 1000 * r->tolerance_permille;
    const bool fixed = r->settings->has_tolerance;
    return part > r->tolerance_ns && !fixed ? part : r->tolerance_ns;
}

bool sv_drill_on_time(struct sv_drill_run *r, const char *what, int64_t at_ns, int64_t until_ns, int64_t since_ns,
                      int64_t seen_ns)
{
    const int64_t slack = (int64_t)sv_drill_tolerance(r, at_ns, since_ns);
    if (seen_ns >= at_ns - slack && seen_ns <= until_ns + slack)
        return true;
    if (at_ns == until_ns)
        sv_drill_trouble(r, "%s at %.6f s, and it is wanted at %.6f s", what, (double)seen_ns / 1e9,
                         (double)at_ns / 1e9);
    else
        sv_drill_trouble(r, "%s at %.6f s, and it is wanted between %.6f and %.6f s", what, (double)seen_ns / 1e9,
                         (double)at_ns / 1e9, (double)until_ns / 1e9);
    return false;
}

static bool is_anchored(const struct sv_drill_event *e)
{
    return e->time == SV_DRILL_AT || e->time == SV_DRILL_AFTER;
}

/* A relative time counts from the event before; from now, where that or this has no one time of its own. */
static void settle_time(struct sv_drill_run *r)
{
    const struct sv_drill_event *e = r->event;
    r->at_ns = e->at_ns;
    r->until_ns = e->until_ns;
    r->offset_ns = 0;
    if (e->time == SV_DRILL_AT || e->time == SV_DRILL_BETWEEN)
        return;
    r->offset_ns = r->last && is_anchored(r->last) && is_anchored(e) ? r->last_at_ns : sv_drill_script_now(r);
    r->at_ns += r->offset_ns;
    r->until_ns += r->offset_ns;
}

/* --- events --- */

static void play_event(struct sv_drill_run *r)
{
    const struct sv_drill_event *e = r->event;
    settle_time(r);
    if (e->time == SV_DRILL_AT && r->last && r->at_ns < r->last_at_ns) {
        sv_drill_trouble(r, "this event's time, %.6f s, is before that of the event above it", (double)r->at_ns / 1e9);
        return;
    }
    /* Packets of the stack's are looked for at once, so that one that comes too early is seen. */
    if (e->kind != SV_DRILL_PACKET || !e->of.packet->outbound)
        sv_drill_pass(r, r->at_ns, false);
    if (r->settings->event)
        r->settings->event(r->settings->ctx, (sv_time)sv_drill_script_now(r), e);
    if (r->failed)
        return;
    if (e->kind == SV_DRILL_PACKET)
        sv_drill_run_packet(r);
    else if (e->kind == SV_DRILL_SYSCALL)
        sv_drill_run_call(r);
    else if (e->kind == SV_DRILL_COMMAND)
        sv_drill_run_command(r, e->of.text);
    else
        sv_drill_run_code(r, e->of.text, e->line);
    r->last = e;
    r->last_at_ns = e->time == SV_DRILL_WHENEVER ? sv_drill_script_now(r) : r->at_ns;
}

/* Strict: what is left was never asked for. */
static void refuse_rest(struct sv_drill_run *r)
{
    struct sv_drill_seen seen = {.at = 0};
    r->event = r->last;
    if (!sv_drill_take_packet(r, &seen))
        return;
    sv_drill_trouble(r, "a packet that no line of the script wants");
    sv_drill_describe(&seen, r->report->seen, sizeof r->report->seen);
}

static void play(struct sv_drill_run *r)
{
    if (r->script->before)
        sv_drill_run_command(r, r->script->before);
    if (r->failed) {
        r->report->line = r->script->before_line;
        return;
    }
    for (r->event = r->script->events; r->event && !r->failed; r->event = r->event->next) {
        play_event(r);
        r->report->events++;
        if (r->failed)
            return;
    }
    sv_drill_finish_call(r);
    if (r->settings->strict && !r->failed)
        refuse_rest(r);
    if (r->script->after && !r->failed)
        sv_drill_run_command(r, r->script->after);
}

static void opened(void *r)
{
    sv_drill_retry_call(r);
}

static bool open_stack(struct sv_drill_run *r)
{
    const struct sv_posix_config config = {.seed = r->settings->seed ? r->settings->seed : 1,
                                           .mtu = r->mtu,
                                           .profile = r->settings->profile,
                                           .opened = opened,
                                           .opened_hook = r,
                                           .trace_events = r->settings->ladder_columns ? TRACE_EVENTS : 0};
    r->posix = sv_posix_create(&config);
    r->packet = malloc(SV_DRILL_PACKET_BYTES);
    r->info = calloc(1, 512);
    if (!r->posix || !r->packet || !r->info || sv_posix_address_add(r->posix, &r->local) != 0) {
        sv_drill_trouble(r, "no memory for a stack, or an address that cannot be one's own");
        return false;
    }
    r->zero = sv_posix_now(r->posix);
    return true;
}

bool sv_drill_play(const struct sv_drill_script *script, const struct sv_drill_settings *settings,
                   struct sv_drill_report *report)
{
    struct sv_drill_run *r = calloc(1, sizeof *r);
    *report = (struct sv_drill_report){.passed = false};
    if (!r)
        return false;
    r->settings = settings;
    r->script = script;
    r->report = report;
    const bool valid = sv_drill_run_settings(r);
    if (valid && open_stack(r)) {
        sv_drill_shell_open(r);
        play(r);
        report->virtual_ns = sv_posix_now(r->posix) - r->zero;
        report->passed = !r->failed;
        if (r->failed && settings->ladder_columns)
            sv_drill_draw(r);
    }
    for (uint32_t i = 0; i < r->connections; i++)
        free(r->connection[i]);
    if (r->posix)
        sv_posix_destroy(r->posix);
    free(r->packet);
    free(r->info);
    free(r);
    return valid;
}
