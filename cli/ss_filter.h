/* SPDX-License-Identifier: BSD-2-Clause */
/* The filter words of ss: state ESTABLISHED, sport = :80, dst 10.7.0.0/24, with and, or, not and brackets. */
#ifndef SV_CLI_SS_FILTER_H
#define SV_CLI_SS_FILTER_H

#include "cli/options.h"
#include "seven/socket.h"

/* What is looked at of a socket. */
struct ss_socket {
    bool tcp;
    uint32_t state; /* enum sv_tcp_state; of UDP SV_CLOSED or, connected, SV_ESTABLISHED */
    struct sv_endpoint local, peer;
};

#define SS_NODES 64u
struct ss_filter {
    uint32_t states; /* bit per enum sv_tcp_state, of `state` and `exclude` words */
    bool states_given;
    uint32_t nodes, root; /* SV_NONE: everything matches */
    struct ss_node {
        uint8_t kind, compare;
        uint32_t left, right;
        struct sv_addr addr;
        uint32_t length; /* bits of the 128 that count; 0: any address */
        uint16_t port;
        bool has_port;
    } node[SS_NODES];
};

/* Groups of states: connected, synchronized, bucket, big, all, as ss has them; or one state. 0: no such. */
uint32_t ss_states(const char *word);

/* False: *why is a sentence that names the word. */
bool ss_filter_parse(struct ss_filter *f, const struct cli_words *words, char *why, size_t room);
bool ss_filter_matches(const struct ss_filter *f, const struct ss_socket *s);

#endif
