/* SPDX-License-Identifier: BSD-2-Clause */
/* --help, man pages and completions of every command: complete, in 80 columns, and well-formed. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/help.h"

static char *text;
static size_t text_n;

static FILE *begin(void)
{
    free(text);
    text = NULL;
    FILE *file = open_memstream(&text, &text_n);
    assert_non_null(file);
    return file;
}

static void check_columns(const char *what)
{
    for (const char *at = text; *at;) {
        const size_t n = strcspn(at, "\n");
        if (n > 80)
            fail_msg("%s: %zu columns: %.*s", what, n, (int)n, at);
        at += n + (at[n] != '\0');
    }
}

static void help_of_every_command(void **state)
{
    (void)state;
    uint32_t commands = 0;
    for (const struct cli_command *const *c = cli_commands; *c; c++, commands++) {
        FILE *file = begin();
        cli_help_command(file, *c);
        (void)fclose(file);
        assert_memory_equal(text, "Examples:\n", 10); /* they come first */
        assert_non_null(strstr(text, "\nUsage: seven "));
        assert_non_null(strstr(text, "--help"));
        check_columns((*c)->name);
        uint32_t at = 0;
        char letter, typed[64];
        int group;
        const struct cli_option *o;
        while ((o = cli_option_each(*c, &at, &letter, &group))) {
            (void)snprintf(typed, sizeof typed, "--%s%s", o->name, o->takes ? "=" : "");
            assert_non_null(strstr(text, typed));
            assert_true((o->takes != NULL) == (o->kind != CLI_FLAG && o->kind != CLI_COUNT));
            assert_true((o->choices != NULL) == (o->kind == CLI_CHOICE));
        }
    }
    assert_true(commands >= 11);
    FILE *file = begin();
    cli_help_program(file);
    (void)fclose(file);
    check_columns("seven");
    for (const struct cli_command *const *c = cli_commands; *c; c++)
        assert_non_null(strstr(text, (*c)->name));
}

/* No letter and no name means two things within one command. */
static void no_option_twice(void **state)
{
    (void)state;
    for (const struct cli_command *const *c = cli_commands; *c; c++) {
        const char *names[96];
        char letters[96], letter;
        uint32_t at = 0, n = 0;
        int group;
        const struct cli_option *o;
        while ((o = cli_option_each(*c, &at, &letter, &group))) {
            for (uint32_t i = 0; i < n; i++) {
                assert_string_not_equal(names[i], o->name);
                assert_true(!letter || letters[i] != letter);
            }
            names[n] = o->name;
            letters[n++] = letter;
            assert_true(n < 96);
        }
    }
}

static void man_pages(void **state)
{
    (void)state;
    for (const struct cli_command *const *c = cli_commands; *c; c++) {
        FILE *file = begin();
        cli_man_command(file, *c);
        (void)fclose(file);
        assert_non_null(strstr(text, "\n.TH \"SEVEN"));
        assert_non_null(strstr(text, "\n.SH NAME\nseven\\-"));
        assert_non_null(strstr(text, "\n.SH SYNOPSIS\n"));
        assert_non_null(strstr(text, "\n.SH \"EXIT STATUS\"\n"));
        /* Every line that begins with a dot is a request we meant. */
        for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at != '\0')
            if (*at == '.')
                assert_true(strncmp(at, ".TH", 3) == 0 || strncmp(at, ".SH", 3) == 0 || strncmp(at, ".TP", 3) == 0 ||
                            strncmp(at, ".B ", 3) == 0 || strncmp(at, ".BR", 3) == 0 || strncmp(at, ".PP", 3) == 0 ||
                            strncmp(at, ".\\\"", 3) == 0);
    }
    FILE *file = begin();
    cli_man_program(file);
    (void)fclose(file);
    assert_non_null(strstr(text, ".BR seven\\-get (1)"));
}

static void completions(void **state)
{
    static const char *const shells[] = {"bash", "zsh", "fish"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        FILE *file = begin();
        assert_true(cli_completion(file, shells[i]));
        (void)fclose(file);
        for (const struct cli_command *const *c = cli_commands; *c; c++)
            if (!(*c)->hidden)
                assert_non_null(strstr(text, (*c)->name));
        assert_non_null(strstr(text, "profile"));
        assert_non_null(strstr(text, "modern linux rfc tiny"));
        uint32_t quotes = 0;
        for (const char *at = text; *at; at++)
            quotes += *at == '\'';
        assert_int_equal(quotes % 2, 0);
    }
    FILE *file = begin();
    assert_false(cli_completion(file, "tcsh"));
    (void)fclose(file);
    free(text);
    text = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_of_every_command),
        cmocka_unit_test(no_option_twice),
        cmocka_unit_test(man_pages),
        cmocka_unit_test(completions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
