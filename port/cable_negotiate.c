/* SPDX-License-Identifier: BSD-2-Clause */
#include "port/cable_negotiate.h"

#define PATIENCE (10 * SV_S)      /* both ends have decided after two or three */
#define NORMAL_EVERY (16 * SV_MS) /* link pulses of a 10BASE-T end that does not negotiate (§14.2.1.1) */
#define BURST_PULSES 17u          /* at least: the clocks */

struct end {
    struct sv_autoneg an;
    bool fixed;
    uint32_t code;
    sv_time next; /* normal pulse of a fixed 10BASE-T end */
};

static void begin(struct end *e, uint32_t code)
{
    *e = (struct end){.fixed = code != SV_PHY_CODES, .code = code, .next = SV_NEVER};
    if (!e->fixed)
        sv_autoneg_init(&e->an, SV_AN_10T_FULL | SV_AN_100TX_FULL, 0);
    else if (code == SV_PHY_10BASE_T)
        e->next = NORMAL_EVERY;
}

static sv_time deadline(const struct end *e)
{
    return e->fixed ? e->next : sv_autoneg_next_deadline(&e->an);
}

/* Whether a pulse leaves now. */
static bool sends(struct end *e, sv_time now)
{
    if (!e->fixed)
        return sv_autoneg_next_deadline(&e->an) <= now && sv_autoneg_expire(&e->an, now);
    if (e->next > now)
        return false;
    e->next = now + NORMAL_EVERY;
    return true;
}

static bool decided(const struct end *e)
{
    return e->fixed || e->an.state == SV_AN_GOOD_CHECK || e->an.state == SV_AN_DOWN;
}

struct sv_cable_agreed sv_cable_negotiate(uint32_t ours, uint32_t theirs)
{
    struct sv_cable_agreed a = {.code = ours, .why = SV_AN_WHY_NONE};
    struct end end[2];
    uint64_t pulses = 0;
    if (ours == theirs && ours != SV_PHY_CODES)
        return a;
    begin(&end[0], ours);
    begin(&end[1], theirs);
    for (uint32_t i = 0; i < 2; i++)
        if (!end[i].fixed && end[1 - i].fixed && end[1 - i].code == SV_PHY_100BASE_TX)
            sv_autoneg_signal_100(&end[i].an, true, 0);
    while (a.taken < PATIENCE && !(decided(&end[0]) && decided(&end[1]))) {
        const sv_time first = deadline(&end[0]), second = deadline(&end[1]);
        a.taken = first < second ? first : second;
        for (uint32_t i = 0; i < 2; i++) {
            if (!sends(&end[i], a.taken))
                continue;
            pulses++;
            if (!end[1 - i].fixed)
                sv_autoneg_pulse(&end[1 - i].an, a.taken);
        }
    }
    a.bursts = pulses / BURST_PULSES;
    a.code = SV_PHY_CODES;
    const struct sv_autoneg *mine = &end[end[0].fixed ? 1 : 0].an;
    if (end[0].fixed && end[1].fixed)
        a.why = SV_AN_WHY_NOTHING_COMMON;
    else if (mine->state != SV_AN_GOOD_CHECK)
        a.why = mine->why != SV_AN_WHY_NONE ? mine->why : SV_AN_WHY_NOTHING_COMMON;
    else
        a.code = mine->result == SV_AN_100TX_FULL ? SV_PHY_100BASE_TX : SV_PHY_10BASE_T;
    return a;
}
