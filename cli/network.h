/* SPDX-License-Identifier: BSD-2-Clause */
/* From the options of a command to a running host: arena, pool, stack, device, loop, capture, ladder. The
 * commands are applications on it and know neither the device nor the loop. */
#ifndef SV_CLI_NETWORK_H
#define SV_CLI_NETWORK_H

#include "cli/options.h"
#include "seven/seven.h"

struct cli_network;

/* What a command may want otherwise than usual; zero it first. */
struct cli_network_wish {
    uint32_t connections; /* ceiling; 0: 4,096 */
    bool quiet;           /* no note on stderr about the device */
    bool traced;          /* keep a trace even without -w and --ladder; see cli_network_on_record */
    int control_off;      /* 1: not visible to seven ss and seven ip */
};

/* Joins the network as the options say. NULL after it has said on stderr, in one line, what is in the
 * way and what to do about it: cli_said() is the exit status then. Owns everything until cli_network_close(). */
struct cli_network *cli_network_open(const struct cli_command *command, const struct cli_network_options *options,
                                     const struct cli_output_options *output, const struct cli_network_wish *wish);

/* Two stacks in this process joined by a wire: pair[0] is 10.7.0.2 with the capture and the trace (host 1),
 * pair[1] is 10.7.0.1 (host 2, in the same trace). They share one loop: run and stop either. Close pair[0]
 * first; pair[1] after it. */
bool cli_network_open_pair(const struct cli_command *command, const struct cli_network_options *options,
                           const struct cli_output_options *output, const struct cli_network_wish *wish,
                           struct cli_network *pair[2]);

struct sv_host *cli_network_host(struct cli_network *n);
struct sv_stack *cli_network_stack(struct cli_network *n);
struct sv_pool *cli_network_pool(struct cli_network *n);
sv_time cli_network_now(const struct cli_network *n);
const struct sv_addr *cli_network_address(const struct cli_network *n); /* our first address */

/* Adds the application: what sv_host_add() gives, never SV_NONE (a command adds a handful). */
uint32_t cli_network_add(struct cli_network *n, const struct sv_app *ops, void *self);
/* Its events go nowhere from now on; its `self` may be freed. */
void cli_network_remove(struct cli_network *n, uint32_t app);

/* Descriptors of the operating system in the loop. `events` joins CLI_READ and CLI_WRITE; 0 keeps the
 * entry and waits for nothing. False: this descriptor cannot be waited for (a plain file: always ready). */
enum { CLI_READ = 1, CLI_WRITE = 2 };
typedef void cli_ready(void *self, int fd, uint32_t events, sv_time now);
bool cli_network_watch(struct cli_network *n, int fd, uint32_t events, cli_ready *ready, void *self);
void cli_network_unwatch(struct cli_network *n, int fd);

/* SIGINT or SIGTERM came: called once for each. Without it the run stops with 130. */
void cli_network_on_interrupt(struct cli_network *n, void (*interrupted)(void *self, sv_time now), void *self);

/* Every trace record, in order, when `traced` was wished. The bytes are the record's own. */
typedef void cli_record(void *self, const struct sv_trace_record *record, const uint8_t *bytes);
void cli_network_on_record(struct cli_network *n, cli_record *record, void *self);

/* Turns the host until cli_network_stop(); gives its status. */
int cli_network_run(struct cli_network *n);
void cli_network_stop(struct cli_network *n, int status);
bool cli_network_interrupted(const struct cli_network *n); /* a signal ended the last run */
int cli_network_signal(const struct cli_network *n);       /* which one; 0: none */

/* Turns it on for at most `longest_ns`, until what was said is delivered (no connection is left but those
 * in TIME-WAIT), then frees all. Files are complete afterwards. NULL is allowed. */
void cli_network_close(struct cli_network *n, sv_time longest_ns);

/* A socket call's refusal as a sentence for stderr. */
const char *cli_network_error(enum sv_err error);

#endif
