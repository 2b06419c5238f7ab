/* SPDX-License-Identifier: BSD-2-Clause */
/* The application's calls of a conversation, as a packet script has them: sockets. */
#include "tests/support/exchange_script.h"

static void put_socket(void)
{
    sv_script.fd = sv_script.next_fd++;
    sv_script_put("socket(..., SOCK_STREAM, IPPROTO_TCP) = %d\n", sv_script.fd);
    sv_script_put("   +0 fcntl(%d, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n", sv_script.fd);
}

static void put_listen(enum sv_err error)
{
    const uint32_t backlog = sv_script.x->backlog ? sv_script.x->backlog : 16;
    put_socket();
    if (error == SV_ERR_IN_USE) {
        sv_script_put("   +0 bind(%d, ..., ...) = -1 EADDRINUSE (Address already in use)\n", sv_script.fd);
        return;
    }
    sv_script_put("   +0 bind(%d, ..., ...) = 0\n", sv_script.fd);
    if (sv_script.x->fastopen)
        sv_script_put("   +0 setsockopt(%d, SOL_TCP, TCP_FASTOPEN, [%u], 4) = 0\n", sv_script.fd,
                      sv_script.x->fastopen);
    sv_script_put("   +0 listen(%d, %u) = 0\n", sv_script.fd, backlog - (sv_script.x->backlog ? 1u : 0u));
}

static void put_open(const struct sv_line *l, enum sv_err error, size_t done)
{
    if (l->flags == LISTEN && (l->seq || (error != SV_OK && error != SV_ERR_IN_USE)))
        sv_script_cannot("a listener that cannot be, or for another port");
    if (l->flags == LISTEN) {
        put_listen(error);
        return;
    }
    if (error != SV_OK)
        sv_script_cannot("a connect that fails at once");
    put_socket();
    if (l->flags == CONNECT || !done)
        sv_script.ends[0].stage = SV_SCRIPT_NOTHING;
    if (l->flags == CONNECT)
        sv_script_put("   +0 connect(%d, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n", sv_script.fd);
    else if (done)
        sv_script_put("   +0 sendto(%d, ..., %u, MSG_FASTOPEN, ..., ...) = %u\n", sv_script.fd, l->seq, (uint32_t)done);
    else
        sv_script_put(
            "   +0 sendto(%d, ..., %u, MSG_FASTOPEN, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n",
            sv_script.fd, l->seq);
    sv_script.ends[0].stage = SV_SCRIPT_NOTHING;
}

static void put_result(enum sv_err error, size_t done)
{
    if (error == SV_OK)
        sv_script_put("%u\n", (uint32_t)done);
    else if (error == SV_ERR_AGAIN)
        sv_script_put("-1 EAGAIN (Resource temporarily unavailable)\n");
    else
        sv_script_put("*\n"); /* each interface has its own words for the end */
}

/* More to come, or urgent, is said by flags of the call. */
static void put_write(const struct sv_line *l, enum sv_err error, size_t done)
{
    if (sv_script.urgent && l->seq != 1)
        sv_script_cannot("urgent data whose first byte is the urgent one: sockets take the last");
    if (sv_script.more || sv_script.urgent)
        sv_script_put("send(%d, ..., %u, %s) = ", sv_script.fd, l->seq, sv_script.urgent ? "MSG_OOB" : "MSG_MORE");
    else
        sv_script_put("write(%d, ..., %u) = ", sv_script.fd, l->seq);
    sv_script.urgent = false;
    put_result(error, done);
}

static void put_number(const char *level, const char *name, uint32_t value)
{
    sv_script_put("setsockopt(%d, %s, %s, [%u], 4) = 0\n", sv_script.fd, level, name, value);
}

/* Options with a number, as Linux calls them. */
static const struct {
    uint32_t ours; /* enum sv_option */
    const char *level, *name;
} options[] = {
    {SV_OPT_NODELAY, "SOL_TCP", "TCP_NODELAY"},
    {SV_OPT_USER_TIMEOUT_MS, "SOL_TCP", "TCP_USER_TIMEOUT"},
    {SV_OPT_CORK, "SOL_TCP", "TCP_CORK"},
    {SV_OPT_QUICKACK, "SOL_TCP", "TCP_QUICKACK"},
    {SV_OPT_KEEPALIVE_IDLE_S, "SOL_TCP", "TCP_KEEPIDLE"},
    {SV_OPT_KEEPALIVE_INTERVAL_S, "SOL_TCP", "TCP_KEEPINTVL"},
    {SV_OPT_KEEPALIVE_COUNT, "SOL_TCP", "TCP_KEEPCNT"},
    {SV_OPT_TROUBLE, "SOL_IP", "IP_RECVERR"},
};

static void put_set(const struct sv_line *l, sv_time now)
{
    if (l->seq == SV_OPT_URGENT || (l->seq == SV_OPT_CORK && (l->ack == 2 || sv_script.more))) {
        *(l->seq == SV_OPT_URGENT ? &sv_script.urgent : &sv_script.more) = l->ack != 0; /* said with the next write */
        return;
    }
    sv_script_put_time(now);
    for (uint32_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (options[i].ours != l->seq)
            continue;
        put_number(options[i].level, options[i].name, l->ack);
        if (l->seq == SV_OPT_KEEPALIVE_IDLE_S) {
            sv_script_put("   +0 ");
            put_number("SOL_SOCKET", "SO_KEEPALIVE", 1);
        }
        return;
    }
    if (l->seq == SV_OPT_LINGER_RESET)
        sv_script_put("setsockopt(%d, SOL_SOCKET, SO_LINGER, {onoff=%u, linger=0}, 8) = 0\n", sv_script.fd, l->ack);
    else
        sv_script_cannot("an option of the stack's that sockets do not have");
}

static void put_accept(enum sv_err error)
{
    if (error != SV_OK) {
        sv_script_put("accept(3, ..., ...) = ");
        put_result(error, 0);
        return;
    }
    sv_script_put("accept(3, ..., ...) = %d\n   +0 fcntl(%d, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n", sv_script.next_fd,
                  sv_script.next_fd);
    sv_script.fd = sv_script.next_fd++;
}

static void put_end(const struct sv_line *l, enum sv_err error)
{
    switch (l->flags) {
    case SHUTDOWN:
        sv_script_put("shutdown(%d, SHUT_WR) = %s\n", sv_script.fd, error == SV_OK ? "0" : "*");
        break;
    case ABORT:
        sv_script_put("setsockopt(%d, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0\n", sv_script.fd);
        sv_script_put("   +0 close(%d) = 0\n", sv_script.fd);
        break;
    case CLOSE:
        sv_script_put("close(%d) = 0\n", sv_script.fd);
        break;
    case CLOSE_LISTENER:
        sv_script_put("close(3) = 0\n");
        break;
    default:
        sv_script_cannot("a call that sockets do not have");
        break;
    }
}

void sv_script_call(const struct sv_line *l, sv_time now, enum sv_err error, size_t done, enum sv_tcp_state state)
{
    if (!sv_script.folder)
        return;
    if ((l->flags == CLOSE || l->flags == SHUTDOWN) && state == SV_SYN_RECEIVED)
        sv_script_cannot("close() or shutdown() before the handshake is over: sockets reset there");
    if (l->flags == SET) {
        if (error != SV_OK)
            sv_script_cannot("an option that is refused");
        put_set(l, now);
        return;
    }
    sv_script_put_time(now);
    switch (l->flags) {
    case LISTEN:
    case CONNECT:
    case CONNECT_FAST:
        put_open(l, error, done);
        break;
    case ACCEPT:
        put_accept(error);
        break;
    case SEND:
        put_write(l, error, done);
        break;
    case RECV:
        sv_script_put("read(%d, ..., %u) = ", sv_script.fd, l->seq);
        put_result(error, done);
        break;
    case OFFERS:
        sv_script_put("`sysctl -q net.ipv4.tcp_timestamps=%u net.ipv4.tcp_window_scaling=%u`\n", l->seq, l->seq);
        break;
    default:
        put_end(l, error);
        break;
    }
}
