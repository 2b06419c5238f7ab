/* SPDX-License-Identifier: BSD-2-Clause */
/* Urgent data, RFC 9293 §3.8.5 and §3.10.7.4 (sixth) as RFC 6093 reads them: until the urgent byte is acknowledged each
 * segment before its end points there; and the application over there is told once that something urgent comes. */
#include "core/seq.h"
#include "scenario/lawful.h"
#include "trace/dissect.h"

enum { SYN = 2, RST = 4, URG = 32 };

static struct sc_lawful *side_of(struct sc_run *run, const struct sc_conn *c)
{
    return run->lawful && c->endpoint != SV_NONE ? sc_lawful_side(run, &run->endpoint[c->endpoint]) : NULL;
}

void sc_lawful_urges(struct sc_run *run, const struct sc_conn *c)
{
    sc_observe(run);
    struct sc_lawful *s = side_of(run, c);
    if (!s)
        return;
    s->urgent.sends = true;
    s->urgent.to = s->iss + 1u + (uint32_t)c->written + 1u;
}

void sc_lawful_urgent_sent(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const struct sc_lawful_urgent *u = &s->urgent;
    const uint32_t ahead = u->to - d->tcp.seq;
    const bool points = d->tcp.flags & URG;
    if (d->tcp.flags & (SYN | RST) || sc_flawed(run, s->host, SC_URGENT_POINTER))
        return;
    if (points && (!u->sends || d->tcp.urgent != ahead))
        sc_lawful_breach(run, s->host, "points at urgent data where there is none (RFC 6093 §3)");
    if (!points && u->sends && sv_seq_before(s->acked, u->to) && sv_seq_after(u->to, d->tcp.seq) && ahead < 65536u)
        sc_lawful_breach(run, s->host, "says nothing of urgent data that is not acknowledged (RFC 9293 §3.8.5)");
}

/* What the application has read. */
static const struct sc_conn *reader_of(const struct sc_run *run, const struct sc_lawful *s)
{
    const struct sc_endpoint *e = s->endpoint ? &run->endpoint[s->endpoint - 1u] : NULL;
    const struct sc_conn *c = e && e->conn != SV_NONE ? &run->conn[e->conn] : NULL;
    return c && c->open && c->host == s->host && e->iss == s->iss ? c : NULL;
}

void sc_lawful_urgent_came(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d,
                           enum sc_lawful_fate fate)
{
    struct sc_lawful_urgent *u = &s->urgent;
    const uint32_t up = d->tcp.seq + d->tcp.urgent;
    if (!(d->tcp.flags & URG) || d->tcp.flags & (SYN | RST) || !d->tcp.urgent || sv_seq_before_or_at(up, s->told))
        return;
    if (u->told && sv_seq_before_or_at(up, u->up))
        return; /* it has been told of that */
    const bool listens = s->state == SV_ESTABLISHED || s->state == SV_FIN_WAIT_1 || s->state == SV_FIN_WAIT_2;
    const struct sc_conn *c = reader_of(run, s);
    const bool calm =
        !u->may && !u->doubtful &&
        (!u->told || (c && s->irs + 1u + (uint32_t)c->read == s->told && sv_seq_before_or_at(u->up, s->told)));
    u->may = true;
    if (fate != SC_LAWFUL_TAKEN || !listens || s->phase != SC_PHASE_SYNCHRONIZED || !calm || !c) {
        u->doubtful = true;
        return;
    }
    u->due = u->told = true;
    u->up = up;
    u->at = run->now;
    u->count = c->urgents;
}

void sc_lawful_urged(struct sc_run *run, const struct sc_conn *c)
{
    struct sc_lawful *s = side_of(run, c);
    if (!s)
        return;
    if (!s->urgent.may)
        sc_lawful_breach(run, s->host,
                         "tells of urgent data, and none was announced, or it was told of it before "
                         "(RFC 9293 §3.10.7.4, sixth)");
    s->urgent.may = false;
}

void sc_lawful_urgent_due(struct sc_run *run, struct sc_lawful *s)
{
    struct sc_lawful_urgent *u = &s->urgent;
    if (!u->due || run->now <= u->at + SV_MS)
        return;
    const struct sc_conn *c = reader_of(run, s);
    u->due = false;
    if (c && c->urgents == u->count && !run->down[s->host])
        sc_lawful_breach(run, s->host, "does not tell its application of urgent data (RFC 9293 §3.10.7.4, sixth)");
}
