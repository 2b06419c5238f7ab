/* SPDX-License-Identifier: BSD-2-Clause */
/* seven router: what its files share. */
#ifndef SV_CLI_ROUTER_H
#define SV_CLI_ROUTER_H

#include "cli/options.h"
#include "cli/router_nat.h"
#include "port/capture_file.h"
#include "port/control.h"
#include "port/device.h"
#include "port/loop.h"
#include "seven/seven.h"

#define ROUTER_PORTS 8u /* what a loop takes */

struct router_options {
    struct cli_texts ports, address, routes, rules, acl;
    const char *file;
    struct cli_addresses gateway;
    uint32_t rpf;
    uint64_t ceiling, mtu, queue, seed, every_ns;
    bool ecmp, clamp;
    const char *capture;
    const char *show; /* --show: ask a running router */
    struct router_nat_options nat;
    struct cli_output_options output;
};

struct router_port {
    struct sv_device device;
    bool open;
    const char *spec;
    sv_port port;
    uint64_t packets_in, packets_out, bytes_in, bytes_out; /* when counters were last told */
    uint32_t interface;                                    /* in the capture */
};

struct router {
    struct router_options options;
    void *memory;
    uint64_t memory_bytes;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_trace *trace;
    struct sv_stack *stack;
    struct sv_loop loop;
    bool loop_open, control_open;
    struct sv_control control;
    uint32_t party, ports;
    struct router_port port[ROUTER_PORTS];
    struct sv_capture_out capture;
    bool capturing;
    uint64_t wall_offset_ns;
    sv_time began, told;
    uint64_t forwarded_told;
    struct sv_route_config pending; /* --ecmp: the route that more next hops may join; hops 0: none */
    uint8_t bytes[65536];
};

/* The port of that name, SV_NO_PORT: none. */
sv_port router_port_named(const struct router *r, const char *name);

/* router_words.c: routes, rules and lines of the list as people write them. False after saying what was wrong; `where`
 * is the option or file and line. */
bool router_add_route(struct router *r, const char *where, const char *words, sv_time now);
bool router_flush_route(struct router *r, const char *where, sv_time now); /* --ecmp: what is pending goes in */
bool router_add_rule(struct router *r, const char *words, sv_time now);
bool router_add_line(struct router *r, const char *words, sv_time now);

/* router_status.c: what seven ip, seven ss and --every are told; the capture. */
bool router_request(void *self, const char *line, struct sv_control_answer *a, sv_time now);
void router_tell(struct router *r, sv_time now);
void router_tell_end(struct router *r);
bool router_capture_open(struct router *r);
void router_capture_drain(struct router *r);
void router_capture_close(struct router *r);

#endif
