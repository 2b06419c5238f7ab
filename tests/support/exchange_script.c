/* SPDX-License-Identifier: BSD-2-Clause */
/* A conversation as a packet script: what was said, in packetdrill's language, for `seven drill` and for other stacks.
 * What the language, or the socket interface, has no words for is named: such a conversation is not written. */
#include "tests/support/exchange_script.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT_BYTES 65536u

struct sv_script sv_script;
static char text[SCRIPT_BYTES];

void sv_script_put(const char *format, ...)
{
    va_list args;
    if (!sv_script.folder)
        return;
    va_start(args, format);
    const int n = vsnprintf(text + sv_script.length, sizeof text - sv_script.length, format, args);
    va_end(args);
    if (n > 0 && sv_script.length + (size_t)n < sizeof text)
        sv_script.length += (size_t)n;
    else
        sv_script.why = "it is too long";
}

void sv_script_cannot(const char *why)
{
    if (!sv_script.why)
        sv_script.why = why;
}

void sv_script_put_time(sv_time at)
{
    const sv_time us = (at - sv_script.zero) / SV_US;
    sv_script_put("%7u.%06u ", (uint32_t)(us / 1000000u), (uint32_t)(us % 1000000u));
}

/* --- before everything --- */

static const char *unsayable(const struct sv_exchange *x)
{
    if (x->deferred)
        return "a listener that asks before it answers: sockets have no such";
    if (x->teach || x->handshake || x->flaws || x->taught_scale)
        return "a stack that does something wrong on purpose";
    if (x->no_neighbour)
        return "a neighbour that does not answer: there is no link below a script";
    if (x->send_buffer)
        return "a send buffer counted in bytes: sockets count memory";
    if (x->half_open || x->time_waits)
        return "tables of another size";
    return NULL;
}

static uint32_t profile_of(const struct sv_exchange *x)
{
    return x->modern ? SV_PROFILE_MODERN : x->profile ? x->profile - 1u : SV_PROFILE_RFC;
}

/* tcp_ecn of enum sv_ecn_mode. */
static uint32_t ecn_number(uint32_t mode)
{
    static const uint8_t numbers[] = {[SV_ECN_NEVER] = 0,
                                      [SV_ECN_ASK] = 1,
                                      [SV_ECN_ACCEPT] = 2,
                                      [SV_ECN_ACCURATE] = 3,
                                      [SV_ECN_ACCEPT_ACCURATE_ASK] = 4,
                                      [SV_ECN_ACCEPT_ACCURATE] = 5};
    return numbers[mode];
}

void sv_script_begin(const struct sv_exchange *x, sv_time zero)
{
    static const struct sv_script_ends none = {.stage = SV_SCRIPT_NOTHING};
    /* Half of the first buffer is window, up to 65,535 of it at first. */
    const uint32_t window = x->recv_buffer ? x->recv_buffer : 16384, buffer = window > 65535 ? window : 2u * window;
    sv_script.zero = zero;
    sv_script.length = 0;
    sv_script.x = x;
    sv_script.fd = 3;
    sv_script.next_fd = 3;
    sv_script.stamps = 0;
    sv_script.more = sv_script.urgent = sv_script.scaled = false;
    sv_script.ends[0] = sv_script.ends[1] = none;
    sv_script.why = unsayable(x);
    text[0] = 0;
    if (x->fastopen) /* its cookies are of addresses */
        sv_script_put(sv_exchange_six ? "--local_ip=fd00::1\n--remote_ip=fd00::2\n"
                                      : "--local_ip=10.0.0.1\n--remote_ip=10.0.0.2\n");
    /* The device does not cut what it gets. */
    sv_script_put("`ethtool -K tun0 tso off gso off\nsysctl -q net.ipv4.tcp_rmem=\"2048 %u %u\"", buffer, buffer);
    for (uint32_t i = 0; i < 2 && x->knob[i][0]; i++)
        sv_script_put(" net.ipv4.%s=\"%s\"", x->knob[i][0], x->knob[i][1]);
    if (x->congestion)
        sv_script_put(" net.ipv4.tcp_congestion_control=%s", sv_congestion_name((enum sv_congestion)x->congestion));
    if (x->ecn)
        sv_script_put(" net.ipv4.tcp_ecn=%u", ecn_number(x->ecn));
    sv_script_put("`\n");
}

/* --- packets --- */

static const char *flags_of(uint32_t flags, char to[16])
{
    static const struct {
        uint16_t bit;
        char name;
    } names[] = {{FIN, 'F'}, {SYN, 'S'}, {RST, 'R'}, {PSH, 'P'}, {URG, 'U'},
                 {ECE, 'E'}, {CWR, 'W'}, {AE, 'A'},  {ACK, '.'}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (flags & names[i].bit)
            to[n++] = names[i].name;
    if (!n)
        to[n++] = '-';
    to[n] = 0;
    return to;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What the peer echoes is a timestamp of ours, or what would have been one at another time, or none. */
static void put_echo(const struct sv_line *l, uint32_t ts, uint32_t ecr, bool ours)
{
    bool known = ours || !ecr;
    if (ours && sv_script.stamps < SV_SCRIPT_STAMPS)
        sv_script.stamp[sv_script.stamps++] = ts;
    for (uint32_t i = 0; i < sv_script.stamps; i++)
        known = known || sv_script.stamp[i] == ecr;
    if (!known && (l->options & O_ECR_AT))
        sv_script.scaled = true;
    else if (!known)
        sv_script_cannot("an echo of a number that is no timestamp of ours");
    sv_script_put("TS val %u ecr %u%s", ts, ecr, !ours && !ecr && l->flags & ACK ? "!" : "");
}

static void put_bytes(const uint8_t *p, uint32_t n)
{
    sv_script_put("bytes ");
    for (uint32_t i = 0; i < n; i++)
        sv_script_put("%02x", p[i]);
}

/* Fast Open's cookie, which may be empty: the question for one. */
static void put_cookie(const uint8_t *p, uint32_t n)
{
    sv_script_put(n ? "FO " : "FO");
    for (uint32_t i = 0; i < n; i++)
        sv_script_put("%02x", p[i]);
}

/* Options as they stand on the wire; SACK's numbers count from `isn`. */
static void put_options(const struct sv_line *l, const uint8_t *p, uint32_t n, uint32_t isn, bool ours)
{
    const char *between = " <";
    for (uint32_t i = 0; i < n;) {
        const uint32_t length = p[i] < 2 ? 1u : i + 1u < n ? p[i + 1u] : 0;
        sv_script_put("%s", between);
        between = ",";
        if (!length || i + length > n || (p[i] >= 2 && length < 2)) { /* it runs over the header */
            put_bytes(p + i, n - i);
            break;
        }
        if (p[i] < 2)
            sv_script_put("%s", p[i] ? "nop" : "eol");
        else if (p[i] == 2 && length == 4)
            sv_script_put("mss %u", (uint32_t)p[i + 2] << 8 | p[i + 3]);
        else if (p[i] == 3 && length == 3)
            sv_script_put("wscale %u", p[i + 2]);
        else if (p[i] == 4 && length == 2)
            sv_script_put("sackOK");
        else if (p[i] == 8 && length == 10)
            put_echo(l, get32(p + i + 2), get32(p + i + 6), ours);
        else if (p[i] == 5 && length % 8u == 2) {
            sv_script_put("sack");
            for (uint32_t k = i + 2u; k < i + length; k += 8u)
                sv_script_put(" %u:%u", get32(p + k) - isn, get32(p + k + 4) - isn);
        } else if (p[i] == 34) {
            put_cookie(p + i + 2, length - 2u);
        } else {
            put_bytes(p + i, length);
        }
        i += length;
    }
    if (n)
        sv_script_put(">");
}

/* How a script counts the peer's numbers. A SYN has the number that stands there; all else counts from the number of
 * the connection's first packet, or, where we call, from the peer's SYN up to the one that answers ours. */
static void place(struct sv_script_ends *e, const struct sv_talk *t, const struct sv_seen *s)
{
    const bool syn = s->flags & SYN;
    if (e->stage == SV_SCRIPT_NOTHING) {
        e->base = syn ? s->seq : t->peer_isn;
        e->first = s->seq - t->peer_isn;
        e->stage = SV_SCRIPT_PLACED;
    } else if (e->stage == SV_SCRIPT_CALLING && syn) {
        e->base = s->seq;
        e->first = s->seq - t->peer_isn;
        e->stage = s->flags & ACK ? SV_SCRIPT_PLACED : SV_SCRIPT_CALLING;
    }
}

/* Our SYN went out: the peer's numbers begin with its own. */
static void call_out(struct sv_script_ends *e, const struct sv_talk *t, const struct sv_seen *s)
{
    if ((s->flags & SYN) && !(s->flags & ACK) && e->stage == SV_SCRIPT_NOTHING)
        *e = (struct sv_script_ends){.stage = SV_SCRIPT_CALLING, .base = t->peer_isn};
}

static void put_in_front(const struct sv_line *l, const struct sv_seen *s, bool ours)
{
    static const char *const ecn[] = {"[noecn] ", "[ect1] ", "[ect0] ", "[ce] "};
    if (l->bad)
        sv_script_put("[%.*s,badsum] ", (int)strcspn(ecn[s->ecn] + 1, "]"), ecn[s->ecn] + 1);
    else if (!ours || l->ecn)
        sv_script_put("%s", ecn[s->ecn]);
    const uint32_t port = l->to == 2 ? 8081u : 8080u; /* our other port, or the peer's second */
    if (l->to)
        sv_script_put("%u > %u ", ours ? port : 40000u, ours ? 40000u : port);
}

void sv_script_packet(const struct sv_talk *t, const struct sv_line *l, const struct sv_seen *s, bool ours)
{
    char flags[16];
    struct sv_script_ends *e = &sv_script.ends[l->to ? 1 : 0];
    if (!sv_script.folder)
        return;
    if (ours)
        call_out(e, t, s);
    else
        place(e, t, s);
    /* SYNs count by themselves. */
    const uint32_t peer = s->flags & SYN ? e->base - e->first : e->base;
    const uint32_t mine = ours ? t->our_isn : peer, other = ours ? peer : t->our_isn;
    sv_script_put_time(s->at);
    sv_script_put("%c ", ours ? '>' : '<');
    put_in_front(l, s, ours);
    sv_script_put("%s %u:%u(%u)", flags_of(s->flags, flags), s->seq - mine, s->seq - mine + s->length, s->length);
    if (s->flags & ACK)
        sv_script_put(" ack %u", s->ack - other);
    if (!ours || l->win)
        sv_script_put(" win %u", s->window);
    if (s->flags & URG || s->urgent)
        sv_script_put(" urg %u", s->urgent);
    put_options(l, s->raw, s->raw_length, other, ours);
    sv_script_put("\n");
}

/* ICMP's words are those of IPv4 and of IPv6. */
void sv_script_icmp(const struct sv_talk *t, const struct sv_line *l, sv_time now)
{
    static const char *const types[] = {[3] = "unreachable",
                                        [4] = "source_quench",
                                        [5] = "redirect",
                                        [11] = "time_exceeded",
                                        [12] = "parameter_problem"};
    const uint32_t type = l->flags >> 8, code = l->flags & 255u, header = 40;
    const uint32_t length = l->len ? l->len - header : 1460u - header;
    const uint32_t seq = t->our_base + l->seq - t->our_isn;
    if (!sv_script.folder)
        return;
    if (sv_exchange_six || type >= sizeof types / sizeof types[0] || !types[type]) {
        sv_script_cannot("an ICMP error that has no name");
        return;
    }
    sv_script_put_time(now);
    sv_script_put("< icmp %s code_%u", types[type], code);
    if (l->ack)
        sv_script_put(" mtu %u", l->ack);
    sv_script_put(" [%u:%u(%u)]\n", seq, seq + length, length);
}

/* --- the end --- */

static void note_unsaid(const struct sv_exchange *x, enum sv_tcp_state start)
{
    if (sv_script.unsaid < SV_SCRIPT_UNSAID)
        sv_script.not_said[sv_script.unsaid] =
            (struct sv_script_unsaid){sv_script.group, x->name, start, sv_script.why};
    sv_script.unsaid++;
}

void sv_script_end(const struct sv_exchange *x, enum sv_tcp_state start)
{
    static const char *const profiles[] = {"modern", "linux", "rfc", "tiny"};
    char path[512];
    if (!sv_script.folder)
        return;
    if (sv_script.why) {
        note_unsaid(x, start);
        return;
    }
    sv_script.written++;
    if (!sv_script.folder[0])
        return;
    snprintf(path, sizeof path, "%s/%s/%s-%s-%s.pkt", sv_script.folder, profiles[profile_of(x)], sv_script.group,
             x->name, sv_tcp_state_name(start));
    FILE *file = fopen(path, "w");
    if (file && sv_script.scaled)
        fprintf(file, "--tcp_ts_ecr_scaled\n");
    if (!file || fwrite(text, 1, sv_script.length, file) != sv_script.length || fclose(file) != 0) {
        fprintf(stderr, "%s: cannot be written\n", path);
        exit(1);
    }
}

void sv_script_summary(FILE *to)
{
    fprintf(to, "%u conversations, %u written\n", sv_script.written + sv_script.unsaid, sv_script.written);
    for (uint32_t i = 0; i < sv_script.unsaid && i < SV_SCRIPT_UNSAID; i++) {
        const struct sv_script_unsaid *u = &sv_script.not_said[i];
        fprintf(to, "  not %s/%s from %s: %s\n", u->group, u->name, sv_tcp_state_name(u->start), u->why);
    }
}

/* Those of one name that differ only in where they begin stand behind each other: one row. */
void sv_script_table(FILE *to)
{
    fprintf(to,
            "\n## As packet scripts\n\n%u of these %u conversations can be said in packetdrill's language (`exchange "
            "--scripts FOLDER`), and `seven drill`\nplays them; the others cannot:\n\n| conversation | why not "
            "|\n|---|---|\n",
            sv_script.written, sv_script.written + sv_script.unsaid);
    for (uint32_t i = 0; i < sv_script.unsaid && i < SV_SCRIPT_UNSAID; i++) {
        const struct sv_script_unsaid *u = &sv_script.not_said[i];
        if (!i || strcmp(u[-1].name, u->name) != 0)
            fprintf(to, "| %s/%s | %s |\n", u->group, u->name, u->why);
    }
}
