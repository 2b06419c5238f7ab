/* SPDX-License-Identifier: BSD-2-Clause */
/* A node is anything with ports: a stack, a switch, a router, a link, a fault box. Five verbs drive it,
 * from a device loop, the simulator, a fuzzer or a packet script alike. */
#ifndef SEVEN_NODE_H
#define SEVEN_NODE_H

#include "seven/buf.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sv_node;

/* Takes every packet of the burst (ownership goes in; take->n is 0 afterwards). Applications are told
 * later, by events: nothing calls back from here. */
SV_API void sv_node_receive(struct sv_node *x, sv_port in, struct sv_burst *take, sv_time now);

/* Fills `give` (its n counts on from what it holds, to SV_BURST at most) with packets that port `out` may
 * send within `room`; ownership goes out: the caller sends, keeps or drops them and never hands one back.
 * The count added. */
SV_API uint32_t sv_node_transmit(struct sv_node *x, sv_port out, struct sv_room room, struct sv_burst *give,
                                 sv_time now);

/* The next port after `after` (SV_NO_PORT: from the first) with something to send; SV_NO_PORT: none. */
SV_API sv_port sv_node_next_output(const struct sv_node *x, sv_port after);

/* When expire() has work next: may be early, never late; SV_NEVER. */
SV_API sv_time sv_node_next_deadline(const struct sv_node *x);

/* Does what has come due by `now`. Harmless when early. */
SV_API void sv_node_expire(struct sv_node *x, sv_time now);

#ifdef __cplusplus
}
#endif
#endif
