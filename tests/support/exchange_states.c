/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 9293 §3.3.2, figure 5, with §3.10's exits, written down a second time: every move that a conversation makes must
 * be one of these, and the stack's own table must hold these and no other. */
#include "l4_transport/tcp_internal.h"
#include "tests/support/exchange_private.h"

struct edge {
    uint8_t from, on, to;
};

static const struct edge edges[] = {
    {SV_CLOSED, SV_ON_PASSIVE_OPEN, SV_LISTEN},      {SV_CLOSED, SV_ON_ACTIVE_OPEN, SV_SYN_SENT},
    {SV_CLOSED, SV_ON_SYN, SV_SYN_RECEIVED}, /* LISTEN's, for a record that did not exist before */
    {SV_LISTEN, SV_ON_SYN, SV_SYN_RECEIVED},         {SV_LISTEN, SV_ON_CLOSE, SV_CLOSED},
    {SV_SYN_SENT, SV_ON_SYN, SV_SYN_RECEIVED},       {SV_SYN_SENT, SV_ON_SYN_ACK, SV_ESTABLISHED},
    {SV_SYN_SENT, SV_ON_CLOSE, SV_CLOSED},           {SV_SYN_RECEIVED, SV_ON_SYN_ACKED, SV_ESTABLISHED},
    {SV_SYN_RECEIVED, SV_ON_CLOSE, SV_FIN_WAIT_1},   {SV_SYN_RECEIVED, SV_ON_FIN, SV_CLOSE_WAIT},
    {SV_ESTABLISHED, SV_ON_CLOSE, SV_FIN_WAIT_1},    {SV_ESTABLISHED, SV_ON_FIN, SV_CLOSE_WAIT},
    {SV_FIN_WAIT_1, SV_ON_FIN_ACKED, SV_FIN_WAIT_2}, {SV_FIN_WAIT_1, SV_ON_FIN, SV_CLOSING},
    {SV_FIN_WAIT_2, SV_ON_FIN, SV_TIME_WAIT},        {SV_CLOSE_WAIT, SV_ON_CLOSE, SV_LAST_ACK},
    {SV_CLOSING, SV_ON_FIN_ACKED, SV_TIME_WAIT},     {SV_LAST_ACK, SV_ON_FIN_ACKED, SV_CLOSED},
    {SV_TIME_WAIT, SV_ON_SYN, SV_SYN_RECEIVED}, /* RFC 6191 */
    {SV_TIME_WAIT, SV_ON_TIMEOUT, SV_CLOSED},        {SV_TIME_WAIT, SV_ON_RESET, SV_CLOSED},
};

/* Resets, aborts and time-outs end every connection that was begun. */
static bool ends(uint8_t from, uint8_t on)
{
    return from >= SV_SYN_SENT && from <= SV_LAST_ACK &&
           (on == SV_ON_RESET || on == SV_ON_ABORT || on == SV_ON_TIMEOUT);
}

static bool known(uint8_t from, uint8_t on, uint8_t to)
{
    for (uint32_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        if (edges[i].from == from && edges[i].on == on)
            return edges[i].to == to;
    }
    return to == SV_CLOSED && ends(from, on);
}

bool sv_talk_moved(const struct sv_trace_record *r)
{
    /* Opened passively, and a record apart from its listener: back to LISTEN. A full record's own table never does. */
    if (r->arg[0] == SV_SYN_RECEIVED && r->arg[1] == SV_LISTEN)
        return r->detail == SV_ON_RESET || r->detail == SV_ON_SYN || r->detail == SV_ON_ABORT ||
               r->detail == SV_ON_TIMEOUT;
    return known((uint8_t)r->arg[0], (uint8_t)r->detail, (uint8_t)r->arg[1]);
}

bool sv_talk_strayed(struct sv_talk *t)
{
    sv_grid_meets_trace(t, SV_CLOSED); /* to the trace's end */
    return t->odd.kind != 0;
}

bool sv_exchange_table(FILE *say)
{
    uint8_t from, on, to;
    uint32_t there = 0, wanted = sizeof edges / sizeof edges[0];
    for (uint32_t s = 0; s < SV_TCP_STATES; s++) {
        for (uint32_t o = 0; o < SV_ON_EVENTS; o++)
            wanted += ends((uint8_t)s, (uint8_t)o);
    }
    for (; sv_tcp_edge_at(there, &from, &on, &to); there++) {
        if (known(from, on, to))
            continue;
        fprintf(say, "the figure does not lead from %s to %s on %s\n", sv_tcp_state_name(from), sv_tcp_state_name(to),
                sv_tcp_on_name(on));
        return false;
    }
    if (there != wanted)
        fprintf(say, "the table has %u edges, the figure %u\n", there, wanted);
    return there == wanted;
}
