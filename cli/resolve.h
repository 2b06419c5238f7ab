/* SPDX-License-Identifier: BSD-2-Clause */
/* Names to addresses: literals, --resolve, /etc/hosts. */
#ifndef SV_CLI_RESOLVE_H
#define SV_CLI_RESOLVE_H

#include "cli/options.h"

/* `resolve` (may be NULL) holds curl's HOST:PORT:ADDR entries; `hosts` is the file to look into, NULL for
 * /etc/hosts. False: the name is in neither. Only addresses the stack can reach are given. */
bool cli_resolve(const char *name, uint16_t port, const struct cli_texts *resolve, const char *hosts,
                 struct sv_addr *addr);

/* All of them, at most `most`; the count. --resolve entries of the name hide the file's. */
uint32_t cli_resolve_all(const char *name, uint16_t port, const struct cli_texts *resolve, const char *hosts,
                         struct sv_addr *addr, uint32_t most);

/* The first name that `hosts` (NULL: /etc/hosts) has for an address, printable characters only. False: none. */
bool cli_resolve_back(const struct sv_addr *addr, const char *hosts, char *name, size_t room);

/* Checks the form of --resolve entries; the first wrong one, or NULL. */
const char *cli_resolve_check(const struct cli_texts *resolve);

/* The sentence for a name that could not be resolved: where --resolve is an option, and elsewhere. */
#define CLI_RESOLVE_HINT "not an address, and neither in --resolve nor in /etc/hosts (this build asks no DNS)"
#define CLI_HOSTS_HINT "not an address, and not in /etc/hosts (this build asks no DNS)"

#endif
