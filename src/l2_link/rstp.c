/* SPDX-License-Identifier: BSD-2-Clause */
/* All machines together: they run, port after port, until none has an edge that holds; the timers (17.22) tick once a
 * second. */
#include "core/mem.h"
#include "l2_link/rstp.h"

/* In this order a BPDU's way through them is a straight one. */
static const struct sv_stp_table *const sv_stp_machines[] = {
    &sv_stp_prx, &sv_stp_ppm, &sv_stp_bdm, &sv_stp_pim, &sv_stp_prt, &sv_stp_pst, &sv_stp_tcm, &sv_stp_ptx,
};

/* No machine goes round without time or a message between: what would is a mistake of ours. */
#define SV_STP_STEPS_MAX 100000u

static void sv_stp_enter(const struct sv_stp_at *a, const struct sv_stp_table *t, uint8_t state)
{
    SV_ASSERT(state < t->states);
    a->p->at[t->machine] = state;
    if (t->entry[state])
        t->entry[state](a);
}

/* One edge of one machine, if one holds. */
static bool sv_stp_step(const struct sv_stp_at *a, const struct sv_stp_table *t)
{
    for (uint32_t i = 0; i < t->edges; i++) {
        const struct sv_stp_edge *e = &t->edge[i];
        if ((e->from == SV_STP_ANY || e->from == a->p->at[t->machine]) && (!e->when || e->when(a))) {
            sv_stp_enter(a, t, e->to);
            return true;
        }
    }
    return false;
}

static void sv_stp_run(struct sv_bridge *br)
{
    struct sv_stp *stp = sv_bridge_stp(br);
    uint32_t steps = 0;
    bool moved = stp->on;
    while (moved) {
        moved = false;
        for (sv_port i = 0; i < stp->ports; i++) {
            const struct sv_stp_at a = {br, stp, &stp->port[i], i};
            if (!a.p->takes_part)
                continue;
            for (uint32_t m = 0; m < SV_COUNT_OF(sv_stp_machines); m++) {
                while (sv_stp_step(&a, sv_stp_machines[m])) {
                    moved = true;
                    steps++;
                    SV_ASSERT(steps < SV_STP_STEPS_MAX);
                    if (sv_stp_machines[m] == &sv_stp_pim)
                        (void)sv_stp_select_roles(br, stp); /* before anything acts upon what was heard */
                }
            }
        }
        moved |= sv_stp_select_roles(br, stp);
    }
}

void sv_stp_init(struct sv_stp *stp, const struct sv_stp_config *c, sv_time now)
{
    stp->on = c->on;
    stp->rapid = c->rapid;
    stp->bridge_id = c->bridge_id;
    stp->bridge_times =
        (struct sv_stp_times){0, (uint16_t)c->max_age_s, (uint16_t)c->hello_s, (uint16_t)c->forward_delay_s};
    stp->root_times = stp->bridge_times;
    stp->root_priority = (struct sv_stp_vector){.root = c->bridge_id, .bridge = c->bridge_id};
    stp->root_port = SV_NO_PORT;
    stp->tx_hold = c->tx_hold;
    stp->next_tick = now + SV_S;
}

void sv_stp_port_add(struct sv_bridge *br, sv_port port, uint16_t port_id, uint32_t cost, uint32_t flags)
{
    struct sv_stp *stp = sv_bridge_stp(br);
    SV_ASSERT(port == stp->ports && port < SV_BRIDGE_PORTS);
    struct sv_stp_port *p = &stp->port[port];
    stp->ports++;
    p->port_id = port_id;
    p->port_path_cost = cost;
    p->admin_edge = (flags & SV_BPORT_EDGE) != 0;
    p->auto_edge = (flags & SV_BPORT_NO_AUTO_EDGE) == 0;
    p->point_to_point = (flags & SV_BPORT_SHARED) == 0;
    p->takes_part = (flags & SV_BPORT_NO_STP) == 0;
    p->designated_times = p->port_times = stp->bridge_times;
    p->selected = !p->takes_part; /* whoever takes no part holds nobody up */
    p->synced = !p->takes_part;
    if (!stp->on || !p->takes_part)
        return;
    const struct sv_stp_at a = {br, stp, p, port};
    for (uint32_t m = 0; m < SV_COUNT_OF(sv_stp_machines); m++) /* BEGIN: state 0 of each */
        sv_stp_enter(&a, sv_stp_machines[m], 0);
    if (p->admin_edge)
        p->oper_edge = true, p->at[SV_STP_BDM] = 1;
    sv_stp_run(br);
}

void sv_stp_set_enabled(struct sv_bridge *br, sv_port port, bool enabled)
{
    struct sv_stp *stp = sv_bridge_stp(br);
    SV_ASSERT(port < stp->ports);
    stp->port[port].port_enabled = enabled && stp->port[port].takes_part;
    sv_stp_run(br);
}

void sv_stp_receive(struct sv_bridge *br, sv_port port, const struct sv_bpdu *bpdu)
{
    struct sv_stp *stp = sv_bridge_stp(br);
    SV_ASSERT(port < stp->ports);
    struct sv_stp_port *p = &stp->port[port];
    p->bpdus_in++;
    p->bpdu = *bpdu;
    p->rcvd_bpdu = true;
    sv_stp_run(br);
}

static void sv_stp_count_down(uint16_t *timer)
{
    if (*timer)
        --*timer;
}

void sv_stp_expire(struct sv_bridge *br, sv_time now)
{
    struct sv_stp *stp = sv_bridge_stp(br);
    for (uint32_t turns = 0; stp->on && stp->next_tick <= now; turns++) {
        /* A process that slept for long must not count every second that it missed. */
        stp->next_tick = turns < 60 ? stp->next_tick + SV_S : now + SV_S;
        for (sv_port i = 0; i < stp->ports; i++) {
            struct sv_stp_port *p = &stp->port[i];
            sv_stp_count_down(&p->hello_when);
            sv_stp_count_down(&p->tc_while);
            sv_stp_count_down(&p->fd_while);
            sv_stp_count_down(&p->rcvd_info_while);
            sv_stp_count_down(&p->rr_while);
            sv_stp_count_down(&p->rb_while);
            sv_stp_count_down(&p->mdelay_while);
            sv_stp_count_down(&p->edge_delay_while);
            sv_stp_count_down(&p->tx_count);
        }
        sv_stp_run(br);
    }
}

void sv_stp_check(const struct sv_stp *stp)
{
    for (sv_port i = 0; stp->on && i < stp->ports; i++) {
        const struct sv_stp_port *p = &stp->port[i];
        if (!p->takes_part)
            continue;
        SV_ASSERT(p->role < SV_STP_ROLES);
        SV_ASSERT(!p->forwarding || p->learning);
        SV_ASSERT(p->role == SV_STP_ROOT_PORT || p->role == SV_STP_DESIGNATED || !p->forwarding);
        SV_ASSERT((p->role == SV_STP_ROOT_PORT) == (i == stp->root_port) || !p->selected);
        SV_ASSERT(!p->reselect);
    }
}
