/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line as data: one table per command, and one of network options that every command on a
 * network shares. The same tables parse, print --help, the man pages and the completions. */
#ifndef SV_CLI_OPTIONS_H
#define SV_CLI_OPTIONS_H

#include <stdio.h>

#include "cli/values.h"

/* What an option takes decides the type it is stored as, at `at` bytes into the command's struct. */
enum cli_kind {
    CLI_FLAG,      /* bool; nothing is taken */
    CLI_COUNT,     /* uint32_t, one more each time; nothing is taken */
    CLI_TEXT,      /* const char * */
    CLI_FILE,      /* const char *; completed as a file */
    CLI_DIRECTORY, /* const char *; completed as a directory */
    CLI_TEXTS,     /* struct cli_texts; repeatable */
    CLI_NUMBER,    /* uint64_t, from `low` to `high` */
    CLI_SIZE,      /* uint64_t bytes, from `low` to `high` */
    CLI_DURATION,  /* uint64_t ns, from `low` to `high`; a bare number counts seconds */
    CLI_MILLIS,    /* uint64_t ns; a bare number counts milliseconds */
    CLI_PORT,      /* uint16_t */
    CLI_ADDRESS,   /* struct sv_addr */
    CLI_ADDRESSES, /* struct cli_addresses; repeatable */
    CLI_PREFIXES,  /* struct cli_prefixes; repeatable; ADDR/LEN, and where `takes` says so, the word auto */
    CLI_MAC,       /* struct cli_mac */
    CLI_DEVICE,    /* const char *, kind checked */
    CLI_CHOICE,    /* uint32_t, the place in `choices` */
};

#define CLI_LIST_MAX 32u

struct cli_texts {
    uint32_t n;
    const char *text[CLI_LIST_MAX];
};
struct cli_addresses {
    uint32_t n;
    struct sv_addr addr[CLI_LIST_MAX];
};
struct cli_prefixes {
    uint32_t n;
    struct sv_addr addr[CLI_LIST_MAX];
    uint32_t length[CLI_LIST_MAX];
    bool automatic; /* the word auto */
};
struct cli_mac {
    bool given;
    uint8_t byte[6];
};

struct cli_option {
    char letter;      /* 0: long form only */
    const char *name; /* NULL ends a table */
    enum cli_kind kind;
    const char *takes; /* "FILE"; NULL for flags */
    const char *help;  /* one sentence without a full stop */
    size_t at;
    const char *choices; /* CLI_CHOICE: words separated by blanks */
    uint64_t low, high;  /* high 0: no limit */
};

/* Options of every command that speaks on a network. A command whose own option has the same letter (ping
 * -i, nc -w) keeps it, and the long form remains. */
struct cli_network_options {
    const char *device;
    struct cli_prefixes address;
    struct cli_addresses gateway;
    struct cli_mac mac;
    uint64_t mtu;
    const char *vlan; /* "10"; "100.10": the outer one of QinQ first */
    uint32_t profile; /* enum sv_profile */
    uint64_t seed;    /* 0: from the kernel's entropy */
    const char *capture;
    bool ladder;
    struct cli_texts md5, ao; /* keys of signed connections */
};
extern const struct cli_option cli_network_table[];

/* Options of how results look, of every command. */
enum cli_color { CLI_COLOR_AUTO, CLI_COLOR_ALWAYS, CLI_COLOR_NEVER };
struct cli_output_options {
    uint32_t color; /* enum cli_color */
    bool ascii;
    bool json;
    bool pretty;
};
extern const struct cli_option cli_output_table[];
extern const struct cli_option cli_help_table[]; /* --help alone */

struct cli_words {
    uint32_t n;
    char **word;
};

struct cli_command {
    const char *name;
    const char *summary;              /* "fetch a file over http" */
    const char *usage;                /* what follows the options: "URL..." */
    const char *examples;             /* lines "COMMAND LINE\tWHAT IT DOES\n"; they begin --help */
    const char *detail;               /* paragraphs for --help and the man page; may be NULL */
    const char *exit_codes;           /* "0\tdone\n..."; NULL: the habit of all commands */
    const struct cli_option *options; /* own table, may be NULL */
    bool network;                     /* takes the network options */
    bool output;                      /* takes the output options */
    bool no_json;                     /* ... but -j and -p: what it prints is not made of values */
    bool stop_at_word;                /* what follows the first word is not ours (private) */
    bool hidden;
    const char *words; /* words that may follow, for completion: "http echo" */
    int (*run)(int argc, char **argv);
};

/* Every command, in the order of --help; NULL ends it. */
extern const struct cli_command *const cli_commands[];
const struct cli_command *cli_command_find(const char *name);

/* What one parse needs. `config` is the command's struct, defaults already in it. */
struct cli_parse {
    const struct cli_command *command;
    void *config;
    struct cli_network_options *network;
    struct cli_output_options *output;
    /* Called for each word that is not an option; gives the struct that later options go to, NULL after
     * it has reported an error. Without it words are gathered in `words`. */
    void *(*word)(void *config, const char *word);
    struct cli_words words;
};

/* Reads argv (argv[0] is the command's name). Words are moved to the front of argv[1...]. */
#define CLI_PARSED (-1) /* go on; any other value is the exit status: 0 after --help, 2 after an error */
#define CLI_USAGE 2
int cli_parse(struct cli_parse *parse, int argc, char **argv);

/* Defaults: tap:seven0, mtu 0 (the device's); addresses are filled in after parsing when none is given. */
void cli_network_defaults(struct cli_network_options *network);

/* "seven get: MESSAGE" on stderr, in one line. Gives CLI_USAGE for the caller to return. */
int cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, giving 1. */
int cli_fail(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What the last of these gave: the exit status of who was told only that something failed. 1: neither was called. */
int cli_said(void);

/* How an option is typed with this command: "-i", or "--device" where -i is something else. NAME is its long form. */
const char *cli_option_typed(const char *command, const char *name, char to[32]);

/* Walks a command's options, its own first, then those shared ones that it does not shadow: *at begins
 * as 0. `letter` is 0 when the command's own table has taken it. NULL: no more. */
const struct cli_option *cli_option_each(const struct cli_command *command, uint32_t *at, char *letter, int *group);
enum { CLI_GROUP_OWN, CLI_GROUP_NETWORK, CLI_GROUP_OUTPUT, CLI_GROUP_HELP, CLI_GROUPS };

/* Whether colour may be used on `stream`: --color, NO_COLOR, TERM=dumb, a terminal. And whether the
 * locale is UTF-8 (and --ascii was not given). */
bool cli_colored(const struct cli_output_options *output, FILE *stream);
bool cli_utf8(const struct cli_output_options *output);

#endif
