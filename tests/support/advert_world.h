/* SPDX-License-Identifier: BSD-2-Clause */
/* A router's advertisements to the stack of stack_world.h, and what became of them. */
#ifndef SV_TESTS_ADVERT_WORLD_H
#define SV_TESTS_ADVERT_WORLD_H

#include "tests/support/stack_world.h"

static struct cable k;
static struct seen out;
static const uint8_t router_mac[6] = {2, 0, 0, 0, 0, 0xfe};

/* An advertisement being put together. */
static uint8_t ra[1240];
static struct sv_wr w;

static inline void advert_begin(uint16_t lifetime_s, int8_t preference)
{
    const struct sv_nd_msg m = {
        .type = SV_ND_ROUTER_ADVERT, .hop_limit = 64, .router_lifetime_s = lifetime_s, .preference = preference};
    w = sv_wr_of(ra, sizeof ra);
    sv_nd_emit_header(&w, &m);
    sv_nd_emit_lla(&w, SV_ND_OPT_SOURCE_LLA, router_mac);
}
static inline void advert_prefix(const char *prefix, uint8_t bits, uint32_t valid_s, uint32_t preferred_s)
{
    const struct sv_nd_prefix p = {addr_of(prefix), valid_s, preferred_s, bits, true, true};
    sv_nd_emit_prefix(&w, &p);
}
static inline void advert_send(const char *from)
{
    const struct sv_addr src = addr_of(from), dst = addr_of("ff02::1");
    if (w.overrun) {
        fprintf(stderr, "advert: longer than its room\n");
        abort();
    }
    cable_in6(&k, from[strlen(from) - 1] == '2' ? 0xfd : 0xfe, &src, &dst, 255, false, ra, (uint32_t)(w.at - ra));
}
static inline void advert(uint16_t lifetime_s, const char *prefix, uint32_t valid_s, uint32_t preferred_s)
{
    advert_begin(lifetime_s, 0);
    if (prefix)
        advert_prefix(prefix, 64, valid_s, preferred_s);
    advert_send("fe80::fe");
}

static inline const struct sv_route_info *route(const char *prefix, uint32_t length, const char *gateway)
{
    static struct sv_route_info info;
    const struct sv_addr p = addr_of(prefix), g = addr_of(gateway);
    uint32_t at = 0;
    while (sv_route_each(k.stack, &at, &info))
        if (info.prefix_length == length && sv_addr_equal(&info.prefix, &p) && sv_addr_equal(&info.gateway, &g))
            return &info;
    return NULL;
}

static inline struct sv_ip_path path_to(const char *to)
{
    struct sv_ip_path path;
    const struct sv_addr a = addr_of(to), any = sv_addr_any_like(&a);
    memset(&path, 0, sizeof path);
    k.stack->core.now = k.now;
    if (sv_ip_find_path(&k.stack->core, &k.stack->net, &a, &any, SV_NO_PORT, &path) != SV_OK)
        memset(&path, 0, sizeof path);
    return path;
}

#endif
