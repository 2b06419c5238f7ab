/* SPDX-License-Identifier: BSD-2-Clause */
/* The page's data: one JSON object, schema 1. Times are nanoseconds of the world's clock, numbers of segments are the
 * header's own; what is zero or unknown is left out. page/data.js is its reader. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/addr.h"
#include "l4_transport/tcp_internal.h"
#include "scenario/page_private.h"

void page_text(const struct sv_sink *to, const char *key, const char *text)
{
    if (!text || !text[0])
        return;
    sv_sink_format(to, ",\"%s\":", key);
    sv_sink_json_string(to, text, strlen(text));
}

void page_both(const struct sv_sink *to, const char *key, const struct sc_page_text *text)
{
    const char *en = text->in[SC_PAGE_EN] && text->in[SC_PAGE_EN][0] ? text->in[SC_PAGE_EN] : text->in[SC_PAGE_ZH];
    const char *zh = text->in[SC_PAGE_ZH] && text->in[SC_PAGE_ZH][0] ? text->in[SC_PAGE_ZH] : en;
    if (!en || !en[0])
        return;
    sv_sink_format(to, ",\"%s\":[", key);
    sv_sink_json_string(to, en, strlen(en));
    sv_sink_text(to, ",");
    sv_sink_json_string(to, zh, strlen(zh));
    sv_sink_text(to, "]");
}

static void number(const struct sv_sink *to, const char *key, uint64_t value)
{
    if (value)
        sv_sink_format(to, ",\"%s\":%" PRIu64, key, value);
}

static void address(char room[64], const struct sv_addr *a, uint16_t port, bool with_port)
{
    char text[48];
    const bool four = sv_addr_is_v4(a);
    uint8_t bytes[16];
    memcpy(bytes, four ? a->byte + 12 : a->byte, four ? 4 : 16);
    sv_dissect_address(four ? 4 : 6, bytes, text);
    struct sv_line_text line = sv_text_of(room, 64);
    if (!with_port)
        sv_text_format(&line, "%s", text);
    else
        sv_text_format(&line, four ? "%s:%u" : "[%s]:%u", text, (unsigned)port);
}

/* --- who is there --- */

static void hosts(const struct sc_page *p, const struct sv_sink *to)
{
    static const char *const kinds[] = {"host", "router", "switch"};
    const struct sc_model *m = p->run->model;
    sv_sink_text(to, ",\n\"hosts\":[");
    for (uint32_t i = 0; i < m->hosts; i++) {
        const struct sc_host *h = &m->host[i];
        sv_sink_format(to, "%s{\"kind\":\"%s\"", i ? ",\n" : "", kinds[h->kind]);
        page_text(to, "name", h->name);
        if (h->addrs)
            sv_sink_text(to, ",\"addr\":[");
        for (uint32_t a = 0; a < h->addrs; a++) {
            char text[64];
            address(text, &h->addr[a], 0, false);
            sv_sink_format(to, "%s\"%s\"", a ? "," : "", text);
        }
        sv_sink_format(to, "%s%s}", h->addrs ? "]" : "", h->nat_port ? ",\"nat\":true" : "");
    }
    sv_sink_text(to, "],\n\"links\":[");
    for (uint32_t i = 0; i < m->links; i++) {
        static const char *const but[] = {"name", "ends", NULL};
        const struct sc_link *l = &m->link[i];
        sv_sink_format(to, "%s{\"ends\":[%u,%u],\"ports\":[%u,%u]", i ? ",\n" : "", l->end[0], l->end[1], l->port[0],
                       l->port[1]);
        page_text(to, "name", l->name);
        page_text(to, "words", page_sentence((struct sc_page *)(uintptr_t)p, l->at, but));
        sv_sink_text(to, "}");
    }
    sv_sink_text(to, "]");
}

static void machine(const struct sv_sink *to)
{
    uint8_t from, on, to_state;
    sv_sink_text(to, ",\n\"machine\":{\"states\":[");
    for (uint32_t i = 0; i < SV_TCP_STATES; i++)
        sv_sink_format(to, "%s\"%s\"", i ? "," : "", sv_tcp_state_name((enum sv_tcp_state)i));
    sv_sink_text(to, "],\"on\":[");
    for (uint32_t i = 0; i < SV_ON_EVENTS; i++)
        sv_sink_format(to, "%s\"%s\"", i ? "," : "", sv_tcp_on_name((enum sv_tcp_on)i));
    sv_sink_text(to, "],\"edges\":[");
    for (uint32_t i = 0; sv_tcp_edge_at(i, &from, &on, &to_state); i++)
        sv_sink_format(to, "%s[%u,%u,%u]", i ? "," : "", from, on, to_state);
    sv_sink_text(to, "]}");
}

/* --- conversations --- */

static void segment(const struct sv_sink *to, const struct sv_ladder_row *r)
{
    sv_sink_format(to, ",\"f\":%u,\"q\":%" PRIu32, r->flags, r->seq);
    if (r->flags & SV_LADDER_ACK)
        sv_sink_format(to, ",\"c\":%" PRIu32, r->ack);
    number(to, "l", r->len);
    if (r->has_win)
        sv_sink_format(to, ",\"w\":%" PRIu32, r->win);
    number(to, "wx", r->win_scale);
    number(to, "m", r->mss);
    number(to, "o", (uint64_t)r->sack_permitted | (uint64_t)r->timestamps << 1 | (uint64_t)r->fast_open << 2);
    if (r->has_scale)
        sv_sink_format(to, ",\"ws\":%u", r->scale);
    for (uint32_t i = 0; i < r->sacks && i < SV_LADDER_SACKS; i++)
        sv_sink_format(to, "%s[%" PRIu32 ",%" PRIu32 "]%s", i ? "," : ",\"sk\":[", r->sack[i][0], r->sack[i][1],
                       i + 1u == r->sacks || i + 1u == SV_LADDER_SACKS ? "]" : "");
    number(to, "re", r->re);
    number(to, "rc", r->re_count);
}

void page_row_data(const struct sc_page *p, const struct page_row *at, const struct sc_page_note *note,
                   const struct sv_sink *to)
{
    const struct sv_ladder_row *r = &at->row;
    sv_sink_format(to, "{\"k\":%u,\"s\":%u", r->kind, r->side & 1u);
    if (r->departure != SV_NEVER)
        sv_sink_format(to, ",\"d\":%" PRIu64, r->departure);
    if (r->arrival != SV_NEVER && r->kind != SV_LADDER_LOST)
        sv_sink_format(to, ",\"a\":%" PRIu64, r->arrival);
    if (r->kind <= SV_LADDER_ARRIVED && !r->label)
        segment(to, r);
    page_text(to, "lb", r->label);
    number(to, "l", r->label ? r->len : 0);
    page_text(to, "by", r->by);
    number(to, "b", r->bracket);
    number(to, "du", r->duration_ns);
    number(to, "nx", r->next_ns);
    number(to, "fs", r->fold_segments);
    number(to, "fb", r->fold_bytes);
    number(to, "fo", r->fold_others);
    number(to, "g", r->foldable);
    if (r->left_state != SV_LADDER_UNKNOWN)
        sv_sink_format(to, ",\"L\":%u", r->left_state);
    if (r->right_state != SV_LADDER_UNKNOWN)
        sv_sink_format(to, ",\"R\":%u", r->right_state);
    page_text(to, "t", r->kind == SV_LADDER_LOST && r->text && strcmp(r->text, "lost") == 0 ? NULL : r->text);
    page_text(to, "fault", at->fault == SV_NONE ? NULL : p->run->model->fault[at->fault].id);
    number(to, "x", note->decisive);
    page_both(to, "n", &note->text);
    sv_sink_text(to, "}");
}

static void sample(const struct page_sample *s, const struct sv_sink *to)
{
    sv_sink_format(to,
                   "[%" PRIu64 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%d,%" PRIu32 ",%" PRIu32 ",%" PRIu32
                   ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32,
                   s->t, s->iss, s->irs, s->una, s->nxt, s->send_window, s->queued, s->receives, s->rcv_nxt,
                   s->recv_window, s->unread, s->cwnd, s->ssthresh, s->in_network, s->srtt_us, s->rto_us, s->recovery);
    for (uint32_t i = 0; i < s->blocks; i++)
        sv_sink_format(to, ",%" PRIu32 ",%" PRIu32, s->block[i][0], s->block[i][1]);
    sv_sink_text(to, "]");
}

static void side(const struct page_side *s, const struct sv_ladder_end *end, bool right, const struct sv_sink *to)
{
    char text[64];
    address(text, &s->at.addr, s->at.port, true);
    sv_sink_format(to, "%s{\"initial\":%u", right ? ",\n" : "", s->initial);
    if (s->host != SV_NONE)
        sv_sink_format(to, ",\"host\":%u", s->host);
    page_text(to, "name", s->name);
    page_text(to, "at", text);
    if (end->has_isn)
        sv_sink_format(to, ",\"isn\":%" PRIu32, end->isn);
    number(to, "stride", s->stride > 1 ? s->stride : 0);
    sv_sink_text(to, ",\"states\":[");
    for (uint32_t i = 0; i < s->states; i++)
        sv_sink_format(to, "%s[%" PRIu64 ",%d,%u,%u]", i ? "," : "", s->state[i].t,
                       s->state[i].on == PAGE_ON_UNKNOWN ? -1 : s->state[i].on, s->state[i].from, s->state[i].to);
    sv_sink_text(to, "],\"samples\":[");
    for (uint32_t i = 0; i < s->samples; i++) {
        sv_sink_text(to, i ? ",\n" : "\n");
        sample(&s->sample[i], to);
    }
    sv_sink_text(to, "]}");
}

static void conversation(struct sc_page *p, uint32_t number_of, const struct sc_page_words *w, bool first,
                         const struct sv_sink *to)
{
    const struct page_conversation *c = &p->conversation[number_of];
    struct sv_ladder_options o;
    uint32_t n = 0;
    memset(&o, 0, sizeof o);
    struct page_row *rows = page_rows(p, number_of, SC_PAGE_ROWS / (p->conversations + (w->story ? 1u : 0u)), &n, &o);
    if (!rows)
        return;
    sv_sink_format(to, "%s{\"names\":[", first ? "" : ",\n");
    for (uint32_t i = 0; i < c->attempts; i++)
        sv_sink_format(to, "%s\"%s\"", i ? "," : "", p->run->model->attempt[c->attempt[i]].name);
    sv_sink_text(to, "],\"sides\":[");
    side(&c->side[0], &o.end[0], false, to);
    side(&c->side[1], &o.end[1], true, to);
    sv_sink_text(to, "],\"rows\":[");
    for (uint32_t i = 0; i < n; i++) {
        const struct sv_ladder_row *r = &rows[i].row;
        struct sc_page_note note = {r->decisive, {{NULL, NULL}}};
        if (w->note)
            note.decisive = false;
        if (w->note)
            w->note(w->ctx, p->run, c->side[0].host, c->side[1].host, r, &note);
        sv_sink_text(to, i ? ",\n" : "\n");
        page_row_data(p, &rows[i], &note, to);
    }
    sv_sink_text(to, "]}");
    free(rows);
}

/* --- judgement and the rest --- */

static void expectations(struct sc_page *p, const struct sc_page_words *w, const struct sv_sink *to)
{
    static const char *const verdicts[] = {"open", "passed", "failed"};
    static const char *const but[] = {"id", "decisive", "say", NULL};
    const struct sc_run *run = p->run;
    sv_sink_text(to, ",\n\"expect\":[");
    for (uint32_t i = 0; i < run->model->expects; i++) {
        const struct sc_expect *x = &run->model->expect[i];
        sv_sink_format(to, "%s{\"verdict\":\"%s\",\"t\":%" PRIu64, i ? ",\n" : "",
                       verdicts[run->judged[i].verdict % 3u], run->judged[i].when);
        page_text(to, "id", x->id);
        page_text(to, "words", page_sentence(p, x->at_node, but));
        page_text(to, "why", run->judged[i].why);
        number(to, "decisive", x->decisive);
        struct sc_page_text said = {{NULL, NULL}};
        if (w->say)
            w->say(w->ctx, run, i, &said);
        page_both(to, "say", &said);
        sv_sink_text(to, "}");
    }
    sv_sink_text(to, "]");
}

static void events(const struct sc_page *p, const struct sv_sink *to)
{
    static const char *const kinds[] = {"step", "fault", "other"};
    sv_sink_text(to, ",\n\"events\":[");
    for (uint32_t i = 0; i < p->events; i++) {
        const struct page_event *e = &p->event[i];
        sv_sink_format(to, "%s{\"d\":%" PRIu64 ",\"kind\":\"%s\"", i ? ",\n" : "", e->t, kinds[e->kind]);
        if (e->host != SV_NONE)
            sv_sink_format(to, ",\"host\":%u", e->host);
        page_text(to, "text", e->text);
        if (e->port >= 0)
            sv_sink_format(to, ",\"port\":[%d,%d]", e->port, e->state);
        if (e->link >= 0)
            sv_sink_format(to, ",\"link\":[%d,%d]", e->link, e->down);
        sv_sink_text(to, "}");
    }
    sv_sink_text(to, "]");
    number(to, "events_left_out", p->events_left_out);
    number(to, "not_drawn", p->not_drawn);
}

static void words_of(const struct sc_page_words *w, const struct sv_sink *to)
{
    page_both(to, "title", &w->title);
    page_both(to, "claim", &w->claim);
    page_both(to, "watch", &w->watch);
    page_both(to, "said", &w->verdict);
    page_both(to, "try", &w->try_this);
    page_both(to, "try_command", &w->try_command);
    page_text(to, "replay", w->replay);
    page_text(to, "home", w->home);
    page_text(to, "previous", w->previous);
    page_text(to, "next", w->next);
    sv_sink_text(to, ",\"see\":[");
    for (uint32_t i = 0; w->see && w->see[i]; i++) {
        sv_sink_text(to, i ? "," : "");
        sv_sink_json_string(to, w->see[i], strlen(w->see[i]));
    }
    sv_sink_text(to, "]");
}

void page_data(struct sc_page *p, const struct sc_mutant *mutant, const struct sc_page_words *w,
               const struct sv_sink *to)
{
    const struct sc_run *run = p->run;
    sv_sink_format(to,
                   "{\"schema\":1,\"lang\":%u,\"seed\":\"%" PRIu64 "\",\"ended\":%" PRIu64 ",\"steps\":%" PRIu64
                   ",\"packets\":%" PRIu64,
                   w->lang % SC_PAGE_LANGS, run->seed, run->now, run->events, sv_world_passed(run->sim->world));
    page_text(to, "name", run->model->name);
    page_text(to, "mutant", mutant ? mutant->name : NULL);
    if (mutant) {
        sv_sink_text(to, ",\"must_fail\":[");
        for (uint32_t i = 0; i < mutant->fails; i++)
            sv_sink_format(to, "%s\"%s\"", i ? "," : "", run->model->expect[mutant->fail[i]].id);
        sv_sink_text(to, "]");
    }
    page_text(to, "problem", run->problem);
    words_of(w, to);
    hosts(p, to);
    machine(to);
    expectations(p, w, to);
    events(p, to);
    sv_sink_text(to, ",\n\"conversations\":[");
    bool first = !w->story || !page_story(p, w->story, SC_PAGE_ROWS / (p->conversations + 1u), to);
    for (uint32_t i = 0; i < p->conversations; i++) {
        conversation(p, i, w, first, to);
        first = false;
    }
    sv_sink_text(to, "]}");
}
