/* SPDX-License-Identifier: BSD-2-Clause */
/* seven signal --decode: a capture's frames, as lines, JSON and pcapng. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/help.h"
#include "cli/signal.h"
#include "port/capture_file.h"
#include "trace/text.h"

static void put_stdout(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    (void)fwrite(text, 1, n, stdout);
}

/* When a symbol's instant was, from the capture's first sample. */
static double seconds(const struct signal_result *r, uint64_t symbol)
{
    if (r->symbols.n == 0)
        return 0;
    const uint64_t at = symbol < r->symbols.n ? symbol : r->symbols.n - 1;
    return (double)r->symbols.at_q8[at] / 256.0 / r->rate_hz;
}

static bool write_pcapng(const char *path, const struct signal_result *r, char *error)
{
    static struct sv_capture_out out;
    const struct sv_pcapng_about about = {.application = "seven " SEVEN_VERSION};
    if (!sv_capture_create(&out, path, &about, error))
        return false;
    const uint32_t interface =
        sv_pcapng_interface(&out.writer, sv_phy_code_info(r->code)->name, SV_LINKTYPE_ETHERNET, 0);
    bool good = interface != SV_NONE;
    for (uint32_t i = 0; good && i < r->frames; i++) {
        const struct signal_frame *f = &r->frame[i];
        if (f->event.kind != SV_PHY_FRAME)
            continue;
        char comment[160];
        (void)snprintf(comment, sizeof comment, "%s: symbols %" PRIu64 " to %" PRIu64 "%s, FCS good",
                       sv_phy_code_info(r->code)->name, f->event.first_symbol, f->event.last_symbol,
                       r->inverted ? ", pair inverted" : "");
        const char *const comments[1] = {comment};
        const struct sv_pcapng_piece piece = {f->octet, f->event.bytes - 4};
        const struct sv_pcapng_packet p = {.interface = interface,
                                           .time_ns = (uint64_t)(seconds(r, f->event.first_symbol) * 1e9),
                                           .direction = SV_PCAPNG_IN,
                                           .piece = &piece,
                                           .pieces = 1,
                                           .comment = comments,
                                           .comments = 1};
        good = sv_pcapng_packet(&out.writer, &p);
    }
    good = sv_capture_finish(&out) && good;
    if (!good)
        (void)snprintf(error, SV_DEVICE_TEXT, "%.200s: %s", path, strerror(errno));
    return good;
}

static void json_frame(const struct signal_result *r, uint32_t i)
{
    const struct signal_frame *f = &r->frame[i];
    const double start = seconds(r, f->event.first_symbol);
    printf("{\"schema\":1,\"code\":\"%s\",\"event\":\"%s\",\"number\":%u,\"start_ns\":%.1f,\"first_symbol\":%" PRIu64
           ",\"last_symbol\":%" PRIu64 ",\"first_sample\":%" PRIu64 ",\"samples_per_second\":%.0f,\"inverted\":%s,"
           "\"bytes\":%u,\"symbol_errors\":%u,\"frame\":\"",
           sv_phy_code_info(r->code)->name, sv_phy_event_name(f->event.kind), i + 1, start * 1e9, f->event.first_symbol,
           f->event.last_symbol, (uint64_t)(start * r->rate_hz), r->rate_hz, r->inverted ? "true" : "false",
           f->event.bytes, f->event.errors);
    for (uint32_t k = 0; k < f->event.bytes; k++)
        printf("%02x", f->octet[k]);
    printf("\"}\n");
}

static void text_frame(const struct signal_result *r, uint32_t i)
{
    const struct signal_frame *f = &r->frame[i];
    const struct sv_sink sink = {put_stdout, NULL};
    const struct sv_text_options options = {.no_time = 1, .link = 1};
    printf("%4u  %12.3f us  symbols %" PRIu64 "..%" PRIu64 "  %u octets  %s", i + 1,
           seconds(r, f->event.first_symbol) * 1e6, f->event.first_symbol, f->event.last_symbol, f->event.bytes,
           f->event.kind == SV_PHY_FRAME ? "FCS good" : sv_phy_event_name(f->event.kind));
    if (f->event.errors)
        printf(", %u symbols wrong", f->event.errors);
    printf("\n");
    if (f->event.kind == SV_PHY_FRAME) {
        printf("      ");
        (void)sv_text_packet(&options, NULL, 0, SV_LINK_ETHERNET, f->octet, f->event.bytes - 4, f->event.bytes - 4,
                             &sink);
    }
}

static void summary(const struct signal_config *config, const struct signal_result *r, const struct signal_capture *c)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(r->code);
    const struct sv_phy_counters *n = &r->count;
    printf("code      %s (%s)%s\n", info->name, info->line_code,
           config->code && strcmp(config->code, "auto") != 0 ? "" : ", found");
    printf("samples   %u at %.6g MS/s%s, %.4f a symbol, %.4g to %.4g V\n", c->n, r->rate_hz / 1e6,
           c->rate_hz > 0 ? "" : ", found", r->symbols.spacing, c->offset - 14000 * c->volts,
           c->offset + 14000 * c->volts);
    printf("symbols   %u%s", r->symbols.n, r->inverted ? ", the pair is inverted" : "");
    if (n->checked)
        printf(", %" PRIu64 " groups checked, %" PRIu64 " invalid, %" PRIu64 " idle", n->checked, n->illegal, n->idles);
    if (n->codewords)
        printf(", %" PRIu64 " codewords, %" PRIu64 " symbols repaired, %" PRIu64 " uncorrectable", n->codewords,
               n->repaired, n->uncorrectable);
    if (n->link_pulses)
        printf(", %" PRIu64 " link pulses", n->link_pulses);
    printf("\nframes    %" PRIu64 " good, %" PRIu64 " bad FCS, %" PRIu64 " symbol errors, %" PRIu64
           " false carriers%s\n",
           n->good, n->bad_fcs, n->symbol_error, n->false_carrier,
           r->cut ? "; one more is cut off by the capture's end" : "");
}

/* The frame to be drawn: --packet N of the good ones, else the first of them. */
static uint32_t chosen(const struct signal_config *config, const struct signal_result *r)
{
    uint64_t want = config->packet ? config->packet : 1;
    for (uint32_t i = 0; i < r->frames; i++)
        if (r->frame[i].event.kind == SV_PHY_FRAME && --want == 0)
            return i;
    return SV_NONE;
}

int signal_pictures(const struct signal_config *config, const struct signal_result *r, const struct signal_capture *c,
                    uint32_t frame)
{
    uint32_t from = 0, to = SV_PHY_FRAME_MAX;
    if (config->bytes && !signal_parse_range(config->bytes, &from, &to))
        return cli_usage("signal", "--bytes %s: octets A..B of the frame, from 0", config->bytes);
    if (config->svg && frame == SV_NONE)
        return cli_fail("signal", "--svg: there is no frame %" PRIu64, config->packet);
    if (config->svg && !signal_staves(config->svg, r, c, frame, from, to))
        return cli_fail("signal", "--svg %s: %s", config->svg, strerror(errno));
    if (config->eye && !signal_eye(config->eye, r, c, !config->no_equaliser))
        return cli_fail("signal", "--eye %s: %s", config->eye, strerror(errno));
    return 0;
}

static int show(const struct signal_config *config, const struct cli_output_options *output, struct signal_result *r,
                struct signal_capture *c)
{
    char error[SV_DEVICE_TEXT] = "";
    const bool json = output->json || output->pretty;
    if (!json && (!config->write || strcmp(config->write, "-") != 0))
        summary(config, r, c);
    for (uint32_t i = 0; i < r->frames; i++) {
        if (json)
            json_frame(r, i);
        else if (!config->write || strcmp(config->write, "-") != 0)
            text_frame(r, i);
    }
    if (config->write && !write_pcapng(config->write, r, error))
        return cli_fail("signal", "-w %s", error);
    return signal_pictures(config, r, c, chosen(config, r));
}

int signal_decode(const struct signal_config *config, const struct cli_output_options *output)
{
    struct signal_capture c;
    struct signal_result r;
    char why[1024] = "";
    double rate = 0;
    uint32_t code = SV_PHY_CODES;
    if (config->code && strcmp(config->code, "auto") != 0) {
        code = sv_phy_code_find(config->code, (uint32_t)strlen(config->code));
        if (code == SV_PHY_CODES)
            return cli_usage("signal",
                             "--code %s: it is one of auto, 10base-t, 100base-tx, 1000base-x, 10gbase-r, pam4",
                             config->code);
    }
    if (config->rate && !signal_parse_rate(config->rate, &rate))
        return cli_usage("signal", "--rate %s: samples a second, for example 500M or 40G", config->rate);
    if (!signal_load(&c, config->decode, config->minus, why)) {
        signal_free(&c);
        return cli_fail("signal", "%s", why);
    }
    if (config->rate)
        c.rate_hz = rate;
    const bool found = signal_find(&r, &c, code, !config->no_equaliser, why);
    const int status = found ? show(config, output, &r, &c) : 1;
    if (!found)
        (void)fprintf(stderr, "seven signal: %s\n", why);
    if (found && c.not_numbers)
        (void)fprintf(stderr, "seven signal: %" PRIu64 " samples were not numbers (NaN)\n", c.not_numbers);
    signal_result_free(&r);
    signal_free(&c);
    return status;
}
