/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/npt6.h"

#include "l3_network/icmp.h"
#include "l3_network/icmp6_wire.h"
#include "l3_network/net.h"

#define SV_NPT6_SUBNET 3u /* the word of bits 48 to 63 */
#define SV_NPT6_WORDS 8u
#define SV_NPT6_SRC 8u /* where the addresses stand in the header */
#define SV_NPT6_DST 24u

static uint16_t sv_npt6_word(const struct sv_addr *a, uint32_t which)
{
    return sv_get_u16(a->byte + 2u * which);
}

/* One's complement, as numbers. */
static uint16_t sv_npt6_sum(uint32_t a, uint32_t b)
{
    const uint32_t sum = a + b;
    return (uint16_t)((sum & 0xffffu) + (sum >> 16));
}

enum sv_err sv_npt6_pair_add(struct sv_npt6 *t, sv_port port, const struct sv_addr *inside,
                             const struct sv_addr *outside, uint32_t bits)
{
    if (bits < 8 || bits > 64 || sv_addr_is_v4(inside) || sv_addr_is_v4(outside) || !sv_addr_is_unicast(inside) ||
        !sv_addr_is_unicast(outside) || sv_addr_in_prefix(inside, outside, bits))
        return SV_ERR_INVALID;
    if (t->pairs == SV_NPT6_PAIRS)
        return SV_ERR_NO_MEMORY;
    t->pair[t->pairs++] = (struct sv_npt6_pair){*inside, *outside, bits, port};
    return SV_OK;
}

/* The word that is to make the difference good; SV_NONE: there is none. */
static uint32_t sv_npt6_balance(const struct sv_addr *a, uint32_t bits)
{
    if (bits <= 48)
        return sv_npt6_word(a, SV_NPT6_SUBNET) == 0xffffu ? SV_NONE : SV_NPT6_SUBNET;
    bool zero = true;
    for (uint32_t w = 4; w < SV_NPT6_WORDS; w++)
        zero &= sv_npt6_word(a, w) == 0;
    for (uint32_t w = 4; w < SV_NPT6_WORDS && !zero; w++) {
        if (sv_npt6_word(a, w) != 0xffffu)
            return w;
    }
    return SV_NONE;
}

bool sv_npt6_map(struct sv_addr *addr, const struct sv_addr *from, const struct sv_addr *to, uint32_t bits)
{
    const uint32_t at = sv_npt6_balance(addr, bits);
    uint16_t difference = 0;
    (void)from; /* the address has it */
    if (at == SV_NONE)
        return false;
    for (uint32_t w = 0; w < 4 && w * 16u < bits; w++) {
        const uint16_t old = sv_npt6_word(addr, w);
        const uint32_t rest = bits - w * 16u;
        const uint16_t mask = (uint16_t)(rest >= 16 ? 0xffffu : 0xffffu << (16u - rest));
        const uint16_t new = (uint16_t)((old & (uint16_t)~mask) | (sv_npt6_word(to, w) & mask));
        sv_put_u16(addr->byte + 2u * w, new);
        difference = sv_npt6_sum(difference, sv_npt6_sum(old, (uint16_t) ~new));
    }
    uint16_t balanced = sv_npt6_sum(sv_npt6_word(addr, at), difference);
    if (balanced == 0xffffu)
        balanced = 0; /* RFC 6296 §3.4: the other zero would not come back */
    sv_put_u16(addr->byte + 2u * at, balanced);
    return true;
}

/* Maps the address at `offset` bytes from the head if it has the prefix. False: it has no image. */
static bool sv_npt6_edit(const struct sv_buf *b, uint32_t offset, const struct sv_addr *from, const struct sv_addr *to,
                         uint32_t bits)
{
    uint8_t *p = sv_buf_head(b) + offset;
    struct sv_addr a = sv_addr_of_v6_bytes(p);
    if (!sv_addr_in_prefix(&a, from, bits))
        return true;
    if (!sv_npt6_map(&a, from, to, bits))
        return false;
    sv_memcpy(p, a.byte, 16);
    return true;
}

/* Of an ICMPv6 error: where the packet that it quotes begins; 0: it is none. */
static uint32_t sv_npt6_quote(struct sv_buf *b, const struct sv_ip_hdr *h)
{
    const uint32_t quote = SV_IP6_HDR_LEN + 8u, need = quote + SV_IP6_HDR_LEN;
    if (h->protocol != SV_PROTO_ICMP6 || b->length < need ||
        (b->linear_length < need && !sv_buf_gather(b, (uint16_t)need)))
        return 0;
    return sv_buf_head(b)[SV_IP6_HDR_LEN] < 128 && sv_buf_head(b)[quote] >> 4 == 6 ? quote : 0;
}

static enum sv_nat_verdict sv_npt6_refuse(struct sv_core *c, struct sv_net *net, struct sv_buf *b,
                                          const struct sv_ip_hdr *h, sv_port in)
{
    sv_icmp_tell(c, net, b, h, SV_ICMP_TELL_NO_ROUTE, 0);
    sv_drop(c, SV_DROP_NPT_UNTRANSLATABLE, b, in, 0);
    return SV_NAT_TAKEN;
}

/* Source from inside to outside (out), destination from outside to inside (in), or both; and what an error quotes,
 * which went the other way. */
static enum sv_nat_verdict sv_npt6_apply(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                         struct sv_ip_hdr *h, const struct sv_npt6_pair *p, bool src, bool dst)
{
    const struct sv_addr *inside = &p->inside, *outside = &p->outside;
    const uint32_t quote = sv_npt6_quote(b, h);
    if (!sv_buf_own_linear(b)) {
        sv_drop(c, SV_DROP_NO_MEMORY, b, in, 0);
        return SV_NAT_TAKEN;
    }
    bool mapped = !src || sv_npt6_edit(b, SV_NPT6_SRC, inside, outside, p->bits);
    mapped = mapped && (!dst || sv_npt6_edit(b, SV_NPT6_DST, outside, inside, p->bits));
    if (!mapped)
        return sv_npt6_refuse(c, net, b, h, in);
    if (quote != 0 && dst)
        mapped = sv_npt6_edit(b, quote + SV_NPT6_SRC, outside, inside, p->bits);
    if (quote != 0 && src)
        mapped = mapped && sv_npt6_edit(b, quote + SV_NPT6_DST, inside, outside, p->bits);
    if (!mapped)
        return sv_npt6_refuse(c, net, b, h, in);
    h->src = sv_addr_of_v6_bytes(sv_buf_head(b) + SV_NPT6_SRC);
    h->dst = sv_addr_of_v6_bytes(sv_buf_head(b) + SV_NPT6_DST);
    h->translated = 1;
    return SV_NAT_DONE;
}

enum sv_nat_verdict sv_npt6_in(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b, struct sv_ip_hdr *h)
{
    h->translated = 0;
    for (uint32_t i = 0; i < net->npt6.pairs; i++) {
        const struct sv_npt6_pair *p = &net->npt6.pair[i];
        if (!sv_addr_in_prefix(&h->dst, &p->outside, p->bits) || b->flags & SV_BUF_BROADCAST ||
            sv_address_local(c, &net->addresses, &h->dst) != SV_NONE)
            continue; /* the router's own outside address is the router's */
        /* From inside: it turns round here (RFC 6296 §4.2), and its receiver answers to the outside. */
        return sv_npt6_apply(c, net, in, b, h, p, in != p->port, true);
    }
    return SV_NAT_PASS;
}

enum sv_nat_verdict sv_npt6_out(struct sv_core *c, struct sv_net *net, sv_port in, sv_port out, struct sv_buf *b,
                                struct sv_ip_hdr *h)
{
    for (uint32_t i = 0; i < net->npt6.pairs; i++) {
        const struct sv_npt6_pair *p = &net->npt6.pair[i];
        if (out == p->port && in != p->port && sv_addr_in_prefix(&h->src, &p->inside, p->bits))
            return sv_npt6_apply(c, net, in, b, h, p, true, false);
    }
    return SV_NAT_PASS;
}
