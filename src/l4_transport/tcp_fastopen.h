/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP Fast Open (RFC 7413). A server takes the data of a SYN that brings a cookie it once gave to that address; a
 * client keeps the cookies it was given, and sends data with its SYN to whom it has one of. */
#ifndef SV_L4_TCP_FASTOPEN_H
#define SV_L4_TCP_FASTOPEN_H

#include "core/siphash.h"
#include "l4_transport/tcp_wire.h"

#define SV_FASTOPEN_COOKIE 8u /* bytes of the cookies we give */
#define SV_FASTOPEN_PEERS 64u /* servers that a client remembers; the one used longest ago goes first */
#define SV_FASTOPEN_ROOM 40u  /* of the MSS is left free in a SYN with data, for options that somebody adds */

/* What a client knows of a server (RFC 7413 §4.1.3). */
struct sv_fastopen_peer {
    struct sv_addr remote;
    uint8_t cookie[SV_FASTOPEN_MAX];
    uint32_t used;   /* when it was last asked for or set: a count; 0: free */
    uint32_t lost_s; /* when a SYN with data last seemed to vanish */
    uint16_t mss;    /* the server's, 0: not known */
    uint8_t length;  /* of the cookie; 0: none */
    uint8_t old;     /* the cookie came in the experimental option */
    uint8_t try_old; /* 1: ask by the experimental option next; 2: that was tried as well */
    uint8_t losses;  /* SYNs with data in a row that seemed to vanish */
    uint8_t spare[2];
};

/* How far a connection is: sv_tcp_busy.fast. */
enum sv_fast {
    SV_FAST_NONE,
    SV_FAST_ASKS,    /* client: its SYN asks for a cookie */
    SV_FAST_SENDS,   /* client: its SYN carries data and a cookie */
    SV_FAST_BARE,    /* client: its SYN carries data and no option at all, as both ends have agreed elsewhere */
    SV_FAST_SERVES,  /* server: data was taken, our SYN,ACK is not acknowledged */
    SV_FAST_REPEATS, /* ... and must go out again */
};

#endif
