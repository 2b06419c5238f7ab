/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark of forwarding: one table of routes and one row of packets from a seed; Seven in memory, Seven between
 * two TAPs, the kernel between two TAPs. */
#ifndef BENCH_FORWARD_H
#define BENCH_FORWARD_H

#include "bench/lpm.h"
#include "seven/node.h"
#include "seven/router.h"
#include "seven/stack.h"

#define FORWARD_HEADERS 42u /* Ethernet, IPv4, UDP */
#define FORWARD_KEYS 65536u /* destinations, one after the other */
#define FORWARD_ETHERNET 14u

/* 10.8.0.2 sends to the router's 10.8.0.1 (port 0); 200 gateways from 10.9.0.2 on stand behind 10.9.0.1/16 (port 1). */
struct forward_table {
    struct lpm_table routes;
    struct lpm_keys keys;
};

struct forward_router {
    struct sv_stack *stack;
    struct sv_node *node;
    struct sv_pool *pool;
    double load_s, megabytes;
};

extern const uint8_t forward_mac_in[6];
void forward_mac_of_hop(uint32_t hop, uint8_t mac[6]);
struct sv_addr forward_gateway(uint32_t hop);

/* forward_main.c. The frame to destination k, `bytes` of IP, for `mac`: its headers; what follows is zero. */
void forward_frame(const struct forward_table *t, uint32_t k, uint32_t bytes, const uint8_t mac[6], uint8_t *to);
/* Did that packet come out as a router must let it: TTL less by one, sum right, a gateway's address, else unchanged? */
bool forward_frame_holds(const struct forward_table *t, uint32_t k, uint32_t bytes, const uint8_t *frame, uint32_t n);

/* forward_taps.c: nanoseconds a packet by the wall clock, through both TAPs of either; <0: absent or failed (why). */
struct forward_taps;
struct forward_taps *forward_taps_open(const struct forward_table *t, struct forward_router *r, const char **absent,
                                       const char **kernel_absent);
double forward_taps_seven(struct forward_taps *w, uint32_t bytes, uint64_t budget_ns, const char **why);
double forward_taps_kernel(struct forward_taps *w, uint32_t bytes, uint64_t budget_ns, const char **why);
double forward_taps_kernel_load_s(const struct forward_taps *w);
void forward_taps_close(struct forward_taps *w);

#endif
