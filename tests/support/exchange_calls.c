/* SPDX-License-Identifier: BSD-2-Clause */
/* What the application of a conversation does. */
#include <stdlib.h>
#include <string.h>

#include "l4_transport/tcp_internal.h"
#include "l4_transport/tcp_teach.h"
#include "tests/support/exchange_private.h"

static enum sv_err listen_for(struct sv_talk *t)
{
    const struct sv_addr any_six = {{0}};
    const struct sv_endpoint e = {.addr = sv_exchange_six ? any_six : sv_addr_v4(0, 0, 0, 0), .port = 80};
    const struct sv_listen_options o = {.size = sizeof o,
                                        .backlog = t->x->backlog,
                                        .half_open = t->x->half_open,
                                        .deferred = t->x->deferred,
                                        .fastopen = t->x->fastopen};
    t->have_listener = true;
    t->our_port = 80;
    t->peer_port = 4000;
    return sv_listen(t->stack, &e, &o, &t->listener, t->now);
}

static void pattern(uint8_t *bytes, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        bytes[i] = sv_talk_pattern(first + i);
}

static enum sv_err call_connect(struct sv_talk *t, const struct sv_line *l, size_t *done)
{
    const struct sv_endpoint e = {.addr = sv_talk_address(2), .port = 80};
    const struct sv_connect_options o = {.size = sizeof o, .local = {.port = 4000}};
    enum sv_err error;
    t->our_port = 4000;
    t->peer_port = 80;
    t->sent = t->received = 0;
    if (l->flags == CONNECT) {
        error = sv_connect(t->stack, &e, &o, &t->socket, t->now);
    } else {
        uint8_t *bytes = malloc(l->seq + 1u);
        pattern(bytes, 0, l->seq);
        error = sv_connect_fast(t->stack, &e, &o, bytes, l->seq, done, &t->socket, t->now);
        free(bytes);
        t->sent = (uint32_t)*done;
    }
    t->have_socket = error == SV_OK;
    return error;
}

static enum sv_err call_send(struct sv_talk *t, uint32_t n, size_t *done)
{
    uint8_t *bytes = malloc(n + 1u);
    pattern(bytes, t->sent, n);
    const enum sv_err error = sv_send(t->stack, t->socket, bytes, n, done, t->now);
    t->sent += (uint32_t)*done;
    free(bytes);
    return error;
}

static enum sv_err call_recv(struct sv_talk *t, const struct sv_line *l, size_t *done)
{
    uint8_t *bytes = malloc(l->seq + 1u);
    const enum sv_err error = sv_recv(t->stack, t->socket, bytes, l->seq, done, t->now);
    for (uint32_t i = 0; i < *done && !t->wrong; i++) {
        if (bytes[i] != sv_talk_pattern(t->received + i))
            t->wrong = t->received + i + 1u;
    }
    t->received += (uint32_t)*done;
    free(bytes);
    return error;
}

static enum sv_err call_asked(struct sv_talk *t, const struct sv_line *l)
{
    struct sv_admission asked = {.size = sizeof asked};
    const enum sv_err error = sv_admission(t->stack, t->listener, &asked, t->now);
    if (error != SV_OK)
        return error;
    return l->flags == ADMIT ? sv_admit(t->stack, asked.ticket, t->now)
                             : sv_refuse(t->stack, asked.ticket, (enum sv_refusal)l->seq, t->now);
}

enum sv_err sv_talk_call(struct sv_talk *t, const struct sv_line *l, size_t *done)
{
    switch (l->flags) {
    case LISTEN:
        return listen_for(t);
    case CONNECT:
    case CONNECT_FAST:
        return call_connect(t, l, done);
    case ADMIT:
    case REFUSE:
        return call_asked(t, l);
    case ACCEPT: {
        const enum sv_err error = sv_accept(t->stack, t->listener, &t->socket, t->now);
        t->have_socket = t->have_socket || error == SV_OK;
        return error;
    }
    case SEND:
        return call_send(t, l->seq, done);
    case RECV:
        return call_recv(t, l, done);
    case SHUTDOWN:
        return sv_shutdown(t->stack, t->socket, t->now);
    case CLOSE:
        t->have_socket = false;
        sv_close(t->stack, t->socket, t->now);
        return SV_OK;
    case ABORT:
        t->have_socket = false;
        sv_abort(t->stack, t->socket, t->now);
        return SV_OK;
    case CLOSE_LISTENER:
        t->have_listener = false;
        sv_close(t->stack, t->listener, t->now);
        return SV_OK;
    case OFFERS: {
        const char *value = l->seq ? "1" : "0";
        const enum sv_err error = sv_stack_knob_set(t->stack, "tcp_timestamps", value, t->now);
        return error ? error : sv_stack_knob_set(t->stack, "tcp_window_scaling", value, t->now);
    }
    default:
        *done = l->ack;
        return sv_sock_set(t->stack, t->socket, (enum sv_option)l->seq, l->ack, t->now);
    }
}

bool sv_talk_habits(struct sv_talk *t)
{
    const struct sv_exchange *x = t->x;
    struct sv_tcp_teach *teach = sv_stack_teach(t->stack);
    for (uint32_t i = 0; i < 2 && x->knob[i][0]; i++) {
        if (sv_stack_knob_set(t->stack, x->knob[i][0], x->knob[i][1], t->now) != SV_OK)
            return false;
    }
    teach->opening = x->teach;
    teach->handshake = x->handshake;
    teach->flaws = x->flaws;
    const struct sv_teach_syn offer = {.flow = 1, .scale = (uint8_t)(x->taught_scale - 1), .offered = SV_TCP_SCALING};
    return !x->taught_scale || sv_tcp_teach_offer(teach, offer);
}
