/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "cli/help.h"

#include <string.h>

#define WIDTH 79
#define HELP_COLUMN 26

static const char default_exit_codes[] = "0\tdone\n1\ta negative answer, or it could not be done\n2\tusage\n";

/* Words of `text` from column `column` on, broken at WIDTH; ends with a new line. */
static void wrap(FILE *to, const char *text, int indent, int column)
{
    bool fresh = true;
    while (*text) {
        const int n = (int)strcspn(text, " \n");
        if (n) {
            if (!fresh && column + 1 + n > WIDTH) {
                (void)fprintf(to, "\n%*s", indent, "");
                column = indent;
                fresh = true;
            }
            column += fprintf(to, "%s%.*s", fresh ? "" : " ", n, text);
            fresh = false;
        }
        text += n;
        if (*text == '\n') {
            (void)fprintf(to, "\n%s%*s", text[1] == '\n' ? "\n" : "", indent, "");
            text += text[1] == '\n';
            column = indent;
            fresh = true;
        }
        text += *text != '\0';
    }
    (void)fputc('\n', to);
}

/* Lines "LEFT\tRIGHT\n" in two columns. */
static void two_columns(FILE *to, const char *lines)
{
    int widest = 0;
    for (const char *at = lines; *at; at = strchr(at, '\n') + 1) {
        const int n = (int)strcspn(at, "\t\n");
        if (n > widest)
            widest = n;
    }
    if (widest > 46)
        widest = 46;
    for (const char *at = lines; *at; at = strchr(at, '\n') + 1) {
        const int n = (int)strcspn(at, "\t\n");
        char right[256] = "";
        (void)fprintf(to, "  %.*s", n, at);
        if (at[n] == '\t')
            (void)snprintf(right, sizeof right, "%.*s", (int)strcspn(at + n + 1, "\n"), at + n + 1);
        if (!*right) {
            (void)fputc('\n', to);
            continue;
        }
        if (n > widest)
            (void)fprintf(to, "\n%*s", widest + 4, "");
        else
            (void)fprintf(to, "%*s", widest + 2 - n, "");
        wrap(to, right, widest + 4, widest + 4);
    }
}

/* The option as it is typed: "-c, --count=N". */
static int spell(char *to, size_t room, const struct cli_option *o, char letter)
{
    char prefix[8] = "    ";
    if (letter)
        (void)snprintf(prefix, sizeof prefix, "-%c, ", letter);
    return snprintf(to, room, "%s--%s%s%s", prefix, o->name, o->takes ? "=" : "", o->takes ? o->takes : "");
}

static void help_text(char *to, size_t room, const struct cli_option *o)
{
    if (o->choices) {
        char list[128];
        size_t n = 0;
        for (const char *c = o->choices; *c && n + 3 < sizeof list; c++) {
            if (*c == ' ')
                list[n++] = ',';
            list[n++] = *c;
        }
        list[n] = '\0';
        (void)snprintf(to, room, "%s: %s", o->help, list);
    } else {
        (void)snprintf(to, room, "%s", o->help);
    }
}

static void print_group(FILE *to, const struct cli_command *c, int group, const char *title)
{
    uint32_t at = 0;
    char letter, typed[96], text[256];
    int g;
    bool any = false;
    const struct cli_option *o;
    while ((o = cli_option_each(c, &at, &letter, &g))) {
        if (g != group)
            continue;
        if (!any && title)
            (void)fprintf(to, "\n%s:\n", title);
        any = true;
        const int n = spell(typed, sizeof typed, o, letter);
        (void)fprintf(to, "  %s", typed);
        if (n + 4 > HELP_COLUMN)
            (void)fprintf(to, "\n%*s", HELP_COLUMN, "");
        else
            (void)fprintf(to, "%*s", HELP_COLUMN - 2 - n, "");
        help_text(text, sizeof text, o);
        wrap(to, text, HELP_COLUMN, HELP_COLUMN);
    }
}

void cli_help_command(FILE *to, const struct cli_command *c)
{
    (void)fprintf(to, "Examples:\n");
    two_columns(to, c->examples);
    (void)fprintf(to, "\nUsage: seven %s [OPTION...]%s%s\n", c->name, *c->usage ? " " : "", c->usage);
    (void)fprintf(to, "       %s\n", c->summary);
    if (c->detail) {
        (void)fputc('\n', to);
        wrap(to, c->detail, 0, 0);
    }
    print_group(to, c, CLI_GROUP_OWN, "Options");
    print_group(to, c, CLI_GROUP_NETWORK, "Joining a network");
    print_group(to, c, CLI_GROUP_OUTPUT, "Output");
    print_group(to, c, CLI_GROUP_HELP, NULL);
    (void)fprintf(to, "\nExit status:\n");
    two_columns(to, c->exit_codes ? c->exit_codes : default_exit_codes);
}

void cli_help_program(FILE *to)
{
    (void)fprintf(to, "Examples:\n");
    two_columns(to, "seven demo\tthe whole journey on real parts, drawn\n"
                    "seven private -- seven ping 10.7.0.1\twithout any right, touching nothing\n"
                    "seven serve http --root .\ta web server on Seven's own TCP\n"
                    "seven get http://10.7.0.1:8000/\tand a client\n");
    (void)fprintf(to, "\nUsage: seven COMMAND [OPTION...]\n"
                      "       a whole network stack that you can read, embed and take apart\n\nCommands:\n");
    for (const struct cli_command *const *c = cli_commands; *c; c++)
        if (!(*c)->hidden)
            (void)fprintf(to, "  %-9s %s\n", (*c)->name, (*c)->summary);
    (void)fprintf(to, "\nseven COMMAND --help tells more of each.\n");
}

/* --- man pages ---- */

/* Text as roff has it: a backslash, a hyphen that must stay one, a dot or quote that begins a line. */
static void roff(FILE *to, const char *text, size_t n)
{
    bool line_start = true;
    for (size_t i = 0; i < n; i++) {
        const char c = text[i];
        if (line_start && (c == '.' || c == '\''))
            (void)fputs("\\&", to);
        if (c == '\\')
            (void)fputs("\\e", to);
        else if (c == '-')
            (void)fputs("\\-", to);
        else
            (void)fputc(c, to);
        line_start = c == '\n';
    }
}

static void roff_text(FILE *to, const char *text)
{
    roff(to, text, strlen(text));
}

static void roff_title(FILE *to, const char *name)
{
    char upper[32];
    size_t n = 0;
    for (; name[n] && n + 1 < sizeof upper; n++)
        upper[n] = (char)(name[n] >= 'a' && name[n] <= 'z' ? name[n] - 32 : name[n]);
    upper[n] = '\0';
    (void)fprintf(to, ".\\\" Generated from the option tables of cli/ by seven help.\n.TH \"");
    roff_text(to, upper);
    (void)fprintf(to, "\" 1 \"\" \"seven %s\" \"Seven\"\n", SEVEN_VERSION);
}

static void roff_pairs(FILE *to, const char *lines)
{
    for (const char *at = lines; *at; at = strchr(at, '\n') + 1) {
        const size_t n = strcspn(at, "\t\n");
        (void)fputs(".TP\n.B ", to);
        roff(to, at, n);
        (void)fputc('\n', to);
        if (at[n] == '\t')
            roff(to, at + n + 1, strcspn(at + n + 1, "\n"));
        (void)fputc('\n', to);
    }
}

static void roff_options(FILE *to, const struct cli_command *c, int group, const char *title)
{
    uint32_t at = 0;
    char letter, text[256];
    int g;
    bool any = false;
    const struct cli_option *o;
    while ((o = cli_option_each(c, &at, &letter, &g))) {
        if (g != group)
            continue;
        if (!any)
            (void)fprintf(to, ".SH \"%s\"\n", title);
        any = true;
        (void)fputs(".TP\n", to);
        if (letter)
            (void)fprintf(to, "\\fB\\-%c\\fR, ", letter);
        (void)fputs("\\fB\\-\\-", to);
        roff_text(to, o->name);
        (void)fputs("\\fR", to);
        if (o->takes)
            (void)fprintf(to, "=\\fI%s\\fR", o->takes);
        (void)fputc('\n', to);
        help_text(text, sizeof text, o);
        roff_text(to, text);
        (void)fputc('\n', to);
    }
}

/* Paragraphs are parted by an empty line, which roff wants as a request. */
static void roff_paragraphs(FILE *to, const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        const size_t n = end ? (size_t)(end - text) : strlen(text);
        (void)fputs(".PP\n", to);
        roff(to, text, n);
        (void)fputc('\n', to);
        text += n;
        text += strspn(text, "\n");
    }
}

void cli_man_command(FILE *to, const struct cli_command *c)
{
    char name[40];
    (void)snprintf(name, sizeof name, "seven-%s", c->name);
    roff_title(to, name);
    (void)fputs(".SH NAME\n", to);
    roff_text(to, name);
    (void)fputs(" \\- ", to);
    roff_text(to, c->summary);
    (void)fprintf(to, "\n.SH SYNOPSIS\n.B seven %s\n[\\fIOPTION\\fR...]\n", c->name);
    if (*c->usage) {
        roff_text(to, c->usage);
        (void)fputc('\n', to);
    }
    if (c->detail) {
        (void)fputs(".SH DESCRIPTION\n", to);
        roff_paragraphs(to, c->detail);
    }
    (void)fputs(".SH EXAMPLES\n", to);
    roff_pairs(to, c->examples);
    roff_options(to, c, CLI_GROUP_OWN, "OPTIONS");
    roff_options(to, c, CLI_GROUP_NETWORK, "JOINING A NETWORK");
    roff_options(to, c, CLI_GROUP_OUTPUT, "OUTPUT");
    (void)fputs(".SH \"EXIT STATUS\"\n", to);
    roff_pairs(to, c->exit_codes ? c->exit_codes : default_exit_codes);
    (void)fputs(".SH \"SEE ALSO\"\n.BR seven (1)\n", to);
}

void cli_man_program(FILE *to)
{
    roff_title(to, "seven");
    (void)fputs(".SH NAME\nseven \\- a whole network stack: library, command and laboratory\n.SH SYNOPSIS\n"
                ".B seven\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.SH DESCRIPTION\n"
                "Each command puts a complete TCP/IP stack of its own on a network device, or looks at those that\n"
                "run. Without a right to make devices,\n.B seven private\nruns any command line in a network of its\n"
                "own, in which the device \\fBtap:seven0\\fR leads to this machine's kernel at 10.7.0.1.\n"
                ".SH COMMANDS\n",
                to);
    for (const struct cli_command *const *c = cli_commands; *c; c++) {
        if ((*c)->hidden)
            continue;
        (void)fprintf(to, ".TP\n.BR seven\\-%s (1)\n", (*c)->name);
        roff_text(to, (*c)->summary);
        (void)fputc('\n', to);
    }
    (void)fputs(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colours, as \\-\\-color=never\n.TP\n.B TERM\n"
                "no colours where it is \\fBdumb\\fR\n.SH \"EXIT STATUS\"\n",
                to);
    roff_pairs(to, default_exit_codes);
}
