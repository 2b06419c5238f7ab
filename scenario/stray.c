/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments that nobody sent, as old ones, guesses, broken boxes and attackers make them: at the door of a host, out of
 * what the onlooker there knows of one of its connections, so that their numbers lie just at, within and beyond every
 * edge: what is expected next, the window, what was sent and acknowledged. None of them lies: what a receiver may take
 * are the stream's own bytes, and an acknowledgement that counts was given. What is not to be taken is filled with
 * something else, so that taking it would be seen. */
#include <string.h>

#include "core/cursor.h"
#include "core/seq.h"
#include "scenario/lawful.h"
#include "trace/dissect.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };
enum { ETHERNET = 14, IP = 20, TCP = 20, OPTIONS = 12, TEXT = 1200 };

struct stray {
    uint32_t seq, ack, flags, n, window, urgent;
    uint16_t to_port, from_port;
    uint32_t right; /* so many bytes at the end are the stream's; what is before them is not */
    bool stamped;
    uint32_t ts_value, ts_echo;
};

struct chance {
    struct sv_rng *rng;
    const struct sc_lawful *s;
    uint32_t legit_ack, legit_edge, legit_end; /* what its peer has acknowledged, offered and sent */
    const struct sc_endpoint *writer;
};

static uint32_t below(struct chance *c, uint32_t n)
{
    return sv_rng_below(c->rng, n);
}

static bool one_in(struct chance *c, uint32_t n)
{
    return below(c, n) == 0;
}

/* --- when --- */

static void post(struct sc_run *run, uint32_t fault, sv_time later)
{
    const struct sc_fault *f = &run->model->fault[fault];
    if (run->settling || run->now < f->between[0] || run->now >= f->between[1] ||
        run->fault_count[fault].hits >= f->times)
        return;
    struct sv_buf *b = sv_buf_alloc(run->pool, SV_WANT_CONTROL, 0);
    if (!b)
        return;
    memset(sv_buf_push(b, ETHERNET), 0, ETHERNET);
    if (sv_world_post(run->sim->world, f->host[0], 0, b, run->now + later, SC_TAG_STRAY + fault))
        run->fault_count[fault].hits++;
    else
        sv_buf_free(b);
}

void sc_stray_may_come(struct sc_run *run, uint32_t host)
{
    const struct sc_model *m = run->model;
    for (uint32_t i = 0; i < m->faults && !run->settling; i++) {
        const struct sc_fault *f = &m->fault[i];
        if (f->deed != SC_STRAY || f->host[0] != host)
            continue;
        if (f->every) {
            if (!run->fault_count[i].hits) /* the others follow it */
                post(run, i, f->every);
            continue;
        }
        const uint64_t draw = (uint64_t)sv_rng_u32(&run->fault_rng[i]) * 1000000u >> 32;
        if (draw < f->chance)
            post(run, i, 10u * SV_US + (f->by && draw % 2u ? draw * 7919u * SV_US % f->by : 0));
    }
}

/* One of them has come. */
static void next(struct sc_run *run, uint32_t fault)
{
    if (run->model->fault[fault].every)
        post(run, fault, run->model->fault[fault].every);
}

/* --- which --- */

/* What its acknowledgement says: the same again, what was given, or something beside it. */
static uint32_t any_ack(struct chance *c)
{
    const struct sc_lawful *s = c->s;
    const uint32_t back = s->acked - s->iss, most = back < s->widest ? back : s->widest;
    switch (below(c, 15)) {
    case 0:
    case 1:
        return s->sent + 1u;
    case 2:
        return s->sent + 2u + below(c, 70000);
    case 3:
        return s->surely - s->widest - 1u - below(c, 3);
    case 4:
        return s->acked - 0x40000000u;
    case 5:
        return s->acked - below(c, most + 1u);
    case 6: /* its SYN's, or the first after it */
        return s->iss + below(c, 2);
    case 7:
    case 8:
        return c->legit_ack;
    default:
        return s->acked;
    }
}

/* ... but none that counts, and was not given. */
static uint32_t some_ack(struct chance *c)
{
    const uint32_t ack = any_ack(c);
    return sv_seq_after(ack, c->legit_ack) && !sv_seq_after(ack, c->s->sent) ? c->legit_ack : ack;
}

/* Around what is expected next, and around the window's end. */
static uint32_t some_number(struct chance *c, uint32_t length)
{
    const struct sc_lawful *s = c->s;
    switch (below(c, 12)) {
    case 0:
        return s->told - 1u;
    case 1:
        return s->told + 1u;
    case 2:
        return s->edge - 1u;
    case 3:
        return s->edge;
    case 4:
        return s->edge + 1u;
    case 5:
        return s->told - length;
    case 6:
        return s->told - length - 1u;
    case 7:
        return s->edge - length;
    case 8:
        return s->edge + 100000u;
    case 9:
        return s->told + 0x80000000u;
    case 10:
        return s->irs;
    default:
        return s->told;
    }
}

/* To nothing, the next bytes, or far away. */
static uint32_t some_pointer(struct chance *c)
{
    return one_in(c, 3) ? below(c, 65536u) : below(c, 4);
}

/* It lies where nothing of it may be taken, whatever is on its way meanwhile: all before what was told, or behind. */
static bool is_outside(const struct sc_lawful *s, uint32_t seq, uint32_t length)
{
    const uint32_t unit = s->own.scales && s->peer.scales ? 1u << s->own.scale : 1u;
    const uint32_t end = seq + length;
    if (sv_seq_before_or_at(end, s->told))
        return true;
    return sv_seq_after_or_at(seq, s->edge + unit - 1u) && sv_seq_after_or_at(seq, s->came) && end - s->edge < 1u << 30;
}

/* Bytes of the stream, perhaps after some that are none and lie before what is expected: a sender, or a box, that cuts
 * what is sent again elsewhere. */
static bool piece(struct chance *c, struct stray *m)
{
    const struct sc_lawful *s = c->s;
    const uint32_t ahead = c->legit_end - s->told, most = ahead < TEXT / 2u ? ahead : TEXT / 2u;
    if (!c->writer || !sv_seq_after(c->legit_end, s->told) || ahead > 1u << 24 || s->finished)
        return false;
    const uint32_t from = one_in(c, 2) ? 0 : below(c, most), n = 1u + below(c, most - from);
    const uint32_t old = from ? 0 : one_in(c, 3) ? 1 : below(c, 100);
    if (sv_seq_after(s->told + from + n, s->edge))
        return false;
    m->seq = s->told + from - old;
    m->n = n + old;
    m->right = n;
    m->flags = ACK | (one_in(c, 2) ? PSH : 0);
    m->ack = one_in(c, 3) ? c->legit_ack : s->acked;
    if (one_in(c, 8)) {
        m->flags |= URG;
        m->urgent = some_pointer(c);
    }
    if (one_in(c, 5)) { /* to be dropped, and so filled with what is not there */
        m->right = 0;
        m->flags = one_in(c, 2) ? m->flags & ~(uint32_t)ACK : m->flags;
        m->ack = s->sent + 1u + below(c, 3);
    }
    return true;
}

/* Anything, where it must not be taken. */
static bool refusable(struct chance *c, struct stray *m)
{
    static const uint8_t lengths[] = {0, 0, 0, 1, 1, 100};
    static const uint8_t flags[] = {ACK,       ACK,       ACK | PSH,       ACK | FIN, RST, RST | ACK, SYN,
                                    SYN | ACK, SYN | FIN, ACK | URG | PSH, FIN,       0,   PSH,       ACK | URG};
    const struct sc_lawful *s = c->s;
    m->flags = flags[below(c, sizeof flags)];
    m->n = lengths[below(c, sizeof lengths)];
    if (m->flags & SYN)
        m->n = 0;
    const uint32_t length = m->n + (m->flags & SYN ? 1u : 0) + (m->flags & FIN ? 1u : 0);
    m->seq = some_number(c, length);
    m->ack = some_ack(c);
    m->urgent = m->flags & URG ? some_pointer(c) : 0;
    if (m->flags & RST)
        return m->seq != s->told || one_in(c, 6);
    if (m->flags & SYN || !(m->flags & ACK))
        return true;
    const bool counts = !sv_seq_after(m->ack, s->sent) && !sv_seq_before(m->ack, s->surely - s->widest);
    /* Taken with a number that its peer has not come to, its window would stand against the peer's own (SND.WL1). */
    return !counts || (!length && !sv_seq_after(m->seq, c->legit_end)) || is_outside(s, m->seq, length);
}

/* Before anything is agreed: acknowledgements beside the SYN, resets, neither. */
static bool opening(struct chance *c, struct stray *m)
{
    static const uint8_t flags[] = {ACK, ACK, RST, RST | ACK, SYN | ACK, FIN, 0, ACK | PSH, ACK | FIN};
    const struct sc_lawful *s = c->s;
    const uint32_t beside[] = {s->iss, s->iss - 1u, s->sent + 1u, s->sent + 1000u, s->iss + 0x80000000u, s->sent};
    const uint32_t irs = s->syns ? s->syn[(s->syns - 1u) % SC_LAWFUL_SYNS].seq : sv_rng_u32(c->rng);
    const uint32_t at[] = {irs + 1u, irs + 1u, irs, irs + 2u, irs + s->own.window, irs + 1u + s->own.window, irs - 1u};
    m->flags = flags[below(c, sizeof flags)];
    m->n = one_in(c, 4) ? 1 : 0;
    m->seq = at[below(c, 7)];
    m->ack = beside[below(c, 6)];
    if (m->flags & ACK && m->ack == s->sent)
        return m->flags == (RST | ACK) ? one_in(c, 4) : false; /* a guess that would open, or refuse */
    if (m->flags & RST && s->syns)
        return m->seq != irs + 1u || one_in(c, 8);
    return true;
}

/* For a port where nobody is, or only a listener. */
static void nobodys(struct chance *c, struct stray *m)
{
    static const uint8_t flags[] = {SYN, ACK, SYN | ACK, RST, RST | ACK, FIN, 0, FIN | ACK, ACK | PSH, SYN | FIN};
    m->flags = flags[below(c, sizeof flags)];
    m->seq = sv_rng_u32(c->rng);
    m->ack = sv_rng_u32(c->rng);
    m->n = m->flags & SYN || one_in(c, 2) ? 0 : 1u + below(c, 20);
    m->from_port = (uint16_t)(20000u + below(c, 4));
    m->to_port = one_in(c, 2) ? 80 : 9;
    m->stamped = false;
}

/* SYNs after the end: RFC 6191, RFC 9293 §3.6.1. Whoever is said to have sent them knows of none, and resets. */
static void new_syn(struct chance *c, struct stray *m)
{
    const uint32_t at[] = {c->s->told + 1u, c->s->told + 70000u, c->s->told, c->s->told - 1u, c->s->told - 70000u};
    m->flags = one_in(c, 6) ? SYN | ACK : SYN;
    m->seq = at[below(c, 5)];
    m->ack = c->s->sent;
    m->n = 0;
    if (m->stamped && one_in(c, 2))
        m->ts_value += 1u + below(c, 100000);
}

/* To whoever waits: text, ends, acknowledgements of what there was, and of what there never was; most with the very
 * next number, the others around the window. */
static void waiting(struct chance *c, struct stray *m)
{
    static const uint8_t flags[] = {ACK, ACK, ACK | PSH, ACK | FIN, 0, FIN, RST, ACK | URG};
    static const uint8_t lengths[] = {0, 0, 1, 100};
    const struct sc_lawful *s = c->s;
    m->flags = flags[below(c, sizeof flags)];
    m->n = lengths[below(c, sizeof lengths)];
    m->seq = one_in(c, 2) ? s->told : some_number(c, m->n + (m->flags & FIN ? 1u : 0));
    m->ack = one_in(c, 2) ? s->sent : some_ack(c);
    m->urgent = m->flags & URG ? some_pointer(c) : 0;
    if (m->ack == s->iss + 1u && m->seq == s->irs + 1u) { /* perhaps it is a cookie, and what comes with it is taken */
        m->flags &= ~(uint32_t)FIN;
        m->n = 0;
    }
}

static void stamps(struct chance *c, struct stray *m)
{
    const struct sc_lawful *s = c->s;
    m->stamped = s->agreed && s->own.stamps && s->peer.stamps && s->stamp_known && s->stamped;
    m->ts_value = s->stamp_came;
    m->ts_echo = s->stamp;
    if (m->stamped && one_in(c, 8))
        m->ts_value = s->echoed - 1u - below(c, 1000);
    else if (m->stamped && one_in(c, 16))
        m->stamped = false;
    if (!s->agreed && s->spoke && s->syns && s->own.stamps) { /* half open: what its SYN had */
        const struct sc_lawful_syn *syn = &s->syn[(s->syns - 1u) % SC_LAWFUL_SYNS];
        m->stamped = syn->stamps;
        m->ts_value = syn->stamp;
        m->ts_echo = s->own.stamp;
    }
}

static bool make(struct chance *c, struct stray *m)
{
    const struct sc_lawful *s = c->s;
    stamps(c, m);
    if (!s->spoke || one_in(c, 12)) {
        nobodys(c, m);
        return true;
    }
    if (!s->agreed)
        return opening(c, m);
    if (s->over || s->state == SV_TIME_WAIT) {
        if (one_in(c, 3))
            new_syn(c, m);
        else
            waiting(c, m);
        return true;
    }
    const bool made = one_in(c, 2) ? piece(c, m) : refusable(c, m);
    if (m->flags & SYN) /* as the SYN had been */
        m->stamped = s->own.stamps && s->peer.stamps;
    return made;
}

/* --- the frame --- */

static uint32_t write(const struct sc_run *run, const struct chance *c, const struct stray *m, uint8_t *frame)
{
    const struct sc_lawful *s = c->s;
    const uint32_t header = TCP + (m->stamped ? OPTIONS : 0), n = m->n;
    uint8_t *ip = frame + ETHERNET, *tcp = ip + IP, *text = tcp + header;
    memset(frame, 0, ETHERNET + IP + header);
    memcpy(frame, run->lawful->host[s->host].mac, 6);
    frame[6] = 2;
    sv_put_u16(frame + 12, 0x0800);
    ip[0] = 0x45;
    sv_put_u16(ip + 2, (uint16_t)(IP + header + n));
    ip[8] = 64;
    ip[9] = 6;
    memcpy(ip + 12, s->remote.addr.byte + 12, 4);
    memcpy(ip + 16, s->local.addr.byte + 12, 4);
    sv_put_u16(ip + 10, (uint16_t)~sv_plain_fold(sv_plain_sum(ip, IP, 0)));
    sv_put_u16(tcp, m->from_port ? m->from_port : s->remote.port);
    sv_put_u16(tcp + 2, m->to_port ? m->to_port : s->local.port);
    sv_put_u32(tcp + 4, m->seq);
    sv_put_u32(tcp + 8, m->flags & ACK ? m->ack : 0);
    tcp[12] = (uint8_t)(header / 4u << 4);
    tcp[13] = (uint8_t)m->flags;
    sv_put_u16(tcp + 14, (uint16_t)m->window);
    sv_put_u16(tcp + 18, (uint16_t)m->urgent);
    if (m->stamped) {
        tcp[20] = tcp[21] = 1;
        tcp[22] = 8;
        tcp[23] = 10;
        sv_put_u32(tcp + 24, m->ts_value);
        sv_put_u32(tcp + 28, m->ts_echo);
    }
    memset(text, '!', n);
    if (m->right)
        sc_app_bytes(c->writer, m->seq + n - m->right - s->irs - 1u, text + n - m->right, m->right);
    const uint32_t sum = sv_plain_sum(ip + 12, 8, 0) + 6u + header + n;
    sv_put_u16(tcp + 16, (uint16_t)~sv_plain_fold(sv_plain_sum(tcp, header + n, sum)));
    return ETHERNET + IP + header + n;
}

/* The connection that was busy last, mostly. */
static const struct sc_lawful *some_side(const struct sc_run *run, uint32_t host, struct sv_rng *rng)
{
    const struct sc_lawful_table *t = run->lawful;
    const struct sc_lawful *recent = t->host[host].recent;
    const uint32_t draw = sv_rng_u32(rng);
    if (recent && draw % 4u)
        return recent;
    for (uint32_t i = 0; i < t->n; i++) {
        const struct sc_lawful *s = &t->side[(draw / 4u + i) & (t->n - 1u)];
        if (s->used && s->host == host)
            return s;
    }
    return NULL;
}

/* What its peer has acknowledged and sent: no stray says more. */
static void ask_peer(struct sc_run *run, struct chance *c)
{
    const struct sc_lawful *s = c->s;
    const struct sc_endpoint *e = s->endpoint ? &run->endpoint[s->endpoint - 1u] : NULL;
    const struct sc_endpoint *peer = e && e->iss == s->iss ? sc_endpoint_peer(run, e) : NULL;
    const struct sc_lawful *p = peer ? sc_lawful_side(run, peer) : NULL;
    c->legit_ack = s->acked;
    c->legit_edge = s->window_end;
    c->legit_end = s->told;
    if (!p || !p->agreed || p->iss != s->irs || p->irs != s->iss)
        return;
    c->writer = peer;
    if (sv_seq_after(p->told, s->acked)) {
        c->legit_ack = p->told;
        c->legit_edge = p->edge;
    }
    c->legit_end = p->fin_sent && sv_seq_after(p->sent, p->fin_at) ? p->fin_at : p->sent;
}

struct sv_buf *sc_stray_make(struct sc_run *run, uint32_t host, uint32_t tag)
{
    static uint8_t frame[ETHERNET + IP + TCP + OPTIONS + TEXT];
    struct chance c = {.rng = &run->fault_rng[tag - SC_TAG_STRAY]};
    struct stray m = {0};
    next(run, tag - SC_TAG_STRAY);
    if (!run->lawful || run->down[host] || !run->lawful->host[host].has_mac)
        return NULL;
    c.s = some_side(run, host, c.rng);
    if (!c.s || c.s->remote.addr.byte[10] != 0xff)
        return NULL;
    ask_peer(run, &c);
    m.window = 1000;
    if (!make(&c, &m))
        return NULL;
    if (c.s->agreed) { /* no more than its peer has offered */
        const uint32_t left = c.legit_edge - c.legit_ack, window = left < c.s->window ? left : c.s->window;
        m.window = window >> (c.s->own.scales && c.s->peer.scales ? c.s->peer.scale : 0);
    }
    m.window = m.window > 65535u ? 65535u : m.window;
    struct sv_buf *b = sv_buf_alloc_slab(run->pool, SV_WANT_DATA, 0, 32);
    if (b && sv_buf_append(b, frame, write(run, &c, &m, frame), SV_WANT_DATA))
        return b;
    if (b)
        sv_buf_free(b);
    return NULL;
}
