/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/tcp_sack.h"

uint32_t sv_board_find(const struct sv_tcb *t, const struct sv_board *k, uint32_t seq)
{
    uint32_t low = 0, high = k->count; /* the answer is in [low, high) */
    while (high - low > 1u) {
        const uint32_t middle = low + (high - low) / 2u;
        if (sv_seq_before_or_at(sv_run_at(t, k, middle)->start, seq))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint32_t sv_board_place(const struct sv_board *k, uint32_t i)
{
    return i + k->skip + SV_BOARD_HEAD;
}
/* The slab of the last run. */
static uint32_t sv_board_last_slab(const struct sv_board *k)
{
    return (sv_board_place(k, k->count) - 1u) / SV_RUNS_A_SLAB;
}

/* `count` runs from at + n on move to `at`, as much as lies in one slab at once; */
static void sv_board_move_down(const struct sv_tcb *t, const struct sv_board *k, uint32_t at, uint32_t n,
                               uint32_t count)
{
    while (count) {
        const uint32_t to = SV_RUNS_A_SLAB - sv_board_place(k, at) % SV_RUNS_A_SLAB;
        const uint32_t from = SV_RUNS_A_SLAB - sv_board_place(k, at + n) % SV_RUNS_A_SLAB;
        const uint32_t part = sv_min_u32(sv_min_u32(to, from), count);
        sv_memmove(sv_run_at(t, k, at), sv_run_at(t, k, at + n), part * sizeof(struct sv_run));
        at += part;
        count -= part;
    }
}

/* ... and from `at` on to at + n, the last first. */
static void sv_board_move_up(const struct sv_tcb *t, const struct sv_board *k, uint32_t at, uint32_t n, uint32_t count)
{
    while (count) {
        const uint32_t from = (sv_board_place(k, at + count) - 1u) % SV_RUNS_A_SLAB + 1u;
        const uint32_t to = (sv_board_place(k, at + n + count) - 1u) % SV_RUNS_A_SLAB + 1u;
        const uint32_t part = sv_min_u32(sv_min_u32(to, from), count);
        count -= part;
        sv_memmove(sv_run_at(t, k, at + n + count), sv_run_at(t, k, at + count), part * sizeof(struct sv_run));
    }
}

/* One more place at `at`. False: at the ceiling, or no slab. */
static bool sv_board_open(struct sv_tcb *t, struct sv_board *k, uint32_t at, uint32_t kept)
{
    const uint32_t place = sv_board_place(k, k->count);
    if (k->count + kept >= SV_BOARD_RUNS) {
        t->tcp->count.board_full++;
        return false;
    }
    if (k->skip && at < k->count / 2u) {
        k->skip--;
        sv_board_move_down(t, k, 0, 1, at);
        k->count++;
        return true;
    }
    if (place % SV_RUNS_A_SLAB == 0) {
        const uint32_t slab = sv_slab_alloc(sv_core_pool(t->core), SV_WANT_DATA, t->core->account);
        if (slab == SV_NONE) {
            t->tcp->count.board_full++;
            return false;
        }
        k->slab[place / SV_RUNS_A_SLAB] = slab;
    }
    sv_board_move_up(t, k, at, 1, k->count - at);
    k->count++;
    return true;
}

/* Takes n runs out at `at`. Slabs that fall empty go back. */
static void sv_board_close(struct sv_tcb *t, struct sv_board *k, uint32_t at, uint32_t n)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    const uint32_t before = sv_board_last_slab(k), behind = k->count - at - n;
    if (at < behind) {
        sv_board_move_up(t, k, 0, n, at);
        k->skip += n;
        k->count -= n;
        while (k->skip >= 2u * SV_RUNS_A_SLAB - SV_BOARD_HEAD) { /* the second slab is empty, too */
            sv_slab_unref(pool, k->slab[1]);
            sv_memmove(&k->slab[1], &k->slab[2], (SV_BOARD_SLABS - 2u) * sizeof k->slab[0]);
            k->skip -= SV_RUNS_A_SLAB;
        }
        return;
    }
    sv_board_move_down(t, k, at, n, behind);
    k->count -= n;
    if (!k->count) /* nothing lies behind: from the first place on again */
        k->skip = 0;
    for (uint32_t s = before; s > sv_board_last_slab(k); s--)
        sv_slab_unref(pool, k->slab[s]);
}

void sv_board_mark(const struct sv_tcb *t, struct sv_board *k, uint32_t i, uint32_t set, uint32_t clear)
{
    struct sv_run *r = sv_run_at(t, k, i);
    const uint32_t n = sv_run_length(t, k, i);
    const uint32_t is = (r->marks & ~clear) | set;
    const uint32_t changed = is ^ r->marks;
    if (changed & SV_RUN_SACKED)
        k->sacked += is & SV_RUN_SACKED ? n : 0u - n;
    if (changed & SV_RUN_LOST)
        k->lost += is & SV_RUN_LOST ? n : 0u - n;
    if ((is & SV_RUN_LOST) && sv_seq_before(r->start, k->lost_from))
        k->lost_from = r->start;
    r->marks = (uint8_t)is;
}

uint32_t sv_board_cut(struct sv_tcb *t, struct sv_board *k, uint32_t seq, uint32_t kept)
{
    if (seq == k->end)
        return k->count;
    const uint32_t i = sv_board_find(t, k, seq);
    if (sv_run_at(t, k, i)->start == seq)
        return i;
    if (!sv_board_open(t, k, i + 1u, kept))
        return SV_NONE;
    struct sv_run *r = sv_run_at(t, k, i + 1u);
    *r = *sv_run_at(t, k, i);
    r->start = seq;
    return i + 1u;
}

/* May b, which follows a, become part of it? What is SACKED or LOST is no longer asked when it was sent; of what is in
 * flight that is all that matters. */
static bool sv_runs_alike(const struct sv_run *a, const struct sv_run *b)
{
    const uint32_t kinds = SV_RUN_SACKED | SV_RUN_LOST | SV_RUN_AGAIN;
    if ((a->marks & kinds) != (b->marks & kinds))
        return (a->marks & b->marks & SV_RUN_SACKED) != 0;
    return (a->marks & (SV_RUN_SACKED | SV_RUN_LOST)) || (a->first == b->first && a->last == b->last);
}

void sv_board_join(struct sv_tcb *t, struct sv_board *k, uint32_t first, uint32_t last)
{
    uint32_t kept = first;
    last = sv_min_u32(last, k->count - 1u);
    for (uint32_t i = first + 1u; i <= last; i++) {
        struct sv_run *a = sv_run_at(t, k, kept);
        const struct sv_run *b = sv_run_at(t, k, i);
        if (!sv_runs_alike(a, b)) {
            kept++;
            if (kept != i)
                *sv_run_at(t, k, kept) = *b;
            continue;
        }
        if ((b->start - a->start) % t->h->mss)
            a->marks |= SV_RUN_ROUGH;
        a->marks |= b->marks & (SV_RUN_ROUGH | SV_RUN_AGAIN);
        if ((int32_t)(b->last - a->last) > 0)
            a->last = b->last;
        if ((int32_t)(b->first - a->first) < 0)
            a->first = b->first;
    }
    if (kept < last)
        sv_board_close(t, k, kept + 1u, last - kept);
}

static bool sv_board_append(struct sv_tcb *t, struct sv_board *k, struct sv_run run, uint32_t end)
{
    if (!sv_board_open(t, k, k->count, 0))
        return false;
    *sv_run_at(t, k, k->count - 1u) = run;
    k->end = end;
    return true;
}

/* A 64th of a round trip, in ticks. */
uint32_t sv_board_grain(const struct sv_tcb *t)
{
    return sv_fine_ticks_of_us(t->h->srtt_us / 8u) / 64u;
}

/* May what is sent now belong to the last run? If it goes out at the same time; and on a board with many runs in the
 * same 64th of a round trip, or at ten gigabits a second each acknowledgement would begin another. */
static bool sv_board_extends(const struct sv_tcb *t, const struct sv_board *k, const struct sv_run *tail, uint32_t now)
{
    const uint32_t spread = k->count < SV_BOARD_MANY ? 0 : sv_board_grain(t);
    return now - tail->first <= spread && !(tail->marks & ~(uint32_t)SV_RUN_ROUGH) &&
           (k->end - tail->start) % t->h->mss == 0;
}

void sv_board_sent(struct sv_tcb *t, struct sv_board *k, uint32_t start)
{
    const uint32_t now = sv_fine_tick(t->now);
    const uint32_t max = t->h->snd_max;
    if (sv_seq_before(start, k->end))
        sv_board_sent_again(t, k, start, sv_min_u32(k->end - start, max - start));
    if (!sv_seq_after(max, k->end))
        return;
    k->prr_out += max - k->end;
    struct sv_run *tail = k->count ? sv_run_at(t, k, k->count - 1u) : NULL;
    const uint8_t rough = (max - k->end) % t->h->mss ? SV_RUN_ROUGH : 0;
    if (tail && sv_board_extends(t, k, tail, now)) {
        tail->marks |= rough;
        tail->last = now;
        k->end = max;
    } else if (!sv_board_append(t, k, (struct sv_run){.start = k->end, .first = now, .last = now, .marks = rough},
                                max)) {
        /* No place: what is sent now counts with what was sent before it, and as late as itself. */
        SV_ASSERT(tail != NULL);
        const uint32_t n = max - k->end;
        k->end = max;
        k->sacked += tail->marks & SV_RUN_SACKED ? n : 0;
        k->lost += tail->marks & SV_RUN_LOST ? n : 0;
        sv_board_mark(t, k, k->count - 1u, SV_RUN_ROUGH, SV_RUN_SACKED | SV_RUN_LOST);
        tail->last = now;
    }
}

/* Of the marks that calm left: each says how far had been sent by then. */
static void sv_board_from_marks(struct sv_tcb *t, struct sv_board *k)
{
    const struct sv_tcp_busy *b = t->b;
    uint32_t start = t->h->snd_una;
    for (uint32_t m = 0; m < b->sent_marks; m++) {
        const struct sv_sent_mark *s = &b->sent[m];
        if (sv_seq_before_or_at(s->end, start))
            continue;
        const uint32_t last = m + 1u < b->sent_marks ? b->sent[m + 1u].at : b->sent_last;
        const uint8_t rough = b->sent_rough & 1u << m ? SV_RUN_ROUGH : 0;
        (void)sv_board_append(t, k, (struct sv_run){.start = start, .first = s->at, .last = last, .marks = rough},
                              s->end);
        start = s->end;
    }
    if (k->end != t->h->snd_max) { /* the FIN, or a probe's byte: as late as may be */
        const uint32_t now = sv_fine_tick(t->now);
        (void)sv_board_append(t, k, (struct sv_run){.start = k->end, .first = now, .last = now, .marks = SV_RUN_ROUGH},
                              t->h->snd_max);
    }
}

/* A log of bursts knows better when each was sent. */
static void sv_board_from_log(struct sv_tcb *t, struct sv_board *k)
{
    uint32_t start = sv_seq_later(sv_sent_log_from(t), t->h->snd_una);
    struct sv_sent_mark m;
    uint32_t last;
    for (uint32_t n = 0; sv_sent_log_burst(t, n, &m, &last); n++) {
        if (sv_seq_before_or_at(m.end, start))
            continue;
        uint32_t i = sv_board_cut(t, k, start, SV_BOARD_KEPT);
        const uint32_t end = sv_board_cut(t, k, m.end, SV_BOARD_KEPT);
        if (i == SV_NONE || end == SV_NONE)
            return;
        for (; i < end; i++) {
            sv_run_at(t, k, i)->first = m.at;
            sv_run_at(t, k, i)->last = last;
        }
        start = m.end;
    }
}

struct sv_board *sv_tcb_need_board(struct sv_tcb *t)
{
    struct sv_board *k = sv_tcb_board(t);
    if (k)
        return k;
    SV_ASSERT(t->h->snd_una != t->h->snd_max);
    const uint32_t slab = sv_slab_alloc(sv_core_pool(t->core), SV_WANT_DATA, t->core->account);
    if (slab == SV_NONE) {
        t->tcp->count.board_full++;
        return NULL;
    }
    t->b->board = slab;
    k = sv_tcb_board(t);
    sv_memset(k, 0, sizeof *k);
    k->slab[0] = slab;
    k->end = k->fack = k->lost_from = t->h->snd_una;
    sv_board_from_marks(t, k);
    sv_board_from_log(t, k);
    if (t->h->snd_nxt != t->h->snd_max) { /* from a probe, or from going back: it is not in flight */
        const uint32_t i = sv_board_cut(t, k, t->h->snd_nxt, 0);
        for (uint32_t r = i; i != SV_NONE && r < k->count; r++)
            sv_board_mark(t, k, r, SV_RUN_LOST | SV_RUN_AGAIN, 0);
        t->h->snd_nxt = t->h->snd_max;
    }
    k->prr_flight = sv_max_u32(k->end - t->h->snd_una, t->h->mss);
    if (t->b->recovery == SV_RECOVERY_NONE)
        t->b->recovery = SV_RECOVERY_DISORDER;
    t->h->dupacks = 0;
    t->b->timing = 0; /* samples come from the board */
    sv_sent_log_forget(t);
    t->tcp->count.boards++;
    return k;
}

/* What is still in flight is remembered as calm does. */
static void sv_board_to_marks(struct sv_tcb *t, const struct sv_board *k)
{
    struct sv_tcp_busy *b = t->b;
    b->sent_marks = b->sent_rough = 0;
    for (uint32_t i = 0; i < k->count; i++) {
        const struct sv_run *r = sv_run_at(t, k, i);
        const bool more = b->sent_marks < SV_SENT_MARKS;
        if (more)
            b->sent[b->sent_marks++].at = r->first;
        b->sent[b->sent_marks - 1u].end = sv_run_end(t, k, i);
        if (!more || (r->marks & SV_RUN_ROUGH))
            b->sent_rough |= (uint8_t)(1u << (b->sent_marks - 1u));
        b->sent_last = r->last;
    }
}

/* ... and better by the log, of a profile that has one: what lies behind the last that was sent again. */
static void sv_board_to_log(struct sv_tcb *t, const struct sv_board *k)
{
    for (uint32_t i = 0; i < k->count; i++) {
        const struct sv_run *r = sv_run_at(t, k, i);
        if (r->marks & SV_RUN_AGAIN || r->last - r->first > sv_board_grain(t))
            sv_sent_log_forget(t);
        else
            sv_sent_log_put(t, r->start, sv_run_end(t, k, i), r->first, r->last);
    }
}

void sv_tcb_release_board(struct sv_tcb *t)
{
    struct sv_board *k = sv_tcb_board(t);
    struct sv_tcp_busy *b = t->b;
    struct sv_pool *pool = sv_core_pool(t->core);
    if (!k)
        return;
    sv_board_to_marks(t, k);
    if (sv_tcb_profile(t)->rtt_every_ack)
        sv_board_to_log(t, k);
    for (uint32_t s = sv_board_last_slab(k); s > 0; s--)
        sv_slab_unref(pool, k->slab[s]);
    sv_slab_unref(pool, b->board);
    b->board = SV_NONE;
    b->recovery = SV_RECOVERY_NONE;
}

void sv_board_sent_again(struct sv_tcb *t, struct sv_board *k, uint32_t start, uint32_t n)
{
    const uint32_t now = sv_fine_tick(t->now);
    const uint32_t end = start + n;
    k->prr_out += n;
    uint32_t i = sv_board_cut(t, k, start, 0);
    if (i == SV_NONE) /* no place: more of it counts as sent again than was */
        i = sv_board_find(t, k, start);
    if (sv_board_cut(t, k, end, 0) == SV_NONE && i &&
        !(sv_run_at(t, k, i - 1u)->marks & (SV_RUN_SACKED | SV_RUN_LOST))) {
        struct sv_run *before = sv_run_at(t, k, i - 1u); /* in flight: takes these in */
        if (sv_run_at(t, k, i)->marks & SV_RUN_LOST)
            k->lost -= n;
        sv_run_at(t, k, i)->start = end;
        before->last = now;
        before->marks |= SV_RUN_AGAIN | SV_RUN_ROUGH;
        k->lost_from = end;
        return;
    }
    const uint32_t first = i;
    for (; i < k->count && sv_seq_before(sv_run_at(t, k, i)->start, end); i++) {
        struct sv_run *r = sv_run_at(t, k, i);
        if (r->marks & SV_RUN_SACKED)
            continue;
        sv_board_mark(t, k, i, SV_RUN_AGAIN, SV_RUN_LOST);
        r->first = r->last = now;
    }
    if (sv_seq_before_or_at(start, k->lost_from))
        k->lost_from = sv_seq_later(end, k->lost_from);
    sv_board_join(t, k, first ? first - 1u : 0, i);
}

void sv_board_drop_before(struct sv_tcb *t, struct sv_board *k, uint32_t seq)
{
    uint32_t gone = 0;
    while (gone < k->count && sv_seq_before_or_at(sv_run_end(t, k, gone), seq)) {
        sv_board_mark(t, k, gone, 0, SV_RUN_SACKED | SV_RUN_LOST);
        gone++;
    }
    if (gone)
        sv_board_close(t, k, 0, gone);
    if (k->count && sv_seq_before(sv_run_at(t, k, 0)->start, seq)) {
        struct sv_run *r = sv_run_at(t, k, 0);
        const uint32_t n = seq - r->start;
        k->sacked -= r->marks & SV_RUN_SACKED ? n : 0;
        k->lost -= r->marks & SV_RUN_LOST ? n : 0;
        if (n % t->h->mss)
            r->marks |= SV_RUN_ROUGH;
        r->start = seq;
    }
    k->lost_from = sv_seq_later(k->lost_from, seq);
    k->fack = sv_seq_later(k->fack, seq);
}

uint32_t sv_board_first_lost(const struct sv_tcb *t, struct sv_board *k)
{
    uint32_t i = k->count;
    if (k->lost && sv_seq_before(k->lost_from, k->end)) {
        for (i = sv_board_find(t, k, k->lost_from); i < k->count; i++) {
            if (sv_run_at(t, k, i)->marks & SV_RUN_LOST) {
                k->lost_from = sv_seq_later(k->lost_from, sv_run_at(t, k, i)->start);
                break;
            }
        }
    }
    return i;
}

void sv_board_narrowed(struct sv_tcb *t)
{
    struct sv_board *k = sv_tcb_board(t);
    for (uint32_t i = 0; i < k->count; i++) {
        const bool sacked = sv_run_at(t, k, i)->marks & SV_RUN_SACKED;
        sv_board_mark(t, k, i, SV_RUN_ROUGH | (sacked ? 0u : SV_RUN_LOST), 0);
    }
}

void sv_board_check(const struct sv_tcb *t)
{
    const struct sv_board *k = sv_tcb_board(t);
    uint32_t sacked = 0, lost = 0;
    if (!k)
        return;
    SV_ASSERT((k->count == 0) == (t->h->snd_una == t->h->snd_max));
    if (k->count)
        SV_ASSERT(sv_run_at(t, k, 0)->start == t->h->snd_una);
    SV_ASSERT(k->end == t->h->snd_max);
    for (uint32_t i = 0; i < k->count; i++) {
        const struct sv_run *r = sv_run_at(t, k, i);
        const uint32_t n = sv_run_length(t, k, i);
        SV_ASSERT(n != 0 && n <= k->end - t->h->snd_una);
        SV_ASSERT((r->marks & (SV_RUN_SACKED | SV_RUN_LOST)) != (SV_RUN_SACKED | SV_RUN_LOST));
        sacked += r->marks & SV_RUN_SACKED ? n : 0;
        lost += r->marks & SV_RUN_LOST ? n : 0;
    }
    SV_ASSERT(sacked == k->sacked);
    SV_ASSERT(lost == k->lost);
}

uint32_t sv_tcb_pipe(const struct sv_tcb *t)
{
    return sv_board_pipe(t, sv_tcb_board(t));
}

bool sv_tcb_board_may_send(const struct sv_tcb *t)
{
    const struct sv_board *k = sv_tcb_board(t);
    if (k->frto == SV_FRTO_PROBES)
        return false; /* the new segments of RFC 5682 say whether anything is lost */
    if (!k->lost && (sv_tcp_recovers(t, SV_RECOVER_RACK) || t->b->recovery != SV_RECOVERY_FAST || sv_tcb_has_new(t)))
        return false;
    return sv_board_pipe(t, k) < t->h->cwnd;
}

/* A mark more for what was just sent from `start` on, or the last one reaches on. */
SV_HOT void sv_tcb_note_sent_anew(struct sv_tcb *t, uint32_t start)
{
    struct sv_tcp_busy *b = t->b;
    const uint32_t now = sv_fine_tick(t->now);
    uint32_t gone = 0;
    if (b->board != SV_NONE) {
        sv_board_sent(t, sv_tcb_board(t), start);
        return;
    }
    if (b->sent_marks && !sv_seq_after(t->h->snd_max, b->sent[b->sent_marks - 1u].end))
        return; /* gone back: not news */
    while (gone < b->sent_marks && sv_seq_before_or_at(b->sent[gone].end, t->h->snd_una))
        gone++;
    if (!gone && b->sent_marks == SV_SENT_MARKS) {
        /* None is free: the flight lasts longer than the round trip that is known. So do its marks: a flight's first
         * mark must not take in all that went before, or what is lost there would be looked for as late. */
        struct sv_sent_mark *m = &b->sent[b->sent_marks - 1u];
        if (m->end == start && b->snd_small != start && now - m->at <= (now - b->sent[0].at) / (SV_SENT_MARKS - 1u)) {
            m->end = t->h->snd_max;
            b->sent_last = now;
            return;
        }
        /* The two oldest become one. */
        b->sent[1].at = b->sent[0].at;
        b->sent_rough |= 1u << 1;
        gone = 1;
    }
    b->sent_marks = (uint8_t)(b->sent_marks - gone);
    b->sent_rough = (uint8_t)(b->sent_rough >> gone);
    for (uint32_t m = 0; gone && m < b->sent_marks; m++)
        b->sent[m] = b->sent[m + gone];
    b->sent[b->sent_marks++] = (struct sv_sent_mark){t->h->snd_max, now};
    b->sent_last = now;
}
