/* SPDX-License-Identifier: BSD-2-Clause */
/* seven signal: layer 1 by hand. Frames become symbols and voltage, captures become frames. */
#define _GNU_SOURCE
#include "cli/signal.h"

#include <string.h>

#include "cli/commands.h"

#define AT(member) offsetof(struct signal_config, member)
static const struct cli_option signal_options[] = {
    {0, "encode", CLI_TEXT, "FRAME",
     "a frame from its destination address on: hex, or a pcap or pcapng file (--packet)", AT(encode), NULL, 0, 0},
    {0, "decode", CLI_FILE, "FILE", "a capture of voltage: CSV (time,volts or volts) or raw 32-bit floats, gzip too",
     AT(decode), NULL, 0, 0},
    {0, "minus", CLI_FILE, "FILE", "the other leg of a differential pair: subtracted from the first", AT(minus), NULL,
     0, 0},
    {0, "code", CLI_TEXT, "CODE", "10base-t, 100base-tx, 1000base-x, 10gbase-r, pam4; auto (to decode) finds out",
     AT(code), NULL, 0, 0},
    {0, "rate", CLI_TEXT, "RATE", "samples a second of the capture: 500M, 1.25G (default: the file's, or found)",
     AT(rate), NULL, 0, 0},
    {0, "packet", CLI_NUMBER, "N", "which packet of the file is sent, which decoded frame is drawn (default 1)",
     AT(packet), NULL, 1, 0},
    {0, "cable", CLI_TEXT, "WORDS", "what the frame passes: length=90m,snr=14dB and the rest of cable:'s words",
     AT(cable), NULL, 0, 0},
    {0, "samples", CLI_NUMBER, "N", "samples a symbol to encode at (default 16)", AT(per_symbol), NULL, 2, 64},
    {0, "symbols", CLI_FLAG, NULL, "symbols only, no voltage", AT(symbols), NULL, 0, 0},
    {0, "format", CLI_TEXT, "FORMAT", "text, csv, f32 (raw little-endian) or json (default text)", AT(format), NULL, 0,
     0},
    {'w', "write", CLI_FILE, "FILE", "decoded frames as pcapng; samples in their format; - is stdout", AT(write), NULL,
     0, 0},
    {0, "svg", CLI_FILE, "FILE", "draw a frame: the wave, its symbols, bits and octets with their fields", AT(svg),
     NULL, 0, 0},
    {0, "bytes", CLI_TEXT, "A..B", "draw these octets of the frame only", AT(bytes), NULL, 0, 0},
    {0, "eye", CLI_FILE, "FILE", "draw the eye: two symbols, all of them laid over each other, as SVG", AT(eye), NULL,
     0, 0},
    {0, "no-equaliser", CLI_FLAG, NULL, "100base-tx: leave the receiver's equaliser off", AT(no_equaliser), NULL, 0, 0},
    {0, "ber", CLI_FLAG, NULL, "measure symbol errors against SNR and print them beside the theory", AT(ber), NULL, 0,
     0},
    {0, "symbols-per-point", CLI_NUMBER, "N", "--ber: decide so many symbols at each SNR (default 2000000)", AT(points),
     NULL, 1000, 0},
    {0, "seed", CLI_NUMBER, "N", "of the noise (default 1)", AT(seed), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static int signal_run(int argc, char **argv)
{
    struct signal_config config = {.packet = 1, .seed = 1, .per_symbol = 16, .points = 2000000};
    struct cli_output_options output = {0};
    struct cli_parse parse = {.command = &cli_command_signal, .config = &config, .output = &output};
    const int r = cli_parse(&parse, argc, argv);
    if (r != CLI_PARSED)
        return r;
    if (parse.words.n > 0)
        return cli_usage("signal", "%s: what is read follows --encode or --decode", parse.words.word[0]);
    if ((config.encode != NULL) + (config.decode != NULL) + config.ber != 1)
        return cli_usage("signal", "one of --encode FRAME, --decode FILE or --ber");
    if (config.minus && !config.decode)
        return cli_usage("signal", "--minus goes with --decode");
    if (config.bytes && !config.svg)
        return cli_usage("signal", "--bytes goes with --svg, which draws them");
    if (config.ber)
        return signal_ber(&config, &output);
    return config.encode ? signal_encode(&config, &output) : signal_decode(&config, &output);
}

const struct cli_command cli_command_signal = {
    .name = "signal",
    .summary = "layer 1: frames as voltage, oscilloscope captures as frames",
    .usage = "",
    .examples =
        "seven signal --decode leg1.f32.gz --minus leg2.f32.gz\tthe frames in an oscilloscope's capture; code and "
        "sample rate are found\n"
        "seven signal --decode scope.csv -w out.pcapng --svg a.svg --eye e.svg\tas pcapng, drawn, and the eye\n"
        "seven signal --encode ffffffffffff0200000000010806 --code 100base-tx\tevery octet's bits and symbols\n"
        "seven signal --encode web.pcapng --cable length=90m,snr=14dB --svg a.svg\tone frame through a bad cable\n"
        "seven signal --ber --code pam4\tsymbol errors against SNR, beside the theory\n",
    .detail =
        "Frames are Ethernet's, without FCS: it is appended, and checked on the way back. Cables are modelled for "
        "10base-t and 100base-tx; the others run on an ideal medium. pam4 is a teaching profile: one lane of "
        "26.5625 GBd, 64b/66b, RS(544,514), with codeword markers of our own. 1000BASE-T is not modelled. Whether a "
        "pair is connected the wrong way round is found from link pulses, ordered sets or block types.",
    .exit_codes = "0\tdone\n1\tno frame in the capture, or it cannot be read: what was found is said\n2\tusage\n",
    .options = signal_options,
    .output = true,
    .run = signal_run,
};
