/* SPDX-License-Identifier: BSD-2-Clause */
/* The timeline: who does what, when, or after which fact. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/model.h"

static const char *const verbs[] = {"connect", "listen", "send",   "read",   "shutdown", "close", "abort",
                                    "ping",    "crash",  "reboot", "unplug", "plug",     "set",   "bind",
                                    "forget",  "rebind", "forge",  "write",  NULL};
static const char *const step_keys[] = {
    "at",      "after",    "plus",     "host",    "connect", "listen", "send",  "read", "shutdown", "close",
    "abort",   "ping",     "crash",    "reboot",  "unplug",  "plug",   "set",   "as",   "of",       "from_port",
    "give_up", "every",    "count",    "app",     "bytes",   "rate",   "udp",   "bind", "to",       "ttl",
    "pieces",  "urgent",   "size",     "request", "frame",   "resend", "forge", "from", "id",       "seq",
    "ack",     "seq_step", "ack_step", "window",  "forget",  "rebind", "write", NULL};

/* Exactly one; `set` beside another verb belongs to it. */
static const struct sc_node *verb_of(struct sc_reader *r, const struct sc_node *c, uint32_t *verb)
{
    const struct sc_node *found = NULL;
    for (uint32_t i = 0; verbs[i]; i++) {
        const struct sc_node *n = sc_member(c, verbs[i]);
        if (!n || (i == SC_SET && found))
            continue;
        if (found) {
            sc_error_key(r->e, n, "one verb a step: \"%s\" is here already", found->key);
            return NULL;
        }
        found = n;
        *verb = i;
    }
    if (!found)
        sc_error(r->e, c,
                 "a step has a verb: connect, listen, send, read, shutdown, close, abort, ping, crash, reboot, "
                 "unplug, plug, set, bind, forget, rebind, forge, write");
    return found;
}

static bool address_of(struct sc_reader *r, const struct sc_node *n, const char *name, struct sv_addr *addr)
{
    if (sv_addr_parse(name, addr, NULL))
        return true;
    const uint32_t host = sc_need_host(r, n, name);
    if (host == SV_NONE)
        return false;
    if (!r->model->host[host].addrs) {
        sc_error(r->e, n, "\"%s\" has no address", name);
        return false;
    }
    *addr = r->model->host[host].addr[0];
    return true;
}

/* "a:80", "10.0.0.1:80", "[fd00::1]:80" */
bool sc_read_endpoint(struct sc_reader *r, const struct sc_node *n, struct sv_endpoint *to)
{
    char name[64];
    const char *colon = n->kind == SC_SCALAR ? strrchr(n->text, ':') : NULL;
    char *end;
    const unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    if (!colon || *end || port < 1 || port > 65535 || (size_t)(colon - n->text) >= sizeof name) {
        sc_error(r->e, n, "%s names a host and a port: \"b:80\"", n->key ? n->key : "it");
        return false;
    }
    const bool bracket = n->text[0] == '[' && colon[-1] == ']';
    snprintf(name, sizeof name, "%.*s", (int)(colon - n->text - (bracket ? 2 : 0)), n->text + (bracket ? 1 : 0));
    to->port = (uint16_t)port;
    return address_of(r, n, name, &to->addr);
}

static void name_step(struct sc_reader *r, const struct sc_node *c, uint32_t verb, uint32_t number)
{
    struct sc_model *m = r->model;
    const struct sc_node *as = sc_member(c, "as"), *host = sc_member(c, "host");
    if (!as) {
        sc_error(r->e, c, "\"%s\" wants a name for what it begins: as: c", verbs[verb]);
        return;
    }
    if (as->kind != SC_SCALAR || !sc_name_ok(as->text) || sc_host_named(m, as->text) != SV_NONE) {
        sc_error(
            r->e, as,
            "\"%s\" is no name (a word of a-z, 0-9, - and _, and none that YAML takes for a value), or is a host's",
            as->kind == SC_SCALAR ? as->text : "");
        return;
    }
    if (sc_attempt_named(m, as->text) != SV_NONE || sc_socket_named(m, as->text) != SV_NONE ||
        sc_ping_named(m, as->text) != SV_NONE) {
        sc_error(r->e, as, "\"%s\" is the name of another step already", as->text);
        return;
    }
    const uint32_t h = host && host->kind == SC_SCALAR ? sc_host_named(m, host->text) : SV_NONE;
    if (sc_step_is_crowd(c)) {
        m->step[number].crowd = sc_socket_new(r, as, (struct sc_socket){.host = h, .tcp = true, .crowd = true});
    } else if (sc_step_is_udp(c)) {
        m->step[number].socket = sc_socket_new(r, as, (struct sc_socket){.host = h, .connected = verb == SC_CONNECT});
    } else if (verb == SC_CONNECT) {
        sc_names_add(m, SC_NAME_ATTEMPT, as->text, m->attempts);
        m->attempt[m->attempts++] = (struct sc_attempt){as->text, h, number};
    } else {
        sc_names_add(m, SC_NAME_PING, as->text, m->pings);
        m->step[number].ping = m->pings;
        m->ping[m->pings++] = as->text;
    }
}

static void of_connection(struct sc_reader *r, const struct sc_node *n, struct sc_step *s)
{
    if (n && n->kind == SC_SCALAR)
        s->socket = sc_socket_named(r->model, n->text);
    if (s->socket != SV_NONE && !r->model->socket[s->socket].tcp)
        return;
    s->socket = SV_NONE;
    if (n && n->kind == SC_SCALAR)
        s->attempt = sc_need_attempt(r, n, n->text);
    else
        sc_error(r->e, n ? n : s->at_node, "of which connection? of: c");
}

static void connect_step(struct sc_reader *r, const struct sc_node *c, const struct sc_node *v, struct sc_step *s)
{
    const struct sc_node *n;
    uint64_t value;
    (void)sc_read_endpoint(r, v, &s->remote);
    if (sc_step_is_crowd(c)) {
        sc_read_crowd(r, c, s);
        return;
    }
    if (sc_step_is_udp(c)) {
        sc_read_connect_udp(r, c, s);
        return;
    }
    if (sc_member(c, "as"))
        s->attempt = sc_attempt_named(r->model, sc_member(c, "as")->text);
    if ((n = sc_member(c, "from_port")) && sc_count(r, n, 1, 65535, &value))
        s->from_port = (uint16_t)value;
    if ((n = sc_member(c, "give_up")))
        (void)sc_time(r, n, &s->give_up);
    if ((n = sc_member(c, "set")))
        (void)sc_knobs_read(r, n, &s->set, false);
}

static void ping_step(struct sc_reader *r, const struct sc_node *c, const struct sc_node *v, struct sc_step *s)
{
    const struct sc_node *n;
    uint64_t value;
    s->count = 1;
    s->every = SV_S;
    if (v->kind == SC_SCALAR)
        (void)address_of(r, v, v->text, &s->remote.addr);
    if ((n = sc_member(c, "every")))
        (void)sc_time(r, n, &s->every);
    if ((n = sc_member(c, "count")) && sc_count(r, n, 1, 10000, &value))
        s->count = (uint32_t)value;
    (void)sc_read_ttl(r, c, &s->ttl);
    if (!s->every)
        sc_error(r->e, n ? n : c, "every 0s: time would stand still");
}

static void listen_step(struct sc_reader *r, const struct sc_node *c, const struct sc_node *v, struct sc_step *s)
{
    uint64_t value;
    const struct sc_node *n = sc_member(c, "app"), *udp = sc_member(c, "udp");
    s->serve.socket = SV_NONE;
    if (sc_count(r, v, 1, 65535, &value))
        s->serve.port = (uint16_t)value;
    if ((udp && !sc_bool(r, udp, &s->serve.udp)) || (n && !sc_app_read(r, n, s->serve.udp, &s->serve.app)))
        return;
    if (s->serve.udp || sc_member(c, "as")) {
        const struct sc_socket socket = {
            .host = s->host, .port = s->serve.port, .tcp = !s->serve.udp, .app = s->serve.app};
        s->serve.socket = sc_socket_new(r, sc_member(c, "as"), socket);
    }
    if ((n = sc_member(c, "bytes")))
        (void)sc_size(r, n, &s->serve.bytes);
    if ((n = sc_member(c, "request")))
        (void)sc_size(r, n, &s->serve.request);
}

/* While it runs: what concerns connections that come, and what the whole stack does. */
static void set_step(struct sc_reader *r, const struct sc_node *map, struct sc_step *s)
{
    static const uint32_t early[] = {SC_RECV_BUFFER, SC_SEND_BUFFER, SC_BACKLOG, SC_HALF_OPEN};
    if (!sc_knobs_read(r, map, &s->set, true))
        return;
    for (uint32_t i = 0; i < sizeof early / sizeof *early; i++) {
        const struct sc_node *n = s->set.given >> early[i] & 1u ? sc_member(map, sc_knob_names[early[i]]) : NULL;
        if (n)
            sc_error_key(r->e, n, "%s is decided when a host begins: it stands in the host's own set", n->key);
    }
}

static void nat_step(struct sc_reader *r, const struct sc_node *v, const struct sc_step *s)
{
    if (s->host != SV_NONE && !r->model->host[s->host].nat_port)
        sc_error_key(r->e, v, "\"%s\" translates nothing: routers: {%s: {nat: {outside: 2}}}",
                     r->model->host[s->host].name, r->model->host[s->host].name);
}

/* A rate a second, or false: stop, true: as they come. */
static void read_rate_step(struct sc_reader *r, const struct sc_node *c, const struct sc_node *v, struct sc_step *s)
{
    const struct sc_node *n;
    s->read_stop = v->kind == SC_SCALAR && strcmp(v->text, "false") == 0;
    if (!s->read_stop && !(v->kind == SC_SCALAR && strcmp(v->text, "true") == 0))
        (void)sc_size(r, v, &s->rate);
    of_connection(r, sc_member(c, "of"), s);
    if ((n = sc_member(c, "size")))
        (void)sc_size(r, n, &s->size);
}

/* Words instead of the pattern, once on a connection: whoever reads them compares. */
static void write_step(struct sc_reader *r, const struct sc_node *c, const struct sc_node *v, struct sc_step *s)
{
    of_connection(r, sc_member(c, "of"), s);
    if (v->kind != SC_SCALAR || !v->text[0] || s->socket != SV_NONE) {
        sc_error(r->e, v, "write is a text for a connection: write: \"GET / HTTP/1.1\", of: c");
        return;
    }
    for (const struct sc_step *o = r->model->step; o < s; o++) {
        if (o->text && o->attempt == s->attempt && o->host == s->host)
            sc_error_key(r->e, v, "a host writes one text on a connection");
    }
    s->verb = SC_SEND;
    s->text = v->text;
    s->bytes = strlen(v->text);
    s->pieces = 1;
}

static void later_argument(struct sc_reader *r, const struct sc_node *c, const struct sc_node *v, struct sc_step *s)
{
    if (s->verb == SC_WRITE)
        write_step(r, c, v, s);
    else if (s->verb == SC_FORGE)
        sc_read_forge(r, c, v, s);
    bool now = true; /* crash, reboot */
    if ((s->verb == SC_CRASH || s->verb == SC_REBOOT) && sc_bool(r, v, &now) && !now)
        sc_error(r->e, v, "this step does nothing: crash: true, or reboot: true");
}

static void argument(struct sc_reader *r, const struct sc_node *c, const struct sc_node *v, struct sc_step *s)
{
    const struct sc_node *n;
    uint64_t value;
    switch (s->verb) {
    case SC_CONNECT:
        connect_step(r, c, v, s);
        break;
    case SC_LISTEN:
        listen_step(r, c, v, s);
        break;
    case SC_SEND:
        (void)sc_size(r, v, &s->bytes);
        if (sc_step_is_frame(c)) {
            sc_read_frame_step(r, c, s);
            break;
        }
        of_connection(r, sc_member(c, "of"), s);
        if (s->socket != SV_NONE)
            sc_read_datagrams(r, c, s);
        s->pieces = 1;
        if ((n = sc_member(c, "pieces")) && sc_count(r, n, 1, 4096, &value))
            s->pieces = (uint32_t)value;
        if ((n = sc_member(c, "urgent")))
            (void)sc_bool(r, n, &s->urgent);
        break;
    case SC_BIND:
        sc_read_bind(r, c, v, s);
        break;
    case SC_READ:
        read_rate_step(r, c, v, s);
        break;
    case SC_SHUTDOWN:
    case SC_CLOSE:
    case SC_ABORT:
        of_connection(r, v, s);
        break;
    case SC_PING:
        ping_step(r, c, v, s);
        break;
    case SC_UNPLUG:
    case SC_PLUG:
        s->link = v->kind == SC_SCALAR ? sc_need_link(r, v, v->text) : SV_NONE;
        break;
    case SC_SET:
        set_step(r, v, s);
        break;
    case SC_FORGET:
    case SC_REBIND:
        nat_step(r, v, s);
        break;
    default:
        later_argument(r, c, v, s);
        break;
    }
}

static uint32_t who(struct sc_reader *r, const struct sc_node *host)
{
    const uint32_t number = sc_need_host(r, host, host->text);
    if (number != SV_NONE && r->model->host[number].kind == SC_SWITCH)
        sc_error(r->e, host, "\"%s\" is a switch: it does nothing by itself", host->text);
    if (number != SV_NONE && r->model->host[number].kind == SC_OUTSIDE)
        sc_error(r->e, host, "\"%s\" is outside: what it does is not ours to say", host->text);
    return number;
}

static void read_step(struct sc_reader *r, const struct sc_node *c, struct sc_step *s)
{
    const struct sc_node *at = sc_member(c, "at"), *after = sc_member(c, "after"), *plus = sc_member(c, "plus");
    const struct sc_node *host = sc_member(c, "host");
    uint32_t verb = 0;
    const struct sc_node *v = verb_of(r, c, &verb);
    s->at_node = c;
    s->verb = verb;
    s->at = SV_NEVER;
    s->fact = s->attempt = s->host = s->link = s->crowd = SV_NONE;
    s->serve.socket = SV_NONE;
    if (!v)
        return;
    if (!at == !after) {
        sc_error(r->e, c,
                 at ? "a step has one time: at or after, not both" : "a step has a time: at: 3s, or after: a fact");
        return;
    }
    if (at && sc_time(r, at, &s->at) && s->at >= r->model->until)
        sc_error(r->e, at, "%s is not before until: nothing new is begun then", at->text);
    if (after)
        s->fact = sc_fact_read(r, after);
    if (plus)
        (void)sc_time(r, plus, &s->plus);
    if (host && host->kind == SC_SCALAR)
        s->host = who(r, host);
    else if (verb != SC_UNPLUG && verb != SC_PLUG)
        sc_error(r->e, c, "which host? host: a");
    argument(r, c, v, s);
}

/* A step that waits for a fact about a connection waits for the step that begins it; that may wait in turn. */
static void loops_in_time(struct sc_reader *r)
{
    const struct sc_model *m = r->model;
    for (uint32_t i = 0; i < m->steps; i++) {
        uint32_t at = i;
        for (uint32_t n = 0; n <= m->steps && at != SV_NONE; n++) {
            const uint32_t fact = m->step[at].fact, attempt = fact == SV_NONE ? SV_NONE : m->fact[fact].attempt;
            at = attempt == SV_NONE ? SV_NONE : m->attempt[attempt].step;
            if (at != i)
                continue;
            sc_error(
                r->e, m->step[i].at_node,
                "a loop in time: this begins \"%s\", and waits for what comes of it (begin one of them at: a time)",
                m->attempt[attempt].name);
            return;
        }
    }
}

void sc_read_timeline(struct sc_reader *r, const struct sc_node *list)
{
    struct sc_model *m = r->model;
    uint32_t verb, i = 0;
    if (list && list->kind != SC_LIST)
        sc_error(r->e, list, "the timeline is a list: - {at: 0s, host: a, connect: \"b:80\", as: c}");
    const struct sc_node *first = list && list->kind == SC_LIST ? list->child : NULL;
    for (const struct sc_node *c = first; c; c = c->next, i++) {
        m->step[i].ping = m->step[i].socket = SV_NONE;
        if (!sc_keys(r, c, step_keys, "a step") || !verb_of(r, c, &verb))
            continue;
        if (verb == SC_CONNECT || verb == SC_PING || verb == SC_BIND)
            name_step(r, c, verb, i);
    }
    if (r->e->n)
        return;
    for (const struct sc_node *c = first; c; c = c->next)
        read_step(r, c, &m->step[m->steps++]);
    if (!r->e->n)
        loops_in_time(r);
}
