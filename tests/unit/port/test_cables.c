/* SPDX-License-Identifier: BSD-2-Clause */
/* Cables made of unix sockets: what is at a path that is none of theirs stays; a peer that sends rubbish, halves or
 * nothing holds nobody up; voltage between two ends that come, go and come back. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/cursor.h"
#include "port/cable_negotiate.h"
#include "port/clock.h"
#include "port/memory.h"
#include "port/socket_cable.h"
#include "port/socket_listen.h"
#include "port/unix_path.h"
#include "seven/stack.h"

#define ARENA_BYTES ((uint64_t)16 << 20)

static void *memory;
static struct sv_pool *pool;
static char folder[] = "/tmp/seven-cables-XXXXXX";
static char error[SV_DEVICE_TEXT];
static const struct sv_device_options plain = {.unattended = true};

static int make_world(void **state)
{
    (void)state;
    memory = sv_memory_map(ARENA_BYTES, false);
    struct sv_arena *arena = memory ? sv_arena_create(memory, ARENA_BYTES) : NULL;
    pool = arena ? sv_pool_create(arena, 1024, 2048) : NULL;
    return !pool || !mkdtemp(folder) || setenv("XDG_RUNTIME_DIR", folder, 1) != 0;
}

static int end_world(void **state)
{
    struct sv_pool_counts c;
    (void)state;
    sv_pool_count(pool, &c);
    assert_int_equal(c.bufs_free, c.bufs);
    assert_int_equal(c.slabs_free, c.slabs);
    sv_memory_unmap(memory, ARENA_BYTES);
    return rmdir(folder); /* nothing was left there */
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static struct sv_buf *frame(uint32_t n, uint8_t fill)
{
    uint8_t bytes[1514];
    memset(bytes, fill, sizeof bytes);
    struct sv_buf *b = sv_buf_alloc_slab(pool, SV_WANT_DATA, 0, 0);
    assert_true(b && sv_buf_append(b, bytes, n, SV_WANT_DATA));
    b->segments = 1;
    return b;
}

static void send_one(struct sv_device *d, uint32_t n, uint8_t fill)
{
    struct sv_burst b = {1, {frame(n, fill)}};
    d->send(d, &b);
}

/* What comes within `ms` at most, thrown away but for its first byte; frames of it. */
static uint32_t take(struct sv_device *d, uint8_t *first, uint32_t ms)
{
    const sv_time end = sv_clock() + ms * SV_MS;
    struct sv_burst b = {.n = 0};
    while (d->fill(d, pool, 0, &b) == 0 && sv_clock() < end) {
        struct pollfd f = {.fd = d->fd, .events = POLLIN};
        (void)poll(&f, 1, 5);
    }
    for (uint32_t i = 0; i < b.n; i++) {
        assert_true(sv_buf_read(b.packet[i], 0, first, 1));
        sv_buf_free(b.packet[i]);
    }
    return b.n;
}

/* --- paths --- */

static void a_file_named_by_mistake_stays(void **state)
{
    (void)state;
    const char *path = path_of("precious");
    struct sv_device d;
    char what[200];
    struct stat s;
    bool taken;
    const int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "data", 4), 4);
    close(fd);
    assert_int_equal(sv_socket_listen(path, &taken, error), -1);
    assert_false(taken);
    snprintf(what, sizeof what, "unix:%s,dgram", path);
    assert_false(sv_device_open(&d, what, &plain, error));
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_size, 4);
    assert_false(sv_unix_clear(path));
    unlink(path);
    assert_true(sv_unix_clear(path)); /* nothing there is fine */
}

static void a_socket_left_behind_is_replaced(void **state)
{
    (void)state;
    const char *path = path_of("left");
    struct sockaddr_un at;
    bool taken;
    assert_true(sv_unix_address(&at, path, strlen(path), error));
    const int gone = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(gone, (const struct sockaddr *)&at, sizeof at), 0);
    close(gone);
    const int fd = sv_socket_listen(path, &taken, error);
    assert_true(fd >= 0 && !taken);
    assert_int_equal(sv_socket_listen(path, &taken, error), -1);
    assert_true(taken); /* somebody is there now */
    sv_socket_unlisten(fd, path);
}

/* --- a peer that sends rubbish without end --- */

/* A child that writes `bytes` again and again until it is ended. */
static pid_t flood(int fd, const void *bytes, size_t n)
{
    const pid_t child = fork();
    if (child == 0) {
        for (;;)
            if (send(fd, bytes, n, MSG_NOSIGNAL) < 0)
                (void)poll(NULL, 0, 1);
    }
    return child;
}

static void end_flood(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void frames_that_are_none_keep_nobody(void **state)
{
    (void)state;
    static const uint8_t empty[65536]; /* 16,384 frames of length 0 */
    struct sv_device d;
    int pair[2];
    uint8_t first;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_true(sv_device_adopt_socket(&d, pair[0], &plain));
    const pid_t child = flood(pair[1], empty, sizeof empty);
    for (uint32_t i = 0; i < 20; i++) {
        const uint64_t before = d.counts.malformed;
        assert_int_equal(take(&d, &first, 0), 0);
        /* What was there, and what one more read brought. */
        assert_true(d.counts.malformed - before <= 2 * (SV_SOCKET_CABLE_ROOM / 4));
    }
    end_flood(child);
    close(pair[1]);
    sv_device_close(&d);
}

static void datagrams_that_are_none_keep_nobody(void **state)
{
    (void)state;
    struct sv_device d;
    struct sockaddr_un at;
    char what[200];
    uint8_t first;
    snprintf(what, sizeof what, "unix:%s,dgram", path_of("dgram"));
    assert_true(sv_device_open(&d, what, &plain, error));
    assert_true(sv_unix_address(&at, path_of("dgram"), strlen(path_of("dgram")), error));
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    const pid_t child = flood(fd, "short", 5);
    for (uint32_t i = 0; i < 20; i++) {
        const uint64_t before = d.counts.malformed;
        assert_int_equal(take(&d, &first, 0), 0);
        assert_true(d.counts.malformed - before <= SV_BURST);
    }
    end_flood(child);
    close(fd);
    sv_device_close(&d);
}

/* --- auto-negotiation --- */

static void two_that_negotiate_take_the_faster(void **state)
{
    (void)state;
    const struct sv_cable_agreed a = sv_cable_negotiate(SV_PHY_CODES, SV_PHY_CODES);
    assert_int_equal(a.code, SV_PHY_100BASE_TX);
    assert_in_range(a.taken, 1200 * SV_MS, 3 * SV_S);
    assert_true(a.bursts >= 2 * 9);
}

static void against_one_that_is_set_the_link_stays_down(void **state)
{
    (void)state;
    static const uint32_t set[] = {SV_PHY_10BASE_T, SV_PHY_100BASE_TX};
    for (uint32_t i = 0; i < 2; i++) {
        for (uint32_t way = 0; way < 2; way++) {
            const struct sv_cable_agreed a =
                way ? sv_cable_negotiate(SV_PHY_CODES, set[i]) : sv_cable_negotiate(set[i], SV_PHY_CODES);
            assert_int_equal(a.code, SV_PHY_CODES);
            assert_int_equal(a.why, SV_AN_WHY_HALF_DUPLEX);
        }
        assert_int_equal(sv_cable_negotiate(set[i], set[i]).code, set[i]);
    }
    assert_int_equal(sv_cable_negotiate(SV_PHY_CODES, SV_PHY_10GBASE_R).why, SV_AN_WHY_NOTHING_COMMON);
}

/* --- voltage --- */

/* Both have been given their turns until a frame of a passes to b. */
static bool carries(struct sv_device *a, struct sv_device *b, uint8_t fill)
{
    uint8_t first = 0, none;
    const sv_time end = sv_clock() + 20 * SV_S;
    while (sv_clock() < end) {
        (void)take(a, &none, 0);
        send_one(a, 60, fill);
        (void)a->flush(a);
        if (take(b, &first, 20) > 0 && first == fill)
            return true;
    }
    return false;
}

static void an_end_that_left_may_come_back(void **state)
{
    (void)state;
    static const char what[] = "cable:lab,10base-t,length=90m";
    struct sv_device a, b;
    uint8_t none;
    assert_true(sv_device_open(&a, what, &plain, error));
    send_one(&a, 60, 1); /* unplugged */
    assert_int_equal(a.counts.cut, 1);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(sv_device_open(&b, what, &plain, error));
        assert_true(carries(&a, &b, (uint8_t)(10 + i)));
        assert_true(carries(&b, &a, (uint8_t)(20 + i)));
        sv_device_close(&b);
    }
    assert_int_equal(take(&a, &none, 10), 0);
    assert_false(a.dead);
    sv_device_close(&a);
}

static void who_only_knocks_does_not_take_the_place(void **state)
{
    (void)state;
    static const char what[] = "cable:knock,auto,length=10m";
    struct sv_device a, b;
    struct sockaddr_un at;
    uint8_t none;
    assert_true(sv_device_open(&a, what, &plain, error));
    assert_true(sv_unix_address(&at, path_of("seven-cable-knock"), strlen(path_of("seven-cable-knock")), error));
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(take(&a, &none, 20), 0); /* it says nothing: we do not hang, nor wait for ever */
    assert_true(sv_device_open(&b, what, &plain, error));
    assert_true(carries(&a, &b, 7));
    close(fd);
    sv_device_close(&b);
    sv_device_close(&a);
}

static void the_line_takes_its_time(void **state)
{
    (void)state;
    static const char what[] = "cable:slow,10base-t";
    struct sv_device a, b;
    assert_true(sv_device_open(&a, what, &plain, error));
    assert_true(sv_device_open(&b, what, &plain, error));
    assert_true(carries(&a, &b, 1));
    uint32_t sent = 0;
    while (a.room(&a).packets > 0 && sent < 1000) {
        send_one(&a, 1514, 2); /* 1.2 ms each */
        sent++;
    }
    assert_true(sent < 1000 && a.counts.full == 0);
    struct pollfd f = {.fd = a.fd, .events = POLLIN};
    assert_int_equal(poll(&f, 1, 20000), 1); /* woken when there is room again */
    sv_device_close(&b);
    sv_device_close(&a);
}

static void words_that_are_wrong_are_told(void **state)
{
    (void)state;
    static const char *const wrong[] = {"cable:",
                                        "cable:x",
                                        "cable:x/y,10base-t",
                                        "cable:x,10base-t,length=999m",
                                        "cable:x,auto,category=3",
                                        "cable:x,token-ring"};
    struct sv_device d;
    for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(sv_device_open(&d, wrong[i], &plain, error));
        assert_true(strlen(error) > strlen("cable:: "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_named_by_mistake_stays),
        cmocka_unit_test(a_socket_left_behind_is_replaced),
        cmocka_unit_test(frames_that_are_none_keep_nobody),
        cmocka_unit_test(datagrams_that_are_none_keep_nobody),
        cmocka_unit_test(two_that_negotiate_take_the_faster),
        cmocka_unit_test(against_one_that_is_set_the_link_stays_down),
        cmocka_unit_test(an_end_that_left_may_come_back),
        cmocka_unit_test(who_only_knocks_does_not_take_the_place),
        cmocka_unit_test(the_line_takes_its_time),
        cmocka_unit_test(words_that_are_wrong_are_told),
    };
    return cmocka_run_group_tests(tests, make_world, end_world);
}
