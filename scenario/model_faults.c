/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults: what becomes of the packets that a selector names; cuts and partitions. */
#include <stdio.h>
#include <string.h>

#include "scenario/model.h"

static const char *const deeds[] = {"drop", "hold",      "delay", "duplicate", "corrupt", "truncate", "edit",
                                    "cut",  "partition", "reset", "strip",     "probe",   "stray",    NULL};
static const char *const keys[] = {
    "id",    "drop",  "hold", "delay", "duplicate", "corrupt", "truncate", "edit",    "cut",    "partition", "until",
    "by",    "after", "at",   "bit",   "byte",      "to",      "chance",   "between", "fields", "checksums", "one_way",
    "reset", "strip", "off",  "guess", "times",     "options", "probe",    "stray",   "every",  NULL};

static bool edit_address(struct sc_reader *r, const struct sc_node *n, uint64_t *value)
{
    struct sv_addr a;
    if (n->kind == SC_SCALAR && sv_addr_parse(n->text, &a, NULL) && a.byte[10] == 0xff) {
        *value = (uint64_t)a.byte[12] << 24 | (uint64_t)a.byte[13] << 16 | (uint64_t)a.byte[14] << 8 | a.byte[15];
        return true;
    }
    sc_error(r->e, n, "ip_destination is an IPv4 address: 10.0.0.3");
    return false;
}

static void edit_fields(struct sc_reader *r, const struct sc_node *map, struct sc_fault *f)
{
    char hint[64];
    if (!map || map->kind != SC_MAP || !map->child) {
        sc_error(r->e, map ? map : f->at_node, "edit says what: fields: {window: 0}");
        return;
    }
    for (const struct sc_node *c = map->child; c; c = c->next) {
        uint32_t field = 0;
        if (strcmp(c->key, "options") == 0 && c->kind == SC_SCALAR && strcmp(c->text, "none") == 0) {
            f->strip_options = true;
            continue;
        }
        for (uint32_t i = 1; sc_fields[i]; i++) {
            if (strcmp(sc_fields[i], c->key) == 0)
                field = i;
        }
        if (!field || field == SC_FIELD_LENGTH || field == SC_FIELD_MSS || field > SC_FIELD_IP_DESTINATION ||
            field == SC_FIELD_NUMBER)
            sc_error_key(r->e, c, "\"%s\" is no field that can be edited%s", c->key,
                         sc_hint(c->key, sc_fields + 1, hint, sizeof hint));
        else if (f->fields == 4)
            sc_error_key(r->e, c, "four fields at most");
        else if (field == SC_FIELD_IP_DESTINATION ? edit_address(r, c, &f->field[f->fields].value)
                                                  : sc_count(r, c, 0, UINT32_MAX, &f->field[f->fields].value))
            f->field[f->fields++].field = field;
    }
}

static void partition(struct sc_reader *r, const struct sc_node *n, struct sc_fault *f)
{
    if (n->kind != SC_LIST || sc_children(n) != 2 || n->child->kind != SC_SCALAR || n->child->next->kind != SC_SCALAR) {
        sc_error(r->e, n, "a partition is between two hosts: partition: [a, b]");
        return;
    }
    f->host[0] = sc_need_host(r, n->child, n->child->text);
    f->host[1] = sc_need_host(r, n->child->next, n->child->next->text);
}

static void need_time(struct sc_reader *r, const struct sc_node *c, const char *key, const char *deed, sv_time *t)
{
    const struct sc_node *n = sc_member(c, key);
    if (n)
        (void)sc_time(r, n, t);
    else
        sc_error(r->e, c, "%s wants %s:", deed, key);
}

/* What the deed is done to; "last" is known too late for any. */
static void target(struct sc_reader *r, const struct sc_node *deed, struct sc_fault *f)
{
    if (f->deed == SC_CUT || f->deed == SC_PARTITION || f->deed == SC_STRAY)
        return;
    if (sc_selector_read(r, deed, &f->what) && f->what.which == SC_LAST)
        sc_error(r->e, deed, "\"last\" cannot be known before the run is over: only expectations may say it");
}

static void argument(struct sc_reader *r, const struct sc_node *c, const struct sc_node *deed, struct sc_fault *f)
{
    const struct sc_node *n;
    uint64_t value = 0;
    switch (f->deed) {
    case SC_HOLD:
        need_time(r, c, "until", "hold", &f->until);
        break;
    case SC_DELAY:
        need_time(r, c, "by", "delay", &f->by);
        break;
    case SC_DUPLICATE:
        if ((n = sc_member(c, "at")))
            (void)sc_time(r, n, &f->at);
        else
            need_time(r, c, "after", "duplicate", &f->by);
        break;
    case SC_CORRUPT:
        if ((n = sc_member(c, "bit")) && sc_count(r, n, 0, 1u << 20, &value))
            f->bit = (uint32_t)value;
        if ((n = sc_member(c, "byte")) && sc_count(r, n, 0, 65535, &value))
            f->bit = (f->bit == SV_NONE ? 0 : f->bit) + 8u * (uint32_t)value;
        break;
    case SC_PROBE:
        if (!(n = sc_member(c, "byte")))
            sc_error(r->e, c, "probe wants byte: its place in the frame, from 0");
        else if (sc_count(r, n, 0, 1517, &value))
            f->to = (uint32_t)value;
        break;
    case SC_TRUNCATE:
        if (!(n = sc_member(c, "to")))
            sc_error(r->e, c, "truncate wants to: a number of bytes");
        else if (sc_size(r, n, &value))
            f->to = (uint32_t)value;
        break;
    case SC_EDIT:
        edit_fields(r, sc_member(c, "fields"), f);
        break;
    case SC_RESET:
        sc_read_reset(r, c, f);
        break;
    case SC_STRIP:
        sc_read_strip(r, c, f);
        break;
    case SC_CUT:
        f->link = deed->kind == SC_SCALAR ? sc_need_link(r, deed, deed->text) : SV_NONE;
        break;
    case SC_PARTITION:
        partition(r, deed, f);
        break;
    case SC_STRAY:
        sc_read_stray(r, c, deed, f);
        break;
    default:
        break;
    }
    target(r, deed, f);
}

static void read_fault(struct sc_reader *r, const struct sc_node *c)
{
    struct sc_model *m = r->model;
    struct sc_fault *f = &m->fault[m->faults];
    const struct sc_node *n = sc_member(c, "id"), *deed = NULL;
    *f = (struct sc_fault){.at_node = c, .link = SV_NONE, .at = SV_NEVER, .bit = SV_NONE, .chance = SV_NONE};
    f->between[1] = SV_NEVER;
    for (uint32_t i = 0; deeds[i]; i++) {
        const struct sc_node *d = sc_member(c, deeds[i]);
        if (d && deed)
            sc_error_key(r->e, d, "one deed a fault: \"%s\" is here already", deed->key);
        if (d) {
            deed = d;
            f->deed = i;
        }
    }
    if (!deed) {
        sc_error(r->e, c,
                 "a fault has a deed: drop, hold, delay, duplicate, corrupt, truncate, edit, cut, partition, "
                 "reset, strip, probe, stray");
        return;
    }
    if (!n || n->kind != SC_SCALAR || !sc_name_ok(n->text)) {
        sc_error(r->e, n ? n : c,
                 "a fault has a name: id: late (a-z, then a-z 0-9 - _; no word that YAML takes for a value)");
        return;
    }
    f->id = n->text;
    for (uint32_t i = 0; i < m->faults; i++) {
        if (strcmp(m->fault[i].id, f->id) == 0)
            sc_error(r->e, n, "\"%s\" is the name of another fault already", f->id);
    }
    m->faults++;
    argument(r, c, deed, f);
    if ((n = sc_member(c, "chance")))
        (void)sc_chance(r, n, &f->chance);
    if ((n = sc_member(c, "one_way")))
        (void)sc_bool(r, n, &f->one_way);
    if ((n = sc_member(c, "checksums"))) {
        f->keep_checksums = n->kind == SC_SCALAR && strcmp(n->text, "keep") == 0;
        f->mend_ip_only = n->kind == SC_SCALAR && strcmp(n->text, "ip") == 0;
        if (!f->keep_checksums && !f->mend_ip_only)
            sc_error(r->e, n, "checksums: keep, or ip (only IP's own is mended, as a router would)");
    }
    if ((n = sc_member(c, "between")) && sc_between(r, n, f->between) && f->between[1] > m->until)
        sc_error(r->e, n, "faults end with until: %s is later", n->child->next->text);
    if (!n && (f->deed == SC_CUT || f->deed == SC_PARTITION))
        sc_error(r->e, c, "%s wants between: [T1, T2]", deeds[f->deed]);
}

void sc_read_faults(struct sc_reader *r, const struct sc_node *list)
{
    if (list && list->kind != SC_LIST)
        sc_error(r->e, list, "faults are a list: - {id: lost, drop: first SYN from a}");
    for (const struct sc_node *c = list && list->kind == SC_LIST ? list->child : NULL; c; c = c->next) {
        if (sc_keys(r, c, keys, "a fault"))
            read_fault(r, c);
    }
}
