/* SPDX-License-Identifier: BSD-2-Clause */
/* Every frame on its way from node to node passes here: it is counted where its sender puts it on the first link,
 * faults do their deeds, and facts hear of it where it is sent and where it is received. */
#include <stdio.h>
#include <string.h>

#include "core/cursor.h"
#include "core/pool_inline.h"
#include "core/xxh64.h"
#include "scenario/lawful.h"
#include "scenario/outside.h"
#include "trace/dissect.h"

#define LOOK 2048u
#define HEADERS 192u /* of a frame, of which selectors see no more */
#define PASSED 1u    /* tag of what the faults have let go already */

/* --- editing --- */

static void put_field(uint8_t *ip, uint8_t *tcp, uint32_t field, uint64_t value)
{
    const bool v4 = ip[0] >> 4 == 4;
    switch (field) {
    case SC_FIELD_SEQ:
        sv_put_u32(tcp + 4, (uint32_t)value);
        break;
    case SC_FIELD_ACK:
        sv_put_u32(tcp + 8, (uint32_t)value);
        break;
    case SC_FIELD_WINDOW:
        sv_put_u16(tcp + 14, (uint16_t)value);
        break;
    case SC_FIELD_SOURCE_PORT:
        sv_put_u16(tcp, (uint16_t)value);
        break;
    case SC_FIELD_DESTINATION_PORT:
        sv_put_u16(tcp + 2, (uint16_t)value);
        break;
    case SC_FIELD_TTL:
        ip[v4 ? 8 : 7] = (uint8_t)value;
        break;
    case SC_FIELD_TOS:
        if (v4)
            ip[1] = (uint8_t)value;
        break;
    case SC_FIELD_IP_DESTINATION:
        if (v4)
            sv_put_u32(ip + 16, (uint32_t)value);
        break;
    case SC_FIELD_URGENT:
        sv_put_u16(tcp + 18, (uint16_t)value);
        break;
    default:
        if (field >= SC_FIELD_FIN && field <= SC_FIELD_AE) {
            const uint16_t bit = (uint16_t)(1u << (field - SC_FIELD_FIN));
            const uint16_t word = sv_get_u16(tcp + 12);
            sv_put_u16(tcp + 12, (uint16_t)(value ? word | bit : word & ~bit));
        }
        break;
    }
}

/* Options become NOPs: the header keeps its length. */
static void strip(uint8_t *tcp, uint32_t header)
{
    for (uint32_t i = 20; i < header; i++)
        tcp[i] = 1;
}

static void mend_ip(uint8_t *ip, const struct sv_dissected *d)
{
    if (d->ip.version != 4)
        return;
    sv_put_u16(ip + 10, 0);
    sv_put_u16(ip + 10, (uint16_t)~sv_plain_fold(sv_plain_sum(ip, d->ip.header_bytes, 0)));
}

static void mend(uint8_t *frame, uint32_t n, const struct sv_dissected *d, bool addresses)
{
    const uint8_t *ip = frame + d->network_at;
    mend_ip(frame + d->network_at, d);
    if (!(d->seen & SV_SEEN_TCP))
        return;
    uint8_t *tcp = frame + d->transport_at;
    const uint32_t length = d->transport_bytes < n - d->transport_at ? d->transport_bytes : n - d->transport_at;
    const uint32_t at = d->ip.version == 4 ? 12u : 8u, pair = d->ip.version == 4 ? 8u : 32u;
    const uint32_t sum = (addresses ? sv_plain_sum(ip + at, pair, 0) : 0) + 6u + length;
    sv_put_u16(tcp + 16, 0);
    sv_put_u16(tcp + 16, (uint16_t)~sv_plain_fold(sv_plain_sum(tcp, length, sum)));
}

/* Reads the frame out, edits, and writes it into a packet of its own. */
bool sc_edit(struct sv_buf *b, const struct sc_fault *f)
{
    static uint8_t frame[65536];
    struct sv_dissected d;
    const uint32_t n = b->length;
    if (n > sizeof frame || !sv_buf_own(b) || !sv_buf_read(b, 0, frame, n))
        return false;
    sv_dissect(&d, SV_LINK_ETHERNET, frame, n, n);
    if (!(d.seen & (SV_SEEN_IP4 | SV_SEEN_IP6)))
        return true;
    for (uint32_t i = 0; i < f->fields; i++) {
        const uint32_t field = f->field[i].field;
        const bool of_ip = field == SC_FIELD_TTL || field == SC_FIELD_TOS || field == SC_FIELD_IP_DESTINATION;
        if (of_ip || d.seen & SV_SEEN_TCP)
            put_field(frame + d.network_at, frame + d.transport_at, f->field[i].field, f->field[i].value);
    }
    if (f->strip && d.seen & SV_SEEN_TCP)
        sc_box_strip(frame + d.transport_at, d.tcp.header_bytes, f->strip);
    if (f->strip_options && d.seen & SV_SEEN_TCP)
        strip(frame + d.transport_at, d.tcp.header_bytes);
    if (!f->keep_checksums && f->mend_ip_only)
        mend_ip(frame + d.network_at, &d);
    else if (!f->keep_checksums)
        mend(frame, n, &d, !f->without_addresses);
    uint32_t done = b->linear_length;
    memcpy(sv_buf_head(b), frame, done);
    for (uint32_t i = 0; i < b->slices; i++) {
        memcpy(sv_slab_bytes(sv_buf_pool(b), b->slice[i].slab) + b->slice[i].offset, frame + done, b->slice[i].length);
        done += b->slice[i].length;
    }
    return true;
}

/* --- deeds --- */

struct fate {
    sv_time later, deliver_at; /* deliver_at SV_NEVER: it goes the ordinary way */
    bool dropped;
};

static void tell_drop(struct sc_run *run, uint32_t host, const struct sv_buf *b, uint32_t reason)
{
    const struct sv_trace_record r = {.time = run->now,
                                      .kind = SV_TRACE_DROP,
                                      .host = (uint16_t)(host + 1u),
                                      .detail = (uint16_t)reason,
                                      .packet = b->id};
    sv_trace_emit(run->trace, &r, NULL);
    run->log_drops++;
}

static void place(struct sc_run *run, const struct sv_passage *p, struct sv_buf *take, const struct fate *fate)
{
    struct sv_world *w = run->sim->world;
    uint32_t node = p->to;
    sv_port port = p->to_port;
    sv_time at = run->now + fate->later;
    if (fate->deliver_at != SV_NEVER) {
        at = fate->deliver_at;
        if (p->to >= run->model->hosts && !sv_world_peer(w, p->to, 1u - p->to_port, &node, &port))
            node = p->to;
    }
    if (sv_world_post(w, node, port, take, at, PASSED))
        return;
    snprintf(run->problem, sizeof run->problem, "too many packets are held back at once (4096 at most)");
    sv_buf_free(take);
}

/* On a cable it is the signal that is turned over: the frame goes out with a good FCS and comes in with a bad one. */
static void corrupt(struct sc_run *run, const struct sv_passage *p, struct sv_buf *b, uint32_t bit)
{
    struct sv_cable_link *cable = p->to >= run->model->hosts ? run->cable[p->to - run->model->hosts] : NULL;
    if (!cable)
        (void)sv_link_flip_bit(b, bit);
    else if (!sv_cable_turn(cable, p->to_port, b->id, bit))
        snprintf(run->problem, sizeof run->problem, "more than %u frames are to be corrupted at once", SV_CABLE_TURNS);
}

static void probe(struct sc_run *run, const struct sv_passage *p, const struct sv_buf *b, uint32_t byte)
{
    struct sv_cable_link *cable = p->to >= run->model->hosts ? run->cable[p->to - run->model->hosts] : NULL;
    if (cable)
        sv_cable_probe(cable, p->to_port, b->id, byte);
    else
        snprintf(run->problem, sizeof run->problem, "a probe is put on a cable, not on a link");
}

static void apply(struct sc_run *run, const struct sv_passage *p, struct sv_buf *b, const bool *hit, uint32_t from,
                  struct fate *fate)
{
    const struct sc_model *m = run->model;
    for (uint32_t i = from; i < m->faults && !fate->dropped; i++) {
        const struct sc_fault *f = &m->fault[i];
        if (!hit[i])
            continue;
        switch (f->deed) {
        case SC_DROP:
            fate->dropped = true;
            break;
        case SC_HOLD:
            fate->deliver_at = f->until;
            break;
        case SC_DELAY:
            fate->later += f->by;
            break;
        case SC_DUPLICATE: {
            struct fate copy = {.later = f->at == SV_NEVER ? f->by : 0, .deliver_at = f->at};
            struct sv_buf *twin = sv_buf_clone(b, SV_WANT_DATA);
            if (twin)
                apply(run, p, twin, hit, i + 1u, &copy);
            if (twin && copy.dropped)
                sv_buf_free(twin);
            else if (twin)
                place(run, p, twin, &copy);
            break;
        }
        case SC_CORRUPT:
            corrupt(run, p, b, f->bit != SV_NONE ? f->bit : sv_rng_u32(&run->fault_rng[i]));
            break;
        case SC_PROBE:
            probe(run, p, b, f->to);
            break;
        case SC_TRUNCATE:
            if (f->to < b->length)
                sv_buf_truncate(b, f->to);
            break;
        case SC_EDIT:
        case SC_STRIP:
            (void)sc_edit(b, f);
            break;
        case SC_RESET:
            sc_box_reset(run, p, b, i);
            break;
        default:
            break;
        }
    }
}

/* Who is hit, in file order; all count, whatever the others do. */
static bool judge(struct sc_run *run, const struct sc_packet *p, bool *hit)
{
    const struct sc_model *m = run->model;
    bool any = false;
    for (uint32_t i = 0; i < m->faults; i++) {
        const struct sc_fault *f = &m->fault[i];
        hit[i] = false;
        if (f->deed == SC_CUT || f->deed == SC_STRAY)
            continue;
        const bool now = run->now >= f->between[0] && run->now < f->between[1] && !run->settling;
        if (f->deed == SC_PARTITION) {
            const bool there = p->from == f->host[0] && p->to == f->host[1];
            const bool back = !f->one_way && p->from == f->host[1] && p->to == f->host[0];
            hit[i] = now && (there || back) && p->link == SV_NONE;
        } else if (sc_selects(&f->what, p)) {
            const uint64_t before = run->fault_count[i].hits;
            hit[i] = sc_count_selected(&run->fault_count[i], &f->what, p);
            /* One draw for every packet seen, used or not: a fault more moves no other's chance. */
            const uint64_t draw = f->chance == SV_NONE ? 0 : (uint64_t)sv_rng_u32(&run->fault_rng[i]) * 1000000u >> 32;
            hit[i] = hit[i] && now && (f->chance == SV_NONE || draw < f->chance);
            run->fault_count[i].hits = before + hit[i];
        }
        if (hit[i] && f->deed == SC_PARTITION)
            run->fault_count[i].hits++;
        any = any || hit[i];
    }
    return any;
}

/* --- where a packet is seen --- */

static bool read_frame(struct sc_run *run, const struct sv_buf *b, struct sc_packet *p, struct sv_endpoint *from,
                       struct sv_endpoint *to, uint8_t *bytes)
{
    const uint32_t most = run->frame || run->rows || run->watches_frames ? LOOK : HEADERS;
    const uint32_t n = b->length < most ? b->length : most;
    memset(from, 0, sizeof *from);
    memset(to, 0, sizeof *to);
    if (!sv_buf_read(b, 0, bytes, n))
        return false;
    (void)sc_parse(bytes, n < HEADERS ? n : HEADERS, b->length, p, from, to);
    sc_frame_ends(run, bytes, n, p, from, to);
    return true;
}

static void count_twice(struct sc_run *run, const struct sv_buf *b, const uint8_t *bytes, uint32_t host, bool sends)
{
    const uint64_t hash = sv_xxh64(bytes, b->length < LOOK ? b->length : LOOK, 7) | 1u;
    for (uint32_t tries = 0, at = (uint32_t)hash; tries < 64; tries++, at++) {
        struct sc_twice *t = &run->twice[(at ^ (sends ? 0 : host * 97u)) & (run->twice_slots - 1u)];
        if (t->hash && (t->hash != hash || t->host != (sends ? SV_NONE : host)))
            continue;
        t->hash = hash;
        t->host = sends ? SV_NONE : host;
        t->received++;
        if (sends)
            return;
        uint32_t sent = 0;
        for (uint32_t k = 0, s = (uint32_t)hash; k < 64; k++, s++) {
            const struct sc_twice *o = &run->twice[s & (run->twice_slots - 1u)];
            if (o->hash == hash && o->host == SV_NONE)
                sent = o->received;
        }
        struct sc_facts of;
        sc_facts_of(run, &of, SC_FACT_TWICE, host, SV_NONE, SV_NONE);
        for (uint32_t i; (i = sc_facts_next(run, &of)) != SV_NONE;) {
            run->fact[i].occasions++;
            if (sent && t->received > sent)
                sc_fact_event(run, &run->model->fact[i], &run->fact[i]);
        }
        return;
    }
}

static bool is_mine(const struct sc_run *run, uint32_t host, const struct sc_packet *p)
{
    const struct sc_host *h = &run->model->host[host];
    return p->from == host && (h->kind != SC_ROUTER || h->impostor || !p->tcp);
}

/* What the host is set never to send. */
static bool withheld(const struct sc_knobs *set, const struct sc_packet *k)
{
    const bool unreachable = k->kinds >> SC_ICMP & 1u && k->icmp_type == (k->six ? 1 : 3);
    return (k->again && set->given >> SC_RETRANSMIT & 1u && !set->value[SC_RETRANSMIT]) ||
           (unreachable && set->given >> SC_ICMP_UNREACHABLE & 1u && !set->value[SC_ICMP_UNREACHABLE]);
}

/* "fault late": the first that dropped it. */
static const char *why_lost(const struct sc_run *run, const bool *hit)
{
    static char why[48];
    for (uint32_t i = 0; i < run->model->faults; i++) {
        const struct sc_fault *f = &run->model->fault[i];
        if (hit[i] && (f->deed == SC_DROP || f->deed == SC_PARTITION)) {
            snprintf(why, sizeof why, "fault %.32s", f->id);
            return why;
        }
    }
    return "fault";
}

/* By its sender, and once more for those who say "on LINK". */
static bool judge_twice(struct sc_run *run, struct sc_packet *k, uint32_t node, uint32_t link, bool *hit)
{
    const uint32_t faults = run->model->faults;
    bool also[1000] = {false};
    bool any = judge(run, k, hit);
    k->link = link;
    sc_packet_event(run, k, node, true);
    if (judge(run, k, also)) {
        for (uint32_t i = 0; i < faults; i++)
            hit[i] = hit[i] || also[i];
        any = true;
    }
    return any;
}

/* What a router's filter, or what the host is set to, does not let go. True: it is gone. */
static bool kept_back(struct sc_run *run, uint32_t node, struct sv_buf *b, const struct sc_packet *k)
{
    const bool filtered = sc_box_refuses(run, node, k);
    if (!filtered && (k->transit || !withheld(&run->set[node], k)))
        return false;
    tell_drop(run, node, b, filtered ? SV_DROP_ACL : SV_DROP_SCENARIO_FAULT);
    sv_buf_free(b);
    return true;
}

/* A node puts it on a link. False: it goes no further (and is gone). */
static bool departs(struct sc_run *run, const struct sv_passage *p, struct sv_buf *b)
{
    static uint8_t bytes[LOOK];
    struct sc_packet k;
    struct sv_endpoint from, to;
    const uint32_t node = p->from, link = p->to - run->model->hosts;
    const bool bridge = run->model->host[node].kind == SC_SWITCH;
    if (!bridge)
        sc_flaw_departs(run, node, b);
    if (!read_frame(run, b, &k, &from, &to, bytes))
        return true;
    if (k.tcp && k.flags & 2u)
        sc_observe(run); /* whose SYN it is stands in the trace */
    k.from = sc_host_of(run, &from.addr);
    k.forger = sc_forger_of(run, bytes, b->length < HEADERS ? b->length : HEADERS);
    k.transit = bridge ? !(k.kinds >> SC_BPDU & 1u) : !is_mine(run, node, &k);
    if (bridge && !k.transit)
        k.from = node;
    k.id = b->id;
    if (k.transit) {
        k.to = sc_host_of(run, &to.addr);
        k.from = k.forger == SV_NONE ? k.from : k.forger;
    } else if (!bridge) {
        sc_track_packet(run, &run->sent, &k, &from, &to);
    }
    if (!k.transit && !bridge)
        sc_lawful_departs(run, node, b);
    if (kept_back(run, node, b, &k))
        return false;
    if (run->watches_frames && !k.transit)
        count_twice(run, b, bytes, node, true);
    if (run->frame)
        run->frame(run->ctx, run, link, p->to_port, bytes, b->length < LOOK ? b->length : LOOK, b->length, NULL);
    run->packets_sent[node] += !k.transit;
    run->resets[node] += !k.transit && k.kinds >> SC_RST & 1u;
    if (!k.transit) {
        sc_rows_departs(run, node, b, &k, bytes, b->length < LOOK ? b->length : LOOK);
        sc_packet_event(run, &k, node, true);
    }
    sc_depart(run, link, p->to_port, b->id, &k);
    bool hit[1000] = {false};
    if (!judge_twice(run, &k, node, link, hit))
        return true;
    struct fate fate = {.deliver_at = SV_NEVER};
    for (uint32_t i = 0; i < run->model->faults; i++)
        fate.dropped = fate.dropped || (hit[i] && run->model->fault[i].deed == SC_PARTITION);
    apply(run, p, b, hit, 0, &fate);
    if (fate.dropped) {
        sc_rows_lost(run, b, why_lost(run, hit));
        tell_drop(run, node, b, SV_DROP_SCENARIO_FAULT);
        sv_buf_free(b);
    } else if (fate.later || fate.deliver_at != SV_NEVER) {
        place(run, p, b, &fate);
    }
    return !fate.dropped && !fate.later && fate.deliver_at == SV_NEVER;
}

/* The nth of those that come together, from 0. */
static void arrives(struct sc_run *run, const struct sv_passage *p, struct sv_buf *b, uint32_t nth)
{
    static uint8_t bytes[LOOK];
    struct sc_packet k;
    struct sv_endpoint from, to;
    const struct sc_knobs *set = &run->set[p->to];
    if (!read_frame(run, b, &k, &from, &to, bytes))
        return;
    if (run->watches_frames)
        count_twice(run, b, bytes, p->to, false);
    if (set->given >> SC_VERIFY_CHECKSUM & 1u && !set->value[SC_VERIFY_CHECKSUM])
        b->flags |= SV_BUF_CSUM_VALID;
    sc_flaw_arrives(run, p->to, b);
    k.forger = sc_forger_of(run, bytes, b->length < HEADERS ? b->length : HEADERS);
    if (k.tcp) {
        sc_lawful_arrives(run, p->to, b, nth, p->tag >= SC_TAG_STRAY);
        sc_stray_may_come(run, p->to);
    }
    sc_track_packet(run, &run->received, &k, &from, &to);
    k.id = b->id;
    run->packets_received[p->to]++;
    run->last[p->to] = k;
    if (k.kinds >> SC_SYN & 1u) {
        run->last_syn = k;
        run->last_syn_from = from;
        run->last_syn_to = to;
    }
    sc_rows_arrives(run, p->to, b, &k, bytes, b->length < LOOK ? b->length : LOOK);
    sc_packet_event(run, &k, p->to, false);
}

/* What a host forged comes to its link. It is seen there as sent by that host, whatever stands in it. */
static void forged(struct sc_run *run, const struct sv_passage *p, struct sv_buf *b)
{
    static uint8_t bytes[LOOK];
    struct sc_packet k;
    struct sv_endpoint from, to;
    sc_forge_passes(run, p->tag);
    if (!read_frame(run, b, &k, &from, &to, bytes))
        return;
    k.id = b->id;
    k.forger = sc_forger_of(run, bytes, b->length < HEADERS ? b->length : HEADERS);
    sc_track_packet(run, &run->sent, &k, &from, &to);
    if (run->frame)
        run->frame(run->ctx, run, p->to - run->model->hosts, p->to_port, bytes, b->length < LOOK ? b->length : LOOK,
                   b->length, "forged");
    sc_packet_event(run, &k, k.forger, true);
}

void sc_tap(void *self, const struct sv_passage *p, struct sv_burst *b)
{
    struct sc_run *run = self;
    const uint32_t hosts = run->model->hosts;
    uint32_t kept = 0;
    run->now = p->now;
    for (uint32_t i = 0; i < b->n; i++) {
        bool stays = true;
        if (p->tag >= SC_TAG_STRAY) {
            struct sv_buf *made = sc_stray_make(run, p->to, p->tag);
            sv_buf_free(b->packet[i]);
            if (!made)
                continue;
            b->packet[i] = made;
        }
        if (p->tag >= SC_TAG_FORGED && p->to >= hosts) {
            forged(run, p, b->packet[i]);
        } else if (p->from < hosts && p->to >= hosts) {
            stays = !run->down[p->from] && departs(run, p, b->packet[i]);
            if (run->down[p->from])
                sv_buf_free(b->packet[i]);
        } else if (p->to < hosts && run->model->host[p->to].kind != SC_SWITCH) {
            if (run->down[p->to]) {
                sv_buf_free(b->packet[i]);
                stays = false;
            } else {
                arrives(run, p, b->packet[i], kept);
                stays = !sc_is_outside(run, p->to);
                if (!stays)
                    sc_outside_give(run, p->to, b->packet[i]);
            }
        }
        if (stays)
            b->packet[kept++] = b->packet[i];
    }
    b->n = kept;
}
