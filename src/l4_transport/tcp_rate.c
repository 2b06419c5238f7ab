/* SPDX-License-Identifier: BSD-2-Clause */
#include "l4_transport/tcp_rate.h"

#include "core/math.h"
#include "core/mem.h"
#include "core/seq.h"

static struct sv_rate_mark *sv_rate_mark(struct sv_rate *r, uint32_t i)
{
    return &r->mark[(r->first + i) % SV_RATE_MARKS];
}

void sv_rate_sent(struct sv_rate *r, uint32_t end, uint32_t in_flight, bool idle, uint32_t now_us)
{
    if (idle) /* §4.1.2.2: the clock of a flight begins with its first segment */
        r->first_sent_us = r->delivered_us = now_us;
    if (r->count == SV_RATE_MARKS)
        return;
    if (r->count) { /* far enough behind the one before, so that all of a flight has its marks */
        const uint32_t since = end - sv_rate_mark(r, r->count - 1u)->end;
        if (since < in_flight / SV_RATE_MARKS)
            return;
    }
    *sv_rate_mark(r, r->count++) = (struct sv_rate_mark){
        .end = end,
        .sent_us = now_us,
        .first_sent_us = r->first_sent_us,
        .delivered_us = r->delivered_us,
        .delivered = r->delivered,
        .in_flight = in_flight,
        .lost = r->lost,
        .app_limited = r->app_limited,
    };
}

void sv_rate_acked(struct sv_rate *r, uint32_t una, uint32_t bytes, uint32_t lost, uint32_t min_rtt_us, uint32_t now_us,
                   struct sv_rate_sample *s)
{
    struct sv_rate_mark m = {.end = una + 1u}; /* none yet */
    *s = (struct sv_rate_sample){.rate = 0};
    r->delivered += bytes;
    r->lost += lost;
    if (bytes)
        r->delivered_us = now_us;
    if (r->app_limited && sv_seq_after(r->delivered, r->app_limited))
        r->app_limited = 0;
    while (r->count && sv_seq_before_or_at(sv_rate_mark(r, 0)->end, una)) {
        m = *sv_rate_mark(r, 0); /* the one sent last counts */
        r->first = (r->first + 1u) % SV_RATE_MARKS;
        r->count--;
    }
    if (m.end == una + 1u)
        return;
    r->first_sent_us = m.sent_us;
    const uint32_t send = m.sent_us - m.first_sent_us, ack = r->delivered_us - m.delivered_us;
    const uint32_t interval = send > ack ? send : ack;
    s->delivered = r->delivered - m.delivered;
    s->lost = r->lost - m.lost;
    s->in_flight = m.in_flight;
    s->prior_delivered = m.delivered;
    s->rtt_us = now_us - m.sent_us;
    s->app_limited = m.app_limited != 0;
    if (interval && interval >= min_rtt_us) /* §4.1.2.3: below it the acknowledgements were compressed */
        s->rate = sv_div64((uint64_t)s->delivered * 1000000u, interval);
}

void sv_rate_app_limited(struct sv_rate *r, uint32_t in_flight)
{
    const uint32_t until = r->delivered + in_flight;
    r->app_limited = until ? until : 1u;
}
