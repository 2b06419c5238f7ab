/* SPDX-License-Identifier: BSD-2-Clause */
/* From options to a running host. What is remembered of it lies here; how the trace becomes files and
 * drawings lies in sinks.c, what other processes may ask in status.c. */
#define _GNU_SOURCE
#include "cli/network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cli/keys.h"
#include "cli/network_private.h"
#include "port/clock.h"
#include "port/cpu.h"
#include "port/entropy.h"
#include "port/memory.h"

#define POOL_BUFS 16384u
#define POOL_SLABS 32768u     /* 64 MiB, of which only what is used is real */
#define TRACE_RECORDS 262144u /* drained each round of the loop */
#define PATIENCE (12 * SV_S)  /* for an address to be probed (RFC 5227 §2.1.1: some 3 to 7 s) */

/* One of each family: 10.7.0.2/24 and fd07::2/64, 10.7.0.1 and fd07::1. */
static const struct cli_prefixes default_address = {
    2,
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 7, 0, 2}}, {{0xfd, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}}},
    {24, 64}};
static const struct cli_addresses default_gateway = {
    2,
    {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 7, 0, 1}}, {{0xfd, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}}};

/* --- what the options leave open ---- */

static bool within(const struct sv_addr *addr, const struct sv_addr *prefix, uint32_t length)
{
    const uint32_t bits = cli_addr_is_v4(prefix) ? 96 + length : length;
    for (uint32_t i = 0; i < bits; i++)
        if ((addr->byte[i / 8] ^ prefix->byte[i / 8]) & (0x80u >> i % 8))
            return false;
    return true;
}

static void fill_addresses(struct cli_network_options *o)
{
    if (o->address.automatic)
        return;
    if (o->address.n == 0)
        o->address = default_address;
    if (o->gateway.n != 0)
        return;
    for (uint32_t g = 0; g < default_gateway.n; g++) {
        for (uint32_t i = 0; i < o->address.n; i++) {
            if (!within(&default_gateway.addr[g], &o->address.addr[i], o->address.length[i]))
                continue;
            o->gateway.addr[o->gateway.n++] = default_gateway.addr[g];
            break;
        }
    }
}

/* A device whose other end we make gets the gateways' addresses there. */
static void device_options(struct sv_device_options *d, const struct cli_network_options *o)
{
    sv_device_defaults(d);
    d->mtu = (uint32_t)o->mtu;
    d->kernel_addresses = 0;
    for (uint32_t i = 0; i < o->gateway.n && d->kernel_addresses < 4; i++) {
        for (uint32_t k = 0; k < o->address.n; k++) {
            if (!within(&o->gateway.addr[i], &o->address.addr[k], o->address.length[k]))
                continue;
            d->kernel[d->kernel_addresses].addr = o->gateway.addr[i];
            d->kernel[d->kernel_addresses++].length = o->address.length[k];
            break;
        }
    }
    if (o->mac.given)
        memcpy(d->mac, o->mac.byte, 6);
    else if (strncmp(o->device, "tap:", 4) == 0 && o->address.n == 0)
        cli_auto_mac(o->device, d->mac);
    else if (strncmp(o->device, "tap:", 4) == 0) {
        /* From the address: who starts us again finds the kernel's neighbour entry still right. */
        const uint8_t mac[6] = {2,
                                7,
                                o->address.addr[0].byte[12],
                                o->address.addr[0].byte[13],
                                o->address.addr[0].byte[14],
                                o->address.addr[0].byte[15]};
        memcpy(d->mac, mac, 6);
    }
}

/* --- putting it together ---- */

static bool stack_config(struct cli_network *n, const struct cli_network_options *o,
                         const struct cli_network_wish *wish, struct sv_stack_config *config)
{
    *config = (struct sv_stack_config){
        .size = sizeof *config, .host = n->first ? 2 : 1, .cpu = sv_cpu_detect(), .profile = o->profile};
    config->connections = wish->connections ? wish->connections : 4096;
    config->half_open = config->connections;
    config->time_waits = 4 * config->connections;
    if (!o->seed)
        cli_auto_secret(config->stable_secret);
    config->seed = o->seed ? o->seed + config->host - 1 : 0;
    if (o->seed ||
        (sv_entropy(&config->seed, sizeof config->seed) && sv_entropy(config->secret, sizeof config->secret)))
        return true;
    return cli_fail(n->command, "the kernel gives no random numbers, and without them nothing may start") < 0;
}

/* Room for `stacks` of them, the pool they share and the trace. */
static bool make_arena(struct cli_network *n, const struct sv_stack_config *config, uint32_t stacks)
{
    n->memory_bytes = sv_pool_bytes(POOL_BUFS, POOL_SLABS) + stacks * sv_stack_bytes(config) +
                      (n->traced ? sv_trace_bytes(TRACE_RECORDS) : 0) + (1u << 20);
    n->memory = sv_memory_map(n->memory_bytes, false);
    n->arena = n->memory ? sv_arena_create(n->memory, n->memory_bytes) : NULL;
    n->pool = n->arena ? sv_pool_create(n->arena, POOL_BUFS, POOL_SLABS) : NULL;
    if (n->pool && n->traced)
        n->trace = sv_trace_create(n->arena, TRACE_RECORDS);
    if (n->pool && (n->trace || !n->traced))
        return true;
    return cli_fail(n->command, "%llu bytes of memory are not to be had", (unsigned long long)n->memory_bytes) < 0;
}

static bool make_stack(struct cli_network *n, struct sv_stack_config *config)
{
    config->trace = n->trace;
    n->stack = sv_stack_create(n->arena, n->pool, config, sv_clock());
    n->host.stack = n->stack;
    return n->stack || cli_fail(n->command, "the stack does not fit its memory") < 0;
}

/* --vlan: our addresses are on an interface whose frames carry the tag. */
static bool add_tags(struct cli_network *n, const char *vlan, sv_time now)
{
    uint32_t vid[2], tags = 0;
    if (vlan && !cli_parse_vlans(vlan, vid, &tags))
        return cli_usage(n->command, "--vlan: \"%s\" is no VLAN; it takes one from 1 to 4094, or two as in 100.10",
                         vlan) < 0;
    for (uint32_t i = 0; i < tags; i++) {
        const enum sv_err error =
            sv_interface_add_tagged(n->stack, n->port, i + 1 < tags ? 0x88a8 : 0x8100, vid[i], &n->port, now);
        if (error != SV_OK)
            return cli_fail(n->command, "--vlan %s: %s", vlan, cli_network_error(error)) < 0;
    }
    return true;
}

static bool configure(struct cli_network *n, const struct cli_network_options *o)
{
    const sv_time now = sv_clock();
    struct sv_interface_config config = {.size = sizeof config, .flags = n->device.flags, .mtu = n->device.mtu};
    char text[CLI_ENDPOINT_TEXT];
    memcpy(config.mac, n->device.mac, 6);
    if (o->mtu && o->mtu < config.mtu)
        config.mtu = (uint32_t)o->mtu;
    /* On a TAP the kernel is the only other station, on a wire the other stack: addresses are known to differ. */
    if (strncmp(o->device, "tap:", 4) == 0 || n->wire)
        config.flags |= SV_IF_NO_ARP_PROBE;
    for (uint32_t i = 0; i < o->address.n; i++)
        config.flags |= cli_addr_is_v4(&o->address.addr[i]) ? 0u : (uint32_t)SV_IF_IP6;
    if (o->address.automatic) /* others may be on any cable now: nothing is taken without asking */
        config.flags = (config.flags & ~(uint32_t)SV_IF_NO_ARP_PROBE) | SV_IF_AUTOCONF | SV_IF_LINK_LOCAL4;
    enum sv_err error = sv_interface_add(n->stack, &config, &n->port, now);
    n->wired = n->port;
    if (error == SV_OK && !add_tags(n, o->vlan, now))
        return false;
    for (uint32_t i = 0; i < o->address.n && error == SV_OK; i++) {
        error = sv_address_add(n->stack, n->port, &o->address.addr[i], o->address.length[i], now);
        if (error != SV_OK)
            return cli_usage(n->command, "-a %s/%u: %s", cli_addr_text(&o->address.addr[i], text), o->address.length[i],
                             cli_network_error(error)) < 0;
    }
    static const struct sv_addr any4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}}, any6 = {{0}};
    for (uint32_t i = 0; i < o->gateway.n && error == SV_OK; i++) {
        const struct sv_addr *all = cli_addr_is_v4(&o->gateway.addr[i]) ? &any4 : &any6;
        error = sv_route_add(n->stack, all, 0, &o->gateway.addr[i], n->port, now);
        if (error != SV_OK)
            return cli_usage(n->command, "-g %s: %s", cli_addr_text(&o->gateway.addr[i], text),
                             cli_network_error(error)) < 0;
    }
    if (error != SV_OK)
        return cli_fail(n->command, "%s", cli_network_error(error)) < 0;
    if (!cli_keys_add(n->command, n->stack, o, now))
        return false;
    sv_interface_set_up(n->stack, n->port, true, now);
    n->address = o->address.addr[0];
    n->gateways = o->gateway;
    return true;
}

static bool make_loop(struct cli_network *n)
{
    n->loop = calloc(1, sizeof *n->loop);
    if (!n->loop || !sv_loop_open(n->loop))
        return cli_fail(n->command, "no event loop: %s", strerror(errno)) < 0;
    n->loop_open = true;
    if (!sv_loop_take_signals(n->loop))
        return cli_fail(n->command, "no signals to be had: %s", strerror(errno)) < 0;
    return true;
}

static bool join_loop(struct cli_network *n)
{
    n->party = sv_loop_add_host(n->loop, &n->host, n->pool, 0);
    if (n->party != SV_NONE && (!n->device_open || sv_loop_add_device(n->loop, &n->device, n->party, n->wired)))
        return true;
    return cli_fail(n->command, "%s cannot be waited for: %s", n->device.name, strerror(errno)) < 0;
}

/* Until RFC 5227's probes are over an address is of no use. */
static bool wait_for_addresses(struct cli_network *n)
{
    const sv_time give_up = sv_clock() + PATIENCE;
    bool told = false;
    for (;;) {
        struct sv_address_info info = {.size = sizeof info};
        char text[CLI_ENDPOINT_TEXT];
        uint32_t at = 0;
        bool waiting = false;
        while (sv_address_each(n->stack, &at, &info)) {
            if (info.state == 2)
                return cli_fail(n->command, "another station uses %s; give another with -a",
                                cli_addr_text(&info.addr, text)) < 0;
            waiting |= info.state == 0;
        }
        if (!waiting)
            return true;
        if (sv_clock() > give_up)
            return cli_fail(n->command, "the address could not be probed: %s takes no frames", n->device.name) < 0;
        if (!told && !n->quiet)
            (void)fprintf(stderr, "seven %s: probing the address (RFC 5227)...\n", n->command);
        told = true;
        (void)sv_loop_run(n->loop, sv_clock() + 50 * SV_MS);
        if (n->loop->signal)
            return false;
    }
}

static struct cli_network *new_network(const char *command, const struct cli_network_options *o,
                                       const struct cli_network_wish *wish)
{
    struct cli_network *n = calloc(1, sizeof *n);
    if (!n) {
        (void)cli_fail(command, "out of memory");
        return NULL;
    }
    n->command = command;
    n->quiet = wish->quiet;
    n->device.fd = -1;
    n->traced = o->capture || o->ladder || wish->traced;
    return n;
}

static bool open_device(struct cli_network *n, const struct cli_network_options *o)
{
    struct sv_device_options device;
    char error[SV_DEVICE_TEXT], typed[32];
    device_options(&device, o);
    n->device_open = sv_device_open(&n->device, o->device, &device, error);
    return n->device_open || cli_fail(n->command, "%s %s", cli_option_typed(n->command, "device", typed), error) < 0;
}

struct cli_network *cli_network_open(const struct cli_command *command, const struct cli_network_options *options,
                                     const struct cli_output_options *output, const struct cli_network_wish *wish)
{
    struct cli_network_options o = *options;
    struct sv_stack_config config;
    struct cli_network *n = new_network(command->name, &o, wish);
    if (!n)
        return NULL;
    fill_addresses(&o);
    if (stack_config(n, &o, wish, &config) && make_arena(n, &config, 1) && make_stack(n, &config) &&
        open_device(n, &o) && configure(n, &o) && make_loop(n) && join_loop(n) && cli_sinks_open(n, &o, output) &&
        (o.address.automatic ? cli_auto_wait(n) : wait_for_addresses(n))) {
        if (!wish->control_off)
            cli_status_open(n);
        return n;
    }
    cli_network_close(n, 0);
    return NULL;
}

/* One end of a wire in this process. */
static bool open_end(struct cli_network *n, const struct cli_network_options *o, struct sv_stack_config *config)
{
    n->device = (struct sv_device){.fd = -1, .mtu = 1500, .name = "wire"};
    const uint8_t mac[6] = {2, 7, 10, 7, 0, o->address.addr[0].byte[15]};
    memcpy(n->device.mac, mac, 6);
    return make_stack(n, config) && configure(n, o) && join_loop(n);
}

bool cli_network_open_pair(const struct cli_command *command, const struct cli_network_options *options,
                           const struct cli_output_options *output, const struct cli_network_wish *wish,
                           struct cli_network *pair[2])
{
    struct cli_network_options o[2] = {*options, *options};
    struct sv_stack_config config[2];
    struct cli_network *a = new_network(command->name, options, wish), *b = new_network(command->name, options, wish);
    pair[0] = a;
    pair[1] = b;
    bool ok = a && b;
    for (uint32_t i = 0; i < 2; i++) {
        o[i].address = default_address;
        for (uint32_t k = 0; k < default_gateway.n && i == 1; k++)
            o[i].address.addr[k] = default_gateway.addr[k];
        o[i].gateway.n = 0;
    }
    if (ok)
        b->first = a;
    ok = ok && stack_config(a, &o[0], wish, &config[0]) && stack_config(b, &o[1], wish, &config[1]) &&
         make_arena(a, &config[0], 2) && make_loop(a) && (a->wire = calloc(1, sizeof *a->wire)) != NULL;
    if (ok) {
        b->arena = a->arena;
        b->pool = a->pool;
        b->trace = a->trace;
        b->loop = a->loop;
        b->wire = a->wire;
    }
    ok = ok && open_end(a, &o[0], &config[0]) && open_end(b, &o[1], &config[1]);
    if (ok) {
        a->wire->end[0] = (struct sv_wire_end){.node = sv_stack_node(a->stack), .port = a->port};
        a->wire->end[1] = (struct sv_wire_end){.node = sv_stack_node(b->stack), .port = b->port};
        ok = sv_loop_add_wire(a->loop, a->wire) && cli_sinks_open(a, &o[0], output);
    }
    if (!ok) {
        cli_network_close(a, 0);
        cli_network_close(b, 0);
        pair[0] = pair[1] = NULL;
    }
    return ok;
}

/* --- what commands use ---- */

struct sv_host *cli_network_host(struct cli_network *n)
{
    return &n->host;
}

struct sv_stack *cli_network_stack(struct cli_network *n)
{
    return n->stack;
}

struct sv_pool *cli_network_pool(struct cli_network *n)
{
    return n->pool;
}

sv_time cli_network_now(const struct cli_network *n)
{
    (void)n;
    return sv_clock();
}

const struct sv_addr *cli_network_address(const struct cli_network *n)
{
    return &n->address;
}

static void no_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    (void)self;
    (void)stack;
    (void)event;
    (void)now;
}

static const struct sv_app nobody = {no_event, NULL, NULL};

uint32_t cli_network_add(struct cli_network *n, const struct sv_app *ops, void *self)
{
    /* The place of one that was removed may get late events of its sockets: handles tell them apart. */
    for (uint32_t i = 0; i < n->host.apps; i++) {
        if (n->host.app[i].ops == &nobody) {
            n->host.app[i].ops = ops;
            n->host.app[i].self = self;
            return i;
        }
    }
    const uint32_t app = sv_host_add(&n->host, ops, self);
    SV_ASSERT(app != SV_NONE);
    return app;
}

void cli_network_remove(struct cli_network *n, uint32_t app)
{
    n->host.app[app].ops = &nobody;
    n->host.app[app].self = NULL;
}

static void on_ready(void *self, struct sv_loop *loop, int fd, uint32_t events, sv_time now)
{
    struct cli_watch *w = self;
    uint32_t what = 0;
    (void)loop;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        what |= CLI_READ;
    if (events & (EPOLLOUT | EPOLLERR))
        what |= CLI_WRITE;
    w->ready(w->self, fd, what, now);
}

bool cli_network_watch(struct cli_network *n, int fd, uint32_t events, cli_ready *ready, void *self)
{
    struct cli_watch *w = NULL;
    for (uint32_t i = 0; i < CLI_WATCHES; i++) {
        if (n->watch[i].ready && n->watch[i].fd == fd) {
            w = &n->watch[i];
            break;
        }
        if (!n->watch[i].ready && !w)
            w = &n->watch[i];
    }
    SV_ASSERT(w != NULL);
    const bool same = w->ready && w->events == events && w->fd == fd;
    const bool fresh = !w->ready;
    w->fd = fd;
    w->ready = ready;
    w->self = self;
    if (same)
        return true;
    w->events = events;
    /* Nothing is waited for: out of epoll altogether, which reports a hang-up whatever is asked. */
    if (!events && !fresh) {
        sv_loop_unwatch(n->loop, fd);
        return true;
    }
    const uint32_t mask = (events & CLI_READ ? EPOLLIN : 0u) | (events & CLI_WRITE ? EPOLLOUT : 0u);
    if (sv_loop_watch(n->loop, fd, mask, on_ready, w)) {
        if (!events)
            sv_loop_unwatch(n->loop, fd);
        return true;
    }
    w->ready = NULL;
    return false;
}

void cli_network_unwatch(struct cli_network *n, int fd)
{
    for (uint32_t i = 0; i < CLI_WATCHES; i++) {
        if (n->watch[i].ready && n->watch[i].fd == fd) {
            if (n->watch[i].events)
                sv_loop_unwatch(n->loop, fd);
            n->watch[i].ready = NULL;
        }
    }
}

void cli_network_on_interrupt(struct cli_network *n, void (*interrupted)(void *self, sv_time now), void *self)
{
    n->interrupted = interrupted;
    n->interrupted_self = self;
}

void cli_network_on_record(struct cli_network *n, cli_record *record, void *self)
{
    n->record = record;
    n->record_self = self;
}

int cli_network_run(struct cli_network *n)
{
    n = n->first ? n->first : n;
    if (n->stopped) { /* by what was started before the loop */
        n->stopped = false;
        return n->status;
    }
    n->loop->stopped = false;
    (void)sv_loop_run(n->loop, SV_NEVER);
    if (n->loop->signal && !n->stopped) {
        n->status = 128 + n->loop->signal;
        if (n->interrupted)
            n->interrupted(n->interrupted_self, sv_clock());
    } else if (!n->stopped) {
        n->status = cli_fail(n->command, "%s is gone", n->device.name);
    }
    n->stopped = false;
    return n->status;
}

bool cli_network_interrupted(const struct cli_network *n)
{
    return (n->first ? n->first : n)->loop->signal != 0;
}

int cli_network_signal(const struct cli_network *n)
{
    return (n->first ? n->first : n)->loop->signal;
}

void cli_network_stop(struct cli_network *n, int status)
{
    n = n->first ? n->first : n;
    n->stopped = true;
    n->status = status;
    sv_loop_stop(n->loop, status);
}

/* Whether something of ours is still to be said or acknowledged. */
static bool busy(struct cli_network *n)
{
    struct sv_sock_info info = {.size = sizeof info};
    uint32_t at = 0;
    while (sv_stack_each(n->stack, &at, &info))
        if (info.protocol == 6 && info.state != SV_TIME_WAIT && info.state != SV_LISTEN && info.state != SV_CLOSED &&
            info.state != SV_FIN_WAIT_2)
            return true;
    return sv_node_next_output(sv_stack_node(n->stack), SV_NO_PORT) != SV_NO_PORT;
}

void cli_network_close(struct cli_network *n, sv_time longest_ns)
{
    if (!n)
        return;
    if (n->loop_open && n->stack && n->host.stack) {
        const sv_time give_up = sv_clock() + longest_ns;
        n->loop->signal = 0;
        while (!n->device.dead && !n->loop->signal && busy(n) && sv_clock() < give_up) {
            n->loop->stopped = false;
            (void)sv_loop_run(n->loop, sv_clock() + 5 * SV_MS);
        }
        (void)sv_loop_round(n->loop);
    }
    cli_status_close(n);
    cli_sinks_close(n);
    if (n->loop_open)
        sv_loop_close(n->loop);
    if (n->device_open)
        sv_device_close(&n->device);
    if (!n->first) { /* else they are the first one's */
        free(n->loop);
        free(n->wire);
        sv_memory_unmap(n->memory, n->memory_bytes);
    }
    free(n);
}

const char *cli_network_error(enum sv_err error)
{
    switch (error) {
    case SV_ERR_REFUSED:
        return "connection refused: nobody listens there";
    case SV_ERR_RESET:
        return "connection reset by the other side";
    case SV_ERR_TIMED_OUT:
        return "timed out: no answer came";
    case SV_ERR_UNREACHABLE:
        return "unreachable: no station answers for that address";
    case SV_ERR_NO_ROUTE:
        return "no route there; see -a and -g";
    case SV_ERR_IN_USE:
        return "already in use";
    default:
        return sv_err_text(error);
    }
}
