/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/interface_id.h"

/* What separates the two uses of one key. */
#define SV_IID_STABLE 0x7217u
#define SV_IID_TEMPORARY 0x8981u

static void sv_iid_put_u64(uint8_t *p, uint64_t v)
{
    sv_put_u32(p, (uint32_t)(v >> 32));
    sv_put_u32(p + 4, (uint32_t)v);
}

uint64_t sv_iid_stable(const struct sv_siphash_key *key, const struct sv_addr *prefix, const uint8_t interface[6],
                       uint64_t network, uint32_t dad_counter)
{
    uint8_t bytes[28];
    sv_memcpy(bytes, prefix->byte, 8);
    sv_memcpy(bytes + 8, interface, 6);
    sv_put_u16(bytes + 14, SV_IID_STABLE);
    sv_iid_put_u64(bytes + 16, network);
    sv_put_u32(bytes + 24, dad_counter);
    return sv_siphash24(key, bytes, sizeof bytes);
}

uint64_t sv_iid_temporary(const struct sv_siphash_key *key, const struct sv_addr *prefix, uint64_t draw)
{
    uint8_t bytes[18];
    sv_memcpy(bytes, prefix->byte, 8);
    sv_put_u16(bytes + 8, SV_IID_TEMPORARY);
    sv_iid_put_u64(bytes + 10, draw);
    return sv_siphash24(key, bytes, sizeof bytes);
}

bool sv_iid_reserved(uint64_t iid)
{
    if (iid == 0)
        return true; /* subnet-router anycast: RFC 4291 §2.6.1 */
    if (iid >= 0x02005efffe000000u && iid <= 0x02005efffeffffffu)
        return true; /* IANA's Ethernet block: RFC 5453, proxy mobile IPv6 among them */
    return iid >= 0xfdffffffffffff80u && iid <= 0xfdffffffffffffffu; /* reserved subnet anycast: RFC 2526 */
}

struct sv_addr sv_iid_address(const struct sv_addr *prefix, uint64_t iid)
{
    struct sv_addr a = *prefix;
    sv_iid_put_u64(a.byte + 8, iid);
    return a;
}

uint64_t sv_iid_of(const struct sv_addr *addr)
{
    return (uint64_t)sv_get_u32(addr->byte + 8) << 32 | sv_get_u32(addr->byte + 12);
}
