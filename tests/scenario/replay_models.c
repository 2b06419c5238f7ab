/* SPDX-License-Identifier: BSD-2-Clause */
/* What the words of spec/opening.pml and spec/closing.pml mean to two stacks; spec/README.md has the same in prose.
 * Side 0 of the opening is the client. */
#include <string.h>

#include "tests/scenario/replay.h"

static bool event_is(const struct replay_step *s, const char *name)
{
    return strcmp(s->event, name) == 0;
}

static bool bring(struct replay_world *w, uint32_t to, uint32_t key)
{
    if (!w->kept[key].n)
        return false;
    replay_deliver(w, to, w->kept[key].frame, w->kept[key].n);
    return true;
}

/* --- opening --- */

/* In flight, in the order of STATE: of attempt a and incarnation i, both from 1. */
enum opening_key {
    K_SYN = 0,
    K_SYN_ACK = 3,
    K_ACK_OF_CLIENT = 12,
    K_ACK_OF_SERVER = 21,
    K_RST_TO_SERVER = 30,
    K_RST_TO_CLIENT = 33,
};

static uint32_t pair(const struct replay_step *s)
{
    return (s->x - 1u) * 3u + s->y - 1u;
}

static bool opening_begin(const struct replay_model *m, struct replay_world *w)
{
    (void)m;
    (void)w;
    return true;
}

static bool opening_arrives(struct replay_world *w, const struct replay_step *s)
{
    if (event_is(s, "syn"))
        return bring(w, 1, K_SYN + s->x - 1u);
    if (event_is(s, "ack_of_client"))
        return bring(w, 1, K_ACK_OF_CLIENT + pair(s));
    if (event_is(s, "rst_to_server"))
        return bring(w, 1, K_RST_TO_SERVER + s->x - 1u);
    if (event_is(s, "syn_ack"))
        return bring(w, 0, K_SYN_ACK + pair(s));
    if (event_is(s, "ack_of_server"))
        return bring(w, 0, K_ACK_OF_SERVER + pair(s));
    if (event_is(s, "rst_to_client"))
        return bring(w, 0, K_RST_TO_CLIENT + s->y - 1u);
    return false;
}

static bool opening_play(struct replay_world *w, const struct replay_step *s)
{
    struct replay_side *client = &w->side[0], *server = &w->side[1];
    if (event_is(s, "open"))
        return replay_connect(w, 0);
    if (event_is(s, "too_long"))
        return replay_until(w, 1, SV_LISTEN);
    if (event_is(s, "give_up") && client->open) {
        w->touched |= 1u << 0;
        sv_close(client->stack, client->socket, client->now);
        client->open = false;
        return true;
    }
    struct replay_side *aborts = event_is(s, "client_aborts") ? client : event_is(s, "server_aborts") ? server : NULL;
    if (!aborts)
        return opening_arrives(w, s);
    w->touched |= aborts == client ? 1u << 0 : 1u << 1;
    if (aborts->open)
        sv_abort(aborts->stack, aborts->socket, aborts->now);
    const bool was = aborts->open;
    aborts->open = false;
    return was;
}

static bool opening_is(const struct replay_model *m, const struct replay_segment *g, uint32_t key, const char *after)
{
    const uint32_t own = m->isn[g->from][g->from ? (key - K_SYN_ACK) % 3u : (key - K_ACK_OF_CLIENT) / 3u % 3u];
    (void)after;
    if (g->length || g->flags & REPLAY_FIN)
        return false;
    if (key < K_SYN_ACK)
        return g->from == 0 && g->flags == REPLAY_SYN && g->seq == m->isn[0][key];
    if (key >= K_RST_TO_CLIENT)
        return g->from == 1 && g->flags & REPLAY_RST && g->seq == m->isn[1][key - K_RST_TO_CLIENT] + 1u;
    if (key >= K_RST_TO_SERVER)
        return g->from == 0 && g->flags & REPLAY_RST && g->seq == m->isn[0][key - K_RST_TO_SERVER] + 1u;
    const uint32_t a = (key - K_SYN_ACK) / 3u % 3u, i = (key - K_SYN_ACK) % 3u;
    const bool of_client = key >= K_ACK_OF_CLIENT && key < K_ACK_OF_SERVER;
    const uint32_t flags = key < K_ACK_OF_CLIENT ? REPLAY_SYN | REPLAY_ACK : REPLAY_ACK;
    const uint32_t other = of_client ? m->isn[1][i] : m->isn[0][a];
    return g->from == !of_client && g->flags == flags && g->seq == own + (flags == REPLAY_ACK) && g->ack == other + 1u;
}

static bool opening_other(const struct replay_model *m, struct replay_world *w, const struct replay_segment *g)
{
    (void)m;
    (void)w;
    (void)g;
    return false;
}

/* mtype = {CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED}: spin counts from the last. */
static enum sv_tcp_state opening_wanted(const char *state, uint32_t side)
{
    static const enum sv_tcp_state names[] = {SV_ESTABLISHED, SV_SYN_RECEIVED, SV_SYN_SENT, SV_LISTEN, SV_CLOSED};
    const uint32_t digit = (uint32_t)(state[side] - '1');
    return digit < 5 ? names[digit] : SV_TCP_STATES;
}

static bool opening_agrees(const struct replay_world *w, const char *state, char *why, size_t bytes)
{
    (void)w;
    (void)state;
    (void)why;
    (void)bytes;
    return true;
}

static bool opening_may_wait(const char *state)
{
    (void)state;
    return true;
}

const struct replay_model replay_opening = {
    .name = "opening",
    .digits = 42,
    .flight = 6,
    .keys = 36,
    .begin = opening_begin,
    .play = opening_play,
    .is = opening_is,
    .other = opening_other,
    .wanted = opening_wanted,
    .agrees = opening_agrees,
    .may_wait = opening_may_wait,
};

/* --- closing --- */

enum closing_digit { D_STATE = 0, D_WROTE = 2, D_HAS_DATA = 4, D_HAS_FIN = 6, D_FLIGHT = 8 };
enum closing_key { K_DATA = 0, K_DATA_ACK = 2, K_FIN = 4, K_FIN_ACK = 6, K_ACK_OF_FIN = 8, K_RST = 10 };

/* Both sides ESTABLISHED, the three messages delivered one by one. */
static bool closing_begin(const struct replay_model *m, struct replay_world *w)
{
    (void)m;
    if (!replay_connect(w, 0))
        return false;
    for (uint32_t i = 0; i < 3; i++) {
        w->sent = 0;
        replay_settle(w);
        if (w->sent != 1)
            return false;
        replay_deliver(w, 1u - w->segment[0].from, w->segment[0].frame, w->segment[0].n);
    }
    w->sent = 0;
    replay_settle(w);
    return w->sent == 0 && replay_state(w, 0) == SV_ESTABLISHED && replay_state(w, 1) == SV_ESTABLISHED &&
           w->side[1].open;
}

/* The FIN of who is in CLOSING, when its timer runs out: with what stands before it unacknowledged, or alone. */
static bool closing_fin_again(struct replay_world *w, uint32_t me)
{
    for (uint32_t i = 0; i < 10 && replay_timer(w, me); i++) {
        for (uint32_t k = 0; k < w->sent; k++) {
            if (w->segment[k].flags & REPLAY_FIN)
                return true;
        }
    }
    return false;
}

static bool closing_call(struct replay_world *w, const struct replay_step *s, uint32_t me, bool *known)
{
    struct replay_side *side = &w->side[me];
    size_t taken = 0;
    w->touched |= 1u << me;
    *known = true;
    if (event_is(s, "writes"))
        return sv_send(side->stack, side->socket, "x", 1, &taken, side->now) == SV_OK && taken == 1;
    if (event_is(s, "closes"))
        return sv_shutdown(side->stack, side->socket, side->now) == SV_OK;
    if (event_is(s, "fin_again"))
        return closing_fin_again(w, me);
    if (event_is(s, "waited"))
        return replay_until(w, me, me == 1 ? SV_LISTEN : SV_CLOSED);
    *known = false;
    return false;
}

static bool closing_play(struct replay_world *w, const struct replay_step *s)
{
    static const char *const arrive[] = {"data", "data_ack", "fin", "fin_ack", "ack_of_fin", "rst"};
    const uint32_t me = s->x, other = 1u - me;
    bool known;
    const bool done = closing_call(w, s, me, &known);
    if (known)
        return done;
    for (uint32_t k = 0; k < 6; k++) {
        if (event_is(s, arrive[k]))
            return bring(w, me, 2u * k + other);
    }
    for (uint32_t k = 0; k < 4 && event_is(s, "for_nobody"); k++) { /* whichever of them there is */
        if (bring(w, me, 2u * k + other))
            return true;
    }
    return false;
}

static bool closing_is(const struct replay_model *m, const struct replay_segment *g, uint32_t key, const char *after)
{
    const uint32_t other = 1u - g->from;
    const uint32_t fin = m->isn[other][0] + 1u + (uint32_t)(after[D_WROTE + other] - '0');
    const bool acked = g->flags & REPLAY_ACK && g->ack == fin + 1u;
    if (key % 2u != g->from || g->flags & REPLAY_SYN)
        return false;
    switch (key - g->from) {
    case K_RST:
        return g->flags & REPLAY_RST;
    case K_FIN:
        return g->flags & REPLAY_FIN && !acked;
    case K_FIN_ACK:
        return g->flags & REPLAY_FIN && acked;
    case K_DATA: /* again, it acknowledges what has come since */
        return g->length && !(g->flags & REPLAY_FIN);
    case K_DATA_ACK:
        return g->length && !(g->flags & REPLAY_FIN) && acked;
    default:
        return !g->length && g->flags == REPLAY_ACK && acked;
    }
}

/* An acknowledgment of data: the model has none, since it changes no state. It is lost, or comes at once. */
static bool closing_other(const struct replay_model *m, struct replay_world *w, const struct replay_segment *g)
{
    if (g->length || g->flags != REPLAY_ACK)
        return false;
    if (m->acks_arrive && replay_state(w, 1u - g->from) != SV_CLOSED && replay_state(w, 1u - g->from) != SV_LISTEN)
        replay_deliver(w, 1u - g->from, g->frame, g->n);
    return true;
}

/* mtype = {ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSING, TIME_WAIT, CLOSE_WAIT, LAST_ACK, CLOSED}. */
static enum sv_tcp_state closing_wanted(const char *state, uint32_t side)
{
    static const enum sv_tcp_state names[] = {SV_CLOSED,  SV_LAST_ACK,   SV_CLOSE_WAIT, SV_TIME_WAIT,
                                              SV_CLOSING, SV_FIN_WAIT_2, SV_FIN_WAIT_1, SV_ESTABLISHED};
    const uint32_t digit = (uint32_t)(state[side] - '1');
    const enum sv_tcp_state wanted = digit < 8 ? names[digit] : SV_TCP_STATES;
    return side == 1 && wanted == SV_CLOSED ? SV_LISTEN : wanted; /* its listener is still there */
}

static bool closing_agrees(const struct replay_world *w, const char *state, char *why, size_t bytes)
{
    for (uint32_t k = 0; k < 2; k++) {
        const struct replay_side *s = &w->side[k];
        const uint32_t data = (uint32_t)(state[D_HAS_DATA + k] - '0');
        const bool fin = state[D_HAS_FIN + k] == '1';
        if (s->received == data && s->finished == fin)
            continue;
        snprintf(why, bytes, "side %u's program has read %u bytes%s, and not %u%s", k, s->received,
                 s->finished ? " and the end" : "", data, fin ? " and the end" : "");
        return false;
    }
    return true;
}

/* Who is in CLOSING sends its FIN again, now with an acknowledgment: that is an edge of the model. */
static bool closing_may_wait(const char *state)
{
    for (uint32_t k = 0; k < 2; k++) {
        if (closing_wanted(state, k) == SV_CLOSING && state[D_FLIGHT + K_FIN_ACK + k] == '0')
            return false;
    }
    return true;
}

const struct replay_model replay_closing = {
    .name = "closing",
    .digits = 20,
    .flight = D_FLIGHT,
    .keys = 12,
    .begin = closing_begin,
    .play = closing_play,
    .is = closing_is,
    .other = closing_other,
    .wanted = closing_wanted,
    .agrees = closing_agrees,
    .may_wait = closing_may_wait,
};
