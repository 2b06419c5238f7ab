/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP's words and numbers: RFC 792, 1122 §3.2.2.1, 1812 §5.2.7.1; RFC 4443. */
#include <stdlib.h>
#include <string.h>

#include "drill/wire.h"

struct code {
    const char *name;
    uint8_t code;
};
struct type {
    const char *name;
    uint8_t type;
    struct code codes[17];
};

static const struct type types4[] = {
    {"echo_reply", 0, {{NULL, 0}}},
    {"unreachable",
     3,
     {{"net_unreachable", 0},
      {"host_unreachable", 1},
      {"protocol_unreachable", 2},
      {"port_unreachable", 3},
      {"frag_needed", 4},
      {"source_route_failed", 5},
      {"net_unknown", 6},
      {"host_unknown", 7},
      {"source_host_isolated", 8},
      {"net_prohibited", 9},
      {"host_prohibited", 10},
      {"net_unreachable_for_tos", 11},
      {"host_unreachable_for_tos", 12},
      {"packet_filtered", 13},
      {"precedence_violation", 14},
      {"precedence_cutoff", 15},
      {NULL, 0}}},
    {"source_quench", 4, {{NULL, 0}}},
    {"redirect",
     5,
     {{"redirect_net", 0}, {"redirect_host", 1}, {"redirect_tos_and_net", 2}, {"redirect_tos_and_host", 3}, {NULL, 0}}},
    {"echo_request", 8, {{NULL, 0}}},
    {"time_exceeded",
     11,
     {{"exceeded_in_transit", 0},
      {"ttl_exceeded_in_transit", 0},
      {"exceeded_hop_limit", 0},
      {"frag_reass_exceeded", 1},
      {"exceeded_frag_time", 1},
      {NULL, 0}}},
    {"parameter_problem", 12, {{"header_field", 0}, {"missing_option", 1}, {"bad_length", 2}, {NULL, 0}}},
    {"timestamp", 13, {{NULL, 0}}},
    {"timestamp_request", 13, {{NULL, 0}}},
    {"timestamp_reply", 14, {{NULL, 0}}},
    {"information_request", 15, {{NULL, 0}}},
    {"information_reply", 16, {{NULL, 0}}},
    {"address_mask", 17, {{NULL, 0}}},
    {"address_mask_request", 17, {{NULL, 0}}},
    {"address_mask_reply", 18, {{NULL, 0}}},
    {NULL, 0, {{NULL, 0}}},
};

static const struct type types6[] = {
    {"unreachable",
     1,
     {{"no_route", 0},
      {"net_unreachable", 0},
      {"admin_prohibited", 1},
      {"not_neighbour", 2},
      {"address_unreachable", 3},
      {"host_unreachable", 3},
      {"port_unreachable", 4},
      {NULL, 0}}},
    {"packet_too_big", 2, {{NULL, 0}}},
    {"time_exceeded", 3, {{"exceeded_hop_limit", 0}, {"exceeded_frag_time", 1}, {NULL, 0}}},
    {"parameter_problem", 4, {{"header_field", 0}, {"unknown_next_header", 1}, {"unknown_option", 2}, {NULL, 0}}},
    {"echo_request", 128, {{NULL, 0}}},
    {"echo_reply", 129, {{NULL, 0}}},
    {"router_solicitation", 133, {{NULL, 0}}}, /* RFC 4861 §4 */
    {"router_advertisement", 134, {{NULL, 0}}},
    {"neighbor_solicitation", 135, {{NULL, 0}}},
    {"neighbor_advertisement", 136, {{NULL, 0}}},
    {"redirect", 137, {{NULL, 0}}},
    {NULL, 0, {{NULL, 0}}},
};

/* The number behind "type_" or "code_"; -1: none. */
static int numbered(const char *word, const char *prefix)
{
    const size_t n = strlen(prefix);
    char *end = NULL;
    if (strncmp(word, prefix, n) != 0)
        return -1;
    const unsigned long value = strtoul(word + n, &end, 10);
    return end == word + n || *end || value > 255 ? -1 : (int)value;
}

static const struct type *find(const char *type, bool six)
{
    for (const struct type *t = six ? types6 : types4; t->name; t++) {
        if (strcmp(t->name, type) == 0)
            return t;
    }
    return NULL;
}

int sv_drill_icmp_type(const char *type, bool six)
{
    const struct type *t = find(type, six);
    return t ? t->type : numbered(type, "type_");
}

int sv_drill_icmp_code(const char *type, const char *code, bool six)
{
    const struct type *t = find(type, six);
    if (!code)
        return 0;
    for (const struct code *c = t ? t->codes : NULL; c && c->name; c++) {
        if (strcmp(c->name, code) == 0)
            return c->code;
    }
    return numbered(code, "code_");
}
