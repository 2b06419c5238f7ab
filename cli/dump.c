/* SPDX-License-Identifier: BSD-2-Clause */
/* seven dump: packets as tcpdump prints them, from a file or an interface; copies, counts, ladders. */
#define _GNU_SOURCE
#include "cli/dump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/sinks.h"
#include "port/capture_file.h"
#include "trace/dissect_json.h"
#include "trace/text.h"

#define FLOWS 4096u
#define CONVERSATIONS 64u
#define LINKS 16u

struct dump {
    struct dump_config config;
    struct cli_output_options output;
    struct dump_filter *filter;
    struct sv_text_options text;
    struct sv_text_flows flows;
    struct sv_sink sink;
    uint64_t taken, tcp;
    bool writing, failed;
    struct sv_capture_out out;
    struct {
        uint32_t link_type, interface;
    } interface[LINKS]; /* of the file that is written */
    uint32_t interfaces;
    struct sv_ladder_build *conversation[CONVERSATIONS];
    uint32_t conversations;
    uint64_t not_drawn;
};

#define AT(member) offsetof(struct dump_config, member)
static const struct cli_option dump_options[] = {
    {'r', "read", CLI_FILE, "FILE", "from this pcap or pcapng file, gzip too; - for stdin", AT(read), NULL, 0, 0},
    {'i', "device", CLI_TEXT, "DEVICE", "live from tap:NAME, packet:IFNAME, a bare interface name, or any", AT(device),
     NULL, 0, 0},
    {'w', "write", CLI_FILE, "FILE", "write the packets to this pcapng file instead of printing them", AT(write), NULL,
     0, 0},
    {'c', "count", CLI_NUMBER, "N", "stop after N packets", AT(count), NULL, 1, 0},
    {'e', "link-level", CLI_FLAG, NULL, "show the Ethernet header", AT(link), NULL, 0, 0},
    {'n', "numeric", CLI_FLAG, NULL, "no names (there never are any: for the habit)", AT(numeric), NULL, 0, 0},
    {'v', "verbose", CLI_COUNT, NULL, "TTL, id, checksums, and the file's comments", AT(verbose), NULL, 0, 0},
    {'X', "hex", CLI_COUNT, NULL, "bytes too, in hex and ASCII; twice: with the link header", AT(hex), NULL, 0, 0},
    {'S', "absolute", CLI_FLAG, NULL, "sequence numbers as they are in the header", AT(absolute), NULL, 0, 0},
    {'t', "no-time", CLI_FLAG, NULL, "no time of day", AT(no_time), NULL, 0, 0},
    {'s', "snaplen", CLI_SIZE, "BYTES", "live: keep so much of each packet (default all)", AT(snaplen), NULL, 64,
     262144},
    {0, "no-promiscuous", CLI_FLAG, NULL, "live: only what is meant for the interface", AT(no_promiscuous), NULL, 0, 0},
    {0, "ladder", CLI_FLAG, NULL, "draw each TCP conversation instead", AT(ladder), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static void put_stdout(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    (void)fwrite(text, 1, n, stdout);
}

/* --- what is done with a packet ---- */

static void write_packet(struct dump *d, const struct dump_packet *p)
{
    uint32_t i = 0;
    char comment[1024];
    const char *const comments[1] = {comment};
    while (i < d->interfaces && d->interface[i].link_type != p->link_type)
        i++;
    if (i == LINKS)
        return;
    if (i == d->interfaces) {
        d->interface[i].link_type = p->link_type;
        d->interface[i].interface = sv_pcapng_interface(&d->out.writer, "", (uint16_t)p->link_type, 0);
        d->interfaces++;
    }
    (void)snprintf(comment, sizeof comment, "%.*s", p->comment ? (int)p->comment_bytes : 0,
                   p->comment ? p->comment : "");
    const struct sv_pcapng_piece piece = {p->bytes, p->captured};
    const struct sv_pcapng_packet packet = {.interface = d->interface[i].interface,
                                            .time_ns = p->time_ns,
                                            .wire_length = p->wire,
                                            .direction = (enum sv_pcapng_direction)p->direction,
                                            .piece = &piece,
                                            .pieces = 1,
                                            .comment = comments,
                                            .comments = p->comment ? 1 : 0};
    if (d->interface[i].interface == SV_NONE || !sv_pcapng_packet(&d->out.writer, &packet))
        d->failed = true;
}

static void *grow(void *ctx, void *old, size_t bytes)
{
    (void)ctx;
    if (!bytes) {
        free(old);
        return NULL;
    }
    return realloc(old, bytes);
}

static void await_next(struct dump *d, uint32_t link)
{
    const struct sv_ladder_source source = {.grow = grow,
                                            .link = link,
                                            .host = SV_NO_HOST,
                                            .other = SV_NO_HOST,
                                            .notes = SV_NOTE_HTTP,
                                            .name = "server",
                                            .other_name = "client"};
    struct sv_ladder_build *b = calloc(1, sizeof *b);
    if (!b)
        return;
    sv_ladder_build_open(b, &source);
    d->conversation[d->conversations++] = b;
}

static void draw_first(struct dump *d, uint32_t at)
{
    struct sv_ladder_build *b = d->conversation[at];
    if (cli_ladder_draw(b, stdout, 0, cli_utf8(&d->output), cli_colored(&d->output, stdout)))
        (void)fputc('\n', stdout);
    sv_ladder_build_free(b);
    free(b);
    for (uint32_t i = at + 1; i < d->conversations; i++)
        d->conversation[i - 1] = d->conversation[i];
    d->conversations--;
}

static void ladder_packet(struct dump *d, const struct dump_packet *p)
{
    const bool waiting = d->conversations && !d->conversation[d->conversations - 1]->found;
    if (!waiting && d->conversations < CONVERSATIONS)
        await_next(d, p->link_type);
    struct sv_dissected x;
    sv_dissect(&x, (enum sv_link_type)p->link_type, p->bytes, p->captured, p->wire);
    if (!(x.seen & SV_SEEN_TCP))
        return;
    d->tcp++;
    /* A conversation that is being drawn takes its packets; only others may begin a new one. */
    for (uint32_t i = 0; i < d->conversations; i++) {
        sv_ladder_build_frame(d->conversation[i], p->time_ns, p->bytes, p->captured, p->wire);
        if (cli_ladder_owns(d->conversation[i], p->link_type, p->bytes, p->captured))
            break;
    }
    if (!waiting && d->conversations == CONVERSATIONS && (x.tcp.flags & 0x12) == 0x02)
        d->not_drawn++;
    for (uint32_t i = 0; i < d->conversations; i++)
        if (d->conversation[i]->found && sv_ladder_build_over(d->conversation[i]))
            draw_first(d, i--);
}

static const char *protocol_of(const struct sv_dissected *x)
{
    return x->seen & SV_SEEN_TCP     ? "tcp"
           : x->seen & SV_SEEN_UDP   ? "udp"
           : x->seen & SV_SEEN_ICMP  ? "icmp"
           : x->seen & SV_SEEN_ICMP6 ? "icmp6"
           : x->seen & SV_SEEN_ARP   ? "arp"
           : x->seen & SV_SEEN_IP4   ? "ip"
           : x->seen & SV_SEEN_IP6   ? "ip6"
                                     : "other";
}

static void json_packet(struct dump *d, const struct dump_packet *p)
{
    char line[8192];
    struct sv_line_text text = sv_text_of(line, sizeof line);
    const struct sv_sink sink = {sv_text_put, &text};
    struct sv_text_options options = d->text;
    struct sv_dissected x;
    options.no_time = 1;
    options.hex = 0;
    options.verbose = 0;
    sv_dissect(&x, (enum sv_link_type)p->link_type, p->bytes, p->captured, p->wire);
    (void)sv_text_packet(&options, &d->flows, p->time_ns, (enum sv_link_type)p->link_type, p->bytes, p->captured,
                         p->wire, &sink);
    if (text.used && line[text.used - 1] == '\n')
        text.used--;
    printf("{\"schema\":2,\"number\":%" PRIu64 ",\"time_ns\":%" PRIu64 ",\"wire_bytes\":%u,\"captured_bytes\":%u,"
           "\"protocol\":\"%s\"",
           d->taken, p->time_ns, p->wire, p->captured, protocol_of(&x));
    sv_dissect_json(&d->sink, &x);
    printf(",\"checksum_bad\":%s,\"malformed\":%s,\"text\":",
           x.problems & (SV_PROBLEM_IP_CHECKSUM | SV_PROBLEM_CHECKSUM) ? "true" : "false",
           x.problems & (SV_PROBLEM_LINK | SV_PROBLEM_ARP | SV_PROBLEM_IP | SV_PROBLEM_TRANSPORT | SV_PROBLEM_OPTIONS)
               ? "true"
               : "false");
    sv_sink_json_string(&d->sink, line, text.used);
    printf("}\n");
}

static void print_comment(const struct dump_packet *p)
{
    printf("    # ");
    for (uint32_t i = 0; i < p->comment_bytes; i++) {
        const unsigned char c = (unsigned char)p->comment[i];
        (void)putchar(c < 0x20 || c == 0x7f ? ' ' : c);
    }
    printf("\n");
}

bool dump_take(struct dump *d, const struct dump_packet *p)
{
    if (!dump_filter_matches(d->filter, p->link_type, p->bytes, p->captured, p->wire))
        return true;
    d->taken++;
    if (d->writing)
        write_packet(d, p);
    else if (d->config.ladder)
        ladder_packet(d, p);
    else if (d->output.json || d->output.pretty)
        json_packet(d, p);
    else
        (void)sv_text_packet(&d->text, &d->flows, p->time_ns, (enum sv_link_type)p->link_type, p->bytes, p->captured,
                             p->wire, &d->sink);
    if (!d->writing && !d->config.ladder && !d->output.json && d->config.verbose && p->comment)
        print_comment(p);
    if (!d->config.read && (d->writing ? !sv_capture_flush(&d->out) : fflush(stdout) != 0))
        d->failed = true;
    if (ferror(stdout))
        d->failed = true;
    return !d->failed && (!d->config.count || d->taken < d->config.count);
}

/* --- the command ---- */

static int finish(struct dump *d, int status)
{
    while (d->conversations)
        draw_first(d, 0);
    if (d->config.ladder && d->not_drawn)
        (void)fprintf(stderr, "seven dump: %" PRIu64 " more conversations at the same time were not drawn\n",
                      d->not_drawn);
    if (d->writing && !sv_capture_finish(&d->out))
        d->failed = true;
    if (d->writing && d->failed)
        return cli_fail("dump", "-w %s: %s", d->config.write, strerror(errno));
    if (d->writing)
        (void)fprintf(stderr, "%" PRIu64 " packets written to %s\n", d->taken, d->config.write);
    return status;
}

static int run_sources(struct dump *d)
{
    char error[SV_DEVICE_TEXT];
    if (d->config.write) {
        const struct sv_pcapng_about about = {.application = "seven " SEVEN_VERSION};
        if (!sv_capture_create(&d->out, d->config.write, &about, error))
            return cli_fail("dump", "-w %s", error);
        d->writing = true;
    }
    if (d->config.read)
        return finish(d, dump_from_file(d, d->config.read));
    const char *name = d->config.device, *colon = strchr(name, ':');
    if (colon && (strncmp(name, "tap:", 4) == 0 || strncmp(name, "packet:", 7) == 0))
        name = colon + 1;
    else if (colon && strncmp(name, "any", 3) != 0)
        return finish(d, cli_usage("dump",
                                   "-i: \"%s\" cannot be listened to; it takes tap:NAME, packet:IFNAME or a "
                                   "name that ip link shows",
                                   name));
    return finish(d, dump_from_interface(d, name, &d->config));
}

static char *join(const struct cli_words *words)
{
    size_t n = 1;
    for (uint32_t i = 0; i < words->n; i++)
        n += strlen(words->word[i]) + 1;
    char *text = calloc(1, n);
    size_t at = 0;
    for (uint32_t i = 0; text && i < words->n; i++)
        at += (size_t)snprintf(text + at, n - at, "%s%s", i ? " " : "", words->word[i]);
    return text;
}

static int dump_run(int argc, char **argv)
{
    struct dump *d = calloc(1, sizeof *d);
    struct sv_text_flow *flows = calloc(FLOWS, sizeof *flows);
    const char *why = "out of memory";
    if (!d || !flows) {
        free(d);
        free(flows);
        return cli_fail("dump", "%s", why);
    }
    d->config.snaplen = 262144;
    struct cli_parse parse = {.command = &cli_command_dump, .config = &d->config, .output = &d->output};
    int r = cli_parse(&parse, argc, argv);
    if (r == CLI_PARSED && d->config.read && d->config.device)
        r = cli_usage("dump", "-r and -i: one source at a time");
    if (r == CLI_PARSED && !d->config.read && !d->config.device)
        d->config.device = "tap:seven0";
    if (r == CLI_PARSED) {
        char *text = join(&parse.words);
        d->filter = text ? dump_filter_create(text, &why) : NULL;
        if (!d->filter)
            r = cli_usage("dump",
                          "filter \"%s\": %s; it takes tcpdump's words, for example tcp port 80 and host "
                          "10.7.0.1",
                          text ? text : "", why);
        free(text);
    }
    if (r == CLI_PARSED) {
        const time_t second = time(NULL);
        tzset();
        struct tm local = {0};
        (void)localtime_r(&second, &local);
        d->text = (struct sv_text_options){.link = d->config.link,
                                           .verbose = d->config.verbose > 0,
                                           .hex = (uint8_t)(d->config.hex > 2 ? 2 : d->config.hex),
                                           .absolute = d->config.absolute,
                                           .no_time = d->config.no_time,
                                           .zone_s = (int32_t)local.tm_gmtoff};
        d->flows = (struct sv_text_flows){.at = flows, .size = FLOWS};
        d->sink = (struct sv_sink){put_stdout, NULL};
        r = run_sources(d);
    }
    dump_filter_free(d->filter);
    free(flows);
    free(d);
    return r;
}

const struct cli_command cli_command_dump = {
    .name = "dump",
    .summary = "packets as tcpdump prints them, from a file or live",
    .usage = "[FILTER]",
    .examples = "seven dump -r demo.pcapng tcp port 80\twhat a capture holds\n"
                "seven dump -r demo.pcapng --ladder\teach conversation drawn\n"
                "seven dump -i tap:seven0 -e -X\tlive, with headers and bytes\n"
                "seven dump -r in.pcap.gz -w out.pcapng host 10.7.0.2\ta part of it, as pcapng\n",
    .detail = "FILTER is BPF's language, as tcpdump's.",
    .exit_codes = "0\tdone\n1\tcould not be read, captured or written\n2\tusage\n",
    .options = dump_options,
    .output = true,
    .run = dump_run,
};
