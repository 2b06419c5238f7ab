/* SPDX-License-Identifier: BSD-2-Clause */
/* A frame as selectors see it, and what is remembered of each flow to tell an original from a repetition. */
#include <string.h>

#include "scenario/run.h"
#include "trace/dissect.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static struct sv_addr address(const struct sv_dissected *d, const uint8_t bytes[16])
{
    struct sv_addr a;
    if (d->ip.version == 4)
        return sv_addr_v4(bytes[0], bytes[1], bytes[2], bytes[3]);
    memcpy(a.byte, bytes, 16);
    return a;
}

static void kinds_of_tcp(const struct sv_dissected *d, struct sc_packet *p)
{
    const uint32_t flags = d->tcp.flags;
    p->tcp = true;
    p->seq = d->tcp.seq;
    p->ack = d->tcp.ack;
    p->window = d->tcp.window;
    p->flags = flags;
    p->length = d->payload_bytes;
    p->urgent = d->tcp.urgent;
    p->mss = d->tcp.options.has_mss ? d->tcp.options.mss : 0;
    p->kinds |= 1u << SC_SEGMENT;
    if (p->length)
        p->kinds |= 1u << SC_DATA;
    if (flags & FIN)
        p->kinds |= 1u << SC_FIN;
    if (flags & RST)
        p->kinds |= 1u << SC_RST;
    else if ((flags & (SYN | ACK)) == SYN)
        p->kinds |= 1u << SC_SYN;
    else if ((flags & (SYN | ACK)) == (SYN | ACK))
        p->kinds |= 1u << SC_SYN_ACK;
    else if ((flags & (ACK | FIN)) == ACK && !p->length)
        p->kinds |= 1u << SC_ACK;
}

bool sc_parse(const uint8_t *bytes, uint32_t n, uint32_t length, struct sc_packet *p, struct sv_endpoint *from,
              struct sv_endpoint *to)
{
    struct sv_dissected d;
    memset(p, 0, sizeof *p);
    p->from = p->to = p->attempt = p->socket = p->link = p->forger = p->pretends = SV_NONE;
    p->icmp_type = p->icmp_code = p->arp_op = -1;
    p->kinds = 1u << SC_FRAME;
    sv_dissect(&d, SV_LINK_ETHERNET, bytes, n, length);
    for (uint32_t i = 0; i < 12 && n >= 12; i++)
        p->mac[i / 6u] = p->mac[i / 6u] << 8 | bytes[i];
    static const uint8_t bpdu[6] = {0x01, 0x80, 0xc2, 0, 0, 0};
    if (length >= 14 && memcmp(bytes, bpdu, 6) == 0)
        p->kinds |= 1u << SC_BPDU;
    if (d.seen & SV_SEEN_ARP) {
        p->kinds |= 1u << SC_ARP;
        p->arp_op = (int16_t)d.arp.operation;
        if (d.arp.ip4) {
            from->addr = sv_addr_v4(d.arp.sender[0], d.arp.sender[1], d.arp.sender[2], d.arp.sender[3]);
            to->addr = sv_addr_v4(d.arp.target[0], d.arp.target[1], d.arp.target[2], d.arp.target[3]);
        }
    }
    if (!(d.seen & (SV_SEEN_IP4 | SV_SEEN_IP6)))
        return (d.seen & SV_SEEN_ARP) != 0;
    p->kinds |= 1u << SC_PACKET;
    p->bytes = d.ip.total_bytes;
    p->ttl = d.ip.ttl;
    p->tos = d.ip.traffic_class;
    p->six = d.ip.version == 6;
    from->addr = address(&d, d.ip.from);
    to->addr = address(&d, d.ip.to);
    from->port = p->source_port = d.port_from;
    to->port = p->destination_port = d.port_to;
    if (d.seen & SV_SEEN_FRAGMENT)
        p->kinds |= 1u << SC_FRAGMENT;
    if (d.seen & SV_SEEN_UDP) {
        uint32_t socket;
        p->kinds |= 1u << SC_DATAGRAM;
        p->length = d.payload_bytes;
        p->number = sc_datagram_number(bytes + d.payload_at, d.payload_captured, &socket);
    }
    if (d.seen & (SV_SEEN_ICMP | SV_SEEN_ICMP6)) {
        p->kinds |= 1u << SC_ICMP;
        p->icmp_type = d.icmp.type;
        p->icmp_code = d.icmp.code;
    }
    if (d.seen & SV_SEEN_TCP)
        kinds_of_tcp(&d, p);
    return true;
}

/* --- flows --- */

static bool same(const struct sv_endpoint *a, const struct sv_endpoint *b)
{
    return a->port == b->port && memcmp(&a->addr, &b->addr, sizeof a->addr) == 0;
}

/* Where it is, or would be: NULL when all are used. */
static struct sc_track *track_slot(const struct sc_tracks *t, const struct sv_endpoint *from,
                                   const struct sv_endpoint *to)
{
    uint64_t word[4];
    memcpy(word, from->addr.byte, 16);
    memcpy(word + 2, to->addr.byte, 16);
    word[1] = (word[1] ^ word[1] >> 32 ^ word[0] * 31u) * 0x9e3779b97f4a7c15ull;
    word[3] = (word[3] ^ word[3] >> 32 ^ word[2] * 31u ^ word[1] >> 29) * 0x9e3779b97f4a7c15ull;
    const uint64_t mixed = (word[3] ^ word[3] >> 31 ^ (uint64_t)from->port << 16 ^ to->port) * 0x9e3779b97f4a7c15ull;
    uint32_t at = (uint32_t)(mixed >> 32);
    for (uint32_t tries = 0; tries < t->n; tries++, at++) {
        struct sc_track *k = &t->track[at & (t->n - 1u)];
        if (!k->used || (same(&k->from, from) && same(&k->to, to)))
            return k;
    }
    return NULL;
}

static struct sc_track *track_find(const struct sc_tracks *t, const struct sv_endpoint *from,
                                   const struct sv_endpoint *to)
{
    struct sc_track *k = track_slot(t, from, to);
    return k && k->used ? k : NULL;
}

static struct sc_track *track_of(struct sc_tracks *t, const struct sv_endpoint *from, const struct sv_endpoint *to,
                                 bool make)
{
    struct sc_track *k = track_slot(t, from, to);
    if (k && !k->used && make)
        *k = (struct sc_track){.from = *from, .to = *to, .used = true, .attempt = SV_NONE};
    return k && k->used ? k : NULL;
}

/* 64 bits of stream offset from 32 of sequence number, near what is known. */
static uint64_t offset_of(const struct sc_track *k, uint32_t seq)
{
    const int32_t ahead = (int32_t)(seq - (k->isn + 1u) - (uint32_t)k->high);
    const int64_t at = (int64_t)k->high + ahead;
    return at < 0 ? 0 : (uint64_t)at;
}

static void new_connection(struct sc_run *run, struct sc_track *k, struct sc_track *other, const struct sc_packet *p,
                           const struct sv_endpoint *from, const struct sv_endpoint *to)
{
    k->isn = p->seq;
    k->has_isn = true;
    k->high = k->acked = 0;
    k->syn_seen = k->fin_seen = false;
    if (p->flags & ACK)
        k->attempt = other && other->has_isn && other->isn + 1u == p->ack ? other->attempt
                                                                          : sc_attempt_with(run, p->ack - 1u, to);
    else
        k->attempt = sc_attempt_with(run, p->seq, from);
}

void sc_track_packet(struct sc_run *run, struct sc_tracks *t, struct sc_packet *p, const struct sv_endpoint *from,
                     const struct sv_endpoint *to)
{
    p->from = sc_host_of(run, &from->addr);
    p->to = sc_host_of(run, &to->addr);
    if (p->kinds >> SC_DATAGRAM & 1u)
        p->socket = sc_udp_of(run, from, to);
    if (!p->tcp)
        return;
    if (p->forger != SV_NONE) { /* it is of no connection */
        p->pretends = p->from;
        p->from = p->forger;
        return;
    }
    p->unseen = (run->forgers && p->to == SV_NONE) || sc_crowd_has(run, p->from, from->port) ||
                sc_crowd_has(run, p->to, to->port);
    if (p->unseen)
        return;
    struct sc_track *k = track_of(t, from, to, (p->flags & SYN) != 0);
    struct sc_track *other = track_of(t, to, from, false);
    if (!k) {
        if (p->flags & SYN)
            run->out_of_room = true;
        return;
    }
    if ((p->flags & SYN) && (!k->has_isn || k->isn != p->seq))
        new_connection(run, k, other, p, from, to);
    p->attempt = k->attempt;
    if (p->length || p->flags & (SYN | FIN))
        k->last = p->seq;
    if (p->flags & SYN) {
        p->again = k->syn_seen;
        k->syn_seen = true;
    }
    if (!(p->flags & SYN) && !(p->flags & RST)) {
        p->begin = offset_of(k, p->seq);
        p->end = p->begin + p->length;
        p->again = (p->length && p->begin < k->high) || (!p->length && p->flags & FIN && k->fin_seen);
        k->high = p->end > k->high ? p->end : k->high;
        k->fin_seen = k->fin_seen || p->flags & FIN;
    }
    if (p->flags & ACK && other && other->has_isn) {
        p->acked = offset_of(other, p->ack);
        p->newest_ack = p->acked > k->acked;
        k->acked = p->newest_ack ? p->acked : k->acked;
    }
}

bool sc_track_last(const struct sc_tracks *t, const struct sv_endpoint *from, const struct sv_endpoint *to,
                   uint32_t *seq)
{
    const struct sc_track *k = track_find(t, from, to);
    if (!k || !k->has_isn)
        return false;
    *seq = k->last;
    return true;
}

/* --- selectors --- */

static uint64_t field_of(const struct sc_packet *p, uint32_t field)
{
    switch (field) {
    case SC_FIELD_SEQ:
        return p->seq;
    case SC_FIELD_ACK:
        return p->ack;
    case SC_FIELD_WINDOW:
        return p->window;
    case SC_FIELD_LENGTH:
        return p->length;
    case SC_FIELD_TTL:
        return p->ttl;
    case SC_FIELD_MSS:
        return p->mss;
    case SC_FIELD_SOURCE_PORT:
        return p->source_port;
    case SC_FIELD_DESTINATION_PORT:
        return p->destination_port;
    case SC_FIELD_NUMBER:
        return p->number;
    case SC_FIELD_TOS:
        return p->tos;
    case SC_FIELD_URGENT:
        return p->urgent;
    case SC_FIELD_SOURCE_MAC:
        return p->mac[1];
    case SC_FIELD_DESTINATION_MAC:
        return p->mac[0];
    default:
        return field >= SC_FIELD_FIN && field <= SC_FIELD_AE ? p->flags >> (field - SC_FIELD_FIN) & 1u : 0;
    }
}

/* The first acknowledgment above the byte: those after it are not meant. */
static bool acknowledges(const struct sc_selector *s, const struct sc_packet *p)
{
    return p->newest_ack && p->acked > s->acknowledging;
}

bool sc_selects(const struct sc_selector *s, const struct sc_packet *p)
{
    if (!(p->kinds >> s->kind & 1u) || (s->from != SV_NONE && s->from != p->from) ||
        (s->to != SV_NONE && s->to != p->to) || (s->attempt != SV_NONE && s->attempt != p->attempt) ||
        (s->socket != SV_NONE && s->socket != p->socket) || (s->again >= 0 && (p->again ? 1 : 0) != s->again) ||
        s->link != p->link)
        return false;
    if (p->transit && s->link == SV_NONE)
        return false;
    if ((s->icmp_type >= 0 && s->icmp_type != p->icmp_type) || (s->icmp_code >= 0 && s->icmp_code != p->icmp_code) ||
        (s->arp_op >= 0 && s->arp_op != p->arp_op))
        return false;
    if (s->covering != SC_OFF && !(p->length && p->begin <= s->covering && s->covering < p->end))
        return false;
    if (s->acknowledging != SC_OFF && !acknowledges(s, p))
        return false;
    if (s->longer != SC_OFF && p->bytes <= s->longer)
        return false;
    for (uint32_t i = 0; i < s->fields; i++) {
        if (field_of(p, s->field[i].field) != s->field[i].value)
            return false;
    }
    return true;
}

bool sc_count_selected(struct sc_counted *c, const struct sc_selector *s, const struct sc_packet *p)
{
    if (!sc_selects(s, p))
        return false;
    c->seen++;
    const bool hit = s->which == SC_NTH ? c->seen == s->n : s->which == SC_EVERY ? c->seen % s->n == 0 : true;
    c->hits += hit;
    return hit;
}
