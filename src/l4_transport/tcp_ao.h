/* SPDX-License-Identifier: BSD-2-Clause */
/* The TCP authentication option (RFC 5925) with the algorithms of RFC 5926. What a connection needs beside its keys
 * stands in a record of its own, which only signed ones have: found by what the flow table says of the connection, so
 * half-open ones and those in TIME-WAIT have one too. */
#ifndef SV_L4_TCP_AO_H
#define SV_L4_TCP_AO_H

#include "l4_transport/tcp_auth.h"

#define SV_AO_MAC 12u
#define SV_AO_TRAFFIC 20u /* bytes of a traffic key at most */

/* How often a sequence number has gone round: those of `seq`, the latest that is known to be good (RFC 5925 §6.2). */
struct sv_ao_count {
    uint32_t rounds, seq;
};

struct sv_tcp_ao {
    uint32_t owner;           /* as the flow table names it; SV_NONE: free */
    uint32_t next;            /* in its bucket; next free */
    uint32_t current, wanted; /* keys: that we sign with; that we ask the peer to sign with (RNextKeyID) */
    uint32_t iss, irs;
    struct sv_ao_count sent, received;
    uint32_t send_of, recv_of; /* whose the traffic keys are; SV_NONE: not derived yet */
    uint8_t send_key[SV_AO_TRAFFIC], recv_key[SV_AO_TRAFFIC];
};

/* One segment's signature: who sent it, under which numbers, and what it is made with. */
struct sv_ao_mac {
    const struct sv_tcp_key *key;
    const struct sv_addr *src, *dst;
    uint32_t rounds;
    uint8_t traffic[SV_AO_TRAFFIC];
};

/* The numbers that a traffic key is derived with; dst_isn is 0 in SYNs (RFC 5925 §5.2). */
struct sv_ao_isns {
    uint32_t src, dst;
};

/* --- tcp_ao_sign.c --- */
void sv_ao_derive(const struct sv_tcp_key *key, const struct sv_addr *src, uint16_t sport, const struct sv_addr *dst,
                  uint16_t dport, struct sv_ao_isns isns, uint8_t traffic[SV_AO_TRAFFIC]);
/* tcp: the header with its options, `length` bytes long with the data, which begins at `payload` of b's linear part. */
void sv_ao_mac(const struct sv_ao_mac *m, const uint8_t *tcp, uint32_t length, const struct sv_buf *b, uint16_t payload,
               uint8_t mac[SV_AO_MAC]);

/* --- tcp_ao.c --- */
struct sv_tcp_ao *sv_ao_of(const struct sv_tcp *tcp, uint32_t owner); /* NULL: it has none */
/* A record for it, by what the segment's option says (s NULL: by the first key). False: the ceiling, or no key. */
bool sv_ao_begin(struct sv_tcp *tcp, uint32_t owner, const struct sv_tcp_ends *ends, struct sv_ao_isns ours,
                 const struct sv_seg *s);
void sv_ao_move(struct sv_tcp *tcp, uint32_t from, uint32_t to); /* the connection has another record of TCP's */
void sv_ao_end(struct sv_tcp *tcp, uint32_t owner);
/* Another record of the same, for TIME-WAIT, while the full one has something left to say. */
void sv_ao_copy(struct sv_tcp *tcp, uint32_t from, uint32_t to);
/* Is the segment signed as its connection is? value: what the flow table says. */
enum sv_drop sv_ao_why(struct sv_tcp *tcp, const struct sv_seg *s, uint32_t value, const struct sv_tcp_ends *ends);
uint16_t sv_ao_push(struct sv_tcp_ao *ao, const struct sv_tcp *tcp, const struct sv_tcp_ends *ends, struct sv_buf *b,
                    struct sv_tcp_header h);
bool sv_ao_key_used(const struct sv_tcp *tcp, uint32_t key); /* by an open connection */
void sv_ao_key_gone(struct sv_tcp *tcp, uint32_t key);       /* what is half open or waits, and uses it, forgets it */

#endif
