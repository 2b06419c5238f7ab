/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings, inspection, and the invariants. */
#include "core/math.h"
#include "l4_transport/tcp_accecn.h"
#include "l4_transport/tcp_rto.h"
#include "l4_transport/tcp_sack.h"
#include "l4_transport/tcp_trouble.h"

static bool sv_tcp_set_timer(struct sv_tcb *t, enum sv_option option, uint64_t value)
{
    if (value > 65535u)
        return false;
    if (option == SV_OPT_KEEPALIVE_IDLE_S)
        t->c->keep_idle_s = (uint16_t)value;
    else if (option == SV_OPT_KEEPALIVE_INTERVAL_S)
        t->c->keep_interval_s = (uint16_t)value;
    else if (value <= 255u)
        t->c->keep_count = (uint8_t)value;
    else
        return false;
    if (t->c->keep_idle_s && !t->c->keep_interval_s)
        t->c->keep_interval_s = 75;
    return true;
}

static bool sv_tcp_set_flag(struct sv_tcb *t, uint16_t flag, uint64_t value)
{
    if (value > 1)
        return false;
    if (value)
        t->h->flags |= flag;
    else
        t->h->flags &= (uint16_t)~flag;
    return true;
}

static bool sv_tcp_set_nodelay(struct sv_tcb *t, uint64_t value)
{
    if (value)
        sv_tcb_cork_lift(t);
    return sv_tcp_set_flag(t, SV_TCP_NODELAY, value);
}

/* RFC 6093: the byte that will be queued next is urgent; the pointer names the one after it. After the FIN there is
 * none. */
static bool sv_tcp_set_urgent(struct sv_tcb *t)
{
    if (!sv_tcb_synchronized(t) || t->h->flags & SV_TCP_FIN_QUEUED || !sv_tcb_need_busy(t))
        return false;
    t->b->snd_up = t->h->snd_una + t->h->snd_queued + 1u;
    t->b->urgent = 1;
    return true;
}

/* What the application chooses does not grow by itself any more. */
static bool sv_tcp_set_buffer(struct sv_tcb *t, enum sv_option option, uint64_t value)
{
    if (value < 2048u || value > 1u << 30)
        return false;
    if (option == SV_OPT_SEND_BUFFER) {
        t->c->send_buffer = (uint32_t)value & 0x7fffffffu;
        t->c->send_fixed = 1;
    } else {
        t->c->recv_buffer = (uint32_t)value & 0x7fffffffu;
        t->c->recv_fixed = 1;
    }
    return true;
}

/* Before our SYN: until the peer's answer its MSS has no other use. */
static bool sv_tcp_set_max_segment(struct sv_tcb *t, uint64_t value)
{
    if (t->h->state != SV_SYN_SENT || !t->b || t->b->syn_count || value < SV_SEGMENT_MIN || value > SV_SEGMENT_MAX)
        return false;
    t->c->peer_mss = (uint16_t)value;
    return true;
}

static bool sv_tcp_set_ecn(struct sv_tcb *t, uint64_t value)
{
    if (value > SV_ECN_ACCEPT_ACCURATE || t->h->state != SV_SYN_SENT || !t->b || t->b->syn_count ||
        (value >= SV_ECN_ACCURATE && !t->tcp->accecn_at))
        return false;
    t->c->ecn = sv_ecn_asks(value ? (uint32_t)value - 1u : t->tcp->ecn) & 3u;
    return true;
}

static bool sv_tcp_set_value(struct sv_tcb *t, enum sv_option option, uint64_t value)
{
    switch (option) {
    case SV_OPT_NODELAY:
        return sv_tcp_set_nodelay(t, value);
    case SV_OPT_CORK:
        return sv_tcb_cork(t, value);
    case SV_OPT_LINGER_RESET:
        return sv_tcp_set_flag(t, SV_TCP_LINGER_RESET, value);
    case SV_OPT_KEEPALIVE_IDLE_S:
    case SV_OPT_KEEPALIVE_INTERVAL_S:
    case SV_OPT_KEEPALIVE_COUNT:
        return sv_tcp_set_timer(t, option, value);
    case SV_OPT_USER_TIMEOUT_MS:
        if (value > 0xffffffu)
            return false;
        t->c->user_timeout_ms = (uint32_t)value & 0xffffffu;
        if (t->b) /* counted anew from here */
            t->b->give_up_at = SV_NEVER;
        return true;
    case SV_OPT_SEND_BUFFER:
    case SV_OPT_RECV_BUFFER:
        return sv_tcp_set_buffer(t, option, value);
    case SV_OPT_URGENT:
        return value == 1 && sv_tcp_set_urgent(t);
    case SV_OPT_TTL:
        if (value == 0 || value > 255)
            return false;
        t->h->ttl = (uint8_t)value;
        return true;
    case SV_OPT_TOS: /* its lower two bits are congestion's to tell: RFC 3168 §5 */
        if (value > 255 || (value & 3u) != 0)
            return false;
        t->c->dscp = (uint32_t)(value >> 2) & 63u;
        return true;
    case SV_OPT_CONGESTION:
        return sv_tcp_cc_choose(t, value);
    case SV_OPT_PACING:
        if (value > UINT32_MAX || !sv_tcb_need_busy(t))
            return false;
        t->b->pace_max = (uint32_t)value;
        sv_tcp_pace_choose(t);
        return true;
    case SV_OPT_ECN:
        return sv_tcp_set_ecn(t, value);
    case SV_OPT_MAX_SEGMENT:
        return sv_tcp_set_max_segment(t, value);
    case SV_OPT_TROUBLE:
        return sv_tcp_set_trouble(t, value);
    case SV_OPT_QUICKACK:
        if (value > 1 || !sv_tcb_need_busy(t))
            return false;
        t->b->quickack = (uint8_t)value;
        return true;
    default:
        return false;
    }
}

enum sv_err sv_tcp_set(struct sv_tcp *tcp, uint32_t index, enum sv_option option, uint64_t value)
{
    struct sv_tcb t = sv_tcb_of(tcp, index);
    if (t.h->flags & SV_TCP_DEAD)
        return SV_ERR_STATE;
    if (!sv_tcp_set_value(&t, option, value))
        return SV_ERR_INVALID;
    if (sv_tcb_synchronized(&t))
        sv_tcb_consider_sending(&t); /* Nagle or the cork may have let go */
    sv_tcb_arm_retransmit(&t);
    sv_tcb_rearm(&t);
    return SV_OK;
}

/* What an algorithm would begin only by being asked is not begun here. */
static void sv_tcp_info_rates(const struct sv_tcb *t, struct sv_sock_info *info)
{
    struct sv_tcb view = *t;
    const struct sv_tcp_cc *cc = sv_tcp_cc_of(t);
    info->pacing_rate = t->b && (!cc->pacing || t->b->cc.room[0]) ? sv_tcp_pacing_rate(&view) : 0;
    if (cc->delivery)
        info->delivery_rate = cc->delivery(t);
    else if (t->h->srtt_us) /* a window a round trip */
        info->delivery_rate = sv_div64((uint64_t)(t->h->snd_max - t->h->snd_una) * 8000000u, t->h->srtt_us);
}

static void sv_tcp_info_recovery(const struct sv_tcb *t, struct sv_sock_info *info)
{
    static const uint8_t states[] = {
        [SV_RECOVERY_NONE] = SV_RECOVERY_OPEN,
        [SV_RECOVERY_FAST] = SV_RECOVERY_RESENDING,
        [SV_RECOVERY_TIMEOUT] = SV_RECOVERY_LOSS,
        [SV_RECOVERY_DISORDER] = SV_RECOVERY_DOUBTFUL,
    };
    const struct sv_board *k = sv_tcb_board(t);
    info->in_network = sv_tcb_flight(t);
    info->reordering = t->b ? t->b->reordering : t->c->reordering;
    info->reordered = t->c->reordered;
    if (!t->b)
        return;
    info->recovery = states[t->b->recovery];
    if (!k)
        return;
    info->sacked = k->sacked;
    info->lost = k->lost;
    info->runs = k->count;
    info->reorder_window_us = (uint32_t)(((uint64_t)sv_rack_window(t, k) << 10) / SV_US);
    for (uint32_t i = 0; i < k->count; i++) {
        if ((sv_run_at(t, k, i)->marks & (SV_RUN_AGAIN | SV_RUN_LOST | SV_RUN_SACKED)) == SV_RUN_AGAIN)
            info->sent_again += sv_run_length(t, k, i);
    }
}

static void sv_tcp_info_counts(struct sv_accecn_counts *c, uint32_t packets, const uint32_t *bytes)
{
    *c = (struct sv_accecn_counts){packets, bytes[SV_IP_CE - 1u], bytes[SV_IP_ECT0 - 1u], bytes[SV_IP_ECT1 - 1u]};
}

static void sv_tcp_info_accecn(const struct sv_tcb *t, struct sv_sock_info *info)
{
    const struct sv_tcp_accecn *a = sv_tcb_accecn(t);
    info->options |= 32u;
    sv_tcp_info_counts(&info->accecn.received, a->r_cep, a->r_bytes);
    sv_tcp_info_counts(&info->accecn.delivered, a->s_cep, a->s_bytes);
    info->accecn.option_seen = a->flags & SV_ACCECN_OPTION_SEEN ? 1 : 0;
    info->accecn.failed = (a->flags & SV_ACCECN_NOT_ECT ? 1u : 0u) | (a->flags & SV_ACCECN_DEAF ? 2u : 0u) |
                          (a->flags & SV_ACCECN_OPTION_DEAF ? 4u : 0u) | (a->flags & SV_ACCECN_OPTION_MUTE ? 8u : 0u);
}

static void sv_tcp_info_full(const struct sv_tcp *tcp, uint32_t index, struct sv_sock_info *info)
{
    const struct sv_tcb t = sv_tcb_of((struct sv_tcp *)(uintptr_t)tcp, index);
    info->state = t.h->state;
    info->flow = t.c->flow;
    info->interface = t.h->interface;
    info->mss_bytes = t.h->mss;
    info->send_queued = t.h->snd_queued;
    info->send_unacked = t.h->snd_max - t.h->snd_una;
    info->recv_queued = t.h->rcv_queued;
    info->send_window = t.h->snd_wnd;
    info->recv_window = t.h->rcv_right - t.h->rcv_nxt;
    info->cwnd = t.h->cwnd;
    info->ssthresh = t.c->ssthresh;
    info->srtt_us = t.h->srtt_us / 8u;
    info->rttvar_us = t.c->rttvar_us / 4u;
    info->rto_us = t.c->rto_us;
    info->min_rtt_us = t.c->min_rtt_us == UINT32_MAX ? 0 : t.c->min_rtt_us;
    info->retransmits = t.c->retransmits;
    info->backoff = t.b ? t.b->backoff : 0;
    info->probes = t.b && t.b->persist ? t.b->backoff : t.c->keep_probes;
    info->bytes_sent = t.c->bytes_sent;
    info->bytes_received = t.c->bytes_received;
    info->options = t.h->agreed & SV_TCP_TIMESTAMPS ? 1u : 0u;
    info->options |= t.h->agreed & SV_TCP_SACK ? 2u : 0u;
    info->options |= t.h->agreed & SV_TCP_SCALING ? 4u : 0u;
    info->options |= t.h->agreed & SV_TCP_ECN ? 8u : 0u;
    info->options |= t.c->syn_data ? 16u : 0u;
    if (sv_tcb_accurate(&t))
        sv_tcp_info_accecn(&t, info);
    info->options |= t.h->agreed & SV_TCP_SIGNED ? 64u : 0u;
    info->send_scale = sv_tcb_send_scale(&t);
    info->recv_scale = sv_tcb_recv_scale(&t);
    info->congestion = t.c->cc;
    sv_tcp_info_rates(&t, info);
    info->error = t.c->error;
    info->trouble = (int32_t)sv_tcb_trouble(&t);
    info->cookie = t.c->cookie;
    sv_tcp_info_recovery(&t, info);
}

static void sv_tcp_info_head(const struct sv_tcp *tcp, const struct sv_tcp_small *m, struct sv_sock_info *info)
{
    sv_memset(info, 0, sizeof *info);
    info->size = sizeof *info;
    info->protocol = SV_TCP_PROTOCOL;
    info->local.addr = *sv_tcp_address(tcp, m->local);
    info->local.port = m->local_port;
    info->remote.addr = m->remote;
    info->remote.port = m->remote_port;
    info->state = m->kind == SV_TCP_TIME_WAIT ? SV_TIME_WAIT : m->state;
}

void sv_tcp_info(const struct sv_tcp *tcp, uint32_t index, struct sv_sock_info *info)
{
    sv_tcp_info_head(tcp, (const struct sv_tcp_small *)(const void *)sv_tcp_hot(tcp, index), info);
    sv_tcp_info_full(tcp, index, info);
}

void sv_tcp_info_listener(const struct sv_tcp *tcp, uint32_t index, struct sv_sock_info *info)
{
    const struct sv_tcp_listener *l = sv_tcp_listener(tcp, index);
    sv_memset(info, 0, sizeof *info);
    info->size = sizeof *info;
    info->protocol = SV_TCP_PROTOCOL;
    info->local.addr = info->remote.addr = l->addr;
    info->local.port = l->port;
    info->state = SV_LISTEN;
    info->flow = l->flow;
    info->backlog = l->backlog;
    info->backlog_max = l->backlog_max;
    info->half_open = l->half_open;
    info->cookie = l->cookie;
    if (!l->any_addr)
        sv_memset(&info->remote.addr, 0, sizeof info->remote.addr);
}

/* Listeners, then full records, then small ones, by number. */
bool sv_tcp_each(const struct sv_tcp *tcp, uint32_t *at, struct sv_sock_info *info)
{
    for (; *at < tcp->listeners; (*at)++) {
        if (!sv_tcp_listener(tcp, *at)->used)
            continue;
        sv_tcp_info_listener(tcp, (*at)++, info);
        return true;
    }
    for (; *at - tcp->listeners < tcp->hot_fresh; (*at)++) {
        const uint32_t i = *at - tcp->listeners;
        if (sv_tcp_hot(tcp, i)->kind != SV_TCP_FULL)
            continue;
        (*at)++;
        sv_tcp_info(tcp, i, info);
        return true;
    }
    for (; *at - tcp->listeners - tcp->hot_fresh < tcp->small_fresh; (*at)++) {
        const struct sv_tcp_small *m = sv_tcp_small(tcp, *at - tcp->listeners - tcp->hot_fresh);
        if (m->kind == SV_TCP_FREE)
            continue;
        (*at)++;
        sv_tcp_info_head(tcp, m, info);
        return true;
    }
    return false;
}

bool sv_tcp_port_free(const struct sv_tcp *tcp, uint16_t port)
{
    for (uint32_t i = 0; i < tcp->listeners_used; i++) {
        if (sv_tcp_listener(tcp, i)->used && sv_tcp_listener(tcp, i)->port == port)
            return false;
    }
    return true;
}

static void sv_tcb_check(const struct sv_tcb *t)
{
    const struct sv_tcp_hot *h = t->h;
    SV_ASSERT(h->state < SV_TCP_STATES);
    SV_ASSERT(!sv_seq_before(h->snd_nxt, h->snd_una));
    SV_ASSERT(!sv_seq_before(h->snd_max, h->snd_nxt));
    if (h->flags & SV_TCP_DEAD)
        return;
    SV_ASSERT(h->flags & SV_TCP_TABLED);
    if (h->state == SV_SYN_SENT)
        return;
    SV_ASSERT(!sv_seq_before(h->rcv_right, h->rcv_nxt));
    SV_ASSERT(!sv_seq_after(h->rcv_acked, h->rcv_nxt));
    if (h->snd_queued || h->rcv_queued || h->snd_una != h->snd_max)
        SV_ASSERT(t->b != NULL);
    if (!t->b)
        return;
    SV_ASSERT(t->b->owner == t->index);
    SV_ASSERT(t->c->rto_us <= sv_tcb_profile(t)->rto_max_us);
    if (h->snd_una != h->snd_max && !(h->flags & SV_TCP_READY))
        SV_ASSERT(t->b->retransmit_at != SV_NEVER); /* in flight implies a timer */
    if (t->b->retransmit_at != SV_NEVER && !(h->flags & SV_TCP_READY))
        SV_ASSERT(h->wake.at <= t->b->retransmit_at);
    SV_ASSERT((t->b->ooo_count == 0) == (t->b->ooo_slab == SV_NONE));
}

/* The byte counts that the record keeps are those of its queues. */
static void sv_tcb_check_queues(const struct sv_tcb *t)
{
    struct sv_pool *pool = sv_core_pool(t->core);
    if (!t->b)
        return;
    uint32_t queued = 0;
    for (uint32_t i = 0; i < t->b->send.count; i++) {
        const struct sv_span *s = sv_spans_at(&t->b->send, pool, i);
        SV_ASSERT(s->seq == t->h->snd_una + (sv_tcb_opening(t) ? 1u : 0u) + queued); /* behind our SYN */
        queued += s->length;
    }
    SV_ASSERT(queued == t->h->snd_queued);
    queued = 0;
    for (uint32_t i = 0; i < t->b->recv.count; i++)
        queued += sv_spans_at(&t->b->recv, pool, i)->length;
    SV_ASSERT(queued == t->h->rcv_queued);
}

void sv_tcp_check(const struct sv_tcp *tcp)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < tcp->hot_fresh; i++) {
        if (sv_tcp_hot(tcp, i)->kind != SV_TCP_FULL)
            continue;
        const struct sv_tcb t = sv_tcb_of((struct sv_tcp *)(uintptr_t)tcp, i);
        sv_tcb_check(&t);
        sv_tcb_check_queues(&t);
        sv_board_check(&t);
        used++;
    }
    SV_ASSERT(used == tcp->hot_used);
}

bool sv_tcp_settled(const struct sv_tcp *tcp)
{
    return tcp->hot_used == 0 && tcp->busy_used == 0 && tcp->half_used == 0 && tcp->wait_used == 0;
}
