/* SPDX-License-Identifier: BSD-2-Clause */
/* Debian's liblwip as a peer: two stacks back to back in one thread. lwIP keeps its state in globals, so the
 * library is loaded twice, from two anonymous copies of its file: each copy has globals of its own, and
 * each stack only its own connections to search, as two hosts would. */
#ifndef BENCH_LWIP_PAIR_H
#define BENCH_LWIP_PAIR_H

#include "bench/bench.h"

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

/* What is called of each copy: X(name). */
/* clang-format off */
#define LWIP_CALLS(X)                                                                                          \
    X(lwip_init)                                                                                               \
    X(sys_check_timeouts) X(netif_add) X(netif_set_up) X(netif_set_link_up) X(ethernet_input) X(etharp_output) \
        X(tcp_new) X(tcp_bind) X(tcp_listen_with_backlog) X(tcp_accept) X(tcp_arg) X(tcp_recv) X(tcp_err)      \
            X(tcp_connect) X(tcp_write) X(tcp_output) X(tcp_recved) X(tcp_close) X(tcp_abort) X(tcp_abandon)   \
                X(pbuf_free) X(pbuf_ref) X(pbuf_alloced_custom) X(pbuf_cat) X(pbuf_copy_partial)
/* clang-format on */

#define LWIP_CLIENT 0u
#define LWIP_SERVER 1u
#define LWIP_HEADER_ROOM 128u

struct lwip_stack {
#define X(name) __typeof__(name) *name;
    LWIP_CALLS(X)
#undef X
    struct tcp_pcb **time_waits; /* its tcp_tw_pcbs */
    struct netif netif;
    struct lwip_pair *pair;
    uint32_t which;
    int copy; /* descriptor of the anonymous copy */
    void *library;
};

/* A frame on the link. The receiver gets its headers as a copy (lwIP turns them to host order where they
 * lie) and its payload by reference; the sender's buffer is released when both parts were freed. */
struct lwip_part {
    struct pbuf_custom custom; /* must be the first */
    struct lwip_frame *frame;
};
struct lwip_frame {
    struct lwip_part head, rest;
    struct lwip_stack *from;
    struct pbuf *original;
    const uint8_t *bytes;
    uint32_t length, parts;
    struct lwip_frame *next;
    uint8_t headers[LWIP_HEADER_ROOM];
};

struct lwip_queue {
    struct lwip_frame *first, *last;
    uint64_t payload; /* bytes of TCP payload, about: frames less 54 */
};

struct lwip_pair {
    struct lwip_stack stack[2];
    struct lwip_queue queue[2]; /* by sender */
    struct lwip_frame *free;
    uint32_t lost; /* frames that found no record: never, or the row fails */
};

/* NULL: no library, or it could not be set up; the note says what. One at a time. */
struct lwip_pair *lwip_pair_create(struct bench_note *note);
void lwip_pair_destroy(struct lwip_pair *p);

/* Hands up to n frames that `from` has sent to the other end. How many there were. */
uint32_t lwip_move(struct lwip_pair *p, uint32_t from, uint32_t n);
/* Both ways until nothing moves, and timers. */
void lwip_settle(struct lwip_pair *p);
void lwip_tick(struct lwip_pair *p);
ip_addr_t lwip_address(uint32_t which);

void *lwip_bulk_open(const struct bench_case *c, struct bench_note *note);
void lwip_bulk_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out);
void lwip_bulk_close(void *state);
void *lwip_rr_open(const struct bench_case *c, struct bench_note *note);
void lwip_rr_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out);
void lwip_rr_close(void *state);
void lwip_rr_quiet(void *state); /* longer than lwIP's delayed acknowledgement (250 ms) without a question */
void *lwip_connect_open(const struct bench_case *c, struct bench_note *note);
void lwip_connect_run(void *state, const struct bench_case *c, uint64_t budget_ns, struct bench_sample *out);
void lwip_connect_close(void *state);

#endif
