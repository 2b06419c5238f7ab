/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed connections: RFC 2385, and with tcp_ao.h RFC 5925. seven/auth.h says what the table of keys means.
 *
 * Where it stands. Segments that come in are looked at before they reach a connection, and only in a stack that has
 * keys (sv_tcp_auth_admits, called by the way in): so no step of TCP need ask. What goes out is signed where its
 * header is written: of connections, which bear the mark SV_TCP_SIGNED and therefore take none of the short cuts, in
 * sv_tcb_push_header(); of what belongs to no full record in sv_tcp_reply_packet(). */
#ifndef SV_L4_TCP_AUTH_H
#define SV_L4_TCP_AUTH_H

#include "l4_transport/tcp.h"
#include "seven/auth.h"

/* One of the table. */
struct sv_tcp_key {
    struct sv_addr peer;
    uint16_t local_port, remote_port;
    uint8_t how;    /* enum sv_auth_how; 0: free */
    uint8_t prefix; /* of all 128 bits */
    uint8_t length;
    uint8_t send_id, recv_id, options_excluded; /* of TCP-AO */
    uint8_t spare[2];
    uint8_t key[SV_AUTH_KEY_MAX];
};

/* Whose segments: the two ends as we see them. */
struct sv_tcp_ends {
    const struct sv_addr *local, *remote;
    uint16_t local_port, remote_port;
};

static inline struct sv_tcp_key *sv_tcp_key_of(const struct sv_tcp *tcp, uint32_t index)
{
    return (struct sv_tcp_key *)(uintptr_t)((intptr_t)tcp + (intptr_t)tcp->keys_at) + index;
}

#define SV_SIGNATURE_AT 24u /* in a header of ours: four bytes of its option stand before it */

/* The signature of a segment whose header was just pulled off: of TCP-AO with the two key ids before it. */
static inline const uint8_t *sv_seg_signature(const struct sv_seg *s)
{
    return sv_buf_head(s->packet) - s->header_length + s->signed_at;
}

/* --- tcp_auth.c: the table, and whom it is for --- */
enum sv_err sv_tcp_auth_add(struct sv_tcp *tcp, const struct sv_auth_key *given);
enum sv_err sv_tcp_auth_remove(struct sv_tcp *tcp, const struct sv_auth_key *given);
bool sv_tcp_auth_each(const struct sv_tcp *tcp, uint32_t *at, struct sv_auth_key *key);
bool sv_tcp_key_fits(const struct sv_tcp_key *k, const struct sv_tcp_ends *ends);
enum sv_err sv_tcp_auth_next(struct sv_tcp *tcp, uint32_t index, uint8_t recv_id);
enum sv_err sv_tcp_auth_info(const struct sv_tcp *tcp, uint32_t index, struct sv_auth_info *info);
/* The key that holds between these ends; NULL: none, they are not signed. */
const struct sv_tcp_key *sv_tcp_auth_find(const struct sv_tcp *tcp, const struct sv_tcp_ends *ends);
/* May the segment go on to its connection? False: it was dropped, and counted. */
bool sv_tcp_auth_admits(struct sv_tcp *tcp, struct sv_seg *s);

/* --- tcp_auth_sign.c: what the signature is made of --- */
/* As RFC 9293 §3.1 and RFC 8200 §8.1 have it. Gives its bytes. */
uint32_t sv_tcp_pseudo_header(const struct sv_addr *src, const struct sv_addr *dst, uint32_t length, uint8_t to[40]);
/* Takes as long whether the first byte differs or the last: a forger learns nothing from the time. */
bool sv_signature_equal(const uint8_t *a, const uint8_t *b, uint32_t n);
/* Is the signature in the segment the one that this key makes? */
bool sv_tcp_md5_is_right(const struct sv_tcp_key *key, const struct sv_tcp_ends *ends, const struct sv_seg *s);
/* Into the packet whose header, options and all, was just pushed in front of its payload. */
void sv_tcp_md5_sign(const struct sv_tcp_key *key, const struct sv_tcp_ends *ends, struct sv_buf *b);
/* Pushes the header with its signature in front of b. Gives the header's sum. */
uint16_t sv_tcp_auth_push(const struct sv_tcp_key *key, const struct sv_tcp_ends *ends, struct sv_buf *b,
                          struct sv_tcp_header h, uint32_t cpu);

#endif
