/* SPDX-License-Identifier: BSD-2-Clause */
/* 64b/66b blocks (IEEE 802.3 §49.2.4): eight octets of a frame, or one of fifteen kinds of control block whose first
 * octet is its type. What 10GBASE-R and PAM4 share: blocks from frames, frames from blocks. A block's first bit is
 * bit 0. */
#ifndef SV_L1_PHYSICAL_CODE_64B66B_H
#define SV_L1_PHYSICAL_CODE_64B66B_H

#include "l1_physical/phy_internal.h"

#define SV_R64_IDLE 0x1eu /* type of C0..C7; with eight idle codes, which are 0, it is the whole payload */

struct sv_r64_block {
    uint64_t payload;
    bool control;
};

/* The next block: idle, start, eight octets, or the end. */
struct sv_r64_block sv_r64_next(struct sv_phy_encoder *e, uint32_t block_symbols);

/* One block descrambled. `bad`: its header was none, or it is known to be damaged. first_symbol and d->symbols frame
 * it. The polarity is judged by block types: seen the wrong way round, data reads as control of mostly impossible
 * type and idle as data that nobody began. */
void sv_r64_receive(struct sv_phy_decoder *d, struct sv_r64_receiver *r, struct sv_r64_block block, bool bad,
                    uint64_t first_symbol, struct sv_phy_event *event);
/* Between frames, the last block idle. */
bool sv_r64_idle(const struct sv_r64_receiver *r);
void sv_r64_receiver_idle(struct sv_r64_receiver *r);
/* Forgets the frame in progress; it is told as damaged. False: there was none. */
bool sv_r64_abandon(struct sv_phy_decoder *d, struct sv_r64_receiver *r, struct sv_phy_event *event);

/* The whole type octet to which its low four bits belong (no two types share them), or 0. */
uint32_t sv_r64_type_of_nibble(uint32_t nibble);

#endif
