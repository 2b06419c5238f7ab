/* SPDX-License-Identifier: BSD-2-Clause */
/* Trace records as text: JSON lines (schema 1), lines for people, and the truth about one packet as a comment for a
 * capture file. Names of kinds and arguments come from SV_TRACE_LIST, so that they cannot disagree with the records. */
#ifndef SV_TRACE_EVENTS_H
#define SV_TRACE_EVENTS_H

#include "seven/trace.h"
#include "trace/sink.h"

#define SV_EVENTS_SCHEMA 1u

struct sv_events_options {
    sv_time origin;      /* times count from here */
    uint8_t frame_bytes; /* JSON: 1: frames as hexadecimal text too */
};

/* One record as a JSON object and a newline; its bytes (record->bytes of them) may be NULL. */
void sv_events_json(const struct sv_trace_record *record, const uint8_t *bytes, const struct sv_events_options *options,
                    const struct sv_sink *sink);

/* The same as a line for people: `0.050000 1#5 TCP_STATE event=3 LISTEN -> SYN-RECEIVED`. */
void sv_events_text(const struct sv_trace_record *record, const uint8_t *bytes, const struct sv_events_options *options,
                    const struct sv_sink *sink);

/* What happened to a packet, from the records that belong to it, in one line without a newline, terminated:
 * "seven: sent by RTO #1; state SYN-SENT -> ESTABLISHED; dropped: TCP_PAWS, ...". Its length without the zero;
 * 0 (and an empty text): there is nothing to tell. Never more than size - 1. */
size_t sv_trace_comment(const struct sv_trace_record *records, size_t n, char *to, size_t size);

/* "RTO", "fast", ... and "RTO", "persist", ... and "connect", ...; "?" for numbers that are none. */
const char *sv_sent_reason_name(uint32_t reason);
const char *sv_tcp_timer_name(uint32_t timer);
const char *sv_call_name(uint32_t call);

#endif
