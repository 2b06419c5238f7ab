/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace/events.h"

#include <inttypes.h>
#include <string.h>

#include "seven/bridge.h"
#include "seven/socket.h"
#include "trace/dissect.h"
#include "trace/width.h"

static const char *sv_name_at(const char *const *names, size_t n, uint32_t at)
{
    return at < n ? names[at] : "?";
}

const char *sv_sent_reason_name(uint32_t reason)
{
    static const char *const names[] = {"new",  "ACK",       "RTO",   "fast", "probe", "keepalive", "TLP",
                                        "SACK", "challenge", "reset", "SYN",  "FIN",   "window"};
    _Static_assert(SV_SENT_WINDOW + 1 == sizeof names / sizeof names[0], "one name a reason");
    return sv_name_at(names, sizeof names / sizeof names[0], reason);
}

const char *sv_tcp_timer_name(uint32_t timer)
{
    static const char *const names[] = {"RTO",  "persist", "keepalive", "delayed-ACK", "TIME-WAIT",
                                        "user", "pacing",  "TLP",       "reordering"};
    _Static_assert(SV_TIMER_COUNT == sizeof names / sizeof names[0], "one name a timer");
    return sv_name_at(names, sizeof names / sizeof names[0], timer);
}

const char *sv_call_name(uint32_t call)
{
    static const char *const names[] = {"listen", "connect", "accept", "send", "recv", "shutdown", "close", "abort"};
    _Static_assert(SV_CALL_ABORT + 1 == sizeof names / sizeof names[0], "one name a call");
    return sv_name_at(names, sizeof names / sizeof names[0], call);
}

static const char *sv_state_or(uint32_t state)
{
    return state < SV_TCP_STATES ? sv_tcp_state_name((enum sv_tcp_state)state) : "?";
}

/* What a switch tells: `event` of its kinds. */
static const char *sv_switch_event_word(uint32_t kind, uint32_t event)
{
    static const char *const bridge[] = {"learned",   "moved",   "aged",    "flushed",  "evicted",
                                         "forwarded", "flooded", "port-up", "port-down"};
    static const char *const stp[] = {"role", "state", "change", "root", "guard"};
    static const char *const snoop[] = {"joined", "left", "expired", "querier", "querier-gone", "router"};
    static const char *const lldp[] = {"new", "changed", "gone"};
    _Static_assert(SV_BRIDGE_EVENTS == sizeof bridge / sizeof bridge[0], "one name an event");
    _Static_assert(SV_STP_EVENTS == sizeof stp / sizeof stp[0], "one name an event");
    _Static_assert(SV_SNOOP_EVENTS == sizeof snoop / sizeof snoop[0], "one name an event");
    _Static_assert(SV_LLDP_EVENTS == sizeof lldp / sizeof lldp[0], "one name an event");
    switch (kind) {
    case SV_TRACE_STP:
        return sv_name_at(stp, SV_STP_EVENTS, event);
    case SV_TRACE_SNOOP:
        return sv_name_at(snoop, SV_SNOOP_EVENTS, event);
    case SV_TRACE_LLDP:
        return sv_name_at(lldp, SV_LLDP_EVENTS, event);
    default:
        return sv_name_at(bridge, SV_BRIDGE_EVENTS, event);
    }
}

/* `from` and `to` of a spanning tree's event. */
static const char *sv_stp_word(uint32_t event, uint32_t value)
{
    static const char *const roles[] = {"disabled", "root", "designated", "alternate", "backup"};
    static const char *const states[] = {"discarding", "learning", "forwarding"};
    if (event == SV_STP_ROLE)
        return sv_name_at(roles, SV_STP_ROLES, value);
    return event == SV_STP_STATE ? sv_name_at(states, SV_STP_STATES, value) : NULL;
}

/* The name that stands for the value of argument `which` (0: detail), or NULL: it is a number. */
static const char *sv_event_word(const struct sv_trace_record *r, uint32_t which, uint32_t value)
{
    switch (r->kind) {
    case SV_TRACE_DROP:
        return which == 0 ? sv_drop_name((enum sv_drop)value) : NULL;
    case SV_TRACE_TCP_SENT:
        return which == 0 ? sv_sent_reason_name(value) : NULL;
    case SV_TRACE_TCP_RECEIVED:
        return which == 0 ? sv_state_or(value) : NULL;
    case SV_TRACE_TCP_STATE:
        return which == 1 || which == 2 ? sv_state_or(value) : NULL;
    case SV_TRACE_TCP_TIMER_SET:
    case SV_TRACE_TCP_TIMER_FIRED:
        return which == 0 ? sv_tcp_timer_name(value) : NULL;
    case SV_TRACE_CALL:
        return which == 0 ? sv_call_name(value) : NULL;
    case SV_TRACE_STP:
        if (which > 1)
            return sv_stp_word(r->detail, value);
        return which == 0 ? sv_switch_event_word(r->kind, value) : NULL;
    case SV_TRACE_BRIDGE:
    case SV_TRACE_SWITCHED:
    case SV_TRACE_SNOOP:
    case SV_TRACE_LLDP:
        return which == 0 ? sv_switch_event_word(r->kind, value) : NULL;
    default:
        return NULL;
    }
}

/* Walks the arguments' names: the next one and its length; NULL at the end. */
static const char *sv_event_arg(const char **names, size_t *n)
{
    const char *start = *names;
    while (*start == ' ')
        start++;
    if (!*start)
        return NULL;
    *n = strcspn(start, " ");
    *names = start + *n;
    return start;
}

static uint32_t sv_event_value(const struct sv_trace_record *r, uint32_t which)
{
    return which == 0 ? r->detail : r->arg[which - 1];
}

static void sv_event_address(const struct sv_sink *s, const char *before, const uint8_t *address, const char *after)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char text[48];
    const bool four = memcmp(address, mapped, 12) == 0;
    sv_sink_format(s, "%s%s%s", before, sv_dissect_address(four ? 4 : 6, four ? address + 12 : address, text), after);
}

static void sv_json_hex(const struct sv_sink *s, const uint8_t *bytes, size_t n)
{
    sv_sink_text(s, ",\"frame_hex\":\"");
    for (size_t i = 0; i < n; i++)
        sv_sink_format(s, "%02x", bytes[i]);
    sv_sink_text(s, "\"");
}

static void sv_json_bytes(const struct sv_trace_record *r, const uint8_t *bytes, const struct sv_events_options *o,
                          const struct sv_sink *s)
{
    switch (r->kind) {
    case SV_TRACE_FRAME_IN:
    case SV_TRACE_FRAME_OUT:
        sv_sink_format(s, ",\"frame_bytes\":%u", r->bytes);
        if (o->frame_bytes)
            sv_json_hex(s, bytes, r->bytes);
        break;
    case SV_TRACE_FLOW:
        if (r->bytes < 32)
            break;
        sv_event_address(s, ",\"local\":\"", bytes, "\"");
        sv_event_address(s, ",\"remote\":\"", bytes + 16, "\"");
        break;
    case SV_TRACE_NEIGHBOUR:
        if (r->bytes < 22)
            break;
        sv_event_address(s, ",\"address\":\"", bytes, "\"");
        sv_sink_format(s, ",\"mac\":\"%02x:%02x:%02x:%02x:%02x:%02x\"", bytes[16], bytes[17], bytes[18], bytes[19],
                       bytes[20], bytes[21]);
        break;
    case SV_TRACE_ADDRESS:
    case SV_TRACE_PMTU:
        if (r->bytes >= 16)
            sv_event_address(s, ",\"address\":\"", bytes, "\"");
        break;
    case SV_TRACE_BRIDGE:
    case SV_TRACE_SWITCHED:
        if (r->bytes >= 6)
            sv_sink_format(s, ",\"mac\":\"%02x:%02x:%02x:%02x:%02x:%02x\"", bytes[0], bytes[1], bytes[2], bytes[3],
                           bytes[4], bytes[5]);
        break;
    case SV_TRACE_SNOOP:
        if (r->bytes >= 16)
            sv_event_address(s, ",\"group\":\"", bytes, "\"");
        break;
    case SV_TRACE_LLDP:
        sv_sink_text(s, ",\"system\":");
        sv_sink_json_string(s, (const char *)bytes, r->bytes);
        break;
    case SV_TRACE_LINE:
        sv_sink_text(s, ",\"line\":");
        sv_sink_json_string(s, (const char *)bytes, r->bytes);
        break;
    default:
        break;
    }
}

void sv_events_json(const struct sv_trace_record *r, const uint8_t *bytes, const struct sv_events_options *o,
                    const struct sv_sink *s)
{
    const char *name = sv_trace_kind_name((enum sv_trace_kind)r->kind);
    const char *names = sv_trace_args((enum sv_trace_kind)r->kind);
    size_t n;
    sv_sink_format(s, "{\"schema\":%u,\"time_ns\":%" PRIu64 ",\"host\":%u,\"kind\":\"%s\"", SV_EVENTS_SCHEMA,
                   r->time > o->origin ? r->time - o->origin : 0, r->host, name ? name : "?");
    if (!name)
        sv_sink_format(s, ",\"number\":%u", r->kind);
    if (r->flow)
        sv_sink_format(s, ",\"flow\":%" PRIu32, r->flow);
    if (r->packet)
        sv_sink_format(s, ",\"packet\":%" PRIu32, r->packet);
    for (uint32_t which = 0; names && which <= SV_TRACE_ARGS; which++) {
        const char *arg = sv_event_arg(&names, &n);
        if (!arg)
            break;
        if (arg[0] == '-')
            continue;
        const uint32_t value = sv_event_value(r, which);
        const char *word = sv_event_word(r, which, value);
        if (r->kind == SV_TRACE_TCP_TIMER_SET && which == 1) { /* a time in two halves */
            sv_sink_format(s, ",\"at_ns\":%" PRIu64, (uint64_t)r->arg[1] << 32 | r->arg[0]);
            break;
        }
        if (word)
            sv_sink_format(s, ",\"%.*s\":\"%s\"", (int)n, arg, word);
        else
            sv_sink_format(s, ",\"%.*s\":%" PRIu32, (int)n, arg, value);
    }
    if (bytes)
        sv_json_bytes(r, bytes, o, s);
    sv_sink_text(s, "}\n");
}

static void sv_text_safe(const struct sv_sink *s, const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        uint32_t c;
        const size_t used = sv_utf8_next(text + at, n - at, &c);
        if (sv_width_unsafe(c))
            sv_sink_text(s, c == '\r' || c == '\n' ? "" : "?");
        else
            s->put(s->ctx, text + at, used);
        at += used;
    }
}

static void sv_event_ends(const struct sv_trace_record *r, const uint8_t *bytes, const struct sv_sink *s)
{
    if (r->kind == SV_TRACE_FLOW && r->bytes >= 32) {
        sv_event_address(s, " ", bytes, "");
        sv_event_address(s, " - ", bytes + 16, "");
    } else if (r->kind == SV_TRACE_NEIGHBOUR && r->bytes >= 16) {
        sv_event_address(s, " ", bytes, "");
    } else if (r->kind == SV_TRACE_LINE) {
        sv_sink_text(s, " ");
        sv_text_safe(s, (const char *)bytes, r->bytes);
    }
}

void sv_events_text(const struct sv_trace_record *r, const uint8_t *bytes, const struct sv_events_options *o,
                    const struct sv_sink *s)
{
    const char *name = sv_trace_kind_name((enum sv_trace_kind)r->kind);
    const char *names = sv_trace_args((enum sv_trace_kind)r->kind);
    const uint64_t ns = r->time > o->origin ? r->time - o->origin : 0;
    size_t n;
    sv_sink_format(s, "%" PRIu64 ".%06u %u", ns / SV_S, (unsigned)(ns % SV_S / 1000u), r->host);
    if (r->flow)
        sv_sink_format(s, "#%" PRIu32, r->flow);
    sv_sink_format(s, " %s", name ? name : "?");
    for (uint32_t which = 0; names && which <= SV_TRACE_ARGS; which++) {
        const char *arg = sv_event_arg(&names, &n);
        if (!arg)
            break;
        if (arg[0] == '-')
            continue;
        const uint32_t value = sv_event_value(r, which);
        const char *word = sv_event_word(r, which, value);
        if (r->kind == SV_TRACE_TCP_STATE && which > 0)
            sv_sink_format(s, which == 1 ? " %s ->" : " %s", word);
        else if (word)
            sv_sink_format(s, " %s", word);
        else
            sv_sink_format(s, " %.*s=%" PRIu32, (int)n, arg, value);
    }
    if (r->kind == SV_TRACE_DROP)
        sv_sink_format(s, " (%s)", sv_drop_text((enum sv_drop)r->detail));
    if (bytes)
        sv_event_ends(r, bytes, s);
    sv_sink_text(s, "\n");
}

static void sv_comment_sent(struct sv_line_text *t, const struct sv_trace_record *r)
{
    switch (r->detail) {
    case SV_SENT_NEW:
        sv_text_format(t, "new data");
        break;
    case SV_SENT_ACK:
        sv_text_format(t, "acknowledgement");
        break;
    case SV_SENT_RTO:
        sv_text_format(t, "sent by RTO #%" PRIu32, r->arg[5] ? r->arg[5] : 1);
        break;
    case SV_SENT_FAST:
    case SV_SENT_SACK:
        sv_text_format(t, "retransmission (%s)", sv_sent_reason_name(r->detail));
        break;
    case SV_SENT_SYN:
    case SV_SENT_FIN:
        sv_text_format(t, "%s", sv_sent_reason_name(r->detail));
        break;
    default:
        sv_text_format(t, "sent as %s", sv_sent_reason_name(r->detail));
        break;
    }
}

size_t sv_trace_comment(const struct sv_trace_record *records, size_t n, char *to, size_t size)
{
    struct sv_line_text t = sv_text_of(to, size);
    for (size_t i = 0; i < n; i++) {
        const struct sv_trace_record *r = &records[i];
        const char *before = t.used ? "; " : "seven: ";
        switch (r->kind) {
        case SV_TRACE_TCP_SENT:
            sv_text_format(&t, "%s", before);
            sv_comment_sent(&t, r);
            break;
        case SV_TRACE_TCP_RECEIVED:
            sv_text_format(&t, "%sreceived in %s", before, sv_state_or(r->detail));
            break;
        case SV_TRACE_TCP_STATE:
            sv_text_format(&t, "%sstate %s -> %s", before, sv_state_or(r->arg[0]), sv_state_or(r->arg[1]));
            break;
        case SV_TRACE_DROP:
            sv_text_format(&t, "%sdropped: %s, %s", before, sv_drop_name((enum sv_drop)r->detail),
                           sv_drop_text((enum sv_drop)r->detail));
            break;
        case SV_TRACE_TCP_TIMER_FIRED:
            sv_text_format(&t, "%s%s timer fired", before, sv_tcp_timer_name(r->detail));
            break;
        case SV_TRACE_TCP_RTT:
            sv_text_format(&t, "%sRTT sample %" PRIu32 " us", before, r->arg[0]);
            break;
        default:
            break;
        }
    }
    return t.used;
}
