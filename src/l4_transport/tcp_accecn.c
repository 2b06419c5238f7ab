/* SPDX-License-Identifier: BSD-2-Clause */
/* AccECN, the way in: what came is counted for the peer, and what the peer counted is believed or not. RFC 9768. */
#include "l4_transport/tcp_accecn.h"

#include "l4_transport/tcp_sack.h"

#define COUNTER_MASK 0xffffffu

uint16_t sv_accecn_handshake(uint32_t codepoint)
{
    static const uint8_t field[4] = {
        [SV_IP_NOT_ECT] = 2, [SV_IP_ECT1] = 3, [SV_IP_ECT0] = 4, [SV_IP_CE] = 6}; /* tables 2 and 3 */
    return sv_accecn_flags(field[codepoint & 3u]);
}

/* The same, read: what our SYN or SYN,ACK had when it came there. Fields without a meaning so far are as if it had come
 * unchanged (§3.1.3, table 4's note 2). */
static uint32_t sv_accecn_reflected(uint32_t field)
{
    return field == 3 ? SV_IP_ECT1 : field == 4 ? SV_IP_ECT0 : field == 6 ? SV_IP_CE : SV_IP_NOT_ECT;
}

/* §3.2.2.3: both go out as Not-ECT, and who changes that is not to be trusted with ECT. A mark is answered all the
 * same: by a first window of one segment (sv_tcp_cc_open). */
static void sv_accecn_check_path(const struct sv_tcb *t, struct sv_tcp_accecn *a, uint32_t field)
{
    const uint32_t seen = sv_accecn_reflected(field);
    if (seen != SV_IP_NOT_ECT && sv_tcb_profile(t)->ecn_fallback)
        a->flags |= SV_ACCECN_NOT_ECT;
    if (seen == SV_IP_CE)
        a->flags |= SV_ACCECN_SYN_MARKED;
}

void sv_accecn_begin(struct sv_tcb *t, uint32_t codepoint)
{
    struct sv_tcp_accecn *a = sv_tcb_accecn(t);
    *a = (struct sv_tcp_accecn){.codepoint = (uint8_t)codepoint, .delivered = t->c->iss + 1u};
    t->c->ecn = SV_ECN_KIND_ACCURATE;
    t->h->agreed |= SV_TCP_ECN | SV_TCP_ECN_ECHO;
    t->h->mss = sv_tcp_path_mss(t);
    t->tcp->count.accecn_opened++;
}

/* §3.2.3.2.4: a first counter of zero was not the peer's; what the path does to one option it does to all. */
static void sv_accecn_option_comes(struct sv_tcp_accecn *a, const struct sv_accecn_option *o)
{
    const bool first = !(a->flags & SV_ACCECN_OPTION_SEEN);
    a->flags |= SV_ACCECN_OPTION_SEEN;
    if (first && ((o->fields > 0 && o->count[0] == 0) || (o->fields > 2 && o->count[2] == 0)))
        a->flags |= SV_ACCECN_OPTION_DEAF;
}

void sv_accecn_refit(struct sv_tcb *t)
{
    struct sv_tcp_accecn *a = sv_tcb_accecn(t);
    const bool reserves = sv_accecn_reserve(t) != 0;
    if (reserves == ((a->flags & SV_ACCECN_RESERVES) != 0))
        return;
    a->flags ^= SV_ACCECN_RESERVES;
    const uint16_t mss = sv_tcp_path_mss(t);
    t->h->cwnd = (uint32_t)((uint64_t)t->h->cwnd * mss / t->h->mss); /* as many segments as before */
    t->h->mss = mss;
}

/* The SYN,ACK's mark is counted, but once (§3.2.2.2). */
static void sv_accecn_answer_marked(struct sv_tcb *t, struct sv_tcp_accecn *a)
{
    if (a->codepoint != SV_IP_CE || (a->flags & SV_ACCECN_SYN_COUNTED))
        return;
    a->flags |= SV_ACCECN_SYN_COUNTED;
    a->r_cep++;
    t->tcp->count.ce_in++;
}

void sv_accecn_answered(struct sv_tcb *t, const struct sv_seg *s)
{
    struct sv_tcp_accecn *a = sv_tcb_accecn(t);
    sv_accecn_check_path(t, a, sv_accecn_field(s->flags));
    sv_accecn_answer_marked(t, a);
    a->flags |= SV_ACCECN_HANDSHAKE;
    a->demand = 2; /* §3.2.3.2.1: with the first acknowledgement, and with the first data */
    if (s->options & SV_OPTION_ACCECN)
        sv_accecn_option_comes(a, &s->accecn);
    sv_accecn_refit(t);
}

/* --- as receiver --- */

/* §3.2: Acceptable, as RFC 9293 and RFC 5961 have it: what an attacker guesses is not counted. */
static bool sv_accecn_acceptable(const struct sv_tcb *t, const struct sv_seg *s)
{
    const uint32_t nxt = t->h->rcv_nxt, window = t->h->rcv_right - nxt;
    const uint32_t max_window = (uint32_t)t->c->max_window_field << sv_tcb_send_scale(t);
    if ((t->h->agreed & SV_TCP_TIMESTAMPS) && (s->options & SV_OPTION_TIMESTAMPS) &&
        sv_seq_before(s->ts_val, t->h->ts_recent))
        return false;
    if ((s->flags & SV_ACK) &&
        (sv_seq_after(s->ack, t->h->snd_max) || sv_seq_before(s->ack, t->h->snd_una - max_window)))
        return false;
    if (s->seq == nxt || sv_seq_within(s->seq, nxt, window))
        return true;
    return s->length && sv_seq_within(s->seq + s->length - 1u, nxt, window);
}

/* Bytes of payload, by codepoint. An option must tell of a counter before it has gone round: at least once in 2^22
 * (§3.2.3.3), and of a change. */
static void sv_accecn_count_bytes(struct sv_tcp_accecn *a, uint32_t codepoint, uint32_t bytes)
{
    const uint32_t k = codepoint - 1u, before = a->r_bytes[k];
    const uint8_t bit = (uint8_t)(1u << k);
    a->r_bytes[k] += bytes;
    a->due |= bit;
    a->ever |= bit;
    if (codepoint == SV_IP_CE || a->last != bit)
        a->demand = 2;
    else if ((before ^ a->r_bytes[k]) >> 22)
        a->demand = (uint8_t)sv_max_u32(a->demand, 1u);
    a->last = bit;
}

/* §3.2.2.5.1: a mark after what had none, and every second one, are acknowledged at once; every third where nothing
 * else is to be acknowledged. */
static void sv_accecn_took(struct sv_tcb *t, struct sv_tcp_accecn *a, const struct sv_seg *s, uint32_t codepoint)
{
    const bool ce = codepoint == SV_IP_CE;
    if (ce) {
        a->r_cep += s->segments;
        a->since = (uint8_t)sv_min_u32(a->since + s->segments, 255u);
        t->tcp->count.ce_in += s->segments;
    }
    if (s->length && codepoint != SV_IP_NOT_ECT)
        sv_accecn_count_bytes(a, codepoint, s->length);
    const bool unacknowledged = s->length || t->h->rcv_acked != t->h->rcv_nxt;
    const bool changed = ce && s->length && !(a->flags & SV_ACCECN_LAST_CE);
    if (changed || a->since >= (unacknowledged ? 2u : 3u))
        sv_tcb_ready(t, SV_TCP_ACK_NOW);
    a->flags = (uint16_t)((a->flags & ~SV_ACCECN_LAST_CE) | (ce ? SV_ACCECN_LAST_CE : 0));
}

/* --- as sender --- */

/* Has anything newer been heard? What neither acknowledges, nor is later by its timestamp, nor tells by SACK of what
 * was not known may have been overtaken, and its counters with it (§3.2.2.2). */
static bool sv_accecn_is_news(const struct sv_tcb *t, const struct sv_seg *s)
{
    const struct sv_board *k = sv_tcb_board(t);
    if (sv_seq_before(s->ack, t->h->snd_una))
        return false;
    if (s->ack != t->h->snd_una)
        return true;
    if ((t->h->agreed & SV_TCP_TIMESTAMPS) && (s->options & SV_OPTION_TIMESTAMPS))
        return sv_seq_after(s->ts_val, t->h->ts_recent);
    for (uint32_t i = 0; i < s->sacks; i++) {
        if (!k || sv_seq_after(s->sack[i].end, k->fack))
            return true;
    }
    return false;
}

/* Packets that this acknowledgement may be the first to tell of: what it covers that was not SACKed before, and what
 * was delivered since the peer was heard last. */
static uint32_t sv_accecn_packets(const struct sv_tcb *t, struct sv_tcp_accecn *a, const struct sv_seg *s)
{
    const struct sv_board *k = sv_tcb_board(t);
    const uint32_t sacked = k ? k->sacked : 0, acked = s->ack - t->h->snd_una;
    const uint32_t delivered = t->h->snd_una + sacked + (acked > sacked ? acked - sacked : 0);
    const uint32_t bytes = sv_seq_after(delivered, a->delivered) ? delivered - a->delivered : 0;
    a->delivered = delivered;
    return (bytes + t->h->mss - 1u) / t->h->mss;
}

/* The option's counters: bytes newly marked CE. False: it has none that can be believed. */
static bool sv_accecn_option_told(struct sv_tcp_accecn *a, const struct sv_accecn_option *o, uint32_t *marked)
{
    static const uint8_t which[2][SV_ACCECN_FIELDS] = {{SV_IP_ECT0, SV_IP_CE, SV_IP_ECT1},
                                                       {SV_IP_ECT1, SV_IP_CE, SV_IP_ECT0}}; /* table 5 */
    uint32_t more[3] = {0, 0, 0};
    *marked = 0;
    for (uint32_t i = 0; i < o->fields; i++) {
        const uint32_t k = which[o->order][i] - 1u;
        more[k] = (o->count[i] - (k == SV_IP_CE - 1u ? 0u : 1u) - a->s_bytes[k]) & COUNTER_MASK;
        if (more[k] >> 23) /* it has gone back: an older one, for all that is known */
            return false;
    }
    for (uint32_t k = 0; k < 3; k++)
        a->s_bytes[k] += more[k];
    *marked = more[SV_IP_CE - 1u];
    return o->fields > 0;
}

/* How many packets an acknowledgement is of, in 64ths: an eighth of each that has any. */
static void sv_accecn_average(struct sv_tcp_accecn *a, uint32_t packets)
{
    const uint32_t now = sv_min_u32(packets, 1023u) << 6;
    if (packets)
        a->usual = (uint16_t)(a->usual ? (a->usual * 7u + now) / 8u : now);
}

/* §3.2.2.5.2 asks for care where acknowledgements were lost, not where they are thinned out. */
static bool sv_accecn_trusted(const struct sv_tcb *t, const struct sv_tcp_accecn *a)
{
    const uint32_t most = sv_tcb_profile(t)->accecn_trusts;
    return most && a->usual > most << 6;
}

/* §3.2.2.2, appendix A.2: packets newly marked. The field has three bits: where more packets than that were
 * acknowledged it may have gone round. An option tells how many bytes were marked, so how often it must have; without
 * one the worst is believed (§3.2.2.5.2). */
static uint32_t sv_accecn_decode(const struct sv_tcb *t, const struct sv_tcp_accecn *a, uint32_t field,
                                 uint32_t packets, bool option, uint32_t marked)
{
    uint32_t n = (field - 5u - a->s_cep) & 7u;
    if (packets < 8u || (!option && sv_accecn_trusted(t, a)))
        return n;
    if (!option)
        return packets - ((packets - n) & 7u);
    while (n + 8u <= packets && (uint64_t)n * t->h->mss < marked)
        n += 8u;
    return n;
}

/* The window's answer: by how much was marked where the algorithm asks for that, else once a window. */
static void sv_accecn_respond(struct sv_tcb *t, uint32_t acked, uint32_t marked)
{
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    if (!t->b)
        return;
    t->tcp->count.ece_in++;
    if (cc->echoed)
        cc->echoed(t, acked, marked);
    else if (!t->b->ecn_reduced && t->b->recovery == SV_RECOVERY_NONE && t->h->snd_una != t->h->snd_max)
        sv_tcp_cc_marked(t);
}

/* §3.2.2.3: a path that marks all that it is given says nothing by it. When each packet of the first four round trips
 * was told as marked, ECT is not set any more, and marks are not heeded. Where the counter may have gone round nothing
 * is concluded. */
static void sv_accecn_watch_endless(struct sv_tcb *t, struct sv_tcp_accecn *a, uint32_t ack, uint32_t packets,
                                    uint32_t n)
{
    const uint32_t rounds = sv_tcb_profile(t)->accecn_endless;
    if (!rounds || !packets || (a->flags & (SV_ACCECN_NOT_ENDLESS | SV_ACCECN_NOT_ECT)))
        return;
    if (n < packets) {
        a->flags |= SV_ACCECN_NOT_ENDLESS;
        return;
    }
    if (!a->endless) {
        a->endless = 1;
        a->endless_to = t->h->snd_nxt;
    }
    if (sv_seq_before(ack, a->endless_to))
        return;
    a->endless_to = t->h->snd_nxt;
    if (a->endless++ == rounds)
        a->flags |= SV_ACCECN_NOT_ECT | SV_ACCECN_DEAF;
}

/* A server learns from a bare third message, or not at all, how its SYN,ACK came there (§3.2.2.1, table 4). True: that
 * was it, and its field is no counter. */
static bool sv_accecn_third(struct sv_tcb *t, struct sv_tcp_accecn *a, const struct sv_seg *s, uint32_t field)
{
    if (t->h->state != SV_SYN_RECEIVED || s->length || s->sacks || (s->flags & SV_FIN))
        return false;
    if (field == 0)
        a->flags |= SV_ACCECN_NOT_ECT | SV_ACCECN_DEAF;
    sv_accecn_check_path(t, a, field);
    a->s_cep = field == 6;
    return true;
}

static void sv_accecn_heard(struct sv_tcb *t, struct sv_tcp_accecn *a, const struct sv_seg *s, uint32_t field)
{
    uint32_t marked = 0;
    bool option = false;
    if (s->options & SV_OPTION_ACCECN)
        sv_accecn_option_comes(a, &s->accecn);
    if (sv_accecn_third(t, a, s, field) || !sv_accecn_is_news(t, s))
        return;
    if (!(a->flags & SV_ACCECN_HEARD) && field == 0) /* §3.2.2.4 */
        a->flags |= SV_ACCECN_NOT_ECT | SV_ACCECN_DEAF;
    a->flags |= SV_ACCECN_HEARD;
    const uint32_t acked = s->ack - t->h->snd_una, packets = sv_accecn_packets(t, a, s);
    sv_accecn_average(a, packets);
    if ((s->options & SV_OPTION_ACCECN) && !(a->flags & SV_ACCECN_OPTION_DEAF))
        option = sv_accecn_option_told(a, &s->accecn, &marked);
    const uint32_t n = sv_accecn_decode(t, a, field, packets, option, marked);
    a->s_cep += n;
    if (option || packets < 8u)
        sv_accecn_watch_endless(t, a, s->ack, packets, n);
    if (!a->s_cep && a->s_bytes[SV_IP_CE - 1u]) /* §3.2.3.2.5: bytes were marked, and no packet */
        a->flags |= SV_ACCECN_NOT_ECT;
    t->tcp->count.ce_told += n;
    if ((n || marked) && !(a->flags & SV_ACCECN_DEAF))
        sv_accecn_respond(t, acked, option ? marked : (uint32_t)sv_min_u64((uint64_t)n * t->h->mss, acked));
}

/* A SYN says nothing of counters (§3.2.2). The server's, once more: our third message was lost, and goes again as the
 * first did (§3.2.2.1). */
static void sv_accecn_syn_again(struct sv_tcb *t, struct sv_tcp_accecn *a, const struct sv_seg *s)
{
    const uint32_t first = t->h->rcv_nxt - 1u - (uint32_t)t->c->bytes_received;
    if ((s->flags & (SV_SYN | SV_ACK)) != (SV_SYN | SV_ACK) || s->seq != first || !sv_tcb_synchronized(t) ||
        !(t->h->flags & SV_TCP_ACTIVE))
        return;
    a->codepoint = (uint8_t)sv_tcp_ecn_codepoint_of(s);
    sv_accecn_answer_marked(t, a);
    a->flags |= SV_ACCECN_HANDSHAKE;
}

void sv_accecn_arrives(struct sv_tcb *t, struct sv_seg *s)
{
    struct sv_tcp_accecn *a = sv_tcb_accecn(t);
    const uint32_t field = sv_accecn_field(s->flags);
    if (s->flags & SV_SYN) {
        sv_accecn_syn_again(t, a, s);
    } else if (sv_accecn_acceptable(t, s)) {
        sv_accecn_took(t, a, s, sv_tcp_ecn_codepoint_of(s));
        if (s->flags & SV_ACK)
            sv_accecn_heard(t, a, s, field);
    }
    sv_accecn_refit(t);
    s->flags &= (uint16_t) ~(SV_AE | SV_CWR | SV_ECE);
    s->options &= (uint16_t)~SV_OPTION_ACCECN;
}
