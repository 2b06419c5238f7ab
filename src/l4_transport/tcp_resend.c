/* SPDX-License-Identifier: BSD-2-Clause */
/* What is sent again, and probes. */
#include "l4_transport/tcp_output.h"
#include "l4_transport/tcp_rto.h"
#include "l4_transport/tcp_sack.h"

/* [seq, seq + n) again, or the FIN alone that stands there. Gives the numbers it took; 0: no memory. */
static uint32_t sv_tcb_send_piece(struct sv_tcb *t, struct sv_turn *turn, uint32_t seq, uint32_t n, uint16_t reason)
{
    const uint32_t end = t->h->snd_una + t->h->snd_queued;
    if (sv_seq_before(seq, end)) {
        const uint32_t sent = sv_tcb_send_data(t, turn, seq, sv_min_u32(n, end - seq), reason);
        const bool fin = sent && seq + sent == end && (t->h->flags & SV_TCP_FIN_SENT);
        return sent + (fin ? 1u : 0u);
    }
    if (!sv_tcb_send_bare(t, turn, end, SV_FIN | SV_ACK, reason))
        return 0;
    t->c->retransmits++;
    t->tcp->count.retransmitted++;
    t->h->snd_nxt = sv_seq_later(t->h->snd_nxt, end + 1u);
    return 1;
}

/* The segment at rexmit_nxt again, whatever the windows say. */
static bool sv_tcb_send_one_again(struct sv_tcb *t, struct sv_turn *turn)
{
    const uint32_t end = t->h->snd_una + t->h->snd_queued;
    const uint32_t seq = t->b->rexmit_nxt;
    struct sv_board *k = sv_tcb_board(t);
    t->b->rexmit = 0;
    if (!sv_seq_before(seq, end) && (!(t->h->flags & SV_TCP_FIN_SENT) || seq != end))
        return true;
    /* No more than was sent: what follows has never been, and the windows have their say. */
    const uint32_t most = sv_seq_before(seq, t->h->snd_max) ? t->h->snd_max - seq : t->h->mss;
    const uint32_t n = sv_tcb_send_piece(t, turn, seq, sv_min_u32(t->h->mss, most), t->b->reason);
    if (n && k) {
        sv_board_sent_again(t, k, seq, n);
        sv_undo_sent_again(t, k, n);
    }
    if (n && SV_UNLIKELY(sv_search_on(t->tcp)) && sv_search_resends(t, seq + n)) {
        t->b->rexmit = 1;
        t->b->rexmit_nxt = seq + n;
    }
    return n != 0;
}

/* ... and what belongs to it: a lost probe was several. */
bool sv_tcb_send_again(struct sv_tcb *t, struct sv_turn *turn)
{
    do {
        if (!sv_tcb_send_one_again(t, turn))
            return false;
    } while (t->b->rexmit && turn->made < turn->grant.packets);
    return !t->b->rexmit;
}

/* A window probe: one byte beyond the closed window (§3.8.6.1), or where the profile says so none (tcp_write_wakeup()).
 * That, and a keepalive, has a number that the peer has acknowledged already, so that it must answer (§3.8.4). */
bool sv_tcb_send_probe(struct sv_tcb *t, struct sv_turn *turn)
{
    const uint32_t end = t->h->snd_una + t->h->snd_queued;
    t->b->probe = 0;
    if (t->b->persist && sv_seq_before(t->h->snd_nxt, end) && !sv_tcb_profile(t)->probe_bare)
        return sv_tcb_send_data(t, turn, t->h->snd_nxt, 1, SV_SENT_PROBE) != 0;
    return sv_tcb_send_bare(t, turn, t->h->snd_una - 1u, SV_ACK, t->b->persist ? SV_SENT_PROBE : SV_SENT_KEEPALIVE);
}

/* RFC 8985 §7.3: one segment of new data, whatever the congestion window says. */
static bool sv_tcb_send_tail_probe(struct sv_tcb *t, struct sv_turn *turn, struct sv_board *k)
{
    const uint32_t left = t->h->snd_una + t->h->snd_queued - t->h->snd_nxt;
    t->b->tlp_now = 0;
    if (!sv_tcb_has_new(t))
        return true;
    if (!sv_tcb_send_data(t, turn, t->h->snd_nxt, sv_min_u32(left, t->h->mss), SV_SENT_TLP))
        return false;
    k->tlp_end = t->h->snd_max;
    return true;
}

/* RFC 6675 §4, NextSeg(): (1) what is lost, while the window has room; where loss is told by count alone, after new
 * data (2) also (3) what merely may be, and (4) once a recovery the last one of all. Which run; count: none. */
static uint32_t sv_board_next(const struct sv_tcb *t, struct sv_board *k)
{
    const uint32_t lost = sv_board_first_lost(t, k);
    if (lost < k->count || sv_tcp_recovers(t, SV_RECOVER_RACK) || t->b->recovery != SV_RECOVERY_FAST ||
        sv_tcb_has_new(t))
        return lost;
    uint32_t last = k->count;
    for (uint32_t i = 0; i < k->count && sv_seq_before(sv_run_at(t, k, i)->start, t->b->recover + 1u); i++) {
        const uint32_t marks = sv_run_at(t, k, i)->marks;
        if (marks & SV_RUN_SACKED)
            continue;
        last = i;
        if (!(marks & SV_RUN_AGAIN) && sv_seq_before(sv_run_at(t, k, i)->start, k->fack))
            return i;
    }
    if (last < k->count && !k->rescued && k->sacked) {
        k->rescued = 1;
        return last;
    }
    return k->count;
}

bool sv_tcb_send_board(struct sv_tcb *t, struct sv_turn *turn)
{
    struct sv_board *k = sv_tcb_board_there(t);
    const uint32_t mss = t->h->mss;
    const uint32_t packet = turn->grant.super > mss ? turn->grant.super - turn->grant.super % mss : mss;
    if (t->b->tlp_now && !sv_tcb_send_tail_probe(t, turn, k))
        return false;
    while (sv_tcb_board_may_send(t)) {
        const uint32_t i = sv_board_next(t, k);
        if (i == k->count)
            break;
        const uint32_t start = sv_run_at(t, k, i)->start;
        if (start != t->h->snd_una && start - t->h->snd_una >= t->h->snd_wnd)
            break; /* the window has shrunk over it */
        if (turn->made >= turn->grant.packets)
            return false;
        const uint32_t room = sv_max_u32((t->h->cwnd - sv_board_pipe(t, k)) / mss * mss, mss);
        const uint32_t most = sv_min_u32(sv_min_u32(sv_run_length(t, k, i), packet), room);
        const uint32_t n =
            sv_tcb_send_piece(t, turn, start, most, t->b->recovery == SV_RECOVERY_TIMEOUT ? SV_SENT_RTO : SV_SENT_SACK);
        if (!n)
            return false;
        sv_board_sent_again(t, k, start, n);
        sv_undo_sent_again(t, k, n);
        if (start == t->h->snd_una && t->b->recovery == SV_RECOVERY_FAST) {
            t->b->retransmit_at = SV_NEVER; /* its round trip begins now: tcp_xmit_retransmit_queue() */
            sv_tcb_arm_retransmit(t);
        }
    }
    return true;
}
