/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbour discovery (RFC 4861): who is where on the link, which routers and prefixes it has, and what follows from it
 * for the host's addresses (RFC 4862, slaac.h) and routes.
 *
 *   nd.c            what comes in; solicitations and advertisements of neighbours
 *   nd_out.c        messages as packets
 *   dad.c           duplicate address detection: RFC 4862 §5.4, RFC 7527
 *   nd_learn.c      what routers told: one bounded table of default routers, prefixes, routes and redirects, with their
 *                   routes in the route table; name servers beside it
 *   nd_router_in.c  router advertisements and redirects taken; routers asked for (RFC 7559)
 *   nd_advertise.c  the other side: this stack as a router
 *   redirect.c      redirects sent and, for IPv4, taken
 *
 * The states of a neighbour are those of the cache for both families (l2_link/neighbour.h). Everything that a stranger
 * can make grow has a ceiling, and what finds it full is counted (ND_FULL). */
#ifndef SV_L3_ND_H
#define SV_L3_ND_H

#include "core/core.h"
#include "core/wheel_kinds.h"
#include "l3_network/ip_wire.h"
#include "l3_network/nd_wire.h"

struct sv_net;

/* RFC 4861 §10 */
#define SV_ND_RETRANS_MS 1000u
#define SV_ND_REACHABLE_MS 30000u
#define SV_ND_RTR_SOLICITATION_DELAY_MS 1000u
#define SV_ND_MIN_DELAY_BETWEEN_RAS_MS 3000u
#define SV_ND_RA_DELAY_MS 500u
#define SV_ND_INITIAL_RAS 3u
#define SV_ND_INITIAL_RA_INTERVAL_MS 16000u
#define SV_ND_FINAL_RAS 3u
/* RFC 7559 §2: first and longest wait between router solicitations. */
#define SV_ND_RS_FIRST_MS 4000u
#define SV_ND_RS_LONGEST_MS 3600000u
/* What of a router advertisement is believed (RFC 8504 §5.4 leaves it to us): none of it can stop us from talking. */
#define SV_ND_HOP_LIMIT_MIN 32u
#define SV_ND_RETRANS_MIN_MS 100u
#define SV_ND_RETRANS_MAX_MS 60000u
#define SV_ND_REACHABLE_MAX_MS 3600000u /* RFC 4861 §6.2.1 */
/* RFC 4862 §5.1, RFC 7527 §4.2 */
#define SV_DAD_TRANSMITS 1u
#define SV_DAD_LOOP_TRANSMITS 3u
/* Multicast solicitations of ours, over all (RFC 6583 §6.1: a scan of a prefix must not become a flood). */
#define SV_ND_SOLICITS_PER_SECOND 100u
#define SV_ND_SOLICITS_BURST 64u
/* Redirects sent. */
#define SV_ND_REDIRECTS_PER_SECOND 10u
#define SV_ND_REDIRECTS_BURST 10u

/* What routers told. The number is that of struct sv_route_info's origin. */
enum sv_nd_learned_kind {
    SV_ND_DEFAULT = 1, /* ::/0 by a router */
    SV_ND_PREFIX = 2,  /* on link */
    SV_ND_ROUTE = 3,   /* RFC 4191 */
    SV_ND_REDIRECTED = 4,
    SV_ND_LEARNED_KINDS
};
#define SV_ND_LEARNED 48u
#define SV_ND_DEFAULTS_MAX 8u
#define SV_ND_PREFIXES_MAX 16u
#define SV_ND_ROUTES_MAX 12u
#define SV_ND_REDIRECTS_MAX 12u
#define SV_ND_REDIRECT_S 600u /* how long one is followed: then the first hop is asked again by using it */

/* Metrics in the route table: the configuration's routes are 0 and win. */
#define SV_ND_METRIC 1024u
#define SV_ND_METRIC_PREFERENCE 16u   /* a step of RFC 4191's preference */
#define SV_ND_METRIC_UNREACHABLE 512u /* RFC 4191 §3.2: reachable ones first, whatever their preference */
#define SV_ND_METRIC_ON_LINK 256u

struct sv_nd_learned {
    struct sv_addr prefix;
    struct sv_addr gateway; /* all zero: on link */
    sv_time until;
    sv_port port;
    uint8_t kind; /* enum sv_nd_learned_kind; 0: free */
    uint8_t bits; /* of 128 */
    int8_t preference;
    uint8_t unreachable; /* the gateway did not answer */
};

#define SV_ND_SERVERS 8u
#define SV_ND_SEARCH_BYTES 256u
struct sv_nd_server {
    struct sv_addr addr;
    sv_time until; /* 0: free */
    sv_port port;
    uint32_t spare;
};

struct sv_advertise_config;

/* One interface. */
struct sv_nd_port {
    struct sv_wheel_node timer;
    sv_time solicit_at;     /* the next router solicitation; SV_NEVER */
    uint32_t solicit_ms;    /* the wait after the last one; 0: none yet */
    uint32_t link_mtu;      /* what a router told; 0: nothing */
    uint8_t hop_limit;      /* the same: sv_ip_default_ttl() */
    uint8_t managed, other; /* the flags M and O of the last advertisement */
    uint8_t advertising;    /* 0: no; 1: yes; 2: saying good-bye */
    sv_time advertise_at;   /* the next advertisement; SV_NEVER */
    sv_time advertised;     /* the last one to all; 0 */
    uint32_t initial_left, final_left;
    int64_t config_at; /* from this struct to its struct sv_advertise_config */
};

struct sv_nd {
    int64_t ports_at; /* from this struct */
    uint32_t ports;
    uint32_t spare;
    struct sv_siphash_key stable_key; /* RFC 7217 §5; and of temporary ones */
    sv_time solicit_full_at;          /* token buckets: when they will be full again */
    sv_time redirect_full_at;
    struct sv_nd_learned learned[SV_ND_LEARNED];
    struct sv_nd_server server[SV_ND_SERVERS];
    uint8_t search[SV_ND_SEARCH_BYTES]; /* names as labels */
    uint32_t search_length;
    sv_port search_port;
    sv_time search_until;
};

SV_MUST_CHECK bool sv_nd_init(struct sv_nd *nd, struct sv_core *c, struct sv_arena *arena, uint32_t interfaces);
uint64_t sv_nd_bytes(uint32_t interfaces);
struct sv_nd_port *sv_nd_port_of(const struct sv_net *net, sv_port port);

/* Takes a message in, parsed by sv_icmp6_parse(): head at the IP header, b->l4 at the ICMPv6 header. */
void sv_nd_receive(struct sv_core *c, struct sv_net *net, sv_port port, struct sv_buf *take, const struct sv_ip_hdr *h);

/* The interface went up or down. Up: its link-local address is made (if it speaks IPv6), routers are asked for. */
void sv_nd_link_changed(struct sv_core *c, struct sv_net *net, sv_port port, bool up);
/* An address of ours became usable. */
void sv_nd_address_ready(struct sv_core *c, struct sv_net *net, uint32_t index);
/* A neighbour became reachable or failed, or said that it is no router: routes by it are looked at. */
void sv_nd_neighbour_changed(struct sv_core *c, struct sv_net *net, uint32_t neighbour);

/* The wheel woke interface `port` (SV_WHEEL_ND). */
void sv_nd_expire(struct sv_core *c, struct sv_net *net, sv_port port);
/* Wakes it by `at`. */
void sv_nd_wake(struct sv_core *c, sv_port port, sv_time at);

/* A router of this link? */
bool sv_nd_is_router(const struct sv_net *net, sv_port port, const struct sv_addr *addr);

void sv_nd_check(const struct sv_core *c, const struct sv_net *net);

/* May one more go, of a bucket that holds `burst` and fills at `per_second`? If so it is paid for. */
bool sv_nd_limit_take(sv_time *full_at, sv_time now, uint32_t per_second, uint32_t burst);

/* --- nd_out.c --- */

/* Room for any message of ours: 1280 less the IPv6 header. */
#define SV_ND_MESSAGE_MAX 1240u

/* Our usable link-local address of that interface; SV_NONE: none. */
uint32_t sv_nd_link_local(const struct sv_net *net, sv_port port);

/* Sends a message of `n` bytes. to: the station it goes to, NULL: the group's, or whom the cache knows. */
void sv_nd_send(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *src,
                const struct sv_addr *dst, const uint8_t *bytes, uint32_t n, const uint8_t *to);

/* A neighbour advertisement for address `index` of ours: flags SOLICITED and OVERRIDE as given, ROUTER if we are. */
void sv_nd_advertise_address(struct sv_core *c, struct sv_net *net, uint32_t index, const struct sv_addr *dst,
                             uint32_t flags, const uint8_t *to);

/* --- dad.c --- */
void sv_dad_start(struct sv_core *c, struct sv_net *net, uint32_t index);
void sv_dad_expire(struct sv_core *c, struct sv_net *net, uint32_t index);
/* A solicitation (solicits) or advertisement for the tentative address came. The reason it is dropped for. */
enum sv_drop sv_dad_heard(struct sv_core *c, struct sv_net *net, uint32_t index, const struct sv_nd_msg *m,
                          bool from_our_mac);

/* --- nd_learn.c --- */

/* Notes or renews one; until <= now takes it away. False: the ceiling of its kind, or of the route table. */
bool sv_nd_learn(struct sv_core *c, struct sv_net *net, const struct sv_nd_learned *what);
void sv_nd_forget(struct sv_core *c, struct sv_net *net, uint32_t index);
/* Ends what is over; the next end of that interface's. */
sv_time sv_nd_learned_expire(struct sv_core *c, struct sv_net *net, sv_port port);
void sv_nd_forget_port(struct sv_core *c, struct sv_net *net, sv_port port);
/* A neighbour that was a router is none any more (RFC 4861 §7.2.5). */
void sv_nd_forget_router(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *router);
bool sv_nd_learn_server(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_addr *addr,
                        uint32_t lifetime_s);
bool sv_nd_learn_search(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_option *o);

/* --- nd_router_in.c --- */
enum sv_drop sv_nd_receive_advert(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_msg *m,
                                  const struct sv_ip_hdr *h);
enum sv_drop sv_nd_receive_redirect(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_msg *m,
                                    const struct sv_ip_hdr *h);
void sv_nd_solicit_begin(struct sv_core *c, struct sv_net *net, sv_port port);
void sv_nd_solicit_due(struct sv_core *c, struct sv_net *net, sv_port port);

/* --- nd_advertise.c --- */

/* Begins to advertise, or changes what is; NULL: ends, with a last word (RFC 4861 §6.2.5). SV_ERR_INVALID. */
SV_MUST_CHECK enum sv_err sv_nd_advertise(struct sv_core *c, struct sv_net *net, sv_port port,
                                          const struct sv_advertise_config *config);
void sv_nd_advertise_due(struct sv_core *c, struct sv_net *net, sv_port port);
/* A router solicitation came. */
enum sv_drop sv_nd_receive_solicit(struct sv_core *c, struct sv_net *net, sv_port port, const struct sv_nd_msg *m,
                                   const struct sv_ip_hdr *h);

#endif
