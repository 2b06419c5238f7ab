/* SPDX-License-Identifier: BSD-2-Clause */
/* seven ping: ICMP echo (RFC 792) from Seven's own stack, in iputils' words. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/network.h"
#include "cli/resolve.h"
#include "core/addr.h"

#define SEQUENCES 65536u
#define LONGEST 65507u

struct ping_config {
    uint64_t count, interval_ns, size, wait_ns, ttl;
    bool quiet;
};

struct ping {
    struct ping_config config;
    struct cli_output_options output;
    struct cli_network *network;
    struct sv_addr to;
    const char *name;
    sv_sock socket;
    uint8_t *data;
    sv_time *sent_at; /* by sequence number; 0: not waiting */
    uint8_t *answered;
    sv_time started, next_at, last_sent;
    uint64_t sent, received, duplicates, errors;
    uint64_t min_ns, max_ns, sum_ns;
    double sum_squares_us;
    bool ended;
};

#define AT(member) offsetof(struct ping_config, member)
static const struct cli_option ping_options[] = {
    {'c', "count", CLI_NUMBER, "N", "stop after N requests", AT(count), NULL, 1, 0},
    {'i', "interval", CLI_DURATION, "TIME", "wait this long between requests (default 1s)", AT(interval_ns), NULL, 0,
     0},
    {'s', "size", CLI_SIZE, "BYTES", "data bytes in each request (default 56)", AT(size), NULL, 0, LONGEST},
    {'W', "timeout", CLI_DURATION, "TIME", "wait this long for the last answer (default 10s, or twice the slowest)",
     AT(wait_ns), NULL, 0, 0},
    {'t', "ttl", CLI_NUMBER, "N", "time to live of the requests (default 64)", AT(ttl), NULL, 1, 255},
    {'q', "quiet", CLI_FLAG, NULL, "print the summary alone", AT(quiet), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

/* iputils' precision: three digits that count. */
static const char *milliseconds(uint64_t ns, char *to, size_t room)
{
    const uint64_t us = (ns + 500) / 1000;
    if (us >= 100000)
        (void)snprintf(to, room, "%" PRIu64, (us + 500) / 1000);
    else if (us >= 10000)
        (void)snprintf(to, room, "%" PRIu64 ".%01" PRIu64, us / 1000, us % 1000 / 100);
    else if (us >= 1000)
        (void)snprintf(to, room, "%" PRIu64 ".%02" PRIu64, us / 1000, us % 1000 / 10);
    else
        (void)snprintf(to, room, "0.%03" PRIu64, us);
    return to;
}

/* The root by bisection over integers is exact enough for a figure of three decimals (us). */
static uint64_t root(double square)
{
    uint64_t low = 0, high = 4000000000u;
    while (low < high) {
        const uint64_t middle = low + (high - low + 1) / 2;
        if ((double)middle * (double)middle <= square)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static void summary(const struct ping *p, sv_time now)
{
    const uint64_t span_ms = (now - p->started) / SV_MS;
    const uint64_t lost = p->sent - p->received;
    const double mean_us = p->received ? (double)p->sum_ns / 1000.0 / (double)p->received : 0;
    const double variance = p->received ? p->sum_squares_us / (double)p->received - mean_us * mean_us : 0;
    const uint64_t mdev_us = root(variance > 0 ? variance : 0);
    if (p->output.json || p->output.pretty) {
        printf("{\"schema\":1,\"type\":\"summary\",\"to\":\"%s\",\"sent\":%" PRIu64 ",\"received\":%" PRIu64
               ",\"duplicates\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"time_ms\":%" PRIu64,
               p->name, p->sent, p->received, p->duplicates, p->errors, span_ms);
        if (p->received)
            printf(",\"rtt_min_us\":%.3f,\"rtt_avg_us\":%.3f,\"rtt_max_us\":%.3f,\"rtt_mdev_us\":%" PRIu64,
                   (double)p->min_ns / 1000.0, mean_us, (double)p->max_ns / 1000.0, mdev_us);
        printf("}\n");
        return;
    }
    printf("\n--- %s ping statistics ---\n%" PRIu64 " packets transmitted, %" PRIu64 " received", p->name, p->sent,
           p->received);
    if (p->duplicates)
        printf(", +%" PRIu64 " duplicates", p->duplicates);
    if (p->errors)
        printf(", +%" PRIu64 " errors", p->errors);
    printf(", %.6g%% packet loss, time %" PRIu64 "ms\n", p->sent ? (double)(lost * 100) / (double)p->sent : 0.0,
           span_ms);
    if (p->received)
        printf("rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%" PRIu64 ".%03" PRIu64 " ms\n", (double)p->min_ns / 1e6,
               mean_us / 1000.0, (double)p->max_ns / 1e6, mdev_us / 1000, mdev_us % 1000);
}

static void end(struct ping *p, sv_time now)
{
    if (p->ended)
        return;
    p->ended = true;
    summary(p, now);
    cli_network_stop(p->network, p->received ? 0 : 1);
}

static void interrupted(void *self, sv_time now)
{
    end(self, now);
}

/* What ping says of an ICMPv6 error (RFC 4443 §3). */
static const char *unreachable_text6(uint8_t type, uint8_t code)
{
    static const char *const codes[] = {"No route",
                                        "Administratively prohibited",
                                        "Beyond scope of source address",
                                        "Address unreachable",
                                        "Port unreachable",
                                        "Source address failed ingress/egress policy",
                                        "Reject route to destination"};
    switch (type) {
    case 1:
        return code < sizeof codes / sizeof codes[0] ? codes[code] : "Destination unreachable";
    case 2:
        return "Packet too big";
    case 3:
        return code == 1 ? "Frag reassembly time exceeded" : "Time exceeded: Hop limit";
    case 4:
        return "Parameter problem";
    default:
        return "ICMP error";
    }
}

static const char *unreachable_text(uint8_t type, uint8_t code)
{
    static const char *const codes[] = {"Destination Net Unreachable",      "Destination Host Unreachable",
                                        "Destination Protocol Unreachable", "Destination Port Unreachable",
                                        "Frag needed and DF set",           "Source Route Failed"};
    if (type == 3)
        return code < sizeof codes / sizeof codes[0] ? codes[code] : "Destination Unreachable";
    if (type == 11)
        return code == 1 ? "Frag reassembly time exceeded" : "Time to live exceeded";
    return type == 12 ? "Parameter problem" : "ICMP error";
}

static void send_one(struct ping *p, sv_time now)
{
    const uint16_t sequence = (uint16_t)(p->sent + 1);
    const enum sv_err error = sv_echo_send(cli_network_stack(p->network), p->socket, &p->to, sequence,
                                           (uint8_t)p->config.ttl, p->data, p->config.size, now);
    if (error == SV_ERR_AGAIN) { /* the queue is full: a little later */
        p->next_at = now + SV_MS;
        return;
    }
    p->errors += error != SV_OK;
    if (error != SV_OK && !p->config.quiet)
        (void)fprintf(stderr, "seven ping: %s\n", cli_network_error(error));
    p->sent++;
    p->sent_at[sequence] = now;
    p->answered[sequence] = 0;
    p->last_sent = now;
    p->next_at = p->config.count && p->sent >= p->config.count ? SV_NEVER : now + p->config.interval_ns;
}

static void answer(struct ping *p, const struct sv_endpoint *from, const uint8_t *bytes, size_t n, sv_time now)
{
    char text[CLI_ENDPOINT_TEXT], ms[32];
    const uint16_t sequence = (uint16_t)((uint32_t)bytes[0] << 8 | bytes[1]);
    const uint8_t ttl = bytes[2], type = bytes[3], code = bytes[4];
    const bool json = p->output.json || p->output.pretty;
    const char *source = cli_addr_text(&from->addr, text);
    const bool v4 = cli_addr_is_v4(&p->to);
    if (type != (v4 ? 0 : 129)) {
        p->errors++;
        if (p->config.quiet)
            return;
        if (json)
            printf("{\"schema\":1,\"type\":\"error\",\"from\":\"%s\",\"seq\":%u,\"icmp_type\":%u,\"icmp_code\":%u}\n",
                   source, sequence, type, code);
        else
            printf("From %s icmp_seq=%u %s\n", source, sequence,
                   v4 ? unreachable_text(type, code) : unreachable_text6(type, code));
        return;
    }
    if (!p->sent_at[sequence])
        return; /* an answer to nothing we asked */
    const uint64_t rtt_ns = now - p->sent_at[sequence];
    const bool again = p->answered[sequence];
    const bool altered = n - 5 != p->config.size || memcmp(bytes + 5, p->data, n - 5) != 0;
    p->answered[sequence] = 1;
    if (again) {
        p->duplicates++;
    } else {
        p->received++;
        p->min_ns = p->received == 1 || rtt_ns < p->min_ns ? rtt_ns : p->min_ns;
        p->max_ns = rtt_ns > p->max_ns ? rtt_ns : p->max_ns;
        p->sum_ns += rtt_ns;
        p->sum_squares_us += (double)rtt_ns / 1000.0 * ((double)rtt_ns / 1000.0);
    }
    if (p->config.quiet)
        return;
    if (json)
        printf("{\"schema\":1,\"type\":\"reply\",\"from\":\"%s\",\"bytes\":%zu,\"seq\":%u,\"ttl\":%u,"
               "\"rtt_us\":%.3f,\"duplicate\":%s,\"altered\":%s}\n",
               source, n + 3, sequence, ttl, (double)rtt_ns / 1000.0, again ? "true" : "false",
               altered ? "true" : "false");
    else
        printf("%zu bytes from %s: icmp_seq=%u ttl=%u time=%s ms%s%s\n", n + 3, source, sequence, ttl,
               milliseconds(rtt_ns, ms, sizeof ms), again ? " (DUP!)" : "", altered ? " (data altered)" : "");
    (void)fflush(stdout);
}

static void on_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    struct ping *p = self;
    static uint8_t bytes[LONGEST + 32];
    struct sv_endpoint from;
    size_t n;
    (void)event;
    while (sv_udp_recv(stack, p->socket, &from, bytes, sizeof bytes, &n, now) == SV_OK)
        if (n >= 5 && n <= sizeof bytes)
            answer(p, &from, bytes, n, now);
    if (p->config.count && p->received + p->errors >= p->config.count && p->sent >= p->config.count)
        end(p, now);
}

static sv_time give_up_at(const struct ping *p)
{
    uint64_t wait = p->config.wait_ns;
    if (p->received + p->errors >= p->sent) /* nothing is to be waited for */
        return p->last_sent;
    if (!wait)
        wait = p->received ? 2 * p->max_ns + 10 * SV_MS : 10 * SV_S;
    return p->last_sent + wait;
}

static sv_time on_deadline(void *self)
{
    const struct ping *p = self;
    if (p->ended)
        return SV_NEVER;
    return p->next_at == SV_NEVER ? give_up_at(p) : p->next_at;
}

static void on_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct ping *p = self;
    (void)stack;
    if (p->ended)
        return;
    if (p->next_at == SV_NEVER) {
        if (now >= give_up_at(p))
            end(p, now);
    } else if (now >= p->next_at) {
        send_one(p, now);
    }
}

static int start(struct ping *p)
{
    static const struct sv_app app = {on_event, on_deadline, on_tick};
    char text[CLI_ENDPOINT_TEXT];
    const uint32_t number = cli_network_add(p->network, &app, p);
    const sv_time now = cli_network_now(p->network);
    const enum sv_err error = sv_echo_open(cli_network_stack(p->network), SV_COOKIE(number, 0), &p->socket, now);
    if (error != SV_OK)
        return cli_fail("ping", "no echo socket: %s", cli_network_error(error));
    for (size_t i = 0; i < p->config.size; i++)
        p->data[i] = (uint8_t)i;
    p->started = p->next_at = now;
    if (!p->output.json && !p->output.pretty)
        printf("PING %s (%s) %" PRIu64 "(%" PRIu64 ") bytes of data.\n", p->name, cli_addr_text(&p->to, text),
               p->config.size, p->config.size + (cli_addr_is_v4(&p->to) ? 28 : 48));
    (void)fflush(stdout);
    cli_network_on_interrupt(p->network, interrupted, p);
    return cli_network_run(p->network);
}

static int ping_run(int argc, char **argv)
{
    struct ping p = {.config = {.interval_ns = SV_S, .size = 56, .ttl = 64}};
    struct cli_network_options network;
    struct cli_parse parse = {
        .command = &cli_command_ping, .config = &p.config, .network = &network, .output = &p.output};
    cli_network_defaults(&network);
    const int r = cli_parse(&parse, argc, argv);
    if (r != CLI_PARSED)
        return r;
    if (parse.words.n != 1)
        return parse.words.n ? cli_usage("ping", "%s: one address at a time", parse.words.word[1])
                             : cli_usage("ping", "address missing; for example seven ping 10.7.0.1");
    p.name = parse.words.word[0];
    if (!cli_resolve(p.name, 0, NULL, NULL, &p.to))
        return cli_usage("ping", "%s: %s", p.name, CLI_HOSTS_HINT);
    if (sv_addr_is_any(&p.to))
        return cli_usage("ping", "%s: no host's address", p.name);
    p.network = cli_network_open(&cli_command_ping, &network, &p.output, &(struct cli_network_wish){0});
    if (!p.network)
        return cli_said();
    p.data = calloc(1, p.config.size + 1);
    p.sent_at = calloc(SEQUENCES, sizeof p.sent_at[0]);
    p.answered = calloc(SEQUENCES, 1);
    const int status = p.data && p.sent_at && p.answered ? start(&p) : cli_fail("ping", "out of memory");
    cli_network_close(p.network, 0);
    free(p.data);
    free(p.sent_at);
    free(p.answered);
    return status;
}

const struct cli_command cli_command_ping = {
    .name = "ping",
    .summary = "send ICMP echo requests and show the answers",
    .usage = "ADDRESS",
    .examples = "seven ping 10.7.0.1\tuntil Ctrl-C\n"
                "seven ping -c 3 -i 200ms 10.7.0.1\tthree, five a second\n"
                "seven ping -c 1 -s 60000 10.7.0.1\tone that travels in fragments\n"
                "seven ping fd07::1\tICMPv6\n"
                "seven ping -c 3 --ladder -w out.pcapng 10.7.0.1\tand keep the packets\n",
    .detail = "The device is --device here: -i is the interval, as in every ping.",
    .exit_codes = "0\tat least one answer came\n1\tno answer came, or there was no way to ask\n2\tusage\n",
    .options = ping_options,
    .network = true,
    .output = true,
    .run = ping_run,
};
