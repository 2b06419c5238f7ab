/* SPDX-License-Identifier: BSD-2-Clause */
/* What there is, in an order to learn by. */
#define _GNU_SOURCE
#include <string.h>

#include "cli/explain.h"
#include "trace/width.h"

#define NAME 18u /* columns of a topic's name */

const struct sc_words explain_groups[SC_GROUPS] = {
    {{"Layers, links, addresses", "分层、链路、地址"}},
    {{"UDP beside TCP", "UDP 与 TCP"}},
    {{"The header", "报文段首部"}},
    {{"Opening a connection", "建立连接"}},
    {{"Closing it", "关闭连接"}},
    {{"The stream at work", "数据流"}},
};

static void one(const struct explain *e, const struct explain_entry *t)
{
    const struct sc_tell *tell = t->tell;
    char text[300];
    if (tell->needs.text[e->lang])
        snprintf(text, sizeof text, explain_word(e, "%s (needs %s)", "%s（尚缺：%s）"), tell->title.text[e->lang],
                 tell->needs.text[e->lang]);
    else
        snprintf(text, sizeof text, "%s", tell->title.text[e->lang]);
    size_t n = strlen(text), next = 0;
    const char *at = text;
    const uint32_t room = e->columns > NAME + 14u ? e->columns - NAME - 2u : 14u;
    const char *pad = "";
    printf("  ");
    if (!tell->needs.text[e->lang])
        explain_bold(e, t->topic.name);
    else
        printf("%s", t->topic.name);
    printf("%*s", strlen(t->topic.name) < NAME ? (int)(NAME - strlen(t->topic.name)) : 1, pad);
    do {
        const size_t end = sv_width_break(at, n, room, &next);
        printf("%.*s\n", (int)end, at);
        at += next;
        n -= next;
        if (n)
            printf("%*s", (int)NAME + 2, "");
    } while (n);
}

int explain_list(const struct explain *e)
{
    struct explain_entry *entries = NULL;
    const uint32_t n = explain_all(&entries);
    if (!n)
        return 1;
    for (uint32_t i = 0; i < n; i++) {
        if (e->output->json) {
            explain_json_topic(&entries[i]);
            continue;
        }
        if (!i || entries[i].tell->group != entries[i - 1u].tell->group) {
            printf("%s", i ? "\n" : "");
            explain_bold(e, explain_groups[entries[i].tell->group].text[e->lang]);
            printf("\n");
        }
        one(e, &entries[i]);
    }
    if (!e->output->json) {
        printf("\n");
        explain_paragraph(e, explain_word(e, "Next", "下一步"),
                          explain_word(e, "seven explain TOPIC    (for Chinese: --lang zh)",
                                       "seven explain 名字    （英文：--lang en）"));
    }
    explain_free(entries, n);
    return 0;
}
