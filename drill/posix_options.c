/* SPDX-License-Identifier: BSD-2-Clause */
/* getsockopt() and setsockopt(). Most options are an int that is kept, with a range; a few reach into the stack. */
#include <linux/tcp.h>
#include <stddef.h>
#include <sys/time.h>

#include "drill/posix_private.h"
#include "stack/stack_internal.h"

#ifndef TCP_TX_DELAY
#define TCP_TX_DELAY 37
#endif
#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif
#ifndef IPV6_TRANSPARENT
#define IPV6_TRANSPARENT 75
#endif

enum sv_posix_option_kind {
    KEPT,   /* remembered, nothing else */
    FLAG,   /* the same, as 0 or 1 */
    STACK,  /* and told to the connection: `stack` names the option */
    SWITCH, /* STACK, as 0 or 1 */
};

/* An option that is an int. */
struct sv_posix_int_option {
    int level, name;
    size_t at;    /* in struct sv_posix_options */
    int min, max; /* of what may be set: outside it EINVAL */
    enum sv_posix_option_kind kind;
    enum sv_option stack;
    bool tcp_only;
};

#define AT(member) offsetof(struct sv_posix_options, member)
#define ANY INT32_MIN, INT32_MAX

static const struct sv_posix_int_option sv_posix_ints[] = {
    {SOL_SOCKET, SO_REUSEADDR, AT(reuse_address), ANY, FLAG},
    {SOL_SOCKET, SO_REUSEPORT, AT(reuse_port), ANY, FLAG},
    {SOL_SOCKET, SO_OOBINLINE, AT(oob_inline), ANY, FLAG},
    {SOL_SOCKET, SO_BROADCAST, AT(broadcast), ANY, FLAG},
    {SOL_SOCKET, SO_MARK, AT(mark), ANY, KEPT},
    {SOL_SOCKET, SO_PRIORITY, AT(priority), ANY, KEPT},
    {SOL_SOCKET, SO_ZEROCOPY, AT(zerocopy), 0, 1, FLAG},
    {SOL_SOCKET, SO_TIMESTAMPING, AT(timestamping), ANY, KEPT},
    {IPPROTO_TCP, TCP_NODELAY, AT(nodelay), ANY, SWITCH, SV_OPT_NODELAY, true},
    {IPPROTO_TCP, TCP_CORK, AT(cork), ANY, SWITCH, SV_OPT_CORK, true},
    {IPPROTO_TCP, TCP_KEEPIDLE, AT(keep_idle_s), 1, 32767, KEPT, 0, true},
    {IPPROTO_TCP, TCP_KEEPINTVL, AT(keep_interval_s), 1, 32767, KEPT, 0, true},
    {IPPROTO_TCP, TCP_KEEPCNT, AT(keep_count), 1, 127, KEPT, 0, true},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, AT(user_timeout_ms), 0, INT32_MAX, STACK, SV_OPT_USER_TIMEOUT_MS, true},
    {IPPROTO_TCP, TCP_MAXSEG, AT(maxseg), 0, 32767, KEPT, 0, true},
    {IPPROTO_TCP, TCP_SYNCNT, AT(syn_count), 1, 127, KEPT, 0, true},
    {IPPROTO_TCP, TCP_LINGER2, AT(linger2_s), ANY, KEPT, 0, true},
    {IPPROTO_TCP, TCP_DEFER_ACCEPT, AT(defer_accept_s), ANY, KEPT, 0, true},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, AT(notsent_low), ANY, KEPT, 0, true},
    {IPPROTO_TCP, TCP_INQ, AT(inq), 0, 1, FLAG, 0, true},
    {IPPROTO_TCP, TCP_FASTOPEN, AT(fastopen), 0, INT32_MAX, KEPT, 0, true},
    {IPPROTO_TCP, TCP_FASTOPEN_CONNECT, AT(fastopen_connect), 0, 1, FLAG, 0, true},
    {IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, AT(fastopen_no_cookie), 0, 1, FLAG, 0, true},
    {IPPROTO_TCP, TCP_SAVE_SYN, AT(save_syn), 0, 2, KEPT, 0, true},
    {IPPROTO_IP, IP_TOS, AT(tos), ANY, KEPT},
    {IPPROTO_IP, IP_TTL, AT(ttl), 1, 255, STACK, SV_OPT_TTL},
    {IPPROTO_IP, IP_MTU_DISCOVER, AT(mtu_discover), 0, 5, KEPT},
    {IPPROTO_IP, IP_FREEBIND, AT(free_bind), ANY, FLAG},
    {IPPROTO_IP, IP_TRANSPARENT, AT(transparent), ANY, FLAG},
    {IPPROTO_IP, IP_RECVERR, AT(recv_error), ANY, FLAG},
    {IPPROTO_IPV6, IPV6_TCLASS, AT(tos), -1, 255, KEPT},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, AT(ttl), 1, 255, STACK, SV_OPT_TTL},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, AT(mtu_discover), 0, 5, KEPT},
    {IPPROTO_IPV6, IPV6_RECVERR, AT(recv_error), ANY, FLAG},
    {IPPROTO_IPV6, IPV6_TRANSPARENT, AT(transparent), ANY, FLAG},
    {IPPROTO_IPV6, IPV6_V6ONLY, AT(v6_only), ANY, FLAG},
};

static const struct sv_posix_int_option *sv_posix_int_option_of(int level, int name)
{
    for (size_t i = 0; i < sizeof sv_posix_ints / sizeof sv_posix_ints[0]; i++)
        if (sv_posix_ints[i].level == level && sv_posix_ints[i].name == name)
            return &sv_posix_ints[i];
    return NULL;
}

static int *sv_posix_int_at(struct sv_posix_fd *f, const struct sv_posix_int_option *o)
{
    return (int *)(void *)((char *)&f->opt + o->at);
}

void sv_posix_options_init(const struct sv_posix *p, struct sv_posix_fd *f)
{
    f->opt = (struct sv_posix_options){
        .recv_low = 1,
        .keep_idle_s = (int)sv_posix_sysctl_number(p, "net.ipv4.tcp_keepalive_time", 0),
        .keep_interval_s = (int)sv_posix_sysctl_number(p, "net.ipv4.tcp_keepalive_intvl", 0),
        .keep_count = (int)sv_posix_sysctl_number(p, "net.ipv4.tcp_keepalive_probes", 0),
        .syn_count = (int)sv_posix_sysctl_number(p, "net.ipv4.tcp_syn_retries", 0),
        .linger2_s = (int)sv_posix_sysctl_number(p, "net.ipv4.tcp_fin_timeout", 0),
        .ttl = (int)sv_posix_sysctl_number(p, "net.ipv4.ip_default_ttl", 0),
        .v6_only = (int)sv_posix_sysctl_number(p, "net.ipv6.bindv6only", 0),
        .mtu_discover = IP_PMTUDISC_WANT,
        .max_pacing = UINT32_MAX,
    };
    strncpy(f->opt.congestion, sv_posix_sysctl_text(p, "net.ipv4.tcp_congestion_control"),
            sizeof f->opt.congestion - 1u);
}

/* Told to whatever the descriptor has by now; one that has nothing is told when it gets it. */
void sv_posix_set(struct sv_posix *p, struct sv_posix_fd *f, enum sv_option option, uint64_t value)
{
    if (f->phase != SV_POSIX_CONNECTING && f->phase != SV_POSIX_CONNECTED && f->kind == SV_POSIX_TCP)
        return;
    if (f->sock.index == SV_NONE)
        return;
    const enum sv_err error = sv_sock_set(p->stack, f->sock, option, value, p->now);
    (void)error; /* what the stack cannot do shows in what it sends; the kernel's call would have said 0 */
}

static void sv_posix_set_keepalive(struct sv_posix *p, struct sv_posix_fd *f)
{
    sv_posix_set(p, f, SV_OPT_KEEPALIVE_COUNT, (uint64_t)f->opt.keep_count);
    sv_posix_set(p, f, SV_OPT_KEEPALIVE_INTERVAL_S, (uint64_t)f->opt.keep_interval_s);
    sv_posix_set(p, f, SV_OPT_KEEPALIVE_IDLE_S, f->opt.keepalive ? (uint64_t)f->opt.keep_idle_s : 0);
}

/* What goes into a SYN: for connections that begin later. */
static void sv_posix_set_maxseg(struct sv_posix *p, struct sv_posix_fd *f)
{
    if (f->phase == SV_POSIX_LISTENING)
        sv_tcp_listener(&p->stack->tcp, SV_SOCK_INDEX(f->sock.index))->max_segment = (uint16_t)f->opt.maxseg;
    else if (f->phase == SV_POSIX_CONNECTING && f->opt.maxseg)
        sv_posix_set(p, f, SV_OPT_MAX_SEGMENT, (uint64_t)f->opt.maxseg);
}

/* TCP_SYNCNT: how often the SYN is sent again, as the time that takes: 1, 2, 4, ... s. */
void sv_posix_set_syn_count(struct sv_posix *p, struct sv_posix_fd *f)
{
    const bool opening = f->phase == SV_POSIX_CONNECTING && !f->opt.user_timeout_ms &&
                         (uint64_t)f->opt.syn_count != sv_posix_sysctl_number(p, "net.ipv4.tcp_syn_retries", 0);
    const uint32_t times = f->opt.syn_count < 12 ? (uint32_t)f->opt.syn_count : 12u;
    if (opening)
        sv_posix_set(p, f, SV_OPT_USER_TIMEOUT_MS, ((2ull << times) - 1u) * 1000u);
    else if (f->phase == SV_POSIX_CONNECTED)
        sv_posix_set(p, f, SV_OPT_USER_TIMEOUT_MS, (uint64_t)f->opt.user_timeout_ms);
}

/* The kernel's buffers count bookkeeping as well as bytes. Of the receive buffer half is payload (tcp_adv_win_scale);
 * the send buffer is watched here (posix_memory.c). */
static void sv_posix_set_buffers(struct sv_posix *p, struct sv_posix_fd *f)
{
    const uint32_t payload = (uint32_t)f->opt.recv_buffer / (p->freebsd ? 1u : 2u);
    if (f->opt.recv_buffer_fixed && f->phase == SV_POSIX_LISTENING)
        sv_tcp_listener(&p->stack->tcp, SV_SOCK_INDEX(f->sock.index))->recv_buffer = payload;
    else if (f->opt.recv_buffer_fixed)
        sv_posix_set(p, f, SV_OPT_RECV_BUFFER, payload);
    if (f->opt.send_buffer_fixed)
        f->memory.buffer = (uint32_t)f->opt.send_buffer;
    sv_posix_set(p, f, SV_OPT_SEND_BUFFER, 1u << 30);
}

void sv_posix_options_apply(struct sv_posix *p, struct sv_posix_fd *f)
{
    if (f->kind != SV_POSIX_TCP)
        return;
    sv_posix_set_buffers(p, f);
    sv_posix_set_maxseg(p, f);
    if (f->phase == SV_POSIX_CONNECTING)
        sv_posix_set_syn_count(p, f);
    if (sv_posix_congestion(f->opt.congestion))
        sv_posix_set(p, f, SV_OPT_CONGESTION, sv_posix_congestion(f->opt.congestion));
    if (f->opt.nodelay)
        sv_posix_set(p, f, SV_OPT_NODELAY, 1);
    if (f->opt.cork)
        sv_posix_set(p, f, SV_OPT_CORK, 1);
    if (f->opt.keepalive)
        sv_posix_set_keepalive(p, f);
    if (f->opt.user_timeout_ms)
        sv_posix_set(p, f, SV_OPT_USER_TIMEOUT_MS, (uint64_t)f->opt.user_timeout_ms);
    if (f->opt.tos)
        sv_posix_set(p, f, SV_OPT_TOS, (uint64_t)(uint32_t)f->opt.tos & 0xfcu);
    if (f->opt.ttl != 64)
        sv_posix_set(p, f, SV_OPT_TTL, (uint64_t)f->opt.ttl);
}

/* --- setsockopt --- */

/* Options that depend on the socket's state. 0 or -errno. */
static int sv_posix_refuses(const struct sv_posix *p, const struct sv_posix_fd *f, int option, int value)
{
    const bool closed = f->phase == SV_POSIX_NEW || f->phase == SV_POSIX_ENDED;
    switch (option) {
    case TCP_MAXSEG: /* TCP_MIN_MSS */
        return value && value < 88 ? -EINVAL : 0;
    case TCP_FASTOPEN:
    case TCP_FASTOPEN_NO_COOKIE:
        return closed || f->phase == SV_POSIX_LISTENING ? 0 : -EINVAL;
    case TCP_FASTOPEN_CONNECT:
        return !sv_posix_may_fast(p) ? -EOPNOTSUPP : closed ? 0 : -EINVAL;
    default:
        return 0;
    }
}

static int sv_posix_set_int(struct sv_posix *p, struct sv_posix_fd *f, const struct sv_posix_int_option *o, int value)
{
    if (o->tcp_only && f->kind != SV_POSIX_TCP)
        return -ENOPROTOOPT;
    if (value < o->min || value > o->max)
        return -EINVAL;
    if (o->level == IPPROTO_TCP) {
        const int refused = sv_posix_refuses(p, f, o->name, value);
        if (refused)
            return refused;
    }
    if (o->kind == FLAG || o->kind == SWITCH)
        value = value != 0;
    const int before = *sv_posix_int_at(f, o);
    *sv_posix_int_at(f, o) = value;
    if (o->level == SOL_SOCKET && o->name == SO_TIMESTAMPING)
        sv_posix_errors_stamp(f, (uint32_t)before);
    if (o->kind == STACK || o->kind == SWITCH)
        sv_posix_set(p, f, o->stack, (uint64_t)value);
    if (o->level == IPPROTO_TCP) {
        if (o->name == TCP_KEEPIDLE || o->name == TCP_KEEPINTVL || o->name == TCP_KEEPCNT)
            sv_posix_set_keepalive(p, f);
        else if (o->name == TCP_MAXSEG)
            sv_posix_set_maxseg(p, f);
        else if (o->name == TCP_SYNCNT)
            sv_posix_set_syn_count(p, f);
        else if (o->name == TCP_FASTOPEN && f->phase == SV_POSIX_LISTENING)
            sv_tcp_listener(&p->stack->tcp, SV_SOCK_INDEX(f->sock.index))->fast_max = (uint16_t)value;
        else if (o->name == TCP_FASTOPEN_NO_COOKIE && f->phase == SV_POSIX_LISTENING)
            sv_tcp_listener(&p->stack->tcp, SV_SOCK_INDEX(f->sock.index))->fast_no_cookie = value != 0;
    } else if (o->at == AT(tos)) {
        sv_posix_set(p, f, SV_OPT_TOS, (uint64_t)(uint32_t)value & (f->kind == SV_POSIX_TCP ? 0xfcu : 0xffu));
    }
    return 0;
}

static int sv_posix_set_buffer(struct sv_posix *p, struct sv_posix_fd *f, bool receive, int value, bool forced)
{
    const char *const ceiling = receive ? "net.core.rmem_max" : "net.core.wmem_max";
    const int least = receive ? 2304 : 4608; /* SOCK_MIN_RCVBUF, SOCK_MIN_SNDBUF */
    const int most = forced ? INT32_MAX / 2 : (int)sv_posix_sysctl_number(p, ceiling, 0);
    value = value < 0 || value > most ? most : value;
    if (!p->freebsd)
        value = value * 2 > least ? value * 2 : least;
    if (receive) {
        f->opt.recv_buffer = value;
        f->opt.recv_buffer_fixed = true;
    } else {
        f->opt.send_buffer = value;
        f->opt.send_buffer_fixed = true;
    }
    sv_posix_set_buffers(p, f);
    return 0;
}

static int sv_posix_take_time(const void *value, socklen_t n, sv_time *to)
{
    struct timeval t;
    if (n < sizeof t)
        return -EINVAL;
    memcpy(&t, value, sizeof t);
    if (t.tv_usec < 0 || t.tv_usec >= 1000000)
        return -EDOM;
    *to = t.tv_sec < 0 ? 1 : (sv_time)t.tv_sec * SV_S + (sv_time)t.tv_usec * SV_US;
    return 0;
}

static int sv_posix_take_linger(struct sv_posix_fd *f, const void *value, socklen_t n)
{
    struct linger l;
    if (n < sizeof l)
        return -EINVAL;
    memcpy(&l, value, sizeof l);
    f->opt.linger_on = l.l_onoff != 0;
    f->opt.linger_s = l.l_linger;
    return 0;
}

/* Of SOL_SOCKET, what is more than a number that is kept. 1: not among them. */
static int sv_posix_set_socket(struct sv_posix *p, struct sv_posix_fd *f, int option, const void *value, socklen_t n,
                               int number)
{
    switch (option) {
    case SO_LINGER:
        return sv_posix_take_linger(f, value, n);
    case SO_RCVTIMEO:
        return sv_posix_take_time(value, n, &f->opt.recv_timeout);
    case SO_SNDTIMEO:
        return sv_posix_take_time(value, n, &f->opt.send_timeout);
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
        return sv_posix_set_buffer(p, f, true, number, option == SO_RCVBUFFORCE);
    case SO_SNDBUF:
    case SO_SNDBUFFORCE:
        return sv_posix_set_buffer(p, f, false, number, option == SO_SNDBUFFORCE);
    case SO_KEEPALIVE:
        f->opt.keepalive = number != 0;
        sv_posix_set_keepalive(p, f);
        return 0;
    case SO_RCVLOWAT:
        f->opt.recv_low = number < 0 ? INT32_MAX : number ? number : 1;
        return 0;
    case SO_MAX_PACING_RATE:
        f->opt.max_pacing = (uint32_t)number;
        return 0;
    case SO_ERROR:
    case SO_TYPE:
    case SO_PROTOCOL:
    case SO_DOMAIN:
    case SO_ACCEPTCONN:
        return -ENOPROTOOPT;
    default:
        return 1;
    }
}

static int sv_posix_set_congestion(struct sv_posix *p, struct sv_posix_fd *f, const void *value, socklen_t n)
{
    char name[16] = {0};
    memcpy(name, value, n < sizeof name ? n : sizeof name - 1u);
    const uint32_t number = sv_posix_congestion(name);
    if (!number)
        return -ENOENT;
    memcpy(f->opt.congestion, name, sizeof name);
    sv_posix_set(p, f, SV_OPT_CONGESTION, number);
    return 0;
}

static int sv_posix_set_tcp(struct sv_posix *p, struct sv_posix_fd *f, int option, int number)
{
    switch (option) {
    case TCP_QUICKACK:
        sv_posix_set(p, f, SV_OPT_QUICKACK, number != 0);
        return 0;
    case TCP_WINDOW_CLAMP:
        f->opt.window_clamp = (uint32_t)number;
        return 0;
    case TCP_THIN_LINEAR_TIMEOUTS:
    case TCP_THIN_DUPACK:
    case TCP_TX_DELAY:
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

/* One key, or two: the one before as well. */
static int sv_posix_set_key(struct sv_posix *p, struct sv_posix_fd *f, const void *value, socklen_t n)
{
    uint64_t key[4];
    if (n != 16 && n != 32)
        return -EINVAL;
    memcpy(f->fast_key, value, n);
    f->fast_key_bytes = n;
    memcpy(key, value, n);
    if (f->phase != SV_POSIX_LISTENING)
        return 0;
    enum sv_err error = sv_fastopen_key(p->stack, f->sock, key);
    if (error == SV_OK && n == 32)
        error = sv_fastopen_old_key(p->stack, f->sock, key + 2);
    return -sv_posix_errno(error);
}

int sv_posix_setsockopt(struct sv_posix *p, int fd, int level, int option, const void *value, socklen_t n)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    const struct sv_posix_int_option *o = sv_posix_int_option_of(level, option);
    int number = 0, result = 1;
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    if (level == IPPROTO_TCP && f->kind == SV_POSIX_TCP && option == TCP_CONGESTION)
        return value && n ? sv_posix_set_congestion(p, f, value, n) : -EINVAL;
    if (level == IPPROTO_TCP && f->kind == SV_POSIX_TCP && option == TCP_FASTOPEN_KEY)
        return sv_posix_set_key(p, f, value, n);
    if (n < sizeof number && !(level == IPPROTO_IP && n >= 1))
        return -EINVAL;
    if (!value)
        return -EFAULT;
    if (n >= sizeof number)
        memcpy(&number, value, sizeof number);
    else
        number = *(const uint8_t *)value;
    if (o)
        result = sv_posix_set_int(p, f, o, number);
    else if (level == SOL_SOCKET)
        result = sv_posix_set_socket(p, f, option, value, n, number);
    else if (level == IPPROTO_TCP && f->kind == SV_POSIX_TCP)
        result = sv_posix_set_tcp(p, f, option, number);
    sv_posix_pump(p);
    return result == 1 ? -ENOPROTOOPT : result;
}

/* --- getsockopt --- */

static int sv_posix_give(void *to, socklen_t *n, const void *from, size_t size)
{
    if (*n > size)
        *n = (socklen_t)size;
    if (*n) /* else there may be no place either */
        memcpy(to, from, *n);
    return 0;
}

static int sv_posix_give_number(void *to, socklen_t *n, int number)
{
    return sv_posix_give(to, n, &number, sizeof number);
}

static int sv_posix_buffer_of(const struct sv_posix *p, const struct sv_posix_fd *f, bool receive)
{
    const int kept = receive ? f->opt.recv_buffer : f->memory.buffer ? (int)f->memory.buffer : f->opt.send_buffer;
    const char *const sysctl = receive ? "net.ipv4.tcp_rmem" : "net.ipv4.tcp_wmem";
    const int bytes = kept ? kept : (int)sv_posix_sysctl_number(p, sysctl, 1);
    uint32_t index;
    if (!p->freebsd || !receive || f->kind != SV_POSIX_TCP || !sv_session_tcp(&p->stack->session, f->sock, &index))
        return bytes;
    const int mss = sv_tcp_cold(&p->stack->tcp, index)->peer_mss; /* FreeBSD's connections have whole segments */
    return mss ? (bytes + mss - 1) / mss * mss : bytes;
}

static int sv_posix_get_socket(struct sv_posix *p, struct sv_posix_fd *f, int option, void *to, socklen_t *n)
{
    const struct linger l = {f->opt.linger_on, f->opt.linger_s};
    const sv_time t = option == SO_RCVTIMEO ? f->opt.recv_timeout : f->opt.send_timeout;
    const struct timeval tv = {(time_t)(t / SV_S), (suseconds_t)(t % SV_S / SV_US)};
    uint32_t memory[9];
    switch (option) {
    case SO_ERROR:
        return sv_posix_give_number(to, n, -sv_posix_take_error(f));
    case SO_TYPE:
        return sv_posix_give_number(to, n, f->kind == SV_POSIX_TCP ? SOCK_STREAM : SOCK_DGRAM);
    case SO_PROTOCOL:
        return sv_posix_give_number(to, n, f->kind == SV_POSIX_TCP ? IPPROTO_TCP : IPPROTO_UDP);
    case SO_DOMAIN:
        return sv_posix_give_number(to, n, f->family);
    case SO_ACCEPTCONN:
        return sv_posix_give_number(to, n, f->phase == SV_POSIX_LISTENING);
    case SO_RCVBUF:
        return sv_posix_give_number(to, n, sv_posix_buffer_of(p, f, true));
    case SO_SNDBUF:
        return sv_posix_give_number(to, n, sv_posix_buffer_of(p, f, false));
    case SO_KEEPALIVE:
        return sv_posix_give_number(to, n, f->opt.keepalive);
    case SO_RCVLOWAT:
        return sv_posix_give_number(to, n, f->opt.recv_low);
    case SO_SNDLOWAT:
        return sv_posix_give_number(to, n, 1);
    case SO_MAX_PACING_RATE:
        return sv_posix_give(to, n, &f->opt.max_pacing, sizeof f->opt.max_pacing);
    case SO_LINGER:
        return sv_posix_give(to, n, &l, sizeof l);
    case SO_RCVTIMEO:
    case SO_SNDTIMEO:
        return sv_posix_give(to, n, &tv, sizeof tv);
    case SO_MEMINFO:
        sv_posix_meminfo(p, f, memory);
        return sv_posix_give(to, n, memory, sizeof memory);
    default:
        return -ENOPROTOOPT;
    }
}

static int sv_posix_maxseg_of(struct sv_posix *p, const struct sv_posix_fd *f)
{
    struct sv_sock_info info = {.size = sizeof info};
    if (f->phase == SV_POSIX_CONNECTED && sv_sock_info(p->stack, f->sock, &info) == SV_OK)
        return (int)info.mss_bytes;
    return f->opt.maxseg ? f->opt.maxseg : 536; /* TCP_MSS_DEFAULT */
}

/* tcp_fastopen_key: one or two keys of four words in hexadecimal. */
static socklen_t sv_posix_sysctl_key(const struct sv_posix *p, uint8_t key[32])
{
    const char *at = sv_posix_sysctl_text(p, "net.ipv4.tcp_fastopen_key");
    socklen_t n = 0;
    while (*at && n < 32) {
        char *end;
        const uint32_t word = (uint32_t)strtoul(at, &end, 16);
        memcpy(key + n, &word, sizeof word);
        n += (socklen_t)sizeof word;
        at = *end ? end + 1 : end;
    }
    return n < 32 ? 16 : 32;
}

static int sv_posix_get_tcp(struct sv_posix *p, struct sv_posix_fd *f, int option, void *to, socklen_t *n)
{
    uint8_t info[280] = {0}, key[32];
    uint32_t index;
    switch (option) {
    case TCP_INFO:
        return sv_posix_give(to, n, info, sv_posix_tcp_info(p, f, info));
    case TCP_CC_INFO:
        return sv_posix_give(to, n, info, 0);
    case TCP_FASTOPEN_KEY:
        if (f->fast_key_bytes)
            return sv_posix_give(to, n, f->fast_key, f->fast_key_bytes);
        return sv_posix_give(to, n, key, sv_posix_sysctl_key(p, key));
    case TCP_CONGESTION:
        return sv_posix_give(to, n, f->opt.congestion, sizeof f->opt.congestion);
    case TCP_MAXSEG:
        return sv_posix_give_number(to, n, sv_posix_maxseg_of(p, f));
    case TCP_QUICKACK:
        if (!sv_session_tcp(&p->stack->session, f->sock, &index) || sv_tcp_hot(&p->stack->tcp, index)->busy == SV_NONE)
            return sv_posix_give_number(to, n, 1);
        index = sv_tcp_hot(&p->stack->tcp, index)->busy;
        return sv_posix_give_number(to, n, sv_tcp_busy(&p->stack->tcp, index)->quickack != 0);
    case TCP_WINDOW_CLAMP:
        return sv_posix_give_number(to, n, (int)f->opt.window_clamp);
    default:
        return -ENOPROTOOPT;
    }
}

int sv_posix_getsockopt(struct sv_posix *p, int fd, int level, int option, void *value, socklen_t *n)
{
    struct sv_posix_fd *f = sv_posix_find(p, fd);
    const struct sv_posix_int_option *o = sv_posix_int_option_of(level, option);
    if (!f)
        return -EBADF;
    if (!sv_posix_is_socket(f))
        return -ENOTSOCK;
    if (!n || (!value && *n))
        return -EFAULT;
    if ((int)*n < 0)
        return -EINVAL;
    if (level == SOL_SOCKET && !o)
        return sv_posix_get_socket(p, f, option, value, n);
    if (level == IPPROTO_TCP && f->kind == SV_POSIX_TCP && (!o || option == TCP_MAXSEG))
        return sv_posix_get_tcp(p, f, option, value, n);
    if (!o)
        return level == IPPROTO_IP || level == IPPROTO_IPV6 || level == IPPROTO_TCP ? -ENOPROTOOPT : -EOPNOTSUPP;
    return sv_posix_give_number(value, n, *sv_posix_int_at(f, o));
}
