/* SPDX-License-Identifier: BSD-2-Clause */
/* Conversations through the translator: a list of [where, how, length] and that many bytes of an IPv4 packet.
 * `where`: 0 inside, 1 outside, else time passes. `how`, bit 0: the checksums are made right before, and must be right
 * on whatever leaves; bit 1: the addresses are made those of the hosts around. Every invariant is checked at each
 * step, and when all time has passed nothing is held. */
#define NAT_BUFS 256u
#define NAT_SLABS 256u
#include "tests/support/nat_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* False: there is no transport checksum to put right, so that nothing is known of the one that leaves. */
static bool repair(uint8_t *ip, uint32_t n, uint8_t how, sv_port port)
{
    if (n < 20)
        return false;
    if (how & 2u) {
        ip[0] = 0x45;
        sv_put_u32(ip + 12, port == INSIDE ? HOST_A + (ip[15] & 3u) : PEER_Y + (ip[15] & 1u));
        sv_put_u32(ip + 16, port == INSIDE && ip[19] & 1u ? PEER_Y : NAT_ADDR);
    }
    const uint32_t header = (ip[0] & 15u) * 4u;
    if (header < 20 || header > n)
        return false;
    sv_put_u16(ip + 2, (uint16_t)n);
    sv_put_u16(ip + 10, 0);
    sv_sum_store(ip + 10, sv_sum(ip, header, 0));
    const uint32_t at = header + (ip[9] == 6 ? 16u : ip[9] == 17 ? 6u : 2u);
    if (ip[9] != 6 && ip[9] != 17 && ip[9] != 1)
        return true;
    if (at + 2u > n || sv_get_u16(ip + 6) & 0x3fffu)
        return false;
    sv_put_u16(ip + at, 0);
    sv_sum_store(ip + at, nat_sum4(ip, n));
    if (ip[9] == 17 && sv_get_u16(ip + at) == 0)
        sv_put_u16(ip + at, 0xffff);
    return true;
}

static void open_router(struct nat_moment *m, uint32_t filter)
{
    struct nat_world w;
    nat_open(&w, filter);
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 2), 21};
    const enum sv_err e = sv_nat_forward(w.stack, 6, 21, &to, w.now);
    SV_ASSERT(e == SV_OK);
    sv_stack_set_checked(w.stack, false); /* once a step is enough: it costs more than all the rest */
    nat_keep(&w, m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct nat_moment opened[2];
    struct nat_world w;
    struct nat_packet p;
    uint8_t ip[600];
    size_t at = 0;
    const bool by_endpoint = size > 0 && data[0] & 4u;
    if (!opened[by_endpoint].bytes)
        open_router(&opened[by_endpoint], by_endpoint ? SV_NAT_FILTER_ENDPOINT : SV_NAT_FILTER_ADDRESS);
    nat_back(&w, &opened[by_endpoint]);
    bool repaired = true;
    while (at + 4 <= size && at < 20000 && nat_held(&w) < NAT_BUFS / 2) {
        const uint8_t where = data[at] & 3u, how = data[at + 1];
        const uint32_t wanted = sv_get_u16(data + at + 2) % sizeof ip;
        const uint32_t n = wanted < size - at - 4 ? wanted : (uint32_t)(size - at - 4);
        memcpy(ip, data + at + 4, n);
        at += 4 + n;
        if (where > OUTSIDE) {
            nat_pass_time(&w, (sv_time)(how + 1u) * SV_S);
        } else if (n > 0) {
            if (!(how & 1u) || !repair(ip, n, how, where))
                repaired = false;
            nat_say_bytes(&w, where, ip, n);
        }
        while (nat_hear(&w, INSIDE, &p) || nat_hear(&w, OUTSIDE, &p))
            ;
        SV_ASSERT(!repaired || w.broken == 0);
        sv_stack_check(w.stack);
        w.broken = 0;
    }
    nat_pass_time(&w, 8000 * SV_S);
    nat_flush(&w);
    SV_ASSERT(nat_held(&w) == 0);
    SV_ASSERT(nat_counts(&w).sessions == 0);
    sv_stack_check(w.stack);
    return 0;
}
