/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS over UDP (RFC 1035 §4) in tcpdump's words: `4660+ A? example.com. (29)`. */
#include <inttypes.h>
#include <string.h>

#include "trace/text_private.h"

struct sv_domain {
    const uint8_t *start;
    size_t n, at;
    bool bad;
};

static const char *sv_domain_type(uint16_t type)
{
    static const struct {
        uint16_t number;
        const char *name;
    } names[] = {{1, "A"},   {2, "NS"},     {5, "CNAME"}, {6, "SOA"},     {12, "PTR"},   {13, "HINFO"},
                 {15, "MX"}, {16, "TXT"},   {28, "AAAA"}, {33, "SRV"},    {35, "NAPTR"}, {41, "OPT"},
                 {43, "DS"}, {46, "RRSIG"}, {47, "NSEC"}, {48, "DNSKEY"}, {252, "AXFR"}, {255, "ANY"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == type)
            return names[i].name;
    return NULL;
}

static uint16_t sv_domain_u16(struct sv_domain *m)
{
    if (m->n - m->at < 2) {
        m->bad = true;
        return 0;
    }
    m->at += 2;
    return sv_get_u16(m->start + m->at - 2);
}

static void sv_domain_label(struct sv_line_text *out, const uint8_t *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (p[i] >= 0x80)
            sv_text_format(out, "M-%s%c", (p[i] & 0x7f) < 0x20 ? "^" : "",
                           (p[i] & 0x7f) < 0x20 ? (p[i] & 0x7f) | 0x40 : p[i] & 0x7f);
        else if (p[i] < 0x20 || p[i] == 0x7f)
            sv_text_format(out, "^%c", p[i] ^ 0x40);
        else
            sv_text_format(out, "%c", p[i]);
}

/* A name at the cursor, compression followed (each pointer must go back, so it ends). */
static void sv_domain_name(struct sv_domain *m, struct sv_line_text *out)
{
    size_t at = m->at, least = m->at;
    bool jumped = false;
    for (;;) {
        if (at >= m->n) {
            m->bad = true;
            return;
        }
        const uint8_t length = m->start[at];
        if (length == 0) {
            at++;
            break;
        }
        if ((length & 0xc0) == 0xc0 && at + 1 < m->n) {
            const size_t to = sv_get_u16(m->start + at) & 0x3fffu;
            if (!jumped)
                m->at = at + 2;
            jumped = true;
            if (to >= least) {
                m->bad = true;
                return;
            }
            at = least = to;
            continue;
        }
        if (length & 0xc0 || at + 1 + length > m->n) {
            m->bad = true;
            return;
        }
        sv_domain_label(out, m->start + at + 1, length);
        sv_text_put(out, ".", 1);
        at += 1u + length;
    }
    if (out->used == 0)
        sv_text_put(out, ".", 1);
    if (!jumped)
        m->at = at;
}

static void sv_domain_number(struct sv_line *l, uint16_t type)
{
    const char *name = sv_domain_type(type);
    if (name)
        sv_sink_format(l->sink, "%s", name);
    else
        sv_sink_format(l->sink, "Type%u", type);
    l->whole = l->whole && name;
}

static void sv_domain_question(struct sv_line *l, struct sv_domain *m)
{
    char room[600];
    struct sv_line_text name = sv_text_of(room, sizeof room);
    sv_domain_name(m, &name);
    const uint16_t type = sv_domain_u16(m), class = sv_domain_u16(m);
    if (m->bad)
        return;
    sv_sink_text(l->sink, " ");
    sv_domain_number(l, type);
    if (class & 0x8000u || class != 1)
        l->whole = false;
    sv_sink_format(l->sink, "? %s", room);
}

static void sv_domain_data(struct sv_line *l, struct sv_domain *m, uint16_t type, size_t length)
{
    char room[600], address[48];
    struct sv_line_text name = sv_text_of(room, sizeof room);
    const uint8_t *const p = m->start + m->at;
    struct sv_domain inner = *m;
    switch (type) {
    case 1:
        if (length == 4)
            sv_sink_format(l->sink, " %s", sv_dissect_address(4, p, address));
        break;
    case 28:
        if (length == 16)
            sv_sink_format(l->sink, " %s", sv_dissect_address(6, p, address));
        break;
    case 2:
    case 5:
    case 12:
        sv_domain_name(&inner, &name);
        sv_sink_format(l->sink, " %s", room);
        break;
    case 15:
        if (length < 3)
            break;
        inner.at += 2;
        sv_domain_name(&inner, &name);
        sv_sink_format(l->sink, " %s %u", room, sv_get_u16(p));
        break;
    case 6:
        break; /* -v says more */
    default:
        l->whole = false;
        break;
    }
    m->bad = m->bad || inner.bad;
}

static void sv_domain_answer(struct sv_line *l, struct sv_domain *m)
{
    char room[600];
    struct sv_line_text name = sv_text_of(room, sizeof room);
    sv_domain_name(m, &name);
    const uint16_t type = sv_domain_u16(m), class = sv_domain_u16(m);
    sv_domain_u16(m);
    sv_domain_u16(m);
    const size_t length = sv_domain_u16(m);
    if (m->bad || m->n - m->at < length) {
        m->bad = true;
        return;
    }
    sv_sink_text(l->sink, " ");
    if (class != 1)
        l->whole = false;
    sv_domain_number(l, type);
    sv_domain_data(l, m, type, length);
    m->at += length;
}

static void sv_domain_response(struct sv_line *l, struct sv_domain *m, const uint16_t count[4], uint16_t flags)
{
    static const char *const codes[] = {"", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused"};
    const uint16_t code = flags & 15u;
    if (code >= sizeof codes / sizeof codes[0])
        l->whole = false;
    sv_sink_format(l->sink, "%s%s%s%s%s", code < 6 ? codes[code] : " Resp", flags & 0x0400u ? "*" : "",
                   flags & 0x0080u ? "" : "-", flags & 0x0200u ? "|" : "", flags & 0x0020u ? "$" : "");
    if (count[0] != 1) {
        if (count[0])
            sv_sink_format(l->sink, " [%uq]", count[0]);
        l->whole = l->whole && count[0] == 0;
    }
    for (uint32_t i = 0; i < count[0] && !m->bad; i++) {
        char room[600];
        struct sv_line_text name = sv_text_of(room, sizeof room);
        sv_domain_name(m, &name);
        m->at += 4;
        m->bad = m->bad || m->at > m->n;
    }
    sv_sink_format(l->sink, " %u/%u/%u", count[1], count[2], count[3]);
    for (uint32_t i = 0; i < count[1] && !m->bad; i++) {
        if (i)
            sv_sink_text(l->sink, ",");
        sv_domain_answer(l, m);
    }
}

void sv_line_domain(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    struct sv_domain m = {l->frame + d->payload_at, d->payload_captured, 0, false};
    uint16_t head[6];
    for (uint32_t i = 0; i < 6; i++)
        head[i] = sv_domain_u16(&m);
    if (m.bad || l->o->verbose) {
        sv_sink_format(l->sink, "UDP, length %" PRIu32, d->payload_bytes);
        l->whole = false;
        return;
    }
    const uint16_t flags = head[1], *const count = head + 2;
    sv_sink_format(l->sink, "%u", head[0]);
    if (flags & 0x7800u)
        l->whole = false;
    if (flags & 0x8000u) {
        sv_domain_response(l, &m, count, flags);
    } else {
        sv_sink_format(l->sink, "%s%s", flags & 0x0100u ? "+" : "", flags & 0x0010u ? "%" : "");
        if (count[1])
            sv_sink_format(l->sink, " [%ua]", count[1]);
        if (count[2])
            sv_sink_format(l->sink, " [%un]", count[2]);
        if (count[3])
            sv_sink_format(l->sink, " [%uau]", count[3]);
        if (count[0] != 1)
            l->whole = false;
        for (uint32_t i = 0; i < count[0] && !m.bad; i++)
            sv_domain_question(l, &m);
    }
    if (m.bad)
        l->whole = false;
    sv_sink_format(l->sink, " (%" PRIu32 ")", d->payload_bytes);
}
