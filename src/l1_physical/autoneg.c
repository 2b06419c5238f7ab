/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/autoneg.h"

#include "core/mem.h"

/* Table 28-9: what each may be, and what it is here. */
#define BREAK_LINK (1300 * SV_MS)         /* 1,200 to 1,500 ms */
#define AUTONEG_WAIT (750 * SV_MS)        /* 500 to 1,000 ms */
#define LINK_FAIL_INHIBIT (875 * SV_MS)   /* 750 to 1,000 ms */
#define BURST_EVERY (16 * SV_MS)          /* 5.7 to 22.3 ms between bursts, whose length is 2 ms */
#define INTERVAL (62500 * (SV_US / 1000)) /* 55.5 to 69.5 us */
#define DATA_MIN (30 * SV_US)             /* 15 to 47 us */
#define DATA_MAX (90 * SV_US)             /* 78 to 100 us */
#define FLP_MIN (15 * SV_US)              /* 5 to 25 us */
#define FLP_MAX (175 * SV_US)             /* 165 to 185 us */
#define NLP_MIN (6 * SV_MS)               /* 5 to 7 ms */
#define NLP_MAX (100 * SV_MS)             /* 50 to 150 ms */

#define PULSES 33u
#define BITS 16u
#define MATCH 3u          /* equal words that are believed */
#define REMAINING_ACKS 7u /* 6 to 8 */
#define NORMALS 4u        /* link pulses that are a 10BASE-T link: 2 to 10 */

enum on { ON_TIMER, ON_WORD, ON_ACK, ON_CHANGED, ON_SENT, ON_SIGNAL, ON_SILENCE, ON_UP, ON_DOWN, ON_REFUSED };

struct edge {
    uint8_t from, on, to;
};

/* Figure 28-18, without next pages. ON_REFUSED is ours: half duplex, or nothing in common. */
static const struct edge edges[] = {
    {SV_AN_TRANSMIT_DISABLE, ON_TIMER, SV_AN_ABILITY_DETECT},
    {SV_AN_ABILITY_DETECT, ON_WORD, SV_AN_ACKNOWLEDGE_DETECT},
    {SV_AN_ABILITY_DETECT, ON_SIGNAL, SV_AN_LINK_STATUS_CHECK},
    {SV_AN_LINK_STATUS_CHECK, ON_WORD, SV_AN_ACKNOWLEDGE_DETECT},
    {SV_AN_LINK_STATUS_CHECK, ON_SILENCE, SV_AN_TRANSMIT_DISABLE},
    {SV_AN_LINK_STATUS_CHECK, ON_REFUSED, SV_AN_DOWN},
    {SV_AN_ACKNOWLEDGE_DETECT, ON_ACK, SV_AN_COMPLETE_ACK},
    {SV_AN_ACKNOWLEDGE_DETECT, ON_CHANGED, SV_AN_TRANSMIT_DISABLE},
    {SV_AN_ACKNOWLEDGE_DETECT, ON_TIMER, SV_AN_TRANSMIT_DISABLE},
    {SV_AN_COMPLETE_ACK, ON_SENT, SV_AN_GOOD_CHECK},
    {SV_AN_COMPLETE_ACK, ON_REFUSED, SV_AN_DOWN},
    {SV_AN_COMPLETE_ACK, ON_CHANGED, SV_AN_TRANSMIT_DISABLE},
    {SV_AN_GOOD_CHECK, ON_UP, SV_AN_GOOD},
    {SV_AN_GOOD_CHECK, ON_TIMER, SV_AN_TRANSMIT_DISABLE},
    {SV_AN_GOOD, ON_DOWN, SV_AN_TRANSMIT_DISABLE},
    {SV_AN_DOWN, ON_TIMER, SV_AN_TRANSMIT_DISABLE},
};

static const char *const state_names[SV_AN_STATES] = {
    "transmit-disable",  "ability-detect",  "acknowledge-detect", "complete-acknowledge",
    "link-status-check", "link-good-check", "link-good",          "down"};
static const char *const why_names[SV_AN_WHYS] = {"none", "half-duplex", "nothing-common", "parallel-detection-fault",
                                                  "no-link"};

const char *sv_autoneg_state_name(uint32_t state)
{
    return state < SV_AN_STATES ? state_names[state] : "unknown";
}

const char *sv_autoneg_why_name(uint32_t why)
{
    return why < SV_AN_WHYS ? why_names[why] : "unknown";
}

uint32_t sv_autoneg_best(uint32_t ours, uint32_t theirs)
{
    static const uint16_t order[] = {SV_AN_100TX_FULL, SV_AN_100TX, SV_AN_10T_FULL, SV_AN_10T};
    for (uint32_t i = 0; i < SV_COUNT_OF(order); i++)
        if (ours & theirs & order[i])
            return order[i];
    return 0;
}

/* --- states --- */

static void receiver_forget(struct sv_autoneg_receiver *r)
{
    *r = (struct sv_autoneg_receiver){.last = SV_NEVER, .last_normal = SV_NEVER};
}

static void enter(struct sv_autoneg *a, uint32_t state, sv_time now)
{
    a->state = state;
    a->timer = SV_NEVER;
    switch (state) {
    case SV_AN_TRANSMIT_DISABLE:
        a->burst_at = SV_NEVER;
        a->pulse = 0;
        a->partner = a->result = 0;
        a->parallel = false;
        receiver_forget(&a->receiver);
        a->link_10 = false;
        a->timer = now + BREAK_LINK;
        break;
    case SV_AN_ABILITY_DETECT:
        a->burst_at = now;
        break;
    case SV_AN_ACKNOWLEDGE_DETECT:
        a->receiver.acknowledged = 0;
        a->timer = now + LINK_FAIL_INHIBIT;
        break;
    case SV_AN_COMPLETE_ACK:
        a->left = REMAINING_ACKS;
        break;
    case SV_AN_LINK_STATUS_CHECK:
        a->timer = now + AUTONEG_WAIT;
        break;
    case SV_AN_GOOD_CHECK:
        a->burst_at = SV_NEVER;
        a->timer = now + LINK_FAIL_INHIBIT;
        break;
    case SV_AN_GOOD:
        a->why = SV_AN_WHY_NONE;
        break;
    default: /* DOWN: the other end may change; after a while we ask again */
        a->burst_at = SV_NEVER;
        a->timer = now + BREAK_LINK;
        break;
    }
}

/* False: the state does not care. */
static bool move(struct sv_autoneg *a, enum on on, sv_time now)
{
    for (uint32_t i = 0; i < SV_COUNT_OF(edges); i++)
        if (edges[i].from == a->state && edges[i].on == on) {
            enter(a, edges[i].to, now);
            return true;
        }
    return false;
}

void sv_autoneg_init(struct sv_autoneg *a, uint32_t ability, sv_time now)
{
    sv_memset(a, 0, sizeof *a);
    a->ability = (ability & 0x0fe0u) | SV_AN_SELECTOR;
    enter(a, SV_AN_TRANSMIT_DISABLE, now);
}

static void refuse(struct sv_autoneg *a, uint32_t why, sv_time now)
{
    a->why = why;
    (void)move(a, ON_REFUSED, now);
}

/* All words were exchanged: what is the best of both? */
static void resolve(struct sv_autoneg *a, sv_time now)
{
    a->result = sv_autoneg_best(a->ability, a->partner);
    if (a->result == 0)
        refuse(a, SV_AN_WHY_NOTHING_COMMON, now);
    else if (a->result == SV_AN_10T || a->result == SV_AN_100TX)
        refuse(a, SV_AN_WHY_HALF_DUPLEX, now);
    else
        (void)move(a, ON_SENT, now);
}

/* autoneg_wait_timer is done, and still there is no word (§28.2.3.1). */
static void parallel(struct sv_autoneg *a, sv_time now)
{
    if (a->link_10 == a->link_100) {
        a->why = a->link_10 ? SV_AN_WHY_PARALLEL_FAULT : a->why;
        (void)move(a, ON_SILENCE, now);
        return;
    }
    a->parallel = true;
    a->result = a->link_100 ? SV_AN_100TX : SV_AN_10T;
    refuse(a, SV_AN_WHY_HALF_DUPLEX, now);
}

/* --- sending --- */

static uint32_t word_now(const struct sv_autoneg *a)
{
    return a->ability | (a->state == SV_AN_ACKNOWLEDGE_DETECT || a->state == SV_AN_COMPLETE_ACK ? SV_AN_ACK : 0u);
}

/* Pulse number a->pulse is due: even ones are clocks, odd ones bits. True: it is sent. */
static bool send_pulse(struct sv_autoneg *a, sv_time now)
{
    const uint32_t n = a->pulse++;
    const bool sent = n % 2 == 0 || (word_now(a) >> (n / 2) & 1) != 0;
    a->burst_at = now + INTERVAL;
    if (a->pulse < PULSES)
        return sent;
    a->pulse = 0;
    a->burst_at = now + BURST_EVERY;
    if (a->state == SV_AN_COMPLETE_ACK && --a->left == 0)
        resolve(a, now);
    return sent;
}

sv_time sv_autoneg_next_deadline(const struct sv_autoneg *a)
{
    sv_time at = sv_min_u64(a->timer, a->burst_at);
    if (a->receiver.last_normal != SV_NEVER && a->link_10)
        at = sv_min_u64(at, a->receiver.last_normal + NLP_MAX);
    return at;
}

bool sv_autoneg_expire(struct sv_autoneg *a, sv_time now)
{
    if (a->link_10 && now >= a->receiver.last_normal + NLP_MAX) {
        a->link_10 = false;
        a->receiver.normals = 0;
        a->receiver.last_normal = SV_NEVER;
    }
    if (now >= a->timer) {
        a->timer = SV_NEVER;
        if (a->state == SV_AN_LINK_STATUS_CHECK) {
            parallel(a, now);
        } else {
            a->why = a->state == SV_AN_GOOD_CHECK ? SV_AN_WHY_NO_LINK : a->why;
            (void)move(a, ON_TIMER, now);
            if (a->state == SV_AN_ABILITY_DETECT && a->link_100)
                (void)move(a, ON_SIGNAL, now); /* it was there before we looked */
        }
    }
    return now >= a->burst_at && send_pulse(a, now);
}

/* --- receiving --- */

static void word_came(struct sv_autoneg *a, sv_time now)
{
    struct sv_autoneg_receiver *r = &a->receiver;
    const uint32_t word = r->word, bare = word & ~(uint32_t)SV_AN_ACK;
    const bool equal = bare == (r->last_word & ~(uint32_t)SV_AN_ACK) && r->same > 0;
    if ((word & SV_AN_SELECTOR_MASK) != SV_AN_SELECTOR)
        return;
    r->same = equal ? r->same + 1 : 1;
    r->acknowledged = (word & SV_AN_ACK) == 0 ? 0 : equal && (r->last_word & SV_AN_ACK) ? r->acknowledged + 1 : 1;
    r->last_word = word;
    a->link_10 = false;
    r->normals = 0;
    if (a->partner != 0 && r->same >= MATCH && bare != a->partner) {
        (void)move(a, ON_CHANGED, now); /* not what they said before: begin again (§28.2.2.1) */
    } else if (r->same >= MATCH && move(a, ON_WORD, now)) {
        a->partner = bare;
    } else if (r->acknowledged >= MATCH) {
        (void)move(a, ON_ACK, now);
    }
}

static void burst_begins(struct sv_autoneg_receiver *r)
{
    r->clocks = 1;
    r->bits = r->word = 0;
    r->after_data = false;
}

/* A pulse that came `gap` after the one before, within a burst. False: it fits no burst. */
static bool burst_goes_on(struct sv_autoneg *a, sv_time gap, sv_time now)
{
    struct sv_autoneg_receiver *r = &a->receiver;
    const bool near = gap >= DATA_MIN && gap < DATA_MAX, far = gap >= DATA_MAX && gap <= FLP_MAX;
    if (r->clocks == 0 || !(near || (far && !r->after_data)))
        return false;
    if (near && !r->after_data) {
        r->word |= 1u << r->bits;
        r->bits++;
        r->after_data = true;
        return r->bits <= BITS;
    }
    r->bits += far; /* no pulse between two clocks: a 0 */
    r->after_data = false;
    r->clocks++;
    if (r->clocks == BITS + 1) {
        r->clocks = 0;
        if (r->bits == BITS)
            word_came(a, now);
    }
    return true;
}

/* Pulses that stand alone, 6 to 100 ms apart, are an end that does not negotiate. */
static void normal_pulse(struct sv_autoneg *a, sv_time at)
{
    struct sv_autoneg_receiver *r = &a->receiver;
    const sv_time gap = r->last_normal == SV_NEVER ? 0 : at - r->last_normal;
    r->normals = gap >= NLP_MIN && gap <= NLP_MAX ? r->normals + 1 : 1;
    r->last_normal = at;
    if (r->normals >= NORMALS)
        a->link_10 = true;
}

void sv_autoneg_pulse(struct sv_autoneg *a, sv_time now)
{
    struct sv_autoneg_receiver *r = &a->receiver;
    const sv_time gap = r->last == SV_NEVER ? SV_NEVER : now - r->last;
    if (gap < FLP_MIN)
        return; /* the same pulse again, or noise */
    const bool alone = gap > FLP_MAX;
    if (alone && r->alone) {
        normal_pulse(a, r->last);
        if (a->link_10 && a->state == SV_AN_ABILITY_DETECT)
            (void)move(a, ON_SIGNAL, now);
    }
    r->alone = alone;
    r->last = now;
    if (!burst_goes_on(a, gap, now))
        burst_begins(r);
}

void sv_autoneg_signal_100(struct sv_autoneg *a, bool present, sv_time now)
{
    a->link_100 = present;
    if (present && a->state == SV_AN_ABILITY_DETECT)
        (void)move(a, ON_SIGNAL, now);
}

void sv_autoneg_link(struct sv_autoneg *a, bool up, sv_time now)
{
    if (!up && a->state == SV_AN_GOOD)
        a->why = SV_AN_WHY_NO_LINK;
    (void)move(a, up ? ON_UP : ON_DOWN, now);
}
