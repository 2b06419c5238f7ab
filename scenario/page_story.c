/* SPDX-License-Identifier: BSD-2-Clause */
/* The ladder of all that passed between two hosts, as another part of the program drew it up (scenario/rows.h): all
 * protocols, all incarnations, and what a third wrote under the name of one of them, which no conversation of the two
 * contains. It is written as one more conversation, without samples, marked "story". */
#include <stdlib.h>
#include <string.h>

#include "scenario/page_private.h"

static void end(const struct sc_page_story *s, uint32_t side, const struct sv_sink *to)
{
    const struct sv_ladder_end *e = &s->end[side];
    const uint8_t state = s->n ? (side ? s->row[0].right_state : s->row[0].left_state) : SV_LADDER_UNKNOWN;
    sv_sink_format(to, "%s{\"host\":%u", side ? ",\n" : "", s->host[side]);
    if (state != SV_LADDER_UNKNOWN)
        sv_sink_format(to, ",\"initial\":%u", state);
    page_text(to, "name", e->name);
    page_text(to, "at", e->address);
    if (e->has_isn)
        sv_sink_format(to, ",\"isn\":%u", e->isn);
    sv_sink_text(to, ",\"states\":[],\"samples\":[]}");
}

/* The first row has nothing but the states to begin with, and perhaps a note. */
static bool has_more(const struct sv_ladder_row *row, const struct sc_page_note *note)
{
    return row->kind != SV_LADDER_STATE || note->text.in[SC_PAGE_EN];
}

bool page_story(struct sc_page *p, const struct sc_page_story *s, uint32_t most, const struct sv_sink *to)
{
    struct page_row *row = s->n ? calloc(s->n, sizeof *row) : NULL;
    const char *between = "\n";
    if (!row) {
        p->failed = p->failed || s->n;
        return false;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        row[i] = (struct page_row){.row = s->row[i], .fault = SV_NONE};
        row[i].row.tag = i;
        row[i].row.note = s->note ? s->note[i].text.in[SC_PAGE_EN] : NULL; /* such a row is not folded */
    }
    page_faults(p, s->host, row, s->n);
    const uint32_t n = page_fold_to(row, s->n, most);
    sv_sink_text(to, "{\"story\":true,\"names\":[],\"sides\":[");
    end(s, 0, to);
    end(s, 1, to);
    sv_sink_text(to, "],\"rows\":[");
    for (uint32_t i = 0; i < n; i++) {
        const bool folded = row[i].row.kind == SV_LADDER_FOLD;
        struct sc_page_note note = {false, {{NULL, NULL}}};
        if (s->note && !folded)
            note = s->note[row[i].row.tag];
        note.decisive = !folded && row[i].row.decisive;
        if (row[i].row.tag == 0 && !folded) { /* the states themselves are what the sides begin with */
            row[i].row.left_state = row[i].row.right_state = SV_LADDER_UNKNOWN;
            row[i].row.kind = SV_LADDER_NOTE;
            if (!has_more(&s->row[0], &note))
                continue;
        }
        sv_sink_text(to, between);
        page_row_data(p, &row[i], &note, to);
        between = ",\n";
    }
    sv_sink_text(to, "]}");
    free(row);
    return true;
}
