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

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void put(const char *format, ...)
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

static void cannot(const char *why)
{
    if (!sv_script.why)
        sv_script.why = why;
}

static void put_time(sv_time at)
{
    const sv_time us = (at - sv_script.zero) / SV_US;
    put("%7u.%06u ", (uint32_t)(us / 1000000u), (uint32_t)(us % 1000000u));
}

/* --- before everything --- */

static const char *unsayable(const struct sv_exchange *x)
{
    if (x->two_ends)
        return "two connections in one conversation";
    if (x->deferred)
        return "a listener that asks before it answers";
    if (x->teach || x->handshake || x->flaws || x->taught_scale)
        return "a stack that does something wrong on purpose";
    if (x->no_neighbour)
        return "a neighbour that does not answer";
    if (x->half_open || x->time_waits || x->recv_buffer || x->send_buffer || x->backlog)
        return "tables or buffers of another size";
    if (x->fastopen)
        return "Fast Open's cookies";
    return NULL;
}

static uint32_t profile_of(const struct sv_exchange *x)
{
    return x->modern ? SV_PROFILE_MODERN : x->profile ? x->profile - 1u : SV_PROFILE_RFC;
}

void sv_script_begin(const struct sv_exchange *x, sv_time zero)
{
    sv_script.zero = zero;
    sv_script.length = 0;
    sv_script.fd = 3;
    sv_script.next_fd = 3;
    sv_script.stamps = sv_script.burst_segments = 0;
    sv_script.why = unsayable(x);
    text[0] = 0;
    put("`sysctl -q net.ipv4.tcp_rmem=\"2048 32768 32768\""); /* a window of 16,384 */
    for (uint32_t i = 0; i < 2 && x->knob[i][0]; i++)
        put(" net.ipv4.%s=\"%s\"", x->knob[i][0], x->knob[i][1]);
    if (x->congestion)
        put(" net.ipv4.tcp_congestion_control=%s", sv_congestion_name((enum sv_congestion)x->congestion));
    put("`\n");
    if (x->ecn)
        cannot("ECN chosen for the stack");
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

/* What the peer echoes must be a timestamp of ours. */
static void echo(uint32_t ts, uint32_t ecr, bool ours)
{
    if (ours && sv_script.stamps < SV_SCRIPT_STAMPS)
        sv_script.stamp[sv_script.stamps++] = ts;
    for (uint32_t i = 0; i < sv_script.stamps; i++)
        if (ours || sv_script.stamp[i] == ecr)
            return;
    if (!ours && (ecr || sv_script.stamps))
        cannot("an echo of a timestamp that was never sent");
}

/* Options as they stand on the wire; SACK's numbers count from `isn`. */
static void put_options(const uint8_t *p, uint32_t n, uint32_t isn)
{
    const char *between = " <";
    for (uint32_t i = 0; i < n;) {
        const uint32_t length = p[i] < 2 ? 1u : i + 1u < n ? p[i + 1u] : 0;
        if (!length || i + length > n || (p[i] >= 2 && length < 2)) {
            cannot("an option that runs over the header");
            return;
        }
        put("%s", between);
        between = ",";
        if (p[i] < 2)
            put("%s", p[i] ? "nop" : "eol");
        else if (p[i] == 2 && length == 4)
            put("mss %u", (uint32_t)p[i + 2] << 8 | p[i + 3]);
        else if (p[i] == 3 && length == 3)
            put("wscale %u", p[i + 2]);
        else if (p[i] == 4 && length == 2)
            put("sackOK");
        else if (p[i] == 8 && length == 10)
            put("TS val %u ecr %u", get32(p + i + 2), get32(p + i + 6));
        else if (p[i] == 5 && length % 8u == 2) {
            put("sack");
            for (uint32_t k = i + 2u; k < i + length; k += 8u)
                put(" %u:%u", get32(p + k) - isn, get32(p + k + 4) - isn);
        } else {
            put("bytes ");
            for (uint32_t k = i; k < i + length; k++)
                put("%02x", p[k]);
        }
        i += length;
    }
    if (n)
        put(">");
}

/* What leaves at one instant is one super-frame to a device that cuts by itself, and timed as one. */
static void burst(const struct sv_seen *s, bool ours)
{
    if (!ours && s->flags & ACK && sv_script.burst_segments > 1 &&
        s->ack - sv_script.burst_start - 1u < sv_script.burst_end - sv_script.burst_start - 1u)
        cannot("an acknowledgement that splits what left as one super-frame");
    if (!ours || !s->length)
        return;
    if (s->at != sv_script.burst_at || s->seq != sv_script.burst_end || !sv_script.burst_segments) {
        sv_script.burst_at = s->at;
        sv_script.burst_start = s->seq;
        sv_script.burst_segments = 0;
    }
    sv_script.burst_end = s->seq + s->length;
    sv_script.burst_segments++;
}

void sv_script_packet(const struct sv_talk *t, const struct sv_line *l, const struct sv_seen *s, bool ours)
{
    static const char *const ecn[] = {"[noecn] ", "[ect1] ", "[ect0] ", "[ce] "};
    char flags[16];
    const uint32_t mine = ours ? t->our_isn : t->peer_isn, other = ours ? t->peer_isn : t->our_isn;
    if (!sv_script.folder)
        return;
    if (l->to || l->fresh)
        cannot("a second pair of ports, or a connection that follows another");
    if (!ours && s->flags & SYN && s->seq != t->peer_isn)
        cannot("a SYN of the peer's with another number");
    if (l->bad)
        cannot("a wrong checksum");
    if ((s->options & O_FAST) || (l->options & O_FAST))
        cannot("Fast Open's cookies");
    if (!t->know_our_isn && s->flags & ACK && !ours)
        cannot("an acknowledgement before any number of ours is known");
    burst(s, ours);
    put_time(s->at);
    put("%c %s%s ", ours ? '>' : '<', ours ? "" : ecn[s->ecn], flags_of(s->flags, flags));
    put("%u:%u(%u)", s->seq - mine, s->seq - mine + s->length, s->length);
    if (s->flags & ACK)
        put(" ack %u", s->ack - other);
    if (!ours || l->win)
        put(" win %u", s->window);
    if (s->flags & URG || s->urgent)
        put(" urg %u", s->urgent);
    put_options(s->raw, s->raw_length, other);
    if (s->options & O_TS)
        echo(s->ts, s->ecr, ours);
    put("\n");
}

/* --- calls --- */

static const char *option_name(uint32_t option)
{
    switch (option) {
    case SV_OPT_NODELAY:
        return "TCP_NODELAY";
    case SV_OPT_USER_TIMEOUT_MS:
        return "TCP_USER_TIMEOUT";
    default:
        return NULL;
    }
}

static void put_open(const struct sv_line *l, sv_time now, enum sv_err error)
{
    if (error != SV_OK || l->seq || sv_script.next_fd != 3)
        cannot("a second socket");
    sv_script.fd = sv_script.next_fd++;
    put_time(now);
    put("socket(..., SOCK_STREAM, IPPROTO_TCP) = %d\n", sv_script.fd);
    put("   +0 fcntl(%d, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n", sv_script.fd);
    if (l->flags == CONNECT)
        put("   +0 connect(%d, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n", sv_script.fd);
    else
        put("   +0 bind(%d, ..., ...) = 0\n   +0 listen(%d, 16) = 0\n", sv_script.fd, sv_script.fd);
}

static void put_moved(const char *call, const struct sv_line *l, enum sv_err error, size_t done)
{
    put("%s(%d, ..., %u) = ", call, sv_script.fd, l->seq);
    if (error == SV_OK)
        put("%u\n", (uint32_t)done);
    else if (error == SV_ERR_AGAIN)
        put("-1 EAGAIN (Resource temporarily unavailable)\n");
    else
        put("*\n"); /* each interface has its own words for the end */
}

void sv_script_call(const struct sv_line *l, sv_time now, enum sv_err error, size_t done, enum sv_tcp_state state)
{
    if (!sv_script.folder)
        return;
    if ((l->flags == CLOSE || l->flags == SHUTDOWN) && state == SV_SYN_RECEIVED)
        cannot("close() or shutdown() before the handshake is over: sockets reset there");
    if (l->flags == LISTEN || l->flags == CONNECT) {
        put_open(l, now, error);
        return;
    }
    put_time(now);
    switch (l->flags) {
    case ACCEPT:
        if (error == SV_OK) {
            put("accept(3, ..., ...) = %d\n   +0 fcntl(%d, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n", sv_script.next_fd,
                sv_script.next_fd);
            sv_script.fd = sv_script.next_fd++;
        } else {
            put("accept(3, ..., ...) = %s\n",
                error == SV_ERR_AGAIN ? "-1 EAGAIN (Resource temporarily unavailable)" : "*");
        }
        break;
    case SEND:
        put_moved("write", l, error, done);
        break;
    case RECV:
        put_moved("read", l, error, done);
        break;
    case SHUTDOWN:
        put("shutdown(%d, SHUT_WR) = %s\n", sv_script.fd, error == SV_OK ? "0" : "*");
        break;
    case ABORT:
        put("setsockopt(%d, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0\n   +0 ", sv_script.fd);
        put("close(%d) = 0\n", sv_script.fd);
        break;
    case CLOSE:
        put("close(%d) = 0\n", sv_script.fd);
        break;
    case CLOSE_LISTENER:
        put("close(3) = 0\n");
        break;
    case SET:
        if (option_name(l->seq))
            put("setsockopt(%d, SOL_TCP, %s, [%u], 4) = 0\n", sv_script.fd, option_name(l->seq), l->ack);
        else
            cannot("an option that sockets do not have so");
        break;
    default:
        cannot("a call that sockets do not have");
        break;
    }
}

void sv_script_cannot(const char *why)
{
    cannot(why);
}

/* --- the end --- */

static void count_why(const char *why)
{
    uint32_t i = 0;
    while (i < SV_SCRIPT_REASONS - 1u && sv_script.reason[i].why && strcmp(sv_script.reason[i].why, why) != 0)
        i++;
    sv_script.reason[i].why = why;
    sv_script.reason[i].count++;
}

void sv_script_end(const struct sv_exchange *x, enum sv_tcp_state start)
{
    static const char *const profiles[] = {"modern", "linux", "rfc", "tiny"};
    char path[512];
    if (!sv_script.folder)
        return;
    if (sv_script.why) {
        count_why(sv_script.why);
        return;
    }
    snprintf(path, sizeof path, "%s/%s/%s-%s-%s.pkt", sv_script.folder, profiles[profile_of(x)], sv_script.group,
             x->name, sv_tcp_state_name(start));
    FILE *file = fopen(path, "w");
    if (!file || fwrite(text, 1, sv_script.length, file) != sv_script.length || fclose(file) != 0) {
        fprintf(stderr, "%s: cannot be written\n", path);
        exit(1);
    }
    sv_script.written++;
}

void sv_script_summary(FILE *to)
{
    uint32_t all = sv_script.written;
    for (uint32_t i = 0; i < SV_SCRIPT_REASONS && sv_script.reason[i].why; i++)
        all += sv_script.reason[i].count;
    fprintf(to, "%u conversations, %u written\n", all, sv_script.written);
    for (uint32_t i = 0; i < SV_SCRIPT_REASONS && sv_script.reason[i].why; i++)
        fprintf(to, "%6u not: %s\n", sv_script.reason[i].count, sv_script.reason[i].why);
}
