/* SPDX-License-Identifier: BSD-2-Clause */
/* When each burst in flight was sent, for profiles that take a sample of the round-trip time from every
 * acknowledgement (Linux keeps a time with each packet: tcp_clean_rtx_queue()); RFC 6298 §3 asks for one a round trip,
 * which is all that others take (sv_tcb_send_data(), rtt_seq). The log is a slab, lent while new data is sent in calm;
 * whatever is sent again ends it (Karn's rule): then the scoreboard knows, or nobody. */
#include "l4_transport/tcp_rto.h"
#include "l4_transport/tcp_scoreboard.h"

#define SV_SENT_LOG ((SV_SLAB_BYTES - 16u) / 8u)

struct sv_sent_log {
    uint32_t from;         /* the first byte that it knows of */
    uint32_t first, count; /* of mark, a ring */
    uint32_t spread;       /* ticks: what stands behind one mark may have gone out so much later */
    struct sv_sent_mark mark[SV_SENT_LOG];
};
_Static_assert(sizeof(struct sv_sent_log) <= SV_SLAB_BYTES, "a slab");

static struct sv_sent_log *sv_sent_log(const struct sv_tcb *t)
{
    return (struct sv_sent_log *)(void *)sv_slab_bytes_fast(sv_core_pool(t->core), t->b->log);
}

static struct sv_sent_mark *sv_sent_log_at(struct sv_sent_log *l, uint32_t i)
{
    return &l->mark[(l->first + i) % SV_SENT_LOG];
}

void sv_sent_log_forget(struct sv_tcb *t)
{
    if (t->b->log == SV_NONE)
        return;
    sv_slab_unref(sv_core_pool(t->core), t->b->log);
    t->b->log = SV_NONE;
}

/* A log that is half full takes what goes out in the same 64th of a round trip for one burst. */
static void sv_sent_log_add(struct sv_tcb *t, struct sv_sent_log *l, uint32_t end, uint32_t at)
{
    struct sv_sent_mark *m = l->count ? sv_sent_log_at(l, l->count - 1u) : NULL;
    const uint32_t grain = l->count < SV_SENT_LOG / 2u ? 0 : sv_board_grain(t);
    if (m && at - m->at <= grain) {
        m->end = end;
        l->spread = sv_max_u32(l->spread, at - m->at);
    } else if (l->count < SV_SENT_LOG) {
        *sv_sent_log_at(l, l->count++) = (struct sv_sent_mark){end, at};
    } else {
        sv_sent_log_forget(t);
    }
}

void sv_sent_log_put(struct sv_tcb *t, uint32_t from, uint32_t end, uint32_t first, uint32_t last)
{
    struct sv_sent_log *l;
    if (t->b->log == SV_NONE) {
        t->b->log = sv_slab_alloc(sv_core_pool(t->core), SV_WANT_DATA, t->core->account);
        if (t->b->log == SV_NONE)
            return; /* samples come as others take them */
        l = sv_sent_log(t);
        l->from = from;
        l->first = l->count = l->spread = 0;
    }
    l = sv_sent_log(t);
    l->spread = sv_max_u32(l->spread, last - first);
    sv_sent_log_add(t, l, end, first);
}

void sv_sent_log_note(struct sv_tcb *t, uint32_t from)
{
    const uint32_t now = sv_fine_tick(t->now);
    sv_sent_log_put(t, from, t->h->snd_max, now, now);
}

uint32_t sv_sent_log_from(const struct sv_tcb *t)
{
    return t->b->log == SV_NONE ? t->h->snd_max : sv_sent_log(t)->from;
}

bool sv_sent_log_burst(const struct sv_tcb *t, uint32_t i, struct sv_sent_mark *m, uint32_t *last)
{
    struct sv_sent_log *l = t->b->log == SV_NONE ? NULL : sv_sent_log(t);
    if (!l || i >= l->count)
        return false;
    *m = *sv_sent_log_at(l, i);
    const uint32_t next = i + 1u < l->count ? sv_sent_log_at(l, i + 1u)->at : t->b->sent_last;
    *last = m->at + sv_min_u32(next - m->at, l->spread);
    return true;
}

static uint32_t sv_sent_log_age_us(const struct sv_tcb *t, const struct sv_sent_mark *m)
{
    return (uint32_t)(((uint64_t)(sv_fine_tick(t->now) - m->at) << 10) / SV_US);
}

/* Of what was sent first among the bytes that it acknowledges for SRTT, of what was sent last for the rest. */
bool sv_sent_log_sample(struct sv_tcb *t, uint32_t ack, uint32_t *last_us)
{
    struct sv_sent_log *l = sv_sent_log(t);
    const bool known = sv_seq_after_or_at(t->h->snd_una, l->from) && sv_seq_after(ack, t->h->snd_una);
    uint32_t first_us = 0;
    *last_us = 0;
    while (l->count) {
        const struct sv_sent_mark *m = sv_sent_log_at(l, 0);
        if (sv_seq_after(m->end, t->h->snd_una)) {
            *last_us = sv_sent_log_age_us(t, m);
            first_us = first_us ? first_us : *last_us;
        }
        if (sv_seq_after(m->end, ack))
            break;
        l->first = (l->first + 1u) % SV_SENT_LOG;
        l->count--;
        if (m->end == ack)
            break;
    }
    if (!l->count)
        sv_sent_log_forget(t);
    if (known && *last_us) {
        t->c->min_rtt_us = sv_min_u32(t->c->min_rtt_us, *last_us);
        sv_tcp_rtt_sample(t, first_us);
    }
    return known && *last_us;
}
