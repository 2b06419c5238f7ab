/* SPDX-License-Identifier: BSD-2-Clause */
/* What is lost: RFC 8985 §6 by time, RFC 6675 §4 by count where a profile asks for that alone. Times are ticks of
 * 2^10 ns. */
#include "l4_transport/tcp_rto.h"
#include "l4_transport/tcp_sack.h"

/* RFC 8985 §6.2 step 2: RACK_sent_after(). */
static bool sv_sent_after(uint32_t at, uint32_t end, uint32_t than_at, uint32_t than_end)
{
    return (int32_t)(at - than_at) > 0 || (at == than_at && sv_seq_after(end, than_end));
}

/* Step 2: an acknowledgement of what was sent again may be of its first transmission. */
static bool sv_rack_ambiguous(const struct sv_tcb *t, const struct sv_run *r, const struct sv_seg *s)
{
    const uint32_t age = sv_fine_tick(t->now) - r->last;
    if (!(r->marks & SV_RUN_AGAIN))
        return false;
    if ((t->h->agreed & SV_TCP_TIMESTAMPS) && s->ts_ecr) {
        const sv_time sent = ((t->now >> 10) - age) << 10;
        if (sv_seq_before(s->ts_ecr, (uint32_t)(sent / SV_MS) + t->c->ts_offset))
            return true;
    }
    return t->c->min_rtt_us != UINT32_MAX && age < sv_fine_ticks_of_us(t->c->min_rtt_us);
}

void sv_rack_late(struct sv_tcb *t, uint32_t start, struct sv_news *news)
{
    const uint32_t segments = (news->fack - start + t->h->mss - 1u) / t->h->mss;
    t->b->reordering = (uint8_t)sv_min_u32(sv_max_u32(t->b->reordering, segments), 255u);
    news->reordered = true;
}

/* Step 3, against what had been delivered before this acknowledgement: its own blocks come in any order. The distance
 * is kept in segments, as what others call the degree of reordering. */
static void sv_rack_reordering(struct sv_tcb *t, struct sv_board *k, const struct sv_run *r, uint32_t end,
                               struct sv_news *news)
{
    k->fack = sv_seq_later(k->fack, end);
    if (!(r->marks & SV_RUN_AGAIN) && sv_seq_before(end, news->fack))
        sv_rack_late(t, r->start, news);
}

void sv_rack_delivered(struct sv_tcb *t, struct sv_board *k, uint32_t i, const struct sv_seg *s, struct sv_news *news)
{
    const struct sv_run *r = sv_run_at(t, k, i);
    const uint32_t end = sv_run_end(t, k, i);
    const uint32_t now = sv_fine_tick(t->now);
    news->delivered += end - r->start;
    if (!(r->marks & SV_RUN_AGAIN)) {
        if (sv_seq_before_or_at(end, t->b->recover + 1u))
            news->original = true;
        /* Of the last one: those before it may have been there for long, their acknowledgements lost. */
        const bool timed = r->last - r->first <= sv_board_grain(t);
        news->rtt_us = timed ? (uint32_t)(((uint64_t)(now - r->last) << 10) / SV_US) : 0;
    }
    sv_rack_reordering(t, k, r, end, news);
    if (sv_rack_ambiguous(t, r, s))
        return;
    if (sv_tcb_profile(t)->rack_rtt_last)
        k->rack_rtt = now - r->first;
    if (!k->rack_seen || sv_sent_after(r->first, end, k->rack_at, k->rack_end)) {
        k->rack_seen = 1;
        k->rack_again = r->marks & SV_RUN_AGAIN ? 1 : 0;
        k->rack_at = r->first;
        k->rack_end = end;
        k->rack_rtt = now - r->first;
    }
}

/* Step 4. */
uint32_t sv_rack_window(const struct sv_tcb *t, const struct sv_board *k)
{
    const struct sv_tcp_busy *b = t->b;
    if (!b->reordering) {
        if (b->recovery == SV_RECOVERY_FAST || b->recovery == SV_RECOVERY_TIMEOUT)
            return 0;
        if (k->sacked >= (uint32_t)sv_tcb_profile(t)->duplicate_threshold * t->h->mss)
            return 0;
    }
    if (t->c->min_rtt_us == UINT32_MAX)
        return 0;
    const uint32_t quarter_us = t->c->min_rtt_us / 4u;
    const uint32_t window_us = (uint32_t)sv_min_u64((uint64_t)quarter_us * (b->reo_mult + 1u), t->h->srtt_us / 8u);
    return sv_max_u32(sv_fine_ticks_of_us(window_us), 1u);
}

/* Step 4: D-SACK says that something was taken for lost too soon: once a round trip the window grows. */
void sv_rack_dsack(struct sv_tcb *t, struct sv_board *k)
{
    if (k->dsack_round_set && sv_seq_before(t->h->snd_una, k->dsack_round))
        return;
    k->dsack_round_set = 1;
    k->dsack_round = t->h->snd_nxt;
    t->b->reo_mult = (uint8_t)sv_min_u32(t->b->reo_mult + 1u, 254u);
    t->b->reo_persist = 16;
}

/* ... and after sixteen recoveries without one it is what it was. */
void sv_rack_recovered(struct sv_tcb *t)
{
    if (t->b->reo_persist && --t->b->reo_persist == 0)
        t->b->reo_mult = 0;
}

/* RACK_sent_after() of what was delivered last and a run. In one tick of the clock the number decides; but what was in
 * flight when the episode began went out before what was sent again in it. */
static bool sv_rack_after(const struct sv_tcb *t, const struct sv_board *k, const struct sv_run *r, uint32_t end)
{
    if (r->first == k->rack_at && r->marks & SV_RUN_AGAIN && !k->rack_again &&
        sv_seq_before_or_at(k->rack_end, t->b->recover + 1u))
        return false;
    return sv_sent_after(k->rack_at, k->rack_end, r->first == k->rack_at ? r->first : r->last, end);
}

/* Step 5. */
static uint32_t sv_rack_by_time(struct sv_tcb *t, struct sv_board *k)
{
    const uint32_t window = sv_rack_window(t, k);
    const uint32_t now = sv_fine_tick(t->now);
    const uint32_t before = k->lost;
    k->wait = 0;
    if (!k->rack_seen)
        return 0;
    if (k->count >= SV_BOARD_MANY) { /* not at each acknowledgement: each looks at all of them */
        const uint32_t pause = sv_max_u32(sv_board_grain(t), k->count / 64u), since = now - k->judged;
        if (since < pause) {
            k->wait = pause - since;
            return 0;
        }
        k->judged = now;
    }
    for (uint32_t i = 0; i < k->count; i++) {
        const struct sv_run *r = sv_run_at(t, k, i);
        if ((r->marks & (SV_RUN_SACKED | SV_RUN_LOST)) || !sv_rack_after(t, k, r, sv_run_end(t, k, i)))
            continue;
        const int32_t left = (int32_t)(r->last + k->rack_rtt + window - now);
        if (left <= 0 || window == 0)
            sv_board_mark(t, k, i, SV_RUN_LOST, 0);
        else
            k->wait = sv_max_u32(k->wait, (uint32_t)left);
    }
    return k->lost - before;
}

/* RFC 6675 §4, IsLost(): above it DupThresh stretches were SACKed, or more than DupThresh - 1 segments' bytes. What
 * was sent again is not judged again. */
static uint32_t sv_sack_by_count(struct sv_tcb *t, struct sv_board *k)
{
    const uint32_t threshold = sv_tcb_profile(t)->duplicate_threshold;
    const uint32_t before = k->lost;
    uint32_t above = 0, stretches = 0;
    for (uint32_t i = k->count; i--;) {
        const uint32_t marks = sv_run_at(t, k, i)->marks;
        if (marks & SV_RUN_SACKED) {
            above += sv_run_length(t, k, i);
            stretches++;
        } else if (!(marks & (SV_RUN_LOST | SV_RUN_AGAIN)) &&
                   (stretches >= threshold || above > (threshold - 1u) * t->h->mss)) {
            sv_board_mark(t, k, i, SV_RUN_LOST, 0);
        }
    }
    return k->lost - before;
}

uint32_t sv_rack_detect(struct sv_tcb *t, struct sv_board *k)
{
    if (sv_tcp_recovers(t, SV_RECOVER_RACK))
        return sv_rack_by_time(t, k);
    return sv_sack_by_count(t, k);
}

/* §6.3: at a timeout the first is lost, and of the rest what was sent a round trip ago. A peer that has thrown away
 * what it had SACKed (RFC 2018 §8) is believed in nothing. */
void sv_rack_all_lost(struct sv_tcb *t, struct sv_board *k, bool renege)
{
    const bool by_time = sv_tcp_recovers(t, SV_RECOVER_RACK) && !renege;
    const uint32_t rtt = sv_max_u32(k->rack_rtt, sv_fine_ticks_of_us(t->h->srtt_us / 8u));
    const uint32_t now = sv_fine_tick(t->now);
    for (uint32_t i = 0; i < k->count; i++) {
        const struct sv_run *r = sv_run_at(t, k, i);
        if (r->marks & SV_RUN_SACKED && !renege)
            continue;
        if (i == 0 || !by_time || now - r->last >= rtt)
            sv_board_mark(t, k, i, SV_RUN_LOST, SV_RUN_SACKED);
    }
    sv_board_join(t, k, 0, k->count);
}

void sv_rack_timeout(struct sv_tcb *t)
{
    struct sv_board *k = sv_tcb_board(t);
    struct sv_news news = {.flight = sv_tcb_flight(t)};
    SV_ASSERT(k != NULL);
    t->tcp->count.reorder_timeouts++;
    SV_TRACE_EVENT(t->core, SV_TRACE_TCP_TIMER_FIRED, SV_TIMER_REORDER, t->c->flow, 0, 0, t->c->rto_us);
    news.lost = sv_rack_detect(t, k);
    if (news.lost && t->b->recovery == SV_RECOVERY_DISORDER && !(sv_search_on(t->tcp) && sv_search_lost(t, k)))
        sv_recovery_begin(t, k, &news);
    if (news.lost && t->b->recovery == SV_RECOVERY_FAST) {
        news.delivered = t->h->mss; /* as much as one acknowledgement would let go */
        sv_prr_acked(t, k, &news);
    }
    t->b->retransmit_at = SV_NEVER;
    sv_tcb_arm_retransmit(t);
    sv_tcb_consider_sending(t);
}
