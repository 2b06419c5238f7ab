/* SPDX-License-Identifier: BSD-2-Clause */
/* Jobs in children of their own, so that each has fresh namespaces and leaves nothing. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/beside.h"

#define TOGETHER 8u /* runs at once, at most */

struct running {
    pid_t pid; /* 0: free */
    int from;
    uint32_t job, tries;
    size_t got;
    struct beside_result *result;
};

static volatile sig_atomic_t enough;

static void on_signal(int number)
{
    (void)number;
    enough = 1;
}

const char *beside_who_name(enum beside_who who)
{
    static const char *const name[] = {"-", "kernel", "modern", "linux"};
    return name[who];
}

bool beside_is_seven(enum beside_who who)
{
    return who == BESIDE_MODERN || who == BESIDE_LINUX;
}

bool beside_disturbed(const struct beside_result *r)
{
    return r->tap_dropped > 0 || r->late.late * 100u > r->late.frames;
}

double beside_goodput(const struct beside_result *r, uint32_t flow, double from_s, double to_s)
{
    const uint32_t from = (uint32_t)(from_s * 10 + 0.5), to = (uint32_t)(to_s * 10 + 0.5);
    if (to == 0 || to > r->ticks || from >= to)
        return 0;
    const uint64_t bytes = r->received[flow][to - 1] - (from ? r->received[flow][from - 1] : 0);
    return (double)bytes * 8 / ((to_s - from_s) * 1e6);
}

static _Noreturn void play(const struct beside_job *job, int to)
{
    static struct beside_result r;
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    beside_play(job, &r);
    for (size_t sent = 0; sent < sizeof r;) {
        const ssize_t n = write(to, (const char *)&r + sent, sizeof r - sent);
        if (n <= 0)
            _exit(1);
        sent += (size_t)n;
    }
    _exit(0);
}

static bool begin(struct running *r, const struct beside_job *job, uint32_t number)
{
    int channel[2];
    if (!r->result)
        r->result = malloc(sizeof *r->result);
    if (!r->result || pipe(channel) != 0)
        return false;
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(channel[0]);
        if (getppid() == parent)
            play(job, channel[1]);
        _exit(1);
    }
    close(channel[1]);
    r->from = channel[0];
    r->pid = pid > 0 ? pid : 0;
    r->job = number;
    r->got = 0;
    r->tries++;
    memset(r->result, 0, sizeof *r->result);
    return pid > 0;
}

/* Reads what there is. True: it is over. */
static bool ended(struct running *r)
{
    char *to = (char *)r->result;
    const ssize_t n = read(r->from, to + r->got, sizeof *r->result - r->got);
    if (n > 0)
        r->got += (size_t)n;
    if (n > 0 || (n < 0 && errno == EINTR))
        return false;
    close(r->from);
    while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    r->pid = 0;
    if (r->got < sizeof *r->result) {
        memset(r->result, 0, sizeof *r->result);
        snprintf(r->result->wrong, sizeof r->result->wrong, "the run ended early");
    }
    return true;
}

static uint32_t rate_of(const struct running *r, uint32_t slots, const struct beside_job *job)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < slots; i++)
        sum += r[i].pid ? job[r[i].job].condition->mbit_s : 0;
    return sum;
}

static struct running *free_slot(struct running *r)
{
    for (uint32_t i = 0; i < TOGETHER; i++) {
        if (!r[i].pid)
            return &r[i];
    }
    return NULL;
}

/* Starts as many of the next jobs as go together. */
static bool fill(struct running *r, const struct beside_job *job, uint32_t n, uint32_t together, uint32_t *next)
{
    while (*next < n && !enough) {
        struct running *slot = free_slot(r);
        const uint32_t rate = rate_of(r, TOGETHER, job);
        if (!slot || (rate && rate + job[*next].condition->mbit_s > together))
            return true;
        slot->tries = 0;
        if (!begin(slot, &job[*next], *next))
            return false;
        (*next)++;
    }
    return true;
}

static void stop(struct running *r)
{
    for (uint32_t i = 0; i < TOGETHER; i++) {
        if (r[i].pid) {
            (void)kill(r[i].pid, SIGKILL);
            (void)waitpid(r[i].pid, NULL, 0);
            close(r[i].from);
        }
        free(r[i].result);
    }
}

static void listen_to(struct running *r, const struct beside_job *job, uint32_t tries, beside_done *done, void *self)
{
    struct pollfd fd[TOGETHER];
    for (uint32_t i = 0; i < TOGETHER; i++)
        fd[i] = (struct pollfd){.fd = r[i].pid ? r[i].from : -1, .events = POLLIN};
    if (poll(fd, TOGETHER, 500) <= 0)
        return;
    for (uint32_t i = 0; i < TOGETHER; i++) {
        if (!fd[i].revents || !ended(&r[i]))
            continue;
        if ((!r[i].result->ok || beside_disturbed(r[i].result)) && r[i].tries < tries && !enough) {
            if (begin(&r[i], &job[r[i].job], r[i].job))
                continue;
        }
        done(self, r[i].job, r[i].result, r[i].tries);
    }
}

bool beside_run(const struct beside_job *job, uint32_t n, uint32_t tries, uint32_t together, beside_done *done,
                void *self)
{
    const struct sigaction a = {.sa_handler = on_signal};
    struct running r[TOGETHER];
    uint32_t next = 0;
    bool good = true;
    memset(r, 0, sizeof r);
    (void)sigaction(SIGINT, &a, NULL);
    (void)sigaction(SIGTERM, &a, NULL);
    while (good && !enough && (next < n || rate_of(r, TOGETHER, job))) {
        good = fill(r, job, n, together, &next);
        listen_to(r, job, tries, done, self);
    }
    stop(r);
    return good && !enough;
}
