# SPDX-License-Identifier: BSD-2-Clause
"""Bugs with names, beside the mutants of mutation.py: what an implementer could well get wrong, each in one place of
one function. tools/plant builds them into seven-planted; random worlds must find them (tests/scenario/planted.py)."""

from typing import NamedTuple

from checks import mutation
from checks.tree import FUNCTION_FINDERS


class Bug(NamedTuple):
    name: str
    file: str
    function: str
    was: str
    now: str


BUGS = [
    # Timers that are never armed, or never fire.
    Bug("retransmit-timer-never-armed", "tcp_rto.c", "sv_tcb_start_rto_anew",
        "b->retransmit_at = sv_tcb_rto_at(t, k);", "b->retransmit_at = SV_NEVER;"),
    Bug("persist-timer-never-armed", "tcp_rto.c", "sv_tcb_arm_retransmit_anew",
        "b->retransmit_at = t->now + sv_tcb_rto(t);", "b->retransmit_at = SV_NEVER;"),
    Bug("keepalive-never-fires", "tcp_timers.c", "sv_tcp_expire_connection",
        "if (sv_tcb_keepalive_at(&t) <= t.now)", "if (t.now == SV_NEVER)"),
    Bug("user-timeout-never-fires", "tcp_timers.c", "sv_tcp_expire_connection",
        "if (t.b && t.b->give_up_at <= t.now)", "if (t.b && t.b->give_up_at > t.now && t.now == SV_NEVER)"),
    Bug("delayed-ack-never-sent", "tcp_timers.c", "sv_tcp_expire_connection",
        "sv_tcb_ready(&t, SV_TCP_ACK_NOW);", ""),
    Bug("time-wait-without-end", "tcp_time_wait.c", "sv_tcp_expire_queues",
        "u.wait.ends_at <= now", "u.wait.ends_at == now + 1u"),
    Bug("time-wait-too-short", "tcp_time_wait.c", "sv_time_wait_begin",
        "t->now + tcp->time_wait", "t->now + tcp->time_wait / 8u"),
    # Retransmissions that are swallowed, too early, too late, or not what they should be.
    Bug("retransmission-of-the-next-byte", "tcp_resend.c", "sv_tcb_send_one_again",
        "const uint32_t seq = t->b->rexmit_nxt;", "const uint32_t seq = t->b->rexmit_nxt + 1u;"),
    Bug("timeout-without-backoff", "tcp_rto.c", "sv_tcb_retransmit_timeout",
        "b->backoff = (uint8_t)(b->backoff < 16 ? b->backoff + 1 : 16);", "b->backoff = (uint8_t)(b->backoff != 0);"),
    Bug("timeout-below-its-minimum", "tcp_rto.c", "sv_tcp_rtt_sample",
        "sv_min_u32(sv_max_u32(rto, p->rto_min_us), p->rto_max_us)", "sv_min_u32(r, p->rto_max_us)"),
    Bug("retransmission-swallowed", "tcp_resend.c", "sv_tcb_send_board",
        "sv_tcb_send_piece(t, turn, start, most, t->b->recovery == SV_RECOVERY_TIMEOUT ? SV_SENT_RTO : SV_SENT_SACK);",
        "most;"),
    Bug("writable-not-told", "tcp_ordinary.c", "sv_tcp_calm_ack", "        sv_tcp_tell_acked(t);\n", "        ;\n"),
    Bug("fin-not-sent-again", "tcp_resend.c", "sv_tcb_send_piece",
        "if (!sv_tcb_send_bare(t, turn, end, SV_FIN | SV_ACK, reason))", "if (end != t->c->iss)"),
    # The FIN.
    Bug("fin-lost", "tcp_send.c", "sv_tcb_may_send_fin",
        "if (!(t->h->flags & SV_TCP_FIN_QUEUED))", "if (t->h->flags & SV_TCP_FIN_QUEUED)"),
    Bug("fin-uncounted", "tcp_text.c", "sv_tcp_step8_fin", "t->h->rcv_nxt++;", ";"),
    Bug("fin-counted-twice", "tcp_text.c", "sv_tcp_step8_fin", "t->h->rcv_nxt++;", "t->h->rcv_nxt += 2u;"),
    Bug("fin-before-the-data", "tcp_send.c", "sv_tcb_may_send_fin",
        "return t->h->snd_nxt == t->h->snd_una + t->h->snd_queued;", "return true;"),
    # Numbers that are one off.
    Bug("ack-one-high", "tcp_output.c", "sv_tcb_header", "t->h->rcv_nxt : 0", "t->h->rcv_nxt + 1u : 0"),
    Bug("ack-one-low", "tcp_output.c", "sv_tcb_header", "t->h->rcv_nxt : 0", "t->h->rcv_nxt - 1u : 0"),
    Bug("unacknowledged-one-low", "tcp_ack.c", "sv_tcp_take_acked", "t->h->snd_una = ack;",
        "t->h->snd_una = ack - 1u;"),
    Bug("trim-one-too-many", "tcp_text.c", "sv_tcp_trim",
        "const uint32_t old = t->h->rcv_nxt - s->seq;", "const uint32_t old = t->h->rcv_nxt - s->seq + 1u;"),
    Bug("trim-one-too-few", "tcp_text.c", "sv_tcp_trim",
        "const uint32_t old = t->h->rcv_nxt - s->seq;", "const uint32_t old = t->h->rcv_nxt - s->seq - 1u;"),
    Bug("overlap-one-too-many", "tcp_reass.c", "sv_range_trim",
        "const uint32_t have = r->end - s->seq;", "const uint32_t have = r->end - s->seq + 1u;"),
    Bug("overlap-kept", "tcp_reass.c", "sv_tcp_reass_deliver",
        "const uint32_t old = t->h->rcv_nxt - r->start;", "const uint32_t old = 0;"),
    Bug("sack-one-too-long", "tcp_reass.c", "sv_sack_add",
        "to[n] = (struct sv_sack_block){r->start, r->end};", "to[n] = (struct sv_sack_block){r->start, r->end + 1u};"),
    # Windows.
    Bug("sends-beyond-the-window", "tcp_send.c", "sv_tcb_sendable_slowly",
        "const uint32_t window = sv_min_u32(t->h->snd_wnd, cwnd);",
        "const uint32_t window = sv_min_u32(t->h->snd_wnd + t->h->mss, cwnd);"),
    Bug("congestion-window-ignored", "tcp_send.c", "sv_tcb_sendable_slowly",
        "const uint32_t window = sv_min_u32(t->h->snd_wnd, cwnd);", "const uint32_t window = t->h->snd_wnd;"),
    Bug("window-taken-back", "tcp_send.c", "sv_tcb_window_field",
        "t->h->rcv_right = sv_tcb_right_edge(t);\n",
        "t->h->rcv_right = t->h->rcv_queued > 4096u ? t->h->rcv_nxt : sv_tcb_right_edge(t);\n"),
    Bug("window-scaled-twice", "tcp_ack.c", "sv_tcp_window_from",
        "s->window << sv_tcb_send_scale(t);", "s->window << 2u * sv_tcb_send_scale(t);"),
    # Leaks.
    Bug("leak-out-of-order", "tcp_reass.c", "sv_range_free", "        sv_buf_free(b);\n", ""),
    Bug("leak-reassembly-slab", "tcp_reass.c", "sv_tcp_reass_deliver",
        "        sv_slab_unref(pool, t->b->ooo_slab);\n", ""),
    Bug("leak-discarded-segment", "tcp_arrives.c", "sv_tcp_discard",
        "sv_drop(t->core, why, s->packet, s->port, t->c->flow);", "sv_drop(t->core, why, NULL, s->port, t->c->flow);"),
    Bug("leak-copied-piece", "tcp_text.c", "sv_tcp_copy_behind",
        "    sv_slab_unref_fast(pool, piece.slab);\n    return true;", "    return true;"),
    Bug("leak-half-open", "tcp_half_open.c", "sv_tcp_half_open_due",
        "            sv_half_end(tcp, index, SV_ON_TIMEOUT, 0);\n",
        "            sv_tcp_queue_remove(tcp, &tcp->half[k], index);\n"),
    # Checksums.
    Bug("checksum-stale", "tcp_output.c", "sv_tcb_attach",
        "const bool whole = n == s->length && (s->flags & SV_SPAN_SUMMED);",
        "const bool whole = (s->flags & SV_SPAN_SUMMED) != 0;"),
    Bug("checksum-odd-piece", "tcp_output.c", "sv_tcb_attach",
        "sv_sum_add(sum, done & 1u ? sv_sum_odd(part) : part)", "sv_sum_add(sum, part)"),
    # What is told, and to whom.
    Bug("readable-not-told", "tcp_text.c", "sv_tcp_step7_text", "        sv_tcb_tell_text(t, s);\n", ""),
    Bug("end-of-stream-not-told", "tcp_text.c", "sv_tcp_step8_fin",
        "    sv_tcb_tell(t, SV_EVENT_PEER_FIN | SV_EVENT_READABLE);\n", ""),
    Bug("accept-not-told", "tcp_ack.c", "sv_tcp_handshake_done", "        sv_tcp_accept_ready(t);\n", "        ;\n"),
    Bug("reset-not-sent", "tcp_end.c", "sv_tcb_end", "    if (reset)\n", "    if (reset && t->index == SV_NONE)\n"),
    Bug("reset-anywhere-in-the-window", "tcp_arrives.c", "sv_tcp_step2_reset",
        "if (s->seq != t->h->rcv_nxt &&", "if (s->seq == t->h->rcv_right + 1u &&"),
    # What follows a loss, and what was sent before.
    Bug("ordinary-window-kept", "tcp_ordinary.c", "sv_tcp_calm_ack", "    h->snd_wnd = window;\n", ""),
    Bug("text-uncounted", "tcp_text.c", "sv_tcp_queued",
        "t->h->rcv_queued += bytes;", "t->h->rcv_queued += bytes - 1u;"),
    Bug("segments-too-long", "tcp_output.c", "sv_tcb_send_new",
        "sv_min_u32(n, packet)", "sv_min_u32(n, packet + 4u)"),
]


# Edges that no conversation takes here: a listener is a record of its own; a FIN in SYN-RECEIVED carries an ACK, and
# CLOSE waits for it; a reset does not end TIME-WAIT (RFC 1337). LISTEN's are told in the trace alone.
UNREACHED = {("CLOSED", "PASSIVE_OPEN"), ("LISTEN", "SYN"), ("LISTEN", "CLOSE"), ("SYN_RECEIVED", "FIN"),
             ("SYN_RECEIVED", "CLOSE"), ("TIME_WAIT", "RESET")}


def mutant(tree, bug):
    """As a mutation.Mutant. What it was is there once in that function, or the list is stale: a ValueError."""
    file = mutation.FOLDER + bug.file
    text = tree.text(file)
    functions, _ = FUNCTION_FINDERS["c"](text)
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    spans = [(starts[f.first - 1], starts[f.last]) for f in functions if f.name == bug.function]
    if not spans or text.count(bug.was, *spans[0]) != 1:
        raise ValueError(f"{bug.name}: {file} has not once in {bug.function}(): {bug.was.strip()}")
    at = text.index(bug.was, *spans[0])
    return mutation.Mutant(file, text.count("\n", 0, at) + 1, bug.function, bug.was, bug.now, at, at + len(bug.was))
