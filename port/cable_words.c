/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/cable_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/device.h"

struct word {
    const char *key, *value;
    uint32_t key_n, value_n;
};

static bool is(const struct word *w, const char *key)
{
    return strlen(key) == w->key_n && strncmp(key, w->key, w->key_n) == 0;
}

/* A decimal number in units of 1/scale, and then nothing or `unit`. */
static bool number(const struct word *w, const char *unit, double scale, double low, double high, int64_t *to)
{
    char text[32];
    if (w->value_n == 0 || w->value_n >= sizeof text)
        return false;
    memcpy(text, w->value, w->value_n);
    text[w->value_n] = '\0';
    char *end;
    const double v = strtod(text, &end);
    if (end == text || (*end != '\0' && strcmp(end, unit) != 0) || !(v >= low && v <= high))
        return false;
    *to = (int64_t)(v * scale + (v < 0 ? -0.5 : 0.5));
    return true;
}

/* NULL: good; else what would be right. */
static const char *take(struct sv_phy_link_config *config, const struct word *w)
{
    struct sv_channel_config *c = &config->channel;
    int64_t v = 0;
    if (is(w, "length")) {
        if (!number(w, "m", 1, 0, SV_PULSE_METRES_MAX, &v))
            return "length=0m to length=150m";
        c->length_m = (uint32_t)v;
        c->cable = c->cable == SV_CABLE_NONE && v > 0 ? SV_CABLE_CAT5E : c->cable;
    } else if (is(w, "category")) {
        const bool five = w->value_n > 0 && w->value[0] == '5';
        if (!five && !(w->value_n == 1 && w->value[0] == '3'))
            return "category=3 or category=5e";
        c->cable = five ? SV_CABLE_CAT5E : SV_CABLE_CAT3;
    } else if (is(w, "snr")) {
        if (!number(w, "dB", 100, -20, 100, &v))
            return "snr=14dB";
        c->snr_centi_db = (int32_t)v;
    } else if (is(w, "ppm")) {
        if (!number(w, "", 1000, -1000, 1000, &v))
            return "ppm=-1000 to ppm=1000";
        c->clock_ppb = (int32_t)v;
    } else if (is(w, "jitter")) {
        if (!number(w, "%", 10000, 0, 20, &v))
            return "jitter=0% to jitter=20%";
        c->jitter_ppm = (uint32_t)v;
    } else if (is(w, "echo")) {
        if (!number(w, "%", 100, 0, 50, &v))
            return "echo=0% to echo=50%";
        c->echo_centi = (uint32_t)v;
    } else if (is(w, "near")) {
        if (!number(w, "%", 1, 0, 1000, &v))
            return "near=0% to near=1000%";
        c->near_percent = (uint32_t)v;
    } else if (is(w, "seed")) {
        if (!number(w, "", 1, 0, 9e15, &v))
            return "seed=N";
        c->seed = (uint64_t)v;
    } else if (!w->value && is(w, "coupled")) {
        c->coupling_hz = 22700;
    } else if (!w->value && is(w, "inverted")) {
        c->inverted = true;
    } else if (!w->value && is(w, "unplugged")) {
        c->unplugged = true;
    } else if (!w->value && is(w, "raw")) {
        config->no_equaliser = config->no_wander = true;
    } else {
        return SV_CABLE_WORDS;
    }
    return NULL;
}

bool sv_cable_words(struct sv_phy_link_config *config, const char *words, char *error)
{
    struct sv_channel_config *c = &config->channel;
    if (c->snr_centi_db == 0)
        c->snr_centi_db = SV_CHANNEL_QUIET;
    while (*words) {
        struct word w = {words, NULL, (uint32_t)strcspn(words, ",="), 0};
        if (words[w.key_n] == '=') {
            w.value = words + w.key_n + 1;
            w.value_n = (uint32_t)strcspn(w.value, ",");
        }
        if (c->code == SV_PHY_CODES && !w.value) {
            c->code = sv_phy_code_find(w.key, w.key_n);
            if (c->code == SV_PHY_CODES) {
                (void)snprintf(error, SV_DEVICE_TEXT,
                               "\"%.*s\" is no line code: 10base-t, 100base-tx, 1000base-x, 10gbase-r or pam4",
                               (int)w.key_n, w.key);
                return false;
            }
        } else {
            const char *right = take(config, &w);
            if (right) {
                (void)snprintf(error, SV_DEVICE_TEXT, "\"%.*s\": %s", (int)strcspn(words, ","), words, right);
                return false;
            }
        }
        words += strcspn(words, ",");
        words += *words == ',';
    }
    if (c->code == SV_PHY_CODES) {
        (void)snprintf(error, SV_DEVICE_TEXT, "no line code: 10base-t, 100base-tx, 1000base-x, 10gbase-r or pam4");
        return false;
    }
    if (c->cable != SV_CABLE_NONE && c->code > SV_PHY_100BASE_TX) {
        (void)snprintf(error, SV_DEVICE_TEXT, "a cable is modelled for 10base-t and 100base-tx only, not for %s",
                       sv_phy_code_info(c->code)->name);
        return false;
    }
    return true;
}
