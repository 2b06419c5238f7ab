/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/socket_cable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cursor.h"
#include "port/frames.h"
#include "port/unix_path.h"

static struct sv_socket_cable *cable_of(const struct sv_device *d)
{
    return d->self;
}

/* Reads what the socket has; false: nothing new. */
static bool read_more(struct sv_socket_cable *c, struct sv_device *d)
{
    if (c->in_first > 0) {
        memmove(c->in, c->in + c->in_first, c->in_end - c->in_first);
        c->in_end -= c->in_first;
        c->in_first = 0;
    }
    ssize_t got;
    do
        got = recv(c->fd, c->in + c->in_end, sizeof c->in - c->in_end, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        d->dead = true; /* the other end is gone */
    if (got <= 0)
        return false;
    c->in_end += (uint32_t)got;
    return true;
}

/* The next whole frame in `in`: its length, its bytes at *at. 0: none. */
static uint32_t next_frame(struct sv_socket_cable *c, struct sv_device *d, const uint8_t **at)
{
    const uint32_t have = c->in_end - c->in_first;
    if (have < 4)
        return 0;
    const uint32_t n = sv_get_u32(c->in + c->in_first);
    if (n > SV_SOCKET_CABLE_FRAME) { /* no way back into step */
        d->counts.malformed++;
        d->dead = true;
        return 0;
    }
    if (have - 4 < n)
        return 0;
    *at = c->in + c->in_first + 4;
    c->in_first += 4 + n;
    return n ? n : UINT32_MAX;
}

static uint32_t cable_fill(struct sv_device *d, struct sv_pool *pool, uint16_t account, struct sv_burst *b)
{
    struct sv_socket_cable *c = cable_of(d);
    const uint32_t before = b->n;
    bool read = false; /* once: who sends nothing but frames that are none must not keep us */

    while (b->n < SV_BURST && !d->dead) {
        const uint8_t *bytes;
        const uint32_t n = next_frame(c, d, &bytes);
        if (n == 0) {
            if (read || b->n > before || d->dead || !read_more(c, d))
                break;
            read = true;
            continue;
        }
        if (n == UINT32_MAX || n < 14) {
            d->counts.malformed++;
            continue;
        }
        struct sv_buf *packet = sv_buf_alloc_slab(pool, SV_WANT_CONTROL, account, 0);
        if (packet == NULL || !sv_buf_append(packet, bytes, n, SV_WANT_DATA)) {
            d->counts.no_memory++;
            sv_buf_free(packet);
            continue;
        }
        packet->segments = 1;
        packet->l2 = packet->head;
        d->counts.packets_in++;
        d->counts.wire_in++;
        d->counts.bytes_in += n;
        b->packet[b->n++] = packet;
    }
    return b->n - before;
}

static bool cable_flush(struct sv_device *d)
{
    struct sv_socket_cable *c = cable_of(d);

    while (c->out_first < c->out_end && !d->dead) {
        const ssize_t sent = send(c->fd, c->out + c->out_first, c->out_end - c->out_first, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return false;
        if (sent < 0) {
            d->dead = true;
            break;
        }
        c->out_first += (uint32_t)sent;
    }
    c->out_first = c->out_end = 0;
    return true;
}

static void cable_send(struct sv_device *d, struct sv_burst *b)
{
    struct sv_socket_cable *c = cable_of(d);

    for (uint32_t i = 0; i < b->n; i++) {
        struct sv_buf *packet = b->packet[i];
        const uint32_t n = packet->length;
        const bool super =
            (packet->flags & ((uint32_t)SV_BUF_GSO_TCP4 | (uint32_t)SV_BUF_GSO_TCP6)) && packet->segments > 1;
        if (d->dead) {
            d->counts.cut++;
        } else if (super || n > SV_SOCKET_CABLE_FRAME ||
                   ((packet->flags & SV_BUF_CSUM_PARTIAL) && !sv_frames_finish_checksum(packet))) {
            d->counts.refused++;
        } else if (sizeof c->out - c->out_end < n + 4) {
            d->counts.full++;
        } else {
            sv_put_u32(c->out + c->out_end, n);
            const bool whole = sv_buf_read(packet, 0, c->out + c->out_end + 4, n);
            SV_ASSERT(whole);
            c->out_end += n + 4;
            d->counts.packets_out++;
            d->counts.wire_out++;
            d->counts.bytes_out += n;
        }
        sv_buf_free(packet);
    }
    b->n = 0;
    (void)cable_flush(d);
}

static struct sv_room cable_room(const struct sv_device *d)
{
    const struct sv_socket_cable *c = cable_of(d);
    const uint32_t each = d->mtu + 14 + 8 + 4;
    const uint32_t bytes = (uint32_t)sizeof c->out - c->out_end;
    const uint32_t fit = bytes / each;
    return (struct sv_room){fit < SV_BURST ? fit : SV_BURST, bytes, 0};
}

static void cable_close(struct sv_device *d)
{
    struct sv_socket_cable *c = cable_of(d);
    if (c->fd >= 0)
        close(c->fd);
    c->fd = d->fd = -1;
}

void sv_socket_cable_connect(struct sv_socket_cable *c, int fd)
{
    c->fd = fd;
    c->in_first = c->in_end = c->out_first = c->out_end = 0;
    if (fd >= 0)
        (void)fcntl(fd, F_SETFL, O_NONBLOCK);
}

void sv_socket_cable_adopt(struct sv_socket_cable *c, int fd, const struct sv_device_options *options)
{
    struct sv_device *d = &c->device;

    sv_device_begin(d, c, fd, "unix", options);
    sv_socket_cable_connect(c, fd);
    d->fill = cable_fill;
    d->send = cable_send;
    d->room = cable_room;
    d->flush = cable_flush;
    d->close = cable_close;
}

bool sv_socket_cable_open(struct sv_socket_cable *c, const char *path, const struct sv_device_options *options,
                          char *error)
{
    struct sockaddr_un to;

    error[0] = '\0';
    c->fd = -1;
    if (!sv_unix_address(&to, path, strlen(path), error))
        return false;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        const int why = errno;
        snprintf(error, SV_DEVICE_TEXT, "unix:%s: %s%s", path, strerror(why),
                 why == ENOENT || why == ECONNREFUSED ? ": nobody listens there; start `seven switch` or QEMU first"
                                                      : "");
        if (fd >= 0)
            close(fd);
        return false;
    }
    sv_socket_cable_adopt(c, fd, options);
    return true;
}

void sv_socket_cable_close(struct sv_socket_cable *c)
{
    if (c->device.close)
        cable_close(&c->device);
}
