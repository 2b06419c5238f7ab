/* SPDX-License-Identifier: BSD-2-Clause */
/* seven signal in parts: samples in, symbols, frames, pictures. Here are volts and seconds, so here is floating point;
 * below, in layer 1, there is none. */
#ifndef SV_CLI_SIGNAL_H
#define SV_CLI_SIGNAL_H

#include "cli/options.h"
#include "l1_physical/phy.h"

struct signal_config {
    const char *encode, *decode, *minus, *code, *rate, *cable, *write, *format, *svg, *eye, *bytes;
    uint64_t packet, seed, per_symbol, points;
    bool symbols, ber, no_equaliser;
};

/* A capture, or what we made ourselves. */
struct signal_capture {
    int16_t *sample;
    uint32_t n;
    double volts;   /* of one unit of `sample` */
    double offset;  /* volts at 0 */
    double rate_hz; /* 0: not known */
    const char *name;
    uint64_t not_numbers; /* samples that were none; they repeat the one before */
};

/* False: *why holds a sentence (256 bytes). `minus` may be NULL. */
bool signal_load(struct signal_capture *c, const char *path, const char *minus, char *why);
void signal_free(struct signal_capture *c);

/* What a receiver made of a capture. */
struct signal_symbols {
    int8_t *level;
    int16_t *value;  /* before the slicer */
    uint64_t *at_q8; /* instant, in 1/256 samples */
    uint32_t n, room;
    double spacing; /* samples from one symbol to the next, at the end */
    uint64_t locks, losses;
    uint32_t error_q8;
};

struct signal_frame {
    struct sv_phy_event event;
    uint8_t *octet; /* event.bytes of them */
};

struct signal_result {
    uint32_t code;
    bool inverted;
    double rate_hz;
    struct signal_symbols symbols;
    struct sv_phy_counters count;
    struct signal_frame *frame; /* FRAME, BAD_FCS, SYMBOL_ERROR, FALSE_CARRIER, in order */
    uint32_t frames, room;
    const int8_t *truth; /* symbols as they were sent, where that is known; else NULL */
    uint32_t truths;
    int64_t truth_shift; /* symbol k received is truth[k + truth_shift] */
    uint32_t cut;        /* octets of a frame that the capture's end cuts off */
    bool locked;
};

/* Receives a capture whose symbols are `spacing` samples apart as this code. False: out of memory. */
bool signal_receive(struct signal_result *r, const struct signal_capture *c, uint32_t code, double spacing,
                    bool equaliser);
void signal_result_free(struct signal_result *r);

/* Finds code and sample rate where they are not given (code SV_PHY_CODES, rate 0). False: *why (1,024 bytes) says what
 * was found instead. */
bool signal_find(struct signal_result *r, struct signal_capture *c, uint32_t code, bool equaliser, char *why);

/* Where octet `at` of a frame lies on the wire (counted from the destination address; -8 is the first of the
 * preamble). False: its bits are no symbols of their own (PAM4). */
struct signal_place {
    uint64_t symbol; /* number of its first symbol */
    uint32_t symbols;
};
bool signal_octet_place(uint32_t code, const struct sv_phy_event *event, int32_t at, struct signal_place *p);
/* One symbol as a letter: H L . for half-bits, + 0 - for MLT-3, 1 0 for NRZ, 3 2 1 0 for PAM4's levels from the top. */
char signal_symbol_letter(uint32_t code, int8_t level);
/* The group or block that an octet makes in its code: "D21.2", "01011 10010", "data"; "" where there is none. */
void signal_group_text(uint32_t code, const struct sv_phy_event *event, int32_t at, uint8_t octet, char text[24]);
/* "destination", "EtherType", "time to live", ...; never NULL. */
const char *signal_field(const uint8_t *frame, uint32_t bytes, uint32_t at);

int signal_encode(const struct signal_config *config, const struct cli_output_options *output);
int signal_decode(const struct signal_config *config, const struct cli_output_options *output);
int signal_ber(const struct signal_config *config, const struct cli_output_options *output);

/* Pictures. False: the file could not be written (errno). */
bool signal_staves(const char *path, const struct signal_result *r, const struct signal_capture *c, uint32_t frame,
                   uint32_t from, uint32_t to);
bool signal_eye(const char *path, const struct signal_result *r, const struct signal_capture *c, bool equaliser);
/* Draws what --svg and --eye ask for; the exit status. `frame` is that of r->frame to be drawn, or SV_NONE. */
int signal_pictures(const struct signal_config *config, const struct signal_result *r, const struct signal_capture *c,
                    uint32_t frame);

/* "500M", "1.25G", "2e9": samples a second. */
bool signal_parse_rate(const char *text, double *hz);
/* "A..B", "A" or "A..": octets, counted from 0 at the destination address. */
bool signal_parse_range(const char *text, uint32_t *from, uint32_t *to);

#endif
