/* SPDX-License-Identifier: BSD-2-Clause */
/* seven bridge: the state of running switches, in the words of iproute2's bridge. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "port/control.h"

enum { FDB, VLAN, MDB, LINK, STP, LLDP };
static const char *const objects[] = {"fdb", "vlan", "mdb", "link", "stp", "lldp", NULL};

struct bridge {
    uint64_t only;     /* --pid */
    uint32_t switches; /* that answered */
    bool statistics;
    struct cli_output_options output;
    uint32_t object, printed, answers;
    int pid;
};

#define AT(member) offsetof(struct bridge, member)
static const struct cli_option bridge_options[] = {
    {'s', "statistics", CLI_FLAG, NULL, "counters too", AT(statistics), NULL, 0, 0},
    {0, "pid", CLI_NUMBER, "PID", "only this process", AT(only), NULL, 1, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static void print_fdb(const char *line)
{
    char text[64];
    printf("%s", cli_json_text(line, "mac", text, sizeof text));
    printf(" dev %s", cli_json_text(line, "ifname", text, sizeof text));
    if (cli_json_number(line, "vlan", 0))
        printf(" vlan %" PRIu64, cli_json_number(line, "vlan", 0));
    printf(" master seven %s", cli_json_text(line, "state", text, sizeof text));
    printf("%sage %" PRIu64 "s\n", *text ? " " : "", cli_json_number(line, "age_s", 0));
}

static void print_vlan(const char *line)
{
    char name[64], one[256];
    size_t n, element_n;
    const char *list = cli_json_member(line, "vlans", &n), *element;
    (void)cli_json_text(line, "ifname", name, sizeof name);
    const char *shown = name;
    for (const char *at = list; list && (element = cli_json_element(&at, list + n, &element_n));) {
        (void)snprintf(one, sizeof one, "%.*s", (int)element_n, element);
        printf("%-16s %" PRIu64, shown, cli_json_number(one, "vlan", 0));
        if (cli_json_number(one, "vlanEnd", 0))
            printf("-%" PRIu64, cli_json_number(one, "vlanEnd", 0));
        printf("%s%s\n", strstr(one, "PVID") ? " PVID" : "", strstr(one, "Untagged") ? " Egress Untagged" : "");
        shown = "";
    }
    if (shown == name)
        printf("%-16s None\n", name);
}

static void print_mdb(const char *line)
{
    char text[64];
    if (cli_json_true(line, "router")) {
        printf("router ports on seven: %s\n", cli_json_text(line, "port", text, sizeof text));
        return;
    }
    printf("dev seven port %s", cli_json_text(line, "port", text, sizeof text));
    printf(" grp %s temp", cli_json_text(line, "grp", text, sizeof text));
    printf(" vid %" PRIu64 "\n", cli_json_number(line, "vid", 0));
}

static void print_statistics(const char *line)
{
    size_t n, part_n;
    const char *stats = cli_json_member(line, "stats64", &n);
    for (int way = 0; stats && way < 2; way++) {
        char all[512], one[256];
        (void)snprintf(all, sizeof all, "%.*s", (int)n, stats);
        const char *part = cli_json_member(all, way ? "tx" : "rx", &part_n);
        (void)snprintf(one, sizeof one, "%.*s", part ? (int)part_n : 0, part ? part : "");
        printf("    %s: bytes %" PRIu64 " packets %" PRIu64, way ? "TX" : "RX", cli_json_number(one, "bytes", 0),
               cli_json_number(one, "packets", 0));
        if (!way)
            printf(" dropped %" PRIu64, cli_json_number(all, "dropped", 0));
        printf("\n");
    }
}

static void print_link(const struct bridge *p, const char *line)
{
    char text[64];
    printf("%" PRIu64 ": %s:", cli_json_number(line, "ifindex", 0), cli_json_text(line, "ifname", text, sizeof text));
    printf(" mtu %" PRIu64 " master seven", cli_json_number(line, "mtu", 0));
    printf(" state %s", cli_json_text(line, "state", text, sizeof text));
    printf(" role %s", cli_json_text(line, "role", text, sizeof text));
    printf(" priority %" PRIu64 " cost %" PRIu64 "%s%s%s\n", cli_json_number(line, "priority", 0),
           cli_json_number(line, "cost", 0), cli_json_true(line, "edge") ? " edge" : "",
           cli_json_true(line, "rapid") ? " rapid" : "", cli_json_true(line, "guarded") ? " guarded" : "");
    if (p->statistics)
        print_statistics(line);
}

static void print_stp(const struct bridge *p, const char *line)
{
    char text[64];
    size_t n;
    if (!cli_json_member(line, "bridge_id", &n)) {
        print_link(p, line);
        return;
    }
    printf("seven: spanning tree %s bridge %s", cli_json_true(line, "stp") ? "on" : "off",
           cli_json_text(line, "bridge_id", text, sizeof text));
    printf(" root %s", cli_json_text(line, "root_id", text, sizeof text));
    if (*cli_json_text(line, "root_port", text, sizeof text))
        printf(" behind %s at cost %" PRIu64, text, cli_json_number(line, "root_cost", 0));
    printf(" changes %" PRIu64 "\n", cli_json_number(line, "topology_changes", 0));
    printf("    stations %" PRIu64 " of %" PRIu64 ", forwarded %" PRIu64 " flooded %" PRIu64 "\n",
           cli_json_number(line, "stations", 0), cli_json_number(line, "stations_max", 0),
           cli_json_number(line, "forwarded", 0), cli_json_number(line, "flooded", 0));
    const char *drops = cli_json_member(line, "drops", &n);
    if (drops && n > 2)
        printf("    dropped %.*s\n", (int)n - 2, drops + 1);
}

static void print_lldp(const char *line)
{
    char text[80];
    printf("%s:", cli_json_text(line, "ifname", text, sizeof text));
    printf(" %s", cli_json_text(line, "system", text, sizeof text));
    printf(" chassis %s", cli_json_text(line, "chassis", text, sizeof text));
    printf(" port %s", cli_json_text(line, "port", text, sizeof text));
    if (*cli_json_text(line, "description", text, sizeof text))
        printf(" \"%s\"", text);
    printf(" ttl %" PRIu64 "s\n", cli_json_number(line, "ttl_s", 0));
}

static void print_one(const struct bridge *p, const char *line)
{
    switch (p->object) {
    case FDB:
        print_fdb(line);
        break;
    case VLAN:
        print_vlan(line);
        break;
    case MDB:
        print_mdb(line);
        break;
    case LINK:
        print_link(p, line);
        break;
    case STP:
        print_stp(p, line);
        break;
    default:
        print_lldp(line);
        break;
    }
}

static bool on_line(void *self, int pid, const char *line)
{
    struct bridge *p = self;
    if (p->only && (int)p->only != pid)
        return true;
    if (pid != p->pid) { /* who it is; a stack answers too, that it knows no such words */
        p->pid = pid;
        p->switches++;
        return true;
    }
    if (cli_json_member(line, "error", &(size_t){0})) {
        p->switches--;
        return true;
    }
    if (p->output.json || p->output.pretty) {
        printf("%s", p->printed ? "," : "[");
        cli_json_write(stdout, line, strlen(line), p->output.pretty);
    } else {
        print_one(p, line);
    }
    p->printed++;
    return true;
}

static int read_words(struct bridge *p, const struct cli_words *words)
{
    static const char *const verbs[] = {"show", "list", "ls", "sh", "s", "lst", NULL};
    const char *word = words->n ? words->word[0] : "link";
    const size_t n = strlen(word);
    for (p->object = 0; objects[p->object]; p->object++)
        if (n && strncmp(objects[p->object], word, n) == 0)
            break;
    if (!objects[p->object]) {
        const char *near = cli_near_word(word, objects);
        return near ? cli_usage("bridge", "%s: no such object; did you mean %s?", word, near)
                    : cli_usage("bridge", "%s: no such object; there are fdb, vlan, mdb, link, stp and lldp", word);
    }
    if (words->n < 2)
        return CLI_PARSED;
    for (const char *const *v = verbs; *v; v++)
        if (strcmp(words->word[1], *v) == 0 && words->n == 2)
            return CLI_PARSED;
    return cli_usage("bridge", "%s: a running switch can be shown, not changed; give show, or nothing", words->word[1]);
}

static int bridge_run(int argc, char **argv)
{
    struct bridge p = {0};
    char request[32];
    struct cli_parse parse = {.command = &cli_command_bridge, .config = &p, .output = &p.output};
    int r = cli_parse(&parse, argc, argv);
    if (r == CLI_PARSED)
        r = read_words(&p, &parse.words);
    if (r != CLI_PARSED)
        return r;
    (void)snprintf(request, sizeof request, "bridge %s", objects[p.object]);
    const uint32_t answered = sv_control_ask(request, on_line, &p);
    if (p.output.json || p.output.pretty)
        printf("%s]\n", p.printed ? "" : "[");
    if (!answered)
        return cli_fail("bridge", "no seven process is running (of this user)");
    if (p.only && p.pid != (int)p.only)
        return cli_fail("bridge", "--pid: %" PRIu64 " is no seven process (of this user)", p.only);
    if (!p.switches)
        return cli_fail("bridge", "no seven switch is running (of this user)");
    return 0;
}

const struct cli_command cli_command_bridge = {
    .name = "bridge",
    .summary = "stations, VLANs, groups and spanning tree of running switches",
    .usage = "[fdb|vlan|mdb|link|stp|lldp]",
    .examples = "seven bridge fdb\twho is behind which port\n"
                "seven bridge vlan\twhich port is in which VLAN\n"
                "seven bridge mdb\twho joined which multicast group\n"
                "seven bridge -s link\tports with their counters\n"
                "seven bridge stp\twhere the root is, and which ports discard\n"
                "seven bridge -j fdb\tJSON with bridge's own keys\n",
    .exit_codes = "0\tdone\n1\tno seven switch answers\n2\tusage\n",
    .options = bridge_options,
    .output = true,
    .words = "fdb vlan mdb link stp lldp",
    .run = bridge_run,
};
