/* SPDX-License-Identifier: BSD-2-Clause */
/* One run: the link on the real clock, and who is at its ends. One thread: frames are taken from the TAPs and from
 * Seven, put on the link at the time they were taken, and given out when they are due. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/beside.h"
#include "bench/kernel_end.h"
#include "port/capture_file.h"
#include "port/clock.h"
#include "port/memory.h"
#include "port/tap.h"
#include "trace/dissect.h"

#define PACKETS 98304u /* in both directions, and what Seven has not been acknowledged */
#define CEILING 40000u /* of the link, each way */
#define PATIENCE (20u * SV_S)
#define CHILDREN (2u * BESIDE_FLOWS)
#define TURNS 64u /* of what is due, before others have theirs */

struct world {
    const struct beside_job *job;
    struct beside_result *out;
    struct beside_shared *shared;
    struct beside_ends ends;
    struct sv_tap tap[2];
    struct sv_pool *pool;
    struct sv_link *link;
    struct sv_node *node;
    struct beside_seven seven;
    bool has_seven;
    pid_t child[CHILDREN];
    int go[BESIDE_FLOWS];
    bool started[BESIDE_FLOWS];
    sv_time begun;    /* the first frame; SV_NEVER: not yet */
    sv_time allowed;  /* behind the clock */
    sv_time shortest; /* nap: a fast link's frames come in small bursts rather than wake it up each */
    sv_time at;       /* of the frame whose answers are taken in; 0: none, they come now */
    struct sv_capture_out capture;
    sv_time late; /* of the frames that are being given out */
};

/* --- frames --- */

/* The link is for IPv4: what else a kernel says on a TAP takes no draw. */
static void keep_ip(struct sv_burst *b)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        const uint8_t *head = sv_buf_head(b->packet[i]);
        if (b->packet[i]->linear_length > 34u && head[12] == 8 && head[13] == 0)
            b->packet[kept++] = b->packet[i];
        else
            sv_buf_free(b->packet[i]);
    }
    b->n = kept;
}

/* Frames as they enter the link, with what is done to them still to come. */
static void keep(struct world *w, sv_port port, const struct sv_burst *b, sv_time now)
{
    uint8_t bytes[96];
    for (uint32_t i = 0; i < b->n; i++) {
        const uint32_t length = b->packet[i]->length, n = length < sizeof bytes ? length : (uint32_t)sizeof bytes;
        const struct sv_pcapng_piece piece = {bytes, n};
        const struct sv_pcapng_packet p = {
            .interface = port, .time_ns = now - w->begun, .wire_length = length, .piece = &piece, .pieces = 1};
        if (sv_buf_read(b->packet[i], 0, bytes, n) && !sv_pcapng_packet(&w->capture.writer, &p))
            w->out->capture_failed = true;
    }
}

static void enter(struct world *w, sv_port port, struct sv_burst *b)
{
    const sv_time now = w->at ? w->at : sv_clock();
    if (b->n && w->begun == SV_NEVER)
        w->begun = now;
    if (w->job->capture)
        keep(w, port, b, now);
    if (b->n)
        sv_node_receive(w->node, port, b, now);
    b->n = 0;
}

static uint32_t take_from_tap(struct world *w, sv_port end)
{
    struct sv_burst b = {.n = 0};
    uint32_t moved = 0;
    for (uint32_t turns = 0; turns < 4 && w->tap[end].device.fill(&w->tap[end].device, w->pool, 0, &b); turns++) {
        moved += b.n;
        keep_ip(&b);
        enter(w, end, &b);
    }
    return moved;
}

static uint32_t take_from_seven(struct world *w)
{
    const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX};
    struct sv_burst b = {.n = 0};
    uint32_t moved = 0;
    for (uint32_t turns = 0; turns < 4 && sv_node_transmit(w->seven.node, 0, room, &b, sv_clock()); turns++) {
        moved += b.n;
        enter(w, 0, &b);
    }
    return moved;
}

static uint32_t take_in(struct world *w)
{
    return take_from_tap(w, 0) + take_from_tap(w, 1) + (w->has_seven ? take_from_seven(w) : 0);
}

static void counted(struct world *w, uint32_t frames)
{
    struct beside_late *l = &w->out->late;
    l->frames += frames;
    l->late += w->late > w->allowed ? frames : 0;
    l->sum_ns += w->late * frames;
    l->most_ns = frames && w->late > l->most_ns ? w->late : l->most_ns;
}

/* What comes back is for Seven or for the kernel, by its MAC. */
static void give_back(struct world *w, struct sv_burst *b)
{
    struct sv_burst mine = {.n = 0}, other = {.n = 0};
    for (uint32_t i = 0; i < b->n; i++) {
        if (w->has_seven && sv_buf_head(b->packet[i])[5] == 3)
            mine.packet[mine.n++] = b->packet[i];
        else
            other.packet[other.n++] = b->packet[i];
    }
    if (mine.n)
        sv_node_receive(w->seven.node, 0, &mine, sv_clock());
    if (other.n)
        w->tap[0].device.send(&w->tap[0].device, &other);
    b->n = 0;
}

static uint32_t give_due(struct world *w, sv_time at)
{
    const struct sv_room room = {.packets = SV_BURST, .bytes = UINT32_MAX};
    struct sv_burst b = {.n = 0};
    uint32_t moved = 0;
    sv_node_expire(w->node, at);
    while (sv_node_transmit(w->node, 1, room, &b, at)) {
        moved += b.n;
        w->tap[1].device.send(&w->tap[1].device, &b);
    }
    while (sv_node_transmit(w->node, 0, room, &b, at)) {
        moved += b.n;
        give_back(w, &b);
    }
    counted(w, moved);
    return moved;
}

/* What is due, in the order of its time, and after each frame the answers that it draws: a kernel answers while the
 * frame is written to its TAP. They enter the link at the time at which the frame was due. So a link that was behind
 * the clock makes no burst of what would have come one by one, and of two senders that share it none is always the
 * first to find room in the queue. A fast link has no time for that. */
static uint32_t give_out(struct world *w)
{
    const sv_time now = sv_clock();
    uint32_t moved = 0;
    sv_time due, before = 0;
    for (uint32_t turns = 0; turns < TURNS && (due = sv_node_next_deadline(w->node)) <= now; turns++) {
        w->late = now - due; /* where there are several, of the one that is due longest: the others less */
        w->at = due > before && !w->shortest ? due : now;
        before = due;
        moved += give_due(w, w->at);
        if (!w->shortest)
            moved += take_in(w);
    }
    w->at = 0;
    return moved;
}

static void nap(const struct world *w)
{
    struct pollfd fd[2] = {{.fd = sv_tap_fd(&w->tap[0]), .events = POLLIN},
                           {.fd = sv_tap_fd(&w->tap[1]), .events = POLLIN}};
    const sv_time now = sv_clock();
    sv_time until = sv_node_next_deadline(w->node), at = now + 5u * SV_MS;
    if (w->has_seven && sv_node_next_output(w->seven.node, SV_NO_PORT) != SV_NO_PORT)
        return;
    if (w->has_seven && sv_node_next_deadline(w->seven.node) < until)
        until = sv_node_next_deadline(w->seven.node);
    until = until > now + w->shortest ? until : now + w->shortest;
    at = until < at ? until : at;
    const struct timespec t = {.tv_nsec = (long)(at - now)};
    /* Of a fast link only time wakes it: each frame of a burst would. */
    (void)ppoll(fd, w->shortest ? 0 : 2, &t, NULL);
}

/* --- time --- */

static void start(struct world *w, uint32_t flow, sv_time now)
{
    w->started[flow] = true;
    if (beside_is_seven(w->job->who[flow]) && !beside_seven_connect(&w->seven, flow, now))
        w->seven.wrong = "it cannot connect";
    else if (w->job->who[flow] == BESIDE_KERNEL)
        (void)!write(w->go[flow], "", 1);
}

static void start_due(struct world *w, sv_time now)
{
    for (uint32_t i = 0; i < BESIDE_FLOWS; i++) {
        const sv_time after = (sv_time)w->job->start_ms[i] * SV_MS;
        if (w->job->who[i] && !w->started[i] && (after == 0 || (w->begun != SV_NEVER && now >= w->begun + after)))
            start(w, i, now);
    }
}

static void sample(struct world *w, sv_time now)
{
    struct beside_result *r = w->out;
    while (w->begun != SV_NEVER && r->ticks < w->job->seconds * 10u &&
           now >= w->begun + (r->ticks + 1u) * BESIDE_TICK) {
        for (uint32_t i = 0; i < BESIDE_FLOWS; i++) {
            r->received[i][r->ticks] = atomic_load(&w->shared->received[i]);
            r->view[i][r->ticks] = w->shared->kernel[i];
            if (beside_is_seven(w->job->who[i]))
                beside_seven_view(&w->seven, i, &r->view[i][r->ticks]);
        }
        r->ticks++;
    }
}

static const char *turn_until_over(struct world *w)
{
    const sv_time opened = sv_clock();
    while (w->out->ticks < w->job->seconds * 10u) {
        const sv_time now = sv_clock();
        start_due(w, now);
        uint32_t moved = give_out(w) + take_in(w);
        if (w->has_seven)
            beside_seven_turn(&w->seven, sv_clock());
        sample(w, now);
        if (w->has_seven && w->seven.wrong)
            return w->seven.wrong;
        if (w->begun == SV_NEVER && now - opened > PATIENCE)
            return "nobody sends";
        if (!moved)
            nap(w);
    }
    return NULL;
}

/* --- before and after --- */

static const char *build(struct world *w)
{
    struct sv_link_config c;
    memset(&c, 0, sizeof c);
    c.size = (uint32_t)sizeof c;
    c.seed = w->job->seed;
    c.ceiling = CEILING;
    beside_ways(w->job->condition, c.way);
    const uint64_t bytes =
        sv_link_bytes(CEILING) + sv_pool_bytes(PACKETS, PACKETS) + beside_seven_bytes(w->job) + (1u << 20);
    void *memory = sv_memory_map(bytes, false);
    struct sv_arena *arena = memory ? sv_arena_create(memory, bytes) : NULL;
    const sv_time now = sv_clock();
    w->pool = arena ? sv_pool_create(arena, PACKETS, PACKETS) : NULL;
    w->link = w->pool ? sv_link_create(arena, w->pool, &c, now) : NULL;
    if (!w->link)
        return "no memory for the link";
    w->node = sv_link_node(w->link);
    w->has_seven = beside_is_seven(w->job->who[0]) || beside_is_seven(w->job->who[1]);
    if (w->has_seven && !beside_seven_create(&w->seven, arena, w->pool, w->job, now))
        return "no memory for the stack";
    return NULL;
}

static const char *capture(struct world *w)
{
    static char error[SV_DEVICE_TEXT];
    const struct sv_pcapng_about about = {.application = "seven bench_beside", .comment = w->job->condition->says};
    if (!w->job->capture)
        return NULL;
    if (!sv_capture_create(&w->capture, w->job->capture, &about, error))
        return error;
    for (uint32_t i = 0; i < 2; i++) {
        if (sv_pcapng_interface(&w->capture.writer, i ? "back" : "out", SV_LINK_ETHERNET, 96) != i)
            return "the capture cannot be written";
    }
    return NULL;
}

static const char *people(struct world *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < BESIDE_FLOWS; i++) {
        if (!w->job->who[i])
            continue;
        if (!kernel_go(w->ends.ns[1]) || (w->child[n++] = beside_receiver(w->shared, i, w->job->first)) < 0)
            return "no receiver";
        if (w->job->who[i] == BESIDE_KERNEL &&
            (!kernel_go(w->ends.ns[0]) || (w->child[n++] = beside_sender(w->shared, i, w->job, &w->go[i])) < 0))
            return "no sender";
    }
    return NULL;
}

static void finish(struct world *w)
{
    struct beside_result *r = w->out;
    for (uint32_t i = 0; i < CHILDREN; i++) {
        if (w->child[i] <= 0)
            continue;
        (void)kill(w->child[i], SIGKILL);
        while (waitpid(w->child[i], NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    if (!w->link)
        return;
    if (w->job->capture && !sv_capture_finish(&w->capture))
        r->capture_failed = true;
    for (sv_port p = 0; p < 2; p++) {
        r->way[p] = *sv_link_count(w->link, p);
        const uint64_t dropped = beside_ends_dropped(&w->ends, p);
        r->tap_dropped += dropped + w->tap[p].device.counts.no_memory + w->tap[p].device.counts.full;
    }
    r->lost = sv_link_drops(w->link, SV_DROP_LINK_LOSS);
    r->queue_full = sv_link_drops(w->link, SV_DROP_QUEUE_FULL) + sv_link_drops(w->link, SV_DROP_QUEUE_MANAGED);
}

void beside_play(const struct beside_job *job, struct beside_result *out)
{
    static struct world w;
    const struct sched_param p = {.sched_priority = 2};
    const sv_time rtt = (sv_time)job->condition->rtt_us * SV_US;
    memset(&w, 0, sizeof w);
    memset(out, 0, sizeof *out);
    w.job = job;
    w.out = out;
    w.begun = SV_NEVER;
    w.allowed = rtt / 20u > 500u * SV_US ? rtt / 20u : 500u * SV_US;
    w.shortest = job->condition->mbit_s > 200 ? 40u * SV_US : 0;
    w.ends.tap[0] = &w.tap[0];
    w.ends.tap[1] = &w.tap[1];
    w.shared = mmap(NULL, sizeof *w.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const char *wrong = w.shared == MAP_FAILED ? "no memory" : beside_ends_open(&w.ends);
    wrong = wrong ? wrong : people(&w);
    if (job->first)
        (void)sched_setscheduler(0, SCHED_FIFO, &p); /* without the right to it lateness tells */
    wrong = wrong ? wrong : build(&w);
    wrong = wrong ? wrong : capture(&w);
    wrong = wrong ? wrong : turn_until_over(&w);
    finish(&w);
    out->ok = !wrong;
    snprintf(out->wrong, sizeof out->wrong, "%s", wrong ? wrong : "");
}
