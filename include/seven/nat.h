/* SPDX-License-Identifier: BSD-2-Clause */
/* A router that translates addresses: NAT44 with ports (RFC 4787, RFC 5382, RFC 5508) on one outside interface, and
 * prefix translation for IPv6 (RFC 6296). The stack's configuration says forward = 1 and nat_sessions. */
#ifndef SEVEN_NAT_H
#define SEVEN_NAT_H

#include "seven/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who may answer through a mapping (RFC 4787 §5). Mapping itself is always endpoint-independent. */
enum sv_nat_filter {
    SV_NAT_FILTER_ADDRESS = 0,  /* only addresses that the inside has spoken with: the default */
    SV_NAT_FILTER_ENDPOINT = 1, /* anybody: endpoint-independent, for what must be reachable by all */
};

enum sv_nat_flag {
    SV_NAT_RANDOM_PORTS = 1u << 0,    /* do not keep the inside's port number even if it is free */
    SV_NAT_REFRESH_INBOUND = 1u << 1, /* packets from outside keep a UDP mapping alive too (RFC 4787 REQ-6) */
    SV_NAT_NO_FTP = 1u << 2,          /* leave the addresses in FTP's commands alone */
};

/* Zero takes the value in brackets. Times in seconds. */
struct sv_nat_config {
    uint32_t size;              /* sizeof(struct sv_nat_config) */
    sv_port outside;            /* the interface towards the world; all others are inside */
    struct sv_addr address;     /* an IPv4 address of that interface [its first] */
    uint32_t filter;            /* enum sv_nat_filter */
    uint32_t flags;             /* enum sv_nat_flag */
    uint32_t udp_s;             /* [300] at least 120 (RFC 4787 REQ-5) */
    uint32_t tcp_established_s; /* [7440] at least 7440: 2 h 4 min (RFC 5382 REQ-5) */
    uint32_t tcp_transitory_s;  /* [240] at least 240: opening and closing */
    uint32_t icmp_s;            /* [60] at least 60 (RFC 5508 REQ-2) */
    uint32_t host_sessions;     /* of one inside host at most [half of all] */
};

/* Begins to translate; a second call changes the settings and leaves the mappings. SV_ERR_INVALID: a time below the
 * standard's minimum, no such interface. SV_ERR_NOT_LOCAL: the interface has no such address (yet).
 * SV_ERR_NO_MEMORY: the stack was made with nat_sessions 0. SV_ERR_VERSION. */
SV_API SV_MUST_CHECK enum sv_err sv_nat_enable(struct sv_stack *s, const struct sv_nat_config *config, sv_time now);

/* From now on outside_port of the outside address is `inside`, for everybody and for good. protocol: 6 or 17.
 * SV_ERR_IN_USE: the port is taken. SV_ERR_INVALID: another protocol, port 0, or no IPv4 address of one host.
 * SV_ERR_NO_MEMORY: the ceiling on mappings, or nat_sessions is 0. */
SV_API SV_MUST_CHECK enum sv_err sv_nat_forward(struct sv_stack *s, uint32_t protocol, uint16_t outside_port,
                                                const struct sv_endpoint *inside, sv_time now);

/* All mappings but port forwards are gone, and nobody is told, as when a translator starts anew or runs out of memory.
 * What comes from inside later is mapped anew: with SV_NAT_RANDOM_PORTS to another port, by which its peer cannot know
 * it again. What comes from outside is filtered until then. */
SV_API void sv_nat_forget(struct sv_stack *s, sv_time now);

enum sv_nat_state {
    SV_NAT_PLAIN = 0, /* UDP, ICMP */
    SV_NAT_INIT_OUT,  /* TCP, in RFC 6146 §3.5.2's words: SYN from inside */
    SV_NAT_INIT_IN,
    SV_NAT_ESTABLISHED,
    SV_NAT_FIN_OUT,
    SV_NAT_FIN_IN,
    SV_NAT_FIN_BOTH,
    SV_NAT_TRANS,  /* after a reset, or taken up in the middle */
    SV_NAT_EXPECT, /* FTP announced a connection */
    SV_NAT_STATES
};
/* The state's name, static; never NULL. */
SV_API const char *sv_nat_state_name(enum sv_nat_state state);

/* One session; a port forward without sessions is shown once, with remote any. */
struct sv_nat_info {
    uint32_t size;
    uint32_t protocol;                          /* 6, 17, 1 */
    struct sv_endpoint inside, outside, remote; /* ICMP: the port is the identifier */
    uint32_t state;                             /* enum sv_nat_state */
    uint32_t fixed;                             /* 1: of a port forward */
    uint64_t packets_out, packets_in;
    sv_time expires; /* SV_NEVER: a port forward itself */
};
/* Walks them: *at begins as 0. False: no more. */
SV_API bool sv_nat_each(const struct sv_stack *s, uint32_t *at, struct sv_nat_info *info);

struct sv_nat_counts {
    uint32_t size;
    uint32_t mappings, sessions, hosts; /* now */
    uint32_t fragments_held, syns_held;
    uint64_t mappings_made, mappings_removed, sessions_made, sessions_removed;
    uint64_t out, in, hairpin; /* packets translated */
    uint64_t errors;           /* ICMP errors translated */
    uint64_t refused;          /* new sessions that found no place or no port */
    uint64_t filtered;         /* from outside, and nobody allowed it */
    uint64_t fragments_waited; /* later fragments that came before their first */
    uint64_t ftp_rewritten;
};
/* Fills *counts; always whole. */
SV_API void sv_nat_count(const struct sv_stack *s, struct sv_nat_counts *counts);

/* IPv6: addresses below `inside` look from outside like those below `outside`, both of that length (8 to 64), on
 * packets that pass interface `port`. Checksums stay right without being touched (RFC 6296 §3). SV_ERR_INVALID:
 * no such interface, not IPv6, or another length; SV_ERR_NO_MEMORY: 8 pairs at most. */
SV_API SV_MUST_CHECK enum sv_err sv_npt6_add(struct sv_stack *s, sv_port port, const struct sv_addr *inside,
                                             const struct sv_addr *outside, uint32_t prefix_length, sv_time now);

#ifdef __cplusplus
}
#endif
#endif
