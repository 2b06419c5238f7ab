/* SPDX-License-Identifier: BSD-2-Clause */
/* seven nc: standard streams over TCP and UDP, listening, scanning. */
#define _GNU_SOURCE
#include "cli/nc.h"

#include <netdb.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/resolve.h"
#include "core/addr.h"

struct nc_config {
    bool listen, udp, finish, scan, verbose, keep, only4, only6;
    uint64_t wait_ns;
    uint16_t source_port;
};

struct nc {
    struct nc_config config;
    struct cli_network *network;
    uint32_t app;
    struct sv_endpoint remote; /* or, listening, the local end */
    const char *host;
    uint16_t port_last; /* of a range */
    sv_sock socket;     /* connecting, or the listener */
    sv_time connect_by;
    bool connecting;
    uint32_t open_ports;
    struct nc_pump pump;
};

#define AT(member) offsetof(struct nc_config, member)
static const struct cli_option nc_options[] = {
    {'4', "ipv4", CLI_FLAG, NULL, "IPv4 alone; with -l, nothing that comes by IPv6", AT(only4), NULL, 0, 0},
    {'6', "ipv6", CLI_FLAG, NULL, "IPv6 alone; with -l, nothing that comes by IPv4", AT(only6), NULL, 0, 0},
    {'l', "listen", CLI_FLAG, NULL, "wait for a connection instead of making one", AT(listen), NULL, 0, 0},
    {'u', "udp", CLI_FLAG, NULL, "UDP: what one read of stdin gives is one datagram", AT(udp), NULL, 0, 0},
    {'N', "finish", CLI_FLAG, NULL, "close our half (FIN) at the end of stdin, and go on receiving", AT(finish), NULL,
     0, 0},
    {'w', "wait", CLI_DURATION, "TIME", "give up connecting, or end an idle connection, after this long", AT(wait_ns),
     NULL, 0, 0},
    {'z', "scan", CLI_FLAG, NULL, "only see whether the ports answer, send nothing", AT(scan), NULL, 0, 0},
    {'v', "verbose", CLI_FLAG, NULL, "say on stderr what happens", AT(verbose), NULL, 0, 0},
    {'k', "keep", CLI_FLAG, NULL, "with -l: wait for the next one when a connection has ended", AT(keep), NULL, 0, 0},
    {'p', "source-port", CLI_PORT, "PORT", "our own port", AT(source_port), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static void tell(const struct nc *c, const char *what, const char *after)
{
    char text[CLI_ENDPOINT_TEXT];
    if (!c->config.verbose)
        return;
    const struct servent *service = getservbyport(htons(c->remote.port), c->config.udp ? "udp" : "tcp");
    (void)fprintf(stderr, "%s %s %u port [%s/%s] %s\n", what, cli_addr_text(&c->remote.addr, text),
                  (unsigned)c->remote.port, c->config.udp ? "udp" : "tcp", service ? service->s_name : "*", after);
}

static void begin_connect(struct nc *c, sv_time now);

/* One port is settled: the next of the range, or the end. */
static void next_port(struct nc *c, sv_time now)
{
    c->connecting = false;
    if (c->remote.port < c->port_last) {
        c->remote.port++;
        begin_connect(c, now);
        return;
    }
    cli_network_stop(c->network, c->open_ports ? 0 : 1);
}

static void refused(struct nc *c, enum sv_err error, sv_time now)
{
    char text[CLI_ENDPOINT_TEXT];
    if (c->config.verbose || !c->config.scan)
        (void)fprintf(stderr, "seven nc: connect to %s port %u failed: %s\n", cli_addr_text(&c->remote.addr, text),
                      (unsigned)c->remote.port, cli_network_error(error));
    next_port(c, now);
}

static void begin_connect(struct nc *c, sv_time now)
{
    struct sv_stack *stack = cli_network_stack(c->network);
    struct sv_connect_options options = {.size = sizeof options, .cookie = SV_COOKIE(c->app, 1)};
    options.local.port = c->config.source_port;
    const enum sv_err error = sv_connect(stack, &c->remote, &options, &c->socket, now);
    c->connecting = true;
    c->connect_by = c->config.wait_ns ? now + c->config.wait_ns : SV_NEVER;
    if (error != SV_OK)
        refused(c, error, now);
}

static void connected(struct nc *c, sv_time now)
{
    c->connecting = false;
    c->open_ports++;
    tell(c, "Connection to", "succeeded!");
    if (c->config.scan) {
        sv_close(cli_network_stack(c->network), c->socket, now);
        next_port(c, now);
        return;
    }
    nc_pump_open(&c->pump, c->socket, now);
}

static void accept_one(struct nc *c, sv_time now)
{
    struct sv_stack *stack = cli_network_stack(c->network);
    struct sv_sock_info info = {.size = sizeof info};
    char text[CLI_ENDPOINT_TEXT];
    sv_sock connection;
    while (!c->pump.open && sv_accept(stack, c->socket, &connection, now) == SV_OK) {
        if (sv_sock_set_cookie(stack, connection, SV_COOKIE(c->app, 2)) != SV_OK)
            continue;
        if (c->config.verbose && sv_sock_info(stack, connection, &info) == SV_OK)
            (void)fprintf(stderr, "Connection received on %s %u\n", cli_addr_text(&info.remote.addr, text),
                          (unsigned)info.remote.port);
        if (!c->config.keep)
            sv_close(stack, c->socket, now);
        nc_pump_open(&c->pump, connection, now);
        if (!c->config.keep)
            return;
    }
}

/* An ICMP error about a datagram of ours. What is final (RFC 1122 §4.1.3.3, §3.2.2.1) ends us as a reset would; that a
 * host or network cannot be reached just now may pass. */
static void datagram_refused(struct nc *c, sv_time now)
{
    struct sv_report r = {.size = sizeof r};
    char text[CLI_ENDPOINT_TEXT];
    while (!c->pump.done && sv_sock_report(cli_network_stack(c->network), c->pump.socket, &r, now) == SV_OK) {
        const bool v4 = cli_addr_is_v4(&r.from);
        const bool unreachable = r.type == (v4 ? 3 : 1);
        if (!c->pump.has_peer || r.dst.port != c->pump.peer.port ||
            memcmp(&r.dst.addr, &c->pump.peer.addr, sizeof r.dst.addr) != 0)
            continue;
        if (unreachable && r.code == (v4 ? 3 : 4))
            nc_pump_failed(&c->pump, SV_ERR_REFUSED);
        else if (unreachable && v4 && r.code == 2)
            nc_pump_failed(&c->pump, SV_ERR_UNREACHABLE);
        else if (c->config.verbose)
            (void)fprintf(stderr, "seven nc: %s answers with ICMP type %u code %u\n", cli_addr_text(&r.from, text),
                          (unsigned)r.type, (unsigned)r.code);
    }
}

static void on_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct nc *c = self;
    (void)stack;
    if (c->connecting) {
        if (event->what & SV_EVENT_ERROR)
            refused(c, (enum sv_err)event->error, now);
        else if (event->what & SV_EVENT_CONNECTED)
            connected(c, now);
        return;
    }
    if (event->what & SV_EVENT_ACCEPT)
        accept_one(c, now);
    if (!c->pump.open)
        return;
    if (event->what & SV_EVENT_ERROR && event->socket.index == c->pump.socket.index) {
        if (c->config.udp)
            datagram_refused(c, now);
        else
            c->pump.error = (enum sv_err)event->error;
    }
    nc_pump_turn(&c->pump, now);
}

static sv_time on_deadline(void *self)
{
    const struct nc *c = self;
    return c->connecting ? c->connect_by : nc_pump_deadline(&c->pump);
}

static void on_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct nc *c = self;
    if (c->connecting) {
        if (now >= c->connect_by) {
            sv_abort(stack, c->socket, now);
            refused(c, SV_ERR_TIMED_OUT, now);
        }
        return;
    }
    nc_pump_turn(&c->pump, now);
    if (!c->pump.done && c->pump.open && c->pump.idle_ns && now >= c->pump.last_byte + c->pump.idle_ns) {
        if (!c->config.udp)
            sv_close(stack, c->pump.socket, now);
        c->pump.done = true;
        cli_network_stop(c->network, c->config.udp ? 0 : 1);
    }
}

static int start_udp(struct nc *c, sv_time now)
{
    struct sv_endpoint local = {{{0}}, c->config.source_port};
    if (c->config.listen)
        local = c->remote;
    const enum sv_err error = sv_udp_open(cli_network_stack(c->network), &local, SV_COOKIE(c->app, 2), &c->socket, now);
    if (error != SV_OK)
        return cli_fail("nc", "UDP port %u: %s", (unsigned)local.port, cli_network_error(error));
    if (sv_sock_set(cli_network_stack(c->network), c->socket, SV_OPT_V6_ONLY, c->config.only6, now) != SV_OK)
        return cli_fail("nc", "UDP port %u: not for IPv6 alone", (unsigned)local.port);
    c->pump.udp = true;
    if (!c->config.listen) {
        c->pump.peer = c->remote;
        c->pump.has_peer = true;
    }
    tell(c, c->config.listen ? "Bound on" : "Sending to", "");
    nc_pump_open(&c->pump, c->socket, now);
    return CLI_PARSED;
}

static int start_listening(struct nc *c, sv_time now)
{
    struct sv_listen_options options = {
        .size = sizeof options, .cookie = SV_COOKIE(c->app, 0), .v6_only = c->config.only6};
    const enum sv_err error = sv_listen(cli_network_stack(c->network), &c->remote, &options, &c->socket, now);
    if (error != SV_OK)
        return cli_fail("nc", "port %u: %s", (unsigned)c->remote.port, cli_network_error(error));
    tell(c, "Listening on", "");
    c->pump.listener_side = true;
    return CLI_PARSED;
}

static int start(struct nc *c)
{
    static const struct sv_app app = {on_event, on_deadline, on_tick};
    const sv_time now = cli_network_now(c->network);
    int r = CLI_PARSED;
    c->app = cli_network_add(c->network, &app, c);
    do {
        c->pump = (struct nc_pump){.finish_at_eof = c->config.finish,
                                   .verbose = c->config.verbose,
                                   .idle_ns = c->config.wait_ns,
                                   .input_flags = -1,
                                   .output_flags = -1};
        if (!c->config.scan)
            nc_pump_begin(&c->pump, c->network);
        if (c->config.udp)
            r = start_udp(c, now);
        else if (!c->config.listen)
            begin_connect(c, now);
        else if (c->socket.index == SV_NONE)
            r = start_listening(c, now);
        else
            c->pump.listener_side = true;
        if (r == CLI_PARSED)
            r = cli_network_run(c->network);
        if (!c->config.scan)
            nc_pump_end(&c->pump);
        if (!(c->config.keep && c->config.listen && r == 0))
            return r;
        r = CLI_PARSED;
    } while (true);
}

static bool parse_ports(const char *text, uint16_t *first, uint16_t *last)
{
    char low[8];
    const char *dash = strchr(text, '-');
    if (!dash || !(text[0] >= '0' && text[0] <= '9')) {
        if (!cli_parse_port(text, first) || !*first)
            return false;
        *last = *first;
        return true;
    }
    if ((size_t)(dash - text) >= sizeof low)
        return false;
    (void)snprintf(low, sizeof low, "%.*s", (int)(dash - text), text);
    return cli_parse_port(low, first) && *first && cli_parse_port(dash + 1, last) && *last >= *first;
}

static int read_words(struct nc *c, const struct cli_words *words)
{
    const bool port_alone = c->config.listen && words->n == 1;
    if (c->config.listen && c->config.source_port && words->n == 0) { /* nc -l -p 80 */
        c->remote.port = c->port_last = c->config.source_port;
    } else if (words->n != 2 && !port_alone) {
        return cli_usage("nc", c->config.listen ? "port missing; for example seven nc -l 7000"
                                                : "it takes an address and a port, for example seven nc 10.7.0.1 80");
    } else if (!parse_ports(words->word[words->n - 1], &c->remote.port, &c->port_last)) {
        return cli_usage("nc", "%s: not a port; it takes 1 to 65535 or a service's name, with -z also 20-25",
                         words->word[words->n - 1]);
    }
    if (c->port_last != c->remote.port && !c->config.scan)
        return cli_usage("nc", "%s: a range of ports needs -z", words->word[words->n - 1]);
    if (c->config.scan && (c->config.listen || c->config.udp))
        return cli_usage("nc", "-z: only for TCP connections that we make, not with -l or -u");
    if (c->config.listen)
        c->remote.addr = c->config.only4 ? sv_addr_v4(0, 0, 0, 0) : (struct sv_addr){{0}}; /* any address */
    if (words->n == 2 && !cli_resolve(words->word[0], c->remote.port, NULL, NULL, &c->remote.addr))
        return cli_usage("nc", "%s: %s", words->word[0], CLI_HOSTS_HINT);
    if (c->config.only4 && c->config.only6)
        return cli_usage("nc", "-4 and -6: one of them");
    if (words->n == 2 && (sv_addr_is_v4(&c->remote.addr) ? c->config.only6 : c->config.only4))
        return cli_usage("nc", "%s: no address of IPv%c, which -%c asks for", words->word[0],
                         c->config.only6 ? '6' : '4', c->config.only6 ? '6' : '4');
    return CLI_PARSED;
}

static int nc_run(int argc, char **argv)
{
    struct nc *c = calloc(1, sizeof *c);
    struct cli_network_options network;
    struct cli_output_options output = {0};
    if (!c)
        return cli_fail("nc", "out of memory");
    struct cli_parse parse = {.command = &cli_command_nc, .config = &c->config, .network = &network, .output = &output};
    cli_network_defaults(&network);
    c->socket = SV_NO_SOCK;
    int r = cli_parse(&parse, argc, argv);
    if (r == CLI_PARSED)
        r = read_words(c, &parse.words);
    if (r == CLI_PARSED) {
        c->network = cli_network_open(&cli_command_nc, &network, &output, &(struct cli_network_wish){0});
        r = c->network ? start(c) : cli_said();
        cli_network_close(c->network, 5 * SV_S);
    }
    free(c);
    return r;
}

const struct cli_command cli_command_nc = {
    .name = "nc",
    .summary = "standard input and output over TCP or UDP",
    .usage = "ADDRESS PORT | -l [ADDRESS] PORT",
    .examples = "seven nc 10.7.0.1 80\ttalk to a server by hand\n"
                "echo hello | seven nc -N 10.7.0.1 7\tsend, close our half, print what still comes\n"
                "seven nc -l 7000 >file\ttake one connection\n"
                "seven nc -zv 10.7.0.1 20-25\twhich ports answer\n"
                "seven nc -u 10.7.0.1 7\tdatagrams\n",
    .detail = "The end of standard input sends nothing by itself: -N makes it a FIN, after which data may still "
              "come the other way. The capture file is --capture here: -w is the time to wait, as in every nc.",
    .exit_codes = "0\tdone; with -z: at least one port answered\n1\tno connection, or it broke\n2\tusage\n",
    .options = nc_options,
    .network = true,
    .output = true,
    .no_json = true,
    .run = nc_run,
};
