/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of each hop. */
#include <stdio.h>
#include <string.h>

#include "cli/trace.h"

void trace_hops_init(struct trace_hops *t, uint32_t first, uint32_t max, uint32_t unknown)
{
    memset(t, 0, sizeof *t);
    t->first = first;
    t->max = max;
    t->unknown = unknown;
}

uint32_t trace_hops_last(const struct trace_hops *t)
{
    if (t->end)
        return t->end;
    const uint32_t known = t->known >= t->first ? t->known : t->first - 1;
    return known + t->unknown < t->max ? known + t->unknown : t->max;
}

static uint32_t address_of(struct trace_hop *h, const struct sv_addr *from)
{
    for (uint32_t i = 0; i < h->addrs; i++)
        if (memcmp(&h->addr[i], from, sizeof *from) == 0)
            return i;
    if (h->addrs == TRACE_ADDRESSES)
        return TRACE_ADDRESSES - 1;
    h->addr[h->addrs] = *from;
    return h->addrs++;
}

void trace_hops_answer(struct trace_hops *t, uint32_t ttl, const struct sv_addr *from, const char *mark, bool end,
                       bool reached, uint64_t rtt_ns)
{
    struct trace_hop *h = &t->hop[ttl];
    const uint32_t which = address_of(h, from);
    h->latest = which;
    if (*mark)
        (void)snprintf(h->mark[which], TRACE_MARK, "%s", mark);
    h->received++;
    h->last_ns = rtt_ns;
    h->best_ns = h->received == 1 || rtt_ns < h->best_ns ? rtt_ns : h->best_ns;
    h->worst_ns = rtt_ns > h->worst_ns ? rtt_ns : h->worst_ns;
    const double us = (double)rtt_ns / 1000.0, before = us - h->mean_us;
    h->mean_us += before / (double)h->received;
    h->spread_us += before * (us - h->mean_us);
    if (ttl > t->known)
        t->known = ttl;
    /* Several probes may have gone past the target before its first answer: the nearest counts. */
    if (end && (!t->end || ttl < t->end || (ttl == t->end && reached))) {
        t->end = ttl;
        t->reached = reached;
    }
}

double trace_hop_loss(const struct trace_hop *h)
{
    return h->sent ? (double)(h->sent - h->received) * 100.0 / (double)h->sent : 0.0;
}

double trace_hop_stdev(const struct trace_hop *h)
{
    if (h->received < 2)
        return 0.0;
    /* Newton's method: four more digits than are printed. */
    const double variance = h->spread_us / (double)(h->received - 1);
    double root = variance > 1 ? variance : 1;
    for (int i = 0; i < 64; i++)
        root = (root + variance / root) / 2;
    return variance > 0 ? root : 0.0;
}

void trace_mark(bool v4, uint8_t type, uint8_t code, char *mark, bool *end)
{
    static const char *const codes4[] = {"!N", "!H", "!P", "", "!F", "!S", "!U", "!W", "!I", "!A", "!Z"};
    static const char *const codes6[] = {"!N", "!X", "!S", "!H", "", "!X", "!X"};
    const bool unreachable = type == (v4 ? 3 : 1);
    *mark = '\0';
    *end = type != (v4 ? 11 : 3);
    if (unreachable && v4 && code < sizeof codes4 / sizeof codes4[0])
        (void)snprintf(mark, TRACE_MARK, "%s", codes4[code]);
    else if (unreachable && v4 && code == 13)
        (void)snprintf(mark, TRACE_MARK, "!X");
    else if (unreachable && !v4 && code < sizeof codes6 / sizeof codes6[0])
        (void)snprintf(mark, TRACE_MARK, "%s", codes6[code]);
    else if (!v4 && type == 2)
        (void)snprintf(mark, TRACE_MARK, "!F");
    else if (*end)
        (void)snprintf(mark, TRACE_MARK, "!<%u>", unreachable ? (unsigned)code : (unsigned)type);
}
