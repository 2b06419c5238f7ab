/* SPDX-License-Identifier: BSD-2-Clause */
/* Every command of this build, and those that belong to the command line itself. */
#define _GNU_SOURCE
#include "cli/commands.h"

#include <stddef.h>
#include <string.h>

#include "cli/help.h"

const struct cli_command *const cli_commands[] = {
    &cli_command_demo,   &cli_command_private, &cli_command_serve,  &cli_command_get,     &cli_command_ping,
    &cli_command_trace,  &cli_command_nc,      &cli_command_router, &cli_command_ss,      &cli_command_ip,
    &cli_command_switch, &cli_command_bridge,  &cli_command_dump,   &cli_command_signal,  &cli_command_drill,
    &cli_command_sim,    &cli_command_explain, &cli_command_help,   &cli_command_version, NULL,
};

const struct cli_command *cli_command_find(const char *name)
{
    for (const struct cli_command *const *c = cli_commands; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[sizeof cli_commands / sizeof cli_commands[0]];
    uint32_t n = 0;
    for (const struct cli_command *const *c = cli_commands; *c; c++)
        names[n++] = (*c)->name;
    names[n] = NULL;
    const char *near = cli_near_word(name, names);
    if (near)
        return cli_usage(NULL, "%s: no such command; did you mean %s?", name, near);
    return cli_usage(NULL, "%s: no such command; seven --help lists them", name);
}

int cli_main(int argc, char **argv)
{
    static char version_word[] = "version";
    if (argc < 2) {
        cli_help_program(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        cli_help_program(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        argv[1] = version_word;
    if (argv[1][0] == '-')
        return cli_usage(NULL, "%s: options follow the command; seven --help lists the commands", argv[1]);
    const struct cli_command *command = cli_command_find(argv[1]);
    if (!command)
        return unknown_command(argv[1]);
    return command->run(argc - 1, argv + 1);
}

/* --- help ---- */

struct help_config {
    bool man;
    const char *completion;
};

static const struct cli_option help_options[] = {
    {0, "man", CLI_FLAG, NULL, "the man page in roff, of the program or of COMMAND", offsetof(struct help_config, man),
     NULL, 0, 0},
    {0, "completion", CLI_TEXT, "SHELL", "the completion script for bash, zsh or fish",
     offsetof(struct help_config, completion), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static int help_run(int argc, char **argv)
{
    struct help_config config = {false, NULL};
    struct cli_parse parse = {.command = &cli_command_help, .config = &config};
    const int r = cli_parse(&parse, argc, argv);
    if (r != CLI_PARSED)
        return r;
    if (config.completion) {
        if (cli_completion(stdout, config.completion))
            return 0;
        return cli_usage("help", "--completion: \"%s\" is none of bash, zsh, fish", config.completion);
    }
    if (parse.words.n > 1)
        return cli_usage("help", "%s: one command at a time", parse.words.word[1]);
    if (parse.words.n == 0) {
        (config.man ? cli_man_program : cli_help_program)(stdout);
        return 0;
    }
    const struct cli_command *command = cli_command_find(parse.words.word[0]);
    if (!command)
        return unknown_command(parse.words.word[0]);
    (config.man ? cli_man_command : cli_help_command)(stdout, command);
    return 0;
}

const struct cli_command cli_command_help = {
    .name = "help",
    .summary = "tell what a command does",
    .usage = "[COMMAND]",
    .examples = "seven help get\tthe same as seven get --help\n"
                "seven help --man get | man -l -\tthe man page\n"
                "seven help --completion bash\tfor ~/.bashrc: source <(...)\n",
    .options = help_options,
    .run = help_run,
};

/* --- version ---- */

static int version_run(int argc, char **argv)
{
    struct cli_output_options output = {0};
    struct cli_parse parse = {.command = &cli_command_version, .output = &output};
    const int r = cli_parse(&parse, argc, argv);
    if (r != CLI_PARSED)
        return r;
    if (parse.words.n)
        return cli_usage("version", "%s: takes no words", parse.words.word[0]);
    if (output.json || output.pretty)
        printf("{\"schema\":1,\"name\":\"seven\",\"version\":\"%s\"}\n", SEVEN_VERSION);
    else
        printf("seven %s\n", SEVEN_VERSION);
    return 0;
}

const struct cli_command cli_command_version = {
    .name = "version",
    .summary = "print the version",
    .usage = "",
    .examples = "seven version\t\n",
    .output = true,
    .run = version_run,
};
