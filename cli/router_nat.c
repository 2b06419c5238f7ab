/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "cli/router_nat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/network.h"
#include "port/control.h"

/* "tcp:8080=10.0.0.2:80" */
static bool parse_forward(const char *text, uint32_t *protocol, uint16_t *port, struct sv_endpoint *to)
{
    char word[32];
    bool any = false;
    const char *colon = strchr(text, ':'), *equals = strchr(text, '=');
    if (!colon || !equals || equals < colon || equals - colon - 1 >= (long)sizeof word)
        return false;
    if (strncmp(text, "tcp:", 4) == 0)
        *protocol = 6;
    else if (strncmp(text, "udp:", 4) == 0)
        *protocol = 17;
    else
        return false;
    (void)snprintf(word, sizeof word, "%.*s", (int)(equals - colon - 1), colon + 1);
    return cli_parse_port(word, port) && *port && cli_parse_endpoint(equals + 1, to, &any) && !any && to->port &&
           cli_addr_is_v4(&to->addr);
}

/* "fd01::/48=2001:db8::/48" */
static bool parse_npt6(const char *text, struct sv_addr *inside, struct sv_addr *outside, uint32_t *length)
{
    char word[64];
    uint32_t other;
    const char *equals = strchr(text, '=');
    if (!equals || equals - text >= (long)sizeof word)
        return false;
    (void)snprintf(word, sizeof word, "%.*s", (int)(equals - text), text);
    return cli_parse_prefix(word, inside, length) && cli_parse_prefix(equals + 1, outside, &other) &&
           *length == other && *length >= 8 && *length <= 64 && !cli_addr_is_v4(inside) && !cli_addr_is_v4(outside);
}

struct timeout_name {
    const char *name;
    size_t at;
    uint64_t least_s;
};
static const struct timeout_name timeouts[] = {
    {"udp", offsetof(struct sv_nat_config, udp_s), 120},
    {"tcp", offsetof(struct sv_nat_config, tcp_established_s), 7440},
    {"transitory", offsetof(struct sv_nat_config, tcp_transitory_s), 240},
    {"icmp", offsetof(struct sv_nat_config, icmp_s), 60},
};

/* One "name=duration". *least: what it must at least be, 0: no such name or no duration. */
static bool parse_timeout(const char *item, struct sv_nat_config *config, const struct timeout_name **which)
{
    uint64_t ns = 0;
    *which = NULL;
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        const size_t n = strlen(timeouts[i].name);
        if (strncmp(item, timeouts[i].name, n) != 0 || item[n] != '=' || !cli_parse_duration(item + n + 1, SV_S, &ns) ||
            ns / SV_S > UINT32_MAX)
            continue;
        *which = &timeouts[i];
        const uint32_t seconds = (uint32_t)(ns / SV_S);
        memcpy((uint8_t *)config + timeouts[i].at, &seconds, sizeof seconds);
        return seconds >= timeouts[i].least_s;
    }
    return false;
}

/* Goes through the list; NULL, or the sentence for the first wrong item, in `why`. */
static const char *read_timeouts(const char *list, struct sv_nat_config *config, char *why, size_t room)
{
    char text[128];
    char *rest = text;
    const struct timeout_name *which;
    if (!list)
        return NULL;
    (void)snprintf(text, sizeof text, "%s", list);
    for (char *item = strsep(&rest, ","); item; item = strsep(&rest, ",")) {
        if (parse_timeout(item, config, &which))
            continue;
        if (which)
            (void)snprintf(why, room, "%s: the standard wants at least %" PRIu64 " s", item, which->least_s);
        else
            (void)snprintf(why, room, "%s: it takes a list like udp=300s,tcp=2h4m,transitory=4m,icmp=60s", item);
        return why;
    }
    return NULL;
}

int router_nat_check(const char *command, const struct router_nat_options *o)
{
    struct sv_nat_config config = {0};
    struct sv_endpoint to;
    struct sv_addr inside, outside;
    uint32_t number;
    uint16_t port;
    char why[256];
    const char *of_nat = o->forward.n       ? "--forward"
                         : o->timeout       ? "--nat-timeout"
                         : o->random_ports  ? "--nat-random-ports"
                         : o->no_ftp        ? "--nat-no-ftp"
                         : o->host_sessions ? "--nat-host-sessions"
                                            : NULL;
    if (!o->outside && of_nat)
        return cli_usage(command, "%s: without --nat=INTERFACE nothing is translated", of_nat);
    for (uint32_t i = 0; i < o->forward.n; i++)
        if (!parse_forward(o->forward.text[i], &number, &port, &to))
            return cli_usage(command, "--forward %s: it takes tcp:PORT=ADDR:PORT or udp:PORT=ADDR:PORT",
                             o->forward.text[i]);
    for (uint32_t i = 0; i < o->npt6.n; i++)
        if (!parse_npt6(o->npt6.text[i], &inside, &outside, &number))
            return cli_usage(command,
                             "--npt6 %s: it takes two prefixes of one length from 8 to 64, "
                             "fd01::/48=2001:db8::/48",
                             o->npt6.text[i]);
    if (read_timeouts(o->timeout, &config, why, sizeof why))
        return cli_usage(command, "--nat-timeout %s", why);
    return CLI_PARSED;
}

static bool start_nat44(const char *command, struct sv_stack *stack, const struct router_nat_options *o,
                        sv_port outside, sv_time now)
{
    struct sv_nat_config config = {.size = sizeof config, .outside = outside, .filter = o->filter};
    struct sv_endpoint to;
    uint32_t protocol;
    uint16_t port;
    char why[256];
    (void)read_timeouts(o->timeout, &config, why, sizeof why);
    config.host_sessions = (uint32_t)o->host_sessions;
    config.flags = (o->random_ports ? (uint32_t)SV_NAT_RANDOM_PORTS : 0u) | (o->no_ftp ? (uint32_t)SV_NAT_NO_FTP : 0u);
    enum sv_err error = sv_nat_enable(stack, &config, now);
    if (error != SV_OK)
        return cli_fail(command, "--nat %s: %s", o->outside,
                        error == SV_ERR_NOT_LOCAL ? "the interface has no IPv4 address" : cli_network_error(error)) < 0;
    for (uint32_t i = 0; i < o->forward.n; i++) {
        if (!parse_forward(o->forward.text[i], &protocol, &port, &to))
            return false;
        error = sv_nat_forward(stack, protocol, port, &to, now);
        if (error != SV_OK)
            return cli_fail(command, "--forward %s: %s", o->forward.text[i], cli_network_error(error)) < 0;
    }
    return true;
}

bool router_nat_start(const char *command, struct sv_stack *stack, const struct router_nat_options *o, sv_port outside,
                      sv_time now)
{
    struct sv_addr inner, outer;
    uint32_t length;
    if (o->outside && !start_nat44(command, stack, o, outside, now))
        return false;
    for (uint32_t i = 0; i < o->npt6.n; i++) {
        if (!parse_npt6(o->npt6.text[i], &inner, &outer, &length))
            return false;
        const enum sv_err error = sv_npt6_add(stack, outside, &inner, &outer, length, now);
        if (error != SV_OK)
            return cli_fail(command, "--npt6 %s: %s", o->npt6.text[i], cli_network_error(error)) < 0;
    }
    return true;
}

/* --- what there is --- */

static void show_one(const struct sv_nat_info *i, bool json, sv_time now, void (*put)(void *, const char *, size_t),
                     void *self)
{
    char line[512], inside[CLI_ENDPOINT_TEXT], outside[CLI_ENDPOINT_TEXT], remote[CLI_ENDPOINT_TEXT];
    const char *protocol = i->protocol == 6 ? "tcp" : i->protocol == 17 ? "udp" : "icmp";
    const bool forever = i->expires == SV_NEVER;
    const uint64_t left_s = forever || i->expires < now ? 0 : (i->expires - now) / SV_S;
    const char *state = forever ? "FORWARD" : sv_nat_state_name((enum sv_nat_state)i->state);
    (void)cli_endpoint_text(&i->inside, inside);
    (void)cli_endpoint_text(&i->outside, outside);
    (void)cli_endpoint_text(&i->remote, remote);
    int n;
    if (json)
        n = snprintf(line, sizeof line,
                     "{\"schema\":1,\"type\":\"nat\",\"protocol\":\"%s\",\"state\":\"%s\",\"inside\":\"%s\","
                     "\"outside\":\"%s\",\"remote\":\"%s\",\"fixed\":%s,\"packets_out\":%" PRIu64
                     ",\"packets_in\":%" PRIu64 ",\"expires_s\":%" PRIu64 "}\n",
                     protocol, state, inside, outside, remote, i->fixed ? "true" : "false", i->packets_out,
                     i->packets_in, left_s);
    else
        n = snprintf(line, sizeof line, "%-5s%-12s %-22s %-22s %-22s %10" PRIu64 " %10" PRIu64 " %6" PRIu64 "s\n",
                     protocol, state, inside, outside, remote, i->packets_out, i->packets_in, left_s);
    put(self, line, (size_t)n);
}

void router_nat_show(const struct sv_stack *stack, bool json, sv_time now, void (*put)(void *, const char *, size_t),
                     void *self)
{
    struct sv_nat_info info;
    struct sv_nat_counts c;
    char line[512];
    uint32_t at = 0;
    int n;
    if (!json) {
        n = snprintf(line, sizeof line, "%-5s%-12s %-22s %-22s %-22s %10s %10s %7s\n", "", "State", "Inside", "Outside",
                     "Remote", "Out", "In", "Expires");
        put(self, line, (size_t)n);
    }
    while (sv_nat_each(stack, &at, &info))
        show_one(&info, json, now, put, self);
    sv_nat_count(stack, &c);
    n = snprintf(line, sizeof line,
                 json ? "{\"schema\":1,\"type\":\"nat_counts\",\"mappings\":%u,\"sessions\":%u,\"hosts\":%u,"
                        "\"out\":%" PRIu64 ",\"in\":%" PRIu64 ",\"hairpin\":%" PRIu64 ",\"errors\":%" PRIu64
                        ",\"refused\":%" PRIu64 ",\"filtered\":%" PRIu64 ",\"fragments_waited\":%" PRIu64
                        ",\"ftp_rewritten\":%" PRIu64 "}\n"
                      : "%u mappings, %u sessions, %u hosts; packets %" PRIu64 " out, %" PRIu64 " in, %" PRIu64
                        " turned round, %" PRIu64 " ICMP errors; %" PRIu64 " refused, %" PRIu64 " filtered, %" PRIu64
                        " fragments waited, %" PRIu64 " FTP lines rewritten\n",
                 c.mappings, c.sessions, c.hosts, c.out, c.in, c.hairpin, c.errors, c.refused, c.filtered,
                 c.fragments_waited, c.ftp_rewritten);
    put(self, line, (size_t)n);
}

struct asked {
    int pid;
    uint32_t printed;
};

/* The first line of each process is its title. */
static bool on_line(void *self, int pid, const char *line)
{
    struct asked *a = self;
    if (pid == a->pid && strncmp(line, "{\"error\"", 8) != 0) {
        printf("%s\n", line);
        a->printed++;
    }
    a->pid = pid;
    return true;
}

int router_nat_ask(bool json)
{
    struct asked a = {-1, 0};
    (void)sv_control_ask(json ? "nat" : "nat-text", on_line, &a);
    return a.printed ? 0 : cli_fail("router", "no seven router of this user is running");
}
