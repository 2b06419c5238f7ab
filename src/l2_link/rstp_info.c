/* SPDX-License-Identifier: BSD-2-Clause */
/* Port information (17.27): is what the neighbour says better, worse or the same as what is known of this cable? */
#include "core/mem.h"
#include "l2_link/rstp.h"

enum {
    SV_PIM_DISABLED,
    SV_PIM_AGED,
    SV_PIM_UPDATE,
    SV_PIM_CURRENT,
    SV_PIM_RECEIVE,
    SV_PIM_SUPERIOR_DESIGNATED,
    SV_PIM_REPEATED_DESIGNATED,
    SV_PIM_INFERIOR_DESIGNATED,
    SV_PIM_NOT_DESIGNATED,
    SV_PIM_OTHER
};

/* What rcvInfo() finds (17.21.8). */
enum { SV_RCVD_OTHER, SV_RCVD_SUPERIOR, SV_RCVD_REPEATED, SV_RCVD_INFERIOR, SV_RCVD_ROOT_OR_ALTERNATE };

#define SV_STP_PORT_NUMBER 0x0fffu
#define SV_STP_BRIDGE_ADDRESS 0xffffffffffffu

/* Better, or from the very port that said what is known: then it replaces it, good or bad (17.6). */
static bool sv_stp_superior(const struct sv_stp_vector *msg, const struct sv_stp_vector *known)
{
    return sv_stp_better(msg, known) ||
           ((msg->bridge & SV_STP_BRIDGE_ADDRESS) == (known->bridge & SV_STP_BRIDGE_ADDRESS) &&
            (msg->port & SV_STP_PORT_NUMBER) == (known->port & SV_STP_PORT_NUMBER));
}

/* Nobody may talk us into times outside of table 17-1 (forward delay from 2 s: older switches can be set so). */
static uint16_t sv_stp_within(uint16_t v, uint16_t low, uint16_t high)
{
    return v < low ? low : v > high ? high : v;
}

static uint8_t sv_stp_rcv_info(struct sv_stp_port *p)
{
    const struct sv_bpdu *m = &p->bpdu;
    if (m->type == SV_BPDU_TCN)
        return SV_RCVD_OTHER;
    p->msg_priority = (struct sv_stp_vector){.root = m->root, .cost = m->cost, .bridge = m->bridge, .port = m->port};
    p->msg_times = (struct sv_stp_times){
        .message_age = m->message_age,
        .max_age = sv_stp_within(m->max_age, 6, 40),
        .hello = sv_stp_within(m->hello, 1, 10),
        .forward_delay = sv_stp_within(m->forward_delay, 2, 30),
    };
    const bool same = sv_stp_same(&p->msg_priority, &p->port_priority);
    /* 9.2.9: an unknown role is treated as that of a configuration BPDU. */
    if (m->type == SV_BPDU_CONFIG || m->role == SV_BPDU_DESIGNATED || m->role == SV_BPDU_UNKNOWN) {
        if (same && sv_stp_same_times(&p->msg_times, &p->port_times))
            return p->info_is == SV_STP_INFO_RECEIVED ? SV_RCVD_REPEATED : SV_RCVD_SUPERIOR;
        return sv_stp_superior(&p->msg_priority, &p->port_priority) ? SV_RCVD_SUPERIOR : SV_RCVD_INFERIOR;
    }
    const bool root_or_alternate = m->role == SV_BPDU_ROOT || m->role == SV_BPDU_ALTERNATE_OR_BACKUP;
    if (root_or_alternate && (same || !sv_stp_better(&p->msg_priority, &p->port_priority)))
        return SV_RCVD_ROOT_OR_ALTERNATE;
    return SV_RCVD_OTHER;
}

static void sv_stp_record_proposal(const struct sv_stp_at *a)
{
    const struct sv_bpdu *m = &a->p->bpdu;
    if (m->type == SV_BPDU_RST && m->role == SV_BPDU_DESIGNATED && m->flags & SV_BPDU_PROPOSAL)
        a->p->proposed = true;
}

static void sv_stp_record_agreement(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    p->agreed = a->stp->rapid && p->point_to_point && p->bpdu.type == SV_BPDU_RST && p->bpdu.flags & SV_BPDU_AGREEMENT;
    if (p->agreed)
        p->proposing = false;
}

static void sv_stp_set_tc_flags(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    if (p->bpdu.type == SV_BPDU_TCN) {
        p->rcvd_tcn = true;
        return;
    }
    if (p->bpdu.flags & SV_BPDU_TC)
        p->rcvd_tc = true;
    if (p->bpdu.type == SV_BPDU_CONFIG && p->bpdu.flags & SV_BPDU_TC_ACK)
        p->rcvd_tc_ack = true;
}

/* 17.21.23: three hellos may be lost; what has come too far counts for nothing. */
static void sv_stp_updt_rcvd_info_while(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    const bool fresh = p->port_times.message_age + 1u <= p->port_times.max_age;
    p->rcvd_info_while = fresh ? (uint16_t)(3u * p->port_times.hello) : 0;
}

static void sv_pim_disabled(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    p->rcvd_msg = p->proposing = p->proposed = p->agree = p->agreed = false;
    p->rcvd_info_while = 0;
    p->info_is = SV_STP_INFO_DISABLED;
    p->reselect = true;
    p->selected = false;
}

static void sv_pim_aged(const struct sv_stp_at *a)
{
    a->p->info_is = SV_STP_INFO_AGED;
    a->p->reselect = true;
    a->p->selected = false;
}

static void sv_pim_update(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    p->proposing = p->proposed = false;
    /* betterorsameInfo(Mine) (17.21.1) */
    const bool holds = p->info_is == SV_STP_INFO_MINE && !sv_stp_better(&p->port_priority, &p->designated_priority);
    p->agreed = p->agreed && holds;
    p->synced = p->synced && p->agreed;
    p->port_priority = p->designated_priority;
    p->port_times = p->designated_times;
    p->updt_info = false;
    p->info_is = SV_STP_INFO_MINE;
    p->new_info = true;
}

static void sv_pim_receive(const struct sv_stp_at *a)
{
    a->p->rcvd_info = sv_stp_rcv_info(a->p);
}

static void sv_pim_superior(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    p->agreed = p->proposing = false;
    sv_stp_record_proposal(a);
    sv_stp_set_tc_flags(a);
    /* betterorsameInfo(Received) */
    p->agree = p->agree && p->info_is == SV_STP_INFO_RECEIVED && !sv_stp_better(&p->port_priority, &p->msg_priority);
    p->port_priority = p->msg_priority;
    p->port_times = p->msg_times;
    sv_stp_updt_rcvd_info_while(a);
    p->info_is = SV_STP_INFO_RECEIVED;
    p->reselect = true;
    p->selected = false;
    p->rcvd_msg = false;
}

static void sv_pim_repeated(const struct sv_stp_at *a)
{
    sv_stp_record_proposal(a);
    sv_stp_set_tc_flags(a);
    sv_stp_updt_rcvd_info_while(a);
    a->p->rcvd_msg = false;
}

/* 17.21.10: a worse switch thinks that it serves this cable, and forwards: it does not hear us. Beyond the standard we
 * tell it at once who does, not with the next hello: a switch that was just started finds its place two seconds
 * sooner. */
static void sv_pim_inferior(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    if (p->bpdu.type == SV_BPDU_RST && p->bpdu.flags & SV_BPDU_LEARNING) {
        p->disputed = true;
        p->agreed = false;
    }
    p->new_info = true;
    p->rcvd_msg = false;
}

static void sv_pim_not_designated(const struct sv_stp_at *a)
{
    sv_stp_record_agreement(a);
    sv_stp_set_tc_flags(a);
    a->p->rcvd_msg = false;
}

static void sv_pim_other(const struct sv_stp_at *a)
{
    if (a->p->bpdu.type == SV_BPDU_TCN)
        sv_stp_set_tc_flags(a);
    a->p->rcvd_msg = false;
}

static bool sv_pim_off(const struct sv_stp_at *a)
{
    return !a->p->port_enabled && a->p->info_is != SV_STP_INFO_DISABLED;
}
static bool sv_pim_rcvd_msg(const struct sv_stp_at *a)
{
    return a->p->rcvd_msg && !a->p->port_enabled;
}
static bool sv_pim_on(const struct sv_stp_at *a)
{
    return a->p->port_enabled;
}
static bool sv_pim_mine(const struct sv_stp_at *a)
{
    return a->p->selected && a->p->updt_info;
}
static bool sv_pim_timed_out(const struct sv_stp_at *a)
{
    const struct sv_stp_port *p = a->p;
    return p->info_is == SV_STP_INFO_RECEIVED && p->rcvd_info_while == 0 && !p->updt_info && !p->rcvd_msg;
}
static bool sv_pim_came(const struct sv_stp_at *a)
{
    return a->p->rcvd_msg && !a->p->updt_info;
}
static bool sv_pim_is_superior(const struct sv_stp_at *a)
{
    return a->p->rcvd_info == SV_RCVD_SUPERIOR;
}
static bool sv_pim_is_repeated(const struct sv_stp_at *a)
{
    return a->p->rcvd_info == SV_RCVD_REPEATED;
}
static bool sv_pim_is_inferior(const struct sv_stp_at *a)
{
    return a->p->rcvd_info == SV_RCVD_INFERIOR;
}
static bool sv_pim_is_root_or_alternate(const struct sv_stp_at *a)
{
    return a->p->rcvd_info == SV_RCVD_ROOT_OR_ALTERNATE;
}

static const struct sv_stp_edge sv_pim_edges[] = {
    {SV_STP_ANY, SV_PIM_DISABLED, sv_pim_off},
    {SV_PIM_DISABLED, SV_PIM_AGED, sv_pim_on},
    {SV_PIM_DISABLED, SV_PIM_DISABLED, sv_pim_rcvd_msg},
    {SV_PIM_AGED, SV_PIM_UPDATE, sv_pim_mine},
    {SV_PIM_UPDATE, SV_PIM_CURRENT, NULL},
    {SV_PIM_CURRENT, SV_PIM_UPDATE, sv_pim_mine},
    {SV_PIM_CURRENT, SV_PIM_AGED, sv_pim_timed_out},
    {SV_PIM_CURRENT, SV_PIM_RECEIVE, sv_pim_came},
    {SV_PIM_RECEIVE, SV_PIM_SUPERIOR_DESIGNATED, sv_pim_is_superior},
    {SV_PIM_RECEIVE, SV_PIM_REPEATED_DESIGNATED, sv_pim_is_repeated},
    {SV_PIM_RECEIVE, SV_PIM_INFERIOR_DESIGNATED, sv_pim_is_inferior},
    {SV_PIM_RECEIVE, SV_PIM_NOT_DESIGNATED, sv_pim_is_root_or_alternate},
    {SV_PIM_RECEIVE, SV_PIM_OTHER, NULL},
    {SV_PIM_SUPERIOR_DESIGNATED, SV_PIM_CURRENT, NULL},
    {SV_PIM_REPEATED_DESIGNATED, SV_PIM_CURRENT, NULL},
    {SV_PIM_INFERIOR_DESIGNATED, SV_PIM_CURRENT, NULL},
    {SV_PIM_NOT_DESIGNATED, SV_PIM_CURRENT, NULL},
    {SV_PIM_OTHER, SV_PIM_CURRENT, NULL},
};
static void (*const sv_pim_entry[])(const struct sv_stp_at *) = {
    sv_pim_disabled, sv_pim_aged,     sv_pim_update,         NULL,         sv_pim_receive, sv_pim_superior,
    sv_pim_repeated, sv_pim_inferior, sv_pim_not_designated, sv_pim_other,
};
const struct sv_stp_table sv_stp_pim = {
    SV_STP_PIM, SV_COUNT_OF(sv_pim_edges), SV_COUNT_OF(sv_pim_entry), sv_pim_edges, sv_pim_entry,
};
