/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
/* The parser over the tables: short and long forms, clusters (-zvn), --name=value, "--", and one line on
 * stderr that names the option, what was wrong with it and what it takes. */
#include "cli/options.h"

#include <inttypes.h>
#include <langinfo.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/json.h"
#include "port/cable_words.h"
#include "port/device.h"

#define NET(member) offsetof(struct cli_network_options, member)
#define OUT(member) offsetof(struct cli_output_options, member)

const struct cli_option cli_network_table[] = {
    {'i', "device", CLI_DEVICE, "DEVICE",
     "join through this device: tap:NAME, packet:IFNAME, unix:PATH, cable:NAME,CODE,... (default tap:seven0)",
     NET(device), NULL, 0, 0},
    {'a', "address", CLI_PREFIXES, "ADDR/LEN|auto",
     "own address; may be repeated (default 10.7.0.2/24 and fd07::2/64); auto: what routers offer (SLAAC), and for "
     "IPv4 an address of 169.254/16 (there is no DHCP yet)",
     NET(address), NULL, 0, 0},
    {'g', "gateway", CLI_ADDRESSES, "ADDR", "gateway; may be repeated (default 10.7.0.1 and fd07::1)", NET(gateway),
     NULL, 0, 0},
    {0, "mac", CLI_MAC, "MAC", "own Ethernet address (default: chosen, and the same for one seed)", NET(mac), NULL, 0,
     0},
    {0, "mtu", CLI_SIZE, "BYTES", "longest IP packet (default: the device's)", NET(mtu), NULL, 68, 65535},
    {0, "vlan", CLI_TEXT, "VID[.VID]", "speak with this VLAN tag (802.1Q); with two, the outer one of QinQ first",
     NET(vlan), NULL, 0, 0},
    {0, "profile", CLI_CHOICE, "PROFILE", "habits of TCP (default modern)", NET(profile), "modern linux rfc tiny", 0,
     0},
    {0, "seed", CLI_NUMBER, "N", "seed of every random choice, for a run that can be repeated", NET(seed), NULL, 1, 0},
    {0, "md5", CLI_TEXTS, "KEY@PEER[/LEN]",
     "sign what is said to that peer, and take from it only what is signed (TCP MD5, RFC 2385); may be repeated; a key "
     "of bytes begins with 0x",
     NET(md5), NULL, 0, 0},
    {0, "tcp-ao", CLI_TEXTS, "[aes,][bare,]SEND,RECV,KEY@PEER[/LEN]",
     "the same by the TCP authentication option (RFC 5925), which is better: the ids of the key in what is sent and "
     "what comes; aes: with AES-128-CMAC in place of HMAC-SHA-1; bare: other options are not signed; may be repeated",
     NET(ao), NULL, 0, 0},
    {'w', "capture", CLI_FILE, "FILE", "write every frame as pcapng, with what Seven knew of it in comments",
     NET(capture), NULL, 0, 0},
    {0, "ladder", CLI_FLAG, NULL, "draw each conversation on stderr as it happens", NET(ladder), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

#define JSON_OPTIONS 2 /* the first ones */
const struct cli_option cli_output_table[] = {
    {'j', "json", CLI_FLAG, NULL, "JSON, one object a line where there are many", OUT(json), NULL, 0, 0},
    {'p', "pretty", CLI_FLAG, NULL, "JSON with line breaks and indents", OUT(pretty), NULL, 0, 0},
    {0, "color", CLI_CHOICE, "WHEN", "colours (default auto: on a terminal, unless NO_COLOR is set)", OUT(color),
     "auto always never", 0, 0},
    {0, "ascii", CLI_FLAG, NULL, "draw with - and | even where the locale is UTF-8", OUT(ascii), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

const struct cli_option cli_help_table[] = {
    {'h', "help", CLI_FLAG, NULL, "show this help and exit", 0, NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static const struct cli_option no_options[] = {{0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0}};

static void report(const char *command, const char *format, va_list args)
{
    char line[512];
    (void)vsnprintf(line, sizeof line, format, args);
    if (command)
        (void)fprintf(stderr, "seven %s: %s\n", command, line);
    else
        (void)fprintf(stderr, "seven: %s\n", line);
}

static int said = 1;

int cli_usage(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(command, format, args);
    va_end(args);
    return said = CLI_USAGE;
}

int cli_fail(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(command, format, args);
    va_end(args);
    return said = 1;
}

int cli_said(void)
{
    return said;
}

static const struct cli_option *group_table(const struct cli_command *c, int group)
{
    switch (group) {
    case CLI_GROUP_OWN:
        return c->options ? c->options : no_options;
    case CLI_GROUP_NETWORK:
        return c->network ? cli_network_table : no_options;
    case CLI_GROUP_OUTPUT:
        return !c->output ? no_options : c->no_json ? cli_output_table + JSON_OPTIONS : cli_output_table;
    default:
        return cli_help_table;
    }
}

/* Whether an option of an earlier group has this letter, or this name. */
static bool shadowed(const struct cli_command *c, int group, char letter, const char *name)
{
    for (int g = 0; g < group; g++)
        for (const struct cli_option *o = group_table(c, g); o->name; o++)
            if ((letter && o->letter == letter) || (name && strcmp(o->name, name) == 0))
                return true;
    return false;
}

const struct cli_option *cli_option_each(const struct cli_command *c, uint32_t *at, char *letter, int *group)
{
    for (;;) {
        uint32_t n = *at;
        const struct cli_option *found = NULL;
        int g = 0;
        for (; g < CLI_GROUPS && !found; g++) {
            for (const struct cli_option *o = group_table(c, g); o->name; o++) {
                if (n-- == 0) {
                    found = o;
                    break;
                }
            }
        }
        if (!found)
            return NULL;
        g--;
        ++*at;
        if (shadowed(c, g, 0, found->name))
            continue;
        *letter = found->letter && !shadowed(c, g, found->letter, NULL) ? found->letter : (char)0;
        *group = g;
        return found;
    }
}

const char *cli_option_typed(const char *command, const char *name, char to[32])
{
    const struct cli_command *c = cli_command_find(command);
    const struct cli_option *o;
    uint32_t at = 0;
    char letter;
    int group;
    (void)snprintf(to, 32, "--%s", name);
    while (c && (o = cli_option_each(c, &at, &letter, &group)))
        if (letter && strcmp(o->name, name) == 0)
            (void)snprintf(to, 32, "-%c", letter);
    return to;
}

static bool takes_value(const struct cli_option *o)
{
    return o->kind != CLI_FLAG && o->kind != CLI_COUNT;
}

/* "-c, --count" as the message names it: as it was typed. */
static int wrong(const struct cli_parse *p, const char *typed, const char *value, const char *right)
{
    return cli_usage(p->command->name, "%s: \"%s\" %s", typed, value, right);
}

static uint32_t choice_place(const char *choices, const char *value)
{
    const size_t n = strlen(value);
    uint32_t place = 0;
    for (const char *at = choices; *at && n; place++) {
        const size_t length = strcspn(at, " ");
        if (length == n && memcmp(at, value, n) == 0)
            return place;
        at += length;
        at += strspn(at, " ");
    }
    return SV_NONE;
}

/* What can be seen of a device's name before it is opened. */
static bool is_device(const char *value, char hint[SV_DEVICE_TEXT])
{
    static const char *const kinds[] = {"tap", "packet", "unix", "cable", NULL};
    char kind[16];
    const char *near = NULL, *name = strchr(value, ':');
    (void)snprintf(kind, sizeof kind, "%.*s", (int)strcspn(value, ":"), value);
    for (const char *const *k = kinds; *k; k++)
        if (strcmp(*k, kind) == 0)
            near = *k;
    if (!near || !name || !name[1]) {
        near = cli_near_word(kind, kinds);
        (void)snprintf(hint, SV_DEVICE_TEXT, "is not a device; it takes %s%s", near ? near : "tap",
                       near && strcmp(near, "unix") == 0    ? ":PATH"
                       : near && strcmp(near, "cable") == 0 ? ":NAME,CODE, for example cable:lab,10base-t,length=90m"
                                                            : ":NAME, for example tap:seven0");
        return false;
    }
    name++;
    if ((strcmp(near, "tap") == 0 || strcmp(near, "packet") == 0) && strlen(name) >= IFNAMSIZ) {
        (void)snprintf(hint, SV_DEVICE_TEXT, "is too long; an interface's name has 1 to %d letters", IFNAMSIZ - 1);
        return false;
    }
    if (strcmp(near, "cable") != 0)
        return true;
    const char *words = name + strcspn(name, ",");
    words += *words == ',';
    /* Both ends agree on the code then; the rest must be right for any. */
    const bool negotiates = strncmp(words, "auto", 4) == 0 && (words[4] == ',' || words[4] == '\0');
    struct sv_phy_link_config any = {.channel = {.code = negotiates ? SV_PHY_10BASE_T : SV_PHY_CODES}};
    char why[SV_DEVICE_TEXT];
    if (sv_cable_words(&any, negotiates ? words + 4 + (words[4] == ',') : words, why))
        return true;
    (void)snprintf(hint, SV_DEVICE_TEXT, "is not a cable: %.*s", SV_DEVICE_TEXT - 24, why);
    return false;
}

static int store_text(struct cli_parse *p, const struct cli_option *o, void *at, const char *typed, const char *value)
{
    char hint[SV_DEVICE_TEXT];
    if (o->kind == CLI_TEXTS) {
        struct cli_texts *list = at;
        if (list->n == CLI_LIST_MAX)
            return cli_usage(p->command->name, "%s: given more than %u times", typed, CLI_LIST_MAX);
        list->text[list->n++] = value;
        return CLI_PARSED;
    }
    if (!*value)
        return cli_usage(p->command->name, "%s: empty; it takes %s", typed, o->takes);
    if (o->kind == CLI_DEVICE && !is_device(value, hint))
        return wrong(p, typed, value, hint);
    *(const char **)at = value;
    return CLI_PARSED;
}

static int store_number(struct cli_parse *p, const struct cli_option *o, void *at, const char *typed, const char *value)
{
    const uint64_t high = o->high ? o->high : UINT64_MAX;
    uint64_t v = 0;
    const bool ok = o->kind == CLI_SIZE ? cli_parse_size(value, &v) : cli_parse_number(value, UINT64_MAX, &v);
    char hint[128];
    if (ok && v >= o->low && v <= high) {
        *(uint64_t *)at = v;
        return CLI_PARSED;
    }
    const char *what = o->kind == CLI_SIZE ? "size" : "number";
    if (!ok && o->kind == CLI_SIZE)
        (void)snprintf(hint, sizeof hint, "is not a size; it takes bytes such as 1500, 64KiB or 1M");
    else if (!ok)
        (void)snprintf(hint, sizeof hint, "is not a number; it takes a whole number, for example %" PRIu64,
                       o->low > 3 ? o->low : 3);
    else if (o->high)
        (void)snprintf(hint, sizeof hint, "is out of range; it takes a %s from %" PRIu64 " to %" PRIu64, what, o->low,
                       high);
    else
        (void)snprintf(hint, sizeof hint, "is too small; it takes a %s of at least %" PRIu64, what, o->low);
    return wrong(p, typed, value, hint);
}

static int store_duration(struct cli_parse *p, const struct cli_option *o, void *at, const char *typed,
                          const char *value)
{
    uint64_t ns;
    char hint[96];
    if (!cli_parse_duration(value, o->kind == CLI_MILLIS ? SV_MS : SV_S, &ns))
        return wrong(p, typed, value, "is not a duration; it takes one such as 200ms, 5s or 1m30s");
    if (ns < o->low || (o->high && ns > o->high)) {
        (void)snprintf(hint, sizeof hint, "is out of range; it takes a duration from %" PRIu64 "s to %" PRIu64 "s",
                       o->low / SV_S, o->high / SV_S);
        return wrong(p, typed, value, hint);
    }
    *(uint64_t *)at = ns;
    return CLI_PARSED;
}

static int store_address(struct cli_parse *p, const struct cli_option *o, void *at, const char *typed,
                         const char *value)
{
    struct sv_addr addr;
    uint32_t length = SV_NONE;
    const bool prefix = o->kind == CLI_PREFIXES;
    if (prefix && strcmp(value, "auto") == 0 && strstr(o->takes, "|auto")) {
        ((struct cli_prefixes *)at)->automatic = true;
        return CLI_PARSED;
    }
    if (prefix ? !cli_parse_prefix(value, &addr, &length) : !cli_parse_addr(value, &addr))
        return wrong(p, typed, value,
                     prefix ? "is not an address; it takes ADDR/LEN, for example 10.7.0.2/24"
                            : "is not an address; it takes one such as 10.7.0.1");
    if (prefix && length == SV_NONE)
        return wrong(p, typed, value, "has no length; it takes ADDR/LEN, for example 10.7.0.2/24");
    if (o->kind == CLI_ADDRESS) {
        *(struct sv_addr *)at = addr;
        return CLI_PARSED;
    }
    uint32_t *n = prefix ? &((struct cli_prefixes *)at)->n : &((struct cli_addresses *)at)->n;
    if (*n == CLI_LIST_MAX)
        return cli_usage(p->command->name, "%s: given more than %u times", typed, CLI_LIST_MAX);
    if (prefix) {
        ((struct cli_prefixes *)at)->addr[*n] = addr;
        ((struct cli_prefixes *)at)->length[*n] = length;
    } else {
        ((struct cli_addresses *)at)->addr[*n] = addr;
    }
    ++*n;
    return CLI_PARSED;
}

static int store_choice(struct cli_parse *p, const struct cli_option *o, void *at, const char *typed, const char *value)
{
    const uint32_t place = choice_place(o->choices, value);
    if (place == SV_NONE) {
        char hint[160];
        (void)snprintf(hint, sizeof hint, "is none of its choices: %s", o->choices);
        return wrong(p, typed, value, hint);
    }
    *(uint32_t *)at = place;
    return CLI_PARSED;
}

static int store_mac(struct cli_parse *p, void *at, const char *typed, const char *value)
{
    struct cli_mac *mac = at;
    if (!cli_parse_mac(value, mac->byte))
        return wrong(p, typed, value, "is not an Ethernet address; it takes one such as 02:00:00:00:00:07");
    if (mac->byte[0] & 1)
        return wrong(p, typed, value, "is a group address; the first byte of a station's own is even");
    mac->given = true;
    return CLI_PARSED;
}

static int store(struct cli_parse *p, const struct cli_option *o, void *base, const char *typed, const char *value)
{
    void *at = (char *)base + o->at;
    switch (o->kind) {
    case CLI_FLAG:
        *(bool *)at = true;
        return CLI_PARSED;
    case CLI_COUNT:
        ++*(uint32_t *)at;
        return CLI_PARSED;
    case CLI_TEXT:
    case CLI_FILE:
    case CLI_DIRECTORY:
    case CLI_TEXTS:
    case CLI_DEVICE:
        return store_text(p, o, at, typed, value);
    case CLI_NUMBER:
    case CLI_SIZE:
        return store_number(p, o, at, typed, value);
    case CLI_DURATION:
    case CLI_MILLIS:
        return store_duration(p, o, at, typed, value);
    case CLI_PORT:
        if (!cli_parse_port(value, at) || *(uint16_t *)at == 0)
            return wrong(p, typed, value, "is not a port; it takes 1 to 65535 or a service's name such as http");
        return CLI_PARSED;
    case CLI_ADDRESS:
    case CLI_ADDRESSES:
    case CLI_PREFIXES:
        return store_address(p, o, at, typed, value);
    case CLI_MAC:
        return store_mac(p, at, typed, value);
    case CLI_CHOICE:
        return store_choice(p, o, at, typed, value);
    }
    return CLI_PARSED;
}

static const struct cli_option *find(const struct cli_command *c, const char *name, size_t n, char letter, int *group)
{
    uint32_t at = 0;
    char its_letter;
    const struct cli_option *o;
    while ((o = cli_option_each(c, &at, &its_letter, group)))
        if (name ? strlen(o->name) == n && memcmp(o->name, name, n) == 0 : its_letter == letter)
            return o;
    return NULL;
}

static int unknown_long(const struct cli_command *c, const char *arg)
{
    const char *names[96];
    char typed[48];
    uint32_t at = 0, n = 0;
    char letter;
    int group;
    const struct cli_option *o;
    while (n + 1 < 96 && (o = cli_option_each(c, &at, &letter, &group)))
        names[n++] = o->name;
    names[n] = NULL;
    (void)snprintf(typed, sizeof typed, "%.*s", (int)strcspn(arg + 2, "="), arg + 2);
    const char *near = cli_near_word(typed, names);
    if (near)
        return cli_usage(c->name, "--%s: no such option; did you mean --%s?", typed, near);
    return cli_usage(c->name, "--%s: no such option; see seven %s --help", typed, c->name);
}

static void *base_of(const struct cli_parse *p, int group)
{
    return group == CLI_GROUP_OWN ? p->config : group == CLI_GROUP_NETWORK ? (void *)p->network : (void *)p->output;
}

/* One "--name" or "--name=value" at argv[*i]; *i moves on when the value is the next argument. */
static int parse_long(struct cli_parse *p, int argc, char **argv, int *i, bool *help)
{
    char *arg = argv[*i];
    const size_t n = strcspn(arg + 2, "=");
    const bool has_value = arg[2 + n] == '=';
    const char *value = has_value ? arg + 3 + n : ""; /* a flag has none */
    int group;
    const struct cli_option *o = find(p->command, arg + 2, n, 0, &group);
    char typed[48];
    if (!o)
        return unknown_long(p->command, arg);
    if (group == CLI_GROUP_HELP) {
        *help = true;
        return CLI_PARSED;
    }
    (void)snprintf(typed, sizeof typed, "--%s", o->name);
    if (!takes_value(o) && has_value)
        return cli_usage(p->command->name, "%s: takes no value, and got \"%s\"", typed, value);
    if (takes_value(o) && !has_value) {
        if (*i + 1 >= argc)
            return cli_usage(p->command->name, "%s: value missing; it takes %s", typed, o->takes);
        value = argv[++*i];
    }
    return store(p, o, base_of(p, group), typed, value);
}

/* A cluster such as -zvn or -c3 at argv[*i]. */
static int parse_short(struct cli_parse *p, int argc, char **argv, int *i, bool *help)
{
    const char *arg = argv[*i];
    for (const char *at = arg + 1; *at; at++) {
        int group;
        const struct cli_option *o = find(p->command, NULL, 0, *at, &group);
        const char typed[3] = {'-', *at, '\0'};
        if (!o)
            return cli_usage(p->command->name, "%s: no such option; see seven %s --help", typed, p->command->name);
        if (group == CLI_GROUP_HELP) {
            *help = true;
            return CLI_PARSED;
        }
        const char *value = "";
        if (takes_value(o)) {
            if (!at[1] && *i + 1 >= argc)
                return cli_usage(p->command->name, "%s: value missing; it takes %s", typed, o->takes);
            value = at[1] ? at + 1 : argv[++*i];
        }
        const int r = store(p, o, base_of(p, group), typed, value);
        if (r != CLI_PARSED || takes_value(o))
            return r;
    }
    return CLI_PARSED;
}

int cli_parse(struct cli_parse *p, int argc, char **argv)
{
    bool only_words = false;
    p->words.word = argv + 1;
    p->words.n = 0;
    for (int i = 1; i < argc; i++) {
        char *arg = argv[i];
        bool help = false;
        int r = CLI_PARSED;
        if (!only_words && strcmp(arg, "--") == 0) {
            only_words = true;
        } else if (only_words || arg[0] != '-' || arg[1] == '\0') {
            if (p->word) {
                void *config = p->word(p->config, arg);
                if (!config)
                    return CLI_USAGE;
                p->config = config;
            } else {
                p->words.word[p->words.n++] = arg;
            }
            only_words = only_words || p->command->stop_at_word;
        } else {
            r = arg[1] == '-' ? parse_long(p, argc, argv, &i, &help) : parse_short(p, argc, argv, &i, &help);
        }
        if (help) {
            cli_help_command(stdout, p->command);
            return 0;
        }
        if (r != CLI_PARSED)
            return r;
    }
    if (p->output && p->output->pretty) {
        p->output->json = true;
        cli_json_pretty_stdout();
    }
    return CLI_PARSED;
}

void cli_network_defaults(struct cli_network_options *network)
{
    memset(network, 0, sizeof *network);
    network->device = "tap:seven0";
}

bool cli_colored(const struct cli_output_options *output, FILE *stream)
{
    if (output && output->color != CLI_COLOR_AUTO)
        return output->color == CLI_COLOR_ALWAYS;
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fileno(stream)) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

bool cli_utf8(const struct cli_output_options *output)
{
    return !(output && output->ascii) && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
