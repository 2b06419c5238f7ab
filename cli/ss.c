/* SPDX-License-Identifier: BSD-2-Clause */
/* seven ss: the sockets of running stacks, asked over their control sockets, in ss's words. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/ss_filter.h"
#include "port/control.h"
#include "trace/ss_text.h"

struct ss_config {
    bool tcp, udp, all, listening, numeric, info, processes, no_header, summary, rfc_names;
    uint64_t pid;
};

struct ss {
    struct ss_config config;
    struct cli_output_options output;
    struct ss_filter filter;
    int pid;
    char title[64];
    struct sv_sock_info *info; /* gathered for one table */
    size_t infos, room;
};

#define AT(member) offsetof(struct ss_config, member)
static const struct cli_option ss_options[] = {
    {'t', "tcp", CLI_FLAG, NULL, "TCP sockets", AT(tcp), NULL, 0, 0},
    {'u', "udp", CLI_FLAG, NULL, "UDP sockets", AT(udp), NULL, 0, 0},
    {'a', "all", CLI_FLAG, NULL, "in every state", AT(all), NULL, 0, 0},
    {'l', "listening", CLI_FLAG, NULL, "only those that listen", AT(listening), NULL, 0, 0},
    {'n', "numeric", CLI_FLAG, NULL, "numbers, no names (there never are any: for the habit)", AT(numeric), NULL, 0, 0},
    {'i', "info", CLI_FLAG, NULL, "TCP's figures under each line", AT(info), NULL, 0, 0},
    {'p', "processes", CLI_FLAG, NULL, "a table for each process that runs a stack", AT(processes), NULL, 0, 0},
    {'H', "no-header", CLI_FLAG, NULL, "no header line", AT(no_header), NULL, 0, 0},
    {'s', "summary", CLI_FLAG, NULL, "counts by state, the pool, the drops by reason", AT(summary), NULL, 0, 0},
    {0, "rfc-names", CLI_FLAG, NULL, "states as RFC 9293 writes them: ESTABLISHED for ESTAB", AT(rfc_names), NULL, 0,
     0},
    {0, "pid", CLI_NUMBER, "PID", "only this process", AT(pid), NULL, 1, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

/* A line of JSON back into what it was made of. */
static void info_of(const char *line, const char *netid, uint32_t state, struct sv_sock_info *i)
{
    char addr[64];
    *i = (struct sv_sock_info){.size = sizeof *i, .state = state};
    i->protocol = strcmp(netid, "tcp") == 0 ? 6 : strcmp(netid, "udp") == 0 ? 17 : 1;
    if (!cli_parse_addr(cli_json_text(line, "local", addr, sizeof addr), &i->local.addr) ||
        !cli_parse_addr(cli_json_text(line, "peer", addr, sizeof addr), &i->remote.addr))
        i->protocol = 0;
    i->local.port = (uint16_t)cli_json_number(line, "local_port", 0);
    i->remote.port = (uint16_t)cli_json_number(line, "peer_port", 0);
    const struct {
        const char *key;
        uint32_t *to;
    } members[] = {
        {"flow", &i->flow},
        {"mss_bytes", &i->mss_bytes},
        {"send_window_bytes", &i->send_window},
        {"recv_window_bytes", &i->recv_window},
        {"cwnd_bytes", &i->cwnd},
        {"ssthresh_bytes", &i->ssthresh},
        {"srtt_us", &i->srtt_us},
        {"rttvar_us", &i->rttvar_us},
        {"rto_us", &i->rto_us},
        {"min_rtt_us", &i->min_rtt_us},
        {"retransmits", &i->retransmits},
        {"backoff", &i->backoff},
        {"unacked_bytes", &i->send_unacked},
        {"send_scale", &i->send_scale},
        {"recv_scale", &i->recv_scale},
        {"half_open", &i->half_open},
    };
    for (size_t k = 0; k < sizeof members / sizeof members[0]; k++)
        *members[k].to = (uint32_t)cli_json_number(line, members[k].key, 0);
    const uint32_t recv_q = (uint32_t)cli_json_number(line, "recv_q", 0),
                   send_q = (uint32_t)cli_json_number(line, "send_q", 0);
    if (i->protocol == 6 && state == SV_LISTEN) {
        i->backlog = recv_q;
        i->backlog_max = send_q;
    } else {
        i->recv_queued = recv_q;
        i->send_queued = send_q > i->send_unacked ? send_q - i->send_unacked : 0;
    }
    i->bytes_sent = cli_json_number(line, "bytes_acked", 0);
    i->bytes_received = cli_json_number(line, "bytes_received", 0);
    i->options = (cli_json_true(line, "timestamps") ? 1u : 0u) | (cli_json_true(line, "sack") ? 2u : 0u) |
                 (cli_json_member(line, "send_scale", &(size_t){0}) ? 4u : 0u) | (cli_json_true(line, "ecn") ? 8u : 0u);
}

static void put_stdout(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    (void)fwrite(text, 1, n, stdout);
}

/* The table of what was gathered: of one process with -p, else of all. */
static void print_table(struct ss *s)
{
    const struct sv_ss_options options = {.info = s->config.info,
                                          .netid = s->config.tcp == s->config.udp,
                                          .no_header = s->config.no_header,
                                          .rfc_names = s->config.rfc_names};
    const struct sv_sink sink = {put_stdout, NULL};
    if (s->config.processes && s->pid)
        printf("%s (pid %d)\n", s->title, s->pid);
    sv_ss_table(s->info, s->infos, &options, &sink);
    s->infos = 0;
}

static bool gather(struct ss *s, const struct sv_sock_info *info)
{
    if (s->infos == s->room) {
        const size_t room = s->room ? 2 * s->room : 256;
        struct sv_sock_info *grown = realloc(s->info, room * sizeof grown[0]);
        if (!grown)
            return false;
        s->info = grown;
        s->room = room;
    }
    s->info[s->infos++] = *info;
    return true;
}

static bool wanted(const struct ss *s, const struct sv_sock_info *i)
{
    const struct ss_socket k = {.tcp = i->protocol == 6, .state = i->state, .local = i->local, .peer = i->remote};
    if (s->config.tcp != s->config.udp && i->protocol != (s->config.tcp ? 6u : 17u))
        return false;
    const bool waits = i->state == SV_LISTEN || i->state == SV_CLOSED;
    if (s->filter.states_given) {
        if (i->state >= SV_TCP_STATES || !(s->filter.states >> i->state & 1))
            return false;
    } else if (!s->config.all) {
        /* As ss: connected ones, without what is only a bucket; or with -l what waits for a peer. */
        if (waits != s->config.listening || (!waits && (i->state == SV_TIME_WAIT || i->state == SV_SYN_RECEIVED)))
            return false;
    }
    return i->protocol != 0 && ss_filter_matches(&s->filter, &k);
}

/* One JSON object a line, the process added to ours. */
static void print_json(const struct ss *s, const char *line)
{
    static const char schema[] = "{\"schema\":1,";
    char whole[8192];
    line += strncmp(line, schema, sizeof schema - 1) == 0 ? sizeof schema - 1 : 1;
    const int n = snprintf(whole, sizeof whole, "%s\"pid\":%d,\"process\":\"%s\",%s", schema, s->pid, s->title, line);
    if (n <= 0 || n >= (int)sizeof whole)
        return;
    cli_json_write(stdout, whole, (size_t)n, s->output.pretty);
    printf("\n");
}

static void print_summary(const struct ss *s, const char *line)
{
    static const char *const states[] = {"ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2",
                                         "CLOSE-WAIT",  "CLOSING",  "LAST-ACK",     "TIME-WAIT",  "LISTEN",
                                         NULL};
    char tcp[1024];
    size_t n;
    const char *value = cli_json_member(line, "tcp", &n);
    (void)snprintf(tcp, sizeof tcp, "%.*s", value ? (int)n : 2, value ? value : "{}");
    printf("%s (pid %d)\nTCP: ", s->title, s->pid);
    const char *comma = "";
    for (const char *const *state = states; *state; state++) {
        if (cli_json_number(tcp, *state, 0) || state == states) {
            printf("%s%s %" PRIu64, comma, *state, cli_json_number(tcp, *state, 0));
            comma = ", ";
        }
    }
    printf("\nUDP: %" PRIu64 "   ICMP: %" PRIu64 "\n", cli_json_number(line, "udp", 0),
           cli_json_number(line, "icmp", 0));
    printf("Pool: %" PRIu64 " of %" PRIu64 " packets free (fewest %" PRIu64 "), %" PRIu64 " of %" PRIu64
           " slabs free (fewest %" PRIu64 "), %" PRIu64 " refused\n",
           cli_json_number(line, "bufs_free", 0), cli_json_number(line, "bufs", 0),
           cli_json_number(line, "bufs_low", 0), cli_json_number(line, "slabs_free", 0),
           cli_json_number(line, "slabs", 0), cli_json_number(line, "slabs_low", 0),
           cli_json_number(line, "refused", 0));
    value = cli_json_member(line, "drops", &n);
    if (value && n > 2) {
        printf("Drops: ");
        for (size_t i = 1; i + 1 < n; i++)
            if (value[i] == ':')
                (void)putchar(' ');
            else if (value[i] == ',')
                printf(", ");
            else if (value[i] != '"')
                (void)putchar(value[i]);
        printf("\n");
    }
}

static bool on_line(void *self, int pid, const char *line)
{
    struct ss *s = self;
    char netid[8], state[16];
    struct sv_sock_info info;
    if (s->config.pid && (int)s->config.pid != pid)
        return true;
    if (pid != s->pid) { /* the head of the next answer */
        if (s->config.processes && s->infos)
            print_table(s);
        s->pid = pid;
        (void)cli_json_text(line, "title", s->title, sizeof s->title);
        return true;
    }
    const bool json = s->output.json || s->output.pretty;
    if (s->config.summary && cli_json_member(line, "tcp", &(size_t){0})) {
        (json ? print_json : print_summary)(s, line);
    } else if (!s->config.summary) {
        info_of(line, cli_json_text(line, "netid", netid, sizeof netid),
                cli_parse_tcp_state(cli_json_text(line, "state", state, sizeof state)), &info);
        if (!wanted(s, &info))
            return true;
        if (json)
            print_json(s, line);
        else
            return gather(s, &info);
    }
    return true;
}

static int ss_run(int argc, char **argv)
{
    static struct ss s;
    struct cli_parse parse = {.command = &cli_command_ss, .config = &s.config, .output = &s.output};
    char why[256];
    const int r = cli_parse(&parse, argc, argv);
    if (r != CLI_PARSED)
        return r;
    if (!ss_filter_parse(&s.filter, &parse.words, why, sizeof why))
        return cli_usage("ss", "%s", why);
    const uint64_t only = s.config.pid;
    const uint32_t answered = sv_control_ask(s.config.summary ? "summary" : "ss", on_line, &s);
    const bool found = !only || s.pid == (int)only;
    if (answered && found && !s.config.summary && !s.output.json && !s.output.pretty &&
        (s.infos || !s.config.processes)) {
        s.pid = s.config.processes ? s.pid : 0;
        print_table(&s);
    }
    free(s.info);
    if (!answered)
        return cli_fail("ss", "no seven process is running (of this user)");
    if (!found)
        return cli_fail("ss", "--pid: %" PRIu64 " is no seven process (of this user)", only);
    return 0;
}

const struct cli_command cli_command_ss = {
    .name = "ss",
    .summary = "the sockets of running stacks",
    .usage = "[FILTER]",
    .examples = "seven ss -ta\tevery TCP socket of every running seven\n"
                "seven ss -ti state established\twith rtt, cwnd and the rest\n"
                "seven ss -tn 'sport = :80 and dst 10.7.0.0/24'\tfilters as ss has them\n"
                "seven ss -s\tcounts, the pool of packets, drops by reason\n"
                "seven ss -ta -j\tone JSON object a line\n",
    .detail = "FILTER is \"state STATE\", \"exclude STATE\", then src, dst, sport, dport with =, !=, <, <=, >, >=, "
              "joined by and, or, not and brackets. States may be written in any of their spellings. -p names "
              "processes, as in ss: pretty JSON is --pretty here.",
    .exit_codes = "0\tdone\n1\tno seven process answers\n2\tusage\n",
    .options = ss_options,
    .output = true,
    .words = "state exclude src dst sport dport and or not",
    .run = ss_run,
};
