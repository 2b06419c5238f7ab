/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be asked about a switch. */
#include "l2_link/bridge.h"

enum sv_err sv_bridge_port_info(const struct sv_bridge *br, sv_port port, struct sv_bridge_port_info *info)
{
    if (info->size != sizeof *info)
        return SV_ERR_VERSION;
    if (port >= br->ports)
        return SV_ERR_INVALID;
    const struct sv_bport *p = sv_bport_of(br, port);
    const struct sv_stp_port *s = &br->stp.port[port];
    const bool tree = br->stp.on && s->takes_part;
    sv_memset(info, 0, sizeof *info);
    info->size = sizeof *info;
    info->flags = p->config.flags;
    sv_memcpy(info->name, p->config.name, sizeof info->name);
    info->up = p->up;
    info->guarded = p->guarded;
    info->edge = s->oper_edge;
    info->point_to_point = s->point_to_point;
    info->role = tree ? s->role : p->up ? SV_STP_DESIGNATED : SV_STP_DISABLED;
    info->state = p->forwarding ? SV_STP_FORWARDING : p->learning ? SV_STP_LEARNING : SV_STP_DISCARDING;
    info->stp_cost = s->port_path_cost;
    info->stp_id = s->port_id;
    info->stp_rapid = s->send_rstp;
    info->designated_bridge = s->port_priority.bridge;
    info->pvid = p->config.pvid;
    info->stations = p->stations;
    info->queued = p->queue.packets;
    info->mtu = p->config.mtu;
    info->packets_in = p->packets_in;
    info->bytes_in = p->bytes_in;
    info->packets_out = p->packets_out;
    info->bytes_out = p->bytes_out;
    info->bpdus_in = s->bpdus_in;
    info->bpdus_out = s->bpdus_out;
    info->drops = p->drops;
    return SV_OK;
}

enum sv_err sv_bridge_info(const struct sv_bridge *br, struct sv_bridge_info *info)
{
    if (info->size != sizeof *info)
        return SV_ERR_VERSION;
    *info = (struct sv_bridge_info){
        .size = sizeof *info,
        .flags = br->flags,
        .ports = br->ports,
        .stations = br->stations.used,
        .stations_max = br->stations.ceiling,
        .groups = br->groups.used,
        .bridge_id = br->stp.bridge_id,
        .root_id = br->stp.root_priority.root,
        .root_cost = br->stp.root_priority.cost,
        .root_port = br->stp.root_port,
        .topology_changes = br->stp.topology_changes,
        .age_s = br->age_s,
    };
    return SV_OK;
}

bool sv_bridge_station_each(const struct sv_bridge *br, uint32_t *at, struct sv_station_info *info)
{
    while (*at < br->stations.ceiling) {
        const struct sv_station *s = sv_station_of(br, (*at)++);
        if (s->port == SV_NO_PORT)
            continue;
        sv_memset(info, 0, sizeof *info);
        info->size = sizeof *info;
        info->port = s->port;
        sv_memcpy(info->mac, s->mac, SV_MAC_BYTES);
        info->vid = s->vid;
        info->age_s = (uint32_t)sv_div64(br->core.now - s->seen, SV_S);
        info->permanent = s->permanent;
        return true;
    }
    return false;
}

uint64_t sv_bridge_drops(const struct sv_bridge *br, enum sv_drop reason)
{
    return (uint32_t)reason < SV_DROP_COUNT ? br->core.drops[reason] : 0;
}

void sv_bridge_counts(const struct sv_bridge *br, uint64_t *forwarded, uint64_t *flooded)
{
    *forwarded = br->forwarded;
    *flooded = br->flooded;
}

void sv_bridge_check(const struct sv_bridge *br)
{
    sv_stations_check(br);
    sv_bgroups_check(br);
    sv_stp_check(&br->stp);
    for (sv_port p = 0; p < br->ports; p++) {
        const struct sv_bport *port = sv_bport_of(br, p);
        SV_ASSERT(port->queue.packets <= port->config.queue);
        SV_ASSERT(!port->config.stations || port->stations <= port->config.stations);
        SV_ASSERT(port->forwarding == ((br->forwarding & sv_port_bit(p)) != 0));
        SV_ASSERT(!port->forwarding || port->up);
    }
}
