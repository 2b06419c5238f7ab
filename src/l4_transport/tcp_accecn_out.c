/* SPDX-License-Identifier: BSD-2-Clause */
/* AccECN, the way out: the counter in every header, and the option where there is need and room. RFC 9768 §3.2.2.2,
 * §3.2.3. */
#include "l4_transport/tcp_accecn.h"

#define OPTIONS_MAX (60u - SV_TCP_HEADER_LENGTH)
#define WHOLE_OPTION 12u /* three counters, with what fills the word */

uint16_t sv_accecn_told(struct sv_tcb *t)
{
    struct sv_tcp_accecn *a = sv_tcb_accecn(t);
    a->since = 0;
    return sv_accecn_flags(a->r_cep + 5u);
}

void sv_accecn_first_option(struct sv_tcp_header *h)
{
    h->options |= SV_OPTION_ACCECN; /* §3.2.1: the initial values, to see whether they come through */
    h->accecn = (struct sv_accecn_option){.order = 1, .fields = 3, .count = {1, 0, 1}};
    sv_accecn_fit(h);
}

void sv_accecn_fit(struct sv_tcp_header *h)
{
    while ((h->options & SV_OPTION_ACCECN) && sv_tcp_header_length(h) > SV_TCP_HEADER_LENGTH + OPTIONS_MAX) {
        if (h->accecn.fields)
            h->accecn.fields--;
        else
            h->options &= (uint16_t)~SV_OPTION_ACCECN;
    }
}

/* Table 5's order that needs fewer counters, and each that has ever changed (§3.2.3.3). */
static struct sv_accecn_option sv_accecn_option(const struct sv_tcb *t, const struct sv_tcp_accecn *a)
{
    const uint32_t ect1 = 1u << (SV_IP_ECT1 - 1u), ect0 = 1u << (SV_IP_ECT0 - 1u), ce = 1u << (SV_IP_CE - 1u);
    const bool all = sv_tcb_profile(t)->accecn_always, one = all || ((a->ever & ect1) && !(a->ever & ect0));
    const uint32_t end = one ? ect0 : ect1, begin = one ? ect1 : ect0;
    struct sv_accecn_option o = {.order = one,
                                 .fields = a->ever & end     ? 3
                                           : a->ever & ce    ? 2
                                           : a->ever & begin ? 1
                                                             : 0};
    const uint8_t place[3] = {one ? SV_IP_ECT1 : SV_IP_ECT0, SV_IP_CE, one ? SV_IP_ECT0 : SV_IP_ECT1};
    if (!o.fields || all) /* nothing came yet: both initial values, that a path which clears them be found out */
        o.fields = 3;
    for (uint32_t i = 0; i < o.fields; i++)
        o.count[i] = (a->r_bytes[place[i] - 1u] + (place[i] == SV_IP_CE ? 0u : 1u)) & 0xffffffu;
    return o;
}

/* May one go? With each acknowledgement that has news is §3.2.3.3's simple scheme; the sparing one tells of
 * marks and changes, and else three times a round trip. */
static bool sv_accecn_due(const struct sv_tcb *t, const struct sv_tcp_accecn *a)
{
    const uint8_t habit = sv_tcb_profile(t)->accecn_option;
    if (!habit || !sv_accecn_may_send(t))
        return false;
    if (a->demand || habit >= 2)
        return a->demand || a->due || sv_tcb_profile(t)->accecn_always;
    const uint32_t third = sv_fine_ticks_of_us(t->h->srtt_us / 8u / sv_max_u32(sv_tcb_profile(t)->accecn_beacon, 1u));
    return a->due && sv_tcb_profile(t)->accecn_beacon && sv_fine_tick(t->now) - a->option_at >= third;
}

/* Its last counter has not changed since it was told. */
static bool sv_accecn_may_shorten(const struct sv_tcp_accecn *a, const struct sv_accecn_option *o)
{
    const uint32_t codepoint = o->fields == 2                        ? SV_IP_CE
                               : (o->fields == 3) == (o->order == 0) ? SV_IP_ECT1
                                                                     : SV_IP_ECT0;
    return !(a->due & 1u << (codepoint - 1u));
}

/* The option, within `room` bytes of what the header may have. Two SACK blocks go before it (§3.2.3.3), more do not.
 * Counters that have not changed since the last may be left out at its end. */
static void sv_accecn_put(struct sv_tcb *t, struct sv_tcp_header *h, uint32_t room)
{
    struct sv_tcp_accecn *a = sv_tcb_accecn(t);
    const uint8_t sacks = h->sacks;
    if (!sv_accecn_due(t, a))
        return;
    h->accecn = sv_accecn_option(t, a);
    h->options |= SV_OPTION_ACCECN;
    const uint32_t most = sv_min_u32(OPTIONS_MAX, room);
    while (sv_tcp_header_length(h) - SV_TCP_HEADER_LENGTH > most && h->sacks > 2)
        h->sacks--;
    while (sv_tcp_header_length(h) - SV_TCP_HEADER_LENGTH > most && h->accecn.fields &&
           sv_accecn_may_shorten(a, &h->accecn))
        h->accecn.fields--;
    if (sv_tcp_header_length(h) - SV_TCP_HEADER_LENGTH > most) {
        h->options &= (uint16_t)~SV_OPTION_ACCECN;
        h->sacks = sacks;
        return;
    }
    a->due = 0;
    a->demand = a->demand ? (uint8_t)(a->demand - 1u) : 0;
    a->option_at = sv_fine_tick(t->now);
    t->tcp->count.accecn_options_out++;
}

void sv_accecn_bare(struct sv_tcb *t, struct sv_tcp_header *h)
{
    struct sv_tcp_accecn *a = sv_tcb_accecn(t);
    if ((a->flags & SV_ACCECN_HANDSHAKE) && !(h->flags & (SV_FIN | SV_RST)) && !h->sacks) {
        a->flags &= (uint16_t)~SV_ACCECN_HANDSHAKE;
        h->flags = (uint16_t)((h->flags & ~(SV_AE | SV_CWR | SV_ECE)) | sv_accecn_handshake(a->codepoint));
    }
    if (!(h->flags & SV_RST))
        sv_accecn_put(t, h, OPTIONS_MAX);
}

uint32_t sv_accecn_room(const struct sv_tcb *t, uint32_t length, uint32_t mss)
{
    const struct sv_tcp_accecn *a = sv_tcb_accecn(t);
    if (sv_accecn_reserve(t) || !a->demand || !sv_accecn_due(t, a) || length + WHOLE_OPTION <= mss ||
        mss < 4u * WHOLE_OPTION)
        return length;
    return mss - WHOLE_OPTION;
}

void sv_accecn_data(struct sv_tcb *t, struct sv_tcp_header *h, uint32_t n, bool again)
{
    struct sv_tcp_accecn *a = sv_tcb_accecn(t);
    const uint32_t reserve = sv_accecn_reserve(t), full = t->h->mss + reserve;
    if (again && !reserve) {
        /* §3.2.3.2.2: the first that had the option was lost; perhaps for that. */
        if ((a->flags & SV_ACCECN_FIRST_DATA) && h->seq == t->h->snd_una && !t->c->bytes_sent)
            a->flags |= SV_ACCECN_OPTION_MUTE;
        return;
    }
    if (n >= full && !reserve)
        return;
    const uint32_t sack = h->options & SV_OPTION_SACK ? 4u + 8u * h->sacks : 0; /* took its room of the data already */
    const uint32_t had = sv_tcp_header_length(h) - SV_TCP_HEADER_LENGTH;
    sv_accecn_put(t, h, had + (n < full ? full - n - sack : reserve));
    if ((h->options & SV_OPTION_ACCECN) && h->seq == t->h->snd_una && !t->c->bytes_sent)
        a->flags |= SV_ACCECN_FIRST_DATA;
}
