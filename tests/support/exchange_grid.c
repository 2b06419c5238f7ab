/* SPDX-License-Identifier: BSD-2-Clause */
/* The grid: which event met which state. Nothing is claimed by hand: the runner notes what it saw happen. */
#include "tests/support/exchange_private.h"

#include <assert.h>

static const char *const event_names[G_EVENTS] = {
    [G_LISTEN] = "call LISTEN",
    [G_CONNECT] = "call CONNECT",
    [G_ACCEPT] = "call ACCEPT",
    [G_SEND] = "call SEND",
    [G_RECV] = "call RECV",
    [G_SHUTDOWN] = "call SHUTDOWN",
    [G_CLOSE] = "call CLOSE",
    [G_ABORT] = "call ABORT",
    [G_SYN_BEFORE] = "SYN before the window",
    [G_SYN_NEXT] = "SYN in the window",
    [G_SYN_BEYOND] = "SYN beyond it",
    [G_SYN_ACK] = "SYN,ACK",
    [G_SYN_FIN] = "SYN,FIN",
    [G_RST_NEXT] = "RST at RCV.NXT",
    [G_RST_INSIDE] = "RST elsewhere in the window",
    [G_RST_BEFORE] = "RST before the window",
    [G_RST_BEYOND] = "RST beyond it",
    [G_ACK_NEW] = "ACK of something new",
    [G_ACK_SAME] = "ACK of nothing new",
    [G_ACK_OLD] = "ACK below SND.UNA",
    [G_ACK_ANCIENT] = "ACK a window too old",
    [G_ACK_UNSENT] = "ACK of what was not sent",
    [G_ACK_OUTSIDE] = "bare ACK outside the window",
    [G_NO_ACK] = "no ACK flag",
    [G_DATA_NEXT] = "data at RCV.NXT",
    [G_DATA_AHEAD] = "data further on",
    [G_DATA_BEFORE] = "data we had",
    [G_DATA_STRADDLE] = "data over an edge",
    [G_DATA_BEYOND] = "data beyond the window",
    [G_FIN_NEXT] = "FIN at RCV.NXT",
    [G_FIN_AHEAD] = "FIN further on",
    [G_FIN_BEFORE] = "FIN we had",
    [G_FIN_BEYOND] = "FIN beyond the window",
    [G_URG] = "URG",
    [G_OPTIONS] = "options unknown or malformed",
    [G_SACK_OVERLAP] = "SACK: overlapping blocks",
    [G_SACK_UNSENT] = "SACK of unsent data, or upside down",
    [G_SACK_RENEGED] = "SACK taken back",
    [G_WINDOW_SHRUNK] = "the window shrinks",
    [G_TS_OLD] = "an older timestamp",
    [G_TS_WRAPPED] = "a timestamp that wrapped",
    [G_ICMP_HARD] = "ICMP unreachable",
    [G_ICMP_SOFT] = "ICMP, other",
    [G_ICMP_OUTSIDE] = "ICMP for a number not in flight",
    [G_TIMER_RTO] = "timer: retransmission",
    [G_TIMER_PERSIST] = "timer: persist",
    [G_TIMER_KEEPALIVE] = "timer: keepalive",
    [G_TIMER_DELACK] = "timer: delayed ACK",
    [G_TIMER_USER] = "timer: user",
    [G_TIMER_2MSL] = "timer: 2 MSL",
};

const char *sv_grid_event_name(enum sv_grid_event event)
{
    return event_names[event];
}

static void meet(struct sv_talk *t, enum sv_tcp_state state, enum sv_grid_event event)
{
    t->met[state][event] = 1;
}

enum place { BEFORE, NEXT, INSIDE, BEYOND };

static enum place place_of(const struct sv_talk *t, uint32_t seq)
{
    if (seq == t->rcv_nxt)
        return NEXT;
    if ((int32_t)(seq - t->rcv_nxt) < 0)
        return BEFORE;
    return (int32_t)(seq - t->rcv_right) < 0 ? INSIDE : BEYOND;
}

static void meets_ack(struct sv_talk *t, enum sv_tcp_state s, uint32_t ack)
{
    struct sv_sock_info info = {.size = sizeof info};
    const bool there = t->have_socket && sv_sock_info(t->stack, t->socket, &info) == SV_OK;
    const uint32_t una = there ? t->snd_nxt - info.send_unacked : t->snd_nxt;
    const bool flies = !there && s != SV_TIME_WAIT; /* half open, or the handle is gone: our SYN or FIN is in flight */
    if ((int32_t)(ack - t->snd_nxt) > 0)
        meet(t, s, G_ACK_UNSENT);
    else if ((int32_t)(ack - una) > 0 || flies)
        meet(t, s, G_ACK_NEW);
    else if (ack == una)
        meet(t, s, G_ACK_SAME);
    else
        meet(t, s, una - ack > 60000u ? G_ACK_ANCIENT : G_ACK_OLD);
}

static void meets_blocks(struct sv_talk *t, enum sv_tcp_state s, const struct sv_line *l, uint32_t ack)
{
    uint32_t low = t->snd_nxt;
    for (uint32_t i = 0; i < l->sacks; i++) {
        const uint32_t from = t->our_base + l->sack[2u * i], to = t->our_base + l->sack[2u * i + 1u];
        if ((int32_t)(to - t->snd_nxt) > 0 || (int32_t)(to - from) <= 0)
            meet(t, s, G_SACK_UNSENT);
        for (uint32_t k = 0; k < i; k++) {
            const uint32_t other = t->our_base + l->sack[2u * k], end = t->our_base + l->sack[2u * k + 1u];
            if ((int32_t)(from - end) < 0 && (int32_t)(other - to) < 0)
                meet(t, s, G_SACK_OVERLAP);
        }
        low = (int32_t)(from - low) < 0 ? from : low;
    }
    if (l->options & O_SACK) {
        t->said[2] = true;
        t->said_sack = low;
    } else if (t->said[2] && (int32_t)(ack - t->said_sack) <= 0) { /* it has told less than it had before */
        meet(t, s, G_SACK_RENEGED);
        t->said[2] = false;
    }
}

/* What nobody honest says, or not often. */
static void meets_lies(struct sv_talk *t, enum sv_tcp_state s, const struct sv_line *l, uint32_t ack)
{
    const uint32_t right = ack + (l->win ? l->win - 1u : 60000u);
    const uint32_t ts = l->options & O_TS ? l->ts : t->peer_ts + (uint32_t)((t->now - t->zero) / SV_MS);
    if (l->options & (O_UNKNOWN | O_BROKEN))
        meet(t, s, G_OPTIONS);
    if (l->flags & SYN && l->options & O_TS && !l->to) {
        t->said[0] = true;
        t->said_ts = l->ts;
    }
    if (l->to || !(l->flags & ACK) || l->flags & (SYN | RST) || l->options & O_BROKEN)
        return;
    if (t->said[1] && (int32_t)(right - t->said_right) < 0)
        meet(t, s, G_WINDOW_SHRUNK);
    t->said[1] = true;
    t->said_right = right;
    if (t->x->modern)
        meets_blocks(t, s, l, ack);
    if (!t->timestamps || l->options & O_NONE)
        return;
    if (t->said[0] && (int32_t)(ts - t->said_ts) < 0)
        meet(t, s, G_TS_OLD);
    else if (t->said[0] && ts < t->said_ts)
        meet(t, s, G_TS_WRAPPED);
    t->said[0] = true;
    t->said_ts = ts;
}

void sv_grid_meets_segment(struct sv_talk *t, const struct sv_line *l, uint32_t seq, uint32_t ack)
{
    static const enum sv_grid_event rst[] = {G_RST_BEFORE, G_RST_NEXT, G_RST_INSIDE, G_RST_BEYOND};
    static const enum sv_grid_event syn[] = {G_SYN_BEFORE, G_SYN_NEXT, G_SYN_NEXT, G_SYN_BEYOND};
    static const enum sv_grid_event data[] = {G_DATA_BEFORE, G_DATA_NEXT, G_DATA_AHEAD, G_DATA_BEYOND};
    static const enum sv_grid_event fin[] = {G_FIN_BEFORE, G_FIN_NEXT, G_FIN_AHEAD, G_FIN_BEYOND};
    const enum sv_tcp_state s = l->to ? SV_CLOSED : t->state;
    const enum place at = place_of(t, seq);
    const enum place fin_at = place_of(t, seq + l->len);
    if (l->bad)
        return;
    if (l->who == ICMP) {
        const uint32_t far = t->our_base + l->seq - t->snd_nxt;
        const bool outside = (int32_t)far > 0 || (int32_t)far < -60000;
        meet(t, s, outside ? G_ICMP_OUTSIDE : l->flags >> 8 == 3 && (l->flags & 255u) != 4 ? G_ICMP_HARD : G_ICMP_SOFT);
        return;
    }
    meets_lies(t, s, l, ack);
    if (l->flags & RST) {
        meet(t, s, rst[at]);
        return;
    }
    if (l->flags & SYN) {
        meet(t, s, l->flags & FIN ? G_SYN_FIN : l->flags & ACK ? G_SYN_ACK : syn[at]);
        return;
    }
    if (!(l->flags & ACK)) {
        meet(t, s, G_NO_ACK);
        return;
    }
    if (l->flags & URG)
        meet(t, s, G_URG);
    if (l->len) {
        const bool over = (at == BEFORE && (int32_t)(seq + l->len - t->rcv_nxt) > 0) ||
                          ((at == NEXT || at == INSIDE) && (int32_t)(seq + l->len - t->rcv_right) > 0);
        meet(t, s, over ? G_DATA_STRADDLE : data[at]);
    }
    if (l->flags & FIN)
        meet(t, s, fin[fin_at]);
    if (at == NEXT || at == INSIDE)
        meets_ack(t, s, ack);
    else if (!l->len && !(l->flags & FIN))
        meet(t, s, G_ACK_OUTSIDE);
}

void sv_grid_meets_call(struct sv_talk *t, uint16_t call)
{
    static const int events[OFFERS + 1] = {-1,     G_LISTEN,   G_CONNECT, G_ACCEPT,  G_SEND,
                                           G_RECV, G_SHUTDOWN, G_CLOSE,   G_ABORT,   G_CLOSE,
                                           -1,     -1,         -1,        G_CONNECT, -1};
    assert(call <= OFFERS);
    if (events[call] >= 0)
        meet(t, call == CLOSE_LISTENER ? SV_LISTEN : t->state, (enum sv_grid_event)events[call]);
}

void sv_grid_meets_trace(struct sv_talk *t, enum sv_tcp_state before)
{
    static const enum sv_grid_event timers[] = {[SV_TIMER_RTO] = G_TIMER_RTO,
                                                [SV_TIMER_PERSIST] = G_TIMER_PERSIST,
                                                [SV_TIMER_KEEPALIVE] = G_TIMER_KEEPALIVE,
                                                [SV_TIMER_DELACK] = G_TIMER_DELACK,
                                                [SV_TIMER_USER] = G_TIMER_USER,
                                                [SV_TIMER_TIME_WAIT] = G_TIMER_2MSL};
    struct sv_trace_record r;
    const enum sv_tcp_state after = t->state;
    (void)after;
    while (sv_trace_read(t->trace, &r, NULL, 0)) {
        if (r.kind == SV_TRACE_TCP_TIMER_FIRED && r.detail <= SV_TIMER_USER && r.time == t->now)
            meet(t, before, timers[r.detail]);
        if (r.kind == SV_TRACE_TCP_STATE && !sv_talk_moved(&r))
            t->odd = r;
    }
    if (before == SV_TIME_WAIT)
        meet(t, before, G_TIMER_2MSL);
    if (before == SV_SYN_RECEIVED && t->seen_count)
        meet(t, before, G_TIMER_RTO);
}
