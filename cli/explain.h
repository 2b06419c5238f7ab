/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of seven explain share. */
#ifndef SV_CLI_EXPLAIN_H
#define SV_CLI_EXPLAIN_H

#include "cli/explain_topics.h"
#include "cli/options.h"
#include "scenario/experiment.h"

struct explain_config {
    uint64_t seed, runs, columns;
    bool seeded;
    struct cli_texts set, drop;
    const char *lang, *run, *mutant, *capture, *html;
};

struct explain {
    const struct explain_config *c;
    const struct cli_output_options *output;
    uint32_t lang, columns;
    bool utf8, colored;
};

/* A topic with its words. */
struct explain_entry {
    struct explain_topic topic;
    struct sc_memory memory;
    struct sc_node *root;
    struct sc_tell *tell;
};

/* One run of a topic, done. */
struct explain_told {
    struct sc_experiment x;
    struct sc_run *run;
    struct sc_rows *rows;
    struct sc_result result;
    struct sv_ladder_options options;
    const struct sv_ladder_row *row;
    size_t n;
};

/* explain_find.c */
/* In the order to learn by; how many. *entries is for explain_free(). 0: what is wrong was said. */
uint32_t explain_all(struct explain_entry **entries);
void explain_free(struct explain_entry *entries, uint32_t n);
/* A topic by its name, or a file (a name with a dot or slash), whose bytes go to *file for free(). False: it was said
 * which ones are near. */
bool explain_find(const struct explain *e, const char *name, struct explain_topic *topic, char **file);
/* --lang, or the locale. False: what would be right was said. */
bool explain_language(const struct explain_config *c, const struct cli_output_options *output, uint32_t *lang);
uint32_t explain_columns(const struct explain_config *c);
void explain_errors(const struct sc_errors *e);

/* explain_say.c */
/* Words after a bold heading (may be empty), wrapped to the terminal. */
void explain_paragraph(const struct explain *e, const char *heading, const char *text);
const char *explain_word(const struct explain *e, const char *en, const char *zh);
void explain_bold(const struct explain *e, const char *text);
void explain_head(const struct explain *e, const struct explain_topic *t, const struct explain_told *told);
void explain_ladder(const struct explain *e, const struct explain_told *told);
void explain_checked(const struct explain *e, const struct explain_told *told);
void explain_tail(const struct explain *e, const struct explain_topic *t, const struct explain_told *told);

/* explain_run.c */
/* One run told in one language; the rows have its notes. False: it was said why. */
bool explain_run(const struct explain *e, const struct explain_topic *t, uint32_t run, const char *mutant,
                 struct explain_told *told);
bool explain_open(const struct explain *e, const struct explain_topic *t, uint32_t run, const char *mutant,
                  struct sc_experiment *x);
void explain_done(struct explain_told *told);
/* Numbers put into words. */
void explain_fill(const struct explain_told *told, const char *text, char *to, size_t room);

extern const struct sc_words explain_groups[SC_GROUPS];

/* explain_list.c, explain_json.c, explain_many.c: exit statuses */
int explain_list(const struct explain *e);
void explain_json_topic(const struct explain_entry *t);
void explain_json_run(const struct explain *e, const struct explain_topic *t, const struct explain_told *told);
/* explain_html.c: one topic into a file, or all with an index into a folder */
int explain_html(const struct explain *e, const struct explain_topic *t);
int explain_html_all(const struct explain *e);
int explain_many(const struct explain *e, const struct explain_topic *t);

#endif
