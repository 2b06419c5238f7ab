/* SPDX-License-Identifier: BSD-2-Clause */
/* --html: a topic's runs as pages, or all topics with an index that a teacher can put on a site. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/explain.h"
#include "scenario/page.h"

#define PAGES 512u

/* A run with its place among the pages. */
struct page {
    struct explain_topic topic;
    uint32_t run;
    char file[1024]; /* of the whole path */
    bool held;
};

/* Notes of both languages, as the page asks for them. */
struct notes {
    const struct sc_experiment *x;
    struct sc_rows *rows;
    uint32_t n;
    struct {
        uint32_t row;
        bool arrival, begins;
        char text[SC_LANGS][1024];
    } note[128];
};

static void gather(struct notes *notes, const struct sc_run *run)
{
    const struct sc_tell *tell = notes->x->tell;
    notes->n = 0;
    for (uint32_t i = 0; i < tell->notes && notes->n < 128; i++) {
        bool good = true;
        for (uint32_t lang = 0; lang < SC_LANGS; lang++)
            good = sc_experiment_note(notes->x, run, notes->rows, i, lang, &notes->note[notes->n].row,
                                      &notes->note[notes->n].arrival, notes->note[notes->n].text[lang],
                                      sizeof notes->note[notes->n].text[lang]) &&
                   good;
        notes->n += good && notes->note[notes->n].row;
    }
}

static bool marked(const struct notes *notes, const struct sc_run *run, uint32_t left, const struct sv_ladder_row *row)
{
    for (uint32_t i = 0; i < notes->x->model->expects; i++) {
        const struct sc_expect *e = &notes->x->model->expect[i];
        if (!e->decisive)
            continue;
        if (e->kind == SC_EVENTUALLY &&
            sc_rows_alike(notes->rows, run->fact[e->fact].row, run->fact[e->fact].row_arrival, left, row))
            return true;
        if (e->kind == SC_ORDER &&
            sc_rows_alike(notes->rows, run->judged[i].row, run->judged[i].row_arrival, left, row))
            return true;
    }
    return false;
}

static void note_of(void *ctx, const struct sc_run *run, uint32_t left, uint32_t right, const struct sv_ladder_row *row,
                    struct sc_page_note *note)
{
    struct notes *notes = ctx;
    (void)right;
    note->decisive = marked(notes, run, left, row);
    for (uint32_t i = 0; i < notes->n && !notes->x->mutant; i++) {
        if (!sc_rows_alike(notes->rows, notes->note[i].row, notes->note[i].arrival, left, row))
            continue;
        note->text.in[SC_PAGE_EN] = notes->note[i].text[SC_EN];
        note->text.in[SC_PAGE_ZH] = notes->note[i].text[SC_ZH];
    }
}

/* The ladder that the terminal shows, with the notes of both languages; free them when the page is written. */
static struct sc_page_note *story_of(struct notes *notes, const struct sc_run *run, struct sc_page_story *story)
{
    const struct sc_experiment *x = notes->x;
    struct sv_ladder_options options = {.columns = 80};
    struct sc_page_note *beside = NULL;
    char why[256];
    sc_rows_window(notes->rows, x->tell->window[0], x->tell->window[1]);
    for (uint32_t lang = 0; lang < SC_LANGS; lang++) {
        size_t n = 0;
        sc_rows_forget_notes(notes->rows);
        if (x->mutant)
            sc_experiment_mark(x, run, notes->rows);
        else
            (void)sc_experiment_notes(x, run, notes->rows, lang, why, sizeof why);
        story->row = sc_rows_finish(notes->rows, run, &n, &options);
        beside = beside ? beside : calloc(n + 1u, sizeof *beside);
        for (size_t i = 0; beside && i < n; i++)
            beside[i].text.in[lang == SC_ZH ? SC_PAGE_ZH : SC_PAGE_EN] = story->row[i].note;
        story->n = beside && story->row ? (uint32_t)n : 0;
    }
    for (uint32_t i = 0; i < 2; i++) {
        story->end[i] = options.end[i];
        story->host[i] = sc_rows_host(notes->rows, i);
    }
    story->note = beside;
    return beside;
}

static void say_of(void *ctx, const struct sc_run *run, uint32_t expectation, struct sc_page_text *said)
{
    static char text[SC_LANGS][1024];
    const struct notes *notes = ctx;
    for (uint32_t lang = 0; lang < SC_LANGS; lang++)
        sc_experiment_say(notes->x, run, expectation, lang, text[lang], sizeof text[lang]);
    *said = (struct sc_page_text){{text[SC_EN], text[SC_ZH]}};
}

static void on_record(void *ctx, const struct sc_run *run, const struct sv_trace_record *r, const uint8_t *bytes)
{
    (void)run;
    sc_page_record(ctx, r, bytes);
}

static void put_file(void *ctx, const char *text, size_t n)
{
    fwrite(text, 1, n, ctx);
}

static struct sc_page_text text_of(const struct sc_words *w)
{
    return (struct sc_page_text){{w->text[SC_EN], w->text[SC_ZH]}};
}

/* Words with their numbers; the page borrows them. */
static struct sc_page_text filled(const struct sc_experiment *x, const struct sc_words *w, char room[SC_LANGS][4096])
{
    for (uint32_t i = 0; i < SC_LANGS; i++) {
        if (!w->text[i] || !sc_fill(x->model, w->text[i], UINT64_MAX, NULL, room[i], 4096))
            snprintf(room[i], 4096, "%s", w->text[i] ? w->text[i] : "");
    }
    return (struct sc_page_text){{room[SC_EN], room[SC_ZH]}};
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool write_page(const struct explain *e, const struct sc_experiment *x, const struct sc_run *run,
                       struct notes *notes, struct sc_page *page, const char *file, const struct sc_page_words *given)
{
    static char title[SC_LANGS][4096], claim[SC_LANGS][4096], watch[SC_LANGS][4096], verdict[SC_LANGS][4096];
    char before[SC_LANGS][512], command[SC_LANGS][512], replay[512];
    const char *see[SC_SEE + 1u] = {NULL};
    struct sc_page_words words = *given;
    words.lang = e->lang == SC_ZH ? SC_PAGE_ZH : SC_PAGE_EN;
    words.title = filled(x, &x->tell->title, title);
    for (uint32_t i = 0; i < SC_LANGS && x->run_title.text[i]; i++)
        snprintf(title[i] + strlen(title[i]), sizeof title[i] - strlen(title[i]), i == SC_ZH ? "：%s" : ": %s",
                 x->run_title.text[i]);
    words.claim = filled(x, &x->tell->claim, claim);
    words.watch = filled(x, &x->tell->watch, watch);
    words.verdict = filled(x, &x->tell->verdict, verdict);
    for (uint32_t i = 0; i < SC_LANGS; i++)
        sc_experiment_try(x->tell, i, before[i], sizeof before[i], command[i], sizeof command[i]);
    words.try_this = (struct sc_page_text){{before[SC_EN], before[SC_ZH]}};
    words.try_command = (struct sc_page_text){{command[SC_EN], command[SC_ZH]}};
    snprintf(replay, sizeof replay, "seven explain %s%s%s --html %.200s", x->model->name, x->run ? " --run " : "",
             x->run ? x->run : "", base(file));
    words.replay = replay;
    for (uint32_t i = 0; i < x->tell->sees; i++)
        see[i] = x->tell->see[i];
    words.see = see;
    words.note = note_of;
    words.ctx = notes;
    words.say = say_of;
    gather(notes, run);
    struct sc_page_story story = {.n = 0};
    struct sc_page_note *beside = story_of(notes, run, &story);
    words.story = story.n ? &story : NULL;
    FILE *f = fopen(file, "w");
    const struct sv_sink to = {put_file, f};
    bool good = f && sc_page_write(page, x->mutant, &words, &to);
    good = f && !ferror(f) && fclose(f) == 0 && good;
    free(beside);
    if (!good)
        (void)cli_fail("explain", "--html %s: %s", file, errno ? strerror(errno) : "no memory");
    return good;
}

static bool make(const struct explain *e, struct page *p, const struct sc_page_words *words)
{
    static struct notes notes;
    static struct sc_result result;
    struct sc_experiment x;
    char why[256] = "no memory";
    bool good = explain_open(e, &p->topic, p->run, e->c->mutant, &x);
    struct sc_rows *rows = good ? sc_rows_open(x.model, x.tell->column[0], x.tell->column[1]) : NULL;
    struct sc_run *run = rows ? sc_experiment_begin(&x, rows, why, sizeof why) : NULL;
    struct sc_page *page = run ? sc_page_open(run) : NULL;
    if (good && !page)
        good = cli_fail("explain", "%s", why) == 0;
    if (page) {
        sv_trace_select(run->trace, ~0ull);
        run->record = on_record;
        run->ctx = page;
        notes.x = &x;
        notes.rows = rows;
        sc_experiment_finish(&x, run, &result);
        p->held = result.expected;
        good = write_page(e, &x, run, &notes, page, p->file, words);
        sc_page_close(page);
        notes.x = NULL;
        notes.rows = NULL;
    }
    if (run)
        sc_run_close(run);
    sc_rows_close(rows);
    sc_experiment_close(&x);
    return good;
}

/* The runs of a topic that are wanted, appended; of a mutant, the one in which it is tried. */
static uint32_t list_runs(const struct explain *e, const struct explain_topic *t, const struct sc_node *root,
                          const char *stem, struct page *pages, uint32_t n)
{
    bool first = true;
    for (uint32_t run = 0; run < sc_runs(root) && n < PAGES; run++) {
        const char *name = sc_run_name(root, run);
        if (e->c->run && (!name || strcmp(name, e->c->run) != 0))
            continue;
        if (e->c->mutant && !e->c->run && run != sc_mutant_run(root, e->c->mutant))
            continue;
        pages[n] = (struct page){.topic = *t, .run = run};
        snprintf(pages[n].file, sizeof pages[n].file, first ? "%s.html" : "%s-%s.html", stem, name ? name : "");
        first = false;
        n++;
    }
    return n;
}

static bool make_all(const struct explain *e, struct page *pages, uint32_t n, const char *home)
{
    bool good = true;
    for (uint32_t i = 0; i < n && good; i++) {
        struct sc_page_words words = {.home = home};
        words.previous = i ? base(pages[i - 1u].file) : NULL;
        words.next = i + 1u < n ? base(pages[i + 1u].file) : NULL;
        good = make(e, &pages[i], &words);
    }
    return good;
}

static bool has_mutant(const struct sc_node *root, const char *name)
{
    const struct sc_node *list = sc_member(root, "mutants");
    for (const struct sc_node *c = list ? list->child : NULL; c; c = c->next) {
        const struct sc_node *n = sc_member(c, "name");
        if (n && n->kind == SC_SCALAR && strcmp(n->text, name) == 0)
            return true;
    }
    return false;
}

int explain_html(const struct explain *e, const struct explain_topic *t)
{
    struct sc_memory m = {.ceiling = 64u << 20};
    struct sc_errors errors = {.file = t->name};
    struct page *pages = calloc(PAGES, sizeof *pages);
    struct sc_node *root = sc_yaml_read(&m, (const char *)t->bytes, t->n, &errors);
    const char *file = e->c->html, *dot = strrchr(base(file), '.');
    char stem[1000];
    bool held = true;
    explain_errors(&errors);
    snprintf(stem, sizeof stem, "%.*s", dot ? (int)(dot - file) : (int)strlen(file), file);
    const bool known = !e->c->mutant || (root && has_mutant(root, e->c->mutant));
    const uint32_t n = pages && root && known ? list_runs(e, t, root, stem, pages, 0) : 0;
    if (!known)
        (void)cli_usage("explain", "%s has no mutant \"%s\"", t->name, e->c->mutant);
    else if (n)
        snprintf(pages[0].file, sizeof pages[0].file, "%s", file);
    else if (root)
        (void)cli_usage("explain", "%s has no run \"%s\"", t->name, e->c->run ? e->c->run : "");
    const bool good = n && make_all(e, pages, n, NULL);
    for (uint32_t i = 0; good && i < n; i++) {
        printf("%s\n", pages[i].file);
        held = held && pages[i].held;
    }
    free(pages);
    sc_memory_free(&m);
    return !n ? CLI_USAGE : !good ? 1 : held || e->c->set.n || e->c->drop.n ? 0 : 1;
}

/* What the list says of each topic, with its numbers. */
struct said {
    char title[SC_LANGS][4096], claim[SC_LANGS][4096];
};

static void say_topic(const struct explain_entry *entry, struct said *said, struct sc_page_topic *topic)
{
    const struct sc_experiment_want want = {.run = 0};
    struct sc_experiment x;
    struct sc_errors errors = {.file = entry->topic.name};
    topic->title = text_of(&entry->tell->title);
    topic->claim = text_of(&entry->tell->claim);
    if (!entry->tell->needs.text[SC_EN] &&
        sc_experiment_open(&x, (const char *)entry->topic.bytes, entry->topic.n, &want, &errors)) {
        topic->title = filled(&x, &x.tell->title, said->title);
        topic->claim = filled(&x, &x.tell->claim, said->claim);
    }
    if (!entry->tell->needs.text[SC_EN])
        sc_experiment_close(&x);
}

static bool write_index(const struct explain *e, const struct explain_entry *entries, uint32_t n,
                        const struct page *pages, uint32_t made)
{
    char file[1100];
    struct sc_page_topic *topics = calloc(n, sizeof *topics);
    struct said *said = topics ? calloc(n, sizeof *said) : NULL;
    struct sc_page_list list = {.lang = e->lang == SC_ZH ? SC_PAGE_ZH : SC_PAGE_EN, .topic = topics, .n = n};
    list.title = (struct sc_page_text){{"Networks, one claim at a time", "网络：一次一个论断"}};
    list.preface = (struct sc_page_text){
        {"Each page is a claim, run on a whole network stack in simulated time, with what passed between the hosts.",
         "每一页是一个论断：在完整的协议栈上按模拟时间运行，并画出主机之间的往来。"}};
    for (uint32_t i = 0; said && i < n; i++) {
        const struct sc_tell *tell = entries[i].tell;
        topics[i] = (struct sc_page_topic){.chapter = text_of(&explain_groups[tell->group]),
                                           .name = entries[i].topic.name,
                                           .needs = text_of(&tell->needs)};
        say_topic(&entries[i], &said[i], &topics[i]);
        for (uint32_t k = 0; k < made; k++) {
            if (strcmp(pages[k].topic.name, entries[i].topic.name) != 0)
                continue;
            topics[i].href = topics[i].href ? topics[i].href : base(pages[k].file);
            if (topics[i].outcome != SC_PAGE_FAILS)
                topics[i].outcome = pages[k].held ? SC_PAGE_HOLDS : SC_PAGE_FAILS;
        }
    }
    snprintf(file, sizeof file, "%s/index.html", e->c->html);
    FILE *f = said ? fopen(file, "w") : NULL;
    const struct sv_sink to = {put_file, f};
    if (f)
        sc_page_index(&list, &to);
    const bool good = f && !ferror(f) && fclose(f) == 0;
    if (good)
        printf("%s\n", file);
    else
        (void)cli_fail("explain", "--html %s: %s", file, strerror(errno));
    free(said);
    free(topics);
    return good;
}

int explain_html_all(const struct explain *e)
{
    struct explain_entry *entries = NULL;
    struct page *pages = calloc(PAGES, sizeof *pages);
    const uint32_t n = explain_all(&entries);
    uint32_t made = 0;
    bool held = true;
    if (mkdir(e->c->html, 0777) != 0 && errno != EEXIST) {
        (void)cli_fail("explain", "--html %s: %s", e->c->html, strerror(errno));
        explain_free(entries, n);
        free(pages);
        return 1;
    }
    for (uint32_t i = 0; pages && i < n; i++) {
        char stem[1000];
        snprintf(stem, sizeof stem, "%.900s/%.60s", e->c->html, entries[i].topic.name);
        if (!entries[i].tell->needs.text[SC_EN])
            made = list_runs(e, &entries[i].topic, entries[i].root, stem, pages, made);
    }
    bool good = made && make_all(e, pages, made, "index.html");
    good = good && write_index(e, entries, n, pages, made);
    for (uint32_t i = 0; i < made; i++)
        held = held && pages[i].held;
    explain_free(entries, n);
    free(pages);
    return good && held ? 0 : 1;
}
