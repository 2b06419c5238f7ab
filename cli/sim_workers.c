/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that run worlds for one that waits: a signal ends all of them and leaves the summary so far; without the
 * one that waits none goes on. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/sim.h"

static volatile sig_atomic_t came;

static void note(int number)
{
    came = number;
}

void sim_heed_signals(void)
{
    const struct sigaction once = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND}; /* the second one ends us */
    (void)sigaction(SIGINT, &once, NULL);
    (void)sigaction(SIGTERM, &once, NULL);
}

int sim_signal(void)
{
    return came;
}

pid_t sim_fork(void)
{
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        (void)signal(SIGINT, SIG_IGN); /* a terminal's is for the parent to pass on */
        (void)signal(SIGTERM, SIG_DFL);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0);
    }
    return pid;
}

bool sim_wait(pid_t pid, const pid_t all[], uint32_t n, int *status)
{
    bool told = false;
    for (;;) {
        for (uint32_t i = 0; came && !told && i < n; i++)
            if (all[i] > 0)
                (void)kill(all[i], SIGTERM);
        told = came != 0;
        if (waitpid(pid, status, 0) == pid)
            return !came;
        if (errno != EINTR)
            return false;
    }
}
