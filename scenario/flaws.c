/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutants: what `set` can break. Most of it breaks inside TCP (l4_transport/tcp_teach.h); what would cost the ordinary
 * way something there is done here to the frames, as a host with that mistake would have sent or taken them. */
#include <string.h>

#include "core/cursor.h"
#include "core/pool_inline.h"
#include "l4_transport/tcp_teach.h"
#include "scenario/run.h"
#include "trace/dissect.h"

#define LOOK 2048u

/* Rules that are switched off by `false`, and words that are wrong from the second on. */
static bool is_rule(uint32_t knob)
{
    return knob == SC_FIN_TAKES_NUMBER || knob == SC_CLOSING_STATE || knob == SC_PERSIST_TIMER ||
           knob == SC_RST_EXACT || knob == SC_PMTUD || knob == SC_PSEUDO_HEADER || knob == SC_DECREMENT_TTL ||
           knob == SC_KARN;
}

static bool wrong(const struct sc_knobs *k, uint32_t knob)
{
    return k->given >> knob & 1u && (k->value[knob] != 0) != is_rule(knob);
}

bool sc_flawed(const struct sc_run *run, uint32_t host, uint32_t knob)
{
    return wrong(&run->set[host], knob);
}

uint32_t sc_flaws_of(const struct sc_knobs *k)
{
    static const struct {
        uint32_t knob, flaw;
    } map[] = {{SC_FIN_TAKES_NUMBER, SV_FLAW_FIN_WITHOUT_NUMBER},
               {SC_CLOSING_STATE, SV_FLAW_NO_CLOSING},
               {SC_REUSE_TIME_WAIT, SV_FLAW_TIME_WAIT_REUSED},
               {SC_PERSIST_TIMER, SV_FLAW_NO_PERSIST},
               {SC_ACCEPT_ACK_WITHOUT_FLAG, SV_FLAW_ACK_WITHOUT_FLAG},
               {SC_RST_EXACT, SV_FLAW_RST_IN_WINDOW},
               {SC_URGENT_POINTER, SV_FLAW_URGENT_AT_LAST_BYTE},
               {SC_PMTUD, SV_FLAW_DEAF_TO_ICMP},
               {SC_KARN, SV_FLAW_NO_KARN}};
    uint32_t flaws = 0;
    for (uint32_t i = 0; i < sizeof map / sizeof *map; i++)
        flaws |= wrong(k, map[i].knob) ? map[i].flaw : 0;
    if (wrong(k, SC_TIME_WAIT_RULE))
        flaws |= k->value[SC_TIME_WAIT_RULE] == 1 ? SV_FLAW_NO_TIME_WAIT : SV_FLAW_CLIENTS_WAIT;
    return flaws;
}

/* "Ack = Seq + 1": one more than the number of the segment that came last, however long that was. */
static bool seq_plus_one(struct sc_run *run, const struct sc_packet *k, const struct sv_endpoint *from,
                         const struct sv_endpoint *to, struct sc_fault *edit)
{
    uint32_t last;
    if (!k->tcp || !(k->flags & 16u) || !sc_track_last(&run->received, to, from, &last))
        return false;
    edit->field[edit->fields].field = SC_FIELD_ACK;
    edit->field[edit->fields++].value = last + 1u;
    return true;
}

/* A router that passes packets on as old as they came. */
static void keep_age(const struct sc_run *run, uint32_t host, struct sv_buf *b, const struct sc_packet *k,
                     const struct sv_endpoint *from)
{
    const uint32_t sender = sc_host_of(run, &from->addr);
    struct sc_fault edit = {.mend_ip_only = true};
    edit.field[edit.fields].field = SC_FIELD_TTL;
    edit.field[edit.fields++].value = k->ttl + 1u;
    if (sender != host && k->ttl < 255u)
        (void)sc_edit(b, &edit);
}

void sc_flaw_departs(struct sc_run *run, uint32_t host, struct sv_buf *b)
{
    static uint8_t bytes[LOOK];
    const bool number = sc_flawed(run, host, SC_ACK_NUMBER), sum = sc_flawed(run, host, SC_PSEUDO_HEADER);
    struct sc_packet k;
    struct sv_endpoint from, to;
    const bool age = sc_flawed(run, host, SC_DECREMENT_TTL);
    if (!number && !sum && !age)
        return;
    const uint32_t n = b->length < LOOK ? b->length : LOOK;
    memset(&from, 0, sizeof from);
    memset(&to, 0, sizeof to);
    if (!sv_buf_read(b, 0, bytes, n) || !sc_parse(bytes, n, b->length, &k, &from, &to))
        return;
    if (age && k.kinds >> SC_PACKET & 1u)
        keep_age(run, host, b, &k, &from);
    if (!k.tcp)
        return;
    struct sc_fault edit = {.without_addresses = sum};
    if ((number && seq_plus_one(run, &k, &from, &to, &edit)) || sum)
        (void)sc_edit(b, &edit);
}

/* Whoever is asked for, the first service gets it. */
static void first_port(struct sc_run *run, uint32_t host, struct sv_buf *b)
{
    const struct sc_host *h = &run->model->host[host];
    struct sc_fault edit = {.fields = 1};
    edit.field[0].field = SC_FIELD_DESTINATION_PORT;
    edit.field[0].value = h->serves ? h->serve[0].port : 0;
    if (sc_flawed(run, host, SC_PORTS) && h->serves)
        (void)sc_edit(b, &edit);
}

/* A sum over header and text alone: is it right? */
void sc_flaw_arrives(struct sc_run *run, uint32_t host, struct sv_buf *b)
{
    static uint8_t frame[65536];
    struct sv_dissected d;
    first_port(run, host, b);
    if (!sc_flawed(run, host, SC_PSEUDO_HEADER) || b->length > sizeof frame || !sv_buf_read(b, 0, frame, b->length))
        return;
    sv_dissect(&d, SV_LINK_ETHERNET, frame, b->length, b->length);
    if (!(d.seen & SV_SEEN_TCP))
        return;
    const uint32_t sum = sv_plain_sum(frame + d.transport_at, d.transport_bytes, 6u + d.transport_bytes);
    if (sv_plain_fold(sum) == 0xffffu)
        b->flags |= SV_BUF_CSUM_VALID;
}
