/* SPDX-License-Identifier: BSD-2-Clause */
/* Middle boxes: one that forges resets, one that strips options, routers that filter ICMP, translators that forget. */
#include <stdio.h>
#include <string.h>

#include "core/cursor.h"
#include "scenario/run.h"
#include "seven/nat.h"
#include "trace/dissect.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

#define HEADERS 192u

/* --- resets --- */

/* Ethernet, IP and TCP of a reset that goes the way of the segment `bytes`, or back. How long it is. */
static uint32_t reset_frame(const uint8_t *bytes, const struct sv_dissected *d, bool back, uint32_t seq, uint8_t *to)
{
    const uint32_t ip = d->network_at, six = d->ip.version == 6, header = six ? 40u : 20u, n = ip + header + 20u;
    const uint32_t at = six ? 8u : 12u, size = six ? 16u : 4u;
    memset(to, 0, n);
    memcpy(to, bytes, ip);
    memcpy(to + (back ? 6 : 0), bytes, 6);
    memcpy(to + (back ? 0 : 6), bytes + 6, 6);
    if (six) {
        memcpy(to + ip, bytes + ip, 4);
        sv_put_u16(to + ip + 4, 20);
        to[ip + 6] = 6;
        to[ip + 7] = 64;
    } else {
        to[ip] = 0x45;
        sv_put_u16(to + ip + 2, 40);
        to[ip + 8] = 64;
        to[ip + 9] = 6;
    }
    memcpy(to + ip + at + (back ? size : 0), bytes + ip + at, size);
    memcpy(to + ip + at + (back ? 0 : size), bytes + ip + at + size, size);
    if (!six)
        sv_put_u16(to + ip + 10, (uint16_t)~sv_plain_fold(sv_plain_sum(to + ip, 20, 0)));
    uint8_t *tcp = to + ip + header;
    sv_put_u16(tcp, back ? d->port_to : d->port_from);
    sv_put_u16(tcp + 2, back ? d->port_from : d->port_to);
    sv_put_u32(tcp + 4, seq);
    tcp[12] = 0x50;
    tcp[13] = RST;
    sv_put_u16(tcp + 16, (uint16_t)~sv_plain_fold(sv_plain_sum(tcp, 20, sv_plain_sum(to + ip + at, 2u * size, 26))));
    return n;
}

static void forge(struct sc_run *run, const struct sv_passage *p, const uint8_t *frame, uint32_t n, bool back)
{
    struct sv_buf *b = sv_buf_alloc(run->pool, SV_WANT_CONTROL, 0);
    if (!b)
        return;
    memcpy(sv_buf_push(b, (uint16_t)n), frame, n);
    if (sv_world_post(run->sim->world, back ? p->from : p->to, back ? p->from_port : p->to_port, b, run->now,
                      SC_FORGED))
        return;
    snprintf(run->problem, sizeof run->problem, "too many packets are held back at once (4096 at most)");
    sv_buf_free(b);
}

void sc_box_reset(struct sc_run *run, const struct sv_passage *p, const struct sv_buf *b, uint32_t fault)
{
    const struct sc_fault *f = &run->model->fault[fault];
    uint8_t bytes[HEADERS], frame[128];
    struct sv_dissected d;
    const uint32_t n = b->length < sizeof bytes ? b->length : sizeof bytes;
    if (!sv_buf_read(b, 0, bytes, n))
        return;
    sv_dissect(&d, SV_LINK_ETHERNET, bytes, n, b->length);
    if (!(d.seen & SV_SEEN_TCP) || d.tcp.flags & RST || d.network_at > 22u)
        return;
    const uint32_t next = d.tcp.seq + d.payload_bytes + (d.tcp.flags & SYN ? 1u : 0) + (d.tcp.flags & FIN ? 1u : 0);
    for (uint32_t i = 0; i < f->times; i++) {
        const uint32_t guess = sv_rng_u32(&run->fault_rng[fault]);
        if (f->to_whom != SC_TO_SENDER)
            forge(run, p, frame, reset_frame(bytes, &d, false, f->guess ? guess : next + f->off, frame), false);
        if (f->to_whom != SC_TO_RECEIVER && d.tcp.flags & ACK)
            forge(run, p, frame, reset_frame(bytes, &d, true, f->guess ? guess : d.tcp.ack + f->off, frame), true);
    }
}

/* --- options --- */

/* Those named become NOPs: the header keeps its length, as boxes that cannot move data do it. */
void sc_box_strip(uint8_t *tcp, uint32_t header, uint32_t options)
{
    for (uint32_t i = 20; i < header;) {
        const uint32_t kind = tcp[i], length = kind > 1 && i + 1u < header ? tcp[i + 1u] : 1u;
        static const uint8_t known[] = {[2] = 1, [3] = 2, [4] = 3, [5] = 4, [8] = 5, [34] = 6};
        const uint32_t name = kind < sizeof known && known[kind] ? known[kind] - 1u : SC_OPTION_UNKNOWN;
        if (kind == 0 || length == 0 || i + length > header)
            return;
        if (kind > 1 && options >> name & 1u)
            memset(tcp + i, 1, length);
        i += length;
    }
}

/* --- routers --- */

bool sc_box_refuses(const struct sc_run *run, uint32_t router, const struct sc_packet *k)
{
    const uint32_t filter = run->model->host[router].icmp;
    if (filter == SC_ICMP_ALL || !(k->kinds >> SC_ICMP & 1u))
        return false;
    if (k->six && k->icmp_type >= 133 && k->icmp_type <= 137)
        return false; /* neighbour discovery is how the link works */
    const bool error = k->six ? k->icmp_type < 128
                              : k->icmp_type == 3 || k->icmp_type == 4 || k->icmp_type == 5 || k->icmp_type == 11 ||
                                    k->icmp_type == 12;
    return error || filter == SC_ICMP_NOTHING;
}

void sc_box_forget(struct sc_run *run, uint32_t router, bool rebind)
{
    const struct sc_host *h = &run->model->host[router];
    const sv_time now = sv_world_local(run->sim->world, router);
    const struct sv_nat_config c = {.size = sizeof c, .outside = h->nat_port - 1u, .flags = SV_NAT_RANDOM_PORTS};
    if (!h->nat_port || run->down[router])
        return;
    sc_rows_said(run, router, rebind ? "rebind" : "forget");
    if (rebind)
        (void)!sv_nat_enable(run->stack[router], &c, now);
    sv_nat_forget(run->stack[router], now);
    sv_world_touch(run->sim->world, router);
}

/* What translators do every so often, by the world's clock. */
sv_time sc_box_next(const struct sc_run *run, sv_time said)
{
    sv_time at = SV_NEVER;
    for (uint32_t i = 0; i < run->model->hosts; i++) {
        const struct sc_host *h = &run->model->host[i];
        const sv_time all[] = {h->nat_forget, h->nat_rebind};
        for (uint32_t k = 0; k < 2; k++) {
            if (all[k] && (said / all[k] + 1u) * all[k] < at)
                at = (said / all[k] + 1u) * all[k];
        }
    }
    return at < run->model->until ? at : SV_NEVER;
}

void sc_box_speak(struct sc_run *run, sv_time now)
{
    for (uint32_t i = 0; now && i < run->model->hosts; i++) {
        const struct sc_host *h = &run->model->host[i];
        if (h->nat_rebind && now % h->nat_rebind == 0)
            sc_box_forget(run, i, true);
        else if (h->nat_forget && now % h->nat_forget == 0)
            sc_box_forget(run, i, false);
    }
}
