/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/demo.h"

bool demo_has(const char *program)
{
    const char *path = getenv("PATH");
    char full[512];
    for (const char *at = path ? path : "/usr/bin:/bin"; *at; at += *at == ':') {
        const int n = (int)strcspn(at, ":");
        if (snprintf(full, sizeof full, "%.*s/%s", n, at, program) < (int)sizeof full && access(full, X_OK) == 0)
            return true;
        at += n;
    }
    return false;
}

/* In the child: ends with us, hears signals as always, writes to the pipe (or the log) and the log. */
static void settle(const struct demo *d, int out)
{
    sigset_t none;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    const int nothing = open("/dev/null", O_RDONLY);
    (void)dup2(nothing, STDIN_FILENO);
    (void)dup2(out >= 0 ? out : fileno(d->log), STDOUT_FILENO);
    (void)dup2(fileno(d->log), STDERR_FILENO);
}

static pid_t start(struct demo *d, const char *const argv[], int (*function)(struct demo *d), int out)
{
    (void)fflush(NULL);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    settle(d, out);
    if (getppid() != parent)
        _exit(1);
    if (function) {
        const int status = function(d);
        (void)fflush(stdout);
        _exit(status);
    }
    if (!argv)
        _exit(127);
    /* execvp takes no const, and changes nothing. */
    union {
        const char *const *given;
        char *const *taken;
    } words = {argv};
    (void)execvp(argv[0], words.taken);
    (void)dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static void on_output(void *self, int fd, uint32_t events, sv_time now)
{
    struct demo *d = self;
    char bytes[1024];
    (void)events;
    (void)now;
    const ssize_t n = read(fd, bytes, sizeof bytes);
    if (n <= 0) {
        cli_network_unwatch(d->seven, fd);
        return;
    }
    for (ssize_t i = 0; i < n && d->out && d->out_n + 1 < DEMO_OUTPUT; i++)
        d->out[d->out_n++] = bytes[i];
}

static void on_end(void *self, int fd, uint32_t events, sv_time now)
{
    struct demo *d = self;
    (void)fd;
    (void)events;
    (void)now;
    cli_network_stop(d->seven, 0);
}

static int run(struct demo *d, const char *const argv[], int (*function)(struct demo *d), char *out, sv_time longest)
{
    int ends[2], status = 0;
    char scrap[DEMO_OUTPUT];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return 127;
    d->out = out ? out : scrap;
    d->out_n = 0;
    d->child = start(d, argv, function, ends[1]);
    (void)close(ends[1]);
    const int watched = d->child > 0 ? (int)syscall(SYS_pidfd_open, d->child, 0) : -1;
    bool in_time = false;
    if (watched >= 0) {
        (void)cli_network_watch(d->seven, watched, CLI_READ, on_end, d);
        (void)cli_network_watch(d->seven, ends[0], CLI_READ, on_output, d);
        in_time = demo_turn(d, longest);
        cli_network_unwatch(d->seven, watched);
        cli_network_unwatch(d->seven, ends[0]);
        (void)close(watched);
    }
    if (d->child > 0) {
        if (!in_time)
            (void)kill(d->child, SIGKILL);
        (void)waitpid(d->child, &status, 0);
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ssize_t n;
    while (d->out_n + 1 < DEMO_OUTPUT && (n = read(ends[0], d->out + d->out_n, DEMO_OUTPUT - 1 - d->out_n)) > 0)
        d->out_n += (size_t)n;
    (void)close(ends[0]);
    d->out[d->out_n] = '\0';
    d->out = NULL;
    const bool started = d->child > 0 && watched >= 0;
    d->child = 0;
    if (!started)
        return 127;
    if (!in_time)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int demo_run(struct demo *d, const char *const argv[], char *out, sv_time longest)
{
    demo_log(d, "$ %s ...", argv[0]);
    const int status = run(d, argv, NULL, out, longest);
    demo_log(d, "%s: exit %d", argv[0], status);
    return status;
}

int demo_run_function(struct demo *d, int (*function)(struct demo *d), char *out, sv_time longest)
{
    return run(d, NULL, function, out, longest);
}

bool demo_background(struct demo *d, const char *const argv[], int (*function)(struct demo *d))
{
    if (d->backgrounds == DEMO_CHILDREN)
        return false;
    const pid_t pid = start(d, argv, function, -1);
    if (pid <= 0)
        return false;
    d->background[d->backgrounds++] = pid;
    return true;
}

void demo_kill_all(struct demo *d)
{
    for (uint32_t i = 0; i < d->backgrounds; i++) {
        (void)kill(d->background[i], SIGTERM);
        (void)waitpid(d->background[i], NULL, 0);
    }
    d->backgrounds = 0;
}

bool demo_turn(struct demo *d, sv_time longest)
{
    d->give_up_at = cli_network_now(d->seven) + longest;
    const int status = cli_network_run(d->seven);
    d->give_up_at = SV_NEVER;
    return status == 0 && !cli_network_interrupted(d->seven);
}
