/* SPDX-License-Identifier: BSD-2-Clause */
/* Was it congestion after all? Three witnesses say no: a timestamp that echoes what was sent before the first
 * retransmission (Eifel detection, RFC 3522), D-SACK for everything that was sent again (RFC 2883, RFC 3708), and
 * after a timeout the delivery of what was sent once, before it (F-RTO, RFC 5682). Then the window is as before (RFC
 * 4015). */
#include "l4_transport/tcp_sack.h"

void sv_undo_begin(struct sv_tcb *t, struct sv_board *k)
{
    k->undo = 1;
    k->again = 0;
    k->undo_from = t->h->snd_una;
    k->undo_end = t->h->snd_max;
    k->undo_bytes = 0;
    k->srtt_before = t->h->srtt_us;
    k->var_before = t->c->rttvar_us;
}

void sv_undo_sent_again(struct sv_tcb *t, struct sv_board *k, uint32_t bytes)
{
    if (!k->undo)
        return;
    if (!k->again) {
        k->again = 1;
        k->again_ts = sv_tcp_ts_now(t);
    }
    k->undo_bytes += bytes;
}

/* Only what was sent again in this episode counts. */
void sv_undo_dsack(struct sv_tcb *t, struct sv_board *k, const struct sv_news *news)
{
    (void)t;
    if (!k->undo || !k->undo_bytes || !sv_seq_after(news->dsack_to, k->undo_from))
        return;
    const uint32_t n = news->dsack_to - news->dsack_from;
    k->undo_bytes = n < k->undo_bytes ? k->undo_bytes - n : 0;
    if (!k->undo_bytes)
        k->undo = 2; /* every one of them was in vain */
}

/* RFC 3522 §3.2 step 5: the acknowledgement is of what went out before the first retransmission. Not when it is of a
 * duplicate: then it echoes what came before that, and the acknowledgements of the original were lost. */
static bool sv_undo_echoes_original(const struct sv_tcb *t, const struct sv_board *k, const struct sv_seg *s,
                                    const struct sv_news *news)
{
    if (news->dsack)
        return false;
    return k->again && (t->h->agreed & SV_TCP_TIMESTAMPS) && s->ts_ecr && sv_seq_before(s->ts_ecr, k->again_ts);
}

/* RFC 4015 §3.3, for a timeout that came too soon: the round trip is longer than was thought. */
static void sv_undo_adapt_rto_from(struct sv_tcb *t, const struct sv_seg *s, uint32_t srtt_us, uint32_t var_us)
{
    uint32_t sample_us = 0;
    if ((t->h->agreed & SV_TCP_TIMESTAMPS) && s->ts_ecr)
        sample_us = sv_min_u32(sv_tcp_ts_now(t) - s->ts_ecr, 60000u) * 1000u;
    if (!sample_us)
        return;
    t->h->srtt_us = sv_max_u32(srtt_us, sample_us * 8u);
    t->c->rttvar_us = sv_max_u32(var_us, sample_us * 2u);
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    const uint32_t rto = t->h->srtt_us / 8u + sv_max_u32(p->granularity_us, t->c->rttvar_us);
    t->c->rto_us = sv_min_u32(sv_max_u32(rto, p->rto_min_us), p->rto_max_us);
}

static void sv_undo_adapt_rto(struct sv_tcb *t, const struct sv_board *k, const struct sv_seg *s,
                              const struct sv_news *news)
{
    if (!news->dsack)
        sv_undo_adapt_rto_from(t, s, k->srtt_before, k->var_before);
}

/* Nothing is held for lost any more: it is on its way. What was sent again stays marked so. */
static void sv_undo(struct sv_tcb *t, struct sv_board *k)
{
    for (uint32_t i = 0; k->lost && i < k->count; i++)
        sv_board_mark(t, k, i, 0, SV_RUN_LOST);
    k->undo = 0;
    k->frto = SV_FRTO_NONE;
    t->h->dupacks = 0;
    t->b->recovery = SV_RECOVERY_DISORDER;
    sv_tcp_cc_undo(t);
}

bool sv_undo_try(struct sv_tcb *t, struct sv_board *k, const struct sv_seg *s, struct sv_news *news)
{
    const uint32_t una = t->h->snd_una - news->acked;
    if (!k->undo)
        return false;
    if (k->undo == 2) {
        t->tcp->count.undo_dsack++;
    } else if (news->acked && sv_tcp_recovers(t, SV_RECOVER_EIFEL) && sv_undo_echoes_original(t, k, s, news)) {
        t->tcp->count.undo_eifel++;
        if (t->b->recovery == SV_RECOVERY_TIMEOUT)
            sv_undo_adapt_rto(t, k, s, news);
        else if (sv_seq_before(una, news->fack)) /* tcp_try_undo_partial(): plain luck */
            sv_rack_late(t, una, news);
    } else {
        if (sv_seq_after(t->h->snd_una, k->undo_end))
            k->undo = 0; /* its D-SACKs would have come */
        return false;
    }
    sv_undo(t, k);
    return true;
}

/* RFC 5682 §3: with SACK. While it goes on nothing but the first segment was sent again. */
bool sv_frto_acked(struct sv_tcb *t, struct sv_board *k, const struct sv_seg *s, const struct sv_news *news)
{
    if (!k->frto || t->b->recovery != SV_RECOVERY_TIMEOUT)
        return false;
    if (news->original) { /* step 3 b: what was sent before the timeout, and once, arrives */
        t->tcp->count.undo_frto++;
        sv_undo_adapt_rto(t, k, s, news);
        sv_undo(t, k);
        return true;
    }
    if (k->frto == SV_FRTO_FIRST) {
        if (!news->acked || sv_seq_after(t->h->snd_una, t->b->recover) || !sv_tcb_has_new(t)) {
            k->frto = SV_FRTO_NONE; /* steps 2 a and 2 c: as ever */
        } else {                    /* step 2 b: two new segments, and see */
            k->frto = SV_FRTO_PROBES;
            t->b->recover = t->h->snd_max - 1u;
        }
    } else if (news->sacked || !news->acked) {
        k->frto = SV_FRTO_NONE; /* step 3 a: they arrive, and what is missing is */
    }
    return false;
}

/* --- without a board: RFC 5682 §2.1, the basic algorithm, and RFC 3522, which needs no SACK --- */

void sv_doubt_begin(struct sv_tcb *t, uint8_t doubt)
{
    t->b->doubt = 0;
    if (t->h->agreed & SV_TCP_SACK) /* there was no memory for a board: the fields are others' */
        return;
    if (sv_tcp_recovers(t, SV_RECOVER_FRTO))
        t->b->doubt = doubt;
    if (sv_tcp_recovers(t, SV_RECOVER_EIFEL) && (t->h->agreed & SV_TCP_TIMESTAMPS)) {
        t->b->doubt |= SV_DOUBT_ECHO;
        t->b->again_ts = sv_tcp_ts_now(t);
    }
}

/* It was no congestion: nothing goes again, and the window is as before. */
static void sv_doubt_undo(struct sv_tcb *t, const struct sv_seg *s)
{
    if (t->b->recovery == SV_RECOVERY_TIMEOUT)
        sv_undo_adapt_rto_from(t, s, t->h->srtt_us, t->c->rttvar_us);
    t->b->doubt = 0;
    t->b->rexmit = 0;
    t->b->recovery = SV_RECOVERY_NONE;
    t->h->snd_nxt = t->h->snd_max;
    t->h->cwnd = t->b->undo_cwnd; /* not what duplicates and probes had added */
    sv_tcp_cc_undo(t);
}

/* Step 2 b: two segments that were never sent, if there are any and the peer's window takes them. */
static bool sv_doubt_probes(struct sv_tcb *t)
{
    const uint32_t back = t->h->snd_nxt;
    if (sv_seq_after(t->h->snd_una, t->b->recover))
        return false;
    t->h->snd_nxt = t->h->snd_max;
    if (!sv_tcb_has_new(t)) {
        t->h->snd_nxt = back;
        return false;
    }
    t->b->doubt = SV_DOUBT_PROBES;
    t->b->rexmit = 0;
    t->h->cwnd = sv_min_u32(t->h->snd_max - t->h->snd_una + 2u * t->h->mss, SV_CWND_MAX);
    return true;
}

bool sv_doubt_acked(struct sv_tcb *t, const struct sv_seg *s)
{
    const uint8_t doubt = t->b->doubt;
    t->b->doubt = 0;
    if (t->b->recovery != SV_RECOVERY_FAST && t->b->recovery != SV_RECOVERY_TIMEOUT)
        return false;
    if ((doubt & SV_DOUBT_ECHO) && s->ts_ecr && sv_seq_before(s->ts_ecr, t->b->again_ts)) {
        t->tcp->count.undo_eifel++;
        sv_doubt_undo(t, s);
        return true;
    }
    if (doubt & SV_DOUBT_PROBES) { /* step 3 b: what was sent once, before the timeout, arrives */
        t->tcp->count.undo_frto++;
        sv_doubt_undo(t, s);
        return true;
    }
    return (doubt & SV_DOUBT_FIRST) && sv_doubt_probes(t);
}

/* Steps 2 a and 3 a: something is missing. All that was sent before the timeout goes again as slow start lets it. */
void sv_doubt_duplicate(struct sv_tcb *t)
{
    if (t->b->doubt & SV_DOUBT_PROBES) {
        t->h->snd_nxt = t->h->snd_una;
        t->h->cwnd = sv_min_u32(t->h->cwnd, 3u * t->h->mss);
        sv_tcp_cwnd_trace(t, SV_CWND_PARTIAL);
    }
    t->b->doubt &= SV_DOUBT_ECHO;
}
