/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a port's decisions: port state transition (17.30) and topology change (17.31). */
#include "core/mem.h"
#include "l2_link/rstp.h"

/* --- PST --- */

enum { SV_PST_DISCARDING, SV_PST_LEARNING, SV_PST_FORWARDING };

static void sv_pst_discarding(const struct sv_stp_at *a)
{
    a->p->learning = a->p->forwarding = false;
    sv_bridge_stp_apply(a->br, a->port, false, false);
}
static void sv_pst_learning(const struct sv_stp_at *a)
{
    a->p->learning = true;
    sv_bridge_stp_apply(a->br, a->port, true, false);
}
static void sv_pst_forwarding(const struct sv_stp_at *a)
{
    a->p->forwarding = true;
    sv_bridge_stp_apply(a->br, a->port, true, true);
}

static bool sv_pst_learn(const struct sv_stp_at *a)
{
    return a->p->learn;
}
static bool sv_pst_forward(const struct sv_stp_at *a)
{
    return a->p->forward;
}
static bool sv_pst_no_learn(const struct sv_stp_at *a)
{
    return !a->p->learn;
}
static bool sv_pst_no_forward(const struct sv_stp_at *a)
{
    return !a->p->forward;
}

static const struct sv_stp_edge sv_pst_edges[] = {
    {SV_PST_DISCARDING, SV_PST_LEARNING, sv_pst_learn},
    {SV_PST_LEARNING, SV_PST_DISCARDING, sv_pst_no_learn},
    {SV_PST_LEARNING, SV_PST_FORWARDING, sv_pst_forward},
    {SV_PST_FORWARDING, SV_PST_DISCARDING, sv_pst_no_forward},
};
static void (*const sv_pst_entry[])(const struct sv_stp_at *) = {sv_pst_discarding, sv_pst_learning, sv_pst_forwarding};
const struct sv_stp_table sv_stp_pst = {
    SV_STP_PST, SV_COUNT_OF(sv_pst_edges), SV_COUNT_OF(sv_pst_entry), sv_pst_edges, sv_pst_entry,
};

/* --- TCM ---
 * A port that begins to forward may have moved stations: every switch forgets what it learned at other ports. */

enum {
    SV_TCM_INACTIVE,
    SV_TCM_LEARNING,
    SV_TCM_DETECTED,
    SV_TCM_ACTIVE,
    SV_TCM_NOTIFIED_TCN,
    SV_TCM_NOTIFIED_TC,
    SV_TCM_PROPAGATING,
    SV_TCM_ACKNOWLEDGED
};

void sv_stp_set_tc_prop(const struct sv_stp_at *a)
{
    for (sv_port i = 0; i < a->stp->ports; i++)
        if (i != a->port)
            a->stp->port[i].tc_prop = true;
}

/* 17.21.7: newTcWhile() */
static void sv_tcm_start(const struct sv_stp_at *a)
{
    if (a->p->tc_while)
        return;
    if (a->p->send_rstp) {
        a->p->tc_while = (uint16_t)(a->stp->bridge_times.hello + 1u);
        a->p->new_info = true;
    } else {
        a->p->tc_while = (uint16_t)(a->stp->root_times.max_age + a->stp->root_times.forward_delay);
    }
}

/* The standard flushes at once when rapid, else shortens the ageing time; forgetting at once is right in both. */
static void sv_tcm_inactive(const struct sv_stp_at *a)
{
    sv_bridge_stp_flush(a->br, a->port);
    a->p->tc_while = 0;
    a->p->tc_ack = false;
}
static void sv_tcm_learning(const struct sv_stp_at *a)
{
    a->p->rcvd_tc = a->p->rcvd_tcn = a->p->rcvd_tc_ack = a->p->tc_prop = false;
}
static void sv_tcm_detected(const struct sv_stp_at *a)
{
    sv_tcm_start(a);
    sv_stp_set_tc_prop(a);
    a->p->new_info = true;
    a->stp->topology_changes++;
    sv_bridge_stp_event(a->br, SV_STP_CHANGE, a->port, 0, 0);
}
static void sv_tcm_notified_tcn(const struct sv_stp_at *a)
{
    sv_tcm_start(a);
    if (a->p->role == SV_STP_DESIGNATED)
        a->p->tc_ack = true;
}
static void sv_tcm_notified_tc(const struct sv_stp_at *a)
{
    a->p->rcvd_tcn = a->p->rcvd_tc = false;
    sv_stp_set_tc_prop(a);
    a->stp->topology_changes++;
    sv_bridge_stp_event(a->br, SV_STP_CHANGE, a->port, 1, 0);
}
static void sv_tcm_propagating(const struct sv_stp_at *a)
{
    sv_tcm_start(a);
    sv_bridge_stp_flush(a->br, a->port);
    a->p->tc_prop = false;
}
static void sv_tcm_acknowledged(const struct sv_stp_at *a)
{
    a->p->tc_while = 0;
    a->p->rcvd_tc_ack = false;
}

static bool sv_tcm_learn(const struct sv_stp_at *a)
{
    return a->p->learn;
}
static bool sv_tcm_heard(const struct sv_stp_at *a)
{
    return a->p->rcvd_tc || a->p->rcvd_tcn || a->p->rcvd_tc_ack || a->p->tc_prop;
}
static bool sv_tcm_detect(const struct sv_stp_at *a)
{
    return sv_stp_serves(a) && a->p->forward && !a->p->oper_edge;
}
static bool sv_tcm_idle(const struct sv_stp_at *a)
{
    return !sv_stp_serves(a) && !(a->p->learn || a->p->learning) && !sv_tcm_heard(a);
}
static bool sv_tcm_tcn(const struct sv_stp_at *a)
{
    return a->p->rcvd_tcn;
}
static bool sv_tcm_tc(const struct sv_stp_at *a)
{
    return a->p->rcvd_tc;
}
static bool sv_tcm_prop(const struct sv_stp_at *a)
{
    return a->p->tc_prop && !a->p->oper_edge;
}
static bool sv_tcm_ack(const struct sv_stp_at *a)
{
    return a->p->rcvd_tc_ack;
}
static bool sv_tcm_over(const struct sv_stp_at *a)
{
    return !sv_stp_serves(a) || a->p->oper_edge;
}

static const struct sv_stp_edge sv_tcm_edges[] = {
    {SV_TCM_INACTIVE, SV_TCM_LEARNING, sv_tcm_learn}, {SV_TCM_LEARNING, SV_TCM_DETECTED, sv_tcm_detect},
    {SV_TCM_LEARNING, SV_TCM_INACTIVE, sv_tcm_idle},  {SV_TCM_LEARNING, SV_TCM_LEARNING, sv_tcm_heard},
    {SV_TCM_DETECTED, SV_TCM_ACTIVE, NULL},           {SV_TCM_ACTIVE, SV_TCM_LEARNING, sv_tcm_over},
    {SV_TCM_ACTIVE, SV_TCM_NOTIFIED_TCN, sv_tcm_tcn}, {SV_TCM_ACTIVE, SV_TCM_NOTIFIED_TC, sv_tcm_tc},
    {SV_TCM_ACTIVE, SV_TCM_PROPAGATING, sv_tcm_prop}, {SV_TCM_ACTIVE, SV_TCM_ACKNOWLEDGED, sv_tcm_ack},
    {SV_TCM_NOTIFIED_TCN, SV_TCM_NOTIFIED_TC, NULL},  {SV_TCM_NOTIFIED_TC, SV_TCM_ACTIVE, NULL},
    {SV_TCM_PROPAGATING, SV_TCM_ACTIVE, NULL},        {SV_TCM_ACKNOWLEDGED, SV_TCM_ACTIVE, NULL},
};
static void (*const sv_tcm_entry[])(const struct sv_stp_at *) = {
    sv_tcm_inactive,     sv_tcm_learning,    sv_tcm_detected,    NULL,
    sv_tcm_notified_tcn, sv_tcm_notified_tc, sv_tcm_propagating, sv_tcm_acknowledged,
};
const struct sv_stp_table sv_stp_tcm = {
    SV_STP_TCM, SV_COUNT_OF(sv_tcm_edges), SV_COUNT_OF(sv_tcm_entry), sv_tcm_edges, sv_tcm_entry,
};
