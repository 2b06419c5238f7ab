/* SPDX-License-Identifier: BSD-2-Clause */
/* A path on paper, on the screen and as JSON; the columns are mtr's. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/resolve.h"
#include "cli/trace.h"

#define HOST_COLUMN 28u
#define NAME_ROOM 256u
#define HOST_ROOM (NAME_ROOM + CLI_ENDPOINT_TEXT + TRACE_MARK + 8u)

static double ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

/* "name (address)" or the address alone, with its mark. */
static void host_text(const struct trace_view *v, const struct trace_hop *h, uint32_t which, char to[HOST_ROOM])
{
    char text[CLI_ENDPOINT_TEXT], name[NAME_ROOM];
    const char *mark = h->mark[which];
    (void)cli_addr_text(&h->addr[which], text);
    if (!v->numeric && cli_resolve_back(&h->addr[which], NULL, name, sizeof name))
        (void)snprintf(to, HOST_ROOM, "%s (%s)%s%s", name, text, *mark ? " " : "", mark);
    else
        (void)snprintf(to, HOST_ROOM, "%s%s%s", text, *mark ? " " : "", mark);
}

static uint32_t host_width(const struct trace_view *v, uint32_t last)
{
    char host[HOST_ROOM];
    size_t width = HOST_COLUMN;
    for (uint32_t ttl = v->hops->first; v->wide && ttl <= last; ttl++) {
        const struct trace_hop *h = &v->hops->hop[ttl];
        for (uint32_t i = 0; i < h->addrs; i++) {
            host_text(v, h, i, host);
            width = strlen(host) > width ? strlen(host) : width;
        }
    }
    return (uint32_t)width;
}

/* What stands below the last hop that was asked is not shown: silence there means nothing. */
static uint32_t last_shown(const struct trace_view *v)
{
    uint32_t last = v->hops->first;
    for (uint32_t ttl = v->hops->first; ttl <= trace_hops_last(v->hops); ttl++)
        if (v->hops->hop[ttl].sent)
            last = ttl;
    return last;
}

static void hop_lines(const struct trace_view *v, uint32_t ttl, uint32_t width, const char *eol, FILE *stream)
{
    const struct trace_hop *h = &v->hops->hop[ttl];
    char host[HOST_ROOM] = "???";
    if (h->addrs)
        host_text(v, h, 0, host);
    (void)fprintf(stream, "%3u.|-- %-*.*s %5.1f%% %5" PRIu64, ttl, (int)width, (int)(v->wide ? NAME_ROOM : width), host,
                  trace_hop_loss(h), h->sent);
    (void)fprintf(stream, " %7.1f %7.1f %7.1f %7.1f %7.1f%s", ms(h->last_ns), h->mean_us / 1000.0, ms(h->best_ns),
                  ms(h->worst_ns), trace_hop_stdev(h) / 1000.0, eol);
    for (uint32_t i = 1; i < h->addrs; i++) {
        host_text(v, h, i, host);
        (void)fprintf(stream, "    |  `|-- %s%s", host, eol);
    }
}

static void heading(const struct trace_view *v, const char *title, uint32_t width, const char *eol, FILE *stream)
{
    (void)fprintf(stream, "%-*.*s  Loss%%   Snt    Last     Avg    Best    Wrst   StDev%s", (int)width + 8,
                  (int)(v->wide ? NAME_ROOM : width + 8), title, eol);
}

void trace_show_report(const struct trace_view *v, FILE *stream)
{
    char host[NAME_ROOM] = "", title[NAME_ROOM + 16], when[64] = "";
    const time_t now = time(NULL);
    struct tm tm;
    const uint32_t last = last_shown(v), width = host_width(v, last);
    if (localtime_r(&now, &tm))
        (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S%z", &tm);
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(title, sizeof title, "HOST: %s", host);
    (void)fprintf(stream, "Start: %s\n", when);
    heading(v, title, width, "\n", stream);
    for (uint32_t ttl = v->hops->first; ttl <= last; ttl++)
        hop_lines(v, ttl, width, "\n", stream);
}

void trace_show_json(const struct trace_view *v, FILE *stream)
{
    static const char *const methods[] = {"udp", "tcp", "icmp"};
    char text[CLI_ENDPOINT_TEXT], name[NAME_ROOM];
    const uint32_t last = last_shown(v);
    (void)fprintf(stream, "{\"schema\":1,\"type\":\"trace\",\"to\":\"%s\",\"method\":\"%s\"",
                  cli_addr_text(&v->to, text), methods[v->method]);
    (void)fprintf(stream, ",\"from\":\"%s\",\"cycles\":%" PRIu64 ",\"size_bytes\":%" PRIu64,
                  cli_addr_text(v->from, text), v->cycles, v->size);
    if (v->method != TRACE_ICMP)
        (void)fprintf(stream, ",\"port\":%u", (unsigned)v->port);
    (void)fprintf(stream, ",\"reached\":%s,\"hops\":[", v->hops->reached ? "true" : "false");
    for (uint32_t ttl = v->hops->first; ttl <= last; ttl++) {
        const struct trace_hop *h = &v->hops->hop[ttl];
        (void)fprintf(stream, "%s{\"hop\":%u,\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ",\"loss_percent\":%.3f",
                      ttl == v->hops->first ? "" : ",", ttl, h->sent, h->received, trace_hop_loss(h));
        (void)fprintf(stream, ",\"addresses\":[");
        for (uint32_t i = 0; i < h->addrs; i++) {
            (void)fprintf(stream, "%s{\"address\":\"%s\"", i ? "," : "", cli_addr_text(&h->addr[i], text));
            if (!v->numeric && cli_resolve_back(&h->addr[i], NULL, name, sizeof name) && !strpbrk(name, "\"\\"))
                (void)fprintf(stream, ",\"name\":\"%s\"", name);
            if (h->mark[i][0])
                (void)fprintf(stream, ",\"mark\":\"%s\"", h->mark[i]);
            (void)fprintf(stream, "}");
        }
        (void)fprintf(stream, "]");
        if (h->received)
            (void)fprintf(stream,
                          ",\"last_us\":%.3f,\"avg_us\":%.3f,\"best_us\":%.3f,\"worst_us\":%.3f,\"stdev_us\":%.3f",
                          (double)h->last_ns / 1000.0, h->mean_us, (double)h->best_ns / 1000.0,
                          (double)h->worst_ns / 1000.0, trace_hop_stdev(h));
        (void)fprintf(stream, "}");
    }
    (void)fprintf(stream, "]}\n");
}

void trace_show_screen(const struct trace_view *v, FILE *stream)
{
    /* To the end of the line, then a new one: what was longer before goes. The names are never printed raw. */
    static const char *const eol = "\033[K\n";
    char from[CLI_ENDPOINT_TEXT], to[CLI_ENDPOINT_TEXT];
    struct winsize size = {0};
    const uint32_t rows = ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_row > 8 ? size.ws_row : 24;
    uint32_t last = last_shown(v), width = host_width(v, last);
    if (!v->wide && size.ws_col > 80)
        width += size.ws_col - 80u < 40u ? size.ws_col - 80u : 40u;
    if (last > v->hops->first + rows - 6)
        last = v->hops->first + rows - 6;
    (void)fprintf(stream, "\033[H%s -> %s (%s)%s%s", cli_addr_text(v->from, from), v->target, cli_addr_text(&v->to, to),
                  v->paused ? "  paused" : "", eol);
    (void)fprintf(stream, "Keys: q quit, p pause, r restart%s", eol);
    heading(v, "", width, eol, stream);
    for (uint32_t ttl = v->hops->first; ttl <= last; ttl++)
        hop_lines(v, ttl, width, eol, stream);
    (void)fprintf(stream, "\033[J");
    (void)fflush(stream);
}
