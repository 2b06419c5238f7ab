/* SPDX-License-Identifier: BSD-2-Clause */
/* Namespaces made for the run, and the veth between two of them. Nothing outside them is touched; they go
 * when the last process in them ends. */
#include "bench/kernel_end.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

bool kernel_set(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return good;
}

static int here(void)
{
    return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* Large windows from the first byte, and as many local ports as there are: both are a namespace's own. */
static void tune(void)
{
    (void)kernel_set("/proc/sys/net/ipv4/tcp_rmem", "4096 16777216 33554432");
    (void)kernel_set("/proc/sys/net/ipv4/tcp_wmem", "4096 16777216 33554432");
    (void)kernel_set("/proc/sys/net/ipv4/ip_local_port_range", "1024 65535");
    (void)kernel_set("/proc/sys/net/ipv4/tcp_max_tw_buckets", "1000000");
    (void)kernel_set("/proc/sys/net/core/somaxconn", "4096");
}

int kernel_enter_new(void)
{
    const unsigned uid = (unsigned)geteuid(), gid = (unsigned)getegid();
    char map[64];
    if (unshare(CLONE_NEWNET) != 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
            return -1;
        (void)kernel_set("/proc/self/setgroups", "deny");
        snprintf(map, sizeof map, "0 %u 1", uid);
        if (!kernel_set("/proc/self/uid_map", map))
            return -1;
        snprintf(map, sizeof map, "0 %u 1", gid);
        if (!kernel_set("/proc/self/gid_map", map))
            return -1;
    }
    tune();
    (void)kernel_ip("link set lo up");
    return here();
}

int kernel_another(int back_to)
{
    int ns = -1;
    if (unshare(CLONE_NEWNET) == 0) {
        tune();
        (void)kernel_ip("link set lo up");
        ns = here();
    }
    return kernel_go(back_to) ? ns : -1;
}

bool kernel_go(int ns)
{
    return setns(ns, CLONE_NEWNET) == 0;
}

bool kernel_ip(const char *words)
{
    char copy[256], *argument[24];
    int n = 0, status = 0;
    snprintf(copy, sizeof copy, "ip %s", words);
    for (char *w = strtok(copy, " "); w && n < 23; w = strtok(NULL, " "))
        argument[n++] = w;
    argument[n] = NULL;
    const pid_t pid = fork();
    if (pid == 0) {
        execvp("ip", argument);
        execv("/sbin/ip", argument);
        _exit(127);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool kernel_offload(const char *interface, uint32_t command, bool on)
{
    struct ethtool_value v = {.cmd = command, .data = on};
    struct ifreq r;
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memset(&r, 0, sizeof r);
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", interface);
    r.ifr_data = (char *)(void *)&v;
    const bool good = fd >= 0 && ioctl(fd, SIOCETHTOOL, &r) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

static bool end_up(const char *interface, const char *address, bool offload)
{
    static const uint32_t what[] = {ETHTOOL_SRXCSUM, ETHTOOL_STXCSUM, ETHTOOL_SSG,
                                    ETHTOOL_STSO,    ETHTOOL_SGSO,    ETHTOOL_SGRO};
    char words[128];
    bool good = true;
    for (size_t i = 0; i < sizeof what / sizeof what[0] && !offload; i++)
        if (!kernel_offload(interface, what[i], false) && what[i] != ETHTOOL_SRXCSUM)
            good = false;
    snprintf(words, sizeof words, "addr add %s/24 dev %s", address, interface);
    good = good && kernel_ip(words);
    snprintf(words, sizeof words, "link set %s mtu 1500 up", interface);
    return good && kernel_ip(words);
}

bool kernel_veth(int here_ns, int there, bool offload)
{
    char words[160];
    snprintf(words, sizeof words, "link add va type veth peer name vb netns /proc/%d/fd/%d", (int)getpid(), there);
    if (!kernel_ip(words) || !end_up("va", "10.9.0.1", offload) || !kernel_go(there))
        return false;
    const bool good = end_up("vb", "10.9.0.2", offload);
    return kernel_go(here_ns) && good;
}
