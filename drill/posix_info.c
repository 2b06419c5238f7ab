/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP_INFO in the layout of Linux's UAPI (include/uapi/linux/tcp.h), written field by field. */
#include "drill/posix_private.h"
#include "stack/stack_internal.h"

#define SV_POSIX_INFO_BYTES 280u

/* enum sv_tcp_state in the kernel's numbers (TCP_ESTABLISHED is 1). */
static const uint8_t sv_posix_state_number[SV_TCP_STATES] = {
    [SV_CLOSED] = 7,      [SV_LISTEN] = 10,    [SV_SYN_SENT] = 2,   [SV_SYN_RECEIVED] = 3,
    [SV_ESTABLISHED] = 1, [SV_FIN_WAIT_1] = 4, [SV_FIN_WAIT_2] = 5, [SV_CLOSE_WAIT] = 8,
    [SV_CLOSING] = 11,    [SV_LAST_ACK] = 9,   [SV_TIME_WAIT] = 6,
};

static void sv_posix_put32(uint8_t *to, uint32_t at, uint32_t value)
{
    memcpy(to + at, &value, sizeof value);
}

static void sv_posix_put64(uint8_t *to, uint32_t at, uint64_t value)
{
    memcpy(to + at, &value, sizeof value);
}

/* In segments, as the kernel counts. */
static uint32_t sv_posix_segments(uint32_t bytes, uint32_t mss)
{
    return mss ? (bytes + mss - 1u) / mss : 0;
}

/* The MSS that we tell the peer. */
static uint32_t sv_posix_advmss(const struct sv_posix *p, const struct sv_posix_fd *f)
{
    const bool v4 = f->family == AF_INET || (f->remote.addr.byte[10] == 0xff && f->remote.addr.byte[0] == 0);
    const uint32_t most = p->config.mtu - (v4 ? 40u : 60u);
    return f->opt.maxseg && (uint32_t)f->opt.maxseg < most ? (uint32_t)f->opt.maxseg : most;
}

void sv_posix_life_begin(const struct sv_posix *p, struct sv_posix_fd *f)
{
    f->life = (struct sv_posix_life){.limit_since = p->now, .data_at = p->now};
    if (f->phase == SV_POSIX_CONNECTED && f->last.state >= SV_ESTABLISHED) {
        f->life.opened = true;
        f->life.delivered = 1;
        f->life.delivered_bytes = f->last.bytes_sent; /* what went with our SYN is no packet more */
    }
}

/* What keeps it from sending more? */
static enum sv_posix_limit sv_posix_limit_now(const struct sv_posix_fd *f)
{
    const struct sv_posix_memory *m = &f->memory;
    const uint32_t in_flight = m->queued - m->unsent;
    if (f->phase != SV_POSIX_CONNECTED || !m->queued)
        return SV_POSIX_IDLE;
    if (f->no_space && !m->unsent && in_flight < f->last.cwnd)
        return SV_POSIX_SNDBUF;
    const uint32_t next = m->unsent < f->last.mss_bytes ? m->unsent : f->last.mss_bytes;
    if (m->unsent && in_flight + next > f->last.send_window && in_flight < f->last.cwnd)
        return SV_POSIX_RWND;
    return SV_POSIX_BUSY;
}

/* The kernel counts packets of its queue as they are acknowledged, by number or by SACK; here an acknowledgement counts
 * for as many segments as its bytes fill. */
static void sv_posix_count_delivered(struct sv_posix_fd *f)
{
    struct sv_posix_life *l = &f->life;
    const uint64_t bytes = f->last.bytes_sent + f->last.sacked;
    if (!l->opened && f->last.state >= SV_ESTABLISHED) {
        l->opened = true;
        l->delivered++;
    }
    if (bytes > l->delivered_bytes) {
        l->delivered += sv_posix_segments((uint32_t)(bytes - l->delivered_bytes), f->last.mss_bytes);
        l->delivered_bytes = bytes;
    }
}

void sv_posix_life_goes_on(const struct sv_posix *p, struct sv_posix_fd *f)
{
    struct sv_posix_life *l = &f->life;
    const uint64_t arrived = f->last.bytes_received - f->seen_received;
    sv_posix_count_delivered(f);
    if (!l->recv_mss) /* tcp_initialize_rcv_mss() */
        l->recv_mss = f->last.mss_bytes < 536 ? f->last.mss_bytes : 536;
    if (arrived) {
        const uint32_t most = sv_posix_advmss(p, f);
        l->data_at = p->now;
        if (arrived >= l->recv_mss)
            l->recv_mss = arrived < most ? (uint32_t)arrived : most;
    }
    l->spent[l->limit] += p->now - l->limit_since;
    l->limit_since = p->now;
    l->limit = sv_posix_limit_now(f);
}

static uint32_t sv_posix_ms_since(const struct sv_posix *p, sv_time at)
{
    return (uint32_t)((p->now - at) / SV_MS);
}

/* A tick of the stack's records is 2^20 ns. */
static sv_time sv_posix_tick_time(const struct sv_posix *p, uint32_t tick)
{
    const uint32_t ticks = (uint32_t)(p->now >> 20) - tick;
    return p->now - (((sv_time)ticks << 20) < p->now ? (sv_time)ticks << 20 : p->now);
}

static void sv_posix_info_life(struct sv_posix *p, const struct sv_posix_fd *f, uint8_t *to)
{
    const struct sv_posix_life *l = &f->life;
    sv_time spent[SV_POSIX_LIMITS];
    memcpy(spent, l->spent, sizeof spent);
    spent[l->limit] += p->now - l->limit_since;
    sv_posix_put32(to, 20, l->recv_mss);
    sv_posix_put32(to, 52, sv_posix_ms_since(p, l->data_at));
    sv_posix_put32(to, 84, sv_posix_advmss(p, f));
    sv_posix_put64(to, 168, (spent[SV_POSIX_BUSY] + spent[SV_POSIX_RWND] + spent[SV_POSIX_SNDBUF]) / SV_US);
    sv_posix_put64(to, 176, spent[SV_POSIX_RWND] / SV_US);
    sv_posix_put64(to, 184, spent[SV_POSIX_SNDBUF] / SV_US);
    sv_posix_put32(to, 192, l->delivered);
}

static void sv_posix_info_state(struct sv_posix *p, const struct sv_posix_fd *f, uint8_t *to)
{
    const struct sv_sock_info *i = &f->last;
    const uint32_t mss = i->mss_bytes ? i->mss_bytes : 536;
    to[0] = sv_posix_state_number[i->state];
    to[2] = (uint8_t)(i->backoff < 255 ? i->backoff : 255);
    to[3] = (uint8_t)i->probes;
    to[4] = to[2];
    to[5] = (uint8_t)((i->options & 15u) | (i->options & 16u ? 32u : 0u)); /* TCPI_OPT_SYN_DATA */
    to[6] = (uint8_t)(i->send_scale | i->recv_scale << 4);
    sv_posix_put32(to, 8, i->rto_us);
    sv_posix_put32(to, 12, 40000);
    sv_posix_put32(to, 16, mss);
    sv_posix_put32(to, 24, sv_posix_segments(i->send_unacked, mss));
    sv_posix_put32(to, 28, sv_posix_segments(i->sacked, mss));
    sv_posix_put32(to, 32, sv_posix_segments(i->lost + i->sent_again, mss)); /* Linux's lost_out has both */
    sv_posix_put32(to, 36, sv_posix_segments(i->sent_again, mss));
    sv_posix_put32(to, 60, sv_pmtu_of(&p->stack->core, &p->stack->net.pmtu, &f->remote.addr, p->config.mtu));
    sv_posix_put32(to, 68, i->srtt_us);
    sv_posix_put32(to, 72, i->rttvar_us);
    sv_posix_put32(to, 76, i->ssthresh > INT32_MAX ? INT32_MAX : i->ssthresh / mss); /* TCP_INFINITE_SSTHRESH */
    sv_posix_put32(to, 80, i->cwnd / mss);
    sv_posix_put32(to, 88, i->reordering > 3 ? i->reordering : 3); /* TCP_FASTRETRANS_THRESH */
    sv_posix_put32(to, 100, i->retransmits);
    sv_posix_put64(to, 120, i->bytes_sent);
    sv_posix_put64(to, 128, i->bytes_received);
    const uint32_t sent = i->send_unacked < i->send_queued ? i->send_unacked : i->send_queued;
    sv_posix_put32(to, 144, i->send_queued - sent);
    sv_posix_put32(to, 148, i->min_rtt_us);
    const struct sv_accecn_info *a = &i->accecn;
    sv_posix_put32(to, 196, a->delivered.ce_packets);
    sv_posix_put32(to, 248, a->received.ce_packets);
    sv_posix_put32(to, 252, a->delivered.ect1_bytes);
    sv_posix_put32(to, 256, a->delivered.ect0_bytes);
    sv_posix_put32(to, 260, a->delivered.ce_bytes);
    sv_posix_put32(to, 264, a->received.ect1_bytes);
    sv_posix_put32(to, 268, a->received.ect0_bytes);
    sv_posix_put32(to, 272, a->received.ce_bytes);
    sv_posix_put32(to, 220, i->reordered);
    sv_posix_put32(to, 228, i->send_window);
    sv_posix_put32(to, 232, i->recv_window);
}

/* What sv_sock_info does not tell. */
static void sv_posix_info_record(struct sv_posix *p, const struct sv_posix_fd *f, uint8_t *to)
{
    uint32_t index;
    if (!sv_session_tcp(&p->stack->session, f->sock, &index))
        return;
    const struct sv_tcp_hot *h = sv_tcp_hot(&p->stack->tcp, index);
    const struct sv_tcp_cold *c = sv_tcp_cold(&p->stack->tcp, index);
    sv_posix_put32(to, 44, sv_posix_ms_since(p, sv_posix_tick_time(p, h->sent_tick)));
    sv_posix_put32(to, 56, sv_posix_ms_since(p, sv_posix_tick_time(p, c->heard_tick)));
    if (h->busy == SV_NONE)
        return;
    const struct sv_tcp_busy *b = sv_tcp_busy(&p->stack->tcp, h->busy);
    const uint8_t calm = b->ecn_reduced ? 2 : h->dupacks || f->last.sacked ? 1 : 0; /* TCP_CA_CWR, _Disorder, _Open */
    to[1] = b->recovery == SV_RECOVERY_FAST ? 3 : b->recovery == SV_RECOVERY_TIMEOUT ? 4 : calm;
    sv_posix_put32(to, 224, b->ooo_count);
}

socklen_t sv_posix_tcp_info(struct sv_posix *p, const struct sv_posix_fd *f, uint8_t to[SV_POSIX_INFO_BYTES])
{
    struct sv_sock_info info = {.size = sizeof info};
    memset(to, 0, SV_POSIX_INFO_BYTES);
    if (f->phase == SV_POSIX_NEW) {
        to[0] = sv_posix_state_number[SV_CLOSED];
        return SV_POSIX_INFO_BYTES;
    }
    if (f->phase == SV_POSIX_LISTENING) {
        to[0] = sv_posix_state_number[SV_LISTEN];
        if (sv_sock_info(p->stack, f->sock, &info) == SV_OK) { /* the queue's length and limit, as ss shows them */
            sv_posix_put32(to, 24, info.backlog);
            sv_posix_put32(to, 28, info.backlog_max);
        }
        return SV_POSIX_INFO_BYTES;
    }
    sv_posix_info_state(p, f, to);
    sv_posix_info_life(p, f, to);
    sv_posix_info_record(p, f, to);
    return SV_POSIX_INFO_BYTES;
}

/* enum SK_MEMINFO_*: rmem_alloc, rcvbuf, wmem_alloc, sndbuf, fwd_alloc, wmem_queued, optmem, backlog, drops. */
void sv_posix_meminfo(struct sv_posix *p, const struct sv_posix_fd *f, uint32_t to[9])
{
    socklen_t n = sizeof(int);
    int buffer = 0;
    memset(to, 0, 9 * sizeof *to);
    to[0] = f->last.recv_queued;
    if (sv_posix_getsockopt(p, f->fd, SOL_SOCKET, SO_RCVBUF, &buffer, &n) == 0)
        to[1] = (uint32_t)buffer;
    to[2] = f->last.send_unacked;
    if (sv_posix_getsockopt(p, f->fd, SOL_SOCKET, SO_SNDBUF, &buffer, &n) == 0)
        to[3] = (uint32_t)buffer;
    to[5] = f->last.send_queued;
}
