/* SPDX-License-Identifier: BSD-2-Clause */
/* Middle boxes as a file writes them: resets that are forged, options that are stripped, translators, filters. */
#include <string.h>

#include "scenario/model.h"

static uint32_t word(const struct sc_node *n, const char *const *words)
{
    for (uint32_t i = 0; n->kind == SC_SCALAR && words[i]; i++) {
        if (strcmp(words[i], n->text) == 0)
            return i;
    }
    return SV_NONE;
}

/* {reset: SELECTOR, to: receiver|sender|both, off: N, guess: true, times: N} */
void sc_read_reset(struct sc_reader *r, const struct sc_node *c, struct sc_fault *f)
{
    static const char *const whom[] = {"receiver", "sender", "both", NULL};
    const struct sc_node *n;
    uint64_t value;
    f->times = 1;
    if ((n = sc_member(c, "to"))) {
        f->to_whom = word(n, whom);
        if (f->to_whom == SV_NONE)
            sc_error(r->e, n, "a forged reset goes to: receiver, sender or both");
    }
    if ((n = sc_member(c, "off")) && sc_count(r, n, 0, UINT32_MAX, &value))
        f->off = (uint32_t)value;
    if ((n = sc_member(c, "guess")) && sc_bool(r, n, &f->guess) && f->guess && sc_member(c, "off"))
        sc_error(r->e, n, "a reset has a guessed number, or the right one and off so many: not both");
    if ((n = sc_member(c, "times")) && sc_count(r, n, 1, 1000, &value))
        f->times = (uint32_t)value;
}

/* {strip: SELECTOR, options: [timestamps, sack-permitted]}; without options: all */
void sc_read_strip(struct sc_reader *r, const struct sc_node *c, struct sc_fault *f)
{
    static const char *const names[] = {"mss",        "window-scale", "sack-permitted", "sack",
                                        "timestamps", "fast-open",    "unknown",        NULL};
    const struct sc_node *list = sc_member(c, "options");
    char hint[64];
    f->strip = list ? 0 : UINT32_MAX;
    if (list && (list->kind != SC_LIST || !list->child))
        sc_error(r->e, list, "options: [timestamps, sack-permitted]; none at all: every option");
    for (const struct sc_node *n = list && list->kind == SC_LIST ? list->child : NULL; n; n = n->next) {
        const uint32_t which = word(n, names);
        if (which == SV_NONE)
            sc_error(r->e, n, "options are mss, window-scale, sack-permitted, sack, timestamps, fast-open, unknown%s",
                     sc_hint(n->kind == SC_SCALAR ? n->text : "", names, hint, sizeof hint));
        else
            f->strip |= 1u << which;
    }
}

static void every(struct sc_reader *r, const struct sc_node *n, sv_time *to)
{
    if (n && sc_time(r, n, to) && *to < SV_MS)
        sc_error(r->e, n, "every %s: a millisecond at least, or time would stand still", n->text);
}

/* {outside: PORT, forget: 60s, rebind: 90s} */
void sc_read_nat(struct sc_reader *r, const struct sc_node *n, struct sc_host *h)
{
    static const char *const keys[] = {"outside", "forget", "rebind", NULL};
    const struct sc_node *outside = n->kind == SC_MAP ? sc_member(n, "outside") : NULL;
    uint64_t value;
    if (!outside) {
        sc_error(r->e, n, "nat names the outside port: {outside: 2}");
        return;
    }
    if (!sc_keys(r, n, keys, "nat") || !sc_count(r, outside, 1, SC_ADDRS, &value))
        return;
    h->nat_port = (uint32_t)value;
    every(r, sc_member(n, "forget"), &h->nat_forget);
    every(r, sc_member(n, "rebind"), &h->nat_rebind);
}

void sc_read_icmp(struct sc_reader *r, const struct sc_node *n, struct sc_host *h)
{
    static const char *const words[] = {"all", "no-errors", "none", NULL};
    h->icmp = word(n, words);
    if (h->icmp == SV_NONE)
        sc_error(r->e, n, "icmp is what a router lets pass of it: all, no-errors or none");
}

/* {stray: HOST, chance: 5%, by: 2s, times: N}, or {stray: HOST, every: 100ms, times: N} from the first that comes */
void sc_read_stray(struct sc_reader *r, const struct sc_node *c, const struct sc_node *host, struct sc_fault *f)
{
    const struct sc_node *n;
    uint64_t value;
    f->times = 200;
    if (host->kind == SC_SCALAR)
        f->host[0] = sc_need_host(r, host, host->text);
    if (host->kind != SC_SCALAR || (f->host[0] != SV_NONE && r->model->host[f->host[0]].kind != SC_HOST))
        sc_error(r->e, host, "strays come to a host: stray: a");
    if ((n = sc_member(c, "by")))
        (void)sc_time(r, n, &f->by);
    if ((n = sc_member(c, "times")) && sc_count(r, n, 1, 100000, &value))
        f->times = (uint32_t)value;
    if ((n = sc_member(c, "every")) && sc_time(r, n, &f->every) && f->every < SV_MS)
        sc_error(r->e, n, "every %s: not more often than each 1ms", n->text);
    if (!sc_member(c, "chance") == !n)
        sc_error(r->e, c, "how often? chance: 5%% of the segments that come, or every: 100ms");
}
