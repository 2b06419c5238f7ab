/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv6 prefix translation (NPTv6, RFC 6296): inside and outside differ by their prefix alone, one to one and without
 * state. What the prefix changes in the one's complement sum, one other word of the address makes good, so that no
 * checksum above needs to be touched, not even in what an ICMP error quotes.
 *
 * Prefixes up to /48 are balanced in bits 48 to 63, the subnet (RFC 6296 §3.4); longer ones in the first word of the
 * interface identifier that is not all ones (§3.5). A subnet of all ones, and an identifier of all zeros, have no
 * image. */
#ifndef SV_L3_NPT6_H
#define SV_L3_NPT6_H

#include "l3_network/nat.h"

#define SV_NPT6_PAIRS 8u

struct sv_npt6_pair {
    struct sv_addr inside, outside;
    uint32_t bits;
    sv_port port; /* the outside interface */
};

struct sv_npt6 {
    uint32_t pairs;
    struct sv_npt6_pair pair[SV_NPT6_PAIRS];
};

/* SV_ERR_INVALID: not two IPv6 prefixes of 8 to 64 bits. SV_ERR_NO_MEMORY: the ceiling. */
SV_MUST_CHECK enum sv_err sv_npt6_pair_add(struct sv_npt6 *t, sv_port port, const struct sv_addr *inside,
                                           const struct sv_addr *outside, uint32_t bits);

/* The address with prefix `to` in place of `from`. False: it has no image. */
SV_MUST_CHECK bool sv_npt6_map(struct sv_addr *addr, const struct sv_addr *from, const struct sv_addr *to,
                               uint32_t bits);

/* The hooks, as nat.h has them. */
SV_MUST_CHECK enum sv_nat_verdict sv_npt6_in(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                             struct sv_ip_hdr *h);
SV_MUST_CHECK enum sv_nat_verdict sv_npt6_out(struct sv_core *c, struct sv_net *net, sv_port in, sv_port out,
                                              struct sv_buf *b, struct sv_ip_hdr *h);

/* Either family's translator, for the packet's way in and out. */
static inline bool sv_translates(const struct sv_nat *nat, const struct sv_npt6 *npt6)
{
    return (nat->enabled | npt6->pairs) != 0;
}
static inline enum sv_nat_verdict sv_translate_in(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                                  struct sv_ip_hdr *h)
{
    return h->version == 4 ? sv_nat_in(c, net, in, b, h) : sv_npt6_in(c, net, in, b, h);
}
static inline enum sv_nat_verdict sv_translate_out(struct sv_core *c, struct sv_net *net, sv_port in, sv_port out,
                                                   struct sv_buf *b, struct sv_ip_hdr *h)
{
    return h->version == 4 ? sv_nat_out(c, net, in, out, b, h) : sv_npt6_out(c, net, in, out, b, h);
}

#endif
