/* SPDX-License-Identifier: BSD-2-Clause */
/* What nc's two halves share: the pump between standard streams and a socket, and the command around it. */
#ifndef SV_CLI_NC_H
#define SV_CLI_NC_H

#include "cli/network.h"

#define NC_CHUNK 65536u

/* One connection (or UDP socket) and the standard streams. Half-closes are explicit: the end of stdin
 * sends nothing by itself, `-N` makes it a FIN (RFC 9293 §3.6). */
struct nc_pump {
    bool more; /* the last turn could have gone on */
    struct cli_network *network;
    sv_sock socket;
    bool udp, listener_side, finish_at_eof, verbose;
    bool has_peer; /* UDP: where datagrams go; a listener learns it from the first */
    struct sv_endpoint peer;
    uint64_t idle_ns; /* -w: end after so long without a byte; 0: never */
    sv_time last_byte;
    enum sv_err error; /* that an event told: the last word once all was read */
    bool open, input_file, input_ended, input_terminal, peer_ended, finished, done;
    int input_flags, output_flags; /* of fcntl, put back at the end; -1: unchanged */
    size_t in_at, in_n;            /* read from stdin, not yet sent */
    size_t out_at, out_n;          /* received, not yet written */
    uint8_t in[NC_CHUNK], out[NC_CHUNK];
};

void nc_pump_begin(struct nc_pump *p, struct cli_network *network);
void nc_pump_open(struct nc_pump *p, sv_sock socket, sv_time now); /* connected, or accepted */
void nc_pump_turn(struct nc_pump *p, sv_time now);                 /* moves what can be moved */
void nc_pump_failed(struct nc_pump *p, enum sv_err error);
sv_time nc_pump_deadline(const struct nc_pump *p);
void nc_pump_end(struct nc_pump *p);

#endif
