/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/voltage_cable.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "port/cable_words.h"
#include "port/clock.h"
#include "port/cpu.h"
#include "port/frames.h"

#define GREETING 16u /* octets: the line code's name, so that both ends speak one */

static struct sv_voltage_cable *cable_of(const struct sv_device *d)
{
    return d->self;
}

/* Whether the frame arrives; it is counted where it does not. */
static bool pass(struct sv_voltage_cable *c, struct sv_buf *packet)
{
    const uint32_t n = packet->length;
    struct sv_phy_passage passage;
    if (n == 0 || n > sizeof c->octets - 4 || !sv_buf_read(packet, 0, c->octets, n))
        return true; /* the socket refuses it */
    const enum sv_err err =
        sv_phy_link_send(&c->link, c->octets, n, SV_PHY_FCS_APPEND, sv_clock() - c->begin, &passage);
    return err == SV_OK && passage.outcome == SV_PHY_ARRIVED;
}

static void voltage_send(struct sv_device *d, struct sv_burst *b)
{
    struct sv_voltage_cable *c = cable_of(d);
    struct sv_burst arrived = {.n = 0};
    for (uint32_t i = 0; i < b->n; i++) {
        struct sv_buf *packet = b->packet[i];
        const bool whole =
            packet->segments <= 1 && (!(packet->flags & SV_BUF_CSUM_PARTIAL) || sv_frames_finish_checksum(packet));
        if (!whole || pass(c, packet))
            arrived.packet[arrived.n++] = packet;
        else
            sv_buf_free(packet);
    }
    b->n = 0;
    c->send(d, &arrived);
}

static void voltage_close(struct sv_device *d)
{
    struct sv_voltage_cable *c = cable_of(d);
    const struct sv_phy_link_counts *n = &c->link.count;
    if (n->sent > 0)
        (void)fprintf(stderr,
                      "cable %s: %" PRIu64 " frames sent: %" PRIu64 " arrived, %" PRIu64 " with a bad FCS, %" PRIu64
                      " with symbol errors, %" PRIu64 " as false carriers, %" PRIu64 " never seen\n",
                      c->name, n->sent, n->of[SV_PHY_ARRIVED], n->of[SV_PHY_LOST_FCS], n->of[SV_PHY_LOST_SYMBOL],
                      n->of[SV_PHY_LOST_CARRIER], n->of[SV_PHY_NEVER_SEEN]);
    c->close(d);
}

/* --- finding the other end --- */

static bool place(struct sockaddr_un *to, const char *name, char *error)
{
    const char *folder = getenv("XDG_RUNTIME_DIR");
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    const int n =
        snprintf(to->sun_path, sizeof to->sun_path, "%s/seven-cable-%s", folder && folder[0] ? folder : "/tmp", name);
    if (name[0] == '\0' || strchr(name, '/') || n < 0 || (size_t)n >= sizeof to->sun_path) {
        (void)snprintf(error, SV_DEVICE_TEXT, "cable:%.40s: a cable's name is short and has no slash", name);
        return false;
    }
    return true;
}

static int wait_for_other(const struct sockaddr_un *at, const char *name)
{
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fd = -1;
    if (listener < 0)
        return -1;
    (void)unlink(at->sun_path); /* of a process that is gone: nobody listened there */
    if (bind(listener, (const struct sockaddr *)at, sizeof *at) == 0 && listen(listener, 1) == 0) {
        (void)fprintf(stderr, "cable %s: waiting for its other end\n", name);
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    }
    const int why = errno;
    (void)unlink(at->sun_path);
    (void)close(listener);
    errno = why;
    return fd;
}

/* Both ends say their code. */
static bool greet(int fd, const char *code, char *error)
{
    char ours[GREETING] = {0}, theirs[GREETING + 1] = {0};
    (void)snprintf(ours, sizeof ours, "%s", code);
    if (send(fd, ours, sizeof ours, MSG_NOSIGNAL) != (ssize_t)sizeof ours ||
        recv(fd, theirs, GREETING, MSG_WAITALL) != (ssize_t)GREETING) {
        (void)snprintf(error, SV_DEVICE_TEXT, "the other end is gone already");
        return false;
    }
    if (strcmp(ours, theirs) != 0) {
        (void)snprintf(error, SV_DEVICE_TEXT, "the other end speaks %s, this one %s", theirs, ours);
        return false;
    }
    return true;
}

static int meet(const char *name, const char *code, uint32_t *end, char *error)
{
    struct sockaddr_un at;
    if (!place(&at, name, error))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0) {
        *end = 1;
    } else {
        if (fd >= 0)
            (void)close(fd);
        *end = 0;
        fd = wait_for_other(&at, name);
    }
    if (fd < 0) {
        (void)snprintf(error, SV_DEVICE_TEXT, "%s", strerror(errno));
    } else if (!greet(fd, code, error)) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

bool sv_voltage_cable_open(struct sv_voltage_cable *c, const char *what, const struct sv_device_options *options,
                           char *error)
{
    const uint32_t n = (uint32_t)strcspn(what, ",");
    char why[SV_DEVICE_TEXT] = "";
    struct sv_phy_link_config config = {.channel = {.code = SV_PHY_CODES, .cpu = sv_cpu_detect()}};
    uint32_t end = 0;
    (void)snprintf(c->name, sizeof c->name, "%.*s", (int)(n < sizeof c->name - 1 ? n : sizeof c->name - 1), what);
    bool good = sv_cable_words(&config, what[n] ? what + n + 1 : "", why);
    if (good && sv_phy_link_init(&c->link, &config) != SV_OK) {
        (void)snprintf(why, sizeof why, "no such cable");
        good = false;
    }
    const char *code = good ? sv_phy_code_info(config.channel.code)->name : "";
    const int fd = good ? meet(c->name, code, &end, why) : -1;
    if (fd < 0) {
        (void)snprintf(error, SV_DEVICE_TEXT, "cable:%.40s: %.200s", what, why);
        return false;
    }
    /* The two ends' noise is not the same. */
    config.channel.seed = 2 * config.channel.seed + end;
    const enum sv_err err = sv_phy_link_init(&c->link, &config);
    SV_ASSERT(err == SV_OK);
    if (!c->link.up && !config.channel.unplugged)
        (void)fprintf(stderr,
                      "cable %s: the receiver finds no signal at the far end of such a pair: the link is down\n",
                      c->name);
    sv_socket_cable_adopt(&c->socket, fd, options);
    struct sv_device *d = &c->socket.device;
    (void)snprintf(d->name, sizeof d->name, "cable");
    c->begin = sv_clock();
    c->send = d->send;
    c->close = d->close;
    d->send = voltage_send;
    d->close = voltage_close;
    return true;
}
