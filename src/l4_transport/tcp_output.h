/* SPDX-License-Identifier: BSD-2-Clause */
/* What the writers of segments share: a connection's turn. tcp_output.c has what is sent for the first time,
 * tcp_resend.c what is sent again or as a probe. */
#ifndef SV_L4_TCP_OUTPUT_H
#define SV_L4_TCP_OUTPUT_H

#include "core/spans_inline.h"
#include "l4_transport/tcp_internal.h"

/* A turn in progress. */
struct sv_turn {
    struct sv_tcp_out *out;
    struct sv_tcp_grant grant;
    uint32_t made;
    uint32_t push_at;  /* new data that ends there has PSH, though no write ended */
    bool fresh, stale; /* data that was not sent before; anything else but an acknowledgement */
};

/* What the blocks of SACK take of the next segment's data (MUST-14, RFC 6691 §2). */
static inline uint32_t sv_tcb_sack_room(const struct sv_tcb *t)
{
    const uint32_t blocks = t->b->ooo_count + (t->b->dsack ? 1u : 0u);
    if (SV_LIKELY(!blocks) || !(t->h->agreed & SV_TCP_SACK))
        return 0;
    return 4u + 8u * sv_min_u32(blocks, sv_tcb_sack_fits(t));
}

/* n bytes that the device is to cut into segments. */
static inline void sv_tcb_is_super(const struct sv_tcb *t, struct sv_buf *b, uint32_t n, uint32_t mss)
{
    b->gso_size = (uint16_t)mss;
    b->segments = (uint16_t)((n + mss - 1u) / mss);
    b->flags |= sv_addr_is_v4(&t->h->remote) ? SV_BUF_GSO_TCP4 : SV_BUF_GSO_TCP6;
}

/* One packet of payload from `seq`, up to `length` bytes; a super-frame if that is more than a segment. The
 * FIN rides along when it is due and the packet reaches it. Gives the bytes sent, 0: no memory. */
uint32_t sv_tcb_send_data(struct sv_tcb *t, struct sv_turn *turn, uint32_t seq, uint32_t length, uint16_t reason);
/* A header alone. False: no memory. */
bool sv_tcb_send_bare(struct sv_tcb *t, struct sv_turn *turn, uint32_t seq, uint16_t flags, uint16_t reason);

/* --- tcp_end.c --- */
void sv_tcb_last_words(struct sv_tcb *t, struct sv_turn *turn);

/* --- tcp_burst.c --- */
/* Bytes of a super-frame, of `super` that the device takes. */
uint32_t sv_tcb_burst(const struct sv_tcb *t, uint32_t super);
bool sv_tcb_defers(const struct sv_tcb *t, uint32_t n, uint32_t packet);
bool sv_tcb_pushes(struct sv_tcb *t, uint32_t end, bool super); /* after sv_tcb_send_data() has attached the payload */
uint32_t sv_tcb_push_at(const struct sv_tcb *t, uint32_t n);    /* the windows let n bytes of new data go */

/* --- tcp_resend.c: all false when stopped by the grant or by memory, more is left --- */
bool sv_tcb_send_again(struct sv_tcb *t, struct sv_turn *turn); /* the segment at rexmit_nxt */
bool sv_tcb_send_probe(struct sv_tcb *t, struct sv_turn *turn); /* of a closed window, or a keepalive */
bool sv_tcb_send_board(struct sv_tcb *t, struct sv_turn *turn); /* a probe of the tail, and what the board has lost */

#endif
