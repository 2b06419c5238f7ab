/* SPDX-License-Identifier: BSD-2-Clause */
/* Between TAPs, in a network namespace of this run that goes with it. Whoever forwards has two TAPs; this one thread
 * puts frames in at the first and takes them out at the second:
 *
 *     the kernel forwards:  write(TAP)          -> routing of the kernel             -> read(TAP)
 *     Seven forwards:       send(packet socket) -> TAP, read -> Seven -> write, TAP  -> recv(packet socket)
 *
 * so that Seven's figure holds the crossing of the kernel's border twice more than the kernel's. */
#include "bench/forward.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/kernel_end.h"
#include "port/tap.h"

#define FRAME_MAX 2048u

struct forward_taps {
    const struct forward_table *table;
    struct forward_router *router;
    struct sv_tap seven[2], kernel[2];
    bool open[4];
    int in, out; /* packet sockets at the kernel's ends of Seven's TAPs */
    double load_s;
    uint32_t at; /* the next destination */
};

static const uint8_t kernel_mac[6] = {2, 0, 0, 0, 8, 3};

static bool tap(struct sv_tap *t, const char *name, const char **why)
{
    static char error[SV_DEVICE_TEXT];
    struct sv_device_options o;
    char words[64];
    memset(&o, 0, sizeof o);
    sv_device_defaults(&o);
    o.plain = true;
    o.kernel_addresses = 0;
    if (sv_tap_open(t, name, &o, error) != SV_TAP_OK) {
        *why = error;
        return false;
    }
    snprintf(words, sizeof words, "link set %s txqueuelen 1000", name);
    return kernel_ip(words);
}

static int packet_socket(const char *name)
{
    struct sockaddr_ll a = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(name)};
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), room = 8 << 20;
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Routes and gateways as lines for ip -batch, in memory that its /proc path names. */
static bool kernel_routes(struct forward_taps *w)
{
    const int fd = memfd_create("routes", 0);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    char words[96];
    if (!f)
        return false;
    for (uint32_t hop = 1; hop <= w->table->routes.hops; hop++) {
        const struct sv_addr a = forward_gateway(hop);
        uint8_t m[6];
        forward_mac_of_hop(hop, m);
        fprintf(f, "neigh add 10.9.%u.%u lladdr %02x:%02x:%02x:%02x:%02x:%02x dev fkout nud permanent\n", a.byte[14],
                a.byte[15], m[0], m[1], m[2], m[3], m[4], m[5]);
    }
    for (uint32_t i = 0; i < w->table->routes.n4; i++) {
        const struct lpm_prefix *p = &w->table->routes.four[i];
        const struct sv_addr a = forward_gateway(p->hop);
        fprintf(f, "route add %u.%u.%u.%u/%u via 10.9.%u.%u\n", p->bytes[0], p->bytes[1], p->bytes[2], p->bytes[3],
                p->length, a.byte[14], a.byte[15]);
    }
    const bool written = fflush(f) == 0;
    snprintf(words, sizeof words, "-batch /proc/%d/fd/%d", (int)getpid(), fd);
    const uint64_t began = bench_wall_ns();
    const bool good = written && kernel_ip(words);
    w->load_s = (double)(bench_wall_ns() - began) / 1e9;
    fclose(f);
    return good;
}

static const char *kernel_open(struct forward_taps *w)
{
    const char *why = "ip cannot configure a TAP";
    if (!(w->open[2] = tap(&w->kernel[0], "fkin", &why)) || !(w->open[3] = tap(&w->kernel[1], "fkout", &why)))
        return why;
    if (!kernel_set("/proc/sys/net/ipv4/ip_forward", "1"))
        return "forwarding cannot be switched on in this namespace";
    if (!kernel_ip("link set fkin address 02:00:00:00:08:03") || !kernel_ip("addr add 10.8.0.1/24 dev fkin") ||
        !kernel_ip("addr add 10.9.0.1/16 dev fkout"))
        return "ip cannot configure the kernel's ends";
    return kernel_routes(w) ? NULL : "ip -batch did not take the routes";
}

struct forward_taps *forward_taps_open(const struct forward_table *t, struct forward_router *r, const char **absent,
                                       const char **kernel_absent)
{
    struct forward_taps *w = calloc(1, sizeof *w);
    *absent = "no memory";
    if (!w)
        return NULL;
    *w = (struct forward_taps){.table = t, .router = r, .in = -1, .out = -1};
    *absent = "no right to make a network namespace";
    if (kernel_enter_new() < 0)
        return w;
    *absent = "ip cannot configure a TAP";
    if (!(w->open[0] = tap(&w->seven[0], "fsin", absent)) || !(w->open[1] = tap(&w->seven[1], "fsout", absent)))
        return w;
    w->in = packet_socket("fsin");
    w->out = packet_socket("fsout");
    *absent = w->in >= 0 && w->out >= 0 ? NULL : "no right to open a packet socket";
    if (!*absent)
        *kernel_absent = kernel_open(w);
    return w;
}

double forward_taps_kernel_load_s(const struct forward_taps *w)
{
    return w->load_s;
}

void forward_taps_close(struct forward_taps *w)
{
    if (!w)
        return;
    for (uint32_t i = 0; i < 4; i++)
        if (w->open[i])
            sv_tap_close(i < 2 ? &w->seven[i] : &w->kernel[i - 2]);
    if (w->in >= 0)
        close(w->in);
    if (w->out >= 0)
        close(w->out);
    free(w);
}

/* Frames out of the second TAP that are ours, compared; others (the kernel's own) are passed over. */
static uint32_t take(struct forward_taps *w, int fd, uint32_t bytes, uint32_t from, bool *bad)
{
    uint8_t frame[FRAME_MAX];
    uint32_t n = 0;
    for (;;) {
        const ssize_t got = read(fd, frame, sizeof frame);
        if (got <= 0)
            return n;
        if ((uint32_t)got < FORWARD_ETHERNET + bytes || memcmp(frame, (uint8_t[]){2, 0, 0, 9}, 4) != 0)
            continue;
        if (n < SV_BURST && !forward_frame_holds(w->table, from + n, bytes, frame, (uint32_t)got))
            *bad = true;
        n++;
    }
}

/* What Seven's two devices have is forwarded. */
static void turn(struct forward_taps *w)
{
    const sv_time now = bench_wall_ns();
    struct sv_device *in = &w->seven[0].device, *out = &w->seven[1].device;
    struct sv_burst burst = {.n = 0};
    while (in->fill(in, w->router->pool, 0, &burst)) {
        sv_node_receive(w->router->node, 0, &burst, now);
        burst.n = 0;
        while (sv_node_transmit(w->router->node, 1, out->room(out), &burst, now))
            out->send(out, &burst);
        burst.n = 0;
    }
}

static double run(struct forward_taps *w, bool kernel, uint32_t bytes, uint64_t budget_ns, const char **why)
{
    static uint8_t frame[SV_BURST][FRAME_MAX];
    const int in = kernel ? sv_tap_fd(&w->kernel[0]) : w->in, out = kernel ? sv_tap_fd(&w->kernel[1]) : w->out;
    uint64_t took = 0, sent = 0, came = 0;
    bool bad = false;
    memset(frame, 0, sizeof frame);
    (void)take(w, out, bytes, 0, &(bool){false});
    while (took < budget_ns) {
        if (w->at + SV_BURST > w->table->keys.n)
            w->at = 0;
        const uint64_t began = bench_wall_ns();
        for (uint32_t i = 0; i < SV_BURST; i++) {
            forward_frame(w->table, w->at + i, bytes, kernel ? kernel_mac : forward_mac_in, frame[i]);
            sent += write(in, frame[i], FORWARD_ETHERNET + bytes) > 0;
        }
        if (!kernel)
            turn(w);
        came += take(w, out, bytes, w->at, &bad);
        took += bench_wall_ns() - began;
        w->at += SV_BURST;
    }
    if (bad)
        *why = "a packet did not come out as it should";
    else if (came < sent / 100 * 99 || !came)
        *why = "packets were lost";
    return bad || !came ? -1 : (double)took / (double)came;
}

double forward_taps_seven(struct forward_taps *w, uint32_t bytes, uint64_t budget_ns, const char **why)
{
    return run(w, false, bytes, budget_ns, why);
}

double forward_taps_kernel(struct forward_taps *w, uint32_t bytes, uint64_t budget_ns, const char **why)
{
    return run(w, true, bytes, budget_ns, why);
}
