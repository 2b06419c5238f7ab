/* SPDX-License-Identifier: BSD-2-Clause */
/* seven ip: addresses, routes, neighbours and interfaces of running stacks, in iproute2's words. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "port/control.h"

struct ip {
    bool statistics, four, six;
    uint64_t only; /* --pid */
    struct cli_output_options output;
    uint32_t object;
    int pid;
    char title[64];
    uint32_t printed;
};

enum { ADDR, ROUTE, NEIGH, LINK };
static const char *const objects[] = {"addr", "route", "neigh", "link", NULL};

#define AT(member) offsetof(struct ip, member)
static const struct cli_option ip_options[] = {
    {'s', "statistics", CLI_FLAG, NULL, "counters too", AT(statistics), NULL, 0, 0},
    {'4', "ipv4", CLI_FLAG, NULL, "IPv4 only", AT(four), NULL, 0, 0},
    {'6', "ipv6", CLI_FLAG, NULL, "IPv6 only", AT(six), NULL, 0, 0},
    {0, "pid", CLI_NUMBER, "PID", "only this process", AT(only), NULL, 1, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static void print_flags(const char *line, const char *key, char separator)
{
    size_t n, element_n;
    const char *list = cli_json_member(line, key, &n), *element;
    char before = 0;
    for (const char *at = list; list && (element = cli_json_element(&at, list + n, &element_n));) {
        if (before)
            (void)putchar(before);
        before = separator;
        printf("%.*s", element_n >= 2 ? (int)element_n - 2 : 0, element + 1);
    }
}

static bool family_wanted(const struct ip *p, const char *address)
{
    const bool six = strchr(address, ':') != NULL;
    return !(p->four && six) && !(p->six && !six);
}

static void print_lifetime(const char *one, const char *word, const char *key)
{
    const uint64_t left = cli_json_number(one, key, UINT32_MAX);
    if (left == UINT32_MAX)
        printf(" %s forever", word);
    else
        printf(" %s %" PRIu64 "sec", word, left);
}

static void print_address_words(const char *one)
{
    static const char *const words[] = {"temporary", "dadfailed", "deprecated",
                                        "tentative", "dynamic",   "stable-privacy"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (cli_json_true(one, words[i]))
            printf(" %s", words[i]);
    printf("\n      ");
    print_lifetime(one, "valid_lft", "valid_life_time");
    print_lifetime(one, "preferred_lft", "preferred_life_time");
    printf("\n");
}

static void print_interface(const struct ip *p, const char *line)
{
    char name[32], text[64];
    printf("%" PRIu64 ": %s: <", cli_json_number(line, "ifindex", 0), cli_json_text(line, "ifname", name, sizeof name));
    print_flags(line, "flags", ',');
    printf("> mtu %" PRIu64 " state %s\n    link/ether %s", cli_json_number(line, "mtu", 0),
           cli_json_text(line, "operstate", text, sizeof text), cli_json_text(line, "address", name, sizeof name));
    printf(" brd %s\n", cli_json_text(line, "broadcast", text, sizeof text));
    size_t n, element_n;
    const char *list = cli_json_member(line, "addr_info", &n), *element;
    for (const char *at = list; list && (element = cli_json_element(&at, list + n, &element_n));) {
        char one[512];
        (void)snprintf(one, sizeof one, "%.*s", (int)element_n, element);
        if (!family_wanted(p, cli_json_text(one, "local", text, sizeof text)))
            continue;
        char scope[16];
        printf("    %s %s/%" PRIu64 " scope %s", cli_json_text(one, "family", name, sizeof name), text,
               cli_json_number(one, "prefixlen", 0), cli_json_text(one, "scope", scope, sizeof scope));
        print_address_words(one);
    }
    const char *stats = p->statistics ? cli_json_member(line, "stats64", &n) : NULL;
    if (!stats)
        return;
    for (int way = 0; way < 2; way++) {
        char all[512], one[256];
        (void)snprintf(all, sizeof all, "%.*s", (int)n, stats);
        const char *part = cli_json_member(all, way ? "tx" : "rx", &element_n);
        (void)snprintf(one, sizeof one, "%.*s", part ? (int)element_n : 0, part ? part : "");
        printf("    %s: bytes %" PRIu64 " packets %" PRIu64 "\n", way ? "TX" : "RX", cli_json_number(one, "bytes", 0),
               cli_json_number(one, "packets", 0));
    }
}

/* "via ADDR dev NAME", as far as it is said. */
static void print_way(const char *line)
{
    char text[64];
    if (*cli_json_text(line, "gateway", text, sizeof text))
        printf(" via %s", text);
    if (*cli_json_text(line, "dev", text, sizeof text))
        printf(" dev %s", text);
}

/* Of several next hops each has a line of its own. */
static void print_next_hops(const char *line)
{
    size_t n, element_n;
    const char *at = cli_json_member(line, "nexthops", &n), *end = at ? at + n : NULL, *element;
    while (at && (element = cli_json_element(&at, end, &element_n)) != NULL) {
        char one[256];
        (void)snprintf(one, sizeof one, "%.*s", (int)element_n, element);
        printf("\n\tnexthop");
        print_way(one);
        printf(" weight %" PRIu64, cli_json_number(one, "weight", 1));
    }
}

static void print_route(const char *line)
{
    char text[64];
    if (*cli_json_text(line, "type", text, sizeof text))
        printf("%s ", text);
    printf("%s", cli_json_text(line, "dst", text, sizeof text));
    print_way(line);
    if (*cli_json_text(line, "table", text, sizeof text))
        printf(" table %s", text);
    printf(" proto %s", cli_json_text(line, "protocol", text, sizeof text));
    if (*cli_json_text(line, "scope", text, sizeof text))
        printf(" scope %s", text);
    if (*cli_json_text(line, "prefsrc", text, sizeof text))
        printf(" src %s", text);
    if (cli_json_number(line, "metric", 0))
        printf(" metric %" PRIu64, cli_json_number(line, "metric", 0));
    size_t n;
    if (cli_json_member(line, "flags", &n) && n > 2) {
        (void)putchar(' ');
        print_flags(line, "flags", ' ');
    }
    if (cli_json_member(line, "expires", &n))
        printf(" expires %" PRIu64 "sec", cli_json_number(line, "expires", 0));
    if (*cli_json_text(line, "pref", text, sizeof text))
        printf(" pref %s", text);
    print_next_hops(line);
    printf("\n");
}

static void print_neighbour(const char *line)
{
    char text[64];
    printf("%s", cli_json_text(line, "dst", text, sizeof text));
    printf(" dev %s", cli_json_text(line, "dev", text, sizeof text));
    if (*cli_json_text(line, "lladdr", text, sizeof text))
        printf(" lladdr %s", text);
    if (cli_json_member(line, "router", &(size_t){0}))
        printf(" router");
    (void)putchar(' ');
    print_flags(line, "state", ' ');
    printf("\n");
}

static bool on_line(void *self, int pid, const char *line)
{
    struct ip *p = self;
    char text[64];
    if (p->only && (int)p->only != pid)
        return true;
    if (pid != p->pid) {
        p->pid = pid;
        (void)cli_json_text(line, "title", p->title, sizeof p->title);
        return true;
    }
    if (cli_json_member(line, "error", &(size_t){0}))
        return true;
    if ((p->object == ROUTE || p->object == NEIGH) && (p->four || p->six)) {
        (void)cli_json_text(line, "dst", text, sizeof text);
        if (strcmp(text, "default") == 0)
            (void)cli_json_text(line, "gateway", text, sizeof text);
        if (!family_wanted(p, text))
            return true;
    }
    if (p->output.json || p->output.pretty) {
        printf("%s", p->printed ? "," : "[");
        cli_json_write(stdout, line, strlen(line), p->output.pretty);
    } else if (p->object == ROUTE) {
        print_route(line);
    } else if (p->object == NEIGH) {
        print_neighbour(line);
    } else {
        print_interface(p, line);
    }
    p->printed++;
    return true;
}

/* iproute2 takes the beginnings of its words: a, addr, address; r, ro, route; ... */
static uint32_t object_of(const char *word)
{
    static const char *const full[] = {"address", "route", "neighbour", "link"};
    static const uint32_t order[] = {ADDR, ROUTE, NEIGH, LINK};
    const size_t n = strlen(word);
    for (uint32_t i = 0; n && i < 4; i++)
        if (n <= strlen(full[i]) && strncmp(full[i], word, n) == 0)
            return order[i];
    return strcmp(word, "neighbor") == 0 ? NEIGH : SV_NONE;
}

static int read_words(struct ip *p, const struct cli_words *words)
{
    static const char *const verbs[] = {"show", "list", "ls", "sh", "s", "lst", NULL};
    p->object = words->n ? object_of(words->word[0]) : ADDR;
    if (p->object == SV_NONE) {
        const char *near = cli_near_word(words->word[0], objects);
        return near ? cli_usage("ip", "%s: no such object; did you mean %s?", words->word[0], near)
                    : cli_usage("ip", "%s: no such object; there are addr, route, neigh and link", words->word[0]);
    }
    if (words->n < 2)
        return CLI_PARSED;
    for (const char *const *v = verbs; *v; v++)
        if (strcmp(words->word[1], *v) == 0 && words->n == 2)
            return CLI_PARSED;
    return cli_usage("ip", "%s: a running stack can be shown, not changed; give show, or nothing", words->word[1]);
}

static int ip_run(int argc, char **argv)
{
    struct ip p = {.object = ADDR};
    struct cli_parse parse = {.command = &cli_command_ip, .config = &p, .output = &p.output};
    int r = cli_parse(&parse, argc, argv);
    if (r == CLI_PARSED)
        r = read_words(&p, &parse.words);
    if (r != CLI_PARSED)
        return r;
    if ((size_t)p.object >= sizeof objects / sizeof objects[0] - 1)
        return cli_fail("ip", "no such object");
    const uint32_t answered = sv_control_ask(objects[p.object], on_line, &p);
    if (p.output.json || p.output.pretty)
        printf("%s]\n", p.printed ? "" : "[");
    if (!answered)
        return cli_fail("ip", "no seven process is running (of this user)");
    if (p.only && p.pid != (int)p.only)
        return cli_fail("ip", "--pid: %" PRIu64 " is no seven process (of this user)", p.only);
    return 0;
}

const struct cli_command cli_command_ip = {
    .name = "ip",
    .summary = "addresses, routes, neighbours and interfaces of running stacks",
    .usage = "[addr|route|neigh|link]",
    .examples = "seven ip addr\taddresses of every running seven\n"
                "seven ip route\twhere packets go\n"
                "seven ip neigh\twho was found by ARP and neighbour discovery, and how fresh that is\n"
                "seven ip -s link\tinterfaces with their counters\n"
                "seven ip -j addr\tJSON with ip's own keys\n",
    .exit_codes = "0\tdone\n1\tno seven process answers\n2\tusage\n",
    .options = ip_options,
    .output = true,
    .words = "addr route neigh link",
    .run = ip_run,
};
