/* SPDX-License-Identifier: BSD-2-Clause */
/* Segments that no TCP made: a host writes whatever addresses and numbers it likes into a frame and puts that on its
 * link. What it knows is what its own connections were told; where its answers go is not its concern. */
#include <stdlib.h>
#include <string.h>

#include "core/cursor.h"

#include "trace/dissect.h"
#include "scenario/run.h"

enum { ETHERNET = 14, IP = 20, TCP = 20, HEADERS = ETHERNET + IP + TCP };

/* A forged packet is known again by what no router changes: the identification in its IP header, which counts those of
 * all forgers, and its numbers. */
static uint32_t mark_of(const uint8_t *frame)
{
    return sv_get_u32(frame + ETHERNET + IP) ^ sv_get_u32(frame + ETHERNET + IP + 4) * 31u ^
           sv_get_u32(frame + ETHERNET + IP + 8) * 131u;
}

static uint32_t *place_of(const struct sc_run *run, const uint8_t *frame)
{
    return run->forged_mark + 2u * (sv_get_u16(frame + ETHERNET + 4) % SC_FORGED_MARKS);
}

uint32_t sc_forger_of(const struct sc_run *run, const uint8_t *frame, uint32_t n)
{
    if (!run->forged_mark || n < HEADERS || sv_get_u16(frame + 12) != 0x0800)
        return SV_NONE;
    const uint32_t *at = place_of(run, frame);
    return at[1] && at[0] == mark_of(frame) ? at[1] - 1u : SV_NONE;
}

/* False: it does not know yet, because its connection has not been answered. */
static bool number(struct sc_run *run, const struct sc_number *n, uint32_t host, struct sv_rng *rng, uint32_t *to)
{
    *to = n->value;
    if (n->any)
        *to = sv_rng_u32(rng);
    if (n->any || n->attempt == SV_NONE)
        return true;
    const struct sc_endpoint *e = sc_endpoint_find(run, host, n->attempt);
    if (!e || !e->has_irs)
        return false;
    *to += e->irs;
    return true;
}

/* An address of 198.18.0.0/15, which is kept for measurements (RFC 2544 §C.2.2): nobody has it. */
static struct sv_endpoint nobody(struct sv_rng *rng)
{
    const uint32_t a = sv_rng_u32(rng);
    const uint32_t port = sv_rng_u32(rng);
    return (struct sv_endpoint){.addr = sv_addr_v4(198, (uint8_t)(18u + (a >> 16 & 1u)), (uint8_t)(a >> 8), (uint8_t)a),
                                .port = (uint16_t)(1024u + port % 64512u)};
}

/* To whom the frame goes on the forger's first link. */
static bool next_hop(const struct sc_run *run, const struct sc_step *s, uint32_t *link, uint32_t *end, uint8_t mac[6])
{
    const struct sc_model *m = run->model;
    for (*link = 0; *link < m->links; ++*link) {
        const struct sc_link *l = &m->link[*link];
        for (*end = 0; *end < 2; ++*end) {
            uint32_t to = l->end[1u - *end], port = l->port[1u - *end];
            if (l->end[*end] != s->host)
                continue;
            if (m->host[to].kind == SC_SWITCH) { /* behind it: the host itself, or the way out */
                const struct sc_host *h = &m->host[s->host];
                to = sc_host_of(run, h->has_gateway ? &h->gateway : &s->forge.to.addr);
                port = 0;
            }
            if (to == SV_NONE)
                return false;
            sc_mac_of(&m->host[to], port, mac);
            return true;
        }
    }
    return false;
}

static uint32_t write_frame(struct sc_run *run, const struct sc_step *s, const struct sc_forgery *f, struct sv_rng *rng,
                            const uint8_t mac[6], uint8_t *frame)
{
    const struct sc_forge *w = &s->forge;
    const struct sv_endpoint from = w->from_any ? nobody(rng) : w->from;
    uint8_t *ip = frame + ETHERNET, *tcp = ip + IP;
    memset(frame, 0, HEADERS);
    memcpy(frame, mac, 6);
    sc_mac_of(&run->model->host[s->host], 0, frame + 6);
    sv_put_u16(frame + 12, 0x0800);
    ip[0] = 0x45;
    sv_put_u16(ip + 2, (uint16_t)(IP + TCP + w->bytes));
    sv_put_u16(ip + 4, (uint16_t)++run->forgeries);
    ip[8] = 64;
    ip[9] = 6;
    memcpy(ip + 12, from.addr.byte + 12, 4);
    memcpy(ip + 16, w->to.addr.byte + 12, 4);
    sv_put_u16(ip + 10, (uint16_t)~sv_plain_fold(sv_plain_sum(ip, IP, 0)));
    sv_put_u16(tcp, from.port);
    sv_put_u16(tcp + 2, w->to.port);
    sv_put_u32(tcp + 4, f->seq);
    sv_put_u32(tcp + 8, w->flags & 16u ? f->ack : 0);
    tcp[12] = 0x50;
    tcp[13] = w->flags;
    sv_put_u16(tcp + 14, w->window);
    memset(tcp + TCP, '!', w->bytes);
    const uint32_t pseudo = sv_plain_sum(ip + 12, 8, 0) + 6u + TCP + w->bytes;
    sv_put_u16(tcp + 16, (uint16_t)~sv_plain_fold(sv_plain_sum(tcp, TCP + w->bytes, pseudo)));
    return HEADERS + w->bytes;
}

/* The next one is put on its way, `later` from now. */
static void put(struct sc_run *run, uint32_t step, sv_time later)
{
    static uint8_t frame[HEADERS + SC_FORGED_BYTES];
    const struct sc_step *s = &run->model->step[step];
    struct sc_forgery *f = &run->forgery[step];
    uint32_t link, end;
    uint8_t mac[6];
    struct sv_rng rng;
    if (!f->left || run->settling || run->down[s->host] || !next_hop(run, s, &link, &end, mac))
        return;
    sv_rng_seed(&rng, run->seed, 0xf0e6u + step, f->left);
    struct sv_buf *b = sv_buf_alloc_slab(run->pool, SV_WANT_DATA, 0, 32);
    const uint32_t n = write_frame(run, s, f, &rng, mac, frame);
    uint32_t *at = place_of(run, frame);
    at[0] = mark_of(frame);
    at[1] = s->host + 1u;
    if (!b || !sv_buf_append(b, frame, n, SV_WANT_DATA) ||
        !sv_world_post(run->sim->world, run->model->hosts + link, end, b, run->now + later, SC_TAG_FORGED + step)) {
        if (b)
            sv_buf_free(b);
        f->left = 0; /* the pool is used up: expectations on it fail */
        return;
    }
    f->left--;
    f->seq += s->forge.seq.step;
    f->ack += s->forge.ack.step;
}

void sc_forge_begin(struct sc_run *run, uint32_t step)
{
    const struct sc_step *s = &run->model->step[step];
    struct sc_forgery *f = &run->forgery[step];
    struct sv_rng rng;
    sv_rng_seed(&rng, run->seed, 0xf0e7u, step);
    *f = (struct sc_forgery){.left = s->count};
    if (!number(run, &s->forge.seq, s->host, &rng, &f->seq) || !number(run, &s->forge.ack, s->host, &rng, &f->ack))
        f->left = 0;
    put(run, step, 0);
}

void sc_forge_passes(struct sc_run *run, uint32_t tag)
{
    const uint32_t step = tag - SC_TAG_FORGED;
    const struct sc_step *s = &run->model->step[step];
    run->forged[s->host]++;
    put(run, step, s->every);
}

/* Only who forges, or has a crowd, pays for it. */
bool sc_forge_open(struct sc_run *run)
{
    const struct sc_model *m = run->model;
    for (uint32_t i = 0; i < m->steps; i++) {
        run->crowds += m->step[i].crowd != SV_NONE;
        run->forgers += m->step[i].verb == SC_FORGE;
    }
    run->forged = calloc(m->hosts + 1u, sizeof *run->forged);
    run->forgery = calloc(m->steps + 1u, sizeof *run->forgery);
    run->crowd = calloc(m->sockets + 1u, sizeof *run->crowd);
    run->forged_mark = run->forgers ? calloc(2u * SC_FORGED_MARKS, sizeof *run->forged_mark) : NULL;
    run->crowd_port = run->crowds ? calloc(65536, sizeof *run->crowd_port) : NULL;
    return run->forged && run->forgery && run->crowd && (!run->forgers || run->forged_mark) &&
           (!run->crowds || run->crowd_port);
}
