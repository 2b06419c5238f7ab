/* SPDX-License-Identifier: BSD-2-Clause */
/* Completions for three shells, from the same tables as the parser. */
#define _GNU_SOURCE
#include <string.h>

#include "cli/help.h"

/* Text inside single quotes of any of the three shells: a quote would end it, so it becomes a typewriter
 * apostrophe's look-alike; zsh's specs give brackets and colons a meaning. */
static void quoted(FILE *to, const char *text, const char *escape)
{
    for (; *text; text++) {
        if (*text == '\'')
            (void)fputs("\xe2\x80\x99", to);
        else if (escape && strchr(escape, *text))
            (void)fprintf(to, "\\%c", *text);
        else
            (void)fputc(*text, to);
    }
}

static void command_names(FILE *to)
{
    const char *blank = "";
    for (const struct cli_command *const *c = cli_commands; *c; c++) {
        if ((*c)->hidden)
            continue;
        (void)fprintf(to, "%s%s", blank, (*c)->name);
        blank = " ";
    }
}

/* --- bash ---- */

static void bash_values(FILE *to, const struct cli_command *c)
{
    uint32_t at = 0;
    char letter;
    int group;
    const struct cli_option *o;
    (void)fprintf(to, "        %s)\n            case $prev in\n", c->name);
    while ((o = cli_option_each(c, &at, &letter, &group))) {
        if (!o->takes)
            continue;
        (void)fprintf(to, "                --%s", o->name);
        if (letter)
            (void)fprintf(to, "|-%c", letter);
        if (o->kind == CLI_CHOICE)
            (void)fprintf(to, ") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return;;\n", o->choices);
        else if (o->kind == CLI_FILE)
            (void)fputs(") COMPREPLY=($(compgen -f -- \"$cur\")); return;;\n", to);
        else if (o->kind == CLI_DIRECTORY)
            (void)fputs(") COMPREPLY=($(compgen -d -- \"$cur\")); return;;\n", to);
        else if (o->kind == CLI_DEVICE)
            (void)fputs(") COMPREPLY=($(compgen -W 'tap: packet: unix: cable:' -- \"$cur\")); return;;\n", to);
        else
            (void)fputs(") return;;\n", to);
    }
    (void)fputs("            esac\n            words='", to);
    at = 0;
    while ((o = cli_option_each(c, &at, &letter, &group)))
        (void)fprintf(to, "--%s ", o->name);
    (void)fprintf(to, "%s';;\n", c->words ? c->words : "");
}

static void bash(FILE *to)
{
    (void)fputs("# bash completion for seven, made by: seven help --completion bash\n_seven()\n{\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=''\n"
                "    COMPREPLY=()\n"
                "    if [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                "    if [[ $cur == = ]]; then cur=''; fi\n"
                "    if ((COMP_CWORD == 1)); then\n        COMPREPLY=($(compgen -W '--help --version ",
                to);
    command_names(to);
    (void)fputs("' -- \"$cur\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n", to);
    for (const struct cli_command *const *c = cli_commands; *c; c++)
        if (!(*c)->hidden)
            bash_values(to, *c);
    (void)fputs("    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                "    if ((${#COMPREPLY[@]} == 0)); then COMPREPLY=($(compgen -f -- \"$cur\")); fi\n}\n"
                "complete -F _seven seven\n",
                to);
}

/* --- zsh ---- */

static void zsh_option(FILE *to, const struct cli_option *o, char letter)
{
    for (int form = letter ? 0 : 1; form < 2; form++) {
        if (form == 0)
            (void)fprintf(to, "                '-%c[", letter);
        else
            (void)fprintf(to, "                '--%s%s[", o->name, o->takes ? "=" : "");
        quoted(to, o->help, "[]:");
        (void)fputc(']', to);
        if (o->takes) {
            (void)fputc(':', to);
            quoted(to, o->takes, "[]:");
            if (o->kind == CLI_CHOICE)
                (void)fprintf(to, ":(%s)", o->choices);
            else if (o->kind == CLI_FILE)
                (void)fputs(":_files", to);
            else if (o->kind == CLI_DIRECTORY)
                (void)fputs(":_files -/", to);
            else
                (void)fputs(": ", to);
        }
        (void)fputs("' \\\n", to);
    }
}

static void zsh(FILE *to)
{
    (void)fputs("#compdef seven\n# made by: seven help --completion zsh\n_seven() {\n    local -a commands\n"
                "    commands=(\n",
                to);
    for (const struct cli_command *const *c = cli_commands; *c; c++) {
        if ((*c)->hidden)
            continue;
        (void)fprintf(to, "        '%s:", (*c)->name);
        quoted(to, (*c)->summary, ":");
        (void)fputs("'\n", to);
    }
    (void)fputs("    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n        return\n    fi\n"
                "    local name=$words[2]\n    shift words\n    ((CURRENT--))\n    case $name in\n",
                to);
    for (const struct cli_command *const *c = cli_commands; *c; c++) {
        uint32_t at = 0;
        char letter;
        int group;
        const struct cli_option *o;
        if ((*c)->hidden)
            continue;
        (void)fprintf(to, "        %s)\n            _arguments -s \\\n", (*c)->name);
        while ((o = cli_option_each(*c, &at, &letter, &group)))
            zsh_option(to, o, letter);
        if ((*c)->words)
            (void)fprintf(to, "                '*:word:(%s)';;\n", (*c)->words);
        else
            (void)fputs("                '*:word:_files';;\n", to);
    }
    (void)fputs("    esac\n}\n_seven \"$@\"\n", to);
}

/* --- fish ---- */

static void fish(FILE *to)
{
    (void)fputs("# fish completion for seven, made by: seven help --completion fish\n", to);
    for (const struct cli_command *const *c = cli_commands; *c; c++) {
        uint32_t at = 0;
        char letter;
        int group;
        const struct cli_option *o;
        if ((*c)->hidden)
            continue;
        (void)fprintf(to, "complete -c seven -n __fish_use_subcommand -f -a %s -d '", (*c)->name);
        quoted(to, (*c)->summary, NULL);
        (void)fputs("'\n", to);
        while ((o = cli_option_each(*c, &at, &letter, &group))) {
            (void)fprintf(to, "complete -c seven -n '__fish_seen_subcommand_from %s' -l %s", (*c)->name, o->name);
            if (letter)
                (void)fprintf(to, " -s %c", letter);
            if (o->kind == CLI_CHOICE)
                (void)fprintf(to, " -x -a '%s'", o->choices);
            else if (o->kind == CLI_DIRECTORY)
                (void)fputs(" -x -a '(__fish_complete_directories)'", to);
            else if (o->takes)
                (void)fputs(o->kind == CLI_FILE ? " -r" : " -x", to);
            (void)fputs(" -d '", to);
            quoted(to, o->help, NULL);
            (void)fputs("'\n", to);
        }
        if ((*c)->words)
            (void)fprintf(to, "complete -c seven -n '__fish_seen_subcommand_from %s' -f -a '%s'\n", (*c)->name,
                          (*c)->words);
    }
}

bool cli_completion(FILE *to, const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        bash(to);
    else if (strcmp(shell, "zsh") == 0)
        zsh(to);
    else if (strcmp(shell, "fish") == 0)
        fish(to);
    else
        return false;
    return true;
}
