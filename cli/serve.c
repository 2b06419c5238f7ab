/* SPDX-License-Identifier: BSD-2-Clause */
/* seven serve: one or several servers in one process. */
#define _GNU_SOURCE
#include "cli/serve.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"

#define SERVERS 8u

struct serve_config {
    struct serve_options server[SERVERS];
    uint32_t servers;
};

/* Options belong to the server named before them: the parser is handed its struct. */
#define AT(member) offsetof(struct serve_options, member)
static const struct cli_option serve_options_table[] = {
    {0, "root", CLI_DIRECTORY, "DIR", "http: the directory to serve (default: this one)", AT(root), NULL, 0, 0},
    {0, "port", CLI_PORT, "PORT", "port to listen on (default: http 80, echo 7)", AT(port), NULL, 0, 0},
    {'4', "ipv4", CLI_FLAG, NULL, "nothing that comes by IPv6", AT(only4), NULL, 0, 0},
    {'6', "ipv6", CLI_FLAG, NULL, "nothing that comes by IPv4", AT(only6), NULL, 0, 0},
    {'s', "silent", CLI_FLAG, NULL, "http: no access log on stderr", AT(silent), NULL, 0, 0},
    {0, "no-listing", CLI_FLAG, NULL, "http: 403 for a directory without index.html", AT(no_listing), NULL, 0, 0},
    {0, "delay", CLI_MILLIS, "MS", "echo: over TCP, answer this much later", AT(delay_ns), NULL, 0, 0},
    {0, "fin-delay", CLI_MILLIS, "MS", "echo: close our half this much after the last answer (default half of --delay)",
     AT(fin_delay_ns), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

/* The config handed about is always the server's; the whole is found from the first (see serve_run). */
static struct serve_config *the_config;

static void *on_word(void *config, const char *word)
{
    static const char *const kinds[] = {"http", "echo", NULL};
    (void)config;
    for (uint32_t kind = 0; kinds[kind]; kind++) {
        if (strcmp(word, kinds[kind]) != 0)
            continue;
        if (the_config->servers == SERVERS) {
            (void)cli_usage("serve", "%s: more than %u servers in one command", word, SERVERS);
            return NULL;
        }
        struct serve_options *s = &the_config->server[the_config->servers++];
        if (the_config->servers > 1) /* options given before the first word are its own */
            *s = (struct serve_options){.fin_delay_ns = UINT64_MAX};
        s->kind = kind;
        return s;
    }
    const char *near = cli_near_word(word, kinds);
    if (near)
        (void)cli_usage("serve", "%s: no such server; did you mean %s?", word, near);
    else
        (void)cli_usage("serve", "%s: no such server; there are http and echo", word);
    return NULL;
}

static int check(struct serve_options *s)
{
    struct stat st;
    if (s->kind == SERVE_HTTP) {
        if (s->delay_ns || s->fin_delay_ns != UINT64_MAX)
            return cli_usage("serve", "--delay: belongs to echo, write it after that word");
        if (!s->root)
            s->root = ".";
        if (stat(s->root, &st) != 0 || !S_ISDIR(st.st_mode))
            return cli_usage("serve", "--root: \"%s\" is not a directory that can be read", s->root);
    } else if (s->root) {
        return cli_usage("serve", "--root: belongs to http, write it after that word");
    }
    if (s->only4 && s->only6)
        return cli_usage("serve", "-4 and -6: one of them for a server");
    if (s->fin_delay_ns == UINT64_MAX)
        s->fin_delay_ns = s->delay_ns / 2;
    if (!s->port)
        s->port = s->kind == SERVE_HTTP ? 80 : 7;
    return CLI_PARSED;
}

/* "10.7.0.2 and fd07::2": where clients find us. What holds on one link only is left out. */
static void our_addresses(struct cli_network *network, char *to, size_t room)
{
    struct sv_address_info info = {.size = sizeof info};
    char text[CLI_ENDPOINT_TEXT];
    uint32_t at = 0;
    to[0] = '\0';
    while (sv_address_each(cli_network_stack(network), &at, &info)) {
        const size_t n = strlen(to);
        if (info.addr.byte[0] != 0xfe)
            (void)snprintf(to + n, room - n, "%s%s", n ? " and " : "", cli_addr_text(&info.addr, text));
    }
}

static int serve_all(struct cli_network *network, const struct serve_config *config)
{
    struct serve_http *http[SERVERS] = {NULL};
    struct serve_echo *echo[SERVERS] = {NULL};
    char text[256];
    bool ok = true;
    our_addresses(network, text, sizeof text);
    for (uint32_t i = 0; i < config->servers && ok; i++) {
        const struct serve_options *s = &config->server[i];
        if (s->kind == SERVE_HTTP)
            ok = (http[i] = serve_http_start(network, s)) != NULL;
        else
            ok = (echo[i] = serve_echo_start(network, s)) != NULL;
        if (ok)
            (void)fprintf(stderr, "seven serve: %s on %s port %u\n", s->kind == SERVE_HTTP ? "http" : "echo (TCP, UDP)",
                          text, (unsigned)s->port);
    }
    /* Ctrl-C is how a server ends in order. */
    int status = ok ? cli_network_run(network) : 1;
    if (status == 130)
        status = 0;
    for (uint32_t i = 0; i < config->servers; i++) {
        serve_http_end(http[i], cli_network_now(network));
        serve_echo_end(echo[i], cli_network_now(network));
    }
    return status;
}

static int serve_run(int argc, char **argv)
{
    static struct serve_config config;
    struct cli_network_options network;
    struct cli_output_options output = {0};
    config = (struct serve_config){.server = {{.fin_delay_ns = UINT64_MAX}}};
    the_config = &config;
    struct cli_parse parse = {.command = &cli_command_serve,
                              .config = &config.server[0],
                              .network = &network,
                              .output = &output,
                              .word = on_word};
    cli_network_defaults(&network);
    int r = cli_parse(&parse, argc, argv);
    if (r != CLI_PARSED)
        return r;
    if (!config.servers)
        return cli_usage("serve", "name a server: http or echo; for example seven serve http --root .");
    for (uint32_t i = 0; i < config.servers; i++)
        if ((r = check(&config.server[i])) != CLI_PARSED)
            return r;
    struct cli_network *n =
        cli_network_open(&cli_command_serve, &network, &output, &(struct cli_network_wish){.connections = 16384});
    if (!n)
        return cli_said();
    r = serve_all(n, &config);
    cli_network_close(n, SV_S);
    return r;
}

const struct cli_command cli_command_serve = {
    .name = "serve",
    .summary = "servers on Seven's own stack: http, echo",
    .usage = "http|echo [OPTION...] [http|echo [OPTION...]]...",
    .examples = "seven serve http --root site\ta web server at 10.7.0.2\n"
                "seven private -- sh -c 'seven serve http & sleep 1; curl 10.7.0.2'\twithout any right\n"
                "seven serve http --port 8080 echo --delay 100ms\ttwo servers in one process\n"
                "seven serve echo -w echo.pcapng --ladder\tand see each conversation\n",
    .detail = "Several servers may be named; the options after each name are that server's. The access log (the "
              "combined log format) goes to stderr. Ctrl-C ends in order.",
    .exit_codes = "0\tended by Ctrl-C\n1\tcould not start\n2\tusage\n",
    .options = serve_options_table,
    .network = true,
    .output = true,
    .no_json = true,
    .words = "http echo",
    .run = serve_run,
};
