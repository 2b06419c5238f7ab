/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP sockets of a scenario's hosts. A datagram of an application carries who sent it, its number (from 1) and when,
 * then a pattern: so whoever reads it can tell what is missing, late, repeated or wrong. One shorter than that header
 * is counted and not looked at. */
#include <string.h>

#include "core/cursor.h"
#include "scenario/run.h"
#include "stack/stack_internal.h"

#define MAGIC 0x5e7eu
#define HEAD SC_DATAGRAM_HEAD
#define MOST 65507u
#define APP 1u /* of the host's applications, the second */

static struct sc_udp *udp_of(struct sc_run *run, uint32_t socket)
{
    return &run->udp[socket];
}

static uint8_t pattern(uint32_t socket, uint32_t number, size_t at)
{
    return (uint8_t)((socket * 31u + number) * 2654435761u >> 13 ^ at * 197u);
}

static void write_datagram(const struct sc_run *run, uint32_t socket, uint32_t number, uint8_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = pattern(socket, number, i);
    if (n < HEAD)
        return;
    sv_put_u16(to, MAGIC);
    sv_put_u16(to + 2, (uint16_t)socket);
    sv_put_u32(to + 4, number);
    sv_put_u32(to + 8, (uint32_t)(run->now >> 32));
    sv_put_u32(to + 12, (uint32_t)run->now);
}

/* The number of a datagram that one of our applications wrote; 0: it is none. */
uint32_t sc_datagram_number(const uint8_t *bytes, uint32_t n, uint32_t *socket)
{
    if (n < HEAD || sv_get_u16(bytes) != MAGIC)
        return 0;
    *socket = sv_get_u16(bytes + 2);
    return sv_get_u32(bytes + 4);
}

static void fact_of(struct sc_run *run, uint32_t kind, uint32_t socket, const struct sc_packet *icmp)
{
    struct sc_facts of;
    sc_facts_of(run, &of, kind + 16u, socket, SV_NONE, SV_NONE);
    for (uint32_t i; (i = sc_facts_next(run, &of)) != SV_NONE;) {
        const struct sc_fact *f = &run->model->fact[i];
        if (!icmp || sc_count_selected(&run->fact[i].count, &f->what, icmp))
            sc_fact_event(run, f, &run->fact[i]);
    }
}

/* --- reading --- */

/* Who has that address and port; SV_NONE: no socket of the file's. */
static uint32_t socket_at(const struct sc_run *run, const struct sv_endpoint *at)
{
    const uint32_t host = sc_host_of(run, &at->addr);
    uint32_t i = host != SV_NONE ? run->index.socket_first[host] : 0;
    for (; i; i = run->index.socket_next[i - 1u]) {
        if (!run->model->socket[i - 1u].tcp && run->udp[i - 1u].open && run->udp[i - 1u].port == at->port)
            return i - 1u;
    }
    return SV_NONE;
}

static bool seen_before(struct sc_udp *sender, uint32_t number)
{
    const uint32_t byte = number / 8u % SC_DATAGRAMS_SEEN;
    const uint8_t bit = (uint8_t)(1u << number % 8u);
    const bool before = (sender->seen[byte] & bit) != 0;
    sender->seen[byte] |= bit;
    return before;
}

static void account(struct sc_run *run, uint32_t socket, const uint8_t *bytes, size_t n)
{
    struct sc_udp *u = udp_of(run, socket);
    uint32_t from = 0;
    const uint32_t number = sc_datagram_number(bytes, n < MOST ? (uint32_t)n : MOST, &from);
    bool wrong = !number || from >= run->model->sockets || number > run->udp[from].sent;
    if (n < HEAD)
        return;
    for (size_t i = HEAD; i < n && !wrong; i++)
        wrong = bytes[i] != pattern(from, number, i);
    u->wrong += wrong;
    if (wrong)
        return;
    struct sc_udp *sender = udp_of(run, from);
    if (from == socket) { /* an echo of its own */
        const sv_time asked = (sv_time)sv_get_u32(bytes + 8) << 32 | sv_get_u32(bytes + 12), rtt = run->now - asked;
        u->answers++;
        u->rtt_min = u->answers == 1 || rtt < u->rtt_min ? rtt : u->rtt_min;
        u->rtt_max = rtt > u->rtt_max ? rtt : u->rtt_max;
        return;
    }
    if (seen_before(sender, number))
        u->repeated++;
    else
        u->distinct++;
    u->late += number < sender->highest;
    sender->highest = number > sender->highest ? number : sender->highest;
}

/* What was sent is answered: the next message may go, at once. */
static void answered(struct sc_run *run, uint32_t socket, const uint8_t *bytes, size_t n, sv_time now)
{
    for (uint32_t i = 0; i < run->jobs; i++) {
        struct sc_job *job = &run->job[i];
        const struct sc_step *s = &run->model->step[job->step];
        if (s->socket != socket || !s->resend || !sc_arq_answered(job, bytes, n))
            continue;
        job->number++;
        job->left--;
        job->next = job->left ? now : SV_NEVER;
        sc_due_set(run, s->host, APP, i, job->next);
        if (!job->left)
            fact_of(run, SC_FACT_SENT_ALL, socket, NULL);
    }
}

static void read_all(struct sc_run *run, uint32_t socket, sv_time now)
{
    static uint8_t bytes[MOST];
    const struct sc_socket *s = &run->model->socket[socket];
    struct sc_udp *u = udp_of(run, socket);
    struct sv_endpoint from;
    size_t got;
    while (u->open && !u->read_stop &&
           sv_udp_recv(run->stack[s->host], u->sock, &from, bytes, sizeof bytes, &got, now) == SV_OK) {
        if (u->received++ == 0)
            u->first_at = run->now;
        else if (run->now - u->last_at > u->silence)
            u->silence = run->now - u->last_at;
        u->last_at = run->now;
        u->bytes_received += got;
        account(run, socket, bytes, got);
        uint32_t sender;
        if (s->app == SC_ARQ || s->app == SC_ARQ_NO_BIT)
            sc_arq_message(run, socket, &from, sc_datagram_number(bytes, (uint32_t)got, &sender), now);
        else
            answered(run, socket, bytes, got, now);
        if (s->app == SC_ECHO)
            u->failed += sv_udp_send(run->stack[s->host], u->sock, &from, bytes, got, now) != SV_OK;
    }
}

static void hear(struct sc_run *run, uint32_t socket, sv_time now)
{
    const struct sc_socket *s = &run->model->socket[socket];
    struct sc_udp *u = udp_of(run, socket);
    struct sv_report report = {.size = sizeof report};
    while (u->open && sv_sock_report(run->stack[s->host], u->sock, &report, now) == SV_OK) {
        const struct sc_packet icmp = {.kinds = 1u << SC_ICMP,
                                       .from = sc_host_of(run, &report.from),
                                       .to = s->host,
                                       .attempt = SV_NONE,
                                       .socket = SV_NONE,
                                       .link = SV_NONE,
                                       .icmp_type = report.type,
                                       .icmp_code = report.code,
                                       .arp_op = -1};
        u->heard++;
        fact_of(run, SC_FACT_HEARS, socket, &icmp);
    }
}

static void on_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    const struct sc_app_host *a = self;
    const uint32_t socket = (uint32_t)event->cookie;
    (void)stack;
    if (socket >= a->run->model->sockets || a->run->model->socket[socket].host != a->host)
        return;
    if (event->what & SV_EVENT_ERROR)
        hear(a->run, socket, now);
    read_all(a->run, socket, now);
}

/* --- writing --- */

static void send_one(struct sc_run *run, struct sc_job *job, sv_time now)
{
    static uint8_t bytes[MOST];
    const struct sc_step *s = &run->model->step[job->step];
    struct sc_udp *u = udp_of(run, s->socket);
    const struct sv_endpoint *to = s->remote.port ? &s->remote : NULL;
    if (s->resend) {
        u->resent += job->sent == job->number; /* nobody has answered it */
        job->sent = job->number;
    }
    write_datagram(run, s->socket, s->resend ? job->number : u->sent + 1u, bytes, (size_t)s->bytes);
    if (s->ttl)
        (void)!sv_sock_set(run->stack[s->host], u->sock, SV_OPT_TTL, s->ttl, now);
    u->sent++;
    if (u->sent % 8u == 0) /* what half the memory ago was seen is forgotten */
        u->seen[(u->sent / 8u + SC_DATAGRAMS_SEEN / 2u) % SC_DATAGRAMS_SEEN] = 0;
    const enum sv_err error = sv_udp_send(run->stack[s->host], u->sock, to, bytes, (size_t)s->bytes, now);
    u->bytes_sent += error == SV_OK ? s->bytes : 0;
    u->failed += error != SV_OK;
    const uint32_t at = socket_at(run, to ? to : &run->model->socket[s->socket].remote);
    if (at != SV_NONE && error == SV_OK)
        run->udp[at].aimed++;
    if (s->resend) {
        job->next += s->resend;
        return;
    }
    job->left--;
    job->next = job->left ? job->next + s->every : SV_NEVER;
    if (!job->left)
        fact_of(run, SC_FACT_SENT_ALL, s->socket, NULL);
}

static sv_time on_deadline(void *self)
{
    const struct sc_app_host *a = self;
    uint32_t job;
    return sc_due_next(a->run, a->host, APP, &job);
}

static void on_tick(void *self, struct sv_stack *stack, sv_time now)
{
    const struct sc_app_host *a = self;
    (void)stack;
    for (uint32_t i; sc_due_next(a->run, a->host, APP, &i) <= now;) {
        struct sc_job *job = &a->run->job[i];
        if (!a->run->udp[a->run->model->step[job->step].socket].open || a->run->settling)
            job->next = SV_NEVER;
        while (job->next <= now)
            send_one(a->run, job, now);
        sc_due_set(a->run, a->host, APP, i, job->next);
    }
}

const struct sv_app sc_datagram_ops = {on_event, on_deadline, on_tick};

/* --- what the timeline asks for --- */

void sc_udp_begin(struct sc_run *run, uint32_t socket, sv_time now)
{
    const struct sc_socket *s = &run->model->socket[socket];
    const struct sc_host *h = &run->model->host[s->host];
    struct sc_udp *u = udp_of(run, socket);
    struct sv_stack *stack = run->stack[s->host];
    const bool v4 = h->addrs == 0 || h->addr[0].byte[10] == 0xff;
    const struct sv_endpoint local = {.addr = v4 ? sv_addr_v4(0, 0, 0, 0) : (struct sv_addr){{0}}, .port = s->port};
    if (u->open)
        return;
    u->open = sv_udp_open(stack, &local, SV_COOKIE(APP, socket), &u->sock, now) == SV_OK;
    u->failed += !u->open;
    uint32_t index;
    if (u->open && s->connected && sv_session_udp(&stack->session, u->sock, &index))
        u->failed += sv_udp_connect(&stack->core, &stack->net, &stack->udp, index, &s->remote) != SV_OK;
    struct sv_sock_info info = {.size = sizeof info};
    u->port = s->port;
    if (u->open && sv_sock_info(stack, u->sock, &info) == SV_OK)
        u->port = info.local.port;
    u->read_stop = s->app == SC_MUTE;
    sv_world_touch(run->sim->world, s->host);
}

/* A verb of the timeline on a UDP socket. */
void sc_udp_act(struct sc_run *run, uint32_t step)
{
    const struct sc_step *s = &run->model->step[step];
    const sv_time now = sv_world_local(run->sim->world, s->host);
    struct sc_udp *u = udp_of(run, s->socket);
    switch (s->verb) {
    case SC_BIND:
    case SC_CONNECT:
        sc_udp_begin(run, s->socket, now);
        break;
    case SC_SEND:
        if (u->open) {
            run->job[run->jobs] = (struct sc_job){.step = step, .left = s->count, .next = now, .number = 1};
            sc_due_set(run, s->host, APP, run->jobs++, now);
        }
        break;
    case SC_READ:
        u->read_stop = s->read_stop;
        read_all(run, s->socket, now);
        break;
    case SC_CLOSE:
    case SC_ABORT:
        if (u->open)
            sv_close(run->stack[s->host], u->sock, now);
        u->open = false;
        break;
    default:
        break;
    }
    sv_world_touch(run->sim->world, s->host);
}

/* Their handles are nobody's any more; what the host had queued goes with it. */
void sc_udp_crashed(struct sc_run *run, uint32_t host, sv_time now)
{
    for (uint32_t i = 0; i < run->model->sockets; i++) {
        if (run->model->socket[i].host != host || run->model->socket[i].tcp || !run->udp[i].open)
            continue;
        sv_close(run->stack[host], run->udp[i].sock, now);
        run->udp[i].open = false;
    }
}

/* Whose datagram it is: of the socket that sent it, or for which it is. */
uint32_t sc_udp_of(const struct sc_run *run, const struct sv_endpoint *from, const struct sv_endpoint *to)
{
    const uint32_t sender = socket_at(run, from);
    if (sender != SV_NONE && run->model->socket[sender].name)
        return sender;
    const uint32_t receiver = socket_at(run, to);
    return receiver != SV_NONE ? receiver : sender;
}

bool sc_udp_value(const struct sc_run *run, const uint32_t of[4], uint64_t *value)
{
    const struct sc_udp *u = &run->udp[of[2]];
    const uint64_t all[] = {
        u->sent,      u->received, u->bytes_sent, u->bytes_received, u->answers,  u->aimed - u->distinct,
        u->late,      u->repeated, u->wrong,      u->heard,          u->failed,   u->first_at,
        u->last_at,   u->silence,  u->rtt_min,    u->rtt_max,        u->messages, u->handed_twice,
        u->discarded, u->resent};
    *value = all[of[3]];
    return u->open || u->port;
}

bool sc_service_value(const struct sc_run *run, const uint32_t of[4], uint64_t *value)
{
    uint64_t sum[3] = {0, 0, 0};
    for (uint32_t i = 0; i < run->conns; i++) {
        const struct sc_conn *c = &run->conn[i];
        if (!c->used || !c->server || c->host != of[1] || c->serve.socket != of[2])
            continue;
        sum[0]++;
        sum[1] += c->read;
        sum[2] += c->written;
    }
    *value = sum[of[3]];
    return true;
}
