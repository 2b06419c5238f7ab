/* SPDX-License-Identifier: BSD-2-Clause */
/* seven trace in three parts: the probes (trace.c), what is known of each hop (trace_hops.c), how it is shown
 * (trace_show.c). */
#ifndef SV_CLI_TRACE_H
#define SV_CLI_TRACE_H

#include "cli/network.h"

#define TRACE_HOPS 255u
#define TRACE_ADDRESSES 8u /* of one hop: several routers share the load */
#define TRACE_MARK 8u

enum trace_method { TRACE_UDP, TRACE_TCP, TRACE_ICMP };

/* One distance from us. */
struct trace_hop {
    struct sv_addr addr[TRACE_ADDRESSES];
    char mark[TRACE_ADDRESSES][TRACE_MARK]; /* "!H": that address said the target cannot be reached */
    uint32_t addrs;
    uint32_t latest; /* the address that answered last */
    uint64_t sent, received;
    uint64_t last_ns, best_ns, worst_ns;
    double mean_us, spread_us; /* Welford: the mean, and the sum of squared distances from it */
};

struct trace_hops {
    struct trace_hop hop[TRACE_HOPS + 1]; /* by TTL */
    uint32_t first, max;
    uint32_t unknown; /* silent hops in a row after which nothing further is asked */
    uint32_t end;     /* TTL at which the path ended; 0: not known yet */
    uint32_t known;   /* the largest TTL that answered */
    bool reached;     /* the end is the target */
};

void trace_hops_init(struct trace_hops *t, uint32_t first, uint32_t max, uint32_t unknown);
/* The last TTL worth asking. */
uint32_t trace_hops_last(const struct trace_hops *t);
/* An answer to a probe of that TTL. mark "": nothing special. `end`: no probe of a larger TTL gets further. */
void trace_hops_answer(struct trace_hops *t, uint32_t ttl, const struct sv_addr *from, const char *mark, bool end,
                       bool reached, uint64_t rtt_ns);
double trace_hop_loss(const struct trace_hop *h);  /* percent */
double trace_hop_stdev(const struct trace_hop *h); /* us */
/* traceroute's mark for an ICMP error: "", "!H", "!N", "!X", "!P", "!F", "!S", "!<14>". *end: not "time exceeded". */
void trace_mark(bool v4, uint8_t type, uint8_t code, char *mark, bool *end);

struct trace_view {
    const struct trace_hops *hops;
    const char *target; /* as typed */
    struct sv_addr to;
    const struct sv_addr *from;
    enum trace_method method;
    uint16_t port;
    uint64_t cycles, size;
    bool wide, numeric, paused, utf8;
};

void trace_show_report(const struct trace_view *v, FILE *stream);
void trace_show_json(const struct trace_view *v, FILE *stream);
void trace_show_screen(const struct trace_view *v, FILE *stream); /* paints over the last one */

#endif
