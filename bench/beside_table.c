/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/beside_table.h"

#include <math.h>
#include <sys/utsname.h>

void beside_tell(const struct beside_bench *b, uint32_t job, uint32_t tries)
{
    const struct beside_job *j = &b->job[job];
    const struct beside_result *r = b->result[job];
    const double frames = r->late.frames ? (double)r->late.frames : 1;
    fprintf(stderr, "%s seed %llu", j->condition->name, (unsigned long long)j->seed);
    for (uint32_t i = 0; i < BESIDE_FLOWS && j->who[i]; i++) {
        const struct beside_view *v = &r->view[i][r->ticks ? r->ticks - 1 : 0];
        fprintf(stderr, ", %s %.2f Mbit/s cwnd %u ssthresh %u rtt %.1f ms, %u again", beside_who_name(j->who[i]),
                beside_goodput(r, i, 0, j->seconds), v->cwnd, v->ssthresh, v->srtt_us / 1e3, v->retransmits);
    }
    fprintf(stderr, "; %llu lost, %llu refused; late %.2f %% (mean %.0f us, most %.1f ms), tap dropped %llu%s%s%s\n",
            (unsigned long long)r->lost, (unsigned long long)r->queue_full, 100 * (double)r->late.late / frames,
            (double)r->late.sum_ns / 1e3 / frames, (double)r->late.most_ns / 1e6, (unsigned long long)r->tap_dropped,
            tries > 1 ? ", again" : "", r->ok ? "" : ": ", r->wrong);
}

void beside_write_series(const struct beside_bench *b, uint32_t job)
{
    const struct beside_result *r = b->result[job];
    for (uint32_t t = 0; b->series && t < r->ticks; t++) {
        for (uint32_t k = 0; k < BESIDE_FLOWS && b->job[job].who[k]; k++) {
            const struct beside_view *v = &r->view[k][t];
            fprintf(b->series, "%s %llu %u %s %u.%u %llu %u %u %u %u %u %u\n", b->job[job].condition->name,
                    (unsigned long long)b->job[job].seed, job, beside_who_name(b->job[job].who[k]), (t + 1) / 10,
                    (t + 1) % 10, (unsigned long long)r->received[k][t], v->cwnd, v->ssthresh, v->in_flight, v->srtt_us,
                    v->retransmits, v->backoff);
        }
    }
    if (b->series)
        fflush(b->series);
}

static bool counts(const struct beside_bench *b, uint32_t i)
{
    return b->result[i] && b->result[i]->ok && !beside_disturbed(b->result[i]);
}

struct sums {
    double kernel, seven[2], against_itself;
    double least[2], most[2]; /* ratios of the seeds */
    uint32_t n;
    uint64_t again[3];
};

static bool add_seed(const struct beside_bench *b, uint32_t at, struct sums *s)
{
    double rate[BESIDE_TURNS];
    for (uint32_t k = 0; k < BESIDE_TURNS; k++) {
        if (!counts(b, at + k))
            return false;
        rate[k] = beside_goodput(b->result[at + k], 0, 0, b->o.seconds);
        if (k < 3)
            s->again[k] += b->result[at + k]->view[0][b->result[at + k]->ticks - 1].retransmits;
    }
    const double mean = (rate[0] + rate[3]) / 2;
    s->kernel += mean;
    s->against_itself = fmax(s->against_itself, fabs(rate[3] - rate[0]) / mean);
    for (uint32_t k = 0; k < 2; k++) {
        const double ratio = rate[k + 1] / mean;
        s->seven[k] += rate[k + 1];
        s->least[k] = s->n ? fmin(s->least[k], ratio) : ratio;
        s->most[k] = s->n ? fmax(s->most[k], ratio) : ratio;
    }
    s->n++;
    return true;
}

/* Each seed is four jobs in a row. */
static bool print_goodput(const struct beside_bench *b, uint32_t first)
{
    const struct beside_condition *c = b->job[first].condition;
    struct sums s = {.n = 0};
    for (uint32_t i = 0; i < b->o.seeds; i++)
        (void)add_seed(b, first + BESIDE_TURNS * i, &s);
    if (s.n == 0) {
        printf("| %s | %s | %s | | | | | | |\n", c->name, c->says, b->result[first] ? "disturbed" : "not run");
        return false;
    }
    printf("| %s | %s | %.2f |", c->name, c->says, s.kernel / s.n);
    for (uint32_t k = 0; k < 2; k++)
        printf(" %.2f | **%.3f** (%.2f to %.2f) |", s.seven[k] / s.n, s.seven[k] / s.kernel, s.least[k], s.most[k]);
    printf(" %.1f %% | %llu, %llu, %llu |%s\n", 100 * s.against_itself, (unsigned long long)(s.again[0] / s.n),
           (unsigned long long)(s.again[1] / s.n), (unsigned long long)(s.again[2] / s.n),
           s.n < b->o.seeds ? " (not all seeds)" : "");
    return s.n == b->o.seeds;
}

static bool print_share(const struct beside_bench *b, uint32_t at)
{
    const struct beside_job *j = &b->job[at];
    double rate[2][16], x = 0, y = 0, least = 1;
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->o.seeds && n < 16; i++) {
        const uint32_t run = at + BESIDE_TURNS * i;
        if (!counts(b, run))
            continue;
        for (uint32_t k = 0; k < 2; k++)
            rate[k][n] = beside_goodput(b->result[run], k, j->seconds / 4.0, j->seconds);
        const double p = rate[0][n], q = rate[1][n];
        least = fmin(least, (p + q) * (p + q) / (2 * (p * p + q * q)));
        x += p;
        y += q;
        n++;
    }
    printf("| %s | %s, %s |", j->condition->says, beside_who_name(j->who[0]), beside_who_name(j->who[1]));
    if (n == 0) {
        printf(" %s | | | |\n", b->result[at] ? "disturbed" : "not run");
        return false;
    }
    printf(" %.2f, %.2f | %.4f | %.4f | %.1f %% |\n", x / n, y / n, (x + y) * (x + y) / (2 * (x * x + y * y)), least,
           100 * (x + y) / n / j->condition->mbit_s);
    return n == b->o.seeds;
}

bool beside_print(const struct beside_bench *b)
{
    struct utsname u;
    bool good = true;
    if (uname(&u) == 0)
        printf("%s %s, %u s a run, %u seeds, %s\n\n", u.sysname, u.release, b->o.seconds, b->o.seeds,
               sv_congestion_name(b->o.congestion));
    if (b->o.share)
        printf("| bottleneck | first, second | Mbit/s | Jain's index | least of a run | used |\n"
               "|---|---|---|---|---|---|\n");
    else
        printf("| condition | path | kernel | modern | ratio | linux | ratio | kernel against itself | sent again |\n"
               "|---|---|---|---|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < b->n; i += BESIDE_TURNS * b->o.seeds) {
        for (uint32_t k = 0; k < BESIDE_TURNS && b->o.share; k++)
            good = print_share(b, i + k) && good;
        if (!b->o.share)
            good = print_goodput(b, i) && good;
    }
    return good;
}
