/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/private.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/control.h"
#include "port/netlink.h"
#include "port/tap.h"

static bool write_text(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool whole = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    const int why = errno;
    close(fd);
    errno = why;
    return whole;
}

/* A kernel setting's number, -1 when there is no such setting. */
static long setting(const char *path)
{
    char text[32];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    const ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return -1;
    text[n] = '\0';
    return strtol(text, NULL, 10);
}

/* The setting that is to blame, with its value and what would change it. */
static void blame(int why, const char *what, char *error)
{
    if (setting("/proc/sys/kernel/unprivileged_userns_clone") == 0)
        snprintf(error, SV_DEVICE_TEXT,
                 "user namespaces are forbidden here (kernel.unprivileged_userns_clone=0); "
                 "`sysctl kernel.unprivileged_userns_clone=1` as root allows them");
    else if (setting("/proc/sys/user/max_user_namespaces") == 0)
        snprintf(error, SV_DEVICE_TEXT,
                 "user namespaces are forbidden here (user.max_user_namespaces=0); "
                 "`sysctl user.max_user_namespaces=1000` as root allows them");
    else if (setting("/proc/sys/user/max_net_namespaces") == 0)
        snprintf(error, SV_DEVICE_TEXT,
                 "network namespaces are forbidden here (user.max_net_namespaces=0); "
                 "`sysctl user.max_net_namespaces=1000` as root allows them");
    else if (why == ENOSPC || why == EUSERS)
        snprintf(error, SV_DEVICE_TEXT, "too many namespaces, or nested too deep: %s (user.max_user_namespaces=%ld)",
                 strerror(why), setting("/proc/sys/user/max_user_namespaces"));
    else if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
        snprintf(error, SV_DEVICE_TEXT,
                 "user namespaces are without rights here "
                 "(kernel.apparmor_restrict_unprivileged_userns=1); `sysctl "
                 "kernel.apparmor_restrict_unprivileged_userns=0` as root allows them");
    else
        snprintf(error, SV_DEVICE_TEXT, "%s: %s (a container's seccomp or security profile forbids namespaces)", what,
                 strerror(why));
}

static bool map_ids(unsigned uid, unsigned gid, char *error)
{
    char map[64];

    /* user_namespaces(7): an ordinary user may map itself only, and its group only after giving up setgroups. */
    (void)write_text("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "0 %u 1\n", uid);
    if (!write_text("/proc/self/uid_map", map)) {
        blame(errno, "/proc/self/uid_map", error);
        return false;
    }
    snprintf(map, sizeof map, "0 %u 1\n", gid);
    if (!write_text("/proc/self/gid_map", map)) {
        blame(errno, "/proc/self/gid_map", error);
        return false;
    }
    return true;
}

enum sv_private_result sv_private_enter(char *error)
{
    const unsigned uid = (unsigned)geteuid(), gid = (unsigned)getegid();

    error[0] = '\0';
    /* `seven ss` outside must find the control sockets of what runs inside, where everybody is uid 0. */
    sv_control_keep_directory();
    if (unshare(CLONE_NEWNET) != 0) { /* works for root, and for whoever has CAP_SYS_ADMIN */
        if (errno != EPERM) {
            blame(errno, "a network namespace", error);
            return SV_PRIVATE_FORBIDDEN;
        }
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
            blame(errno, "a user namespace", error);
            return SV_PRIVATE_FORBIDDEN;
        }
        if (!map_ids(uid, gid, error))
            return SV_PRIVATE_FORBIDDEN;
    }
    const int why = sv_link_set("lo", true, 0);
    if (why == EPERM || why == EACCES) {
        blame(why, "the loopback interface", error);
        return SV_PRIVATE_FORBIDDEN;
    }
    if (why != 0) {
        snprintf(error, SV_DEVICE_TEXT, "the loopback interface cannot be set up: %s", strerror(why));
        return SV_PRIVATE_FAILED;
    }
    /* So that plain `ping` works in there; where it may not be set, ping uses a raw socket. */
    (void)write_text("/proc/sys/net/ipv4/ping_group_range", "0 0");
    return SV_PRIVATE_OK;
}

bool sv_private_interface(const char *name, const struct sv_device_options *options, bool *pair, char *error)
{
    struct sv_device_options stay = *options;
    struct sv_device d;

    stay.persist = true;
    char what[IFNAMSIZ + 8], quiet[IFNAMSIZ + 1];
    snprintf(what, sizeof what, "tap:%.*s", IFNAMSIZ, name);
    if (!sv_device_open(&d, what, &stay, error))
        return false;
    snprintf(quiet, sizeof quiet, "%.*sp", IFNAMSIZ - 2, name);
    *pair = if_nametoindex(quiet) != 0;
    sv_device_close(&d);
    return true;
}

int sv_private_exec(char *const command[])
{
    execvp(command[0], command);
    return errno;
}
