/* SPDX-License-Identifier: BSD-2-Clause */
/* A run that programs of this machine take part in, each through a TAP: its time is the clock's until `until`; what
 * settles afterwards settles at once, with nobody outside. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/help.h"
#include "cli/sim.h"
#include "port/clock.h"
#include "port/device.h"
#include "scenario/outside.h"

#define LONGEST_NAP (100u * SV_MS)

struct party {
    uint32_t host;
    struct sv_device device;
};

struct outside {
    struct party *party;
    uint32_t n;
    struct pollfd *fd;
    sv_time begun, latest; /* latest: how far the run was behind the clock, at most */
};

static volatile sig_atomic_t enough;

static void on_signal(int number)
{
    (void)number;
    enough = 1;
}

/* Ctrl-C ends the real time; what is left of the run goes on without those outside, and is judged. */
static void take_signals(void)
{
    const struct sigaction a = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &a, NULL);
    (void)sigaction(SIGTERM, &a, NULL);
}

static void close_all(struct outside *o)
{
    for (uint32_t i = 0; i < o->n; i++)
        sv_device_close(&o->party[i].device);
    free(o->party);
    free(o->fd);
}

static bool open_one(struct party *p, const struct sc_host *h)
{
    char error[SV_DEVICE_TEXT], what[64];
    struct sv_device_options options;
    sv_device_defaults(&options);
    options.kernel_addresses = 0;
    for (uint32_t i = 0; i < h->addrs && i < sizeof options.kernel / sizeof *options.kernel; i++)
        options.kernel[options.kernel_addresses++] = (struct sv_device_address){h->addr[i], h->length[i]};
    options.mtu = h->mtu;
    options.plain = true; /* each frame as it is on the link: a fault drops a segment, not sixty */
    snprintf(what, sizeof what, "tap:%s", h->tap);
    if (sv_device_open(&p->device, what, &options, error))
        return true;
    (void)cli_fail("sim", "%s joins through %s: %s", h->name, what, error);
    return false;
}

static bool open_all(struct outside *o, const struct sc_model *m)
{
    const uint32_t all = sc_outsides(m);
    o->party = calloc(all + 1u, sizeof *o->party);
    o->fd = calloc(all + 1u, sizeof *o->fd);
    for (uint32_t i = 0; i < m->hosts && o->party && o->fd; i++) {
        if (m->host[i].kind != SC_OUTSIDE)
            continue;
        o->party[o->n].host = i;
        if (!open_one(&o->party[o->n], &m->host[i]))
            return false;
        o->fd[o->n] = (struct pollfd){.fd = o->party[o->n].device.fd, .events = POLLIN};
        o->n++;
    }
    return o->party && o->fd;
}

static void give(void *ctx, struct sc_run *run, uint32_t host, struct sv_buf *take)
{
    struct outside *o = ctx;
    struct sv_burst burst = {.n = 1, .packet = {take}};
    (void)run;
    uint32_t i = 0;
    while (o->party[i].host != host)
        i++;
    o->party[i].device.send(&o->party[i].device, &burst);
}

/* What came from outside meanwhile. */
static void take_in(struct outside *o, struct sc_run *run)
{
    for (uint32_t i = 0; i < o->n; i++) {
        struct party *p = &o->party[i];
        struct sv_burst burst = {.n = 0};
        (void)p->device.flush(&p->device);
        if (!p->device.fill(&p->device, run->pool, 0, &burst))
            continue;
        const sv_time now = sv_clock() - o->begun, next = sc_run_next(run);
        sc_outside_put(run, p->host, &burst, now < next ? now : next);
    }
}

static void nap(struct outside *o, sv_time until)
{
    const sv_time now = sv_clock() - o->begun;
    const sv_time rest = until > now ? until - now : 0, wait = rest < LONGEST_NAP ? rest : LONGEST_NAP;
    const struct timespec t = {.tv_nsec = (long)wait};
    (void)ppoll(o->fd, o->n, &t, NULL);
}

bool sim_run_outside(struct sc_run *run, struct sc_result *result)
{
    struct outside o = {0};
    if (!open_all(&o, run->model)) {
        close_all(&o);
        return false;
    }
    run->outside = give;
    run->outside_ctx = &o;
    run->script_stale = true;
    take_signals();
    o.begun = sv_clock();
    fprintf(stderr, "seven sim: %s runs in real time for %.3f s\n", run->model->name, (double)run->model->until / 1e9);
    while (!run->settling && !run->over && !enough) {
        const sv_time next = sc_run_next(run), now = sv_clock() - o.begun;
        if (next <= now) {
            o.latest = now - next > o.latest ? now - next : o.latest;
            (void)sc_run_turn(run);
        } else {
            nap(&o, next);
        }
        take_in(&o, run);
    }
    run->outside = NULL;
    run->outside_ctx = NULL;
    close_all(&o); /* they hold packets of the world's */
    while (sc_run_turn(run))
        ;
    fprintf(stderr, "seven sim: at most %.3f ms behind the clock\n", (double)o.latest / 1e6);
    sc_result_of(run, NULL, result);
    return true;
}
