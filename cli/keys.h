/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys of signed connections, as the command line has them. */
#ifndef SV_CLI_KEYS_H
#define SV_CLI_KEYS_H

#include "cli/options.h"
#include "seven/seven.h"

/* KEY@PEER[/LEN]: everything before the last @ is the key, one that begins with 0x is of hexadecimal digits. False:
 * not so, or the key is none or too long. */
bool cli_parse_md5(const char *text, struct sv_auth_key *key);
/* The same behind two ids, and before those the words aes and bare. */
bool cli_parse_ao(const char *text, struct sv_auth_key *key);

/* Those of --md5 and --tcp-ao, into the stack. False: it said on stderr why not. */
bool cli_keys_add(const char *command, struct sv_stack *stack, const struct cli_network_options *o, sv_time now);

#endif
