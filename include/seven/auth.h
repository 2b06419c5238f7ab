/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed TCP: segments that carry a proof of a key which both ends hold, so that nobody between or beside them can
 * reset the connection or put bytes into it. What routers use among themselves (BGP): MD5 signatures (RFC 2385), which
 * are old and everywhere, and the TCP authentication option (RFC 5925), which is meant to replace them.
 *
 * A stack has one table of keys. A key says for which peers and ports it is; of several kinds or prefixes the most
 * exact holds, the longest prefix before the ports. A connection that a key is for is signed from its SYN on, whoever
 * opens it: what comes without a right signature is dropped and counted (TCP_MD5_..., TCP_AO_... of seven/drop.h), and
 * never answered. Fast Open is not used then. While the table is empty both options are unknown to the stack, and
 * skipped.
 *
 * Room: a header has 40 bytes for options, and a signature takes 20 (MD5) or 16 of them, as it does of each segment's
 * payload. With MD5, SACK is offered in place of timestamps, as Linux does. */
#ifndef SEVEN_AUTH_H
#define SEVEN_AUTH_H

#include "seven/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sv_stack;

enum sv_auth_how {
    SV_AUTH_MD5 = 1,          /* RFC 2385. Only where the peer knows nothing better (RFC 6151) */
    SV_AUTH_AO_HMAC_SHA1 = 2, /* RFC 5925 with HMAC-SHA-1-96 */
    SV_AUTH_AO_AES_CMAC = 3,  /* RFC 5925 with AES-128-CMAC-96 */
};

#define SV_AUTH_KEY_MAX 80u /* bytes of a key: as many as Linux takes */

struct sv_auth_key {
    uint32_t size; /* sizeof(struct sv_auth_key) */
    uint32_t how;  /* enum sv_auth_how */
    struct sv_addr peer;
    uint32_t prefix_length;           /* of `peer`: IPv4 counts from 0 to 32; a peer alone has 32, or 128 */
    uint16_t local_port, remote_port; /* of the connection; 0: any */
    uint8_t length;                   /* bytes of the key: 1 to SV_AUTH_KEY_MAX */
    uint8_t send_id, recv_id;         /* TCP-AO: what names the key in segments that we send, and that we get */
    uint8_t options_excluded;         /* TCP-AO, 1: only its own option is signed, for a path that changes others */
    uint8_t spare[4];
    uint8_t key[SV_AUTH_KEY_MAX]; /* copied; sv_auth_each() tells zeros */
};

/* Adds a key. Of MD5 there is one for the same peers and ports: the new takes the old one's place, and connections that
 * are open are signed with it from their next segment on; so are those that were not signed before. Of TCP-AO there may
 * be several, told apart by their ids, for connections from now on: the oldest signs one that we open. SV_ERR_VERSION;
 * SV_ERR_IN_USE: an id is taken, by a key for the same peers and ports; SV_ERR_INVALID: a field is out of its range;
 * SV_ERR_NO_MEMORY: the ceiling, sv_stack_config.auth_keys. */
SV_API SV_MUST_CHECK enum sv_err sv_auth_add(struct sv_stack *s, const struct sv_auth_key *key, sv_time now);

/* Takes away the key of the same kind, peers, ports and ids; its bytes are overwritten. Connections that MD5 signed go
 * on without. SV_ERR_VERSION; SV_ERR_INVALID: there is no such key; SV_ERR_IN_USE: TCP-AO signs an open connection with
 * it, which must be closed, or roll over to another, first (RFC 5925 §3.1). */
SV_API SV_MUST_CHECK enum sv_err sv_auth_remove(struct sv_stack *s, const struct sv_auth_key *key, sv_time now);

/* TCP-AO rolls over to another key without a break: when both ends have it, either asks the other with this to sign by
 * it, and does so itself as soon as it is asked. recv_id: of the key. SV_ERR_STALE; SV_ERR_STATE: TCP-AO does not sign
 * this connection; SV_ERR_INVALID: no key of its has that id. */
SV_API SV_MUST_CHECK enum sv_err sv_auth_next(struct sv_stack *s, sv_sock c, uint8_t recv_id, sv_time now);

struct sv_auth_info {
    uint32_t size;    /* sizeof(struct sv_auth_info) */
    uint32_t how;     /* enum sv_auth_how; 0: it is not signed */
    uint32_t send_id; /* of the key that we sign with */
    uint32_t recv_id; /* of the one that we ask the peer to sign with */
};
/* How a connection is signed. SV_ERR_VERSION, SV_ERR_STALE. */
SV_API SV_MUST_CHECK enum sv_err sv_auth_info(const struct sv_stack *s, sv_sock c, struct sv_auth_info *info);

/* The keys there are, their bytes left out: *at begins as 0. False: no more. */
SV_API bool sv_auth_each(const struct sv_stack *s, uint32_t *at, struct sv_auth_key *key);

#ifdef __cplusplus
}
#endif
#endif
