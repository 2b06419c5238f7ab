/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of a random world share. Private to random.c, random_more.c and random_rare.c. */
#ifndef SC_RANDOM_DRAW_H
#define SC_RANDOM_DRAW_H

#include "core/rng.h"
#include "scenario/random.h"
#include "seven/base.h"

#define SC_DRAW_HOSTS 5u
#define SC_DRAW_CONNECTIONS 5u

enum sc_draw_shape { SC_DRAW_CABLE, SC_DRAW_SWITCH, SC_DRAW_SWITCHES, SC_DRAW_ROUTER, SC_DRAW_NAT, SC_DRAW_SHAPES };

struct sc_draw {
    struct sv_rng rng;
    struct sv_rng more; /* random_more.c's own: what it adds moves nothing else */
    struct sv_rng rare; /* random_rare.c's */
    char *to;
    size_t used, room;
    uint32_t shape, hosts, connections;
    uint32_t end[SC_DRAW_CONNECTIONS][2]; /* hosts of each connection */
    uint32_t mute;                        /* 1 + the host whose acknowledgements are lost from from_s to until_s; 0 */
    uint32_t from_s, until_s;
    uint32_t apart[2], from_ms, apart_until_s; /* two that do not hear each other meanwhile; from_ms 0: none */
    uint32_t agains;                           /* set of connections that there are once more */
    uint32_t more_strays;
    uint32_t queue; /* a host whose listeners let one wait; SV_NONE */
    /* random_more.c: whose SYN,ACKs are lost, of two that call each other (set; 0: none), and until when; 1 + the host
     * whose acknowledgements of an end are, from when and until when. */
    uint32_t crossed, crossed_until_s, crossed_end[2];
    uint32_t ended, ended_from_s, ended_until_s;
    /* random_rare.c: who falls silent, and from when (0: nobody); 1 + who is said to take more than it does; who calls
     * and who is called without a third message, and until when (0: nobody); 1 + who has ended, and waits. */
    uint32_t left_host, left_at_ms;
    uint32_t fed_host, fed_from_s;
    uint32_t half_host[2], half_until_s;
    uint32_t stays_host;
    bool cookies;  /* some host has no room for a half-open record */
    bool corrupts; /* one place turns bits over: two in a frame may make up for each other in a checksum of 16 bits */
};

void sc_say(struct sc_draw *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* random_more.c: what befalls connections in each of their states. More that a host is set to (its queue is said
 * already, or not); more services of it; more of the timeline; more faults. */
void sc_draw_sets(struct sc_draw *d, uint32_t host, bool queue_said);
void sc_draw_services(struct sc_draw *d);
void sc_draw_steps(struct sc_draw *d);
void sc_draw_faults(struct sc_draw *d);

/* random_rare.c: the same once more, of what is rare. */
void sc_rare_services(struct sc_draw *d);
void sc_rare_steps(struct sc_draw *d);
bool sc_rare_has_faults(const struct sc_draw *d);
void sc_rare_faults(struct sc_draw *d);

#endif
