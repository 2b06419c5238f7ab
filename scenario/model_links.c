/* SPDX-License-Identifier: BSD-2-Clause */
/* Links: two ends, and what each direction does to frames. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/model.h"

static const char *const way_keys[] = {"rate",    "delay",    "jitter", "queue", "loss",       "reorder",   "duplicate",
                                       "corrupt", "truncate", "burst",  "flap",  "black_hole", "check_fcs", NULL};

static void read_queue(struct sc_reader *r, const struct sc_node *map, struct sv_link_way *w)
{
    static const char *const keys[] = {"kind", "packets", "bytes",  "ecn",    "target", "interval",
                                       "min",  "max",     "chance", "weight", NULL};
    static const char *const kinds[] = {"drop-tail", "codel", "red", NULL};
    const struct sc_node *n;
    uint64_t value;
    bool ecn = false;
    if (!sc_keys(r, map, keys, "a queue"))
        return;
    if ((n = sc_member(map, "kind"))) {
        char hint[64];
        uint32_t i = 0;
        while (kinds[i] && (n->kind != SC_SCALAR || strcmp(kinds[i], n->text) != 0))
            i++;
        if (!kinds[i])
            sc_error(r->e, n, "a queue is drop-tail, codel or red%s",
                     sc_hint(n->kind == SC_SCALAR ? n->text : "", kinds, hint, sizeof hint));
        w->queue.kind = i;
    }
    if ((n = sc_member(map, "packets")) && sc_count(r, n, 1, 1u << 18, &value))
        w->queue.packets = (uint32_t)value;
    if ((n = sc_member(map, "bytes")) && sc_size(r, n, &value))
        w->queue.bytes = (uint32_t)(value < UINT32_MAX ? value : UINT32_MAX);
    if ((n = sc_member(map, "ecn")) && sc_bool(r, n, &ecn))
        w->queue.ecn = ecn;
    if ((n = sc_member(map, "target")))
        (void)sc_time(r, n, &w->queue.target_ns);
    if ((n = sc_member(map, "interval")))
        (void)sc_time(r, n, &w->queue.interval_ns);
    if ((n = sc_member(map, "min")) && sc_count(r, n, 1, 65535, &value))
        w->queue.red_min = (uint32_t)value;
    if ((n = sc_member(map, "max")) && sc_count(r, n, 1, 65535, &value))
        w->queue.red_max = (uint32_t)value;
    if ((n = sc_member(map, "chance")))
        (void)sc_chance(r, n, &w->queue.red_chance);
    if (sc_member(map, "max") && w->queue.red_max && w->queue.red_max <= (w->queue.red_min ? w->queue.red_min : 5u))
        sc_error(r->e, sc_member(map, "max"), "max must be above min (%u): between them the chance grows",
                 w->queue.red_min ? w->queue.red_min : 5u);
    if ((n = sc_member(map, "weight")) && sc_count(r, n, 1, 16, &value))
        w->queue.red_weight = (uint32_t)value;
}

static void read_reorder(struct sc_reader *r, const struct sc_node *n, struct sv_link_way *w)
{
    static const char *const keys[] = {"chance", "by", NULL};
    if (n->kind != SC_MAP || !sc_keys(r, n, keys, "reorder") || !sc_member(n, "chance") || !sc_member(n, "by")) {
        sc_error(r->e, n, "reorder says how often and how much later: {chance: 2%%, by: 5ms}");
        return;
    }
    (void)sc_chance(r, sc_member(n, "chance"), &w->reorder);
    (void)sc_time(r, sc_member(n, "by"), &w->reorder_ns);
}

static void read_burst(struct sc_reader *r, const struct sc_node *n, struct sv_link_way *w)
{
    static const char *const keys[] = {"begin", "end", "loss", NULL};
    if (n->kind != SC_MAP || !sc_keys(r, n, keys, "burst") || !sc_member(n, "begin") || !sc_member(n, "end") ||
        !sc_member(n, "loss")) {
        sc_error(r->e, n, "burst says how often losses begin and end, a frame: {begin: 0.5%%, end: 20%%, loss: 80%%}");
        return;
    }
    (void)sc_chance(r, sc_member(n, "begin"), &w->to_bad);
    (void)sc_chance(r, sc_member(n, "end"), &w->to_good);
    (void)sc_chance(r, sc_member(n, "loss"), &w->bad_loss);
}

static void read_flap(struct sc_reader *r, const struct sc_node *n, struct sv_link_way *w)
{
    static const char *const keys[] = {"every", "down", "from", NULL};
    if (n->kind != SC_MAP || !sc_keys(r, n, keys, "flap") || !sc_member(n, "every") || !sc_member(n, "down")) {
        sc_error(r->e, n, "flap says how often and how long: {every: 10s, down: 1s}");
        return;
    }
    (void)sc_time(r, sc_member(n, "every"), &w->flap_ns);
    (void)sc_time(r, sc_member(n, "down"), &w->flap_down_ns);
    if (sc_member(n, "from"))
        (void)sc_time(r, sc_member(n, "from"), &w->flap_from);
    if (w->flap_down_ns >= w->flap_ns)
        sc_error(r->e, n, "down must be shorter than every: else the link is never up");
}

static void read_way(struct sc_reader *r, const struct sc_node *map, struct sv_link_way *w)
{
    const struct sc_node *n;
    uint64_t value;
    bool fcs = false;
    if ((n = sc_member(map, "rate")))
        (void)sc_rate(r, n, &w->rate_bit_s);
    if ((n = sc_member(map, "delay")))
        (void)sc_time(r, n, &w->delay_ns);
    if ((n = sc_member(map, "jitter")))
        (void)sc_time(r, n, &w->jitter_ns);
    if ((n = sc_member(map, "queue")))
        read_queue(r, n, w);
    if ((n = sc_member(map, "loss")))
        (void)sc_chance(r, n, &w->loss);
    if ((n = sc_member(map, "reorder")))
        read_reorder(r, n, w);
    if ((n = sc_member(map, "duplicate")))
        (void)sc_chance(r, n, &w->duplicate);
    if ((n = sc_member(map, "corrupt")))
        (void)sc_chance(r, n, &w->corrupt);
    if ((n = sc_member(map, "truncate")))
        (void)sc_chance(r, n, &w->truncate);
    if ((n = sc_member(map, "burst")))
        read_burst(r, n, w);
    if ((n = sc_member(map, "flap")))
        read_flap(r, n, w);
    if ((n = sc_member(map, "black_hole")) && sc_size(r, n, &value))
        w->mtu = (uint32_t)(value < 65535 ? value : 65535);
    if ((n = sc_member(map, "check_fcs")) && sc_bool(r, n, &fcs))
        w->check_fcs = fcs;
}

/* One link a port; a port beyond the host's was refused already. */
static void take_port(struct sc_reader *r, const struct sc_node *n, struct sc_link *l, uint32_t i)
{
    struct sc_host *h = &r->model->host[l->end[i]];
    const uint64_t bit = l->port[i] < 64 ? 1ull << l->port[i] : 0;
    for (const struct sc_link *k = r->model->link; h->wired & bit && k <= l; k++) {
        for (uint32_t j = 0; j < 2 && (k < l || j < i); j++) {
            if (k->end[j] == l->end[i] && k->port[j] == l->port[i])
                sc_error(r->e, n, "there is a link at %s already (%s)", n->text, k->name);
        }
    }
    h->wired |= bit;
}

/* "a", or "s1.3": port 3, counted from 1. */
static void read_end(struct sc_reader *r, const struct sc_node *n, struct sc_link *l, uint32_t i)
{
    char name[64];
    l->end[i] = SV_NONE;
    if (n->kind != SC_SCALAR || strlen(n->text) >= sizeof name) {
        sc_error(r->e, n, "an end is a host, or a port of a switch: a, s1.3");
        return;
    }
    snprintf(name, sizeof name, "%s", n->text);
    char *dot = strchr(name, '.');
    if (dot)
        *dot = 0;
    l->end[i] = sc_need_host(r, n, name);
    if (l->end[i] == SV_NONE)
        return;
    const struct sc_host *h = &r->model->host[l->end[i]];
    const unsigned long port = dot ? strtoul(dot + 1, NULL, 10) : 1;
    if (!dot && h->kind != SC_HOST && h->kind != SC_OUTSIDE)
        sc_error(r->e, n, "\"%s\" has %u ports: say which, as %s.1", name, h->ports, name);
    else if (!h->ports) /* something was wrong with it, and was said */
        return;
    else if (port < 1 || port > h->ports)
        sc_error(r->e, n, "\"%s\" has the ports 1 to %u", name, h->ports);
    l->port[i] = (uint32_t)port - 1u;
    take_port(r, n, l, i);
}

static bool link_keys(struct sc_reader *r, const struct sc_node *c, const struct sc_link *l)
{
    const char *keys[24];
    char from[2][48];
    uint32_t k = 0;
    for (uint32_t i = 0; way_keys[i]; i++)
        keys[k++] = way_keys[i];
    keys[k++] = "name";
    keys[k++] = "ends";
    keys[k++] = "mtu";
    keys[k++] = "kind";
    keys[k++] = "arp";
    for (uint32_t i = 0; i < 2; i++) {
        if (l->end[i] == SV_NONE)
            continue;
        snprintf(from[i], sizeof from[i], "from_%s", r->model->host[l->end[i]].name);
        keys[k++] = from[i];
    }
    keys[k] = NULL;
    return sc_keys(r, c, keys, "a link");
}

static void read_link(struct sc_reader *r, const struct sc_node *c)
{
    struct sc_model *m = r->model;
    struct sc_link *l = &m->link[m->links];
    const struct sc_node *n = sc_member(c, "name"), *ends = sc_member(c, "ends");
    uint64_t value;
    l->at = c;
    if (!n || n->kind != SC_SCALAR || !sc_name_ok(n->text)) {
        sc_error(r->e, n ? n : c, "a link has a name: {name: ab, ends: [a, b]}");
        return;
    }
    l->name = n->text;
    if (sc_link_named(m, l->name) != SV_NONE)
        sc_error(r->e, n, "\"%s\" is the name of another link already", l->name);
    sc_names_add(m, SC_NAME_LINK, l->name, m->links);
    l->end[0] = l->end[1] = SV_NONE;
    if (!ends || ends->kind != SC_LIST || sc_children(ends) != 2) {
        sc_error(r->e, ends ? ends : c, "a link has two ends: ends: [a, b]");
        return;
    }
    read_end(r, ends->child, l, 0);
    read_end(r, ends->child->next, l, 1);
    m->links++;
    const struct sc_node *kind = sc_member(c, "kind");
    if (kind && kind->kind == SC_SCALAR && strcmp(kind->text, "cable") == 0) {
        sc_read_cable(r, c, l);
        return;
    }
    if (kind)
        sc_error(r->e, kind, "kind is cable (frames are voltage), or is left out");
    if (!link_keys(r, c, l))
        return;
    if ((n = sc_member(c, "mtu")) && sc_count(r, n, 68, 65535, &value))
        l->mtu = (uint32_t)value;
    if ((n = sc_member(c, "arp")))
        (void)sc_bool(r, n, &l->arp);
    for (uint32_t i = 0; i < 2; i++) {
        char from[48] = "";
        read_way(r, c, &l->way[i]);
        if (l->end[i] != SV_NONE)
            snprintf(from, sizeof from, "from_%s", m->host[l->end[i]].name);
        if ((n = sc_member(c, from)) && sc_keys(r, n, way_keys, from))
            read_way(r, n, &l->way[i]);
    }
}

void sc_read_links(struct sc_reader *r, const struct sc_node *root)
{
    const struct sc_node *list = sc_member(root, "links");
    if (list && list->kind != SC_LIST)
        sc_error(r->e, list, "links are a list: - {name: ab, ends: [a, b]}");
    for (const struct sc_node *c = list && list->kind == SC_LIST ? list->child : NULL; c; c = c->next) {
        if (c->kind == SC_MAP)
            read_link(r, c);
        else
            sc_error(r->e, c, "a link is written {name: ab, ends: [a, b]}");
    }
}
