/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of the script, made again and again as long as they are blocked: every one builds its arguments anew. */
#ifndef SV_DRILL_CALLS_H
#define SV_DRILL_CALLS_H

#include "drill/run.h"

enum sv_drill_outcome {
    SV_DRILL_BLOCKED, /* would sleep: come again */
    SV_DRILL_WRONG,   /* trouble was told */
    SV_DRILL_RIGHT,
};

typedef enum sv_drill_outcome sv_drill_handler(struct sv_drill_run *r, const struct sv_drill_call *call);

/* By name and count of arguments; NULL, and trouble: not known. */
sv_drill_handler *sv_drill_handler_of(struct sv_drill_run *r, const struct sv_drill_call *call);

/* Compares the result, and errno where the script names it. RIGHT: as wanted; so is a call that failed as wanted: its
 * outputs are not to be looked at if `n` is negative. */
enum sv_drill_outcome sv_drill_settle(struct sv_drill_run *r, const struct sv_drill_call *call, int64_t n);
/* The same of a new descriptor: any number is right where the script has one, and stands for it from now on. */
enum sv_drill_outcome sv_drill_settle_fd(struct sv_drill_run *r, const struct sv_drill_call *call, int64_t n);
void sv_drill_map_fd(struct sv_drill_run *r, int script, int live);

const struct sv_drill_expr *sv_drill_argument(const struct sv_drill_call *call, uint32_t i);
/* A number, a constant's name or an OR of them; false: trouble. */
bool sv_drill_number(struct sv_drill_run *r, const struct sv_drill_expr *e, int64_t *to);
/* The value of argument i, 0 after trouble. */
int64_t sv_drill_integer(struct sv_drill_run *r, const struct sv_drill_call *call, uint32_t i);
/* The stack's descriptor for the script's; one that the script never got is passed on as it is. */
int sv_drill_live_fd(struct sv_drill_run *r, int64_t script);
int sv_drill_fd(struct sv_drill_run *r, const struct sv_drill_call *call, uint32_t i);
/* A field of {a=b, c(d)=e}; NULL: none. */
const struct sv_drill_expr *sv_drill_field(const struct sv_drill_expr *record, const char *name);

/* The connection of a script's descriptor; NULL. */
struct sv_drill_connection *sv_drill_connection_of(struct sv_drill_run *r, int64_t script_fd);
/* connect(), or a first sendto(): the connection that packets are of from now on. Writes the peer's address. */
void sv_drill_connecting(struct sv_drill_run *r, int64_t script_fd, struct sockaddr_storage *to, socklen_t *n);

/* An address as the family of the script's sockets has it. */
void sv_drill_sockaddr(const struct sv_drill_run *r, const struct sv_addr *addr, uint16_t port,
                       struct sockaddr_storage *to, socklen_t *n);

/* Bytes to be sent, or room for them: zeros for `...`, a string's bytes, NULL for NULL. free() *to. False: trouble. */
bool sv_drill_buffer(struct sv_drill_run *r, const struct sv_drill_expr *e, int64_t count, void **to);
/* What was read is as a string says; anything is as `...`. */
bool sv_drill_same_bytes(struct sv_drill_run *r, const struct sv_drill_expr *e, const void *got, int64_t n);

/* calls_data.c, calls_msg.c, calls_options.c, calls_poll.c */
sv_drill_handler sv_drill_call_read, sv_drill_call_write, sv_drill_call_vector, sv_drill_call_sendto,
    sv_drill_call_recvfrom, sv_drill_call_splice, sv_drill_call_sendmsg, sv_drill_call_recvmsg,
    sv_drill_call_getsockopt, sv_drill_call_setsockopt, sv_drill_call_ioctl, sv_drill_call_fcntl, sv_drill_call_poll,
    sv_drill_call_epoll_create, sv_drill_call_epoll_ctl, sv_drill_call_epoll_wait, sv_drill_call_pipe;

/* An array of {base, length}: `io` has room for `max`; the count, -1 after trouble. free() every base. */
#define SV_DRILL_IOV 128
int sv_drill_iov(struct sv_drill_run *r, const struct sv_drill_expr *list, struct iovec *io);
void sv_drill_iov_free(struct iovec *io, int n);

#endif
