/* SPDX-License-Identifier: BSD-2-Clause */
/* seven sim --html: the page of a run into a file, with the command that makes it again. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli/sim.h"
#include "scenario/experiment.h"

static void put_file(void *ctx, const char *text, size_t n)
{
    fwrite(text, 1, n, ctx);
}

/* A word of a shell's command line. */
static void quoted(struct sv_line_text *line, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%";
    if (word[0] && strspn(word, plain) == strlen(word)) {
        sv_text_format(line, " %s", word);
        return;
    }
    sv_text_put(line, " '", 2);
    for (; *word; word++)
        sv_text_format(line, *word == '\'' ? "'\\''" : "%c", *word);
    sv_text_put(line, "'", 1);
}

static void replay(struct sv_line_text *line, const struct sc_mutant *mutant, uint64_t seed, const struct sim_config *c)
{
    sv_text_format(line, "seven sim");
    quoted(line, c->html_of);
    if (c->run)
        sv_text_format(line, " --run %s", c->run);
    sv_text_format(line, " --seed %" PRIu64, seed);
    if (mutant)
        sv_text_format(line, " --mutant %s", mutant->name);
    for (uint32_t i = 0; i < c->set.n; i++) {
        sv_text_format(line, " --set");
        quoted(line, c->set.text[i]);
    }
    for (uint32_t i = 0; i < c->drop.n; i++) {
        sv_text_format(line, " --drop");
        quoted(line, c->drop.text[i]);
    }
    sv_text_format(line, " --html");
    quoted(line, c->html);
}

void sim_html_name(char *to, size_t room, const char *html, const char *run)
{
    const char *slash = strrchr(html, '/'), *dot = strrchr(slash ? slash : html, '.');
    const int stem = dot ? (int)(dot - html) : (int)strlen(html);
    snprintf(to, room, "%.*s-%s%s", stem, html, run, dot ? dot : "");
}

/* Whose ladder is drawn where a third writes segments under another's address: the one that is deceived, and the one
 * whose address it is. */
struct sc_rows *sim_html_rows(const struct sc_run *run)
{
    const struct sc_model *m = run->model;
    for (uint32_t i = 0; i < m->steps; i++) {
        const struct sc_step *s = &m->step[i];
        if (s->verb != SC_FORGE)
            continue;
        const uint32_t to = sc_host_of(run, &s->forge.to.addr);
        const uint32_t as = s->forge.from_any ? SV_NONE : sc_host_of(run, &s->forge.from.addr);
        if (to != SV_NONE && as != SV_NONE)
            return sc_rows_open(m, to, as);
    }
    return NULL;
}

static void story_of(const struct sc_run *run, struct sc_page_story *story)
{
    struct sv_ladder_options options = {.columns = 80};
    const struct sc_experiment x = {.model = (struct sc_model *)(uintptr_t)run->model};
    size_t n = 0;
    sc_experiment_mark(&x, run, run->rows);
    story->row = sc_rows_finish(run->rows, run, &n, &options);
    story->n = story->row ? (uint32_t)n : 0;
    for (uint32_t i = 0; i < 2; i++) {
        story->end[i] = options.end[i];
        story->host[i] = sc_rows_host(run->rows, i);
    }
}

bool sim_html_write(struct sc_page *page, const struct sc_run *run, const struct sc_mutant *mutant, uint64_t seed,
                    const struct sim_config *c)
{
    char command[4096];
    struct sv_line_text line = sv_text_of(command, sizeof command);
    struct sc_page_words words;
    if (!page) {
        (void)cli_fail("sim", "--html: no memory");
        return false;
    }
    replay(&line, mutant, seed, c);
    sc_page_words_of(page, &words);
    words.replay = command;
    struct sc_page_story story = {.n = 0};
    if (run->rows)
        story_of(run, &story);
    words.story = story.n ? &story : NULL;
    FILE *f = fopen(c->html, "w");
    const struct sv_sink to = {put_file, f};
    bool good = f && sc_page_write(page, mutant, &words, &to);
    const bool written = f && !ferror(f);
    good = f && fclose(f) == 0 && good && written;
    if (!good)
        (void)cli_fail("sim", "--html %s: %s", c->html, errno ? strerror(errno) : "no memory");
    sc_page_close(page);
    return good;
}
