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
 * assumption. spec/check.py runs all three. With -DTRACE each edge is printed, as `state event side 0 state`, for
 * tests/scenario/replay_spin.c, which does the same to two stacks. */
mtype = {ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSING, TIME_WAIT, CLOSE_WAIT, LAST_ACK, CLOSED};

mtype state[2] = ESTABLISHED;
bool wrote[2];    /* its program sent something; at most once */
bool has_data[2]; /* what the other side wrote has come */
bool has_fin[2];  /* so has its FIN, in order */

/* In flight, by who sent it. A FIN, or data, that was sent after the other side's FIN had come acknowledges it: so who
 * is in LAST-ACK and hears that its FIN came knows that the other side needs nothing more. */
bool data[2], data_ack[2], fin[2], fin_ack[2], ack_of_fin[2], rst[2];
bool told_again[2]; /* so that each option changes something */

#ifdef TRACE
#define BOTH(set) set[0], set[1]
#define STATE \
    BOTH(state), BOTH(wrote), BOTH(has_data), BOTH(has_fin), BOTH(data), BOTH(data_ack), BOTH(fin), BOTH(fin_ack), \
    BOTH(ack_of_fin), BOTH(rst)
#define EDGE(event, me) \
    printf("@ %d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d", STATE); \
    printf(event, me, 0)
#define THEN printf(" %d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d\n", STATE)
#else
#define EDGE(event, me) skip
#define THEN skip
#endif

/* Data counts before a FIN only if it was written: a FIN's number says whether something stands in front of it. */
#ifdef FIN_OVERTAKES
#define IN_ORDER(me, other) true
#else
#define IN_ORDER(me, other) (has_data[me] == wrote[other])
#endif

#define FIN_ARRIVES(event, me, next) \
    EDGE(event, me); \
    has_fin[me] = true; \
    ack_of_fin[me] = true; \
    state[me] = next; \
    THEN

#define MOVES(event, me, next) \
    EDGE(event, me); \
    state[me] = next; \
    THEN

#define CLOSED_IN_ORDER(event, me, other) \
    MOVES(event, me, CLOSED); \
    assert(has_fin[me] && has_data[me] == wrote[other]); \
    assert(has_fin[other] && has_data[other] == wrote[me])

/* Each option changes something, so every run ends. */
proctype side(byte me; byte other)
{
end:
    do
    :: d_step { /* its program writes */
           state[me] == ESTABLISHED && !wrote[me] ->
           EDGE(" writes %d %d", me);
           wrote[me] = true;
           data[me] = true;
           THEN
       }
    :: d_step {
           state[me] == CLOSE_WAIT && !wrote[me] ->
           EDGE(" writes %d %d", me);
           wrote[me] = true;
           data_ack[me] = true;
           THEN
       }
    :: d_step { /* its program closes */
           state[me] == ESTABLISHED ->
           EDGE(" closes %d %d", me);
           fin[me] = true;
           state[me] = FIN_WAIT_1;
           THEN
       }
    :: d_step {
           state[me] == CLOSE_WAIT ->
           EDGE(" closes %d %d", me);
           fin_ack[me] = true;
           state[me] = LAST_ACK;
           THEN
       }
    :: d_step { /* its FIN again: RFC 9293 §3.10.8 */
           state[me] == CLOSING && !fin_ack[me] ->
           EDGE(" fin_again %d %d", me);
           fin_ack[me] = true;
           THEN
       }
    :: d_step { /* data arrives: who has not seen a FIN takes it */
           data[other] && !has_data[me] && !has_fin[me] && state[me] != CLOSED ->
           EDGE(" data %d %d", me);
           has_data[me] = true;
           THEN
       }
    :: d_step {
           data_ack[other] && !has_data[me] && !has_fin[me] && state[me] == FIN_WAIT_1 ->
           EDGE(" data_ack %d %d", me);
           has_data[me] = true;
           state[me] = FIN_WAIT_2;
           THEN
       }
    :: d_step {
           data_ack[other] && !has_data[me] && !has_fin[me] && state[me] == FIN_WAIT_2 ->
           EDGE(" data_ack %d %d", me);
           has_data[me] = true;
           THEN
       }
    :: d_step {
           fin[other] && state[me] == ESTABLISHED && IN_ORDER(me, other) ->
           FIN_ARRIVES(" fin %d %d", me, CLOSE_WAIT)
       }
    :: d_step { fin[other] && state[me] == FIN_WAIT_1 && IN_ORDER(me, other) -> FIN_ARRIVES(" fin %d %d", me, CLOSING) }
    :: d_step {
           fin_ack[other] && state[me] == FIN_WAIT_1 && IN_ORDER(me, other) ->
           FIN_ARRIVES(" fin_ack %d %d", me, TIME_WAIT)
       }
    :: d_step {
           fin[other] && state[me] == FIN_WAIT_2 && IN_ORDER(me, other) ->
           FIN_ARRIVES(" fin %d %d", me, TIME_WAIT)
       }
    :: d_step {
           fin_ack[other] && state[me] == FIN_WAIT_2 && IN_ORDER(me, other) ->
           FIN_ARRIVES(" fin_ack %d %d", me, TIME_WAIT)
       }
    :: d_step { /* a FIN again is old: answered, its acknowledgment not looked at (§3.10.7.4 first) */
           fin_ack[other] && state[me] == CLOSING && !told_again[me] ->
           EDGE(" fin_ack %d %d", me);
           told_again[me] = true;
           THEN
       }
    :: d_step { ack_of_fin[other] && state[me] == FIN_WAIT_1 -> MOVES(" ack_of_fin %d %d", me, FIN_WAIT_2) }
    :: d_step { ack_of_fin[other] && state[me] == CLOSING -> MOVES(" ack_of_fin %d %d", me, TIME_WAIT) }
    :: d_step { ack_of_fin[other] && state[me] == LAST_ACK -> CLOSED_IN_ORDER(" ack_of_fin %d %d", me, other) }
#ifdef NO_TIME_WAIT
    :: d_step { state[me] == TIME_WAIT -> MOVES(" waited %d %d", me, CLOSED) }
#else
    :: d_step {
           state[me] == TIME_WAIT && (state[other] == CLOSED || state[other] == TIME_WAIT) ->
           CLOSED_IN_ORDER(" waited %d %d", me, other)
       }
#endif
    :: d_step { /* a segment for nobody (§3.10.7.1) */
           state[me] == CLOSED && (fin[other] || fin_ack[other] || data[other] || data_ack[other]) && !rst[me] ->
           EDGE(" for_nobody %d %d", me);
           rst[me] = true;
           THEN
       }
    :: d_step {
           rst[other] && state[me] != CLOSED && state[me] != TIME_WAIT ->
           MOVES(" rst %d %d", me, CLOSED);
           assert(false)
       }
    od
}

init
{
    atomic {
        run side(0, 1);
        run side(1, 0)
    }
#ifdef RUNS /* by simulation: one run after the other, RUNS of them */
    short runs = 0;
    byte i;
    do
    :: atomic {
           timeout ->
           assert(state[0] == CLOSED && state[1] == CLOSED);
           runs++;
           if
           :: runs == RUNS -> assert(false)
           :: else -> printf("@begin\n")
           fi;
           i = 0;
           do
           :: i < 2 ->
               state[i] = ESTABLISHED;
               wrote[i] = false;
               has_data[i] = false;
               has_fin[i] = false;
               data[i] = false;
               data_ack[i] = false;
               fin[i] = false;
               fin_ack[i] = false;
               ack_of_fin[i] = false;
               rst[i] = false;
               told_again[i] = false;
               i++
           :: else -> break
           od
       }
    od
#else
    timeout -> assert(state[0] == CLOSED && state[1] == CLOSED)
#endif
}
