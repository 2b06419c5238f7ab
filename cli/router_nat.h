/* SPDX-License-Identifier: BSD-2-Clause */
/* Address translation as options of seven router, and as a table. The router's own struct holds a struct
 * router_nat_options; ROUTER_NAT_OPTIONS() are its lines in the table. */
#ifndef SV_CLI_ROUTER_NAT_H
#define SV_CLI_ROUTER_NAT_H

#include "cli/options.h"
#include "seven/nat.h"

struct router_nat_options {
    const char *outside; /* --nat: the word of that interface's -i, or its number from 1; NULL: no NAT44 */
    struct cli_texts forward, npt6;
    const char *timeout; /* "udp=300s,tcp=2h4m,transitory=4m,icmp=60s" */
    uint32_t filter;     /* enum sv_nat_filter */
    uint64_t host_sessions;
    uint64_t sessions; /* ceiling, for sv_stack_config.nat_sessions */
    bool random_ports, no_ftp;
};

#define ROUTER_NAT_SESSIONS 65536u

/* AT(member) gives the place of a member of struct router_nat_options in the command's struct. */
#define ROUTER_NAT_OPTIONS(AT) ROUTER_NAT_WHAT(AT), ROUTER_NAT_LIMITS(AT)
#define ROUTER_NAT_OPTION(name, kind, takes, help, at, choices, low, high) \
    {                                                                      \
        0, name, kind, takes, help, at, choices, low, high                 \
    }
#define ROUTER_NAT_N (1u << 24)
#define ROUTER_NAT_WHAT(AT)                                                                                            \
    ROUTER_NAT_OPTION("nat", CLI_TEXT, "INTERFACE", "translate IPv4 behind that one (NAT44)", AT(outside), NULL, 0,    \
                      0),                                                                                              \
        ROUTER_NAT_OPTION("forward", CLI_TEXTS, "PROTO:PORT=ADDR:PORT", "that outside port is an inside's",            \
                          AT(forward), NULL, 0, 0),                                                                    \
        ROUTER_NAT_OPTION("npt6", CLI_TEXTS, "INSIDE=OUTSIDE", "translate an IPv6 prefix to another", AT(npt6), NULL,  \
                          0, 0),                                                                                       \
        ROUTER_NAT_OPTION("nat-filter", CLI_CHOICE, "WHO", "who may answer: whom it spoke with, or all", AT(filter),   \
                          "address endpoint", 0, 0),                                                                   \
        ROUTER_NAT_OPTION("nat-random-ports", CLI_FLAG, NULL, "never keep the inside's port number", AT(random_ports), \
                          NULL, 0, 0),                                                                                 \
        ROUTER_NAT_OPTION("nat-no-ftp", CLI_FLAG, NULL, "leave FTP's commands alone", AT(no_ftp), NULL, 0, 0)
#define ROUTER_NAT_LIMITS(AT)                                                                                         \
    ROUTER_NAT_OPTION("nat-timeout", CLI_TEXT, "LIST", "udp=300s,tcp=2h4m,transitory=4m,icmp=60s", AT(timeout), NULL, \
                      0, 0),                                                                                          \
        ROUTER_NAT_OPTION("nat-sessions", CLI_NUMBER, "N", "sessions at most (default 65536)", AT(sessions), NULL, 1, \
                          ROUTER_NAT_N),                                                                              \
        ROUTER_NAT_OPTION("nat-host-sessions", CLI_NUMBER, "N", "of one inside host (default half)",                  \
                          AT(host_sessions), NULL, 1, ROUTER_NAT_N)

/* Checks what was typed; CLI_PARSED, or the status after saying what is wrong. */
int router_nat_check(const char *command, const struct router_nat_options *o);

/* Sets the stack up; `outside` is the interface that --nat names. False after saying why. */
bool router_nat_start(const char *command, struct sv_stack *stack, const struct router_nat_options *o, sv_port outside,
                      sv_time now);

/* Every mapping in a line of its own, as text or JSON, to `put` (n bytes at a time); the counters after them. */
void router_nat_show(const struct sv_stack *stack, bool json, sv_time now, void (*put)(void *, const char *, size_t),
                     void *self);

/* seven router --show nat: asks every running router of this user; the exit status. */
int router_nat_ask(bool json);

#endif
