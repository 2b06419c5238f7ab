/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets of the script: to the stack, and from it. Sequence numbers of the script count from the initial ones: 1 is
 * the first byte, whatever the SYNs said. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cursor.h"
#include "drill/run.h"

#define WAIT_NS (2 * (int64_t)SV_S) /* beyond its time, for a packet that then is told to be late */
#define WAIT_LONG_NS (7200 * (int64_t)SV_S)

/* --- connections --- */

struct sv_drill_connection *sv_drill_connection_new(struct sv_drill_run *r)
{
    struct sv_drill_connection *c = calloc(1, sizeof *c);
    if (!c || r->connections == SV_DRILL_CONNECTIONS) {
        free(c);
        sv_drill_trouble(r, "more than %u connections in one script", SV_DRILL_CONNECTIONS);
        return NULL;
    }
    c->script_fd = -1;
    c->ends = (struct sv_drill_ends){r->six, r->local, r->remote, 0, 0};
    r->connection[r->connections++] = c;
    r->under = c;
    return c;
}

/* The connection between these ports, which stand in front of a line; NULL: none so far. */
static struct sv_drill_connection *between(const struct sv_drill_run *r, uint16_t local, uint16_t remote)
{
    for (uint32_t i = r->connections; i-- > 0;) {
        struct sv_drill_connection *c = r->connection[i];
        if (c->ends.local_port == local && c->ends.remote_port == remote)
            return c;
    }
    return NULL;
}

/* A packet for a listener, or for nobody at all, is the first of a new connection; so is one with ports of its own,
 * beside the connection that the script's other lines are of. */
static struct sv_drill_connection *arriving(struct sv_drill_run *r, const struct sv_drill_packet *k)
{
    const bool named = k->source_port && k->destination_port;
    struct sv_drill_connection *known = named ? between(r, k->destination_port, k->source_port) : NULL;
    if (known)
        return known;
    if (!named && r->under && r->under->stage != SV_DRILL_LISTENING)
        return r->under;
    struct sv_drill_connection *under = r->under, *c = sv_drill_connection_new(r);
    if (!c)
        return NULL;
    c->stage = SV_DRILL_ARRIVED;
    c->udp = k->protocol == SV_DRILL_UDP;
    c->ends.local_port = r->bind_port;
    c->ends.remote_port = r->next_port++;
    if (named) {
        c->ends.local_port = k->destination_port;
        c->ends.remote_port = k->source_port;
        r->next_port--;
        r->under = under;
    }
    c->script_remote_isn = c->live_remote_isn = k->seq.low;
    return c;
}

static uint32_t to_live_local(const struct sv_drill_connection *c, bool syn)
{
    return c->live_local_isn - (syn ? c->script_local_isn : 0);
}

static uint32_t to_live_remote(const struct sv_drill_connection *c, bool syn)
{
    return c->live_remote_isn - (syn ? c->script_remote_isn : 0);
}

/* --- to the stack --- */

/* TSecr names a TSval that the stack sent. */
static bool live_ecr(struct sv_drill_run *r, const struct sv_drill_connection *c, struct sv_drill_option *o)
{
    const uint32_t wanted = o->value[1].low;
    for (uint32_t i = c->stamps < SV_DRILL_STAMPS ? c->stamps : SV_DRILL_STAMPS; i-- > 0;) {
        if (c->stamp[i][0] == wanted) {
            o->value[1].low = o->value[1].high = c->stamp[i][1];
            return true;
        }
    }
    if (r->ecr_scaled && c->has_stamp) {
        o->value[1].low = o->value[1].high = wanted - c->first_script_ts + c->first_live_ts;
        return true;
    }
    sv_drill_trouble(r, "ecr %u: no packet of the stack's before had that TSval", wanted);
    return false;
}

static bool live_options(struct sv_drill_run *r, const struct sv_drill_connection *c, struct sv_drill_packet *k)
{
    for (uint32_t i = 0; i < k->options; i++) {
        struct sv_drill_option *o = &k->option[i];
        if (o->undefined) {
            sv_drill_trouble(r, "\"%s\" is no bytes in hex, and no --define says what it stands for", o->undefined);
            return false;
        }
        if (o->kind == SV_DRILL_MD5 && o->valid) {
            sv_drill_trouble(r, "md5 valid: no secret is agreed on here, the bytes must be told");
            return false;
        }
        if (o->kind == SV_DRILL_TS && (k->flags & SV_DRILL_ACK) && !o->absolute && !live_ecr(r, c, o))
            return false;
        for (uint32_t v = 0; o->kind == SV_DRILL_SACK && v < 2u * o->count; v++)
            o->value[v].low = o->value[v].high = o->value[v].low + to_live_local(c, false);
    }
    return true;
}

static void deliver(struct sv_drill_run *r, const struct sv_drill_packet *k, const struct sv_drill_ends *ends)
{
    char why[160] = "";
    const size_t n = sv_drill_write(k, ends, r->packet, why, sizeof why);
    if (!n) {
        sv_drill_trouble(r, "%s", why);
        return;
    }
    if (r->settings->packet)
        r->settings->packet(r->settings->ctx, sv_posix_now(r->posix) - r->zero, false, r->packet, n, r->event->line);
    const int error = sv_posix_packet_in(r->posix, r->packet, n);
    if (error)
        sv_drill_trouble(r, "the stack takes no such packet: %s", strerror(-error));
    sv_drill_retry_call(r);
}

static void send_packet(struct sv_drill_run *r, const struct sv_drill_packet *script)
{
    struct sv_drill_option options[SV_DRILL_OPTIONS];
    struct sv_drill_packet k = *script;
    struct sv_drill_connection *c = k.protocol == SV_DRILL_TCP ? arriving(r, &k)
                                    : r->under                 ? r->under
                                                               : arriving(r, &k);
    const bool syn = k.flags & SV_DRILL_SYN;
    if (!c)
        return;
    if (k.flags & SV_DRILL_RST || (syn && !(k.flags & SV_DRILL_ACK) && k.seq.low != c->script_remote_isn))
        c->over = true;
    if (c->stage == SV_DRILL_SYNACK_SENT && (k.flags & SV_DRILL_ACK)) {
        c->stage = SV_DRILL_OPENED;
    } else if (c->stage == SV_DRILL_SYN_SENT && syn) {
        c->stage = k.flags & SV_DRILL_ACK ? SV_DRILL_SYN_ACKED : SV_DRILL_SYN_SENT;
        c->script_remote_isn = c->live_remote_isn = k.seq.low;
    }
    if (k.options)
        memcpy(options, k.option, k.options * sizeof options[0]);
    k.option = options;
    if (!k.absolute)
        k.seq.low += to_live_remote(c, syn);
    if (k.flags & SV_DRILL_ACK)
        k.ack.low += to_live_local(c, syn);
    k.quoted_seq += to_live_local(c, false);
    if (live_options(r, c, &k))
        deliver(r, &k, &c->ends);
}

/* --- from the stack --- */

bool sv_drill_take_packet(struct sv_drill_run *r, struct sv_drill_seen *seen)
{
    size_t n = SV_DRILL_PACKET_BYTES;
    sv_time when = 0;
    *seen = (struct sv_drill_seen){.at = 0};
    const int got = sv_posix_packet_out(r->posix, r->packet, &n, &when);
    if (got < 0)
        sv_drill_trouble(r, "a packet of the stack's that is longer than %u bytes", SV_DRILL_PACKET_BYTES);
    if (got <= 0)
        return false;
    if (r->settings->packet)
        r->settings->packet(r->settings->ctx, when - r->zero, true, r->packet, n, r->event ? r->event->line : 0);
    seen->at = when - r->zero;
    sv_drill_read(r->packet, n, seen);
    return true;
}

static bool same_address(const struct sv_addr *a, const struct sv_addr *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Whether a packet is of the connection that the script speaks of; others (of the link's management, of other ports)
 * are passed over, as packetdrill does. */
static bool is_ours(struct sv_drill_run *r, struct sv_drill_connection *c, const struct sv_drill_packet *want,
                    const struct sv_drill_seen *s)
{
    if (!same_address(&s->destination, &c->ends.remote))
        return false;
    if (s->protocol != SV_DRILL_TCP && s->protocol != SV_DRILL_UDP)
        return want->protocol == SV_DRILL_ICMP;
    if (want->source_port || want->destination_port)
        return (!want->source_port || want->source_port == s->source_port) &&
               (!want->destination_port || want->destination_port == s->destination_port);
    if (c->ends.local_port == 0 && s->destination_port == r->connect_port) {
        /* Our own SYN or first datagram tells which port was chosen. */
        if (s->protocol == SV_DRILL_TCP && !(s->flags & SV_DRILL_SYN))
            return false;
        c->ends.local_port = s->source_port;
        c->ends.local = s->source;
        c->live_local_isn = s->seq;
    }
    return s->source_port == c->ends.local_port && s->destination_port == c->ends.remote_port;
}

static void map_options(struct sv_drill_seen *s, uint32_t remote)
{
    struct sv_drill_tlv o;
    bool broken;
    for (uint32_t at = 0; sv_drill_next_option(s, &at, &o, &broken);) {
        for (uint32_t i = 0; o.kind == SV_DRILL_SACK && i + 6 <= o.length; i += 4) {
            uint8_t *edge = s->option + (o.data - s->option) + i;
            sv_put_u32(edge, sv_get_u32(edge) - remote);
        }
    }
}

/* Live numbers become the script's. */
static void map_seen(struct sv_drill_connection *c, const struct sv_drill_packet *want, struct sv_drill_seen *s)
{
    const bool syn = s->flags & SV_DRILL_SYN;
    const bool answers = want->protocol == SV_DRILL_TCP && (want->flags & SV_DRILL_SYN) && (want->flags & SV_DRILL_ACK);
    if (answers && (c->stage == SV_DRILL_ARRIVED || (c->over && syn))) {
        c->script_local_isn = want->seq.low;
        c->live_local_isn = s->seq;
        c->stage = SV_DRILL_SYNACK_SENT;
        c->over = false;
    }
    c->over = c->over || s->flags & SV_DRILL_RST;
    if (!want->absolute)
        s->seq -= to_live_local(c, syn);
    if (s->flags & SV_DRILL_ACK)
        s->ack -= to_live_remote(c, syn);
    map_options(s, to_live_remote(c, syn));
}

/* What the script calls this packet's TSval is remembered, and the packet's is told in its terms. */
static void map_stamp(struct sv_drill_connection *c, const struct sv_drill_packet *want, struct sv_drill_seen *s)
{
    const uint8_t *at = sv_drill_timestamps(s);
    const struct sv_drill_option *o = NULL;
    for (uint32_t i = 0; i < want->options; i++)
        o = want->option[i].kind == SV_DRILL_TS ? &want->option[i] : o;
    if (!at || !o || !o->value[0].given || o->value[0].any)
        return;
    uint8_t *to = s->option + (at - s->option);
    const uint32_t live = sv_get_u32(to), script = o->value[0].low;
    uint32_t *stamp = c->stamp[c->stamps++ % SV_DRILL_STAMPS];
    stamp[0] = script;
    stamp[1] = live;
    if (!c->has_stamp) {
        c->has_stamp = true;
        c->first_script_ts = script;
        c->first_live_ts = live;
    }
    sv_put_u32(to, c->first_script_ts + (live - c->first_live_ts));
}

static void mismatch(struct sv_drill_run *r, const struct sv_drill_seen *seen, uint32_t n)
{
    struct sv_line_text t = sv_text_of(r->report->seen, sizeof r->report->seen);
    (void)snprintf(r->report->wanted, sizeof r->report->wanted, "%.6f %s", (double)r->at_ns / 1e9,
                   strpbrk(r->event->source, "<>"));
    for (uint32_t i = 0; i < n; i++) {
        char text[512];
        sv_drill_describe(&seen[i], text, sizeof text);
        sv_text_format(&t, "%s%.6f %s", i ? "\n" : "", (double)seen[i].at / 1e9, text);
    }
    if (n == 0)
        sv_text_format(&t, "nothing until %.6f", (double)sv_drill_script_now(r) / 1e9);
}

/* The next packet of this connection, waited for; false: none came in time. */
static bool await(struct sv_drill_run *r, struct sv_drill_connection *c, const struct sv_drill_packet *want,
                  struct sv_drill_seen *s)
{
    const int64_t limit = r->event->time == SV_DRILL_WHENEVER    ? sv_drill_script_now(r) + WAIT_LONG_NS
                          : r->until_ns > sv_drill_script_now(r) ? r->until_ns + WAIT_NS
                                                                 : sv_drill_script_now(r) + WAIT_NS;
    for (;;) {
        sv_drill_pass(r, limit, true);
        if (!sv_drill_take_packet(r, s))
            return false;
        if (is_ours(r, c, want, s))
            break;
        if (r->settings->strict && s->protocol == SV_DRILL_TCP) {
            sv_drill_trouble(r, "a packet of another connection than this line's");
            mismatch(r, s, 1);
            return false;
        }
    }
    map_seen(c, want, s);
    return true;
}

static struct sv_drill_connection *expecting(struct sv_drill_run *r, const struct sv_drill_packet *want)
{
    struct sv_drill_connection *named =
        want->source_port && want->destination_port ? between(r, want->source_port, want->destination_port) : NULL;
    struct sv_drill_connection *c = named ? named : r->under;
    const bool opens = (want->flags & SV_DRILL_SYN) && !(want->flags & SV_DRILL_ACK);
    if (!c || c->stage == SV_DRILL_LISTENING) {
        sv_drill_trouble(r, "there is no connection yet that this packet could be of");
        return NULL;
    }
    if (want->protocol == SV_DRILL_TCP && opens && c->stage == SV_DRILL_CONNECTING) {
        c->stage = SV_DRILL_SYN_SENT;
        c->script_local_isn = want->seq.low;
    }
    return c;
}

#define PIECES 64u

/* Gathers what makes one packet of the script: several segments may. The count; 0: failed. */
static uint32_t gather(struct sv_drill_run *r, struct sv_drill_connection *c, const struct sv_drill_packet *want,
                       struct sv_drill_seen *piece)
{
    char why[160];
    uint32_t n = 0, bytes = 0;
    do {
        if (n == PIECES || !await(r, c, want, &piece[n])) {
            sv_drill_trouble(r, n ? "a part of the packet does not come" : "the packet does not come");
            mismatch(r, piece, n);
            return 0;
        }
        const struct sv_drill_seen *s = &piece[n++];
        bytes += s->length;
        if (n > 1 && !sv_drill_continues(&piece[n - 2], s, why, sizeof why)) {
            sv_drill_trouble(r, "%s", why);
            mismatch(r, piece, n);
            return 0;
        }
        if (n > 1 && bytes < want->length && s->length != piece[n - 2].length) {
            sv_drill_trouble(r, "the segments that make it differ in length");
            mismatch(r, piece, n);
            return 0;
        }
        if (s->length == 0 || s->protocol != want->protocol || r->strict_segments)
            break;
    } while (bytes < want->length);
    return n;
}

static void receive_packet(struct sv_drill_run *r, const struct sv_drill_packet *want)
{
    struct sv_drill_seen piece[PIECES], whole;
    struct sv_drill_connection *c = expecting(r, want);
    char why[160] = "";
    const uint32_t n = c ? gather(r, c, want, piece) : 0;
    if (n == 0)
        return;
    /* The last speaks for all, but for where it begins and CWR. */
    whole = piece[n - 1];
    whole.seq = piece[0].seq;
    whole.flags = (uint16_t)((whole.flags & ~SV_DRILL_CWR) | (piece[0].flags & SV_DRILL_CWR));
    for (uint32_t i = 0; i + 1 < n; i++) {
        whole.length += piece[i].length;
        whole.zeros = whole.zeros && piece[i].zeros;
        whole.wrong = whole.wrong ? whole.wrong : piece[i].wrong;
    }
    struct sv_drill_rules rules = {.check_ecr = r->settings->strict,
                                   .any_order = r->settings->any_order || r->freebsd,
                                   .any_window = r->freebsd,
                                   .ts_tick_ns = r->ts_tick_ns};
    rules.ts_slack_ns = sv_drill_tolerance(r, r->at_ns, 0);
    memcpy(rules.flow_label, c->flow_label, sizeof rules.flow_label);
    map_stamp(c, want, &whole);
    if (!sv_drill_match(want, &whole, &rules, why, sizeof why)) {
        if (r->packets_may_differ)
            return;
        sv_drill_trouble(r, "%s", why);
        mismatch(r, n == 1 ? &whole : piece, n);
        return;
    }
    memcpy(c->flow_label, rules.flow_label, sizeof c->flow_label);
    if (r->event->time != SV_DRILL_WHENEVER &&
        !sv_drill_on_time(r, "the packet left", r->at_ns, r->until_ns, r->last ? r->last_at_ns : 0, (int64_t)whole.at))
        mismatch(r, piece, n);
}

void sv_drill_run_packet(struct sv_drill_run *r)
{
    if (r->event->of.packet->outbound)
        receive_packet(r, r->event->of.packet);
    else
        send_packet(r, r->event->of.packet);
}
