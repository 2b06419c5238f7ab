/* SPDX-License-Identifier: BSD-2-Clause */
/* The same for programs: one object a line. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <string.h>

#include "cli/explain.h"
#include "scenario/run.h"

static void put_stdout(void *ctx, const char *text, size_t n)
{
    fwrite(text, 1, n, ctx);
}
static const struct sv_sink *out(void)
{
    static struct sv_sink sink;
    sink = (struct sv_sink){put_stdout, stdout};
    return &sink;
}

static void member(const char *key, const char *text)
{
    sv_sink_format(out(), ",\"%s\":", key);
    if (text)
        sv_sink_json_string(out(), text, strlen(text));
    else
        sv_sink_text(out(), "null");
}

static void both(const char *key, const struct sc_words *w)
{
    if (!w->text[SC_EN])
        return;
    sv_sink_format(out(), ",\"%s\":{\"en\":", key);
    sv_sink_json_string(out(), w->text[SC_EN], strlen(w->text[SC_EN]));
    sv_sink_text(out(), ",\"zh\":");
    sv_sink_json_string(out(), w->text[SC_ZH], strlen(w->text[SC_ZH]));
    sv_sink_text(out(), "}");
}

static void list(const char *key, const char *const *text, uint32_t n)
{
    sv_sink_format(out(), ",\"%s\":[", key);
    for (uint32_t i = 0; i < n; i++) {
        sv_sink_text(out(), i ? "," : "");
        sv_sink_json_string(out(), text[i], strlen(text[i]));
    }
    sv_sink_text(out(), "]");
}

void explain_json_topic(const struct explain_entry *t)
{
    const struct sc_tell *tell = t->tell;
    sv_sink_text(out(), "{\"schema\":1,\"kind\":\"topic\"");
    member("name", t->topic.name);
    member("group", sc_group_names[tell->group]);
    both("title", &tell->title);
    both("claim", &tell->claim);
    both("needs", &tell->needs);
    list("covers", tell->cover, tell->covers);
    list("see", tell->see, tell->sees);
    sv_sink_format(out(), ",\"smaller\":%s", tell->smaller ? "true" : "false"); /* with other seeds */
    sv_sink_text(out(), "}\n");
}

static void filled(const struct explain *e, const struct explain_told *told, const char *key, const struct sc_words *w)
{
    char text[4096];
    explain_fill(told, w->text[e->lang], text, sizeof text);
    member(key, text);
}

static void outcomes(const struct explain *e, const struct explain_told *told)
{
    sv_sink_text(out(), ",\"expect\":[");
    for (uint32_t i = 0; i < told->result.n; i++) {
        const struct sc_outcome *o = &told->result.outcome[i];
        char say[1024];
        sc_experiment_say(&told->x, told->run, i, e->lang, say, sizeof say);
        sv_sink_format(out(), "%s{\"id\":\"%s\",\"passed\":%s,\"decisive\":%s", i ? "," : "", o->id,
                       o->verdict == SC_PASSED ? "true" : "false", o->decisive ? "true" : "false");
        if (say[0])
            member("say", say);
        member("why", o->why);
        sv_sink_text(out(), "}");
    }
    sv_sink_text(out(), "]");
}

void explain_json_run(const struct explain *e, const struct explain_topic *t, const struct explain_told *told)
{
    const struct sc_tell *tell = told->x.tell;
    char before[512], command[512];
    (void)t;
    sv_sink_format(out(), "{\"schema\":1,\"kind\":\"experiment\",\"name\":\"%s\",\"lang\":\"%s\",\"seed\":%" PRIu64,
                   told->x.model->name, e->lang == SC_ZH ? "zh" : "en", told->x.seed);
    if (told->x.run)
        member("run", told->x.run);
    if (told->x.mutant)
        member("mutant", told->x.mutant->name);
    filled(e, told, "title", &tell->title);
    filled(e, told, "claim", &tell->claim);
    filled(e, told, "watch", &tell->watch);
    sv_sink_format(out(), ",\"passed\":%s", told->result.expected ? "true" : "false");
    outcomes(e, told);
    filled(e, told, "verdict", &tell->verdict);
    list("see", tell->see, tell->sees);
    sc_experiment_try(tell, e->lang, before, sizeof before, command, sizeof command);
    member("try", command);
    sv_sink_text(out(), "}\n");
    for (size_t i = 0; i < told->n; i++)
        sv_ladder_json(&told->row[i], &told->options, out());
}
