/* SPDX-License-Identifier: BSD-2-Clause */
/* The parser: each form of an option, and each refusal as the one line that people see. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/options.h"
#include "seven/stack.h"

struct config {
    bool flag, other;
    uint32_t count, choice;
    const char *text;
    struct cli_texts texts;
    uint64_t number, size, duration, millis;
    uint16_t port;
    struct sv_addr address;
};

#define AT(member) offsetof(struct config, member)
static const struct cli_option options[] = {
    {'f', "flag", CLI_FLAG, NULL, "a flag", AT(flag), NULL, 0, 0},
    {'o', "other", CLI_FLAG, NULL, "another", AT(other), NULL, 0, 0},
    {'v', "verbose", CLI_COUNT, NULL, "more", AT(count), NULL, 0, 0},
    {'t', "text", CLI_TEXT, "TEXT", "a text", AT(text), NULL, 0, 0},
    {'H', "header", CLI_TEXTS, "LINE", "texts", AT(texts), NULL, 0, 0},
    {'c', "count", CLI_NUMBER, "N", "a number", AT(number), NULL, 1, 100},
    {'s', "size", CLI_SIZE, "BYTES", "a size", AT(size), NULL, 0, 65507},
    {'i', "interval", CLI_DURATION, "TIME", "a duration", AT(duration), NULL, 0, 0},
    {0, "delay", CLI_MILLIS, "MS", "a duration", AT(millis), NULL, 0, 0},
    {0, "port", CLI_PORT, "PORT", "a port", AT(port), NULL, 0, 0},
    {0, "address-of", CLI_ADDRESS, "ADDR", "an address", AT(address), NULL, 0, 0},
    {0, "kind", CLI_CHOICE, "KIND", "a choice", AT(choice), "red green blue", 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};
static const struct cli_command command = {.name = "test",
                                           .summary = "test",
                                           .usage = "WORD",
                                           .examples = "seven test\tnothing\n",
                                           .options = options,
                                           .network = true,
                                           .output = true};

static struct config config;
static struct cli_network_options network;
static struct cli_output_options output;
static struct cli_words words;
static char said[4096];

/* Parses; what went to stderr is in said[]. */
static int run(const struct cli_command *c, const char *line)
{
    static char copy[512];
    static char *argv[32];
    int argc = 0;
    char *rest = copy;
    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    argv[argc] = NULL;
    memset(&config, 0, sizeof config);
    memset(&output, 0, sizeof output);
    cli_network_defaults(&network);
    struct cli_parse parse = {.command = c, .config = &config, .network = &network, .output = &output};
    FILE *file = tmpfile();
    assert_non_null(file);
    (void)fflush(stderr);
    const int kept = dup(STDERR_FILENO);
    (void)dup2(fileno(file), STDERR_FILENO);
    const int r = cli_parse(&parse, argc, argv);
    (void)fflush(stderr);
    (void)dup2(kept, STDERR_FILENO);
    (void)close(kept);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    (void)fclose(file);
    words = parse.words;
    return r;
}

static void forms(void **state)
{
    (void)state;
    assert_int_equal(run(&command, "test -f -t abc -c 5 one two"), CLI_PARSED);
    assert_true(config.flag);
    assert_string_equal(config.text, "abc");
    assert_int_equal(config.number, 5);
    assert_int_equal(words.n, 2);
    assert_string_equal(words.word[1], "two");
    assert_int_equal(run(&command, "test one -fvvo --text=a=b two -c7"), CLI_PARSED); /* clusters, words between */
    assert_true(config.flag && config.other);
    assert_int_equal(config.count, 2);
    assert_string_equal(config.text, "a=b");
    assert_int_equal(config.number, 7);
    assert_int_equal(words.n, 2);
    assert_int_equal(run(&command, "test -fvt-x -- -f --nothing"), CLI_PARSED); /* a cluster's value; -- */
    assert_string_equal(config.text, "-x");
    assert_int_equal(words.n, 2);
    assert_string_equal(words.word[0], "-f");
    assert_int_equal(run(&command, "test -t - -"), CLI_PARSED); /* a lone - is a value and a word */
    assert_string_equal(config.text, "-");
    assert_string_equal(words.word[0], "-");
    assert_int_equal(run(&command, "test -H a -H b --header=c"), CLI_PARSED);
    assert_int_equal(config.texts.n, 3);
    assert_string_equal(config.texts.text[2], "c");
}

static void kinds(void **state)
{
    (void)state;
    assert_int_equal(run(&command, "test -s 1K -i 200ms --delay 100 --port 80 --address-of 10.7.0.1 --kind blue"),
                     CLI_PARSED);
    assert_int_equal(config.size, 1024);
    assert_int_equal(config.duration, 200 * SV_MS);
    assert_int_equal(config.millis, 100 * SV_MS);
    assert_int_equal(config.port, 80);
    assert_int_equal(config.address.byte[15], 1);
    assert_int_equal(config.choice, 2);
}

static void network_table(void **state)
{
    (void)state;
    assert_int_equal(run(&command, "test -a 10.7.0.3/24 -a 10.8.0.3/16 -g 10.7.0.1 --mac 02:00:00:00:00:07 --mtu 9000 "
                                   "--profile rfc --seed 7 -w x.pcapng --ladder -jp --color never"),
                     CLI_PARSED);
    assert_int_equal(network.address.n, 2);
    assert_int_equal(network.address.length[1], 16);
    assert_int_equal(network.gateway.n, 1);
    assert_true(network.mac.given);
    assert_int_equal(network.mtu, 9000);
    assert_int_equal(network.profile, SV_PROFILE_RFC);
    assert_int_equal(network.seed, 7);
    assert_string_equal(network.capture, "x.pcapng");
    assert_true(network.ladder && output.json && output.pretty);
    assert_int_equal(output.color, CLI_COLOR_NEVER);
    assert_string_equal(network.device, "tap:seven0");
    /* -i is the command's own here, the device remains under its long name. */
    assert_int_equal(run(&command, "test -i 5 --device packet:eth0"), CLI_PARSED);
    assert_int_equal(config.duration, 5 * SV_S);
    assert_string_equal(network.device, "packet:eth0");
}

/* Each refusal: one line, naming the option and what would be right; exit status 2. */
static void refusals(void **state)
{
    static const struct {
        const char *line, *says;
    } bad[] = {
        {"test --cuont 3", "seven test: --cuont: no such option; did you mean --count?\n"},
        {"test --xyzzyx", "seven test: --xyzzyx: no such option; see seven test --help\n"},
        {"test -Q", "seven test: -Q: no such option; see seven test --help\n"},
        {"test -fQ", "seven test: -Q: no such option; see seven test --help\n"},
        {"test -c", "seven test: -c: value missing; it takes N\n"},
        {"test --text", "seven test: --text: value missing; it takes TEXT\n"},
        {"test --flag=1", "seven test: --flag: takes no value, and got \"1\"\n"},
        {"test -c x", "seven test: -c: \"x\" is not a number; it takes a whole number, for example 3\n"},
        {"test -c 101", "seven test: -c: \"101\" is out of range; it takes a number from 1 to 100\n"},
        {"test -c 0", "seven test: -c: \"0\" is out of range; it takes a number from 1 to 100\n"},
        {"test -s 1X", "seven test: -s: \"1X\" is not a size; it takes bytes such as 1500, 64KiB or 1M\n"},
        {"test -i never", "seven test: -i: \"never\" is not a duration; it takes one such as 200ms, 5s or 1m30s\n"},
        {"test --port 0", "seven test: --port: \"0\" is not a port; it takes 1 to 65535 or a service's name such as "
                          "http\n"},
        {"test --kind pink", "seven test: --kind: \"pink\" is none of its choices: red green blue\n"},
        {"test --address-of 1.2.3", "seven test: --address-of: \"1.2.3\" is not an address; it takes one such as "
                                    "10.7.0.1\n"},
        {"test -a 10.7.0.2",
         "seven test: -a: \"10.7.0.2\" has no length; it takes ADDR/LEN, for example 10.7.0.2/24\n"},
        {"test --address 10.7.0.2", "seven test: --address: \"10.7.0.2\" has no length; it takes ADDR/LEN, for example "
                                    "10.7.0.2/24\n"},
        {"test --device tpa:x", "seven test: --device: \"tpa:x\" is not a device; it takes tap:NAME, for example "
                                "tap:seven0\n"},
        {"test --mac 03:00:00:00:00:01", "seven test: --mac: \"03:00:00:00:00:01\" is a group address; the first byte "
                                         "of a station's own is even\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(run(&command, bad[i].line), CLI_USAGE);
        assert_string_equal(said, bad[i].says);
        const char *end = strchr(said, '\n');
        assert_non_null(end);
        assert_int_equal(end[1], '\0'); /* one line */
    }
}

static void wrapped_command(void **state)
{
    static const struct cli_command wrapper = {
        .name = "wrap", .usage = "", .examples = "", .options = options, .stop_at_word = true};
    (void)state;
    assert_int_equal(run(&wrapper, "wrap -f sh -c --nothing -- x"), CLI_PARSED);
    assert_true(config.flag);
    assert_int_equal(words.n, 5);
    assert_string_equal(words.word[1], "-c");
    assert_string_equal(words.word[3], "--");
    assert_int_equal(run(&wrapper, "wrap -- -x y"), CLI_PARSED);
    assert_int_equal(words.n, 2);
    assert_string_equal(words.word[0], "-x");
}

static void colours(void **state)
{
    const struct cli_output_options always = {.color = CLI_COLOR_ALWAYS}, automatic = {0},
                                    never = {.color = CLI_COLOR_NEVER, .ascii = true};
    FILE *file = tmpfile();
    (void)state;
    assert_non_null(file);
    assert_true(cli_colored(&always, file));
    assert_false(cli_colored(&automatic, file)); /* not a terminal */
    assert_false(cli_colored(&never, file));
    assert_false(cli_utf8(&never));
    (void)fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),    cmocka_unit_test(kinds),           cmocka_unit_test(network_table),
        cmocka_unit_test(refusals), cmocka_unit_test(wrapped_command), cmocka_unit_test(colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
