/* SPDX-License-Identifier: BSD-2-Clause */
/* The shared object's lock, clock and blocked calls. */
#include "drill/packetdrill_so.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SV_PD_PATIENCE_S 1000u /* of virtual time for a packet that does not come */
#define SV_PD_VALUE 128u
#define SV_PD_CONGESTION "net.ipv4.tcp_congestion_control"
#define SV_PD_ASKED_S 5 /* of real time for a thread that was woken to ask the time */

struct sv_pd_waiter {
    struct sv_pd_waiter *next;
    sv_pd_call call;
    void *arguments;
    ssize_t result;
    bool done;
};

struct sv_pd {
    pthread_mutex_t lock;
    pthread_cond_t woken; /* a blocked call is over */
    pthread_cond_t asked; /* ... and its thread knows when */
    pthread_t main_thread;
    struct sv_posix *posix;
    struct sv_pd_waiter *waiting;
    pid_t returning;  /* the thread whose call ended last, until it is seen to sleep again; 0: none */
    uint32_t unasked; /* calls that are over, whose threads have not asked the time */
    sv_time patience;
    char sysctls[128]; /* where /proc/sys is; empty: nowhere */
    /* What the machine's default congestion control was at first. A namespace may refuse to have it set ("not
     * allowed"), so only a change is the script's word; until then the profile's stands. */
    char congestion[SV_PD_VALUE];
};

/* --- place-holders: the kernel must know the numbers, for libc's close() at a script's end --- */

static int sv_pd_fd_open(void *hook)
{
    (void)hook;
    const int fd = eventfd(0, EFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static void sv_pd_fd_close(void *hook, int fd)
{
    (void)hook;
    /* Not close(): this library has one of its own. */
    (void)syscall(SYS_close, fd);
}

/* --- flags --- */

struct sv_pd_flags {
    struct sv_posix_config config;
    struct sv_addr local[4];
    uint32_t locals;
    const char *sysctls;
    uint64_t patience_s;
    char text[512];
};

static bool sv_pd_profile(const char *name, uint32_t *profile)
{
    static const char *const names[] = {"modern", "linux", "rfc", "tiny"};
    for (uint32_t i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0) {
            *profile = i;
            return true;
        }
    return false;
}

static bool sv_pd_flag(struct sv_pd_flags *f, const char *name, const char *value)
{
    char *end = NULL;
    const uint64_t number = strtoull(value, &end, 0);
    const bool is_number = *value && !*end;
    if (strcmp(name, "local") == 0)
        return f->locals < 4 && sv_addr_parse(value, &f->local[f->locals++], NULL);
    if (strcmp(name, "profile") == 0)
        return sv_pd_profile(value, &f->config.profile);
    if (strcmp(name, "sysctls") == 0)
        f->sysctls = value;
    else if (strcmp(name, "mtu") == 0 && is_number)
        f->config.mtu = (uint32_t)number;
    else if (strcmp(name, "seed") == 0 && is_number)
        f->config.seed = number;
    else if (strcmp(name, "patience") == 0 && is_number)
        f->patience_s = number;
    else
        return false;
    return true;
}

static bool sv_pd_take_flags(struct sv_pd_flags *f, const char *flags)
{
    char *rest = NULL;
    if (!flags)
        return true;
    if (strlen(flags) >= sizeof f->text)
        return false;
    memcpy(f->text, flags, strlen(flags) + 1u);
    for (char *word = strtok_r(f->text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        char *value = strchr(word, '=');
        if (value)
            *value++ = '\0';
        if (!value || !sv_pd_flag(f, word, value)) {
            (void)fprintf(stderr, "libseven_packetdrill: \"%s\" is no flag, or has no such value\n", word);
            return false;
        }
    }
    return true;
}

/* --- sysctls --- */

/* False: this kernel does not have it. */
static bool sv_pd_read_sysctl(const struct sv_pd *w, const char *name, char value[SV_PD_VALUE])
{
    char path[256];
    const int n = snprintf(path, sizeof path, "%s/%s", w->sysctls, name);
    if (!w->sysctls[0] || n < 0 || (size_t)n >= sizeof path)
        return false;
    for (char *c = path + strlen(w->sysctls); *c; c++)
        *c = *c == '.' ? '/' : *c;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t got = read(fd, value, SV_PD_VALUE - 1u);
    (void)syscall(SYS_close, fd);
    value[got > 0 ? got : 0] = '\0';
    return got > 0;
}

/* Takes over what /proc/sys says now: a script's prelude sets it, and that runs after init. */
static void sv_pd_read_sysctls(struct sv_pd *w)
{
    char value[SV_PD_VALUE];
    const char *name;
    for (uint32_t i = 0; (name = sv_posix_sysctl_name(i)) != NULL; i++) {
        if (!sv_pd_read_sysctl(w, name, value))
            continue;
        if (strcmp(name, SV_PD_CONGESTION) == 0 && strcmp(value, w->congestion) == 0)
            continue;
        (void)sv_posix_sysctl(w->posix, name, value); /* what the kernel let pass is a value */
    }
}

/* --- from init to free --- */

static void sv_pd_retry(struct sv_pd *w);

static void sv_pd_opened(void *w)
{
    sv_pd_retry(w);
}

struct sv_pd *sv_pd_open(const char *flags)
{
    struct sv_pd_flags f = {
        .config =
            {.seed = 1, .profile = SV_PROFILE_LINUX, .adopt = 1, .fd_open = sv_pd_fd_open, .fd_close = sv_pd_fd_close},
        .sysctls = "/proc/sys",
        .patience_s = SV_PD_PATIENCE_S,
    };
    if (!sv_pd_take_flags(&f, flags))
        return NULL;
    struct sv_pd *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    f.config.opened = sv_pd_opened;
    f.config.opened_hook = w;
    w->posix = sv_posix_create(&f.config);
    bool good = w->posix != NULL && strlen(f.sysctls) < sizeof w->sysctls;
    for (uint32_t i = 0; good && i < f.locals; i++)
        good = sv_posix_address_add(w->posix, &f.local[i]) == 0;
    if (!good) {
        sv_posix_destroy(w->posix);
        free(w);
        return NULL;
    }
    memcpy(w->sysctls, f.sysctls, strlen(f.sysctls) + 1u);
    (void)sv_pd_read_sysctl(w, SV_PD_CONGESTION, w->congestion); /* a kernel without it has nothing to say */
    w->patience = f.patience_s * SV_S;
    w->main_thread = pthread_self();
    (void)pthread_mutex_init(&w->lock, NULL); /* with default attributes neither fails */
    (void)pthread_cond_init(&w->woken, NULL);
    (void)pthread_cond_init(&w->asked, NULL);
    return w;
}

void sv_pd_close(struct sv_pd *w)
{
    sv_posix_destroy(w->posix);
    (void)pthread_cond_destroy(&w->asked);
    (void)pthread_cond_destroy(&w->woken);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}

/* --- blocked calls and the clock --- */

/* Something happened: which of the blocked calls are over? */
static void sv_pd_retry(struct sv_pd *w)
{
    struct sv_pd_waiter **at = &w->waiting;
    while (*at) {
        struct sv_pd_waiter *k = *at;
        const ssize_t result = k->call(w->posix, k->arguments);
        if (result == SV_POSIX_BLOCKED) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        k->result = result;
        k->done = true;
        w->unasked++;
        (void)pthread_cond_broadcast(&w->woken);
    }
}

/* Main may not move the clock on before the woken have asked what it says. */
static void sv_pd_await_asked(struct sv_pd *w)
{
    struct timespec until;
    if (!w->unasked || !pthread_equal(pthread_self(), w->main_thread))
        return;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += SV_PD_ASKED_S;
    while (w->unasked)
        if (pthread_cond_timedwait(&w->asked, &w->lock, &until) == ETIMEDOUT)
            w->unasked = 0; /* it does not want to know */
}

/* One step towards `until`: to the next thing that happens, or all the way. */
static void sv_pd_step(struct sv_pd *w, sv_time until)
{
    sv_time next = sv_posix_next_event(w->posix);
    sv_pd_await_asked(w);
    if (next <= sv_posix_now(w->posix))
        next = sv_posix_now(w->posix) + 1u;
    sv_posix_run_until(w->posix, next < until ? next : until);
    sv_pd_retry(w);
}

static void sv_pd_run_until(struct sv_pd *w, sv_time until)
{
    while (sv_posix_now(w->posix) < until)
        sv_pd_step(w, until);
    sv_pd_await_asked(w);
}

/* A blocked call of main's own: nobody else moves the clock. When nothing will ever happen it ends with EAGAIN. */
static ssize_t sv_pd_drive(struct sv_pd *w, sv_pd_call call, void *arguments)
{
    const sv_time until = sv_posix_now(w->posix) + w->patience;
    ssize_t result = SV_POSIX_BLOCKED;
    while (result == SV_POSIX_BLOCKED) {
        const sv_time next = sv_posix_next_event(w->posix);
        if (next > until) {
            sv_posix_give_up(w->posix, -1);
            return -EAGAIN;
        }
        sv_pd_step(w, next);
        result = call(w->posix, arguments);
    }
    return result;
}

static ssize_t sv_pd_sleep(struct sv_pd *w, sv_pd_call call, void *arguments)
{
    struct sv_pd_waiter k = {.next = w->waiting, .call = call, .arguments = arguments};
    // cppcheck-suppress autoVariables ; whoever answers the call takes it out of the list, and until then it waits here
    w->waiting = &k;
    while (!k.done)
        (void)pthread_cond_wait(&w->woken, &w->lock);
    w->returning = gettid();
    return k.result;
}

ssize_t sv_pd_do(struct sv_pd *w, sv_pd_call call, void *arguments)
{
    (void)pthread_mutex_lock(&w->lock);
    sv_pd_read_sysctls(w);
    ssize_t result = call(w->posix, arguments);
    if (result == SV_POSIX_BLOCKED) {
        if (pthread_equal(pthread_self(), w->main_thread))
            result = sv_pd_drive(w, call, arguments);
        else
            result = sv_pd_sleep(w, call, arguments);
    } else {
        sv_pd_retry(w);
    }
    (void)pthread_mutex_unlock(&w->lock);
    if (result >= 0)
        return result;
    errno = (int)-result;
    return -1;
}

/* --- packets --- */

/* A SYN begins a connection: it meets the sysctls as they are now. */
static bool sv_pd_is_syn(const uint8_t *p, size_t n)
{
    const size_t at = n >= 20 && p[0] >> 4 == 4 ? (size_t)(p[0] & 15u) * 4u : 40;
    const uint8_t protocol = n >= 20 && p[0] >> 4 == 4 ? p[9] : n >= 40 ? p[6] : 0;
    return protocol == 6 && n >= at + 20u && (p[at + 13] & 0x12u) == 0x02u;
}

int sv_pd_send(struct sv_pd *w, const void *packet, size_t n)
{
    (void)pthread_mutex_lock(&w->lock);
    if (sv_pd_is_syn(packet, n))
        sv_pd_read_sysctls(w);
    const int error = sv_posix_packet_in(w->posix, packet, n);
    sv_pd_retry(w);
    (void)pthread_mutex_unlock(&w->lock);
    if (error == 0)
        return 0;
    errno = -error;
    return -1;
}

int sv_pd_receive(struct sv_pd *w, void *packet, size_t *n, long long *usec)
{
    sv_time when = 0;
    (void)pthread_mutex_lock(&w->lock);
    const sv_time until = sv_posix_now(w->posix) + w->patience;
    int got = sv_posix_packet_out(w->posix, packet, n, &when);
    while (got == 0) {
        const sv_time next = sv_posix_next_event(w->posix);
        if (next > until)
            break;
        sv_pd_step(w, next);
        got = sv_posix_packet_out(w->posix, packet, n, &when);
    }
    sv_pd_await_asked(w);
    (void)pthread_mutex_unlock(&w->lock);
    if (got < 0) {
        errno = -got;
        return -1;
    }
    if (got == 0) { /* silence: a packet of no bytes ends the script, an error would only be asked again */
        *n = 0;
        when = sv_posix_now(w->posix);
    }
    *usec = (long long)(when / SV_US);
    return 0;
}

/* --- time --- */

static bool sv_pd_is_asleep(pid_t thread)
{
    char path[64], line[256] = {0};
    const int n = snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    const int fd = n > 0 && (size_t)n < sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return true;
    const ssize_t got = read(fd, line, sizeof line - 1u);
    (void)syscall(SYS_close, fd);
    const char *state = got > 0 ? strrchr(line, ')') : NULL;
    return !state || state[1] == '\0' || state[2] == 'S';
}

/* The thread whose call ended has its result to put down, under packetdrill's own lock, which main has let go while it
 * is here: main's next event comes after that. */
static void sv_pd_let_return(struct sv_pd *w)
{
    const struct timespec moment = {.tv_nsec = 100000};
    for (uint32_t i = 0; w->returning && i < 10000u; i++) {
        const pid_t thread = w->returning;
        (void)pthread_mutex_unlock(&w->lock);
        (void)nanosleep(&moment, NULL);
        const bool asleep = sv_pd_is_asleep(thread);
        (void)pthread_mutex_lock(&w->lock);
        if (asleep && w->returning == thread && !w->unasked)
            w->returning = 0;
    }
}

int sv_pd_usleep(struct sv_pd *w, useconds_t usec)
{
    (void)pthread_mutex_lock(&w->lock);
    if (pthread_equal(pthread_self(), w->main_thread))
        sv_pd_let_return(w);
    sv_pd_run_until(w, sv_posix_now(w->posix) + usec * SV_US);
    (void)pthread_mutex_unlock(&w->lock);
    return 0;
}

/* packetdrill spins on the clock, in both its threads: it goes on by a microsecond each time that one looks. Not when
 * the one that was blocked looks for the first time: it is told when its call ended. */
int sv_pd_gettimeofday(struct sv_pd *w, struct timeval *tv)
{
    (void)pthread_mutex_lock(&w->lock);
    if (w->unasked && !pthread_equal(pthread_self(), w->main_thread)) {
        w->unasked--;
        (void)pthread_cond_broadcast(&w->asked);
    } else {
        sv_pd_run_until(w, sv_posix_now(w->posix) + SV_US);
    }
    const sv_time now = sv_posix_now(w->posix);
    (void)pthread_mutex_unlock(&w->lock);
    tv->tv_sec = (time_t)(now / SV_S);
    tv->tv_usec = (suseconds_t)(now % SV_S / SV_US);
    return 0;
}

void sv_pd_run(struct sv_pd *w, const char *command)
{
    (void)pthread_mutex_lock(&w->lock);
    sv_pd_command(w->posix, command);
    (void)pthread_mutex_unlock(&w->lock);
}

bool sv_pd_owns(struct sv_pd *w, int fd)
{
    (void)pthread_mutex_lock(&w->lock);
    const bool ours = sv_posix_is_open(w->posix, fd);
    (void)pthread_mutex_unlock(&w->lock);
    return ours;
}
