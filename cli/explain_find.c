/* SPDX-License-Identifier: BSD-2-Clause */
/* Topics by name, languages, the terminal. */
#define _GNU_SOURCE
#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/explain.h"

#define FILE_MOST (1u << 20)

void explain_errors(const struct sc_errors *e)
{
    for (uint32_t i = 0; i < e->n; i++) {
        if (e->error[i].line)
            fprintf(stderr, "%s:%u:%u: %s\n", e->file, e->error[i].line, e->error[i].column, e->error[i].text);
        else
            fprintf(stderr, "%s: %s\n", e->file, e->error[i].text);
    }
}

uint32_t explain_columns(const struct explain_config *c)
{
    struct winsize size;
    if (c->columns)
        return (uint32_t)c->columns;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col > 200 ? 200 : size.ws_col;
    return 80;
}

/* --- languages --- */

static bool is_chinese(const char *name)
{
    return strcmp(name, "zh") == 0 || strncmp(name, "zh_", 3) == 0 || strncmp(name, "zh-", 3) == 0 ||
           strncmp(name, "zh.", 3) == 0;
}

static const char *locale_name(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return value;
    }
    return "C";
}

bool explain_language(const struct explain_config *c, const struct cli_output_options *output, uint32_t *lang)
{
    static const char how[] = "Chinese needs a UTF-8 locale here, which this terminal's is not (%s): "
                              "LC_ALL=C.UTF-8 seven explain --lang zh ...; or --lang en";
    const bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0, terminal = isatty(STDOUT_FILENO);
    *lang = SC_EN;
    if (c->lang && strcmp(c->lang, "en") == 0)
        return true;
    if (c->lang && !is_chinese(c->lang)) {
        (void)cli_usage("explain", "--lang: \"%s\" is none of en (English), zh (Chinese)", c->lang);
        return false;
    }
    if (!c->lang && !is_chinese(locale_name()))
        return true;
    if (output->json || utf8 || (c->lang && !terminal)) { /* a file or pipe gets UTF-8 */
        *lang = SC_ZH;
        return true;
    }
    if (c->lang) {
        (void)cli_usage("explain", how, nl_langinfo(CODESET));
        return false;
    }
    fprintf(stderr, "seven explain: ");
    fprintf(stderr, how, nl_langinfo(CODESET));
    fprintf(stderr, "\n");
    return true;
}

/* --- topics --- */

static int by_order(const void *a, const void *b)
{
    const struct explain_entry *x = a, *y = b;
    if (x->tell->group != y->tell->group)
        return x->tell->group < y->tell->group ? -1 : 1;
    if (x->tell->order != y->tell->order)
        return x->tell->order < y->tell->order ? -1 : 1;
    return strcmp(x->topic.name, y->topic.name);
}

void explain_free(struct explain_entry *entries, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        sc_memory_free(&entries[i].memory);
    free(entries);
}

uint32_t explain_all(struct explain_entry **entries)
{
    uint32_t n = 0;
    while (explain_topics[n].name)
        n++;
    *entries = calloc(n + 1u, sizeof **entries);
    for (uint32_t i = 0; *entries && i < n; i++) {
        struct explain_entry *t = &(*entries)[i];
        struct sc_errors errors = {.file = explain_topics[i].name};
        t->topic = explain_topics[i];
        t->root = sc_yaml_read(&t->memory, (const char *)t->topic.bytes, t->topic.n, &errors);
        t->tell = t->root ? sc_tell_of_tree(&t->memory, t->root, &errors) : NULL;
        if (t->tell)
            continue;
        explain_errors(&errors);
        explain_free(*entries, i + 1u);
        *entries = NULL;
        return 0;
    }
    if (*entries)
        qsort(*entries, n, sizeof **entries, by_order);
    return *entries ? n : 0;
}

static bool read_file(const char *name, struct explain_topic *topic, char **file)
{
    FILE *f = fopen(name, "rb");
    *file = f ? malloc(FILE_MOST) : NULL;
    if (*file)
        topic->n = fread(*file, 1, FILE_MOST, f);
    const bool good = *file && !ferror(f) && topic->n < FILE_MOST;
    if (!good)
        (void)cli_usage("explain", "%s: %s", name, f && topic->n == FILE_MOST ? "longer than 1 MiB" : strerror(errno));
    if (f)
        fclose(f);
    topic->name = name;
    topic->bytes = (const unsigned char *)*file;
    return good;
}

/* Near by spelling, or by a word in them: "handshake" is in nobody's name, "open" in four. */
static void suggest(const char *name)
{
    char near[400] = "";
    uint32_t found = 0;
    for (uint32_t i = 0; explain_topics[i].name; i++) {
        const char *topic = explain_topics[i].name;
        const bool within = strlen(name) >= 3 && (strstr(topic, name) || strstr(name, topic));
        if ((!within && cli_edits(name, topic) > 1u + strlen(name) / 4u) || ++found > 6)
            continue;
        snprintf(near + strlen(near), sizeof near - strlen(near), "%s%s", near[0] ? ", " : "", topic);
    }
    if (near[0])
        (void)cli_usage("explain", "%s: no such topic; did you mean %s?", name, near);
    else
        (void)cli_usage("explain", "%s: no such topic; seven explain lists them", name);
}

bool explain_find(const struct explain *e, const char *name, struct explain_topic *topic, char **file)
{
    (void)e;
    *file = NULL;
    *topic = (struct explain_topic){.name = name};
    if (strchr(name, '.') || strchr(name, '/'))
        return read_file(name, topic, file);
    for (uint32_t i = 0; explain_topics[i].name; i++) {
        if (strcmp(explain_topics[i].name, name) == 0) {
            *topic = explain_topics[i];
            return true;
        }
    }
    suggest(name);
    return false;
}
