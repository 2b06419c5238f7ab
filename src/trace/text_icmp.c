/* SPDX-License-Identifier: BSD-2-Clause */
/* ICMP for both families in tcpdump's words. */
#include <inttypes.h>
#include <string.h>

#include "trace/text_private.h"

/* What an error quotes: the packet that caused it. */
static const uint8_t *sv_quoted(const struct sv_line *l, uint32_t *n)
{
    *n = l->d->payload_captured;
    return l->frame + l->d->payload_at;
}

static void sv_line_v4(struct sv_line *l, const uint8_t *address)
{
    char text[48];
    sv_sink_text(l->sink, sv_dissect_address(4, address, text));
}

static void sv_line_unreachable(struct sv_line *l)
{
    static const struct {
        const char *before, *after;
    } says[] = {
        {"net ", " unreachable"},
        {"host ", " unreachable"},
        {"", " protocol"},
        {"", " port"},
        {"", " frag"},
        {"", " unreachable - source route failed"},
        {"net ", " unreachable - unknown"},
        {"host ", " unreachable - unknown"},
        {"", " unreachable - source host isolated"},
        {"net ", " unreachable - admin prohibited"},
        {"host ", " unreachable - admin prohibited"},
        {"net ", " unreachable - tos prohibited"},
        {"host ", " unreachable - tos prohibited"},
        {"host ", " unreachable - admin prohibited filter"},
        {"host ", " unreachable - host precedence violation"},
        {"host ", " unreachable - precedence cutoff"},
    };
    const struct sv_dissected *d = l->d;
    uint32_t n;
    const uint8_t *const q = sv_quoted(l, &n);
    const uint8_t code = d->icmp.code;
    if (n < 20 || code >= sizeof says / sizeof says[0]) {
        sv_sink_format(l->sink, "unreachable - code %u", code);
        l->whole = false;
        return;
    }
    sv_sink_text(l->sink, says[code].before);
    sv_line_v4(l, q + 16);
    const uint32_t header = (q[0] & 15u) * 4u;
    if (code == 2) {
        sv_sink_format(l->sink, " protocol %u unreachable", q[9]);
    } else if (code == 3) {
        const char *name = q[9] == 6 ? "tcp" : q[9] == 17 ? "udp" : NULL;
        if (!name || n < header + 4) {
            l->whole = false;
            sv_sink_format(l->sink, " protocol %u port unreachable", q[9]);
        } else {
            sv_sink_format(l->sink, " %s port %u unreachable", name, sv_get_u16(q + header + 2));
        }
    } else if (code == 4) {
        sv_sink_text(l->sink, " unreachable - need to frag");
        if (d->icmp.sequence)
            sv_sink_format(l->sink, " (mtu %u)", d->icmp.sequence);
    } else {
        sv_sink_text(l->sink, says[code].after);
    }
}

static void sv_line_redirect(struct sv_line *l)
{
    static const char *const says[] = {" to net ", " to host ", " to net ", " to host "};
    const struct sv_dissected *d = l->d;
    uint32_t n;
    const uint8_t *const q = sv_quoted(l, &n);
    if (n < 20 || d->icmp.code > 3) {
        l->whole = false;
        sv_sink_text(l->sink, "redirect");
        return;
    }
    uint8_t gateway[4];
    sv_put_u32(gateway, d->icmp.word);
    sv_sink_text(l->sink, d->icmp.code > 1 ? "redirect-tos " : "redirect ");
    sv_line_v4(l, q + 16);
    sv_sink_text(l->sink, says[d->icmp.code]);
    sv_line_v4(l, gateway);
}

static void sv_line_icmp_body(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    switch (d->icmp.type) {
    case 0:
    case 8:
        sv_sink_format(l->sink, "echo %s, id %u, seq %u", d->icmp.type ? "request" : "reply", d->icmp.id,
                       d->icmp.sequence);
        break;
    case 3:
        sv_line_unreachable(l);
        break;
    case 4:
        sv_sink_text(l->sink, "source quench");
        break;
    case 5:
        sv_line_redirect(l);
        break;
    case 10:
        sv_sink_text(l->sink, "router solicitation");
        break;
    case 11:
        if (d->icmp.code > 1)
            sv_sink_format(l->sink, "time exceeded-#%u", d->icmp.code);
        else
            sv_sink_text(l->sink, d->icmp.code ? "ip reassembly time exceeded" : "time exceeded in-transit");
        break;
    case 13:
        sv_sink_format(l->sink, "time stamp query id %u seq %u", d->icmp.id, d->icmp.sequence);
        break;
    case 17:
        sv_sink_text(l->sink, "address mask request");
        break;
    default:
        sv_sink_format(l->sink, "type-#%u", d->icmp.type);
        l->whole = false;
        break;
    }
}

void sv_line_icmp(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    if (!(d->seen & SV_SEEN_ICMP) || d->problems & SV_PROBLEM_TRANSPORT) {
        sv_sink_text(l->sink, "[|icmp]");
        l->whole = false;
        return;
    }
    sv_sink_text(l->sink, "ICMP ");
    sv_line_icmp_body(l);
    sv_sink_format(l->sink, ", length %" PRIu32, d->transport_bytes);
    if (l->o->verbose && d->checksum_state == SV_CHECKSUM_BAD)
        sv_sink_format(l->sink, " (wrong icmp cksum %x (->%x)!)", d->checksum, d->checksum_right);
    const uint8_t type = d->icmp.type;
    if (!l->o->verbose || type == 0 || (type >= 8 && type <= 10) || (type >= 13 && type <= 18))
        return;
    /* The quoted packet on a line of its own. */
    uint32_t n;
    const uint8_t *const q = sv_quoted(l, &n);
    struct sv_dissected inner;
    sv_dissect(&inner, SV_LINK_RAW, q, n, n >= 4 && sv_get_u16(q + 2) > n ? sv_get_u16(q + 2) : n);
    struct sv_line quoted = {l->o, l->flows, l->sink, &inner, q, true, !l->o->link};
    sv_sink_text(l->sink, "\n\t");
    if (inner.seen & SV_SEEN_IP4)
        sv_line_ip(&quoted);
    l->whole = l->whole && quoted.whole;
}

static const char *sv_icmp6_name(uint8_t type)
{
    switch (type) {
    case 1:
        return "destination unreachable";
    case 2:
        return "packet too big";
    case 3:
        return "time exceeded in-transit";
    case 4:
        return "parameter problem";
    case 128:
        return "echo request";
    case 129:
        return "echo reply";
    case 130:
        return "multicast listener query";
    case 131:
        return "multicast listener report";
    case 132:
        return "multicast listener done";
    case 133:
        return "router solicitation";
    case 134:
        return "router advertisement";
    case 135:
        return "neighbor solicitation";
    case 136:
        return "neighbor advertisement";
    case 137:
        return "redirect";
    case 143:
        return "multicast listener report v2";
    default:
        return NULL;
    }
}

static void sv_line_unreachable6(struct sv_line *l)
{
    static const char *const says[] = {", unreachable route ", ", unreachable prohibited ", NULL,
                                       ", unreachable address "};
    uint32_t n;
    const uint8_t *const q = sv_quoted(l, &n);
    const uint8_t code = l->d->icmp.code;
    if (n < 48 || code > 4 || code == 2) {
        l->whole = false;
        return;
    }
    if (code < 4) {
        sv_sink_text(l->sink, says[code]);
        sv_line_address(l, q + 24);
        return;
    }
    const char *name = q[6] == 6 ? "tcp" : q[6] == 17 ? "udp" : NULL;
    if (!name) {
        l->whole = false;
        return;
    }
    sv_sink_text(l->sink, ", unreachable port, ");
    sv_line_address(l, q + 24);
    sv_sink_format(l->sink, " %s port %u", name, sv_get_u16(q + 42));
}

static void sv_line_icmp6_body(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    const uint8_t *const p = l->frame + d->payload_at;
    const uint32_t n = d->payload_captured;
    switch (d->icmp.type) {
    case 1:
        sv_line_unreachable6(l);
        break;
    case 2:
        sv_sink_format(l->sink, ", mtu %" PRIu32, d->icmp.word);
        break;
    case 3:
        if (n >= 40 && d->icmp.code == 0) {
            sv_sink_text(l->sink, " for ");
            sv_line_address(l, p + 24);
        } else if (d->icmp.code == 1) {
            sv_sink_text(l->sink, " (reassembly)");
        }
        break;
    case 128:
    case 129:
        sv_sink_format(l->sink, ", id %u, seq %u", d->icmp.id, d->icmp.sequence);
        break;
    case 135:
    case 136:
        if (n < 16)
            l->whole = false;
        else {
            sv_sink_text(l->sink, d->icmp.type == 135 ? ", who has " : ", tgt is ");
            sv_line_address(l, p);
        }
        break;
    case 137:
        if (n < 32)
            l->whole = false;
        else {
            sv_sink_text(l->sink, ", ");
            sv_line_address(l, p + 16);
            sv_sink_text(l->sink, " to ");
            sv_line_address(l, p);
        }
        break;
    case 143:
        sv_sink_format(l->sink, ", %u group record(s)", d->icmp.sequence);
        break;
    case 133:
    case 134:
        break;
    default:
        l->whole = false;
        break;
    }
}

/* The link-layer address options of neighbour discovery (RFC 4861 §4.6.1), a line each. */
static void sv_line_discovery(struct sv_line *l, uint32_t at)
{
    const struct sv_dissected *d = l->d;
    const uint8_t *const p = l->frame + d->payload_at;
    const uint32_t n = d->payload_captured;
    char mac[18];
    if (d->icmp.type == 136) {
        static const char *const says[] = {"router", "solicited", "override"};
        const char *between = "";
        sv_sink_text(l->sink, ", Flags [");
        for (uint32_t i = 0; i < 3; i++) {
            if (d->icmp.word & 0x80000000u >> i) {
                sv_sink_format(l->sink, "%s%s", between, says[i]);
                between = ", ";
            }
        }
        sv_sink_text(l->sink, between[0] ? "]" : "none]");
    }
    while (at + 8 <= n && p[at + 1] == 1 && (p[at] == 1 || p[at] == 2)) {
        sv_sink_format(l->sink, "\n\t  %s link-address option (%u), length 8 (1): %s",
                       p[at] == 1 ? "source" : "destination", p[at], sv_line_mac(p + at + 2, mac));
        at += 8;
    }
    if (at < n)
        l->whole = false;
}

/* With -v the length comes before the details of neighbour discovery, and is left out elsewhere. */
static void sv_line_icmp6_verbose(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    const uint8_t type = d->icmp.type;
    if (type >= 133 && type <= 137)
        sv_sink_format(l->sink, ", length %" PRIu32, d->transport_bytes);
    sv_line_icmp6_body(l);
    if (type == 133 || type == 135 || type == 136)
        sv_line_discovery(l, type == 133 ? 0 : 16);
    else if (type >= 130)
        l->whole = false;
}

void sv_line_icmp6(struct sv_line *l)
{
    const struct sv_dissected *d = l->d;
    if (!(d->seen & SV_SEEN_ICMP6) || d->problems & SV_PROBLEM_TRANSPORT) {
        sv_sink_text(l->sink, "[|icmp6]");
        l->whole = false;
        return;
    }
    if (l->o->verbose && d->checksum_state == SV_CHECKSUM_GOOD)
        sv_sink_text(l->sink, "[icmp6 sum ok] ");
    else if (l->o->verbose && d->checksum_state == SV_CHECKSUM_BAD)
        sv_sink_format(l->sink, "[bad icmp6 cksum 0x%04x -> 0x%04x!] ", d->checksum, d->checksum_right);
    const char *name = sv_icmp6_name(d->icmp.type);
    if (name)
        sv_sink_format(l->sink, "ICMP6, %s", name);
    else
        sv_sink_format(l->sink, "ICMP6, unknown icmp6 type (%u)", d->icmp.type);
    if (l->o->verbose) {
        sv_line_icmp6_verbose(l);
        return;
    }
    sv_line_icmp6_body(l);
    sv_sink_format(l->sink, ", length %" PRIu32, d->transport_bytes);
}
