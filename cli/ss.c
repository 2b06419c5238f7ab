/* SPDX-License-Identifier: BSD-2-Clause */
/* seven ss: the sockets of running stacks, asked over their control sockets, in ss's words. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <netdb.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/ss_filter.h"
#include "port/control.h"

struct ss_config {
    bool tcp, udp, all, listening, numeric, info, processes, no_header, summary;
    uint64_t pid;
};

struct ss {
    struct ss_config config;
    struct cli_output_options output;
    struct ss_filter filter;
    int pid;
    char title[64];
    bool head;            /* was printed */
    uint64_t shown;
};

#define AT(member) offsetof(struct ss_config, member)
static const struct cli_option ss_options[] = {
    {'t', "tcp", CLI_FLAG, NULL, "TCP sockets", AT(tcp), NULL, 0, 0},
    {'u', "udp", CLI_FLAG, NULL, "UDP sockets", AT(udp), NULL, 0, 0},
    {'a', "all", CLI_FLAG, NULL, "in every state", AT(all), NULL, 0, 0},
    {'l', "listening", CLI_FLAG, NULL, "only those that listen", AT(listening), NULL, 0, 0},
    {'n', "numeric", CLI_FLAG, NULL, "ports as numbers", AT(numeric), NULL, 0, 0},
    {'i', "info", CLI_FLAG, NULL, "TCP's figures under each line", AT(info), NULL, 0, 0},
    {'p', "processes", CLI_FLAG, NULL, "which process runs the stack", AT(processes), NULL, 0, 0},
    {'H', "no-header", CLI_FLAG, NULL, "no header line", AT(no_header), NULL, 0, 0},
    {'s', "summary", CLI_FLAG, NULL, "counts by state, the pool, the drops by reason", AT(summary), NULL, 0, 0},
    {0, "pid", CLI_NUMBER, "PID", "only this process", AT(pid), NULL, 1, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static void endpoint(const char *addr, uint64_t port, bool numeric, const char *protocol, char *to, size_t room)
{
    const bool any = strcmp(addr, "::") == 0 || strcmp(addr, "0.0.0.0") == 0;
    const struct servent *service =
        numeric || !port ? NULL : getservbyport(htons((uint16_t)port), protocol);
    char number[8] = "*";
    if (port)
        (void)snprintf(number, sizeof number, "%u", (unsigned)(port & 0xffff));
    (void)snprintf(to, room, strchr(addr, ':') && !any ? "[%s]:%s" : "%s:%s", any ? "*" : addr,
                   service ? service->s_name : number);
}

static void tcp_figures(const char *line)
{
    printf("\t");
    if (cli_json_true(line, "timestamps"))
        printf(" ts");
    if (cli_json_true(line, "sack"))
        printf(" sack");
    if (cli_json_true(line, "ecn"))
        printf(" ecn");
    const uint64_t mss = cli_json_number(line, "mss_bytes", 1);
    const uint64_t rtt = cli_json_number(line, "rtt_us", 0), var = cli_json_number(line, "rttvar_us", 0);
    printf(" wscale:%" PRIu64 ",%" PRIu64 " rto:%.3g rtt:%.3f/%.3f mss:%" PRIu64 " cwnd:%" PRIu64
           " bytes_acked:%" PRIu64 " bytes_received:%" PRIu64,
           cli_json_number(line, "send_scale", 0), cli_json_number(line, "recv_scale", 0),
           (double)cli_json_number(line, "rto_us", 0) / 1000.0, (double)rtt / 1000.0, (double)var / 1000.0, mss,
           cli_json_number(line, "cwnd_bytes", 0) / (mss ? mss : 1), cli_json_number(line, "bytes_acked", 0),
           cli_json_number(line, "bytes_received", 0));
    if (cli_json_number(line, "unacked_bytes", 0))
        printf(" unacked:%" PRIu64, cli_json_number(line, "unacked_bytes", 0) / (mss ? mss : 1));
    if (cli_json_number(line, "retransmits", 0))
        printf(" retrans:0/%" PRIu64, cli_json_number(line, "retransmits", 0));
    if (cli_json_number(line, "backoff", 0))
        printf(" backoff:%" PRIu64, cli_json_number(line, "backoff", 0));
    printf(" minrtt:%.3f\n", (double)cli_json_number(line, "min_rtt_us", 0) / 1000.0);
}

static void print_row(struct ss *s, const char *line, const char *netid, const char *state)
{
    char addr[64], local[96], peer[96];
    const bool both = s->config.tcp == s->config.udp;
    endpoint(cli_json_text(line, "local", addr, sizeof addr), cli_json_number(line, "local_port", 0),
             s->config.numeric, netid, local, sizeof local);
    endpoint(cli_json_text(line, "peer", addr, sizeof addr), cli_json_number(line, "peer_port", 0), s->config.numeric,
             netid, peer, sizeof peer);
    if (!s->head && !s->config.no_header)
        printf("%s%-10s %-6s %-6s %22s %22s%s\n", both ? "Netid " : "", "State", "Recv-Q", "Send-Q",
               "Local Address:Port", "Peer Address:Port", s->config.processes ? " Process" : "");
    s->head = true;
    if (both)
        printf("%-5s ", netid);
    printf("%-10s %-6" PRIu64 " %-6" PRIu64 " %22s %22s", state, cli_json_number(line, "recv_q", 0),
           cli_json_number(line, "send_q", 0), local, peer);
    if (s->config.processes)
        printf(" users:((\"%s\",pid=%d))", s->title, s->pid);
    printf("\n");
    if (s->config.info && strcmp(netid, "tcp") == 0 && strcmp(state, "LISTEN") != 0)
        tcp_figures(line);
}

static bool wanted(const struct ss *s, const char *line, const char *netid, const char *state)
{
    char addr[64];
    struct ss_socket k = {.tcp = strcmp(netid, "tcp") == 0, .state = cli_parse_tcp_state(state)};
    const bool every = s->config.tcp == s->config.udp;
    if (!every && !(k.tcp ? s->config.tcp : s->config.udp && strcmp(netid, "udp") == 0))
        return false;
    const bool listens = k.state == SV_LISTEN || k.state == SV_CLOSED;
    if (s->filter.states_given) {
        if (k.state >= SV_TCP_STATES || !(s->filter.states >> k.state & 1))
            return false;
    } else if (!s->config.all) {
        /* As ss: connected ones, without what is only a bucket; or with -l what waits for a peer. */
        if (listens != s->config.listening || (!listens && (k.state == SV_TIME_WAIT || k.state == SV_SYN_RECEIVED)))
            return false;
    }
    if (!cli_parse_addr(cli_json_text(line, "local", addr, sizeof addr), &k.local.addr) ||
        !cli_parse_addr(cli_json_text(line, "peer", addr, sizeof addr), &k.peer.addr))
        return false;
    k.local.port = (uint16_t)cli_json_number(line, "local_port", 0);
    k.peer.port = (uint16_t)cli_json_number(line, "peer_port", 0);
    return ss_filter_matches(&s->filter, &k);
}

/* One JSON object a line, the process added to ours. */
static void print_json(const struct ss *s, const char *line)
{
    char whole[8192];
    const int n = snprintf(whole, sizeof whole, "{\"schema\":1,\"pid\":%d,\"process\":\"%s\",%s", s->pid, s->title,
                           line + 1);
    if (n <= 0 || n >= (int)sizeof whole)
        return;
    cli_json_write(stdout, whole, (size_t)n, s->output.pretty);
    printf("\n");
}

static void print_summary(const struct ss *s, const char *line)
{
    static const char *const states[] = {"ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2",
                                         "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT", "LISTEN", NULL};
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
    printf("\nUDP: %" PRIu64 "   ICMP: %" PRIu64 "\n", cli_json_number(line, "udp", 0), cli_json_number(line, "icmp", 0));
    printf("Pool: %" PRIu64 " of %" PRIu64 " packets free (fewest %" PRIu64 "), %" PRIu64 " of %" PRIu64
           " slabs free (fewest %" PRIu64 "), %" PRIu64 " refused\n",
           cli_json_number(line, "bufs_free", 0), cli_json_number(line, "bufs", 0), cli_json_number(line, "bufs_low", 0),
           cli_json_number(line, "slabs_free", 0), cli_json_number(line, "slabs", 0),
           cli_json_number(line, "slabs_low", 0), cli_json_number(line, "refused", 0));
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
    if (s->config.pid && (int)s->config.pid != pid)
        return true;
    if (pid != s->pid) { /* the head of the next answer */
        s->pid = pid;
        (void)cli_json_text(line, "title", s->title, sizeof s->title);
        return true;
    }
    if (cli_json_member(line, "error", &(size_t){0}))
        return true;
    if (!s->config.summary) {
        (void)cli_json_text(line, "netid", netid, sizeof netid);
        (void)cli_json_text(line, "state", state, sizeof state);
        if (!wanted(s, line, netid, state))
            return true;
        s->shown++;
        if (!s->output.json && !s->output.pretty) {
            print_row(s, line, netid, state);
            return true;
        }
    }
    if (s->output.json || s->output.pretty)
        print_json(s, line);
    else
        print_summary(s, line);
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
    const uint32_t answered = sv_control_ask(s.config.summary ? "summary" : "ss", on_line, &s);
    if (!answered)
        return cli_fail("ss", "no seven process is running (of this user)");
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
