/* SPDX-License-Identifier: BSD-2-Clause */
#include "l3_network/select.h"

/* RFC 6724 §2.1, longest prefix first, so that the first match is the longest. */
struct sv_policy {
    struct sv_addr prefix;
    uint32_t bits;
    uint32_t precedence, label;
};

static const struct sv_policy *sv_policy_of(const struct sv_addr *a)
{
    static const struct sv_policy table[] = {
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, 128, 50, 0},      /* loopback */
        {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}}, 96, 35, 4}, /* IPv4 */
        {{{0}}, 96, 1, 3},                                                     /* v4-compatible */
        {{{0x20, 0x01, 0, 0}}, 32, 5, 5},                                      /* Teredo */
        {{{0x20, 0x02}}, 16, 30, 2},                                           /* 6to4 */
        {{{0x3f, 0xfe}}, 16, 1, 12},                                           /* 6bone */
        {{{0xfe, 0xc0}}, 10, 1, 11},                                           /* site-local */
        {{{0xfc}}, 7, 3, 13},                                                  /* unique local */
        {{{0}}, 0, 40, 1},
    };
    uint32_t i = 0;
    while (!sv_addr_in_prefix(a, &table[i].prefix, table[i].bits))
        i++;
    return &table[i];
}

uint32_t sv_addr_label(const struct sv_addr *a)
{
    return sv_policy_of(a)->label;
}

uint32_t sv_addr_precedence(const struct sv_addr *a)
{
    return sv_policy_of(a)->precedence;
}

uint32_t sv_addr_scope(const struct sv_addr *a)
{
    if (sv_addr_is_v4(a)) { /* §3.2 */
        if (sv_addr_is_multicast(a))
            return a->byte[12] == 224 && a->byte[13] == 0 && a->byte[14] == 0 ? SV_SCOPE_LINK : SV_SCOPE_GLOBAL;
        return (a->byte[12] == 169 && a->byte[13] == 254) || a->byte[12] == 127 ? SV_SCOPE_LINK : SV_SCOPE_GLOBAL;
    }
    if (sv_addr_is_multicast(a))
        return a->byte[1] & 15u;
    if (sv_addr_is_loopback(a) || (a->byte[0] == 0xfe && (a->byte[1] & 0xc0u) == 0x80u))
        return SV_SCOPE_LINK; /* §3.4: loopback counts as link-local */
    return a->byte[0] == 0xfe && (a->byte[1] & 0xc0u) == 0xc0u ? SV_SCOPE_SITE : SV_SCOPE_GLOBAL;
}

uint32_t sv_addr_common_bits(const struct sv_addr *a, const struct sv_addr *b, uint32_t limit)
{
    uint32_t bits = 0;
    while (bits < limit && bits < SV_ADDR_BITS && ((a->byte[bits / 8] ^ b->byte[bits / 8]) & (0x80u >> bits % 8)) == 0)
        bits++;
    return bits;
}

bool sv_source_better(const struct sv_source *a, const struct sv_source *b, const struct sv_source_wish *wish)
{
    const struct sv_addr *dst = &wish->dst;
    const bool same_a = sv_addr_equal(&a->addr, dst), same_b = sv_addr_equal(&b->addr, dst);
    if (same_a != same_b)
        return same_a; /* rule 1 */
    const uint32_t scope_a = sv_addr_scope(&a->addr), scope_b = sv_addr_scope(&b->addr);
    const uint32_t scope = sv_addr_scope(dst);
    if (scope_a < scope_b)
        return scope_a >= scope; /* rule 2: the narrower, if it is wide enough */
    if (scope_b < scope_a)
        return scope_b < scope;
    if (a->deprecated != b->deprecated)
        return b->deprecated; /* rule 3 */
    if (a->home != b->home)
        return a->home; /* rule 4 */
    if ((a->port == wish->port) != (b->port == wish->port))
        return a->port == wish->port; /* rule 5 */
    if (a->from_next_hop != b->from_next_hop)
        return a->from_next_hop; /* rule 5.5 */
    const uint32_t label = sv_addr_label(dst);
    const bool label_a = sv_addr_label(&a->addr) == label, label_b = sv_addr_label(&b->addr) == label;
    if (label_a != label_b)
        return label_a; /* rule 6 */
    if (a->temporary != b->temporary)
        return wish->public_source ? b->temporary : a->temporary; /* rule 7 */
    /* Rule 8. IPv4 addresses have the 96 bits of their mapping in common, which changes nothing. */
    return sv_addr_common_bits(&a->addr, dst, a->prefix_bits) > sv_addr_common_bits(&b->addr, dst, b->prefix_bits);
}

bool sv_destination_better(const struct sv_destination *a, const struct sv_destination *b)
{
    if (a->reachable != b->reachable)
        return a->reachable; /* rule 1 */
    if (!a->reachable)
        return false;
    const uint32_t scope_a = sv_addr_scope(&a->addr), scope_b = sv_addr_scope(&b->addr);
    const bool fits_a = scope_a == sv_addr_scope(&a->source.addr), fits_b = scope_b == sv_addr_scope(&b->source.addr);
    if (fits_a != fits_b)
        return fits_a; /* rule 2 */
    if (a->source.deprecated != b->source.deprecated)
        return b->source.deprecated; /* rule 3 */
    if (a->source.home != b->source.home)
        return a->source.home; /* rule 4 */
    const bool label_a = sv_addr_label(&a->addr) == sv_addr_label(&a->source.addr);
    const bool label_b = sv_addr_label(&b->addr) == sv_addr_label(&b->source.addr);
    if (label_a != label_b)
        return label_a; /* rule 5 */
    const uint32_t first_a = sv_addr_precedence(&a->addr), first_b = sv_addr_precedence(&b->addr);
    if (first_a != first_b)
        return first_a > first_b; /* rule 6 */
    if (a->encapsulated != b->encapsulated)
        return b->encapsulated; /* rule 7 */
    if (scope_a != scope_b)
        return scope_a < scope_b; /* rule 8 */
    if (sv_addr_is_v4(&a->addr) != sv_addr_is_v4(&b->addr))
        return false; /* rule 9 compares within a family */
    return sv_addr_common_bits(&a->addr, &a->source.addr, a->source.prefix_bits) >
           sv_addr_common_bits(&b->addr, &b->source.addr, b->source.prefix_bits);
}

void sv_destinations_sort(struct sv_destination *d, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        const struct sv_destination moved = d[i];
        uint32_t k = i;
        for (; k > 0 && sv_destination_better(&moved, &d[k - 1u]); k--)
            d[k] = d[k - 1u];
        d[k] = moved;
    }
}
