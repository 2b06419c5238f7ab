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
 *   -DMESSAGES=3   holds                      (as TCP does it)
 *   -DMESSAGES=2   fails: an old SYN is accepted, though its client gave that attempt up
 *   -DREUSE        fails with three as well: both sides take one ISN again while segments of its first use live.
 *                  RFC 9293 §3.4.2 sees to it that they do not: it is what the model assumes otherwise
 *
 * spec/check.py runs all three. */
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
           attempt++;
           client = SYN_SENT;
           syn[attempt] = true
       }
    :: client == SYN_SENT -> client = CLOSED /* its program gives up: nothing goes out (§3.10.4) */
    :: atomic {                              /* its program aborts */
           client == ESTABLISHED ->
           rst_to_server[ISN(attempt) + 1] = true;
           client = CLOSED;
           peer_of_client = 0
       }
    :: atomic { /* SYN,ACK arrives: §3.10.7.1, §3.10.7.3, and in ESTABLISHED RFC 5961 §4.2 */
           ANY_PAIR(a, i);
           if
           :: !syn_ack[PAIR(a, i)] -> skip
           :: syn_ack[PAIR(a, i)] && client == ESTABLISHED ->
               ack_of_client[PAIR(attempt, peer_of_client)] = true
           :: syn_ack[PAIR(a, i)] && client == SYN_SENT && ISN(a) == ISN(attempt) ->
               client = ESTABLISHED;
               peer_of_client = i;
               acknowledged[PAIR(attempt, i)] = true;
               ack_of_client[PAIR(attempt, i)] = true
           :: syn_ack[PAIR(a, i)] && (client == CLOSED || client == SYN_SENT && ISN(a) != ISN(attempt)) ->
               rst_to_server[ISN(a) + 1] = true /* not mine */
           fi;
           a = 0;
           i = 0
       }
    :: atomic { /* ACK arrives where none is expected */
           ANY_PAIR(a, i);
           if
           :: ack_of_server[PAIR(a, i)] && (client == CLOSED || client == SYN_SENT && ISN(a) != ISN(attempt)) ->
               rst_to_server[ISN(a) + 1] = true
           :: else -> skip
           fi;
           a = 0;
           i = 0
       }
    :: atomic { /* RST arrives: exact, or it is nothing (RFC 5961 §3.2) */
           client == ESTABLISHED && rst_to_client[ISN(peer_of_client) + 1] ->
           client = CLOSED;
           peer_of_client = 0
       }
    od
}

/* The server's program has the connection. */
#if MESSAGES == 3
#define ACCEPTS \
    assert(acknowledged[PAIR(answered, incarnation)]); \
    server = ESTABLISHED
#else
/* Nothing was acknowledged yet. The least one may ask: somebody is still trying. */
#define ACCEPTS \
    assert(answered == attempt && client == SYN_SENT); \
    server = ESTABLISHED
#endif

active proctype server_side()
{
    byte a, i;
    do
    :: atomic { /* SYN arrives: §3.10.7.2; while another is under way RFC 5961 §4.2 */
           select(a : 1..3);
           if
           :: syn[a] && server == LISTEN && incarnation < N ->
               incarnation++;
               answered = a;
               syn_ack[PAIR(a, incarnation)] = true;
#if MESSAGES == 3
               server = SYN_RECEIVED
#else
               ACCEPTS
#endif
           :: syn[a] && (server == SYN_RECEIVED && ISN(a) != ISN(answered) || server == ESTABLISHED) ->
               ack_of_server[PAIR(answered, incarnation)] = true
           :: else -> skip
           fi;
           a = 0
       }
    :: atomic { /* ACK arrives: §3.10.7.2 second, §3.10.7.4 fifth */
           ANY_PAIR(a, i);
           if
           :: !ack_of_client[PAIR(a, i)] -> skip
           :: ack_of_client[PAIR(a, i)] && server == LISTEN -> rst_to_client[ISN(i) + 1] = true
           :: ack_of_client[PAIR(a, i)] && server == SYN_RECEIVED && ISN(a) == ISN(answered) ->
               if
               :: ISN(i) == ISN(incarnation) -> ACCEPTS
               :: else -> rst_to_client[ISN(i) + 1] = true
               fi
           :: ack_of_client[PAIR(a, i)] && server == SYN_RECEIVED && ISN(a) != ISN(answered) -> skip
           :: ack_of_client[PAIR(a, i)] && server == ESTABLISHED -> skip
           fi;
           a = 0;
           i = 0
       }
    :: atomic { /* RST arrives */
           (server == SYN_RECEIVED || server == ESTABLISHED) && rst_to_server[ISN(answered) + 1] ->
           server = LISTEN;
           answered = 0
       }
    :: atomic { /* its program aborts, or SYN-RECEIVED lasts too long */
           server == SYN_RECEIVED || server == ESTABLISHED ->
           rst_to_client[ISN(incarnation) + 1] = true;
           server = LISTEN;
           answered = 0
       }
    od
}
