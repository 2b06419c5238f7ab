/* SPDX-License-Identifier: BSD-2-Clause */
/* The demo's clients on a stack of ours: they run until they are done or time is over, one after the other. */
#define _GNU_SOURCE
#include <string.h>

#include "cli/demo.h"
#include "cli/get.h"

#define PATIENCE (10 * SV_S)

/* --- get ---- */

struct fetch {
    struct demo *d;
    sv_time ended;
    int status;
    bool over;
};

static void on_done(void *self, int status)
{
    struct fetch *f = self;
    f->over = true;
    f->status = status;
    f->ended = cli_network_now(f->d->seven);
    cli_network_stop(f->d->seven, 0);
}

bool demo_stack_get(struct demo *d, struct cli_network *on, const char *url, const char *path, double *seconds)
{
    struct fetch f = {.d = d};
    const struct get_config config = {.output = {1, {path}}, .fail = true, .silent = true, .redirects_max = 5};
    char text[128];
    char *urls[1] = {text};
    (void)snprintf(text, sizeof text, "%s", url);
    const sv_time start = cli_network_now(on);
    struct get *g = get_start(on, &config, urls, 1, on_done, &f);
    if (!g)
        return false;
    const bool turned = demo_turn(d, 2 * PATIENCE);
    get_end(g, cli_network_now(on));
    *seconds = (double)(f.ended - start) / 1e9;
    if (f.over && f.status)
        demo_log(d, "seven get %s: exit %d", url, f.status);
    return turned && f.over && f.status == 0;
}

/* --- ping ---- */

struct pinger {
    struct demo *d;
    struct cli_network *on;
    struct sv_addr to;
    sv_sock socket;
    uint32_t count, sent, received;
    sv_time sent_at, next_at;
    uint64_t sum_ns;
};

static void ping_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct pinger *p = self;
    uint8_t bytes[256];
    struct sv_endpoint from;
    size_t n;
    (void)event;
    while (sv_udp_recv(stack, p->socket, &from, bytes, sizeof bytes, &n, now) == SV_OK) {
        if (n < 5 || bytes[3] != 0 || ((uint32_t)bytes[0] << 8 | bytes[1]) != p->sent)
            continue;
        p->received++;
        p->sum_ns += now - p->sent_at;
        p->next_at = now + 10 * SV_MS;
        if (p->sent == p->count)
            cli_network_stop(p->d->seven, 0);
    }
}

static sv_time ping_deadline(void *self)
{
    const struct pinger *p = self;
    return p->sent < p->count ? p->next_at : SV_NEVER;
}

static void ping_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct pinger *p = self;
    const uint8_t data[56] = "seven demo";
    if (p->sent >= p->count || now < p->next_at)
        return;
    p->sent++;
    p->sent_at = now;
    p->next_at = SV_NEVER;
    if (sv_echo_send(stack, p->socket, &p->to, (uint16_t)p->sent, 64, data, sizeof data, now) != SV_OK)
        p->next_at = now + SV_S; /* counted as lost */
}

bool demo_stack_ping(struct demo *d, struct cli_network *on, const char *to, uint32_t count, uint32_t *received,
                     double *milliseconds)
{
    static const struct sv_app ops = {ping_event, ping_deadline, ping_tick};
    struct pinger p = {.d = d, .on = on, .count = count, .next_at = cli_network_now(on)};
    const uint32_t app = cli_network_add(on, &ops, &p);
    bool ok = cli_parse_addr(to, &p.to) &&
              sv_echo_open(cli_network_stack(on), SV_COOKIE(app, 0), &p.socket, cli_network_now(on)) == SV_OK;
    if (ok) {
        ok = demo_turn(d, 4 * SV_S);
        sv_close(cli_network_stack(on), p.socket, cli_network_now(on));
    }
    cli_network_remove(on, app);
    *received = p.received;
    *milliseconds = p.received ? (double)p.sum_ns / p.received / 1e6 : 0;
    return ok && p.received == count;
}

/* --- UDP echo ---- */

struct echoer {
    struct demo *d;
    struct sv_endpoint to;
    sv_sock socket;
    uint32_t count, sent, right;
    sv_time next_at;
    size_t n;
    uint8_t out[1472];
};

static void echo_next(struct echoer *e, struct sv_stack *stack, sv_time now)
{
    if (e->sent == e->count) {
        cli_network_stop(e->d->seven, 0);
        return;
    }
    e->n = 4 + (e->sent * 37) % (sizeof e->out - 4);
    for (size_t k = 0; k < e->n; k++)
        e->out[k] = (uint8_t)(e->sent * 7 + k);
    e->sent++;
    e->next_at = now + SV_S;
    const enum sv_err error = sv_udp_send(stack, e->socket, &e->to, e->out, e->n, now);
    if (error != SV_OK)
        demo_log(e->d, "UDP datagram %u: %s", e->sent, cli_network_error(error));
}

static void echo_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct echoer *e = self;
    uint8_t in[2048];
    struct sv_endpoint from;
    size_t n;
    (void)event;
    while (sv_udp_recv(stack, e->socket, &from, in, sizeof in, &n, now) == SV_OK) {
        e->right += n == e->n && memcmp(in, e->out, n) == 0;
        echo_next(e, stack, now);
    }
}

static sv_time echo_deadline(void *self)
{
    const struct echoer *e = self;
    return e->next_at;
}

static void echo_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct echoer *e = self;
    if (now >= e->next_at)
        echo_next(e, stack, now);
}

bool demo_stack_udp(struct demo *d, struct cli_network *on, const char *to, uint32_t count, uint32_t *right)
{
    static const struct sv_app ops = {echo_event, echo_deadline, echo_tick};
    static struct echoer e;
    e = (struct echoer){.d = d, .count = count, .next_at = cli_network_now(on), .to = {.port = 7}};
    const struct sv_endpoint local = {{{0}}, 0};
    const uint32_t app = cli_network_add(on, &ops, &e);
    bool ok = cli_parse_addr(to, &e.to.addr) &&
              sv_udp_open(cli_network_stack(on), &local, SV_COOKIE(app, 0), &e.socket, cli_network_now(on)) == SV_OK;
    if (ok) {
        ok = demo_turn(d, 2 * PATIENCE);
        sv_close(cli_network_stack(on), e.socket, cli_network_now(on));
    }
    cli_network_remove(on, app);
    *right = e.right;
    return ok && e.right == count;
}

/* --- half-close ---- */

struct halver {
    struct demo *d;
    sv_sock socket;
    const char *line;
    char *out;
    size_t room, n;
    bool failed;
};

static void half_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct halver *h = self;
    size_t got;
    enum sv_err error;
    if (event->what & SV_EVENT_CONNECTED) {
        const size_t n = strlen(h->line);
        if (sv_send(stack, h->socket, h->line, n, &got, now) != SV_OK || got != n ||
            sv_shutdown(stack, h->socket, now) != SV_OK)
            h->failed = true;
    }
    while ((error = sv_recv(stack, h->socket, h->out + h->n, h->room - 1 - h->n, &got, now)) == SV_OK && got)
        h->n += got;
    h->out[h->n] = '\0';
    if (error != SV_ERR_AGAIN || h->failed) {
        /* In TIME-WAIT with everything read the handle is gone: that is the end too. */
        const bool ended = error == SV_ERR_EOF || (error == SV_ERR_STALE && !(event->what & SV_EVENT_ERROR));
        if (!ended)
            demo_log(h->d, "half-close: %s", cli_network_error(error));
        h->failed |= !ended;
        cli_network_stop(h->d->seven, 0);
    }
}

bool demo_stack_half_close(struct demo *d, struct cli_network *on, const char *to, const char *line, char *out,
                           size_t room)
{
    static const struct sv_app ops = {half_event, NULL, NULL};
    struct halver h = {.d = d, .line = line, .out = out, .room = room};
    struct sv_endpoint remote = {.port = 7};
    const uint32_t app = cli_network_add(on, &ops, &h);
    const struct sv_connect_options options = {.size = sizeof options, .cookie = SV_COOKIE(app, 0)};
    out[0] = '\0';
    bool ok = cli_parse_addr(to, &remote.addr) &&
              sv_connect(cli_network_stack(on), &remote, &options, &h.socket, cli_network_now(on)) == SV_OK;
    if (ok) {
        ok = demo_turn(d, PATIENCE) && !h.failed;
        sv_close(cli_network_stack(on), h.socket, cli_network_now(on));
    }
    cli_network_remove(on, app);
    return ok;
}
