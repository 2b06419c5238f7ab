/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run came to, for people and for programs. */
#ifndef SC_REPORT_H
#define SC_REPORT_H

#include "scenario/run.h"
#include "trace/sink.h"

#define SC_OUTCOMES 64u

/* One run, judged; it may outlive the world. */
struct sc_outcome {
    const char *id;
    uint32_t verdict; /* enum sc_verdict */
    bool decisive;
    bool named, extra; /* by a mutant: it must fail; it failed and must not */
    sv_time when;
    char why[256];
};
struct sc_result {
    const char *name, *mutant; /* NULL: the scenario itself */
    uint64_t seed, hash, events, packets;
    sv_time ended;
    bool stopped;
    char problem[256]; /* the run is worth nothing; empty: it is not */
    uint32_t n;
    struct sc_outcome outcome[SC_OUTCOMES]; /* the first of them, and what failed beyond */
    bool expected;                          /* all passed; of a mutant: what it names failed, and only that */
    bool caught;                            /* of a mutant: what it names failed, whatever else did */
};

void sc_result_of(const struct sc_run *run, const struct sc_mutant *mutant, struct sc_result *r);

void sc_report_text(const struct sc_result *r, const struct sv_sink *to, bool colored);
void sc_report_json(const struct sc_result *r, const struct sv_sink *to);

/* Test Anything Protocol: points from `first`; how many there are. */
uint32_t sc_report_tap(const struct sc_result *r, uint32_t first, const struct sv_sink *to);
/* One <testsuite>. */
void sc_report_junit(const struct sc_result *r, const struct sv_sink *to);

#endif
