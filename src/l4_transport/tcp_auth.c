/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of keys, and the gate that what comes in must pass. Of MD5 the key is sought by the connection's ends at
 * every segment, so the table rules at once, and no record keeps one; of TCP-AO see tcp_ao.h. */
#include "l4_transport/tcp_ao.h"

#include "l4_transport/tcp_internal.h"

/* --- the table --- */

bool sv_tcp_key_fits(const struct sv_tcp_key *k, const struct sv_tcp_ends *ends)
{
    return k->how && (!k->local_port || k->local_port == ends->local_port) &&
           (!k->remote_port || k->remote_port == ends->remote_port) &&
           sv_addr_in_prefix(ends->remote, &k->peer, k->prefix);
}

const struct sv_tcp_key *sv_tcp_auth_find(const struct sv_tcp *tcp, const struct sv_tcp_ends *ends)
{
    const struct sv_tcp_key *found = NULL;
    uint32_t best = 0;
    for (uint32_t i = 0; i < tcp->keys_used; i++) {
        const struct sv_tcp_key *k = sv_tcp_key_of(tcp, i);
        const uint32_t exact = 1u + k->prefix * 4u + (k->local_port ? 2u : 0u) + (k->remote_port ? 1u : 0u);
        if (exact > best && sv_tcp_key_fits(k, ends)) {
            best = exact;
            found = k;
        }
    }
    return found;
}

static bool sv_tcp_key_is(const struct sv_tcp_key *a, const struct sv_tcp_key *b)
{
    return a->how == b->how && a->prefix == b->prefix && a->local_port == b->local_port &&
           a->remote_port == b->remote_port && sv_addr_in_prefix(&a->peer, &b->peer, a->prefix) &&
           a->send_id == b->send_id && a->recv_id == b->recv_id;
}

/* RFC 5925 §3.1: an id names one key of a connection. Keys for different prefixes may share it: the older is used. */
static bool sv_tcp_key_id_taken(const struct sv_tcp *tcp, const struct sv_tcp_key *key)
{
    for (uint32_t i = 0; i < tcp->keys_used; i++) {
        const struct sv_tcp_key *k = sv_tcp_key_of(tcp, i);
        if (k->how >= SV_AUTH_AO_HMAC_SHA1 && k->prefix == key->prefix && k->local_port == key->local_port &&
            k->remote_port == key->remote_port && sv_addr_in_prefix(&k->peer, &key->peer, k->prefix) &&
            (k->send_id == key->send_id || k->recv_id == key->recv_id))
            return true;
    }
    return false;
}

/* What the caller named, as the table has it. */
static enum sv_err sv_tcp_key_from(const struct sv_auth_key *given, struct sv_tcp_key *key)
{
    const bool v4 = sv_addr_is_v4(&given->peer);
    if (given->size != sizeof *given)
        return SV_ERR_VERSION;
    if (given->how < SV_AUTH_MD5 || given->how > SV_AUTH_AO_AES_CMAC || given->prefix_length > (v4 ? 32u : 128u))
        return SV_ERR_INVALID;
    *key = (struct sv_tcp_key){
        .peer = given->peer,
        .local_port = given->local_port,
        .remote_port = given->remote_port,
        .how = (uint8_t)given->how,
        .send_id = given->how == SV_AUTH_MD5 ? 0 : given->send_id,
        .recv_id = given->how == SV_AUTH_MD5 ? 0 : given->recv_id,
        .options_excluded = given->options_excluded != 0,
        .prefix = (uint8_t)(given->prefix_length + (v4 ? SV_ADDR_V4_BITS : 0u)),
    };
    return SV_OK;
}

static struct sv_tcp_key *sv_tcp_key_same(const struct sv_tcp *tcp, const struct sv_tcp_key *key)
{
    for (uint32_t i = 0; i < tcp->keys_used; i++) {
        if (sv_tcp_key_is(sv_tcp_key_of(tcp, i), key))
            return sv_tcp_key_of(tcp, i);
    }
    return NULL;
}

/* --- connections --- */

struct sv_tcp_ends sv_tcb_ends(const struct sv_tcb *t)
{
    return (struct sv_tcp_ends){sv_tcp_address(t->tcp, t->h->local), &t->h->remote, t->h->local_port,
                                t->h->remote_port};
}

bool sv_tcb_auth_begin(struct sv_tcb *t, uint32_t half, const struct sv_seg *s)
{
    const struct sv_tcp_ends ends = sv_tcb_ends(t);
    const uint32_t own = SV_TCP_VALUE(SV_TCP_FULL, t->index);
    const struct sv_tcp_key *key = sv_tcp_auth_find(t->tcp, &ends);
    if (half != SV_NONE)
        sv_ao_move(t->tcp, SV_TCP_VALUE(SV_TCP_HALF_OPEN, half), own);
    const bool known = sv_ao_of(t->tcp, own) != NULL;
    if (!known && key && key->how != SV_AUTH_MD5 && half == SV_NONE &&
        !sv_ao_begin(t->tcp, own, &ends, (struct sv_ao_isns){t->c->iss, t->c->irs}, s))
        return false;
    if (known || (key && (key->how == SV_AUTH_MD5 || half == SV_NONE)))
        t->h->agreed |= SV_TCP_SIGNED;
    return true;
}

uint32_t sv_tcb_auth_takes(const struct sv_tcb *t)
{
    return sv_ao_of(t->tcp, SV_TCP_VALUE(SV_TCP_FULL, t->index)) ? SV_TCP_AO_LENGTH : SV_TCP_MD5_LENGTH;
}

uint16_t sv_tcb_auth_push(const struct sv_tcb *t, struct sv_buf *b, const struct sv_tcp_header *h)
{
    const struct sv_tcp_ends ends = sv_tcb_ends(t);
    struct sv_tcp_ao *ao = sv_ao_of(t->tcp, SV_TCP_VALUE(SV_TCP_FULL, t->index));
    if (ao)
        return sv_ao_push(ao, t->tcp, &ends, b, *h);
    const struct sv_tcp_key *key = sv_tcp_auth_find(t->tcp, &ends);
    SV_ASSERT(key != NULL); /* or the mark would have gone with it */
    return sv_tcp_auth_push(key, &ends, b, *h, t->core->cpu);
}

uint8_t sv_tcp_auth_offers(const struct sv_tcp *tcp, const struct sv_addr *local, uint16_t local_port,
                           const struct sv_addr *remote, uint16_t remote_port, uint8_t offers)
{
    const struct sv_tcp_ends ends = {local, remote, local_port, remote_port};
    const bool both = (offers & SV_TCP_TIMESTAMPS) && (offers & SV_TCP_SACK);
    const struct sv_tcp_key *key = both ? sv_tcp_auth_find(tcp, &ends) : NULL;
    return key && key->how == SV_AUTH_MD5 ? (uint8_t)(offers & ~SV_TCP_TIMESTAMPS) : offers;
}

bool sv_tcp_auth_half(struct sv_tcp *tcp, uint32_t small, const struct sv_seg *s, uint32_t iss)
{
    const struct sv_tcp_ends ends = {sv_tcp_address(tcp, s->local), &s->remote, s->local_port, s->remote_port};
    const struct sv_tcp_key *key = sv_tcp_auth_find(tcp, &ends);
    if (!key || key->how == SV_AUTH_MD5)
        return true;
    return sv_ao_begin(tcp, SV_TCP_VALUE(SV_TCP_HALF_OPEN, small), &ends, (struct sv_ao_isns){iss, s->seq}, s);
}

/* The table has changed: who is signed now? */
static void sv_tcp_auth_review(struct sv_tcp *tcp)
{
    for (uint32_t i = 0; i < tcp->hot_fresh; i++) {
        if (sv_tcp_hot(tcp, i)->kind != SV_TCP_FULL || sv_tcp_hot(tcp, i)->interface == SV_TCP_NO_PATH)
            continue;
        struct sv_tcb t = sv_tcb_of(tcp, i);
        const struct sv_tcp_ends ends = sv_tcb_ends(&t);
        const struct sv_tcp_key *key = sv_tcp_auth_find(tcp, &ends);
        const bool ao = sv_ao_of(tcp, SV_TCP_VALUE(SV_TCP_FULL, i)) != NULL; /* which lasts as long as it does */
        t.h->agreed &= (uint8_t)~SV_TCP_SIGNED;
        t.h->agreed |= ao || (key && key->how == SV_AUTH_MD5) ? SV_TCP_SIGNED : 0;
        if (sv_tcb_synchronized(&t))
            t.h->mss = sv_tcp_path_mss(&t);
    }
}

enum sv_err sv_tcp_auth_add(struct sv_tcp *tcp, const struct sv_auth_key *given)
{
    struct sv_tcp_key key;
    const enum sv_err error = sv_tcp_key_from(given, &key);
    if (error != SV_OK)
        return error;
    if (given->length < 1 || given->length > SV_AUTH_KEY_MAX)
        return SV_ERR_INVALID;
    if (key.how != SV_AUTH_MD5 && sv_tcp_key_id_taken(tcp, &key))
        return SV_ERR_IN_USE;
    struct sv_tcp_key *to = sv_tcp_key_same(tcp, &key);
    for (uint32_t i = 0; !to && i < tcp->keys; i++) {
        if (!sv_tcp_key_of(tcp, i)->how)
            to = sv_tcp_key_of(tcp, i);
        if (to && i >= tcp->keys_used)
            tcp->keys_used = i + 1u;
    }
    if (!to)
        return SV_ERR_NO_MEMORY;
    key.length = given->length;
    sv_memcpy(key.key, given->key, key.length);
    *to = key;
    sv_tcp_auth_review(tcp);
    return SV_OK;
}

enum sv_err sv_tcp_auth_remove(struct sv_tcp *tcp, const struct sv_auth_key *given)
{
    struct sv_tcp_key key;
    const enum sv_err error = sv_tcp_key_from(given, &key);
    if (error != SV_OK)
        return error;
    struct sv_tcp_key *gone = sv_tcp_key_same(tcp, &key);
    if (!gone)
        return SV_ERR_INVALID;
    const uint32_t index = (uint32_t)(gone - sv_tcp_key_of(tcp, 0));
    if (gone->how != SV_AUTH_MD5 && sv_ao_key_used(tcp, index))
        return SV_ERR_IN_USE;
    sv_ao_key_gone(tcp, index);
    sv_memset(gone, 0, sizeof *gone);
    while (tcp->keys_used && !sv_tcp_key_of(tcp, tcp->keys_used - 1u)->how)
        tcp->keys_used--;
    sv_tcp_auth_review(tcp);
    return SV_OK;
}

bool sv_tcp_auth_each(const struct sv_tcp *tcp, uint32_t *at, struct sv_auth_key *key)
{
    for (; *at < tcp->keys_used; (*at)++) {
        const struct sv_tcp_key *k = sv_tcp_key_of(tcp, *at);
        if (!k->how)
            continue;
        (*at)++;
        *key = (struct sv_auth_key){
            .size = sizeof *key,
            .how = k->how,
            .peer = k->peer,
            .prefix_length = k->prefix - (sv_addr_is_v4(&k->peer) ? SV_ADDR_V4_BITS : 0u),
            .local_port = k->local_port,
            .remote_port = k->remote_port,
            .length = k->length,
            .send_id = k->send_id,
            .recv_id = k->recv_id,
            .options_excluded = k->options_excluded,
        };
        return true;
    }
    return false;
}

/* --- the gate --- */

/* Why the segment goes no further; NONE: it does. Nothing is ever answered: who cannot sign learns nothing, and whose
 * key is wrong could not read the answer (RFC 2385 §2.0). */
static enum sv_drop sv_tcp_auth_why(struct sv_tcp *tcp, struct sv_seg *s)
{
    const struct sv_tcp_ends ends = {sv_tcp_address(tcp, s->local), &s->remote, s->local_port, s->remote_port};
    const struct sv_tcp_key *key = sv_tcp_auth_find(tcp, &ends);
    s->flow_value = sv_tcp_resolve(tcp, s);
    const uint32_t value = s->flow_value;
    if (value != SV_NONE && SV_TCP_VALUE_KIND(value) == SV_TCP_FULL &&
        !(sv_tcp_hot(tcp, SV_TCP_VALUE_INDEX(value))->agreed & SV_TCP_SIGNED))
        key = NULL; /* a key for TCP-AO came when it was open already */
    else if (sv_ao_of(tcp, value) || (key && key->how != SV_AUTH_MD5))
        return sv_ao_why(tcp, s, value, &ends);
    if (!key)
        return s->options & SV_OPTION_MD5 ? SV_DROP_TCP_MD5_UNEXPECTED : SV_DROP_NONE;
    if (!(s->options & SV_OPTION_MD5))
        return SV_DROP_TCP_MD5_MISSING;
    return sv_tcp_md5_is_right(key, &ends, s) ? SV_DROP_NONE : SV_DROP_TCP_MD5_WRONG;
}

bool sv_tcp_auth_admits(struct sv_tcp *tcp, struct sv_seg *s)
{
    const enum sv_drop why = sv_tcp_auth_why(tcp, s);
    if (why == SV_DROP_NONE)
        return true;
    const uint32_t value = s->flow_value;
    const bool full = value != SV_NONE && SV_TCP_VALUE_KIND(value) == SV_TCP_FULL;
    tcp->count.segments_in += s->segments;
    sv_drop(sv_tcp_core(tcp), why, s->packet, s->port, full ? sv_tcp_cold(tcp, SV_TCP_VALUE_INDEX(value))->flow : 0);
    s->packet = NULL;
    return false;
}
