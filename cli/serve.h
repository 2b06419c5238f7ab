/* SPDX-License-Identifier: BSD-2-Clause */
/* Servers on Seven's stack: each is an application on one host. seven serve and seven demo start them. */
#ifndef SV_CLI_SERVE_H
#define SV_CLI_SERVE_H

#include "cli/network.h"

enum { SERVE_HTTP, SERVE_ECHO, SERVE_KINDS };

struct serve_options {
    uint32_t kind;
    uint16_t port;    /* 0: the service's own */
    const char *root; /* http: the directory served */
    bool silent;      /* no access log */
    bool no_listing;
    bool only4, only6;     /* what comes by the other family is not for it */
    uint64_t delay_ns;     /* echo: from a byte's arrival to its way back */
    uint64_t fin_delay_ns; /* echo: from there to our FIN once the peer has finished */
};

/* The handle of a running server: for its counts, and to end it. */
struct serve_http;
struct serve_http *serve_http_start(struct cli_network *n, const struct serve_options *options);
void serve_http_end(struct serve_http *server, sv_time now); /* NULL is allowed */

struct serve_echo;
struct serve_echo *serve_echo_start(struct cli_network *n, const struct serve_options *options);
void serve_echo_end(struct serve_echo *server, sv_time now);

/* Every address of ours: of both families, or of IPv4. */
static inline struct sv_endpoint serve_anywhere(const struct serve_options *options)
{
    return (struct sv_endpoint){options->only4 ? sv_addr_v4(0, 0, 0, 0) : (struct sv_addr){{0}}, options->port};
}

#endif
