/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the nat*.c files only: the records, and who does what.
 *
 *   host --(inside address)--< mapping --(outside port)--< peer --(remote address)--< session (remote port)
 *
 * A mapping lives as long as it has sessions (a port forward for ever); a peer as long as it has. IPv4 addresses are
 * numbers here: nothing else is translated. */
#ifndef SV_L3_NAT_TABLE_H
#define SV_L3_NAT_TABLE_H

#include "l3_network/ip4_wire.h"
#include "l3_network/nat.h"

struct sv_nat_host {
    uint32_t addr;
    uint32_t sessions; /* 0: free */
    uint32_t next;
};

struct sv_nat_mapping {
    uint32_t inside;
    uint16_t inside_port, outside_port; /* ICMP: identifiers */
    uint32_t peers;
    uint32_t next; /* free list */
    uint8_t protocol;
    uint8_t used;
    uint8_t fixed; /* a port forward */
    uint8_t spare;
};

struct sv_nat_peer {
    uint32_t mapping, remote;
    uint32_t sessions; /* 0: free */
    uint32_t next;
};

struct sv_nat_session {
    struct sv_wheel_node wake;
    sv_time deadline;
    uint32_t peer, host;
    uint32_t next;   /* free list */
    uint32_t adjust; /* FTP, SV_NONE: lengths were never changed */
    uint16_t remote_port;
    uint8_t state; /* enum sv_nat_state */
    uint8_t used;
    uint32_t spare;
    uint64_t packets_out, packets_in;
};

/* What became of sequence numbers after lengths were changed on the way out: numbers from `position` on moved by
 * `after`, those before by `before`. */
struct sv_nat_adjust {
    uint32_t position, before, after;
    uint32_t next;
};

/* A datagram in fragments, as it arrives, and what its first fragment became. */
struct sv_nat_fragment {
    sv_time deadline;
    uint32_t src, dst;
    uint32_t new_src, new_dst;
    uint32_t held_first, held_last, held;
    uint16_t id;
    uint8_t protocol;
    uint8_t known; /* the first fragment was here */
};

#define SV_NAT_RECORDS(name, type, member)                                   \
    static inline struct type *name(const struct sv_nat *n, uint32_t index)  \
    {                                                                        \
        return (struct type *)((uintptr_t)n + (uintptr_t)n->member) + index; \
    }
SV_NAT_RECORDS(sv_nat_mapping_of, sv_nat_mapping, mappings_at)
SV_NAT_RECORDS(sv_nat_session_of, sv_nat_session, sessions_at)
SV_NAT_RECORDS(sv_nat_peer_of, sv_nat_peer, peers_at)
SV_NAT_RECORDS(sv_nat_host_of, sv_nat_host, hosts_at)
SV_NAT_RECORDS(sv_nat_fragment_of, sv_nat_fragment, fragments_at)
SV_NAT_RECORDS(sv_nat_adjust_of, sv_nat_adjust, adjusts_at)

/* The `event` of SV_TRACE_NAT. */
enum sv_nat_event {
    SV_NAT_MAPPED = 1,
    SV_NAT_UNMAPPED = 2,
    SV_NAT_OPENED = 3, /* a session */
    SV_NAT_CLOSED = 4,
    SV_NAT_REFUSED = 5,
};

/* --- nat_table.c --- */
uint32_t sv_nat_find_outside(const struct sv_nat *n, uint8_t protocol, uint16_t port);
/* Of several (port forwards to one inside port) the one that has a session with the remote end. */
uint32_t sv_nat_find_inside(const struct sv_nat *n, uint8_t protocol, uint32_t inside, uint16_t port, uint32_t remote,
                            uint16_t remote_port);
uint32_t sv_nat_find_peer(const struct sv_nat *n, uint32_t mapping, uint32_t remote);
uint32_t sv_nat_find_session(const struct sv_nat *n, uint32_t mapping, uint32_t remote, uint16_t remote_port);
/* Makes them. SV_NONE: a ceiling is reached, or no port is free; counted, *why says which. */
uint32_t sv_nat_map(struct sv_core *c, struct sv_nat *n, uint8_t protocol, uint32_t inside, uint16_t port,
                    enum sv_drop *why);
uint32_t sv_nat_open(struct sv_core *c, struct sv_nat *n, uint32_t mapping, uint32_t remote, uint16_t remote_port,
                     enum sv_nat_state state, enum sv_drop *why);
void sv_nat_close(struct sv_core *c, struct sv_nat *n, uint32_t session);
/* A mapping made for nothing goes again. */
void sv_nat_unmap_idle(struct sv_core *c, struct sv_nat *n, uint32_t mapping);
/* Lives from now for the time its protocol and state give it. */
void sv_nat_refresh(struct sv_core *c, struct sv_nat *n, uint32_t session);

/* --- nat_tcp.c --- */
/* The state after a segment with these flags (enum sv_tcp_bit) that goes out or comes in. */
void sv_nat_tcp_track(struct sv_core *c, struct sv_nat *n, uint32_t session, uint32_t flags, bool out);
void sv_nat_syns_expire(struct sv_core *c, struct sv_net *net);
sv_time sv_nat_syns_deadline(const struct sv_nat *n);

/* --- nat_edit.c --- */
struct sv_nat_tuple {
    uint32_t src, dst;
    uint16_t src_port, dst_port; /* an ICMP query: src_port is the identifier */
};
/* Reads ports (or the identifier) of the first fragment; makes the headers linear. False: too short. */
SV_MUST_CHECK bool sv_nat_read(struct sv_buf *b, const struct sv_ip_hdr *h, struct sv_nat_tuple *t);
/* Writes the tuple and corrects the checksums; *h follows. False: no memory for a copy of our own. */
SV_MUST_CHECK bool sv_nat_write(struct sv_buf *b, struct sv_ip_hdr *h, const struct sv_nat_tuple *t);
/* Corrects a checksum field: the finished one, or with `partial` the unfinished sum that it holds. */
void sv_nat_sum16(uint8_t *field, uint16_t from, uint16_t to, bool partial);
void sv_nat_sum32(uint8_t *field, uint32_t from, uint32_t to, bool partial);

/* --- nat_icmp.c --- */
static inline bool sv_nat_icmp_is_request(uint8_t type)
{
    return type == 8 || type == 13 || type == 15 || type == 17; /* echo, timestamp, information, mask */
}
static inline bool sv_nat_icmp_is_reply(uint8_t type)
{
    return type == 0 || type == 14 || type == 16 || type == 18;
}
enum sv_nat_verdict sv_nat_error_in(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                    struct sv_ip_hdr *h);
enum sv_nat_verdict sv_nat_error_out(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                     struct sv_ip_hdr *h);

/* --- nat_fragment.c --- */
/* A later fragment: translated as its first was, or held until that comes. */
enum sv_nat_verdict sv_nat_fragment_later(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                          struct sv_ip_hdr *h);
/* The first one of a datagram that arrived as `before` goes on as *h says. */
void sv_nat_fragment_first(struct sv_core *c, struct sv_net *net, const struct sv_ip_hdr *before,
                           const struct sv_ip_hdr *h);
void sv_nat_fragments_expire(struct sv_core *c, struct sv_nat *n);
sv_time sv_nat_fragments_deadline(const struct sv_nat *n);
void sv_nat_fragments_init(struct sv_nat *n);

/* --- nat_ftp.c --- */
/* An outgoing segment of a control connection, translated already: its addresses are rewritten, its sequence number
 * follows the lengths changed before. False: it cannot be done (dropped by the caller, NO_MEMORY). */
SV_MUST_CHECK bool sv_nat_ftp_out(struct sv_core *c, struct sv_nat *n, uint32_t session, struct sv_buf *b,
                                  struct sv_ip_hdr *h);
/* An incoming one: its acknowledgements are taken back to what the inside sent. */
SV_MUST_CHECK bool sv_nat_ftp_in(struct sv_core *c, struct sv_nat *n, uint32_t session, struct sv_buf *b,
                                 struct sv_ip_hdr *h);

#endif
