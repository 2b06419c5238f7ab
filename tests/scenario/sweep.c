/* SPDX-License-Identifier: BSD-2-Clause */
/* A thousand worlds of two hosts and a bad cable. For each seed every byte arrives in order or the connection
 * ends with a cause that the log names, and all memory comes back. Then the tables: which states, edges,
 * drops and timers were ever reached. One never reached fails, unless it is listed with its reason.
 *
 *     sweep                all seeds (SEVEN_SEEDS; 1000, under sanitizers 100)
 *     sweep --seed N       that one, with its log */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "l4_transport/tcp_internal.h"
#include "tests/scenario/pair.h"

#define SWEEP_BYTES (16u << 20)

#if defined(__SANITIZE_ADDRESS__)
#define SWEEP_SEEDS 100u
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SWEEP_SEEDS 100u
#endif
#endif
#ifndef SWEEP_SEEDS
#define SWEEP_SEEDS 1000u
#endif

struct excuse {
    uint32_t what;
    const char *reason;
};

static const struct excuse drop_excuses[] = {
    {SV_DROP_NONE, "not a drop"},
    {SV_DROP_NO_ROUTE, "routers only, or an address lost between question and answer"},
    {SV_DROP_TTL_EXCEEDED, "routers only"},
    {SV_DROP_TOO_BIG, "routers only, or path MTU discovery, which is not built yet"},
    {SV_DROP_NEIGHBOUR_QUEUE_FULL, "needs 65 packets behind one question: tests/unit/l2_link neighbour"},
    {SV_DROP_ICMP_RATE, "needs a flood: tests/unit/l3_network"},
    {SV_DROP_SOCKET_FULL, "these applications read at once: tests/unit/l4_transport"},
    {SV_DROP_TCP_CHALLENGE_RATE, "needs a flood of forged segments in one second"},
    {SV_DROP_TCP_REASSEMBLY_FULL, "needs more holes in one window than there is memory for"},
    {SV_DROP_TCP_AFTER_FIN, "a peer of ours never sends beyond its own FIN: tests/exchange"},
    {SV_DROP_FLUSHED, "these applications read all datagrams before they close"},
    {SV_DROP_TCP_RST_NOT_ACCEPTABLE, "a forged RST in SYN-SENT: tests/exchange"},
    {SV_DROP_TCP_SACK_INVALID, "peers of ours do not lie: tests/exchange sack"},
    {SV_DROP_TCP_NOT_ADMITTED, "no deferred listeners here: tests/unit/l4_transport tcp_setup"},
    {SV_DROP_TCP_URGENT_IGNORED, "these peers point ahead: tests/unit/l4_transport tcp_setup"},
    {SV_DROP_ND_OPTION, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_ND_HOP_LIMIT, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_ND_INVALID, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_ND_IGNORED, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_ND_CONFLICT, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_ND_FULL, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_ND_REDIRECT, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_ND_RATE, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_ND_LOOPED, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_ND_FRAGMENTED, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_GROUP_MALFORMED, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_GROUP_SOURCE, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_GROUP_IGNORED, "the pairs know each other: tests/unit/l3_network"},
    {SV_DROP_TCP_MD5_MISSING, "needs keys: tests/unit/l4_transport tcp_md5"},
    {SV_DROP_TCP_MD5_WRONG, "needs keys: tests/unit/l4_transport tcp_md5"},
    {SV_DROP_TCP_MD5_UNEXPECTED, "needs keys: tests/unit/l4_transport tcp_md5"},
    {SV_DROP_TCP_AO_MISSING, "needs keys: tests/unit/l4_transport tcp_ao"},
    {SV_DROP_TCP_AO_WRONG, "needs keys: tests/unit/l4_transport tcp_ao"},
    {SV_DROP_TCP_AO_NO_KEY, "needs keys: tests/unit/l4_transport tcp_ao"},
    {SV_DROP_NAT_FULL, "needs a router: tests/unit/l3_network nat_udp"},
    {SV_DROP_NAT_NO_PORT, "needs a router and all its ports taken"},
    {SV_DROP_NAT_FILTERED, "needs a router: tests/unit/l3_network nat_udp"},
    {SV_DROP_NAT_UNTRANSLATABLE, "needs a router: tests/unit/l3_network nat_udp"},
    {SV_DROP_NAT_FRAGMENT, "needs a router: tests/unit/l3_network nat_udp"},
    {SV_DROP_NAT_SYN, "needs a router: tests/unit/l3_network nat_tcp"},
    {SV_DROP_NPT_UNTRANSLATABLE, "needs a router: tests/unit/l3_network npt6"},
    {SV_DROP_SCOPE, "needs a router: tests/unit/l3_network forward"},
    {SV_DROP_ROUTE_REFUSES, "needs a router: tests/unit/l3_network forward"},
    {SV_DROP_SOURCE_CHECK, "needs a router: tests/unit/l3_network forward"},
    {SV_DROP_ACL, "needs a router: tests/unit/l3_network forward"},
    {SV_DROP_PORT_BLOCKED, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_RESERVED_GROUP, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_VLAN_INGRESS, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_VLAN_FRAME_TYPE, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_STORM, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_ARP_FLOOD_LIMIT, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_ARP_PROXIED, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_STATION_REFUSED, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_SAME_PORT, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_NO_EGRESS, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_ISOLATED, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_MIRROR_PORT, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_TOO_LONG, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_BPDU_MALFORMED, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_BPDU_GUARD, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_LLDP_MALFORMED, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_LLDP_TABLE_FULL, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_GROUP_TABLE_FULL, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_SNOOP_MALFORMED, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_STATION_NOT_LEARNED, "needs a switch: tests/unit/l2_link, tests/interop switch_loop"},
    {SV_DROP_VLAN_UNKNOWN, "these pairs speak without tags: tests/unit/stack tags"},
    {SV_DROP_PHY_SYMBOL, "needs a cable of layer 1: tests/scenario cable_tcp"},
    {SV_DROP_PHY_CARRIER, "needs a cable of layer 1: tests/scenario cable_tcp"},
    {SV_DROP_PHY_NEVER_SEEN, "needs a cable of layer 1: tests/scenario cable_tcp"},
    {SV_DROP_QUEUE_MANAGED, "these cables are drop-tail: tests/unit/sim link"},
    {SV_DROP_LINK_MTU, "these cables take every frame: tests/unit/sim link"},
    {SV_DROP_SCENARIO_FAULT, "scenario files alone: tests/scenario scenarios"},
    {0, NULL},
};

static const struct excuse timer_excuses[] = {
    {SV_TIMER_PACING, "pacing is not built yet"},
    {0, NULL},
};

/* from << 8 | on */
static const struct excuse edge_excuses[] = {
    {SV_CLOSED << 8 | SV_ON_PASSIVE_OPEN, "a listener is a record of its own, no connection passes here"},
    {SV_LISTEN << 8 | SV_ON_CLOSE, "the same"},
    {SV_SYN_RECEIVED << 8 | SV_ON_FIN, "the FIN carries an ACK, and that leads to ESTABLISHED first"},
    {SV_SYN_RECEIVED << 8 | SV_ON_CLOSE,
     "the figure's edge; here CLOSE waits for the handshake, then leaves ESTABLISHED"},
    {SV_SYN_RECEIVED << 8 | SV_ON_TIMEOUT, "needs a cut within a simultaneous open's half round trip"},
    {SV_TIME_WAIT << 8 | SV_ON_RESET, "RFC 1337: a reset does not end the wait"},
    {0, NULL},
};

static const struct excuse cause_excuses[] = {
    {SV_CAUSE_NO_MEMORY, "needs a close at the moment when all busy records are lent"},
    {0, NULL},
};

static const char *excused(const struct excuse *list, uint32_t what)
{
    for (; list->reason; list++) {
        if (list->what == what)
            return list->reason;
    }
    return NULL;
}

static const char *const timer_names[SV_TIMER_COUNT] = {
    "RTO", "PERSIST", "KEEPALIVE", "DELACK", "TIME-WAIT", "USER", "PACING", "PROBE", "REORDER",
};
static const char *const cause_names[SV_CAUSES] = {
    "NONE",      "ORDERLY",     "PEER_RESET",  "REFUSED",   "USER_ABORT",      "USER_TIMEOUT",
    "KEEPALIVE", "UNREAD_DATA", "UNREACHABLE", "NO_MEMORY", "LISTENER_CLOSED", "LATE_DATA",
};

static uint32_t missing;

static void row(const char *kind, const char *name, uint64_t count, const char *excuse)
{
    if (count || excuse)
        printf("  %-8s %-44s %12llu%s%s\n", kind, name, (unsigned long long)count, excuse ? "  " : "",
               excuse && !count ? excuse : "");
    else
        printf("  %-8s %-44s        NEVER\n", kind, name);
    missing += !count && !excuse;
}

static void tables(const struct pair_coverage *c)
{
    uint8_t from, on, to;
    char name[80];
    for (uint32_t s = 0; s < SV_TCP_STATES; s++)
        row("state", sv_tcp_state_name((enum sv_tcp_state)s), c->state[s], NULL);
    for (uint32_t i = 0; sv_tcp_edge_at(i, &from, &on, &to); i++) {
        snprintf(name, sizeof name, "%s, %s: %s", sv_tcp_state_name(from), sv_tcp_on_name(on), sv_tcp_state_name(to));
        row("edge", name, c->edge[from][on], excused(edge_excuses, (uint32_t)from << 8 | on));
    }
    for (uint32_t d = 0; d < SV_DROP_COUNT; d++) {
        if (strcmp(sv_drop_name((enum sv_drop)d), "?") != 0) /* numbers have gaps */
            row("drop", sv_drop_name((enum sv_drop)d), c->drop[d], excused(drop_excuses, d));
    }
    for (uint32_t t = 0; t < SV_TIMER_COUNT; t++)
        row("timer", timer_names[t], c->timer[t], excused(timer_excuses, t));
    for (uint32_t k = 1; k < SV_CAUSES; k++)
        row("cause", cause_names[k], c->cause[k], excused(cause_excuses, k));
}

static void log_record(const struct sv_trace_record *r)
{
    printf("%12.6f h%u %-15s %3u flow %u pkt %u ", (double)(r->time - PAIR_BEGIN) / 1e9, r->host,
           sv_trace_kind_name((enum sv_trace_kind)r->kind), r->detail, r->flow, r->packet);
    for (uint32_t i = 0; i < SV_TRACE_ARGS; i++)
        printf(" %u", r->arg[i]);
    if (r->kind == SV_TRACE_DROP)
        printf(" %s", sv_drop_name((enum sv_drop)r->detail));
    putchar('\n');
}

static uint64_t running;

_Noreturn void sv_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: promise broken: %s\nreplay: sweep --seed %llu\n", file, line, what,
            (unsigned long long)running);
    fflush(stdout);
    abort();
}

static bool run_one(struct pair *p, uint64_t seed, uint8_t *memory, bool print)
{
    running = seed;
    if (!pair_open(p, seed, memory, SWEEP_BYTES)) {
        fprintf(stderr, "seed %llu: the arena is too small\n", (unsigned long long)seed);
        return false;
    }
    const bool good = pair_run(p);
    if (!good || print)
        pair_print(p);
    if (!good)
        printf("FAILED: %s\nreplay: sweep --seed %llu\n", p->failure, (unsigned long long)seed);
    memset(memory, 0, sv_arena_used(p->arena));
    return good;
}

int main(int argc, char **argv)
{
    static struct pair pair;
    static struct pair_coverage coverage;
    const char *wanted = getenv("SEVEN_SEEDS");
    const uint64_t seeds = wanted ? strtoull(wanted, NULL, 10) : SWEEP_SEEDS;
    uint64_t failed = 0;
    uint8_t *memory = aligned_alloc(4096, SWEEP_BYTES);
    if (!memory)
        return 1;
    memset(memory, 0, SWEEP_BYTES);
    pair.coverage = &coverage;
    if (argc == 3 && strcmp(argv[1], "--seed") == 0) {
        pair.log = log_record;
        failed = !run_one(&pair, strtoull(argv[2], NULL, 10), memory, true);
        free(memory);
        return failed != 0;
    }
    if (argc != 1) {
        fprintf(stderr, "usage: sweep [--seed N]\n");
        free(memory);
        return 2;
    }
    for (uint64_t seed = 1; seed <= seeds; seed++)
        failed += !run_one(&pair, seed, memory, false);
    tables(&coverage);
    printf("%llu seeds, %llu failed; %llu connections, %llu whole both ways, %llu bytes compared, %llu segments\n",
           (unsigned long long)seeds, (unsigned long long)failed, (unsigned long long)coverage.connections,
           (unsigned long long)coverage.whole, (unsigned long long)coverage.bytes,
           (unsigned long long)coverage.segments);
    if (missing)
        printf("%u never reached%s\n", missing, seeds < 1000u ? ": allowed with fewer than 1000 seeds" : "");
    free(memory);
    return failed || (missing && seeds >= 1000u);
}
