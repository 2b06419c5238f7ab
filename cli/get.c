/* SPDX-License-Identifier: BSD-2-Clause */
/* seven get: curl's habits over Seven's own TCP and HTTP. */
#define _GNU_SOURCE
#include "cli/get.h"

#include <string.h>

#include "cli/commands.h"
#include "cli/resolve.h"

#define AT(member) offsetof(struct get_config, member)
const struct cli_option get_options[] = {
    {'o', "output", CLI_TEXTS, "FILE", "write the body there instead of stdout; one for each URL", AT(output), NULL, 0,
     0},
    {'O', "remote-name", CLI_FLAG, NULL, "write to a file named as the last part of the URL", AT(remote_name), NULL, 0,
     0},
    {'C', "continue-at", CLI_TEXT, "OFFSET", "go on from there; - for the size of the file that is there", AT(resume),
     NULL, 0, 0},
    {'r', "range", CLI_TEXT, "FROM-TO", "only these bytes", AT(range), NULL, 0, 0},
    {'I', "head", CLI_FLAG, NULL, "ask for the headers alone, and show them", AT(head), NULL, 0, 0},
    {'i', "include", CLI_FLAG, NULL, "show the response's headers before its body", AT(include), NULL, 0, 0},
    {'L', "location", CLI_FLAG, NULL, "follow redirects", AT(follow), NULL, 0, 0},
    {0, "max-redirs", CLI_NUMBER, "N", "at most so many (default 50)", AT(redirects_max), NULL, 0, 0},
    {'f', "fail", CLI_FLAG, NULL, "no body and exit status 22 for a status of 400 and above", AT(fail), NULL, 0, 0},
    {'s', "silent", CLI_FLAG, NULL, "no progress, no errors", AT(silent), NULL, 0, 0},
    {'S', "show-error", CLI_FLAG, NULL, "with -s: errors all the same", AT(show_error), NULL, 0, 0},
    {'T', "upload-file", CLI_FILE, "FILE", "PUT this file; - for stdin", AT(upload), NULL, 0, 0},
    {'H', "header", CLI_TEXTS, "LINE", "send this header line; \"Name:\" leaves one away", AT(header), NULL, 0, 0},
    {'d', "data", CLI_TEXTS, "DATA", "POST this; @FILE for a file's content; repeated ones are joined by &", AT(data),
     NULL, 0, 0},
    {0, "data-binary", CLI_TEXTS, "DATA", "the same, line ends kept", AT(data_binary), NULL, 0, 0},
    {'u', "user", CLI_TEXT, "USER:PASS", "Basic authentication", AT(user), NULL, 0, 0},
    {'X', "request", CLI_TEXT, "METHOD", "this method instead of the one implied", AT(method), NULL, 0, 0},
    {'A', "user-agent", CLI_TEXT, "NAME", "the User-Agent field", AT(agent), NULL, 0, 0},
    {'e', "referer", CLI_TEXT, "URL", "the Referer field", AT(referer), NULL, 0, 0},
    {'m', "max-time", CLI_DURATION, "TIME", "give up after this long", AT(longest_ns), NULL, 0, 0},
    {0, "connect-timeout", CLI_DURATION, "TIME", "give up connecting after this long", AT(connect_ns), NULL, 0, 0},
    {0, "resolve", CLI_TEXTS, "HOST:PORT:ADDR", "the address of this host", AT(resolve), NULL, 0, 0},
    {0, "no-progress-meter", CLI_FLAG, NULL, "no progress bar on a terminal", AT(no_bar), NULL, 0, 0},
    {'v', "verbose", CLI_COUNT, NULL, "show headers and what happens, on stderr; twice: TCP's figures too", AT(verbose),
     NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static void done(void *self, int status)
{
    cli_network_stop(self, status);
}

static int check(const struct get_config *config)
{
    const char *bad = cli_resolve_check(&config->resolve);
    if (bad)
        return cli_usage("get", "--resolve: \"%s\" is not HOST:PORT:ADDR, for example site.test:80:10.7.0.1", bad);
    if (config->upload && (config->data.n || config->data_binary.n))
        return cli_usage("get", "-T and -d: one body at a time");
    if (config->head && (config->upload || config->data.n || config->data_binary.n))
        return cli_usage("get", "-I and a body: HEAD sends none");
    if (config->range && (!strchr(config->range, '-') || config->range[strspn(config->range, "0123456789-,")]))
        return cli_usage("get", "-r: \"%s\" is no range of bytes; it takes FROM-TO, FROM- or -LAST", config->range);
    for (uint32_t i = 0; i < config->header.n; i++)
        if (!strpbrk(config->header.text[i], ":;"))
            return cli_usage("get", "-H: \"%s\" is no header line; it takes \"Name: value\"", config->header.text[i]);
    for (const char *p = config->method; p && *p; p++)
        if (!((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || *p == '-'))
            return cli_usage("get", "-X: \"%s\" is not a method; it takes one such as PUT or DELETE", config->method);
    return CLI_PARSED;
}

/* What can be known to be wrong before any network is joined. */
static int check_urls(const struct cli_words *words)
{
    static struct get_url url;
    const char *why;
    for (uint32_t i = 0; i < words->n; i++) {
        const int r = get_url_parse(&url, words->word[i], &why);
        if (r != GET_OK) {
            (void)fprintf(stderr, "seven get: (%d) %s: %s\n", r, words->word[i], why);
            return r;
        }
    }
    return CLI_PARSED;
}

static int get_run(int argc, char **argv)
{
    struct get_config config = {.redirects_max = 50};
    struct cli_network_options network;
    struct cli_output_options output = {0};
    struct cli_parse parse = {.command = &cli_command_get, .config = &config, .network = &network, .output = &output};
    cli_network_defaults(&network);
    int r = cli_parse(&parse, argc, argv);
    if (r == CLI_PARSED)
        r = check(&config);
    if (r == CLI_PARSED && !parse.words.n)
        r = cli_usage("get", "URL missing; for example seven get http://10.7.0.1/");
    if (r == CLI_PARSED)
        r = check_urls(&parse.words);
    if (r != CLI_PARSED)
        return r;
    struct cli_network *n = cli_network_open(&cli_command_get, &network, &output, &(struct cli_network_wish){0});
    if (!n)
        return cli_said() == CLI_USAGE ? CLI_USAGE : GET_NO_CONNECTION;
    struct get *g = get_start(n, &config, parse.words.word, parse.words.n, done, n);
    r = g ? cli_network_run(n) : GET_MEMORY;
    get_end(g, cli_network_now(n));
    cli_network_close(n, 2 * SV_S);
    return r;
}

const struct cli_command cli_command_get = {
    .name = "get",
    .summary = "fetch over http, with curl's options and exit codes",
    .usage = "URL...",
    .examples = "seven get http://10.7.0.1:8000/\tto stdout\n"
                "seven get -O -C - http://10.7.0.1:8000/big\tinto the file big, from where it stopped\n"
                "seven get -i -L http://10.7.0.1/old\theaders too, redirects followed\n"
                "seven get -T file http://10.7.0.1:8000/file\tupload\n"
                "seven get --resolve site.test:80:10.7.0.1 http://site.test/\ta name without DNS\n"
                "seven get -v --ladder http://10.7.0.1:8000/\tsee it at layer 7 and at layer 4\n",
    .detail = "Hosts are addresses, names given by --resolve, and names of /etc/hosts. The device is --device "
              "here: -i shows the headers, as in curl.",
    .exit_codes =
        "0\tdone\n1\tprotocol not supported\n2\tusage\n3\tmalformed URL\n6\thost not resolved\n"
        "7\tno connection\n8\tthe reply is not HTTP\n18\tthe body ended too early\n22\t-f and a status of 400 "
        "or above\n23\tcould not write\n26\tcould not read what is to be sent\n28\ttime ran out\n33\tthe "
        "server cannot resume\n47\ttoo many redirects\n52\tempty reply\n55\tsending failed\n56\treceiving "
        "failed\n",
    .options = get_options,
    .network = true,
    .output = true,
    .no_json = true,
    .run = get_run,
};
