/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/voltage_cable.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "port/cable_negotiate.h"
#include "port/cable_words.h"
#include "port/clock.h"
#include "port/cpu.h"
#include "port/frames.h"
#include "port/socket_listen.h"
#include "port/unix_path.h"

#define AHEAD (2 * SV_MS)  /* of frames that may wait for the line in it: a few, or one of 1518 octets at 10 Mbit/s */
#define PATIENCE SV_S      /* with one who connected and does not say what it is */
#define AGAIN (50 * SV_MS) /* before another look whether somebody is there */

static struct sv_voltage_cable *cable_of(const struct sv_device *d)
{
    return d->self;
}

static void wake_in(const struct sv_voltage_cable *c, sv_time in)
{
    const struct itimerspec t = {.it_value = {(time_t)(in / SV_S), (long)(in % SV_S)}};
    (void)timerfd_settime(c->timer, 0, &t, NULL);
}

static bool watch(const struct sv_voltage_cable *c, int fd, uint32_t events, int op)
{
    struct epoll_event e = {.events = events};
    return epoll_ctl(c->wake, op, fd, &e) == 0;
}

/* --- the line --- */

static void add_counts(struct sv_phy_link_counts *to, const struct sv_phy_link_counts *n)
{
    to->sent += n->sent;
    for (uint32_t i = 0; i < SV_PHY_OUTCOMES; i++)
        to->of[i] += n->of[i];
    to->wrong_symbols += n->wrong_symbols;
    to->samples += n->samples;
}

/* A frame's way over the pair. False: it did not arrive, or is none that the line can carry. */
static bool pass(struct sv_voltage_cable *c, struct sv_device *d, struct sv_buf *packet)
{
    const uint32_t n = packet->length;
    struct sv_phy_passage passage;
    if (n == 0 || n > sizeof c->octets - 4 || !sv_buf_read(packet, 0, c->octets, n)) {
        d->counts.refused++;
        return false;
    }
    const enum sv_err err =
        sv_phy_link_send(&c->link, c->octets, n, SV_PHY_FCS_APPEND, sv_clock() - c->begin, &passage);
    SV_ASSERT(err == SV_OK);
    return passage.outcome == SV_PHY_ARRIVED;
}

static sv_time backlog(const struct sv_voltage_cable *c)
{
    const sv_time now = sv_clock() - c->begin, free_at = sv_phy_link_free_ns(&c->link);
    return free_at > now ? free_at - now : 0;
}

static void voltage_send(struct sv_device *d, struct sv_burst *b)
{
    struct sv_voltage_cable *c = cable_of(d);
    struct sv_burst arrived = {.n = 0};
    for (uint32_t i = 0; i < b->n; i++) {
        struct sv_buf *packet = b->packet[i];
        if (c->state != SV_VOLTAGE_JOINED || c->down)
            d->counts.cut++;
        else if (packet->segments > 1 || ((packet->flags & SV_BUF_CSUM_PARTIAL) && !sv_frames_finish_checksum(packet)))
            d->counts.refused++;
        else if (pass(c, d, packet)) {
            arrived.packet[arrived.n++] = packet;
            continue;
        }
        sv_buf_free(packet);
    }
    b->n = 0;
    if (arrived.n)
        c->send(d, &arrived);
    if (c->state == SV_VOLTAGE_JOINED && backlog(c) > AHEAD)
        wake_in(c, backlog(c) - AHEAD / 2);
}

static struct sv_room voltage_room(const struct sv_device *d)
{
    const struct sv_voltage_cable *c = cable_of(d);
    if (c->state != SV_VOLTAGE_JOINED || c->down)
        return (struct sv_room){SV_BURST, UINT32_MAX, 0}; /* a cable that is not plugged in loses all of it */
    if (backlog(c) > AHEAD)
        return (struct sv_room){0, 0, 0};
    struct sv_room room = c->room(d);
    room.packets = room.packets > 1 ? 1 : room.packets;
    return room;
}

/* --- finding the other end --- */

static void part(struct sv_voltage_cable *c)
{
    if (c->socket.fd >= 0)
        close(c->socket.fd);
    sv_socket_cable_connect(&c->socket, -1);
    c->state = SV_VOLTAGE_APART;
    c->writable = c->down = false;
    c->greeted = 0;
    add_counts(&c->before, &c->link.count);
    memset(&c->link.count, 0, sizeof c->link.count);
}

static void later(struct sv_voltage_cable *c)
{
    part(c);
    wake_in(c, AGAIN);
}

static const char *name_of(uint32_t code)
{
    return code == SV_PHY_CODES ? "auto" : sv_phy_code_info(code)->name;
}

/* The connection is there: both ends say what they are set to. */
static void meet(struct sv_voltage_cable *c, int fd, uint32_t end)
{
    char ours[SV_VOLTAGE_GREETING_BYTES] = {0};
    (void)snprintf(ours, sizeof ours, "%s", name_of(c->set_to));
    sv_socket_cable_connect(&c->socket, fd);
    c->end = end;
    c->greeted = 0;
    c->state = SV_VOLTAGE_GREETING;
    c->met = sv_clock();
    wake_in(c, PATIENCE);
    if (!watch(c, fd, EPOLLIN, EPOLL_CTL_ADD) ||
        send(fd, ours, sizeof ours, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof ours)
        later(c);
}

static void look_for(struct sv_voltage_cable *c)
{
    char why[SV_DEVICE_TEXT];
    bool taken = false;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&c->at, sizeof c->at) == 0) {
        meet(c, fd, 1);
        return;
    }
    if (fd >= 0)
        close(fd);
    c->listener = sv_socket_listen(c->at.sun_path, &taken, why);
    if (c->listener < 0 || !watch(c, c->listener, EPOLLIN, EPOLL_CTL_ADD)) {
        later(c);
        return;
    }
    c->state = SV_VOLTAGE_LISTENING;
    if (!c->told)
        (void)fprintf(stderr, "cable %s: waiting for its other end\n", c->name);
    c->told = true;
}

static void unlisten(struct sv_voltage_cable *c)
{
    if (c->listener >= 0)
        sv_socket_unlisten(c->listener, c->at.sun_path);
    c->listener = -1;
}

static void welcome(struct sv_voltage_cable *c)
{
    const int fd = sv_socket_accept(c->listener);
    if (fd < 0)
        return;
    unlisten(c);
    meet(c, fd, 0);
}

/* What was typed, for the code that will be spoken. */
static bool words_for(const struct sv_voltage_cable *c, uint32_t code, struct sv_phy_link_config *config, char *why)
{
    *config = (struct sv_phy_link_config){.channel = {.code = code, .cpu = sv_cpu_detect()}};
    return sv_cable_words(config, c->words, why);
}

static bool start(struct sv_voltage_cable *c, uint32_t code)
{
    char why[SV_DEVICE_TEXT];
    struct sv_phy_link_config config;
    if (!words_for(c, code, &config, why))
        return false;
    config.channel.seed = 2 * config.channel.seed + c->end; /* the two ends' noise is not the same */
    if (sv_phy_link_init(&c->link, &config) != SV_OK)
        return false;
    if (!c->link.up && !config.channel.unplugged)
        (void)fprintf(stderr,
                      "cable %s: the receiver finds no signal at the far end of such a pair: the link is down\n",
                      c->name);
    c->begin = sv_clock();
    return true;
}

/* Their greeting is here. False: they are set to something else; `why` says so. */
static bool join(struct sv_voltage_cable *c, char *why)
{
    const uint32_t n = (uint32_t)strlen(c->theirs);
    const bool negotiates = strcmp(c->theirs, "auto") == 0;
    const uint32_t theirs = negotiates ? SV_PHY_CODES : sv_phy_code_find(c->theirs, n);
    if ((theirs == SV_PHY_CODES && !negotiates) || (theirs != c->set_to && !negotiates && c->set_to != SV_PHY_CODES)) {
        (void)snprintf(why, SV_DEVICE_TEXT, "the other end speaks %.*s, this one %s", (int)n, c->theirs,
                       name_of(c->set_to));
        return false;
    }
    const struct sv_cable_agreed a = sv_cable_negotiate(c->set_to, theirs);
    c->state = SV_VOLTAGE_JOINED;
    c->down = a.code == SV_PHY_CODES || !start(c, a.code);
    if (a.bursts && !c->down)
        (void)fprintf(stderr, "cable %s: negotiated %s, full duplex, in %" PRIu64 " bursts of link pulses\n", c->name,
                      name_of(a.code), a.bursts);
    else if (c->down)
        (void)fprintf(stderr, "cable %s: the link stays down: %s\n", c->name, sv_autoneg_why_name(a.why));
    c->told = false;
    return true;
}

/* What of their greeting has come. False as join() does. */
static bool greet(struct sv_voltage_cable *c, char *why)
{
    const ssize_t got =
        recv(c->socket.fd, c->theirs + c->greeted, SV_VOLTAGE_GREETING_BYTES - c->greeted, MSG_DONTWAIT);
    const bool silent = got < 0 && (errno == EAGAIN || errno == EINTR);
    if (got == 0 || (got < 0 && !silent) || (silent && sv_clock() - c->met >= PATIENCE)) {
        later(c); /* somebody looked who was there, went again, or only holds the place */
        return true;
    }
    c->greeted += got > 0 ? (uint32_t)got : 0;
    if (c->greeted < SV_VOLTAGE_GREETING_BYTES)
        return true;
    c->theirs[SV_VOLTAGE_GREETING_BYTES] = '\0';
    return join(c, why);
}

/* A step towards the other end. False: it is set to another code. */
static bool step(struct sv_voltage_cable *c, char *why)
{
    uint64_t expired;
    (void)!read(c->timer, &expired, sizeof expired);
    if (c->state == SV_VOLTAGE_APART)
        look_for(c);
    else if (c->state == SV_VOLTAGE_LISTENING)
        welcome(c);
    return c->state != SV_VOLTAGE_GREETING || greet(c, why);
}

/* --- the verbs --- */

/* The socket's code called the device dead: it is only apart. */
static void revive(struct sv_voltage_cable *c, struct sv_device *d)
{
    if (!d->dead)
        return;
    d->dead = false;
    (void)fprintf(stderr, "cable %s: its other end is gone\n", c->name);
    later(c);
}

static uint32_t voltage_fill(struct sv_device *d, struct sv_pool *pool, uint16_t account, struct sv_burst *b)
{
    struct sv_voltage_cable *c = cable_of(d);
    char why[SV_DEVICE_TEXT];
    if (c->state != SV_VOLTAGE_JOINED && !step(c, why)) {
        (void)fprintf(stderr, "cable %s: %s\n", c->name, why);
        later(c);
    }
    if (c->state != SV_VOLTAGE_JOINED)
        return 0;
    uint64_t expired;
    (void)!read(c->timer, &expired, sizeof expired);
    const uint32_t n = c->fill(d, pool, account, b);
    revive(c, d);
    return n;
}

static bool voltage_flush(struct sv_device *d)
{
    struct sv_voltage_cable *c = cable_of(d);
    if (c->state != SV_VOLTAGE_JOINED)
        return true;
    const bool flushed = c->flush(d);
    revive(c, d);
    if (c->state == SV_VOLTAGE_JOINED && c->writable == flushed) {
        c->writable = !flushed;
        (void)watch(c, c->socket.fd, EPOLLIN | (flushed ? 0u : (uint32_t)EPOLLOUT), EPOLL_CTL_MOD);
    }
    return flushed;
}

static void close_all(struct sv_voltage_cable *c)
{
    part(c);
    unlisten(c);
    if (c->timer >= 0)
        close(c->timer);
    if (c->wake >= 0)
        close(c->wake);
    c->timer = c->wake = -1;
}

static void voltage_close(struct sv_device *d)
{
    struct sv_voltage_cable *c = cable_of(d);
    close_all(c);
    d->fd = -1;
    const struct sv_phy_link_counts *n = &c->before;
    if (n->sent > 0)
        (void)fprintf(stderr,
                      "cable %s: %" PRIu64 " frames sent: %" PRIu64 " arrived, %" PRIu64 " with a bad FCS, %" PRIu64
                      " with symbol errors, %" PRIu64 " as false carriers, %" PRIu64 " never seen; %" PRIu64
                      " samples, %" PRIu64 " symbols decided wrongly\n",
                      c->name, n->sent, n->of[SV_PHY_ARRIVED], n->of[SV_PHY_LOST_FCS], n->of[SV_PHY_LOST_SYMBOL],
                      n->of[SV_PHY_LOST_CARRIER], n->of[SV_PHY_NEVER_SEEN], n->samples, n->wrong_symbols);
}

/* --- opening --- */

static bool place(struct sv_voltage_cable *c, char *why)
{
    const char *folder = getenv("XDG_RUNTIME_DIR");
    char path[sizeof c->at.sun_path + 1];
    const int n = snprintf(path, sizeof path, "%s/seven-cable-%s", folder && folder[0] ? folder : "/tmp", c->name);
    if (c->name[0] != '\0' && !strchr(c->name, '/') && n > 0 && (size_t)n < sizeof path &&
        sv_unix_address(&c->at, path, (size_t)n, why))
        return true;
    (void)snprintf(why, SV_DEVICE_TEXT, "a cable's name is short and has no slash");
    return false;
}

/* Whether there is such a cable for this code. */
static bool makes_sense(struct sv_voltage_cable *c, uint32_t code, char *why)
{
    struct sv_phy_link_config config;
    if (!words_for(c, code, &config, why))
        return false;
    if (sv_phy_link_init(&c->link, &config) == SV_OK)
        return true;
    (void)snprintf(why, SV_DEVICE_TEXT, "no such cable is modelled for %s", name_of(code));
    return false;
}

/* NAME, the code or "auto", and the words, which must be right whatever will be spoken. */
static bool take_words(struct sv_voltage_cable *c, const char *what, char *why)
{
    const size_t n = strcspn(what, ",");
    const char *words = what[n] ? what + n + 1 : "";
    struct sv_phy_link_config config;
    if (n >= sizeof c->name || strlen(words) >= sizeof c->words) {
        (void)snprintf(why, SV_DEVICE_TEXT, "too long");
        return false;
    }
    (void)snprintf(c->name, sizeof c->name, "%.*s", (int)n, what);
    (void)snprintf(c->words, sizeof c->words, "%s", words);
    c->set_to = SV_PHY_CODES;
    const bool negotiates = strcmp(words, "auto") == 0 || strncmp(words, "auto,", 5) == 0;
    if (!negotiates && !words_for(c, SV_PHY_CODES, &config, why))
        return false;
    const char *rest = words + strcspn(words, ",");
    (void)snprintf(c->words, sizeof c->words, "%s", rest + (*rest == ','));
    if (negotiates)
        return makes_sense(c, SV_PHY_10BASE_T, why) && makes_sense(c, SV_PHY_100BASE_TX, why);
    c->set_to = config.channel.code;
    return makes_sense(c, c->set_to, why);
}

static bool open_wake(struct sv_voltage_cable *c, char *why)
{
    c->wake = epoll_create1(EPOLL_CLOEXEC);
    c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (c->wake >= 0 && c->timer >= 0 && watch(c, c->timer, EPOLLIN, EPOLL_CTL_ADD))
        return true;
    (void)snprintf(why, SV_DEVICE_TEXT, "%s", strerror(errno));
    return false;
}

/* Until the other end is there. */
static bool attend(struct sv_voltage_cable *c, char *why)
{
    while (c->state != SV_VOLTAGE_JOINED) {
        if (!step(c, why))
            return false;
        struct pollfd f = {.fd = c->wake, .events = POLLIN};
        if (c->state != SV_VOLTAGE_JOINED && c->state != SV_VOLTAGE_APART)
            (void)poll(&f, 1, -1);
        else if (c->state == SV_VOLTAGE_APART)
            (void)poll(&f, 1, (int)(AGAIN / SV_MS));
    }
    return true;
}

bool sv_voltage_cable_open(struct sv_voltage_cable *c, const char *what, const struct sv_device_options *options,
                           char *error)
{
    char why[SV_DEVICE_TEXT] = "";
    memset(c, 0, sizeof *c);
    c->wake = c->timer = c->listener = -1;
    sv_socket_cable_adopt(&c->socket, -1, options);
    if (!take_words(c, what, why) || !place(c, why) || !open_wake(c, why) ||
        !(options->unattended ? step(c, why) : attend(c, why))) {
        close_all(c);
        (void)snprintf(error, SV_DEVICE_TEXT, "cable:%.40s: %.200s", what, why);
        return false;
    }
    struct sv_device *d = &c->socket.device;
    (void)snprintf(d->name, sizeof d->name, "cable");
    d->fd = c->wake;
    c->send = d->send;
    c->fill = d->fill;
    c->room = d->room;
    c->flush = d->flush;
    d->send = voltage_send;
    d->fill = voltage_fill;
    d->room = voltage_room;
    d->flush = voltage_flush;
    d->close = voltage_close;
    return true;
}
