/* SPDX-License-Identifier: BSD-2-Clause */
/* SYN cookies (RFC 4987 §3.6): when no record is left for another half-open connection, what it would hold goes
 * into the numbers of our SYN,ACK, and comes back with the third message.
 *
 *   ISN        5 bits of time (64 s units), 3 bits of MSS, together shrouded; 24 bits of a keyed hash over both, the
 *              four-tuple and the peer's ISN
 *   timestamp  its lower 6 bits: the peer's window scale (15: none) and whether SACK was agreed. So an option is kept
 *              where timestamps are, and lost where they are not
 *
 * A cookie is good for two units of time, and only for a listener that gave some within them: an ACK out of the
 * blue is otherwise answered with a reset, as ever. */
#include "l4_transport/tcp_internal.h"

#define SV_COOKIE_UNIT (64u * SV_S)
#define SV_COOKIE_UNITS 2u
#define SV_COOKIE_NO_SCALE 15u
#define SV_COOKIE_SACK 16u
#define SV_COOKIE_TS_BITS 6u

/* The MSS that is kept is the largest of these that the peer's is not below: common links and their tunnels. */
static const uint16_t sv_cookie_mss[8] = {64, 536, 1220, 1300, 1380, 1440, 1460, 8940};

static uint64_t sv_cookie_hash(const struct sv_tcp *tcp, const struct sv_tcp_small *m, uint32_t salt)
{
    const struct sv_addr *own = sv_tcp_address(tcp, m->local);
    const struct sv_siphash_key key = {tcp->isn_key.k0 ^ 0x6b6f6f6379732d73u, tcp->isn_key.k1};
    uint8_t text[44];
    sv_memcpy(text, m->remote.byte, 16);
    sv_memcpy(text + 16, own->byte, 16);
    sv_put_u16(text + 32, m->remote_port);
    sv_put_u16(text + 34, m->local_port);
    sv_put_u32(text + 36, m->u.half.irs);
    sv_put_u32(text + 40, salt);
    return sv_siphash24(&key, text, sizeof text);
}

static uint32_t sv_cookie_time(const struct sv_tcp *tcp)
{
    return (uint32_t)(sv_tcp_core(tcp)->now / SV_COOKIE_UNIT) & 31u;
}

static uint32_t sv_cookie_of(const struct sv_tcp *tcp, const struct sv_tcp_small *m, uint32_t head)
{
    const uint32_t shroud = (uint32_t)(sv_cookie_hash(tcp, m, UINT32_MAX) & 0xffu);
    return (head ^ shroud) << 24 | (uint32_t)(sv_cookie_hash(tcp, m, head) & 0xffffffu);
}

void sv_tcp_cookie_make(struct sv_tcp *tcp, struct sv_tcp_small *m)
{
    uint32_t mss = 0;
    while (mss < 7u && sv_cookie_mss[mss + 1u] <= m->u.half.mss)
        mss++;
    m->u.half.iss = sv_cookie_of(tcp, m, sv_cookie_time(tcp) << 3 | mss);
    sv_tcp_listener(tcp, m->u.half.listener)->cookies_until = sv_tcp_core(tcp)->now + SV_COOKIE_UNITS * SV_COOKIE_UNIT;
    tcp->count.cookies_sent++;
}

uint32_t sv_tcp_cookie_time_value(uint32_t now_ms, const struct sv_tcp_small *m)
{
    const uint8_t agreed = SV_SMALL_AGREED(m->bits);
    const uint32_t mask = (1u << SV_COOKIE_TS_BITS) - 1u;
    uint32_t word = agreed & SV_TCP_SCALING ? SV_SMALL_SCALE(m->bits) : SV_COOKIE_NO_SCALE;
    word |= agreed & SV_TCP_SACK ? SV_COOKIE_SACK : 0;
    const uint32_t value = (now_ms & ~mask) | word;
    return value > now_ms ? value - mask - 1u : value; /* never ahead of our clock: PAWS */
}

bool sv_tcp_cookie_check(struct sv_tcp *tcp, uint32_t listener, const struct sv_seg *s, struct sv_tcp_small *m)
{
    const struct sv_tcp_listener *l = sv_tcp_listener(tcp, listener);
    if (sv_tcp_core(tcp)->now > l->cookies_until)
        return false;
    *m = (struct sv_tcp_small){
        .remote = s->remote,
        .local = s->local,
        .local_port = s->local_port,
        .remote_port = s->remote_port,
        .tag = (uint32_t)(s->hash >> 32),
        .kind = SV_TCP_HALF_OPEN,
        .state = SV_SYN_RECEIVED,
    };
    m->u.half.irs = s->seq - 1u;
    m->u.half.iss = s->ack - 1u;
    m->u.half.listener = listener;
    const uint32_t head = (m->u.half.iss >> 24 ^ (uint32_t)sv_cookie_hash(tcp, m, UINT32_MAX)) & 0xffu;
    const uint32_t age = (sv_cookie_time(tcp) - (head >> 3)) & 31u;
    if (age >= SV_COOKIE_UNITS || sv_cookie_of(tcp, m, head) != m->u.half.iss) {
        tcp->count.cookies_bad++;
        return false;
    }
    uint32_t agreed = 0;
    uint32_t scale = 0;
    if (s->options & SV_OPTION_TIMESTAMPS && tcp->habits.agreed & SV_TCP_TIMESTAMPS) {
        const uint32_t word = s->ts_ecr - sv_tcp_ts_offset(s->hash);
        agreed = SV_TCP_TIMESTAMPS;
        agreed |= word & SV_COOKIE_SACK ? SV_TCP_SACK : 0;
        if ((word & 15u) != SV_COOKIE_NO_SCALE) {
            agreed |= SV_TCP_SCALING;
            scale = word & 15u;
        }
        m->u.half.ts_recent = s->ts_val;
    }
    m->bits = (uint16_t)(scale | (agreed & tcp->habits.agreed) << 4);
    sv_small_set_ecn(m, sv_small_ecn_of_cookie(tcp, s));
    m->u.half.mss = sv_cookie_mss[head & 7u];
    m->u.half.window = (uint16_t)s->window;
    tcp->count.cookies_good++;
    return true;
}
