/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/tcp_ao.h"

#include "l4_transport/tcp_accecn.h"

/* --- records --- */

static struct sv_tcp_ao *sv_ao_at(const struct sv_tcp *tcp, uint32_t index)
{
    return (struct sv_tcp_ao *)(uintptr_t)((intptr_t)tcp + (intptr_t)tcp->aos_at) + index;
}

/* As many buckets as records: the head of a chain each, behind the records. */
static uint32_t *sv_ao_bucket(const struct sv_tcp *tcp, uint32_t owner)
{
    uint32_t *heads = (uint32_t *)(void *)sv_ao_at(tcp, tcp->aos);
    return heads + (uint32_t)((uint64_t)(owner * 0x9e3779b1u) * tcp->aos >> 32);
}

void sv_ao_init(struct sv_tcp *tcp)
{
    uint32_t *heads = (uint32_t *)(void *)sv_ao_at(tcp, tcp->aos);
    for (uint32_t i = 0; i < tcp->aos; i++) {
        heads[i] = SV_NONE;
        *sv_ao_at(tcp, i) = (struct sv_tcp_ao){.owner = SV_NONE, .next = i + 1u < tcp->aos ? i + 1u : SV_NONE};
    }
    tcp->ao_free = tcp->aos ? 0 : SV_NONE;
}

struct sv_tcp_ao *sv_ao_of(const struct sv_tcp *tcp, uint32_t owner)
{
    if (owner == SV_NONE || !tcp->aos_used)
        return NULL;
    for (uint32_t i = *sv_ao_bucket(tcp, owner); i != SV_NONE; i = sv_ao_at(tcp, i)->next) {
        if (sv_ao_at(tcp, i)->owner == owner)
            return sv_ao_at(tcp, i);
    }
    return NULL;
}

static struct sv_tcp_ao *sv_ao_new(struct sv_tcp *tcp, uint32_t owner)
{
    const uint32_t index = tcp->ao_free;
    if (index == SV_NONE)
        return NULL;
    struct sv_tcp_ao *ao = sv_ao_at(tcp, index);
    uint32_t *bucket = sv_ao_bucket(tcp, owner);
    tcp->ao_free = ao->next;
    tcp->aos_used++;
    *ao = (struct sv_tcp_ao){.owner = owner, .next = *bucket, .send_of = SV_NONE, .recv_of = SV_NONE};
    *bucket = index;
    return ao;
}

void sv_ao_end(struct sv_tcp *tcp, uint32_t owner)
{
    if (!tcp->aos_used)
        return;
    uint32_t *link = sv_ao_bucket(tcp, owner);
    while (*link != SV_NONE && sv_ao_at(tcp, *link)->owner != owner)
        link = &sv_ao_at(tcp, *link)->next;
    if (*link == SV_NONE)
        return;
    const uint32_t index = *link;
    struct sv_tcp_ao *ao = sv_ao_at(tcp, index);
    *link = ao->next;
    *ao = (struct sv_tcp_ao){.owner = SV_NONE, .next = tcp->ao_free}; /* and nothing of its keys is left */
    tcp->ao_free = index;
    tcp->aos_used--;
}

void sv_ao_copy(struct sv_tcp *tcp, uint32_t from, uint32_t to)
{
    const struct sv_tcp_ao *old = sv_ao_of(tcp, from);
    struct sv_tcp_ao *ao = old ? sv_ao_new(tcp, to) : NULL;
    if (!ao)
        return; /* no room: what comes for it cannot be checked, and is dropped */
    const uint32_t next = ao->next;
    *ao = *old;
    ao->owner = to;
    ao->next = next;
}

void sv_ao_move(struct sv_tcp *tcp, uint32_t from, uint32_t to)
{
    const struct sv_tcp_ao *old = sv_ao_of(tcp, from);
    if (!old)
        return;
    const struct sv_tcp_ao kept = *old;
    sv_ao_end(tcp, from);
    struct sv_tcp_ao *ao = sv_ao_new(tcp, to);
    SV_ASSERT(ao != NULL); /* that one's place is free again */
    const uint32_t next = ao->next;
    *ao = kept;
    ao->owner = to;
    ao->next = next;
}

bool sv_ao_key_used(const struct sv_tcp *tcp, uint32_t key)
{
    for (uint32_t i = 0; i < tcp->aos; i++) {
        const struct sv_tcp_ao *ao = sv_ao_at(tcp, i);
        if (ao->owner != SV_NONE && SV_TCP_VALUE_KIND(ao->owner) == SV_TCP_FULL &&
            (ao->current == key || ao->wanted == key))
            return true;
    }
    return false;
}

void sv_ao_key_gone(struct sv_tcp *tcp, uint32_t key)
{
    for (uint32_t i = 0; i < tcp->aos; i++) {
        struct sv_tcp_ao *ao = sv_ao_at(tcp, i);
        if (ao->owner != SV_NONE && (ao->current == key || ao->wanted == key)) {
            sv_ao_end(tcp, ao->owner);
            continue;
        }
        ao->recv_of = ao->recv_of == key ? SV_NONE : ao->recv_of;
        ao->send_of = ao->send_of == key ? SV_NONE : ao->send_of;
    }
}

/* --- keys --- */

/* The key of this pair that has the id, the peer's for us (recv) or ours for it; the oldest if id is beyond a byte. */
static uint32_t sv_ao_key(const struct sv_tcp *tcp, const struct sv_tcp_ends *ends, bool recv, uint32_t id)
{
    for (uint32_t i = 0; i < tcp->keys_used; i++) {
        const struct sv_tcp_key *k = sv_tcp_key_of(tcp, i);
        if (k->how >= SV_AUTH_AO_HMAC_SHA1 && sv_tcp_key_fits(k, ends) &&
            (id > 255u || (recv ? k->recv_id : k->send_id) == id))
            return i;
    }
    return SV_NONE;
}

bool sv_ao_begin(struct sv_tcp *tcp, uint32_t owner, const struct sv_tcp_ends *ends, struct sv_ao_isns ours,
                 const struct sv_seg *s)
{
    const uint8_t *option = s ? sv_seg_signature(s) : NULL;
    const uint32_t wanted = sv_ao_key(tcp, ends, true, option ? option[0] : 256u);
    if (wanted == SV_NONE)
        return false;
    struct sv_tcp_ao *ao = sv_ao_new(tcp, owner);
    if (!ao)
        return false;
    const uint32_t asked = option ? sv_ao_key(tcp, ends, false, option[1]) : SV_NONE;
    ao->wanted = wanted;
    ao->current = asked == SV_NONE ? wanted : asked;
    ao->iss = ao->sent.seq = ours.src;
    ao->irs = ao->received.seq = ours.dst;
    return true;
}

enum sv_err sv_tcp_auth_next(struct sv_tcp *tcp, uint32_t index, uint8_t recv_id)
{
    struct sv_tcb t = sv_tcb_of(tcp, index);
    struct sv_tcp_ao *ao = sv_ao_of(tcp, SV_TCP_VALUE(SV_TCP_FULL, index));
    const struct sv_tcp_ends ends = sv_tcb_ends(&t);
    if (!ao)
        return SV_ERR_STATE;
    const uint32_t key = sv_ao_key(tcp, &ends, true, recv_id);
    if (key == SV_NONE)
        return SV_ERR_INVALID;
    ao->wanted = key;
    if (sv_tcb_synchronized(&t) && !(t.h->flags & SV_TCP_DEAD))
        sv_tcb_ready(&t, SV_TCP_ACK_NOW); /* so that the peer hears of it */
    return SV_OK;
}

enum sv_err sv_tcp_auth_info(const struct sv_tcp *tcp, uint32_t index, struct sv_auth_info *info)
{
    const struct sv_tcp_ao *ao = sv_ao_of(tcp, SV_TCP_VALUE(SV_TCP_FULL, index));
    info->how = sv_tcp_hot(tcp, index)->agreed & SV_TCP_SIGNED ? SV_AUTH_MD5 : 0;
    info->send_id = info->recv_id = 0;
    if (!ao)
        return SV_OK;
    info->how = sv_tcp_key_of(tcp, ao->current)->how;
    info->send_id = sv_tcp_key_of(tcp, ao->current)->send_id;
    info->recv_id = sv_tcp_key_of(tcp, ao->wanted)->recv_id;
    return SV_OK;
}

/* --- sequence numbers that do not wrap --- */

/* Windows are of 2^30 bytes at most, so a number that may pass lies within 2^31 of one that has. */
static uint32_t sv_ao_rounds(const struct sv_ao_count *c, uint32_t seq)
{
    if (sv_seq_before(seq, c->seq))
        return c->rounds - (seq > c->seq);
    return c->rounds + (seq < c->seq);
}

static void sv_ao_counted(struct sv_ao_count *c, uint32_t seq)
{
    if (!sv_seq_after(seq, c->seq))
        return;
    c->rounds = sv_ao_rounds(c, seq);
    c->seq = seq;
}

/* --- in --- */

static bool sv_ao_opening(const struct sv_tcp *tcp, uint32_t value)
{
    return value != SV_NONE && SV_TCP_VALUE_KIND(value) == SV_TCP_FULL &&
           sv_tcp_hot(tcp, SV_TCP_VALUE_INDEX(value))->state == SV_SYN_SENT;
}

static bool sv_ao_is_first(const struct sv_seg *s)
{
    return (s->flags & (SV_SYN | SV_ACK | SV_RST)) == SV_SYN;
}

/* The numbers under which a segment of the peer's is signed. False: there is no connection that would tell. */
static bool sv_ao_incoming(const struct sv_tcp *tcp, const struct sv_seg *s, uint32_t value, const struct sv_tcp_ao *ao,
                           struct sv_ao_isns *isns)
{
    *isns = (struct sv_ao_isns){s->seq, 0};
    if (sv_ao_is_first(s))
        return true;
    if (!ao)
        return false;
    *isns = (struct sv_ao_isns){ao->irs, ao->iss};
    if (!sv_ao_opening(tcp, value))
        return true;
    isns->src = s->seq; /* it is told by this very segment, if that answers our SYN */
    return (s->flags & (SV_SYN | SV_RST)) == SV_SYN && s->ack == ao->iss + 1u;
}

/* A segment was right: what it says of numbers and keys holds. */
static void sv_ao_learn(const struct sv_tcp *tcp, struct sv_tcp_ao *ao, const struct sv_seg *s, uint32_t value,
                        const struct sv_tcp_ends *ends)
{
    const uint32_t asked = sv_ao_key(tcp, ends, false, sv_seg_signature(s)[1]);
    if (sv_ao_opening(tcp, value)) {
        ao->irs = s->seq;
        ao->received = (struct sv_ao_count){0, s->seq};
        ao->recv_of = ao->send_of = SV_NONE;
    }
    sv_ao_counted(&ao->received, s->seq);
    if (asked != SV_NONE) /* RFC 5925 §6.1: the peer is ready for another, and so are we */
        ao->current = asked;
}

enum sv_drop sv_ao_why(struct sv_tcp *tcp, const struct sv_seg *s, uint32_t value, const struct sv_tcp_ends *ends)
{
    struct sv_tcp_ao *ao = sv_ao_of(tcp, value);
    const uint8_t *option = sv_seg_signature(s);
    struct sv_ao_isns isns;
    uint8_t mac[SV_AO_MAC];
    if (!(s->options & SV_OPTION_AO))
        return SV_DROP_TCP_AO_MISSING;
    if (s->options & SV_OPTION_MD5 || option[-1] != 4u + SV_AO_MAC) /* RFC 5925 §8: never both */
        return SV_DROP_TCP_AO_WRONG;
    const uint32_t key = sv_ao_key(tcp, ends, true, option[0]);
    if (key == SV_NONE || !sv_ao_incoming(tcp, s, value, ao, &isns))
        return SV_DROP_TCP_AO_NO_KEY;
    struct sv_ao_mac m = {.key = sv_tcp_key_of(tcp, key), .src = ends->remote, .dst = ends->local};
    const bool opening = sv_ao_opening(tcp, value), kept = ao && !opening && !sv_ao_is_first(s);
    m.rounds = kept ? sv_ao_rounds(&ao->received, s->seq) : 0;
    if (kept && ao->recv_of == key)
        sv_memcpy(m.traffic, ao->recv_key, SV_AO_TRAFFIC);
    else
        sv_ao_derive(m.key, ends->remote, ends->remote_port, ends->local, ends->local_port, isns, m.traffic);
    sv_ao_mac(&m, sv_buf_head(s->packet) - s->header_length, s->header_length + s->length, s->packet, s->packet->head,
              mac);
    if (!sv_signature_equal(mac, option + 2, SV_AO_MAC))
        return SV_DROP_TCP_AO_WRONG;
    if (ao && (kept || opening)) /* a SYN on a connection may be one of before, come again */
        sv_ao_learn(tcp, ao, s, value, ends);
    if (kept) { /* only what proved right is worth keeping */
        sv_memcpy(ao->recv_key, m.traffic, SV_AO_TRAFFIC);
        ao->recv_of = key;
    }
    return SV_DROP_NONE;
}

/* --- out --- */

uint16_t sv_ao_push(struct sv_tcp_ao *ao, const struct sv_tcp *tcp, const struct sv_tcp_ends *ends, struct sv_buf *b,
                    struct sv_tcp_header h)
{
    const struct sv_tcp_key *key = sv_tcp_key_of(tcp, ao->current);
    const bool first = (h.flags & (SV_SYN | SV_ACK)) == SV_SYN;
    struct sv_ao_mac m = {.key = key, .src = ends->local, .dst = ends->remote};
    h.options |= SV_OPTION_AO;
    sv_accecn_fit(&h);
    h.ao_key_id = key->send_id;
    h.ao_next_id = sv_tcp_key_of(tcp, ao->wanted)->recv_id;
    uint8_t *p = sv_tcp_emit(b, &h);
    const uint16_t header = sv_tcp_header_length(&h);
    if (first || ao->send_of != ao->current) {
        const struct sv_ao_isns isns = {ao->iss, first ? 0 : ao->irs};
        sv_ao_derive(key, ends->local, ends->local_port, ends->remote, ends->remote_port, isns, m.traffic);
        if (!first) {
            sv_memcpy(ao->send_key, m.traffic, SV_AO_TRAFFIC);
            ao->send_of = ao->current;
        }
    } else {
        sv_memcpy(m.traffic, ao->send_key, SV_AO_TRAFFIC);
    }
    sv_ao_counted(&ao->sent, h.seq);
    m.rounds = sv_ao_rounds(&ao->sent, h.seq);
    sv_ao_mac(&m, p, b->length, b, (uint16_t)(b->head + header), p + SV_SIGNATURE_AT);
    return sv_sum(p, header, sv_tcp_core(tcp)->cpu);
}
