/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP sockets and services with names: what the timeline and the hosts say of them. */
#include <stdio.h>
#include <string.h>

#include "scenario/model.h"

uint32_t sc_socket_new(struct sc_reader *r, const struct sc_node *as, struct sc_socket socket)
{
    struct sc_model *m = r->model;
    if (as && (as->kind != SC_SCALAR || !sc_name_ok(as->text) || sc_host_named(m, as->text) != SV_NONE)) {
        sc_error(r->e, as,
                 "\"%s\" is no name (a word of a-z, 0-9, - and _, and none that YAML takes for a value), or is a "
                 "host's",
                 as->kind == SC_SCALAR ? as->text : "");
        return SV_NONE;
    }
    if (as && (sc_socket_named(m, as->text) != SV_NONE || sc_attempt_named(m, as->text) != SV_NONE)) {
        sc_error(r->e, as, "\"%s\" is the name of another socket, service or connection already", as->text);
        return SV_NONE;
    }
    socket.name = as ? as->text : NULL;
    if (as)
        sc_names_add(m, SC_NAME_SOCKET, as->text, m->sockets);
    m->socket[m->sockets] = socket;
    return m->sockets++;
}

bool sc_step_is_udp(const struct sc_node *step)
{
    const struct sc_node *udp = sc_member(step, "udp");
    return sc_member(step, "bind") || (udp && udp->kind == SC_SCALAR && strcmp(udp->text, "true") == 0);
}

/* --- the timeline --- */

bool sc_read_ttl(struct sc_reader *r, const struct sc_node *c, uint32_t *ttl)
{
    const struct sc_node *n = sc_member(c, "ttl");
    uint64_t value = 0;
    if (n && !sc_count(r, n, 1, 255, &value))
        return false;
    *ttl = (uint32_t)value;
    return true;
}

static void local_port(struct sc_reader *r, const struct sc_node *n, uint64_t least, struct sc_step *s)
{
    uint64_t value;
    if (!n || !sc_count(r, n, least, 65535, &value))
        return;
    s->from_port = (uint16_t)value;
    if (s->socket != SV_NONE)
        r->model->socket[s->socket].port = s->from_port;
}

void sc_read_bind(struct sc_reader *r, const struct sc_node *c, const struct sc_node *port, struct sc_step *s)
{
    const struct sc_node *as = sc_member(c, "as"), *app = sc_member(c, "app");
    s->socket = as && as->kind == SC_SCALAR ? sc_socket_named(r->model, as->text) : SV_NONE;
    local_port(r, port, 0, s);
    if (app && s->socket != SV_NONE)
        (void)sc_app_read(r, app, true, &r->model->socket[s->socket].app);
}

void sc_read_connect_udp(struct sc_reader *r, const struct sc_node *c, struct sc_step *s)
{
    const struct sc_node *as = sc_member(c, "as"), *n;
    s->socket = as && as->kind == SC_SCALAR ? sc_socket_named(r->model, as->text) : SV_NONE;
    local_port(r, sc_member(c, "from_port"), 1, s);
    if (s->socket != SV_NONE)
        r->model->socket[s->socket].remote = s->remote;
    if ((n = sc_member(c, "set")))
        sc_error_key(r->e, n, "a UDP socket has nothing to set");
    if ((n = sc_member(c, "give_up")))
        sc_error_key(r->e, n, "a UDP socket opens at once: there is nothing to give up");
}

/* `send` of a UDP socket: so many datagrams of that size. */
void sc_read_datagrams(struct sc_reader *r, const struct sc_node *c, struct sc_step *s)
{
    const struct sc_node *n = sc_member(c, "to"), *send = sc_member(c, "send");
    const struct sc_socket *socket = &r->model->socket[s->socket];
    uint64_t value;
    s->count = 1;
    if (s->bytes > 65507)
        sc_error(r->e, send, "a datagram has 65507 bytes at most");
    if (n)
        (void)sc_read_endpoint(r, n, &s->remote);
    else if (!socket->connected)
        sc_error(r->e, c, "\"%s\" is connected to nobody: to: \"a:53\"", socket->name);
    if ((n = sc_member(c, "count")) && sc_count(r, n, 1, 1000000, &value))
        s->count = (uint32_t)value;
    if ((n = sc_member(c, "every")))
        (void)sc_time(r, n, &s->every);
    if ((n = sc_member(c, "resend")) && sc_time(r, n, &s->resend) && !s->resend)
        sc_error(r->e, n, "resend: 0s would never wait");
    (void)sc_read_ttl(r, c, &s->ttl);
    if (s->host != SV_NONE && socket->host != s->host)
        sc_error(r->e, c, "\"%s\" is a socket of %s", socket->name, r->model->host[socket->host].name);
}

/* --- facts --- */

/* "b.u hears ICMP port-unreachable" */
bool sc_fact_hears(struct sc_reader *r, const struct sc_node *n, char *subject, const char *rest, struct sc_fact *f)
{
    char *dot = strchr(subject, '.');
    f->kind = SC_FACT_HEARS;
    if (dot) {
        *dot = 0;
        f->host = sc_need_host(r, n, subject);
        f->socket = sc_socket_named(r->model, dot + 1);
    }
    if (f->host == SV_NONE || f->socket == SV_NONE || r->model->socket[f->socket].tcp ||
        r->model->socket[f->socket].host != f->host) {
        sc_error(r->e, n, "a UDP socket hears: \"b.u hears ICMP port-unreachable\" (\"as: u\" in the timeline)");
        return false;
    }
    if (!sc_selector_words(r, n, rest, &f->what))
        return false;
    if (f->what.kind != SC_ICMP)
        sc_error(r->e, n, "what a socket hears is an ICMP error: \"hears ICMP port-unreachable\"");
    return f->what.kind == SC_ICMP;
}
