/* SPDX-License-Identifier: BSD-2-Clause */
/* Links of `kind: cable`: on them frames are voltage, and what is lost is what the receiver cannot read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "l1_physical/phy.h"
#include "scenario/model.h"

#define METRES_MOST 200u

static const char *const pair_keys[] = {"length", "category", "snr",     "clock",    "jitter",
                                        "echo",   "near",     "coupled", "inverted", NULL};

/* "90m": not of the quantities, where m begins minutes. */
static bool metres(struct sc_reader *r, const struct sc_node *n, uint32_t *to)
{
    char *end = NULL;
    const unsigned long v = n->kind == SC_SCALAR ? strtoul(n->text, &end, 10) : 0;
    if (end && end != n->text && strcmp(end, "m") == 0 && v >= 1 && v <= METRES_MOST) {
        *to = (uint32_t)v;
        return true;
    }
    sc_error(r->e, n, "\"%s\" is no length: 1m to %um", n->kind == SC_SCALAR ? n->text : "(a list or map)",
             METRES_MOST);
    return false;
}

/* "13dB", "13.5dB" */
static bool decibels(struct sc_reader *r, const struct sc_node *n, int32_t *centi)
{
    char *end = NULL;
    const double v = n->kind == SC_SCALAR ? strtod(n->text, &end) : 0;
    if (end && end != n->text && strcmp(end, "dB") == 0 && v > 0 && v <= 100) {
        *centi = (int32_t)(v * 100.0 + 0.5);
        return true;
    }
    sc_error(r->e, n, "\"%s\" is no ratio of signal to noise: 14dB, 13.5dB",
             n->kind == SC_SCALAR ? n->text : "(a list or map)");
    return false;
}

static bool word(struct sc_reader *r, const struct sc_node *map, const char *key, bool *to)
{
    const struct sc_node *n = sc_member(map, key);
    return !n || sc_bool(r, n, to);
}

static bool share(struct sc_reader *r, const struct sc_node *map, const char *key, uint32_t *millionths)
{
    const struct sc_node *n = sc_member(map, key);
    return !n || sc_chance(r, n, millionths);
}

/* What one direction's pair is like. */
static void read_pair(struct sc_reader *r, const struct sc_node *map, struct sv_channel_config *c)
{
    const struct sc_node *n;
    uint32_t clock = 0, jitter = c->jitter_ppm, echo = 0, near = 0;
    bool coupled = c->coupling_hz != 0;
    if ((n = sc_member(map, "length")) && metres(r, n, &c->length_m) && c->cable == SV_CABLE_NONE)
        c->cable = SV_CABLE_CAT5E;
    if ((n = sc_member(map, "category"))) {
        const bool three = n->kind == SC_SCALAR && strcmp(n->text, "3") == 0;
        if (!three && (n->kind != SC_SCALAR || strcmp(n->text, "5e") != 0))
            sc_error(r->e, n, "a cable is of category 3 or 5e");
        c->cable = three ? SV_CABLE_CAT3 : SV_CABLE_CAT5E;
    }
    if ((n = sc_member(map, "snr")))
        (void)decibels(r, n, &c->snr_centi_db);
    if (share(r, map, "clock", &clock) && clock)
        c->clock_ppb = (int32_t)(clock < 1000 ? clock * 1000u : 1000000u);
    if (share(r, map, "jitter", &jitter))
        c->jitter_ppm = jitter < 200000 ? jitter : 200000u;
    if (share(r, map, "echo", &echo) && echo)
        c->echo_centi = echo / 100u < 5000 ? echo / 100u : 5000u;
    if (share(r, map, "near", &near) && near)
        c->near_percent = near / 10000u;
    if (word(r, map, "coupled", &coupled))
        c->coupling_hz = coupled ? 22700u : 0;
    (void)word(r, map, "inverted", &c->inverted);
}

static bool code_of(struct sc_reader *r, const struct sc_node *c, uint32_t *code)
{
    const struct sc_node *n = sc_member(c, "code");
    *code = SV_PHY_10BASE_T;
    if (!n)
        return true;
    *code = n->kind == SC_SCALAR ? sv_phy_code_find(n->text, (uint32_t)strlen(n->text)) : SV_PHY_CODES;
    if (*code == SV_PHY_10BASE_T || *code == SV_PHY_100BASE_TX)
        return true;
    sc_error(r->e, n, "a cable of a scenario carries 10base-t or 100base-tx");
    return false;
}

static bool keys(struct sc_reader *r, const struct sc_node *c, const struct sc_link *l)
{
    const char *all[24] = {"name", "ends",    "kind",    "code",      "mtu",
                           "arp",  "autoneg", "packets", "check_fcs", "bit_order"};
    char from[2][48];
    uint32_t k = 10;
    for (uint32_t i = 0; pair_keys[i]; i++)
        all[k++] = pair_keys[i];
    for (uint32_t i = 0; i < 2; i++) {
        snprintf(from[i], sizeof from[i], "from_%s", l->end[i] != SV_NONE ? r->model->host[l->end[i]].name : "");
        all[k++] = from[i];
    }
    all[k] = NULL;
    return sc_keys(r, c, all, "a cable");
}

static void bit_order(struct sc_reader *r, const struct sc_node *n, bool *msb_first)
{
    *msb_first = n->kind == SC_SCALAR && strcmp(n->text, "msb_first") == 0;
    if (!*msb_first && (n->kind != SC_SCALAR || strcmp(n->text, "lsb_first") != 0))
        sc_error(r->e, n, "bit_order is lsb_first, as Ethernet has it, or msb_first, which is wrong on purpose");
}

void sc_read_cable(struct sc_reader *r, const struct sc_node *c, struct sc_link *l)
{
    const struct sc_node *n;
    uint64_t value;
    uint32_t code;
    l->cable = true;
    l->frames = 256;
    if (!keys(r, c, l) || !code_of(r, c, &code))
        return;
    if ((n = sc_member(c, "mtu")) && sc_count(r, n, 68, 1500, &value))
        l->mtu = (uint32_t)value;
    if ((n = sc_member(c, "packets")) && sc_count(r, n, 1, 4096, &value))
        l->frames = (uint32_t)value;
    (void)word(r, c, "arp", &l->arp);
    (void)word(r, c, "autoneg", &l->autoneg);
    bool fcs = true;
    (void)word(r, c, "check_fcs", &fcs);
    l->no_fcs = !fcs;
    if ((n = sc_member(c, "bit_order")))
        bit_order(r, n, &l->msb_first);
    for (uint32_t i = 0; i < 2; i++) {
        char from[48] = "";
        struct sv_channel_config *pair = &l->pair[i].channel;
        *pair = (struct sv_channel_config){.code = code, .cable = SV_CABLE_NONE, .snr_centi_db = SV_CHANNEL_QUIET};
        read_pair(r, c, pair);
        if (l->end[i] != SV_NONE)
            snprintf(from, sizeof from, "from_%s", r->model->host[l->end[i]].name);
        if ((n = sc_member(c, from)) && sc_keys(r, n, pair_keys, from))
            read_pair(r, n, pair);
        if (pair->cable == SV_CABLE_CAT3 && code == SV_PHY_100BASE_TX)
            sc_error(r->e, c, "100base-tx does not run on category 3");
    }
}
