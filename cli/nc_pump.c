/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/nc.h"

/* Pipes, sockets and terminals are made non-blocking: a slow reader of our stdout must slow the peer down by the
 * receive window, not stop the stack. The flag belongs to the open file, which others share: put back. */
static int make_nonblocking(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || S_ISREG(st.st_mode))
        return -1;
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || flags & O_NONBLOCK || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return -1;
    return flags;
}

static void ready(void *self, int fd, uint32_t events, sv_time now)
{
    (void)fd;
    (void)events;
    nc_pump_turn(self, now);
}

void nc_pump_begin(struct nc_pump *p, struct cli_network *network)
{
    p->network = network;
    p->input_flags = make_nonblocking(STDIN_FILENO);
    p->output_flags = make_nonblocking(STDOUT_FILENO);
    p->input_terminal = isatty(STDIN_FILENO) == 1;
    p->input_file = !cli_network_watch(network, STDIN_FILENO, 0, ready, p);
    (void)cli_network_watch(network, STDOUT_FILENO, 0, ready, p);
    p->last_byte = cli_network_now(network);
}

void nc_pump_end(struct nc_pump *p)
{
    cli_network_unwatch(p->network, STDIN_FILENO);
    cli_network_unwatch(p->network, STDOUT_FILENO);
    if (p->input_flags >= 0)
        (void)fcntl(STDIN_FILENO, F_SETFL, p->input_flags);
    if (p->output_flags >= 0)
        (void)fcntl(STDOUT_FILENO, F_SETFL, p->output_flags);
}

void nc_pump_open(struct nc_pump *p, sv_sock socket, sv_time now)
{
    p->socket = socket;
    p->open = true;
    p->last_byte = now;
    nc_pump_turn(p, now);
}

static void stop(struct nc_pump *p, int status)
{
    if (p->done)
        return;
    p->done = true;
    cli_network_stop(p->network, status);
}

void nc_pump_failed(struct nc_pump *p, enum sv_err error)
{
    (void)cli_fail("nc", "%s", cli_network_error(error));
    stop(p, 1);
}

/* stdin to the buffer. */
static void read_input(struct nc_pump *p)
{
    if (p->in_n || p->input_ended)
        return;
    const ssize_t n = read(STDIN_FILENO, p->in, p->udp ? 16384 : sizeof p->in);
    if (n > 0) {
        p->in_at = 0;
        p->in_n = (size_t)n;
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        p->input_ended = true;
    }
}

/* The buffer to the socket. False: it would take no more now. */
static bool send_input(struct nc_pump *p, sv_time now)
{
    struct sv_stack *stack = cli_network_stack(p->network);
    size_t taken = 0;
    enum sv_err error;
    if (!p->in_n || (p->udp && !p->has_peer))
        return false;
    if (p->udp) {
        error = sv_udp_send(stack, p->socket, &p->peer, p->in + p->in_at, p->in_n, now);
        taken = error == SV_ERR_AGAIN ? 0 : p->in_n;
    } else {
        error = sv_send(stack, p->socket, p->in + p->in_at, p->in_n, &taken, now);
    }
    if (error == SV_ERR_STALE || error == SV_ERR_CLOSED) { /* closed both ways: what is left goes nowhere */
        p->input_ended = true;
        p->in_n = 0;
        return false;
    }
    if (error != SV_OK && error != SV_ERR_AGAIN) {
        nc_pump_failed(p, error);
        return false;
    }
    p->in_at += taken;
    p->in_n -= taken;
    if (taken)
        p->last_byte = now;
    return taken > 0;
}

/* The socket to the buffer. Nothing is received while stdout is behind: the window closes. */
static bool receive_output(struct nc_pump *p, sv_time now)
{
    struct sv_stack *stack = cli_network_stack(p->network);
    struct sv_endpoint from;
    size_t got = 0;
    if (p->out_n || p->peer_ended)
        return false;
    const enum sv_err error = p->udp ? sv_udp_recv(stack, p->socket, &from, p->out, sizeof p->out, &got, now)
                                     : sv_recv(stack, p->socket, p->out, sizeof p->out, &got, now);
    if (error == SV_ERR_AGAIN)
        return false;
    /* After the last event the handle is stale: all was read, and the error, if any, came with it. */
    if (error == SV_ERR_EOF || (error == SV_ERR_STALE && p->error == SV_OK)) {
        p->peer_ended = true;
        return false;
    }
    if (error != SV_OK) {
        nc_pump_failed(p, error == SV_ERR_STALE ? p->error : error);
        return false;
    }
    if (p->udp && !p->has_peer) {
        p->peer = from;
        p->has_peer = true;
    }
    p->out_at = 0;
    p->out_n = got < sizeof p->out ? got : sizeof p->out;
    p->last_byte = now;
    return got > 0;
}

/* The buffer to stdout. */
static bool write_output(struct nc_pump *p)
{
    if (!p->out_n)
        return false;
    const ssize_t n = write(STDOUT_FILENO, p->out + p->out_at, p->out_n);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            if (errno != EPIPE)
                (void)cli_fail("nc", "standard output: %s", strerror(errno));
            stop(p, 1);
        }
        return false;
    }
    p->out_at += (size_t)n;
    p->out_n -= (size_t)n;
    return true;
}

static void watch(struct nc_pump *p)
{
    const bool want_input = p->open && !p->in_n && !p->input_ended;
    if (!p->input_file)
        (void)cli_network_watch(p->network, STDIN_FILENO, want_input ? CLI_READ : 0, ready, p);
    (void)cli_network_watch(p->network, STDOUT_FILENO, p->out_n ? CLI_WRITE : 0, ready, p);
}

void nc_pump_turn(struct nc_pump *p, sv_time now)
{
    bool moved = true;
    if (!p->open || p->done)
        return;
    /* Bounded, so that a fast peer cannot keep the loop from its device. */
    for (int round = 0; moved && round < 16 && !p->done; round++) {
        read_input(p);
        moved = send_input(p, now);
        moved |= receive_output(p, now);
        moved |= write_output(p);
    }
    p->more = moved;
    if (p->done)
        return;
    if (p->input_ended && !p->in_n && p->finish_at_eof && !p->finished && !p->udp) {
        p->finished = true;
        if (sv_shutdown(cli_network_stack(p->network), p->socket, now) != SV_OK)
            p->peer_ended = true;
    }
    const bool input_over = (p->input_ended || p->input_terminal || (p->listener_side && !p->input_file)) && !p->in_n;
    if (p->peer_ended && !p->out_n && input_over) {
        sv_close(cli_network_stack(p->network), p->socket, now);
        stop(p, 0);
        return;
    }
    watch(p);
}

sv_time nc_pump_deadline(const struct nc_pump *p)
{
    if (p->done || !p->open)
        return SV_NEVER;
    if (p->more || (p->input_file && !p->in_n && !p->input_ended))
        return 0; /* the last turn was cut short, and no event tells of it; a plain file is always ready */
    return p->idle_ns ? p->last_byte + p->idle_ns : SV_NEVER;
}
