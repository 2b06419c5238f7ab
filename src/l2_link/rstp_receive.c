/* SPDX-License-Identifier: BSD-2-Clause */
/* Three small machines about what kind of neighbour is there: port receive (17.23), port protocol migration (17.24),
 * bridge detection (17.25). */
#include "l2_link/rstp.h"

#include "core/mem.h"

/* --- PRX --- */

enum { SV_PRX_DISCARD, SV_PRX_RECEIVE };

static void sv_prx_discard(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    p->rcvd_bpdu = p->rcvd_rstp = p->rcvd_stp = p->rcvd_msg = false;
    p->edge_delay_while = SV_STP_MIGRATE_TIME;
}

static void sv_prx_receive(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    if (p->bpdu.type == SV_BPDU_RST) /* 17.21.22: updtBPDUVersion() */
        p->rcvd_rstp = true;
    else
        p->rcvd_stp = true;
    p->oper_edge = p->rcvd_bpdu = false;
    p->rcvd_msg = true;
    p->edge_delay_while = SV_STP_MIGRATE_TIME;
}

static bool sv_prx_lost(const struct sv_stp_at *a)
{
    return (a->p->rcvd_bpdu || a->p->edge_delay_while != SV_STP_MIGRATE_TIME) && !a->p->port_enabled;
}
static bool sv_prx_came(const struct sv_stp_at *a)
{
    return a->p->rcvd_bpdu && a->p->port_enabled && !a->p->rcvd_msg;
}

static const struct sv_stp_edge sv_prx_edges[] = {
    {SV_STP_ANY, SV_PRX_DISCARD, sv_prx_lost},
    {SV_STP_ANY, SV_PRX_RECEIVE, sv_prx_came},
};
static void (*const sv_prx_entry[])(const struct sv_stp_at *) = {sv_prx_discard, sv_prx_receive};
const struct sv_stp_table sv_stp_prx = {
    SV_STP_PRX, SV_COUNT_OF(sv_prx_edges), SV_COUNT_OF(sv_prx_entry), sv_prx_edges, sv_prx_entry,
};

/* --- PPM --- */

enum { SV_PPM_CHECKING_RSTP, SV_PPM_SELECTING_STP, SV_PPM_SENSING };

static void sv_ppm_checking(const struct sv_stp_at *a)
{
    a->p->send_rstp = a->stp->rapid;
    a->p->mdelay_while = SV_STP_MIGRATE_TIME;
}
static void sv_ppm_selecting(const struct sv_stp_at *a)
{
    a->p->send_rstp = false;
    a->p->mdelay_while = SV_STP_MIGRATE_TIME;
}
static void sv_ppm_sensing(const struct sv_stp_at *a)
{
    a->p->rcvd_rstp = a->p->rcvd_stp = false;
}

static bool sv_ppm_waited(const struct sv_stp_at *a)
{
    return a->p->mdelay_while == 0;
}
static bool sv_ppm_off(const struct sv_stp_at *a)
{
    return a->p->mdelay_while != SV_STP_MIGRATE_TIME && !a->p->port_enabled;
}
static bool sv_ppm_waited_or_off(const struct sv_stp_at *a)
{
    return a->p->mdelay_while == 0 || !a->p->port_enabled;
}
static bool sv_ppm_old(const struct sv_stp_at *a)
{
    return a->p->send_rstp && a->p->rcvd_stp;
}
static bool sv_ppm_rapid_or_off(const struct sv_stp_at *a)
{
    return !a->p->port_enabled || (a->stp->rapid && !a->p->send_rstp && a->p->rcvd_rstp);
}

static const struct sv_stp_edge sv_ppm_edges[] = {
    {SV_PPM_CHECKING_RSTP, SV_PPM_SENSING, sv_ppm_waited},
    {SV_PPM_CHECKING_RSTP, SV_PPM_CHECKING_RSTP, sv_ppm_off},
    {SV_PPM_SELECTING_STP, SV_PPM_SENSING, sv_ppm_waited_or_off},
    {SV_PPM_SENSING, SV_PPM_SELECTING_STP, sv_ppm_old},
    {SV_PPM_SENSING, SV_PPM_CHECKING_RSTP, sv_ppm_rapid_or_off},
};
static void (*const sv_ppm_entry[])(const struct sv_stp_at *) = {sv_ppm_checking, sv_ppm_selecting, sv_ppm_sensing};
const struct sv_stp_table sv_stp_ppm = {
    SV_STP_PPM, SV_COUNT_OF(sv_ppm_edges), SV_COUNT_OF(sv_ppm_entry), sv_ppm_edges, sv_ppm_entry,
};

/* --- BDM --- */

enum { SV_BDM_NOT_EDGE, SV_BDM_EDGE };

static void sv_bdm_not_edge(const struct sv_stp_at *a)
{
    a->p->oper_edge = false;
}
static void sv_bdm_edge(const struct sv_stp_at *a)
{
    a->p->oper_edge = true;
}

static bool sv_bdm_heard(const struct sv_stp_at *a)
{
    return (!a->p->port_enabled && !a->p->admin_edge) || !a->p->oper_edge;
}
/* Nobody answered our proposals for three seconds: no switch is there. */
static bool sv_bdm_alone(const struct sv_stp_at *a)
{
    const struct sv_stp_port *p = a->p;
    return (!p->port_enabled && p->admin_edge) ||
           (p->edge_delay_while == 0 && p->auto_edge && p->send_rstp && p->proposing);
}

static const struct sv_stp_edge sv_bdm_edges[] = {
    {SV_BDM_EDGE, SV_BDM_NOT_EDGE, sv_bdm_heard},
    {SV_BDM_NOT_EDGE, SV_BDM_EDGE, sv_bdm_alone},
};
static void (*const sv_bdm_entry[])(const struct sv_stp_at *) = {sv_bdm_not_edge, sv_bdm_edge};
const struct sv_stp_table sv_stp_bdm = {
    SV_STP_BDM, SV_COUNT_OF(sv_bdm_edges), SV_COUNT_OF(sv_bdm_entry), sv_bdm_edges, sv_bdm_entry,
};
