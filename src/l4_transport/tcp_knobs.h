/* SPDX-License-Identifier: BSD-2-Clause */
/* Habits by the names that Linux's sysctls have, for whoever plays scripts that set them. */
#ifndef SV_L4_TCP_KNOBS_H
#define SV_L4_TCP_KNOBS_H

#include "l4_transport/tcp.h"

/* name: with or without "net.ipv4." in front; value: numbers as the sysctl takes them, decimal or 0x, apart by blanks;
 * a key as 8 hexadecimal digits four times, apart by '-'. SV_ERR_INVALID: no such knob, or not such a value. What is
 * open keeps the habits it was opened with where they were agreed on (options, scale). */
enum sv_err sv_tcp_knob_set(struct sv_tcp *tcp, const char *name, const char *value);

/* The i-th knob; false: there are no more. */
bool sv_tcp_knob_at(const struct sv_tcp *tcp, uint32_t i, struct sv_knob_info *info);

#endif
