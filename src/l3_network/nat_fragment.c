/* SPDX-License-Identifier: BSD-2-Clause */
/* Fragments through the translator (RFC 4787 REQ-14): ports stand in the first one alone. What
 * it became is remembered for the others of its datagram; those that come before it wait for it. Nothing is put
 * together: fragments leave as they came. */
#include "core/wheel_kinds.h"
#include "l3_network/nat_table.h"
#include "l3_network/net.h"

void sv_nat_fragments_init(struct sv_nat *n)
{
    n->released_first = n->released_last = SV_NONE;
    n->held_free = 0;
    for (uint32_t i = 0; i < SV_NAT_HELD; i++)
        n->held[i].next = i + 1 < SV_NAT_HELD ? i + 1 : SV_NONE;
}

static struct sv_nat_fragment *sv_nat_fragment_find(const struct sv_nat *n, const struct sv_ip_hdr *h)
{
    const uint32_t src = sv_addr_v4_number(&h->src), dst = sv_addr_v4_number(&h->dst);
    for (uint32_t i = 0; i < n->fragments; i++) {
        struct sv_nat_fragment *f = sv_nat_fragment_of(n, (n->fragment_oldest + i) % SV_NAT_FRAGMENTS);
        if (f->id == (uint16_t)h->id && f->src == src && f->dst == dst && f->protocol == h->protocol)
            return f;
    }
    return NULL;
}

static void sv_nat_held_free(struct sv_nat *n, uint32_t held)
{
    n->held[held].next = n->held_free;
    n->held_free = held;
    n->counts.fragments_held--;
}

/* The oldest datagram is forgotten; what waits for its first fragment waits in vain. */
static void sv_nat_fragment_forget(struct sv_core *c, struct sv_nat *n)
{
    struct sv_nat_fragment *f = sv_nat_fragment_of(n, n->fragment_oldest);
    while (f->held_first != SV_NONE) {
        const uint32_t i = f->held_first;
        f->held_first = n->held[i].next;
        sv_drop(c, SV_DROP_NAT_FRAGMENT, sv_pool_buf(sv_core_pool(c), n->held[i].packet), n->held[i].in, 0);
        sv_nat_held_free(n, i);
    }
    n->fragment_oldest = (n->fragment_oldest + 1u) % SV_NAT_FRAGMENTS;
    n->fragments--;
}

static struct sv_nat_fragment *sv_nat_fragment_make(struct sv_core *c, struct sv_nat *n, const struct sv_ip_hdr *h)
{
    if (n->fragments == SV_NAT_FRAGMENTS)
        sv_nat_fragment_forget(c, n);
    struct sv_nat_fragment *f = sv_nat_fragment_of(n, (n->fragment_oldest + n->fragments) % SV_NAT_FRAGMENTS);
    n->fragments++;
    *f = (struct sv_nat_fragment){.deadline = c->now + SV_NAT_FRAGMENT_MS * SV_MS,
                                  .src = sv_addr_v4_number(&h->src),
                                  .dst = sv_addr_v4_number(&h->dst),
                                  .id = (uint16_t)h->id,
                                  .protocol = h->protocol,
                                  .held_first = SV_NONE,
                                  .held_last = SV_NONE};
    sv_wheel_arm(&c->wheel, SV_WHEEL_NAT, n->ceiling, f->deadline);
    return f;
}

static enum sv_nat_verdict sv_nat_fragment_hold(struct sv_core *c, struct sv_nat *n, struct sv_nat_fragment *f,
                                                sv_port in, struct sv_buf *b)
{
    const uint32_t i = n->held_free;
    if (i == SV_NONE || f->held == SV_NAT_HELD_EACH) {
        sv_drop(c, SV_DROP_NAT_FRAGMENT, b, in, 0);
        return SV_NAT_TAKEN;
    }
    n->held_free = n->held[i].next;
    n->held[i] = (struct sv_nat_held){b->self, in, SV_NONE};
    if (f->held_last == SV_NONE)
        f->held_first = i;
    else
        n->held[f->held_last].next = i;
    f->held_last = i;
    f->held++;
    n->counts.fragments_held++;
    n->counts.fragments_waited++;
    return SV_NAT_TAKEN;
}

enum sv_nat_verdict sv_nat_fragment_later(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                          struct sv_ip_hdr *h)
{
    struct sv_nat *n = &net->nat;
    struct sv_nat_fragment *f = sv_nat_fragment_find(n, h);
    if (!f)
        f = sv_nat_fragment_make(c, n, h);
    if (!f->known)
        return sv_nat_fragment_hold(c, n, f, in, b);
    const struct sv_nat_tuple t = {.src = f->new_src, .dst = f->new_dst};
    if (t.src == f->src && t.dst == f->dst)
        return SV_NAT_PASS;
    if (!sv_nat_write(b, h, &t)) {
        sv_drop(c, SV_DROP_NO_MEMORY, b, in, 0);
        return SV_NAT_TAKEN;
    }
    return SV_NAT_DONE;
}

void sv_nat_fragment_first(struct sv_core *c, struct sv_net *net, const struct sv_ip_hdr *before,
                           const struct sv_ip_hdr *h)
{
    struct sv_nat *n = &net->nat;
    struct sv_nat_fragment *f = sv_nat_fragment_find(n, before);
    if (!f)
        f = sv_nat_fragment_make(c, n, before);
    f->known = 1;
    f->new_src = sv_addr_v4_number(&h->src);
    f->new_dst = sv_addr_v4_number(&h->dst);
    if (f->held_first == SV_NONE)
        return;
    if (n->released_last == SV_NONE)
        n->released_first = f->held_first;
    else
        n->held[n->released_last].next = f->held_first;
    n->released_last = f->held_last;
    f->held_first = f->held_last = SV_NONE;
    f->held = 0;
}

struct sv_buf *sv_nat_next_released(struct sv_core *c, struct sv_net *net, sv_port *in)
{
    struct sv_nat *n = &net->nat;
    const uint32_t i = n->released_first;
    if (n->ceiling == 0 || i == SV_NONE)
        return NULL;
    struct sv_buf *b = sv_pool_buf(sv_core_pool(c), n->held[i].packet);
    *in = n->held[i].in;
    n->released_first = n->held[i].next;
    if (n->released_first == SV_NONE)
        n->released_last = SV_NONE;
    sv_nat_held_free(n, i);
    return b;
}

sv_time sv_nat_fragments_deadline(const struct sv_nat *n)
{
    return n->fragments ? sv_nat_fragment_of(n, n->fragment_oldest)->deadline : SV_NEVER;
}

void sv_nat_fragments_expire(struct sv_core *c, struct sv_nat *n)
{
    while (sv_nat_fragments_deadline(n) <= c->now)
        sv_nat_fragment_forget(c, n);
}
