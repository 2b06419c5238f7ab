/* SPDX-License-Identifier: BSD-2-Clause */
/* Seven's wire rows: a connection over a TAP to a socket of the kernel, which another process in the same
 * namespace holds (kernel_end.c: the far end of the kernel's own rows too). By the wall clock. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/peer_kernel.h"
#include "bench/seven_pair.h"
#include "port/cpu.h"
#include "port/memory.h"
#include "port/tap.h"

#define BUFFER (8u << 20)
#define BUFS 8192u
#define SLABS 32768u
#define PATIENCE_MS 10000u

struct wire {
    const struct bench_case *row;
    struct sv_tap tap;
    struct sv_stack *stack;
    struct sv_node *node;
    struct sv_pool *pool;
    uint32_t window; /* of the lent pattern */
    sv_sock sock;
    sv_time now;
    uint32_t told; /* events since they were last looked at */
    uint16_t port;
    const char *wrong;
};

static bool build(struct wire *w)
{
    const struct sv_addr own = sv_addr_v4(10, 7, 0, 2);
    const size_t lent_bytes = (2 * (size_t)BENCH_PERIOD + 4095) / 4096 * 4096;
    struct sv_stack_config c;
    struct sv_interface_config i;
    sv_port port = SV_NO_PORT;
    memset(&c, 0, sizeof c);
    memset(&i, 0, sizeof i);
    c.size = (uint32_t)sizeof c;
    c.seed = 77;
    c.cpu = sv_cpu_detect();
    c.connections = c.busy = 64;
    c.send_buffer = c.recv_buffer = BUFFER;
    i.size = (uint32_t)sizeof i;
    i.flags = w->tap.device.flags | SV_IF_NO_ARP_PROBE;
    memcpy(i.mac, w->tap.device.mac, 6);
    i.mtu = w->tap.device.mtu;
    const uint64_t bytes = sv_stack_bytes(&c) + sv_pool_bytes(BUFS, SLABS) + (1u << 20);
    void *memory = sv_memory_map(bytes, true);
    uint8_t *lent = aligned_alloc(4096, lent_bytes);
    if (!memory || !lent) {
        free(lent);
        return false;
    }
    memcpy(lent, bench_pattern(), 2 * (size_t)BENCH_PERIOD);
    struct sv_arena *arena = sv_arena_create(memory, bytes);
    w->now = bench_wall_ns();
    w->pool = arena ? sv_pool_create(arena, BUFS, SLABS) : NULL;
    w->stack = w->pool ? sv_stack_create(arena, w->pool, &c, w->now) : NULL;
    if (!w->stack || sv_interface_add(w->stack, &i, &port, w->now) != SV_OK) {
        free(lent);
        return false;
    }
    w->node = sv_stack_node(w->stack);
    w->window = sv_pool_lend(w->pool, lent, lent_bytes);
    sv_interface_set_up(w->stack, port, true, w->now);
    return w->window != SV_NONE && sv_address_add(w->stack, port, &own, 24, w->now) == SV_OK;
}

static bool wire_prepare(void *state, const struct bench_case *row, struct bench_note *note)
{
    struct wire *w = state;
    struct sv_device_options o;
    char error[SV_DEVICE_TEXT];
    w->row = row;
    if (kernel_enter_new() < 0) {
        bench_say(note, false, "not run: no right to make a network namespace");
        return false;
    }
    memset(&o, 0, sizeof o);
    sv_device_defaults(&o);
    o.plain = !row->offload;
    if (sv_tap_open(&w->tap, "seven0", &o, error) != SV_TAP_OK) {
        bench_say(note, false, "not run: %s", error);
        return false;
    }
    if (!build(w)) {
        bench_say(note, true, "no memory for the stack");
        return false;
    }
    if (row->kind == BENCH_WIRE_UP)
        bench_say(note, false,
                  row->offload ? "sent by reference; all bytes compared or counted by the kernel's reader"
                               : "copied in and summed by Seven");
    return true;
}

static uint32_t hear(struct wire *w)
{
    struct sv_event event[PAIR_EVENTS];
    const uint32_t n = sv_stack_events(w->stack, event, PAIR_EVENTS);
    for (uint32_t i = 0; i < n; i++) {
        w->told |= event[i].what;
        if (event[i].what & SV_EVENT_ERROR)
            w->wrong = sv_err_name((enum sv_err)event[i].error);
    }
    return n;
}

static uint32_t give(struct wire *w)
{
    struct sv_device *d = &w->tap.device;
    struct sv_burst burst;
    uint32_t moved = 0;
    while (sv_node_next_output(w->node, SV_NO_PORT) != SV_NO_PORT) {
        const struct sv_room room = d->room(d);
        burst.n = 0;
        if (room.packets == 0 || sv_node_transmit(w->node, 0, room, &burst, w->now) == 0)
            break;
        moved += burst.n;
        d->send(d, &burst);
    }
    return moved;
}

/* Waits until the device can go on, a deadline, or at most 5 ms. */
static void wait(struct wire *w)
{
    struct sv_device *d = &w->tap.device;
    const bool full = d->room(d).packets == 0;
    struct pollfd p = {.fd = d->fd, .events = (short)(POLLIN | (full ? POLLOUT : 0))};
    const sv_time next = sv_node_next_deadline(w->node);
    const sv_time ms = next <= w->now ? 0 : (next - w->now) / SV_MS + 1;
    if (poll(&p, 1, (int)(ms < 5 ? ms : 5)) > 0 && (p.revents & POLLOUT))
        (void)d->flush(d);
}

/* In, time, events, out. `idle`: the caller has nothing to do until something happens. */
static void turn(struct wire *w, bool idle)
{
    struct sv_device *d = &w->tap.device;
    struct sv_burst burst = {.n = 0};
    w->now = bench_wall_ns();
    uint32_t moved = d->fill(d, w->pool, 0, &burst);
    if (moved)
        sv_node_receive(w->node, 0, &burst, w->now);
    if (sv_node_next_deadline(w->node) <= w->now)
        sv_node_expire(w->node, w->now);
    moved += hear(w) + give(w);
    if (idle && !moved)
        wait(w);
}

static bool dial(struct wire *w)
{
    struct sv_connect_options o;
    struct sv_endpoint to;
    memset(&o, 0, sizeof o);
    memset(&to, 0, sizeof to);
    o.size = (uint32_t)sizeof o;
    to.addr = sv_addr_v4(10, 7, 0, 1);
    to.port = w->port;
    w->told = 0;
    w->wrong = NULL;
    w->now = bench_wall_ns();
    const sv_time began = w->now;
    if (sv_connect(w->stack, &to, &o, &w->sock, w->now) != SV_OK)
        return false;
    while (!(w->told & SV_EVENT_CONNECTED) && !w->wrong && w->now - began < PATIENCE_MS * SV_MS)
        turn(w, true);
    return (w->told & SV_EVENT_CONNECTED) && !w->wrong;
}

/* Turns until the far end has reported. */
static bool until_report(struct wire *w, struct kernel_end *e, struct kernel_report *r)
{
    const sv_time began = bench_wall_ns();
    struct pollfd p = {.fd = e->report, .events = POLLIN};
    while (poll(&p, 1, 0) == 0 && bench_wall_ns() - began < PATIENCE_MS * SV_MS)
        turn(w, true);
    return kernel_end_wait(e, 10, r);
}

static void up(struct wire *w, struct kernel_end *e, uint64_t budget_ns, struct bench_sample *out)
{
    const uint64_t began = bench_wall_ns();
    struct kernel_report r;
    uint64_t sent = 0;
    while (bench_wall_ns() - began < budget_ns && !w->wrong) {
        const uint64_t at = sent % BENCH_PERIOD;
        size_t taken = 0;
        enum sv_err error;
        if (w->row->offload)
            error = sv_send_ref(w->stack, w->sock, w->window, at, BENCH_PERIOD, &taken, w->now);
        else
            error = sv_send(w->stack, w->sock, bench_pattern() + at, BENCH_PERIOD, &taken, w->now);
        sent += taken;
        if (error != SV_OK && error != SV_ERR_AGAIN)
            w->wrong = sv_err_name(error);
        turn(w, taken == 0);
    }
    if (sv_shutdown(w->stack, w->sock, w->now) != SV_OK && !w->wrong)
        w->wrong = "sv_shutdown";
    if (!until_report(w, e, &r) || r.bad || r.bytes != sent || w->wrong)
        bench_fail(out, "the sink got %llu bytes of %llu%s %s", (unsigned long long)r.bytes, (unsigned long long)sent,
                   r.bad ? ", and they differ" : "", w->wrong ? w->wrong : "");
    out->value = r.last_ns > r.first_ns ? 8.0 * (double)r.bytes / (double)(r.last_ns - r.first_ns) : 0;
    out->operations = r.bytes;
    sv_close(w->stack, w->sock, w->now);
    turn(w, false);
}

static void down(struct wire *w, struct kernel_end *e, uint64_t budget_ns, struct bench_sample *out)
{
    struct bench_reader reader = {0, BENCH_EVERY, false};
    struct kernel_report r;
    const uint64_t began = bench_wall_ns();
    uint64_t took = 0;
    while (took < budget_ns && !w->wrong && !reader.bad) {
        const uint8_t *data;
        size_t n = 0;
        turn(w, true);
        while (sv_peek(w->stack, w->sock, &data, &n, w->now) == SV_OK) {
            reader.look = reader.offset < (1u << 20) ? BENCH_EVERY : BENCH_EDGES;
            bench_reader_take(&reader, data, n);
            sv_consume(w->stack, w->sock, n, w->now);
        }
        took = bench_wall_ns() - began;
    }
    if (reader.bad || w->wrong)
        bench_fail(out, "%s", reader.bad ? "bytes differ" : w->wrong);
    out->value = 8.0 * (double)reader.offset / (double)took;
    out->operations = reader.offset;
    sv_abort(w->stack, w->sock, w->now); /* the source ends at the reset */
    (void)until_report(w, e, &r);
}

static void ask(struct wire *w, struct kernel_end *e, uint64_t budget_ns, struct bench_sample *out)
{
    const uint64_t began = bench_wall_ns();
    struct kernel_report r;
    uint64_t done = 0, took = 0;
    bool good = true;
    while (good && took < budget_ns && !w->wrong) {
        uint8_t m[BENCH_MESSAGE];
        size_t n = 0;
        bench_request(m, ++done);
        good = sv_send(w->stack, w->sock, m, sizeof m, &n, w->now) == SV_OK && n == sizeof m;
        enum sv_err error = SV_ERR_AGAIN;
        while (good && error == SV_ERR_AGAIN && bench_wall_ns() - began < budget_ns + PATIENCE_MS * SV_MS) {
            turn(w, true);
            error = sv_recv(w->stack, w->sock, m, sizeof m, &n, w->now);
        }
        good = good && error == SV_OK && n == sizeof m && bench_answer_holds(m, done);
        took = bench_wall_ns() - began;
    }
    out->value = (double)took / 1000 / (double)(done ? done : 1);
    out->operations = done;
    sv_close(w->stack, w->sock, w->now);
    if (!until_report(w, e, &r) || !good)
        bench_fail(out, "an answer was wrong or did not come");
}

static void wire_run(void *state, uint64_t budget_ns, struct bench_sample *out)
{
    struct wire *w = state;
    const enum bench_kind kind = w->row->kind;
    const enum kernel_role role = kind == BENCH_WIRE_UP     ? KERNEL_SINK
                                  : kind == BENCH_WIRE_DOWN ? KERNEL_SOURCE
                                                            : KERNEL_ECHO;
    struct kernel_report r;
    w->port = (uint16_t)(w->port ? w->port + 1 : 9000);
    struct kernel_end e = kernel_end_start(role, w->port);
    if (e.pid < 0 || !dial(w)) {
        bench_fail(out, "no connection over the TAP: %s", w->wrong ? w->wrong : "no answer");
        (void)kernel_end_wait(&e, 0, &r);
    } else if (kind == BENCH_WIRE_UP) {
        up(w, &e, budget_ns, out);
    } else if (kind == BENCH_WIRE_DOWN) {
        down(w, &e, budget_ns, out);
    } else {
        ask(w, &e, budget_ns, out);
    }
}

static const struct bench_work wire_work = {sizeof(struct wire), wire_prepare, wire_run};

void *seven_wire_open(const struct bench_case *c, struct bench_note *note)
{
    return bench_worker_open(c, note, &wire_work);
}
