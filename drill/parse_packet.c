/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets: < flags seq:end(length) ack N win N urg N <options>, and UDP and ICMP. */
#include <string.h>

#include "drill/parser.h"

/* --- what stands in front: [ect0], (tos 0x10, ttl 4) --- */

static void want_tos(struct sv_drill_parser *p, struct sv_drill_packet *k, uint8_t check, uint8_t value)
{
    if (k->tos_check)
        sv_drill_fail(p, "the TOS byte is told twice");
    k->tos_check = check;
    k->tos = value;
}

static void parse_ip_word(struct sv_drill_parser *p, struct sv_drill_packet *k)
{
    static const char *const ecn[] = {"noecn", "ect1", "ect0", "ce"};
    for (uint8_t i = 0; i < 4; i++) {
        if (sv_drill_take_word(p, ecn[i])) {
            want_tos(p, k, SV_DRILL_TOS_ECN, i);
            return;
        }
    }
    if (sv_drill_is_word(p, "ect01")) {
        if (!k->outbound)
            sv_drill_fail(p, "ect01 stands for what is compared, and this packet is sent");
        sv_drill_advance(p);
        want_tos(p, k, SV_DRILL_TOS_ECT01, 2);
    } else if (sv_drill_take_word(p, "tos") || sv_drill_take_word(p, "class")) {
        want_tos(p, k, SV_DRILL_TOS_ALL, (uint8_t)sv_drill_want_integer(p, "a TOS byte", 0, 255));
    } else if (sv_drill_take_word(p, "ttl") || sv_drill_take_word(p, "hlim")) {
        k->ttl = (uint8_t)sv_drill_want_integer(p, "a TTL", 1, 255);
    } else if (!k->outbound && sv_drill_take_word(p, "badsum")) {
        k->bad_sum = true;
    } else if (sv_drill_take_word(p, "flowlabel")) {
        k->has_flow_label = true;
        k->flow_label = (uint32_t)sv_drill_want_integer(p, "a flow label", 0, 0xfffff);
    } else {
        sv_drill_wanted(p, "one of noecn, ect0, ect1, ect01, ce, tos, ttl, flowlabel, badsum");
    }
}

static void parse_ip(struct sv_drill_parser *p, struct sv_drill_packet *k)
{
    const char close = sv_drill_is_mark(p, '[') ? ']' : ')';
    if (!sv_drill_take_mark(p, '[') && !sv_drill_take_mark(p, '('))
        return;
    do
        parse_ip_word(p, k);
    while (sv_drill_take_mark(p, ','));
    sv_drill_want_mark(p, close);
}

static void refuse_wrapping(struct sv_drill_parser *p)
{
    static const char *const words[] = {"ipv4", "ipv6", "GREv0", "gre", "mpls", "encap"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (sv_drill_is_word(p, words[i]))
            sv_drill_fail(p, "packets in packets (%s) are not understood, but for TCP in UDP", words[i]);
    }
}

/* --- the parts of TCP's line --- */

/* "40000 > 8080": two numbers that are no flags. */
static void parse_ports(struct sv_drill_parser *p, struct sv_drill_packet *k)
{
    struct sv_drill_lexer ahead = p->lexer;
    if (p->token.kind != SV_DRILL_T_INTEGER)
        return;
    const struct sv_drill_token mark = sv_drill_next(&ahead);
    if (mark.kind != SV_DRILL_T_MARK || mark.mark != '>')
        return;
    k->source_port = (uint16_t)sv_drill_want_integer(p, "a source port", 0, 65535);
    sv_drill_want_mark(p, '>');
    k->destination_port = (uint16_t)sv_drill_want_integer(p, "a destination port", 0, 65535);
}

static void parse_flags(struct sv_drill_parser *p, struct sv_drill_packet *k)
{
    static const char names[] = "FSRP.UEWA";
    const uint32_t line = p->token.line, column = p->token.column;
    bool ecn = false;
    struct sv_drill_token t = sv_drill_take_run(p, ".-", true);
    if (t.n == 0)
        sv_drill_wanted(p, "TCP's flags (S, S., F., P., R, ., -)");
    if (sv_drill_is_mark(p, '.') && !memchr(t.text, '.', t.n)) { /* "F  ." */
        k->flags |= SV_DRILL_ACK;
        sv_drill_advance(p);
    }
    if (t.n == 1 && t.text[0] == '-')
        return;
    for (size_t i = 0; i < t.n && !p->failed; i++) {
        const char c = t.text[i];
        const char *found = strchr(names, c);
        const uint32_t at = column + (uint32_t)i;
        if (c >= '0' && c <= '7') {
            if (k->ace || ecn)
                sv_drill_fail_at(p, line, at, "the ACE field is one number, without E, W and A");
            const uint16_t ace = (uint16_t)(c - '0');
            k->ace = true;
            k->flags |=
                (uint16_t)((ace & 1 ? SV_DRILL_ECE : 0) | (ace & 2 ? SV_DRILL_CWR : 0) | (ace & 4 ? SV_DRILL_AE : 0));
        } else if (!found) {
            sv_drill_fail_at(p, line, at, "'%c' is no flag of TCP (F S R P . U E W A, or 0 to 7 for ACE)", c);
        } else {
            ecn = ecn || strchr("EWA", c);
            if (ecn && k->ace)
                sv_drill_fail_at(p, line, at, "the ACE field is one number, without E, W and A");
            k->flags |= (uint16_t)(1u << (found - names));
        }
    }
}

/* first:last(length), or ...(length) for any first */
static void parse_seq(struct sv_drill_parser *p, bool compared, struct sv_drill_number *seq, uint32_t *length)
{
    const uint32_t line = p->token.line, column = p->token.column;
    struct sv_drill_number last = {.any = true};
    if (compared && p->token.kind == SV_DRILL_T_ELLIPSIS) {
        *seq = (struct sv_drill_number){.given = true, .any = true};
        sv_drill_advance(p);
    } else {
        *seq = sv_drill_want_number(p, "a sequence number", compared, UINT32_MAX);
        sv_drill_want_mark(p, ':');
        last = sv_drill_want_number(p, "a sequence number", compared, UINT32_MAX);
    }
    sv_drill_want_mark(p, '(');
    *length = (uint32_t)sv_drill_want_integer(p, "a length", 0, 65495);
    sv_drill_want_mark(p, ')');
    if (!p->failed && !seq->any && !last.any && seq->low + *length != last.low)
        sv_drill_fail_at(p, line, column, "%u and %u bytes make %u, not %u", seq->low, *length, seq->low + *length,
                         last.low);
}

/* /udp(9811 > 1) */
static void parse_in_udp(struct sv_drill_parser *p, struct sv_drill_packet *k)
{
    if (!sv_drill_take_mark(p, '/'))
        return;
    if (!sv_drill_take_word(p, "udp"))
        sv_drill_wanted(p, "udp(FROM > TO)");
    sv_drill_want_mark(p, '(');
    k->udp_source = (uint16_t)sv_drill_want_integer(p, "a port", 1, 65535);
    sv_drill_want_mark(p, '>');
    k->udp_destination = (uint16_t)sv_drill_want_integer(p, "a port", 1, 65535);
    sv_drill_want_mark(p, ')');
}

static void parse_tcp(struct sv_drill_parser *p, struct sv_drill_packet *k)
{
    k->protocol = SV_DRILL_TCP;
    parse_ports(p, k);
    parse_flags(p, k);
    parse_seq(p, k->outbound, &k->seq, &k->length);
    k->absolute = sv_drill_take_mark(p, '!');
    if (sv_drill_take_word(p, "ack"))
        k->ack = sv_drill_want_number(p, "an acknowledgement number", k->outbound, UINT32_MAX);
    if (sv_drill_take_word(p, "win"))
        k->window = sv_drill_want_number(p, "a window", k->outbound, 65535);
    else if (!k->outbound)
        sv_drill_wanted(p, "win N (a packet that is sent has a window)");
    if (sv_drill_take_word(p, "urg"))
        k->urgent = sv_drill_want_number(p, "an urgent pointer", k->outbound, 65535);
    if (sv_drill_is_mark(p, '<'))
        sv_drill_parse_tcp_options(p, k);
    parse_in_udp(p, k);
}

/* --- UDP and ICMP --- */

static void parse_udp(struct sv_drill_parser *p, struct sv_drill_packet *k)
{
    k->protocol = SV_DRILL_UDP;
    parse_ports(p, k);
    sv_drill_want_mark(p, '(');
    k->length = (uint32_t)sv_drill_want_integer(p, "a length", 0, 65507);
    sv_drill_want_mark(p, ')');
}

/* Those that are about a packet. */
static bool is_icmp_error(const char *type)
{
    static const char *const errors[] = {"unreachable",   "packet_too_big",    "time_exceeded",
                                         "source_quench", "parameter_problem", "redirect"};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(errors[i], type) == 0)
            return true;
    return false;
}

/* [1:1461(1460)], [udp (1000)] */
static void parse_quoted(struct sv_drill_parser *p, struct sv_drill_packet *k)
{
    struct sv_drill_number seq;
    if (!sv_drill_take_mark(p, '[')) {
        if (!k->outbound && is_icmp_error(k->icmp_type))
            k->quoted = SV_DRILL_TCP; /* of number 0: about the SYN */
        return;
    }
    if (sv_drill_take_word(p, "udp")) {
        k->quoted = SV_DRILL_UDP;
        sv_drill_want_mark(p, '(');
        k->quoted_length = (uint32_t)sv_drill_want_integer(p, "a length", 0, 65507);
        sv_drill_want_mark(p, ')');
    } else {
        k->quoted = SV_DRILL_TCP;
        parse_seq(p, false, &seq, &k->quoted_length);
        k->quoted_seq = seq.low;
        parse_in_udp(p, k);
    }
    sv_drill_want_mark(p, ']');
}

static void parse_icmp(struct sv_drill_parser *p, struct sv_drill_packet *k)
{
    const bool quoted = k->quoted != 0; /* in front */
    k->protocol = SV_DRILL_ICMP;
    if (p->token.kind != SV_DRILL_T_WORD) {
        sv_drill_wanted(p, "a type of ICMP (unreachable, packet_too_big, ...)");
        return;
    }
    k->icmp_type = sv_drill_keep_text(p, p->token.text, p->token.n);
    sv_drill_advance(p);
    if (p->token.kind == SV_DRILL_T_WORD && !sv_drill_is_word(p, "mtu") && !sv_drill_is_word(p, "id")) {
        k->icmp_code = sv_drill_keep_text(p, p->token.text, p->token.n);
        sv_drill_advance(p);
    }
    if (sv_drill_take_word(p, "mtu"))
        k->mtu = sv_drill_want_number(p, "an MTU", k->outbound, UINT32_MAX);
    if (sv_drill_take_word(p, "id"))
        k->id = sv_drill_want_number(p, "an identifier", k->outbound, 65535);
    if (!quoted)
        parse_quoted(p, k);
}

/* The old place of what ICMP quotes: [1:1461(1460)] icmp unreachable. */
static bool quotes_in_front(struct sv_drill_parser *p)
{
    struct sv_drill_lexer ahead = p->lexer;
    if (!sv_drill_is_mark(p, '['))
        return false;
    const struct sv_drill_token next = sv_drill_next(&ahead);
    return next.kind == SV_DRILL_T_INTEGER ||
           (next.kind == SV_DRILL_T_WORD && next.n == 3 && !memcmp(next.text, "udp", 3));
}

void sv_drill_parse_packet(struct sv_drill_parser *p, struct sv_drill_packet *packet)
{
    packet->outbound = sv_drill_is_mark(p, '>');
    sv_drill_advance(p);
    if (quotes_in_front(p)) {
        parse_quoted(p, packet);
        if (!sv_drill_is_word(p, "icmp"))
            sv_drill_wanted(p, "icmp (that it quotes a packet was said in front)");
    }
    parse_ip(p, packet);
    refuse_wrapping(p);
    if (sv_drill_take_word(p, "udp"))
        parse_udp(p, packet);
    else if (sv_drill_take_word(p, "icmp"))
        parse_icmp(p, packet);
    else
        parse_tcp(p, packet);
}
