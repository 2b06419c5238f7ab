/* SPDX-License-Identifier: BSD-2-Clause */
/* IGMP and MLD over any bytes: parsed and walked, and taken in by a host with a few groups. Messages one after another,
 * each a byte of how (bit 0: MLD; bit 1: from beyond a router; bit 2: then a group is left or joined again; bit 3: the
 * link goes and comes; bits 5 to 7: how long until the next), its length (255: all that is left) and its bytes, the
 * checksum put right. */
#define CABLE_BUFS 64u
#include "tests/support/stack_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct sv_group_msg *m)
{
    struct sv_group_record record;
    uint32_t records = 0;
    if (m->kind == SV_GROUP_RECORDS) {
        struct sv_rd r = sv_rd_of(m->list, m->list_length);
        while (sv_group_next_record(&r, m->six, &record))
            records++;
        SV_ASSERT(records == m->sources && !r.short_read);
    }
    for (uint32_t i = 0; m->kind == SV_GROUP_QUERY && i < m->sources; i++)
        (void)sv_group_source(m, i);
}

static void igmp_in(struct cable *k, const uint8_t *bytes, uint32_t n, uint8_t ttl)
{
    uint8_t f[1300] = {1, 0, 0x5e, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x46};
    sv_put_u16(f + 16, (uint16_t)(24 + n));
    f[22] = ttl;
    f[23] = 2;
    sv_put_u32(f + 26, 0x0a000009u);
    sv_put_u32(f + 30, 0xe0000001u);
    sv_put_u32(f + 34, 0x94040000u);
    sv_sum_store(f + 24, sv_sum(f + 14, 24, 0));
    memcpy(f + 38, bytes, n);
    cable_in(k, f, 38 + n);
}

static void open_member(struct cable_moment *m, const struct sv_addr group[2])
{
    struct cable k;
    cable_open(&k, SV_IF_NO_ARP_PROBE, false);
    const struct sv_addr v4 = addr_of("10.0.0.1"), v6 = addr_of("fe80::1");
    enum sv_err e = sv_address_add(k.stack, k.port, &v4, 24, k.now);
    if (e == SV_OK)
        e = sv_address_add(k.stack, k.port, &v6, 64, k.now);
    for (uint32_t i = 0; i < 2 && e == SV_OK; i++)
        e = sv_multicast_join(&k.stack->core, &k.stack->net, k.port, &group[i]);
    SV_ASSERT(e == SV_OK);
    sv_stack_set_checked(k.stack, false); /* once a message is enough: it costs more than all the rest */
    cable_keep(&k, m);
}

static void toggle(struct cable *k, const struct sv_addr *group, bool *joined)
{
    bool good;
    if (*joined)
        good = sv_multicast_leave(&k->stack->core, &k->stack->net, k->port, group);
    else
        good = sv_multicast_join(&k->stack->core, &k->stack->net, k->port, group) == SV_OK;
    SV_ASSERT(good);
    *joined = !*joined;
}

static void one(struct cable *k, uint8_t how, uint8_t *bytes, uint32_t n)
{
    const struct sv_addr src = addr_of("fe80::9"), all = addr_of("ff02::1");
    struct sv_group_msg m;
    if (!(how & 1) && n >= 4)
        sv_igmp_finish(bytes, n);
    if ((how & 1 ? sv_mld_parse(bytes, n, &m) : sv_igmp_parse(bytes, n, &m)) == SV_DROP_NONE)
        walk(&m);
    if (how & 1 && n >= 4)
        cable_in6(k, 9, &src, &all, how & 2 ? 2 : 1, true, bytes, n);
    else if (!(how & 1))
        igmp_in(k, bytes, n, how & 2 ? 2 : 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t wait_ms[8] = {0, 5, 300, 2000, 5000, 12000, 120000, 400000};
    static struct cable_moment opened;
    const struct sv_addr group[2] = {addr_of("239.1.2.3"), addr_of("ff05::77")};
    bool joined[2] = {true, true};
    struct cable k;
    if (!opened.bytes)
        open_member(&opened, group);
    cable_back(&k, &opened);
    for (uint32_t turns = 0; size >= 2 && turns < 24; turns++) {
        uint8_t bytes[1200];
        const uint8_t how = data[0];
        const uint32_t left = sv_min_u32((uint32_t)size - 2, (uint32_t)sizeof bytes);
        const uint32_t n = data[1] == 255 ? left : sv_min_u32(data[1], left);
        memcpy(bytes, data + 2, n);
        data += 2 + n;
        size -= 2 + n;
        one(&k, how, bytes, n);
        if (how & 4)
            toggle(&k, &group[how & 1], &joined[how & 1]);
        for (uint32_t up = 0; how & 8 && up < 2; up++)
            sv_interface_set_up(k.stack, k.port, up != 0, k.now);
        sv_stack_check(k.stack);
        cable_pass(&k, wait_ms[how >> 5]);
    }
    for (uint32_t i = 0; i < 2; i++)
        if (joined[i])
            toggle(&k, &group[i], &joined[i]);
    cable_pass(&k, 400000);
    sv_stack_check(k.stack);
    SV_ASSERT(cable_held(&k) == 0);
    return 0;
}
