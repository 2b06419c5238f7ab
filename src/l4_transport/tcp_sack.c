/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks that come and blocks that go. RFC 2018, RFC 2883. */
#include "l4_transport/tcp_sack.h"

/* RFC 2883 §4: the first block tells of a duplicate if it lies below the acknowledgement, or in the second. */
static bool sv_sack_is_dsack(const struct sv_seg *s)
{
    const struct sv_sack_block *b = s->sack;
    if (sv_seq_before_or_at(b[0].end, s->ack))
        return true;
    return s->sacks > 1 && sv_seq_after_or_at(b[0].start, b[1].start) && sv_seq_before_or_at(b[0].end, b[1].end);
}

/* A block that a peer in its right mind may send: something of what was sent, and not of long ago. */
static bool sv_sack_is_sane(const struct sv_tcb *t, const struct sv_sack_block *b)
{
    const uint32_t max_window = sv_max_u32((uint32_t)t->c->max_window_field << sv_tcb_send_scale(t), 65535u);
    return sv_seq_before(b->start, b->end) && sv_seq_before_or_at(b->end, t->h->snd_max) &&
           sv_seq_after_or_at(b->start, t->h->snd_una - max_window);
}

/* Moves the edges inwards to where full segments begin and end; see tcp_scoreboard.h. False: nothing is left. */
static bool sv_sack_round(const struct sv_tcb *t, const struct sv_board *k, struct sv_sack_block *b)
{
    const uint32_t mss = t->h->mss;
    const uint32_t left = sv_board_find(t, k, b->start);
    const struct sv_run *r = sv_run_at(t, k, left);
    const uint32_t into = b->start - r->start;
    if (!(r->marks & SV_RUN_ROUGH) && into % mss) {
        const uint32_t up = r->start + into + mss - into % mss;
        b->start = sv_seq_before(up, sv_run_end(t, k, left)) ? up : sv_run_end(t, k, left);
    }
    if (!sv_seq_before(b->start, b->end))
        return false;
    const uint32_t right = sv_board_find(t, k, b->end - 1u);
    r = sv_run_at(t, k, right);
    if (!(r->marks & SV_RUN_ROUGH) && b->end != sv_run_end(t, k, right)) {
        const uint32_t rest = (b->end - r->start) % mss;
        const bool all = k->end - b->end <= 1u && (t->h->flags & SV_TCP_FIN_SENT); /* but the FIN */
        b->end -= all ? 0 : rest;
    }
    return sv_seq_before(b->start, b->end);
}

/* One block within [SND.UNA, SND.MAX]. */
static void sv_sack_block(struct sv_tcb *t, struct sv_board *k, const struct sv_seg *s, struct sv_sack_block b,
                          struct sv_news *news)
{
    if (!sv_sack_round(t, k, &b)) {
        t->tcp->count.sack_partial++;
        return;
    }
    uint32_t i = sv_board_find(t, k, b.start);
    const uint32_t first = i;
    for (; i < k->count && sv_seq_before(sv_run_at(t, k, i)->start, b.end); i++) {
        if (sv_run_at(t, k, i)->marks & SV_RUN_SACKED)
            continue;
        if (sv_seq_before(sv_run_at(t, k, i)->start, b.start)) {
            if (sv_board_cut(t, k, b.start, SV_BOARD_KEPT) == SV_NONE)
                return;
            continue; /* the next one begins there */
        }
        if (sv_seq_after(sv_run_end(t, k, i), b.end) && sv_board_cut(t, k, b.end, SV_BOARD_KEPT) == SV_NONE)
            break;
        news->sacked += sv_run_length(t, k, i);
        sv_rack_delivered(t, k, i, s, news);
        sv_board_mark(t, k, i, SV_RUN_SACKED, SV_RUN_LOST);
    }
    sv_board_join(t, k, first ? first - 1u : 0, i);
}

/* Is everything that the block tells known? Asked before anything is made or moved for it: blocks are repeated. */
static bool sv_sack_is_old(const struct sv_tcb *t, const struct sv_board *k, const struct sv_sack_block *b)
{
    if (!k || !sv_seq_before(b->start, k->end))
        return false;
    const uint32_t i = sv_board_find(t, k, b->start);
    return (sv_run_at(t, k, i)->marks & SV_RUN_SACKED) && sv_seq_after_or_at(sv_run_end(t, k, i), b->end);
}

static void sv_sack_dsack(struct sv_tcb *t, const struct sv_sack_block *b, struct sv_news *news)
{
    t->tcp->count.dsack_in++;
    news->dsack = true;
    news->dsack_from = b->start;
    news->dsack_to = b->end;
}

void sv_sack_arrives(struct sv_tcb *t, const struct sv_seg *s, struct sv_news *news)
{
    struct sv_board *k = sv_tcb_board(t);
    for (uint32_t n = 0; n < s->sacks; n++) {
        struct sv_sack_block b = s->sack[n];
        if (!sv_sack_is_sane(t, &b)) { /* never sent, or upside down: RFC 2018 §4 promises otherwise */
            t->tcp->count.sack_invalid++;
            sv_drop(t->core, SV_DROP_TCP_SACK_INVALID, NULL, s->port, t->c->flow);
            continue;
        }
        if (n == 0 && sv_sack_is_dsack(s)) {
            sv_sack_dsack(t, &b, news);
            continue;
        }
        if (sv_seq_before_or_at(b.end, t->h->snd_una))
            continue;
        if (sv_seq_before(b.start, t->h->snd_una))
            b.start = t->h->snd_una;
        if (sv_sack_is_old(t, k, &b))
            continue;
        if (!k)
            k = sv_tcb_need_board(t);
        if (!k)
            return;
        sv_sack_block(t, k, s, b, news);
    }
}

void sv_sack_acked(struct sv_tcb *t, const struct sv_seg *s, struct sv_news *news)
{
    struct sv_board *k = sv_tcb_board_there(t);
    const uint32_t cut = sv_board_cut(t, k, s->ack, SV_BOARD_KEPT);
    const uint32_t to = cut == SV_NONE ? sv_board_find(t, k, s->ack) : cut;
    const uint32_t rtt_us = news->rtt_us; /* of blocks */
    bool again = false;
    for (uint32_t i = 0; i < to; i++) {
        const uint32_t marks = sv_run_at(t, k, i)->marks;
        again |= (marks & SV_RUN_AGAIN) != 0;
        if (!(marks & SV_RUN_SACKED))
            sv_rack_delivered(t, k, i, s, news);
    }
    if (again) /* the rest may have been there for long, and its blocks were lost: Karn's rule for all of it */
        news->rtt_us = rtt_us;
    news->acked = s->ack - t->h->snd_una;
    sv_board_drop_before(t, k, s->ack);
    k->reneged = k->count && (sv_run_at(t, k, 0)->marks & SV_RUN_SACKED);
}

/* --- receiving --- */

void sv_dsack_note(struct sv_tcb *t, uint32_t from, uint32_t to)
{
    if (!(t->h->agreed & SV_TCP_SACK) || from == to || !sv_tcb_need_busy(t))
        return;
    t->b->dsack = 1;
    t->b->dsack_from = from;
    t->b->dsack_to = to;
}

/* RFC 2883 §4: a duplicate is told of once, in the first block; the range that holds it comes second. */
uint32_t sv_sack_blocks(struct sv_tcb *t, struct sv_sack_block *to, uint32_t max)
{
    uint32_t n = 0;
    if (t->b->dsack) {
        to[n++] = (struct sv_sack_block){t->b->dsack_from, t->b->dsack_to};
        t->b->dsack = 0;
        t->tcp->count.dsack_out++;
    }
    return n + sv_tcp_reass_sack(t, to + n, max - n);
}
