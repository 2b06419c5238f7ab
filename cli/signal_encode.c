/* SPDX-License-Identifier: BSD-2-Clause */
/* seven signal --encode: a frame as symbols, as voltage, through a cable. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "cli/signal.h"
#include "l2_link/ethernet_wire.h"
#include "port/cable_words.h"
#include "port/capture_file.h"
#include "port/cpu.h"

/* Volts of the outermost level, differential (clauses 14, 25, 39, and about what is usual for the others). */
static const double peak_volts[SV_PHY_CODES] = {2.5, 1.0, 0.5, 0.4, 0.45};

struct sending {
    uint32_t code;
    uint8_t frame[SV_PHY_FRAME_MAX];
    uint32_t bytes;
    int8_t *symbol;
    uint32_t symbols;
    uint64_t first, end; /* of the frame */
    struct sv_phy_event event;
    uint8_t octet[SV_PHY_FRAME_MAX]; /* with its FCS */
    struct signal_capture voltage;
};

/* --- the frame --- */

static bool from_hex(struct sending *s, const char *text)
{
    uint32_t digits = 0;
    for (; *text; text++) {
        const char *hex = "0123456789abcdef", *at = strchr(hex, tolower((unsigned char)*text));
        if (isspace((unsigned char)*text) || *text == ':' || *text == '-')
            continue;
        if (!at || digits / 2 >= sizeof s->frame - 4)
            return false;
        s->frame[digits / 2] = (uint8_t)(s->frame[digits / 2] << 4 | (at - hex));
        digits++;
    }
    s->bytes = digits / 2;
    return digits >= 2 && digits % 2 == 0;
}

static bool from_file(struct sending *s, const char *path, uint64_t number, char *why)
{
    static struct sv_capture_in in;
    if (!sv_capture_open(&in, path, why))
        return false;
    struct sv_capture_packet p;
    enum sv_capture_verdict v;
    uint64_t seen = 0;
    do {
        v = sv_capture_next(&in.reader, &p);
        seen += v == SV_CAPTURE_PACKET;
    } while ((v == SV_CAPTURE_PACKET || v == SV_CAPTURE_SECRETS) && !(v == SV_CAPTURE_PACKET && seen == number));
    const bool found = v == SV_CAPTURE_PACKET && p.link_type == SV_LINKTYPE_ETHERNET && p.captured == p.length &&
                       p.captured <= sizeof s->frame - 4 && p.captured > 0;
    if (found) {
        memcpy(s->frame, p.bytes, p.captured);
        s->bytes = p.captured;
    } else if (v != SV_CAPTURE_PACKET) {
        (void)snprintf(why, SV_DEVICE_TEXT, "it has %" PRIu64 " packets, none has the number %" PRIu64, seen, number);
    } else {
        (void)snprintf(why, SV_DEVICE_TEXT, "packet %" PRIu64 " is no whole Ethernet frame", number);
    }
    sv_capture_close(&in);
    return found;
}

/* --- symbols --- */

/* Idle before the frame, enough for a receiver to find the signal, lock and settle; and after it. */
static uint32_t lead(uint32_t code)
{
    return code == SV_PHY_10BASE_T     ? 40
           : code == SV_PHY_100BASE_TX ? 12000
           : code == SV_PHY_1000BASE_X ? 2000
           : code == SV_PHY_10GBASE_R  ? 66 * 100
                                       : 2752 * 3;
}

static bool make_symbols(struct sending *s)
{
    struct sv_phy_encoder *e = malloc(sizeof *e);
    struct sv_phy_decoder *d = malloc(sizeof *d);
    const uint32_t room = lead(s->code) + 20 * 8 * (s->bytes + 100) + 4 * 2752;
    s->symbol = malloc(room);
    bool good = e && d && s->symbol;
    if (good) {
        sv_phy_encoder_init(e, s->code);
        sv_phy_decoder_init(d, s->code);
        sv_phy_decoder_follow(d, e);
        s->symbols = lead(s->code);
        sv_phy_encode(e, s->symbol, s->symbols);
        good = sv_phy_encode_frame(e, s->frame, s->bytes, SV_PHY_FCS_APPEND) == SV_OK;
        while (good && sv_phy_encode_busy(e) && s->symbols < room - 700)
            sv_phy_encode(e, s->symbol + s->symbols++, 1);
        sv_phy_encode(e, s->symbol + s->symbols, 640);
        s->symbols += 640;
        s->first = e->frame_first;
        s->end = e->frame_end;
    }
    for (uint32_t at = 0; good && at < s->symbols && s->event.kind != SV_PHY_FRAME;)
        at += sv_phy_decode(d, s->symbol + at, s->symbols - at, &s->event);
    if (good && s->event.kind == SV_PHY_FRAME)
        memcpy(s->octet, d->frame.byte, s->event.bytes);
    good = good && s->event.kind == SV_PHY_FRAME;
    free(e);
    free(d);
    return good;
}

static void octet_line(const struct sending *s, int32_t at)
{
    static const uint8_t preamble[8] = {0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5};
    const uint8_t octet = at < 0 ? preamble[at + 8] : s->octet[at];
    struct signal_place p;
    char group[24];
    signal_group_text(s->code, &s->event, at, octet, group);
    printf("%5d  %-15s %02x  ", at,
           at < -1    ? "preamble"
           : at == -1 ? "start delimiter"
                      : signal_field(s->octet, s->event.bytes, (uint32_t)at),
           octet);
    for (uint32_t i = 0; i < 8; i++)
        (void)putchar('0' + (octet >> i & 1));
    printf("  %-12s", group);
    if (signal_octet_place(s->code, &s->event, at, &p))
        for (uint32_t k = 0; k < p.symbols && p.symbol + k < s->symbols; k++)
            (void)putchar(signal_symbol_letter(s->code, s->symbol[p.symbol + k]));
    printf("\n");
}

static void print_text(const struct sending *s, bool symbols_only)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(s->code);
    if (symbols_only) {
        for (uint64_t k = s->first; k < s->end && k < s->symbols; k++)
            (void)putchar(signal_symbol_letter(s->code, s->symbol[k]));
        printf("\n");
        return;
    }
    printf("%s (%s): %u octets with FCS, %" PRIu64 " symbols of %.6g ns, %.6g us\n", info->name, info->line_code,
           s->event.bytes, s->end - s->first, 1e9 / (double)info->symbol_hz,
           (double)(s->end - s->first) * 1e6 / (double)info->symbol_hz);
    printf("octet  field           hex bits sent  group       symbols\n");
    for (int32_t at = -8; at < (int32_t)s->event.bytes; at++)
        octet_line(s, at);
    if (s->code == SV_PHY_PAM4) {
        printf(
            "\nscrambled, coded and Gray-mapped, bits of octets are no longer symbols of their own; the codeword:\n");
        for (uint64_t k = s->first; k < s->end && k < s->symbols; k++)
            printf("%c%s", signal_symbol_letter(s->code, s->symbol[k]), (k - s->first) % 100 == 99 ? "\n" : "");
        printf("\n");
    }
}

/* --- voltage --- */

static bool pass(struct sending *s, const struct sv_phy_link_config *config)
{
    struct sv_channel *c = malloc(sizeof *c);
    const uint64_t per = config->channel.sample_hz / sv_phy_code_info(s->code)->symbol_hz;
    const uint64_t room = (s->symbols + 4ull) * (per + 1) + SV_CHANNEL_SAMPLES;
    s->voltage.sample = room < (1u << 28) ? malloc(room * sizeof(int16_t)) : NULL;
    bool good = c && s->voltage.sample && sv_channel_init(c, &config->channel) == SV_OK;
    const int8_t *from = s->symbol;
    uint32_t left = s->symbols, made = good;
    while (good && made > 0 && s->voltage.n + SV_CHANNEL_SAMPLES <= room) {
        made = sv_channel_run(c, &from, &left, s->voltage.sample + s->voltage.n, SV_CHANNEL_SAMPLES);
        s->voltage.n += made;
    }
    s->voltage.volts = peak_volts[s->code] / SV_CHANNEL_PEAK;
    s->voltage.rate_hz = (double)config->channel.sample_hz;
    s->voltage.name = "the encoded frame";
    free(c);
    return good;
}

static double volts_at(const struct sending *s, uint32_t i)
{
    return s->voltage.sample[i] * s->voltage.volts;
}

static bool put_f32(gzFile out, const struct sending *s)
{
    bool good = true;
    for (uint32_t i = 0; good && i < s->voltage.n; i++) {
        const float v = (float)volts_at(s, i);
        uint32_t word;
        memcpy(&word, &v, sizeof word);
        const uint8_t bytes[4] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)};
        good = gzwrite(out, bytes, 4) == 4;
    }
    return good;
}

static bool put_csv(gzFile out, const struct sending *s)
{
    bool good = gzprintf(out, "TIME,VOLTS\n") > 0;
    for (uint32_t i = 0; good && i < s->voltage.n; i++)
        good = gzprintf(out, "%.9e,%.6g\n", i / s->voltage.rate_hz, volts_at(s, i)) > 0;
    return good;
}

static bool put_json(gzFile out, const struct sending *s)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(s->code);
    bool good = gzprintf(out,
                         "{\"schema\":1,\"code\":\"%s\",\"symbols_per_second\":%" PRIu64 ",\"samples_per_second\":%.0f,"
                         "\"first_symbol\":%" PRIu64 ",\"end_symbol\":%" PRIu64 ",\"symbols\":[",
                         info->name, info->symbol_hz, s->voltage.rate_hz, s->first, s->end) > 0;
    for (uint32_t i = 0; good && i < s->symbols; i++)
        good = gzprintf(out, "%s%d", i ? "," : "", s->symbol[i]) > 0;
    good = good && gzprintf(out, "],\"volts\":[") > 0;
    for (uint32_t i = 0; good && i < s->voltage.n; i++)
        good = gzprintf(out, "%s%.5g", i ? "," : "", volts_at(s, i)) > 0;
    return good && gzprintf(out, "]}\n") > 0;
}

static bool ends(const char *text, const char *with)
{
    const size_t n = strlen(text), k = strlen(with);
    return n >= k && strcmp(text + n - k, with) == 0;
}

static int write_samples(const struct sending *s, const char *path, const char *format)
{
    const bool packed = path && ends(path, ".gz");
    gzFile out = !path || strcmp(path, "-") == 0 ? gzdopen(1, "wbT") : gzopen(path, packed ? "wb" : "wbT");
    if (!out)
        return cli_fail("signal", "-w %s: %s", path ? path : "-", strerror(errno));
    const bool good = strcmp(format, "csv") == 0    ? put_csv(out, s)
                      : strcmp(format, "json") == 0 ? put_json(out, s)
                                                    : put_f32(out, s);
    return gzclose(out) == Z_OK && good ? 0 : cli_fail("signal", "-w %s: %s", path ? path : "-", strerror(errno));
}

/* --- pictures of what arrives --- */

static int draw(struct sending *s, const struct signal_config *config)
{
    struct signal_result r;
    uint32_t frame = SV_NONE;
    const double spacing = s->voltage.rate_hz / (double)sv_phy_code_info(s->code)->symbol_hz;
    if (!signal_receive(&r, &s->voltage, s->code, spacing, !config->no_equaliser)) {
        signal_result_free(&r);
        return cli_fail("signal", "out of memory");
    }
    for (uint32_t i = r.frames; i-- > 0;)
        frame = r.frame[i].event.kind != SV_PHY_FALSE_CARRIER && r.frame[i].event.bytes > 0 ? i : frame;
    r.rate_hz = s->voltage.rate_hz;
    if (frame != SV_NONE) {
        r.truth = s->symbol;
        r.truths = s->symbols;
        r.truth_shift = (int64_t)s->event.data_symbol - (int64_t)r.frame[frame].event.data_symbol;
        if (s->code == SV_PHY_PAM4)
            r.truth_shift = (int64_t)s->event.first_symbol - (int64_t)r.frame[frame].event.first_symbol;
        (void)fprintf(stderr, "seven signal: received: %s, %u octets\n", sv_phy_event_name(r.frame[frame].event.kind),
                      r.frame[frame].event.bytes);
    } else {
        (void)fprintf(stderr, "seven signal: the frame was not seen at the far end\n");
    }
    const int status = signal_pictures(config, &r, &s->voltage, frame);
    signal_result_free(&r);
    return status;
}

static int show(struct sending *s, const struct signal_config *config, const struct cli_output_options *output)
{
    const char *format = config->format;
    if (!format)
        format = output->json || output->pretty                                  ? "json"
                 : !config->write                                                ? "text"
                 : ends(config->write, ".csv") || ends(config->write, ".csv.gz") ? "csv"
                 : ends(config->write, ".json")                                  ? "json"
                                                                                 : "f32";
    const bool drawing = config->svg || config->eye;
    int status = 0;
    if (strcmp(format, "text") == 0) {
        if (!drawing || config->format || config->symbols)
            print_text(s, config->symbols);
    } else {
        status = write_samples(s, config->write, format);
    }
    return status == 0 && drawing ? draw(s, config) : status;
}

static int prepare(struct sending *s, const struct signal_config *config)
{
    char why[SV_DEVICE_TEXT] = "";
    struct sv_phy_link_config link = {.channel = {.code = s->code, .seed = config->seed, .cpu = sv_cpu_detect()}};
    if (!sv_cable_words(&link, config->cable ? config->cable : "", why))
        return cli_usage("signal", "--cable: %s", why);
    link.channel.sample_hz = config->per_symbol * sv_phy_code_info(s->code)->symbol_hz;
    if (!from_hex(s, config->encode) && !from_file(s, config->encode, config->packet, why))
        return cli_fail("signal", "--encode %.60s: no hex digits, and as a file: %s", config->encode, why);
    if (s->bytes < SV_ETH_HDR_LEN)
        return cli_usage("signal",
                         "--encode: a frame has two addresses and a type, and these are %u of their %u octets",
                         s->bytes, SV_ETH_HDR_LEN);
    if (!make_symbols(s))
        return cli_fail("signal", "the frame of %u octets cannot be encoded", s->bytes);
    return pass(s, &link) ? 0 : cli_fail("signal", "--cable %s: no such cable", config->cable ? config->cable : "");
}

int signal_encode(const struct signal_config *config, const struct cli_output_options *output)
{
    static const char *const formats[] = {"text", "csv", "f32", "json", NULL};
    const char *code = config->code ? config->code : "10base-t";
    uint32_t k = 0;
    while (config->format && formats[k] && strcmp(formats[k], config->format) != 0)
        k++;
    if (config->format && !formats[k])
        return cli_usage("signal", "--format %s: text, csv, f32 or json", config->format);
    struct sending *s = calloc(1, sizeof *s);
    if (!s)
        return cli_fail("signal", "out of memory");
    s->code = sv_phy_code_find(code, (uint32_t)strlen(code));
    int status = s->code == SV_PHY_CODES
                     ? cli_usage("signal", "--code %s: 10base-t, 100base-tx, 1000base-x, 10gbase-r or pam4", code)
                     : prepare(s, config);
    if (status == 0)
        status = show(s, config, output);
    free(s->symbol);
    free(s->voltage.sample);
    free(s);
    return status;
}
