/* SPDX-License-Identifier: BSD-2-Clause */
/* See tcp_search.h. Two ways of searching: Linux's, which halves what is left (tcp_mtu_probe()), and another, which
 * knows what links there are. */
#include "l4_transport/tcp_search.h"

#include "l3_network/net.h"
#include "l4_transport/tcp_output.h"
#include "l4_transport/tcp_sack.h"

/* RFC 1191 §7.1's plateaus, and what is common today: jumbo frames, Ethernet, PPPoE, tunnels, IPv6's least. */
static const uint16_t sv_search_common[] = {576,  1006, 1280, 1400, 1420, 1480,  1492, 1500,
                                            2002, 4352, 8166, 9000, 9216, 17914, 32000};

static struct sv_net *sv_search_net(const struct sv_tcb *t)
{
    return (struct sv_net *)(uintptr_t)((intptr_t)t->tcp + (intptr_t)t->tcp->net_at);
}

static struct sv_search *sv_search_set(const struct sv_tcp *tcp, const struct sv_addr *remote)
{
    const uint64_t hash = sv_siphash13(&tcp->isn_key, remote->byte, 16);
    const uint32_t set = (uint32_t)hash & (SV_SEARCH_PATHS / SV_SEARCH_WAYS - 1u);
    return (struct sv_search *)(uintptr_t)&tcp->searches.path[set * SV_SEARCH_WAYS];
}

struct sv_search *sv_search_find(const struct sv_tcp *tcp, const struct sv_addr *remote)
{
    if (!tcp->searches.used)
        return NULL;
    struct sv_search *r = sv_search_set(tcp, remote);
    for (uint32_t i = 0; i < SV_SEARCH_WAYS; i++, r++) {
        if (r->phase != SV_SEARCH_FREE && sv_addr_equal(&r->dst, remote))
            return r;
    }
    return NULL;
}

/* A record for the path to t's peer, in BASE. */
static struct sv_search *sv_search_make(struct sv_tcb *t, uint32_t low, uint32_t high)
{
    struct sv_search *r = sv_search_find(t->tcp, &t->h->remote);
    if (!r) {
        struct sv_search *set = sv_search_set(t->tcp, &t->h->remote);
        r = set;
        for (uint32_t i = 0; i < SV_SEARCH_WAYS && r->phase != SV_SEARCH_FREE; i++) {
            if (set[i].phase == SV_SEARCH_FREE || (int32_t)(set[i].used - r->used) < 0)
                r = &set[i];
        }
        t->tcp->searches.used += r->phase == SV_SEARCH_FREE;
    }
    *r = (struct sv_search){.dst = t->h->remote,
                            .phase = SV_SEARCH_BASE,
                            .marks = SV_SEARCH_TOP,
                            .low = low,
                            .high = sv_max_u32(low, high),
                            .used = ++t->tcp->searches.asked};
    return r;
}

static uint32_t sv_search_options(const struct sv_tcb *t)
{
    return (t->h->agreed & SV_TCP_TIMESTAMPS ? SV_TCP_TIMESTAMPS_LENGTH : 0u) + sv_tcb_auth_room(t);
}

static uint32_t sv_search_headers(const struct sv_tcb *t)
{
    return sv_addr_is_v4(&t->h->remote) ? 40u : 60u;
}

/* What every path carries. Linux goes below it. */
static uint32_t sv_search_least(const struct sv_tcb *t)
{
    if (sv_tcb_profile(t)->search_halves)
        return SV_PMTU_MIN_IP4;
    return sv_addr_is_v4(&t->h->remote) ? SV_PMTU_MIN_IP4 : SV_PMTU_MIN_IP6;
}

/* BASE_PLPMTU, RFC 8899 §5.1.2. Linux counts what of it is payload (tcp_mss_to_mtu()). */
static uint32_t sv_search_base(const struct sv_tcb *t)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    const uint32_t options = p->search_halves ? sv_search_options(t) : 0;
    return sv_max_u32(p->base_mss + sv_search_headers(t) + options, sv_search_least(t));
}

uint32_t sv_search_mtu(const struct sv_tcb *t, uint32_t mtu)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    const struct sv_search *r = sv_search_find(t->tcp, &t->h->remote);
    if (r)
        return r->marks & SV_SEARCH_PROVEN || !p->search_halves || t->h->flags & SV_TCP_ACTIVE ? sv_min_u32(mtu, r->low)
                                                                                               : mtu;
    if (p->mtu_probing < 2 || t->h->neighbour == SV_NONE)
        return mtu;
    /* Linux: who was called keeps the length that its SYN,ACK agreed on until a probe has told something. */
    return p->search_halves && !(t->h->flags & SV_TCP_ACTIVE) ? mtu : sv_min_u32(mtu, sv_search_base(t));
}

static uint32_t sv_search_link(const struct sv_tcb *t)
{
    return sv_min_u32(sv_tcp_interface(t->tcp, t->h->interface)->mtu, 65535u);
}

static void sv_search_note(const struct sv_tcb *t, const struct sv_search *r, enum sv_pmtu_event event, uint32_t mtu)
{
    if (!sv_core_traced(t->core))
        return;
    const uint32_t arg[] = {mtu};
    sv_trace_event(t->core, SV_TRACE_PMTU, (uint16_t)event, t->c->flow, 0, arg, SV_COUNT_OF(arg), r->dst.byte, 16);
}

/* --- what became of a probe --- */

static bool sv_search_owns(const struct sv_tcb *t, const struct sv_search *r)
{
    return r->size && r->owner == t->index && r->generation == t->c->generation;
}

/* Our record, if its probe is ours. */
static struct sv_search *sv_search_own(const struct sv_tcb *t)
{
    struct sv_search *r = sv_search_find(t->tcp, &t->h->remote);
    return r && sv_search_owns(t, r) ? r : NULL;
}

/* RFC 4821 §7.6.1: it got there. */
static void sv_search_found(struct sv_tcb *t, struct sv_search *r)
{
    r->low = sv_max_u32(r->low, r->size);
    r->high = sv_max_u32(r->high, r->low);
    r->size = r->lost = 0;
    r->marks = (uint8_t)((r->marks | SV_SEARCH_PROVEN) & ~SV_SEARCH_TOP);
    sv_pmtu_widen(t->core, &sv_search_net(t)->pmtu, &r->dst, r->low);
    t->tcp->count.mtu_found++;
    sv_search_note(t, r, SV_PMTU_FOUND, r->low);
}

/* It did not: MAX_PROBES of a size say that it does not fit (RFC 8899 §5.1.2). */
static void sv_search_failed(struct sv_tcb *t, struct sv_search *r)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    r->quiet_tick = sv_tick(t->now) + p->search_pause_ms;
    t->tcp->count.mtu_failed++;
    sv_search_note(t, r, SV_PMTU_TOO_LONG, r->size);
    if (r->size > r->high || ++r->lost < p->search_tries) /* a router has told meanwhile, or: not yet */
        return;
    r->high = sv_max_u32(r->size - 1u, r->low);
    r->lost = 0;
    r->marks &= (uint8_t)~SV_SEARCH_TOP;
}

/* Its connection may have nothing more to send, or be gone: then whoever comes next looks. */
static void sv_search_judge(struct sv_tcb *t, struct sv_search *r)
{
    if (!r->size)
        return;
    const struct sv_tcp_hot *h = sv_tcp_hot(t->tcp, r->owner);
    const bool over = h->kind != SV_TCP_FULL || sv_tcp_cold(t->tcp, r->owner)->generation != r->generation ||
                      h->state < SV_ESTABLISHED;
    if (!over && sv_seq_before(h->snd_una, r->end))
        return;
    if (over || r->marks & SV_SEARCH_GONE)
        r->size = 0; /* it has told nothing; it was said before */
    else
        sv_search_found(t, r);
    r->marks &= (uint8_t)~SV_SEARCH_GONE;
}

bool sv_search_lost(struct sv_tcb *t, const struct sv_board *k)
{
    struct sv_search *r = sv_search_own(t);
    if (!r || sv_seq_after_or_at(t->h->snd_una, r->end))
        return false;
    if (!k && t->h->snd_una != r->start)
        return false;
    for (uint32_t i = 0; k && i < k->count; i++) {
        const struct sv_run *run = sv_run_at(t, k, i);
        const bool inside =
            sv_seq_after_or_at(run->start, r->start) && sv_seq_before_or_at(sv_run_end(t, k, i), r->end);
        if ((run->marks & SV_RUN_LOST) && (!inside || run->marks & SV_RUN_AGAIN)) {
            r->size = 0; /* more is missing: congestion, of which the probe may have died (RFC 4821 §7.6.2) */
            r->marks &= (uint8_t)~SV_SEARCH_GONE;
            return false;
        }
    }
    if (r->marks & SV_SEARCH_GONE)
        return true;
    sv_search_failed(t, r);
    r->marks |= SV_SEARCH_GONE;
    if (k)
        t->b->recover = t->h->snd_max - 1u; /* what is in flight went out before the pieces will: sv_rack_after() */
    return true;
}

bool sv_search_resends(const struct sv_tcb *t, uint32_t next)
{
    const struct sv_search *r = sv_search_own(t);
    return r && r->marks & SV_SEARCH_GONE && sv_seq_before(next, r->end) && sv_seq_after(next, r->start) &&
           t->b->board == SV_NONE;
}

/* RFC 4821 §7.6.3: nothing is known then but that the path is in trouble. So that a size that is always followed by one
 * is not tried for ever, it counts; as Linux has it it does not (__tcp_retransmit_skb()). */
void sv_search_timeout(struct sv_tcb *t)
{
    struct sv_search *r = sv_search_own(t);
    if (!r)
        return;
    if (!sv_tcb_profile(t)->search_halves && !(r->marks & SV_SEARCH_GONE) && sv_seq_before(t->h->snd_una, r->end))
        sv_search_failed(t, r);
    r->size = 0;
    r->marks &= (uint8_t)~SV_SEARCH_GONE;
}

/* RFC 4821 §7.4: what a router reports is the next to be tried, if it is more than what is proven. */
void sv_search_told(struct sv_tcb *t)
{
    struct sv_search *r = sv_search_find(t->tcp, &t->h->remote);
    if (!r)
        return;
    const uint32_t mtu = sv_pmtu_of(t->core, &sv_search_net(t)->pmtu, &t->h->remote, sv_search_link(t));
    if (mtu < r->high) {
        r->high = mtu;
        r->lost = 0;
        r->marks |= SV_SEARCH_TOP;
    }
    r->low = sv_min_u32(r->low, r->high);
}

uint32_t sv_search_fall(struct sv_tcb *t)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    const uint32_t fixed = sv_search_headers(t) + sv_search_options(t), now = t->h->mss + fixed;
    uint32_t low = sv_search_base(t);
    uint8_t phase = SV_SEARCH_BASE;
    if (now <= low) { /* tcp_mtu_probing(); RFC 8899 §5.2: ERROR */
        const uint32_t half = sv_max_u32(sv_min_u32(t->h->mss / 2u, p->base_mss), p->mtu_probe_floor);
        low = sv_max_u32(half + fixed, sv_search_least(t));
        phase = SV_SEARCH_ERROR;
    }
    if (low >= now)
        return 0;
    const struct sv_search *old = sv_search_find(t->tcp, &t->h->remote);
    const uint32_t high = phase == SV_SEARCH_ERROR && old ? old->high : sv_max_u32(now, old ? old->high : 0);
    struct sv_search *r = sv_search_make(t, low, high);
    r->phase = phase;
    r->marks |= SV_SEARCH_PROVEN;
    r->lost =
        (uint8_t)(p->search_tries - 1u); /* it vanished often enough: one probe more, lest it was something else */
    return low;
}

/* --- the next one --- */

static uint32_t sv_search_near(uint32_t low, uint32_t high)
{
    const uint32_t middle = low + (high - low + 1u) / 2u;
    uint32_t best = middle, off = (high - low) / 4u;
    for (uint32_t i = 0; i < SV_COUNT_OF(sv_search_common); i++) {
        const uint32_t c = sv_search_common[i], d = c > middle ? c - middle : middle - c;
        if (c > low && c <= high && d <= off) {
            best = c;
            off = d;
        }
    }
    return best;
}

static bool sv_search_is_common(uint32_t mtu)
{
    for (uint32_t i = 0; i < SV_COUNT_OF(sv_search_common); i++) {
        if (sv_search_common[i] == mtu)
            return true;
    }
    return false;
}

/* The size of the next probe, of packets that this connection could fill up to `high`; 0: none. RFC 8899 §5.3.2, RFC
 * 4821 §7.5: first all that the link takes; then common MTUs near the middle. Where one is proven it is most likely the
 * path's: a little more is tried, and if that is lost the search is over. */
static uint32_t sv_search_next(const struct sv_tcp_profile *p, const struct sv_search *r, uint32_t high)
{
    if (high <= r->low || high - r->low < p->search_threshold)
        return 0;
    if (p->search_halves)
        return (high + r->low) >> 1;
    if (r->marks & SV_SEARCH_TOP)
        return high;
    if ((r->marks & SV_SEARCH_PROVEN) && sv_search_is_common(r->low))
        return r->low + p->search_threshold;
    return sv_search_near(r->low, high);
}

/* PMTU_RAISE_TIMER, RFC 8899 §5.1.1. False: the search rests. */
static bool sv_search_goes_on(const struct sv_tcb *t, struct sv_search *r)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    if (r->phase == SV_SEARCH_COMPLETE) {
        if (t->now < r->raise_at || r->low >= sv_search_link(t))
            return false;
        r->high = sv_search_link(t);
        r->marks |= SV_SEARCH_TOP;
        r->lost = 0;
    }
    r->phase = SV_SEARCH_ON;
    if (sv_search_next(p, r, r->high))
        return true;
    r->phase = SV_SEARCH_COMPLETE;
    r->raise_at = t->now + p->search_interval_s * SV_S;
    sv_search_note(t, r, SV_PMTU_COMPLETE, r->low);
    return false;
}

/* Is this a time for a probe, as far as the connection goes? RFC 4821 §7.4. */
static bool sv_search_calm(const struct sv_tcb *t)
{
    const struct sv_tcp_busy *b = t->b;
    return t->h->snd_nxt == t->h->snd_max && t->h->state >= SV_ESTABLISHED && !b->recovery && !b->backoff &&
           b->board == SV_NONE && !t->h->dupacks && !b->rexmit && !b->persist && !b->urgent && !b->ooo_count &&
           !b->dsack && !(t->h->flags & SV_TCP_CORK);
}

/* Sends it. What the packet could not hold in so many slices makes it shorter: then that is its size. */
static enum sv_search_says sv_search_send(struct sv_tcb *t, struct sv_turn *turn, struct sv_search *r, uint32_t bytes)
{
    const uint16_t mss = t->h->mss;
    const uint32_t start = t->h->snd_nxt;
    t->h->mss = (uint16_t)bytes; /* for this one */
    const uint32_t n = sv_tcb_send_data(t, turn, start, bytes, SV_SENT_NEW);
    t->h->mss = mss;
    if (!n)
        return SV_SEARCH_SAYS_STUCK;
    t->b->sent_rough |= (uint8_t)(1u << (t->b->sent_marks - 1u)); /* its run is not of segments of one length */
    if (n <= mss && n < bytes)
        return SV_SEARCH_SAYS_SEND;
    r->size = n + sv_search_headers(t) + sv_search_options(t);
    r->start = start;
    r->end = start + n;
    r->owner = t->index;
    r->generation = t->c->generation;
    r->marks &= (uint8_t)~SV_SEARCH_GONE;
    t->tcp->count.mtu_probes++;
    sv_search_note(t, r, SV_PMTU_PROBED, r->size);
    return SV_SEARCH_SAYS_SEND;
}

/* RFC 4821 §7.3, §7.4: enough data and window behind it that three duplicates will tell of its loss. */
static enum sv_search_says sv_search_try(struct sv_tcb *t, struct sv_turn *turn, struct sv_search *r)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    const uint32_t fixed = sv_search_headers(t) + sv_search_options(t);
    const uint32_t high = sv_min_u32(sv_min_u32(r->high, sv_search_link(t)), t->c->peer_mss + sv_search_headers(t));
    const uint32_t size = sv_search_next(p, r, high);
    if (!size || !sv_search_calm(t) || (r->quiet_tick && (int32_t)(sv_tick(t->now) - r->quiet_tick) < 0))
        return SV_SEARCH_SAYS_SEND;
    const struct sv_tcp_hot *h = t->h;
    const uint32_t bytes = size - fixed, flight = h->snd_nxt - h->snd_una;
    const uint32_t behind = (sv_max_u32(p->duplicate_threshold, t->b->reordering) + 1u) * h->mss;
    const uint32_t needed = bytes + behind;
    if ((bytes <= h->mss && !p->search_halves) || h->snd_queued - flight < needed || h->snd_wnd < needed ||
        h->cwnd < sv_max_u32((uint32_t)p->search_window * h->mss, needed))
        return SV_SEARCH_SAYS_SEND;
    const uint32_t room = p->search_halves ? 2u * h->mss : bytes; /* Linux's window is of segments, of any length */
    if (flight && (flight + needed > h->snd_wnd || flight + room > h->cwnd))
        return SV_SEARCH_SAYS_WAIT;
    if (turn->made >= turn->grant.packets)
        return SV_SEARCH_SAYS_STUCK;
    return sv_search_send(t, turn, r, bytes);
}

/* Others may have found out more, or that less gets there. */
static void sv_search_follow(struct sv_tcb *t, const struct sv_search *r)
{
    if (!(r->marks & SV_SEARCH_PROVEN))
        return;
    const uint16_t mss = sv_tcp_path_mss(t);
    if (mss == t->h->mss || t->b->board != SV_NONE || t->h->snd_nxt != t->h->snd_max)
        return;
    sv_tcb_lengthen(t, mss);
    t->b->sent_rough = 0xff; /* segments were of another length */
}

enum sv_search_says sv_search_turn(struct sv_tcb *t, struct sv_turn *turn)
{
    const struct sv_tcp_profile *p = sv_tcb_profile(t);
    struct sv_search *r = sv_search_find(t->tcp, &t->h->remote);
    if (!r) {
        if (p->mtu_probing < 2 || t->h->neighbour == SV_NONE || t->h->state < SV_ESTABLISHED)
            return SV_SEARCH_SAYS_SEND;
        const uint32_t known = sv_pmtu_of(t->core, &sv_search_net(t)->pmtu, &t->h->remote, sv_search_link(t));
        r = sv_search_make(t, sv_min_u32(sv_search_base(t), known), known);
    }
    r->used = ++t->tcp->searches.asked;
    sv_search_judge(t, r);
    sv_search_follow(t, r);
    if (r->size || !p->mtu_probing || !sv_search_goes_on(t, r))
        return SV_SEARCH_SAYS_SEND;
    return sv_search_try(t, turn, r);
}
