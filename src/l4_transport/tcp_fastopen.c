/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/tcp_fastopen.h"

#include "core/spans_inline.h"
#include "l4_transport/tcp_rto.h"
#include "l4_transport/tcp_scoreboard.h"

#define SV_FAST_HELD_S 60u  /* a connection that was reset counts as pending so much longer (RFC 7413 §5.1) */
#define SV_FAST_PAUSE_S 60u /* after SYNs with data vanished, doubled each time */
#define SV_FAST_PAUSES 6u

static uint32_t sv_fast_seconds(const struct sv_tcp *tcp)
{
    return (uint32_t)(sv_tcp_core(tcp)->now / SV_S);
}

/* --- the server --- */

/* RFC 7413 §4.1.2: a keyed hash of both addresses, as Linux makes it: farms of servers share a key. */
static void sv_fast_cookie(const struct sv_tcp *tcp, const struct sv_seg *s, const struct sv_siphash_key *key,
                           uint8_t *cookie)
{
    const struct sv_addr *own = sv_tcp_address(tcp, s->local);
    const bool v4 = sv_addr_is_v4(&s->remote);
    const uint32_t n = v4 ? 4 : 16;
    uint8_t pair[32];
    sv_memcpy(pair, s->remote.byte + 16 - n, n);
    sv_memcpy(pair + n, own->byte + 16 - n, n);
    const uint64_t hash = sv_siphash24(key, pair, 2u * n);
    for (uint32_t i = 0; i < SV_FASTOPEN_COOKIE; i++)
        cookie[i] = (uint8_t)(hash >> (8u * i));
}

/* Connections whose first flight was taken on trust: those that were reset count for a while, lest an attacker who has
 * a cookie make us work without end. */
static bool sv_fast_may_pend(struct sv_tcp *tcp, struct sv_tcp_listener *l)
{
    if (l->fast_reset && (int32_t)(sv_fast_seconds(tcp) - l->fast_reset_until_s) >= 0)
        l->fast_reset = 0;
    return (uint32_t)l->fast_pending + l->fast_reset < l->fast_max;
}

/* The cookie that is wanted of this client, and does it show that, or one of the key before (RFC 7413 §4.1.2: keys
 * change, and those who hold an old cookie need not know)? */
static enum sv_fast_answer sv_fast_shown(const struct sv_tcp *tcp, const struct sv_tcp_listener *l,
                                         const struct sv_seg *s, uint8_t *right)
{
    const struct sv_siphash_key *key = l->fast_keys ? l->fast_key : tcp->fastopen_key;
    const uint32_t keys = l->fast_keys ? l->fast_keys : tcp->fastopen_keys;
    uint8_t old[SV_FASTOPEN_COOKIE];
    sv_fast_cookie(tcp, s, &key[0], right);
    if (s->fastopen_length != SV_FASTOPEN_COOKIE)
        return SV_FAST_GIVE;
    if (sv_memcmp(sv_seg_cookie(s), right, SV_FASTOPEN_COOKIE) == 0)
        return SV_FAST_TAKE;
    if (keys < 2)
        return SV_FAST_GIVE;
    sv_fast_cookie(tcp, s, &key[1], old);
    return sv_memcmp(sv_seg_cookie(s), old, SV_FASTOPEN_COOKIE) == 0 ? SV_FAST_RENEW : SV_FAST_GIVE;
}

enum sv_fast_answer sv_tcp_fastopen_asked(struct sv_tcp *tcp, uint32_t listener, const struct sv_seg *s,
                                          struct sv_tcp_header *answer)
{
    struct sv_tcp_listener *l = sv_tcp_listener(tcp, listener);
    const bool cookie = s->options & SV_OPTION_FASTOPEN;
    const uint32_t habits = tcp->habits.fastopen;
    uint8_t right[SV_FASTOPEN_COOKIE];
    if (!(habits & SV_FASTOPEN_SERVER) || !l->fast_max || !(cookie || s->length) || l->backlog >= l->backlog_max)
        return SV_FAST_ORDINARY;
    if (!sv_fast_may_pend(tcp, l)) {
        tcp->count.fast_refused++;
        return SV_FAST_ORDINARY;
    }
    if (habits & SV_FASTOPEN_SERVER_NO_COOKIE || l->fast_no_cookie)
        return SV_FAST_TAKE;
    if (!cookie)
        return SV_FAST_ORDINARY;
    const enum sv_fast_answer shown = sv_fast_shown(tcp, l, s, right);
    if (shown == SV_FAST_TAKE)
        return shown;
    if (shown == SV_FAST_GIVE && s->fastopen_length)
        tcp->count.fast_refused++;
    answer->options |= SV_OPTION_FASTOPEN; /* the right one, in the option that the client used */
    answer->fastopen_length = SV_FASTOPEN_COOKIE;
    answer->fastopen_old = s->fastopen_old;
    sv_memcpy(answer->fastopen, right, SV_FASTOPEN_COOKIE);
    return shown;
}

void sv_tcp_fastopen_serve(struct sv_tcb *t, uint32_t listener, struct sv_seg *s, uint32_t window)
{
    struct sv_tcp_listener *l = sv_tcp_listener(t->tcp, listener);
    l->fast_pending++;
    t->b->fast = SV_FAST_SERVES;
    t->b->fast_listener = listener | (l->generation & 0xffu) << 24;
    t->h->snd_una = t->h->snd_max; /* the SYN,ACK is watched by itself, and data may follow it at once */
    t->b->rexmit_nxt = t->b->snd_small = t->h->snd_una;
    sv_tcp_cc_open(t);
    if (s->length) {
        t->c->syn_data = 1;
        sv_tcb_deliver(t, s->packet);
        s->packet = NULL;
    }
    t->h->rcv_acked = t->h->rcv_nxt;
    t->h->rcv_right = t->h->rcv_nxt + window; /* as the SYN,ACK tells it, which acknowledges the data as well: */
    t->c->recv_buffer = (t->c->recv_buffer + s->length) & INT32_MAX; /* room for all of that, lest it have to go back */
    t->tcp->count.fast_accepted++;
    sv_tcb_start_rto(t);
    sv_tcp_accept_ready(t);
}

/* No longer pending: its SYN,ACK was acknowledged, or it ended. */
static void sv_fast_settled(struct sv_tcb *t, bool reset)
{
    const uint32_t index = t->b->fast_listener & 0xffffffu;
    struct sv_tcp_listener *l = sv_tcp_listener(t->tcp, index);
    t->b->fast = SV_FAST_NONE;
    if (!l->used || (l->generation & 0xffu) != t->b->fast_listener >> 24)
        return;
    l->fast_pending--;
    if (reset) {
        l->fast_reset++;
        l->fast_reset_until_s = sv_fast_seconds(t->tcp) + SV_FAST_HELD_S;
    }
}

void sv_tcp_fastopen_acknowledged(struct sv_tcb *t)
{
    t->b->retransmit_at = t->b->give_up_at = SV_NEVER;
    t->b->backoff = 0;
    sv_fast_settled(t, false);
}

void sv_tcp_fastopen_ended(struct sv_tcb *t)
{
    if (t->b && t->b->fast >= SV_FAST_SERVES)
        sv_fast_settled(t, true);
}

bool sv_tcp_fastopen_timeout(struct sv_tcb *t)
{
    if (t->b->fast < SV_FAST_SERVES)
        return false;
    if (t->b->backoff >= t->tcp->habits.syn_ack_retries) {
        t->tcp->count.timed_out++;
        sv_tcb_end(t, SV_ON_TIMEOUT, SV_ERR_TIMED_OUT, SV_CAUSE_USER_TIMEOUT);
        return true;
    }
    t->b->backoff++;
    t->b->fast = SV_FAST_REPEATS;
    t->b->reason = SV_SENT_RTO;
    t->b->retransmit_at = t->now + sv_tcb_rto(t);
    sv_tcb_ready(t, SV_TCP_SEND_NOW);
    return true;
}

/* --- the client --- */

static struct sv_fastopen_peer *sv_fast_peer(struct sv_tcp *tcp, const struct sv_addr *remote)
{
    for (uint32_t i = 0; i < SV_FASTOPEN_PEERS; i++) {
        struct sv_fastopen_peer *p = &tcp->fast_peer[i];
        if (p->used && sv_addr_equal(&p->remote, remote))
            return p;
    }
    return NULL;
}

static struct sv_fastopen_peer *sv_fast_peer_made(struct sv_tcp *tcp, const struct sv_addr *remote)
{
    struct sv_fastopen_peer *p = sv_fast_peer(tcp, remote);
    if (!p) {
        p = &tcp->fast_peer[0];
        for (uint32_t i = 1; i < SV_FASTOPEN_PEERS; i++) {
            if (tcp->fast_peer[i].used < p->used)
                p = &tcp->fast_peer[i];
        }
        *p = (struct sv_fastopen_peer){.remote = *remote};
    }
    p->used = ++tcp->fast_used;
    return p;
}

/* SYNs with data that vanish cost a timeout each: after two in a row none for a minute, then for two, ... */
static bool sv_fast_pauses(const struct sv_tcp *tcp, const struct sv_fastopen_peer *p)
{
    if (p->losses < 2)
        return false;
    const uint32_t pause = SV_FAST_PAUSE_S << sv_min_u32(p->losses - 2u, SV_FAST_PAUSES);
    return sv_fast_seconds(tcp) - p->lost_s < pause;
}

void sv_tcp_fastopen_forget(struct sv_tcp *tcp)
{
    for (uint32_t i = 0; i < SV_FASTOPEN_PEERS; i++)
        tcp->fast_peer[i].used = 0;
}

bool sv_tcp_fastopen_known(struct sv_tcp *tcp, const struct sv_addr *remote)
{
    const struct sv_fastopen_peer *p = sv_fast_peer(tcp, remote);
    if (!(tcp->habits.fastopen & SV_FASTOPEN_CLIENT) || (p && sv_fast_pauses(tcp, p)))
        return false;
    return (tcp->habits.fastopen & SV_FASTOPEN_CLIENT_NO_COOKIE) || (p && p->length);
}

/* Payload of the SYN: as much as fits beside the longest options, by the server's MSS if it is known. */
static uint32_t sv_fast_room(const struct sv_tcb *t, const struct sv_fastopen_peer *p)
{
    uint32_t mss = sv_tcp_mss_for(t->tcp, t->h->interface, &t->h->remote);
    if (p && p->mss)
        mss = sv_min_u32(mss, p->mss);
    if (t->c->peer_mss) /* SV_OPT_MAX_SEGMENT */
        mss = sv_min_u32(mss, t->c->peer_mss);
    return sv_min_u32(mss > SV_FASTOPEN_ROOM ? mss - SV_FASTOPEN_ROOM : 0, SV_SLAB_BYTES);
}

void sv_tcp_fastopen_begin(struct sv_tcp *tcp, uint32_t index, bool bare, const void *bytes, size_t n, size_t *taken)
{
    struct sv_tcb t = sv_tcb_of(tcp, index);
    struct sv_pool *pool = sv_core_pool(t.core);
    const struct sv_fastopen_peer *p = sv_fast_peer(tcp, &t.h->remote);
    *taken = 0;
    if (!(tcp->habits.fastopen & SV_FASTOPEN_CLIENT) || (p && sv_fast_pauses(tcp, p)) || t.h->agreed & SV_TCP_SIGNED)
        return;
    SV_ASSERT(t.b != NULL);
    t.b->fast = SV_FAST_ASKS;
    if (!bare && !sv_tcp_fastopen_known(tcp, &t.h->remote))
        return;
    t.b->fast = bare || (tcp->habits.fastopen & SV_FASTOPEN_CLIENT_NO_COOKIE) ? SV_FAST_BARE : SV_FAST_SENDS;
    const uint32_t length = (uint32_t)sv_min_u64(n, sv_fast_room(&t, p));
    const uint32_t slab = length ? sv_slab_alloc_fast(pool, SV_WANT_DATA, t.core->account) : SV_NONE;
    if (slab == SV_NONE)
        return;
    const struct sv_span span = {
        .seq = t.c->iss + 1u,
        .slab = slab,
        .length = (uint16_t)length,
        .sum = sv_sum_copy(sv_slab_bytes_fast(pool, slab), bytes, length, t.core->cpu),
        .flags = (uint16_t)(SV_SPAN_SUMMED | (sv_tcb_profile(&t)->push_bursts ? SV_SPAN_PUSH : 0)),
    };
    if (!sv_spans_push_fast(&t.b->send, pool, t.core->account, span)) {
        sv_slab_unref_fast(pool, slab);
        return;
    }
    t.h->snd_queued = length;
    *taken = length;
    SV_TRACE_EVENT(t.core, SV_TRACE_CALL, SV_CALL_SEND, t.c->flow, 0, length, 0);
}

void sv_tcp_fastopen_option(const struct sv_tcb *t, struct sv_tcp_header *h)
{
    const struct sv_fastopen_peer *p = sv_fast_peer(t->tcp, &t->h->remote);
    if (t->b->fast == SV_FAST_NONE || t->b->fast == SV_FAST_BARE)
        return;
    h->options |= SV_OPTION_FASTOPEN;
    h->fastopen_length = 0;
    h->fastopen_old = p && (p->length ? p->old : p->try_old == 1);
    if (t->b->fast != SV_FAST_SENDS || !p)
        return;
    h->fastopen_length = p->length;
    sv_memcpy(h->fastopen, p->cookie, SV_FASTOPEN_MAX);
}

/* RFC 7413 §4.2.2: the cookie and the MSS are kept; that no cookie came is news as well. */
static void sv_fast_learn(struct sv_tcb *t, const struct sv_seg *s)
{
    const bool asked = t->b->fast != SV_FAST_BARE; /* one unasked is none of ours */
    const bool cookie = asked && s->options & SV_OPTION_FASTOPEN && s->fastopen_length;
    struct sv_fastopen_peer *p = sv_fast_peer_made(t->tcp, &t->h->remote);
    const bool again = t->b->syn_count > 1;
    const bool vanished = again && !cookie && t->b->fast != SV_FAST_ASKS && s->ack == t->c->iss + 1u;
    if (s->options & SV_OPTION_MSS)
        p->mss = s->mss;
    if (cookie) {
        p->length = s->fastopen_length;
        p->old = s->fastopen_old;
        sv_memcpy(p->cookie, sv_seg_cookie(s), p->length);
    } else if (asked && !again && t->b->fast == SV_FAST_ASKS && !p->length) {
        p->try_old = p->try_old ? 2 : 1; /* perhaps it knows the experimental option: asked once, then never more */
    }
    p->losses = vanished ? (uint8_t)sv_min_u32(p->losses + 1u, 255u) : 0;
    /* §4.1.3.1: a server that does not take the data, and does not say what else it would, is not asked again at
     * once. */
    const bool refused =
        !again && !cookie && t->b->fast == SV_FAST_SENDS && t->h->snd_queued && s->ack == t->c->iss + 1u;
    if (refused)
        p->losses = 2;
    if (vanished || refused)
        p->lost_s = sv_fast_seconds(t->tcp);
}

void sv_tcp_fastopen_answered(struct sv_tcb *t, const struct sv_seg *s)
{
    const uint32_t taken = s->ack - t->c->iss - 1u; /* of the data that went with the SYN */
    if (t->b->fast)
        sv_fast_learn(t, s);
    t->b->fast = SV_FAST_NONE;
    if (!t->h->snd_queued)
        return;
    sv_spans_drop_before_fast(&t->b->send, sv_core_pool(t->core), s->ack);
    t->h->snd_queued -= taken;
    t->c->bytes_sent += taken;
    if (!t->h->snd_queued) {
        t->c->syn_data = 1;
        t->tcp->count.fast_opened++;
        return;
    }
}

void sv_tcp_fastopen_refused(struct sv_tcb *t)
{
    t->h->snd_nxt = t->h->snd_una;
    t->b->retransmit_at = SV_NEVER; /* it was the SYN's */
    if (t->h->agreed & SV_TCP_SACK)
        (void)sv_tcb_need_board(t); /* without memory for one SND.NXT has gone back, which does as well */
}

void sv_tcp_fastopen_crossed(struct sv_tcb *t, const struct sv_seg *s)
{
    t->h->snd_una =
        t->c->iss + 1u; /* where the queue begins; what is acknowledged of it, the fifth step goes on to take */
    t->b->fast = SV_FAST_NONE;
    t->b->backoff = 0;
    t->b->retransmit_at = t->b->give_up_at = SV_NEVER;
    if (s->ack != t->h->snd_una)
        return;
    sv_tcp_fastopen_refused(t);
    sv_tcb_arm_retransmit(t);
}
