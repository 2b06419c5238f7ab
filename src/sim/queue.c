/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim/queue.h"

#include "core/math.h"
#include "core/mem.h"

#define MILLION 1000000u
#define FULL_SIZED 1500u

void sv_queue_init(struct sv_queue *q, const struct sv_queue_config *config, sv_time now)
{
    sv_memset(q, 0, sizeof *q);
    q->c = *config;
    q->c.target_ns = config->target_ns ? config->target_ns : 5u * SV_MS;
    q->c.interval_ns = config->interval_ns ? config->interval_ns : 100u * SV_MS;
    q->c.red_min = config->red_min ? config->red_min : 5;
    q->c.red_max = config->red_max > q->c.red_min ? config->red_max : 3u * q->c.red_min;
    q->c.red_chance = config->red_chance ? config->red_chance : MILLION / 10u;
    q->c.red_weight = config->red_weight ? config->red_weight : 9;
    q->idle_since = now;
}

/* --- RED --- */

/* The mean follows the length; while the queue is empty it falls as if packets had come and found it so. */
static void sv_red_mean(struct sv_queue *q, sv_time packet_ns, sv_time now)
{
    if (q->packets == 0 && q->idle_since != SV_NEVER && packet_ns) {
        uint64_t missed = sv_min_u64(sv_div64(now - q->idle_since, packet_ns), 8192u);
        while (missed-- && q->mean)
            q->mean -= (q->mean >> q->c.red_weight) + 1u;
    }
    const uint64_t length = (uint64_t)q->packets << 16;
    if (length >= q->mean)
        q->mean += (length - q->mean) >> q->c.red_weight;
    else
        q->mean -= (q->mean - length) >> q->c.red_weight;
    q->idle_since = SV_NEVER;
}

static bool sv_red_hits(struct sv_queue *q, uint32_t draw)
{
    const uint64_t low = (uint64_t)q->c.red_min << 16, high = (uint64_t)q->c.red_max << 16;
    if (q->mean < low) {
        q->since_mark = 0;
        return false;
    }
    const uint64_t base = sv_div64((q->mean - low) * q->c.red_chance, high - low);
    /* Marks spread evenly: the longer there was none, the likelier the next. */
    const uint64_t passed = q->since_mark++ * base;
    const uint64_t chance = passed >= MILLION ? MILLION : sv_div64(base * MILLION, MILLION - passed);
    if (((uint64_t)draw * MILLION >> 32) >= chance)
        return false;
    q->since_mark = 0;
    return true;
}

enum sv_queue_verdict sv_queue_join(struct sv_queue *q, uint32_t length, uint32_t draw, sv_time packet_ns, sv_time now,
                                    bool *full)
{
    *full = (q->c.packets && q->packets >= q->c.packets) || (q->c.bytes && q->bytes + length > q->c.bytes);
    if (q->c.kind == SV_QUEUE_RED) {
        sv_red_mean(q, packet_ns, now);
        if (!*full && q->mean >= (uint64_t)q->c.red_max << 16)
            return SV_QUEUE_REFUSE;
        if (!*full && sv_red_hits(q, draw))
            return q->c.ecn ? SV_QUEUE_MARK : SV_QUEUE_REFUSE;
    }
    return *full ? SV_QUEUE_REFUSE : SV_QUEUE_TAKE;
}

void sv_queue_joined(struct sv_queue *q, uint32_t length)
{
    q->packets++;
    q->bytes += length;
}

/* --- CoDel, RFC 8289 §5 --- */

/* 2^16 times the square root, by Newton. */
static uint32_t sv_root16(uint32_t n)
{
    const uint64_t v = (uint64_t)n << 32;
    uint64_t x = (uint64_t)1 << ((sv_log2_64(v) + 2u) / 2u);
    for (uint64_t y = (x + sv_div64(v, x)) / 2u; y < x; y = (x + sv_div64(v, x)) / 2u)
        x = y;
    return (uint32_t)x;
}

static sv_time sv_codel_next(const struct sv_queue *q, sv_time from)
{
    return from + sv_muldiv64(q->c.interval_ns, 65536u, sv_root16(q->count));
}

/* Has every packet waited longer than the target for a whole interval? */
static bool sv_codel_too_long(struct sv_queue *q, sv_time waited, sv_time now)
{
    if (waited < q->c.target_ns || q->bytes <= FULL_SIZED) {
        q->above_since = 0;
        return false;
    }
    if (!q->above_since) {
        q->above_since = now + q->c.interval_ns;
        return false;
    }
    return now >= q->above_since;
}

static bool sv_codel_hits(struct sv_queue *q, sv_time waited, sv_time now)
{
    const bool too_long = sv_codel_too_long(q, waited, now);
    if (q->dropping) {
        if (!too_long) {
            q->dropping = 0;
            return false;
        }
        if (now < q->next_drop)
            return false;
        q->count++;
        q->next_drop = sv_codel_next(q, q->next_drop);
        return true;
    }
    if (!too_long)
        return false;
    /* What the last time needed is a good beginning, if it was not long ago. */
    const uint32_t before = q->count - q->last_count;
    q->dropping = 1;
    q->count = before > 1 && now - q->next_drop < 16u * q->c.interval_ns ? before : 1;
    q->last_count = q->count;
    q->next_drop = sv_codel_next(q, now);
    return true;
}

enum sv_queue_verdict sv_queue_leave(struct sv_queue *q, uint32_t length, sv_time came, sv_time now)
{
    SV_ASSERT(q->packets && q->bytes >= length);
    const bool hit = q->c.kind == SV_QUEUE_CODEL && sv_codel_hits(q, now - came, now);
    q->packets--;
    q->bytes -= length;
    if (!q->packets)
        q->idle_since = now;
    return !hit ? SV_QUEUE_TAKE : q->c.ecn ? SV_QUEUE_MARK : SV_QUEUE_REFUSE;
}
