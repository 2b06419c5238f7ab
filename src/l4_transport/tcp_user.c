/* SPDX-License-Identifier: BSD-2-Clause */
/* The user's calls: OPEN, SEND, RECEIVE, CLOSE, ABORT of RFC 9293 §3.10.1 to §3.10.5. */
#include "core/spans_inline.h"
#include "l4_transport/tcp_internal.h"

/* The ports were guessed, and somebody has them: as if nothing had been asked. */
SV_COLD static void sv_tcp_open_undone(struct sv_tcb *t)
{
    sv_tcb_release_busy(t);
    sv_tcp_free(t);
    t->c->generation -= 2u;
    t->core->flow_serial--;
}

enum sv_err sv_tcp_open(struct sv_tcp *tcp, const struct sv_tcp_tuple *u, const struct sv_tcp_path *path,
                        uint64_t cookie, uint32_t *index)
{
    const struct sv_endpoint *remote = u->remote;
    const uint32_t full = sv_tcp_new(tcp);
    if (full == SV_NONE)
        return sv_tcp_tuple_is_taken(tcp, u) ? SV_ERR_IN_USE : SV_ERR_NO_MEMORY;
    struct sv_tcb t = sv_tcb_of(tcp, full);
    t.h->interface = SV_TCP_NO_PATH;
    t.h->remote = remote->addr;
    t.h->remote_port = remote->port;
    t.h->local = u->local;
    t.h->local_port = u->local_port;
    t.h->tag = (uint32_t)(u->hash >> 32);
    const bool begun = sv_tcb_need_busy(&t), taken = sv_tcp_tuple_is_taken(tcp, u);
    if (SV_UNLIKELY(taken)) {
        sv_tcp_open_undone(&t);
        return SV_ERR_IN_USE;
    }
    if (!begun || !sv_tcb_enter_table(&t, u->hash)) {
        sv_tcb_release_busy(&t);
        sv_tcp_free(&t);
        return SV_ERR_NO_MEMORY;
    }
    t.h->interface = path->interface;
    t.h->ttl = path->ttl;
    t.h->neighbour = path->neighbour;
    t.c->cookie = cookie;
    t.h->flags |= SV_TCP_ACTIVE;
    t.c->iss = SV_UNLIKELY(tcp->teach.isns) ? sv_tcp_isn(tcp, &remote->addr, remote->port, u->local, u->local_port)
                                            : u->isn; /* of the same instant */
    t.c->ts_offset = sv_tcp_ts_offset(u->hash);
    t.h->snd_una = t.h->snd_nxt = t.h->snd_max = t.c->iss;
    t.b->snd_small = t.b->rexmit_nxt = t.b->recover = t.c->iss;
    t.h->mss = 536;
    if (SV_UNLIKELY(tcp->keys_used) && !sv_tcb_auth_begin(&t, SV_NONE, NULL)) {
        sv_tcb_leave_table(&t);
        sv_tcb_release_busy(&t);
        sv_tcp_free(&t);
        return SV_ERR_NO_MEMORY;
    }
    const uint32_t give_up_ms = t.c->user_timeout_ms ? t.c->user_timeout_ms : sv_tcb_profile(&t)->syn_give_up_ms;
    t.b->give_up_at = t.now + give_up_ms * SV_MS;
    tcp->count.opened_active++;
    SV_TRACE_EVENT(t.core, SV_TRACE_CALL, SV_CALL_CONNECT, t.c->flow, 0, remote->port, 0);
    sv_tcp_move(&t, SV_ON_ACTIVE_OPEN);
    sv_tcb_ready(&t, SV_TCP_SEND_NOW);
    *index = full;
    return SV_OK;
}

/* May more be sent? The error that says why not. */
static enum sv_err sv_tcb_can_send(const struct sv_tcb *t)
{
    if (t->h->flags & SV_TCP_DEAD)
        return t->c->error ? (enum sv_err)t->c->error : SV_ERR_CLOSED;
    if (t->h->flags & SV_TCP_FIN_QUEUED)
        return SV_ERR_CLOSED;
    return SV_OK;
}

/* More is wanted to be queued than the buffer has room for: does the congestion window ask for a larger one? */
static inline uint32_t sv_tcb_send_room(struct sv_tcb *t, size_t wanted)
{
    if (SV_UNLIKELY(wanted > t->c->send_buffer - sv_min_u32(t->h->snd_queued, t->c->send_buffer)))
        sv_tcb_tune_send(t);
    return t->c->send_buffer > t->h->snd_queued ? t->c->send_buffer - t->h->snd_queued : 0;
}

/* Continues the last span in its slab, as far as one segment goes and nobody else holds the slab. */
static uint32_t sv_tcb_append_tail(struct sv_tcb *t, struct sv_pool *pool, const uint8_t *bytes, uint32_t n)
{
    struct sv_spans *q = &t->b->send;
    if (!q->count)
        return 0;
    struct sv_span *last = sv_spans_at_fast(q, pool, q->count - 1u);
    if (sv_slab_is_shared(pool, last->slab) || last->length >= t->h->mss)
        return 0;
    if (SV_UNLIKELY(last->flags & SV_SPAN_PUSH) && !sv_seq_after(last->seq + last->length, t->h->snd_max))
        return 0; /* it was sent, and its PSH stays where it was */
    if (SV_UNLIKELY(last->flags & SV_SPAN_RECORD))
        return 0;
    const uint32_t end = (uint32_t)last->offset + last->length;
    n = sv_min_u32(n, sv_min_u32(SV_SLAB_BYTES - end, (uint32_t)t->h->mss - last->length));
    if (!n)
        return 0;
    const uint16_t sum = sv_sum_copy(sv_slab_bytes_fast(pool, last->slab) + end, bytes, n, t->core->cpu);
    if (last->flags & SV_SPAN_SUMMED)
        last->sum = sv_sum_add(last->sum, last->length & 1u ? sv_sum_odd(sum) : sum);
    last->length = (uint16_t)(last->length + n);
    return n;
}

static bool sv_tcb_append_slab(struct sv_tcb *t, struct sv_pool *pool, const uint8_t *bytes, uint32_t n)
{
    const uint32_t slab = sv_slab_alloc_fast(pool, SV_WANT_DATA, t->core->account);
    if (slab == SV_NONE)
        return false;
    const struct sv_span span = {
        .seq = t->h->snd_una + t->h->snd_queued,
        .slab = slab,
        .length = (uint16_t)n,
        .sum = sv_sum_copy(sv_slab_bytes_fast(pool, slab), bytes, n, t->core->cpu),
        .flags = SV_SPAN_SUMMED,
    };
    if (sv_spans_push_fast(&t->b->send, pool, t->core->account, span))
        return true;
    sv_slab_unref_fast(pool, slab);
    return false;
}

/* Linux's interactive mode (tcp_pingpong_thresh): data that carries an acknowledgement which is owed, or goes out soon
 * after what it answers. From then on acknowledgements may wait for such data, though the connection is young. */
static void sv_tcb_note_reply(struct sv_tcb *t)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    const bool owes = t->h->flags & (SV_TCP_ACK_NOW | SV_TCP_DELACK);
    const bool soon = t->c->bytes_received && sv_tick(t->now) - t->c->heard_tick <= p->delack_us / 1049u;
    if (t->c->bytes_received < (uint64_t)p->quickack * t->h->mss && (owes || soon))
        t->c->interactive = 1;
}

SV_HOT static void sv_tcb_sent_some(struct sv_tcb *t, size_t n)
{
    if (SV_UNLIKELY(sv_tcb_profile(t)->quickack_until_reply))
        sv_tcb_note_reply(t);
    SV_TRACE_EVENT(t->core, SV_TRACE_CALL, SV_CALL_SEND, t->c->flow, 0, (uint32_t)n, 0);
    if (t->h->snd_nxt == t->h->snd_una && t->h->state == SV_ESTABLISHED && t->h->snd_wnd >= t->h->mss &&
        t->h->cwnd >= t->h->mss && !(t->h->flags & SV_TCP_CORK))
        sv_tcb_ready(t, SV_TCP_SEND_NOW); /* nothing in flight: a segment may go, short or not */
    else
        sv_tcb_consider_sending(t);
    if (!(t->h->flags & SV_TCP_SEND_NOW)) /* else its turn comes, and looks at the timers then */
        sv_tcb_rearm(t);
}

#define SV_TCP_RETRY_WRITE SV_MS
/* Nothing was taken. Acknowledgements will wake the writer; if there are none to come, memory was lacking, and it is
 * told after a while to try again: at once, it would try for ever. */
static enum sv_err sv_tcb_write_later(struct sv_tcb *t)
{
    t->h->flags |= SV_TCP_WANT_WRITE;
    if (!t->h->snd_queued && sv_tcb_synchronized(t) && t->now + SV_TCP_RETRY_WRITE < t->h->wake.at)
        sv_wheel_arm(&t->core->wheel, SV_WHEEL_TCP, t->index, t->now + SV_TCP_RETRY_WRITE);
    return SV_ERR_AGAIN;
}

/* What a request or an answer is: it fits a segment and a slab, nothing is queued before it, and there is room. False:
 * it is not as described, or there is no memory; nothing was done. */
static inline bool sv_tcb_queue_alone(struct sv_tcb *t, struct sv_pool *pool, const void *bytes, size_t n)
{
    struct sv_spans *q = &t->b->send;
    if (!SV_SHORT_WAYS || (t->h->snd_queued | q->count | q->blocks) || n > t->h->mss || n > SV_SLAB_BYTES ||
        n > t->c->send_buffer)
        return false;
    const uint32_t slab = sv_slab_alloc_fast(pool, SV_WANT_DATA, t->core->account);
    if (SV_UNLIKELY(slab == SV_NONE))
        return false;
    struct sv_span *s = &q->small[0];
    s->seq = t->h->snd_una;
    s->slab = slab;
    s->offset = 0;
    s->length = (uint16_t)n;
    s->sum = sv_sum_copy(sv_slab_bytes_fast(pool, slab), bytes, n, t->core->cpu);
    s->flags = SV_SPAN_SUMMED;
    q->count = 1;
    t->h->snd_queued = (uint32_t)n;
    return true;
}

/* Any other write. Gives the bytes that were taken. */
SV_HOT __attribute__((noinline)) static uint32_t sv_tcb_queue(struct sv_tcb *t, struct sv_pool *pool,
                                                              const uint8_t *from, size_t n)
{
    const uint32_t room = (uint32_t)sv_min_u64(n, sv_tcb_send_room(t, n));
    const uint32_t most = sv_min_u32(t->h->mss, SV_SLAB_BYTES);
    uint32_t part = sv_tcb_append_tail(t, pool, from, room);
    uint32_t left = room - part;
    t->h->snd_queued += part;
    while (left) {
        from += part;
        part = sv_min_u32(left, most);
        if (!sv_tcb_append_slab(t, pool, from, part))
            break;
        t->h->snd_queued += part;
        left -= part;
    }
    return room - left;
}

SV_HOT enum sv_err sv_tcp_send(struct sv_tcp *tcp, uint32_t index, const void *bytes, size_t n, size_t *taken)
{
    struct sv_tcb t = sv_tcb_of(tcp, index);
    struct sv_pool *pool = sv_core_pool(t.core);
    *taken = 0;
    const enum sv_err error = sv_tcb_can_send(&t);
    if (error != SV_OK)
        return error;
    if (n == 0)
        return SV_OK;
    /* Before the handshake is over the queue's first byte has the number after the SYN. */
    const bool opening = !sv_tcb_synchronized(&t) && !sv_tcb_serves_fast(&t);
    if (opening || !sv_tcb_need_busy(&t))
        return sv_tcb_write_later(&t);
    *taken = sv_tcb_queue_alone(&t, pool, bytes, n) ? n : sv_tcb_queue(&t, pool, bytes, n);
    if (*taken && sv_tcb_profile(&t)->push_bursts)
        sv_spans_at_fast(&t.b->send, pool, t.b->send.count - 1u)->flags |= SV_SPAN_PUSH;
    if (*taken < n)
        t.h->flags |= SV_TCP_WANT_WRITE;
    if (*taken == 0) {
        sv_tcb_settle(&t);
        return sv_tcb_write_later(&t);
    }
    sv_tcb_sent_some(&t, *taken);
    return SV_OK;
}

SV_HOT enum sv_err sv_tcp_send_ref(struct sv_tcp *tcp, uint32_t index, uint32_t first_window, uint64_t offset, size_t n,
                                   size_t *taken)
{
    struct sv_tcb t = sv_tcb_of(tcp, index);
    struct sv_pool *pool = sv_core_pool(t.core);
    *taken = 0;
    const enum sv_err error = sv_tcb_can_send(&t);
    if (error != SV_OK)
        return error;
    if (!sv_tcb_synchronized(&t) || !sv_tcb_need_busy(&t))
        return sv_tcb_write_later(&t);
    /* Spans of whole segments, so that a super-frame is one slice; a slice's offset within its first window
     * must stay below 65,536 up to its last byte. */
    const uint32_t reach = 65535u - SV_SLAB_BYTES;
    const uint32_t most = reach - reach % t.h->mss;
    uint32_t left = (uint32_t)sv_min_u64(n, sv_tcb_send_room(&t, n));
    while (left) {
        const uint32_t part = sv_min_u32(left, most);
        const struct sv_span span = {
            .seq = t.h->snd_una + t.h->snd_queued,
            .slab = first_window + (uint32_t)(offset / SV_SLAB_BYTES),
            .offset = (uint16_t)(offset % SV_SLAB_BYTES),
            .length = (uint16_t)part,
        };
        sv_slab_ref_fast(pool, span.slab);
        if (!sv_spans_push_fast(&t.b->send, pool, t.core->account, span)) {
            sv_slab_unref_fast(pool, span.slab);
            break;
        }
        t.h->snd_queued += part;
        offset += part;
        left -= part;
        *taken += part;
    }
    t.c->events |= SV_TCP_BY_REFERENCE;
    if (*taken < n)
        t.h->flags |= SV_TCP_WANT_WRITE;
    if (*taken == 0)
        return sv_tcb_write_later(&t);
    if (sv_tcb_profile(&t)->push_bursts)
        sv_spans_at_fast(&t.b->send, pool, t.b->send.count - 1u)->flags |= SV_SPAN_PUSH;
    sv_tcb_sent_some(&t, *taken);
    return SV_OK;
}

void sv_tcp_mark_write(struct sv_tcp *tcp, uint32_t index, uint32_t set, uint32_t clear)
{
    const struct sv_tcb t = sv_tcb_of(tcp, index);
    if (!t.b || !t.b->send.count)
        return;
    struct sv_span *last = sv_spans_at_fast(&t.b->send, sv_core_pool(t.core), t.b->send.count - 1u);
    last->flags = (uint16_t)((last->flags & ~clear) | set);
}

/* Nothing to read: why? */
static enum sv_err sv_tcb_nothing(const struct sv_tcb *t)
{
    if (t->h->flags & SV_TCP_FIN_RECEIVED)
        return SV_ERR_EOF;
    if (t->h->flags & SV_TCP_DEAD)
        return t->c->error ? (enum sv_err)t->c->error : SV_ERR_EOF;
    return SV_ERR_AGAIN;
}

SV_HOT enum sv_err sv_tcp_peek(struct sv_tcp *tcp, uint32_t index, const uint8_t **data, size_t *n)
{
    const struct sv_tcb t = sv_tcb_of(tcp, index);
    struct sv_pool *pool = sv_core_pool(t.core);
    *n = 0;
    if (!t.h->rcv_queued)
        return sv_tcb_nothing(&t);
    SV_ASSERT(t.b != NULL); /* bytes are queued */
    const struct sv_span *s = sv_spans_at_fast(&t.b->recv, pool, 0);
    *data = sv_slab_bytes_fast(pool, s->slab) + s->offset;
    *n = s->length;
    return SV_OK;
}

/* Bytes were read: the window may open, and the last of them may be all that a dead connection waited for. */
SV_HOT static void sv_tcb_was_read(struct sv_tcb *t, uint32_t n)
{
    SV_ASSERT(t->b != NULL);
    t->h->rcv_queued -= n;
    if (t->b->rcv_urgent && sv_seq_before_or_at(t->b->rcv_up, t->h->rcv_nxt - t->h->rcv_queued))
        t->b->rcv_urgent = 0;
    if (SV_UNLIKELY(t->b->ooo_slab != SV_NONE))
        sv_tcp_reass_was_read(t);
    if (t->h->flags & SV_TCP_DEAD) {
        if (!t->h->rcv_queued) {
            sv_tcb_release_busy(t);
            sv_tcb_tell(t, SV_EVENT_CLOSED);
        }
        return;
    }
    if (!t->c->recv_fixed && sv_tcb_synchronized(t))
        sv_tcb_tune_receive(t);
    if (!sv_tcb_window_ample(t) && sv_tcb_window_update_due(t))
        sv_tcb_ready(t, SV_TCP_ACK_NOW);
    sv_tcb_settle(t);
}

SV_HOT void sv_tcp_consume(struct sv_tcp *tcp, uint32_t index, size_t n)
{
    struct sv_tcb t = sv_tcb_of(tcp, index);
    struct sv_pool *pool = sv_core_pool(t.core);
    SV_ASSERT(n <= t.h->rcv_queued);
    if (!n)
        return;
    SV_ASSERT(t.b != NULL);
    const uint32_t first = sv_spans_at_fast(&t.b->recv, pool, 0)->seq;
    sv_spans_drop_before_fast(&t.b->recv, pool, first + (uint32_t)n);
    SV_TRACE_EVENT(t.core, SV_TRACE_CALL, SV_CALL_RECV, t.c->flow, 0, (uint32_t)n, 0);
    sv_tcb_was_read(&t, (uint32_t)n);
}

/* Up to n bytes out of as many spans as there are. */
SV_HOT __attribute__((noinline)) static uint32_t sv_tcb_read(struct sv_tcb *t, struct sv_pool *pool, uint8_t *to,
                                                             size_t n)
{
    uint32_t end = 0, got = 0;
    for (uint32_t i = 0; got < n && i < t->b->recv.count; i++) {
        const struct sv_span *s = sv_spans_at_fast(&t->b->recv, pool, i);
        const uint32_t part = (uint32_t)sv_min_u64(n - got, s->length);
        sv_memcpy(to + got, sv_slab_bytes_fast(pool, s->slab) + s->offset, part);
        got += part;
        end = s->seq + part;
    }
    if (got)
        sv_spans_drop_before_fast(&t->b->recv, pool, end);
    return got;
}

SV_HOT enum sv_err sv_tcp_recv(struct sv_tcp *tcp, uint32_t index, void *to, size_t n, size_t *got)
{
    struct sv_tcb t = sv_tcb_of(tcp, index);
    struct sv_pool *pool = sv_core_pool(t.core);
    *got = 0;
    if (!t.h->rcv_queued)
        return sv_tcb_nothing(&t);
    SV_ASSERT(t.b != NULL);
    struct sv_spans *q = &t.b->recv;
    if (SV_SHORT_WAYS && SV_LIKELY(q->count == 1 && !q->blocks && q->small[0].length <= n)) {
        const uint32_t slab = q->small[0].slab; /* one span, read whole */
        *got = q->small[0].length;
        sv_memcpy(to, sv_slab_bytes_fast(pool, slab) + q->small[0].offset, *got);
        q->count = 0;
        sv_slab_unref_fast(pool, slab);
    } else {
        *got = sv_tcb_read(&t, pool, to, n);
    }
    SV_TRACE_EVENT(t.core, SV_TRACE_CALL, SV_CALL_RECV, t.c->flow, 0, (uint32_t)*got, 0);
    sv_tcb_was_read(&t, (uint32_t)*got);
    return SV_OK;
}

/* §3.10.4: what is queued goes first, then the FIN; the state changes at once. */
static void sv_tcb_finish_sending(struct sv_tcb *t)
{
    if (t->h->flags & SV_TCP_FIN_QUEUED)
        return;
    if (t->h->state == SV_SYN_SENT) { /* nothing was ever sent that could be finished */
        sv_tcb_end(t, SV_ON_CLOSE, SV_ERR_ABORTED, SV_CAUSE_USER_ABORT);
        return;
    }
    if (!sv_tcb_need_busy(t)) {
        sv_tcb_end(t, SV_ON_ABORT, SV_ERR_NO_MEMORY, SV_CAUSE_NO_MEMORY);
        return;
    }
    t->h->flags |= SV_TCP_FIN_QUEUED;
    if (t->h->state == SV_SYN_RECEIVED)
        return; /* a simultaneous open: "queue for processing after entering ESTABLISHED", sv_tcp_handshake_done() */
    sv_tcp_move(t, SV_ON_CLOSE);
    sv_tcb_consider_sending(t);
    sv_tcb_rearm(t);
}

enum sv_err sv_tcp_shutdown(struct sv_tcp *tcp, uint32_t index)
{
    struct sv_tcb t = sv_tcb_of(tcp, index);
    if (t.h->flags & SV_TCP_DEAD || t.h->flags & SV_TCP_FIN_QUEUED)
        return SV_ERR_CLOSED;
    SV_TRACE_EVENT(t.core, SV_TRACE_CALL, SV_CALL_SHUTDOWN, t.c->flow, 0, 0, 0);
    sv_tcb_finish_sending(&t);
    return SV_OK;
}

void sv_tcp_close(struct sv_tcp *tcp, uint32_t index)
{
    struct sv_tcb t = sv_tcb_of(tcp, index);
    SV_TRACE_EVENT(t.core, SV_TRACE_CALL, SV_CALL_CLOSE, t.c->flow, 0, 0, 0);
    t.h->flags |= SV_TCP_DETACHED;
    sv_tcb_hush(&t);
    t.c->generation++;
    if (t.h->flags & SV_TCP_DEAD) {
        sv_tcb_bury(&t);
        return;
    }
    if (t.h->rcv_queued || t.h->flags & SV_TCP_LINGER_RESET) { /* RFC 2525 §2.17: unread data is lost, say so */
        sv_tcb_end(&t, SV_ON_ABORT, SV_ERR_ABORTED, t.h->rcv_queued ? SV_CAUSE_UNREAD_DATA : SV_CAUSE_USER_ABORT);
        return;
    }
    sv_tcb_finish_sending(&t);
    if (t.index != SV_NONE)
        sv_tcb_rearm(&t); /* FIN-WAIT-2 is now watched: nobody else will */
}

void sv_tcp_abort(struct sv_tcp *tcp, uint32_t index)
{
    sv_tcp_abort_for(tcp, index, SV_CAUSE_USER_ABORT);
}

void sv_tcp_abort_for(struct sv_tcp *tcp, uint32_t index, enum sv_tcp_cause cause)
{
    struct sv_tcb t = sv_tcb_of(tcp, index);
    SV_TRACE_EVENT(t.core, SV_TRACE_CALL, SV_CALL_ABORT, t.c->flow, 0, 0, 0);
    t.h->flags |= SV_TCP_DETACHED;
    sv_tcb_hush(&t);
    t.c->generation++;
    if (t.h->flags & SV_TCP_DEAD)
        sv_tcb_bury(&t);
    else
        sv_tcb_end(&t, SV_ON_ABORT, SV_ERR_ABORTED, cause);
}
