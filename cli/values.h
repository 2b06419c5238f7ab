/* SPDX-License-Identifier: BSD-2-Clause */
/* Values as people type them on a command line: numbers, sizes, durations, addresses, ports. Each parser
 * takes the whole text or nothing; the caller says in its message what would have been right. */
#ifndef SV_CLI_VALUES_H
#define SV_CLI_VALUES_H

#include "seven/base.h"

/* Decimal, or hexadecimal after 0x; at most `high`. */
bool cli_parse_number(const char *text, uint64_t high, uint64_t *value);

/* Bytes: 1500, 64KiB, 64K, 1M, 2GiB are powers of 1,024 (as GNU's tools have them), 64kB, 1MB of 1,000. */
bool cli_parse_size(const char *text, uint64_t *bytes);

/* 200ms, 5s, 1.5s, 2m, 1h, 1m30s, 250us, 10ns; a bare number counts in `bare_ns` (its unit, nanoseconds). */
bool cli_parse_duration(const char *text, uint64_t bare_ns, uint64_t *ns);

/* 0 to 65535, or a name of /etc/services. */
bool cli_parse_port(const char *text, uint16_t *port);

/* Either family; IPv6 also in brackets. No names. */
bool cli_parse_addr(const char *text, struct sv_addr *addr);

/* ADDR/LEN; `length` counts in the address's own family. Without /LEN: SV_NONE. */
bool cli_parse_prefix(const char *text, struct sv_addr *addr, uint32_t *length);

/* ADDR:PORT, [ADDR6]:PORT, or :PORT, *:PORT (any address: all zero bytes, *any is true). */
bool cli_parse_endpoint(const char *text, struct sv_endpoint *endpoint, bool *any);

/* 02:00:00:00:00:01, with '-' for ':', or 0200.0000.0001. */
bool cli_parse_mac(const char *text, uint8_t mac[6]);

/* A VLAN from 1 to 4094, or two with a point between, the outer first (QinQ): `n` of them. */
bool cli_parse_vlans(const char *text, uint32_t vid[2], uint32_t *n);

/* A TCP state in any of its spellings (SYN-RECV, SYN_RCVD, syn-received, FIN1, established):
 * enum sv_tcp_state, or SV_NONE. */
uint32_t cli_parse_tcp_state(const char *text);

/* "10.7.0.2:80", "[fd07::2]:80" in a buffer of CLI_ENDPOINT_TEXT; and the address alone. */
#define CLI_ENDPOINT_TEXT 64u
const char *cli_addr_text(const struct sv_addr *addr, char *to);
const char *cli_endpoint_text(const struct sv_endpoint *endpoint, char *to);
bool cli_addr_is_v4(const struct sv_addr *addr);

/* "67,108,864"; buffer of at least 28. */
const char *cli_grouped(uint64_t value, char *to);

/* How many edits (insert, delete, replace, swap of neighbours) lead from one word to the other. */
uint32_t cli_edits(const char *a, const char *b);

/* The entry of a NULL-terminated list nearest to `word`, if near enough to have been meant; else NULL. */
const char *cli_near_word(const char *word, const char *const *list);

#endif
