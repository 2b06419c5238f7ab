/* SPDX-License-Identifier: BSD-2-Clause */
/* The words every part of Seven shares: time, errors, addresses, handles. */
#ifndef SEVEN_BASE_H
#define SEVEN_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SV_API __attribute__((visibility("default")))
#define SV_MUST_CHECK __attribute__((warn_unused_result))
#else
#define SV_API
#define SV_MUST_CHECK
#endif

/* Absolute time: unsigned nanoseconds on a clock of the caller's choosing that never runs backwards.
 * Nothing in the core reads a clock; every call that can change state is told what time it is. */
typedef uint64_t sv_time;
#define SV_NEVER UINT64_MAX
#define SV_US ((sv_time)1000u)
#define SV_MS ((sv_time)1000000u)
#define SV_S ((sv_time)1000000000u)

/* An interface of a stack, a port of a switch: an index counted from 0. */
typedef uint32_t sv_port;
#define SV_NO_PORT UINT32_MAX

/* "No record": the index that every 32-bit link uses for its end. */
#define SV_NONE UINT32_MAX

/* Errors tell the *caller* that its call could not be done; what a peer sends is never an error but a
 * drop with a reason (seven/drop.h). Each declaration lists the ones it can return. */
#define SV_ERR_LIST(X)                                                    \
    X(OK, 0, "done")                                                      \
    X(INVALID, 1, "an argument is out of its range")                      \
    X(STALE, 2, "the handle's socket is gone")                            \
    X(STATE, 3, "not possible in the socket's present state")             \
    X(AGAIN, 4, "nothing to be had now; wait for the event")              \
    X(NO_MEMORY, 5, "a pool or a quota is full")                          \
    X(NO_ROUTE, 6, "no route or no source address for that destination")  \
    X(IN_USE, 7, "the address and port are taken")                        \
    X(NO_PORTS, 8, "no ephemeral port is free for that destination")      \
    X(REFUSED, 9, "the peer answered with a reset to our SYN")            \
    X(RESET, 10, "the peer reset the connection")                         \
    X(TIMED_OUT, 11, "retransmissions or keepalives went unanswered")     \
    X(UNREACHABLE, 12, "ICMP or the neighbour cache says: unreachable")   \
    X(TOO_BIG, 13, "longer than one message may be")                      \
    X(EOF, 14, "the peer has finished sending; all was read")             \
    X(CLOSED, 15, "we have finished sending; no more may be written")     \
    X(FOREIGN, 16, "the world has state outside its arena")               \
    X(NOT_LOCAL, 17, "the address belongs to no interface of this stack") \
    X(ABORTED, 18, "aborted by this side")                                \
    X(VERSION, 19, "a struct's size field names no layout this library knows")

enum sv_err {
#define SV_X(name, number, text) SV_ERR_##name = number,
    SV_ERR_LIST(SV_X)
#undef SV_X
};
#define SV_OK SV_ERR_OK

/* The error's name ("TIMED_OUT") and its sentence, as static strings; never NULL. */
SV_API const char *sv_err_name(enum sv_err error);
SV_API const char *sv_err_text(enum sv_err error);

/* An address of either family: IPv4 is held v4-mapped (::ffff:a.b.c.d, RFC 4291 §2.5.5.2), so there is
 * one code path for both. Bytes are in network order. The all-zero address is "any" of IPv6,
 * ::ffff:0.0.0.0 "any" of IPv4. */
struct sv_addr {
    uint8_t byte[16];
};

struct sv_endpoint {
    struct sv_addr addr;
    uint16_t port; /* host order */
};

/* A socket by index and generation: a handle kept after its socket is gone gives SV_ERR_STALE. */
typedef struct sv_sock {
    uint32_t index;
    uint32_t generation;
} sv_sock;
#define SV_NO_SOCK ((sv_sock){SV_NONE, 0})

/* Called when a promise of Seven's own is broken (never because of a peer's bytes). The embedder
 * supplies it; it must not return. libseven brings one that prints and aborts. */
__attribute__((cold, noreturn)) void sv_assert_failed(const char *what, const char *file, int line);
#define SV_ASSERT(x) ((x) ? (void)0 : sv_assert_failed(#x, __FILE__, __LINE__))

#ifdef __cplusplus
}
#endif
#endif
