/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's ends: two namespaces with a TAP in each, and the programs that send and receive there. Everything goes
 * with the process that made it. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench/beside.h"
#include "bench/kernel_end.h"
#include "port/tap.h"

#define PIECE 262144u

void beside_mac(uint8_t mac[6], uint32_t which)
{
    memcpy(mac, (uint8_t[]){2, 0, 0, 0, 9, (uint8_t)which}, 6);
}

/* The kernel's own defaults, but: room for the fastest path, nothing remembered of earlier connections, and no IPv6,
 * whose solicitations would take draws of the link. */
static bool settings(void)
{
    return kernel_set("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1") &&
           kernel_set("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1") &&
           kernel_set("/proc/sys/net/ipv4/tcp_rmem", "4096 131072 67108864") &&
           kernel_set("/proc/sys/net/ipv4/tcp_wmem", "4096 16384 67108864") &&
           kernel_set("/proc/sys/net/ipv4/tcp_no_metrics_save", "1");
}

static const char *open_end(struct sv_tap *t, uint32_t end)
{
    static char error[SV_DEVICE_TEXT];
    static const char *const words[2][5] = {
        {"link set beside1 address 02:00:00:00:09:01", "link set beside1 txqueuelen 20000",
         "addr add 10.9.0.1/24 dev beside1", "neigh add 10.9.0.2 lladdr 02:00:00:00:09:02 dev beside1 nud permanent",
         "neigh add 10.9.0.3 lladdr 02:00:00:00:09:03 dev beside1 nud permanent"},
        {"link set beside2 address 02:00:00:00:09:02", "link set beside2 txqueuelen 20000",
         "addr add 10.9.0.2/24 dev beside2", "neigh add 10.9.0.1 lladdr 02:00:00:00:09:01 dev beside2 nud permanent",
         "neigh add 10.9.0.3 lladdr 02:00:00:00:09:03 dev beside2 nud permanent"},
    };
    struct sv_device_options o;
    if (!settings())
        return "the namespace's sysctls cannot be set";
    memset(&o, 0, sizeof o);
    sv_device_defaults(&o);
    o.plain = true; /* each frame as it is on the link */
    o.kernel_addresses = 0;
    if (sv_tap_open(t, end ? "beside2" : "beside1", &o, error) != SV_TAP_OK)
        return error;
    for (uint32_t i = 0; i < 5; i++) {
        if (!kernel_ip(words[end][i]))
            return "ip cannot configure a TAP";
    }
    return NULL;
}

const char *beside_ends_open(struct beside_ends *e)
{
    const char *wrong = NULL;
    e->ns[0] = kernel_enter_new();
    if (e->ns[0] < 0)
        return "no right to make a network namespace";
    e->ns[1] = kernel_another(e->ns[0]);
    if (e->ns[1] < 0)
        return "no second network namespace";
    for (uint32_t i = 0; i < 2 && !wrong; i++)
        wrong = kernel_go(e->ns[i]) ? open_end(e->tap[i], i) : "the namespace is gone";
    return wrong;
}

/* Frames that the TAP had no room for, from the namespace's table of devices: the fourth number of what was sent. */
uint64_t beside_ends_dropped(const struct beside_ends *e, uint32_t end)
{
    char line[512], name[16];
    unsigned long long found = UINT64_MAX;
    FILE *f = kernel_go(e->ns[end]) ? fopen("/proc/thread-self/net/dev", "r") : NULL;
    snprintf(name, sizeof name, "beside%u:", end + 1);
    while (f && fgets(line, sizeof line, f)) {
        char *at = strstr(line, name);
        char *number = at ? at + strlen(name) : NULL;
        for (uint32_t i = 0; number && i < 8 + 4; i++)
            found = strtoull(number, &number, 10);
    }
    if (f)
        fclose(f);
    return found;
}

/* A child: ends with its parent, and if asked has its turn as soon as it has something to do, as the link has. */
static pid_t child(bool first)
{
    const struct sched_param p = {.sched_priority = 1};
    const pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    if (first)
        (void)sched_setscheduler(0, SCHED_FIFO, &p);
    return 0;
}

pid_t beside_receiver(struct beside_shared *s, uint32_t flow, bool first)
{
    const int listener = kernel_listen("0.0.0.0", (uint16_t)(BESIDE_PORT + flow), 4);
    if (listener < 0)
        return -1;
    const pid_t pid = child(first);
    if (pid != 0) {
        close(listener);
        return pid;
    }
    uint8_t *bytes = malloc(PIECE);
    const int fd = accept(listener, NULL, NULL);
    ssize_t n;
    while (bytes && fd >= 0 && (n = read(fd, bytes, PIECE)) > 0)
        atomic_fetch_add(&s->received[flow], (uint64_t)n);
    for (;;)
        pause(); /* ended by whoever made it */
}

static void look(int fd, struct beside_view *v)
{
    struct tcp_info i;
    socklen_t n = sizeof i;
    memset(&i, 0, sizeof i);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &i, &n) != 0)
        return;
    *v = (struct beside_view){.cwnd = i.tcpi_snd_cwnd,
                              .ssthresh = i.tcpi_snd_ssthresh,
                              .in_flight = i.tcpi_unacked - i.tcpi_sacked - i.tcpi_lost + i.tcpi_retrans,
                              .srtt_us = i.tcpi_rtt,
                              .retransmits = i.tcpi_total_retrans,
                              .backoff = i.tcpi_backoff};
}

static _Noreturn void send_for_ever(struct beside_shared *s, uint32_t flow, uint32_t congestion, int go)
{
    const char *name = sv_congestion_name(congestion);
    const struct timeval tick = {.tv_usec = 20000};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(BESIDE_PORT + flow))};
    uint8_t *bytes = calloc(1, PIECE);
    char byte;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)inet_pton(AF_INET, "10.9.0.2", &to.sin_addr);
    if (!bytes || fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)) != 0 ||
        read(go, &byte, 1) != 1 || connect(fd, (struct sockaddr *)(void *)&to, sizeof to) != 0)
        _exit(1);
    /* So that what it knows of itself is looked at often enough. */
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tick, sizeof tick);
    for (;;) {
        (void)!send(fd, bytes, PIECE, MSG_NOSIGNAL);
        look(fd, &s->kernel[flow]);
    }
}

pid_t beside_sender(struct beside_shared *s, uint32_t flow, const struct beside_job *job, int *go)
{
    int channel[2];
    if (pipe2(channel, O_CLOEXEC) != 0)
        return -1;
    const pid_t pid = child(job->first);
    if (pid == 0)
        send_for_ever(s, flow, job->congestion, channel[0]);
    close(channel[0]);
    *go = channel[1];
    return pid;
}
