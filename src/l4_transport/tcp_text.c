/* SPDX-License-Identifier: BSD-2-Clause */
/* Steps six to eight of RFC 9293 §3.10.7.4: urgent pointer, data, FIN. */
#include "core/spans_inline.h"
#include "l4_transport/tcp_delack.h"
#include "l4_transport/tcp_internal.h"

/* RFC 6093 §2: the pointer counts to the byte after the urgent data. It is a mark in the stream, no more. */
enum sv_walk sv_tcp_step6_urgent(struct sv_tcb *t, struct sv_seg *s)
{
    if (!(s->flags & SV_URG))
        return SV_WALK_ON;
    if (t->h->state != SV_ESTABLISHED && t->h->state != SV_FIN_WAIT_1 && t->h->state != SV_FIN_WAIT_2)
        return SV_WALK_ON;
    const uint32_t up = s->seq + s->urgent;
    if (s->urgent == 0 || sv_seq_before_or_at(up, t->h->rcv_nxt)) {
        sv_drop(t->core, SV_DROP_TCP_URGENT_IGNORED, NULL, s->port, t->c->flow);
        return SV_WALK_ON;
    }
    if (!sv_tcb_need_busy(t))
        return SV_WALK_ON;
    if (!t->b->rcv_urgent || sv_seq_after(up, t->b->rcv_up)) {
        t->b->rcv_up = up;
        t->b->rcv_urgent = 1;
        sv_tcb_tell(t, SV_EVENT_URGENT);
    }
    return SV_WALK_ON;
}

/* A small piece is copied behind the last span, if there is room: so that memory in use stays within twice the bytes
 * that are queued. Takes over the slab reference if it gives true. */
static bool sv_tcp_copy_behind(struct sv_tcb *t, struct sv_pool *pool, struct sv_slice piece)
{
    struct sv_spans *q = &t->b->recv;
    struct sv_span *last = sv_spans_at_fast(q, pool, q->count - 1u);
    const uint32_t end = (uint32_t)last->offset + last->length;
    if (last->slab >= SV_SLAB_EXTERNAL || end + piece.length > SV_SLAB_BYTES || sv_slab_refs(pool, last->slab) != 1)
        return false;
    sv_memcpy(sv_slab_bytes_fast(pool, last->slab) + end, sv_slab_bytes_fast(pool, piece.slab) + piece.offset,
              piece.length);
    last->length = (uint16_t)(last->length + piece.length);
    sv_slab_unref_fast(pool, piece.slab);
    return true;
}

/* One piece of a packet becomes a span, if it is not copied behind the last one. Takes over the slab reference if it
 * gives true. */
static inline bool sv_tcp_queue_piece(struct sv_tcb *t, struct sv_pool *pool, struct sv_slice piece, uint32_t seq)
{
    struct sv_spans *q = &t->b->recv;
    if (q->count && piece.length < SV_SLAB_BYTES / 2u && sv_tcp_copy_behind(t, pool, piece))
        return true;
    const struct sv_span span = {.seq = seq, .slab = piece.slab, .offset = piece.offset, .length = piece.length};
    return sv_spans_push_fast(q, pool, t->core->account, span);
}

/* The inline room of a descriptor is not a slab: its payload (rare: a small segment sent from headers
 * alone) moves into one. */
static bool sv_tcp_inline_piece(struct sv_tcb *t, struct sv_pool *pool, struct sv_buf *b, struct sv_slice *piece)
{
    const uint32_t slab = sv_slab_alloc_fast(pool, SV_WANT_DATA, t->core->account);
    if (slab == SV_NONE)
        return false;
    sv_memcpy(sv_slab_bytes_fast(pool, slab), sv_buf_head(b), b->linear_length);
    *piece = (struct sv_slice){slab, 0, b->linear_length};
    return true;
}

static void sv_tcp_queued(struct sv_tcb *t, uint32_t bytes)
{
    t->h->rcv_nxt += bytes;
    t->h->rcv_queued += bytes;
    t->c->bytes_received += bytes;
}

SV_HOT void sv_tcb_deliver(struct sv_tcb *t, struct sv_buf *take)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    uint32_t taken = 0;
    bool full = false;
    if (take->linear_length) {
        const uint32_t length = take->linear_length;
        struct sv_slice piece = {take->slab, 0, (uint16_t)length};
        if (take->slab == SV_NONE) {
            full = !sv_tcp_inline_piece(t, pool, take, &piece);
        } else {
            piece.offset = take->head;
            sv_slab_ref_fast(pool, take->slab);
        }
        if (!full && !sv_tcp_queue_piece(t, pool, piece, t->h->rcv_nxt)) {
            sv_slab_unref_fast(pool, piece.slab);
            full = true;
        }
        if (!full)
            sv_tcp_queued(t, length);
    }
    for (; !full && taken < take->slices; taken++) {
        const uint32_t length = take->slice[taken].length;
        if (!sv_tcp_queue_piece(t, pool, take->slice[taken], t->h->rcv_nxt))
            break;
        sv_tcp_queued(t, length);
    }
    if (full || taken < take->slices)
        sv_drop(t->core, SV_DROP_NO_MEMORY, NULL, t->h->interface, t->c->flow);
    /* What was queued took its references along. */
    for (uint32_t k = taken; k < take->slices; k++)
        take->slice[k - taken] = take->slice[k];
    take->slices = (uint16_t)(take->slices - taken);
    sv_buf_free_fast(take);
}

/* Cuts the segment to the window. False: nothing is left of it. */
static bool sv_tcp_trim(struct sv_tcb *t, struct sv_seg *s)
{
    if (SV_LIKELY(s->seq == t->h->rcv_nxt && s->length <= t->h->rcv_right - s->seq))
        return true;
    if (sv_seq_before(s->seq, t->h->rcv_nxt)) {
        const uint32_t old = t->h->rcv_nxt - s->seq;
        sv_dsack_note(t, s->seq, s->seq + sv_min_u32(old, s->length));
        if (old >= s->length) {
            s->seq += s->length;
            s->length = 0;
            return false;
        }
        sv_buf_skip(s->packet, old);
        s->seq += old;
        s->length -= old;
    }
    const uint32_t room = t->h->rcv_right - s->seq;
    if (s->length > room) {
        sv_buf_truncate(s->packet, room);
        s->length = room;
        s->flags &= (uint16_t) ~(SV_FIN | SV_PSH); /* the FIN lies beyond what we take */
    }
    return s->length != 0;
}

/* Data for a side that nobody will read: the peer must learn it at once (RFC 2525 §2.17, RFC 9293 MAY-1). The
 * connection is no more, and its segment is answered as anybody's in CLOSED (§3.10.7.1): with the number that it
 * acknowledges, which the peer expects next, so that it is believed (RFC 5961 §3.2) though our FIN may be lost. */
static enum sv_walk sv_tcp_text_after_close(struct sv_tcb *t, struct sv_seg *s)
{
    sv_tcp_discard(t, s, SV_DROP_TCP_AFTER_CLOSE);
    s->flags |= SV_LATE;
    sv_tcb_end(t, SV_ON_ABORT, SV_ERR_ABORTED, SV_CAUSE_LATE_DATA);
    return SV_WALK_STOP;
}

SV_HOT enum sv_walk sv_tcp_step7_text(struct sv_tcb *t, struct sv_seg *s)
{
    if (s->length == 0)
        return SV_WALK_ON;
    if (t->h->state != SV_ESTABLISHED && t->h->state != SV_FIN_WAIT_1 && t->h->state != SV_FIN_WAIT_2) {
        sv_tcb_ready(t, SV_TCP_ACK_NOW);
        sv_tcp_discard(t, s, SV_DROP_TCP_AFTER_FIN);
        return SV_WALK_STOP;
    }
    if (!sv_tcb_need_busy(t)) {
        sv_tcp_discard(t, s, SV_DROP_NO_MEMORY);
        return SV_WALK_STOP;
    }
    if (!sv_tcp_trim(t, s)) {
        sv_drop(t->core, SV_DROP_TCP_DUPLICATE, NULL, s->port, t->c->flow);
        sv_tcb_ready(t, SV_TCP_ACK_NOW);
        return SV_WALK_ON; /* a FIN may still be news */
    }
    if (t->h->flags & SV_TCP_DETACHED)
        return sv_tcp_text_after_close(t, s);
    if (s->seq == t->h->rcv_nxt) {
        const bool gap = t->b->ooo_count != 0;
        const bool twice = t->b->dsack != 0;
        sv_tcb_deliver(t, s->packet);
        s->packet = NULL;
        if (gap)
            sv_tcp_reass_deliver(t);
        sv_tcb_tell_text(t, s);
        sv_tcp_schedule_ack(t, s, gap || twice);
    } else {
        sv_tcp_reass_store(t, s);
        sv_tcb_ready(t, SV_TCP_ACK_NOW); /* RFC 5681 §4.2: a gap is acknowledged at once */
    }
    return SV_WALK_ON; /* a FIN beyond a gap is kept in mind by the next step */
}

/* At once; or it waits for a FIN of ours that could carry it, as any acknowledgement may (§3.8.6.3, §3.3.2 figure 5
 * note 2: so three segments close more often than four). Linux learns from the first data how long to wait. */
static void sv_tcp_acknowledge_fin(struct sv_tcb *t)
{
    const bool waits = sv_tcb_profile(t)->delays_ack_of_fin && t->h->state == SV_ESTABLISHED && t->c->bytes_received &&
                       !t->c->syn_data && !(t->h->flags & SV_TCP_ACK_NOW);
    if (!waits || !sv_tcb_need_busy(t)) {
        sv_tcb_ready(t, SV_TCP_ACK_NOW);
        return;
    }
    t->h->flags |= SV_TCP_DELACK;
    sv_tcb_arm_delack(t);
}

enum sv_walk sv_tcp_step8_fin(struct sv_tcb *t, struct sv_seg *s)
{
    const bool early = t->b && t->b->fin_early; /* one that came before its data */
    if (!(s->flags & SV_FIN) && !early)
        return SV_WALK_ON;
    if (t->h->flags & SV_TCP_FIN_RECEIVED) { /* the peer has not seen our ACK of it */
        sv_tcb_ready(t, SV_TCP_ACK_NOW);
        return SV_WALK_ON;
    }
    const uint32_t fin_seq = early ? t->b->fin_seq : s->seq + s->length;
    if (fin_seq != t->h->rcv_nxt) {
        if ((s->flags & SV_FIN) && sv_tcb_need_busy(t) && sv_seq_after(fin_seq, t->h->rcv_nxt)) {
            t->b->fin_early = 1;
            t->b->fin_seq = fin_seq;
        }
        if (s->flags & SV_FIN) /* not for a bare ACK, or two who wait for each other would answer for ever */
            sv_tcb_ready(t, SV_TCP_ACK_NOW);
        return SV_WALK_ON;
    }
    if (early)
        t->b->fin_early = 0;
    if (!sv_tcp_teach_flawed(t->tcp, SV_FLAW_FIN_WITHOUT_NUMBER))
        t->h->rcv_nxt++;
    t->h->flags |= SV_TCP_FIN_RECEIVED;
    if (sv_seq_before(t->h->rcv_right, t->h->rcv_nxt))
        t->h->rcv_right = t->h->rcv_nxt;
    sv_tcp_acknowledge_fin(t);
    sv_tcb_tell(t, SV_EVENT_PEER_FIN | SV_EVENT_READABLE);
    if (t->h->state == SV_FIN_WAIT_1 && sv_tcp_teach_flawed(t->tcp, SV_FLAW_NO_CLOSING))
        return SV_WALK_ON;
    sv_tcp_move(t, SV_ON_FIN);
    if (t->h->state == SV_TIME_WAIT) {
        sv_buf_free(s->packet);
        s->packet = NULL;
        sv_tcp_enter_time_wait(t);
        return SV_WALK_STOP;
    }
    return SV_WALK_ON;
}
