/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of struct cli_network, for network.c, sinks.c and status.c. */
#ifndef SV_CLI_NETWORK_PRIVATE_H
#define SV_CLI_NETWORK_PRIVATE_H

#include "cli/network.h"
#include "port/control.h"
#include "port/loop.h"

#define CLI_WATCHES 32u

struct cli_watch {
    int fd;
    uint32_t events;
    cli_ready *ready; /* NULL: free */
    void *self;
};

struct cli_sinks;

struct cli_network {
    const char *command;
    bool quiet, traced, stopped;
    int status;
    void *memory;
    uint64_t memory_bytes;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_trace *trace; /* NULL: not traced */
    struct sv_stack *stack;
    struct sv_host host;
    struct sv_device device;
    bool device_open, loop_open;
    struct sv_loop *loop;      /* of a pair: the first one's */
    struct cli_network *first; /* the other of a pair, that owns loop, memory, trace and wire; NULL: we do */
    struct sv_wire *wire;
    uint32_t party;
    sv_port port;  /* where our addresses are */
    sv_port wired; /* what the device is joined to: the same, or below its tags */
    struct sv_addr address;
    struct cli_addresses gateways;
    struct cli_watch watch[CLI_WATCHES];
    void (*interrupted)(void *self, sv_time now);
    void *interrupted_self;
    cli_record *record;
    void *record_self;
    struct cli_sinks *sinks;
    struct sv_control control;
    bool control_open;
};

/* The capture file and the ladder, fed from the trace once each round. False after saying why. */
bool cli_sinks_open(struct cli_network *n, const struct cli_network_options *options,
                    const struct cli_output_options *output);
void cli_sinks_close(struct cli_network *n);

/* -a auto: a key that is this machine's and user's, told nobody (left as it is where the machine has no identity); a
 * MAC for a device that we make; and waiting until there is an address, which n->address then is. False after saying
 * why. */
void cli_auto_secret(uint64_t secret[2]);
void cli_auto_mac(const char *device, uint8_t mac[6]);
bool cli_auto_wait(struct cli_network *n);

/* Answers for seven ss and seven ip; a process runs on well without. */
void cli_status_open(struct cli_network *n);
void cli_status_close(struct cli_network *n);

#endif
