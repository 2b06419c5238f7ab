/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked of a segment that an end sends, and of its silence. Each rule names where it stands. */
#include "core/seq.h"
#include "scenario/lawful.h"
#include "trace/dissect.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* RFC 9293 §3.8.6.3: an acknowledgement waits less than half a second. */
#define ACK_LATEST (510u * SV_MS)
/* RFC 6298 §2.5: a timeout is never held below a minute; nobody here has more than two. */
#define SILENCE_MOST (150u * SV_S)
/* RFC 6928 §2, the largest first flight, RFC 3042's two, and a probe of the tail (RFC 8985 §7.3). */
#define FIRST_SEGMENTS 13u

static uint32_t scale_of(const struct sc_lawful *s)
{
    return s->own.scales && s->peer.scales ? s->own.scale : 0;
}

/* The acknowledgement: of what has come, never less than before, never more than was offered (§3.4, §3.10.7.4). */
static void acknowledges(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const uint32_t ack = d->tcp.ack;
    for (uint32_t i = 0; !s->agreed && i < SC_LAWFUL_SYNS && i < s->syns; i++) { /* the last that came */
        const struct sc_lawful_syn *syn = &s->syn[(s->syns - 1u - i) % SC_LAWFUL_SYNS];
        if (syn->seq + 1u == ack)
            sc_lawful_agree(s, syn);
    }
    if (!s->agreed) {
        sc_lawful_breach(run, s->host, "acknowledges %u: no SYN with the number before it came (RFC 9293 §3.5)", ack);
        return;
    }
    if (sv_seq_after(ack, s->came) && !s->ranges_full)
        sc_lawful_breach(run, s->host, "acknowledges %u bytes that never came (RFC 9293 §3.4)", ack - s->came);
    if (sv_seq_before(ack, s->told))
        sc_lawful_breach(run, s->host, "acknowledges %u bytes less than before (RFC 9293 §3.4)", s->told - ack);
    if (sv_seq_after(ack, s->edge + 1u))
        sc_lawful_breach(run, s->host, "took %u bytes beyond the window that it had offered (RFC 9293 §3.10.7.4)",
                         ack - s->edge);
    if (s->finished && ack != s->came && !s->ranges_full)
        sc_lawful_breach(run, s->host, "has taken the FIN, and acknowledges %u bytes less (RFC 9293 §3.10.7.4, eighth)",
                         s->came - ack);
    if (s->takes && sv_seq_before(ack, s->takes_to))
        sc_lawful_breach(run, s->host,
                         "acknowledges %u bytes less than it must have taken (RFC 9293 §3.10.7.4, seventh)",
                         s->takes_to - ack);
    s->takes = false;
    if (sv_seq_after(ack, s->told))
        s->told = ack;
    if (s->told == s->came || !s->over)
        s->owed = SV_NEVER;
}

/* The window: its right edge stays or moves right; scaling may hide less than one unit (RFC 9293 §3.8.6, 7323 §2.4). */
static void offers(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const uint32_t scale = d->tcp.flags & SYN ? 0 : scale_of(s), unit = (1u << scale) - 1u;
    const uint32_t edge = d->tcp.ack + ((uint32_t)d->tcp.window << scale);
    if (s->windowed && sv_seq_before(edge + unit, s->edge) && !s->fin_came && !(d->tcp.flags & SYN))
        sc_lawful_breach(run, s->host, "took back %u bytes of the window that it had offered (RFC 9293 §3.8.6)",
                         s->edge - edge);
    s->windowed = s->windowed || !(d->tcp.flags & SYN);
    if (!s->windowed || sv_seq_after(edge, s->edge))
        s->edge = edge;
}

/* Blocks: of what has come (RFC 2018 §3, RFC 2883). Options that were not agreed upon (RFC 7323 §1.3, §3.2). */
static void options(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const struct sv_tcp_options *o = &d->tcp.options;
    const bool stamps = s->own.stamps && s->peer.stamps, sacks = s->own.sacks && s->peer.sacks;
    if (d->tcp.flags & SYN) {
        if (d->tcp.flags & ACK && ((o->has_scale && !s->peer.scales) || (o->has_timestamp && !s->peer.stamps) ||
                                   (o->sack_permitted && !s->peer.sacks)))
            sc_lawful_breach(run, s->host, "agrees to an option that was not offered (RFC 7323 §1.3)");
        return;
    }
    if (o->has_timestamp && !stamps)
        sc_lawful_breach(run, s->host, "sends timestamps that were not agreed upon (RFC 7323 §3.2)");
    if (!o->has_timestamp && stamps)
        sc_lawful_breach(run, s->host, "sends no timestamp, though they were agreed upon (RFC 7323 §3.2)");
    if (o->sacks && !sacks)
        sc_lawful_breach(run, s->host, "sends SACK blocks that were not agreed upon (RFC 2018 §2)");
    for (uint32_t i = 0; i < o->sacks && i < 4u && !s->ranges_full; i++) {
        const uint32_t a = o->sack[i][0], b = o->sack[i][1];
        bool held = b - s->came - 1u >= 1u << 30; /* before what came, or too far away to be said so */
        for (uint32_t k = 0; k < s->ranges && !held; k++)
            held = sv_seq_before_or_at(s->range[k][0], a) && sv_seq_before_or_at(b, s->range[k][1]);
        if (!held || !sv_seq_before(a, b))
            sc_lawful_breach(run, s->host, "tells by SACK of bytes that never came (RFC 2018 §3)");
    }
    if (stamps && o->has_timestamp && s->stamped && sv_seq_before(o->ts_value, s->stamp))
        sc_lawful_breach(run, s->host, "turns its timestamps back (RFC 7323 §4.1)");
    if (stamps && o->has_timestamp && s->stamp_known && sv_seq_after(o->ts_echo, s->stamp_came))
        sc_lawful_breach(run, s->host, "echoes a timestamp that never came (RFC 7323 §3.2)");
    if (stamps && o->has_timestamp && s->echoes && sv_seq_before(o->ts_echo, s->echoes_least))
        sc_lawful_breach(run, s->host, "echoes an older timestamp than that of what it has taken (RFC 7323 §4.3)");
    s->echoes = false;
    if (o->sacks && !s->twice && sv_seq_before_or_at(o->sack[0][1], d->tcp.ack))
        sc_lawful_breach(run, s->host, "tells by SACK of what came twice, and nothing did (RFC 2883 §4)");
    s->stamped = s->stamped || (bool)o->has_timestamp;
    s->stamp = o->has_timestamp ? o->ts_value : s->stamp;
}

/* What is sent: no hole, no more than the segment and the window that the peer told, nothing behind the FIN. */
static void sends(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const uint32_t seq = d->tcp.seq, n = d->payload_bytes, fin = d->tcp.flags & FIN ? 1u : 0;
    const uint32_t end = seq + n + fin;
    if (sv_seq_after(seq, s->sent))
        sc_lawful_breach(run, s->host, "leaves %u bytes out that it has never sent (RFC 9293 §3.4)", seq - s->sent);
    if (n && n + d->tcp.header_bytes - 20u > s->peer.mss)
        sc_lawful_breach(run, s->host,
                         "sends %u bytes and %u of options in one segment, and the peer takes %u "
                         "(RFC 9293 §3.7.1)",
                         n, d->tcp.header_bytes - 20u, s->peer.mss);
    if (n && !s->strayed && sv_seq_after(seq + n, s->window_end + (n == 1u ? 1u : 0)))
        sc_lawful_breach(run, s->host, "sends %u bytes beyond the window (RFC 9293 §3.8.6)", seq + n - s->window_end);
    if (n && sv_seq_before_or_at(seq + n, s->surely))
        sc_lawful_breach(run, s->host, "sends again what was acknowledged (RFC 9293 §3.8.1)");
    if (s->fin_sent && ((n && sv_seq_after(seq + n, s->fin_at)) || (fin && seq + n != s->fin_at)))
        sc_lawful_breach(run, s->host, "sends data behind its FIN, or the FIN elsewhere (RFC 9293 §3.6)");
    if (fin && !s->fin_sent) {
        s->fin_sent = true;
        s->fin_at = seq + n;
    }
    if (s->acked == s->iss + 1u && n && !s->repeated &&
        end - s->acked > FIRST_SEGMENTS * (s->peer.mss > 1460u ? s->peer.mss : 1460u))
        sc_lawful_breach(run, s->host, "sends %u bytes before anything is acknowledged (RFC 6928 §2)", end - s->acked);
    if (n + fin && sv_seq_before_or_at(end, s->sent))
        s->again_sent++;
    if (sv_seq_after(end, s->sent))
        s->sent = end;
}

/* Into silence the same is sent ever more rarely (RFC 6298 §5.5): so many times in that time, if each wait is twice the
 * one before it; RTO and probe of the tail may come before the first, and what waited for a neighbour together. */
static void repeats(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const sv_time now = sc_lawful_now(run, s->host);
    const bool first = s->again_n == 0 || d->tcp.seq != s->again_at;
    if (first) {
        s->again_at = d->tcp.seq;
        s->again_since = now;
        s->again_n = 1;
        return;
    }
    uint32_t allowed = 5;
    for (sv_time wait = 150u * SV_MS, sum = wait; sum < now - s->again_since; allowed++) {
        wait = wait < 48u * SV_S ? 2u * wait : wait;
        sum += wait;
    }
    if (++s->again_n > allowed)
        sc_lawful_breach(run, s->host, "sends the same %u times in %.3f s into silence (RFC 6298 §5.5)", s->again_n,
                         (double)(now - s->again_since) / 1e9);
}

void sc_lawful_rules_sent(struct sc_run *run, struct sc_lawful *s, const struct sv_dissected *d)
{
    const uint32_t flags = d->tcp.flags;
    const bool takes = d->payload_bytes || flags & (SYN | FIN);
    if (d->checksum_state == SV_CHECKSUM_BAD || d->problems & SV_PROBLEM_IP_CHECKSUM)
        sc_lawful_breach(run, s->host, "sends a wrong checksum (RFC 9293 §3.1)");
    if (flags & RST && !s->over && s->agreed && d->tcp.seq && sv_seq_after(d->tcp.seq, s->sent))
        sc_lawful_breach(run, s->host, "resets with a number %u beyond what it has sent (RFC 9293 §3.5.2)",
                         d->tcp.seq - s->sent);
    if (flags & RST) { /* there is no connection here, or no longer */
        s->over = s->reset_left = true;
        s->owed = s->flight = s->reset_due = s->waits = SV_NEVER;
        return;
    }
    sc_lawful_rules_time(run, s);
    sc_lawful_timing_sent(run, s, d);
    if (flags & ACK)
        acknowledges(run, s, d);
    if (flags & SYN)
        s->sent = sv_seq_after(s->sent, s->iss) ? s->sent : s->iss + 1u;
    if (!s->agreed) {
        if (takes)
            repeats(run, s, d);
        return;
    }
    if (flags & ACK)
        offers(run, s, d);
    options(run, s, d);
    sc_lawful_urgent_sent(run, s, d);
    if (!(flags & SYN))
        sends(run, s, d);
    if (takes)
        repeats(run, s, d);
    s->flight = s->acked == s->sent || s->acked == s->iss ? SV_NEVER : sc_lawful_now(run, s->host);
}

/* Less than a quarter of the buffer is taken by what was written, since a write that did not go in whole. */
static bool has_room(const struct sc_run *run, const struct sc_lawful *s, const struct sc_conn *c)
{
    const struct sc_knobs *set = &run->set[s->host];
    const uint64_t gone = s->acked - s->iss - 1u;
    return set->given >> SC_SEND_BUFFER & 1u && c->written >= gone && c->written < c->to_write &&
           c->written - gone < set->value[SC_SEND_BUFFER] / 4u;
}

/* What its application should have been told: of bytes and an end that were acknowledged, of room for more. */
static const char *kept_from(const struct sc_run *run, const struct sc_lawful *s)
{
    const struct sc_endpoint *e = s->endpoint ? &run->endpoint[s->endpoint - 1u] : NULL;
    const struct sc_conn *c = e && e->conn != SV_NONE ? &run->conn[e->conn] : NULL;
    const uint64_t there = s->told - s->irs - 1u - (s->finished ? 1u : 0u);
    if (!c || !c->open || c->server != (e->attempt == SV_NONE))
        return NULL;
    const bool reads = !c->want_close && !c->rate && !c->read_stop && c->serve.app != SC_MUTE && !c->echo;
    if (reads && c->read < there)
        return "bytes that it acknowledged";
    if (reads && s->finished && !c->peer_done)
        return "the end of the stream";
    if (c->connected && c->refused && !s->fin_sent && has_room(run, s, c))
        return "room in its buffer again";
    if (s->acked == s->sent && c->connected && c->written < c->to_write && c->written == s->sent - s->iss - 1u)
        return "room for more to send";
    return NULL;
}

/* What is owed, and what silence says. */
void sc_lawful_rules_time(struct sc_run *run, struct sc_lawful *s)
{
    const sv_time now = sc_lawful_now(run, s->host);
    if (s->spoke && s->reset_due != SV_NEVER && now > s->reset_due + SV_S) {
        sc_lawful_breach(run, s->host, "was aborted, and sent no reset (RFC 9293 §3.10.5)");
        s->reset_due = SV_NEVER;
    }
    if (s->over || !s->spoke || !s->agreed)
        return;
    sc_lawful_timing_shut(run, s);
    const char *kept = kept_from(run, s);
    if (kept && s->waits != SV_NEVER && now > s->waits + SV_S)
        sc_lawful_breach(run, s->host, "has not told its application for %.3f s of %s (RFC 9293 §3.9.1)",
                         (double)(now - s->waits) / 1e9, kept);
    s->waits = !kept ? SV_NEVER : s->waits == SV_NEVER ? now : s->waits;
    const sv_time asked = run->lawful->host[s->host].asked; /* for its neighbour's address: nothing can leave then */
    if (s->owed != SV_NEVER && asked + 3u * SV_S > s->owed) /* asked in vain, it is not asked again for a second */
        s->owed = SV_NEVER;
    if (s->flight != SV_NEVER && asked > s->flight)
        s->flight = now;
    if (s->owed != SV_NEVER && now > s->owed + ACK_LATEST) {
        sc_lawful_breach(run, s->host, "has not acknowledged for %.3f s what came (RFC 9293 §3.8.6.3)",
                         (double)(now - s->owed) / 1e9);
        s->owed = SV_NEVER;
    }
    if (s->flight != SV_NEVER && now > s->flight + SILENCE_MOST) {
        sc_lawful_breach(run, s->host, "has said nothing for %.0f s, and %u bytes are not acknowledged (RFC 6298 §5.1)",
                         (double)(now - s->flight) / 1e9, s->sent - s->acked);
        s->flight = SV_NEVER;
    }
}
