/* SPDX-License-Identifier: BSD-2-Clause */
/* seven dump in parts: the filter, the sources, what is done with a packet. */
#ifndef SV_CLI_DUMP_H
#define SV_CLI_DUMP_H

#include "cli/options.h"

struct dump_config {
    const char *device, *read, *write;
    uint64_t count, snaplen;
    bool link, numeric, absolute, no_time, ladder, no_promiscuous;
    uint32_t verbose, hex;
};

/* A BPF filter in tcpdump's language, compiled for whatever link types come along. */
struct dump_filter;
/* NULL with *why set: the sentence of the compiler. Text "" matches everything. */
struct dump_filter *dump_filter_create(const char *text, const char **why);
/* False: the filter makes no sense on such a link (*why). */
bool dump_filter_prepare(struct dump_filter *f, uint32_t link_type, const char **why);
bool dump_filter_matches(struct dump_filter *f, uint32_t link_type, const uint8_t *bytes, uint32_t captured,
                         uint32_t wire);
void dump_filter_free(struct dump_filter *f);

struct dump_packet {
    uint64_t time_ns;
    uint32_t link_type;
    const uint8_t *bytes;
    uint32_t captured, wire;
    uint32_t direction;  /* enum sv_pcapng_direction */
    const char *comment; /* not terminated; NULL: none */
    uint32_t comment_bytes;
};

struct dump;
/* One packet from a source; false: enough, stop. */
bool dump_take(struct dump *d, const struct dump_packet *p);

/* Both give an exit status, after saying what went wrong. */
int dump_from_file(struct dump *d, const char *path);
int dump_from_interface(struct dump *d, const char *name, const struct dump_config *config);

#endif
