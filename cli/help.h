/* SPDX-License-Identifier: BSD-2-Clause */
/* What the option tables say to people and to shells: --help, man pages, completions. */
#ifndef SV_CLI_HELP_H
#define SV_CLI_HELP_H

#include "cli/commands.h"

void cli_help_program(FILE *to);                                    /* seven --help */
void cli_help_command(FILE *to, const struct cli_command *command); /* seven CMD --help */
void cli_man_program(FILE *to);                                     /* seven.1, in roff */
void cli_man_command(FILE *to, const struct cli_command *command);  /* seven-CMD.1 */

/* "bash", "zsh", "fish"; false: another word. */
bool cli_completion(FILE *to, const char *shell);

#define SEVEN_VERSION "0.1.0"

#endif
