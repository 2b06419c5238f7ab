/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands on an arrow and in brackets: the words. */
#include <inttypes.h>
#include <string.h>

#include "trace/ladder_private.h"
#include "trace/width.h"

/* SYN, FIN, RST, PSH, URG, then ACK, so that "SYN,ACK" reads as everybody says it; the three ECN bits last, small. */
void sv_ladder_flags(uint16_t flags, struct sv_line_text *out)
{
    static const struct {
        uint16_t bit;
        const char *name;
    } order[] = {
        {SV_LADDER_SYN, "SYN"}, {SV_LADDER_FIN, "FIN"}, {SV_LADDER_RST, "RST"},
        {SV_LADDER_PSH, "PSH"}, {SV_LADDER_URG, "URG"}, {SV_LADDER_ACK, "ACK"},
        {SV_LADDER_CWR, "cwr"}, {SV_LADDER_ECE, "ece"}, {SV_LADDER_AE, "ae"},
    };
    const size_t start = out->used;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (flags & order[i].bit)
            sv_text_format(out, out->used > start ? ",%s" : "%s", order[i].name);
    if (out->used == start)
        sv_text_format(out, "none");
}

const char *sv_ladder_re_text(const struct sv_ladder_row *row, struct sv_line_text *out)
{
    switch ((enum sv_ladder_re)row->re) {
    case SV_LADDER_RE_NONE:
        return NULL;
    case SV_LADDER_RE_RTO:
        sv_text_format(out, "RTO#%" PRIu32, row->re_count);
        break;
    case SV_LADDER_RE_FAST:
        sv_text_format(out, "fast");
        break;
    case SV_LADDER_RE_TLP:
        sv_text_format(out, "TLP");
        break;
    case SV_LADDER_RE_SACK:
        sv_text_format(out, "SACK");
        break;
    case SV_LADDER_RE_PROBE:
        sv_text_format(out, "probe");
        break;
    case SV_LADDER_RE_KEEPALIVE:
        sv_text_format(out, "keepalive");
        break;
    case SV_LADDER_RE_AGAIN:
        sv_text_format(out, "seen");
        break;
    }
    return out->at;
}

static struct sv_line_text sv_label_word(struct sv_label *label, int glued)
{
    /* The words of one label are counted in sv_label_make(): there is always room. */
    SV_ASSERT(label->words < SV_LABEL_WORDS);
    label->word[label->words].glued = (uint8_t)glued;
    char *room = label->word[label->words++].text;
    return sv_text_of(room, sizeof label->word[0].text);
}

static void sv_label_number(struct sv_label *label, const char *name, uint32_t value)
{
    struct sv_line_text word = sv_label_word(label, 0);
    sv_text_format(&word, "%s=%" PRIu32, name, value);
}

static void sv_label_plain(struct sv_label *label, const char *text)
{
    struct sv_line_text word = sv_label_word(label, 0);
    sv_text_format(&word, "%s", text);
}

/* A window is said on a side's first segment, on every SYN, and when it changed by more than its scale can
 * show: a scaled window is rounded, and the rounding is no news. */
static bool sv_label_win(const struct sv_ladder *l, const struct sv_ladder_row *row)
{
    if (!row->has_win || row->kind == SV_LADDER_ARRIVED)
        return false;
    if (!l->win_shown[row->side] || row->flags & (SV_LADDER_SYN))
        return true;
    const uint32_t was = l->shown_win[row->side];
    const uint32_t by = row->win > was ? row->win - was : was - row->win;
    return by != 0 && ((row->win == 0) != (was == 0) || by >> (row->win_scale & 15u) != 0);
}

static void sv_label_sacks(struct sv_label *label, const struct sv_ladder_row *row, uint32_t base)
{
    const uint32_t n = row->sacks < SV_LADDER_SACKS ? row->sacks : SV_LADDER_SACKS;
    for (uint32_t i = 0; i < n; i++) {
        struct sv_line_text word = sv_label_word(label, i > 0);
        sv_text_format(&word, "%s%" PRIu32 "-%" PRIu32 "%s", i ? "" : "sack=", row->sack[i][0] - base,
                       row->sack[i][1] - base, i + 1 < n ? "," : "");
    }
}

static void sv_label_options(struct sv_label *label, const struct sv_ladder_row *row)
{
    if (row->mss)
        sv_label_number(label, "mss", row->mss);
    if (row->sack_permitted)
        sv_label_plain(label, "sack");
    if (row->timestamps)
        sv_label_plain(label, "ts");
    if (row->has_scale)
        sv_label_number(label, "ws", row->scale);
    if (row->fast_open)
        sv_label_plain(label, "tfo");
}

/* Words of another protocol, as they were given; what is beyond the room is left out. */
static void sv_label_given(struct sv_label *label, const char *text)
{
    while (*text && label->words < SV_LABEL_WORDS) {
        const size_t n = strcspn(text, " ");
        struct sv_line_text word = sv_label_word(label, 0);
        sv_text_put(&word, text, n);
        text += n + strspn(text + n, " ");
    }
}

void sv_label_make(struct sv_ladder *l, const struct sv_ladder_row *row, struct sv_label *label)
{
    const uint32_t side = row->side & 1u;
    const uint32_t seq_base = l->o.relative && l->o.end[side].has_isn ? l->o.end[side].isn : 0;
    const uint32_t ack_base = l->o.relative && l->o.end[side ^ 1u].has_isn ? l->o.end[side ^ 1u].isn : 0;
    label->words = 0;
    if (row->label) {
        sv_label_given(label, row->label);
        return;
    }
    struct sv_line_text word = sv_label_word(label, 0);
    sv_ladder_flags(row->flags, &word);
    /* A RST that answers a stranger has the number 0 of its own, counted from no ISN (RFC 9293 §3.10.7.1). */
    sv_label_number(label, "seq", row->flags & SV_LADDER_RST && row->seq == 0 ? 0 : row->seq - seq_base);
    if (row->by) { /* forged: it never left the side whose address it bears */
        word = sv_label_word(label, 0);
        sv_text_format(&word, "by=%s", row->by);
    }
    if (row->kind == SV_LADDER_ARRIVED)
        return;
    if (row->flags & SV_LADDER_ACK)
        sv_label_number(label, "ack", row->ack - ack_base);
    if (row->len)
        sv_label_number(label, "len", row->len);
    char again[24];
    struct sv_line_text re = sv_text_of(again, sizeof again);
    if (sv_ladder_re_text(row, &re)) {
        word = sv_label_word(label, 0);
        const bool bare = row->re == SV_LADDER_RE_PROBE || row->re == SV_LADDER_RE_KEEPALIVE;
        sv_text_format(&word, "%s%s", bare ? "" : "re=", again);
    }
    if (sv_label_win(l, row)) {
        word = sv_label_word(label, 0);
        sv_text_format(&word, row->win ? "win=%" PRIu32 : "win=%" PRIu32 "!", row->win);
        l->shown_win[side] = row->win;
        l->win_shown[side] = 1;
    }
    sv_label_sacks(label, row, ack_base);
    sv_label_options(label, row);
}

uint32_t sv_label_line(const struct sv_label *label, uint32_t from, uint32_t columns, struct sv_line_text *out)
{
    uint32_t width = 0, i = from;
    for (; i < label->words; i++) {
        const size_t n = strlen(label->word[i].text);
        const uint32_t blank = i > from && !label->word[i].glued;
        if (i > from && width + blank + n > columns)
            break;
        if (blank)
            sv_text_put(out, " ", 1);
        const size_t room = columns - width - blank;
        sv_text_put(out, label->word[i].text, i == from && n > room ? room : n);
        width += blank + (uint32_t)n;
    }
    return i;
}

uint32_t sv_label_ink(const struct sv_ladder_row *row)
{
    if (row->label)
        return SV_INK_PLAIN;
    if (row->flags & SV_LADDER_RST)
        return SV_INK_RED;
    if (row->re != SV_LADDER_RE_NONE)
        return SV_INK_YELLOW;
    if (row->flags & SV_LADDER_SYN)
        return SV_INK_GREEN;
    if (row->flags & SV_LADDER_FIN)
        return SV_INK_MAGENTA;
    return row->len == 0 ? SV_INK_DIM : SV_INK_PLAIN;
}

static void sv_say_seconds(struct sv_line_text *out, uint64_t ns, int whole)
{
    const uint64_t ms = (ns + 500000u) / 1000000u;
    if (whole && ms % 1000u == 0)
        sv_text_format(out, "%" PRIu64 " s", ms / 1000u);
    else
        sv_text_format(out, "%" PRIu64 ".%03u s", ms / 1000u, (unsigned)(ms % 1000u));
}

static void sv_say_fired(const struct sv_ladder *l, const struct sv_ladder_row *row, const char *name,
                         struct sv_line_text *out)
{
    const bool zh = l->o.lang == SV_LADDER_ZH;
    sv_text_format(out, "%s", name);
    if (row->duration_ns) {
        sv_text_format(out, " ");
        sv_say_seconds(out, row->duration_ns, 0);
    }
    if (zh)
        sv_text_format(out, " 到时");
    if (row->next_ns == 0)
        return;
    sv_text_format(out, zh ? "；下次 " : "; next ");
    sv_say_seconds(out, row->next_ns, 0);
}

void sv_ladder_say(const struct sv_ladder *l, const struct sv_ladder_row *row, struct sv_line_text *out)
{
    const bool zh = l->o.lang == SV_LADDER_ZH;
    sv_text_format(out, "[");
    switch ((enum sv_ladder_bracket)row->bracket) {
    case SV_LADDER_SAY_TEXT:
        sv_text_format(out, "%s", row->text ? row->text : "");
        break;
    case SV_LADDER_SAY_RTO:
        sv_say_fired(l, row, "RTO", out);
        break;
    case SV_LADDER_SAY_PERSIST:
        sv_say_fired(l, row, zh ? "坚持定时器" : "persist", out);
        break;
    case SV_LADDER_SAY_2MSL:
        sv_text_format(out, row->duration_ns ? "2 MSL = " : "2 MSL");
        if (row->duration_ns)
            sv_say_seconds(out, row->duration_ns, 1);
        sv_text_format(out, zh ? " 结束" : " over");
        break;
    case SV_LADDER_SAY_DELACK:
        sv_text_format(out, zh ? "延迟确认到时" : "delayed ACK due");
        break;
    case SV_LADDER_SAY_KEEPALIVE:
        sv_text_format(out, zh ? "保活定时器到时" : "keepalive due");
        break;
    case SV_LADDER_SAY_USER_TIMEOUT:
        sv_text_format(out, zh ? "用户超时" : "user timeout");
        break;
    case SV_LADDER_SAY_TLP:
        sv_text_format(out, zh ? "尾部探测到时" : "tail loss probe due");
        break;
    case SV_LADDER_SAY_REORDER:
        sv_text_format(out, zh ? "乱序等待到时" : "reordering timer due");
        break;
    }
    sv_text_format(out, "]");
}

/* 67106412 as 67,106,412 */
static void sv_say_count(struct sv_line_text *out, uint64_t n)
{
    char digits[24];
    struct sv_line_text d = sv_text_of(digits, sizeof digits);
    sv_text_format(&d, "%" PRIu64, n);
    for (size_t i = 0; i < d.used; i++) {
        if (i > 0 && (d.used - i) % 3 == 0)
            sv_text_put(out, ",", 1);
        sv_text_put(out, digits + i, 1);
    }
}

void sv_ladder_totals(const struct sv_ladder *l, const struct sv_ladder_row *row, struct sv_line_text *out)
{
    const bool zh = l->o.lang == SV_LADDER_ZH, one = row->fold_segments == 1;
    const bool tcp = row->fold_others < row->fold_segments || !row->fold_segments;
    sv_say_count(out, row->fold_segments);
    if (tcp)
        sv_text_format(out, zh ? " 个报文段，" : one ? " segment, " : " segments, ");
    else
        sv_text_format(out, zh ? " 个包，" : one ? " packet, " : " packets, ");
    sv_say_count(out, row->fold_bytes);
    sv_text_format(out, zh ? " 字节" : row->fold_bytes == 1 ? " byte" : " bytes");
    if (tcp) {
        sv_text_format(out, zh ? "，重传 " : ", ");
        sv_say_count(out, row->fold_again);
        sv_text_format(out, zh ? "" : " retransmitted");
    }
    if (row->fold_lost) {
        sv_text_format(out, zh ? "，丢失 " : ", ");
        sv_say_count(out, row->fold_lost);
        sv_text_format(out, zh ? "" : " lost");
    }
}
