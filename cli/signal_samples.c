/* SPDX-License-Identifier: BSD-2-Clause */
/* Captures of voltage: CSV as oscilloscopes write it, or raw little-endian 32-bit floats; either gzipped. They become
 * 16-bit numbers here, scaled so that the largest swing fills most of their range: layer 1 knows no volt. */
#define _GNU_SOURCE
#include "cli/signal.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define WHY 256u
#define SAMPLES_MAX (1u << 28)
#define BYTES_MAX ((size_t)SAMPLES_MAX * 8)
#define RATE_LEAST 1.0 /* samples a second that an instrument may have */
#define RATE_MOST 1e13
#define SWING 14000.0 /* of 32,767: room for what an equaliser makes of it */

struct floats {
    float *v;
    size_t n, room;
    double first_s, last_s; /* times of a CSV */
    bool timed;
};

static bool push(struct floats *f, float v)
{
    if (f->n == f->room) {
        const size_t room = f->room ? 2 * f->room : 65536;
        float *more = room <= SAMPLES_MAX ? realloc(f->v, room * sizeof *more) : NULL;
        if (!more)
            return false;
        f->v = more;
        f->room = room;
    }
    f->v[f->n++] = v;
    return true;
}

static uint8_t *read_all(const char *path, size_t *n, char *why)
{
    gzFile in = strcmp(path, "-") == 0 ? gzdopen(0, "rb") : gzopen(path, "rb");
    if (!in) {
        (void)snprintf(why, WHY, "%s: %s", path, strerror(errno));
        return NULL;
    }
    uint8_t *bytes = NULL;
    size_t room = 0;
    int got = 0, code = Z_OK;
    *n = 0;
    do {
        if (*n + 65536 > room) {
            room = room ? 2 * room : 1u << 20;
            uint8_t *more = realloc(bytes, room + 1); /* one for the end of a text */
            if (!more) {
                (void)snprintf(why, WHY, "%s: too large for memory", path);
                got = -1;
                break;
            }
            bytes = more;
        }
        got = gzread(in, bytes + *n, 65536);
        *n += got > 0 ? (size_t)got : 0;
    } while (got > 0 && *n < BYTES_MAX);
    if (got > 0 && *n >= BYTES_MAX)
        (void)snprintf(why, WHY, "%s: more than %zu bytes", path, BYTES_MAX);
    const char *text = gzerror(in, &code);
    if (got < 0 && !*why)
        (void)snprintf(why, WHY, "%s: %s", path, code == Z_ERRNO ? strerror(errno) : text);
    else if (code == Z_BUF_ERROR)
        (void)snprintf(why, WHY, "%s: truncated: the gzip stream ends after %zu bytes of data", path, *n);
    (void)gzclose(in);
    if (*why) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

static bool is_text(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n && i < 4096; i++)
        if (!isprint(bytes[i]) && !isspace(bytes[i]))
            return false;
    return n > 0;
}

/* Numbers in one line of a CSV, at most `max`; 0 when the first field is none. */
static uint32_t fields(char *line, double *v, uint32_t max)
{
    uint32_t n = 0;
    while (n < max) {
        char *end;
        v[n] = strtod(line, &end);
        if (end == line)
            break;
        n++;
        while (*end == ' ' || *end == '\t' || *end == '\r')
            end++;
        if (*end != ',' && *end != ';')
            break;
        line = end + 1;
    }
    return n;
}

/* Two columns are time and voltage, one is voltage; lines before the first of numbers are the instrument's. */
static bool read_csv(struct floats *f, uint8_t *bytes, size_t n)
{
    char *save = NULL;
    bytes[n] = 0;
    for (char *line = strtok_r((char *)bytes, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        double v[2];
        const uint32_t got = fields(line, v, 2);
        if (got == 0 && (f->n == 0 || line[strspn(line, " \t\r")] == '\0'))
            continue;
        if (!push(f, got == 0 ? NAN : (float)v[got - 1]))
            return false;
        if (got == 2) {
            f->first_s = f->timed ? f->first_s : v[0];
            f->last_s = v[0];
            f->timed = true;
        }
    }
    return true;
}

static bool read_raw(struct floats *f, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i + 4 <= n; i += 4) {
        const uint32_t word = (uint32_t)bytes[i] | (uint32_t)bytes[i + 1] << 8 | (uint32_t)bytes[i + 2] << 16 |
                              (uint32_t)bytes[i + 3] << 24;
        float v;
        memcpy(&v, &word, sizeof v);
        if (!push(f, v))
            return false;
    }
    return true;
}

static bool read_file(struct floats *f, const char *path, char *why)
{
    size_t n;
    memset(f, 0, sizeof *f);
    uint8_t *bytes = read_all(path, &n, why);
    if (!bytes)
        return false;
    const bool text = is_text(bytes, n);
    const bool done = text ? read_csv(f, bytes, n) : read_raw(f, bytes, n);
    free(bytes);
    if (!done)
        (void)snprintf(why, WHY, "%s: more than %u samples", path, SAMPLES_MAX);
    else if (f->n == 0 && text)
        (void)snprintf(why, WHY, "%s: text without one line of numbers: a CSV has time,volts or volts", path);
    else if (f->n == 0)
        (void)snprintf(why, WHY, "%s: empty: no samples", path);
    else if (!text && n % 4 != 0)
        (void)snprintf(why, WHY, "%s: truncated: %zu bytes are no whole number of 4-byte samples", path, n);
    return *why == '\0';
}

static bool subtract(struct floats *a, const struct floats *b, const char *path, char *why)
{
    if (a->n != b->n) {
        (void)snprintf(why, WHY, "--minus %s: %zu samples, the other leg has %zu", path, b->n, a->n);
        return false;
    }
    for (size_t i = 0; i < a->n; i++)
        a->v[i] -= b->v[i];
    return true;
}

static bool quantise(struct signal_capture *c, const struct floats *f, char *why)
{
    float low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < f->n; i++) {
        if (!isfinite(f->v[i])) {
            c->not_numbers++;
            continue;
        }
        low = fminf(low, f->v[i]);
        high = fmaxf(high, f->v[i]);
    }
    if (c->not_numbers > f->n / 100) {
        (void)snprintf(why, WHY, "%s: %llu of %zu samples are not numbers (NaN)", c->name,
                       (unsigned long long)c->not_numbers, f->n);
        return false;
    }
    if (f->n == 0 || !(high > low)) {
        (void)snprintf(why, WHY, "%s: constant: all %zu samples are %g V", c->name, f->n, (double)low);
        return false;
    }
    c->offset = ((double)low + (double)high) / 2;
    c->volts = ((double)high - (double)low) / 2 / SWING;
    c->sample = calloc(f->n, sizeof *c->sample);
    if (!c->sample) {
        (void)snprintf(why, WHY, "%s: out of memory", c->name);
        return false;
    }
    for (size_t i = 0; i < f->n; i++)
        c->sample[i] = isfinite(f->v[i]) ? (int16_t)lround(((double)f->v[i] - c->offset) / c->volts)
                       : i > 0           ? c->sample[i - 1]
                                         : 0;
    c->n = (uint32_t)f->n;
    return true;
}

bool signal_load(struct signal_capture *c, const char *path, const char *minus, char *why)
{
    struct floats a, b = {0};
    *c = (struct signal_capture){.name = path};
    *why = '\0';
    bool good = read_file(&a, path, why);
    if (good && minus)
        good = read_file(&b, minus, why) && subtract(&a, &b, minus, why);
    if (good && a.timed && a.n > 1 && a.last_s > a.first_s)
        c->rate_hz = (double)(a.n - 1) / (a.last_s - a.first_s);
    if (!(c->rate_hz >= RATE_LEAST && c->rate_hz <= RATE_MOST))
        c->rate_hz = 0; /* not known, or times that are none */
    good = good && quantise(c, &a, why);
    free(a.v);
    free(b.v);
    return good;
}

void signal_free(struct signal_capture *c)
{
    free(c->sample);
    c->sample = NULL;
}

bool signal_parse_rate(const char *text, double *hz)
{
    char *end;
    *hz = strtod(text, &end);
    const double unit = *end == 'G' ? 1e9 : *end == 'M' ? 1e6 : *end == 'k' || *end == 'K' ? 1e3 : 1;
    end += unit > 1;
    if (strcmp(end, "S/s") == 0 || strcmp(end, "Sps") == 0 || strcmp(end, "Hz") == 0)
        end += strlen(end);
    *hz *= unit;
    return end != text && *end == '\0' && *hz >= RATE_LEAST && *hz <= RATE_MOST;
}

bool signal_parse_range(const char *text, uint32_t *from, uint32_t *to)
{
    char *end;
    const unsigned long a = strtoul(text, &end, 0);
    unsigned long b = a + 1;
    if (end == text || a >= SV_PHY_FRAME_MAX)
        return false;
    if (end[0] == '.' && end[1] == '.') {
        const char *after = end + 2;
        b = *after ? strtoul(after, &end, 0) : SV_PHY_FRAME_MAX;
        end = *after ? end : end + 2;
    }
    *from = (uint32_t)a;
    *to = (uint32_t)(b < SV_PHY_FRAME_MAX ? b : SV_PHY_FRAME_MAX);
    return *end == '\0' && *from < *to;
}
