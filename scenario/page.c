/* SPDX-License-Identifier: BSD-2-Clause */
/* The page's beginning and end, its words, and the templates filled. */
#include "scenario/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/page_private.h"
#include "scenario/page_templates.h"

bool page_more(struct sc_page *p, void **at, uint32_t n, uint32_t *room, size_t each)
{
    if (n < *room)
        return true;
    const uint32_t more = *room ? *room * 2u : 64u;
    void *bigger = realloc(*at, more * each);
    if (!bigger) {
        p->failed = true;
        return false;
    }
    *at = bigger;
    *room = more;
    return true;
}

static void *some(struct sc_page *p, uint64_t n, size_t each)
{
    void *at = calloc(n + 1u, each);
    p->failed = p->failed || !at;
    return at;
}

struct sc_page *sc_page_open(struct sc_run *run)
{
    struct sc_page *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->run = run;
    p->memory.ceiling = 64u << 20;
    p->conversation = some(p, SC_PAGE_CONVERSATIONS, sizeof *p->conversation);
    p->state_of = some(p, run->endpoints_max, sizeof *p->state_of);
    p->hot_of = some(p, run->endpoints_max, sizeof *p->hot_of);
    p->on_of = some(p, run->endpoints_max, sizeof *p->on_of);
    p->is_drawn = some(p, run->endpoints_max, sizeof *p->is_drawn);
    p->drawn = some(p, run->endpoints_max, sizeof *p->drawn);
    p->said = SV_NEVER;
    p->step_told = some(p, run->model->steps, sizeof *p->step_told);
    p->fault_told = some(p, run->model->faults, sizeof *p->fault_told);
    p->fault_named = some(p, run->model->faults, sizeof *p->fault_named);
    if (p->failed) {
        sc_page_close(p);
        return NULL;
    }
    sv_trace_select(run->trace, ~(1ull << SV_TRACE_SWITCHED));
    return p;
}

void sc_page_record(struct sc_page *page, const struct sv_trace_record *r, const uint8_t *bytes)
{
    page_observe(page, r, bytes);
    page_events(page, r, bytes);
}

void sc_page_close(struct sc_page *p)
{
    for (uint32_t i = 0; p->conversation && i < p->conversations; i++) {
        struct page_conversation *c = &p->conversation[i];
        sv_ladder_build_free(&c->build);
        for (uint32_t s = 0; s < 2; s++) {
            free(c->side[s].sample);
            free(c->side[s].state);
        }
    }
    void *const all[] = {p->conversation, p->state_of, p->hot_of,    p->on_of,      p->is_drawn,   p->drawn,
                         p->event,        p->lost,     p->step_told, p->fault_told, p->fault_named};
    for (uint32_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    sc_memory_free(&p->memory);
    free(p);
}

/* --- words --- */

static const char *lines_of(struct sc_page *p, const struct sc_node *n)
{
    char room[2048];
    struct sv_line_text line = sv_text_of(room, sizeof room);
    if (!n || n->kind == SC_SCALAR)
        return n ? n->text : NULL;
    for (const struct sc_node *c = n->child; c; c = c->next)
        sv_text_format(&line, "%s%s", c == n->child ? "" : "\n", c->kind == SC_SCALAR ? c->text : "");
    return sc_take_text(&p->memory, room, strlen(room));
}

/* One text for all readers, or a map of languages. */
static struct sc_page_text text_of(struct sc_page *p, const char *key)
{
    const struct sc_node *n = sc_member(p->run->model->root, key);
    if (!n)
        return (struct sc_page_text){{NULL, NULL}};
    if (n->kind == SC_MAP)
        return (struct sc_page_text){{lines_of(p, sc_member(n, "en")), lines_of(p, sc_member(n, "zh"))}};
    const char *text = lines_of(p, n);
    return (struct sc_page_text){{text, text}};
}

void sc_page_words_of(struct sc_page *page, struct sc_page_words *w)
{
    const struct sc_node *see = sc_member(page->run->model->root, "see");
    uint32_t n = 0;
    memset(w, 0, sizeof *w);
    w->title = text_of(page, "title");
    w->claim = text_of(page, "claim");
    w->watch = text_of(page, "watch");
    w->try_this = text_of(page, "try");
    if (see && see->kind == SC_SCALAR)
        page->see[n++] = see->text;
    for (const struct sc_node *c = see && see->kind == SC_LIST ? see->child : NULL; c && n < 16; c = c->next) {
        if (c->kind == SC_SCALAR)
            page->see[n++] = c->text;
    }
    page->see[n] = NULL;
    w->see = n ? page->see : NULL;
}

/* --- templates --- */

/* Inside a page JSON must not end the block it stands in: '<' appears in strings alone, where it may be escaped. */
static void put_escaped(void *ctx, const char *text, size_t n)
{
    const struct sv_sink *to = ctx;
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] != '<')
            continue;
        to->put(to->ctx, text + from, i - from);
        sv_sink_text(to, "\\u003c");
        from = i + 1u;
    }
    to->put(to->ctx, text + from, n - from);
}

struct filling {
    const char *title;
    uint32_t lang;
    void (*data)(void *ctx, const struct sv_sink *to);
    void *ctx;
};

/* {{lang}}, {{title}} and {{data}} stand in the template; everything else is copied. */
static void fill(const char *template, const struct filling *f, const struct sv_sink *to)
{
    const struct sv_sink escaped = {put_escaped, (void *)(uintptr_t)to};
    for (const char *mark; (mark = strstr(template, "{{")) != NULL;) {
        const char *end = strstr(mark, "}}");
        if (!end)
            break;
        to->put(to->ctx, template, (size_t)(mark - template));
        if (strncmp(mark, "{{lang}}", 8) == 0)
            sv_sink_text(to, f->lang == SC_PAGE_ZH ? "zh-CN" : "en");
        else if (strncmp(mark, "{{title}}", 9) == 0)
            sv_sink_markup(to, f->title);
        else
            f->data(f->ctx, &escaped);
        template = end + 2;
    }
    sv_sink_text(to, template);
}

static const char *in_language(const struct sc_page_text *t, uint32_t lang, const char *otherwise)
{
    const char *first = t->in[lang % SC_PAGE_LANGS], *second = t->in[(lang + 1u) % SC_PAGE_LANGS];
    return first && first[0] ? first : second && second[0] ? second : otherwise;
}

struct run_data {
    struct sc_page *page;
    const struct sc_mutant *mutant;
    const struct sc_page_words *words;
};

static void put_run(void *ctx, const struct sv_sink *to)
{
    const struct run_data *d = ctx;
    page_data(d->page, d->mutant, d->words, to);
}

bool sc_page_write(struct sc_page *page, const struct sc_mutant *mutant, const struct sc_page_words *words,
                   const struct sv_sink *to)
{
    struct sc_page_words own;
    if (page->failed)
        return false;
    if (!words) {
        sc_page_words_of(page, &own);
        words = &own;
    }
    struct run_data data = {page, mutant, words};
    const struct filling f = {in_language(&words->title, words->lang, page->run->model->name), words->lang, put_run,
                              &data};
    fill(page_template_run, &f, to);
    return !page->failed;
}

/* --- the list --- */

static void put_list(void *ctx, const struct sv_sink *to)
{
    const struct sc_page_list *l = ctx;
    sv_sink_format(to, "{\"schema\":1,\"lang\":%u", l->lang % SC_PAGE_LANGS);
    page_both(to, "title", &l->title);
    page_both(to, "preface", &l->preface);
    sv_sink_text(to, ",\"topics\":[");
    for (uint32_t i = 0; i < l->n; i++) {
        const struct sc_page_topic *t = &l->topic[i];
        sv_sink_format(to, "%s\n{\"outcome\":%u", i ? "," : "", t->outcome);
        page_text(to, "name", t->name);
        page_text(to, "href", t->href);
        page_both(to, "chapter", &t->chapter);
        page_both(to, "title", &t->title);
        page_both(to, "claim", &t->claim);
        page_both(to, "needs", &t->needs);
        sv_sink_text(to, "}");
    }
    sv_sink_text(to, "]}");
}

void sc_page_index(const struct sc_page_list *list, const struct sv_sink *to)
{
    const struct filling f = {in_language(&list->title, list->lang, "Seven"), list->lang, put_list,
                              (void *)(uintptr_t)list};
    fill(page_template_index, &f, to);
}
