/* SPDX-License-Identifier: BSD-2-Clause */
/* libseven_packetdrill.so as packetdrill uses it: loaded by name, called through its table of 33 pointers, from two
 * threads; and once more with itself in LD_PRELOAD, for the calls that reach libc. Nothing of Seven is linked here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/drill/peer.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum {
    DESTROY = 1,
    SOCKET,
    BIND,
    LISTEN,
    ACCEPT,
    CONNECT,
    READ,
    WRITE = 12,
    FCNTL = 17,
    CLOSE = 19,
    SETSOCKOPT = 22,
    POLL,
    SEND,
    RECEIVE,
    USLEEP,
    GETTIMEOFDAY,
    SLOTS = 33
};

/* A function's address as POSIX lets dlsym() give it. */
union slot {
    void *address;
    void (*destroy)(void *);
    int (*socket)(void *, int, int, int);
    int (*bind)(void *, int, const struct sockaddr *, socklen_t);
    int (*listen)(void *, int, int);
    int (*accept)(void *, int, struct sockaddr *, socklen_t *);
    ssize_t (*read)(void *, int, void *, size_t);
    ssize_t (*write)(void *, int, const void *, size_t);
    int (*fcntl)(void *, int, int, ...);
    int (*close)(void *, int);
    int (*poll)(void *, struct pollfd *, nfds_t, int);
    int (*send)(void *, const void *, size_t);
    int (*receive)(void *, void *, size_t *, long long *);
    int (*usleep)(void *, useconds_t);
    int (*gettimeofday)(void *, struct timeval *, struct timezone *);
    void (*init)(const char *, void *);
};

static const char *library;

struct host {
    void *handle;
    union slot table[SLOTS];
    void *w; /* the context */
    struct peer peer;
};

static void host_open(struct host *h, const char *flags)
{
    memset(h, 0, sizeof *h);
    /* The sanitizer refuses RTLD_DEEPBIND. */
    h->handle = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | (SANITIZED ? 0 : RTLD_DEEPBIND));
    if (!h->handle)
        fail_msg("%s", dlerror());
    const union slot init = {.address = dlsym(h->handle, "packetdrill_interface_init")};
    assert_non_null(init.address);
    assert_int_equal(sizeof h->table, 264);
    init.init(flags, h->table);
    for (int i = 0; i < SLOTS; i++)
        assert_non_null(h->table[i].address);
    h->w = h->table[0].address;
    h->peer = (struct peer){.port = 40000, .our_port = 8080, .seq = 1000};
}

static void host_close(struct host *h)
{
    h->table[DESTROY].destroy(h->w);
    assert_int_equal(dlclose(h->handle), 0);
}

static long long host_now(struct host *h)
{
    struct timeval tv;
    assert_int_equal(h->table[GETTIMEOFDAY].gettimeofday(h->w, &tv, NULL), 0);
    return tv.tv_sec * 1000000ll + tv.tv_usec;
}

static void host_send(struct host *h, uint16_t flags, uint32_t n)
{
    uint8_t packet[2048];
    const uint32_t length = peer_segment(&h->peer, packet, flags, n);
    assert_int_equal(h->table[SEND].send(h->w, packet, length), 0);
}

static struct heard host_hear(struct host *h)
{
    static uint8_t packet[65536];
    struct heard heard;
    size_t n = sizeof packet;
    long long usec = 0;
    assert_int_equal(h->table[RECEIVE].receive(h->w, packet, &n, &usec), 0);
    assert_true(n > 0);
    assert_true(peer_hear(&h->peer, packet, n, &heard));
    assert_true(usec <= host_now(h));
    return heard;
}

static int host_listener(struct host *h)
{
    struct sockaddr_storage local;
    const socklen_t n = peer_address(4, true, 8080, &local);
    const int fd = h->table[SOCKET].socket(h->w, AF_INET, SOCK_STREAM, IPPROTO_TCP);
    assert_true(fd >= 0);
    assert_int_equal(h->table[BIND].bind(h->w, fd, (struct sockaddr *)&local, n), 0);
    assert_int_equal(h->table[LISTEN].listen(h->w, fd, 1), 0);
    return fd;
}

static void host_handshake(struct host *h)
{
    host_send(h, SYN, 0);
    const struct heard answer = host_hear(h);
    assert_int_equal(answer.flags, SYN | ACK);
    assert_int_equal(answer.ack, h->peer.seq);
    host_send(h, ACK, 0);
}

static int host_accept(struct host *h, int listener)
{
    struct sockaddr_storage from;
    socklen_t n = sizeof from;
    const int fd = h->table[ACCEPT].accept(h->w, listener, (struct sockaddr *)&from, &n);
    assert_true(fd >= 0);
    assert_int_equal(n, sizeof(struct sockaddr_in));
    assert_int_equal(ntohs(((struct sockaddr_in *)&from)->sin_port), h->peer.port);
    return fd;
}

static void data_and_close(void **state)
{
    struct host h;
    uint8_t bytes[1000];
    (void)state;
    host_open(&h, "local=192.168.0.1");
    const int listener = host_listener(&h);
    host_handshake(&h);
    const int fd = host_accept(&h, listener);
    /* The kernel knows the number. */
    assert_true(fcntl(fd, F_GETFD) >= 0);
    assert_int_equal(h.table[FCNTL].fcntl(h.w, fd, F_SETFL, O_RDWR | O_NONBLOCK), 0);
    assert_int_equal(h.table[READ].read(h.w, fd, bytes, sizeof bytes), -1);
    assert_int_equal(errno, EAGAIN);
    host_send(&h, ACK | PSH, 500);
    assert_int_equal(host_hear(&h).ack, h.peer.seq);
    assert_int_equal(h.table[READ].read(h.w, fd, bytes, sizeof bytes), 500);
    assert_int_equal(h.table[WRITE].write(h.w, fd, bytes, 300), 300);
    const struct heard data = host_hear(&h);
    assert_int_equal(data.length, 300);
    assert_int_equal(data.flags, ACK | PSH);
    host_send(&h, ACK, 0);
    assert_int_equal(h.table[CLOSE].close(h.w, fd), 0);
    assert_int_equal(host_hear(&h).flags, FIN | ACK);
    host_send(&h, ACK | FIN, 0);
    assert_int_equal(host_hear(&h).ack, h.peer.seq);
    assert_int_equal(h.table[CLOSE].close(h.w, fd), -1);
    assert_int_equal(errno, EBADF);
    host_close(&h);
}

/* --- a call that blocks, on a second thread --- */

struct blocked {
    struct host *h;
    int listener, fd;
    long long ended;
    pid_t thread;
    pthread_mutex_t lock;
    pthread_cond_t begun;
};

static void *blocked_accept(void *argument)
{
    struct blocked *b = argument;
    (void)pthread_mutex_lock(&b->lock);
    b->thread = gettid();
    (void)pthread_cond_signal(&b->begun);
    (void)pthread_mutex_unlock(&b->lock);
    b->fd = b->h->table[ACCEPT].accept(b->h->w, b->listener, NULL, NULL);
    b->ended = host_now(b->h);
    return NULL;
}

/* Waits until the kernel says that the thread sleeps. */
static void await_sleep(pid_t thread)
{
    char path[64], line[256];
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    for (;;) {
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        assert_non_null(fgets(line, sizeof line, file));
        (void)fclose(file);
        const char *state = strrchr(line, ')');
        if (state && state[2] == 'S')
            return;
        (void)sched_yield();
    }
}

static void blocking_accept(void **state)
{
    struct host h;
    pthread_t thread;
    (void)state;
    host_open(&h, "local=192.168.0.1");
    struct blocked b = {.h = &h, .lock = PTHREAD_MUTEX_INITIALIZER, .begun = PTHREAD_COND_INITIALIZER};
    b.listener = host_listener(&h);
    (void)pthread_mutex_lock(&b.lock);
    assert_int_equal(pthread_create(&thread, NULL, blocked_accept, &b), 0);
    while (!b.thread)
        (void)pthread_cond_wait(&b.begun, &b.lock);
    (void)pthread_mutex_unlock(&b.lock);
    await_sleep(b.thread);
    assert_int_equal(h.table[USLEEP].usleep(h.w, 100000), 0);
    const long long before = host_now(&h);
    host_handshake(&h);
    /* An hour passes at once: the call ended before it, at the time of the third message. */
    assert_int_equal(h.table[USLEEP].usleep(h.w, 3600u * 1000000u), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(b.fd >= 0);
    assert_true(b.ended >= before && b.ended <= before + 1000);
    host_close(&h);
}

/* Silence: packetdrill would ask for ever; a packet of no bytes ends its script. */
static void silence_ends(void **state)
{
    struct host h;
    uint8_t packet[2048];
    size_t n = sizeof packet;
    long long usec = 0;
    (void)state;
    host_open(&h, "local=192.168.0.1,patience=5");
    const long long before = host_now(&h);
    assert_int_equal(h.table[RECEIVE].receive(h.w, packet, &n, &usec), 0);
    assert_int_equal(n, 0);
    assert_true(host_now(&h) <= before + 6000000);
    host_close(&h);
}

/* Knobs come from /proc/sys, here from a folder that looks like it, when the script has turned them. */
static void sysctls_are_read(void **state)
{
    struct host h;
    char folder[] = "/tmp/seven-sysctls-XXXXXX", path[256], flags[128];
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(flags, sizeof flags, "local=192.168.0.1,sysctls=%s", folder);
    host_open(&h, flags);
    const int first = host_listener(&h);
    assert_true(first >= 0);
    (void)snprintf(path, sizeof path, "mkdir -p %s/net/core && echo 0 > %s/net/core/somaxconn", folder, folder);
    assert_int_equal(system(path), 0);
    /* With room for one in the queue the second connection's last ACK finds no place. */
    assert_int_equal(h.table[LISTEN].listen(h.w, first, 100), 0);
    host_handshake(&h);
    h.peer = (struct peer){.port = 40001, .our_port = 8080, .seq = 5000};
    struct pollfd ready = {.fd = first, .events = POLLIN};
    assert_int_equal(h.table[POLL].poll(h.w, &ready, 1, 0), 1);
    host_close(&h);
    (void)snprintf(path, sizeof path, "rm -r %s", folder);
    assert_int_equal(system(path), 0);
}

/* --- LD_PRELOAD: in a process of its own --- */

static void with_preload(void **state)
{
    struct host h;
    uint8_t info[280];
    socklen_t n = sizeof info;
    (void)state;
    host_open(&h, "local=192.168.0.1");
    const int listener = host_listener(&h);
    host_handshake(&h);
    const int fd = host_accept(&h, listener);
    assert_int_equal(getsockopt(fd, 6, 11, info, &n), 0); /* TCP_INFO, by libc's name */
    assert_int_equal(n, 280);
    assert_int_equal(info[0], 1); /* TCP_ESTABLISHED */
    uint32_t mss;
    memcpy(&mss, info + 16, sizeof mss);
    assert_int_equal(mss, 1000);
    n = 20;
    assert_int_equal(getsockopt(fd, 6, 26, info, &n), 0); /* TCP_CC_INFO */
    n = 36;
    assert_int_equal(getsockopt(fd, 1, 55, info, &n), 0); /* SO_MEMINFO */
    assert_int_equal(n, 36);
    assert_int_equal(close(fd), 0);
    assert_int_equal(host_hear(&h).flags, FIN | ACK);
    /* A socket of the kernel's is still the kernel's. */
    const int other = socket(AF_INET, SOCK_STREAM, 0);
    int type = 0;
    n = sizeof type;
    assert_int_equal(getsockopt(other, SOL_SOCKET, SO_TYPE, &type, &n), 0);
    assert_int_equal(type, SOCK_STREAM);
    assert_int_equal(close(other), 0);
    assert_int_equal(close(other), -1);
    assert_int_equal(errno, EBADF);
    host_close(&h);
}

static void preload(void **state)
{
    (void)state;
    if (SANITIZED) {
        (void)printf("skip: the sanitizer's own library must be the first in LD_PRELOAD\n");
        skip();
    }
    const pid_t child = fork();
    if (child == 0) {
        (void)setenv("LD_PRELOAD", library, 1);
        (void)execl("/proc/self/exe", "test_drill_packetdrill_so", library, "preloaded", (char *)NULL);
        _exit(127);
    }
    int status = -1;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_and_close),   cmocka_unit_test(blocking_accept), cmocka_unit_test(silence_ends),
        cmocka_unit_test(sysctls_are_read), cmocka_unit_test(preload),
    };
    const struct CMUnitTest preloaded[] = {cmocka_unit_test(with_preload)};
    if (argc < 2) {
        (void)printf("skip: usage: %s LIBSEVEN_PACKETDRILL.SO\n", argv[0]);
        return 77;
    }
    library = argv[1];
    if (argc > 2)
        return cmocka_run_group_tests(preloaded, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
