/* SPDX-License-Identifier: BSD-2-Clause */
/* Rapid spanning tree (IEEE 802.1D-2004 §17): of the cables between switches, those that would close a loop carry no
 * frames; when one fails another takes over.
 *
 * Each switch tells its neighbours the best root it knows of, and what the way there costs (a priority vector). Who
 * hears better than it says itself accepts that; so all agree on a root, on one way to it (the root port), and on who
 * serves each cable (its designated port). What is left discards. A new designated port need not wait for timers: it
 * proposes, the other side makes sure that nothing behind it loops, and agrees.
 *
 * The standard's ten state machines are here as it draws them, a file or two each:
 *   rstp_receive.c      PRX port receive, PPM protocol migration, BDM bridge detection
 *   rstp_info.c         PIM port information: what a BPDU says, and which of it counts
 *   rstp_roles.c        PRS port role selection
 *   rstp_transitions.c  PRT port role transitions: proposals, agreements, the way to forwarding
 *   rstp_state.c        PST port state transition, TCM topology change
 *   rstp_transmit.c     PTX port transmit
 *   rstp.c              PTI port timers, and the order in which all run until none has anything left to do
 * A machine is a table of edges {state, condition, next state} and a table of what each state does when it is entered.
 * Variables have the standard's names, in lower case with underscores. Timers count seconds, as the standard's do. */
#ifndef SV_L2_RSTP_H
#define SV_L2_RSTP_H

#include "l2_link/bpdu_wire.h"
#include "seven/bridge.h"

#define SV_STP_MIGRATE_TIME 3u /* seconds, table 17-1 */

/* 17.5, 17.6: what decides, best first. Smaller is better. */
struct sv_stp_vector {
    uint64_t root;
    uint32_t cost;
    uint32_t port;   /* the designated port's identifier */
    uint64_t bridge; /* the designated bridge */
};

struct sv_stp_times { /* seconds */
    uint16_t message_age, max_age, hello, forward_delay;
};

enum sv_stp_info_is { SV_STP_INFO_DISABLED, SV_STP_INFO_AGED, SV_STP_INFO_MINE, SV_STP_INFO_RECEIVED };

enum sv_stp_machine {
    SV_STP_PRX,
    SV_STP_PPM,
    SV_STP_BDM,
    SV_STP_PIM,
    SV_STP_PRT,
    SV_STP_PST,
    SV_STP_TCM,
    SV_STP_PTX,
    SV_STP_MACHINES
};

/* 17.19 */
struct sv_stp_port {
    uint8_t at[SV_STP_MACHINES];                     /* the state of each machine */
    uint8_t info_is, role, selected_role, rcvd_info; /* enum sv_stp_info_is, sv_stp_role */
    bool agree, agreed, disputed, forward, forwarding, learn, learning, new_info;
    bool port_enabled, proposed, proposing, rcvd_bpdu, rcvd_msg, rcvd_rstp, rcvd_stp, rcvd_tc, rcvd_tc_ack, rcvd_tcn;
    bool re_root, reselect, selected, send_rstp, sync, synced, tc_ack, tc_prop, updt_info, fdb_flush;
    bool oper_edge, admin_edge, auto_edge, point_to_point, takes_part;
    uint16_t edge_delay_while, fd_while, hello_when, mdelay_while, rb_while, rcvd_info_while, rr_while, tc_while;
    uint16_t tx_count;
    uint16_t port_id;
    uint32_t port_path_cost;
    struct sv_stp_vector designated_priority, port_priority, msg_priority;
    struct sv_stp_times designated_times, port_times, msg_times;
    struct sv_bpdu bpdu; /* the one being looked at */
    uint64_t bpdus_in, bpdus_out;
};

/* 17.18 */
struct sv_stp {
    bool on, rapid; /* rapid: forceVersion is 2 or more ("rstpVersion") */
    uint8_t spare[2];
    uint32_t ports;
    uint64_t bridge_id;
    struct sv_stp_times bridge_times, root_times;
    struct sv_stp_vector root_priority;
    sv_port root_port;
    uint32_t tx_hold;
    sv_time next_tick;
    uint64_t topology_changes;
    struct sv_stp_port port[SV_BRIDGE_PORTS];
};

struct sv_bridge;

/* What a machine is made of. */
struct sv_stp_at {
    struct sv_bridge *br;
    struct sv_stp *stp;
    struct sv_stp_port *p;
    sv_port port;
};
struct sv_stp_edge {
    uint8_t from, to;
    bool (*when)(const struct sv_stp_at *a); /* NULL: at once ("UCT") */
};
struct sv_stp_table {
    uint8_t machine, edges, states;
    const struct sv_stp_edge *edge;
    void (*const *entry)(const struct sv_stp_at *a);
};
#define SV_STP_ANY 255u /* edges from every state */

extern const struct sv_stp_table sv_stp_prx, sv_stp_ppm, sv_stp_bdm, sv_stp_pim, sv_stp_prt, sv_stp_pst, sv_stp_tcm,
    sv_stp_ptx;
/* PRS has no state worth the name: chosen anew whenever a port asks. True: something was. */
bool sv_stp_select_roles(struct sv_bridge *br, struct sv_stp *stp);

/* --- the outside, called by the switch --- */
struct sv_stp_config {
    uint64_t bridge_id;
    uint32_t hello_s, max_age_s, forward_delay_s, tx_hold;
    bool on, rapid;
};
void sv_stp_init(struct sv_stp *stp, const struct sv_stp_config *config, sv_time now);
/* A port is there: the next in number. */
void sv_stp_port_add(struct sv_bridge *br, sv_port port, uint16_t port_id, uint32_t cost, uint32_t flags);
void sv_stp_set_enabled(struct sv_bridge *br, sv_port port, bool enabled);
void sv_stp_receive(struct sv_bridge *br, sv_port port, const struct sv_bpdu *bpdu);
void sv_stp_expire(struct sv_bridge *br, sv_time now);
void sv_stp_check(const struct sv_stp *stp);

/* --- what it asks of the switch (bridge_stp.c) --- */
struct sv_stp *sv_bridge_stp(struct sv_bridge *br);
void sv_bridge_stp_send(struct sv_bridge *br, sv_port port, const struct sv_bpdu *bpdu);
void sv_bridge_stp_apply(struct sv_bridge *br, sv_port port, bool learning, bool forwarding);
void sv_bridge_stp_flush(struct sv_bridge *br, sv_port port);
void sv_bridge_stp_event(struct sv_bridge *br, enum sv_stp_event event, sv_port port, uint32_t from, uint32_t to);

/* --- shared between the machines --- */
static inline bool sv_stp_better(const struct sv_stp_vector *a, const struct sv_stp_vector *b)
{
    if (a->root != b->root)
        return a->root < b->root;
    if (a->cost != b->cost)
        return a->cost < b->cost;
    if (a->bridge != b->bridge)
        return a->bridge < b->bridge;
    return a->port < b->port;
}
static inline bool sv_stp_same(const struct sv_stp_vector *a, const struct sv_stp_vector *b)
{
    return a->root == b->root && a->cost == b->cost && a->bridge == b->bridge && a->port == b->port;
}
static inline bool sv_stp_same_times(const struct sv_stp_times *a, const struct sv_stp_times *b)
{
    return a->message_age == b->message_age && a->max_age == b->max_age && a->hello == b->hello &&
           a->forward_delay == b->forward_delay;
}
/* 17.20.5: forwardDelay. */
static inline uint16_t sv_stp_forward_delay(const struct sv_stp_at *a)
{
    return a->p->send_rstp ? a->p->designated_times.hello : a->p->designated_times.forward_delay;
}
/* 17.20.4: EdgeDelay. */
static inline uint16_t sv_stp_edge_delay(const struct sv_stp_at *a)
{
    return a->p->point_to_point ? (uint16_t)SV_STP_MIGRATE_TIME : a->p->designated_times.max_age;
}
static inline bool sv_stp_settled(const struct sv_stp_at *a)
{
    return a->p->selected && !a->p->updt_info;
}
static inline bool sv_stp_serves(const struct sv_stp_at *a) /* root or designated */
{
    return a->p->role == SV_STP_ROOT_PORT || a->p->role == SV_STP_DESIGNATED;
}
void sv_stp_set_tc_prop(const struct sv_stp_at *a);

#endif
