/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the socket interface share. */
#ifndef SV_DRILL_POSIX_PRIVATE_H
#define SV_DRILL_POSIX_PRIVATE_H

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "drill/posix_sockets.h"

#define SV_POSIX_FDS 128u
#define SV_POSIX_WATCHES 64u /* of all epoll descriptors together */
#define SV_POSIX_PIPE_BYTES 65536u

enum sv_posix_kind {
    SV_POSIX_FREE,
    SV_POSIX_TCP,
    SV_POSIX_UDP,
    SV_POSIX_EPOLL,
    SV_POSIX_PIPE_READ,
    SV_POSIX_PIPE_WRITE,
};

enum sv_posix_phase {
    SV_POSIX_NEW,       /* no peer: CLOSE in the kernel's words */
    SV_POSIX_LISTENING, /* `sock` is a listener */
    SV_POSIX_CONNECTING,
    SV_POSIX_CONNECTED, /* and every state after it that still has a record */
    SV_POSIX_ENDED,     /* had a connection; its handle is stale */
};

/* What setsockopt() said: kept for getsockopt(), for connections that come later, and inherited by accepted ones. */
struct sv_posix_options {
    int reuse_address, reuse_port, keepalive, oob_inline, broadcast, mark, priority;
    int linger_on, linger_s;
    int send_buffer, recv_buffer; /* as getsockopt() gives them: doubled; 0: the sysctl's default */
    int recv_low;
    sv_time recv_timeout, send_timeout; /* 0: none */
    int nodelay, cork, maxseg, keep_idle_s, keep_interval_s, keep_count, user_timeout_ms;
    int syn_count, linger2_s, defer_accept_s, notsent_low, inq, zerocopy, timestamping;
    int fastopen, fastopen_connect, fastopen_no_cookie;
    int tos, ttl, mtu_discover, free_bind, recv_error, v6_only, transparent, save_syn;
    uint32_t window_clamp, max_pacing;
    char congestion[16];
    bool recv_buffer_fixed, send_buffer_fixed;
};

struct sv_posix_pipe {
    uint8_t bytes[SV_POSIX_PIPE_BYTES];
    uint32_t first, used;
    uint32_t readers, writers;
};

/* The kernel's send queue: posix_memory.c. */
#define SV_POSIX_ENDS 1024u
struct sv_posix_memory {
    uint32_t buffer;         /* sk_sndbuf */
    uint32_t max_window;     /* the largest that the peer has offered */
    uint32_t queued, unsent; /* bytes */
    uint32_t pushed;         /* sequence number up to which data was pushed */
    bool pushed_known;
    uint32_t tail;               /* unsent bytes in the last packet, which more may join */
    uint32_t first, packets;     /* of the ring below */
    uint32_t end[SV_POSIX_ENDS]; /* sequence number behind each packet */
};

/* What TCP_INFO tells of a connection's life that the stack does not keep. */
enum sv_posix_limit { SV_POSIX_IDLE, SV_POSIX_BUSY, SV_POSIX_RWND, SV_POSIX_SNDBUF, SV_POSIX_LIMITS };
struct sv_posix_life {
    sv_time spent[SV_POSIX_LIMITS]; /* tcp_chrono_start(): what kept it from sending more */
    sv_time limit_since, data_at;
    uint32_t limit; /* enum sv_posix_limit, at present */
    uint32_t recv_mss;
    uint32_t delivered;       /* tcpi_delivered: segments; our SYN is one, with what it carried */
    uint64_t delivered_bytes; /* of the stream, so far as they are counted in it */
    bool opened;              /* our SYN is counted */
};

/* The error queue: posix_errors.c. */
#define SV_POSIX_ERRORS 64u
struct sv_posix_await {
    uint64_t end; /* of its bytes, in the stream */
    uint32_t kind, number;
    uint8_t origin;
};
struct sv_posix_error {
    sv_time when;
    uint32_t info, data;
    uint8_t origin, code;
};
struct sv_posix_errors {
    uint32_t awaits, told, next_copy;
    uint64_t first_stamped;
    struct sv_posix_await await[SV_POSIX_ERRORS];
    struct sv_posix_error tell[SV_POSIX_ERRORS];
};

struct sv_posix_fd {
    int fd;
    uint8_t kind;  /* enum sv_posix_kind */
    uint8_t phase; /* enum sv_posix_phase */
    bool nonblocking;
    bool bound;
    bool connect_told; /* connect() has given its 0 */
    bool recv_shut, send_shut;
    bool no_space;       /* the application met a full buffer: becoming writable is news (SOCK_NOSPACE) */
    bool corked_by_more; /* MSG_MORE holds a short segment back */
    bool opening;        /* a blocked write waits for the handshake that it began */
    bool deferred;       /* Fast Open: connect() is made by the first write */
    int family;
    int error; /* sk_err, as a positive errno */
    sv_sock sock;
    struct sv_endpoint local, remote;
    struct sv_posix_options opt;
    uint8_t fast_key[32];
    uint32_t fast_key_bytes;  /* 0: the sysctl's */
    struct sv_sock_info last; /* of the connection as it was when it was last looked at */
    /* A call that is blocked. */
    size_t send_done, recv_done;
    sv_time send_until, recv_until; /* SV_NEVER: none */
    bool send_blocked, recv_blocked;
    /* What epoll has to tell: counts of arrivals and of room made. */
    uint64_t seen_received, seen_sent;
    uint8_t seen_state;
    bool seen_writable;
    uint32_t seen_backlog;
    struct sv_posix_pipe *pipe;
    uint8_t *kept; /* of an implied connect: what waits for the connection; NULL: nothing */
    size_t kept_bytes;
    struct sv_posix_memory memory;
    struct sv_posix_life life;
    uint64_t written; /* bytes that the connection has taken */
    struct sv_posix_errors errors;
};

struct sv_posix_watch {
    bool used, pending; /* pending: something happened since it was told (EPOLLET) */
    bool off;           /* EPOLLONESHOT has fired */
    int epfd, fd;
    struct epoll_event event;
};

struct sv_posix_packet {
    struct sv_posix_packet *next;
    sv_time when;
    uint32_t length;
    uint8_t bytes[];
};

#define SV_POSIX_SYSCTLS 80u

struct sv_posix {
    struct sv_posix_config config;
    void *memory;
    uint64_t memory_bytes;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_trace *trace;
    struct sv_stack *stack;
    bool queue_full; /* the device takes nothing */
    bool no_super;   /* it does not cut super-frames */
    sv_port port;
    sv_time now;
    bool freebsd;       /* sv_posix_as_freebsd() */
    sv_time poll_until; /* of a blocked poll() or epoll_wait(); SV_NEVER: none, or for ever */
    bool poll_blocked;
    uint16_t next_port;
    struct sv_posix_packet *first, **last;
    uint32_t packets;
    struct sv_posix_fd fd[SV_POSIX_FDS];
    struct sv_posix_watch watch[SV_POSIX_WATCHES];
    char sysctl[SV_POSIX_SYSCTLS][96];
};

/* --- posix_world.c --- */
/* Sends what there is to be sent, and hears what there is to be told. Every call that may change something ends so. */
void sv_posix_pump(struct sv_posix *p);

/* --- posix_fd.c --- */
struct sv_posix_fd *sv_posix_find(struct sv_posix *p, int fd); /* NULL: EBADF */
const struct sv_posix_fd *sv_posix_look(const struct sv_posix *p, int fd);
/* A descriptor of that kind; NULL and *error (-EMFILE, or what fd_open gave). */
struct sv_posix_fd *sv_posix_new(struct sv_posix *p, enum sv_posix_kind kind, int *error);
void sv_posix_drop(struct sv_posix *p, struct sv_posix_fd *f);
bool sv_posix_is_socket(const struct sv_posix_fd *f);
/* The call at hand must wait: SV_POSIX_BLOCKED until `timeout` (0: for ever) has passed since it first said so, then
 * `late`. A descriptor that does not block gives -EAGAIN. */
int sv_posix_wait_to_read(struct sv_posix *p, struct sv_posix_fd *f, int flags, int late);
int sv_posix_wait_to_write(struct sv_posix *p, struct sv_posix_fd *f, int flags, int late);

/* --- posix_address.c --- */
int sv_posix_errno(enum sv_err error); /* positive */
int sv_posix_take_address(const struct sv_posix_fd *f, const struct sockaddr *addr, socklen_t n,
                          struct sv_endpoint *to);
void sv_posix_give_address(const struct sv_posix_fd *f, const struct sv_endpoint *from, struct sockaddr *addr,
                           socklen_t *n);

/* --- posix_open.c --- */
uint16_t sv_posix_choose_port(struct sv_posix *p);
bool sv_posix_may_fast(const struct sv_posix *p); /* is Fast Open allowed to clients? */
/* The first half of connect(): the SYN is on its way; `fast`: with a cookie or the wish for one, and as many of n bytes
 * as *taken tells. 0 or -errno. */
int sv_posix_begin(struct sv_posix *p, struct sv_posix_fd *f, bool fast, const void *bytes, size_t n, size_t *taken);
/* sk_err once, as -errno; 0. */
int sv_posix_take_error(struct sv_posix_fd *f);
bool sv_posix_is_connecting(const struct sv_posix_fd *f);
void sv_posix_disconnect(struct sv_posix *p, struct sv_posix_fd *f);

/* --- posix_options.c --- */
void sv_posix_options_init(const struct sv_posix *p, struct sv_posix_fd *f);
/* Gives a new connection what was set on its descriptor before there was one. */
void sv_posix_options_apply(struct sv_posix *p, struct sv_posix_fd *f);
void sv_posix_set_syn_count(struct sv_posix *p, struct sv_posix_fd *f);
void sv_posix_set(struct sv_posix *p, struct sv_posix_fd *f, enum sv_option option, uint64_t value);

/* --- posix_info.c --- */
socklen_t sv_posix_tcp_info(struct sv_posix *p, const struct sv_posix_fd *f, uint8_t to[280]);
void sv_posix_life_begin(const struct sv_posix *p, struct sv_posix_fd *f);
void sv_posix_life_goes_on(const struct sv_posix *p, struct sv_posix_fd *f); /* f->last is fresh, seen_* are not */
void sv_posix_meminfo(struct sv_posix *p, const struct sv_posix_fd *f, uint32_t to[9]);

/* --- posix_poll.c --- */
uint32_t sv_posix_ready(struct sv_posix *p, struct sv_posix_fd *f);             /* EPOLL* bits, all that are true now */
void sv_posix_notice(struct sv_posix *p, struct sv_posix_fd *f, uint32_t what); /* something happened */
void sv_posix_unwatch(struct sv_posix *p, int fd);

/* --- posix_memory.c --- */
void sv_posix_memory_begin(const struct sv_posix *p, struct sv_posix_fd *f);
void sv_posix_memory_update(const struct sv_posix *p, struct sv_posix_fd *f);
void sv_posix_memory_expand(const struct sv_posix *p, struct sv_posix_fd *f, bool opening);
void sv_posix_memory_took(const struct sv_posix *p, struct sv_posix_fd *f, uint32_t n);
void sv_posix_push_begins(const struct sv_posix *p, struct sv_posix_fd *f);
void sv_posix_push_ends(struct sv_posix *p, struct sv_posix_fd *f, bool push, bool record);
uint32_t sv_posix_notsent_low(const struct sv_posix *p, const struct sv_posix_fd *f);
uint32_t sv_posix_send_room(const struct sv_posix *p, struct sv_posix_fd *f, size_t n);
bool sv_posix_is_writable(const struct sv_posix *p, const struct sv_posix_fd *f, bool wake);

/* --- posix_errors.c --- */
void sv_posix_errors_wrote(struct sv_posix *p, struct sv_posix_fd *f, int flags); /* one write, whole or in part */
void sv_posix_errors_update(struct sv_posix *p, struct sv_posix_fd *f);           /* f->memory is fresh */
void sv_posix_errors_stamp(struct sv_posix_fd *f, uint32_t before);               /* SO_TIMESTAMPING was set */
int sv_posix_errors_take(struct sv_posix_fd *f, struct msghdr *msg);              /* 0, -EAGAIN */

/* --- posix_data.c --- */
void sv_posix_send_kept(struct sv_posix *p); /* of connections that are open now */

/* --- posix_sysctl.c --- */
void sv_posix_sysctl_init(struct sv_posix *p);
uint64_t sv_posix_sysctl_number(const struct sv_posix *p, const char *name, uint32_t word);
uint32_t sv_posix_congestion(const char *name); /* enum sv_congestion; 0: the stack has none of that name */
const char *sv_posix_sysctl_text(const struct sv_posix *p, const char *name);

#endif
