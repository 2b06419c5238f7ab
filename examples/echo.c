/* SPDX-License-Identifier: BSD-2-Clause */
/* A TCP echo server on a TAP device, with nothing but seven/seven.h: what an embedder writes.
 *
 *     seven private -- sh -c 'build/example_echo seven0 & sleep 1; echo hello | nc -N 10.7.0.2 7'
 *
 * The device here is a plain TAP, one frame a system call; port/tap.c shows super-frames. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "seven/seven.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define PACKETS 8192u

static sv_time now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (sv_time)t.tv_sec * SV_S + (sv_time)t.tv_nsec;
}

static int tap_open(const char *name)
{
    struct ifreq r;
    memset(&r, 0, sizeof r);
    (void)snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    r.ifr_flags = IFF_TAP | IFF_NO_PI;
    const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    return fd >= 0 && ioctl(fd, TUNSETIFF, &r) == 0 ? fd : -1;
}

/* Memory, a stack, one interface with one address. */
static struct sv_stack *make_stack(struct sv_pool **pool, sv_port *port)
{
    void *memory = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sv_arena *arena = memory == MAP_FAILED ? NULL : sv_arena_create(memory, ARENA_BYTES);
    struct sv_stack_config config = {.size = sizeof config, .connections = 256};
    struct sv_interface_config interface = {
        .size = sizeof interface,
        .mac = {2, 0, 0, 7, 0, 2},
        .flags = SV_IF_NO_ARP_PROBE, /* a link of our own: on a shared one, leave it out and wait six seconds */
    };
    const struct sv_addr addr = sv_addr_v4(10, 7, 0, 2);
    if (!arena || getrandom(&config.seed, sizeof config.seed, 0) < 0 || getrandom(config.secret, 16, 0) < 0)
        return NULL;
    *pool = sv_pool_create(arena, PACKETS, PACKETS);
    struct sv_stack *stack = *pool ? sv_stack_create(arena, *pool, &config, now_ns()) : NULL;
    if (!stack || sv_interface_add(stack, &interface, port, now_ns()) != SV_OK ||
        sv_address_add(stack, *port, &addr, 24, now_ns()) != SV_OK)
        return NULL;
    return stack;
}

/* Everything that can be read goes back. What does not fit is left unread: the window closes, the peer waits. */
static void echo(struct sv_stack *stack, sv_sock c)
{
    const uint8_t *data;
    size_t n, taken;
    enum sv_err error;
    while ((error = sv_peek(stack, c, &data, &n, now_ns())) == SV_OK) {
        if (sv_send(stack, c, data, n, &taken, now_ns()) != SV_OK)
            return; /* full: SV_EVENT_WRITABLE will come */
        sv_consume(stack, c, taken, now_ns());
    }
    if (error != SV_ERR_AGAIN)
        sv_close(stack, c, now_ns()); /* the peer has finished, or is gone */
}

static void on_event(struct sv_stack *stack, sv_sock listener, const struct sv_event *event)
{
    sv_sock c;
    if (event->socket.index != listener.index)
        echo(stack, event->socket);
    else
        while (sv_accept(stack, listener, &c, now_ns()) == SV_OK)
            echo(stack, c);
}

static void send_all(struct sv_stack *stack, sv_port port, int tap)
{
    struct sv_burst burst = {.n = 0};
    const struct sv_room room = {.packets = SV_BURST, .bytes = SV_BURST * 1514u};
    uint8_t frame[1600];
    while (sv_node_transmit(sv_stack_node(stack), port, room, &burst, now_ns())) {
        for (uint32_t i = 0; i < burst.n; i++) {
            const uint32_t n = burst.packet[i]->length;
            if (n <= sizeof frame && sv_buf_read(burst.packet[i], 0, frame, n) && write(tap, frame, n) < 0)
                perror("tap"); /* lost: TCP will send it again */
            sv_buf_free(burst.packet[i]);
        }
        burst.n = 0;
    }
}

static void receive_all(struct sv_stack *stack, struct sv_pool *pool, sv_port port, int tap)
{
    struct sv_burst burst = {.n = 0};
    uint8_t frame[1600];
    ssize_t n;
    while (burst.n < SV_BURST && (n = read(tap, frame, sizeof frame)) > 0) {
        struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 0);
        if (!b || !sv_buf_append(b, frame, (uint32_t)n, SV_WANT_DATA)) {
            sv_buf_free(b);
            break; /* out of memory: the frame is lost */
        }
        burst.packet[burst.n++] = b;
    }
    sv_node_receive(sv_stack_node(stack), port, &burst, now_ns());
}

static void wait_for(int tap, sv_time deadline)
{
    struct pollfd p = {.fd = tap, .events = POLLIN};
    const sv_time now = now_ns();
    const sv_time left = deadline <= now ? 0 : deadline - now;
    const struct timespec t = {(time_t)(left / SV_S), (long)(left % SV_S)};
    (void)ppoll(&p, 1, deadline == SV_NEVER ? NULL : &t, NULL);
}

int main(int argc, char **argv)
{
    struct sv_pool *pool;
    sv_port port;
    sv_sock listener;
    struct sv_event event;
    const struct sv_endpoint any = {sv_addr_v4(0, 0, 0, 0), 7};
    const int tap = tap_open(argc > 1 ? argv[1] : "seven0");
    struct sv_stack *stack = make_stack(&pool, &port);
    if (tap < 0 || !stack || sv_listen(stack, &any, NULL, &listener, now_ns()) != SV_OK) {
        (void)fprintf(stderr, "example_echo: no TAP (it needs root, or `seven private`), or no memory\n");
        return 1;
    }
    for (;;) {
        receive_all(stack, pool, port, tap);
        sv_node_expire(sv_stack_node(stack), now_ns());
        while (sv_stack_events(stack, &event, 1))
            on_event(stack, listener, &event);
        send_all(stack, port, tap);
        wait_for(tap, sv_node_next_deadline(sv_stack_node(stack)));
    }
}
