/* SPDX-License-Identifier: BSD-2-Clause */
#include "drill/match.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/cursor.h"

struct verdict {
    char *why;
    size_t size;
    bool bad;
};

static void differ(struct verdict *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void differ(struct verdict *v, const char *format, ...)
{
    va_list args;
    if (v->bad)
        return;
    v->bad = true;
    va_start(args, format);
    (void)vsnprintf(v->why, v->size, format, args);
    va_end(args);
}

static void same(struct verdict *v, const char *name, uint32_t wanted, uint32_t seen)
{
    if (wanted != seen)
        differ(v, "%s: wanted %" PRIu32 ", seen %" PRIu32, name, wanted, seen);
}

static void within(struct verdict *v, const char *name, const struct sv_drill_number *wanted, uint32_t seen)
{
    if (!wanted->given || wanted->any || seen - wanted->low <= wanted->high - wanted->low)
        return;
    if (wanted->low == wanted->high)
        same(v, name, wanted->low, seen);
    else
        differ(v, "%s: wanted %" PRIu32 " to %" PRIu32 ", seen %" PRIu32, name, wanted->low, wanted->high, seen);
}

/* --- options --- */

bool sv_drill_next_option(const struct sv_drill_seen *s, uint32_t *at, struct sv_drill_tlv *option, bool *broken)
{
    *broken = false;
    if (*at >= s->options)
        return false;
    *option = (struct sv_drill_tlv){s->option[*at], 1, s->option + *at + 1};
    if (option->kind > 1) {
        option->length = *at + 1 < s->options ? s->option[*at + 1] : 0;
        *broken = option->length < 2 || *at + option->length > s->options;
        if (*broken)
            return false;
        option->data = s->option + *at + 2;
    }
    *at += option->length;
    return true;
}

const uint8_t *sv_drill_timestamps(const struct sv_drill_seen *s)
{
    struct sv_drill_tlv o;
    bool broken;
    for (uint32_t at = 0; sv_drill_next_option(s, &at, &o, &broken);) {
        if (o.kind == SV_DRILL_TS && o.length == 10)
            return o.data;
    }
    return NULL;
}

static void match_timestamps(struct verdict *v, const struct sv_drill_option *o, const uint8_t *data,
                             const struct sv_drill_rules *r)
{
    const uint32_t val = sv_get_u32(data);
    if (r->ts_tick_ns && o->value[0].given && !o->value[0].any) {
        const int32_t off = (int32_t)(val - o->value[0].low);
        if ((uint64_t)(off < 0 ? -(int64_t)off : off) * r->ts_tick_ns > r->ts_slack_ns)
            differ(v, "TSval: wanted %" PRIu32 ", seen %" PRIu32, o->value[0].low, val);
    }
    if (r->check_ecr)
        within(v, "TSecr", &o->value[1], sv_get_u32(data + 4));
}

static void match_bytes(struct verdict *v, const char *name, const struct sv_drill_option *o, const uint8_t *data,
                        uint32_t n)
{
    if (n != o->bytes || (n && memcmp(data, o->data, n) != 0))
        differ(v, "%s: other bytes than wanted", name);
}

static void match_value(struct verdict *v, const struct sv_drill_option *o, const struct sv_drill_tlv *t,
                        const struct sv_drill_rules *r)
{
    const uint32_t n = t->kind > 1 ? t->length - 2u : 0;
    if (o->kind == SV_DRILL_MSS && n == 2) {
        within(v, "mss", &o->value[0], sv_get_u16(t->data));
    } else if (o->kind == SV_DRILL_WSCALE && n == 1) {
        within(v, "wscale", &o->value[0], t->data[0]);
    } else if (o->kind == SV_DRILL_TS && n == 8) {
        match_timestamps(v, o, t->data, r);
    } else if (o->kind == SV_DRILL_SACK) {
        same(v, "SACK blocks", o->count, n / 8);
        for (uint32_t i = 0; i < 2u * o->count && !v->bad; i++)
            within(v, i % 2 ? "SACK block's right edge" : "SACK block's left edge", &o->value[i],
                   sv_get_u32(t->data + 4 * i));
    } else if (o->kind == SV_DRILL_ACCECN0 || o->kind == SV_DRILL_ACCECN1) {
        same(v, "AccECN counters", o->count, n / 3);
        for (uint32_t i = 0; i < o->count && !v->bad; i++)
            within(v, "AccECN counter", &o->value[i], sv_get_u32(t->data + 3 * i - 1) & 0xffffff);
    } else if (o->kind == SV_DRILL_MD5) {
        if (!o->valid)
            match_bytes(v, "MD5 signature", o, t->data, n);
    } else if (o->kind == SV_DRILL_FAST_OPEN) {
        match_bytes(v, "Fast Open cookie", o, t->data, n);
    } else if (o->kind == SV_DRILL_EXPERIMENT) {
        if (n < 2 || sv_get_u16(t->data) != 0xf989)
            differ(v, "experimental option: not Fast Open's");
        else
            match_bytes(v, "Fast Open cookie", o, t->data + 2, n - 2);
    } else if (n && o->kind != SV_DRILL_SACK_OK) {
        differ(v, "option %u: a length of %u", t->kind, t->length);
    }
}

static bool is_padding(uint32_t kind)
{
    return kind == SV_DRILL_NOP || kind == SV_DRILL_EOL;
}

/* In any order: each wanted one is there, and no other. */
static void match_any_order(struct verdict *v, const struct sv_drill_packet *want, const struct sv_drill_seen *seen,
                            const struct sv_drill_rules *r)
{
    struct sv_drill_tlv t;
    bool broken, used[SV_DRILL_OPTIONS] = {false};
    for (uint32_t at = 0; !v->bad && sv_drill_next_option(seen, &at, &t, &broken);) {
        uint32_t i = 0;
        while (i < want->options && (used[i] || want->option[i].kind != t.kind))
            i++;
        if (i < want->options && !is_padding(t.kind)) {
            used[i] = true;
            match_value(v, &want->option[i], &t, r);
        } else if (!is_padding(t.kind)) {
            differ(v, "options: one of kind %u too many", t.kind);
        }
    }
    for (uint32_t i = 0; i < want->options && !v->bad; i++) {
        if (!used[i] && !is_padding(want->option[i].kind))
            differ(v, "options: the one of kind %u is not there", want->option[i].kind);
    }
}

/* Options as raw bytes stand for whatever they are; then the rest must be equal too. */
static void match_options(struct verdict *v, const struct sv_drill_packet *want, const struct sv_drill_seen *seen,
                          const struct sv_drill_rules *r)
{
    struct sv_drill_tlv t;
    bool broken;
    uint32_t at = 0, i = 0;
    while (!v->bad && sv_drill_next_option(seen, &at, &t, &broken)) {
        if (i == want->options) {
            differ(v, "options: one of kind %u too many", t.kind);
            return;
        }
        const struct sv_drill_option *o = &want->option[i++];
        if (o->kind == SV_DRILL_RAW) {
            const uint32_t from = at - t.length;
            if (seen->options - from < o->bytes || memcmp(seen->option + from, o->data, o->bytes) != 0)
                differ(v, "options: other bytes than wanted");
            at = from + o->bytes;
            continue;
        }
        if (o->kind != t.kind)
            differ(v, "options: wanted kind %u, seen kind %u", o->kind, t.kind);
        else
            match_value(v, o, &t, r);
    }
    if (!v->bad && broken)
        differ(v, "options: one runs over the header's end");
    if (!v->bad && i < want->options)
        differ(v, "options: the one of kind %u is not there", want->option[i].kind);
}

/* --- headers --- */

static void match_ip(struct verdict *v, const struct sv_drill_packet *want, const struct sv_drill_seen *seen,
                     struct sv_drill_rules *r)
{
    if (want->tos_check == SV_DRILL_TOS_ECN)
        same(v, "ECN bits", want->tos, seen->tos & 3u);
    else if (want->tos_check == SV_DRILL_TOS_ECT01 && (seen->tos & 3u) != 1 && (seen->tos & 3u) != 2)
        differ(v, "ECN bits: wanted ECT(0) or ECT(1), seen %u", seen->tos & 3u);
    else if (want->tos_check == SV_DRILL_TOS_ALL)
        same(v, "TOS", want->tos, seen->tos);
    if (want->ttl)
        same(v, "TTL", want->ttl, seen->ttl);
    if (!want->has_flow_label || !seen->six || !want->flow_label)
        return;
    /* Labels are compared with each other: the same number in the script is the same label on the wire. */
    if (!seen->flow_label)
        differ(v, "flow label: none");
    else if (r->flow_label[0] == want->flow_label)
        same(v, "flow label", r->flow_label[1], seen->flow_label);
    else if (r->flow_label[0] && r->flow_label[1] == seen->flow_label)
        differ(v, "flow label: wanted another than before, seen the same");
    r->flow_label[0] = want->flow_label;
    r->flow_label[1] = seen->flow_label;
}

static uint32_t ace_of(uint32_t flags)
{
    return flags >> 6 & 7u; /* ECE, CWR, AE */
}

static void match_window(struct verdict *v, const struct sv_drill_packet *want, const struct sv_drill_seen *seen,
                         const struct sv_drill_rules *r)
{
    struct sv_drill_number wanted = want->window;
    if (r->any_window) {
        wanted.low -= wanted.low / 32u;
        wanted.high += wanted.high / 32u;
    }
    within(v, "window", &wanted, seen->window);
}

static void match_tcp(struct verdict *v, const struct sv_drill_packet *want, const struct sv_drill_seen *seen,
                      const struct sv_drill_rules *r)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};
    if (want->ace)
        same(v, "ACE", ace_of(want->flags), ace_of(seen->flags));
    for (uint32_t i = 0; i < (want->ace ? 6u : 9u); i++) {
        if ((want->flags ^ seen->flags) & 1u << i)
            differ(v, "flags: %s is %s", names[i], seen->flags & 1u << i ? "set" : "not set");
    }
    if (seen->reserved)
        differ(v, "flags: reserved bits are set");
    within(v, "sequence number", &want->seq, seen->seq);
    same(v, "payload", want->length, seen->length);
    if (want->ack.given)
        within(v, "acknowledgement number", &want->ack, seen->ack);
    else if (!(seen->flags & SV_DRILL_RST) || (seen->flags & SV_DRILL_ACK))
        same(v, "acknowledgement number", 0, seen->flags & SV_DRILL_ACK ? seen->ack : 0);
    match_window(v, want, seen, r);
    if (want->urgent.given)
        within(v, "urgent pointer", &want->urgent, seen->urgent);
    else
        same(v, "urgent pointer", 0, seen->urgent);
    if (!want->any_options && r->any_order)
        match_any_order(v, want, seen, r);
    else if (!want->any_options)
        match_options(v, want, seen, r);
    if (!seen->zeros)
        differ(v, "payload: other bytes than were written");
}

static void match_icmp(struct verdict *v, const struct sv_drill_packet *want, const struct sv_drill_seen *seen)
{
    const int type = sv_drill_icmp_type(want->icmp_type, seen->six);
    const int code = type < 0 ? -1 : sv_drill_icmp_code(want->icmp_type, want->icmp_code, seen->six);
    if (code < 0) {
        differ(v, "%s has no such ICMP message", seen->six ? "IPv6" : "IPv4");
        return;
    }
    same(v, "ICMP type", (uint32_t)type, seen->icmp_type);
    same(v, "ICMP code", (uint32_t)code, seen->icmp_code);
    within(v, "MTU", &want->mtu, seen->icmp_rest);
    within(v, "identifier", &want->id, seen->icmp_rest >> 16);
}

bool sv_drill_match(const struct sv_drill_packet *want, const struct sv_drill_seen *seen, struct sv_drill_rules *rules,
                    char *why, size_t why_size)
{
    struct verdict v = {why, why_size, false};
    uint8_t protocol = want->protocol;
    if (protocol == SV_DRILL_ICMP && seen->six)
        protocol = 58;
    if (seen->wrong)
        differ(&v, "%s", seen->wrong);
    if (want->udp_source)
        differ(&v, "TCP in UDP: Seven does not speak it");
    same(&v, "protocol", protocol, seen->protocol);
    if (!v.bad && protocol == SV_DRILL_TCP)
        match_tcp(&v, want, seen, rules);
    else if (!v.bad && protocol == SV_DRILL_UDP)
        same(&v, "payload", want->length, seen->length);
    else if (!v.bad)
        match_icmp(&v, want, seen);
    if (!v.bad)
        match_ip(&v, want, seen, rules);
    return !v.bad;
}

bool sv_drill_continues(const struct sv_drill_seen *last, const struct sv_drill_seen *next, char *why, size_t why_size)
{
    const uint32_t free = SV_DRILL_PSH | SV_DRILL_FIN | SV_DRILL_CWR;
    struct verdict v = {why, why_size, false};
    if ((last->flags | free) != (next->flags | free))
        differ(&v, "flags change within the segments that make it");
    same(&v, "sequence number of the next piece", last->seq + last->length, next->seq);
    same(&v, "acknowledgement number of the next piece", last->ack, next->ack);
    same(&v, "window of the next piece", last->window, next->window);
    same(&v, "bytes of options of the next piece", last->options, next->options);
    if (next->wrong)
        differ(&v, "%s", next->wrong);
    return !v.bad;
}
