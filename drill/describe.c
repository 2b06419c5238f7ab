/* SPDX-License-Identifier: BSD-2-Clause */
/* A seen packet in the words of the language, so that it can stand under the wanted one. */
#include <inttypes.h>
#include <stdio.h>

#include "core/cursor.h"
#include "drill/match.h"
#include "trace/sink.h"

static void describe_option(struct sv_line_text *t, const struct sv_drill_tlv *o)
{
    const uint32_t n = o->kind > 1 ? o->length - 2u : 0;
    if (o->kind == SV_DRILL_NOP) {
        sv_text_format(t, "nop");
    } else if (o->kind == SV_DRILL_EOL) {
        sv_text_format(t, "eol");
    } else if (o->kind == SV_DRILL_MSS && n == 2) {
        sv_text_format(t, "mss %u", sv_get_u16(o->data));
    } else if (o->kind == SV_DRILL_WSCALE && n == 1) {
        sv_text_format(t, "wscale %u", o->data[0]);
    } else if (o->kind == SV_DRILL_SACK_OK && n == 0) {
        sv_text_format(t, "sackOK");
    } else if (o->kind == SV_DRILL_TS && n == 8) {
        sv_text_format(t, "TS val %" PRIu32 " ecr %" PRIu32, sv_get_u32(o->data), sv_get_u32(o->data + 4));
    } else if (o->kind == SV_DRILL_SACK && n % 8 == 0) {
        sv_text_format(t, "sack");
        for (uint32_t i = 0; i < n; i += 8)
            sv_text_format(t, " %" PRIu32 ":%" PRIu32, sv_get_u32(o->data + i), sv_get_u32(o->data + i + 4));
    } else if ((o->kind == SV_DRILL_ACCECN0 || o->kind == SV_DRILL_ACCECN1) && n % 3 == 0) {
        static const char *const names[2][3] = {{"e0b", "ceb", "e1b"}, {"e1b", "ceb", "e0b"}};
        sv_text_format(t, "ECN");
        for (uint32_t i = 0; i < n && i < 9; i += 3)
            sv_text_format(t, " %s %u", names[o->kind == SV_DRILL_ACCECN1][i / 3],
                           (uint32_t)o->data[i] << 16 | sv_get_u16(o->data + i + 1));
    } else {
        const bool experiment = o->kind == SV_DRILL_EXPERIMENT && n >= 2 && sv_get_u16(o->data) == 0xf989;
        uint32_t i = experiment ? 2 : 0;
        if (o->kind == SV_DRILL_FAST_OPEN || experiment)
            sv_text_format(t, "%s%s", experiment ? "FOEXP" : "FO", n > i ? " " : "");
        else if (o->kind == SV_DRILL_MD5)
            sv_text_format(t, "md5 ");
        else
            sv_text_format(t, "bytes %02x%02x", o->kind, o->length);
        for (; i < n; i++)
            sv_text_format(t, "%02x", o->data[i]);
    }
}

static void describe_tcp(struct sv_line_text *t, const struct sv_drill_seen *s)
{
    static const char names[] = "FSRPUEWA.";
    static const uint16_t bits[] = {SV_DRILL_FIN, SV_DRILL_SYN, SV_DRILL_RST, SV_DRILL_PSH, SV_DRILL_URG,
                                    SV_DRILL_ECE, SV_DRILL_CWR, SV_DRILL_AE,  SV_DRILL_ACK};
    struct sv_drill_tlv o;
    bool broken = false;
    for (uint32_t i = 0; i < 9; i++) {
        if (s->flags & bits[i])
            sv_text_format(t, "%c", names[i]);
    }
    sv_text_format(t, "%s %" PRIu32 ":%" PRIu32 "(%" PRIu32 ")", s->flags ? "" : "-", s->seq, s->seq + s->length,
                   s->length);
    if (s->flags & SV_DRILL_ACK)
        sv_text_format(t, " ack %" PRIu32, s->ack);
    sv_text_format(t, " win %u", s->window);
    if (s->flags & SV_DRILL_URG)
        sv_text_format(t, " urg %u", s->urgent);
    const char *before = " <";
    for (uint32_t at = 0; sv_drill_next_option(s, &at, &o, &broken); before = ",") {
        sv_text_format(t, "%s", before);
        describe_option(t, &o);
    }
    if (s->options)
        sv_text_format(t, "%s>", broken ? "...broken" : "");
}

void sv_drill_describe(const struct sv_drill_seen *seen, char *to, size_t size)
{
    static const char *const ecn[] = {"noecn", "ect1", "ect0", "ce"};
    struct sv_line_text t = sv_text_of(to, size);
    sv_text_format(&t, "> ");
    if (seen->tos > 3)
        sv_text_format(&t, "(tos 0x%02x) ", seen->tos);
    else if (seen->tos)
        sv_text_format(&t, "[%s] ", ecn[seen->tos & 3]);
    if (seen->protocol == SV_DRILL_TCP)
        describe_tcp(&t, seen);
    else if (seen->protocol == SV_DRILL_UDP)
        sv_text_format(&t, "udp (%" PRIu32 ")", seen->length);
    else if (seen->protocol == 1 || seen->protocol == 58)
        sv_text_format(&t, "icmp type_%u code_%u", seen->icmp_type, seen->icmp_code);
    else
        sv_text_format(&t, "IP protocol %u", seen->protocol);
    if (seen->wrong)
        sv_text_format(&t, "  (%s)", seen->wrong);
}
