/* SPDX-License-Identifier: BSD-2-Clause */
/* Closing a connection (RFC 9293 §3.6), each half by itself: three segments, four, both at once, data after the other
 * side's FIN. The network is that of opening.pml: what was ever sent may arrive at any time, any number of times.
 *
 * Asserted: nobody who closed in order is told of a reset; who reaches CLOSED in order has all that the other side
 * sent, its FIN included, and the other side has all of its own; and no run gets stuck before both are there.
 *
 *   (plain)             holds
 *   -DNO_TIME_WAIT      fails: the last ACK was lost, the FIN comes again and finds nobody
 *   -DFIN_OVERTAKES     fails: a FIN that counts before the data in front of it has come
 *
 * TIME-WAIT ends when the other side needs no answer any more: 2 MSL are longer than that takes, which is the model's
 * assumption. spec/check.py runs all three. */
mtype = {ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSING, TIME_WAIT, CLOSE_WAIT, LAST_ACK, CLOSED};

mtype state[2] = ESTABLISHED;
bool wrote[2];    /* its program sent something; at most once */
bool has_data[2]; /* what the other side wrote has come */
bool has_fin[2];  /* so has its FIN, in order */

/* In flight, by who sent it. A FIN that was sent after the other side's had come acknowledges it: so who is in LAST-ACK
 * and hears that its FIN came knows that the other side needs nothing more. */
bool data[2], fin[2], fin_ack[2], ack_of_fin[2], rst[2];

/* Data counts before a FIN only if it was written: a FIN's number says whether something stands in front of it. */
#ifdef FIN_OVERTAKES
#define IN_ORDER(me, other) true
#else
#define IN_ORDER(me, other) (has_data[me] == wrote[other])
#endif

#define FIN_ARRIVES(me, other, next) \
    has_fin[me] = true; \
    ack_of_fin[me] = true; \
    state[me] = next

#define CLOSED_IN_ORDER(me, other) \
    assert(has_fin[me] && has_data[me] == wrote[other]); \
    assert(has_fin[other] && has_data[other] == wrote[me]); \
    state[me] = CLOSED

/* Each option changes something, so every run ends. */
proctype side(byte me; byte other)
{
end:
    do
    :: d_step { /* its program writes */
           (state[me] == ESTABLISHED || state[me] == CLOSE_WAIT) && !wrote[me] ->
           wrote[me] = true;
           data[me] = true
       }
    :: d_step { /* its program closes */
           state[me] == ESTABLISHED ->
           fin[me] = true;
           state[me] = FIN_WAIT_1
       }
    :: d_step {
           state[me] == CLOSE_WAIT ->
           fin_ack[me] = true;
           state[me] = LAST_ACK
       }
    :: d_step { state[me] == CLOSING && !fin_ack[me] -> fin_ack[me] = true } /* its FIN again: RFC 9293 §3.10.8 */
    :: d_step { /* data arrives: who has not seen a FIN takes it */
           data[other] && !has_data[me] && !has_fin[me] && state[me] != CLOSED -> has_data[me] = true
       }
    :: d_step { fin[other] && state[me] == ESTABLISHED && IN_ORDER(me, other) -> FIN_ARRIVES(me, other, CLOSE_WAIT) }
    :: d_step { fin[other] && state[me] == FIN_WAIT_1 && IN_ORDER(me, other) -> FIN_ARRIVES(me, other, CLOSING) }
    :: d_step { fin_ack[other] && state[me] == FIN_WAIT_1 && IN_ORDER(me, other) -> FIN_ARRIVES(me, other, TIME_WAIT) }
    :: d_step {
           (fin[other] || fin_ack[other]) && state[me] == FIN_WAIT_2 && IN_ORDER(me, other) ->
           FIN_ARRIVES(me, other, TIME_WAIT)
       }
    :: d_step { fin_ack[other] && state[me] == CLOSING -> state[me] = TIME_WAIT }
    :: d_step { ack_of_fin[other] && state[me] == FIN_WAIT_1 -> state[me] = FIN_WAIT_2 }
    :: d_step { ack_of_fin[other] && state[me] == CLOSING -> state[me] = TIME_WAIT }
    :: d_step { ack_of_fin[other] && state[me] == LAST_ACK -> CLOSED_IN_ORDER(me, other) }
#ifdef NO_TIME_WAIT
    :: d_step { state[me] == TIME_WAIT -> state[me] = CLOSED }
#else
    :: d_step {
           state[me] == TIME_WAIT && (state[other] == CLOSED || state[other] == TIME_WAIT) ->
           CLOSED_IN_ORDER(me, other)
       }
#endif
    :: d_step { /* a segment for nobody (§3.10.7.1) */
           state[me] == CLOSED && (fin[other] || fin_ack[other] || data[other]) && !rst[me] -> rst[me] = true
       }
    :: rst[other] && state[me] != CLOSED && state[me] != TIME_WAIT -> assert(false)
    od
}

init
{
    atomic {
        run side(0, 1);
        run side(1, 0)
    }
    timeout -> assert(state[0] == CLOSED && state[1] == CLOSED)
}
