/* SPDX-License-Identifier: BSD-2-Clause */
/* ECN of half-open records. Three bits of theirs say which feedback was agreed on, and with AccECN the codepoint of the
 * SYN that came last, which each SYN,ACK tells (RFC 9768 §3.1.5). */
#include "l4_transport/tcp_accecn.h"

/* The highest two stand apart: enum sv_small_ecn's lowest is SV_TCP_ECN among what was agreed on. */
uint32_t sv_small_ecn(const struct sv_tcp_small *m)
{
    return (uint32_t)m->bits >> 14 << 1 | (SV_SMALL_AGREED(m->bits) & SV_TCP_ECN ? 1u : 0u);
}

void sv_small_set_ecn(struct sv_tcp_small *m, uint32_t ecn)
{
    const uint32_t low = SV_TCP_ECN << 4;
    m->bits = (uint16_t)((m->bits & 0x3fffu & ~low) | (ecn >> 1) << 14 | (ecn & 1u ? low : 0u));
}

uint32_t sv_small_ecn_of_syn(const struct sv_tcp *tcp, const struct sv_seg *s)
{
    const uint32_t kind = sv_tcp_ecn_of_syn(tcp, s);
    if (kind == SV_ECN_KIND_ACCURATE)
        return SV_SMALL_ECN_ACCURATE | sv_tcp_ecn_codepoint_of(s);
    return kind == SV_ECN_KIND_CLASSIC ? SV_SMALL_ECN_CLASSIC : SV_SMALL_ECN_NONE;
}

/* §3.2.3.2.2: the second SYN,ACK goes without the option, the third without any flag. */
void sv_small_ecn_syn_ack(const struct sv_tcp *tcp, const struct sv_tcp_small *m, struct sv_tcp_header *h)
{
    const uint32_t ecn = sv_small_ecn(m), again = SV_SMALL_COUNT(m->bits);
    if (ecn == SV_SMALL_ECN_CLASSIC)
        h->flags |= SV_ECE;
    if (ecn < SV_SMALL_ECN_ACCURATE || again > 1)
        return;
    h->flags |= sv_accecn_handshake(ecn);
    if (!again && tcp->habits.accecn_option)
        sv_accecn_first_option(h);
}

bool sv_small_ecn_syn_again(const struct sv_tcp *tcp, struct sv_tcp_small *m, const struct sv_seg *s)
{
    const uint32_t before = sv_small_ecn(m), now = sv_small_ecn_of_syn(tcp, s);
    if (before >= SV_SMALL_ECN_MUTED) {
        if (now >= SV_SMALL_ECN_ACCURATE && before != SV_SMALL_ECN_MUTED)
            sv_small_set_ecn(m, now);
        else if (now == SV_SMALL_ECN_NONE)
            sv_small_set_ecn(m, SV_SMALL_ECN_MUTED);
        return now != SV_SMALL_ECN_CLASSIC;
    }
    if (before == SV_SMALL_ECN_CLASSIC && now == SV_SMALL_ECN_NONE) /* it no longer asks: RFC 3168 §6.1.1.1 */
        sv_small_set_ecn(m, SV_SMALL_ECN_NONE);
    return before != SV_SMALL_ECN_CLASSIC || now < SV_SMALL_ECN_ACCURATE;
}

void sv_small_ecn_reflect(const struct sv_tcp_small *m, const struct sv_seg *s, struct sv_tcp_header *h)
{
    if (sv_small_ecn(m) == SV_SMALL_ECN_MUTED && SV_SMALL_COUNT(m->bits) < 2)
        h->flags |= sv_accecn_handshake(sv_tcp_ecn_codepoint_of(s));
}

void sv_small_ecn_promote(struct sv_tcb *t, const struct sv_tcp_small *m)
{
    const uint32_t ecn = sv_small_ecn(m);
    t->c->ecn = ecn == SV_SMALL_ECN_CLASSIC ? SV_ECN_KIND_CLASSIC : SV_ECN_KIND_NONE;
    if (ecn == SV_SMALL_ECN_CLASSIC)
        t->h->agreed |= SV_TCP_ECN;
    if (ecn < SV_SMALL_ECN_MUTED)
        return;
    sv_accecn_begin(t, ecn & 3u);
    if (ecn == SV_SMALL_ECN_MUTED || SV_SMALL_COUNT(m->bits) > 1)
        sv_tcb_accecn(t)->flags |= SV_ACCECN_NOT_ECT;
}

uint32_t sv_small_ecn_of_cookie(const struct sv_tcp *tcp, const struct sv_seg *s)
{
    const bool accurate = tcp->ecn >= SV_ECN_ACCURATE - 1u && tcp->accecn_at;
    return accurate && !s->length && sv_accecn_field(s->flags) > 1 ? SV_SMALL_ECN_ACCURATE : SV_SMALL_ECN_NONE;
}
