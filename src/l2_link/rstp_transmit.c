/* SPDX-License-Identifier: BSD-2-Clause */
/* Port transmit (17.26): what we say of ourselves, each hello time and when it changes, at most TxHoldCount times in a
 * second. */
#include "core/mem.h"
#include "l2_link/rstp.h"

enum { SV_PTX_INIT, SV_PTX_PERIODIC, SV_PTX_CONFIG, SV_PTX_TCN, SV_PTX_RSTP, SV_PTX_IDLE };

static void sv_stp_send(const struct sv_stp_at *a, enum sv_bpdu_type type)
{
    const struct sv_stp_port *p = a->p;
    struct sv_bpdu m = {
        .version = type == SV_BPDU_RST ? 2 : 0,
        .type = (uint8_t)type,
        .root = p->designated_priority.root,
        .cost = p->designated_priority.cost,
        .bridge = p->designated_priority.bridge,
        .port = (uint16_t)p->designated_priority.port,
        .message_age = p->designated_times.message_age,
        .max_age = p->designated_times.max_age,
        .hello = p->designated_times.hello,
        .forward_delay = p->designated_times.forward_delay,
    };
    uint32_t flags = p->tc_while ? SV_BPDU_TC : 0u;
    if (type == SV_BPDU_CONFIG) {
        flags |= p->tc_ack ? SV_BPDU_TC_ACK : 0u;
    } else {
        m.role = p->role == SV_STP_ROOT_PORT    ? SV_BPDU_ROOT
                 : p->role == SV_STP_DESIGNATED ? SV_BPDU_DESIGNATED
                                                : SV_BPDU_ALTERNATE_OR_BACKUP;
        flags |= p->agree ? SV_BPDU_AGREEMENT : 0u;
        flags |= p->proposing ? SV_BPDU_PROPOSAL : 0u;
        flags |= p->learning ? SV_BPDU_LEARNING : 0u;
        flags |= p->forwarding ? SV_BPDU_FORWARDING : 0u;
    }
    m.flags = (uint8_t)flags;
    a->p->new_info = false;
    a->p->tx_count++;
    a->p->tc_ack = a->p->tc_ack && type == SV_BPDU_TCN;
    a->p->bpdus_out++;
    sv_bridge_stp_send(a->br, a->port, &m);
}

static void sv_ptx_init(const struct sv_stp_at *a)
{
    a->p->new_info = true;
    a->p->tx_count = 0;
}
static void sv_ptx_periodic(const struct sv_stp_at *a)
{
    const bool designated = a->p->role == SV_STP_DESIGNATED;
    a->p->new_info = a->p->new_info || designated || (a->p->role == SV_STP_ROOT_PORT && a->p->tc_while != 0);
}
static void sv_ptx_config(const struct sv_stp_at *a)
{
    sv_stp_send(a, SV_BPDU_CONFIG);
}
static void sv_ptx_tcn(const struct sv_stp_at *a)
{
    sv_stp_send(a, SV_BPDU_TCN);
}
static void sv_ptx_rstp(const struct sv_stp_at *a)
{
    sv_stp_send(a, SV_BPDU_RST);
}
static void sv_ptx_idle(const struct sv_stp_at *a)
{
    a->p->hello_when = a->stp->bridge_times.hello;
}

static bool sv_ptx_may(const struct sv_stp_at *a)
{
    const struct sv_stp_port *p = a->p;
    return sv_stp_settled(a) && p->role != SV_STP_DISABLED && p->new_info && p->tx_count < a->stp->tx_hold &&
           p->hello_when != 0;
}
static bool sv_ptx_hello(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && a->p->hello_when == 0;
}
static bool sv_ptx_may_rstp(const struct sv_stp_at *a)
{
    return sv_ptx_may(a) && a->p->send_rstp;
}
static bool sv_ptx_may_tcn(const struct sv_stp_at *a)
{
    return sv_ptx_may(a) && !a->p->send_rstp && a->p->role == SV_STP_ROOT_PORT;
}
static bool sv_ptx_may_config(const struct sv_stp_at *a)
{
    return sv_ptx_may(a) && !a->p->send_rstp && a->p->role == SV_STP_DESIGNATED;
}

static const struct sv_stp_edge sv_ptx_edges[] = {
    {SV_PTX_INIT, SV_PTX_IDLE, NULL},
    {SV_PTX_IDLE, SV_PTX_PERIODIC, sv_ptx_hello},
    {SV_PTX_IDLE, SV_PTX_RSTP, sv_ptx_may_rstp},
    {SV_PTX_IDLE, SV_PTX_TCN, sv_ptx_may_tcn},
    {SV_PTX_IDLE, SV_PTX_CONFIG, sv_ptx_may_config},
    {SV_PTX_PERIODIC, SV_PTX_IDLE, NULL},
    {SV_PTX_CONFIG, SV_PTX_IDLE, NULL},
    {SV_PTX_TCN, SV_PTX_IDLE, NULL},
    {SV_PTX_RSTP, SV_PTX_IDLE, NULL},
};
static void (*const sv_ptx_entry[])(const struct sv_stp_at *) = {
    sv_ptx_init, sv_ptx_periodic, sv_ptx_config, sv_ptx_tcn, sv_ptx_rstp, sv_ptx_idle,
};
const struct sv_stp_table sv_stp_ptx = {
    SV_STP_PTX, SV_COUNT_OF(sv_ptx_edges), SV_COUNT_OF(sv_ptx_entry), sv_ptx_edges, sv_ptx_entry,
};
