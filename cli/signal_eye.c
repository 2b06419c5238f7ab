/* SPDX-License-Identifier: BSD-2-Clause */
/* The eye: every two symbols of a capture laid over each other, on the receiver's own clock, as a picture of how often
 * the signal passed where (l1_physical/eye.h), with the numbers that matter beside it. */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "cli/signal.h"
#include "l1_physical/eye.h"

#define SCALE_X 8
#define SCALE_Y 3
#define WIDE (SV_EYE_COLUMNS * SCALE_X)
#define HIGH (SV_EYE_ROWS * SCALE_Y)
#define TOP 86
#define PNG_ROOM 65536u

static void big_endian(uint8_t *to, uint32_t v)
{
    for (uint32_t i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Length, name, bytes, CRC (PNG, ISO/IEC 15948 §5.3); returns how many it is in all. */
static size_t chunk(uint8_t *to, const char *name, const uint8_t *bytes, size_t n)
{
    big_endian(to, (uint32_t)n);
    memcpy(to + 4, name, 4);
    if (n > 0)
        memcpy(to + 8, bytes, n);
    big_endian(to + 8 + n, (uint32_t)crc32(0, to + 4, (uInt)(n + 4)));
    return n + 12;
}

/* The density as an 8-bit grey image, dark where the signal is often; the logarithm shows what is rare too. */
static size_t png_of(const struct sv_eye *e, uint8_t png[PNG_ROOM])
{
    static uint8_t pixels[SV_EYE_ROWS * (SV_EYE_COLUMNS + 1)], packed[PNG_ROOM / 2];
    static const uint8_t magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint8_t header[13] = {0};
    uint32_t most = 1;
    for (uint32_t y = 0; y < SV_EYE_ROWS; y++)
        for (uint32_t x = 0; x < SV_EYE_COLUMNS; x++)
            most = e->density[y][x] > most ? e->density[y][x] : most;
    for (uint32_t y = 0; y < SV_EYE_ROWS; y++)
        for (uint32_t x = 0; x < SV_EYE_COLUMNS; x++)
            pixels[y * (SV_EYE_COLUMNS + 1) + 1 + x] =
                (uint8_t)lround(255 - 245 * log1p(e->density[y][x]) / log1p(most));
    uLongf n = sizeof packed;
    if (compress2(packed, &n, pixels, sizeof pixels, 9) != Z_OK)
        return 0;
    big_endian(header, SV_EYE_COLUMNS);
    big_endian(header + 4, SV_EYE_ROWS);
    header[8] = 8; /* bits; grey, no filter, no interlace */
    size_t at = sizeof magic;
    memcpy(png, magic, sizeof magic);
    at += chunk(png + at, "IHDR", header, sizeof header);
    at += chunk(png + at, "IDAT", packed, n);
    return at + chunk(png + at, "IEND", NULL, 0);
}

static void base64(FILE *out, const uint8_t *bytes, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        const uint32_t v =
            (uint32_t)bytes[i] << 16 | (i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0) | (i + 2 < n ? bytes[i + 2] : 0u);
        const char four[4] = {digit[v >> 18], digit[v >> 12 & 63], i + 1 < n ? digit[v >> 6 & 63] : '=',
                              i + 2 < n ? digit[v & 63] : '='};
        (void)fwrite(four, 1, 4, out);
    }
}

/* Levels of the receiver's scale as rows: row 0 is at 1.5 times the outermost. */
static double row_of(double level, double peak)
{
    return (1.5 - level / peak) / 3 * HIGH;
}

static void openings(FILE *out, const struct sv_eye *e, uint32_t code, int x)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(code);
    const uint32_t eyes = info->levels - 1;
    for (uint32_t i = 0; i < eyes; i++) {
        const struct sv_eye_opening o = sv_eye_opening(e, i);
        const double middle = row_of((info->level[i] + info->level[i + 1]) / 2.0, info->peak);
        fprintf(out, "<path d=\"M%d %.1fh16m-8 -8v16\" stroke=\"#c00\" stroke-width=\"2\"/>\n", x + (int)WIDE / 2 - 8,
                TOP + middle);
        fprintf(out,
                "<text x=\"%d\" y=\"%d\">eye %u of %u: height %.1f %% at 3 sigma, width %.1f %% of a "
                "symbol, Q %.2f</text>\n",
                x, TOP + (int)HIGH + 36 + 18 * (int)i, eyes - i, eyes, o.height / 100.0, o.width / 100.0,
                o.q_centi / 100.0);
    }
    if (code == SV_PHY_PAM4)
        fprintf(out, "<text x=\"%d\" y=\"%d\">level mismatch ratio RLM %.3f</text>\n", x,
                TOP + (int)HIGH + 36 + 18 * (int)eyes, sv_eye_linearity(e) / 10000.0);
}

static bool one_eye(FILE *out, const struct sv_eye *e, uint32_t code, int x, const char *title)
{
    static uint8_t png[PNG_ROOM];
    const struct sv_phy_code_info *info = sv_phy_code_info(code);
    const size_t n = png_of(e, png);
    const double ui_ns = 1e9 / (double)info->symbol_hz;
    if (n == 0)
        return false;
    fprintf(out, "<text x=\"%d\" y=\"%d\">%s, %llu traces</text>\n", x, TOP - 10, title, (unsigned long long)e->traces);
    fprintf(out,
            "<image x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" preserveAspectRatio=\"none\" "
            "href=\"data:image/png;base64,",
            x, TOP, (int)WIDE, (int)HIGH);
    base64(out, png, n);
    fprintf(out, "\"/>\n<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#555\"/>\n", x, TOP,
            (int)WIDE, (int)HIGH);
    for (int i = 0; i <= 4; i++)
        fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%+.4g ns</text>\n", x + (int)WIDE * i / 4,
                TOP + (int)HIGH + 14, (i - 2) * ui_ns / 2);
    for (uint32_t i = 0; i < info->levels; i++)
        fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%+d</text>\n", x - 6,
                TOP + row_of(info->level[i], info->peak) + 4, info->level[i]);
    openings(out, e, code, x);
    return true;
}

static bool fill(struct sv_eye *raw, struct sv_eye *equalised, const struct signal_result *r,
                 const struct signal_capture *c, bool equaliser)
{
    struct sv_receiver *receiver = calloc(1, sizeof *receiver);
    const bool fast = r->code == SV_PHY_100BASE_TX;
    const struct sv_receiver_config config = {.code = r->code,
                                              .spacing_q32 = (uint64_t)llround(r->symbols.spacing * 4294967296.0),
                                              .equaliser = equaliser && fast,
                                              .wander = fast};
    const bool good = receiver && sv_receiver_init(receiver, &config) == SV_OK;
    uint32_t at = 0, blocks = 0;
    while (good && at < c->n) {
        at += sv_receiver_put(receiver, c->sample + at, c->n - at);
        while (sv_receiver_step(receiver)) {
            /* What comes before the loops have settled is not of interest, if there is enough after it. */
            if (receiver->state != SV_RECEIVER_TRACK || (blocks++ < 16 && c->n > 40000))
                continue;
            sv_eye_add(raw, receiver, false);
            sv_eye_add(equalised, receiver, true);
        }
    }
    free(receiver);
    return good;
}

bool signal_eye(const char *path, const struct signal_result *r, const struct signal_capture *c, bool equaliser)
{
    const bool two = r->code == SV_PHY_100BASE_TX && equaliser;
    struct sv_eye *raw = malloc(sizeof *raw), *equalised = malloc(sizeof *equalised);
    bool good = raw && equalised;
    FILE *out = good ? fopen(path, "w") : NULL;
    if (out) {
        const int width = two ? 2 * (int)WIDE + 200 : (int)WIDE + 320, height = TOP + (int)HIGH + 110;
        sv_eye_init(raw, r->code);
        sv_eye_init(equalised, r->code);
        good = fill(raw, equalised, r, c, equaliser);
        fprintf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
                "<style>text{font-family:DejaVu Sans Mono,Menlo,Consolas,monospace;font-size:12px;fill:#222}</style>\n"
                "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text x=\"60\" y=\"28\" "
                "style=\"font-size:15px;font-weight:bold\">eye of %s</text>\n<text x=\"60\" y=\"48\">two symbols wide, "
                "level "
                "indices at the left; red cross: threshold at the instant of decision</text>\n",
                width, height, width, height, sv_phy_code_info(r->code)->name);
        good = good && one_eye(out, raw, r->code, 60, two ? "before the equaliser" : "as sampled");
        if (two)
            good = good && one_eye(out, equalised, r->code, 60 + (int)WIDE + 80, "after the equaliser");
        fprintf(out, "</svg>\n");
        good = fclose(out) == 0 && good;
    } else {
        good = false;
    }
    free(raw);
    free(equalised);
    return good;
}
