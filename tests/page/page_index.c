/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes a list of topics on stdout, for page.py to look at: the hard cases of its text. */
#include <stdio.h>

#include "scenario/page.h"

static void put(void *ctx, const char *text, size_t n)
{
    fwrite(text, 1, n, ctx);
}

int main(void)
{
    static const struct sc_page_topic topics[] = {
        {.chapter = {{"Opening", "建立"}},
         .name = "three-way",
         .href = "run.html",
         .title = {{"The three-way handshake", "三次握手"}},
         .claim = {{"J, then K with J+1, then K+1.", "先 J，再 K 带 J+1，再 K+1。"}},
         .outcome = SC_PAGE_HOLDS},
        {.chapter = {{"Opening", "建立"}},
         .name = "hard",
         .title = {{"</script><b>no markup</b> & \"quotes\"", NULL}},
         .claim = {{NULL, "只有中文"}},
         .outcome = SC_PAGE_FAILS},
        {.chapter = {{"Waiting", "等待"}},
         .name = "encrypted",
         .title = {{"The same request, sealed", "同一请求，加密"}},
         .claim = {{"Lengths, not words.", "只有长度，没有内容。"}},
         .needs = {{"TLS", "TLS"}}},
    };
    const struct sc_page_list list = {.lang = SC_PAGE_EN,
                                      .title = {{"Topics", "主题"}},
                                      .preface = {{"Pick one.", "选一个。"}},
                                      .topic = topics,
                                      .n = 3};
    const struct sv_sink to = {put, stdout};
    sc_page_index(&list, &to);
    return 0;
}
