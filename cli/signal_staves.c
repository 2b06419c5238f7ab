/* SPDX-License-Identifier: BSD-2-Clause */
/* A frame as it looked on the wire, in staves of eight octets, 64 bit cells of 18 pixels: the wave with its thresholds
 * and the instants at which it was sampled; under it the symbols, the group they make, the bits and the octet with its
 * field. What was decided wrongly is red and carries a cross. */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <string.h>

#include "cli/signal.h"

#define WIDTH 1280
#define LEFT 104
#define CELL 18
#define OCTETS 8u
#define STAVES_MAX 9u
#define WAVE 110
#define TOP 64
#define PITCH (WAVE + 104)
#define FOLD 22 /* the preamble's one cell */
#define SYMBOLS_OF_STAVE (OCTETS * 16u)

static const char *const style =
    "<style>text{font-family:DejaVu Sans Mono,Menlo,Consolas,monospace;font-size:11px;fill:#222}"
    ".h{font-size:15px;font-weight:bold}.s{font-size:11px;fill:#444}.w{fill:none;stroke:#0b4f8a;stroke-width:1.4}"
    ".t{stroke:#888;stroke-dasharray:5 3}.g{stroke:#ddd}.r{stroke:#999}.d{fill:#0b4f8a}.x{fill:#c00;stroke:#c00}"
    ".o{font-size:13px;font-weight:bold}.f{font-size:11px;fill:#222}.wrong{fill:#c00;font-weight:bold}</style>\n";

/* One octet's eighth of a stave. */
struct slot {
    uint64_t symbol;
    uint32_t symbols;
    int32_t at; /* octet of the frame; -1 none (PAM4) */
};

struct picture {
    FILE *out;
    const struct signal_result *r;
    const struct signal_capture *c;
    const struct signal_frame *f;
    double low, high;    /* samples that the wave lies between */
    double threshold[3]; /* in samples */
    uint32_t thresholds;
    struct slot slot[OCTETS];
    uint32_t slots;
    int top; /* of the present stave */
};

static double instant(const struct picture *p, uint64_t k)
{
    return (double)p->r->symbols.at_q8[k] / 256;
}

static double y_of(const struct picture *p, double sample)
{
    const double at = (sample - p->low) / (p->high - p->low);
    return p->top + WAVE - 6 - fmin(fmax(at, 0), 1) * (WAVE - 12);
}

static double sample_at(const struct picture *p, double at)
{
    const double whole = floor(at), part = at - whole;
    const int64_t i = (int64_t)whole;
    if (i < 0 || i + 1 >= (int64_t)p->c->n)
        return 0;
    return p->c->sample[i] * (1 - part) + p->c->sample[i + 1] * part;
}

static double x_of(const struct picture *p, uint32_t slot, double symbol)
{
    const double width = CELL * 8.0 / p->slot[slot].symbols;
    return LEFT + slot * CELL * 8.0 + (symbol + 0.5) * width;
}

/* Range and thresholds from the frame itself: where each level lies on average when it is sampled. */
static void survey(struct picture *p)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(p->r->code);
    const struct signal_symbols *s = &p->r->symbols;
    double sum[4] = {0}, n[4] = {0};
    p->low = INFINITY;
    p->high = -INFINITY;
    for (uint64_t k = p->f->event.first_symbol; k < p->f->event.last_symbol && k < s->n; k++) {
        const double v = sample_at(p, instant(p, k));
        for (uint32_t i = 0; i < info->levels; i++)
            if (s->level[k] == info->level[i]) {
                sum[i] += v;
                n[i]++;
            }
        p->low = fmin(p->low, v);
        p->high = fmax(p->high, v);
    }
    const double margin = 0.12 * (p->high - p->low);
    p->low -= margin;
    p->high += margin;
    for (uint32_t i = 0; i + 1 < info->levels; i++)
        if (n[i] > 0 && n[i + 1] > 0)
            p->threshold[p->thresholds++] = (sum[i] / n[i] + sum[i + 1] / n[i + 1]) / 2;
}

static void axis(const struct picture *p)
{
    const double right = LEFT + OCTETS * CELL * 8;
    for (uint32_t i = 0; i <= OCTETS; i++)
        fprintf(p->out, "<line class=\"g\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", LEFT + (int)i * CELL * 8,
                p->top, LEFT + (int)i * CELL * 8, p->top + WAVE + 78);
    for (uint32_t i = 0; i < 3; i++) {
        const double v = i == 0 ? p->high : i == 1 ? p->low : (p->low + p->high) / 2;
        fprintf(p->out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%+.3g V</text>\n", LEFT - FOLD - 8,
                y_of(p, v) + (i == 0   ? 10
                              : i == 1 ? -1
                                       : 4),
                p->c->offset + v * p->c->volts);
    }
    for (uint32_t i = 0; i < p->thresholds; i++)
        fprintf(p->out, "<line class=\"t\" x1=\"%d\" y1=\"%.1f\" x2=\"%.0f\" y2=\"%.1f\"/>\n", LEFT,
                y_of(p, p->threshold[i]), right, y_of(p, p->threshold[i]));
    static const char *const row[4] = {"symbol", "group", "bit", "octet"};
    for (uint32_t i = 0; i < 4; i++) {
        const bool groups = p->r->code != SV_PHY_10BASE_T && p->r->code != SV_PHY_PAM4;
        fprintf(p->out,
                "<line class=\"r\" x1=\"%d\" y1=\"%d\" x2=\"%.0f\" y2=\"%d\"/><text x=\"%d\" y=\"%d\" "
                "text-anchor=\"end\" class=\"s\">%s</text>\n",
                LEFT, p->top + WAVE + (int)i * 18, right, p->top + WAVE + (int)i * 18, LEFT - 8,
                p->top + WAVE + 13 + (int)i * 18, i == 1 && !groups ? "" : row[i]);
    }
}

/* The samples between two instants, stretched to the distance of two symbols on paper. */
static void wave(const struct picture *p)
{
    fprintf(p->out, "<polyline class=\"w\" points=\"");
    for (uint32_t i = 0; i < p->slots; i++)
        for (uint32_t k = 0; k < p->slot[i].symbols; k++) {
            const uint64_t symbol = p->slot[i].symbol + k;
            if (symbol + 1 >= p->r->symbols.n || symbol == 0)
                continue;
            const double before = (instant(p, symbol) + instant(p, symbol - 1)) / 2;
            const double after = (instant(p, symbol) + instant(p, symbol + 1)) / 2;
            /* At least four points a symbol: between samples the wave is drawn straight. */
            const double step = fmax(fmin(1, (after - before) / 4), (after - before) / 24);
            const uint32_t points = (uint32_t)ceil((after - before) / step);
            for (uint32_t n = 0; n < points; n++) {
                const double at = before + n * step;
                fprintf(p->out, "%.1f,%.1f ", x_of(p, i, k - 0.5 + (at - before) / (after - before)),
                        y_of(p, sample_at(p, at)));
            }
        }
    fprintf(p->out, "\"/>\n");
}

static bool is_wrong(const struct picture *p, uint64_t symbol)
{
    const struct signal_result *r = p->r;
    const int64_t k = (int64_t)symbol + r->truth_shift;
    if (!r->truth || k < 0 || k >= (int64_t)r->truths)
        return false;
    return r->symbols.level[symbol] != (r->inverted ? -r->truth[k] : r->truth[k]);
}

static void symbols(const struct picture *p)
{
    for (uint32_t i = 0; i < p->slots; i++)
        for (uint32_t k = 0; k < p->slot[i].symbols; k++) {
            const uint64_t symbol = p->slot[i].symbol + k;
            if (symbol >= p->r->symbols.n)
                continue;
            const double x = x_of(p, i, k), y = y_of(p, sample_at(p, instant(p, symbol)));
            const bool wrong = is_wrong(p, symbol);
            fprintf(p->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"/>", wrong ? "x" : "d", x, y,
                    wrong ? "3" : "1.7");
            if (wrong)
                fprintf(p->out, "<path class=\"x\" d=\"M%.1f %.1fl8 8m0 -8l-8 8\"/>", x - 4, y - 16);
            fprintf(p->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\"%s>%c</text>\n", x, p->top + WAVE + 13,
                    wrong ? " class=\"wrong\"" : "", signal_symbol_letter(p->r->code, p->r->symbols.level[symbol]));
        }
}

/* A field's name once, over all of its octets in this stave. */
static void field_name(const struct picture *p, uint32_t i, const char *name)
{
    const struct signal_frame *f = p->f;
    const uint32_t at = (uint32_t)p->slot[i].at;
    if (i > 0 && strcmp(signal_field(f->octet, f->event.bytes, at - 1), name) == 0)
        return;
    uint32_t n = 1;
    while (i + n < p->slots && strcmp(signal_field(f->octet, f->event.bytes, at + n), name) == 0)
        n++;
    fprintf(p->out,
            "<text class=\"f\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>"
            "<path d=\"M%d %dv4h%dv-4\" fill=\"none\" stroke=\"#666\"/>\n",
            LEFT + (int)i * CELL * 8 + (int)n * CELL * 4, p->top + WAVE + 86, name, LEFT + (int)i * CELL * 8 + 4,
            p->top + WAVE + 70, (int)n * CELL * 8 - 8);
}

static void octet(const struct picture *p, uint32_t i)
{
    const int32_t at = p->slot[i].at;
    const int x = LEFT + (int)i * CELL * 8;
    if (at < 0)
        return;
    const uint8_t v = p->f->octet[at];
    char group[24];
    signal_group_text(p->r->code, &p->f->event, at, v, group);
    fprintf(p->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x + CELL * 4, p->top + WAVE + 31,
            group);
    for (int bit = 0; bit < 8; bit++)
        fprintf(p->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%d</text>", x + bit * CELL + CELL / 2,
                p->top + WAVE + 49, v >> bit & 1);
    fprintf(p->out, "<text class=\"o\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%02x</text>\n", x + CELL * 4,
            p->top + WAVE + 68, v);
    field_name(p, i, signal_field(p->f->octet, p->f->event.bytes, (uint32_t)at));
}

static void times(const struct picture *p)
{
    const struct slot *last = &p->slot[p->slots - 1];
    const uint64_t k[2] = {p->slot[0].symbol, last->symbol + last->symbols - 1};
    const double start = instant(p, p->f->event.first_symbol < p->r->symbols.n ? p->f->event.first_symbol : 0);
    for (int i = 0; i < 2; i++)
        if (k[i] < p->r->symbols.n)
            fprintf(p->out, "<text class=\"s\" x=\"%d\" y=\"%d\"%s>%.*f ns</text>\n",
                    i == 0 ? LEFT : LEFT + (int)p->slots * CELL * 8, p->top - 3, i == 0 ? "" : " text-anchor=\"end\"",
                    p->r->symbols.spacing / p->r->rate_hz < 5e-9 ? 2 : 0,
                    (instant(p, k[i]) - start) / p->r->rate_hz * 1e9);
}

/* Which octets, or for PAM4 which symbols, a stave shows. */
static bool fill(struct picture *p, uint32_t from, uint32_t to)
{
    p->slots = 0;
    for (uint32_t at = from; at < to && p->slots < OCTETS; at++) {
        struct slot *s = &p->slot[p->slots];
        struct signal_place place;
        if (p->r->code == SV_PHY_PAM4)
            *s = (struct slot){p->f->event.first_symbol + 4 * (uint64_t)at, 4, -1};
        else if (signal_octet_place(p->r->code, &p->f->event, (int32_t)at, &place))
            *s = (struct slot){place.symbol, place.symbols, (int32_t)at};
        else
            return false;
        p->slots += s->symbol + s->symbols <= p->r->symbols.n;
    }
    return p->slots > 0;
}

static void head(const struct picture *p, int height, uint32_t from, uint32_t to)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(p->r->code);
    fprintf(
        p->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n%s"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text class=\"h\" x=\"16\" y=\"24\">%s: %s</text>\n",
        WIDTH, height, WIDTH, height, style, info->name, info->line_code);
    fprintf(p->out,
            "<text class=\"s\" x=\"16\" y=\"42\">%s, %u octets with FCS; octets %u to %u; %.6g MBd, %.4g samples a "
            "symbol%s; dashed: thresholds, dots: sampling instants%s</text>\n",
            p->f->event.kind == SV_PHY_FRAME ? "FCS good" : sv_phy_event_name(p->f->event.kind), p->f->event.bytes,
            from, to - 1, (double)info->symbol_hz / 1e6, p->r->symbols.spacing,
            p->r->inverted ? "; the pair is inverted" : "", p->r->truth ? "; red crosses: decided wrongly" : "");
}

bool signal_staves(const char *path, const struct signal_result *r, const struct signal_capture *c, uint32_t frame,
                   uint32_t from, uint32_t to)
{
    struct picture p = {.out = fopen(path, "w"), .r = r, .c = c, .f = &r->frame[frame], .top = TOP};
    if (!p.out)
        return false;
    to = to < p.f->event.bytes ? to : p.f->event.bytes;
    from = from < to ? from : to - 1;
    to = to - from > OCTETS * STAVES_MAX ? from + OCTETS * STAVES_MAX : to;
    const uint32_t staves = (to - from + OCTETS - 1) / OCTETS;
    survey(&p);
    head(&p, TOP + (int)staves * PITCH + 8, from, to);
    for (uint32_t i = 0; i < staves; i++, p.top += PITCH) {
        if (!fill(&p, from + i * OCTETS, to))
            continue;
        axis(&p);
        if (i == 0 && from == 0)
            fprintf(p.out,
                    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#eee\" stroke=\"#999\"/><text x=\"%d\" "
                    "y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 %d %d)\">preamble, SFD</text>\n",
                    LEFT - FOLD - 2, p.top, FOLD, WAVE, LEFT - FOLD / 2 + 2, p.top + WAVE / 2, LEFT - FOLD / 2 + 2,
                    p.top + WAVE / 2);
        wave(&p);
        symbols(&p);
        for (uint32_t k = 0; k < p.slots; k++)
            octet(&p, k);
        times(&p);
    }
    fprintf(p.out, "</svg>\n");
    return fclose(p.out) == 0;
}
