/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints the grid as docs/TCP_GRID.md, with a reason for each empty cell. */
#include "tests/support/exchange.h"

#define S(state) (1u << SV_##state)
#define ALL ((1u << SV_TCP_STATES) - 1u)

struct reason {
    uint32_t states;
    enum sv_grid_event first, last;
    const char *why;
};

static const struct reason reasons[] = {
    {ALL & ~S(CLOSED), G_LISTEN, G_CONNECT, "a call that makes a new endpoint; it belongs to none that is there"},
    {ALL, G_ACCEPT, G_ACCEPT, "accept is a call to the listener: it hands out a connection in whatever state it is"},
    {S(CLOSED) | S(LISTEN), G_SEND, G_ABORT, "there is no connection handle that could be used"},
    {S(SYN_RECEIVED) | S(TIME_WAIT), G_SEND, G_ABORT,
     "passive SYN-RECEIVED and TIME-WAIT are records without a handle of their own"},
    {S(CLOSE_WAIT) | S(FIN_WAIT_1) | S(FIN_WAIT_2) | S(CLOSING) | S(LAST_ACK), G_CLOSE, G_CLOSE,
     "CLOSE after SHUTDOWN only gives the handle up; nothing happens on the wire"},
    {S(CLOSED) | S(LISTEN) | S(SYN_SENT), G_SYN_BEFORE, G_SYN_BEYOND, "no window yet: there is one kind of SYN"},
    {S(CLOSED) | S(LISTEN) | S(SYN_SENT), G_RST_NEXT, G_RST_BEYOND, "no window yet: one kind of RST"},
    {S(SYN_SENT), G_SYN_FIN, G_SYN_FIN, "a SYN; its FIN cannot be validated and is not processed (§3.10.7.4 eighth)"},
    {S(CLOSED) | S(LISTEN) | S(SYN_SENT), G_ACK_NEW, G_ACK_OUTSIDE,
     "no numbers to compare with: one kind of ACK, answered with a reset or dropped"},
    {S(TIME_WAIT), G_ACK_NEW, G_ACK_NEW, "all that we sent is acknowledged"},
    {S(TIME_WAIT), G_ACK_ANCIENT, G_ACK_ANCIENT,
     "the 64-byte record does not keep MAX.SND.WND: as any old ACK, ignored"},
    {S(SYN_RECEIVED), G_ACK_SAME, G_ACK_ANCIENT, "every ACK but the one of our SYN is the same: reset"},
    {S(CLOSED) | S(LISTEN) | S(SYN_SENT), G_DATA_NEXT, G_FIN_BEYOND, "no window yet: one kind of segment with text"},
    {S(FIN_WAIT_1) | S(FIN_WAIT_2) | S(CLOSE_WAIT) | S(CLOSING) | S(LAST_ACK), G_ACK_OLD, G_ACK_OLD,
     "the same lines of code as in ESTABLISHED: the ACK is ignored"},
    {S(CLOSED), G_OPTIONS, G_TS_WRAPPED, "no connection of which a lie could be told"},
    {S(LISTEN) | S(SYN_SENT), G_SACK_OVERLAP, G_TS_WRAPPED,
     "nothing but a SYN is in flight, and no window and no clock of the peer's is known"},
    {S(SYN_RECEIVED), G_SACK_OVERLAP, G_SACK_RENEGED, "our SYN alone is in flight: blocks are not read"},
    {S(SYN_RECEIVED), G_WINDOW_SHRUNK, G_WINDOW_SHRUNK, "the third message's is the first that counts"},
    {S(SYN_RECEIVED), G_TS_WRAPPED, G_TS_WRAPPED, "compared as an older one is, with the SYN's"},
    {S(FIN_WAIT_2) | S(TIME_WAIT), G_SACK_OVERLAP, G_SACK_RENEGED, "all that we sent is acknowledged"},
    {S(TIME_WAIT), G_TS_OLD, G_TS_WRAPPED, "only a SYN's timestamp is looked at (RFC 6191)"},
    {S(CLOSED) | S(LISTEN), G_ICMP_HARD, G_ICMP_OUTSIDE, "an ICMP error finds no flow: counted as ICMP_UNMATCHED"},
    {S(CLOSED) | S(LISTEN), G_TIMER_RTO, G_TIMER_2MSL, "no connection, no timer"},
    {S(FIN_WAIT_2), G_TIMER_RTO, G_TIMER_PERSIST, "all that we send is acknowledged: nothing to send again"},
    {S(TIME_WAIT), G_TIMER_RTO, G_TIMER_USER, "the only timer is 2 MSL: §3.10.7.4, \"turn off the other timers\""},
    {S(SYN_SENT) | S(SYN_RECEIVED), G_TIMER_PERSIST, G_TIMER_DELACK,
     "these timers belong to data, which is not yet sent"},
    {S(FIN_WAIT_1) | S(CLOSING) | S(LAST_ACK), G_TIMER_KEEPALIVE, G_TIMER_KEEPALIVE,
     "something is in flight: the retransmission timer watches the peer"},
    {S(CLOSE_WAIT) | S(CLOSING) | S(LAST_ACK), G_TIMER_DELACK, G_TIMER_DELACK,
     "the peer has finished: nothing of its can be waiting for an ACK"},
    {S(FIN_WAIT_2), G_TIMER_USER, G_TIMER_USER,
     "nothing unacknowledged; the orphan's time-out is exchange closing orphan"},
    {ALL & ~S(TIME_WAIT), G_TIMER_2MSL, G_TIMER_2MSL, "the timer of TIME-WAIT"},
};

const char *sv_grid_reason(enum sv_tcp_state state, enum sv_grid_event event)
{
    for (uint32_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if ((reasons[i].states & 1u << state) && event >= reasons[i].first && event <= reasons[i].last)
            return reasons[i].why;
    }
    return NULL;
}

static void print_cell(FILE *to, enum sv_tcp_state s, enum sv_grid_event e)
{
    if (sv_grid.tests[s][e])
        fprintf(to, " %u |", sv_grid.tests[s][e]);
    else
        fprintf(to, " %s |", sv_grid_reason(s, e) ? "–" : "**?**");
}

static void print_counts(FILE *to)
{
    uint32_t met = 0, explained = 0;
    for (uint32_t s = 0; s < SV_TCP_STATES; s++) {
        for (uint32_t e = 0; e < G_EVENTS; e++) {
            met += sv_grid.tests[s][e] != 0;
            explained += !sv_grid.tests[s][e] && sv_grid_reason((enum sv_tcp_state)s, (enum sv_grid_event)e);
        }
    }
    fprintf(to, "%u conversations of %u lines meet %u of %u cells; %u cells are empty for a reason, given below.\n\n",
            sv_grid.conversations, sv_grid.lines, met, (uint32_t)SV_TCP_STATES * G_EVENTS, explained);
}

void sv_grid_print(FILE *to)
{
    fprintf(to, "<!-- Made by `exchange --grid`; do not edit. -->\n# TCP: states and events\n\n"
                "Each cell says how many of the conversations in `tests/exchange/` met the event (row) in the state\n"
                "(column). The runner notes what really happened; nothing is claimed by hand. \"–\" is a cell that\n"
                "is empty for a reason. Made by `exchange --grid`; the test `exchange/grid` fails when this page "
                "is old.\n"
                "\n");
    print_counts(to);
    fprintf(to, "| event |");
    for (uint32_t s = 0; s < SV_TCP_STATES; s++)
        fprintf(to, " %s |", sv_tcp_state_name((enum sv_tcp_state)s));
    fprintf(to, "\n|---|");
    for (uint32_t s = 0; s < SV_TCP_STATES; s++)
        fprintf(to, "---|");
    for (uint32_t e = 0; e < G_EVENTS; e++) {
        fprintf(to, "\n| %s |", sv_grid_event_name((enum sv_grid_event)e));
        for (uint32_t s = 0; s < SV_TCP_STATES; s++)
            print_cell(to, (enum sv_tcp_state)s, (enum sv_grid_event)e);
    }
    fprintf(to, "\n\n## Why cells are empty\n\n");
    for (uint32_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        const struct reason *r = &reasons[i];
        fprintf(to, "- **%s", sv_grid_event_name(r->first));
        if (r->last != r->first)
            fprintf(to, " … %s", sv_grid_event_name(r->last));
        fprintf(to, "** in");
        for (uint32_t s = 0, n = 0; s < SV_TCP_STATES; s++) {
            if (r->states & 1u << s)
                fprintf(to, "%s %s", n++ ? "," : "", sv_tcp_state_name((enum sv_tcp_state)s));
        }
        fprintf(to, ": %s.\n", r->why);
    }
}

uint32_t sv_grid_unexplained(FILE *say)
{
    uint32_t n = 0;
    for (uint32_t s = 0; s < SV_TCP_STATES; s++) {
        for (uint32_t e = 0; e < G_EVENTS; e++) {
            if (sv_grid.tests[s][e] || sv_grid_reason((enum sv_tcp_state)s, (enum sv_grid_event)e))
                continue;
            fprintf(say, "no conversation meets \"%s\" in %s, and no reason is given\n",
                    sv_grid_event_name((enum sv_grid_event)e), sv_tcp_state_name((enum sv_tcp_state)s));
            n++;
        }
    }
    return n;
}
