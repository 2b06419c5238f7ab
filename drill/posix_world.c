/* SPDX-License-Identifier: BSD-2-Clause */
/* The world of a script: one stack, one interface, raw IP packets, a clock that moves when it is told to.
 *
 * The stack speaks Ethernet; a script does not. Everything is reached by a gateway whose MAC is known, so that no
 * question about neighbours is ever asked, and the Ethernet header is put on and taken off here. */
#include "core/cursor.h"
#include "core/segment.h"
#include "drill/posix_private.h"
#include "l2_link/ethernet_wire.h"
#include "port/memory.h"
#include "seven/stack.h"
#include "stack/stack_internal.h"

#define SV_POSIX_BUFS 4096u
#define SV_POSIX_SLABS 16384u
#define SV_POSIX_HEADROOM 64u
#define SV_POSIX_ETH 14u
#define SV_POSIX_START (1000 * SV_S)

static const uint8_t sv_posix_our_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t sv_posix_peer_mac[6] = {2, 0, 0, 0, 0, 2};
static const struct sv_addr sv_posix_gateway4 = {{[10] = 0xff, 0xff, 169, 254, 255, 254}};
static const struct sv_addr sv_posix_gateway6 = {{0xfe, 0x80, [15] = 0xfe}};

static struct sv_stack_config sv_posix_stack_config(const struct sv_posix *p)
{
    return (struct sv_stack_config){
        .size = sizeof(struct sv_stack_config),
        .seed = p->config.seed,
        .trace = p->trace,
        .profile = p->config.profile,
        .interfaces = 1,
        .addresses = 16,
        .routes = 16,
        .neighbours = 16,
        .connections = 256,
        .half_open = 256,
        .time_waits = 256,
        .listeners = 32,
        .udp_sockets = 32,
        .recv_buffer = 15u << 20, /* as tcp_rmem lets it grow */
        .ecn = SV_ECN_ACCURATE,   /* room for it; whether it is asked for is sysctl's to say */
    };
}

/* The one interface, and the way to everywhere. */
static bool sv_posix_wire(struct sv_posix *p)
{
    const struct sv_addr any6 = {{0}};
    const struct sv_addr any4 = sv_addr_v4(0, 0, 0, 0);
    struct sv_interface_config config = {
        .size = sizeof config,
        /* The kernel's interfaces segment; TCP above them thinks in bursts. */
        .flags = SV_IF_NO_ARP_PROBE | SV_IF_NO_REPORTS | SV_IF_NO_REDIRECTS | SV_IF_TSO4 | SV_IF_TSO6,
        .mtu = p->config.mtu,
    };
    memcpy(config.mac, sv_posix_our_mac, sizeof config.mac);
    return sv_interface_add(p->stack, &config, &p->port, p->now) == SV_OK &&
           sv_neighbour_add(p->stack, p->port, &sv_posix_gateway4, sv_posix_peer_mac, p->now) == SV_OK &&
           sv_neighbour_add(p->stack, p->port, &sv_posix_gateway6, sv_posix_peer_mac, p->now) == SV_OK &&
           sv_route_add(p->stack, &any4, 0, &sv_posix_gateway4, p->port, p->now) == SV_OK &&
           sv_route_add(p->stack, &any6, 0, &sv_posix_gateway6, p->port, p->now) == SV_OK;
}

struct sv_posix *sv_posix_create(const struct sv_posix_config *config)
{
    struct sv_posix *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->config = *config;
    p->now = config->start ? config->start : SV_POSIX_START;
    p->config.mtu = config->mtu ? config->mtu : 1500;
    p->last = &p->first;
    p->poll_until = SV_NEVER;
    p->next_port = (uint16_t)(32768u + config->seed % 20000u);
    const struct sv_stack_config sizes = sv_posix_stack_config(p);
    const uint64_t bytes = sv_pool_bytes(SV_POSIX_BUFS, SV_POSIX_SLABS) + sv_stack_bytes(&sizes) +
                           sv_trace_bytes(config->trace_events) + 65536u;
    p->memory_bytes = bytes;
    p->memory = sv_memory_map(bytes, false); /* what a script does not touch costs nothing */
    if (p->memory) {
        p->arena = sv_arena_create(p->memory, bytes);
        p->pool = p->arena ? sv_pool_create(p->arena, SV_POSIX_BUFS, SV_POSIX_SLABS) : NULL;
    }
    if (p->pool && config->trace_events)
        p->trace = sv_trace_create(p->arena, config->trace_events);
    const struct sv_stack_config made = sv_posix_stack_config(p);
    if (p->pool)
        p->stack = sv_stack_create(p->arena, p->pool, &made, p->now);
    if (!p->stack || !sv_posix_wire(p)) {
        sv_posix_destroy(p);
        return NULL;
    }
    p->stack->tcp.ecn = (uint8_t)(p->stack->tcp.habits.ecn - 1u);
    sv_posix_sysctl_init(p);
    return p;
}

void sv_posix_destroy(struct sv_posix *p)
{
    if (!p)
        return;
    for (uint32_t i = 0; i < SV_POSIX_FDS; i++)
        if (p->fd[i].kind != SV_POSIX_FREE)
            sv_posix_drop(p, &p->fd[i]);
    while (p->first) {
        struct sv_posix_packet *next = p->first->next;
        free(p->first);
        p->first = next;
    }
    sv_memory_unmap(p->memory, p->memory_bytes);
    free(p);
}

int sv_posix_address_add(struct sv_posix *p, const struct sv_addr *addr)
{
    const bool v4 = memcmp(addr->byte, sv_posix_gateway4.byte, 12) == 0;
    const enum sv_err error = sv_address_add(p->stack, p->port, addr, v4 ? 32 : 128, p->now);
    sv_posix_pump(p);
    return -sv_posix_errno(error);
}

/* --- packets --- */

/* Does a write sleep until its connection opens? */
static bool sv_posix_writer_waits(const struct sv_posix *p)
{
    for (uint32_t i = 0; i < SV_POSIX_FDS; i++) {
        const struct sv_posix_fd *f = &p->fd[i];
        if (sv_posix_is_connecting(f) && f->send_blocked && (f->opening || f->no_space))
            return true;
    }
    return false;
}

static void sv_posix_collect(struct sv_posix *p);

int sv_posix_packet_in(struct sv_posix *p, const void *packet, size_t n)
{
    const uint8_t *bytes = packet;
    uint8_t ethernet[SV_POSIX_ETH];
    if (n < 20 || n > 65535 || (bytes[0] >> 4 != 4 && bytes[0] >> 4 != 6))
        return -EINVAL;
    memcpy(ethernet, sv_posix_our_mac, 6);
    memcpy(ethernet + 6, sv_posix_peer_mac, 6);
    sv_put_u16(ethernet + 12, bytes[0] >> 4 == 4 ? SV_ETHERTYPE_IP4 : SV_ETHERTYPE_IP6);
    struct sv_burst burst = {.n = 1};
    struct sv_buf *b = sv_buf_alloc_slab(p->pool, SV_WANT_CONTROL, 0, SV_POSIX_HEADROOM);
    if (!b)
        return -ENOBUFS;
    if (!sv_buf_append(b, ethernet, SV_POSIX_ETH, SV_WANT_CONTROL) ||
        !sv_buf_append(b, packet, (uint32_t)n, SV_WANT_CONTROL)) {
        sv_buf_free(b);
        return -ENOBUFS;
    }
    burst.packet[0] = b;
    sv_node_receive(sv_stack_node(p->stack), p->port, &burst, p->now);
    if (p->freebsd) {
        sv_posix_collect(p);
        sv_posix_send_kept(p);
    }
    if (p->config.opened && sv_posix_writer_waits(p)) {
        sv_posix_collect(p);
        p->config.opened(p->config.opened_hook);
    }
    sv_posix_pump(p);
    return 0;
}

static void sv_posix_keep_segment(struct sv_posix *p, struct sv_buf *b)
{
    struct sv_posix_packet *k = NULL;
    if (b->length > SV_POSIX_ETH)
        k = malloc(sizeof *k + b->length - SV_POSIX_ETH);
    if (k) {
        *k = (struct sv_posix_packet){.when = p->now, .length = b->length - SV_POSIX_ETH};
        const bool read = sv_buf_read(b, SV_POSIX_ETH, k->bytes, k->length);
        SV_ASSERT(read);
        *p->last = k;
        p->last = &k->next;
        p->packets++;
    }
    sv_buf_free(b);
}

/* What the device would do: super-frames are cut. */
static void sv_posix_keep(struct sv_posix *p, struct sv_buf *b)
{
    struct sv_segment_plan plan;
    if (!(b->flags & (SV_BUF_GSO_TCP4 | SV_BUF_GSO_TCP6)) || b->segments < 2) {
        const enum sv_drop why = b->flags & SV_BUF_CSUM_PARTIAL ? sv_checksum_complete(b, 0) : SV_DROP_NONE;
        SV_ASSERT(why == SV_DROP_NONE);
        sv_posix_keep_segment(p, b);
        return;
    }
    const enum sv_drop why = sv_segment_plan(b, &plan);
    SV_ASSERT(why == SV_DROP_NONE);
    for (uint32_t part = 0; part < plan.parts; part++) {
        struct sv_buf *s = sv_segment_make(&plan, b, part, 0, 0);
        if (s) /* the pool is used up: lost, as a device would lose it */
            sv_posix_keep_segment(p, s);
    }
    sv_buf_free(b);
}

int sv_posix_packet_out(struct sv_posix *p, void *packet, size_t *n, sv_time *when)
{
    struct sv_posix_packet *k = p->first;
    if (!k)
        return 0;
    if (k->length > *n)
        return -EMSGSIZE;
    memcpy(packet, k->bytes, k->length);
    *n = k->length;
    *when = k->when;
    p->first = k->next;
    if (!p->first)
        p->last = &p->first;
    p->packets--;
    free(k);
    return 1;
}

uint32_t sv_posix_packets(const struct sv_posix *p)
{
    return p->packets;
}

/* --- what the stack tells --- */

/* What is known of a connection outlives its record: TCP_INFO can be asked after the end. */
static void sv_posix_remember(struct sv_posix *p, struct sv_posix_fd *f)
{
    struct sv_sock_info info = {.size = sizeof info};
    if (f->kind == SV_POSIX_TCP && (f->phase == SV_POSIX_CONNECTING || f->phase == SV_POSIX_CONNECTED) &&
        sv_sock_info(p->stack, f->sock, &info) == SV_OK)
        f->last = info;
}

static void sv_posix_heard_connection(struct sv_posix *p, struct sv_posix_fd *f, const struct sv_event *e)
{
    if (e->what & SV_EVENT_CONNECTED && f->phase == SV_POSIX_CONNECTING) {
        f->phase = SV_POSIX_CONNECTED;
        sv_posix_life_begin(p, f);
        sv_posix_set_syn_count(p, f);
        sv_posix_memory_expand(p, f, true);
    }
    if (e->what & SV_EVENT_ERROR) {
        f->error = sv_posix_errno((enum sv_err)e->error);
        /* tcp_reset(): whoever was told that the peer had finished cannot have expected more. */
        if (e->error == SV_ERR_RESET && f->last.state == SV_CLOSE_WAIT)
            f->error = EPIPE;
    }
    if (e->what & SV_EVENT_CLOSED) {
        f->phase = SV_POSIX_ENDED;
        f->last.state = f->last.state == SV_TIME_WAIT ? SV_TIME_WAIT : SV_CLOSED;
    }
}

/* News for epoll's edge-triggered watchers, found by comparing with what was seen before. */
static void sv_posix_heard(struct sv_posix *p, struct sv_posix_fd *f)
{
    struct sv_sock_info info = {.size = sizeof info};
    uint32_t news = 0;
    if (f->phase == SV_POSIX_LISTENING) {
        if (sv_sock_info(p->stack, f->sock, &info) == SV_OK) {
            if (info.backlog > f->seen_backlog)
                news |= EPOLLIN | EPOLLRDNORM;
            f->seen_backlog = info.backlog;
        }
    } else if (f->kind == SV_POSIX_TCP && f->phase != SV_POSIX_NEW) {
        sv_posix_remember(p, f);
        sv_posix_memory_update(p, f);
        sv_posix_life_goes_on(p, f);
        if (f->errors.awaits)
            sv_posix_errors_update(p, f);
        if (f->last.bytes_received != f->seen_received)
            news |= EPOLLIN | EPOLLRDNORM;
        if (f->last.state != f->seen_state)
            news |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLOUT;
        if (f->no_space && f->last.bytes_sent != f->seen_sent && f->phase == SV_POSIX_CONNECTED)
            sv_posix_memory_expand(p, f, false);
        if (f->no_space && f->phase != SV_POSIX_CONNECTING && sv_posix_is_writable(p, f, true)) {
            f->no_space = false;
            news |= EPOLLOUT | EPOLLWRNORM;
        }
        f->seen_received = f->last.bytes_received;
        f->seen_sent = f->last.bytes_sent;
        f->seen_state = (uint8_t)f->last.state;
    }
    if (news)
        sv_posix_notice(p, f, news);
}

static void sv_posix_collect(struct sv_posix *p)
{
    struct sv_event event[32];
    uint32_t n;
    for (uint32_t i = 0; i < SV_POSIX_FDS; i++)
        sv_posix_remember(p, &p->fd[i]);
    do {
        n = sv_stack_events(p->stack, event, 32);
        for (uint32_t i = 0; i < n; i++) {
            struct sv_posix_fd *f = sv_posix_find(p, (int)event[i].cookie);
            if (!f)
                continue;
            if (f->kind == SV_POSIX_TCP && f->phase != SV_POSIX_LISTENING)
                sv_posix_heard_connection(p, f, &event[i]);
            else if (f->kind == SV_POSIX_UDP)
                sv_posix_notice(p, f, EPOLLIN | EPOLLRDNORM);
        }
    } while (n == 32);
    for (uint32_t i = 0; i < SV_POSIX_FDS; i++)
        if (p->fd[i].kind != SV_POSIX_FREE)
            sv_posix_heard(p, &p->fd[i]);
}

void sv_posix_pump(struct sv_posix *p)
{
    struct sv_node *node = sv_stack_node(p->stack);
    if (p->queue_full) {
        sv_posix_collect(p);
        return;
    }
    const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX, .super = p->no_super ? 0 : 65535};
    do {
        struct sv_burst burst = {.n = 0};
        while (sv_node_next_output(node, SV_NO_PORT) != SV_NO_PORT &&
               sv_node_transmit(node, p->port, room, &burst, p->now)) {
            for (uint32_t i = 0; i < burst.n; i++)
                sv_posix_keep(p, burst.packet[i]);
            burst.n = 0;
        }
        if (sv_node_next_output(node, SV_NO_PORT) != SV_NO_PORT) { /* it found no memory: later */
            sv_posix_collect(p);
            break;
        }
        sv_posix_collect(p); /* after what was sent: only then is the kernel's writer woken */
    } while (sv_node_next_output(node, SV_NO_PORT) != SV_NO_PORT);
}

/* --- time --- */

sv_time sv_posix_now(const struct sv_posix *p)
{
    return p->now;
}

static sv_time sv_posix_earlier(sv_time a, sv_time b)
{
    return a < b ? a : b;
}

sv_time sv_posix_next_event(const struct sv_posix *p)
{
    struct sv_stack *s = p->stack;
    sv_time next = sv_node_next_deadline(sv_stack_node(s));
    if (p->poll_blocked)
        next = sv_posix_earlier(next, p->poll_until);
    for (uint32_t i = 0; i < SV_POSIX_FDS; i++) {
        const struct sv_posix_fd *f = &p->fd[i];
        if (f->kind == SV_POSIX_FREE)
            continue;
        if (f->send_blocked)
            next = sv_posix_earlier(next, f->send_until);
        if (f->recv_blocked)
            next = sv_posix_earlier(next, f->recv_until);
    }
    return next == SV_NEVER || next > p->now ? next : p->now;
}

void sv_posix_run_until(struct sv_posix *p, sv_time until)
{
    struct sv_node *node = sv_stack_node(p->stack);
    for (;;) {
        sv_time next = sv_node_next_deadline(node);
        if (next <= p->now)
            next = p->now;
        if (next > until)
            break;
        p->now = next;
        sv_node_expire(node, p->now);
        sv_posix_pump(p);
        /* A deadline may be early, but one that stays where it is would hold the clock. */
        if (sv_node_next_deadline(node) <= p->now) {
            if (p->now >= until)
                break;
            p->now++;
        }
    }
    if (until > p->now)
        p->now = until;
}

void sv_posix_flush_metrics(struct sv_posix *p)
{
    sv_tcp_fastopen_forget(&p->stack->tcp);
}

void sv_posix_route(struct sv_posix *p, uint32_t mtu, uint32_t advmss, uint32_t initcwnd)
{
    struct sv_tcp *tcp = &p->stack->tcp;
    if (mtu) {
        p->config.mtu = mtu;
        sv_tcp_set_mtu(tcp, p->port, mtu);
    }
    if (advmss)
        tcp->teach.mss = advmss;
    if (initcwnd)
        tcp->habits.initial_window = (uint16_t)initcwnd;
}

struct sv_stack *sv_posix_stack(struct sv_posix *p)
{
    return p->stack;
}

struct sv_trace *sv_posix_trace(struct sv_posix *p)
{
    return p->trace;
}
