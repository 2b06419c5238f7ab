/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/loop.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "port/clock.h"

#define BURSTS_A_ROUND 16u        /* of one device before others have their turn */
#define LOOK_EVERY (200u * SV_US) /* descriptors are looked at this often, however busy the devices are */
#define SPIN_FIRST (5u * SV_US)
#define READY_MAX 16

/* What an epoll event is about: a device (its number), a watch, or the signals. */
#define TAG_DEVICE 0x100000000u
#define TAG_WATCH 0x200000000u
#define TAG_SIGNALS 0x300000000u

bool sv_loop_open(struct sv_loop *l)
{
    cpu_set_t set;

    memset(l, 0, sizeof *l);
    l->signals = -1;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    (void)prctl(PR_SET_TIMERSLACK, 1000ul, 0ul, 0ul, 0ul); /* deadlines are exact: the usual slack is 50 us */
    for (uint32_t i = 0; i < SV_LOOP_WATCHES; i++)
        l->watch[i].fd = -1;
    /* With one processor, spinning keeps the peer from answering. */
    const bool alone = sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) < 2;
    l->spin_max = alone ? 0 : SV_LOOP_SPIN;
    l->spin = l->spin_max < SPIN_FIRST ? l->spin_max : SPIN_FIRST;
    return l->epoll >= 0;
}

void sv_loop_close(struct sv_loop *l)
{
    if (l->signals >= 0) {
        sigset_t set;
        struct signalfd_siginfo one;
        while (read(l->signals, &one, sizeof one) == (ssize_t)sizeof one)
            continue; /* what was told already must not kill when it is unblocked */
        close(l->signals);
        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGHUP);
        (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
    }
    if (l->epoll >= 0)
        close(l->epoll);
    l->epoll = l->signals = -1;
}

static uint32_t add_party(struct sv_loop *l, struct sv_host *host, struct sv_node *node, struct sv_pool *pool,
                          uint16_t account)
{
    if (l->parties == SV_LOOP_PARTIES)
        return SV_NONE;
    l->party[l->parties].host = host;
    l->party[l->parties].node = node;
    l->party[l->parties].pool = pool;
    l->party[l->parties].account = account;
    return l->parties++;
}

uint32_t sv_loop_add_host(struct sv_loop *l, struct sv_host *host, struct sv_pool *pool, uint16_t account)
{
    return add_party(l, host, sv_stack_node(host->stack), pool, account);
}

uint32_t sv_loop_add_node(struct sv_loop *l, struct sv_node *node, struct sv_pool *pool, uint16_t account)
{
    return add_party(l, NULL, node, pool, account);
}

bool sv_loop_add_device(struct sv_loop *l, struct sv_device *device, uint32_t party, sv_port port)
{
    uint32_t at = 0;
    while (at < l->devices && l->device[at].device)
        at++;
    if (at == SV_LOOP_DEVICES || party >= l->parties)
        return false;
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = TAG_DEVICE | at};
    if (device->fd >= 0 && epoll_ctl(l->epoll, EPOLL_CTL_ADD, device->fd, &e) != 0)
        return false;
    l->device[at].device = device;
    l->device[at].party = party;
    l->device[at].port = port;
    l->device[at].out = false;
    l->device[at].gone = false;
    if (at == l->devices)
        l->devices++;
    return true;
}

void sv_loop_remove_device(struct sv_loop *l, const struct sv_device *device)
{
    for (uint32_t i = 0; i < l->devices; i++) {
        if (l->device[i].device != device)
            continue;
        if (!l->device[i].gone && device->fd >= 0)
            (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, device->fd, NULL);
        l->device[i].device = NULL;
        l->device[i].gone = true;
    }
}

bool sv_loop_add_wire(struct sv_loop *l, struct sv_wire *wire)
{
    if (l->wires == SV_LOOP_WIRES)
        return false;
    l->wire[l->wires++] = wire;
    return true;
}

bool sv_loop_watch(struct sv_loop *l, int fd, uint32_t events, sv_loop_ready *ready, void *self)
{
    uint32_t at = SV_LOOP_WATCHES;

    for (uint32_t i = SV_LOOP_WATCHES; i-- > 0;) {
        if (l->watch[i].fd == fd) {
            at = i;
            break;
        }
        if (l->watch[i].fd < 0)
            at = i;
    }
    if (at == SV_LOOP_WATCHES) {
        errno = ENOSPC;
        return false;
    }
    struct epoll_event e = {.events = events, .data.u64 = TAG_WATCH | at};
    if (epoll_ctl(l->epoll, l->watch[at].fd == fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e) != 0)
        return false;
    l->watch[at].fd = fd;
    l->watch[at].ready = ready;
    l->watch[at].self = self;
    return true;
}

void sv_loop_unwatch(struct sv_loop *l, int fd)
{
    for (uint32_t i = 0; i < SV_LOOP_WATCHES; i++)
        if (fd >= 0 && l->watch[i].fd == fd) {
            (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
            l->watch[i].fd = -1;
        }
}

bool sv_loop_add_hook(struct sv_loop *l, sv_loop_hook *hook, void *self)
{
    if (l->hooks == SV_LOOP_HOOKS)
        return false;
    l->hook[l->hooks].hook = hook;
    l->hook[l->hooks++].self = self;
    return true;
}

bool sv_loop_take_signals(struct sv_loop *l)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = TAG_SIGNALS};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return false;
    l->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return l->signals >= 0 && epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->signals, &e) == 0;
}

void sv_loop_stop(struct sv_loop *l, int code)
{
    l->stopped = true;
    l->code = code;
}

/* ---- a round ---- */

/* Asks epoll for writability exactly while a device is full. */
static void set_out(struct sv_loop *l, uint32_t i, bool out)
{
    struct epoll_event e = {.events = EPOLLIN | (out ? EPOLLOUT : 0u), .data.u64 = TAG_DEVICE | i};
    if (l->device[i].out == out || l->device[i].device->fd < 0)
        return;
    l->device[i].out = out;
    (void)epoll_ctl(l->epoll, EPOLL_CTL_MOD, l->device[i].device->fd, &e);
}

static void bury(struct sv_loop *l, uint32_t i)
{
    if (l->device[i].device->fd >= 0)
        (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, l->device[i].device->fd, NULL);
    l->device[i].gone = true;
}

static uint32_t transmit(struct sv_loop *l, uint32_t i, sv_time now)
{
    struct sv_device *d = l->device[i].device;
    struct sv_node *node = l->party[l->device[i].party].node;
    uint32_t total = 0;
    struct sv_burst b;

    bool open = d->flush == NULL || d->flush(d);
    for (uint32_t turn = 0; open && turn < BURSTS_A_ROUND; turn++) {
        const struct sv_room room = d->room(d);
        open = room.packets > 0;
        if (!open)
            break;
        b.n = 0;
        const uint32_t n = sv_node_transmit(node, l->device[i].port, room, &b, now);
        if (n == 0)
            break;
        total += n;
        d->send(d, &b);
    }
    set_out(l, i, !open);
    return total;
}

static uint32_t receive(struct sv_loop *l, uint32_t i)
{
    struct sv_device *d = l->device[i].device;
    const uint32_t party = l->device[i].party;
    struct sv_burst b;

    b.n = 0;
    const uint32_t n = d->fill(d, l->party[party].pool, l->party[party].account, &b);
    if (n > 0)
        sv_node_receive(l->party[party].node, l->device[i].port, &b, sv_clock());
    if (d->dead)
        bury(l, i);
    return n;
}

static sv_time turn(struct sv_loop *l, sv_time now)
{
    sv_time at = SV_NEVER;

    for (uint32_t i = 0; i < l->parties; i++) {
        sv_time next;
        if (l->party[i].host) {
            next = sv_host_turn(l->party[i].host, now);
        } else {
            sv_node_expire(l->party[i].node, now);
            next = sv_node_next_deadline(l->party[i].node);
        }
        at = next < at ? next : at;
    }
    return at;
}

static void read_signals(struct sv_loop *l)
{
    struct signalfd_siginfo one;
    sigset_t set;

    if (read(l->signals, &one, sizeof one) != (ssize_t)sizeof one)
        return;
    l->signal = (int)one.ssi_signo;
    sv_loop_stop(l, 128 + l->signal);
    sigemptyset(&set);
    sigaddset(&set, l->signal);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL); /* whoever asks twice means it */
}

/* Looks at the descriptors, sleeping up to `wait` nanoseconds (SV_NEVER: for ever). */
static void look(struct sv_loop *l, sv_time wait)
{
    struct epoll_event e[READY_MAX];
    const struct timespec t = {(time_t)(wait / SV_S), (long)(wait % SV_S)};
    int n = epoll_pwait2(l->epoll, e, READY_MAX, wait == SV_NEVER ? NULL : &t, NULL);

    if (n < 0 && errno == ENOSYS) { /* before Linux 5.11: milliseconds, rounded up */
        const sv_time ms = wait == SV_NEVER ? SV_NEVER : (wait + SV_MS - 1) / SV_MS;
        n = epoll_wait(l->epoll, e, READY_MAX, ms > 86400000u ? (wait == SV_NEVER ? -1 : 86400000) : (int)ms);
    }
    l->polled = sv_clock();
    for (int i = 0; i < n; i++) {
        const uint32_t at = (uint32_t)e[i].data.u64;
        const uint64_t tag = e[i].data.u64 - at;
        if (tag == TAG_SIGNALS)
            read_signals(l);
        else if (tag == TAG_WATCH && l->watch[at].fd >= 0) /* another's callback may have taken it away */
            l->watch[at].ready(l->watch[at].self, l, l->watch[at].fd, e[i].events, l->polled);
        /* A device's frames, room or end are found by the next round. */
    }
}

sv_time sv_loop_round(struct sv_loop *l)
{
    sv_time now = sv_clock();
    uint32_t moved = 0;

    l->counts.rounds++;
    sv_time at = turn(l, now);
    for (uint32_t i = 0; i < l->wires; i++)
        moved += sv_wire_move(l->wire[i], BURSTS_A_ROUND, now);
    for (uint32_t i = 0; i < l->devices; i++)
        if (!l->device[i].gone)
            moved += transmit(l, i, now);
    for (uint32_t i = 0; i < l->devices; i++)
        if (!l->device[i].gone)
            moved += receive(l, i);
    now = sv_clock();
    for (uint32_t i = 0; i < l->hooks; i++) {
        const sv_time next = l->hook[i].hook(l->hook[i].self, l, now);
        at = next < at ? next : at;
    }
    if (moved) {
        l->active = now;
        return now;
    }
    return at;
}

/* Spinning is worth it when the next frame comes sooner than a sleep and a wake-up cost: as a hypervisor
 * polls before it halts, the spin grows after short sleeps and goes after long ones. */
static void adapt(struct sv_loop *l, sv_time slept)
{
    if (slept < l->spin_max) {
        l->spin = l->spin ? l->spin * 2 : SPIN_FIRST;
        if (l->spin > l->spin_max)
            l->spin = l->spin_max;
    } else {
        l->spin /= 2;
        if (l->spin < SPIN_FIRST)
            l->spin = 0;
    }
}

/* Anything that could still make something happen? */
static bool hopeless(const struct sv_loop *l, sv_time at)
{
    if (at != SV_NEVER || l->signals >= 0)
        return false;
    for (uint32_t i = 0; i < l->devices; i++)
        if (!l->device[i].gone)
            return false;
    for (uint32_t i = 0; i < SV_LOOP_WATCHES; i++)
        if (l->watch[i].fd >= 0)
            return false;
    return true;
}

int sv_loop_run(struct sv_loop *l, sv_time until)
{
    uint32_t idle = 0; /* rounds without traffic since it last passed */

    while (!l->stopped) {
        const sv_time before = l->active;
        const sv_time next = sv_loop_round(l);
        const sv_time now = sv_clock();
        if (now >= until)
            break;
        const sv_time at = until < next ? until : next;
        if (l->active != before) {
            l->counts.spins += idle > 0;
            idle = 0;
        } else {
            idle++;
        }
        if (idle == 0 || at <= now || (l->devices > 0 && now - l->active < l->spin)) {
            if (now - l->polled >= LOOK_EVERY)
                look(l, 0);
            continue;
        }
        if (hopeless(l, next))
            break;
        l->counts.sleeps++;
        look(l, at == SV_NEVER ? SV_NEVER : at - now);
        l->active = l->polled; /* what woke us may be followed by more */
        if (l->spin_max)
            adapt(l, l->polled - now);
        idle = 0;
    }
    return l->stopped ? l->code : 0;
}
