/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/datagram_cable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/frames.h"
#include "port/unix_path.h"

static struct sv_datagram_cable *cable_of(const struct sv_device *d)
{
    return d->self;
}

static uint32_t datagram_fill(struct sv_device *d, struct sv_pool *pool, uint16_t account, struct sv_burst *b)
{
    struct sv_datagram_cable *c = cable_of(d);
    const uint32_t before = b->n;

    for (uint32_t turn = 0; turn < SV_BURST && b->n < SV_BURST; turn++) { /* who sends rubbish must not keep us */
        struct sockaddr_un from = {.sun_family = AF_UNIX};
        socklen_t from_n = sizeof from;
        const ssize_t got =
            recvfrom(d->fd, c->bytes, sizeof c->bytes, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &from_n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        if (got < 14 || (size_t)got > sizeof c->bytes) {
            d->counts.malformed++;
            continue;
        }
        if (!c->known && from_n > sizeof from.sun_family && from.sun_path[0]) {
            c->peer = from;
            c->known = true;
        }
        struct sv_buf *packet = sv_buf_alloc_slab(pool, SV_WANT_CONTROL, account, 0);
        if (packet == NULL || !sv_buf_append(packet, c->bytes, (uint32_t)got, SV_WANT_DATA)) {
            d->counts.no_memory++;
            sv_buf_free(packet);
            continue;
        }
        packet->segments = 1;
        packet->l2 = packet->head;
        d->counts.packets_in++;
        d->counts.wire_in++;
        d->counts.bytes_in += (uint64_t)got;
        b->packet[b->n++] = packet;
    }
    return b->n - before;
}

static void send_one(struct sv_device *d, struct sv_buf *packet)
{
    struct sv_datagram_cable *c = cable_of(d);
    const uint32_t n = packet->length;

    if (!c->known) {
        d->counts.cut++; /* nobody is there yet */
        return;
    }
    if (n > sizeof c->bytes || packet->gso_size ||
        ((packet->flags & SV_BUF_CSUM_PARTIAL) && !sv_frames_finish_checksum(packet))) {
        d->counts.refused++;
        return;
    }
    const bool whole = sv_buf_read(packet, 0, c->bytes, n);
    SV_ASSERT(whole);
    if (sendto(d->fd, c->bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&c->peer, sizeof c->peer) <
        0) {
        if (errno == EAGAIN || errno == ENOBUFS)
            d->counts.full++;
        else
            d->counts.cut++; /* it went away, and may come back */
        return;
    }
    d->counts.packets_out++;
    d->counts.wire_out++;
    d->counts.bytes_out += n;
}

static void datagram_send(struct sv_device *d, struct sv_burst *b)
{
    for (uint32_t i = 0; i < b->n; i++) {
        send_one(d, b->packet[i]);
        sv_buf_free(b->packet[i]);
    }
    b->n = 0;
}

static struct sv_room datagram_room(const struct sv_device *d)
{
    (void)d;
    return (struct sv_room){SV_BURST, UINT32_MAX, 0};
}

static void datagram_close(struct sv_device *d)
{
    struct sv_datagram_cable *c = cable_of(d);
    if (d->fd < 0)
        return;
    close(d->fd);
    (void)unlink(c->own.sun_path);
    d->fd = -1;
}

bool sv_datagram_cable_open(struct sv_datagram_cable *c, const char *what, const struct sv_device_options *options,
                            char *error)
{
    struct sv_device *d = &c->device;
    const char *peer = strstr(what, ",peer=");
    const int queue = 4 << 20;

    memset(c, 0, sizeof *c);
    d->fd = -1;
    if (!sv_unix_address(&c->own, what, strcspn(what, ","), error))
        return false;
    c->known = peer != NULL;
    if (peer && !sv_unix_address(&c->peer, peer + 6, strcspn(peer + 6, ","), error))
        return false;
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* A socket there is of somebody who ended badly: a datagram socket cannot be asked who has it. */
    if (fd < 0 || !sv_unix_clear(c->own.sun_path) || bind(fd, (const struct sockaddr *)&c->own, sizeof c->own) != 0) {
        snprintf(error, SV_DEVICE_TEXT, "unix:%s: %s", c->own.sun_path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &queue, sizeof queue);
    sv_device_begin(d, c, fd, "unix", options);
    d->fill = datagram_fill;
    d->send = datagram_send;
    d->room = datagram_room;
    d->close = datagram_close;
    return true;
}
