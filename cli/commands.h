/* SPDX-License-Identifier: BSD-2-Clause */
/* One declaration per command; each lives in the file of its name. */
#ifndef SV_CLI_COMMANDS_H
#define SV_CLI_COMMANDS_H

#include "cli/options.h"

extern const struct cli_command cli_command_demo;
extern const struct cli_command cli_command_private;
extern const struct cli_command cli_command_serve;
extern const struct cli_command cli_command_get;
extern const struct cli_command cli_command_ping;
extern const struct cli_command cli_command_trace;
extern const struct cli_command cli_command_nc;
extern const struct cli_command cli_command_router;
extern const struct cli_command cli_command_ss;
extern const struct cli_command cli_command_ip;
extern const struct cli_command cli_command_switch;
extern const struct cli_command cli_command_bridge;
extern const struct cli_command cli_command_dump;
extern const struct cli_command cli_command_signal;
extern const struct cli_command cli_command_drill;
extern const struct cli_command cli_command_sim;
extern const struct cli_command cli_command_explain;
extern const struct cli_command cli_command_help;
extern const struct cli_command cli_command_version;

/* The whole program but for the process's own entry; the exit status. */
int cli_main(int argc, char **argv);

#endif
