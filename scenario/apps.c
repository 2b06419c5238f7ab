/* SPDX-License-Identifier: BSD-2-Clause */
/* The applications of a scenario's hosts. What they write is a pattern that depends on who writes and where, so that
 * whoever reads can tell whether a byte is the right one of the right connection. */
#include <stdio.h>
#include <string.h>

#include "l4_transport/tcp_record.h"
#include "l4_transport/tcp_teach.h"
#include "scenario/lawful.h"
#include "scenario/outside.h"
#include "stack/stack_internal.h"

#define PIECE 4096u
#define LEAST 256u
#define ECHO_BYTES 64u /* of a ping */

/* cookies: what it is in bits 40 to 47, which in the lower 32 */
enum { OF_LISTENER = 1, OF_CONN, OF_PING };
#define COOKIE(kind, index) SV_COOKIE(0, (uint64_t)(kind) << 40 | (uint64_t)(index))

static void put_word(uint8_t *to, uint64_t word)
{
    to[0] = (uint8_t)word;
    to[1] = (uint8_t)(word >> 8);
    to[2] = (uint8_t)(word >> 16);
    to[3] = (uint8_t)(word >> 24);
    to[4] = (uint8_t)(word >> 32);
    to[5] = (uint8_t)(word >> 40);
    to[6] = (uint8_t)(word >> 48);
    to[7] = (uint8_t)(word >> 56);
}

/* n bytes of the stream from offset `at` on: words of eight, their lowest byte first. */
static void pattern(uint32_t key, uint64_t at, uint8_t *to, size_t n)
{
    size_t i = 0;
    while (i < n) {
        const uint64_t word = ((at + i) / 8u + key + 1u) * 0x9e3779b97f4a7c15ull;
        uint64_t rest = word ^ word >> 29;
        if ((at + i) % 8u == 0 && n - i >= 8) {
            put_word(to + i, rest);
            i += 8;
            continue;
        }
        for (rest >>= 8u * ((at + i) % 8u); i < n; rest >>= 8) {
            to[i++] = (uint8_t)rest;
            if ((at + i) % 8u == 0)
                break;
        }
    }
}

static uint32_t key_of(const struct sc_endpoint *e)
{
    return (e->host + 1u) * 7919u + e->iss * 31u;
}

void sc_app_bytes(const struct sc_endpoint *writer, uint64_t at, uint8_t *to, size_t n)
{
    pattern(key_of(writer), at, to, n);
}

static struct sc_conn *conn_new(struct sc_run *run, uint32_t host)
{
    const uint32_t again = run->conn_free;
    if (!again && run->conns == run->conns_max) {
        run->out_of_room = true;
        return NULL;
    }
    struct sc_conn *c = &run->conn[again ? again - 1u : run->conns++];
    run->conn_free = again ? c->next_free : 0;
    *c = (struct sc_conn){.used = true,
                          .host = host,
                          .attempt = SV_NONE,
                          .endpoint = SV_NONE,
                          .give_up_at = SV_NEVER,
                          .read_at = SV_NEVER,
                          .write_at = SV_NEVER,
                          .abort_at = SV_NEVER};
    return c;
}

static struct sv_stack *stack_of(const struct sc_run *run, const struct sc_conn *c)
{
    return run->stack[c->host];
}

static struct sc_endpoint *endpoint_of(struct sc_run *run, struct sc_conn *c)
{
    struct sv_sock_info info = {.size = sizeof info};
    if (c->endpoint != SV_NONE)
        return &run->endpoint[c->endpoint];
    if (!c->open || sv_sock_info(stack_of(run, c), c->sock, &info) != SV_OK)
        return NULL;
    if (run->crowds)
        sc_observe(run);
    struct sc_endpoint *e = sc_endpoint_of_flow(run, c->host, info.flow, true);
    if (e) {
        c->endpoint = (uint32_t)(e - run->endpoint);
        e->conn = (uint32_t)(c - run->conn);
    }
    return e;
}

struct sc_conn *sc_conn_of(struct sc_run *run, uint32_t host, uint32_t attempt)
{
    if (attempt == SV_NONE)
        return NULL;
    if (run->model->attempt[attempt].host == host)
        return run->conn_of_attempt[attempt] == SV_NONE ? NULL : &run->conn[run->conn_of_attempt[attempt]];
    struct sc_conn *c = sc_index_held(run, host, attempt);
    const struct sc_endpoint *e = c ? NULL : sc_endpoint_find(run, host, attempt);
    return e && e->conn != SV_NONE ? &run->conn[e->conn] : c;
}

/* "sent all", "read all". */
static void all_done(struct sc_run *run, const struct sc_conn *c, uint32_t kind)
{
    const uint32_t peer = c->endpoint != SV_NONE ? run->endpoint[c->endpoint].peer_attempt : SV_NONE;
    struct sc_facts of;
    sc_facts_of(run, &of, kind, c->host, c->attempt, peer);
    for (uint32_t i; (i = sc_facts_next(run, &of)) != SV_NONE;) {
        const struct sc_fact *f = &run->model->fact[i];
        if (sc_conn_of(run, f->host, f->attempt) == c)
            sc_fact_event(run, f, &run->fact[i]);
    }
}

/* --- writing --- */

static void fill(struct sc_run *run, const struct sc_conn *c, uint8_t *to, size_t n)
{
    const struct sc_endpoint *e = &run->endpoint[c->endpoint];
    pattern(key_of(e), c->written, to, n);
    sc_words(c, c->written, to, n);
}

/* Bytes of the next write. The urgent byte is one of its own: what is said before it is of the byte that is queued
 * next (RFC 6093). */
static size_t next_write(struct sc_run *run, struct sc_conn *c, sv_time now)
{
    uint64_t n = c->to_write - c->written;
    if (c->piece && n > c->piece)
        n = c->piece;
    if (c->urgent_at > c->written + 1u && c->urgent_at - 1u - c->written < n)
        n = c->urgent_at - 1u - c->written;
    if (c->urgent_at == c->written + 1u) {
        if (sv_sock_set(stack_of(run, c), c->sock, SV_OPT_URGENT, 1, now) == SV_OK)
            sc_lawful_urges(run, c);
        c->urgent_at = 0;
        n = 1;
    }
    return n < PIECE ? (size_t)n : PIECE;
}

static void write_some(struct sc_run *run, struct sc_conn *c, sv_time now)
{
    uint8_t bytes[PIECE];
    const bool alone = sc_flawed(run, c->host, SC_PSH_PER_WRITE) || sc_flawed(run, c->host, SC_ONE_WRITE_ONE_SEGMENT);
    while (c->open && c->connected && c->written < c->to_write && endpoint_of(run, c)) {
        if (alone && c->write_at != SV_NEVER && now < c->write_at)
            return; /* the write before is still on its way out: it has a segment to itself */
        const size_t whole = next_write(run, c, now);
        /* No more than will probably be taken: making bytes costs more than asking again. */
        const size_t offer = c->offer >= LEAST && c->offer <= PIECE ? c->offer : PIECE;
        const size_t n = whole < offer || c->piece ? whole : offer;
        size_t taken = 0;
        c->write_at = alone ? now + SV_US : SV_NEVER;
        if (!run->endpoint[c->endpoint].has_iss)
            sc_observe(run);
        fill(run, c, bytes, n);
        const enum sv_err error = sv_send(stack_of(run, c), c->sock, bytes, n, &taken, now);
        c->written += taken;
        c->refused = taken < n && (error == SV_OK || error == SV_ERR_AGAIN);
        c->offer = (uint32_t)(taken == n ? 2u * offer : taken > LEAST ? taken : LEAST);
        if (error != SV_OK || taken < n)
            break;
    }
    if (c->to_write && c->written == c->to_write && !c->told_sent) {
        c->told_sent = true;
        all_done(run, c, SC_FACT_SENT_ALL);
    }
}

/* --- reading --- */

static void check(struct sc_run *run, struct sc_conn *c, const uint8_t *bytes, size_t n)
{
    const struct sc_endpoint *e = endpoint_of(run, c);
    const struct sc_endpoint *peer = e ? sc_endpoint_peer(run, e) : NULL;
    if (e && sc_is_outside(run, sc_host_of(run, &e->remote.addr)))
        return; /* nobody knows what it writes */
    if (!peer) {
        sc_observe(run);
        e = endpoint_of(run, c);
        peer = e ? sc_endpoint_peer(run, e) : NULL;
    }
    const uint32_t key = peer ? key_of(peer) : 0;
    uint8_t right[PIECE];
    if (c->wrong)
        return;
    pattern(key, c->read, right, n);
    const struct sc_conn *writer = peer && peer->conn != SV_NONE ? &run->conn[peer->conn] : NULL;
    if (writer)
        sc_words(writer, c->read, right, n);
    c->wrong = !peer || memcmp(bytes, right, n) != 0;
    for (size_t i = 0; i < n && c->wrong; i++) {
        if (peer && bytes[i] == right[i])
            continue;
        c->wrong_at = c->read + i;
        break;
    }
}

static void read_eof(struct sc_run *run, struct sc_conn *c, sv_time now)
{
    if (c->peer_done)
        return;
    c->peer_done = true;
    all_done(run, c, SC_FACT_READ_ALL);
    if (c->server && !c->serve.keep)
        c->want_close = true;
    const struct sc_knobs *set = &run->set[c->host];
    if (sc_flawed(run, c->host, SC_CLOSE_WAIT_TIMEOUT))
        c->abort_at = now + set->value[SC_CLOSE_WAIT_TIMEOUT];
}

/* What one read asks for. */
static size_t next_read(const struct sc_run *run, const struct sc_conn *c)
{
    size_t room = PIECE;
    if (c->rate)
        room = c->rate < 8u * PIECE ? (size_t)(c->rate / 8u + 1u) : PIECE;
    if (c->size && c->size < room)
        room = (size_t)c->size;
    const struct sc_endpoint *e = c->endpoint != SV_NONE ? &run->endpoint[c->endpoint] : NULL;
    if (!e || !run->arrived || !sc_flawed(run, c->host, SC_READ_PER_SEGMENT) || c->reads >= e->arrived_n)
        return room;
    const uint32_t segment = run->arrived[c->endpoint][c->reads % SC_ARRIVED];
    return segment < room ? segment : room;
}

static void has_read(struct sc_run *run, struct sc_conn *c, size_t got)
{
    struct sc_endpoint *e = endpoint_of(run, c);
    if (e) {
        const sv_time since = e->last_read_at ? e->last_read_at : e->established_at;
        if (since != SV_NEVER && run->now - since > e->silence)
            e->silence = run->now - since;
        e->last_read_at = run->now;
        e->first_read_at = e->first_read_at ? e->first_read_at : run->now;
    }
    c->first_read = c->reads ? c->first_read : got;
    c->longest_read = got > c->longest_read ? got : c->longest_read;
    c->reads++;
    c->read += got;
    if (c->serve.app == SC_ECHO && c->server)
        c->to_write += got;
    if (c->serve.app == SC_ANSWER && c->server)
        c->to_write = c->read / c->serve.request * c->serve.bytes;
}

static void read_some(struct sc_run *run, struct sc_conn *c, sv_time now)
{
    uint8_t bytes[PIECE];
    while (c->open && !c->read_stop && !c->peer_done) {
        size_t got = 0;
        if (c->rate && c->read_at != SV_NEVER && now < c->read_at)
            return;
        if (sc_flawed(run, c->host, SC_READ_PER_SEGMENT))
            sc_observe(run);
        const enum sv_err error = sv_recv(stack_of(run, c), c->sock, bytes, next_read(run, c), &got, now);
        if (error == SV_ERR_EOF)
            read_eof(run, c, now);
        if (error != SV_OK || got == 0)
            return;
        check(run, c, bytes, got);
        has_read(run, c, got);
        if (c->server && c->serve.app == SC_HTTP)
            sc_http_read(c, bytes, got);
        if (c->rate)
            c->read_at = now + got * SV_S / c->rate;
    }
}

static void shut(struct sc_run *run, struct sc_conn *c, sv_time now)
{
    if (!c->open || c->written < c->to_write)
        return;
    if (c->want_shutdown && sc_flawed(run, c->host, SC_CLOSE_BOTH))
        c->want_close = true;
    if (c->want_close) {
        /* Read what is there first: closing with data unread would reset. */
        if (!c->read_stop && !c->rate)
            read_some(run, c, now);
        (void)endpoint_of(run, c);
        c->open = false;
        sv_close(stack_of(run, c), c->sock, now);
        if (run->crowds && c->attempt == SV_NONE && c->endpoint == SV_NONE) { /* of a crowd: nobody asks again */
            c->next_free = run->conn_free;
            run->conn_free = (uint32_t)(c - run->conn) + 1u;
        }
    } else if (c->want_shutdown) {
        c->want_shutdown = false;
        (void)!sv_shutdown(stack_of(run, c), c->sock, now);
    }
}

void sc_conn_pump(struct sc_run *run, struct sc_conn *c, sv_time now)
{
    read_some(run, c, now);
    write_some(run, c, now);
    shut(run, c, now);
    sc_conn_timed(run, c);
    sv_world_touch(run->sim->world, c->host);
}

void sc_conn_timed(struct sc_run *run, struct sc_conn *c)
{
    const sv_time all[] = {c->give_up_at, c->abort_at, c->written < c->to_write ? c->write_at : SV_NEVER,
                           c->rate && !c->read_stop && !c->peer_done ? c->read_at : SV_NEVER};
    sv_time at = SV_NEVER;
    for (uint32_t k = 0; k < 4 && c->open; k++)
        at = all[k] < at ? all[k] : at;
    sc_due_set(run, c->host, 0, (uint32_t)(c - run->conn), at);
}

/* --- events --- */

static const struct sc_serve *serve_of(const struct sc_run *run, uint32_t host, uint32_t serve)
{
    return serve < run->model->host[host].serves ? &run->model->host[host].serve[serve]
                                                 : &run->model->step[serve - SC_SERVES].serve;
}

static void accept_all(struct sc_run *run, uint32_t host, sv_sock listener, uint32_t serve, sv_time now)
{
    sv_sock sock;
    const sv_time from = serve_of(run, host, serve)->accept;
    if (now < from) { /* they wait in the queue */
        run->app_host[host].accept_at = from;
        run->app_host[host].listener = listener;
        run->app_host[host].serve = serve;
        return;
    }
    while (sv_accept(run->stack[host], listener, &sock, now) == SV_OK) {
        struct sc_conn *c = conn_new(run, host);
        if (!c) {
            sv_abort(run->stack[host], sock, now);
            return;
        }
        c->sock = sock;
        c->open = c->connected = c->server = true;
        c->serve = *serve_of(run, host, serve);
        c->rate = c->serve.rate;
        c->read_stop = c->serve.app == SC_MUTE;
        if (c->serve.app == SC_GREET || c->serve.app == SC_SOURCE)
            c->to_write = c->serve.bytes;
        c->want_close = c->serve.app == SC_SOURCE;
        (void)!sv_sock_set_cookie(run->stack[host], sock, COOKIE(OF_CONN, c - run->conn));
        sc_socket_knobs(run, host, NULL, sock, now);
        sc_observe(run);
        (void)endpoint_of(run, c);
        sc_conn_pump(run, c, now);
    }
}

static void conn_event(struct sc_run *run, struct sc_conn *c, const struct sv_event *event, sv_time now)
{
    if (event->what & SV_EVENT_CONNECTED) {
        c->connected = true;
        c->give_up_at = SV_NEVER;
    }
    if (event->what & SV_EVENT_URGENT) {
        c->urgents++;
        sc_lawful_urged(run, c);
    }
    if (event->what & SV_EVENT_ERROR && !c->error)
        c->error = event->error;
    if (event->what & SV_EVENT_CLOSED) {
        (void)endpoint_of(run, c);
        c->open = false;
        c->give_up_at = SV_NEVER;
        sc_conn_timed(run, c);
        return;
    }
    sc_conn_pump(run, c, now);
}

static void ping_reply(struct sc_run *run, struct sc_ping *p, sv_time now)
{
    uint8_t bytes[256];
    struct sv_endpoint from;
    size_t got;
    while (sv_udp_recv(run->stack[p->host], p->sock, &from, bytes, sizeof bytes, &got, now) == SV_OK) {
        if (got < 12)
            continue;
        sv_time sent = 0;
        memcpy(&sent, bytes + 4, sizeof sent);
        const sv_time rtt = run->now - sent;
        p->replies++;
        p->rtt_min = p->replies == 1 || rtt < p->rtt_min ? rtt : p->rtt_min;
        p->rtt_max = rtt > p->rtt_max ? rtt : p->rtt_max;
        p->silence = run->now - p->last > p->silence ? run->now - p->last : p->silence;
        p->last = run->now;
    }
}

static void on_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    const struct sc_app_host *a = self;
    struct sc_run *run = a->run;
    const uint32_t kind = (uint32_t)(event->cookie >> 40) & 0xffu, index = (uint32_t)event->cookie;
    (void)stack;
    if (kind == OF_LISTENER && event->what & SV_EVENT_ACCEPT)
        accept_all(run, a->host, event->socket, index, now);
    else if (kind == OF_CONN && index < run->conns_max && run->conn[index].host == a->host)
        conn_event(run, &run->conn[index], event, now);
    else if (kind == OF_PING && index < run->model->pings)
        ping_reply(run, &run->ping[index], now);
}

static sv_time on_deadline(void *self)
{
    const struct sc_app_host *a = self;
    const struct sc_run *run = a->run;
    uint32_t what;
    const sv_time at = sc_due_next(run, a->host, 0, &what);
    return a->accept_at && a->accept_at < at ? a->accept_at : at;
}

static void ping_send(struct sc_run *run, struct sc_ping *p, sv_time now)
{
    const struct sc_step *s = &run->model->step[p->step];
    uint8_t bytes[ECHO_BYTES] = {0};
    memcpy(bytes, &run->now, sizeof run->now);
    (void)!sv_echo_send(run->stack[p->host], p->sock, &s->remote.addr, (uint16_t)p->sent,
                        (uint8_t)(s->ttl ? s->ttl : 64u), bytes, sizeof bytes, now);
    p->sent++;
    p->asked = run->now;
    p->next = p->sent < s->count && !run->settling ? now + s->every : SV_NEVER;
    sc_due_set(run, p->host, 0, SC_DUE_PING | s->ping, p->next);
}

static void conn_tick(struct sc_run *run, struct sc_conn *c, struct sv_stack *stack, sv_time now)
{
    if (c->give_up_at <= now || c->abort_at <= now) {
        (void)endpoint_of(run, c);
        c->open = false;
        c->give_up_at = c->abort_at = SV_NEVER;
        c->failed = true;
        sv_abort(stack, c->sock, now);
        sc_conn_timed(run, c);
    } else if (c->write_at <= now) {
        c->write_at = SV_NEVER;
        sc_conn_pump(run, c, now);
    } else {
        c->read_at = SV_NEVER;
        sc_conn_pump(run, c, now);
    }
}

static void on_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct sc_app_host *a = self;
    struct sc_run *run = a->run;
    if (a->accept_at && a->accept_at <= now) {
        a->accept_at = 0;
        accept_all(run, a->host, a->listener, a->serve, now);
    }
    for (uint32_t what; sc_due_next(run, a->host, 0, &what) <= now;) {
        if (what & SC_DUE_PING)
            ping_send(run, &run->ping[what & ~SC_DUE_PING], now);
        else
            conn_tick(run, &run->conn[what], stack, now);
    }
}

const struct sv_app sc_app_ops = {on_event, on_deadline, on_tick};

/* --- what the timeline asks for --- */

void sc_app_listen(struct sc_run *run, uint32_t host, const struct sc_serve *s, sv_time now)
{
    const struct sc_host *h = &run->model->host[host];
    struct sv_listen_options options = {.size = sizeof options};
    const bool v4 = h->addrs == 0 || h->addr[0].byte[10] == 0xff;
    const struct sv_endpoint local = {.addr = v4 ? sv_addr_v4(0, 0, 0, 0) : (struct sv_addr){{0}}, .port = s->port};
    sv_sock listener;
    uint32_t number = (uint32_t)(s - h->serve);
    if (s < h->serve || s >= h->serve + SC_SERVES) { /* of a step */
        const struct sc_step *step = (const void *)((const char *)s - offsetof(struct sc_step, serve));
        number = SC_SERVES + (uint32_t)(step - run->model->step);
    }
    if (s->udp) {
        sc_udp_begin(run, s->socket, now);
        return;
    }
    options.cookie = COOKIE(OF_LISTENER, number);
    options.backlog = h->set.given >> SC_BACKLOG & 1u ? (uint32_t)h->set.value[SC_BACKLOG] : 0;
    options.half_open = h->set.given >> SC_HALF_OPEN & 1u ? (uint32_t)h->set.value[SC_HALF_OPEN] : 0;
    (void)!sv_listen(run->stack[host], &local, &options, &listener, now);
}

/* handshake: zero. What would be sent first goes with the SYN: the step that sends it is done. */
static void send_with_syn(struct sc_run *run, const struct sc_step *s, struct sc_conn *c, struct sc_endpoint *e)
{
    struct sv_tcp *tcp = &run->stack[s->host]->tcp;
    const struct sc_knobs *set = &run->model->host[s->host].set;
    const bool zero = set->given >> SC_HANDSHAKE & 1u && set->value[SC_HANDSHAKE] == SC_HANDSHAKE_ZERO;
    uint8_t bytes[PIECE];
    for (uint32_t i = 0; zero && i < run->model->steps; i++) {
        const struct sc_step *o = &run->model->step[i];
        size_t taken = 0;
        if (o->verb != SC_SEND || o->attempt != s->attempt || o->host != s->host || o->bytes > PIECE ||
            o->at != SV_NEVER)
            continue;
        e->iss = sv_tcp_cold(tcp, SV_SOCK_INDEX(c->sock.index))->iss;
        c->to_write = o->bytes;
        c->text = o->text;
        fill(run, c, bytes, (size_t)o->bytes);
        sv_tcp_fastopen_begin(tcp, SV_SOCK_INDEX(c->sock.index), true, bytes, (size_t)o->bytes, &taken);
        c->written = taken;
        run->step_done[i] = true;
        return;
    }
}

enum sv_err sc_app_connect(struct sc_run *run, const struct sc_step *s)
{
    const sv_time now = sv_world_local(run->sim->world, s->host);
    struct sc_conn *c = conn_new(run, s->host);
    struct sv_connect_options options = {.size = sizeof options, .local.port = s->from_port};
    if (!c)
        return SV_ERR_NO_MEMORY;
    options.cookie = COOKIE(OF_CONN, c - run->conn);
    const enum sv_err error = sv_connect(run->stack[s->host], &s->remote, &options, &c->sock, now);
    c->attempt = s->attempt;
    if (s->attempt != SV_NONE)
        run->conn_of_attempt[s->attempt] = (uint32_t)(c - run->conn);
    if (error != SV_OK) {
        c->error = (int32_t)error;
        c->failed = true;
        return error;
    }
    c->open = true;
    c->give_up_at = s->give_up ? now + s->give_up : SV_NEVER;
    sc_socket_offer(run, s, c->sock);
    sc_socket_knobs(run, s->host, &s->set, c->sock, now);
    struct sc_endpoint *e = endpoint_of(run, c);
    if (e) {
        sc_index_attempt(run, e, s->attempt);
        send_with_syn(run, s, c, e);
    }
    sc_conn_timed(run, c);
    sv_world_touch(run->sim->world, s->host);
    return SV_OK;
}

void sc_app_ping(struct sc_run *run, uint32_t step)
{
    const struct sc_step *s = &run->model->step[step];
    struct sc_ping *p = &run->ping[s->ping];
    const sv_time now = sv_world_local(run->sim->world, s->host);
    *p = (struct sc_ping){.host = s->host, .step = step, .next = now, .last = run->now, .place = p->place};
    p->open = sv_echo_open(run->stack[s->host], COOKIE(OF_PING, s->ping), &p->sock, now) == SV_OK;
    sc_due_set(run, s->host, 0, SC_DUE_PING | s->ping, p->open ? now : SV_NEVER);
    sv_world_touch(run->sim->world, s->host);
}

/* Its handles are nobody's any more; what it had written and not sent is lost. */
void sc_app_crashed(struct sc_run *run, uint32_t host)
{
    for (uint32_t i = 0; i < run->conns; i++) {
        struct sc_conn *c = &run->conn[i];
        if (c->host != host || !c->open)
            continue;
        (void)endpoint_of(run, c);
        c->open = false;
        c->error = SV_ERR_ABORTED;
        c->give_up_at = SV_NEVER;
        sc_conn_timed(run, c);
    }
    for (uint32_t i = 0; i < run->model->pings; i++) {
        if (!run->ping[i].open || run->ping[i].host != host)
            continue;
        run->ping[i].open = false;
        sc_due_set(run, host, 0, SC_DUE_PING | i, SV_NEVER);
    }
    sc_udp_crashed(run, host, sv_world_local(run->sim->world, host));
}
