/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP's options: <mss 1460,nop,wscale 7,sackOK,TS val 1 ecr 0,FO a1b2c3d4e5f60718>, or <...> for any. */
#include <string.h>

#include "drill/parser.h"

static uint8_t hex_digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* Bytes as hex digits; none are allowed. A name that stands for them may still be unknown: who only parses does not
 * miss it. */
static void parse_blob(struct sv_drill_parser *p, struct sv_drill_option *o)
{
    const uint32_t line = p->token.line, column = p->token.column;
    if (sv_drill_is_mark(p, ',') || sv_drill_is_mark(p, '>'))
        return;
    const struct sv_drill_token t = sv_drill_take_run(p, "", true);
    const char *text = sv_drill_defined(p, t.text, t.n);
    size_t n = text ? strlen(text) : t.n;
    text = text ? text : t.text;
    if (n > 2 && text[0] == '0' && text[1] == 'x') {
        text += 2;
        n -= 2;
    }
    for (size_t i = 0; i < n; i++) {
        if (!strchr("0123456789abcdefABCDEF", text[i])) {
            o->undefined = sv_drill_keep_text(p, text, n);
            return;
        }
    }
    if (n == 0)
        sv_drill_wanted(p, "bytes in hex");
    if (n % 2)
        sv_drill_fail_at(p, line, column, "%u hex digits make no whole bytes", (unsigned)n);
    if (n / 2 > sizeof o->data - 2) {
        sv_drill_fail_at(p, line, column, "an option has at most %u bytes", (unsigned)sizeof o->data - 2);
        return;
    }
    for (size_t i = 0; i + 1 < n && !p->failed; i += 2)
        o->data[o->bytes++] = (uint8_t)(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
}

static void parse_sack(struct sv_drill_parser *p, struct sv_drill_option *o, bool compared)
{
    do {
        if (o->count == SV_DRILL_SACKS) {
            sv_drill_fail(p, "at most %u SACK blocks fit", SV_DRILL_SACKS);
            return;
        }
        o->value[2 * o->count] = sv_drill_want_number(p, "a block's left edge", compared, UINT32_MAX);
        sv_drill_want_mark(p, ':');
        o->value[2 * o->count + 1] = sv_drill_want_number(p, "a block's right edge", compared, UINT32_MAX);
        o->count++;
    } while (p->token.kind == SV_DRILL_T_INTEGER || (compared && sv_drill_is_mark(p, '*')));
}

/* ECN e0b 1 ceb 0 e1b 1: the first counter tells the order. */
static void parse_accecn(struct sv_drill_parser *p, struct sv_drill_option *o, bool compared)
{
    static const char *const order[2][3] = {{"e0b", "ceb", "e1b"}, {"e1b", "ceb", "e0b"}};
    const uint32_t which = sv_drill_is_word(p, "e1b") ? 1 : 0;
    o->kind = which ? SV_DRILL_ACCECN1 : SV_DRILL_ACCECN0;
    while (o->count < 3 && sv_drill_take_word(p, order[which][o->count]))
        o->value[o->count++] = sv_drill_want_number(p, "a counter", compared, 0xffffff);
    if (!o->count && !sv_drill_is_mark(p, ',') && !sv_drill_is_mark(p, '>'))
        sv_drill_wanted(p, "e0b N or e1b N");
}

static void parse_timestamps(struct sv_drill_parser *p, struct sv_drill_option *o, bool compared)
{
    if (!sv_drill_take_word(p, "val"))
        sv_drill_wanted(p, "val N");
    o->value[0] = sv_drill_want_number(p, "a TSval", compared, UINT32_MAX);
    if (!sv_drill_take_word(p, "ecr"))
        sv_drill_wanted(p, "ecr N");
    o->value[1] = sv_drill_want_number(p, "a TSecr", compared, UINT32_MAX);
    o->absolute = !compared && sv_drill_take_mark(p, '!');
}

static void parse_option(struct sv_drill_parser *p, struct sv_drill_option *o, bool compared)
{
    static const struct {
        const char *name;
        uint16_t kind;
    } names[] = {{"nop", SV_DRILL_NOP},       {"eol", SV_DRILL_EOL},          {"mss", SV_DRILL_MSS},
                 {"wscale", SV_DRILL_WSCALE}, {"sackOK", SV_DRILL_SACK_OK},   {"sack", SV_DRILL_SACK},
                 {"TS", SV_DRILL_TS},         {"md5", SV_DRILL_MD5},          {"FO", SV_DRILL_FAST_OPEN},
                 {"ECN", SV_DRILL_ACCECN0},   {"FOEXP", SV_DRILL_EXPERIMENT}, {"bytes", SV_DRILL_RAW}};
    size_t i = 0;
    while (i < sizeof names / sizeof names[0] && !sv_drill_is_word(p, names[i].name))
        i++;
    if (i == sizeof names / sizeof names[0]) {
        sv_drill_wanted(p, "one of nop, eol, mss, wscale, sackOK, sack, TS, md5, FO, FOEXP, ECN, bytes");
        return;
    }
    sv_drill_advance(p);
    o->kind = names[i].kind;
    if (o->kind == SV_DRILL_MSS)
        o->value[0] = sv_drill_want_number(p, "an MSS", compared, 65535);
    else if (o->kind == SV_DRILL_WSCALE)
        o->value[0] = sv_drill_want_number(p, "a window scale", compared, 255);
    else if (o->kind == SV_DRILL_SACK)
        parse_sack(p, o, compared);
    else if (o->kind == SV_DRILL_TS)
        parse_timestamps(p, o, compared);
    else if (o->kind == SV_DRILL_ACCECN0)
        parse_accecn(p, o, compared);
    else if (o->kind == SV_DRILL_MD5 && sv_drill_take_word(p, "valid"))
        o->valid = true;
    else if (o->kind == SV_DRILL_MD5 || o->kind == SV_DRILL_FAST_OPEN || o->kind == SV_DRILL_EXPERIMENT ||
             o->kind == SV_DRILL_RAW)
        parse_blob(p, o);
    if (!p->failed && o->kind == SV_DRILL_MD5 && !o->valid && !o->undefined && o->bytes != 16)
        sv_drill_fail(p, "an MD5 signature has 16 bytes, not %u", o->bytes);
}

static uint32_t option_bytes(const struct sv_drill_option *o)
{
    switch (o->kind) {
    case SV_DRILL_EOL:
    case SV_DRILL_NOP:
        return 1;
    case SV_DRILL_MSS:
        return 4;
    case SV_DRILL_WSCALE:
        return 3;
    case SV_DRILL_SACK_OK:
        return 2;
    case SV_DRILL_SACK:
        return 2u + 8u * o->count;
    case SV_DRILL_TS:
        return 10;
    case SV_DRILL_MD5:
        return 18;
    case SV_DRILL_ACCECN0:
    case SV_DRILL_ACCECN1:
        return 2u + 3u * o->count;
    case SV_DRILL_EXPERIMENT:
        return 4u + o->bytes;
    case SV_DRILL_RAW:
        return o->bytes;
    default:
        return 2u + o->bytes;
    }
}

void sv_drill_parse_tcp_options(struct sv_drill_parser *p, struct sv_drill_packet *packet)
{
    const uint32_t line = p->token.line, column = p->token.column;
    struct sv_drill_option option[SV_DRILL_OPTIONS];
    uint32_t bytes = 0;
    bool undefined = false;
    memset(option, 0, sizeof option);
    sv_drill_want_mark(p, '<');
    if (p->token.kind == SV_DRILL_T_ELLIPSIS) {
        if (!packet->outbound)
            sv_drill_fail(p, "<...> stands for what is compared, and this packet is sent");
        sv_drill_advance(p);
        sv_drill_want_mark(p, '>');
        packet->any_options = true;
        return;
    }
    do {
        if (packet->options == SV_DRILL_OPTIONS) {
            sv_drill_fail(p, "at most %u options fit", SV_DRILL_OPTIONS);
            return;
        }
        struct sv_drill_option *o = &option[packet->options++];
        parse_option(p, o, packet->outbound);
        bytes += option_bytes(o);
        undefined = undefined || o->undefined;
    } while (sv_drill_take_mark(p, ','));
    sv_drill_want_mark(p, '>');
    if (!p->failed && bytes > 40)
        sv_drill_fail_at(p, line, column, "the options take %u bytes, and 40 fit into the header", bytes);
    if (!p->failed && bytes % 4 && !undefined)
        sv_drill_fail_at(p, line, column, "the options take %u bytes; nop or eol must fill them up to a multiple of 4",
                         bytes);
    packet->option = sv_drill_keep(p, sizeof *packet->option * packet->options);
    memcpy(packet->option, option, sizeof *packet->option * packet->options);
}
