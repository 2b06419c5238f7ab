/* SPDX-License-Identifier: BSD-2-Clause */
/* A topic told to a person: paragraphs of the terminal's width, the ladder between them. */
#define _GNU_SOURCE
#include <string.h>

#include "cli/explain.h"
#include "scenario/run.h"
#include "trace/width.h"

#define HEADING 10u /* columns of what stands before a paragraph */

const char *explain_word(const struct explain *e, const char *en, const char *zh)
{
    return e->lang == SC_ZH ? zh : en;
}

void explain_bold(const struct explain *e, const char *text)
{
    printf("%s%s%s", e->colored ? "\033[1m" : "", text, e->colored ? "\033[0m" : "");
}

/* Text that begins at a column, wrapped; later lines begin there too. */
static void wrapped(const struct explain *e, uint32_t indent, const char *text)
{
    size_t n = strlen(text), next = 0;
    const uint32_t room = e->columns > indent + 12u ? e->columns - indent : 12u;
    do {
        const size_t end = sv_width_break(text, n, room, &next);
        printf("%.*s\n", (int)end, text);
        text += next;
        n -= next;
        if (n)
            printf("%*s", (int)indent, "");
    } while (n);
}

void explain_paragraph(const struct explain *e, const char *heading, const char *text)
{
    const uint32_t narrow = e->columns < 50, width = sv_width_text(heading, strlen(heading));
    if (heading[0])
        explain_bold(e, heading);
    if (narrow)
        printf("%s", heading[0] ? "\n  " : "  ");
    else
        printf("%*s", (int)(width < HEADING ? HEADING - width : 1u), "");
    wrapped(e, narrow ? 2 : HEADING, text);
}

static void words(const struct explain *e, const struct explain_told *told, const char *heading,
                  const struct sc_words *w)
{
    char text[4096];
    explain_fill(told, w->text[e->lang], text, sizeof text);
    explain_paragraph(e, heading, text);
}

void explain_head(const struct explain *e, const struct explain_topic *t, const struct explain_told *told)
{
    const struct sc_tell *tell = told->x.tell;
    explain_bold(e, tell->title.text[e->lang]);
    if (sv_width_text(tell->title.text[e->lang], strlen(tell->title.text[e->lang])) + 4u + strlen(t->name) <=
        e->columns)
        printf("  (%s)", told->x.model->name);
    printf("\n\n");
    words(e, told, explain_word(e, "Claim", "一句话"), &tell->claim);
    words(e, told, explain_word(e, "Watch", "看什么"), &tell->watch);
    if (told->x.mutant) {
        char text[200];
        snprintf(
            text, sizeof text,
            explain_word(e, "broken on purpose: mutant %s; the claim must fail", "故意改坏：变体 %s；结论应当不成立"),
            told->x.mutant->name);
        explain_paragraph(e, explain_word(e, "Mutant", "变体"), text);
    }
}

static void put_stdout(void *ctx, const char *text, size_t n)
{
    fwrite(text, 1, n, ctx);
}

void explain_ladder(const struct explain *e, const struct explain_told *told)
{
    const struct sv_sink sink = {put_stdout, stdout};
    printf("\n");
    if (told->x.run_title.text[e->lang]) {
        char text[512];
        explain_fill(told, told->x.run_title.text[e->lang], text, sizeof text);
        explain_bold(e, "== ");
        wrapped(e, 3, text);
    }
    if (told->row && told->n)
        sv_ladder_draw(told->row, told->n, &told->options, &sink);
    printf("\n");
}

static void verdict_word(const struct explain *e, bool good)
{
    const char *word = good ? explain_word(e, "ok    ", "成立  ") : explain_word(e, "FAILED", "不成立");
    printf("%s%s%s ", !e->colored ? "" : good ? "\033[32m" : "\033[31m", word, e->colored ? "\033[0m" : "");
}

void explain_checked(const struct explain *e, const struct explain_told *told)
{
    const char *heading = explain_word(e, "Checked", "检验");
    bool first = true;
    for (uint32_t i = 0; i < told->result.n; i++) {
        const struct sc_outcome *o = &told->result.outcome[i];
        const bool good = o->verdict == SC_PASSED;
        char text[1024], why[300];
        sc_experiment_say(&told->x, told->run, i, e->lang, text, sizeof text);
        if (!text[0] && good)
            continue;
        if (!text[0])
            snprintf(text, sizeof text, "%s", o->id);
        snprintf(why, sizeof why, " (%.280s)", o->why);
        if (!good && strlen(text) + strlen(why) < sizeof text)
            memcpy(text + strlen(text), why, strlen(why) + 1u);
        if (first)
            explain_bold(e, heading);
        printf("%*s", first ? (int)(HEADING - 2u - sv_width_text(heading, strlen(heading))) : (int)HEADING - 2, "");
        first = false;
        printf("%s", o->decisive ? "* " : "  ");
        verdict_word(e, good);
        wrapped(e, HEADING + 7u, text);
    }
    if (told->result.problem[0])
        explain_paragraph(e, explain_word(e, "Problem", "问题"), told->result.problem);
}

static void see(const struct explain *e, const struct sc_tell *tell)
{
    char text[1024] = "";
    for (uint32_t i = 0; i < tell->sees; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? "; " : "", tell->see[i]);
    explain_paragraph(e, explain_word(e, "Standard", "标准"), text);
}

/* A command is to be copied: whole on a line, if there is room; else in lines that a shell joins. */
static void command_line(const struct explain *e, const char *heading, const char *command)
{
    size_t n = strlen(command), next = 0;
    if (n + HEADING <= e->columns || e->columns < 50) {
        explain_paragraph(e, heading, command);
        return;
    }
    if (heading[0]) {
        explain_bold(e, heading);
        printf("\n");
    }
    while (n + 2u > e->columns) {
        const size_t end = sv_width_break(command, n, e->columns - 4u, &next);
        printf("  %.*s \\\n", (int)end, command);
        command += next;
        n -= next;
    }
    printf("  %s\n", command);
}

static void attempt(const struct explain *e, const struct explain_topic *t, const struct explain_told *told)
{
    char before[512], command[512];
    const char *heading = explain_word(e, "Try", "试一试");
    sc_experiment_try(told->x.tell, e->lang, before, sizeof before, command, sizeof command);
    if (before[0]) {
        const size_t n = strlen(before);
        snprintf(before + n, sizeof before - n, "%s", explain_word(e, ":", "："));
        explain_paragraph(e, heading, before);
        heading = "";
    }
    command_line(e, heading, command);
    for (uint32_t i = 0; i < told->x.mutants && !told->x.mutant; i++) {
        snprintf(command, sizeof command, "seven explain %s --mutant %s", t->name, told->x.mutant_name[i]);
        command_line(e, i ? "" : explain_word(e, "Break it", "改坏看看"), command);
    }
}

void explain_tail(const struct explain *e, const struct explain_topic *t, const struct explain_told *told)
{
    const bool changed = e->c->set.n || e->c->drop.n || told->x.mutant;
    if (changed || !told->result.expected) {
        explain_paragraph(
            e, explain_word(e, "Verdict", "结论"),
            told->x.mutant ? explain_word(e,
                                          told->result.expected ? "broken, it fails: the claim depends on it."
                                                                : "broken, and nothing that was named fails.",
                                          told->result.expected ? "改坏之后结论不成立：可见它正是靠这一点。"
                                                                : "改坏了，该不成立的却都成立。")
            : told->result.expected
                ? explain_word(e, "with your change the claim still holds.", "按你的改动，结论仍然成立。")
            : changed ? explain_word(e, "with your change the claim does not hold.", "按你的改动，结论不成立。")
                      : explain_word(e, "in this run the claim does not hold.", "这一次结论不成立。"));
    } else {
        words(e, told, explain_word(e, "Verdict", "结论"), &told->x.tell->verdict);
    }
    see(e, told->x.tell);
    attempt(e, t, told);
}
