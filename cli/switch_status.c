/* SPDX-License-Identifier: BSD-2-Clause */
/* What a running switch answers seven bridge: JSON lines with iproute2's keys where bridge(8) has them. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <string.h>

#include "cli/switch.h"

const char *switch_role_name(uint32_t role)
{
    static const char *const names[] = {"disabled", "root", "designated", "alternate", "backup"};
    return role < SV_STP_ROLES ? names[role] : "?";
}

const char *switch_state_name(uint32_t state)
{
    static const char *const names[] = {"discarding", "learning", "forwarding"};
    return state < SV_STP_STATES ? names[state] : "?";
}

static void put_mac(struct sv_control_answer *a, const uint8_t *m)
{
    sv_control_print(a, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static void put_bridge_id(struct sv_control_answer *a, const char *key, uint64_t id)
{
    sv_control_print(a, ",\"%s\":\"%04x.%012" PRIx64 "\"", key, (unsigned)(id >> 48), id & 0xffffffffffffu);
}

static void print_fdb(const struct seven_switch *w, struct sv_control_answer *a, bool aware)
{
    struct sv_station_info s = {.size = sizeof s};
    uint32_t at = 0;
    while (sv_bridge_station_each(w->bridge, &at, &s)) {
        sv_control_print(a, "{\"mac\":\"");
        put_mac(a, s.mac);
        sv_control_print(a, "\",\"ifname\":\"%s\"", switch_port_name(w, s.port));
        if (aware)
            sv_control_print(a, ",\"vlan\":%u", s.vid);
        sv_control_print(a, ",\"flags\":[],\"master\":\"seven\",\"state\":\"%s\",\"age_s\":%u}\n",
                         s.permanent ? "permanent" : "", s.age_s);
    }
}

static void print_vlans(const struct seven_switch *w, struct sv_control_answer *a, sv_port port, uint16_t pvid)
{
    const char *comma = "";
    const uint64_t bit = (uint64_t)1 << port;
    sv_control_print(a, "{\"ifname\":\"%s\",\"vlans\":[", switch_port_name(w, port));
    for (uint32_t v = 1; v <= SV_VLAN_MAX; v++) {
        uint64_t members, tagged;
        sv_bridge_vlan_members(w->bridge, v, &members, &tagged);
        if (!(members & bit))
            continue;
        uint32_t end = v; /* neighbours alike are one range, as bridge has it */
        for (; end < SV_VLAN_MAX && v != pvid && end + 1u != pvid; end++) {
            uint64_t next, next_tagged;
            sv_bridge_vlan_members(w->bridge, end + 1u, &next, &next_tagged);
            if ((next & bit) != bit || ((next_tagged ^ tagged) & bit))
                break;
        }
        sv_control_print(a, "%s{\"vlan\":%u", comma, v);
        if (end > v)
            sv_control_print(a, ",\"vlanEnd\":%u", end);
        sv_control_print(a, ",\"flags\":[%s%s%s]}", v == pvid ? "\"PVID\"" : "",
                         v == pvid && !(tagged & bit) ? "," : "", tagged & bit ? "" : "\"Egress Untagged\"");
        comma = ",";
        v = end;
    }
    sv_control_print(a, "]}\n");
}

static void print_mdb(const struct seven_switch *w, struct sv_control_answer *a)
{
    struct sv_group_info g = {.size = sizeof g};
    char text[SV_ADDR_TEXT];
    uint32_t at = 0;
    while (sv_bridge_group_each(w->bridge, &at, &g))
        for (uint32_t p = 0; p < w->ports; p++)
            if (g.ports >> p & 1u)
                sv_control_print(a,
                                 "{\"dev\":\"seven\",\"port\":\"%s\",\"grp\":\"%s\",\"vid\":%u,\"state\":\"temp\"}\n",
                                 switch_port_name(w, p), sv_addr_text(&g.group, text), g.vid);
    const uint64_t routers = sv_bridge_router_ports(w->bridge);
    for (uint32_t p = 0; p < w->ports; p++)
        if (routers >> p & 1u)
            sv_control_print(a, "{\"dev\":\"seven\",\"port\":\"%s\",\"router\":true}\n", switch_port_name(w, p));
}

static void print_port(const struct seven_switch *w, struct sv_control_answer *a, sv_port port)
{
    struct sv_bridge_port_info i = {.size = sizeof i};
    if (sv_bridge_port_info(w->bridge, port, &i) != SV_OK)
        return;
    sv_control_print(a,
                     "{\"ifindex\":%u,\"ifname\":\"%s\",\"flags\":[%s],\"mtu\":%u,\"master\":\"seven\","
                     "\"state\":\"%s\",\"role\":\"%s\",\"priority\":%u,\"cost\":%u,\"edge\":%s,\"rapid\":%s",
                     port + 1, i.name, i.up ? "\"UP\",\"LOWER_UP\"" : "", i.mtu,
                     i.up ? switch_state_name(i.state) : "disabled", switch_role_name(i.role), i.stp_id >> 8,
                     i.stp_cost, i.edge ? "true" : "false", i.stp_rapid ? "true" : "false");
    sv_control_print(a, ",\"guarded\":%s,\"stations\":%u,\"queued\":%u,\"bpdus_in\":%" PRIu64 ",\"bpdus_out\":%" PRIu64,
                     i.guarded ? "true" : "false", i.stations, i.queued, i.bpdus_in, i.bpdus_out);
    put_bridge_id(a, "designated", i.designated_bridge);
    sv_control_print(a,
                     ",\"stats64\":{\"rx\":{\"bytes\":%" PRIu64 ",\"packets\":%" PRIu64 "},\"tx\":{\"bytes\":%" PRIu64
                     ",\"packets\":%" PRIu64 "},\"dropped\":%" PRIu64 "}}\n",
                     i.bytes_in, i.packets_in, i.bytes_out, i.packets_out, i.drops);
}

static void print_stp(const struct seven_switch *w, struct sv_control_answer *a)
{
    struct sv_bridge_info i = {.size = sizeof i};
    uint64_t forwarded, flooded;
    if (sv_bridge_info(w->bridge, &i) != SV_OK)
        return;
    sv_bridge_counts(w->bridge, &forwarded, &flooded);
    sv_control_print(a, "{\"dev\":\"seven\",\"stp\":%s", i.flags & SV_BRIDGE_STP ? "true" : "false");
    put_bridge_id(a, "bridge_id", i.bridge_id);
    put_bridge_id(a, "root_id", i.root_id);
    sv_control_print(a, ",\"root_port\":\"%s\",\"root_cost\":%u,\"topology_changes\":%" PRIu64,
                     i.root_port == SV_NO_PORT ? "" : switch_port_name(w, i.root_port), i.root_cost,
                     i.topology_changes);
    sv_control_print(a,
                     ",\"stations\":%u,\"stations_max\":%u,\"groups\":%u,\"forwarded\":%" PRIu64 ",\"flooded\":%" PRIu64
                     ",\"age_s\":%u,\"drops\":{",
                     i.stations, i.stations_max, i.groups, forwarded, flooded, i.age_s);
    const char *comma = "";
    for (uint32_t d = 1; d < SV_DROP_COUNT; d++) {
        const uint64_t count = sv_bridge_drops(w->bridge, (enum sv_drop)d);
        if (!count)
            continue;
        sv_control_print(a, "%s\"%s\":%" PRIu64, comma, sv_drop_name((enum sv_drop)d), count);
        comma = ",";
    }
    sv_control_print(a, "}}\n");
}

static void put_text(struct sv_control_answer *a, const char *key, const char *text)
{
    sv_control_print(a, ",\"%s\":\"", key);
    for (; *text; text++)
        sv_control_print(a, "%c", *text < 32 || *text > 126 || *text == '"' || *text == '\\' ? '?' : *text);
    sv_control_print(a, "\"");
}

/* An identifier of LLDP: MAC addresses and names as such, others in hexadecimal. */
static void put_lldp_id(struct sv_control_answer *a, const char *key, const uint8_t *id, uint32_t n, uint32_t mac_type)
{
    char text[64] = {0};
    const bool name = id[0] == 5 || id[0] == 7 || (id[0] == 6 && mac_type == 4);
    if (id[0] == mac_type && n == 7) {
        snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", id[1], id[2], id[3], id[4], id[5], id[6]);
    } else if (name) {
        snprintf(text, sizeof text, "%.*s", (int)(n - 1), (const char *)id + 1);
    } else {
        for (uint32_t i = 1; i < n && i < 30; i++)
            snprintf(text + 2 * (i - 1), 3, "%02x", id[i]);
    }
    put_text(a, key, text);
}

static void print_lldp(const struct seven_switch *w, struct sv_control_answer *a)
{
    struct sv_lldp_info i = {.size = sizeof i};
    uint32_t at = 0;
    while (sv_bridge_lldp_each(w->bridge, &at, &i)) {
        sv_control_print(a, "{\"ifname\":\"%s\"", switch_port_name(w, i.port));
        put_lldp_id(a, "chassis", i.chassis, i.chassis_bytes, 4);
        put_lldp_id(a, "port", i.port_id, i.port_id_bytes, 3);
        put_text(a, "system", i.system);
        put_text(a, "description", i.description);
        put_text(a, "port_description", i.port_text);
        sv_control_print(a, ",\"capabilities\":%u,\"ttl_s\":%u}\n", i.capabilities, i.ttl_s);
    }
}

bool switch_request(void *self, const char *line, struct sv_control_answer *a, sv_time now)
{
    struct seven_switch *w = self;
    struct sv_bridge_info info = {.size = sizeof info};
    const bool aware = sv_bridge_info(w->bridge, &info) == SV_OK && info.flags & SV_BRIDGE_VLAN_AWARE;
    struct sv_bridge_port_info port = {.size = sizeof port};
    (void)now;
    if (strcmp(line, "bridge fdb") == 0) {
        print_fdb(w, a, aware);
    } else if (strcmp(line, "bridge vlan") == 0) {
        for (uint32_t p = 0; aware && p < w->ports; p++)
            if (sv_bridge_port_info(w->bridge, p, &port) == SV_OK)
                print_vlans(w, a, p, port.pvid);
    } else if (strcmp(line, "bridge mdb") == 0) {
        print_mdb(w, a);
    } else if (strcmp(line, "bridge link") == 0) {
        for (uint32_t p = 0; p < w->ports; p++)
            print_port(w, a, p);
    } else if (strcmp(line, "bridge stp") == 0) {
        print_stp(w, a);
        for (uint32_t p = 0; p < w->ports; p++)
            print_port(w, a, p);
    } else if (strcmp(line, "bridge lldp") == 0) {
        print_lldp(w, a);
    } else {
        return false;
    }
    return true;
}
