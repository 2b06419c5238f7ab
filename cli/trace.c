/* SPDX-License-Identifier: BSD-2-Clause */
/* seven trace: the routers on the way to a host and how each fares, as mtr shows them. A probe with TTL n dies at the
 * n-th router, whose ICMP error names it (RFC 792, RFC 1812 §5.3.1). UDP probes to ports nobody has, TCP SYNs and ICMP
 * echo requests reach as far as filters let each of them pass. */
#define _GNU_SOURCE
#include "cli/trace.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/resolve.h"
#include "core/addr.h"

#define PROBES 512u /* under way at once; UDP's are told apart by as many ports */
#define UDP_PORT 33434u
#define TCP_PORT 80u
#define REPORT_CYCLES 10u
#define PROBE_MIN 28u
#define PROBE_MAX 1400u
#define SEQUENCE_SHIFT 11u /* TCP: an answer acknowledges the SYN, or the SYN and its data */
#define REPAINT (100 * SV_MS)

struct trace_config {
    uint64_t count, interval_ns, timeout_ns, grace_ns, first, max, unknown, size;
    bool report, wide, numeric, udp, tcp, icmp;
    uint16_t port;
};

struct trace_probe {
    sv_time sent_at;
    uint32_t sequence;
    uint32_t ttl; /* 0: nothing is waited for */
};

struct trace {
    struct trace_config config;
    struct cli_output_options output;
    struct cli_network *network;
    struct trace_hops hops;
    struct trace_probe probe[PROBES];
    struct trace_view view;
    struct sv_addr own;
    sv_sock socket;
    uint32_t app;
    uint32_t sequence; /* of the next probe */
    uint32_t ttl;      /* of the next probe */
    uint32_t waiting;
    sv_time next_at;     /* when to send it; SV_NEVER: all cycles are done */
    sv_time cycle_began; /* when the present one's first probe went */
    sv_time give_up;     /* with next_at SV_NEVER */
    sv_time paint_at;
    bool live, ended, local_error;
    bool terminal_changed;
    struct termios terminal;
};

#define AT(member) offsetof(struct trace_config, member)
static const struct cli_option trace_options[] = {
    {'u', "udp", CLI_FLAG, NULL, "probe with UDP to ports from 33434 on (the default)", AT(udp), NULL, 0, 0},
    {'T', "tcp", CLI_FLAG, NULL, "probe with TCP SYNs to port 80, or that of -P", AT(tcp), NULL, 0, 0},
    {'I', "icmp", CLI_FLAG, NULL, "probe with ICMP echo requests", AT(icmp), NULL, 0, 0},
    {'P', "port", CLI_PORT, "PORT", "TCP: the port; UDP: the first of the ports", AT(port), NULL, 0, 0},
    {'r', "report", CLI_FLAG, NULL, "print a table at the end (always so when stdout is no terminal)", AT(report), NULL,
     0, 0},
    {'w', "wide", CLI_FLAG, NULL, "a report in which host names are not cut", AT(wide), NULL, 0, 0},
    {'n', "numeric", CLI_FLAG, NULL, "addresses alone, without the names of /etc/hosts", AT(numeric), NULL, 0, 0},
    {'c', "count", CLI_NUMBER, "N", "probes to each hop (default: 10 in a report, else until q)", AT(count), NULL, 1,
     0},
    {'i', "interval", CLI_DURATION, "TIME", "from one probe of a hop to the next (default 1s)", AT(interval_ns), NULL,
     0, 0},
    {'f', "first", CLI_NUMBER, "TTL", "begin at this distance (default 1)", AT(first), NULL, 1, TRACE_HOPS},
    {'m', "max-hops", CLI_NUMBER, "TTL", "go no further than this (default 30)", AT(max), NULL, 1, TRACE_HOPS},
    {'U', "max-unknown", CLI_NUMBER, "N", "silent hops in a row after which to stop (default 5)", AT(unknown), NULL, 1,
     TRACE_HOPS},
    {'s', "size", CLI_SIZE, "BYTES", "length of a probe, headers included (default 64)", AT(size), NULL, PROBE_MIN,
     PROBE_MAX},
    {'Z', "timeout", CLI_DURATION, "TIME", "a probe is lost after this long (default 10s)", AT(timeout_ns), NULL, 0, 0},
    {'G', "grace", CLI_DURATION, "TIME", "wait this long for the last answers (default 5s)", AT(grace_ns), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

/* --- probes --- */

static uint64_t payload(const struct trace *t)
{
    static const uint64_t transport[] = {8, 24, 8};
    const uint64_t header = (cli_addr_is_v4(&t->view.to) ? 20u : 40u) + transport[t->view.method];
    return t->config.size > header ? t->config.size - header : 0;
}

static enum sv_err send_probe(struct trace *t, struct sv_stack *stack, uint32_t sequence, uint8_t ttl, sv_time now)
{
    static const uint8_t zeros[PROBE_MAX] = {0};
    struct sv_endpoint to = {t->view.to, t->view.port};
    switch (t->view.method) {
    case TRACE_TCP:
        return sv_probe_send(stack, t->socket, &to, sequence << SEQUENCE_SHIFT, ttl, payload(t), now);
    case TRACE_ICMP:
        return sv_echo_send(stack, t->socket, &to.addr, (uint16_t)sequence, ttl, zeros, payload(t), now);
    case TRACE_UDP:
        break;
    }
    to.port = (uint16_t)(to.port + sequence % PROBES);
    const enum sv_err error = sv_sock_set(stack, t->socket, SV_OPT_TTL, ttl, now);
    return error != SV_OK ? error : sv_udp_send(stack, t->socket, &to, zeros, payload(t), now);
}

/* The next cycle, or none. */
static void cycle_done(struct trace *t, sv_time now)
{
    t->ttl = t->hops.first;
    t->view.cycles++;
    t->next_at = t->cycle_began + t->config.interval_ns;
    if (t->config.count && t->view.cycles >= t->config.count) {
        t->next_at = SV_NEVER;
        t->give_up = now + t->config.grace_ns;
    }
}

static void send_one(struct trace *t, struct sv_stack *stack, sv_time now)
{
    const uint32_t last = trace_hops_last(&t->hops);
    if (t->ttl > last) { /* the target answered meanwhile */
        cycle_done(t, now);
        return;
    }
    const uint32_t sequence = t->sequence, ttl = t->ttl;
    const enum sv_err error = send_probe(t, stack, sequence, (uint8_t)ttl, now);
    if (error == SV_ERR_AGAIN) {
        t->next_at = now + SV_MS;
        return;
    }
    if (error != SV_OK && !t->local_error && !t->live) {
        t->local_error = true;
        (void)fprintf(stderr, "seven trace: %s\n", cli_network_error(error));
    }
    struct trace_probe *p = &t->probe[sequence % PROBES];
    t->waiting += p->ttl == 0;
    *p = (struct trace_probe){now, sequence, ttl};
    t->hops.hop[ttl].sent++;
    t->sequence++;
    if (t->ttl == t->hops.first)
        t->cycle_began = now;
    t->ttl++;
    if (t->ttl > last)
        cycle_done(t, now);
    else
        t->next_at = now + t->config.interval_ns / (last - t->hops.first + 1);
}

static void repaint(struct trace *t, sv_time now)
{
    if (t->live && now >= t->paint_at) {
        trace_show_screen(&t->view, stdout);
        t->paint_at = now + REPAINT;
    }
}

/* --- answers --- */

static void answered(struct trace *t, uint32_t sequence, const struct sv_addr *from, const char *mark, bool end,
                     bool reached, sv_time now)
{
    struct trace_probe *p = &t->probe[sequence % PROBES];
    const uint32_t mask = t->view.method == TRACE_TCP    ? UINT32_MAX >> SEQUENCE_SHIFT
                          : t->view.method == TRACE_ICMP ? 0xffffu
                                                         : PROBES - 1;
    if (p->ttl == 0 || ((p->sequence ^ sequence) & mask) != 0 || now > p->sent_at + t->config.timeout_ns)
        return; /* too late, or an answer to nothing we asked */
    trace_hops_answer(&t->hops, p->ttl, from, mark, end, reached, now - p->sent_at);
    p->ttl = 0;
    t->waiting--;
}

static bool from_target(const struct trace *t, const struct sv_addr *from)
{
    return memcmp(from, &t->view.to, sizeof *from) == 0;
}

static void on_icmp(struct trace *t, uint32_t sequence, const struct sv_addr *from, uint8_t type, uint8_t code,
                    sv_time now)
{
    const bool v4 = cli_addr_is_v4(&t->view.to);
    char mark[TRACE_MARK];
    bool end;
    trace_mark(v4, type, code, mark, &end);
    /* A closed port of the target is as good as an answer. */
    const bool port = type == (v4 ? 3 : 1) && code == (v4 ? 3 : 4);
    answered(t, sequence, from, mark, end, port && from_target(t, from), now);
}

static void read_reports(struct trace *t, struct sv_stack *stack, sv_time now)
{
    struct sv_report r = {.size = sizeof r};
    while (sv_sock_report(stack, t->socket, &r, now) == SV_OK) {
        if (memcmp(&r.dst.addr, &t->view.to, sizeof r.dst.addr) != 0)
            continue;
        if (r.kind == SV_REPORT_TCP)
            answered(t, r.sequence >> SEQUENCE_SHIFT, &r.from, "", true, true, now);
        else
            on_icmp(t,
                    t->view.method == TRACE_TCP ? r.sequence >> SEQUENCE_SHIFT : (uint32_t)(r.dst.port - t->view.port),
                    &r.from, r.type, r.code, now);
    }
}

static void read_datagrams(struct trace *t, struct sv_stack *stack, sv_time now)
{
    uint8_t bytes[64];
    struct sv_endpoint from;
    size_t n;
    while (sv_udp_recv(stack, t->socket, &from, bytes, sizeof bytes, &n, now) == SV_OK) {
        if (t->view.method == TRACE_UDP) { /* somebody listens there after all */
            if (from_target(t, &from.addr))
                answered(t, (uint32_t)(from.port - t->view.port), &from.addr, "", true, true, now);
        } else if (n >= 5) { /* sequence number 2, TTL, type, code */
            const uint32_t sequence = (uint32_t)bytes[0] << 8 | bytes[1];
            if (bytes[3] == 0 || bytes[3] == 129)
                answered(t, sequence, &from.addr, "", true, from_target(t, &from.addr), now);
            else
                on_icmp(t, sequence, &from.addr, bytes[3], bytes[4], now);
        }
    }
}

/* --- the command --- */

static void end(struct trace *t)
{
    if (t->ended)
        return;
    t->ended = true;
    if (t->output.json || t->output.pretty)
        trace_show_json(&t->view, stdout);
    else if (t->live)
        trace_show_screen(&t->view, stdout);
    else
        trace_show_report(&t->view, stdout);
    cli_network_stop(t->network, t->hops.reached ? 0 : 1);
}

static void interrupted(void *self, sv_time now)
{
    (void)now;
    end(self);
}

static void on_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct trace *t = self;
    (void)event;
    if (t->view.method != TRACE_ICMP)
        read_reports(t, stack, now);
    read_datagrams(t, stack, now);
    if (t->next_at == SV_NEVER && t->waiting == 0)
        end(t);
}

static sv_time on_deadline(void *self)
{
    const struct trace *t = self;
    if (t->ended)
        return SV_NEVER;
    const sv_time at = t->view.paused ? SV_NEVER : t->next_at == SV_NEVER ? t->give_up : t->next_at;
    return t->live && t->paint_at < at ? t->paint_at : at;
}

static void on_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct trace *t = self;
    if (t->ended)
        return;
    repaint(t, now);
    if (t->view.paused)
        return;
    if (t->next_at == SV_NEVER) {
        if (now >= t->give_up || t->waiting == 0)
            end(t);
    } else if (now >= t->next_at) {
        send_one(t, stack, now);
    }
}

static void on_key(void *self, int fd, uint32_t events, sv_time now)
{
    struct trace *t = self;
    char key;
    (void)events;
    if (read(fd, &key, 1) != 1)
        return;
    if (key == 'q' || key == 'Q') {
        end(t);
    } else if (key == 'p' || key == 'P' || key == ' ') {
        t->view.paused = !t->view.paused;
        t->next_at = t->next_at == SV_NEVER ? SV_NEVER : now;
    } else if (key == 'r' || key == 'R') {
        trace_hops_init(&t->hops, (uint32_t)t->config.first, (uint32_t)t->config.max, (uint32_t)t->config.unknown);
        memset(t->probe, 0, sizeof t->probe);
        t->waiting = 0;
        t->ttl = t->hops.first;
        t->view.cycles = 0;
        t->next_at = now;
    }
}

/* Keys come one by one, unseen; the screen is ours until the end. */
static void take_terminal(struct trace *t)
{
    struct termios raw;
    if (tcgetattr(STDIN_FILENO, &t->terminal) == 0) {
        raw = t->terminal;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        t->terminal_changed = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
        (void)cli_network_watch(t->network, STDIN_FILENO, CLI_READ, on_key, t);
    }
    (void)fputs("\033[H\033[2J", stdout);
}

static void give_terminal_back(const struct trace *t)
{
    if (t->terminal_changed)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &t->terminal);
}

static enum sv_err open_socket(struct trace *t, struct sv_stack *stack, sv_time now)
{
    static const struct sv_addr any4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}};
    struct sv_endpoint local = {{{0}}, 0};
    if (cli_addr_is_v4(&t->view.to))
        local.addr = any4;
    const uint64_t cookie = SV_COOKIE(t->app, 0);
    if (t->view.method == TRACE_TCP)
        return sv_probe_open(stack, cookie, &t->socket, now);
    if (t->view.method == TRACE_ICMP)
        return sv_echo_open(stack, cookie, &t->socket, now);
    return sv_udp_open(stack, &local, cookie, &t->socket, now);
}

/* From where the probes go, as far as it is shown: our first address of the target's family that is no link's alone. */
static void own_address(struct trace *t)
{
    struct sv_address_info info = {.size = sizeof info};
    uint32_t at = 0;
    t->own = *cli_network_address(t->network);
    t->view.from = &t->own;
    while (sv_address_each(cli_network_stack(t->network), &at, &info)) {
        if (cli_addr_is_v4(&info.addr) != cli_addr_is_v4(&t->view.to) || info.addr.byte[0] == 0xfe)
            continue;
        t->own = info.addr;
        return;
    }
}

static int start(struct trace *t)
{
    static const struct sv_app app = {on_event, on_deadline, on_tick};
    const sv_time now = cli_network_now(t->network);
    t->app = cli_network_add(t->network, &app, t);
    const enum sv_err error = open_socket(t, cli_network_stack(t->network), now);
    if (error != SV_OK)
        return cli_fail("trace", "no socket: %s", cli_network_error(error));
    own_address(t);
    t->next_at = t->paint_at = t->cycle_began = now;
    t->ttl = t->hops.first;
    cli_network_on_interrupt(t->network, interrupted, t);
    if (t->live)
        take_terminal(t);
    const int status = cli_network_run(t->network);
    if (t->live)
        give_terminal_back(t);
    return t->ended ? (t->hops.reached ? 0 : 1) : status;
}

static int choose(struct trace *t)
{
    const struct trace_config *c = &t->config;
    if ((uint32_t)c->udp + c->tcp + c->icmp > 1)
        return cli_usage("trace", "one of --udp, --tcp and --icmp");
    t->view.method = c->tcp ? TRACE_TCP : c->icmp ? TRACE_ICMP : TRACE_UDP;
    t->view.port = c->port ? c->port : c->tcp ? TCP_PORT : UDP_PORT;
    if (t->view.method == TRACE_UDP && t->view.port > 65536u - PROBES)
        return cli_usage("trace", "-P %u: UDP probes go to %u ports from there on; it takes at most %u",
                         (unsigned)c->port, PROBES, 65536u - PROBES);
    if (c->first > c->max)
        return cli_usage("trace", "-f %u is beyond -m %u", (unsigned)c->first, (unsigned)c->max);
    t->live = isatty(STDOUT_FILENO) == 1 && !c->report && !c->wide && !t->output.json && !t->output.pretty;
    if (!t->live && !c->count)
        t->config.count = REPORT_CYCLES;
    trace_hops_init(&t->hops, (uint32_t)c->first, (uint32_t)c->max, (uint32_t)c->unknown);
    t->view.hops = &t->hops;
    t->view.wide = c->wide;
    t->view.numeric = c->numeric;
    t->view.size = c->size;
    return CLI_PARSED;
}

static int trace_run(int argc, char **argv)
{
    struct cli_network_options network;
    struct trace *t = calloc(1, sizeof *t);
    if (!t)
        return cli_fail("trace", "out of memory");
    t->config = (struct trace_config){.interval_ns = SV_S,
                                      .timeout_ns = 10 * SV_S,
                                      .grace_ns = 5 * SV_S,
                                      .first = 1,
                                      .max = 30,
                                      .unknown = 5,
                                      .size = 64};
    struct cli_parse parse = {
        .command = &cli_command_trace, .config = &t->config, .network = &network, .output = &t->output};
    cli_network_defaults(&network);
    int r = cli_parse(&parse, argc, argv);
    if (r == CLI_PARSED && parse.words.n != 1)
        r = parse.words.n ? cli_usage("trace", "%s: one address at a time", parse.words.word[1])
                          : cli_usage("trace", "address missing; for example seven trace 10.7.0.1");
    if (r == CLI_PARSED) {
        t->view.target = parse.words.word[0];
        r = cli_resolve(t->view.target, 0, NULL, NULL, &t->view.to)
                ? choose(t)
                : cli_usage("trace", "%s: %s", t->view.target, CLI_HOSTS_HINT);
    }
    if (r == CLI_PARSED && sv_addr_is_any(&t->view.to))
        r = cli_usage("trace", "%s: no host's address", t->view.target);
    if (r == CLI_PARSED) {
        t->network = cli_network_open(&cli_command_trace, &network, &t->output, &(struct cli_network_wish){0});
        r = t->network ? start(t) : cli_said();
        cli_network_close(t->network, 0);
    }
    free(t);
    return r;
}

const struct cli_command cli_command_trace = {
    .name = "trace",
    .summary = "show the routers on the way to a host, and how each fares",
    .usage = "ADDRESS",
    .examples = "seven trace 10.7.0.1\ton a terminal: a screen that goes on until q\n"
                "seven trace -r -c 3 10.7.0.1\tthree probes to each hop, then a table\n"
                "seven trace --tcp --port 443 10.7.0.1\tSYNs, which filters let pass more often\n"
                "seven trace --icmp -j 10.7.0.1\techo requests; the table as JSON\n",
    .detail = "A hop is the router that a probe of that time to live died at. !H, !N and !P: it says that the host, "
              "the network or the protocol cannot be reached; !X: forbidden; !F: too long for the next network; "
              "!S: source route failed; !<N>: another code. The device is --device here (-i is the interval) and the "
              "capture file --capture (-w is a wide report).",
    .exit_codes = "0\tthe target answered\n1\tit did not, or there was no way to ask\n2\tusage\n",
    .options = trace_options,
    .network = true,
    .output = true,
    .run = trace_run,
};
