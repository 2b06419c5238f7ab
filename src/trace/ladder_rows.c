/* SPDX-License-Identifier: BSD-2-Clause */
/* The store of rows and texts, and the finished list. */
#include <stdio.h>
#include <string.h>

#include "trace/ladder_build.h"

uint32_t sv_build_text(struct sv_ladder_build *b, const char *text)
{
    const size_t n = strlen(text) + 1;
    if (b->texts_used + n > b->texts_room) {
        const size_t room = b->texts_room * 2 + n + 1024;
        char *texts = b->s.grow(b->s.ctx, b->texts, room);
        if (!texts || room > UINT32_MAX)
            return SV_NONE;
        b->texts = texts;
        b->texts_room = room;
    }
    memcpy(b->texts + b->texts_used, text, n);
    b->texts_used += n;
    return (uint32_t)(b->texts_used - n);
}

struct sv_ladder_raw *sv_build_add(struct sv_ladder_build *b, const struct sv_ladder_raw *raw)
{
    if (b->count == b->room) {
        const size_t max = b->s.rows_max;
        size_t room = b->room * 2 + 64;
        if (room > max)
            room = max;
        struct sv_ladder_raw *more = room > b->count ? b->s.grow(b->s.ctx, b->raw, room * sizeof *raw) : NULL;
        if (!more) {
            b->lost++;
            return NULL;
        }
        b->raw = more;
        b->room = room;
    }
    b->raw[b->count] = *raw;
    return &b->raw[b->count++];
}

void sv_build_state(struct sv_ladder_raw *raw, uint32_t side, uint8_t state)
{
    *(side == SV_LADDER_LEFT ? &raw->row.left_state : &raw->row.right_state) = state;
}

sv_time sv_build_when(const struct sv_ladder_raw *raw, bool arrival)
{
    return arrival && raw->row.arrival != SV_NEVER ? raw->row.arrival : raw->row.departure;
}

static size_t sv_build_first_fin(const struct sv_ladder_build *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->raw[i].row.kind <= SV_LADDER_ARRIVED && b->raw[i].row.flags & SV_LADDER_FIN)
            return i;
    return b->count;
}

/* What comes before the close as one line: "opened as above, 6 bytes sent". */
static size_t sv_build_from_close(struct sv_ladder_build *b, struct sv_ladder_row *out)
{
    const size_t fin = sv_build_first_fin(b);
    if (fin == b->count)
        return 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < fin; i++)
        if (b->raw[i].row.side == b->raw[fin].row.side && b->raw[i].row.re == SV_LADDER_RE_NONE)
            bytes += b->raw[i].row.len;
    char text[120];
    snprintf(text, sizeof text,
             b->s.lang == SV_LADDER_ZH ? "打开同上，已发送 %llu 字节" : "opened as above, %llu bytes sent",
             (unsigned long long)bytes);
    const uint32_t at = sv_build_text(b, text);
    *out = sv_ladder_row_of(SV_LADDER_FOLD, SV_LADDER_LEFT, SV_NEVER);
    out->text = at == SV_NONE ? NULL : b->texts + at;
    return fin;
}

static void sv_build_ends(struct sv_ladder_build *b, struct sv_ladder_options *o)
{
    for (uint32_t i = 0; i < 2; i++) {
        char text[48];
        sv_dissect_address(b->tuple.version, b->tuple.addr[i], text);
        snprintf(b->address[i], sizeof b->address[i], b->tuple.version == 4 ? "%s:%u" : "[%s]:%u", text,
                 (unsigned)b->tuple.port[i]);
        o->end[i].name = i == b->host_side ? b->s.name : b->s.other_name;
        o->end[i].address = b->address[i];
        o->end[i].isn = b->isn[i];
        o->end[i].has_isn = b->has_isn[i];
    }
    o->origin = b->first;
}

/* A departure without an arrival: still under way if it left too late to have come, else lost. */
static void sv_build_open_end(const struct sv_ladder_build *b, struct sv_ladder_row *row)
{
    if (row->kind != SV_LADDER_LOST || row->text)
        return;
    const uint64_t needs = b->min_delay_ns[row->side & 1u];
    if (needs != UINT64_MAX && b->last - row->departure <= needs + needs / 4)
        row->kind = SV_LADDER_DEPARTED;
    else
        row->text = b->s.lang == SV_LADDER_ZH ? "丢失" : "lost";
}

const struct sv_ladder_row *sv_ladder_build_rows(struct sv_ladder_build *b, size_t *n,
                                                 struct sv_ladder_options *options)
{
    *n = 0;
    if (!b->found || b->count == 0)
        return NULL;
    sv_build_waiting(b, SV_NEVER);
    const size_t room = b->count * 3 + 2;
    struct sv_ladder_row *rows = b->s.grow(b->s.ctx, b->rows, room * sizeof rows[0]);
    if (!rows)
        return NULL;
    b->rows = rows;
    size_t from = 0, used = 0;
    struct sv_ladder_row *plain = rows + b->count * 2 + 1; /* ordered into the front */
    if (b->s.from_close)
        from = sv_build_from_close(b, &rows[used]);
    used += from > 0;
    if (from == 0 && (b->initial[0] != SV_LADDER_UNKNOWN || b->initial[1] != SV_LADDER_UNKNOWN)) {
        rows[used] = sv_ladder_row_of(SV_LADDER_STATE, SV_LADDER_LEFT, b->first);
        rows[used].left_state = b->initial[0];
        rows[used++].right_state = b->initial[1];
    }
    for (size_t i = from; i < b->count; i++) {
        struct sv_ladder_row *row = &plain[i - from];
        *row = b->raw[i].row;
        row->text = b->raw[i].text_at == SV_NONE ? NULL : b->texts + b->raw[i].text_at;
        row->note = b->raw[i].note_at == SV_NONE ? NULL : b->texts + b->raw[i].note_at;
        sv_build_open_end(b, row);
    }
    uint64_t delay[2];
    for (uint32_t i = 0; i < 2; i++)
        delay[i] = b->min_delay_ns[i] == UINT64_MAX ? 0 : b->min_delay_ns[i];
    used += sv_ladder_order(plain, b->count - from, delay, rows + used);
    sv_build_ends(b, options);
    *n = used;
    return rows;
}

bool sv_ladder_build_over(const struct sv_ladder_build *b)
{
    if (!b->found || b->count == 0)
        return false;
    /* A side whose states are heard has to be done as well: its last word comes after the last segment. */
    for (uint32_t i = 0; i < 2; i++)
        if (b->state[i] != SV_LADDER_UNKNOWN && b->state[i] != SV_CLOSED && b->state[i] != SV_TIME_WAIT)
            return false;
    for (size_t i = b->count; i-- > 0 && b->count - i < 16;)
        if (b->raw[i].row.kind <= SV_LADDER_ARRIVED && b->raw[i].row.flags & SV_LADDER_RST)
            return true;
    return b->fin_acked[0] && b->fin_acked[1];
}

void sv_ladder_build_free(struct sv_ladder_build *b)
{
    if (b->raw)
        b->s.grow(b->s.ctx, b->raw, 0);
    if (b->rows)
        b->s.grow(b->s.ctx, b->rows, 0);
    if (b->texts)
        b->s.grow(b->s.ctx, b->texts, 0);
    b->raw = NULL;
    b->rows = NULL;
    b->texts = NULL;
    b->count = b->room = b->texts_used = b->texts_room = 0;
    b->found = false;
}
