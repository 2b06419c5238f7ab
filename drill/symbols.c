/* SPDX-License-Identifier: BSD-2-Clause */
#include "drill/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct symbol {
    const char *name;
    int64_t value;
};

#define S(name)     \
    {               \
#name, name \
    }

static const struct symbol errors[] = {
    S(EPERM),         S(ENOENT),          S(EINTR),           S(EIO),
    S(EBADF),         S(EAGAIN),          S(EWOULDBLOCK),     S(ENOMEM),
    S(EACCES),        S(EFAULT),          S(EBUSY),           S(EEXIST),
    S(ENODEV),        S(EINVAL),          S(ENFILE),          S(EMFILE),
    S(ENOTTY),        S(ENOSPC),          S(ESPIPE),          S(EPIPE),
    S(EDOM),          S(ERANGE),          S(ENOSYS),          S(ENODATA),
    S(EPROTO),        S(EBADMSG),         S(EOVERFLOW),       S(EILSEQ),
    S(ENOTSOCK),      S(EDESTADDRREQ),    S(EMSGSIZE),        S(EPROTOTYPE),
    S(ENOPROTOOPT),   S(EPROTONOSUPPORT), S(ESOCKTNOSUPPORT), S(EOPNOTSUPP),
    S(ENOTSUP),       S(EPFNOSUPPORT),    S(EAFNOSUPPORT),    S(EADDRINUSE),
    S(EADDRNOTAVAIL), S(ENETDOWN),        S(ENETUNREACH),     S(ENETRESET),
    S(ECONNABORTED),  S(ECONNRESET),      S(ENOBUFS),         S(EISCONN),
    S(ENOTCONN),      S(ESHUTDOWN),       S(ETOOMANYREFS),    S(ETIMEDOUT),
    S(ECONNREFUSED),  S(EHOSTDOWN),       S(EHOSTUNREACH),    S(EALREADY),
    S(EINPROGRESS),   S(ENOMSG),
};

static const struct symbol symbols[] = {
    {"NULL", 0},
    /* sockets */
    S(AF_INET),
    S(AF_INET6),
    S(AF_UNIX),
    S(AF_UNSPEC),
    S(PF_INET),
    S(PF_INET6),
    S(SOCK_STREAM),
    S(SOCK_DGRAM),
    S(SOCK_RAW),
    S(SOCK_NONBLOCK),
    S(SOCK_CLOEXEC),
    S(IPPROTO_IP),
    S(IPPROTO_IPV6),
    S(IPPROTO_ICMP),
    S(IPPROTO_ICMPV6),
    S(IPPROTO_TCP),
    S(IPPROTO_UDP),
    S(SOL_SOCKET),
    S(SOL_TCP),
    S(SOL_IP),
    S(SOL_IPV6),
    {"SOL_UDP", IPPROTO_UDP},
    {"SOL_ICMP", IPPROTO_ICMP},
    S(SHUT_RD),
    S(SHUT_WR),
    S(SHUT_RDWR),
    S(INADDR_ANY),
    /* flags of fcntl, open, send and receive */
    S(F_GETFL),
    S(F_SETFL),
    S(F_GETFD),
    S(F_SETFD),
    S(O_RDONLY),
    S(O_WRONLY),
    S(O_RDWR),
    S(O_NONBLOCK),
    S(O_CREAT),
    S(O_TRUNC),
    S(O_APPEND),
    S(FD_CLOEXEC),
    S(MSG_OOB),
    S(MSG_PEEK),
    S(MSG_DONTROUTE),
    S(MSG_CTRUNC),
    S(MSG_TRUNC),
    S(MSG_DONTWAIT),
    S(MSG_EOR),
    S(MSG_WAITALL),
    S(MSG_ERRQUEUE),
    S(MSG_NOSIGNAL),
    S(MSG_MORE),
    S(MSG_FASTOPEN),
    S(MSG_WAITFORONE),
    S(MSG_CONFIRM),
    S(MSG_ZEROCOPY),
    S(SPLICE_F_MOVE),
    S(SPLICE_F_NONBLOCK),
    S(SPLICE_F_MORE),
    S(FIONREAD),
    S(SIOCINQ),
    S(SIOCOUTQ),
    {"SIOCOUTQNSD", 0x894B},
    S(TIOCOUTQ),
    S(SIOCATMARK),
    /* SOL_SOCKET */
    S(SO_DEBUG),
    S(SO_REUSEADDR),
    S(SO_TYPE),
    S(SO_ERROR),
    S(SO_DONTROUTE),
    S(SO_BROADCAST),
    S(SO_SNDBUF),
    S(SO_RCVBUF),
    S(SO_SNDBUFFORCE),
    S(SO_RCVBUFFORCE),
    S(SO_KEEPALIVE),
    S(SO_OOBINLINE),
    S(SO_PRIORITY),
    S(SO_LINGER),
    S(SO_REUSEPORT),
    S(SO_RCVLOWAT),
    S(SO_SNDLOWAT),
    S(SO_RCVTIMEO),
    S(SO_SNDTIMEO),
    S(SO_ACCEPTCONN),
    S(SO_MARK),
    S(SO_TIMESTAMP),
    S(SO_TIMESTAMPING),
    S(SO_PROTOCOL),
    S(SO_DOMAIN),
    S(SO_BUSY_POLL),
    S(SO_MAX_PACING_RATE),
    S(SO_INCOMING_CPU),
    S(SO_ZEROCOPY),
    {"SO_MEMINFO", 55},
    {"SO_TXREHASH", 74},
    /* IPPROTO_TCP */
    S(TCP_NODELAY),
    S(TCP_MAXSEG),
    S(TCP_CORK),
    S(TCP_KEEPIDLE),
    S(TCP_KEEPINTVL),
    S(TCP_KEEPCNT),
    S(TCP_SYNCNT),
    S(TCP_LINGER2),
    S(TCP_DEFER_ACCEPT),
    S(TCP_WINDOW_CLAMP),
    S(TCP_INFO),
    S(TCP_QUICKACK),
    S(TCP_CONGESTION),
    S(TCP_MD5SIG),
    S(TCP_THIN_LINEAR_TIMEOUTS),
    S(TCP_THIN_DUPACK),
    S(TCP_USER_TIMEOUT),
    S(TCP_FASTOPEN),
    S(TCP_TIMESTAMP),
    S(TCP_NOTSENT_LOWAT),
    S(TCP_CC_INFO),
    S(TCP_SAVE_SYN),
    S(TCP_SAVED_SYN),
    S(TCP_ULP),
    S(TCP_FASTOPEN_CONNECT),
    S(TCP_FASTOPEN_KEY),
    S(TCP_FASTOPEN_NO_COOKIE),
    S(TCP_INQ),
    S(TCP_CM_INQ),
    S(TCP_MD5SIG_EXT),
    {"TCP_TX_DELAY", 37},
    {"TCP_RTO_MAX_MS", 44},
    {"TCP_RTO_MIN_US", 45},
    {"TCP_DELACK_MAX_US", 46},
    /* IPPROTO_IP and IPPROTO_IPV6 */
    S(IP_TOS),
    S(IP_TTL),
    S(IP_RECVERR),
    S(IP_RECVTOS),
    S(IP_RECVTTL),
    S(IP_MTU),
    S(IP_MTU_DISCOVER),
    S(IP_FREEBIND),
    S(IP_TRANSPARENT),
    S(IP_PMTUDISC_DONT),
    S(IP_PMTUDISC_WANT),
    S(IP_PMTUDISC_DO),
    S(IP_PMTUDISC_PROBE),
    S(IP_BIND_ADDRESS_NO_PORT),
    S(IPV6_UNICAST_HOPS),
    S(IPV6_V6ONLY),
    S(IPV6_TCLASS),
    S(IPV6_RECVTCLASS),
    S(IPV6_RECVERR),
    S(IPV6_MTU),
    S(IPV6_MTU_DISCOVER),
    S(IPV6_HOPLIMIT),
    S(IPV6_PMTUDISC_DONT),
    S(IPV6_PMTUDISC_WANT),
    S(IPV6_PMTUDISC_DO),
    {"IPV6_AUTOFLOWLABEL", 70},
    {"IPTOS_DSCP_CS0", 0},
    {"IPTOS_DSCP_CS1", 0x20},
    {"IPTOS_DSCP_CS2", 0x40},
    {"IPTOS_DSCP_CS3", 0x60},
    {"IPTOS_DSCP_CS4", 0x80},
    {"IPTOS_DSCP_CS5", 0xa0},
    {"IPTOS_DSCP_CS6", 0xc0},
    {"IPTOS_DSCP_CS7", 0xe0},
    {"IPTOS_DSCP_EF", 0xb8},
    S(IPTOS_LOWDELAY),
    S(IPTOS_THROUGHPUT),
    S(IPTOS_RELIABILITY),
    /* poll and epoll */
    S(POLLIN),
    S(POLLPRI),
    S(POLLOUT),
    S(POLLERR),
    S(POLLHUP),
    S(POLLNVAL),
    S(POLLRDNORM),
    S(POLLRDBAND),
    S(POLLWRNORM),
    S(POLLWRBAND),
    S(POLLRDHUP),
    S(EPOLL_CTL_ADD),
    S(EPOLL_CTL_MOD),
    S(EPOLL_CTL_DEL),
    S(EPOLLIN),
    S(EPOLLPRI),
    S(EPOLLOUT),
    S(EPOLLERR),
    S(EPOLLHUP),
    S(EPOLLRDNORM),
    S(EPOLLRDBAND),
    S(EPOLLWRNORM),
    S(EPOLLWRBAND),
    S(EPOLLRDHUP),
    S(EPOLLEXCLUSIVE),
    S(EPOLLWAKEUP),
    S(EPOLLONESHOT),
    {"EPOLLET", 1ll << 31},
    /* timestamps and errors of what was sent */
    S(SOF_TIMESTAMPING_TX_HARDWARE),
    S(SOF_TIMESTAMPING_TX_SOFTWARE),
    S(SOF_TIMESTAMPING_RX_HARDWARE),
    S(SOF_TIMESTAMPING_RX_SOFTWARE),
    S(SOF_TIMESTAMPING_SOFTWARE),
    S(SOF_TIMESTAMPING_SYS_HARDWARE),
    S(SOF_TIMESTAMPING_RAW_HARDWARE),
    S(SOF_TIMESTAMPING_OPT_ID),
    S(SOF_TIMESTAMPING_TX_SCHED),
    S(SOF_TIMESTAMPING_TX_ACK),
    S(SOF_TIMESTAMPING_OPT_CMSG),
    S(SOF_TIMESTAMPING_OPT_TSONLY),
    S(SOF_TIMESTAMPING_OPT_STATS),
    {"SOF_TIMESTAMPING_OPT_ID_TCP", 1 << 16},
    {"SCM_TIMESTAMPING", SO_TIMESTAMPING},
    S(SCM_TSTAMP_SND),
    S(SCM_TSTAMP_SCHED),
    S(SCM_TSTAMP_ACK),
    S(SCM_TIMESTAMPING_OPT_STATS),
    S(SO_EE_ORIGIN_NONE),
    S(SO_EE_ORIGIN_LOCAL),
    S(SO_EE_ORIGIN_ICMP),
    S(SO_EE_ORIGIN_ICMP6),
    S(SO_EE_ORIGIN_TIMESTAMPING),
    S(SO_EE_ORIGIN_ZEROCOPY),
    S(SO_EE_CODE_ZEROCOPY_COPIED),
};

bool sv_drill_symbol(const char *name, int64_t *value)
{
    const struct {
        const struct symbol *at;
        size_t n;
    } tables[] = {{errors, sizeof errors / sizeof errors[0]}, {symbols, sizeof symbols / sizeof symbols[0]}};
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < tables[t].n; i++) {
            if (strcmp(tables[t].at[i].name, name) == 0) {
                *value = tables[t].at[i].value;
                return true;
            }
        }
    }
    return false;
}

const char *sv_drill_errno_name(int number)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].value == number)
            return errors[i].name;
    }
    return NULL;
}
