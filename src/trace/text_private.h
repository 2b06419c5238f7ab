/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that write tcpdump's lines. */
#ifndef SV_TRACE_TEXT_PRIVATE_H
#define SV_TRACE_TEXT_PRIVATE_H

#include "core/cursor.h"
#include "trace/text.h"

struct sv_line {
    const struct sv_text_options *o;
    struct sv_text_flows *flows;
    const struct sv_sink *sink;
    const struct sv_dissected *d;
    const uint8_t *frame;
    bool whole;  /* all was known */
    bool prefix; /* "IP " stands in front of an IP packet: there is no link header to say it */
};

void sv_line_ip(struct sv_line *l);
void sv_line_transport(struct sv_line *l);
void sv_line_ports(struct sv_line *l);
void sv_line_tcp(struct sv_line *l);
void sv_line_icmp(struct sv_line *l);
void sv_line_icmp6(struct sv_line *l);
void sv_line_domain(struct sv_line *l); /* DNS over UDP */
void sv_line_address(struct sv_line *l, const uint8_t *address);
const char *sv_line_protocol(uint8_t protocol);
const char *sv_line_mac(const uint8_t *mac, char *to); /* needs 18 bytes */

#endif
