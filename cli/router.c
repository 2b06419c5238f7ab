/* SPDX-License-Identifier: BSD-2-Clause */
/* seven router: a router between any devices. */
#define _GNU_SOURCE
#include "cli/router.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/network.h"
#include "port/clock.h"
#include "port/cpu.h"
#include "port/entropy.h"
#include "port/memory.h"

#define POOL_BUFS 16384u
#define POOL_SLABS 32768u
#define TRACE_RECORDS 524288u
#define ROUTES_DEFAULT 4096u

enum { RPF_OFF, RPF_STRICT, RPF_LOOSE };

#define AT(member) offsetof(struct router_options, member)
#define NAT_AT(member) offsetof(struct router_options, nat.member)
static const struct cli_option router_options[] = {
    {'i', "port", CLI_TEXTS, "DEVICE[,OPTION...]",
     "a network: tap:NAME, packet:IFNAME or unix:PATH; may be repeated; its options are told below", AT(ports), NULL, 0,
     0},
    {'a', "address", CLI_TEXTS, "ADDR/LEN",
     "own address: of each family the first is the first device's, the second the second's; or NAME=ADDR/LEN",
     AT(address), NULL, 0, 0},
    {'g', "gateway", CLI_ADDRESSES, "ADDR", "a default route by it", AT(gateway), NULL, 0, 0},
    {0, "route", CLI_TEXTS, "ROUTE",
     "\"PREFIX via GATEWAY [via GATEWAY...] [dev NAME] [weight N] [metric N] [table N]\"; "
     "or \"blackhole|unreachable|prohibit PREFIX\"",
     AT(routes), NULL, 0, 0},
    {0, "routes", CLI_FILE, "FILE", "routes, one a line as --route has them; - is stdin", AT(file), NULL, 0, 0},
    {0, "ecmp", CLI_FLAG, NULL, "routes in a row to one prefix share its flows", AT(ecmp), NULL, 0, 0},
    {0, "rule", CLI_TEXTS, "RULE", "\"from PREFIX table N [priority N]\": the source chooses the table", AT(rules),
     NULL, 0, 0},
    {0, "acl", CLI_TEXTS, "LINE",
     "\"accept|drop|reject [in NAME] [out NAME] [from PREFIX] [to PREFIX] [proto P] [sport R] [dport R] [established] "
     "[syn]\"; the first line that agrees decides, else the packet passes",
     AT(acl), NULL, 0, 0},
    {0, "rpf", CLI_CHOICE, "MODE", "check that a packet's source is reached by where it came from (RFC 3704)", AT(rpf),
     "off strict loose", 0, 0},
    {0, "clamp-mss", CLI_FLAG, NULL, "lower TCP's largest segment size to what fits", AT(clamp), NULL, 0, 0},
    {0, "ceiling", CLI_NUMBER, "N", "routes that fit (default 4096, or as many as --routes has and as many again)",
     AT(ceiling), NULL, 16, 1u << 24},
    {0, "queue", CLI_NUMBER, "PACKETS", "that may wait at a device (default 1024)", AT(queue), NULL, 1, 16384},
    {0, "mtu", CLI_SIZE, "BYTES", "of new TAPs and of sockets", AT(mtu), NULL, 68, 65535},
    {0, "every", CLI_DURATION, "TIME", "print counters so often", AT(every_ns), NULL, 0, 0},
    {0, "seed", CLI_NUMBER, "N", "of its random numbers, for a run that can be repeated", AT(seed), NULL, 1, 0},
    {'w', "capture", CLI_FILE, "FILE", "write every frame at every device as pcapng", AT(capture), NULL, 0, 0},
    ROUTER_NAT_OPTIONS(NAT_AT),
    {0, "show", CLI_TEXT, "nat", "print the sessions that a running router translates, and end", AT(show), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

sv_port router_port_named(const struct router *r, const char *name)
{
    for (sv_port p = 0; p < r->ports; p++)
        if (strcmp(r->port[p].device.name, name) == 0)
            return p;
    return SV_NO_PORT;
}

/* --- memory --- */

/* Lines of a file of routes: the ceiling must be known before the first is read. */
static bool count_routes(struct router *r, uint64_t *lines)
{
    *lines = 0;
    if (!r->options.file || strcmp(r->options.file, "-") == 0)
        return true;
    FILE *f = fopen(r->options.file, "r");
    if (!f)
        return cli_fail("router", "--routes %s: %s", r->options.file, strerror(errno)) < 0;
    for (int c; (c = getc(f)) != EOF;)
        *lines += c == '\n';
    fclose(f);
    return true;
}

static bool make_stack(struct router *r)
{
    const struct router_options *o = &r->options;
    uint64_t lines;
    if (!count_routes(r, &lines))
        return false;
    struct sv_stack_config c = {.size = sizeof c,
                                .host = 1,
                                .cpu = sv_cpu_detect(),
                                .forward = 1,
                                .interfaces = ROUTER_PORTS,
                                .addresses = 64,
                                .neighbours = 4096,
                                .connections = 64,
                                .half_open = 64,
                                .time_waits = 64};
    c.routes = (uint32_t)(o->ceiling ? o->ceiling : lines * 2 > ROUTES_DEFAULT ? lines * 2 : ROUTES_DEFAULT);
    c.nat_sessions = o->nat.outside ? (uint32_t)o->nat.sessions : 0;
    c.seed = o->seed;
    if (!o->seed && !(sv_entropy(&c.seed, sizeof c.seed) && sv_entropy(c.secret, sizeof c.secret)))
        return cli_fail("router", "the kernel gives no random numbers, and without them nothing may start") < 0;
    r->memory_bytes = sv_pool_bytes(POOL_BUFS, POOL_SLABS) + sv_stack_bytes(&c) +
                      (o->capture ? sv_trace_bytes(TRACE_RECORDS) : 0) + (1u << 20);
    r->memory = sv_memory_map(r->memory_bytes, c.routes > 65536);
    r->arena = r->memory ? sv_arena_create(r->memory, r->memory_bytes) : NULL;
    r->pool = r->arena ? sv_pool_create(r->arena, POOL_BUFS, POOL_SLABS) : NULL;
    r->trace = r->pool && o->capture ? sv_trace_create(r->arena, TRACE_RECORDS) : NULL;
    if (r->trace)
        sv_trace_select(r->trace, (uint64_t)1 << SV_TRACE_FRAME_IN | (uint64_t)1 << SV_TRACE_FRAME_OUT);
    c.trace = r->trace;
    r->began = r->told = sv_clock();
    r->stack = r->pool && (r->trace || !o->capture) ? sv_stack_create(r->arena, r->pool, &c, r->began) : NULL;
    return r->stack ||
           cli_fail("router", "%llu bytes of memory are not to be had", (unsigned long long)r->memory_bytes) < 0;
}

/* --- devices --- */

static bool add_address(struct router *r, sv_port port, const char *text)
{
    struct sv_addr addr;
    uint32_t length;
    if (!cli_parse_prefix(text, &addr, &length) || length == SV_NONE)
        return cli_usage("router", "-a %s: an address with its prefix length, for example 10.1.0.1/24", text) < 0;
    const enum sv_err error = sv_address_add(r->stack, port, &addr, length, sv_clock());
    return error == SV_OK || cli_usage("router", "-a %s: %s", text, cli_network_error(error)) < 0;
}

/* What stands behind the device's name: addresses, mtu=N, rpf=MODE, clamp. */
static bool port_option(struct router *r, char *word, struct sv_interface_config *c, char **address, uint32_t *n)
{
    uint64_t v;
    if (strncmp(word, "mtu=", 4) == 0 && cli_parse_size(word + 4, &v) && v >= 68 && v <= 65535) {
        c->mtu = (uint32_t)v;
    } else if (strcmp(word, "rpf=strict") == 0 || strcmp(word, "rpf=loose") == 0 || strcmp(word, "rpf=off") == 0) {
        c->flags &= ~(uint32_t)(SV_IF_RPF_STRICT | SV_IF_RPF_LOOSE);
        c->flags |= word[4] == 's' ? SV_IF_RPF_STRICT : word[4] == 'l' ? SV_IF_RPF_LOOSE : 0;
    } else if (strcmp(word, "clamp-mss") == 0) {
        c->flags |= SV_IF_CLAMP_MSS;
    } else if (strcmp(word, "directed-broadcast") == 0) {
        c->flags |= SV_IF_DIRECTED_BROADCAST;
    } else if (strchr(word, '/') && *n < 8) {
        address[(*n)++] = word;
    } else {
        (void)r;
        return cli_usage("router",
                         "-i: \"%s\" is not understood; ADDR/LEN, mtu=N, rpf=off|strict|loose, clamp-mss, "
                         "directed-broadcast",
                         word) < 0;
    }
    return true;
}

static bool open_port(struct router *r, const char *spec)
{
    struct router_port *p = &r->port[r->ports];
    struct sv_interface_config c = {.size = sizeof c, .queue = (uint32_t)r->options.queue};
    struct sv_device_options d;
    char text[512], error[SV_DEVICE_TEXT], *save = NULL, *address[8];
    uint32_t addresses = 0;
    if ((size_t)snprintf(text, sizeof text, "%s", spec) >= sizeof text)
        return cli_usage("router", "-i: too long") < 0;
    const char *device = strtok_r(text, ",", &save);
    c.flags = r->options.rpf == RPF_STRICT ? SV_IF_RPF_STRICT : r->options.rpf == RPF_LOOSE ? SV_IF_RPF_LOOSE : 0;
    c.flags |= r->options.clamp ? SV_IF_CLAMP_MSS : 0;
    for (char *w; (w = strtok_r(NULL, ",", &save)) != NULL;)
        if (!port_option(r, w, &c, address, &addresses))
            return false;
    sv_device_defaults(&d);
    d.kernel_addresses = 0;
    d.mtu = c.mtu ? c.mtu : (uint32_t)r->options.mtu;
    if (!sv_device_open(&p->device, device ? device : "", &d, error))
        return cli_fail("router", "-i %s", error) < 0;
    p->open = true;
    p->spec = spec;
    c.flags |= p->device.flags | SV_IF_NO_ARP_PROBE | SV_IF_IP6;
    if (!c.mtu || c.mtu > p->device.mtu)
        c.mtu = p->device.mtu;
    memcpy(c.mac, p->device.mac, 6);
    if (sv_interface_add(r->stack, &c, &p->port, sv_clock()) != SV_OK)
        return cli_fail("router", "-i %s: no room for another", spec) < 0;
    r->ports++;
    for (uint32_t i = 0; i < addresses; i++)
        if (!add_address(r, p->port, address[i]))
            return false;
    return sv_loop_add_device(&r->loop, &p->device, r->party, p->port) ||
           cli_fail("router", "%s cannot be waited for: %s", p->device.name, strerror(errno)) < 0;
}

/* -a: NAME=ADDR/LEN, or in the order of the devices, each family for itself. */
static bool give_addresses(struct router *r)
{
    uint32_t next[2] = {0, 0};
    for (uint32_t i = 0; i < r->options.address.n; i++) {
        const char *text = r->options.address.text[i], *equals = strchr(text, '=');
        sv_port port;
        if (equals) {
            char name[32];
            (void)snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
            port = router_port_named(r, name);
            text = equals + 1;
        } else {
            port = next[strchr(text, ':') != NULL]++;
        }
        if (port >= r->ports)
            return cli_usage("router", "-a %s: there is no device for it", r->options.address.text[i]) < 0;
        if (!add_address(r, port, text))
            return false;
    }
    return true;
}

/* --- routes and the list --- */

static bool read_routes(struct router *r)
{
    const bool in = r->options.file && strcmp(r->options.file, "-") == 0;
    FILE *f = !r->options.file ? NULL : in ? stdin : fopen(r->options.file, "r");
    char line[1024], where[256];
    bool ok = true;
    if (!r->options.file)
        return true;
    if (!f)
        return cli_fail("router", "--routes %s: %s", r->options.file, strerror(errno)) < 0;
    for (uint64_t n = 1; ok && fgets(line, sizeof line, f); n++) {
        (void)snprintf(where, sizeof where, "%s:%llu", r->options.file, (unsigned long long)n);
        ok = router_add_route(r, where, line, sv_clock());
    }
    if (!in)
        fclose(f);
    return ok && router_flush_route(r, r->options.file, sv_clock());
}

/* --nat names an interface as everything does, or by its device's word, or counts from 1. Prefixes alone are translated
 * at the last one. */
static bool translate(struct router *r)
{
    const struct router_nat_options *o = &r->options.nat;
    sv_port port = r->ports - 1;
    uint64_t number;
    if (o->outside) {
        port = router_port_named(r, o->outside);
        if (port == SV_NO_PORT && cli_parse_number(o->outside, r->ports, &number) && number > 0)
            port = (sv_port)number - 1;
        for (sv_port p = 0; port == SV_NO_PORT && p < r->ports; p++)
            if (strncmp(r->port[p].spec, o->outside, strlen(o->outside)) == 0)
                port = p;
        if (port == SV_NO_PORT)
            return cli_usage("router", "--nat %s: no device of that name; it takes one of those given with -i",
                             o->outside) < 0;
    }
    return router_nat_start("router", r->stack, o, port, sv_clock());
}

static bool configure(struct router *r)
{
    const struct router_options *o = &r->options;
    char text[CLI_ENDPOINT_TEXT], words[128];
    bool ok = give_addresses(r);
    for (sv_port p = 0; ok && p < r->ports; p++)
        sv_interface_set_up(r->stack, p, true, sv_clock());
    for (uint32_t i = 0; ok && i < o->gateway.n; i++) {
        (void)snprintf(words, sizeof words, "default via %s", cli_addr_text(&o->gateway.addr[i], text));
        ok = router_add_route(r, "-g", words, sv_clock());
    }
    for (uint32_t i = 0; ok && i < o->routes.n; i++)
        ok = router_add_route(r, "--route", o->routes.text[i], sv_clock());
    ok = ok && router_flush_route(r, "--route", sv_clock()) && read_routes(r);
    for (uint32_t i = 0; ok && i < o->rules.n; i++)
        ok = router_add_rule(r, o->rules.text[i], sv_clock());
    for (uint32_t i = 0; ok && i < o->acl.n; i++)
        ok = router_add_line(r, o->acl.text[i], sv_clock());
    return ok && translate(r);
}

/* --- running --- */

static sv_time each_round(void *self, struct sv_loop *loop, sv_time now)
{
    struct router *r = self;
    (void)loop;
    router_capture_drain(r);
    if (!r->options.every_ns)
        return SV_NEVER;
    if (now - r->told >= r->options.every_ns)
        router_tell(r, now);
    return r->told + r->options.every_ns;
}

static bool start(struct router *r)
{
    char error[SV_DEVICE_TEXT];
    if (!make_stack(r))
        return false;
    r->loop_open = sv_loop_open(&r->loop);
    if (!r->loop_open || !sv_loop_take_signals(&r->loop) || !sv_loop_add_hook(&r->loop, each_round, r))
        return cli_fail("router", "no event loop: %s", strerror(errno)) < 0;
    r->party = sv_loop_add_node(&r->loop, sv_stack_node(r->stack), r->pool, 0);
    for (uint32_t i = 0; i < r->options.ports.n; i++)
        if (!open_port(r, r->options.ports.text[i]))
            return false;
    if (!configure(r) || !router_capture_open(r))
        return false;
    r->control_open = sv_control_open(&r->control, &r->loop, "seven router", router_request, r, error);
    if (!r->control_open)
        (void)fprintf(stderr, "seven router: seven ip will not see this process: %s\n", error);
    return true;
}

static void end(struct router *r)
{
    router_capture_close(r);
    if (r->control_open)
        sv_control_close(&r->control);
    if (r->loop_open)
        sv_loop_close(&r->loop);
    for (uint32_t i = 0; i < ROUTER_PORTS; i++)
        if (r->port[i].open)
            sv_device_close(&r->port[i].device);
    sv_memory_unmap(r->memory, r->memory_bytes);
}

static int router_run(int argc, char **argv)
{
    struct router *r = calloc(1, sizeof *r);
    if (!r)
        return cli_fail("router", "out of memory");
    struct cli_parse parse = {.command = &cli_command_router, .config = &r->options, .output = &r->options.output};
    r->options.queue = 1024;
    r->options.nat.sessions = ROUTER_NAT_SESSIONS;
    int status = cli_parse(&parse, argc, argv);
    if (status == CLI_PARSED && r->options.show) {
        const bool json = r->options.output.json || r->options.output.pretty;
        status = strcmp(r->options.show, "nat") == 0 ? router_nat_ask(json)
                                                     : cli_usage("router", "--show %s: it takes nat", r->options.show);
        free(r);
        return status;
    }
    if (status == CLI_PARSED && parse.words.n)
        status = cli_usage("router", "%s: devices are given with -i", parse.words.word[0]);
    if (status == CLI_PARSED && (r->options.ports.n < 1 || r->options.ports.n > ROUTER_PORTS))
        status = cli_usage("router", "give 1 to %u devices with -i; for example -i tap:left,10.1.0.1/24", ROUTER_PORTS);
    if (status == CLI_PARSED)
        status = router_nat_check("router", &r->options.nat);
    if (status == CLI_PARSED) {
        const bool up = start(r);
        status = up ? sv_loop_run(&r->loop, SV_NEVER) : cli_said();
        if (up) {
            router_tell_end(r);
            status = r->loop.signal ? 0 : cli_fail("router", "every device is gone");
        }
        end(r);
    }
    free(r);
    return status;
}

const struct cli_command cli_command_router = {
    .name = "router",
    .summary = "a router between any devices",
    .usage = "",
    .examples = "seven router -i tap:left,10.1.0.1/24 -i tap:right,10.2.0.1/24\tjoin two networks\n"
                "seven router -i tap:a,10.1.0.1/24 -i tap:b,10.2.0.1/24 -g 10.2.0.9\tand all others\n"
                "seven router -i packet:eth0,10.1.0.1/24,rpf=strict -i packet:eth1,192.0.2.2/24\tsources checked\n"
                "seven router -i ... --acl 'accept established' --acl 'drop in wan'\ta list of what passes\n"
                "seven router -i tap:in,10.0.0.1/24 -i tap:out,192.0.2.1/24 --nat out\tan inside behind one address\n"
                "seven router -i ... --routes table.txt --every 1s\ta file of routes, counters each second\n",
    .detail = "Behind a device's name stand, with commas: its addresses (ADDR/LEN), mtu=N, rpf=off|strict|loose, "
              "clamp-mss, directed-broadcast. `seven ip route` shows the table while it runs, `seven ss -s` counters "
              "and drops. Source routes are refused, link-local addresses are never forwarded, and broadcasts to a "
              "subnet only where its device says so.",
    .exit_codes = "0\tended by a signal\n1\tit could not start, or its devices are gone\n2\tusage\n",
    .options = router_options,
    .output = true,
    .run = router_run,
};
