/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs on this machine's own TCP/IP, in children of the demo, through plain blocking sockets. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "cli/demo.h"
#include "port/clock.h"

#define PINGS 3u
#define DATAGRAMS 1000u

static struct sockaddr_in at(const char *addr, uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    (void)inet_pton(AF_INET, addr, &a.sin_addr);
    return a;
}

static int open_socket(int type, int protocol, const char *addr, uint16_t port, long seconds)
{
    const struct sockaddr_in a = at(addr, port);
    const struct timeval patience = {seconds, 0};
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    const int error = errno;
    (void)close(fd);
    (void)fprintf(stderr, "connect to %s port %u: %s\n", addr, (unsigned)port, strerror(error));
    return -1;
}

bool demo_kernel_listens(uint16_t port)
{
    const struct sockaddr_in a = at("10.7.0.1", port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool there = fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof a) == 0;
    if (fd >= 0)
        (void)close(fd);
    return there;
}

/* The body of a response, to `out`. 0: it came whole. */
static int fetch(const char *path, FILE *out)
{
    static char bytes[262144];
    char request[256];
    const int fd = open_socket(SOCK_STREAM, 0, "10.7.0.2", 80, 20);
    const int length =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 10.7.0.2\r\nConnection: close\r\n\r\n", path);
    size_t held = 0;
    bool body = false;
    ssize_t n;
    if (fd < 0 || send(fd, request, (size_t)length, MSG_NOSIGNAL) != length)
        return 1;
    while ((n = recv(fd, bytes + held, sizeof bytes - held, 0)) > 0) {
        held += (size_t)n;
        char *start = bytes;
        if (!body) {
            start = memmem(bytes, held, "\r\n\r\n", 4);
            if (!start)
                continue;
            if (memcmp(bytes, "HTTP/1.1 200 ", 13) != 0)
                return 22;
            start += 4;
            body = true;
        }
        (void)fwrite(start, 1, held - (size_t)(start - bytes), out);
        held = 0;
    }
    (void)close(fd);
    return n == 0 && body && fflush(out) == 0 ? 0 : 18;
}

int demo_kernel_get(struct demo *d)
{
    (void)d;
    return fetch("/hello.txt", stdout);
}

int demo_kernel_get_big(struct demo *d)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/got", d->directory);
    FILE *out = fopen(path, "we");
    if (!out)
        return 23;
    const sv_time start = sv_clock();
    const int r = fetch("/big", out);
    (void)fclose(out);
    printf("%.6f", (double)(sv_clock() - start) / 1e9);
    return r;
}

static void serve_one(int fd, const char *directory)
{
    static char bytes[262144];
    char path[256], name[64] = "";
    struct stat st;
    const ssize_t asked = recv(fd, bytes, sizeof bytes - 1, 0);
    if (asked <= 0)
        return;
    bytes[asked] = '\0';
    if (sscanf(bytes, "GET /%63[a-z.] ", name) != 1 || strstr(name, ".."))
        return;
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &st) != 0)
        return;
    const int n = snprintf(bytes, sizeof bytes, "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\nConnection: close\r\n\r\n",
                           (long long)st.st_size);
    ssize_t left = n;
    do {
        for (ssize_t sent = 0; sent < left;) {
            const ssize_t k = send(fd, bytes + sent, (size_t)(left - sent), MSG_NOSIGNAL);
            if (k <= 0)
                return;
            sent += k;
        }
        left = read(file, bytes, sizeof bytes);
    } while (left > 0);
    (void)close(file);
}

int demo_kernel_serve(struct demo *d)
{
    const struct sockaddr_in a = at("10.7.0.1", 8000);
    const int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 16) != 0) {
        perror("listen on 10.7.0.1 port 8000");
        return 1;
    }
    for (;;) {
        const int one = accept(fd, NULL, NULL);
        if (one < 0)
            return 1;
        serve_one(one, d->directory);
        (void)close(one);
    }
}

static uint16_t checksum(const uint8_t *bytes, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < n; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

int demo_kernel_ping(struct demo *d)
{
    const int fd = open_socket(SOCK_RAW, IPPROTO_ICMP, "10.7.0.2", 0, 2);
    uint32_t received = 0;
    uint64_t sum = 0;
    (void)d;
    if (fd < 0)
        return 1;
    for (uint8_t i = 1; i <= PINGS; i++) {
        uint8_t packet[64] = {ICMP_ECHO, 0, 0, 0, 0x70, 0x07, 0, i}, answer[1500];
        const uint16_t c = checksum(packet, sizeof packet);
        packet[2] = (uint8_t)(c >> 8);
        packet[3] = (uint8_t)c;
        const sv_time start = sv_clock();
        if (send(fd, packet, sizeof packet, 0) != (ssize_t)sizeof packet)
            return 1;
        ssize_t n;
        while ((n = recv(fd, answer, sizeof answer, 0)) > 0) {
            const size_t head = (size_t)(answer[0] & 15) * 4;
            if ((size_t)n >= head + 8 && answer[head] == ICMP_ECHOREPLY && answer[head + 7] == i) {
                received++;
                sum += sv_clock() - start;
                break;
            }
        }
    }
    printf("%u %.3f", received, received ? (double)sum / received / 1e6 : 0.0);
    return received == PINGS ? 0 : 1;
}

int demo_kernel_udp(struct demo *d)
{
    const int fd = open_socket(SOCK_DGRAM, 0, "10.7.0.2", 7, 2);
    uint8_t out[1472], in[2048];
    uint32_t right = 0;
    (void)d;
    for (uint32_t i = 0; fd >= 0 && i < DATAGRAMS; i++) {
        const size_t n = 4 + (i * 37) % (sizeof out - 4);
        for (size_t k = 0; k < n; k++)
            out[k] = (uint8_t)(i * 7 + k);
        if (send(fd, out, n, 0) != (ssize_t)n)
            continue;
        const ssize_t got = recv(fd, in, sizeof in, 0);
        right += got == (ssize_t)n && memcmp(in, out, n) == 0;
    }
    printf("%u", right);
    return right == DATAGRAMS ? 0 : 1;
}

int demo_kernel_half_close(struct demo *d)
{
    char bytes[256];
    const int fd = open_socket(SOCK_STREAM, 0, "10.7.0.2", 7, 5);
    ssize_t n;
    (void)d;
    if (fd < 0 || send(fd, "hello\n", 6, MSG_NOSIGNAL) != 6 || shutdown(fd, SHUT_WR) != 0)
        return 1;
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
        (void)fwrite(bytes, 1, (size_t)n, stdout);
    (void)close(fd);
    return n == 0 ? 0 : 1;
}

const char *demo_kernel_state(void)
{
    static const char *const names[] = {"?",          "ESTABLISHED", "SYN-SENT",  "SYN-RECEIVED",
                                        "FIN-WAIT-1", "FIN-WAIT-2",  "TIME-WAIT", "CLOSED",
                                        "CLOSE-WAIT", "LAST-ACK",    "LISTEN",    "CLOSING"};
    const struct sockaddr_in far = at("10.7.0.2", 80);
    FILE *file = fopen("/proc/self/net/tcp", "re");
    char line[256];
    const char *found = NULL;
    while (file && !found && fgets(line, sizeof line, file)) {
        /* "0: LOCAL:PORT REMOTE:PORT STATE ...", all in hexadecimal */
        char *at = strchr(line, ':');
        at = at ? strchr(at + 1, ':') : NULL;
        at = at ? strchr(at + 1, ' ') : NULL;
        if (!at)
            continue;
        const unsigned long addr = strtoul(at + 1, &at, 16);
        const unsigned long port = *at == ':' ? strtoul(at + 1, &at, 16) : 0;
        const unsigned long state = strtoul(at, NULL, 16);
        if (addr == far.sin_addr.s_addr && port == 80 && state < sizeof names / sizeof names[0])
            found = names[state];
    }
    if (file)
        (void)fclose(file);
    return found;
}
