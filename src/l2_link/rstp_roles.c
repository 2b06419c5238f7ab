/* SPDX-License-Identifier: BSD-2-Clause */
/* Port role selection (17.28): from what every port has heard, the one way to the root, and a role for each port. */
#include "core/mem.h"
#include "l2_link/rstp.h"

/* 17.21.25 a) to c): the best way to the root that any port was told of, else ourselves. */
static sv_port sv_stp_find_root(struct sv_stp *stp)
{
    sv_port root_port = SV_NO_PORT;
    struct sv_stp_vector best = {.root = stp->bridge_id, .bridge = stp->bridge_id};
    for (sv_port i = 0; i < stp->ports; i++) {
        const struct sv_stp_port *p = &stp->port[i];
        if (p->info_is != SV_STP_INFO_RECEIVED || p->port_priority.bridge == stp->bridge_id)
            continue;
        struct sv_stp_vector way = p->port_priority;
        /* Whoever names a cost near the largest must not come out cheap. */
        way.cost = way.cost > UINT32_MAX - p->port_path_cost ? UINT32_MAX : way.cost + p->port_path_cost;
        /* At a tie the lower of our own ports: a later one must be truly better. */
        if (sv_stp_better(&way, &best) ||
            (root_port != SV_NO_PORT && sv_stp_same(&way, &best) && p->port_id < stp->port[root_port].port_id)) {
            best = way;
            root_port = i;
        }
    }
    stp->root_priority = best;
    if (root_port == SV_NO_PORT) {
        stp->root_times = stp->bridge_times;
    } else {
        stp->root_times = stp->port[root_port].port_times;
        stp->root_times.message_age++;
    }
    return root_port;
}

/* 17.21.25 f) to m) */
static void sv_stp_choose_role(const struct sv_stp *stp, struct sv_stp_port *p, bool is_root_port)
{
    switch ((enum sv_stp_info_is)p->info_is) {
    case SV_STP_INFO_DISABLED:
        p->selected_role = SV_STP_DISABLED;
        break;
    case SV_STP_INFO_AGED:
        p->updt_info = true;
        p->selected_role = SV_STP_DESIGNATED;
        break;
    case SV_STP_INFO_MINE:
        p->selected_role = SV_STP_DESIGNATED;
        if (!sv_stp_same(&p->port_priority, &p->designated_priority) ||
            !sv_stp_same_times(&p->port_times, &p->designated_times))
            p->updt_info = true;
        break;
    case SV_STP_INFO_RECEIVED:
        p->updt_info = false;
        if (is_root_port) {
            p->selected_role = SV_STP_ROOT_PORT;
        } else if (sv_stp_better(&p->designated_priority, &p->port_priority)) {
            p->selected_role = SV_STP_DESIGNATED;
            p->updt_info = true;
        } else {
            p->selected_role = p->port_priority.bridge == stp->bridge_id ? SV_STP_BACKUP : SV_STP_ALTERNATE;
        }
        break;
    }
}

/* 17.21.25: updtRolesTree() */
static void sv_stp_updt_roles(struct sv_bridge *br, struct sv_stp *stp)
{
    const sv_port before = stp->root_port;
    stp->root_port = sv_stp_find_root(stp);
    if (stp->root_port != before)
        sv_bridge_stp_event(br, SV_STP_ROOT, stp->root_port, before, stp->root_port);
    for (sv_port i = 0; i < stp->ports; i++) {
        struct sv_stp_port *p = &stp->port[i];
        p->designated_priority = (struct sv_stp_vector){
            .root = stp->root_priority.root,
            .cost = stp->root_priority.cost,
            .bridge = stp->bridge_id,
            .port = p->port_id,
        };
        p->designated_times = stp->root_times;
        p->designated_times.hello = stp->bridge_times.hello;
        sv_stp_choose_role(stp, p, i == stp->root_port);
    }
}

bool sv_stp_select_roles(struct sv_bridge *br, struct sv_stp *stp)
{
    bool asked = false;
    for (sv_port i = 0; i < stp->ports; i++) {
        asked |= stp->port[i].reselect;
        stp->port[i].reselect = false;
    }
    if (!asked)
        return false;
    sv_stp_updt_roles(br, stp);
    for (sv_port i = 0; i < stp->ports; i++)
        stp->port[i].selected = true;
    return true;
}
