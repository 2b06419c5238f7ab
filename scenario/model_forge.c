/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments that nobody's TCP made, and crowds of connections: what the timeline says of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/model.h"

/* "301", "any", or "m1.peer+500": what the host's own connection m1 was told by its other end. */
static bool number_of(struct sc_reader *r, const struct sc_node *n, const struct sc_step *s, struct sc_number *to)
{
    char name[40];
    char *end;
    const char *text = n->kind == SC_SCALAR ? n->text : "", *dot = strstr(text, ".peer");
    if (strcmp(text, "any") == 0) {
        to->any = true;
        return true;
    }
    if (!dot) {
        uint64_t value;
        if (!sc_count(r, n, 0, UINT32_MAX, &value))
            return false;
        to->value = (uint32_t)value;
        return true;
    }
    const long long plus = dot[5] ? strtoll(dot + 5, &end, 10) : 0;
    if ((dot[5] && (*end || (dot[5] != '+' && dot[5] != '-'))) || plus > UINT32_MAX || plus < -(int64_t)UINT32_MAX ||
        (size_t)(dot - text) >= sizeof name) {
        sc_error(r->e, n, "%s is a number, any, or CONNECTION.peer+N of a connection of its own", n->key);
        return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)(dot - text), text);
    to->value = (uint32_t)plus;
    to->attempt = sc_need_attempt(r, n, name);
    if (to->attempt == SV_NONE)
        return false;
    if (r->model->attempt[to->attempt].host == s->host)
        return true;
    sc_error(r->e, n, "\"%s\" is not a connection of %s: a forger knows only what it was told itself", name,
             s->host == SV_NONE ? "this host" : r->model->host[s->host].name);
    return false;
}

static void kind_of(struct sc_reader *r, const struct sc_node *v, struct sc_forge *f)
{
    static const struct {
        const char *word;
        uint8_t flags;
    } kinds[] = {{"SYN", 2}, {"SYN,ACK", 18}, {"ACK", 16}, {"RST", 4}, {"FIN", 17}, {"data", 24}};
    for (uint32_t i = 0; v->kind == SC_SCALAR && i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(v->text, kinds[i].word) == 0) {
            f->flags = kinds[i].flags;
            return;
        }
    }
    sc_error(r->e, v, "what is forged is SYN, \"SYN,ACK\", ACK, RST, FIN or data");
}

/* With IPv4 alone: that is what the frames are written for. */
static void ends_of(struct sc_reader *r, const struct sc_node *c, struct sc_forge *f)
{
    const struct sc_node *from = sc_member(c, "from"), *to = sc_member(c, "to");
    if (!from || !to) {
        sc_error(r->e, c,
                 "a forged segment has from: (\"a:80\", or any: an address and port of nobody's) and to: \"b:80\"");
        return;
    }
    f->from_any = from->kind == SC_SCALAR && strcmp(from->text, "any") == 0;
    if ((!f->from_any && !sc_read_endpoint(r, from, &f->from)) || !sc_read_endpoint(r, to, &f->to))
        return;
    if (f->to.addr.byte[10] != 0xff || (!f->from_any && f->from.addr.byte[10] != 0xff))
        sc_error(r->e, c, "forged segments are IPv4's");
}

static void how_many(struct sc_reader *r, const struct sc_node *c, struct sc_step *s)
{
    const struct sc_node *n;
    uint64_t value;
    s->count = 1;
    if ((n = sc_member(c, "count")) && sc_count(r, n, 1, 10000000, &value))
        s->count = (uint32_t)value;
    if ((n = sc_member(c, "every")))
        (void)sc_time(r, n, &s->every);
}

void sc_read_forge(struct sc_reader *r, const struct sc_node *c, const struct sc_node *v, struct sc_step *s)
{
    struct sc_forge *f = &s->forge;
    const struct sc_node *n;
    uint64_t value;
    f->seq.attempt = f->ack.attempt = SV_NONE;
    f->window = 65535;
    kind_of(r, v, f);
    ends_of(r, c, f);
    how_many(r, c, s);
    if (s->host != SV_NONE && r->model->host[s->host].kind != SC_HOST)
        sc_error(r->e, c, "hosts forge: \"%s\" is a router", r->model->host[s->host].name);
    if ((n = sc_member(c, "seq")))
        (void)number_of(r, n, s, &f->seq);
    if ((n = sc_member(c, "ack")))
        (void)number_of(r, n, s, &f->ack);
    if ((n = sc_member(c, "seq_step")) && sc_count(r, n, 0, UINT32_MAX, &value))
        f->seq.step = (uint32_t)value;
    if ((n = sc_member(c, "ack_step")) && sc_count(r, n, 0, UINT32_MAX, &value))
        f->ack.step = (uint32_t)value;
    if ((n = sc_member(c, "window")) && sc_count(r, n, 0, 65535, &value))
        f->window = (uint16_t)value;
    if (!(n = sc_member(c, "bytes"))) {
        if (f->flags == 24)
            sc_error(r->e, c, "how much data? bytes: 100B");
    } else if (sc_size(r, n, &value) && value <= SC_FORGED_BYTES) {
        f->bytes = (uint32_t)value;
    } else {
        sc_error(r->e, n, "a forged segment carries %u bytes at most", SC_FORGED_BYTES);
    }
}

bool sc_step_is_crowd(const struct sc_node *step)
{
    return sc_member(step, "connect") && sc_member(step, "count");
}

void sc_read_crowd(struct sc_reader *r, const struct sc_node *c, struct sc_step *s)
{
    static const char *const without[] = {"from_port", "give_up", "set", NULL};
    const struct sc_node *as = sc_member(c, "as");
    for (uint32_t i = 0; without[i]; i++) {
        if (sc_member(c, without[i]))
            sc_error_key(r->e, sc_member(c, without[i]), "a crowd has no %s: its connections are all alike",
                         without[i]);
    }
    s->crowd = as && as->kind == SC_SCALAR ? sc_socket_named(r->model, as->text) : SV_NONE;
    how_many(r, c, s);
    if (!s->every)
        sc_error(r->e, c, "how often? every: 2ms");
}
