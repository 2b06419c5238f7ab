/* SPDX-License-Identifier: BSD-2-Clause */
/* IGMP and MLD over any bytes: parsed and walked, and taken in by a host with a few groups. First byte: which of the
 * two, and whether what a router alone may send is imitated well; then the message, its checksum put right. */
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

static void open_member(struct cable_moment *m, const struct sv_addr *group)
{
    struct cable k;
    cable_open(&k, SV_IF_NO_ARP_PROBE, false);
    const struct sv_addr v4 = addr_of("10.0.0.1"), v6 = addr_of("fe80::1"), group6 = addr_of("ff05::77");
    enum sv_err e = sv_address_add(k.stack, k.port, &v4, 24, k.now);
    if (e == SV_OK)
        e = sv_address_add(k.stack, k.port, &v6, 64, k.now);
    if (e == SV_OK)
        e = sv_multicast_join(&k.stack->core, &k.stack->net, k.port, group);
    if (e == SV_OK)
        e = sv_multicast_join(&k.stack->core, &k.stack->net, k.port, &group6);
    SV_ASSERT(e == SV_OK);
    sv_stack_set_checked(k.stack, false); /* once a message is enough: it costs more than all the rest */
    cable_keep(&k, m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cable_moment opened;
    struct cable k;
    struct sv_group_msg m;
    uint8_t bytes[1200];
    if (size < 9 || size > sizeof bytes)
        return 0;
    const uint32_t n = (uint32_t)size - 1;
    memcpy(bytes, data + 1, n);
    if (!(data[0] & 1))
        sv_igmp_finish(bytes, n);
    if ((data[0] & 1 ? sv_mld_parse(bytes, n, &m) : sv_igmp_parse(bytes, n, &m)) == SV_DROP_NONE)
        walk(&m);
    const struct sv_addr group = addr_of("239.1.2.3"), src = addr_of("fe80::9"), all = addr_of("ff02::1");
    if (!opened.bytes)
        open_member(&opened, &group);
    cable_back(&k, &opened);
    for (uint32_t i = 0; i < 2; i++) {
        if (data[0] & 1)
            cable_in6(&k, 9, &src, &all, data[0] & 2 ? 2 : 1, true, bytes, n);
        else
            igmp_in(&k, bytes, n, data[0] & 2 ? 2 : 1);
        sv_stack_check(k.stack);
        cable_pass(&k, 5000);
    }
    const bool left = sv_multicast_leave(&k.stack->core, &k.stack->net, k.port, &group);
    SV_ASSERT(left);
    cable_pass(&k, 20000);
    sv_stack_check(k.stack);
    SV_ASSERT(cable_held(&k) == 0);
    return 0;
}
