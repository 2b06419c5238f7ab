/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void sc_result_of(const struct sc_run *run, const struct sc_mutant *mutant, struct sc_result *r)
{
    const struct sc_model *m = run->model;
    memset(r, 0, sizeof *r);
    r->name = m->name;
    r->mutant = mutant ? mutant->name : NULL;
    r->seed = run->seed;
    r->hash = sc_run_hash(run);
    r->events = run->events;
    r->packets = sv_world_passed(run->sim->world);
    r->ended = run->now;
    r->stopped = run->stopped;
    snprintf(r->problem, sizeof r->problem, "%s", run->problem);
    bool all = true;
    for (uint32_t i = 0; i < m->expects; i++) {
        const bool failed = run->judged[i].verdict != SC_PASSED;
        all = all && !failed;
        if (r->n == SC_OUTCOMES && !failed)
            continue; /* of more than are told, those that failed are */
        struct sc_outcome *o = &r->outcome[r->n < SC_OUTCOMES ? r->n++ : SC_OUTCOMES - 1u];
        o->id = m->expect[i].id;
        o->decisive = m->expect[i].decisive;
        o->verdict = run->judged[i].verdict;
        o->when = run->judged[i].when;
        o->named = mutant && sc_mutant_names(mutant, i);
        o->extra = mutant && o->verdict == SC_FAILED && !sc_mutant_allows(mutant, i);
        snprintf(o->why, sizeof o->why, "%s", run->judged[i].why);
    }
    /* A mutant that fails for another reason proves nothing. */
    r->expected = mutant ? sc_mutant_caught(run, mutant, true) : all && !r->problem[0];
    r->caught = mutant && sc_mutant_caught(run, mutant, false);
}

static const char *verdict_name(uint32_t verdict)
{
    return verdict == SC_PASSED ? "passed" : verdict == SC_FAILED ? "FAILED" : "open";
}

static void mutant_text(const struct sc_result *r, const struct sv_sink *to)
{
    sv_sink_format(to, "  mutant %-20s %s:", r->mutant, r->expected ? "caught" : "NOT CAUGHT");
    bool any = false;
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->outcome[i].verdict != SC_FAILED)
            continue;
        sv_sink_format(to, "%s %s", any ? "," : " fails", r->outcome[i].id);
        any = true;
    }
    sv_sink_format(to, "%s\n", any ? "" : " nothing fails");
    for (uint32_t i = 0; i < r->n; i++) {
        const struct sc_outcome *o = &r->outcome[i];
        if (o->extra)
            sv_sink_format(to, "    beside what it names: %s (%s)\n", o->id, o->why);
        else if (o->named && o->verdict != SC_FAILED)
            sv_sink_format(to, "    %s should fail, and %s (%s)\n", o->id,
                           o->verdict == SC_PASSED ? "passed" : "was not decided", o->why);
    }
    if (r->problem[0] && !r->expected)
        sv_sink_format(to, "    %s\n", r->problem);
}

void sc_report_text(const struct sc_result *r, const struct sv_sink *to, bool colored)
{
    if (r->mutant) {
        mutant_text(r, to);
        return;
    }
    sv_sink_format(to, "%s: seed %" PRIu64 ", %.3f s, %" PRIu64 " events, %" PRIu64 " packets, hash %016" PRIx64 "\n",
                   r->name, r->seed, (double)r->ended / 1e9, r->events, r->packets, r->hash);
    for (uint32_t i = 0; i < r->n; i++) {
        const struct sc_outcome *o = &r->outcome[i];
        const bool bad = o->verdict != SC_PASSED;
        sv_sink_format(to, "%s %s%s%s %-14s %12.6f s  %s\n", o->decisive ? "*" : " ",
                       colored ? bad ? "\033[31m" : "\033[32m" : "", verdict_name(o->verdict), colored ? "\033[0m" : "",
                       o->id, (double)o->when / 1e9, o->why);
    }
    if (r->problem[0])
        sv_sink_format(to, "  FAILED %s\n", r->problem);
}

static void text_member(const struct sv_sink *to, const char *key, const char *value)
{
    sv_sink_format(to, ",\"%s\":", key);
    sv_sink_json_string(to, value, strlen(value));
}

void sc_report_json(const struct sc_result *r, const struct sv_sink *to)
{
    sv_sink_format(to, "{\"schema\":1,\"kind\":\"%s\"", r->mutant ? "mutant" : "run");
    text_member(to, "name", r->name);
    if (r->mutant)
        text_member(to, "mutant", r->mutant);
    sv_sink_format(to,
                   ",\"seed\":%" PRIu64 ",\"passed\":%s,\"ended_ns\":%" PRIu64 ",\"events\":%" PRIu64
                   ",\"packets\":%" PRIu64 ",\"hash\":\"%016" PRIx64 "\"",
                   r->seed, r->expected ? "true" : "false", r->ended, r->events, r->packets, r->hash);
    if (r->problem[0])
        text_member(to, "problem", r->problem);
    sv_sink_text(to, ",\"expect\":[");
    for (uint32_t i = 0; i < r->n; i++) {
        const struct sc_outcome *o = &r->outcome[i];
        sv_sink_format(to, "%s{\"id\":\"%s\",\"verdict\":\"%s\",\"decisive\":%s,\"at_ns\":%" PRIu64, i ? "," : "",
                       o->id,
                       o->verdict == SC_PASSED   ? "passed"
                       : o->verdict == SC_FAILED ? "failed"
                                                 : "open",
                       o->decisive ? "true" : "false", o->when);
        if (o->extra)
            sv_sink_text(to, ",\"extra\":true");
        text_member(to, "why", o->why);
        sv_sink_text(to, "}");
    }
    sv_sink_text(to, "]}\n");
}

uint32_t sc_report_tap(const struct sc_result *r, uint32_t first, const struct sv_sink *to)
{
    if (r->mutant) {
        sv_sink_format(to, "%s %u - %s mutant %s\n", r->expected ? "ok" : "not ok", first, r->name, r->mutant);
        return 1;
    }
    for (uint32_t i = 0; i < r->n; i++) {
        const struct sc_outcome *o = &r->outcome[i];
        sv_sink_format(to, "%s %u - %s seed %" PRIu64 " %s\n", o->verdict == SC_PASSED ? "ok" : "not ok", first + i,
                       r->name, r->seed, o->id);
        if (o->verdict != SC_PASSED)
            sv_sink_format(to, "# %s\n", o->why);
    }
    if (r->problem[0]) {
        sv_sink_format(to, "not ok %u - %s seed %" PRIu64 " ran\n# %s\n", first + r->n, r->name, r->seed, r->problem);
        return r->n + 1u;
    }
    return r->n;
}

static void junit_case(const struct sc_result *r, const char *id, bool good, const char *why, const struct sv_sink *to)
{
    sv_sink_format(to, "    <testcase classname=\"%s\" name=\"%s\"", r->name, id);
    if (good) {
        sv_sink_text(to, "/>\n");
        return;
    }
    sv_sink_text(to, "><failure message=\"");
    sv_sink_markup(to, why);
    sv_sink_text(to, "\"/></testcase>\n");
}

void sc_report_junit(const struct sc_result *r, const struct sv_sink *to)
{
    uint32_t failures = r->problem[0] && !r->mutant ? 1 : 0;
    for (uint32_t i = 0; i < r->n && !r->mutant; i++)
        failures += r->outcome[i].verdict != SC_PASSED;
    const uint32_t tests = r->mutant ? 1 : r->n + (r->problem[0] != 0);
    sv_sink_format(to, "  <testsuite name=\"%s%s%s seed %" PRIu64 "\" tests=\"%u\" failures=\"%u\">\n", r->name,
                   r->mutant ? " mutant " : "", r->mutant ? r->mutant : "", r->seed, tests,
                   r->mutant ? !r->expected : failures);
    if (r->mutant)
        junit_case(r, r->mutant, r->expected, "it did not fail what it names and only that", to);
    for (uint32_t i = 0; i < r->n && !r->mutant; i++)
        junit_case(r, r->outcome[i].id, r->outcome[i].verdict == SC_PASSED, r->outcome[i].why, to);
    if (r->problem[0] && !r->mutant)
        junit_case(r, "ran", false, r->problem, to);
    sv_sink_text(to, "  </testsuite>\n");
}
