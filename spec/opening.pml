/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening a connection (RFC 9293 §3.5) over a network that loses, delays, reorders and repeats segments.
 *
 * One client port makes up to three attempts at one listening server; either side may end what it has and begin again,
 * so segments of what is long over may arrive later. The network is the worst there is: whatever was ever sent stays
 * in flight, and may arrive at any time, any number of times, or never. So it is a set, and sending again changes
 * nothing: retransmission needs no rule of its own.
 *
 * The property, asserted where the server accepts: it has received, for this very ISN of its own, an acknowledgment
 * from a client whose ISN it answered. "This very" is known to the model alone: it knows each segment by the client's
 * attempt and the server's incarnation it was made in; the protocol's rules see sequence numbers only.
 *
 *   -DMESSAGES=3   holds                      (as TCP does it); each attempt's numbers a window or more from others'
 *   -DNEAR         holds: the later attempt's numbers lie within the window of the earlier, where other rules apply
 *   -DMESSAGES=2   fails: an old SYN is accepted, though its client gave that attempt up
 *   -DREUSE        fails with three as well: both sides take one ISN again while segments of its first use live.
 *                  RFC 9293 §3.4.2 sees to it that they do not: it is what the model assumes otherwise
 *
 * spec/check.py runs all four. With -DTRACE each edge is printed, as `state event attempt incarnation state`, for
 * tests/scenario/replay_spin.c, which does the same to two stacks. */
#ifndef MESSAGES
#define MESSAGES 3
#endif
#define N 3 /* attempts of the client, incarnations of the server: counted from 1 */

#ifdef REUSE
#define ISN(n) 1
#else
#define ISN(n) (2 * (n) - 1)
#endif
#define NUMBERS (2 * N + 2)

/* Does ISN(a), and so ISN(a) + 1, lie within the window of the attempt that is answered? */
#ifdef NEAR
#define IN_WINDOW(a) (ISN(a) > ISN(answered))
#else
#define IN_WINDOW(a) false
#endif

mtype = {CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED};

mtype client = CLOSED, server = LISTEN;
byte attempt = 0;     /* the client's newest */
byte incarnation = 0; /* the server's newest */
byte peer_of_client;  /* the incarnation the client is connected with */
byte answered;        /* the attempt this incarnation answered */

/* In flight. A client's ACK(a, i) has SEQ ISN(a) + 1 and ACK ISN(i) + 1; a server's the other way round. */
bool syn[N + 1];
bool syn_ack[(N + 1) * (N + 1)];
bool ack_of_client[(N + 1) * (N + 1)];
bool ack_of_server[(N + 1) * (N + 1)];
bool rst_to_server[NUMBERS], rst_to_client[NUMBERS]; /* by SEQ */

bool acknowledged[(N + 1) * (N + 1)]; /* attempt a acknowledged incarnation i */
#define PAIR(a, i) ((a) * (N + 1) + (i))

#ifdef TRACE
#define NINE(set) set[5], set[6], set[7], set[9], set[10], set[11], set[13], set[14], set[15]
#define THREE(set) set[ISN(1) + 1], set[ISN(2) + 1], set[ISN(3) + 1]
#define STATE \
    client, server, attempt, incarnation, peer_of_client, answered, syn[1], syn[2], syn[3], NINE(syn_ack), \
    NINE(ack_of_client), NINE(ack_of_server), THREE(rst_to_server), THREE(rst_to_client)
#define EDGE(event, a, i) \
    printf("@ %d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d", STATE); \
    printf(event, a, i)
#ifdef RUNS
byte edges;
#define COUNT edges++
#else
#define COUNT skip
#endif
#define THEN \
    printf(" %d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d\n", STATE); \
    COUNT
#else
#define EDGE(event, a, i) skip
#define THEN skip
#endif

/* Any attempt and incarnation. */
#define ANY_PAIR(a, i) \
    select(a : 1..3); \
    select(i : 1..3)

active proctype client_side()
{
    byte a, i;
    do
    :: atomic { /* its program begins an attempt */
           client == CLOSED && attempt < N ->
           EDGE(" open %d %d", attempt + 1, 0);
           attempt++;
           client = SYN_SENT;
           syn[attempt] = true;
           THEN
       }
    :: atomic { /* its program gives up: nothing goes out (§3.10.4) */
           client == SYN_SENT ->
           EDGE(" give_up %d %d", attempt, 0);
           client = CLOSED;
           THEN
       }
    :: atomic { /* its program aborts */
           client == ESTABLISHED ->
           EDGE(" client_aborts %d %d", attempt, 0);
           rst_to_server[ISN(attempt) + 1] = true;
           client = CLOSED;
           peer_of_client = 0;
           THEN
       }
    :: atomic { /* SYN,ACK arrives: §3.10.7.1, §3.10.7.3, and in ESTABLISHED RFC 5961 §4.2 */
           ANY_PAIR(a, i);
           if
           :: !syn_ack[PAIR(a, i)] -> skip
           :: syn_ack[PAIR(a, i)] && client == ESTABLISHED ->
               EDGE(" syn_ack %d %d", a, i);
               ack_of_client[PAIR(attempt, peer_of_client)] = true;
               THEN
           :: syn_ack[PAIR(a, i)] && client == SYN_SENT && ISN(a) == ISN(attempt) ->
               EDGE(" syn_ack %d %d", a, i);
               client = ESTABLISHED;
               peer_of_client = i;
#if MESSAGES == 3
               acknowledged[PAIR(attempt, i)] = true;
               ack_of_client[PAIR(attempt, i)] = true;
#endif
               THEN
           :: syn_ack[PAIR(a, i)] && (client == CLOSED || client == SYN_SENT && ISN(a) != ISN(attempt)) ->
               EDGE(" syn_ack %d %d", a, i);
               rst_to_server[ISN(a) + 1] = true; /* not mine */
               THEN
           fi;
           a = 0;
           i = 0
       }
    :: atomic { /* ACK arrives; where none is expected it is refused, in SYN-SENT one that fits says nothing */
           ANY_PAIR(a, i);
           if
           :: !ack_of_server[PAIR(a, i)] -> skip
           :: ack_of_server[PAIR(a, i)] && (client == CLOSED || client == SYN_SENT && ISN(a) != ISN(attempt)) ->
               EDGE(" ack_of_server %d %d", a, i);
               rst_to_server[ISN(a) + 1] = true;
               THEN
           :: ack_of_server[PAIR(a, i)] && (client == ESTABLISHED || client == SYN_SENT && ISN(a) == ISN(attempt)) ->
               EDGE(" ack_of_server %d %d", a, i);
               THEN
           fi;
           a = 0;
           i = 0
       }
    :: atomic { /* RST arrives: exact, or it is nothing (RFC 5961 §3.2) */
           select(i : 1..3);
           if
           :: !rst_to_client[ISN(i) + 1] -> skip
           :: rst_to_client[ISN(i) + 1] && client == ESTABLISHED && ISN(i) == ISN(peer_of_client) ->
               EDGE(" rst_to_client %d %d", 0, i);
               client = CLOSED;
               peer_of_client = 0;
               THEN
           :: rst_to_client[ISN(i) + 1] && !(client == ESTABLISHED && ISN(i) == ISN(peer_of_client)) ->
               EDGE(" rst_to_client %d %d", 0, i);
               THEN
           fi;
           i = 0
       }
    od
}

/* The server's program has the connection. */
#if MESSAGES == 3
#define PROPERTY assert(server != ESTABLISHED || acknowledged[PAIR(answered, incarnation)])
#else
/* Nothing was acknowledged yet. The least one may ask: somebody is still trying. */
#define PROPERTY assert(answered == attempt && client == SYN_SENT)
#endif

active proctype server_side()
{
    byte a, i;
    do
    :: atomic { /* SYN arrives: §3.10.7.2; while another is under way §3.10.7.4 first and fourth, RFC 5961 §4.2 */
           select(a : 1..3);
           if
           :: syn[a] && server == LISTEN && incarnation < N ->
               EDGE(" syn %d %d", a, 0);
               incarnation++;
               answered = a;
               syn_ack[PAIR(a, incarnation)] = true;
#if MESSAGES == 3
               server = SYN_RECEIVED;
               THEN
#else
               server = ESTABLISHED;
               THEN;
               PROPERTY
#endif
           :: syn[a] && server == SYN_RECEIVED && ISN(a) == ISN(answered) ->
               EDGE(" syn %d %d", a, 0); /* its SYN,ACK again */
               THEN
           :: syn[a] && server == SYN_RECEIVED && ISN(a) != ISN(answered) && IN_WINDOW(a) ->
               EDGE(" syn %d %d", a, 0);
               server = LISTEN;
               answered = 0;
               THEN
           :: syn[a] && (server == SYN_RECEIVED && ISN(a) != ISN(answered) && !IN_WINDOW(a) || server == ESTABLISHED) ->
               EDGE(" syn %d %d", a, 0);
               ack_of_server[PAIR(answered, incarnation)] = true;
               THEN
           :: else -> skip
           fi;
           a = 0
       }
    :: atomic { /* ACK arrives: §3.10.7.2 second, §3.10.7.4 first and fifth */
           ANY_PAIR(a, i);
           if
           :: !ack_of_client[PAIR(a, i)] -> skip
           :: ack_of_client[PAIR(a, i)] && server == LISTEN ->
               EDGE(" ack_of_client %d %d", a, i);
               rst_to_client[ISN(i) + 1] = true;
               THEN
           :: ack_of_client[PAIR(a, i)] && server == SYN_RECEIVED && (ISN(a) == ISN(answered) || IN_WINDOW(a)) ->
               EDGE(" ack_of_client %d %d", a, i);
               if
               :: ISN(i) == ISN(incarnation) -> server = ESTABLISHED
               :: else -> rst_to_client[ISN(i) + 1] = true
               fi;
               THEN;
               PROPERTY
           :: ack_of_client[PAIR(a, i)] && server == ESTABLISHED && (ISN(a) == ISN(answered) || IN_WINDOW(a)) ->
               EDGE(" ack_of_client %d %d", a, i);
               THEN
           :: ack_of_client[PAIR(a, i)] && server != LISTEN && ISN(a) != ISN(answered) && !IN_WINDOW(a) ->
               EDGE(" ack_of_client %d %d", a, i);
               ack_of_server[PAIR(answered, incarnation)] = true; /* of no number that is wanted: told which is */
               THEN
           fi;
           a = 0;
           i = 0
       }
    :: atomic { /* RST arrives: exact; or in the window, and challenged; or it is nothing (RFC 5961 §3.2) */
           select(a : 1..3);
           if
           :: !rst_to_server[ISN(a) + 1] -> skip
           :: rst_to_server[ISN(a) + 1] && server != LISTEN && ISN(a) == ISN(answered) ->
               EDGE(" rst_to_server %d %d", a, 0);
               server = LISTEN;
               answered = 0;
               THEN
           :: rst_to_server[ISN(a) + 1] && server != LISTEN && ISN(a) != ISN(answered) && IN_WINDOW(a) ->
               EDGE(" rst_to_server %d %d", a, 0);
               ack_of_server[PAIR(answered, incarnation)] = true;
               THEN
           :: rst_to_server[ISN(a) + 1] &&
              (server == LISTEN || ISN(a) != ISN(answered) && !IN_WINDOW(a)) ->
               EDGE(" rst_to_server %d %d", a, 0);
               THEN
           fi;
           a = 0
       }
    :: atomic { /* SYN-RECEIVED lasts too long: its program was never told, and nothing goes out */
           server == SYN_RECEIVED ->
           EDGE(" too_long %d %d", 0, incarnation);
           server = LISTEN;
           answered = 0;
           THEN
       }
    :: atomic { /* its program aborts */
           server == ESTABLISHED ->
           EDGE(" server_aborts %d %d", 0, incarnation);
           rst_to_client[ISN(incarnation) + 1] = true;
           server = LISTEN;
           answered = 0;
           THEN
       }
    od
}

#ifdef RUNS /* by simulation: one run of forty edges after the other, RUNS of them */
#define NONE(set) \
    i = 0; \
    do \
    :: i < 16 -> set[i] = false; i++ \
    :: else -> break \
    od
active proctype again()
{
    byte i;
    short runs = 0;
    do
    :: atomic {
           edges >= 40 ->
           runs++;
           if
           :: runs == RUNS -> assert(false)
           :: else -> printf("@begin\n")
           fi;
           edges = 0;
           client = CLOSED;
           server = LISTEN;
           attempt = 0;
           incarnation = 0;
           peer_of_client = 0;
           answered = 0;
           NONE(syn_ack);
           NONE(ack_of_client);
           NONE(ack_of_server);
           NONE(acknowledged);
           i = 0;
           do
           :: i < NUMBERS -> rst_to_server[i] = false; rst_to_client[i] = false; i++
           :: else -> break
           od;
           syn[1] = false;
           syn[2] = false;
           syn[3] = false;
           i = 0
       }
    od
}
#endif
