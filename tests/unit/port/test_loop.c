/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop, the wire, the unix-socket cable, the control sockets and the small ports, with nodes made for
 * the test: this program brings its own verbs, so that what the loop asks for and hands over is seen bare. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "core/checksum.h"
#include "core/cursor.h"
#include "port/clock.h"
#include "port/control.h"
#include "port/cpu.h"
#include "port/entropy.h"
#include "port/loop.h"
#include "port/memory.h"
#include "port/socket_cable.h"

#define ARENA_BYTES ((uint64_t)16 << 20)

/* A node that sends `to_send` numbered frames and, if `echo`, sends back what comes. */
struct sv_node {
    struct sv_pool *pool;
    uint32_t to_send, sent, came, next, length;
    bool echo;
    sv_time deadline, expired_at;
    uint32_t expired;
    struct sv_buf *queue[4096];
    uint32_t queue_first, queued;
    uint32_t out_of_order;
};

struct sv_stack {
    struct sv_node node;
};

void sv_node_receive(struct sv_node *x, sv_port in, struct sv_burst *take, sv_time now)
{
    (void)in;
    (void)now;
    for (uint32_t i = 0; i < take->n; i++) {
        struct sv_buf *p = take->packet[i];
        uint8_t number[4];
        const bool read = sv_buf_read(p, 14, number, 4);
        SV_ASSERT(read);
        x->out_of_order += sv_get_u32(number) != x->next++;
        x->came++;
        if (x->echo && x->queued < 4096)
            x->queue[(x->queue_first + x->queued++) % 4096] = p;
        else
            sv_buf_free(p);
    }
    take->n = 0;
}

uint32_t sv_node_transmit(struct sv_node *x, sv_port out, struct sv_room room, struct sv_burst *give, sv_time now)
{
    const uint32_t before = give->n;
    (void)out;
    (void)now;
    while (give->n < SV_BURST && give->n - before < room.packets) {
        if (x->queued > 0) {
            give->packet[give->n++] = x->queue[x->queue_first];
            x->queue_first = (x->queue_first + 1) % 4096;
            x->queued--;
        } else if (x->sent < x->to_send) {
            uint8_t frame[18] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5};
            struct sv_buf *p = sv_buf_alloc_slab(x->pool, SV_WANT_DATA, 0, 0);
            if (p == NULL)
                break;
            sv_put_u32(frame + 14, x->sent++);
            bool done = sv_buf_append(p, frame, sizeof frame, SV_WANT_DATA);
            for (uint32_t n = sizeof frame; done && n < x->length; n += 16)
                done = sv_buf_append(p, "0123456789abcdef", 16, SV_WANT_DATA);
            SV_ASSERT(done);
            give->packet[give->n++] = p;
        } else {
            break;
        }
    }
    return give->n - before;
}

sv_port sv_node_next_output(const struct sv_node *x, sv_port after)
{
    return after == SV_NO_PORT && (x->queued || x->sent < x->to_send) ? 0 : SV_NO_PORT;
}

sv_time sv_node_next_deadline(const struct sv_node *x)
{
    return x->deadline;
}

void sv_node_expire(struct sv_node *x, sv_time now)
{
    if (now < x->deadline)
        return;
    x->expired++;
    x->expired_at = now;
    x->deadline = SV_NEVER;
}

struct sv_node *sv_stack_node(struct sv_stack *s)
{
    return &s->node;
}

sv_time sv_host_turn(struct sv_host *h, sv_time now)
{
    sv_node_expire(&h->stack->node, now);
    return h->stack->node.deadline;
}

/* ---- ---- */

static void *memory;
static struct sv_pool *pool;
static struct sv_stack a, b;
static struct sv_host host_a, host_b;
static struct sv_loop loop;
static char reason[SV_DEVICE_TEXT];

static int make_world(void **state)
{
    (void)state;
    memory = sv_memory_map(ARENA_BYTES, true);
    assert_non_null(memory);
    struct sv_arena *arena = sv_arena_create(memory, ARENA_BYTES);
    pool = sv_pool_create(arena, 1024, 2048);
    assert_non_null(pool);
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    a.node.pool = b.node.pool = pool;
    a.node.deadline = b.node.deadline = SV_NEVER;
    host_a = (struct sv_host){.stack = &a};
    host_b = (struct sv_host){.stack = &b};
    assert_true(sv_loop_open(&loop));
    return 0;
}

static int end_world(void **state)
{
    struct sv_pool_counts c;
    (void)state;
    sv_loop_close(&loop);
    sv_pool_count(pool, &c);
    assert_int_equal(c.bufs_free, c.bufs);
    assert_int_equal(c.slabs_free, c.slabs);
    sv_memory_unmap(memory, ARENA_BYTES);
    return 0;
}

static void small_ports(void **state)
{
    uint8_t x[64] = {0}, y[64] = {0}, one[70000], two[70000];
    uint32_t differ = 0;
    (void)state;

    const sv_time t = sv_clock();
    usleep(2000);
    const sv_time passed = sv_clock() - t;
    assert_true(passed >= 2 * SV_MS && passed < 2 * SV_S);
    assert_true(sv_wall_clock() > 1700000000u * SV_S);
    assert_true(sv_entropy(x, sizeof x) && sv_entropy(y, sizeof y));
    for (uint32_t i = 0; i < sizeof x; i++)
        differ += x[i] != y[i];
    assert_true(differ > 32);
    for (uint32_t i = 0; i < sizeof one; i++)
        one[i] = (uint8_t)(i * 31 + (i >> 8));
    const uint32_t cpu = sv_cpu_detect(); /* what it finds must run, and sum as the portable one does */
    assert_int_equal(sv_sum(one, sizeof one, cpu), sv_sum(one, sizeof one, SV_CPU_PORTABLE));
    assert_int_equal(sv_sum_copy(two, one, sizeof one, cpu), sv_sum(one, sizeof one, SV_CPU_PORTABLE));
    uint8_t *m = sv_memory_map((uint64_t)1 << 40, false); /* a ceiling costs nothing */
    if (m) {
        assert_int_equal(m[((uint64_t)1 << 40) - 1], 0);
        m[(uint64_t)1 << 39] = 1;
        sv_memory_unmap(m, (uint64_t)1 << 40);
    }
    assert_null(sv_memory_map(0, false));
    sv_memory_unmap(NULL, 1);
}

static uint32_t seen;

static void see(void *self, uint32_t from, const struct sv_burst *burst, sv_time now)
{
    (void)self;
    (void)from;
    (void)now;
    seen += burst->n;
}

/* A loop with two hosts and a wire: everything arrives, in order, both ways; the loop ends by itself when
 * nothing is left that could happen. */
static void wire_both_ways(void **state)
{
    struct sv_wire w = {.end = {{.node = &a.node}, {.node = &b.node}}, .tap = see};
    (void)state;
    seen = 0;
    a.node.to_send = 50000;
    a.node.length = 1514;
    b.node.echo = true;
    assert_int_equal(sv_loop_add_host(&loop, &host_a, pool, 0), 0);
    assert_int_equal(sv_loop_add_host(&loop, &host_b, pool, 0), 1);
    assert_true(sv_loop_add_wire(&loop, &w));
    const sv_time end = sv_clock() + 20 * SV_S;
    assert_int_equal(sv_loop_run(&loop, end), 0);
    assert_true(sv_clock() < end);
    assert_int_equal(b.node.came, 50000);
    assert_int_equal(a.node.came, 50000);
    assert_int_equal(a.node.out_of_order + b.node.out_of_order, 0);
    assert_int_equal(seen, 100000);
    assert_int_equal(w.end[0].packets, 50000);
    assert_int_equal(w.end[1].wire, 50000);
}

/* Two ends of a socket, QEMU's framing; the receiver's window of room is respected: nothing is lost, though
 * the sender has far more than the socket holds. */
static void socket_cable(void **state)
{
    static struct sv_socket_cable left, right;
    const struct sv_device_options o = {.mtu = 1500};
    int fd[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
    sv_socket_cable_adopt(&left, fd[0], &o);
    sv_socket_cable_adopt(&right, fd[1], &o);
    a.node.to_send = 20000;
    a.node.length = 1500;
    b.node.echo = true;
    assert_int_equal(sv_loop_add_host(&loop, &host_a, pool, 0), 0);
    assert_int_equal(sv_loop_add_node(&loop, &b.node, pool, 0), 1);
    assert_true(sv_loop_add_device(&loop, &left.device, 0, 0));
    assert_true(sv_loop_add_device(&loop, &right.device, 1, 0));
    const sv_time end = sv_clock() + 20 * SV_S;
    while (a.node.came < 20000 && sv_clock() < end)
        assert_int_equal(sv_loop_run(&loop, sv_clock() + 20 * SV_MS), 0);
    assert_int_equal(b.node.came, 20000);
    assert_int_equal(a.node.came, 20000);
    assert_int_equal(a.node.out_of_order + b.node.out_of_order, 0);
    assert_int_equal(left.device.counts.full + right.device.counts.full, 0);
    assert_int_equal(left.device.counts.packets_out, 20000);
    assert_int_equal(left.device.counts.bytes_in, right.device.counts.bytes_out);
    /* The other end goes: the device is dead, and with the last one the loop ends of itself. */
    sv_socket_cable_close(&right);
    right.device.dead = true;
    const sv_time later = sv_clock() + 10 * SV_S;
    assert_int_equal(sv_loop_run(&loop, later), 0);
    assert_true(left.device.dead);
    assert_true(sv_clock() < later);
    sv_socket_cable_close(&left);
}

/* Frames cut and glued by the stream, and one whose length is a lie. */
static void socket_framing(void **state)
{
    static struct sv_socket_cable c;
    const struct sv_device_options o = {0};
    uint8_t bytes[3 * 64];
    struct sv_burst burst = {0};
    int fd[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
    sv_socket_cable_adopt(&c, fd[0], &o);
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    for (uint32_t i = 0; i < 3; i++)
        sv_put_u32(bytes + 64 * i, 60);
    for (uint32_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(write(fd[1], bytes + i, 1), 1);
        (void)c.device.fill(&c.device, pool, 0, &burst);
        assert_int_equal(burst.n, (i + 1) / 64);
    }
    for (uint32_t i = 0; i < 3; i++) {
        uint8_t back[60];
        assert_int_equal(burst.packet[i]->length, 60);
        assert_true(sv_buf_read(burst.packet[i], 0, back, 60));
        assert_memory_equal(back, bytes + 64 * i + 4, 60);
        sv_buf_free(burst.packet[i]);
    }
    burst.n = 0;
    sv_put_u32(bytes, 5);
    sv_put_u32(bytes + 9, 0);
    sv_put_u32(bytes + 13, 0xffffffffu);
    assert_int_equal(write(fd[1], bytes, 17), 17);
    assert_int_equal(c.device.fill(&c.device, pool, 0, &burst), 0);
    assert_int_equal(c.device.counts.malformed, 3);
    assert_true(c.device.dead);
    sv_socket_cable_close(&c);
    close(fd[1]);
}

/* The loop sleeps to the deadline, not to the next millisecond, and does not burn its processor meanwhile. */
static void sleeps_to_the_deadline(void **state)
{
    struct timespec before, after;
    sv_time worst = 0;
    (void)state;
    assert_true(sv_loop_add_host(&loop, &host_a, pool, 0) == 0);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    sv_time best = SV_NEVER;
    for (uint32_t i = 0; i < 20; i++) {
        const sv_time at = sv_clock() + 5300 * SV_US;
        a.node.deadline = at;
        assert_int_equal(sv_loop_run(&loop, at + SV_S), 0);
        assert_true(sv_clock() < at + SV_S);
        assert_int_equal(a.node.expired, i + 1);
        assert_true(a.node.expired_at >= at); /* never early: the next deadline would be missed */
        const sv_time late = a.node.expired_at - at;
        best = late < best ? late : best;
        worst = late > worst ? late : worst;
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    const double cpu_ms = (double)(after.tv_sec - before.tv_sec) * 1e3 + (double)(after.tv_nsec - before.tv_nsec) / 1e6;
    print_message("20 waits of 5.3 ms: late by %u to %u us, %.2f ms of processor\n", (unsigned)(best / SV_US),
                  (unsigned)(worst / SV_US), cpu_ms);
    assert_true(best < 300 * SV_US);
    assert_true(cpu_ms < 50);
}

static sv_time count_hook(void *self, struct sv_loop *l, sv_time now)
{
    uint32_t *n = self;
    if (++*n == 3)
        sv_loop_stop(l, 7);
    return now + SV_MS;
}

static void from_pipe(void *self, struct sv_loop *l, int fd, uint32_t events, sv_time now)
{
    char *to = self;
    (void)events;
    (void)now;
    const ssize_t n = read(fd, to, 8);
    if (n <= 0) {
        sv_loop_unwatch(l, fd);
        sv_loop_stop(l, 3);
    }
}

static void hooks_and_watches(void **state)
{
    uint32_t n = 0;
    char text[8] = "";
    int p[2];
    (void)state;
    assert_int_equal(pipe2(p, O_CLOEXEC), 0);
    assert_true(sv_loop_watch(&loop, p[0], EPOLLIN, from_pipe, text));
    assert_true(sv_loop_watch(&loop, p[0], EPOLLIN, from_pipe, text)); /* again is a change */
    assert_int_equal(write(p[1], "hello", 5), 5);
    close(p[1]);
    assert_int_equal(sv_loop_run(&loop, sv_clock() + 5 * SV_S), 3);
    assert_string_equal(text, "hello");
    close(p[0]);
    loop.stopped = false;
    const int plain = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_false(sv_loop_watch(&loop, plain, EPOLLIN, from_pipe, text));
    close(plain);
    assert_true(sv_loop_add_hook(&loop, count_hook, &n));
    assert_int_equal(sv_loop_run(&loop, SV_NEVER), 7);
    assert_int_equal(n, 3);
}

static void interrupted(void **state)
{
    (void)state;
    assert_true(sv_loop_take_signals(&loop));
    assert_int_equal(kill(getpid(), SIGINT), 0);
    assert_int_equal(sv_loop_run(&loop, sv_clock() + 5 * SV_S), 128 + SIGINT);
    assert_int_equal(loop.signal, SIGINT);
}

/* ---- control sockets ---- */

static bool request(void *self, const char *line, struct sv_control_answer *answer, sv_time now)
{
    (void)now;
    if (strcmp(line, "big") == 0) {
        for (uint32_t i = 0; i < 20000; i++)
            sv_control_print(answer, "{\"row\":%u,\"text\":\"%s\"}\n", i, (const char *)self);
        return true;
    }
    if (strcmp(line, "stop") == 0) {
        sv_loop_stop(&loop, 0);
        return true;
    }
    return false;
}

struct heard {
    uint32_t lines;
    char first[256], last[1024];
    int pid;
};

static bool hear(void *self, int pid, const char *line)
{
    struct heard *h = self;
    if (h->lines++ == 0)
        snprintf(h->first, sizeof h->first, "%s", line);
    snprintf(h->last, sizeof h->last, "%s", line);
    h->pid = pid;
    return true;
}

static void control(void **state)
{
    static char text[700];
    char directory[] = "/tmp/seven-control-XXXXXX", path[256];
    struct sv_control c;
    struct stat s;
    (void)state;

    memset(text, 'x', sizeof text - 1);
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/run", directory);
    assert_int_equal(setenv("SEVEN_RUNTIME_DIR", path, 1), 0);
    assert_int_equal(sv_control_ask("ss", hear, NULL), 0);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        if (!sv_control_open(&c, &loop, "serve \"http\"", request, text, reason))
            _exit(9);
        const int code = sv_loop_run(&loop, sv_clock() + 20 * SV_S);
        sv_control_close(&c);
        _exit(code);
    }
    struct heard h = {0};
    for (uint32_t i = 0; i < 500 && sv_control_ask("nonsense", hear, &h) == 0; i++)
        usleep(5000);
    assert_int_equal(h.pid, child);
    assert_int_equal(h.lines, 2);
    assert_non_null(strstr(h.first, "\"schema\":1"));
    assert_non_null(strstr(h.first, "serve  http "));
    assert_non_null(strstr(h.last, "error"));
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0700);
    /* A socket whose process is gone is swept away. */
    char stale[300];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(stale, sizeof stale, "%s/1.sock", path);
    memcpy(at.sun_path, stale, strlen(stale) + 1);
    const int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&at, sizeof at), 0);
    close(dead);
    memset(&h, 0, sizeof h);
    assert_int_equal(sv_control_ask("big", hear, &h), 1);
    assert_int_equal(h.lines, 20001); /* 14 MB through a socket that holds a fraction of it */
    assert_non_null(strstr(h.last, "\"row\":19999,\"text\":\"xxxx"));
    assert_int_equal(strlen(h.last), strlen("{\"row\":19999,\"text\":\"\"}") + sizeof text - 1);
    assert_int_not_equal(access(stale, F_OK), 0);
    memset(&h, 0, sizeof h);
    assert_int_equal(sv_control_ask("stop", hear, &h), 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    /* A directory that others may enter is not used. */
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_false(sv_control_open(&c, &loop, "x", request, NULL, reason));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(directory), 0);
    unsetenv("SEVEN_RUNTIME_DIR");
}

int main(void)
{
#define WORLD(t) cmocka_unit_test_setup_teardown(t, make_world, end_world)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_ports), WORLD(wire_both_ways),         WORLD(socket_cable), WORLD(socket_framing),
        WORLD(hooks_and_watches),      WORLD(sleeps_to_the_deadline), WORLD(interrupted),  WORLD(control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
