/* SPDX-License-Identifier: BSD-2-Clause */
/* Any rows at any width: no line may be wider than the terminal, none may end in a blank, no control byte may pass.
 * And any records to rows. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace/ladder_from_trace.h"
#include "trace/width.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct page {
    char line[4096];
    size_t n;
    uint32_t columns;
};

static void check(void *ctx, const char *text, size_t n)
{
    struct page *p = ctx;
    for (size_t i = 0; i < n; i++) {
        if (text[i] != '\n') {
            if ((uint8_t)text[i] < 0x20 || p->n == sizeof p->line)
                abort();
            p->line[p->n++] = text[i];
            continue;
        }
        if (sv_width_text(p->line, p->n) > p->columns || (p->n && p->line[p->n - 1] == ' '))
            abort();
        p->n = 0;
    }
}

struct feed {
    const uint8_t *at, *end;
};

static uint32_t take(struct feed *f, uint32_t bytes)
{
    uint32_t v = 0;
    while (bytes-- > 0)
        v = v << 8 | (f->at < f->end ? *f->at++ : 0);
    return v;
}

static struct sv_ladder_row any_row(struct feed *f, char *text, char *note, sv_time *now)
{
    struct sv_ladder_row r = sv_ladder_row_of((enum sv_ladder_kind)(take(f, 1) % 10), SV_LADDER_LEFT, *now);
    const uint32_t mix = take(f, 4);
    *now += (sv_time)(mix & 0xff) * SV_MS;
    r.arrival = mix & 0x100 ? r.departure + (mix >> 9 & 63) * SV_MS : r.departure;
    r.side = mix >> 15 & 1;
    r.re = (uint8_t)((mix >> 16 & 15) % 8);
    r.bracket = (uint8_t)((mix >> 20 & 15) % 7);
    r.decisive = mix >> 24 & 1;
    r.foldable = mix >> 25 & 1;
    r.has_win = mix >> 26 & 1;
    r.sacks = (uint8_t)(mix >> 27 & 7);
    const uint32_t more = take(f, 4);
    r.flags = more & 0x1ff;
    r.left_state = (uint8_t)(more >> 9 & 15);
    r.right_state = (uint8_t)(more >> 13 & 15);
    r.mss = (uint16_t)(more >> 17 & 1 ? 65535 : 0);
    r.has_scale = more >> 18 & 1;
    r.timestamps = r.sack_permitted = r.fast_open = more >> 19 & 1;
    r.seq = take(f, 4);
    r.ack = take(f, 4);
    r.win = take(f, 4);
    r.len = take(f, 2);
    r.duration_ns = (uint64_t)take(f, 4) << 16;
    r.next_ns = (uint64_t)take(f, 2) << 30;
    memcpy(r.sack, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
    const uint32_t text_n = take(f, 1) % 64, note_n = take(f, 1) % 128;
    for (uint32_t i = 0; i < text_n; i++)
        text[i] = (char)(take(f, 1) | (f->at == f->end));
    for (uint32_t i = 0; i < note_n; i++)
        note[i] = (char)(take(f, 1) | (f->at == f->end));
    r.text = text_n ? text : NULL;
    r.note = note_n ? note : NULL;
    return r;
}

static void *grow(void *ctx, void *old, size_t bytes)
{
    (void)ctx;
    if (bytes)
        return realloc(old, bytes);
    free(old);
    return NULL;
}

static void draw_rows(struct feed *f)
{
    static char texts[32][2][130];
    static struct sv_ladder_row rows[32], out[64];
    memset(texts, 0, sizeof texts);
    struct page p = {.n = 0};
    struct sv_ladder_options o;
    memset(&o, 0, sizeof o);
    o.columns = p.columns = 20 + take(f, 1) % 160;
    const uint32_t how = take(f, 1);
    o.utf8 = how & 1;
    o.relative = how >> 1 & 1;
    o.fold = how >> 2 & 1;
    o.lang = how >> 3 & 1;
    o.screen_lines = how >> 4 & 1 ? 5 : 0;
    o.end[0] = (struct sv_ladder_end){"a", "10.0.0.1:40000", 7, how >> 5 & 1};
    o.end[1] = (struct sv_ladder_end){"b", how >> 6 & 1 ? "[2001:db8:1111:2222:3333:4444:5555:6666]:80" : NULL, 9, 1};
    size_t n = 0;
    sv_time now = 0;
    while (n < 32 && f->at < f->end) {
        rows[n] = any_row(f, texts[n][0], texts[n][1], &now);
        n++;
    }
    const uint64_t delay[2] = {take(f, 1) * SV_MS, 0};
    const size_t m = sv_ladder_order(rows, n, delay, out);
    const struct sv_sink sink = {check, &p};
    sv_ladder_draw(out, m, &o, &sink);
    for (size_t i = 0; i < m; i++) {
        struct page json = {.columns = UINT32_MAX};
        const struct sv_sink to = {check, &json};
        sv_ladder_json(&out[i], &o, &to);
    }
}

static void build_rows(struct feed *f)
{
    static struct sv_ladder_build b;
    struct sv_ladder_source s;
    memset(&s, 0, sizeof s);
    s.grow = grow;
    s.rows_max = 64;
    s.link = SV_LINK_RAW;
    s.host = 1;
    s.other = take(f, 1) & 1 ? 2 : SV_NO_HOST;
    s.flow = take(f, 1) & 1;
    s.midstream = s.calls = s.timers = take(f, 1) & 1;
    s.from_close = take(f, 1) & 1;
    s.notes = 7;
    s.name = "Seven";
    sv_ladder_build_open(&b, &s);
    while (f->at < f->end) {
        struct sv_trace_record r;
        memset(&r, 0, sizeof r);
        r.kind = (uint16_t)(take(f, 1) % 24);
        r.host = (uint16_t)(1 + take(f, 1) % 2);
        r.time = take(f, 1) * SV_MS;
        r.detail = (uint16_t)(take(f, 1) % 16);
        r.flow = take(f, 1) % 3;
        r.packet = take(f, 1) % 8;
        for (uint32_t i = 0; i < SV_TRACE_ARGS; i++)
            r.arg[i] = take(f, 1);
        const size_t left = (size_t)(f->end - f->at), n = take(f, 1);
        r.bytes = (uint16_t)(n < left ? n : left ? left - 1 : 0);
        sv_ladder_build_record(&b, &r, f->at);
        f->at += r.bytes;
    }
    struct sv_ladder_options o;
    memset(&o, 0, sizeof o);
    o.relative = o.fold = 1;
    size_t n;
    const struct sv_ladder_row *rows = sv_ladder_build_rows(&b, &n, &o);
    struct page p = {.columns = 80};
    const struct sv_sink sink = {check, &p};
    if (rows)
        sv_ladder_draw(rows, n, &o, &sink);
    sv_ladder_build_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct feed f = {data, data + size};
    if (take(&f, 1) & 1)
        draw_rows(&f);
    else
        build_rows(&f);
    return 0;
}
