/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP errors through the translator (RFC 5508 §4): the packet that they quote was translated, so the quote must be
 * turned back, with its own checksums, or nobody would know it for his. An error changes no mapping's life (REQ-7). */
#include "core/packet_sum.h"
#include "l3_network/icmp.h"
#include "l3_network/nat_table.h"
#include "l3_network/net.h"

#define SV_NAT_QUOTE_MAX (SV_IP4_HDR_MAX + 20u) /* of a quote what is looked at: up to TCP's checksum */

/* A quoted packet's beginning. */
struct sv_nat_quote {
    uint8_t *ip;
    uint32_t n, header_length;
    struct sv_nat_tuple t;
    uint8_t protocol, type;
};

/* icmp: of an error, with n bytes in one piece. False: it quotes less than a header and 8 bytes, a later fragment, or
 * what its own header checksum says is damaged (RFC 5508 REQ-3a). Options are passed over (REQ-3b); the transport's
 * checksum is not judged (REQ-3c). */
static bool sv_nat_quote_read(uint8_t *icmp, uint32_t n, struct sv_nat_quote *q)
{
    if (n < SV_ICMP_HDR_LEN + SV_IP4_HDR_LEN + 8u)
        return false;
    q->ip = icmp + SV_ICMP_HDR_LEN;
    q->n = sv_min_u32(n - SV_ICMP_HDR_LEN, SV_NAT_QUOTE_MAX);
    q->header_length = (q->ip[0] & 15u) * 4u;
    if (q->ip[0] >> 4 != 4 || q->header_length < SV_IP4_HDR_LEN || q->header_length + 8u > q->n)
        return false;
    if (sv_sum(q->ip, q->header_length, 0) != 0xffffu || (sv_get_u16(q->ip + 6) & SV_IP4_OFFSET_MASK) != 0)
        return false;
    const uint8_t *l4 = q->ip + q->header_length;
    q->protocol = q->ip[9];
    q->t.src = sv_get_u32(q->ip + 12);
    q->t.dst = sv_get_u32(q->ip + 16);
    q->type = l4[0];
    q->t.src_port = sv_get_u16(q->protocol == SV_PROTO_ICMP ? l4 + 4 : l4);
    q->t.dst_port = q->protocol == SV_PROTO_ICMP ? 0 : sv_get_u16(l4 + 2);
    if (q->protocol == SV_PROTO_ICMP)
        return sv_nat_icmp_is_request(q->type) || sv_nat_icmp_is_reply(q->type);
    return q->protocol == SV_PROTO_TCP || q->protocol == SV_PROTO_UDP;
}

static void sv_nat_quote_transport(const struct sv_nat_quote *q, const struct sv_nat_tuple *t)
{
    uint8_t *l4 = q->ip + q->header_length;
    uint8_t *sum = NULL;
    if (q->protocol == SV_PROTO_ICMP) {
        sv_nat_sum16(l4 + 2, q->t.src_port, t->src_port, false);
        sv_put_u16(l4 + 4, t->src_port);
        return;
    }
    if (q->protocol == SV_PROTO_UDP && sv_get_u16(l4 + 6) != 0)
        sum = l4 + 6;
    if (q->protocol == SV_PROTO_TCP && q->n >= q->header_length + 18u)
        sum = l4 + 16;
    if (sum) {
        sv_nat_sum32(sum, q->t.src, t->src, false);
        sv_nat_sum32(sum, q->t.dst, t->dst, false);
        sv_nat_sum16(sum, q->t.src_port, t->src_port, false);
        sv_nat_sum16(sum, q->t.dst_port, t->dst_port, false);
        if (q->protocol == SV_PROTO_UDP && sv_get_u16(sum) == 0)
            sv_put_u16(sum, 0xffffu);
    }
    sv_put_u16(l4, t->src_port);
    sv_put_u16(l4 + 2, t->dst_port);
}

/* Puts the tuple in, with every checksum from the quoted transport's up to the ICMP message's. */
static void sv_nat_quote_write(uint8_t *icmp, const struct sv_nat_quote *q, const struct sv_nat_tuple *t)
{
    const uint16_t before = sv_sum(q->ip, q->n, 0);
    sv_nat_quote_transport(q, t);
    sv_nat_sum32(q->ip + 10, q->t.src, t->src, false);
    sv_nat_sum32(q->ip + 10, q->t.dst, t->dst, false);
    sv_put_u32(q->ip + 12, t->src);
    sv_put_u32(q->ip + 16, t->dst);
    const uint16_t after = sv_sum(q->ip, q->n, 0);
    uint16_t sum;
    sv_memcpy(&sum, icmp + 2, 2);
    sum = sv_sum_fold((uint32_t)(uint16_t)~sum + (uint16_t)~before + after);
    sv_sum_store(icmp + 2, sum);
}

/* The error's beginning in one piece of our own, its checksum right, and its quote read. */
static bool sv_nat_error_read(struct sv_core *c, struct sv_buf *b, const struct sv_ip_hdr *h, struct sv_nat_quote *q)
{
    const uint32_t need = sv_min_u32(b->length, (uint32_t)h->header_length + SV_ICMP_HDR_LEN + SV_NAT_QUOTE_MAX);
    if (h->more_fragments || (b->linear_length < need && !sv_buf_gather(b, (uint16_t)need)) || !sv_buf_own_linear(b))
        return false;
    b->l4 = (uint16_t)(b->head + h->header_length);
    if (sv_l4_sum(b, b->l4, c->cpu) != 0xffffu)
        return false; /* RFC 5508 REQ-3 */
    return sv_nat_quote_read(sv_buf_head(b) + h->header_length, need - h->header_length, q);
}

static enum sv_nat_verdict sv_nat_error_drop(struct sv_core *c, enum sv_drop why, struct sv_buf *b, sv_port in)
{
    sv_drop(c, why, b, in, 0);
    return SV_NAT_TAKEN;
}

/* The quote, then the addresses of the error itself. */
static enum sv_nat_verdict sv_nat_error_done(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                             struct sv_ip_hdr *h, const struct sv_nat_quote *q,
                                             const struct sv_nat_tuple *quote, uint32_t src, uint32_t dst)
{
    uint8_t *icmp = sv_buf_head(b) + h->header_length;
    sv_nat_quote_write(icmp, q, quote);
    /* What stands where a query's identifier would be is not ours to change. */
    const struct sv_nat_tuple t = {.src = src, .dst = dst, .src_port = sv_get_u16(icmp + 4)};
    if (!sv_nat_write(b, h, &t))
        return sv_nat_error_drop(c, SV_DROP_NO_MEMORY, b, in);
    net->nat.counts.errors++;
    h->translated = 1;
    return SV_NAT_DONE;
}

enum sv_nat_verdict sv_nat_error_in(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                    struct sv_ip_hdr *h)
{
    const struct sv_nat *n = &net->nat;
    struct sv_nat_quote q;
    if (!sv_nat_error_read(c, b, h, &q) || q.t.src != n->address)
        return SV_NAT_PASS; /* about a packet of the router's own, or nothing: it will judge */
    const uint32_t mapping = sv_nat_find_outside(n, q.protocol, q.t.src_port);
    if (mapping == SV_NONE)
        return SV_NAT_PASS;
    const struct sv_nat_mapping *m = sv_nat_mapping_of(n, mapping);
    struct sv_nat_tuple t = {.src = m->inside, .dst = q.t.dst, .src_port = m->inside_port, .dst_port = q.t.dst_port};
    uint32_t src = sv_addr_v4_number(&h->src);
    const uint32_t other =
        in == n->outside ? SV_NONE : sv_nat_find_inside(n, q.protocol, q.t.dst, q.t.dst_port, q.t.src, q.t.src_port);
    if (other != SV_NONE) { /* about a packet that turned round here (REQ-6): the quote shows both ends from outside */
        t.dst = n->address;
        t.dst_port = sv_nat_mapping_of(n, other)->outside_port;
        src = n->address;
    } else if (sv_nat_find_peer(n, mapping, q.t.dst) == SV_NONE) { /* REQ-4: it quotes no session of ours */
        return sv_nat_error_drop(c, SV_DROP_NAT_FILTERED, b, in);
    }
    return sv_nat_error_done(c, net, in, b, h, &q, &t, src, m->inside);
}

/* A quoted packet that came in, as its sender knows it: to the outside address. False: to nobody that is mapped. */
static bool sv_nat_quote_outside(const struct sv_nat *n, const struct sv_nat_quote *q, struct sv_nat_tuple *t)
{
    const bool icmp = q->protocol == SV_PROTO_ICMP;
    const uint32_t mapping = sv_nat_find_inside(n, q->protocol, q->t.dst, icmp ? q->t.src_port : q->t.dst_port,
                                                q->t.src, icmp ? 0 : q->t.src_port);
    if (mapping == SV_NONE)
        return false;
    *t = q->t;
    t->dst = n->address;
    if (icmp)
        t->src_port = sv_nat_mapping_of(n, mapping)->outside_port;
    else
        t->dst_port = sv_nat_mapping_of(n, mapping)->outside_port;
    return true;
}

enum sv_nat_verdict sv_nat_error_out(struct sv_core *c, struct sv_net *net, sv_port in, struct sv_buf *b,
                                     struct sv_ip_hdr *h)
{
    const struct sv_nat *n = &net->nat;
    struct sv_nat_quote q;
    if (!sv_nat_error_read(c, b, h, &q))
        return sv_nat_error_drop(c, SV_DROP_NAT_UNTRANSLATABLE, b, in);
    struct sv_nat_tuple t;
    if (!sv_nat_quote_outside(n, &q, &t))
        return sv_nat_error_drop(c, SV_DROP_NAT_UNTRANSLATABLE, b, in);
    return sv_nat_error_done(c, net, in, b, h, &q, &t, n->address, sv_addr_v4_number(&h->dst));
}

void sv_nat_own_error(struct sv_core *c, struct sv_net *net, sv_port out, struct sv_buf *b)
{
    const struct sv_nat *n = &net->nat;
    struct sv_nat_quote q;
    const uint32_t need = sv_min_u32(b->length, SV_ICMP_HDR_LEN + SV_NAT_QUOTE_MAX);
    (void)c;
    if (!n->enabled || out != n->outside || (b->linear_length < need && !sv_buf_gather(b, (uint16_t)need)) ||
        !sv_buf_own_linear(b) || !sv_nat_quote_read(sv_buf_head(b), need, &q))
        return;
    struct sv_nat_tuple t;
    if (sv_nat_quote_outside(n, &q, &t))
        sv_nat_quote_write(sv_buf_head(b), &q, &t);
}
