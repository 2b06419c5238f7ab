/* SPDX-License-Identifier: BSD-2-Clause */
/* Captures beside the tree as 16-bit samples: what the command does at its edge. */
#ifndef SV_TESTS_UNIT_L1_PHYSICAL_WAVEFORM_SUPPORT_H
#define SV_TESTS_UNIT_L1_PHYSICAL_WAVEFORM_SUPPORT_H

#include "tests/unit/l1_physical/phy_support.h"

#include <math.h>

#include <zlib.h>

struct waveform {
    float *volt;
    uint32_t n;
};

/* The second column of each line that is two numbers. */
static inline uint32_t csv_column(const char *text, float *volt)
{
    uint32_t n = 0;
    for (const char *line = text; *line != '\0';) {
        char *comma = NULL, *end = NULL;
        strtod(line, &comma);
        if (comma != line && *comma == ',') {
            const double v = strtod(comma + 1, &end);
            if (end != comma + 1)
                volt[n++] = (float)v;
        }
        line = strchr(line, '\n');
        if (line == NULL)
            break;
        line++;
    }
    return n;
}

/* Little-endian f32 or CSV, by name; n 0 with a reason printed when it is not there. */
static inline struct waveform waveform_read(const char *name)
{
    const size_t room = (size_t)8 << 20;
    const char *root = getenv("SEVEN_SOURCE_ROOT");
    char path[400];
    snprintf(path, sizeof path, "%s/../shared/data/waveforms/%s", root != NULL ? root : ".", name);
    gzFile in = gzopen(path, "rb");
    if (in == NULL) {
        print_message("skip: no waveform %s beside the tree\n", name);
        return (struct waveform){NULL, 0};
    }
    char *bytes = calloc(1, room);
    assert_non_null(bytes);
    const int got = gzread(in, bytes, (unsigned)room - 1);
    assert_true(got > 0);
    gzclose(in);
    struct waveform w = {malloc(room), 0};
    assert_non_null(w.volt);
    if (strstr(name, ".csv") != NULL) {
        w.n = csv_column(bytes, w.volt);
    } else {
        w.n = (uint32_t)got / 4;
        memcpy(w.volt, bytes, (size_t)w.n * 4);
    }
    free(bytes);
    return w;
}

/* Volts (times `gain`, plus `offset` of their own peak) to samples; the largest becomes 20,000. The caller frees. */
static inline int16_t *waveform_samples(const struct waveform *w, double gain, double offset)
{
    double peak = 0;
    for (uint32_t i = 0; i < w->n; i++)
        peak = fmax(peak, fabs((double)w->volt[i]));
    int16_t *sample = malloc(w->n * sizeof *sample);
    assert_non_null(sample);
    const double whole = fabs(gain) * (1 + fabs(offset));
    for (uint32_t i = 0; i < w->n; i++)
        sample[i] = (int16_t)lrint((w->volt[i] / peak * gain + offset * fabs(gain)) / whole * 20000 *
                                   (fabs(gain) < 1 ? fabs(gain) : 1));
    return sample;
}

#endif
